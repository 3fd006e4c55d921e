//! Events: each once, in order, the same whenever and however they are read.

use scrip_ledger::command::{Asked, CancelAt, RefundShare};
use scrip_ledger::id::Name;
use scrip_ledger::plan::Interval;
use scrip_ledger::policy::Outcome;
use scrip_ledger::{Credits, Span};
use scrip_store::{About, Event, EventFilter, EventKind, EventsListed, Page, ReadError, Store};

use crate::commands::*;
use crate::offers::*;
use crate::place::{Place, captured, charged, check, done, granted, held, prove, run};

async fn page_of(store: &Store, filter: &EventFilter, page: Page) -> EventsListed {
    store.events(STUDIO, filter.clone(), page).await.expect("events")
}

/// All events, so many at a time.
async fn all(store: &Store, filter: EventFilter, limit: usize) -> Vec<Event> {
    let mut items = Vec::new();
    let mut page = Page::first(limit);
    loop {
        let listed = page_of(store, &filter, page).await;
        assert!(listed.items.len() <= limit);
        items.extend(listed.items);
        if listed.is_end {
            return items;
        }
        page = Page::after(limit, listed.next);
    }
}

fn kinds(events: &[Event]) -> Vec<&'static str> {
    events.iter().map(|event| event.kind.as_str()).collect()
}

async fn tell_story(place: &Place, store: &Store) {
    studio_with(store, plans()).await;
    done(store, job("ada", customer("ada"))).await;
    let spare = granted(store, job("ada", grant("ada", "100"))).await;
    let first = held(store, job("ada", hold("ada", "10"))).await;
    done(store, job("ada", extend(first.id, Span::from_minutes(30)))).await;
    captured(store, job("ada", capture_as(first.id, Asked::Amount(credits("3")), Outcome::Succeeded, false))).await;
    let charge = captured(store, job("ada", capture(first.id))).await.charge.unwrap();
    done(store, job("ada", refund(charge.id, RefundShare::Rest))).await;
    let second = held(store, job("ada", hold("ada", "5"))).await;
    done(store, job("ada", release(second.id))).await;
    publish(store, STUDIO, plans()).await;
    let third = held(store, job("ada", hold("ada", "5"))).await;
    captured(store, job("ada", capture_as(third.id, Asked::Held, Outcome::Unknown, true))).await;
    charged(store, job("ada", charge_of_one("ada"))).await;
    done(store, job("ada", void(spare.id))).await;
    done(store, job("ada", grant("ada", "8"))).await;
    let plan = subscribed(store, job("ada", subscribe("ada", "basic", Interval::Day))).await;
    bought(store, job("ada", buy_units("ada", 1))).await;
    done(store, job("team", put_customer("team", Some("ada"), None))).await;
    done(store, job("team", grant("team", "2"))).await;
    place.move_clock(at(DAY + DAY / 2));
    done(store, job("ada", cancel(plan.id, CancelAt::Now))).await;
}

fn charge_of_one(customer: &str) -> scrip_ledger::Act {
    charge(customer, "1")
}

const STORY: &[&str] = &[
    "catalog.published",
    "grant.created",
    "hold.created",
    "hold.extended",
    "charge.created",
    "charge.created",
    "hold.captured",
    "charge.refunded",
    "hold.created",
    "hold.released",
    "catalog.published",
    "hold.created",
    "hold.stuck",
    "hold.created",
    "charge.created",
    "hold.captured",
    "grant.voided",
    "grant.created",
    "grant.created",
    "subscription.started",
    "grant.created",
    "add_on.started",
    "grant.created",
];

#[test]
fn every_change_that_matters_is_one_event_in_the_order_in_which_it_happened() {
    check(async |place, store| {
        tell_story(place, &store).await;
        let events = all(&store, EventFilter::default(), 100).await;
        assert_eq!(&kinds(&events)[..STORY.len()], STORY);
        assert_eq!(
            kinds(&events)[STORY.len()..],
            [
                "hold.expired",
                "grant.created",
                "grant.expired",
                "grant.expired",
                "grant.created",
                "grant.created",
                "add_on.renewed",
                "wallet.reset",
                "subscription.renewed",
                "grant.voided",
                "grant.voided",
                "grant.voided",
                "subscription.ended",
            ],
            "{events:#?}"
        );
    });
}

