//! The laws that always hold, checked over a wallet's whole history without the code that made it.
//!
//! A history may be damaged or forged: nothing here panics, whatever a record says.

mod grants;
mod jobs;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use self::grants::Lots;
use self::jobs::{Jobs, Seen};
use crate::change::{Change, Record};
use crate::entry::{ChainHash, Entry};
use crate::grant::Balance;
use crate::id::{GrantId, ObjectId, StudioId, WalletId};
use crate::reply::Remembered;
use crate::time::{Span, Timestamp};

/// A law that a history breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    pub wallet: WalletId,
    /// The entry at which it shows, where there is one.
    pub sequence: u64,
    pub what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "wallet {}, entry {}: {}", self.wallet.number(), self.sequence, self.what)
    }
}

/// Idempotency keys are kept so long at least (API section 1); one that was forgotten may be used again.
pub const KEYS_KEPT: Span = Span::from_days(7);

/// Follows one wallet from its first record on.
///
/// Checks that
/// - records are of this wallet, and time does not run backwards; each made as many objects as its counter
///   says, so that none is missing;
/// - entries are numbered without gaps and chained by their hashes, and each moves something from a place to
///   a place that its kind may;
/// - no place of a grant falls below zero, and all of its places sum to what was agreed and issued; what
///   leaves one grant for another arrives; credits move only between a grant's start and its end, what has
///   started, ended or run out is written down, and what is taken back was a grant taken back;
/// - each draw of a hold, charge and refund is the sum of the entries that name both, and what grants hold is
///   what open holds keep; a hold ends once, by a charge, without one, or by its time; no charge gives back more
///   than it took, and no quote is used twice;
/// - no idempotency key is answered twice within the time that it is kept, and an answer is about objects that exist.
#[derive(Clone, Debug)]
pub struct Auditor {
    wallet: WalletId,
    studio: Option<StudioId>,
    sequence: u64,
    hash: ChainHash,
    at: Timestamp,
    counter: u32,
    customer_count: usize,
    lots: Lots,
    jobs: Jobs,
    /// When each key was answered last.
    keys: BTreeMap<u128, Timestamp>,
    /// Subscriptions and add-ons by id.
    subscriptions: BTreeSet<ObjectId>,
    pub entry_count: u64,
    pub violations: Vec<Violation>,
}

impl Auditor {
    pub fn new(wallet: WalletId) -> Auditor {
        Auditor {
            wallet,
            studio: None,
            sequence: 0,
            hash: ChainHash::START,
            at: Timestamp::MIN,
            counter: 0,
            customer_count: 0,
            lots: Lots::default(),
            jobs: Jobs::default(),
            keys: BTreeMap::new(),
            subscriptions: BTreeSet::new(),
            entry_count: 0,
            violations: Vec::new(),
        }
    }

    /// Follows one record.
    pub fn follow(&mut self, record: &Record) {
        let mut said = Vec::new();
        self.check_origin(record, &mut said);
        for change in &record.changes {
            let before = said.len();
            self.follow_change(change, record.at, &mut said);
            self.tell(said.split_off(before));
        }
        self.lots.end_record(record.at, &mut said);
        self.jobs.end_record(record.at, &self.lots, &mut said);
        self.tell(said);
        self.at = record.at;
    }

    fn tell(&mut self, said: Vec<String>) {
        let (wallet, sequence) = (self.wallet, self.sequence);
        self.violations.extend(said.into_iter().map(|what| Violation { wallet, sequence, what }));
    }

    fn check_origin(&mut self, record: &Record, said: &mut Vec<String>) {
        if record.wallet != self.wallet || *self.studio.get_or_insert(record.studio) != record.studio {
            said.push("a record of another wallet or studio is among these".to_owned());
        }
        if record.at < self.at {
            said.push("a record is earlier than the one before it".to_owned());
        }
        let makes = |change: &&Change| {
            matches!(
                change,
                Change::GrantIssued { .. } | Change::HoldPlaced { .. } | Change::Charged(_) | Change::Refunded(_)
            )
        };
        let made = record.changes.iter().filter(makes).count() as u32 + self.subscriptions_made(record);
        if record.counter != self.counter.wrapping_add(made) {
            said.push(format!(
                "{made} objects were made, and the counter went from {} to {}",
                self.counter, record.counter
            ));
        }
        self.counter = record.counter;
        if record.sequence.is_some_and(|sequence| sequence != self.sequence) {
            said.push("a record says of another entry that it was the last".to_owned());
        }
    }

