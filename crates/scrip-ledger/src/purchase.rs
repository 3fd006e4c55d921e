//! Purchases: a customer gets the credits of a pack.

use std::sync::Arc;

use crate::amount::{Credits, Money};
use crate::book::Terms;
use crate::command::PurchaseNew;
use crate::counting::Counting;
use crate::customer::PoolId;
use crate::entry::EntryKind;
use crate::grant::{Grant, GrantKind, GrantTerms, Offered};
use crate::id::{GrantId, Name};
use crate::limits;
use crate::pack::Pack;
use crate::period::Period;
use crate::policy::BucketTerms;
use crate::refusal::{Offer, Refusal};
use crate::reply::{Granted, Reply};
use crate::tally::{Counted, TallyKey};
use crate::time::Timestamp;
use crate::wallet::{Recorder, Wallet};

/// Grants a pack, and what comes on top of it as a grant of its own. Who took the money is not the ledger's
/// matter.
///
/// Refusals: `not_found` (customer); `unknown_pack`, with those there are and when credits come by themselves;
/// `not_entitled` (no longer sold, not sold to the customer's plans, or they sell none); `count_limit`;
/// `unknown_bucket`; `bucket_full` (what was paid for would not fit whole; what comes on top is cut);
/// `invalid_amount` (nothing, or more than a wallet can count). MISSION S0-40, S2-13, A06, A07.
pub(crate) fn purchase(rec: &mut Recorder<'_>, new: &PurchaseNew) -> Result<Reply, Refusal> {
    let pool = rec.wallet.known_pool(&new.customer)?;
    let terms = rec.book.at(rec.at).cloned();
    let (terms, pack) = find(rec.wallet, terms.as_ref(), pool, &new.pack)?;
    may_buy(rec.wallet, pool, terms, pack)?;
    let mut counts = limits::admit_purchase(rec, pool)?;
    counts.extend(admit_again(rec.wallet, pool, terms, pack, rec.at)?);
    let bucket = terms.spending.known_bucket(&pack.bucket)?;
    rec.wallet.fits_bucket(pool, bucket, pack.credits)?;
    if !pack.credits.is_positive() {
        return Err(Refusal::invalid_amount("this pack has no credits"));
    }
    let room = rec.wallet.bucket_room(pool, bucket).saturating_sub(pack.credits);
    let bonus = pack.bonus.min(room);
    let total = pack.credits.checked_add(bonus).ok_or_else(|| Refusal::invalid_amount("can't be counted"))?;
    rec.wallet.room_for(total)?;
    // From here on this must succeed.
    rec.reason = new.reason.clone();
    let paid = new.paid.or(pack.price);
    let bought = bought(rec, pool, pack, bucket, paid);
    let mut made = vec![rec.give(bought.clone())];
    if bonus.is_positive() {
        let offer = Some(Offered { id: pack.id.clone(), part: 1 });
        made.push(rec.give(GrantTerms { kind: GrantKind::Bonus, amount: bonus, paid: None, offer, ..bought }));
    }
    for counting in &counts {
        rec.count(&counting.key, counting.since, 1, Credits::ZERO);
    }
    rec.settle_debt();
    let grants = rec.grants_made(&made);
    Ok(Reply::Granted(Box::new(Granted { what: pack.id.clone(), grants, paid })))
}

/// The pack as it is sold now.
fn find<'t>(
    wallet: &Wallet,
    terms: Option<&'t Arc<Terms>>,
    pool: PoolId,
    id: &Name,
) -> Result<(&'t Terms, &'t Pack), Refusal> {
    let found = terms.and_then(|terms| Some((&**terms, terms.pack(id)?)));
    found.ok_or_else(|| Refusal::Unknown {
        what: Offer::Pack,
        id: id.clone(),
        known: terms
            .iter()
            .flat_map(|terms| &terms.packs)
            .filter(|pack| !pack.retired)
            .map(|pack| pack.id.clone())
            .collect(),
        next_reset_at: wallet.next_credits_at(&wallet.pools_of(pool)),
    })
}

