//! What every store must do, whatever it keeps its data in.

use std::time::Duration;

use scrip_ledger::command::{Asked, RefundShare};
use scrip_ledger::entry::EntryKind;
use scrip_ledger::hold::HoldStatus;
use scrip_ledger::id::{Fingerprint, HoldId, Name, ObjectId, StudioId, WalletId};
use scrip_ledger::policy::Outcome;
use scrip_ledger::refusal::Missing;
use scrip_ledger::{Answer, Command, Credits, Refusal, Reply, Span, Wallet};
use scrip_store::{
    ChargeFilter, EntryFilter, GrantFilter, Heard, HoldFilter, Job, Load, Options, Page, ReadError, RefundFilter,
    Store, StoreError, Target, UsageGroup,
};

use crate::commands::*;
use crate::place::{captured, charged, check, commit, done, forgotten, granted, held, projected, run};

async fn ada_with(store: &Store, amount: &str) {
    done(store, job("ada", customer("ada"))).await;
    done(store, job("ada", grant("ada", amount))).await;
}

/// Available and held, over all grants.
async fn balance(store: &Store, customer: &str) -> (String, String) {
    let target = Target::Customer(Name::from(customer));
    let sums = |wallet: &scrip_ledger::Wallet, _| {
        let available: Credits = wallet.grants.iter().map(|grant| grant.balance.available).sum();
        let held: Credits = wallet.grants.iter().map(|grant| grant.balance.held).sum();
        (available.to_string(), held.to_string())
    };
    store.read(STUDIO, target, Load::nothing(), sums).await.expect("the customer is there")
}

fn pair(available: &str, held: &str) -> (String, String) {
    (available.to_owned(), held.to_owned())
}

#[test]
fn what_was_answered_is_seen_by_every_read_and_list_that_follows() {
    check(async |_, store| {
        ada_with(&store, "100").await;
        let hold = held(&store, job("ada", hold("ada", "18"))).await;
        assert_eq!(balance(&store, "ada").await, pair("82", "18"));
        let listed = store.holds(STUDIO, HoldFilter::default(), Page::first(10)).await.unwrap();
        assert_eq!(listed.items, std::slice::from_ref(&hold));
        let capture = captured(&store, job("ada", capture(hold.id))).await;
        assert_eq!(balance(&store, "ada").await, pair("82", "0"));
        let charges = store.charges(STUDIO, ChargeFilter::default(), Page::first(10)).await.unwrap();
        assert_eq!(charges.items, [capture.charge.unwrap()]);
    });
}

#[test]
fn jobs_of_one_call_are_decided_in_order_and_each_stands_for_itself() {
    check(async |_, store| {
        let jobs = vec![
            job("ada", hold("ada", "1")),
            job("ada", customer("ada")),
            job("ada", grant("ada", "10")),
            job("ada", charge("ada", "11")),
            job("ada", charge("ada", "4")),
        ];
        let answers = store.commit(jobs).await.unwrap();
        let codes: Vec<&str> =
            answers.iter().map(|answer| answer.outcome.as_ref().map_or_else(|no| no.code(), |_| "ok")).collect();
        assert_eq!(codes, ["not_found", "ok", "ok", "insufficient_credits", "ok"]);
        assert_eq!(balance(&store, "ada").await, pair("6", "0"));
    });
}

