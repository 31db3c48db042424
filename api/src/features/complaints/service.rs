//! Use cases of complaints. Locks are taken in one order: the rating, the complaint, its moderations.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    CentreId, ChildId, ComplaintId, ComplaintStatus, FamilyId, ModeratedKind, NoticeKind, RatingId, StaffId,
    TextStatus, complaints, ratings,
};
use sea_orm::{ConnectionTrait, DatabaseTransaction};
use serde_json::json;

use super::{
    ANSWER_PLACE, TEXT_PLACE,
    dto::{
        BureauComplaintOut, BureauComplaintsQuery, ComplaintAnswerIn, ComplaintAssignIn, ComplaintIn, ComplaintOut,
        ComplaintRatingOut, ComplaintsQuery,
    },
    rules::{self, Follows},
    store,
};
use crate::{
    error::{Code, Problem, Result, Text},
    features::{
        audit::{self, Actor},
        auth::Bureau,
        moderation::{self, service::Written},
        notices::{self, Notice},
        ratings::dto::RatingSubOut,
    },
    http::{
        Cursor, Idempotency, Moment, Once, Page, once,
        ratelimit::{COMPLAINT, limit},
    },
    platform::clock::local,
    state::Ctx,
};

fn not_found() -> Problem {
    Problem::new(Code::NotFound)
}

/// What follows from a rating that was given, or changed from the level `before`; in its transaction and
/// under its lock.
pub async fn follow(ctx: &Ctx, txn: &impl ConnectionTrait, before: Option<i32>, rating: &ratings::Model) -> Result<()> {
    match rules::follows(before, rating.level) {
        Follows::Nothing => Ok(()),
        Follows::Withdrawn => {
            store::withdraw(txn, rating.id, ctx.clock.now()).await?;
            Ok(())
        }
        Follows::Opened => {
            // A rating that is new has none. One that was withdrawn goes on where it was, with its officer
            // and its due date: a rating that is changed to and fro makes no new ones.
            if before.is_some() && (store::has_one(txn, rating.id).await? || store::reopen(txn, rating.id).await?) {
                return Ok(());
            }
            let of = (rating.family_id, rating.child_id, rating.centre_id);
            Ok(store::insert(txn, opened(ctx, of, Some(rating.id), None)).await?)
        }
    }
}

fn opened(
    ctx: &Ctx,
    (family_id, child_id, centre_id): (FamilyId, ChildId, CentreId),
    rating_id: Option<RatingId>,
    text: Option<&str>,
) -> complaints::Model {
    let now = ctx.clock.now();
    complaints::Model {
        id: ctx.clock.id(),
        family_id,
        child_id,
        centre_id,
        rating_id,
        text_sealed: text.map(|text| ctx.keys.seal(TEXT_PLACE, text.as_bytes())),
        text_status: text.map(|_| TextStatus::Pending),
        status: ComplaintStatus::Open,
        due_at: now + TimeDelta::days(i64::from(ctx.settings.complaint_days)),
        assigned_to: None,
        assigned_at: None,
        answer_sealed: None,
        answered_by: None,
        answered_at: None,
        satisfied: None,
        created_at: now,
        closed_at: None,
    }
}

/// Files a complaint.
pub(super) async fn file(
    ctx: &Ctx,
    family: FamilyId,
    key: &Idempotency,
    body: ComplaintIn,
) -> Result<Once<ComplaintOut>> {
    limit(ctx, &COMPLAINT, &family.to_string()).await?;
    let ComplaintIn { centre_id, text, child_id } = body;
    let done = once(ctx, key, &family.to_string(), async |txn| {
        if let Some(child) = child_id
            && !store::is_child(txn, family, child).await?
        {
            let text = Text::new("没有找到这个孩子，请重新选择。", "There is no such child of yours.");
            return Err(not_found().detail(text.clone()).and_field("child_id", "unknown", text));
        }
        let child = store::cared_for(txn, family, centre_id, child_id).await?.ok_or_else(rules::no_care)?;
        let row = opened(ctx, (family, child, centre_id), None, Some(&text));
        store::insert(txn, row.clone()).await?;
        let written = Written { kind: ModeratedKind::Complaint, subject: row.id.0, version: 1, family: Some(family) };
        moderation::submit(ctx, txn, written).await?;
        out(ctx, &row)
    })
    .await?;
    if matches!(done, Once::First(_)) {
        ctx.metrics.event("complaint_filed");
    }
    Ok(done)
}

