//! Queries about visits.

use chrono::NaiveDate;
use entity::{
    BookingId, CentreId, ChildId, FamilyId, MinuteOfDay, RedemptionStatus, VisitId, VisitStatus, VoucherId, bookings,
    families, ratings, redemptions, visits,
};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, ExprTrait as _, PaginatorTrait as _, QueryFilter, QueryOrder,
    QuerySelect, Select,
    sea_query::{Expr, Query},
};

use super::LIVE;
use crate::{features::ratings::rules::WITHOUT_CARE, http::Month, platform::db::LockRows as _};

/// Days still to come of live bookings that this voucher is to pay for; those booked before it was
/// kept which ones it pays for count all.
pub(in super::super) async fn days_on_voucher(db: &impl ConnectionTrait, voucher: VoucherId) -> Result<i64, DbErr> {
    let live = Query::select()
        .column(bookings::Column::Id)
        .from(bookings::Entity)
        .and_where(Expr::col(bookings::Column::VoucherId).eq(voucher))
        .and_where(Expr::col(bookings::Column::Status).is_in(LIVE))
        .to_owned();
    let days: Option<i64> = visits::Entity::find()
        .select_only()
        .column_as(visits::Column::Id.count(), "n")
        .filter(visits::Column::BookingId.in_subquery(live))
        .filter(visits::Column::Status.eq(VisitStatus::Expected))
        .filter(visits::Column::WithVoucher.is_null().or(visits::Column::WithVoucher.eq(true)))
        .into_tuple()
        .one(db)
        .await?;
    Ok(days.unwrap_or(0))
}

/// The days from `first` to `last` on which a live booking of the child uses a voucher.
pub(in super::super) async fn days_promised(
    db: &impl ConnectionTrait,
    child: ChildId,
    (first, last): (NaiveDate, NaiveDate),
) -> Result<Vec<NaiveDate>, DbErr> {
    visits::Entity::find()
        .select_only()
        .column(visits::Column::Date)
        .filter(visits::Column::ChildId.eq(child))
        .filter(visits::Column::Date.between(first, last))
        .filter(visits::Column::Status.is_in(VisitStatus::HOLDING))
        .filter(visits::Column::WithVoucher.eq(true))
        .into_tuple()
        .all(db)
        .await
}

/// The status written out, not bound: a general plan can't use a partial index otherwise.
fn is(status: VisitStatus) -> Expr {
    Expr::col((visits::Entity, visits::Column::Status)).eq(Expr::Constant(status.as_str().into()))
}

/// Remembers the last day that a family missed.
pub(in super::super) async fn missed_on(
    db: &impl ConnectionTrait,
    family: FamilyId,
    date: NaiveDate,
) -> Result<(), DbErr> {
    use families::Column::{Id, MissedOn};
    families::Entity::update_many()
        .col_expr(MissedOn, Expr::value(date))
        .filter(Id.eq(family))
        .filter(MissedOn.is_null().or(MissedOn.lt(date)))
        .exec(db)
        .await
        .map(drop)
}

/// What a family missed: days it didn't come, and absences it told after the cut-off. A day on which a
/// voucher was redeemed there isn't counted: then only the desk forgot to check the child in.
pub(in super::super) async fn missed(
    db: &impl ConnectionTrait,
    family: FamilyId,
    since: NaiveDate,
) -> Result<(i64, i64), DbErr> {
    let same = |visit, redemption| Expr::col((visits::Entity, visit)).equals((redemptions::Entity, redemption));
    let redeemed = Query::select()
        .expr(Expr::val(1))
        .from(redemptions::Entity)
        .and_where(same(visits::Column::ChildId, redemptions::Column::ChildId))
        .and_where(same(visits::Column::Date, redemptions::Column::ServiceDate))
        .and_where(same(visits::Column::CentreId, redemptions::Column::CentreId))
        .and_where(Expr::col((redemptions::Entity, redemptions::Column::Status)).eq(RedemptionStatus::Redeemed))
        .to_owned();
    let rows: Vec<(VisitStatus, i64)> = visits::Entity::of_family(family)
        .select_only()
        .column(visits::Column::Status)
        .column_as(visits::Column::Id.count(), "n")
        .filter(visits::Column::Date.gte(since))
        .filter(is(VisitStatus::NoShow).or(visits::Column::LateToldAt.is_not_null()))
        .filter(Expr::exists(redeemed).not())
        .group_by(visits::Column::Status)
        .into_tuple()
        .all(db)
        .await?;
    let of = |no_show: bool| rows.iter().filter(|row| (row.0 == VisitStatus::NoShow) == no_show).map(|row| row.1).sum();
    Ok((of(true), of(false)))
}

fn past_end(today: NaiveDate, minute: MinuteOfDay) -> Select<visits::Entity> {
    use visits::Column::{Date, ToMin};
    visits::Entity::find()
        .filter(is(VisitStatus::Expected))
        .filter(Date.lt(today).or(Date.eq(today).and(ToMin.lte(minute))))
}

/// Days whose hours are over though nobody came.
pub(in super::super) async fn count_over(
    db: &impl ConnectionTrait,
    today: NaiveDate,
    minute: MinuteOfDay,
) -> Result<u64, DbErr> {
    past_end(today, minute).count(db).await
}

