//! From what happened to deliveries: reads the rows that deeds left and makes one delivery for each
//! webhook that wants to know. Every replica may do it; the unique constraint keeps each single.
//!
//! A row carries the time its transaction began and may show later than a younger one. So each turn
//! looks back over what may have been under way at the last, and skips what is made already.

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};
use entity::{CentreId, ChildId, DeliveryStatus, WebhookId, webhook_deliveries, webhooks};
use sea_orm::prelude::Uuid;
use serde_json::{Value, json};

use super::{
    super::{
        reads::{SETTLED, first_id},
        store::{self as rows, Stretch},
    },
    rules::WebhookEvent,
    store,
};
use crate::{
    error::{Problem, Result},
    features::auth::access_key::pseudonym,
    http::Moment,
    platform::db::write_txn,
    state::Ctx,
};

/// Rows of one read, and of one transaction.
const BATCH: u64 = 500;
/// How far was read is written down so often.
const NOTED_EVERY: TimeDelta = TimeDelta::seconds(30);

/// Something that happened.
struct Happened {
    id: Uuid,
    at: DateTime<Utc>,
    centre: CentreId,
    child: Option<ChildId>,
    event: WebhookEvent,
    data: Value,
}

/// Makes the deliveries that are missing; how many.
pub async fn spread(ctx: &Ctx) -> Result<u64> {
    let webhooks = store::live(ctx.db.reader()).await?;
    let looks_back = |hook: &webhooks::Model| (hook.scanned_to - SETTLED).max(hook.created_at);
    let Some(from) = webhooks.iter().map(looks_back).min() else { return Ok(0) };
    let now = ctx.clock.now();
    let ids: Vec<WebhookId> = webhooks.iter().map(|hook| hook.id).collect();
    let after = Uuid::from_u128(first_id(from).as_u128().saturating_sub(1));
    let made: HashSet<(WebhookId, Uuid)> = store::made(ctx.db.reader(), &ids, after).await?.into_iter().collect();
    let spreading = Spreading { ctx, webhooks, made, after };
    let mut n = 0;
    for source in [Source::Bookings, Source::Redemptions, Source::Reversals, Source::Ratings] {
        n += spreading.all_of(source).await?;
    }
    let noted = |hook: &&webhooks::Model| hook.scanned_to + NOTED_EVERY <= now;
    let ids: Vec<WebhookId> = spreading.webhooks.iter().filter(noted).map(|hook| hook.id).collect();
    if !ids.is_empty() {
        write_txn(&ctx.db, async |txn| store::scanned(txn, &ids, now).await).await?;
    }
    Ok(n)
}

/// Where deeds leave their rows.
#[derive(Clone, Copy)]
enum Source {
    Bookings,
    Redemptions,
    Reversals,
    Ratings,
}

struct Spreading<'a> {
    ctx: &'a Ctx,
    webhooks: Vec<webhooks::Model>,
    made: HashSet<(WebhookId, Uuid)>,
    after: Uuid,
}

