//! Seats: whose credits a member spends (MISSION A26, A27).

use expect_test::expect;
use scrip_ledger::plan::{GrantPer, GrantRule, Plan, SeatAdded, SeatPool, SeatTerms};

use crate::offers::*;
use crate::story::play;

fn team(pool: SeatPool) -> Plan {
    let seats = SeatTerms { at_least: 1, at_most: None, added: SeatAdded::Full, pool };
    let per_seat = GrantRule { per: GrantPer::Seat, ..rule("monthly", "150") };
    Plan { seats: Some(seats), ..plan("team", vec![per_seat]) }
}

#[test]
fn a_member_spends_the_own_seat_and_then_what_is_everybodys() {
    play(
        terms(vec![team(SeatPool::Own)]),
        expect![[r#"
            start ada team seats 3                       | ok
            grant ada 100 bought                         | ok
            member ada ann seat 1                        | ok
            member ada bob                               | ok
            left ada by ann                              | 250
            left ada by bob                              | 100
            left ada                                     | 400
            charge ada 160 by ann                        | ok
            see ada                                      | monthly of seat 2 150, monthly of seat 3 150, bought 90
            charge ada 91 by bob                         | insufficient_credits required 91 available 90
            charge ada 90 by bob                         | ok
            charge ada 10                                | ok
            see ada                                      | monthly of seat 2 140, monthly of seat 3 150
        "#]],
    );
}

#[test]
fn within_a_bucket_the_own_seat_is_spent_first() {
    play(
        terms(vec![team(SeatPool::Own)]),
        expect![[r#"
            start ada team seats 2                       | ok
            member ada ann seat 2                        | ok
            grant ada 50 monthly ends 2026-01-15         | ok
            hold ada 60 by ann as H1                     | ok
            see ada                                      | monthly 50, monthly of seat 1 150, monthly of seat 2 90 60 held
            extend H1 100                                | ok
            see ada                                      | monthly 40 10 held, monthly of seat 1 150, monthly of seat 2 150 held
            hold ada 60                                  | ok
            see ada                                      | monthly 50 held, monthly of seat 1 130 20 held, monthly of seat 2 150 held
        "#]],
    );
}

#[test]
fn in_a_workspace_all_seats_form_one_pool() {
    play(
        terms(vec![team(SeatPool::Workspace)]),
        expect![[r#"
            start ada team seats 3                       | ok
            member ada ann seat 1                        | ok
            member ada bob                               | ok
            left ada by ann                              | 450
            left ada by bob                              | 450
            left ada                                     | 450
        "#]],
    );
}

#[test]
fn a_seat_has_one_member_and_is_free_when_that_one_leaves() {
    play(
        terms(vec![team(SeatPool::Own)]),
        expect![[r#"
            member ada zoe seat 7                        | ok
            start ada team seats 2                       | ok
            member ada ann seat 1                        | ok
            member ada ann seat 1                        | ok
            member ada bob seat 1                        | seat_taken: 1 by ann
            member ada bob seat 3                        | invalid_input: seat
            member ada bob seat 0                        | invalid_input: seat
            charge ada 100 by ann                        | ok
            leave ada ann                                | ok
            left ada                                     | 200
            member ada bob seat 1                        | ok
            left ada by bob                              | 50
            member ada bob seat 2                        | ok
            left ada by bob                              | 150
            member ada bob seat none                     | ok
            left ada by bob                              | 0
        "#]],
    );
}

#[test]
fn the_job_of_a_member_who_left_ends_on_the_seat_it_was_held_from() {
    play(
        terms(vec![team(SeatPool::Own)]),
        expect![[r#"
            start ada team seats 1                       | ok
            member ada ann seat 1                        | ok
            hold ada 150 by ann as H1                    | ok
            leave ada ann                                | ok
            extend H1 1                                  | insufficient_credits required 1 available 0
            capture H1 100                               | 100 charged
            see ada                                      | monthly of seat 1 50
        "#]],
    );
}

#[test]
fn groups_spend_no_seats_of_the_organisation() {
    play(
        terms(vec![team(SeatPool::Own)]),
        expect![[r#"
            start ada team seats 2                       | ok
            grant ada 10 bought                          | ok
            customer red in ada                          | ok
            member red rob                               | ok
            left red                                     | 10
            left red by rob                              | 10
            left ada                                     | 310
            move ada red 200 monthly                     | transfer 150 until 2026-02-01 00:00, transfer 50 until 2026-02-01 00:00
            member ada ann seat 1                        | ok
            member ada bob seat 2                        | ok
            move ada red 10 monthly                      | insufficient_credits required 10 available 0
        "#]],
    );
}
