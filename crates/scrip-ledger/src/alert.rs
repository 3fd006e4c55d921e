//! Alerts: a balance that falls to a threshold is told once. Thresholds are shares of the cycle's quota, or credits
//! where there is no quota to take a share of.
//!
//! A threshold is told again only after credits were granted above it: what a job gives back does not count.
//! Nothing is looked at where the catalog names no thresholds.

use crate::amount::Credits;
use crate::book::Terms;
use crate::change::Change;
use crate::customer::PoolId;
use crate::entry::EntryKind;
use crate::grant::{Grant, GrantKind};
use crate::id::Name;
use crate::note::{Level, Note};
use crate::policy::CREDITS;
use crate::tally::{Counted, Tally, TallyKey};
use crate::wallet::{Recorder, Wallet};

/// Tells what became of the balances by the changes from that one on.
pub(crate) fn tell(rec: &mut Recorder<'_>, first: usize) {
    if rec.changes_from(first).is_empty() {
        return;
    }
    let Some(terms) = rec.book.at(rec.at).filter(|terms| terms.names_thresholds(rec.wallet)).cloned() else { return };
    let granted = rec.changes_from(first).iter().any(brings_credits);
    let quotas = match terms.rules.alert_percents.as_slice() {
        [] => Vec::new(),
        _ => quotas(rec.wallet, &terms),
    };
    let without = match terms.rules.alert_credits.as_slice() {
        [] => Vec::new(),
        _ => without_quota(rec.wallet, &quotas, rec.changes_from(first)),
    };
    for watched in quotas.into_iter().chain(without) {
        watched.tell(rec, &terms, granted);
    }
}

impl Terms {
    fn names_thresholds(&self, wallet: &Wallet) -> bool {
        let of_quota = !wallet.subscriptions.is_empty() && !self.rules.alert_percents.is_empty();
        of_quota || !self.rules.alert_credits.is_empty()
    }
}

fn brings_credits(change: &Change) -> bool {
    match change {
        Change::GrantIssued { terms, .. } => !matches!(terms.kind, GrantKind::Restored | GrantKind::Debt),
        Change::Entry(entry) => matches!(entry.movement.kind, EntryKind::Activate | EntryKind::Thaw),
        _ => false,
    }
}

/// A balance that thresholds are about.
struct Watched {
    pool: PoolId,
    currency: Name,
    /// What the live plans granted in their cycles and shorter periods; nothing where thresholds are in credits.
    quota: Credits,
}

/// Of each customer and currency; a plan counts in the currency of what it grants first.
fn quotas(wallet: &Wallet, terms: &Terms) -> Vec<Watched> {
    let mut quotas: Vec<Watched> = Vec::new();
    let currency = |bucket: &Name| terms.spending.bucket(bucket).map(|bucket| &bucket.currency);
    for subscription in wallet.subscriptions.values().filter(|subscription| subscription.is_live()) {
        let granted = subscription.granted.iter().chain(subscription.shorter.iter().flat_map(|one| &one.granted));
        let Some(main) = granted.clone().next().and_then(|granted| currency(&granted.bucket)) else { continue };
        let granted = granted.filter(|granted| currency(&granted.bucket) == Some(main));
        // What was promised, which may be more than the wallet could take.
        let add = |sum: Credits, more: Credits| sum.checked_add(more).unwrap_or(Credits::MAX);
        let quota = granted.map(|granted| granted.credits).fold(Credits::ZERO, add);
        match quotas.iter_mut().find(|other| other.pool == subscription.pool && other.currency == *main) {
            Some(other) => other.quota = add(other.quota, quota),
            None => quotas.push(Watched { pool: subscription.pool, currency: main.clone(), quota }),
        }
    }
    quotas.retain(|watched| watched.quota.is_positive());
    quotas
}

/// Customers that have credits, or lost the last by these changes, and no quota of them.
fn without_quota(wallet: &Wallet, quotas: &[Watched], changes: &[Change]) -> Vec<Watched> {
    let moved = |grant: &Grant| {
        changes.iter().any(|change| matches!(change, Change::Entry(entry) if entry.movement.grant == grant.id))
    };
    let has_quota = |pool| quotas.iter().any(|watched| watched.pool == pool && watched.currency.as_str() == CREDITS);
    let has_any = |pool| wallet.grants_in(pool, CREDITS).any(|grant| !grant.is_settled() || moved(grant));
    let pools = wallet.customers.iter().map(|customer| customer.pool);
    let pools = pools.filter(|pool| !has_quota(*pool) && has_any(*pool));
    pools.map(|pool| Watched { pool, currency: Name::from(CREDITS), quota: Credits::ZERO }).collect()
}

impl Watched {
    fn tell(self, rec: &mut Recorder<'_>, terms: &Terms, granted: bool) {
        let key = TallyKey { pool: self.pool, member: None, what: self.counted() };
        let told = rec.wallet.tallies.get(&key).map_or(self.above(), |tally| tally.count);
        let available = rec.wallet.grants_in(self.pool, &self.currency).map(|grant| grant.balance.available).sum();
        let now = self.level(available, terms);
        if now == told || now > told && !granted {
            return;
        }
        rec.tally(key, Tally { since: rec.at, count: now, ..Tally::default() });
        // Where it rose, and not above every threshold, there is nothing to tell.
        let Some(level) = self.name(now).filter(|level| now < told || *level == Level::Recovered) else { return };
        rec.note(Note::Balance { pool: self.pool, currency: self.currency, available, quota: self.quota, level });
    }

    fn is_of_quota(&self) -> bool {
        self.quota.is_positive()
    }

    fn counted(&self) -> Counted {
        let currency = self.currency.clone();
        if self.is_of_quota() { Counted::Level(currency) } else { Counted::LevelCredits(currency) }
    }

    /// Above every threshold; below it come the thresholds themselves, and 0 is nothing left.
    fn above(&self) -> u64 {
        if self.is_of_quota() { 101 } else { u64::MAX }
    }

    /// The lowest threshold that the balance is at or below.
    fn level(&self, available: Credits, terms: &Terms) -> u64 {
        if !available.is_positive() {
            return 0;
        }
        let lowest = if self.is_of_quota() {
            let share = i128::from(available.micro()) * 100;
            let at_or_below = |percent: &&u8| share <= i128::from(**percent) * i128::from(self.quota.micro());
            terms.rules.alert_percents.iter().filter(at_or_below).min().map(|percent| u64::from(*percent).min(100))
        } else {
            let at_or_below = terms.rules.alert_credits.iter().filter(|threshold| available <= **threshold);
            at_or_below.min().and_then(|threshold| u64::try_from(threshold.micro()).ok())
        };
        lowest.unwrap_or(self.above())
    }

    fn name(&self, level: u64) -> Option<Level> {
        match level {
            0 => Some(Level::Depleted),
            level if level == self.above() => Some(Level::Recovered),
            level if self.is_of_quota() => u8::try_from(level).ok().map(Level::Low),
            level => i64::try_from(level).ok().map(|micro| Level::LowCredits(Credits::from_micro(micro))),
        }
    }
}

impl Wallet {
    fn grants_in<'a>(&'a self, pool: PoolId, currency: &'a str) -> impl Iterator<Item = &'a Grant> {
        let own = self.grants.iter().filter(move |grant| grant.terms.pool == pool && !grant.is_debt());
        own.filter(move |grant| grant.terms.currency.as_str() == currency)
    }
}
