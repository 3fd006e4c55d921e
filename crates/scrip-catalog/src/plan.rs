//! Plans: reading what a subscription costs and grants, each cycle.

use scrip_ledger::Credits;
use scrip_ledger::id::Name;
pub use scrip_ledger::plan::{
    CycleAnchor, Downgrade, Drip, Expiry, GrantPer, GrantRule, Interval, Limit, LimitKind, Plan, PlanTerms, Renewal,
    Rollout, Rollover, SeatAdded, SeatPool, SeatTerms, Upgrade,
};

use crate::bucket::Bucket;
use crate::names::Names;
use crate::read::At;
use crate::report::Report;
use crate::studio::Studio;

pub(crate) fn read_all(root: &At<'_>, grants: &GrantReader<'_>) -> Vec<Plan> {
    root.items("plan").iter().filter_map(|at| read(at, grants)).collect()
}

fn read(at: &At<'_>, grants: &GrantReader<'_>) -> Option<Plan> {
    let id = at.name("id")?;
    let terms = read_terms(at, grants);
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
        limits: read_limits(&at.items("limits"), grants),
        trial: at.span_of("trial"),
        sample: at.bool("sample").unwrap_or(false),
        retired: at.bool("retired").unwrap_or(false),
        id,
    })
}

/// A plan as it was agreed with one customer: what the agreement leaves out stays as it usually is.
pub(crate) fn read_agreed(at: &At<'_>, usual: &Plan, grants: &GrantReader<'_>) -> Plan {
    let mut plan = usual.clone();
    for terms in read_terms(at, grants) {
        plan.terms.retain(|usual| usual.interval != terms.interval);
        plan.terms.push(terms);
    }
    plan.terms.sort_by_key(|terms| terms.interval);
    plan.name = at.text("name").unwrap_or(plan.name);
    plan.description = at.text("description").or(plan.description);
    plan.tools = grants.names.tools(at, "tools", grants.report).or(plan.tools);
    plan.seats = at.get("seats").map(|seats| read_seats(&seats, grants.report)).or(plan.seats);
    plan.sells_packs = at.bool("sells_packs").unwrap_or(plan.sells_packs);
    plan.trial = at.span_of("trial").or(plan.trial);
    if at.has("welcome") {
        plan.welcome = grants.list(at, "welcome");
    }
    if at.has("limits") {
        plan.limits = read_limits(&at.items("limits"), grants);
    }
    if plan.seats.is_none() {
        refuse_grants_per_seat(at, grants.report);
    }
    if plan.terms.is_empty() {
        grants.report.error_help(
            at.span(),
            &at.path,
            format!("plan \"{}\" has no terms, and the agreement gives none", plan.id),
            "add monthly = { … } or annual = { … }".to_owned(),
        );
    }
    plan
}

fn read_terms(at: &At<'_>, grants: &GrantReader<'_>) -> Vec<PlanTerms> {
    let of = |interval: Interval| {
        let terms = at.get(interval.key())?;
        Some(PlanTerms {
            interval,
            price: terms.money("price"),
            grants: grants.list(&terms, "grants"),
            anchor: crate::policy::read_anchor(terms.word("anchor")),
        })
    };
    Interval::ALL.into_iter().filter_map(of).collect()
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

pub(crate) fn read_limits(limits: &[At<'_>], grants: &GrantReader<'_>) -> Vec<Limit> {
    limits.iter().filter_map(|limit| read_limit(limit, grants)).collect()
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
    pub fn list(&self, at: &At<'_>, key: &str) -> Vec<GrantRule> {
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

    fn read(&self, at: &At<'_>) -> Option<GrantRule> {
        let bucket = self.names.bucket(at, "bucket", self.report)?;
        let credits = self.amount(at, &bucket)?;
        Some(GrantRule {
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
