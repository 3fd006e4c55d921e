//! A "no": data in a reply, with a stable code.

use minicbor::{Decode, Encode};

use crate::amount::Credits;
use crate::id::Name;
use crate::time::Timestamp;

/// Why a command changed nothing.
///
/// When several apply, the first of this order is answered: the idempotency key, what is not found, what
/// the customer is not entitled to, the state of the object, the parameters, the credits.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Refusal {
    /// The key was used before with another body (API section 1).
    #[n(0)]
    KeyReused,
    #[n(1)]
    NotFound {
        #[n(0)]
        what: Missing,
    },
    /// The tool is not enabled for this customer (MISSION S2-16).
    #[n(2)]
    NotEntitled {
        #[n(0)]
        tool: Name,
    },
    #[n(3)]
    QuoteUsed,
    #[n(4)]
    QuoteExpired,
    #[n(5)]
    HoldCaptured,
    #[n(6)]
    HoldReleased,
    #[n(7)]
    HoldExpired,
    #[n(8)]
    LineEnded,
    #[n(9)]
    GrantVoided,
    #[n(10)]
    ParentFixed,
    #[n(11)]
    TooManyCustomers,
    /// The capture asks for more than is held and the price refuses that (`over_capture = "reject"`).
    #[n(12)]
    ExceedsHold {
        #[n(0)]
        asked: Credits,
        #[n(1)]
        remaining: Credits,
    },
    /// The debt would be larger than the price allows.
    #[n(13)]
    DebtLimit {
        #[n(0)]
        asked: Credits,
        #[n(1)]
        limit: Credits,
    },
    #[n(14)]
    UnknownBucket {
        #[n(0)]
        bucket: Name,
        #[n(1)]
        known: Vec<Name>,
    },
    #[n(15)]
    InvalidInput {
        #[n(0)]
        input: Name,
        #[n(1)]
        reason: Name,
    },
    #[n(16)]
    InvalidAmount {
        #[n(0)]
        reason: Name,
    },
    #[n(17)]
    RefundExceedsCharge {
        #[n(0)]
        asked: Credits,
        #[n(1)]
        refundable: Credits,
    },
    #[n(18)]
    InsufficientCredits {
        #[n(0)]
        required: Credits,
        /// What this job may spend: tool limits and debts taken into account.
        #[n(1)]
        available: Credits,
        #[n(2)]
        held: Credits,
    },
    /// The plan, pack or add-on is not for this customer, or does not sell it.
    #[n(19)]
    NotAllowed {
        #[n(0)]
        what: Name,
        #[n(1)]
        reason: Name,
    },
    /// More jobs are running than the limit allows.
    #[n(20)]
    TooManyJobs {
        #[n(0)]
        at_most: u64,
    },
    /// So many were counted in this period already.
    #[n(21)]
    CountLimit {
        #[n(0)]
        what: Name,
        #[n(1)]
        at_most: u64,
        #[n(2)]
        resets_at: Option<Timestamp>,
    },
    #[n(22)]
    SpendLimit {
        #[n(0)]
        at_most: Credits,
        #[n(1)]
        left: Credits,
        #[n(2)]
        resets_at: Option<Timestamp>,
    },
    #[n(23)]
    MemberLimit {
        #[n(0)]
        at_most: Credits,
        #[n(1)]
        left: Credits,
        #[n(2)]
        resets_at: Option<Timestamp>,
    },
    /// The customer has a subscription, and may have one only.
    #[n(24)]
    AlreadySubscribed,
    #[n(25)]
    SubscriptionEnded,
    #[n(26)]
    SeatTaken {
        #[n(0)]
        seat: u32,
        #[n(1)]
        by: Name,
    },
    #[n(27)]
    Unknown {
        #[n(0)]
        what: Offer,
        #[n(1)]
        id: Name,
        #[n(2)]
        known: Vec<Name>,
        /// When credits come by themselves, where nothing is sold (MISSION S2-13).
        #[n(3)]
        next_reset_at: Option<Timestamp>,
    },
    /// The customer is not what the price was made for any more: price it again.
    #[n(28)]
    Reprice,
    #[n(29)]
    BucketFull {
        #[n(0)]
        bucket: Name,
        #[n(1)]
        at_most: Credits,
    },
}

