//! Prices in words: "5 credits per action", "0.1 acorns for every 4 images".

use scrip_ledger::plan::Interval;
use scrip_ledger::{Money, Span};

use crate::input::{Input, InputKind};
use crate::price::rate::{Counting, Rate};
use crate::price::{Amount, Price};
use crate::rate_card::RatePrice;
use crate::rational::Rational;
use crate::studio::CreditUnit;
use crate::tool::Tool;

/// `1 credit`, `5 credits`.
pub(crate) fn credits(amount: Rational, unit: &CreditUnit) -> String {
    let name = if amount == Rational::ONE { &unit.name } else { &unit.plural };
    format!("{} {name}", digits(amount))
}

/// `$49.00`, `€49.00`, `49.00 CHF`.
pub(crate) fn money(money: Money) -> String {
    let (amount, code) = (money.amount(), money.currency.code());
    match code {
        "usd" => format!("${amount}"),
        "eur" => format!("€{amount}"),
        "gbp" => format!("£{amount}"),
        _ => format!("{amount} {}", code.to_uppercase()),
    }
}

/// Thousands are set apart, as price lists do: 12,000.
pub(crate) fn digits(amount: Rational) -> String {
    let text = amount.to_string();
    let (whole, rest) = match text.find(['.', '/']) {
        Some(at) => text.split_at(at),
        None => (text.as_str(), ""),
    };
    if rest.starts_with('/') {
        return text;
    }
    let mut grouped = String::with_capacity(text.len() + 4);
    for (index, digit) in whole.chars().enumerate() {
        if index != 0 && (whole.len() - index) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped + rest
}

/// What is shown beside it.
const BY_TABLE: &str = "by table";

/// A price as a price list shows it.
pub(crate) fn price(price: &Price, tool: &Tool, unit: &CreditUnit) -> RatePrice {
    if let Some(amount) = price.flat() {
        return RatePrice {
            text: if amount.is_zero() { "free".to_owned() } else { credits(amount, unit) },
            credits: Some(amount.to_string()),
            per: None,
            formula: None,
        };
    }
    if let Some(rate) = price.rate() {
        return rate_words(rate, tool, unit);
    }
    let formula = formula(price, tool, unit);
    if formula == BY_TABLE {
        return RatePrice { text: formula, credits: None, per: None, formula: None };
    }
    RatePrice { text: formula.clone(), credits: None, per: None, formula: Some(formula) }
}

fn rate_words(rate: &Rate, tool: &Tool, unit: &CreditUnit) -> RatePrice {
    let input = tool.input(&rate.input);
    let per = per(rate, input);
    let Some(amount) = rate.terms.credits else {
        let text = tiers(rate, input, unit);
        return RatePrice { text, credits: None, per: Some(per), formula: Some(rate.formula.to_string()) };
    };
    let text = if Shown::of(rate, input).blocks(rate) == Rational::ONE {
        format!("{} per {per}", credits(amount, unit))
    } else {
        format!("{} for every {per}", credits(amount, unit))
    };
    RatePrice {
        text: text + &conditions(rate, input),
        credits: Some(amount.to_string()),
        per: Some(per),
        formula: None,
    }
}

/// What a rate is told in: its input's unit, or minutes and hours of it.
struct Shown {
    unit: String,
    /// Of the input's unit, how many one is.
    size: Rational,
}

impl Shown {
    fn of(rate: &Rate, input: Option<&Input>) -> Shown {
        let unit = input.map_or(rate.input.to_string(), |input| input.unit.clone());
        let longer = [(3_600, "hours"), (60, "minutes")].map(|(size, name)| (Rational::from_integer(size), name));
        let of_time = input.is_some_and(|input| input.kind == InputKind::Duration && input.unit == "seconds");
        let fits = |size: Rational| rate.terms.block.checked_div(size).is_ok_and(|blocks| blocks.is_integer());
        match longer.into_iter().find(|(size, _)| of_time && fits(*size)) {
            Some((size, name)) => Shown { unit: name.to_owned(), size },
            None => Shown { unit, size: Rational::ONE },
        }
    }

    /// The block of the rate, in this unit.
    fn blocks(&self, rate: &Rate) -> Rational {
        rate.terms.block.checked_div(self.size).unwrap_or(rate.terms.block)
    }

    /// A quantity of the input: in this unit if it is whole in it, else in the input's.
    fn quantity(&self, quantity: Rational, input: Option<&Input>) -> String {
        match quantity.checked_div(self.size) {
            Ok(whole) if whole.is_integer() || input.is_none() => counted(whole, &self.unit),
            _ => counted(quantity, input.map_or(&self.unit, |input| &input.unit)),
        }
    }
}

/// `1 minute`, `30 seconds`.
pub(crate) fn counted(number: Rational, plural: &str) -> String {
    let unit = if number == Rational::ONE { one_of(plural) } else { plural.to_owned() };
    format!("{} {unit}", digits(number))
}

/// `second`, `4 images`.
fn per(rate: &Rate, input: Option<&Input>) -> String {
    let shown = Shown::of(rate, input);
    match shown.blocks(rate) {
        Rational::ONE => one_of(&shown.unit),
        blocks => format!("{} {}", digits(blocks), shown.unit),
    }
}

/// `7 days`, `36 hours`, `90 minutes`, or seconds.
pub(crate) fn lasting(span: Span) -> String {
    let seconds = span.micros() / 1_000_000;
    let units = [(86_400, "days"), (3_600, "hours"), (60, "minutes")];
    let (size, unit) = units.into_iter().find(|(size, _)| seconds.is_multiple_of(*size)).unwrap_or((1, "seconds"));
    counted(Rational::from_integer(i64::try_from(seconds / size).unwrap_or(i64::MAX)), unit)
}

/// ` (once)`, ` (at most 2 a month)`
pub(crate) fn at_most(count: u32, per: Option<Interval>) -> String {
    match (count, per) {
        (1, None) => " (once)".to_owned(),
        (count, per) => format!(" (at most {count}{})", often(per)),
    }
}

/// ` a day`; nothing where it is for ever.
pub(crate) fn often(per: Option<Interval>) -> &'static str {
    match per {
        None => "",
        Some(Interval::Hour) => " an hour",
        Some(Interval::Day) => " a day",
        Some(Interval::Week) => " a week",
        Some(Interval::ThirtyDays) => " in 30 days",
        Some(Interval::Month) => " a month",
        Some(Interval::Year) => " a year",
    }
}

