//! When credits come by themselves: what a customer is told who has none left (MISSION S2-12, S2-13).

use crate::add_on::OnAnnual;
use crate::customer::PoolId;
use crate::plan::{Drip, GrantRule, Interval};
use crate::subscription::{Subscription, SubscriptionStatus};
use crate::time::Timestamp;
use crate::wallet::Wallet;

impl Subscription {
    /// When it next grants into this bucket; `None` while a payment is due, and where it ends before.
    pub fn next_grant_at(&self, bucket: &str) -> Option<Timestamp> {
        let rules = self.terms().into_iter().flat_map(|terms| &terms.grants);
        let mut rules = rules.filter(|rule| rule.bucket.as_str() == bucket && !self.comes_shorter(rule)).peekable();
        let mut units = self
            .add_ons
            .iter()
            .filter(|unit| unit.terms.bucket.as_str() == bucket && unit.ended_at.is_none() && !unit.ends)
            .peekable();
        let comes_with_cycle = rules.peek().is_some() || units.peek().is_some();
        let by_month = rules.any(|rule| rule.drip == Drip::Monthly)
            || self.interval == Interval::Year && units.any(|unit| unit.terms.on_annual == OnAnnual::Monthly);
        match self.status {
            SubscriptionStatus::Canceled | SubscriptionStatus::PastDue { .. } => None,
            SubscriptionStatus::Scheduled => comes_with_cycle.then_some(self.anchor),
            SubscriptionStatus::Trialing | SubscriptionStatus::Active => {
                let part = self.next_part_at.filter(|_| by_month);
                let renewal = self.period_end.filter(|_| comes_with_cycle && !self.ends);
                let shorter = self.shorter.iter().filter(|period| {
                    self.shorter_rules().any(|rule| rule.bucket.as_str() == bucket && rule.is_every(period.interval))
                });
                let ends = self.period_end.filter(|_| self.ends);
                let shorter = shorter.map(|period| period.end).filter(|next| ends.is_none_or(|end| *next < end));
                part.into_iter().chain(renewal).chain(shorter).min()
            }
        }
    }

    /// Does it come by a shorter period that is at work, whatever the cycle does?
    fn comes_shorter(&self, rule: &GrantRule) -> bool {
        rule.every.is_some_and(|every| self.shorter(every.interval).is_some())
    }

    /// When it next grants anything.
    fn next_credits_at(&self) -> Option<Timestamp> {
        let rules = self.terms().into_iter().flat_map(|terms| &terms.grants).map(|rule| &rule.bucket);
        let units = self.add_ons.iter().map(|unit| &unit.terms.bucket);
        rules.chain(units).filter_map(|bucket| self.next_grant_at(bucket)).min()
    }
}

impl Wallet {
    /// When plans of these pools next grant anything.
    pub fn next_credits_at(&self, pools: &[PoolId]) -> Option<Timestamp> {
        let own = self.subscriptions.values().filter(|subscription| pools.contains(&subscription.pool));
        own.filter_map(|subscription| subscription.next_credits_at()).min()
    }

    /// When a subscription of one of these pools next grants into this bucket.
    pub fn next_reset_at(&self, pools: &[PoolId], bucket: &str) -> Option<Timestamp> {
        let own = self.subscriptions.values().filter(|subscription| pools.contains(&subscription.pool));
        own.filter_map(|subscription| subscription.next_grant_at(bucket)).min()
    }
}
