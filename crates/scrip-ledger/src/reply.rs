//! What a wallet answers, and what it remembers of an answer.

use std::sync::Arc;

use minicbor::{Decode, Encode};

use crate::amount::{Credits, Money};
use crate::charge::Charge;
use crate::customer::{Customer, Member};
use crate::grant::{Balance, Grant};
use crate::hold::{Hold, HoldState};
use crate::id::{AddOnId, ChargeId, Fingerprint, GrantId, HoldId, Name, RefundId};
use crate::refund::Refund;
use crate::refusal::Refusal;
use crate::reversal::Reversed;
use crate::subscription::Subscription;
use crate::wallet::Wallet;

/// The answer to one command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub outcome: Result<Reply, Refusal>,
    /// Nothing was done now: this is what was answered the first time.
    pub replayed: bool,
}

/// A "yes", with the objects as they were just after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    Customer {
        customer: Box<Customer>,
        created: bool,
    },
    Member {
        member: Box<Member>,
        created: bool,
    },
    Grant(Box<Grant>),
    Hold(Box<Hold>),
    Captured(Box<Captured>),
    Charge(Box<Charge>),
    Refund(Box<Refund>),
    Subscription(Arc<Subscription>),
    /// The add-on, and the subscription that it belongs to.
    AddOn {
        subscription: Arc<Subscription>,
        id: AddOnId,
    },
    /// What a purchase, a claim or a transfer granted.
    Granted(Box<Granted>),
    Reversed(Box<Reversed>),
    Touched,
}

/// What a purchase, a claim or a transfer brought.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Granted {
    /// The pack, the promotion, or the customer that credits were moved to.
    #[n(0)]
    pub what: Name,
    #[n(1)]
    pub grants: Vec<Grant>,
    #[n(2)]
    pub paid: Option<Money>,
}

/// What a capture did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Captured {
    pub hold: Hold,
    /// `None` where the outcome is unknown: nothing was decided.
    pub charge: Option<Charge>,
    pub released: Credits,
    /// What was asked and could not be charged.
    pub shortfall: Credits,
}

/// An answer kept under its idempotency key: what was asked, and enough to answer the same again.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Remembered {
    #[n(0)]
    pub fingerprint: Fingerprint,
    #[n(1)]
    pub told: Told,
}

