//! Proration: what comes in mid-cycle by the time left.

use crate::amount::Credits;
use crate::plan::{Drip, GrantRule, Interval};
use crate::subscription::Subscription;
use crate::time::Timestamp;
use crate::wallet::Recorder;

impl Recorder<'_> {
    /// The share of what a rule grants for what is left of the time that it grants it for.
    pub(crate) fn share_of_rest(&self, subscription: &Subscription, rule: &GrantRule, whole: Credits) -> Credits {
        match rule.every.and_then(|every| subscription.shorter(every.interval)) {
            Some(period) => {
                let (rest, all) = (period.end.since(self.at), period.end.since(period.start));
                self.share(&rule.bucket, whole, (rest.micros(), all.micros()))
            }
            None => self.share_of_cycle(subscription, &rule.bucket, whole, rule.drip == Drip::Monthly),
        }
    }

    /// The share of an amount for what is left of the cycle, or of its month, half up to the bucket's decimals. A
    /// year is shared out by its months, one that has begun counting whole (MISSION A29); other cycles by time.
    pub(crate) fn share_of_cycle(
        &self,
        subscription: &Subscription,
        bucket: &str,
        whole: Credits,
        of_month: bool,
    ) -> Credits {
        let left = match subscription.interval {
            Interval::Year if !of_month => subscription.months_left(self.at),
            _ => subscription.time_left(self.at, of_month),
        };
        self.share(bucket, whole, left)
    }

    fn share(&self, bucket: &str, whole: Credits, (rest, all): (u64, u64)) -> Credits {
        let decimals = self.bucket_terms(bucket).map_or(6, |terms| terms.decimals);
        if all == 0 { whole } else { whole.share(rest.min(all), all, decimals).unwrap_or(whole) }
    }
}

impl Subscription {
    /// Months of the year at work that have not ended, and all of them.
    fn months_left(&self, at: Timestamp) -> (u64, u64) {
        let Some(end) = self.period_end else { return (1, 1) };
        let starts: Vec<Timestamp> =
            (0..=12).map(|part| self.part_start(part)).take_while(|start| *start < end).collect();
        let over = starts.iter().skip(1).filter(|start| **start <= at).count();
        ((starts.len() - over) as u64, starts.len() as u64)
    }

    /// Microseconds of the cycle, or of the month, at work that are left, and all of them.
    fn time_left(&self, at: Timestamp, of_month: bool) -> (u64, u64) {
        let (start, end) = match (of_month, self.period_end) {
            (true, _) => (self.part_start(self.part), self.part_start(self.part + 1)),
            (false, Some(end)) => (self.period_start, end),
            (false, None) => return (1, 1),
        };
        (end.since(at).micros(), end.since(start).micros())
    }
}
