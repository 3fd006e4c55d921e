//! The laws of grants: what was agreed is what was issued, and is always in one place.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::entry::{EntryKind, Movement, Place};
use crate::grant::{Balance, GrantKind, GrantTerms, Issue, PeriodOf};
use crate::id::{AddOnId, GrantId, Name, SubscriptionId};
use crate::time::Timestamp;

/// All grants of a wallet, by what their entries say.
#[derive(Clone, Debug, Default)]
pub(super) struct Lots {
    lots: BTreeMap<GrantId, Lot>,
    /// Starts and ends to come: when they have come, the entries must have been written.
    due: BTreeSet<(Timestamp, GrantId)>,
    /// Grants that the record at hand touched.
    touched: BTreeSet<GrantId>,
    /// What left grants for others in the record at hand, less what arrived, by kind: in the end nothing.
    on_the_way: BTreeMap<EntryKind, i128>,
    /// What subscriptions granted by themselves.
    issued_by_plans: BTreeSet<PlanKey>,
}

/// Subscription, what for, bucket and seat.
type PlanKey = (SubscriptionId, IssuedFor, Name, Option<u32>);

/// What a subscription grants credits for by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum IssuedFor {
    /// A cycle, and a month of it.
    Cycle(u32, u32),
    /// The same of units.
    Units(u32, u32, AddOnId),
    /// A period that is shorter than the cycle, whichever cycle it is in.
    Period(PeriodOf),
}

#[derive(Clone, Debug)]
struct Lot {
    terms: Arc<GrantTerms>,
    issued: i128,
    balance: Balance,
    voided: bool,
    ended: bool,
    locked: bool,
}

impl Lots {
    pub(super) fn issue(&mut self, id: GrantId, terms: &Arc<GrantTerms>, said: &mut Vec<String>) {
        let lot = Lot {
            terms: terms.clone(),
            issued: 0,
            balance: Balance::default(),
            voided: false,
            ended: false,
            locked: false,
        };
        self.touched.insert(id);
        self.due.extend([terms.effective_at, terms.expires_at].into_iter().flatten().map(|at| (at, id)));
        if self.lots.insert(id, lot).is_some() {
            said.push(format!("grant {id} is made twice"));
        }
        self.issue_once(id, terms, said);
    }

    /// What a subscription grants by itself is keyed by its cycle and month, or its shorter period, bucket and seat: it
    /// can't happen twice.
    fn issue_once(&mut self, id: GrantId, terms: &GrantTerms, said: &mut Vec<String>) {
        let Some(source) = terms.source else { return };
        let of = match source.issue {
            Issue::Quota => IssuedFor::Cycle(source.cycle, source.part),
            Issue::AddOn(id) => IssuedFor::Units(source.cycle, source.part, id),
            Issue::Shorter(period) => IssuedFor::Period(period),
            Issue::Added | Issue::Carried | Issue::Kept | Issue::KeptUnits | Issue::Welcome | Issue::Trial => return,
            Issue::ShorterAdded(_) | Issue::ShorterKept(_) => return,
        };
        let key = (source.subscription, of, terms.bucket.clone(), terms.seat);
        if !self.issued_by_plans.insert(key) {
            said.push(format!("grant {id} grants a cycle's credits a second time"));
        }
    }

    pub(super) fn end(&mut self, id: GrantId, said: &mut Vec<String>) {
        self.touched.insert(id);
        match self.lots.get_mut(&id) {
            Some(lot) => lot.ended = true,
            None => said.push(format!("grant {id} ends and was never made")),
        }
    }

    pub(super) fn lock(&mut self, id: GrantId, locked: bool, said: &mut Vec<String>) {
        self.touched.insert(id);
        match self.lots.get_mut(&id) {
            Some(lot) if lot.locked != locked => lot.locked = locked,
            Some(_) => said.push(format!("grant {id} is frozen or thawed twice")),
            None => said.push(format!("grant {id} is frozen and was never made")),
        }
    }

    pub(super) fn void(&mut self, id: GrantId, said: &mut Vec<String>) {
        self.touched.insert(id);
        match self.lots.get_mut(&id) {
            Some(lot) if !lot.voided => lot.voided = true,
            Some(_) => said.push(format!("grant {id} is taken back twice")),
            None => said.push(format!("grant {id} is taken back and was never made")),
        }
    }

