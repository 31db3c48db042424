//! Use cases of sign-ups: in, waiting, out, and who has come.

use std::collections::HashMap;

use entity::{EventId, EventStatus, FamilyId, NoticeKind, SignupId, SignupStatus, event_signups, events};
use sea_orm::DatabaseTransaction;
use serde_json::json;

use super::{
    dto::{BureauSignupOut, BureauSignupsQuery, EventOut, SignupIn, SignupOut, SignupsQuery},
    rules::{self, state},
    service::{not_found, out, put},
    store,
    told::tell,
};
use crate::{
    error::{Problem, Result},
    features::{audit, auth::Bureau, vouchers},
    http::{Cursor, Idempotency, Moment, Once, Page, once},
    state::Ctx,
};

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
        let waiting = !store::waiting(txn, &event, 1).await?.is_empty();
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
        rules::may_withdraw(&event, ctx.clock.now())?;
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
    if !store::step(txn, row.id, &[row.status], SignupStatus::Withdrawn, ctx.clock.now()).await? {
        // Who moves a sign-up holds the event, so that this doesn't happen; a place is never given back twice.
        return Err(state("这次报名刚刚有变化，请刷新后再试。", "The sign-up changed meanwhile."));
    }
    if row.status == SignupStatus::SignedUp {
        event.taken -= row.persons;
        event = put(txn, event).await?;
    }
    let_in(txn, ctx, event).await
}

/// Lets in who waits, the first first; who doesn't fit in holds up nobody but those behind it. Nobody is let
/// in to what is over. Who is let in is told.
pub(super) async fn let_in(txn: &DatabaseTransaction, ctx: &Ctx, mut event: events::Model) -> Result<events::Model> {
    if rules::is_past(&event, ctx.clock.now()) {
        return Ok(event);
    }
    let mut came_in = Vec::new();
    // Each is one person at least.
    let room = u64::try_from(event.places - event.taken).unwrap_or(0);
    for row in store::waiting(txn, &event, room).await? {
        if event.taken + row.persons > event.places {
            break;
        }
        event.taken += row.persons;
        store::step(txn, row.id, &[SignupStatus::Waiting], SignupStatus::SignedUp, ctx.clock.now()).await?;
        came_in.push(row);
    }
    if came_in.is_empty() {
        return Ok(event);
    }
    tell(ctx, txn, NoticeKind::EventPlace, &event, &came_in).await?;
    put(txn, event).await
}

fn bureau_out(row: &event_signups::Model) -> BureauSignupOut {
    let event_signups::Model { id, event_id: _, family_id: _, number, persons, status, created_at, updated_at: _ } =
        *row;
    BureauSignupOut { id, number, persons, status, created_at: Moment(created_at) }
}

/// The sign-ups of an event, by number.
pub async fn signups(ctx: &Ctx, id: EventId, query: &BureauSignupsQuery) -> Result<Page<BureauSignupOut>> {
    let after = query.cursor.as_ref().map(Cursor::unpack).transpose()?;
    let db = ctx.db.reader();
    store::event(db, id).await?.ok_or_else(not_found)?;
    let rows = store::signups(db, id, query.status, after, query.limit.plus_one()).await?;
    Ok(Page::of(rows, query.limit, |row| row.number, |row| bureau_out(&row)))
}

/// An event as it stands: who has signed up, and what was given out there.
#[derive(Debug)]
pub struct Standing {
    /// The event.
    pub event: EventOut,
    /// Families and persons of each state.
    tally: Vec<store::Tally>,
    /// Vouchers of its campaign that families who came claimed while it ran; none without a campaign.
    pub vouchers: Option<u64>,
}

impl Standing {
    /// Families and persons in a state.
    #[must_use]
    pub fn signed(&self, status: SignupStatus) -> (i64, i64) {
        let found = self.tally.iter().find(|tally| tally.status == status);
        found.map_or((0, 0), |tally| (tally.families, tally.persons))
    }
}

/// How an event stands.
pub async fn standing(ctx: &Ctx, id: EventId) -> Result<Standing> {
    let db = ctx.db.reader();
    let event = store::event(db, id).await?.ok_or_else(not_found)?;
    let vouchers = match event.campaign_id {
        Some(campaign) => {
            let time = (event.starts_at, event.ends_at);
            Some(vouchers::claimed_between(db, campaign, time, store::attended(id)).await?)
        }
        None => None,
    };
    Ok(Standing { tally: store::tally(db, id).await?, event: out(event), vouchers })
}

