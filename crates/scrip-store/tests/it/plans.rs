//! Plans in the store: what is due happens however late, whoever looks, and wherever the wallet was kept.

use std::sync::Arc;

use scrip_ledger::command::CancelAt;
use scrip_ledger::grant::Grant;
use scrip_ledger::id::Name;
use scrip_ledger::plan::Interval;
use scrip_ledger::tally::Counted;
use scrip_ledger::{Credits, Wallet};
use scrip_store::{Load, Store, Target};

use crate::commands::*;
use crate::offers::*;
use crate::place::{Place, check, done, forgotten, held, prove, run};

async fn see<R: Send + 'static>(store: &Store, customer: &str, look: impl FnOnce(&Wallet) -> R + Send + 'static) -> R {
    let target = Target::Customer(Name::from(customer));
    store.read(STUDIO, target, Load::nothing(), |wallet, _| look(wallet)).await.expect("the customer is there")
}

#[test]
fn a_wallet_that_left_memory_comes_back_with_its_plans() {
    let place = Place::new();
    run(async {
        let store = place.open_forgetful();
        studio_with(&store, plans_that_count()).await;
        done(&store, job("ada", customer("ada"))).await;
        done(&store, job("bob", customer("bob"))).await;
        let first = subscribed(&store, job("ada", subscribe("ada", "basic", Interval::Month))).await;
        bought(&store, job("ada", buy_units("ada", 2))).await;
        for act in [claim("ada"), purchase("ada"), charge("ada", "1")] {
            done(&store, job("ada", act)).await;
        }
        let wallet = see(&store, "ada", Wallet::clone).await;
        for _ in 0..3 {
            forgotten(&store).await;
            done(&store, job("bob", grant("bob", "1"))).await;
        }
        let again = see(&store, "ada", Wallet::clone).await;
        assert_eq!((&again.subscriptions, &again.tallies), (&wallet.subscriptions, &wallet.tallies));
        assert!(wallet.tallies.len() >= 4, "{:?}", wallet.tallies);
        let refused = crate::place::commit(&store, job("ada", claim("ada"))).await.outcome;
        assert!(refused.is_err(), "once a day: {refused:?}");
        assert_eq!(again.grants, wallet.grants);
        assert_eq!(again.subscriptions[&first.id].add_ons.len(), 1);
        store.close();
    });
    prove(place.dir());
}

#[test]
fn inputs_whose_repeat_is_no_longer_free_are_forgotten_on_disk_too() {
    let place = Place::new();
    run(async {
        let store = place.open();
        studio_with(&store, plans()).await;
        for act in [customer("ada"), grant("ada", "10"), charge_repeatable("ada", "cat")] {
            done(&store, job("ada", act)).await;
        }
        let remembered =
            |wallet: &Wallet| wallet.tallies.keys().filter(|key| matches!(key.what, Counted::Paid(_))).count();
        assert_eq!(see(&store, "ada", remembered).await, 1);
        place.move_clock(at(2 * DAY));
        done(&store, job("ada", charge_repeatable("ada", "dog"))).await;
        assert_eq!(see(&store, "ada", remembered).await, 1);
        store.close();
        let store = place.open();
        assert_eq!(see(&store, "ada", remembered).await, 1);
        // What comes back from disk is forgotten in time as well.
        place.move_clock(at(4 * DAY));
        done(&store, job("ada", charge_repeatable("ada", "cat"))).await;
        assert_eq!(see(&store, "ada", remembered).await, 1);
        store.close();
    });
    prove(place.dir());
}

#[test]
fn wallets_in_memory_share_the_plan_that_they_have() {
    let place = Place::new();
    run(async {
        let store = place.open();
        studio_with(&store, plans()).await;
        for id in ["ada", "bob"] {
            done(&store, job(id, customer(id))).await;
            done(&store, job(id, subscribe(id, "basic", Interval::Month))).await;
        }
        let plan_of = async |store: &Store, id: &str| {
            see(store, id, |wallet| wallet.subscriptions.values().next().map(|one| one.plan.clone())).await.unwrap()
        };
        assert!(Arc::ptr_eq(&plan_of(&store, "ada").await, &plan_of(&store, "bob").await));
        store.close();
        let store = place.open();
        assert!(Arc::ptr_eq(&plan_of(&store, "ada").await, &plan_of(&store, "bob").await), "read back");
        store.close();
    });
}

#[test]
fn what_was_frozen_and_what_ended_is_so_after_a_restart() {
    let place = Place::new();
    run(async {
        let store = place.open();
        studio_with(&store, plans_that_freeze()).await;
        done(&store, job("ada", customer("ada"))).await;
        done(&store, job("ada", grant("ada", "7"))).await;
        let first = subscribed(&store, job("ada", subscribe("ada", "basic", Interval::Day))).await;
        let hold = held(&store, job("ada", hold("ada", "3"))).await;
        done(&store, job("ada", change_plan(first.id, "basic", Interval::Month))).await;
        done(&store, job("ada", cancel(first.id, CancelAt::Now))).await;
        // What has settled is not kept in mind.
        let live =
            |wallet: &Wallet| wallet.grants.iter().filter(|grant| !grant.is_settled()).cloned().collect::<Vec<_>>();
        let before = see(&store, "ada", live).await;
        let count = |is: fn(&Grant) -> bool| before.iter().filter(|grant| is(grant)).count();
        assert_eq!((count(|grant| grant.locked), count(|grant| grant.ended)), (1, 1), "{before:#?}");
        store.close();
        let store = place.open();
        assert_eq!(see(&store, "ada", live).await, before);
        done(&store, job("ada", release(hold.id))).await;
        assert_eq!(see(&store, "ada", |wallet| available_in(wallet, "main")).await, Credits::ZERO);
        subscribed(&store, job("ada", subscribe("ada", "basic", Interval::Day))).await;
        assert_eq!(see(&store, "ada", |wallet| available_in(wallet, "main")).await, credits("7"));
        store.close();
    });
    prove(place.dir());
}

#[test]
fn missed_cycles_are_walked_however_long_the_store_was_closed() {
    check(async |place, store| {
        studio_with(&store, plans()).await;
        done(&store, job("ada", customer("ada"))).await;
        let first = subscribed(&store, job("ada", subscribe("ada", "basic", Interval::Month))).await;
        store.close();
        std::fs::remove_file(place.dir().join("views.sqlite")).unwrap();
        place.move_clock(at(100 * DAY));
        let store = place.open();
        let subscription = see(&store, "ada", move |wallet| wallet.subscriptions[&first.id].clone()).await;
        assert_eq!(subscription.cycle, 3);
        store.close();
    });
}
