//! Limits that are not about the balance: of a plan's customers, of each of their members, or of one member.

use scrip_ledger::Credits;

use crate::grants::GrantReader;
use crate::plan::{Limit, LimitKind, read_interval};
use crate::read::At;
use crate::report::Report;
use crate::studio::CreditUnit;

/// The `limits` of a plan.
pub(crate) fn of_plan(at: &At<'_>, grants: &GrantReader<'_>) -> Vec<Limit> {
    at.items("limits").iter().filter_map(|limit| read(limit, grants)).collect()
}

/// The limits of one member, who buys nothing and is nobody else.
pub(crate) fn of_member(limits: &At<'_>, grants: &GrantReader<'_>) -> Vec<Limit> {
    let one = |at: &At<'_>| {
        let mut limit = read(at, grants)?;
        if limit.kind == LimitKind::Purchases {
            refuse(at, "kind", "packs are bought by the customer, not by a member", grants.report);
        }
        limit.each_member = true;
        Some(limit)
    };
    limits.list().iter().filter_map(one).collect()
}

fn read(at: &At<'_>, grants: &GrantReader<'_>) -> Option<Limit> {
    let word = at.word("kind")?;
    let kind = LimitKind::ALL.into_iter().find(|kind| kind.as_str() == word)?;
    let at_most = at.credits("at_most")?;
    let unit = unit(at, kind, grants)?;
    check_amount(at, kind, (at_most, unit), grants);
    if kind == LimitKind::JobsInFlight && at.has("per") {
        refuse(at, "per", "jobs in flight are those at work now: leave `per` out", grants.report);
    }
    if kind == LimitKind::Purchases && at.has("tools") {
        refuse(at, "tools", "a purchase is of no tool: leave `tools` out", grants.report);
    }
    if kind == LimitKind::Purchases && at.bool("each_member") == Some(true) {
        refuse(at, "each_member", "packs are bought by the customer, not by a member", grants.report);
    }
    Some(Limit {
        kind,
        at_most,
        per: read_interval(at.word("per")),
        each_member: at.bool("each_member").unwrap_or(false),
        tools: grants.names.tools(at, "tools", grants.report),
        currency: Some(unit.id.clone()).filter(|id| *id != grants.studio.credit.id),
    })
}

/// What a spend limit counts in.
fn unit<'a>(at: &At<'_>, kind: LimitKind, grants: &'a GrantReader<'_>) -> Option<&'a CreditUnit> {
    let Some(id) = at.name("unit") else { return Some(&grants.studio.credit) };
    if kind != LimitKind::Spend {
        refuse(at, "unit", "only a limit of kind \"spend\" counts in a unit: leave it out", grants.report);
    }
    grants.names.check_unit(at, "unit", grants.studio, grants.report);
    grants.studio.unit(&id)
}

fn check_amount(at: &At<'_>, kind: LimitKind, (at_most, unit): (Credits, &CreditUnit), grants: &GrantReader<'_>) {
    if kind == LimitKind::Spend {
        crate::amounts::fits(at, "at_most", at_most, unit, grants.report);
    } else if !at_most.fits_decimals(0) {
        refuse(at, "at_most", "must be a whole number", grants.report);
    }
}

fn refuse(at: &At<'_>, key: &str, why: &str, report: &Report<'_>) {
    report.error(at.key_span(key), &crate::shape::join(&at.path, key), why.to_owned());
}
