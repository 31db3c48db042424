//! What other systems read: changes in the order of their ids, which carry the time.
//!
//! A change is written in the transaction of its deed, with an id of the moment; a transaction may
//! commit after one that began later. So nothing is shown before it is settled: what is younger than
//! [`SETTLED`] waits, and a cursor never passes by something that comes to light behind it.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use entity::{CentreId, bookings, centres, redemptions, visits};
use sea_orm::prelude::Uuid;

use super::{
    read_dto::{
        ChangesPage, ChangesQuery, ExchangeBookingOut, ExchangeCentreOut, ExchangeRedemptionOut,
        ExchangeSatisfactionOut, ExchangeSatisfactionQuery, ExchangeVisitOut,
    },
    store::{self, Stretch},
};
use crate::{
    error::Result,
    features::{
        auth::KeyHolder,
        centres::{LocationOut, coords::Coord},
        satisfaction::{
            Answers,
            dto::{SatisfactionBy, SatisfactionQuery},
            service as satisfaction,
        },
    },
    http::{Cursor, Limit, Moment},
    platform::crypto::Keyring,
    state::Ctx,
};

/// No transaction is under way for longer.
pub(super) const SETTLED: TimeDelta = TimeDelta::minutes(2);

/// The smallest id of an instant.
pub(super) fn first_id(at: DateTime<Utc>) -> Uuid {
    Uuid::from_u128(u128::from(at.timestamp_millis().max(0).cast_unsigned()) << 80)
}

fn stretch(ctx: &Ctx, holder: &KeyHolder, after: Uuid, limit: Limit) -> Stretch {
    let before = first_id(ctx.clock.now() - SETTLED);
    Stretch { after, before, centre: holder.centre_id, limit: limit.plus_one() }
}

/// Where to begin: after the cursor, or at an instant.
fn start(query: &ChangesQuery) -> Result<Uuid> {
    let from = query.since.map_or_else(Uuid::nil, |since| first_id(since.0));
    Ok(query.cursor.as_ref().map(Cursor::unpack).transpose()?.unwrap_or(from))
}

/// A page of rows fetched with one more than asked for.
fn page<R, T>(
    mut rows: Vec<R>,
    query: &ChangesQuery,
    cursor: impl Fn(&R) -> String,
    same: impl Fn(&R) -> Uuid,
    item: impl Fn(R) -> T,
) -> ChangesPage<T> {
    let most = query.limit.0 as usize;
    let more = rows.len() > most;
    rows.truncate(most);
    let cursor = rows.last().map(cursor).or_else(|| query.cursor.as_ref().map(Cursor::text));
    // Of several changes of one thing the last tells all.
    let last: HashMap<Uuid, usize> = rows.iter().enumerate().map(|(place, row)| (same(row), place)).collect();
    let kept = rows.into_iter().enumerate().filter(|(place, row)| last.get(&same(row)) == Some(place));
    let kept: Vec<R> = kept.map(|(_, row)| row).collect();
    ChangesPage { items: kept.into_iter().map(item).collect(), cursor, more }
}

/// Bookings that changed.
pub(super) async fn bookings(
    ctx: &Ctx,
    holder: &KeyHolder,
    query: &ChangesQuery,
) -> Result<ChangesPage<ExchangeBookingOut>> {
    let stretch = stretch(ctx, holder, start(query)?, query.limit);
    let rows = store::booking_changes(ctx.db.reader(), stretch).await?;
    let item =
        |(event, row): (entity::booking_events::Model, bookings::Model)| booking_out(&ctx.keys, holder, &row, event.at);
    Ok(page(rows, query, |(event, _)| Cursor::pack(&event.id.0), |(_, row)| row.id.0, item))
}

/// Visits that changed.
pub(super) async fn visits(
    ctx: &Ctx,
    holder: &KeyHolder,
    query: &ChangesQuery,
) -> Result<ChangesPage<ExchangeVisitOut>> {
    let (after, visit) = match &query.cursor {
        Some(cursor) => cursor.unpack()?,
        None => (start(query)?, Uuid::nil()),
    };
    let stretch = stretch(ctx, holder, after, query.limit);
    let rows = store::visit_changes(ctx.db.reader(), stretch, visit).await?;
    let item =
        |(event, row): (entity::booking_events::Model, visits::Model)| visit_out(&ctx.keys, holder, &row, event.at);
    Ok(page(rows, query, |(event, row)| Cursor::pack(&(event.id.0, row.id.0)), |(_, row)| row.id.0, item))
}

/// Redemptions that were made or reversed.
pub(super) async fn redemptions(
    ctx: &Ctx,
    holder: &KeyHolder,
    query: &ChangesQuery,
) -> Result<ChangesPage<ExchangeRedemptionOut>> {
    let stretch = stretch(ctx, holder, start(query)?, query.limit);
    let made = store::redemptions_made(ctx.db.reader(), stretch).await?;
    let reversed = store::redemptions_reversed(ctx.db.reader(), stretch).await?;
    let made = made.into_iter().map(|row| (row.id.0, row.uploaded_at.unwrap_or(row.redeemed_at), row));
    let mut rows: Vec<(Uuid, DateTime<Utc>, redemptions::Model)> =
        made.chain(reversed.into_iter().map(|(id, at, row)| (id.0, at, row))).collect();
    rows.sort_by_key(|(id, _, _)| *id);
    let item = |(_, at, row): (Uuid, DateTime<Utc>, redemptions::Model)| redemption_out(&ctx.keys, holder, &row, at);
    Ok(page(rows, query, |(id, _, _)| Cursor::pack(id), |(_, _, row)| row.id.0, item))
}

