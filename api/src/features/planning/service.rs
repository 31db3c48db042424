//! Use cases of planning.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};
use entity::{
    BookingId, CentreId, ClassId, VisitId, VisitStatus, calendar_days, centre_days, classes, rosters, visits,
};
use sea_orm::DatabaseTransaction;
use serde_json::{Value, json};

use super::{
    dto::{
        CalendarDayIn, CalendarOut, CalendarQuery, ConflictOut, ConflictsOut, Decision, DeskClassIn, DeskDayIn,
        DeskPlanDaysOut, DeskRosterIn, PlanChangeOut,
    },
    rules::{self, ConflictKind},
    store,
};
use crate::{
    error::{Code, Problem, Result, Text},
    features::{
        audit::{self, Actor},
        auth::{Bureau, Desk},
        bookings::{service as booking, store::freed},
        centres::{CentrePlan, rules as centre_rules, store as centre_store},
    },
    platform::db::write_txn,
    state::Ctx,
};

/// Days ahead that conflicts are looked for: no booking reaches further than horizon and length allow.
const DAYS_AHEAD: u64 = 366;
/// Conflicts named in one answer.
const MOST_NAMED: usize = 100;
/// Lines of one day's roster.
const MOST_LINES: usize = 20;

/// One date on which the hours of a centre, or of all centres, change.
struct Change<'a> {
    actor: Actor,
    centre: Option<CentreId>,
    date: NaiveDate,
    decision: Option<Decision>,
    /// For families whose visits are cancelled.
    reason: &'a str,
    action: &'static str,
    object: String,
    detail: Value,
}

type Calendar = BTreeMap<NaiveDate, calendar_days::Model>;

/// The centre's own days from today on.
pub async fn days(ctx: &Ctx, desk: &Desk) -> Result<DeskPlanDaysOut> {
    let rows = store::days(ctx.db.reader(), desk.centre_id, ctx.clock.today()).await?;
    Ok(DeskPlanDaysOut { items: rows.into_iter().map(Into::into).collect() })
}

fn not_past(ctx: &Ctx, date: NaiveDate) -> Result<()> {
    if date < ctx.clock.today() {
        let text = Text::new("日期已过，只能调整今天及以后的安排。", "The date is past.");
        return Err(Problem::field("date", "past", text));
    }
    Ok(())
}

/// Gives a day hours of its own, or closes it.
pub async fn set_day(ctx: &Ctx, desk: &Desk, date: NaiveDate, body: DeskDayIn) -> Result<PlanChangeOut> {
    desk.manager()?;
    not_past(ctx, date)?;
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
        date,
        decision: body.decision,
        reason: &body.reason,
        action: "centre.day_set",
        object: desk.centre_id.to_string(),
        detail: json!({ "date": date, "from": body.from, "to": body.to }),
    };
    change_day(ctx, change, async |txn| Ok(store::put_day(txn, row.clone()).await?)).await
}

/// Takes a day's own hours away again.
pub async fn clear_day(ctx: &Ctx, desk: &Desk, date: NaiveDate, decision: Option<Decision>) -> Result<PlanChangeOut> {
    desk.manager()?;
    not_past(ctx, date)?;
    let change = Change {
        actor: Actor::from(desk),
        centre: Some(desk.centre_id),
        date,
        decision,
        reason: "机构开放时间调整",
        action: "centre.day_cleared",
        object: desk.centre_id.to_string(),
        detail: json!({ "date": date }),
    };
    change_day(ctx, change, async |txn| {
        let there = store::clear_day(txn, desk.centre_id, date).await?;
        if there { Ok(()) } else { Err(Problem::new(Code::NotFound)) }
    })
    .await
}

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

/// Sets a holiday or a swapped working day for all centres.
pub async fn set_calendar(ctx: &Ctx, bureau: &Bureau, date: NaiveDate, body: CalendarDayIn) -> Result<PlanChangeOut> {
    not_past(ctx, date)?;
    let works_as = body.works_as.map(|day| day.0);
    if works_as.is_some() && body.kind == entity::CalendarKind::Holiday {
        let text = Text::new("节假日不需要填写 works_as。", "A holiday takes no `works_as`.");
        return Err(Problem::field("works_as", "not_for_this_kind", text));
    }
    let row = calendar_days::Model { date, kind: body.kind, works_as, name: body.name.to_string() };
    let change = Change {
        actor: Actor::from(bureau),
        centre: None,
        date,
        decision: body.decision,
        reason: &body.name,
        action: "calendar.day_set",
        object: date.to_string(),
        detail: json!({ "kind": body.kind, "works_as": works_as }),
    };
    change_day(ctx, change, async |txn| Ok(store::put_calendar(txn, row.clone()).await?)).await
}

