//! Inputs of a tool: what a request may say, checked and brought to one canonical form.

use core::fmt;

use scrip_ledger::id::Name;

use crate::rational::Rational;

/// An input that a tool declares.
#[derive(Clone, Debug, PartialEq)]
pub struct Input {
    pub name: Name,
    pub kind: InputKind,
    /// What one of it is: `seconds`, `px`; the name itself where nothing else is said.
    pub unit: String,
    pub label: Option<String>,
    pub description: Option<String>,
    pub min: Option<Rational>,
    pub max: Option<Rational>,
    /// The only values allowed; empty: any within `min` and `max`.
    pub one_of: Vec<Value>,
    /// The value when the request gives none.
    pub default: Option<Value>,
    /// May be left out without a default: it then counts as zero (or as open, if it is measured).
    pub optional: bool,
    /// Known exactly only after the job: left open, it is held at `max` and captured as measured.
    pub measured: bool,
    /// Steps in which it can be chosen, for what a balance buys and what would fit.
    pub step: Rational,
    /// Does it change the price? If not, it is kept with the job only.
    pub priced: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InputKind {
    Integer,
    Decimal,
    /// Decimal seconds, rounded half up to the millisecond before anything else.
    Duration,
    Boolean,
    Word,
}

impl InputKind {
    pub fn as_str(self) -> &'static str {
        match self {
            InputKind::Integer => "integer",
            InputKind::Decimal => "decimal",
            InputKind::Duration => "duration",
            InputKind::Boolean => "boolean",
            InputKind::Word => "word",
        }
    }
}

/// A checked value of an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    Number(Rational),
    Bool(bool),
    Word(Name),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Number(number) => write!(f, "{number}"),
            Value::Bool(flag) => write!(f, "{flag}"),
            Value::Word(word) => write!(f, "{word}"),
        }
    }
}

/// An input with the value that a price was made with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResolvedInput {
    pub name: Name,
    pub value: Value,
}

/// Canonical JSON: one object of texts, in the order given.
pub(crate) fn to_json_text(inputs: &[ResolvedInput]) -> String {
    let mut text = String::with_capacity(2 + inputs.len() * 24);
    text.push('{');
    for (index, input) in inputs.iter().enumerate() {
        if index != 0 {
            text.push(',');
        }
        push_json_string(&mut text, &input.name);
        text.push(':');
        push_json_string(&mut text, &input.value.to_string());
    }
    text.push('}');
    text
}

fn push_json_string(text: &mut String, value: &str) {
    text.push_str(&serde_json::Value::from(value).to_string());
}
