//! The one thread that decides: whatever waits is the next batch; decided, made durable, then answered.
//!
//! | step | what | where it may wait |
//! |---|---|---|
//! | drain | all that waits becomes the batch | until something comes |
//! | decide | `apply`, job by job, on wallets in memory | a read of the views for what is not in memory |
//! | persist | one row in the journal, one flush | the disk |
//! | hand over | the records go to the projector | |
//! | answer | everybody at once; looks run now | |
//!
//! If the flush fails, nobody is told a yes, the wallets that the batch touched leave memory, and the journal
//! is opened anew to see what it really holds before anything else is written.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::{Connection, TransactionBehavior};
use scrip_ledger::id::{Fingerprint, RequestKey, StudioId, WalletId};
use scrip_ledger::{Answer, Timestamp, Wallet};
use tokio::sync::oneshot;

use crate::embedded::decide::Batch;
use crate::embedded::hot::HotWallets;
use crate::embedded::lag::Committed;
use crate::embedded::settings::{Draft, Settings};
use crate::embedded::shared::Shared;
use crate::error::{ClockError, ReadError, StoreError};
use crate::job::{Job, Load, Target};
use crate::journal::{self, Follower, Tip};
use crate::settings::StudioMode;

/// What waits for the writer.
pub(crate) enum Item {
    Commit {
        jobs: Vec<Job>,
        /// Of the jobs before these.
        answers: Vec<Answer>,
        reply: oneshot::Sender<Result<Vec<Answer>, StoreError>>,
    },
    Look {
        studio: StudioId,
        target: Target,
        load: Load,
        see: See,
    },
    Remembered {
        studio: StudioId,
        target: Target,
        request: (RequestKey, Fingerprint),
        reply: Reply<Option<Answer>>,
    },
    Setting(SettingWork),
    Clock {
        studio: StudioId,
        to: Timestamp,
        reply: oneshot::Sender<Result<(), ClockError>>,
    },
    /// Do what is due in these wallets, and find out when each is to be looked at next.
    Sweep {
        wallets: Vec<WalletId>,
        reply: Reply<()>,
    },
}

impl Item {
    /// Tells whoever waits that it can't be done.
    fn refuse(self, error: &StoreError) {
        // Nobody may be waiting any more: then nobody is told.
        match self {
            Item::Commit { reply, .. } => drop(reply.send(Err(error.clone()))),
            Item::Look { see, .. } => see(Err(error.clone().into())),
            Item::Remembered { reply, .. } => drop(reply.send(Err(error.clone()))),
            Item::Setting(work) => (work(Err(error.clone())).answer)(Err(error.clone())),
            Item::Clock { reply, .. } => drop(reply.send(Err(error.clone().into()))),
            Item::Sweep { reply, .. } => drop(reply.send(Err(error.clone()))),
        }
    }
}

