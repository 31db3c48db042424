//! Queries about access keys, and about what changed.

use chrono::{DateTime, Utc};
use entity::{
    AccessKeyId, CentreId, ClassId, ReversalId, StaffId, access_keys, booking_events, bookings, centres, classes,
    redemption_reversals, redemptions, visits,
};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, ExprTrait as _, JoinType, QueryFilter, QueryOrder,
    QuerySelect, prelude::Uuid, sea_query::Expr,
};

/// Keys, newest first.
pub(super) async fn keys(
    db: &impl ConnectionTrait,
    centre: Option<CentreId>,
    after: Option<AccessKeyId>,
    limit: u64,
) -> Result<Vec<access_keys::Model>, DbErr> {
    use access_keys::Column::{CentreId as Centre, Id};
    let condition =
        Condition::all().add_option(centre.map(|id| Centre.eq(id))).add_option(after.map(|after| Id.lt(after)));
    access_keys::Entity::find().filter(condition).order_by_desc(Id).limit(limit).all(db).await
}

/// One key.
pub(super) async fn key(db: &impl ConnectionTrait, id: AccessKeyId) -> Result<Option<access_keys::Model>, DbErr> {
    access_keys::Entity::find_by_id(id).one(db).await
}

/// One key of a centre, or of the bureau's own.
pub(super) async fn key_of(
    db: &impl ConnectionTrait,
    id: AccessKeyId,
    centre: Option<CentreId>,
) -> Result<Option<access_keys::Model>, DbErr> {
    let own = match centre {
        Some(centre) => access_keys::Column::CentreId.eq(centre),
        None => access_keys::Column::CentreId.is_null(),
    };
    access_keys::Entity::find_by_id(id).filter(own).one(db).await
}

pub(super) async fn insert_key(db: &impl ConnectionTrait, row: access_keys::Model) -> Result<(), DbErr> {
    access_keys::Entity::insert(access_keys::ActiveModel::from(row)).exec_without_returning(db).await.map(drop)
}

/// Revokes a key; false if it was before.
pub(super) async fn revoke_key(
    db: &impl ConnectionTrait,
    id: AccessKeyId,
    by: StaffId,
    at: DateTime<Utc>,
) -> Result<bool, DbErr> {
    use access_keys::Column::{Id, RevokedAt, RevokedBy};
    let done = access_keys::Entity::update_many()
        .col_expr(RevokedAt, Expr::value(at))
        .col_expr(RevokedBy, Expr::value(by))
        .filter(Id.eq(id))
        .filter(RevokedAt.is_null())
        .exec(db)
        .await?;
    Ok(done.rows_affected == 1)
}

/// A stretch of changes: after one id, before another (ids carry the time), of one centre or all.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stretch {
    pub(super) after: Uuid,
    pub(super) before: Uuid,
    pub(super) centre: Option<CentreId>,
    pub(super) limit: u64,
}

fn event(column: booking_events::Column) -> Expr {
    Expr::col((booking_events::Entity, column))
}

/// Lines of the history of bookings with the bookings as they are, the oldest first.
pub(super) async fn booking_changes(
    db: &impl ConnectionTrait,
    stretch: Stretch,
) -> Result<Vec<(booking_events::Model, bookings::Model)>, DbErr> {
    use booking_events::Column::{BookingId, Id};
    let booking = booking_events::Entity::belongs_to(bookings::Entity).from(BookingId).to(bookings::Column::Id);
    let rows = booking_events::Entity::find()
        .join(JoinType::InnerJoin, booking.into())
        .select_also(bookings::Entity)
        .filter(event(Id).gt(stretch.after))
        .filter(event(Id).lt(stretch.before))
        .filter(Condition::all().add_option(stretch.centre.map(|id| bookings::Column::CentreId.eq(id))))
        .order_by_asc(Id)
        .limit(stretch.limit)
        .all(db)
        .await?;
    Ok(rows.into_iter().filter_map(|(event, booking)| Some((event, booking?))).collect())
}