#[test]
fn events_are_the_same_however_many_are_asked_for_and_after_a_restart_and_new_views() {
    let place = Place::new();
    run(async {
        let store = place.open();
        tell_story(&place, &store).await;
        let whole = all(&store, EventFilter::default(), 1_000).await;
        assert!(whole.is_sorted_by_key(|event| event.id) && whole.len() > STORY.len());
        for limit in [1, 2, 3, 7] {
            assert_eq!(all(&store, EventFilter::default(), limit).await, whole, "{limit} at a time");
        }
        store.close();
        scrip_store::rebuild(place.dir()).unwrap();
        let store = place.open();
        assert_eq!(all(&store, EventFilter::default(), 5).await, whole, "after a restart");
        for event in &whole {
            assert_eq!(event.id.to_string().parse(), Ok(event.id));
        }
        store.close();
    });
    prove(place.dir());
}

#[test]
fn whoever_follows_sees_each_event_once_as_it_comes() {
    check(async |place, store| {
        studio_with(&store, plans()).await;
        let any = EventFilter::default();
        let mut listed = page_of(&store, &any, Page::first(10)).await;
        assert_eq!((kinds(&listed.items), listed.is_end), (vec!["catalog.published"], true));
        let again = page_of(&store, &any, Page::after(10, listed.next.clone())).await;
        assert_eq!((again.items.len(), again.is_end, &again.next), (0, true, &listed.next));
        done(&store, job("ada", customer("ada"))).await;
        for step in 0..5 {
            place.move_clock(at(step * 60));
            done(&store, job("ada", grant("ada", "1"))).await;
            if step % 2 == 0 {
                publish(&store, STUDIO, plans()).await;
            }
            listed = page_of(&store, &any, Page::after(10, listed.next)).await;
            let expected: &[&str] =
                if step % 2 == 0 { &["grant.created", "catalog.published"] } else { &["grant.created"] };
            assert_eq!(kinds(&listed.items), expected, "step {step}");
            assert!(listed.items.iter().all(|event| event.at == at(step * 60)));
        }
    });
}

#[test]
fn events_of_one_customer_and_of_some_types_are_found_among_others() {
    check(async |place, store| {
        tell_story(place, &store).await;
        let of = |customer: &str, kinds: &[EventKind]| EventFilter {
            customer: Some(Name::from(customer)),
            kinds: (!kinds.is_empty()).then(|| kinds.to_vec()),
        };
        let team = all(&store, of("team", &[]), 10).await;
        assert_eq!(kinds(&team), ["grant.created"]);
        let ada = all(&store, of("ada", &[EventKind::ChargeCreated, EventKind::HoldStuck]), 2).await;
        assert_eq!(kinds(&ada), ["charge.created", "charge.created", "hold.stuck", "charge.created"]);
        let catalogs = EventFilter { customer: None, kinds: Some(vec![EventKind::CatalogPublished]) };
        assert_eq!(all(&store, catalogs, 1).await.len(), 2);
        let nobody = store.events(STUDIO, of("nobody", &[]), Page::first(1)).await;
        assert_eq!(nobody, Err(ReadError::NotFound));
        for wrong in ["1", "00000000000000ff00000000", "zzzzzzzzzzzzzzzzzzzzzzzz"] {
            let page = Page::after(1, wrong.parse().unwrap());
            assert_eq!(store.events(STUDIO, EventFilter::default(), page).await, Err(ReadError::Cursor), "{wrong}");
        }
    });
}

