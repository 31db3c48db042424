//! Closed months.

use chrono::NaiveDate;
use entity::indicator_snapshots::{ActiveModel, Column, Entity, Model};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
    sea_query::OnConflict,
};

/// The months that have one.
pub(in super::super) async fn months(db: &impl ConnectionTrait) -> Result<Vec<NaiveDate>, DbErr> {
    Entity::find().select_only().column(Column::Month).into_tuple().all(db).await
}

pub(in super::super) async fn of(db: &impl ConnectionTrait, month: NaiveDate) -> Result<Option<Model>, DbErr> {
    Entity::find_by_id(month).one(db).await
}

/// All, the earliest first.
pub(in super::super) async fn all(db: &impl ConnectionTrait) -> Result<Vec<Model>, DbErr> {
    Entity::find().order_by_asc(Column::Month).all(db).await
}

/// From a month on, the earliest first.
pub(in super::super) async fn since(db: &impl ConnectionTrait, first: NaiveDate) -> Result<Vec<Model>, DbErr> {
    Entity::find().filter(Column::Month.gte(first)).order_by_asc(Column::Month).all(db).await
}

/// Writes one, unless another replica did before.
pub(in super::super) async fn insert(db: &impl ConnectionTrait, row: Model) -> Result<(), DbErr> {
    let once = OnConflict::column(Column::Month).do_nothing().to_owned();
    Entity::insert(ActiveModel::from(row)).on_conflict(once).exec_without_returning(db).await.map(drop)
}
