//! The laws of jobs: what holds, charges and refunds say is the sum of the entries that name them.

use std::collections::{BTreeMap, BTreeSet};

use super::grants::Lots;
use crate::charge::Charge;
use crate::entry::{EntryKind, Movement, Place};
use crate::hold::{HoldState, HoldStatus, HoldTerms};
use crate::id::{ChargeId, GrantId, HoldId, RefundId};
use crate::refund::Refund;
use crate::reply::Named;
use crate::time::Timestamp;

/// All holds, charges and refunds of a wallet.
#[derive(Clone, Debug, Default)]
pub(super) struct Jobs {
    holds: BTreeMap<HoldId, Job>,
    charges: BTreeMap<ChargeId, Taken>,
    refunds: BTreeMap<RefundId, BTreeMap<GrantId, i128>>,
    /// Refunds that were written out.
    refunds_made: BTreeSet<RefundId>,
    /// What open holds keep of each grant, as their states say.
    kept: BTreeMap<GrantId, i128>,
    quotes_used: BTreeMap<u128, Timestamp>,
    /// When open holds run out: when that has come, they must have.
    due: BTreeSet<(Timestamp, HoldId)>,
    /// What the record at hand touched.
    touched_holds: BTreeSet<HoldId>,
    touched_grants: BTreeSet<GrantId>,
    touched_charges: BTreeSet<ChargeId>,
}

/// What a hold's state is compared with.
#[derive(Clone, Copy)]
pub(super) struct Seen<'a> {
    pub(super) at: Timestamp,
    pub(super) lots: &'a Lots,
}

/// A hold: what entries say of each draw, and what it says itself.
#[derive(Clone, Debug, Default)]
struct Job {
    /// Held, captured and released of each grant.
    entries: BTreeMap<GrantId, [i128; 3]>,
    state: Option<HoldState>,
    line_count: usize,
    /// Was anything charged for it, if only zero?
    charged: bool,
}

/// A charge: what entries took from each grant and gave back, and what it says itself.
#[derive(Clone, Debug, Default)]
struct Taken {
    entries: BTreeMap<GrantId, [i128; 2]>,
    /// In the charge's own order.
    grants: Vec<GrantId>,
    made: bool,
}

fn micro(credits: crate::amount::Credits) -> i128 {
    i128::from(credits.micro())
}

