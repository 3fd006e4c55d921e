//! Inputs of a tool: what a request may say, checked and brought to one canonical form.

use core::fmt::{self, Write as _};

use scrip_ledger::id::Name;

use crate::file::{Node, Tree};
use crate::formula;
use crate::quote::{InputValue, PriceError};
use crate::rational::Rational;
use crate::read::At;
use crate::report::{Report, closest};

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
    /// The value where a price is shown without a request: what a balance buys.
    pub typical: Option<Value>,
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

impl Value {
    pub fn number(&self) -> Option<Rational> {
        match self {
            Value::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// As formulas read it.
    pub(crate) fn for_formula(&self) -> formula::Value<'_> {
        match self {
            Value::Number(number) => formula::Value::Number(*number),
            Value::Bool(flag) => formula::Value::Truth(*flag),
            Value::Word(word) => formula::Value::Word(word),
        }
    }
}

/// An input with the value that a price was made with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResolvedInput {
    pub name: Name,
    pub value: Value,
}

impl Input {
    /// Checks a value that a request gives.
    pub fn accept(&self, given: InputValue<'_>) -> Result<Value, PriceError> {
        let value = self.parse(given)?;
        if let Value::Number(number) = value {
            self.check_least(number)?;
        }
        if let (Value::Number(number), Some(max)) = (&value, self.max)
            && max < *number
        {
            return Err(self.refused(format!("must be at most {max}, not {number}")));
        }
        if !self.one_of.is_empty() && !self.one_of.contains(&value) {
            return Err(self.refused(format!("can't be {value}")));
        }
        Ok(value)
    }

    /// Checks a value that was measured after the job: what may be asked for does not bind it.
    pub fn accept_measured(&self, given: InputValue<'_>) -> Result<Value, PriceError> {
        let value = self.parse(given)?;
        let zero_counts = self.min.is_some_and(Rational::is_zero);
        match value {
            Value::Number(number) if number.is_zero() && !zero_counts => {
                Err(self.refused("must be more than 0; a job that made nothing is captured by its outcome".to_owned()))
            }
            value => Ok(value),
        }
    }

    /// Checks a value that a hold kept: it was checked when the hold was quoted.
    pub(crate) fn accept_held(&self, given: InputValue<'_>) -> Result<Value, PriceError> {
        self.parse(given)
    }

    fn parse(&self, given: InputValue<'_>) -> Result<Value, PriceError> {
        let text = match given {
            InputValue::Text(text) => text,
            InputValue::Bool(flag) if self.kind == InputKind::Boolean => return Ok(Value::Bool(flag)),
            InputValue::Bool(flag) => return Err(self.refused(format!("can't be {flag}"))),
            InputValue::Other(what) => return Err(self.refused(format!("can't be {what}"))),
        };
        match self.kind {
            InputKind::Word => Ok(Value::Word(self.word(text)?)),
            InputKind::Boolean => match text {
                "true" => Ok(Value::Bool(true)),
                "false" => Ok(Value::Bool(false)),
                _ => Err(self.refused(format!("must be true or false, not {}", shown(text)))),
            },
            InputKind::Integer | InputKind::Decimal | InputKind::Duration => {
                parse_number(self.kind, text).map(Value::Number).map_err(|wrong| self.refused(wrong.reason(text)))
            }
        }
    }

    fn check_least(&self, number: Rational) -> Result<(), PriceError> {
        match self.min {
            Some(min) if number < min => Err(self.refused(format!("must be at least {min}, not {number}"))),
            None if self.one_of.is_empty() && !number.is_positive() => {
                Err(self.refused("must be more than 0".to_owned()))
            }
            _ => Ok(()),
        }
    }

