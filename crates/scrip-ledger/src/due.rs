//! What falls due by itself: holds that run out, subscriptions that start, renew and end, grants that start and
//! end.
//!
//! It happens first, in order, whenever a wallet is touched, at the instant at which it fell due; so it is
//! right even if nothing swept, and the same whoever touches the wallet.

use std::sync::Arc;

use crate::book::Book;
use crate::entry::{EntryKind, Place};
use crate::grant::Grant;
use crate::id::{GrantId, HoldId, Name, SubscriptionId};
use crate::subscription::{Subscription, SubscriptionDue};
use crate::time::Timestamp;
use crate::wallet::{Recorder, Wallet};
use crate::{alert, past_due, plan_change, release, renewal, shorter_period, subscribe};

/// In the order in which those of one instant happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    HoldExpires(HoldId),
    Subscription(SubscriptionDue, SubscriptionId),
    GrantExpires(GrantId),
    GrantStarts(GrantId),
}

impl Wallet {
    /// When something next falls due; `None` if nothing is going to.
    pub fn next_due(&self) -> Option<Timestamp> {
        self.next_due_act().map(|(at, _)| at)
    }

    /// Is there anything to do by then? A catalog that reaches running plans at once falls due with the first look.
    pub fn is_due(&self, book: &Book, at: Timestamp) -> bool {
        self.next_due().is_some_and(|due| due <= at) || plan_change::rolls_out(self, book, at)
    }

    fn next_due_act(&self) -> Option<(Timestamp, Due)> {
        let hold = self.next_hold_due().map(|(at, id)| (at, Due::HoldExpires(id)));
        let of_plan = |subscription: &Arc<Subscription>| {
            subscription.next_due().map(|(at, due)| (at, Due::Subscription(due, subscription.id)))
        };
        let plans = self.subscriptions.values().filter_map(of_plan);
        self.grants.iter().filter_map(Grant::next_due).chain(hold).chain(plans).min()
    }
}

impl Subscription {
    /// When something of it next falls due; `None` if nothing is going to.
    pub fn falls_due_at(&self) -> Option<Timestamp> {
        self.next_due().map(|(at, _)| at)
    }
}

impl Grant {
    fn next_due(&self) -> Option<(Timestamp, Due)> {
        let frozen = self.balance.frozen.is_positive();
        let starts =
            self.terms.effective_at.filter(|_| frozen && !self.locked).map(|at| (at, Due::GrantStarts(self.id)));
        let ends = self.terms.expires_at.filter(|_| frozen || self.balance.available.is_positive());
        let ends = ends.map(|at| (at, Due::GrantExpires(self.id)));
        starts.into_iter().chain(ends).min()
    }
}

/// Does all that is due by `rec.at`, each at its own instant.
pub(crate) fn settle(rec: &mut Recorder<'_>) {
    settle_some(rec, usize::MAX);
}

/// Does what is due by `rec.at`, so many acts at most. If more is due, `rec.at` is left where it came to.
pub(crate) fn settle_some(rec: &mut Recorder<'_>, count_max: usize) {
    let now = rec.at;
    let actor = std::mem::replace(&mut rec.actor, Name::from("system"));
    let mut count = 0;
    let mut last = rec.wallet.head.last_at;
    while let Some((at, due)) = rec.wallet.next_due_act().filter(|(at, _)| *at <= now) {
        if count == count_max {
            rec.actor = actor;
            return;
        }
        count += 1;
        // Never before what has happened already, in this record too.
        last = last.max(at);
        rec.at = last;
        let first = rec.change_count();
        happen(rec, due);
        rec.context = Default::default();
        rec.settle_debt();
        // After each, so that who looks how often makes no difference to what is told.
        alert::tell(rec, first);
    }
    rec.at = now;
    if !rec.wallet.subscriptions.is_empty() {
        let first = rec.change_count();
        plan_change::roll_out(rec);
        alert::tell(rec, first);
    }
    rec.actor = actor;
}

fn happen(rec: &mut Recorder<'_>, due: Due) {
    match due {
        Due::HoldExpires(id) => release::end(rec, id, EntryKind::HoldExpire),
        Due::Subscription(SubscriptionDue::Starts, id) => subscribe::starts(rec, id),
        Due::Subscription(SubscriptionDue::GraceEnds, id) => past_due::grace_ends(rec, id),
        Due::Subscription(SubscriptionDue::PeriodEnds, id) => renewal::period_ends(rec, id),
        Due::Subscription(SubscriptionDue::PartBegins, id) => renewal::part_begins(rec, id),
        Due::Subscription(SubscriptionDue::ShorterEnds, id) => shorter_period::ends(rec, id),
        Due::GrantExpires(id) => rec.expire_rest(id),
        Due::GrantStarts(id) => {
            let balance = rec.wallet.grant(id).expect("it is due").balance;
            rec.shift(EntryKind::Activate, id, Place::Frozen, Place::Available, balance.frozen);
        }
    }
}
