//! The search: candidates from the index in memory, filters there, exact ways where there is a routing
//! engine, places only when a date is asked for ([`super::on_date`]), and an answer written straight from
//! the index.

use std::{cmp::Ordering, sync::Arc};

use chrono::NaiveDate;
use entity::{CareType, CentreId, LngLat, class_rules};
use serde::{Deserialize, Serialize};

use super::{
    card::{self, number},
    dto::{CentreSearch, CentreSort, WalkOut},
    index::{Index, Spot},
    nearest, on_date, scan,
    start::{CIRCLE_MINUTES, MOST_ASKED, Start, travel},
    text::Wanted,
    voucher_scope::VoucherScope,
};
use crate::{
    error::{Problem, Result, Text},
    http::Cursor,
    language::Language,
    platform::walking::WayMethod,
    state::Ctx,
};

#[derive(Clone)]
pub(super) struct Candidate<'a> {
    key: i64,
    pub(super) spot: Spot<'a>,
    pub(super) walk: Option<WalkOut>,
    pub(super) free_places: Option<i32>,
}

impl<'a> Candidate<'a> {
    pub(super) fn of(spot: Spot<'a>, walk: Option<WalkOut>, sort: CentreSort, care_type: Option<CareType>) -> Self {
        Self { key: sort_key(sort, &spot, walk, care_type), spot, walk, free_places: None }
    }

    /// One without a way, in the order of a key of the caller's.
    pub(super) const fn keyed(key: i64, spot: Spot<'a>) -> Self {
        Self { key, spot, walk: None, free_places: None }
    }

    /// One without a way, at its place.
    pub(super) fn at(After(key, id): After, centres: &'a Index) -> Option<Self> {
        Some(Self::keyed(key, centres.get(id)?))
    }

    pub(super) fn place(&self) -> After {
        After(self.key, self.spot.id())
    }

    /// Most pairs are told apart by the key alone, without a look at the centre.
    pub(super) fn order(&self, other: &Self) -> Ordering {
        self.key.cmp(&other.key).then_with(|| self.spot.id().cmp(&other.spot.id()))
    }
}

/// Behind which candidate a page begins.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct After(i64, CentreId);

