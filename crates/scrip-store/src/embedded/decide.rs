//! Deciding the jobs of a batch: find the wallet, load what the command names, apply.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use scrip_ledger::id::{ChargeId, Fingerprint, GrantId, HoldId, RefundId, RequestKey, StudioId, WalletId};
use scrip_ledger::refusal::Missing;
use scrip_ledger::reply::Named;
use scrip_ledger::reversal::bonus_of;
use scrip_ledger::{Act, Answer, Command, Name, Record, Refusal, Wallet, apply};

use crate::bytes;
use crate::embedded::hot::keys::{KEYS_LOADED_MAX, KeySet};
use crate::embedded::hot::{HotWallet, Settled};
use crate::embedded::writer::{NEXT_TICKET, Writer};
use crate::error::{ReadError, StoreError};
use crate::job::{Job, Load, Target};
use crate::views::load;

/// What is decided and not durable yet.
pub(crate) struct Batch {
    /// Under which it goes to the projector.
    pub(crate) ticket: u64,
    pub(crate) records: Vec<Record>,
    /// The records, encoded.
    pub(crate) bytes: Vec<u8>,
    /// Each wallet once.
    pub(crate) touched: Vec<WalletId>,
    /// Wallets in which somebody asked what is due.
    pub(crate) looked_at: Vec<WalletId>,
    /// What can be forgotten once this is projected.
    pub(crate) settled: Vec<Settled>,
    /// Changes that fell due.
    pub(crate) due_changes: usize,
}

impl Batch {
    pub(crate) fn new(ticket: u64, bytes: Vec<u8>) -> Batch {
        Batch {
            ticket,
            records: Vec::new(),
            bytes,
            touched: Vec::new(),
            looked_at: Vec::new(),
            settled: Vec::new(),
            due_changes: 0,
        }
    }
}

impl Writer {
    /// Decides jobs in order; answers those that have to wait for the next batch, from the first such on.
    pub(crate) fn decide_all(
        &mut self,
        batch: &mut Batch,
        mut jobs: Vec<Job>,
        answers: &mut Vec<Answer>,
    ) -> Result<Vec<Job>, StoreError> {
        if let Some(error) = self.unwritable() {
            return Err(error);
        }
        answers.reserve(jobs.len());
        for (index, job) in jobs.iter().enumerate() {
            match self.decide(batch, job)? {
                Some(answer) => answers.push(answer),
                None => return Ok(jobs.split_off(index)),
            }
        }
        Ok(Vec::new())
    }

    /// `None`: too much is due in the wallet; it has to wait for the next batch.
    fn decide(&mut self, batch: &mut Batch, job: &Job) -> Result<Option<Answer>, StoreError> {
        let book = self.settings.book(job.studio)?;
        let found = match &job.command.act {
            Act::PutCustomer(put) => match self.find_customer(job.studio, &put.id)? {
                Some(wallet) => Some(wallet),
                None => match &put.parent {
                    Some(parent) => match self.find_customer(job.studio, parent)? {
                        Some(wallet) => Some(wallet),
                        None => return Ok(Some(refused(Missing::Parent))),
                    },
                    None => Some(self.make_wallet(job.studio)),
                },
            },
            _ => self.find(job.studio, &job.target)?,
        };
        let Some(wallet) = found else { return Ok(Some(refused(missing(job)))) };
        let at = self.settings.now(job.studio, self.machine_now);
        if !self.settle_much(batch, wallet, at)? {
            return Ok(None);
        }
        if let Act::Transfer(new) = &job.command.act
            && let Some(to) = self.goes_to(job, wallet)?
        {
            if !self.settle_much(batch, to, at)? {
                return Ok(None);
            }
            return self.transfer(batch, job, [wallet, to], new).map(Some);
        }
        self.load_for(batch, wallet, &job.command)?;
        let (answer, record) = self.apply(batch, wallet, |wallet| apply(wallet, &book, at, &job.command))?;
        self.keep(batch, wallet, record, job.trace.as_ref());
        Ok(Some(answer))
    }

    /// Runs the ledger on a wallet.
    pub(crate) fn apply<T>(
        &mut self,
        batch: &mut Batch,
        id: WalletId,
        act: impl FnOnce(&mut Wallet) -> T,
    ) -> Result<T, StoreError> {
        self.touch_in(batch, id)?;
        let Some(hot) = self.hot.get_mut(id) else { return Err(self.unavailable_wallet()) };
        let applied = catch_unwind(AssertUnwindSafe(|| act(&mut hot.wallet)));
        applied.map_err(|_| self.forget_broken(&[id], format_args!("wallet {}", id.number())))
    }