impl Jobs {
    /// Counts an entry for the hold, charge and refund that it names.
    pub(super) fn follow(&mut self, movement: &Movement, said: &mut Vec<String>) {
        let (grant, amount) = (movement.grant, micro(movement.amount));
        self.touched_grants.insert(grant);
        let draws = matches!(movement.kind, EntryKind::Hold | EntryKind::Capture | EntryKind::Debt)
            || movement.from == Place::Held;
        match movement.hold {
            Some(hold) if draws => {
                self.touched_holds.insert(hold);
                let sums = self.holds.entry(hold).or_default().entries.entry(grant).or_default();
                let counts = match movement.kind {
                    EntryKind::Hold => [1, 0, 0],
                    EntryKind::Capture => [0, 1, 0],
                    EntryKind::Debt => [1, 1, 0],
                    _ => [0, 0, 1],
                };
                sums.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count * amount);
            }
            None if draws => said.push(format!("a {} names no hold", movement.kind.as_str())),
            _ => {}
        }
        let takes = matches!(movement.kind, EntryKind::Capture | EntryKind::Debt);
        let gives = matches!(movement.kind, EntryKind::Refund | EntryKind::Forgive) && movement.from == Place::Spent;
        match movement.charge {
            Some(charge) if takes || gives => {
                self.touched_charges.insert(charge);
                let sums = self.charges.entry(charge).or_default().entries.entry(grant).or_default();
                sums[usize::from(gives)] += amount;
            }
            None if takes || gives => said.push(format!("a {} names no charge", movement.kind.as_str())),
            _ => {}
        }
        match movement.refund {
            Some(refund) if gives => {
                *self.refunds.entry(refund).or_default().entry(grant).or_default() += amount;
            }
            None if gives => said.push(format!("a {} names no refund", movement.kind.as_str())),
            _ => {}
        }
    }

    pub(super) fn place(
        &mut self,
        id: HoldId,
        terms: &HoldTerms,
        state: &HoldState,
        seen: Seen<'_>,
        said: &mut Vec<String>,
    ) {
        let job = self.holds.entry(id).or_default();
        job.line_count = terms.lines.len();
        if job.state.is_some() {
            said.push(format!("hold {id} is placed twice"));
        }
        self.set_state(id, state, seen, said);
    }

    pub(super) fn change(&mut self, id: HoldId, state: &HoldState, seen: Seen<'_>, said: &mut Vec<String>) {
        match self.holds.get(&id).and_then(|job| job.state.as_ref()) {
            None => said.push(format!("hold {id} changes and was never placed")),
            Some(before) if !may_become(before, state) => {
                let (before, after) = (before.status.as_str(), state.status.as_str());
                said.push(format!("hold {id} was {before} and becomes {after}, or a line that ended goes on"));
            }
            Some(_) => {}
        }
        self.set_state(id, state, seen, said);
    }

    /// The entries that a state comes from are before it.
    fn set_state(&mut self, id: HoldId, state: &HoldState, seen: Seen<'_>, said: &mut Vec<String>) {
        self.touched_holds.insert(id);
        let job = self.holds.entry(id).or_default();
        for (state, sign) in job.state.iter().map(|before| (before, -1)).chain([(state, 1)]) {
            for draw in state.lines.iter().flat_map(|line| &line.draws) {
                let keeps = micro(draw.held) - micro(draw.captured) - micro(draw.released);
                *self.kept.entry(draw.grant).or_default() += sign * keeps;
                self.touched_grants.insert(draw.grant);
            }
        }
        if state.lines.len() != job.line_count {
            said.push(format!("hold {id} has lost or gained a line"));
        }
        job.state = Some(state.clone());
        if state.is_open() {
            self.due.insert((state.expires_at, id));
        }
        job.check(id, seen.lots, said);
        job.check_status(id, seen.at, said);
    }

    pub(super) fn stick(&mut self, id: HoldId, said: &mut Vec<String>) {
        if !self.holds.get(&id).and_then(|job| job.state.as_ref()).is_some_and(|state| state.stuck) {
            said.push(format!("hold {id} is said to be stuck and is not"));
        }
    }

    pub(super) fn charge(&mut self, charge: &Charge, said: &mut Vec<String>) {
        let taken = self.charges.entry(charge.id).or_default();
        let drawn: BTreeMap<GrantId, i128> = sums(charge.draws.iter().map(|draw| (draw.grant, micro(draw.amount))));
        let entries: BTreeMap<GrantId, i128> =
            taken.entries.iter().map(|(grant, sums)| (*grant, sums[0])).filter(|(_, sum)| *sum != 0).collect();
        let credits = micro(charge.credits);
        let lines: i128 = charge.lines.iter().map(|line| micro(line.credits)).sum();
        if drawn != entries || drawn.values().sum::<i128>() != credits || lines != credits {
            said.push(format!(
                "charge {} of {} is not the sum of its draws, lines or entries",
                charge.id, charge.credits
            ));
        }
        if !parts_add_up(charge) {
            said.push(format!("charge {} is not what its draws say that each line took", charge.id));
        }
        if std::mem::replace(&mut taken.made, true) {
            said.push(format!("charge {} is made twice", charge.id));
        }
        taken.grants = charge.draws.iter().map(|draw| draw.grant).collect();
        match self.holds.get_mut(&charge.hold).filter(|job| job.state.is_some()) {
            Some(job) => job.charged = true,
            None => said.push(format!("charge {} is of a hold that was never placed", charge.id)),
        }
    }

    /// A charge says what each of its draws has given back by now.
    pub(super) fn give_back(&mut self, id: ChargeId, refunded: &[crate::amount::Credits], said: &mut Vec<String>) {
        let taken = self.charges.entry(id).or_default();
        if !taken.made || taken.grants.len() != refunded.len() {
            return said.push(format!("charge {id} gives back what it never took"));
        }
        for (grant, refunded) in taken.grants.iter().zip(refunded) {
            let [took, gave] = taken.entries.get(grant).copied().unwrap_or_default();
            if micro(*refunded) != gave || gave > took {
                said.push(format!(
                    "charge {id} says {refunded} came back to grant {grant}, of {took} millionths entries say {gave}"
                ));
            }
        }
    }

    pub(super) fn refund(&mut self, refund: &Refund, said: &mut Vec<String>) {
        let gave: i128 = self.refunds.get(&refund.id).into_iter().flat_map(BTreeMap::values).sum();
        let drawn: i128 = refund.draws.iter().map(|draw| micro(draw.amount)).sum();
        if gave != micro(refund.credits) || drawn != gave {
            said.push(format!("refund {} of {} is not the sum of its draws or entries", refund.id, refund.credits));
        }
        if !self.refunds_made.insert(refund.id) {
            said.push(format!("refund {} is made twice", refund.id));
        }
        if !self.charges.get(&refund.charge).is_some_and(|taken| taken.made) {
            said.push(format!("refund {} is of a charge that was never made", refund.id));
        }
    }

    pub(super) fn use_quote(&mut self, mark: u128, until: Timestamp, at: Timestamp, said: &mut Vec<String>) {
        if self.quotes_used.insert(mark, until).is_some_and(|until| until > at) {
            said.push("a quote is used twice".to_owned());
        }
    }

    pub(super) fn knows(&self, named: &Named) -> bool {
        named.hold.is_none_or(|hold| self.holds.contains_key(&hold))
            && named.charge.is_none_or(|charge| self.charges.contains_key(&charge))
            && named.refund.is_none_or(|refund| self.refunds_made.contains(&refund))
    }

    /// After all changes of a record.
    pub(super) fn end_record(&mut self, at: Timestamp, lots: &Lots, said: &mut Vec<String>) {
        while let Some((due, id)) = self.due.first().copied().filter(|(due, _)| *due < at) {
            self.due.pop_first();
            let state = self.holds.get(&id).and_then(|job| job.state.as_ref());
            if state.is_some_and(|state| state.is_open() && state.expires_at <= due) {
                said.push(format!("hold {id} ran out, and no entry says so"));
            }
        }
        for id in std::mem::take(&mut self.touched_holds) {
            let Some(job) = self.holds.get_mut(&id) else { continue };
            job.check(id, lots, said);
            job.forget_if_over();
        }
        for id in std::mem::take(&mut self.touched_charges) {
            if !self.charges.get(&id).is_some_and(|taken| taken.made) {
                said.push(format!("entries name charge {id}, which was never made"));
            }
        }
        for grant in std::mem::take(&mut self.touched_grants) {
            let (kept, held) = (self.kept.get(&grant).copied().unwrap_or_default(), lots.held(grant));
            if kept != held {
                said.push(format!("holds keep {kept} millionths of grant {grant}, its entries {held}"));
            }
            if kept == 0 {
                self.kept.remove(&grant);
            }
        }
    }
}

