//! Much that falls due at once: all of it happens, in bounded batches, and nobody else waits for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use scrip_ledger::Reply;
use scrip_ledger::id::{Name, StudioId};
use scrip_ledger::plan::Interval;
use scrip_store::{
    Load, Options, Page, ReadError, Setting, Store, StoreError, StudioMode, StudioNew, SubscriptionFilter, Target,
};

use crate::commands::*;
use crate::offers::*;
use crate::place::{Place, check, done, prove, run};

/// What a batch makes of what is due, and one touch more.
const CHANGES_MAX: usize = 16_384 + 1_024 * 16;

/// The changes of each batch from a position on.
async fn batch_sizes(store: &Store, position: u64) -> Vec<usize> {
    let batches = store.records_after(position, 10_000).await.unwrap();
    batches.iter().map(|(_, records)| records.iter().map(|record| record.changes.len()).sum()).collect()
}

fn of(studio: StudioId, id: &str, act: scrip_ledger::Act) -> scrip_store::Job {
    job_of(studio, Target::Customer(Name::from(id)), None, act)
}

async fn cycle_of(store: &Store, customer: &str) -> u32 {
    let target = Target::Customer(Name::from(customer));
    let cycle = |wallet: &scrip_ledger::Wallet, _| wallet.subscriptions.values().map(|one| one.cycle).max();
    store.read(STUDIO, target, Load::nothing(), cycle).await.unwrap().unwrap()
}

#[test]
fn a_clock_that_moves_by_a_year_renews_all_plans_while_other_studios_are_served() {
    const WALLETS: usize = 800;
    let place = Place::new();
    run(async {
        let store = place.open();
        studio_with(&store, plans()).await;
        let other = StudioNew { id: Name::from("other"), name: "Other".to_owned(), mode: StudioMode::Live };
        let Ok(Setting::Done(other)) = store.create_studio(other, None, None).await else { panic!("a studio") };
        done(&store, of(other.number, "bob", customer("bob"))).await;
        store.set_test_clock(STUDIO, at(0)).await.unwrap();
        let ids: Vec<String> = (0..WALLETS).map(|number| format!("customer {number}")).collect();
        for part in ids.chunks(400) {
            let jobs = part
                .iter()
                .flat_map(|id| [of(STUDIO, id, customer(id)), of(STUDIO, id, subscribe(id, "basic", Interval::Month))]);
            let answers = store.commit(jobs.collect()).await.unwrap();
            assert!(answers.iter().all(|answer| answer.outcome.is_ok()));
        }
        let before = store.gauges().journal_position;
        let moving = store.clone();
        let moved = tokio::spawn(async move { moving.set_test_clock(STUDIO, at(366 * DAY)).await });
        let mut served = 0;
        while !moved.is_finished() {
            done(&store, of(other.number, "bob", grant("bob", "1"))).await;
            served += 1;
        }
        assert_eq!(moved.await.unwrap(), Ok(at(366 * DAY)));
        let sizes = batch_sizes(&store, before).await;
        assert!(sizes.iter().all(|size| *size <= CHANGES_MAX), "{sizes:?}");
        let large = sizes.iter().filter(|size| **size > 1_000).count();
        assert!(large >= 4 && served >= large / 2, "{served} were served between {large} large batches");
        let position = store.gauges().journal_position;
        let all = store.subscriptions(STUDIO, SubscriptionFilter::default(), Page::first(2_000)).await.unwrap().items;
        assert_eq!(all.iter().filter(|one| one.cycle == 12).count(), WALLETS);
        assert_eq!(cycle_of(&store, "customer 7").await, 12);
        assert_eq!(store.gauges().journal_position, position, "nothing was left to do at the read");
        store.close();
    });
    prove(place.dir());
}

const YEARS: i64 = 15;

/// A customer who comes back after years of daily cycles, and one who was always there.
async fn slept_long(place: &Place, store: &Store) {
    studio_with(store, plans()).await;
    for id in ["ada", "bob"] {
        done(store, job(id, customer(id))).await;
    }
    subscribed(store, job("ada", subscribe("ada", "basic", Interval::Day))).await;
    place.move_clock(at(YEARS * 365 * DAY + 60));
}

#[test]
fn who_comes_back_after_many_missed_cycles_waits_for_them_and_nobody_else_does() {
    check(async |place, store| {
        slept_long(place, &store).await;
        let before = store.gauges().journal_position;
        let asking = store.clone();
        let asked = tokio::spawn(async move { cycle_of(&asking, "ada").await });
        let jobs =
            vec![job("bob", grant("bob", "1")), keyed("ada", 1, charge("ada", "1")), job("bob", charge("bob", "1"))];
        let committing = store.clone();
        let committed = tokio::spawn(async move { committing.commit(jobs).await });
        let mut served = 0;
        while !committed.is_finished() {
            done(&store, job("bob", grant("bob", "1"))).await;
            served += 1;
        }
        let answers = committed.await.unwrap().unwrap();
        assert!(matches!(answers[0].outcome, Ok(Reply::Grant(_))), "in the order of the jobs");
        assert!(answers[1..].iter().all(|answer| matches!(answer.outcome, Ok(Reply::Charge(_)))));
        assert_eq!(asked.await.unwrap(), YEARS as u32 * 365);
        let (key, print) = request(1);
        let again = store.remembered(STUDIO, Target::Customer(Name::from("ada")), key, print).await.unwrap().unwrap();
        assert_eq!(again.outcome, answers[1].outcome);
        let sizes = batch_sizes(&store, before).await;
        assert!(sizes.iter().all(|size| *size <= CHANGES_MAX), "{sizes:?}");
        assert!(sizes.len() >= 5 && served >= 3, "{served} were served in {} batches", sizes.len());
    });
}

#[test]
fn a_disk_that_fills_up_between_two_parts_is_told_and_what_is_due_goes_on_when_there_is_room() {
    let place = Place::new();
    run(async {
        let pages = Arc::new(AtomicU32::new(u32::MAX / 2));
        let store = Store::open(Options { journal_pages_max: Some(pages.clone()), ..place.options() }).unwrap();
        slept_long(&place, &store).await;
        store.close();
        let size = std::fs::metadata(place.dir().join("journal.sqlite")).unwrap().len();
        // Room for a few parts.
        pages.store((size / 4_096) as u32 + 700, Ordering::SeqCst);
        let store = Store::open(Options { journal_pages_max: Some(pages.clone()), ..place.options() }).unwrap();
        let target = || Target::Customer(Name::from("ada"));
        let look = store.read(STUDIO, target(), Load::nothing(), |wallet, _| wallet.head.sequence).await;
        assert!(matches!(look, Err(ReadError::Store(StoreError::Unavailable { .. }))), "{look:?}");
        pages.store(u32::MAX / 2, Ordering::SeqCst);
        let mut cycle = Err(ReadError::NotFound);
        for _ in 0..200 {
            let see = |wallet: &scrip_ledger::Wallet, _| wallet.subscriptions.values().map(|one| one.cycle).max();
            cycle = store.read(STUDIO, target(), Load::nothing(), see).await;
            if cycle.is_ok() {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        assert_eq!(cycle, Ok(Some(YEARS as u32 * 365)));
        store.close();
    });
    prove(place.dir());
}