    /// Subscriptions and add-ons that this record shows for the first time.
    fn subscriptions_made(&mut self, record: &Record) -> u32 {
        let mut made = 0;
        for change in &record.changes {
            let Change::SubscriptionPut(subscription) = change else { continue };
            made += u32::from(self.subscriptions.insert(subscription.id.0));
            made += subscription.add_ons.iter().filter(|add_on| self.subscriptions.insert(add_on.id.0)).count() as u32;
        }
        made
    }

    fn follow_change(&mut self, change: &Change, at: Timestamp, said: &mut Vec<String>) {
        match change {
            Change::CustomerPut(customer) => {
                let pool = usize::from(customer.pool.0);
                if pool > self.customer_count || customer.parent.is_some_and(|parent| parent >= customer.pool) {
                    said.push(format!("customer {:?} has no place in the wallet", customer.id));
                }
                self.customer_count = self.customer_count.max(pool + 1);
            }
            Change::MemberPut(member) => self.check_pool(member.pool.0, said),
            Change::MemberRemoved { pool, .. } => self.check_pool(pool.0, said),
            Change::GrantIssued { id, terms } => {
                self.check_pool(terms.pool.0, said);
                self.lots.issue(*id, terms, said);
            }
            Change::GrantVoided { id } => self.lots.void(*id, said),
            Change::Entry(entry) => self.follow_entry(entry, at, said),
            Change::HoldPlaced { id, terms, state } => {
                self.check_pool(terms.pool.0, said);
                self.jobs.place(*id, terms, state, Seen { at, lots: &self.lots }, said);
            }
            Change::HoldChanged { id, state } => self.jobs.change(*id, state, Seen { at, lots: &self.lots }, said),
            Change::HoldStuck { id } => self.jobs.stick(*id, said),
            Change::Charged(charge) => self.jobs.charge(charge, said),
            Change::ChargeRefunded { id, refunded } => self.jobs.give_back(*id, refunded, said),
            Change::Refunded(refund) => self.jobs.refund(refund, said),
            Change::QuoteUsed { mark, until } => self.jobs.use_quote(mark.0, *until, at, said),
            Change::SubscriptionPut(subscription) => self.check_pool(subscription.pool.0, said),
            Change::GrantEnded { id } => self.lots.end(*id, said),
            Change::GrantLocked { id, locked } => self.lots.lock(*id, *locked, said),
            Change::Tallied { key, .. } | Change::TallyForgotten { key } => self.check_pool(key.pool.0, said),
            Change::Noted(_) => {}
            Change::Moment(instant) => self.follow_instant(*instant, at, said),
            Change::Remembered { key, answer } => self.follow_answer(key.0, answer, at, said),
        }
    }

    /// Time passes in a record as it does between records.
    fn follow_instant(&mut self, instant: Timestamp, at: Timestamp, said: &mut Vec<String>) {
        if instant < self.at || instant > at {
            said.push("something happened earlier than what came before it, or later than its record".to_owned());
        }
        self.at = self.at.max(instant);
    }

    fn check_pool(&self, pool: u16, said: &mut Vec<String>) {
        if usize::from(pool) >= self.customer_count {
            said.push(format!("pool {pool} has no customer"));
        }
    }

    fn follow_entry(&mut self, entry: &Entry, at: Timestamp, said: &mut Vec<String>) {
        let movement = &entry.movement;
        if movement.sequence != self.sequence.wrapping_add(1) {
            said.push(format!("entry {} follows entry {}", movement.sequence, self.sequence));
        }
        if movement.hash_after(self.hash) != entry.hash {
            said.push("the chain of hashes is broken".to_owned());
        }
        if movement.at < self.at || movement.at > at {
            said.push("an entry is earlier than the one before it, or later than its record".to_owned());
        }
        self.at = movement.at;
        self.sequence = movement.sequence;
        self.hash = entry.hash;
        self.entry_count += 1;
        self.lots.follow(movement, said);
        self.jobs.follow(movement, said);
    }

    fn follow_answer(&mut self, key: u128, answer: &Remembered, at: Timestamp, said: &mut Vec<String>) {
        if self.keys.insert(key, at).is_some_and(|before| at < before.after(KEYS_KEPT)) {
            said.push("an idempotency key is answered twice".to_owned());
        }
        let named = answer.told.names();
        let known = named.grant.is_none_or(|grant| self.lots.knows(grant)) && self.jobs.knows(&named);
        if !known {
            said.push("an answer is about an object that was never made".to_owned());
        }
    }

    /// What the history says is in each grant, to compare with what a view says.
    pub fn balances(&self) -> impl Iterator<Item = (GrantId, Balance)> + '_ {
        self.lots.balances()
    }

    /// The number and hash of the last entry.
    pub fn head(&self) -> (u64, ChainHash) {
        (self.sequence, self.hash)
    }
}
