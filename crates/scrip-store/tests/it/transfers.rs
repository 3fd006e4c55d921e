//! Transfers to another wallet: both sides or neither, once.

use scrip_ledger::command::TransferNew;
use scrip_ledger::id::Name;
use scrip_ledger::{Act, Credits, Refusal, Reply};
use scrip_store::{Load, Store, Target};

use crate::commands::*;
use crate::place::{Place, commit, done, prove, run};

fn transfer(from: &str, to: &str, amount: &str) -> Act {
    Act::Transfer(Box::new(TransferNew {
        from: Name::from(from),
        to: Name::from(to),
        amount: credits(amount),
        bucket: Name::from("main"),
        reason: None,
        spending: spending(),
    }))
}

async fn posted(store: &Store, customer: &str) -> Credits {
    let target = Target::Customer(Name::from(customer));
    let sum = |wallet: &scrip_ledger::Wallet| wallet.grants.iter().map(|grant| grant.balance.posted()).sum();
    store.read(STUDIO, target, Load::nothing(), move |wallet, _| sum(wallet)).await.expect("the customer is there")
}

#[test]
fn credits_move_to_another_wallet_once() {
    let place = Place::new();
    run(async {
        let store = place.open();
        for name in ["ada", "bob"] {
            done(&store, job(name, customer(name))).await;
        }
        done(&store, job("ada", grant("ada", "6"))).await;
        done(&store, job("ada", grant("ada", "4"))).await;
        let moved = done(&store, keyed("ada", 1, transfer("ada", "bob", "7"))).await;
        let Reply::Granted(granted) = &moved else { panic!("not a transfer: {moved:?}") };
        let amounts: Vec<Credits> = granted.grants.iter().map(|grant| grant.terms.amount).collect();
        assert_eq!(amounts, [credits("6"), credits("1")]);
        assert_eq!((posted(&store, "ada").await, posted(&store, "bob").await), (credits("3"), credits("7")));
        let again = commit(&store, keyed("ada", 1, transfer("ada", "bob", "7"))).await;
        assert!(again.replayed);
        assert_eq!(again.outcome, Ok(moved));
        let refused = commit(&store, job("ada", transfer("ada", "bob", "4"))).await.outcome;
        assert!(matches!(refused, Err(Refusal::InsufficientCredits { .. })), "{refused:?}");
        let nobody = commit(&store, job("ada", transfer("ada", "cyd", "1"))).await.outcome;
        assert!(matches!(nobody, Err(Refusal::NotFound { .. })), "{nobody:?}");
        store.close();
        let store = place.open();
        assert_eq!((posted(&store, "ada").await, posted(&store, "bob").await), (credits("3"), credits("7")));
        let again = commit(&store, keyed("ada", 1, transfer("ada", "bob", "7"))).await;
        assert!(again.replayed && again.outcome.is_ok());
        done(&store, job("bob", charge("bob", "7"))).await;
        store.close();
    });
    prove(place.dir());
}

#[test]
fn what_is_expired_by_then_is_not_moved() {
    let place = Place::new();
    run(async {
        let store = place.open();
        for name in ["ada", "bob"] {
            done(&store, job(name, customer(name))).await;
        }
        done(&store, job("ada", grant_until("ada", "5", Some(at(60))))).await;
        place.move_clock(at(60));
        let refused = commit(&store, job("ada", transfer("ada", "bob", "5"))).await.outcome;
        assert!(matches!(refused, Err(Refusal::InsufficientCredits { .. })), "{refused:?}");
        assert_eq!(posted(&store, "bob").await, Credits::ZERO);
        store.close();
    });
    prove(place.dir());
}
