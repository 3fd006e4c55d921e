//! Subscriptions, add-ons, and what would become of them.

use scrip_api::Text;
use scrip_api::subscription::{
    AddOn, AddOnNew, AddOnStatus, CancelAt, PlanChoice, Subscription, SubscriptionChange, SubscriptionNew,
    SubscriptionStatus,
};
use scrip_ledger::id::SubscriptionId;
use scrip_ledger::subscription::{self, SubscriptionStatus as Status};
use scrip_ledger::{Credits, Name, command};

use crate::problem::Problem;
use crate::wire::next_charge::Prices;
use crate::wire::plan::{interval_in, interval_out};
use crate::wire::{credits, instant, money, name, text, timestamp};

/// A plan to start. Refusal: `invalid_input`.
pub(crate) fn subscription_new(customer: Name, new: &SubscriptionNew<'_>) -> Result<command::SubscriptionNew, Problem> {
    Ok(command::SubscriptionNew {
        customer,
        plan: name("plan", &new.plan)?,
        interval: interval_in(new.interval),
        seats: new.seats,
        starts_at: new.starts_at.map(timestamp),
    })
}

/// Refusal: `invalid_input` (nothing is to be changed).
pub(crate) fn change_in(change: &SubscriptionChange<'_>) -> Result<command::SubscriptionChange, Problem> {
    let change = command::SubscriptionChange {
        plan: change.plan.as_ref().map(|plan| name("plan", plan)).transpose()?,
        interval: change.interval.map(interval_in),
        seats: change.seats,
        ends: change.cancel_at_period_end,
    };
    if change.plan.is_none() && change.interval.is_none() && change.seats.is_none() && change.ends.is_none() {
        let reason = "must be given, or `interval`, `seats` or `cancel_at_period_end`: nothing is to be changed";
        return Err(Problem::invalid_input("plan", reason));
    }
    Ok(change)
}

pub(crate) fn cancel_at(at: Option<CancelAt>) -> command::CancelAt {
    match at.unwrap_or_default() {
        CancelAt::PeriodEnd => command::CancelAt::PeriodEnd,
        CancelAt::Now => command::CancelAt::Now,
    }
}

/// Refusals: `invalid_input`; `not_found` (`subscription`: an id that is none).
pub(crate) fn add_on_new(customer: Name, new: &AddOnNew<'_>) -> Result<command::AddOnNew, Problem> {
    let subscription = new.subscription.as_ref().map(|id| id.parse::<SubscriptionId>());
    Ok(command::AddOnNew {
        customer,
        subscription: subscription.transpose().map_err(|_| Problem::not_found("subscription"))?,
        add_on: name("add_on", &new.add_on)?,
        units: new.units,
    })
}

/// `customer` is the owner of its pool.
pub(crate) fn subscription<'a>(
    subscription: &'a subscription::Subscription,
    customer: &'a Name,
    prices: &Prices<'_>,
) -> Subscription<'a> {
    let status = subscription.status;
    Subscription {
        id: Text::of(subscription.id),
        customer: text(customer),
        plan: text(&subscription.plan.id),
        interval: interval_out(subscription.interval),
        seats: subscription.seats,
        status: match status {
            Status::Scheduled => SubscriptionStatus::Scheduled,
            Status::Trialing => SubscriptionStatus::Trialing,
            Status::Active => SubscriptionStatus::Active,
            Status::PastDue { .. } => SubscriptionStatus::PastDue,
            Status::Canceled => SubscriptionStatus::Canceled,
        },
        period_start: instant(subscription.period_start),
        period_end: subscription.period_end.map(instant),
        cancel_at_period_end: subscription.ends,
        next: subscription.next.as_ref().map(|next| PlanChoice {
            plan: text(&next.plan),
            interval: interval_out(next.interval),
            seats: next.seats,
        }),
        catalog_version: subscription.catalog_version,
        trial_end: subscription.period_end.filter(|_| status == Status::Trialing).map(instant),
        past_due_until: match status {
            Status::PastDue { until, .. } => Some(instant(until)),
            _ => None,
        },
        add_ons: subscription.add_ons.iter().map(|unit| add_on(subscription, unit)).collect(),
        next_charge: prices.next_charge(subscription),
        created_at: instant(subscription.created_at),
        ended_at: subscription.ended_at.map(instant),
    }
}

/// Units, and what they belong to.
pub(crate) fn add_on<'a>(subscription: &'a subscription::Subscription, unit: &'a subscription::AddOn) -> AddOn<'a> {
    let ended_at = unit.ended_at.or(subscription.ended_at);
    let ends = unit.ends || subscription.ends;
    let per_cycle = unit.terms.credits.micro().checked_mul(i64::from(unit.units)).map(Credits::from_micro);
    let expires_at = subscription.period_end.filter(|_| ended_at.is_none()).map(instant);
    AddOn {
        id: Text::of(unit.id),
        subscription: Text::of(subscription.id),
        add_on: text(&unit.terms.id),
        units: unit.units,
        credits: credits(per_cycle.unwrap_or(Credits::MAX)),
        bucket: text(&unit.terms.bucket),
        price: unit.terms.price.as_ref().map(money),
        status: match (ended_at, ends) {
            (Some(_), _) => AddOnStatus::Ended,
            (None, true) => AddOnStatus::Ending,
            (None, false) => AddOnStatus::Active,
        },
        expires_at,
        ends_at: expires_at.filter(|_| ends),
        created_at: instant(unit.created_at),
        ended_at: ended_at.map(instant),
    }
}