    pub(super) fn follow(&mut self, movement: &Movement, said: &mut Vec<String>) {
        let id = movement.grant;
        if movement.amount.micro() <= 0 {
            said.push("an entry moves nothing or less".to_owned());
        }
        if !may_move(movement.kind, movement.from, movement.to) {
            let (kind, from, to) = (movement.kind.as_str(), movement.from.as_str(), movement.to.as_str());
            said.push(format!("a {kind} moves nothing from {from} to {to}"));
        }
        self.touched.insert(id);
        let Some(lot) = self.lots.get_mut(&id) else {
            return said.push(format!("an entry names grant {id}, which was never made"));
        };
        lot.check_time(movement, said);
        if movement.from == Place::Issued {
            lot.issued += i128::from(movement.amount.micro());
        }
        if !lot.balance.shift(movement.from, movement.to, movement.amount) {
            said.push(format!("grant {id} has less than is taken from it"));
        }
        self.follow_to_other(movement, said);
    }

    /// What leaves a grant for another one arrives there.
    fn follow_to_other(&mut self, movement: &Movement, said: &mut Vec<String>) {
        let amount = i128::from(movement.amount.micro());
        if movement.kind == EntryKind::Repay {
            return self.repay(movement, said);
        }
        if matches!(movement.kind, EntryKind::Send | EntryKind::Receive) {
            // The other half is in another wallet: whoever audits all of them compares the sums.
            return;
        }
        let arrives = movement.from == Place::Issued
            && !matches!(movement.kind, EntryKind::Grant | EntryKind::Debt | EntryKind::Owe);
        if movement.to == Place::Moved {
            *self.on_the_way.entry(movement.kind).or_default() += amount;
        } else if arrives {
            *self.on_the_way.entry(movement.kind).or_default() -= amount;
        }
        let is_known = movement.other_grant.is_some_and(|other| self.lots.contains_key(&other));
        if arrives != is_known || arrives != movement.other_grant.is_some() {
            said.push(
                "a grant comes from another one that is not named, or names one that it does not come from".to_owned(),
            );
        }
    }

    fn repay(&mut self, movement: &Movement, said: &mut Vec<String>) {
        let debt = movement.other_grant.and_then(|debt| self.lots.get_mut(&debt));
        let Some(debt) = debt.filter(|debt| debt.terms.kind == GrantKind::Debt) else {
            return said.push("a repayment names no debt".to_owned());
        };
        match debt.balance.repaid.checked_add(movement.amount).filter(|repaid| *repaid <= debt.balance.spent) {
            Some(repaid) => debt.balance.repaid = repaid,
            None => said.push("more of a debt is paid back than is owed".to_owned()),
        }
    }

    /// After all changes of a record.
    pub(super) fn end_record(&mut self, at: Timestamp, said: &mut Vec<String>) {
        while let Some((_, id)) = self.due.first().copied().filter(|(due, _)| *due <= at) {
            self.due.pop_first();
            self.touched.insert(id);
        }
        for id in std::mem::take(&mut self.touched) {
            let Some(lot) = self.lots.get(&id) else { continue };
            let (agreed, issued, placed) = (i128::from(lot.terms.amount.micro()), lot.issued, lot.placed());
            if issued != agreed || placed != issued {
                said.push(format!("grant {id}: {agreed} millionths agreed, {issued} issued, {placed} in its places"));
            }
            if !lot.is_up_to_date(at) {
                said.push(format!("grant {id} has started or ended, and no entry says so"));
            }
            if lot.voided && (lot.balance.available.is_positive() || lot.balance.frozen.is_positive()) {
                said.push(format!("grant {id} was taken back and can still be spent"));
            }
            if lot.locked && lot.balance.available.is_positive() {
                said.push(format!("grant {id} is frozen and can still be spent"));
            }
        }
        for (kind, amount) in std::mem::take(&mut self.on_the_way) {
            if amount != 0 {
                said.push(format!(
                    "{amount} millionths left one grant for another by {} and did not arrive",
                    kind.as_str()
                ));
            }
        }
    }

    pub(super) fn knows(&self, id: GrantId) -> bool {
        self.lots.contains_key(&id)
    }

    pub(super) fn held(&self, id: GrantId) -> i128 {
        self.lots.get(&id).map_or(0, |lot| i128::from(lot.balance.held.micro()))
    }

