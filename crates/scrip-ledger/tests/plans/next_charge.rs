//! What a subscription is said to cost next is what its plan costs once that time has come.

use std::sync::Arc;

use crate::story::*;
use scrip_ledger::book::{Book, PlanRules, Terms};
use scrip_ledger::command::SubscriptionChange;
use scrip_ledger::plan::*;
use scrip_ledger::{Act, Money, Name, Span};

/// Sold until February, and what the same plans cost from then on.
fn versions(rollout: Rollout, trial: bool) -> Vec<Arc<Terms>> {
    let rules = PlanRules { rollout, ..PlanRules::default() };
    let sold = |month: &str, year: &str, large: &str| {
        let mut plans = vec![
            plan("basic", vec![(Interval::Month, month, vec![]), (Interval::Year, year, vec![])]),
            plan("large", vec![(Interval::Month, large, vec![])]),
        ];
        plans[0].seats = seats(SeatPool::Workspace, SeatAdded::Full);
        plans[0].trial = trial.then(|| Span::from_days(7));
        with_rules(plans, rules.clone())
    };
    let later = Terms { version: 2, effective_at: at("2026-01-03 00:00"), ..sold("12.00", "120.00", "36.00") };
    vec![Arc::new(sold("10.00", "100.00", "30.00")), Arc::new(later)]
}

/// What was announced, and what the plan in force then costs for its seats.
fn announced_and_due(versions: Vec<Arc<Terms>>, chosen: Option<(&str, Interval, u32)>) -> (Money, Money) {
    let mut story = Story::new(Terms::clone(&versions[0]));
    story.book = Book::new(versions);
    story.start("2026-01-01 00:00", "basic", Interval::Month, Some(2));
    let subscription = story.subscription.unwrap();
    if let Some((plan, interval, seats)) = chosen {
        let change = SubscriptionChange {
            plan: Some(Name::from(plan)),
            interval: Some(interval),
            seats: Some(seats),
            ends: None,
        };
        story.act("2026-01-05 00:00", Act::ChangeSubscription { subscription, change });
    }
    let announced = story.wallet.subscriptions[&subscription].next_charge(&story.book, &[]).unwrap();
    story.wait(&text(announced.at.after(Span::from_secs(60))));
    let renewed = &story.wallet.subscriptions[&subscription];
    let price = renewed.plan.terms(renewed.interval).and_then(|terms| terms.price).unwrap();
    (announced.amount, price.times(renewed.seats).unwrap())
}

#[test]
fn what_is_announced_is_what_the_plan_costs_once_renewed() {
    for rollout in [Rollout::NextRenewal, Rollout::Immediate, Rollout::NewOnly] {
        for trial in [false, true] {
            let choices = [("basic", Interval::Month, 1), ("basic", Interval::Year, 2), ("large", Interval::Month, 1)];
            for chosen in std::iter::once(None).chain(choices.map(Some)) {
                let (announced, due) = announced_and_due(versions(rollout, trial), chosen);
                assert_eq!(announced, due, "{rollout:?}, trial {trial}, {chosen:?}");
            }
        }
    }
}
