//! What the committed sample of each journal format holds.

use scrip_ledger::Reply;
use scrip_store::Store;

use crate::commands::{capture, customer, grant, hold, job, keyed};

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
