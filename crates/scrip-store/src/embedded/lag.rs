//! What is durable and not yet in the views: handed from the writer to the projector.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use scrip_ledger::Record;
use scrip_ledger::id::WalletId;
use scrip_ledger::time::Timestamp;
use tokio::sync::watch;

use crate::error::StoreError;
use crate::journal::Tip;

/// One batch for the views.
pub(crate) struct Committed {
    /// Counts what is handed over, from 1.
    pub(crate) ticket: u64,
    /// Where the journal stood after it.
    pub(crate) tip: Tip,
    pub(crate) records: Vec<Record>,
    /// When these wallets are to be looked at next.
    pub(crate) dues: Vec<(WalletId, Option<Timestamp>)>,
}

/// Changes that a job usually makes; a record of many more counts as several.
const CHANGES_OF_A_JOB: usize = 16;

impl Committed {
    /// How many records it counts as.
    fn weight(&self) -> usize {
        self.records.iter().map(|record| record.changes.len().div_ceil(CHANGES_OF_A_JOB)).sum()
    }
}

/// How far the views have come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Projected {
    pub(crate) ticket: u64,
    /// The last attempt to write the views failed; it is tried again.
    pub(crate) is_failing: bool,
    pub(crate) is_closed: bool,
}

pub(crate) struct Lag {
    waiting: Mutex<Waiting>,
    arrived: Condvar,
    /// Records that are waiting, a large one counted as several.
    records: AtomicUsize,
    /// The last ticket that was handed over.
    handed: AtomicU64,
    projected_position: AtomicU64,
    /// What the projector takes for one record, lately.
    record_ns: AtomicU64,
    projected: watch::Sender<Projected>,
}

#[derive(Default)]
struct Waiting {
    batches: VecDeque<Committed>,
    since: Option<Instant>,
    /// Somebody waits for this ticket.
    wanted: u64,
    is_closed: bool,
}

