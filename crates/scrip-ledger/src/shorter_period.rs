//! Shorter periods: credits that come by the day, the week or the month within a longer cycle.
//!
//! A period has a beginning and an end of its own and runs on through renewals, changes of plan and late payments. What
//! it granted is remembered until it ends, so that nothing that happens within it grants its credits twice; periods that
//! nobody saw are walked one by one, each at its own instant.

use minicbor::{Decode, Encode};

use crate::amount::Credits;
use crate::cycle::{self, Calendar};
use crate::grant::{Issue, PeriodOf, Source};
use crate::id::SubscriptionId;
use crate::plan::{CycleAnchor, Every, GrantRule, Interval, PlanTerms, Renewal, Rollover};
use crate::plan_change::{self, Allowed};
use crate::renewal::{self, Leaving, Onto};
use crate::rollover::Onward;
use crate::subscription::{Granted, Subscription, SubscriptionStatus, granted_in, set_granted_in};
use crate::time::Timestamp;
use crate::wallet::Recorder;

/// The period at work of those that a subscription's plan grants by: today, of each day.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct ShorterPeriod {
    #[n(0)]
    pub interval: Interval,
    #[n(1)]
    pub anchored_to: CycleAnchor,
    /// Where its periods are counted from.
    #[n(2)]
    pub anchor: Timestamp,
    /// The place of the one at work among them, from 0.
    #[n(3)]
    pub count: u32,
    #[n(4)]
    pub start: Timestamp,
    #[n(5)]
    pub end: Timestamp,
    /// Credits that it granted: a change back and forth grants nothing twice.
    #[n(6)]
    pub granted: Vec<Granted>,
}

impl ShorterPeriod {
    /// The period in which an instant lies. By the purchase it is counted from the subscription's anchor.
    fn at(every: Every, subscription: &Subscription, at: Timestamp) -> ShorterPeriod {
        let anchor = if every.anchored_to == CycleAnchor::Calendar { at } else { subscription.anchor };
        let mut period = ShorterPeriod {
            interval: every.interval,
            anchored_to: every.anchored_to,
            anchor,
            count: 0,
            start: anchor,
            end: anchor,
            granted: Vec::new(),
        };
        let calendar = period.calendar(subscription);
        period.count = calendar.count_at(at);
        (period.start, period.end) = (calendar.start(period.count), calendar.start(period.count + 1));
        period
    }

    fn calendar(&self, subscription: &Subscription) -> Calendar {
        Calendar {
            anchor: self.anchor,
            interval: self.interval,
            anchored_to: self.anchored_to,
            zone: cycle::zone(&subscription.zone),
        }
    }

    /// The one after it. Where another plan counts otherwise it lasts until that count's next beginning, and no less
    /// than a whole period: changing back and forth never makes days shorter.
    fn next(&self, every: Option<Every>, subscription: &Subscription) -> ShorterPeriod {
        let mut next = ShorterPeriod { count: self.count.saturating_add(1), start: self.end, ..self.clone() };
        next.granted.clear();
        if let Some(every) = every.filter(|every| every.anchored_to != self.anchored_to) {
            next.anchored_to = CycleAnchor::Purchase;
            next.anchor = self.end;
            let whole = next.calendar(subscription).start(1);
            next.anchored_to = every.anchored_to;
            next.anchor = if every.anchored_to == CycleAnchor::Calendar { self.end } else { subscription.anchor };
            let calendar = next.calendar(subscription);
            let count = calendar.count_at(whole);
            next.count = if calendar.start(count) < whole { count } else { count.saturating_sub(1) };
        }
        next.end = next.calendar(subscription).start(next.count.saturating_add(1));
        next
    }

    fn of(&self) -> PeriodOf {
        PeriodOf { interval: self.interval, start: self.start }
    }
}

impl Subscription {
    pub(crate) fn shorter(&self, interval: Interval) -> Option<&ShorterPeriod> {
        self.shorter.iter().find(|period| period.interval == interval)
    }

    fn shorter_mut(&mut self, interval: Interval) -> Option<&mut ShorterPeriod> {
        self.shorter.iter_mut().find(|period| period.interval == interval)
    }

    /// Where a period that many after the one at work begins.
    pub(crate) fn shorter_start(&self, interval: Interval, later: u32) -> Option<Timestamp> {
        let period = self.shorter(interval)?;
        Some(period.calendar(self).start(period.count.saturating_add(later)))
    }

    /// How the plan counts periods of this length, if it grants by them.
    fn every(&self, interval: Interval) -> Option<Every> {
        self.shorter_rules().filter_map(|rule| rule.every).find(|every| every.interval == interval)
    }
}

