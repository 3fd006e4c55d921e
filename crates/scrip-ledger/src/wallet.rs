//! A wallet: the unit of order. Its state is a fold of its changes, and [`Recorder`] is the only way to
//! make one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::amount::Credits;
use crate::book::Book;
use crate::change::{Change, QuoteMark, Record};
use crate::charge::Charge;
use crate::customer::{Customer, Member, PoolId};
use crate::entry::{ChainHash, Entry, EntryKind, Movement, Place};
use crate::grant::{Grant, GrantTerms};
use crate::hold::{Hold, HoldState};
use crate::id::{ChargeId, GrantId, HoldId, Name, ObjectId, RefundId, RequestKey, StudioId, SubscriptionId, WalletId};
use crate::note::Note;
use crate::refund::Refund;
use crate::refusal::{Missing, Refusal};
use crate::reply::Remembered;
use crate::subscription::Subscription;
use crate::tally::{Tally, TallyKey};
use crate::time::Timestamp;

/// All pools that can pay for one job, and what is set aside, taken and remembered of them.
///
/// A store may leave out what has settled (ended holds, charges, refunds, empty grants, remembered
/// answers) as long as it puts back what a command names before [`apply`](crate::apply::apply) sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wallet {
    pub id: WalletId,
    pub studio: StudioId,
    pub head: Head,
    /// Its customers by pool, the root first.
    pub customers: Vec<Customer>,
    pub members: BTreeMap<(PoolId, Name), Member>,
    /// By id, which is by age.
    pub grants: Vec<Grant>,
    pub holds: BTreeMap<HoldId, Box<Hold>>,
    pub charges: BTreeMap<ChargeId, Arc<Charge>>,
    pub refunds: BTreeMap<RefundId, Arc<Refund>>,
    pub requests: BTreeMap<RequestKey, Arc<Remembered>>,
    /// By id, which is by age; what has ended may be left out.
    pub subscriptions: BTreeMap<SubscriptionId, Arc<Subscription>>,
    pub tallies: BTreeMap<TallyKey, Tally>,
    /// Quotes that were redeemed, until they would have expired.
    quotes_used: BTreeMap<u128, Timestamp>,
    /// The same by time: what has expired is forgotten without looking at all of them.
    quotes_until: BTreeSet<(Timestamp, u128)>,
    /// Tallies that count for a time only, by when that is over.
    tallies_until: BTreeSet<(Timestamp, TallyKey)>,
    /// When each open hold runs out: what is due first is found without looking at all of them.
    open_until: BTreeSet<(Timestamp, HoldId)>,
}

/// Where a wallet's history stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// The number of its last entry; 0 before the first.
    pub sequence: u64,
    pub hash: ChainHash,
    /// Its last record; time in a wallet never runs backwards.
    pub last_at: Timestamp,
    /// Counts the ids that it made.
    pub counter: u32,
}

/// Half of what an `i64` counts: sums of two wallets' worth cannot overflow.
const WALLET_CREDITS_MAX: i64 = i64::MAX / 2;

impl Wallet {
    pub fn new(id: WalletId, studio: StudioId) -> Wallet {
        Wallet {
            id,
            studio,
            head: Head { sequence: 0, hash: ChainHash::START, last_at: Timestamp::MIN, counter: 0 },
            customers: Vec::new(),
            members: BTreeMap::new(),
            grants: Vec::new(),
            holds: BTreeMap::new(),
            charges: BTreeMap::new(),
            refunds: BTreeMap::new(),
            requests: BTreeMap::new(),
            subscriptions: BTreeMap::new(),
            tallies: BTreeMap::new(),
            quotes_used: BTreeMap::new(),
            quotes_until: BTreeSet::new(),
            tallies_until: BTreeSet::new(),
            open_until: BTreeSet::new(),
        }
    }

    pub fn customer(&self, id: &str) -> Option<&Customer> {
        self.customers.iter().find(|customer| customer.id.as_str() == id)
    }

    pub fn pool_of(&self, customer: &str) -> Option<PoolId> {
        self.customer(customer).map(|customer| customer.pool)
    }

    pub(crate) fn known_pool(&self, customer: &str) -> Result<PoolId, Refusal> {
        self.pool_of(customer).ok_or(Refusal::NotFound { what: Missing::Customer })
    }

    /// The pools that a customer may spend: its own, then those it belongs to.
    pub fn pools_of(&self, pool: PoolId) -> Vec<PoolId> {
        self.pools_from(pool).collect()
    }

