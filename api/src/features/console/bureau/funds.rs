//! The rules of funds: officers read them, administrators keep them.

use actix_web::{
    HttpRequest, HttpResponse, get, post,
    web::{Data, ServiceConfig},
};
use entity::{FundCategory, FundRuleId, FundSource};

use super::super::{
    fields::{Fields, choices},
    form::Form,
    shell::{Shell, see},
    table::{Cell, Table, text},
    values::dash,
    view::View,
};
use crate::{
    error::{Problem, Result},
    features::{
        auth::Bureau,
        vouchers::{
            fund_dto::{FundRuleEndIn, FundRuleIn, FundRuleOut},
            service::funds,
        },
    },
    http::{Idempotency, Path, observe::Body},
    state::Ctx,
};

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(bureau_funds).service(bureau_add_fund_rule).service(bureau_end_fund_rule);
}

const LIST: &str = "/bureau/funds";

#[get("/funds")]
async fn bureau_funds(ctx: Data<Ctx>, shell: Shell, _bureau: Bureau) -> Result<HttpResponse> {
    let t = |zh, en| shell.t(zh, en);
    let columns = [
        t("资金来源", "Money of"),
        t("不得用于", "May not pay for"),
        t("条款", "Clause"),
        t("文件", "Document"),
        t("起始日", "From"),
        t("截止日", "Until"),
        t("是否有效", "In force"),
        t("!操作", "!Do"),
    ];
    let mut table = Table::new(&shell, t("资金使用的禁止规则", "What money may not pay for"), &columns);
    for rule in funds::list(&ctx).await?.items {
        let (class, zh, en) = if rule.in_force { ("good", "有效", "yes") } else { ("plain", "无效", "no") };
        let deeds = deeds(&shell, &rule);
        table.row(vec![
            text(shell.word(rule.fund_source.zh(), rule.fund_source.as_str())),
            text(shell.word(rule.fund_category.zh(), rule.fund_category.as_str())),
            text(rule.clause),
            text(rule.document),
            text(rule.valid_from.to_string()),
            text(dash(rule.valid_until)),
            Cell::Mark(class, t(zh, en).to_owned()),
            Cell::Forms(deeds),
        ]);
    }
    let view = View::new(&shell, t("资金规则", "Rules of funds"))
        .text(
            "新建、修改、开放体验券批次和起草补助单时按当日有效的规则核对。",
            "Campaigns and sheets of support are held against the rules in force on the day.",
        )
        .table(table.downloads("/bureau/exports/fund_rules", ""));
    let view = if shell.administers() { view.form(add_form(&shell)) } else { view };
    view.answer(&ctx)
}

fn deeds(shell: &Shell, rule: &FundRuleOut) -> Vec<(String, Fields)> {
    if rule.valid_until.is_some() || !shell.administers() {
        return Vec::new();
    }
    let name = shell.t("设定截止日", "Set its last day");
    let form = Fields::reason(shell, format!("{LIST}/{}/end", rule.id), name).date(
        "valid_until",
        shell.t("截止日", "Until"),
        "",
    );
    vec![(name.to_owned(), form)]
}

fn add_form(shell: &Shell) -> Fields {
    let t = |zh, en| shell.t(zh, en);
    let sources = FundSource::ALL.iter().map(|word| (word.as_str(), word.zh(), false));
    let uses = FundCategory::ALL.iter().map(|word| (word.as_str(), word.zh(), false));
    Fields::post(shell, LIST, t("保存", "Save"))
        .legend(t("新增规则", "A new rule"))
        .choice("fund_source", t("资金来源", "Money of"), choices(shell, sources))
        .choice("fund_category", t("不得用于", "May not pay for"), choices(shell, uses))
        .date("valid_from", t("起始日", "From"), "")
        .area("clause", t("条款（工作人员可见）", "The clause, as officers read it"), "", 200)
        .text("document", t("文件与条目", "Document and article"), "", 200)
}

#[post("/funds")]
async fn bureau_add_fund_rule(
    ctx: Data<Ctx>,
    req: HttpRequest,
    shell: Shell,
    bureau: Bureau,
    key: Idempotency,
    sent: Result<Form<FundRuleIn>, Problem>,
) -> Result<HttpResponse> {
    let added = async { funds::add(&ctx, &bureau, &key, sent?.0).await };
    match added.await {
        Ok(_) => Ok(see(LIST, "saved")),
        Err(problem) => View::new(&shell, shell.t("资金规则", "Rules of funds"))
            .form(add_form(&shell).again(&shell, &Body::of(&req), &problem))
            .answer(&ctx),
    }
}

#[post("/funds/{id}/end")]
async fn bureau_end_fund_rule(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<FundRuleId>,
    key: Idempotency,
    Form(form): Form<FundRuleEndIn>,
) -> Result<HttpResponse> {
    funds::end(&ctx, &bureau, &key, id.0, form).await?;
    Ok(see(LIST, "saved"))
}
