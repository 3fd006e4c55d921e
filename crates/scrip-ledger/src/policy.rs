//! What the catalog decides about credits and the ledger carries out: the order of spending, and what
//! happens to a job that costs more, comes late, fails, or outlives the credits it was paid with.

use minicbor::{Decode, Encode};

use crate::amount::Credits;
use crate::id::Name;
use crate::plan::{Expiry, GrantRule};
use crate::refusal::Refusal;
use crate::time::Span;

/// The buckets of a studio in the order in which they are spent; taken from the catalog in force.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Spending {
    #[n(0)]
    pub buckets: Vec<BucketTerms>,
    /// What comes before the order of the buckets.
    #[n(1)]
    #[cbor(default)]
    pub order: SpendingOrder,
}

/// What is spent first; of what is alike, the bucket that is declared first (MISSION section 8, order).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum SpendingOrder {
    #[default]
    #[n(0)]
    Buckets,
    /// What ends soonest, in whatever bucket it is.
    #[n(1)]
    ExpiringFirst,
    /// What was paid for.
    #[n(2)]
    PaidFirst,
    /// What was not.
    #[n(3)]
    FreeFirst,
}

/// The currency of a studio's own credit, beside which it may have others.
pub const CREDITS: &str = "credits";

/// One class of grants.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct BucketTerms {
    #[n(0)]
    pub id: Name,
    /// What the bucket counts in: a job priced in one currency never spends another.
    #[n(1)]
    pub currency: Name,
    /// Tools that this bucket may pay for; `None` is all.
    #[n(2)]
    pub only_tools: Option<Vec<Name>>,
    /// When a grant in it ends, unless what grants it says otherwise.
    #[n(3)]
    pub expires: Expiry,
    /// What becomes of it while the customer has no active plan (MISSION A06).
    #[n(4)]
    pub without_plan: WithoutPlan,
    /// The most that a customer may have in it: what would go above is not granted.
    #[n(5)]
    pub at_most: Option<Credits>,
    /// May its credits be moved to another customer?
    #[n(6)]
    pub transferable: bool,
    /// Decimals of its currency, 0 to 6: what is shared out is rounded to them.
    #[n(7)]
    pub decimals: u8,
}

impl BucketTerms {
    /// The bucket's own name and that of its currency.
    pub(crate) fn names(&self) -> (Name, Name) {
        (self.id.clone(), self.currency.clone())
    }

    /// A bucket of credits that may be spent on everything and never ends.
    pub fn plain(id: &str, currency: &str) -> BucketTerms {
        BucketTerms {
            id: Name::from(id),
            currency: Name::from(currency),
            only_tools: None,
            expires: Expiry::Never,
            without_plan: WithoutPlan::Spendable,
            at_most: None,
            transferable: true,
            decimals: 6,
        }
    }
}

/// What becomes of a bucket's credits while the customer has no active plan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum WithoutPlan {
    #[default]
    #[n(0)]
    Spendable,
    /// Kept, spendable again with the next plan.
    #[n(1)]
    Frozen,
    /// Taken back.
    #[n(2)]
    Void,
}

impl Spending {
    /// Buckets that are spent in this order.
    pub fn in_order(buckets: Vec<BucketTerms>) -> Spending {
        Spending { buckets, order: SpendingOrder::Buckets }
    }

    /// The place of a bucket in the order; buckets that the catalog no longer names come last.
    pub fn rank(&self, bucket: &str) -> usize {
        self.buckets.iter().position(|terms| terms.id.as_str() == bucket).unwrap_or(self.buckets.len())
    }

    pub fn bucket(&self, id: &str) -> Option<&BucketTerms> {
        self.buckets.iter().find(|terms| terms.id.as_str() == id)
    }

    /// The bucket, or the refusal that lists those there are.
    pub(crate) fn known_bucket(&self, id: &Name) -> Result<&BucketTerms, Refusal> {
        self.bucket(id).ok_or_else(|| Refusal::UnknownBucket {
            bucket: id.clone(),
            known: self.buckets.iter().map(|terms| terms.id.clone()).collect(),
        })
    }
}

/// What a hold promises beside its price; pinned when the hold is placed.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct JobPolicy {
    /// Decimals that this credit is charged in, 0 to 6.
    #[n(0)]
    pub decimals: u8,
    #[n(1)]
    pub over_capture: OverCapture,
    #[n(2)]
    pub late_capture: LateCapture,
    #[n(3)]
    pub released_after_expiry: ReleasedAfterExpiry,
    #[n(4)]
    pub outcomes: OutcomePolicy,
    /// How long an `unknown` outcome keeps the hold (MISSION A38).
    #[n(5)]
    pub unknown_ttl: Span,
    /// What each job brings that succeeds.
    #[n(6)]
    #[cbor(default)]
    pub earns: Vec<GrantRule>,
    #[n(7)]
    #[cbor(default)]
    pub short_balance: ShortBalance,
}

