//! The search: candidates from the spatial index, filters in memory, places only when a date is asked
//! for and only of as many centres as fill the page, and an answer assembled from rendered cards.

use std::cmp::Ordering;

use chrono::{DateTime, NaiveDate, Utc};
use entity::{CareType, CentreId, ClassId, LngLat, MinuteOfDay, offers};
use serde::{Deserialize, Serialize};

use super::{
    card::{self, number},
    coords::Coord,
    dto::{CentreSearch, CentreSort, WalkOut},
    index::{Index, Spot},
    plan::CentrePlan,
    rules::{self, Opening},
    text::Wanted,
    voucher_scope::VoucherScope,
};
use crate::{
    error::{Problem, Result, Text},
    http::Cursor,
    platform::{
        clock::{instant_at, local, minute_of_day},
        walking::{Travel, WayMethod},
    },
    state::Ctx,
};

/// The circle of the plan (15分钟托育服务圈).
const CIRCLE_MINUTES: u32 = 15;

struct Candidate<'a> {
    key: i64,
    spot: Spot<'a>,
    walk: Option<WalkOut>,
    free_places: Option<i32>,
}

impl Candidate<'_> {
    fn place(&self) -> After {
        After(self.key, self.spot.id())
    }

    /// Most pairs are told apart by the key alone, without a look at the centre.
    fn order(&self, other: &Self) -> Ordering {
        self.key.cmp(&other.key).then_with(|| self.spot.id().cmp(&other.spot.id()))
    }
}

#[derive(PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct After(i64, CentreId);

/// A point of a query, checked; absent if neither coordinate is given.
pub(super) fn point(lng: Option<f64>, lat: Option<f64>, coord: Coord) -> Result<Option<LngLat>> {
    let out = |field: &'static str, most: i32| {
        Problem::field(
            field,
            "out_of_range",
            Text::new(
                format!("{field} 须在 -{most} 到 {most} 之间。"),
                format!("{field} must be from -{most} to {most}."),
            ),
        )
    };
    let missing = |field: &'static str| {
        Problem::field(field, "missing", Text::new("经度 lng 和纬度 lat 须同时提供。", "lng and lat go together."))
    };
    match (lng, lat) {
        (None, None) => Ok(None),
        (Some(_), None) => Err(missing("lat")),
        (None, Some(_)) => Err(missing("lng")),
        (Some(lng), Some(_)) if !(-180.0..=180.0).contains(&lng) => Err(out("lng", 180)),
        (Some(_), Some(lat)) if !(-90.0..=90.0).contains(&lat) => Err(out("lat", 90)),
        (Some(lng), Some(lat)) => Ok(Some(coord.to_wgs84(LngLat { lng, lat }))),
    }
}

/// The walk over a straight line of `metres`, by estimate.
pub(super) fn walk(ctx: &Ctx, metres: f64) -> WalkOut {
    WalkOut::of(ctx.walking.estimate(Travel::default(), metres), WayMethod::Estimate)
}

/// Runs a search and writes the answer's JSON ([`super::dto::CentreCardsOut`]).
pub async fn search(ctx: &Ctx, query: &CentreSearch) -> Result<Vec<u8>> {
    let origin = point(query.lng, query.lat, query.coord)?;
    check(query, origin)?;
    let vouchers = ctx.catalogue.voucher_scope();
    let centres = ctx.catalogue.now();
    let after = query.cursor.as_ref().map(Cursor::unpack::<After>).transpose()?;
    let most = query.limit.0 as usize;
    let wish = Wish { query, origin, vouchers: &vouchers };
    let mut found = match query.date {
        Some(date) => first_free(ctx, &centres, &wish, date.0, after, most + 1).await?,
        None => candidates(ctx, &centres, &wish, after.as_ref(), most + 1),
    };
    let next = if found.len() > most {
        // Only the page needs to be in order.
        found.select_nth_unstable_by(most, Candidate::order);
        found.truncate(most);
        found.iter().map(Candidate::place).max().map(|last| Cursor::pack(&last))
    } else {
        None
    };
    found.sort_unstable_by(Candidate::order);
    Ok(render(query, &vouchers, &found, next.as_deref()))
}

