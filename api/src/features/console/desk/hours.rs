//! Weekly hours and days of their own.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, HttpResponse, get, post, web::Data};
use entity::MinuteOfDay;
use serde::Deserialize;

use super::{
    super::{
        fields::Fields,
        form::{Form, needed},
        shell::Shell,
        table::{Button, Cell, Table, text},
        values::WEEKDAYS,
        view::View,
    },
    affected,
};
use crate::{
    error::{Problem, Result, Text},
    features::{
        auth::Desk,
        planning::{
            dto::{Decision, DeskDayIn, DeskPlanDayOut, DeskWeekIn, DeskWeekOut, HalfDayHours, WeekdayHours},
            service,
        },
    },
    http::{Day, Line, Path},
    state::Ctx,
};

const BACK: &str = "/desk/hours";
#[get("/hours")]
pub(super) async fn desk_hours(ctx: Data<Ctx>, shell: Shell, desk: Desk) -> Result<HttpResponse> {
    let weeks = service::weeks(&ctx, &desk).await?.items;
    let days = service::days(&ctx, &desk).await?.items;
    let folded = |zh, en, form: Fields| {
        let forms = vec![(shell.t(zh, en).to_owned(), form)];
        if shell.manages() { forms } else { Vec::new() }
    };
    View::new(&shell, shell.t("开放时间", "Hours"))
        .table(weeks_table(&shell, &weeks))
        .forms(folded("调整每周开放时间", "Change the week", week_form(&shell, weeks.last())))
        .table(days_table(&shell, &days))
        .forms(folded("停托或加开一天", "Close or open a day", day_form(&shell)))
        .answer(&ctx)
}

fn weeks_table(shell: &Shell, weeks: &[DeskWeekOut]) -> Table {
    let t = |zh, en| shell.t(zh, en);
    let columns =
        [t("起始日", "From"), t("每周开放", "Week"), t("上午", "Morning"), t("下午", "Afternoon"), t("!操作", "!Do")];
    let mut table = Table::new(shell, t("每周开放时间", "Weekly hours"), &columns);
    for week in weeks {
        let day = |hours: &WeekdayHours| {
            let (zh, en) = WEEKDAYS[usize::from(hours.weekday).saturating_sub(1).min(6)];
            format!("{} {}–{}", t(zh, en), hours.from, hours.to)
        };
        let half = |half: HalfDayHours| format!("{}–{}", half.from, half.to);
        let back = week.valid_from.filter(|_| shell.manages()).map(|from| Button {
            action: format!("/desk/hours/weeks/{from}/clear"),
            label: t("撤回", "Take back").to_owned(),
            fields: Vec::new(),
            ask: Some(t("撤回这次调整？", "Take this change back?").to_owned()),
        });
        table.row(vec![
            text(week.valid_from.map_or_else(|| t("一直以来", "always").to_owned(), |from| from.to_string())),
            text(week.hours.iter().map(day).collect::<Vec<_>>().join("；")),
            text(half(week.morning)),
            text(half(week.afternoon)),
            back.map_or_else(|| text("—"), |button| Cell::Buttons(vec![button])),
        ]);
    }
    table
}

fn days_table(shell: &Shell, days: &[DeskPlanDayOut]) -> Table {
    let t = |zh, en| shell.t(zh, en);
    let columns = [t("日期", "Date"), t("安排", "Hours"), t("原因", "Why"), t("!操作", "!Do")];
    let mut table = Table::new(shell, t("停托与加开", "Days of their own"), &columns);
    for day in days {
        let hours = match (day.from, day.to) {
            (Some(from), Some(to)) => Cell::Mark("good", format!("{from}–{to}")),
            _ => Cell::Mark("bad", t("停托", "closed").to_owned()),
        };
        let clear = Button {
            action: format!("/desk/hours/days/{}/clear", day.date),
            label: t("撤销", "Take back").to_owned(),
            fields: Vec::new(),
            ask: None,
        };
        table.row(vec![
            text(day.date.to_string()),
            hours,
            text(day.reason.clone()),
            if shell.manages() { Cell::Buttons(vec![clear]) } else { text("—") },
        ]);
    }
    table
}

fn week_form(shell: &Shell, week: Option<&DeskWeekOut>) -> Fields {
    let t = |zh, en| shell.t(zh, en);
    let span = |form: Fields, name: &str, label: &str, hours: Option<(MinuteOfDay, MinuteOfDay)>, optional: bool| {
        [("from", t("开始", "from"), hours.map(|h| h.0)), ("to", t("结束", "to"), hours.map(|h| h.1))].into_iter().fold(
            form,
            |form, (end, word, at)| {
                let at = at.map_or_else(String::new, |at| at.to_string());
                let form = form.time(format!("{name}_{end}"), &format!("{label} {word}"), at);
                if optional { form.optional() } else { form }
            },
        )
    };
    let mut form = Fields::post(shell, "/desk/hours/weeks", t("保存", "Save"))
        .legend(t("每周开放时间，留空为不开放", "Weekly hours; empty: closed"))
        .date("valid_from", t("从哪天起", "From"), "");
    for (n, (zh, en)) in (1_u8..).zip(WEEKDAYS) {
        let hours = week.and_then(|week| week.hours.iter().find(|hours| hours.weekday == n));
        form = span(form, &format!("d{n}"), t(zh, en), hours.map(|hours| (hours.from, hours.to)), true);
    }
    let form = span(form, "morning", t("上午", "Morning"), week.map(|w| (w.morning.from, w.morning.to)), false);
    span(form, "afternoon", t("下午", "Afternoon"), week.map(|w| (w.afternoon.from, w.afternoon.to)), false)
}