impl Default for JobPolicy {
    fn default() -> JobPolicy {
        JobPolicy {
            decimals: 6,
            over_capture: OverCapture::Cap,
            late_capture: LateCapture::Refuse,
            released_after_expiry: ReleasedAfterExpiry::Expire,
            outcomes: OutcomePolicy::default(),
            unknown_ttl: Span::from_hours(24),
            earns: Vec::new(),
            short_balance: ShortBalance::Refuse,
        }
    }
}

/// There are fewer credits than a job may need (MISSION A04, A21).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub enum ShortBalance {
    /// The job is refused as a whole.
    #[default]
    #[n(0)]
    Refuse,
    /// A job whose price is known only afterwards is held for what there is, if that is enough for the least it can
    /// cost. It is charged what it used, and no more than was held.
    #[n(1)]
    HoldAvailable {
        #[n(0)]
        at_least: Credits,
    },
}

/// A capture asks for more than is held (MISSION A08).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum OverCapture {
    /// Charge what is held and report the rest as a shortfall.
    #[n(0)]
    Cap,
    /// Refuse the capture.
    #[n(1)]
    Reject,
    /// Take the rest from what is available, and report what is still missing.
    #[n(2)]
    ChargeAvailable,
    /// Take the rest from what is available, then owe what is missing, up to the limit in all.
    #[n(3)]
    AllowDebt {
        #[n(0)]
        limit: Option<Credits>,
    },
}

/// A capture comes after its hold expired (MISSION A38).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum LateCapture {
    #[n(0)]
    Refuse,
    /// Take what is available now, up to what was held; the rest is a shortfall.
    #[n(1)]
    ChargeAvailable,
}

/// Credits come back to a grant that has expired, been reset or been voided (MISSION A09).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum ReleasedAfterExpiry {
    /// They lapse at once, as an entry of their own.
    #[n(0)]
    Expire,
    /// They can be spent for this long, as a grant of their own.
    #[n(1)]
    Grace(#[n(0)] Span),
    /// They come back as a grant that does not expire.
    #[n(2)]
    Restore,
}

/// How a job ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Outcome {
    #[default]
    #[n(0)]
    Succeeded,
    #[n(1)]
    Failed,
    #[n(2)]
    Moderated,
    #[n(3)]
    Canceled,
    #[n(4)]
    Partial,
    #[n(5)]
    TimedOut,
    /// Nobody knows yet: nothing is charged and the hold is kept.
    #[n(6)]
    Unknown,
}

/// Where a job was when it ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Stage {
    /// Not yet sent to whoever does the work.
    #[n(0)]
    Queued,
    #[default]
    #[n(1)]
    Running,
}

/// What is charged for each way to end; success is charged in full (MISSION A05).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct OutcomePolicy {
    #[n(0)]
    pub failed: OutcomeCharge,
    #[n(1)]
    pub moderated: OutcomeCharge,
    #[n(2)]
    pub canceled: OutcomeCharge,
    #[n(3)]
    pub timed_out: OutcomeCharge,
    #[n(4)]
    pub partial: OutcomeCharge,
    /// Of a job that was still queued; `None` is as any other.
    #[n(5)]
    pub failed_queued: Option<OutcomeCharge>,
    #[n(6)]
    pub moderated_queued: Option<OutcomeCharge>,
    #[n(7)]
    pub canceled_queued: Option<OutcomeCharge>,
    #[n(8)]
    pub timed_out_queued: Option<OutcomeCharge>,
}

impl Default for OutcomePolicy {
    fn default() -> OutcomePolicy {
        OutcomePolicy {
            failed: OutcomeCharge::Nothing,
            moderated: OutcomeCharge::Nothing,
            canceled: OutcomeCharge::Nothing,
            timed_out: OutcomeCharge::Nothing,
            partial: OutcomeCharge::Delivered,
            failed_queued: None,
            moderated_queued: None,
            canceled_queued: None,
            timed_out_queued: None,
        }
    }
}

impl OutcomePolicy {
    /// How much of its price a job is charged that ends like this.
    pub fn charge(&self, outcome: Outcome, stage: Stage) -> OutcomeCharge {
        let (running, queued) = match outcome {
            Outcome::Succeeded => (OutcomeCharge::Full, None),
            Outcome::Failed => (self.failed, self.failed_queued),
            Outcome::Moderated => (self.moderated, self.moderated_queued),
            Outcome::Canceled => (self.canceled, self.canceled_queued),
            Outcome::TimedOut => (self.timed_out, self.timed_out_queued),
            Outcome::Partial => (self.partial, None),
            Outcome::Unknown => (OutcomeCharge::Nothing, None),
        };
        match stage {
            Stage::Queued => queued.unwrap_or(running),
            Stage::Running => running,
        }
    }
}

/// How much of its price a job is charged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum OutcomeCharge {
    #[n(0)]
    Nothing,
    #[n(1)]
    Full,
    /// The delivered share, half up on the total.
    #[n(2)]
    Delivered,
    /// A fixed share, in millionths of the price, half up on the total.
    #[n(3)]
    Share(#[n(0)] u32),
}
