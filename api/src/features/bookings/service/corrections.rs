//! Mistakes at the desk are put right by what is appended: the visit shows the latest, its history
//! keeps what was before, who corrected it and why.

use entity::{BookingId, BookingStatus, FamilyId, Fen, VisitId, VisitStatus, booking_events, bookings, visits};
use sea_orm::{ActiveValue::Set, DatabaseTransaction};
use serde_json::json;

use super::{
    super::{
        desk_dto::{DeskCorrectionIn, DeskVisitStepOut},
        dto::{BookingEventOut, BookingHistoryOut},
        rules::{
            corrections::{self, Correction, Times},
            life,
            stays::Stay,
            terms,
        },
        store,
    },
    consider, days,
    desk::{COLLECTED_BY_PLACE, check_entry, held, step_out},
    event,
};
use crate::{
    error::{Code, Problem, Result, Text},
    features::{
        audit::{self, Actor},
        auth::{Desk, permissions},
        centres::{grid::Grid, store as centre_store},
        families::store as family_store,
        pickups, support,
    },
    http::{Idempotency, Moment, Once, once},
    state::Ctx,
};

fn facts(visit: VisitStatus, (came, left): Times) -> serde_json::Value {
    json!({ "status": visit, "checked_in_at": came.map(Moment), "checked_out_at": left.map(Moment) })
}

/// Puts right where a visit stands and when the child came and left.
pub async fn correct(
    ctx: &Ctx,
    desk: &Desk,
    idempotency: &Idempotency,
    id: VisitId,
    body: DeskCorrectionIn,
) -> Result<Once<DeskVisitStepOut>> {
    let outcome = once(ctx, idempotency, &desk.staff_id.to_string(), async |txn| {
        let (booking, mut visit) = held(txn, desk, id).await?;
        // A booking all of whose days were called off is open again when one of them wasn't.
        let called_off = booking.status == BookingStatus::Cancelled && visit.status == VisitStatus::Absent;
        if !called_off && !matches!(booking.status, BookingStatus::Confirmed | BookingStatus::Completed) {
            return Err(super::wrong_booking_state(life::shown(&booking, ctx.clock.now())));
        }
        let wanted = Correction {
            status: body.status,
            came: body.checked_in_at.map(|at| at.0),
            left: body.checked_out_at.map(|at| at.0),
        };
        let (came, left) =
            corrections::corrected(&visit, wanted, ctx.clock.now(), desk.may(permissions::LATE_CORRECTIONS).is_ok())?;
        if visit.status == VisitStatus::Absent {
            take_back(txn, ctx, &visit).await?;
        }
        let cared_for = matches!(wanted.status, VisitStatus::InCare | VisitStatus::Left);
        if cared_for {
            check_entry(txn, desk, &visit, visit.date).await?;
        } else {
            nothing_rests_on(txn, &visit).await?;
        }
        let collected = match (wanted.status, body.collected_by.as_deref()) {
            (VisitStatus::Left, None) => visit.collected_by_sealed.clone(),
            (VisitStatus::Left, named) => {
                let collector = pickups::authorise(txn, ctx, &visit, named, None).await?;
                collector.name().map(|name| ctx.keys.seal(COLLECTED_BY_PLACE, name.as_bytes()))
            }
            _ => None,
        };
        idempotency.about(booking.family_id);
        let before = facts(visit.status, (visit.checked_in_at, visit.checked_out_at));
        let row = visits::ActiveModel {
            status: Set(wanted.status),
            checked_in_at: Set(came),
            checked_out_at: Set(left),
            collected_by_sealed: Set(collected),
            late_told_at: Set(None),
            ..Default::default()
        };
        if !store::move_visit(txn, id, visit.status, row).await? {
            return Err(super::wrong_visit_state(visit.status));
        }
        let booking = recharge(txn, ctx, booking, &visit, wanted.status).await?;
        (visit.status, visit.checked_in_at, visit.checked_out_at) = (wanted.status, came, left);
        let detail = json!({ "correction": { "before": before, "after": facts(wanted.status, (came, left)) } });
        let actor = desk.staff_id.to_string();
        let line = event(ctx, booking.id, Some(id), actor.clone(), wanted.status.as_str(), Some(&body.reason));
        store::insert_event(txn, booking_events::Model { detail: Some(detail.clone()), ..line }).await?;
        audit::record(ctx, txn, Actor::from(desk), "visit.correct", id.to_string(), detail).await?;
        let booking = settle_again(txn, ctx, booking, &actor).await?;
        support::attendance_changed(ctx, txn, (visit.centre_id, visit.child_id), visit.date).await?;
        Ok(step_out(&booking, &visit))
    })
    .await?;
    if matches!(outcome, Once::First(_)) {
        ctx.metrics.event("visit_corrected");
    }
    Ok(outcome)
}

