//! The bounded queue in front of the writer.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::error::StoreError;

/// What waits for the writer. Full is full: callers are told at once.
pub(crate) struct Queue<T> {
    waiting: Mutex<Waiting<T>>,
    arrived: Condvar,
    weight_max: usize,
}

struct Waiting<T> {
    items: VecDeque<(usize, T)>,
    /// Jobs in all items.
    weight: usize,
    is_closed: bool,
    /// The writer sleeps: only then is it worth waking it.
    is_idle: bool,
}

impl<T> Queue<T> {
    pub(crate) fn new(weight_max: usize) -> Queue<T> {
        let waiting = Waiting { items: VecDeque::new(), weight: 0, is_closed: false, is_idle: false };
        Queue { waiting: Mutex::new(waiting), arrived: Condvar::new(), weight_max }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Waiting<T>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts an item at the end. Errors: `Closed`; `Busy` when it would be too much (one alone always fits).
    pub(crate) fn push(&self, weight: usize, item: T) -> Result<(), StoreError> {
        let mut waiting = self.lock();
        if waiting.is_closed {
            return Err(StoreError::Closed);
        }
        if waiting.weight > 0 && waiting.weight + weight > self.weight_max {
            return Err(StoreError::Busy);
        }
        waiting.weight += weight;
        waiting.items.push_back((weight, item));
        let wake = std::mem::take(&mut waiting.is_idle);
        drop(waiting);
        if wake {
            self.arrived.notify_one();
        }
        Ok(())
    }

    /// Moves what waits into `batch`, up to about `weight_max` jobs; waits up to `patience` for the first item.
    /// `false` once the queue is closed and empty.
    pub(crate) fn drain(&self, batch: &mut Vec<T>, weight_max: usize, patience: Duration) -> bool {
        let mut waiting = self.lock();
        let deadline = Instant::now() + patience;
        while waiting.items.is_empty() && !waiting.is_closed {
            let Some(rest) = deadline.checked_duration_since(Instant::now()).filter(|rest| !rest.is_zero()) else {
                break;
            };
            waiting.is_idle = true;
            waiting = self.arrived.wait_timeout(waiting, rest).unwrap_or_else(PoisonError::into_inner).0;
        }
        waiting.is_idle = false;
        let mut taken = 0;
        while let Some((weight, _)) = waiting.items.front() {
            if taken > 0 && taken + weight > weight_max {
                break;
            }
            taken += weight;
            batch.extend(waiting.items.pop_front().map(|(_, item)| item));
        }
        waiting.weight -= taken;
        !(waiting.is_closed && batch.is_empty())
    }

    /// Lets nothing more in.
    pub(crate) fn close(&self) {
        self.lock().is_closed = true;
        self.arrived.notify_all();
    }

    pub(crate) fn len(&self) -> usize {
        self.lock().weight
    }
}
