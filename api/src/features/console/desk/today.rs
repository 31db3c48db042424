//! The day of a centre.

use actix_web::{HttpResponse, get, post, web::Data};
use askama::Template;
use serde::Deserialize;

use entity::{VisitId, VisitStatus};

use super::super::{
    form::Form,
    shell::{Shell, see, show},
    table::{Button, Cell, Table, text},
};
use crate::{
    error::Result,
    features::{
        auth::Desk,
        bookings::{
            desk_dto::{DeskCheckOutIn, DeskVisitOut},
            service,
        },
    },
    http::{Day, Idempotency, Line, Path, Query},
    state::Ctx,
};

#[derive(Deserialize)]
pub(super) struct TodayQuery {
    date: Option<Day>,
    #[expect(dead_code, reason = "read by the shell")]
    done: Option<String>,
}

#[derive(Template)]
#[template(path = "console/desk/today.html")]
struct TodayPage {
    shell: Shell,
    date: String,
    visits: Table,
}

#[get("")]
pub(super) async fn desk_today(
    ctx: Data<Ctx>,
    shell: Shell,
    desk: Desk,
    Query(query): Query<TodayQuery>,
) -> Result<HttpResponse> {
    let day = service::day(&ctx, &desk, query.date.map(|day| day.0)).await?;
    let t = |zh, en| shell.t(zh, en);
    let columns = [t("时间", "Time"), t("幼儿", "Child"), t("服务形式", "Care"), t("状态", "State"), t("操作", "Do")];
    let mut visits = Table::new(&shell, t("当日托育", "The day's visits"), &columns);
    for visit in &day.items {
        visits.row(vec![
            text(format!("{}–{}", visit.from, visit.to)),
            text(visit.child.name.clone()),
            text(visit.care_type.zh()),
            Cell::Mark(colour(visit.status), shell.t(visit.status.zh(), visit.status.as_str()).to_owned()),
            Cell::Buttons(steps(&shell, visit)),
        ]);
    }
    show(&TodayPage { date: day.date.to_string(), visits, shell })
}

const fn colour(status: VisitStatus) -> &'static str {
    match status {
        VisitStatus::Expected => "wait",
        VisitStatus::InCare => "good",
        VisitStatus::NoShow => "bad",
        VisitStatus::Left | VisitStatus::Absent | VisitStatus::Cancelled => "plain",
    }
}

/// What the desk may do next.
fn steps(shell: &Shell, visit: &DeskVisitOut) -> Vec<Button> {
    let step = |step: &str, zh, en| Button {
        action: format!("/desk/visits/{}/{step}", visit.id),
        label: shell.t(zh, en).to_owned(),
        fields: Vec::new(),
        ask: None,
    };
    match visit.status {
        VisitStatus::Expected => vec![step("check-in", "签到", "Check in")],
        VisitStatus::InCare => vec![step("check-out", "家长接回", "Left with the guardian")],
        _ => Vec::new(),
    }
}

#[post("/visits/{id}/check-in")]
pub(super) async fn desk_visit_check_in(
    ctx: Data<Ctx>,
    desk: Desk,
    key: Idempotency,
    id: Path<VisitId>,
) -> Result<HttpResponse> {
    service::check_in(&ctx, &desk, &key, id.0).await?;
    Ok(see("/desk", "saved"))
}

/// Who takes the child home; nobody named: the guardian.
#[derive(Deserialize)]
pub(super) struct CheckOutForm {
    collected_by: Option<Line<40>>,
    pickup_code: Option<Line<16>>,
}

#[post("/visits/{id}/check-out")]
pub(super) async fn desk_visit_check_out(
    ctx: Data<Ctx>,
    desk: Desk,
    key: Idempotency,
    id: Path<VisitId>,
    Form(form): Form<CheckOutForm>,
) -> Result<HttpResponse> {
    let CheckOutForm { collected_by, pickup_code } = form;
    service::check_out(&ctx, &desk, &key, id.0, DeskCheckOutIn { collected_by, pickup_code }).await?;
    Ok(see("/desk", "saved"))
}
