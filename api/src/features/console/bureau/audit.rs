//! The audit log.

use actix_web::{
    HttpResponse, get,
    web::{Data, ServiceConfig},
};

use super::super::{
    fields::Fields,
    shell::Shell,
    table::{Cell, Table, code, text},
    values::{Names, centre_name, dash, minute},
    view::View,
};
use crate::{
    error::Result,
    features::{
        audit::{dto::AuditQuery, service},
        auth::Bureau,
    },
    http::{Day, Query},
    state::Ctx,
};

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(bureau_audit);
}

#[get("/audit")]
async fn bureau_audit(
    ctx: Data<Ctx>,
    shell: Shell,
    _bureau: Bureau,
    Query(query): Query<AuditQuery>,
) -> Result<HttpResponse> {
    let t = |zh, en| shell.t(zh, en);
    let day = |day: Option<Day>| day.map(|day| day.to_string()).unwrap_or_default();
    let staff = query.staff_id.map(|id| id.to_string()).unwrap_or_default();
    let filter = Fields::filter(&shell, "/bureau/audit")
        .text("action", t("操作代码", "Action"), query.action.as_deref().unwrap_or_default(), 64)
        .text("staff_id", t("账号编号", "Account"), staff, 40)
        .date("from", t("从", "From"), day(query.from))
        .date("to", t("到", "To"), day(query.to));
    let page = shell.list(&query, async |query| service::list(&ctx, query).await).await?;
    let names = Names::of(&ctx, page.items.iter().map(|row| row.staff_id)).await?;
    let columns = [
        t("时间", "When"),
        t("谁", "Who"),
        t("机构", "Centre"),
        t("操作", "Action"),
        t("对象", "Object"),
        t("事实", "Facts"),
        t("理由", "Reason"),
        t("#链上序号", "#Place in the chain"),
    ];
    let mut table = Table::new(&shell, t("操作日志", "Audit log"), &columns);
    for row in page.items {
        table.row(vec![
            text(minute(row.at)),
            text(names.get(Some(row.staff_id))),
            text(row.centre_id.map_or_else(|| "—".to_owned(), |id| centre_name(&ctx, id))),
            code(row.action),
            code(row.object),
            code(row.detail),
            text(dash(row.reason)),
            Cell::Number(dash(row.seq)),
        ]);
    }
    View::new(&shell, t("操作日志", "Audit log"))
        .form(filter)
        .table(table.rest(&shell, page.rest).whole(&shell, "/bureau/audit"))
        .answer(&ctx)
}
