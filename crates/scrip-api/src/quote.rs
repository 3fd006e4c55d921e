//! Quotes: a price promised until it expires.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::amount::{Amount, Credits, Money};
use crate::input::{Inputs, Json};
use crate::text::Text;

/// A request for a price: one job by `tool`, or several by `lines`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QuoteNew<'a> {
    /// Who would pay; then the answer says what is affordable.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<Text<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub member: Option<Text<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub tool: Option<Text<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub model: Option<Text<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub inputs: Option<Inputs<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub lines: Option<Vec<LineNew<'a>>>,
    /// Lines lend to each other what they do not need.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub envelope: Option<bool>,
    /// How the request comes in, a word of the catalog's `facts.channel`.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<Text<'a>>,
    /// How it is run, a word of the catalog's `facts.mode`.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<Text<'a>>,
    /// It changes something that was made and paid before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<bool>,
    /// How much of it was paid for before, by input: where the catalog charges growth only.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<std::collections::BTreeMap<String, String>>)]
    pub previous: Option<Inputs<'a>>,
}

/// One part of a job to be priced.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, remote = "Self")]
pub struct LineNew<'a> {
    #[serde(borrow)]
    pub tool: Text<'a>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub model: Option<Text<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub inputs: Option<Inputs<'a>>,
    /// How many times the same job is wanted; each is priced and rounded alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub quantity: Option<u32>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub label: Option<Text<'a>>,
    /// It changes something that was made and paid before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<bool>,
    /// How much of it was paid for before, by input: where the catalog charges growth only.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<std::collections::BTreeMap<String, String>>)]
    pub previous: Option<Inputs<'a>>,
}

crate::object::objects_only!(LineNew);

/// A price that is promised until `expires_at`: one hold on it costs this.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(bound(deserialize = "'de: 'a"))]
pub struct Quote<'a> {
    /// `qt_…`: the promise itself, authenticated.
    pub id: Text<'a>,
    pub customer: Option<Text<'a>>,
    pub member: Option<Text<'a>>,
    pub lines: Vec<QuoteLine<'a>>,
    pub envelope: bool,
    pub credits: Credits,
    /// What a hold sets aside: the same as `credits`.
    pub hold: Credits,
    pub currency: Text<'a>,
    pub catalog_version: u32,
    pub created_at: jiff::Timestamp,
    pub expires_at: jiff::Timestamp,
    /// Can the customer pay for it now? Absent without a customer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub affordable: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub available: Option<Credits>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shortfall: Option<Credits>,
    /// Ways out where it is not affordable.
    #[serde(default)]
    pub options: Vec<PayOption<'a>>,
}

/// One priced line.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(bound(deserialize = "'de: 'a"))]
pub struct QuoteLine<'a> {
    /// By which a capture names the line: `1`, `2`, …
    pub id: Text<'a>,
    pub label: Option<Text<'a>>,
    pub tool: Text<'a>,
    pub model: Option<Text<'a>>,
    pub quantity: u32,
    /// With defaults filled in.
    pub inputs: Json<'a>,
    pub kind: PriceKind,
    pub credits: Credits,
    pub hold: Credits,
    /// What of the inputs must be measured at the capture.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unmeasured: Vec<Text<'a>>,
    /// Named terms that sum to the price.
    pub explain: Vec<ExplainTerm<'a>>,
}

/// Is the price known before the job has run?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PriceKind {
    /// This will be charged.
    Exact,
    /// At most this will be charged: the price depends on what is measured.
    Ceiling,
}

/// One named part of a price.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(bound(deserialize = "'de: 'a"))]
pub struct ExplainTerm<'a> {
    pub label: Text<'a>,
    pub credits: Credits,
}

/// A way out for someone who has too few credits.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(bound(deserialize = "'de: 'a"))]
pub struct PayOption<'a> {
    pub kind: PayOptionKind,
    /// Inputs that would have to change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inputs: Option<Json<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<Text<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pack: Option<Text<'a>>,
    /// What it would cost in credits; of a pack, what it brings.
    pub credits: Credits,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Money<'a>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PayOptionKind {
    /// The same tool without charge, with other inputs.
    FreeVariant,
    OtherModel,
    /// A smaller quantity: the largest that fits.
    Shorter,
    /// A pack that covers what is missing.
    TopUp,
}

impl<'a> PayOption<'a> {
    pub fn new(kind: PayOptionKind, credits: Credits) -> PayOption<'a> {
        PayOption { kind, inputs: None, model: None, pack: None, credits, price: None }
    }
}

impl<'a> Money<'a> {
    pub fn new(amount: String, currency: &'a str) -> Money<'a> {
        Money { amount: Amount(amount.into()), currency: currency.into() }
    }
}
