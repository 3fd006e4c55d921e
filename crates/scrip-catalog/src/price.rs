//! Prices, compiled: whatever way the file says a price, it becomes parts that are added, adjusted and bounded,
//! worked out exactly and rounded once at the end.

pub(crate) mod adjust;
pub(crate) mod compile;
pub(crate) mod rate;
mod rows;
pub(crate) mod table;

use scrip_ledger::Credits;

use crate::formula::{Condition, Direction, EvalError, EvalErrorKind, Formula, Value};
use crate::rational::{NumberError, Rational};

use self::adjust::Adjust;
use self::rate::Rate;
use self::table::PriceTable;

/// A price: the sum of its parts, adjusted in order, within its bounds.
#[derive(Clone, Debug)]
pub(crate) struct Price {
    pub parts: Vec<Part>,
    pub adjust: Vec<Adjust>,
    pub min_credits: Option<Rational>,
    pub max_credits: Option<Rational>,
    /// What to hold while a measured input is open, if the catalog says it itself.
    pub ceiling: Option<Credits>,
}

#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub label: Option<String>,
    pub when: Option<Condition>,
    pub amount: Amount,
}

#[derive(Clone, Debug)]
pub(crate) enum Amount {
    Flat(Rational),
    Rate(Box<Rate>),
    Formula(Box<Formula>),
    Table(Box<PriceTable>),
    /// Parts of their own, with adjustments and bounds.
    Sum(Box<Price>),
}

/// What a price is worked out from: the slots of the tool's scope, and the time where the price follows it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Values<'a> {
    pub slots: &'a [Value<'a>],
    pub minute_of_day: Option<u16>,
    pub weekday: Option<u8>,
}

/// Why there is no price for these values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoPrice {
    /// No row of a table fits.
    NoRow,
    TooLarge,
}

impl From<NumberError> for NoPrice {
    fn from(_: NumberError) -> NoPrice {
        NoPrice::TooLarge
    }
}

impl From<EvalError> for NoPrice {
    fn from(error: EvalError) -> NoPrice {
        match error.kind {
            EvalErrorKind::NoRow => NoPrice::NoRow,
            _ => NoPrice::TooLarge,
        }
    }
}

/// One signed term of a price, before it is brought to the credit's decimals.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PriceTerm {
    pub label: String,
    pub amount: Rational,
}

impl Price {
    pub fn of(amount: Amount) -> Price {
        let part = Part { label: None, when: None, amount };
        Price { parts: vec![part], adjust: Vec::new(), min_credits: None, max_credits: None, ceiling: None }
    }

    pub fn eval(&self, values: Values<'_>) -> Result<Rational, NoPrice> {
        let mut sum = Rational::ZERO;
        for part in &self.parts {
            if part.counts(values)? {
                sum = sum.checked_add(part.amount.eval(values)?)?;
            }
        }
        for adjust in &self.adjust {
            sum = adjust.apply(sum, values)?;
        }
        Ok(self.bounded(sum))
    }

    fn bounded(&self, sum: Rational) -> Rational {
        let sum = self.min_credits.map_or(sum, |least| sum.max(least));
        self.max_credits.map_or(sum, |most| sum.min(most))
    }

    /// The price in parts which sum exactly to what `eval` answers.
    pub fn explain(&self, values: Values<'_>) -> Result<Vec<PriceTerm>, NoPrice> {
        let mut terms = Vec::new();
        for part in &self.parts {
            if part.counts(values)? {
                part.explain(values, &mut terms)?;
            }
        }
        let mut sum = sum_of(&terms)?;
        for adjust in &self.adjust {
            let adjusted = adjust.apply(sum, values)?;
            push_difference(&mut terms, adjust.label(), sum, adjusted)?;
            sum = adjusted;
        }
        let label = if sum < self.bounded(sum) { "minimum" } else { "maximum" };
        push_difference(&mut terms, label.to_owned(), sum, self.bounded(sum))?;
        Ok(terms)
    }

    /// Units that would be taken from the tool's free units if enough were left.
    pub fn free_units_wanted(&self, values: Values<'_>) -> Result<Rational, NoPrice> {
        let mut most = Rational::ZERO;
        for part in &self.parts {
            if part.counts(values)? {
                most = most.max(part.amount.free_units_wanted(values)?);
            }
        }
        Ok(most)
    }

    /// More of that input never costs less. `false` also where that is not proven.
    pub fn rises_with(&self, input: &str) -> bool {
        let unread = |condition: &Option<Condition>| {
            condition.as_ref().is_none_or(|condition| condition.reads().all(|name| name != input))
        };
        self.parts.iter().all(|part| unread(&part.when) && part.amount.rises_with(input))
            && self.adjust.iter().all(|adjust| unread(&adjust.when))
    }

    /// Does it depend on that input (or fact)?
    pub fn reads(&self, name: &str) -> bool {
        let reads = |condition: &Option<Condition>| {
            condition.as_ref().is_some_and(|condition| condition.reads().any(|read| read == name))
        };
        self.parts.iter().any(|part| reads(&part.when) || part.amount.reads(name))
            || self.adjust.iter().any(|adjust| reads(&adjust.when))
    }

