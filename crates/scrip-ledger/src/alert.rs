//! Alerts: a balance that falls to a share of the cycle's quota is told once.
//!
//! A threshold is told again only after credits were granted above it: what a job gives back does not count.
//! Nothing is looked at where the catalog names no thresholds or the customer has no plan.

use crate::amount::Credits;
use crate::book::Terms;
use crate::change::Change;
use crate::customer::PoolId;
use crate::entry::EntryKind;
use crate::grant::GrantKind;
use crate::id::Name;
use crate::note::{Level, Note};
use crate::tally::{Counted, Tally, TallyKey};
use crate::wallet::{Recorder, Wallet};

/// Above every threshold; a percentage is lower, and 0 is nothing left.
const ABOVE: u64 = 101;

/// Tells what became of the balances by the changes from that one on.
pub(crate) fn tell(rec: &mut Recorder<'_>, first: usize) {
    if rec.wallet.subscriptions.is_empty() || rec.changes_from(first).is_empty() {
        return;
    }
    let Some(terms) = rec.book.at(rec.at).filter(|terms| !terms.rules.alert_percents.is_empty()).cloned() else {
        return;
    };
    let granted = rec.changes_from(first).iter().any(brings_credits);
    for quota in quotas(rec.wallet, &terms) {
        quota.tell(rec, &terms.rules.alert_percents, granted);
    }
}

fn brings_credits(change: &Change) -> bool {
    match change {
        Change::GrantIssued { terms, .. } => !matches!(terms.kind, GrantKind::Restored | GrantKind::Debt),
        Change::Entry(entry) => matches!(entry.movement.kind, EntryKind::Activate | EntryKind::Thaw),
        _ => false,
    }
}

/// What the live plans of a customer granted in their cycles.
struct Quota {
    pool: PoolId,
    currency: Name,
    credits: Credits,
}

/// Of each customer and currency; a plan counts in the currency of what it grants first.
fn quotas(wallet: &Wallet, terms: &Terms) -> Vec<Quota> {
    let mut quotas: Vec<Quota> = Vec::new();
    let currency = |bucket: &Name| terms.spending.bucket(bucket).map(|bucket| &bucket.currency);
    for subscription in wallet.subscriptions.values().filter(|subscription| subscription.is_live()) {
        let Some(main) = subscription.granted.first().and_then(|granted| currency(&granted.bucket)) else { continue };
        let granted = subscription.granted.iter().filter(|granted| currency(&granted.bucket) == Some(main));
        let credits: Credits = granted.map(|granted| granted.credits).sum();
        match quotas.iter_mut().find(|quota| quota.pool == subscription.pool && quota.currency == *main) {
            Some(quota) => quota.credits = quota.credits.checked_add(credits).unwrap_or(Credits::MAX),
            None => quotas.push(Quota { pool: subscription.pool, currency: main.clone(), credits }),
        }
    }
    quotas.retain(|quota| quota.credits.is_positive());
    quotas
}

impl Quota {
    fn tell(self, rec: &mut Recorder<'_>, percents: &[u8], granted: bool) {
        let key = TallyKey { pool: self.pool, member: None, what: Counted::Level(self.currency.clone()) };
        let told = rec.wallet.tallies.get(&key).map_or(ABOVE, |tally| tally.count);
        let available = rec.wallet.available_in(self.pool, &self.currency);
        let now = self.level(available, percents);
        if now == told || now > told && !granted {
            return;
        }
        rec.tally(key, Tally { since: rec.at, count: now, amount: Credits::ZERO });
        let level = match (now, u8::try_from(now)) {
            (0, _) => Level::Depleted,
            (ABOVE, _) => Level::Recovered,
            (_, Ok(percent)) if now < told => Level::Low(percent),
            // It rose, and not above every threshold: nothing to tell.
            _ => return,
        };
        let (pool, currency, quota) = (self.pool, self.currency, self.credits);
        rec.note(Note::Balance { pool, currency, available, quota, level });
    }

    /// The lowest threshold that the balance is at or below.
    fn level(&self, available: Credits, percents: &[u8]) -> u64 {
        if !available.is_positive() {
            return 0;
        }
        let share = i128::from(available.micro()) * 100;
        let at_or_below = |percent: &&u8| share <= i128::from(**percent) * i128::from(self.credits.micro());
        percents.iter().filter(at_or_below).min().map_or(ABOVE, |percent| u64::from(*percent).min(ABOVE - 1))
    }
}

impl Wallet {
    fn available_in(&self, pool: PoolId, currency: &str) -> Credits {
        let grants = self.grants.iter().filter(|grant| grant.terms.pool == pool && !grant.is_debt());
        grants.filter(|grant| grant.terms.currency.as_str() == currency).map(|grant| grant.balance.available).sum()
    }
}
