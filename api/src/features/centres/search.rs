//! The search: candidates from the spatial index, filters in memory, places only when a date is asked
//! for and only of as many centres as fill the page, and an answer assembled from rendered cards.
//!
//! With a routing engine the exact ways come between: asked for the candidates that are left by the
//! filters, before the places, which cost most.

use std::cmp::Ordering;

use chrono::{DateTime, NaiveDate, Utc};
use entity::{CareType, CentreId, ClassId, LngLat, MinuteOfDay, offers};
use serde::{Deserialize, Serialize};

use super::{
    card::{location_json, price_json},
    catalogue::{CentrePlan, Index, Spot},
    coords::Coord,
    dto::{CentreSearch, CentreSort, WalkOut},
    nearest,
    rules::{self, Opening},
    start::{CIRCLE_MINUTES, MOST_ASKED, Start, travel},
    voucher_scope::VoucherScope,
};
use crate::{
    error::{Problem, Result, Text},
    http::Cursor,
    platform::{
        clock::{instant_at, local, minute_of_day},
        walking::WayMethod,
    },
    state::Ctx,
};

pub(super) struct Candidate<'a> {
    key: i64,
    pub(super) spot: &'a Spot,
    pub(super) plan: &'a CentrePlan,
    /// As the crow flies; zero without a point.
    pub(super) metres: f64,
    pub(super) walk: Option<WalkOut>,
    free_places: Option<i32>,
}

impl Candidate<'_> {
    fn place(&self) -> After {
        After(self.key, self.spot.id)
    }

    /// Most pairs are told apart by the key alone, without a look at the centre.
    pub(super) fn order(&self, other: &Self) -> Ordering {
        self.key.cmp(&other.key).then_with(|| self.spot.id.cmp(&other.spot.id))
    }
}

#[derive(PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct After(i64, CentreId);

/// Runs a search and writes the answer's JSON ([`super::dto::CentreCardsOut`]).
pub async fn search(ctx: &Ctx, query: &CentreSearch, english: impl FnOnce() -> bool) -> Result<Vec<u8>> {
    let travel = travel(query.mode, query.pushchair)?;
    let start = Start::of_query(ctx, (query.lng, query.lat, query.coord), travel)?;
    check(query, start.as_ref())?;
    let vouchers = ctx.catalogue.voucher_scope();
    let centres = ctx.catalogue.now();
    let asked = Asked { ctx, query, vouchers: &vouchers, sort: sort(query, start.as_ref()) };
    let minutes = query.minutes.unwrap_or(CIRCLE_MINUTES);
    let mut found = match &start {
        Some(start) => {
            let mut found = asked.within(&centres, start, ctx.walking.reach(travel, f64::from(minutes)));
            if ctx.walking.has_network() {
                asked.walk_exactly(start, minutes, &mut found).await;
            }
            found
        }
        None => asked.all(&centres),
    };
    if let Some(cursor) = &query.cursor {
        let after: After = cursor.unpack()?;
        found.retain(|candidate| candidate.place() > after);
    }
    let most = query.limit.0 as usize;
    found = asked.free(found, most + 1).await?;
    let next = if found.len() > most {
        // Only the page needs to be in order.
        found.select_nth_unstable_by(most, Candidate::order);
        found.truncate(most);
        found.iter().map(Candidate::place).max().map(|last| Cursor::pack(&last))
    } else {
        None
    };
    found.sort_unstable_by(Candidate::order);
    let mut out = Vec::with_capacity(found.len() * 900 + 64);
    out.extend_from_slice(b"{\"items\":");
    items(&mut out, query, &vouchers, &found);
    out.extend_from_slice(b",\"next_cursor\":");
    match next {
        // A cursor is base64url: nothing in it needs escaping.
        Some(next) => {
            out.push(b'"');
            out.extend_from_slice(next.as_bytes());
            out.push(b'"');
        }
        None => out.extend_from_slice(b"null"),
    }
    if let Some(start) = start.filter(|_| found.is_empty() && query.cursor.is_none()) {
        let asked = Asked { sort: CentreSort::Walk, ..asked };
        let nearest = nearest::nearest(&asked, &centres, &start, minutes).await?;
        out.extend_from_slice(b",\"nearest\":");
        items(&mut out, query, &vouchers, &nearest);
        let text = nearest::message(query, travel, minutes, &nearest);
        let text = if english() { &text.en } else { &text.zh };
        out.extend_from_slice(b",\"message\":");
        // Writing text to memory can't fail.
        let _ = serde_json::to_writer(&mut out, text);
    }
    out.push(b'}');
    Ok(out)
}

