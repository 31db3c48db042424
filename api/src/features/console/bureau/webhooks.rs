//! Webhooks of other systems: administrators make them, see the secret once, look at their deliveries and end
//! them.

use actix_web::{
    HttpRequest, HttpResponse, get, post,
    web::{Data, ServiceConfig},
};
use entity::{AccessKeyId, DeliveryStatus, WebhookDeliveryId, WebhookId};
use serde::Deserialize;

use super::super::{
    fields::{Fields, any_of},
    form::Form,
    shell::{Shell, see},
    table::{Button, Cell, Table, code, link, number, text},
    values::{Lines, Names, centre_name, dash, minute},
    view::{Part, View},
};
use crate::{
    error::{Problem, Result},
    features::{
        auth::Bureau,
        exchange::hooks::{
            dto::{WebhookDeliveriesQuery, WebhookIn, WebhookOut, WebhooksQuery},
            rules::WebhookEvent,
            service,
        },
    },
    http::{Idempotency, Line, Once, Path, Query, observe::Body},
    state::Ctx,
};

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(bureau_webhooks)
        .service(bureau_make_webhook)
        .service(bureau_webhook)
        .service(bureau_rotate_webhook)
        .service(bureau_end_webhook)
        .service(bureau_retry_delivery);
}

const LIST: &str = "/bureau/webhooks";

#[get("/webhooks")]
async fn bureau_webhooks(
    ctx: Data<Ctx>,
    shell: Shell,
    _admin: Bureau,
    Query(query): Query<WebhooksQuery>,
) -> Result<HttpResponse> {
    let t = |zh, en| shell.t(zh, en);
    let page = shell.list(&query, async |query| service::page(&ctx, None, &query).await).await?;
    let names = Names::of(&ctx, page.items.iter().map(|hook| hook.created_by)).await?;
    let columns = [
        t("推送记录", "Deliveries"),
        t("网址", "Address"),
        t("机构", "Centre"),
        t("事件", "Told of"),
        t("状态", "State"),
        t("创建", "Made"),
        t("!操作", "!Do"),
    ];
    let mut table = Table::new(&shell, t("数据推送", "Webhooks"), &columns);
    for hook in page.items {
        let button = |rest: &str, zh, en, ask: &str| Button {
            action: format!("{LIST}/{}/{rest}", hook.id),
            label: t(zh, en).to_owned(),
            fields: Vec::new(),
            ask: Some(ask.to_owned()),
        };
        let live = hook.ended_at.is_none();
        let deeds = vec![
            button(
                "rotate",
                "更换签名密钥",
                "New secret",
                t("旧密钥一天后失效，确定吗？", "The old one ends in a day. Go on?"),
            ),
            button("end", "停用", "End", t("停用后不能恢复，确定吗？", "It can't be resumed. End it?")),
        ];
        let (class, zh, en) = if live { ("good", "使用中", "live") } else { ("plain", "已停用", "ended") };
        let events: Vec<String> = hook.events.iter().map(|event| shell.word(event.zh(), event.as_str())).collect();
        table.row(vec![
            link(t("查看", "See"), format!("{LIST}/{}", hook.id)),
            code(&hook.url),
            text(hook.centre_id.map_or_else(|| t("全部机构", "all").to_owned(), |id| centre_name(&ctx, id))),
            text(events.join(t("、", ", "))),
            Cell::Mark(class, t(zh, en).to_owned()),
            text(format!("{} {}", minute(hook.created_at), names.get(Some(hook.created_by)))),
            Cell::Buttons(if live { deeds } else { Vec::new() }),
        ]);
    }
    View::new(&shell, t("数据推送", "Webhooks"))
        .links(&[("访问密钥", "Access keys", "/bureau/keys")])
        .table(table.rest(&shell, page.rest))
        .form(make_form(&shell))
        .answer(&ctx)
}

fn make_form(shell: &Shell) -> Fields {
    let t = |zh, en| shell.t(zh, en);
    let events = WebhookEvent::ALL.iter().map(|event| {
        let name = shell.word(event.zh(), event.as_str());
        (event.as_str().to_owned(), name, false)
    });
    Fields::post(shell, LIST, t("创建", "Make it"))
        .legend(t("新建推送", "A new webhook"))
        .text("url", t("网址（https，公网）", "Address: https, public"), "", 500)
        .ticks("events[]", t("推送哪些事件", "What to tell of"), events.collect())
        .text("access_key_id", t("儿童代号与哪个访问密钥一致", "Pseudonyms of this access key"), "", 40)
        .optional()
}

#[derive(Deserialize)]
struct HookForm {
    url: Line<500>,
    #[serde(default, rename = "events[]")]
    events: Lines<WebhookEvent>,
    access_key_id: Option<AccessKeyId>,
}

