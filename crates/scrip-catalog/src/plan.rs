//! Plans: what a subscription costs and grants, each cycle.

use scrip_ledger::id::Name;
use scrip_ledger::{Credits, Money, Span};

use crate::bucket::{Bucket, Expiry};
use crate::names::Names;
use crate::policy::CycleAnchor;
use crate::read::At;
use crate::report::Report;
use crate::studio::Studio;

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
    /// What its cycles start from; `None`: the studio's policy.
    pub anchor: Option<CycleAnchor>,
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

pub(crate) fn read_all(root: &At<'_>, grants: &GrantReader<'_>) -> Vec<Plan> {
    root.items("plan").iter().filter_map(|at| read(at, grants)).collect()
}

fn read(at: &At<'_>, grants: &GrantReader<'_>) -> Option<Plan> {
    let id = at.name("id")?;
    let terms: Vec<PlanTerms> = Interval::ALL
        .into_iter()
        .filter_map(|interval| {
            let terms = at.get(interval.key())?;
            Some(PlanTerms {
                interval,
                price: terms.money("price"),
                grants: grants.list(&terms, "grants"),
                anchor: crate::policy::read_anchor(terms.word("anchor")),
            })
        })
        .collect();
    let by_contract = at.bool("by_contract").unwrap_or(false);
    if terms.is_empty() && !by_contract {
        grants.report.error_help(
            at.id_span(),
            &at.path,
            format!("plan \"{id}\" has no terms"),
            "add monthly = { … } or annual = { … }, or say by_contract = true".to_owned(),
        );
    }
    let seats = at.get("seats").map(|seats| read_seats(&seats, grants.report));
    if seats.is_none() {
        refuse_grants_per_seat(at, grants.report);
    }
    Some(Plan {
        name: at.text("name").unwrap_or_else(|| id.to_string()),
        description: at.text("description"),
        terms,
        welcome: grants.list(at, "welcome"),
        by_contract,
        tools: grants.names.tools(at, "tools", grants.report),
        seats,
        sells_packs: at.bool("sells_packs").unwrap_or(true),
        limits: at.items("limits").iter().filter_map(|limit| read_limit(limit, grants)).collect(),
        trial: at.span_of("trial"),
        sample: at.bool("sample").unwrap_or(false),
        retired: at.bool("retired").unwrap_or(false),
        id,
    })
}

fn refuse_grants_per_seat(plan: &At<'_>, report: &Report<'_>) {
    for interval in Interval::ALL {
        let Some(terms) = plan.get(interval.key()) else { continue };
        for grant in terms.items("grants").iter().filter(|grant| grant.word("per") == Some("seat")) {
            if let Some(per) = grant.get("per") {
                report.error_help(
                    per.span(),
                    &per.path,
                    "the plan has no seats".to_owned(),
                    "add seats = {} to the plan".to_owned(),
                );
            }
        }
    }
}

fn read_seats(at: &At<'_>, report: &Report<'_>) -> SeatTerms {
    let count = |key: &str| at.integer(key).and_then(|count| u32::try_from(count).ok());
    let (at_least, at_most) = (count("at_least").unwrap_or(1), count("at_most"));
    if at_most.is_some_and(|most| most < at_least) {
        report.error(at.key_span("at_most"), &at.path, format!("must not be less than at_least ({at_least})"));
    }
    SeatTerms {
        at_least,
        at_most,
        added: if at.word("added") == Some("prorate") { SeatAdded::Prorate } else { SeatAdded::Full },
        pool: if at.word("pool") == Some("workspace") { SeatPool::Workspace } else { SeatPool::Own },
    }
}

pub(crate) fn read_interval(word: Option<&str>) -> Option<Interval> {
    Interval::ALL.into_iter().find(|interval| Some(interval.as_str()) == word)
}

fn read_limit(at: &At<'_>, grants: &GrantReader<'_>) -> Option<Limit> {
    let kind = match at.word("kind")? {
        "jobs_in_flight" => LimitKind::JobsInFlight,
        "jobs" => LimitKind::Jobs,
        "spend" => LimitKind::Spend,
        "purchases" => LimitKind::Purchases,
        _ => return None,
    };
    let at_most = at.credits("at_most")?;
    if kind != LimitKind::Spend && !at_most.fits_decimals(0) {
        grants.report.error(at.key_span("at_most"), &at.path, "must be a whole number".to_owned());
    }
    Some(Limit {
        kind,
        at_most,
        per: read_interval(at.word("per")),
        each_member: at.bool("each_member").unwrap_or(false),
        tools: grants.names.tools(at, "tools", grants.report),
    })
}

/// Reads what plans and promotions grant.
pub(crate) struct GrantReader<'a> {
    pub studio: &'a Studio,
    pub buckets: &'a [Bucket],
    pub names: &'a Names,
    pub report: &'a Report<'a>,
}

impl GrantReader<'_> {
    pub fn list(&self, at: &At<'_>, key: &str) -> Vec<GrantTerms> {
        at.items(key).iter().filter_map(|grant| self.read(grant)).collect()
    }

    /// The amount of a grant, pack or add-on, checked against the unit of its bucket.
    pub fn amount(&self, at: &At<'_>, bucket: &Name) -> Option<Credits> {
        let credits = at.credits("credits")?;
        let bucket = self.buckets.iter().find(|known| known.id == *bucket)?;
        if let Some(unit) = self.studio.unit(&bucket.currency) {
            crate::amounts::fits(at, "credits", credits, unit, self.report);
        }
        Some(credits)
    }

    fn read(&self, at: &At<'_>) -> Option<GrantTerms> {
        let bucket = self.names.bucket(at, "bucket", self.report)?;
        let credits = self.amount(at, &bucket)?;
        Some(GrantTerms {
            credits,
            per: if at.word("per") == Some("seat") { GrantPer::Seat } else { GrantPer::Customer },
            renewal: match at.word("renewal") {
                Some("add") => Renewal::Add,
                Some("replenish") => Renewal::ReplenishUpTo,
                _ => Renewal::Reset,
            },
            rollover: at.get("rollover").and_then(|rollover| self.rollover(&rollover, &bucket)).unwrap_or_default(),
            drip: if at.bool("upfront") == Some(false) { Drip::Monthly } else { Drip::Upfront },
            expires: crate::bucket::read_expiry(at, self.report),
            only_tools: self.names.tools(at, "only_tools", self.report),
            bucket,
        })
    }

    fn rollover(&self, at: &At<'_>, from: &Name) -> Option<Rollover> {
        let bucket = self.names.bucket(at, "bucket", self.report)?;
        let currency = |id: &Name| self.buckets.iter().find(|known| known.id == *id).map(|known| &known.currency);
        if currency(&bucket) != currency(from) {
            let message = format!("bucket \"{bucket}\" counts in another unit than \"{from}\"");
            self.report.error(at.key_span("bucket"), &at.path, message);
        }
        Some(Rollover::Carry {
            bucket,
            carry_at_most: at.credits("carry_at_most"),
            total_at_most: at.credits("total_at_most"),
            cycles: at.integer("cycles").and_then(|cycles| u32::try_from(cycles).ok()),
        })
    }
}
