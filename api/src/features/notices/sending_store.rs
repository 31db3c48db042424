//! Queries about notices as messages. Each step is one conditional update, so none needs a transaction.

use chrono::{DateTime, Utc};
use entity::{
    AccountStatus, ConsentPurpose, MessageStatus, NoticeId, NoticeKind, children, consents, families,
    notices::{self, Column, Entity},
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, ExprTrait as _, FromQueryResult, JoinType, PaginatorTrait as _,
    QueryFilter, QueryOrder, QuerySelect, Select, UpdateMany,
    sea_query::{Expr, Query, SelectStatement},
};

use super::store::word;
use crate::http::Limit;

/// A message whose time has come.
#[derive(Clone, Debug, FromQueryResult)]
pub(super) struct Due {
    #[sea_orm(nested)]
    pub(super) notice: notices::Model,
    pub(super) openid_sealed: Vec<u8>,
    /// Whether the account is in use and the guardian agrees to messages about this child.
    pub(super) agreed: bool,
}

fn waiting() -> Select<Entity> {
    Entity::find().filter(word(Expr::col((Entity, Column::SendStatus)), MessageStatus::Waiting.as_str()))
}

/// Changes of a message that waits.
fn change(id: NoticeId) -> UpdateMany<Entity> {
    let waits = word(Expr::col(Column::SendStatus), MessageStatus::Waiting.as_str());
    Entity::update_many().filter(Column::Id.eq(id)).filter(waits)
}

/// The consent that a message needs, of the notice's child, as long as the child is the family's.
fn given() -> SelectStatement {
    Query::select()
        .expr(Expr::val(1))
        .from(consents::Entity)
        .inner_join(
            children::Entity,
            Expr::col((children::Entity, children::Column::Id))
                .eq(Expr::col((consents::Entity, consents::Column::ChildId))),
        )
        .and_where(Expr::col((consents::Entity, consents::Column::ChildId)).eq(Expr::col((Entity, Column::ChildId))))
        .and_where(Expr::col((consents::Entity, consents::Column::Purpose)).eq(ConsentPurpose::Messages))
        .and_where(Expr::col((consents::Entity, consents::Column::WithdrawnAt)).is_null())
        .and_where(Expr::col((children::Entity, children::Column::RemovedAt)).is_null())
        .to_owned()
}

/// Messages whose time has come, the oldest first.
pub(super) async fn due(db: &impl ConnectionTrait, now: DateTime<Utc>, most: u64) -> Result<Vec<Due>, DbErr> {
    let active = Expr::col((families::Entity, families::Column::Status)).eq(AccountStatus::Active);
    let family = Entity::belongs_to(families::Entity).from(Column::FamilyId).to(families::Column::Id);
    waiting()
        .filter(Column::SendAfter.lte(now))
        .join(JoinType::InnerJoin, family.into())
        .column_as(Expr::col((families::Entity, families::Column::OpenidSealed)), "openid_sealed")
        .column_as(active.and(Expr::exists(given())), "agreed")
        .order_by_asc(Column::SendAfter)
        .limit(most)
        .into_model()
        .all(db)
        .await
}

/// Claims an attempt until `lease_end`; false if another has it, it has come to an end, or the consent was
/// withdrawn since it was read.
pub(super) async fn claim(
    db: &impl ConnectionTrait,
    seen: &notices::Model,
    now: DateTime<Utc>,
    lease_end: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let done = change(seen.id)
        .col_expr(Column::SendAfter, Expr::value(lease_end))
        .col_expr(Column::SendAttempts, Expr::col(Column::SendAttempts).add(1))
        .filter(Column::SendAttempts.eq(seen.send_attempts))
        .filter(Column::SendAfter.lte(now))
        .filter(Expr::exists(given()))
        .exec(db)
        .await?;
    Ok(done.rows_affected == 1)
}

/// Ends a message by the attempt that was claimed on `seen`; false if another attempt has begun.
pub(super) async fn end(
    db: &impl ConnectionTrait,
    seen: &notices::Model,
    status: MessageStatus,
    error: Option<String>,
    sent_at: Option<DateTime<Utc>>,
) -> Result<bool, DbErr> {
    let done = change(seen.id)
        .col_expr(Column::SendStatus, Expr::value(status))
        .col_expr(Column::SendError, Expr::value(error))
        .col_expr(Column::SentAt, Expr::value(sent_at))
        .filter(Column::SendAttempts.eq(seen.send_attempts + 1))
        .exec(db)
        .await?;
    Ok(done.rows_affected == 1)
}

