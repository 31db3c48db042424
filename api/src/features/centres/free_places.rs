//! What is held and rostered, remembered for a moment for searches with a date: a crowd that looks at
//! one evening asks the database once a second and not once a look. Only searches read it, and they
//! may be that old; whoever books reads the rows under lock. What this replica changed is forgotten at
//! once, so that a family sees its own booking in the next search.

use std::{sync::Arc, time::Duration};

use chrono::NaiveDate;
use entity::ClassId;
use quick_cache::sync::Cache;
use sea_orm::{ConnectionTrait, DbErr};

use super::{
    grid::{Day, Grid},
    store,
};
use crate::platform::clock::Stopwatch;

/// Classes and dates remembered, at most.
const MOST: usize = 20_000;
/// Ids in one `IN (…)`, far below the databases' limits.
const IDS_PER_QUERY: usize = 10_000;

/// See the module.
pub struct FreePlaces {
    days: Cache<(ClassId, NaiveDate), (Stopwatch, Arc<Day>)>,
    life: Duration,
}

impl FreePlaces {
    /// Remembers for so long; zero: not at all.
    #[must_use]
    pub fn new(life: Duration) -> Self {
        Self { days: Cache::new(MOST), life }
    }

    /// These classes on a date, in their order, from memory or from two queries for all that isn't there.
    pub(super) async fn on(
        &self,
        db: &impl ConnectionTrait,
        ids: &[ClassId],
        date: NaiveDate,
    ) -> Result<Vec<Arc<Day>>, DbErr> {
        let (now, mut days, mut missing) = (Stopwatch::start(), Vec::with_capacity(ids.len()), Vec::new());
        for (at, id) in ids.iter().enumerate() {
            let known = self.days.get(&(*id, date)).filter(|(since, _)| now.after(*since) < self.life);
            days.push(known.map_or_else(
                || {
                    missing.push(at);
                    Arc::default()
                },
                |(_, day)| day,
            ));
        }
        for places in missing.chunks(IDS_PER_QUERY) {
            let since = Stopwatch::start();
            let ids: Vec<ClassId> = places.iter().map(|at| ids[*at]).collect();
            let held = store::held(db, &ids, date, date).await?;
            let mut grid = Grid::of(held, store::rosters(db, &ids, date, date).await?);
            for (at, id) in places.iter().zip(ids) {
                days[*at] = Arc::new(grid.take(id, date));
                if !self.life.is_zero() {
                    self.days.insert((id, date), (since, Arc::clone(&days[*at])));
                }
            }
        }
        Ok(days)
    }

    /// Places of a class changed on these dates.
    pub fn forget(&self, class: ClassId, dates: impl IntoIterator<Item = NaiveDate>) {
        for date in dates {
            self.days.remove(&(class, date));
        }
    }
}
