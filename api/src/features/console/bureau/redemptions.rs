//! Redemptions of every centre, and scans that were refused.

use actix_web::{
    HttpResponse, get, post,
    web::{Data, ServiceConfig},
};
use entity::{RedemptionId, RedemptionStatus};

use super::super::{
    fields::{Fields, any_of, yes_or_no},
    form::Form,
    shell::{Shell, see},
    table::{Cell, Table, code, link, text},
    values::{Names, by_other_centre, centre_name, centres, dash, minute, with_other_centre, yes, yuan},
    view::View,
};
use crate::{
    error::{Code, Result},
    features::{
        auth::Bureau,
        vouchers::{
            self,
            list_dto::{BureauRedemptionOut, BureauRedemptionsQuery},
            refusal_dto::RefusedScansQuery,
            reversal_dto::ReversalIn,
            service::{lists, reversals},
        },
    },
    http::{Day, Idempotency, Path, Query},
    state::Ctx,
};

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(bureau_refused_scans).service(bureau_redemptions).service(bureau_reverse_redemption);
}

const LIST: &str = "/bureau/redemptions";
const REFUSED: &str = "/bureau/redemptions/refused";

fn day(day: Option<Day>) -> String {
    day.map(|day| day.to_string()).unwrap_or_default()
}

#[get("/redemptions")]
async fn bureau_redemptions(
    ctx: Data<Ctx>,
    shell: Shell,
    _bureau: Bureau,
    Query(query): Query<BureauRedemptionsQuery>,
) -> Result<HttpResponse> {
    if let Some(elsewhere) = by_other_centre(&ctx, &shell)? {
        return Ok(elsewhere);
    }
    let t = |zh, en| shell.t(zh, en);
    let states = RedemptionStatus::ALL.iter().map(|word| (word.as_str(), word.zh(), Some(*word) == query.status));
    let campaign = query.campaign_id.map(|id| id.to_string()).unwrap_or_default();
    let filter = Fields::filter(&shell, LIST).choice(
        "centre_id",
        t("机构", "Centre"),
        centres(&ctx, t("全部", "All"), query.centre_id)?,
    );
    let filter = with_other_centre(&shell, filter)
        .text("campaign_id", t("批次编号", "Campaign"), campaign, 40)
        .choice("status", t("状态", "State"), any_of(&shell, states))
        .choice("offline", t("离线核销", "Scanned offline"), yes_or_no(&shell, query.offline))
        .date("from", t("托育日期从", "Days of care from"), day(query.from))
        .date("to", t("到", "To"), day(query.to));
    let page = shell.list(&query, async |query| lists::redemptions(&ctx, &query).await).await?;
    let names = Names::of(&ctx, page.items.iter().map(|row| row.staff_id)).await?;
    let columns = [
        t("托育日期", "Day of care"),
        t("机构", "Centre"),
        t("服务形式", "Care"),
        t("状态", "State"),
        t("离线", "Offline"),
        t("核销时间", "Scanned"),
        t("操作人", "By"),
        t("#面值（元）", "#Worth (yuan)"),
        t("批次", "Campaign"),
        t("结算单", "Statement"),
        t("核销编号", "Redemption"),
        t("!操作", "!Do"),
    ];
    let mut table = Table::new(&shell, t("核销记录", "Redemptions"), &columns);
    for row in page.items {
        let class = if row.status == RedemptionStatus::Redeemed { "good" } else { "plain" };
        let deeds = deeds(&shell, &row);
        let see = |path: &str, id: String| link(t("查看", "See"), format!("/bureau/{path}/{id}"));
        table.row(vec![
            text(row.service_date.to_string()),
            text(centre_name(&ctx, row.centre_id)),
            text(shell.word(row.care_type.zh(), row.care_type.as_str())),
            Cell::Mark(class, shell.word(row.status.zh(), row.status.as_str())),
            text(yes(&shell, row.uploaded_at.is_some())),
            text(minute(row.redeemed_at)),
            text(names.get(Some(row.staff_id))),
            Cell::Number(yuan(row.face_value_fen)),
            see("campaigns", row.campaign_id.to_string()),
            row.statement_id.map_or_else(|| text("—"), |id| see("statements", id.to_string())),
            code(row.id),
            Cell::Forms(deeds),
        ]);
    }
    View::new(&shell, t("核销记录", "Redemptions"))
        .links(&[("被拒绝的扫码", "Refused scans", REFUSED)])
        .form(filter)
        .table(table.rest(&shell, page.rest).whole(&shell, LIST))
        .answer(&ctx)
}

/// What stands and is in no frozen statement can be taken back.
fn deeds(shell: &Shell, row: &BureauRedemptionOut) -> Vec<(String, Fields)> {
    if row.status != RedemptionStatus::Redeemed || row.statement_id.is_some() {
        return Vec::new();
    }
    let name = shell.t("冲正", "Take it back");
    vec![(name.to_owned(), Fields::reason(shell, format!("{LIST}/{}/reverse", row.id), name))]
}

#[post("/redemptions/{id}/reverse")]
async fn bureau_reverse_redemption(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<RedemptionId>,
    key: Idempotency,
    Form(form): Form<ReversalIn>,
) -> Result<HttpResponse> {
    reversals::reverse(&ctx, (&bureau).into(), &key, id.0, &form.reason).await?;
    Ok(see(LIST, "saved"))
}

#[get("/redemptions/refused")]
async fn bureau_refused_scans(
    ctx: Data<Ctx>,
    shell: Shell,
    _bureau: Bureau,
    Query(query): Query<RefusedScansQuery>,
) -> Result<HttpResponse> {
    if let Some(elsewhere) = by_other_centre(&ctx, &shell)? {
        return Ok(elsewhere);
    }
    let t = |zh, en| shell.t(zh, en);
    let filter = Fields::filter(&shell, REFUSED).choice(
        "centre_id",
        t("机构", "Centre"),
        centres(&ctx, t("全部", "All"), query.centre_id)?,
    );
    let filter = with_other_centre(&shell, filter)
        .text("reason", t("拒绝代码", "Code"), query.reason.as_deref().unwrap_or_default(), 40)
        .date("from", t("从", "From"), day(query.from))
        .date("to", t("到", "To"), day(query.to));
    let page = shell.list(&query, async |query| vouchers::list_refused_scans(&ctx, None, &query).await).await?;
    let names = Names::of(&ctx, page.items.iter().map(|row| row.staff_id)).await?;
    let columns = [
        t("时间", "When"),
        t("机构", "Centre"),
        t("操作人", "By"),
        t("设备", "Device"),
        t("原因", "Why"),
        t("代码", "Code"),
        t("手工输入", "Typed"),
        t("体验券", "Voucher"),
    ];
    let mut table = Table::new(&shell, t("被拒绝的扫码", "Refused scans"), &columns);
    for row in page.items {
        let known = Code::ALL.iter().find(|known| known.as_str() == row.reason);
        let why = known.map_or_else(|| "—".to_owned(), |code| shell.told(&code.text()));
        table.row(vec![
            text(minute(row.at)),
            text(centre_name(&ctx, row.centre_id)),
            text(names.get(Some(row.staff_id))),
            code(dash(row.device)),
            text(why),
            code(row.reason),
            text(yes(&shell, row.manual)),
            code(dash(row.voucher_id)),
        ]);
    }
    View::new(&shell, t("被拒绝的扫码", "Refused scans"))
        .links(&[("返回核销记录", "Back to redemptions", LIST)])
        .form(filter)
        .table(table.rest(&shell, page.rest).whole(&shell, "/bureau/refused-scans"))
        .answer(&ctx)
}
