//! The door to durable state, whatever holds it.

use std::sync::Arc;

use scrip_ledger::book::{Book, Terms};
use scrip_ledger::grant::Grant;
use scrip_ledger::hold::Hold;
use scrip_ledger::id::{AddOnId, Fingerprint, Name, RequestKey, StudioId, SubscriptionId, WalletId};
use scrip_ledger::{Answer, Record, Timestamp, Wallet};

use crate::embedded::Embedded;
use crate::error::{ClockError, ReadError, SettingError, StoreError};
use crate::events::{EventFilter, EventsListed};
use crate::job::{Job, Load, Target};
use crate::lists::{
    ChargeFilter, CustomerListed, EntryFilter, EntryListed, EntrySum, Gauges, GrantFilter, HoldFilter, Listed, Page,
    PastWallet, RefundFilter, SubscriptionFilter, UsageGroup, UsageRow,
};
use crate::options::Options;
use crate::settings::{ApiKey, CatalogNew, CatalogVersion, KeyNew, Setting, SettingRequest, Studio, StudioNew};
use crate::subscription::Subscription as Following;
use scrip_ledger::charge::Charge;
use scrip_ledger::customer::Member;
use scrip_ledger::refund::Refund;
use scrip_ledger::subscription::Subscription;

/// Durable state: one process and one folder today. Cheap to clone; all clones are the same store.
#[derive(Clone)]
pub enum Store {
    Embedded(Embedded),
}

impl Store {
    /// Opens the data folder, makes it when it is absent, and catches the views up with the journal.
    ///
    /// Errors: `Locked` (another process has it open), `Format` (a newer release wrote it), `Corrupt`,
    /// `Unavailable`.
    pub fn open(options: Options) -> Result<Store, StoreError> {
        Embedded::open(options).map(Store::Embedded)
    }

    /// Answers what is under way, brings the views up to date, and stops. Later calls answer `Closed`.
    /// Dropping the last clone does the same.
    pub fn close(&self) {
        let Store::Embedded(store) = self;
        store.close();
    }

    // The one door.

    /// Decides jobs and makes them durable; each answer stands for itself, in the order of the jobs.
    ///
    /// All jobs of one call are in one batch, in order. A refusal is an answer; a customer or an object's wallet
    /// that is not there answers `not_found`. [`Act::PutCustomer`](scrip_ledger::Act::PutCustomer) makes the
    /// wallet, or joins the parent's. Errors: `Busy` at once when too much is waiting, `Unavailable`, `Closed`.
    pub async fn commit(&self, jobs: Vec<Job>) -> Result<Vec<Answer>, StoreError> {
        let Store::Embedded(store) = self;
        store.commit(jobs).await
    }

    /// Looks at a wallet: `see` gets it, and the studio's now, with what is due done and everything it shows
    /// durable. Settled objects are in it only if `load` names them (or they happen to be recent).
    ///
    /// `see` runs on the writer: let it copy what it needs and return.
    pub async fn read<R, F>(&self, studio: StudioId, target: Target, load: Load, see: F) -> Result<R, ReadError>
    where
        R: Send + 'static,
        F: FnOnce(&Wallet, Timestamp) -> R + Send + 'static,
    {
        let Store::Embedded(store) = self;
        store.read(studio, target, load, see).await
    }

    /// What was answered under this idempotency key, if anything: for requests that can't be priced any more.
    ///
    /// A key used with another fingerprint answers `Refusal::KeyReused`. An unknown customer has no keys.
    pub async fn remembered(
        &self,
        studio: StudioId,
        target: Target,
        key: RequestKey,
        fingerprint: Fingerprint,
    ) -> Result<Option<Answer>, StoreError> {
        let Store::Embedded(store) = self;
        store.remembered(studio, target, key, fingerprint).await
    }

    // Lists and sums: they wait until the views have reached what is committed when they are called.

    pub async fn holds(&self, studio: StudioId, filter: HoldFilter, page: Page) -> Result<Listed<Hold>, ReadError> {
        let Store::Embedded(store) = self;
        store.holds(studio, filter, page).await
    }

