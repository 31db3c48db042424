//! Use cases of events. Whoever changes what is taken holds the event's row.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::{EventId, EventStatus, FamilyId, SignupId, SignupStatus, event_signups, events};
use sea_orm::{ActiveModelTrait as _, DatabaseTransaction};
use serde_json::json;

use super::{
    dto::{
        BureauEventsQuery, BureauSignupOut, EventCancelIn, EventIn, EventOut, EventPatch, EventsQuery, SignupIn,
        SignupOut, SignupsQuery,
    },
    rules::{self, state},
    store::{self, Filter},
};
use crate::{
    error::{Code, Problem, Result, Text},
    features::{audit, auth::Bureau, vouchers},
    http::{Cursor, Idempotency, Moment, Once, Page, once},
    platform::db::write_txn,
    state::Ctx,
};

/// Persons of a family, where nothing else is said.
const PERSONS_MAX: i32 = 3;

fn not_found() -> Problem {
    Problem::new(Code::NotFound)
}

fn out(row: events::Model) -> EventOut {
    let events::Model {
        id,
        kind,
        title,
        text,
        place,
        township,
        starts_at,
        ends_at,
        signup_until,
        places,
        taken,
        persons_max,
        last_number: _,
        campaign_id,
        status,
        cancel_reason,
        created_by: _,
        created_at: _,
    } = row;
    EventOut {
        id,
        kind,
        title,
        text,
        place,
        township,
        starts_at: Moment(starts_at),
        ends_at: Moment(ends_at),
        signup_until: Moment(signup_until),
        places,
        places_left: places - taken,
        persons_max,
        campaign_id,
        status,
        cancel_reason,
    }
}

type At = (DateTime<Utc>, EventId);

fn listed(rows: Vec<events::Model>, limit: crate::http::Limit) -> Page<EventOut> {
    Page::of(rows, limit, |row| -> At { (row.starts_at, row.id) }, out)
}

/// What families see: published and cancelled ones that aren't over.
pub(super) async fn to_come(ctx: &Ctx, query: EventsQuery) -> Result<Page<EventOut>> {
    let EventsQuery { kind, township, limit, cursor } = query;
    let cursor = cursor.as_ref().map(Cursor::unpack).transpose()?;
    let township = township.map(|name| name.into_inner());
    let status = Some(EventStatus::Published);
    let filter = Filter { kind, township, status, after: Some(ctx.clock.now()), cursor };
    Ok(listed(store::page(ctx.db.reader(), filter, limit.plus_one()).await?, limit))
}

/// One event, as families see it.
pub(super) async fn read(ctx: &Ctx, id: EventId) -> Result<EventOut> {
    let row = store::event(ctx.db.reader(), id).await?;
    row.filter(|row| row.status != EventStatus::Draft).map(out).ok_or_else(not_found)
}

/// A page of the bureau's.
pub(super) async fn page(ctx: &Ctx, query: BureauEventsQuery) -> Result<Page<EventOut>> {
    let BureauEventsQuery { status, limit, cursor } = query;
    let cursor = cursor.as_ref().map(Cursor::unpack).transpose()?;
    let filter = Filter { kind: None, township: None, status, after: None, cursor };
    Ok(listed(store::page(ctx.db.reader(), filter, limit.plus_one()).await?, limit))
}

/// Plans an event, as a draft that families don't see.
pub(super) async fn create(ctx: &Ctx, bureau: &Bureau, key: &Idempotency, body: EventIn) -> Result<Once<EventOut>> {
    let EventIn {
        kind,
        title,
        text,
        place,
        township,
        starts_at,
        ends_at,
        signup_until,
        places,
        persons_max,
        campaign_id,
    } = body;
    let signup_until = signup_until.unwrap_or(starts_at).0;
    rules::times(starts_at.0, ends_at.0, signup_until)?;
    if let Some(township) = &township
        && !ctx.catalogue.townships().iter().any(|known| **known == **township)
    {
        let text = Text::new("没有这个乡镇。", "There is no such township.");
        return Err(Problem::field("township", "unknown", text));
    }
    let row = events::Model {
        id: ctx.clock.id(),
        kind,
        title: title.into_inner(),
        text: text.into_inner(),
        place: place.into_inner(),
        township: township.map(|name| name.into_inner()),
        starts_at: starts_at.0,
        ends_at: ends_at.0,
        signup_until,
        places: places.0,
        taken: 0,
        persons_max: persons_max.map_or(PERSONS_MAX, |most| most.0),
        last_number: 0,
        campaign_id,
        status: EventStatus::Draft,
        cancel_reason: None,
        created_by: bureau.staff_id,
        created_at: ctx.clock.now(),
    };
    once(ctx, key, &bureau.staff_id.to_string(), async |txn| {
        known_campaign(txn, row.campaign_id).await?;
        store::insert(txn, row.clone()).await?;
        audit::record(ctx, txn, bureau.into(), "event.create", row.id.to_string(), json!({ "kind": kind })).await?;
        Ok(out(row))
    })
    .await
}

