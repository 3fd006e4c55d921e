//! Wallets, grants, entries: a customer's credits, where they came from and where they went.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::amount::{Amount, Credits, Money};
use crate::text::Text;

/// A customer's credits in the studio's own unit; other units are in `others`.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(bound(deserialize = "'de: 'a"))]
pub struct Wallet<'a> {
    pub customer: Text<'a>,
    pub currency: Text<'a>,
    /// Held and available.
    pub posted: Credits,
    pub held: Credits,
    pub available: Credits,
    /// What is owed.
    pub debt: Credits,
    pub buckets: Vec<BucketBalance<'a>>,
    pub grants: Vec<Grant<'a>>,
    pub next_reset_at: Option<jiff::Timestamp>,
    pub expiring_next: Option<ExpiringNext<'a>>,
    /// The number of the wallet's last entry.
    pub sequence: u64,
    /// The instant that the balances are of.
    pub at: jiff::Timestamp,
    /// Balances in other units of the catalog.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<UnitBalance<'a>>,
}

/// The balance in one further unit.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(bound(deserialize = "'de: 'a"))]
pub struct UnitBalance<'a> {
    pub currency: Text<'a>,
    pub posted: Credits,
    pub held: Credits,
    pub available: Credits,
    pub debt: Credits,
    pub buckets: Vec<BucketBalance<'a>>,
    pub grants: Vec<Grant<'a>>,
}

/// The balance of one class of grants.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(bound(deserialize = "'de: 'a"))]
pub struct BucketBalance<'a> {
    pub bucket: Text<'a>,
    pub posted: Credits,
    pub held: Credits,
    pub available: Credits,
    /// When the next of its grants expires.
    pub next_expiry: Option<jiff::Timestamp>,
    pub next_reset_at: Option<jiff::Timestamp>,
}

/// What expires first.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(bound(deserialize = "'de: 'a"))]
pub struct ExpiringNext<'a> {
    pub at: jiff::Timestamp,
    pub credits: Credits,
    pub bucket: Text<'a>,
}

/// Credits to issue.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GrantNew<'a> {
    #[serde(borrow)]
    pub amount: Amount<'a>,
    #[serde(borrow)]
    pub bucket: Text<'a>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<jiff::Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effective_at: Option<jiff::Timestamp>,
    /// Within its bucket, lower is spent first; 0 is usual.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<i32>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub only_tools: Option<Vec<Text<'a>>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub paid: Option<Money<'a>>,
    /// Why: entries and lists show it.
    #[serde(borrow)]
    pub reason: Text<'a>,
}

/// One lot of credits: what it was, and where its credits are now.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(bound(deserialize = "'de: 'a"))]
pub struct Grant<'a> {
    pub id: Text<'a>,
    pub customer: Text<'a>,
    pub bucket: Text<'a>,
    pub currency: Text<'a>,
    /// Where it came from: `manual`, `transfer`, `debt`, …
    pub kind: Text<'a>,
    /// All that was issued: available, held, spent, expired, voided, frozen and moved.
    pub amount: Credits,
    pub available: Credits,
    pub held: Credits,
    pub spent: Credits,
    pub expired: Credits,
    pub voided: Credits,
    pub frozen: Credits,
    pub moved: Credits,
    pub priority: i32,
    pub only_tools: Option<Vec<Text<'a>>>,
    pub paid: Option<Money<'a>>,
    pub reason: Option<Text<'a>>,
    pub created_at: jiff::Timestamp,
    pub effective_at: Option<jiff::Timestamp>,
    pub expires_at: Option<jiff::Timestamp>,
    /// Whose seat it is for; null is everybody's.
    pub seat: Option<u32>,
    /// The subscription, pack or promotion that brought it.
    pub source: Option<Text<'a>>,
    /// Taken back by the studio.
    pub void: bool,
}

/// A grant to take back.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VoidNew<'a> {
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Text<'a>>,
}

/// Credits to move from one customer of a wallet to another.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TransferNew<'a> {
    #[serde(borrow)]
    pub from: Text<'a>,
    #[serde(borrow)]
    pub to: Text<'a>,
    #[serde(borrow)]
    pub amount: Amount<'a>,
    #[serde(borrow)]
    pub bucket: Text<'a>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Text<'a>>,
}

/// Credits that were moved; those who moved in are grants of the receiver.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(bound(deserialize = "'de: 'a"))]
pub struct Transfer<'a> {
    pub from: Text<'a>,
    pub to: Text<'a>,
    pub amount: Credits,
    pub bucket: Text<'a>,
    pub reason: Option<Text<'a>>,
    /// The receiver's new grants: one for each that was drawn on.
    pub grants: Vec<Grant<'a>>,
}

/// The permanent record of one movement.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(bound(deserialize = "'de: 'a"))]
pub struct Entry<'a> {
    pub id: Text<'a>,
    pub sequence: u64,
    pub at: jiff::Timestamp,
    pub kind: Text<'a>,
    pub from: Text<'a>,
    pub to: Text<'a>,
    pub amount: Credits,
    pub grant: Text<'a>,
    pub bucket: Option<Text<'a>>,
    /// The other grant of a transfer, a repayment or a restored lot.
    pub other_grant: Option<Text<'a>>,
    pub hold: Option<Text<'a>>,
    pub charge: Option<Text<'a>>,
    pub refund: Option<Text<'a>>,
    pub actor: Text<'a>,
    pub reason: Option<Text<'a>>,
    /// SHA-256 over the hash before and this entry, as hex.
    pub hash: Text<'a>,
}