/// A period is over: what is left of it goes where the plan says, and the next grants anew.
pub(crate) fn ends(rec: &mut Recorder<'_>, id: SubscriptionId) {
    let mut subscription = rec.subscription(id);
    let (plan, interval) = (subscription.plan.clone(), subscription.interval);
    pass(rec, &mut subscription, plan.terms(interval));
    if !subscription.is_past_due() {
        grant_missing(rec, &mut subscription, None);
    }
    rec.put_subscription(subscription);
}

/// Periods that end by now give way to the next. One that no plan grants by any more is forgotten with its end.
fn pass(rec: &mut Recorder<'_>, subscription: &mut Subscription, ended: Option<&PlanTerms>) {
    for index in 0..subscription.shorter.len() {
        let period = &subscription.shorter[index];
        if period.end > rec.at {
            continue;
        }
        let interval = period.interval;
        let next = period.next(subscription.every(interval), subscription);
        subscription.shorter[index] = next;
        match subscription.status {
            SubscriptionStatus::PastDue { until, .. } => keep(rec, subscription, until),
            _ => leave(rec, subscription, interval, ended),
        }
    }
    let granted_by: Vec<Interval> =
        subscription.shorter_rules().filter_map(|rule| Some(rule.every?.interval)).collect();
    subscription.shorter.retain(|period| !period.granted.is_empty() || granted_by.contains(&period.interval));
}

fn leave(rec: &mut Recorder<'_>, subscription: &Subscription, interval: Interval, ended: Option<&PlanTerms>) {
    let mut leaving = Leaving::default();
    for id in rec.grants_from(subscription.id, |issue| issue.is_of_shorter(interval)) {
        let bucket = rec.wallet.grant(id).expect("listed above").terms.bucket.clone();
        let rule = ended.and_then(|terms| terms.period_rule(interval, &bucket));
        match rule {
            Some(rule) if rule.renewal != Renewal::Reset => {}
            Some(rule) => leaving.leave(rec, subscription, id, Onto::Period(interval), &rule.rollover),
            None => leaving.leave(rec, subscription, id, Onto::Period(interval), &Rollover::None),
        }
    }
}

/// What ends now of shorter periods is kept while a payment is due.
pub(crate) fn keep(rec: &mut Recorder<'_>, subscription: &Subscription, until: Timestamp) {
    let came = |issue: Issue| matches!(issue, Issue::Shorter(_) | Issue::ShorterAdded(_));
    for id in rec.grants_from(subscription.id, came) {
        let grant = rec.wallet.grant(id).expect("listed above");
        let (rest, source) = (grant.balance.available, grant.terms.source);
        let period = source.and_then(|source| source.issue.period());
        if let Some(period) = period.filter(|_| grant.has_ended(rec.at)) {
            let source = Source {
                subscription: subscription.id,
                cycle: subscription.cycle,
                part: subscription.part,
                issue: Issue::ShorterKept(period),
            };
            rec.roll_over(id, rest, Onward { source, bucket: None, expires_at: Some(until) });
        }
    }
}

/// The payment has come: what is left of periods that are over goes where it would have gone.
pub(crate) fn leave_kept(rec: &mut Recorder<'_>, subscription: &Subscription, kept_by: Option<&PlanTerms>) {
    let mut leaving = Leaving::default();
    for id in rec.grants_from(subscription.id, |issue| issue.period().is_some()) {
        let terms = rec.wallet.grant(id).expect("listed above").terms.clone();
        let Some((issue, period)) = terms.source.and_then(|source| Some((source.issue, source.issue.period()?))) else {
            continue;
        };
        let is_kept = matches!(issue, Issue::ShorterKept(_));
        let at_work = subscription.shorter(period.interval);
        let rule = kept_by.and_then(|of_plan| of_plan.period_rule(period.interval, &terms.bucket));
        let stays = at_work.is_some_and(|at_work| at_work.start == period.start)
            || rule.is_some_and(|rule| rule.renewal != Renewal::Reset);
        if is_kept || !stays {
            let rollover = rule.filter(|_| at_work.is_some()).map(|rule| rule.rollover.clone()).unwrap_or_default();
            leaving.leave(rec, subscription, id, Onto::Period(period.interval), &rollover);
        }
    }
}

/// A cycle ends: periods that end with it give way to the next, and what is left of the others is cut to what the plan
/// to come gives.
pub(crate) fn renew(rec: &mut Recorder<'_>, subscription: &mut Subscription, ended: Option<&PlanTerms>) {
    pass(rec, subscription, ended);
    cut(rec, subscription, |rule| rule.is_none_or(|rule| rule.renewal == Renewal::Reset), ended);
}

/// What is left is cut to what the plan gives now.
pub(crate) fn trim(rec: &mut Recorder<'_>, subscription: &mut Subscription) {
    cut(rec, subscription, |_| true, None);
}

