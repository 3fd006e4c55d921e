//! Plans: what a subscription costs and grants, each cycle.

use scrip_ledger::id::Name;
use scrip_ledger::{Credits, Money, Span};

use crate::bucket::Expiry;

/// A plan that customers subscribe to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    pub id: Name,
    pub name: String,
    pub description: Option<String>,
    /// Terms by billing interval; a plan by contract may have none.
    pub terms: Vec<PlanTerms>,
    /// Granted once, when a customer starts the plan for the first time.
    pub welcome: Vec<GrantTerms>,
    /// Can't be bought: terms are set for each customer.
    pub by_contract: bool,
    /// Tools that the plan allows; `None` is all.
    pub tools: Option<Vec<Name>>,
    pub seats: Option<SeatTerms>,
    /// Packs and add-ons that its customers can buy; `None` is all (of those that allow the plan).
    pub sells_packs: bool,
    pub limits: Vec<Limit>,
    pub trial: Option<Span>,
    /// Numbers in it are placeholders of the catalog's author, not the product's own.
    pub sample: bool,
    /// Kept for those who have it, no longer sold.
    pub retired: bool,
}

impl Plan {
    pub fn terms(&self, interval: Interval) -> Option<&PlanTerms> {
        self.terms.iter().find(|terms| terms.interval == interval)
    }
}

/// Price and grants of a plan for one billing interval.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanTerms {
    pub interval: Interval,
    /// Per seat if the plan has seats.
    pub price: Option<Money>,
    pub grants: Vec<GrantTerms>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Interval {
    Day,
    Week,
    ThirtyDays,
    Month,
    Year,
}

impl Interval {
    pub const ALL: [Interval; 5] =
        [Interval::Day, Interval::Week, Interval::ThirtyDays, Interval::Month, Interval::Year];

    pub fn as_str(self) -> &'static str {
        match self {
            Interval::Day => "day",
            Interval::Week => "week",
            Interval::ThirtyDays => "30_days",
            Interval::Month => "month",
            Interval::Year => "year",
        }
    }

    /// The key of a plan's terms in the file: `monthly`.
    pub fn key(self) -> &'static str {
        match self {
            Interval::Day => "daily",
            Interval::Week => "weekly",
            Interval::ThirtyDays => "every_30_days",
            Interval::Month => "monthly",
            Interval::Year => "annual",
        }
    }
}

/// Credits that a plan, add-on, pack or promotion grants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantTerms {
    pub bucket: Name,
    pub credits: Credits,
    pub per: GrantPer,
    pub renewal: Renewal,
    /// What becomes of the rest at the renewal.
    pub rollover: Rollover,
    /// How often the credits of one interval arrive: an annual plan grants upfront or month by month.
    pub drip: Drip,
    /// `None`: the bucket's own rule.
    pub expires: Option<Expiry>,
    /// Tools that this grant may pay for; `None`: the bucket's own rule.
    pub only_tools: Option<Vec<Name>>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GrantPer {
    #[default]
    Customer,
    Seat,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Renewal {
    /// The bucket is set to the quota: the rest of the last cycle goes where `rollover` says.
    #[default]
    Reset,
    /// The quota is added to what is left.
    Add,
    /// What is missing to the quota is granted.
    ReplenishUpTo,
}

/// What happens to credits that are left when a cycle ends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Rollover {
    /// They expire.
    #[default]
    None,
    /// They move to another bucket (or stay, if it is the same), within limits.
    Carry {
        bucket: Name,
        /// The most that one renewal carries over.
        carry_at_most: Option<Credits>,
        /// The most that the receiving bucket may hold in all.
        total_at_most: Option<Credits>,
        /// Cycles after which carried credits expire.
        cycles: Option<u32>,
    },
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Drip {
    /// All at the start of the interval.
    #[default]
    Upfront,
    /// In equal monthly parts, each for its month.
    Monthly,
}

/// What a change of seats does (MISSION A26, A29).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeatTerms {
    pub at_least: u32,
    pub at_most: Option<u32>,
    /// A seat that is added in mid-cycle is granted in full, or by the time left.
    pub added: SeatAdded,
    /// Who may spend a seat's credits (MISSION A27).
    pub pool: SeatPool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SeatAdded {
    #[default]
    Full,
    Prorate,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SeatPool {
    /// Base credits belong to the seat; the shared pool comes after it.
    #[default]
    Own,
    /// All seats' credits form one pool.
    Workspace,
}

/// A limit that is not about credits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit {
    pub kind: LimitKind,
    pub at_most: Credits,
    /// Per what time; `None` for jobs in flight, and for limits that hold for ever.
    pub per: Option<Interval>,
    /// Whose: the customer's or each member's.
    pub each_member: bool,
    /// `None`: all tools.
    pub tools: Option<Vec<Name>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitKind {
    /// Holds that are open at the same time.
    JobsInFlight,
    /// Jobs per period.
    Jobs,
    /// Credits spent per period.
    Spend,
    /// Packs bought per period.
    Purchases,
}
