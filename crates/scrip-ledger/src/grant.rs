//! Grants: one lot of credits with its source, expiry and the price paid for it.

use std::cmp::Ordering;
use std::sync::Arc;

use minicbor::{Decode, Encode};

use crate::amount::{Credits, Money};
use crate::command::{GrantNew, HoldNew};
use crate::customer::PoolId;
use crate::entry::{EntryKind, Place};
use crate::id::{AddOnId, ChargeId, GrantId, Name, SubscriptionId};
use crate::plan::Interval;
use crate::policy::{Spending, SpendingOrder};
use crate::refusal::{Missing, Refusal};
use crate::reply::Reply;
use crate::seat::Spender;
use crate::time::Timestamp;
use crate::wallet::{Recorder, Wallet};

/// One lot of credits: what never changes about it, and where its credits are now.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Grant {
    #[n(0)]
    pub id: GrantId,
    #[cbor(n(1), with = "crate::shared")]
    pub terms: Arc<GrantTerms>,
    #[n(2)]
    pub balance: Balance,
    /// Taken back by the studio: what comes back to it goes the same way.
    #[n(3)]
    pub voided: bool,
    /// Ended before its time: its cycle is over.
    #[n(4)]
    #[cbor(default)]
    pub ended: bool,
    /// Frozen until the customer has a plan again.
    #[n(5)]
    #[cbor(default)]
    pub locked: bool,
}

/// What was agreed when the grant was made.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct GrantTerms {
    #[n(0)]
    pub kind: GrantKind,
    #[n(1)]
    pub bucket: Name,
    #[n(2)]
    pub currency: Name,
    /// Whose credits these are within the wallet.
    #[n(3)]
    pub pool: PoolId,
    #[n(4)]
    pub amount: Credits,
    #[n(5)]
    pub created_at: Timestamp,
    /// Not spendable before; `None` is at once.
    #[n(6)]
    pub effective_at: Option<Timestamp>,
    /// Not spendable from then on; `None` is never.
    #[n(7)]
    pub expires_at: Option<Timestamp>,
    /// Within its bucket, lower is spent first.
    #[n(8)]
    pub priority: i32,
    /// Tools that it may pay for, beside what its bucket allows; `None` is all.
    #[n(9)]
    pub only_tools: Option<Vec<Name>>,
    #[n(10)]
    pub paid: Option<Money>,
    #[n(11)]
    pub reason: Option<Name>,
    /// The subscription that issued it, and for what.
    #[n(12)]
    pub source: Option<Source>,
    /// The seat whose credits these are; `None` is everybody's in the pool (MISSION A27).
    #[n(13)]
    pub seat: Option<u32>,
    /// The pack or promotion that brought it, or the customer who sent it.
    #[n(14)]
    pub offer: Option<Offered>,
    /// The charge of the job that it came with.
    #[n(15)]
    pub earned_with: Option<ChargeId>,
    /// Of a debt: the grant whose payment went back.
    #[n(16)]
    pub owed_for: Option<GrantId>,
}

/// What a purchase, a claim or a transfer granted credits for.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Offered {
    /// The pack's, the promotion's or the sender's.
    #[n(0)]
    pub id: Name,
    /// The place among the grants of one purchase, claim or transfer, from 0.
    #[n(1)]
    pub part: u16,
}