/// Makes a day of the calendar an ordinary one again.
pub async fn clear_calendar(
    ctx: &Ctx,
    bureau: &Bureau,
    date: NaiveDate,
    decision: Option<Decision>,
) -> Result<PlanChangeOut> {
    not_past(ctx, date)?;
    let change = Change {
        actor: Actor::from(bureau),
        centre: None,
        date,
        decision,
        reason: "节假日安排调整",
        action: "calendar.day_cleared",
        object: date.to_string(),
        detail: json!({}),
    };
    change_day(ctx, change, async |txn| {
        let there = store::clear_calendar(txn, date).await?;
        if there { Ok(()) } else { Err(Problem::new(Code::NotFound)) }
    })
    .await
}

/// Changes the hours of a day. With visits in the way and nothing decided about them it changes
/// nothing and answers which; decided to cancel, they are cancelled booking by booking after the
/// change, and the same call again goes on where a kill stopped it.
async fn change_day(
    ctx: &Ctx,
    change: Change<'_>,
    apply: impl AsyncFn(&DatabaseTransaction) -> Result<()>,
) -> Result<PlanChangeOut> {
    let (date, centre) = (change.date, change.centre);
    let hits = write_txn(&ctx.db, async |txn| {
        store::lock_classes(txn, centre).await?;
        apply(txn).await?;
        centre_store::touch(txn, centre, ctx.clock.now()).await?;
        audit::record(ctx, txn, change.actor, change.action, change.object.clone(), change.detail.clone()).await?;
        let calendar: Calendar =
            store::calendar(txn, date, date).await?.into_iter().map(|day| (day.date, day)).collect();
        let hits = outside_on(ctx, txn, centre, date, &calendar).await?;
        if !hits.is_empty() && change.decision.is_none() {
            return Err(affected(&hits));
        }
        Ok(hits)
    })
    .await?;
    ctx.catalogue.refresh(ctx.db.reader(), &ctx.clock).await?;
    let mut cancelled = 0;
    if change.decision == Some(Decision::Cancel) {
        let mut bookings: BTreeMap<BookingId, Vec<VisitId>> = BTreeMap::new();
        for visit in &hits {
            bookings.entry(visit.booking_id).or_default().push(visit.id);
        }
        for (id, visits) in bookings {
            cancelled += booking::cancel_for_centre(ctx, change.actor, id, &visits, change.reason).await?;
        }
    }
    Ok(PlanChangeOut {
        affected: hits.len() as u64,
        cancelled,
        conflicts: if cancelled > 0 { Vec::new() } else { named(ConflictKind::OutsideHours, &hits) },
    })
}

/// The visits of a date that lie outside the hours as they are in this transaction.
async fn outside_on(
    ctx: &Ctx,
    txn: &DatabaseTransaction,
    centre: Option<CentreId>,
    date: NaiveDate,
    calendar: &Calendar,
) -> Result<Vec<visits::Model>> {
    let own: BTreeMap<CentreId, centre_days::Model> =
        centre_store::days_on(txn, centre, date).await?.into_iter().map(|day| (day.centre_id, day)).collect();
    let mut visits = store::holding(txn, centre, date, date).await?;
    visits.retain(|visit| {
        let Some(plan) = ctx.catalogue.centre(visit.centre_id) else { return false };
        let own = own.get(&visit.centre_id).map(|day| (date, day.clone())).into_iter().collect();
        let opening = centre_rules::opening(&plan.week, &own, calendar, date);
        visit.status == VisitStatus::Expected && rules::outside(visit, &opening)
    });
    Ok(visits)
}

fn named(kind: ConflictKind, visits: &[visits::Model]) -> Vec<ConflictOut> {
    visits.iter().take(MOST_NAMED).map(|visit| ConflictOut::of(kind, visit)).collect()
}

fn affected(hits: &[visits::Model]) -> Problem {
    Problem::new(Code::BookingsAffected)
        .detail(Text::new(
            format!("该调整影响{}次已预约的托育，请选择保留（keep）或由机构取消（cancel）后再提交。", hits.len()),
            format!("{} booked visits lie outside these hours: send `decision` keep or cancel.", hits.len()),
        ))
        .and_field("decision", "missing", Text::new("请决定已有预约的处理方式。", "Decide about the bookings."))
        .fact("affected", hits.len())
        .fact("conflicts", named(ConflictKind::OutsideHours, hits))
}

fn class_of(desk: &Desk, rows: Vec<classes::Model>, id: ClassId) -> Result<classes::Model> {
    let own = |row: &classes::Model| row.id == id && row.centre_id == desk.centre_id;
    rows.into_iter().find(own).ok_or_else(|| Problem::new(Code::NotFound))
}

