//! Queries about bookings and visits. Whoever changes a booking or its visits holds the booking's
//! row ([`lock`]); whoever makes one holds the child's row and then the classes'.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use entity::{
    BookingId, BookingStatus, CampaignId, CentreId, ChildId, ClassId, FamilyId, VisitId, VisitStatus, VoucherId,
    VoucherStatus, booking_events, bookings, campaign_centres, campaigns, centres, children, classes, entry_checks,
    visits, vouchers,
};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, ExprTrait as _, QueryFilter, QueryOrder, QuerySelect,
    Select,
    sea_query::{Expr, OnConflict},
};

/// The version of a centre, if it is active.
pub(super) async fn centre_version(db: &impl ConnectionTrait, id: CentreId) -> Result<Option<i64>, DbErr> {
    centres::Entity::find_by_id(id)
        .select_only()
        .column(centres::Column::Version)
        .filter(centres::Column::Active.eq(true))
        .into_tuple()
        .one(db)
        .await
}

/// Classes as they are now, without a lock.
pub(super) async fn classes(db: &impl ConnectionTrait, ids: &[ClassId]) -> Result<Vec<classes::Model>, DbErr> {
    classes::Entity::find().filter(classes::Column::Id.is_in(ids.iter().copied())).all(db).await
}

/// Where the child is, or is expected, from one date to another, at any centre (invariant 2).
pub(super) async fn visits_of_child(
    db: &impl ConnectionTrait,
    child: ChildId,
    from: NaiveDate,
    to: NaiveDate,
) -> Result<Vec<visits::Model>, DbErr> {
    visits::Entity::find()
        .filter(visits::Column::ChildId.eq(child))
        .filter(visits::Column::Date.between(from, to))
        .filter(visits::Column::Status.is_in(VisitStatus::HOLDING))
        .order_by_asc(visits::Column::Date)
        .order_by_asc(visits::Column::FromMin)
        .all(db)
        .await
}

/// One voucher of the family, with its campaign.
pub(super) async fn voucher(
    db: &impl ConnectionTrait,
    family: FamilyId,
    id: VoucherId,
) -> Result<Option<(vouchers::Model, campaigns::Model)>, DbErr> {
    let Some(voucher) = vouchers::Entity::of_family(family).filter(vouchers::Column::Id.eq(id)).one(db).await? else {
        return Ok(None);
    };
    let campaign = campaigns::Entity::find_by_id(voucher.campaign_id).one(db).await?;
    Ok(campaign.map(|campaign| (voucher, campaign)))
}

/// Whether a campaign that names its centres names this one.
pub(super) async fn campaign_names(
    db: &impl ConnectionTrait,
    campaign: CampaignId,
    centre: CentreId,
) -> Result<bool, DbErr> {
    Ok(campaign_centres::Entity::find_by_id((campaign, centre)).one(db).await?.is_some())
}

/// Live bookings that count on this voucher.
pub(super) async fn bookings_on_voucher(
    db: &impl ConnectionTrait,
    voucher: VoucherId,
) -> Result<Vec<bookings::Model>, DbErr> {
    bookings::Entity::find()
        .filter(bookings::Column::VoucherId.eq(voucher))
        .filter(bookings::Column::Status.is_in([BookingStatus::Pending, BookingStatus::Confirmed]))
        .all(db)
        .await
}

/// Children of these families that hold an active voucher on a date, with units left.
pub(super) async fn children_with_voucher(
    db: &impl ConnectionTrait,
    ids: &[ChildId],
    date: NaiveDate,
) -> Result<Vec<ChildId>, DbErr> {
    vouchers::Entity::find()
        .select_only()
        .column(vouchers::Column::ChildId)
        .filter(vouchers::Column::ChildId.is_in(ids.iter().copied()))
        .filter(vouchers::Column::Status.eq(VoucherStatus::Active))
        .filter(vouchers::Column::ValidFrom.lte(date))
        .filter(vouchers::Column::ValidUntil.gte(date))
        .filter(Expr::col(vouchers::Column::UnitsUsed).lt(Expr::col(vouchers::Column::UnitsTotal)))
        .distinct()
        .into_tuple()
        .all(db)
        .await
}

