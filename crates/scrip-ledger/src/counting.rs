//! What a job counts towards beside credits: limits of plans and members, and free allowances.
//!
//! A hold keeps which tallies it counted in and in which period, so that what comes back stops counting where it
//! was counted, whatever the customer's plan is by then. In a later period nothing is left to take out.

use minicbor::{Decode, Encode};

use crate::amount::Credits;
use crate::charge::Charge;
use crate::hold::{HoldState, HoldStatus, HoldTerms};
use crate::id::HoldId;
use crate::tally::{Counted, Tally, TallyKey};
use crate::time::{Span, Timestamp};
use crate::wallet::{Recorder, Wallet};

/// One tally that a job counts in.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Counting {
    #[n(0)]
    pub key: TallyKey,
    /// When the period began in which the job was held.
    #[n(1)]
    pub since: Timestamp,
    /// The lines that it is about; `None` is all.
    #[n(2)]
    pub lines: Option<Vec<u16>>,
    /// Free units that the line took.
    #[n(3)]
    pub units: Credits,
    /// Free jobs that the line took.
    #[n(4)]
    #[cbor(default)]
    pub jobs: u64,
    /// How long the same is free once the line was paid for; `None` is for ever.
    #[n(5)]
    pub free_for: Option<Span>,
}

/// Inputs of one wallet that are remembered as paid for, at most: beyond them the first to end are forgotten.
const REPEATS_MAX: usize = 10_000;

/// Tallies that one that comes lets go, at most: so many that were over long ago burden no single job.
const FORGOTTEN_MAX: usize = 4;

impl Counting {
    /// Is the same free still that was paid for then?
    fn is_free_still(&self, paid_at: Timestamp, at: Timestamp) -> bool {
        self.free_for.is_none_or(|free_for| paid_at.after(free_for) > at)
    }

    /// Jobs of a hold that it is about: a line can be for several.
    fn jobs_of(&self, terms: &HoldTerms) -> i64 {
        let lines = terms.lines.iter().enumerate().filter(|(line, _)| self.is_about(*line));
        lines.map(|(_, line)| i64::from(line.quantity)).sum()
    }

    fn is_about(&self, line: usize) -> bool {
        self.lines.as_ref().is_none_or(|lines| lines.iter().any(|one| usize::from(*one) == line))
    }

    fn free_jobs(&self) -> i64 {
        i64::try_from(self.jobs).unwrap_or(i64::MAX)
    }

    /// What of a hold counts as spent: all that is held or was captured.
    fn spend_of(&self, state: &HoldState) -> Credits {
        let lines = state.lines.iter().enumerate().filter(|(line, _)| self.is_about(*line));
        lines.map(|(_, line)| line.held().saturating_sub(line.released())).sum()
    }
}

/// A job that came to nothing stops counting.
fn counts_as_job(state: &HoldState) -> bool {
    match state.status {
        HoldStatus::Open | HoldStatus::Captured => true,
        HoldStatus::Released => false,
        HoldStatus::Expired => state.captured().is_positive(),
    }
}

/// How much more `after` is; below zero if it is less.
fn change(before: Credits, after: Credits) -> Credits {
    after.checked_sub(before).unwrap_or(Credits::ZERO)
}

impl Wallet {
    /// What was counted in the period that began then.
    pub(crate) fn counted(&self, key: &TallyKey, since: Timestamp) -> Tally {
        if self.tallies.is_empty() {
            return Tally { since, ..Tally::default() };
        }
        let tally = self.tallies.get(key).copied().filter(|tally| tally.since >= since);
        tally.unwrap_or(Tally { since, ..Tally::default() })
    }
}

