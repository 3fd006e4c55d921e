//! Promotions: reading what is given and not sold, and who can claim it how often.

use scrip_ledger::Credits;
pub use scrip_ledger::promotion::{Promotion, PromotionKind};

use crate::grants::GrantReader;
use crate::plan::{GrantRule, Interval, read_interval};
use crate::read::At;

pub(crate) fn read_all(root: &At<'_>, grants: &GrantReader<'_>) -> Vec<Promotion> {
    let mut promotions: Vec<Promotion> = Vec::new();
    for at in root.items("promotion") {
        let Some(promotion) = read(&at, grants) else { continue };
        refuse_known_codes(&at, &promotions, grants);
        promotions.push(promotion);
    }
    promotions
}

fn read(at: &At<'_>, grants: &GrantReader<'_>) -> Option<Promotion> {
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
    let given = grants.once(at, "grants");
    let earns_at_most = at.credits("earns_at_most");
    check_earnings(at, &given, earns_at_most, grants);
    let usually = (kind == PromotionKind::DailyLogin).then_some(Interval::Day);
    Some(Promotion {
        name: at.text("name").unwrap_or_else(|| id.to_string()),
        kind,
        grants: given,
        codes,
        claims_at_most: at.integer("claims_at_most").and_then(|count| u32::try_from(count).ok()).unwrap_or(1),
        per: read_interval(at.word("per")).or(usually),
        earns_at_most,
        earns_per: earns_per(at, grants),
        plans: grants.names.plans(at, "plans", grants.report),
        retired: at.bool("retired").unwrap_or(false),
        id,
    })
}

/// The time that its earnings are limited in; ever by default.
fn earns_per(at: &At<'_>, grants: &GrantReader<'_>) -> Option<Interval> {
    if at.has("earns_per") && !at.has("earns_at_most") {
        grants.report.error_help(
            at.key_span("earns_per"),
            &at.path,
            "there is no limit that it is the time of".to_owned(),
            "add earns_at_most = …".to_owned(),
        );
    }
    read_interval(at.word("earns_per"))
}

/// One code claims one promotion.
fn refuse_known_codes(at: &At<'_>, before: &[Promotion], grants: &GrantReader<'_>) {
    let mut own: Vec<String> = Vec::new();
    for (code, place) in at.texts("codes") {
        let other = before.iter().find(|promotion| promotion.codes.contains(&code));
        let message = match other {
            Some(other) => format!("code {code:?} claims promotion \"{}\" already", other.id),
            None if own.contains(&code) => format!("code {code:?} is there twice"),
            None => {
                own.push(code);
                continue;
            }
        };
        grants.report.error(place.span(), &place.path, message);
    }
}

fn check_earnings(at: &At<'_>, given: &[GrantRule], most: Option<Credits>, grants: &GrantReader<'_>) {
    let (Some(most), Some(unit)) = (most, given.first().and_then(|grant| grants.unit_of(&grant.bucket))) else {
        return;
    };
    crate::amounts::fits(at, "earns_at_most", most, unit, grants.report);
    let one = given.iter().try_fold(Credits::ZERO, |sum, grant| sum.checked_add(grant.credits));
    if one.is_none_or(|one| most < one) {
        let message = "is less than one claim grants: it could never be claimed".to_owned();
        grants.report.error(at.key_span("earns_at_most"), &at.path, message);
    }
}
