//! A voucher day that was rated is reversed: no care, no answer (`domain.md`, Ratings: who was really cared for).

use entity::{RedemptionStatus, VisitStatus, ratings, redemptions, visits};
use sea_orm::{ColumnTrait as _, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait as _, QueryFilter as _};

use super::{
    rules,
    service::{counted, shown_anew},
    store,
};
use crate::{
    error::{Code, Problem, Result, Text},
    platform::db::LockRows as _,
    state::Ctx,
};

/// Leaves the answer about a voucher day out of the figures, in the transaction that reverses it; whether there
/// was one. Other care of the child there on that day proves it all the same.
///
/// A centre can't: it would get rid of a low answer by its own word. Its mistake is the bureau's to put right
/// then, as it is of a visit that was rated.
pub async fn without_care(
    ctx: &Ctx,
    txn: &DatabaseTransaction,
    day: &redemptions::Model,
    by_centre: bool,
) -> Result<bool> {
    let about = ratings::Entity::find().filter(ratings::Column::RedemptionId.eq(day.id));
    let Some(mut rating) = about.lock_rows().one(txn).await? else { return Ok(false) };
    if other_care(txn, day).await? {
        return Ok(false);
    }
    if by_centre {
        let text = Text::new(
            "家长已评价该次托育，机构不能撤销这次核销；如确属误扫，请联系区民生保障局处理。",
            "The family rated this day: only the bureau can reverse it.",
        );
        return Err(Problem::new(Code::WrongState).detail(text).fact("reason", "rated"));
    }
    if rating.excluded_for.is_some() {
        return Ok(false);
    }
    rating.excluded_for = Some(rules::WITHOUT_CARE.to_owned());
    rating.version += 1;
    store::update(txn, rating.clone()).await?;
    counted(ctx, txn, &rating, ctx.clock.now()).await?;
    Ok(true)
}

/// Whether the child was cared for there on that day by what still stands.
async fn other_care(db: &impl ConnectionTrait, day: &redemptions::Model) -> Result<bool, DbErr> {
    let visit = visits::Entity::find()
        .filter(visits::Column::ChildId.eq(day.child_id))
        .filter(visits::Column::CentreId.eq(day.centre_id))
        .filter(visits::Column::Date.eq(day.service_date))
        .filter(visits::Column::Status.eq(VisitStatus::Left));
    if visit.one(db).await?.is_some() {
        return Ok(true);
    }
    let unit = redemptions::Entity::of_centre(day.centre_id)
        .filter(redemptions::Column::ChildId.eq(day.child_id))
        .filter(redemptions::Column::ServiceDate.eq(day.service_date))
        .filter(redemptions::Column::Status.eq(RedemptionStatus::Redeemed));
    Ok(unit.one(db).await?.is_some())
}

/// After the commit: the centre's card.
pub async fn shown(ctx: &Ctx, day: &redemptions::Model) {
    shown_anew(ctx, day.centre_id).await;
}
