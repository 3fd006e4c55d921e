//! A store that is closed, opened again, or made to forget, answers as one that never was.

use scrip_ledger::Answer;
use scrip_ledger::id::Name;
use scrip_store::{EntryFilter, Page, Store};

use crate::commands::{STUDIO, at};
use crate::offers::{plans_that_count, studio_with};
use crate::place::{Place, commit, forgotten, prove, run};
use crate::workload::Workload;

const STEPS: usize = 120;

/// What a run leaves behind: every answer, and every entry with its hash, which chains all before it.
type Run = (Vec<Answer>, Vec<String>);

/// Runs a workload; between two steps `pause` may do to the store what it wants.
async fn play(place: &Place, mut workload: Workload, mut pause: impl AsyncFnMut(usize, Store) -> Store) -> Run {
    let mut store = place.open();
    studio_with(&store, plans_that_count()).await;
    store.commit(Workload::opening()).await.unwrap();
    let mut answers = Vec::new();
    let mut now = 0;
    for step in 0..STEPS {
        now += workload.pause();
        place.move_clock(at(now));
        let job = workload.next(now);
        let answer = commit(&store, job.clone()).await;
        workload.learn(&job, &answer);
        answers.push(answer);
        store = pause(step, store).await;
    }
    let mut entries = Vec::new();
    for customer in ["ada", "bob", "cyd"] {
        let page = Page::first(10_000);
        let listed = store.entries(STUDIO, Name::from(customer), EntryFilter::default(), page).await.unwrap();
        entries.extend(listed.items.into_iter().map(|item| format!("{customer} {:?}", item.entry)));
    }
    store.close();
    prove(place.dir());
    (answers, entries)
}

async fn uninterrupted(workload: Workload) -> Run {
    play(&Place::new(), workload, async |_, store| store).await
}

/// A workload of jobs alone, and one of plans too.
type Played = (String, fn(u64) -> Workload, u64);

fn both(seed: u64) -> [Played; 2] {
    [
        (format!("jobs, seed {seed}"), Workload::new, seed),
        (format!("plans, seed {seed}"), Workload::with_plans, seed + 100),
    ]
}

fn assert_same(run: Run, plain: &Run, what: &str) {
    for (step, (is, was)) in run.0.iter().zip(&plain.0).enumerate() {
        assert_eq!(is, was, "{what}: step {step}");
    }
    assert_eq!(run.1, plain.1, "{what}");
}

#[test]
fn a_run_that_is_interrupted_after_every_step_equals_one_that_is_not() {
    run(async {
        for (what, workload, seed) in (1..3).flat_map(both) {
            let plain = uninterrupted(workload(seed)).await;
            let place = Place::new();
            let interrupted = play(&place, workload(seed), async |_, store| {
                store.close();
                drop(store);
                place.open()
            });
            assert_same(interrupted.await, &plain, &what);
        }
    });
}

#[test]
fn a_run_that_is_interrupted_once_anywhere_equals_one_that_is_not() {
    run(async {
        let plain = uninterrupted(Workload::with_plans(7)).await;
        for position in (0..STEPS).step_by(17) {
            let place = Place::new();
            let interrupted = play(&place, Workload::with_plans(7), async |step, store| {
                if step != position {
                    return store;
                }
                store.close();
                drop(store);
                place.open()
            });
            assert_same(interrupted.await, &plain, &format!("position {position}"));
        }
    });
}

#[test]
fn a_run_whose_memory_is_trimmed_after_every_step_equals_one_that_is_not() {
    run(async {
        for (what, workload, seed) in (11..13).flat_map(both) {
            let plain = uninterrupted(workload(seed)).await;
            let place = Place::new();
            let trimmed = play(&place, workload(seed), async |_, store| {
                forgotten(&store).await;
                store
            });
            assert_same(trimmed.await, &plain, &what);
        }
    });
}

#[test]
fn a_run_whose_wallets_leave_memory_after_every_step_equals_one_that_is_not() {
    run(async {
        for (what, workload, seed) in (21..23).flat_map(both) {
            let plain = uninterrupted(workload(seed)).await;
            let place = Place::new();
            let evicted = play(&place, workload(seed), async |step, store| {
                let store = if step == 0 {
                    store.close();
                    drop(store);
                    place.open_forgetful()
                } else {
                    store
                };
                for _ in 0..3 {
                    forgotten(&store).await;
                }
                assert_eq!(store.gauges().hot_wallets, 0, "nothing is kept in mind");
                store
            });
            assert_same(evicted.await, &plain, &what);
        }
    });
}

#[test]
fn a_journal_that_is_folded_into_new_views_gives_the_same_answers() {
    run(async {
        let plain = uninterrupted(Workload::with_plans(31)).await;
        let place = Place::new();
        let rebuilt = play(&place, Workload::with_plans(31), async |step, store| {
            if step % 25 != 24 {
                return store;
            }
            store.close();
            drop(store);
            match step {
                24 => drop(scrip_store::rebuild(place.dir()).unwrap()),
                49 => std::fs::remove_file(place.dir().join("views.sqlite")).unwrap(),
                74 => std::fs::write(place.dir().join("views.sqlite"), b"this is no database, and never was").unwrap(),
                _ => {}
            }
            place.open()
        });
        assert_same(rebuilt.await, &plain, "rebuilt");
    });
}