async fn known_campaign(txn: &DatabaseTransaction, id: Option<entity::CampaignId>) -> Result<()> {
    match id {
        Some(id) if !vouchers::campaign_exists(txn, id).await? => {
            let text = Text::new("没有这个体验券批次。", "There is no such campaign.");
            Err(Problem::field("campaign_id", "unknown", text))
        }
        _ => Ok(()),
    }
}

/// Changes an event that wasn't cancelled. More places let in who waits.
pub(super) async fn edit(ctx: &Ctx, bureau: &Bureau, id: EventId, patch: EventPatch) -> Result<EventOut> {
    let EventPatch { title, text, place, starts_at, ends_at, signup_until, places, campaign_id } = patch;
    write_txn(&ctx.db, async |txn| {
        let row = store::lock(txn, id).await?.ok_or_else(not_found)?;
        if row.status == EventStatus::Cancelled {
            return Err(state("活动已取消，不能再修改。", "The event was cancelled."));
        }
        let (starts, ends) = (starts_at.map_or(row.starts_at, |at| at.0), ends_at.map_or(row.ends_at, |at| at.0));
        let until = signup_until.map_or(row.signup_until, |at| at.0);
        rules::times(starts, ends, until)?;
        let room = places.map_or(row.places, |places| places.0);
        if room < row.taken {
            let text = Text::new(
                format!("已有 {} 人报名，名额不能少于这个数。", row.taken),
                format!("{} persons have signed up; there can't be fewer places.", row.taken),
            );
            return Err(Problem::field("places", "taken", text));
        }
        known_campaign(txn, campaign_id.flatten()).await?;
        let next = events::Model {
            title: title.map_or(row.title, |title| title.into_inner()),
            text: text.map_or(row.text, |text| text.into_inner()),
            place: place.map_or(row.place, |place| place.into_inner()),
            starts_at: starts,
            ends_at: ends,
            signup_until: until,
            places: room,
            campaign_id: campaign_id.unwrap_or(row.campaign_id),
            ..row
        };
        let next = put(txn, next).await?;
        audit::record(ctx, txn, bureau.into(), "event.edit", id.to_string(), json!({ "places": room })).await?;
        Ok(out(let_in(txn, ctx, next).await?))
    })
    .await
}

/// Writes every field.
async fn put(txn: &DatabaseTransaction, row: events::Model) -> Result<events::Model> {
    let row = events::ActiveModel::from(row);
    Ok(store::update(txn, row.reset_all()).await?)
}

/// Families see it from now on.
pub(super) async fn publish(ctx: &Ctx, bureau: &Bureau, key: &Idempotency, id: EventId) -> Result<Once<EventOut>> {
    once(ctx, key, &bureau.staff_id.to_string(), async |txn| {
        let row = store::lock(txn, id).await?.ok_or_else(not_found)?;
        if row.status != EventStatus::Draft {
            return Err(state("只有草稿可以发布。", "Only a draft can be published.").fact("state", row.status));
        }
        if row.ends_at <= ctx.clock.now() {
            return Err(state("活动时间已过，请先修改时间。", "The event is over; change its time first."));
        }
        let row = put(txn, events::Model { status: EventStatus::Published, ..row }).await?;
        audit::record(ctx, txn, bureau.into(), "event.publish", id.to_string(), json!({})).await?;
        Ok(out(row))
    })
    .await
}