    fn word(&self, text: &str) -> Result<Name, PriceError> {
        if self.one_of.is_empty() {
            return match text.len() {
                1..=WORD_BYTES_MAX => Ok(Name::from(text)),
                0 => Err(self.refused("can't be empty".to_owned())),
                _ => Err(self.refused(format!("is longer than {WORD_BYTES_MAX} bytes: send a hash of it"))),
            };
        }
        let known = self.one_of.iter().filter_map(|value| match value {
            Value::Word(word) => Some(word),
            _ => None,
        });
        match known.clone().find(|word| word.as_str() == text) {
            Some(word) => Ok(word.clone()),
            None => {
                let meant = closest(text, known.map(Name::as_str));
                let hint = meant.map(|word| format!("; did you mean \"{word}\"?")).unwrap_or_default();
                Err(self.refused(format!("can't be {}{hint}", shown(text))))
            }
        }
    }

    pub(crate) fn refused(&self, reason: String) -> PriceError {
        PriceError::InvalidInput { input: self.name.to_string(), reason, allowed: Some(self.allowed()) }
    }

    /// What is allowed, in words: "seconds, more than 0, at most 30".
    pub fn allowed(&self) -> String {
        if !self.one_of.is_empty() {
            return self.one_of.iter().map(Value::to_string).collect::<Vec<_>>().join(", ");
        }
        let what = match self.kind {
            InputKind::Boolean => return "true, false".to_owned(),
            InputKind::Word => return format!("a text of at most {WORD_BYTES_MAX} bytes"),
            InputKind::Integer => "an integer",
            InputKind::Decimal => "a decimal number",
            InputKind::Duration => "seconds as a decimal number",
        };
        let least = self.min.map_or(", more than 0".to_owned(), |min| format!(", at least {min}"));
        let most = self.max.map_or(String::new(), |max| format!(", at most {max}"));
        format!("{what}{least}{most}")
    }

    /// The value for formulas when it was left out and has no default.
    pub(crate) fn absent(&self) -> formula::Value<'static> {
        match self.kind {
            InputKind::Boolean => formula::Value::Truth(false),
            InputKind::Word => formula::Value::Word(""),
            _ => formula::Value::Number(Rational::ZERO),
        }
    }

    /// A value that a request could give.
    pub(crate) fn some_value(&self) -> String {
        let listed = self.one_of.first().map(Value::to_string);
        listed.unwrap_or_else(|| match self.kind {
            InputKind::Boolean => "false".to_owned(),
            InputKind::Word => "any".to_owned(),
            _ => self.min.or(self.max).unwrap_or(Rational::ONE).to_string(),
        })
    }

    pub fn is_number(&self) -> bool {
        matches!(self.kind, InputKind::Integer | InputKind::Decimal | InputKind::Duration)
    }

    /// Left out of a request, is it open until it is measured?
    pub fn can_stay_open(&self) -> bool {
        self.measured && self.optional && self.default.is_none()
    }
}

/// Why a text is not a number of that kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum NotANumber {
    Malformed,
    Negative,
    Fraction,
    TooFine,
    TooLarge,
}

impl NotANumber {
    fn reason(self, text: &str) -> String {
        let text = shown(text);
        match self {
            NotANumber::Malformed => format!("must be plain digits, not {text}"),
            NotANumber::Negative => format!("must not be negative, as {text} is"),
            NotANumber::Fraction => format!("must be a whole number, not {text}"),
            NotANumber::TooFine => format!("must have at most six decimals, unlike {text}"),
            NotANumber::TooLarge => format!("is too large: {text}"),
        }
    }
}

/// A text of a request as a message may repeat it.
fn shown(text: &str) -> String {
    let short: String = text.chars().take(40).collect();
    if short.len() < text.len() { format!("{short:?}…") } else { format!("{short:?}") }
}

/// A word that no list bounds is kept with the job and its quote; a longer text is told apart by its hash.
const WORD_BYTES_MAX: usize = 256;

/// Integers and decimals that a request can hold are counted in millionths within 64 bits.
const DIGITS_MAX: usize = 60;

