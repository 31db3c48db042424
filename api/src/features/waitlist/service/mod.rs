//! Use cases of the waiting list: join, leave, accept, and what the worker offers ([`offers`]).

pub mod offers;

use chrono::{DateTime, Utc};
use entity::{
    BookingId, BookingStatus, CentreId, ChildId, ClassId, FamilyId, NoticeKind, WaitlistEntryId, WaitlistStatus,
    bookings, waitlist_entries,
};
use serde_json::json;

use super::{
    dto::{DeskWaitlistOut, WaitlistOfferOut, WaitlistOut, WaitlistQuery, Wish},
    store,
};
use crate::{
    error::{Code, Problem, Result, Text},
    features::{
        bookings::{
            dto::{BookingIn, BookingOut},
            service as booking,
            store::freed,
        },
        families::{rules::age_months, store as family_store},
        notices::{self, Notice},
    },
    http::{Cursor, Idempotency, Moment, Once, Page, once},
    language::Word,
    platform::{
        clock::local,
        constraint::{Constraint, violated},
        db::write_txn,
    },
    state::Ctx,
};

/// Entries read at once.
const ENTRIES: u64 = 100;

/// Places in waiting lists that a family may have at once (assumption).
const MOST_ENTRIES: i64 = 10;

/// Joins the waiting list of a centre for care that has no place now.
pub async fn join(
    ctx: &Ctx,
    family: FamilyId,
    idempotency: &Idempotency,
    body: &BookingIn,
) -> Result<Once<WaitlistOut>> {
    for (field, given) in [("voucher_id", body.voucher_id.is_some()), ("best_effort", body.best_effort)] {
        if given {
            let text = Text::new(format!("候补不需要填写 {field}。"), format!("Waiting takes no `{field}`."));
            return Err(Problem::field(field, "not_for_waiting", text));
        }
    }
    let outcome = once(ctx, idempotency, &family.to_string(), async |txn| {
        let quote = booking::quote_in(txn, ctx, family, body).await?;
        if quote.available {
            return Err(Problem::new(Code::PlaceFree));
        }
        if !quote.overlaps.is_empty() {
            return Err(Problem::new(Code::ChildOverlap).fact("overlaps", quote.overlaps));
        }
        // The child again, now under its lock: consent may have been withdrawn since.
        if family_store::lock_child(txn, family, body.child_id).await?.is_none() {
            return Err(Problem::new(Code::NotFound));
        }
        if store::live_of_family(txn, family).await? >= MOST_ENTRIES {
            return Err(Problem::new(Code::WrongState).detail(Text::new(
                format!("最多同时候补{MOST_ENTRIES}项，请先退出不需要的候补。"),
                format!("A family waits for at most {MOST_ENTRIES} places: leave one first."),
            )));
        }
        let now = ctx.clock.now();
        let row = waitlist_entries::Model {
            id: ctx.clock.id(),
            family_id: family,
            child_id: body.child_id,
            centre_id: body.centre_id,
            care_type: body.care_type,
            start_date: body.start_date.0,
            end_date: body.end_date.unwrap_or(body.start_date).0,
            wish: serde_json::to_value(Wish::of(body)).map_err(Problem::internal)?,
            status: WaitlistStatus::Waiting,
            booking_id: None,
            created_at: now,
            updated_at: now,
        };
        if let Err(error) = store::insert(txn, row.clone()).await {
            let waits = violated(&error) == Some(Constraint::WaitingChild);
            return Err(if waits { Problem::new(Code::AlreadyWaiting) } else { error.into() });
        }
        // A place that was given back between the look and this write is found by the worker.
        freed(txn, &ctx.clock, body.centre_id).await?;
        let out = shown(ctx, txn, vec![row]).await?.pop();
        out.ok_or_else(|| Problem::internal("an entry got lost on its way"))
    })
    .await?;
    if matches!(outcome, Once::First(_)) {
        ctx.metrics.event("waitlist_joined");
    }
    Ok(outcome)
}

/// The family's entries, newest first.
pub async fn list(ctx: &Ctx, family: FamilyId, query: WaitlistQuery) -> Result<Page<WaitlistOut>> {
    let after = query.cursor.as_ref().map(Cursor::unpack).transpose()?;
    let rows = store::of_family(ctx.db.reader(), family, query.limit, after).await?;
    let out = shown(ctx, ctx.db.reader(), rows).await?;
    Ok(Page::of(out, query.limit, |entry| entry.id, |entry| entry))
}

