//! All centres in memory, with a spatial index: a search costs microseconds and no round trip.
//!
//! A change raises the centre's version in its own transaction; the replica that made it reloads
//! the centre after the commit, the others find it by polling. What a booking must be sure of
//! (places, carers, held places) is read again under lock; the catalogue only serves what may be
//! half a second old.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use arc_swap::ArcSwap;
use chrono::{Datelike as _, Days, Months, NaiveDate, TimeDelta};
use entity::{
    CareType, CentreId, CentreKind, ClassId, Filed, LngLat, calendar_days, centre_days, centre_hours, centre_weeks,
    centres, class_rules, classes, fee_reductions, offers,
};
use rstar::{AABB, RTree, primitives::GeomWithData};
use sea_orm::{ConnectionTrait, DbErr};

use super::{
    card::Card,
    geo,
    rules::{self, Opening, WeekPlan},
    store,
    voucher_scope::VoucherScope,
};
use crate::platform::clock::Clock;

/// Ratings of care in this many months make the figure on a centre's card (assumption).
const RATED_MONTHS: u32 = 12;
/// More changed centres than this (an import) are not loaded by id: all are loaded anew.
const MOST_AT_ONCE: usize = 1_000;
/// Changes are looked for this far back, so that a slow transaction or a clock a little behind is
/// not missed; known versions are skipped.
const LOOK_BACK: TimeDelta = TimeDelta::seconds(15);

/// Ratings behind a centre's card.
#[derive(Clone, Copy, Debug, Default)]
pub struct RatingSummary {
    /// Answers.
    pub n: i64,
    /// Answers of 4 or 5.
    pub satisfied: i64,
    /// Sum of levels.
    pub total: i64,
}

/// Everything about one centre that is read often.
#[derive(Clone, Debug)]
pub struct CentrePlan {
    /// The stored row.
    pub row: centres::Model,
    /// Weekly hours and half-day windows, the earliest first; the first applies from the beginning.
    pub weeks: Vec<WeekPlan>,
    /// Its own special days, from the first of this month on: prices by the month count its opening days.
    pub days: BTreeMap<NaiveDate, centre_days::Model>,
    /// Active classes.
    pub classes: Vec<classes::Model>,
    /// Active offers.
    pub offers: Vec<offers::Model>,
    /// Reductions of fees.
    pub reductions: Vec<fee_reductions::Model>,
    /// Ratings of the last twelve months.
    pub rating: RatingSummary,
    pub(super) card: Card,
}

impl CentrePlan {
    /// One centre as this connection, or this transaction, sees it.
    pub async fn load(db: &impl ConnectionTrait, id: CentreId, today: NaiveDate) -> Result<Option<Self>, DbErr> {
        Ok(load_plans(db, Some(&[id]), today).await?.pop())
    }

    /// The week that applies on a date.
    #[must_use]
    pub fn week_on(&self, date: NaiveDate) -> &WeekPlan {
        let later = self.weeks.iter().skip(1).rev().find(|plan| plan.valid_from <= date);
        later.unwrap_or(&self.weeks[0])
    }

    /// The offer of a class for a form of care.
    #[must_use]
    pub fn offer(&self, class: ClassId, care_type: CareType) -> Option<&offers::Model> {
        self.offers.iter().find(|o| o.class_id == class && o.care_type == care_type)
    }

    /// One of its classes.
    #[must_use]
    pub fn class(&self, id: ClassId) -> Option<&classes::Model> {
        self.classes.iter().find(|c| c.id == id)
    }
}

type Point = GeomWithData<[f64; 2], u32>;

/// What a search without filters reads of a centre. Neighbours on the map lie beside each other in
/// memory, here and in their texts: reading far-flung memory would cost more than the search.
#[derive(Clone)]
pub(super) struct Spot {
    pub(super) id: CentreId,
    pub(super) kind: CentreKind,
    /// Filed, inclusive and not suspended, as every redemption requires.
    pub(super) fit_for_vouchers: bool,
    /// The result as most phones ask for it; see [`Card::usual`].
    pub(super) usual: Arc<str>,
}

