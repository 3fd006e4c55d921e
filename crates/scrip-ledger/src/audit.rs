//! The laws that always hold, checked over a wallet's whole history without the code that made it.

use std::collections::BTreeMap;
use std::fmt;

use crate::amount::Credits;
use crate::change::{Change, Record};
use crate::entry::{ChainHash, Entry, EntryKind, Place};
use crate::grant::{Balance, GrantTerms};
use crate::hold::HoldState;
use crate::id::{ChargeId, GrantId, HoldId, WalletId};
use crate::time::Timestamp;

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

/// Follows one wallet from its first record on.
///
/// Checks that entries are numbered without gaps and chained by their hashes; that time does not run
/// backwards; that no place of a grant falls below zero and all of its places sum to what was issued; that
/// each hold's draws sum to what entries held, captured and released for it; that each charge sums to the
/// entries that name it, and is never refunded beyond itself; and that no idempotency key is answered twice.
#[derive(Clone, Debug)]
pub struct Auditor {
    wallet: WalletId,
    sequence: u64,
    hash: ChainHash,
    at: Timestamp,
    grants: BTreeMap<GrantId, Tally>,
    holds: BTreeMap<HoldId, JobTally>,
    charges: BTreeMap<ChargeId, ChargeTally>,
    keys: BTreeMap<u128, ()>,
    pub entry_count: u64,
    pub violations: Vec<Violation>,
}

#[derive(Clone, Debug, Default)]
struct Tally {
    terms_amount: Credits,
    issued: Credits,
    balance: Balance,
}

#[derive(Clone, Debug, Default)]
struct JobTally {
    held: Credits,
    captured: Credits,
    released: Credits,
}

#[derive(Clone, Debug, Default)]
struct ChargeTally {
    credits: Credits,
    captured: Credits,
    refunded: Credits,
}

impl Auditor {
    pub fn new(wallet: WalletId) -> Auditor {
        Auditor {
            wallet,
            sequence: 0,
            hash: ChainHash::START,
            at: Timestamp::MIN,
            grants: BTreeMap::new(),
            holds: BTreeMap::new(),
            charges: BTreeMap::new(),
            keys: BTreeMap::new(),
            entry_count: 0,
            violations: Vec::new(),
        }
    }

    fn fail(&mut self, what: impl Into<String>) {
        self.violations.push(Violation { wallet: self.wallet, sequence: self.sequence, what: what.into() });
    }

    /// Follows one record.
    pub fn follow(&mut self, record: &Record) {
        for change in &record.changes {
            self.follow_change(change);
        }
        if record.at < self.at {
            self.fail("a record is earlier than the one before it");
        }
        self.at = record.at;
        let open: Vec<(HoldId, HoldState)> = (record.changes.iter())
            .filter_map(|change| match change {
                Change::HoldPlaced { id, state, .. } | Change::HoldChanged { id, state } => Some((*id, state.clone())),
                _ => None,
            })
            .collect();
        for (id, state) in last_of_each(open) {
            self.check_hold(id, &state);
        }
    }

    fn follow_change(&mut self, change: &Change) {
        match change {
            Change::GrantIssued { id, terms } => self.follow_grant(*id, terms),
            Change::Entry(entry) => self.follow_entry(entry),
            Change::Charged(charge) => {
                let tally = self.charges.entry(charge.id).or_default();
                tally.credits = charge.credits;
                let drawn: Credits = charge.draws.iter().map(|draw| draw.amount).sum();
                let lines: Credits = charge.lines.iter().map(|line| line.credits).sum();
                let captured = tally.captured;
                if drawn != charge.credits || lines != charge.credits || captured != charge.credits {
                    self.fail(format!(
                        "charge {} says {}, its draws {drawn}, its lines {lines}, its entries {captured}",
                        charge.id, charge.credits
                    ));
                }
            }
            Change::ChargeRefunded { id, refunded } => {
                let sum: Credits = refunded.iter().copied().sum();
                let tally = self.charges.entry(*id).or_default().clone();
                if sum > tally.credits || sum != tally.refunded {
                    self.fail(format!(
                        "charge {id} of {} is refunded {sum}, its entries {}",
                        tally.credits, tally.refunded
                    ));
                }
            }
            Change::Remembered { key, .. } => {
                if self.keys.insert(key.0, ()).is_some() {
                    self.fail("an idempotency key is answered twice");
                }
            }
            Change::GrantVoided { .. }
            | Change::CustomerPut(_)
            | Change::MemberPut(_)
            | Change::MemberRemoved { .. }
            | Change::HoldPlaced { .. }
            | Change::HoldChanged { .. }
            | Change::HoldStuck { .. }
            | Change::Refunded(_)
            | Change::QuoteUsed { .. } => {}
        }
    }

