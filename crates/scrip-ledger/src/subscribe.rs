//! Subscribing: a customer starts a plan.

use std::sync::Arc;

use crate::amount::Credits;
use crate::command::SubscriptionNew;
use crate::customer::PoolId;
use crate::grant::Issue;
use crate::id::{Name, SubscriptionId};
use crate::note::{Note, SubscriptionNote};
use crate::plan::{CycleAnchor, GrantRule, Interval, Plan, SeatPool};
use crate::refusal::{Offer, Refusal};
use crate::renewal;
use crate::reply::Reply;
use crate::subscription::{Subscription, SubscriptionStatus};
use crate::tally::{Counted, Tally, TallyKey};
use crate::time::Timestamp;
use crate::wallet::Recorder;
use crate::{cycle, freeze, shorter_period};

/// Seats that own their credits, at most: each gets a grant of its own every cycle.
const OWN_SEATS_MAX: u32 = 2_000;

/// Starts a plan, now or later, and grants what its first cycle promises.
///
/// Refusals: `not_found` (customer); `unknown_plan`; `not_entitled` (the plan is retired); `invalid_input`
/// (`plan`: its terms are agreed with each customer, and none are; `interval`: it is not sold so; `seats`);
/// `already_exists` (a customer has one subscription unless the catalog allows several); `invalid_amount` (more
/// than a wallet can count).
pub(crate) fn subscribe(rec: &mut Recorder<'_>, new: &SubscriptionNew) -> Result<Reply, Refusal> {
    let pool = rec.wallet.known_pool(&new.customer)?;
    let plan = rec.offered_plan(pool, &new.plan)?;
    let seats = check_terms(&plan, new.interval, new.seats)?;
    let terms = rec.book.at(rec.at).expect("a plan was found in it or in a contract").clone();
    let has_one = rec.wallet.subscriptions_of(pool).any(|subscription| !subscription.has_ended());
    if has_one && !terms.rules.several_subscriptions {
        return Err(Refusal::AlreadySubscribed);
    }
    rec.room_for_plan(&plan, new.interval, seats)?;
    // From here on this must succeed.
    let starts_at = new.starts_at.filter(|start| *start > rec.at);
    let anchor = starts_at.unwrap_or(rec.at);
    let zone = rec.wallet.zone_of(pool);
    let subscription = Subscription {
        id: SubscriptionId(rec.next_id()),
        pool,
        catalog_version: terms.version,
        interval: new.interval,
        seats,
        status: SubscriptionStatus::Scheduled,
        anchor,
        anchored_to: anchored_to(&plan, new.interval, terms.rules.cycle_anchor),
        zone: zone.unwrap_or_else(|| terms.zone.clone()),
        plan: Arc::new(plan),
        cycle: 0,
        cycle_of_anchor: 0,
        period_start: anchor,
        period_end: None,
        part: 0,
        ends: false,
        next: None,
        granted: Vec::new(),
        add_ons: Vec::new(),
        created_at: rec.at,
        ended_at: None,
        next_part_at: None,
        kept_by: None,
        shorter: Vec::new(),
    };
    let id = subscription.id;
    match starts_at {
        Some(_) => rec.put_subscription(subscription),
        None => begin(rec, subscription),
    }
    rec.settle_debt();
    Ok(Reply::Subscription(rec.wallet.subscriptions[&id].clone()))
}

impl Recorder<'_> {
    /// A plan that can be started or changed to.
    pub(crate) fn offered_plan(&self, pool: PoolId, id: &Name) -> Result<Plan, Refusal> {
        let terms = self.book.at(self.at);
        let Some(plan) = self.plan_of(pool, id).filter(|_| terms.is_some()) else {
            let known = terms.iter().flat_map(|terms| &terms.plans).filter(|plan| !plan.retired);
            let known = known.map(|plan| plan.id.clone()).collect();
            return Err(Refusal::Unknown { what: Offer::Plan, id: id.clone(), known, next_reset_at: None });
        };
        if plan.retired {
            return Err(Refusal::NotAllowed { what: id.clone(), reason: Name::from("is no longer sold") });
        }
        Ok(plan)
    }

    /// Can what a cycle grants be counted?
    pub(crate) fn room_for_plan(&self, plan: &Plan, interval: Interval, seats: u32) -> Result<(), Refusal> {
        let rules = plan.terms(interval).into_iter().flat_map(|terms| &terms.grants).chain(&plan.welcome);
        let rules = rules.chain(plan.trial_grants.iter().flatten());
        let most = rules.fold(Credits::ZERO, |sum, rule| {
            sum.checked_add(renewal::times(rule.credits, seats)).unwrap_or(Credits::MAX)
        });
        self.wallet.room_for(most)
    }
}