#[test]
fn an_event_says_when_it_happened_to_whom_and_what_it_is_about() {
    check(async |place, store| {
        studio_with(&store, plans()).await;
        done(&store, job("ada", customer("ada"))).await;
        let plan = subscribed(&store, job("ada", subscribe("ada", "basic", Interval::Day))).await;
        let hold = held(&store, job("ada", hold("ada", "2"))).await;
        place.move_clock(at(DAY * 2 + 5));
        done(&store, job("ada", grant("ada", "1"))).await;
        let events = all(&store, EventFilter::default(), 100).await;
        let find = |kind: EventKind| events.iter().filter(move |event| event.kind == kind);
        let renewed: Vec<_> = find(EventKind::SubscriptionRenewed).collect();
        assert_eq!(renewed.iter().map(|event| event.at).collect::<Vec<_>>(), [at(DAY), at(2 * DAY)]);
        let cycles = renewed.iter().map(|event| match &event.about {
            About::Subscription(subscription) => (subscription.id, subscription.cycle),
            other => panic!("not a subscription: {other:?}"),
        });
        assert_eq!(cycles.collect::<Vec<_>>(), [(plan.id, 1), (plan.id, 2)]);
        let expired = find(EventKind::HoldExpired).next().unwrap();
        assert_eq!(expired.at, at(15 * 60));
        assert!(matches!(&expired.about, About::Hold(known) if known.id == hold.id && known.terms == hold.terms));
        let amounts = find(EventKind::GrantExpired).map(|event| match &event.about {
            About::Grant { amount, .. } => *amount,
            other => panic!("not a grant: {other:?}"),
        });
        assert_eq!(amounts.collect::<Vec<Credits>>(), [credits("16"), credits("16")]);
        let sequences: Vec<u64> =
            events.iter().filter_map(|event| event.of.as_ref()).map(|of| of.sequence.unwrap()).collect();
        assert!(sequences.is_sorted(), "{sequences:?}");
    });
}

#[test]
fn what_is_frozen_without_a_plan_and_thawed_with_one_is_told_with_its_amount() {
    check(async |_, store| {
        studio_with(&store, plans_that_freeze()).await;
        done(&store, job("ada", customer("ada"))).await;
        done(&store, job("ada", grant("ada", "7"))).await;
        subscribed(&store, job("ada", subscribe("ada", "basic", Interval::Day))).await;
        let told: Vec<(&str, Credits)> = all(&store, EventFilter::default(), 100)
            .await
            .iter()
            .filter_map(|event| match &event.about {
                About::Grant { amount, .. } => Some((event.kind.as_str(), *amount)),
                _ => None,
            })
            .collect();
        let seven = credits("7");
        let expected = [
            ("grant.created", seven),
            ("grant.frozen", seven),
            ("grant.created", credits("20")),
            ("grant.thawed", seven),
        ];
        let mut sorted = told.clone();
        sorted.sort_unstable();
        let mut expected = expected.to_vec();
        expected.sort_unstable();
        assert_eq!(sorted, expected, "{told:?}");
    });
}

#[test]
fn a_question_reads_a_part_of_the_journal_and_says_where_to_go_on() {
    let place = Place::new();
    run(async {
        let store = place.open();
        studio_with(&store, plans()).await;
        done(&store, job("ada", customer("ada"))).await;
        done(&store, job("bob", customer("bob"))).await;
        done(&store, job("ada", grant("ada", "1"))).await;
        let open = held(&store, job("ada", hold("ada", "1"))).await.id;
        for _ in 0..9 {
            let jobs = (0..4_000).map(|_| job("ada", extend(open, Span::from_minutes(1)))).collect();
            store.commit(jobs).await.unwrap();
        }
        done(&store, job("bob", grant("bob", "1"))).await;
        let of_bob = EventFilter { customer: Some(Name::from("bob")), kinds: None };
        let first = page_of(&store, &of_bob, Page::first(10)).await;
        assert_eq!((first.items.len(), first.is_end), (0, false), "it was enough work");
        assert_eq!(kinds(&all(&store, of_bob, 10).await), ["grant.created"]);
        store.close();
    });
    prove(place.dir());
}
