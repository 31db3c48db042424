//! Rows of registers, and what follows from them for the centre.

use chrono::{Days, NaiveDate};
use entity::{CentreId, Fen, RecordId, RecordKind, centre_records, centres};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use super::super::{
    dto::{DeskRecordsQuery, RecordIn, RecordOut, RecordPatch, RecordsQuery},
    guided, rules,
    store::{self, Filter},
};
use crate::{
    error::{Code, Problem, Result},
    features::{
        audit::{self, Actor},
        auth::{Bureau, Desk},
        centres::store as centre_store,
        directory, terms,
    },
    http::{Cursor, Idempotency, Limit, Once, Page, once},
    platform::db::write_txn,
    state::Ctx,
};

fn unknown() -> Problem {
    Problem::new(Code::NotFound)
}

/// Rows that the filters leave, the newest first.
pub async fn page(ctx: &Ctx, query: &RecordsQuery) -> Result<Page<RecordOut>> {
    let RecordsQuery { centre_id, township, kind, current, limit, cursor } = query;
    if let Some(township) = township {
        directory::rules::check_township(&ctx.catalogue.townships(), township)?;
    }
    let filter = Filter {
        centre: *centre_id,
        township: township.as_deref(),
        kind: *kind,
        current: current.map(|yes| (yes, ctx.clock.today())),
        after: cursor.as_ref().map(Cursor::unpack).transpose()?,
    };
    listed(ctx, filter, *limit).await
}

/// Rows of the centre's own register.
pub async fn own(ctx: &Ctx, desk: &Desk, query: &DeskRecordsQuery) -> Result<Page<RecordOut>> {
    let DeskRecordsQuery { kind, limit, cursor } = query;
    let after = cursor.as_ref().map(Cursor::unpack).transpose()?;
    let filter = Filter { centre: Some(desk.centre_id), kind: *kind, after, ..Filter::default() };
    listed(ctx, filter, *limit).await
}

async fn listed(ctx: &Ctx, filter: Filter<'_>, limit: Limit) -> Result<Page<RecordOut>> {
    let rows = store::records(ctx.db.reader(), filter, limit.plus_one()).await?;
    let names = store::names(ctx.db.reader(), rows.iter().map(|row| row.centre_id)).await?;
    let name = |id: &CentreId| names.get(id).cloned().unwrap_or_default();
    Ok(Page::of(
        rows,
        limit,
        |row| row.id,
        |row| {
            let name = name(&row.centre_id);
            RecordOut::of(row, name)
        },
    ))
}

/// What the audit log tells of a row.
fn told(row: &centre_records::Model) -> Value {
    json!({ "centre": row.centre_id, "kind": row.kind, "item": row.item, "party": row.party, "number": row.number,
        "from": row.valid_from, "until": row.valid_until, "quantity": row.quantity, "amount_fen": row.amount_fen,
        "checked_on": row.checked_on })
}

/// Writes what follows from a centre's rows, and tells the catalogues; under the centre's lock.
pub async fn follow(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    centre: &centres::Model,
    changed: &[RecordKind],
) -> Result<()> {
    let today = ctx.clock.today();
    let mut until = [centre.insured_until, centre.medical_until];
    for (until, kind) in until.iter_mut().zip([RecordKind::Insurance, RecordKind::MedicalContract]) {
        if changed.contains(&kind) {
            *until = rules::covered_until(&store::spans(db, centre.id, kind).await?, today);
        }
    }
    if until != [centre.insured_until, centre.medical_until] {
        store::set_until(db, centre.id, until[0], until[1]).await?;
    }
    // Whatever the kind: a page remembers its marks by the version.
    centre_store::touch(db, Some(centre.id), ctx.clock.now()).await?;
    Ok(())
}

async fn reload(ctx: &Ctx, centre: CentreId) -> Result<()> {
    Ok(ctx.catalogue.reload_centres(ctx.db.reader(), &ctx.clock, &[centre]).await?)
}

/// What a centre's other rows of a safety package come to; under the centre's lock.
async fn paid_beside(db: &impl ConnectionTrait, row: &centre_records::Model) -> Result<Fen> {
    if row.kind != RecordKind::SafetyPackage {
        return Ok(Fen(0));
    }
    Ok(store::amounts(db, row).await?.into_iter().flatten().sum())
}

/// Enters a row.
pub async fn add(
    ctx: &Ctx,
    bureau: &Bureau,
    key: &Idempotency,
    centre_id: CentreId,
    body: RecordIn,
) -> Result<Once<RecordOut>> {
    let RecordIn { kind, item, party, number, from, until, quantity, amount_fen, note, checked_on } = body;
    let (now, today) = (ctx.clock.now(), ctx.clock.today());
    let row = centre_records::Model {
        id: ctx.clock.id(),
        centre_id,
        kind,
        item,
        party: party.map(|party| party.into_inner()),
        number: number.map(|number| number.into_inner()),
        valid_from: from.map(|day| day.0),
        valid_until: until.map(|day| day.0),
        quantity: quantity.map(|n| n.0),
        amount_fen: amount_fen.map(|fen| Fen(fen.0.into())),
        note: note.map(|note| note.into_inner()),
        checked_on: checked_on.map_or(today, |day| day.0),
        staff_id: Some(bureau.staff_id),
        created_at: now,
        changed_at: now,
        removed_at: None,
    };
    let done = once(ctx, key, &bureau.staff_id.to_string(), async |txn| {
        let centre = terms::lock_centre(txn, centre_id).await?.ok_or_else(unknown)?;
        let paid = paid_beside(txn, &row).await?;
        rules::check(&row, centre.ownership, paid, today)?;
        rules::one_a_day(guided::is_entered(txn, &row).await?)?;
        store::insert_record(txn, row.clone()).await?;
        follow(ctx, txn, &centre, &[kind]).await?;
        audit::record(ctx, txn, Actor::from(bureau), "record.add", row.id.to_string(), told(&row)).await?;
        Ok(RecordOut::of(row.clone(), centre.name))
    })
    .await?;
    reload(ctx, centre_id).await?;
    Ok(done)
}

