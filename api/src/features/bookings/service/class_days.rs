//! The classes of a centre on a day: how many children are where, by the half-hour, and whether carers
//! suffice just now.

use std::ops::Range;

use chrono::NaiveDate;
use entity::{CentreId, ClassId, MinuteOfDay, VisitStatus, classes};
use sea_orm::ConnectionTrait;

use super::super::desk_dto::{DeskClassDayOut, DeskHalfHoursOut, DeskVisitOut};
use crate::{
    error::Result,
    features::centres::{
        grid::Grid,
        rules::{Opening, class_rule, on_duty, slots},
        store as centre_store,
    },
    http::Moment,
    platform::clock::minute_of_day,
    state::Ctx,
};

fn count<'a>(visits: impl Iterator<Item = &'a DeskVisitOut>) -> i64 {
    i64::try_from(visits.count()).unwrap_or(i64::MAX)
}

/// The classes of a day, given its visits.
pub(super) async fn of_day(
    db: &impl ConnectionTrait,
    ctx: &Ctx,
    centre: CentreId,
    date: NaiveDate,
    visits: &[DeskVisitOut],
) -> Result<Vec<DeskClassDayOut>> {
    let Some(plan) = ctx.catalogue.centre(centre) else { return Ok(Vec::new()) };
    let ids: Vec<ClassId> = plan.classes.iter().map(|class| class.id).collect();
    let grid = Grid::of(Vec::new(), centre_store::rosters(db, &ids, date, date).await?);
    let (rules, is_today) = (ctx.catalogue.rules(), date == ctx.clock.today());
    let present = minute_of_day(ctx.clock.now()).slot();
    let opening = ctx.catalogue.opening(&plan, date);
    let show = |class: &classes::Model| {
        let here: Vec<&DeskVisitOut> = visits.iter().filter(|visit| visit.class_id == class.id).collect();
        let of = |status: VisitStatus| count(here.iter().copied().filter(|visit| visit.status == status));
        let (in_care, roster) = (of(VisitStatus::InCare), grid.roster(class.id, date));
        let carers = on_duty(class.carers, roster, present);
        let per_carer = class_rule(&rules, class.band, date).map_or(1, |rule| rule.per_carer);
        let needed = i32::try_from(in_care).unwrap_or(i32::MAX).saturating_add(per_carer - 1) / per_carer;
        let day = grid.day(class, &rules, date);
        let half_hour = |slot: usize| {
            let touches = |visit: &&DeskVisitOut| present_in(visit, is_today.then_some(present)).contains(&slot);
            let of = |status| count(here.iter().copied().filter(touches).filter(|visit| visit.status == status));
            let from = MinuteOfDay(i32::try_from(slot).unwrap_or(0) * MinuteOfDay::SLOT);
            DeskHalfHoursOut {
                from,
                to: MinuteOfDay(from.0 + MinuteOfDay::SLOT),
                expected: of(VisitStatus::Expected),
                in_care: of(VisitStatus::InCare),
                left: of(VisitStatus::Left),
                places: day.places(slot),
                carers: on_duty(class.carers, roster, slot),
            }
        };
        DeskClassDayOut {
            class_id: class.id,
            class_name: class.name.clone(),
            expected: of(VisitStatus::Expected),
            in_care,
            left: of(VisitStatus::Left),
            absent: of(VisitStatus::Absent),
            no_show: of(VisitStatus::NoShow),
            carers_now: is_today.then_some(carers),
            carers_needed: is_today.then_some(needed),
            too_few_carers: is_today && carers < needed,
            half_hours: joined(span(&opening, &here).map(half_hour)),
        }
    };
    Ok(plan.classes.iter().map(show).collect())
}

/// The half-hours of a day: the opening hours, and those of visits that are kept outside them.
fn span(opening: &Opening, visits: &[&DeskVisitOut]) -> Range<usize> {
    let open = match opening {
        Opening::Open(from, to) => Some(slots(*from, *to)),
        Opening::Closed(_) => None,
    };
    let kept = visits.iter().filter(|visit| VisitStatus::HOLDING.contains(&visit.status));
    let wider = |a: Range<usize>, b: Range<usize>| a.start.min(b.start)..a.end.max(b.end);
    open.into_iter().chain(kept.map(|visit| slots(visit.from, visit.to))).reduce(wider).unwrap_or_default()
}

/// The half-hours in which a child is or was there, by what the desk wrote down; where it isn't yet, or
/// on another day, by the booking.
fn present_in(visit: &DeskVisitOut, now: Option<usize>) -> Range<usize> {
    let booked = slots(visit.from, visit.to);
    let slot = |at: &Moment| minute_of_day(at.0).slot();
    match (visit.status, &visit.checked_in_at, &visit.checked_out_at) {
        (VisitStatus::Left, Some(came), Some(left)) => slot(came)..slot(left) + 1,
        (VisitStatus::InCare, Some(came), _) => slot(came)..booked.end.max(now.map_or(0, |now| now + 1)),
        _ => booked,
    }
}

/// Neighbours with the same numbers as one.
fn joined(half_hours: impl Iterator<Item = DeskHalfHoursOut>) -> Vec<DeskHalfHoursOut> {
    let mut spans: Vec<DeskHalfHoursOut> = Vec::new();
    for next in half_hours {
        match spans.last_mut() {
            Some(last) if (DeskHalfHoursOut { from: last.from, to: last.to, ..next }) == *last => last.to = next.to,
            _ => spans.push(next),
        }
    }
    spans
}
