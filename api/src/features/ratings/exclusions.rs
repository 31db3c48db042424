//! Leaving a rating out of the figures: one officer proposes with a reason, another confirms or
//! rejects; counting it again goes the same way (`domain.md`, Ratings: nobody deletes a low score).

use entity::{ExclusionAction, ExclusionStatus, RatingExclusionId, RatingId, TextStatus, rating_exclusions, ratings};
use sea_orm::DatabaseTransaction;
use serde_json::json;

use super::{
    dto::RatingSubOut,
    exclusion_dto::{
        BureauRatingOut, BureauRatingsQuery, RatingExclusionIn, RatingExclusionOut, RatingExclusionsQuery,
    },
    exclusion_store as rows, reply_store as replies, reversed, rules,
    service::{counted, is_of_the_centre, shown_anew},
    store,
};
use crate::{
    error::{Code, Problem, Result},
    features::{
        audit::{self, Reason},
        auth::Bureau,
    },
    http::{Cursor, Idempotency, Moment, Once, Page, once},
    platform::constraint::{Constraint, violated},
    state::Ctx,
};

fn not_found() -> Problem {
    Problem::new(Code::NotFound)
}

/// A page of ratings, with their texts as far as moderation has passed them and their families agree.
pub async fn ratings(ctx: &Ctx, query: BureauRatingsQuery) -> Result<Page<BureauRatingOut>> {
    let BureauRatingsQuery { centre_id, level, month, from, to, excluded, limit, cursor } = query;
    let filter = rows::RatingFilter {
        centre: centre_id,
        level: level.map(|level| level.0),
        month: month.map(|month| month.0),
        months: (from.map(|month| month.0), to.map(|month| month.0)),
        excluded,
        after: cursor.as_ref().map(Cursor::unpack).transpose()?,
    };
    let found = rows::ratings_page(ctx.db.reader(), filter, limit.plus_one()).await?;
    let agreed = replies::agreed(ctx.db.reader(), found.iter().map(|row| row.child_id).collect()).await?;
    Ok(Page::of(
        found,
        limit,
        |row| row.id,
        |row| {
            let agreed = agreed.contains(&row.child_id);
            rating_out(row, agreed)
        },
    ))
}

async fn may_become(
    ctx: &Ctx,
    txn: &DatabaseTransaction,
    rating: &ratings::Model,
    action: ExclusionAction,
) -> Result<()> {
    let of_staff = rating.excluded_for.as_deref() == Some(rules::TIED);
    let of = (rating.family_id, rating.centre_id);
    let tied = of_staff && is_of_the_centre(ctx, txn, of, rating.care_date).await?;
    let has_care = action == ExclusionAction::Exclude || reversed::has_care(txn, rating).await?;
    rules::may_become(rating, action, (tied, has_care))
}

/// Proposes to leave a rating out, or to count it again.
pub async fn propose(
    ctx: &Ctx,
    bureau: &Bureau,
    key: &Idempotency,
    id: RatingId,
    action: ExclusionAction,
    body: RatingExclusionIn,
) -> Result<Once<RatingExclusionOut>> {
    once(ctx, key, &bureau.staff_id.to_string(), async |txn| {
        let rating = rows::lock_rating(txn, id).await?.ok_or_else(not_found)?;
        may_become(ctx, txn, &rating, action).await?;
        key.about(rating.family_id);
        let row = rating_exclusions::Model {
            id: ctx.clock.id(),
            rating_id: id,
            centre_id: rating.centre_id,
            action,
            reason: body.reason.into_inner(),
            status: ExclusionStatus::Proposed,
            proposed_by: bureau.staff_id,
            proposed_at: ctx.clock.now(),
            decided_by: None,
            decided_at: None,
        };
        rows::insert(txn, row.clone()).await.map_err(|error| match violated(&error) {
            Some(Constraint::RatingExclusionOpen) => rules::proposed_before(),
            _ => error.into(),
        })?;
        let detail = json!({ "rating_id": id, "action": action });
        let deed = ("rating_exclusion.propose", row.id.to_string());
        let reason = Reason { child: rating.child_id, text: &row.reason };
        audit::record_reasoned(ctx, txn, bureau.into(), deed, detail, reason).await?;
        Ok(out(row))
    })
    .await
}