/// An answer without the parts of its objects that never change: those are read from the objects.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Told {
    #[n(0)]
    Refused(#[n(0)] Refusal),
    #[n(1)]
    Customer {
        #[n(0)]
        customer: Box<Customer>,
        #[n(1)]
        created: bool,
    },
    #[n(2)]
    Member {
        #[n(0)]
        member: Box<Member>,
        #[n(1)]
        created: bool,
    },
    #[n(3)]
    Grant {
        #[n(0)]
        id: GrantId,
        #[n(1)]
        balance: Balance,
        #[n(2)]
        voided: bool,
    },
    #[n(4)]
    Hold {
        #[n(0)]
        id: HoldId,
        #[n(1)]
        state: HoldState,
    },
    #[n(5)]
    Captured {
        #[n(0)]
        hold: HoldId,
        #[n(1)]
        state: HoldState,
        #[n(2)]
        charge: Option<ChargeId>,
        #[n(3)]
        released: Credits,
        #[n(4)]
        shortfall: Credits,
    },
    #[n(6)]
    Charge(#[n(0)] ChargeId),
    #[n(7)]
    Refund(#[n(0)] RefundId),
    #[n(8)]
    Touched,
    #[n(9)]
    Subscription(#[cbor(n(0), with = "crate::shared")] Arc<Subscription>),
    #[n(10)]
    AddOn {
        #[cbor(n(0), with = "crate::shared")]
        subscription: Arc<Subscription>,
        #[n(1)]
        id: AddOnId,
    },
    #[n(11)]
    Granted(#[n(0)] Box<Granted>),
    #[n(12)]
    Reversed(#[n(0)] Box<Reversed>),
}

/// The objects that an answer is read from: a store loads them before it lets a command be replayed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Named {
    pub grant: Option<GrantId>,
    pub hold: Option<HoldId>,
    pub charge: Option<ChargeId>,
    pub refund: Option<RefundId>,
}

impl Told {
    pub(crate) fn of(outcome: &Result<Reply, Refusal>) -> Told {
        match outcome {
            Err(refusal) => Told::Refused(refusal.clone()),
            Ok(Reply::Customer { customer, created }) => {
                Told::Customer { customer: customer.clone(), created: *created }
            }
            Ok(Reply::Member { member, created }) => Told::Member { member: member.clone(), created: *created },
            Ok(Reply::Grant(grant)) => Told::Grant { id: grant.id, balance: grant.balance, voided: grant.voided },
            Ok(Reply::Hold(hold)) => Told::Hold { id: hold.id, state: hold.state.clone() },
            Ok(Reply::Captured(captured)) => Told::Captured {
                hold: captured.hold.id,
                state: captured.hold.state.clone(),
                charge: captured.charge.as_ref().map(|charge| charge.id),
                released: captured.released,
                shortfall: captured.shortfall,
            },
            Ok(Reply::Charge(charge)) => Told::Charge(charge.id),
            Ok(Reply::Refund(refund)) => Told::Refund(refund.id),
            Ok(Reply::Subscription(subscription)) => Told::Subscription(subscription.clone()),
            Ok(Reply::AddOn { subscription, id }) => Told::AddOn { subscription: subscription.clone(), id: *id },
            Ok(Reply::Granted(granted)) => Told::Granted(granted.clone()),
            Ok(Reply::Reversed(reversed)) => Told::Reversed(reversed.clone()),
            Ok(Reply::Touched) => Told::Touched,
        }
    }

    pub fn names(&self) -> Named {
        match self {
            Told::Grant { id, .. } => Named { grant: Some(*id), ..Named::default() },
            Told::Hold { id, .. } => Named { hold: Some(*id), ..Named::default() },
            Told::Captured { hold, charge, .. } => Named { hold: Some(*hold), charge: *charge, ..Named::default() },
            Told::Charge(id) => Named { charge: Some(*id), ..Named::default() },
            Told::Refund(id) => Named { refund: Some(*id), ..Named::default() },
            Told::Refused(_)
            | Told::Customer { .. }
            | Told::Member { .. }
            | Told::Subscription(_)
            | Told::AddOn { .. }
            | Told::Granted(_)
            | Told::Reversed(_)
            | Told::Touched => Named::default(),
        }
    }

    /// The answer as it was given; the objects that it names are loaded.
    pub(crate) fn again(&self, wallet: &Wallet) -> Result<Reply, Refusal> {
        const LOADED: &str = "a remembered answer's objects are loaded before it is given again";
        let hold_as = |id: HoldId, state: &HoldState| {
            let terms = wallet.hold(id).expect(LOADED).terms.clone();
            Hold { id, terms, state: state.clone() }
        };
        let charge_as = |id: ChargeId| wallet.charge(id).expect(LOADED).before_refunds();
        match self {
            Told::Refused(refusal) => Err(refusal.clone()),
            Told::Customer { customer, created } => {
                Ok(Reply::Customer { customer: customer.clone(), created: *created })
            }
            Told::Member { member, created } => Ok(Reply::Member { member: member.clone(), created: *created }),
            Told::Grant { id, balance, voided } => {
                let terms = wallet.grant(*id).expect(LOADED).terms.clone();
                Ok(Reply::Grant(Box::new(Grant { balance: *balance, voided: *voided, ..Grant::new(*id, terms) })))
            }
            Told::Hold { id, state } => Ok(Reply::Hold(Box::new(hold_as(*id, state)))),
            Told::Captured { hold, state, charge, released, shortfall } => Ok(Reply::Captured(Box::new(Captured {
                hold: hold_as(*hold, state),
                charge: charge.map(charge_as),
                released: *released,
                shortfall: *shortfall,
            }))),
            Told::Charge(id) => Ok(Reply::Charge(Box::new(charge_as(*id)))),
            Told::Refund(id) => Ok(Reply::Refund(Box::new(wallet.refund(*id).expect(LOADED).clone()))),
            Told::Subscription(subscription) => Ok(Reply::Subscription(subscription.clone())),
            Told::AddOn { subscription, id } => Ok(Reply::AddOn { subscription: subscription.clone(), id: *id }),
            Told::Granted(granted) => Ok(Reply::Granted(granted.clone())),
            Told::Reversed(reversed) => Ok(Reply::Reversed(reversed.clone())),
            Told::Touched => Ok(Reply::Touched),
        }
    }
}
