//! Changing a plan: another plan, another interval, more seats or fewer.
//!
//! What a cycle granted is remembered by bucket and seat, and a change grants only what is missing to it: back
//! and forth never mints credits.

use std::cmp::Ordering;
use std::sync::Arc;

use crate::amount::Credits;
use crate::book::{Book, Terms};
use crate::command::SubscriptionChange;
use crate::entry::{EntryKind, Place};
use crate::grant::{Issue, Source};
use crate::id::{GrantId, Name, SubscriptionId};
use crate::note::{Note, SubscriptionNote};
use crate::plan::{Downgrade, GrantRule, Interval, Plan, PlanTerms, Renewal, Rollout, Upgrade};
use crate::refusal::Refusal;
use crate::reply::Reply;
use crate::rollover::Onward;
use crate::subscribe::{anchored_to, check_terms};
use crate::subscription::{Granted, PlanChoice, Subscription, SubscriptionStatus, granted_in, set_granted_in};
use crate::time::Timestamp;
use crate::wallet::{Recorder, Wallet};
use crate::{add_on, renewal, shorter_period};

/// Changes a subscription now or at its renewal, as the catalog's policies say (MISSION A40, A41, A26). A choice
/// of what it is already takes back a change that waits for the renewal.
///
/// Refusals: `not_found` (subscription); `subscription_ended`; `unknown_plan`; `not_entitled` (the plan is
/// retired); `invalid_input` (`plan`, `interval`, `seats`); `invalid_amount` (more than a wallet can count).
pub(crate) fn change(rec: &mut Recorder<'_>, id: SubscriptionId, to: &SubscriptionChange) -> Result<Reply, Refusal> {
    let mut subscription = rec.live_subscription(id)?;
    let choice = PlanChoice {
        plan: to.plan.clone().unwrap_or_else(|| subscription.plan.id.clone()),
        interval: to.interval.unwrap_or(subscription.interval),
        seats: subscription.seats,
    };
    let plan = match choice.plan == subscription.plan.id {
        true => rec.own_plan(&subscription, choice.interval),
        false => rec.offered_plan(subscription.pool, &choice.plan)?,
    };
    let seats = to.seats.or(plan.seats.map(|_| subscription.seats));
    let choice = PlanChoice { seats: check_terms(&plan, choice.interval, seats)?, ..choice };
    rec.room_for_plan(&plan, choice.interval, choice.seats)?;
    // From here on this must succeed.
    if let Some(ends) = to.ends {
        subscription.ends = ends;
    }
    subscription.next = None;
    if subscription.status == SubscriptionStatus::Scheduled {
        let otherwise = rec.book.at(rec.at).map(|terms| terms.rules.cycle_anchor).unwrap_or_default();
        choose(&mut subscription, plan, &choice);
        subscription.anchored_to = anchored_to(&subscription.plan, subscription.interval, otherwise);
        rec.put_subscription(subscription);
    } else {
        decide(rec, subscription, plan, choice);
    }
    rec.note(Note::Subscription { id, what: SubscriptionNote::Changed });
    rec.settle_debt();
    Ok(Reply::Subscription(rec.wallet.subscriptions[&id].clone()))
}

impl Recorder<'_> {
    /// The plan that a subscription has, as it has it: new terms come with the renewal, and not with a change of
    /// seats. Billed otherwise it is as the studio sells it now, unless running plans keep their terms.
    fn own_plan(&self, subscription: &Subscription, interval: Interval) -> Plan {
        let kept = self.book.at(self.at).is_none_or(|terms| terms.rules.rollout == Rollout::NewOnly);
        let own = &subscription.plan;
        let as_sold = || self.plan_of(subscription.pool, &own.id).filter(|plan| plan.terms(interval).is_some());
        let stays = own.terms(interval).is_some() && (kept || interval == subscription.interval);
        if stays { Plan::clone(own) } else { as_sold().unwrap_or_else(|| Plan::clone(own)) }
    }
}

fn choose(subscription: &mut Subscription, plan: Plan, choice: &PlanChoice) {
    subscription.plan = Arc::new(plan);
    subscription.interval = choice.interval;
    subscription.seats = choice.seats;
}

/// When a change takes effect.
enum When {
    /// In the cycle at work: what is missing to the new quota is granted.
    Now,
    /// The same, and what is above the new quota ends.
    NowCapped,
    NewCycle,
    /// A new cycle, and what is left of the old one ends.
    Reset,
    NextRenewal,
}

/// What becomes of what is left of a cycle that a change cuts short.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rest {
    IsCarried,
    Ends,
}