/// Another officer than the one who proposed confirms or rejects. What is confirmed takes effect in
/// the same transaction, as a version of its own.
pub async fn decide(
    ctx: &Ctx,
    bureau: &Bureau,
    key: &Idempotency,
    id: RatingExclusionId,
    status: ExclusionStatus,
) -> Result<Once<RatingExclusionOut>> {
    let mut changed = None;
    let done = once(ctx, key, &bureau.staff_id.to_string(), async |txn| {
        let proposal = rows::one(txn, id).await?.ok_or_else(not_found)?;
        let mut rating = rows::lock_rating(txn, proposal.rating_id).await?.ok_or_else(not_found)?;
        let now = ctx.clock.now();
        if !rows::decide(txn, id, status, bureau.staff_id, now).await? {
            let present = rows::one(txn, id).await?.ok_or_else(not_found)?;
            return Err(rules::not_decided(&present));
        }
        if status == ExclusionStatus::Confirmed {
            may_become(ctx, txn, &rating, proposal.action).await?;
            rating.excluded_for = (proposal.action == ExclusionAction::Exclude).then(|| rules::BY_OFFICERS.to_owned());
            rating.version += 1;
            store::update(txn, rating.clone()).await?;
            counted(ctx, txn, &rating, now).await?;
            changed = Some(rating.centre_id);
        }
        let action = match status {
            ExclusionStatus::Confirmed => "rating_exclusion.confirm",
            _ => "rating_exclusion.reject",
        };
        let detail = json!({
            "rating_id": rating.id, "action": proposal.action, "proposed_by": proposal.proposed_by,
            "version": rating.version,
        });
        audit::record(ctx, txn, bureau.into(), action, id.to_string(), detail).await?;
        Ok(out(rating_exclusions::Model {
            status,
            decided_by: Some(bureau.staff_id),
            decided_at: Some(now),
            ..proposal
        }))
    })
    .await?;
    if let Some(centre) = changed {
        shown_anew(ctx, centre).await;
    }
    Ok(done)
}

/// A page of proposals.
pub async fn page(ctx: &Ctx, query: RatingExclusionsQuery) -> Result<Page<RatingExclusionOut>> {
    let RatingExclusionsQuery { status, rating_id, centre_id, limit, cursor } = query;
    let after = cursor.as_ref().map(Cursor::unpack).transpose()?;
    let filter = rows::Filter { status, rating: rating_id, centre: centre_id, after };
    let found = rows::page(ctx.db.reader(), filter, limit.plus_one()).await?;
    Ok(Page::of(found, limit, |row| row.id, out))
}

fn out(row: rating_exclusions::Model) -> RatingExclusionOut {
    RatingExclusionOut {
        id: row.id,
        rating_id: row.rating_id,
        centre_id: row.centre_id,
        action: row.action,
        reason: row.reason,
        status: row.status,
        proposed_by: row.proposed_by,
        proposed_at: Moment(row.proposed_at),
        decided_by: row.decided_by,
        decided_at: row.decided_at.map(Moment),
    }
}

/// The text only while its family agrees that it is shown.
fn rating_out(row: ratings::Model, agreed: bool) -> BureauRatingOut {
    let sub = RatingSubOut::from(&row);
    BureauRatingOut {
        id: row.id,
        centre_id: row.centre_id,
        care_type: row.care_type,
        care_date: row.care_date,
        level: row.level,
        sub,
        text: row.text.filter(|_| agreed && row.text_status == TextStatus::Shown),
        text_status: row.text_status,
        excluded_for: row.excluded_for,
        version: row.version,
        created_at: Moment(row.created_at),
        updated_at: Moment(row.updated_at),
    }
}