/// The family's complaints.
pub(super) async fn own(ctx: &Ctx, family: FamilyId, query: ComplaintsQuery) -> Result<Page<ComplaintOut>> {
    let ComplaintsQuery { limit, cursor } = query;
    let after = cursor.as_ref().map(Cursor::unpack).transpose()?;
    let rows = store::of_family(ctx.db.reader(), family, after, limit.plus_one()).await?;
    let Page { items, next_cursor } = Page::of(rows, limit, |row| row.id, |row| out(ctx, &row));
    Ok(Page { items: items.into_iter().collect::<Result<_>>()?, next_cursor })
}

/// The family says whether the answer satisfies it.
pub(super) async fn close(
    ctx: &Ctx,
    family: FamilyId,
    key: &Idempotency,
    id: ComplaintId,
    satisfied: bool,
) -> Result<Once<ComplaintOut>> {
    once(ctx, key, &family.to_string(), async |txn| {
        let closed = store::close(txn, family, id, satisfied, ctx.clock.now()).await?;
        let row = store::own(txn, family, id).await?.ok_or_else(not_found)?;
        if !closed {
            return Err(rules::not_closed(&row));
        }
        out(ctx, &row)
    })
    .await
}

/// A page of complaints for the bureau.
pub async fn page(ctx: &Ctx, query: BureauComplaintsQuery) -> Result<Page<BureauComplaintOut>> {
    let BureauComplaintsQuery { status, centre_id, overdue, limit, cursor } = query;
    let after = cursor.as_ref().map(Cursor::unpack).transpose()?;
    let (db, now) = (ctx.db.reader(), ctx.clock.now());
    let filter = store::Filter { status, centre: centre_id, overdue, now, after };
    let rows = store::page(db, filter, limit.plus_one()).await?;
    let mut behind = behind(db, &rows).await?;
    let show = |row: complaints::Model| {
        let rating = row.rating_id.and_then(|id| behind.remove(&id));
        bureau_out(ctx, &row, rating, now)
    };
    let Page { items, next_cursor } = Page::of(rows, limit, |row| row.id, show);
    Ok(Page { items: items.into_iter().collect::<Result<_>>()?, next_cursor })
}

/// Gives a complaint to an officer, or hands it over.
pub async fn assign(
    ctx: &Ctx,
    bureau: &Bureau,
    key: &Idempotency,
    id: ComplaintId,
    body: ComplaintAssignIn,
) -> Result<Once<BureauComplaintOut>> {
    let ComplaintAssignIn { staff_id, instead_of } = body;
    once(ctx, key, &bureau.staff_id.to_string(), async |txn| {
        rules::takes(store::lock_staff(txn, staff_id).await?.as_ref())?;
        let assigned = store::assign(txn, id, instead_of, staff_id, ctx.clock.now()).await?;
        let row = store::one(txn, id).await?.ok_or_else(not_found)?;
        if !assigned {
            return Err(rules::not_assigned(&row));
        }
        key.about(row.family_id);
        let detail = json!({ "to": staff_id, "instead_of": instead_of });
        audit::record(ctx, txn, bureau.into(), "complaint.assign", id.to_string(), detail).await?;
        shown(ctx, txn, row).await
    })
    .await
}

/// An account is closed: what it has is open again, due when it was. How many.
pub async fn hand_back(ctx: &Ctx, txn: &DatabaseTransaction, by: Actor, officer: StaffId) -> Result<u64> {
    let back = store::hand_back(txn, officer).await?;
    for id in &back {
        audit::record(ctx, txn, by, "complaint.handed_back", id.to_string(), json!({ "from": officer })).await?;
    }
    Ok(back.len() as u64)
}

/// Answers a complaint; the family is told in the same transaction.
pub async fn answer(
    ctx: &Ctx,
    bureau: &Bureau,
    key: &Idempotency,
    id: ComplaintId,
    body: ComplaintAnswerIn,
) -> Result<Once<BureauComplaintOut>> {
    let sealed = ctx.keys.seal(ANSWER_PLACE, body.text.as_bytes());
    let done = once(ctx, key, &bureau.staff_id.to_string(), async |txn| {
        let answered = store::answer(txn, id, bureau.staff_id, sealed.clone(), ctx.clock.now()).await?;
        let row = store::one(txn, id).await?.ok_or_else(not_found)?;
        if !answered {
            return Err(rules::not_answered(&row, bureau.staff_id));
        }
        key.about(row.family_id);
        let facts = json!({
            "complaint_id": id, "centre_id": row.centre_id, "centre_name": centre_name(ctx, row.centre_id),
            "date": local(row.created_at).date_naive(),
        });
        let notice = Notice {
            family: row.family_id,
            child: Some(row.child_id),
            kind: NoticeKind::ComplaintAnswered,
            subject: id.to_string(),
            facts,
        };
        notices::tell(ctx, txn, notice).await?;
        let detail = json!({ "overdue": row.due_at < ctx.clock.now() });
        audit::record(ctx, txn, bureau.into(), "complaint.answer", id.to_string(), detail).await?;
        shown(ctx, txn, row).await
    })
    .await?;
    if matches!(done, Once::First(_)) {
        ctx.metrics.event("complaint_answered");
    }
    Ok(done)
}

