//! Quote and book.

use std::cell::Cell;

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    BookingId, BookingStatus, CentreId, Confirmation, FamilyId, NoticeKind, VisitStatus, booking_events, bookings,
    visits,
};
use sea_orm::{ConnectionTrait, DatabaseTransaction};
use serde_json::json;

use super::{
    super::{
        dto::{BookingEntryCheckOut, BookingIn, BookingOut, QuoteOut, QuoteVisitOut},
        rules::{
            life,
            price::DayPrice,
            stays::{Skip, Stay},
        },
        store,
    },
    consider::{self, Considered, consider},
    event, show, together,
};
use crate::{
    error::{Problem, Result},
    features::{centres::store::Held, notices},
    http::{Idempotency, Moment, Once, once},
    platform::clock::instant_at,
    state::Ctx,
};

/// A booking whose centre changed meanwhile is tried again so often: a manager who sets the prices of
/// a whole morning changes it many times within a second.
pub(super) const RELOADS: usize = 8;

/// What a booking would be; changes nothing.
pub async fn quote(ctx: &Ctx, family: FamilyId, body: &BookingIn) -> Result<QuoteOut> {
    quote_in(ctx.db.reader(), ctx, family, body).await
}

/// The same as seen by a connection, or within a transaction.
pub async fn quote_in(db: &impl ConnectionTrait, ctx: &Ctx, family: FamilyId, body: &BookingIn) -> Result<QuoteOut> {
    let stale = Cell::new(false);
    let mut seen = consider(db, ctx, family, body, false, &stale).await;
    for _ in 0..RELOADS {
        if !stale.take() {
            break;
        }
        reload(ctx, body.centre_id).await?;
        seen = consider(db, ctx, family, body, false, &stale).await;
    }
    seen.and_then(|seen| {
        consider::within_limit(ctx, seen.live)?;
        Ok(quote_out(body, seen))
    })
}

fn quote_out(body: &BookingIn, seen: Considered) -> QuoteOut {
    let Considered {
        child, plan, class, offer, stays, skipped, full, overlaps, price, entry_check, confirmation, ..
    } = seen;
    let begins = stays.first().map(|stay| instant_at(stay.date, stay.from));
    let cutoff = TimeDelta::minutes(i64::from(offer.cutoff_minutes));
    QuoteOut {
        available: overlaps.is_empty() && !stays.is_empty() && (body.best_effort || full.is_empty()),
        child_id: child.id,
        centre_id: plan.row.id,
        class_id: class.id,
        class_name: class.name,
        care_type: body.care_type,
        start_date: body.start_date.0,
        end_date: body.end_date.unwrap_or(body.start_date).0,
        visits: stays
            .iter()
            .map(|stay| QuoteVisitOut {
                date: stay.date,
                from: stay.from,
                to: stay.to,
                available: !full.contains(&stay.date),
            })
            .collect(),
        full_dates: full,
        overlaps,
        price,
        skipped: skipped.into_iter().map(Into::into).collect(),
        entry_check,
        voucher_id: body.voucher_id,
        needs_confirmation: confirmation == Confirmation::Request,
        can_cancel_until: begins.map(|begins| Moment(begins - cutoff)),
    }
}

/// Books: all days or none, or with `best_effort` the days with a place. Together with others that come
/// at once, if nothing stands against it; else by itself, to say what does.
pub async fn book(
    ctx: &Ctx,
    family: FamilyId,
    idempotency: &Idempotency,
    body: &BookingIn,
) -> Result<Once<BookingOut>> {
    if let Some(booking) = together::book(ctx, family, idempotency, body).await {
        booked(ctx, &booking);
        return Ok(Once::First(booking));
    }
    let stale = Cell::new(false);
    let account = family.to_string();
    let attempt = async || {
        once(ctx, idempotency, &account, async |txn| {
            let seen = consider(txn, ctx, family, body, true, &stale).await?;
            take(txn, ctx, family, body, seen, Taking::default()).await
        })
        .await
    };
    let mut outcome = attempt().await;
    for _ in 0..RELOADS {
        if !stale.take() {
            break;
        }
        reload(ctx, body.centre_id).await?;
        outcome = attempt().await;
    }
    let outcome = outcome?;
    if let Once::First(booking) = &outcome {
        booked(ctx, booking);
    }
    Ok(outcome)
}

fn booked(ctx: &Ctx, booking: &BookingOut) {
    forget_places(ctx, booking);
    ctx.metrics.event("booking_created");
    tracing::debug!(visits = booking.visits.len(), "booked");
}

/// The next search sees what a booking changed.
pub(super) fn forget_places(ctx: &Ctx, booking: &BookingOut) {
    ctx.free_places.forget(booking.class_id, booking.visits.iter().map(|visit| visit.date));
}

pub(super) async fn reload(ctx: &Ctx, centre: CentreId) -> Result<()> {
    Ok(ctx.catalogue.reload_centres(ctx.db.reader(), &ctx.clock, &[centre]).await?)
}

/// In whose place a booking comes, and whether the family must still accept it.
#[derive(Clone, Copy, Default)]
pub(super) struct Taking {
    /// The booking whose days it takes over.
    pub(super) replaces: Option<BookingId>,
    /// A place from the waiting list, held until then.
    pub(super) offer_until: Option<DateTime<Utc>>,
}

/// A booking to be written.
pub(super) struct Draft {
    booking: bookings::Model,
    visits: Vec<visits::Model>,
    event: booking_events::Model,
    /// Whether the family hears of it by a message.
    tell: bool,
    entry_check: BookingEntryCheckOut,
    skipped: Vec<Skip>,
}

