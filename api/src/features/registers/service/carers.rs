//! Carers and their trainings.

use chrono::{Datelike as _, NaiveDate};
use entity::{CarerId, CentreId, TrainingId, carer_trainings, carers};
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr};
use serde_json::json;

use super::super::{
    NAME_PLACE, NUMBER_PLACE,
    carers_dto::{
        CarerDetailOut, CarerIn, CarerOut, CarerPatch, CarersQuery, DeskCarersQuery, TrainingIn, TrainingOut,
    },
    rules,
    store::{self, CarerFilter},
};
use crate::{
    error::{Code, Problem, Result, Text},
    features::{
        audit::{self, Actor},
        auth::{Bureau, Desk},
        centres::store as centre_store,
        directory, terms,
    },
    http::{Cursor, Idempotency, Limit, Once, Page, once},
    language::Word,
    platform::{
        constraint::{Constraint, violated},
        crypto::Keyring,
        db::write_txn,
    },
    state::Ctx,
};

/// Trainings shown with a carer.
const SHOWN: u64 = 100;

fn unknown() -> Problem {
    Problem::new(Code::NotFound)
}

/// Finds a carer's row by name at a centre.
#[must_use]
pub fn name_hash(keys: &Keyring, centre: CentreId, name: &str) -> Vec<u8> {
    keys.lookup_hash(NAME_PLACE, &format!("{centre}/{name}"))
}

/// Carers that the filters leave.
pub async fn page(ctx: &Ctx, query: &CarersQuery) -> Result<Page<CarerOut>> {
    let CarersQuery { centre_id, township, certified, left, limit, cursor } = query;
    if let Some(township) = township {
        directory::rules::check_township(&ctx.catalogue.townships(), township)?;
    }
    let filter = CarerFilter {
        centre: *centre_id,
        township: township.as_deref(),
        certified: *certified,
        left: *left,
        after: cursor.as_ref().map(Cursor::unpack).transpose()?,
    };
    listed(ctx, filter, *limit).await
}

/// The centre's own carers.
pub async fn own(ctx: &Ctx, desk: &Desk, query: &DeskCarersQuery) -> Result<Page<CarerOut>> {
    let DeskCarersQuery { left, limit, cursor } = query;
    let after = cursor.as_ref().map(Cursor::unpack).transpose()?;
    listed(ctx, CarerFilter { centre: Some(desk.centre_id), left: *left, after, ..CarerFilter::default() }, *limit)
        .await
}

fn year(today: NaiveDate) -> (NaiveDate, NaiveDate) {
    let on = |month, day| NaiveDate::from_ymd_opt(today.year(), month, day).unwrap_or(today);
    (on(1, 1), on(12, 31))
}

async fn listed(ctx: &Ctx, filter: CarerFilter<'_>, limit: Limit) -> Result<Page<CarerOut>> {
    let rows = store::carers(ctx.db.reader(), filter, ctx.clock.today(), limit.plus_one()).await?;
    let page = Page::of(rows, limit, |row| row.id, |row| row);
    Ok(Page { items: outs(ctx, ctx.db.reader(), page.items).await?, next_cursor: page.next_cursor })
}

async fn outs(ctx: &Ctx, db: &impl ConnectionTrait, rows: Vec<carers::Model>) -> Result<Vec<CarerOut>> {
    let today = ctx.clock.today();
    let names = store::names(db, rows.iter().map(|row| row.centre_id)).await?;
    let ids: Vec<CarerId> = rows.iter().map(|row| row.id).collect();
    let hours = store::hours(db, &ids, year(today)).await?;
    let open = |place, sealed: &[u8]| ctx.keys.open_text(place, sealed);
    let out = |row: carers::Model| {
        Ok(CarerOut {
            id: row.id,
            centre_id: row.centre_id,
            centre_name: names.get(&row.centre_id).cloned().unwrap_or_default(),
            name: open(NAME_PLACE, &row.name_sealed)?,
            certificate: row.certificate,
            label: Word(row.certificate.zh()),
            certificate_no: row
                .certificate_no_sealed
                .as_deref()
                .map(|sealed| open(NUMBER_PLACE, sealed))
                .transpose()?,
            certificate_until: row.certificate_until,
            certified: row.certified_on(today),
            checked_on: row.checked_on,
            left_on: row.left_on,
            hours_this_year: hours.get(&row.id).copied().unwrap_or(0),
        })
    };
    rows.into_iter().map(out).collect()
}