/// What a catalog offers beside its tools.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Offer {
    #[n(0)]
    Plan,
    #[n(1)]
    Pack,
    #[n(2)]
    AddOn,
    #[n(3)]
    Promotion,
}

impl Offer {
    pub const fn as_str(self) -> &'static str {
        match self {
            Offer::Plan => "plan",
            Offer::Pack => "pack",
            Offer::AddOn => "add_on",
            Offer::Promotion => "promotion",
        }
    }
}

impl Refusal {
    pub(crate) fn invalid(input: &str, reason: &str) -> Refusal {
        Refusal::InvalidInput { input: Name::from(input), reason: Name::from(reason) }
    }

    pub(crate) fn invalid_amount(reason: &str) -> Refusal {
        Refusal::InvalidAmount { reason: Name::from(reason) }
    }

    /// Is it answered again under its idempotency key? What a little waiting or a new price mends is decided
    /// anew.
    pub const fn is_remembered(&self) -> bool {
        !matches!(self, Refusal::TooManyJobs { .. } | Refusal::CountLimit { .. } | Refusal::Reprice)
    }

    /// The stable code of the HTTP contract.
    pub const fn code(&self) -> &'static str {
        match self {
            Refusal::KeyReused => "idempotency_key_reused",
            Refusal::NotFound { .. } => "not_found",
            Refusal::NotEntitled { .. } => "not_entitled",
            Refusal::QuoteUsed => "quote_used",
            Refusal::QuoteExpired => "quote_expired",
            Refusal::HoldCaptured => "hold_captured",
            Refusal::HoldReleased => "hold_released",
            Refusal::HoldExpired => "hold_expired",
            Refusal::LineEnded => "line_ended",
            Refusal::GrantVoided => "grant_voided",
            Refusal::ParentFixed => "parent_fixed",
            Refusal::TooManyCustomers => "too_many_customers",
            Refusal::ExceedsHold { .. } => "exceeds_hold",
            Refusal::DebtLimit { .. } => "debt_limit",
            Refusal::UnknownBucket { .. } => "unknown_bucket",
            Refusal::InvalidInput { .. } => "invalid_input",
            Refusal::InvalidAmount { .. } => "invalid_amount",
            Refusal::RefundExceedsCharge { .. } => "refund_exceeds_charge",
            Refusal::InsufficientCredits { .. } => "insufficient_credits",
            Refusal::NotAllowed { .. } => "not_entitled",
            Refusal::TooManyJobs { .. } => "too_many_jobs",
            Refusal::CountLimit { .. } => "count_limit",
            Refusal::SpendLimit { .. } => "spend_limit",
            Refusal::MemberLimit { .. } => "member_limit",
            Refusal::AlreadySubscribed => "already_exists",
            Refusal::SubscriptionEnded => "subscription_ended",
            Refusal::SeatTaken { .. } => "seat_taken",
            Refusal::Unknown { what: Offer::Plan, .. } => "unknown_plan",
            Refusal::Unknown { what: Offer::Pack, .. } => "unknown_pack",
            Refusal::Unknown { what: Offer::AddOn, .. } => "unknown_add_on",
            Refusal::Unknown { what: Offer::Promotion, .. } => "unknown_promotion",
            Refusal::Reprice => "reprice",
            Refusal::BucketFull { .. } => "bucket_full",
        }
    }
}

/// The kind of object that is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Missing {
    #[n(0)]
    Customer,
    #[n(1)]
    Member,
    #[n(2)]
    Parent,
    #[n(3)]
    Hold,
    #[n(4)]
    Line,
    #[n(5)]
    Charge,
    #[n(6)]
    Grant,
    #[n(7)]
    Subscription,
    #[n(8)]
    AddOn,
    #[n(9)]
    Purchase,
}

impl Missing {
    pub const fn as_str(self) -> &'static str {
        match self {
            Missing::Customer => "customer",
            Missing::Member => "member",
            Missing::Parent => "parent",
            Missing::Hold => "hold",
            Missing::Line => "line",
            Missing::Charge => "charge",
            Missing::Grant => "grant",
            Missing::Subscription => "subscription",
            Missing::AddOn => "add_on",
            Missing::Purchase => "purchase",
        }
    }
}
