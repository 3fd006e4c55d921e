//! Overage: jobs beyond the balance, which are invoiced (MISSION section 8, payments).
//!
//! What a job lacks is a grant of its own kind that nobody else can spend: what the job does not need of it, or a
//! refund brings back, is gone again. What was spent of it is due. It is told when so much is due as the catalog
//! says, and with the end of each cycle; who collects the money is no matter of the ledger.

use minicbor::{Decode, Encode};

use crate::allocation::{Allocation, KINDS_MAX, Wanted, allocate};
use crate::amount::{Credits, Money};
use crate::book::Terms;
use crate::customer::PoolId;
use crate::entry::{EntryKind, Place};
use crate::grant::{GrantKind, GrantTerms, Payer};
use crate::id::{GrantId, Name};
use crate::note::Note;
use crate::policy::{CREDITS, Spending};
use crate::refusal::Refusal;
use crate::seat::Spender;
use crate::subscription::{Subscription, SubscriptionStatus};
use crate::tally::{Counted, Tally, TallyKey};
use crate::time::Timestamp;
use crate::wallet::{Recorder, Wallet};

/// What credits beyond the balance cost, and how many there may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Overage {
    /// What so many credits (`per`) cost.
    #[n(0)]
    pub price: Money,
    #[n(1)]
    pub per: Credits,
    /// It is told as due when it has come to so much; with the end of the cycle in any case.
    #[n(2)]
    pub invoice_at: Option<Money>,
    /// The most that one cycle may go beyond, in credits.
    #[n(3)]
    pub at_most: Option<Credits>,
}

impl Overage {
    /// What so many credits cost, half up.
    pub fn price_of(&self, credits: Credits) -> Money {
        let per = i128::from(self.per.micro()).max(1);
        let cost = i128::from(credits.micro()).saturating_mul(i128::from(self.price.minor));
        let minor = cost.saturating_add(per / 2) / per;
        Money { minor: i64::try_from(minor).unwrap_or(i64::MAX), currency: self.price.currency }
    }
}

/// Who wants a job paid, and with what.
pub(crate) struct Asking<'a> {
    pub(crate) pool: PoolId,
    pub(crate) member: Option<&'a Name>,
    pub(crate) currency: &'a Name,
    pub(crate) spending: &'a Spending,
}

/// Decides which grants pay, all of the job or nothing. What is missing goes beyond the balance, where that is
/// allowed; from then on the caller must succeed.
///
/// Refusals: those of `allocate`.
pub(crate) fn allocate_or_go_beyond(
    rec: &mut Recorder<'_>,
    wanted: &[Wanted],
    asking: &Asking<'_>,
) -> Result<Allocation, Refusal> {
    let pools = rec.wallet.pools_of(asking.pool);
    let by = Spender::of(rec.wallet, asking.pool, asking.member);
    let (currency, spending) = (asking.currency, asking.spending);
    let payer = Payer { pools: &pools, by, tool: None, currency, spending };
    let refusal = match allocate(rec.wallet, wanted, payer, rec.at) {
        Ok(allocation) => return Ok(allocation),
        Err(refusal) => refusal,
    };
    let Refusal::InsufficientCredits { required, available, .. } = refusal else { return Err(refusal) };
    let missing = required.saturating_sub(available);
    let terms = rec.book.at(rec.at).map(|terms| &**terms);
    if missing > rec.wallet.overage_room(asking.pool, currency, terms) || too_mixed(wanted) {
        return Err(refusal);
    }
    let beyond = rec.go_beyond(asking, missing);
    let by = Spender::of(rec.wallet, asking.pool, asking.member);
    let payer = Payer { pools: &pools, by, tool: None, currency, spending };
    let mut allocation = allocate(rec.wallet, wanted, payer, rec.at).expect("what was missing is there");
    // Captures take from the draws in their order: what is invoiced is needed last.
    allocation.sort_by_key(|(_, grant, _)| *grant == beyond);
    Ok(allocation)
}

/// A job of too many tools is paid in order of spending alone, which may miss a way to pay it.
fn too_mixed(wanted: &[Wanted]) -> bool {
    let mut tools: Vec<Option<&Name>> = wanted.iter().map(|want| want.tool.as_ref()).collect();
    tools.sort();
    tools.dedup();
    KINDS_MAX < tools.len()
}

impl Wallet {
    /// How many more credits may go beyond the balance: those of a customer whose plan is paid for and who owes
    /// nothing.
    pub fn overage_room(&self, pool: PoolId, currency: &str, terms: Option<&Terms>) -> Credits {
        let Some(overage) = terms.and_then(|terms| terms.rules.overage) else { return Credits::ZERO };
        let Some(paid) = self.paid_plan(pool) else { return Credits::ZERO };
        if currency != CREDITS || self.debt_in(currency).is_positive() {
            return Credits::ZERO;
        }
        let used = self.counted(&self.overage_key(pool, Counted::Overage), paid.period_start).amount;
        let left = overage.at_most.map_or(Credits::MAX, |most| most.saturating_sub(used));
        left.min(self.room())
    }

