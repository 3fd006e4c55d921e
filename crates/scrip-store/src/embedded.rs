//! One process, one folder: the journal and the views in SQLite, the wallets in memory, a few threads.
//!
//! | thread | does | waits for |
//! |---|---|---|
//! | [`writer`] | decides, flushes, answers | the queue, the disk |
//! | [`projector`] | folds what is durable into the views | the lag |
//! | [`checkpointer`] | folds the write-ahead files in | time |
//! | [`sweeper`] | asks for what is due | time |
//! | [`readers`] | answer lists and sums | questions |

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use rusqlite::Connection;
use scrip_ledger::book::{Book, Terms};
use scrip_ledger::charge::Charge;
use scrip_ledger::customer::Member;
use scrip_ledger::grant::Grant;
use scrip_ledger::hold::Hold;
use scrip_ledger::id::{Fingerprint, Name, RequestKey, StudioId};
use scrip_ledger::refund::Refund;
use scrip_ledger::subscription::Subscription;
use scrip_ledger::{Answer, Record, Timestamp, Wallet};
use tokio::sync::oneshot;

use crate::error::{ClockError, ReadError, SettingError, StoreError};
use crate::events::{EventFilter, EventsListed};
use crate::job::{Job, Load, Target};
use crate::journal::{self, Follower, Tip};
use crate::lists::{
    ChargeFilter, CustomerListed, EntryFilter, EntryListed, EntrySum, Gauges, GrantFilter, HoldFilter, Listed, Page,
    PastWallet, RefundFilter, SubscriptionFilter, UsageGroup, UsageRow,
};
use crate::options::Options;
use crate::settings::{ApiKey, CatalogNew, CatalogVersion, KeyNew, Setting, SettingRequest, Studio, StudioNew};
use crate::subscription::Subscription as Following;
use crate::views;
use crate::views::rebuild;

mod checkpointer;
mod decide;
pub(crate) mod folder;
mod hot;
mod lag;
mod lists;
mod projector;
mod queue;
mod readers;
mod settings;
mod settle;
mod shared;
mod sweeper;
mod transfer;
mod writer;

use checkpointer::{Checkpointer, Stop, WalFile};
use folder::FolderLock;
use hot::HotWallets;
use lag::Lag;
use projector::Projector;
use readers::Readers;
use settings::{Draft, Settings};
use shared::Shared;
use sweeper::Sweeper;
use writer::{Item, SettingDone, SettingWork, Writer};

/// The store of one process in one folder.
#[derive(Clone)]
pub struct Embedded(Arc<Inner>);

struct Inner {
    shared: Arc<Shared>,
    readers: Readers,
    threads: Mutex<Option<Threads>>,
    lock: Mutex<Option<FolderLock>>,
}

/// In the order in which they are waited for.
struct Threads {
    stop_sweeper: Arc<Stop>,
    sweeper: JoinHandle<()>,
    writer: JoinHandle<()>,
    projector: JoinHandle<()>,
    stop_checkpointer: Arc<Stop>,
    checkpointer: JoinHandle<()>,
}

impl Embedded {
    pub(crate) fn open(options: Options) -> Result<Embedded, StoreError> {
        let lock = folder::take(&options.dir)?;
        let db = journal::open(&options.dir, options.journal_pages_max.as_deref())?;
        settings::forget_old_requests(&db, options.clock.now())?;
        let settings = Arc::new(Settings::load(&db)?);
        let views_db = open_views(&options.dir, &db)?;
        let tip = journal::tip(&db)?;
        let journal_wal = Arc::new(WalFile::of(&journal::path(&options.dir)));
        let views_wal = Arc::new(WalFile::of(&views::path(&options.dir)));
        let lag = Arc::new(Lag::new(tip.position));
        let wals = (journal_wal, views_wal);
        let shared = Arc::new(Shared::new(options, lag, settings, wals, tip.position));
        let readers = Readers::open(&shared.options.dir, shared.options.reader_count)?;
        let threads = start(&shared, db, views_db, tip)?;
        let inner = Inner { shared, readers, threads: Mutex::new(Some(threads)), lock: Mutex::new(Some(lock)) };
        Ok(Embedded(Arc::new(inner)))
    }

