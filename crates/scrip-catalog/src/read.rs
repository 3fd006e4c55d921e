//! Reading values out of a file whose shape has been checked: what is malformed was reported there, and reads as
//! absent here.

use std::ops::Range;

use scrip_ledger::id::Name;
use scrip_ledger::{Credits, Currency, Money, Span};

use crate::file::{Field, Node, Tree};
use crate::rational::Rational;
use crate::shape::{is_id, item_path, join};

/// A place in the file, with its path for messages.
#[derive(Clone)]
pub(crate) struct At<'a> {
    pub node: &'a Node,
    pub path: String,
}

impl<'a> At<'a> {
    pub fn root(node: &'a Node) -> At<'a> {
        At { node, path: String::new() }
    }

    pub fn get(&self, key: &str) -> Option<At<'a>> {
        let field = self.node.field(key)?;
        Some(At { node: &field.value, path: join(&self.path, key) })
    }

    pub fn has(&self, key: &str) -> bool {
        self.node.field(key).is_some()
    }

    /// The key's own place, for messages about the key.
    pub fn key_span(&self, key: &str) -> Range<usize> {
        self.node.field(key).map_or(self.node.span.clone(), |field| field.key_span.clone())
    }

    pub fn span(&self) -> Range<usize> {
        self.node.span.clone()
    }

    /// The place of the item's `id`, or of the item.
    pub fn id_span(&self) -> Range<usize> {
        self.node.field("id").map_or(self.node.span.clone(), |field| field.value.span.clone())
    }

    pub fn items(&self, key: &str) -> Vec<At<'a>> {
        let Some(list) = self.get(key) else { return Vec::new() };
        list.list()
    }

    pub fn list(&self) -> Vec<At<'a>> {
        let items = self.node.items().iter().enumerate();
        items.map(|(index, node)| At { node, path: item_path(&self.path, node, index) }).collect()
    }

    /// The parts of a table whose keys are the author's names.
    pub fn entries(&self) -> Vec<(&'a Field, At<'a>)> {
        let fields = self.node.fields().iter();
        fields.map(|field| (field, At { node: &field.value, path: join(&self.path, &field.key) })).collect()
    }

    pub fn text(&self, key: &str) -> Option<String> {
        self.get(key)?.node.text().map(str::to_owned)
    }

    pub fn word(&self, key: &str) -> Option<&'a str> {
        self.node.field(key)?.value.text()
    }

    pub fn name(&self, key: &str) -> Option<Name> {
        self.word(key).filter(|text| is_id(text)).map(Name::from)
    }

    pub fn bool(&self, key: &str) -> Option<bool> {
        match self.node.field(key)?.value.value {
            Tree::Bool(flag) => Some(flag),
            _ => None,
        }
    }

    pub fn integer(&self, key: &str) -> Option<i64> {
        integer(&self.node.field(key)?.value)
    }

    pub fn decimal(&self, key: &str) -> Option<Rational> {
        decimal(&self.node.field(key)?.value)
    }

    pub fn credits(&self, key: &str) -> Option<Credits> {
        credits(&self.node.field(key)?.value)
    }

    pub fn money(&self, key: &str) -> Option<Money> {
        money(&self.node.field(key)?.value)
    }

    pub fn span_of(&self, key: &str) -> Option<Span> {
        span(self.word(key)?)
    }

    /// A list of texts, each with its place.
    pub fn texts(&self, key: &str) -> Vec<(String, At<'a>)> {
        let items = self.items(key).into_iter();
        items.filter_map(|at| at.node.text().map(str::to_owned).map(|text| (text, at))).collect()
    }
}

pub(crate) fn integer(node: &Node) -> Option<i64> {
    match &node.value {
        Tree::Integer(digits) => digits.parse().ok(),
        _ => None,
    }
}

/// An integer or a decimal text, not negative and not finer than a millionth.
pub(crate) fn decimal(node: &Node) -> Option<Rational> {
    credits(node).map(Rational::from_credits)
}

pub(crate) fn credits(node: &Node) -> Option<Credits> {
    match &node.value {
        Tree::Integer(digits) | Tree::Text(digits) => digits.parse().ok(),
        _ => None,
    }
}

