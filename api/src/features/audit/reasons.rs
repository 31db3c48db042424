//! Reasons that staff gave for deeds about a child. Such a text may name the child, so the chain holds
//! only its salted digest; the text lies sealed beside it and goes when the child is erased.

use std::collections::HashMap;

use data_encoding::HEXLOWER;
use entity::{AuditId, ChildId, audit_reasons, audit_rows};
use sea_orm::{ActiveValue::Set, ConnectionTrait, DbErr, EntityTrait};
use serde_json::Value;
use subtle::ConstantTimeEq as _;

use super::{Actor, Deed, insert, store};
use crate::{
    platform::crypto::{Keyring, hmac, random_bytes},
    state::Ctx,
};

/// What sealed texts are bound to.
const PLACE: &str = "audit_reasons.text";
/// The digest's name among a row's facts.
const DIGEST: &str = "reason_digest";

/// Why something was done about a child, in the words of whoever did it.
#[derive(Clone, Copy, Debug)]
pub struct Reason<'a> {
    /// Whom it is about.
    pub child: ChildId,
    /// The words.
    pub text: &'a str,
}

/// Writes the row of a deed about a child, with its reason.
pub async fn record_reasoned(
    ctx: &Ctx,
    txn: &impl ConnectionTrait,
    actor: Actor,
    (action, object): (&'static str, String),
    mut detail: Value,
    reason: Reason<'_>,
) -> Result<(), DbErr> {
    let salt = random_bytes::<32>();
    detail[DIGEST] = digest(&salt, reason.text).into();
    let ids = insert(ctx, txn, vec![Deed { actor, action, object, detail }]).await?;
    let rows = ids.into_iter().map(|audit_id| audit_reasons::ActiveModel {
        audit_id: Set(audit_id),
        child_id: Set(reason.child),
        text_sealed: Set(Some(ctx.keys.seal(PLACE, reason.text.as_bytes()))),
        salt: Set(Some(salt.to_vec())),
    });
    audit_reasons::Entity::insert_many(rows).exec_without_returning(txn).await.map(drop)
}

fn digest(salt: &[u8; 32], text: &str) -> String {
    HEXLOWER.encode(&hmac(salt, &[text.as_bytes()]))
}

/// The texts of these rows that are still there.
pub(super) async fn of(
    db: &impl ConnectionTrait,
    keys: &Keyring,
    rows: &[audit_rows::Model],
) -> Result<HashMap<AuditId, String>, DbErr> {
    let found = store::reasons(db, reasoned(rows)).await?;
    let text = |row: audit_reasons::Model| Some((row.audit_id, keys.open_text(PLACE, &row.text_sealed?).ok()?));
    Ok(found.into_iter().filter_map(|(row, _)| text(row)).collect())
}

/// The first of these rows whose reason isn't the one that was sealed into the chain, or is gone though
/// its child isn't erased.
pub(super) async fn changed<'a>(
    db: &impl ConnectionTrait,
    keys: &Keyring,
    rows: &'a [audit_rows::Model],
) -> Result<Option<&'a audit_rows::Model>, DbErr> {
    let found = store::reasons(db, reasoned(rows)).await?;
    let found: HashMap<_, _> = found.into_iter().map(|(row, erased)| (row.audit_id, (row, erased))).collect();
    let as_sealed = |row: &audit_rows::Model| {
        let Some(sealed) = row.detail.get(DIGEST).and_then(Value::as_str) else { return true };
        let Some((reason, erased)) = found.get(&row.id) else { return false };
        match (&reason.text_sealed, reason.salt.as_deref().and_then(|salt| salt.try_into().ok())) {
            (Some(text), Some(salt)) => keys
                .open_text(PLACE, text)
                .is_ok_and(|text| digest(salt, &text).as_bytes().ct_eq(sealed.as_bytes()).into()),
            _ => *erased,
        }
    };
    Ok(rows.iter().find(|row| !as_sealed(row)))
}

fn reasoned(rows: &[audit_rows::Model]) -> Vec<AuditId> {
    rows.iter().filter(|row| row.detail.get(DIGEST).is_some()).map(|row| row.id).collect()
}
