//! The thread that folds what is durable into the views, in large sorted batches.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::{Connection, TransactionBehavior};

use crate::embedded::checkpointer::WalFile;
use crate::embedded::lag::{Committed, Lag};
use crate::error::StoreError;
use crate::views;
use crate::views::fold::{Fold, write_due_at};

/// Records that one transaction of the views takes, at most about.
const RECORDS_MAX: usize = 65_536;
/// After a failure.
const PAUSE: Duration = Duration::from_millis(200);

pub(crate) struct Projector {
    pub(crate) path: PathBuf,
    pub(crate) db: Connection,
    pub(crate) lag: Arc<Lag>,
    pub(crate) wal: Arc<WalFile>,
}

impl Projector {
    /// Works until the lag is closed and empty.
    pub(crate) fn run(mut self) {
        loop {
            let batches = self.lag.take(RECORDS_MAX);
            if batches.is_empty() {
                break;
            }
            while let Err(_error) = self.write(&batches) {
                self.lag.failed();
                if self.lag.is_closed() {
                    // The journal has it all; the next start folds it in.
                    return self.lag.stopped();
                }
                std::thread::sleep(PAUSE);
                self.reopen();
            }
            self.lag.done(&batches);
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
        fold.write(&transaction)?;
        for batch in batches {
            write_due_at(&transaction, &batch.dues)?;
        }
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
