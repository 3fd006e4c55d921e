//! What lists and sums are asked for, and what they answer.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use scrip_ledger::customer::{Customer, PoolId};
use scrip_ledger::entry::{Entry, EntryKind, Place};
use scrip_ledger::grant::GrantKind;
use scrip_ledger::hold::{HoldStatus, HoldTerms};
use scrip_ledger::id::{ChargeId, GrantId, HoldId, Name, ObjectId, WalletId};
use scrip_ledger::time::Timestamp;
use scrip_ledger::{Credits, Wallet};

/// A part of a list: at most `limit` items, those after the cursor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    pub limit: usize,
    pub after: Option<Cursor>,
}

impl Page {
    pub fn first(limit: usize) -> Page {
        Page { limit, after: None }
    }

    pub fn after(limit: usize, cursor: Cursor) -> Page {
        Page { limit, after: Some(cursor) }
    }
}

/// Where a list goes on: opaque, made by the list. Items are ordered by (created_at, id).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor(pub(crate) String);

impl Cursor {
    /// Just after this grant, in a list of grants.
    pub fn after_grant(id: GrantId) -> Cursor {
        Cursor::after_id(id.0)
    }

    pub(crate) fn after_id(id: ObjectId) -> Cursor {
        Cursor(format!("{:032x}", id.bits()))
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The text cannot be a cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotACursor;

impl FromStr for Cursor {
    type Err = NotACursor;

    fn from_str(text: &str) -> Result<Cursor, NotACursor> {
        let fits = !text.is_empty() && text.len() <= 512 && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if fits { Ok(Cursor(text.to_owned())) } else { Err(NotACursor) }
    }
}

/// Items of one page, and where the next begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed<T> {
    pub items: Vec<T>,
    pub next: Option<Cursor>,
}

/// `None` is any.
#[derive(Clone, Debug, Default)]
pub struct HoldFilter {
    pub customer: Option<Name>,
    pub member: Option<Name>,
    pub status: Option<HoldStatus>,
    pub reference: Option<Name>,
}

/// `None` is any; `from` is included, `to` is not.
#[derive(Clone, Debug, Default)]
pub struct ChargeFilter {
    pub customer: Option<Name>,
    pub member: Option<Name>,
    pub tool: Option<Name>,
    pub model: Option<Name>,
    pub reference: Option<Name>,
    pub from: Option<Timestamp>,
    pub to: Option<Timestamp>,
}

/// `None` is any.
#[derive(Clone, Debug, Default)]
pub struct RefundFilter {
    pub customer: Option<Name>,
    pub charge: Option<ChargeId>,
}

/// `None` is any.
#[derive(Clone, Debug, Default)]
pub struct GrantFilter {
    pub customer: Option<Name>,
    pub bucket: Option<Name>,
    /// Only those with something in them, or owed.
    pub live: bool,
    /// Only of these kinds; empty is any.
    pub kinds: Vec<GrantKind>,
}

/// `None` is any.
#[derive(Clone, Debug, Default)]
pub struct SubscriptionFilter {
    pub customer: Option<Name>,
    pub plan: Option<Name>,
    /// Only those that give what their plan gives.
    pub live: bool,
}

/// A wallet as it was: customers, members, subscriptions, and the grants that had something in them. Idempotency keys,
/// tallies and what had settled are not in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastWallet {
    pub wallet: Wallet,
    /// The holds that were open and held something.
    pub holds: Vec<PastHold>,
}

/// A hold that was open then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastHold {
    pub id: HoldId,
    pub terms: Arc<HoldTerms>,
    /// What it held of each grant.
    pub draws: Vec<(GrantId, Credits)>,
}

/// `from` is included, `to` is not; both by the entry's time.
#[derive(Clone, Debug, Default)]
pub struct EntryFilter {
    pub from: Option<Timestamp>,
    pub to: Option<Timestamp>,
    /// Only entries on grants of these pools: what the balance of a group is made of.
    pub pools: Option<Vec<PoolId>>,
}

/// An entry and the wallet whose sequence it belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryListed {
    pub wallet: WalletId,
    pub entry: Entry,
    /// The bucket of its grant.
    pub bucket: Name,
    pub currency: Name,
}

/// A customer as lists show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomerListed {
    pub wallet: WalletId,
    /// The customer whose wallet it joined.
    pub parent: Option<Name>,
    pub customer: Customer,
}

/// By what usage is summed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UsageGroup {
    Tool,
    Model,
    Member,
    /// UTC days.
    Day,
}

/// What was charged, and given back of it, for one tool, model, member or day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsageRow {
    /// The tool, model, member or day (`2026-02-01`); empty where a charge names none.
    pub key: Name,
    pub currency: Name,
    pub charge_count: u64,
    pub credits: Credits,
    /// Given back of these charges by now.
    pub refunded: Credits,
}

/// All entries of one kind and way between two places: the lines that explain a balance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntrySum {
    pub currency: Name,
    pub bucket: Name,
    pub kind: EntryKind,
    pub from: Place,
    pub to: Place,
    pub entry_count: u64,
    pub amount: Credits,
}

/// How the store is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gauges {
    /// Jobs that wait to be decided.
    pub queue_len: usize,
    /// The last batch that is durable.
    pub journal_position: u64,
    /// The last batch that is in the views.
    pub projected_position: u64,
    /// Records in the journal that are not in the views yet, a large one counted as several.
    pub lag_records: usize,
    pub hot_wallets: usize,
    /// The write-ahead files.
    pub journal_wal_bytes: u64,
    pub views_wal_bytes: u64,
}
