//! Subscriptions and what is bought on top of them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::amount::{Credits, Money};
use crate::plan::Interval;
use crate::text::Text;

/// A plan to start.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SubscriptionNew<'a> {
    #[serde(borrow)]
    pub plan: Text<'a>,
    pub interval: Interval,
    /// The fewest that the plan is sold with, unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1)]
    pub seats: Option<u32>,
    /// Now, unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub starts_at: Option<jiff::Timestamp>,
}

/// What is to be otherwise; what is absent stays.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SubscriptionChange<'a> {
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<Text<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<Interval>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1)]
    pub seats: Option<u32>,
    /// `false` takes a cancellation back that has not taken effect.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancel_at_period_end: Option<bool>,
}

/// When a cancellation takes effect.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CancelAt {
    /// With the period: until then everything stays.
    #[default]
    PeriodEnd,
    /// At once: what is left of its credits is taken back.
    Now,
}

/// A subscription to end.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CancelNew<'a> {
    /// `period_end` unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<CancelAt>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Text<'a>>,
}

/// An act without further terms.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

/// What would be done to a subscription: a change, unless `act` says otherwise.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PreviewNew<'a> {
    /// `change` unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub act: Option<PreviewAct>,
    /// Of `change`.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<Text<'a>>,
    /// Of `change`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<Interval>,
    /// Of `change`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1)]
    pub seats: Option<u32>,
    /// Of `change`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancel_at_period_end: Option<bool>,
    /// Of `cancel`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<CancelAt>,
    /// Of `add_on`: which.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub add_on: Option<Text<'a>>,
    /// Of `add_on`: how many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1)]
    pub units: Option<u32>,
}

/// What is tried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PreviewAct {
    #[default]
    Change,
    /// Nothing but the next renewal.
    Renew,
    Cancel,
    PastDue,
    Recover,
    /// Units bought on top.
    AddOn,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SubscriptionStatus {
    /// Starts later.
    Scheduled,
    Trialing,
    Active,
    /// A payment is due: credits stay until `past_due_until`, and nothing new comes.
    PastDue,
    Canceled,
}

/// A customer's running plan.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(bound(deserialize = "'de: 'a"))]
pub struct Subscription<'a> {
    pub id: Text<'a>,
    pub customer: Text<'a>,
    pub plan: Text<'a>,
    pub interval: Interval,
    pub seats: u32,
    pub status: SubscriptionStatus,
    pub period_start: jiff::Timestamp,
    /// The next renewal, or the end; null while a cycle that starts with the first use waits for it.
    pub period_end: Option<jiff::Timestamp>,
    pub cancel_at_period_end: bool,
    /// What the next renewal changes.
    pub next: Option<PlanChoice<'a>>,
    /// The catalog that its terms are of.
    pub catalog_version: u32,
    pub trial_end: Option<jiff::Timestamp>,
    pub past_due_until: Option<jiff::Timestamp>,
    pub add_ons: Vec<AddOn<'a>>,
    /// What the next period costs; null where it ends before, or the catalog gives no price.
    pub next_charge: Option<NextCharge<'a>>,
    pub created_at: jiff::Timestamp,
    pub ended_at: Option<jiff::Timestamp>,
}

/// A plan, how it is billed, and for how many seats.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(bound(deserialize = "'de: 'a"))]
pub struct PlanChoice<'a> {
    pub plan: Text<'a>,
    pub interval: Interval,
    pub seats: u32,
}

/// Money that is due next: the plan for each seat, and the units on top.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(bound(deserialize = "'de: 'a"))]
pub struct NextCharge<'a> {
    #[schema(value_type = String, example = "49.00")]
    pub amount: Text<'a>,
    #[schema(value_type = String, example = "usd")]
    pub currency: Text<'a>,
    pub at: jiff::Timestamp,
    pub lines: Vec<NextChargeLine<'a>>,
}

/// A part of the next charge.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(bound(deserialize = "'de: 'a"))]
pub struct NextChargeLine<'a> {
    /// The plan or the add-on.
    pub id: Text<'a>,
    pub name: Text<'a>,
    /// Seats, or units.
    pub quantity: u32,
    /// Of one.
    pub price: Money<'a>,
    pub amount: Money<'a>,
}

/// Units to buy on top of a plan.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddOnNew<'a> {
    #[serde(borrow)]
    pub add_on: Text<'a>,
    #[schema(minimum = 1)]
    pub units: u32,
    /// Which subscription; the only one that can have it, unless given.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub subscription: Option<Text<'a>>,
}

/// Units bought on top of a plan; they renew with it until they are ended.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(bound(deserialize = "'de: 'a"))]
pub struct AddOn<'a> {
    pub id: Text<'a>,
    pub subscription: Text<'a>,
    pub add_on: Text<'a>,
    pub units: u32,
    /// Of all units, each cycle (each month, where they come month by month).
    pub credits: Credits,
    pub bucket: Text<'a>,
    pub price: Option<Money<'a>>,
    pub status: AddOnStatus,
    /// What is left of its credits expires then, and comes anew if it renews.
    pub expires_at: Option<jiff::Timestamp>,
    /// It ends then and does not renew; null while it renews.
    pub ends_at: Option<jiff::Timestamp>,
    pub created_at: jiff::Timestamp,
    pub ended_at: Option<jiff::Timestamp>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AddOnStatus {
    Active,
    /// It ends with the period.
    Ending,
    Ended,
}

/// What would happen, line by line: nothing is done.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(bound(deserialize = "'de: 'a"))]
pub struct Preview<'a> {
    /// The subscription as it would be.
    pub subscription: Option<Subscription<'a>>,
    /// What would be written now.
    pub lines: Vec<PreviewLine<'a>>,
    pub before: PreviewBalance<'a>,
    pub after: PreviewBalance<'a>,
    /// What the next renewal would do; null if none comes.
    pub next_renewal: Option<RenewalPreview<'a>>,
}

/// The next renewal, line by line.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(bound(deserialize = "'de: 'a"))]
pub struct RenewalPreview<'a> {
    pub at: jiff::Timestamp,
    /// Money that is due then.
    pub charge: Option<NextCharge<'a>>,
    pub lines: Vec<PreviewLine<'a>>,
    pub after: PreviewBalance<'a>,
}

/// One movement of credits.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(bound(deserialize = "'de: 'a"))]
pub struct PreviewLine<'a> {
    pub at: jiff::Timestamp,
    /// Of the entry: `grant`, `expire`, `void`, …
    pub kind: Text<'a>,
    /// For people: "Granted".
    pub label: Text<'a>,
    pub bucket: Text<'a>,
    pub from: Text<'a>,
    pub to: Text<'a>,
    pub amount: Credits,
    /// What it does to the balance (held and available): less than zero where credits leave.
    pub credits: Credits,
    /// Where the grant came from: `plan`, `add_on`, `rollover`, …
    pub grant_kind: Text<'a>,
    pub seat: Option<u32>,
    pub expires_at: Option<jiff::Timestamp>,
}

/// A balance in the studio's own credit.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(bound(deserialize = "'de: 'a"))]
pub struct PreviewBalance<'a> {
    pub currency: Text<'a>,
    pub posted: Credits,
    pub held: Credits,
    pub available: Credits,
    pub buckets: Vec<crate::wallet::BucketBalance<'a>>,
}
