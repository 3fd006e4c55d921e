//! Studios, keys, catalogs, secrets and clocks.

use std::sync::Arc;
use std::time::Duration;

use scrip_ledger::book::{Book, PlanRules, Terms};
use scrip_ledger::hold::HoldStatus;
use scrip_ledger::id::{Fingerprint, Name, StudioId};
use scrip_ledger::{Credits, Span, Timestamp};
use scrip_store::settings::in_force;
use scrip_store::{
    CatalogFormat, CatalogNew, ClockError, GrantFilter, HoldFilter, KeyNew, Load, Options, Page, ReadError, Setting,
    SettingError, SettingRequest, Store, StoreError, StudioMode, StudioNew, Target,
};

use crate::commands::*;
use crate::place::{Place, check, done, held, prove, run};

fn studio_new(id: &str, mode: StudioMode) -> StudioNew {
    StudioNew { id: Name::from(id), name: format!("The studio {id}"), mode }
}

fn key_new(id: &str, byte: u8) -> KeyNew {
    KeyNew {
        id: Name::from(id),
        name: "server".to_owned(),
        hash: [byte; 32],
        scopes: vec![Name::from("holds"), Name::from("read")],
        expires_at: None,
    }
}

async fn make(store: &Store, id: &str, mode: StudioMode) -> StudioId {
    match store.create_studio(studio_new(id, mode), None, None).await.unwrap() {
        Setting::Done(studio) => studio.number,
        Setting::Replayed(_) => panic!("made anew"),
    }
}

fn asked<T: Send + 'static>(number: u64, reply: fn(&T) -> String) -> Option<SettingRequest<T>> {
    let (key, fingerprint) = request(number);
    Some(SettingRequest { key, fingerprint, reply: Box::new(reply) })
}

#[test]
fn settings_are_there_at_once_and_after_a_restart() {
    let place = Place::new();
    run(async {
        let store = place.open();
        let first = Some(key_new("key_1", 1));
        store.create_studio(studio_new("alpha", StudioMode::Live), first, None).await.unwrap();
        let beta = make(&store, "beta", StudioMode::Test).await;
        store.create_key(beta, key_new("key_2", 2), None).await.unwrap();
        store.revoke_key(beta, Name::from("key_2"), None).await.unwrap();
        let source: Arc<str> = Arc::from("[studio]");
        let new = CatalogNew { effective_at: None, format: CatalogFormat::Toml, source, terms: terms() };
        store.publish_catalog(beta, new, None).await.unwrap();
        let secret = store.secret("tokens").await.unwrap();
        let see = |store: &Store| {
            let alpha = store.studio_named("alpha").unwrap();
            (
                store.studios(),
                store.keys(alpha.number),
                store.keys(beta),
                store.key_by_hash(&[2; 32]),
                store.catalog_versions(beta),
                store.catalog_versions(alpha.number),
            )
        };
        let before = see(&store);
        assert_eq!((before.0.len(), before.1.len(), before.2.len(), before.4.len(), before.5.len()), (2, 1, 1, 1, 0));
        assert!(!before.3.as_ref().unwrap().is_valid(at(0)));
        store.close();
        let store = place.open();
        assert_eq!(see(&store), before);
        assert_eq!(store.secret("tokens").await.unwrap(), secret);
        assert_ne!(store.secret("others").await.unwrap(), secret);
        store.close();
    });
}

#[test]
fn ids_are_taken_once_and_what_is_refused_leaves_nothing_behind() {
    check(async |_, store| {
        let first = || Some(key_new("key_1", 1));
        store.create_studio(studio_new("alpha", StudioMode::Live), first(), None).await.unwrap();
        let taken = Err(SettingError::AlreadyExists);
        assert_eq!(store.create_studio(studio_new("alpha", StudioMode::Live), None, None).await, taken);
        assert_eq!(store.create_studio(studio_new("beta", StudioMode::Live), first(), None).await, taken);
        assert_eq!(store.studio_named("beta"), None);
        assert_eq!(make(&store, "beta", StudioMode::Live).await, StudioId(2));
        let taken = Err(SettingError::AlreadyExists);
        assert_eq!(store.create_key(StudioId(2), key_new("key_9", 1), None).await, taken);
        assert_eq!(store.create_key(StudioId(9), key_new("key_9", 9), None).await, Err(SettingError::NotFound));
        assert_eq!(store.revoke_key(StudioId(2), Name::from("key_1"), None).await, Err(SettingError::NotFound));
    });
}

