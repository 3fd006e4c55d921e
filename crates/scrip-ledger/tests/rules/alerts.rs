//! Low balances are told once a threshold (MISSION section 8, display).

use expect_test::expect;
use scrip_ledger::book::Terms;

use crate::offers::*;
use crate::story::play;

fn watched() -> Terms {
    let mut terms = terms(vec![plan("basic", vec![rule("monthly", "100")])]);
    terms.rules.alert_percents = vec![20, 50];
    terms.packs = vec![pack("small", "30", "0")];
    terms
}

#[test]
fn each_threshold_is_told_once_and_again_only_after_credits_were_granted() {
    play(
        watched(),
        expect![[r#"
            grant ada 10 given                           | ok
            charge ada 10                                | ok
            start ada basic                              | ok
            charge ada 49                                | ok
            hold ada 1 as H1                             | ok [low 50%: 50 of 100]
            release H1                                   | ok
            hold ada 1 as H1                             | ok
            charge ada 10                                | ok
            charge ada 20                                | ok [low 20%: 20 of 100]
            charge ada 10                                | ok
            charge ada 10                                | ok [depleted: 0 of 100]
            release H1                                   | ok
            buy ada small                                | pack 30 for 5.00
            charge ada 12                                | ok [low 20%: 19 of 100]
            buy ada small                                | pack 30 for 5.00
            buy ada small                                | pack 30 for 5.00 [recovered: 79 of 100]
            charge ada 40                                | ok [low 50%: 39 of 100]
            2026-02-01 00:00 touch                       | ok [recovered: 139 of 100]
            charge ada 90                                | ok [low 50%: 49 of 100]
        "#]],
    );
}

#[test]
fn a_job_may_pass_several_thresholds_at_once_and_expiry_tells_too() {
    play(
        watched(),
        expect![[r#"
            start ada basic                              | ok
            charge ada 100                               | ok [depleted: 0 of 100]
            grant ada 60 given ends 2026-01-20           | ok [recovered: 60 of 100]
            2026-01-20 00:00 touch                       | ok [depleted: 0 of 100]
        "#]],
    );
}

#[test]
fn nothing_is_told_without_thresholds_or_a_plan() {
    let mut quiet = watched();
    quiet.rules.alert_percents.clear();
    play(
        quiet,
        expect![[r#"
            start ada basic                              | ok
            charge ada 100                               | ok
        "#]],
    );
    play(
        watched(),
        expect![[r#"
            grant ada 100 given                          | ok
            charge ada 100                               | ok
        "#]],
    );
}

#[test]
fn what_is_told_does_not_depend_on_when_somebody_looked() {
    play(
        watched(),
        expect![[r#"
            start ada basic                              | ok
            charge ada 100                               | ok [depleted: 0 of 100]
            grant ada 60 given ends 2026-01-20           | ok [recovered: 60 of 100]
            2026-01-25 00:00 touch                       | ok [depleted: 0 of 100]
            2026-02-10 00:00 touch                       | ok [recovered: 100 of 100]
        "#]],
    );
    play(
        watched(),
        expect![[r#"
            start ada basic                              | ok
            charge ada 100                               | ok [depleted: 0 of 100]
            grant ada 60 given ends 2026-01-20           | ok [recovered: 60 of 100]
            2026-02-10 00:00 touch                       | ok [depleted: 0 of 100] [recovered: 100 of 100]
        "#]],
    );
}

#[test]
fn thresholds_in_credits_are_for_balances_without_a_quota() {
    let mut watched = watched();
    watched.rules.alert_credits = vec![credits("10"), credits("25")];
    play(
        watched,
        expect![[r#"
            charge ada 0                                 | ok
            buy ada small                                | pack 30 for 5.00
            charge ada 5                                 | ok [low 25: 25]
            buy ada small                                | pack 30 for 5.00 [recovered: 55]
            charge ada 31                                | ok [low 25: 24]
            charge ada 16                                | ok [low 10: 8]
            buy ada small                                | pack 30 for 5.00 [recovered: 38]
            charge ada 38                                | ok [depleted: 0]
            grant ada 50 given                           | ok [recovered: 50]
            charge ada 50                                | ok [depleted: 0]
            start ada basic as S1                        | ok
            charge ada 50                                | ok [low 50%: 50 of 100]
            charge ada 50                                | ok [depleted: 0 of 100]
            end S1                                       | ok
            touch                                        | ok
        "#]],
    );
}

#[test]
fn thresholds_in_credits_hold_for_everybody_where_there_are_no_shares() {
    let mut watched = watched();
    watched.rules.alert_percents.clear();
    watched.rules.alert_credits = vec![credits("25")];
    play(
        watched,
        expect![[r#"
            start ada basic                              | ok
            charge ada 60                                | ok
            charge ada 15                                | ok [low 25: 25]
            charge ada 25                                | ok [depleted: 0]
            2026-02-01 00:00 touch                       | ok [recovered: 100]
        "#]],
    );
}
