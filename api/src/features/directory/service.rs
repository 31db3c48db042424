//! Use cases of the directory. Locks are taken in one order: townships, classes, the centre.

use data_encoding::BASE64URL_NOPAD;
use entity::{CentreId, Fen, Filed, LngLat, MinuteOfDay, centre_hours, centres};
use sea_orm::DatabaseTransaction;
use serde_json::{Map, Value, json};

use super::{
    dto::{BureauCentreIn, BureauCentreOut, BureauCentrePatch, BureauCentresQuery, BureauLocationIn, CentreReasonIn},
    rules, store,
    store::After,
};
use crate::{
    error::{Code, Problem, Result, Text},
    features::{
        audit::{self, Actor},
        auth::Bureau,
        bookings::store::freed,
        centres::{CentrePlan, coords::Coord, store as centre_store},
        planning::{
            self,
            dto::{HalfDayHours, WeekdayHours},
        },
        terms, waitlist,
    },
    http::{Idempotency, Once, Page, once},
    platform::{crypto::sha256, db::write_txn},
    state::Ctx,
};

fn unknown() -> Problem {
    Problem::new(Code::NotFound)
}

/// Centres that the filters leave.
pub async fn page(ctx: &Ctx, query: &BureauCentresQuery) -> Result<Page<BureauCentreOut>> {
    if let Some(township) = &query.township {
        rules::check_township(&ctx.catalogue.townships(), township)?;
    }
    let (db, today) = (ctx.db.reader(), ctx.clock.today());
    let rows = store::page(db, query, today).await?;
    let ids: Vec<CentreId> = rows.iter().map(|row| row.id).collect();
    let mut places = store::places(db, &ids).await?;
    let out = |row: centres::Model| {
        let n = places.remove(&row.id).unwrap_or(0);
        BureauCentreOut::of(row, n, query.coord, today)
    };
    Ok(Page::of(rows, query.limit, |row| After::of(row, query.sort), out))
}

/// One centre, out of service too.
pub async fn read(ctx: &Ctx, id: CentreId) -> Result<BureauCentreOut> {
    read_in(ctx, ctx.db.reader(), id).await
}

/// A centre as it is stored, out of service too.
pub async fn row(ctx: &Ctx, id: CentreId) -> Result<centres::Model> {
    store::one(ctx.db.reader(), id).await?.ok_or_else(unknown)
}

async fn read_in(ctx: &Ctx, db: &impl sea_orm::ConnectionTrait, id: CentreId) -> Result<BureauCentreOut> {
    let row = store::one(db, id).await?.ok_or_else(unknown)?;
    let places = store::places(db, &[id]).await?.remove(&id).unwrap_or(0);
    Ok(BureauCentreOut::of(row, places, Coord::default(), ctx.clock.today()))
}

fn located(at: BureauLocationIn) -> Result<LngLat> {
    let point = LngLat { lng: at.lng, lat: at.lat };
    rules::check_point(point)?;
    Ok(at.coord.to_wgs84(point))
}

/// Monday to Friday.
fn usual_hours() -> Vec<WeekdayHours> {
    let day = |weekday| WeekdayHours { weekday, from: MinuteOfDay::hm(7, 30), to: MinuteOfDay::hm(18, 0) };
    (1..=5).map(day).collect()
}

/// The rows of a centre that is entered, checked.
pub fn new_rows(ctx: &Ctx, body: BureauCentreIn) -> Result<(centres::Model, Vec<centre_hours::Model>)> {
    let BureauCentreIn {
        name,
        kind,
        ownership,
        address,
        township,
        location,
        phone,
        intro,
        filed,
        filed_no,
        inclusive_from,
        inclusive_until,
        inclusive_doc,
        price_cap_fen,
        cross_strait,
        age_grace_months,
        hours,
        morning,
        afternoon,
    } = body;
    let township = rules::township_of(&ctx.catalogue.townships(), &township)?.to_owned();
    let at = located(location)?;
    let hours = hours.unwrap_or_else(usual_hours);
    let half = |from, to| HalfDayHours { from, to };
    let morning = morning.unwrap_or_else(|| half(MinuteOfDay::hm(8, 0), MinuteOfDay::hm(12, 0)));
    let afternoon = afternoon.unwrap_or_else(|| half(MinuteOfDay::hm(14, 0), MinuteOfDay::hm(17, 30)));
    planning::check_week(&hours, morning, afternoon)?;
    let (id, now) = (ctx.clock.id(), ctx.clock.now());
    let row = centres::Model {
        id,
        name: name.into_inner(),
        kind,
        ownership,
        address: address.into_inner(),
        township,
        lng: at.lng,
        lat: at.lat,
        phone: phone.map(|phone| phone.into_inner()),
        intro: intro.map(|intro| intro.into_inner()).unwrap_or_default(),
        filed: filed.unwrap_or(Filed::None),
        filed_no: filed_no.map(|number| number.into_inner()),
        inclusive_from: inclusive_from.map(|day| day.0),
        inclusive_until: inclusive_until.map(|day| day.0),
        inclusive_doc: inclusive_doc.map(|document| document.into_inner()),
        price_cap_fen: price_cap_fen.map(|cap| Fen(cap.0.into())),
        morning_from: morning.from,
        morning_to: morning.to,
        afternoon_from: afternoon.from,
        afternoon_to: afternoon.to,
        age_grace_months: age_grace_months.map_or(0, |months| months.0),
        insured_until: None,
        medical_until: None,
        cross_strait,
        admits: entity::Admits::All,
        others_days: 0,
        demo: false,
        active: true,
        vouchers_suspended_at: None,
        version: 1,
        changed_at: now,
        created_at: now,
    };
    rules::check_standing(&row)?;
    let hour = |day: WeekdayHours| centre_hours::Model {
        centre_id: id,
        weekday: day.weekday.into(),
        opens: day.from,
        closes: day.to,
    };
    Ok((row, hours.into_iter().map(hour).collect()))
}

