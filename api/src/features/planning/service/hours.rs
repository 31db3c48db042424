//! Weeks and days of a centre.

use chrono::{Days, NaiveDate};
use entity::{MinuteOfDay, WeekHours, centre_days, centre_weeks};
use serde_json::json;

use super::{
    super::{
        dto::{
            Decision, DeskDayIn, DeskPlanDaysOut, DeskWeekIn, DeskWeeksOut, HalfDayHours, PlanChangeOut, WeekdayHours,
        },
        store,
    },
    Change, DAYS_AHEAD, change_hours, not_past,
};
use crate::{
    error::{Code, Problem, Result, Text},
    features::{audit::Actor, auth::Desk, centres::CentrePlan, terms},
    state::Ctx,
};

/// The centre's own days from today on.
pub async fn days(ctx: &Ctx, desk: &Desk) -> Result<DeskPlanDaysOut> {
    let rows = store::days(ctx.db.reader(), desk.centre_id, ctx.clock.today()).await?;
    Ok(DeskPlanDaysOut { items: rows.into_iter().map(Into::into).collect() })
}

/// Gives a day hours of its own, or closes it.
pub async fn set_day(ctx: &Ctx, desk: &Desk, date: NaiveDate, body: DeskDayIn) -> Result<PlanChangeOut> {
    not_past(ctx, "date", date)?;
    on_the_half_hour([("from", body.from), ("to", body.to)])?;
    match (body.from, body.to) {
        (Some(from), Some(to)) if to <= from => {
            let text = Text::new("结束时间须晚于开始时间。", "`to` must be later than `from`.");
            return Err(Problem::field("to", "not_after_from", text));
        }
        (Some(_), None) => {
            return Err(Problem::field("to", "missing", Text::new("请填写结束时间。", "`to` is missing.")));
        }
        (None, Some(_)) => {
            return Err(Problem::field("from", "missing", Text::new("请填写开始时间。", "`from` is missing.")));
        }
        _ => {}
    }
    let centre_id = desk.centre_id;
    let row =
        centre_days::Model { centre_id, date, opens: body.from, closes: body.to, reason: body.reason.to_string() };
    let change = Change {
        actor: Actor::from(desk),
        centre: Some(desk.centre_id),
        dates: (date, date),
        decision: body.decision,
        reason: &body.reason,
        action: "centre.day_set",
        object: desk.centre_id.to_string(),
        detail: json!({ "date": date, "from": body.from, "to": body.to }),
    };
    change_hours(ctx, change, async |txn| Ok(store::put_day(txn, row.clone()).await?)).await
}

/// Takes a day's own hours away again.
pub async fn clear_day(ctx: &Ctx, desk: &Desk, date: NaiveDate, decision: Option<Decision>) -> Result<PlanChangeOut> {
    not_past(ctx, "date", date)?;
    let change = Change {
        actor: Actor::from(desk),
        centre: Some(desk.centre_id),
        dates: (date, date),
        decision,
        reason: "机构开放时间调整",
        action: "centre.day_cleared",
        object: desk.centre_id.to_string(),
        detail: json!({ "date": date }),
    };
    change_hours(ctx, change, async |txn| {
        let there = store::clear_day(txn, desk.centre_id, date).await?;
        if there { Ok(()) } else { Err(Problem::new(Code::NotFound)) }
    })
    .await
}

/// The week that applies today, and those that follow it.
pub async fn weeks(ctx: &Ctx, desk: &Desk) -> Result<DeskWeeksOut> {
    let today = ctx.clock.today();
    let plan = CentrePlan::load(ctx.db.reader(), desk.centre_id, today).await?;
    let plan = plan.ok_or_else(|| Problem::new(Code::NotFound))?;
    let first = plan.week_on(today).valid_from;
    Ok(DeskWeeksOut { items: plan.weeks.iter().filter(|week| first <= week.valid_from).map(Into::into).collect() })
}

