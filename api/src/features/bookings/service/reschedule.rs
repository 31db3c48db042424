//! Other days instead of those of a booking. Either the new places are held and the old ones given
//! back, in one transaction, or nothing changes.
//!
//! Where the centre confirms by hand, the old booking stands until it does: its answer gives the old
//! places back in the same transaction ([`take_over`]).

use std::cell::Cell;

use entity::{BookingId, BookingStatus, Confirmation, FamilyId, bookings};
use sea_orm::{DatabaseTransaction, EntityTrait as _};

use super::{
    super::{
        dto::{BookingIn, BookingOut, RescheduleIn},
        rules::life,
        store,
    },
    book::{RELOADS, Taking, forget_places, reload, take},
    consider::{Stale, consider},
    days, event, family as families, nobody_in_care, offers, wrong_booking_state,
};
use crate::{
    error::{Code, Problem, Result, Text},
    http::{Idempotency, Once, once},
    state::Ctx,
};

/// Why an attempt was rolled back, to be made again in another way.
#[derive(Default)]
struct Again {
    /// The catalogue was older than the database.
    stale: Stale,
    /// The centre must confirm first: the old places are to be kept meanwhile.
    by_request: Cell<bool>,
}

/// Books other days for the child of a booking, at the same centre, in place of what of it is still
/// to come; until its cut-off.
pub async fn reschedule(
    ctx: &Ctx,
    family: FamilyId,
    idempotency: &Idempotency,
    id: BookingId,
    body: &RescheduleIn,
) -> Result<Once<BookingOut>> {
    let (again, account) = (Again::default(), family.to_string());
    let mut keep = false;
    // As it stands; with the old places kept, if the centre confirms by hand; with a fresh catalogue.
    for _ in 0..2 + RELOADS {
        let outcome =
            once(ctx, idempotency, &account, async |txn| attempt(txn, ctx, family, id, body, keep, &again).await).await;
        if again.by_request.take() {
            keep = true;
        } else if again.stale.take() {
            let old = store::booking_of_family(ctx.db.reader(), family, id).await?;
            reload(ctx, old.ok_or_else(|| Problem::new(Code::NotFound))?.centre_id).await?;
        } else {
            if let Ok(Once::First(booking)) = &outcome {
                forget_places(ctx, booking);
                ctx.metrics.event("booking_rescheduled");
            }
            return outcome;
        }
    }
    Err(Problem::new(Code::Unavailable))
}

async fn attempt(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    family: FamilyId,
    id: BookingId,
    body: &RescheduleIn,
    keep: bool,
    again: &Again,
) -> Result<BookingOut> {
    let owner = bookings::Entity::of_family(family);
    let old = store::lock(txn, owner, id).await?.ok_or_else(|| Problem::new(Code::NotFound))?;
    let (now, visits) = (ctx.clock.now(), store::visits(txn, &[id]).await?);
    let status = life::shown(&old, now);
    nobody_in_care(&visits)?;
    let until = match life::can_cancel_until(&old, &visits) {
        Some(until) if status == old.status => until,
        _ => return Err(wrong_booking_state(status)),
    };
    if old.offer_until.is_some() {
        return Err(offers::to_be_accepted());
    }
    if now > until {
        return Err(families::too_late(ctx, old.centre_id, until));
    }
    if store::is_being_replaced(txn, id).await? {
        return Err(Problem::new(Code::WrongState).detail(Text::new(
            "该预约已有一项改期申请在等待机构确认，请等候答复或先取消该申请。",
            "Another request to reschedule this booking waits for the centre.",
        )));
    }
    if !keep {
        give_way(txn, ctx, old.clone(), &visits, &family.to_string()).await?;
    }
    let wish = wish(&old, body);
    let seen = consider(txn, ctx, family, &wish, true, &again.stale).await?;
    // A request that wasn't answered yet has nothing confirmed to keep.
    if seen.confirmation == Confirmation::Request && old.status == BookingStatus::Confirmed && !keep {
        again.by_request.set(true);
        return Err(Problem::new(Code::Unavailable));
    }
    take(txn, ctx, family, &wish, seen, Taking { replaces: Some(id), ..Taking::default() }).await
}

/// The same care for the same child at the same centre, on other days or at other hours.
fn wish(old: &bookings::Model, body: &RescheduleIn) -> BookingIn {
    let RescheduleIn { start_date, end_date, weekdays, half, from, to, class_id } = body.clone();
    BookingIn {
        child_id: old.child_id,
        centre_id: old.centre_id,
        care_type: old.care_type,
        start_date,
        end_date,
        weekdays,
        half,
        from,
        to,
        class_id,
        voucher_id: old.voucher_id,
        best_effort: false,
    }
}

/// Gives back what of a booking is still to come, for another one that takes its place.
async fn give_way(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    old: bookings::Model,
    visits: &[entity::visits::Model],
    actor: &str,
) -> Result<()> {
    let id = old.id;
    store::insert_event(txn, event(ctx, id, None, actor.to_owned(), "rescheduled", None)).await?;
    let old = days::give_back(txn, ctx, old, visits).await?;
    let visits = store::visits(txn, &[id]).await?;
    days::settle(txn, ctx, old, &visits, actor).await.map(drop)
}

/// After a request was confirmed: the booking it replaces gives way, if it still stands.
pub(super) async fn take_over(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    confirmed: &bookings::Model,
    actor: &str,
) -> Result<()> {
    let Some(id) = confirmed.replaces_id else { return Ok(()) };
    let Some(old) = store::lock(txn, bookings::Entity::find(), id).await? else { return Ok(()) };
    if !store::LIVE.contains(&old.status) {
        return Ok(());
    }
    let visits = store::visits(txn, &[id]).await?;
    give_way(txn, ctx, old, &visits, actor).await
}