/// Centres that changed.
pub(super) async fn centres(
    ctx: &Ctx,
    holder: &KeyHolder,
    query: &ChangesQuery,
) -> Result<ChangesPage<ExchangeCentreOut>> {
    let after: (DateTime<Utc>, Option<CentreId>) = match &query.cursor {
        Some(cursor) => cursor.unpack()?,
        None => (query.since.map_or(DateTime::UNIX_EPOCH, |since| since.0), None),
    };
    let (db, before) = (ctx.db.reader(), ctx.clock.now() - SETTLED);
    let rows = store::centres_changed(db, after, before, holder.centre_id, query.limit.plus_one()).await?;
    let ids: Vec<CentreId> = rows.iter().map(|row| row.id).collect();
    let mut places: HashMap<CentreId, i32> = HashMap::new();
    for (centre, n) in store::places(db, &ids).await? {
        *places.entry(centre).or_default() += n;
    }
    let today = ctx.clock.today();
    let item = |row: centres::Model| {
        let n = places.get(&row.id).copied().unwrap_or(0);
        centre_out(row, n, today)
    };
    Ok(page(rows, query, |row| Cursor::pack(&(row.changed_at, Some(row.id))), |row| row.id.0, item))
}

/// Figures of satisfaction by centre.
pub(super) async fn satisfaction(
    ctx: &Ctx,
    holder: &KeyHolder,
    query: ExchangeSatisfactionQuery,
) -> Result<ExchangeSatisfactionOut> {
    let query = SatisfactionQuery { from: query.from, to: query.to, by: Some(SatisfactionBy::Centre) };
    let report = satisfaction::report(ctx, query, Answers::Present).await?;
    let own = holder.centre_id.map(|id| id.to_string());
    let items = report.groups.into_iter().filter(|group| own.as_ref().is_none_or(|own| *own == group.key));
    Ok(ExchangeSatisfactionOut {
        from: report.from,
        to: report.to,
        target: report.target,
        as_of: report.as_of,
        items: items.collect(),
    })
}

fn booking_out(keys: &Keyring, holder: &KeyHolder, row: &bookings::Model, at: DateTime<Utc>) -> ExchangeBookingOut {
    ExchangeBookingOut {
        id: row.id,
        centre_id: row.centre_id,
        class_id: row.class_id,
        child: holder.pseudonym(keys, row.child_id),
        care_type: row.care_type,
        status: row.status,
        start_date: row.start_date,
        end_date: row.end_date,
        total_fen: row.total_fen,
        with_voucher: row.voucher_id.is_some(),
        created_at: Moment(row.created_at),
        changed_at: Moment(at),
    }
}

fn visit_out(keys: &Keyring, holder: &KeyHolder, row: &visits::Model, at: DateTime<Utc>) -> ExchangeVisitOut {
    ExchangeVisitOut {
        id: row.id,
        booking_id: row.booking_id,
        centre_id: row.centre_id,
        class_id: row.class_id,
        child: holder.pseudonym(keys, row.child_id),
        care_type: row.care_type,
        date: row.date,
        from: row.from_min,
        to: row.to_min,
        status: row.status,
        checked_in_at: row.checked_in_at.map(Moment),
        checked_out_at: row.checked_out_at.map(Moment),
        changed_at: Moment(at),
    }
}

fn redemption_out(
    keys: &Keyring,
    holder: &KeyHolder,
    row: &redemptions::Model,
    at: DateTime<Utc>,
) -> ExchangeRedemptionOut {
    ExchangeRedemptionOut {
        id: row.id,
        centre_id: row.centre_id,
        campaign_id: row.campaign_id,
        child: holder.pseudonym(keys, row.child_id),
        care_type: row.care_type,
        service_date: row.service_date,
        face_value_fen: row.face_value_fen,
        status: row.status,
        visit_id: row.visit_id,
        offline: row.uploaded_at.is_some(),
        redeemed_at: Moment(row.redeemed_at),
        changed_at: Moment(at),
    }
}

fn centre_out(row: centres::Model, places: i32, today: chrono::NaiveDate) -> ExchangeCentreOut {
    ExchangeCentreOut {
        inclusive: row.inclusive_on(today),
        location: LocationOut { lng: row.lng, lat: row.lat, coord: Coord::Wgs84 },
        id: row.id,
        name: row.name,
        kind: row.kind,
        ownership: row.ownership,
        filed: row.filed,
        filed_no: row.filed_no,
        township: row.township,
        address: row.address,
        places,
        active: row.active,
        demo: row.demo,
        changed_at: Moment(row.changed_at),
    }
}
