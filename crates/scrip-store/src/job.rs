//! What is asked of the one door: a command, and the wallet that it is for.

use scrip_ledger::Command;
use scrip_ledger::Name;
use scrip_ledger::id::{ChargeId, GrantId, HoldId, RefundId, StudioId, WalletId};

/// One command on one wallet of one studio.
#[derive(Clone, Debug)]
pub struct Job {
    pub studio: StudioId,
    pub target: Target,
    pub command: Command,
    /// The trace of the request (`traceparent`): events of what it does have it.
    pub trace: Option<Name>,
}

/// How a wallet is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// By one of its customers.
    Customer(Name),
    /// By the id of one of its objects (`hold_id.wallet()`). A wallet of another studio is not found.
    Wallet(WalletId),
}

/// Settled objects that a read wants to see; what is still open is always there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Load {
    pub grants: Vec<GrantId>,
    /// With the grants that each draws on.
    pub holds: Vec<HoldId>,
    /// With the hold of each.
    pub charges: Vec<ChargeId>,
    pub refunds: Vec<RefundId>,
}

impl Load {
    /// Only what is open.
    pub fn nothing() -> Load {
        Load::default()
    }

    pub fn grant(id: GrantId) -> Load {
        Load { grants: vec![id], ..Load::default() }
    }

    pub fn hold(id: HoldId) -> Load {
        Load { holds: vec![id], ..Load::default() }
    }

    pub fn charge(id: ChargeId) -> Load {
        Load { charges: vec![id], ..Load::default() }
    }

    pub fn refund(id: RefundId) -> Load {
        Load { refunds: vec![id], ..Load::default() }
    }
}