impl Spot {
    fn of(plan: &CentrePlan) -> Self {
        Self {
            id: plan.row.id,
            kind: plan.row.kind,
            fit_for_vouchers: plan.card.inclusive
                && plan.row.filed == Filed::Filed
                && plan.row.vouchers_suspended_at.is_none(),
            usual: plan.card.usual(plan.row.location()).into(),
        }
    }
}

/// Breadth of the strips along which centres are laid out in memory, about a kilometre.
const STRIP_DEGREES: f64 = 0.01;

/// All centres as they were at one moment. A change of one makes a new index that shares everything
/// else, so that a search follows one pointer and counts no references.
#[derive(Clone)]
pub struct Index {
    tree: Arc<RTree<Point>>,
    spots: Vec<Spot>,
    plans: Vec<Arc<CentrePlan>>,
    by_id: Arc<HashMap<CentreId, u32>>,
    loaded_on: NaiveDate,
}

/// See the module.
pub struct Catalogue {
    index: ArcSwap<Index>,
    townships: ArcSwap<Vec<String>>,
    rules: ArcSwap<Vec<class_rules::Model>>,
    calendar: ArcSwap<BTreeMap<NaiveDate, calendar_days::Model>>,
    vouchers: ArcSwap<VoucherScope>,
    /// Instant (ms) of the last look for changes.
    looked_at: AtomicI64,
    /// Held from the reading of rows to the storing of plans: two loads that cross would leave the
    /// older rows in place.
    loading: tokio::sync::Mutex<()>,
}

impl Catalogue {
    /// Loads everything.
    pub async fn load(db: &impl ConnectionTrait, clock: &Clock) -> Result<Self, DbErr> {
        let now = clock.now();
        let today = clock.today();
        let catalogue = Self {
            index: ArcSwap::from_pointee(Index::of(Vec::new(), today)),
            townships: ArcSwap::default(),
            rules: ArcSwap::default(),
            calendar: ArcSwap::default(),
            vouchers: ArcSwap::default(),
            looked_at: AtomicI64::new(now.timestamp_millis()),
            loading: tokio::sync::Mutex::default(),
        };
        catalogue.reload(db, clock).await?;
        Ok(catalogue)
    }

    /// Loads everything anew.
    pub async fn reload(&self, db: &impl ConnectionTrait, clock: &Clock) -> Result<(), DbErr> {
        let _loading = self.loading.lock().await;
        self.load_all(db, clock).await
    }

    async fn load_all(&self, db: &impl ConnectionTrait, clock: &Clock) -> Result<(), DbErr> {
        let (now, today) = (clock.now(), clock.today());
        let plans = load_plans(db, None, today).await?;
        self.townships.store(Arc::new(store::townships(db).await?));
        self.rules.store(Arc::new(store::class_rules(db).await?));
        self.load_calendar(db, today).await?;
        self.index.store(Arc::new(Index::of(plans, today)));
        self.refresh_vouchers(db, clock).await?;
        self.looked_at.store(now.timestamp_millis(), Ordering::Relaxed);
        Ok(())
    }

    async fn load_calendar(&self, db: &impl ConnectionTrait, today: NaiveDate) -> Result<(), DbErr> {
        let calendar = store::calendar(db, first_of_month(today)).await?;
        self.calendar.store(Arc::new(calendar.into_iter().map(|day| (day.date, day)).collect()));
        Ok(())
    }

    /// Loads what changed since the last look; everything when the day has turned.
    pub async fn refresh(&self, db: &impl ConnectionTrait, clock: &Clock) -> Result<(), DbErr> {
        let _loading = self.loading.lock().await;
        let now = clock.now();
        let index = self.index.load_full();
        if index.loaded_on != clock.today() {
            return self.load_all(db, clock).await;
        }
        let looked_at = chrono::DateTime::from_timestamp_millis(self.looked_at.load(Ordering::Relaxed)).unwrap_or(now);
        let changed = store::changed_since(db, looked_at.min(now) - LOOK_BACK).await?;
        let news: Vec<CentreId> = changed
            .into_iter()
            .filter(|(id, version)| index.get(*id).is_none_or(|plan| plan.row.version != *version))
            .map(|(id, _)| id)
            .collect();
        if !news.is_empty() {
            self.load_some(db, clock, &news).await?;
        }
        self.refresh_vouchers(db, clock).await?;
        self.looked_at.store(now.timestamp_millis(), Ordering::Relaxed);
        Ok(())
    }