#[test]
fn what_is_not_there_is_not_found_whatever_leads_to_it() {
    check(async |_, store| {
        ada_with(&store, "100").await;
        let hold_id = held(&store, job("ada", hold("ada", "1"))).await.id;
        let other = StudioId(2);
        let not_found = |what| Answer { outcome: Err(Refusal::NotFound { what }), replayed: false };
        let there = Target::Wallet(hold_id.wallet());
        let nowhere = Target::Wallet(WalletId::new(77).unwrap());
        let strange = HoldId(ObjectId::new(at(0), WalletId::new(77).unwrap(), 1));
        for (job, what) in [
            (job("bob", hold("bob", "1")), Missing::Customer),
            (job_of(other, there.clone(), None, capture(hold_id)), Missing::Hold),
            (job_of(other, Target::Customer(Name::from("ada")), None, hold("ada", "1")), Missing::Customer),
            (job_of(STUDIO, nowhere.clone(), None, release(hold_id)), Missing::Hold),
            (job_of(STUDIO, there.clone(), None, release(strange)), Missing::Hold),
            (job("ada", put_customer("team", Some("nobody"), None)), Missing::Parent),
        ] {
            assert_eq!(commit(&store, job).await, not_found(what));
        }
        let read = store.read(other, there, Load::nothing(), |_, _| ()).await;
        assert_eq!(read, Err(ReadError::NotFound));
        let charges = store.charges(STUDIO, customer_charges("bob"), Page::first(1)).await;
        assert_eq!(charges, Err(ReadError::NotFound));
    });
}

fn customer_charges(customer: &str) -> ChargeFilter {
    ChargeFilter { customer: Some(Name::from(customer)), ..ChargeFilter::default() }
}

/// One job of each kind that can be asked again, in an order that works.
async fn one_of_each(store: &Store) -> Vec<(Job, Answer)> {
    let mut asked: Vec<(Job, Answer)> = Vec::new();
    let mut number = 100;
    let mut ask = async |act| {
        number += 1;
        let job = keyed("ada", number, act);
        let answer = commit(store, job.clone()).await;
        asked.push((job, answer.clone()));
        answer.outcome
    };
    ask(put_customer("ada", None, Some("Ada"))).await.unwrap();
    ask(member("ada", "lin", Some(1))).await.unwrap();
    let Ok(Reply::Grant(spare)) = ask(grant("ada", "5")).await else { panic!("a grant") };
    ask(grant("ada", "100")).await.unwrap();
    ask(grant_until("ada", "1", Some(at(-5)))).await.unwrap_err();
    let Ok(Reply::Hold(first)) = ask(hold("ada", "30")).await else { panic!("a hold") };
    ask(extend(first.id, Span::from_minutes(20))).await.unwrap();
    ask(capture_as(first.id, Asked::Amount(credits("10")), Outcome::Succeeded, false)).await.unwrap();
    let Ok(Reply::Captured(end)) = ask(capture(first.id)).await else { panic!("a capture") };
    ask(capture(first.id)).await.unwrap_err();
    let Ok(Reply::Hold(second)) = ask(hold("ada", "7")).await else { panic!("a hold") };
    ask(release(second.id)).await.unwrap();
    let Ok(Reply::Charge(charge)) = ask(charge("ada", "2.5")).await else { panic!("a charge") };
    ask(refund(charge.id, RefundShare::Fraction { numerator: 1, denominator: 2 })).await.unwrap();
    ask(refund(charge.id, RefundShare::Rest)).await.unwrap();
    ask(refund(end.charge.unwrap().id, RefundShare::Amount(credits("1")))).await.unwrap();
    ask(hold("ada", "1000")).await.unwrap_err();
    ask(void(spare.id)).await.unwrap();
    ask(hold_on_quote("ada", "1", 7, at(600))).await.unwrap();
    asked
}

async fn ask_again(store: &Store, asked: &[(Job, Answer)], when: &str) {
    for (job, answer) in asked {
        let again = commit(store, job.clone()).await;
        assert_eq!(again, Answer { outcome: answer.outcome.clone(), replayed: true }, "{when}: {:?}", job.command.act);
        let Some((key, print)) = job.command.request else { panic!("a key") };
        let remembered = store.remembered(STUDIO, job.target.clone(), key, print).await.unwrap();
        assert_eq!(remembered.as_ref(), Some(&again), "{when}: {:?}", job.command.act);
    }
}