fn day_form(shell: &Shell) -> Fields {
    let t = |zh, en| shell.t(zh, en);
    Fields::post(shell, "/desk/hours/days", t("保存", "Save"))
        .legend(t("一天的安排，时间留空为停托", "A day; without hours it is closed"))
        .date("date", t("日期", "Date"), "")
        .time("from", t("开始", "From"), "")
        .optional()
        .time("to", t("结束", "To"), "")
        .optional()
        .text("reason", t("原因（家长可见）", "Why (families read it)"), "", 100)
}

/// The fields of a form whose names are counted.
pub(super) type Sent = BTreeMap<String, String>;

/// A field of a form whose names are counted, if it is filled in.
pub(super) fn parsed<T: std::str::FromStr>(fields: &Sent, name: &str) -> Result<Option<T>> {
    let wrong = |_| Problem::field(name, "invalid", Text::new("格式不正确，请核对。", "Not in a form we know."));
    fields.get(name).map(|text| text.trim().parse().map_err(wrong)).transpose()
}

fn decision(fields: &Sent) -> Option<Decision> {
    match fields.get("decision").map(String::as_str) {
        Some("keep") => Some(Decision::Keep),
        Some("cancel") => Some(Decision::Cancel),
        _ => None,
    }
}

fn span(fields: &Sent, name: &str) -> Result<Option<(MinuteOfDay, MinuteOfDay)>> {
    let (from, to) = (format!("{name}_from"), format!("{name}_to"));
    match (parsed(fields, &from)?, parsed(fields, &to)?) {
        (None, None) => Ok(None),
        (begins, ends) => Ok(Some((needed(&from, begins)?, needed(&to, ends)?))),
    }
}

#[post("/hours/weeks")]
pub(super) async fn desk_week_set(
    ctx: Data<Ctx>,
    req: HttpRequest,
    shell: Shell,
    desk: Desk,
    Form(fields): Form<Sent>,
) -> Result<HttpResponse> {
    let from = fields.get("valid_from").map(String::as_str).unwrap_or_default();
    let from = serde_json::from_value::<Day>(from.into()).ok();
    let from = needed("valid_from", from)?;
    let mut hours = Vec::new();
    for weekday in 1..=7 {
        if let Some((from, to)) = span(&fields, &format!("d{weekday}"))? {
            hours.push(WeekdayHours { weekday, from, to });
        }
    }
    let half = |name: &str| -> Result<HalfDayHours> {
        let (from, to) = needed(name, span(&fields, name)?)?;
        Ok(HalfDayHours { from, to })
    };
    let days: Vec<u8> = hours.iter().map(|hours| hours.weekday).collect();
    let body =
        DeskWeekIn { hours, morning: half("morning")?, afternoon: half("afternoon")?, decision: decision(&fields) };
    let done = service::set_week(&ctx, &desk, from.0, body).await;
    affected::answer(&req, shell, done.map_err(|problem| of_form(problem, &days)), BACK)
}

/// A refusal by the names of the form's fields: `hours[2].to` is the end of the third day that is open.
fn of_form(mut problem: Problem, days: &[u8]) -> Problem {
    for error in &mut problem.errors {
        let (of, end) = error.field.split_once('.').unwrap_or((&error.field, "from"));
        let open = of.strip_prefix("hours[").and_then(|at| at.strip_suffix(']')?.parse::<usize>().ok());
        error.field = match open.and_then(|at| days.get(at)) {
            Some(day) => format!("d{day}_{}", if end == "to" { "to" } else { "from" }),
            None if matches!(of, "morning" | "afternoon") => format!("{of}_{end}"),
            None => continue,
        };
    }
    problem
}

#[derive(Deserialize)]
pub(super) struct DecisionForm {
    decision: Option<Decision>,
}

#[post("/hours/weeks/{valid_from}/clear")]
pub(super) async fn desk_week_clear(
    ctx: Data<Ctx>,
    req: HttpRequest,
    shell: Shell,
    desk: Desk,
    from: Path<Day>,
    Form(form): Form<DecisionForm>,
) -> Result<HttpResponse> {
    affected::answer(&req, shell, service::clear_week(&ctx, &desk, from.0.0, form.decision).await, BACK)
}

#[derive(Deserialize)]
pub(super) struct DayForm {
    date: Day,
    from: Option<MinuteOfDay>,
    to: Option<MinuteOfDay>,
    reason: Line<100>,
    decision: Option<Decision>,
}

#[post("/hours/days")]
pub(super) async fn desk_day_set(
    ctx: Data<Ctx>,
    req: HttpRequest,
    shell: Shell,
    desk: Desk,
    Form(form): Form<DayForm>,
) -> Result<HttpResponse> {
    let DayForm { date, from, to, reason, decision } = form;
    let body = DeskDayIn { from, to, reason, decision };
    affected::answer(&req, shell, service::set_day(&ctx, &desk, date.0, body).await, BACK)
}

#[post("/hours/days/{date}/clear")]
pub(super) async fn desk_day_clear(
    ctx: Data<Ctx>,
    req: HttpRequest,
    shell: Shell,
    desk: Desk,
    date: Path<Day>,
    Form(form): Form<DecisionForm>,
) -> Result<HttpResponse> {
    affected::answer(&req, shell, service::clear_day(&ctx, &desk, date.0.0, form.decision).await, BACK)
}
