//! Places and carers of classes, and the visits that a plan has no room for.

use std::{
    cmp::Reverse,
    collections::{HashMap, HashSet},
};

use chrono::{Days, NaiveDate};
use entity::{CentreId, ClassId, VisitId, VisitStatus, classes, rosters, visits};
use sea_orm::DatabaseTransaction;
use serde_json::json;

use super::{
    super::{
        dto::{ConflictOut, ConflictsQuery, DeskClassIn, DeskRosterIn, DeskRosterLine, PlanChangeOut},
        rules::{self, ConflictKind},
        store,
    },
    DAYS_AHEAD, MOST_NAMED,
    hours::on_the_half_hour,
    not_past, planned,
};
use crate::{
    error::{Code, Problem, Result, Text},
    features::{
        audit::{self, Actor},
        auth::Desk,
        bookings::store::freed,
        centres::{CentrePlan, store as centre_store},
        terms,
    },
    http::{Cursor, Page},
    platform::db::write_txn,
    state::Ctx,
};

/// Lines of one day's roster.
const MOST_LINES: usize = 20;

fn class_of(desk: &Desk, rows: Vec<classes::Model>, id: ClassId) -> Result<classes::Model> {
    let own = |row: &classes::Model| row.id == id && row.centre_id == desk.centre_id;
    rows.into_iter().find(own).ok_or_else(|| Problem::new(Code::NotFound))
}

/// Changes the places and standing carers of a class: fewer than are booked block new bookings.
pub async fn change_class(ctx: &Ctx, desk: &Desk, id: ClassId, body: DeskClassIn) -> Result<PlanChangeOut> {
    let today = ctx.clock.today();
    write_txn(&ctx.db, async |txn| {
        let mut class = class_of(desk, centre_store::lock_classes(txn, &[id]).await?, id)?;
        class.places = body.places.map_or(class.places, |n| n.0);
        class.carers = body.carers.map_or(class.carers, |n| n.0);
        class.kept_full_day = body.kept_full_day.map_or(class.kept_full_day, |n| n.0);
        let facts = (class.band, class.places, class.kept_full_day);
        terms::check_class(&ctx.catalogue.rules(), facts, today)?;
        store::put_class(txn, &class).await?;
        let detail = json!({ "places": class.places, "carers": class.carers, "kept_full_day": class.kept_full_day });
        audit::record(ctx, txn, Actor::from(desk), "class.change", id.to_string(), detail).await?;
        planned(ctx, txn, Some(desk.centre_id)).await
    })
    .await?;
    report(ctx, desk, id).await
}

