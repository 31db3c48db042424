//! The centre's steps: its answers to requests, coming and going. Every step is one
//! conditional update with a line of history and an audit row in the same transaction.

use chrono::NaiveDate;
use entity::{BookingId, BookingStatus, ChildId, NoticeKind, VisitId, VisitStatus, bookings, entry_checks, visits};
use sea_orm::{ActiveValue::Set, DatabaseTransaction};
use serde_json::json;

use super::{
    super::{
        desk_dto::{
            DeskAbsentIn, DeskBookingOut, DeskCheckOutIn, DeskEntryCheckIn, DeskEntryCheckOut, DeskVisitStepOut,
        },
        dto::BookingEntryCheckOut,
        rules::life::{self, EntryCheckStatus},
        store::{self, Checks},
    },
    Decision,
    days::{self, CallOff},
    event, nobody_in_care, offers, reschedule, show, wrong_booking_state, wrong_visit_state,
};
use crate::{
    error::{Code, Problem, Result, Text},
    features::{
        audit::{self, Actor},
        auth::Desk,
        families::service as families,
        notices, pickups,
    },
    http::{Idempotency, Moment, Once, once},
    state::Ctx,
};

/// Where the name of who took a child home is sealed.
pub(super) const COLLECTED_BY_PLACE: &str = "visits.collected_by";

/// Confirms, declines or cancels a booking.
pub async fn decide(
    ctx: &Ctx,
    desk: &Desk,
    idempotency: &Idempotency,
    id: BookingId,
    decision: Decision,
    reason: Option<&str>,
) -> Result<Once<DeskBookingOut>> {
    let (from, to, action): (&[BookingStatus], _, _) = match decision {
        Decision::Confirm => (&[BookingStatus::Pending], BookingStatus::Confirmed, "booking.confirm"),
        Decision::Decline => (&[BookingStatus::Pending], BookingStatus::Declined, "booking.decline"),
        Decision::Cancel => (&store::LIVE, BookingStatus::Cancelled, "booking.cancel"),
    };
    let outcome = once(ctx, idempotency, &desk.staff_id.to_string(), async |txn| {
        let owner = bookings::Entity::of_centre(desk.centre_id);
        let mut row = store::lock(txn, owner, id).await?.ok_or_else(|| Problem::new(Code::NotFound))?;
        let now = ctx.clock.now();
        idempotency.about(row.family_id);
        let status = life::shown(&row, now);
        let visits = store::visits(txn, &[id]).await?;
        if decision == Decision::Cancel {
            nobody_in_care(&visits)?;
        }
        if row.offer_until.is_some() && decision != Decision::Cancel {
            return Err(offers::to_be_accepted());
        }
        if status != row.status || !store::move_booking(txn, id, from, to, reason, now).await? {
            return Err(wrong_booking_state(status));
        }
        store::insert_event(txn, event(ctx, id, None, desk.staff_id.to_string(), to.as_str(), reason)).await?;
        row.status = to;
        row.reason = reason.map(str::to_owned).or(row.reason);
        row.updated_at = now;
        let expected = visits.iter().filter(|visit| visit.status == VisitStatus::Expected).count();
        let freed = if decision == Decision::Confirm { 0 } else { expected };
        audit::record(ctx, txn, Actor::from(desk), action, id.to_string(), json!({ "visits_freed": freed })).await?;
        let row = match decision {
            Decision::Confirm => {
                reschedule::take_over(txn, ctx, &row, &desk.staff_id.to_string()).await?;
                row
            }
            Decision::Decline | Decision::Cancel => days::give_back(txn, ctx, row, &visits).await?,
        };
        let kind = match decision {
            Decision::Confirm => NoticeKind::BookingConfirmed,
            Decision::Decline => NoticeKind::BookingDeclined,
            Decision::Cancel => NoticeKind::BookingCancelled,
        };
        notices::about_booking(ctx, txn, kind, &row, json!({})).await?;
        let shown = show::for_desk(txn, ctx, vec![row]).await?.pop();
        shown.ok_or_else(|| Problem::internal("a booking got lost on its way"))
    })
    .await?;
    if let Once::First(booking) = &outcome {
        ctx.free_places.forget(booking.class_id, booking.visits.iter().map(|visit| visit.date));
        ctx.metrics.event(match decision {
            Decision::Confirm => "booking_confirmed",
            Decision::Decline => "booking_declined",
            Decision::Cancel => "booking_cancelled",
        });
    }
    Ok(outcome)
}

/// A visit of the centre with its booking locked, so that steps of one booking come one by one.
pub(super) async fn held(
    txn: &DatabaseTransaction,
    desk: &Desk,
    id: VisitId,
) -> Result<(bookings::Model, visits::Model)> {
    let unknown = || Problem::new(Code::NotFound);
    let visit = store::visit_of_centre(txn, desk.centre_id, id).await?.ok_or_else(unknown)?;
    let owner = bookings::Entity::of_centre(desk.centre_id);
    let booking = store::lock(txn, owner, visit.booking_id).await?.ok_or_else(unknown)?;
    // Read again: it may have moved while we waited for the booking.
    let visit = store::visit_of_centre(txn, desk.centre_id, id).await?.ok_or_else(unknown)?;
    Ok((booking, visit))
}