#[test]
fn a_setting_asked_again_under_its_key_answers_the_same_and_writes_nothing() {
    let place = Place::new();
    run(async {
        let store = place.open();
        let reply = |studio: &scrip_store::Studio| format!("made {}", studio.number.0);
        let made = store.create_studio(studio_new("alpha", StudioMode::Live), None, asked(1, reply)).await.unwrap();
        assert!(matches!(made, Setting::Done(studio) if studio.number == StudioId(1)));
        store.close();
        let store = place.open();
        let again = store.create_studio(studio_new("alpha", StudioMode::Live), None, asked(1, reply)).await;
        assert_eq!(again, Ok(Setting::Replayed("made 1".to_owned())));
        let (key, print) = request(1);
        assert_eq!(store.remembered_setting(key, print).await, Ok(Some("made 1".to_owned())));
        let other = Fingerprint(print.0 ^ 1);
        assert_eq!(store.remembered_setting(key, other).await, Err(SettingError::KeyReused));
        assert_eq!(store.remembered_setting(request(2).0, print).await, Ok(None));
        assert_eq!(store.studios().len(), 1);
        store.close();
    });
}

#[test]
fn the_catalog_in_force_is_the_latest_that_has_started() {
    check(async |place, store| {
        let studio = make(&store, "alpha", StudioMode::Live).await;
        place.move_clock(at(100));
        let publish = async |effective_at: Option<Timestamp>| {
            let source = Arc::from("x");
            let new = CatalogNew { effective_at, format: CatalogFormat::Toml, source, terms: terms() };
            store.publish_catalog(studio, new, None).await
        };
        publish(Some(at(200))).await.unwrap();
        publish(Some(at(300))).await.unwrap();
        publish(Some(at(200))).await.unwrap();
        publish(None).await.unwrap();
        assert_eq!(publish(Some(at(99))).await, Err(SettingError::EffectiveInPast { now: at(100) }));
        let versions = store.catalog_versions(studio);
        for (when, number) in [(0, 1), (99, 1), (100, 4), (200, 3), (299, 3), (300, 2)] {
            assert_eq!(in_force(&versions, at(when)).map(|version| version.number), Some(number), "at {when}");
            let book = store.book(studio).unwrap();
            assert_eq!(book.at(at(when)).map(|terms| terms.version), Some(number), "at {when}");
        }
    });
}

/// Terms that say one thing which no others say.
fn terms_with_grace(days: u64) -> Terms {
    Terms { rules: PlanRules { past_due_grace: Span::from_days(days), ..PlanRules::default() }, ..terms() }
}

#[test]
fn terms_are_kept_with_their_version_and_there_after_a_restart() {
    let place = Place::new();
    run(async {
        let store = place.open();
        let studio = make(&store, "alpha", StudioMode::Live).await;
        assert_eq!(store.book(studio), Ok(Arc::default()));
        for (days, effective_at) in [(3, None), (5, Some(at(100)))] {
            let (source, terms) = (Arc::from("x"), terms_with_grace(days));
            let new = CatalogNew { effective_at, format: CatalogFormat::Json, source, terms };
            store.publish_catalog(studio, new, None).await.unwrap();
        }
        let kept = |days, version, effective_at| Terms { version, effective_at, ..terms_with_grace(days) };
        let expected = Book::new(vec![Arc::new(kept(3, 1, at(0))), Arc::new(kept(5, 2, at(100)))]);
        assert_eq!(*store.book(studio).unwrap(), expected);
        store.close();
        let store = place.open();
        assert_eq!(*store.book(studio).unwrap(), expected);
        let version = store.fill_terms(studio, 1, terms_with_grace(9)).await.unwrap();
        assert_eq!(version.terms.as_deref(), Some(&kept(3, 1, at(0))), "what is known stays");
        assert_eq!(store.fill_terms(studio, 3, terms()).await, Err(SettingError::NotFound));
        assert_eq!(store.fill_terms(StudioId(9), 1, terms()).await, Err(SettingError::NotFound));
        store.close();
    });
}