fn cut(
    rec: &mut Recorder<'_>,
    subscription: &mut Subscription,
    is_cut: impl Fn(Option<&GrantRule>) -> bool,
    by: Option<&PlanTerms>,
) {
    for index in 0..subscription.shorter.len() {
        let interval = subscription.shorter[index].interval;
        let rules: Vec<GrantRule> =
            subscription.terms().into_iter().flat_map(|terms| terms.of_period(interval)).cloned().collect();
        let mut of_period = rec.grants_from(subscription.id, |issue| issue.is_of_shorter(interval));
        of_period.retain(|id| {
            let bucket = &rec.wallet.grant(*id).expect("listed above").terms.bucket;
            is_cut(by.and_then(|terms| terms.period_rule(interval, bucket)))
        });
        let mut granted = std::mem::take(&mut subscription.shorter[index].granted);
        plan_change::cut(rec, &of_period, Allowed::by(&rules, subscription), &mut granted);
        subscription.shorter[index].granted = granted;
    }
}

/// Grants what the periods at work promise and have not granted, and begins those that the plan is the first to grant
/// by. Seats above those `before` were added within them.
pub(crate) fn grant_missing(rec: &mut Recorder<'_>, subscription: &mut Subscription, before: Option<u32>) {
    begin(rec.at, subscription);
    let rules: Vec<GrantRule> = subscription.shorter_rules().cloned().collect();
    for rule in &rules {
        let Some(interval) = rule.every.map(|every| every.interval) else { continue };
        // One that ends now has granted all that it had to.
        let Some(period) = subscription.shorter(interval).filter(|period| period.end > rec.at).cloned() else {
            continue;
        };
        for (seat, quota) in renewal::quotas(rule, subscription) {
            let granted = granted_in(&period.granted, &rule.bucket, seat);
            let missing = quota.saturating_sub(granted.unwrap_or_default()).max(Credits::ZERO);
            let amount = renewal::now_of_missing(rec, subscription, rule, (seat, quota), missing, before);
            let issue = if granted.is_none() { Issue::Shorter(period.of()) } else { Issue::ShorterAdded(period.of()) };
            renewal::grant_rule(rec, subscription, rule, seat, amount, issue);
            let period = subscription.shorter_mut(interval).expect("found above");
            set_granted_in(&mut period.granted, &rule.bucket, seat, quota.max(granted.unwrap_or_default()));
        }
    }
}

/// The first periods of a plan that was started. What the same periods of a plan that ended granted is not granted
/// again, where the plan costs nothing.
pub(crate) fn grant_first(rec: &mut Recorder<'_>, subscription: &mut Subscription, is_free: bool) {
    begin(rec.at, subscription);
    let rules: Vec<GrantRule> = subscription.shorter_rules().filter(|_| is_free).cloned().collect();
    for rule in &rules {
        let Some(interval) = rule.every.map(|every| every.interval) else { continue };
        for (seat, quota) in renewal::quotas(rule, subscription) {
            let others = rec.wallet.subscriptions_of(subscription.pool).filter(|other| other.has_ended());
            let periods = others.filter_map(|other| other.shorter(interval)).filter(|period| period.end > rec.at);
            let had = periods.filter_map(|period| granted_in(&period.granted, &rule.bucket, seat)).max();
            let Some(had) = had.filter(|had| had.is_positive()).map(|had| had.min(quota)) else { continue };
            let period = subscription.shorter_mut(interval).expect("begun above");
            set_granted_in(&mut period.granted, &rule.bucket, seat, had);
        }
    }
    grant_missing(rec, subscription, None);
}

fn begin(at: Timestamp, subscription: &mut Subscription) {
    let all: Vec<Every> = subscription.shorter_rules().filter_map(|rule| rule.every).collect();
    for every in all {
        if subscription.shorter(every.interval).is_none() {
            let period = ShorterPeriod::at(every, subscription, at);
            subscription.shorter.push(period);
        }
    }
}

/// So much of what a period granted was taken back: it counts as never granted.
pub(crate) fn taken_back(subscription: &mut Subscription, of: PeriodOf, grant: &Granted) {
    let Some(period) = subscription.shorter_mut(of.interval).filter(|period| period.start == of.start) else { return };
    let Some(granted) = granted_in(&period.granted, &grant.bucket, grant.seat) else { return };
    let rest = granted.saturating_sub(grant.credits).max(Credits::ZERO);
    set_granted_in(&mut period.granted, &grant.bucket, grant.seat, rest);
}

impl Issue {
    /// The shorter period that it is of.
    pub fn period(self) -> Option<PeriodOf> {
        match self {
            Issue::Shorter(period) | Issue::ShorterAdded(period) | Issue::ShorterKept(period) => Some(period),
            _ => None,
        }
    }

    /// Did it come for one of these periods?
    fn is_of_shorter(self, interval: Interval) -> bool {
        matches!(self, Issue::Shorter(period) | Issue::ShorterAdded(period) if period.interval == interval)
    }
}
