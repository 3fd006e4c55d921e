//! Credits kept for those with a plan (MISSION A06).

use expect_test::expect;
use scrip_ledger::book::Terms;
use scrip_ledger::pack::Pack;
use scrip_ledger::policy::{JobPolicy, ReleasedAfterExpiry};

use crate::offers::*;
use crate::story::{play, play_with};

fn kept() -> Terms {
    let mut terms = terms(vec![plan("basic", vec![rule("monthly", "100")])]);
    terms.packs = vec![Pack { bucket: "kept".into(), ..pack("small", "50", "5") }];
    terms
}

#[test]
fn what_is_kept_is_frozen_with_the_last_plan_and_thawed_with_the_next() {
    play(
        kept(),
        expect![[r#"
            start ada basic as S1                        | ok
            start ada basic as S2                        | ok
            buy ada small                                | pack 50 for 5.00, bonus 5
            grant ada 20 given                           | ok
            grant ada 30 lent                            | ok
            end S1                                       | ok
            see ada                                      | monthly 100, given 20, kept 55, lent 30
            end S2                                       | ok
            see ada                                      | given 20, kept 55 frozen
            left ada                                     | 20
            charge ada 21                                | insufficient_credits required 21 available 20
            start ada basic                              | ok
            see ada                                      | monthly 100, given 20, kept 55
        "#]],
    );
}

#[test]
fn what_is_bought_without_a_plan_is_frozen_at_once() {
    play(
        kept(),
        expect![[r#"
            buy ada small                                | pack 50 for 5.00 frozen, bonus 5 frozen
            grant ada 10 kept                            | ok
            see ada                                      | kept 65 frozen
            start ada basic                              | ok
            see ada                                      | monthly 100, kept 65
        "#]],
    );
}

#[test]
fn what_is_held_is_frozen_when_it_comes_back() {
    play(
        kept(),
        expect![[r#"
            start ada basic as S1                        | ok
            grant ada 40 kept                            | ok
            hold ada 140 as H1                           | ok
            end S1                                       | ok
            see ada                                      | monthly 100 held, kept 40 held
            capture H1 110 as C1                         | 110 charged
            see ada                                      | kept 30 frozen
            refund C1                                    | ok
            see ada                                      | kept 40 frozen
            start ada basic                              | ok
            see ada                                      | monthly 100, kept 40
        "#]],
    );
}

#[test]
fn what_comes_back_to_an_empty_grant_follows_the_plans_of_that_moment() {
    play(
        kept(),
        expect![[r#"
            start ada basic as S1                        | ok
            grant ada 40 kept                            | ok
            charge ada 140 as C1                         | ok
            end S1                                       | ok
            refund C1 10                                 | ok
            see ada                                      | kept 10 frozen
            start ada basic as S2                        | ok
            see ada                                      | monthly 100, kept 10
            charge ada 110 as C2                         | ok
            end S2                                       | ok
            start ada basic as S3                        | ok
            charge ada 100                               | ok
            refund C2                                    | ok
            see ada                                      | monthly 100, kept 10
        "#]],
    );
}

#[test]
fn what_starts_while_it_is_frozen_stays_frozen_and_what_ends_meanwhile_has_ended() {
    play(
        kept(),
        expect![[r#"
            grant ada 10 kept starts 2026-01-10          | ok
            grant ada 20 kept starts 2026-02-10          | ok
            grant ada 40 kept ends 2026-01-12            | ok
            2026-01-11 00:00 touch                       | ok
            see ada                                      | kept 70 frozen
            2026-01-12 00:00 touch                       | ok
            see ada                                      | kept 30 frozen
            start ada basic                              | ok
            see ada                                      | monthly 100, kept 10 20 frozen
            2026-02-10 00:00 touch                       | ok
            see ada                                      | monthly 100, kept 30
        "#]],
    );
}

#[test]
fn a_group_has_the_plan_of_its_organisation() {
    play(
        kept(),
        expect![[r#"
            customer red in ada                          | ok
            grant red 10 kept                            | ok
            grant red 10 given                           | ok
            see red                                      | given 10, kept 10 frozen
            start ada basic as S1                        | ok
            see red                                      | given 10, kept 10
            move red ada 5 kept                          | transfer 5
            end S1                                       | ok
            see red                                      | given 10, kept 5 frozen
            see ada                                      | kept 5 frozen
            start red basic                              | ok
            see red                                      | monthly 100, given 10, kept 5
            see ada                                      | kept 5 frozen
        "#]],
    );
}

#[test]
fn what_comes_back_as_a_new_grant_is_frozen_too() {
    play_with(
        kept(),
        JobPolicy { released_after_expiry: ReleasedAfterExpiry::Restore, ..JobPolicy::default() },
        expect![[r#"
            start ada basic as S1                        | ok
            charge ada 20 as C1                          | ok
            charge ada 80                                | ok
            grant ada 10 kept ends 2026-01-02            | ok
            hold ada 10 as H1 ttl 5000                   | ok
            end S1                                       | ok
            refund C1 to kept                            | ok
            2026-01-03 00:00 release H1                  | ok
            see ada                                      | kept 30 frozen
            start ada basic                              | ok
            see ada                                      | monthly 100, kept 30
        "#]],
    );
}
