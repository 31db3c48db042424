//! What has outlived its use is deleted: first answers by idempotency key, ended refresh tokens
//! and manual codes. Every replica may run it; a row is deleted once.

use chrono::TimeDelta;
use entity::{idempotency_keys, manual_codes, refresh_tokens};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter};

use crate::{platform::db::write_txn, state::Ctx};

/// A client that hasn't tried again after so long never will.
const KEEP_ANSWERS: TimeDelta = TimeDelta::days(7);
/// Long enough that a stolen refresh token is still recognised as reused.
const KEEP_ENDED_TOKENS: TimeDelta = TimeDelta::days(30);

/// Deletes once.
pub async fn tidy(ctx: &Ctx) -> Result<(), DbErr> {
    let now = ctx.clock.now();
    let rows = write_txn(&ctx.db, async |txn| {
        let answers = idempotency_keys::Entity::delete_many()
            .filter(idempotency_keys::Column::CreatedAt.lt(now - KEEP_ANSWERS))
            .exec(txn)
            .await?;
        let tokens = refresh_tokens::Entity::delete_many()
            .filter(refresh_tokens::Column::ExpiresAt.lt(now - KEEP_ENDED_TOKENS))
            .exec(txn)
            .await?;
        let codes =
            manual_codes::Entity::delete_many().filter(manual_codes::Column::ExpiresAt.lt(now)).exec(txn).await?;
        Ok::<_, DbErr>(answers.rows_affected + tokens.rows_affected + codes.rows_affected)
    })
    .await?;
    tracing::debug!(rows, "tidied");
    Ok(())
}
