//! Credits that come by a shorter period than the cycle: 100 a month and 10 a day, 60 a week within a year.

use crate::story::*;
use expect_test::expect;
use scrip_ledger::command::CancelAt;
use scrip_ledger::plan::*;
use scrip_ledger::preview::preview;
use scrip_ledger::{Act, Command, Name, Span};

pub fn weekly(id: &str, price: &str, grants: Vec<GrantRule>) -> Plan {
    plan(id, vec![(Interval::Week, price, grants)])
}

pub fn daily(amount: &str) -> GrantRule {
    every(Interval::Day, rule("units", amount))
}

/// 100 a week and 10 a day, 500 and 30, or 200 and nothing by the day.
pub fn plans() -> Vec<Plan> {
    vec![
        weekly("basic", "10.00", vec![rule("monthly", "100"), daily("10")]),
        weekly("large", "30.00", vec![rule("monthly", "500"), daily("30")]),
        weekly("without", "20.00", vec![rule("monthly", "200")]),
    ]
}

pub fn carried_to(bucket: &str, most: &str, cycles: Option<u32>) -> Rollover {
    Rollover::Carry { bucket: Name::from(bucket), carry_at_most: Some(credits(most)), total_at_most: None, cycles }
}

#[test]
fn days_come_and_go_within_a_longer_cycle() {
    Story::new(terms(plans()))
        .start("2026-01-30 10:00", "basic", Interval::Week, None)
        .spend("2026-01-30 12:00", "104")
        .wait("2026-01-31 09:59")
        .balance()
        .wait("2026-01-31 10:00")
        .balance()
        .wait("2026-02-02 10:00")
        .is(expect![[r#"
            2026-01-30 10:00
              basic active until 2026-02-06 10:00
              2026-01-30 10:00 grant 100 monthly
              2026-01-30 10:00 grant 10 units
            2026-01-30 12:00
              2026-01-30 12:00 hold 100 monthly
              2026-01-30 12:00 hold 4 units
              2026-01-30 12:00 capture 100 monthly
              2026-01-30 12:00 capture 4 units
            2026-01-31 09:59
              = units 6
            2026-01-31 10:00
              2026-01-31 10:00 expire 6 units
              2026-01-31 10:00 grant 10 units
              = units 10
            2026-02-02 10:00
              2026-02-01 10:00 expire 10 units
              2026-02-01 10:00 grant 10 units
              2026-02-02 10:00 expire 10 units
              2026-02-02 10:00 grant 10 units
        "#]]);
}

#[test]
fn a_renewal_leaves_the_week_at_work_alone() {
    let week = by_the_calendar(Interval::Week, rule("units", "60"));
    let grants = vec![rule("monthly", "100"), week];
    Story::new(terms(vec![plan("basic", vec![(Interval::Month, "10.00", grants)])]))
        // A Tuesday: the first week is short.
        .start("2026-01-27 15:00", "basic", Interval::Month, None)
        .spend("2026-01-28 00:00", "110")
        .wait("2026-02-10 00:00")
        .wait("2026-02-27 14:00")
        .wait("2026-02-27 15:00")
        .wait("2026-03-02 00:00")
        .is(expect![[r#"
            2026-01-27 15:00
              basic active until 2026-02-27 15:00
              2026-01-27 15:00 grant 100 monthly
              2026-01-27 15:00 grant 60 units
            2026-01-28
              2026-01-28 hold 100 monthly
              2026-01-28 hold 10 units
              2026-01-28 capture 100 monthly
              2026-01-28 capture 10 units
            2026-02-10
              2026-02-02 expire 50 units
              2026-02-02 grant 60 units
              2026-02-09 expire 60 units
              2026-02-09 grant 60 units
            2026-02-27 14:00
              2026-02-16 expire 60 units
              2026-02-16 grant 60 units
              2026-02-23 expire 60 units
              2026-02-23 grant 60 units
            2026-02-27 15:00
              2026-02-27 15:00 grant 100 monthly
            2026-03-02
              2026-03-02 expire 60 units
              2026-03-02 grant 60 units
        "#]]);
}

#[test]
fn the_time_of_day_of_the_purchase_is_kept_when_the_clocks_change() {
    let mut terms = terms(plans());
    terms.zone = Name::from("Europe/Vienna");
    Story::new(terms).start("2026-03-27 10:00", "basic", Interval::Week, None).wait("2026-03-30 12:00").is(expect![[
        r#"
            2026-03-27 10:00
              basic active until 2026-04-03 09:00
              2026-03-27 10:00 grant 100 monthly
              2026-03-27 10:00 grant 10 units
            2026-03-30 12:00
              2026-03-28 10:00 expire 10 units
              2026-03-28 10:00 grant 10 units
              2026-03-29 09:00 expire 10 units
              2026-03-29 09:00 grant 10 units
              2026-03-30 09:00 expire 10 units
              2026-03-30 09:00 grant 10 units
        "#
    ]]);
}

#[test]
fn the_rest_of_a_day_can_go_on() {
    let of = |cycles| {
        let day = GrantRule { rollover: carried_to("units", "6", cycles), ..daily("10") };
        terms(vec![weekly("basic", "10.00", vec![day])])
    };
    Story::new(of(None))
        .start("2026-01-10 10:00", "basic", Interval::Week, None)
        .wait("2026-01-11 10:00")
        .balance()
        .wait("2026-01-12 10:00")
        .balance()
        .cancel("2026-01-12 11:00", CancelAt::PeriodEnd)
        .wait("2026-01-17 10:00")
        .balance()
        .is(expect![[r#"
            2026-01-10 10:00
              basic active until 2026-01-17 10:00
              2026-01-10 10:00 grant 10 units
            2026-01-11 10:00
              2026-01-11 10:00 rollover 6 units
              2026-01-11 10:00 rollover 6 units
              2026-01-11 10:00 expire 4 units
              2026-01-11 10:00 grant 10 units
              = units 16
            2026-01-12 10:00
              2026-01-12 10:00 rollover 6 units
              2026-01-12 10:00 rollover 6 units
              2026-01-12 10:00 expire 4 units
              2026-01-12 10:00 grant 10 units
              2026-01-12 10:00 expire 6 units
              = units 16
            2026-01-12 11:00
              basic active until 2026-01-17 10:00
            2026-01-17 10:00
              2026-01-13 10:00 rollover 6 units
              2026-01-13 10:00 rollover 6 units
              2026-01-13 10:00 expire 4 units
              2026-01-13 10:00 grant 10 units
              2026-01-13 10:00 expire 6 units
              2026-01-14 10:00 rollover 6 units
              2026-01-14 10:00 rollover 6 units
              2026-01-14 10:00 expire 4 units
              2026-01-14 10:00 grant 10 units
              2026-01-14 10:00 expire 6 units
              2026-01-15 10:00 rollover 6 units
              2026-01-15 10:00 rollover 6 units
              2026-01-15 10:00 expire 4 units
              2026-01-15 10:00 grant 10 units
              2026-01-15 10:00 expire 6 units
              2026-01-16 10:00 rollover 6 units
              2026-01-16 10:00 rollover 6 units
              2026-01-16 10:00 expire 4 units
              2026-01-16 10:00 grant 10 units
              2026-01-16 10:00 expire 6 units
              2026-01-17 10:00 expire 6 units
              2026-01-17 10:00 expire 10 units
        "#]]);
    Story::new(of(Some(2)))
        .start("2026-01-10 10:00", "basic", Interval::Week, None)
        .wait("2026-01-12 10:00")
        .balance()
        .wait("2026-01-13 10:00")
        .balance()
        .is(expect![[r#"
            2026-01-10 10:00
              basic active until 2026-01-17 10:00
              2026-01-10 10:00 grant 10 units
            2026-01-12 10:00
              2026-01-11 10:00 rollover 6 units
              2026-01-11 10:00 rollover 6 units
              2026-01-11 10:00 expire 4 units
              2026-01-11 10:00 grant 10 units
              2026-01-12 10:00 rollover 6 units
              2026-01-12 10:00 rollover 6 units
              2026-01-12 10:00 expire 4 units
              2026-01-12 10:00 grant 10 units
              = units 22
            2026-01-13 10:00
              2026-01-13 10:00 rollover 6 units
              2026-01-13 10:00 rollover 6 units
              2026-01-13 10:00 expire 4 units
              2026-01-13 10:00 grant 10 units
              2026-01-13 10:00 expire 6 units
              = units 22
        "#]]);
}

#[test]
fn days_can_add_up_until_the_cycle_ends() {
    let add = GrantRule { renewal: Renewal::Add, ..daily("10") };
    Story::new(terms(vec![weekly("basic", "10.00", vec![add])]))
        .start("2026-02-10 10:00", "basic", Interval::Week, None)
        .wait("2026-02-12 10:00")
        .balance()
        .wait("2026-02-17 10:00")
        .balance()
        .is(expect![[r#"
            2026-02-10 10:00
              basic active until 2026-02-17 10:00
              2026-02-10 10:00 grant 10 units
            2026-02-12 10:00
              2026-02-11 10:00 grant 10 units
              2026-02-12 10:00 grant 10 units
              = units 30
            2026-02-17 10:00
              2026-02-13 10:00 grant 10 units
              2026-02-14 10:00 grant 10 units
              2026-02-15 10:00 grant 10 units
              2026-02-16 10:00 grant 10 units
              2026-02-17 10:00 grant 10 units
              2026-02-17 10:00 expire 10 units
              2026-02-17 10:00 expire 10 units
              2026-02-17 10:00 expire 10 units
              2026-02-17 10:00 expire 10 units
              2026-02-17 10:00 expire 10 units
              2026-02-17 10:00 expire 10 units
              2026-02-17 10:00 expire 10 units
              = units 10
        "#]]);
}

#[test]
fn days_can_be_filled_up() {
    let fill = GrantRule { renewal: Renewal::ReplenishUpTo, ..daily("10") };
    Story::new(terms(vec![weekly("basic", "10.00", vec![fill])]))
        .start("2026-02-10 10:00", "basic", Interval::Week, None)
        .spend("2026-02-10 11:00", "7")
        .wait("2026-02-12 10:00")
        .balance()
        .is(expect![[r#"
            2026-02-10 10:00
              basic active until 2026-02-17 10:00
              2026-02-10 10:00 grant 10 units
            2026-02-10 11:00
              2026-02-10 11:00 hold 7 units
              2026-02-10 11:00 capture 7 units
            2026-02-12 10:00
              2026-02-11 10:00 grant 7 units
              = units 10
        "#]]);
}

#[test]
fn two_grants_into_one_bucket_are_lots_of_their_own() {
    let both = vec![rule("monthly", "100"), every(Interval::Day, rule("monthly", "10"))];
    Story::new(terms(vec![weekly("basic", "10.00", both)]))
        .start("2026-02-10 10:00", "basic", Interval::Week, None)
        .spend("2026-02-10 11:00", "17")
        .wait("2026-02-11 10:00")
        .balance()
        .spend("2026-02-16 11:00", "5")
        .wait("2026-02-17 10:00")
        .balance()
        .is(expect![[r#"
            2026-02-10 10:00
              basic active until 2026-02-17 10:00
              2026-02-10 10:00 grant 100 monthly
              2026-02-10 10:00 grant 10 monthly
            2026-02-10 11:00
              2026-02-10 11:00 hold 10 monthly
              2026-02-10 11:00 hold 7 monthly
              2026-02-10 11:00 capture 10 monthly
              2026-02-10 11:00 capture 7 monthly
            2026-02-11 10:00
              2026-02-11 10:00 grant 10 monthly
              = monthly 103
            2026-02-16 11:00
              2026-02-12 10:00 expire 10 monthly
              2026-02-12 10:00 grant 10 monthly
              2026-02-13 10:00 expire 10 monthly
              2026-02-13 10:00 grant 10 monthly
              2026-02-14 10:00 expire 10 monthly
              2026-02-14 10:00 grant 10 monthly
              2026-02-15 10:00 expire 10 monthly
              2026-02-15 10:00 grant 10 monthly
              2026-02-16 10:00 expire 10 monthly
              2026-02-16 10:00 grant 10 monthly
              2026-02-16 11:00 hold 5 monthly
              2026-02-16 11:00 capture 5 monthly
            2026-02-17 10:00
              2026-02-17 10:00 expire 88 monthly
              2026-02-17 10:00 expire 10 monthly
              2026-02-17 10:00 grant 100 monthly
              2026-02-17 10:00 grant 10 monthly
              = monthly 110
        "#]]);
}

#[test]
fn seats_have_days_of_their_own() {
    let grants = vec![per_seat(rule("monthly", "50")), per_seat(daily("8"))];
    let team = weekly("team", "20.00", grants);
    Story::new(terms(vec![Plan { seats: seats(SeatPool::Own, SeatAdded::Prorate), ..team }]))
        .start("2026-01-30 10:00", "team", Interval::Week, Some(2))
        .change("2026-01-30 16:00", None, Some(3))
        .change("2026-01-30 17:00", None, Some(2))
        .change("2026-01-30 18:00", None, Some(3))
        .change("2026-01-30 19:00", None, Some(1))
        .wait("2026-02-05 10:00")
        .wait("2026-02-06 10:00")
        .is(expect![[r#"
            2026-01-30 10:00
              team active until 2026-02-06 10:00
              2026-01-30 10:00 grant 50 monthly of seat 1
              2026-01-30 10:00 grant 50 monthly of seat 2
              2026-01-30 10:00 grant 8 units of seat 1
              2026-01-30 10:00 grant 8 units of seat 2
            2026-01-30 16:00
              team active until 2026-02-06 10:00
              2026-01-30 16:00 grant 48 monthly of seat 3
              2026-01-30 16:00 grant 6 units of seat 3
            2026-01-30 17:00
              team active until 2026-02-06 10:00
            2026-01-30 18:00
              team active until 2026-02-06 10:00
            2026-01-30 19:00
              team active until 2026-02-06 10:00
            2026-02-05 10:00
              2026-01-31 10:00 expire 8 units of seat 1
              2026-01-31 10:00 expire 8 units of seat 2
              2026-01-31 10:00 expire 6 units of seat 3
              2026-01-31 10:00 grant 8 units of seat 1
              2026-01-31 10:00 grant 8 units of seat 2
              2026-01-31 10:00 grant 8 units of seat 3
              2026-02-01 10:00 expire 8 units of seat 1
              2026-02-01 10:00 expire 8 units of seat 2
              2026-02-01 10:00 expire 8 units of seat 3
              2026-02-01 10:00 grant 8 units of seat 1
              2026-02-01 10:00 grant 8 units of seat 2
              2026-02-01 10:00 grant 8 units of seat 3
              2026-02-02 10:00 expire 8 units of seat 1
              2026-02-02 10:00 expire 8 units of seat 2
              2026-02-02 10:00 expire 8 units of seat 3
              2026-02-02 10:00 grant 8 units of seat 1
              2026-02-02 10:00 grant 8 units of seat 2
              2026-02-02 10:00 grant 8 units of seat 3
              2026-02-03 10:00 expire 8 units of seat 1
              2026-02-03 10:00 expire 8 units of seat 2
              2026-02-03 10:00 expire 8 units of seat 3
              2026-02-03 10:00 grant 8 units of seat 1
              2026-02-03 10:00 grant 8 units of seat 2
              2026-02-03 10:00 grant 8 units of seat 3
              2026-02-04 10:00 expire 8 units of seat 1
              2026-02-04 10:00 expire 8 units of seat 2
              2026-02-04 10:00 expire 8 units of seat 3
              2026-02-04 10:00 grant 8 units of seat 1
              2026-02-04 10:00 grant 8 units of seat 2
              2026-02-04 10:00 grant 8 units of seat 3
              2026-02-05 10:00 expire 8 units of seat 1
              2026-02-05 10:00 expire 8 units of seat 2
              2026-02-05 10:00 expire 8 units of seat 3
              2026-02-05 10:00 grant 8 units of seat 1
              2026-02-05 10:00 grant 8 units of seat 2
              2026-02-05 10:00 grant 8 units of seat 3
            2026-02-06 10:00
              2026-02-06 10:00 expire 50 monthly of seat 1
              2026-02-06 10:00 expire 50 monthly of seat 2
              2026-02-06 10:00 expire 48 monthly of seat 3
              2026-02-06 10:00 expire 8 units of seat 1
              2026-02-06 10:00 expire 8 units of seat 2
              2026-02-06 10:00 expire 8 units of seat 3
              2026-02-06 10:00 grant 50 monthly of seat 1
              2026-02-06 10:00 grant 8 units of seat 1
        "#]]);
}

#[test]
fn a_trial_of_the_quota_has_its_days_and_one_of_its_own_credits_has_none() {
    let own = Plan { trial: Some(Span::from_days(2)), ..plans().remove(0) };
    let other = Plan { trial_grants: Some(vec![rule("bought", "7")]), ..own.clone() };
    Story::new(terms(vec![own]))
        .start("2026-01-30 10:00", "basic", Interval::Week, None)
        .wait("2026-02-01 10:00")
        .wait("2026-02-02 10:00")
        .is(expect![[r#"
            2026-01-30 10:00
              basic trialing until 2026-02-01 10:00
              2026-01-30 10:00 grant 100 monthly
              2026-01-30 10:00 grant 10 units
            2026-02-01 10:00
              2026-01-31 10:00 expire 10 units
              2026-01-31 10:00 grant 10 units
              2026-02-01 10:00 expire 100 monthly
              2026-02-01 10:00 expire 10 units
              2026-02-01 10:00 grant 100 monthly
              2026-02-01 10:00 grant 10 units
            2026-02-02 10:00
              2026-02-02 10:00 expire 10 units
              2026-02-02 10:00 grant 10 units
        "#]]);
    Story::new(terms(vec![other]))
        .start("2026-01-30 10:00", "basic", Interval::Week, None)
        .wait("2026-02-01 10:00")
        .wait("2026-02-02 10:00")
        .is(expect![[r#"
            2026-01-30 10:00
              basic trialing until 2026-02-01 10:00
              2026-01-30 10:00 grant 7 bought
            2026-02-01 10:00
              2026-02-01 10:00 grant 100 monthly
              2026-02-01 10:00 grant 10 units
            2026-02-02 10:00
              2026-02-02 10:00 expire 10 units
              2026-02-02 10:00 grant 10 units
        "#]]);
}

#[test]
fn months_and_weeks_of_a_year_come_side_by_side_and_end_with_the_plan() {
    let week = every(Interval::Week, rule("units", "60"));
    let month = GrantRule { drip: Drip::Monthly, ..rule("monthly", "100") };
    Story::new(terms(vec![plan("basic", vec![(Interval::Year, "100.00", vec![month, week])])]))
        .start("2026-01-31 10:00", "basic", Interval::Year, None)
        .wait("2026-03-07 10:00")
        .cancel("2026-03-08 10:00", CancelAt::Now)
        .wait("2026-03-30 10:00")
        .balance()
        .is(expect![[r#"
            2026-01-31 10:00
              basic active until 2027-01-31 10:00
              2026-01-31 10:00 grant 100 monthly
              2026-01-31 10:00 grant 60 units
            2026-03-07 10:00
              2026-02-07 10:00 expire 60 units
              2026-02-07 10:00 grant 60 units
              2026-02-14 10:00 expire 60 units
              2026-02-14 10:00 grant 60 units
              2026-02-21 10:00 expire 60 units
              2026-02-21 10:00 grant 60 units
              2026-02-28 10:00 expire 100 monthly
              2026-02-28 10:00 grant 100 monthly
              2026-02-28 10:00 expire 60 units
              2026-02-28 10:00 grant 60 units
              2026-03-07 10:00 expire 60 units
              2026-03-07 10:00 grant 60 units
            2026-03-08 10:00
              basic canceled until 2027-01-31 10:00
              2026-03-08 10:00 void 100 monthly
              2026-03-08 10:00 void 60 units
            2026-03-30 10:00
        "#]]);
}

#[test]
fn years_of_missed_days_are_walked_in_parts_and_leave_one_days_grant() {
    let mut story = Story::new(terms(plans()));
    story.start("2026-01-30 10:00", "basic", Interval::Week, None);
    let mut parts = 0;
    while story.wallet.is_due(&story.book, at("2030-01-30 10:00")) {
        let record = scrip_ledger::touch(&mut story.wallet, &story.book, at("2030-01-30 10:00")).unwrap();
        assert!(record.changes.len() < 10_000, "{} changes at once", record.changes.len());
        story.auditor.follow(&record);
        // As a store does between two batches.
        story.wallet.grants.retain(|grant| !grant.is_settled());
        parts += 1;
    }
    assert_eq!(story.auditor.violations, vec![]);
    assert!(parts > 1);
    story.told.clear();
    story.wait("2030-01-30 10:00").balance().is(expect![[r#"
        2030-01-30 10:00
          = monthly 100
          = units 10
    "#]]);
}

#[test]
fn a_preview_tells_the_renewal_and_not_the_days_until_then() {
    let mut story = Story::new(terms(plans()));
    story.start("2026-01-30 10:00", "basic", Interval::Week, None);
    let command = Command { request: None, actor: Name::from("test"), act: Act::Touch };
    let seen = preview(&story.wallet, &story.book, at("2026-01-30 12:00"), &command);
    let renewal = seen.renewal.unwrap();
    let told = renewal.entries.iter().map(|entry| {
        let movement = &entry.movement;
        let bucket = &renewal.after.grant(movement.grant).unwrap().terms.bucket;
        format!("{} {} {} {}\n", text(movement.at), movement.kind.as_str(), movement.amount, bucket.as_str())
    });
    expect![[r#"
        2026-02-06 10:00 expire 100 monthly
        2026-02-06 10:00 expire 10 units
        2026-02-06 10:00 grant 100 monthly
        2026-02-06 10:00 grant 10 units
    "#]]
    .assert_eq(&told.collect::<String>());
}

#[test]
fn the_next_credits_are_those_of_the_next_day() {
    let mut story = Story::new(terms(plans()));
    let next = |story: &Story, bucket: &str| {
        let pools = story.wallet.pools_of(scrip_ledger::customer::PoolId(0));
        story.wallet.next_reset_at(&pools, bucket).map(text)
    };
    story.start("2026-01-30 10:00", "basic", Interval::Week, None);
    assert_eq!(next(&story, "units").as_deref(), Some("2026-01-31 10:00"));
    assert_eq!(next(&story, "monthly").as_deref(), Some("2026-02-06 10:00"));
    story.cancel("2026-02-04 12:00", CancelAt::PeriodEnd);
    assert_eq!(next(&story, "units").as_deref(), Some("2026-02-05 10:00"));
    story.wait("2026-02-05 10:00");
    assert_eq!(next(&story, "units"), None);
}