fn decide(rec: &mut Recorder<'_>, mut subscription: Subscription, plan: Plan, choice: PlanChoice) {
    match when(rec, &subscription, &plan, &choice) {
        When::NextRenewal => {
            subscription.next = Some(choice);
            rec.put_subscription(subscription);
        }
        When::Now => {
            let seats_before = subscription.seats;
            take_terms(rec, &mut subscription, plan, &choice);
            grant_missing(rec, &mut subscription, seats_before);
            rec.put_subscription(subscription);
        }
        When::NowCapped => {
            let seats_before = subscription.seats;
            take_terms(rec, &mut subscription, plan, &choice);
            trim(rec, &mut subscription);
            grant_missing(rec, &mut subscription, seats_before);
            rec.put_subscription(subscription);
        }
        When::NewCycle => new_cycle(rec, subscription, plan, &choice, Rest::IsCarried),
        When::Reset => new_cycle(rec, subscription, plan, &choice, Rest::Ends),
    }
}

fn when(rec: &Recorder<'_>, subscription: &Subscription, plan: &Plan, choice: &PlanChoice) -> When {
    let rules = rec.book.at(rec.at).map(|terms| terms.rules.clone()).unwrap_or_default();
    let same_plan = choice.plan == subscription.plan.id;
    let upgraded = match rules.upgrade {
        Upgrade::NextRenewal => When::NextRenewal,
        Upgrade::NewCycle => When::NewCycle,
        Upgrade::Reset => When::Reset,
        Upgrade::GrantDifference if choice.interval != subscription.interval => When::NewCycle,
        Upgrade::GrantDifference => When::Now,
    };
    let downgraded = match rules.downgrade {
        Downgrade::NowCapped if choice.interval == subscription.interval => When::NowCapped,
        Downgrade::NowCapped | Downgrade::NextRenewal => When::NextRenewal,
    };
    if same_plan && choice.interval == subscription.interval {
        // Seats: added now, removed at the renewal (MISSION A26).
        return if choice.seats < subscription.seats { When::NextRenewal } else { When::Now };
    }
    if choice.interval != subscription.interval && same_plan {
        return if choice.interval > subscription.interval { When::NewCycle } else { When::NextRenewal };
    }
    let (before, after) = (
        Size::of(&subscription.plan, subscription.interval, subscription.seats),
        Size::of(plan, choice.interval, choice.seats),
    );
    match before.compare(&after) {
        Ordering::Less => upgraded,
        // Neither is dearer, and what the cycle granted is what the other would have.
        Ordering::Equal if choice.interval == subscription.interval && grants_alike(subscription, plan) => When::Now,
        Ordering::Equal | Ordering::Greater => downgraded,
    }
}

/// Does another plan grant the same into each bucket? One that grants elsewhere would grant a second quota.
fn grants_alike(subscription: &Subscription, plan: &Plan) -> bool {
    let grants = |plan: &Plan| {
        let rules = plan.terms(subscription.interval).into_iter().flat_map(|terms| &terms.grants);
        let every = |rule: &GrantRule| rule.every.map(|every| every.interval);
        let alike = |rule: &GrantRule| (rule.bucket.clone(), every(rule), rule.per, rule.drip, rule.credits);
        let mut grants: Vec<_> = rules.map(alike).collect();
        grants.sort_by(|a, b| (&a.0, a.1).cmp(&(&b.0, b.1)));
        grants
    };
    grants(&subscription.plan) == grants(plan)
}

/// How large a plan is: what a year of it costs, or else grants.
struct Size {
    price: Option<i128>,
    credits: i128,
}

impl Size {
    fn of(plan: &Plan, interval: Interval, seats: u32) -> Size {
        let in_a_year = |interval: Interval| match interval {
            Interval::Hour => 8_760,
            Interval::Day => 365,
            Interval::Week => 52,
            Interval::ThirtyDays | Interval::Month => 12,
            Interval::Year => 1,
        };
        let a_year = in_a_year(interval);
        let Some(terms) = plan.terms(interval) else { return Size { price: None, credits: 0 } };
        let seats = i128::from(seats);
        let credits = terms.grants.iter().map(|rule| {
            let count = if rule.per == crate::plan::GrantPer::Seat { seats } else { 1 };
            let monthly = interval == Interval::Year && rule.drip == crate::plan::Drip::Monthly;
            let by_cycle = if monthly { 12 } else { a_year };
            let times = rule.every.map_or(by_cycle, |every| in_a_year(every.interval));
            i128::from(rule.credits.micro()) * count * times
        });
        Size { price: terms.price.map(|price| i128::from(price.minor) * seats * a_year), credits: credits.sum() }
    }

    fn compare(&self, other: &Size) -> Ordering {
        match (self.price, other.price) {
            (Some(price), Some(other)) if price != other => price.cmp(&other),
            _ => self.credits.cmp(&other.credits),
        }
    }
}