pub(crate) type Reply<T> = oneshot::Sender<Result<T, StoreError>>;
/// Gets the wallet once all that it shows is durable.
pub(crate) type See = Box<dyn FnOnce(Result<(&Wallet, Timestamp), ReadError>) + Send>;
/// Writes a setting in the transaction, or hears why it can't; answers once that is durable.
pub(crate) type SettingWork = Box<dyn FnOnce(Result<&mut Draft<'_>, StoreError>) -> SettingDone + Send>;

pub(crate) struct SettingDone {
    /// It was refused: what it wrote is taken back.
    pub(crate) is_refused: bool,
    pub(crate) answer: Box<dyn FnOnce(Result<(), StoreError>) + Send>,
}

/// What is told once the batch is durable.
pub(crate) enum Pending {
    Answers(Vec<Answer>, oneshot::Sender<Result<Vec<Answer>, StoreError>>),
    Look(WalletId, Timestamp, See),
    Remembered(Option<Answer>, Reply<Option<Answer>>),
    Clock(oneshot::Sender<Result<(), ClockError>>),
    Swept(Reply<()>),
    /// Goes on in the next batch.
    Later(Item),
}

pub(crate) struct Writer {
    pub(crate) shared: Arc<Shared>,
    pub(crate) dir: PathBuf,
    pub(crate) db: Connection,
    pub(crate) views: Connection,
    pub(crate) hot: HotWallets,
    pub(crate) tip: Tip,
    pub(crate) ticket: u64,
    pub(crate) wallet_max: u64,
    /// Studios that have customers: their clock can no longer be set anywhere.
    pub(crate) peopled: std::collections::BTreeSet<StudioId>,
    pub(crate) settings: Arc<Settings>,
    pub(crate) machine_now: Timestamp,
    pub(crate) batch: u64,
    /// Wallets left memory before the views had them: nothing cold is read until this ticket is projected.
    pub(crate) cold_until: Option<u64>,
    /// The last flush failed: the journal is to be read again before it is written.
    pub(crate) is_unsure: bool,
    /// The journal is not what it was: nothing more is written.
    pub(crate) broken: Option<StoreError>,
    /// A batch's records, encoded: used again and again.
    pub(crate) bytes: Vec<u8>,
    /// What goes on in the next batch.
    pub(crate) later: Vec<Item>,
}

/// The ticket of the batch at work, whether it gets one or not.
pub(crate) const NEXT_TICKET: u64 = u64::MAX;
/// While nothing comes, the writer looks this often whether it can trim its memory.
const PATIENCE: Duration = Duration::from_millis(500);
/// Batches whose settled objects are forgotten between two batches, at most: the views have many of them at once, and
/// nobody is to wait for all of that.
const TRIMMED_MAX: usize = 8;

impl Writer {
    /// Works until the queue is closed and empty.
    pub(crate) fn run(mut self) {
        let mut items = Vec::new();
        let mut is_trimmed = true;
        loop {
            items.append(&mut self.later);
            let mut patience = if is_trimmed { PATIENCE } else { Duration::ZERO };
            if !items.is_empty() {
                // What is projected can be forgotten: a wallet that goes on for long does not grow all the while.
                self.shared.lag.want(self.ticket);
                patience = Duration::ZERO;
            }
            if !self.shared.queue.drain(&mut items, self.shared.options.batch_max, patience) {
                break;
            }
            let projected = self.shared.lag.projected();
            is_trimmed = self.hot.trim(projected, TRIMMED_MAX);
            self.hot.evict(self.shared.options.hot_wallets_max, projected, self.batch);
            self.make_sure();
            let record_count = self.work(&mut items);
            let pause = self.shared.lag.pause(record_count, self.shared.options.lag_max);
            if !pause.is_zero() {
                std::thread::sleep(pause);
            }
        }
        self.shared.lag.close();
    }

    /// One batch; answers how many records it came to.
    fn work(&mut self, items: &mut Vec<Item>) -> usize {
        self.batch += 1;
        self.machine_now = self.machine_now.max(self.shared.options.clock.now());
        let mut batch = Batch::new(self.ticket + 1, std::mem::take(&mut self.bytes));
        let mut pending = Vec::with_capacity(items.len());
        let mut works = Vec::new();
        let mut clocks = Vec::new();
        for item in items.drain(..) {
            match item {
                Item::Commit { jobs, mut answers, reply } => match self.decide_all(&mut batch, jobs, &mut answers) {
                    Ok(rest) if rest.is_empty() => pending.push(Pending::Answers(answers, reply)),
                    Ok(jobs) => pending.push(Pending::Later(Item::Commit { jobs, answers, reply })),
                    Err(error) => drop(reply.send(Err(error))),
                },
                Item::Look { studio, target, load, see } => match self.look(&mut batch, studio, &target, &load) {
                    Ok(Some(wallet)) => {
                        pending.push(Pending::Look(wallet, self.settings.now(studio, self.machine_now), see));
                    }
                    Ok(None) => pending.push(Pending::Later(Item::Look { studio, target, load, see })),
                    Err(error) => see(Err(error)),
                },
                Item::Remembered { studio, target, request, reply } => {
                    match self.remembered(&mut batch, studio, &target, request) {
                        Ok(Some(answer)) => pending.push(Pending::Remembered(answer, reply)),
                        Ok(None) => pending.push(Pending::Later(Item::Remembered { studio, target, request, reply })),
                        Err(error) => drop(reply.send(Err(error))),
                    }
                }
                Item::Setting(work) => works.push(work),
                Item::Clock { studio, to, reply } => match self.check_clock(studio, to, &clocks) {
                    Ok(moves) => {
                        clocks.extend(moves.then_some((studio, to)));
                        pending.push(Pending::Clock(reply));
                    }
                    Err(error) => drop(reply.send(Err(error))),
                },
                Item::Sweep { wallets, reply } => match self.sweep(&mut batch, wallets) {
                    Ok(rest) if rest.is_empty() => pending.push(Pending::Swept(reply)),
                    Ok(wallets) => pending.push(Pending::Later(Item::Sweep { wallets, reply })),
                    Err(error) => drop(reply.send(Err(error))),
                },
            }
        }
        let record_count = batch.records.len();
        let outcome = self.persist(&batch, works, &clocks);
        match &outcome {
            Ok(()) => self.hand_over(batch),
            Err(_) => self.give_up(batch),
        }
        self.shared.note_writer(self.hot.len(), self.tip.position);
        self.answer(pending, &outcome);
        record_count
    }

    /// May this studio's clock be set there? `false` where it stands there already.
    fn check_clock(
        &self,
        studio: StudioId,
        to: Timestamp,
        moved: &[(StudioId, Timestamp)],
    ) -> Result<bool, ClockError> {
        let found = self.settings.studios.get(&studio).ok_or(ClockError::NotFound)?;
        if found.mode != StudioMode::Test {
            return Err(ClockError::NotTest);
        }
        let stands = moved.iter().rev().find(|moved| moved.0 == studio).map(|moved| moved.1).or(found.test_now);
        let now = stands.unwrap_or(self.machine_now);
        let may_go_anywhere = stands.is_none() && !self.peopled.contains(&studio);
        if to < now && !may_go_anywhere {
            return Err(ClockError::Backwards { now });
        }
        Ok(stands != Some(to))
    }

    /// Makes the batch durable; with nothing to write there is nothing to flush.
    fn persist(
        &mut self,
        batch: &Batch,
        works: Vec<SettingWork>,
        clocks: &[(StudioId, Timestamp)],
    ) -> Result<(), StoreError> {
        if batch.records.is_empty() && works.is_empty() && clocks.is_empty() {
            return Ok(());
        }
        if let Some(error) = self.unwritable() {
            works.into_iter().for_each(|work| (work(Err(error.clone())).answer)(Err(error.clone())));
            return Err(error);
        }
        let mut settings = None;
        let mut done = Vec::with_capacity(works.len());
        let flushed = self.flush(batch, works, clocks, &mut settings, &mut done);
        match &flushed {
            Ok(tip) => {
                self.tip = *tip;
                if let Some(settings) = settings {
                    self.settings = Arc::new(settings);
                    self.shared.publish(self.settings.clone());
                }
            }
            Err(_) => self.is_unsure = true,
        }
        let outcome = flushed.map(|_| ());
        done.into_iter().for_each(|done| (done.answer)(outcome.clone()));
        self.shared.journal_wal.finish_if_asked(&self.db);
        outcome
    }

    fn flush(
        &mut self,
        batch: &Batch,
        works: Vec<SettingWork>,
        clocks: &[(StudioId, Timestamp)],
        settings: &mut Option<Settings>,
        done: &mut Vec<SettingDone>,
    ) -> Result<Tip, StoreError> {
        let (machine_now, position) = (self.machine_now, self.tip.position);
        let mut transaction = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        if !works.is_empty() || !clocks.is_empty() {
            let settings = settings.insert(Settings::clone(&self.settings));
            for work in works {
                let mut draft = settings.clone();
                let mut savepoint = transaction.savepoint()?;
                let mut place = Draft { db: &savepoint, settings: &mut draft, machine_now, position };
                let worked = catch_unwind(AssertUnwindSafe(|| work(Ok(&mut place))));
                let panicked = |_| StoreError::Unavailable { reason: "a setting could not be written".to_owned() };
                let worked = worked.map_err(panicked)?;
                if worked.is_refused {
                    savepoint.rollback()?;
                } else {
                    *settings = draft;
                }
                savepoint.commit()?;
                done.push(worked);
            }
            for (studio, to) in clocks {
                Draft { db: &transaction, settings, machine_now, position }.set_clock(*studio, *to)?;
            }
        }
        let mut tip = self.tip;
        if !batch.records.is_empty() {
            tip = tip.after(machine_now, &batch.bytes);
            journal::append(&transaction, &tip, machine_now, &batch.bytes)?;
        }
        transaction.commit()?;
        Ok(tip)
    }

    /// Why nothing can be written just now.
    pub(crate) fn unwritable(&self) -> Option<StoreError> {
        if let Some(error) = &self.broken {
            return Some(error.clone());
        }
        let reason = "the journal could not be flushed, and is being read again".to_owned();
        self.is_unsure.then_some(StoreError::Unavailable { reason })
    }

    /// What is durable goes to the projector, to subscribers, and out of memory when its time comes.
    fn hand_over(&mut self, mut batch: Batch) {
        let dues = self.dues(&batch);
        self.bytes = std::mem::take(&mut batch.bytes);
        self.bytes.clear();
        self.shared.tell_subscribers(&batch.records);
        let is_empty = batch.records.is_empty() && dues.is_empty();
        self.ticket = if is_empty { self.ticket } else { batch.ticket };
        if self.cold_until == Some(NEXT_TICKET) {
            self.cold_until = Some(self.ticket);
        }
        self.hot.schedule(self.ticket, batch.settled);
        if !is_empty {
            let committed = Committed { ticket: self.ticket, tip: self.tip, records: batch.records, dues };
            self.shared.lag.push(committed);
        }
    }

    /// When the wallets of the batch are to be looked at next, where the views say something else. A time that
    /// is too early does no harm, so it is only put off when somebody looked.
    fn dues(&mut self, batch: &Batch) -> Vec<(WalletId, Option<Timestamp>)> {
        let mut dues = Vec::new();
        let looked = batch.looked_at.iter().map(|id| (*id, true));
        for (id, was_looked_at) in looked.chain(batch.touched.iter().map(|id| (*id, false))) {
            let Some(hot) = self.hot.get_mut(id) else { continue };
            let next = hot.wallet.next_due();
            let is_earlier = next.is_some_and(|next| hot.stored_due.is_none_or(|stored| next < stored));
            if is_earlier || (was_looked_at && next != hot.stored_due) {
                hot.stored_due = next;
                hot.last_ticket = batch.ticket;
                dues.push((id, next));
            }
        }
        dues
    }

    /// The batch is not durable, or nobody knows: what it touched leaves memory.
    fn give_up(&mut self, batch: Batch) {
        for id in batch.touched.iter().chain(&batch.looked_at) {
            self.hot.remove(*id);
        }
        self.bytes = batch.bytes;
        self.bytes.clear();
        self.hot.schedule(self.ticket, batch.settled);
        self.forget_cold();
    }

    /// Wallets left memory that the views may not have yet.
    pub(crate) fn forget_cold(&mut self) {
        self.cold_until = Some(self.ticket);
        self.shared.lag.want(self.ticket);
    }

    /// After a failed flush: reads the journal again and finds out what it holds.
    fn make_sure(&mut self) {
        if self.is_unsure && self.broken.is_none() {
            match self.reread() {
                Ok(()) => self.is_unsure = false,
                Err(error @ StoreError::Corrupt { .. }) => self.broken = Some(error),
                Err(_) => {}
            }
        }
        if let Some(ticket) = self.cold_until
            && !self.is_unsure
            && self.shared.lag.projected() >= ticket
        {
            self.cold_until = None;
        }
    }

    fn reread(&mut self) -> Result<(), StoreError> {
        let db = journal::open(&self.dir, self.shared.options.journal_pages_max.as_deref())?;
        let found = journal::tip(&db)?;
        if found != self.tip {
            // The flush was reported to have failed, and yet the batch is there: it counts.
            let mut follower = Follower::from(self.tip);
            let batches = follower.next(&db, 2)?;
            let [batch] = <[journal::Batch; 1]>::try_from(batches).map_err(|_| StoreError::Corrupt {
                reason: format!(
                    "{} ends at batch {}, and batch {} was the last that was written: somebody else changes it",
                    journal::FILE_NAME,
                    found.position,
                    self.tip.position
                ),
            })?;
            self.tip = follower.tip;
            self.ticket += 1;
            self.shared.lag.push(Committed {
                ticket: self.ticket,
                tip: self.tip,
                // Nobody knows what is due in them: somebody is to look soon.
                dues: batch.records.iter().map(|record| (record.wallet, Some(record.at))).collect(),
                records: batch.records,
            });
            self.forget_cold();
        }
        self.settings = Arc::new(Settings::load(&db)?);
        self.shared.publish(self.settings.clone());
        self.db = db;
        Ok(())
    }

    fn answer(&mut self, pending: Vec<Pending>, outcome: &Result<(), StoreError>) {
        for pending in pending {
            // Nobody may be waiting any more: then nobody is told.
            match (pending, outcome) {
                (Pending::Answers(answers, reply), Ok(())) => drop(reply.send(Ok(answers))),
                (Pending::Answers(_, reply), Err(error)) => drop(reply.send(Err(error.clone()))),
                (Pending::Remembered(answer, reply), Ok(())) => drop(reply.send(Ok(answer))),
                (Pending::Remembered(_, reply), Err(error)) => drop(reply.send(Err(error.clone()))),
                (Pending::Clock(reply), Ok(())) => drop(reply.send(Ok(()))),
                (Pending::Clock(reply), Err(error)) => drop(reply.send(Err(error.clone().into()))),
                (Pending::Swept(reply), outcome) => drop(reply.send(outcome.clone())),
                (Pending::Later(item), Ok(())) => self.later.push(item),
                (Pending::Later(item), Err(error)) => item.refuse(error),
                (Pending::Look(id, now, see), Ok(())) => {
                    let gone = self.unavailable_wallet();
                    let seen = self.hot.get_mut(id).map(|hot| (&hot.wallet, now)).ok_or(ReadError::Store(gone));
                    // Whoever looks and panics hears nothing; everybody else is served.
                    let _ = catch_unwind(AssertUnwindSafe(|| see(seen)));
                }
                (Pending::Look(_, _, see), Err(error)) => see(Err(error.clone().into())),
            }
        }
    }

    pub(crate) fn unavailable_wallet(&self) -> StoreError {
        StoreError::Unavailable { reason: "this wallet is being read again".to_owned() }
    }
}