fn check(query: &CentreSearch, origin: Option<LngLat>) -> Result<()> {
    let bad = |field: &'static str, code: &'static str, zh: &'static str, en: &'static str| {
        Err(Problem::field(field, code, Text::new(zh, en)))
    };
    if query.minutes.is_some_and(|m| !(1..=60).contains(&m)) {
        return bad("minutes", "out_of_range", "步行时间须为 1 到 60 分钟。", "minutes must be from 1 to 60.");
    }
    if query.age_months.is_some_and(|m| !(0..=36).contains(&m)) {
        return bad("age_months", "out_of_range", "月龄须为 0 到 36。", "age_months must be from 0 to 36.");
    }
    if query.sort == Some(CentreSort::Walk) && origin.is_none() {
        return bad("sort", "needs_point", "按距离排序需要提供位置 lng、lat。", "sort=walk needs lng and lat.");
    }
    if query.date.is_none() && (query.from.is_some() || query.to.is_some() || query.half.is_some()) {
        return bad("date", "missing", "按时间查询须同时提供日期 date。", "Times need a date.");
    }
    for (field, time) in [("from", query.from), ("to", query.to)] {
        if time.is_some_and(|time| !time.on_the_half_hour()) {
            return bad(field, "off_half_hour", "时间须为整点或半点。", "Times lie on the half-hour.");
        }
    }
    match (query.from, query.to) {
        (Some(from), Some(to)) if from >= to => {
            bad("to", "not_after_from", "结束时间须晚于开始时间。", "to must be after from.")
        }
        (Some(_), None) => bad("to", "missing", "请提供结束时间 to。", "from needs to."),
        (None, Some(_)) => bad("from", "missing", "请提供开始时间 from。", "to needs from."),
        (Some(_), Some(_)) if query.half.is_some() => {
            bad("half", "conflict", "half 与 from、to 只能二选一。", "Give either half or from and to.")
        }
        _ => Ok(()),
    }
}

/// What a search looks for.
struct Wish<'w> {
    query: &'w CentreSearch,
    origin: Option<LngLat>,
    vouchers: &'w VoucherScope,
}

/// The first centres that fit, without regard to free places, behind the place of `after`: `most` of them
/// or some more, in no order.
fn candidates<'a>(
    ctx: &Ctx,
    centres: &'a Index,
    wish: &Wish<'_>,
    after: Option<&After>,
    most: usize,
) -> Vec<Candidate<'a>> {
    let Wish { query, origin, vouchers } = *wish;
    let rules = ctx.catalogue.rules();
    let day = query.date.map_or_else(|| ctx.clock.today(), |d| d.0);
    let text = query.q.as_ref().map(|q| Wanted::of(q));
    let mut scratch = String::new();
    let sort = query.sort.unwrap_or(if origin.is_some() { CentreSort::Walk } else { CentreSort::Rating });
    let mut fits = |spot: &Spot<'_>| {
        query.kind.is_none_or(|kind| spot.kind() == kind)
            && query.inclusive.is_none_or(|inclusive| spot.inclusive() == inclusive)
            && query.care_type.is_none_or(|care_type| spot.price(Some(care_type)).is_some())
            && query.township.as_ref().is_none_or(|township| *spot.township() == **township)
            && query.voucher.is_none_or(|voucher| vouchers.covers(spot) == voucher)
            && query.age_months.is_none_or(|age| spot.takes(&rules, age, query.care_type, day))
            && text.as_ref().is_none_or(|text| text.in_texts_of(spot, &mut scratch))
    };
    let mut best = Best { most, after, found: Vec::new() };
    let mut look = |spot: Spot<'a>, walk: Option<WalkOut>| {
        if fits(&spot) {
            let key = sort_key(sort, &spot, walk, query.care_type);
            best.add(Candidate { key, spot, walk, free_places: None });
        }
    };
    match origin {
        Some(origin) => {
            let minutes = f64::from(query.minutes.unwrap_or(CIRCLE_MINUTES));
            let reach = ctx.walking.reach(Travel::default(), minutes);
            centres.within(origin, reach).for_each(|(spot, metres)| look(spot, Some(walk(ctx, metres))));
        }
        None => centres.each().for_each(|spot| look(spot, None)),
    }
    best.found
}

/// The first candidates of a long row, without the memory for all: a search without a point looks at
/// every centre there is.
struct Best<'a, 'q> {
    most: usize,
    after: Option<&'q After>,
    found: Vec<Candidate<'a>>,
}

impl<'a> Best<'a, '_> {
    /// So many pages' worth are kept before the best are picked out: picking costs as much as keeping.
    const SPARE: usize = 8;

    fn add(&mut self, candidate: Candidate<'a>) {
        if self.after.is_some_and(|after| candidate.place() <= *after) {
            return;
        }
        if self.found.len() >= Self::SPARE * self.most {
            self.found.select_nth_unstable_by(self.most - 1, Candidate::order);
            self.found.truncate(self.most);
        }
        self.found.push(candidate);
    }
}

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

