//! Plans on the ledger: what a subscription grants, when, and what becomes of the rest. Each test is a short
//! story; what the wallet answered and wrote is kept beside it.

use crate::story::*;
use expect_test::expect;
use scrip_ledger::book::PlanRules;
use scrip_ledger::command::{CancelAt, SubscriptionChange};
use scrip_ledger::plan::*;
use scrip_ledger::{Act, Command, Credits, Name, Span, preview};

#[test]
fn a_month_is_reset_and_bought_credits_stay() {
    Story::new(terms(basic()))
        .grant("2026-01-05 00:00", "bought", "10")
        .start("2026-01-31 10:00", "basic", Interval::Month, None)
        .spend("2026-02-10 00:00", "30")
        .balance()
        .wait("2026-02-28 10:00")
        .balance()
        .wait("2026-03-31 09:59")
        .spend("2026-03-31 10:00", "105")
        .balance()
        .is(expect![[r#"
            2026-01-05
              2026-01-05 grant 10 bought
            2026-01-31 10:00
              basic active until 2026-02-28 10:00
              2026-01-31 10:00 grant 100 monthly
            2026-02-10
              2026-02-10 hold 30 monthly
              2026-02-10 capture 30 monthly
              = monthly 70
              = bought 10
            2026-02-28 10:00
              2026-02-28 10:00 expire 70 monthly
              2026-02-28 10:00 grant 100 monthly
              = monthly 100
              = bought 10
            2026-03-31 09:59
            2026-03-31 10:00
              2026-03-31 10:00 expire 100 monthly
              2026-03-31 10:00 grant 100 monthly
              2026-03-31 10:00 hold 100 monthly
              2026-03-31 10:00 hold 5 bought
              2026-03-31 10:00 capture 100 monthly
              2026-03-31 10:00 capture 5 bought
              = bought 5
        "#]]);
}

#[test]
fn missed_renewals_are_walked_one_by_one() {
    Story::new(terms(basic()))
        .start("2026-01-31 10:00", "basic", Interval::Month, None)
        .wait("2026-05-02 00:00")
        .balance()
        .is(expect![[r#"
            2026-01-31 10:00
              basic active until 2026-02-28 10:00
              2026-01-31 10:00 grant 100 monthly
            2026-05-02
              2026-02-28 10:00 expire 100 monthly
              2026-02-28 10:00 grant 100 monthly
              2026-03-31 10:00 expire 100 monthly
              2026-03-31 10:00 grant 100 monthly
              2026-04-30 10:00 expire 100 monthly
              2026-04-30 10:00 grant 100 monthly
              = monthly 100
        "#]]);
}

#[test]
fn an_annual_plan_does_not_refill_monthly() {
    Story::new(terms(basic()))
        .start("2026-02-01 00:00", "basic", Interval::Year, None)
        .spend("2026-06-01 00:00", "1180")
        .wait("2027-01-31 23:59")
        .balance()
        .wait("2027-02-01 00:00")
        .balance()
        .is(expect![[r#"
            2026-02-01
              basic active until 2027-02-01
              2026-02-01 grant 1200 monthly
            2026-06-01
              2026-06-01 hold 1180 monthly
              2026-06-01 capture 1180 monthly
            2027-01-31 23:59
              = monthly 20
            2027-02-01
              2027-02-01 expire 20 monthly
              2027-02-01 grant 1200 monthly
              = monthly 1200
        "#]]);
}

#[test]
fn an_annual_plan_can_arrive_month_by_month() {
    let monthly = GrantRule { drip: Drip::Monthly, ..rule("monthly", "100") };
    Story::new(terms(vec![plan("basic", vec![(Interval::Year, "100.00", vec![monthly])])]))
        .start("2026-11-30 00:00", "basic", Interval::Year, None)
        .spend("2026-12-01 00:00", "30")
        .wait("2027-02-28 00:00")
        .balance()
        .wait("2027-11-30 00:00")
        .balance()
        .is(expect![[r#"
            2026-11-30
              basic active until 2027-11-30
              2026-11-30 grant 100 monthly
            2026-12-01
              2026-12-01 hold 30 monthly
              2026-12-01 capture 30 monthly
            2027-02-28
              2026-12-30 expire 70 monthly
              2026-12-30 grant 100 monthly
              2027-01-30 expire 100 monthly
              2027-01-30 grant 100 monthly
              2027-02-28 expire 100 monthly
              2027-02-28 grant 100 monthly
              = monthly 100
            2027-11-30
              2027-03-30 expire 100 monthly
              2027-03-30 grant 100 monthly
              2027-04-30 expire 100 monthly
              2027-04-30 grant 100 monthly
              2027-05-30 expire 100 monthly
              2027-05-30 grant 100 monthly
              2027-06-30 expire 100 monthly
              2027-06-30 grant 100 monthly
              2027-07-30 expire 100 monthly
              2027-07-30 grant 100 monthly
              2027-08-30 expire 100 monthly
              2027-08-30 grant 100 monthly
              2027-09-30 expire 100 monthly
              2027-09-30 grant 100 monthly
              2027-10-30 expire 100 monthly
              2027-10-30 grant 100 monthly
              2027-11-30 expire 100 monthly
              2027-11-30 grant 100 monthly
              = monthly 100
        "#]]);
}

#[test]
fn what_is_left_rolls_over_up_to_a_cap() {
    let carry = |most: &str| Rollover::Carry {
        bucket: Name::from("carried"),
        carry_at_most: None,
        total_at_most: Some(credits(most)),
        cycles: None,
    };
    let grants = |quota: &str, cap: &str| vec![GrantRule { rollover: carry(cap), ..rule("monthly", quota) }];
    let plans = vec![
        plan("basic", vec![(Interval::Month, "10.00", grants("100", "120"))]),
        plan("large", vec![(Interval::Month, "30.00", grants("500", "500"))]),
    ];
    Story::new(terms(plans))
        .start("2026-01-01 00:00", "large", Interval::Month, None)
        .spend("2026-01-10 00:00", "200")
        .wait("2026-02-01 00:00")
        .balance()
        .change("2026-02-02 00:00", Some("basic"), None)
        .wait("2026-03-01 00:00")
        .balance()
        .cancel("2026-03-02 00:00", CancelAt::PeriodEnd)
        .wait("2026-04-01 00:00")
        .balance()
        .is(expect![[r#"
            2026-01-01
              large active until 2026-02-01
              2026-01-01 grant 500 monthly
            2026-01-10
              2026-01-10 hold 200 monthly
              2026-01-10 capture 200 monthly
            2026-02-01
              2026-02-01 rollover 300 monthly
              2026-02-01 rollover 300 carried
              2026-02-01 grant 500 monthly
              = monthly 500
              = carried 300
            2026-02-02
              large active until 2026-03-01
            2026-03-01
              2026-03-01 trim 180 carried
              2026-03-01 expire 500 monthly
              2026-03-01 grant 100 monthly
              = monthly 100
              = carried 120
            2026-03-02
              basic active until 2026-04-01
            2026-04-01
              2026-04-01 expire 100 monthly
              = carried 120
        "#]]);
}

#[test]
fn the_cap_on_what_is_carried_is_for_the_renewal_and_not_for_each_grant() {
    let carry = Rollover::Carry {
        bucket: Name::from("carried"),
        carry_at_most: Some(credits("50")),
        total_at_most: None,
        cycles: None,
    };
    let mut plans = basic();
    for terms in plans.iter_mut().flat_map(|plan| &mut plan.terms) {
        terms.grants[0].rollover = carry.clone();
    }
    Story::new(terms(plans))
        .start("2026-01-01 00:00", "basic", Interval::Month, None)
        .spend("2026-01-02 00:00", "70")
        .change("2026-01-10 00:00", Some("large"), None)
        .balance()
        .wait("2026-02-01 00:00")
        .balance()
        .is(expect![[r#"
            2026-01-01
              basic active until 2026-02-01
              2026-01-01 grant 100 monthly
            2026-01-02
              2026-01-02 hold 70 monthly
              2026-01-02 capture 70 monthly
            2026-01-10
              large active until 2026-02-01
              2026-01-10 grant 400 monthly
              = monthly 430
            2026-02-01
              2026-02-01 rollover 30 monthly
              2026-02-01 rollover 30 carried
              2026-02-01 rollover 20 monthly
              2026-02-01 rollover 20 carried
              2026-02-01 expire 380 monthly
              2026-02-01 grant 500 monthly
              = monthly 500
              = carried 50
        "#]]);
}

#[test]
fn carried_credits_can_live_for_some_cycles() {
    let carry = Rollover::Carry {
        bucket: Name::from("monthly"),
        carry_at_most: Some(credits("50")),
        total_at_most: None,
        cycles: Some(2),
    };
    let plans =
        vec![plan("basic", vec![(Interval::Month, "", vec![GrantRule { rollover: carry, ..rule("monthly", "100") }])])];
    Story::new(terms(plans))
        .start("2026-01-01 00:00", "basic", Interval::Month, None)
        .wait("2026-02-01 00:00")
        .balance()
        .wait("2026-03-01 00:00")
        .balance()
        .wait("2026-04-01 00:00")
        .balance()
        .is(expect![[r#"
            2026-01-01
              basic active until 2026-02-01
              2026-01-01 grant 100 monthly
            2026-02-01
              2026-02-01 rollover 50 monthly
              2026-02-01 rollover 50 monthly
              2026-02-01 expire 50 monthly
              2026-02-01 grant 100 monthly
              = monthly 150
            2026-03-01
              2026-03-01 rollover 50 monthly
              2026-03-01 rollover 50 monthly
              2026-03-01 expire 50 monthly
              2026-03-01 grant 100 monthly
              = monthly 200
            2026-04-01
              2026-04-01 rollover 50 monthly
              2026-04-01 rollover 50 monthly
              2026-04-01 expire 50 monthly
              2026-04-01 grant 100 monthly
              2026-04-01 expire 50 monthly
              = monthly 200
        "#]]);
}

#[test]
fn a_bucket_can_be_replenished_or_added_to() {
    let replenish =
        GrantRule { renewal: Renewal::ReplenishUpTo, expires: Some(Expiry::Never), ..rule("monthly", "50") };
    let add = GrantRule { renewal: Renewal::Add, expires: Some(Expiry::Never), ..rule("bought", "10") };
    Story::new(terms(vec![plan("basic", vec![(Interval::Day, "", vec![replenish, add])])]))
        .start("2026-01-01 08:00", "basic", Interval::Day, None)
        .spend("2026-01-01 09:00", "20")
        .wait("2026-01-02 08:00")
        .balance()
        .wait("2026-01-04 08:00")
        .balance()
        .is(expect![[r#"
            2026-01-01 08:00
              basic active until 2026-01-02 08:00
              2026-01-01 08:00 grant 50 monthly
              2026-01-01 08:00 grant 10 bought
            2026-01-01 09:00
              2026-01-01 09:00 hold 20 monthly
              2026-01-01 09:00 capture 20 monthly
            2026-01-02 08:00
              2026-01-02 08:00 grant 20 monthly
              2026-01-02 08:00 grant 10 bought
              = monthly 50
              = bought 20
            2026-01-04 08:00
              2026-01-03 08:00 grant 10 bought
              2026-01-04 08:00 grant 10 bought
              = monthly 50
              = bought 40
        "#]]);
}

#[test]
fn a_cycle_can_start_with_the_first_use() {
    let mut plans = vec![plan("basic", vec![(Interval::Day, "", vec![rule("monthly", "10")])])];
    plans[0].terms[0].anchor = Some(CycleAnchor::FirstUse);
    Story::new(terms(plans))
        .start("2026-01-01 00:00", "basic", Interval::Day, None)
        .wait("2026-01-05 00:00")
        .spend("2026-01-05 09:00", "4")
        .balance()
        .wait("2026-01-06 09:00")
        .balance()
        .wait("2026-01-09 00:00")
        .spend("2026-01-09 12:00", "1")
        .cancel("2026-01-09 13:00", CancelAt::PeriodEnd)
        .wait("2026-01-10 12:00")
        .balance()
        .is(expect![[r#"
            2026-01-01
              basic active until open
              2026-01-01 grant 10 monthly
            2026-01-05
            2026-01-05 09:00
              2026-01-05 09:00 hold 4 monthly
              2026-01-05 09:00 capture 4 monthly
              = monthly 6
            2026-01-06 09:00
              2026-01-06 09:00 expire 6 monthly
              2026-01-06 09:00 grant 10 monthly
              = monthly 10
            2026-01-09
            2026-01-09 12:00
              2026-01-09 12:00 hold 1 monthly
              2026-01-09 12:00 capture 1 monthly
            2026-01-09 13:00
              basic active until 2026-01-10 12:00
            2026-01-10 12:00
              2026-01-10 12:00 expire 9 monthly
        "#]]);
}

#[test]
fn an_upgrade_grants_the_difference_and_back_and_forth_mints_nothing() {
    Story::new(terms(basic()))
        .start("2026-01-01 00:00", "basic", Interval::Month, None)
        .spend("2026-01-02 00:00", "60")
        .change("2026-01-10 00:00", Some("large"), None)
        .balance()
        .change("2026-01-11 00:00", Some("basic"), None)
        .change("2026-01-12 00:00", Some("large"), None)
        .balance()
        .change("2026-01-13 00:00", Some("basic"), None)
        .wait("2026-02-01 00:00")
        .balance()
        .is(expect![[r#"
            2026-01-01
              basic active until 2026-02-01
              2026-01-01 grant 100 monthly
            2026-01-02
              2026-01-02 hold 60 monthly
              2026-01-02 capture 60 monthly
            2026-01-10
              large active until 2026-02-01
              2026-01-10 grant 400 monthly
              = monthly 440
            2026-01-11
              large active until 2026-02-01
            2026-01-12
              large active until 2026-02-01
              = monthly 440
            2026-01-13
              large active until 2026-02-01
            2026-02-01
              2026-02-01 expire 40 monthly
              2026-02-01 expire 400 monthly
              2026-02-01 grant 100 monthly
              = monthly 100
        "#]]);
}

#[test]
fn a_downgrade_can_cut_what_is_left_at_once() {
    let rules = PlanRules { downgrade: Downgrade::NowCapped, ..PlanRules::default() };
    Story::new(with_rules(basic(), rules))
        .start("2026-01-01 00:00", "large", Interval::Month, None)
        .spend("2026-01-02 00:00", "150")
        .change("2026-01-10 00:00", Some("basic"), None)
        .balance()
        .change("2026-01-11 00:00", Some("large"), None)
        .balance()
        .is(expect![[r#"
            2026-01-01
              large active until 2026-02-01
              2026-01-01 grant 500 monthly
            2026-01-02
              2026-01-02 hold 150 monthly
              2026-01-02 capture 150 monthly
            2026-01-10
              basic active until 2026-02-01
              2026-01-10 trim 250 monthly
              = monthly 100
            2026-01-11
              large active until 2026-02-01
              2026-01-11 grant 250 monthly
              = monthly 350
        "#]]);
}

#[test]
fn an_upgrade_can_begin_a_new_cycle() {
    let rules = PlanRules { upgrade: Upgrade::NewCycle, ..PlanRules::default() };
    Story::new(with_rules(basic(), rules))
        .start("2026-01-01 00:00", "basic", Interval::Month, None)
        .spend("2026-01-02 00:00", "60")
        .change("2026-01-10 12:00", Some("large"), None)
        .balance()
        .wait("2026-02-10 12:00")
        .balance()
        .is(expect![[r#"
            2026-01-01
              basic active until 2026-02-01
              2026-01-01 grant 100 monthly
            2026-01-02
              2026-01-02 hold 60 monthly
              2026-01-02 capture 60 monthly
            2026-01-10 12:00
              large active until 2026-02-10 12:00
              2026-01-10 12:00 rollover 40 monthly
              2026-01-10 12:00 rollover 40 monthly
              2026-01-10 12:00 grant 500 monthly
              = monthly 540
            2026-02-10 12:00
              2026-02-10 12:00 expire 500 monthly
              2026-02-10 12:00 grant 500 monthly
              2026-02-10 12:00 expire 40 monthly
              = monthly 500
        "#]]);
}

#[test]
fn a_free_plan_that_is_started_over_mints_nothing() {
    Story::new(terms(vec![plan("free", vec![(Interval::Month, "0.00", vec![rule("monthly", "16")])])]))
        .start("2026-01-01 00:00", "free", Interval::Month, None)
        .spend("2026-01-02 00:00", "10")
        .cancel("2026-01-03 00:00", CancelAt::Now)
        .start("2026-01-03 00:00", "free", Interval::Month, None)
        .balance()
        .is(expect![[r#"
            2026-01-01
              free active until 2026-02-01
              2026-01-01 grant 16 monthly
            2026-01-02
              2026-01-02 hold 10 monthly
              2026-01-02 capture 10 monthly
            2026-01-03
              free canceled until 2026-02-01
              2026-01-03 void 6 monthly
            2026-01-03
              free active until 2026-02-03
              2026-01-03 grant 6 monthly
              = monthly 6
        "#]]);
}

#[test]
fn while_a_payment_is_due_credits_are_kept_and_nothing_is_granted() {
    Story::new(terms(basic()))
        .start("2026-01-01 00:00", "basic", Interval::Month, None)
        .spend("2026-01-02 00:00", "40")
        .past_due("2026-01-30 00:00")
        .wait("2026-02-01 00:00")
        .balance()
        .recover("2026-02-03 00:00")
        .balance()
        .past_due("2026-02-04 00:00")
        .recover("2026-02-05 00:00")
        .balance()
        .past_due("2026-02-27 00:00")
        .wait("2026-03-06 00:00")
        .balance()
        .is(expect![[r#"
            2026-01-01
              basic active until 2026-02-01
              2026-01-01 grant 100 monthly
            2026-01-02
              2026-01-02 hold 40 monthly
              2026-01-02 capture 40 monthly
            2026-01-30
              basic past_due until 2026-02-01
            2026-02-01
              2026-02-01 rollover 60 monthly
              2026-02-01 rollover 60 monthly
              = monthly 60
            2026-02-03
              basic active until 2026-03-01
              2026-02-03 expire 60 monthly
              2026-02-03 grant 100 monthly
              = monthly 100
            2026-02-04
              basic past_due until 2026-03-01
            2026-02-05
              basic active until 2026-03-01
              = monthly 100
            2026-02-27
              basic past_due until 2026-03-01
            2026-03-06
              2026-03-01 rollover 100 monthly
              2026-03-01 rollover 100 monthly
              2026-03-06 expire 100 monthly
        "#]]);
}

#[test]
fn a_hold_outlives_the_renewal_and_its_rest_lapses() {
    Story::new(terms(basic()))
        .start("2026-01-01 00:00", "basic", Interval::Month, None)
        .hold("2026-01-31 00:00", "60")
        .wait("2026-02-01 00:00")
        .release("2026-02-02 00:00")
        .balance()
        .is(expect![[r#"
            2026-01-01
              basic active until 2026-02-01
              2026-01-01 grant 100 monthly
            2026-01-31
              2026-01-31 hold 60 monthly
            2026-02-01
              2026-02-01 expire 40 monthly
              2026-02-01 grant 100 monthly
            2026-02-02
              2026-02-02 release 60 monthly
              2026-02-02 lapse 60 monthly
              = monthly 100
        "#]]);
}

#[test]
fn a_trial_comes_once_and_the_cycles_begin_after_it() {
    let mut plans = basic();
    plans[0].trial = Some(Span::from_days(7));
    plans[0].welcome = vec![rule("bought", "5")];
    Story::new(terms(plans))
        .start("2026-01-01 00:00", "basic", Interval::Month, None)
        .wait("2026-01-08 00:00")
        .cancel("2026-01-09 00:00", CancelAt::Now)
        .start("2026-01-10 00:00", "basic", Interval::Month, None)
        .balance()
        .is(expect![[r#"
            2026-01-01
              basic trialing until 2026-01-08
              2026-01-01 grant 5 bought
              2026-01-01 grant 100 monthly
            2026-01-08
              2026-01-08 expire 100 monthly
              2026-01-08 grant 100 monthly
            2026-01-09
              basic canceled until 2026-02-08
              2026-01-09 void 100 monthly
            2026-01-10
              basic active until 2026-02-10
              2026-01-10 grant 100 monthly
              = monthly 100
              = bought 5
        "#]]);
}

#[test]
fn a_trial_can_bring_credits_of_its_own_instead_of_the_quota() {
    let mut plans = basic();
    plans[0].trial = Some(Span::from_days(7));
    plans[0].trial_grants = Some(vec![rule("monthly", "15")]);
    Story::new(terms(plans))
        .start("2026-01-01 00:00", "basic", Interval::Month, None)
        .spend("2026-01-02 00:00", "10")
        .spend("2026-01-03 00:00", "10")
        .wait("2026-01-08 00:00")
        .balance()
        .cancel("2026-01-09 00:00", CancelAt::Now)
        .start("2026-01-10 00:00", "basic", Interval::Month, None)
        .balance()
        .is(expect![[r#"
            2026-01-01
              basic trialing until 2026-01-08
              2026-01-01 grant 15 monthly
            2026-01-02
              2026-01-02 hold 10 monthly
              2026-01-02 capture 10 monthly
            2026-01-03
              refused: insufficient_credits
            2026-01-08
              2026-01-08 grant 100 monthly
              2026-01-08 expire 5 monthly
              = monthly 100
            2026-01-09
              basic canceled until 2026-02-08
              2026-01-09 void 100 monthly
            2026-01-10
              basic active until 2026-02-10
              2026-01-10 grant 100 monthly
              = monthly 100
        "#]]);
}

#[test]
fn an_upgrade_within_a_trial_does_not_make_its_credits_last() {
    let mut plans = basic();
    plans[0].trial = Some(Span::from_days(7));
    plans[0].trial_grants = Some(vec![rule("monthly", "15")]);
    let rules = PlanRules { upgrade: Upgrade::NewCycle, ..PlanRules::default() };
    Story::new(with_rules(plans, rules))
        .start("2026-01-01 00:00", "basic", Interval::Month, None)
        .change("2026-01-03 00:00", Some("large"), None)
        .balance()
        .wait("2026-01-08 00:00")
        .balance()
        .is(expect![[r#"
            2026-01-01
              basic trialing until 2026-01-08
              2026-01-01 grant 15 monthly
            2026-01-03
              large active until 2026-02-03
              2026-01-03 grant 500 monthly
              = monthly 515
            2026-01-08
              2026-01-08 expire 15 monthly
              = monthly 500
        "#]]);
}

#[test]
fn a_preview_tells_what_would_happen_and_does_nothing() {
    let mut story = Story::new(terms(basic()));
    story.start("2026-01-01 00:00", "basic", Interval::Month, None).spend("2026-01-02 00:00", "60");
    let before = story.wallet.clone();
    let subscription = story.subscription.unwrap();
    let change = SubscriptionChange { plan: Some(Name::from("large")), ..SubscriptionChange::default() };
    let act = Act::ChangeSubscription { subscription, change };
    let command = Command { request: None, actor: Name::from("test"), act };
    let preview = preview(&story.wallet, &story.book, at("2026-01-10 00:00"), &command);
    assert_eq!(story.wallet, before);
    let line =
        |entry: &scrip_ledger::entry::Entry| format!("{} {}", entry.movement.kind.as_str(), entry.movement.amount);
    let now: Vec<String> = preview.entries.iter().map(line).collect();
    let renewal = preview.renewal.unwrap();
    let then: Vec<String> = renewal.entries.iter().map(line).collect();
    assert_eq!(now, ["grant 400"]);
    assert_eq!(text(renewal.at), "2026-02-01");
    assert_eq!(then, ["expire 40", "expire 400", "grant 500"]);
}

#[test]
fn years_of_missed_days_are_walked_in_parts() {
    let mut story = Story::new(terms(vec![plan("basic", vec![(Interval::Day, "", vec![rule("monthly", "10")])])]));
    story.start("2026-01-01 00:00", "basic", Interval::Day, None);
    let (mut parts, now) = (0, at("2036-01-01 00:00"));
    while story.wallet.next_due().is_some_and(|due| due <= now) {
        let record = scrip_ledger::touch(&mut story.wallet, &story.book, now).unwrap();
        story.auditor.follow(&record);
        parts += 1;
    }
    assert_eq!(story.auditor.violations, vec![]);
    assert_eq!((parts, story.auditor.entry_count), (4, 1 + 2 * 3652));
}

#[test]
fn a_free_plan_started_over_and_over_grants_what_one_period_does() {
    let mut story = Story::new(terms(vec![plan("free", vec![(Interval::Month, "0.00", vec![rule("monthly", "16")])])]));
    for day in 1..=9 {
        story.start(&format!("2026-01-0{day} 00:00"), "free", Interval::Month, None);
        story.spend(&format!("2026-01-0{day} 01:00"), "5");
        story.cancel(&format!("2026-01-0{day} 02:00"), CancelAt::Now);
    }
    let spent: Credits = story.wallet.grants.iter().map(|grant| grant.balance.spent).sum();
    assert_eq!(spent, credits("15"));
}

#[test]
fn a_month_that_was_missed_while_a_payment_was_due_comes_with_the_payment() {
    let monthly = GrantRule { drip: Drip::Monthly, ..rule("monthly", "100") };
    Story::new(terms(vec![plan("basic", vec![(Interval::Year, "100.00", vec![monthly])])]))
        .start("2026-01-01 00:00", "basic", Interval::Year, None)
        .spend("2026-01-02 00:00", "30")
        .past_due("2026-01-31 00:00")
        .wait("2026-02-03 00:00")
        .balance()
        .recover("2026-02-04 00:00")
        .balance()
        .is(expect![[r#"
            2026-01-01
              basic active until 2027-01-01
              2026-01-01 grant 100 monthly
            2026-01-02
              2026-01-02 hold 30 monthly
              2026-01-02 capture 30 monthly
            2026-01-31
              basic past_due until 2027-01-01
            2026-02-03
              2026-02-01 rollover 70 monthly
              2026-02-01 rollover 70 monthly
              = monthly 70
            2026-02-04
              basic active until 2027-01-01
              2026-02-04 expire 70 monthly
              2026-02-04 grant 100 monthly
              = monthly 100
        "#]]);
}
