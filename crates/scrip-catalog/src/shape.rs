//! The vocabulary in which the file's shape is described once (`format.rs`), and the check of a file against it.
//!
//! The checker, the JSON Schema and the reference page all read the same description.

use crate::file::{Node, Tree};
use crate::report::{Report, closest};

/// A table with known keys.
pub(crate) struct TableShape {
    /// What one is called: "a tool".
    pub name: &'static str,
    pub doc: &'static str,
    pub fields: &'static [FieldShape],
    /// Other keys (inputs, say) with values of this shape.
    pub others: Option<&'static Shape>,
}

pub(crate) struct FieldShape {
    pub key: &'static str,
    pub required: bool,
    pub shape: &'static Shape,
    pub doc: &'static str,
}

/// What a value may be.
pub(crate) enum Shape {
    /// A name that requests use: letters, digits and `_ - . / :`.
    Id,
    Text,
    Integer {
        min: i64,
        max: i64,
    },
    /// Credits: an integer or a decimal text.
    Credits,
    /// A number that is not credits: an integer or a decimal text.
    Decimal,
    /// "5.00 usd".
    Money,
    Boolean,
    Word(&'static [&'static str]),
    /// ISO 8601: `PT15M`, `P30D`.
    Span,
    /// ISO 8601, also months and years of the calendar: `P30D`, `P12M`, `P1Y`.
    Lifetime,
    /// `2025-06-27`.
    Date,
    /// `22:00`.
    TimeOfDay,
    Formula,
    /// The value of an input: an integer, a decimal text, true or false, a word.
    InputValue,
    List(&'static Shape),
    /// A table whose keys are the author's own names.
    Map(&'static Shape),
    Table(&'static TableShape),
    /// One of several, told apart by what the value is.
    Any(&'static [Shape]),
    /// A shape with words of its own for messages.
    Named(&'static str, &'static Shape),
}

/// Checks a value and all below it; reports everything that does not fit.
pub(crate) fn check(node: &Node, shape: &Shape, path: &str, report: &Report<'_>) {
    check_in(None, node, shape, path, report);
}

/// The same for a value of a table.
fn check_in(outer: Option<&TableShape>, node: &Node, shape: &Shape, path: &str, report: &Report<'_>) {
    match shape {
        Shape::Table(table) => check_table(outer, node, table, path, report),
        Shape::List(item) => match &node.value {
            Tree::List(items) => {
                for (index, node) in items.iter().enumerate() {
                    check_in(outer, node, item, &item_path(path, node, index), report);
                }
            }
            _ => mismatch(node, shape, path, report),
        },
        Shape::Map(value) => match &node.value {
            Tree::Table(fields) => {
                for field in fields {
                    check_in(outer, &field.value, value, &join(path, &field.key), report);
                }
            }
            _ => mismatch(node, shape, path, report),
        },
        Shape::Named(_, named) if fits_kind(node, named) => check_in(outer, node, named, path, report),
        Shape::Any(shapes) => match shapes.iter().find(|shape| fits_kind(node, shape)) {
            Some(shape) => check_in(outer, node, shape, path, report),
            None => mismatch(node, shape, path, report),
        },
        _ if !fits_kind(node, shape) => mismatch(node, shape, path, report),
        _ => check_scalar(node, shape, path, report),
    }
}

fn check_table(outer: Option<&TableShape>, node: &Node, table: &TableShape, path: &str, report: &Report<'_>) {
    let Tree::Table(fields) = &node.value else {
        let message = format!("must be a table ({}), not {}", table.doc, node.kind());
        return report.error_help(node.span.clone(), path, message, crate::hint::for_table(node, table));
    };
    let mut helps = Vec::new();
    for field in fields {
        let path = join(path, &field.key);
        match (table.fields.iter().find(|known| known.key == field.key), table.others) {
            (Some(known), _) => check_in(Some(table), &field.value, known.shape, &path, report),
            // A name with a dot in it is told where names are read.
            (None, Some(_)) if field.key.starts_with(|first: char| first.is_ascii_digit()) => {}
            (None, Some(other)) => check_in(Some(table), &field.value, other, &path, report),
            (None, None) => helps.push(unknown_key(outer, field, table, &path, report)),
        }
    }
    let was_meant = |key: &str| helps.iter().any(|help| *help == crate::hint::did_you_mean_key(key));
    let missing = |known: &&FieldShape| known.required && node.field(known.key).is_none() && !was_meant(known.key);
    for known in table.fields.iter().filter(missing) {
        let at = node.span.start..node.span.start.saturating_add(1).min(node.span.end);
        report.error_help(
            head(node, at),
            path,
            format!("{} needs `{}`", table.name, known.key),
            format!("`{}`: {}", known.key, known.doc),
        );
    }
}

/// The first line of a table is enough to find it.
fn head(node: &Node, fallback: core::ops::Range<usize>) -> core::ops::Range<usize> {
    match node.fields().first() {
        Some(field) if node.span.is_empty() || node.span.end < field.key_span.start => field.key_span.clone(),
        _ if node.span.len() <= 80 => node.span.clone(),
        _ => fallback,
    }
}

/// Reports a key that is not known there, and answers what it said to do.
fn unknown_key(
    outer: Option<&TableShape>,
    field: &crate::file::Field,
    table: &TableShape,
    path: &str,
    report: &Report<'_>,
) -> String {
    let known = table.fields.iter().map(|field| field.key);
    let meant = crate::hint::for_key(table.name, &field.key).map(str::to_owned);
    let elsewhere = || crate::hint::for_key_elsewhere(outer, table, &field.key);
    let close = || closest(&field.key, known.clone()).map(crate::hint::did_you_mean_key);
    let help = match meant.or_else(elsewhere).or_else(close) {
        Some(help) => help,
        None => format!("{} can say: {}", table.name, known.collect::<Vec<_>>().join(", ")),
    };
    let message = format!("{} has no key `{}`", table.name, field.key);
    report.error_help(field.key_span.clone(), path, message, help.clone());
    help
}

/// Is the value of the kind that the shape is about? Its content is checked after.
fn fits_kind(node: &Node, shape: &Shape) -> bool {
    match (shape, &node.value) {
        (Shape::Any(shapes), _) => shapes.iter().any(|shape| fits_kind(node, shape)),
        (Shape::Named(_, shape), _) => fits_kind(node, shape),
        (Shape::Table(_) | Shape::Map(_), Tree::Table(_)) => true,
        (Shape::List(_), Tree::List(_)) => true,
        (Shape::Boolean, Tree::Bool(_)) => true,
        (Shape::Integer { .. } | Shape::Credits | Shape::Decimal, Tree::Integer(_)) => true,
        // Refused with a better message than "not a text".
        (Shape::Credits | Shape::Decimal | Shape::InputValue, Tree::Fraction(_)) => true,
        (Shape::Date, Tree::Date(_)) => true,
        (Shape::InputValue, Tree::Integer(_) | Tree::Bool(_) | Tree::Text(_)) => true,
        (
            Shape::Id
            | Shape::Text
            | Shape::Credits
            | Shape::Decimal
            | Shape::Money
            | Shape::Word(_)
            | Shape::Span
            | Shape::Lifetime
            | Shape::Date
            | Shape::TimeOfDay
            | Shape::Formula,
            Tree::Text(_),
        ) => true,
        _ => false,
    }
}

fn check_scalar(node: &Node, shape: &Shape, path: &str, report: &Report<'_>) {
    if let Tree::Fraction(digits) = &node.value {
        return binary_fraction(node, digits, path, report);
    }
    let text = node.text().unwrap_or_default();
    let wrong = match shape {
        Shape::Id => !is_id(text),
        Shape::Text | Shape::Formula => text.trim().is_empty(),
        Shape::Integer { min, max } => !crate::read::integer(node).is_some_and(|value| (*min..=*max).contains(&value)),
        Shape::Credits => crate::read::credits(node).is_none(),
        Shape::Decimal => crate::read::decimal(node).is_none(),
        Shape::Money => crate::read::money(node).is_none(),
        Shape::Span => crate::read::span(text).is_none(),
        Shape::Lifetime => crate::read::lifetime(text).is_none(),
        Shape::Date => crate::read::date(node).is_none(),
        Shape::TimeOfDay => crate::read::time_of_day(text).is_none(),
        Shape::Word(words) if !words.contains(&text) => {
            let close = closest(text, words.iter().copied()).map(crate::hint::did_you_mean);
            let message = format!("must be {}, not {text:?}", shape.describe());
            match close.or_else(|| crate::hint::for_value(node, shape)) {
                Some(help) => report.error_help(node.span.clone(), path, message, help),
                None => report.error(node.span.clone(), path, message),
            }
            false
        }
        _ => false,
    };
    if wrong {
        let message = format!("must be {}", shape.describe());
        let days = crate::read::months_in_days(text).filter(|_| matches!(shape, Shape::Span));
        match days.or_else(|| crate::hint::for_value(node, shape)) {
            Some(help) => report.error_help(node.span.clone(), path, message, help),
            None => report.error(node.span.clone(), path, message),
        }
    }
}

fn binary_fraction(node: &Node, digits: &str, path: &str, report: &Report<'_>) {
    let message = format!("{digits} would be read as a binary fraction, which is not exact");
    report.error_help(node.span.clone(), path, message, format!("write it as a text: \"{digits}\""));
}

fn mismatch(node: &Node, shape: &Shape, path: &str, report: &Report<'_>) {
    if let Tree::Fraction(digits) = &node.value
        && shape.takes_numbers()
    {
        return binary_fraction(node, digits, path, report);
    }
    let found = match &node.value {
        Tree::Null => "null (leave the key out instead)",
        _ => node.kind(),
    };
    let message = format!("must be {}, not {found}", shape.describe());
    match crate::hint::for_value(node, shape) {
        Some(help) => report.error_help(node.span.clone(), path, message, help),
        None => report.error(node.span.clone(), path, message),
    }
}

impl Shape {
    /// "an integer from 0 to 6"
    pub fn describe(&self) -> String {
        match self {
            Shape::Id => "an id (letters, digits, `_ - . / :`, at most 128)".to_owned(),
            Shape::Text => "a text".to_owned(),
            Shape::Integer { min, max: i64::MAX } => format!("an integer of {min} or more"),
            Shape::Integer { min, max } => format!("an integer from {min} to {max}"),
            Shape::Credits => "credits (an integer, or a decimal as a text such as \"0.1\")".to_owned(),
            Shape::Decimal => "a number (an integer, or a decimal as a text such as \"0.5\")".to_owned(),
            Shape::Money => "an amount of money such as \"5.00 usd\"".to_owned(),
            Shape::Boolean => "true or false".to_owned(),
            Shape::Word(words) => format!("one of {}", quoted(words)),
            Shape::Span => "a span of time such as \"PT15M\" or \"P30D\"".to_owned(),
            Shape::Lifetime => "a span of time such as \"P30D\" or \"P12M\"".to_owned(),
            Shape::Date => "a date such as \"2025-06-27\"".to_owned(),
            Shape::TimeOfDay => "a time of day such as \"22:00\"".to_owned(),
            Shape::Formula => "a formula".to_owned(),
            Shape::InputValue => "a value (an integer, a decimal as a text, true or false, a word)".to_owned(),
            Shape::List(item) => format!("a list, each of it {}", item.describe()),
            Shape::Map(value) => format!("a table of names, each {}", value.describe()),
            Shape::Table(table) => format!("a table ({})", table.doc),
            Shape::Any(shapes) => shapes.iter().map(Shape::describe).collect::<Vec<_>>().join(", or "),
            Shape::Named(name, _) => (*name).to_owned(),
        }
    }

    fn takes_numbers(&self) -> bool {
        match self {
            Shape::Integer { .. } | Shape::Credits | Shape::Decimal | Shape::InputValue => true,
            Shape::Any(shapes) => shapes.iter().any(Shape::takes_numbers),
            Shape::Named(_, shape) => shape.takes_numbers(),
            _ => false,
        }
    }
}

fn quoted(words: &[&str]) -> String {
    words.iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(", ")
}

pub(crate) fn is_id(text: &str) -> bool {
    (1..=128).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'/' | b':'))
}

pub(crate) fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

/// Parts of a list are named by their id, or else by their place.
pub(crate) fn item_path(path: &str, node: &Node, index: usize) -> String {
    match node.field("id").and_then(|id| id.value.text()) {
        Some(id) => join(path, id),
        None => format!("{path}[{index}]"),
    }
}