/// Who waits for a centre, in the order of offers.
pub async fn of_centre(ctx: &Ctx, centre: CentreId, query: WaitlistQuery) -> Result<Page<DeskWaitlistOut>> {
    let after = query.cursor.as_ref().map(Cursor::unpack).transpose()?;
    let rows = store::of_centre(ctx.db.reader(), centre, query.limit, after).await?;
    let (now, db) = (ctx.clock.now(), ctx.db.reader());
    let before = store::before(db, &waiting(rows.iter().map(|(row, _)| row))).await?;
    let held = store::offers(db, offered(rows.iter().map(|(row, _)| row))).await?;
    let out: Vec<DeskWaitlistOut> = rows
        .into_iter()
        .map(|(row, born)| DeskWaitlistOut {
            id: row.id,
            status: standing(&row, row.booking_id.and_then(|id| held.get(&id)), now).0,
            position: before.get(&row.id).map(|n| n + 1),
            age_months: age_months(born, row.start_date),
            care_type: row.care_type,
            start_date: row.start_date,
            end_date: row.end_date,
            wish: wish(&row),
            created_at: Moment(row.created_at),
        })
        .collect();
    Ok(Page::of(out, query.limit, |entry| entry.id, |entry| entry))
}

/// Ends the wait for a class that is closed, and says so, in the transaction that closes it.
pub async fn class_closed(
    ctx: &Ctx,
    txn: &impl sea_orm::ConnectionTrait,
    centre: CentreId,
    class: ClassId,
) -> Result<()> {
    let mut after = None;
    loop {
        let entries = store::waiting(txn, centre, after, ENTRIES).await?;
        let Some(last) = entries.last() else { return Ok(()) };
        after = Some(last.id);
        for entry in entries.iter().filter(|entry| wish(entry).class_id == Some(class)) {
            if !store::step(txn, entry.id, &[WaitlistStatus::Waiting], WaitlistStatus::Over, None, ctx.clock.now())
                .await?
            {
                continue;
            }
            let plan = ctx.catalogue.centre(centre);
            let facts = json!({
                "waitlist_id": entry.id, "centre_id": centre, "centre_name": plan.map(|plan| plan.row.name.clone()),
                "care_type": entry.care_type, "care": entry.care_type.zh(), "date": entry.start_date,
            });
            let (family, child, subject) = (entry.family_id, Some(entry.child_id), entry.id.to_string());
            let notice = Notice { family, child, kind: NoticeKind::WaitEnded, subject, facts };
            notices::tell(ctx, txn, notice).await?;
        }
    }
}

/// Leaves the list; a place on offer passes on.
pub async fn leave(ctx: &Ctx, family: FamilyId, id: WaitlistEntryId) -> Result<()> {
    write_txn(&ctx.db, async |txn| {
        let entry = store::lock(txn, id, Some(family)).await?.ok_or_else(|| Problem::new(Code::NotFound))?;
        let from = [WaitlistStatus::Waiting, WaitlistStatus::Offered];
        if store::step(txn, id, &from, WaitlistStatus::Withdrawn, None, ctx.clock.now()).await?
            && let Some(held) = entry.booking_id
        {
            booking::give_up(txn, ctx, family, held).await?;
        }
        Ok(())
    })
    .await
}

/// The family's entries that are still in a list, of one child or of all.
pub async fn live_of(
    db: &impl sea_orm::ConnectionTrait,
    family: FamilyId,
    child: Option<ChildId>,
) -> Result<Vec<WaitlistEntryId>> {
    Ok(store::live_ids(db, family, child).await?)
}

/// Leaves these lists, because the family or its child leaves; places on offer are bookings, and are
/// called off as such. Entries are locked before bookings, as by whoever accepts an offer.
pub async fn withdraw_all(
    txn: &sea_orm::DatabaseTransaction,
    ctx: &Ctx,
    family: FamilyId,
    ids: &[WaitlistEntryId],
) -> Result<()> {
    let from = [WaitlistStatus::Waiting, WaitlistStatus::Offered];
    for &id in ids {
        if store::lock(txn, id, Some(family)).await?.is_some() {
            store::step(txn, id, &from, WaitlistStatus::Withdrawn, None, ctx.clock.now()).await?;
        }
    }
    Ok(())
}