impl Lag {
    pub(crate) fn new(position: u64) -> Lag {
        Lag {
            waiting: Mutex::default(),
            arrived: Condvar::new(),
            records: AtomicUsize::new(0),
            handed: AtomicU64::new(0),
            projected_position: AtomicU64::new(position),
            record_ns: AtomicU64::new(0),
            projected: watch::Sender::new(Projected::default()),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands a batch over.
    pub(crate) fn push(&self, committed: Committed) {
        self.records.fetch_add(committed.weight(), Ordering::SeqCst);
        self.handed.store(committed.ticket, Ordering::SeqCst);
        let mut waiting = self.lock();
        let was_empty = waiting.batches.is_empty();
        waiting.since.get_or_insert_with(Instant::now);
        waiting.batches.push_back(committed);
        drop(waiting);
        if was_empty || self.records() >= WORTHWHILE {
            self.arrived.notify_one();
        }
    }

    /// Takes up to about `count_max` records, once they are many, old, or wanted; empty when it is closed and
    /// all is taken.
    pub(crate) fn take(&self, count_max: usize) -> Vec<Committed> {
        let mut waiting = self.lock();
        loop {
            let handed_first = waiting.batches.front().map(|batch| batch.ticket);
            let age = waiting.since.map_or(Duration::ZERO, |since| since.elapsed());
            let is_wanted = handed_first.is_some_and(|first| waiting.wanted >= first);
            let is_time = age >= PATIENCE || self.records() >= WORTHWHILE || is_wanted || waiting.is_closed;
            match handed_first {
                Some(_) if is_time => break,
                None if waiting.is_closed => return Vec::new(),
                Some(_) => {
                    let rest = PATIENCE.saturating_sub(age);
                    waiting = self.arrived.wait_timeout(waiting, rest).unwrap_or_else(PoisonError::into_inner).0;
                }
                None => waiting = self.arrived.wait(waiting).unwrap_or_else(PoisonError::into_inner),
            }
        }
        let mut taken = Vec::new();
        let mut count = 0;
        while count < count_max
            && let Some(batch) = waiting.batches.pop_front()
        {
            count += batch.weight();
            taken.push(batch);
        }
        waiting.since = (!waiting.batches.is_empty()).then(Instant::now);
        taken
    }

    /// These batches are in the views.
    pub(crate) fn done(&self, batches: &[Committed], took: Duration) {
        let Some(last) = batches.last() else { return };
        let count: usize = batches.iter().map(Committed::weight).sum();
        if let Some(ns) = (took.as_nanos() as u64).checked_div(count as u64) {
            self.record_ns.store(ns, Ordering::Relaxed);
        }
        self.records.fetch_sub(count, Ordering::SeqCst);
        self.projected_position.store(last.tip.position, Ordering::SeqCst);
        self.projected.send_replace(Projected { ticket: last.ticket, is_failing: false, is_closed: false });
    }

    /// The views could not be written; the projector tries again.
    pub(crate) fn failed(&self) {
        self.projected.send_modify(|projected| projected.is_failing = true);
    }

    /// Lets the projector finish what it has and stop.
    pub(crate) fn close(&self) {
        self.lock().is_closed = true;
        self.arrived.notify_all();
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.lock().is_closed
    }

    /// The projector has stopped.
    pub(crate) fn stopped(&self) {
        self.projected.send_modify(|projected| projected.is_closed = true);
    }

    pub(crate) fn records(&self) -> usize {
        self.records.load(Ordering::SeqCst)
    }

    /// How long the writer waits after a batch of so many records, so that it does not run away from the views:
    /// not at all while they are less than half of `lag_max` behind, then more and more. Answers come slower, and
    /// nobody is sent away.
    pub(crate) fn pause(&self, count: usize, lag_max: usize) -> Duration {
        let free = lag_max / 2;
        let beyond = self.records().saturating_sub(free).min(lag_max - free);
        let whole = (count as u64).saturating_mul(self.record_ns.load(Ordering::Relaxed)).saturating_mul(2);
        let share = beyond as u64 * 1_000 / (lag_max - free).max(1) as u64;
        Duration::from_nanos(whole / 1_000 * share).min(PAUSE_MAX)
    }

    pub(crate) fn handed(&self) -> u64 {
        self.handed.load(Ordering::SeqCst)
    }

    pub(crate) fn projected(&self) -> u64 {
        self.projected.borrow().ticket
    }

    pub(crate) fn projected_position(&self) -> u64 {
        self.projected_position.load(Ordering::SeqCst)
    }

    /// Asks for a ticket soon, without waiting for it.
    pub(crate) fn want(&self, ticket: u64) {
        if self.projected() >= ticket {
            return;
        }
        let mut waiting = self.lock();
        waiting.wanted = waiting.wanted.max(ticket);
        drop(waiting);
        self.arrived.notify_one();
    }

    /// Waits until the views have all that is handed over now.
    pub(crate) async fn caught_up(&self) -> Result<(), StoreError> {
        let ticket = self.handed();
        self.want(ticket);
        let mut projected = self.projected.subscribe();
        let arrived = |now: &Projected| now.ticket >= ticket || now.is_failing || now.is_closed;
        let now = *projected.wait_for(arrived).await.map_err(|_| StoreError::Closed)?;
        match now {
            Projected { ticket: reached, .. } if reached >= ticket => Ok(()),
            Projected { is_closed: true, .. } => Err(StoreError::Closed),
            _ => Err(StoreError::Unavailable { reason: "the views cannot be written".to_owned() }),
        }
    }
}

/// Records that are worth writing at once; fewer wait a little, so that more of them share a page.
const WORTHWHILE: usize = 32_768;
const PATIENCE: Duration = Duration::from_secs(1);
/// The writer never waits longer for the views: others wait for it.
const PAUSE_MAX: Duration = Duration::from_millis(50);

#[cfg(test)]
mod tests {
    use super::*;

    fn behind(records: usize) -> Lag {
        let lag = Lag::new(0);
        lag.records.store(records, Ordering::SeqCst);
        lag.record_ns.store(10_000, Ordering::SeqCst);
        lag
    }

    #[test]
    fn the_writer_pauses_the_longer_the_further_the_views_are_behind() {
        for (records, count, pause_us) in [
            (0, 64, 0),
            (50_000, 64, 0),
            // Half way between: as long as the projector takes for as many.
            (75_000, 64, 640),
            (100_000, 64, 1_280),
            (1_000_000, 64, 1_280),
            (75_000, 0, 0),
            (100_000, 1_000_000, 50_000),
        ] {
            let pause = behind(records).pause(count, 100_000);
            assert_eq!(pause, Duration::from_micros(pause_us), "{records} behind, {count} more");
        }
        assert_eq!(behind(1).pause(64, 0), Duration::ZERO, "with nothing allowed, nothing waits");
    }
}
