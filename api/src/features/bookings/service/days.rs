//! Single days of a booking: called off in time, told as absent, missed.

use entity::{BookingId, BookingStatus, FamilyId, Fen, NoticeKind, VisitId, VisitStatus, bookings, visits};
use sea_orm::{ActiveValue::Set, DatabaseTransaction, EntityTrait as _};
use serde_json::json;

use super::{
    super::{
        dto::BookingOut,
        rules::{life, price},
        store,
    },
    book::forget_places,
    event, family, wrong_booking_state, wrong_visit_state,
};
use crate::{
    error::{Code, Problem, Result, Text},
    features::{
        audit::{self, Actor},
        notices,
    },
    http::{Idempotency, Moment, Once, once},
    platform::{
        clock::{instant_at, minute_of_day},
        db::write_txn,
    },
    state::Ctx,
};

/// Bookings with a missed day taken up in one go.
const BATCH: u64 = 100;

/// How a day doesn't take place.
pub(super) struct CallOff<'a> {
    pub(super) visit: VisitId,
    /// `Cancelled` or `Absent`.
    pub(super) to: VisitStatus,
    /// A prefixed id.
    pub(super) actor: String,
    pub(super) reason: Option<&'a str>,
}

/// The family calls off one day: `Cancelled`, until the booking's cut-off before it begins; `Absent`,
/// until it begins, and after the cut-off the day is paid for and counted.
pub async fn not_coming(
    ctx: &Ctx,
    family: FamilyId,
    idempotency: &Idempotency,
    (id, visit): (BookingId, VisitId),
    to: VisitStatus,
    reason: Option<&str>,
) -> Result<Once<BookingOut>> {
    let how = CallOff { visit, to, actor: family.to_string(), reason };
    let event = if how.to == VisitStatus::Absent { "visit_absent" } else { "visit_cancelled" };
    let outcome = once(ctx, idempotency, &family.to_string(), async |txn| {
        let owner = bookings::Entity::of_family(family);
        let booking = store::lock(txn, owner, id).await?.ok_or_else(|| Problem::new(Code::NotFound))?;
        let visits = store::visits(txn, &[id]).await?;
        let visit = visits.iter().find(|visit| visit.id == how.visit).ok_or_else(|| Problem::new(Code::NotFound))?;
        let (now, begins) = (ctx.clock.now(), instant_at(visit.date, visit.from_min));
        if visit.status == VisitStatus::Expected
            && how.to == VisitStatus::Cancelled
            && now > life::cutoff(&booking, visit)
        {
            return Err(too_late_for_the_day(ctx, &booking, visit, now < begins));
        }
        if visit.status == VisitStatus::Expected && now >= begins {
            return Err(family::too_late(ctx, booking.centre_id, begins));
        }
        let booking = call_off(txn, ctx, booking, visits, how).await?;
        family::one(txn, ctx, booking).await
    })
    .await?;
    if let Once::First(booking) = &outcome {
        forget_places(ctx, booking);
        ctx.metrics.event(event);
    }
    Ok(outcome)
}

fn too_late_for_the_day(ctx: &Ctx, booking: &bookings::Model, visit: &visits::Model, may_tell: bool) -> Problem {
    let problem = family::too_late(ctx, booking.centre_id, life::cutoff(booking, visit));
    if !may_tell {
        return problem;
    }
    let Text { zh, en, .. } = problem.text().clone();
    problem
        .detail(Text::new(
            format!("{zh}孩子不来时也可提交请假，托位将让给其他孩子，当日费用不退。"),
            format!("{en} You may still tell that the child is absent; the day is then paid for."),
        ))
        .fact("absence_until", Moment(instant_at(visit.date, visit.from_min)))
}

