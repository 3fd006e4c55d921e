//! Doing what is due before anybody decides or looks.
//!
//! It is usually little. After a year of sleep, or when a test clock moves, it may be very much: then it is done in
//! parts, a batch for each, with others served in between, and whoever asked for such a wallet waits for the last part.

use scrip_ledger::id::WalletId;
use scrip_ledger::time::Timestamp;

use crate::embedded::decide::Batch;
use crate::embedded::writer::Writer;
use crate::error::StoreError;

/// Changes that fall due and that one batch makes, at most about. A part of one wallet's is never larger than a touch.
const DUE_CHANGES_MAX: usize = 16_384;

impl Writer {
    /// Does what is due in a wallet; nothing is written where nothing is. `false` if more is due than this batch has
    /// room for: then whoever asked waits for the next.
    pub(crate) fn settle(&mut self, batch: &mut Batch, id: WalletId, at: Timestamp) -> Result<bool, StoreError> {
        let Some(hot) = self.hot.get_mut(id) else { return Err(self.unavailable_wallet()) };
        let book = self.settings.book(hot.wallet.studio)?;
        if !hot.wallet.is_due(&book, at) {
            return Ok(true);
        }
        if let Some(error) = self.unwritable() {
            return Err(error);
        }
        if batch.due_changes >= DUE_CHANGES_MAX {
            return Ok(false);
        }
        let record = self.apply(batch, id, |wallet| scrip_ledger::touch(wallet, &book, at))?;
        let change_count = record.as_ref().map_or(0, |record| record.changes.len());
        batch.due_changes += change_count;
        self.keep(batch, id, record, None);
        let rest = self.hot.get_mut(id).is_some_and(|hot| hot.wallet.is_due(&book, at));
        // Where nothing came of it, nothing will in the next batch.
        Ok(change_count == 0 || !rest)
    }

    /// The same for a wallet that is about to be decided: deciding does what is due anyway, and only very much of it
    /// must be done before. What the views were told is never too late, so most wallets are not looked through twice.
    pub(crate) fn settle_much(&mut self, batch: &mut Batch, id: WalletId, at: Timestamp) -> Result<bool, StoreError> {
        let Some(hot) = self.hot.get_mut(id) else { return Err(self.unavailable_wallet()) };
        if hot.stored_due.is_none_or(|due| due > at) { Ok(true) } else { self.settle(batch, id, at) }
    }

    /// Does what is due in each of these wallets; answers those in which more is due than this batch has room for.
    pub(crate) fn sweep(&mut self, batch: &mut Batch, wallets: Vec<WalletId>) -> Result<Vec<WalletId>, StoreError> {
        let mut rest = Vec::new();
        for id in wallets {
            if self.warm(id)?
                && let Some(hot) = self.hot.get_mut(id)
            {
                let at = self.settings.now(hot.wallet.studio, self.machine_now);
                if self.settle(batch, id, at)? {
                    batch.looked_at.push(id);
                } else {
                    rest.push(id);
                }
            }
        }
        Ok(rest)
    }
}