    pub(crate) fn close(&self) {
        self.0.close();
    }

    pub(crate) async fn commit(&self, jobs: Vec<Job>) -> Result<Vec<Answer>, StoreError> {
        let shared = &self.0.shared;
        if shared.lag.records() > shared.options.lag_max {
            return Err(StoreError::Busy);
        }
        let (reply, answers) = oneshot::channel();
        shared.queue.push(jobs.len(), Item::Commit { jobs, answers: Vec::new(), reply })?;
        answers.await.unwrap_or(Err(StoreError::Closed))
    }

    pub(crate) async fn read<R, F>(&self, studio: StudioId, target: Target, load: Load, see: F) -> Result<R, ReadError>
    where
        R: Send + 'static,
        F: FnOnce(&Wallet, Timestamp) -> R + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let see = Box::new(move |seen: Result<(&Wallet, Timestamp), ReadError>| {
            // Nobody may be waiting any more.
            let _ = reply.send(seen.map(|(wallet, now)| see(wallet, now)));
        });
        self.0.shared.queue.push(1, Item::Look { studio, target, load, see })?;
        answer.await.unwrap_or(Err(StoreError::Closed.into()))
    }

    pub(crate) async fn remembered(
        &self,
        studio: StudioId,
        target: Target,
        key: RequestKey,
        fingerprint: Fingerprint,
    ) -> Result<Option<Answer>, StoreError> {
        let (reply, answer) = oneshot::channel();
        let request = (key, fingerprint);
        self.0.shared.queue.push(1, Item::Remembered { studio, target, request, reply })?;
        answer.await.unwrap_or(Err(StoreError::Closed))
    }

    /// Asks the views once they have all that is durable now.
    async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Connection) -> Result<T, ReadError> + Send + 'static,
    ) -> Result<T, ReadError> {
        self.0.shared.lag.caught_up().await?;
        self.0.readers.ask(question).await
    }

    pub(crate) async fn holds(
        &self,
        studio: StudioId,
        filter: HoldFilter,
        page: Page,
    ) -> Result<Listed<Hold>, ReadError> {
        self.ask(move |db| lists::holds(db, studio, &filter, &page)).await
    }

    pub(crate) async fn charges(
        &self,
        studio: StudioId,
        filter: ChargeFilter,
        page: Page,
    ) -> Result<Listed<Charge>, ReadError> {
        self.ask(move |db| lists::charges(db, studio, &filter, &page)).await
    }

    pub(crate) async fn refunds(
        &self,
        studio: StudioId,
        filter: RefundFilter,
        page: Page,
    ) -> Result<Listed<Refund>, ReadError> {
        self.ask(move |db| lists::refunds(db, studio, &filter, &page)).await
    }

    pub(crate) async fn grants(
        &self,
        studio: StudioId,
        filter: GrantFilter,
        page: Page,
    ) -> Result<Listed<Grant>, ReadError> {
        self.ask(move |db| lists::grants(db, studio, &filter, &page)).await
    }

    pub(crate) async fn entries(
        &self,
        studio: StudioId,
        customer: Name,
        filter: EntryFilter,
        page: Page,
    ) -> Result<Listed<EntryListed>, ReadError> {
        self.ask(move |db| lists::entries(db, studio, &customer, &filter, &page)).await
    }

    pub(crate) async fn customers(
        &self,
        studio: StudioId,
        query: Option<String>,
        page: Page,
    ) -> Result<Listed<CustomerListed>, ReadError> {
        self.ask(move |db| lists::customers(db, studio, query.as_deref(), &page)).await
    }

    pub(crate) async fn members(
        &self,
        studio: StudioId,
        customer: Name,
        page: Page,
    ) -> Result<Listed<Member>, ReadError> {
        self.ask(move |db| lists::members(db, studio, &customer, &page)).await
    }

    pub(crate) async fn usage(
        &self,
        studio: StudioId,
        filter: ChargeFilter,
        group_by: UsageGroup,
    ) -> Result<Vec<UsageRow>, ReadError> {
        self.ask(move |db| lists::sums::usage(db, studio, &filter, group_by)).await
    }

    pub(crate) async fn balances_at(
        &self,
        studio: StudioId,
        customer: Name,
        at: Timestamp,
    ) -> Result<Vec<Grant>, ReadError> {
        self.ask(move |db| lists::past::balances_at(db, studio, &customer, at)).await
    }

    pub(crate) async fn subscriptions(
        &self,
        studio: StudioId,
        filter: SubscriptionFilter,
        page: Page,
    ) -> Result<Listed<Arc<Subscription>>, ReadError> {
        self.settled(studio, filter.customer.as_ref()).await?;
        self.ask(move |db| lists::plans::subscriptions(db, studio, &filter, &page)).await
    }

    pub(crate) async fn wallet_at(
        &self,
        studio: StudioId,
        customer: Name,
        at: Timestamp,
    ) -> Result<PastWallet, ReadError> {
        self.settled(studio, Some(&customer)).await?;
        self.ask(move |db| lists::past::wallet_at(db, studio, &customer, at)).await
    }

    /// Has what is due in a customer's wallet done, so that the views can tell it.
    async fn settled(&self, studio: StudioId, customer: Option<&Name>) -> Result<(), ReadError> {
        match customer {
            None => Ok(()),
            Some(customer) => self.read(studio, Target::Customer(customer.clone()), Load::nothing(), |_, _| ()).await,
        }
    }

    pub(crate) async fn entry_sums(
        &self,
        studio: StudioId,
        customer: Name,
        filter: EntryFilter,
    ) -> Result<Vec<EntrySum>, ReadError> {
        self.ask(move |db| lists::sums::entry_sums(db, studio, &customer, &filter)).await
    }

    /// Writes a setting on the writer's thread.
    async fn set<T: Send + 'static>(
        &self,
        write: impl FnOnce(&mut Draft<'_>) -> Result<T, SettingError> + Send + 'static,
    ) -> Result<T, SettingError> {
        let (reply, answer) = oneshot::channel();
        let work: SettingWork = Box::new(move |draft| {
            let outcome = draft.map_err(SettingError::from).and_then(write);
            let is_refused = outcome.is_err();
            let answer = move |flushed: Result<(), StoreError>| {
                let told = flushed.map_err(SettingError::from).and(outcome);
                // Nobody may be waiting any more.
                let _ = reply.send(told);
            };
            SettingDone { is_refused, answer: Box::new(answer) }
        });
        self.0.shared.queue.push(1, Item::Setting(work))?;
        answer.await.unwrap_or(Err(StoreError::Closed.into()))
    }

    pub(crate) async fn create_studio(
        &self,
        new: StudioNew,
        first_key: Option<KeyNew>,
        request: Option<SettingRequest<Studio>>,
    ) -> Result<Setting<Studio>, SettingError> {
        self.set(move |draft| draft.once(request, |draft| draft.create_studio(new, first_key))).await
    }

    pub(crate) fn studio(&self, number: StudioId) -> Option<Arc<Studio>> {
        self.0.shared.settings().studios.get(&number).cloned()
    }

    pub(crate) fn studio_named(&self, id: &str) -> Option<Arc<Studio>> {
        let settings = self.0.shared.settings();
        settings.named.get(id).and_then(|number| settings.studios.get(number)).cloned()
    }

    pub(crate) fn studios(&self) -> Vec<Arc<Studio>> {
        self.0.shared.settings().studios.values().cloned().collect()
    }

    pub(crate) async fn create_key(
        &self,
        studio: StudioId,
        new: KeyNew,
        request: Option<SettingRequest<ApiKey>>,
    ) -> Result<Setting<ApiKey>, SettingError> {
        self.set(move |draft| draft.once(request, |draft| draft.create_key(studio, new))).await
    }

    pub(crate) async fn revoke_key(
        &self,
        studio: StudioId,
        id: Name,
        request: Option<SettingRequest<ApiKey>>,
    ) -> Result<Setting<ApiKey>, SettingError> {
        self.set(move |draft| draft.once(request, |draft| draft.revoke_key(studio, &id))).await
    }

    pub(crate) fn keys(&self, studio: StudioId) -> Vec<Arc<ApiKey>> {
        self.0.shared.settings().keys_of(studio)
    }

    pub(crate) fn key_by_hash(&self, hash: &[u8; 32]) -> Option<Arc<ApiKey>> {
        self.0.shared.settings().keys.get(hash).cloned()
    }

    pub(crate) async fn publish_catalog(
        &self,
        studio: StudioId,
        new: CatalogNew,
        request: Option<SettingRequest<CatalogVersion>>,
    ) -> Result<Setting<CatalogVersion>, SettingError> {
        self.set(move |draft| draft.once(request, |draft| draft.publish_catalog(studio, new))).await
    }

    pub(crate) fn catalog_versions(&self, studio: StudioId) -> Vec<Arc<CatalogVersion>> {
        self.0.shared.settings().catalogs.get(&studio).cloned().unwrap_or_default()
    }

    pub(crate) async fn fill_terms(
        &self,
        studio: StudioId,
        version: u32,
        terms: Terms,
    ) -> Result<CatalogVersion, SettingError> {
        self.set(move |draft| draft.fill_terms(studio, version, terms)).await
    }

    pub(crate) fn book(&self, studio: StudioId) -> Result<Arc<Book>, StoreError> {
        self.0.shared.settings().book(studio)
    }

    pub(crate) async fn remembered_setting(
        &self,
        key: RequestKey,
        fingerprint: Fingerprint,
    ) -> Result<Option<String>, SettingError> {
        self.set(move |draft| settings::remembered(draft.db, key, fingerprint)).await
    }

    pub(crate) async fn remember_setting(&self, request: SettingRequest<()>) -> Result<Setting<()>, SettingError> {
        self.set(move |draft| draft.once(Some(request), |_| Ok(()))).await
    }

    pub(crate) async fn secret(&self, name: &str) -> Result<[u8; 32], StoreError> {
        if let Some(secret) = self.0.shared.settings().secrets.get(name) {
            return Ok(*secret);
        }
        let name = name.to_owned();
        let made = self.set(move |draft| draft.secret(&name).map_err(SettingError::from)).await;
        made.map_err(|error| match error {
            SettingError::Store(error) => error,
            other => StoreError::Unavailable { reason: other.to_string() },
        })
    }

    pub(crate) fn now(&self, studio: StudioId) -> Timestamp {
        let shared = &self.0.shared;
        shared.settings().now(studio, shared.options.clock.now())
    }

    pub(crate) async fn set_test_clock(&self, studio: StudioId, to: Timestamp) -> Result<Timestamp, ClockError> {
        let (reply, answer) = oneshot::channel();
        self.0.shared.queue.push(1, Item::Clock { studio, to, reply })?;
        answer.await.unwrap_or(Err(StoreError::Closed.into()))?;
        self.do_what_is_due(studio, to).await?;
        Ok(to)
    }

    /// Has everything done that is due in a studio by then, in bounded batches.
    async fn do_what_is_due(&self, studio: StudioId, by: Timestamp) -> Result<(), StoreError> {
        self.0.shared.lag.caught_up().await?;
        let mut after = None;
        loop {
            // What is swept meanwhile is not due any more: later pages need not wait for the views.
            let page = move |db: &Connection| {
                sweeper::due_wallets(db, studio, by, after, sweeper::WALLETS_MAX).map_err(ReadError::from)
            };
            let due = self.0.readers.ask(page).await.map_err(|error| match error {
                ReadError::Store(error) => error,
                other => StoreError::Unavailable { reason: other.to_string() },
            })?;
            let Some(last) = due.last().copied() else { return Ok(()) };
            after = Some(last);
            if self.0.shared.lag.records() > self.0.shared.options.lag_max / 2 {
                // What is swept goes around the door that sends others away, and must not outrun the views.
                self.0.shared.lag.caught_up().await?;
            }
            self.sweep(due.iter().map(|(_, wallet)| *wallet).collect()).await?;
        }
    }

    /// Sweeps wallets. They weigh nothing in the queue: one page at a time, it is never too much.
    async fn sweep(&self, wallets: Vec<scrip_ledger::id::WalletId>) -> Result<(), StoreError> {
        let (reply, answer) = oneshot::channel();
        self.0.shared.queue.push(0, Item::Sweep { wallets, reply })?;
        answer.await.unwrap_or(Err(StoreError::Closed))
    }

    pub(crate) async fn subscribe(&self, studio: StudioId, target: Target) -> Result<Following, ReadError> {
        let shared = self.0.shared.clone();
        let follow = move |wallet: &Wallet, _| Following { wallet: wallet.id, records: shared.subscribe(wallet.id) };
        self.read(studio, target, Load::nothing(), follow).await
    }

    pub(crate) async fn events(
        &self,
        studio: StudioId,
        filter: EventFilter,
        page: Page,
    ) -> Result<EventsListed, ReadError> {
        let shared = &self.0.shared;
        let dir = shared.options.dir.clone();
        // The versions are taken after the position, so that none that came before it is missing.
        let position_max = shared.journal_position();
        let versions = self.catalog_versions(studio);
        let question = move |views: &Connection| {
            let journal = &journal::open_read(&dir)?;
            let from = lists::events::Sources { journal, views, versions: &versions, position_max };
            lists::events::events(&from, studio, &filter, &page)
        };
        self.ask(question).await
    }

    pub(crate) async fn records_after(
        &self,
        position: u64,
        batches_max: usize,
    ) -> Result<Vec<(u64, Vec<Record>)>, StoreError> {
        let dir = self.0.shared.options.dir.clone();
        let (reply, answer) = oneshot::channel();
        let read = move || {
            let db = journal::open_read(&dir)?;
            let checksum = journal::checksum_at(&db, position)?.unwrap_or(Tip::START.checksum);
            let mut follower = Follower::from(Tip { position, checksum });
            let batches = follower.next(&db, batches_max)?;
            Ok(batches.into_iter().map(|batch| (batch.position, batch.records)).collect())
        };
        std::thread::Builder::new().name("scrip-follower".to_owned()).spawn(move || {
            // Nobody may be waiting any more.
            let _ = reply.send(read());
        })?;
        answer.await.unwrap_or(Err(StoreError::Closed))
    }

    pub(crate) fn gauges(&self) -> Gauges {
        self.0.shared.gauges()
    }

    pub(crate) fn backup(&self, to: &Path) -> Result<(), StoreError> {
        crate::backup::copy(&self.0.shared.options.dir, to)
    }
}

