//! Flushing: what the writer has written becomes durable, and only then is anybody told.
//!
//! SQLite writes a batch to the journal's write-ahead file and does not wait for the disk (`synchronous = NORMAL`); the
//! flush is ours. So the writer decides the next batch while the disk works, and one flush covers all batches that were
//! written before it began. Nobody hears an answer, and neither views nor followers hear of a batch, before a flush
//! that began after it was written.
//!
//! A flush that fails leaves unknown what is on the disk, and the system may forget that it failed. So nothing is
//! answered any more until the store is opened anew and reads the journal again.

use std::collections::VecDeque;
use std::fs::File;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use scrip_ledger::Answer;
use tokio::sync::oneshot;

use crate::embedded::lag::Committed;
use crate::embedded::settings::Settings;
use crate::embedded::shared::Shared;
use crate::embedded::writer::Reply;
use crate::error::{ClockError, StoreError};

/// Hears whether what it tells is durable.
pub(crate) type Tell = Box<dyn FnOnce(Result<(), StoreError>) + Send>;

/// What is told once it is durable.
pub(crate) enum Told {
    Answers(Vec<Answer>, oneshot::Sender<Result<Vec<Answer>, StoreError>>),
    Remembered(Option<Answer>, Reply<Option<Answer>>),
    Clock(oneshot::Sender<Result<(), ClockError>>),
    Swept(Reply<()>),
    Other(Tell),
}

impl Told {
    pub(crate) fn tell(self, outcome: &Result<(), StoreError>) {
        // Nobody may be waiting any more: then nobody is told.
        match (self, outcome.clone()) {
            (Told::Answers(answers, reply), outcome) => drop(reply.send(outcome.map(|()| answers))),
            (Told::Remembered(answer, reply), outcome) => drop(reply.send(outcome.map(|()| answer))),
            (Told::Clock(reply), outcome) => drop(reply.send(outcome.map_err(ClockError::from))),
            (Told::Swept(reply), outcome) => drop(reply.send(outcome)),
            (Told::Other(tell), outcome) => tell(outcome),
        }
    }
}

/// A batch that is decided and, if it changed anything, written to the journal.
pub(crate) struct Written {
    /// Where the journal stands with it.
    pub(crate) position: u64,
    /// It changed something. What only looked must not tell of what was written before it either, until that is durable.
    pub(crate) is_new: bool,
    /// For the views.
    pub(crate) committed: Option<Committed>,
    /// As they are with it.
    pub(crate) settings: Option<Arc<Settings>>,
    pub(crate) told: Vec<Told>,
}

/// Batches that may wait for the disk; then the writer waits too.
const WAITING_MAX: usize = 64;

pub(crate) struct Flusher {
    /// The journal's write-ahead file.
    wal: File,
    waiting: Mutex<Waiting>,
    arrived: Condvar,
    went: Condvar,
}

#[derive(Default)]
struct Waiting {
    batches: VecDeque<Written>,
    /// Somebody flushes and tells just now.
    is_busy: bool,
    is_closed: bool,
    /// A flush failed.
    failure: Option<StoreError>,
}

impl Flusher {
    /// `journal` is open, so its write-ahead file is there and stays the same file.
    pub(crate) fn open(journal: &Path) -> Result<Flusher, StoreError> {
        let mut path = journal.as_os_str().to_owned();
        path.push("-wal");
        let wal = File::options().read(true).write(true).open(path)?;
        Ok(Flusher { wal, waiting: Mutex::default(), arrived: Condvar::new(), went: Condvar::new() })
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a batch of the writer's. While nobody waits for the writer, it does the flush itself and need not wake
    /// anybody for it.
    pub(crate) fn take(&self, shared: &Shared, batch: Written) {
        let mut waiting = self.lock();
        if waiting.batches.is_empty() && !waiting.is_busy && (!batch.is_new || shared.queue.len() == 0) {
            waiting.is_busy = true;
            let failure = waiting.failure.clone();
            drop(waiting);
            let outcome = self.finish(shared, VecDeque::from([batch]), failure);
            return self.rest(outcome);
        }
        while waiting.batches.len() >= WAITING_MAX {
            waiting = self.went.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
        waiting.batches.push_back(batch);
        drop(waiting);
        self.arrived.notify_one();
    }

    /// Waits until all that was taken is told; answers why no flush will be any more, if one failed.
    pub(crate) fn drain(&self) -> Option<StoreError> {
        let waiting = self.lock();
        let is_at_work = |waiting: &mut Waiting| waiting.is_busy || !waiting.batches.is_empty();
        let waiting = self.went.wait_while(waiting, is_at_work).unwrap_or_else(PoisonError::into_inner);
        waiting.failure.clone()
    }

    /// Why no flush will be any more, if one failed.
    pub(crate) fn failure(&self) -> Option<StoreError> {
        self.lock().failure.clone()
    }

    /// Takes no more; ends once all is told.
    pub(crate) fn close(&self) {
        self.lock().is_closed = true;
        self.arrived.notify_all();
    }

    /// Works until it is closed and all is told.
    pub(crate) fn run(&self, shared: &Shared) {
        loop {
            let waiting = self.lock();
            let is_idle = |waiting: &mut Waiting| waiting.batches.is_empty() && !waiting.is_closed;
            let mut waiting = self.arrived.wait_while(waiting, is_idle).unwrap_or_else(PoisonError::into_inner);
            if waiting.batches.is_empty() {
                return;
            }
            waiting.is_busy = true;
            let (batches, failure) = (std::mem::take(&mut waiting.batches), waiting.failure.clone());
            drop(waiting);
            let outcome = self.finish(shared, batches, failure);
            self.rest(outcome);
        }
    }

    fn rest(&self, outcome: Result<(), StoreError>) {
        let mut waiting = self.lock();
        waiting.is_busy = false;
        waiting.failure = outcome.err();
        drop(waiting);
        self.went.notify_all();
    }

    /// Flushes, then lets everybody know, in order.
    fn finish(
        &self,
        shared: &Shared,
        batches: VecDeque<Written>,
        failure: Option<StoreError>,
    ) -> Result<(), StoreError> {
        let is_new = batches.iter().any(|batch| batch.is_new);
        let outcome = match failure {
            Some(failure) => Err(failure),
            None if is_new => self.flush(shared),
            None => Ok(()),
        };
        for batch in batches {
            if outcome.is_ok() {
                make_known(shared, &batch.settings, batch.committed, batch.position);
            }
            batch.told.into_iter().for_each(|told| told.tell(&outcome));
        }
        outcome
    }

    fn flush(&self, shared: &Shared) -> Result<(), StoreError> {
        let is_refused = shared.options.is_flush_refused();
        let flushed = if is_refused { Err(std::io::ErrorKind::Other.into()) } else { self.wal.sync_data() };
        flushed.map_err(|error| StoreError::Unavailable {
            reason: format!(
                "the disk did not keep what was written ({error}): restart the server, which reads the journal again"
            ),
        })
    }
}

/// The views, followers and readers of settings get what is durable.
fn make_known(shared: &Shared, settings: &Option<Arc<Settings>>, committed: Option<Committed>, position: u64) {
    if let Some(settings) = settings {
        shared.publish(settings.clone());
    }
    if let Some(committed) = committed {
        shared.tell_subscribers(&committed.records);
        shared.lag.push(committed);
    }
    shared.note_durable(position);
}
