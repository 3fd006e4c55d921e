//! A refusal as it is answered: RFC 9457 `application/problem+json`, with a stable code.

use serde::Serialize;
use utoipa::ToSchema;

use crate::amount::Credits;
use crate::catalog::Diagnostic;
use crate::code::Code;
use crate::quote::PayOption;

/// Why nothing was done, and what to do about it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Problem {
    /// The page of the code in the documentation.
    #[serde(rename = "type")]
    pub type_url: String,
    pub title: String,
    pub status: u16,
    pub code: Code,
    /// What is wrong with this request.
    pub detail: String,
    /// Under which the request is logged; absent inside a batch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// Of `not_found`: the kind of object that is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub what: Option<String>,
    /// Of `unknown_field`: its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Of `invalid_input` and `invalid_amount`: which value is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input: Option<String>,
    /// What would be allowed instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed: Option<Allowed>,
    /// The closest name that exists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suggestion: Option<String>,
    /// Of `forbidden_scope`: the scope that is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// Of a price: the line that is wrong, `1` the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<String>,
    /// Of a limit: what it allows, in credits or in numbers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_most: Option<String>,
    /// Of a spending limit: what may still be spent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left: Option<Credits>,
    /// Of a limit: when it counts anew.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resets_at: Option<jiff::Timestamp>,
    /// Of `seat_taken`: who has the seat.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub member: Option<String>,
    /// Of a purchase where nothing is sold: when credits come by themselves.
    #[serde(rename = "next_reset_at", skip_serializing_if = "Option::is_none")]
    pub credits_come_at: Option<jiff::Timestamp>,
    /// Of `invalid_catalog`: all mistakes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub diagnostics: Option<Vec<Diagnostic>>,
    /// Of `insufficient_credits`: then the document is a [`Shortage`] as well.
    #[serde(flatten)]
    #[schema(ignore)]
    pub shortage: Option<Shortage>,
}

/// What is allowed: in words, or as a list of names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(untagged)]
pub enum Allowed {
    Words(String),
    Names(Vec<String>),
}

/// How many credits are missing, and the ways out.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Shortage {
    /// The same as `title`, for clients of the older shape.
    pub error: String,
    pub required: Credits,
    /// What this job may spend now.
    pub available: Credits,
    pub held: Credits,
    pub shortfall: Credits,
    pub currency: String,
    pub customer: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quote: Option<String>,
    /// When credits come by themselves; null if they don't.
    pub next_reset_at: Option<jiff::Timestamp>,
    pub top_up_url: Option<String>,
    pub upgrade_url: Option<String>,
    /// Only those that really fit the balance or cover what is missing, purchases last.
    pub options: Vec<PayOption<'static>>,
}

impl Problem {
    pub fn new(code: Code, detail: impl Into<String>) -> Problem {
        Problem {
            type_url: code.type_url(),
            title: code.title().to_owned(),
            status: code.status(),
            code,
            detail: detail.into(),
            request_id: None,
            what: None,
            field: None,
            input: None,
            allowed: None,
            suggestion: None,
            scope: None,
            line: None,
            at_most: None,
            left: None,
            resets_at: None,
            member: None,
            credits_come_at: None,
            diagnostics: None,
            shortage: None,
        }
    }
}
