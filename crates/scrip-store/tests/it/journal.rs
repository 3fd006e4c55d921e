//! The journal's file: what is wrong with it is found and said, and what is old still opens.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, params};
use scrip_ledger::Credits;
use scrip_ledger::id::Name;
use scrip_store::{Load, Options, Store, StoreError, Target};

use crate::commands::*;
use crate::place::{Place, commit, done, prove, run};
use crate::sample;

/// A folder with a few batches in it, closed.
fn written() -> Place {
    let place = Place::new();
    run(async {
        let store = place.open();
        sample::fill(&store).await;
        store.close();
    });
    prove(place.dir());
    place
}

fn change(place: &Place, sql: &str) {
    let db = Connection::open(place.dir().join("journal.sqlite")).unwrap();
    db.execute_batch(sql).unwrap();
}

fn problems(place: &Place) -> Vec<String> {
    scrip_store::audit(place.dir()).unwrap().problems
}

#[test]
fn a_batch_that_was_changed_lost_or_moved_is_reported_with_its_position() {
    for (damage, position, what) in [
        ("UPDATE batches SET records = zeroblob(length(records)) WHERE position = 4", 4, "checksum"),
        ("UPDATE batches SET at = at + 1 WHERE position = 3", 3, "checksum"),
        ("UPDATE batches SET records = substr(records, 1, length(records) - 1) WHERE position = 5", 5, "checksum"),
        ("DELETE FROM batches WHERE position = 6", 6, "missing"),
        ("UPDATE batches SET format = 9 WHERE position = 2", 2, "format"),
        ("UPDATE batches SET checksum = zeroblob(32) WHERE position = 7", 7, "checksum"),
    ] {
        let place = written();
        change(&place, damage);
        let found = problems(&place);
        let is_told = |problem: &String| problem.contains(&format!("batch {position}:")) && problem.contains(what);
        assert!(found.iter().any(is_told), "{damage}: {found:?}");
        let rebuilt = scrip_store::rebuild(place.dir());
        assert!(matches!(&rebuilt, Err(StoreError::Corrupt { reason }) if is_told(reason)), "{damage}: {rebuilt:?}");
    }
}

#[test]
fn every_flipped_bit_in_a_batch_is_found() {
    let place = written();
    let db = Connection::open(place.dir().join("journal.sqlite")).unwrap();
    let sound: Vec<u8> = db.query_row("SELECT records FROM batches WHERE position = 3", [], |row| row.get(0)).unwrap();
    for bit in (0..sound.len() * 8).step_by(61) {
        let mut records = sound.clone();
        records[bit / 8] ^= 1 << (bit % 8);
        db.execute("UPDATE batches SET records = ?1 WHERE position = 3", params![records]).unwrap();
        let read: Result<Vec<_>, _> = scrip_store::batches(place.dir()).unwrap().collect();
        assert!(matches!(&read, Err(StoreError::Corrupt { reason }) if reason.contains("batch 3:")), "bit {bit}");
    }
}

#[test]
fn a_file_that_is_cut_short_or_overwritten_is_an_error_and_never_a_panic() {
    let place = written();
    let path = place.dir().join("journal.sqlite");
    let sound = std::fs::read(&path).unwrap();
    for length in [0, 1, 100, 4_096, sound.len() / 2, sound.len() - 4_096] {
        std::fs::write(&path, &sound[..length]).unwrap();
        if let Ok(report) = scrip_store::audit(place.dir()) {
            assert!(!report.is_clean(), "cut to {length} bytes");
        }
        if let Ok(store) = Store::open(place.options()) {
            store.close();
        }
    }
    let mut torn = sound.clone();
    let end = torn.len();
    torn[4_096..end].iter_mut().step_by(3).for_each(|byte| *byte ^= 0x5a);
    std::fs::write(&path, &torn).unwrap();
    if let Ok(report) = scrip_store::audit(place.dir()) {
        assert!(!report.is_clean(), "overwritten");
    }
}

#[test]
fn views_that_say_something_else_are_reported_by_table() {
    for (damage, what) in [
        ("UPDATE grant_balances SET available = available + 1", "balance of grant"),
        ("DELETE FROM history", "entries"),
        ("UPDATE history SET body = x'808080'", "table history"),
        ("DELETE FROM answers", "table requests"),
        ("UPDATE holds SET captured = 5 WHERE status = 'captured'", "table holds"),
        ("DELETE FROM charges", "charges"),
        ("UPDATE wallets SET sequence = 3", "head of wallet"),
        ("DELETE FROM requests", "table requests"),
        ("UPDATE customers SET pool = 4", "table customers"),
    ] {
        let place = written();
        let db = Connection::open(place.dir().join("views.sqlite")).unwrap();
        db.execute_batch(damage).unwrap();
        drop(db);
        let found = problems(&place);
        assert!(found.iter().any(|problem| problem.contains(what)), "{damage}: {found:?}");
        scrip_store::rebuild(place.dir()).unwrap();
        prove(place.dir());
    }
}

#[test]
fn views_of_another_journal_are_made_anew() {
    let (place, other) = (written(), Place::new());
    run(async {
        let store = other.open();
        done(&store, job("zoe", customer("zoe"))).await;
        store.close();
    });
    std::fs::copy(other.dir().join("views.sqlite"), place.dir().join("views.sqlite")).unwrap();
    run(async {
        let store = place.open();
        assert!(commit(&store, job("zoe", grant("zoe", "1"))).await.outcome.is_err());
        assert!(commit(&store, job("ada", grant("ada", "1"))).await.outcome.is_ok());
        store.close();
    });
    prove(place.dir());
}

