//! What is asked and what is answered: a price, exact or the most that can be charged, or a refusal.

use core::fmt;
use std::sync::Arc;

use scrip_ledger::id::Name;
use scrip_ledger::policy::JobPolicy;
use scrip_ledger::{Credits, Span};

use crate::input::ResolvedInput;

/// A request for a price.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    pub tool: &'a str,
    pub model: Option<&'a str>,
    /// Inputs by name, in any order.
    pub inputs: &'a [(&'a str, InputValue<'a>)],
    /// How many times the same job is wanted; each is priced and rounded alone.
    pub quantity: u64,
}

impl<'a> Ask<'a> {
    /// One job.
    pub fn new(tool: &'a str, model: Option<&'a str>, inputs: &'a [(&'a str, InputValue<'a>)]) -> Ask<'a> {
        Ask { tool, model, inputs, quantity: 1 }
    }
}

/// The value of an input as it was received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InputValue<'a> {
    /// A word, or a number by its own digits: JSON numbers arrive here as their source text.
    Text(&'a str),
    Bool(bool),
    /// Anything else, by what it is ("null", "a list", "an object"): always refused.
    Other(&'a str),
}

/// What is known about who asks and what happened before, where a price depends on it. The server hands
/// facts in and keeps them with the quote; without any, the catalog's own defaults apply.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// The customer's plan.
    pub plan: Option<Name>,
    /// How the request came in, one of the catalog's `facts.channel`.
    pub channel: Option<Name>,
    /// Speed or billing mode, one of the catalog's `facts.mode`.
    pub mode: Option<Name>,
    /// The job changes something that was made and paid before.
    pub revision: bool,
    /// The job repeats an earlier one with the same inputs.
    pub unchanged: bool,
    /// Jobs of this tool that counted towards its `first_free` in the period; none are free while it is not known.
    pub used_count: Option<u64>,
    /// Free units left, by the tool's `free_units`; a decimal.
    pub free_units_left: Option<Credits>,
    /// What was charged before for the same piece of work, by input; for prices that charge growth only.
    pub previous: Vec<(Name, Credits)>,
    /// Minute of the day (0 to 1439) and day of the week (1 Monday to 7 Sunday) in the studio's zone.
    pub minute_of_day: Option<u16>,
    pub weekday: Option<u8>,
}

/// Can the price be known before the job has run?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PriceKind {
    /// The price is known now and is what will be charged.
    Exact,
    /// A measured input was left open: this is the most that can be charged.
    Ceiling,
}

impl PriceKind {
    pub fn as_str(self) -> &'static str {
        match self {
            PriceKind::Exact => "exact",
            PriceKind::Ceiling => "ceiling",
        }
    }
}

/// A priced line: what a quote promises and a hold keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Priced {
    pub tool: Name,
    /// The model that the price is for; `None` for a tool without models.
    pub model: Option<Name>,
    pub quantity: u64,
    /// Inputs that have a value, in the order the tool declares them, defaults filled in.
    pub inputs: Vec<ResolvedInput>,
    /// Inputs that were left open and must be measured at the capture.
    pub unmeasured: Vec<Name>,
    pub kind: PriceKind,
    /// What the line costs, or at most costs.
    pub credits: Credits,
    /// What must be set aside before the job starts; the same amount.
    pub hold: Credits,
    /// What one of `quantity` costs; the last of them, where the first are free or cheaper.
    pub each: Credits,
    /// Jobs of the line that are free by the tool's `first_free`, and count towards it.
    pub free_jobs: u64,
    /// Free units that the line uses of the tool's `free_units`.
    pub free_units: Credits,
    pub currency: Name,
    /// Decimals of that currency are in here, with what the hold promises beside its price.
    pub policy: Arc<JobPolicy>,
    pub hold_ttl: Span,
    /// The facts the price was made with.
    pub facts: Option<Arc<Facts>>,
}

impl Priced {
    /// The inputs as canonical JSON: one object of texts, in declared order.
    pub fn inputs_json(&self) -> String {
        crate::input::to_json_text(&self.inputs)
    }
}

/// One named term of a price; the terms of a price sum to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExplainTerm {
    pub label: String,
    /// The term's part as an exact decimal, up to six decimals; rounding has a term of its own.
    pub credits: Credits,
}

/// A "no" to a request for a price. In order of precedence: the tool, the model, the inputs in the order they
/// are declared, inputs that the tool does not have, what the catalog has no price for, and size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PriceError {
    UnknownTool {
        tool: String,
        suggestion: Option<String>,
    },
    UnknownModel {
        tool: String,
        model: String,
        offered: Vec<String>,
        suggestion: Option<String>,
    },
    InvalidInput {
        input: String,
        reason: String,
        allowed: Option<String>,
    },
    Unpriced {
        tool: String,
        model: Option<String>,
        reason: String,
    },
    TooLarge {
        tool: String,
    },
    /// The price is finer than the credit, and the catalog says `rounding = "exact"`.
    TooFine {
        tool: String,
    },
}

impl PriceError {
    /// The stable code of the refusal.
    pub fn code(&self) -> &'static str {
        match self {
            PriceError::UnknownTool { .. } => "unknown_tool",
            PriceError::UnknownModel { .. } => "unknown_model",
            PriceError::InvalidInput { .. } | PriceError::TooLarge { .. } | PriceError::TooFine { .. } => {
                "invalid_input"
            }
            PriceError::Unpriced { .. } => "unpriced",
        }
    }

    /// The input that is wrong, where one is.
    pub fn input(&self) -> Option<&str> {
        match self {
            PriceError::InvalidInput { input, .. } => Some(input),
            _ => None,
        }
    }
}

impl fmt::Display for PriceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PriceError::UnknownTool { tool, suggestion } => {
                write!(f, "there is no tool {tool:?}")?;
                did_you_mean(f, suggestion)
            }
            PriceError::UnknownModel { tool, model, offered, suggestion } => {
                if offered.is_empty() {
                    return write!(f, "tool {tool:?} has no models; leave out model {model:?}");
                }
                write!(f, "tool {tool:?} does not offer model {model:?}")?;
                did_you_mean(f, suggestion)?;
                write!(f, "; offered: {}", offered.join(", "))
            }
            PriceError::InvalidInput { input, reason, allowed } => {
                write!(f, "input {input:?} {reason}")?;
                match allowed {
                    Some(allowed) => write!(f, "; allowed: {allowed}"),
                    None => Ok(()),
                }
            }
            PriceError::Unpriced { tool, model, reason } => {
                write!(f, "tool {tool:?} has no price")?;
                if let Some(model) = model {
                    write!(f, " for model {model:?}")?;
                }
                write!(f, ": {reason}")
            }
            PriceError::TooFine { tool } => {
                write!(f, "the price of tool {tool:?} is finer than the credit, and the catalog rounds nothing")
            }
            PriceError::TooLarge { tool } => write!(f, "the price of tool {tool:?} is larger than can be counted"),
        }
    }
}

fn did_you_mean(f: &mut fmt::Formatter<'_>, suggestion: &Option<String>) -> fmt::Result {
    match suggestion {
        Some(name) => write!(f, "; did you mean {name:?}?"),
        None => Ok(()),
    }
}

impl std::error::Error for PriceError {}