/// Plain digits with an optional point; a duration is rounded half up to the millisecond first (MISSION A14).
fn parse_number(kind: InputKind, text: &str) -> Result<Rational, NotANumber> {
    if let Some(magnitude) = text.strip_prefix('-') {
        let number = !magnitude.is_empty() && magnitude.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        return Err(if number { NotANumber::Negative } else { NotANumber::Malformed });
    }
    let (whole, fraction) = match text.split_once('.') {
        Some((_, "")) => return Err(NotANumber::Malformed),
        Some(parts) => parts,
        None => (text, ""),
    };
    if whole.is_empty() || !whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit()) {
        return Err(NotANumber::Malformed);
    }
    if DIGITS_MAX < text.len() && kind != InputKind::Duration {
        return Err(NotANumber::TooLarge);
    }
    let integer: i64 = whole.parse().ok().filter(|n| *n <= WHOLE_MAX).ok_or(NotANumber::TooLarge)?;
    let decimals = fraction.trim_end_matches('0');
    match kind {
        _ if decimals.is_empty() => Ok(Rational::from_integer(integer)),
        InputKind::Integer => Err(NotANumber::Fraction),
        InputKind::Duration => {
            let (millis, rest) = decimals.as_bytes().split_at(decimals.len().min(3));
            let up = rest.first().is_some_and(|digit| b'5' <= *digit);
            Ok(parts_of(integer, millis, 3, i64::from(up)))
        }
        _ if 6 < decimals.len() => Err(NotANumber::TooFine),
        _ => Ok(parts_of(integer, decimals.as_bytes(), 6, 0)),
    }
}

/// So that the number in millionths fits 64 bits.
const WHOLE_MAX: i64 = 9_000_000_000_000;

fn parts_of(whole: i64, decimals: &[u8], places: usize, more: i64) -> Rational {
    let padded = decimals.iter().copied().chain(std::iter::repeat(b'0')).take(places);
    let parts = padded.fold(0i64, |parts, digit| parts * 10 + i64::from(digit - b'0')) + more;
    let scale = 10i128.pow(places as u32);
    let total = i128::from(whole) * scale + i128::from(parts);
    // The scale is a power of ten and the total small: this can't be refused.
    Rational::new(total, scale).unwrap_or(Rational::ZERO)
}

/// Reads the inputs of a tool, in the order of the file.
pub(crate) fn read_all(tool: &At<'_>, report: &Report<'_>) -> Vec<Input> {
    let Some(inputs) = tool.get("inputs") else { return Vec::new() };
    let entries = inputs.entries();
    if INPUTS_MAX < entries.len() {
        report.error(tool.key_span("inputs"), &inputs.path, format!("a tool has at most {INPUTS_MAX} inputs"));
    }
    entries.iter().take(INPUTS_MAX).filter_map(|(field, at)| read(&field.key, at, report)).collect()
}

pub(crate) const INPUTS_MAX: usize = 40;

fn read(name: &str, at: &At<'_>, report: &Report<'_>) -> Option<Input> {
    let kind = read_kind(at, report)?;
    let values =
        |key: &str| -> Vec<Value> { at.items(key).iter().filter_map(|item| read_value(kind, item, report)).collect() };
    let one_of = values("one_of");
    let default = at.get("default").and_then(|at| read_value(kind, &at, report));
    let typical = at.get("typical").and_then(|at| read_value(kind, &at, report));
    let (min, max) = (at.decimal("min"), at.decimal("max"));
    let input = Input {
        name: Name::from(name),
        kind,
        unit: at
            .text("unit")
            .unwrap_or_else(|| if kind == InputKind::Duration { "seconds".to_owned() } else { name.to_owned() }),
        label: at.text("label"),
        description: at.text("description"),
        optional: at.bool("optional").unwrap_or(false),
        measured: at.bool("measured").unwrap_or(false),
        step: at.decimal("step").filter(|step| step.is_positive()).unwrap_or(Rational::ONE),
        priced: at.bool("priced").unwrap_or(true),
        min,
        max,
        one_of,
        default,
        typical,
    };
    check(&input, at, report);
    Some(input)
}

