//! Making, rotating and ending webhooks; their deliveries in the hands of people.

use chrono::TimeDelta;
use entity::{CentreId, WebhookDeliveryId, WebhookId, webhook_deliveries, webhooks};
use sea_orm::prelude::Uuid;
use serde_json::json;

use super::{
    super::store as keys,
    dto::{WebhookDeliveriesQuery, WebhookDeliveryOut, WebhookIn, WebhookOut, WebhooksQuery},
    rules::{self, WebhookEvent},
    store,
};
use crate::{
    error::{Code, Problem, Result, Text},
    features::audit::{self, Actor},
    http::{Cursor, Idempotency, Moment, Once, Page, once},
    platform::outgoing::NotAllowed,
    state::Ctx,
};

/// Where sealed secrets live.
pub(super) const SECRET_PLACE: &str = "webhooks.secret";
/// After a rotation the secret before signs too for so long.
const FORMER: TimeDelta = TimeDelta::hours(24);

/// A page of webhooks, newest first.
pub async fn page(ctx: &Ctx, centre: Option<CentreId>, query: &WebhooksQuery) -> Result<Page<WebhookOut>> {
    let after = query.cursor.as_ref().map(Cursor::unpack).transpose()?;
    let rows = store::page(ctx.db.reader(), centre, after, query.limit.plus_one()).await?;
    Ok(Page::of(rows, query.limit, |row| row.id, |row| out(ctx, row, None)))
}

fn checked(ctx: &Ctx, actor: Actor, body: &WebhookIn) -> Result<()> {
    if let Err(why) = ctx.outgoing.check(&body.url) {
        let text = match why {
            NotAllowed::Malformed => Text::new(
                "url 须为完整网址，不含用户名、密码和 # 片段。",
                "Must be a whole URL, without user name, password or fragment.",
            ),
            NotAllowed::NotSecure => Text::new("url 须以 https:// 开头。", "Must begin with https://."),
            NotAllowed::Inside => Text::new("url 须指向公网地址。", "Must lead to a public address."),
        };
        return Err(Problem::field("url", "not_allowed", text));
    }
    if body.events.is_empty() {
        return Err(Problem::field("events", "empty", Text::new("请至少选择一类事件。", "Name at least one event.")));
    }
    if actor.centre_id.is_some() && body.events.iter().any(|event| event.bureau_only()) {
        let text = Text::new(
            "评价对机构匿名，评价事件只推送给区民生保障局。",
            "Ratings are anonymous to the centre: their events go to the bureau only.",
        );
        return Err(Problem::field("events", "not_allowed", text));
    }
    Ok(())
}

/// Makes a webhook of the actor's centre, or of the bureau; its secret is shown this once.
pub async fn make(ctx: &Ctx, actor: Actor, idempotency: &Idempotency, body: WebhookIn) -> Result<Once<WebhookOut>> {
    checked(ctx, actor, &body)?;
    let WebhookIn { url, events, access_key_id } = body;
    once(ctx, idempotency, &actor.staff_id.to_string(), async |txn| {
        let (id, now): (WebhookId, _) = (ctx.clock.id(), ctx.clock.now());
        let pseudonym = match access_key_id {
            None => Uuid::from(id),
            Some(key) => {
                let key = keys::key_of(txn, key, actor.centre_id).await?;
                key.map(|row| row.pseudonym).ok_or_else(|| {
                    let text = Text::new("没有找到该访问密钥，请在“访问密钥”中核对。", "There is no such key.");
                    Problem::new(Code::NotFound).detail(text.clone()).and_field("access_key_id", "unknown", text)
                })?
            }
        };
        let secret = rules::new_secret();
        let row = webhooks::Model {
            id,
            centre_id: actor.centre_id,
            url: url.into_inner(),
            events: WebhookEvent::pack(&events),
            secret_sealed: ctx.keys.seal(SECRET_PLACE, &secret),
            former_sealed: None,
            former_until: None,
            pseudonym,
            created_by: actor.staff_id,
            created_at: now,
            scanned_to: now,
            ended_by: None,
            ended_at: None,
        };
        store::insert(txn, row.clone()).await?;
        let detail = json!({ "events": row.events, "access_key_id": access_key_id });
        audit::record(ctx, txn, actor, "webhook.make", id.to_string(), detail).await?;
        Ok(out(ctx, row, Some(rules::shown(&secret))))
    })
    .await
}