    /// The plan whose invoices overage comes with.
    fn paid_plan(&self, pool: PoolId) -> Option<&Subscription> {
        self.plans_of(pool).find(|subscription| {
            let has_price = subscription.terms().is_some_and(|terms| terms.price.is_some());
            has_price && subscription.status == SubscriptionStatus::Active
        })
    }

    /// Overage is counted for the customer with all its groups.
    fn overage_key(&self, pool: PoolId, what: Counted) -> TallyKey {
        TallyKey { pool: self.pools_from(pool).last().unwrap_or(pool), member: None, what }
    }
}

impl Recorder<'_> {
    fn go_beyond(&mut self, asking: &Asking<'_>, missing: Credits) -> GrantId {
        let of_currency = |terms: &&crate::policy::BucketTerms| terms.currency == *asking.currency;
        let open_to_all = |terms: &&crate::policy::BucketTerms| terms.only_tools.is_none();
        let bucket = asking.spending.buckets.iter().filter(of_currency).rfind(open_to_all);
        let bucket = bucket.map_or_else(|| Name::from("overage"), |terms| terms.id.clone());
        let names = (bucket, asking.currency.clone());
        if let Some(since) = self.wallet.paid_plan(asking.pool).map(|paid| paid.period_start) {
            let key = self.wallet.overage_key(asking.pool, Counted::Overage);
            self.count(&key, since, 0, missing);
        }
        let terms = GrantTerms::new(GrantKind::Overage, names, asking.pool, missing, self.at);
        self.issue(terms, EntryKind::Grant, None)
    }

    /// What was drawn beyond the balance is for that job alone: what comes back of it is taken back.
    pub(crate) fn close_overage(&mut self, draws: &[(usize, GrantId, Credits)]) {
        for (_, grant, _) in draws {
            if self.overage_pool(*grant).is_some() {
                self.void(*grant);
            }
        }
    }

    /// Credits beyond the balance were spent: they are due.
    pub(crate) fn overage_spent(&mut self, grant: GrantId, amount: Credits) {
        let Some(pool) = self.overage_pool(grant) else { return };
        let due = self.wallet.overage_key(pool, Counted::OverageDue);
        self.add_due(&due, amount);
        let overage = self.book.at(self.at).and_then(|terms| terms.rules.overage);
        let invoice_at = overage.and_then(|overage| Some((overage, overage.invoice_at?)));
        let credits = self.wallet.counted(&due, Timestamp::MIN).amount;
        let is_due = invoice_at.is_some_and(|(overage, at)| overage.price_of(credits).minor >= at.minor);
        if is_due || self.wallet.paid_plan(pool).is_none() {
            self.tell_overage(pool);
        }
    }

    /// Credits beyond the balance were not needed, or came back with a refund: they are gone, and not due.
    pub(crate) fn overage_returned(&mut self, grant: GrantId, from: Place, amount: Credits) {
        let Some(pool) = self.overage_pool(grant) else { return };
        self.shift(EntryKind::Void, grant, Place::Available, Place::Voided, amount);
        let less = Credits::ZERO.checked_sub(amount).expect("what was issued is not negative");
        let went_beyond_at = self.wallet.grant(grant).expect("found above").terms.created_at;
        let since = self.wallet.paid_plan(pool).map(|paid| paid.period_start);
        if let Some(since) = since.filter(|since| *since <= went_beyond_at) {
            let key = self.wallet.overage_key(pool, Counted::Overage);
            self.count(&key, since, 0, less);
        }
        if from == Place::Spent {
            let due = self.wallet.overage_key(pool, Counted::OverageDue);
            self.add_due(&due, less);
        }
    }

    /// What was told as due and came back since makes the next invoice less.
    fn add_due(&mut self, key: &TallyKey, amount: Credits) {
        let due = self.wallet.counted(key, Timestamp::MIN).amount;
        let amount = due.checked_add(amount).unwrap_or(due);
        self.tally(key.clone(), Tally { since: Timestamp::MIN, count: 0, amount, until: None });
    }

    fn overage_pool(&self, grant: GrantId) -> Option<PoolId> {
        let terms = &self.wallet.grant(grant)?.terms;
        (terms.kind == GrantKind::Overage).then_some(terms.pool)
    }

    /// Tells all that is due: so much was reached, or a cycle is over.
    pub(crate) fn tell_overage(&mut self, pool: PoolId) {
        let key = self.wallet.overage_key(pool, Counted::OverageDue);
        let credits = self.wallet.counted(&key, Timestamp::MIN).amount;
        let Some(overage) = self.book.at(self.at).and_then(|terms| terms.rules.overage) else { return };
        if !credits.is_positive() {
            return;
        }
        let pool = key.pool;
        self.tally(key, Tally { since: Timestamp::MIN, count: 0, amount: Credits::ZERO, until: None });
        self.note(Note::OverageDue { pool, credits, price: overage.price_of(credits) });
    }
}