    pub async fn charges(
        &self,
        studio: StudioId,
        filter: ChargeFilter,
        page: Page,
    ) -> Result<Listed<Charge>, ReadError> {
        let Store::Embedded(store) = self;
        store.charges(studio, filter, page).await
    }

    pub async fn refunds(
        &self,
        studio: StudioId,
        filter: RefundFilter,
        page: Page,
    ) -> Result<Listed<Refund>, ReadError> {
        let Store::Embedded(store) = self;
        store.refunds(studio, filter, page).await
    }

    pub async fn grants(&self, studio: StudioId, filter: GrantFilter, page: Page) -> Result<Listed<Grant>, ReadError> {
        let Store::Embedded(store) = self;
        store.grants(studio, filter, page).await
    }

    /// The entries of a customer: of its whole wallet for the wallet's root, else of its own grants and jobs.
    pub async fn entries(
        &self,
        studio: StudioId,
        customer: Name,
        filter: EntryFilter,
        page: Page,
    ) -> Result<Listed<EntryListed>, ReadError> {
        let Store::Embedded(store) = self;
        store.entries(studio, customer, filter, page).await
    }

    /// Customers whose id, name or email contains `query` (any case); all without one.
    pub async fn customers(
        &self,
        studio: StudioId,
        query: Option<String>,
        page: Page,
    ) -> Result<Listed<CustomerListed>, ReadError> {
        let Store::Embedded(store) = self;
        store.customers(studio, query, page).await
    }

    pub async fn members(&self, studio: StudioId, customer: Name, page: Page) -> Result<Listed<Member>, ReadError> {
        let Store::Embedded(store) = self;
        store.members(studio, customer, page).await
    }

    /// Charges of a customer (`None`: of the studio) in a span of time, summed by tool, model, member or day.
    pub async fn usage(
        &self,
        studio: StudioId,
        filter: ChargeFilter,
        group_by: UsageGroup,
    ) -> Result<Vec<UsageRow>, ReadError> {
        let Store::Embedded(store) = self;
        store.usage(studio, filter, group_by).await
    }

    /// The grants of a customer's wallet as they stood at that time: the fold of the entries up to it.
    pub async fn balances_at(&self, studio: StudioId, customer: Name, at: Timestamp) -> Result<Vec<Grant>, ReadError> {
        let Store::Embedded(store) = self;
        store.balances_at(studio, customer, at).await
    }

    /// The wallet of a customer as it was at that time; one that is later than the studio's now shows it as it is.
    ///
    /// Balances are the fold of the entries up to then. Errors: `NotFound` (also where the customer was made later).
    pub async fn wallet_at(&self, studio: StudioId, customer: Name, at: Timestamp) -> Result<PastWallet, ReadError> {
        let Store::Embedded(store) = self;
        store.wallet_at(studio, customer, at).await
    }

    /// Subscriptions, oldest first. Those of one customer are up to date with what is due; those of a studio are as
    /// far as the sweeper has come.
    pub async fn subscriptions(
        &self,
        studio: StudioId,
        filter: SubscriptionFilter,
        page: Page,
    ) -> Result<Listed<Arc<Subscription>>, ReadError> {
        let Store::Embedded(store) = self;
        store.subscriptions(studio, filter, page).await
    }

    /// One subscription, with what is due done. Error: `NotFound`.
    pub async fn subscription(&self, studio: StudioId, id: SubscriptionId) -> Result<Arc<Subscription>, ReadError> {
        let find = move |wallet: &Wallet, _| wallet.subscriptions.get(&id).cloned();
        let found = self.read(studio, Target::Wallet(id.wallet()), Load::nothing(), find).await?;
        found.ok_or(ReadError::NotFound)
    }

