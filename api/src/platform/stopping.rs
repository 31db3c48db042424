//! That the process is about to stop: what has begun ends, nothing new is begun.

use std::{sync::Arc, time::Duration};

use tokio::sync::watch;

use super::clock::Stopwatch;

/// Whether the process is about to stop; clones share it.
#[derive(Clone)]
pub struct Stopping(Arc<watch::Sender<Option<Stopwatch>>>);

impl Default for Stopping {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(None)))
    }
}

impl Stopping {
    /// From now on nothing new is begun; said again it changes nothing.
    pub fn announce(&self) {
        self.0.send_if_modified(|since| {
            let first = since.is_none();
            if first {
                *since = Some(Stopwatch::start());
            }
            first
        });
    }

    /// Whether it was said.
    #[must_use]
    pub fn begun(&self) -> bool {
        self.0.borrow().is_some()
    }

    /// How long ago.
    #[must_use]
    pub fn since(&self) -> Duration {
        self.0.borrow().as_ref().map_or(Duration::ZERO, |since| since.elapsed())
    }

    /// Waits until it is said.
    pub async fn wait(&self) {
        // The sender lives as long as this.
        let _ = self.0.subscribe().wait_for(Option::is_some).await;
    }
}

/// Waits until the system asks the process to stop (SIGTERM) or somebody at its terminal does (SIGINT).
pub async fn asked() {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut terminate), Ok(mut interrupt)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}
