//! Refused scans.

use chrono::{DateTime, Utc};
use entity::{CentreId, RefusedScanId, refused_scans};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::http::Limit;
use refused_scans::{Column, Entity, Model};

/// Which rows a page shows.
#[derive(Debug)]
pub(in super::super) struct Filter {
    /// The desk's centre; absent for the bureau.
    pub(in super::super) own: Option<CentreId>,
    pub(in super::super) centre: Option<CentreId>,
    pub(in super::super) reason: Option<String>,
    pub(in super::super) from: Option<DateTime<Utc>>,
    pub(in super::super) before: Option<DateTime<Utc>>,
    pub(in super::super) after: Option<RefusedScanId>,
}

pub(in super::super) async fn insert(db: &impl ConnectionTrait, row: Model) -> Result<(), DbErr> {
    Entity::insert(refused_scans::ActiveModel::from(row)).exec_without_returning(db).await.map(drop)
}

/// Newest first.
pub(in super::super) async fn page(
    db: &impl ConnectionTrait,
    filter: Filter,
    limit: Limit,
) -> Result<Vec<Model>, DbErr> {
    let Filter { own, centre, reason, from, before, after } = filter;
    let condition = Condition::all()
        .add_option(centre.map(|id| Column::CentreId.eq(id)))
        .add_option(reason.map(|reason| Column::Reason.eq(reason)))
        .add_option(from.map(|from| Column::At.gte(from)))
        .add_option(before.map(|before| Column::At.lt(before)))
        .add_option(after.map(|after| Column::Id.lt(after)));
    let rows = own.map_or_else(Entity::find, Entity::of_centre);
    rows.filter(condition).order_by_desc(Column::Id).limit(limit.plus_one()).all(db).await
}