fn read_kind(at: &At<'_>, report: &Report<'_>) -> Option<InputKind> {
    let word = at.node.text().or_else(|| at.word("type"));
    let kind = match word {
        Some("integer") => InputKind::Integer,
        Some("decimal") => InputKind::Decimal,
        Some("duration") => InputKind::Duration,
        Some("boolean") => InputKind::Boolean,
        Some("word") => InputKind::Word,
        Some(_) => return None,
        None => match at.items("one_of").first().map(|at| at.node).or(at.get("default").map(|at| at.node)) {
            Some(node) => kind_of(node),
            None => {
                report.error_help(
                    at.span(),
                    &at.path,
                    "an input needs a `type`".to_owned(),
                    "one of integer, decimal, duration, boolean, word".to_owned(),
                );
                return None;
            }
        },
    };
    Some(kind)
}

fn kind_of(node: &Node) -> InputKind {
    match &node.value {
        Tree::Integer(_) => InputKind::Integer,
        Tree::Bool(_) => InputKind::Boolean,
        Tree::Text(text) if parse_number(InputKind::Decimal, text).is_ok() => InputKind::Decimal,
        _ => InputKind::Word,
    }
}

/// A value written in the file for an input of that kind.
pub(crate) fn read_value(kind: InputKind, at: &At<'_>, report: &Report<'_>) -> Option<Value> {
    let value = match (&at.node.value, kind) {
        (Tree::Bool(flag), InputKind::Boolean) => Some(Value::Bool(*flag)),
        (Tree::Text(text), InputKind::Word) => {
            crate::shape::is_id(text).then(|| Value::Word(Name::from(text.as_str())))
        }
        (Tree::Integer(text) | Tree::Text(text), InputKind::Integer | InputKind::Decimal | InputKind::Duration) => {
            parse_number(kind, text).ok().map(Value::Number)
        }
        // Refused with the shape.
        (Tree::Fraction(_) | Tree::Null, _) => return None,
        _ => None,
    };
    if value.is_none() {
        report.error(at.span(), &at.path, format!("must be {}", article(kind)));
    }
    value
}

fn article(kind: InputKind) -> &'static str {
    match kind {
        InputKind::Integer => "an integer that is not negative",
        InputKind::Decimal => "a decimal number that is not negative",
        InputKind::Duration => "seconds, not negative",
        InputKind::Boolean => "true or false",
        InputKind::Word => "a word (letters, digits, `_ - . / :`)",
    }
}

fn check(input: &Input, at: &At<'_>, report: &Report<'_>) {
    let error = |key: &str, message: String, help: &str| {
        let path = if at.has(key) { format!("{}.{key}", at.path) } else { at.path.clone() };
        report.error_help(at.key_span(key), &path, message, help.to_owned());
    };
    let number = input.is_number();
    for key in ["min", "max", "step", "measured"] {
        if at.has(key) && !number {
            error(key, format!("`{key}` is for numbers, not for a {}", input.kind.as_str()), "leave it out");
        }
    }
    if let (Some(min), Some(max)) = (input.min, input.max)
        && max < min
    {
        error("max", format!("the most ({max}) is less than the least ({min})"), "exchange them");
    }
    if input.kind == InputKind::Integer {
        for (key, bound) in [("min", input.min), ("max", input.max), ("step", Some(input.step))] {
            if bound.is_some_and(|bound| !bound.is_integer()) {
                error(key, format!("`{key}` of an integer must be an integer"), "or make the input a decimal");
            }
        }
    }
    if at.has("step") && at.decimal("step").is_some_and(|step| step.is_zero()) {
        error("step", "a step can't be zero".to_owned(), "leave it out for steps of 1");
    }
    let listed = !input.one_of.is_empty();
    if input.kind == InputKind::Word && !listed && input.priced {
        let key = if at.has("type") { "type" } else { "default" };
        let help = "add one_of = [\"…\", \"…\"]; or priced = false, if any will do and it is only kept with the job";
        error(key, "a word needs the words it may be".to_owned(), help);
    }
    check_allowed(input, at, report);
    if input.optional && input.default.is_some() {
        error("optional", "an input with a default is optional already".to_owned(), "leave `optional` out");
    }
    if input.optional && input.kind == InputKind::Word && (listed || input.priced) {
        error("optional", "a word that may be left out needs a default".to_owned(), "add default = \"…\"");
    }
    if input.measured && !input.optional {
        error("measured", "a measured input must be one that can be left open".to_owned(), "add optional = true");
    }
    if input.measured && input.max.is_none() {
        error(
            "measured",
            "a measured input needs `max`: while it is open, the most it can cost is held".to_owned(),
            "add max = …",
        );
    }
}