    /// The ledger found one of its laws broken: the wallets leave memory with what was half done, and everybody
    /// else goes on.
    pub(crate) fn forget_broken(&mut self, wallets: &[WalletId], what: fmt::Arguments<'_>) -> StoreError {
        wallets.iter().for_each(|id| self.hot.remove(*id));
        self.cold_until = Some(NEXT_TICKET);
        StoreError::Unavailable { reason: format!("{what} breaks a law of the ledger: run `scrip audit`") }
    }

    /// Notes that the batch is about this wallet.
    pub(crate) fn touch_in(&mut self, batch: &mut Batch, id: WalletId) -> Result<(), StoreError> {
        let Some(hot) = self.hot.get_mut(id) else { return Err(self.unavailable_wallet()) };
        if hot.touched_in != self.batch {
            hot.touched_in = self.batch;
            batch.touched.push(id);
        }
        Ok(())
    }

    /// Keeps what a command of that trace changed, for the journal.
    pub(crate) fn keep(&mut self, batch: &mut Batch, wallet: WalletId, record: Option<Record>, trace: Option<&Name>) {
        if let Some(mut record) = record {
            record.trace = trace.cloned();
            record.changes.shrink_to_fit();
            bytes::append(&record, &mut batch.bytes);
            self.hot.follow(&record, batch.ticket, &mut batch.settled);
            batch.records.push(record);
        } else if self.hot.get_mut(wallet).is_some_and(|hot| hot.wallet.customers.is_empty()) {
            self.hot.remove(wallet);
        }
    }

    fn make_wallet(&mut self, studio: StudioId) -> WalletId {
        self.wallet_max += 1;
        let id = WalletId::new(self.wallet_max).expect("2^48 wallets are never made");
        self.peopled.insert(studio);
        self.hot.insert(HotWallet::new(Wallet::new(id, studio), KeySet::default(), None));
        id
    }

    /// The wallet that is meant, in memory; `None` if this studio has no such wallet.
    fn find(&mut self, studio: StudioId, target: &Target) -> Result<Option<WalletId>, StoreError> {
        match target {
            Target::Customer(name) => self.find_customer(studio, name),
            Target::Wallet(id) => {
                let is_there = self.warm(*id)?;
                let is_ours = self.hot.get_mut(*id).is_some_and(|hot| hot.wallet.studio == studio);
                Ok((is_there && is_ours).then_some(*id))
            }
        }
    }

    pub(crate) fn find_customer(&mut self, studio: StudioId, name: &Name) -> Result<Option<WalletId>, StoreError> {
        if let Some(wallet) = self.hot.find(studio, name) {
            return Ok(Some(wallet));
        }
        self.check_cold()?;
        match load::wallet_of(&self.views, studio, name)? {
            Some(wallet) => Ok(self.warm(wallet)?.then_some(wallet)),
            None => Ok(None),
        }
    }

    /// Nothing cold can be read while the views lack something that left memory.
    fn check_cold(&self) -> Result<(), StoreError> {
        if self.cold_until.is_some() { Err(self.unavailable_wallet()) } else { Ok(()) }
    }

    /// Brings a wallet into memory; `false` if there is none.
    pub(crate) fn warm(&mut self, id: WalletId) -> Result<bool, StoreError> {
        if self.hot.contains(id) {
            return Ok(true);
        }
        self.check_cold()?;
        let Some(loaded) = load::wallet(&self.views, id)? else { return Ok(false) };
        let keys = load::request_prints(&self.views, id, KEYS_LOADED_MAX + 1)?;
        let keys = KeySet::of(&keys, &mut self.hot.keys_in_all);
        self.hot.insert(HotWallet::new(loaded.wallet, keys, loaded.due_at));
        Ok(true)
    }