#[test]
fn a_request_is_answered_the_same_again_at_once_once_forgotten_and_after_a_restart() {
    let place = crate::place::Place::new();
    run(async {
        let store = place.open();
        let asked = one_of_each(&store).await;
        let before = balance(&store, "ada").await;
        ask_again(&store, &asked, "at once").await;
        forgotten(&store).await;
        ask_again(&store, &asked, "projected").await;
        forgotten(&store).await;
        ask_again(&store, &asked, "asked and forgotten again").await;
        store.close();
        let store = place.open();
        ask_again(&store, &asked, "after a restart").await;
        assert_eq!(balance(&store, "ada").await, before);
        store.close();
        let store = place.open_forgetful();
        done(&store, job("bob", customer("bob"))).await;
        for turn in 0..3 {
            forgotten(&store).await;
            ask_again(&store, &asked, &format!("evicted, turn {turn}")).await;
        }
        assert_eq!(balance(&store, "ada").await, before);
        store.close();
    });
    crate::place::prove(place.dir());
}

#[test]
fn a_key_with_another_body_is_refused_and_one_that_was_never_used_is_unknown() {
    check(async |_, store| {
        ada_with(&store, "100").await;
        let first = keyed("ada", 1, charge("ada", "5"));
        done(&store, first.clone()).await;
        let (key, print) = request(1);
        let other = Some((key, Fingerprint(print.0 ^ 1)));
        let reused = Job { command: Command { request: other, ..first.command.clone() }, ..first };
        for _ in 0..2 {
            assert_eq!(commit(&store, reused.clone()).await.outcome, Err(Refusal::KeyReused));
            let ada = Target::Customer(Name::from("ada"));
            let remembered = store.remembered(STUDIO, ada.clone(), key, Fingerprint(1)).await.unwrap();
            assert_eq!(remembered.map(|answer| answer.outcome), Some(Err(Refusal::KeyReused)));
            assert_eq!(store.remembered(STUDIO, ada, request(2).0, print).await, Ok(None));
            forgotten(&store).await;
        }
        assert_eq!(balance(&store, "ada").await, pair("95", "0"));
    });
}

