//! Cancelling: a subscription ends with its period, or at once.

use crate::amount::Credits;
use crate::command::CancelAt;
use crate::grant::Issue;
use crate::id::{Name, SubscriptionId};
use crate::note::{Note, SubscriptionNote};
use crate::plan::Expiry;
use crate::refusal::{Missing, Refusal};
use crate::reply::Reply;
use crate::subscription::{Granted, Subscription, SubscriptionStatus};
use crate::wallet::Recorder;
use crate::{freeze, renewal, shorter_period};

/// How a subscription came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    PeriodOver,
    /// No payment came within the time of grace.
    Unpaid,
    /// By the customer or the operator, in mid-period: what is left of its credits is taken back.
    Terminated,
}

/// Cancels a subscription: at the end of its period, with all add-ons, or at once (MISSION A25). One that waits
/// for its start, or for its first use, ends at once either way.
///
/// Refusals: `not_found` (subscription); `subscription_ended`.
pub(crate) fn cancel(
    rec: &mut Recorder<'_>,
    id: SubscriptionId,
    at: CancelAt,
    reason: Option<Name>,
) -> Result<Reply, Refusal> {
    let mut subscription = rec.live_subscription(id)?;
    // From here on this must succeed.
    rec.reason = reason;
    match at {
        CancelAt::PeriodEnd if subscription.period_end.is_some() => {
            subscription.ends = true;
            subscription.next = None;
            rec.put_subscription(subscription);
            rec.note(Note::Subscription { id, what: SubscriptionNote::CancelScheduled });
        }
        CancelAt::PeriodEnd => end(rec, subscription, Ending::PeriodOver),
        CancelAt::Now => end(rec, subscription, Ending::Terminated),
    }
    Ok(Reply::Subscription(rec.wallet.subscriptions[&id].clone()))
}

/// Ends a subscription and its add-ons now.
pub(crate) fn end(rec: &mut Recorder<'_>, mut subscription: Subscription, ending: Ending) {
    match ending {
        Ending::Terminated => take_back(rec, &mut subscription),
        Ending::PeriodOver | Ending::Unpaid => expire(rec, &subscription),
    }
    let (id, pool) = (subscription.id, subscription.pool);
    rec.tell_overage(pool);
    subscription.status = SubscriptionStatus::Canceled;
    subscription.ended_at = Some(rec.at);
    subscription.next = None;
    subscription.next_part_at = None;
    subscription.kept_by = None;
    for add_on in subscription.add_ons.iter_mut().filter(|add_on| add_on.ended_at.is_none()) {
        add_on.ended_at = Some(rec.at);
    }
    rec.put_subscription(subscription);
    rec.note(Note::Subscription { id, what: SubscriptionNote::Ended });
    if !rec.wallet.subscriptions_of(pool).any(|other| other.is_live()) {
        freeze::lock_without_plan(rec, pool);
    }
}

/// Takes back what is left of all that the subscription granted for its cycles; what was given as a welcome
/// stays. What is taken back counts as never granted.
fn take_back(rec: &mut Recorder<'_>, subscription: &mut Subscription) {
    for id in rec.grants_from(subscription.id, |issue| issue != Issue::Welcome) {
        let grant = rec.wallet.grant(id).expect("listed above");
        let (balance, terms) = (grant.balance, grant.terms.clone());
        rec.void(id);
        let period = terms.source.and_then(|source| source.issue.period());
        let of_this_cycle = terms.source.is_some_and(|source| source.cycle == subscription.cycle);
        if let Some(period) = period {
            let taken = Granted { bucket: terms.bucket.clone(), seat: terms.seat, credits: balance.available };
            shorter_period::taken_back(subscription, period, &taken);
        } else if of_this_cycle {
            let granted = subscription.granted(&terms.bucket, terms.seat).saturating_sub(balance.available);
            subscription.set_granted(&terms.bucket, terms.seat, granted.max(Credits::ZERO));
        }
    }
}

/// What was granted for the cycle ends with it: what has an end of its own is left to that.
fn expire(rec: &mut Recorder<'_>, subscription: &Subscription) {
    renewal::end_carried(rec, subscription);
    let kept = |issue: Issue| matches!(issue, Issue::Kept | Issue::KeptUnits | Issue::ShorterKept(_));
    let of_cycle = |issue: Issue| {
        kept(issue) || issue.period().is_some() || matches!(issue, Issue::Quota | Issue::Added | Issue::AddOn(_))
    };
    // What was carried on until the end of this very cycle, or of a shorter period of it, has none of its own.
    for id in rec.grants_from(subscription.id, |issue| issue == Issue::Carried) {
        let ends_at = rec.wallet.grant(id).expect("listed above").terms.expires_at;
        let with_shorter = subscription.shorter.iter().any(|period| ends_at == Some(period.end));
        if ends_at.is_some() && (ends_at == subscription.period_end || with_shorter) {
            rec.end_with_rest(id);
        }
    }
    for id in rec.grants_from(subscription.id, of_cycle) {
        let grant = rec.wallet.grant(id).expect("listed above");
        let issue = grant.terms.source.map(|source| source.issue);
        let rule = subscription.terms().and_then(|terms| match issue.and_then(Issue::period) {
            Some(period) => terms.period_rule(period.interval, &grant.terms.bucket),
            None => terms.rule(&grant.terms.bucket),
        });
        let own_rule = rule.and_then(|rule| rule.expires);
        let expires = own_rule.unwrap_or(rec.bucket_expiry(&grant.terms.bucket));
        let is_kept = issue.is_some_and(kept);
        if expires != Expiry::Cycle && !is_kept {
            continue;
        }
        rec.end_with_rest(id);
    }
}

impl Recorder<'_> {
    /// A subscription that has not ended.
    pub(crate) fn live_subscription(&self, id: SubscriptionId) -> Result<Subscription, Refusal> {
        let found = self.wallet.subscriptions.get(&id);
        let subscription = found.ok_or(Refusal::NotFound { what: Missing::Subscription })?;
        if subscription.has_ended() {
            return Err(Refusal::SubscriptionEnded);
        }
        Ok(Subscription::clone(subscription))
    }
}