/// Bookings with a day whose hours are over though nobody came, the oldest first.
pub(in super::super) async fn over(
    db: &impl ConnectionTrait,
    today: NaiveDate,
    minute: MinuteOfDay,
    most: u64,
) -> Result<Vec<BookingId>, DbErr> {
    use visits::Column::{BookingId, Date};
    past_end(today, minute)
        .select_only()
        .column(BookingId)
        .group_by(BookingId)
        .order_by_asc(Date.min())
        .limit(most)
        .into_tuple()
        .all(db)
        .await
}

/// The visits of some bookings, in order of time.
pub(in super::super) async fn visits(
    db: &impl ConnectionTrait,
    ids: &[BookingId],
) -> Result<Vec<visits::Model>, DbErr> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    visits::Entity::find()
        .filter(visits::Column::BookingId.is_in(ids.iter().copied()))
        .order_by_asc(visits::Column::Date)
        .order_by_asc(visits::Column::FromMin)
        .all(db)
        .await
}

/// The visits of a day at a centre; and those of the days from `since` on whose child is still there, for
/// nobody may go home unseen.
pub(in super::super) async fn visits_of_day(
    db: &impl ConnectionTrait,
    centre: CentreId,
    (since, date): (NaiveDate, NaiveDate),
) -> Result<Vec<visits::Model>, DbErr> {
    let there_since = visits::Column::Date.lt(date).and(is(VisitStatus::InCare));
    visits::Entity::of_centre(centre)
        .filter(visits::Column::Date.between(since, date))
        .filter(visits::Column::Date.eq(date).or(there_since))
        .filter(visits::Column::Status.ne(VisitStatus::Cancelled))
        .order_by_asc(visits::Column::Date)
        .order_by_asc(visits::Column::FromMin)
        .order_by_asc(visits::Column::Id)
        .all(db)
        .await
}

/// The child's visit of a day at a centre, for redemptions: the one in care first, then one that
/// took place, then one expected. Cancelled and excused ones don't count.
pub async fn visit_of_child_on(
    db: &impl ConnectionTrait,
    centre: CentreId,
    child: ChildId,
    date: NaiveDate,
) -> Result<Option<visits::Model>, DbErr> {
    let rows = visits::Entity::of_centre(centre)
        .filter(visits::Column::ChildId.eq(child))
        .filter(visits::Column::Date.eq(date))
        .filter(visits::Column::Status.is_in([VisitStatus::InCare, VisitStatus::Left, VisitStatus::Expected]))
        .order_by_asc(visits::Column::FromMin)
        .all(db)
        .await?;
    let rank = |visit: &visits::Model| match visit.status {
        VisitStatus::InCare => 0,
        VisitStatus::Left => 1,
        _ => 2,
    };
    Ok(rows.into_iter().min_by_key(rank))
}

pub(in super::super) async fn visit_of_centre(
    db: &impl ConnectionTrait,
    centre: CentreId,
    id: VisitId,
) -> Result<Option<visits::Model>, DbErr> {
    visits::Entity::of_centre(centre).filter(visits::Column::Id.eq(id)).one(db).await
}

/// Whether a visit was rated, by itself or by a voucher day (reversed or not) of the child there on that day, and
/// whether a voucher was redeemed on it. The visit is held: who rates it, or reverses such a day, waits.
pub(in super::super) async fn rests_on(
    db: &impl ConnectionTrait,
    visit: &visits::Model,
) -> Result<(bool, bool), DbErr> {
    use ratings::Column as R;
    visits::Entity::find_by_id(visit.id).lock_rows().one(db).await?;
    let mut rated = ratings::Entity::find().filter(R::VisitId.eq(visit.id)).one(db).await?;
    // Through either to `expected`: one step back at a time would get by otherwise.
    if rated.is_none() && matches!(visit.status, VisitStatus::Left | VisitStatus::InCare) {
        let of_day = ratings::Entity::find()
            .filter(R::CentreId.eq(visit.centre_id))
            .filter(R::Month.eq(Month::of(visit.date).0))
            .filter(R::CareDate.eq(visit.date))
            .filter(R::ChildId.eq(visit.child_id))
            .filter(R::RedemptionId.is_not_null())
            .filter(R::ExcludedFor.is_null().or(R::ExcludedFor.ne(WITHOUT_CARE)));
        rated = of_day.one(db).await?;
    }
    let redeemed = redemptions::Entity::find()
        .filter(redemptions::Column::VisitId.eq(visit.id))
        .filter(redemptions::Column::Status.eq(RedemptionStatus::Redeemed))
        .one(db)
        .await?;
    Ok((rated.is_some(), redeemed.is_some()))
}

/// Gives back the places of a booking's visits that are still expected; how many.
pub(in super::super) async fn cancel_visits(db: &impl ConnectionTrait, booking: BookingId) -> Result<u64, DbErr> {
    let row = visits::ActiveModel { status: Set(VisitStatus::Cancelled), ..Default::default() };
    let cancelled = visits::Entity::update_many()
        .set(row)
        .filter(visits::Column::BookingId.eq(booking))
        .filter(visits::Column::Status.eq(VisitStatus::Expected))
        .exec(db)
        .await?;
    Ok(cancelled.rows_affected)
}

/// Moves a visit on, if its status is still `from`; `row` holds the new status and what goes with it.
pub(in super::super) async fn move_visit(
    db: &impl ConnectionTrait,
    id: VisitId,
    from: VisitStatus,
    row: visits::ActiveModel,
) -> Result<bool, DbErr> {
    let moved = visits::Entity::update_many()
        .set(row)
        .filter(visits::Column::Id.eq(id))
        .filter(visits::Column::Status.eq(from))
        .exec(db)
        .await?;
    Ok(moved.rows_affected == 1)
}
