//! The centre's own terms: how families reach it, whom it takes, whose fees it reduces.

use actix_web::{HttpRequest, HttpResponse, get, post, web::Data};
use entity::{Admits, CentreKind, ReductionKind};
use serde::Deserialize;

use super::super::{
    fields::{Fields, choices},
    form::Form,
    shell::{Shell, see},
    table::{Cell, Table, text},
    values::{dash, yes, yuan},
    view::{Part, View},
};
use crate::{
    error::{Problem, Result},
    features::{
        auth::Desk,
        terms::{
            dto::{DeskCentreOut, DeskCentrePatch, ReductionIn},
            service,
        },
    },
    http::{Line, Paragraph, Whole, observe::Body},
    state::Ctx,
};

const HERE: &str = "/desk/centre";

#[get("/centre")]
pub(super) async fn desk_centre(ctx: Data<Ctx>, shell: Shell, desk: Desk) -> Result<HttpResponse> {
    let t = |zh, en| shell.t(zh, en);
    let centre = service::centre(&ctx, &desk)?;
    let mut table = Table::new(
        &shell,
        t("费用减免", "Reductions of fees"),
        &[t("对象", "For"), t("#减免（托育费的%）", "#Off the price of care (%)")],
    );
    for reduction in &centre.reductions {
        table.row(vec![
            text(shell.word(reduction.kind.zh(), reduction.kind.as_str())),
            Cell::Number(reduction.percent.to_string()),
        ]);
    }
    let others = (centre.admits == Admits::OwnFirst).then_some(centre.others_days);
    let view = View::new(&shell, t("本机构", "The centre"))
        .facts(&[
            ("名称", "Name", centre.name.clone()),
            ("电话", "Telephone", dash(centre.phone.clone())),
            ("普惠", "Inclusive", yes(&shell, centre.inclusive)),
            ("普惠限价（元/月）", "Cap on a month (yuan)", dash(centre.price_cap_fen.map(yuan))),
            ("收托对象", "Takes", shell.word(centre.admits.zh(), centre.admits.as_str())),
            ("对外提前预约天数", "Others book days ahead", dash(others)),
        ])
        .part(Part::Text(centre.intro.clone()))
        .table(table);
    let change = (t("修改", "Change").to_owned(), form(&ctx, &shell, &desk, &centre));
    let view = if shell.manages() { view.forms(vec![change]) } else { view };
    view.answer(&ctx)
}

fn form(ctx: &Ctx, shell: &Shell, desk: &Desk, centre: &DeskCentreOut) -> Fields {
    let t = |zh, en| shell.t(zh, en);
    let mut form = Fields::post(shell, HERE, t("保存", "Save"))
        .text("phone", t("电话（家长可见）", "Telephone, for families"), centre.phone.clone().unwrap_or_default(), 30)
        .optional()
        .area("intro", t("简介（家长可见）", "Introduction, for families"), centre.intro.clone(), 500)
        .optional();
    // Only an employer's own centre may take its own staff first.
    if ctx.catalogue.centre(desk.centre_id).is_some_and(|plan| plan.row.kind == CentreKind::Employer) {
        let words = Admits::ALL.iter().map(|word| (word.as_str(), word.zh(), *word == centre.admits));
        form = form.choice("admits", t("收托对象", "Takes"), choices(shell, words)).number(
            "others_days",
            t("本单位职工优先时，对外提前预约天数", "Own staff first: others book days ahead"),
            Some(centre.others_days.into()),
            (0, 90),
        );
    }
    for kind in ReductionKind::ALL {
        let now = centre.reductions.iter().find(|reduction| reduction.kind == *kind);
        let label = format!("{} {}", shell.word(kind.zh(), kind.as_str()), t("减免（%）", "off (%)"));
        form = form.number(kind.as_str(), &label, now.map(|reduction| reduction.percent.into()), (1, 100)).optional();
    }
    form.stamped()
}

/// What the form sends. Empty fields don't arrive: no telephone, no reduction.
#[derive(Deserialize)]
pub(super) struct CentreForm {
    phone: Option<Line<30>>,
    intro: Option<Paragraph<500>>,
    admits: Option<Admits>,
    others_days: Option<Whole<0, 90>>,
    third_child: Option<Whole<1, 100>>,
    special_family: Option<Whole<1, 100>>,
    disabled: Option<Whole<1, 100>>,
}

impl From<CentreForm> for DeskCentrePatch {
    fn from(form: CentreForm) -> Self {
        let CentreForm { phone, intro, admits, others_days, third_child, special_family, disabled } = form;
        let reduced = ReductionKind::ALL.iter().filter_map(|kind| {
            let percent = match kind {
                ReductionKind::ThirdChild => third_child,
                ReductionKind::SpecialFamily => special_family,
                ReductionKind::Disabled => disabled,
            };
            percent.map(|percent| ReductionIn { kind: *kind, percent })
        });
        Self { phone: Some(phone), intro, admits, others_days, reductions: Some(reduced.collect()) }
    }
}

#[post("/centre")]
pub(super) async fn desk_centre_change(
    ctx: Data<Ctx>,
    req: HttpRequest,
    shell: Shell,
    desk: Desk,
    sent: Result<Form<CentreForm>, Problem>,
) -> Result<HttpResponse> {
    let (form, body) = (form(&ctx, &shell, &desk, &service::centre(&ctx, &desk)?), Body::of(&req));
    let changed = async {
        let patch = sent?.0.into();
        form.uncrossed(&body)?;
        service::change_centre(&ctx, &desk, patch).await
    };
    match changed.await {
        Ok(_) => Ok(see(HERE, "saved")),
        Err(problem) => {
            View::new(&shell, shell.t("本机构", "The centre")).form(form.again(&shell, &body, &problem)).answer(&ctx)
        }
    }
}