/// Changes a row.
pub async fn change(ctx: &Ctx, bureau: &Bureau, id: RecordId, patch: RecordPatch) -> Result<RecordOut> {
    let RecordPatch { item, party, number, from, until, quantity, amount_fen, note, checked_on } = patch;
    let out = write_txn(&ctx.db, async |txn| {
        let centre_id = store::record(txn, id).await?.ok_or_else(unknown)?.centre_id;
        let centre = terms::lock_centre(txn, centre_id).await?.ok_or_else(unknown)?;
        // Again, under the lock.
        let row = store::record(txn, id).await?.ok_or_else(unknown)?;
        let mut after = row.clone();
        macro_rules! set {
            ($($field:ident: $column:ident = $value:expr),*) => {
                $(if let Some($field) = $field { after.$column = $value; })*
            };
        }
        set!(
            item: item = Some(item),
            party: party = party.map(|party| party.into_inner()),
            number: number = number.map(|number| number.into_inner()),
            from: valid_from = from.map(|day| day.0),
            until: valid_until = until.map(|day| day.0),
            quantity: quantity = quantity.map(|n| n.0),
            amount_fen: amount_fen = amount_fen.map(|fen| Fen(fen.0.into())),
            note: note = note.map(|note| note.into_inner()),
            checked_on: checked_on = checked_on.0
        );
        if after != row {
            let paid = paid_beside(txn, &after).await?;
            rules::check(&after, centre.ownership, paid, ctx.clock.today())?;
            // Two that were entered before it was refused may still be checked again.
            if after.valid_from != row.valid_from {
                rules::one_a_day(guided::is_entered(txn, &after).await?)?;
            }
            after.changed_at = ctx.clock.now();
            store::put_record(txn, after.clone()).await?;
            follow(ctx, txn, &centre, &[row.kind]).await?;
            audit::record(ctx, txn, Actor::from(bureau), "record.change", id.to_string(), told(&after)).await?;
        }
        Result::<_>::Ok(RecordOut::of(after, centre.name))
    })
    .await?;
    reload(ctx, out.centre_id).await?;
    Ok(out)
}

/// Takes back a row that was a mistake.
pub async fn remove(ctx: &Ctx, bureau: &Bureau, id: RecordId) -> Result<()> {
    let centre = write_txn(&ctx.db, async |txn| {
        let centre_id = store::record(txn, id).await?.ok_or_else(unknown)?.centre_id;
        let centre = terms::lock_centre(txn, centre_id).await?.ok_or_else(unknown)?;
        let mut row = store::record(txn, id).await?.ok_or_else(unknown)?;
        row.removed_at = Some(ctx.clock.now());
        let (kind, detail) = (row.kind, told(&row));
        store::put_record(txn, row).await?;
        follow(ctx, txn, &centre, &[kind]).await?;
        audit::record(ctx, txn, Actor::from(bureau), "record.remove", id.to_string(), detail).await?;
        Result::<_>::Ok(centre_id)
    })
    .await?;
    reload(ctx, centre).await
}

/// Policies and contracts that have begun since yesterday: after a gap they are what holds now. Every
/// replica may look; who comes second finds it done.
pub async fn begin_due(ctx: &Ctx) -> Result<u64> {
    let today: NaiveDate = ctx.clock.today();
    let mut n = 0;
    // A week back, for a service that stood still over a holiday.
    for id in store::begun(ctx.db.reader(), today - Days::new(7), today).await? {
        let changed = write_txn(&ctx.db, async |txn| {
            let Some(centre) = terms::lock_centre(txn, id).await? else { return Ok(false) };
            let of = async |kind| Result::<_>::Ok(rules::covered_until(&store::spans(txn, id, kind).await?, today));
            let now = [of(RecordKind::Insurance).await?, of(RecordKind::MedicalContract).await?];
            // What was set before there were rows stays.
            let behind = |until: Option<NaiveDate>, now: Option<NaiveDate>| now.is_some() && until < now;
            if !behind(centre.insured_until, now[0]) && !behind(centre.medical_until, now[1]) {
                return Ok(false);
            }
            let kinds = [(RecordKind::Insurance, now[0]), (RecordKind::MedicalContract, now[1])];
            let kinds: Vec<RecordKind> = kinds.iter().filter(|(_, now)| now.is_some()).map(|(kind, _)| *kind).collect();
            follow(ctx, txn, &centre, &kinds).await?;
            Result::<_>::Ok(true)
        })
        .await?;
        if changed {
            reload(ctx, id).await?;
            n += 1;
        }
    }
    Ok(n)
}
