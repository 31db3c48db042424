//! All centres as they were at one moment, in pages of neighbours: found by place or by id, a million of
//! them in less than half a gigabyte. A change of one centre makes its page anew and shares all others,
//! so that a search follows one pointer, counts no references and sees one moment throughout.

mod packed;
mod packer;
mod page;
mod tree;

use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
};

use chrono::NaiveDate;
use entity::{CentreId, LngLat};

pub(super) use self::page::Spot;
use self::{
    page::Page,
    tree::{Bounds, Tree, along_the_curve},
};
use super::{geo, plan::CentrePlan};

/// Centres of a page as it is made, and at most.
pub(super) const PAGE: usize = 64;
const FULL_PAGE: usize = 2 * PAGE;
/// Points in a line of the processor's cache.
const POINTS_A_LINE: usize = 4;

/// See the module.
#[derive(Clone)]
pub struct Index {
    pages: Vec<Arc<Page>>,
    tree: Tree,
    ids: Ids,
    /// Pages that were added behind the others, out of the order of the curve.
    appended: usize,
    /// The day by which recognitions, insurances and ratings are reckoned.
    pub(super) today: NaiveDate,
}

impl Index {
    /// Of nothing.
    pub(super) fn empty(today: NaiveDate) -> Self {
        Self::of(Vec::new(), today)
    }

    fn of(mut pages: Vec<Arc<Page>>, today: NaiveDate) -> Self {
        pages.retain(|page| page.len() > 0);
        pages.sort_by_cached_key(|page| {
            let [lng, lat] = page.points()[0];
            along_the_curve(LngLat { lng, lat })
        });
        let tree = Tree::of(pages.iter().map(|page| page.bounds).collect());
        Self { ids: Ids::of(&pages), tree, pages, appended: 0, today }
    }

    /// The same on another day.
    pub(super) fn on(&self, today: NaiveDate) -> Self {
        Self { today, ..self.clone() }
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        self.pages.iter().map(|page| page.len()).sum()
    }

    fn page(&self, id: CentreId) -> Option<(u32, usize)> {
        self.ids.pages(id).find_map(|page| self.pages[page as usize].find(id).map(|at| (page, at)))
    }

    /// One centre.
    pub(super) fn get(&self, id: CentreId) -> Option<Spot<'_>> {
        self.page(id).map(|(page, at)| self.spot(&self.pages[page as usize], at))
    }

    fn spot<'a>(&self, page: &'a Page, at: usize) -> Spot<'a> {
        Spot { page, at: u32::try_from(at).unwrap_or(0), today: self.today }
    }

    /// The centres within `radius` metres as the crow flies, and how far each is.
    pub(super) fn within(&self, from: LngLat, radius: f64) -> impl Iterator<Item = (Spot<'_>, f64)> {
        let (sw, ne) = geo::box_around(from, radius);
        let near = geo::Near::of(from);
        let pages: Vec<&Page> =
            self.tree.touching(&Bounds::new(sw, ne)).into_iter().map(|page| &*self.pages[page]).collect();
        // Every line of all at once, so that their ways from memory overlap.
        let lines = pages.iter().flat_map(|page| page.points().iter().step_by(POINTS_A_LINE));
        std::hint::black_box(lines.map(|[lng, _]| lng).sum::<f64>());
        pages.into_iter().flat_map(move |page| {
            page.points().iter().enumerate().filter_map(move |(at, [lng, lat])| {
                let squared = near.squared(LngLat { lng: *lng, lat: *lat });
                (squared <= radius * radius).then(|| (self.spot(page, at), squared.sqrt()))
            })
        })
    }

    /// Every centre.
    pub(super) fn each(&self) -> impl Iterator<Item = Spot<'_>> {
        self.pages.iter().flat_map(|page| (0..page.len()).map(|at| self.spot(page, at)))
    }

    /// The same with these centres as they are now, and without those of `gone`.
    pub(super) fn with(&self, changed: Vec<CentrePlan>, gone: &[CentreId]) -> Self {
        let mut next = self.clone();
        let leaving: HashSet<CentreId> = changed.iter().map(|plan| plan.row.id).chain(gone.iter().copied()).collect();
        let mut touched: BTreeMap<u32, Vec<CentrePlan>> = BTreeMap::new();
        for id in &leaving {
            if let Some((page, _)) = self.page(*id) {
                touched.entry(page).or_default();
            }
        }
        for plan in changed {
            let home = match self.page(plan.row.id) {
                Some((page, at)) if self.spot(&self.pages[page as usize], at).location() == plan.row.location() => page,
                _ => self.home(plan.row.location()),
            };
            touched.entry(home).or_default().push(plan);
        }
        for (number, mut plans) in touched {
            if let Some(old) = self.pages.get(number as usize) {
                let stay = (0..old.len()).filter(|at| !leaving.contains(&old.id(*at)));
                plans.splice(0..0, stay.map(|at| old.plan(at)));
            }
            next.replace(number, plans);
        }
        if next.appended > PAGE + next.pages.len() / 8 {
            return Self::of(next.pages, next.today);
        }
        let mut bounds = next.tree.pages().to_vec();
        bounds.resize(next.pages.len(), Bounds::NONE);
        for (bounds, page) in bounds.iter_mut().zip(&next.pages) {
            *bounds = page.bounds;
        }
        next.tree = Tree::of(bounds);
        next
    }

    /// The page that a new centre joins: the one that grows least.
    fn home(&self, p: LngLat) -> u32 {
        let growth = |page: &usize| self.tree.pages()[*page].growth(p);
        let best = (0..self.pages.len()).min_by(|a, b| growth(a).total_cmp(&growth(b)));
        best.and_then(|page| u32::try_from(page).ok()).unwrap_or(0)
    }

    /// Makes a page anew; one that has become too full goes on in new pages behind the others.
    fn replace(&mut self, number: u32, mut plans: Vec<CentrePlan>) {
        if let Some(old) = self.pages.get(number as usize) {
            (0..old.len()).for_each(|at| self.ids.remove(old.id(at), number));
        }
        if plans.len() > FULL_PAGE {
            plans.sort_by_cached_key(|plan| along_the_curve(plan.row.location()));
        }
        let pieces = if plans.len() > FULL_PAGE { PAGE } else { FULL_PAGE };
        let mut number = number as usize;
        // An empty page keeps its number.
        for plans in plans.chunks(pieces).chain(plans.is_empty().then_some(&[][..])) {
            let page = Arc::new(Page::of(plans));
            for plan in plans {
                self.ids.add(plan.row.id, u32::try_from(number).unwrap_or(u32::MAX));
            }
            match self.pages.get_mut(number) {
                Some(slot) => *slot = page,
                None => {
                    self.pages.push(page);
                    self.appended += 1;
                }
            }
            number = self.pages.len();
        }
    }
}