/// What a subscription issued a grant for. A renewal is keyed by it: the same is never issued twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Source {
    #[n(0)]
    pub subscription: SubscriptionId,
    /// The cycle of the subscription, from 0.
    #[n(1)]
    pub cycle: u32,
    /// The month within the cycle of what arrives month by month, from 0.
    #[n(2)]
    pub part: u32,
    #[n(3)]
    pub issue: Issue,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Issue {
    /// The quota of the cycle or month.
    #[n(0)]
    Quota,
    /// A seat or a larger plan in mid-cycle.
    #[n(1)]
    Added,
    #[n(2)]
    AddOn(#[n(0)] AddOnId),
    /// What was left of an earlier cycle.
    #[n(3)]
    Carried,
    /// What was left of the plan's credits when a payment was due, kept for the time of grace.
    #[n(4)]
    Kept,
    #[n(5)]
    Welcome,
    /// What a trial brings instead of the quota.
    #[n(6)]
    Trial,
    /// What was left of units when a payment was due, kept for the time of grace.
    #[n(7)]
    KeptUnits,
    /// The quota of a period that is shorter than the cycle.
    #[n(8)]
    Shorter(#[n(0)] PeriodOf),
    /// A seat or a larger plan within a shorter period.
    #[n(9)]
    ShorterAdded(#[n(0)] PeriodOf),
    /// What was left of a shorter period that ended while a payment was due, kept for the time of grace.
    #[n(10)]
    ShorterKept(#[n(0)] PeriodOf),
}

/// One of a plan's shorter periods: which, and when it began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub struct PeriodOf {
    #[n(0)]
    pub interval: Interval,
    #[n(1)]
    pub start: Timestamp,
}

/// Where a grant came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum GrantKind {
    /// Given by the studio through the API.
    #[n(0)]
    Manual,
    #[n(1)]
    Import,
    /// Came back from a grant that had ended, under a grace or restore policy.
    #[n(2)]
    Restored,
    #[n(3)]
    Transfer,
    /// A refund into another bucket than the credits came from.
    #[n(4)]
    Goodwill,
    /// Credits spent that the wallet did not have: `issued` is what was owed at first.
    #[n(5)]
    Debt,
    /// The quota of a plan.
    #[n(6)]
    Plan,
    #[n(7)]
    AddOn,
    #[n(8)]
    Pack,
    /// Came on top of a pack.
    #[n(9)]
    Bonus,
    #[n(10)]
    Promotion,
    /// What was left of an earlier cycle.
    #[n(11)]
    Rollover,
    #[n(12)]
    Welcome,
    /// What the trial of a plan brings instead of its quota.
    #[n(13)]
    Trial,
    /// Came with a job that was done.
    #[n(14)]
    Earned,
    /// What a job needed beyond the balance: it is invoiced, and nobody else can spend it.
    #[n(15)]
    Overage,
}

impl GrantKind {
    pub const fn as_str(self) -> &'static str {
        match self {
            GrantKind::Manual => "manual",
            GrantKind::Import => "import",
            GrantKind::Restored => "restored",
            GrantKind::Transfer => "transfer",
            GrantKind::Goodwill => "goodwill",
            GrantKind::Debt => "debt",
            GrantKind::Plan => "plan",
            GrantKind::AddOn => "add_on",
            GrantKind::Pack => "pack",
            GrantKind::Bonus => "bonus",
            GrantKind::Promotion => "promotion",
            GrantKind::Rollover => "rollover",
            GrantKind::Welcome => "welcome",
            GrantKind::Trial => "trial",
            GrantKind::Earned => "earned",
            GrantKind::Overage => "overage",
        }
    }
}

/// Where the credits of a grant are: they sum to what was issued.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Balance {
    #[n(0)]
    pub available: Credits,
    #[n(1)]
    pub held: Credits,
    #[n(2)]
    pub spent: Credits,
    #[n(3)]
    pub expired: Credits,
    #[n(4)]
    pub voided: Credits,
    #[n(5)]
    pub frozen: Credits,
    #[n(6)]
    pub moved: Credits,
    /// Of a debt: what other grants have paid back.
    #[n(7)]
    pub repaid: Credits,
}

impl Balance {
    /// What can be seen of the grant: held and available.
    pub fn posted(&self) -> Credits {
        self.available.checked_add(self.held).expect("parts of one grant")
    }

    pub fn issued(&self) -> Credits {
        [self.available, self.held, self.spent, self.expired, self.voided, self.frozen, self.moved].into_iter().sum()
    }

    fn slot(&mut self, place: Place) -> Option<&mut Credits> {
        match place {
            Place::Issued => None,
            Place::Available => Some(&mut self.available),
            Place::Held => Some(&mut self.held),
            Place::Spent => Some(&mut self.spent),
            Place::Expired => Some(&mut self.expired),
            Place::Voided => Some(&mut self.voided),
            Place::Frozen => Some(&mut self.frozen),
            Place::Moved => Some(&mut self.moved),
        }
    }

    /// Moves `amount`; `false`, and nothing changed, if there is not as much in `from`.
    #[must_use]
    pub fn shift(&mut self, from: Place, to: Place, amount: Credits) -> bool {
        let mut after = *self;
        let taken = match after.slot(from) {
            None => true,
            Some(slot) => {
                slot.checked_sub(amount).filter(|rest| *rest >= Credits::ZERO).map(|rest| *slot = rest).is_some()
            }
        };
        let given = match after.slot(to) {
            None => true,
            Some(slot) => slot.checked_add(amount).map(|sum| *slot = sum).is_some(),
        };
        if taken && given {
            *self = after;
        }
        taken && given
    }
}

impl Grant {
    pub fn new(id: GrantId, terms: Arc<GrantTerms>) -> Grant {
        Grant { id, terms, balance: Balance::default(), voided: false, ended: false, locked: false }
    }

