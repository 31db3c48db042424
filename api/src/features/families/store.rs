//! Queries about families and children.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use entity::{
    AccountStatus, ChildId, ConsentPurpose, DocumentKind, FamilyId, VisitStatus, children, consents, families,
    family_documents, visits,
};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, ExprTrait as _, JoinType, QueryFilter, QueryOrder,
    QuerySelect, Select, sea_query::Expr,
};

use crate::platform::db::LockRows as _;

/// The account's row.
pub async fn family_row(db: &impl ConnectionTrait, id: FamilyId) -> Result<Option<families::Model>, DbErr> {
    families::Entity::find_by_id(id).one(db).await
}

/// Stores the guardian's phone; false if the account isn't in use.
pub(super) async fn set_phone(
    db: &impl ConnectionTrait,
    family: FamilyId,
    (sealed, hash): (Vec<u8>, Vec<u8>),
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let done = families::Entity::update_many()
        .col_expr(families::Column::PhoneSealed, Expr::value(sealed))
        .col_expr(families::Column::PhoneHash, Expr::value(hash))
        .col_expr(families::Column::PhoneVerifiedAt, Expr::value(now))
        .filter(families::Column::Id.eq(family))
        .filter(families::Column::Status.eq(AccountStatus::Active))
        .exec(db)
        .await?;
    Ok(done.rows_affected == 1)
}

