//! The bureau's calendar of all centres.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};
use entity::{CalendarKind, calendar_days};
use sea_orm::DatabaseTransaction;
use serde_json::json;

use super::{
    super::{
        dto::{CalendarDayIn, CalendarOut, CalendarQuery, Decision, PlanChangeOut},
        store,
    },
    Calendar, Change, change_hours, not_past, outside, planned,
};
use crate::{
    error::{Code, Problem, Result, Text},
    features::{audit::Actor, auth::Bureau},
    http::Day,
    state::Ctx,
};

/// Days of the bureau's calendar.
pub async fn calendar(ctx: &Ctx, query: &CalendarQuery) -> Result<CalendarOut> {
    let from = query.from.map_or_else(|| ctx.clock.today(), |day| day.0);
    let last = from + Days::new(366);
    let to = query.to.map_or(last, |day| day.0);
    if to < from || to > last {
        let text = Text::new("结束日期须在开始日期之后一年内。", "`to` lies within a year after `from`.");
        return Err(Problem::field("to", "out_of_range", text));
    }
    let rows = store::calendar(ctx.db.reader(), from, to).await?;
    Ok(CalendarOut { items: rows.into_iter().map(Into::into).collect() })
}

/// All days of the calendar in a range, of which either end may be open: past ones, and those far ahead, too.
pub async fn calendar_between(ctx: &Ctx, from: Option<Day>, to: Option<Day>) -> Result<CalendarOut> {
    let (first, last) = (from.map_or(NaiveDate::MIN, |day| day.0), to.map_or(NaiveDate::MAX, |day| day.0));
    if last < first {
        let text = Text::new("结束日期不能早于开始日期。", "`to` is before `from`.");
        return Err(Problem::field("to", "out_of_range", text));
    }
    let rows = store::calendar_between(ctx.db.reader(), from.map(|day| day.0), to.map(|day| day.0)).await?;
    Ok(CalendarOut { items: rows.into_iter().map(Into::into).collect() })
}

/// Holidays are announced for the next year: farther ahead than this is a mistyped year.
const FARTHEST: Days = Days::new(5 * 366);

/// Checks a day to be set.
pub fn check_calendar_day(ctx: &Ctx, date: NaiveDate, kind: CalendarKind, works_as: Option<i32>) -> Result<()> {
    not_past(ctx, "date", date)?;
    if date > ctx.clock.today() + FARTHEST {
        let text = Text::new("日期距今超过5年，请核对年份。", "More than five years ahead: check the year.");
        return Err(Problem::field("date", "too_far", text));
    }
    if works_as.is_some() && kind == CalendarKind::Holiday {
        let text = Text::new("节假日不需要填写 works_as。", "A holiday takes no `works_as`.");
        return Err(Problem::field("works_as", "not_for_this_kind", text));
    }
    if works_as.is_none() && kind == CalendarKind::Workday {
        let text = Text::new(
            "调休上班日请填写 works_as：按星期几的时间开放（1 至 7）。",
            "A swapped working day needs `works_as`: whose weekday's hours apply, 1 to 7.",
        );
        return Err(Problem::field("works_as", "missing", text));
    }
    Ok(())
}

/// Sets days in the transaction of an import; gives those on which it hits visits, and how many: they are
/// for a change of one day to decide about.
pub async fn put_calendar_days(
    ctx: &Ctx,
    txn: &DatabaseTransaction,
    days: Vec<calendar_days::Model>,
) -> Result<BTreeMap<NaiveDate, usize>> {
    let mut hit = BTreeMap::new();
    if days.is_empty() {
        return Ok(hit);
    }
    store::lock_classes(txn, None).await?;
    for day in days {
        let date = day.date;
        let calendar: Calendar = [(date, day.clone())].into();
        store::put_calendar(txn, day).await?;
        let visits = outside(ctx, txn, None, (date, date), &calendar).await?.len();
        if visits > 0 {
            hit.insert(date, visits);
        }
    }
    planned(ctx, txn, None).await?;
    Ok(hit)
}

/// Sets a holiday or a swapped working day for all centres.
pub async fn set_calendar(ctx: &Ctx, bureau: &Bureau, date: NaiveDate, body: CalendarDayIn) -> Result<PlanChangeOut> {
    let works_as = body.works_as.map(|day| day.0);
    check_calendar_day(ctx, date, body.kind, works_as)?;
    let row = calendar_days::Model { date, kind: body.kind, works_as, name: body.name.to_string() };
    let change = Change {
        actor: Actor::from(bureau),
        centre: None,
        dates: (date, date),
        decision: body.decision,
        reason: &body.name,
        action: "calendar.day_set",
        object: date.to_string(),
        detail: json!({ "kind": body.kind, "works_as": works_as }),
    };
    change_hours(ctx, change, async |txn| Ok(store::put_calendar(txn, row.clone()).await?)).await
}

/// Makes a day of the calendar an ordinary one again.
pub async fn clear_calendar(
    ctx: &Ctx,
    bureau: &Bureau,
    date: NaiveDate,
    decision: Option<Decision>,
) -> Result<PlanChangeOut> {
    not_past(ctx, "date", date)?;
    let change = Change {
        actor: Actor::from(bureau),
        centre: None,
        dates: (date, date),
        decision,
        reason: "节假日安排调整",
        action: "calendar.day_cleared",
        object: date.to_string(),
        detail: json!({}),
    };
    change_hours(ctx, change, async |txn| {
        let there = store::clear_calendar(txn, date).await?;
        if there { Ok(()) } else { Err(Problem::new(Code::NotFound)) }
    })
    .await
}
