//! What a balance buys: the largest whole quantity of each tool that can be paid, so that a number that is
//! shown can always be spent (MISSION S2-16 to S2-19).

use std::sync::Arc;

use scrip_ledger::Credits;
use scrip_ledger::id::Name;

use crate::catalog::Catalog;
use crate::input::{Input, InputKind, Value};
use crate::price::{Amount, Price};
use crate::quote::{Ask, Facts, InputValue, PriceError};
use crate::rational::{Rational, Rounding};
use crate::tool::{Model, Tool};

/// What is left, in one tool's own unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Affordable {
    pub tool: Name,
    pub model: Option<Name>,
    /// `seconds`, `images`, …; `runs` where a job has one price.
    pub unit: String,
    /// A decimal in steps of the input; `None` if the tool is free.
    pub quantity: Option<String>,
}

/// Steps beyond this are not counted: more than any wallet can pay.
const STEPS_MAX: u64 = 1 << 40;
/// Steps that are tried one by one where more may cost less.
const TRIED_MAX: u64 = 2_000;

impl Catalog {
    /// What a balance buys of each tool and model; `available` is what may be spent on that tool, in its unit.
    ///
    /// Exact: quantities come from the same pricing as quotes. An input with a `max` is counted over as many jobs
    /// as can be paid. A tool that needs inputs without a `default` or `typical` value is left out.
    pub fn affordability(&self, available: impl Fn(&Tool) -> Credits, only: Option<&[&str]>) -> Vec<Affordable> {
        self.affordability_with(available, only, None)
    }

    /// The same at the prices of a plan, a channel, a mode and an hour. What is free at first is left out: a number
    /// that is shown holds for the credits.
    pub fn affordability_with(
        &self,
        available: impl Fn(&Tool) -> Credits,
        only: Option<&[&str]>,
        facts: Option<&Facts>,
    ) -> Vec<Affordable> {
        let facts = facts.map(|facts| {
            let Facts { plan, channel, mode, minute_of_day, weekday, .. } = facts.clone();
            Arc::new(Facts { plan, channel, mode, minute_of_day, weekday, ..Facts::default() })
        });
        let wanted = |tool: &&Tool| !tool.retired && only.is_none_or(|ids| ids.contains(&tool.id.as_str()));
        let mut bought = Vec::new();
        for tool in self.tools.iter().filter(wanted) {
            let credits = available(tool).max(Credits::ZERO);
            let own = (tool.models.is_empty()).then_some(None);
            for model in own.into_iter().chain(tool.offered().map(Some)) {
                bought.extend(self.bought(tool, model, credits, facts.as_ref()));
            }
        }
        bought
    }

    fn bought(
        &self,
        tool: &Tool,
        model: Option<&Model>,
        credits: Credits,
        facts: Option<&Arc<Facts>>,
    ) -> Option<Affordable> {
        let price = model.and_then(|model| model.price.as_ref()).or(tool.price.as_ref())?;
        let counted = counted_input(tool, price);
        let typical = typical_inputs(tool, counted)?;
        let probe = Probe { catalog: self, tool, model: model.map(|model| &model.id), typical, facts };
        let (unit, quantity) = match counted {
            Some(input) => (input.unit.clone(), probe.quantity(input, price, credits)?),
            None => ("runs".to_owned(), probe.runs(credits)?),
        };
        Some(Affordable {
            tool: tool.id.clone(),
            model: model.map(|model| model.id.clone()),
            unit,
            quantity: quantity.map(|quantity| quantity.to_string()),
        })
    }
}

/// The input in which a tool is counted: that of its rate, or else a duration that the price follows.
fn counted_input<'t>(tool: &'t Tool, price: &Price) -> Option<&'t Input> {
    counted_inputs(tool, price).into_iter().next()
}

/// Inputs that say how much is made, rates first.
pub(crate) fn counted_inputs<'t>(tool: &'t Tool, price: &Price) -> Vec<&'t Input> {
    let mut names = Vec::new();
    rated_inputs(price, &mut names);
    let rated = names.into_iter().filter_map(|name| tool.input(name));
    let follows = |input: &&Input| input.kind == InputKind::Duration && price.reads(&input.name);
    let mut inputs: Vec<&Input> = Vec::new();
    for input in rated.chain(tool.inputs.iter().filter(follows)) {
        if !inputs.iter().any(|known| known.name == input.name) {
            inputs.push(input);
        }
    }
    inputs
}

fn rated_inputs<'p>(price: &'p Price, names: &mut Vec<&'p Name>) {
    for part in &price.parts {
        match &part.amount {
            Amount::Rate(rate) => names.push(&rate.input),
            Amount::Table(table) => table.rows.iter().for_each(|row| rated_inputs(&row.price, names)),
            Amount::Sum(price) => rated_inputs(price, names),
            Amount::Flat(_) | Amount::Formula(_) => {}
        }
    }
}

/// Values of the other inputs: what the catalog calls typical, or their defaults; any, where it changes no price.
fn typical_inputs(tool: &Tool, counted: Option<&Input>) -> Option<Vec<(Name, String)>> {
    let mut values = Vec::new();
    for input in tool.inputs.iter().filter(|input| counted.is_none_or(|counted| counted.name != input.name)) {
        match (&input.typical, &input.default) {
            (Some(value), _) => values.push((input.name.clone(), value.to_string())),
            (None, Some(_)) => {}
            (None, None) if input.optional && !input.can_stay_open() => {}
            (None, None) if !input.priced => values.push((input.name.clone(), input.some_value())),
            (None, None) => return None,
        }
    }
    Some(values)
}