    /// It is never lower; `None` if that is not known.
    pub fn lowest(&self) -> Option<Rational> {
        let mut sum = Rational::ZERO;
        for part in &self.parts {
            let low = part.amount.lowest()?;
            let low = if part.when.is_some() { low.min(Rational::ZERO) } else { low };
            sum = sum.checked_add(low).ok()?;
        }
        if !self.adjust.is_empty() && sum.is_negative() {
            return self.min_credits;
        }
        Some(self.min_credits.map_or(sum, |least| sum.max(least)))
    }

    /// The one amount that it always is.
    pub fn flat(&self) -> Option<Rational> {
        match self.parts.as_slice() {
            [Part { when: None, amount: Amount::Flat(amount), .. }] if self.adjust.is_empty() => {
                Some(self.bounded(*amount))
            }
            _ => None,
        }
    }

    /// The rate, where the price is nothing but an amount per unit.
    pub fn rate(&self) -> Option<&Rate> {
        match self.parts.as_slice() {
            [Part { when: None, amount: Amount::Rate(rate), .. }] if self.adjust.is_empty() => Some(rate),
            _ => None,
        }
    }
}

impl Part {
    fn counts(&self, values: Values<'_>) -> Result<bool, NoPrice> {
        Ok(match &self.when {
            Some(condition) => condition.eval(values.slots)?,
            None => true,
        })
    }

    fn explain(&self, values: Values<'_>, terms: &mut Vec<PriceTerm>) -> Result<(), NoPrice> {
        match (&self.label, &self.amount) {
            (None, Amount::Formula(formula)) => {
                for term in formula.explain(values.slots)?.terms {
                    terms.push(PriceTerm { label: term.label, amount: term.amount });
                }
            }
            (None, Amount::Sum(price)) => terms.extend(price.explain(values)?),
            (None, Amount::Table(table)) => terms.extend(table.explain(values)?),
            (None, amount) => terms.push(PriceTerm { label: amount.label(), amount: amount.eval(values)? }),
            (Some(label), amount) => terms.push(PriceTerm { label: label.clone(), amount: amount.eval(values)? }),
        }
        Ok(())
    }
}

impl Amount {
    pub fn eval(&self, values: Values<'_>) -> Result<Rational, NoPrice> {
        match self {
            Amount::Flat(amount) => Ok(*amount),
            Amount::Rate(rate) => Ok(rate.formula.eval(values.slots)?),
            Amount::Formula(formula) => Ok(formula.eval(values.slots)?),
            Amount::Table(table) => table.eval(values),
            Amount::Sum(price) => price.eval(values),
        }
    }

    fn free_units_wanted(&self, values: Values<'_>) -> Result<Rational, NoPrice> {
        match self {
            Amount::Flat(_) | Amount::Formula(_) => Ok(Rational::ZERO),
            Amount::Rate(rate) => rate.free_units_wanted(values),
            Amount::Table(table) => match table.row(values)? {
                Some(row) => row.price.free_units_wanted(values),
                None => Ok(Rational::ZERO),
            },
            Amount::Sum(price) => price.free_units_wanted(values),
        }
    }

    fn label(&self) -> String {
        match self {
            Amount::Flat(_) => "price".to_owned(),
            Amount::Rate(rate) => rate.input.to_string(),
            Amount::Formula(formula) => formula.to_string(),
            Amount::Table(_) | Amount::Sum(_) => "price".to_owned(),
        }
    }

    fn rises_with(&self, input: &str) -> bool {
        let rises = |formula: &Formula| {
            matches!(formula.monotone_in(input), Some(Direction::Constant | Direction::NonDecreasing))
        };
        match self {
            Amount::Flat(_) => true,
            Amount::Rate(rate) => rises(&rate.formula),
            Amount::Formula(formula) => rises(formula),
            Amount::Table(table) => table.rises_with(input),
            Amount::Sum(price) => price.rises_with(input),
        }
    }

    fn reads(&self, name: &str) -> bool {
        match self {
            Amount::Flat(_) => false,
            Amount::Rate(rate) => rate.formula.reads().any(|read| read == name),
            Amount::Formula(formula) => formula.reads().any(|read| read == name),
            Amount::Table(table) => table.reads(name),
            Amount::Sum(price) => price.reads(name),
        }
    }

    fn lowest(&self) -> Option<Rational> {
        match self {
            Amount::Flat(amount) => Some(*amount),
            // Quantities and amounts of a rate are not negative.
            Amount::Rate(_) => Some(Rational::ZERO),
            Amount::Formula(formula) => formula.lowest(),
            Amount::Table(table) => table.lowest(),
            Amount::Sum(price) => price.lowest(),
        }
    }
}

pub(crate) fn sum_of(terms: &[PriceTerm]) -> Result<Rational, NoPrice> {
    terms.iter().try_fold(Rational::ZERO, |sum, term| Ok(sum.checked_add(term.amount)?))
}

fn push_difference(terms: &mut Vec<PriceTerm>, label: String, from: Rational, to: Rational) -> Result<(), NoPrice> {
    let amount = to.checked_sub(from)?;
    if !amount.is_zero() {
        terms.push(PriceTerm { label, amount });
    }
    Ok(())
}
