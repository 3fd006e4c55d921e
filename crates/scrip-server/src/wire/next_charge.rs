//! What a subscription costs next: the plan for each seat, and the units on top (MISSION S3-28).

use scrip_api::Text;
use scrip_api::subscription::{NextCharge, NextChargeLine};
use scrip_ledger::add_on::OnAnnual;
use scrip_ledger::book::Book;
use scrip_ledger::plan::{Interval, Plan, Rollout};
use scrip_ledger::subscription::{AddOn, Subscription, SubscriptionStatus};
use scrip_ledger::{Money, Timestamp};

use crate::wire::{instant, money};

/// Where the prices of the next period are found: the customer's contracts, then what the studio sells then.
pub(crate) struct Prices<'a> {
    pub(crate) book: &'a Book,
    pub(crate) contracts: &'a [Plan],
}

/// A plan or units, so many, at the price of one.
struct Line {
    id: String,
    name: String,
    quantity: u32,
    price: Option<Money>,
}

impl Prices<'_> {
    /// `None` where nothing comes any more, or nothing of it has a price.
    pub(crate) fn next_charge(&self, subscription: &Subscription) -> Option<NextCharge<'static>> {
        let (at, lines) = match subscription.status {
            SubscriptionStatus::Canceled => return None,
            SubscriptionStatus::Scheduled => (subscription.anchor, vec![self.plan(subscription, subscription.anchor)?]),
            _ => match (monthly(subscription), subscription.period_end) {
                (Some((at, lines)), end) if end.is_none_or(|end| at < end) => (at, lines),
                (_, Some(end)) if !subscription.ends => (end, self.renewal(subscription, end)?),
                _ => return None,
            },
        };
        summed(at, lines)
    }

    fn renewal(&self, subscription: &Subscription, at: Timestamp) -> Option<Vec<Line>> {
        let plan = self.plan(subscription, at)?;
        let next = subscription.next.as_ref();
        let interval = next.map_or(subscription.interval, |next| next.interval);
        let goes_on = |unit: &&AddOn| {
            let allowed = unit.terms.plans.iter().any(|allowed| allowed.as_str() == plan.id);
            unit.ended_at.is_none() && !unit.ends && allowed
        };
        let units: Vec<Line> =
            subscription.add_ons.iter().filter(goes_on).map(|unit| units(unit, interval == Interval::Year)).collect();
        Some(std::iter::once(plan).chain(units).collect())
    }

    /// The plan as the next period has it.
    fn plan(&self, subscription: &Subscription, at: Timestamp) -> Option<Line> {
        let own = &*subscription.plan;
        let (id, interval, seats) = match &subscription.next {
            Some(next) => (&next.plan, next.interval, next.seats),
            None => (&own.id, subscription.interval, subscription.seats),
        };
        let terms = self.book.at(at);
        let keeps_terms = subscription.next.is_none()
            && (subscription.status == SubscriptionStatus::Trialing
                || terms.is_none_or(|terms| terms.rules.rollout == Rollout::NewOnly));
        let found = self.contracts.iter().find(|plan| plan.id == *id).or_else(|| terms?.plan(id));
        let plan = if keeps_terms { own } else { found.unwrap_or(own) };
        let price = plan.terms(interval).or_else(|| own.terms(interval))?.price;
        Some(Line { id: id.to_string(), name: plan.name.clone(), quantity: seats, price })
    }
}

/// Units on a longer plan that are billed month by month (MISSION A28).
fn monthly(subscription: &Subscription) -> Option<(Timestamp, Vec<Line>)> {
    let at = subscription.next_part_at?;
    let billed = |unit: &&AddOn| unit.ended_at.is_none() && unit.terms.on_annual == OnAnnual::Monthly;
    let lines: Vec<Line> = subscription.add_ons.iter().filter(billed).map(|unit| units(unit, false)).collect();
    (!lines.is_empty()).then_some((at, lines))
}

fn units(unit: &AddOn, annual: bool) -> Line {
    let months = if annual && unit.terms.on_annual == OnAnnual::Inherit { 12 } else { 1 };
    let price = unit.terms.price.and_then(|price| times(price, months));
    Line { id: unit.terms.id.to_string(), name: unit.terms.name.clone(), quantity: unit.units, price }
}

fn times(price: Money, count: u32) -> Option<Money> {
    price.minor.checked_mul(i64::from(count)).map(|minor| Money { minor, ..price })
}

/// The lines that have a price, in the currency of the first.
fn summed(at: Timestamp, lines: Vec<Line>) -> Option<NextCharge<'static>> {
    let currency = lines.iter().find_map(|line| line.price)?.currency;
    let mut total = Money { minor: 0, currency };
    let mut shown = Vec::with_capacity(lines.len());
    for line in lines {
        let Some(price) = line.price.filter(|price| price.currency == currency) else { continue };
        let amount = times(price, line.quantity)?;
        total.minor = total.minor.checked_add(amount.minor)?;
        shown.push(NextChargeLine {
            id: Text::from(line.id),
            name: Text::from(line.name),
            quantity: line.quantity,
            price: money(&price),
            amount: money(&amount),
        });
    }
    let currency = Text::from(currency.code().to_owned());
    Some(NextCharge { amount: Text::from(total.amount()), currency, at: instant(at), lines: shown })
}