    pub(super) fn bucket(&self, id: GrantId) -> Option<&str> {
        self.lots.get(&id).map(|lot| lot.terms.bucket.as_str())
    }

    pub(super) fn balances(&self) -> impl Iterator<Item = (GrantId, Balance)> + '_ {
        self.lots.iter().map(|(id, lot)| (*id, lot.balance))
    }
}

impl Lot {
    fn placed(&self) -> i128 {
        let balance = &self.balance;
        [balance.available, balance.held, balance.spent, balance.expired, balance.voided, balance.frozen, balance.moved]
            .iter()
            .map(|credits| i128::from(credits.micro()))
            .sum()
    }

    /// Has all happened that is due by then?
    fn is_up_to_date(&self, at: Timestamp) -> bool {
        let frozen = self.balance.frozen.is_positive();
        let ended = self.ended || self.terms.expires_at.is_some_and(|end| end <= at);
        let started = self.terms.effective_at.is_none_or(|start| start <= at);
        !(ended && self.balance.available.is_positive() || frozen && (started && !self.locked || ended))
    }

    /// Credits are used between the start of their grant and its end, end with it and not before, and are
    /// taken back only if the grant was.
    fn check_time(&self, movement: &Movement, said: &mut Vec<String>) {
        let ended = self.ended || self.terms.expires_at.is_some_and(|end| end <= movement.at);
        let started = self.terms.effective_at.is_none_or(|start| start <= movement.at);
        let taken = movement.from == Place::Available && matches!(movement.to, Place::Held | Place::Moved);
        let right = match movement.kind {
            EntryKind::Hold | EntryKind::Transfer | EntryKind::Send | EntryKind::Repay if taken => {
                started && !ended && !self.voided
            }
            EntryKind::Activate => started,
            EntryKind::Expire | EntryKind::Lapse => ended,
            EntryKind::Restore if taken => ended && !self.voided,
            EntryKind::Void => self.voided,
            EntryKind::Freeze => self.locked,
            EntryKind::Thaw => !self.locked && started,
            _ => true,
        };
        if !right {
            let kind = movement.kind.as_str();
            said.push(format!(
                "a {kind} of grant {} comes before its start, or at the wrong side of its end",
                movement.grant
            ));
        }
    }
}

/// The places between which each kind of entry moves credits.
fn may_move(kind: EntryKind, from: Place, to: Place) -> bool {
    use Place::{Available, Expired, Frozen, Held, Issued, Moved, Spent, Voided};
    match kind {
        EntryKind::Grant => matches!((from, to), (Issued, Available | Frozen)),
        EntryKind::Activate => (from, to) == (Frozen, Available),
        EntryKind::Hold => (from, to) == (Available, Held),
        EntryKind::Capture => (from, to) == (Held, Spent),
        EntryKind::Release | EntryKind::HoldExpire => (from, to) == (Held, Available),
        EntryKind::Lapse => (from, to) == (Available, Expired),
        EntryKind::Refund => matches!((from, to), (Spent, Available | Moved) | (Issued, Available)),
        EntryKind::Expire => matches!((from, to), (Available | Frozen, Expired)),
        EntryKind::Void => matches!((from, to), (Available | Frozen, Voided)),
        EntryKind::Transfer | EntryKind::Restore => matches!((from, to), (Available, Moved) | (Issued, Available)),
        EntryKind::Debt => (from, to) == (Issued, Spent),
        EntryKind::Repay => (from, to) == (Available, Moved),
        EntryKind::Forgive => (from, to) == (Spent, Voided),
        EntryKind::Rollover => matches!((from, to), (Available, Moved) | (Issued, Available)),
        EntryKind::Freeze => (from, to) == (Available, Frozen),
        EntryKind::Thaw => (from, to) == (Frozen, Available),
        EntryKind::Trim => (from, to) == (Available, Expired),
        EntryKind::Send => (from, to) == (Available, Moved),
        EntryKind::Receive => (from, to) == (Issued, Available),
        EntryKind::ClawBack => matches!((from, to), (Available | Frozen, Voided)),
        EntryKind::Owe => (from, to) == (Issued, Spent),
        EntryKind::Waive => (from, to) == (Spent, Voided),
    }
}