/// The secret is shown here, once.
fn shown(ctx: &Ctx, shell: &Shell, made: Once<WebhookOut>) -> Result<HttpResponse> {
    let Some(secret) = made.answer()?.secret else { return Ok(see(LIST, "saved")) };
    View::new(shell, shell.t("签名密钥", "The secret"))
        .text(
            "请交给对方系统核对签名：只显示这一次。",
            "The other system checks signatures with it: it is shown only now.",
        )
        .part(Part::Codes(vec![secret]))
        .links(&[("返回", "Back", LIST)])
        .answer(ctx)
}

#[post("/webhooks")]
async fn bureau_make_webhook(
    ctx: Data<Ctx>,
    req: HttpRequest,
    shell: Shell,
    admin: Bureau,
    key: Idempotency,
    sent: Result<Form<HookForm>, Problem>,
) -> Result<HttpResponse> {
    let made = async {
        let HookForm { url, events, access_key_id } = sent?.0;
        service::make(&ctx, (&admin).into(), &key, WebhookIn { url, events: events.0, access_key_id }).await
    };
    match made.await {
        Ok(made) => shown(&ctx, &shell, made),
        Err(problem) => View::new(&shell, shell.t("数据推送", "Webhooks"))
            .form(make_form(&shell).again(&shell, &Body::of(&req), &problem))
            .answer(&ctx),
    }
}

#[post("/webhooks/{id}/rotate")]
async fn bureau_rotate_webhook(
    ctx: Data<Ctx>,
    shell: Shell,
    admin: Bureau,
    id: Path<WebhookId>,
    key: Idempotency,
) -> Result<HttpResponse> {
    shown(&ctx, &shell, service::rotate(&ctx, (&admin).into(), &key, id.0).await?)
}

#[post("/webhooks/{id}/end")]
async fn bureau_end_webhook(
    ctx: Data<Ctx>,
    admin: Bureau,
    id: Path<WebhookId>,
    key: Idempotency,
) -> Result<HttpResponse> {
    service::end(&ctx, (&admin).into(), &key, id.0).await?;
    Ok(see(LIST, "saved"))
}

/// Its deliveries.
#[get("/webhooks/{id}")]
async fn bureau_webhook(
    ctx: Data<Ctx>,
    shell: Shell,
    _admin: Bureau,
    id: Path<WebhookId>,
    Query(query): Query<WebhookDeliveriesQuery>,
) -> Result<HttpResponse> {
    let t = |zh, en| shell.t(zh, en);
    let states = DeliveryStatus::ALL.iter().map(|word| (word.as_str(), word.zh(), Some(*word) == query.status));
    let filter = Fields::filter(&shell, &format!("{LIST}/{}", id.0)).choice(
        "status",
        t("状态", "State"),
        any_of(&shell, states),
    );
    let page = shell.list(&query, async |query| service::deliveries(&ctx, None, id.0, &query).await).await?;
    let columns = [
        t("事件", "Told of"),
        t("状态", "State"),
        t("#尝试次数", "#Tries"),
        t("#最近应答", "#Last answer"),
        t("失败原因", "Why it failed"),
        t("产生时间", "Made"),
        t("送达时间", "Taken"),
        t("下次尝试", "Next try"),
        t("!操作", "!Do"),
    ];
    let mut table = Table::new(&shell, t("推送记录", "Deliveries"), &columns);
    for delivery in page.items {
        let (class, dead) = match delivery.status {
            DeliveryStatus::Dead => ("bad", true),
            DeliveryStatus::Pending => ("wait", false),
            DeliveryStatus::Delivered => ("good", false),
        };
        let again = Button {
            action: format!("/bureau/webhook-deliveries/{}/retry", delivery.id),
            label: t("重新推送", "Begin anew").to_owned(),
            fields: vec![("webhook", id.0.to_string())],
            ask: None,
        };
        table.row(vec![
            code(&delivery.event),
            Cell::Mark(class, shell.word(delivery.status.zh(), delivery.status.as_str())),
            number(delivery.attempts.into()),
            Cell::Number(dash(delivery.last_status)),
            code(dash(delivery.last_error)),
            text(minute(delivery.created_at)),
            text(dash(delivery.delivered_at.map(minute))),
            text(dash(delivery.next_at.map(minute))),
            Cell::Buttons(if dead { vec![again] } else { Vec::new() }),
        ]);
    }
    View::new(&shell, t("推送记录", "Deliveries"))
        .links(&[("返回", "Back", LIST)])
        .form(filter)
        .table(table.rest(&shell, page.rest))
        .answer(&ctx)
}

#[derive(Deserialize)]
struct RetryForm {
    webhook: Option<WebhookId>,
}

#[post("/webhook-deliveries/{id}/retry")]
async fn bureau_retry_delivery(
    ctx: Data<Ctx>,
    admin: Bureau,
    id: Path<WebhookDeliveryId>,
    key: Idempotency,
    Form(form): Form<RetryForm>,
) -> Result<HttpResponse> {
    service::retry(&ctx, (&admin).into(), &key, id.0).await?;
    Ok(see(&form.webhook.map_or_else(|| LIST.to_owned(), |id| format!("{LIST}/{id}")), "saved"))
}