/// Lines of the history that concern a visit (its own, or its whole booking's) with the visits as they
/// are, by line and visit. `visit` is the last one read of the line `stretch.after`.
pub(super) async fn visit_changes(
    db: &impl ConnectionTrait,
    stretch: Stretch,
    visit: Uuid,
) -> Result<Vec<(booking_events::Model, visits::Model)>, DbErr> {
    use booking_events::Column::{BookingId, Id, VisitId};
    let of_booking = booking_events::Entity::belongs_to(visits::Entity).from(BookingId).to(visits::Column::BookingId);
    let visit_id = || Expr::col((visits::Entity, visits::Column::Id));
    let rows = booking_events::Entity::find()
        .join(JoinType::InnerJoin, of_booking.into())
        .select_also(visits::Entity)
        .filter(Condition::any().add(event(VisitId).is_null()).add(event(VisitId).eq(visit_id())))
        .filter(
            Condition::any()
                .add(event(Id).gt(stretch.after))
                .add(Condition::all().add(event(Id).eq(stretch.after)).add(visit_id().gt(visit))),
        )
        // Said again alone, so that the index is read from there.
        .filter(event(Id).gte(stretch.after))
        .filter(event(Id).lt(stretch.before))
        .filter(Condition::all().add_option(stretch.centre.map(|id| visits::Column::CentreId.eq(id))))
        .order_by_asc(Id)
        .order_by_asc(visits::Column::Id)
        .limit(stretch.limit)
        .all(db)
        .await?;
    Ok(rows.into_iter().filter_map(|(event, visit)| Some((event, visit?))).collect())
}

/// Redemptions, the oldest first.
pub(super) async fn redemptions_made(
    db: &impl ConnectionTrait,
    stretch: Stretch,
) -> Result<Vec<redemptions::Model>, DbErr> {
    use redemptions::Column::{CentreId, Id};
    redemptions::Entity::find()
        .filter(Expr::col(Id).gt(stretch.after))
        .filter(Expr::col(Id).lt(stretch.before))
        .filter(Condition::all().add_option(stretch.centre.map(|id| CentreId.eq(id))))
        .order_by_asc(Id)
        .limit(stretch.limit)
        .all(db)
        .await
}

/// Reversals with their redemptions, the oldest first.
pub(super) async fn redemptions_reversed(
    db: &impl ConnectionTrait,
    stretch: Stretch,
) -> Result<Vec<(ReversalId, DateTime<Utc>, redemptions::Model)>, DbErr> {
    use redemption_reversals::Column::{Id, RedemptionId};
    let reversed =
        redemption_reversals::Entity::belongs_to(redemptions::Entity).from(RedemptionId).to(redemptions::Column::Id);
    let id = || Expr::col((redemption_reversals::Entity, Id));
    let rows = redemption_reversals::Entity::find()
        .join(JoinType::InnerJoin, reversed.into())
        .select_also(redemptions::Entity)
        .filter(id().gt(stretch.after))
        .filter(id().lt(stretch.before))
        .filter(Condition::all().add_option(stretch.centre.map(|id| redemptions::Column::CentreId.eq(id))))
        .order_by_asc(Id)
        .limit(stretch.limit)
        .all(db)
        .await?;
    Ok(rows.into_iter().filter_map(|(row, of)| Some((row.id, row.reversed_at, of?))).collect())
}

/// Centres by when they last changed, after one of them and before an instant, with their places.
pub(super) async fn centres_changed(
    db: &impl ConnectionTrait,
    (at, id): (DateTime<Utc>, Option<CentreId>),
    before: DateTime<Utc>,
    only: Option<CentreId>,
    limit: u64,
) -> Result<Vec<centres::Model>, DbErr> {
    use centres::Column::{ChangedAt, Id};
    let after = match id {
        Some(id) => Condition::any().add(ChangedAt.gt(at)).add(Condition::all().add(ChangedAt.eq(at)).add(Id.gt(id))),
        None => Condition::all().add(ChangedAt.gte(at)),
    };
    centres::Entity::find()
        .filter(after)
        .filter(ChangedAt.lt(before))
        .filter(Condition::all().add_option(only.map(|id| Id.eq(id))))
        .order_by_asc(ChangedAt)
        .order_by_asc(Id)
        .limit(limit)
        .all(db)
        .await
}

/// The places of the active classes of some centres.
pub(super) async fn places(db: &impl ConnectionTrait, ids: &[CentreId]) -> Result<Vec<(CentreId, i32)>, DbErr> {
    use classes::Column;
    let rows: Vec<(ClassId, CentreId, i32)> = classes::Entity::find()
        .select_only()
        .columns([Column::Id, Column::CentreId, Column::Places])
        .filter(Column::CentreId.is_in(ids.iter().copied()))
        .filter(Column::Active.eq(true))
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|(_, centre, places)| (centre, places)).collect())
}
