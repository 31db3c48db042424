//! Bookings and visits as families and centres see them; whole pages at once.

use std::collections::{HashMap, HashSet};

use chrono::{Days, NaiveDate};
use entity::{BookingId, CareType, CentreId, ChildId, ClassId, VisitStatus, bookings, children, visits};
use sea_orm::ConnectionTrait;

use super::super::{
    desk_dto::{DeskBookingOut, DeskChildOut, DeskVisitOut},
    dto::{BookingEntryCheckOut, BookingOut, BookingPriceOut, BookingVisitOut},
    rules::life::{self, EntryCheckStatus},
    store::{self, Checks},
};
use crate::{
    error::{Problem, Result},
    features::families::{
        rules::age_months,
        service::{LEGAL_NAME_PLACE, NAME_PLACE, masked_for_staff},
    },
    http::Moment,
    state::Ctx,
};

pub(super) fn visit_out(visit: &visits::Model) -> BookingVisitOut {
    BookingVisitOut { id: visit.id, date: visit.date, from: visit.from_min, to: visit.to_min, status: visit.status }
}

pub(super) fn booking_out(
    ctx: &Ctx,
    booking: bookings::Model,
    visits: &[visits::Model],
    entry_check: BookingEntryCheckOut,
) -> BookingOut {
    let plan = ctx.catalogue.centre(booking.centre_id);
    let status = life::shown(&booking, ctx.clock.now());
    let until = life::can_cancel_until(&bookings::Model { status, ..booking.clone() }, visits);
    BookingOut {
        id: booking.id,
        status,
        child_id: booking.child_id,
        centre_id: booking.centre_id,
        centre_name: plan.as_ref().map(|plan| plan.row.name.clone()),
        class_id: booking.class_id,
        class_name: plan.and_then(|plan| plan.class(booking.class_id).map(|class| class.name.clone())),
        care_type: booking.care_type,
        start_date: booking.start_date,
        end_date: booking.end_date,
        visits: visits.iter().map(visit_out).collect(),
        // Written by us from the same type.
        price: BookingPriceOut {
            total_fen: booking.total_fen,
            lines: serde_json::from_value(booking.price_lines).unwrap_or_default(),
        },
        skipped: None,
        entry_check,
        voucher_id: booking.voucher_id,
        replaces: booking.replaces_id,
        confirm_by: booking.confirm_by.map(Moment),
        offer_until: booking.offer_until.map(Moment),
        can_cancel_until: until.map(Moment),
        reason: booking.reason,
        created_at: Moment(booking.created_at),
        updated_at: Moment(booking.updated_at),
    }
}

fn entry_check_out(
    checks: &Checks,
    centre: CentreId,
    child: ChildId,
    care_type: CareType,
    date: NaiveDate,
) -> BookingEntryCheckOut {
    let (check, last_visit) = checks.of(centre, child);
    let status = life::entry_check(check, last_visit, care_type, date);
    BookingEntryCheckOut { status, needed_by: (status == EntryCheckStatus::Needed).then_some(date) }
}

/// The day that an entry check is needed for: the first still expected, else the first.
fn needed_day(booking: &bookings::Model, visits: &[visits::Model]) -> NaiveDate {
    let expected = visits.iter().find(|visit| visit.status == VisitStatus::Expected);
    expected.or(visits.first()).map_or(booking.start_date, |visit| visit.date)
}

async fn visits_by_booking(
    db: &impl ConnectionTrait,
    rows: &[bookings::Model],
) -> Result<HashMap<BookingId, Vec<visits::Model>>> {
    let ids: Vec<BookingId> = rows.iter().map(|row| row.id).collect();
    let mut by_booking: HashMap<BookingId, Vec<visits::Model>> = HashMap::new();
    for visit in store::visits(db, &ids).await? {
        by_booking.entry(visit.booking_id).or_default().push(visit);
    }
    Ok(by_booking)
}

async fn checks_of(db: &impl ConnectionTrait, rows: &[bookings::Model]) -> Result<Checks> {
    let (mut centres, mut children): (Vec<_>, Vec<_>) = rows.iter().map(|row| (row.centre_id, row.child_id)).unzip();
    centres.sort_unstable();
    centres.dedup();
    children.sort_unstable();
    children.dedup();
    Ok(Checks::load(db, &centres, &children).await?)
}

/// Bookings for their families.
pub(super) async fn for_family(
    db: &impl ConnectionTrait,
    ctx: &Ctx,
    rows: Vec<bookings::Model>,
) -> Result<Vec<BookingOut>> {
    let mut visits = visits_by_booking(db, &rows).await?;
    let checks = checks_of(db, &rows).await?;
    let out = rows.into_iter().map(|row| {
        let visits = visits.remove(&row.id).unwrap_or_default();
        let day = needed_day(&row, &visits);
        let check = entry_check_out(&checks, row.centre_id, row.child_id, row.care_type, day);
        booking_out(ctx, row, &visits, check)
    });
    Ok(out.collect())
}

