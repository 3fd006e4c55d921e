//! Plans: what a subscription costs and grants, as the catalog says it and the ledger carries it out.

use minicbor::{Decode, Encode};

use crate::amount::{Credits, Money};
use crate::id::Name;
use crate::time::Span;

/// A plan that customers subscribe to.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Plan {
    #[n(0)]
    pub id: Name,
    #[n(1)]
    pub name: String,
    #[n(2)]
    pub description: Option<String>,
    /// Terms by billing interval; a plan by contract may have none.
    #[n(3)]
    pub terms: Vec<PlanTerms>,
    /// Granted once, when a customer starts the plan for the first time.
    #[n(4)]
    pub welcome: Vec<GrantRule>,
    /// Can't be bought: terms are set for each customer (MISSION S3-13).
    #[n(5)]
    pub by_contract: bool,
    /// Tools that the plan allows; `None` is all.
    #[n(6)]
    pub tools: Option<Vec<Name>>,
    #[n(7)]
    pub seats: Option<SeatTerms>,
    /// May its customers buy packs (of those that allow the plan)?
    #[n(8)]
    pub sells_packs: bool,
    #[n(9)]
    pub limits: Vec<Limit>,
    #[n(10)]
    pub trial: Option<Span>,
    /// Numbers in it are placeholders of the catalog's author, not the product's own.
    #[n(11)]
    pub sample: bool,
    /// Kept for those who have it, no longer sold.
    #[n(12)]
    pub retired: bool,
    /// What the time to try it grants instead of the quota; `None` is the quota.
    #[n(13)]
    pub trial_grants: Option<Vec<GrantRule>>,
    /// What is left of its quota when the trial is over goes where the rest of a cycle goes; otherwise it ends.
    #[n(14)]
    #[cbor(default)]
    pub trial_rolls_over: bool,
}

impl Plan {
    pub fn terms(&self, interval: Interval) -> Option<&PlanTerms> {
        self.terms.iter().find(|terms| terms.interval == interval)
    }
}

/// What holds for customers that have no plan, nor belong to one that has.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct TermsWithoutPlan {
    /// Tools that they may use; `None` is all.
    #[n(0)]
    pub tools: Option<Vec<Name>>,
    #[n(1)]
    pub limits: Vec<Limit>,
    /// May they buy packs (of those that are not for some plans only)?
    #[n(2)]
    pub sells_packs: bool,
}

impl Default for TermsWithoutPlan {
    fn default() -> TermsWithoutPlan {
        TermsWithoutPlan { tools: None, limits: Vec::new(), sells_packs: true }
    }
}

/// Price and grants of a plan for one billing interval.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct PlanTerms {
    #[n(0)]
    pub interval: Interval,
    /// Per seat if the plan has seats.
    #[n(1)]
    pub price: Option<Money>,
    /// At most one for each bucket and period.
    #[n(2)]
    pub grants: Vec<GrantRule>,
    /// What its cycles start from; `None`: the studio's policy.
    #[n(3)]
    pub anchor: Option<CycleAnchor>,
}

impl PlanTerms {
    /// What a cycle grants into a bucket.
    pub(crate) fn rule(&self, bucket: &str) -> Option<&GrantRule> {
        self.of_cycle().find(|rule| rule.bucket.as_str() == bucket)
    }

    /// What each cycle grants, or each month of it.
    pub(crate) fn of_cycle(&self) -> impl Iterator<Item = &GrantRule> {
        self.grants.iter().filter(|rule| rule.every.is_none())
    }

    /// What a shorter period grants into a bucket.
    pub(crate) fn period_rule(&self, interval: Interval, bucket: &str) -> Option<&GrantRule> {
        self.of_period(interval).find(|rule| rule.bucket.as_str() == bucket)
    }

    /// What comes by a shorter period than the cycle.
    pub(crate) fn of_period(&self, interval: Interval) -> impl Iterator<Item = &GrantRule> {
        self.grants.iter().filter(move |rule| rule.is_every(interval))
    }
}

/// The length of a billing cycle, or of the time that a limit counts in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum Interval {
    /// An hour of the clock in UTC, for limits and allowances: no plan is sold by it.
    #[n(5)]
    Hour,
    #[n(0)]
    Day,
    #[n(1)]
    Week,
    #[n(2)]
    ThirtyDays,
    #[n(3)]
    Month,
    #[n(4)]
    Year,
}