    /// The subscription that an add-on belongs to, with what is due done. Error: `NotFound`.
    pub async fn subscription_of(&self, studio: StudioId, id: AddOnId) -> Result<Arc<Subscription>, ReadError> {
        let has_it = move |subscription: &&Arc<Subscription>| subscription.add_ons.iter().any(|add_on| add_on.id == id);
        let find = move |wallet: &Wallet, _| wallet.subscriptions.values().find(has_it).cloned();
        let found = self.read(studio, Target::Wallet(id.wallet()), Load::nothing(), find).await?;
        found.ok_or(ReadError::NotFound)
    }

    /// Entries of a customer's wallet summed by bucket, kind and way: the balance as a sum of named lines.
    pub async fn entry_sums(
        &self,
        studio: StudioId,
        customer: Name,
        filter: EntryFilter,
    ) -> Result<Vec<EntrySum>, ReadError> {
        let Store::Embedded(store) = self;
        store.entry_sums(studio, customer, filter).await
    }

    // Settings: read from memory, written by the writer.

    /// Makes a studio, and its first key with it.
    ///
    /// Errors: `KeyReused`, `AlreadyExists` (the id, or the key's id or hash).
    pub async fn create_studio(
        &self,
        new: StudioNew,
        first_key: Option<KeyNew>,
        request: Option<SettingRequest<Studio>>,
    ) -> Result<Setting<Studio>, SettingError> {
        let Store::Embedded(store) = self;
        store.create_studio(new, first_key, request).await
    }

    pub fn studio(&self, number: StudioId) -> Option<Arc<Studio>> {
        let Store::Embedded(store) = self;
        store.studio(number)
    }

    pub fn studio_named(&self, id: &str) -> Option<Arc<Studio>> {
        let Store::Embedded(store) = self;
        store.studio_named(id)
    }

    /// All studios, by number.
    pub fn studios(&self) -> Vec<Arc<Studio>> {
        let Store::Embedded(store) = self;
        store.studios()
    }

    /// Errors: `KeyReused`, `NotFound` (the studio), `AlreadyExists`.
    pub async fn create_key(
        &self,
        studio: StudioId,
        new: KeyNew,
        request: Option<SettingRequest<ApiKey>>,
    ) -> Result<Setting<ApiKey>, SettingError> {
        let Store::Embedded(store) = self;
        store.create_key(studio, new, request).await
    }

    /// Revoking a key that is revoked already changes nothing and answers it.
    ///
    /// Errors: `KeyReused`, `NotFound`.
    pub async fn revoke_key(
        &self,
        studio: StudioId,
        id: Name,
        request: Option<SettingRequest<ApiKey>>,
    ) -> Result<Setting<ApiKey>, SettingError> {
        let Store::Embedded(store) = self;
        store.revoke_key(studio, id, request).await
    }

    /// The studio's keys, oldest first, the revoked ones included.
    pub fn keys(&self, studio: StudioId) -> Vec<Arc<ApiKey>> {
        let Store::Embedded(store) = self;
        store.keys(studio)
    }

    /// The key with this SHA-256; it may be expired or revoked. A look-up in memory.
    pub fn key_by_hash(&self, hash: &[u8; 32]) -> Option<Arc<ApiKey>> {
        let Store::Embedded(store) = self;
        store.key_by_hash(hash)
    }

    /// Errors: `KeyReused`, `NotFound` (the studio), `EffectiveInPast`.
    pub async fn publish_catalog(
        &self,
        studio: StudioId,
        new: CatalogNew,
        request: Option<SettingRequest<CatalogVersion>>,
    ) -> Result<Setting<CatalogVersion>, SettingError> {
        let Store::Embedded(store) = self;
        store.publish_catalog(studio, new, request).await
    }

    /// The studio's versions, by number; [`in_force`](crate::settings::in_force) picks one.
    pub fn catalog_versions(&self, studio: StudioId) -> Vec<Arc<CatalogVersion>> {
        let Store::Embedded(store) = self;
        store.catalog_versions(studio)
    }