/// One of what a plural names.
fn one_of(plural: &str) -> String {
    match plural.strip_suffix('s') {
        Some(one) if !one.ends_with('s') && !one.is_empty() => one.to_owned(),
        _ => plural.to_owned(),
    }
}

fn conditions(rate: &Rate, input: Option<&Input>) -> String {
    let shown = Shown::of(rate, input);
    let terms = &rate.terms;
    let mut said = Vec::new();
    if terms.increment != terms.block && terms.counting != Counting::Exact {
        said.push(format!("counted by {}", shown.quantity(terms.increment, input)));
    }
    if let Some(least) = terms.min_quantity {
        said.push(format!("at least {}", shown.quantity(least, input)));
    }
    if let Some(most) = terms.max_quantity {
        said.push(format!("at most {}", shown.quantity(most, input)));
    }
    if let Some(free) = terms.free_quantity {
        said.push(format!("the first {} free", shown.quantity(free, input)));
    }
    if terms.growth_only {
        said.push("of what is new".to_owned());
    }
    if said.is_empty() { String::new() } else { format!(" ({})", said.join(", ")) }
}

/// Tiers end after so many blocks.
fn tiers(rate: &Rate, input: Option<&Input>, unit: &CreditUnit) -> String {
    let shown = Shown::of(rate, input);
    let quantity = |blocks: Rational| blocks.checked_mul(rate.terms.block).unwrap_or(blocks);
    let tiers = rate.terms.tiers.iter().map(|tier| match tier.up_to {
        Some(up_to) => {
            format!("up to {}: {}", shown.quantity(quantity(up_to), input), credits(tier.credits, unit))
        }
        None => format!("then: {}", credits(tier.credits, unit)),
    });
    tiers.collect::<Vec<_>>().join(", ")
}

/// The sum of the parts, with the names of inputs as customers read them.
fn formula(price: &Price, tool: &Tool, unit: &CreditUnit) -> String {
    let names = |name: &str| tool.input(name).and_then(|input| input.label.clone());
    let parts = price.parts.iter().map(|part| {
        let amount = match &part.amount {
            Amount::Flat(amount) => amount.to_string(),
            Amount::Rate(rate) => rate_words(rate, tool, unit).text,
            Amount::Formula(formula) => formula.display_with(&names),
            Amount::Table(_) => BY_TABLE.to_owned(),
            Amount::Sum(price) => format!("({})", self::formula(price, tool, unit)),
        };
        match &part.when {
            Some(when) => format!("({amount} if {when})"),
            None => amount,
        }
    });
    let mut text = parts.collect::<Vec<_>>().join(" + ");
    for adjust in &price.adjust {
        text = format!("{text}, {}", adjust.label());
    }
    text
}
