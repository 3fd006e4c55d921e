//! Renewals: what is left of a cycle goes where the plan says, and the next cycle's credits are granted.
//!
//! A renewal touches only grants that its own subscription issued, and is keyed by the cycle, so it happens
//! once however late it is seen; missed cycles are walked one by one (MISSION A36).

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::amount::Credits;
use crate::book::Terms;
use crate::customer::PoolId;
use crate::entry::{EntryKind, Place};
use crate::grant::{Grant, GrantKind, GrantTerms, Issue, Source};
use crate::id::{GrantId, Name, SubscriptionId};
use crate::next_charge::{Renewed, plan_for};
use crate::note::{Note, SubscriptionNote};
use crate::plan::{
    CycleAnchor, Drip, Expiry, GrantPer, GrantRule, Interval, Plan, PlanTerms, Renewal, Rollover, SeatAdded, SeatPool,
};
use crate::policy::{BucketTerms, CREDITS};
use crate::rollover::Onward;
use crate::subscription::{Subscription, SubscriptionStatus};
use crate::time::Timestamp;
use crate::wallet::{Recorder, Wallet};
use crate::{add_on, cancel, cycle, past_due, shorter_period, subscribe};

/// The period of a subscription is over: it ends with it, or is renewed.
pub(crate) fn period_ends(rec: &mut Recorder<'_>, id: SubscriptionId) {
    let mut subscription = rec.subscription(id);
    if subscription.ends {
        return cancel::end(rec, subscription, cancel::Ending::PeriodOver);
    }
    end_tried(rec, &subscription);
    if let SubscriptionStatus::PastDue { until, .. } = subscription.status {
        return past_due::keep_over(rec, subscription, until);
    }
    let was_trial = subscription.is_tried();
    let ended = subscription.terms().cloned();
    end_carried(rec, &subscription);
    leave_trial(rec, &mut subscription);
    rec.tell_overage(subscription.pool);
    take_next(rec, &mut subscription);
    leave(rec, &subscription, ended.as_ref(), subscription.cycle + 1, Over::Cycle);
    shorter_period::renew(rec, &mut subscription, ended.as_ref());
    add_on::expire(rec, &subscription);
    begin_cycle(rec, &mut subscription);
    grant_missing(rec, &mut subscription, None);
    add_on::end_cancelled(rec, &mut subscription);
    add_on::renew(rec, &mut subscription);
    subscription.find_part(rec.at);
    let cycle = subscription.cycle;
    rec.put_subscription(subscription);
    rec.note(Note::Reset { subscription: id, cycle });
    let what = if was_trial { SubscriptionNote::TrialEnded } else { SubscriptionNote::Renewed };
    rec.note(Note::Subscription { id, what });
}

/// A trial is over: what is left of its quota was never paid for and ends with it, unless the plan keeps it.
fn end_tried(rec: &mut Recorder<'_>, subscription: &Subscription) {
    if subscription.is_tried() && !subscription.plan.trial_rolls_over {
        rec.cycle_grants(subscription.id).into_iter().for_each(|id| rec.end_with_rest(id));
    }
}

/// The time that was tried is no cycle of the plan: its own begin now.
pub(crate) fn leave_trial(rec: &Recorder<'_>, subscription: &mut Subscription) {
    if subscription.is_tried() {
        subscription.end_trial();
        subscription.count_from(rec.at);
    }
}

/// A month within the cycle begins: what arrives month by month arrives.
pub(crate) fn part_begins(rec: &mut Recorder<'_>, id: SubscriptionId) {
    let mut subscription = rec.subscription(id);
    let plan = subscription.plan.clone();
    let is_paid = match subscription.status {
        SubscriptionStatus::PastDue { until, .. } => {
            past_due::keep(rec, &mut subscription, until);
            false
        }
        _ => {
            leave(rec, &subscription, plan.terms(subscription.interval), subscription.cycle, Over::Month);
            true
        }
    };
    subscription.part += 1;
    let monthly = plan.terms(subscription.interval).into_iter().flat_map(|terms| &terms.grants);
    for rule in monthly.filter(|rule| rule.drip == Drip::Monthly) {
        subscription.granted.retain(|granted| granted.bucket != rule.bucket);
    }
    add_on::end_cancelled_month(rec, &mut subscription);
    if is_paid {
        grant_missing(rec, &mut subscription, None);
        add_on::renew(rec, &mut subscription);
    }
    subscription.find_part(rec.at);
    rec.put_subscription(subscription);
}