impl Draft {
    /// When and where its places are taken.
    pub(super) fn held(&self) -> impl Iterator<Item = Held> {
        self.visits.iter().map(|visit| Held {
            class_id: visit.class_id,
            date: visit.date,
            care_type: visit.care_type,
            from_min: visit.from_min,
            to_min: visit.to_min,
            n: 1,
            absent: false,
        })
    }

    /// The answer to the family.
    pub(super) fn out(&self, ctx: &Ctx) -> BookingOut {
        let mut out = show::booking_out(ctx, self.booking.clone(), &self.visits, self.entry_check);
        out.skipped = Some(self.skipped.iter().cloned().map(Into::into).collect());
        out
    }

    /// Writes drafts whose places are free, under the locks of their children and classes.
    pub(super) async fn write(txn: &DatabaseTransaction, ctx: &Ctx, drafts: Vec<Self>) -> Result<()> {
        let mut rows = store::Rows::default();
        let told: Vec<bookings::Model> =
            drafts.iter().filter(|draft| draft.tell).map(|draft| draft.booking.clone()).collect();
        for draft in drafts {
            rows.bookings.push(draft.booking);
            rows.visits.extend(draft.visits);
            rows.events.push(draft.event);
        }
        store::insert(txn, rows).await?;
        for booking in told {
            notices::about_booking(ctx, txn, NoticeKind::BookingConfirmed, &booking, json!({})).await?;
        }
        Ok(())
    }
}

/// Takes the places of a wish that was considered under lock.
pub(super) async fn take(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    family: FamilyId,
    body: &BookingIn,
    seen: Considered,
    taking: Taking,
) -> Result<BookingOut> {
    let draft = draft(ctx, family, body, seen, taking)?;
    let out = draft.out(ctx);
    Draft::write(txn, ctx, vec![draft]).await?;
    Ok(out)
}

/// The rows of a wish that was considered under lock, if nothing is in the way.
pub(super) fn draft(ctx: &Ctx, family: FamilyId, body: &BookingIn, seen: Considered, taking: Taking) -> Result<Draft> {
    if !seen.overlaps.is_empty() {
        return Err(consider::elsewhere(seen.child.id, &seen.overlaps));
    }
    if taking.replaces.is_none() {
        consider::within_limit(ctx, seen.live)?;
    }
    if seen.stays.is_empty() || (!body.best_effort && !seen.full.is_empty()) {
        return Err(consider::no_place(&seen.full));
    }
    let mut booking = bookings::Model { replaces_id: taking.replaces, ..row(ctx, family, body, &seen)? };
    if let Some(until) = taking.offer_until {
        booking = bookings::Model {
            status: BookingStatus::Pending,
            confirm_by: Some(until),
            offer_until: Some(until),
            ..booking
        };
    }
    let days = seen.stays.iter().zip(&seen.days);
    let visits = days.map(|(stay, price)| visit(ctx, &booking, stay, *price)).collect();
    let event = event(ctx, booking.id, None, family.to_string(), booking.status.as_str(), None);
    // The answer tells who booked; only a message is worth a row more under the locks.
    let confirmed = booking.status == BookingStatus::Confirmed;
    let tell = confirmed && seen.messages && notices::is_sent(ctx, NoticeKind::BookingConfirmed);
    Ok(Draft { booking, visits, event, tell, entry_check: seen.entry_check, skipped: seen.skipped })
}

fn row(ctx: &Ctx, family: FamilyId, body: &BookingIn, seen: &Considered) -> Result<bookings::Model> {
    let now = ctx.clock.now();
    let begins = seen.stays.first().map_or(now, |stay| instant_at(stay.date, stay.from));
    let (status, confirm_by) = match seen.confirmation {
        Confirmation::Instant => (BookingStatus::Confirmed, None),
        Confirmation::Request => {
            (BookingStatus::Pending, Some(life::confirm_by(now, ctx.settings.confirm_within_hours, begins)))
        }
    };
    Ok(bookings::Model {
        id: ctx.clock.id(),
        family_id: family,
        child_id: seen.child.id,
        centre_id: seen.plan.row.id,
        class_id: seen.class.id,
        care_type: body.care_type,
        status,
        start_date: body.start_date.0,
        end_date: body.end_date.unwrap_or(body.start_date).0,
        total_fen: seen.price.total_fen,
        price_lines: serde_json::to_value(&seen.price.lines).map_err(Problem::internal)?,
        voucher_id: body.voucher_id,
        replaces_id: None,
        offer_until: None,
        confirm_by,
        cutoff_minutes: seen.offer.cutoff_minutes,
        reason: None,
        created_at: now,
        updated_at: now,
    })
}

fn visit(ctx: &Ctx, booking: &bookings::Model, stay: &Stay, price: DayPrice) -> visits::Model {
    visits::Model {
        id: ctx.clock.id(),
        booking_id: booking.id,
        family_id: booking.family_id,
        child_id: booking.child_id,
        centre_id: booking.centre_id,
        class_id: booking.class_id,
        care_type: booking.care_type,
        date: stay.date,
        from_min: stay.from,
        to_min: stay.to,
        status: VisitStatus::Expected,
        checked_in_at: None,
        checked_out_at: None,
        amount_fen: Some(price.amount),
        with_voucher: Some(price.with_voucher),
        late_told_at: None,
        collected_by_sealed: None,
        reminded_at: None,
        invited_at: None,
    }
}
