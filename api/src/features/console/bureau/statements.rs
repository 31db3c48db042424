//! Settlement: what is unsettled, the statements, and adjustments.

use actix_web::{
    HttpResponse, get, post,
    web::{Data, ServiceConfig},
};
use chrono::Months;
use entity::{CentreId, Fen, RedemptionId, StatementStatus};
use serde::Deserialize;

use super::{
    super::{
        fields::{Fields, any_of, yes_or_no},
        form::Form,
        shell::{Shell, see},
        table::{Button, Cell, Table, code, link, number, text},
        values::{Names, Yuan, centre_name, centres, minute, yuan},
        view::{Part, View},
    },
    four_eyes::state,
};
use crate::{
    error::Result,
    features::{
        auth::Bureau,
        settlement::{
            dto::{AdjustmentIn, AdjustmentsQuery, StatementIn, StatementsQuery, UnsettledQuery},
            service::{adjustments, statements},
        },
    },
    http::{Cursor, Idempotency, Limit, Month, Once, Paragraph, Query},
    state::Ctx,
};

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(bureau_statements)
        .service(bureau_draft_statement)
        .service(bureau_adjustments)
        .service(bureau_add_adjustment);
}

#[derive(Deserialize)]
struct SettlementQuery {
    /// The month whose unsettled centres are shown.
    unsettled: Option<Month>,
    /// Where its table goes on; `cursor` is of the statements.
    unsettled_cursor: Option<Cursor>,
    month: Option<Month>,
    status: Option<StatementStatus>,
    cursor: Option<Cursor>,
}

#[get("/statements")]
async fn bureau_statements(
    ctx: Data<Ctx>,
    shell: Shell,
    _bureau: Bureau,
    Query(query): Query<SettlementQuery>,
) -> Result<HttpResponse> {
    let t = |zh, en| shell.t(zh, en);
    let SettlementQuery { unsettled, unsettled_cursor, month, status, cursor } = query;
    let last = Month::of(ctx.clock.today()).0 - Months::new(1);
    let of = unsettled.unwrap_or(Month(last));
    let words = StatementStatus::ALL.iter().map(|word| (word.as_str(), word.zh(), Some(*word) == status));
    let filter = Fields::filter(&shell, "/bureau/statements")
        .month("unsettled", t("未结算月份", "Unsettled in"), of.to_string())
        .month("month", t("结算单月份", "Statements of"), month.map(|month| month.to_string()).unwrap_or_default())
        .choice("status", t("状态", "State"), any_of(&shell, words));
    let query = StatementsQuery { month, centre_id: None, status, limit: Limit(50), cursor };
    View::new(&shell, t("结算", "Settlement"))
        .form(filter)
        .table(unsettled_in(&ctx, &shell, of, unsettled_cursor).await?)
        .table(listed(&ctx, &shell, &query).await?)
        .part(Part::Links(vec![(t("调整项", "Adjustments").to_owned(), "/bureau/adjustments".to_owned())]))
        .answer(&ctx)
}

async fn unsettled_in(ctx: &Ctx, shell: &Shell, month: Month, cursor: Option<Cursor>) -> Result<Table> {
    let t = |zh, en| shell.t(zh, en);
    let columns = [
        t("机构", "Centre"),
        t("#天数", "#Days"),
        t("#金额（元）", "#Amount (yuan)"),
        t("结算单", "Statement"),
        t("!操作", "!Do"),
    ];
    let caption = format!("{month} {}", t("未结算", "unsettled"));
    let mut table = Table::new(shell, &caption, &columns);
    let query = UnsettledQuery { month, limit: Limit(20), cursor };
    let page = shell.list(&query, async |query| statements::unsettled(ctx, &query).await).await?;
    let over = month.0 < Month::of(ctx.clock.today()).0;
    for centre in page.items {
        let draft = Button {
            action: "/bureau/statements".to_owned(),
            label: if centre.statement_id.is_some() { t("重新起草", "Draft again") } else { t("起草", "Draft") }
                .to_owned(),
            fields: vec![("centre_id", centre.centre_id.to_string()), ("month", month.to_string())],
            ask: None,
        };
        let status = centre.statement_status;
        let held = centre.statement_id.zip(status);
        table.row(vec![
            text(centre.centre_name),
            number(centre.units),
            Cell::Number(yuan(centre.amount_fen)),
            held.map_or_else(
                || text("—"),
                |(id, status)| link(shell.word(status.zh(), status.as_str()), format!("/bureau/statements/{id}")),
            ),
            Cell::Buttons(if over && status != Some(StatementStatus::Frozen) { vec![draft] } else { Vec::new() }),
        ]);
    }
    let table = table.rest_by(shell, page.rest, "unsettled_cursor");
    Ok(table.downloads("/bureau/unsettled", &format!("month={month}")))
}