/// Takes what was chosen for the next cycle, and the terms that the catalog in force has for the plan.
pub(crate) fn take_next(rec: &Recorder<'_>, subscription: &mut Subscription) {
    let terms = rec.book.at(rec.at).map(|terms| &**terms);
    let Renewed { plan, interval, seats, version } =
        subscription.renewed(rec.wallet.contracts(subscription.pool), terms);
    let is_other = plan.id != subscription.plan.id || interval != subscription.interval;
    let plan = (*plan != *subscription.plan).then(|| Arc::new(plan.clone()));
    subscription.next = None;
    subscription.seats = seats;
    let anchored_to = subscription.anchored_to;
    let otherwise = terms.filter(|_| is_other).map_or(anchored_to, |terms| terms.rules.cycle_anchor);
    subscription.plan = plan.unwrap_or_else(|| subscription.plan.clone());
    subscription.anchored_to = subscribe::anchored_to(&subscription.plan, interval, otherwise);
    if interval != subscription.interval || subscription.anchored_to != anchored_to {
        subscription.interval = interval;
        subscription.count_from(rec.at);
    }
    subscription.catalog_version = version.unwrap_or(subscription.catalog_version);
}

/// The next cycle begins now.
pub(crate) fn begin_cycle(rec: &Recorder<'_>, subscription: &mut Subscription) {
    subscription.cycle += 1;
    subscription.part = 0;
    subscription.granted.clear();
    subscription.set_period(rec.at);
}

impl Subscription {
    /// Cycles are counted from there on; the one to come is the first.
    pub(crate) fn count_from(&mut self, anchor: Timestamp) {
        self.anchor = anchor;
        self.cycle_of_anchor = self.cycle + 1;
    }

    /// The period of the cycle at work; one that starts with the first use waits for it.
    pub(crate) fn set_period(&mut self, at: Timestamp) {
        self.period_start = at;
        self.period_end = match self.anchored_to {
            CycleAnchor::FirstUse => None,
            _ => Some(self.cycle_start(self.cycle + 1)),
        };
    }
}

/// What is over when credits are left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Over {
    Cycle,
    /// A month of it: what came for the whole cycle stays.
    Month,
}

/// What is left of the grants of what is over goes where the plan that granted it says. The plan of the cycle to
/// come bounds what is carried.
fn leave(rec: &mut Recorder<'_>, subscription: &Subscription, ended: Option<&PlanTerms>, into: u32, over: Over) {
    let mut leaving = Leaving::default();
    for id in rec.cycle_grants(subscription.id) {
        let grant = rec.wallet.grant(id).expect("listed above");
        match ended.and_then(|terms| terms.rule(&grant.terms.bucket)) {
            Some(rule) if rule.renewal != Renewal::Reset => {}
            Some(rule) if over == Over::Month && !rec.came_for_month(grant, rule) => {}
            Some(rule) => leaving.leave(rec, subscription, id, Onto::Cycle(into), &rule.rollover),
            None if over == Over::Month => {}
            None => leaving.leave(rec, subscription, id, Onto::Cycle(into), &Rollover::None),
        }
    }
}

/// What was carried into a cycle that had no length then, to end with it, ends with it.
pub(crate) fn end_carried(rec: &mut Recorder<'_>, subscription: &Subscription) {
    if subscription.anchored_to != CycleAnchor::FirstUse {
        return;
    }
    for id in rec.grants_from(subscription.id, |issue| issue == Issue::Carried) {
        let terms = &rec.wallet.grant(id).expect("listed above").terms;
        if terms.expires_at.is_none() && rec.bucket_expiry(&terms.bucket) == Expiry::Cycle {
            rec.end_with_rest(id);
        }
    }
}

