//! Use cases of the audit log: sealing, verifying, reading.

use chrono::Days;
use entity::{MinuteOfDay, audit_heads, audit_rows};
use sea_orm::{ConnectionTrait, DbErr, SqlErr};
use subtle::ConstantTimeEq as _;

use super::{
    dto::{AuditQuery, AuditRowOut},
    reasons,
    rules::{self, Anchor, Verdict, Walk},
    store,
};
use crate::{
    error::{Problem, Result, Text},
    http::{Line, Moment, Page},
    platform::{clock::instant_at, crypto::Keyring, db::write_txn},
    state::Ctx,
};

/// Rows sealed in one transaction.
const BATCH: u64 = 200;
/// What the head's signature is bound to.
const HEAD_PLACE: &str = "audit_heads.signature";
/// Rows read at once when verifying.
const PAGE: u64 = 1000;

/// The background job of each replica: seals what waits.
pub async fn sealing_waits(ctx: &Ctx) -> Result<u64, DbErr> {
    store::count_unsealed(ctx.db.reader()).await
}

/// Seals all rows that wait, in batches; answers how many.
pub async fn seal_all(ctx: &Ctx) -> Result<u64, DbErr> {
    let (db, mut sealed) = (&ctx.db, 0);
    // Asked of a reader, so that an idle second takes no write transaction.
    while store::any_unsealed(db.reader()).await? {
        let batch = match seal_batch(ctx).await {
            // Before the chain has a first row to lock, two replicas may take the same places: the
            // unique `seq` lets one win.
            Err(error) if is_lost_race(&error) => 0,
            done => done?,
        };
        if batch == 0 {
            break;
        }
        sealed += batch;
    }
    Ok(sealed)
}

/// Seals up to a batch in one transaction. Rows join the chain in the order they are seen: one
/// that was committed late comes after rows with larger ids.
async fn seal_batch(ctx: &Ctx) -> Result<u64, DbErr> {
    write_txn(&ctx.db, async |txn| {
        store::lock_chain(txn).await?;
        // Read after the lock: what was sealed while we waited is seen.
        let rows = store::lock_unsealed(txn, BATCH).await?;
        let last = store::last_sealed(txn).await?;
        let mut seq = last.as_ref().and_then(|row| row.seq).unwrap_or(0);
        let mut before = last.and_then(|row| row.hash).unwrap_or_else(|| rules::BEFORE_THE_FIRST.to_vec());
        let mut links = Vec::with_capacity(rows.len());
        for row in &rows {
            seq += 1;
            before = rules::link(&before, seq, row);
            links.push((row.id, seq, before.clone()));
        }
        if links.is_empty() {
            return Ok(0);
        }
        let (wanted, sealed) = (links.len() as u64, store::seal(txn, links).await?);
        if sealed != wanted {
            return Err(DbErr::Custom(format!("{sealed} of {wanted} audit rows could be sealed")));
        }
        store::put_head(txn, signed_head(ctx, seq, before)).await?;
        Ok(sealed)
    })
    .await
}

/// The end of the chain, signed with a key that the database doesn't have.
fn signed_head(ctx: &Ctx, seq: i64, hash: Vec<u8>) -> audit_heads::Model {
    let sealed_at = ctx.clock.now();
    let signature = ctx.keys.lookup_hash(HEAD_PLACE, &rules::head_text(seq, &hash, sealed_at));
    audit_heads::Model { id: 1, seq, hash, sealed_at, signature }
}

fn is_lost_race(error: &DbErr) -> bool {
    matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_)))
        || error.to_string().contains("deadlock detected")
}

/// Walks the chain in pages, past the signed head and what was noted down before; also answers how
/// many rows wait to be sealed.
pub async fn verify(
    db: &impl ConnectionTrait,
    keys: &Keyring,
    expected: Option<Anchor>,
) -> Result<(Verdict, u64), DbErr> {
    // The head before the rows: what is sealed meanwhile only makes the chain longer.
    let head = store::head(db).await?;
    let waiting = store::count_unsealed(db).await?;
    let signed = head.as_ref().is_some_and(|head| {
        let text = rules::head_text(head.seq, &head.hash, head.sealed_at);
        head.signature.ct_eq(&keys.lookup_hash(HEAD_PLACE, &text)).into()
    });
    let anchors = head.into_iter().map(|head| Anchor { seq: head.seq, hash: head.hash }).chain(expected);
    let mut walk = Walk::past(anchors.collect());
    loop {
        let rows = store::sealed_after(db, walk.seq, PAGE).await?;
        for row in &rows {
            if let Err(broken) = walk.step(row) {
                return Ok((broken, waiting));
            }
        }
        if let Some(row) = reasons::changed(db, keys, &rows).await? {
            return Ok((Verdict::Broken { seq: row.seq.unwrap_or_default(), row: Some(row.id) }, waiting));
        }
        if (rows.len() as u64) < PAGE {
            let verdict = if walk.seq > 0 && !signed { Verdict::Unsigned } else { walk.whole() };
            return Ok((verdict, waiting));
        }
    }
}

/// A page of the log, newest first.
pub async fn list(ctx: &Ctx, query: AuditQuery) -> Result<Page<AuditRowOut>> {
    let AuditQuery { staff_id, action, from, to, limit, cursor } = query;
    if let (Some(from), Some(to)) = (from, to)
        && from > to
    {
        return Err(Problem::field(
            "to",
            "out_of_range",
            Text::new("结束日期不能早于开始日期。", "The last date must not be before the first."),
        ));
    }
    let midnight = |date| instant_at(date, MinuteOfDay(0));
    let filter = store::Filter {
        staff_id,
        action: action.map(Line::into_inner),
        from: from.map(|day| midnight(day.0)),
        before: to.map(|day| midnight(day.0 + Days::new(1))),
        after: cursor.map(|cursor| cursor.unpack()).transpose()?,
    };
    let rows = store::page(ctx.db.reader(), filter, limit.plus_one()).await?;
    let mut reasons = reasons::of(ctx.db.reader(), &ctx.keys, &rows).await?;
    Ok(Page::of(rows, limit, |row| row.id, |row| row_out(reasons.remove(&row.id), row)))
}

fn row_out(reason: Option<String>, row: audit_rows::Model) -> AuditRowOut {
    let audit_rows::Model { id, at, staff_id, centre_id, action, object, detail, seq, hash } = row;
    let hash = hash.map(|hash| data_encoding::HEXLOWER.encode(&hash));
    AuditRowOut { id, at: Moment(at), staff_id, centre_id, action, object, detail, reason, seq, hash }
}
