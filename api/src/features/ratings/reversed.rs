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

/// Marks the answer about a voucher day as one without care, in the transaction that reverses the day; whether
/// there was one. Other care of the child there on that day proves it all the same.
///
/// Nobody silences an answer by it (`domain.md`, Ratings: exclusion needs two officers). One that counts is left
/// out by two officers first; and a centre can't reverse a rated day at all: its mistake is the bureau's to put
/// right, as it is of a visit that was rated.
pub async fn without_care(
    ctx: &Ctx,
    txn: &DatabaseTransaction,
    day: &redemptions::Model,
    by_centre: bool,
) -> Result<bool> {
    let about = ratings::Entity::find().filter(ratings::Column::RedemptionId.eq(day.id));
    let Some(mut rating) = about.lock_rows().one(txn).await? else { return Ok(false) };
    if has_care(txn, &rating).await? {
        return Ok(false);
    }
    let refused = |text| Err(Problem::new(Code::WrongState).detail(text).fact("reason", "rated"));
    if by_centre {
        return refused(Text::new(
            "家长已评价该次托育，机构不能撤销这次核销；如确属误扫，请联系区民生保障局处理。",
            "The family rated this day: only the bureau can reverse it.",
        ));
    }
    if rating.excluded_for.is_none() {
        return refused(Text::new(
            format!(
                "家长已评价该次托育且评价计入满意度，一人不能撤销这次核销；请先由两名工作人员剔除该评价（编号 {}），再撤销。",
                rating.id
            ),
            format!("The family's answer about this day counts: two officers leave {} out first.", rating.id),
        ));
    }
    rating.excluded_for = Some(rules::WITHOUT_CARE.to_owned());
    rating.version += 1;
    store::update(txn, rating.clone()).await?;
    counted(ctx, txn, &rating, ctx.clock.now()).await?;
    Ok(true)
}

/// Whether the child was cared for there on the day of an answer by what still stands. A visit that says so is
/// held: its correction waits, and finds the answer then.
pub(super) async fn has_care(db: &impl ConnectionTrait, rating: &ratings::Model) -> Result<bool, DbErr> {
    let visit = visits::Entity::find()
        .filter(visits::Column::ChildId.eq(rating.child_id))
        .filter(visits::Column::CentreId.eq(rating.centre_id))
        .filter(visits::Column::Date.eq(rating.care_date))
        .filter(visits::Column::Status.is_in([VisitStatus::InCare, VisitStatus::Left]));
    if visit.lock_rows().one(db).await?.is_some() {
        return Ok(true);
    }
    let unit = redemptions::Entity::of_centre(rating.centre_id)
        .filter(redemptions::Column::ChildId.eq(rating.child_id))
        .filter(redemptions::Column::ServiceDate.eq(rating.care_date))
        .filter(redemptions::Column::Status.eq(RedemptionStatus::Redeemed));
    Ok(unit.one(db).await?.is_some())
}

/// After the commit: the centre's card.
pub async fn shown(ctx: &Ctx, day: &redemptions::Model) {
    shown_anew(ctx, day.centre_id).await;
}