    pub fn is_debt(&self) -> bool {
        self.terms.kind == GrantKind::Debt
    }

    /// Of a debt: what is still owed.
    pub fn owed(&self) -> Credits {
        if self.is_debt() { self.balance.spent.saturating_sub(self.balance.repaid) } else { Credits::ZERO }
    }

    /// Has it ended: expired by then, or taken back?
    pub fn has_ended(&self, at: Timestamp) -> bool {
        self.voided || self.ended || self.terms.expires_at.is_some_and(|end| end <= at)
    }

    /// Nothing is left in it that could move by itself or be spent; a refund may still come back.
    pub fn is_settled(&self) -> bool {
        self.balance.posted().is_zero() && self.balance.frozen.is_zero() && self.owed().is_zero()
    }

    pub(crate) fn allows_tool(&self, tool: Option<&str>, spending: &Spending) -> bool {
        let listed = |tools: &Option<Vec<Name>>| match (tools, tool) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(tools), Some(tool)) => tools.iter().any(|name| name.as_str() == tool),
        };
        let by_bucket = spending.bucket(&self.terms.bucket).is_none_or(|terms| listed(&terms.only_tools));
        by_bucket && listed(&self.terms.only_tools)
    }

    /// May it pay for this job at all, leaving aside how much is in it?
    pub fn may_pay(&self, job: &Payer<'_>, at: Timestamp) -> bool {
        self.is_at_hand(job, at) && self.allows_tool(job.tool, job.spending)
    }

    /// May whoever pays draw on it, leaving aside for which tool?
    pub(crate) fn is_at_hand(&self, payer: &Payer<'_>, at: Timestamp) -> bool {
        !self.is_debt()
            && !self.has_ended(at)
            && self.terms.currency.as_str() == payer.currency
            && payer.pools.contains(&self.terms.pool)
            && payer.by.may_spend_seat(self, payer.pools)
    }

    /// The order of spending (DESIGN section 3): bucket, own seat, priority, nearest pool, soonest expiry, lower
    /// price paid, older, id.
    pub(crate) fn spending_order(&self, other: &Grant, job: &Payer<'_>) -> Ordering {
        let rank = |grant: &Grant| job.spending.rank(&grant.terms.bucket);
        let depth = |grant: &Grant| job.pools.iter().position(|pool| *pool == grant.terms.pool);
        let expiry = |grant: &Grant| grant.terms.expires_at.unwrap_or(Timestamp::MAX);
        let is_paid = |grant: &Grant| grant.terms.paid.is_some();
        let first = match job.spending.order {
            SpendingOrder::Buckets => Ordering::Equal,
            SpendingOrder::ExpiringFirst => expiry(self).cmp(&expiry(other)),
            SpendingOrder::PaidFirst => is_paid(other).cmp(&is_paid(self)),
            SpendingOrder::FreeFirst => is_paid(self).cmp(&is_paid(other)),
        };
        (first.then_with(|| rank(self).cmp(&rank(other))))
            .then_with(|| job.by.seat_rank(self).cmp(&job.by.seat_rank(other)))
            .then_with(|| self.terms.priority.cmp(&other.terms.priority))
            .then_with(|| depth(self).cmp(&depth(other)))
            .then_with(|| expiry(self).cmp(&expiry(other)))
            .then_with(|| self.terms.compare_price_paid(&other.terms))
            .then_with(|| self.terms.created_at.cmp(&other.terms.created_at))
            .then_with(|| self.id.cmp(&other.id))
    }
}

impl GrantTerms {
    /// Credits of a bucket and its currency, spendable at once and for ever, for any tool and by everybody in the
    /// pool.
    pub(crate) fn new(
        kind: GrantKind,
        (bucket, currency): (Name, Name),
        pool: PoolId,
        amount: Credits,
        created_at: Timestamp,
    ) -> GrantTerms {
        GrantTerms {
            kind,
            bucket,
            currency,
            pool,
            amount,
            created_at,
            effective_at: None,
            expires_at: None,
            priority: 0,
            only_tools: None,
            paid: None,
            reason: None,
            source: None,
            seat: None,
            offer: None,
            earned_with: None,
            owed_for: None,
        }
    }

    /// Compares what one credit cost, without dividing; what was free cost nothing.
    fn compare_price_paid(&self, other: &GrantTerms) -> Ordering {
        let minor = |terms: &GrantTerms| terms.paid.map_or(0, |paid| i128::from(paid.minor));
        let left = minor(self) * i128::from(other.amount.micro());
        left.cmp(&(minor(other) * i128::from(self.amount.micro())))
    }
}

