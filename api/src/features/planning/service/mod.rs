//! Use cases of planning: weeks and days of a centre ([`hours`]), the bureau's calendar
//! ([`calendar`]), places and carers ([`capacity`]); and what a change of hours does to bookings.

mod calendar;
mod capacity;
mod hours;

pub use calendar::{calendar, calendar_between, check_calendar_day, clear_calendar, put_calendar_days, set_calendar};
pub use capacity::{change_class, conflicts, over_capacity, set_roster};
pub use hours::{check_week, clear_day, clear_week, days, set_day, set_week, weeks};

use std::{collections::BTreeMap, sync::Arc};

use chrono::NaiveDate;
use entity::{BookingId, CentreId, VisitId, VisitStatus, calendar_days, visits};
use sea_orm::DatabaseTransaction;
use serde_json::{Value, json};

use super::{
    dto::{ConflictOut, Decision, PlanChangeOut},
    rules::{self, ConflictKind},
    store,
};
use crate::{
    error::{Code, Problem, Result, Text},
    features::{
        audit::{self, Actor},
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
/// Bookings named in one answer: more than a centre has.
const MOST_BOOKINGS: usize = 2_000;

/// Dates on which the hours of a centre, or of all centres, change.
struct Change<'a> {
    actor: Actor,
    centre: Option<CentreId>,
    dates: (NaiveDate, NaiveDate),
    decision: Option<Decision>,
    /// For families whose visits are cancelled.
    reason: &'a str,
    action: &'static str,
    object: String,
    detail: Value,
}

type Calendar = BTreeMap<NaiveDate, calendar_days::Model>;

fn not_past(ctx: &Ctx, field: &'static str, date: NaiveDate) -> Result<()> {
    if date < ctx.clock.today() {
        let text = Text::new("日期已过，只能调整今天及以后的安排。", "The date is past.");
        return Err(Problem::field(field, "past", text));
    }
    Ok(())
}

/// Changes the hours of some days. With visits in the way and nothing decided about them it changes
/// nothing and answers which; decided to cancel, they are cancelled booking by booking after the
/// change, and the same call again goes on where a kill stopped it.
async fn change_hours(
    ctx: &Ctx,
    change: Change<'_>,
    apply: impl AsyncFn(&DatabaseTransaction) -> Result<()>,
) -> Result<PlanChangeOut> {
    let ((from, to), centre) = (change.dates, change.centre);
    let hits = write_txn(&ctx.db, async |txn| {
        store::lock_classes(txn, centre).await?;
        apply(txn).await?;
        planned(ctx, txn, centre).await?;
        audit::record(ctx, txn, change.actor, change.action, change.object.clone(), change.detail.clone()).await?;
        let calendar: Calendar = store::calendar(txn, from, to).await?.into_iter().map(|day| (day.date, day)).collect();
        let hits = outside(ctx, txn, centre, (from, to), &calendar).await?;
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

/// Tells the catalogues of all replicas of a change of one centre, or of all, and those who wait for
/// it: there may be more places now. Of all centres nothing but the calendar changes, and an opened
/// day makes room for nobody who waits for others.
async fn planned(ctx: &Ctx, txn: &DatabaseTransaction, centre: Option<CentreId>) -> Result<()> {
    let now = ctx.clock.now();
    centre_store::touch(txn, centre, now).await?;
    match centre {
        Some(centre) => Ok(freed(txn, &ctx.clock, centre).await?),
        None => Ok(()),
    }
}

/// The visits of some dates that lie outside the hours as they are in this transaction.
async fn outside(
    ctx: &Ctx,
    txn: &DatabaseTransaction,
    centre: Option<CentreId>,
    (from, to): (NaiveDate, NaiveDate),
    calendar: &Calendar,
) -> Result<Vec<visits::Model>> {
    // Of all centres the calendar alone changed: their own plans are known.
    let fresh = match centre {
        Some(id) => CentrePlan::load(txn, id, ctx.clock.today()).await?.map(Arc::new),
        None => None,
    };
    let mut visits = store::holding(txn, centre, from, to).await?;
    visits.retain(|visit| {
        let plan = fresh.clone().or_else(|| ctx.catalogue.centre(visit.centre_id));
        let Some(plan) = plan else { return false };
        let opening = centre_rules::opening(&plan.week_on(visit.date).week, &plan.days, calendar, visit.date);
        visit.status == VisitStatus::Expected && rules::outside(visit, &opening)
    });
    Ok(visits)
}

fn named(kind: ConflictKind, visits: &[visits::Model]) -> Vec<ConflictOut> {
    visits.iter().take(MOST_NAMED).map(|visit| ConflictOut::of(kind, visit)).collect()
}

/// Every booking that is hit, with its dates; of all centres at most so many.
fn by_booking(hits: &[visits::Model]) -> Vec<Value> {
    let mut bookings: BTreeMap<BookingId, Vec<NaiveDate>> = BTreeMap::new();
    for visit in hits {
        bookings.entry(visit.booking_id).or_default().push(visit.date);
    }
    bookings.into_iter().take(MOST_BOOKINGS).map(|(id, dates)| json!({ "booking_id": id, "dates": dates })).collect()
}

fn affected(hits: &[visits::Model]) -> Problem {
    Problem::new(Code::BookingsAffected)
        .detail(Text::new(
            format!("该调整影响{}次已预约的托育，请选择保留（keep）或由机构取消（cancel）后再提交。", hits.len()),
            format!("{} booked visits lie outside these hours: send `decision` keep or cancel.", hits.len()),
        ))
        .and_field("decision", "missing", Text::new("请决定已有预约的处理方式。", "Decide about the bookings."))
        .fact("affected", hits.len())
        .fact("bookings", by_booking(hits))
        .fact("conflicts", named(ConflictKind::OutsideHours, hits))
}
