//! Queries about webhooks and their deliveries.

use chrono::{DateTime, Utc};
use entity::{
    CentreId, DeliveryStatus, RatingVersionId, StaffId, WebhookDeliveryId, WebhookId, rating_versions, ratings,
    webhook_deliveries, webhooks,
};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, ExprTrait as _, JoinType, PaginatorTrait as _,
    QueryFilter, QueryOrder, QuerySelect, QueryTrait as _, Select,
    prelude::Uuid,
    sea_query::{Expr, OnConflict},
};

use crate::platform::db::LockRows as _;

use super::{super::store::Stretch, rules::Outcome};
use webhook_deliveries::Column as D;
use webhooks::Column as W;

/// The webhooks of a centre, or all.
fn of(centre: Option<CentreId>) -> Select<webhooks::Entity> {
    webhooks::Entity::find().filter(Condition::all().add_option(centre.map(|id| W::CentreId.eq(id))))
}

/// Webhooks, newest first.
pub(super) async fn page(
    db: &impl ConnectionTrait,
    centre: Option<CentreId>,
    after: Option<WebhookId>,
    limit: u64,
) -> Result<Vec<webhooks::Model>, DbErr> {
    let after = Condition::all().add_option(after.map(|after| W::Id.lt(after)));
    of(centre).filter(after).order_by_desc(W::Id).limit(limit).all(db).await
}

/// One of them.
pub(super) async fn one(
    db: &impl ConnectionTrait,
    centre: Option<CentreId>,
    id: WebhookId,
) -> Result<Option<webhooks::Model>, DbErr> {
    of(centre).filter(W::Id.eq(id)).one(db).await
}

/// One of them, locked until the transaction ends.
pub(super) async fn lock(
    db: &impl ConnectionTrait,
    centre: Option<CentreId>,
    id: WebhookId,
) -> Result<Option<webhooks::Model>, DbErr> {
    of(centre).filter(W::Id.eq(id)).lock_rows().one(db).await
}

pub(super) async fn insert(db: &impl ConnectionTrait, row: webhooks::Model) -> Result<(), DbErr> {
    webhooks::Entity::insert(webhooks::ActiveModel::from(row)).exec_without_returning(db).await.map(drop)
}

/// Puts a new secret in place of the present one, which signs too until an instant.
pub(super) async fn rotate(
    db: &impl ConnectionTrait,
    row: &webhooks::Model,
    secret_sealed: Vec<u8>,
    former_until: DateTime<Utc>,
) -> Result<(), DbErr> {
    webhooks::Entity::update_many()
        .col_expr(W::SecretSealed, Expr::value(secret_sealed))
        .col_expr(W::FormerSealed, Expr::value(row.secret_sealed.clone()))
        .col_expr(W::FormerUntil, Expr::value(former_until))
        .filter(W::Id.eq(row.id))
        .exec(db)
        .await
        .map(drop)
}

/// Ends a webhook, and what waits for it.
pub(super) async fn end(db: &impl ConnectionTrait, id: WebhookId, by: StaffId, at: DateTime<Utc>) -> Result<(), DbErr> {
    webhooks::Entity::update_many()
        .col_expr(W::EndedBy, Expr::value(by))
        .col_expr(W::EndedAt, Expr::value(at))
        .filter(W::Id.eq(id))
        .filter(W::EndedAt.is_null())
        .exec(db)
        .await?;
    webhook_deliveries::Entity::update_many()
        .col_expr(D::Status, Expr::value(DeliveryStatus::Dead.as_str()))
        .col_expr(D::LastError, Expr::value("ended"))
        .filter(D::WebhookId.eq(id))
        .filter(D::Status.eq(DeliveryStatus::Pending))
        .exec(db)
        .await
        .map(drop)
}

/// Webhooks that haven't ended.
pub(super) async fn live(db: &impl ConnectionTrait) -> Result<Vec<webhooks::Model>, DbErr> {
    webhooks::Entity::find().filter(W::EndedAt.is_null()).order_by_asc(W::Id).all(db).await
}