fn take_terms(rec: &Recorder<'_>, subscription: &mut Subscription, plan: Plan, choice: &PlanChoice) {
    let has_new_terms = plan != *subscription.plan;
    choose(subscription, plan, choice);
    if let Some(terms) = rec.book.at(rec.at).filter(|_| has_new_terms) {
        subscription.catalog_version = terms.version;
    }
}

/// Grants what is missing to the quota of the cycle at work. Nothing while a payment is due.
fn grant_missing(rec: &mut Recorder<'_>, subscription: &mut Subscription, seats_before: u32) {
    // Another plan may arrive month by month.
    subscription.find_part(rec.at);
    if !subscription.is_past_due() {
        renewal::grant_missing(rec, subscription, Some(seats_before));
    }
}

/// What is left of the cycle's and shorter periods' credits is cut to the new quota; what a running job holds is of it
/// too, and stays held.
fn trim(rec: &mut Recorder<'_>, subscription: &mut Subscription) {
    let rules: Vec<GrantRule> = subscription.terms().into_iter().flat_map(PlanTerms::of_cycle).cloned().collect();
    let mut granted = std::mem::take(&mut subscription.granted);
    let of_cycle = rec.cycle_grants(subscription.id);
    cut(rec, &of_cycle, Allowed::by(&rules, subscription), &mut granted);
    subscription.granted = granted;
    shorter_period::trim(rec, subscription);
}

/// What may be left in a bucket, for a seat or for all.
pub(crate) struct Allowed {
    bucket: Name,
    seat: Option<u32>,
    left: Credits,
}

impl Allowed {
    /// The quotas that rules promise.
    pub(crate) fn by(rules: &[GrantRule], subscription: &Subscription) -> Vec<Allowed> {
        let allowed = |rule: &GrantRule| {
            let quotas = renewal::quotas(rule, subscription).into_iter();
            quotas.map(|(seat, left)| Allowed { bucket: rule.bucket.clone(), seat, left }).collect::<Vec<_>>()
        };
        rules.iter().flat_map(allowed).collect()
    }
}

/// Cuts grants to what may be left of them. What is cut off counts as never granted.
pub(crate) fn cut(rec: &mut Recorder<'_>, ids: &[GrantId], mut allowed: Vec<Allowed>, granted: &mut Vec<Granted>) {
    for grant in ids.iter().filter_map(|id| rec.wallet.grant(*id)) {
        let is_place = |place: &&mut Allowed| place.bucket == grant.terms.bucket && place.seat == grant.terms.seat;
        if let Some(place) = allowed.iter_mut().find(is_place) {
            place.left = place.left.saturating_sub(grant.balance.held);
        }
    }
    for id in ids {
        let grant = rec.wallet.grant(*id).expect("listed by the caller");
        let (bucket, seat, available) = (grant.terms.bucket.clone(), grant.terms.seat, grant.balance.available);
        let place = allowed.iter_mut().find(|place| place.bucket == bucket && place.seat == seat);
        let kept = match place {
            Some(place) => {
                let kept = available.min(place.left);
                place.left = place.left.saturating_sub(kept);
                kept
            }
            None => Credits::ZERO,
        };
        let above = available.saturating_sub(kept);
        rec.shift(EntryKind::Trim, *id, Place::Available, Place::Expired, above);
        if let Some(before) = granted_in(granted, &bucket, seat) {
            set_granted_in(granted, &bucket, seat, before.saturating_sub(above).max(Credits::ZERO));
        }
    }
}

/// A new cycle begins now, from a new anchor; what is left of the old one is carried into it.
fn new_cycle(rec: &mut Recorder<'_>, mut subscription: Subscription, plan: Plan, choice: &PlanChoice, rest: Rest) {
    let anchor_rule = rec.book.at(rec.at).map(|terms| terms.rules.cycle_anchor).unwrap_or_default();
    let ended = subscription.terms().cloned();
    take_terms(rec, &mut subscription, plan, choice);
    subscription.anchored_to = anchored_to(&subscription.plan, subscription.interval, anchor_rule);
    subscription.count_from(rec.at);
    subscription.end_trial();
    renewal::begin_cycle(rec, &mut subscription);
    match rest {
        Rest::IsCarried => carry_into(rec, &subscription, ended.as_ref()),
        Rest::Ends => {
            end_rest(rec, &subscription, ended.as_ref());
            shorter_period::trim(rec, &mut subscription);
        }
    }
    add_on::end_cancelled(rec, &mut subscription);
    if !subscription.is_past_due() {
        renewal::grant_missing(rec, &mut subscription, None);
        add_on::renew(rec, &mut subscription);
    }
    subscription.find_part(rec.at);
    rec.put_subscription(subscription);
}

