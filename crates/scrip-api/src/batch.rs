//! Batches: many acts in one request, each standing for itself.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::amount::{Amount, Money};
use crate::hold::{Outcome, Stage};
use crate::input::{Inputs, Json, Metadata};
use crate::quote::LineNew;
use crate::span::Span;
use crate::text::Text;

/// Up to 1,000 acts. There is no atomicity between them.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BatchNew<'a> {
    #[serde(borrow)]
    #[schema(value_type = Vec<Operation<'static>>, max_items = 1000)]
    pub operations: Vec<&'a RawValue>,
}

/// One act: `op`, its own `idempotency_key`, the `id` it is about (the hold, the charge) and the fields of
/// that act.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Operation<'a> {
    pub op: Op,
    #[serde(borrow)]
    #[schema(min_length = 1, max_length = 255)]
    pub idempotency_key: Text<'a>,
    /// The hold to capture, release or extend; the charge to refund.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Text<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<Text<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub member: Option<Text<'a>>,
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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub envelope: Option<bool>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<Text<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<Text<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<bool>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<std::collections::BTreeMap<String, String>>)]
    pub previous: Option<Inputs<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Amount<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_in: Option<Span>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<Text<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Metadata<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<Stage>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivered: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<u32>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub line: Option<Text<'a>>,
    #[serde(rename = "final", default, skip_serializing_if = "Option::is_none")]
    pub is_final: Option<bool>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<Money<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Text<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub fraction: Option<Amount<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub to_bucket: Option<Text<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub bucket: Option<Text<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<jiff::Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effective_at: Option<jiff::Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<i32>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub only_tools: Option<Vec<Text<'a>>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub paid: Option<Money<'a>>,
}

/// The kinds of acts that a batch can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Op {
    Hold,
    Capture,
    Release,
    Extend,
    Charge,
    Refund,
    Grant,
}

/// The answers, in the order of the operations.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct BatchDone<'a> {
    #[serde(borrow)]
    pub results: Vec<BatchResult<'a>>,
}

/// What the act's own address would have answered.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct BatchResult<'a> {
    pub status: u16,
    pub replayed: bool,
    #[serde(borrow)]
    pub body: Json<'a>,
}