/// Notes that everything up to an instant was spread.
pub(super) async fn scanned(db: &impl ConnectionTrait, ids: &[WebhookId], to: DateTime<Utc>) -> Result<(), DbErr> {
    webhooks::Entity::update_many()
        .col_expr(W::ScannedTo, Expr::value(to))
        .filter(W::Id.is_in(ids.iter().copied()))
        .filter(W::ScannedTo.lt(to))
        .exec(db)
        .await
        .map(drop)
}

/// Which events from one id on are deliveries already.
pub(super) async fn made(
    db: &impl ConnectionTrait,
    ids: &[WebhookId],
    from: Uuid,
) -> Result<Vec<(WebhookId, Uuid)>, DbErr> {
    webhook_deliveries::Entity::find()
        .select_only()
        .columns([D::WebhookId, D::EventId])
        .filter(D::WebhookId.is_in(ids.iter().copied()))
        .filter(D::EventId.gte(from))
        .into_tuple()
        .all(db)
        .await
}

/// Makes deliveries; those that are there already stay as they are.
pub(super) async fn make(db: &impl ConnectionTrait, rows: Vec<webhook_deliveries::Model>) -> Result<(), DbErr> {
    let once = OnConflict::columns([D::WebhookId, D::EventId]).do_nothing().to_owned();
    webhook_deliveries::Entity::insert_many(rows.into_iter().map(webhook_deliveries::ActiveModel::from))
        .on_conflict(once)
        .exec_without_returning(db)
        .await
        .map(drop)
}

/// States of ratings that families made, with the ratings, the oldest first.
pub(super) async fn rated(
    db: &impl ConnectionTrait,
    stretch: Stretch,
) -> Result<Vec<(RatingVersionId, i32, DateTime<Utc>, ratings::Model)>, DbErr> {
    use rating_versions::Column as V;
    let rating = rating_versions::Entity::belongs_to(ratings::Entity).from(V::RatingId).to(ratings::Column::Id);
    let id = || Expr::col((rating_versions::Entity, V::Id));
    let rows = rating_versions::Entity::find()
        .join(JoinType::InnerJoin, rating.into())
        .select_also(ratings::Entity)
        .filter(id().gt(stretch.after))
        .filter(id().lt(stretch.before))
        // What officers decide about a rating is no answer of the family.
        .filter(Expr::col((rating_versions::Entity, V::AnsweredAt)).equals((rating_versions::Entity, V::At)))
        .order_by_asc(V::Id)
        .limit(stretch.limit)
        .all(db)
        .await?;
    Ok(rows.into_iter().filter_map(|(row, rating)| Some((row.id, row.version, row.at, rating?))).collect())
}

fn due_at(now: DateTime<Utc>) -> Condition {
    Condition::all()
        // The word written out: a general plan can't use a partial index otherwise.
        .add(Expr::col((webhook_deliveries::Entity, D::Status)).eq(Expr::Constant("pending".into())))
        .add(D::NextAt.lte(now))
        .add(Condition::any().add(D::LeaseUntil.is_null()).add(D::LeaseUntil.lte(now)))
}

