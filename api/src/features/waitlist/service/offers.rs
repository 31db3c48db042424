//! Offers freed places to those who wait, with no request running.

use std::cell::Cell;

use entity::{CentreId, NoticeKind, WaitlistStatus, waitlist_entries};
use serde_json::json;

use super::{
    super::{rules, store},
    ENTRIES, wish,
};
use crate::{
    error::{Code, Problem, Result},
    features::{
        bookings::service as booking,
        notices::{self, Notice},
    },
    http::Moment,
    platform::{clock::local, db::write_txn},
    state::Ctx,
};

/// Places given back that are looked at in one go.
const PLACES: u64 = 500;

/// Looks through the lists of all centres where a place was given back; how many offers were made.
/// What a kill interrupts is found again by its rows. Safe on several replicas at once.
pub async fn offer_due(ctx: &Ctx) -> Result<u64> {
    let (mut offered, mut failed) = (0, None);
    for (centre, places) in store::freed(ctx.db.reader(), PLACES).await? {
        // One centre that fails keeps its rows and holds up no other.
        match of_centre(ctx, centre).await {
            Ok(made) => {
                offered += made;
                store::looked_through(ctx.db.writer(), places).await?;
            }
            Err(problem) => failed = Some(problem),
        }
    }
    failed.map_or(Ok(offered), Err)
}

async fn of_centre(ctx: &Ctx, centre: CentreId) -> Result<u64> {
    let (mut offered, mut after) = (0, None);
    loop {
        let entries = store::waiting(ctx.db.reader(), centre, after, ENTRIES).await?;
        let Some(last) = entries.last() else { return Ok(offered) };
        after = Some(last.id);
        for entry in entries {
            let mut outcome = offer(ctx, &entry).await;
            if let Err(Offer::Stale) = outcome {
                ctx.catalogue.reload_centres(ctx.db.reader(), &ctx.clock, &[centre]).await?;
                outcome = offer(ctx, &entry).await;
            }
            match outcome {
                Ok(made) => offered += u64::from(made),
                // No place, too old by now, closed: the next one may fit.
                Err(Offer::Refused(problem)) if problem.code().status().is_client_error() => {}
                Err(Offer::Refused(problem)) => return Err(problem),
                Err(Offer::Stale) => return Err(Problem::new(Code::Unavailable)),
            }
        }
    }
}

/// Why nothing was offered.
enum Offer {
    Stale,
    Refused(Problem),
}

/// Holds the places of an entry that still waits, and says so in the same transaction.
async fn offer(ctx: &Ctx, entry: &waitlist_entries::Model) -> Result<bool, Offer> {
    let body = wish(entry).booking(entry);
    // Most who wait don't fit: that is seen without a lock.
    match booking::quote(ctx, entry.family_id, &body).await {
        Ok(quote) if quote.available => {}
        Ok(_) => return Ok(false),
        Err(problem) => return Err(Offer::Refused(problem)),
    }
    let stale = Cell::new(false);
    let done = write_txn(&ctx.db, async |txn| {
        let waits = store::lock(txn, entry.id, None).await?;
        if waits.is_none_or(|row| row.status != WaitlistStatus::Waiting) {
            return Ok(false);
        }
        let now = ctx.clock.now();
        let until = rules::offer_until(now, ctx.settings.waitlist_offer_minutes);
        let held = booking::hold(txn, ctx, entry.family_id, &body, until, &stale).await?;
        // Care may begin before the time for an answer is over.
        let until = held.offer_until.map_or(until, |held| held.0);
        let plan = ctx.catalogue.centre(entry.centre_id);
        let facts = json!({
            "waitlist_id": entry.id, "booking_id": held.id, "centre_id": entry.centre_id,
            "centre_name": plan.map(|plan| plan.row.name.clone()), "care_type": entry.care_type,
            "care": entry.care_type.zh(), "date": entry.start_date, "offer_until": Moment(until),
            "until": local(until).format("%-m月%-d日%H:%M").to_string(),
        });
        let (family, child, subject) = (entry.family_id, Some(entry.child_id), held.id.to_string());
        let notice = Notice { family, child, kind: NoticeKind::PlaceOffered, subject, facts };
        notices::tell(ctx, txn, notice).await?;
        let waiting = [WaitlistStatus::Waiting];
        Ok(store::step(txn, entry.id, &waiting, WaitlistStatus::Offered, Some(held.id), now).await?)
    })
    .await;
    match done {
        Ok(made) => {
            if made {
                ctx.metrics.event("waitlist_offered");
            }
            Ok(made)
        }
        Err(_) if stale.get() => Err(Offer::Stale),
        Err(problem) => Err(Offer::Refused(problem)),
    }
}

/// Ends the entries whose offer is over or whose first day is past; how many. They are shown as such
/// before.
pub async fn end_due(ctx: &Ctx) -> Result<u64> {
    Ok(store::end_what_is_over(ctx.db.writer(), ctx.clock.today(), ctx.clock.now()).await?)
}

/// Places given back whose lists are to be looked through.
pub async fn offers_waiting(ctx: &Ctx) -> Result<u64> {
    Ok(store::count_freed(ctx.db.reader()).await?)
}
