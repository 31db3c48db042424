//! Queries about moderation.

use chrono::{DateTime, Utc};
use entity::{ModeratedKind, ModerationId, ModerationStatus, StaffId, moderations};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, ExprTrait as _, PaginatorTrait as _, QueryFilter,
    QueryOrder, QuerySelect, Select, sea_query::Expr,
};

use crate::platform::db::LockRows as _;
use uuid::Uuid;

use crate::http::Limit;

/// What becomes of a text.
#[derive(Clone, Debug)]
pub(super) struct Verdict {
    pub(super) status: ModerationStatus,
    pub(super) label: Option<i32>,
    pub(super) staff_id: Option<StaffId>,
    pub(super) reason: Option<String>,
    pub(super) at: DateTime<Utc>,
}

/// Stores a text's row, unless this version has one.
pub(super) async fn insert(db: &impl ConnectionTrait, row: moderations::Model) -> Result<(), DbErr> {
    use moderations::Column::{Kind, SubjectId, Version};
    moderations::Entity::insert(moderations::ActiveModel::from(row))
        .on_conflict_do_nothing_on([Kind, SubjectId, Version])
        .exec_without_returning(db)
        .await
        .map(drop)
}

/// Every row of a subject is about a text that is gone.
pub(super) async fn make_stale(
    db: &impl ConnectionTrait,
    kind: ModeratedKind,
    subject: Uuid,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    use moderations::Column::{DecidedAt, Kind, Status, SubjectId};
    moderations::Entity::update_many()
        .col_expr(Status, Expr::value(ModerationStatus::Stale.as_str()))
        .col_expr(DecidedAt, Expr::value(now))
        .filter(Kind.eq(kind))
        .filter(SubjectId.eq(subject))
        .filter(Status.ne(ModerationStatus::Stale))
        .exec(db)
        .await
        .map(drop)
}

fn is_due(now: DateTime<Utc>) -> Select<moderations::Entity> {
    // The word written out, not bound: a general plan can't use the partial index otherwise.
    let waiting = Expr::col(moderations::Column::Status).eq(Expr::Constant(ModerationStatus::Waiting.as_str().into()));
    moderations::Entity::find().filter(waiting).filter(moderations::Column::NextAt.lte(now))
}

/// What WeChat is to be asked about, the longest waiting first.
pub(super) async fn due(
    db: &impl ConnectionTrait,
    now: DateTime<Utc>,
    most: u64,
) -> Result<Vec<moderations::Model>, DbErr> {
    is_due(now).order_by_asc(moderations::Column::NextAt).limit(most).all(db).await
}

pub(super) async fn count_due(db: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<u64, DbErr> {
    is_due(now).count(db).await
}

/// Takes a text to ask about until `lease`; true for one of many replicas.
pub(super) async fn claim(
    db: &impl ConnectionTrait,
    row: &moderations::Model,
    lease: DateTime<Utc>,
) -> Result<bool, DbErr> {
    use moderations::Column::{Attempts, Id, NextAt, Status};
    let updated = moderations::Entity::update_many()
        .col_expr(Attempts, Expr::col(Attempts).add(1))
        .col_expr(NextAt, Expr::value(lease))
        .filter(Id.eq(row.id))
        .filter(Status.eq(ModerationStatus::Waiting))
        .filter(Attempts.eq(row.attempts))
        .exec(db)
        .await?;
    Ok(updated.rows_affected == 1)
}

/// WeChat is asked again then.
pub(super) async fn postpone(db: &impl ConnectionTrait, id: ModerationId, at: DateTime<Utc>) -> Result<(), DbErr> {
    moderations::Entity::update_many()
        .col_expr(moderations::Column::NextAt, Expr::value(at))
        .filter(moderations::Column::Id.eq(id))
        .filter(moderations::Column::Status.eq(ModerationStatus::Waiting))
        .exec(db)
        .await
        .map(drop)
}

/// Puts a verdict down, if the text is still in one of these states.
pub(super) async fn decide(
    db: &impl ConnectionTrait,
    id: ModerationId,
    from: &[ModerationStatus],
    verdict: Verdict,
) -> Result<bool, DbErr> {
    use moderations::Column::{DecidedAt, Id, Label, Reason, StaffId as Staff, Status};
    let Verdict { status, label, staff_id, reason, at } = verdict;
    let decided = matches!(status, ModerationStatus::Passed | ModerationStatus::Hidden).then_some(at);
    let updated = moderations::Entity::update_many()
        .col_expr(Status, Expr::value(status.as_str()))
        .col_expr(Label, Expr::value(label))
        .col_expr(Staff, Expr::value(staff_id.map(Uuid::from)))
        .col_expr(Reason, Expr::value(reason))
        .col_expr(DecidedAt, Expr::value(decided))
        .filter(Id.eq(id))
        .filter(Status.is_in(from.iter().copied()))
        .exec(db)
        .await?;
    Ok(updated.rows_affected == 1)
}

pub(super) async fn one(db: &impl ConnectionTrait, id: ModerationId) -> Result<Option<moderations::Model>, DbErr> {
    moderations::Entity::find_by_id(id).one(db).await
}

/// Whether there ever was a moderation of the subject.
pub(super) async fn is_known(db: &impl ConnectionTrait, kind: ModeratedKind, subject: Uuid) -> Result<bool, DbErr> {
    use moderations::Column::{Kind, SubjectId};
    let any = moderations::Entity::find().filter(Kind.eq(kind)).filter(SubjectId.eq(subject));
    Ok(any.one(db).await?.is_some())
}

/// The row, locked until the transaction ends.
pub(super) async fn lock(db: &impl ConnectionTrait, id: ModerationId) -> Result<Option<moderations::Model>, DbErr> {
    moderations::Entity::find_by_id(id).lock_rows().one(db).await
}

/// A page of texts in a state, the newest first.
pub(super) async fn page(
    db: &impl ConnectionTrait,
    status: ModerationStatus,
    kind: Option<ModeratedKind>,
    after: Option<ModerationId>,
    limit: Limit,
) -> Result<Vec<moderations::Model>, DbErr> {
    use moderations::Column::{Id, Kind, Status};
    let condition = Condition::all()
        .add(Status.eq(status))
        .add_option(kind.map(|kind| Kind.eq(kind)))
        .add_option(after.map(|after| Id.lt(after)));
    moderations::Entity::find().filter(condition).order_by_desc(Id).limit(limit.plus_one()).all(db).await
}
