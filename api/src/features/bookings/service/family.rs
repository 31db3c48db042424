//! What the guardian does with bookings later: read, cancel.

use entity::{BookingId, BookingStatus, CentreId, FamilyId, VisitStatus, bookings, visits};

use super::{
    super::{
        dto::{BookingOut, BookingsQuery},
        rules::{life, terms},
        store::{self, Filter},
    },
    book::forget_places,
    days, event, nobody_in_care, show, wrong_booking_state,
};
use crate::{
    error::{Code, Problem, Result, Text},
    http::{Cursor, Idempotency, Moment, Once, Page, once},
    platform::clock::local,
    state::Ctx,
};

/// A page of the family's bookings, newest first.
pub async fn bookings(ctx: &Ctx, family: FamilyId, query: BookingsQuery) -> Result<Page<BookingOut>> {
    let BookingsQuery { status, limit, cursor } = query;
    let after = cursor.as_ref().map(Cursor::unpack).transpose()?;
    let filter = Filter { status, after, limit: limit.plus_one(), now: ctx.clock.now() };
    let rows = store::page(ctx.db.reader(), bookings::Entity::of_family(family), filter).await?;
    let out = show::for_family(ctx.db.reader(), ctx, rows).await?;
    Ok(Page::of(out, limit, |booking| booking.id, |booking| booking))
}

/// One of the family's bookings.
pub async fn booking(ctx: &Ctx, family: FamilyId, id: BookingId) -> Result<BookingOut> {
    let row = store::booking_of_family(ctx.db.reader(), family, id).await?;
    let row = row.ok_or_else(|| Problem::new(Code::NotFound))?;
    one(ctx.db.reader(), ctx, row).await
}

pub(super) async fn one(db: &impl sea_orm::ConnectionTrait, ctx: &Ctx, row: bookings::Model) -> Result<BookingOut> {
    let out = show::for_family(db, ctx, vec![row]).await?.pop();
    out.ok_or_else(|| Problem::internal("a booking got lost on its way"))
}

/// Cancels what of a booking is still to come, until the cut-off of its first visit to come.
pub async fn cancel(
    ctx: &Ctx,
    family: FamilyId,
    idempotency: &Idempotency,
    id: BookingId,
    reason: Option<&str>,
) -> Result<Once<BookingOut>> {
    let outcome = once(ctx, idempotency, &family.to_string(), async |txn| {
        let owner = bookings::Entity::of_family(family);
        let mut row = store::lock(txn, owner, id).await?.ok_or_else(|| Problem::new(Code::NotFound))?;
        let now = ctx.clock.now();
        let status = life::shown(&row, now);
        let visits = store::visits(txn, &[id]).await?;
        nobody_in_care(&visits)?;
        let until = match life::can_cancel_until(&row, &visits) {
            Some(until) if status == row.status => until,
            _ => return Err(wrong_booking_state(status)),
        };
        if now > until {
            return Err(day_by_day(&row, &visits, now, too_late(ctx, row.centre_id, until)));
        }
        if !store::move_booking(txn, id, &store::LIVE, BookingStatus::Cancelled, reason, now).await? {
            return Err(wrong_booking_state(status));
        }
        let cancelled = BookingStatus::Cancelled;
        store::insert_event(txn, event(ctx, id, None, family.to_string(), cancelled.as_str(), reason)).await?;
        row.status = cancelled;
        row.reason = reason.map(str::to_owned);
        row.updated_at = now;
        let row = days::give_back(txn, ctx, row, &visits).await?;
        one(txn, ctx, row).await
    })
    .await?;
    if let Once::First(booking) = &outcome {
        forget_places(ctx, booking);
        ctx.metrics.event("booking_cancelled");
    }
    Ok(outcome)
}

/// Names the later days of a booking that can still be called off one by one.
fn day_by_day(
    row: &bookings::Model,
    visits: &[visits::Model],
    now: chrono::DateTime<chrono::Utc>,
    problem: Problem,
) -> Problem {
    let open = |visit: &&visits::Model| visit.status == VisitStatus::Expected && now <= life::cutoff(row, visit);
    let dates: Vec<chrono::NaiveDate> = visits.iter().filter(open).map(|visit| visit.date).collect();
    if dates.is_empty() {
        return problem;
    }
    let Text { zh, en, .. } = problem.text().clone();
    problem
        .detail(Text::new(
            format!("{zh}{}仍可逐日取消。", terms::listed(&dates)),
            format!("{en} Later days can still be cancelled one by one; see `dates`."),
        ))
        .fact("dates", dates)
}

/// `CANCEL_WINDOW_CLOSED`, with the centre's phone.
pub(super) fn too_late(ctx: &Ctx, centre: CentreId, until: chrono::DateTime<chrono::Utc>) -> Problem {
    let at = local(until).format("%Y-%m-%d %H:%M");
    let plan = ctx.catalogue.centre(centre);
    let phone = plan.and_then(|plan| plan.row.phone.clone());
    let (zh, en) = match &phone {
        Some(phone) => (format!("请致电机构{phone}协商。"), format!("Call the centre: {phone}.")),
        None => ("请直接联系机构协商。".to_owned(), "Call the centre.".to_owned()),
    };
    Problem::new(Code::CancelWindowClosed)
        .detail(Text::new(
            format!("可取消时间截至{at}，现已超过，{zh}"),
            format!("It could be cancelled until {at}. {en}"),
        ))
        .fact("can_cancel_until", Moment(until))
        .fact("phone", phone)
}
