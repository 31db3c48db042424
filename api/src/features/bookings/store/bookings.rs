//! Queries about bookings, and what the centre, the class and the voucher of one say.

use chrono::{DateTime, Utc};
use entity::{
    BookingId, BookingStatus, CampaignId, CentreId, ChildId, ClassId, FamilyId, VoucherId, booking_events, bookings,
    campaign_centres, campaigns, classes, freed_places, visits, vouchers,
};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, ExprTrait as _, PaginatorTrait as _,
    QueryFilter, QueryOrder, QuerySelect, Select,
};

use crate::platform::{clock::Clock, db::LockRows as _};

/// The states of a booking that hold places.
pub(in super::super) const LIVE: [BookingStatus; 2] = [BookingStatus::Pending, BookingStatus::Confirmed];

/// Classes as they are now, without a lock.
pub(in super::super) async fn classes(
    db: &impl ConnectionTrait,
    ids: &[ClassId],
) -> Result<Vec<classes::Model>, DbErr> {
    classes::Entity::find().filter(classes::Column::Id.is_in(ids.iter().copied())).all(db).await
}

/// One voucher of the family, with its campaign.
pub(in super::super) async fn voucher(
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
pub(in super::super) async fn campaign_names(
    db: &impl ConnectionTrait,
    campaign: CampaignId,
    centre: CentreId,
) -> Result<bool, DbErr> {
    Ok(campaign_centres::Entity::find_by_id((campaign, centre)).one(db).await?.is_some())
}

/// Writes a booking's new price.
pub(in super::super) async fn reprice(db: &impl ConnectionTrait, booking: &bookings::Model) -> Result<(), DbErr> {
    let row = bookings::ActiveModel {
        total_fen: Set(booking.total_fen),
        price_lines: Set(booking.price_lines.clone()),
        updated_at: Set(booking.updated_at),
        ..Default::default()
    };
    bookings::Entity::update_many().set(row).filter(bookings::Column::Id.eq(booking.id)).exec(db).await.map(drop)
}

/// Whether a request waits for the centre that would take over this booking's days.
pub(in super::super) async fn is_being_replaced(db: &impl ConnectionTrait, id: BookingId) -> Result<bool, DbErr> {
    let found: Option<BookingId> = bookings::Entity::find()
        .select_only()
        .column(bookings::Column::Id)
        .filter(bookings::Column::ReplacesId.eq(id))
        .filter(bookings::Column::Status.eq(BookingStatus::Pending))
        .into_tuple()
        .one(db)
        .await?;
    Ok(found.is_some())
}

/// New bookings, their visits and the first lines of their histories.
#[derive(Default)]
pub(in super::super) struct Rows {
    pub(in super::super) bookings: Vec<bookings::Model>,
    pub(in super::super) visits: Vec<visits::Model>,
    pub(in super::super) events: Vec<booking_events::Model>,
}

/// So many visits go into one statement, whatever their number; more in powers of two, so that the
/// statement has few texts: a connection plans each text once.
const ANY_NUMBER: usize = 16;

/// Writes them.
pub(in super::super) async fn insert(db: &impl ConnectionTrait, rows: Rows) -> Result<(), DbErr> {
    let made = rows.bookings.into_iter().map(bookings::ActiveModel::from);
    bookings::Entity::insert_many(made).exec_without_returning(db).await?;
    let mut left = rows.visits.as_slice();
    while let Some(bits) = left.len().checked_ilog2() {
        let n = if left.len() <= ANY_NUMBER { left.len() } else { 1 << bits };
        let (now, later) = left.split_at(n);
        let now = now.iter().cloned().map(visits::ActiveModel::from);
        visits::Entity::insert_many(now).exec_without_returning(db).await?;
        left = later;
    }
    let events = rows.events.into_iter().map(booking_events::ActiveModel::from);
    booking_events::Entity::insert_many(events).exec_without_returning(db).await.map(drop)
}

pub(in super::super) async fn insert_event(
    db: &impl ConnectionTrait,
    event: booking_events::Model,
) -> Result<(), DbErr> {
    booking_events::Entity::insert(booking_events::ActiveModel::from(event)).exec_without_returning(db).await.map(drop)
}

/// Which bookings of an owner to list, newest first.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Filter {
    pub(in super::super) status: Option<BookingStatus>,
    pub(in super::super) after: Option<BookingId>,
    pub(in super::super) limit: u64,
    pub(in super::super) now: DateTime<Utc>,
}

