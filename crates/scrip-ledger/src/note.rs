//! Notes: what happened to a wallet that is not a movement of credits, for those who follow its events.

use minicbor::{Decode, Encode};

use crate::amount::{Credits, Money};
use crate::customer::PoolId;
use crate::id::{AddOnId, GrantId, Name, SubscriptionId};
use crate::plan::LimitKind;

/// Something that somebody may want to hear.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Note {
    /// The balance fell to a threshold, or rose above it again (MISSION section 8, display).
    #[n(0)]
    Balance {
        #[n(0)]
        pool: PoolId,
        #[n(1)]
        currency: Name,
        #[n(2)]
        available: Credits,
        /// What the percentages are of: the quota of the cycle; nothing where thresholds are in credits.
        #[n(3)]
        quota: Credits,
        #[n(4)]
        level: Level,
    },
    #[n(1)]
    LimitReached {
        #[n(0)]
        pool: PoolId,
        #[n(1)]
        member: Option<Name>,
        #[n(2)]
        kind: LimitKind,
        #[n(3)]
        at_most: Credits,
    },
    #[n(2)]
    Subscription {
        #[n(0)]
        id: SubscriptionId,
        #[n(1)]
        what: SubscriptionNote,
    },
    #[n(3)]
    AddOn {
        #[n(0)]
        subscription: SubscriptionId,
        #[n(1)]
        id: AddOnId,
        #[n(2)]
        what: SubscriptionNote,
    },
    /// The credits of a cycle were set to the quota.
    #[n(4)]
    Reset {
        #[n(0)]
        subscription: SubscriptionId,
        #[n(1)]
        cycle: u32,
    },
    /// Credits beyond the balance are to be invoiced (MISSION section 8, payments).
    #[n(5)]
    OverageDue {
        #[n(0)]
        pool: PoolId,
        #[n(1)]
        credits: Credits,
        #[n(2)]
        price: Money,
    },
    /// The payment for a pack went back (MISSION A43).
    #[n(6)]
    PaymentReversed {
        #[n(0)]
        purchase: GrantId,
        #[n(1)]
        taken_back: Credits,
        #[n(2)]
        owed: Credits,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Level {
    /// At or below this percentage of the quota.
    #[n(0)]
    Low(#[n(0)] u8),
    #[n(1)]
    Depleted,
    /// Above every threshold again.
    #[n(2)]
    Recovered,
    /// At or below so many credits.
    #[n(3)]
    LowCredits(#[n(0)] Credits),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum SubscriptionNote {
    #[n(0)]
    Started,
    #[n(1)]
    Renewed,
    #[n(2)]
    Changed,
    #[n(3)]
    CancelScheduled,
    #[n(4)]
    Ended,
    #[n(5)]
    PastDue,
    #[n(6)]
    Recovered,
    #[n(7)]
    TrialEnded,
}