/// Changes the places and standing carers of a class: fewer than are booked block new bookings.
pub async fn change_class(ctx: &Ctx, desk: &Desk, id: ClassId, body: DeskClassIn) -> Result<PlanChangeOut> {
    desk.manager()?;
    let today = ctx.clock.today();
    write_txn(&ctx.db, async |txn| {
        let mut class = class_of(desk, centre_store::lock_classes(txn, &[id]).await?, id)?;
        class.places = body.places.map_or(class.places, |n| n.0);
        class.carers = body.carers.map_or(class.carers, |n| n.0);
        let all = ctx.catalogue.rules();
        let most = centre_rules::class_rule(&all, class.band, today).map(|rule| (rule.max_places, &rule.source));
        if let Some((most, source)) = most.filter(|(most, _)| class.places > *most) {
            let text = Text::new(
                format!("{}最多{most}个托位（{source}）。", class.band.zh()),
                format!("A class of this age has at most {most} places."),
            );
            return Err(Problem::field("places", "out_of_range", text));
        }
        store::put_class(txn, &class).await?;
        let detail = json!({ "places": class.places, "carers": class.carers });
        audit::record(ctx, txn, Actor::from(desk), "class.change", id.to_string(), detail).await?;
        planned(ctx, txn, desk.centre_id).await
    })
    .await?;
    report(ctx, desk, Some(id)).await
}

/// Sets who is on duty in a class on one day: fewer than are needed block new bookings.
pub async fn set_roster(
    ctx: &Ctx,
    desk: &Desk,
    (id, date): (ClassId, NaiveDate),
    body: DeskRosterIn,
) -> Result<PlanChangeOut> {
    desk.manager()?;
    not_past(ctx, date)?;
    if body.lines.len() > MOST_LINES {
        let text = Text::new(format!("一天最多{MOST_LINES}行排班。"), format!("At most {MOST_LINES} lines a day."));
        return Err(Problem::field("lines", "too_long", text));
    }
    if let Some(i) = body.lines.iter().position(|line| line.to <= line.from) {
        let text = Text::new("结束时间须晚于开始时间。", "`to` must be later than `from`.");
        return Err(Problem::field(format!("lines[{i}].to"), "not_after_from", text));
    }
    write_txn(&ctx.db, async |txn| {
        class_of(desk, centre_store::lock_classes(txn, &[id]).await?, id)?;
        let line = |line: &super::dto::DeskRosterLine| rosters::Model {
            id: ctx.clock.id(),
            class_id: id,
            date,
            from_min: line.from,
            to_min: line.to,
            carers: line.carers.0,
        };
        store::put_roster(txn, id, date, body.lines.iter().map(line).collect()).await?;
        let detail = json!({ "date": date, "lines": body.lines.len() });
        audit::record(ctx, txn, Actor::from(desk), "class.roster", id.to_string(), detail).await?;
        planned(ctx, txn, desk.centre_id).await
    })
    .await?;
    report(ctx, desk, Some(id)).await
}

/// Tells the catalogues of all replicas, and those who wait: there may be more places now.
async fn planned(ctx: &Ctx, txn: &DatabaseTransaction, centre: CentreId) -> Result<()> {
    let now = ctx.clock.now();
    centre_store::touch(txn, Some(centre), now).await?;
    Ok(freed(txn, centre, now).await?)
}

async fn report(ctx: &Ctx, desk: &Desk, class: Option<ClassId>) -> Result<PlanChangeOut> {
    ctx.catalogue.refresh(ctx.db.reader(), &ctx.clock).await?;
    let mut conflicts = conflicts(ctx, desk).await?.items;
    conflicts.retain(|hit| class.is_none_or(|class| class == hit.class_id && hit.kind == ConflictKind::OverCapacity));
    let affected = conflicts.len() as u64;
    conflicts.truncate(MOST_NAMED);
    Ok(PlanChangeOut { affected, cancelled: 0, conflicts })
}

/// The visits of a centre that its plan has no room for, from today on.
pub async fn conflicts(ctx: &Ctx, desk: &Desk) -> Result<ConflictsOut> {
    let (db, today) = (ctx.db.reader(), ctx.clock.today());
    let last = today + Days::new(DAYS_AHEAD);
    let plan = ctx.catalogue.centre(desk.centre_id).ok_or_else(|| Problem::new(Code::NotFound))?;
    let visits = store::holding(db, Some(desk.centre_id), today, last).await?;
    let ids: Vec<ClassId> = plan.classes.iter().map(|class| class.id).collect();
    let rosters = centre_store::rosters(db, &ids, today, last).await?;
    Ok(ConflictsOut { items: of_plan(ctx, &plan, &visits, &rosters) })
}

fn of_plan(ctx: &Ctx, plan: &CentrePlan, visits: &[visits::Model], rosters: &[rosters::Model]) -> Vec<ConflictOut> {
    let expected = |visit: &&visits::Model| visit.status == VisitStatus::Expected;
    let outside = |visit: &&visits::Model| rules::outside(visit, &ctx.catalogue.opening(plan, visit.date));
    let outside = visits.iter().filter(expected).filter(outside);
    let mut found: Vec<ConflictOut> = outside.map(|visit| ConflictOut::of(ConflictKind::OutsideHours, visit)).collect();
    let over = rules::over(visits, &plan.classes, &ctx.catalogue.rules(), rosters);
    found.extend(over.into_iter().map(|visit| ConflictOut::of(ConflictKind::OverCapacity, visit)));
    found.sort_by_key(|hit| (hit.date, std::cmp::Reverse(hit.visit_id)));
    found
}
