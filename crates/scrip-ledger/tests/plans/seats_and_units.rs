//! Seats and units on the ledger: what is granted for each, when it is shared out, and when it ends.

use expect_test::expect;
use scrip_ledger::command::CancelAt;
use scrip_ledger::plan::*;
use scrip_ledger::{Currency, Money, Name};

use crate::story::*;

fn team(added: SeatAdded, pool: SeatPool) -> Vec<Plan> {
    let monthly = vec![per_seat(rule("monthly", "150"))];
    let annual = vec![per_seat(rule("monthly", "1800"))];
    let team = plan("team", vec![(Interval::Month, "20.00", monthly), (Interval::Year, "200.00", annual)]);
    vec![Plan { seats: seats(pool, added), ..team }]
}

#[test]
fn each_seat_has_credits_of_its_own() {
    Story::new(terms(team(SeatAdded::Full, SeatPool::Own)))
        .start("2026-01-01 00:00", "team", Interval::Month, Some(2))
        .spend("2026-01-05 00:00", "200")
        .change("2026-01-16 12:00", None, Some(3))
        .change("2026-01-17 00:00", None, Some(1))
        .change("2026-01-18 00:00", None, Some(3))
        .change("2026-01-19 00:00", None, Some(2))
        .balance()
        .wait("2026-02-01 00:00")
        .balance()
        .is(expect![[r#"
            2026-01-01
              team active until 2026-02-01
              2026-01-01 grant 150 monthly of seat 1
              2026-01-01 grant 150 monthly of seat 2
            2026-01-05
              2026-01-05 hold 150 monthly of seat 1
              2026-01-05 hold 50 monthly of seat 2
              2026-01-05 capture 150 monthly of seat 1
              2026-01-05 capture 50 monthly of seat 2
            2026-01-16 12:00
              team active until 2026-02-01
              2026-01-16 12:00 grant 150 monthly of seat 3
            2026-01-17
              team active until 2026-02-01
            2026-01-18
              team active until 2026-02-01
            2026-01-19
              team active until 2026-02-01
              = monthly 250
            2026-02-01
              2026-02-01 expire 100 monthly of seat 2
              2026-02-01 expire 150 monthly of seat 3
              2026-02-01 grant 150 monthly of seat 1
              2026-02-01 grant 150 monthly of seat 2
              = monthly 300
        "#]]);
}

#[test]
fn seats_can_share_a_pool_and_a_seat_can_be_prorated() {
    Story::new(terms(team(SeatAdded::Prorate, SeatPool::Workspace)))
        .start("2026-01-01 00:00", "team", Interval::Month, Some(5))
        .change("2026-01-16 12:00", None, Some(6))
        .balance()
        .is(expect![[r#"
            2026-01-01
              team active until 2026-02-01
              2026-01-01 grant 750 monthly
            2026-01-16 12:00
              team active until 2026-02-01
              2026-01-16 12:00 grant 75 monthly
              = monthly 825
        "#]]);
}

#[test]
fn units_renew_with_the_plan_and_end_with_it() {
    Story::new(terms(basic()))
        .buy_units("2026-01-01 00:00", 1)
        .start("2026-01-01 00:00", "basic", Interval::Month, None)
        .buy_units("2026-01-31 00:00", 3)
        .balance()
        .wait("2026-02-01 00:00")
        .balance()
        .cancel("2026-02-02 00:00", CancelAt::PeriodEnd)
        .wait("2026-03-01 00:00")
        .balance()
        .is(expect![[r#"
            2026-01-01
              refused: not_entitled
            2026-01-01
              basic active until 2026-02-01
              2026-01-01 grant 100 monthly
            2026-01-31
              basic active until 2026-02-01
              2026-01-31 grant 180 units
              = monthly 100
              = units 180
            2026-02-01
              2026-02-01 expire 100 monthly
              2026-02-01 expire 180 units
              2026-02-01 grant 100 monthly
              2026-02-01 grant 180 units
              = monthly 100
              = units 180
            2026-02-02
              basic active until 2026-03-01
            2026-03-01
              2026-03-01 expire 100 monthly
              2026-03-01 expire 180 units
        "#]]);
}

#[test]
fn units_on_an_annual_plan_come_monthly_and_end_with_the_year() {
    Story::new(terms(basic()))
        .start("2026-01-31 00:00", "basic", Interval::Year, None)
        .buy_units("2026-11-15 00:00", 1)
        .wait("2026-12-31 00:00")
        .balance()
        .wait("2027-01-31 00:00")
        .balance()
        .is(expect![[r#"
            2026-01-31
              basic active until 2027-01-31
              2026-01-31 grant 1200 monthly
            2026-11-15
              basic active until 2027-01-31
              2026-11-15 grant 60 units
            2026-12-31
              2026-11-30 grant 60 units
              2026-12-31 grant 60 units
              = monthly 1200
              = units 180
            2027-01-31
              2027-01-31 expire 1200 monthly
              2027-01-31 expire 60 units
              2027-01-31 expire 60 units
              2027-01-31 expire 60 units
              2027-01-31 grant 1200 monthly
              2027-01-31 grant 60 units
              = monthly 1200
              = units 60
        "#]]);
}

#[test]
fn an_immediate_end_takes_plan_and_unit_credits_back() {
    Story::new(terms(basic()))
        .start("2026-01-01 00:00", "basic", Interval::Month, None)
        .grant("2026-01-01 00:00", "kept", "7")
        .buy_units("2026-01-02 00:00", 1)
        .spend("2026-01-03 00:00", "30")
        .cancel("2026-01-04 00:00", CancelAt::Now)
        .balance()
        .start("2026-01-05 00:00", "basic", Interval::Month, None)
        .balance()
        .is(expect![[r#"
            2026-01-01
              basic active until 2026-02-01
              2026-01-01 grant 100 monthly
            2026-01-01
              2026-01-01 grant 7 kept
            2026-01-02
              basic active until 2026-02-01
              2026-01-02 grant 60 units
            2026-01-03
              2026-01-03 hold 30 monthly
              2026-01-03 capture 30 monthly
            2026-01-04
              basic canceled until 2026-02-01
              2026-01-04 void 70 monthly
              2026-01-04 void 60 units
              2026-01-04 freeze 7 kept
              = kept 0 and 7 frozen
            2026-01-05
              basic active until 2026-02-05
              2026-01-05 thaw 7 kept
              2026-01-05 grant 100 monthly
              = monthly 100
              = kept 7
        "#]]);
}

#[test]
fn units_bought_while_a_payment_is_due_are_not_granted_twice() {
    Story::new(terms(basic()))
        .start("2026-01-01 00:00", "basic", Interval::Month, None)
        .past_due("2026-01-31 00:00")
        .buy_units("2026-02-02 00:00", 1)
        .recover("2026-02-03 00:00")
        .balance()
        .is(expect![[r#"
            2026-01-01
              basic active until 2026-02-01
              2026-01-01 grant 100 monthly
            2026-01-31
              basic past_due until 2026-02-01
            2026-02-02
              basic past_due until 2026-03-01
              2026-02-01 rollover 100 monthly
              2026-02-01 rollover 100 monthly
              2026-02-02 grant 60 units
            2026-02-03
              basic active until 2026-03-01
              2026-02-03 expire 100 monthly
              2026-02-03 grant 100 monthly
              = monthly 100
              = units 60
        "#]]);
}

#[test]
fn what_was_kept_of_units_ends_with_the_payment_and_is_not_carried() {
    let mut terms = terms(basic());
    terms.add_ons[0].bucket = Name::from("monthly");
    let carry =
        Rollover::Carry { bucket: Name::from("carried"), carry_at_most: None, total_at_most: None, cycles: None };
    terms.plans[0].terms[0].grants[0].rollover = carry;
    Story::new(terms)
        .start("2026-01-01 00:00", "basic", Interval::Month, None)
        .buy_units("2026-01-02 00:00", 1)
        .past_due("2026-01-31 00:00")
        .wait("2026-02-02 00:00")
        .balance()
        .recover("2026-02-03 00:00")
        .balance()
        .is(expect![[r#"
            2026-01-01
              basic active until 2026-02-01
              2026-01-01 grant 100 monthly
            2026-01-02
              basic active until 2026-02-01
              2026-01-02 grant 60 monthly
            2026-01-31
              basic past_due until 2026-02-01
            2026-02-02
              2026-02-01 rollover 100 monthly
              2026-02-01 rollover 100 monthly
              2026-02-01 rollover 60 monthly
              2026-02-01 rollover 60 monthly
              = monthly 160
            2026-02-03
              basic active until 2026-03-01
              2026-02-03 rollover 100 monthly
              2026-02-03 rollover 100 carried
              2026-02-03 expire 60 monthly
              2026-02-03 grant 100 monthly
              2026-02-03 grant 60 monthly
              = monthly 160
              = carried 100
        "#]]);
}

#[test]
fn units_can_be_for_each_seat_and_cost_as_much() {
    let mut terms = terms(team(SeatAdded::Full, SeatPool::Own));
    terms.add_ons[0].per = GrantPer::Seat;
    terms.add_ons[0].price = Some(Money::parse("5.00", Currency::parse("usd").unwrap()).unwrap());
    let mut story = Story::new(terms);
    story.start("2026-01-01 00:00", "team", Interval::Month, Some(2)).buy_units("2026-01-02 00:00", 3);
    let subscription = story.subscription.unwrap();
    let charge = story.wallet.subscriptions[&subscription].next_charge(&story.book, &[]).unwrap();
    assert_eq!(charge.lines.iter().map(|line| line.quantity).collect::<Vec<_>>(), [2, 6]);
    story.change("2026-01-20 00:00", None, Some(3)).wait("2026-02-01 00:00").balance().is(expect![[r#"
        2026-01-01
          team active until 2026-02-01
          2026-01-01 grant 150 monthly of seat 1
          2026-01-01 grant 150 monthly of seat 2
        2026-01-02
          team active until 2026-02-01
          2026-01-02 grant 180 units of seat 1
          2026-01-02 grant 180 units of seat 2
        2026-01-20
          team active until 2026-02-01
          2026-01-20 grant 150 monthly of seat 3
        2026-02-01
          2026-02-01 expire 150 monthly of seat 1
          2026-02-01 expire 150 monthly of seat 2
          2026-02-01 expire 150 monthly of seat 3
          2026-02-01 expire 180 units of seat 1
          2026-02-01 expire 180 units of seat 2
          2026-02-01 grant 150 monthly of seat 1
          2026-02-01 grant 150 monthly of seat 2
          2026-02-01 grant 150 monthly of seat 3
          2026-02-01 grant 180 units of seat 1
          2026-02-01 grant 180 units of seat 2
          2026-02-01 grant 180 units of seat 3
          = monthly 450
          = units 540
    "#]]);
}

#[test]
fn a_seat_added_to_a_year_is_prorated_by_the_months_left() {
    Story::new(terms(team(SeatAdded::Prorate, SeatPool::Own)))
        .start("2026-01-31 00:00", "team", Interval::Year, Some(1))
        .change("2026-07-31 00:00", None, Some(2))
        .change("2026-08-15 00:00", None, Some(3))
        .change("2027-01-30 23:00", None, Some(4))
        .balance()
        .is(expect![[r#"
            2026-01-31
              team active until 2027-01-31
              2026-01-31 grant 1800 monthly of seat 1
            2026-07-31
              team active until 2027-01-31
              2026-07-31 grant 900 monthly of seat 2
            2026-08-15
              team active until 2027-01-31
              2026-08-15 grant 900 monthly of seat 3
            2027-01-30 23:00
              team active until 2027-01-31
              2027-01-30 23:00 grant 150 monthly of seat 4
              = monthly 3750
        "#]]);
}
