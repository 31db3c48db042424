//! Use cases of events; [`super::signups`] has those of sign-ups. Whoever changes what is taken holds the event's row.

use chrono::{DateTime, Utc};
use data_encoding::BASE64URL_NOPAD;
use entity::{EventId, EventStatus, MinuteOfDay, NoticeKind, SignupStatus, events};
use sea_orm::{ActiveModelTrait as _, DatabaseTransaction};
use serde_json::{Map, Value, json};

use super::{
    dto::{BureauEventsQuery, EventCancelIn, EventIn, EventOut, EventPatch, EventsQuery},
    rules::{self, state},
    signups::let_in,
    store::{self, Filter},
    told::tell,
};
use crate::{
    error::{Code, Problem, Result, Text},
    features::{audit, auth::Bureau, vouchers},
    http::{Cursor, Idempotency, Limit, Line, Moment, Once, Page, once},
    platform::{clock::instant_at, crypto::sha256, db::write_txn},
    state::Ctx,
};

/// Persons of a family, where nothing else is said.
const PERSONS_MAX: i32 = 3;

pub(super) fn not_found() -> Problem {
    Problem::new(Code::NotFound)
}

/// An event as it is shown.
pub(super) fn out(row: events::Model) -> EventOut {
    let seen = BASE64URL_NOPAD.encode(&sha256(&[Value::Object(told(&row)).to_string().as_bytes()])[..12]);
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
        seen,
    }
}

/// What is said of an event, for the audit log.
fn told(row: &events::Model) -> Map<String, Value> {
    let said = json!({
        "kind": row.kind, "title": row.title, "text": row.text, "place": row.place, "township": row.township,
        "starts_at": Moment(row.starts_at), "ends_at": Moment(row.ends_at),
        "signup_until": Moment(row.signup_until), "places": row.places, "persons_max": row.persons_max,
        "campaign_id": row.campaign_id,
    });
    if let Value::Object(said) = said { said } else { Map::new() }
}

/// What a change changed: as it was, and as it is.
fn differences(before: &events::Model, after: &events::Model) -> Value {
    let was = told(before);
    let changed = told(after).into_iter().filter(|(name, value)| was.get(name) != Some(value));
    Value::Object(changed.map(|(name, to)| (name.clone(), json!({ "from": was.get(&name), "to": to }))).collect())
}

fn known_township(ctx: &Ctx, township: Option<&Line<30>>) -> Result<()> {
    match township {
        Some(township) if !ctx.catalogue.townships().iter().any(|known| **known == **township) => {
            let text = Text::new("没有这个乡镇。", "There is no such township.");
            Err(Problem::field("township", "unknown", text))
        }
        _ => Ok(()),
    }
}

type At = (DateTime<Utc>, EventId);