    /// The same, one by one. A parent is there before its customers and is fixed, so the way up ends.
    pub(crate) fn pools_from(&self, pool: PoolId) -> impl Iterator<Item = PoolId> + '_ {
        let parent = |pool: &PoolId| self.customers.get(usize::from(pool.0)).and_then(|customer| customer.parent);
        std::iter::successors(Some(pool), parent).take(self.customers.len().max(1))
    }

    /// Is a pool this one, or does it belong to it?
    pub(crate) fn belongs_to(&self, pool: PoolId, owner: PoolId) -> bool {
        self.pools_from(pool).any(|pool| pool == owner)
    }

    pub fn member(&self, pool: PoolId, id: &Name) -> Option<&Member> {
        if self.members.is_empty() { None } else { self.members.get(&(pool, id.clone())) }
    }

    pub fn grant(&self, id: GrantId) -> Option<&Grant> {
        self.grant_index(id).map(|index| &self.grants[index])
    }

    fn grant_index(&self, id: GrantId) -> Option<usize> {
        self.grants.binary_search_by_key(&id, |grant| grant.id).ok()
    }

    pub fn hold(&self, id: HoldId) -> Option<&Hold> {
        self.holds.get(&id).map(|hold| &**hold)
    }

    pub fn charge(&self, id: ChargeId) -> Option<&Charge> {
        self.charges.get(&id).map(|charge| &**charge)
    }

    pub fn refund(&self, id: RefundId) -> Option<&Refund> {
        self.refunds.get(&id).map(|refund| &**refund)
    }

    /// What is owed in a currency.
    pub fn debt_in(&self, currency: &str) -> Credits {
        (self.grants.iter())
            .filter(|grant| grant.is_debt() && grant.terms.currency.as_str() == currency)
            .map(Grant::owed)
            .sum()
    }

    /// How many more credits can be counted here? What counts is what is at work: available, held, frozen or
    /// owed. So whatever a store leaves out makes no difference.
    pub(crate) fn room(&self) -> Credits {
        let micro = |credits: Credits| i128::from(credits.micro());
        let at_work = |grant: &Grant| {
            let balance = &grant.balance;
            micro(balance.available) + micro(balance.held) + micro(balance.frozen) + micro(grant.owed())
        };
        let rest = i128::from(WALLET_CREDITS_MAX) - self.grants.iter().map(at_work).sum::<i128>();
        Credits::from_micro(i64::try_from(rest.max(0)).unwrap_or(0))
    }

    /// Can so many more credits be counted here?
    pub(crate) fn room_for(&self, amount: Credits) -> Result<(), Refusal> {
        if amount > self.room() { Err(Refusal::invalid_amount("is more than one wallet can count")) } else { Ok(()) }
    }

    /// The subscriptions of a customer, by age.
    pub fn subscriptions_of(&self, pool: PoolId) -> impl Iterator<Item = &Arc<Subscription>> {
        self.subscriptions.values().filter(move |subscription| subscription.pool == pool)
    }

    /// The next open hold to run out, and when.
    pub(crate) fn next_hold_due(&self) -> Option<(Timestamp, HoldId)> {
        self.open_until.first().copied()
    }

    pub(crate) fn open_holds(&self) -> impl Iterator<Item = &Hold> {
        self.open_until.iter().filter_map(|(_, id)| self.hold(*id))
    }

    /// Puts back an object that the store had left out.
    pub fn restore_grant(&mut self, grant: Grant) {
        if let Err(index) = self.grants.binary_search_by_key(&grant.id, |grant| grant.id) {
            self.grants.insert(index, grant);
        }
    }

    /// Puts back a hold that the store had left out.
    pub fn restore_hold(&mut self, hold: Hold) {
        if hold.state.is_open() {
            self.open_until.insert((hold.state.expires_at, hold.id));
        }
        self.holds.entry(hold.id).or_insert_with(|| Box::new(hold));
    }

    /// Puts back a redeemed quote that the store had left out.
    pub fn restore_quote(&mut self, mark: u128, until: Timestamp) {
        self.quotes_used.insert(mark, until);
        self.quotes_until.insert((until, mark));
    }

    /// Puts back a tally that the store had left out.
    pub fn restore_tally(&mut self, key: TallyKey, tally: Tally) {
        self.forget_tally(&key);
        if let Some(until) = tally.until {
            self.tallies_until.insert((until, key.clone()));
        }
        self.tallies.insert(key, tally);
    }

    fn forget_tally(&mut self, key: &TallyKey) {
        if let Some(until) = self.tallies.remove(key).and_then(|tally| tally.until) {
            self.tallies_until.remove(&(until, key.clone()));
        }
    }

    /// The tally that stops counting first, and how many there are that will.
    pub(crate) fn next_tally_over(&self) -> Option<(Timestamp, &TallyKey, usize)> {
        self.tallies_until.first().map(|(until, key)| (*until, key, self.tallies_until.len()))
    }

    /// Was this quote redeemed? Once it would have expired, nobody remembers.
    pub(crate) fn is_quote_used(&self, mark: u128, at: Timestamp) -> bool {
        self.quotes_used.get(&mark).is_some_and(|until| *until > at)
    }

    fn forget_quotes(&mut self, at: Timestamp) {
        while let Some((until, mark)) = self.quotes_until.first().copied().filter(|(until, _)| *until <= at) {
            self.quotes_until.remove(&(until, mark));
            if self.quotes_used.get(&mark) == Some(&until) {
                self.quotes_used.remove(&mark);
            }
        }
    }

    /// Folds a record in: the only way in which the state of a wallet changes.
    pub fn absorb(&mut self, record: &Record) {
        for change in &record.changes {
            self.absorb_change(change);
        }
        self.head.counter = record.counter;
        self.pass_time(record.at);
    }

    /// What follows from a record's instant alone.
    fn pass_time(&mut self, at: Timestamp) {
        self.head.last_at = at;
        self.forget_quotes(at);
    }

    fn absorb_change(&mut self, change: &Change) {
        match change {
            Change::CustomerPut(customer) => {
                let index = usize::from(customer.pool.0);
                match self.customers.get_mut(index) {
                    Some(known) => *known = customer.clone(),
                    None => self.customers.push(customer.clone()),
                }
            }
            Change::MemberPut(member) => {
                self.members.insert((member.pool, member.id.clone()), member.clone());
            }
            Change::MemberRemoved { pool, member } => {
                self.members.remove(&(*pool, member.clone()));
            }
            Change::GrantIssued { id, terms } => {
                self.restore_grant(Grant::new(*id, terms.clone()));
            }
            Change::GrantVoided { id } => self.grant_mut(*id).voided = true,
            Change::Entry(entry) => self.absorb_entry(entry),
            Change::HoldPlaced { id, terms, state } => {
                self.restore_hold(Hold { id: *id, terms: terms.clone(), state: state.clone() });
            }
            Change::HoldChanged { id, state } => self.absorb_hold_state(*id, state),
            Change::Charged(charge) => {
                self.charges.insert(charge.id, charge.clone());
            }
            Change::ChargeRefunded { id, refunded } => {
                let charge = self.charges.get_mut(id).expect("a charge is loaded before it is refunded");
                Arc::make_mut(charge).set_refunded(refunded);
            }
            Change::Refunded(refund) => {
                self.refunds.insert(refund.id, refund.clone());
            }
            Change::QuoteUsed { mark, until } => {
                self.restore_quote(mark.0, *until);
            }
            Change::Remembered { key, answer } => {
                self.requests.insert(*key, answer.clone());
            }
            Change::SubscriptionPut(subscription) => {
                self.subscriptions.insert(subscription.id, subscription.clone());
            }
            Change::GrantEnded { id } => self.grant_mut(*id).ended = true,
            Change::GrantLocked { id, locked } => self.grant_mut(*id).locked = *locked,
            Change::Tallied { key, tally } => self.restore_tally(key.clone(), *tally),
            Change::TallyForgotten { key } => self.forget_tally(key),
            Change::HoldStuck { .. } | Change::Noted(_) | Change::Moment(_) => {}
        }
    }

    fn grant_mut(&mut self, id: GrantId) -> &mut Grant {
        let index = self.grant_index(id).expect("a grant is loaded before it changes");
        &mut self.grants[index]
    }

    fn absorb_entry(&mut self, entry: &Entry) {
        let movement = &entry.movement;
        let grant = self.grant_mut(movement.grant);
        let enough = grant.balance.shift(movement.from, movement.to, movement.amount);
        assert!(enough, "an entry takes no more than is in the place it takes from: {movement:?}");
        if movement.kind == EntryKind::Repay {
            let debt = self.grant_mut(movement.other_grant.expect("a repayment names its debt"));
            debt.balance.repaid = match movement.to {
                Place::Moved => debt.balance.repaid.checked_add(movement.amount),
                _ => debt.balance.repaid.checked_sub(movement.amount),
            }
            .expect("a debt is repaid within its amount");
        }
        self.head.sequence = movement.sequence;
        self.head.hash = entry.hash;
    }

    fn absorb_hold_state(&mut self, id: HoldId, state: &HoldState) {
        let hold = self.holds.get_mut(&id).expect("a hold is loaded before it changes");
        if hold.state.is_open() {
            self.open_until.remove(&(hold.state.expires_at, id));
        }
        if state.is_open() {
            self.open_until.insert((state.expires_at, id));
        }
        hold.state.clone_from(state);
    }
}

