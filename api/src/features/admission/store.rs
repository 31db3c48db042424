//! Queries about employers' codes.

use chrono::{DateTime, NaiveDate, Utc};
use entity::{CentreId, EmployerCodeId, FamilyId, employer_codes, employer_families};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, ExprTrait as _, JoinType, QueryFilter, QueryOrder, QuerySelect,
    SelectTwo,
    sea_query::{Expr, OnConflict},
};

use crate::http::Limit;

pub(super) async fn insert_code(db: &impl ConnectionTrait, code: employer_codes::Model) -> Result<(), DbErr> {
    employer_codes::Entity::insert(employer_codes::ActiveModel::from(code)).exec_without_returning(db).await.map(drop)
}

/// A page of a centre's codes, the newest first.
pub(super) async fn codes(
    db: &impl ConnectionTrait,
    centre: CentreId,
    after: Option<EmployerCodeId>,
    limit: Limit,
) -> Result<Vec<employer_codes::Model>, DbErr> {
    let rows = employer_codes::Entity::of_centre(centre).order_by_desc(employer_codes::Column::Id);
    let rows = match after {
        Some(id) => rows.filter(employer_codes::Column::Id.lt(id)),
        None => rows,
    };
    rows.limit(limit.plus_one()).all(db).await
}

/// Revokes a code of the centre; whether it stood.
pub(super) async fn revoke(
    db: &impl ConnectionTrait,
    centre: CentreId,
    id: EmployerCodeId,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let done = employer_codes::Entity::update_many()
        .col_expr(employer_codes::Column::RevokedAt, Expr::value(now))
        .filter(employer_codes::Column::Id.eq(id))
        .filter(employer_codes::Column::CentreId.eq(centre))
        .filter(employer_codes::Column::RevokedAt.is_null())
        .exec(db)
        .await?;
    Ok(done.rows_affected == 1)
}

/// The code with this hash, if it is good on a day.
pub(super) async fn live_code(
    db: &impl ConnectionTrait,
    hash: Vec<u8>,
    today: NaiveDate,
) -> Result<Option<employer_codes::Model>, DbErr> {
    employer_codes::Entity::find()
        .filter(employer_codes::Column::CodeHash.eq(hash))
        .filter(employer_codes::Column::RevokedAt.is_null())
        .filter(employer_codes::Column::ValidUntil.gte(today))
        .one(db)
        .await
}

/// Counts one more family of a code, if it may have one more.
pub(super) async fn count_family(db: &impl ConnectionTrait, id: EmployerCodeId) -> Result<bool, DbErr> {
    use employer_codes::Column::{Families, FamiliesMax, Id};
    let done = employer_codes::Entity::update_many()
        .col_expr(Families, Expr::col(Families).add(1))
        .filter(Id.eq(id))
        .filter(Expr::col(Families).lt(Expr::col(FamiliesMax)))
        .exec(db)
        .await?;
    Ok(done.rows_affected == 1)
}

/// By which code the family is the centre's own, good or not.
pub(super) async fn proof(
    db: &impl ConnectionTrait,
    family: FamilyId,
    centre: CentreId,
) -> Result<Option<employer_families::Model>, DbErr> {
    employer_families::Entity::find_by_id((family, centre)).one(db).await
}

pub(super) async fn put_proof(db: &impl ConnectionTrait, proof: employer_families::Model) -> Result<(), DbErr> {
    use employer_families::Column::{CentreId as Centre, CodeId, FamilyId as Family, Since};
    let over = OnConflict::columns([Family, Centre]).update_columns([CodeId, Since]).to_owned();
    let row = employer_families::ActiveModel::from(proof);
    employer_families::Entity::insert(row).on_conflict(over).exec_without_returning(db).await.map(drop)
}

pub(super) async fn drop_proof(db: &impl ConnectionTrait, family: FamilyId, centre: CentreId) -> Result<bool, DbErr> {
    Ok(employer_families::Entity::delete_by_id((family, centre)).exec(db).await?.rows_affected == 1)
}

fn standing(family: FamilyId, today: NaiveDate) -> SelectTwo<employer_families::Entity, employer_codes::Entity> {
    let code = employer_families::Entity::belongs_to(employer_codes::Entity)
        .from(employer_families::Column::CodeId)
        .to(employer_codes::Column::Id);
    employer_families::Entity::find()
        .join(JoinType::InnerJoin, code.into())
        .select_also(employer_codes::Entity)
        .filter(employer_families::Column::FamilyId.eq(family))
        .filter(employer_codes::Column::RevokedAt.is_null())
        .filter(employer_codes::Column::ValidUntil.gte(today))
}

/// Where the family is own staff on a day, with the code.
pub(super) async fn employers(
    db: &impl ConnectionTrait,
    family: FamilyId,
    today: NaiveDate,
) -> Result<Vec<employer_codes::Model>, DbErr> {
    Ok(standing(family, today).all(db).await?.into_iter().filter_map(|(_, code)| code).collect())
}

/// Whether the family is own staff of a centre on a day.
pub(super) async fn is_own(
    db: &impl ConnectionTrait,
    family: FamilyId,
    centre: CentreId,
    today: NaiveDate,
) -> Result<bool, DbErr> {
    let here = standing(family, today).filter(employer_families::Column::CentreId.eq(centre));
    Ok(here.one(db).await?.is_some())
}
