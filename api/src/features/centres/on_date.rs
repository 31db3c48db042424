//! Places on the date of a search: only of as many centres as fill the page.

use chrono::{DateTime, NaiveDate, Utc};
use entity::{CareType, ClassId, MinuteOfDay, offers};

use super::{
    dto::CentreSearch,
    plan::CentrePlan,
    rules::{self, Opening},
    search::{After, Asked, Candidate, Source},
};
use crate::{
    error::Result,
    platform::clock::{instant_at, local, minute_of_day},
    state::Ctx,
};

/// Whether a class takes a child of `age` months on `day`, in this form of care if one is asked.
fn takes(
    plan: &CentrePlan,
    rules: &[entity::class_rules::Model],
    class: ClassId,
    age: i32,
    care_type: Option<CareType>,
    day: NaiveDate,
) -> bool {
    let offered = care_type.is_none_or(|care_type| plan.offer(class, care_type).is_some());
    let rule = plan.class(class).and_then(|c| rules::class_rule(rules, c.band, day));
    offered && rule.is_some_and(|r| (r.min_months..r.max_months + plan.row.age_grace_months).contains(&age))
}

/// The first of the centres that have a place free on `date` through the time asked for: `enough` of
/// them or a few more, for the places of those past the page would be reckoned for nothing.
pub(super) async fn first_free<'a>(
    asked: &Asked<'_>,
    source: &Source<'a, '_>,
    date: NaiveDate,
    mut after: Option<After>,
    enough: usize,
) -> Result<Vec<Candidate<'a>>> {
    let (mut free, mut lot) = (Vec::new(), enough);
    while free.len() < enough {
        // One more than the lot tells whether there are more.
        let mut next = asked.first(source, after, lot + 1).await?;
        next.sort_unstable_by(Candidate::order);
        let last = next.len() <= lot;
        next.truncate(lot);
        after = next.last().map(Candidate::place);
        keep_free(asked.ctx, asked.query, date, &mut next).await?;
        free.append(&mut next);
        if last {
            break;
        }
        // Where few are free the lots grow, so that the database is asked a few times at most.
        lot *= 4;
    }
    Ok(free)
}

/// Keeps the centres that have a place free on `date` through the time asked for.
async fn keep_free(ctx: &Ctx, query: &CentreSearch, date: NaiveDate, found: &mut Vec<Candidate<'_>>) -> Result<()> {
    let (rules, now) = (ctx.catalogue.rules(), ctx.clock.now());
    let fits = |plan: &CentrePlan, class: ClassId| {
        query.age_months.is_none_or(|age| takes(plan, &rules, class, age, query.care_type, date))
    };
    // What could be booked, if a place is free: most classes have no offer for a wish.
    let (mut wishes, mut ids) = (Vec::new(), Vec::new());
    let plans: Vec<_> = found.iter().map(|candidate| ctx.catalogue.plan(&candidate.spot)).collect();
    for (at, plan) in plans.iter().enumerate() {
        let Some(times) = times(ctx, query, plan, date) else { continue };
        for class in plan.classes.iter().filter(|class| fits(plan, class.id)) {
            let (day, before) = (ids.len(), wishes.len());
            let offers = bookable(query, plan, class.id, date, times, now);
            wishes.extend(offers.map(|offer| (at, class, day, offer.care_type, times)));
            if wishes.len() > before {
                ids.push(class.id);
            }
        }
    }
    let days = ctx.free_places.on(ctx.db.reader(), &ids, date).await?;
    for (at, class, day, care_type, times) in wishes {
        let free = days[day].free_through(class, &rules, date, care_type, times);
        found[at].free_places = found[at].free_places.max(Some(free));
    }
    found.retain(|candidate| candidate.free_places.is_some_and(|free| free > 0));
    Ok(())
}

/// The time asked for at a centre on a date; none if it isn't open then.
fn times(ctx: &Ctx, query: &CentreSearch, plan: &CentrePlan, date: NaiveDate) -> Option<(MinuteOfDay, MinuteOfDay)> {
    let Opening::Open(opens, closes) = ctx.catalogue.opening(plan, date) else { return None };
    let today = ctx.clock.today();
    let (from, to) = match (query.from.zip(query.to), query.half) {
        (Some(times), _) => times,
        (None, Some(half)) => plan.week_on(date).half(half),
        (None, None) if date == today && matches!(query.care_type, None | Some(CareType::Temporary)) => {
            (opens.max(minute_of_day(ctx.clock.now()).floor_half_hour()), closes)
        }
        (None, None) => (opens, closes),
    };
    (date >= today && opens <= from && to <= closes && from < to).then_some((from, to))
}

/// The offers of a class that could be booked for this time now: begun or short-notice times and dates
/// past the horizon can't, whatever is free.
fn bookable<'a>(
    query: &CentreSearch,
    plan: &'a CentrePlan,
    class: ClassId,
    date: NaiveDate,
    (from, to): (MinuteOfDay, MinuteOfDay),
    now: DateTime<Utc>,
) -> impl Iterator<Item = &'a offers::Model> {
    let asked = query.care_type;
    // What rules most offers out comes first: a search asks it of hundreds of classes.
    let of_class =
        move |offer: &&offers::Model| offer.class_id == class && asked.is_none_or(|care| care == offer.care_type);
    plan.offers.iter().filter(of_class).filter(move |offer| {
        // Temporary care of today runs from the present half-hour.
        let grace = if offer.care_type == CareType::Temporary { MinuteOfDay::SLOT } else { 0 };
        let latest = instant_at(date, MinuteOfDay(from.0 + grace));
        let short = offer.care_type == CareType::Hourly && to.0 - from.0 < offer.min_minutes;
        !short
            && (latest - now).num_minutes() >= i64::from(offer.notice_minutes)
            && (date - local(now).date_naive()).num_days() <= i64::from(offer.horizon_days)
    })
}
