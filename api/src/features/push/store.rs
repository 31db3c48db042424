//! Which pushes were taken.

use entity::{push_events, push_nonces};
use sea_orm::{ConnectionTrait, DbErr, EntityTrait, TryInsertResult};

/// What a nonce was used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Nonce {
    /// This message, now or before.
    Ours,
    /// Another message.
    Stolen,
}

/// Binds a nonce to its message. Of two that come at once the second waits for the first.
pub(super) async fn use_nonce(db: &impl ConnectionTrait, nonce: push_nonces::Model) -> Result<Nonce, DbErr> {
    let fingerprint = nonce.fingerprint.clone();
    let key = nonce.nonce_hash.clone();
    let inserted = push_nonces::Entity::insert(push_nonces::ActiveModel::from(nonce))
        .on_conflict_do_nothing_on([push_nonces::Column::NonceHash])
        .exec_without_returning(db)
        .await?;
    if matches!(inserted, TryInsertResult::Inserted(1)) {
        return Ok(Nonce::Ours);
    }
    let found = push_nonces::Entity::find_by_id(key).one(db).await?;
    let same = found.is_some_and(|row| row.fingerprint == fingerprint);
    Ok(if same { Nonce::Ours } else { Nonce::Stolen })
}

/// Takes the message; false if it was taken before.
pub(super) async fn first(db: &impl ConnectionTrait, event: push_events::Model) -> Result<bool, DbErr> {
    let inserted = push_events::Entity::insert(push_events::ActiveModel::from(event))
        .on_conflict_do_nothing_on([push_events::Column::Fingerprint])
        .exec_without_returning(db)
        .await?;
    Ok(matches!(inserted, TryInsertResult::Inserted(1)))
}