    /// Loads what the ledger expects to be there: what the command names, and what its key was answered with.
    pub(crate) fn load_for(
        &mut self,
        batch: &mut Batch,
        wallet: WalletId,
        command: &Command,
    ) -> Result<(), StoreError> {
        if let Some((key, _)) = command.request {
            self.load_request(batch, wallet, key)?;
        }
        match &command.act {
            Act::Extend { hold, .. } | Act::Release { hold, .. } => self.load_hold(batch, wallet, *hold),
            Act::Capture { hold, .. } => {
                self.load_hold(batch, wallet, *hold)?;
                self.hot.keep_hold(*hold, batch.ticket);
                Ok(())
            }
            Act::Refund { charge, .. } => self.load_charge(batch, wallet, *charge),
            Act::VoidGrant { grant, .. } => self.load_grant(batch, wallet, *grant),
            Act::ReversePurchase { purchase, .. } => {
                self.load_grant(batch, wallet, *purchase)?;
                self.load_grant(batch, wallet, bonus_of(*purchase))
            }
            Act::PutCustomer(_)
            | Act::PutMember { .. }
            | Act::RemoveMember { .. }
            | Act::Grant(_)
            | Act::Transfer(_)
            | Act::Hold(_)
            | Act::Charge { .. }
            | Act::Subscribe(_)
            | Act::ChangeSubscription { .. }
            | Act::CancelSubscription { .. }
            | Act::PastDue { .. }
            | Act::Recover { .. }
            | Act::BuyAddOn(_)
            | Act::EndAddOn { .. }
            | Act::Purchase(_)
            | Act::Claim(_)
            | Act::Touch => Ok(()),
        }
    }

    /// Loads what was answered under this key, with the objects that the answer is read from.
    fn load_request(&mut self, batch: &mut Batch, wallet: WalletId, key: RequestKey) -> Result<(), StoreError> {
        let Some(hot) = self.hot.get_mut(wallet) else { return Ok(()) };
        if !hot.wallet.requests.contains_key(&key)
            && hot.keys.may_contain(key)
            && let Some(remembered) = load::request(&self.views, wallet, key)?
        {
            hot.wallet.requests.insert(key, Arc::new(remembered));
            batch.settled.push(Settled::Request(wallet, key));
        }
        let Some(remembered) = hot.wallet.requests.get(&key) else { return Ok(()) };
        let Named { grant, hold, charge, refund } = remembered.told.names();
        grant.map_or(Ok(()), |id| self.load_grant(batch, wallet, id))?;
        hold.map_or(Ok(()), |id| self.load_hold(batch, wallet, id))?;
        charge.map_or(Ok(()), |id| self.load_charge(batch, wallet, id))?;
        refund.map_or(Ok(()), |id| self.load_refund(batch, wallet, id))
    }

    /// A hold, and the grants that it draws on.
    fn load_hold(&mut self, batch: &mut Batch, wallet: WalletId, id: HoldId) -> Result<(), StoreError> {
        let Some(hot) = self.hot.get_mut(wallet).filter(|_| id.wallet() == wallet) else { return Ok(()) };
        if hot.wallet.hold(id).is_some_and(|hold| hold.state.is_open()) {
            return Ok(());
        }
        if hot.wallet.hold(id).is_none() {
            let Some(hold) = load::hold(&self.views, id)? else { return Ok(()) };
            hot.wallet.restore_hold(hold);
        }
        batch.settled.push(Settled::Hold(id));
        let draws = hot.wallet.hold(id).into_iter().flat_map(|hold| &hold.state.lines).flat_map(|line| &line.draws);
        let grants: Vec<GrantId> = draws.map(|draw| draw.grant).collect();
        grants.into_iter().try_for_each(|grant| self.load_grant(batch, wallet, grant))
    }

    /// A charge, its hold, and the grants that paid.
    fn load_charge(&mut self, batch: &mut Batch, wallet: WalletId, id: ChargeId) -> Result<(), StoreError> {
        let Some(hot) = self.hot.get_mut(wallet).filter(|_| id.wallet() == wallet) else { return Ok(()) };
        if hot.wallet.charge(id).is_none() {
            let Some(charge) = load::charge(&self.views, id)? else { return Ok(()) };
            hot.wallet.charges.insert(id, Arc::new(charge));
            batch.settled.push(Settled::Charge(id));
        }
        let charge = hot.wallet.charge(id).into_iter();
        let (holds, grants): (Vec<HoldId>, Vec<Vec<GrantId>>) =
            charge.map(|charge| (charge.hold, charge.draws.iter().map(|draw| draw.grant).collect())).unzip();
        holds.into_iter().try_for_each(|hold| self.load_hold(batch, wallet, hold))?;
        grants.into_iter().flatten().try_for_each(|grant| self.load_grant(batch, wallet, grant))
    }