/// Prices one tool and model with one input varied.
struct Probe<'a> {
    catalog: &'a Catalog,
    tool: &'a Tool,
    model: Option<&'a Name>,
    typical: Vec<(Name, String)>,
    facts: Option<&'a Arc<Facts>>,
}

/// No price at all, or the quantity: `None` is without end.
type Quantity = Option<Option<Rational>>;

impl Probe<'_> {
    fn price(&self, varied: Option<(&Input, Rational)>) -> Result<Credits, PriceError> {
        let text = varied.map(|(input, number)| (input.name.as_str(), number.to_string()));
        let typical = self.typical.iter().map(|(name, value)| (name.as_str(), InputValue::Text(value)));
        let varied = text.iter().map(|(name, number)| (*name, InputValue::Text(number)));
        let given: Vec<(&str, InputValue<'_>)> = typical.chain(varied).collect();
        let ask = Ask::new(&self.tool.id, self.model.map(Name::as_str), &given);
        self.catalog.price_with(&ask, self.facts).map(|priced| priced.credits)
    }

    fn runs(&self, credits: Credits) -> Quantity {
        let each = self.price(None).ok()?;
        if each.is_zero() {
            return Some(None);
        }
        Some(Some(Rational::from_integer(credits.micro() / each.micro())))
    }

    fn quantity(&self, input: &Input, price: &Price, credits: Credits) -> Quantity {
        if !input.one_of.is_empty() {
            return self.of_listed(input, credits);
        }
        let (first, last) = steps(input)?;
        let rises = price.rises_with(&input.name);
        let most = last.map(|last| self.price_at(input, last));
        match most {
            Some(Ok(most)) if most.is_zero() => return Some(None),
            // As many whole jobs as can be paid, and what is left buys a part of one more.
            Some(Ok(most)) if rises => {
                let jobs = credits.micro() / most.micro();
                let rest = Credits::from_micro(credits.micro() % most.micro());
                let full = at(input, last?)?.checked_mul(Rational::from_integer(jobs)).ok()?;
                let part = self.largest(input, first, last, rest, rises);
                return Some(full.checked_add(part.unwrap_or(Rational::ZERO)).ok());
            }
            None if self.price_at(input, STEPS_MAX.min(1 << 30)).is_ok_and(Credits::is_zero) => return Some(None),
            _ => {}
        }
        Some(Some(self.largest(input, first, last, credits, rises).unwrap_or(Rational::ZERO)))
    }

    fn price_at(&self, input: &Input, step: u64) -> Result<Credits, PriceError> {
        match at(input, step) {
            Some(number) => self.price(Some((input, number))),
            None => Err(PriceError::TooLarge { tool: self.tool.id.to_string() }),
        }
    }

    /// The largest number of steps whose price can be paid.
    fn largest(&self, input: &Input, first: u64, last: Option<u64>, credits: Credits, rises: bool) -> Option<Rational> {
        let fits = |step: u64| self.price_at(input, step).is_ok_and(|price| price <= credits);
        largest_step(first, last, rises, fits).and_then(|step| at(input, step))
    }

    /// Allowed values, largest first: as many of each as can be paid.
    fn of_listed(&self, input: &Input, credits: Credits) -> Quantity {
        let mut values: Vec<Rational> = input.one_of.iter().filter_map(Value::number).collect();
        values.sort();
        let (mut left, mut total) = (credits.micro(), Rational::ZERO);
        for value in values.into_iter().rev() {
            let Ok(price) = self.price(Some((input, value))) else { continue };
            if price.is_zero() {
                return Some(None);
            }
            let jobs = left / price.micro();
            left %= price.micro();
            total = value.checked_mul(Rational::from_integer(jobs)).and_then(|sum| total.checked_add(sum)).ok()?;
        }
        Some(Some(total))
    }
}

/// The first and last whole step of an input that may be asked for.
pub(crate) fn steps(input: &Input) -> Option<(u64, Option<u64>)> {
    let count = |number: Rational, rounding| {
        let steps = number.checked_div(input.step).ok()?.round_by(rounding).ok()?.to_integer()?;
        u64::try_from(steps).ok()
    };
    let first = count(input.min.unwrap_or(Rational::ZERO), Rounding::Up)?.max(1);
    let last = match input.max {
        Some(max) => Some(count(max, Rounding::Down)?.min(STEPS_MAX)),
        None => None,
    };
    Some((first, last))
}

/// The value after that many steps.
pub(crate) fn at(input: &Input, step: u64) -> Option<Rational> {
    Rational::from_integer(i64::try_from(step).ok()?).checked_mul(input.step).ok()
}

/// The largest step that fits; `rises` says that what fits is all below some step.
pub(crate) fn largest_step(first: u64, last: Option<u64>, rises: bool, fits: impl Fn(u64) -> bool) -> Option<u64> {
    if !rises {
        let last = last.unwrap_or(u64::MAX).min(first.saturating_add(TRIED_MAX));
        return (first..=last).rev().find(|step| fits(*step));
    }
    if last.is_some_and(|last| last < first) || !fits(first) {
        return None;
    }
    let mut low = first;
    let mut high = first;
    let most = last.unwrap_or(STEPS_MAX);
    while high < most {
        high = high.saturating_mul(2).min(most);
        if !fits(high) {
            break;
        }
        low = high;
    }
    // `low` fits; `high` is the end, or does not fit.
    while low + 1 < high {
        let middle = low + (high - low) / 2;
        if fits(middle) { low = middle } else { high = middle }
    }
    Some(low)
}