fn listed(rows: Vec<events::Model>, limit: Limit) -> Page<EventOut> {
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
pub async fn page(ctx: &Ctx, query: BureauEventsQuery) -> Result<Page<EventOut>> {
    let BureauEventsQuery { kind, township, status, from, limit, cursor } = query;
    let cursor = cursor.as_ref().map(Cursor::unpack).transpose()?;
    let after = from.map(|day| instant_at(day.0, MinuteOfDay(0)));
    let filter = Filter { kind, township: township.map(Line::into_inner), status, after, cursor };
    Ok(listed(store::page(ctx.db.reader(), filter, limit.plus_one()).await?, limit))
}

/// Plans an event, as a draft that families don't see.
pub async fn create(ctx: &Ctx, bureau: &Bureau, key: &Idempotency, body: EventIn) -> Result<Once<EventOut>> {
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
    rules::to_come("starts_at", starts_at.0, ctx.clock.now())?;
    known_township(ctx, township.as_ref())?;
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

/// Changes an event that wasn't cancelled and isn't over. More places let in who waits; who has signed up or
/// waits is told when it takes place at another time or elsewhere. What somebody else changed meanwhile isn't undone,
/// where the caller says what it saw.
pub async fn edit(ctx: &Ctx, bureau: &Bureau, id: EventId, patch: EventPatch) -> Result<EventOut> {
    let EventPatch {
        seen,
        kind,
        township,
        persons_max,
        title,
        text,
        place,
        starts_at,
        ends_at,
        signup_until,
        places,
        campaign_id,
    } = patch;
    known_township(ctx, township.as_ref().and_then(Option::as_ref))?;
    write_txn(&ctx.db, async |txn| {
        let row = store::lock(txn, id).await?.ok_or_else(not_found)?;
        if row.status == EventStatus::Cancelled {
            return Err(state("活动已取消，不能再修改。", "The event was cancelled."));
        }
        let now = ctx.clock.now();
        // A draft whose time has passed gets another one; nobody has signed up for it.
        if row.status == EventStatus::Published && row.ends_at <= now {
            return Err(state("活动已结束，不能再修改。", "The event is over.").fact("reason", "over"));
        }
        let (starts, ends) = (starts_at.map_or(row.starts_at, |at| at.0), ends_at.map_or(row.ends_at, |at| at.0));
        let until = signup_until.map_or(row.signup_until, |at| at.0);
        rules::times(starts, ends, until)?;
        let another_time = (starts, ends) != (row.starts_at, row.ends_at);
        if starts != row.starts_at {
            rules::to_come("starts_at", starts, now)?;
        }
        if ends != row.ends_at {
            rules::to_come("ends_at", ends, now)?;
        }
        if another_time {
            nobody_came(txn, id).await?;
        }
        let room = places.map_or(row.places, |places| places.0);
        if room < row.taken {
            let text = Text::new(
                format!("已有 {} 人报名，名额不能少于这个数。", row.taken),
                format!("{} persons have signed up; there can't be fewer places.", row.taken),
            );
            return Err(Problem::field("places", "taken", text));
        }
        known_campaign(txn, campaign_id.flatten()).await?;
        let before = row.clone();
        let next = events::Model {
            kind: kind.unwrap_or(row.kind),
            township: township.map_or(row.township, |township| township.map(Line::into_inner)),
            persons_max: persons_max.map_or(row.persons_max, |most| most.0),
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
        if next == before {
            return Ok(out(before));
        }
        if seen.is_some_and(|seen| *seen != *out(before.clone()).seen) {
            return Err(state(
                "该活动刚被他人修改，请核对现在的内容后再保存。",
                "Somebody changed this event meanwhile: look at what it says now, then save again.",
            )
            .fact("reason", "changed"));
        }
        let next = put(txn, next).await?;
        if another_time || next.place != before.place {
            tell(ctx, txn, NoticeKind::EventMoved, &next, &store::live(txn, id).await?).await?;
        }
        let detail = differences(&before, &next);
        audit::record(ctx, txn, bureau.into(), "event.edit", id.to_string(), detail).await?;
        Ok(out(let_in(txn, ctx, next).await?))
    })
    .await
}

/// Where families have come, the event took place: it isn't moved or cancelled afterwards.
async fn nobody_came(txn: &DatabaseTransaction, id: EventId) -> Result<()> {
    if store::signups(txn, id, Some(SignupStatus::Attended), None, 1).await?.is_empty() {
        return Ok(());
    }
    let text = "已有家庭到场，不能再改时间或取消活动。";
    Err(state(text, "Families have come: it can't be moved or cancelled any more.").fact("reason", "attended"))
}

/// Writes every field.
pub(super) async fn put(txn: &DatabaseTransaction, row: events::Model) -> Result<events::Model> {
    let row = events::ActiveModel::from(row);
    Ok(store::update(txn, row.reset_all()).await?)
}

/// Families see it from now on.
pub async fn publish(ctx: &Ctx, bureau: &Bureau, key: &Idempotency, id: EventId) -> Result<Once<EventOut>> {
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

/// It doesn't take place; who has signed up or waits is told why.
pub async fn cancel(
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
        nobody_came(txn, id).await?;
        let status = EventStatus::Cancelled;
        let row = put(txn, events::Model { status, cancel_reason: Some(reason.clone()), ..row }).await?;
        if row.ends_at > ctx.clock.now() {
            tell(ctx, txn, NoticeKind::EventCancelled, &row, &store::live(txn, id).await?).await?;
        }
        audit::record(ctx, txn, bureau.into(), "event.cancel", id.to_string(), json!({ "reason": reason })).await?;
        Ok(out(row))
    })
    .await
}
