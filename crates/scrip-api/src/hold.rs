//! Holds: credits set aside for one job before it runs, and what becomes of them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::amount::{Amount, Credits, Money};
use crate::charge::Charge;
use crate::input::{Inputs, Json, Metadata};
use crate::quote::{LineNew, PriceKind};
use crate::span::Span;
use crate::text::Text;

/// A job whose credits are to be set aside, or charged at once: by `quote`, by `tool`, by `lines` or by
/// plain `amount`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HoldNew<'a> {
    #[serde(borrow)]
    pub customer: Text<'a>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub member: Option<Text<'a>>,
    /// The quote to redeem.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub quote: Option<Text<'a>>,
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
    /// Without a price; needs the scope `amounts`.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Amount<'a>>,
    /// How long it is kept: 15 minutes unless the catalog says otherwise, 7 days at most. Not for charges.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_in: Option<Span>,
    /// The product's own job id, by which it is found again.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<Text<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Metadata<'a>>,
    /// What the provider charged. For charges only.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<Money<'a>>,
}

/// Credits set aside for one job: `amount = captured + released + remaining`.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(bound(deserialize = "'de: 'a"))]
pub struct Hold<'a> {
    pub id: Text<'a>,
    pub status: HoldStatus,
    pub customer: Text<'a>,
    pub member: Option<Text<'a>>,
    pub currency: Text<'a>,
    /// All that was ever held.
    pub amount: Credits,
    pub captured: Credits,
    pub released: Credits,
    pub remaining: Credits,
    pub lines: Vec<HoldLine<'a>>,
    pub draws: Vec<Draw<'a>>,
    pub envelope: bool,
    /// Its outcome was reported as unknown: it waits for a verdict.
    pub stuck: bool,
    pub quote: Option<Text<'a>>,
    /// 0 where no catalog priced it.
    pub catalog_version: u32,
    pub reference: Option<Text<'a>>,
    pub metadata: Metadata<'a>,
    pub created_at: jiff::Timestamp,
    pub expires_at: jiff::Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum HoldStatus {
    Open,
    /// Ended with a charge, or with success.
    Captured,
    /// Ended without a charge.
    Released,
    /// Ran out of time.
    Expired,
}

/// One line of a hold.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(bound(deserialize = "'de: 'a"))]
pub struct HoldLine<'a> {
    pub id: Text<'a>,
    pub label: Option<Text<'a>>,
    pub tool: Option<Text<'a>>,
    pub model: Option<Text<'a>>,
    pub quantity: u32,
    pub inputs: Json<'a>,
    pub kind: PriceKind,
    /// The price; of a ceiling, the most that can be charged.
    pub credits: Credits,
    pub captured: Credits,
    pub released: Credits,
    pub remaining: Credits,
    pub ended: bool,
}

/// What was taken from one grant.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(bound(deserialize = "'de: 'a"))]
pub struct Draw<'a> {
    pub grant: Text<'a>,
    pub bucket: Text<'a>,
    pub amount: Credits,
}

/// How a job ended, and what was used of it.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CaptureNew<'a> {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// Measured inputs, priced with the hold's own catalog version.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub inputs: Option<Inputs<'a>>,
    /// A plain amount instead of a price; needs the scope `amounts`.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Amount<'a>>,
    /// Of a partly delivered job: so many …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivered: Option<u32>,
    /// … of so many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1)]
    pub of: Option<u32>,
    /// The line; the whole hold if none is named.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub line: Option<Text<'a>>,
    /// Where the job was when it ended: the catalog may charge less for one that was still queued.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<Stage>,
    /// `false` leaves the rest held for further captures.
    #[serde(rename = "final", default, skip_serializing_if = "Option::is_none")]
    pub is_final: Option<bool>,
    /// What the provider charged, for margins.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<Money<'a>>,
}

/// How a job ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    #[default]
    Succeeded,
    Failed,
    Moderated,
    Canceled,
    /// With `delivered` and `of`.
    Partial,
    TimedOut,
    /// Nobody knows yet: nothing is charged and the hold is kept.
    Unknown,
}

/// Where a job was when it ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Not yet sent to whoever does the work.
    Queued,
    #[default]
    Running,
}

/// What a capture did.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(bound(deserialize = "'de: 'a"))]
pub struct Captured<'a> {
    pub hold: Hold<'a>,
    /// Null where the outcome is unknown: nothing was decided.
    pub charge: Option<Charge<'a>>,
    /// What went back with this capture.
    pub released: Credits,
    /// What was asked and could not be charged.
    pub shortfall: Credits,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReleaseNew<'a> {
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Text<'a>>,
}

/// Makes a hold live longer, or larger, or both.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExtensionNew<'a> {
    /// Lives this long from now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_in: Option<Span>,
    /// Holds this much more; needs the scope `amounts`.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Amount<'a>>,
    /// The line that grows, where there are several.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub line: Option<Text<'a>>,
}
