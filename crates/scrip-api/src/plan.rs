//! What a studio sells beside its tools: plans, add-ons, packs and promotions, as customers see them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::amount::{Credits, Money};
use crate::span::Span;
use crate::text::Text;

/// The length of a billing cycle, or of the time that a limit counts in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Interval {
    /// Of limits and promotions only: no plan is sold by the hour.
    Hour,
    Day,
    Week,
    #[serde(rename = "30_days")]
    ThirtyDays,
    Month,
    Year,
}

/// All that is for sale: plans in the order of the catalog, and what goes with them.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(bound(deserialize = "'de: 'a"))]
pub struct Offers<'a> {
    /// Plans.
    pub data: Vec<Plan<'a>>,
    /// All plans are on one page: always null.
    pub next_cursor: Option<String>,
    pub add_ons: Vec<AddOnTerms<'a>>,
    pub packs: Vec<Pack<'a>>,
    pub without_plan: WithoutPlan<'a>,
    pub promotions: Vec<Promotion<'a>>,
    pub catalog_version: u32,
}

/// A plan that customers subscribe to.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(bound(deserialize = "'de: 'a"))]
pub struct Plan<'a> {
    pub id: Text<'a>,
    pub name: Text<'a>,
    pub description: Option<Text<'a>>,
    /// One for each interval that it is sold for; none where a contract sets them.
    pub terms: Vec<PlanTerms<'a>>,
    /// Given once, with the first start.
    pub welcome: Vec<GrantRule<'a>>,
    /// Terms are agreed with each customer and set in its `overrides`.
    pub by_contract: bool,
    /// Tools that it allows; null is all.
    pub tools: Option<Vec<Text<'a>>>,
    /// Null where it is not sold by seat.
    pub seats: Option<SeatTerms>,
    pub sells_packs: bool,
    pub limits: Vec<Limit<'a>>,
    pub trial: Option<Span>,
    /// What the trial brings instead of the quota; null is the quota.
    pub trial_grants: Option<Vec<GrantRule<'a>>>,
    /// What is left of the quota when the trial is over goes where the rest of a cycle goes; otherwise it ends.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub trial_rolls_over: bool,
    /// Not published by the product: sample values.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub sample: bool,
}

/// What customers without a plan may do.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(bound(deserialize = "'de: 'a"))]
pub struct WithoutPlan<'a> {
    /// Tools that they may use; null is all.
    pub tools: Option<Vec<Text<'a>>>,
    pub limits: Vec<Limit<'a>>,
    pub sells_packs: bool,
}

/// What a plan costs and grants in one interval.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(bound(deserialize = "'de: 'a"))]
pub struct PlanTerms<'a> {
    pub interval: Interval,
    /// Per seat where it is sold by seat; null where the catalog gives none.
    pub price: Option<Money<'a>>,
    pub grants: Vec<GrantRule<'a>>,
}

/// Credits that come with a plan or promotion.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(bound(deserialize = "'de: 'a"))]
pub struct GrantRule<'a> {
    pub bucket: Text<'a>,
    /// Of one cycle; of each month where `drip` is `monthly`, of each shorter period where `every` says one.
    pub credits: Credits,
    pub per: GrantPer,
    pub renewal: Renewal,
    /// What becomes of the rest at the renewal; null: it expires.
    pub rollover: Option<Rollover<'a>>,
    pub drip: Drip,
    /// Comes anew by a period that is shorter than the cycle; null: with the cycle, or its months.
    #[serde(default)]
    pub every: Option<Interval>,
    pub only_tools: Option<Vec<Text<'a>>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum GrantPer {
    Customer,
    Seat,
}

/// What a renewal does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Renewal {
    /// The quota anew.
    Reset,
    /// The quota on top of what is left.
    Add,
    /// What is missing to the quota.
    Replenish,
}

/// When credits of a cycle arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Drip {
    /// At its start.
    Upfront,
    /// Month by month.
    Monthly,
}

/// What goes on into the next cycle.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(bound(deserialize = "'de: 'a"))]
pub struct Rollover<'a> {
    pub bucket: Text<'a>,
    /// The most that one renewal carries over.
    pub carry_at_most: Option<Credits>,
    /// The most that carried credits may come to in all.
    pub total_at_most: Option<Credits>,
    /// Cycles after which carried credits expire.
    pub cycles: Option<u32>,
}

/// How a plan is sold by seat.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct SeatTerms {
    pub at_least: u32,
    pub at_most: Option<u32>,
    pub added: SeatAdded,
    pub pool: SeatPool,
}

/// What a seat that is added in mid-cycle gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SeatAdded {
    Full,
    /// By the time left.
    Prorate,
}

/// Whose the credits of seats are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SeatPool {
    /// Each seat's own.
    Own,
    /// Everybody's.
    Workspace,
}

/// A limit that is not about the balance.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(bound(deserialize = "'de: 'a"))]
pub struct Limit<'a> {
    pub kind: LimitKind,
    /// Credits of a `spend` limit, whole numbers of the others.
    pub at_most: Credits,
    /// Null for jobs in flight, and for limits that hold for ever.
    pub per: Option<Interval>,
    /// Of each member, and not of the customer as a whole.
    pub each_member: bool,
    /// Null is all tools.
    pub tools: Option<Vec<Text<'a>>>,
    /// The currency that a `spend` limit is about; null is the studio's own credit.
    pub currency: Option<Text<'a>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LimitKind {
    /// Jobs that run at the same time.
    JobsInFlight,
    Jobs,
    /// Credits, what is held included.
    Spend,
    Purchases,
}

/// Units that can be bought on top of some plans and renew with them.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(bound(deserialize = "'de: 'a"))]
pub struct AddOnTerms<'a> {
    pub id: Text<'a>,
    pub name: Text<'a>,
    /// Of one unit.
    pub credits: Credits,
    pub price: Option<Money<'a>>,
    pub bucket: Text<'a>,
    /// Plans that can buy it.
    pub plans: Vec<Text<'a>>,
    /// For the customer, or for each seat of the plan.
    pub per: GrantPer,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub sample: bool,
}

/// A one-off purchase of credits.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(bound(deserialize = "'de: 'a"))]
pub struct Pack<'a> {
    pub id: Text<'a>,
    pub name: Text<'a>,
    pub credits: Credits,
    /// Given on top.
    pub bonus: Credits,
    pub price: Option<Money<'a>>,
    pub bucket: Text<'a>,
    /// Plans whose customers can buy it; null is everybody.
    pub plans: Option<Vec<Text<'a>>>,
    /// How often one customer may buy it, in all or per `per`; null is as often as they like.
    pub purchases_at_most: Option<u32>,
    pub per: Option<Interval>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub sample: bool,
}

/// Credits that can be claimed. Codes are not shown.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(bound(deserialize = "'de: 'a"))]
pub struct Promotion<'a> {
    pub id: Text<'a>,
    pub name: Text<'a>,
    pub kind: PromotionKind,
    pub grants: Vec<GrantRule<'a>>,
    pub needs_code: bool,
    /// How often one customer may claim it, in all or per `per`.
    pub claims_at_most: u32,
    pub per: Option<Interval>,
    /// The most that one customer can earn with it, ever or per `earns_per`.
    pub earns_at_most: Option<Credits>,
    pub earns_per: Option<Interval>,
    pub plans: Option<Vec<Text<'a>>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PromotionKind {
    Welcome,
    Code,
    Referral,
    DailyLogin,
    Trial,
}