    /// Supplies the terms of a version that was published before they were kept; what is known already stays.
    /// Nothing is decided in a studio, and nothing swept, while a version of its catalog lacks them.
    ///
    /// Errors: `NotFound` (the version).
    pub async fn fill_terms(
        &self,
        studio: StudioId,
        version: u32,
        terms: Terms,
    ) -> Result<CatalogVersion, SettingError> {
        let Store::Embedded(store) = self;
        store.fill_terms(studio, version, terms).await
    }

    /// All versions of what the studio sells and grants: what its wallets are decided by.
    ///
    /// Error: `Unavailable` while a version's terms are not known.
    pub fn book(&self, studio: StudioId) -> Result<Arc<Book>, StoreError> {
        let Store::Embedded(store) = self;
        store.book(studio)
    }

    /// What was answered to a setting's idempotency key, if anything. Error: `KeyReused`.
    pub async fn remembered_setting(
        &self,
        key: RequestKey,
        fingerprint: Fingerprint,
    ) -> Result<Option<String>, SettingError> {
        let Store::Embedded(store) = self;
        store.remembered_setting(key, fingerprint).await
    }

    /// Remembers what was answered to a request of many acts, once they are done. Error: `KeyReused`.
    pub async fn remember_setting(&self, request: SettingRequest<()>) -> Result<Setting<()>, SettingError> {
        let Store::Embedded(store) = self;
        store.remember_setting(request).await
    }

    /// Thirty-two random bytes, made the first time that this name is asked for and kept.
    pub async fn secret(&self, name: &str) -> Result<[u8; 32], StoreError> {
        let Store::Embedded(store) = self;
        store.secret(name).await
    }

    // Time.

    /// The studio's now: its own clock where it was set, else the machine's.
    pub fn now(&self, studio: StudioId) -> Timestamp {
        let Store::Embedded(store) = self;
        store.now(studio)
    }

    /// Moves the clock of a test studio; from the first call on its time stands still between calls.
    ///
    /// The first call may set any instant while the studio has no customers, later ones only move forward; the
    /// same instant does nothing. All that the move makes due has happened when this returns; other studios
    /// are served in between. Errors: `NotFound`, `NotTest`, `Backwards`.
    pub async fn set_test_clock(&self, studio: StudioId, to: Timestamp) -> Result<Timestamp, ClockError> {
        let Store::Embedded(store) = self;
        store.set_test_clock(studio, to).await
    }

    // Following.

    /// Committed records of a customer's wallet from now on.
    pub async fn subscribe(&self, studio: StudioId, target: Target) -> Result<Following, ReadError> {
        let Store::Embedded(store) = self;
        store.subscribe(studio, target).await
    }

    /// What happened in a studio after the cursor, in the order in which it was committed: at least once for whoever
    /// asks from the last cursor on, and always with one to go on from.
    ///
    /// One question reads a bounded part of the journal: it may answer few events or none before the end.
    /// Errors: `NotFound` (the customer), `Cursor`.
    pub async fn events(&self, studio: StudioId, filter: EventFilter, page: Page) -> Result<EventsListed, ReadError> {
        let Store::Embedded(store) = self;
        store.events(studio, filter, page).await
    }

    /// Up to `batches_max` committed batches after `position`, in order: for whoever follows all wallets.
    pub async fn records_after(
        &self,
        position: u64,
        batches_max: usize,
    ) -> Result<Vec<(u64, Vec<Record>)>, StoreError> {
        let Store::Embedded(store) = self;
        store.records_after(position, batches_max).await
    }

    /// The wallet of a customer, if there is one.
    pub async fn wallet_of(&self, studio: StudioId, customer: Name) -> Result<WalletId, ReadError> {
        self.read(studio, Target::Customer(customer), Load::nothing(), |wallet, _| wallet.id).await
    }

    pub fn gauges(&self) -> Gauges {
        let Store::Embedded(store) = self;
        store.gauges()
    }

    /// Copies both files to another folder while the store runs; the copy opens as a store of its own.
    pub fn backup(&self, to: &std::path::Path) -> Result<(), StoreError> {
        let Store::Embedded(store) = self;
        store.backup(to)
    }
}
