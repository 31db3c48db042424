//! Queries about communities, and in [`ways`] about the ways to them.

pub mod ways;

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use entity::{
    CommunityId, CommunityKind, LngLat,
    communities::{ActiveModel, Column, Entity, Model},
    community_versions, townships,
};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, Iterable as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _, sea_query::OnConflict,
};

use crate::platform::db::LockRows as _;

/// Rows in one statement: SQLite takes at most 32 766 values.
const ROWS: usize = 250;

/// A community without its geometry and samples, which only few reads need.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Community {
    pub id: CommunityId,
    pub code: String,
    pub name: String,
    pub township: String,
    pub kind: CommunityKind,
    pub rural: bool,
    pub residents: Option<i32>,
    pub under3: Option<i32>,
    pub source: String,
    pub as_of: NaiveDate,
    pub lng: f64,
    pub lat: f64,
    pub radius_m: f64,
    pub samples_n: i32,
    pub shape: i32,
    pub version: i32,
    pub ended_on: Option<NaiveDate>,
}

impl Community {
    /// Where its first sample is, WGS-84.
    #[must_use]
    pub const fn location(&self) -> LngLat {
        LngLat { lng: self.lng, lat: self.lat }
    }
}

impl From<&Model> for Community {
    fn from(row: &Model) -> Self {
        // Not of a clone: geometry and samples may be long.
        Self {
            id: row.id,
            code: row.code.clone(),
            name: row.name.clone(),
            township: row.township.clone(),
            kind: row.kind,
            rural: row.rural,
            residents: row.residents,
            under3: row.under3,
            source: row.source.clone(),
            as_of: row.as_of,
            lng: row.lng,
            lat: row.lat,
            radius_m: row.radius_m,
            samples_n: row.samples_n,
            shape: row.shape,
            version: row.version,
            ended_on: row.ended_on,
        }
    }
}

/// All communities that are, or all that have ended; by code.
pub(super) async fn all(db: &impl ConnectionTrait, ended: bool) -> Result<Vec<Community>, DbErr> {
    let light = Column::iter().filter(|column| !matches!(column, Column::Geometry | Column::Samples));
    let state = if ended { Column::EndedOn.is_not_null() } else { Column::EndedOn.is_null() };
    Entity::find().select_only().columns(light).filter(state).order_by_asc(Column::Code).into_model().all(db).await
}

/// The stored geometries of all communities that are.
pub(super) async fn geometries(db: &impl ConnectionTrait) -> Result<HashMap<CommunityId, String>, DbErr> {
    let rows: Vec<(CommunityId, String)> = Entity::find()
        .select_only()
        .columns([Column::Id, Column::Geometry])
        .filter(Column::EndedOn.is_null())
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows.into_iter().collect())
}

/// The stored geometries of communities by code, not locked.
pub(super) async fn geometries_by_code(
    db: &impl ConnectionTrait,
    codes: &[String],
) -> Result<HashMap<String, String>, DbErr> {
    let mut found = HashMap::with_capacity(codes.len());
    for some in codes.chunks(1_000) {
        let rows: Vec<(String, String)> = Entity::find()
            .select_only()
            .columns([Column::Code, Column::Geometry])
            .filter(Column::Code.is_in(some))
            .into_tuple()
            .all(db)
            .await?;
        found.extend(rows);
    }
    Ok(found)
}

/// The packed samples of some communities, with the shape they are of.
pub(super) async fn samples(
    db: &impl ConnectionTrait,
    ids: &[CommunityId],
) -> Result<HashMap<CommunityId, (i32, Vec<u8>)>, DbErr> {
    let mut found = HashMap::with_capacity(ids.len());
    for some in ids.chunks(1_000) {
        let rows: Vec<(CommunityId, i32, Vec<u8>)> = Entity::find()
            .select_only()
            .columns([Column::Id, Column::Shape, Column::Samples])
            .filter(Column::Id.is_in(some.iter().copied()))
            .into_tuple()
            .all(db)
            .await?;
        found.extend(rows.into_iter().map(|(id, shape, samples)| (id, (shape, samples))));
    }
    Ok(found)
}

/// The townships' names in order, held so that one import follows the other.
pub(super) async fn lock_townships(db: &impl ConnectionTrait) -> Result<(), DbErr> {
    townships::Entity::find().lock_rows().all(db).await.map(drop)
}

/// Communities by code, locked until the transaction ends.
pub(super) async fn lock_by_code(db: &impl ConnectionTrait, codes: &[String]) -> Result<HashMap<String, Model>, DbErr> {
    let mut found = HashMap::with_capacity(codes.len());
    for some in codes.chunks(1_000) {
        let rows = Entity::find().filter(Column::Code.is_in(some)).order_by_asc(Column::Id).lock_rows().all(db).await?;
        found.extend(rows.into_iter().map(|row| (row.code.clone(), row)));
    }
    Ok(found)
}

/// A community, locked until the transaction ends.
pub(super) async fn lock(db: &impl ConnectionTrait, id: CommunityId) -> Result<Option<Model>, DbErr> {
    Entity::find_by_id(id).lock_rows().one(db).await
}

/// Stores communities, new ones or the next states of those that are locked, many in a statement.
pub(super) async fn put(db: &impl ConnectionTrait, rows: &[Model]) -> Result<(), DbErr> {
    let state = Column::iter().filter(|column| !matches!(column, Column::Id | Column::Code | Column::CreatedAt));
    let over = OnConflict::column(Column::Id).update_columns(state).to_owned();
    for some in rows.chunks(ROWS) {
        let rows = some.iter().cloned().map(ActiveModel::from);
        Entity::insert_many(rows).on_conflict(over.clone()).exec_without_returning(db).await?;
    }
    Ok(())
}

/// Keeps states, the present ones.
pub(super) async fn keep(
    db: &impl ConnectionTrait,
    rows: &[Model],
    staff: Option<entity::StaffId>,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    for some in rows.chunks(ROWS) {
        let versions = some.iter().map(|row| community_versions::ActiveModel::from(version(row, staff, now)));
        community_versions::Entity::insert_many(versions).exec_without_returning(db).await?;
    }
    Ok(())
}

/// A state as it is kept.
pub fn version(
    row: &Model,
    staff_id: Option<entity::StaffId>,
    recorded_at: DateTime<Utc>,
) -> community_versions::Model {
    let row = row.clone();
    community_versions::Model {
        community_id: row.id,
        version: row.version,
        name: row.name,
        township: row.township,
        kind: row.kind,
        rural: row.rural,
        residents: row.residents,
        under3: row.under3,
        source: row.source,
        as_of: row.as_of,
        geometry: row.geometry,
        ended_on: row.ended_on,
        staff_id,
        recorded_at,
    }
}
