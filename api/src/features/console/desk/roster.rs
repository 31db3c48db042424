//! Who is on duty when, and the visits that the plan has no room for.

use actix_web::{HttpRequest, HttpResponse, get, post, web::Data};
use entity::ClassId;
use serde::Deserialize;

use super::{
    super::{
        fields::Fields,
        form::{Form, needed},
        shell::Shell,
        table::{Table, number, text},
        view::{Part, View},
    },
    affected,
    hours::{Sent, parsed},
};
use crate::{
    error::{Problem, Result, Text},
    features::{
        auth::Desk,
        bookings::{desk_dto::DeskClassDayOut, service as bookings},
        planning::{
            dto::{ConflictsQuery, DeskRosterIn, DeskRosterLine},
            service,
        },
    },
    http::{Cursor, Day, Limit, Path, Query, Whole},
    state::Ctx,
};

/// Lines of a form; more can be set through the API.
const LINES: usize = 4;

#[derive(Deserialize)]
pub(super) struct RosterQuery {
    date: Option<Day>,
}

#[get("/roster")]
pub(super) async fn desk_roster(
    ctx: Data<Ctx>,
    shell: Shell,
    desk: Desk,
    Query(query): Query<RosterQuery>,
) -> Result<HttpResponse> {
    let day = bookings::day(&ctx, &desk, query.date.map(|day| day.0)).await?;
    let manages = shell.manages();
    let date = day.date.to_string();
    let set = shell.t("设置当日排班", "Set the day's roster");
    let mut view = View::new(&shell, shell.t("排班", "Roster")).form(Fields::filter(&shell, "/desk/roster").date(
        "date",
        shell.t("日期", "Date"),
        &*date,
    ));
    for class in &day.classes {
        view = view.part(Part::Heading(class.class_name.clone()));
        if class.half_hours.is_empty() {
            view = view.text("当日不开放。", "Closed on this day.");
            continue;
        }
        view = view.table(on_duty(&shell, class));
        if manages {
            view = view.forms(vec![(format!("{set}：{}", class.class_name), lines(&shell, class, &date))]);
        }
    }
    view.answer(&ctx)
}

fn on_duty(shell: &Shell, class: &DeskClassDayOut) -> Table {
    let t = |zh, en| shell.t(zh, en);
    let columns = [t("时段", "Time"), t("#保育人员", "#Carers"), t("#可用托位", "#Places"), t("#已预约", "#Booked")];
    let caption = format!("{} · {}", class.class_name, t("在岗", "on duty"));
    let mut table = Table::new(shell, &caption, &columns);
    for span in &class.half_hours {
        table.row(vec![
            text(format!("{}–{}", span.from, span.to)),
            number(span.carers.into()),
            number(span.places.into()),
            number(span.expected + span.in_care + span.left),
        ]);
    }
    table
}

fn lines(shell: &Shell, class: &DeskClassDayOut, date: &str) -> Fields {
    let t = |zh, en| shell.t(zh, en);
    // As it is now: spans with the same number of carers.
    let mut spans: Vec<(String, String, i32)> = Vec::new();
    for span in &class.half_hours {
        match spans.last_mut() {
            Some(last) if last.2 == span.carers => last.1 = span.to.to_string(),
            _ => spans.push((span.from.to_string(), span.to.to_string(), span.carers)),
        }
    }
    let legend = t("在岗人员；全部留空则恢复常设人员", "Carers on duty; all empty: the standing ones");
    let action = format!("/desk/classes/{}/roster", class.class_id);
    let mut form = Fields::post(shell, action, t("保存", "Save")).legend(legend).hidden("date", date);
    for n in 0..LINES.max(spans.len()) {
        let (from, to, carers) = match spans.get(n) {
            Some((from, to, carers)) => (&**from, &**to, Some(i64::from(*carers))),
            None => ("", "", None),
        };
        let label = |zh, en| format!("{} {}", n + 1, t(zh, en));
        form = form
            .time(format!("l{n}_from"), &label("开始", "from"), from)
            .optional()
            .time(format!("l{n}_to"), &label("结束", "to"), to)
            .optional()
            .number(format!("l{n}_carers"), &label("人数", "carers"), carers, (0, 100))
            .optional();
    }
    form
}

#[post("/classes/{id}/roster")]
pub(super) async fn desk_roster_set(
    ctx: Data<Ctx>,
    req: HttpRequest,
    shell: Shell,
    desk: Desk,
    id: Path<ClassId>,
    Form(fields): Form<Sent>,
) -> Result<HttpResponse> {
    let date = fields.get("date").map(String::as_str).unwrap_or_default();
    let date = needed("date", serde_json::from_value::<Day>(date.into()).ok())?;
    let (mut lines, mut counted) = (Vec::new(), Vec::new());
    for n in 0..48 {
        let name = |end: &str| format!("l{n}_{end}");
        let (from, to) = (parsed(&fields, &name("from"))?, parsed(&fields, &name("to"))?);
        let carers = parsed::<i32>(&fields, &name("carers"))?;
        if from.is_none() && to.is_none() && carers.is_none() {
            continue;
        }
        let carers = needed(&name("carers"), carers)?;
        if !(0..=100).contains(&carers) {
            let text = Text::new("须为 0 到 100 的整数。", "Must be an integer from 0 to 100.");
            return Err(Problem::field(name("carers"), "out_of_range", text));
        }
        let (from, to) = (needed(&name("from"), from)?, needed(&name("to"), to)?);
        lines.push(DeskRosterLine { from, to, carers: Whole(carers) });
        counted.push(n);
    }
    let done = service::set_roster(&ctx, &desk, (id.0, date.0), DeskRosterIn { lines }).await;
    // `lines[1].to` is the end of the second line that is filled in.
    let done = done.map_err(|mut problem| {
        for error in &mut problem.errors {
            let at = error.field.strip_prefix("lines[").and_then(|rest| rest.split_once("]."));
            if let Some((Ok(at), end)) = at.map(|(at, end)| (at.parse::<usize>(), end))
                && let Some(n) = counted.get(at)
            {
                error.field = format!("l{n}_{end}");
            }
        }
        problem
    });
    affected::answer(&req, shell, done, &format!("/desk/roster?date={}", date.0))
}

#[derive(Deserialize)]
pub(super) struct ListQuery {
    cursor: Option<Cursor>,
}

#[get("/conflicts")]
pub(super) async fn desk_conflicts(
    ctx: Data<Ctx>,
    shell: Shell,
    desk: Desk,
    Query(query): Query<ListQuery>,
) -> Result<HttpResponse> {
    let asked = ConflictsQuery { limit: Limit::default(), cursor: query.cursor };
    let found = shell.list(&asked, async |asked| service::conflicts(&ctx, &desk, &asked).await).await?;
    let title = shell.t("冲突：现有安排容纳不下的托育", "Conflicts: visits that the plan has no room for");
    View::new(&shell, title).table(affected::conflicts(&shell, &found.items).rest(&shell, found.rest)).answer(&ctx)
}
