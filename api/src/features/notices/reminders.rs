//! Reminders: of tomorrow's care in the evening before, by day of a voucher that ends within a week; and
//! in the evening after a visit the invitation to rate it. What was reminded of is marked in the transaction that writes the notices, so that a kill repeats nothing
//! that was done and loses nothing that wasn't; of two replicas that do the same at once one writes.

use chrono::{Days, NaiveDate};
use entity::{MinuteOfDay, NoticeKind};
use sea_orm::DbErr;
use serde_json::json;

use super::{Notice, service::row, store};
use crate::{
    error::Result,
    platform::{clock::minute_of_day, db::write_txn},
    state::Ctx,
};

/// Tomorrow's care is told of from this hour on (assumption).
const EVENING: MinuteOfDay = MinuteOfDay::hm(18, 0);
/// Families are invited to rate from this hour on (assumption).
const LATE_EVENING: MinuteOfDay = MinuteOfDay::hm(19, 0);
/// Families are told of vouchers that end between these hours (assumption): nobody is woken by it.
const DAYTIME: (MinuteOfDay, MinuteOfDay) = (MinuteOfDay::hm(9, 0), MinuteOfDay::hm(20, 0));
/// Vouchers that end within so many days.
const DAYS_BEFORE: u64 = 7;
/// Notices of one transaction.
const BATCH: u64 = 200;

fn tomorrow(ctx: &Ctx) -> Option<NaiveDate> {
    (minute_of_day(ctx.clock.now()) >= EVENING).then(|| ctx.clock.today() + Days::new(1))
}

fn week(ctx: &Ctx) -> Option<(NaiveDate, NaiveDate)> {
    let today = ctx.clock.today();
    (DAYTIME.0..DAYTIME.1).contains(&minute_of_day(ctx.clock.now())).then(|| (today, today + Days::new(DAYS_BEFORE)))
}

/// Writes the reminders that are due; how many.
pub async fn remind(ctx: &Ctx) -> Result<u64> {
    let mut told = 0;
    if let Some(date) = tomorrow(ctx) {
        while let n @ 1.. = visits(ctx, date).await? {
            told += n;
        }
    }
    if let Some(dates) = week(ctx) {
        while let n @ 1.. = vouchers(ctx, dates).await? {
            told += n;
        }
    }
    if let Some(dates) = visited(ctx) {
        while let n @ 1.. = invitations(ctx, dates).await? {
            told += n;
        }
    }
    Ok(told)
}

/// Reminders that are due and not written.
pub async fn waiting(ctx: &Ctx) -> Result<u64, DbErr> {
    let visits = match tomorrow(ctx) {
        Some(date) => store::count_unreminded(ctx.db.reader(), date).await?,
        None => 0,
    };
    let uninvited = match visited(ctx) {
        Some(dates) => store::count_uninvited(ctx.db.reader(), dates).await?,
        None => 0,
    };
    let expiring = match week(ctx) {
        Some(dates) => store::count_expiring(ctx.db.reader(), dates).await?,
        None => 0,
    };
    Ok(visits + uninvited + expiring)
}

/// The visits of these days are invited to be rated now: today's, and yesterday's if no replica ran then.
fn visited(ctx: &Ctx) -> Option<(NaiveDate, NaiveDate)> {
    let today = ctx.clock.today();
    (minute_of_day(ctx.clock.now()) >= LATE_EVENING).then(|| (today - Days::new(1), today))
}

/// Invites to rate: families that agreed to `ratings` and haven't rated the visit. The others' visits are
/// marked all the same, so that they aren't looked at again.
async fn invitations(ctx: &Ctx, dates: (NaiveDate, NaiveDate)) -> Result<u64> {
    let due = store::uninvited(ctx.db.reader(), dates, BATCH).await?;
    let (ids, n) = (due.iter().map(|(visit, _)| visit.id).collect(), due.len() as u64);
    if n == 0 {
        return Ok(0);
    }
    let rows = due.into_iter().filter(|(_, invite)| *invite).map(|(visit, _)| {
        let plan = ctx.catalogue.centre(visit.centre_id);
        let facts = json!({
            "visit_id": visit.id, "booking_id": visit.booking_id, "centre_id": visit.centre_id,
            "centre_name": plan.map(|plan| plan.row.name.clone()), "care": visit.care_type.zh(),
            "care_type": visit.care_type, "date": visit.date,
        });
        let (family, child, subject) = (visit.family_id, Some(visit.child_id), visit.id.to_string());
        row(ctx, Notice { family, child, kind: NoticeKind::RatingInvitation, subject, facts })
    });
    let rows = rows.collect();
    write_txn(&ctx.db, async |txn| {
        store::insert(txn, rows).await?;
        store::invited(txn, ids, ctx.clock.now()).await
    })
    .await?;
    Ok(n)
}

async fn visits(ctx: &Ctx, date: NaiveDate) -> Result<u64> {
    let due = store::unreminded(ctx.db.reader(), date, BATCH).await?;
    let (ids, n) = (due.iter().map(|visit| visit.id).collect(), due.len() as u64);
    if n == 0 {
        return Ok(0);
    }
    let rows = due.into_iter().map(|visit| {
        let plan = ctx.catalogue.centre(visit.centre_id);
        let facts = json!({
            "booking_id": visit.booking_id, "visit_id": visit.id, "centre_id": visit.centre_id,
            "centre_name": plan.map(|plan| plan.row.name.clone()), "care": visit.care_type.zh(),
            "care_type": visit.care_type, "date": visit.date, "from": visit.from_min, "to": visit.to_min,
        });
        let (family, child, subject) = (visit.family_id, Some(visit.child_id), visit.id.to_string());
        row(ctx, Notice { family, child, kind: NoticeKind::VisitTomorrow, subject, facts })
    });
    let rows = rows.collect();
    write_txn(&ctx.db, async |txn| {
        store::insert(txn, rows).await?;
        store::reminded(txn, ids, ctx.clock.now()).await
    })
    .await?;
    Ok(n)
}

async fn vouchers(ctx: &Ctx, dates: (NaiveDate, NaiveDate)) -> Result<u64> {
    let due = store::expiring(ctx.db.reader(), dates, BATCH).await?;
    let (ids, n) = (due.iter().map(|voucher| voucher.id).collect(), due.len() as u64);
    if n == 0 {
        return Ok(0);
    }
    let rows = due.into_iter().map(|voucher| {
        let facts = json!({
            "voucher_id": voucher.id, "date": voucher.valid_until,
            "units_left": voucher.units_total - voucher.units_used,
        });
        let (family, child, subject) = (voucher.family_id, Some(voucher.child_id), voucher.id.to_string());
        row(ctx, Notice { family, child, kind: NoticeKind::VoucherExpiring, subject, facts })
    });
    let rows = rows.collect();
    write_txn(&ctx.db, async |txn| {
        store::insert(txn, rows).await?;
        store::voucher_reminded(txn, ids, ctx.clock.now()).await
    })
    .await?;
    Ok(n)
}