fn sort_key(sort: CentreSort, spot: &Spot<'_>, walk: Option<WalkOut>, care_type: Option<CareType>) -> i64 {
    match sort {
        CentreSort::Walk => walk.map_or(i64::MAX, |walk| i64::from(walk.distance_m)),
        CentreSort::Price => spot.price(care_type).map_or(i64::MAX, |price| price.per_day()),
        // Satisfied per mille, highest first; too few answers come last.
        CentreSort::Rating if spot.rating().n >= card::ENOUGH_ANSWERS => {
            let rating = spot.rating();
            -(rating.satisfied * 1000 / rating.n)
        }
        CentreSort::Rating => 1,
    }
}

/// The first of the centres that have a place free on `date` through the time asked for: `enough` of
/// them or a few more, for the places of those past the page would be reckoned for nothing.
async fn first_free<'a>(
    ctx: &Ctx,
    centres: &'a Index,
    wish: &Wish<'_>,
    date: NaiveDate,
    mut after: Option<After>,
    enough: usize,
) -> Result<Vec<Candidate<'a>>> {
    let (mut free, mut lot) = (Vec::new(), enough);
    while free.len() < enough {
        let mut next = candidates(ctx, centres, wish, after.as_ref(), lot);
        next.sort_unstable_by(Candidate::order);
        let last = next.len() <= lot;
        next.truncate(lot);
        after = next.last().map(Candidate::place);
        keep_free(ctx, wish.query, date, &mut next).await?;
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
    let mut wishes = Vec::new();
    let plans: Vec<_> = found.iter().map(|candidate| ctx.catalogue.plan(&candidate.spot)).collect();
    for (at, plan) in plans.iter().enumerate() {
        let Some(times) = times(ctx, query, plan, date) else { continue };
        for class in plan.classes.iter().filter(|class| fits(plan, class.id)) {
            let offers = bookable(query, plan, class.id, date, times, now);
            wishes.extend(offers.map(|offer| (at, class, offer.care_type, times)));
        }
    }
    let mut ids: Vec<ClassId> = wishes.iter().map(|(_, class, ..)| class.id).collect();
    ids.dedup();
    let days = ctx.free_places.on(ctx.db.reader(), &ids, date).await?;
    for (at, class, care_type, times) in wishes {
        let free = days.get(&class.id).map(|day| day.free_through(class, &rules, date, care_type, times));
        found[at].free_places = found[at].free_places.max(free);
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

fn render(query: &CentreSearch, vouchers: &VoucherScope, found: &[Candidate<'_>], next: Option<&str>) -> Vec<u8> {
    let mut out = Vec::with_capacity(found.len() * 900 + 64);
    out.extend_from_slice(b"{\"items\":[");
    for (i, candidate) in found.iter().enumerate() {
        if i > 0 {
            out.push(b',');
        }
        item(&mut out, query, vouchers, candidate);
    }
    out.extend_from_slice(b"],\"next_cursor\":");
    match next {
        // A cursor is base64url: nothing in it needs escaping.
        Some(next) => {
            out.push(b'"');
            out.extend_from_slice(next.as_bytes());
            out.push(b'"');
        }
        None => out.extend_from_slice(b"null"),
    }
    out.push(b'}');
    out
}

/// Appends one [`super::dto::CentreCardOut`].
fn item(out: &mut Vec<u8>, query: &CentreSearch, vouchers: &VoucherScope, candidate: &Candidate<'_>) {
    card::write(out, &candidate.spot, query.coord, query.care_type);
    match candidate.walk {
        Some(walk) => {
            out.extend_from_slice(b",\"walk\":{\"minutes\":");
            number(out, walk.minutes);
            out.extend_from_slice(b",\"distance_m\":");
            number(out, walk.distance_m);
            out.extend_from_slice(b",\"method\":\"estimate\"}");
        }
        None => out.extend_from_slice(b",\"walk\":null"),
    }
    out.extend_from_slice(if vouchers.covers(&candidate.spot) { b",\"voucher\":true" } else { b",\"voucher\":false" });
    if let Some(free) = candidate.free_places {
        out.extend_from_slice(b",\"free_places\":");
        number(out, free);
    }
    out.push(b'}');
}