    async fn refresh_vouchers(&self, db: &impl ConnectionTrait, clock: &Clock) -> Result<(), DbErr> {
        self.vouchers.store(Arc::new(VoucherScope::load(db, clock).await?));
        Ok(())
    }

    /// Where vouchers of running campaigns can be used.
    #[must_use]
    pub fn voucher_scope(&self) -> Arc<VoucherScope> {
        self.vouchers.load_full()
    }

    /// Loads some centres anew; after a commit that changed them.
    pub async fn reload_centres(
        &self,
        db: &impl ConnectionTrait,
        clock: &Clock,
        ids: &[CentreId],
    ) -> Result<(), DbErr> {
        let _loading = self.loading.lock().await;
        self.load_some(db, clock, ids).await
    }

    async fn load_some(&self, db: &impl ConnectionTrait, clock: &Clock, ids: &[CentreId]) -> Result<(), DbErr> {
        if ids.len() > MOST_AT_ONCE {
            return self.load_all(db, clock).await;
        }
        // A change of the bureau's calendar raises the version of every centre.
        self.load_calendar(db, clock.today()).await?;
        let plans = load_plans(db, Some(ids), clock.today()).await?;
        let index = self.index.load_full();
        let stays =
            |plan: &CentrePlan| index.get(plan.row.id).is_some_and(|old| old.row.location() == plan.row.location());
        if plans.len() == ids.len() && plans.iter().all(stays) {
            let mut changed = Index::clone(&index);
            for plan in plans {
                if let Some(slot) = index.by_id.get(&plan.row.id) {
                    changed.spots[*slot as usize] = Spot::of(&plan);
                    changed.plans[*slot as usize] = Arc::new(plan);
                }
            }
            self.index.store(Arc::new(changed));
            return Ok(());
        }
        // A centre came, went or moved: rare, so the index is made anew.
        self.load_all(db, clock).await
    }

    /// Whether a centre takes vouchers now.
    #[must_use]
    pub fn takes_vouchers(&self, id: CentreId) -> bool {
        let index = self.index.load();
        index.by_id.get(&id).is_some_and(|slot| self.vouchers.load().covers(&index.spots[*slot as usize]))
    }

    /// One centre.
    #[must_use]
    pub fn centre(&self, id: CentreId) -> Option<Arc<CentrePlan>> {
        self.index.load().get(id).cloned()
    }

    /// The centres as they are now.
    #[must_use]
    pub fn now(&self) -> Arc<Index> {
        self.index.load_full()
    }

    /// The townships' names in order.
    #[must_use]
    pub fn townships(&self) -> Arc<Vec<String>> {
        self.townships.load_full()
    }

    /// Ages, sizes and ratios per band.
    #[must_use]
    pub fn rules(&self) -> Arc<Vec<class_rules::Model>> {
        self.rules.load_full()
    }

    /// When a centre is open on a date.
    #[must_use]
    pub fn opening(&self, plan: &CentrePlan, date: NaiveDate) -> Opening {
        rules::opening(&plan.week_on(date).week, &plan.days, &self.calendar.load(), date)
    }
}

