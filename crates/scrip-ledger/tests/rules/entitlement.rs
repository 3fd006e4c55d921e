//! Which tools a customer's plans allow (MISSION S2-16).

use expect_test::expect;
use scrip_ledger::plan::Plan;

use crate::offers::*;
use crate::story::play;

#[test]
fn a_tool_must_be_allowed_by_one_of_the_plans() {
    let basic = Plan { tools: names(&["image"]), ..plan("basic", vec![rule("monthly", "100")]) };
    let video = Plan { tools: names(&["video"]), ..plan("films", vec![]) };
    play(
        terms(vec![basic, video, plan("all", vec![])]),
        expect![[r#"
            grant ada 100 given                          | ok
            charge ada 1/video                           | ok
            start ada basic                              | ok
            charge ada 1/video                           | not_entitled: video
            charge ada 1/image                           | ok
            charge ada 1                                 | ok
            hold ada 1/image 1/sound as H1               | not_entitled: sound
            start ada films                              | ok
            charge ada 1/video                           | ok
            charge ada 1/sound                           | not_entitled: sound
            start ada all                                | ok
            charge ada 1/sound                           | ok
        "#]],
    );
}

#[test]
fn a_group_has_the_plan_of_its_organisation_and_the_customers_own_list_counts_too() {
    let basic = Plan { tools: names(&["image", "video"]), ..plan("basic", vec![rule("monthly", "100")]) };
    play(
        terms(vec![basic]),
        expect![[r#"
            start ada basic                              | ok
            customer red in ada tools image,sound        | ok
            charge red 1/image                           | ok
            charge red 1/video                           | not_entitled: video
            charge red 1/sound                           | not_entitled: sound
        "#]],
    );
}

#[test]
fn customers_without_a_plan_may_use_the_tools_that_the_catalog_says() {
    let mut terms = terms(vec![plan("basic", vec![rule("monthly", "100")])]);
    terms.without_plan.tools = names(&["image"]);
    play(
        terms,
        expect![[r#"
            grant ada 100 bought                         | ok
            charge ada 1/image                           | ok
            charge ada 1/video                           | not_entitled: video
            start ada basic as S1                        | ok
            charge ada 1/video                           | ok
            end S1                                       | ok
            charge ada 1/video                           | not_entitled: video
        "#]],
    );
}