/// Is the plan sold so? Answers the seats.
pub(crate) fn check_terms(plan: &Plan, interval: Interval, seats: Option<u32>) -> Result<u32, Refusal> {
    if plan.by_contract && plan.terms.is_empty() {
        return Err(Refusal::invalid("plan", "has its terms by contract: set them in the customer's overrides first"));
    }
    if plan.terms(interval).is_none() {
        let sold: Vec<&str> = plan.terms.iter().map(|terms| terms.interval.as_str()).collect();
        return Err(Refusal::invalid("interval", &format!("must be one of: {}", sold.join(", "))));
    }
    let Some(terms) = plan.seats else {
        return match seats {
            None | Some(1) => Ok(1),
            Some(_) => Err(Refusal::invalid("seats", "this plan is not sold by seat: leave it out")),
        };
    };
    let own_max = if terms.pool == SeatPool::Own { OWN_SEATS_MAX } else { u32::MAX };
    let most = terms.at_most.unwrap_or(u32::MAX).min(own_max);
    let seats = seats.unwrap_or(terms.at_least);
    if seats < terms.at_least.max(1) || seats > most {
        let reason = format!("must be at least {} and at most {most}", terms.at_least.max(1));
        return Err(Refusal::invalid("seats", &reason));
    }
    Ok(seats)
}

pub(crate) fn anchored_to(plan: &Plan, interval: Interval, otherwise: CycleAnchor) -> CycleAnchor {
    plan.terms(interval).and_then(|terms| terms.anchor).unwrap_or(otherwise)
}

/// A subscription that was started for later begins.
pub(crate) fn starts(rec: &mut Recorder<'_>, id: SubscriptionId) {
    let subscription = rec.subscription(id);
    begin(rec, subscription);
}

/// The first cycle, or the time to try the plan; what a customer gets once comes with the first start ever.
fn begin(rec: &mut Recorder<'_>, mut subscription: Subscription) {
    let (id, pool) = (subscription.id, subscription.pool);
    let is_first = welcome_once(rec, &subscription);
    subscription.status = SubscriptionStatus::Active;
    subscription.set_period(rec.at);
    if let Some(trial) = subscription.plan.trial.filter(|_| is_first) {
        subscription.status = SubscriptionStatus::Trialing;
        subscription.period_end = Some(rec.at.after(trial));
    }
    rec.put_subscription(subscription.clone());
    freeze::thaw(rec, pool);
    if is_first {
        for rule in &subscription.plan.welcome.clone() {
            renewal::grant_rule(rec, &subscription, rule, None, rule.credits, Issue::Welcome);
        }
    }
    if subscription.status == SubscriptionStatus::Trialing {
        for rule in subscription.plan.trial_grants.iter().flatten() {
            renewal::grant_rule(rec, &subscription, rule, None, rule.credits, Issue::Trial);
        }
    }
    grant_first(rec, &mut subscription);
    subscription.find_part(rec.at);
    rec.put_subscription(subscription);
    rec.note(Note::Subscription { id, what: SubscriptionNote::Started });
}

/// Remembers that the customer has started this plan. Answers whether it is the first time.
fn welcome_once(rec: &mut Recorder<'_>, subscription: &Subscription) -> bool {
    let key = TallyKey { pool: subscription.pool, member: None, what: Counted::Welcome(subscription.plan.id.clone()) };
    let is_first = !rec.wallet.tallies.contains_key(&key);
    if is_first {
        rec.tally(key, Tally::once(rec.at));
    }
    is_first
}

/// The quota of the first cycle. A plan that costs nothing, ended at once and started again, grants no more
/// than its period would have: starting over never mints credits.
fn grant_first(rec: &mut Recorder<'_>, subscription: &mut Subscription) {
    let rules: Vec<GrantRule> = subscription.rules().cloned().collect();
    let Some(terms) = subscription.terms() else { return };
    let is_free = terms.price.is_none_or(|price| price.minor == 0);
    let before: Vec<Arc<Subscription>> = (rec.wallet.subscriptions_of(subscription.pool))
        .filter(|other| is_free && other.id != subscription.id && other.had_until(rec.at))
        .cloned()
        .collect();
    for rule in &rules {
        for (seat, quota) in renewal::quotas(rule, subscription) {
            let had = before.iter().map(|other| other.granted(&rule.bucket, seat)).max().unwrap_or_default();
            let amount = quota.saturating_sub(had).max(Credits::ZERO);
            renewal::grant_rule(rec, subscription, rule, seat, amount, Issue::Quota);
            subscription.set_granted(&rule.bucket, seat, quota);
        }
    }
    shorter_period::grant_first(rec, subscription, is_free);
}

impl Subscription {
    /// It was ended at once, and its period would not be over.
    fn had_until(&self, at: Timestamp) -> bool {
        self.has_ended() && self.ended_at.is_some() && self.period_end.is_some_and(|end| end > at)
    }

    /// The first use starts a cycle that waited for it.
    pub(crate) fn used(&mut self, at: Timestamp) {
        let from_now = cycle::Calendar { anchor: at, ..self.calendar() };
        self.period_start = at;
        self.period_end = Some(from_now.start(1));
    }
}

impl Recorder<'_> {
    /// A job of the customer starts: cycles that begin with the first use begin.
    pub(crate) fn first_use(&mut self, pool: PoolId) {
        let waiting = self.wallet.plans_of(pool).filter(|subscription| subscription.period_end.is_none());
        for mut subscription in waiting.cloned().collect::<Vec<Subscription>>() {
            subscription.used(self.at);
            self.put_subscription(subscription);
        }
    }
}