/// What begins when something is over: where its rest may go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Onto {
    Cycle(u32),
    /// The shorter period at work.
    Period(Interval),
}

/// What a renewal has carried so far, by bucket and seat: what it carries at most is for all their grants together.
#[derive(Default)]
pub(crate) struct Leaving {
    carried: BTreeMap<(Name, Option<u32>), Credits>,
}

impl Leaving {
    /// What is left of one grant goes into the cycle at work as the rule that granted it says.
    pub(crate) fn leave_by(
        &mut self,
        rec: &mut Recorder<'_>,
        subscription: &Subscription,
        id: GrantId,
        rule: Option<&GrantRule>,
    ) {
        let rollover = rule.map(|rule| rule.rollover.clone()).unwrap_or_default();
        self.leave(rec, subscription, id, Onto::Cycle(subscription.cycle), &rollover);
    }

    pub(crate) fn leave(
        &mut self,
        rec: &mut Recorder<'_>,
        subscription: &Subscription,
        id: GrantId,
        onto: Onto,
        rollover: &Rollover,
    ) {
        rec.end_grant(id);
        if let Rollover::Carry { bucket, carry_at_most, total_at_most, cycles } = rollover {
            let grant = rec.wallet.grant(id).expect("listed by the caller");
            let (terms, rest) = (grant.terms.clone(), grant.balance.available);
            let total_at_most = lower(*total_at_most, cap_to_come(subscription, onto, &terms.bucket));
            let room = rec.room_to_carry(subscription, bucket, terms.seat, total_at_most);
            let so_far = self.carried.entry((terms.bucket.clone(), terms.seat)).or_default();
            let left = carry_at_most.map_or(Credits::MAX, |most| most.saturating_sub(*so_far));
            let carried = rest.min(room).min(left);
            *so_far = so_far.checked_add(carried).expect("a wallet can count what it carries");
            carry(rec, subscription, id, carried, &CarryTo { bucket, onto, cycles: *cycles });
        }
        rec.expire_rest(id);
    }
}

/// The cap that the plan of the next cycle puts on what is carried from this bucket.
fn cap_to_come(subscription: &Subscription, onto: Onto, bucket: &Name) -> Option<Credits> {
    let terms = subscription.terms()?;
    let rule = match onto {
        Onto::Cycle(_) => terms.rule(bucket),
        Onto::Period(interval) => terms.period_rule(interval, bucket),
    };
    match &rule?.rollover {
        Rollover::Carry { total_at_most, .. } => *total_at_most,
        Rollover::None => None,
    }
}

fn lower(a: Option<Credits>, b: Option<Credits>) -> Option<Credits> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

/// Where credits are carried: into a bucket and a cycle or shorter period, for so many of them.
struct CarryTo<'a> {
    bucket: &'a Name,
    onto: Onto,
    cycles: Option<u32>,
}

fn carry(rec: &mut Recorder<'_>, subscription: &Subscription, from: GrantId, amount: Credits, to: &CarryTo<'_>) {
    let end_after = |count: u32| match to.onto {
        Onto::Cycle(cycle) => Some(subscription.cycle_start(cycle.saturating_add(count))),
        Onto::Period(interval) => subscription.shorter_start(interval, count),
    };
    let (cycle, is_counted) = match to.onto {
        // A cycle that begins with the first use has no end yet.
        Onto::Cycle(cycle) => (cycle, subscription.anchored_to != CycleAnchor::FirstUse),
        Onto::Period(_) => (subscription.cycle, true),
    };
    let expires_at = match to.cycles {
        Some(cycles) => end_after(cycles),
        None => {
            let end = is_counted.then(|| end_after(1)).flatten();
            expiry(rec.bucket_expiry(to.bucket), rec.at, end, &subscription.zone)
        }
    };
    let source = Source { subscription: subscription.id, cycle, part: 0, issue: Issue::Carried };
    rec.roll_over(from, amount, Onward { source, bucket: Some(to.bucket.clone()), expires_at });
}