/// Sets who is on duty in a class on one day: fewer than are needed block new bookings.
pub async fn set_roster(
    ctx: &Ctx,
    desk: &Desk,
    (id, date): (ClassId, NaiveDate),
    body: DeskRosterIn,
) -> Result<PlanChangeOut> {
    not_past(ctx, "date", date)?;
    if body.lines.len() > MOST_LINES {
        let text = Text::new(format!("一天最多{MOST_LINES}行排班。"), format!("At most {MOST_LINES} lines a day."));
        return Err(Problem::field("lines", "too_long", text));
    }
    on_the_half_hour(body.lines.iter().enumerate().flat_map(|(i, line)| {
        [(format!("lines[{i}].from"), Some(line.from)), (format!("lines[{i}].to"), Some(line.to))]
    }))?;
    if let Some(i) = body.lines.iter().position(|line| line.to <= line.from) {
        let text = Text::new("结束时间须晚于开始时间。", "`to` must be later than `from`.");
        return Err(Problem::field(format!("lines[{i}].to"), "not_after_from", text));
    }
    write_txn(&ctx.db, async |txn| {
        class_of(desk, centre_store::lock_classes(txn, &[id]).await?, id)?;
        let line = |line: &DeskRosterLine| rosters::Model {
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
        // Not a new version of the centre: no catalogue holds rosters, whoever books reads them under the lock.
        Result::<()>::Ok(freed(txn, &ctx.clock, desk.centre_id).await?)
    })
    .await?;
    report(ctx, desk, id).await
}

/// What a change of a class did.
async fn report(ctx: &Ctx, desk: &Desk, class: ClassId) -> Result<PlanChangeOut> {
    ctx.catalogue.refresh(ctx.db.reader(), &ctx.clock).await?;
    let mut conflicts = all_conflicts(ctx, desk).await?;
    conflicts.retain(|hit| hit.class_id == class && hit.kind == ConflictKind::OverCapacity);
    let affected = conflicts.len() as u64;
    conflicts.truncate(MOST_NAMED);
    Ok(PlanChangeOut { affected, cancelled: 0, conflicts })
}

/// A page of the visits of a centre that its plan has no room for, from today on.
pub async fn conflicts(ctx: &Ctx, desk: &Desk, query: &ConflictsQuery) -> Result<Page<ConflictOut>> {
    let after: Option<(NaiveDate, Reverse<VisitId>, ConflictKind)> =
        query.cursor.as_ref().map(Cursor::unpack).transpose()?;
    let found = all_conflicts(ctx, desk).await?.into_iter();
    let rest = found.filter(|hit| after.as_ref().is_none_or(|after| *after < place(hit)));
    let rows = rest.take(query.limit.0 as usize + 1).collect();
    Ok(Page::of(rows, query.limit, place, |hit| hit))
}

/// Where a conflict stands in their list: the earliest day first, of a day the booked last first.
fn place(hit: &ConflictOut) -> (NaiveDate, Reverse<VisitId>, ConflictKind) {
    (hit.date, Reverse(hit.visit_id), hit.kind)
}

async fn all_conflicts(ctx: &Ctx, desk: &Desk) -> Result<Vec<ConflictOut>> {
    let (db, today) = (ctx.db.reader(), ctx.clock.today());
    let last = today + Days::new(DAYS_AHEAD);
    let plan = ctx.catalogue.centre(desk.centre_id).ok_or_else(|| Problem::new(Code::NotFound))?;
    let visits = store::holding(db, Some(desk.centre_id), today, last).await?;
    let ids: Vec<ClassId> = plan.classes.iter().map(|class| class.id).collect();
    let rosters = centre_store::rosters(db, &ids, today, last).await?;
    Ok(of_plan(ctx, &plan, &visits, &rosters))
}

/// Visits to come that classes of a centre have no room for as they are now, and had as they were: how many of each
/// class. In the transaction of whoever changes them, under their rows.
pub async fn over_capacity(
    ctx: &Ctx,
    txn: &DatabaseTransaction,
    centre: CentreId,
    before: &[classes::Model],
    now: &[classes::Model],
) -> Result<HashMap<ClassId, usize>> {
    let today = ctx.clock.today();
    let last = today + Days::new(DAYS_AHEAD);
    let ids: Vec<ClassId> = before.iter().map(|class| class.id).collect();
    let mut visits = store::holding(txn, Some(centre), today, last).await?;
    visits.retain(|visit| ids.contains(&visit.class_id));
    let rosters = centre_store::rosters(txn, &ids, today, last).await?;
    let rules = ctx.catalogue.rules();
    let had: HashSet<VisitId> =
        rules::over(&visits, before, &rules, &rosters).into_iter().map(|visit| visit.id).collect();
    let mut hit = HashMap::new();
    for visit in rules::over(&visits, now, &rules, &rosters).into_iter().filter(|visit| !had.contains(&visit.id)) {
        *hit.entry(visit.class_id).or_default() += 1;
    }
    Ok(hit)
}

fn of_plan(ctx: &Ctx, plan: &CentrePlan, visits: &[visits::Model], rosters: &[rosters::Model]) -> Vec<ConflictOut> {
    let expected = |visit: &&visits::Model| visit.status == VisitStatus::Expected;
    let outside = |visit: &&visits::Model| rules::outside(visit, &ctx.catalogue.opening(plan, visit.date));
    let outside = visits.iter().filter(expected).filter(outside);
    let mut found: Vec<ConflictOut> = outside.map(|visit| ConflictOut::of(ConflictKind::OutsideHours, visit)).collect();
    let over = rules::over(visits, &plan.classes, &ctx.catalogue.rules(), rosters);
    found.extend(over.into_iter().map(|visit| ConflictOut::of(ConflictKind::OverCapacity, visit)));
    found.sort_by_key(place);
    found
}