impl Spreading<'_> {
    async fn all_of(&self, source: Source) -> Result<u64> {
        let (mut after, mut n) = (self.after, 0);
        loop {
            let stretch = Stretch { after, before: Uuid::max(), centre: None, limit: BATCH };
            let (happened, last, count) = self.read(source, stretch).await?;
            let missing: Vec<webhook_deliveries::Model> =
                happened.iter().flat_map(|happened| self.missing(happened)).collect();
            n += missing.len() as u64;
            if !missing.is_empty() {
                write_txn(&self.ctx.db, async |txn| store::make(txn, missing).await).await?;
            }
            match last {
                Some(last) if count as u64 == BATCH => after = last,
                _ => return Ok(n),
            }
        }
    }

    /// What happened in a stretch, the last id read, and how many rows were.
    async fn read(&self, source: Source, stretch: Stretch) -> Result<(Vec<Happened>, Option<Uuid>, usize)> {
        let db = self.ctx.db.reader();
        let mut found = Vec::new();
        let (last, count) = match source {
            Source::Bookings => {
                let lines = rows::booking_changes(db, stretch).await?;
                let (last, count) = (lines.last().map(|(line, _)| line.id.0), lines.len());
                for (line, booking) in lines {
                    let of_visit = line.visit_id.is_some();
                    let Some(event) = WebhookEvent::of_line(&line.status, of_visit) else { continue };
                    let mut data = json!({ "booking_id": booking.id, "status": line.status });
                    if let Some(visit) = line.visit_id {
                        data["visit_id"] = json!(visit);
                    }
                    let (centre, child) = (booking.centre_id, Some(booking.child_id));
                    found.push(Happened { id: line.id.0, at: line.at, centre, child, event, data });
                }
                (last, count)
            }
            Source::Redemptions => {
                let made = rows::redemptions_made(db, stretch).await?;
                let (last, count) = (made.last().map(|row| row.id.0), made.len());
                for row in made {
                    let data = json!({ "redemption_id": row.id, "status": "redeemed" });
                    let (at, event) = (row.uploaded_at.unwrap_or(row.redeemed_at), WebhookEvent::RedemptionMade);
                    found.push(Happened {
                        id: row.id.0,
                        at,
                        centre: row.centre_id,
                        child: Some(row.child_id),
                        event,
                        data,
                    });
                }
                (last, count)
            }
            Source::Reversals => {
                let reversed = rows::redemptions_reversed(db, stretch).await?;
                let (last, count) = (reversed.last().map(|(id, _, _)| id.0), reversed.len());
                for (id, at, row) in reversed {
                    let data = json!({ "redemption_id": row.id, "status": "reversed" });
                    let (child, event) = (Some(row.child_id), WebhookEvent::RedemptionReversed);
                    found.push(Happened { id: id.0, at, centre: row.centre_id, child, event, data });
                }
                (last, count)
            }
            Source::Ratings => {
                let rated = store::rated(db, stretch).await?;
                let (last, count) = (rated.last().map(|(id, ..)| id.0), rated.len());
                for (id, version, at, row) in rated {
                    let event = if version == 1 { WebhookEvent::RatingGiven } else { WebhookEvent::RatingChanged };
                    let data = json!({ "rating_id": row.id, "version": version });
                    found.push(Happened { id: id.0, at, centre: row.centre_id, child: None, event, data });
                }
                (last, count)
            }
        };
        Ok((found, last, count))
    }

    /// The deliveries of something that happened that aren't made yet.
    fn missing<'b>(&'b self, happened: &'b Happened) -> impl Iterator<Item = webhook_deliveries::Model> + 'b {
        let wants = move |hook: &&webhooks::Model| {
            hook.created_at <= happened.at
                && hook.centre_id.is_none_or(|own| own == happened.centre && !happened.event.bureau_only())
                && WebhookEvent::unpack(&hook.events).any(|event| event == happened.event)
                && !self.made.contains(&(hook.id, happened.id))
        };
        self.webhooks.iter().filter(wants).filter_map(move |hook| {
            self.delivery(hook, happened).inspect_err(|problem| tracing::error!(%problem, "no payload")).ok()
        })
    }

    fn delivery(&self, hook: &webhooks::Model, happened: &Happened) -> Result<webhook_deliveries::Model> {
        let mut data = happened.data.clone();
        data["centre_id"] = json!(happened.centre);
        if let Some(child) = happened.child {
            data["child"] = json!(pseudonym(&self.ctx.keys, hook.pseudonym, child));
        }
        let body = json!({ "type": happened.event, "timestamp": Moment(happened.at), "data": data });
        let now = self.ctx.clock.now();
        Ok(webhook_deliveries::Model {
            id: self.ctx.clock.id(),
            webhook_id: hook.id,
            event_id: happened.id,
            event: happened.event.as_str().to_owned(),
            payload: serde_json::to_string(&body).map_err(Problem::internal)?,
            status: DeliveryStatus::Pending,
            attempts: 0,
            next_at: now,
            lease_until: None,
            last_status: None,
            last_error: None,
            created_at: now,
            delivered_at: None,
        })
    }
}
