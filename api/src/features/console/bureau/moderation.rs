//! Texts that wait for an officer.

use actix_web::{
    HttpResponse, get, post,
    web::{Data, ServiceConfig},
};
use entity::{ModeratedKind, ModerationId, ModerationStatus};

use super::super::{
    fields::{Fields, any_of, choices},
    form::Form,
    shell::{Shell, see},
    table::{Cell, Table, text},
    values::{Names, dash, minute},
    view::View,
};
use crate::{
    error::Result,
    features::{
        auth::Bureau,
        moderation::{
            dto::{ModerationOut, ModerationQuery, ModerationReasonIn},
            service,
        },
    },
    http::{Idempotency, Path, Query},
    state::Ctx,
};

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(bureau_moderation).service(bureau_pass_text).service(bureau_refuse_text);
}

#[get("/moderation")]
async fn bureau_moderation(
    ctx: Data<Ctx>,
    shell: Shell,
    _bureau: Bureau,
    Query(query): Query<ModerationQuery>,
) -> Result<HttpResponse> {
    let t = |zh, en| shell.t(zh, en);
    let now = query.status.unwrap_or(ModerationStatus::Review);
    let words = ModerationStatus::ALL.iter().map(|word| (word.as_str(), word.zh(), *word == now));
    let kinds = ModeratedKind::ALL.iter().map(|kind| (kind.as_str(), kind.zh(), Some(*kind) == query.kind));
    let filter = Fields::filter(&shell, "/bureau/moderation")
        .choice("status", t("状态", "State"), choices(&shell, words))
        .choice("kind", t("类型", "Kind"), any_of(&shell, kinds));
    let page = shell.list(&query, async |query| service::page(&ctx, query).await).await?;
    let names = Names::of(&ctx, page.items.iter().filter_map(|text| text.staff_id)).await?;
    let columns = [
        t("类型", "Kind"),
        t("文字", "Text"),
        t("状态", "State"),
        t("微信标签", "WeChat's label"),
        t("提交时间", "Written"),
        t("审核人", "Decided by"),
        t("理由", "Reason"),
        t("!操作", "!Do"),
    ];
    let mut table = Table::new(&shell, t("文字审核", "Texts under moderation"), &columns);
    for written in &page.items {
        table.row(vec![
            text(shell.word(written.kind.zh(), written.kind.as_str())),
            text(dash(written.text.clone())),
            text(shell.word(written.status.zh(), written.status.as_str())),
            Cell::Text(dash(written.label)),
            text(minute(written.created_at)),
            text(names.get(written.staff_id)),
            text(dash(written.reason.clone())),
            Cell::Forms(deeds(&shell, written)),
        ]);
    }
    View::new(&shell, t("文字审核", "Moderation")).form(filter).table(table.rest(&shell, page.rest)).answer(&ctx)
}

fn deeds(shell: &Shell, written: &ModerationOut) -> Vec<(String, Fields)> {
    let deed = |rest: &str, zh, en| {
        let name = shell.t(zh, en);
        let action = format!("/bureau/moderation/{}/{rest}", written.id);
        (name.to_owned(), Fields::reason(shell, action, name))
    };
    let (pass, refuse) = (deed("pass", "通过", "Pass"), deed("refuse", "不予展示", "Refuse"));
    match written.status {
        _ if written.text.is_none() => Vec::new(),
        ModerationStatus::Review => vec![pass, refuse],
        ModerationStatus::Hidden => vec![pass],
        ModerationStatus::Passed => vec![refuse],
        ModerationStatus::Waiting | ModerationStatus::Stale => Vec::new(),
    }
}

#[post("/moderation/{id}/pass")]
async fn bureau_pass_text(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<ModerationId>,
    key: Idempotency,
    Form(form): Form<ModerationReasonIn>,
) -> Result<HttpResponse> {
    service::decide(&ctx, &bureau, &key, id.0, ModerationStatus::Passed, &form.reason).await?;
    Ok(see("/bureau/moderation", "saved"))
}

#[post("/moderation/{id}/refuse")]
async fn bureau_refuse_text(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<ModerationId>,
    key: Idempotency,
    Form(form): Form<ModerationReasonIn>,
) -> Result<HttpResponse> {
    service::decide(&ctx, &bureau, &key, id.0, ModerationStatus::Hidden, &form.reason).await?;
    Ok(see("/bureau/moderation", "saved"))
}
