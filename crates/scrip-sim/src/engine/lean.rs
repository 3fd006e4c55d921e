//! A wallet as a store may hand it over: without what has settled, but with what the command names.
//!
//! The ledger must decide the same on it as on the whole wallet, or a restart would change balances.

use std::collections::BTreeSet;

use scrip_ledger::hold::Hold;
use scrip_ledger::id::{ChargeId, GrantId, HoldId, RefundId};
use scrip_ledger::reversal::bonus_of;
use scrip_ledger::{Act, Command, Wallet};

/// Leaves out ended holds, charges, refunds, remembered answers and grants with nothing left in them, unless
/// the command, or what its key was answered with, names them.
pub(super) fn lean(whole: &Wallet, command: &Command) -> Wallet {
    let mut named = Names::default();
    match &command.act {
        Act::Extend { hold, .. } | Act::Release { hold, .. } | Act::Capture { hold, .. } => named.hold(whole, *hold),
        Act::Refund { charge, .. } => named.charge(whole, *charge),
        Act::VoidGrant { grant, .. } => named.grants.extend([*grant]),
        Act::ReversePurchase { purchase, .. } => named.grants.extend([*purchase, bonus_of(*purchase)]),
        Act::PutCustomer(_)
        | Act::PutMember { .. }
        | Act::RemoveMember { .. }
        | Act::Grant(_)
        | Act::Transfer(_)
        | Act::Hold(_)
        | Act::Charge { .. }
        | Act::Subscribe(_)
        | Act::ChangeSubscription { .. }
        | Act::CancelSubscription { .. }
        | Act::PastDue { .. }
        | Act::Recover { .. }
        | Act::BuyAddOn(_)
        | Act::EndAddOn { .. }
        | Act::Purchase(_)
        | Act::Claim(_)
        | Act::Touch => {}
    }
    let key = command.request.map(|(key, _)| key);
    if let Some(remembered) = key.and_then(|key| whole.requests.get(&key)) {
        let told = remembered.told.names();
        named.grants.extend(told.grant);
        told.hold.into_iter().for_each(|hold| named.hold(whole, hold));
        told.charge.into_iter().for_each(|charge| named.charge(whole, charge));
        named.refunds.extend(told.refund);
    }
    let mut lean = whole.clone();
    lean.holds.retain(|id, hold| hold.state.is_open() || named.holds.contains(id));
    let open = lean.holds.values().filter(|hold| hold.state.is_open());
    named.grants.extend(open.flat_map(|hold| drawn_on(hold)));
    lean.grants.retain(|grant| !grant.is_settled() || named.grants.contains(&grant.id));
    lean.charges.retain(|id, _| named.charges.contains(id));
    lean.refunds.retain(|id, _| named.refunds.contains(id));
    lean.requests.retain(|known, _| key == Some(*known));
    lean
}

#[derive(Default)]
struct Names {
    grants: BTreeSet<GrantId>,
    holds: BTreeSet<HoldId>,
    charges: BTreeSet<ChargeId>,
    refunds: BTreeSet<RefundId>,
}

impl Names {
    /// A hold comes with the grants that it draws on.
    fn hold(&mut self, whole: &Wallet, id: HoldId) {
        self.holds.insert(id);
        self.grants.extend(whole.hold(id).into_iter().flat_map(drawn_on));
    }

    /// A charge comes with its hold and the grants that paid.
    fn charge(&mut self, whole: &Wallet, id: ChargeId) {
        self.charges.insert(id);
        if let Some(charge) = whole.charge(id) {
            self.hold(whole, charge.hold);
            self.grants.extend(charge.draws.iter().map(|draw| draw.grant));
        }
    }
}

fn drawn_on(hold: &Hold) -> impl Iterator<Item = GrantId> + '_ {
    hold.state.lines.iter().flat_map(|line| &line.draws).map(|draw| draw.grant)
}
