//! A change that hits booked visits: they are shown, and the manager decides.

use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use entity::CareType;
use serde_json::Value;

use super::super::{
    shell::{Shell, see, show},
    table::{Button, Cell, Table, text},
    view::{Part, View},
};
use crate::{
    error::{Code, Problem, Result, Text},
    features::{
        auth::cookie::CSRF_FIELD,
        planning::{
            dto::{ConflictOut, PlanChangeOut},
            rules::ConflictKind,
        },
    },
    http::observe::Body,
};

#[derive(Template)]
#[template(path = "console/desk/affected.html")]
struct AffectedPage {
    shell: Shell,
    /// Where the form was sent to.
    action: String,
    /// What it said, but for the decision.
    fields: Vec<(String, String)>,
    detail: String,
    visits: Table,
}

/// After a change: back to its page; or the page that asks what becomes of the bookings it hits.
pub(super) fn answer(req: &HttpRequest, shell: Shell, done: Result<PlanChangeOut>, back: &str) -> Result<HttpResponse> {
    match done {
        Ok(change) if change.conflicts.is_empty() => Ok(see(back, "saved")),
        Ok(change) => applied(&shell, &change, back),
        Err(problem) if problem.code() == Code::BookingsAffected && problem.facts.contains_key("conflicts") => {
            ask(req, shell, &problem)
        }
        Err(problem) => Err(problem),
    }
}

fn ask(req: &HttpRequest, shell: Shell, problem: &Problem) -> Result<HttpResponse> {
    let mut visits = visits(&shell);
    for one in problem.facts["conflicts"].as_array().into_iter().flatten() {
        let word = |name: &str| one[name].as_str().unwrap_or_default();
        let care = one["care_type"].as_str().and_then(|word| word.parse::<CareType>().ok());
        let care = care.map_or("", |care| shell.t(care.zh(), care.as_str()));
        visits.row(vec![text(word("date")), text(format!("{}–{}", word("from"), word("to"))), text(care)]);
    }
    let fields = form_urlencoded::parse(&Body::of(req))
        .filter(|(name, _)| name != CSRF_FIELD && name != "decision")
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    let hit = problem.facts.get("affected").and_then(Value::as_u64).unwrap_or_default();
    let detail = shell.told(&Text::new(
        format!("该调整影响{hit}次已预约的托育，尚未保存。请决定如何处理这些预约。"),
        format!("The change hits {hit} booked visits. Nothing is changed yet: decide what becomes of them."),
    ));
    show(&AffectedPage { action: req.path().to_owned(), fields, detail, visits, shell })
}

/// A change that stands, and the visits that stand against it.
fn applied(shell: &Shell, change: &PlanChangeOut, back: &str) -> Result<HttpResponse> {
    let (hit, cancelled) = (change.affected, change.cancelled);
    let said = shell.told(&Text::new(
        format!("影响{hit}次托育，已取消{cancelled}次。下列托育超出现有安排，请尽快处理。"),
        format!("Visits hit: {hit}; cancelled: {cancelled}. Those below are no longer covered."),
    ));
    let view = View::new(shell, shell.t("已保存，有预约受影响", "Saved; bookings are hit"))
        .part(Part::Text(said))
        .table(conflicts(shell, &change.conflicts))
        .links(&[("返回", "Back", back)]);
    // The answer to a form: there is nothing to ask for again, so nothing to download.
    view.shown()
}

fn columns(shell: &Shell) -> [&'static str; 3] {
    [shell.t("日期", "Date"), shell.t("时间", "Time"), shell.t("服务形式", "Care")]
}

fn visits(shell: &Shell) -> Table {
    Table::new(shell, shell.t("受影响的托育", "Visits it hits"), &columns(shell))
}

/// Visits that the plan has no room for, and the way to give them up.
pub(super) fn conflicts(shell: &Shell, found: &[ConflictOut]) -> Table {
    let t = |zh, en| shell.t(zh, en);
    let [date, time, care] = columns(shell);
    let mut table = Table::new(shell, t("冲突", "Conflicts"), &[date, time, care, t("原因", "Why"), t("!操作", "!Do")]);
    for one in found {
        let why = match one.kind {
            ConflictKind::OutsideHours => t("不在开放时间内", "outside the hours"),
            ConflictKind::OverCapacity => t("超出托位或保育人员", "more than places or carers allow"),
        };
        let cancel = Button {
            action: format!("/desk/bookings/{}/cancel", one.booking_id),
            label: t("由机构取消整单", "Cancel the booking").to_owned(),
            fields: vec![("reason", "机构安排调整".to_owned())],
            ask: Some(
                t("取消该预约余下的全部日期？家长会收到通知。", "Cancel all that is left of the booking?").to_owned(),
            ),
        };
        table.row(vec![
            text(one.date.to_string()),
            text(format!("{}–{}", one.from, one.to)),
            text(t(one.care_type.zh(), one.care_type.as_str())),
            Cell::Mark("bad", why.to_owned()),
            Cell::Buttons(vec![cancel]),
        ]);
    }
    table
}
