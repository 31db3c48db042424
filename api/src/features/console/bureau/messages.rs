//! WeChat messages that were sent, wait, or could not be sent.

use actix_web::{
    HttpResponse, get, post,
    web::{Data, ServiceConfig},
};
use entity::{MessageStatus, NoticeId, NoticeKind};

use super::super::{
    fields::{Fields, any_of},
    shell::{Shell, see},
    table::{Button, Cell, Table, code, number, text},
    values::{dash, minute},
    view::View,
};
use crate::{
    error::Result,
    features::{
        auth::Bureau,
        notices::{dto::MessagesQuery, sending},
    },
    http::{Idempotency, Path, Query},
    state::Ctx,
};

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(bureau_messages).service(bureau_retry_message);
}

#[get("/messages")]
async fn bureau_messages(
    ctx: Data<Ctx>,
    shell: Shell,
    _bureau: Bureau,
    Query(query): Query<MessagesQuery>,
) -> Result<HttpResponse> {
    let t = |zh, en| shell.t(zh, en);
    let words = MessageStatus::ALL.iter().map(|word| (word.as_str(), word.zh(), Some(*word) == query.status));
    let kinds = NoticeKind::ALL.iter().map(|kind| (kind.as_str(), kind.zh(), Some(*kind) == query.kind));
    let filter = Fields::filter(&shell, "/bureau/messages")
        .choice("status", t("状态", "State"), any_of(&shell, words))
        .choice("kind", t("类型", "Kind"), any_of(&shell, kinds));
    let page = shell.list(&query, async |query| sending::page(&ctx, &query).await).await?;
    let columns = [
        t("类型", "Kind"),
        t("状态", "State"),
        t("时间", "When"),
        t("#尝试次数", "#Attempts"),
        t("发送时间", "Sent"),
        t("失败原因", "Why it failed"),
        t("!操作", "!Do"),
    ];
    let mut table = Table::new(&shell, t("微信消息", "WeChat messages"), &columns);
    for message in page.items {
        let again = Button {
            action: format!("/bureau/messages/{}/retry", message.id),
            label: t("重新发送", "Send again").to_owned(),
            fields: Vec::new(),
            ask: None,
        };
        let dead = message.status == MessageStatus::Dead;
        table.row(vec![
            text(shell.word(message.kind.zh(), message.kind.as_str())),
            Cell::Mark(if dead { "bad" } else { "plain" }, shell.word(message.status.zh(), message.status.as_str())),
            text(minute(message.written_at)),
            number(message.attempts.into()),
            text(dash(message.sent_at.map(minute))),
            message.error.map_or_else(|| text("—"), code),
            Cell::Buttons(if dead { vec![again] } else { Vec::new() }),
        ]);
    }
    View::new(&shell, t("微信消息", "Messages")).form(filter).table(table.rest(&shell, page.rest)).answer(&ctx)
}

#[post("/messages/{id}/retry")]
async fn bureau_retry_message(
    ctx: Data<Ctx>,
    bureau: Bureau,
    key: Idempotency,
    id: Path<NoticeId>,
) -> Result<HttpResponse> {
    sending::retry(&ctx, &bureau, &key, id.0).await?;
    Ok(see("/bureau/messages?status=dead", "saved"))
}
