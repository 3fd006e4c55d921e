//! Packs: who can buy what, and what it brings.

use expect_test::expect;
use scrip_ledger::Span;
use scrip_ledger::book::Terms;
use scrip_ledger::plan::{Expiry, Interval, LimitKind, Plan};

use crate::offers::*;
use crate::story::play;

fn selling(plans: Vec<Plan>) -> Terms {
    let mut terms = terms(plans);
    terms.packs = vec![pack("small", "50", "0"), pack("large", "500", "50")];
    terms
}

#[test]
fn a_pack_brings_its_credits_and_what_comes_on_top_as_grants_of_their_own() {
    play(
        selling(vec![]),
        expect![[r#"
            buy ada small                                | pack 50 for 5.00
            buy ada large paid 40.00                     | pack 500 for 40.00, bonus 50
            see ada                                      | bought 600
            buy nobody small                             | not_found
        "#]],
    );
}

#[test]
fn who_asks_for_an_unknown_pack_is_told_what_there_is_and_when_credits_come() {
    let mut terms = selling(vec![plan("basic", vec![rule("monthly", "100")])]);
    terms.packs[1].retired = true;
    play(
        terms,
        expect![[r#"
            buy ada huge                                 | unknown_pack: there is [small]
            2026-01-05 00:00 start ada basic             | ok
            buy ada huge                                 | unknown_pack: there is [small] until 2026-02-05 00:00
            buy ada large                                | not_entitled: large is no longer sold
        "#]],
    );
}

#[test]
fn a_pack_can_be_for_some_plans_and_a_plan_can_sell_none() {
    let mut terms = selling(vec![
        plan("pro", vec![rule("monthly", "100")]),
        Plan { sells_packs: false, ..plan("closed", vec![rule("monthly", "10")]) },
    ]);
    terms.packs[0].plans = names(&["pro"]);
    play(
        terms,
        expect![[r#"
            buy ada small                                | not_entitled: small is not sold to customers of this plan
            buy ada large                                | pack 500 for 5.00, bonus 50
            start ada closed                             | ok
            buy ada small                                | not_entitled: small is not sold to customers of this plan
            buy ada large                                | not_entitled: large the customer's plan sells no packs
            start ada pro                                | ok
            buy ada small                                | pack 50 for 5.00
            buy ada large                                | pack 500 for 5.00, bonus 50
        "#]],
    );
}

#[test]
fn a_pack_ends_when_it_says_or_its_bucket_does() {
    let mut terms = selling(vec![plan("basic", vec![rule("monthly", "100")])]);
    with_bucket(&mut terms, "bought", |bucket| bucket.expires = Expiry::After(Span::from_days(365)));
    let ends =
        [Expiry::Never, Expiry::Cycle, Expiry::LaterOf(Span::from_days(7)), Expiry::LaterOf(Span::from_days(60))];
    for (index, expires) in ends.into_iter().enumerate() {
        let mut pack = pack(&format!("pack_{index}"), "10", "1");
        pack.expires = Some(expires);
        terms.packs.push(pack);
    }
    play(
        terms,
        expect![[r#"
            buy ada small                                | pack 50 for 5.00 until 2027-01-01 00:00
            buy ada pack_0                               | pack 10 for 5.00, bonus 1
            buy ada pack_1                               | pack 10 for 5.00, bonus 1
            buy ada pack_2                               | pack 10 for 5.00 until 2026-01-08 00:00, bonus 1 until 2026-01-08 00:00
            start ada basic                              | ok
            2026-01-10 00:00 buy ada pack_1              | pack 10 for 5.00 until 2026-02-01 00:00, bonus 1 until 2026-02-01 00:00
            buy ada pack_2                               | pack 10 for 5.00 until 2026-02-01 00:00, bonus 1 until 2026-02-01 00:00
            buy ada pack_3                               | pack 10 for 5.00 until 2026-03-11 00:00, bonus 1 until 2026-03-11 00:00
            2026-02-01 00:00 see ada                     | monthly 100, bought 105
            touch                                        | ok
            see ada                                      | monthly 100, bought 83
        "#]],
    );
}

#[test]
fn a_plan_can_limit_how_often_packs_are_bought() {
    let bought = limit(LimitKind::Purchases, "2", Some(Interval::Month));
    let basic = Plan { limits: vec![bought], ..plan("basic", vec![rule("monthly", "100")]) };
    play(
        selling(vec![basic]),
        expect![[r#"
            start ada basic                              | ok
            buy ada small                                | pack 50 for 5.00
            2026-01-31 00:00 buy ada small               | pack 50 for 5.00
            buy ada small                                | count_limit purchases 2 until 2026-02-01 00:00 [limit of the customer reached]
            buy ada small                                | count_limit purchases 2 until 2026-02-01 00:00
            2026-02-01 00:00 buy ada small               | pack 50 for 5.00
        "#]],
    );
}

#[test]
fn what_is_paid_for_fits_a_bucket_whole_and_what_comes_on_top_is_cut() {
    let mut terms = selling(vec![]);
    with_bucket(&mut terms, "bought", |bucket| bucket.at_most = Some(credits("570")));
    play(
        terms,
        expect![[r#"
            buy ada small                                | pack 50 for 5.00
            buy ada large                                | pack 500 for 5.00, bonus 20
            buy ada small                                | bucket_full: bought 570
            see ada                                      | bought 570
            charge ada 60                                | ok
            buy ada small                                | pack 50 for 5.00
        "#]],
    );
}

#[test]
fn a_pack_can_be_bought_so_often_and_others_as_often_as_they_like() {
    let mut terms = selling(vec![]);
    terms.packs[0].purchases_at_most = Some(1);
    terms.packs[1].purchases_at_most = Some(2);
    terms.packs[1].per = Some(Interval::Month);
    play(
        terms,
        expect![[r#"
            buy ada small                                | pack 50 for 5.00
            buy ada small                                | count_limit purchases 1
            customer bob in ada                          | ok
            buy bob small                                | pack 50 for 5.00
            buy ada large                                | pack 500 for 5.00, bonus 50
            buy ada large                                | pack 500 for 5.00, bonus 50
            buy ada large                                | count_limit purchases 2 until 2026-02-01 00:00
            2026-02-01 00:00 buy ada large               | pack 500 for 5.00, bonus 50
            buy ada small                                | count_limit purchases 1
        "#]],
    );
}

#[test]
fn customers_without_a_plan_can_be_kept_from_packs() {
    let mut terms = selling(vec![plan("basic", vec![rule("monthly", "100")])]);
    terms.without_plan.sells_packs = false;
    play(
        terms,
        expect![[r#"
            buy ada small                                | not_entitled: small is not sold to customers without a plan
            start ada basic as S1                        | ok
            buy ada small                                | pack 50 for 5.00
            end S1                                       | ok
            buy ada small                                | not_entitled: small is not sold to customers without a plan
        "#]],
    );
}