/// What the balance buys, tool by tool.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(bound(deserialize = "'de: 'a"))]
pub struct Affordability<'a> {
    pub data: Vec<Affordable<'a>>,
    pub catalog_version: u32,
}

/// What the balance buys of one tool and model.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(bound(deserialize = "'de: 'a"))]
pub struct Affordable<'a> {
    pub tool: Text<'a>,
    pub model: Option<Text<'a>>,
    /// `seconds`, `images`, …; `runs` where a job has one price.
    pub unit: Text<'a>,
    /// Rounded down to what can be spent; null if the tool is free.
    pub quantity: Option<Text<'a>>,
}

/// What was charged in a span of time, in groups.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(bound(deserialize = "'de: 'a"))]
pub struct Usage<'a> {
    pub group_by: UsageGroup,
    pub from: Option<jiff::Timestamp>,
    pub to: Option<jiff::Timestamp>,
    pub data: Vec<UsageRow<'a>>,
}

/// By what usage is summed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum UsageGroup {
    #[default]
    Tool,
    Model,
    Member,
    /// UTC days.
    Day,
}

/// What was charged for one tool, model, member or day.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(bound(deserialize = "'de: 'a"))]
pub struct UsageRow<'a> {
    /// The tool, model, member or day (`2026-02-01`); null where charges name none.
    pub key: Option<Text<'a>>,
    pub currency: Text<'a>,
    pub charges: u64,
    pub credits: Credits,
    /// Given back of these charges by now.
    pub refunded: Credits,
}

/// A balance as a sum of named lines: the lines sum to `posted`, and `available` is `posted` less `held`.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(bound(deserialize = "'de: 'a"))]
pub struct Explanation<'a> {
    pub customer: Text<'a>,
    pub currency: Text<'a>,
    /// The instant that the balance is of.
    pub at: jiff::Timestamp,
    pub lines: Vec<ExplanationLine<'a>>,
    pub posted: Credits,
    pub held: Credits,
    pub available: Credits,
    /// In other units of the catalog.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<UnitExplanation<'a>>,
}

/// A balance in one further unit, as a sum of named lines.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(bound(deserialize = "'de: 'a"))]
pub struct UnitExplanation<'a> {
    pub currency: Text<'a>,
    pub lines: Vec<ExplanationLine<'a>>,
    pub posted: Credits,
    pub held: Credits,
    pub available: Credits,
}

/// All entries of one kind that changed one bucket's balance.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(bound(deserialize = "'de: 'a"))]
pub struct ExplanationLine<'a> {
    pub bucket: Text<'a>,
    /// The kind of its entries: `grant`, `capture`, `expire`, …
    pub kind: Text<'a>,
    /// For people: "Charged for jobs".
    pub label: Text<'a>,
    pub entries: u64,
    /// Less than zero where credits left.
    pub credits: Credits,
}

/// What changed a balance in a span of time: opening and lines sum to closing.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(bound(deserialize = "'de: 'a"))]
pub struct Statement<'a> {
    pub customer: Text<'a>,
    pub currency: Text<'a>,
    /// Included.
    pub from: jiff::Timestamp,
    /// Not included.
    pub to: jiff::Timestamp,
    /// The balance (held and available) at `from`.
    pub opening: Credits,
    pub lines: Vec<StatementLine<'a>>,
    /// The balance just before `to`.
    pub closing: Credits,
}

/// One entry that changed the balance. Credits that are set aside or come back free don't.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(bound(deserialize = "'de: 'a"))]
pub struct StatementLine<'a> {
    pub at: jiff::Timestamp,
    pub entry: Text<'a>,
    pub kind: Text<'a>,
    /// For people: "Charged for jobs".
    pub label: Text<'a>,
    pub bucket: Text<'a>,
    /// Less than zero where credits left.
    pub credits: Credits,
    /// The balance after it.
    pub balance: Credits,
    pub charge: Option<Text<'a>>,
    pub refund: Option<Text<'a>>,
    pub reason: Option<Text<'a>>,
}

/// What server-sent events carry under `balance`.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(bound(deserialize = "'de: 'a"))]
pub struct BalanceEvent<'a> {
    pub customer: Text<'a>,
    pub currency: Text<'a>,
    pub posted: Credits,
    pub held: Credits,
    pub available: Credits,
    pub debt: Credits,
    pub buckets: Vec<BucketBalance<'a>>,
    pub sequence: u64,
    pub at: jiff::Timestamp,
}

/// What server-sent events carry under `hold`.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(bound(deserialize = "'de: 'a"))]
pub struct HoldEvent<'a> {
    pub id: Text<'a>,
    pub status: crate::hold::HoldStatus,
    pub customer: Text<'a>,
    pub member: Option<Text<'a>>,
    pub currency: Text<'a>,
    pub amount: Credits,
    pub captured: Credits,
    pub released: Credits,
    pub remaining: Credits,
    pub reference: Option<Text<'a>>,
    pub expires_at: jiff::Timestamp,
}
