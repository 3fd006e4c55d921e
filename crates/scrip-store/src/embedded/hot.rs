//! The wallets in memory: bounded, and trimmed of what has settled once the views have it.
//!
//! Each batch that is handed to the projector has a ticket, counted from 1. What a batch changed may be
//! forgotten when its ticket is projected, and not before: until then only memory can tell it.

use std::collections::{BTreeMap, HashMap, VecDeque};

use scrip_ledger::change::{Change, Record};
use scrip_ledger::id::{ChargeId, GrantId, HoldId, Name, ObjectId, RefundId, RequestKey, StudioId, WalletId};
use scrip_ledger::time::Timestamp;
use scrip_ledger::wallet::Wallet;

use crate::hashing::IdMap;

pub(crate) mod keys;
mod plans;

use keys::{KeySet, KeysInAll};
use plans::KnownPlans;

/// A wallet in memory, and what the store knows about it.
pub(crate) struct HotWallet {
    pub(crate) wallet: Wallet,
    pub(crate) keys: KeySet,
    /// When the views say that it is to be looked at next (or will, once what was handed over is projected).
    pub(crate) stored_due: Option<Timestamp>,
    /// The batch that touched it last.
    pub(crate) touched_in: u64,
    /// The last ticket that the views need before it may leave.
    pub(crate) last_ticket: u64,
    /// Settled objects that changed again, and with which ticket: rare.
    changed_again: BTreeMap<ObjectId, u64>,
    was_used: bool,
}

impl HotWallet {
    pub(crate) fn new(wallet: Wallet, keys: KeySet, stored_due: Option<Timestamp>) -> HotWallet {
        HotWallet {
            wallet,
            keys,
            stored_due,
            touched_in: 0,
            last_ticket: 0,
            changed_again: BTreeMap::new(),
            was_used: true,
        }
    }
}

/// An object that nothing needs any more once it is projected.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Settled {
    Hold(HoldId),
    Charge(ChargeId),
    Refund(RefundId),
    Grant(GrantId),
    Request(WalletId, RequestKey),
}

impl Settled {
    fn wallet(&self) -> WalletId {
        match self {
            Settled::Hold(id) => id.wallet(),
            Settled::Charge(id) => id.wallet(),
            Settled::Refund(id) => id.wallet(),
            Settled::Grant(id) => id.wallet(),
            Settled::Request(wallet, _) => *wallet,
        }
    }
}

/// All wallets in memory.
#[derive(Default)]
pub(crate) struct HotWallets {
    wallets: IdMap<WalletId, Box<HotWallet>>,
    /// The customers of the wallets in memory.
    directory: IdMap<StudioId, HashMap<Name, WalletId>>,
    /// The wallets in the order in which the hand of the clock passes them.
    ring: VecDeque<WalletId>,
    /// What can be forgotten, by ticket.
    settled: VecDeque<(u64, Vec<Settled>)>,
    pub(crate) keys_in_all: KeysInAll,
    plans: KnownPlans,
}

impl HotWallets {
    pub(crate) fn len(&self) -> usize {
        self.wallets.len()
    }

    pub(crate) fn find(&self, studio: StudioId, customer: &str) -> Option<WalletId> {
        self.directory.get(&studio)?.get(customer).copied()
    }

    pub(crate) fn get_mut(&mut self, id: WalletId) -> Option<&mut HotWallet> {
        let hot = self.wallets.get_mut(&id)?;
        hot.was_used = true;
        Some(hot)
    }

    /// Two wallets at once, where they are different.
    pub(crate) fn get_two(&mut self, ids: [WalletId; 2]) -> Option<[&mut HotWallet; 2]> {
        if ids[0] == ids[1] {
            return None;
        }
        let [Some(first), Some(second)] = self.wallets.get_disjoint_mut([&ids[0], &ids[1]]) else { return None };
        first.was_used = true;
        second.was_used = true;
        Some([&mut **first, &mut **second])
    }

    pub(crate) fn contains(&self, id: WalletId) -> bool {
        self.wallets.contains_key(&id)
    }

    pub(crate) fn insert(&mut self, mut hot: HotWallet) {
        let (id, studio) = (hot.wallet.id, hot.wallet.studio);
        hot.wallet.subscriptions.values_mut().for_each(|subscription| self.plans.share(studio, subscription));
        for customer in &hot.wallet.customers {
            self.directory.entry(studio).or_default().insert(customer.id.clone(), id);
        }
        self.ring.push_back(id);
        self.wallets.insert(id, Box::new(hot));
    }

    /// Takes a wallet out of memory.
    pub(crate) fn remove(&mut self, id: WalletId) {
        let Some(mut hot) = self.wallets.remove(&id) else { return };
        hot.keys.forget(&mut self.keys_in_all);
        if let Some(names) = self.directory.get_mut(&hot.wallet.studio) {
            for customer in &hot.wallet.customers {
                names.remove(&customer.id);
            }
        }
    }

