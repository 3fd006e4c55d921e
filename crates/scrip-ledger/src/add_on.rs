//! Add-ons: units bought on top of a plan, renewing with it.

use std::sync::Arc;

use minicbor::{Decode, Encode};

use crate::amount::{Credits, Money};
use crate::command::AddOnNew;
use crate::customer::PoolId;
use crate::grant::{GrantKind, Issue};
use crate::id::{AddOnId, Name};
use crate::note::{Note, SubscriptionNote};
use crate::plan::{GrantPer, Interval};
use crate::refusal::{Missing, Offer, Refusal};
use crate::renewal::{self, PlanGrant, per_seat, times};
use crate::reply::Reply;
use crate::subscription::{AddOn, Subscription};
use crate::wallet::Recorder;

/// A unit that customers of some plans can buy, any number of them at any time (MISSION S3-18 to S3-28).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct AddOnTerms {
    #[n(0)]
    pub id: Name,
    #[n(1)]
    pub name: String,
    /// Of one unit.
    #[n(2)]
    pub credits: Credits,
    #[n(3)]
    pub price: Option<Money>,
    #[n(4)]
    pub bucket: Name,
    /// Plans that can buy it.
    #[n(5)]
    pub plans: Vec<Name>,
    /// On an annual plan: month by month, or twelve times at once (MISSION A28).
    #[n(6)]
    pub on_annual: OnAnnual,
    /// A unit bought in mid-cycle: in full, or by the time left (MISSION A24).
    #[n(7)]
    pub first_period: FirstPeriod,
    #[n(8)]
    pub refundable: bool,
    #[n(9)]
    pub sample: bool,
    #[n(10)]
    pub retired: bool,
    /// How the price list says it, instead of the words made from it.
    #[n(11)]
    pub text: Option<String>,
    /// How the price list says that it recurs.
    #[n(12)]
    pub interval: Interval,
    /// For the customer, or for each seat of the plan: of its own where seats have credits of their own.
    #[n(13)]
    #[cbor(default)]
    pub per: GrantPer,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum OnAnnual {
    #[default]
    #[n(0)]
    Monthly,
    #[n(1)]
    Inherit,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum FirstPeriod {
    #[default]
    #[n(0)]
    Full,
    #[n(1)]
    Prorate,
}

/// Buys units: their credits are there at once and end with the cycle, whatever is left of it (MISSION A24).
///
/// Refusals: `not_found` (customer, subscription); `unknown_add_on`; `not_entitled` (retired; no running plan, or
/// none that the unit is for: MISSION S3-25, S3-26); `invalid_input` (`units`); `invalid_amount` (more than a
/// wallet can count).
pub(crate) fn buy(rec: &mut Recorder<'_>, new: &AddOnNew) -> Result<Reply, Refusal> {
    let pool = rec.wallet.known_pool(&new.customer)?;
    let terms = rec.book.at(rec.at).and_then(|terms| terms.add_on(&new.add_on)).cloned();
    let terms = terms.ok_or_else(|| {
        let known = rec.book.at(rec.at).into_iter().flat_map(|terms| &terms.add_ons).map(|add_on| add_on.id.clone());
        Refusal::Unknown { what: Offer::AddOn, id: new.add_on.clone(), known: known.collect(), next_reset_at: None }
    })?;
    let refused = |reason: &str| Refusal::NotAllowed { what: new.add_on.clone(), reason: Name::from(reason) };
    if terms.retired {
        return Err(refused("is no longer sold"));
    }
    let mut subscription = host(rec, pool, new, &terms)?;
    if new.units == 0 || new.units > UNITS_MAX {
        return Err(Refusal::invalid("units", "must be at least 1 and at most 1000000"));
    }
    let first = |whole: Credits| match terms.first_period {
        FirstPeriod::Full => whole,
        FirstPeriod::Prorate => {
            rec.share_of_cycle(&subscription, &terms.bucket, whole, comes_monthly(&terms, &subscription))
        }
    };
    let parts: Vec<(Option<u32>, Credits)> =
        parts(&terms, new.units, &subscription).into_iter().map(|(seat, whole)| (seat, first(whole))).collect();
    let all = parts.iter().try_fold(Credits::ZERO, |sum, (_, amount)| sum.checked_add(*amount));
    rec.wallet.room_for(all.unwrap_or(Credits::MAX))?;
    // From here on this must succeed.
    let id = AddOnId(rec.next_id());
    subscription.add_ons.push(AddOn {
        id,
        terms: Arc::new(terms),
        units: new.units,
        created_at: rec.at,
        ends: false,
        ended_at: None,
        granted: None,
    });
    subscription.find_part(rec.at);
    let now = Some((subscription.cycle, subscription.part));
    let add_on = subscription.add_ons.last_mut().expect("just pushed");
    add_on.granted = now;
    let add_on = add_on.clone();
    rec.put_subscription(subscription.clone());
    for (seat, amount) in parts {
        rec.grant_units(&subscription, &add_on, seat, amount);
    }
    rec.note(Note::AddOn { subscription: subscription.id, id, what: SubscriptionNote::Started });
    rec.settle_debt();
    Ok(Reply::AddOn { subscription: rec.wallet.subscriptions[&subscription.id].clone(), id })
}

const UNITS_MAX: u32 = 1_000_000;

/// The subscription that the units belong to: the one named, or the only one that can have them.
fn host(rec: &Recorder<'_>, pool: PoolId, new: &AddOnNew, terms: &AddOnTerms) -> Result<Subscription, Refusal> {
    let refused = |reason: String| Refusal::NotAllowed { what: new.add_on.clone(), reason: Name::from(reason) };
    let can = |subscription: &Subscription| terms.plans.contains(&subscription.plan.id);
    let plans: Vec<&str> = terms.plans.iter().map(|plan| plan.as_str()).collect();
    let for_plans = || refused(format!("is for customers of: {}", plans.join(", ")));
    if let Some(id) = new.subscription {
        let found = rec.wallet.subscriptions.get(&id).filter(|subscription| subscription.pool == pool);
        let found = found.ok_or(Refusal::NotFound { what: Missing::Subscription })?;
        return if found.is_live() && can(found) { Ok(Subscription::clone(found)) } else { Err(for_plans()) };
    }
    let mut live = rec.wallet.subscriptions_of(pool).filter(|subscription| subscription.is_live()).peekable();
    if live.peek().is_none() {
        return Err(refused(format!("needs a running plan: {}", plans.join(", "))));
    }
    live.find(|subscription| can(subscription)).map(|found| Subscription::clone(found)).ok_or_else(for_plans)
}

/// An add-on ends with its period, which is a month where it comes by the month; its credits stay until the cycle
/// ends (MISSION S3-25).
///
/// Refusals: `not_found` (add-on).
pub(crate) fn end(rec: &mut Recorder<'_>, id: AddOnId) -> Result<Reply, Refusal> {
    let holds_it = |subscription: &&Arc<Subscription>| subscription.add_ons.iter().any(|add_on| add_on.id == id);
    let found = rec.wallet.subscriptions.values().find(holds_it);
    let mut subscription = Subscription::clone(found.ok_or(Refusal::NotFound { what: Missing::AddOn })?);
    // From here on this must succeed.
    let subscription_id = subscription.id;
    let running =
        subscription.add_ons.iter_mut().find(|add_on| add_on.id == id && add_on.ended_at.is_none() && !add_on.ends);
    if let Some(add_on) = running {
        add_on.ends = true;
        rec.put_subscription(subscription);
        rec.note(Note::AddOn { subscription: subscription_id, id, what: SubscriptionNote::CancelScheduled });
    }
    Ok(Reply::AddOn { subscription: rec.wallet.subscriptions[&subscription_id].clone(), id })
}

/// What so many units bring in a cycle: for the customer, for each seat, or for all seats together.
fn parts(terms: &AddOnTerms, units: u32, subscription: &Subscription) -> Vec<(Option<u32>, Credits)> {
    let one = times(times(terms.credits, units), cycles_at_once(terms, subscription.interval));
    per_seat(terms.per, one, subscription)
}

/// Twelve months at once, where the unit comes so on an annual plan.
pub(crate) fn cycles_at_once(terms: &AddOnTerms, interval: Interval) -> u32 {
    let at_once = interval == Interval::Year && terms.on_annual == OnAnnual::Inherit;
    if at_once { 12 } else { 1 }
}

fn comes_monthly(terms: &AddOnTerms, subscription: &Subscription) -> bool {
    subscription.interval == Interval::Year && terms.on_annual == OnAnnual::Monthly
}

/// What is left of all units ends with the cycle.
pub(crate) fn expire(rec: &mut Recorder<'_>, subscription: &Subscription) {
    for id in rec.grants_from(subscription.id, |issue| matches!(issue, Issue::AddOn(_))) {
        rec.end_with_rest(id);
    }
}

/// A cycle begins: units that were cancelled, or that the plan does not allow any more, are gone.
pub(crate) fn end_cancelled(rec: &mut Recorder<'_>, subscription: &mut Subscription) {
    let (plan, at) = (subscription.plan.id.clone(), rec.at);
    for add_on in subscription.add_ons.iter_mut().filter(|add_on| add_on.ended_at.is_none()) {
        if !add_on.goes_on_with(&plan) {
            add_on.ended_at = Some(at);
            rec.note(Note::AddOn { subscription: subscription.id, id: add_on.id, what: SubscriptionNote::Ended });
        }
    }
}

/// A month within the cycle begins: units that come by the month and were cancelled come no more. What they brought
/// stays until the cycle ends (MISSION S3-25, A28).
pub(crate) fn end_cancelled_month(rec: &mut Recorder<'_>, subscription: &mut Subscription) {
    let ends = |add_on: &AddOn| add_on.ended_at.is_none() && add_on.ends && comes_monthly(&add_on.terms, subscription);
    let ended: Vec<AddOnId> =
        subscription.add_ons.iter().filter(|add_on| ends(add_on)).map(|add_on| add_on.id).collect();
    for add_on in subscription.add_ons.iter_mut().filter(|add_on| ended.contains(&add_on.id)) {
        add_on.ended_at = Some(rec.at);
        rec.note(Note::AddOn { subscription: subscription.id, id: add_on.id, what: SubscriptionNote::Ended });
    }
}

/// Grants the running units that have not been granted in the cycle, and the month, at work.
pub(crate) fn renew(rec: &mut Recorder<'_>, subscription: &mut Subscription) {
    let now = Some((subscription.cycle, subscription.part));
    for index in 0..subscription.add_ons.len() {
        if !subscription.add_ons[index].is_due(subscription) {
            continue;
        }
        subscription.add_ons[index].granted = now;
        let add_on = subscription.add_ons[index].clone();
        for (seat, amount) in parts(&add_on.terms, add_on.units, subscription) {
            rec.grant_units(subscription, &add_on, seat, amount);
        }
        rec.note(Note::AddOn { subscription: subscription.id, id: add_on.id, what: SubscriptionNote::Renewed });
    }
}

impl AddOn {
    /// Runs on into a cycle of this plan.
    pub(crate) fn goes_on_with(&self, plan: &Name) -> bool {
        !self.ends && self.terms.plans.contains(plan)
    }

    fn is_due(&self, subscription: &Subscription) -> bool {
        let monthly = comes_monthly(&self.terms, subscription);
        let is_granted = self
            .granted
            .is_some_and(|(cycle, part)| cycle == subscription.cycle && (part == subscription.part || !monthly));
        self.ended_at.is_none() && !is_granted
    }
}

impl Recorder<'_> {
    /// Units end with the cycle of the plan (MISSION S3-18, A28).
    fn grant_units(&mut self, subscription: &Subscription, add_on: &AddOn, seat: Option<u32>, amount: Credits) {
        let expires = self.bucket_expiry(&add_on.terms.bucket);
        let new = PlanGrant {
            kind: GrantKind::AddOn,
            bucket: &add_on.terms.bucket,
            amount,
            seat,
            expires_at: renewal::expiry(expires, self.at, subscription.period_end, &subscription.zone),
            only_tools: None,
            issue: Issue::AddOn(add_on.id),
        };
        self.grant_for(subscription, new);
    }
}