/// A folder as a release left it that did not keep terms: a customer of one studio with a grant that ends.
async fn of_an_earlier_release(place: &Place) -> (StudioId, StudioId) {
    let store = place.open();
    let (old, other) = (make(&store, "old", StudioMode::Live).await, make(&store, "other", StudioMode::Live).await);
    let new = CatalogNew { effective_at: None, format: CatalogFormat::Toml, source: Arc::from("x"), terms: terms() };
    store.publish_catalog(old, new, None).await.unwrap();
    for studio in [old, other] {
        let ada = || Target::Customer(Name::from("ada"));
        done(&store, job_of(studio, ada(), None, customer("ada"))).await;
        done(&store, job_of(studio, ada(), None, grant_until("ada", "5", Some(at(600))))).await;
    }
    store.close();
    let db = rusqlite::Connection::open(place.dir().join("journal.sqlite")).unwrap();
    db.execute_batch("ALTER TABLE catalog_versions DROP COLUMN terms").unwrap();
    (old, other)
}

#[test]
fn nothing_is_decided_in_a_studio_until_the_terms_of_its_catalog_are_known() {
    let place = Place::new();
    run(async {
        let (old, other) = of_an_earlier_release(&place).await;
        place.move_clock(at(1_200));
        let store = Store::open(Options { sweep_every: Duration::from_millis(2), ..place.options() }).unwrap();
        let left = async |studio| {
            let page = Page::first(10);
            let grants = store.grants(studio, GrantFilter::default(), page).await.unwrap().items;
            grants.iter().map(|grant| grant.balance.available).sum::<Credits>()
        };
        while left(other).await.is_positive() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        assert_eq!(left(old).await, credits("5"), "the sweeper leaves it alone");
        assert_eq!(store.catalog_versions(old)[0].terms, None);
        let is_closed = |error: &StoreError| matches!(error, StoreError::Unavailable { .. });
        let ada = || Target::Customer(Name::from("ada"));
        assert!(store.book(old).is_err_and(|error| is_closed(&error)));
        for act in [hold("ada", "1"), customer("bob")] {
            let refused = store.commit(vec![job_of(old, ada(), None, act)]).await;
            assert!(refused.as_ref().is_err_and(is_closed), "{refused:?}");
        }
        let read = store.read(old, ada(), Load::nothing(), |wallet, _| wallet.head.sequence).await;
        assert!(matches!(&read, Err(ReadError::Store(error)) if is_closed(error)), "{read:?}");
        store.fill_terms(old, 1, terms()).await.unwrap();
        let available =
            |wallet: &scrip_ledger::Wallet, _| wallet.grants.iter().map(|grant| grant.balance.available).sum();
        let now: Credits = store.read(old, ada(), Load::nothing(), available).await.unwrap();
        assert_eq!(now, Credits::ZERO);
        assert_eq!(left(old).await, Credits::ZERO);
        store.close();
        let store = place.open();
        assert_eq!(store.book(old).unwrap().at(at(0)).map(|terms| terms.version), Some(1));
        store.close();
    });
    prove(place.dir());
}