/// What a step changes.
struct Step {
    from: VisitStatus,
    to: VisitStatus,
    /// What goes with the new status.
    row: visits::ActiveModel,
    action: &'static str,
    detail: serde_json::Value,
}

async fn step(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    desk: &Desk,
    (booking, mut visit): (bookings::Model, visits::Model),
    step: Step,
) -> Result<DeskVisitStepOut> {
    let Step { from, to, mut row, action, detail } = step;
    if let Set(at) = row.checked_in_at {
        visit.checked_in_at = at;
    }
    if let Set(at) = row.checked_out_at {
        visit.checked_out_at = at;
    }
    row.status = Set(to);
    if !store::move_visit(txn, visit.id, from, row).await? {
        return Err(wrong_visit_state(visit.status));
    }
    visit.status = to;
    let actor = desk.staff_id.to_string();
    store::insert_event(txn, event(ctx, booking.id, Some(visit.id), actor.clone(), to.as_str(), None)).await?;
    audit::record(ctx, txn, Actor::from(desk), action, visit.id.to_string(), detail).await?;
    let visits = store::visits(txn, &[booking.id]).await?;
    let booking = days::settle(txn, ctx, booking, &visits, &actor).await?;
    Ok(step_out(&booking, &visit))
}

pub(super) fn step_out(booking: &bookings::Model, visit: &visits::Model) -> DeskVisitStepOut {
    DeskVisitStepOut {
        id: visit.id,
        booking_id: booking.id,
        booking_status: booking.status,
        child_id: visit.child_id,
        date: visit.date,
        from: visit.from_min,
        to: visit.to_min,
        status: visit.status,
        checked_in_at: visit.checked_in_at.map(Moment),
        checked_out_at: visit.checked_out_at.map(Moment),
    }
}

fn count<T>(ctx: &Ctx, outcome: Once<T>, event: &str) -> Once<T> {
    if matches!(outcome, Once::First(_)) {
        ctx.metrics.event(event);
    }
    outcome
}

/// `WRONG_STATE` for a visit of another day.
pub(super) fn not_today(ctx: &Ctx, visit: &visits::Model) -> Problem {
    let (date, today) = (visit.date, ctx.clock.today());
    Problem::new(Code::WrongState)
        .detail(Text::new(
            format!("该次托育日期为{date}，今天是{today}，只能在当日办理入园。"),
            format!("The visit is on {date}; today is {today}."),
        ))
        .fact("date", date)
}

/// Full-day and half-day care begins only after a passed entry check.
pub(super) async fn check_entry(
    txn: &DatabaseTransaction,
    desk: &Desk,
    visit: &visits::Model,
    date: NaiveDate,
) -> Result<()> {
    if !life::needs_entry_check(visit.care_type) {
        return Ok(());
    }
    let checks = Checks::load(txn, &[desk.centre_id], &[visit.child_id]).await?;
    let (check, last_visit) = checks.of(desk.centre_id, visit.child_id);
    match life::entry_check(check, last_visit, visit.care_type, date) {
        EntryCheckStatus::Passed => Ok(()),
        _ => Err(Problem::new(Code::EntryCheckRequired).fact("child_id", visit.child_id)),
    }
}

/// The child has come: on the day of the visit, its entry check seen.
pub async fn check_in(
    ctx: &Ctx,
    desk: &Desk,
    idempotency: &Idempotency,
    id: VisitId,
) -> Result<Once<DeskVisitStepOut>> {
    let outcome = once(ctx, idempotency, &desk.staff_id.to_string(), async |txn| {
        let (booking, visit) = held(txn, desk, id).await?;
        if visit.status != VisitStatus::Expected {
            return Err(wrong_visit_state(visit.status));
        }
        if booking.status != BookingStatus::Confirmed {
            return Err(wrong_booking_state(life::shown(&booking, ctx.clock.now())));
        }
        let today = ctx.clock.today();
        if visit.date != today {
            return Err(not_today(ctx, &visit));
        }
        check_entry(txn, desk, &visit, today).await?;
        let now = ctx.clock.now();
        let change = Step {
            from: VisitStatus::Expected,
            to: VisitStatus::InCare,
            row: visits::ActiveModel { checked_in_at: Set(Some(now)), ..Default::default() },
            action: "visit.check_in",
            detail: json!({}),
        };
        step(txn, ctx, desk, (booking, visit), change).await
    })
    .await?;
    Ok(count(ctx, outcome, "visit_checked_in"))
}