async fn out(ctx: &Ctx, db: &impl ConnectionTrait, row: carers::Model) -> Result<CarerOut> {
    outs(ctx, db, vec![row]).await?.pop().ok_or_else(unknown)
}

/// A carer with trainings.
pub async fn read(ctx: &Ctx, id: CarerId) -> Result<CarerDetailOut> {
    let db = ctx.db.reader();
    let row = store::carer(db, id).await?.ok_or_else(unknown)?;
    let trainings = store::trainings(db, id, SHOWN).await?.into_iter().map(TrainingOut::from).collect();
    Ok(CarerDetailOut { carer: out(ctx, db, row).await?, trainings })
}

fn taken(error: DbErr) -> Problem {
    if violated(&error) == Some(Constraint::CarerOfCentre) {
        let text = Text::new(
            "该机构已登记过同名人员；如系同名不同人，请在姓名后加数字区分。",
            "The centre has a carer of this name; tell two of one name apart by a number.",
        );
        return Problem::field("name", "exists", text);
    }
    error.into()
}

/// The row of a carer to enter.
#[must_use]
pub fn new_row(ctx: &Ctx, centre_id: CentreId, bureau: &Bureau, body: &CarerIn) -> carers::Model {
    let CarerIn { name, certificate, certificate_no, certificate_until, checked_on } = body;
    let now = ctx.clock.now();
    carers::Model {
        id: ctx.clock.id(),
        centre_id,
        name_sealed: ctx.keys.seal(NAME_PLACE, name.as_bytes()),
        name_hash: name_hash(&ctx.keys, centre_id, name),
        certificate: *certificate,
        certificate_no_sealed: certificate_no.as_ref().map(|number| ctx.keys.seal(NUMBER_PLACE, number.as_bytes())),
        certificate_until: certificate_until.map(|day| day.0),
        checked_on: checked_on.map_or_else(|| ctx.clock.today(), |day| day.0),
        left_on: None,
        staff_id: Some(bureau.staff_id),
        created_at: now,
        changed_at: now,
    }
}

/// Enters a carer.
pub async fn add(
    ctx: &Ctx,
    bureau: &Bureau,
    key: &Idempotency,
    centre_id: CentreId,
    body: CarerIn,
) -> Result<Once<CarerOut>> {
    let done = once(ctx, key, &bureau.staff_id.to_string(), async |txn| {
        terms::lock_centre(txn, centre_id).await?.ok_or_else(unknown)?;
        let row = new_row(ctx, centre_id, bureau, &body);
        rules::check_carer(&row, ctx.clock.today())?;
        store::insert_carer(txn, row.clone()).await.map_err(taken)?;
        let detail = json!({ "centre": centre_id, "certificate": row.certificate, "until": row.certificate_until });
        audit::record(ctx, txn, Actor::from(bureau), "carer.add", row.id.to_string(), detail).await?;
        centre_store::touch(txn, Some(centre_id), ctx.clock.now()).await?;
        out(ctx, txn, row).await
    })
    .await?;
    shown(ctx, centre_id).await?;
    Ok(done)
}

/// A centre's page says how many of its carers are certified.
async fn shown(ctx: &Ctx, centre: CentreId) -> Result<()> {
    Ok(ctx.catalogue.reload_centres(ctx.db.reader(), &ctx.clock, &[centre]).await?)
}

/// A carer's row under the lock of its centre, which an import holds first too.
async fn held(txn: &DatabaseTransaction, id: CarerId) -> Result<carers::Model> {
    let row = store::carer(txn, id).await?.ok_or_else(unknown)?;
    terms::lock_centre(txn, row.centre_id).await?.ok_or_else(unknown)?;
    store::lock_carer(txn, id).await?.ok_or_else(unknown)
}

