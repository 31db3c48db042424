//! What has outlived its use is deleted: first answers by idempotency key, ended refresh tokens,
//! manual codes, old refused scans and old messages to webhooks. Every replica may run it; a row is deleted once.

use chrono::TimeDelta;
use entity::{
    DeliveryStatus, idempotency_keys, manual_codes, push_events, push_nonces, refresh_tokens, refused_scans,
    staff_invitations, webhook_deliveries,
};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter};

use crate::{platform::db::write_txn, state::Ctx};

/// A client that hasn't tried again after so long never will.
const KEEP_ANSWERS: TimeDelta = TimeDelta::days(7);
/// Long enough that a stolen refresh token is still recognised as reused.
const KEEP_ENDED_TOKENS: TimeDelta = TimeDelta::days(30);

/// A refused scan is asked about for a settlement year and the one after it.
const KEEP_REFUSED_SCANS: TimeDelta = TimeDelta::days(2 * 366);

/// Long enough to see what became of a message. A row must outlive the look back of the sweep that
/// makes it, or it would be made anew.
const KEEP_MESSAGES: TimeDelta = TimeDelta::days(90);
/// Pushes are refused after five minutes; WeChat itself repeats within seconds.
const KEEP_PUSHES: TimeDelta = TimeDelta::days(1);
/// Who invited whom stays in the audit log.
const KEEP_INVITATIONS: TimeDelta = TimeDelta::days(30);

/// Deletes once; how many rows.
pub async fn tidy(ctx: &Ctx) -> Result<u64, DbErr> {
    let now = ctx.clock.now();
    write_txn(&ctx.db, async |txn| {
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
        let scans = refused_scans::Entity::delete_many()
            .filter(refused_scans::Column::At.lt(now - KEEP_REFUSED_SCANS))
            .exec(txn)
            .await?;
        let messages = webhook_deliveries::Entity::delete_many()
            .filter(webhook_deliveries::Column::Status.ne(DeliveryStatus::Pending))
            .filter(webhook_deliveries::Column::CreatedAt.lt(now - KEEP_MESSAGES))
            .exec(txn)
            .await?;
        let pushes =
            push_events::Entity::delete_many().filter(push_events::Column::At.lt(now - KEEP_PUSHES)).exec(txn).await?;
        let nonces =
            push_nonces::Entity::delete_many().filter(push_nonces::Column::At.lt(now - KEEP_PUSHES)).exec(txn).await?;
        let invitations = staff_invitations::Entity::delete_many()
            .filter(staff_invitations::Column::ExpiresAt.lt(now - KEEP_INVITATIONS))
            .exec(txn)
            .await?;
        let done = [answers, tokens, codes, scans, messages, pushes, nonces, invitations];
        Ok::<_, DbErr>(done.iter().map(|deleted| deleted.rows_affected).sum())
    })
    .await
}