/// Puts a message off by the attempt that was claimed on `seen`.
pub(super) async fn later(
    db: &impl ConnectionTrait,
    seen: &notices::Model,
    at: DateTime<Utc>,
    error: String,
) -> Result<(), DbErr> {
    change(seen.id)
        .col_expr(Column::SendAfter, Expr::value(at))
        .col_expr(Column::SendError, Expr::value(error))
        .filter(Column::SendAttempts.eq(seen.send_attempts + 1))
        .exec(db)
        .await
        .map(drop)
}

/// Ends messages that may not be sent.
pub(super) async fn without_consent(db: &impl ConnectionTrait, ids: Vec<NoticeId>) -> Result<u64, DbErr> {
    if ids.is_empty() {
        return Ok(0);
    }
    let waits = word(Expr::col(Column::SendStatus), MessageStatus::Waiting.as_str());
    let done = Entity::update_many()
        .col_expr(Column::SendStatus, Expr::value(MessageStatus::NoConsent))
        .filter(Column::Id.is_in(ids))
        .filter(waits)
        .exec(db)
        .await?;
    Ok(done.rows_affected)
}

/// Whether messages wait that aren't worth sending any more.
pub(super) async fn any_too_late(db: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<bool, DbErr> {
    Ok(waiting().filter(Column::SendUntil.lt(now)).one(db).await?.is_some())
}

/// Ends them; the last failure stays to be read.
pub(super) async fn too_late(db: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<u64, DbErr> {
    let waits = word(Expr::col(Column::SendStatus), MessageStatus::Waiting.as_str());
    let told = Expr::col(Column::SendError).if_null("too late");
    let done = Entity::update_many()
        .col_expr(Column::SendStatus, Expr::value(MessageStatus::Dead))
        .col_expr(Column::SendError, told)
        .filter(waits)
        .filter(Column::SendUntil.lt(now))
        .exec(db)
        .await?;
    Ok(done.rows_affected)
}

/// How many messages wait.
pub(super) async fn count_waiting(db: &impl ConnectionTrait) -> Result<u64, DbErr> {
    waiting().count(db).await
}

/// How many of them wait because WeChat refused our settings when they were last tried.
pub(super) async fn count_misconfigured(db: &impl ConnectionTrait) -> Result<u64, DbErr> {
    waiting().filter(Column::SendError.starts_with("configuration ")).count(db).await
}

/// When the message was written that has waited longest.
pub(super) async fn oldest_waiting(db: &impl ConnectionTrait) -> Result<Option<DateTime<Utc>>, DbErr> {
    let oldest = waiting().select_only().column_as(Column::At.min(), "at");
    Ok(oldest.into_tuple::<Option<DateTime<Utc>>>().one(db).await?.flatten())
}

/// A page of messages, the newest first.
pub(super) async fn page(
    db: &impl ConnectionTrait,
    status: Option<MessageStatus>,
    kind: Option<NoticeKind>,
    after: Option<NoticeId>,
    limit: Limit,
) -> Result<Vec<notices::Model>, DbErr> {
    let mut rows = Entity::find().order_by_desc(Column::Id).limit(limit.plus_one());
    rows = match status {
        Some(status) => rows.filter(word(Expr::col(Column::SendStatus), status.as_str())),
        None => rows.filter(Column::SendStatus.is_not_null()),
    };
    if let Some(kind) = kind {
        rows = rows.filter(Column::Kind.eq(kind.as_str()));
    }
    if let Some(id) = after {
        rows = rows.filter(Column::Id.lt(id));
    }
    rows.all(db).await
}

/// A message.
pub(super) async fn find(db: &impl ConnectionTrait, id: NoticeId) -> Result<Option<notices::Model>, DbErr> {
    Entity::find_by_id(id).filter(Column::SendStatus.is_not_null()).one(db).await
}

/// Lets a dead message wait again, as if it had never been tried; false if it isn't dead.
pub(super) async fn revive(
    db: &impl ConnectionTrait,
    id: NoticeId,
    now: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let done = Entity::update_many()
        .col_expr(Column::SendStatus, Expr::value(MessageStatus::Waiting))
        .col_expr(Column::SendAfter, Expr::value(now))
        .col_expr(Column::SendUntil, Expr::value(until))
        .col_expr(Column::SendAttempts, Expr::value(0))
        .filter(Column::Id.eq(id))
        .filter(Column::SendStatus.eq(MessageStatus::Dead))
        .exec(db)
        .await?;
    Ok(done.rows_affected == 1)
}