/// A page of `owner`'s bookings. A request past its deadline counts as lapsed.
pub(in super::super) async fn page(
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

/// One of the family's bookings.
pub(in super::super) async fn booking_of_family(
    db: &impl ConnectionTrait,
    family: FamilyId,
    id: BookingId,
) -> Result<Option<bookings::Model>, DbErr> {
    bookings::Entity::of_family(family).filter(bookings::Column::Id.eq(id)).one(db).await
}

/// One of the centre's bookings.
pub(in super::super) async fn booking_of_centre(
    db: &impl ConnectionTrait,
    centre: CentreId,
    id: BookingId,
) -> Result<Option<bookings::Model>, DbErr> {
    bookings::Entity::of_centre(centre).filter(bookings::Column::Id.eq(id)).one(db).await
}

/// The family's bookings that hold places, of one child or of all, in order.
pub(in super::super) async fn live_of(
    db: &impl ConnectionTrait,
    family: FamilyId,
    child: Option<ChildId>,
) -> Result<Vec<BookingId>, DbErr> {
    use bookings::Column::{ChildId as Child, Id, Status};
    bookings::Entity::of_family(family)
        .select_only()
        .column(Id)
        .filter(Status.is_in(LIVE))
        .filter(Condition::all().add_option(child.map(|child| Child.eq(child))))
        .order_by_asc(Id)
        .into_tuple()
        .all(db)
        .await
}

/// What happened to a booking, in order.
pub(in super::super) async fn events(
    db: &impl ConnectionTrait,
    id: BookingId,
) -> Result<Vec<booking_events::Model>, DbErr> {
    booking_events::Entity::find()
        .filter(booking_events::Column::BookingId.eq(id))
        .order_by_asc(booking_events::Column::At)
        .order_by_asc(booking_events::Column::Id)
        .all(db)
        .await
}

/// One booking of `owner`, locked until the transaction ends.
pub(in super::super) async fn lock(
    db: &impl ConnectionTrait,
    owner: Select<bookings::Entity>,
    id: BookingId,
) -> Result<Option<bookings::Model>, DbErr> {
    owner.filter(bookings::Column::Id.eq(id)).lock_rows().one(db).await
}

/// Moves a booking on, if its status is still one of `from`.
pub(in super::super) async fn move_booking(
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

fn past_deadline(now: DateTime<Utc>) -> Select<bookings::Entity> {
    bookings::Entity::find()
        .filter(bookings::Column::Status.eq(BookingStatus::Pending))
        .filter(bookings::Column::ConfirmBy.lt(now))
}

/// How many requests' deadlines have passed.
pub(in super::super) async fn count_overdue(db: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<u64, DbErr> {
    past_deadline(now).count(db).await
}

/// Requests whose deadline has passed, the oldest first.
pub(in super::super) async fn overdue(
    db: &impl ConnectionTrait,
    now: DateTime<Utc>,
    most: u64,
) -> Result<Vec<BookingId>, DbErr> {
    past_deadline(now)
        .select_only()
        .column(bookings::Column::Id)
        .order_by_asc(bookings::Column::ConfirmBy)
        .limit(most)
        .into_tuple()
        .all(db)
        .await
}

/// A place held for the family becomes a booking; false if it isn't held any more.
pub(in super::super) async fn accept(
    db: &impl ConnectionTrait,
    id: BookingId,
    to: BookingStatus,
    confirm_by: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let row = bookings::ActiveModel {
        status: Set(to),
        confirm_by: Set(confirm_by),
        offer_until: Set(None),
        updated_at: Set(now),
        ..Default::default()
    };
    let accepted = bookings::Entity::update_many()
        .set(row)
        .filter(bookings::Column::Id.eq(id))
        .filter(bookings::Column::Status.eq(BookingStatus::Pending))
        .filter(bookings::Column::OfferUntil.is_not_null())
        .exec(db)
        .await?;
    Ok(accepted.rows_affected == 1)
}

/// A place of the centre was given back: its waiting list is looked through after the commit.
pub async fn freed(db: &impl ConnectionTrait, clock: &Clock, centre: CentreId) -> Result<(), DbErr> {
    let row = freed_places::Model { id: clock.id(), centre_id: centre, at: clock.now() };
    freed_places::Entity::insert(freed_places::ActiveModel::from(row)).exec_without_returning(db).await.map(drop)
}