/// Entry checks of some children at some centres, and the last day each was in care there.
#[derive(Default)]
pub(super) struct Checks {
    checks: HashMap<(CentreId, ChildId), entry_checks::Model>,
    last: HashMap<(CentreId, ChildId), NaiveDate>,
}

impl Checks {
    pub(super) async fn load(
        db: &impl ConnectionTrait,
        centres: &[CentreId],
        children: &[ChildId],
    ) -> Result<Self, DbErr> {
        if children.is_empty() {
            return Ok(Self::default());
        }
        let checks = entry_checks::Entity::find()
            .filter(entry_checks::Column::ChildId.is_in(children.iter().copied()))
            .filter(entry_checks::Column::CentreId.is_in(centres.iter().copied()))
            .all(db)
            .await?;
        let checks: HashMap<_, _> =
            checks.into_iter().map(|check| ((check.centre_id, check.child_id), check)).collect();
        if checks.is_empty() {
            return Ok(Self { checks, ..Self::default() });
        }
        let last: Vec<(CentreId, ChildId, NaiveDate)> = visits::Entity::find()
            .select_only()
            .columns([visits::Column::CentreId, visits::Column::ChildId])
            .column_as(visits::Column::Date.max(), "last")
            .filter(visits::Column::ChildId.is_in(children.iter().copied()))
            .filter(visits::Column::CentreId.is_in(centres.iter().copied()))
            .filter(visits::Column::Status.is_in([VisitStatus::InCare, VisitStatus::Left]))
            .group_by(visits::Column::CentreId)
            .group_by(visits::Column::ChildId)
            .into_tuple()
            .all(db)
            .await?;
        Ok(Self { checks, last: last.into_iter().map(|(centre, child, day)| ((centre, child), day)).collect() })
    }

    pub(super) fn of(&self, centre: CentreId, child: ChildId) -> (Option<&entry_checks::Model>, Option<NaiveDate>) {
        (self.checks.get(&(centre, child)), self.last.get(&(centre, child)).copied())
    }
}

/// Records a check, or replaces the one before.
pub(super) async fn save_check(db: &impl ConnectionTrait, check: entry_checks::ActiveModel) -> Result<(), DbErr> {
    use entry_checks::Column::{CentreId, ChildId, PassedOn, RecordedAt, StaffId, Vaccinated};
    entry_checks::Entity::insert(check)
        .on_conflict(
            OnConflict::columns([CentreId, ChildId])
                .update_columns([PassedOn, Vaccinated, StaffId, RecordedAt])
                .to_owned(),
        )
        .exec_without_returning(db)
        .await
        .map(drop)
}

/// Whether the child has or had a booking at the centre.
pub(super) async fn knows_child(db: &impl ConnectionTrait, centre: CentreId, child: ChildId) -> Result<bool, DbErr> {
    let found: Option<BookingId> = bookings::Entity::of_centre(centre)
        .select_only()
        .column(bookings::Column::Id)
        .filter(bookings::Column::ChildId.eq(child))
        .limit(1)
        .into_tuple()
        .one(db)
        .await?;
    Ok(found.is_some())
}

pub(super) async fn children(db: &impl ConnectionTrait, ids: &[ChildId]) -> Result<Vec<children::Model>, DbErr> {
    children::Entity::find().filter(children::Column::Id.is_in(ids.iter().copied())).all(db).await
}

/// Writes a booking, its visits and the first line of its history.
pub(super) async fn insert(
    db: &impl ConnectionTrait,
    booking: &bookings::Model,
    visits: &[visits::Model],
    event: booking_events::Model,
) -> Result<(), DbErr> {
    bookings::Entity::insert(bookings::ActiveModel::from(booking.clone())).exec_without_returning(db).await?;
    let rows = visits.iter().cloned().map(visits::ActiveModel::from);
    visits::Entity::insert_many(rows).exec_without_returning(db).await?;
    insert_event(db, event).await
}

pub(super) async fn insert_event(db: &impl ConnectionTrait, event: booking_events::Model) -> Result<(), DbErr> {
    booking_events::Entity::insert(booking_events::ActiveModel::from(event)).exec_without_returning(db).await.map(drop)
}

/// Which bookings of an owner to list, newest first.
#[derive(Clone, Copy, Debug)]
pub(super) struct Filter {
    pub(super) status: Option<BookingStatus>,
    pub(super) after: Option<BookingId>,
    pub(super) limit: u64,
    pub(super) now: DateTime<Utc>,
}

