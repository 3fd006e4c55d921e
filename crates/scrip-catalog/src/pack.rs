//! What can be bought beside a plan: one-off packs, recurring add-ons, and what is given away.

use scrip_ledger::Credits;
pub use scrip_ledger::add_on::{AddOnTerms, FirstPeriod, OnAnnual};
use scrip_ledger::id::Name;
pub use scrip_ledger::pack::Pack;
pub use scrip_ledger::promotion::{Promotion, PromotionKind};

use crate::plan::{GrantReader, Interval, read_interval};
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

pub(crate) fn read_packs(root: &At<'_>, grants: &GrantReader<'_>) -> Vec<Pack> {
    root.items("pack").iter().filter_map(|at| read_pack(at, grants)).collect()
}

fn read_pack(at: &At<'_>, grants: &GrantReader<'_>) -> Option<Pack> {
    let id = at.name("id")?;
    let bucket = grants.names.bucket(at, "bucket", grants.report)?;
    let credits = grants.amount(at, &bucket)?;
    let bonus = at.credits("bonus").unwrap_or(Credits::ZERO);
    if credits.checked_add(bonus).is_none() {
        grants.report.error(at.key_span("bonus"), &at.path, "pack and bonus are more than can be counted".to_owned());
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
        bucket,
        id,
    })
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

pub(crate) fn read_promotions(root: &At<'_>, grants: &GrantReader<'_>) -> Vec<Promotion> {
    root.items("promotion").iter().filter_map(|at| read_promotion(at, grants)).collect()
}

fn read_promotion(at: &At<'_>, grants: &GrantReader<'_>) -> Option<Promotion> {
    let id = at.name("id")?;
    let kind = match at.word("kind")? {
        "welcome" => PromotionKind::Welcome,
        "code" => PromotionKind::Code,
        "referral" => PromotionKind::Referral,
        "daily_login" => PromotionKind::DailyLogin,
        "trial" => PromotionKind::Trial,
        _ => return None,
    };
    let codes: Vec<String> = at.texts("codes").into_iter().map(|(code, _)| code).collect();
    if kind == PromotionKind::Code && codes.is_empty() {
        grants.report.error_help(
            at.id_span(),
            &at.path,
            "a promotion by code needs codes".to_owned(),
            "add codes = [\"WELCOME10\"]".to_owned(),
        );
    }
    Some(Promotion {
        name: at.text("name").unwrap_or_else(|| id.to_string()),
        kind,
        grants: grants.list(at, "grants"),
        codes,
        claims_at_most: at.integer("claims_at_most").and_then(|count| u32::try_from(count).ok()).unwrap_or(1),
        per: read_interval(at.word("per")),
        earns_at_most: at.credits("earns_at_most"),
        plans: grants.names.plans(at, "plans", grants.report),
        retired: at.bool("retired").unwrap_or(false),
        id,
    })
}

pub(crate) fn read_auto_top_up(root: &At<'_>, grants: &GrantReader<'_>) -> AutoTopUp {
    let at = root.get("auto_top_up");
    let count = |key: &str, default: u32| {
        at.as_ref().and_then(|at| at.integer(key)).and_then(|count| u32::try_from(count).ok()).unwrap_or(default)
    };
    AutoTopUp {
        offered: at.as_ref().is_some_and(|at| at.bool("offered").unwrap_or(true)),
        pack: at.as_ref().and_then(|at| grants.names.pack(at, "pack", grants.report)),
        threshold: at.as_ref().and_then(|at| at.credits("threshold")),
        target: at.as_ref().and_then(|at| at.credits("target")),
        purchases_at_most_per_month: count("purchases_at_most_per_month", 5),
        disabled_after_failures: count("disabled_after_failures", 3),
    }
}
