//! Queries about the waiting list.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, NaiveDate, Utc};
use entity::{
    BookingId, BookingStatus, CentreId, ChildId, FamilyId, FreedPlaceId, WaitlistEntryId, WaitlistStatus, bookings,
    children, freed_places, waitlist_entries,
};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, ExprTrait as _, FromQueryResult, PaginatorTrait as _,
    QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Alias, Condition, Expr, Func, JoinType, Query},
};
use waitlist_entries::Column as C;

use crate::http::Limit;
use crate::platform::db::LockRows as _;

const LIVE: [WaitlistStatus; 2] = [WaitlistStatus::Waiting, WaitlistStatus::Offered];

/// Still in the list, with the words written out, not bound: a general plan can't use a partial index
/// otherwise.
fn live() -> Expr {
    let words = LIVE.map(|status| Expr::Constant(status.as_str().into()));
    Expr::col((waitlist_entries::Entity, C::Status)).is_in(words)
}

pub(super) async fn insert(db: &impl ConnectionTrait, row: waitlist_entries::Model) -> Result<(), DbErr> {
    let row = waitlist_entries::ActiveModel::from(row);
    waitlist_entries::Entity::insert(row).exec_without_returning(db).await.map(drop)
}

/// How many places in waiting lists a family has, whose row the caller holds.
pub(super) async fn live_of_family(db: &impl ConnectionTrait, family: FamilyId) -> Result<i64, DbErr> {
    let n: Option<i64> = waitlist_entries::Entity::of_family(family)
        .select_only()
        .column_as(C::Id.count(), "n")
        .filter(C::Status.is_in(LIVE))
        .into_tuple()
        .one(db)
        .await?;
    Ok(n.unwrap_or(0))
}

/// The family's entries, newest first.
pub(super) async fn of_family(
    db: &impl ConnectionTrait,
    family: FamilyId,
    limit: Limit,
    after: Option<WaitlistEntryId>,
) -> Result<Vec<waitlist_entries::Model>, DbErr> {
    let rows = waitlist_entries::Entity::of_family(family).order_by_desc(C::Id).limit(limit.plus_one());
    match after {
        Some(after) => rows.filter(C::Id.lt(after)).all(db).await,
        None => rows.all(db).await,
    }
}

/// Who waits for a centre, in the order of offers, with each child's day of birth.
pub(super) async fn of_centre(
    db: &impl ConnectionTrait,
    centre: CentreId,
    limit: Limit,
    after: Option<WaitlistEntryId>,
) -> Result<Vec<(waitlist_entries::Model, NaiveDate)>, DbErr> {
    let rows = waitlist_entries::Entity::of_centre(centre).filter(live()).order_by_asc(C::Id).limit(limit.plus_one());
    let rows = match after {
        Some(after) => rows.filter(C::Id.gt(after)).all(db).await?,
        None => rows.all(db).await?,
    };
    let ids: Vec<ChildId> = rows.iter().map(|row| row.child_id).collect();
    let born: Vec<(ChildId, NaiveDate)> = children::Entity::find()
        .select_only()
        .columns([children::Column::Id, children::Column::BirthDate])
        .filter(children::Column::Id.is_in(ids))
        .into_tuple()
        .all(db)
        .await?;
    let born: HashMap<_, _> = born.into_iter().collect();
    Ok(rows.into_iter().filter_map(|row| born.get(&row.child_id).map(|born| (row, *born))).collect())
}

#[derive(FromQueryResult)]
struct Before {
    id: WaitlistEntryId,
    n: i64,
}

/// The family's entries that are still in a list, of one child or of all, in order.
pub(super) async fn live_ids(
    db: &impl ConnectionTrait,
    family: FamilyId,
    child: Option<ChildId>,
) -> Result<Vec<WaitlistEntryId>, DbErr> {
    waitlist_entries::Entity::of_family(family)
        .select_only()
        .column(C::Id)
        .filter(C::Status.is_in(LIVE))
        .filter(Condition::all().add_option(child.map(|child| C::ChildId.eq(child))))
        .order_by_asc(C::Id)
        .into_tuple()
        .all(db)
        .await
}

/// How many wait before each of these entries for the same care at the same centre, on some of the
/// same days.
pub(super) async fn before(
    db: &impl ConnectionTrait,
    ids: &[WaitlistEntryId],
) -> Result<HashMap<WaitlistEntryId, i64>, DbErr> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let (mine, other) = (Alias::new("mine"), Alias::new("other"));
    let m = |column: C| Expr::col((mine.clone(), column));
    let o = |column: C| Expr::col((other.clone(), column));
    let earlier = o(C::CentreId)
        .eq(m(C::CentreId))
        .and(o(C::CareType).eq(m(C::CareType)))
        .and(o(C::Status).eq(WaitlistStatus::Waiting.as_str()))
        .and(o(C::Id).lt(m(C::Id)))
        .and(o(C::StartDate).lte(m(C::EndDate)))
        .and(o(C::EndDate).gte(m(C::StartDate)));
    let select = Query::select()
        .expr_as(m(C::Id), "id")
        .expr_as(Func::count(o(C::Id)), "n")
        .from_as(waitlist_entries::Entity, mine.clone())
        .join_as(JoinType::LeftJoin, waitlist_entries::Entity, other.clone(), earlier)
        .and_where(m(C::Id).is_in(ids.iter().copied()))
        .add_group_by([m(C::Id)])
        .to_owned();
    let rows = db.query_all(&select).await?;
    let rows = rows.iter().map(|row| Before::from_query_result(row, "").map(|before| (before.id, before.n)));
    rows.collect()
}

