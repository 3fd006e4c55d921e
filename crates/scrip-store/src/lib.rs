//! Durable state: the journal is the truth, wallets in memory decide, and views answer lists.
//!
//! [`Store::commit`] is the one door: nothing else changes a balance. A batch of jobs is decided by
//! [`scrip_ledger::apply`], made durable by one flush, and only then answered. Only this crate touches disk,
//! and only [`clock`] reads the time.

pub mod audit;
pub mod backup;
mod bytes;
pub mod clock;
mod embedded;
pub mod error;
pub mod events;
mod hashing;
mod instants;
pub mod job;
pub mod journal;
pub mod lists;
pub mod offline;
pub mod options;
pub mod settings;
mod store;
pub mod subscription;
mod views;

pub use audit::{AuditReport, audit};
pub use clock::{Clock, ManualClock};
pub use embedded::Embedded;
pub use error::{ClockError, ReadError, SettingError, StoreError};
pub use events::{About, Event, EventFilter, EventId, EventKind, EventOf, EventsListed};
pub use job::{Job, Load, Target};
pub use lists::{
    ChargeFilter, Cursor, CustomerListed, EntryFilter, EntryListed, EntrySum, Gauges, GrantFilter, HoldFilter, Listed,
    NotACursor, Page, PastHold, PastWallet, RefundFilter, SubscriptionFilter, UsageGroup, UsageRow,
};
pub use offline::{Batches, Rebuilt, batches, rebuild};
pub use options::Options;
pub use settings::{
    ApiKey, CatalogFormat, CatalogNew, CatalogVersion, KeyNew, Setting, SettingRequest, Studio, StudioMode, StudioNew,
};
pub use store::Store;
pub use subscription::{Heard, Subscription};