/// Where candidates come from.
pub(super) enum Source<'a, 's> {
    /// Every centre.
    All(&'a Arc<Index>),
    /// Those within so many metres as the crow flies of a start, with their ways by estimate.
    Around(&'a Index, &'s Start, f64),
    /// These, whose ways are known.
    Known(Vec<Candidate<'a>>),
}

/// Runs a search and writes the answer's JSON ([`super::dto::CentreCardsOut`]). What waits for others is boxed,
/// so that a search around a point doesn't carry its room about.
pub async fn search(ctx: &Ctx, query: &CentreSearch) -> Result<Vec<u8>> {
    let travel = travel(query.mode, query.pushchair)?;
    let start = Start::of_query(ctx, (query.lng, query.lat, query.coord), travel)?;
    check(query, start.as_ref())?;
    let vouchers = ctx.catalogue.voucher_scope();
    let centres = ctx.catalogue.now();
    let sort = sort(query, start.as_ref());
    let begun = query.cursor.as_ref().map(|cursor| begun(cursor, sort, start.is_some())).transpose()?;
    let (by, after) = begun.map_or((None, None), |begun| (begun.method, Some(begun.after)));
    let asked = Asked { ctx, query, vouchers: &vouchers, sort, by };
    let minutes = query.minutes.unwrap_or(CIRCLE_MINUTES);
    let mut source = match start.as_ref() {
        Some(start) => Source::Around(&centres, start, ctx.walking.reach(travel, f64::from(minutes))),
        None => Source::All(&centres),
    };
    let (mut judged, mut method) = (None, start.as_ref().map(|_| WayMethod::Estimate));
    if let Some(start) = start.as_ref().filter(|_| ctx.walking.has_network()) {
        let walked = Box::pin(asked.walked(&source, start, minutes)).await?;
        (judged, source) = (walked.method, Source::Known(walked.found));
        method = judged.or(by).or(method);
    }
    if by != method && by.is_some() {
        return Err(stale());
    }
    let most = query.limit.0 as usize;
    let mut found = asked.free(&source, after, most + 1).await?;
    let next = if found.len() > most {
        // Only the page needs to be in order.
        found.select_nth_unstable_by(most, Candidate::order);
        found.truncate(most);
        found.iter().map(Candidate::place).max().map(|last| Cursor::pack(&Begun { sort, method, after: last }))
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
        let nearest = Box::pin(nearest::nearest(&asked, &centres, &start, minutes, judged)).await?;
        out.extend_from_slice(b",\"nearest\":");
        nearest::write(&mut out, query, &vouchers, &nearest);
        let text = nearest::message(query, travel, minutes, &nearest);
        let text = text.in_language(Language::of_reader());
        out.extend_from_slice(b",\"message\":");
        // Writing text to memory can't fail.
        let _ = serde_json::to_writer(&mut out, &text);
    }
    out.push(b'}');
    Ok(card::written(out, Language::of_reader()))
}

/// What a cursor remembers of the page before.
#[derive(Serialize, Deserialize)]
struct Begun {
    sort: CentreSort,
    /// How the ways of that page were found, if it had any: by the other method other centres are inside,
    /// in another order, and going on would miss some in silence.
    method: Option<WayMethod>,
    after: After,
}

/// What a cursor remembers: one of another order, or of a search with or without a point where this is the
/// other, says nothing here.
fn begun(cursor: &Cursor, sort: CentreSort, has_start: bool) -> Result<Begun> {
    let begun: Begun = cursor.unpack()?;
    if begun.sort == sort && begun.method.is_some() == has_start { Ok(begun) } else { Err(Cursor::invalid()) }
}

/// The refusal to go on by estimate after a page by street.
fn stale() -> Problem {
    let zh = "暂时无法获取前一页所用的实际路线，接着查询会有遗漏，请从第一页重新查询。";
    let en =
        "The ways of the page before can't be had now, and going on would miss centres; start from the first page.";
    Problem::field("cursor", "stale", Text::new(zh, en))
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

/// What was found on the street network.
pub(super) struct Walked<'a> {
    /// How the ways were found; none if there was nothing to find any to.
    pub(super) method: Option<WayMethod>,
    pub(super) found: Vec<Candidate<'a>>,
}

/// A search while it runs.
pub(super) struct Asked<'q> {
    pub(super) ctx: &'q Ctx,
    pub(super) query: &'q CentreSearch,
    pub(super) vouchers: &'q Arc<VoucherScope>,
    pub(super) sort: CentreSort,
    /// How the ways of the page before were found, if there was one.
    pub(super) by: Option<WayMethod>,
}

impl Asked<'_> {
    /// The first that pass the filters that cost nothing, behind the place of `after`: `most` of them or
    /// some more, in no order.
    pub(super) async fn first<'a>(
        &self,
        source: &Source<'a, '_>,
        after: Option<After>,
        most: usize,
    ) -> Result<Vec<Candidate<'a>>> {
        let mut best = Best::new(most, after);
        match source {
            Source::Known(found) => found.iter().for_each(|candidate| best.add(candidate.clone())),
            Source::Around(centres, start, reach) => {
                let rules = self.ctx.catalogue.rules();
                let mut fits = filter(self.query, self.vouchers, &rules, || self.day());
                let way = |metres: f64| self.ctx.walking.estimate(start.travel, metres);
                centres.within(start.from, *reach).filter(|(spot, _)| fits(spot)).for_each(|(spot, metres)| {
                    best.add(self.candidate(spot, Some(WalkOut::of(way(metres), WayMethod::Estimate))));
                });
            }
            Source::All(centres) => return Box::pin(scan::first(self, centres, after, most)).await,
        }
        Ok(best.found)
    }

    pub(super) fn candidate<'a>(&self, spot: Spot<'a>, walk: Option<WalkOut>) -> Candidate<'a> {
        Candidate::of(spot, walk, self.sort, self.query.care_type)
    }

    /// The day on which the filters look at a centre.
    pub(super) fn day(&self) -> NaiveDate {
        self.query.date.map_or_else(|| self.ctx.clock.today(), |d| d.0)
    }

    /// Those of the nearest [`MOST_ASKED`] as the crow flies that are reached within `minutes` on the street
    /// network, with their ways there.
    pub(super) async fn walked<'a>(&self, source: &Source<'a, '_>, start: &Start, minutes: u32) -> Result<Walked<'a>> {
        // By estimate the order of the ways is that of the straight lines.
        let mut found = Asked { sort: CentreSort::Walk, ..*self }.first(source, None, MOST_ASKED).await?;
        if found.len() > MOST_ASKED {
            found.select_nth_unstable_by(MOST_ASKED, Candidate::order);
            found.truncate(MOST_ASKED);
        }
        let to: Vec<(CentreId, LngLat)> = found.iter().map(|c| (c.spot.id(), c.spot.location())).collect();
        let found_ways = match self.by {
            // As the page before was.
            Some(WayMethod::Estimate) => start.estimates(self.ctx, &to),
            _ => start.ways(self.ctx, &to).await,
        };
        let walks = found_ways.ways.into_iter().map(|way| way.map(|way| WalkOut::of(way, found_ways.method)));
        let walked = found.into_iter().zip(walks).filter_map(|(candidate, walk)| {
            let walk = walk.filter(|walk| walk.minutes <= minutes)?;
            Some(Candidate { free_places: candidate.free_places, ..self.candidate(candidate.spot, Some(walk)) })
        });
        Ok(Walked { found: walked.collect(), method: (!to.is_empty()).then_some(found_ways.method) })
    }

    /// The first that have a place free on the date asked for, if there is one; see
    /// [`on_date::first_free`].
    pub(super) async fn free<'a>(
        &self,
        source: &Source<'a, '_>,
        after: Option<After>,
        enough: usize,
    ) -> Result<Vec<Candidate<'a>>> {
        match self.query.date {
            Some(date) => Box::pin(on_date::first_free(self, source, date.0, after, enough)).await,
            None => self.first(source, after, enough).await,
        }
    }
}

