//! What can be asked of a wallet. Users, timers, payments, staff and imports all become commands.

use std::sync::Arc;

use crate::amount::{Credits, Money};
use crate::facts::FactsUsed;
use crate::grant::GrantKind;
use crate::id::{AddOnId, ChargeId, Fingerprint, GrantId, HoldId, Name, RequestKey, SubscriptionId};
use crate::plan::{Interval, Limit, Plan};
use crate::policy::{JobPolicy, Outcome, Spending, Stage};
use crate::time::{Span, Timestamp};

/// One act on one wallet.
#[derive(Clone, Debug)]
pub struct Command {
    /// The idempotency key in its scope, and the hash of what was asked.
    pub request: Option<(RequestKey, Fingerprint)>,
    /// Who asks, as entries record it.
    pub actor: Name,
    pub act: Act,
}

#[derive(Clone, Debug)]
pub enum Act {
    PutCustomer(Box<CustomerPut>),
    PutMember {
        customer: Name,
        put: Box<MemberPut>,
    },
    RemoveMember {
        customer: Name,
        member: Name,
    },
    Grant(Box<GrantNew>),
    VoidGrant {
        grant: GrantId,
        reason: Option<Name>,
    },
    Transfer(Box<TransferNew>),
    Hold(Box<HoldNew>),
    Extend {
        hold: HoldId,
        by: Extension,
    },
    Capture {
        hold: HoldId,
        capture: Box<CaptureNew>,
    },
    Release {
        hold: HoldId,
        reason: Option<Name>,
    },
    /// Hold and capture in one step.
    Charge {
        job: Box<HoldNew>,
        cost: Option<Money>,
    },
    Refund {
        charge: ChargeId,
        refund: Box<RefundNew>,
    },
    Subscribe(Box<SubscriptionNew>),
    ChangeSubscription {
        subscription: SubscriptionId,
        change: SubscriptionChange,
    },
    CancelSubscription {
        subscription: SubscriptionId,
        at: CancelAt,
        reason: Option<Name>,
    },
    /// A payment for the subscription is due (MISSION A42).
    PastDue {
        subscription: SubscriptionId,
    },
    /// The payment that was due has come.
    Recover {
        subscription: SubscriptionId,
    },
    BuyAddOn(Box<AddOnNew>),
    /// Ends an add-on with its period.
    EndAddOn {
        add_on: AddOnId,
    },
    /// A pack was bought; who took the money is not the ledger's matter.
    Purchase(Box<PurchaseNew>),
    /// The money that was paid for a pack went back (MISSION A43).
    ReversePurchase {
        purchase: GrantId,
        reversal: Box<ReversalNew>,
    },
    Claim(Box<ClaimNew>),
    /// Nothing but what is due by now.
    Touch,
}

/// A plan to start.
#[derive(Clone, Debug)]
pub struct SubscriptionNew {
    pub customer: Name,
    pub plan: Name,
    pub interval: Interval,
    /// `None` is the fewest that the plan is sold with.
    pub seats: Option<u32>,
    /// `None` is now.
    pub starts_at: Option<Timestamp>,
}

/// What is to be otherwise; what is absent stays.
#[derive(Clone, Debug, Default)]
pub struct SubscriptionChange {
    pub plan: Option<Name>,
    pub interval: Option<Interval>,
    pub seats: Option<u32>,
    /// `false` takes a cancellation back that has not taken effect.
    pub ends: Option<bool>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CancelAt {
    PeriodEnd,
    /// At once: what is left of its credits is taken back (MISSION A25).
    Now,
}

/// Units to buy on top of a plan.
#[derive(Clone, Debug)]
pub struct AddOnNew {
    pub customer: Name,
    /// `None` is the only one that can have it.
    pub subscription: Option<SubscriptionId>,
    pub add_on: Name,
    pub units: u32,
}

#[derive(Clone, Debug)]
pub struct PurchaseNew {
    pub customer: Name,
    pub pack: Name,
    /// `None` is the pack's price.
    pub paid: Option<Money>,
    pub reason: Option<Name>,
}

/// A payment that went back, as a refund or a chargeback.
#[derive(Clone, Debug, Default)]
pub struct ReversalNew {
    /// `None` is all that has not gone back yet.
    pub amount: Option<Money>,
    pub reason: Option<Name>,
}

#[derive(Clone, Debug)]
pub struct ClaimNew {
    pub customer: Name,
    pub promotion: Name,
    pub code: Option<Name>,
}

/// A field of a partial update: absent fields stay as they are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Patch<T> {
    #[default]
    Keep,
    Clear,
    Set(T),
}

impl<T: Clone> Patch<T> {
    pub fn apply(&self, field: &mut Option<T>) {
        match self {
            Patch::Keep => {}
            Patch::Clear => *field = None,
            Patch::Set(value) => *field = Some(value.clone()),
        }
    }
}