/// The child has left, with whom.
pub async fn check_out(
    ctx: &Ctx,
    desk: &Desk,
    idempotency: &Idempotency,
    id: VisitId,
    body: DeskCheckOutIn,
) -> Result<Once<DeskVisitStepOut>> {
    let DeskCheckOutIn { collected_by, pickup_code } = body;
    if pickup_code.is_some() {
        pickups::may_try(ctx, desk).await?;
    }
    let outcome = once(ctx, idempotency, &desk.staff_id.to_string(), async |txn| {
        let now = ctx.clock.now();
        let (booking, visit) = held(txn, desk, id).await?;
        if visit.status != VisitStatus::InCare {
            return Err(wrong_visit_state(visit.status));
        }
        let collector = pickups::authorise(txn, ctx, &visit, collected_by.as_deref(), pickup_code.as_deref()).await?;
        let sealed = collector.name().map(|name| ctx.keys.seal(COLLECTED_BY_PLACE, name.as_bytes()));
        let change = Step {
            from: VisitStatus::InCare,
            to: VisitStatus::Left,
            row: visits::ActiveModel {
                checked_out_at: Set(Some(now)),
                collected_by_sealed: Set(sealed),
                ..Default::default()
            },
            action: "visit.check_out",
            detail: json!({ "collected_by": collector.kind() }),
        };
        step(txn, ctx, desk, (booking, visit), change).await
    })
    .await?;
    Ok(count(ctx, outcome, "visit_checked_out"))
}

/// The family told that the child doesn't come: the place is free again.
pub async fn absent(
    ctx: &Ctx,
    desk: &Desk,
    idempotency: &Idempotency,
    id: VisitId,
    body: DeskAbsentIn,
) -> Result<Once<DeskVisitStepOut>> {
    let DeskAbsentIn { reason } = body;
    let outcome = once(ctx, idempotency, &desk.staff_id.to_string(), async |txn| {
        let (booking, mut visit) = held(txn, desk, id).await?;
        let visits = store::visits(txn, &[booking.id]).await?;
        let late = ctx.clock.now() > life::cutoff(&booking, &visit);
        let how =
            CallOff { visit: id, to: VisitStatus::Absent, actor: desk.staff_id.to_string(), reason: reason.as_deref() };
        idempotency.about(booking.family_id);
        let booking = days::call_off(txn, ctx, booking, visits, how).await?;
        visit.status = VisitStatus::Absent;
        let detail = json!({ "late": late });
        audit::record(ctx, txn, Actor::from(desk), "visit.absent", id.to_string(), detail).await?;
        Ok(step_out(&booking, &visit))
    })
    .await?;
    Ok(count(ctx, outcome, "visit_absent"))
}

/// Records that the centre has seen health check and vaccination of a child it knows.
pub async fn record_entry_check(
    ctx: &Ctx,
    desk: &Desk,
    idempotency: &Idempotency,
    child: ChildId,
    body: &DeskEntryCheckIn,
) -> Result<Once<DeskEntryCheckOut>> {
    let today = ctx.clock.today();
    let DeskEntryCheckIn { passed_on, vaccinated } = *body;
    if passed_on.0 > today {
        return Err(Problem::field(
            "passed_on",
            "in_the_future",
            Text::new("体检日期不能晚于今天。", "The health check lies in the future."),
        ));
    }
    once(ctx, idempotency, &desk.staff_id.to_string(), async |txn| {
        if !store::knows_child(txn, desk.centre_id, child).await? {
            return Err(Problem::new(Code::NotFound));
        }
        families::allow_health_record(txn, child).await?;
        if store::children(txn, &[child]).await?.iter().any(|row| passed_on.0 < row.birth_date) {
            return Err(Problem::field(
                "passed_on",
                "before_birth",
                Text::new("体检日期早于孩子的出生日期，请核对。", "The health check lies before the child's birth."),
            ));
        }
        let check = entry_checks::Model {
            centre_id: desk.centre_id,
            child_id: child,
            passed_on: passed_on.0,
            vaccinated,
            staff_id: desk.staff_id,
            recorded_at: ctx.clock.now(),
        };
        store::save_check(txn, check.clone().into()).await?;
        // What was found is the child's health: it stands in the row, which can be erased, and not here.
        audit::record(ctx, txn, Actor::from(desk), "child.entry_check", child.to_string(), json!({})).await?;
        let checks = Checks::load(txn, &[desk.centre_id], &[child]).await?;
        let (stored, last_visit) = checks.of(desk.centre_id, child);
        let status = life::entry_check(stored, last_visit, entity::CareType::FullDay, today);
        let needed_by = (status == EntryCheckStatus::Needed).then_some(today);
        Ok(DeskEntryCheckOut {
            child_id: child,
            passed_on: check.passed_on,
            vaccinated,
            entry_check: BookingEntryCheckOut { status, needed_by },
            recorded_at: Moment(check.recorded_at),
        })
    })
    .await
}