#[test]
fn a_key_that_was_forgotten_after_a_week_can_be_used_again() {
    let place = crate::place::Place::new();
    run(async {
        let store = place.open();
        ada_with(&store, "100").await;
        let first = keyed("ada", 1, charge("ada", "5"));
        done(&store, first.clone()).await;
        projected(&store).await;
        place.move_clock(at(8 * 86_400));
        let (key, print) = request(1);
        let ada = || Target::Customer(Name::from("ada"));
        // What is old is forgotten from time to time, when there is something to write.
        while store.remembered(STUDIO, ada(), key, print).await.unwrap().is_some() {
            done(&store, job("ada", grant("ada", "1"))).await;
            forgotten(&store).await;
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let again = commit(&store, first.clone()).await;
        assert!(again.outcome.is_ok() && !again.replayed);
        store.close();
        scrip_store::rebuild(place.dir()).unwrap();
        let store = place.open();
        assert_eq!(commit(&store, first).await, Answer { replayed: true, ..again });
        store.close();
    });
    crate::place::prove(place.dir());
}

#[test]
fn what_is_due_happens_before_a_wallet_is_read_or_written() {
    check(async |place, store| {
        ada_with(&store, "10").await;
        done(&store, job("ada", grant_until("ada", "5", Some(at(600))))).await;
        let hold = held(&store, job("ada", hold("ada", "12"))).await;
        assert_eq!(balance(&store, "ada").await, pair("3", "12"));
        place.move_clock(at(601));
        assert_eq!(balance(&store, "ada").await, pair("3", "12"), "the expiring grant pays first, and is held");
        place.move_clock(at(901));
        assert_eq!(commit(&store, job("ada", capture(hold.id))).await.outcome, Err(Refusal::HoldExpired));
        assert_eq!(balance(&store, "ada").await, pair("10", "0"));
        let entries = store.entries(STUDIO, Name::from("ada"), EntryFilter::default(), Page::first(100)).await.unwrap();
        let last: Vec<_> = entries.items.iter().rev().take(3).map(|item| item.entry.movement.kind).collect();
        assert!(last.contains(&EntryKind::Lapse) && last.contains(&EntryKind::HoldExpire), "{last:?}");
        assert!(
            entries.items.iter().all(|item| item.entry.movement.at <= at(900)),
            "at the instant at which it fell due"
        );
    });
}

#[test]
fn a_hold_that_runs_out_is_swept_in_a_wallet_that_nobody_touches() {
    let place = crate::place::Place::new();
    run(async {
        let store = Store::open(Options { sweep_every: Duration::from_millis(5), ..place.options() }).unwrap();
        ada_with(&store, "10").await;
        let open = held(&store, job("ada", hold("ada", "4"))).await;
        done(&store, job("ada", extend(open.id, Span::from_minutes(30)))).await;
        for (minutes, status) in [(16, HoldStatus::Open), (31, HoldStatus::Expired)] {
            place.move_clock(at(minutes * 60));
            let filter = HoldFilter { status: Some(status), ..HoldFilter::default() };
            for _ in 0..400 {
                let listed = store.holds(STUDIO, filter.clone(), Page::first(1)).await.unwrap();
                if listed.items.len() == 1 {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            assert_eq!(store.holds(STUDIO, filter, Page::first(1)).await.unwrap().items.len(), 1, "{status:?}");
        }
        store.close();
    });
    crate::place::prove(place.dir());
}

/// Reads a whole list, two items a page, and checks that the pages make up the list.
macro_rules! all_pages {
    ($list:expr) => {{
        let whole = $list(Page::first(1_000)).await.unwrap();
        assert_eq!(whole.next, None);
        let mut items = Vec::new();
        let mut page = Page::first(2);
        loop {
            let part = $list(page).await.unwrap();
            items.extend(part.items);
            let Some(next) = part.next else { break };
            assert_eq!(next.to_string().parse(), Ok(next.clone()));
            page = Page::after(2, next);
        }
        assert_eq!(items, whole.items);
        items
    }};
}

#[test]
fn lists_are_complete_in_order_and_go_on_where_their_cursor_says() {
    check(async |place, store| {
        for id in ["ada", "bob", "cyd"] {
            done(&store, job(id, put_customer(id, None, Some(&format!("Name of {id}"))))).await;
            done(&store, job(id, grant(id, "100"))).await;
        }
        for (number, id) in ["ada", "bob", "ada", "cyd", "ada", "ada", "bob"].into_iter().enumerate() {
            place.move_clock(at(number as i64 * 86_400));
            let open = held(&store, job(id, hold(id, "3"))).await;
            if number != 6 {
                let charge = captured(&store, job(id, capture(open.id))).await.charge.unwrap();
                if number % 2 == 0 {
                    done(&store, job(id, refund(charge.id, RefundShare::Amount(credits("1"))))).await;
                }
            }
            done(&store, job(id, member(id, &format!("member {number}"), None))).await;
        }
        let ada = || Some(Name::from("ada"));
        let holds = all_pages!(|page| store.holds(STUDIO, HoldFilter::default(), page));
        assert_eq!(holds.len(), 7);
        assert!(holds.is_sorted_by_key(|hold| (hold.terms.created_at, hold.id)));
        let of_ada = HoldFilter { customer: ada(), ..HoldFilter::default() };
        assert_eq!(all_pages!(|page| store.holds(STUDIO, of_ada.clone(), page)).len(), 4);
        for customer in [None, Some(Name::from("bob"))] {
            let open = HoldFilter { customer, status: Some(HoldStatus::Open), ..HoldFilter::default() };
            assert_eq!(all_pages!(|page| store.holds(STUDIO, open.clone(), page)).len(), 1);
        }
        assert_eq!(all_pages!(|page| store.charges(STUDIO, ChargeFilter::default(), page)).len(), 6);
        let tool = |tool: &str| ChargeFilter { tool: Some(Name::from(tool)), ..customer_charges("ada") };
        assert_eq!(all_pages!(|page| store.charges(STUDIO, tool("text-to-material"), page)).len(), 4);
        assert_eq!(all_pages!(|page| store.charges(STUDIO, tool("other"), page)).len(), 0);
        let days = ChargeFilter { from: Some(at(86_400)), to: Some(at(3 * 86_400)), ..ChargeFilter::default() };
        assert_eq!(all_pages!(|page| store.charges(STUDIO, days.clone(), page)).len(), 2);
        let refunds = RefundFilter { customer: ada(), charge: None };
        assert_eq!(all_pages!(|page| store.refunds(STUDIO, refunds.clone(), page)).len(), 3);
        assert_eq!(all_pages!(|page| store.refunds(STUDIO, RefundFilter::default(), page)).len(), 3);
        let grants = GrantFilter { customer: ada(), ..GrantFilter::default() };
        assert_eq!(all_pages!(|page| store.grants(STUDIO, grants.clone(), page)).len(), 1);
        assert_eq!(all_pages!(|page| store.grants(STUDIO, GrantFilter::default(), page)).len(), 3);
        let entries = all_pages!(|page| store.entries(STUDIO, Name::from("ada"), EntryFilter::default(), page));
        assert!(entries.iter().enumerate().all(|(index, item)| item.entry.movement.sequence == index as u64 + 1));
        assert_eq!(all_pages!(|page| store.customers(STUDIO, None, page)).len(), 3);
        let named = |query: &str| Some(query.to_owned());
        assert_eq!(all_pages!(|page| store.customers(STUDIO, named("NAME OF B"), page)).len(), 1);
        assert_eq!(all_pages!(|page| store.customers(STUDIO, named("d"), page)).len(), 2);
        assert_eq!(all_pages!(|page| store.members(STUDIO, Name::from("ada"), page)).len(), 4);
        let wrong = Page::after(1, "zz".parse().unwrap());
        assert_eq!(store.holds(STUDIO, HoldFilter::default(), wrong).await, Err(ReadError::Cursor));
    });
}

#[test]
fn a_history_reads_the_same_wherever_the_views_were_written() {
    check(async |place, store| {
        ada_with(&store, "1000").await;
        done(&store, job("bob", customer("bob"))).await;
        done(&store, job("bob", grant("bob", "1000"))).await;
        let mut charges = Vec::new();
        let mut captures = Vec::new();
        for number in 0..40u64 {
            // Now and then the clock stands still over several writings, and several jobs share one.
            place.move_clock(at(number as i64 / 3));
            let open = held(&store, keyed("ada", number, hold("ada", "3"))).await;
            if number % 4 == 1 {
                projected(&store).await;
            }
            let done_now = captured(&store, keyed("ada", 1_000 + number, capture(open.id))).await;
            captures.push((open.id, 1_000 + number));
            charges.extend(done_now.charge);
            done(&store, job("bob", charge("bob", "1"))).await;
            if number % 3 == 0 {
                forgotten(&store).await;
            }
        }
        let ids: Vec<_> = charges.iter().map(|charge| charge.hold).collect();
        let of_ada = HoldFilter { customer: Some(Name::from("ada")), ..HoldFilter::default() };
        let holds = all_pages!(|page| store.holds(STUDIO, of_ada.clone(), page));
        assert_eq!(holds.iter().map(|hold| hold.id).collect::<Vec<_>>(), ids);
        assert_eq!(all_pages!(|page| store.charges(STUDIO, customer_charges("ada"), page)), charges);
        let some = ChargeFilter { from: Some(at(4)), to: Some(at(9)), ..customer_charges("ada") };
        assert_eq!(all_pages!(|page| store.charges(STUDIO, some.clone(), page)), charges[12..27]);
        let entries = all_pages!(|page| store.entries(STUDIO, Name::from("ada"), EntryFilter::default(), page));
        assert_eq!(entries.len(), 81);
        assert!(entries.iter().enumerate().all(|(index, item)| item.entry.movement.sequence == index as u64 + 1));
        let some = EntryFilter { from: Some(at(4)), to: Some(at(9)), ..EntryFilter::default() };
        let part = all_pages!(|page| store.entries(STUDIO, Name::from("ada"), some.clone(), page));
        assert_eq!(part, entries[25..55]);
        for (hold, key) in captures {
            let again = commit(&store, keyed("ada", key, capture(hold))).await;
            assert!(again.replayed && again.outcome.is_ok(), "{key}");
        }
    });
}

#[test]
fn a_reference_finds_the_hold_and_its_charge() {
    check(async |_, store| {
        ada_with(&store, "100").await;
        let mut new = hold_new(&Name::from("ada"), credits("2"));
        new.reference = Some(Name::from("job-17"));
        let open = held(&store, job("ada", scrip_ledger::Act::Hold(Box::new(new)))).await;
        held(&store, job("ada", hold("ada", "3"))).await;
        let charge = captured(&store, job("ada", capture(open.id))).await.charge.unwrap();
        let reference = || Some(Name::from("job-17"));
        let holds = HoldFilter { reference: reference(), ..HoldFilter::default() };
        let found = store.holds(STUDIO, holds, Page::first(10)).await.unwrap();
        assert_eq!(found.items.iter().map(|hold| hold.id).collect::<Vec<_>>(), [open.id]);
        let charges = ChargeFilter { reference: reference(), ..ChargeFilter::default() };
        assert_eq!(store.charges(STUDIO, charges, Page::first(10)).await.unwrap().items, [charge]);
    });
}

#[test]
fn usage_and_explanations_sum_what_the_lists_show() {
    check(async |place, store| {
        ada_with(&store, "100").await;
        for day in 0..3 {
            place.move_clock(at(day * 86_400));
            let charge = charged(&store, job("ada", charge("ada", "2.5"))).await;
            done(&store, job("ada", refund(charge.id, RefundShare::Amount(credits("0.5"))))).await;
        }
        let by_day = store.usage(STUDIO, customer_charges("ada"), UsageGroup::Day).await.unwrap();
        let shown: Vec<_> = by_day.iter().map(|row| (row.key.as_str(), row.credits, row.refunded)).collect();
        let (credit, back) = (credits("2.5"), credits("0.5"));
        let days = ["2026-01-01", "2026-01-02", "2026-01-03"];
        assert_eq!(shown, days.map(|day| (day, credit, back)));
        for group in [UsageGroup::Tool, UsageGroup::Model, UsageGroup::Member] {
            let rows = store.usage(STUDIO, ChargeFilter::default(), group).await.unwrap();
            assert_eq!(rows.len(), 1);
            assert_eq!((rows[0].charge_count, rows[0].credits, rows[0].refunded), (3, credits("7.5"), credits("1.5")));
        }
        let sums = store.entry_sums(STUDIO, Name::from("ada"), EntryFilter::default()).await.unwrap();
        let shown: Vec<_> =
            sums.iter().map(|sum| (sum.kind.as_str(), sum.entry_count, sum.amount.to_string())).collect();
        let expected = [("grant", 1, "100"), ("hold", 3, "7.5"), ("capture", 3, "7.5"), ("refund", 3, "1.5")];
        assert_eq!(shown, expected.map(|(kind, count, amount)| (kind, count, amount.to_owned())));
    });
}

#[test]
fn a_balance_of_any_past_time_is_the_fold_of_the_entries_up_to_it() {
    check(async |place, store| {
        let mut then = Vec::new();
        ada_with(&store, "100").await;
        for step in 1..8 {
            place.move_clock(at(step * 60));
            match step {
                1 => drop(held(&store, job("ada", hold("ada", "30"))).await),
                2 => drop(granted(&store, job("ada", grant_until("ada", "9", Some(at(240))))).await),
                3 => drop(charged(&store, job("ada", charge("ada", "4"))).await),
                4 => drop(balance(&store, "ada").await),
                5 => drop(charged(&store, job("ada", charge("ada", "50"))).await),
                _ => drop(commit(&store, job("ada", hold("ada", "5"))).await),
            }
            let grants = GrantFilter { customer: Some(Name::from("ada")), ..GrantFilter::default() };
            let listed = store.grants(STUDIO, grants, Page::first(10)).await.unwrap().items;
            then.push((at(step * 60), listed));
        }
        for (when, grants) in then {
            assert_eq!(store.balances_at(STUDIO, Name::from("ada"), when).await.unwrap(), grants, "{when:?}");
        }
        assert_eq!(store.balances_at(STUDIO, Name::from("ada"), at(-1)).await.unwrap(), []);
    });
}

#[test]
fn a_group_shares_the_wallet_of_its_parent_and_sees_its_own_part() {
    check(async |_, store| {
        ada_with(&store, "100").await;
        done(&store, job("team", put_customer("team", Some("ada"), None))).await;
        assert_eq!(done(&store, job("team", charge("team", "5"))).await.clone_charge().credits, credits("5"));
        done(&store, job("team", grant("team", "20"))).await;
        held(&store, job("ada", hold("ada", "1"))).await;
        forgotten(&store).await;
        let wallets = [Name::from("ada"), Name::from("team")].map(|name| store.wallet_of(STUDIO, name));
        let [ada, team] = wallets;
        assert_eq!(ada.await.unwrap(), team.await.unwrap());
        let of_team = HoldFilter { customer: Some(Name::from("team")), ..HoldFilter::default() };
        assert_eq!(store.holds(STUDIO, of_team, Page::first(9)).await.unwrap().items.len(), 1);
        let count = async |name: &str| {
            let page = Page::first(99);
            store.entries(STUDIO, Name::from(name), EntryFilter::default(), page).await.unwrap().items.len()
        };
        assert_eq!((count("ada").await, count("team").await), (5, 3));
        let team = store.customers(STUDIO, Some("team".to_owned()), Page::first(9)).await.unwrap().items.remove(0);
        assert_eq!(team.parent, Some(Name::from("ada")));
    });
}

trait CloneCharge {
    fn clone_charge(&self) -> scrip_ledger::charge::Charge;
}

impl CloneCharge for Reply {
    fn clone_charge(&self) -> scrip_ledger::charge::Charge {
        match self {
            Reply::Charge(charge) => (**charge).clone(),
            other => panic!("not a charge: {other:?}"),
        }
    }
}

#[test]
fn a_read_gets_the_settled_objects_that_it_names() {
    check(async |_, store| {
        ada_with(&store, "10").await;
        let open = held(&store, job("ada", hold("ada", "10"))).await;
        let charge = captured(&store, job("ada", capture(open.id))).await.charge.unwrap();
        forgotten(&store).await;
        let ada = || Target::Customer(Name::from("ada"));
        let charge_id = charge.id;
        let bare = store
            .read(STUDIO, ada(), Load::nothing(), move |wallet, _| {
                (wallet.charge(charge_id).is_none(), wallet.hold(open.id).is_none(), wallet.grants.is_empty())
            })
            .await
            .unwrap();
        assert_eq!(bare, (true, true, true), "what has settled and is projected has left memory");
        let seen = store
            .read(STUDIO, ada(), Load::charge(charge_id), move |wallet, _| {
                (wallet.charge(charge_id).cloned(), wallet.hold(open.id).cloned(), wallet.grants.len())
            })
            .await
            .unwrap();
        assert_eq!((seen.0.as_ref(), seen.2), (Some(&charge), 1));
        assert_eq!(seen.1.unwrap().state.status, HoldStatus::Captured);
    });
}

#[test]
fn a_subscriber_hears_what_is_committed_to_its_wallet_and_then_the_end() {
    check(async |_, store| {
        ada_with(&store, "10").await;
        done(&store, job("bob", customer("bob"))).await;
        let mut ada = store.subscribe(STUDIO, Target::Customer(Name::from("ada"))).await.unwrap();
        done(&store, job("bob", grant("bob", "1"))).await;
        let open = held(&store, job("ada", hold("ada", "3"))).await;
        let Heard::Record(record) = ada.next().await else { panic!("a record") };
        assert_eq!((record.wallet, record.wallet), (ada.wallet, open.id.wallet()));
        assert_eq!(record.changes.len(), 2, "an entry and a hold");
        store.close();
        assert_eq!(ada.next().await, Heard::End);
    });
}

#[test]
fn batches_can_be_followed_from_any_position() {
    check(async |_, store| {
        ada_with(&store, "10").await;
        held(&store, job("ada", hold("ada", "3"))).await;
        let all = store.records_after(0, 100).await.unwrap();
        assert_eq!(all.iter().map(|batch| batch.0).collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!(store.records_after(2, 100).await.unwrap(), all[2..]);
        assert_eq!(store.records_after(3, 100).await.unwrap(), []);
    });
}

#[test]
fn a_look_that_panics_hurts_nobody_else() {
    check(async |_, store| {
        ada_with(&store, "10").await;
        let ada = Target::Customer(Name::from("ada"));
        let look = store.read(STUDIO, ada, Load::nothing(), |_, _| panic!("a mistake of the caller")).await;
        assert_eq!(look, Err::<(), _>(ReadError::Store(StoreError::Closed)));
        assert_eq!(balance(&store, "ada").await, pair("10", "0"));
    });
}

#[test]
fn a_queue_that_is_full_says_so_at_once() {
    let place = crate::place::Place::new();
    run(async {
        let store = Store::open(Options { queue_max: 4, ..place.options() }).unwrap();
        done(&store, job("ada", customer("ada"))).await;
        let ada = || Target::Customer(Name::from("ada"));
        // The writer is held up, so that what comes then has to wait.
        let (go, wait) = std::sync::mpsc::channel::<()>();
        let (held_up, is_held_up) = tokio::sync::oneshot::channel();
        let hold_up = move |_: &Wallet, _| {
            held_up.send(()).unwrap();
            wait.recv().is_ok()
        };
        let slow = store.clone();
        let slow = tokio::spawn(async move { slow.read(STUDIO, ada(), Load::nothing(), hold_up).await });
        is_held_up.await.unwrap();
        let jobs = |count: usize| (0..count).map(|_| job("ada", grant("ada", "1"))).collect::<Vec<_>>();
        let waiting = store.clone();
        let waiting = tokio::spawn(async move { waiting.commit(jobs(3)).await });
        while store.gauges().queue_len < 3 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        assert_eq!(store.commit(jobs(2)).await, Err(StoreError::Busy));
        go.send(()).unwrap();
        assert_eq!(slow.await.unwrap(), Ok(true));
        assert_eq!(waiting.await.unwrap().map(|answers| answers.len()), Ok(3));
        assert_eq!(balance(&store, "ada").await, pair("3", "0"));
        projected(&store).await;
        store.close();
        assert_eq!(store.commit(vec![]).await, Err(StoreError::Closed));
        assert!(matches!(
            store.holds(STUDIO, HoldFilter::default(), Page::first(1)).await,
            Err(ReadError::Store(StoreError::Closed))
        ));
    });
    crate::place::prove(place.dir());
}
