//! Looks at every centre there is: what a search without a point does. Among a million it takes some
//! tens of milliseconds, for pinyin a quarter of a second, so it isn't done on a worker, whose other
//! callers would wait, and only on half of the cores at once, for anyone may ask.

use std::{sync::Arc, time::Duration};

use entity::LngLat;
use tokio::{sync::Semaphore, time::timeout};

use super::{
    index::{Index, Spot},
    search::{After, Asked, Best, Candidate, filter},
};
use crate::{
    error::{Code, Problem, Result},
    platform::walking::metres,
};

/// How long a caller waits for its turn.
const PATIENCE: Duration = Duration::from_secs(2);

/// Turns at looking through everything; of one process.
pub struct Scans(Arc<Semaphore>);

impl Default for Scans {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(Self::at_once())))
    }
}

impl Scans {
    /// So many run at once: half of the cores.
    #[must_use]
    pub fn at_once() -> usize {
        std::thread::available_parallelism().map_or(1, |cores| cores.get().div_ceil(2))
    }

    /// Does this off the workers when its turn has come; refuses when that takes too long.
    pub async fn run<T: Send + 'static>(&self, look: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let turn = timeout(PATIENCE, Arc::clone(&self.0).acquire_owned()).await;
        let Ok(Ok(turn)) = turn else { return Err(Problem::new(Code::Unavailable)) };
        let look = move || {
            let found = look();
            // Kept until here though the caller may have hung up: the core is busy all the same.
            drop(turn);
            found
        };
        tokio::task::spawn_blocking(look).await.map_err(Problem::internal)
    }
}

/// [`Asked::first`] of all centres.
pub(super) async fn first<'a>(
    asked: &Asked<'_>,
    centres: &'a Arc<Index>,
    after: Option<After>,
    most: usize,
) -> Result<Vec<Candidate<'a>>> {
    let (sort, care_type) = (asked.sort, asked.query.care_type);
    look_through(asked, centres, after, most, move |spot| Candidate::of(spot, None, sort, care_type)).await
}

/// The nearest of all centres as the crow flies, however far: `most` of them or some more, in no order, by
/// their metres from a point.
pub(super) async fn nearest<'a>(
    asked: &Asked<'_>,
    centres: &'a Arc<Index>,
    from: LngLat,
    most: usize,
) -> Result<Vec<Candidate<'a>>> {
    look_through(asked, centres, None, most, move |spot| {
        Candidate::keyed(metres(from, spot.location()).round() as i64, spot)
    })
    .await
}

/// The first that pass the filters that cost nothing. What is found is told by its place and looked up again
/// in the same moment's index, for a borrowed centre can't come from another thread.
async fn look_through<'a>(
    asked: &Asked<'_>,
    centres: &'a Arc<Index>,
    after: Option<After>,
    most: usize,
    candidate: impl for<'s> Fn(Spot<'s>) -> Candidate<'s> + Send + 'static,
) -> Result<Vec<Candidate<'a>>> {
    let (all, query, vouchers) = (Arc::clone(centres), asked.query.clone(), Arc::clone(asked.vouchers));
    let (rules, day) = (asked.ctx.catalogue.rules(), asked.day());
    let look = move || {
        let mut best = Best::new(most, after);
        let mut fits = filter(&query, &vouchers, &rules, || day);
        let found = all.each().filter(|spot| fits(spot));
        found.for_each(|spot| best.add(candidate(spot)));
        best.found.iter().map(Candidate::place).collect::<Vec<After>>()
    };
    let found = asked.ctx.catalogue.scans().run(look).await?;
    Ok(found.into_iter().filter_map(|place| Candidate::at(place, centres)).collect())
}
