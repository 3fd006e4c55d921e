//! Catalog terms for the scripts: short words for what a catalog would say.

use std::sync::Arc;

use scrip_ledger::book::{PlanRules, Terms};
use scrip_ledger::pack::Pack;
use scrip_ledger::plan::*;
use scrip_ledger::policy::{BucketTerms, Spending, WithoutPlan};
use scrip_ledger::promotion::{Promotion, PromotionKind};
use scrip_ledger::{Credits, Currency, Money, Name, Timestamp};

pub fn credits(text: &str) -> Credits {
    Credits::parse(text, 6).unwrap()
}

pub fn usd(text: &str) -> Money {
    Money::parse(text, Currency::parse("usd").unwrap()).unwrap()
}

pub fn names(list: &[&str]) -> Option<Vec<Name>> {
    Some(list.iter().map(|name| Name::from(*name)).collect())
}

pub fn bucket(id: &str, expires: Expiry) -> BucketTerms {
    BucketTerms { expires, ..BucketTerms::plain(id, "credits") }
}

pub fn rule(bucket: &str, amount: &str) -> GrantRule {
    GrantRule {
        bucket: Name::from(bucket),
        credits: credits(amount),
        per: GrantPer::Customer,
        renewal: Renewal::Reset,
        rollover: Rollover::None,
        drip: Drip::Upfront,
        expires: None,
        only_tools: None,
        every: None,
    }
}

pub fn plan(id: &str, grants: Vec<GrantRule>) -> Plan {
    Plan {
        id: Name::from(id),
        name: id.to_owned(),
        description: None,
        terms: vec![PlanTerms { interval: Interval::Month, price: Some(usd("10.00")), grants, anchor: None }],
        welcome: Vec::new(),
        by_contract: false,
        tools: None,
        seats: None,
        sells_packs: true,
        limits: Vec::new(),
        trial: None,
        trial_grants: None,
        trial_rolls_over: false,
        sample: false,
        retired: false,
    }
}

/// `at_most` is in credits, or a count.
pub fn limit(kind: LimitKind, at_most: &str, per: Option<Interval>) -> Limit {
    Limit { kind, at_most: credits(at_most), per, each_member: false, tools: None, currency: None }
}

pub fn pack(id: &str, amount: &str, bonus: &str) -> Pack {
    Pack {
        id: Name::from(id),
        name: id.to_owned(),
        credits: credits(amount),
        bonus: credits(bonus),
        price: Some(usd("5.00")),
        bucket: Name::from("bought"),
        expires: None,
        plans: None,
        sample: false,
        retired: false,
        purchases_at_most: None,
        per: None,
    }
}

pub fn promotion(id: &str, kind: PromotionKind, amount: &str) -> Promotion {
    Promotion {
        id: Name::from(id),
        name: id.to_owned(),
        kind,
        grants: vec![rule("given", amount)],
        codes: Vec::new(),
        claims_at_most: 1,
        per: None,
        earns_at_most: None,
        plans: None,
        retired: false,
        earns_per: None,
    }
}

/// Buckets: `monthly` ends with its cycle; `given` and `bought` stay; `kept` is for those with a plan, `lent` is
/// taken back from those without. Customers may have several subscriptions.
pub fn terms(plans: Vec<Plan>) -> Terms {
    let without = |id: &str, without_plan| BucketTerms { without_plan, ..bucket(id, Expiry::Never) };
    let buckets = vec![
        bucket("monthly", Expiry::Cycle),
        bucket("given", Expiry::Never),
        bucket("bought", Expiry::Never),
        without("kept", WithoutPlan::Frozen),
        without("lent", WithoutPlan::Void),
    ];
    Terms {
        version: 1,
        effective_at: Timestamp::MIN,
        zone: Name::from("UTC"),
        spending: Arc::new(Spending::in_order(buckets)),
        plans,
        add_ons: Vec::new(),
        packs: Vec::new(),
        promotions: Vec::new(),
        rules: PlanRules { several_subscriptions: true, ..PlanRules::default() },
        without_plan: TermsWithoutPlan::default(),
    }
}

/// Changes one of the buckets.
pub fn with_bucket(terms: &mut Terms, id: &str, change: impl FnOnce(&mut BucketTerms)) {
    let spending = Arc::make_mut(&mut terms.spending);
    change(spending.buckets.iter_mut().find(|bucket| &*bucket.id == id).unwrap());
}