/// How the bookings that hold offered places stand.
pub(super) async fn offers(
    db: &impl ConnectionTrait,
    ids: Vec<BookingId>,
) -> Result<HashMap<BookingId, bookings::Model>, DbErr> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = bookings::Entity::find().filter(bookings::Column::Id.is_in(ids)).all(db).await?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}

/// An entry, locked until the transaction ends; of this family, if one is named.
pub(super) async fn lock(
    db: &impl ConnectionTrait,
    id: WaitlistEntryId,
    family: Option<FamilyId>,
) -> Result<Option<waitlist_entries::Model>, DbErr> {
    let rows = family.map_or_else(waitlist_entries::Entity::find, waitlist_entries::Entity::of_family);
    rows.filter(C::Id.eq(id)).lock_rows().one(db).await
}

/// Moves an entry on, if it is still in one of `from`.
pub(super) async fn step(
    db: &impl ConnectionTrait,
    id: WaitlistEntryId,
    from: &[WaitlistStatus],
    to: WaitlistStatus,
    booking: Option<BookingId>,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let mut row = waitlist_entries::ActiveModel { status: Set(to), updated_at: Set(now), ..Default::default() };
    if booking.is_some() {
        row.booking_id = Set(booking);
    }
    let moved = waitlist_entries::Entity::update_many()
        .set(row)
        .filter(C::Id.eq(id))
        .filter(C::Status.is_in(from.iter().copied()))
        .exec(db)
        .await?;
    Ok(moved.rows_affected == 1)
}

/// Ends the entries whose offer has lapsed or was cancelled, and those whose first day is past.
pub(super) async fn end_what_is_over(
    db: &impl ConnectionTrait,
    today: NaiveDate,
    now: DateTime<Utc>,
) -> Result<u64, DbErr> {
    let mut ended = 0;
    let with_booking = |status: BookingStatus| {
        Query::select()
            .column(bookings::Column::Id)
            .from(bookings::Entity)
            .and_where(
                Expr::col((bookings::Entity, bookings::Column::Id)).equals((waitlist_entries::Entity, C::BookingId)),
            )
            .and_where(Expr::col((bookings::Entity, bookings::Column::Status)).eq(status.as_str()))
            .to_owned()
    };
    for (booking, to) in
        [(BookingStatus::Lapsed, WaitlistStatus::Lapsed), (BookingStatus::Cancelled, WaitlistStatus::Withdrawn)]
    {
        let done = waitlist_entries::Entity::update_many()
            .set(waitlist_entries::ActiveModel { status: Set(to), updated_at: Set(now), ..Default::default() })
            .filter(live())
            .filter(C::Status.eq(WaitlistStatus::Offered))
            .filter(Expr::exists(with_booking(booking)))
            .exec(db)
            .await?;
        ended += done.rows_affected;
    }
    let over = WaitlistStatus::Over;
    let done = waitlist_entries::Entity::update_many()
        .set(waitlist_entries::ActiveModel { status: Set(over), updated_at: Set(now), ..Default::default() })
        .filter(live())
        .filter(C::Status.eq(WaitlistStatus::Waiting))
        .filter(C::StartDate.lt(today))
        .exec(db)
        .await?;
    Ok(ended + done.rows_affected)
}

/// How many places were given back since the lists were last looked through.
pub(super) async fn count_freed(db: &impl ConnectionTrait) -> Result<u64, DbErr> {
    freed_places::Entity::find().count(db).await
}

/// Places that were given back, by centre.
pub(super) async fn freed(
    db: &impl ConnectionTrait,
    most: u64,
) -> Result<BTreeMap<CentreId, Vec<FreedPlaceId>>, DbErr> {
    let rows = freed_places::Entity::find().order_by_asc(freed_places::Column::Id).limit(most).all(db).await?;
    let mut places: BTreeMap<CentreId, Vec<FreedPlaceId>> = BTreeMap::new();
    for row in rows {
        places.entry(row.centre_id).or_default().push(row.id);
    }
    Ok(places)
}

/// The lists were looked through for these places.
pub(super) async fn looked_through(db: &impl ConnectionTrait, places: Vec<FreedPlaceId>) -> Result<(), DbErr> {
    let them = freed_places::Entity::delete_many().filter(freed_places::Column::Id.is_in(places));
    them.exec(db).await.map(drop)
}

/// Who waits for a centre after `after`, first come first.
pub(super) async fn waiting(
    db: &impl ConnectionTrait,
    centre: CentreId,
    after: Option<WaitlistEntryId>,
    most: u64,
) -> Result<Vec<waitlist_entries::Model>, DbErr> {
    let rows = waitlist_entries::Entity::of_centre(centre)
        .filter(live())
        .filter(C::Status.eq(WaitlistStatus::Waiting))
        .order_by_asc(C::Id)
        .limit(most);
    match after {
        Some(after) => rows.filter(C::Id.gt(after)).all(db).await,
        None => rows.all(db).await,
    }
}
