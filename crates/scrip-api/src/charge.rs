//! Charges and refunds: what was taken for a job, and what was given back of it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::amount::{Amount, Credits, Money};
use crate::hold::{Draw, Outcome};
use crate::input::{Json, Metadata};
use crate::quote::ExplainTerm;
use crate::text::Text;

/// What was taken for a job, or for one part of it.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(bound(deserialize = "'de: 'a"))]
pub struct Charge<'a> {
    pub id: Text<'a>,
    pub hold: Text<'a>,
    pub customer: Text<'a>,
    pub member: Option<Text<'a>>,
    pub outcome: Outcome,
    pub currency: Text<'a>,
    pub credits: Credits,
    pub refunded: Credits,
    /// What was asked and could not be charged.
    pub shortfall: Credits,
    pub lines: Vec<ChargeLine<'a>>,
    pub draws: Vec<ChargeDraw<'a>>,
    pub quote: Option<Text<'a>>,
    pub catalog_version: u32,
    pub reference: Option<Text<'a>>,
    /// What the product said about the job when it was held.
    pub metadata: Metadata<'a>,
    pub cost: Option<Money<'a>>,
    pub created_at: jiff::Timestamp,
}

/// What one line of the hold was charged.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(bound(deserialize = "'de: 'a"))]
pub struct ChargeLine<'a> {
    pub id: Text<'a>,
    pub label: Option<Text<'a>>,
    pub tool: Option<Text<'a>>,
    pub model: Option<Text<'a>>,
    pub quantity: u32,
    /// What the hold was priced with.
    pub inputs: Json<'a>,
    /// What was measured and priced at the capture.
    pub measured: Option<Json<'a>>,
    pub credits: Credits,
    /// Named terms that sum to the price; only where one charge is read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub explain: Option<Vec<ExplainTerm<'a>>>,
    /// The price as the catalog version says it, a formula or words; only where one charge is read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub formula: Option<Text<'a>>,
}

/// What was taken from one grant, and what of that has been given back.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(bound(deserialize = "'de: 'a"))]
pub struct ChargeDraw<'a> {
    pub grant: Text<'a>,
    pub bucket: Text<'a>,
    pub amount: Credits,
    pub refunded: Credits,
}

/// What is to be given back: an `amount`, a `fraction` of the charge, or all of the rest.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RefundNew<'a> {
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Amount<'a>>,
    /// A decimal string greater than 0 and at most 1, of what was charged; half up.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "0.5")]
    pub fraction: Option<Amount<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Text<'a>>,
    /// As a grant in this bucket, and not where the credits came from.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub to_bucket: Option<Text<'a>>,
}

/// What was given back of a charge.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(bound(deserialize = "'de: 'a"))]
pub struct Refund<'a> {
    pub id: Text<'a>,
    pub charge: Text<'a>,
    pub credits: Credits,
    pub draws: Vec<Draw<'a>>,
    pub reason: Option<Text<'a>>,
    pub created_at: jiff::Timestamp,
}

/// The charges of an incident: of one tool or model, in a time, with an outcome.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BulkRefundNew {
    pub tool: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    pub from: jiff::Timestamp,
    /// Exclusive.
    pub to: jiff::Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Answers what would be refunded and does nothing.
    #[serde(default)]
    pub dry_run: bool,
}

/// What a bulk refund gave back, or would.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct BulkRefund {
    pub dry_run: bool,
    /// Charges that match.
    pub charges: u64,
    /// Charges that were refunded now, or would be: what was refunded before is not refunded twice.
    pub refunded: u64,
    pub customers: u64,
    pub credits: Credits,
    /// One for each charge that could not be refunded.
    pub failed: Vec<BulkRefundFailure>,
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct BulkRefundFailure {
    pub charge: String,
    pub code: crate::code::Code,
}
