//! How a store is opened.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::time::Duration;

use crate::clock::Clock;

/// How to open a store. `Options::at(dir)` is right for almost everybody.
#[derive(Clone, Debug)]
pub struct Options {
    /// The data folder; made when absent.
    pub dir: PathBuf,
    pub clock: Clock,
    /// Jobs that may wait to be decided; beyond it callers are told `Busy` at once.
    pub queue_max: usize,
    /// Jobs that one flush makes durable, at most (one call's jobs are never split).
    pub batch_max: usize,
    /// Records that the views may be behind the journal. From half of it on acts are slowed to what the views keep up
    /// with; beyond it callers are told `Busy`.
    pub lag_max: usize,
    /// Wallets kept in memory, about 1 KB each.
    pub hot_wallets_max: usize,
    /// Threads that answer lists and sums.
    pub reader_count: usize,
    /// How often what is due is looked for.
    pub sweep_every: Duration,
    /// A write-ahead file of this size is folded into its database.
    pub checkpoint_bytes: u64,
    /// Test only: pages that `journal.sqlite` may have, so that the disk "fills" and empties.
    #[doc(hidden)]
    pub journal_pages_max: Option<Arc<AtomicU32>>,
}

impl Options {
    pub fn at(dir: impl Into<PathBuf>) -> Options {
        Options { dir: dir.into(), ..Options::default() }
    }
}

impl Default for Options {
    fn default() -> Options {
        Options {
            dir: PathBuf::from("scrip-data"),
            clock: Clock::System,
            queue_max: 16_384,
            batch_max: 4_096,
            lag_max: 100_000,
            hot_wallets_max: 200_000,
            reader_count: 2,
            sweep_every: Duration::from_millis(500),
            checkpoint_bytes: 64 << 20,
            journal_pages_max: None,
        }
    }
}
