//! All centres in memory, with a spatial index: a search costs microseconds and no round trip.
//!
//! A change raises the centre's version in its own transaction; the replica that made it reloads
//! the centre after the commit, the others find it by polling. What a booking must be sure of
//! (places, carers, held places) is read again under lock; the catalogue only serves what may be
//! half a second old.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use arc_swap::{ArcSwap, Guard};
use chrono::{NaiveDate, TimeDelta};
use entity::{CentreId, calendar_days, class_rules};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use quick_cache::sync::Cache;
use sea_orm::{ConnectionTrait, DbErr};

use super::{
    index::{Builder, Index, PAGE, Spot, order},
    plan::{CentrePlan, first_of_month, load_plans, rated_since},
    rules::{self, Opening},
    scan::Scans,
    store,
    voucher_scope::VoucherScope,
};
use crate::{features::registers::marks::MarkCache, platform::clock::Clock};

/// Centres that are loaded at once: more would be kept as rows for longer.
const AT_ONCE: usize = 16 * PAGE;
/// Lots that are loaded side by side when all are: the database answers one while another is packed.
const LOTS: usize = 2;
/// Centres kept unpacked, at most: about 4 KB each.
const MOST_UNPACKED: usize = 4_096;
/// Changes are looked for this far back, so that a slow transaction or a clock a little behind is
/// not missed; known versions are skipped.
const LOOK_BACK: TimeDelta = TimeDelta::seconds(15);

/// See the module.
pub struct Catalogue {
    index: ArcSwap<Index>,
    /// Centres that were asked for lately, unpacked, with the stamp of what they were unpacked from.
    unpacked: Cache<CentreId, (u64, Arc<CentrePlan>)>,
    townships: ArcSwap<Vec<String>>,
    rules: ArcSwap<Vec<class_rules::Model>>,
    calendar: ArcSwap<BTreeMap<NaiveDate, calendar_days::Model>>,
    vouchers: ArcSwap<VoucherScope>,
    /// Instant (ms) of the last look for changes.
    looked_at: AtomicI64,
    /// Held from the reading of rows to the storing of plans: two loads that cross would leave the
    /// older rows in place.
    loading: tokio::sync::Mutex<()>,
    scans: Scans,
    /// When what pages say of centres was checked.
    marks: MarkCache,
}

