//! Queries about looks at whole names.

use entity::{CentreId, ChildId, DataLookId, FamilyId, VisitId, children, data_looks, visits};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

/// A visit of the centre.
pub(in super::super) async fn visit(
    db: &impl ConnectionTrait,
    centre: CentreId,
    id: VisitId,
) -> Result<Option<visits::Model>, DbErr> {
    visits::Entity::of_centre(centre).filter(visits::Column::Id.eq(id)).one(db).await
}

/// A child whose guardian still agrees that centres know it. Locked: a withdrawal comes before or after.
pub(in super::super) async fn lock_child(
    db: &impl ConnectionTrait,
    id: ChildId,
) -> Result<Option<children::Model>, DbErr> {
    let there = children::Entity::find_by_id(id).filter(children::Column::RemovedAt.is_null());
    there.lock_shared().one(db).await
}

pub(in super::super) async fn insert(db: &impl ConnectionTrait, row: data_looks::Model) -> Result<(), DbErr> {
    data_looks::Entity::insert(data_looks::ActiveModel::from(row)).exec_without_returning(db).await.map(drop)
}

/// Looks at the family's children, newest first.
pub(in super::super) async fn of_family(
    db: &impl ConnectionTrait,
    family: FamilyId,
    after: Option<DataLookId>,
    limit: u64,
) -> Result<Vec<data_looks::Model>, DbErr> {
    let rows = data_looks::Entity::of_family(family).order_by_desc(data_looks::Column::Id).limit(limit);
    match after {
        Some(after) => rows.filter(data_looks::Column::Id.lt(after)).all(db).await,
        None => rows.all(db).await,
    }
}