/// Grants what the cycle, its month and shorter periods at work promise and have not granted. Seats above
/// `seats_before` were added in mid-cycle: in full, or by the time left (MISSION A26, A29).
pub(crate) fn grant_missing(rec: &mut Recorder<'_>, subscription: &mut Subscription, seats_before: Option<u32>) {
    let rules: Vec<GrantRule> = subscription.rules().cloned().collect();
    let prorates = subscription.plan.seats.is_some_and(|seats| seats.added == SeatAdded::Prorate);
    let before = seats_before.filter(|before| prorates && *before < subscription.seats);
    for rule in &rules {
        for (seat, quota) in quotas(rule, subscription) {
            let is_new = !subscription.has_granted(&rule.bucket, seat);
            let missing = quota.saturating_sub(subscription.granted(&rule.bucket, seat)).max(Credits::ZERO);
            let amount = now_of_missing(rec, subscription, rule, (seat, quota), missing, before);
            let issue = if is_new { Issue::Quota } else { Issue::Added };
            grant_rule(rec, subscription, rule, seat, amount, issue);
            if is_new || missing.is_positive() {
                subscription.set_granted(&rule.bucket, seat, quota);
            }
        }
    }
    shorter_period::grant_missing(rec, subscription, before);
}

/// How much of what is missing to a quota is granted now: what fills it up, or the rest of the time's for a seat above
/// those that there were `before`.
pub(crate) fn now_of_missing(
    rec: &Recorder<'_>,
    subscription: &Subscription,
    rule: &GrantRule,
    (seat, quota): (Option<u32>, Credits),
    missing: Credits,
    before: Option<u32>,
) -> Credits {
    let is_added_seat =
        rule.per == GrantPer::Seat && before.is_some_and(|before| seat.is_none_or(|seat| seat > before));
    match rule.renewal {
        Renewal::ReplenishUpTo => {
            let there = rec.posted_in(&rule.bucket, subscription.pool, seat);
            missing.min(quota.saturating_sub(there).max(Credits::ZERO))
        }
        Renewal::Reset | Renewal::Add if is_added_seat => rec.share_of_rest(subscription, rule, missing),
        Renewal::Reset | Renewal::Add => missing,
    }
}

/// What a rule promises: for the customer, for each seat, or for all seats together.
pub(crate) fn quotas(rule: &GrantRule, subscription: &Subscription) -> Vec<(Option<u32>, Credits)> {
    per_seat(rule.per, rule.credits, subscription)
}

/// Credits for the customer, for each seat that has its own, or for all seats together.
pub(crate) fn per_seat(per: GrantPer, credits: Credits, subscription: &Subscription) -> Vec<(Option<u32>, Credits)> {
    let seats = subscription.seats;
    match (per, subscription.plan.seats.map(|terms| terms.pool)) {
        (GrantPer::Customer, _) | (GrantPer::Seat, None) => vec![(None, credits)],
        (GrantPer::Seat, Some(SeatPool::Workspace)) => vec![(None, times(credits, seats))],
        (GrantPer::Seat, Some(SeatPool::Own)) => (1..=seats).map(|seat| (Some(seat), credits)).collect(),
    }
}

/// So many times an amount; the most that can be counted if it is more.
pub(crate) fn times(credits: Credits, count: u32) -> Credits {
    credits.micro().checked_mul(i64::from(count)).map_or(Credits::MAX, Credits::from_micro)
}

