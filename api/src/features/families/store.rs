//! Queries about families and children.

use chrono::NaiveDate;
use entity::{ChildId, FamilyId, children, consents, families};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

pub(super) async fn family(db: &impl ConnectionTrait, id: FamilyId) -> Result<Option<families::Model>, DbErr> {
    families::Entity::find_by_id(id).one(db).await
}

pub(super) async fn children(db: &impl ConnectionTrait, family: FamilyId) -> Result<Vec<children::Model>, DbErr> {
    children::Entity::of_family(family).all(db).await
}

/// One child of the family.
pub async fn child(
    db: &impl ConnectionTrait,
    family: FamilyId,
    child: ChildId,
) -> Result<Option<children::Model>, DbErr> {
    children::Entity::one_of_family(family, child).one(db).await
}

/// One child of the family, locked until the transaction ends: whoever books for a child holds
/// its row, so that a child can't be in two places (invariant 2).
pub async fn lock_child(
    db: &impl ConnectionTrait,
    family: FamilyId,
    child: ChildId,
) -> Result<Option<children::Model>, DbErr> {
    children::Entity::one_of_family(family, child).lock_exclusive().one(db).await
}

/// The family's row, locked until the transaction ends, so that what is counted of it stays true.
pub async fn lock_family(db: &impl ConnectionTrait, family: FamilyId) -> Result<(), DbErr> {
    families::Entity::find_by_id(family).lock_exclusive().one(db).await.map(drop)
}

/// The consents in force for all children of the family.
pub(super) async fn consents(db: &impl ConnectionTrait, family: FamilyId) -> Result<Vec<consents::Model>, DbErr> {
    consents::Entity::find()
        .filter(consents::Column::FamilyId.eq(family))
        .filter(consents::Column::WithdrawnAt.is_null())
        .order_by_asc(consents::Column::Id)
        .all(db)
        .await
}

pub(super) async fn insert_child(
    db: &impl ConnectionTrait,
    child: children::ActiveModel,
    given: Vec<consents::ActiveModel>,
) -> Result<(), DbErr> {
    children::Entity::insert(child).exec_without_returning(db).await?;
    consents::Entity::insert_many(given).exec_without_returning(db).await.map(drop)
}

pub(super) async fn update_child(db: &impl ConnectionTrait, child: children::ActiveModel) -> Result<(), DbErr> {
    children::Entity::update(child).exec(db).await.map(drop)
}

/// The family's child of that name and birth date.
pub(super) async fn same_child(
    db: &impl ConnectionTrait,
    family: FamilyId,
    name_hash: &[u8],
    birth_date: NaiveDate,
) -> Result<Option<ChildId>, DbErr> {
    Ok(children::Entity::same(family, name_hash, birth_date).one(db).await?.map(|row| row.id))
}
