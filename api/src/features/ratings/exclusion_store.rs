//! Queries about ratings for the bureau, and about what officers propose.

use chrono::{DateTime, NaiveDate, Utc};
use entity::{CentreId, ExclusionStatus, RatingExclusionId, RatingId, StaffId, rating_exclusions, ratings};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr,
};

use crate::platform::db::LockRows as _;

use rating_exclusions::{ActiveModel, Column, Entity, Model};

/// Which ratings a page shows.
#[derive(Debug)]
pub(super) struct RatingFilter {
    pub(super) centre: Option<CentreId>,
    pub(super) level: Option<i32>,
    pub(super) month: Option<NaiveDate>,
    /// The first and the last of a range.
    pub(super) months: (Option<NaiveDate>, Option<NaiveDate>),
    pub(super) excluded: Option<bool>,
    pub(super) after: Option<RatingId>,
}

/// Ratings, newest first.
pub(super) async fn ratings_page(
    db: &impl ConnectionTrait,
    filter: RatingFilter,
    limit: u64,
) -> Result<Vec<ratings::Model>, DbErr> {
    use ratings::Column as R;
    let RatingFilter { centre, level, month, months: (first, last), excluded, after } = filter;
    let condition = Condition::all()
        .add_option(centre.map(|id| R::CentreId.eq(id)))
        .add_option(level.map(|level| R::Level.eq(level)))
        .add_option(month.map(|month| R::Month.eq(month)))
        .add_option(first.map(|month| R::Month.gte(month)))
        .add_option(last.map(|month| R::Month.lte(month)))
        .add_option(excluded.map(|yes| if yes { R::ExcludedFor.is_not_null() } else { R::ExcludedFor.is_null() }))
        .add_option(after.map(|after| R::Id.lt(after)));
    ratings::Entity::find().filter(condition).order_by_desc(R::Id).limit(limit).all(db).await
}

/// Any rating, locked until the transaction ends.
pub(super) async fn lock_rating(db: &impl ConnectionTrait, id: RatingId) -> Result<Option<ratings::Model>, DbErr> {
    ratings::Entity::find_by_id(id).lock_rows().one(db).await
}

/// Stores a proposal.
pub(super) async fn insert(db: &impl ConnectionTrait, row: Model) -> Result<(), DbErr> {
    Entity::insert(ActiveModel::from(row)).exec_without_returning(db).await.map(drop)
}

/// One proposal.
pub(super) async fn one(db: &impl ConnectionTrait, id: RatingExclusionId) -> Result<Option<Model>, DbErr> {
    Entity::find_by_id(id).one(db).await
}

/// Decides an open proposal of somebody else; false if it is no longer that.
pub(super) async fn decide(
    db: &impl ConnectionTrait,
    id: RatingExclusionId,
    status: ExclusionStatus,
    by: StaffId,
    at: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let done = Entity::update_many()
        .col_expr(Column::Status, Expr::value(status.as_str()))
        .col_expr(Column::DecidedBy, Expr::value(by))
        .col_expr(Column::DecidedAt, Expr::value(at))
        .filter(Column::Id.eq(id))
        .filter(Column::Status.eq(ExclusionStatus::Proposed))
        .filter(Column::ProposedBy.ne(by))
        .exec(db)
        .await?;
    Ok(done.rows_affected == 1)
}

/// Which proposals a page shows.
#[derive(Debug)]
pub(super) struct Filter {
    pub(super) status: Option<ExclusionStatus>,
    pub(super) rating: Option<RatingId>,
    pub(super) centre: Option<CentreId>,
    pub(super) after: Option<RatingExclusionId>,
}

/// Proposals, newest first.
pub(super) async fn page(db: &impl ConnectionTrait, filter: Filter, limit: u64) -> Result<Vec<Model>, DbErr> {
    let Filter { status, rating, centre, after } = filter;
    let condition = Condition::all()
        .add_option(status.map(|status| Column::Status.eq(status)))
        .add_option(rating.map(|id| Column::RatingId.eq(id)))
        .add_option(centre.map(|id| Column::CentreId.eq(id)))
        .add_option(after.map(|after| Column::Id.lt(after)));
    Entity::find().filter(condition).order_by_desc(Column::Id).limit(limit).all(db).await
}