impl Interval {
    /// Those that plans are sold by.
    pub const ALL: [Interval; 5] =
        [Interval::Day, Interval::Week, Interval::ThirtyDays, Interval::Month, Interval::Year];

    /// Those that limits, allowances and promotions count in.
    pub const PERIODS: [Interval; 6] =
        [Interval::Hour, Interval::Day, Interval::Week, Interval::ThirtyDays, Interval::Month, Interval::Year];

    pub fn as_str(self) -> &'static str {
        match self {
            Interval::Hour => "hour",
            Interval::Day => "day",
            Interval::Week => "week",
            Interval::ThirtyDays => "30_days",
            Interval::Month => "month",
            Interval::Year => "year",
        }
    }

    /// The days of the longest there is, counted up.
    pub fn days_at_most(self) -> u64 {
        match self {
            Interval::Hour | Interval::Day => 1,
            Interval::Week => 7,
            Interval::ThirtyDays => 30,
            Interval::Month => 31,
            Interval::Year => 366,
        }
    }

    /// The key of a plan's terms in the file: `monthly`.
    pub fn key(self) -> &'static str {
        match self {
            Interval::Hour => "hourly",
            Interval::Day => "daily",
            Interval::Week => "weekly",
            Interval::ThirtyDays => "every_30_days",
            Interval::Month => "monthly",
            Interval::Year => "annual",
        }
    }
}

/// Credits that a plan or promotion grants.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct GrantRule {
    #[n(0)]
    pub bucket: Name,
    /// Of one cycle; of each month or shorter period where they arrive by it.
    #[n(1)]
    pub credits: Credits,
    #[n(2)]
    pub per: GrantPer,
    #[n(3)]
    pub renewal: Renewal,
    /// What becomes of the rest at the renewal.
    #[n(4)]
    pub rollover: Rollover,
    /// An annual plan grants upfront or month by month.
    #[n(5)]
    pub drip: Drip,
    /// `None`: the bucket's own rule.
    #[n(6)]
    pub expires: Option<Expiry>,
    /// Tools that this grant may pay for; `None`: the bucket's own rule.
    #[n(7)]
    pub only_tools: Option<Vec<Name>>,
    /// Comes anew by a shorter period, whatever becomes of the cycle; `None`: with the cycle.
    #[n(8)]
    pub every: Option<Every>,
}

impl GrantRule {
    pub(crate) fn is_every(&self, interval: Interval) -> bool {
        self.every.is_some_and(|every| every.interval == interval)
    }
}

