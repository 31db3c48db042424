//! Queries about credits.

use chrono::{DateTime, Utc};
use entity::{FamilyId, credit_entries, message_credits};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, TryInsertResult,
    sea_query::Expr,
};

use crate::{http::Limit, platform::db::LockRows as _};

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

fn of((family, template): Credit<'_>) -> Condition {
    Condition::all()
        .add(message_credits::Column::FamilyId.eq(family))
        .add(message_credits::Column::TemplateId.eq(template))
}

/// Holds the row of a template until the transaction ends.
pub(super) async fn lock(db: &impl ConnectionTrait, credit: Credit<'_>) -> Result<(), DbErr> {
    message_credits::Entity::find().filter(of(credit)).lock_rows().one(db).await.map(drop)
}

/// All entries of a template.
pub(super) async fn ledger(
    db: &impl ConnectionTrait,
    (family, template): Credit<'_>,
) -> Result<Vec<credit_entries::Model>, DbErr> {
    credit_entries::Entity::find()
        .filter(credit_entries::Column::FamilyId.eq(family))
        .filter(credit_entries::Column::TemplateId.eq(template))
        .all(db)
        .await
}

/// What is left, and since when it is blocked.
pub(super) async fn set(
    db: &impl ConnectionTrait,
    credit: Credit<'_>,
    (balance, blocked_at): (i32, Option<DateTime<Utc>>),
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    message_credits::Entity::update_many()
        .col_expr(message_credits::Column::Balance, Expr::value(balance))
        .col_expr(message_credits::Column::BlockedAt, Expr::value(blocked_at))
        .col_expr(message_credits::Column::UpdatedAt, Expr::value(now))
        .filter(of(credit))
        .exec(db)
        .await
        .map(drop)
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