/// The value of an input as a request would give it.
pub(crate) fn input_text(node: &Node) -> Option<String> {
    match &node.value {
        Tree::Text(text) | Tree::Integer(text) => Some(text.clone()),
        Tree::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

/// "5.00 usd".
pub(crate) fn money(node: &Node) -> Option<Money> {
    let (amount, currency) = node.text()?.split_once(' ')?;
    Money::parse(amount, Currency::parse(&currency.to_lowercase())?).ok()
}

/// ISO 8601 without years and months, whose length varies: `P7D`, `PT15M`, `P1DT12H`, `P2W`.
pub(crate) fn span(text: &str) -> Option<Span> {
    let rest = text.strip_prefix('P')?;
    let (date, time) = match rest.split_once('T') {
        Some((_, "")) => return None,
        Some((date, time)) => (date, time),
        None => (rest, ""),
    };
    if date.is_empty() && time.is_empty() {
        return None;
    }
    let secs = units(date, &[('W', 604_800), ('D', 86_400)])?
        .checked_add(units(time, &[('H', 3_600), ('M', 60), ('S', 1)])?)?;
    // A century is longer than any promise.
    (0 < secs && secs <= 36_525 * 86_400).then(|| Span::from_secs(secs))
}

/// How long granted credits last: a length, or months of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lifetime {
    Span(Span),
    Months(u32),
}

/// ISO 8601, in months and years or without them: `P30D`, `P12M`, `P1Y`, `P1Y6M`.
pub(crate) fn lifetime(text: &str) -> Option<Lifetime> {
    span(text).map(Lifetime::Span).or_else(|| months(text).map(Lifetime::Months))
}

fn months(text: &str) -> Option<u32> {
    let months = units(text.strip_prefix('P')?, &[('Y', 12), ('M', 1)])?;
    // A century is longer than any promise.
    u32::try_from(months).ok().filter(|months| (1..=1_200).contains(months))
}

/// What to write instead of a span of years or months, whose lengths vary.
pub(crate) fn months_in_days(text: &str) -> Option<String> {
    let date = text.strip_prefix('P')?.split('T').next()?;
    let (number, days) = match (date.strip_suffix('Y'), date.strip_suffix('M')) {
        (Some(years), _) => (years, 365),
        (_, Some(months)) => (months, 30),
        _ => return None,
    };
    let days = number.parse::<u32>().ok()?.checked_mul(days)?;
    Some(format!("years and months vary in length: say it in days, such as \"P{days}D\""))
}

/// Numbers with their letters, each at most once and in that order.
fn units(mut text: &str, letters: &[(char, u64)]) -> Option<u64> {
    let mut total = 0u64;
    for (letter, secs) in letters {
        if let Some((number, rest)) = text.split_once(*letter) {
            if number.is_empty() || 9 < number.len() || !number.bytes().all(|b| b.is_ascii_digit()) {
                return None;
            }
            total = total.checked_add(number.parse::<u64>().ok()?.checked_mul(*secs)?)?;
            text = rest;
        }
    }
    text.is_empty().then_some(total)
}

/// A day of the calendar, `2025-06-27`, as a TOML date or a text.
pub(crate) fn date(node: &Node) -> Option<String> {
    let (Tree::Date(text) | Tree::Text(text)) = &node.value else { return None };
    let mut parts = text.splitn(3, '-');
    let mut number = |digits: usize| {
        let part = parts.next().filter(|part| part.len() == digits && part.bytes().all(|b| b.is_ascii_digit()))?;
        part.parse::<u32>().ok()
    };
    let (year, month, day) = (number(4)?, number(2)?, number(2)?);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        1..=12 => 31,
        _ => return None,
    };
    (1..=days).contains(&day).then(|| text.clone())
}

/// `22:30` as minutes of the day; `24:00` is its end.
pub(crate) fn time_of_day(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let number = |part: &str| (part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit())).then(|| part.parse().ok());
    let (hours, minutes): (u16, u16) = (number(hours)??, number(minutes)??);
    let total = hours * 60 + minutes;
    (minutes < 60 && total <= 1440).then_some(total)
}
