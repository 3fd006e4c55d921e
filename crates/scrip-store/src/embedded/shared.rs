//! What the threads of a store share.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use scrip_ledger::Record;
use scrip_ledger::id::WalletId;
use tokio::sync::broadcast;

use crate::embedded::checkpointer::WalFile;
use crate::embedded::lag::Lag;
use crate::embedded::queue::Queue;
use crate::embedded::settings::Settings;
use crate::embedded::writer::Item;
use crate::lists::Gauges;
use crate::options::Options;

pub(crate) struct Shared {
    pub(crate) options: Options,
    pub(crate) queue: Queue<Item>,
    pub(crate) lag: Arc<Lag>,
    settings: RwLock<Arc<Settings>>,
    pub(crate) journal_wal: Arc<WalFile>,
    pub(crate) views_wal: Arc<WalFile>,
    subscribers: Mutex<HashMap<WalletId, broadcast::Sender<Arc<Record>>>>,
    subscriber_count: AtomicUsize,
    hot_wallets: AtomicUsize,
    journal_position: AtomicU64,
}

/// Records that a slow subscriber may be behind before it misses some.
const SUBSCRIPTION_RECORDS: usize = 256;

impl Shared {
    pub(crate) fn new(
        options: Options,
        lag: Arc<Lag>,
        settings: Arc<Settings>,
        wals: (Arc<WalFile>, Arc<WalFile>),
        position: u64,
    ) -> Shared {
        Shared {
            queue: Queue::new(options.queue_max),
            options,
            lag,
            settings: RwLock::new(settings),
            journal_wal: wals.0,
            views_wal: wals.1,
            subscribers: Mutex::default(),
            subscriber_count: AtomicUsize::new(0),
            hot_wallets: AtomicUsize::new(0),
            journal_position: AtomicU64::new(position),
        }
    }

    /// The settings as they are committed now.
    pub(crate) fn settings(&self) -> Arc<Settings> {
        self.settings.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn publish(&self, settings: Arc<Settings>) {
        *self.settings.write().unwrap_or_else(PoisonError::into_inner) = settings;
    }

    pub(crate) fn note_writer(&self, hot_wallets: usize, position: u64) {
        self.hot_wallets.store(hot_wallets, Ordering::Relaxed);
        self.journal_position.store(position, Ordering::Release);
    }

    /// The last batch that is durable; the settings that were written before it are published.
    pub(crate) fn journal_position(&self) -> u64 {
        self.journal_position.load(Ordering::Acquire)
    }

    pub(crate) fn gauges(&self) -> Gauges {
        Gauges {
            queue_len: self.queue.len(),
            journal_position: self.journal_position.load(Ordering::Relaxed),
            projected_position: self.lag.projected_position(),
            lag_records: self.lag.records(),
            hot_wallets: self.hot_wallets.load(Ordering::Relaxed),
            journal_wal_bytes: self.journal_wal.bytes(),
            views_wal_bytes: self.views_wal.bytes(),
        }
    }

    /// Called on the writer, so that no record falls between.
    pub(crate) fn subscribe(&self, wallet: WalletId) -> broadcast::Receiver<Arc<Record>> {
        let mut subscribers = self.subscribers.lock().unwrap_or_else(PoisonError::into_inner);
        if subscribers.len().is_power_of_two() {
            subscribers.retain(|_, sender| sender.receiver_count() > 0);
        }
        let records =
            subscribers.entry(wallet).or_insert_with(|| broadcast::Sender::new(SUBSCRIPTION_RECORDS)).subscribe();
        self.subscriber_count.store(subscribers.len(), Ordering::Relaxed);
        records
    }

    pub(crate) fn tell_subscribers(&self, records: &[Record]) {
        if self.subscriber_count.load(Ordering::Relaxed) == 0 {
            return;
        }
        let mut subscribers = self.subscribers.lock().unwrap_or_else(PoisonError::into_inner);
        for record in records {
            let is_gone =
                (subscribers.get(&record.wallet)).is_some_and(|sender| sender.send(Arc::new(record.clone())).is_err());
            if is_gone {
                subscribers.remove(&record.wallet);
            }
        }
        self.subscriber_count.store(subscribers.len(), Ordering::Relaxed);
    }

    /// Every subscriber hears the end.
    pub(crate) fn end_subscriptions(&self) {
        self.subscribers.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.subscriber_count.store(0, Ordering::Relaxed);
    }
}
