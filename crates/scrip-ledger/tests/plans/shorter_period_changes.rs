//! Plans with shorter periods that change, end and are paid late: what a day granted, it grants once.

use crate::shorter_periods::*;
use crate::story::*;
use expect_test::expect;
use scrip_ledger::book::PlanRules;
use scrip_ledger::command::CancelAt;
use scrip_ledger::plan::*;

#[test]
fn swapping_plans_within_a_day_gives_the_days_grant_once() {
    Story::new(with_rules(plans(), PlanRules { downgrade: Downgrade::NowCapped, ..PlanRules::default() }))
        .start("2026-01-10 10:00", "basic", Interval::Week, None)
        .spend("2026-01-10 11:00", "108")
        .change("2026-01-10 12:00", Some("large"), None)
        .balance()
        .change("2026-01-10 13:00", Some("basic"), None)
        .balance()
        .change("2026-01-10 14:00", Some("large"), None)
        .change("2026-01-10 15:00", Some("without"), None)
        .balance()
        .change("2026-01-10 16:00", Some("large"), None)
        .balance()
        .wait("2026-01-11 10:00")
        .balance()
        .is(expect![[r#"
            2026-01-10 10:00
              basic active until 2026-01-17 10:00
              2026-01-10 10:00 grant 100 monthly
              2026-01-10 10:00 grant 10 units
            2026-01-10 11:00
              2026-01-10 11:00 hold 100 monthly
              2026-01-10 11:00 hold 8 units
              2026-01-10 11:00 capture 100 monthly
              2026-01-10 11:00 capture 8 units
            2026-01-10 12:00
              large active until 2026-01-17 10:00
              2026-01-10 12:00 grant 400 monthly
              2026-01-10 12:00 grant 20 units
              = monthly 400
              = units 22
            2026-01-10 13:00
              basic active until 2026-01-17 10:00
              2026-01-10 13:00 trim 300 monthly
              2026-01-10 13:00 trim 12 units
              = monthly 100
              = units 10
            2026-01-10 14:00
              large active until 2026-01-17 10:00
              2026-01-10 14:00 grant 300 monthly
              2026-01-10 14:00 grant 12 units
            2026-01-10 15:00
              without active until 2026-01-17 10:00
              2026-01-10 15:00 trim 200 monthly
              2026-01-10 15:00 trim 2 units
              2026-01-10 15:00 trim 8 units
              2026-01-10 15:00 trim 12 units
              = monthly 200
            2026-01-10 16:00
              large active until 2026-01-17 10:00
              2026-01-10 16:00 grant 200 monthly
              2026-01-10 16:00 grant 22 units
              = monthly 400
              = units 22
            2026-01-11 10:00
              2026-01-11 10:00 expire 22 units
              2026-01-11 10:00 grant 30 units
              = monthly 400
              = units 30
        "#]]);
}

#[test]
fn a_day_that_another_plan_counts_otherwise_is_never_shorter() {
    let of = |id: &str, price: &str, daily| weekly(id, price, vec![daily]);
    let clock = by_the_calendar(Interval::Day, rule("units", "10"));
    let plans = vec![of("basic", "10.00", daily("10")), of("large", "10.00", clock)];
    Story::new(with_rules(plans, PlanRules { downgrade: Downgrade::NowCapped, ..PlanRules::default() }))
        .start("2026-01-10 10:00", "basic", Interval::Week, None)
        .change("2026-01-10 12:00", Some("large"), None)
        .wait("2026-01-13 00:00")
        .change("2026-01-13 01:00", Some("basic"), None)
        .wait("2026-01-15 23:00")
        .is(expect![[r#"
            2026-01-10 10:00
              basic active until 2026-01-17 10:00
              2026-01-10 10:00 grant 10 units
            2026-01-10 12:00
              large active until 2026-01-17 10:00
            2026-01-13
              2026-01-11 10:00 expire 10 units
              2026-01-11 10:00 grant 10 units
              2026-01-13 expire 10 units
              2026-01-13 grant 10 units
            2026-01-13 01:00
              basic active until 2026-01-17 10:00
            2026-01-15 23:00
              2026-01-14 expire 10 units
              2026-01-14 grant 10 units
              2026-01-15 10:00 expire 10 units
              2026-01-15 10:00 grant 10 units
        "#]]);
}

#[test]
fn a_renewal_that_brings_less_cuts_what_is_left_of_the_week() {
    let of = |id: &str, price: &str, grants| plan(id, vec![(Interval::Month, price, grants)]);
    let week = |amount: &str| every(Interval::Week, rule("units", amount));
    Story::new(terms(vec![
        of("large", "30.00", vec![rule("monthly", "500"), week("60")]),
        of("basic", "10.00", vec![rule("monthly", "100"), week("20")]),
        of("without", "5.00", vec![rule("monthly", "50")]),
    ]))
    .start("2026-01-30 10:00", "large", Interval::Month, None)
    .change("2026-02-01 10:00", Some("basic"), None)
    .wait("2026-02-28 10:00")
    .change("2026-02-28 11:00", Some("large"), None)
    .change("2026-03-01 10:00", Some("without"), None)
    .wait("2026-03-30 10:00")
    .balance()
    .wait("2026-04-30 10:00")
    .is(expect![[r#"
        2026-01-30 10:00
          large active until 2026-02-28 10:00
          2026-01-30 10:00 grant 500 monthly
          2026-01-30 10:00 grant 60 units
        2026-02-01 10:00
          large active until 2026-02-28 10:00
        2026-02-28 10:00
          2026-02-06 10:00 expire 60 units
          2026-02-06 10:00 grant 60 units
          2026-02-13 10:00 expire 60 units
          2026-02-13 10:00 grant 60 units
          2026-02-20 10:00 expire 60 units
          2026-02-20 10:00 grant 60 units
          2026-02-27 10:00 expire 60 units
          2026-02-27 10:00 grant 60 units
          2026-02-28 10:00 expire 500 monthly
          2026-02-28 10:00 trim 40 units
          2026-02-28 10:00 grant 100 monthly
        2026-02-28 11:00
          large active until 2026-03-30 10:00
          2026-02-28 11:00 grant 400 monthly
          2026-02-28 11:00 grant 40 units
        2026-03-01 10:00
          large active until 2026-03-30 10:00
        2026-03-30 10:00
          2026-03-06 10:00 expire 20 units
          2026-03-06 10:00 expire 40 units
          2026-03-06 10:00 grant 60 units
          2026-03-13 10:00 expire 60 units
          2026-03-13 10:00 grant 60 units
          2026-03-20 10:00 expire 60 units
          2026-03-20 10:00 grant 60 units
          2026-03-27 10:00 expire 60 units
          2026-03-27 10:00 grant 60 units
          2026-03-30 10:00 expire 100 monthly
          2026-03-30 10:00 expire 400 monthly
          2026-03-30 10:00 trim 60 units
          2026-03-30 10:00 grant 50 monthly
          = monthly 50
        2026-04-30 10:00
          2026-04-30 10:00 expire 50 monthly
          2026-04-30 10:00 grant 50 monthly
    "#]]);
}

#[test]
fn a_renewal_at_the_end_of_a_day_brings_the_next_by_the_new_plan() {
    Story::new(terms(plans()))
        .start("2026-01-30 10:00", "large", Interval::Week, None)
        .change("2026-02-05 12:00", Some("basic"), None)
        .wait("2026-02-06 10:00")
        .change("2026-02-12 12:00", Some("without"), None)
        .change("2026-02-12 13:00", Some("large"), None)
        .wait("2026-02-13 10:00")
        .is(expect![[r#"
            2026-01-30 10:00
              large active until 2026-02-06 10:00
              2026-01-30 10:00 grant 500 monthly
              2026-01-30 10:00 grant 30 units
            2026-02-05 12:00
              large active until 2026-02-06 10:00
              2026-01-31 10:00 expire 30 units
              2026-01-31 10:00 grant 30 units
              2026-02-01 10:00 expire 30 units
              2026-02-01 10:00 grant 30 units
              2026-02-02 10:00 expire 30 units
              2026-02-02 10:00 grant 30 units
              2026-02-03 10:00 expire 30 units
              2026-02-03 10:00 grant 30 units
              2026-02-04 10:00 expire 30 units
              2026-02-04 10:00 grant 30 units
              2026-02-05 10:00 expire 30 units
              2026-02-05 10:00 grant 30 units
            2026-02-06 10:00
              2026-02-06 10:00 expire 500 monthly
              2026-02-06 10:00 expire 30 units
              2026-02-06 10:00 grant 100 monthly
              2026-02-06 10:00 grant 10 units
            2026-02-12 12:00
              without active until 2026-02-13 10:00
              2026-02-07 10:00 expire 10 units
              2026-02-07 10:00 grant 10 units
              2026-02-08 10:00 expire 10 units
              2026-02-08 10:00 grant 10 units
              2026-02-09 10:00 expire 10 units
              2026-02-09 10:00 grant 10 units
              2026-02-10 10:00 expire 10 units
              2026-02-10 10:00 grant 10 units
              2026-02-11 10:00 expire 10 units
              2026-02-11 10:00 grant 10 units
              2026-02-12 10:00 expire 10 units
              2026-02-12 10:00 grant 10 units
              2026-02-12 12:00 grant 100 monthly
            2026-02-12 13:00
              large active until 2026-02-13 10:00
              2026-02-12 13:00 grant 300 monthly
              2026-02-12 13:00 grant 20 units
            2026-02-13 10:00
              2026-02-13 10:00 expire 100 monthly
              2026-02-13 10:00 expire 100 monthly
              2026-02-13 10:00 expire 300 monthly
              2026-02-13 10:00 expire 10 units
              2026-02-13 10:00 expire 20 units
              2026-02-13 10:00 grant 500 monthly
              2026-02-13 10:00 grant 30 units
        "#]]);
}

#[test]
fn ending_and_starting_a_free_plan_within_a_day_mints_nothing() {
    let day = by_the_calendar(Interval::Day, rule("units", "10"));
    Story::new(terms(vec![weekly("free", "", vec![rule("monthly", "5"), day])]))
        .start("2026-01-30 10:00", "free", Interval::Week, None)
        .spend("2026-01-30 11:00", "9")
        .cancel("2026-01-30 12:00", CancelAt::Now)
        .start("2026-01-30 13:00", "free", Interval::Week, None)
        .spend("2026-01-30 14:00", "6")
        .cancel("2026-01-30 15:00", CancelAt::PeriodEnd)
        .spend("2026-02-06 12:00", "5")
        .wait("2026-02-06 13:00")
        .start("2026-02-06 14:00", "free", Interval::Week, None)
        .wait("2026-02-07 00:00")
        .balance()
        .is(expect![[r#"
            2026-01-30 10:00
              free active until 2026-02-06 10:00
              2026-01-30 10:00 grant 5 monthly
              2026-01-30 10:00 grant 10 units
            2026-01-30 11:00
              2026-01-30 11:00 hold 5 monthly
              2026-01-30 11:00 hold 4 units
              2026-01-30 11:00 capture 5 monthly
              2026-01-30 11:00 capture 4 units
            2026-01-30 12:00
              free canceled until 2026-02-06 10:00
              2026-01-30 12:00 void 6 units
            2026-01-30 13:00
              free active until 2026-02-06 13:00
              2026-01-30 13:00 grant 6 units
            2026-01-30 14:00
              2026-01-30 14:00 hold 6 units
              2026-01-30 14:00 capture 6 units
            2026-01-30 15:00
              free active until 2026-02-06 13:00
            2026-02-06 12:00
              2026-01-31 grant 10 units
              2026-02-01 expire 10 units
              2026-02-01 grant 10 units
              2026-02-02 expire 10 units
              2026-02-02 grant 10 units
              2026-02-03 expire 10 units
              2026-02-03 grant 10 units
              2026-02-04 expire 10 units
              2026-02-04 grant 10 units
              2026-02-05 expire 10 units
              2026-02-05 grant 10 units
              2026-02-06 expire 10 units
              2026-02-06 grant 10 units
              2026-02-06 12:00 hold 5 units
              2026-02-06 12:00 capture 5 units
            2026-02-06 13:00
              2026-02-06 13:00 expire 5 units
            2026-02-06 14:00
              free active until 2026-02-13 14:00
              2026-02-06 14:00 grant 5 monthly
            2026-02-07
              2026-02-07 grant 10 units
              = monthly 5
              = units 10
        "#]]);
}

#[test]
fn nothing_new_comes_while_a_payment_is_due_and_the_rest_is_kept() {
    let day = GrantRule { rollover: carried_to("carried", "4", None), ..daily("10") };
    let terms = terms(vec![weekly("basic", "10.00", vec![rule("monthly", "100"), day])]);
    Story::new(terms.clone())
        .start("2026-01-10 10:00", "basic", Interval::Week, None)
        .past_due("2026-01-10 12:00")
        .wait("2026-01-12 10:00")
        .balance()
        .spend("2026-01-12 11:00", "103")
        .recover("2026-01-12 12:00")
        .balance()
        .wait("2026-01-13 10:00")
        .is(expect![[r#"
            2026-01-10 10:00
              basic active until 2026-01-17 10:00
              2026-01-10 10:00 grant 100 monthly
              2026-01-10 10:00 grant 10 units
            2026-01-10 12:00
              basic past_due until 2026-01-17 10:00
            2026-01-12 10:00
              2026-01-11 10:00 rollover 10 units
              2026-01-11 10:00 rollover 10 units
              = monthly 100
              = units 10
            2026-01-12 11:00
              2026-01-12 11:00 hold 100 monthly
              2026-01-12 11:00 hold 3 units
              2026-01-12 11:00 capture 100 monthly
              2026-01-12 11:00 capture 3 units
            2026-01-12 12:00
              basic active until 2026-01-17 10:00
              2026-01-12 12:00 rollover 4 units
              2026-01-12 12:00 rollover 4 carried
              2026-01-12 12:00 expire 3 units
              2026-01-12 12:00 grant 10 units
              = units 10
              = carried 4
            2026-01-13 10:00
              2026-01-13 10:00 rollover 4 units
              2026-01-13 10:00 rollover 4 carried
              2026-01-13 10:00 expire 6 units
              2026-01-13 10:00 grant 10 units
        "#]]);
    Story::new(terms)
        .start("2026-01-10 10:00", "basic", Interval::Week, None)
        .past_due("2026-01-16 12:00")
        .wait("2026-01-17 10:00")
        .balance()
        .wait("2026-01-23 12:00")
        .is(expect![[r#"
            2026-01-10 10:00
              basic active until 2026-01-17 10:00
              2026-01-10 10:00 grant 100 monthly
              2026-01-10 10:00 grant 10 units
            2026-01-16 12:00
              basic past_due until 2026-01-17 10:00
              2026-01-11 10:00 rollover 4 units
              2026-01-11 10:00 rollover 4 carried
              2026-01-11 10:00 expire 6 units
              2026-01-11 10:00 grant 10 units
              2026-01-12 10:00 rollover 4 units
              2026-01-12 10:00 rollover 4 carried
              2026-01-12 10:00 expire 6 units
              2026-01-12 10:00 grant 10 units
              2026-01-13 10:00 rollover 4 units
              2026-01-13 10:00 rollover 4 carried
              2026-01-13 10:00 expire 6 units
              2026-01-13 10:00 grant 10 units
              2026-01-14 10:00 rollover 4 units
              2026-01-14 10:00 rollover 4 carried
              2026-01-14 10:00 expire 6 units
              2026-01-14 10:00 grant 10 units
              2026-01-15 10:00 rollover 4 units
              2026-01-15 10:00 rollover 4 carried
              2026-01-15 10:00 expire 6 units
              2026-01-15 10:00 grant 10 units
              2026-01-16 10:00 rollover 4 units
              2026-01-16 10:00 rollover 4 carried
              2026-01-16 10:00 expire 6 units
              2026-01-16 10:00 grant 10 units
            2026-01-17 10:00
              2026-01-17 10:00 rollover 100 monthly
              2026-01-17 10:00 rollover 100 monthly
              2026-01-17 10:00 rollover 10 units
              2026-01-17 10:00 rollover 10 units
              = monthly 100
              = units 10
              = carried 24
            2026-01-23 12:00
              2026-01-23 12:00 expire 100 monthly
              2026-01-23 12:00 expire 10 units
        "#]]);
}

fn upgraded(upgrade: Upgrade) -> Story {
    let mut story = Story::new(with_rules(plans(), PlanRules { upgrade, ..PlanRules::default() }));
    story
        .start("2026-01-30 10:00", "basic", Interval::Week, None)
        .spend("2026-01-30 11:00", "96")
        .change("2026-01-30 15:00", Some("large"), None)
        .balance()
        .wait("2026-01-31 10:00");
    story
}

#[test]
fn a_new_cycle_does_not_begin_the_day_anew() {
    upgraded(Upgrade::NewCycle).is(expect![[r#"
        2026-01-30 10:00
          basic active until 2026-02-06 10:00
          2026-01-30 10:00 grant 100 monthly
          2026-01-30 10:00 grant 10 units
        2026-01-30 11:00
          2026-01-30 11:00 hold 96 monthly
          2026-01-30 11:00 capture 96 monthly
        2026-01-30 15:00
          large active until 2026-02-06 15:00
          2026-01-30 15:00 rollover 4 monthly
          2026-01-30 15:00 rollover 4 monthly
          2026-01-30 15:00 grant 500 monthly
          2026-01-30 15:00 grant 20 units
          = monthly 504
          = units 30
        2026-01-31 10:00
          2026-01-31 10:00 expire 10 units
          2026-01-31 10:00 expire 20 units
          2026-01-31 10:00 grant 30 units
    "#]]);
    upgraded(Upgrade::Reset).is(expect![[r#"
        2026-01-30 10:00
          basic active until 2026-02-06 10:00
          2026-01-30 10:00 grant 100 monthly
          2026-01-30 10:00 grant 10 units
        2026-01-30 11:00
          2026-01-30 11:00 hold 96 monthly
          2026-01-30 11:00 capture 96 monthly
        2026-01-30 15:00
          large active until 2026-02-06 15:00
          2026-01-30 15:00 expire 4 monthly
          2026-01-30 15:00 grant 500 monthly
          2026-01-30 15:00 grant 20 units
          = monthly 500
          = units 30
        2026-01-31 10:00
          2026-01-31 10:00 expire 10 units
          2026-01-31 10:00 expire 20 units
          2026-01-31 10:00 grant 30 units
    "#]]);
}