impl Job {
    /// What has ended for good is not looked at again: that it ended is all that matters.
    fn forget_if_over(&mut self) {
        if let Some(state) = &mut self.state
            && matches!(state.status, HoldStatus::Captured | HoldStatus::Released)
        {
            state.lines = Vec::new();
            self.entries = BTreeMap::new();
        }
    }

    fn check_status(&self, id: HoldId, at: Timestamp, said: &mut Vec<String>) {
        let Some(state) = &self.state else { return };
        let captured: i128 = state.lines.iter().flat_map(|line| &line.draws).map(|draw| micro(draw.captured)).sum();
        let right = match state.status {
            HoldStatus::Open => true,
            HoldStatus::Captured => self.charged,
            HoldStatus::Released => captured == 0,
            HoldStatus::Expired => state.expires_at <= at,
        };
        if !right {
            said.push(format!("hold {id} can't be {}", state.status.as_str()));
        }
    }

    fn check(&self, id: HoldId, lots: &Lots, said: &mut Vec<String>) {
        let Some(state) = &self.state else {
            return said.push(format!("entries name hold {id}, which was never placed"));
        };
        let draws = || state.lines.iter().flat_map(|line| &line.draws);
        let mut says: BTreeMap<GrantId, [i128; 3]> = BTreeMap::new();
        for draw in draws() {
            let sums = says.entry(draw.grant).or_default();
            let amounts = [micro(draw.held), micro(draw.captured), micro(draw.released)];
            sums.iter_mut().zip(amounts).for_each(|(sum, amount)| *sum += amount);
            if amounts[0] < amounts[1] + amounts[2] || amounts.iter().any(|amount| *amount < 0) {
                said.push(format!("hold {id} captured and released more of grant {} than it held", draw.grant));
            }
            if lots.bucket(draw.grant) != Some(draw.bucket.as_str()) {
                said.push(format!("hold {id} draws on grant {} in a bucket that it is not in", draw.grant));
            }
        }
        if says != self.entries {
            said.push(format!("hold {id} says {says:?} held, captured and released, its entries {:?}", self.entries));
        }
        let keeps: i128 = says.values().map(|[held, captured, released]| held - captured - released).sum();
        if !state.is_open() && keeps != 0 {
            said.push(format!("hold {id} has ended and still holds {keeps} millionths"));
        }
    }
}

/// A hold ends once; one that ran out may yet be captured late. What has ended does not go on.
fn may_become(before: &HoldState, after: &HoldState) -> bool {
    let goes_on = match (before.status, after.status) {
        (HoldStatus::Open, _) => true,
        (HoldStatus::Expired, after) => after != HoldStatus::Open,
        (HoldStatus::Captured | HoldStatus::Released, _) => false,
    };
    goes_on && before.lines.iter().zip(&after.lines).all(|(before, after)| !before.ended || after.ended)
}

fn sums(parts: impl Iterator<Item = (GrantId, i128)>) -> BTreeMap<GrantId, i128> {
    let mut sums = BTreeMap::new();
    for (grant, amount) in parts {
        *sums.entry(grant).or_default() += amount;
    }
    sums
}

/// Are the parts of each draw all of it, and of each line what it was charged? Charges of before say no parts.
fn parts_add_up(charge: &Charge) -> bool {
    if charge.draws.iter().all(|draw| draw.parts.is_none()) {
        return true;
    }
    let mut lines: BTreeMap<u16, i128> = charge.lines.iter().map(|line| (line.line, micro(line.credits))).collect();
    let mut whole = true;
    for draw in &charge.draws {
        let parts = charge.parts_of(draw);
        whole &= parts.iter().map(|part| micro(part.amount)).sum::<i128>() == micro(draw.amount);
        for part in &parts {
            *lines.entry(part.line).or_default() -= micro(part.amount);
        }
    }
    whole && lines.values().all(|rest| *rest == 0)
}
