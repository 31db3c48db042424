//! Places that are held for a family from the waiting list: a `pending` booking that the family
//! itself confirms, until its time is over; then it lapses like any other request.

use chrono::{DateTime, Utc};
use entity::{BookingId, BookingStatus, Confirmation, FamilyId, bookings};
use sea_orm::DatabaseTransaction;

use super::{
    super::{
        dto::{BookingIn, BookingOut},
        rules::life,
        store,
    },
    attendance,
    book::{Taking, take},
    consider::{Stale, consider},
    days, event, family as families, wrong_booking_state,
};
use crate::{
    error::{Code, Problem, Result, Text},
    platform::clock::instant_at,
    state::Ctx,
};

/// Holds the places of a wish for the family until `until`, at the latest until care begins; or says
/// why it can't. With `stale` set the catalogue is to be reloaded and the whole tried again.
pub async fn hold(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    family: FamilyId,
    body: &BookingIn,
    until: DateTime<Utc>,
    stale: &Stale,
) -> Result<BookingOut> {
    let seen = consider(txn, ctx, family, body, true, stale).await?;
    let begins = seen.stays.first().map_or(until, |stay| instant_at(stay.date, stay.from));
    let taking = Taking { offer_until: Some(until.min(begins)), ..Taking::default() };
    take(txn, ctx, family, body, seen, taking).await
}

/// The family takes an offered place: `confirmed`, or `pending` where the centre confirms by hand.
pub async fn accept(txn: &DatabaseTransaction, ctx: &Ctx, family: FamilyId, id: BookingId) -> Result<BookingOut> {
    let owner = bookings::Entity::of_family(family);
    let row = store::lock(txn, owner, id).await?.ok_or_else(|| Problem::new(Code::NotFound))?;
    let (now, visits) = (ctx.clock.now(), store::visits(txn, &[id]).await?);
    let status = life::shown(&row, now);
    if status != BookingStatus::Pending || row.offer_until.is_none() {
        return Err(wrong_booking_state(status));
    }
    let plan = ctx.catalogue.centre(row.centre_id);
    let offered = plan.and_then(|plan| plan.offer(row.class_id, row.care_type).map(|offer| offer.confirmation));
    let by_hand = offered == Some(Confirmation::Request) || attendance::of(txn, ctx, family).await?.request_only;
    let begins = visits.first().map_or(now, |visit| instant_at(visit.date, visit.from_min));
    let (to, confirm_by) = if by_hand {
        (BookingStatus::Pending, Some(life::confirm_by(now, ctx.settings.confirm_within_hours, begins)))
    } else {
        (BookingStatus::Confirmed, None)
    };
    if !store::accept(txn, id, to, confirm_by, now).await? {
        return Err(wrong_booking_state(status));
    }
    store::insert_event(txn, event(ctx, id, None, family.to_string(), to.as_str(), None)).await?;
    let row = bookings::Model { status: to, confirm_by, offer_until: None, updated_at: now, ..row };
    families::one(txn, ctx, row).await
}

/// Gives an offered place back, if it is still held for the family.
pub async fn give_up(txn: &DatabaseTransaction, ctx: &Ctx, family: FamilyId, id: BookingId) -> Result<()> {
    let owner = bookings::Entity::of_family(family);
    let Some(row) = store::lock(txn, owner, id).await? else { return Ok(()) };
    let to = BookingStatus::Cancelled;
    if row.offer_until.is_none()
        || !store::move_booking(txn, id, &[BookingStatus::Pending], to, None, ctx.clock.now()).await?
    {
        return Ok(());
    }
    let visits = store::visits(txn, &[id]).await?;
    days::give_back(txn, ctx, row, &visits).await?;
    Ok(store::insert_event(txn, event(ctx, id, None, family.to_string(), to.as_str(), None)).await?)
}

/// `WRONG_STATE`: the family must take the offered place first.
pub(super) fn to_be_accepted() -> Problem {
    Problem::new(Code::WrongState)
        .detail(Text::new(
            "这是候补名额，须先由家长在“候补”中接受。",
            "This is a place from the waiting list: the family must accept it first.",
        ))
        .fact("state", BookingStatus::Pending)
}
