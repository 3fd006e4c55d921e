//! Subscriptions: a customer's running plan, cycle by cycle.

use std::sync::Arc;

use minicbor::{Decode, Encode};

use crate::add_on::AddOnTerms;
use crate::amount::Credits;
use crate::customer::PoolId;
use crate::id::{AddOnId, Name, SubscriptionId};
use crate::plan::{CycleAnchor, Interval, Plan};
use crate::time::Timestamp;

/// A customer's running plan.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Subscription {
    #[n(0)]
    pub id: SubscriptionId,
    /// The customer's.
    #[n(1)]
    pub pool: PoolId,
    /// The plan as it was when its terms were last taken: at the start, a renewal or a change.
    #[cbor(n(2), with = "crate::shared")]
    pub plan: Arc<Plan>,
    /// The catalog version that the plan is of.
    #[n(3)]
    pub catalog_version: u32,
    #[n(4)]
    pub interval: Interval,
    /// 1 where the plan is not sold by seat.
    #[n(5)]
    pub seats: u32,
    #[n(6)]
    pub status: SubscriptionStatus,
    /// Where cycles are counted from.
    #[n(7)]
    pub anchor: Timestamp,
    #[n(8)]
    pub anchored_to: CycleAnchor,
    /// The zone that its cycles are reckoned in.
    #[n(9)]
    pub zone: Name,
    /// The cycle at work, from 0.
    #[n(10)]
    pub cycle: u32,
    /// Where the anchor's cycles begin to count: a new anchor does not give cycles new numbers.
    #[n(11)]
    pub cycle_of_anchor: u32,
    #[n(12)]
    pub period_start: Timestamp,
    /// `None` while a cycle that starts with the first use waits for it.
    #[n(13)]
    pub period_end: Option<Timestamp>,
    /// The month at work of a cycle whose credits arrive month by month, from 0.
    #[n(14)]
    pub part: u32,
    /// It ends with its period.
    #[n(15)]
    pub ends: bool,
    /// What the next renewal changes.
    #[n(16)]
    pub next: Option<PlanChoice>,
    /// Credits that this cycle granted: a change back and forth grants nothing twice.
    #[n(17)]
    pub granted: Vec<Granted>,
    #[n(18)]
    pub add_ons: Vec<AddOn>,
    #[n(19)]
    pub created_at: Timestamp,
    #[n(20)]
    pub ended_at: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum SubscriptionStatus {
    /// Starts later.
    #[n(0)]
    Scheduled,
    #[n(1)]
    Trialing,
    #[n(2)]
    Active,
    /// A payment is due: credits are kept until then, and nothing new is granted (MISSION A42).
    #[n(3)]
    PastDue {
        #[n(0)]
        until: Timestamp,
    },
    #[n(4)]
    Canceled,
}

impl SubscriptionStatus {
    pub const fn as_str(self) -> &'static str {
        match self {
            SubscriptionStatus::Scheduled => "scheduled",
            SubscriptionStatus::Trialing => "trialing",
            SubscriptionStatus::Active => "active",
            SubscriptionStatus::PastDue { .. } => "past_due",
            SubscriptionStatus::Canceled => "canceled",
        }
    }
}

/// A plan, how it is billed, and for how many seats.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct PlanChoice {
    #[n(0)]
    pub plan: Name,
    #[n(1)]
    pub interval: Interval,
    #[n(2)]
    pub seats: u32,
}

/// What a cycle granted into one bucket, for one seat or for all.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Granted {
    #[n(0)]
    pub bucket: Name,
    #[n(1)]
    pub seat: Option<u32>,
    #[n(2)]
    pub credits: Credits,
}

/// Units bought on top of the plan.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct AddOn {
    #[n(0)]
    pub id: AddOnId,
    #[cbor(n(1), with = "crate::shared")]
    pub terms: Arc<AddOnTerms>,
    #[n(2)]
    pub units: u32,
    #[n(3)]
    pub created_at: Timestamp,
    /// It ends with the period.
    #[n(4)]
    pub ends: bool,
    #[n(5)]
    pub ended_at: Option<Timestamp>,
}

impl Subscription {
    /// Does it give what its plan gives: tools, limits, add-ons?
    pub fn is_live(&self) -> bool {
        match self.status {
            SubscriptionStatus::Trialing | SubscriptionStatus::Active | SubscriptionStatus::PastDue { .. } => true,
            SubscriptionStatus::Scheduled | SubscriptionStatus::Canceled => false,
        }
    }

    pub fn has_ended(&self) -> bool {
        self.status == SubscriptionStatus::Canceled
    }
}
