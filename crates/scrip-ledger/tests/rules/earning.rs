//! Jobs that bring credits of their own (MISSION section 8, free units earned).

use expect_test::expect;
use scrip_ledger::book::Terms;
use scrip_ledger::plan::GrantRule;
use scrip_ledger::policy::JobPolicy;

use crate::offers::*;
use crate::story::play_with;

/// Each job brings two credits for covers.
fn brings() -> JobPolicy {
    let covers = GrantRule { only_tools: names(&["cover"]), ..rule("given", "2") };
    JobPolicy { earns: vec![covers], ..JobPolicy::default() }
}

fn selling() -> Terms {
    terms(vec![])
}

#[test]
fn a_job_that_succeeds_brings_credits_and_one_that_fails_brings_none() {
    play_with(
        selling(),
        brings(),
        expect![[r#"
            grant ada 100 bought                         | ok
            hold ada 10/song as H1                       | ok
            see ada                                      | bought 90 10 held
            capture H1                                   | 10 charged
            see ada                                      | given 2, bought 90
            hold ada 10/song as H1                       | ok
            capture H1 failed                            | 0 charged
            hold ada 10/song as H1                       | ok
            release H1                                   | ok
            see ada                                      | given 2, bought 90
            charge ada 3/song                            | ok
            see ada                                      | given 4, bought 87
        "#]],
    );
}

#[test]
fn a_part_that_was_delivered_brings_its_share() {
    play_with(
        selling(),
        brings(),
        expect![[r#"
            grant ada 100 bought                         | ok
            hold ada 10/song as H1                       | ok
            capture H1 partial delivered 1 of 2          | 5 charged
            see ada                                      | given 1, bought 95
        "#]],
    );
}

#[test]
fn what_is_left_is_taken_back_with_a_refund_of_the_whole_job() {
    play_with(
        selling(),
        brings(),
        expect![[r#"
            grant ada 100 bought                         | ok
            charge ada 10/song as C1                     | ok
            charge ada 10/song as C2                     | ok
            see ada                                      | given 4, bought 80
            refund C1 5                                  | ok
            see ada                                      | given 4, bought 85
            refund C1                                    | ok
            see ada                                      | given 2, bought 90
            refund C2                                    | ok
            see ada                                      | bought 100
        "#]],
    );
}

#[test]
fn what_was_earned_and_spent_stays_spent() {
    play_with(
        selling(),
        brings(),
        expect![[r#"
            grant ada 10 bought                          | ok
            charge ada 10/song as C1                     | ok
            charge ada 2/cover as C2                     | ok
            see ada                                      | given 2
            refund C1                                    | ok
            see ada                                      | given 2, bought 10
        "#]],
    );
}

#[test]
fn what_is_earned_fits_its_bucket() {
    let mut terms = selling();
    with_bucket(&mut terms, "given", |bucket| bucket.at_most = Some(credits("3")));
    play_with(
        terms,
        brings(),
        expect![[r#"
            grant ada 100 bought                         | ok
            charge ada 1/song                            | ok
            charge ada 1/song                            | ok
            charge ada 1/song                            | ok
            see ada                                      | given 3, bought 97
        "#]],
    );
}

#[test]
fn what_ended_with_the_plan_is_not_taken_back_again_with_a_refund() {
    let brings = JobPolicy { earns: vec![rule("lent", "2")], ..JobPolicy::default() };
    play_with(
        terms(vec![plan("basic", vec![rule("monthly", "100")])]),
        brings,
        expect![[r#"
            start ada basic as S1                        | ok
            charge ada 1/song as C1                      | ok
            see ada                                      | monthly 99, lent 2
            hold ada 101/cover as H1                     | ok
            end S1                                       | ok
            see ada                                      | monthly 99 held, lent 2 held
            refund C1                                    | ok
            release H1                                   | ok
            see ada                                      | nothing
        "#]],
    );
}
