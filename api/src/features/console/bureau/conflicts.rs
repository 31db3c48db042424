//! Scans without network that something stood against: the bureau decides whether the centre is paid.

use actix_web::{
    HttpResponse, get, post,
    web::{Data, ServiceConfig},
};
use entity::{ConflictStatus, OfflineConflictId};

use super::super::{
    fields::{Fields, any_of},
    form::Form,
    shell::{Shell, see},
    table::{Cell, Table, code, text},
    values::{centre_name, dash, minute},
    view::View,
};
use crate::{
    error::Result,
    features::{
        auth::Bureau,
        vouchers::{
            offline_dto::{ConflictResolveIn, OfflineConflictsQuery},
            service::conflicts,
        },
    },
    http::{Idempotency, Path, Query},
    state::Ctx,
};

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(bureau_conflicts).service(bureau_resolve_conflict);
}

#[get("/conflicts")]
async fn bureau_conflicts(
    ctx: Data<Ctx>,
    shell: Shell,
    _bureau: Bureau,
    Query(query): Query<OfflineConflictsQuery>,
) -> Result<HttpResponse> {
    let t = |zh, en| shell.t(zh, en);
    let words = ConflictStatus::ALL.iter().map(|word| (word.as_str(), word.zh(), Some(*word) == query.status));
    let filter =
        Fields::filter(&shell, "/bureau/conflicts").choice("status", t("状态", "State"), any_of(&shell, words));
    let page = shell.list(&query, async |query| conflicts::page(&ctx, None, &query).await).await?;
    let columns = [
        t("机构", "Centre"),
        t("托育日期", "Day of care"),
        t("扫码时间", "Scanned"),
        t("原因代码", "What stood against it"),
        t("状态", "State"),
        t("处理说明", "Note"),
        t("!操作", "!Do"),
    ];
    let mut table = Table::new(&shell, t("离线核销冲突", "Offline conflicts"), &columns);
    for conflict in page.items {
        let open = conflict.status == ConflictStatus::Open;
        let decide = |word: &str, zh, en| {
            let name = t(zh, en);
            let form = Fields::post(&shell, format!("/bureau/conflicts/{}/resolve", conflict.id), name)
                .hidden("decision", word)
                .area("note", t("说明（勿写姓名）", "Note, without names"), "", 200);
            (name.to_owned(), form)
        };
        let deeds = || vec![decide("pay", "认定补付", "Pay"), decide("dismiss", "不予补付", "Dismiss")];
        table.row(vec![
            text(centre_name(&ctx, conflict.centre_id)),
            text(conflict.service_date.to_string()),
            text(minute(conflict.scanned_at)),
            code(&conflict.reason),
            Cell::Mark(if open { "wait" } else { "plain" }, shell.word(conflict.status.zh(), conflict.status.as_str())),
            text(dash(conflict.note.clone())),
            Cell::Forms(if open { deeds() } else { Vec::new() }),
        ]);
    }
    View::new(&shell, t("离线核销冲突", "Offline conflicts"))
        .form(filter)
        .table(table.rest(&shell, page.rest).whole(&shell, "/bureau/offline-conflicts"))
        .answer(&ctx)
}

#[post("/conflicts/{id}/resolve")]
async fn bureau_resolve_conflict(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<OfflineConflictId>,
    key: Idempotency,
    Form(form): Form<ConflictResolveIn>,
) -> Result<HttpResponse> {
    conflicts::resolve(&ctx, &bureau, &key, id.0, form).await?;
    Ok(see("/bureau/conflicts", "saved"))
}
