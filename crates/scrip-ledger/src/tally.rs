//! Tallies: what counts towards a limit, a free allowance or a promotion, beside the credits.

use minicbor::{Decode, Encode};

use crate::amount::Credits;
use crate::customer::PoolId;
use crate::id::{GrantId, Name};
use crate::time::Timestamp;

/// What is counted, and for whom.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub struct TallyKey {
    #[n(0)]
    pub pool: PoolId,
    /// `None` is the customer as a whole.
    #[n(1)]
    pub member: Option<Name>,
    #[n(2)]
    pub what: Counted,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub enum Counted {
    /// Jobs of a limit, by the tools and the period that it is about.
    #[n(0)]
    Jobs(#[n(0)] Name),
    /// Credits of a limit, by the tools and the period that it is about.
    #[n(1)]
    Spend(#[n(0)] Name),
    #[n(2)]
    Purchases(#[n(0)] Name),
    /// Claims of a promotion: how many in the period, and all that it ever brought.
    #[n(3)]
    Claims(#[n(0)] Name),
    /// Welcome credits of a plan: once.
    #[n(4)]
    Welcome(#[n(0)] Name),
    /// Free jobs of a tool in its period.
    #[n(5)]
    FreeJobs(#[n(0)] Name),
    /// Free units of a tool in its period, in millionths.
    #[n(6)]
    FreeUnits(#[n(0)] Name),
    /// Inputs that were paid for before: unchanged repeats are free for a time.
    #[n(7)]
    Paid(#[n(0)] Name),
    /// A limit that refused something was told in this period.
    #[n(8)]
    Told(#[n(0)] Name),
    /// The level at which the balance of this currency was last told, as a percentage: 0 for nothing left.
    #[n(9)]
    Level(#[n(0)] Name),
    /// The same where thresholds are in credits: the threshold in millionths, 0 for nothing left.
    #[n(10)]
    LevelCredits(#[n(0)] Name),
    /// Credits beyond the balance that were held or spent in a cycle.
    #[n(11)]
    Overage,
    /// Credits beyond the balance that were spent and not told as due yet.
    #[n(12)]
    OverageDue,
    /// What a promotion brought in the period that its earnings are limited in.
    #[n(13)]
    Earned(#[n(0)] Name),
    /// Minor units of its payment that went back for a pack, and what is owed or was paid back for that.
    #[n(14)]
    Reversed(#[n(0)] GrantId),
}

/// How much was counted, in which period.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Tally {
    /// Since when; what was counted before another period's start no longer counts.
    #[n(0)]
    pub since: Timestamp,
    #[n(1)]
    pub count: u64,
    #[n(2)]
    pub amount: Credits,
    /// From then on it does not count and is forgotten; `None` is never.
    #[n(3)]
    pub until: Option<Timestamp>,
}

impl Tally {
    pub(crate) fn counts_at(&self, at: Timestamp) -> bool {
        self.until.is_none_or(|until| until > at)
    }

    /// What was counted once, then.
    pub(crate) fn once(since: Timestamp) -> Tally {
        Tally { since, count: 1, ..Tally::default() }
    }
}