fn sort(query: &CentreSearch, start: Option<&Start>) -> CentreSort {
    query.sort.unwrap_or(if start.is_some() { CentreSort::Walk } else { CentreSort::Rating })
}

fn check(query: &CentreSearch, start: Option<&Start>) -> Result<()> {
    let bad = |field: &'static str, code: &'static str, zh: &'static str, en: &'static str| {
        Err(Problem::field(field, code, Text::new(zh, en)))
    };
    if query.minutes.is_some_and(|m| !(1..=60).contains(&m)) {
        return bad("minutes", "out_of_range", "路上时间须为 1 到 60 分钟。", "minutes must be from 1 to 60.");
    }
    if query.age_months.is_some_and(|m| !(0..=36).contains(&m)) {
        return bad("age_months", "out_of_range", "月龄须为 0 到 36。", "age_months must be from 0 to 36.");
    }
    if query.sort == Some(CentreSort::Walk) && start.is_none() {
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

/// A search while it runs.
pub(super) struct Asked<'q> {
    pub(super) ctx: &'q Ctx,
    pub(super) query: &'q CentreSearch,
    pub(super) vouchers: &'q VoucherScope,
    pub(super) sort: CentreSort,
}

impl Asked<'_> {
    /// The centres that pass the filters that cost nothing and lie within `reach` metres as the crow
    /// flies, with their ways by estimate.
    pub(super) fn within<'a>(&self, centres: &'a Index, start: &Start, reach: f64) -> Vec<Candidate<'a>> {
        let fits = self.filter();
        let way = |metres: f64| self.ctx.walking.estimate(start.travel, metres);
        let near = centres.within(start.from, reach).filter(|(spot, plan, _)| fits(spot, plan));
        near.map(|(spot, plan, metres)| {
            let walk = Some(WalkOut::of(way(metres), WayMethod::Estimate));
            self.candidate(spot, plan, metres, walk)
        })
        .collect()
    }

    fn all<'a>(&self, centres: &'a Index) -> Vec<Candidate<'a>> {
        let fits = self.filter();
        let all = centres.each().filter(|(spot, plan)| fits(spot, plan));
        all.map(|(spot, plan)| self.candidate(spot, plan, 0.0, None)).collect()
    }

    fn candidate<'a>(&self, spot: &'a Spot, plan: &'a CentrePlan, metres: f64, walk: Option<WalkOut>) -> Candidate<'a> {
        let key = sort_key(self.sort, plan, walk, self.query.care_type);
        Candidate { key, spot, plan, metres, walk, free_places: None }
    }

    fn filter(&self) -> impl Fn(&Spot, &CentrePlan) -> bool {
        let (query, vouchers) = (self.query, self.vouchers);
        let rules = self.ctx.catalogue.rules();
        let day = query.date.map_or_else(|| self.ctx.clock.today(), |d| d.0);
        let text = query.q.as_ref().map(|q| q.to_lowercase());
        move |spot, plan| {
            query.kind.is_none_or(|kind| plan.row.kind == kind)
                && query.inclusive.is_none_or(|inclusive| plan.card.inclusive == inclusive)
                && query.care_type.is_none_or(|care_type| plan.card.care_types.contains(&care_type))
                && query.township.as_ref().is_none_or(|township| plan.row.township == **township)
                && query.voucher.is_none_or(|voucher| vouchers.covers(spot) == voucher)
                && query
                    .age_months
                    .is_none_or(|age| plan.classes.iter().any(|c| takes(plan, &rules, c.id, age, query.care_type, day)))
                && text.as_ref().is_none_or(|text| plan.card.haystack.contains(text))
        }
    }

    /// Puts the ways on the street network in place of the estimates, of the nearest [`MOST_ASKED`] as
    /// the crow flies, and keeps those that are reached within `minutes`.
    pub(super) async fn walk_exactly(&self, start: &Start, minutes: u32, found: &mut Vec<Candidate<'_>>) {
        if found.len() > MOST_ASKED {
            let nearer = |a: &Candidate<'_>, b: &Candidate<'_>| {
                a.metres.total_cmp(&b.metres).then_with(|| a.spot.id.cmp(&b.spot.id))
            };
            found.select_nth_unstable_by(MOST_ASKED, nearer);
            found.truncate(MOST_ASKED);
        }
        let to: Vec<(CentreId, LngLat)> = found.iter().map(|c| (c.spot.id, c.plan.row.location())).collect();
        let found_ways = start.ways(self.ctx, &to).await;
        let mut ways = found_ways.ways.into_iter();
        found.retain_mut(|candidate| {
            let walk = ways.next().flatten().map(|way| WalkOut::of(way, found_ways.method));
            candidate.walk = walk.filter(|walk| walk.minutes <= minutes);
            candidate.key = sort_key(self.sort, candidate.plan, candidate.walk, self.query.care_type);
            candidate.walk.is_some()
        });
    }

    /// The first that have a place free on the date asked for, if there is one; see [`first_free`].
    pub(super) async fn free<'a>(&self, found: Vec<Candidate<'a>>, enough: usize) -> Result<Vec<Candidate<'a>>> {
        match self.query.date {
            Some(date) => first_free(self.ctx, self.query, date.0, found, enough).await,
            None => Ok(found),
        }
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

