//! Catching the views up with the journal, and making them anew.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};
use scrip_ledger::id::WalletId;

use crate::error::StoreError;
use crate::journal::{self, Batch, Follower, Tip};
use crate::views;
use crate::views::fold::{Fold, write_due};

/// Batches that are folded in at once, at most.
const BATCHES_MAX: usize = 4_096;

/// What was folded in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rebuilt {
    pub batch_count: u64,
    pub record_count: u64,
}

/// Folds in what the journal has beyond the views. `false` if the views are not a fold of this journal: then
/// they are to be made anew.
///
/// A journal that ends before the views has lost batches that were answered: `Corrupt`, and the views, which may be
/// all that is left of them, stay as they are.
pub(crate) fn catch_up(journal: &Connection, views_db: &mut Connection) -> Result<bool, StoreError> {
    let Some(tip) = views::tip(views_db)? else { return Ok(false) };
    let end = journal::tip(journal)?.position;
    if tip.position > end {
        let reason = format!("{} ends at batch {end}, {}", journal::FILE_NAME, lost_batches(tip.position));
        return Err(StoreError::Corrupt { reason });
    }
    if journal::checksum_at(journal, tip.position)? != Some(tip.checksum) {
        return Ok(false);
    }
    fold_from(journal, views_db, tip, u64::MAX)?;
    Ok(true)
}

/// What to do where the views are ahead of the journal.
pub(crate) fn lost_batches(views_position: u64) -> String {
    format!(
        "the views are at {views_position}: batches that were answered are missing; restore a backup, or go on without \
         them by `scrip rebuild`"
    )
}

fn fold_from(journal: &Connection, views_db: &mut Connection, tip: Tip, last: u64) -> Result<Rebuilt, StoreError> {
    let mut follower = Follower::from(tip);
    let mut rebuilt = Rebuilt::default();
    loop {
        let count = usize::try_from(last - follower.tip.position).unwrap_or(BATCHES_MAX).min(BATCHES_MAX);
        let batches = follower.next(journal, count)?;
        if batches.is_empty() {
            return Ok(rebuilt);
        }
        rebuilt.batch_count += batches.len() as u64;
        rebuilt.record_count += batches.iter().map(|batch| batch.records.len() as u64).sum::<u64>();
        write(views_db, &batches, &follower.tip)?;
        views_db.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))?;
    }
}

fn write(views_db: &mut Connection, batches: &[Batch], tip: &Tip) -> Result<(), StoreError> {
    let transaction = views_db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut fold = Fold::default();
    for record in batches.iter().flat_map(|batch| &batch.records) {
        fold.add(record);
    }
    let mut wallets: Vec<WalletId> = fold.wallets().collect();
    wallets.sort_unstable();
    fold.write(&transaction)?;
    write_due(&transaction, wallets.into_iter())?;
    views::set_tip(&transaction, tip)?;
    transaction.commit()?;
    Ok(())
}

/// Makes the views anew beside the old ones, then takes their place. The folder is locked by the caller.
pub(crate) fn rebuild(dir: &Path, journal: &Connection) -> Result<Rebuilt, StoreError> {
    let fresh = dir.join("views.sqlite.new");
    remove(&fresh)?;
    let rebuilt = build(&fresh, journal, u64::MAX)?;
    let place = views::path(dir);
    // The database goes before its write-ahead file: a log without its database is ignored.
    remove(&place)?;
    std::fs::rename(&fresh, &place)?;
    Ok(rebuilt)
}

/// Makes views in a new file, of the journal up to its batch `last`.
pub(crate) fn build(path: &Path, journal: &Connection, last: u64) -> Result<Rebuilt, StoreError> {
    let unreadable = || StoreError::Unavailable { reason: format!("{} cannot be made", path.display()) };
    let mut db = views::open(path)?.ok_or_else(unreadable)?;
    let rebuilt = fold_from(journal, &mut db, Tip::START, last)?;
    db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    db.close().map_err(|(_, error)| StoreError::from(error))?;
    Ok(rebuilt)
}

/// Removes a database with the files beside it.
pub(crate) fn remove(path: &Path) -> Result<(), StoreError> {
    for suffix in ["", "-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        match std::fs::remove_file(name) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}
