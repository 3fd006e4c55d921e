//! Making what is due visible in time: holds that run out, grants that start and end, in wallets that nobody
//! touches. It is right without; webhooks and reports come sooner with it.

use std::sync::Arc;

use rusqlite::Connection;
use scrip_ledger::id::{StudioId, WalletId};
use scrip_ledger::time::Timestamp;
use tokio::sync::oneshot;

use crate::embedded::checkpointer::Stop;
use crate::embedded::shared::Shared;
use crate::embedded::writer::Item;
use crate::error::{ReadError, StoreError};
use crate::views::load::wallet_id;

/// Wallets that one question asks for; others are served in between.
pub(crate) const WALLETS_MAX: usize = 512;

pub(crate) struct Sweeper {
    pub(crate) shared: Arc<Shared>,
    pub(crate) views: Connection,
    pub(crate) stop: Arc<Stop>,
}

impl Sweeper {
    pub(crate) fn run(self) {
        while !self.stop.wait(self.shared.options.sweep_every) {
            // What fails now (a full queue, a full disk) is still due at the next look.
            let _ = self.sweep();
        }
    }

    fn sweep(&self) -> Result<(), ReadError> {
        let machine_now = self.shared.options.clock.now();
        let settings = self.shared.settings();
        for studio in studios_with_due(&self.views)? {
            if settings.book(studio).is_err() {
                // What falls due is decided by the catalog's terms, and they are not known yet.
                continue;
            }
            let now = settings.now(studio, machine_now);
            let mut after = None;
            loop {
                let due = due_wallets(&self.views, studio, now, after, WALLETS_MAX)?;
                let Some(last) = due.last().copied() else { break };
                after = Some(last);
                let (reply, answer) = oneshot::channel();
                let wallets = due.iter().map(|(_, wallet)| *wallet).collect();
                self.shared.queue.push(due.len(), Item::Sweep { wallets, reply })?;
                answer.blocking_recv().map_err(|_| StoreError::Closed)??;
            }
        }
        Ok(())
    }
}

/// The studios in which anything falls due, one step in the index for each.
fn studios_with_due(views: &Connection) -> Result<Vec<StudioId>, StoreError> {
    let mut statement = views.prepare_cached(
        "WITH RECURSIVE found (studio) AS (
             SELECT min(studio) FROM wallets WHERE due_at IS NOT NULL
             UNION ALL
             SELECT (SELECT min(studio) FROM wallets WHERE due_at IS NOT NULL AND studio > found.studio)
             FROM found WHERE found.studio IS NOT NULL)
         SELECT studio FROM found WHERE studio IS NOT NULL",
    )?;
    let studios = statement.query_map([], |row| row.get(0).map(StudioId))?.collect::<Result<_, _>>()?;
    Ok(studios)
}

/// Wallets of a studio that are to be looked at by then, soonest first, after the last one of the page before.
pub(crate) fn due_wallets(
    views: &Connection,
    studio: StudioId,
    by: Timestamp,
    after: Option<(Timestamp, WalletId)>,
    count: usize,
) -> Result<Vec<(Timestamp, WalletId)>, StoreError> {
    let (after_at, after_wallet) = after.map_or((i64::MIN, 0), |(at, wallet)| (at.micros(), wallet.number() as i64));
    let mut statement = views.prepare_cached(
        "SELECT due_at, wallet FROM wallets
         WHERE studio = ?1 AND due_at IS NOT NULL AND due_at <= ?2 AND (due_at, wallet) > (?3, ?4)
         ORDER BY due_at, wallet LIMIT ?5",
    )?;
    let mut rows = statement.query((studio.0, by.micros(), after_at, after_wallet, count as i64))?;
    let mut due = Vec::new();
    while let Some(row) = rows.next()? {
        due.push((Timestamp::from_micros(row.get(0)?), wallet_id(row.get(1)?)?));
    }
    Ok(due)
}
