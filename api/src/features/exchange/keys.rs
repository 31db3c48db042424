//! Making and revoking access keys.

use chrono::TimeDelta;
use entity::{AccessKeyId, CentreId, access_keys};
use sea_orm::prelude::Uuid;
use serde_json::json;

use super::{
    dto::{AccessKeyIn, AccessKeyOut},
    store,
};
use crate::{
    error::{Code, Problem, Result, Text},
    features::{
        audit::{self, Actor},
        auth::{access_key, scope::Scope},
    },
    http::{Cursor, Idempotency, Limit, Moment, Once, Page, once},
    state::Ctx,
};

/// A key lives for a year at most.
const LONGEST: TimeDelta = TimeDelta::days(366);

/// A page of keys, newest first: of one centre, or all.
pub async fn page(
    ctx: &Ctx,
    centre: Option<CentreId>,
    limit: Limit,
    cursor: Option<&Cursor>,
) -> Result<Page<AccessKeyOut>> {
    let after = cursor.map(Cursor::unpack).transpose()?;
    let rows = store::keys(ctx.db.reader(), centre, after, limit.plus_one()).await?;
    Ok(Page::of(rows, limit, |row| row.id, |row| out(ctx, row, None)))
}

/// Makes a key of the actor's centre, or of the bureau; it is shown this once.
pub async fn make(ctx: &Ctx, actor: Actor, idempotency: &Idempotency, body: AccessKeyIn) -> Result<Once<AccessKeyOut>> {
    let AccessKeyIn { label, scopes, expires_at, successor_of } = body;
    let now = ctx.clock.now();
    if scopes.is_empty() {
        let text = Text::new("请至少选择一项权限。", "Name at least one scope.");
        return Err(Problem::field("scopes", "empty", text));
    }
    if expires_at.0 <= now || expires_at.0 > now + LONGEST {
        let text = Text::new("有效期须晚于现在，且不超过一年。", "The end must be later than now, within a year.");
        return Err(Problem::field("expires_at", "out_of_range", text));
    }
    once(ctx, idempotency, &actor.staff_id.to_string(), async |txn| {
        let id: AccessKeyId = ctx.clock.id();
        let pseudonym = match successor_of {
            None => Uuid::from(id),
            Some(former) => {
                let former = store::key_of(txn, former, actor.centre_id).await?;
                former.map(|row| row.pseudonym).ok_or_else(|| {
                    let text = Text::new("没有找到原访问密钥，请在“访问密钥”中核对。", "There is no such key.");
                    Problem::new(Code::NotFound).detail(text.clone()).and_field("successor_of", "unknown", text)
                })?
            }
        };
        let (key, key_hash) = access_key::mint(&ctx.keys);
        let row = access_keys::Model {
            id,
            centre_id: actor.centre_id,
            label: label.into_inner(),
            scopes: Scope::pack(&scopes),
            key_hash,
            pseudonym,
            created_by: actor.staff_id,
            created_at: now,
            expires_at: expires_at.0,
            revoked_by: None,
            revoked_at: None,
            last_used_at: None,
        };
        store::insert_key(txn, row.clone()).await?;
        let detail = json!({ "scopes": row.scopes, "expires_at": expires_at, "successor_of": successor_of });
        audit::record(ctx, txn, actor, "access_key.make", id.to_string(), detail).await?;
        Ok(out(ctx, row, Some(key)))
    })
    .await
}

/// Revokes a key: of the actor's centre, or for the bureau any. From the commit on no replica takes it.
pub async fn revoke(ctx: &Ctx, actor: Actor, idempotency: &Idempotency, id: AccessKeyId) -> Result<Once<AccessKeyOut>> {
    once(ctx, idempotency, &actor.staff_id.to_string(), async |txn| {
        let find = async || -> Result<access_keys::Model> {
            let row = match actor.centre_id {
                Some(centre) => store::key_of(txn, id, Some(centre)).await?,
                None => store::key(txn, id).await?,
            };
            row.ok_or_else(|| Problem::new(Code::NotFound))
        };
        find().await?;
        if !store::revoke_key(txn, id, actor.staff_id, ctx.clock.now()).await? {
            let text = Text::new("该访问密钥已停用。", "The key is revoked already.");
            return Err(Problem::new(Code::WrongState).detail(text));
        }
        audit::record(ctx, txn, actor, "access_key.revoke", id.to_string(), json!({})).await?;
        Ok(out(ctx, find().await?, None))
    })
    .await
}

fn out(ctx: &Ctx, row: access_keys::Model, key: Option<String>) -> AccessKeyOut {
    AccessKeyOut {
        id: row.id,
        centre_id: row.centre_id,
        label: row.label,
        scopes: Scope::unpack(&row.scopes).collect(),
        key,
        live: row.revoked_at.is_none() && ctx.clock.now() < row.expires_at,
        created_by: row.created_by,
        created_at: Moment(row.created_at),
        expires_at: Moment(row.expires_at),
        revoked_by: row.revoked_by,
        revoked_at: row.revoked_at.map(Moment),
        last_used_at: row.last_used_at.map(Moment),
    }
}
