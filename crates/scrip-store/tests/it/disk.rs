//! A disk that is full, and a folder that is in use.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use scrip_ledger::id::Name;
use scrip_ledger::{Answer, Credits};
use scrip_store::{Job, Load, Options, Store, StoreError, Target};

use crate::commands::*;
use crate::place::{Place, commit, done, forgotten, prove, run};

async fn available(store: &Store, id: &str) -> Credits {
    let target = Target::Customer(Name::from(id));
    let sum = |wallet: &scrip_ledger::Wallet, _| wallet.grants.iter().map(|grant| grant.balance.available).sum();
    store.read(STUDIO, target, Load::nothing(), sum).await.unwrap()
}

#[test]
fn a_full_disk_answers_unavailable_loses_nothing_and_goes_on_when_there_is_room() {
    let place = Place::new();
    let pages = Arc::new(AtomicU32::new(60));
    run(async {
        let options = Options { journal_pages_max: Some(pages.clone()), ..place.options() };
        let store = Store::open(options).unwrap();
        for id in ["ada", "bob"] {
            done(&store, job(id, customer(id))).await;
            done(&store, job(id, grant(id, "100000"))).await;
        }
        let mut answered: Vec<(Job, Answer)> = Vec::new();
        let mut refused: Vec<Job> = Vec::new();
        for number in 0..400 {
            let job = keyed("ada", number, charge("ada", "1"));
            match store.commit(vec![job.clone()]).await {
                Ok(mut answers) => answered.push((job, answers.remove(0))),
                Err(StoreError::Unavailable { .. }) => refused.push(job),
                Err(other) => panic!("{other}"),
            }
        }
        assert!(answered.len() > 20 && refused.len() > 20, "{} answered, {} not", answered.len(), refused.len());
        forgotten(&store).await;
        let left = 100_000 - answered.len() as i64;
        assert_eq!(
            available(&store, "ada").await,
            Credits::from_whole(left).unwrap(),
            "what was not answered did not happen"
        );
        assert_eq!(available(&store, "bob").await, credits("100000"), "others can be read");
        for (job, answer) in &answered {
            let again = commit(&store, job.clone()).await;
            assert_eq!(again, Answer { outcome: answer.outcome.clone(), replayed: true });
        }
        // Room again: the first commit after it may still see the old limit.
        pages.store(1_000_000, Ordering::SeqCst);
        let _ = store.commit(vec![refused[0].clone()]).await;
        for job in &refused {
            assert!(commit(&store, job.clone()).await.outcome.is_ok());
        }
        assert_eq!(available(&store, "ada").await, credits("99600"));
        store.close();
    });
    prove(place.dir());
}

#[test]
fn a_folder_that_is_open_is_refused_to_others_until_it_is_closed() {
    let place = Place::new();
    let store = place.open();
    let refused = Store::open(place.options()).err();
    assert!(
        matches!(&refused, Some(StoreError::Locked { reason }) if reason.contains("another process")),
        "{refused:?}"
    );
    assert!(matches!(scrip_store::rebuild(place.dir()), Err(StoreError::Locked { .. })));
    store.close();
    let again = place.open();
    drop(again);
    place.open().close();
}

#[test]
fn a_folder_in_use_can_be_audited_and_copied_and_the_copy_opens() {
    let place = Place::new();
    let copy = tempfile::tempdir().unwrap();
    run(async {
        let store = place.open();
        done(&store, job("ada", customer("ada"))).await;
        done(&store, job("ada", grant("ada", "100"))).await;
        forgotten(&store).await;
        done(&store, keyed("ada", 1, charge("ada", "30"))).await;
        store.backup(copy.path()).unwrap();
        assert!(matches!(store.backup(copy.path()), Err(StoreError::Unavailable { .. })), "a copy is not overwritten");
        assert!(scrip_store::audit(place.dir()).unwrap().is_clean());
        done(&store, keyed("ada", 2, charge("ada", "5"))).await;
        store.close();
        let restored = Store::open(Options { dir: copy.path().to_owned(), ..place.options() }).unwrap();
        assert_eq!(available(&restored, "ada").await, credits("70"));
        assert!(commit(&restored, keyed("ada", 1, charge("ada", "30"))).await.replayed);
        restored.close();
    });
    prove(copy.path());
}
