//! A catalog with plans, and the commands about them, as the tests speak them.

use std::sync::Arc;

use scrip_ledger::add_on::{AddOnTerms, FirstPeriod, OnAnnual};
use scrip_ledger::book::Terms;
use scrip_ledger::command::{AddOnNew, CancelAt, ClaimNew, PurchaseNew, SubscriptionChange, SubscriptionNew};
use scrip_ledger::id::{AddOnId, Name, StudioId, SubscriptionId};
use scrip_ledger::pack::Pack;
use scrip_ledger::plan::{
    Drip, Expiry, GrantPer, GrantRule, Interval, Limit, LimitKind, Plan, PlanTerms, Renewal, Rollover, SeatAdded,
    SeatPool, SeatTerms,
};
use scrip_ledger::policy::{BucketTerms, Spending, WithoutPlan};
use scrip_ledger::promotion::{Promotion, PromotionKind};
use scrip_ledger::subscription::Subscription;
use scrip_ledger::{Act, Credits, Reply, Timestamp};
use scrip_store::{CatalogFormat, CatalogNew, Job, Setting, Store, StudioMode, StudioNew};

use crate::commands::{STUDIO, credits, terms};
use crate::place::done;

pub const DAY: i64 = 86_400;

fn rule(bucket: &str, amount: &str) -> GrantRule {
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

fn plan(id: &str, terms: Vec<(Interval, GrantRule)>) -> Plan {
    let terms =
        terms.into_iter().map(|(interval, rule)| PlanTerms { interval, price: None, grants: vec![rule], anchor: None });
    Plan {
        id: Name::from(id),
        name: id.to_owned(),
        description: None,
        terms: terms.collect(),
        welcome: vec![],
        by_contract: false,
        tools: None,
        seats: None,
        sells_packs: true,
        limits: vec![],
        trial: None,
        trial_grants: None,
        trial_rolls_over: false,
        sample: false,
        retired: false,
    }
}

/// The same plans with limits, alerts, a pack and a promotion, which all count something; and what is in `main` is
/// frozen without a plan.
pub fn plans_that_count() -> Terms {
    let limit = |kind, at_most: &str, per| Limit {
        kind,
        at_most: credits(at_most),
        per,
        each_member: false,
        tools: None,
        currency: None,
    };
    let limits = vec![
        limit(LimitKind::Jobs, "6", Some(Interval::Day)),
        limit(LimitKind::Spend, "25", Some(Interval::Week)),
        limit(LimitKind::Purchases, "2", Some(Interval::Week)),
    ];
    let mut terms = plans_that_freeze();
    terms.plans.iter_mut().for_each(|plan| plan.limits.clone_from(&limits));
    terms.rules.alert_percents = vec![50];
    terms.packs = vec![Pack {
        id: Name::from("small"),
        name: "Small".to_owned(),
        credits: credits("12"),
        bonus: credits("3"),
        price: None,
        bucket: Name::from("main"),
        expires: None,
        plans: None,
        sample: false,
        retired: false,
        purchases_at_most: None,
        per: None,
    }];
    terms.promotions = vec![Promotion {
        id: Name::from("daily"),
        name: "Daily".to_owned(),
        kind: PromotionKind::DailyLogin,
        grants: vec![rule("main", "2")],
        codes: vec![],
        claims_at_most: 1,
        per: Some(Interval::Day),
        earns_at_most: Some(credits("9")),
        plans: None,
        retired: false,
        earns_per: None,
    }];
    terms
}

/// The same plans, and what is in `main` is frozen without one.
pub fn plans_that_freeze() -> Terms {
    let terms = plans();
    let mut spending = Spending::clone(&terms.spending);
    for bucket in spending.buckets.iter_mut().filter(|bucket| bucket.id.as_str() == "main") {
        bucket.without_plan = WithoutPlan::Frozen;
    }
    Terms { spending: Arc::new(spending), ..terms }
}

/// Plans by the day, month and year; what is left of a cycle is carried.
pub fn plans() -> Terms {
    let bucket = |id: &str, expires| BucketTerms { expires, ..BucketTerms::plain(id, "credits") };
    let buckets = vec![bucket("free", Expiry::Cycle), bucket("carried", Expiry::Never), bucket("main", Expiry::Never)];
    let carry = Rollover::Carry {
        bucket: Name::from("carried"),
        carry_at_most: Some(credits("4")),
        total_at_most: Some(credits("10")),
        cycles: Some(2),
    };
    let carried = GrantRule { rollover: carry, ..rule("free", "20") };
    let monthly_part = GrantRule { drip: Drip::Monthly, ..rule("free", "30") };
    let basic = plan(
        "basic",
        vec![(Interval::Day, carried.clone()), (Interval::Month, carried), (Interval::Year, monthly_part)],
    );
    let team = Plan {
        seats: Some(SeatTerms { at_least: 2, at_most: Some(9), added: SeatAdded::Prorate, pool: SeatPool::Own }),
        ..plan("team", vec![(Interval::Day, GrantRule { per: GrantPer::Seat, ..rule("free", "12") })])
    };
    let unit = AddOnTerms {
        id: Name::from("unit"),
        name: "unit".to_owned(),
        credits: credits("5"),
        price: None,
        bucket: Name::from("free"),
        plans: vec![Name::from("basic"), Name::from("team")],
        on_annual: OnAnnual::Monthly,
        first_period: FirstPeriod::Full,
        refundable: false,
        sample: false,
        retired: false,
        text: None,
        interval: Interval::Month,
        per: GrantPer::Customer,
    };
    Terms { spending: Arc::new(Spending::in_order(buckets)), plans: vec![basic, team], add_ons: vec![unit], ..terms() }
}

/// Makes the studio that the tests are about, with a catalog of these terms.
pub async fn studio_with(store: &Store, terms: Terms) {
    let new = StudioNew { id: Name::from("lumen"), name: "Lumen".to_owned(), mode: StudioMode::Test };
    match store.create_studio(new, None, None).await.expect("a studio") {
        Setting::Done(studio) => assert_eq!(studio.number, STUDIO),
        Setting::Replayed(_) => panic!("made anew"),
    }
    publish(store, STUDIO, terms).await;
}

pub async fn publish(store: &Store, studio: StudioId, terms: Terms) {
    let new = CatalogNew { effective_at: None, format: CatalogFormat::Toml, source: Arc::from(""), terms };
    store.publish_catalog(studio, new, None).await.expect("a version");
}

pub fn subscribe(customer: &str, plan: &str, interval: Interval) -> Act {
    subscribe_from(customer, plan, interval, None)
}

pub fn subscribe_from(customer: &str, plan: &str, interval: Interval, starts_at: Option<Timestamp>) -> Act {
    let (customer, plan) = (Name::from(customer), Name::from(plan));
    Act::Subscribe(Box::new(SubscriptionNew { customer, plan, interval, seats: None, starts_at }))
}

pub fn change_seats(subscription: SubscriptionId, seats: u32) -> Act {
    let change = SubscriptionChange { seats: Some(seats), ..SubscriptionChange::default() };
    Act::ChangeSubscription { subscription, change }
}

pub fn change_plan(subscription: SubscriptionId, plan: &str, interval: Interval) -> Act {
    let (plan, interval) = (Some(Name::from(plan)), Some(interval));
    let change = SubscriptionChange { plan, interval, ..SubscriptionChange::default() };
    Act::ChangeSubscription { subscription, change }
}

pub fn cancel(subscription: SubscriptionId, at: CancelAt) -> Act {
    Act::CancelSubscription { subscription, at, reason: None }
}

pub fn purchase(customer: &str) -> Act {
    let (customer, pack) = (Name::from(customer), Name::from("small"));
    Act::Purchase(Box::new(PurchaseNew { customer, pack, paid: None, reason: None }))
}

pub fn claim(customer: &str) -> Act {
    let (customer, promotion) = (Name::from(customer), Name::from("daily"));
    Act::Claim(Box::new(ClaimNew { customer, promotion, code: None }))
}

pub fn buy_units(customer: &str, units: u32) -> Act {
    let (customer, add_on) = (Name::from(customer), Name::from("unit"));
    Act::BuyAddOn(Box::new(AddOnNew { customer, subscription: None, add_on, units }))
}

/// Commits a job that answers a subscription.
pub async fn subscribed(store: &Store, job: Job) -> Arc<Subscription> {
    match done(store, job).await {
        Reply::Subscription(subscription) => subscription,
        other => panic!("not a subscription: {other:?}"),
    }
}

pub async fn bought(store: &Store, job: Job) -> AddOnId {
    match done(store, job).await {
        Reply::AddOn { id, .. } => id,
        other => panic!("not an add-on: {other:?}"),
    }
}

/// What is in a bucket of a wallet and can be spent.
pub fn available_in(wallet: &scrip_ledger::Wallet, bucket: &str) -> Credits {
    let grants = wallet.grants.iter().filter(|grant| grant.terms.bucket.as_str() == bucket);
    grants.map(|grant| grant.balance.available).sum()
}
