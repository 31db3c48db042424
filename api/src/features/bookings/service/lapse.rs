//! Requests that the centre didn't answer in time lapse and give their places back.

use entity::{BookingId, BookingStatus, NoticeKind, bookings};
use sea_orm::EntityTrait as _;
use serde_json::json;

use super::{super::store, days, event};
use crate::{error::Result, features::notices, platform::db::write_txn, state::Ctx};

/// Requests taken up in one go.
const BATCH: u64 = 100;

/// Lapses every request whose deadline has passed; how many. Safe on several replicas at once: each
/// booking is moved by one conditional update.
pub async fn lapse_due(ctx: &Ctx) -> Result<u64> {
    let mut lapsed = 0;
    for id in store::overdue(ctx.db.reader(), ctx.clock.now(), BATCH).await? {
        lapsed += u64::from(lapse(ctx, id).await?);
    }
    Ok(lapsed)
}

/// Requests that are to lapse.
pub async fn lapse_waiting(ctx: &Ctx) -> Result<u64> {
    Ok(store::count_overdue(ctx.db.reader(), ctx.clock.now()).await?)
}

async fn lapse(ctx: &Ctx, id: BookingId) -> Result<bool> {
    let moved = write_txn(&ctx.db, async |txn| {
        let now = ctx.clock.now();
        let row = store::lock(txn, bookings::Entity::find(), id).await?;
        let Some(row) = row.filter(|row| row.confirm_by.is_some_and(|by| by < now)) else {
            return Result::<bool>::Ok(false);
        };
        let lapsed = BookingStatus::Lapsed;
        if !store::move_booking(txn, id, &[BookingStatus::Pending], lapsed, None, now).await? {
            return Ok(false);
        }
        let visits = store::visits(txn, &[id]).await?;
        let row = days::give_back(txn, ctx, row, &visits).await?;
        let kind = if row.offer_until.is_some() { NoticeKind::OfferLapsed } else { NoticeKind::BookingLapsed };
        notices::about_booking(ctx, txn, kind, &row, json!({})).await?;
        store::insert_event(txn, event(ctx, id, None, "system".to_owned(), lapsed.as_str(), None)).await?;
        Ok(true)
    })
    .await?;
    if moved {
        ctx.metrics.event("booking_lapsed");
    }
    Ok(moved)
}