/// What is left of the cycle before ends with it.
fn end_rest(rec: &mut Recorder<'_>, subscription: &Subscription, ended: Option<&PlanTerms>) {
    let of_cycle = |issue: Issue| !matches!(issue, Issue::Welcome | Issue::Carried) && issue.period().is_none();
    for id in rec.grants_from(subscription.id, of_cycle) {
        if !rec.stays_in_bucket(id, ended) {
            rec.end_with_rest(id);
        }
    }
}

/// What is left of the cycle before goes on until the end of the new one; a trial's credits end when it would have.
/// While a payment is due it is kept no longer than the time of grace, and goes on once the new cycle is paid.
fn carry_into(rec: &mut Recorder<'_>, subscription: &Subscription, ended: Option<&PlanTerms>) {
    let (issue, expires_at) = match subscription.status {
        SubscriptionStatus::PastDue { until, .. } => (Issue::Kept, Some(until)),
        _ => (Issue::Carried, subscription.period_end),
    };
    let source = Source { subscription: subscription.id, cycle: subscription.cycle, part: 0, issue };
    let is_due = subscription.is_past_due();
    let of_cycle = |issue: Issue| match issue {
        Issue::Welcome | Issue::Trial | Issue::Carried => false,
        // Shorter periods go on as they are.
        Issue::Shorter(_) | Issue::ShorterAdded(_) | Issue::ShorterKept(_) => false,
        // What was kept of a cycle that was never paid waits for the payment.
        Issue::Kept | Issue::KeptUnits => !is_due,
        Issue::Quota | Issue::Added | Issue::AddOn(_) => true,
    };
    for id in rec.grants_from(subscription.id, of_cycle) {
        let grant = rec.wallet.grant(id).expect("listed above");
        if !grant.has_ended(rec.at) && !rec.stays_in_bucket(id, ended) {
            rec.roll_over(id, grant.balance.available, Onward { source, bucket: None, expires_at });
            rec.end_grant(id);
        }
    }
}

impl Recorder<'_> {
    /// Is it a grant whose rest stays where it is when a cycle of these terms ends?
    fn stays_in_bucket(&self, id: GrantId, ended: Option<&PlanTerms>) -> bool {
        let terms = &self.wallet.grant(id).expect("listed by the caller").terms;
        let is_of_plan = terms.source.is_some_and(|source| matches!(source.issue, Issue::Quota | Issue::Added));
        let rule = ended.and_then(|of_plan| of_plan.rule(&terms.bucket));
        is_of_plan && rule.is_some_and(|rule| rule.renewal != Renewal::Reset)
    }
}

/// Is there a running plan that a catalog changes at once?
pub(crate) fn rolls_out(wallet: &Wallet, book: &Book, at: Timestamp) -> bool {
    if wallet.subscriptions.is_empty() {
        return false;
    }
    let terms = book.at(at).filter(|terms| terms.rules.rollout == Rollout::Immediate);
    terms.is_some_and(|terms| {
        let mut live = wallet.subscriptions.values().filter(|subscription| subscription.is_live());
        live.any(|subscription| new_terms(wallet, terms, subscription).is_some())
    })
}

/// What a catalog makes of a running plan, where it is something else.
fn new_terms<'t>(wallet: &'t Wallet, terms: &'t Terms, subscription: &Subscription) -> Option<&'t Plan> {
    if subscription.catalog_version >= terms.version {
        return None;
    }
    let plan = wallet.plan_in(terms, subscription.pool, &subscription.plan.id)?;
    (*plan != *subscription.plan && plan.terms(subscription.interval).is_some()).then_some(plan)
}

/// A catalog that reaches running plans at once has reached this wallet.
pub(crate) fn roll_out(rec: &mut Recorder<'_>) {
    let Some(terms) = rec.book.at(rec.at).filter(|terms| terms.rules.rollout == Rollout::Immediate).cloned() else {
        return;
    };
    let live: Vec<Arc<Subscription>> =
        rec.wallet.subscriptions.values().filter(|subscription| subscription.is_live()).cloned().collect();
    for subscription in live {
        let Some(plan) = new_terms(rec.wallet, &terms, &subscription).cloned() else { continue };
        let mut subscription = Subscription::clone(&subscription);
        let seats = subscription.seats;
        let choice = PlanChoice { plan: plan.id.clone(), interval: subscription.interval, seats };
        take_terms(rec, &mut subscription, plan, &choice);
        grant_missing(rec, &mut subscription, seats);
        rec.put_subscription(subscription);
    }
}
