//! Ratings, complaints and requests for guidance as the export writes them, each model taken apart by name like the other rows.

use entity::{RatingId, complaints, guidance_requests, rating_versions, ratings};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use super::export_rows::{at, centre, open};
use crate::{
    error::Result,
    features::{
        complaints::{ANSWER_PLACE, TEXT_PLACE},
        guidance,
        ratings::replies,
    },
    http::Moment,
    state::Ctx,
};

pub(super) fn rating(ctx: &Ctx, row: ratings::Model) -> Value {
    let ratings::Model {
        id,
        family_id: _,
        child_id,
        centre_id,
        visit_id,
        redemption_id,
        care_type,
        care_date,
        month: _,
        level,
        environment,
        carers,
        meals,
        safety,
        communication,
        text,
        text_status,
        excluded_for,
        version,
        created_at,
        updated_at,
    } = row;
    json!({
        "id": id, "child_id": child_id, "centre": centre(ctx, centre_id), "visit_id": visit_id,
        "redemption_id": redemption_id, "care_type": care_type, "care_date": care_date, "level": level,
        "sub": { "environment": environment, "carers": carers, "meals": meals, "safety": safety,
            "communication": communication },
        "text": text, "text_status": text_status, "excluded_for": excluded_for, "version": version,
        "created_at": Moment(created_at), "updated_at": Moment(updated_at),
    })
}

pub(super) fn rating_version(row: rating_versions::Model) -> Value {
    let rating_versions::Model {
        id,
        rating_id,
        version,
        level,
        environment,
        carers,
        meals,
        safety,
        communication,
        excluded_for,
        at: since,
        answered_at,
    } = row;
    json!({
        "id": id, "rating_id": rating_id, "version": version, "level": level,
        "sub": { "environment": environment, "carers": carers, "meals": meals, "safety": safety,
            "communication": communication },
        "excluded_for": excluded_for, "at": Moment(since), "answered_at": at(answered_at),
    })
}

pub(super) fn complaint(ctx: &Ctx, row: complaints::Model) -> Result<Value> {
    let complaints::Model {
        id,
        family_id: _,
        child_id,
        centre_id,
        rating_id,
        text_sealed,
        text_status,
        status,
        due_at,
        assigned_to: _,
        assigned_at: _,
        answer_sealed,
        answered_by: _,
        answered_at,
        satisfied,
        created_at,
        closed_at,
    } = row;
    Ok(json!({
        "id": id, "child_id": child_id, "centre": centre(ctx, centre_id), "rating_id": rating_id,
        "text": open(ctx, TEXT_PLACE, text_sealed.as_deref())?, "text_status": text_status, "status": status,
        "due_at": Moment(due_at), "answer": open(ctx, ANSWER_PLACE, answer_sealed.as_deref())?,
        "answered_at": at(answered_at), "satisfied": satisfied, "created_at": Moment(created_at),
        "closed_at": at(closed_at),
    }))
}

pub(super) fn guidance(ctx: &Ctx, row: guidance_requests::Model) -> Result<Value> {
    let guidance_requests::Model {
        id,
        family_id: _,
        child_id,
        topic,
        wished_from,
        wished_until,
        half,
        township,
        address_sealed,
        status,
        centre_id,
        staff_id: _,
        visit_on,
        assigned_at,
        answer_sealed,
        answered_by: _,
        created_at,
        ended_at,
    } = row;
    Ok(json!({
        "id": id, "child_id": child_id, "topic": topic, "wished_from": wished_from, "wished_until": wished_until,
        "half": half, "township": township, "address": open(ctx, guidance::ADDRESS_PLACE, address_sealed.as_deref())?,
        "status": status, "centre": centre_id.map(|id| centre(ctx, id)), "visit_on": visit_on,
        "assigned_at": at(assigned_at), "answer": open(ctx, guidance::ANSWER_PLACE, answer_sealed.as_deref())?,
        "created_at": Moment(created_at), "ended_at": at(ended_at),
    }))
}

/// Puts the centre's reply, as far as anyone may read it, beside each rating.
pub(super) async fn with_replies(db: &impl ConnectionTrait, ratings: &mut [Value]) -> Result<()> {
    let id = |rating: &Value| rating["id"].as_str().and_then(|id| id.parse::<RatingId>().ok());
    let replies = replies::shown(db, ratings.iter().filter_map(id).collect()).await?;
    for rating in ratings {
        rating["reply"] = id(rating).and_then(|id| replies.get(&id)).cloned().into();
    }
    Ok(())
}