fn ended(row: &webhooks::Model) -> Result<()> {
    if row.ended_at.is_none() {
        return Ok(());
    }
    let text = Text::new("该推送已停用，请新建。", "The webhook has ended; make a new one.");
    Err(Problem::new(Code::WrongState).detail(text))
}

/// Makes a new secret, shown this once; the one before signs too for a day.
pub async fn rotate(ctx: &Ctx, actor: Actor, idempotency: &Idempotency, id: WebhookId) -> Result<Once<WebhookOut>> {
    once(ctx, idempotency, &actor.staff_id.to_string(), async |txn| {
        let mut row = store::lock(txn, actor.centre_id, id).await?.ok_or_else(|| Problem::new(Code::NotFound))?;
        ended(&row)?;
        let (secret, until) = (rules::new_secret(), ctx.clock.now() + FORMER);
        store::rotate(txn, &row, ctx.keys.seal(SECRET_PLACE, &secret), until).await?;
        audit::record(ctx, txn, actor, "webhook.rotate_secret", id.to_string(), json!({})).await?;
        row.former_until = Some(until);
        Ok(out(ctx, row, Some(rules::shown(&secret))))
    })
    .await
}

/// Ends a webhook; what waits for it is given up.
pub async fn end(ctx: &Ctx, actor: Actor, idempotency: &Idempotency, id: WebhookId) -> Result<Once<WebhookOut>> {
    once(ctx, idempotency, &actor.staff_id.to_string(), async |txn| {
        let mut row = store::lock(txn, actor.centre_id, id).await?.ok_or_else(|| Problem::new(Code::NotFound))?;
        ended(&row)?;
        let now = ctx.clock.now();
        store::end(txn, id, actor.staff_id, now).await?;
        audit::record(ctx, txn, actor, "webhook.end", id.to_string(), json!({})).await?;
        row.ended_at = Some(now);
        Ok(out(ctx, row, None))
    })
    .await
}

/// A page of a webhook's deliveries, newest first.
pub async fn deliveries(
    ctx: &Ctx,
    centre: Option<CentreId>,
    id: WebhookId,
    query: &WebhookDeliveriesQuery,
) -> Result<Page<WebhookDeliveryOut>> {
    let db = ctx.db.reader();
    if store::one(db, centre, id).await?.is_none() {
        return Err(Problem::new(Code::NotFound));
    }
    let after = query.cursor.as_ref().map(Cursor::unpack).transpose()?;
    let rows = store::deliveries(db, id, query.status, after, query.limit.plus_one()).await?;
    Ok(Page::of(rows, query.limit, |row| row.id, delivery_out))
}

/// Begins anew with a delivery that was given up.
pub async fn retry(
    ctx: &Ctx,
    actor: Actor,
    idempotency: &Idempotency,
    id: WebhookDeliveryId,
) -> Result<Once<WebhookDeliveryOut>> {
    once(ctx, idempotency, &actor.staff_id.to_string(), async |txn| {
        let find = async || {
            let found = store::delivery(txn, actor.centre_id, id).await?;
            found.ok_or_else(|| Problem::new(Code::NotFound))
        };
        ended(&find().await?.1)?;
        if !store::revive(txn, id, ctx.clock.now()).await? {
            let text =
                Text::new("只有已停止重试的推送可以重新发送。", "Only a delivery that was given up begins anew.");
            return Err(Problem::new(Code::WrongState).detail(text));
        }
        audit::record(ctx, txn, actor, "webhook_delivery.retry", id.to_string(), json!({})).await?;
        Ok(delivery_out(find().await?.0))
    })
    .await
}

fn out(ctx: &Ctx, row: webhooks::Model, secret: Option<String>) -> WebhookOut {
    let former_until = row.former_until.filter(|until| *until > ctx.clock.now());
    WebhookOut {
        id: row.id,
        centre_id: row.centre_id,
        events: WebhookEvent::unpack(&row.events).collect(),
        url: row.url,
        secret,
        former_until: former_until.map(Moment),
        created_by: row.created_by,
        created_at: Moment(row.created_at),
        ended_at: row.ended_at.map(Moment),
    }
}

fn delivery_out(row: webhook_deliveries::Model) -> WebhookDeliveryOut {
    WebhookDeliveryOut {
        id: row.id,
        webhook_id: row.webhook_id,
        event: row.event,
        status: row.status,
        attempts: row.attempts,
        next_at: (row.status == entity::DeliveryStatus::Pending).then_some(Moment(row.next_at)),
        last_status: row.last_status,
        last_error: row.last_error,
        created_at: Moment(row.created_at),
        delivered_at: row.delivered_at.map(Moment),
    }
}