/// Takes a day that is still expected out of a live booking, which the caller has locked: its place
/// is free again. Before the cut-off it isn't charged.
pub(super) async fn call_off(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    mut booking: bookings::Model,
    mut visits: Vec<visits::Model>,
    how: CallOff<'_>,
) -> Result<bookings::Model> {
    let now = ctx.clock.now();
    let status = life::shown(&booking, now);
    let open: &[BookingStatus] = if how.to == VisitStatus::Absent { &store::LIVE[1..] } else { &store::LIVE };
    if !open.contains(&status) {
        return Err(wrong_booking_state(status));
    }
    let visit = visits.iter_mut().find(|visit| visit.id == how.visit).ok_or_else(|| Problem::new(Code::NotFound))?;
    let late = now > life::cutoff(&booking, visit);
    let row = visits::ActiveModel {
        status: Set(how.to),
        late_told_at: Set((late && how.to == VisitStatus::Absent).then_some(now)),
        ..Default::default()
    };
    if !store::move_visit(txn, visit.id, VisitStatus::Expected, row).await? {
        return Err(wrong_visit_state(visit.status));
    }
    // The family's row before the centre's mark, as whoever joins a waiting list takes them.
    if late {
        store::missed_on(txn, booking.family_id, visit.date).await?;
    }
    store::freed(txn, &ctx.clock, booking.centre_id).await?;
    visit.status = how.to;
    let amount = visit.amount_fen;
    store::insert_event(txn, event(ctx, booking.id, Some(visit.id), how.actor.clone(), how.to.as_str(), how.reason))
        .await?;
    if !late {
        booking = take_off(txn, ctx, booking, &[amount], how.to).await?;
    }
    settle(txn, ctx, booking, &visits, &how.actor).await
}

/// Takes days off a booking's price again, as lines of their own.
pub(super) async fn take_off(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    mut booking: bookings::Model,
    amounts: &[Option<Fen>],
    why: VisitStatus,
) -> Result<bookings::Model> {
    let amounts: Vec<Fen> = amounts.iter().copied().flatten().collect();
    let label = if why == VisitStatus::Absent { "请假免收（每天）" } else { "取消免收（每天）" };
    let off = price::taken_off(why.as_str(), label, &amounts);
    if off.is_empty() {
        return Ok(booking);
    }
    let mut lines: Vec<price::Line> = serde_json::from_value(booking.price_lines).map_err(Problem::internal)?;
    lines.extend(off);
    booking.total_fen = price::total(&lines);
    booking.price_lines = serde_json::to_value(&lines).map_err(Problem::internal)?;
    booking.updated_at = ctx.clock.now();
    store::reprice(txn, &booking).await?;
    Ok(booking)
}

/// Gives back the places of all days still expected, which are then not charged.
pub(super) async fn give_back(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    booking: bookings::Model,
    visits: &[visits::Model],
) -> Result<bookings::Model> {
    store::cancel_visits(txn, booking.id).await?;
    store::freed(txn, &ctx.clock, booking.centre_id).await?;
    let expected = visits.iter().filter(|visit| visit.status == VisitStatus::Expected);
    let amounts: Vec<Option<Fen>> = expected.map(|visit| visit.amount_fen).collect();
    take_off(txn, ctx, booking, &amounts, VisitStatus::Cancelled).await
}

/// Ends a booking none of whose days is still open: `completed`, or `cancelled` if all were called off.
pub(super) async fn settle(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    mut booking: bookings::Model,
    visits: &[visits::Model],
    actor: &str,
) -> Result<bookings::Model> {
    let Some(to) = life::outcome(visits) else { return Ok(booking) };
    let now = ctx.clock.now();
    if store::move_booking(txn, booking.id, &store::LIVE, to, None, now).await? {
        store::insert_event(txn, event(ctx, booking.id, None, actor.to_owned(), to.as_str(), None)).await?;
        (booking.status, booking.updated_at) = (to, now);
    }
    Ok(booking)
}

