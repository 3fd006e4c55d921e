//! Plans: reading what a subscription costs and grants, each cycle.

pub use scrip_ledger::plan::{
    CycleAnchor, Downgrade, Drip, Expiry, GrantPer, GrantRule, Interval, Limit, LimitKind, Plan, PlanTerms, Renewal,
    Rollout, Rollover, SeatAdded, SeatPool, SeatTerms, TermsWithoutPlan, Upgrade,
};

use scrip_ledger::Span;

use crate::grants::{GrantReader, TermsOf};
use crate::read::At;
use crate::report::Report;

pub(crate) fn read_all(root: &At<'_>, grants: &GrantReader<'_>) -> Vec<Plan> {
    root.items("plan").iter().filter_map(|at| read(at, grants)).collect()
}

fn read(at: &At<'_>, grants: &GrantReader<'_>) -> Option<Plan> {
    let id = at.name("id")?;
    let seats = at.get("seats").map(|seats| read_seats(&seats, grants.report));
    let terms = read_terms(at, seats, grants);
    notice_free_alternative(at, &terms, grants.report);
    let by_contract = at.bool("by_contract").unwrap_or(false);
    let meant = ["annual", "monthly"].iter().any(|key| grants.report.was_meant(&at.path, key));
    if terms.is_empty() && !by_contract && !meant {
        grants.report.error_help(
            at.id_span(),
            &at.path,
            format!("plan \"{id}\" has no terms"),
            "add monthly = { … } or annual = { … }, or say by_contract = true".to_owned(),
        );
    }
    Some(Plan {
        name: at.text("name").unwrap_or_else(|| id.to_string()),
        description: at.text("description"),
        terms,
        welcome: grants.once(at, "welcome"),
        by_contract,
        tools: grants.names.tools(at, "tools", grants.report),
        seats,
        sells_packs: at.bool("sells_packs").unwrap_or(true),
        limits: crate::limits::of_plan(at, grants),
        trial: trial_lasts(at),
        trial_grants: trial_grants(at, grants),
        trial_rolls_over: trial_rolls_over(at),
        sample: at.bool("sample").unwrap_or(false),
        retired: at.bool("retired").unwrap_or(false),
        id,
    })
}

/// What customers without a plan may do.
pub(crate) fn read_without_plan(root: &At<'_>, grants: &GrantReader<'_>) -> TermsWithoutPlan {
    let Some(at) = root.get("without_plan") else { return TermsWithoutPlan::default() };
    TermsWithoutPlan {
        tools: grants.names.tools(&at, "tools", grants.report),
        limits: crate::limits::of_plan(&at, grants),
        sells_packs: at.bool("sells_packs").unwrap_or(true),
    }
}

/// A plan as it was agreed with one customer: what the agreement leaves out stays as it usually is.
pub(crate) fn read_agreed(at: &At<'_>, usual: &Plan, grants: &GrantReader<'_>) -> Plan {
    let mut plan = usual.clone();
    plan.seats = at.get("seats").map(|seats| read_seats(&seats, grants.report)).or(plan.seats);
    for terms in read_terms(at, plan.seats, grants) {
        plan.terms.retain(|usual| usual.interval != terms.interval);
        plan.terms.push(terms);
    }
    plan.terms.sort_by_key(|terms| terms.interval);
    plan.name = at.text("name").unwrap_or(plan.name);
    plan.description = at.text("description").or(plan.description);
    plan.tools = grants.names.tools(at, "tools", grants.report).or(plan.tools);
    plan.sells_packs = at.bool("sells_packs").unwrap_or(plan.sells_packs);
    if at.has("trial") {
        plan.trial = trial_lasts(at);
        plan.trial_grants = trial_grants(at, grants);
        plan.trial_rolls_over = trial_rolls_over(at);
    }
    if at.has("welcome") {
        plan.welcome = grants.once(at, "welcome");
    }
    if at.has("limits") {
        plan.limits = crate::limits::of_plan(at, grants);
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

fn trial_lasts(plan: &At<'_>) -> Option<Span> {
    plan.span_of("trial").or_else(|| plan.get("trial")?.span_of("lasts"))
}

fn trial_rolls_over(plan: &At<'_>) -> bool {
    plan.get("trial").and_then(|trial| trial.bool("rolls_over")).unwrap_or(false)
}

fn trial_grants(plan: &At<'_>, grants: &GrantReader<'_>) -> Option<Vec<GrantRule>> {
    let trial = plan.get("trial").filter(|trial| trial.has("grants"))?;
    Some(grants.once(&trial, "grants"))
}

fn read_terms(at: &At<'_>, seats: Option<SeatTerms>, grants: &GrantReader<'_>) -> Vec<PlanTerms> {
    let of = |interval: Interval| {
        let terms = at.get(interval.key())?;
        let anchor = crate::policy::read_anchor(terms.word("anchor"));
        let kept = TermsOf { interval, anchor: anchor.unwrap_or(grants.anchor), has_seats: seats.is_some() };
        refuse_first_use_of_a_year(&terms, &kept, grants.report);
        let (price, grants) = (terms.money("price"), grants.each_cycle(&terms, &kept));
        Some(PlanTerms { interval, price, grants, anchor })
    };
    Interval::ALL.into_iter().filter_map(of).collect()
}

/// Intervals are alternatives: who writes both "100 a month" and "10 a day" so lets customers choose the free one.
fn notice_free_alternative(plan: &At<'_>, terms: &[PlanTerms], report: &Report<'_>) {
    let is_free = |terms: &&PlanTerms| terms.price.is_none_or(|price| price.minor == 0);
    for free in terms.iter().filter(is_free) {
        let mut longer = terms.iter().filter(|other| free.interval < other.interval && !is_free(other));
        let Some(paid) = longer.next() else { continue };
        let (key, paid, every) = (free.interval.key(), paid.interval.key(), free.interval.as_str());
        report.warning(
            plan.key_span(key),
            &crate::shape::join(&plan.path, key),
            format!("customers choose between `{key}`, which costs nothing, and `{paid}`"),
            format!("if both come together, write in `{paid}`: grants = [{{ …, every = \"{every}\" }}]"),
        );
    }
}

/// A year that begins with the first use is a year that is paid and does not begin.
fn refuse_first_use_of_a_year(terms: &At<'_>, kept: &TermsOf, report: &Report<'_>) {
    if kept.interval == Interval::Year && kept.anchor == CycleAnchor::FirstUse {
        let (span, path) = match terms.get("anchor") {
            Some(anchor) => (anchor.span(), anchor.path),
            None => (terms.span(), terms.path.clone()),
        };
        report.error_help(
            span,
            &path,
            "a year can't begin with the first use".to_owned(),
            "add anchor = \"purchase\" or \"calendar\" to annual".to_owned(),
        );
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
    Interval::PERIODS.into_iter().find(|interval| Some(interval.as_str()) == word)
}