/// Grants by a rule of the subscription's plan; nothing where nothing is to be granted.
pub(crate) fn grant_rule(
    rec: &mut Recorder<'_>,
    subscription: &Subscription,
    rule: &GrantRule,
    seat: Option<u32>,
    amount: Credits,
    issue: Issue,
) {
    let end = match (rule.every, rule.drip) {
        // What adds up is left by its period, and ends with the cycle.
        (Some(every), _) if rule.renewal == Renewal::Reset => subscription.shorter(every.interval).map(|one| one.end),
        (None, Drip::Monthly) => Some(subscription.part_start(subscription.part + 1)),
        (Some(_), _) | (None, Drip::Upfront) => subscription.period_end,
    };
    let expires = rule.expires.unwrap_or(rec.bucket_expiry(&rule.bucket));
    let expires_at = match expires {
        // A cycle that waits for its first use has not begun: what it grants ends with it.
        Expiry::Never | Expiry::Cycle => expiry(expires, rec.at, end, &subscription.zone),
        _ if end.is_none() => None,
        _ => expiry(expires, rec.at, end, &subscription.zone),
    };
    let new = PlanGrant {
        kind: match issue {
            Issue::Welcome => GrantKind::Welcome,
            Issue::Trial => GrantKind::Trial,
            _ => GrantKind::Plan,
        },
        bucket: &rule.bucket,
        amount,
        seat,
        expires_at,
        only_tools: rule.only_tools.clone(),
        issue,
    };
    rec.grant_for(subscription, new);
}

/// When credits end that are granted at `at` in a cycle that ends then; months are those of the zone's calendar.
pub(crate) fn expiry(expires: Expiry, at: Timestamp, cycle_end: Option<Timestamp>, zone: &str) -> Option<Timestamp> {
    let in_months = |months: u32| cycle::months_later(at, months, cycle::zone(zone));
    let later = |own_end: Timestamp| Some(cycle_end.map_or(own_end, |end| end.max(own_end)));
    match expires {
        Expiry::Never => None,
        Expiry::Cycle => cycle_end,
        Expiry::After(span) => Some(at.after(span)),
        Expiry::AfterMonths(months) => Some(in_months(months)),
        Expiry::LaterOf(span) => later(at.after(span)),
        Expiry::LaterOfMonths(months) => later(in_months(months)),
    }
}

/// A grant that a subscription makes.
pub(crate) struct PlanGrant<'a> {
    pub(crate) kind: GrantKind,
    pub(crate) bucket: &'a Name,
    pub(crate) amount: Credits,
    pub(crate) seat: Option<u32>,
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) only_tools: Option<Vec<Name>>,
    pub(crate) issue: Issue,
}

impl Wallet {
    /// A plan as it is for a customer: by its contract, or the catalog's.
    pub(crate) fn plan_in<'t>(&'t self, terms: &'t Terms, pool: PoolId, id: &str) -> Option<&'t Plan> {
        plan_for(self.contracts(pool), terms, id)
    }

    /// The plans that are a customer's own.
    fn contracts(&self, pool: PoolId) -> &[Plan] {
        let profile = self.customers.get(usize::from(pool.0)).and_then(|customer| customer.profile.as_ref());
        profile.map_or(&[], |profile| &profile.contracts)
    }
}