/// A period that is shorter than the cycle: each day of a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Every {
    #[n(0)]
    pub interval: Interval,
    /// By the purchase or by the calendar; a period never waits for the first use.
    #[n(1)]
    pub anchored_to: CycleAnchor,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum GrantPer {
    #[default]
    #[n(0)]
    Customer,
    #[n(1)]
    Seat,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Renewal {
    /// The quota anew: the rest of the last cycle goes where `rollover` says.
    #[default]
    #[n(0)]
    Reset,
    /// The quota is added to what is left.
    #[n(1)]
    Add,
    /// What is missing to the quota is granted.
    #[n(2)]
    ReplenishUpTo,
}

/// What happens to credits that are left when a cycle ends.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub enum Rollover {
    /// They expire.
    #[default]
    #[n(0)]
    None,
    /// They move to another bucket (or stay, if it is the same), within limits.
    #[n(1)]
    Carry {
        #[n(0)]
        bucket: Name,
        /// The most that one renewal carries over.
        #[n(1)]
        carry_at_most: Option<Credits>,
        /// The most that the subscription's carried credits may come to in all.
        #[n(2)]
        total_at_most: Option<Credits>,
        /// Cycles after which carried credits expire.
        #[n(3)]
        cycles: Option<u32>,
    },
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Drip {
    /// All at the start of the interval.
    #[default]
    #[n(0)]
    Upfront,
    /// Month by month, each part for its month.
    #[n(1)]
    Monthly,
}

/// When granted credits end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Expiry {
    #[n(0)]
    Never,
    /// With the billing cycle in which they were granted, or with the shorter period that they came for.
    #[n(1)]
    Cycle,
    /// So long after they were granted.
    #[n(2)]
    After(#[n(0)] Span),
    /// So long after they were granted or with the cycle, whichever is later.
    #[n(3)]
    LaterOf(#[n(0)] Span),
    /// So many months of the calendar after they were granted, at the same time of day; the 31st falls to the last
    /// day of a short month.
    #[n(4)]
    AfterMonths(#[n(0)] u32),
    /// So many months of the calendar after they were granted or with the cycle, whichever is later.
    #[n(5)]
    LaterOfMonths(#[n(0)] u32),
}

/// What a change of seats does (MISSION A26, A29).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct SeatTerms {
    #[n(0)]
    pub at_least: u32,
    #[n(1)]
    pub at_most: Option<u32>,
    /// A seat that is added in mid-cycle is granted in full, or by the time left.
    #[n(2)]
    pub added: SeatAdded,
    /// Who may spend a seat's credits (MISSION A27).
    #[n(3)]
    pub pool: SeatPool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum SeatAdded {
    #[default]
    #[n(0)]
    Full,
    #[n(1)]
    Prorate,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum SeatPool {
    /// Credits per seat belong to the seat; the shared pool comes after it.
    #[default]
    #[n(0)]
    Own,
    /// All seats' credits form one pool.
    #[n(1)]
    Workspace,
}

/// A limit that is not about the balance.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Limit {
    #[n(0)]
    pub kind: LimitKind,
    /// Credits of a spend limit, whole numbers of the others.
    #[n(1)]
    pub at_most: Credits,
    /// Per what time; `None` for jobs in flight, and for limits that hold for ever.
    #[n(2)]
    pub per: Option<Interval>,
    /// Of each member and not of the customer as a whole.
    #[n(3)]
    pub each_member: bool,
    /// `None`: all tools.
    #[n(4)]
    pub tools: Option<Vec<Name>>,
    /// The currency whose spending a spend limit is about; `None` is the studio's own credit.
    #[n(5)]
    pub currency: Option<Name>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum LimitKind {
    /// Holds that are open at the same time.
    #[n(0)]
    JobsInFlight,
    /// Jobs per period.
    #[n(1)]
    Jobs,
    /// Credits spent per period, what is held included.
    #[n(2)]
    Spend,
    /// Packs bought per period.
    #[n(3)]
    Purchases,
}

impl LimitKind {
    pub const ALL: [LimitKind; 4] = [LimitKind::JobsInFlight, LimitKind::Jobs, LimitKind::Spend, LimitKind::Purchases];

    pub fn as_str(self) -> &'static str {
        match self {
            LimitKind::JobsInFlight => "jobs_in_flight",
            LimitKind::Jobs => "jobs",
            LimitKind::Spend => "spend",
            LimitKind::Purchases => "purchases",
        }
    }
}

/// What cycles are counted from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum CycleAnchor {
    /// Day and time of the purchase; month ends clamped (MISSION A35).
    #[default]
    #[n(0)]
    Purchase,
    /// Midnight, Monday, the first of the month or of the year; the first cycle is short.
    #[n(1)]
    Calendar,
    /// The first use after a cycle has ended.
    #[n(2)]
    FirstUse,
}

/// An upgrade in mid-cycle (MISSION A40).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Upgrade {
    /// The difference of the quotas now, same cycle.
    #[default]
    #[n(0)]
    GrantDifference,
    /// A new cycle begins; what is left is carried into it.
    #[n(1)]
    NewCycle,
    #[n(2)]
    NextRenewal,
    /// A new cycle begins; what is left ends.
    #[n(3)]
    Reset,
}

/// A downgrade (MISSION A41).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Downgrade {
    #[default]
    #[n(0)]
    NextRenewal,
    /// At once, and what is left is cut to the new quota.
    #[n(1)]
    NowCapped,
}

/// When a published catalog reaches running subscriptions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Rollout {
    #[default]
    #[n(0)]
    NextRenewal,
    /// The next time the wallet is touched, as a change of plan.
    #[n(1)]
    Immediate,
    /// Never: a subscription keeps the terms that it was started with.
    #[n(2)]
    NewOnly,
}