/// A customer to make or change.
#[derive(Clone, Debug)]
pub struct CustomerPut {
    pub id: Name,
    /// The customer whose wallet it joins as a group; set when it is made.
    pub parent: Option<Name>,
    pub name: Patch<Name>,
    pub email: Patch<Name>,
    pub zone: Patch<Name>,
    pub tools: Patch<Vec<Name>>,
    pub overrides: Patch<Name>,
    /// What the overrides say of plans.
    pub contracts: Patch<Vec<Plan>>,
    pub metadata: Patch<Vec<(Name, Name)>>,
}

#[derive(Clone, Debug)]
pub struct MemberPut {
    pub id: Name,
    pub role: Patch<Name>,
    pub seat: Patch<u32>,
    /// As the studio wrote them, to be shown again.
    pub limits: Patch<Name>,
    /// The same, to be carried out.
    pub caps: Patch<Vec<Limit>>,
}

/// Credits to issue.
#[derive(Clone, Debug)]
pub struct GrantNew {
    pub customer: Name,
    pub kind: GrantKind,
    pub bucket: Name,
    /// Greater than zero.
    pub amount: Credits,
    pub effective_at: Option<Timestamp>,
    pub expires_at: Option<Timestamp>,
    /// Within its bucket, lower is spent first; 0 is usual.
    pub priority: i32,
    pub only_tools: Option<Vec<Name>>,
    pub paid: Option<Money>,
    pub reason: Option<Name>,
    pub spending: Arc<Spending>,
}

/// Credits to move from one pool of a wallet to another.
#[derive(Clone, Debug)]
pub struct TransferNew {
    pub from: Name,
    pub to: Name,
    pub amount: Credits,
    /// Only credits of this bucket; they stay in it.
    pub bucket: Name,
    pub reason: Option<Name>,
    pub spending: Arc<Spending>,
}

/// A job whose credits are to be set aside: what the price book promised for it.
#[derive(Clone, Debug)]
pub struct HoldNew {
    pub customer: Name,
    pub member: Option<Name>,
    pub currency: Name,
    /// At least one.
    pub lines: Vec<LineNew>,
    /// Lines lend to each other what they do not need.
    pub envelope: bool,
    pub promise: Option<Promise>,
    /// What the price relied on; `None` where it does not depend on the customer.
    pub facts: Option<Box<FactsUsed>>,
    /// 0 where no catalog priced it.
    pub catalog_version: u32,
    pub ttl: Span,
    pub reference: Option<Name>,
    pub metadata: Vec<(Name, Name)>,
    pub spending: Arc<Spending>,
}

/// One part of a job with its price.
#[derive(Clone, Debug)]
pub struct LineNew {
    pub label: Option<Name>,
    /// `None` where a plain amount is held.
    pub tool: Option<Name>,
    pub model: Option<Name>,
    pub quantity: u32,
    /// What it was priced with, as canonical JSON.
    pub inputs: Name,
    /// Measured inputs that were left open: the price is a ceiling until they are known.
    pub open_inputs: Vec<Name>,
    /// The price; of a ceiling, the most that can be charged.
    pub amount: Credits,
    pub policy: Arc<JobPolicy>,
}

/// The quote that a hold redeems: good once, until it expires.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Promise {
    /// The quote's id, as it was given out.
    pub quote: Name,
    /// A hash of it that tells one quote from another.
    pub mark: u128,
    pub expires_at: Timestamp,
}

#[derive(Clone, Debug)]
pub struct Extension {
    /// Lives at least this long from now.
    pub ttl: Option<Span>,
    /// Holds this much more, on the line given or the only one.
    pub amount: Option<Credits>,
    pub line: Option<u16>,
    pub spending: Arc<Spending>,
}

/// How a job, or one part of it, ended.
#[derive(Clone, Debug)]
pub struct CaptureNew {
    pub outcome: Outcome,
    /// The line; `None` is the whole hold.
    pub line: Option<u16>,
    pub asked: Asked,
    /// Of a partly delivered job: so many, of so many.
    pub delivered: Option<(u32, u32)>,
    /// Ends the line, or the hold: what is left goes back.
    pub is_final: bool,
    /// What the provider charged.
    pub cost: Option<Money>,
    /// Where the job was when it ended; `None` is running.
    pub stage: Option<Stage>,
    /// Free units that the line really used, where it was priced with some: the rest can be used again.
    /// `None` is all that it took.
    pub free_units: Option<Credits>,
    pub spending: Arc<Spending>,
}

/// The price that a capture starts from.
#[derive(Clone, Debug)]
pub enum Asked {
    /// What is held.
    Held,
    Amount(Credits),
    /// Priced with the measured inputs, which are recorded as canonical JSON.
    Measured {
        amount: Credits,
        inputs: Name,
    },
}

#[derive(Clone, Debug)]
pub struct RefundNew {
    pub share: RefundShare,
    pub reason: Option<Name>,
    /// As a grant in this bucket, and not where the credits came from.
    pub to_bucket: Option<Name>,
    pub spending: Arc<Spending>,
}

#[derive(Clone, Copy, Debug)]
pub enum RefundShare {
    /// All that has not been refunded.
    Rest,
    Amount(Credits),
    /// Of what was charged, half up.
    Fraction {
        numerator: u64,
        denominator: u64,
    },
}
