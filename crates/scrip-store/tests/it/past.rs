//! A wallet at a past time equals what was seen of it then.

use std::collections::BTreeMap;

use scrip_ledger::hold::Draw;
use scrip_ledger::id::{GrantId, HoldId, Name};
use scrip_ledger::plan::Interval;
use scrip_ledger::{Credits, Timestamp, Wallet};
use scrip_store::{Load, Page, PastWallet, ReadError, Store, SubscriptionFilter, Target};

use crate::commands::*;
use crate::offers::*;
use crate::place::{Place, check, commit, done, prove, run};
use crate::workload::Workload;

/// What is comparable of a wallet: all but keys, quotes, tallies and what has settled.
#[derive(Debug, PartialEq)]
struct Seen {
    wallet: Wallet,
    held: BTreeMap<HoldId, BTreeMap<GrantId, Credits>>,
}

/// What is shown of a wallet: grants with something in them, and no more of its head than its entries.
fn shown(wallet: &Wallet) -> Wallet {
    let mut shown = Wallet::new(wallet.id, wallet.studio);
    (shown.head.sequence, shown.head.hash) = (wallet.head.sequence, wallet.head.hash);
    shown.customers.clone_from(&wallet.customers);
    shown.members.clone_from(&wallet.members);
    shown.subscriptions.clone_from(&wallet.subscriptions);
    shown.grants = wallet.grants.iter().filter(|grant| !grant.is_settled()).cloned().collect();
    shown
}

fn now(wallet: &Wallet) -> Seen {
    let mut held: BTreeMap<HoldId, BTreeMap<GrantId, Credits>> = BTreeMap::new();
    for hold in wallet.holds.values().filter(|hold| hold.state.is_open()) {
        for draw in hold.state.lines.iter().flat_map(|line| &line.draws) {
            let rest = Draw::remaining(draw);
            if rest.is_positive() {
                let kept = held.entry(hold.id).or_default().entry(draw.grant).or_default();
                *kept = kept.checked_add(rest).unwrap();
            }
        }
    }
    Seen { wallet: shown(wallet), held }
}

fn then(past: &PastWallet) -> Seen {
    let held = past.holds.iter().map(|hold| (hold.id, hold.draws.iter().copied().collect())).collect();
    Seen { wallet: shown(&past.wallet), held }
}

#[test]
fn a_wallet_at_any_past_time_is_what_was_seen_of_it_then() {
    let place = Place::new();
    run(async {
        let mut store = place.open();
        studio_with(&store, plans_that_count()).await;
        store.commit(Workload::opening()).await.unwrap();
        let mut workload = Workload::with_plans(77);
        let mut seen: BTreeMap<(&str, Timestamp), Seen> = BTreeMap::new();
        let mut time = 0;
        for _ in 0..150 {
            time += workload.pause();
            place.move_clock(at(time));
            let job = workload.next(time);
            let answer = commit(&store, job.clone()).await;
            workload.learn(&job, &answer);
            for customer in ["ada", "bob"] {
                let target = Target::Customer(Name::from(customer));
                let look = store.read(STUDIO, target, Load::nothing(), |wallet, _| now(wallet)).await.unwrap();
                seen.insert((customer, at(time)), look);
            }
        }
        assert!(seen.len() > 40);
        for when in ["at once", "after a restart and with new views"] {
            for ((customer, time), seen) in &seen {
                let past = store.wallet_at(STUDIO, Name::from(*customer), *time).await.unwrap();
                assert_eq!(&then(&past), seen, "{when}: {customer} at {time:?}");
                let mut grants = store.balances_at(STUDIO, Name::from(*customer), *time).await.unwrap();
                grants.retain(|grant| !grant.is_settled());
                assert_eq!(grants, seen.wallet.grants, "{when}: {customer} at {time:?}");
            }
            store.close();
            scrip_store::rebuild(place.dir()).unwrap();
            store = place.open();
        }
        store.close();
    });
    prove(place.dir());
}

#[test]
fn what_fell_due_long_before_anybody_looked_is_told_at_its_own_time() {
    check(async |place, store| {
        studio_with(&store, plans()).await;
        place.move_clock(at(100));
        done(&store, job("ada", customer("ada"))).await;
        let first = subscribed(&store, job("ada", subscribe("ada", "basic", Interval::Day))).await;
        place.move_clock(at(3 * DAY + 200));
        for (when, cycle) in [(100, 0), (DAY + 99, 0), (DAY + 100, 1), (3 * DAY + 99, 2), (9 * DAY, 3)] {
            let past = store.wallet_at(STUDIO, Name::from("ada"), at(when)).await.unwrap().wallet;
            assert_eq!(past.subscriptions[&first.id].cycle, cycle, "at {when}");
            assert_eq!(available_in(&past, "free"), credits("20"), "at {when}");
        }
        for (customer, when) in [("ada", 99), ("bob", 200)] {
            let past = store.wallet_at(STUDIO, Name::from(customer), at(when)).await;
            assert_eq!(past, Err(ReadError::NotFound), "{customer} at {when}");
        }
    });
}

async fn listed(store: &Store, filter: SubscriptionFilter, limit: usize) -> Vec<String> {
    let mut plans = Vec::new();
    let mut page = Page::first(limit);
    loop {
        let part = store.subscriptions(STUDIO, filter.clone(), page).await.unwrap();
        plans.extend(part.items.iter().map(|one| format!("{} {}", one.plan.id, one.status.as_str())));
        let Some(next) = part.next else { return plans };
        page = Page::after(limit, next);
    }
}

#[test]
fn subscriptions_are_listed_and_found_by_their_own_id_and_by_their_add_ons() {
    check(async |place, store| {
        studio_with(&store, plans()).await;
        for id in ["ada", "bob", "cyd"] {
            done(&store, job(id, customer(id))).await;
        }
        let ada = subscribed(&store, job("ada", subscribe("ada", "basic", Interval::Day))).await;
        let bob = subscribed(&store, job("bob", subscribe("bob", "team", Interval::Day))).await;
        let cyd = subscribe_from("cyd", "basic", Interval::Month, Some(at(5 * DAY)));
        subscribed(&store, job("cyd", cyd)).await;
        let units = bought(&store, job("bob", buy_units("bob", 2))).await;
        done(&store, job("ada", cancel(ada.id, scrip_ledger::command::CancelAt::Now))).await;
        let any = SubscriptionFilter::default;
        for limit in [1, 2, 10] {
            assert_eq!(listed(&store, any(), limit).await, ["basic canceled", "team active", "basic scheduled"]);
        }
        let live = SubscriptionFilter { live: true, ..any() };
        assert_eq!(listed(&store, live, 10).await, ["team active"]);
        let basic = SubscriptionFilter { plan: Some(Name::from("basic")), ..any() };
        assert_eq!(listed(&store, basic, 10).await, ["basic canceled", "basic scheduled"]);
        place.move_clock(at(6 * DAY));
        let of_cyd = SubscriptionFilter { customer: Some(Name::from("cyd")), ..any() };
        assert_eq!(listed(&store, of_cyd, 10).await, ["basic active"], "what is due is done first");
        let found = store.subscription(STUDIO, bob.id).await.unwrap();
        assert_eq!((found.cycle, found.add_ons.len()), (6, 1));
        assert_eq!(store.subscription_of(STUDIO, units).await.unwrap(), found);
        let other = scrip_ledger::id::StudioId(2);
        assert_eq!(store.subscription(other, bob.id).await, Err(ReadError::NotFound));
        assert_eq!(store.subscription_of(other, units).await, Err(ReadError::NotFound));
    });
}