async fn listed(ctx: &Ctx, shell: &Shell, query: &StatementsQuery) -> Result<Table> {
    let t = |zh, en| shell.t(zh, en);
    let columns = [
        t("编号", "Number"),
        t("机构", "Centre"),
        t("月份", "Month"),
        t("状态", "State"),
        t("#天数", "#Days"),
        t("#应付（元）", "#To pay (yuan)"),
        t("起草", "Drafted"),
    ];
    let mut table = Table::new(shell, t("结算单", "Statements"), &columns);
    let page = shell.list(query, async |query| statements::page(ctx, &query, None).await).await?;
    let names = Names::of(ctx, page.items.iter().map(|statement| statement.drafted_by)).await?;
    for statement in page.items {
        let number_or = statement.number.unwrap_or_else(|| t("未编号", "no number yet").to_owned());
        table.row(vec![
            link(number_or, format!("/bureau/statements/{}", statement.id)),
            text(statement.centre_name),
            text(statement.month.to_string()),
            state(shell, statement.status),
            number(statement.totals.net_units),
            Cell::Number(yuan(Fen(statement.totals.total_fen))),
            text(format!("{} {}", minute(statement.drafted_at), names.get(Some(statement.drafted_by)))),
        ]);
    }
    // All of them, whichever page is shown.
    let mut asked = form_urlencoded::Serializer::new(String::new());
    if let Some(month) = query.month {
        asked.append_pair("month", &month.to_string());
    }
    if let Some(status) = query.status {
        asked.append_pair("status", status.as_str());
    }
    Ok(table.rest(shell, page.rest).downloads("/bureau/statements", &asked.finish()))
}

#[post("/statements")]
async fn bureau_draft_statement(
    ctx: Data<Ctx>,
    bureau: Bureau,
    key: Idempotency,
    Form(form): Form<StatementIn>,
) -> Result<HttpResponse> {
    let month = form.month;
    Ok(match statements::draft(&ctx, &bureau, &key, form).await? {
        Once::First(statement) => see(&format!("/bureau/statements/{}", statement.id), "saved"),
        Once::Again(_) => see(&format!("/bureau/statements?month={month}"), "saved"),
    })
}

#[derive(Deserialize)]
struct AdjustmentsPageQuery {
    pending: Option<bool>,
    cursor: Option<Cursor>,
}

#[get("/adjustments")]
async fn bureau_adjustments(
    ctx: Data<Ctx>,
    shell: Shell,
    _bureau: Bureau,
    Query(query): Query<AdjustmentsPageQuery>,
) -> Result<HttpResponse> {
    let t = |zh, en| shell.t(zh, en);
    let AdjustmentsPageQuery { pending, cursor } = query;
    let query = AdjustmentsQuery { centre_id: None, pending, limit: Limit(50), cursor };
    let page = shell.list(&query, async |query| adjustments::page(&ctx, &query).await).await?;
    let names = Names::of(&ctx, page.items.iter().map(|adjustment| adjustment.staff_id)).await?;
    let columns = [
        t("机构", "Centre"),
        t("#金额（元）", "#Amount (yuan)"),
        t("理由", "Why"),
        t("核销", "Redemption"),
        t("经办", "By"),
        t("时间", "When"),
        t("结算单", "Statement"),
    ];
    let mut table = Table::new(&shell, t("调整项", "Adjustments"), &columns);
    for adjustment in page.items {
        table.row(vec![
            text(centre_name(&ctx, adjustment.centre_id)),
            Cell::Number(yuan(adjustment.amount_fen)),
            text(adjustment.reason),
            adjustment.redemption_id.map_or_else(|| text("—"), code),
            text(names.get(Some(adjustment.staff_id))),
            text(minute(adjustment.created_at)),
            adjustment.statement_id.map_or_else(
                || Cell::Mark("wait", t("待下一期", "waits for the next").to_owned()),
                |id| link(t("查看", "See"), format!("/bureau/statements/{id}")),
            ),
        ]);
    }
    let yes = yes_or_no(&shell, pending);
    View::new(&shell, t("调整项", "Adjustments"))
        .form(Fields::filter(&shell, "/bureau/adjustments").choice("pending", t("待入结算单", "Waiting"), yes))
        .table(table.rest(&shell, page.rest))
        .form(add_form(&ctx, &shell)?)
        .answer(&ctx)
}

fn add_form(ctx: &Ctx, shell: &Shell) -> Result<Fields> {
    let t = |zh, en| shell.t(zh, en);
    Ok(Fields::post(shell, "/bureau/adjustments", t("新增调整", "Add"))
        .legend(t("新增调整项", "A new adjustment"))
        .text("redemption_id", t("要冲回的核销编号", "The redemption to take back"), "", 40)
        .optional()
        .choice("centre_id", t("或者机构", "Or the centre"), centres(ctx, t("按核销编号", "by the redemption"), None)?)
        .text("other_centre", t("或者机构编号", "Or the centre's id"), "", 40)
        .optional()
        .hint(t("名单列出200家，其余填编号", "for one that isn't among the 200 listed"))
        .text("amount", t("金额（元，负数为扣回）", "Amount in yuan; negative: taken back"), "", 14)
        .optional()
        .hint(t("按核销编号时可不填", "may be empty with a redemption"))
        .area("reason", t("理由（印在结算单上，勿写姓名）", "Why; printed, no names"), "", 200))
}

#[derive(Deserialize)]
struct AdjustmentForm {
    redemption_id: Option<RedemptionId>,
    centre_id: Option<CentreId>,
    other_centre: Option<CentreId>,
    amount: Option<Yuan>,
    reason: Paragraph<200>,
}

#[post("/adjustments")]
async fn bureau_add_adjustment(
    ctx: Data<Ctx>,
    bureau: Bureau,
    key: Idempotency,
    Form(form): Form<AdjustmentForm>,
) -> Result<HttpResponse> {
    let AdjustmentForm { redemption_id, centre_id, other_centre, amount, reason } = form;
    let centre_id = centre_id.or(other_centre);
    let amount_fen = amount.map(|Yuan(fen)| fen);
    adjustments::add(&ctx, &bureau, &key, AdjustmentIn { redemption_id, centre_id, amount_fen, reason }).await?;
    Ok(see("/bureau/adjustments", "saved"))
}