/// Sets the weekly hours and half-day windows from a date on, until the next later ones.
pub async fn set_week(ctx: &Ctx, desk: &Desk, from: NaiveDate, body: DeskWeekIn) -> Result<PlanChangeOut> {
    not_past(ctx, "valid_from", from)?;
    check_week(&body.hours, body.morning, body.afternoon)?;
    let row = centre_weeks::Model {
        centre_id: desk.centre_id,
        valid_from: from,
        hours: WeekHours(body.hours.iter().map(|day| (day.weekday, day.from, day.to)).collect()),
        morning_from: body.morning.from,
        morning_to: body.morning.to,
        afternoon_from: body.afternoon.from,
        afternoon_to: body.afternoon.to,
    };
    let change = week_change(ctx, desk, from, body.decision, "centre.week_set");
    change_hours(ctx, change, async |txn| {
        // Under the centre's row, as whoever sets a price.
        terms::lock_centre(txn, desk.centre_id).await?;
        store::put_week(txn, row.clone()).await?;
        let plan = CentrePlan::load(txn, desk.centre_id, ctx.clock.today()).await?;
        plan.map_or(Ok(()), |plan| terms::check_caps(&plan, ctx.clock.today(), "hours"))
    })
    .await
}

/// Takes back a week that was announced.
pub async fn clear_week(ctx: &Ctx, desk: &Desk, from: NaiveDate, decision: Option<Decision>) -> Result<PlanChangeOut> {
    not_past(ctx, "valid_from", from)?;
    let change = week_change(ctx, desk, from, decision, "centre.week_cleared");
    change_hours(ctx, change, async |txn| {
        let there = store::clear_week(txn, desk.centre_id, from).await?;
        if there { Ok(()) } else { Err(Problem::new(Code::NotFound)) }
    })
    .await
}

fn week_change(
    ctx: &Ctx,
    desk: &Desk,
    from: NaiveDate,
    decision: Option<Decision>,
    action: &'static str,
) -> Change<'static> {
    Change {
        actor: Actor::from(desk),
        centre: Some(desk.centre_id),
        dates: (from, from.max(ctx.clock.today()) + Days::new(DAYS_AHEAD)),
        decision,
        reason: "机构开放时间调整",
        action,
        object: desk.centre_id.to_string(),
        detail: json!({ "valid_from": from }),
    }
}

/// Care is planned by the half-hour (invariant 1), and so are hours.
pub(super) fn on_the_half_hour<F: Into<String>>(
    times: impl IntoIterator<Item = (F, Option<MinuteOfDay>)>,
) -> Result<()> {
    for (field, time) in times {
        if time.is_some_and(|time| !time.on_the_half_hour()) {
            let text = Text::new("时间须为整点或半点。", "Times lie on the half-hour.");
            return Err(Problem::field(field, "off_half_hour", text));
        }
    }
    Ok(())
}

/// Half-day windows don't meet, and each lies inside the hours of some day.
fn halves(hours: &[WeekdayHours], morning: HalfDayHours, afternoon: HalfDayHours) -> Result<()> {
    if afternoon.from < morning.to {
        let text = Text::new("下午时段须在上午时段结束之后开始。", "The afternoon begins when the morning is over.");
        return Err(Problem::field("afternoon.from", "before_morning_ends", text));
    }
    for (field, half) in [("morning", morning), ("afternoon", afternoon)] {
        if !hours.iter().any(|day| day.from <= half.from && half.to <= day.to) {
            let text = Text::new(
                format!("半日托时段{}–{}不在任何一天的开放时间内，请调整。", half.from, half.to),
                "No day is open through this half-day.",
            );
            return Err(Problem::field(field, "outside_hours", text));
        }
    }
    Ok(())
}

/// Checks weekly hours and half-day windows.
pub fn check_week(hours: &[WeekdayHours], morning: HalfDayHours, afternoon: HalfDayHours) -> Result<()> {
    let not_after = |field: String| {
        Err(Problem::field(
            field,
            "not_after_from",
            Text::new("结束时间须晚于开始时间。", "`to` must be later than `from`."),
        ))
    };
    let mut seen = [false; 7];
    for (i, day) in hours.iter().enumerate() {
        match seen.get_mut(usize::from(day.weekday).wrapping_sub(1)) {
            Some(slot) if !*slot => *slot = true,
            _ => {
                let text = Text::new("星期须为 1 到 7，且不能重复。", "Weekdays run from 1 to 7, each once.");
                return Err(Problem::field(format!("hours[{i}].weekday"), "out_of_range", text));
            }
        }
        on_the_half_hour([(format!("hours[{i}].from"), Some(day.from)), (format!("hours[{i}].to"), Some(day.to))])?;
        if day.to <= day.from {
            return not_after(format!("hours[{i}].to"));
        }
    }
    for (field, half) in [("morning", morning), ("afternoon", afternoon)] {
        on_the_half_hour([(format!("{field}.from"), Some(half.from)), (format!("{field}.to"), Some(half.to))])?;
        if half.to <= half.from {
            return not_after(format!("{field}.to"));
        }
    }
    halves(hours, morning, afternoon)
}