impl Recorder<'_> {
    pub(crate) fn subscription(&self, id: SubscriptionId) -> Subscription {
        Subscription::clone(self.wallet.subscriptions.get(&id).expect("the caller found it"))
    }

    /// A plan as it is for this customer now.
    pub(crate) fn plan_of(&self, pool: PoolId, id: &str) -> Option<Plan> {
        let terms = self.book.at(self.at)?;
        self.wallet.plan_in(terms, pool, id).cloned()
    }

    /// Grants that the subscription's cycle made and that may have something left: quota, what was added to it
    /// and what was kept while a payment was due.
    pub(crate) fn cycle_grants(&self, id: SubscriptionId) -> Vec<GrantId> {
        self.grants_from(id, |issue| matches!(issue, Issue::Quota | Issue::Added | Issue::Kept))
    }

    pub(crate) fn grants_from(&self, id: SubscriptionId, wanted: impl Fn(Issue) -> bool) -> Vec<GrantId> {
        let is_one = |grant: &&Grant| {
            grant.terms.source.is_some_and(|source| source.subscription == id && wanted(source.issue))
                && !grant.voided
                && !grant.is_settled()
        };
        self.wallet.grants.iter().filter(is_one).map(|grant| grant.id).collect()
    }

    /// Did a grant by this rule come for a month of the cycle, and not for all of it?
    fn came_for_month(&self, grant: &Grant, rule: &GrantRule) -> bool {
        let ends_with_month = rule.expires.unwrap_or(self.bucket_expiry(&rule.bucket)) == Expiry::Cycle;
        rule.drip == Drip::Monthly && (!ends_with_month || grant.has_ended(self.at))
    }

    pub(crate) fn bucket_terms(&self, bucket: &str) -> Option<&BucketTerms> {
        self.book.at(self.at)?.spending.bucket(bucket)
    }

    pub(crate) fn bucket_expiry(&self, bucket: &str) -> Expiry {
        self.bucket_terms(bucket).map_or(Expiry::Cycle, |terms| terms.expires)
    }

    /// When credits end that come to a pool beside its plans; those that end with the cycle, with the next that
    /// ends.
    pub(crate) fn expiry_beside_plans(
        &self,
        pool: PoolId,
        own: Option<Expiry>,
        bucket: &BucketTerms,
    ) -> Option<Timestamp> {
        let zone = self.wallet.zone_of(pool).unwrap_or_else(|| self.zone());
        expiry(own.unwrap_or(bucket.expires), self.at, self.wallet.next_cycle_end(pool), &zone)
    }

    /// What the customer, or one seat of it, has in a bucket.
    pub(crate) fn posted_in(&self, bucket: &str, pool: PoolId, seat: Option<u32>) -> Credits {
        let counts = |grant: &&Grant| {
            let terms = &grant.terms;
            terms.bucket.as_str() == bucket && terms.pool == pool && terms.seat == seat && !grant.is_debt()
        };
        let live = self.wallet.grants.iter().filter(|grant| !grant.has_ended(self.at));
        live.filter(counts).map(|grant| grant.balance.posted()).sum()
    }

    /// How much more may be carried into a bucket, which may have a most of its own; what is above the cap of what is
    /// carried already is trimmed.
    fn room_to_carry(
        &mut self,
        subscription: &Subscription,
        bucket: &Name,
        seat: Option<u32>,
        total_at_most: Option<Credits>,
    ) -> Credits {
        let in_bucket = self.bucket_terms(bucket).map_or(Credits::MAX, |terms| {
            self.wallet.bucket_room_of_cycle(subscription.pool, terms, self.at).max(Credits::ZERO)
        });
        let Some(most) = total_at_most else { return in_bucket };
        let there = self.posted_in(bucket, subscription.pool, seat);
        let mut above = there.saturating_sub(most).max(Credits::ZERO);
        for id in self.grants_from(subscription.id, |issue| issue == Issue::Carried).into_iter().rev() {
            let grant = self.wallet.grant(id).expect("listed above");
            if grant.terms.bucket == *bucket && grant.terms.seat == seat && !grant.has_ended(self.at) {
                let amount = above.min(grant.balance.available);
                self.shift(EntryKind::Trim, id, Place::Available, Place::Expired, amount);
                above = above.saturating_sub(amount);
            }
        }
        most.saturating_sub(there).max(Credits::ZERO).min(in_bucket)
    }

    /// Makes a grant for a subscription, as far as its bucket and the wallet can take it.
    pub(crate) fn grant_for(&mut self, subscription: &Subscription, new: PlanGrant<'_>) {
        let terms = self.bucket_terms(new.bucket);
        let currency = terms.map_or_else(|| Name::from(CREDITS), |terms| terms.currency.clone());
        let names = (new.bucket.clone(), currency);
        let room =
            terms.map_or(Credits::MAX, |terms| self.wallet.bucket_room_of_cycle(subscription.pool, terms, self.at));
        let amount = new.amount.min(room).min(self.wallet.room());
        let has_ended = new.expires_at.is_some_and(|end| end <= self.at);
        if !amount.is_positive() || has_ended {
            return;
        }
        let terms = GrantTerms {
            expires_at: new.expires_at,
            only_tools: new.only_tools,
            reason: Some(subscription.plan.id.clone()),
            source: Some(Source {
                subscription: subscription.id,
                cycle: subscription.cycle,
                part: subscription.part,
                issue: new.issue,
            }),
            seat: new.seat,
            ..GrantTerms::new(new.kind, names, subscription.pool, amount, self.at)
        };
        self.issue(terms, EntryKind::Grant, None);
    }
}
