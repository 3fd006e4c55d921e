//! Past due: a payment has not come; credits are kept for a time of grace and nothing new is granted
//! (MISSION A42).

use crate::cancel::{self, Ending};
use crate::grant::{GrantKind, Issue, Source};
use crate::id::SubscriptionId;
use crate::note::{Note, SubscriptionNote};
use crate::refusal::Refusal;
use crate::renewal::Leaving;
use crate::reply::Reply;
use crate::rollover::Onward;
use crate::subscription::{Subscription, SubscriptionStatus};
use crate::time::{Span, Timestamp};
use crate::wallet::Recorder;
use crate::{add_on, renewal};

/// A payment is due. One that is past due already stays so, with the grace that it has.
///
/// Refusals: `not_found` (subscription); `subscription_ended`.
pub(crate) fn past_due(rec: &mut Recorder<'_>, id: SubscriptionId) -> Result<Reply, Refusal> {
    let mut subscription = rec.live_subscription(id)?;
    // From here on this must succeed.
    if subscription.is_live() && !matches!(subscription.status, SubscriptionStatus::PastDue { .. }) {
        let grace = rec.book.at(rec.at).map_or(Span::from_days(7), |terms| terms.rules.past_due_grace);
        subscription.status = SubscriptionStatus::PastDue { until: rec.at.after(grace) };
        rec.put_subscription(subscription);
        rec.note(Note::Subscription { id, what: SubscriptionNote::PastDue });
    }
    Ok(Reply::Subscription(rec.wallet.subscriptions[&id].clone()))
}

/// The payment has come: what the cycle at work promises and did not grant is granted now, once. What was kept
/// of the cycle before goes where it would have gone.
///
/// Refusals: `not_found` (subscription); `subscription_ended`.
pub(crate) fn recover(rec: &mut Recorder<'_>, id: SubscriptionId) -> Result<Reply, Refusal> {
    let mut subscription = rec.live_subscription(id)?;
    // From here on this must succeed.
    if matches!(subscription.status, SubscriptionStatus::PastDue { .. }) {
        subscription.status = SubscriptionStatus::Active;
        leave_kept(rec, &subscription);
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
    keep(rec, &subscription, until);
    renewal::take_next(rec, &mut subscription);
    renewal::begin_cycle(rec, &mut subscription);
    add_on::end_cancelled(rec, &mut subscription);
    subscription.find_part(rec.at);
    rec.put_subscription(subscription);
}

/// What ends now of the subscription's credits is kept until then; what has an end of its own is left to that.
pub(crate) fn keep(rec: &mut Recorder<'_>, subscription: &Subscription, until: Timestamp) {
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

/// What was kept of an earlier cycle or month goes where its rest would have gone, since the next is paid now: of
/// units it ends.
fn leave_kept(rec: &mut Recorder<'_>, subscription: &Subscription) {
    let mut leaving = Leaving::default();
    for id in rec.grants_from(subscription.id, |issue| issue == Issue::Kept) {
        let terms = &rec.wallet.grant(id).expect("listed above").terms;
        if !subscription.has_granted(&terms.bucket, terms.seat) {
            leaving.leave_by_plan(rec, subscription, id);
        }
    }
    for id in rec.grants_from(subscription.id, |issue| issue == Issue::KeptUnits) {
        rec.end_with_rest(id);
    }
}

/// No payment came: the subscription ends.
pub(crate) fn grace_ends(rec: &mut Recorder<'_>, id: SubscriptionId) {
    let subscription = rec.subscription(id);
    cancel::end(rec, subscription, Ending::Unpaid);
}