impl Recorder<'_> {
    /// Counts more, or less, in the period that began at `since`; nothing in one that is over.
    pub(crate) fn count(&mut self, key: &TallyKey, since: Timestamp, jobs: i64, amount: Credits) {
        let before = self.wallet.counted(key, since);
        if before.since > since || jobs == 0 && amount.is_zero() {
            return;
        }
        let sum = before.amount.checked_add(amount).unwrap_or(Credits::MAX).max(Credits::ZERO);
        let after = Tally { since, count: before.count.saturating_add_signed(jobs), amount: sum, ..before };
        if after != before {
            self.tally(key.clone(), after);
        }
    }

    /// The same is free from now on, for a time. What is over is forgotten, a little each time, so that no more is
    /// remembered than was paid for lately.
    fn count_paid(&mut self, counting: &Counting) {
        let before = self.wallet.tallies.get(&counting.key).filter(|tally| tally.counts_at(self.at));
        let count = before.map_or(0, |tally| tally.count).saturating_add(1);
        let until = counting.free_for.map(|free_for| self.at.after(free_for));
        self.tally(counting.key.clone(), Tally { since: counting.since, count, until, ..Tally::default() });
        for _ in 0..FORGOTTEN_MAX {
            let is_over = |until: Timestamp, count: usize| until <= self.at || count > REPEATS_MAX;
            let over = self.wallet.next_tally_over().filter(|(until, _, count)| is_over(*until, *count));
            let Some(key) = over.map(|(_, key, _)| key.clone()) else { return };
            self.tally_forgotten(key);
        }
    }

    /// A hold was placed: all that it counts towards.
    pub(crate) fn count_hold(&mut self, terms: &HoldTerms, state: &HoldState) {
        for counting in terms.counts.iter().flatten() {
            match counting.key.what {
                Counted::Spend(_) => self.count(&counting.key, counting.since, 0, counting.spend_of(state)),
                Counted::Jobs(_) => {
                    self.count(&counting.key, counting.since, counting.jobs_of(terms), Credits::ZERO);
                }
                Counted::FreeJobs(_) => {
                    self.count(&counting.key, counting.since, counting.free_jobs(), Credits::ZERO);
                }
                Counted::FreeUnits(_) => self.count(&counting.key, counting.since, 0, counting.units),
                _ => {}
            }
        }
    }

    /// A hold changes: what it holds and captured counts, and a job that came to nothing does not.
    pub(crate) fn recount_hold(&mut self, id: HoldId, after: &HoldState) {
        let Some(hold) = self.wallet.hold(id).filter(|hold| hold.terms.counts.is_some()) else { return };
        let hold = hold.clone();
        for counting in hold.terms.counts.iter().flatten() {
            match counting.key.what {
                Counted::Spend(_) => {
                    let spend = change(counting.spend_of(&hold.state), counting.spend_of(after));
                    self.count(&counting.key, counting.since, 0, spend);
                }
                Counted::Jobs(_) => {
                    let more = i64::from(counts_as_job(after)) - i64::from(counts_as_job(&hold.state));
                    let jobs = more * counting.jobs_of(&hold.terms);
                    self.count(&counting.key, counting.since, jobs, Credits::ZERO);
                }
                _ => {}
            }
        }
    }

    /// A line came to nothing: the free job and units that it took can be used again.
    pub(crate) fn free_again(&mut self, terms: &HoldTerms, line: usize) {
        self.count_free(terms, line, -1);
    }

    /// A line that ran out was captured after all.
    pub(crate) fn free_taken(&mut self, terms: &HoldTerms, line: usize) {
        self.count_free(terms, line, 1);
    }

    fn count_free(&mut self, terms: &HoldTerms, line: usize, sign: i64) {
        for counting in terms.counts.iter().flatten().filter(|counting| counting.is_about(line)) {
            match counting.key.what {
                Counted::FreeJobs(_) => {
                    self.count(&counting.key, counting.since, sign * counting.free_jobs(), Credits::ZERO);
                }
                Counted::FreeUnits(_) => {
                    let units = if sign < 0 { change(counting.units, Credits::ZERO) } else { counting.units };
                    self.count(&counting.key, counting.since, 0, units);
                }
                _ => {}
            }
        }
    }

    /// A line was delivered: free units that it took and did not need can be used again, and the same inputs are
    /// paid for.
    pub(crate) fn delivered(&mut self, terms: &HoldTerms, line: usize, used: Option<Credits>, charged: Credits) {
        for counting in terms.counts.iter().flatten().filter(|counting| counting.is_about(line)) {
            match counting.key.what {
                Counted::FreeUnits(_) => {
                    let used = used.unwrap_or(counting.units).min(counting.units).max(Credits::ZERO);
                    self.count(&counting.key, counting.since, 0, change(counting.units, used));
                }
                Counted::Paid(_) if charged.is_positive() => self.count_paid(counting),
                _ => {}
            }
        }
    }

    /// Credits of a charge came back: they are not spent. Of a charge that came back whole nothing was paid.
    /// Where a limit is about some tools only, what comes back is of its lines first.
    pub(crate) fn count_refund(&mut self, charge: &Charge, amount: Credits) {
        let Some(hold) = self.wallet.hold(charge.hold).filter(|hold| hold.terms.counts.is_some()) else { return };
        let terms = hold.terms.clone();
        for counting in terms.counts.iter().flatten() {
            let lines = charge.lines.iter().filter(|line| counting.is_about(usize::from(line.line)));
            let charged: Credits = lines.map(|line| line.credits).sum();
            let before = charge.refunded();
            let after = before.checked_add(amount).unwrap_or(before);
            match counting.key.what {
                Counted::Spend(_) => {
                    self.count(&counting.key, counting.since, 0, change(after.min(charged), before.min(charged)))
                }
                Counted::Paid(_)
                    if charged.is_positive()
                        && amount == charge.refundable()
                        && counting.is_free_still(charge.created_at, self.at) =>
                {
                    self.count(&counting.key, counting.since, -1, Credits::ZERO);
                }
                _ => {}
            }
        }
    }
}