/// Puts centres into pages as they come, in the order of [`order`].
pub(super) struct Builder {
    pages: Vec<Arc<Page>>,
    waiting: Vec<CentrePlan>,
}

/// Sorts points along the curve, as [`Builder`] wants its centres.
pub(super) fn order(points: &mut [(CentreId, LngLat)]) {
    points.sort_by_cached_key(|(id, at)| (along_the_curve(*at), *id));
}

impl Builder {
    /// For about so many centres.
    pub(super) fn new(centres: usize) -> Self {
        Self { pages: Vec::with_capacity(centres.div_ceil(PAGE)), waiting: Vec::new() }
    }

    pub(super) fn add(&mut self, plan: CentrePlan) {
        self.waiting.push(plan);
        if self.waiting.len() == PAGE {
            self.page();
        }
    }

    fn page(&mut self) {
        self.pages.push(Arc::new(Page::of(&self.waiting)));
        self.waiting.clear();
    }

    pub(super) fn done(mut self, today: NaiveDate) -> Index {
        if !self.waiting.is_empty() {
            self.page();
        }
        Index::of(self.pages, today)
    }
}

/// In which page each centre is: eight bytes a centre, in buckets that a change copies one of.
#[derive(Clone)]
struct Ids {
    /// By the hash's first bits; inside by the tag, which is the next 32.
    buckets: Vec<Arc<Vec<(u32, u32)>>>,
    shift: u32,
}

/// Centres of a bucket, about.
const BUCKET: usize = 256;

impl Ids {
    fn of(pages: &[Arc<Page>]) -> Self {
        let n: usize = pages.iter().map(|page| page.len()).sum();
        let buckets = (n / BUCKET).next_power_of_two().max(2);
        let shift = 64 - buckets.trailing_zeros();
        let mut ids = vec![Vec::new(); buckets];
        for (page, number) in pages.iter().zip(0..) {
            for at in 0..page.len() {
                let hash = Self::hash(page.id(at));
                ids[Self::bucket(hash, shift)].push((Self::tag(hash), number));
            }
        }
        let buckets = ids.into_iter().map(|mut bucket: Vec<(u32, u32)>| {
            bucket.sort_unstable();
            bucket.shrink_to_fit();
            Arc::new(bucket)
        });
        Self { buckets: buckets.collect(), shift }
    }

    fn hash(id: CentreId) -> u64 {
        // The last 64 bits of an id are random, or count up in tests.
        id.0.as_u64_pair().1.wrapping_mul(0x9E37_79B9_7F4A_7C15)
    }

    fn bucket(hash: u64, shift: u32) -> usize {
        usize::try_from(hash >> shift).unwrap_or(0)
    }

    #[expect(clippy::cast_possible_truncation, reason = "32 of its bits")]
    const fn tag(hash: u64) -> u32 {
        (hash >> 16) as u32
    }

    /// The pages in which a centre may be: one, but for a rare coincidence.
    fn pages(&self, id: CentreId) -> impl Iterator<Item = u32> {
        let (hash, tag) = (Self::hash(id), Self::tag(Self::hash(id)));
        let bucket = &self.buckets[Self::bucket(hash, self.shift)];
        let first = bucket.partition_point(|(other, _)| *other < tag);
        bucket[first..].iter().take_while(move |(other, _)| *other == tag).map(|(_, page)| *page)
    }

    fn change(&mut self, id: CentreId) -> (&mut Vec<(u32, u32)>, u32) {
        let hash = Self::hash(id);
        (Arc::make_mut(&mut self.buckets[Self::bucket(hash, self.shift)]), Self::tag(hash))
    }

    fn add(&mut self, id: CentreId, page: u32) {
        let (bucket, tag) = self.change(id);
        let at = bucket.partition_point(|other| *other < (tag, page));
        bucket.insert(at, (tag, page));
    }

    fn remove(&mut self, id: CentreId, page: u32) {
        let (bucket, tag) = self.change(id);
        if let Ok(at) = bucket.binary_search(&(tag, page)) {
            bucket.remove(at);
        }
    }
}

#[cfg(test)]
mod tests;