/// It doesn't take place; families read why.
pub(super) async fn cancel(
    ctx: &Ctx,
    bureau: &Bureau,
    key: &Idempotency,
    id: EventId,
    body: EventCancelIn,
) -> Result<Once<EventOut>> {
    let reason = body.reason.into_inner();
    once(ctx, key, &bureau.staff_id.to_string(), async |txn| {
        let row = store::lock(txn, id).await?.ok_or_else(not_found)?;
        if row.status == EventStatus::Cancelled {
            return Err(state("活动已取消。", "The event was cancelled already."));
        }
        let status = EventStatus::Cancelled;
        let row = put(txn, events::Model { status, cancel_reason: Some(reason.clone()), ..row }).await?;
        audit::record(ctx, txn, bureau.into(), "event.cancel", id.to_string(), json!({ "reason": reason })).await?;
        Ok(out(row))
    })
    .await
}

/// Signs a family up, or puts it on the waiting list.
pub(super) async fn sign_up(
    ctx: &Ctx,
    family: FamilyId,
    key: &Idempotency,
    id: EventId,
    body: SignupIn,
) -> Result<Once<SignupOut>> {
    let persons = body.persons.0;
    let done = once(ctx, key, &family.to_string(), async |txn| {
        let event = store::lock(txn, id).await?.filter(|event| event.status != EventStatus::Draft);
        let event = event.ok_or_else(not_found)?;
        let now = ctx.clock.now();
        rules::may_sign_up(&event, persons, now)?;
        let before = store::signup_for(txn, family, id).await?;
        if let Some(before) = before.as_ref().filter(|row| row.status != SignupStatus::Withdrawn) {
            let text = "您已报名这个活动；如需修改人数，请先取消再报名。";
            return Err(state(text, "The family has signed up already.").fact("signup_id", before.id));
        }
        let waiting = !store::waiting(txn, id).await?.is_empty();
        let status = rules::place(&event, persons, waiting);
        let taken = event.taken + if status == SignupStatus::SignedUp { persons } else { 0 };
        let number = event.last_number + 1;
        let event = put(txn, events::Model { taken, last_number: number, ..event }).await?;
        let created_at = before.as_ref().map_or(now, |row| row.created_at);
        let row = event_signups::Model {
            id: before.as_ref().map_or_else(|| ctx.clock.id(), |row| row.id),
            event_id: id,
            family_id: family,
            number,
            persons,
            status,
            created_at,
            updated_at: now,
        };
        match before {
            Some(_) => store::come_again(txn, &row).await?,
            None => store::insert_signup(txn, row.clone()).await?,
        }
        Ok(signup_out(&row, out(event)))
    })
    .await?;
    if matches!(done, Once::First(_)) {
        ctx.metrics.event("event_signed_up");
    }
    Ok(done)
}

fn signup_out(row: &event_signups::Model, event: EventOut) -> SignupOut {
    let event_signups::Model { id, event_id: _, family_id: _, number, persons, status, created_at, updated_at: _ } =
        *row;
    SignupOut { id, event, number, persons, status, created_at: Moment(created_at) }
}

/// The family's sign-ups.
pub(super) async fn own(ctx: &Ctx, family: FamilyId, query: SignupsQuery) -> Result<Page<SignupOut>> {
    let SignupsQuery { limit, cursor } = query;
    let after = cursor.as_ref().map(Cursor::unpack).transpose()?;
    let db = ctx.db.reader();
    let rows = store::of_family(db, family, after, limit.plus_one()).await?;
    let events = store::events_of(db, rows.iter().map(|row| row.event_id).collect()).await?;
    let mut events: HashMap<EventId, EventOut> = events.into_iter().map(|row| (row.id, out(row))).collect();
    // An event has one sign-up of a family.
    let show = |row: event_signups::Model| events.remove(&row.event_id).map(|event| signup_out(&row, event));
    let Page { items, next_cursor } = Page::of(rows, limit, |row| row.id, show);
    Ok(Page { items: items.into_iter().flatten().collect(), next_cursor })
}

/// Gives a place back; who has waited longest gets it.
pub(super) async fn withdraw(ctx: &Ctx, family: FamilyId, key: &Idempotency, id: SignupId) -> Result<Once<SignupOut>> {
    once(ctx, key, &family.to_string(), async |txn| {
        let event = store::own(txn, family, id).await?.ok_or_else(not_found)?.event_id;
        let event = store::lock(txn, event).await?.ok_or_else(not_found)?;
        // Read again under the lock.
        let mut row = store::own(txn, family, id).await?.ok_or_else(not_found)?;
        if !matches!(row.status, SignupStatus::SignedUp | SignupStatus::Waiting) {
            return Err(state("这次报名已取消或已到场。", "This sign-up is over.").fact("state", row.status));
        }
        let event = give_back(txn, ctx, event, &row).await?;
        row.status = SignupStatus::Withdrawn;
        Ok(signup_out(&row, out(event)))
    })
    .await
}

