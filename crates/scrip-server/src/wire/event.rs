//! Events as they are shown: what happened, to whom, and what it was about.

use scrip_api::event::Event;
use scrip_api::input::Json;
use scrip_api::{Credits, Money, Text};
use scrip_ledger::book::Book;
use scrip_ledger::note::Level;
use scrip_store::{About, EventOf};
use serde::Serialize;
use serde_json::Value;

use crate::problem::Problem;
use crate::wire::next_charge::Prices;
use crate::wire::{self, charge, credits, instant, money, text};

pub(crate) fn event(event: &scrip_store::Event) -> Result<Event<'_>, Problem> {
    let of = event.of.as_ref();
    let data = data(&event.about, of).and_then(|data| Json::of(&data));
    Ok(Event {
        id: Text::of(event.id),
        kind: Text::new(event.kind.as_str()),
        created_at: instant(event.at),
        customer: of.map(|of| text(&of.customer)),
        sequence: of.and_then(|of| of.sequence),
        traceparent: wire::text_opt(&event.trace),
        data: data.ok_or_else(|| Problem::internal("an event can't be shown"))?,
    })
}

#[derive(Serialize)]
struct Grant<'a> {
    id: Text<'a>,
    bucket: Text<'a>,
    currency: Text<'a>,
    kind: &'static str,
    /// What was granted, expired, taken back, frozen or thawed.
    amount: Credits,
    seat: Option<u32>,
    expires_at: Option<jiff::Timestamp>,
}

#[derive(Serialize)]
struct Balance<'a> {
    currency: Text<'a>,
    available: Credits,
    /// What percentages are of, where they are what is told.
    quota: Option<Credits>,
    /// At or below this share of the quota.
    percent: Option<u8>,
    /// At or below so many credits.
    threshold: Option<Credits>,
}

#[derive(Serialize)]
struct Reset<'a> {
    subscription: Text<'a>,
    plan: Text<'a>,
    cycle: u32,
    period_end: Option<jiff::Timestamp>,
}

#[derive(Serialize)]
struct Limit<'a> {
    kind: &'static str,
    member: Option<Text<'a>>,
    at_most: Credits,
}

/// What is due, and for what: the product collects it.
#[derive(Serialize)]
struct OverageDue {
    reason: &'static str,
    credits: Credits,
    amount: Money<'static>,
}

#[derive(Serialize)]
struct Catalog {
    version: u32,
    effective_at: jiff::Timestamp,
}

fn data(about: &About, of: Option<&EventOf>) -> Option<Value> {
    let value = match about {
        About::Hold(hold) => serde_json::to_value(wire::hold::hold(hold)),
        About::Charge(charge) => return charged(charge),
        About::Refund(refund) => serde_json::to_value(charge::refund(refund)),
        About::Grant { id, terms, amount } => serde_json::to_value(Grant {
            id: Text::of(id),
            bucket: text(&terms.bucket),
            currency: text(&terms.currency),
            kind: terms.kind.as_str(),
            amount: credits(*amount),
            seat: terms.seat,
            expires_at: terms.expires_at.map(instant),
        }),
        About::Subscription(subscription) => return subscribed(subscription, of?),
        About::AddOn { subscription, id } => {
            let unit = subscription.add_ons.iter().find(|unit| unit.id == *id)?;
            serde_json::to_value(wire::subscription::add_on(subscription, unit))
        }
        About::Balance { currency, available, quota, level } => serde_json::to_value(Balance {
            currency: text(currency),
            available: credits(*available),
            quota: quota.is_positive().then(|| credits(*quota)),
            percent: match level {
                Level::Low(percent) => Some(*percent),
                Level::LowCredits(_) | Level::Depleted | Level::Recovered => None,
            },
            threshold: match level {
                Level::LowCredits(threshold) => Some(credits(*threshold)),
                Level::Low(_) | Level::Depleted | Level::Recovered => None,
            },
        }),
        About::Reset { subscription, cycle } => serde_json::to_value(Reset {
            subscription: Text::of(subscription.id),
            plan: text(&subscription.plan.id),
            cycle: *cycle,
            period_end: subscription.period_end.map(instant),
        }),
        About::Limit { member, kind, at_most } => serde_json::to_value(Limit {
            kind: kind.as_str(),
            member: wire::text_opt(member),
            at_most: credits(*at_most),
        }),
        About::OverageDue { credits: due, price } => {
            serde_json::to_value(OverageDue { reason: "overage", credits: credits(*due), amount: money(price) })
        }
        About::Catalog(version) => {
            serde_json::to_value(Catalog { version: version.number, effective_at: instant(version.effective_at) })
        }
    };
    value.ok()
}

/// A charge, without what only its hold knows.
fn charged(charge: &scrip_ledger::charge::Charge) -> Option<Value> {
    let about = charge::About::default();
    let mut value = serde_json::to_value(charge::charge(charge, &about)).ok()?;
    without(&mut value, &["quote", "metadata"]);
    for line in value.get_mut("lines").and_then(Value::as_array_mut).into_iter().flatten() {
        without(line, &["label", "quantity", "inputs"]);
    }
    Some(value)
}

/// A subscription, without what prices of today make of it.
fn subscribed(subscription: &scrip_ledger::subscription::Subscription, of: &EventOf) -> Option<Value> {
    let prices = Prices { book: &Book::default(), contracts: &[] };
    let mut value = serde_json::to_value(wire::subscription::subscription(subscription, &of.customer, &prices)).ok()?;
    without(&mut value, &["next_charge"]);
    Some(value)
}

fn without(value: &mut Value, names: &[&str]) {
    if let Some(members) = value.as_object_mut() {
        members.retain(|name, _| !names.contains(&name.as_str()));
    }
}