/// All of them, for a table: an event has as many as places and who waits.
pub(super) async fn all_signups(
    ctx: &Ctx,
    id: EventId,
    status: Option<SignupStatus>,
) -> Result<(EventOut, Vec<BureauSignupOut>)> {
    let db = ctx.db.reader();
    let event = store::event(db, id).await?.ok_or_else(not_found)?;
    let rows = store::signups(db, id, status, None, MOST_LISTED).await?;
    Ok((out(event), rows.iter().map(bureau_out).collect()))
}

/// Rows of a table at most.
const MOST_LISTED: u64 = 200_000;

/// The family has come; known by its number. Who waits comes in where a place was left free.
pub async fn attended(
    ctx: &Ctx,
    bureau: &Bureau,
    key: &Idempotency,
    at: (EventId, i32),
) -> Result<Once<BureauSignupOut>> {
    at_the_door(ctx, bureau, key, at, Door::Came).await
}

/// That the family has come was a mistake.
pub async fn not_attended(
    ctx: &Ctx,
    bureau: &Bureau,
    key: &Idempotency,
    at: (EventId, i32),
) -> Result<Once<BureauSignupOut>> {
    at_the_door(ctx, bureau, key, at, Door::Mistaken).await
}

/// The family didn't come: its place is free for who waits at the door, and nobody is called from home.
pub async fn missed(
    ctx: &Ctx,
    bureau: &Bureau,
    key: &Idempotency,
    at: (EventId, i32),
) -> Result<Once<BureauSignupOut>> {
    at_the_door(ctx, bureau, key, at, Door::Missed).await
}

#[derive(Clone, Copy)]
enum Door {
    Came,
    Mistaken,
    Missed,
}

async fn at_the_door(
    ctx: &Ctx,
    bureau: &Bureau,
    key: &Idempotency,
    (event, number): (EventId, i32),
    door: Door,
) -> Result<Once<BureauSignupOut>> {
    once(ctx, key, &bureau.staff_id.to_string(), async |txn| {
        // Held, as by who withdraws: else the place is had here and given back there.
        let mut held = store::lock(txn, event).await?.ok_or_else(not_found)?;
        let now = ctx.clock.now();
        match door {
            Door::Came | Door::Mistaken => rules::may_attend(&held, now)?,
            Door::Missed => rules::may_miss(&held, now)?,
        }
        let found = store::signups(txn, event, None, Some(number.saturating_sub(1)), 1).await?.into_iter().next();
        let mut row = found.filter(|row| row.number == number).ok_or_else(not_found)?;
        let (to, action) = match (door, row.status) {
            (Door::Came, SignupStatus::SignedUp) => (SignupStatus::Attended, "event.attended"),
            // Who waits, and who was taken for missing or had given up.
            (Door::Came, SignupStatus::Waiting | SignupStatus::Withdrawn) => {
                rules::may_come_in(&held, row.persons, now)?;
                held.taken += row.persons;
                (SignupStatus::Attended, "event.attended")
            }
            (Door::Mistaken, SignupStatus::Attended) => (SignupStatus::SignedUp, "event.attended_undone"),
            (Door::Missed, SignupStatus::SignedUp) => {
                held.taken -= row.persons;
                (SignupStatus::Withdrawn, "event.no_show")
            }
            (door, status) => return Err(not_at_the_door(door, status)),
        };
        if !store::step(txn, row.id, &[row.status], to, now).await? {
            return Err(not_at_the_door(door, row.status));
        }
        put(txn, held).await?;
        let detail = json!({ "number": number, "from": row.status, "to": to });
        row.status = to;
        audit::record(ctx, txn, bureau.into(), action, event.to_string(), detail).await?;
        Ok(bureau_out(&row))
    })
    .await
}

fn not_at_the_door(door: Door, status: SignupStatus) -> Problem {
    let problem = match door {
        Door::Came => state("只有已报名的家庭可以登记到场。", "Only who has a place can come."),
        Door::Mistaken => state("该家庭没有登记到场。", "The family wasn't marked as come."),
        Door::Missed => state("只有已报名、未到场的家庭可以登记未到。", "Only who has a place can be missing."),
    };
    problem.fact("state", status)
}