/// The place of a visit that was wrongly marked absent, if it is still free, under the locks of whoever
/// books.
async fn take_back(txn: &DatabaseTransaction, ctx: &Ctx, visit: &visits::Model) -> Result<()> {
    family_store::lock_child(txn, visit.family_id, visit.child_id).await?;
    let class = centre_store::lock_classes(txn, &[visit.class_id]).await?.pop();
    let class = class.ok_or_else(|| Problem::new(Code::NotFound))?;
    let dates = (visit.date, visit.date);
    let about = store::About {
        centre: visit.centre_id,
        family: visit.family_id,
        child: visit.child_id,
        classes: &[visit.class_id],
        dates,
    };
    let facts = store::facts_of_each(txn, &[about]).await?.pop().unwrap_or_default();
    if facts.elsewhere.iter().any(|other| other.from < visit.to_min && visit.from_min < other.to) {
        return Err(Problem::new(Code::ChildOverlap).fact("dates", [visit.date]));
    }
    let stay = Stay { date: visit.date, from: visit.from_min, to: visit.to_min };
    let grid = Grid::of(facts.held, facts.rosters);
    let full = terms::full(&grid, &class, &ctx.catalogue.rules(), visit.care_type, &[stay]);
    if full.is_empty() { Ok(()) } else { Err(consider::no_place(&full)) }
}

/// A day that was called off in time isn't charged, and one that wasn't is.
async fn recharge(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    booking: bookings::Model,
    visit: &visits::Model,
    to: VisitStatus,
) -> Result<bookings::Model> {
    let absent = |status| status == VisitStatus::Absent;
    match (absent(visit.status) && visit.late_told_at.is_none(), absent(to)) {
        (true, false) => {
            let again = visit.amount_fen.map(|amount| Fen(-amount.0));
            days::take_off(txn, ctx, booking, &[again], VisitStatus::Absent).await
        }
        (false, true) => days::take_off(txn, ctx, booking, &[visit.amount_fen], VisitStatus::Absent).await,
        _ => Ok(booking),
    }
}

/// A visit that was rated, or on which a voucher was redeemed, took place; and where an answer names a voucher day
/// of the child there on that day, the visit may be all the care that it has left.
async fn nothing_rests_on(txn: &DatabaseTransaction, visit: &visits::Model) -> Result<()> {
    let (rated, redeemed) = store::rests_on(txn, visit).await?;
    let text = match (rated, redeemed) {
        (false, false) => return Ok(()),
        (_, true) => {
            Text::new("该次托育已核销体验券，请先撤销核销再更正。", "A voucher was redeemed on it: reverse that first.")
        }
        _ => Text::new("家长已评价当天的托育，不能更正为未入园。", "The family rated that day, so it took place."),
    };
    Err(Problem::new(Code::WrongState).detail(text).fact("state", visit.status))
}

/// Where a booking stands after one of its days was put right: it may be open again.
async fn settle_again(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    mut booking: bookings::Model,
    actor: &str,
) -> Result<bookings::Model> {
    let visits = store::visits(txn, &[booking.id]).await?;
    let to = life::outcome(&visits).unwrap_or(BookingStatus::Confirmed);
    let now = ctx.clock.now();
    if to != booking.status && store::move_booking(txn, booking.id, &[booking.status], to, None, now).await? {
        store::insert_event(txn, event(ctx, booking.id, None, actor.to_owned(), to.as_str(), None)).await?;
        (booking.status, booking.updated_at) = (to, now);
    }
    Ok(booking)
}

/// What happened to one of the family's bookings.
pub async fn history(ctx: &Ctx, family: FamilyId, id: BookingId) -> Result<BookingHistoryOut> {
    let found = store::booking_of_family(ctx.db.reader(), family, id).await?;
    found.ok_or_else(|| Problem::new(Code::NotFound))?;
    lines(ctx, id).await
}

/// What happened to one of the centre's bookings.
pub async fn history_at_desk(ctx: &Ctx, desk: &Desk, id: BookingId) -> Result<BookingHistoryOut> {
    let found = store::booking_of_centre(ctx.db.reader(), desk.centre_id, id).await?;
    found.ok_or_else(|| Problem::new(Code::NotFound))?;
    lines(ctx, id).await
}

async fn lines(ctx: &Ctx, id: BookingId) -> Result<BookingHistoryOut> {
    let rows = store::events(ctx.db.reader(), id).await?;
    let line = |row: booking_events::Model| BookingEventOut {
        at: Moment(row.at),
        visit_id: row.visit_id,
        by: match row.actor.as_bytes() {
            [b'f', ..] => "family",
            [b's', b't', ..] => "staff",
            _ => "system",
        },
        status: row.status,
        reason: row.reason,
        correction: row.detail.and_then(|detail| detail.get("correction").cloned()),
    };
    Ok(BookingHistoryOut { items: rows.into_iter().map(line).collect() })
}