/// The family's children that were not removed.
pub async fn children(db: &impl ConnectionTrait, family: FamilyId) -> Result<Vec<children::Model>, DbErr> {
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

/// One child of the family, with the family's row locked until the transaction ends: whoever books for
/// a child holds it, so that a child can't be in two places (invariant 2) and what is counted of the
/// family stays true.
pub async fn lock_child(
    db: &impl ConnectionTrait,
    family: FamilyId,
    child: ChildId,
) -> Result<Option<children::Model>, DbErr> {
    with_family(children::Entity::one_of_family(family, child)).lock_rows().one(db).await
}

/// The same for who takes the child away: what refers to its row waits for the end of the transaction.
pub async fn lock_child_to_remove(
    db: &impl ConnectionTrait,
    family: FamilyId,
    child: ChildId,
) -> Result<Option<children::Model>, DbErr> {
    with_family(children::Entity::one_of_family(family, child)).lock_to_remove().one(db).await
}

/// The same for one child of each of several families, in the order of the children.
pub async fn lock_children(
    db: &impl ConnectionTrait,
    of: &[(FamilyId, ChildId)],
) -> Result<Vec<children::Model>, DbErr> {
    let one_of = of.iter().fold(Condition::any(), |any, (family, child)| {
        any.add(children::Column::Id.eq(*child).and(children::Column::FamilyId.eq(*family)))
    });
    with_family(children::Entity::find().filter(one_of).filter(children::Column::RemovedAt.is_null()))
        .order_by_asc(children::Column::Id)
        .lock_rows()
        .all(db)
        .await
}

/// One statement: the child's row is the family's to change, so the family's row stands for it.
fn with_family(children: Select<children::Entity>) -> Select<children::Entity> {
    children
        .join(
            JoinType::InnerJoin,
            children::Entity::belongs_to(families::Entity)
                .from(children::Column::FamilyId)
                .to(families::Column::Id)
                .into(),
        )
        // An account that is to be erased books nothing more, whatever was under way.
        .filter(families::Column::Status.eq(AccountStatus::Active))
}

/// The family's row, locked until the transaction ends, so that what is counted of it stays true.
pub async fn lock_family(db: &impl ConnectionTrait, family: FamilyId) -> Result<(), DbErr> {
    families::Entity::find_by_id(family).lock_rows().one(db).await.map(drop)
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
    given: Vec<consents::Model>,
) -> Result<(), DbErr> {
    children::Entity::insert(child).exec_without_returning(db).await?;
    insert_consents(db, given).await
}

/// Writes consents.
pub async fn insert_consents(db: &impl ConnectionTrait, given: Vec<consents::Model>) -> Result<(), DbErr> {
    if given.is_empty() {
        return Ok(());
    }
    let rows = given.into_iter().map(consents::ActiveModel::from);
    consents::Entity::insert_many(rows).exec_without_returning(db).await.map(drop)
}

/// Whether a child was taken away.
pub(super) async fn is_removed(db: &impl ConnectionTrait, child: ChildId) -> Result<bool, DbErr> {
    let row = children::Entity::find_by_id(child).filter(children::Column::RemovedAt.is_not_null());
    Ok(row.one(db).await?.is_some())
}

/// Every consent that the family ever gave.
pub async fn all_consents(db: &impl ConnectionTrait, family: FamilyId) -> Result<Vec<consents::Model>, DbErr> {
    let rows = consents::Entity::find().filter(consents::Column::FamilyId.eq(family));
    rows.order_by_asc(consents::Column::Id).all(db).await
}

/// Whether the guardian agreed to this purpose once and took it back.
pub async fn took_back(db: &impl ConnectionTrait, child: ChildId, purpose: ConsentPurpose) -> Result<bool, DbErr> {
    let rows = of_purpose(child, purpose).all(db).await?;
    Ok(!rows.is_empty() && rows.iter().all(|row| row.withdrawn_at.is_some()))
}

/// The versions under which the guardian agreed to this purpose, as far as they are in force.
pub async fn versions_agreed(
    db: &impl ConnectionTrait,
    child: ChildId,
    purpose: ConsentPurpose,
) -> Result<Vec<String>, DbErr> {
    let rows = of_purpose(child, purpose).filter(consents::Column::WithdrawnAt.is_null()).all(db).await?;
    Ok(rows.into_iter().map(|row| row.version).collect())
}

fn of_purpose(child: ChildId, purpose: ConsentPurpose) -> sea_orm::Select<consents::Entity> {
    let of_child = consents::Entity::find().filter(consents::Column::ChildId.eq(child));
    of_child.filter(consents::Column::Purpose.eq(purpose))
}

/// Which of the family's children are expected somewhere, or are there.
pub(super) async fn expected(db: &impl ConnectionTrait, family: FamilyId) -> Result<Vec<ChildId>, DbErr> {
    visits::Entity::of_family(family)
        .select_only()
        .column(visits::Column::ChildId)
        .distinct()
        .filter(visits::Column::Status.is_in([VisitStatus::Expected, VisitStatus::InCare]))
        .into_tuple()
        .all(db)
        .await
}

/// Whether the guardian agreed to this purpose for the child.
pub async fn agreed(db: &impl ConnectionTrait, child: ChildId, purpose: ConsentPurpose) -> Result<bool, DbErr> {
    let given = consents::Entity::find()
        .filter(consents::Column::ChildId.eq(child))
        .filter(consents::Column::Purpose.eq(purpose))
        .filter(consents::Column::WithdrawnAt.is_null());
    Ok(given.one(db).await?.is_some())
}

/// These children, as far as they weren't taken away.
pub(super) async fn present(db: &impl ConnectionTrait, ids: Vec<ChildId>) -> Result<Vec<children::Model>, DbErr> {
    let there = children::Entity::find().filter(children::Column::RemovedAt.is_null());
    there.filter(children::Column::Id.is_in(ids)).all(db).await
}

/// Locks a child's row until the transaction ends.
pub(super) async fn lock_child_row(db: &impl ConnectionTrait, id: ChildId) -> Result<(), DbErr> {
    children::Entity::find_by_id(id).lock_rows().one(db).await.map(drop)
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

/// The family's documents.
pub(super) async fn documents(
    db: &impl ConnectionTrait,
    family: FamilyId,
) -> Result<Vec<family_documents::Model>, DbErr> {
    let rows = family_documents::Entity::of_family(family).order_by_asc(family_documents::Column::Kind);
    rows.all(db).await
}

/// Notes a document.
pub(super) async fn insert_document(db: &impl ConnectionTrait, row: family_documents::Model) -> Result<(), DbErr> {
    let row = family_documents::ActiveModel::from(row);
    family_documents::Entity::insert(row).exec_without_returning(db).await.map(drop)
}

/// Forgets a document; whether there was one.
pub(super) async fn delete_document(
    db: &impl ConnectionTrait,
    family: FamilyId,
    kind: DocumentKind,
) -> Result<bool, DbErr> {
    use family_documents::Column::{FamilyId as Family, Kind};
    let gone = family_documents::Entity::delete_many().filter(Family.eq(family)).filter(Kind.eq(kind)).exec(db).await?;
    Ok(gone.rows_affected == 1)
}

/// Forgets all documents of a family.
pub(super) async fn delete_documents(db: &impl ConnectionTrait, family: FamilyId) -> Result<(), DbErr> {
    let all = family_documents::Entity::delete_many().filter(family_documents::Column::FamilyId.eq(family));
    all.exec(db).await.map(drop)
}

/// Of each of some families a child for which it agreed to messages: what concerns the family as a whole is
/// sent on that consent.
pub async fn told_children(db: &impl ConnectionTrait, of: Vec<FamilyId>) -> Result<HashMap<FamilyId, ChildId>, DbErr> {
    let child = consents::Entity::belongs_to(children::Entity).from(consents::Column::ChildId).to(children::Column::Id);
    let given: Vec<(FamilyId, ChildId)> = consents::Entity::find()
        .select_only()
        .columns([consents::Column::FamilyId, consents::Column::ChildId])
        .join(JoinType::InnerJoin, child.into())
        .filter(consents::Column::FamilyId.is_in(of))
        .filter(consents::Column::Purpose.eq(ConsentPurpose::Messages))
        .filter(consents::Column::WithdrawnAt.is_null())
        .filter(children::Column::RemovedAt.is_null())
        .order_by_asc(consents::Column::Id)
        .into_tuple()
        .all(db)
        .await?;
    Ok(given.into_iter().collect())
}
