//! The thread that folds what is durable into the views, in large sorted batches.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rusqlite::{Connection, TransactionBehavior};

use crate::embedded::checkpointer::WalFile;
use crate::embedded::lag::{Committed, Lag};
use crate::error::StoreError;
use crate::views;
use crate::views::fold::{Fold, write_due_at};

/// Records that one transaction of the views takes, at most about.
const RECORDS_MAX: usize = 32_768;
/// After a failure.
const PAUSE: Duration = Duration::from_millis(200);
/// Between two steps of forgetting what is too old.
const FORGET_EVERY: Duration = Duration::from_secs(1);
/// Wallets that one such step looks at.
const FORGET_WALLETS: i64 = 1_000;

pub(crate) struct Projector {
    pub(crate) path: PathBuf,
    pub(crate) db: Connection,
    pub(crate) lag: Arc<Lag>,
    pub(crate) wal: Arc<WalFile>,
}

impl Projector {
    /// Works until the lag is closed and empty.
    pub(crate) fn run(mut self) {
        let mut forgotten = (Instant::now(), 0);
        loop {
            let batches = self.lag.take(RECORDS_MAX);
            if batches.is_empty() {
                break;
            }
            let mut started = Instant::now();
            while let Err(_error) = self.write(&batches) {
                self.lag.failed();
                if self.lag.is_closed() {
                    // The journal has it all; the next start folds it in.
                    return self.lag.stopped();
                }
                std::thread::sleep(PAUSE);
                self.reopen();
                started = Instant::now();
            }
            self.lag.done(&batches, started.elapsed());
            if forgotten.0.elapsed() >= FORGET_EVERY {
                // What cannot be deleted now is deleted the next time round.
                let next = forget_old(&self.db, forgotten.1).unwrap_or_default();
                forgotten = (Instant::now(), next);
            }
            self.wal.finish_if_asked(&self.db);
        }
        self.lag.stopped();
    }

    fn write(&mut self, batches: &[Committed]) -> Result<(), StoreError> {
        let transaction = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut fold = Fold::default();
        for record in batches.iter().flat_map(|batch| &batch.records) {
            fold.add(record);
        }
        let dues = batches.iter().flat_map(|batch| &batch.dues);
        let of_unchanged: Vec<_> = dues.filter(|(wallet, due)| !fold.set_due(*wallet, *due)).copied().collect();
        fold.write(&transaction)?;
        write_due_at(&transaction, &of_unchanged)?;
        if let Some(last) = batches.last() {
            views::set_tip(&transaction, &last.tip)?;
        }
        transaction.commit()?;
        Ok(())
    }

    fn reopen(&mut self) {
        if let Ok(Some(db)) = views::open(&self.path) {
            self.db = db;
        }
    }
}

/// Deletes idempotency keys that are older than they are kept, and quotes that would have expired, by each
/// wallet's own time; from a wallet on, a few at a time. Answers where to go on.
fn forget_old(db: &Connection, from: i64) -> Result<i64, StoreError> {
    let to = from + FORGET_WALLETS;
    // A second more, since the second in which they were asked is all that is known.
    let kept = scrip_ledger::audit::KEYS_KEPT.micros() as i64 / 1_000_000 + 1;
    let old = "wallet > ?1 AND wallet <= ?2
             AND at < (SELECT last_at FROM wallets WHERE wallets.wallet = requests.wallet) / 1000000 - ?3";
    db.prepare_cached(&format!("DELETE FROM answers WHERE id IN (SELECT answers FROM requests WHERE {old})"))?
        .execute((from, to, kept))?;
    db.prepare_cached(&format!("DELETE FROM requests WHERE {old}"))?.execute((from, to, kept))?;
    db.prepare_cached(
        "DELETE FROM quotes_used WHERE wallet > ?1 AND wallet <= ?2
             AND until <= (SELECT last_at FROM wallets WHERE wallets.wallet = quotes_used.wallet)",
    )?
    .execute((from, to))?;
    let is_more = "SELECT EXISTS (SELECT 1 FROM wallets WHERE wallet > ?1)";
    let is_more: bool = db.prepare_cached(is_more)?.query_row([to], |row| row.get(0))?;
    Ok(if is_more { to } else { 0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_their_answers_are_forgotten_seven_days_after_by_the_time_of_their_wallet() {
        let dir = tempfile::tempdir().unwrap();
        let db = views::open(&dir.path().join("views.sqlite")).unwrap().unwrap();
        let day = 86_400i64;
        for (wallet, last_at) in [(1, 10 * day), (2, 4 * day)] {
            let row = "INSERT INTO wallets VALUES (?1, 1, 1, x'00', ?2, 1, NULL)";
            db.execute(row, [wallet, last_at * 1_000_000]).unwrap();
        }
        for (answers, wallet, at) in [(1, 1, 2 * day), (2, 1, 3 * day), (3, 1, 4 * day), (4, 2, day)] {
            db.execute("INSERT INTO answers VALUES (?1, x'')", [answers]).unwrap();
            db.execute("INSERT INTO requests VALUES (?1, ?2, ?2, ?3)", [wallet, answers, at]).unwrap();
        }
        assert_eq!(forget_old(&db, 0).unwrap(), 0, "there are no more wallets");
        for rows in ["SELECT group_concat(id) FROM answers", "SELECT group_concat(answers) FROM requests"] {
            let left: String = db.query_row(rows, [], |row| row.get(0)).unwrap();
            assert_eq!(left, "2,3,4", "{rows}");
        }
    }
}
