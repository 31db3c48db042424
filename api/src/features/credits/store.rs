//! Queries about credits.

use chrono::{DateTime, Utc};
use entity::{FamilyId, credit_entries, message_credits};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, ExprTrait as _, QueryFilter, QueryOrder, QuerySelect,
    TryInsertResult, UpdateMany, sea_query::Expr,
};

use crate::http::Limit;

/// A family and a template.
type Credit<'a> = (FamilyId, &'a str);

/// Appends an entry; false if its message has one already.
pub(super) async fn append(db: &impl ConnectionTrait, entry: credit_entries::Model) -> Result<bool, DbErr> {
    let inserted = credit_entries::Entity::insert(credit_entries::ActiveModel::from(entry))
        .on_conflict_do_nothing_on([credit_entries::Column::MessageId])
        .exec_without_returning(db)
        .await?;
    Ok(matches!(inserted, TryInsertResult::Inserted(1)))
}

/// Makes the row of a template, empty, unless it is there.
pub(super) async fn begin(
    db: &impl ConnectionTrait,
    family_id: FamilyId,
    template_id: &str,
    updated_at: DateTime<Utc>,
) -> Result<(), DbErr> {
    let template_id = template_id.to_owned();
    let row = message_credits::Model { family_id, template_id, balance: 0, blocked_at: None, updated_at };
    message_credits::Entity::insert(message_credits::ActiveModel::from(row))
        .on_conflict_do_nothing()
        .exec_without_returning(db)
        .await
        .map(drop)
}

fn of((family, template): Credit<'_>, now: DateTime<Utc>) -> UpdateMany<message_credits::Entity> {
    message_credits::Entity::update_many()
        .col_expr(message_credits::Column::UpdatedAt, Expr::value(now))
        .filter(message_credits::Column::FamilyId.eq(family))
        .filter(message_credits::Column::TemplateId.eq(template))
}

/// One message more. Whoever consents in the dialogue doesn't block the template.
pub(super) async fn grant(db: &impl ConnectionTrait, credit: Credit<'_>, now: DateTime<Utc>) -> Result<(), DbErr> {
    of(credit, now)
        .col_expr(message_credits::Column::Balance, Expr::col(message_credits::Column::Balance).add(1))
        .col_expr(message_credits::Column::BlockedAt, Expr::value(None::<DateTime<Utc>>))
        .exec(db)
        .await
        .map(drop)
}

/// One message less, if there is one: WeChat may have more than it told us.
pub(super) async fn spend(db: &impl ConnectionTrait, credit: Credit<'_>, now: DateTime<Utc>) -> Result<(), DbErr> {
    of(credit, now)
        .col_expr(message_credits::Column::Balance, Expr::col(message_credits::Column::Balance).sub(1))
        .filter(message_credits::Column::Balance.gt(0))
        .exec(db)
        .await
        .map(drop)
}

/// Nothing is left.
pub(super) async fn empty(
    db: &impl ConnectionTrait,
    credit: Credit<'_>,
    blocked_at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let mut update = of(credit, now).col_expr(message_credits::Column::Balance, Expr::value(0));
    if blocked_at.is_some() {
        update = update.col_expr(message_credits::Column::BlockedAt, Expr::value(blocked_at));
    }
    update.exec(db).await.map(drop)
}

/// A page of the family's credits, by template.
pub(super) async fn page(
    db: &impl ConnectionTrait,
    family: FamilyId,
    after: Option<String>,
    limit: Limit,
) -> Result<Vec<message_credits::Model>, DbErr> {
    let mut rows = message_credits::Entity::of_family(family)
        .order_by_asc(message_credits::Column::TemplateId)
        .limit(limit.plus_one());
    if let Some(after) = after {
        rows = rows.filter(message_credits::Column::TemplateId.gt(after));
    }
    rows.all(db).await
}
