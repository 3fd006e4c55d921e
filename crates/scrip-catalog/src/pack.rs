//! What can be bought beside a plan: one-off packs, recurring add-ons, and packs that are bought by themselves.

use scrip_ledger::Credits;
pub use scrip_ledger::add_on::{AddOnTerms, FirstPeriod, OnAnnual};
use scrip_ledger::id::Name;
pub use scrip_ledger::pack::Pack;

use crate::grants::GrantReader;
use crate::plan::{GrantPer, Interval, Plan, read_interval};
use crate::read::At;

/// Buying a pack by itself when the balance falls below a threshold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AutoTopUp {
    pub offered: bool,
    pub pack: Option<Name>,
    pub threshold: Option<Credits>,
    /// Bought until at least so much is there; one pack if absent.
    pub target: Option<Credits>,
    pub purchases_at_most_per_month: u32,
    pub disabled_after_failures: u32,
}

pub(crate) fn read_packs(root: &At<'_>, plans: &[Plan], grants: &GrantReader<'_>) -> Vec<Pack> {
    root.items("pack").iter().filter_map(|at| read_pack(at, plans, grants)).collect()
}

fn read_pack(at: &At<'_>, plans: &[Plan], grants: &GrantReader<'_>) -> Option<Pack> {
    let id = at.name("id")?;
    let bucket = grants.names.bucket(at, "bucket", grants.report)?;
    let credits = grants.amount(at, &bucket)?;
    let bonus = at.credits("bonus").unwrap_or(Credits::ZERO);
    if let Some(unit) = grants.unit_of(&bucket) {
        crate::amounts::fits(at, "bonus", bonus, unit, grants.report);
    }
    if credits.checked_add(bonus).is_none() {
        grants.report.error(at.key_span("bonus"), &at.path, "pack and bonus are more than can be counted".to_owned());
    }
    refuse_plans_that_buy_none(at, plans, grants);
    if at.has("per") && !at.has("purchases_at_most") {
        let help = "add purchases_at_most = 1".to_owned();
        grants.report.error_help(at.key_span("per"), &at.path, "`per` is for `purchases_at_most`".to_owned(), help);
    }
    Some(Pack {
        name: at.text("name").unwrap_or_else(|| id.to_string()),
        credits,
        bonus,
        price: at.money("price"),
        expires: crate::bucket::read_expiry(at, grants.report),
        plans: grants.names.plans(at, "plans", grants.report),
        sample: at.bool("sample").unwrap_or(false),
        retired: at.bool("retired").unwrap_or(false),
        purchases_at_most: at.integer("purchases_at_most").and_then(|count| u32::try_from(count).ok()),
        per: read_interval(at.word("per")),
        bucket,
        id,
    })
}

fn refuse_plans_that_buy_none(at: &At<'_>, plans: &[Plan], grants: &GrantReader<'_>) {
    for (id, place) in at.texts("plans") {
        if plans.iter().any(|plan| plan.id.as_str() == id && !plan.sells_packs) {
            let message = format!("customers of plan \"{id}\" can't buy packs: it says sells_packs = false");
            grants.report.error(place.span(), &place.path, message);
        }
    }
}

pub(crate) fn read_add_ons(root: &At<'_>, grants: &GrantReader<'_>) -> Vec<AddOnTerms> {
    root.items("add_on").iter().filter_map(|at| read_add_on(at, grants)).collect()
}

fn read_add_on(at: &At<'_>, grants: &GrantReader<'_>) -> Option<AddOnTerms> {
    let id = at.name("id")?;
    let bucket = grants.names.bucket(at, "bucket", grants.report)?;
    Some(AddOnTerms {
        name: at.text("name").unwrap_or_else(|| id.to_string()),
        credits: grants.amount(at, &bucket)?,
        price: at.money("price"),
        plans: grants.names.plans(at, "plans", grants.report)?,
        interval: read_interval(at.word("interval")).unwrap_or(Interval::Month),
        per: if at.word("per") == Some("seat") { GrantPer::Seat } else { GrantPer::Customer },
        on_annual: if at.word("on_annual") == Some("inherit") { OnAnnual::Inherit } else { OnAnnual::Monthly },
        first_period: if at.word("first_period") == Some("prorate") { FirstPeriod::Prorate } else { FirstPeriod::Full },
        refundable: at.bool("refundable").unwrap_or(false),
        sample: at.bool("sample").unwrap_or(false),
        retired: at.bool("retired").unwrap_or(false),
        text: at.text("text"),
        bucket,
        id,
    })
}

pub(crate) fn read_auto_top_up(root: &At<'_>, packs: &[Pack], grants: &GrantReader<'_>) -> AutoTopUp {
    let at = root.get("auto_top_up");
    let count = |key: &str, default: u32| {
        at.as_ref().and_then(|at| at.integer(key)).and_then(|count| u32::try_from(count).ok()).unwrap_or(default)
    };
    if let Some(at) = &at {
        check_auto_top_up(at, packs, grants);
    }
    AutoTopUp {
        offered: at.as_ref().is_some_and(|at| at.bool("offered").unwrap_or(true)),
        pack: at.as_ref().and_then(|at| grants.names.pack(at, "pack", grants.report)),
        threshold: at.as_ref().and_then(|at| at.credits("threshold")),
        target: at.as_ref().and_then(|at| at.credits("target")),
        purchases_at_most_per_month: count("purchases_at_most_per_month", 5),
        disabled_after_failures: count("disabled_after_failures", 3),
    }
}

fn check_auto_top_up(at: &At<'_>, packs: &[Pack], grants: &GrantReader<'_>) {
    for key in ["threshold", "target"] {
        if let Some(credits) = at.credits(key) {
            crate::amounts::fits(at, key, credits, &grants.studio.credit, grants.report);
        }
    }
    if let (Some(threshold), Some(target)) = (at.credits("threshold"), at.credits("target"))
        && target <= threshold
    {
        grants.report.error(at.key_span("target"), &at.path, "must be more than the threshold".to_owned());
    }
    let pack = at.word("pack").and_then(|id| packs.iter().find(|pack| pack.id.as_str() == id));
    if let Some(pack) = pack.filter(|pack| pack.retired || pack.price.is_none()) {
        let why = if pack.retired { "is retired" } else { "has no price" };
        grants.report.error(at.key_span("pack"), &at.path, format!("pack \"{}\" can't be bought: it {why}", pack.id));
    }
}
