//! A transfer to another wallet: the one command that is about two. Both records are in one batch, so both are
//! durable or neither is.

use std::panic::{AssertUnwindSafe, catch_unwind};

use scrip_ledger::command::TransferNew;
use scrip_ledger::id::WalletId;
use scrip_ledger::transfer::transfer_between;
use scrip_ledger::{Act, Answer};

use crate::embedded::decide::Batch;
use crate::embedded::writer::Writer;
use crate::error::StoreError;
use crate::job::Job;

impl Writer {
    /// The wallet that credits go to, if it is not the one that they come from.
    pub(crate) fn goes_to(&mut self, job: &Job, from: WalletId) -> Result<Option<WalletId>, StoreError> {
        let Act::Transfer(new) = &job.command.act else { return Ok(None) };
        Ok(self.find_customer(job.studio, &new.to)?.filter(|to| *to != from))
    }

    pub(crate) fn transfer(
        &mut self,
        batch: &mut Batch,
        job: &Job,
        [from, to]: [WalletId; 2],
        new: &TransferNew,
    ) -> Result<Answer, StoreError> {
        let book = self.settings.book(job.studio)?;
        let at = self.settings.now(job.studio, self.machine_now);
        self.load_for(batch, from, &job.command)?;
        for id in [from, to] {
            self.touch_in(batch, id)?;
        }
        let Some([sender, receiver]) = self.hot.get_two([from, to]) else { return Err(self.unavailable_wallet()) };
        let moved = catch_unwind(AssertUnwindSafe(|| {
            transfer_between(&mut sender.wallet, &mut receiver.wallet, &book, at, &job.command, new)
        }));
        let moved = moved
            .map_err(|_| self.forget_broken(&[from, to], format_args!("a transfer from wallet {}", from.number())))?;
        self.keep(batch, from, moved.from, job.trace.as_ref());
        self.keep(batch, to, moved.to, job.trace.as_ref());
        Ok(moved.answer)
    }
}
