//! Past due: a payment has not come; credits are kept for a time of grace and nothing new is granted
//! (MISSION A42).

use crate::cancel::{self, Ending};
use crate::grant::{GrantKind, Issue, Source};
use crate::id::SubscriptionId;
use crate::note::{Note, SubscriptionNote};
use crate::plan::{PlanTerms, Renewal};
use crate::refusal::Refusal;
use crate::renewal::Leaving;
use crate::reply::Reply;
use crate::rollover::Onward;
use crate::subscription::{Subscription, SubscriptionStatus};
use crate::time::{Span, Timestamp};
use crate::wallet::Recorder;
use crate::{add_on, renewal, shorter_period};

/// A payment is due. One that is past due already stays so, with the grace that it has.
///
/// Refusals: `not_found` (subscription); `subscription_ended`.
pub(crate) fn past_due(rec: &mut Recorder<'_>, id: SubscriptionId) -> Result<Reply, Refusal> {
    let mut subscription = rec.live_subscription(id)?;
    // From here on this must succeed.
    if subscription.is_live() && !subscription.is_past_due() {
        let grace = rec.book.at(rec.at).map_or(Span::from_days(7), |terms| terms.rules.past_due_grace);
        let trying = subscription.is_tried();
        subscription.status = SubscriptionStatus::PastDue { until: rec.at.after(grace), trying };
        rec.put_subscription(subscription);
        rec.note(Note::Subscription { id, what: SubscriptionNote::PastDue });
    }
    Ok(Reply::Subscription(rec.wallet.subscriptions[&id].clone()))
}

/// The payment has come: what the cycle at work promises and did not grant is granted now, once. What was kept
/// of the cycle before goes where it would have gone. A plan that was being tried is tried on.
///
/// Refusals: `not_found` (subscription); `subscription_ended`.
pub(crate) fn recover(rec: &mut Recorder<'_>, id: SubscriptionId) -> Result<Reply, Refusal> {
    let mut subscription = rec.live_subscription(id)?;
    // From here on this must succeed.
    if let SubscriptionStatus::PastDue { trying, .. } = subscription.status {
        subscription.status = if trying { SubscriptionStatus::Trialing } else { SubscriptionStatus::Active };
        let kept_by = subscription.kept_by.take();
        leave_kept(rec, &subscription, kept_by.as_deref().or(subscription.terms()));
        shorter_period::leave_kept(rec, &subscription, kept_by.as_deref().or(subscription.terms()));
        renewal::grant_missing(rec, &mut subscription, None);
        add_on::renew(rec, &mut subscription);
        subscription.find_part(rec.at);
        rec.put_subscription(subscription);
        rec.note(Note::Subscription { id, what: SubscriptionNote::Recovered });
        rec.settle_debt();
    }
    Ok(Reply::Subscription(rec.wallet.subscriptions[&id].clone()))
}

/// The period ends while a payment is due: the next begins without credits, and what is left is kept until the
/// grace is over.
pub(crate) fn keep_over(rec: &mut Recorder<'_>, mut subscription: Subscription, until: Timestamp) {
    let ended = subscription.terms().cloned();
    keep(rec, &mut subscription, until);
    shorter_period::keep(rec, &subscription, until);
    renewal::end_carried(rec, &subscription);
    renewal::leave_trial(rec, &mut subscription);
    renewal::take_next(rec, &mut subscription);
    shorter_period::renew(rec, &mut subscription, ended.as_ref());
    renewal::begin_cycle(rec, &mut subscription);
    add_on::end_cancelled(rec, &mut subscription);
    subscription.find_part(rec.at);
    rec.put_subscription(subscription);
}

/// What ends now of the subscription's credits is kept until then; what has an end of its own is left to that. Another
/// plan may come before the payment does, so the terms that say where the rest goes are kept with it.
pub(crate) fn keep(rec: &mut Recorder<'_>, subscription: &mut Subscription, until: Timestamp) {
    if subscription.kept_by.is_none() {
        subscription.kept_by = subscription.terms().cloned().map(Box::new);
    }
    let (cycle, part) = (subscription.cycle, subscription.part);
    let of_cycle = |issue: Issue| matches!(issue, Issue::Quota | Issue::Added | Issue::AddOn(_));
    for id in rec.grants_from(subscription.id, of_cycle) {
        let grant = rec.wallet.grant(id).expect("listed above");
        let rest = grant.balance.available;
        if grant.has_ended(rec.at) {
            let of_units = grant.terms.kind == GrantKind::AddOn;
            let issue = if of_units { Issue::KeptUnits } else { Issue::Kept };
            let source = Source { subscription: subscription.id, cycle, part, issue };
            rec.roll_over(id, rest, Onward { source, bucket: None, expires_at: Some(until) });
        }
    }
}

/// What is left of an earlier cycle or month goes where its rest would have gone, by the plan that granted it, since the
/// next is paid now: of units it ends. What a new cycle took with it goes on with it.
fn leave_kept(rec: &mut Recorder<'_>, subscription: &Subscription, kept_by: Option<&PlanTerms>) {
    let mut leaving = Leaving::default();
    for id in rec.cycle_grants(subscription.id) {
        let terms = rec.wallet.grant(id).expect("listed above").terms.clone();
        let rule = kept_by.and_then(|of_plan| of_plan.rule(&terms.bucket));
        match terms.source {
            Some(source) if source.issue == Issue::Kept && source.is_of_cycle(subscription) => {
                let source = Source { issue: Issue::Carried, ..source };
                let rest = rec.wallet.grant(id).expect("listed above").balance.available;
                rec.roll_over(id, rest, Onward { source, bucket: None, expires_at: subscription.period_end });
                rec.end_grant(id);
            }
            Some(source) if source.is_of_cycle(subscription) => {}
            _ if subscription.has_granted(&terms.bucket, terms.seat) => {}
            Some(source) if source.issue != Issue::Kept && rule.is_some_and(|rule| rule.renewal != Renewal::Reset) => {}
            _ => leaving.leave_by(rec, subscription, id, rule),
        }
    }
    let of_units = |issue: Issue| matches!(issue, Issue::KeptUnits | Issue::AddOn(_));
    for id in rec.grants_from(subscription.id, of_units) {
        let terms = &rec.wallet.grant(id).expect("listed above").terms;
        let is_over = |source: Source| source.issue == Issue::KeptUnits || source.cycle < subscription.cycle;
        if terms.source.is_some_and(is_over) {
            rec.end_with_rest(id);
        }
    }
}

impl Source {
    /// Is it of the cycle at work, and of the month at work in it?
    fn is_of_cycle(&self, subscription: &Subscription) -> bool {
        (self.cycle, self.part) == (subscription.cycle, subscription.part)
    }
}

/// No payment came: the subscription ends.
pub(crate) fn grace_ends(rec: &mut Recorder<'_>, id: SubscriptionId) {
    let subscription = rec.subscription(id);
    cancel::end(rec, subscription, Ending::Unpaid);
}
