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

/// Folds in what the journal has beyond the views. `false` if the views are not a fold of this journal: then
/// they are to be made anew.
pub(crate) fn catch_up(journal: &Connection, views_db: &mut Connection) -> Result<bool, StoreError> {
    let Some(tip) = views::tip(views_db)? else { return Ok(false) };
    if journal::checksum_at(journal, tip.position)? != Some(tip.checksum) {
        return Ok(false);
    }
    fold_from(journal, views_db, tip)?;
    Ok(true)
}

fn fold_from(journal: &Connection, views_db: &mut Connection, tip: Tip) -> Result<Tip, StoreError> {
    let mut follower = Follower::from(tip);
    loop {
        let batches = follower.next(journal, BATCHES_MAX)?;
        if batches.is_empty() {
            return Ok(follower.tip);
        }
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
pub(crate) fn rebuild(dir: &Path, journal: &Connection) -> Result<Tip, StoreError> {
    let fresh = dir.join("views.sqlite.new");
    remove(&fresh)?;
    let tip = build(&fresh, journal)?;
    let place = views::path(dir);
    // The database goes before its write-ahead file: a log without its database is ignored.
    remove(&place)?;
    std::fs::rename(&fresh, &place)?;
    Ok(tip)
}

/// Makes views of a whole journal in a new file.
pub(crate) fn build(path: &Path, journal: &Connection) -> Result<Tip, StoreError> {
    let unreadable = || StoreError::Unavailable { reason: format!("{} cannot be made", path.display()) };
    let mut db = views::open(path)?.ok_or_else(unreadable)?;
    let tip = fold_from(journal, &mut db, Tip::START)?;
    db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    db.close().map_err(|(_, error)| StoreError::from(error))?;
    Ok(tip)
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