/// The views, as far as the journal; made anew where they are missing, damaged or of another journal.
fn open_views(dir: &Path, journal: &Connection) -> Result<Connection, StoreError> {
    let place = views::path(dir);
    if let Some(mut db) = views::open(&place)? {
        match rebuild::catch_up(journal, &mut db) {
            Ok(true) => return Ok(db),
            // What the journal says of itself is not the views' fault.
            Err(error) if !is_about(&error, views::FILE_NAME) => return Err(error),
            Ok(false) | Err(_) => {}
        }
    }
    rebuild::rebuild(dir, journal)?;
    views::open(&place)?.ok_or_else(|| StoreError::Unavailable { reason: "the views cannot be opened".to_owned() })
}

fn is_about(error: &StoreError, file: &str) -> bool {
    matches!(error, StoreError::Corrupt { reason } if !reason.contains(journal::FILE_NAME) || reason.contains(file))
}

fn start(shared: &Arc<Shared>, db: Connection, views_db: Connection, tip: Tip) -> Result<Threads, StoreError> {
    let options = &shared.options;
    let reading = views::open_read(&options.dir)?;
    let wallet_max: i64 = reading.query_row("SELECT coalesce(max(wallet), 0) FROM wallets", [], |row| row.get(0))?;
    let mut peopled = BTreeSet::new();
    let settings = shared.settings();
    for studio in settings.studios.keys() {
        let any = "SELECT EXISTS (SELECT 1 FROM customers WHERE studio = ?1)";
        if reading.query_row(any, [studio.0], |row| row.get(0))? {
            peopled.insert(*studio);
        }
    }
    let writer = Writer {
        shared: shared.clone(),
        dir: options.dir.clone(),
        db,
        views: reading,
        hot: HotWallets::default(),
        tip,
        ticket: 0,
        wallet_max: wallet_max.unsigned_abs(),
        peopled,
        settings,
        machine_now: options.clock.now(),
        batch: 0,
        cold_until: None,
        is_unsure: false,
        broken: None,
        bytes: Vec::new(),
        later: Vec::new(),
    };
    let projector = Projector {
        path: views::path(&options.dir),
        db: views_db,
        lag: shared.lag.clone(),
        wal: shared.views_wal.clone(),
    };
    let files = vec![
        (journal::path(&options.dir), shared.journal_wal.clone()),
        (views::path(&options.dir), shared.views_wal.clone()),
    ];
    let (stop_sweeper, stop_checkpointer) = (Arc::new(Stop::default()), Arc::new(Stop::default()));
    let checkpointer = Checkpointer::open(files, options.checkpoint_bytes, stop_checkpointer.clone())?;
    let sweeper =
        Sweeper { shared: shared.clone(), views: views::open_read(&options.dir)?, stop: stop_sweeper.clone() };
    let spawn = |name: &str, work: Box<dyn FnOnce() + Send>| {
        std::thread::Builder::new().name(format!("scrip-{name}")).spawn(work)
    };
    let closing = shared.clone();
    let write = move || {
        // If the writer ever panics, nobody waits for it for ever.
        let _closing = CloseQueue(closing);
        writer.run();
    };
    Ok(Threads {
        sweeper: spawn("sweeper", Box::new(|| sweeper.run()))?,
        stop_sweeper,
        writer: spawn("writer", Box::new(write))?,
        projector: spawn("projector", Box::new(|| projector.run()))?,
        checkpointer: spawn("checkpointer", Box::new(|| checkpointer.run()))?,
        stop_checkpointer,
    })
}

/// Closes the queue when the writer ends, and drops what still waits, so that it hears `Closed`.
struct CloseQueue(Arc<Shared>);

impl Drop for CloseQueue {
    fn drop(&mut self) {
        self.0.queue.close();
        let mut rest = Vec::new();
        while self.0.queue.drain(&mut rest, usize::MAX, std::time::Duration::ZERO) {
            rest.clear();
        }
        self.0.lag.close();
    }
}

impl Inner {
    fn close(&self) {
        self.shared.queue.close();
        if let Some(threads) = self.threads.lock().unwrap_or_else(PoisonError::into_inner).take() {
            threads.stop_sweeper.set();
            // A thread that panicked has nothing left to finish.
            let _ = (threads.sweeper.join(), threads.writer.join(), threads.projector.join());
            threads.stop_checkpointer.set();
            let _ = threads.checkpointer.join();
        }
        self.readers.close();
        self.shared.end_subscriptions();
        self.lock.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.close();
    }
}