    /// Notes what a record did: keys to keep in mind, customers to find, and what has settled with it.
    pub(crate) fn follow(&mut self, record: &Record, ticket: u64, settled: &mut Vec<Settled>) {
        let Some(hot) = self.wallets.get_mut(&record.wallet) else { return };
        hot.last_ticket = ticket;
        for change in &record.changes {
            match change {
                Change::CustomerPut(customer) => {
                    let names = self.directory.entry(record.studio).or_default();
                    names.insert(customer.id.clone(), record.wallet);
                    hot.wallet.customers.shrink_to_fit();
                }
                Change::SubscriptionPut(put) => {
                    if let Some(subscription) = hot.wallet.subscriptions.get_mut(&put.id) {
                        self.plans.share(record.studio, subscription);
                    }
                }
                Change::GrantIssued { .. } => hot.wallet.grants.shrink_to_fit(),
                Change::Entry(entry) => {
                    note_grant(hot, entry.movement.grant, ticket, settled);
                    if let Some(other) = entry.movement.other_grant {
                        note_grant(hot, other, ticket, settled);
                    }
                }
                Change::GrantVoided { id } | Change::GrantEnded { id } | Change::GrantLocked { id, .. } => {
                    note_grant(hot, *id, ticket, settled);
                }
                Change::HoldChanged { id, state } if !state.is_open() => {
                    settled.push(Settled::Hold(*id));
                    for draw in state.lines.iter().flat_map(|line| &line.draws) {
                        note_grant(hot, draw.grant, ticket, settled);
                    }
                }
                Change::Charged(charge) => settled.push(Settled::Charge(charge.id)),
                Change::ChargeRefunded { id, .. } => {
                    hot.changed_again.insert(id.0, ticket);
                    settled.push(Settled::Charge(*id));
                }
                Change::Refunded(refund) => settled.push(Settled::Refund(refund.id)),
                Change::Remembered { key, .. } => {
                    hot.keys.insert(*key, &mut self.keys_in_all);
                    settled.push(Settled::Request(record.wallet, *key));
                }
                Change::MemberPut(_)
                | Change::MemberRemoved { .. }
                | Change::HoldPlaced { .. }
                | Change::HoldChanged { .. }
                | Change::HoldStuck { .. }
                | Change::Tallied { .. }
                | Change::TallyForgotten { .. }
                | Change::Noted(_)
                | Change::Moment(_)
                | Change::QuoteUsed { .. } => {}
            }
        }
    }

    /// A settled hold is about to be changed: it stays until that is projected.
    pub(crate) fn keep_hold(&mut self, id: HoldId, ticket: u64) {
        if let Some(hot) = self.wallets.get_mut(&id.wallet())
            && hot.wallet.hold(id).is_some_and(|hold| !hold.state.is_open())
        {
            hot.changed_again.insert(id.0, ticket);
        }
    }

    /// What settled with this ticket can be forgotten once it is projected.
    pub(crate) fn schedule(&mut self, ticket: u64, settled: Vec<Settled>) {
        if !settled.is_empty() {
            self.settled.push_back((ticket, settled));
        }
    }

    /// Forgets what has settled and is projected, of up to so many batches; `true` once that is all.
    pub(crate) fn trim(&mut self, projected: u64, batch_max: usize) -> bool {
        let mut batch_count = 0;
        while self.settled.front().is_some_and(|(ticket, _)| *ticket <= projected) {
            if batch_count == batch_max {
                return false;
            }
            batch_count += 1;
            for settled in self.settled.pop_front().into_iter().flat_map(|(_, settled)| settled) {
                if let Some(hot) = self.wallets.get_mut(&settled.wallet()) {
                    forget(hot, settled, projected);
                }
            }
        }
        true
    }

    /// Lets wallets go that nobody used since the hand passed last, until there are at most `count_max`. A
    /// wallet stays that the views don't have yet, or that the batch at work touched.
    pub(crate) fn evict(&mut self, count_max: usize, projected: u64, batch: u64) {
        let mut steps = self.ring.len().min(4_096);
        while self.wallets.len() > count_max && steps > 0 {
            steps -= 1;
            let Some(id) = self.ring.pop_front() else { return };
            let Some(hot) = self.wallets.get_mut(&id) else { continue };
            if std::mem::take(&mut hot.was_used) || hot.last_ticket > projected || hot.touched_in == batch {
                self.ring.push_back(id);
            } else {
                self.remove(id);
            }
        }
    }
}

/// A grant was touched: if nothing is left in it, it can be forgotten when this ticket is projected.
fn note_grant(hot: &mut HotWallet, id: GrantId, ticket: u64, settled: &mut Vec<Settled>) {
    if hot.wallet.grant(id).is_some_and(|grant| grant.is_settled()) {
        hot.changed_again.insert(id.0, ticket);
        settled.push(Settled::Grant(id));
    }
}

fn forget(hot: &mut HotWallet, settled: Settled, projected: u64) {
    let mut is_current = |id: ObjectId| match hot.changed_again.get(&id) {
        Some(ticket) if *ticket > projected => false,
        Some(_) => {
            hot.changed_again.remove(&id);
            true
        }
        None => true,
    };
    match settled {
        Settled::Hold(id) => {
            if hot.wallet.hold(id).is_some_and(|hold| !hold.state.is_open()) && is_current(id.0) {
                hot.wallet.holds.remove(&id);
            }
        }
        Settled::Charge(id) => {
            if is_current(id.0) {
                hot.wallet.charges.remove(&id);
            }
        }
        Settled::Refund(id) => {
            hot.wallet.refunds.remove(&id);
        }
        Settled::Request(_, key) => {
            hot.wallet.requests.remove(&key);
        }
        Settled::Grant(id) => {
            if hot.wallet.grant(id).is_some_and(|grant| grant.is_settled())
                && is_current(id.0)
                && !is_drawn_on(&hot.wallet, id)
            {
                let found = hot.wallet.grants.binary_search_by_key(&id, |grant| grant.id);
                if let Ok(index) = found {
                    hot.wallet.grants.remove(index);
                }
            }
        }
    }
}

/// Does an open hold name this grant? Then it stays, even with nothing left in it.
fn is_drawn_on(wallet: &Wallet, grant: GrantId) -> bool {
    let open = wallet.holds.values().filter(|hold| hold.state.is_open());
    open.flat_map(|hold| &hold.state.lines).flat_map(|line| &line.draws).any(|draw| draw.grant == grant)
}
