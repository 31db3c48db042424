//! What of a centre's row vouchers change.

use chrono::{DateTime, Utc};
use entity::{CentreId, centres};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QuerySelect, sea_query::Expr};

/// Suspends from `since` on, or resumes; false if it is so already or there is no such centre.
pub(in super::super) async fn suspend(
    db: &impl ConnectionTrait,
    id: CentreId,
    since: Option<DateTime<Utc>>,
) -> Result<bool, DbErr> {
    use centres::Column::{Id, VouchersSuspendedAt};
    let present = if since.is_some() { VouchersSuspendedAt.is_null() } else { VouchersSuspendedAt.is_not_null() };
    let done = centres::Entity::update_many()
        .col_expr(VouchersSuspendedAt, Expr::value(since))
        .filter(Id.eq(id))
        .filter(present)
        .exec(db)
        .await?;
    Ok(done.rows_affected == 1)
}

/// Since when it is suspended; nothing if there is no such centre.
pub(in super::super) async fn suspended_at(
    db: &impl ConnectionTrait,
    id: CentreId,
) -> Result<Option<Option<DateTime<Utc>>>, DbErr> {
    let row = centres::Entity::find_by_id(id).select_only().column(centres::Column::VouchersSuspendedAt);
    row.into_tuple().one(db).await
}