fn sort_key(sort: CentreSort, plan: &CentrePlan, walk: Option<WalkOut>, care_type: Option<CareType>) -> i64 {
    match sort {
        CentreSort::Walk => {
            // The order that people see; the shorter way first where the minutes are equal.
            walk.map_or(i64::MAX, |walk| (i64::from(walk.minutes) << 32) | i64::from(walk.distance_m))
        }
        CentreSort::Price => plan.card.price(care_type).map_or(i64::MAX, |price| price.per_day()),
        // Satisfied per mille, highest first; too few answers come last.
        CentreSort::Rating if plan.rating.n >= super::card::ENOUGH_ANSWERS => {
            -(plan.rating.satisfied * 1000 / plan.rating.n)
        }
        CentreSort::Rating => 1,
    }
}

/// The first of the centres that have a place free on `date` through the time asked for: `enough` of
/// them or a few more, for the places of those past the page would be reckoned for nothing.
async fn first_free<'a>(
    ctx: &Ctx,
    query: &CentreSearch,
    date: NaiveDate,
    mut found: Vec<Candidate<'a>>,
    enough: usize,
) -> Result<Vec<Candidate<'a>>> {
    found.sort_unstable_by(Candidate::order);
    let (mut free, mut rest, mut lot) = (Vec::new(), found.into_iter(), enough);
    while free.len() < enough && rest.len() > 0 {
        let mut next: Vec<_> = rest.by_ref().take(lot).collect();
        keep_free(ctx, query, date, &mut next).await?;
        free.append(&mut next);
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
    for (at, candidate) in found.iter().enumerate() {
        let plan = candidate.plan;
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

/// Appends a list of [`super::dto::CentreCardOut`].
fn items(out: &mut Vec<u8>, query: &CentreSearch, vouchers: &VoucherScope, found: &[Candidate<'_>]) {
    out.push(b'[');
    for (i, candidate) in found.iter().enumerate() {
        if i > 0 {
            out.push(b',');
        }
        item(out, query, vouchers, candidate);
    }
    out.push(b']');
}

/// Appends a name and its number: in half the time that `write!` takes.
fn number(out: &mut Vec<u8>, name: &str, n: impl Serialize) {
    out.extend_from_slice(name.as_bytes());
    // Writing a number to memory can't fail.
    let _ = serde_json::to_writer(out, &n);
}

/// Appends one [`super::dto::CentreCardOut`].
fn item(out: &mut Vec<u8>, query: &CentreSearch, vouchers: &VoucherScope, candidate: &Candidate<'_>) {
    if query.coord == Coord::Gcj02 && query.care_type.is_none() {
        out.extend_from_slice(candidate.spot.usual.as_bytes());
    } else {
        let plan = candidate.plan;
        out.extend_from_slice(plan.card.json.as_bytes());
        out.extend_from_slice(location_json(query.coord, plan.row.location()).as_bytes());
        out.extend_from_slice(price_json(plan.card.price(query.care_type)).as_bytes());
    }
    match candidate.walk {
        Some(walk) => {
            number(out, ",\"walk\":{\"minutes\":", walk.minutes);
            number(out, ",\"distance_m\":", walk.distance_m);
            out.extend_from_slice(match walk.method {
                WayMethod::Estimate => b",\"method\":\"estimate\"}",
                WayMethod::Network => b",\"method\":\"network\"}" as &[u8],
            });
        }
        None => out.extend_from_slice(b",\"walk\":null"),
    }
    out.extend_from_slice(if vouchers.covers(candidate.spot) { b",\"voucher\":true" } else { b",\"voucher\":false" });
    if let Some(free) = candidate.free_places {
        number(out, ",\"free_places\":", free);
    }
    out.push(b'}');
}
