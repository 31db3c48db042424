//! The first page of officers: satisfaction against the target, and what needs somebody today.

use actix_web::{HttpResponse, get, web::Data};
use askama::Template;

use super::super::{
    shell::{Shell, show},
    table::{interval, percent},
};
use crate::{
    error::Result,
    features::{
        auth::Bureau,
        satisfaction::{Answers, dto::SatisfactionFigures, dto::SatisfactionQuery, service as satisfaction},
    },
    state::Ctx,
};

#[derive(Template)]
#[template(path = "console/bureau/overview.html")]
struct OverviewPage {
    shell: Shell,
    from: String,
    to: String,
    target: String,
    rate: String,
    interval: String,
    figures: SatisfactionFigures,
}

#[get("")]
pub(super) async fn bureau_overview(ctx: Data<Ctx>, shell: Shell, _bureau: Bureau) -> Result<HttpResponse> {
    let report = satisfaction::report(&ctx, SatisfactionQuery::default(), Answers::Present).await?;
    show(&OverviewPage {
        from: report.from.to_string(),
        to: report.to.to_string(),
        target: percent(Some(report.target)),
        rate: percent(report.overall.rate),
        interval: interval(report.overall.interval),
        figures: report.overall,
        shell,
    })
}
