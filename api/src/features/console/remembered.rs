//! The parts of a page that are the same for everybody, remembered for moments: a page with two dozen figures
//! costs two dozen questions, and nobody needs them younger than seconds. Shared by the workers. The page says
//! of when they are.
//!
//! One draws it anew when it is over; who comes meanwhile gets the former one, while that isn't much older, and
//! waits otherwise. What an officer does ends it at this replica, so that nobody misses an own deed.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use actix_web::HttpResponse;
use tokio::sync::{Mutex, RwLock};

use super::{
    shell::Shell,
    view::{Drawn, View},
};
use crate::{error::Result, platform::clock::Stopwatch, state::Ctx};

/// Of the time, drawing takes one part of so many at most: what is slow to draw is remembered for longer.
const PARTS: u32 = 10;
/// A former one is shown, while another is drawn, if it isn't older than so many times its time.
const LATE: u32 = 5;

/// A page in every language.
#[derive(Default)]
pub struct Remembered {
    places: [Place; 3],
    /// How often it was ended.
    deeds: AtomicU64,
}

#[derive(Default)]
struct Place {
    drawn: RwLock<Option<Kept>>,
    drawing: Mutex<()>,
}

struct Kept {
    since: Stopwatch,
    age: Duration,
    drawn: Drawn,
}

impl Place {
    async fn within(&self, times: u32) -> Option<Drawn> {
        let kept = self.drawn.read().await;
        kept.as_ref().filter(|kept| kept.since.elapsed() < kept.age * times).map(|kept| kept.drawn.clone())
    }
}

impl Remembered {
    /// Answers the page that `make` makes, or the one it made a moment ago. Asked for otherwise than as it is
    /// (sorted, as a file, with a word about what was done), it is made for the caller alone.
    pub(super) async fn page(
        &self,
        ctx: &Ctx,
        shell: &Shell,
        make: impl AsyncFnOnce() -> Result<View>,
    ) -> Result<HttpResponse> {
        let age = Duration::from_millis(ctx.settings.console_page_ms.into());
        if age.is_zero() || !shell.is_plain() {
            return make().await?.answer(ctx);
        }
        let place = &self.places[shell.language as usize];
        if let Some(drawn) = place.within(1).await {
            return drawn.answer(shell);
        }
        let held = match place.drawing.try_lock() {
            Ok(held) => held,
            Err(_) => match place.within(LATE).await {
                Some(drawn) => return drawn.answer(shell),
                None => place.drawing.lock().await,
            },
        };
        // Somebody may have drawn it while this one waited.
        if let Some(drawn) = place.within(1).await {
            return drawn.answer(shell);
        }
        // Counted from before it is made: what changes meanwhile isn't in it.
        let (since, deeds) = (Stopwatch::start(), self.deeds.load(Ordering::SeqCst));
        let drawn = make().await?.draw()?;
        let mut stored = place.drawn.write().await;
        if deeds == self.deeds.load(Ordering::SeqCst) {
            *stored = Some(Kept { since, age: age.max(since.elapsed() * PARTS), drawn: drawn.clone() });
        }
        drop((stored, held));
        drawn.answer(shell)
    }

    /// Ends what is remembered.
    pub(super) async fn forget(&self) {
        self.deeds.fetch_add(1, Ordering::SeqCst);
        for place in &self.places {
            *place.drawn.write().await = None;
        }
    }
}