/// Takes an offered place.
pub async fn accept(
    ctx: &Ctx,
    family: FamilyId,
    idempotency: &Idempotency,
    id: WaitlistEntryId,
) -> Result<Once<BookingOut>> {
    let outcome = once(ctx, idempotency, &family.to_string(), async |txn| {
        let entry = store::lock(txn, id, Some(family)).await?.ok_or_else(|| Problem::new(Code::NotFound))?;
        let (WaitlistStatus::Offered, Some(held)) = (entry.status, entry.booking_id) else {
            return Err(wrong_state(entry.status));
        };
        let now = ctx.clock.now();
        let accepted = booking::accept(txn, ctx, family, held).await?;
        if !store::step(txn, id, &[WaitlistStatus::Offered], WaitlistStatus::Accepted, None, now).await? {
            return Err(wrong_state(entry.status));
        }
        Ok(accepted)
    })
    .await?;
    if matches!(outcome, Once::First(_)) {
        ctx.metrics.event("waitlist_accepted");
    }
    Ok(outcome)
}

fn wrong_state(status: WaitlistStatus) -> Problem {
    Problem::new(Code::WrongState)
        .detail(Text::new(
            format!("该候补{}，没有可接受的名额，请刷新后查看。", status.zh()),
            format!("The entry is {status}: there is no place to accept."),
        ))
        .fact("state", status)
}

fn wish(row: &waitlist_entries::Model) -> Wish {
    // Written by us from the same type.
    serde_json::from_value(row.wish.clone()).unwrap_or_default()
}

fn waiting<'a>(rows: impl Iterator<Item = &'a waitlist_entries::Model>) -> Vec<WaitlistEntryId> {
    rows.filter(|row| row.status == WaitlistStatus::Waiting).map(|row| row.id).collect()
}

fn offered<'a>(rows: impl Iterator<Item = &'a waitlist_entries::Model>) -> Vec<BookingId> {
    rows.filter(|row| row.status == WaitlistStatus::Offered).filter_map(|row| row.booking_id).collect()
}

/// Where an entry stands, with its offer as it is at `now`, written so or not.
fn standing(
    row: &waitlist_entries::Model,
    held: Option<&bookings::Model>,
    now: DateTime<Utc>,
) -> (WaitlistStatus, Option<WaitlistOfferOut>) {
    if row.status == WaitlistStatus::Waiting && row.start_date < local(now).date_naive() {
        return (WaitlistStatus::Over, None);
    }
    let (WaitlistStatus::Offered, Some(held)) = (row.status, held) else { return (row.status, None) };
    match (held.status, held.offer_until) {
        (BookingStatus::Pending, Some(until)) if now <= until => {
            (row.status, Some(WaitlistOfferOut { booking_id: held.id, until: Moment(until) }))
        }
        (BookingStatus::Cancelled, _) => (WaitlistStatus::Withdrawn, None),
        _ => (WaitlistStatus::Lapsed, None),
    }
}

async fn shown(
    ctx: &Ctx,
    db: &impl sea_orm::ConnectionTrait,
    rows: Vec<waitlist_entries::Model>,
) -> Result<Vec<WaitlistOut>> {
    let now = ctx.clock.now();
    let before = store::before(db, &waiting(rows.iter())).await?;
    let held = store::offers(db, offered(rows.iter())).await?;
    let show = |row: waitlist_entries::Model| {
        let (status, offer) = standing(&row, row.booking_id.and_then(|id| held.get(&id)), now);
        WaitlistOut {
            id: row.id,
            status,
            status_label: Word(status.zh()),
            position: before.get(&row.id).map(|n| n + 1),
            offer,
            child_id: row.child_id,
            centre_id: row.centre_id,
            centre_name: ctx.catalogue.centre(row.centre_id).map(|plan| plan.row.name.clone()),
            care_type: row.care_type,
            start_date: row.start_date,
            end_date: row.end_date,
            wish: wish(&row),
            created_at: Moment(row.created_at),
        }
    };
    Ok(rows.into_iter().map(show).collect())
}