/// The live webhooks for which deliveries are due.
pub(super) async fn with_due(db: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<Vec<webhooks::Model>, DbErr> {
    let mut due = webhook_deliveries::Entity::find().select_only().filter(due_at(now));
    QuerySelect::query(&mut due)
        .expr(Expr::val(1))
        .and_where(Expr::col((webhook_deliveries::Entity, D::WebhookId)).equals((webhooks::Entity, W::Id)));
    webhooks::Entity::find().filter(W::EndedAt.is_null()).filter(Expr::exists(due.into_query())).all(db).await
}

/// Deliveries of a webhook that are due, the longest due first.
pub(super) async fn due(
    db: &impl ConnectionTrait,
    webhook: WebhookId,
    now: DateTime<Utc>,
    limit: u64,
) -> Result<Vec<webhook_deliveries::Model>, DbErr> {
    let rows = webhook_deliveries::Entity::find().filter(D::WebhookId.eq(webhook)).filter(due_at(now));
    rows.order_by_asc(D::NextAt).order_by_asc(D::Id).limit(limit).all(db).await
}

/// How many are due.
pub(super) async fn count_due(db: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<u64, DbErr> {
    webhook_deliveries::Entity::find().filter(due_at(now)).count(db).await
}

/// Takes a due delivery, until an instant; false if another one has it.
pub(super) async fn take(
    db: &impl ConnectionTrait,
    row: &webhook_deliveries::Model,
    now: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let done = webhook_deliveries::Entity::update_many()
        .col_expr(D::LeaseUntil, Expr::value(until))
        .col_expr(D::Attempts, Expr::col(D::Attempts).add(1))
        .filter(D::Id.eq(row.id))
        .filter(D::Attempts.eq(row.attempts))
        .filter(due_at(now))
        .exec(db)
        .await?;
    Ok(done.rows_affected == 1)
}

/// Writes down what came of a try, if it is still this one's.
pub(super) async fn settle(
    db: &impl ConnectionTrait,
    id: WebhookDeliveryId,
    attempts: i32,
    outcome: &Outcome,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let delivered = (outcome.status == DeliveryStatus::Delivered).then_some(now);
    webhook_deliveries::Entity::update_many()
        .col_expr(D::Status, Expr::value(outcome.status.as_str()))
        .col_expr(D::NextAt, Expr::value(outcome.next_at))
        .col_expr(D::LeaseUntil, Expr::value(None::<DateTime<Utc>>))
        .col_expr(D::LastStatus, Expr::value(outcome.answered))
        .col_expr(D::LastError, Expr::value(outcome.error))
        .col_expr(D::DeliveredAt, Expr::value(delivered))
        .filter(D::Id.eq(id))
        .filter(D::Attempts.eq(attempts))
        .filter(D::Status.eq(DeliveryStatus::Pending))
        .exec(db)
        .await
        .map(drop)
}

/// Deliveries of a webhook, newest first.
pub(super) async fn deliveries(
    db: &impl ConnectionTrait,
    webhook: WebhookId,
    status: Option<DeliveryStatus>,
    after: Option<WebhookDeliveryId>,
    limit: u64,
) -> Result<Vec<webhook_deliveries::Model>, DbErr> {
    let condition = Condition::all()
        .add(D::WebhookId.eq(webhook))
        .add_option(status.map(|status| D::Status.eq(status)))
        .add_option(after.map(|after| D::Id.lt(after)));
    webhook_deliveries::Entity::find().filter(condition).order_by_desc(D::Id).limit(limit).all(db).await
}

/// One delivery of a webhook of a centre, or of any, with the webhook.
pub(super) async fn delivery(
    db: &impl ConnectionTrait,
    centre: Option<CentreId>,
    id: WebhookDeliveryId,
) -> Result<Option<(webhook_deliveries::Model, webhooks::Model)>, DbErr> {
    let webhook = webhook_deliveries::Entity::belongs_to(webhooks::Entity).from(D::WebhookId).to(W::Id);
    let found = webhook_deliveries::Entity::find_by_id(id)
        .join(JoinType::InnerJoin, webhook.into())
        .select_also(webhooks::Entity)
        .filter(Condition::all().add_option(centre.map(|id| W::CentreId.eq(id))))
        .one(db)
        .await?;
    Ok(found.and_then(|(row, webhook)| Some((row, webhook?))))
}

/// Begins anew with a delivery that was given up; false if it isn't dead.
pub(super) async fn revive(
    db: &impl ConnectionTrait,
    id: WebhookDeliveryId,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let done = webhook_deliveries::Entity::update_many()
        .col_expr(D::Status, Expr::value(DeliveryStatus::Pending.as_str()))
        .col_expr(D::Attempts, Expr::value(0))
        .col_expr(D::NextAt, Expr::value(now))
        .col_expr(D::LeaseUntil, Expr::value(None::<DateTime<Utc>>))
        .filter(D::Id.eq(id))
        .filter(D::Status.eq(DeliveryStatus::Dead))
        .exec(db)
        .await?;
    Ok(done.rows_affected == 1)
}