fn taken(name: &str) -> Problem {
    let text = Text::new(
        format!("该乡镇已有同名机构“{name}”，请核对名称。"),
        "There is a centre of this name in the township.",
    )
    .keeping(name);
    Problem::field("name", "exists", text)
}

/// Enters a centre.
pub async fn add(ctx: &Ctx, bureau: &Bureau, key: &Idempotency, body: BureauCentreIn) -> Result<Once<BureauCentreOut>> {
    let (row, hours) = new_rows(ctx, body)?;
    let id = row.id;
    let done = once(ctx, key, &bureau.staff_id.to_string(), async |txn| {
        store::lock_townships(txn).await?;
        if store::named(txn, &row.name, &row.township).await?.is_some() {
            return Err(taken(&row.name));
        }
        store::insert(txn, row.clone(), hours.clone()).await?;
        audit::record(ctx, txn, Actor::from(bureau), "centre.add", id.to_string(), Value::Object(told(&row))).await?;
        read_in(ctx, txn, id).await
    })
    .await?;
    if matches!(done, Once::First(_)) {
        ctx.catalogue.reload_centres(ctx.db.reader(), &ctx.clock, &[id]).await?;
    }
    Ok(done)
}

/// What the audit log tells of a centre: nothing of it is about a person.
pub fn told(row: &centres::Model) -> Map<String, Value> {
    let all = json!({
        "name": row.name, "kind": row.kind, "ownership": row.ownership, "address": row.address,
        "township": row.township, "lng": row.lng, "lat": row.lat, "phone": row.phone, "filed": row.filed,
        "filed_no": row.filed_no, "inclusive_from": row.inclusive_from, "inclusive_until": row.inclusive_until,
        "inclusive_doc": row.inclusive_doc, "price_cap_fen": row.price_cap_fen, "cross_strait": row.cross_strait,
        "age_grace_months": row.age_grace_months,
    });
    match all {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

/// What differs, as the audit log tells it: the new values.
pub fn differences(before: &centres::Model, after: &centres::Model) -> Value {
    let before = told(before);
    Value::Object(told(after).into_iter().filter(|(name, value)| before.get(name) != Some(value)).collect())
}

/// A row with changes.
pub fn patched(ctx: &Ctx, row: &centres::Model, patch: BureauCentrePatch) -> Result<centres::Model> {
    let BureauCentrePatch {
        name,
        kind,
        ownership,
        address,
        township,
        location,
        phone,
        intro,
        filed,
        filed_no,
        inclusive_from,
        inclusive_until,
        inclusive_doc,
        price_cap_fen,
        cross_strait,
        age_grace_months,
    } = patch;
    let mut after = row.clone();
    if let Some(township) = township {
        rules::township_of(&ctx.catalogue.townships(), &township)?.clone_into(&mut after.township);
    }
    if let Some(location) = location {
        let at = located(location)?;
        (after.lng, after.lat) = (at.lng, at.lat);
    }
    macro_rules! set {
        ($($field:ident = $value:expr),*) => { $(if let Some($field) = $field { after.$field = $value; })* };
    }
    set!(
        name = name.into_inner(),
        kind = kind,
        ownership = ownership,
        address = address.into_inner(),
        phone = phone.map(|phone| phone.into_inner()),
        intro = intro.map(|intro| intro.into_inner()).unwrap_or_default(),
        filed = filed,
        filed_no = filed_no.map(|number| number.into_inner()),
        inclusive_from = inclusive_from.map(|day| day.0),
        inclusive_until = inclusive_until.map(|day| day.0),
        inclusive_doc = inclusive_doc.map(|document| document.into_inner()),
        price_cap_fen = price_cap_fen.map(|cap| Fen(cap.0.into())),
        cross_strait = cross_strait,
        age_grace_months = age_grace_months.0
    );
    if rules::standing_differs(row, &after) {
        rules::check_standing(&after)?;
    }
    Ok(after)
}

/// Writes a changed row and tells everyone; in the transaction that holds townships and the centre.
pub async fn put(ctx: &Ctx, txn: &DatabaseTransaction, before: &centres::Model, after: centres::Model) -> Result<()> {
    let id = after.id;
    if (&before.name, &before.township) != (&after.name, &after.township)
        && store::named(txn, &after.name, &after.township).await?.is_some_and(|other| other.id != id)
    {
        return Err(taken(&after.name));
    }
    if before.kind != after.kind {
        rules::check_kind(&after, &centre_store::active_classes(txn, id).await?)?;
    }
    let (standing, today) = (rules::standing_differs(before, &after), ctx.clock.today());
    let day = rules::cap_day(&after, today);
    store::note_checks(txn, rules::said_anew(Some(before), &after, today)).await?;
    store::update(txn, after).await?;
    if standing && let Some(plan) = CentrePlan::load(txn, id, today).await? {
        terms::check_caps(&plan, day, "price_cap_fen")?;
    }
    centre_store::touch(txn, Some(id), ctx.clock.now()).await?;
    Ok(())
}

/// A word for what the directory says of a centre. Its version rises with every rating and every roster too, and
/// would call an edit outdated that nobody crossed.
#[must_use]
pub fn said(row: &centres::Model) -> String {
    let all = json!([told(row), row.intro]).to_string();
    BASE64URL_NOPAD.encode(&sha256(&[all.as_bytes()])[..12])
}

/// Changes a centre; `seen` is the word ([`said`]) of what the caller was shown, if it knows.
pub async fn edit(
    ctx: &Ctx,
    bureau: &Bureau,
    id: CentreId,
    seen: Option<&str>,
    patch: BureauCentrePatch,
) -> Result<BureauCentreOut> {
    let out = write_txn(&ctx.db, async |txn| {
        store::lock_townships(txn).await?;
        let row = terms::lock_centre(txn, id).await?.ok_or_else(unknown)?;
        let after = patched(ctx, &row, patch)?;
        if after != row {
            if seen.is_some_and(|seen| seen != said(&row)) {
                return Err(Problem::new(Code::WrongState).detail(Text::new(
                    "该机构的资料刚被他人修改，请核对现在的资料后再保存。",
                    "Somebody changed this centre meanwhile: look at what it says now, then save again.",
                )));
            }
            let detail = differences(&row, &after);
            put(ctx, txn, &row, after).await?;
            audit::record(ctx, txn, Actor::from(bureau), "centre.edit", id.to_string(), detail).await?;
        }
        read_in(ctx, txn, id).await
    })
    .await?;
    ctx.catalogue.reload_centres(ctx.db.reader(), &ctx.clock, &[id]).await?;
    Ok(out)
}

/// Takes a centre out of service, or puts it into service again.
pub async fn set_active(
    ctx: &Ctx,
    bureau: &Bureau,
    key: &Idempotency,
    id: CentreId,
    active: bool,
    body: CentreReasonIn,
) -> Result<Once<BureauCentreOut>> {
    let CentreReasonIn { reason } = body;
    let done = once(ctx, key, &bureau.staff_id.to_string(), async |txn| {
        // As whoever books does: a booking is made before this, and then counted, or after, and then refused.
        let classes = store::lock_classes(txn, id).await?;
        let row = terms::lock_centre(txn, id).await?.ok_or_else(unknown)?;
        if row.active == active {
            let text = if active {
                Text::new("该机构正在运营，无需再次启用。", "The centre is in service.")
            } else {
                Text::new("该机构已停用。", "The centre is out of service already.")
            };
            return Err(Problem::new(Code::WrongState).detail(text));
        }
        let days = if active { 0 } else { store::days_to_come(txn, id).await? };
        if days > 0 {
            return Err(Problem::new(Code::BookingsAffected)
                .detail(Text::new(
                    format!("该机构还有{days}天已预约的托育，请先取消或等其结束后再停用。"),
                    format!("{days} booked days are still to come at this centre."),
                ))
                .fact("affected", days));
        }
        store::set_active(txn, id, active).await?;
        if active {
            freed(txn, &ctx.clock, id).await?;
        } else {
            for class in classes {
                waitlist::class_closed(ctx, txn, id, class.id).await?;
            }
        }
        centre_store::touch(txn, Some(id), ctx.clock.now()).await?;
        let action = if active { "centre.reactivate" } else { "centre.deactivate" };
        audit::record(ctx, txn, Actor::from(bureau), action, id.to_string(), json!({ "reason": &*reason })).await?;
        read_in(ctx, txn, id).await
    })
    .await?;
    ctx.catalogue.reload_centres(ctx.db.reader(), &ctx.clock, &[id]).await?;
    Ok(done)
}
