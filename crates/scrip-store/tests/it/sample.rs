//! What the committed samples of each journal format hold.

use scrip_ledger::Reply;
use scrip_store::Store;

use scrip_ledger::command::CancelAt;
use scrip_ledger::plan::Interval;

use crate::commands::{capture, charge, customer, grant, hold, job, keyed, member};
use crate::offers::*;
use crate::place::done;

/// A customer with 100 credits; five holds of 3, of which three are captured.
pub async fn fill(store: &Store) {
    for job in [job("ada", customer("ada")), job("ada", grant("ada", "100"))] {
        store.commit(vec![job]).await.expect("the store commits");
    }
    for number in 0..5 {
        let answers = store.commit(vec![keyed("ada", number, hold("ada", "3"))]).await.expect("the store commits");
        let Ok(Reply::Hold(open)) = &answers[0].outcome else { panic!("a hold") };
        if number % 2 == 0 {
            store.commit(vec![keyed("ada", 100 + number, capture(open.id))]).await.expect("the store commits");
        }
    }
}

/// Two customers with plans: one with units, a pack, a promotion and jobs that count; one with seats, which is
/// changed and cancelled.
pub async fn fill_plans(store: &Store) {
    studio_with(store, plans_that_count()).await;
    for id in ["ada", "bea"] {
        done(store, job(id, customer(id))).await;
    }
    done(store, job("ada", subscribe("ada", "basic", Interval::Month))).await;
    for act in [buy_units("ada", 2), purchase("ada"), claim("ada"), charge("ada", "6"), hold("ada", "3")] {
        done(store, job("ada", act)).await;
    }
    let team = subscribed(store, job("bea", subscribe("bea", "team", Interval::Day))).await;
    for act in [change_seats(team.id, 3), member("bea", "bo", Some(1)), charge("bea", "2")] {
        done(store, job("bea", act)).await;
    }
    done(store, job("bea", cancel(team.id, CancelAt::PeriodEnd))).await;
}
