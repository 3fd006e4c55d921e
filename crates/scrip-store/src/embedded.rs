//! One process, one folder.

use std::sync::Arc;

use crate::error::*;
use crate::job::*;
use crate::lists::*;
use crate::options::*;
use crate::settings::*;
use crate::subscription::*;
use scrip_ledger::charge::Charge;
use scrip_ledger::customer::Member;
use scrip_ledger::grant::Grant;
use scrip_ledger::hold::Hold;
use scrip_ledger::id::{Fingerprint, Name, RequestKey, StudioId};
use scrip_ledger::refund::Refund;
use scrip_ledger::{Answer, Record, Timestamp, Wallet};

#[derive(Clone)]
pub struct Embedded;

impl Embedded {
    pub fn close(&self) {}
    pub async fn commit(&self, _jobs: Vec<Job>) -> Result<Vec<Answer>, StoreError> {
        Err(StoreError::Closed.into())
    }
    pub async fn read<R, F>(&self, _studio: StudioId, _target: Target, _load: Load, _see: F) -> Result<R, ReadError>
    where
        R: Send + 'static,
        F: FnOnce(&Wallet, Timestamp) -> R + Send + 'static,
    {
        Err(StoreError::Closed.into())
    }
    pub async fn remembered(
        &self,
        _studio: StudioId,
        _target: Target,
        _key: RequestKey,
        _fingerprint: Fingerprint,
    ) -> Result<Option<Answer>, StoreError> {
        Err(StoreError::Closed.into())
    }
    pub async fn holds(&self, _studio: StudioId, _filter: HoldFilter, _page: Page) -> Result<Listed<Hold>, ReadError> {
        Err(StoreError::Closed.into())
    }
    pub async fn charges(
        &self,
        _studio: StudioId,
        _filter: ChargeFilter,
        _page: Page,
    ) -> Result<Listed<Charge>, ReadError> {
        Err(StoreError::Closed.into())
    }
    pub async fn refunds(
        &self,
        _studio: StudioId,
        _filter: RefundFilter,
        _page: Page,
    ) -> Result<Listed<Refund>, ReadError> {
        Err(StoreError::Closed.into())
    }
    pub async fn grants(
        &self,
        _studio: StudioId,
        _filter: GrantFilter,
        _page: Page,
    ) -> Result<Listed<Grant>, ReadError> {
        Err(StoreError::Closed.into())
    }
    pub async fn entries(
        &self,
        _studio: StudioId,
        _customer: Name,
        _filter: EntryFilter,
        _page: Page,
    ) -> Result<Listed<EntryListed>, ReadError> {
        Err(StoreError::Closed.into())
    }
    pub async fn customers(
        &self,
        _studio: StudioId,
        _query: Option<String>,
        _page: Page,
    ) -> Result<Listed<CustomerListed>, ReadError> {
        Err(StoreError::Closed.into())
    }
    pub async fn members(&self, _studio: StudioId, _customer: Name, _page: Page) -> Result<Listed<Member>, ReadError> {
        Err(StoreError::Closed.into())
    }
    pub async fn usage(
        &self,
        _studio: StudioId,
        _filter: ChargeFilter,
        _group_by: UsageGroup,
    ) -> Result<Vec<UsageRow>, ReadError> {
        Err(StoreError::Closed.into())
    }
    pub async fn balances_at(
        &self,
        _studio: StudioId,
        _customer: Name,
        _at: Timestamp,
    ) -> Result<Vec<Grant>, ReadError> {
        Err(StoreError::Closed.into())
    }
    pub async fn entry_sums(
        &self,
        _studio: StudioId,
        _customer: Name,
        _filter: EntryFilter,
    ) -> Result<Vec<EntrySum>, ReadError> {
        Err(StoreError::Closed.into())
    }
    pub async fn create_studio(
        &self,
        _new: StudioNew,
        _first_key: Option<KeyNew>,
        _request: Option<SettingRequest<Studio>>,
    ) -> Result<Setting<Studio>, SettingError> {
        Err(StoreError::Closed.into())
    }
    pub fn studio(&self, _number: StudioId) -> Option<Arc<Studio>> {
        None
    }
    pub fn studio_named(&self, _id: &str) -> Option<Arc<Studio>> {
        None
    }
    pub fn studios(&self) -> Vec<Arc<Studio>> {
        Vec::new()
    }
    pub async fn create_key(
        &self,
        _studio: StudioId,
        _new: KeyNew,
        _request: Option<SettingRequest<ApiKey>>,
    ) -> Result<Setting<ApiKey>, SettingError> {
        Err(StoreError::Closed.into())
    }
    pub async fn revoke_key(
        &self,
        _studio: StudioId,
        _id: Name,
        _request: Option<SettingRequest<ApiKey>>,
    ) -> Result<Setting<ApiKey>, SettingError> {
        Err(StoreError::Closed.into())
    }
    pub fn keys(&self, _studio: StudioId) -> Vec<Arc<ApiKey>> {
        Vec::new()
    }
    pub fn key_by_hash(&self, _hash: &[u8; 32]) -> Option<Arc<ApiKey>> {
        None
    }
    pub async fn publish_catalog(
        &self,
        _studio: StudioId,
        _new: CatalogNew,
        _request: Option<SettingRequest<CatalogVersion>>,
    ) -> Result<Setting<CatalogVersion>, SettingError> {
        Err(StoreError::Closed.into())
    }
    pub fn catalog_versions(&self, _studio: StudioId) -> Vec<Arc<CatalogVersion>> {
        Vec::new()
    }
    pub async fn remembered_setting(
        &self,
        _key: RequestKey,
        _fingerprint: Fingerprint,
    ) -> Result<Option<String>, SettingError> {
        Err(StoreError::Closed.into())
    }
    pub async fn secret(&self, _name: &str) -> Result<[u8; 32], StoreError> {
        Err(StoreError::Closed.into())
    }
    pub fn now(&self, _studio: StudioId) -> Timestamp {
        Timestamp::MIN
    }
    pub async fn set_test_clock(&self, _studio: StudioId, _to: Timestamp) -> Result<Timestamp, ClockError> {
        Err(StoreError::Closed.into())
    }
    pub async fn subscribe(&self, _studio: StudioId, _target: Target) -> Result<Subscription, ReadError> {
        Err(StoreError::Closed.into())
    }
    pub async fn records_after(
        &self,
        _position: u64,
        _batches_max: usize,
    ) -> Result<Vec<(u64, Vec<Record>)>, StoreError> {
        Err(StoreError::Closed.into())
    }
    pub fn gauges(&self) -> Gauges {
        Gauges::default()
    }
    pub fn backup(&self, _to: &std::path::Path) -> Result<(), StoreError> {
        Err(StoreError::Closed.into())
    }
    pub fn open(_options: Options) -> Result<Embedded, StoreError> {
        Ok(Embedded)
    }
}