/// A family leaves: what it signed up for is given back.
pub async fn withdraw_all(txn: &DatabaseTransaction, ctx: &Ctx, family: FamilyId) -> Result<()> {
    for row in store::live_of(txn, family).await? {
        let event = store::lock(txn, row.event_id).await?.ok_or_else(not_found)?;
        if event.ends_at > ctx.clock.now()
            && let Some(row) = store::own(txn, family, row.id).await?
            && matches!(row.status, SignupStatus::SignedUp | SignupStatus::Waiting)
        {
            give_back(txn, ctx, event, &row).await?;
        }
    }
    Ok(())
}

/// Of an event that is held.
async fn give_back(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    mut event: events::Model,
    row: &event_signups::Model,
) -> Result<events::Model> {
    store::step(txn, row.id, &[row.status], SignupStatus::Withdrawn, ctx.clock.now()).await?;
    if row.status == SignupStatus::SignedUp {
        event.taken -= row.persons;
        event = put(txn, event).await?;
    }
    let_in(txn, ctx, event).await
}

/// Lets in who waits, the first first; who doesn't fit in holds up nobody but those behind it.
async fn let_in(txn: &DatabaseTransaction, ctx: &Ctx, mut event: events::Model) -> Result<events::Model> {
    if event.status == EventStatus::Cancelled {
        return Ok(event);
    }
    let before = event.taken;
    for row in store::waiting(txn, event.id).await? {
        if event.taken + row.persons > event.places {
            break;
        }
        event.taken += row.persons;
        store::step(txn, row.id, &[SignupStatus::Waiting], SignupStatus::SignedUp, ctx.clock.now()).await?;
    }
    if event.taken == before { Ok(event) } else { put(txn, event).await }
}

fn bureau_out(row: &event_signups::Model) -> BureauSignupOut {
    let event_signups::Model { id, event_id: _, family_id: _, number, persons, status, created_at, updated_at: _ } =
        *row;
    BureauSignupOut { id, number, persons, status, created_at: Moment(created_at) }
}

/// The sign-ups of an event, by number.
pub(super) async fn signups(ctx: &Ctx, id: EventId, query: SignupsQuery) -> Result<Page<BureauSignupOut>> {
    let SignupsQuery { limit, cursor } = query;
    let after = cursor.as_ref().map(Cursor::unpack).transpose()?;
    let db = ctx.db.reader();
    store::event(db, id).await?.ok_or_else(not_found)?;
    let rows = store::signups(db, id, after, limit.plus_one()).await?;
    Ok(Page::of(rows, limit, |row| row.number, |row| bureau_out(&row)))
}

/// All of them, for a table: an event has as many as places and who waits.
pub(super) async fn all_signups(ctx: &Ctx, id: EventId) -> Result<(EventOut, Vec<BureauSignupOut>)> {
    let db = ctx.db.reader();
    let event = store::event(db, id).await?.ok_or_else(not_found)?;
    let rows = store::signups(db, id, None, MOST_LISTED).await?;
    Ok((out(event), rows.iter().map(bureau_out).collect()))
}

/// Rows of a table at most.
const MOST_LISTED: u64 = 200_000;

/// The family has come; known by its number.
pub(super) async fn attended(
    ctx: &Ctx,
    bureau: &Bureau,
    key: &Idempotency,
    (event, number): (EventId, i32),
) -> Result<Once<BureauSignupOut>> {
    once(ctx, key, &bureau.staff_id.to_string(), async |txn| {
        let found = store::signups(txn, event, Some(number - 1), 1).await?.into_iter().next();
        let mut row = found.filter(|row| row.number == number).ok_or_else(not_found)?;
        let from = [SignupStatus::SignedUp];
        if !store::step(txn, row.id, &from, SignupStatus::Attended, ctx.clock.now()).await? {
            let text = "只有已报名的家庭可以登记到场。";
            return Err(state(text, "Only who has a place can come.").fact("state", row.status));
        }
        row.status = SignupStatus::Attended;
        audit::record(ctx, txn, bureau.into(), "event.attended", event.to_string(), json!({ "number": number }))
            .await?;
        Ok(bureau_out(&row))
    })
    .await
}