/// Cancels days of a booking for the centre or the bureau, whatever the cut-off; how many were still
/// to come.
pub async fn cancel_for_centre(ctx: &Ctx, actor: Actor, id: BookingId, days: &[VisitId], reason: &str) -> Result<u64> {
    let cancelled = write_txn(&ctx.db, async |txn| {
        let Some(booking) = store::lock(txn, bookings::Entity::find(), id).await? else { return Ok(0) };
        let (mut visits, by, mut amounts) = (store::visits(txn, &[id]).await?, actor.staff_id.to_string(), Vec::new());
        for visit in visits.iter_mut().filter(|visit| days.contains(&visit.id)) {
            let to = VisitStatus::Cancelled;
            let row = visits::ActiveModel { status: Set(to), ..Default::default() };
            if store::move_visit(txn, visit.id, VisitStatus::Expected, row).await? {
                visit.status = to;
                amounts.push(visit.amount_fen);
                store::insert_event(txn, event(ctx, id, Some(visit.id), by.clone(), to.as_str(), Some(reason))).await?;
            }
        }
        let n = amounts.len();
        if n > 0 {
            let detail = json!({ "visits_freed": n });
            audit::record(ctx, txn, actor, "booking.days_cancel", id.to_string(), detail).await?;
            store::freed(txn, &ctx.clock, booking.centre_id).await?;
            let told = visits.iter().filter(|visit| days.contains(&visit.id)).map(|visit| visit.date.to_string());
            let told: Vec<String> = told.collect();
            let booking = take_off(txn, ctx, booking, &amounts, VisitStatus::Cancelled).await?;
            let booking = settle(txn, ctx, booking, &visits, &by).await?;
            // Nothing is left of it: then no "other days" are as they were.
            let (kind, more) = if booking.status == BookingStatus::Cancelled {
                (NoticeKind::BookingCancelled, json!({ "reason": reason }))
            } else {
                (NoticeKind::DaysCancelled, json!({ "date": told.join("、"), "reason": reason }))
            };
            notices::about_booking(ctx, txn, kind, &booking, more).await?;
        }
        Result::<u64>::Ok(n as u64)
    })
    .await?;
    for _ in 0..cancelled {
        ctx.metrics.event("visit_cancelled");
    }
    Ok(cancelled)
}

/// Marks the days that are over and to which nobody came; how many. Safe on several replicas at
/// once: each day is moved by one conditional update under its booking's lock.
pub async fn mark_missed(ctx: &Ctx) -> Result<u64> {
    let (today, minute) = (ctx.clock.today(), minute_of_day(ctx.clock.now()));
    let mut missed = 0;
    loop {
        let due = store::over(ctx.db.reader(), today, minute, BATCH).await?;
        let (before, full) = (missed, due.len() as u64 == BATCH);
        for id in due {
            missed += write_txn(&ctx.db, async |txn| mark(txn, ctx, id).await).await?;
        }
        // After an evening in a large city there is more than one batch.
        if !full || missed == before {
            break;
        }
    }
    for _ in 0..missed {
        ctx.metrics.event("visit_no_show");
    }
    Ok(missed)
}

async fn mark(txn: &DatabaseTransaction, ctx: &Ctx, id: BookingId) -> Result<u64> {
    let now = ctx.clock.now();
    let Some(booking) = store::lock(txn, bookings::Entity::find(), id).await? else { return Ok(0) };
    if booking.status != BookingStatus::Confirmed {
        return Ok(0);
    }
    let mut visits = store::visits(txn, &[id]).await?;
    let mut missed = 0;
    for visit in &mut visits {
        if visit.status != VisitStatus::Expected || instant_at(visit.date, visit.to_min) > now {
            continue;
        }
        let to = VisitStatus::NoShow;
        let row = visits::ActiveModel { status: Set(to), ..Default::default() };
        if store::move_visit(txn, visit.id, VisitStatus::Expected, row).await? {
            visit.status = to;
            missed += 1;
            store::missed_on(txn, visit.family_id, visit.date).await?;
            store::insert_event(txn, event(ctx, id, Some(visit.id), "system".to_owned(), to.as_str(), None)).await?;
        }
    }
    settle(txn, ctx, booking, &visits, "system").await?;
    Ok(missed)
}

/// Days that are to be marked as missed.
pub async fn missed_waiting(ctx: &Ctx) -> Result<u64> {
    let (today, minute) = (ctx.clock.today(), minute_of_day(ctx.clock.now()));
    Ok(store::count_over(ctx.db.reader(), today, minute).await?)
}
