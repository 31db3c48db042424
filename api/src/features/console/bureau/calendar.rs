//! Holidays and swapped working days of all centres.

use actix_web::{
    HttpResponse, get, post,
    web::{Data, ServiceConfig},
};
use entity::CalendarKind;
use serde::Deserialize;

use super::super::{
    fields::{Choice, Fields, choices},
    form::Form,
    shell::{Shell, see},
    table::{Cell, Table, text},
    values::WEEKDAYS,
    view::View,
};
use crate::{
    error::Result,
    features::{
        auth::Bureau,
        planning::{
            dto::{CalendarDayIn, CalendarQuery, Decision},
            service,
        },
    },
    http::{Day, Line, Path, Query, Whole},
    state::Ctx,
};

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(bureau_calendar).service(bureau_set_calendar_day).service(bureau_clear_calendar_day);
}

fn weekday(shell: &Shell, number: i32) -> String {
    let at = usize::try_from(number - 1).ok().and_then(|at| WEEKDAYS.get(at));
    at.map_or_else(|| "—".to_owned(), |(zh, en)| shell.t(zh, en).to_owned())
}

/// What becomes of visits that are in the way; refused until somebody says so.
fn decisions(shell: &Shell) -> Vec<Choice> {
    let choice = |word: &str, zh, en| (word.to_owned(), shell.t(zh, en).to_owned(), word.is_empty());
    vec![
        choice("", "有预约时先提示我", "tell me first"),
        choice("keep", "保留预约，照常托育", "they stand"),
        choice("cancel", "取消预约，不收费", "they are cancelled and not charged"),
    ]
}

#[get("/calendar")]
async fn bureau_calendar(
    ctx: Data<Ctx>,
    shell: Shell,
    _bureau: Bureau,
    Query(query): Query<CalendarQuery>,
) -> Result<HttpResponse> {
    let t = |zh, en| shell.t(zh, en);
    let day = |day: Option<Day>| day.map(|day| day.to_string()).unwrap_or_default();
    let filter = Fields::filter(&shell, "/bureau/calendar").date("from", t("从", "From"), day(query.from)).date(
        "to",
        t("到", "To"),
        day(query.to),
    );
    let columns =
        [t("日期", "Day"), t("类型", "Kind"), t("名称", "Name"), t("按哪天开放", "Opens as on"), t("!操作", "!Do")];
    let mut table = Table::new(&shell, t("节假日与调休", "Holidays and swapped days"), &columns);
    let today = ctx.clock.today();
    for day in service::calendar(&ctx, &query).await?.items {
        let clear =
            Fields::post(&shell, format!("/bureau/calendar/{}/clear", day.date), t("恢复为普通日", "Make it ordinary"))
                .choice("decision", t("受影响的预约", "Visits in the way"), decisions(&shell));
        let clear = (t("取消", "Clear").to_owned(), clear);
        table.row(vec![
            text(day.date.to_string()),
            text(shell.word(day.kind.zh(), day.kind.as_str())),
            text(day.name),
            text(day.works_as.map_or_else(|| "—".to_owned(), |number| weekday(&shell, number))),
            Cell::Forms(if day.date >= today { vec![clear] } else { Vec::new() }),
        ]);
    }
    View::new(&shell, t("日历", "Calendar"))
        .form(filter)
        .table(table.sortable(&shell, 'd'))
        .links(&[(
            "下载全部日期（含已过和一年以后）",
            "Every day, past ones and those far ahead too",
            "/api/v1/bureau/exports/calendar.csv?from=2000-01-01",
        )])
        .form(set_form(&shell))
        .answer(&ctx)
}

fn set_form(shell: &Shell) -> Fields {
    let t = |zh, en| shell.t(zh, en);
    let kinds = CalendarKind::ALL.iter().map(|kind| (kind.as_str(), kind.zh(), *kind == CalendarKind::Holiday));
    let mut days = vec![(String::new(), t("（节假日不填）", "(not of a holiday)").to_owned(), true)];
    for number in 1..=7 {
        days.push((number.to_string(), weekday(shell, number), false));
    }
    Fields::post(shell, "/bureau/calendar", t("保存", "Save"))
        .legend(t("设置一天", "Set a day"))
        .date("date", t("日期", "Day"), "")
        .choice("kind", t("类型", "Kind"), choices(shell, kinds))
        .text("name", t("名称（家长可见）", "Name, for families"), "", 40)
        .choice("works_as", t("调休上班日按哪天开放", "A swapped day opens as on"), days)
        .choice("decision", t("受影响的预约", "Visits in the way"), decisions(shell))
}

#[derive(Deserialize)]
struct DayForm {
    date: Day,
    kind: CalendarKind,
    works_as: Option<Whole<1, 7>>,
    name: Line<40>,
    decision: Option<Decision>,
}

#[post("/calendar")]
async fn bureau_set_calendar_day(ctx: Data<Ctx>, bureau: Bureau, Form(form): Form<DayForm>) -> Result<HttpResponse> {
    let DayForm { date, kind, works_as, name, decision } = form;
    service::set_calendar(&ctx, &bureau, date.0, CalendarDayIn { kind, works_as, name, decision }).await?;
    Ok(see("/bureau/calendar", "saved"))
}

#[derive(Deserialize)]
struct ClearForm {
    decision: Option<Decision>,
}

#[post("/calendar/{date}/clear")]
async fn bureau_clear_calendar_day(
    ctx: Data<Ctx>,
    bureau: Bureau,
    date: Path<Day>,
    Form(form): Form<ClearForm>,
) -> Result<HttpResponse> {
    service::clear_calendar(&ctx, &bureau, date.0.0, form.decision).await?;
    Ok(see("/bureau/calendar", "saved"))
}