impl Catalogue {
    /// Loads everything.
    pub async fn load(db: &impl ConnectionTrait, clock: &Clock) -> Result<Self, DbErr> {
        let now = clock.now();
        let today = clock.today();
        let catalogue = Self {
            index: ArcSwap::from_pointee(Index::empty(today)),
            unpacked: Cache::new(MOST_UNPACKED),
            townships: ArcSwap::default(),
            rules: ArcSwap::default(),
            calendar: ArcSwap::default(),
            vouchers: ArcSwap::default(),
            looked_at: AtomicI64::new(now.timestamp_millis()),
            loading: tokio::sync::Mutex::default(),
            scans: Scans::default(),
            marks: MarkCache::default(),
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
        self.load_common(db, today).await?;
        self.index.store(Arc::new(load_index(db, today).await?));
        self.refresh_vouchers(db, clock).await?;
        self.looked_at.store(now.timestamp_millis(), Ordering::Relaxed);
        Ok(())
    }

    /// What all centres share.
    async fn load_common(&self, db: &impl ConnectionTrait, today: NaiveDate) -> Result<(), DbErr> {
        self.townships.store(Arc::new(store::townships(db).await?));
        self.rules.store(Arc::new(store::class_rules(db).await?));
        self.load_calendar(db, today).await
    }

    async fn load_calendar(&self, db: &impl ConnectionTrait, today: NaiveDate) -> Result<(), DbErr> {
        let calendar = store::calendar(db, first_of_month(today)).await?;
        self.calendar.store(Arc::new(calendar.into_iter().map(|day| (day.date, day)).collect()));
        Ok(())
    }

    /// Loads what changed since the last look, and what a new day changes.
    pub async fn refresh(&self, db: &impl ConnectionTrait, clock: &Clock) -> Result<(), DbErr> {
        let _loading = self.loading.lock().await;
        let now = clock.now();
        let index = self.index.load_full();
        match clock.today() {
            today if today < index.today => return self.load_all(db, clock).await,
            today if today > index.today => self.turn_the_day(db, clock, &index, today).await?,
            _ => {}
        }
        let looked_at = chrono::DateTime::from_timestamp_millis(self.looked_at.load(Ordering::Relaxed)).unwrap_or(now);
        let changed = store::changed_since(db, looked_at.min(now) - LOOK_BACK).await?;
        let news: Vec<CentreId> = changed
            .into_iter()
            .filter(|(id, version)| index.get(*id).is_none_or(|spot| spot.version() != *version))
            .map(|(id, _)| id)
            .collect();
        self.load_some(db, clock, &news).await?;
        self.refresh_vouchers(db, clock).await?;
        self.looked_at.store(now.timestamp_millis(), Ordering::Relaxed);
        Ok(())
    }

    /// A new day: recognitions and insurances are reckoned by it as they are read; only ratings that are
    /// too old now have to be counted again.
    async fn turn_the_day(
        &self,
        db: &impl ConnectionTrait,
        clock: &Clock,
        index: &Index,
        today: NaiveDate,
    ) -> Result<(), DbErr> {
        self.load_common(db, today).await?;
        let rated = store::rated_between(db, rated_since(index.today), rated_since(today)).await?;
        self.index.store(Arc::new(index.on(today)));
        self.load_some(db, clock, &rated).await
    }

    async fn refresh_vouchers(&self, db: &impl ConnectionTrait, clock: &Clock) -> Result<(), DbErr> {
        self.vouchers.store(Arc::new(VoucherScope::load(db, clock).await?));
        Ok(())
    }

    /// Where vouchers of running campaigns can be used.
    #[must_use]
    pub fn voucher_scope(&self) -> Guard<Arc<VoucherScope>> {
        self.vouchers.load()
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
        if ids.is_empty() {
            return Ok(());
        }
        // A change of the bureau's calendar raises the version of every centre.
        self.load_calendar(db, clock.today()).await?;
        for ids in ids.chunks(AT_ONCE) {
            let plans = load_plans(db, ids, clock.today()).await?;
            let found: HashSet<CentreId> = plans.iter().map(|plan| plan.row.id).collect();
            let gone: Vec<CentreId> = ids.iter().filter(|id| !found.contains(id)).copied().collect();
            self.index.store(Arc::new(self.index.load_full().with(plans, &gone)));
        }
        Ok(())
    }

    /// Whether a centre takes vouchers now.
    #[must_use]
    pub fn takes_vouchers(&self, id: CentreId) -> bool {
        let index = self.index.load();
        index.get(id).is_some_and(|spot| self.vouchers.load().covers(&spot))
    }

    /// One centre.
    #[must_use]
    pub fn centre(&self, id: CentreId) -> Option<Arc<CentrePlan>> {
        self.index.load().get(id).map(|spot| self.plan(&spot))
    }

    /// All of a centre that a search found.
    pub(super) fn plan(&self, spot: &Spot<'_>) -> Arc<CentrePlan> {
        let (id, stamp) = (spot.id(), spot.stamp());
        match self.unpacked.get(&id) {
            Some((known, plan)) if known == stamp => plan,
            _ => {
                let plan = Arc::new(spot.unpack());
                self.unpacked.insert(id, (stamp, Arc::clone(&plan)));
                plan
            }
        }
    }

    /// The centres as they are now.
    #[must_use]
    pub fn now(&self) -> Guard<Arc<Index>> {
        // No count of holders, which the workers would contend for.
        self.index.load()
    }

    /// Turns at looking through all of them.
    #[must_use]
    pub fn scans(&self) -> &Scans {
        &self.scans
    }

    /// When what pages say of centres was checked.
    #[must_use]
    pub const fn marks(&self) -> &MarkCache {
        &self.marks
    }

    /// The townships' names in order.
    #[must_use]
    pub fn townships(&self) -> Arc<Vec<String>> {
        self.townships.load_full()
    }

    /// Ages, sizes and ratios per band.
    #[must_use]
    pub fn rules(&self) -> Guard<Arc<Vec<class_rules::Model>>> {
        self.rules.load()
    }

    /// When a centre is open on a date.
    #[must_use]
    pub fn opening(&self, plan: &CentrePlan, date: NaiveDate) -> Opening {
        rules::opening(&plan.week_on(date).week, &plan.days, &self.calendar.load(), date)
    }
}

/// All centres, page by page: where they lie is read first, so that nothing has to be sorted that is
/// larger than a point, and no more than some lots of rows are in memory at once.
async fn load_index(db: &impl ConnectionTrait, today: NaiveDate) -> Result<Index, DbErr> {
    let mut points = Vec::new();
    loop {
        let mut more = store::points(db, points.last().map(|(id, _)| *id)).await?;
        if more.is_empty() {
            break;
        }
        points.append(&mut more);
    }
    order(&mut points);
    let mut builder = Builder::new(points.len());
    let lots = points.chunks(AT_ONCE).map(|lot| async move {
        let ids: Vec<CentreId> = lot.iter().map(|(id, _)| *id).collect();
        let plans = load_plans(db, &ids, today).await?;
        Ok::<_, DbErr>((ids, plans))
    });
    let mut lots = stream::iter(lots).buffered(LOTS);
    while let Some((ids, plans)) = lots.try_next().await? {
        let mut plans: HashMap<CentreId, CentrePlan> = plans.into_iter().map(|plan| (plan.row.id, plan)).collect();
        ids.iter().filter_map(|id| plans.remove(id)).for_each(|plan| builder.add(plan));
    }
    drop(lots);
    Ok(builder.done(today))
}