/// A page of `owner`'s bookings. A request past its deadline counts as lapsed.
pub(super) async fn page(
    db: &impl ConnectionTrait,
    owner: Select<bookings::Entity>,
    filter: Filter,
) -> Result<Vec<bookings::Model>, DbErr> {
    use bookings::Column::{ConfirmBy, Id, Status};
    let overdue = || Condition::all().add(Status.eq(BookingStatus::Pending)).add(ConfirmBy.lt(filter.now));
    let status = filter.status.map(|status| match status {
        BookingStatus::Pending => {
            Condition::all().add(Status.eq(status)).add(ConfirmBy.gte(filter.now).or(ConfirmBy.is_null()))
        }
        BookingStatus::Lapsed => Condition::any().add(Status.eq(status)).add(overdue()),
        _ => Condition::all().add(Status.eq(status)),
    });
    owner
        .filter(Condition::all().add_option(status).add_option(filter.after.map(|id| Id.lt(id))))
        .order_by_desc(Id)
        .limit(filter.limit)
        .all(db)
        .await
}

/// The visits of some bookings, in order of time.
pub(super) async fn visits(db: &impl ConnectionTrait, ids: &[BookingId]) -> Result<Vec<visits::Model>, DbErr> {
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

/// The visits of a day at the centre that still count or took place, earliest first.
pub(super) async fn visits_of_day(
    db: &impl ConnectionTrait,
    centre: CentreId,
    date: NaiveDate,
) -> Result<Vec<visits::Model>, DbErr> {
    visits::Entity::of_centre(centre)
        .filter(visits::Column::Date.eq(date))
        .filter(visits::Column::Status.ne(VisitStatus::Cancelled))
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

pub(super) async fn visit_of_centre(
    db: &impl ConnectionTrait,
    centre: CentreId,
    id: VisitId,
) -> Result<Option<visits::Model>, DbErr> {
    visits::Entity::of_centre(centre).filter(visits::Column::Id.eq(id)).one(db).await
}

/// One of the family's bookings.
pub(super) async fn booking_of_family(
    db: &impl ConnectionTrait,
    family: FamilyId,
    id: BookingId,
) -> Result<Option<bookings::Model>, DbErr> {
    bookings::Entity::of_family(family).filter(bookings::Column::Id.eq(id)).one(db).await
}

/// One booking of `owner`, locked until the transaction ends.
pub(super) async fn lock(
    db: &impl ConnectionTrait,
    owner: Select<bookings::Entity>,
    id: BookingId,
) -> Result<Option<bookings::Model>, DbErr> {
    owner.filter(bookings::Column::Id.eq(id)).lock_exclusive().one(db).await
}

/// Moves a booking on, if its status is still one of `from`.
pub(super) async fn move_booking(
    db: &impl ConnectionTrait,
    id: BookingId,
    from: &[BookingStatus],
    to: BookingStatus,
    reason: Option<&str>,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    use bookings::Column::{Id, Status};
    let mut row = bookings::ActiveModel { status: Set(to), updated_at: Set(now), ..Default::default() };
    if let Some(reason) = reason {
        row.reason = Set(Some(reason.to_owned()));
    }
    let moved = bookings::Entity::update_many()
        .set(row)
        .filter(Id.eq(id))
        .filter(Status.is_in(from.iter().copied()))
        .exec(db)
        .await?;
    Ok(moved.rows_affected == 1)
}

/// Gives back the places of a booking's visits that are still expected; how many.
pub(super) async fn cancel_visits(db: &impl ConnectionTrait, booking: BookingId) -> Result<u64, DbErr> {
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
pub(super) async fn move_visit(
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

/// Requests whose deadline has passed, the oldest first.
pub(super) async fn overdue(db: &impl ConnectionTrait, now: DateTime<Utc>, most: u64) -> Result<Vec<BookingId>, DbErr> {
    bookings::Entity::find()
        .select_only()
        .column(bookings::Column::Id)
        .filter(bookings::Column::Status.eq(BookingStatus::Pending))
        .filter(bookings::Column::ConfirmBy.lt(now))
        .order_by_asc(bookings::Column::ConfirmBy)
        .limit(most)
        .into_tuple()
        .all(db)
        .await
}
