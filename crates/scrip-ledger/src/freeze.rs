//! Freezing: credits that a customer keeps and can't spend while it has no plan (MISSION A06, section 8).
//!
//! A pool has a plan while it, or a pool that it belongs to, has a live subscription. Grants with nothing left
//! in them are passed over, since a store may have left them out; what comes back to them follows the state of
//! that moment.

use crate::amount::Credits;
use crate::customer::PoolId;
use crate::entry::{EntryKind, Place};
use crate::grant::Grant;
use crate::id::{GrantId, Name};
use crate::policy::WithoutPlan;
use crate::subscription::Subscription;
use crate::wallet::{Recorder, Wallet};

/// The last live subscription of a pool has ended, and was recorded as ended: its credits follow their buckets.
/// Frozen buckets are locked, buckets of `void` are taken back. Nothing happens while another plan is live.
pub(crate) fn lock_without_plan(rec: &mut Recorder<'_>, pool: PoolId) {
    for pool in rec.wallet.pools_under(pool) {
        if rec.wallet.has_plan(pool) {
            continue;
        }
        for id in rec.grants_of(pool, |grant| !grant.locked) {
            match rec.without_plan(id) {
                WithoutPlan::Spendable => {}
                WithoutPlan::Frozen => rec.freeze(id),
                WithoutPlan::Void => rec.take_back(id),
            }
        }
    }
}

/// A subscription of a pool has started, and was recorded as live: what was frozen can be spent again.
pub(crate) fn thaw(rec: &mut Recorder<'_>, pool: PoolId) {
    for pool in rec.wallet.pools_under(pool) {
        if !rec.wallet.has_plan(pool) {
            continue;
        }
        for id in rec.grants_of(pool, |grant| grant.locked) {
            rec.thaw(id);
        }
    }
    rec.settle_debt();
}

impl Wallet {
    /// The live subscriptions of a pool and of those it belongs to: by pool, the nearest first, then by age.
    pub(crate) fn plans_of(&self, pool: PoolId) -> impl Iterator<Item = &Subscription> {
        let pools = (!self.subscriptions.is_empty()).then(|| self.pools_from(pool)).into_iter().flatten();
        pools.flat_map(|pool| self.subscriptions_of(pool)).map(|shared| &**shared).filter(|one| one.is_live())
    }

    /// Has the pool, or one that it belongs to, a live subscription?
    pub(crate) fn has_plan(&self, pool: PoolId) -> bool {
        self.plans_of(pool).next().is_some()
    }

    /// A pool and all that belong to it.
    fn pools_under(&self, pool: PoolId) -> Vec<PoolId> {
        let all = self.customers.iter().map(|customer| customer.pool);
        all.filter(|under| self.belongs_to(*under, pool)).collect()
    }
}

impl Recorder<'_> {
    /// Freezes the grant, or lets it go, if the pool's plans say otherwise than it is.
    pub(crate) fn follow_plan(&mut self, id: GrantId) {
        let Some(grant) = self.wallet.grant(id) else { return };
        let (pool, locked) = (grant.terms.pool, grant.locked);
        let frozen = self.without_plan(id) == WithoutPlan::Frozen && !self.wallet.has_plan(pool);
        match (frozen, locked) {
            (true, false) => self.freeze(id),
            (false, true) => self.thaw(id),
            (true, true) | (false, false) => {}
        }
    }

    /// So much came back to a grant that has not ended. One that had nothing left may have missed that its pool
    /// lost its plan, or got one.
    pub(crate) fn came_back(&mut self, id: GrantId, amount: Credits) {
        let Some(grant) = self.wallet.grant(id) else { return };
        if grant.locked || grant.balance.available == amount {
            self.follow_plan(id);
        }
        let locked = self.wallet.grant(id).filter(|grant| grant.locked);
        let available = locked.map(|grant| grant.balance.available).unwrap_or_default();
        self.shift(EntryKind::Freeze, id, Place::Available, Place::Frozen, available);
    }

    /// What becomes of a grant without a plan, as the terms in force say.
    fn without_plan(&self, id: GrantId) -> WithoutPlan {
        let terms = self.book.at(self.at);
        let bucket = self.wallet.grant(id).map(|grant| &grant.terms.bucket);
        let bucket = terms.zip(bucket).and_then(|(terms, bucket)| terms.spending.bucket(bucket));
        bucket.map_or(WithoutPlan::Spendable, |bucket| bucket.without_plan)
    }

    fn grants_of(&self, pool: PoolId, counts: impl Fn(&Grant) -> bool) -> Vec<GrantId> {
        let at_work = |grant: &&Grant| !grant.is_debt() && !grant.is_settled() && !grant.has_ended(self.at);
        let grants = self.wallet.grants.iter().filter(|grant| grant.terms.pool == pool).filter(at_work);
        grants.filter(|grant| counts(grant)).map(|grant| grant.id).collect()
    }

    fn freeze(&mut self, id: GrantId) {
        let available = self.wallet.grant(id).map(|grant| grant.balance.available).unwrap_or_default();
        self.lock_grant(id, true);
        self.shift(EntryKind::Freeze, id, Place::Available, Place::Frozen, available);
    }

    /// What starts later stays frozen until then.
    fn thaw(&mut self, id: GrantId) {
        let Some(grant) = self.wallet.grant(id) else { return };
        let started = grant.terms.effective_at.is_none_or(|start| start <= self.at);
        let frozen = grant.balance.frozen;
        self.lock_grant(id, false);
        if started {
            self.shift(EntryKind::Thaw, id, Place::Frozen, Place::Available, frozen);
        }
    }

    fn take_back(&mut self, id: GrantId) {
        let reason = self.reason.replace(Name::from("without_plan"));
        self.void(id);
        self.reason = reason;
    }
}
