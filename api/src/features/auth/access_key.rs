//! Access keys as callers: another system sends `Authorization: Bearer qxk_…`.
//!
//! The database is asked at each call, so that a revocation holds at once on every replica; who
//! reads page after page doesn't notice. The key itself is stored as a keyed hash.

use std::pin::Pin;

use actix_web::{FromRequest, HttpRequest, dev::Payload, web::Data};
use chrono::TimeDelta;
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use entity::{AccessKeyId, CentreId, ChildId};
use sea_orm::prelude::Uuid;

use super::{extract, permissions, scope::Scope, store};
use crate::{
    error::{Code, Problem, Result},
    http::ratelimit::{self, limit},
    platform::crypto::{Keyring, random_bytes},
    state::Ctx,
};

/// What a key begins with, so that a leaked one is recognised.
const PREFIX: &str = "qxk_";
/// What hashes of keys are bound to.
const KEY_PLACE: &str = "access_keys.key";
/// What pseudonyms are bound to.
const PSEUDONYM_PLACE: &str = "access_keys.pseudonym";
/// Bytes of a pseudonym: too many to meet twice.
const PSEUDONYM: usize = 16;
/// The last use is written at most so often.
const USED_EVERY: TimeDelta = TimeDelta::hours(1);

/// A new key, and the hash to store.
#[must_use]
pub fn mint(keys: &Keyring) -> (String, Vec<u8>) {
    let key = format!("{PREFIX}{}", BASE64URL_NOPAD.encode(&random_bytes::<32>()));
    let hash = keys.lookup_hash(KEY_PLACE, &key);
    (key, hash)
}

/// A child's name towards one holder of keys: always the same to it, another to everyone else.
#[must_use]
pub fn pseudonym(keys: &Keyring, holder: Uuid, child: ChildId) -> String {
    let hash = keys.lookup_hash(PSEUDONYM_PLACE, &format!("{}/{}", holder.simple(), child.0.simple()));
    format!("psn_{}", HEXLOWER.encode(&hash[..PSEUDONYM]))
}

/// Another system with a key that stands and has the operation's scope.
#[derive(Clone, Copy, Debug)]
pub struct KeyHolder {
    /// The key.
    pub key_id: AccessKeyId,
    /// The one centre whose rows it may read; absent: all.
    pub centre_id: Option<CentreId>,
    /// What pseudonyms are made from.
    pub holder: Uuid,
}

impl KeyHolder {
    /// The child's pseudonym towards this holder.
    #[must_use]
    pub fn pseudonym(&self, keys: &Keyring, child: ChildId) -> String {
        pseudonym(keys, self.holder, child)
    }
}

async fn holder(req: HttpRequest) -> Result<KeyHolder> {
    let ctx = req.app_data::<Data<Ctx>>().ok_or_else(|| Problem::internal("no context"))?;
    let not_signed_in = || Problem::new(Code::NotSignedIn);
    let key = extract::bearer(&req).filter(|key| key.starts_with(PREFIX)).ok_or_else(not_signed_in)?;
    let now = ctx.clock.now();
    // From the writer: a revocation holds from its commit on.
    let row = store::access_key(ctx.db.writer(), ctx.keys.lookup_hash(KEY_PLACE, key)).await?;
    let stands = |row: &entity::access_keys::Model| row.revoked_at.is_none() && now < row.expires_at;
    let row = row.filter(stands).ok_or_else(not_signed_in)?;
    permissions::check_scope(req.match_name(), &row.scopes)?;
    limit(ctx, &ratelimit::EXCHANGE, &row.id.to_string()).await?;
    if row.last_used_at.is_none_or(|at| at + USED_EVERY <= now) {
        // Only shown to people: should it fail, the next call tries again.
        if let Err(error) = store::access_key_used(ctx.db.writer(), row.id, now, now - USED_EVERY).await {
            tracing::warn!(%error, "the last use of an access key isn't written");
        }
    }
    Ok(KeyHolder { key_id: row.id, centre_id: row.centre_id, holder: row.pseudonym })
}

impl FromRequest for KeyHolder {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self>>>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        Box::pin(holder(req.clone()))
    }
}

/// Whether a key has a scope.
pub(super) fn has(scopes: &str, scope: Scope) -> bool {
    Scope::unpack(scopes).any(|has| has == scope)
}