/// The filters that cost nothing.
pub(super) fn filter(
    query: &CentreSearch,
    vouchers: &VoucherScope,
    rules: &[class_rules::Model],
    day: impl FnOnce() -> NaiveDate,
) -> impl FnMut(&Spot<'_>) -> bool {
    let text = query.q.as_ref().map(|q| Wanted::of(q));
    let age = query.age_months.map(|age| (age, day()));
    let mut scratch = String::new();
    move |spot| {
        query.kind.is_none_or(|kind| spot.kind() == kind)
            && query.inclusive.is_none_or(|inclusive| spot.inclusive() == inclusive)
            && query.care_type.is_none_or(|care_type| spot.price(Some(care_type)).is_some())
            && query.township.as_ref().is_none_or(|township| *spot.township() == **township)
            && query.voucher.is_none_or(|voucher| vouchers.covers(spot) == voucher)
            && age.is_none_or(|(age, day)| spot.takes(rules, age, query.care_type, day))
            && text.as_ref().is_none_or(|text| text.in_texts_of(spot, &mut scratch))
    }
}

/// The first candidates of a long row, without the memory for all: a search without a point looks at
/// every centre there is.
pub(super) struct Best<'a> {
    most: usize,
    after: Option<After>,
    pub(super) found: Vec<Candidate<'a>>,
}

impl<'a> Best<'a> {
    /// So many pages' worth are kept before the best are picked out: picking costs as much as keeping.
    const SPARE: usize = 8;
    /// Room for a page at once.
    const USUAL: usize = 32;

    pub(super) fn new(most: usize, after: Option<After>) -> Self {
        Self { most, after, found: Vec::with_capacity(most.min(Self::USUAL)) }
    }

    pub(super) fn add(&mut self, candidate: Candidate<'a>) {
        if self.after.is_some_and(|after| candidate.place() <= after) {
            return;
        }
        if self.found.len() >= Self::SPARE * self.most {
            self.found.select_nth_unstable_by(self.most - 1, Candidate::order);
            self.found.truncate(self.most);
        }
        self.found.push(candidate);
    }
}

fn sort_key(sort: CentreSort, spot: &Spot<'_>, walk: Option<WalkOut>, care_type: Option<CareType>) -> i64 {
    match sort {
        CentreSort::Walk => {
            // The order that people see; the shorter way first where the minutes are equal.
            walk.map_or(i64::MAX, |walk| (i64::from(walk.minutes) << 32) | i64::from(walk.distance_m))
        }
        CentreSort::Price => spot.price(care_type).map_or(i64::MAX, |price| price.per_day()),
        // Satisfied per mille, highest first; too few answers come last.
        CentreSort::Rating if spot.rating().n >= card::ENOUGH_ANSWERS => {
            let rating = spot.rating();
            -(rating.satisfied * 1000 / rating.n)
        }
        CentreSort::Rating => 1,
    }
}

/// Appends a list of [`super::dto::CentreCardOut`].
fn items(out: &mut Vec<u8>, query: &CentreSearch, vouchers: &VoucherScope, found: &[Candidate<'_>]) {
    std::hint::black_box(found.iter().map(|candidate| candidate.spot.touch()).sum::<u32>());
    out.push(b'[');
    for (i, candidate) in found.iter().enumerate() {
        if i > 0 {
            out.push(b',');
        }
        item(out, query, vouchers, candidate);
    }
    out.push(b']');
}

/// Appends one [`super::dto::CentreCardOut`].
pub(super) fn item(out: &mut Vec<u8>, query: &CentreSearch, vouchers: &VoucherScope, candidate: &Candidate<'_>) {
    card::write(out, &candidate.spot, query.coord, query.care_type);
    match candidate.walk {
        Some(walk) => {
            out.extend_from_slice(b",\"walk\":{\"minutes\":");
            number(out, walk.minutes);
            out.extend_from_slice(b",\"distance_m\":");
            number(out, walk.distance_m);
            match walk.method {
                WayMethod::Estimate => out.extend_from_slice(b",\"method\":\"estimate\"}"),
                WayMethod::Network => out.extend_from_slice(b",\"method\":\"network\"}"),
            }
        }
        None => out.extend_from_slice(b",\"walk\":null"),
    }
    if vouchers.covers(&candidate.spot) {
        out.extend_from_slice(b",\"voucher\":true");
    } else {
        out.extend_from_slice(b",\"voucher\":false");
    }
    if let Some(free) = candidate.free_places {
        out.extend_from_slice(b",\"free_places\":");
        number(out, free.unsigned_abs());
    }
    out.push(b'}');
}
