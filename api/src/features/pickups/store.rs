//! Queries about handing over.

use chrono::{DateTime, Utc};
use entity::{BookingId, CentreId, FamilyId, PickupPersonId, VisitId, pickup_codes, pickup_persons, visits};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder,
    sea_query::{Expr, OnConflict},
};

pub(super) async fn persons(db: &impl ConnectionTrait, family: FamilyId) -> Result<Vec<pickup_persons::Model>, DbErr> {
    let rows = pickup_persons::Entity::of_family(family);
    rows.order_by_asc(pickup_persons::Column::CreatedAt).order_by_asc(pickup_persons::Column::Id).all(db).await
}

pub(super) async fn insert(db: &impl ConnectionTrait, row: pickup_persons::Model) -> Result<(), DbErr> {
    pickup_persons::Entity::insert(pickup_persons::ActiveModel::from(row)).exec_without_returning(db).await.map(drop)
}

/// Takes a person of the family off; false if there is none.
pub(super) async fn remove(
    db: &impl ConnectionTrait,
    family: FamilyId,
    id: PickupPersonId,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let done = pickup_persons::Entity::update_many()
        .col_expr(pickup_persons::Column::RemovedAt, Expr::value(now))
        .filter(pickup_persons::Column::Id.eq(id))
        .filter(pickup_persons::Column::FamilyId.eq(family))
        .filter(pickup_persons::Column::RemovedAt.is_null())
        .exec(db)
        .await?;
    Ok(done.rows_affected == 1)
}

/// A visit of the family's booking.
pub(super) async fn visit_of_family(
    db: &impl ConnectionTrait,
    family: FamilyId,
    booking: BookingId,
    id: VisitId,
) -> Result<Option<visits::Model>, DbErr> {
    let rows = visits::Entity::of_family(family).filter(visits::Column::BookingId.eq(booking));
    rows.filter(visits::Column::Id.eq(id)).one(db).await
}

/// A visit of the centre.
pub(super) async fn visit_of_centre(
    db: &impl ConnectionTrait,
    centre: CentreId,
    id: VisitId,
) -> Result<Option<visits::Model>, DbErr> {
    visits::Entity::of_centre(centre).filter(visits::Column::Id.eq(id)).one(db).await
}

/// Puts a code in place of the one before.
pub(super) async fn put_code(db: &impl ConnectionTrait, row: pickup_codes::Model) -> Result<(), DbErr> {
    use pickup_codes::Column::{CodeHash, ExpiresAt, NameSealed, UsedAt, VisitId};
    let over = OnConflict::column(VisitId).update_columns([CodeHash, NameSealed, ExpiresAt, UsedAt]).to_owned();
    let row = pickup_codes::ActiveModel::from(row);
    pickup_codes::Entity::insert(row).on_conflict(over).exec_without_returning(db).await.map(drop)
}

/// Uses up the code of a visit and gives the sealed name it is for, if it is this one and still good.
pub(super) async fn use_code(
    db: &impl ConnectionTrait,
    visit: VisitId,
    hash: &[u8],
    now: DateTime<Utc>,
) -> Result<Option<Vec<u8>>, DbErr> {
    use pickup_codes::Column::{CodeHash, ExpiresAt, UsedAt, VisitId};
    let used = pickup_codes::Entity::update_many()
        .col_expr(UsedAt, Expr::value(now))
        .filter(VisitId.eq(visit))
        .filter(CodeHash.eq(hash))
        .filter(UsedAt.is_null())
        .filter(ExpiresAt.gt(now))
        .exec(db)
        .await?;
    if used.rows_affected == 0 {
        return Ok(None);
    }
    Ok(pickup_codes::Entity::find_by_id(visit).one(db).await?.map(|row| row.name_sealed))
}