/// Children by id, for the desk.
struct Children(HashMap<ChildId, children::Model>);

impl Children {
    async fn load(db: &impl ConnectionTrait, ids: &[ChildId]) -> Result<Self> {
        if ids.is_empty() {
            return Ok(Self(HashMap::new()));
        }
        let rows = store::children(db, ids).await?;
        Ok(Self(rows.into_iter().map(|row| (row.id, row)).collect()))
    }

    /// Those whose name, or name in the register, has this text in it, or is it where it is one letter.
    fn called(&self, ctx: &Ctx, text: &str) -> Result<HashSet<ChildId>> {
        let single = text.chars().nth(1).is_none();
        let fits = |name: &str| if single { name == text } else { name.contains(text) };
        let mut called = HashSet::new();
        for row in self.0.values() {
            let legal = row.legal_name_sealed.as_deref().map(|sealed| ctx.keys.open_text(LEGAL_NAME_PLACE, sealed));
            let legal = legal.transpose()?.unwrap_or_default();
            if fits(&ctx.keys.open_text(NAME_PLACE, &row.name_sealed)?) || fits(&legal) {
                called.insert(row.id);
            }
        }
        Ok(called)
    }

    fn show(&self, ctx: &Ctx, id: ChildId, on: NaiveDate) -> Result<DeskChildOut> {
        let row = self.0.get(&id).ok_or_else(|| Problem::internal("a booking without its child"))?;
        let name = masked_for_staff(&ctx.keys, &row.name_sealed, row.name_status)?;
        Ok(DeskChildOut { id, name, age_months: age_months(row.birth_date, on) })
    }
}

fn class_name(ctx: &Ctx, centre: CentreId, class: ClassId) -> Option<String> {
    ctx.catalogue.centre(centre).and_then(|plan| plan.class(class).map(|class| class.name.clone()))
}

/// Bookings for their centre.
pub(super) async fn for_desk(
    db: &impl ConnectionTrait,
    ctx: &Ctx,
    rows: Vec<bookings::Model>,
) -> Result<Vec<DeskBookingOut>> {
    let mut visits = visits_by_booking(db, &rows).await?;
    let checks = checks_of(db, &rows).await?;
    let ids: Vec<ChildId> = rows.iter().map(|row| row.child_id).collect();
    let children = Children::load(db, &ids).await?;
    let show = |row: bookings::Model| {
        let visits = visits.remove(&row.id).unwrap_or_default();
        let day = needed_day(&row, &visits);
        Ok(DeskBookingOut {
            id: row.id,
            status: life::shown(&row, ctx.clock.now()),
            child: children.show(ctx, row.child_id, day)?,
            class_id: row.class_id,
            class_name: class_name(ctx, row.centre_id, row.class_id),
            care_type: row.care_type,
            start_date: row.start_date,
            end_date: row.end_date,
            visits: visits.iter().map(visit_out).collect(),
            total_fen: row.total_fen,
            entry_check: entry_check_out(&checks, row.centre_id, row.child_id, row.care_type, day),
            confirm_by: row.confirm_by.map(Moment),
            reason: row.reason,
            created_at: Moment(row.created_at),
        })
    };
    rows.into_iter().map(show).collect()
}

/// So far back a child is looked for that nobody checked out.
const STILL_THERE_DAYS: u64 = 7;

/// The visits of a day at a centre; with `name` of the children called so. Today's begin with those of
/// earlier days whose child is still there.
pub(super) async fn day_named(
    db: &impl ConnectionTrait,
    ctx: &Ctx,
    centre: CentreId,
    date: NaiveDate,
    name: Option<&str>,
) -> Result<Vec<DeskVisitOut>> {
    let since = if date == ctx.clock.today() { date - Days::new(STILL_THERE_DAYS) } else { date };
    let mut rows = store::visits_of_day(db, centre, (since, date)).await?;
    let mut ids: Vec<ChildId> = rows.iter().map(|row| row.child_id).collect();
    ids.sort_unstable();
    ids.dedup();
    let children = Children::load(db, &ids).await?;
    if let Some(name) = name {
        let called = children.called(ctx, name)?;
        rows.retain(|row| called.contains(&row.child_id));
    }
    let checks = Checks::load(db, &[centre], &ids).await?;
    let with_voucher = store::children_with_voucher(db, &ids, date).await?;
    let show = |row: visits::Model| {
        Ok(DeskVisitOut {
            id: row.id,
            booking_id: row.booking_id,
            child: children.show(ctx, row.child_id, date)?,
            class_id: row.class_id,
            class_name: class_name(ctx, centre, row.class_id),
            care_type: row.care_type,
            date: row.date,
            from: row.from_min,
            to: row.to_min,
            status: row.status,
            has_voucher: with_voucher.contains(&row.child_id),
            entry_check: entry_check_out(&checks, centre, row.child_id, row.care_type, date),
            checked_in_at: row.checked_in_at.map(Moment),
            checked_out_at: row.checked_out_at.map(Moment),
        })
    };
    rows.into_iter().map(show).collect()
}
