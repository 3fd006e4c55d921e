//! A store to test: where it keeps its data, and how it is opened and opened again.

use std::path::Path;
use std::time::Duration;

use scrip_ledger::reply::Captured;
use scrip_ledger::{Answer, Reply, Timestamp};
use scrip_store::{Clock, Job, ManualClock, Options, Page, Store};
use tempfile::TempDir;

use crate::commands::{STUDIO, at};

/// A data folder of its own, and a clock that stands still.
pub struct Place {
    dir: TempDir,
    pub clock: ManualClock,
}

impl Place {
    pub fn new() -> Place {
        Place { dir: tempfile::tempdir().expect("a folder for a test"), clock: ManualClock::at(at(0)) }
    }

    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    pub fn options(&self) -> Options {
        Options {
            clock: Clock::Manual(self.clock.clone()),
            sweep_every: Duration::from_secs(3_600),
            ..Options::at(self.dir.path())
        }
    }

    pub fn open(&self) -> Store {
        Store::open(self.options()).expect("the store opens")
    }

    /// A store whose memory is as small as can be: what is projected leaves at once.
    pub fn open_forgetful(&self) -> Store {
        Store::open(Options { hot_wallets_max: 0, ..self.options() }).expect("the store opens")
    }

    pub fn move_clock(&self, to: Timestamp) {
        self.clock.set(to);
    }
}

/// Commits one job and answers what it was answered.
pub async fn commit(store: &Store, job: Job) -> Answer {
    store.commit(vec![job]).await.expect("the store commits").remove(0)
}

/// Commits one job that must succeed.
pub async fn done(store: &Store, job: Job) -> Reply {
    commit(store, job).await.outcome.expect("a yes")
}

pub async fn held(store: &Store, job: Job) -> scrip_ledger::hold::Hold {
    match done(store, job).await {
        Reply::Hold(hold) => *hold,
        other => panic!("not a hold: {other:?}"),
    }
}

pub async fn captured(store: &Store, job: Job) -> Captured {
    match done(store, job).await {
        Reply::Captured(captured) => *captured,
        other => panic!("not a capture: {other:?}"),
    }
}

pub async fn charged(store: &Store, job: Job) -> scrip_ledger::charge::Charge {
    match done(store, job).await {
        Reply::Charge(charge) => *charge,
        other => panic!("not a charge: {other:?}"),
    }
}

pub async fn granted(store: &Store, job: Job) -> scrip_ledger::grant::Grant {
    match done(store, job).await {
        Reply::Grant(grant) => *grant,
        other => panic!("not a grant: {other:?}"),
    }
}

/// Waits until the views have everything.
pub async fn projected(store: &Store) {
    store.customers(STUDIO, None, Page::first(1)).await.expect("the views are caught up");
}

/// Waits until the views have everything, and lets the writer forget what it need not keep in mind.
pub async fn forgotten(store: &Store) {
    projected(store).await;
    store.commit(vec![]).await.expect("the store commits");
}

/// Runs a test's future to its end.
pub fn run<F: Future>(test: F) -> F::Output {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_time()
        .build()
        .expect("a runtime")
        .block_on(test)
}

/// Opens a fresh place, runs a test on it, and proves what it left behind.
pub fn check<F: Future<Output = ()>>(test: impl FnOnce(&'static Place, Store) -> F) {
    let place: &'static Place = Box::leak(Box::new(Place::new()));
    let store = place.open();
    run(test(place, store.clone()));
    store.close();
    prove(place.dir());
    let _ = std::fs::remove_dir_all(place.dir());
}

/// Audits a folder.
pub fn prove(dir: &Path) {
    let report = scrip_store::audit(dir).expect("the folder can be audited");
    assert!(report.is_clean(), "{:#?}", report.problems);
    assert_eq!(report.views_position, report.journal_position);
}