#[test]
fn a_journal_that_ends_before_the_views_is_refused_until_they_are_made_anew() {
    let place = written();
    change(&place, "DELETE FROM batches WHERE position = (SELECT max(position) FROM batches)");
    let views = std::fs::read(place.dir().join("views.sqlite")).unwrap();
    let refused = Store::open(place.options()).err();
    let says = |reason: &str| reason.contains("batches that were answered are missing");
    assert!(matches!(&refused, Some(StoreError::Corrupt { reason }) if says(reason)), "{refused:?}");
    assert!(views == std::fs::read(place.dir().join("views.sqlite")).unwrap(), "the views were touched");
    assert!(problems(&place).iter().any(|problem| says(problem)));
    scrip_store::rebuild(place.dir()).unwrap();
    prove(place.dir());
}

#[test]
fn a_journal_of_a_later_release_is_refused_and_left_alone() {
    let place = written();
    change(&place, "PRAGMA user_version = 2");
    let refused = Store::open(place.options()).err();
    assert!(matches!(&refused, Some(StoreError::Format { reason }) if reason.contains("format 2")), "{refused:?}");
}

fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/samples").join(name)
}

#[test]
fn a_journal_of_every_past_format_opens_and_says_what_it_said() {
    let place = Place::new();
    std::fs::copy(sample("journal-1"), place.dir().join("journal.sqlite")).unwrap();
    run(async {
        let store = Store::open(Options { ..place.options() }).unwrap();
        let sum = |wallet: &scrip_ledger::Wallet, _| {
            let available: Credits = wallet.grants.iter().map(|grant| grant.balance.available).sum();
            let held: Credits = wallet.grants.iter().map(|grant| grant.balance.held).sum();
            (available, held, wallet.head.hash.to_string())
        };
        let target = Target::Customer(Name::from("ada"));
        let (available, held, hash) = store.read(STUDIO, target, Load::nothing(), sum).await.unwrap();
        assert_eq!((available, held), (credits("85"), credits("6")));
        assert!(hash.starts_with("5d77166a31b1d607"), "{hash}");
        assert!(commit(&store, keyed("ada", 3, hold("ada", "3"))).await.replayed);
        store.close();
    });
    prove(place.dir());
}

#[test]
fn a_journal_with_plans_opens_and_its_plans_go_on() {
    let place = Place::new();
    std::fs::copy(sample("journal-1-plans"), place.dir().join("journal.sqlite")).unwrap();
    run(async {
        let store = place.open();
        let look = |wallet: &scrip_ledger::Wallet, _| {
            let plan = wallet.subscriptions.values().map(|one| format!("{} {}", one.plan.id, one.status.as_str()));
            (plan.collect::<Vec<_>>().join(", "), wallet.tallies.len(), wallet.head.hash.to_string())
        };
        let see =
            async |id: &str| store.read(STUDIO, Target::Customer(Name::from(id)), Load::nothing(), look).await.unwrap();
        let (plans, tallies, hash) = see("ada").await;
        assert_eq!((plans.as_str(), tallies, &hash[..16]), ("basic active", 5, "f31c342496539062"));
        let (plans, tallies, hash) = see("bea").await;
        assert_eq!((plans.as_str(), tallies, &hash[..16]), ("team active", 3, "7f611f04102559ca"));
        place.clock.advance(scrip_ledger::Span::from_days(31));
        assert_eq!((see("ada").await.0.as_str(), see("bea").await.0.as_str()), ("basic active", "team canceled"));
        store.close();
    });
    prove(place.dir());
}

#[test]
fn the_commands_of_the_sample_with_plans_are_decided_today_as_they_were() {
    let place = Place::new();
    std::fs::copy(sample("journal-1-plans"), place.dir().join("journal.sqlite")).unwrap();
    let today = Place::new();
    run(async {
        let (store, new) = (place.open(), today.open());
        crate::sample::fill_plans(&new).await;
        for id in ["ada", "bea"] {
            let target = || Target::Customer(Name::from(id));
            let look = |wallet: &scrip_ledger::Wallet, _| (wallet.grants.clone(), wallet.subscriptions.clone());
            let then = store.read(STUDIO, target(), Load::nothing(), look).await.unwrap();
            assert_eq!(new.read(STUDIO, target(), Load::nothing(), look).await.unwrap(), then);
        }
        store.close();
        new.close();
    });
}

#[test]
fn any_bytes_can_be_read_as_a_batch_without_a_panic() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/journal");
    let mut seeds = 0;
    for seed in std::fs::read_dir(&corpus).unwrap() {
        let bytes = std::fs::read(seed.unwrap().path()).unwrap();
        scrip_store::journal::fuzz_journal(&bytes);
        let mut random = crate::workload::Random::new(seeds + 1);
        for _ in 0..300 {
            let mut changed = bytes.clone();
            for _ in 0..=random.below(4) {
                let index = random.below(changed.len().max(1) as u64) as usize;
                match random.below(3) {
                    0 => changed.truncate(index),
                    _ if changed.is_empty() => {}
                    1 => changed[index] ^= 1 << random.below(8),
                    _ => changed[index] = random.below(256) as u8,
                }
            }
            scrip_store::journal::fuzz_journal(&changed);
        }
        seeds += 1;
    }
    assert!(seeds >= 3, "the seed corpus is there");
}