/// Changes a carer.
pub async fn change(ctx: &Ctx, bureau: &Bureau, id: CarerId, patch: CarerPatch) -> Result<CarerOut> {
    let CarerPatch { name, certificate, certificate_no, certificate_until, checked_on, left_on } = patch;
    let out = write_txn(&ctx.db, async |txn| {
        let row = held(txn, id).await?;
        let mut after = row.clone();
        if let Some(name) = name {
            after.name_sealed = ctx.keys.seal(NAME_PLACE, name.as_bytes());
            after.name_hash = name_hash(&ctx.keys, row.centre_id, &name);
        }
        if let Some(certificate) = certificate {
            after.certificate = certificate;
        }
        if let Some(number) = certificate_no {
            after.certificate_no_sealed = number.map(|number| ctx.keys.seal(NUMBER_PLACE, number.as_bytes()));
        }
        if let Some(until) = certificate_until {
            after.certificate_until = until.map(|day| day.0);
        }
        if let Some(day) = checked_on {
            after.checked_on = day.0;
        }
        if let Some(left) = left_on {
            after.left_on = left.map(|day| day.0);
        }
        if after == row {
            return out(ctx, txn, row).await;
        }
        rules::check_carer(&after, ctx.clock.today())?;
        after.changed_at = ctx.clock.now();
        store::put_carer(txn, after.clone()).await.map_err(taken)?;
        let detail = json!({ "certificate": after.certificate, "until": after.certificate_until,
            "checked_on": after.checked_on, "left_on": after.left_on });
        audit::record(ctx, txn, Actor::from(bureau), "carer.change", id.to_string(), detail).await?;
        centre_store::touch(txn, Some(row.centre_id), ctx.clock.now()).await?;
        out(ctx, txn, after).await
    })
    .await?;
    shown(ctx, out.centre_id).await?;
    Ok(out)
}

/// Deletes a carer with the trainings: a mistake, or somebody who left long ago.
pub async fn remove(ctx: &Ctx, bureau: &Bureau, id: CarerId) -> Result<()> {
    let centre = write_txn(&ctx.db, async |txn| {
        let row = held(txn, id).await?;
        store::delete_carer(txn, id).await?;
        let detail = json!({ "centre": row.centre_id });
        audit::record(ctx, txn, Actor::from(bureau), "carer.remove", id.to_string(), detail).await?;
        centre_store::touch(txn, Some(row.centre_id), ctx.clock.now()).await?;
        Result::<_>::Ok(row.centre_id)
    })
    .await?;
    shown(ctx, centre).await
}

/// Enters a training.
pub async fn train(
    ctx: &Ctx,
    bureau: &Bureau,
    key: &Idempotency,
    carer_id: CarerId,
    body: TrainingIn,
) -> Result<Once<TrainingOut>> {
    let TrainingIn { held_on, hours, topic } = body;
    rules::not_to_come("held_on", Some(held_on.0), ctx.clock.today())?;
    once(ctx, key, &bureau.staff_id.to_string(), async |txn| {
        store::lock_carer(txn, carer_id).await?.ok_or_else(unknown)?;
        let row = carer_trainings::Model {
            id: ctx.clock.id(),
            carer_id,
            held_on: held_on.0,
            hours: hours.0,
            topic: topic.to_string(),
            staff_id: Some(bureau.staff_id),
            created_at: ctx.clock.now(),
        };
        store::insert_training(txn, row.clone()).await?;
        let detail = json!({ "carer": carer_id, "held_on": row.held_on, "hours": row.hours });
        audit::record(ctx, txn, Actor::from(bureau), "training.add", row.id.to_string(), detail).await?;
        Ok(TrainingOut::from(row))
    })
    .await
}

/// Takes a training back.
pub async fn untrain(ctx: &Ctx, bureau: &Bureau, id: TrainingId) -> Result<()> {
    write_txn(&ctx.db, async |txn| {
        let row = store::training(txn, id).await?.ok_or_else(unknown)?;
        store::delete_training(txn, id).await?;
        let detail = json!({ "carer": row.carer_id, "held_on": row.held_on, "hours": row.hours });
        audit::record(ctx, txn, Actor::from(bureau), "training.remove", id.to_string(), detail).await?;
        Ok(())
    })
    .await
}
