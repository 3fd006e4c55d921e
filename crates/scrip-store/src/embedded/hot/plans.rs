//! Plans that many subscriptions are of, kept in memory once and not once a wallet.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use scrip_ledger::id::{Name, StudioId};
use scrip_ledger::plan::Plan;
use scrip_ledger::subscription::Subscription;

/// The plan of each id that was seen last.
#[derive(Debug, Default)]
pub(crate) struct KnownPlans(HashMap<(StudioId, Name), Arc<Plan>>);

impl KnownPlans {
    /// Lets a subscription in memory refer to the plan that others refer to, if it is the same.
    pub(crate) fn share(&mut self, studio: StudioId, subscription: &mut Arc<Subscription>) {
        match self.0.entry((studio, subscription.plan.id.clone())) {
            Entry::Vacant(unknown) => drop(unknown.insert(subscription.plan.clone())),
            Entry::Occupied(known) if Arc::ptr_eq(known.get(), &subscription.plan) => {}
            Entry::Occupied(mut known) => {
                if **known.get() == *subscription.plan {
                    // Its record has the copy until the views have the record.
                    let shared = Subscription { plan: known.get().clone(), ..Subscription::clone(subscription) };
                    *subscription = Arc::new(shared);
                } else {
                    known.insert(subscription.plan.clone());
                }
            }
        }
    }
}