#[test]
fn a_test_clock_stands_still_and_moves_forward_only() {
    let place = Place::new();
    run(async {
        let store = place.open();
        let live = make(&store, "live", StudioMode::Live).await;
        let test = make(&store, "test", StudioMode::Test).await;
        assert_eq!(store.set_test_clock(live, at(1)).await, Err(ClockError::NotTest));
        assert_eq!(store.set_test_clock(StudioId(9), at(1)).await, Err(ClockError::NotFound));
        assert_eq!(store.set_test_clock(test, at(-1_000_000)).await, Ok(at(-1_000_000)));
        assert_eq!(store.set_test_clock(test, at(-1_000_000)).await, Ok(at(-1_000_000)));
        place.move_clock(at(50));
        assert_eq!((store.now(test), store.now(live)), (at(-1_000_000), at(50)));
        let backwards = Err(ClockError::Backwards { now: at(-1_000_000) });
        assert_eq!(store.set_test_clock(test, at(-1_000_001)).await, backwards);
        store.close();
        let store = place.open();
        assert_eq!(store.now(test), at(-1_000_000));
        assert_eq!(store.set_test_clock(test, at(0)).await, Ok(at(0)));
        store.close();
    });
}

#[test]
fn the_first_setting_of_a_clock_may_go_back_only_while_there_are_no_customers() {
    let place = Place::new();
    run(async {
        let store = place.open();
        let test = make(&store, "test", StudioMode::Test).await;
        let ada = Target::Customer(Name::from("ada"));
        done(&store, job_of(test, ada, None, customer("ada"))).await;
        assert_eq!(store.set_test_clock(test, at(-1)).await, Err(ClockError::Backwards { now: at(0) }));
        store.close();
        let store = place.open();
        assert_eq!(store.set_test_clock(test, at(-1)).await, Err(ClockError::Backwards { now: at(0) }));
        assert_eq!(store.set_test_clock(test, at(1)).await, Ok(at(1)));
        store.close();
    });
}

#[test]
fn all_that_a_move_of_the_clock_makes_due_has_happened_when_it_returns() {
    let place = Place::new();
    run(async {
        let store = place.open();
        let test = make(&store, "test", StudioMode::Test).await;
        let other = make(&store, "other", StudioMode::Test).await;
        store.set_test_clock(test, at(0)).await.unwrap();
        store.set_test_clock(other, at(0)).await.unwrap();
        let of = |studio, id: &str, act| job_of(studio, Target::Customer(Name::from(id)), None, act);
        for studio in [test, other] {
            let ids: Vec<String> = (0..1_500).map(|number| format!("customer {number}")).collect();
            let jobs = ids.iter().flat_map(|id| {
                let grant = grant_until(id, "5", Some(at(86_400)));
                [of(studio, id, customer(id)), of(studio, id, grant), of(studio, id, hold(id, "2"))]
            });
            store.commit(jobs.collect()).await.unwrap();
        }
        assert_eq!(store.set_test_clock(test, at(3_600)).await, Ok(at(3_600)));
        let count = async |studio, status| {
            let filter = HoldFilter { status: Some(status), ..HoldFilter::default() };
            store.holds(studio, filter, Page::first(5_000)).await.unwrap().items.len()
        };
        assert_eq!((count(test, HoldStatus::Open).await, count(test, HoldStatus::Expired).await), (0, 1_500));
        assert_eq!((count(other, HoldStatus::Open).await, count(other, HoldStatus::Expired).await), (1_500, 0));
        store.set_test_clock(test, at(366 * 86_400)).await.unwrap();
        let position = store.gauges().journal_position;
        let left: Credits = store
            .read(test, Target::Customer(Name::from("customer 7")), Load::nothing(), |wallet, _| {
                wallet.grants.iter().map(|grant| grant.balance.posted()).sum()
            })
            .await
            .unwrap();
        assert_eq!(left, Credits::ZERO);
        assert_eq!(store.gauges().journal_position, position, "nothing was left to do at the read");
        assert_eq!(held(&store, of(other, "customer 7", hold("customer 7", "1"))).await.terms.created_at, at(0));
        store.close();
    });
    prove(place.dir());
}
