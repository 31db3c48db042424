//! Group commit: what is asked while a batch is under way is done together in the next one.
//!
//! A commit waits for the disk and every statement for a round trip, whether they carry one row or
//! sixteen. Nobody waits for a batch to fill: a lone caller's batch has one item and starts at once.

use std::{
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::oneshot;

/// Items of one batch at most. Batches hold 1, 2, 4, 8 or this many, so that their statements have
/// few different texts: a connection plans each text once.
const MOST: usize = 16;

/// Collects items of concurrent callers and does them in batches, one batch at a time.
#[derive(Debug)]
pub struct Batcher<I, O>(Arc<Mutex<Queue<I, O>>>);

#[derive(Debug)]
struct Queue<I, O> {
    waiting: Vec<(I, oneshot::Sender<O>)>,
    running: bool,
}

impl<I, O> Clone for Batcher<I, O> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<I, O> Default for Batcher<I, O> {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Queue { waiting: Vec::new(), running: false })))
    }
}

impl<I: 'static, O: 'static> Batcher<I, O> {
    /// The outcome of `item`, done together with whatever waits beside it. `work` answers as many
    /// outcomes as it gets items, in their order; it goes on when a caller goes away. `None` if it
    /// gave up: whether the item was done is then not known.
    pub async fn submit<F>(&self, item: I, work: impl FnOnce() -> F) -> Option<O>
    where
        F: AsyncFnMut(Vec<I>) -> Vec<O> + 'static,
    {
        let (sender, outcome) = oneshot::channel();
        let leads = {
            let mut queue = self.lock();
            queue.waiting.push((item, sender));
            !mem::replace(&mut queue.running, true)
        };
        if leads {
            let batches = Batches(self.clone());
            actix_web::rt::spawn(batches.run(work()));
        }
        outcome.await.ok()
    }

    fn lock(&self) -> MutexGuard<'_, Queue<I, O>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The one task that works; when it ends, however it ends, the next caller starts another.
struct Batches<I: 'static, O: 'static>(Batcher<I, O>);

impl<I: 'static, O: 'static> Batches<I, O> {
    async fn run(self, mut work: impl AsyncFnMut(Vec<I>) -> Vec<O>) {
        while let Some((items, senders)) = self.take() {
            for (outcome, sender) in work(items).await.into_iter().zip(senders) {
                // A caller that went away needs no answer.
                let _ = sender.send(outcome);
            }
        }
    }

    /// The next batch: the oldest items, a power of two of them.
    fn take(&self) -> Option<(Vec<I>, Vec<oneshot::Sender<O>>)> {
        let mut queue = self.0.lock();
        let Some(bits) = queue.waiting.len().min(MOST).checked_ilog2() else {
            // Under the lock, so that an item pushed after it starts a task of its own.
            queue.running = false;
            return None;
        };
        Some(queue.waiting.drain(..1 << bits).unzip())
    }
}

impl<I, O> Drop for Batches<I, O> {
    fn drop(&mut self) {
        let mut queue = self.0.lock();
        // Still running means that the work panicked or its runtime went down.
        if mem::take(&mut queue.running) {
            queue.waiting.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{cell::RefCell, rc::Rc};

    use futures_util::future::join_all;

    use super::*;

    #[actix_web::test]
    async fn what_comes_meanwhile_is_done_together_in_powers_of_two_and_in_order() {
        let batcher = Batcher::<u32, u32>::default();
        let sizes = Rc::new(RefCell::new(Vec::new()));
        let outcomes = join_all((0..30).map(|n| {
            let (batcher, sizes) = (batcher.clone(), Rc::clone(&sizes));
            async move {
                batcher
                    .submit(n, || {
                        async move |items: Vec<u32>| {
                            sizes.borrow_mut().push(items.len());
                            tokio::task::yield_now().await;
                            items.into_iter().map(|n| n * 2).collect()
                        }
                    })
                    .await
            }
        }))
        .await;
        assert_eq!(outcomes, (0..30).map(|n| Some(n * 2)).collect::<Vec<_>>());
        assert_eq!(*sizes.borrow(), [16, 8, 4, 2]);
    }

    #[actix_web::test]
    async fn work_that_panics_leaves_nobody_waiting_and_the_next_caller_served() {
        let batcher = Batcher::<u32, u32>::default();
        let bad = batcher.submit(1, || async |_| panic!("on purpose"));
        assert_eq!(bad.await, None);
        assert_eq!(batcher.submit(2, || async |items| items).await, Some(2));
    }
}
