//! The next charge: what a subscription costs next, the plan for each seat and the units on top (MISSION S3-28).
//!
//! Who takes the money is not the ledger's matter, but what comes next is: it is read from the same rules that the
//! next renewal follows.

use crate::add_on::{OnAnnual, cycles_at_once};
use crate::amount::Money;
use crate::book::{Book, Terms};
use crate::id::Name;
use crate::plan::{GrantPer, Interval, Plan, Rollout};
use crate::subscription::{AddOn, Subscription, SubscriptionStatus};
use crate::time::Timestamp;

/// What falls due next, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NextCharge {
    pub at: Timestamp,
    pub amount: Money,
    /// Those that have a price, in the currency of the first.
    pub lines: Vec<NextChargeLine>,
}

/// A plan or units, so many, at the price of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NextChargeLine {
    pub id: Name,
    pub name: String,
    pub quantity: u32,
    pub price: Money,
    pub amount: Money,
}

/// A line that may have no price.
struct Line {
    id: Name,
    name: String,
    quantity: u32,
    price: Option<Money>,
}

/// What a subscription is from its next renewal on.
pub(crate) struct Renewed<'t> {
    pub(crate) plan: &'t Plan,
    pub(crate) interval: Interval,
    pub(crate) seats: u32,
    /// The catalog that the plan is of; `None`: the subscription keeps what it has.
    pub(crate) version: Option<u32>,
}

/// A plan as it is for a customer: by its contract, or as the studio sells it.
pub(crate) fn plan_for<'t>(contracts: &'t [Plan], terms: &'t Terms, id: &str) -> Option<&'t Plan> {
    contracts.iter().find(|plan| plan.id.as_str() == id).or_else(|| terms.plan(id))
}

impl Subscription {
    /// What was chosen for the next cycle, as the terms that are in force by then have it.
    pub(crate) fn renewed<'t>(&'t self, contracts: &'t [Plan], terms: Option<&'t Terms>) -> Renewed<'t> {
        let own = &*self.plan;
        let (id, interval, seats) = match &self.next {
            Some(next) => (&next.plan, next.interval, next.seats),
            None => (&own.id, self.interval, self.seats),
        };
        let kept = Renewed { plan: own, interval, seats, version: None };
        let Some(terms) = terms else { return kept };
        let chosen = if *id == own.id { own } else { plan_for(contracts, terms, id).unwrap_or(own) };
        let sold = plan_for(contracts, terms, &chosen.id).filter(|plan| plan.terms(interval).is_some());
        match sold.filter(|_| terms.rules.rollout != Rollout::NewOnly) {
            Some(plan) => Renewed { plan, version: Some(terms.version), ..kept },
            None => Renewed { plan: chosen, ..kept },
        }
    }

    /// What it costs next; `contracts` are its customer's. `None` where nothing comes any more, or nothing of it has a
    /// price.
    pub fn next_charge(&self, book: &Book, contracts: &[Plan]) -> Option<NextCharge> {
        let (at, lines) = match self.status {
            SubscriptionStatus::Canceled => return None,
            SubscriptionStatus::Scheduled => (self.anchor, vec![plan_line(&self.plan, self.interval, self.seats)]),
            SubscriptionStatus::Trialing | SubscriptionStatus::Active | SubscriptionStatus::PastDue { .. } => {
                match (self.monthly_units(), self.period_end) {
                    (Some((at, lines)), end) if end.is_none_or(|end| at < end) => (at, lines),
                    (_, Some(end)) if !self.ends => (end, self.renewal_lines(book, contracts, end)),
                    _ => return None,
                }
            }
        };
        summed(at, lines)
    }

    fn renewal_lines(&self, book: &Book, contracts: &[Plan], at: Timestamp) -> Vec<Line> {
        let Renewed { plan, interval, seats, .. } = self.renewed(contracts, book.at(at).map(|terms| &**terms));
        let units = self.add_ons.iter().filter(|unit| unit.ended_at.is_none() && unit.goes_on_with(&plan.id));
        let units = units.map(|unit| units_line(unit, interval, seats));
        std::iter::once(plan_line(plan, interval, seats)).chain(units).collect()
    }

    /// Units on a longer plan that are billed month by month (MISSION A28).
    fn monthly_units(&self) -> Option<(Timestamp, Vec<Line>)> {
        let at = self.next_part_at?;
        let goes_on =
            |unit: &&AddOn| unit.ended_at.is_none() && !unit.ends && unit.terms.on_annual == OnAnnual::Monthly;
        let billed = self.add_ons.iter().filter(goes_on);
        let lines: Vec<Line> = billed.map(|unit| units_line(unit, Interval::Month, self.seats)).collect();
        (!lines.is_empty()).then_some((at, lines))
    }
}

fn plan_line(plan: &Plan, interval: Interval, seats: u32) -> Line {
    let price = plan.terms(interval).and_then(|terms| terms.price);
    Line { id: plan.id.clone(), name: plan.name.clone(), quantity: seats, price }
}

fn units_line(unit: &AddOn, interval: Interval, seats: u32) -> Line {
    let seats = if unit.terms.per == GrantPer::Seat { seats } else { 1 };
    let price = unit.terms.price.and_then(|price| price.times(cycles_at_once(&unit.terms, interval)));
    Line { id: unit.terms.id.clone(), name: unit.terms.name.clone(), quantity: unit.units.saturating_mul(seats), price }
}

fn summed(at: Timestamp, lines: Vec<Line>) -> Option<NextCharge> {
    let currency = lines.iter().find_map(|line| line.price)?.currency;
    let mut sum = Money { minor: 0, currency };
    let mut priced = Vec::with_capacity(lines.len());
    for Line { id, name, quantity, price } in lines {
        let Some(price) = price.filter(|price| price.currency == currency) else { continue };
        let amount = price.times(quantity)?;
        sum.minor = sum.minor.checked_add(amount.minor)?;
        priced.push(NextChargeLine { id, name, quantity, price, amount });
    }
    Some(NextCharge { at, amount: sum, lines: priced })
}
