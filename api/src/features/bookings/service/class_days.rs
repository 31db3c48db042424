//! The classes of a centre on a day: how many children are where, by the half-hour, and whether carers
//! suffice just now.

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
            let touches = |visit: &&DeskVisitOut| slots(visit.from, visit.to).contains(&slot);
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
            half_hours: match &opening {
                Opening::Open(from, to) => joined(slots(*from, *to).map(half_hour)),
                Opening::Closed(_) => Vec::new(),
            },
        }
    };
    Ok(plan.classes.iter().map(show).collect())
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