    fn load_refund(&mut self, batch: &mut Batch, wallet: WalletId, id: RefundId) -> Result<(), StoreError> {
        let Some(hot) = self.hot.get_mut(wallet).filter(|_| id.wallet() == wallet) else { return Ok(()) };
        if hot.wallet.refund(id).is_none()
            && let Some(refund) = load::refund(&self.views, id)?
        {
            hot.wallet.refunds.insert(id, Arc::new(refund));
            batch.settled.push(Settled::Refund(id));
        }
        Ok(())
    }

    fn load_grant(&mut self, batch: &mut Batch, wallet: WalletId, id: GrantId) -> Result<(), StoreError> {
        let Some(hot) = self.hot.get_mut(wallet).filter(|_| id.wallet() == wallet) else { return Ok(()) };
        if hot.wallet.grant(id).is_none()
            && let Some(grant) = load::grant(&self.views, id)?
        {
            hot.wallet.restore_grant(grant);
            batch.settled.push(Settled::Grant(id));
        }
        Ok(())
    }

    /// Gets a wallet ready to be looked at: what is due done, what is asked for loaded. `None`: too much is due; it
    /// has to wait for the next batch.
    pub(crate) fn look(
        &mut self,
        batch: &mut Batch,
        studio: StudioId,
        target: &Target,
        load: &Load,
    ) -> Result<Option<WalletId>, ReadError> {
        let wallet = self.find(studio, target)?.ok_or(ReadError::NotFound)?;
        let at = self.settings.now(studio, self.machine_now);
        if !self.settle(batch, wallet, at)? {
            return Ok(None);
        }
        load.grants.iter().try_for_each(|id| self.load_grant(batch, wallet, *id))?;
        load.holds.iter().try_for_each(|id| self.load_hold(batch, wallet, *id))?;
        load.charges.iter().try_for_each(|id| self.load_charge(batch, wallet, *id))?;
        load.refunds.iter().try_for_each(|id| self.load_refund(batch, wallet, *id))?;
        Ok(Some(wallet))
    }

    /// What was answered under a key, and nothing else. The outer `None`: too much is due; it has to wait for the next
    /// batch.
    pub(crate) fn remembered(
        &mut self,
        batch: &mut Batch,
        studio: StudioId,
        target: &Target,
        request: (RequestKey, Fingerprint),
    ) -> Result<Option<Option<Answer>>, StoreError> {
        let Some(wallet) = self.find(studio, target)? else { return Ok(Some(None)) };
        self.load_request(batch, wallet, request.0)?;
        let Some(hot) = self.hot.get_mut(wallet) else { return Err(self.unavailable_wallet()) };
        if !hot.wallet.requests.contains_key(&request.0) {
            return Ok(Some(None));
        }
        if let Some(error) = self.unwritable() {
            return Err(error);
        }
        let command = Command { request: Some(request), actor: Name::from("system"), act: Act::Touch };
        let at = self.settings.now(studio, self.machine_now);
        if !self.settle_much(batch, wallet, at)? {
            return Ok(None);
        }
        let book = self.settings.book(studio)?;
        let (answer, record) = self.apply(batch, wallet, |wallet| apply(wallet, &book, at, &command))?;
        self.keep(batch, wallet, record, None);
        Ok(Some(Some(answer)))
    }
}

fn refused(what: Missing) -> Answer {
    Answer { outcome: Err(Refusal::NotFound { what }), replayed: false }
}

/// What is not there when the wallet is not: the object that was to lead to it, or the customer.
fn missing(job: &Job) -> Missing {
    match (&job.target, &job.command.act) {
        (Target::Customer(_), _) => Missing::Customer,
        (Target::Wallet(_), Act::Capture { .. } | Act::Release { .. } | Act::Extend { .. }) => Missing::Hold,
        (Target::Wallet(_), Act::Refund { .. }) => Missing::Charge,
        (Target::Wallet(_), Act::VoidGrant { .. }) => Missing::Grant,
        (
            Target::Wallet(_),
            Act::ChangeSubscription { .. } | Act::CancelSubscription { .. } | Act::PastDue { .. } | Act::Recover { .. },
        ) => Missing::Subscription,
        (Target::Wallet(_), Act::EndAddOn { .. }) => Missing::AddOn,
        (Target::Wallet(_), Act::ReversePurchase { .. }) => Missing::Purchase,
        (Target::Wallet(_), _) => Missing::Customer,
    }
}
