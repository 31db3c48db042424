//! The day of a centre.

use actix_web::{HttpResponse, get, web::Data};
use askama::Template;
use chrono::{Days, NaiveDate};
use entity::{MinuteOfDay, VisitStatus};
use serde::Deserialize;

use super::super::{
    bureau::guidance::state,
    shell::{Shell, show},
    table::{Cell, Table, link, number, text},
    values::dash,
};
use crate::{
    error::{Problem, Result},
    features::{
        auth::Desk,
        bookings::{
            desk_dto::{DeskClassDayOut, DeskDayOut, DeskVisitOut},
            rules::life::EntryCheckStatus,
            service,
        },
        guidance::{dto::StaffGuidanceOut, staff},
    },
    http::{Day, Query},
    state::Ctx,
};

#[derive(Deserialize)]
pub(super) struct TodayQuery {
    date: Option<Day>,
}

/// Those who come in one half-hour.
struct Slot<'a> {
    from: MinuteOfDay,
    visits: Vec<&'a DeskVisitOut>,
}

#[derive(Template)]
#[template(path = "console/desk/today.html")]
struct TodayPage<'a> {
    date: NaiveDate,
    /// The day that it is.
    now: NaiveDate,
    /// Whether it is today: coming and going is recorded on the day itself.
    today: bool,
    before: Option<NaiveDate>,
    after: Option<NaiveDate>,
    classes: Table,
    /// Name of a class, and its half-hours.
    half_hours: Vec<(&'a str, String)>,
    slots: Vec<Slot<'a>>,
    /// Families at home that the centre visits; none, no table.
    at_home: Option<Table>,
    shell: Shell,
}

impl TodayPage<'_> {
    fn check_in(&self, visit: &DeskVisitOut) -> bool {
        visit.status == VisitStatus::Expected && self.today && visit.date == self.date
    }

    /// What is still to come has no history and nothing to put right.
    fn has_been(&self, visit: &DeskVisitOut) -> bool {
        visit.date <= self.now
    }

    fn needs_check(visit: &DeskVisitOut) -> bool {
        visit.entry_check.status == EntryCheckStatus::Needed
    }
}

#[get("")]
pub(super) async fn desk_today(
    ctx: Data<Ctx>,
    shell: Shell,
    desk: Desk,
    Query(query): Query<TodayQuery>,
) -> Result<HttpResponse> {
    let day = service::day(&ctx, &desk, query.date.map(|day| day.0)).await?;
    let at_home = at_home(&shell, &staff::desk_visits(&ctx, &desk, day.date).await?);
    let half_hours = day.classes.iter().map(|class| Ok((&*class.class_name, spans(&shell, class)?)));
    show(&TodayPage {
        date: day.date,
        now: ctx.clock.today(),
        today: day.date == ctx.clock.today(),
        before: day.date.checked_sub_days(Days::new(1)),
        after: day.date.checked_add_days(Days::new(1)),
        classes: classes(&shell, &day),
        half_hours: half_hours.collect::<Result<_>>()?,
        slots: slots(&day),
        at_home,
        shell,
    })
}

/// By the half-hour in which they begin; they come in that order.
fn slots(day: &DeskDayOut) -> Vec<Slot<'_>> {
    let mut slots: Vec<Slot> = Vec::new();
    for visit in &day.items {
        let from = MinuteOfDay(visit.from.0 - visit.from.0 % MinuteOfDay::SLOT);
        match slots.last_mut() {
            Some(slot) if slot.from == from => slot.visits.push(visit),
            _ => slots.push(Slot { from, visits: vec![visit] }),
        }
    }
    slots
}

fn classes(shell: &Shell, day: &DeskDayOut) -> Table {
    let t = |zh, en| shell.t(zh, en);
    let columns = [
        t("班级", "Class"),
        t("#在园", "#There"),
        t("#待入园", "#Expected"),
        t("#已离园", "#Left"),
        t("#请假", "#Absent"),
        t("保育人员", "Carers"),
    ];
    let mut table = Table::new(shell, t("各班人数", "Classes"), &columns);
    for class in &day.classes {
        let carers = match (class.carers_now, class.carers_needed) {
            (Some(now), Some(needed)) if class.too_few_carers => {
                Cell::Mark("bad", format!("{now}/{needed} {}", t("人手不足", "too few")))
            }
            (Some(now), Some(needed)) => Cell::Mark("good", format!("{now}/{needed}")),
            _ => text("—"),
        };
        table.row(vec![
            text(class.class_name.clone()),
            number(class.in_care),
            number(class.expected),
            number(class.left),
            number(class.absent),
            carers,
        ]);
    }
    table
}

/// The visits at home of the day; where the family lives stands on their own page, not on the wall.
fn at_home(shell: &Shell, visits: &[StaffGuidanceOut]) -> Option<Table> {
    let t = |zh, en| shell.t(zh, en);
    let columns = [t("孩子", "Child"), t("主题", "About"), t("上门日期", "On"), t("状态", "State")];
    let mut table = Table::new(shell, t("入户指导", "Guidance at home"), &columns);
    for visit in visits {
        let half = visit.half.map(|half| shell.word(half.zh(), half.as_str())).unwrap_or_default();
        table.row(vec![
            link(dash(visit.child_name.clone()), "/desk/guidance"),
            text(shell.word(visit.topic.zh(), visit.topic.as_str())),
            text(format!("{} {half}", dash(visit.visit_on))),
            state(shell, visit),
        ]);
    }
    (!visits.is_empty()).then_some(table)
}

/// The half-hours of a class, where its numbers change.
fn spans(shell: &Shell, class: &DeskClassDayOut) -> Result<String> {
    let t = |zh, en| shell.t(zh, en);
    let columns = [
        t("时段", "Time"),
        t("#待入园", "#Expected"),
        t("#在园", "#There"),
        t("#已离园", "#Left"),
        t("#可用托位", "#Places"),
        t("#保育人员", "#Carers"),
    ];
    let caption = format!("{} · {}", class.class_name, t("按半小时", "by half-hour"));
    let mut table = Table::new(shell, &caption, &columns);
    for span in &class.half_hours {
        table.row(vec![
            text(format!("{}–{}", span.from, span.to)),
            number(span.expected),
            number(span.in_care),
            number(span.left),
            number(span.places.into()),
            number(span.carers.into()),
        ]);
    }
    table.render().map_err(Problem::internal)
}

const fn colour(status: &VisitStatus) -> &'static str {
    match status {
        VisitStatus::Expected => "wait",
        VisitStatus::InCare => "good",
        VisitStatus::NoShow => "bad",
        VisitStatus::Left | VisitStatus::Absent | VisitStatus::Cancelled => "plain",
    }
}