/// Who pays for a job and what the job is: decides which grants may be drawn on.
#[derive(Clone, Copy, Debug)]
pub struct Payer<'a> {
    /// The spender's own pool first, then those it belongs to.
    pub pools: &'a [PoolId],
    pub by: Spender<'a>,
    pub tool: Option<&'a str>,
    pub currency: &'a str,
    pub spending: &'a Spending,
}

impl Wallet {
    /// Indices of the grants that may pay for this job and have something in them, in order of spending.
    pub(crate) fn spendable(&self, job: &Payer<'_>, at: Timestamp) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.grants.len())
            .filter(|index| {
                let grant = &self.grants[*index];
                grant.balance.available.is_positive() && grant.may_pay(job, at)
            })
            .collect();
        if order.len() > 1 {
            order.sort_by(|a, b| self.grants[*a].spending_order(&self.grants[*b], job));
        }
        order
    }

    /// What this job may spend now; nothing while something is owed (MISSION A43).
    pub fn available_for(&self, job: &Payer<'_>, at: Timestamp) -> Credits {
        if self.debt_in(job.currency).is_positive() {
            return Credits::ZERO;
        }
        self.grants.iter().filter(|grant| grant.may_pay(job, at)).map(|grant| grant.balance.available).sum()
    }

    /// What a job of several lines may spend now: all that is in grants which may pay for any of them, or nothing
    /// while something is owed.
    pub fn available_for_hold(&self, job: &HoldNew, at: Timestamp) -> Credits {
        let Some(pool) = self.pool_of(&job.customer) else { return Credits::ZERO };
        if self.debt_in(&job.currency).is_positive() {
            return Credits::ZERO;
        }
        let pools = self.pools_of(pool);
        let by = Spender::of(self, pool, job.member.as_ref());
        let payer = |tool| Payer { pools: &pools, by, tool, currency: &job.currency, spending: &job.spending };
        let may_pay = |grant: &&Grant| job.lines.iter().any(|line| grant.may_pay(&payer(line.tool.as_deref()), at));
        self.grants.iter().filter(may_pay).map(|grant| grant.balance.available).sum()
    }
}

/// Issues a grant.
///
/// Refusals, first applicable wins: `not_found` (customer); `unknown_bucket`; `invalid_input` (an expiry that
/// is past or not after the start); `invalid_amount` (not greater than zero); `bucket_full`; `invalid_amount`
/// (more than a wallet can count).
pub(crate) fn issue(rec: &mut Recorder<'_>, new: &GrantNew) -> Result<Reply, Refusal> {
    let pool = rec.wallet.known_pool(&new.customer)?;
    let bucket = new.spending.known_bucket(&new.bucket)?;
    if new.expires_at.is_some_and(|end| end <= rec.at || new.effective_at.is_some_and(|start| end <= start)) {
        return Err(Refusal::invalid("expires_at", "must be later than now and than effective_at"));
    }
    if !new.amount.is_positive() {
        return Err(Refusal::invalid_amount("must be greater than zero"));
    }
    rec.wallet.fits_bucket(pool, bucket, new.amount)?;
    rec.wallet.room_for(new.amount)?;
    // From here on this must succeed.
    rec.reason = new.reason.clone();
    let terms = GrantTerms {
        effective_at: new.effective_at.filter(|start| *start > rec.at),
        expires_at: new.expires_at,
        priority: new.priority,
        only_tools: new.only_tools.clone(),
        paid: new.paid,
        reason: new.reason.clone(),
        ..GrantTerms::new(new.kind, bucket.names(), pool, new.amount, rec.at)
    };
    let id = rec.issue(terms, EntryKind::Grant, None);
    rec.follow_plan(id);
    rec.settle_debt();
    Ok(Reply::Grant(Box::new(rec.wallet.grant(id).expect("just issued").clone())))
}

/// Takes back what is available or frozen of a grant; what is held for running jobs follows when it
/// comes back.
///
/// Refusals: `not_found` (grant); `grant_voided`.
pub(crate) fn void(rec: &mut Recorder<'_>, id: GrantId, reason: Option<Name>) -> Result<Reply, Refusal> {
    let grant =
        rec.wallet.grant(id).filter(|grant| !grant.is_debt()).ok_or(Refusal::NotFound { what: Missing::Grant })?;
    if grant.voided {
        return Err(Refusal::GrantVoided);
    }
    // From here on this must succeed.
    rec.reason = reason;
    rec.void(id);
    Ok(Reply::Grant(Box::new(rec.wallet.grant(id).expect("found above").clone())))
}
