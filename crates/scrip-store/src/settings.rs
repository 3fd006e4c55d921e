//! Settings: studios, keys and catalogs. They move no credits, and are written by the same writer.

use std::sync::Arc;

use scrip_ledger::book::Terms;
use scrip_ledger::id::{Fingerprint, Name, RequestKey, StudioId};
use scrip_ledger::time::Timestamp;

/// A product that sells credits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Studio {
    /// Its number, as wallets and records carry it.
    pub number: StudioId,
    /// Its own name for itself, unique: `lumen`.
    pub id: Name,
    /// What people read.
    pub name: String,
    pub mode: StudioMode,
    pub created_at: Timestamp,
    /// Where its own clock stands, once it was set; `None` is the machine's time.
    pub test_now: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StudioMode {
    Live,
    Test,
}

impl StudioMode {
    pub const fn as_str(self) -> &'static str {
        match self {
            StudioMode::Live => "live",
            StudioMode::Test => "test",
        }
    }
}

/// A studio to make.
#[derive(Clone, Debug)]
pub struct StudioNew {
    pub id: Name,
    pub name: String,
    pub mode: StudioMode,
}

/// An API key; the secret itself is never stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// `key_…`, made by whoever made the secret.
    pub id: Name,
    pub studio: StudioId,
    pub name: String,
    /// SHA-256 of the secret.
    pub hash: [u8; 32],
    pub scopes: Vec<Name>,
    pub created_at: Timestamp,
    pub expires_at: Option<Timestamp>,
    pub revoked_at: Option<Timestamp>,
}

impl ApiKey {
    /// Does it open anything at that time?
    pub fn is_valid(&self, at: Timestamp) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|end| at < end)
    }
}

#[derive(Clone, Debug)]
pub struct KeyNew {
    pub id: Name,
    pub name: String,
    pub hash: [u8; 32],
    pub scopes: Vec<Name>,
    pub expires_at: Option<Timestamp>,
}

/// One published version of a studio's catalog, as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogVersion {
    pub studio: StudioId,
    /// 1 for the first, then without gaps.
    pub number: u32,
    pub effective_at: Timestamp,
    pub created_at: Timestamp,
    pub format: CatalogFormat,
    pub source: Arc<str>,
    /// The last batch of the journal when it was published; 0 where an earlier release published it.
    pub published_after: u64,
    /// What it sells and grants, for the ledger; `None` until `Store::fill_terms` where an earlier release
    /// published it.
    pub terms: Option<Arc<Terms>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CatalogFormat {
    Toml,
    Json,
}

impl CatalogFormat {
    pub const fn as_str(self) -> &'static str {
        match self {
            CatalogFormat::Toml => "toml",
            CatalogFormat::Json => "json",
        }
    }
}

#[derive(Clone, Debug)]
pub struct CatalogNew {
    /// `None` is the studio's now.
    pub effective_at: Option<Timestamp>,
    pub format: CatalogFormat,
    pub source: Arc<str>,
    /// What it sells and grants; the store sets the version and the instant.
    pub terms: Terms,
}

/// The version in force at `at`: the greatest `effective_at` that is not later, then the greatest number; a
/// studio's first version is in force for all earlier time too (API section 2).
pub fn in_force(versions: &[Arc<CatalogVersion>], at: Timestamp) -> Option<&Arc<CatalogVersion>> {
    let by_start = |version: &&Arc<CatalogVersion>| (version.effective_at, version.number);
    let started = versions.iter().filter(|version| version.effective_at <= at).max_by_key(by_start);
    started.or_else(|| versions.iter().min_by_key(|version| version.number))
}

/// The idempotency of a setting: the answer is kept in the same transaction.
pub struct SettingRequest<T> {
    pub key: RequestKey,
    pub fingerprint: Fingerprint,
    /// What to answer again: made of what was written, without secrets.
    pub reply: Box<dyn FnOnce(&T) -> String + Send>,
}

/// What became of a setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Setting<T> {
    /// It was written now.
    Done(T),
    /// The same was asked before: this was answered.
    Replayed(String),
}
