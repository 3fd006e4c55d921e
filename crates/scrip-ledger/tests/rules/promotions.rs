//! Promotions: how often they can be claimed, by whom, and how much they bring.

use expect_test::expect;
use scrip_ledger::plan::Interval;
use scrip_ledger::promotion::{Promotion, PromotionKind};

use crate::offers::*;
use crate::story::play;

#[test]
fn a_promotion_is_claimed_once_unless_it_says_otherwise() {
    let mut terms = terms(vec![]);
    terms.promotions = vec![
        promotion("welcome", PromotionKind::Welcome, "100"),
        Promotion { claims_at_most: 2, ..promotion("friends", PromotionKind::Referral, "10") },
        Promotion { retired: true, ..promotion("old", PromotionKind::Trial, "10") },
    ];
    play(
        terms,
        expect![[r#"
            claim ada welcome                            | promotion 100
            2027-01-01 00:00 claim ada welcome           | count_limit claims 1
            claim ada friends                            | promotion 10
            claim ada friends                            | promotion 10
            claim ada friends                            | count_limit claims 2
            claim ada old                                | not_entitled: old is over
            claim ada nothing                            | unknown_promotion: there is [welcome, friends]
            claim nobody welcome                         | not_found
            see ada                                      | given 120
        "#]],
    );
}

#[test]
fn a_code_must_be_one_of_the_promotion_and_others_take_none() {
    let mut terms = terms(vec![]);
    let codes = vec!["SPRING".to_owned(), "SUMMER".to_owned()];
    terms.promotions = vec![
        Promotion { codes, ..promotion("season", PromotionKind::Code, "20") },
        promotion("welcome", PromotionKind::Welcome, "100"),
    ];
    play(
        terms,
        expect![[r#"
            claim ada season                             | invalid_input: code
            claim ada season code WINTER                 | invalid_input: code
            claim ada season code SUMMER                 | promotion 20
            claim ada season code SPRING                 | count_limit claims 1
            claim ada welcome code SPRING                | invalid_input: code
        "#]],
    );
}

#[test]
fn a_daily_login_is_one_a_day_up_to_what_it_may_bring_in_all() {
    let mut terms = terms(vec![]);
    let earns_at_most = Some(credits("12"));
    terms.promotions = vec![Promotion { earns_at_most, ..promotion("login", PromotionKind::DailyLogin, "5") }];
    play(
        terms,
        expect![[r#"
            2026-01-01 09:00 claim ada login             | promotion 5
            2026-01-01 23:59 claim ada login             | count_limit claims 1 until 2026-01-02 00:00
            2026-01-02 00:00 claim ada login             | promotion 5
            2026-01-03 00:00 claim ada login             | promotion 2
            2026-01-04 00:00 claim ada login             | count_limit claims 1
            see ada                                      | given 12
        "#]],
    );
}

#[test]
fn what_a_promotion_may_bring_can_be_limited_by_the_month() {
    let mut terms = terms(vec![]);
    let (earns_at_most, earns_per) = (Some(credits("12")), Some(Interval::Month));
    terms.promotions =
        vec![Promotion { earns_at_most, earns_per, ..promotion("login", PromotionKind::DailyLogin, "5") }];
    play(
        terms,
        expect![[r#"
            2026-01-27 09:00 claim ada login             | promotion 5
            2026-01-28 09:00 claim ada login             | promotion 5
            2026-01-29 09:00 claim ada login             | promotion 2
            2026-01-31 23:59 claim ada login             | count_limit claims 1 until 2026-02-01 00:00
            2026-02-01 00:00 claim ada login             | promotion 5
            2026-02-01 09:00 claim ada login             | count_limit claims 1 until 2026-02-02 00:00
            2026-02-02 00:00 claim ada login             | promotion 5
            see ada                                      | given 22
        "#]],
    );
}

#[test]
fn the_day_of_a_promotion_is_that_of_the_studio() {
    let mut terms = terms(vec![]);
    terms.zone = "America/New_York".into();
    terms.promotions = vec![promotion("login", PromotionKind::DailyLogin, "5")];
    play(
        terms,
        expect![[r#"
            2026-01-02 04:59 claim ada login             | promotion 5
            2026-01-02 05:00 claim ada login             | promotion 5
            2026-01-02 12:00 claim ada login             | count_limit claims 1 until 2026-01-03 05:00
        "#]],
    );
}

#[test]
fn a_promotion_can_be_for_some_plans_so_often_a_month_and_into_a_full_bucket() {
    let mut terms = terms(vec![plan("pro", vec![rule("monthly", "100")])]);
    with_bucket(&mut terms, "given", |bucket| bucket.at_most = Some(credits("25")));
    let monthly = Promotion {
        plans: names(&["pro"]),
        claims_at_most: 2,
        per: Some(Interval::Month),
        ..promotion("extra", PromotionKind::Referral, "10")
    };
    terms.promotions = vec![monthly];
    play(
        terms,
        expect![[r#"
            claim ada extra                              | not_entitled: extra is not for customers of this plan
            start ada pro                                | ok
            claim ada extra                              | promotion 10
            claim ada extra                              | promotion 10
            claim ada extra                              | count_limit claims 2 until 2026-02-01 00:00
            2026-02-01 00:00 claim ada extra             | promotion 5
            claim ada extra                              | bucket_full: given 25
            see ada                                      | monthly 100, given 25
        "#]],
    );
}