/// Values in `one_of` and `default` must be ones that a request could give.
fn check_allowed(input: &Input, at: &At<'_>, report: &Report<'_>) {
    let within = |value: &Value| match value {
        Value::Number(number) => {
            let low = input.min.map_or(number.is_positive() || !input.one_of.is_empty(), |min| min <= *number);
            low && input.max.is_none_or(|max| *number <= max)
        }
        _ => true,
    };
    for (index, value) in input.one_of.iter().enumerate() {
        let place = at.items("one_of").get(index).cloned();
        let Some(place) = place else { continue };
        if input.one_of[..index].contains(value) {
            report.error(place.span(), &place.path, format!("{value} is listed twice"));
        } else if !within(value) {
            report.error(place.span(), &place.path, format!("{value} is not between min and max"));
        }
    }
    for (key, default) in [("default", &input.default), ("typical", &input.typical)] {
        let (Some(default), Some(place)) = (default, at.get(key)) else { continue };
        let listed = input.one_of.is_empty() || input.one_of.contains(default);
        if !listed || !within(default) {
            let allowed = input.allowed();
            report.error_help(
                place.span(),
                &place.path,
                format!("the {key} {default} is not allowed"),
                format!("allowed: {allowed}"),
            );
        }
    }
}

/// What the formula language is told about an input.
pub(crate) fn number_input(input: &Input) -> formula::NumberInput {
    // What is left out counts as zero, except where it stays open and is measured.
    let zero = input.optional && !input.measured;
    let least = match input.kind {
        InputKind::Integer => Some(Rational::ONE),
        InputKind::Duration => Rational::new(1, 1_000).ok(),
        _ => Rational::new(1, 1_000_000).ok(),
    };
    let least = if input.one_of.is_empty() { least } else { None };
    let says_unit = input.kind == InputKind::Duration || input.unit != input.name.as_str();
    formula::NumberInput {
        min: if zero { Some(Rational::ZERO) } else { input.min.or(least) },
        max: input.max,
        one_of: if zero { Vec::new() } else { input.one_of.iter().filter_map(Value::number).collect() },
        integer: input.kind == InputKind::Integer,
        unit: says_unit.then(|| input.unit.clone()),
    }
}

/// Canonical JSON: one object of texts, in the order given.
pub(crate) fn to_json_text(inputs: &[ResolvedInput]) -> String {
    let mut text = String::with_capacity(2 + inputs.len() * 24);
    text.push('{');
    for (index, input) in inputs.iter().enumerate() {
        text.push_str(if index == 0 { "" } else { "," });
        push_json_string(&mut text, &input.name);
        text.push(':');
        match &input.value {
            Value::Word(word) => push_json_string(&mut text, word),
            Value::Bool(flag) => text.push_str(if *flag { "\"true\"" } else { "\"false\"" }),
            Value::Number(number) => {
                // Writing to a text does not fail.
                let _ = write!(text, "\"{number}\"");
            }
        }
    }
    text.push('}');
    text
}

fn push_json_string(text: &mut String, value: &str) {
    if value.bytes().all(|b| matches!(b, b' '..=b'~') && b != b'"' && b != b'\\') {
        text.push('"');
        text.push_str(value);
        text.push('"');
    } else {
        text.push_str(&serde_json::Value::from(value).to_string());
    }
}