/// The words of complaints, for moderation.
pub async fn texts(ctx: &Ctx, db: &impl ConnectionTrait, ids: Vec<ComplaintId>) -> Result<Vec<(ComplaintId, String)>> {
    let found = store::all(db, ids).await?.into_iter();
    let texts = found.filter_map(|row| Some((row.id, row.text_sealed?)));
    texts.map(|(id, sealed)| Ok((id, ctx.keys.open_text(TEXT_PLACE, &sealed)?))).collect()
}

/// Holds a complaint, so that its words stay as they are.
pub async fn lock_text(db: &impl ConnectionTrait, id: ComplaintId) -> Result<()> {
    Ok(store::lock(db, id).await?)
}

/// Notes what moderation thinks of the words of a complaint that is held.
pub async fn show_text(db: &impl ConnectionTrait, id: ComplaintId, shown: bool) -> Result<()> {
    let status = if shown { TextStatus::Shown } else { TextStatus::Hidden };
    Ok(store::set_text_status(db, id, status).await?)
}

async fn behind(db: &impl ConnectionTrait, rows: &[complaints::Model]) -> Result<HashMap<RatingId, ratings::Model>> {
    let ids = rows.iter().filter_map(|row| row.rating_id).collect();
    Ok(store::ratings(db, ids).await?.into_iter().map(|row| (row.id, row)).collect())
}

async fn shown(ctx: &Ctx, db: &impl ConnectionTrait, row: complaints::Model) -> Result<BureauComplaintOut> {
    let rating = behind(db, std::slice::from_ref(&row)).await?.into_values().next();
    bureau_out(ctx, &row, rating, ctx.clock.now())
}

fn centre_name(ctx: &Ctx, id: CentreId) -> Option<String> {
    ctx.catalogue.centre(id).map(|plan| plan.row.name.clone())
}

fn open(ctx: &Ctx, place: &str, sealed: Option<&[u8]>) -> Result<Option<String>> {
    Ok(sealed.map(|sealed| ctx.keys.open_text(place, sealed)).transpose()?)
}

fn out(ctx: &Ctx, row: &complaints::Model) -> Result<ComplaintOut> {
    Ok(ComplaintOut {
        id: row.id,
        centre_id: row.centre_id,
        centre_name: centre_name(ctx, row.centre_id),
        child_id: row.child_id,
        rating_id: row.rating_id,
        text: open(ctx, TEXT_PLACE, row.text_sealed.as_deref())?,
        status: row.status,
        due_at: Moment(row.due_at),
        answer: open(ctx, ANSWER_PLACE, row.answer_sealed.as_deref())?,
        answered_at: row.answered_at.map(Moment),
        satisfied: row.satisfied,
        created_at: Moment(row.created_at),
        closed_at: row.closed_at.map(Moment),
    })
}

fn bureau_out(
    ctx: &Ctx,
    row: &complaints::Model,
    rating: Option<ratings::Model>,
    now: DateTime<Utc>,
) -> Result<BureauComplaintOut> {
    Ok(BureauComplaintOut {
        id: row.id,
        centre_id: row.centre_id,
        centre_name: centre_name(ctx, row.centre_id),
        rating: rating.map(rating_out),
        text: open(ctx, TEXT_PLACE, row.text_sealed.as_deref())?,
        text_status: row.text_status,
        status: row.status,
        due_at: Moment(row.due_at),
        overdue: rules::overdue(row, now),
        assigned_to: row.assigned_to,
        assigned_at: row.assigned_at.map(Moment),
        answer: open(ctx, ANSWER_PLACE, row.answer_sealed.as_deref())?,
        answered_by: row.answered_by,
        answered_at: row.answered_at.map(Moment),
        satisfied: row.satisfied,
        created_at: Moment(row.created_at),
        closed_at: row.closed_at.map(Moment),
    })
}

fn rating_out(row: ratings::Model) -> ComplaintRatingOut {
    ComplaintRatingOut {
        id: row.id,
        care_type: row.care_type,
        care_date: row.care_date,
        level: row.level,
        sub: RatingSubOut::from(&row),
        text: row.text.filter(|_| row.text_status == TextStatus::Shown),
    }
}