    fn follow_grant(&mut self, id: GrantId, terms: &GrantTerms) {
        let fresh = Tally { terms_amount: terms.amount, ..Tally::default() };
        if self.grants.insert(id, fresh).is_some() {
            self.fail(format!("grant {id} is made twice"));
        }
    }

    fn follow_entry(&mut self, entry: &Entry) {
        let movement = &entry.movement;
        let expected = self.sequence + 1;
        self.sequence = movement.sequence;
        self.entry_count += 1;
        if movement.sequence != expected {
            self.fail(format!("entry {} follows entry {}", movement.sequence, expected - 1));
        }
        if movement.hash_after(self.hash) != entry.hash {
            self.fail("the chain of hashes is broken");
        }
        self.hash = entry.hash;
        if movement.amount <= Credits::ZERO {
            self.fail("an entry moves nothing or less");
        }
        self.tally_grant(entry);
        self.tally_job(entry);
    }

    fn tally_grant(&mut self, entry: &Entry) {
        let movement = &entry.movement;
        let Some(tally) = self.grants.get_mut(&movement.grant) else {
            return self.fail(format!("an entry names grant {}, which was never made", movement.grant));
        };
        if movement.from == Place::Issued {
            tally.issued = tally.issued.checked_add(movement.amount).unwrap_or(Credits::MAX);
        }
        let moved = tally.balance.shift(movement.from, movement.to, movement.amount);
        let (issued, promised, placed) = (tally.issued, tally.terms_amount, tally.balance.issued());
        if !moved {
            self.fail(format!("grant {} has less than is taken from it", movement.grant));
        } else if issued != promised || placed != issued {
            self.fail(format!("grant {}: {promised} agreed, {issued} issued, {placed} in its places", movement.grant));
        }
    }

    fn tally_job(&mut self, entry: &Entry) {
        let movement = &entry.movement;
        let add = |slot: &mut Credits| *slot = slot.checked_add(movement.amount).unwrap_or(Credits::MAX);
        if let Some(hold) = movement.hold {
            let job = self.holds.entry(hold).or_default();
            match (movement.kind, movement.from, movement.to) {
                (EntryKind::Hold, Place::Available, Place::Held) => add(&mut job.held),
                (EntryKind::Capture, Place::Held, Place::Spent) => add(&mut job.captured),
                (EntryKind::Debt, ..) => {
                    add(&mut job.held);
                    add(&mut job.captured);
                }
                (_, Place::Held, _) => add(&mut job.released),
                _ => {}
            }
        }
        if let Some(charge) = movement.charge {
            let tally = self.charges.entry(charge).or_default();
            match (movement.kind, movement.from) {
                (EntryKind::Capture, _) | (EntryKind::Debt, _) => add(&mut tally.captured),
                (EntryKind::Refund | EntryKind::Forgive, Place::Spent) => add(&mut tally.refunded),
                _ => {}
            }
        }
    }

    fn check_hold(&mut self, id: HoldId, state: &HoldState) {
        let job = self.holds.entry(id).or_default().clone();
        let says = (state.amount(), state.captured(), state.released());
        if says != (job.held, job.captured, job.released) {
            self.fail(format!("hold {id} says {says:?} held, captured and released, its entries {job:?}"));
        }
        if !state.is_open() && state.remaining().is_positive() {
            self.fail(format!("hold {id} has ended and still holds {}", state.remaining()));
        }
    }

    /// What the history says is in each grant, to compare with what a view says.
    pub fn balances(&self) -> impl Iterator<Item = (GrantId, Balance)> + '_ {
        self.grants.iter().map(|(id, tally)| (*id, tally.balance))
    }

    /// The number and hash of the last entry.
    pub fn head(&self) -> (u64, ChainHash) {
        (self.sequence, self.hash)
    }
}

fn last_of_each(states: Vec<(HoldId, HoldState)>) -> BTreeMap<HoldId, HoldState> {
    states.into_iter().collect()
}