/// The one door: makes changes to a wallet, and keeps them for the journal.
pub(crate) struct Recorder<'a> {
    pub(crate) wallet: &'a mut Wallet,
    /// What the studio sells and grants.
    pub(crate) book: &'a Book,
    /// Now; what is due is recorded at the instant at which it fell due.
    pub(crate) at: Timestamp,
    pub(crate) actor: Name,
    pub(crate) reason: Option<Name>,
    pub(crate) context: Context,
    /// The instant that the last change was recorded at.
    instant: Timestamp,
    changes: Vec<Change>,
}

/// The objects that an entry belongs to.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Context {
    pub(crate) hold: Option<HoldId>,
    pub(crate) charge: Option<ChargeId>,
    pub(crate) refund: Option<RefundId>,
}

impl<'a> Recorder<'a> {
    pub(crate) fn new(wallet: &'a mut Wallet, book: &'a Book, at: Timestamp, actor: Name) -> Recorder<'a> {
        let (reason, context, changes) = (None, Context::default(), Vec::with_capacity(4));
        Recorder { wallet, book, at, actor, reason, context, instant: at, changes }
    }

    /// What was changed, for the journal; `None` if nothing was.
    pub(crate) fn finish(self) -> Option<Record> {
        if self.changes.is_empty() {
            return None;
        }
        self.wallet.pass_time(self.at);
        let has_entry = self.changes.iter().any(|change| matches!(change, Change::Entry(_)));
        Some(Record {
            wallet: self.wallet.id,
            studio: self.wallet.studio,
            at: self.at,
            counter: self.wallet.head.counter,
            changes: self.changes,
            sequence: (!has_entry).then_some(self.wallet.head.sequence),
            trace: None,
        })
    }

    /// How much was changed so far.
    pub(crate) fn change_count(&self) -> usize {
        self.changes.len()
    }

    /// What was changed from then on.
    pub(crate) fn changes_from(&self, first: usize) -> &[Change] {
        self.changes.get(first..).unwrap_or_default()
    }

    fn record(&mut self, change: Change) {
        if self.instant != self.at {
            self.instant = self.at;
            self.changes.push(Change::Moment(self.at));
        }
        self.wallet.absorb_change(&change);
        self.changes.push(change);
    }

    /// A new id. The counter may wrap: an id also has the millisecond.
    pub(crate) fn next_id(&mut self) -> ObjectId {
        self.wallet.head.counter = self.wallet.head.counter.wrapping_add(1);
        ObjectId::new(self.at, self.wallet.id, self.wallet.head.counter)
    }

    /// Writes an entry; nothing for an amount of zero.
    pub(crate) fn shift(&mut self, kind: EntryKind, grant: GrantId, from: Place, to: Place, amount: Credits) {
        self.shift_with(kind, grant, from, to, amount, None);
    }

    /// Writes an entry that names another grant too.
    pub(crate) fn shift_with(
        &mut self,
        kind: EntryKind,
        grant: GrantId,
        from: Place,
        to: Place,
        amount: Credits,
        other_grant: Option<GrantId>,
    ) {
        if amount.is_zero() {
            return;
        }
        let movement = Movement {
            sequence: self.wallet.head.sequence + 1,
            at: self.at,
            kind,
            grant,
            from,
            to,
            amount,
            other_grant,
            hold: self.context.hold,
            charge: self.context.charge,
            refund: self.context.refund,
            actor: self.actor.clone(),
            reason: self.reason.clone(),
        };
        let hash = movement.hash_after(self.wallet.head.hash);
        self.record(Change::Entry(Entry { movement, hash }));
    }

    /// Makes a grant and issues its credits: into available, or frozen where it is effective later.
    pub(crate) fn issue(&mut self, terms: GrantTerms, kind: EntryKind, from: Option<GrantId>) -> GrantId {
        let id = GrantId(self.next_id());
        let amount = terms.amount;
        let place = if terms.effective_at.is_some() { Place::Frozen } else { Place::Available };
        self.record(Change::GrantIssued { id, terms: Arc::new(terms) });
        self.shift_with(kind, id, Place::Issued, place, amount, from);
        id
    }

    /// Makes a debt: credits that were spent and are owed.
    pub(crate) fn issue_debt(&mut self, kind: EntryKind, terms: GrantTerms) -> GrantId {
        let id = GrantId(self.next_id());
        let amount = terms.amount;
        self.record(Change::GrantIssued { id, terms: Arc::new(terms) });
        self.shift(kind, id, Place::Issued, Place::Spent, amount);
        id
    }

    pub(crate) fn put_subscription(&mut self, subscription: Subscription) {
        self.record(Change::SubscriptionPut(Arc::new(subscription)));
    }

    /// A grant ends, before its time if it has not come: what comes back to it later has come too late
    /// (MISSION A37).
    pub(crate) fn end_grant(&mut self, id: GrantId) {
        if self.wallet.grant(id).is_some_and(|grant| !grant.has_ended(self.at)) {
            self.record(Change::GrantEnded { id });
        }
    }

    /// A grant ends, and what is left of it is gone.
    pub(crate) fn end_with_rest(&mut self, id: GrantId) {
        self.end_grant(id);
        self.expire_rest(id);
    }

    /// What is left of a grant that has ended is gone.
    pub(crate) fn expire_rest(&mut self, id: GrantId) {
        let Some(balance) = self.wallet.grant(id).map(|grant| grant.balance) else { return };
        self.shift(EntryKind::Expire, id, Place::Available, Place::Expired, balance.available);
        self.shift(EntryKind::Expire, id, Place::Frozen, Place::Expired, balance.frozen);
    }

    pub(crate) fn lock_grant(&mut self, id: GrantId, locked: bool) {
        self.record(Change::GrantLocked { id, locked });
    }

    pub(crate) fn tally(&mut self, key: TallyKey, tally: Tally) {
        self.record(Change::Tallied { key, tally });
    }

    pub(crate) fn tally_forgotten(&mut self, key: TallyKey) {
        self.record(Change::TallyForgotten { key });
    }

    pub(crate) fn note(&mut self, note: Note) {
        self.record(Change::Noted(note));
    }

    /// Takes a grant back: what is available or frozen of it now, what is held when it comes back. Nothing happens
    /// where that was done before.
    pub(crate) fn void(&mut self, id: GrantId) {
        let Some(grant) = self.wallet.grant(id).filter(|grant| !grant.voided) else { return };
        let balance = grant.balance;
        self.record(Change::GrantVoided { id });
        self.shift(EntryKind::Void, id, Place::Available, Place::Voided, balance.available);
        self.shift(EntryKind::Void, id, Place::Frozen, Place::Voided, balance.frozen);
    }

    pub(crate) fn place_hold(&mut self, hold: Hold) {
        self.record(Change::HoldPlaced { id: hold.id, terms: hold.terms, state: hold.state });
    }

    pub(crate) fn change_hold(&mut self, id: HoldId, state: HoldState) {
        self.recount_hold(id, &state);
        self.record(Change::HoldChanged { id, state });
    }

    pub(crate) fn stick_hold(&mut self, id: HoldId) {
        self.record(Change::HoldStuck { id });
    }

    pub(crate) fn charge(&mut self, charge: Charge) {
        self.record(Change::Charged(Arc::new(charge)));
    }

    pub(crate) fn refund(&mut self, refund: Refund, refunded: Vec<Credits>) {
        self.record(Change::ChargeRefunded { id: refund.charge, refunded });
        self.record(Change::Refunded(Arc::new(refund)));
    }

    pub(crate) fn use_quote(&mut self, mark: u128, until: Timestamp) {
        self.record(Change::QuoteUsed { mark: QuoteMark(mark), until });
    }

    pub(crate) fn remember(&mut self, key: RequestKey, answer: Remembered) {
        self.record(Change::Remembered { key, answer: Arc::new(answer) });
    }

    pub(crate) fn put_customer(&mut self, customer: Customer) {
        self.record(Change::CustomerPut(customer));
    }

    pub(crate) fn put_member(&mut self, member: Member) {
        self.record(Change::MemberPut(member));
    }

    pub(crate) fn remove_member(&mut self, pool: PoolId, member: Name) {
        self.record(Change::MemberRemoved { pool, member });
    }
}
