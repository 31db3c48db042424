//! One visit: what happened to it, and putting a mistake right.

use actix_web::{HttpRequest, HttpResponse, get, post, web::Data};
use entity::{BookingStatus, VisitId, VisitStatus};
use serde::Deserialize;

use super::super::{
    fields::{Fields, choices},
    form::Form,
    shell::{Shell, see},
    table::{Table, text},
    values::{LocalTime, dash, minute},
    view::View,
};
use crate::{
    error::{Problem, Result},
    features::{
        auth::Desk,
        bookings::{
            desk_dto::{DeskCorrectionIn, DeskVisitOut},
            dto::BookingEventOut,
            service,
        },
    },
    http::{Idempotency, Line, Moment, Path, observe::Body},
    state::Ctx,
};

#[get("/visits/{id}")]
pub(super) async fn desk_visit(ctx: Data<Ctx>, shell: Shell, desk: Desk, id: Path<VisitId>) -> Result<HttpResponse> {
    let visit = service::visit_at_desk(&ctx, &desk, id.0).await?;
    let history = service::history_at_desk(&ctx, &desk, visit.booking_id).await?.items;
    let lines = history.iter().filter(|line| line.visit_id.is_none_or(|of| of == visit.id));
    View::new(&shell, title(&shell, &visit))
        .facts(&[
            ("状态", "State", shell.word(visit.status.zh(), visit.status.as_str())),
            ("时间", "Time", format!("{}–{}", visit.from, visit.to)),
            ("服务形式", "Care", shell.word(visit.care_type.zh(), visit.care_type.as_str())),
            ("班级", "Class", dash(visit.class_name.clone())),
            ("签到", "Came", dash(visit.checked_in_at.map(minute))),
            ("接回", "Left", dash(visit.checked_out_at.map(minute))),
        ])
        .table(happened(&shell, lines))
        .form(form(&shell, &visit))
        .links(&[("返回当日", "Back to the day", &format!("/desk?date={}", visit.date))])
        .answer(&ctx)
}

fn title(shell: &Shell, visit: &DeskVisitOut) -> String {
    format!("{} {} {}", shell.t("托育记录", "Visit"), visit.child.name, visit.date)
}

/// A word of a visit or of a booking.
fn word(shell: &Shell, status: &str) -> String {
    let zh = status.parse::<VisitStatus>().map(|status| status.zh());
    let zh = zh.or_else(|_| status.parse::<BookingStatus>().map(|status| status.zh()));
    zh.map_or_else(|_| status.to_owned(), |zh| shell.word(zh, status))
}

fn happened<'a>(shell: &Shell, lines: impl Iterator<Item = &'a BookingEventOut>) -> Table {
    let t = |zh, en| shell.t(zh, en);
    let columns = [t("时间", "When"), t("经办", "By"), t("状态", "State"), t("更正前", "Before"), t("原因", "Why")];
    let mut table = Table::new(shell, t("经过", "What happened"), &columns);
    for line in lines {
        let by = match line.by {
            "family" => t("家长", "family"),
            "staff" => t("本园人员", "staff"),
            _ => t("系统", "system"),
        };
        let before = line.correction.as_ref().and_then(|correction| correction["before"]["status"].as_str());
        table.row(vec![
            text(minute(line.at)),
            text(by),
            text(word(shell, &line.status)),
            text(before.map_or_else(|| "—".to_owned(), |status| word(shell, status))),
            text(dash(line.reason.clone())),
        ]);
    }
    table
}

fn form(shell: &Shell, visit: &DeskVisitOut) -> Fields {
    let t = |zh, en| shell.t(zh, en);
    let all = [VisitStatus::Expected, VisitStatus::InCare, VisitStatus::Left, VisitStatus::NoShow, VisitStatus::Absent];
    let words = all.iter().map(|word| (word.as_str(), word.zh(), *word == visit.status));
    let as_is = t("不填：按原记录", "empty: as recorded");
    Fields::post(shell, format!("/desk/visits/{}/corrections", visit.id), t("更正", "Correct"))
        .legend(t("更正（家长可见）", "A correction; the family reads it"))
        .choice("status", t("应为", "It should be"), choices(shell, words))
        .at("checked_in_at", t("签到时间", "Came"), "")
        .optional()
        .hint(as_is)
        .at("checked_out_at", t("接回时间", "Left"), "")
        .optional()
        .hint(as_is)
        .text("collected_by", t("接回人（家长登记的姓名）", "With whom, as the family named them"), "", 40)
        .optional()
        .hint(as_is)
        .text("reason", t("原因", "Why"), "", 200)
}

#[derive(Deserialize)]
pub(super) struct CorrectionForm {
    status: VisitStatus,
    checked_in_at: Option<LocalTime>,
    checked_out_at: Option<LocalTime>,
    collected_by: Option<Line<40>>,
    reason: Line<200>,
}

impl From<CorrectionForm> for DeskCorrectionIn {
    fn from(form: CorrectionForm) -> Self {
        let CorrectionForm { status, checked_in_at, checked_out_at, collected_by, reason } = form;
        let moment = |LocalTime(at)| Moment(at);
        let (checked_in_at, checked_out_at) = (checked_in_at.map(moment), checked_out_at.map(moment));
        Self { status, checked_in_at, checked_out_at, collected_by, reason }
    }
}

#[post("/visits/{id}/corrections")]
pub(super) async fn desk_visit_correct(
    ctx: Data<Ctx>,
    req: HttpRequest,
    shell: Shell,
    desk: Desk,
    key: Idempotency,
    id: Path<VisitId>,
    sent: Result<Form<CorrectionForm>, Problem>,
) -> Result<HttpResponse> {
    let corrected = async { service::correct(&ctx, &desk, &key, id.0, sent?.0.into()).await };
    match corrected.await {
        Ok(_) => Ok(see(&format!("/desk/visits/{}", id.0), "saved")),
        Err(problem) => {
            let visit = service::visit_at_desk(&ctx, &desk, id.0).await?;
            View::new(&shell, title(&shell, &visit))
                .form(form(&shell, &visit).again(&shell, &Body::of(&req), &problem))
                .answer(&ctx)
        }
    }
}
