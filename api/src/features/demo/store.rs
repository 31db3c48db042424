//! Queries of seeding.

use entity::{CentreId, centres, class_rules, staff, townships};
use sea_orm::{
    ActiveModelTrait, ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, Iterable, PaginatorTrait,
    QueryFilter as _,
};

use crate::platform::db::LockRows as _;

/// Values in one statement; SQLite takes at most 32 766.
const VALUES: usize = 2_000;

/// One seeding at a time: two replicas that start together on one database wait for each other.
/// (On SQLite the write transaction is lock enough.)
pub(super) async fn lock(db: &impl ConnectionTrait) -> Result<(), DbErr> {
    townships::Entity::find().lock_rows().all(db).await.map(drop)
}

/// Whether the centre is there.
pub(super) async fn has_centre(db: &impl ConnectionTrait, id: CentreId) -> Result<bool, DbErr> {
    Ok(centres::Entity::find_by_id(id).one(db).await?.is_some())
}

/// Whether a database holds the demonstration.
pub async fn is_in(db: &impl ConnectionTrait) -> Result<bool, DbErr> {
    Ok(centres::Entity::find().filter(centres::Column::Demo.eq(true)).one(db).await?.is_some())
}

/// Whether anybody entered anything: a centre, or an account of staff.
pub(super) async fn is_empty(db: &impl ConnectionTrait) -> Result<bool, DbErr> {
    Ok(centres::Entity::find().count(db).await? == 0 && staff::Entity::find().count(db).await? == 0)
}

/// The law's table.
pub(super) async fn class_rules(db: &impl ConnectionTrait) -> Result<Vec<class_rules::Model>, DbErr> {
    class_rules::Entity::find().all(db).await
}

/// Inserts the rows of one table in few statements.
pub(super) async fn insert<E>(db: &impl ConnectionTrait, rows: Vec<E::Model>) -> Result<(), DbErr>
where
    E: EntityTrait,
    E::ActiveModel: ActiveModelTrait<Entity = E> + Send,
    E::Model: IntoActiveModel<E::ActiveModel>,
{
    let chunk = VALUES / E::Column::iter().count().max(1);
    let mut rows = rows.into_iter().map(IntoActiveModel::into_active_model).peekable();
    while rows.peek().is_some() {
        let some: Vec<E::ActiveModel> = rows.by_ref().take(chunk).collect();
        E::insert_many(some).exec_without_returning(db).await?;
    }
    Ok(())
}
