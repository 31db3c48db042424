//! Queries about ratings.

use chrono::{DateTime, Utc};
use entity::{
    CentreId, ConsentPurpose, FamilyId, ModeratedKind, RatingId, RatingVersionId, RedemptionId, TextStatus, VisitId,
    consents, moderations, rating_traces, rating_versions, ratings, redemptions, visits,
};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, ExprTrait as _, IntoActiveModel as _,
    QueryFilter, QueryOrder, QuerySelect, QueryTrait as _, sea_query::Expr,
};

use crate::platform::db::LockRows as _;

/// A visit of the family, locked until the transaction ends.
pub(super) async fn lock_visit(
    db: &impl ConnectionTrait,
    family: FamilyId,
    id: VisitId,
) -> Result<Option<visits::Model>, DbErr> {
    visits::Entity::of_family(family).filter(visits::Column::Id.eq(id)).lock_rows().one(db).await
}

/// A redemption of the family, locked until the transaction ends: its reversal waits.
pub(super) async fn lock_redemption(
    db: &impl ConnectionTrait,
    family: FamilyId,
    id: RedemptionId,
) -> Result<Option<redemptions::Model>, DbErr> {
    redemptions::Entity::of_family(family).filter(redemptions::Column::Id.eq(id)).lock_rows().one(db).await
}

/// A rating of the family, locked until the transaction ends.
pub(super) async fn lock_rating(
    db: &impl ConnectionTrait,
    family: FamilyId,
    id: RatingId,
) -> Result<Option<ratings::Model>, DbErr> {
    ratings::Entity::of_family(family).filter(ratings::Column::Id.eq(id)).lock_rows().one(db).await
}

/// Any rating, locked until the transaction ends.
pub(super) async fn lock_any(db: &impl ConnectionTrait, id: RatingId) -> Result<Option<ratings::Model>, DbErr> {
    ratings::Entity::find_by_id(id).lock_rows().one(db).await
}

/// The texts of these ratings.
pub(super) async fn texts(db: &impl ConnectionTrait, ids: Vec<RatingId>) -> Result<Vec<(RatingId, String)>, DbErr> {
    ratings::Entity::find()
        .select_only()
        .column(ratings::Column::Id)
        .column(ratings::Column::Text)
        .filter(ratings::Column::Id.is_in(ids))
        .filter(ratings::Column::Text.is_not_null())
        .into_tuple()
        .all(db)
        .await
}

/// Whether others may read a rating's text.
pub(super) async fn set_text_status(db: &impl ConnectionTrait, id: RatingId, status: TextStatus) -> Result<(), DbErr> {
    ratings::Entity::update_many()
        .col_expr(ratings::Column::TextStatus, Expr::value(status.as_str()))
        .filter(ratings::Column::Id.eq(id))
        .exec(db)
        .await
        .map(drop)
}

/// Ratings with a pending text that no moderation is about.
pub(super) async fn texts_without_moderation(
    db: &impl ConnectionTrait,
    most: u64,
) -> Result<Vec<(RatingId, FamilyId)>, DbErr> {
    let about_it = moderations::Entity::find()
        .select_only()
        .column(moderations::Column::Id)
        .filter(moderations::Column::Kind.eq(ModeratedKind::Rating))
        .filter(
            Expr::col((moderations::Entity, moderations::Column::SubjectId))
                .equals((ratings::Entity, ratings::Column::Id)),
        );
    ratings::Entity::find()
        .select_only()
        .column(ratings::Column::Id)
        .column(ratings::Column::FamilyId)
        .filter(ratings::Column::TextStatus.eq(TextStatus::Pending))
        .filter(ratings::Column::Text.is_not_null())
        .filter(Expr::exists(about_it.into_query()).not())
        .limit(most)
        .into_tuple()
        .all(db)
        .await
}

/// Stores a new rating.
pub(super) async fn insert(db: &impl ConnectionTrait, row: ratings::Model) -> Result<(), DbErr> {
    ratings::Entity::insert(row.into_active_model().reset_all()).exec_without_returning(db).await.map(drop)
}

/// Keeps from which device a rating came.
pub(super) async fn keep_trace(db: &impl ConnectionTrait, row: rating_traces::Model) -> Result<(), DbErr> {
    rating_traces::Entity::insert(rating_traces::ActiveModel::from(row)).exec_without_returning(db).await.map(drop)
}

/// Stores a changed rating.
pub(super) async fn update(db: &impl ConnectionTrait, row: ratings::Model) -> Result<(), DbErr> {
    ratings::Entity::update(row.into_active_model().reset_all()).exec(db).await.map(drop)
}

/// Keeps the present state, which began at `at`, as a version. When the family answered stands beside
/// it, so that figures recomputed from versions pick the same latest answer.
pub(super) async fn keep_version(
    db: &impl ConnectionTrait,
    id: RatingVersionId,
    row: &ratings::Model,
    at: DateTime<Utc>,
) -> Result<(), DbErr> {
    let version = rating_versions::Model {
        id,
        rating_id: row.id,
        version: row.version,
        level: row.level,
        environment: row.environment,
        carers: row.carers,
        meals: row.meals,
        safety: row.safety,
        communication: row.communication,
        excluded_for: row.excluded_for.clone(),
        at,
        answered_at: Some(row.updated_at),
    };
    rating_versions::Entity::insert(version.into_active_model().reset_all()).exec_without_returning(db).await.map(drop)
}

/// The family's ratings, newest first, after `after`.
pub(super) async fn of_family(
    db: &impl ConnectionTrait,
    family: FamilyId,
    after: Option<RatingId>,
    limit: u64,
) -> Result<Vec<ratings::Model>, DbErr> {
    page(ratings::Entity::of_family(family), after, limit).all(db).await
}

/// A centre's ratings with a text that may be shown, newest first, after `after`.
pub(super) async fn shown_of_centre(
    db: &impl ConnectionTrait,
    centre: CentreId,
    after: Option<RatingId>,
    limit: u64,
) -> Result<Vec<ratings::Model>, DbErr> {
    // Only while the guardian agrees to it.
    let agreed = consents::Entity::find()
        .select_only()
        .column(consents::Column::Id)
        .filter(
            Expr::col((consents::Entity, consents::Column::ChildId))
                .equals((ratings::Entity, ratings::Column::ChildId)),
        )
        .filter(consents::Column::Purpose.eq(ConsentPurpose::Ratings))
        .filter(consents::Column::WithdrawnAt.is_null());
    let shown = ratings::Entity::find()
        .filter(Expr::exists(agreed.into_query()))
        .filter(ratings::Column::CentreId.eq(centre))
        .filter(ratings::Column::TextStatus.eq(TextStatus::Shown))
        .filter(ratings::Column::Text.is_not_null())
        .filter(ratings::Column::ExcludedFor.is_null());
    page(shown, after, limit).all(db).await
}

fn page(
    select: sea_orm::Select<ratings::Entity>,
    after: Option<RatingId>,
    limit: u64,
) -> sea_orm::Select<ratings::Entity> {
    let select = match after {
        Some(after) => select.filter(ratings::Column::Id.lt(after)),
        None => select,
    };
    select.order_by_desc(ratings::Column::Id).limit(limit)
}
