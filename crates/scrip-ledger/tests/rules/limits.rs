//! Limits of plans and members: jobs in flight, jobs and credits per period.

use expect_test::expect;
use scrip_ledger::plan::{Interval, Limit, LimitKind, Plan};

use crate::offers::*;
use crate::story::play;

fn with_limits(limits: Vec<Limit>) -> Plan {
    Plan { limits, ..plan("basic", vec![rule("monthly", "1000")]) }
}

#[test]
fn so_many_jobs_run_at_once() {
    play(
        terms(vec![with_limits(vec![limit(LimitKind::JobsInFlight, "2", None)])]),
        expect![[r#"
            start ada basic                              | ok
            hold ada 10 as H1 ttl 10                     | ok
            hold ada 10 as H2 ttl 60                     | ok
            hold ada 10 as H3                            | too_many_jobs 2 [limit of the customer reached]
            charge ada 10                                | ok
            hold ada 10 as H3                            | too_many_jobs 2
            capture H2                                   | 10 charged
            hold ada 10 as H3 ttl 60                     | ok
            hold ada 10 as H4                            | too_many_jobs 2
            2026-01-01 00:10 hold ada 10 as H4           | ok
        "#]],
    );
}

#[test]
fn so_many_jobs_of_some_tools_a_day() {
    let downloads = Limit { tools: names(&["download"]), ..limit(LimitKind::Jobs, "2", Some(Interval::Day)) };
    play(
        terms(vec![with_limits(vec![downloads])]),
        expect![[r#"
            start ada basic                              | ok
            charge ada 0/download                        | ok
            charge ada 5/render                          | ok
            hold ada 1/render 1/download as H1           | ok
            charge ada 0/download                        | count_limit jobs 2 until 2026-01-02 00:00 [limit of the customer reached]
            capture H1 failed                            | 0 charged
            charge ada 0/download                        | ok
            charge ada 0/download                        | count_limit jobs 2 until 2026-01-02 00:00
            2026-01-02 00:00 charge ada 0/download       | ok
        "#]],
    );
}

#[test]
fn what_is_held_counts_as_spent_and_what_comes_back_does_not() {
    play(
        terms(vec![with_limits(vec![limit(LimitKind::Spend, "100", Some(Interval::Month))])]),
        expect![[r#"
            start ada basic                              | ok
            hold ada 60 as H1                            | ok
            hold ada 41 as H2                            | spend_limit 40 of 100 left until 2026-02-01 00:00 [limit of the customer reached]
            hold ada 40 as H2                            | ok
            capture H1 50                                | 50 charged
            hold ada 11 as H3                            | spend_limit 10 of 100 left until 2026-02-01 00:00
            hold ada 10 as H3                            | ok
            release H3                                   | ok
            extend H2 11                                 | spend_limit 10 of 100 left until 2026-02-01 00:00
            extend H2 10                                 | ok
            capture H2 as C2                             | 50 charged
            charge ada 1                                 | spend_limit 0 of 100 left until 2026-02-01 00:00
            refund C2 5                                  | ok
            charge ada 5                                 | ok
            charge ada 1                                 | spend_limit 0 of 100 left until 2026-02-01 00:00
            2026-02-01 00:00 refund C2                   | ok
            charge ada 100                               | ok
            charge ada 1                                 | spend_limit 0 of 100 left until 2026-03-01 00:00 [limit of the customer reached]
        "#]],
    );
}

#[test]
fn a_hold_that_runs_out_stops_counting_and_counts_where_it_was_placed() {
    play(
        terms(vec![with_limits(vec![limit(LimitKind::Spend, "100", Some(Interval::Day))])]),
        expect![[r#"
            2026-01-01 23:50 start ada basic             | ok
            hold ada 100 as H1 ttl 5                     | ok
            2026-01-01 23:56 hold ada 100 as H2 ttl 60   | ok
            2026-01-02 00:10 hold ada 100 as H3          | ok
            capture H2 10                                | 10 charged
            hold ada 1                                   | spend_limit 0 of 100 left until 2026-01-03 00:00 [limit of the customer reached]
            2026-01-02 00:20 extend H3 1                 | spend_limit 0 of 100 left until 2026-01-03 00:00
        "#]],
    );
}

#[test]
fn of_several_plans_one_that_lets_the_job_pass_is_enough() {
    let small = with_limits(vec![limit(LimitKind::JobsInFlight, "1", None)]);
    let large = Plan { limits: vec![limit(LimitKind::JobsInFlight, "3", None)], ..plan("large", vec![]) };
    play(
        terms(vec![small, large]),
        expect![[r#"
            start ada basic                              | ok
            hold ada 10 as H1                            | ok
            hold ada 10 as H2                            | too_many_jobs 1 [limit of the customer reached]
            start ada large as S2                        | ok
            hold ada 10 as H2                            | ok
            hold ada 10 as H3                            | ok
            hold ada 10 as H4                            | too_many_jobs 3
            end S2                                       | ok
            release H3                                   | ok
            hold ada 10 as H4                            | too_many_jobs 1
        "#]],
    );
}

#[test]
fn members_have_caps_of_their_own_and_their_plan_may_cap_each_of_them() {
    let each = Limit { each_member: true, ..limit(LimitKind::Spend, "50", Some(Interval::Month)) };
    play(
        terms(vec![with_limits(vec![each])]),
        expect![[r#"
            start ada basic                              | ok
            member ada ann                               | ok
            member ada bob cap spend 20 per day cap in_flight 1 | ok
            charge ada 51 by ann                         | member_limit 50 of 50 left until 2026-02-01 00:00 [limit of ann reached]
            charge ada 50 by ann                         | ok
            charge ada 1 by ann                          | member_limit 0 of 50 left until 2026-02-01 00:00
            charge ada 100                               | ok
            hold ada 20 by bob as H1                     | ok
            hold ada 1 by bob                            | member_limit 0 of 20 left until 2026-01-02 00:00 [limit of bob reached]
            capture H1                                   | 20 charged
            charge ada 1 by bob                          | member_limit 0 of 20 left until 2026-01-02 00:00
            2026-01-02 00:00 charge ada 20 by bob        | ok
            2026-01-03 00:00 charge ada 11 by bob        | member_limit 10 of 50 left until 2026-02-01 00:00 [limit of bob reached]
            charge ada 10 by bob                         | ok
        "#]],
    );
}

#[test]
fn a_limit_of_an_organisation_is_about_all_that_belong_to_it() {
    play(
        terms(vec![with_limits(vec![limit(LimitKind::JobsInFlight, "2", None)])]),
        expect![[r#"
            start ada basic                              | ok
            customer red in ada                          | ok
            customer blue in ada                         | ok
            hold red 10 as H1                            | ok
            hold blue 10 as H2                           | ok
            hold ada 10 as H3                            | too_many_jobs 2 [limit of the customer reached]
            hold red 10 as H3                            | too_many_jobs 2
        "#]],
    );
}

#[test]
fn who_has_no_plan_has_no_limits() {
    play(
        terms(vec![with_limits(vec![limit(LimitKind::Spend, "0", None)])]),
        expect![[r#"
            grant ada 100 given                          | ok
            charge ada 100                               | ok
            start ada basic as S1                        | ok
            charge ada 1                                 | spend_limit 0 of 0 left [limit of the customer reached]
            charge ada 0                                 | ok
            end S1                                       | ok
            grant ada 100 given                          | ok
            charge ada 1                                 | ok
        "#]],
    );
}

#[test]
fn a_cap_of_jobs_in_flight_is_about_the_members_own_jobs() {
    play(
        terms(vec![]),
        expect![[r#"
            grant ada 100 given                          | ok
            member ada ann                               | ok
            member ada bob cap in_flight 1               | ok
            hold ada 1 by ann as H1                      | ok
            hold ada 1 as H2                             | ok
            hold ada 1 by bob as H3                      | ok
            hold ada 1 by bob as H4                      | too_many_jobs 1 [limit of bob reached]
            hold ada 1 by ann as H4                      | ok
        "#]],
    );
}

#[test]
fn of_several_plans_that_refuse_the_one_that_allows_most_says_why() {
    let plans = ["1", "3", "2"].map(|most| Plan {
        limits: vec![limit(LimitKind::JobsInFlight, most, None)],
        ..plan(&format!("at_most_{most}"), vec![rule("monthly", "10")])
    });
    play(
        terms(plans.into()),
        expect![[r#"
            start ada at_most_1                          | ok
            start ada at_most_3                          | ok
            start ada at_most_2                          | ok
            hold ada 1 as H1                             | ok
            hold ada 1 as H2                             | ok
            hold ada 1 as H3                             | ok
            hold ada 1 as H4                             | too_many_jobs 3 [limit of the customer reached]
        "#]],
    );
}

#[test]
fn customers_without_a_plan_have_limits_of_their_own() {
    let mut terms = terms(vec![with_limits(vec![limit(LimitKind::Jobs, "3", Some(Interval::Day))])]);
    terms.without_plan.limits = vec![limit(LimitKind::Jobs, "1", Some(Interval::Day))];
    play(
        terms,
        expect![[r#"
            grant ada 100 bought                         | ok
            customer bob in ada                          | ok
            charge bob 1                                 | ok
            charge ada 1                                 | count_limit jobs 1 until 2026-01-02 00:00 [limit of the customer reached]
            start ada basic as S1                        | ok
            charge ada 1                                 | ok
            charge bob 1                                 | ok
            charge bob 1                                 | count_limit jobs 3 until 2026-01-02 00:00
            end S1                                       | ok
            charge ada 1                                 | count_limit jobs 1 until 2026-01-02 00:00
            2026-01-02 00:00 charge ada 1                | ok
            charge bob 1                                 | count_limit jobs 1 until 2026-01-03 00:00 [limit of the customer reached]
        "#]],
    );
}

#[test]
fn a_spend_limit_is_about_the_credit_or_one_other_currency() {
    let minutes = Limit { currency: Some("minutes".into()), ..limit(LimitKind::Spend, "1", Some(Interval::Day)) };
    play(
        terms(vec![with_limits(vec![minutes, limit(LimitKind::Spend, "20", Some(Interval::Day))])]),
        expect![[r#"
            start ada basic                              | ok
            charge ada 20                                | ok
            charge ada 1                                 | spend_limit 0 of 20 left until 2026-01-02 00:00 [limit of the customer reached]
        "#]],
    );
}