fn may_buy(wallet: &Wallet, pool: PoolId, terms: &Terms, pack: &Pack) -> Result<(), Refusal> {
    let refuse = |reason: &str| Err(Refusal::NotAllowed { what: pack.id.clone(), reason: Name::from(reason) });
    if pack.retired {
        return refuse("is no longer sold");
    }
    let plans = || wallet.plans_of(pool).map(|subscription| &subscription.plan);
    if let Some(allowed) = &pack.plans
        && !plans().any(|plan| allowed.contains(&plan.id))
    {
        return refuse("is not sold to customers of this plan");
    }
    match (plans().next(), plans().any(|plan| plan.sells_packs)) {
        (Some(_), false) => refuse("the customer's plan sells no packs"),
        (None, _) if !terms.without_plan.sells_packs => refuse("is not sold to customers without a plan"),
        _ => Ok(()),
    }
}

/// May the customer buy this pack once more? Answers what the purchase will count in.
fn admit_again(
    wallet: &Wallet,
    pool: PoolId,
    terms: &Terms,
    pack: &Pack,
    at: Timestamp,
) -> Result<Option<Counting>, Refusal> {
    let Some(at_most) = pack.purchases_at_most.map(u64::from) else { return Ok(None) };
    let period = Period::of(pack.per, &terms.zone, at);
    let key = TallyKey { pool, member: None, what: Counted::Purchases(Name::from(format!("pack:{}", pack.id))) };
    if wallet.counted(&key, period.start).count >= at_most {
        return Err(Refusal::CountLimit { what: Name::from("purchases"), at_most, resets_at: period.end });
    }
    Ok(Some(Counting { key, since: period.start, lines: None, units: Credits::ZERO, jobs: 0, free_for: None }))
}

fn bought(rec: &Recorder<'_>, pool: PoolId, pack: &Pack, bucket: &BucketTerms, paid: Option<Money>) -> GrantTerms {
    GrantTerms {
        expires_at: rec.expiry_beside_plans(pool, pack.expires, bucket),
        paid,
        reason: rec.reason.clone(),
        offer: Some(Offered { id: pack.id.clone(), part: 0 }),
        ..GrantTerms::new(GrantKind::Pack, bucket.names(), pool, pack.credits, rec.at)
    }
}

impl Wallet {
    /// The packs that a customer may buy now: those that are sold to its plans, or to those who have none, and not
    /// bought as often as they may be.
    pub fn packs_for_sale<'t>(&self, customer: &str, terms: &'t Terms, at: Timestamp) -> Vec<&'t Pack> {
        let Some(pool) = self.pool_of(customer).filter(|pool| limits::lets_buy(self, *pool, terms, at)) else {
            return Vec::new();
        };
        let is_sold =
            |pack: &&Pack| may_buy(self, pool, terms, pack).is_ok() && admit_again(self, pool, terms, pack, at).is_ok();
        terms.packs.iter().filter(is_sold).collect()
    }

    /// When the next cycle of a customer's live plans ends: credits come then.
    pub fn next_cycle_end(&self, pool: PoolId) -> Option<Timestamp> {
        self.plans_of(pool).filter_map(|subscription| subscription.period_end).min()
    }
}

impl Recorder<'_> {
    /// Issues what was bought or given beside a plan; frozen at once where it is kept for those who have one.
    pub(crate) fn give(&mut self, terms: GrantTerms) -> GrantId {
        let id = self.issue(terms, EntryKind::Grant, None);
        self.follow_plan(id);
        id
    }

    pub(crate) fn grants_made(&self, ids: &[GrantId]) -> Vec<Grant> {
        ids.iter().filter_map(|id| self.wallet.grant(*id)).cloned().collect()
    }
}
