//! What the centre reads: its day, children by name, its bookings.

use chrono::{NaiveDate, TimeDelta};
use entity::{VisitId, bookings};
use serde_json::json;

use super::{
    super::{
        desk_dto::{DeskBookingOut, DeskDayOut, DeskVisitOut},
        dto::BookingsQuery,
        store::{self, Filter},
    },
    class_days, show,
};
use crate::{
    error::{Code, Problem, Result, Text},
    features::{
        audit::{self, Actor},
        auth::Desk,
    },
    http::{
        Cursor, Page,
        ratelimit::{NAME_SEARCH, limit},
    },
    platform::db::write_txn,
    state::Ctx,
};

/// The visits of a day at the desk's centre.
pub async fn day(ctx: &Ctx, desk: &Desk, date: Option<NaiveDate>) -> Result<DeskDayOut> {
    let date = date.unwrap_or_else(|| ctx.clock.today());
    let items = show::day_named(ctx.db.reader(), ctx, desk.centre_id, date, None).await?;
    let classes = class_days::of_day(ctx.db.reader(), ctx, desk.centre_id, date, &items).await?;
    Ok(DeskDayOut { date, classes, items })
}

/// One visit at the desk's centre, of whatever day.
pub async fn visit_at_desk(ctx: &Ctx, desk: &Desk, id: VisitId) -> Result<DeskVisitOut> {
    let (db, unknown) = (ctx.db.reader(), || Problem::new(Code::NotFound));
    let date = store::visit_of_centre(db, desk.centre_id, id).await?.ok_or_else(unknown)?.date;
    let of_the_day = show::day_named(db, ctx, desk.centre_id, date, None).await?;
    of_the_day.into_iter().find(|visit| visit.id == id).ok_or_else(unknown)
}

/// The visits of a day of the children whose name, as the family calls them or as in the register, has
/// this text in it. Names are sealed, so the day's are opened one by one.
///
/// Whoever asks often enough could read masked names letter by letter: a part has two letters at least, the
/// day is as near as for a look at whole names, tries are counted, and each leaves an audit row.
pub async fn search_by_name(ctx: &Ctx, desk: &Desk, name: &str, date: Option<NaiveDate>) -> Result<Vec<DeskVisitOut>> {
    limit(ctx, &NAME_SEARCH, &desk.staff_id.to_string()).await?;
    let (today, days) = (ctx.clock.today(), ctx.settings.reveal_days);
    let date = date.unwrap_or(today);
    if (date - today).abs() > TimeDelta::days(i64::from(days)) {
        let zh = format!("按姓名只能查找前后{days}天内的托育。");
        return Err(Problem::field("date", "too_far", Text::new(zh, "Names are searched near today only.")));
    }
    // Names are opened before the transaction, and shown only after it.
    let found = show::day_named(ctx.db.reader(), ctx, desk.centre_id, date, Some(name)).await?;
    let detail = json!({ "date": date, "found": found.len() });
    write_txn(&ctx.db, async |txn| {
        audit::record(ctx, txn, Actor::from(desk), "visit.search", desk.centre_id.to_string(), detail).await
    })
    .await?;
    Ok(found)
}

/// A page of the centre's bookings, newest first.
pub async fn bookings_of_centre(ctx: &Ctx, desk: &Desk, query: BookingsQuery) -> Result<Page<DeskBookingOut>> {
    let BookingsQuery { status, limit, cursor } = query;
    let after = cursor.as_ref().map(Cursor::unpack).transpose()?;
    let filter = Filter { status, after, limit: limit.plus_one(), now: ctx.clock.now() };
    let rows = store::page(ctx.db.reader(), bookings::Entity::of_centre(desk.centre_id), filter).await?;
    let out = show::for_desk(ctx.db.reader(), ctx, rows).await?;
    Ok(Page::of(out, limit, |booking| booking.id, |booking| booking))
}