impl Index {
    fn of(mut plans: Vec<CentrePlan>, loaded_on: NaiveDate) -> Self {
        let strip = |plan: &CentrePlan| (plan.row.lat / STRIP_DEGREES).floor();
        plans.sort_by(|a, b| strip(a).total_cmp(&strip(b)).then(a.row.lng.total_cmp(&b.row.lng)));
        let number = |i: usize| u32::try_from(i).unwrap_or(u32::MAX);
        let points = plans.iter().enumerate().map(|(i, p)| Point::new([p.row.lng, p.row.lat], number(i))).collect();
        let by_id = plans.iter().enumerate().map(|(i, p)| (p.row.id, number(i))).collect();
        Self {
            tree: Arc::new(RTree::bulk_load(points)),
            by_id: Arc::new(by_id),
            spots: plans.iter().map(Spot::of).collect(),
            plans: plans.into_iter().map(Arc::new).collect(),
            loaded_on,
        }
    }

    fn get(&self, id: CentreId) -> Option<&Arc<CentrePlan>> {
        self.by_id.get(&id).map(|slot| &self.plans[*slot as usize])
    }

    /// The centres within `radius` metres as the crow flies, and how far each is.
    pub(super) fn within(&self, from: LngLat, radius: f64) -> impl Iterator<Item = (&Spot, &CentrePlan, f64)> {
        let (sw, ne) = geo::box_around(from, radius);
        let near = geo::Near::of(from);
        self.tree.locate_in_envelope(AABB::from_corners(sw, ne)).filter_map(move |point| {
            let [lng, lat] = *point.geom();
            let metres = near.metres(LngLat { lng, lat });
            let slot = point.data as usize;
            (metres <= radius).then(|| (&self.spots[slot], &*self.plans[slot], metres))
        })
    }

    /// Every centre.
    pub(super) fn each(&self) -> impl Iterator<Item = (&Spot, &CentrePlan)> {
        self.spots.iter().zip(self.plans.iter().map(|plan| &**plan))
    }
}

fn first_of_month(day: NaiveDate) -> NaiveDate {
    day - Days::new(u64::from(day.day0()))
}

async fn load_plans(
    db: &impl ConnectionTrait,
    only: Option<&[CentreId]>,
    today: NaiveDate,
) -> Result<Vec<CentrePlan>, DbErr> {
    let rated_since = today.checked_sub_months(Months::new(RATED_MONTHS)).unwrap_or(today);
    let rows = store::load(db, only, first_of_month(today), rated_since).await?;
    let mut hours = group(rows.hours, |h: &centre_hours::Model| h.centre_id);
    let mut later = group(rows.weeks, |w: &centre_weeks::Model| w.centre_id);
    let mut days: HashMap<CentreId, BTreeMap<NaiveDate, centre_days::Model>> = HashMap::new();
    for day in rows.days {
        days.entry(day.centre_id).or_default().insert(day.date, day);
    }
    let mut classes = group(rows.classes, |c: &classes::Model| c.centre_id);
    let mut offers = group(rows.offers, |o: &offers::Model| o.centre_id);
    let mut reductions = group(rows.reductions, |r: &fee_reductions::Model| r.centre_id);
    let mut ratings: HashMap<CentreId, RatingSummary> = rows
        .ratings
        .into_iter()
        .map(|r| (r.centre_id, RatingSummary { n: r.n, satisfied: r.satisfied, total: r.total }))
        .collect();
    Ok(rows
        .centres
        .into_iter()
        .filter(|row| row.active)
        .map(|row| {
            let id = row.id;
            let (classes, offers) = (classes.remove(&id).unwrap_or_default(), offers.remove(&id).unwrap_or_default());
            let rating = ratings.remove(&id).unwrap_or_default();
            let card = Card::of(&row, &classes, &offers, rating, today);
            let weeks =
                rules::weeks(&row, &hours.remove(&id).unwrap_or_default(), &later.remove(&id).unwrap_or_default());
            let (days, reductions) = (days.remove(&id).unwrap_or_default(), reductions.remove(&id).unwrap_or_default());
            CentrePlan { row, weeks, days, classes, offers, reductions, rating, card }
        })
        .collect())
}

fn group<T>(rows: Vec<T>, key: impl Fn(&T) -> CentreId) -> HashMap<CentreId, Vec<T>> {
    let mut map: HashMap<CentreId, Vec<T>> = HashMap::new();
    for row in rows {
        map.entry(key(&row)).or_default().push(row);
    }
    map
}
