//! Free jobs, free units and free repeats: what a price relied on, and what was used (MISSION A44).

use expect_test::expect;
use scrip_ledger::policy::{JobPolicy, LateCapture};
use scrip_ledger::tally::Counted;

use crate::offers::*;
use crate::story::{Story, play, play_with};

#[test]
fn a_price_that_relied_on_other_free_jobs_is_made_again() {
    play(
        terms(vec![]),
        expect![[r#"
            grant ada 100 given                          | ok
            hold ada 0/kling free_job 0+1 as H1          | ok
            hold ada 0/kling free_job 0+1 as H2          | reprice
            hold ada 0/kling free_job 1+1 as H2          | ok
            hold ada 5/kling free_job 2 as H3            | ok
            release H1                                   | ok
            hold ada 5/kling free_job 2 as H4            | reprice
            hold ada 0/kling free_job 1+1 as H4          | ok
            capture H2                                   | 0 charged
            hold ada 5/kling free_job 2 as H5            | ok
            2026-01-02 00:00 hold ada 0/kling free_job 0+1 as H6 | ok
        "#]],
    );
}

#[test]
fn a_job_that_came_to_nothing_gives_its_free_job_back() {
    play(
        terms(vec![]),
        expect![[r#"
            grant ada 100 given                          | ok
            hold ada 0/kling free_job 0+1 as H1          | ok
            capture H1 failed                            | 0 charged
            hold ada 0/kling free_job 0+1 as H2          | ok
            capture H2                                   | 0 charged
            hold ada 0/kling free_job 0+1 as H3          | reprice
            hold ada 0/kling free_job 1+1 as H3 ttl 5    | ok
            2026-01-01 00:05 hold ada 0/kling free_job 1+1 as H4 | ok
            2026-01-02 00:00 release H4                  | hold_expired
            hold ada 0/kling free_job 0+1 as H5          | ok
        "#]],
    );
}

#[test]
fn free_units_are_counted_and_what_was_not_needed_can_be_used_again() {
    play(
        terms(vec![]),
        expect![[r#"
            grant ada 100 given                          | ok
            hold ada 20/kling free_units 0+10 as H1      | ok
            hold ada 20/kling free_units 0+10 as H2      | reprice
            hold ada 0/kling free_units 10+20 as H2      | ok
            capture H2 free_units 5                      | 0 charged
            hold ada 1/kling free_units 15+5 as H3       | ok
            release H3                                   | ok
            capture H1 failed                            | 0 charged
            hold ada 1/kling free_units 5+5 as H3        | ok
            capture H3                                   | 1 charged
            hold ada 1/kling free_units 10+1 as H4       | ok
        "#]],
    );
}

#[test]
fn inputs_that_were_paid_for_are_free_until_they_are_refunded() {
    play(
        terms(vec![]),
        expect![[r#"
            grant ada 100 given                          | ok
            hold ada 5/kling paid_repeat cat as H1       | reprice
            hold ada 5/kling repeat cat as H1            | ok
            hold ada 5/kling repeat cat as H2            | ok
            capture H1 as C1                             | 5 charged
            capture H2 failed                            | 0 charged
            hold ada 5/kling repeat cat                  | reprice
            charge ada 0/kling paid_repeat cat           | ok
            refund C1 2                                  | ok
            charge ada 0/kling paid_repeat cat           | ok
            refund C1                                    | ok
            charge ada 0/kling paid_repeat cat           | reprice
            charge ada 5/kling repeat cat                | ok
        "#]],
    );
}

#[test]
fn the_same_is_free_for_a_time_and_then_forgotten() {
    play(
        terms(vec![]),
        expect![[r#"
            grant ada 100 given                          | ok
            charge ada 5/kling repeat cat as C1          | ok
            2026-01-20 00:00 charge ada 5/kling repeat dog | ok
            2026-01-30 23:59 charge ada 0/kling paid_repeat cat | ok
            2026-01-31 00:00 charge ada 0/kling paid_repeat cat | reprice
            charge ada 0/kling paid_repeat dog           | ok
            charge ada 5/kling repeat cat                | ok
            refund C1                                    | ok
            charge ada 0/kling paid_repeat cat           | ok
            2026-03-02 00:00 charge ada 5/kling repeat cat | ok
        "#]],
    );
}

#[test]
fn no_more_is_remembered_than_was_paid_for_lately() {
    let mut story = Story::new(terms(vec![]), JobPolicy::default());
    let pay = |story: &mut Story, line: &str| assert_eq!(story.line(line), "ok", "{line}");
    let remembered =
        |story: &Story| story.wallet.tallies.keys().filter(|key| matches!(key.what, Counted::Paid(_))).count();
    pay(&mut story, "grant ada 1000 given");
    (0..20).for_each(|job| pay(&mut story, &format!("charge ada 1/kling repeat first-{job}")));
    assert_eq!(remembered(&story), 20);
    // Each that comes lets go a few of those that are over.
    pay(&mut story, "2026-02-01 00:00 charge ada 1/kling repeat second-0");
    assert_eq!(remembered(&story), 17);
    (1..10).for_each(|job| pay(&mut story, &format!("charge ada 1/kling repeat second-{job}")));
    assert_eq!(remembered(&story), 10);
    // And there are never more than ten thousand: the first to be over goes first.
    story.restore_repeats(9_989);
    pay(&mut story, "charge ada 1/kling repeat third-0");
    assert_eq!(remembered(&story), 10_000);
    pay(&mut story, "charge ada 1/kling repeat third-1");
    assert_eq!(remembered(&story), 10_000);
    pay(&mut story, "charge ada 0/kling paid_repeat third-0");
    assert_eq!(story.line("charge ada 0/kling paid_repeat restored-0"), "reprice");
}

#[test]
fn a_price_for_another_plan_is_made_again_and_a_promised_one_is_kept() {
    play(
        terms(vec![plan("basic", vec![rule("monthly", "100")])]),
        expect![[r#"
            grant ada 100 given                          | ok
            charge ada 5/kling for nobody                | ok
            charge ada 3/kling for basic                 | reprice
            start ada basic                              | ok
            charge ada 5/kling for nobody                | reprice
            charge ada 3/kling for basic                 | ok
            charge ada 5/kling for nobody quote Q1       | ok
            hold ada 0/kling for basic free_job 0+1 quote Q_2 as H1 | ok
            hold ada 0/kling for basic free_job 0+1 quote Q__3 as H2 | ok
            hold ada 5/kling for basic free_job 1 as H3  | reprice
            hold ada 5/kling for basic free_job 2 as H3  | ok
        "#]],
    );
}

#[test]
fn a_job_that_is_captured_late_was_used_after_all() {
    play_with(
        terms(vec![]),
        JobPolicy { late_capture: LateCapture::ChargeAvailable, ..JobPolicy::default() },
        expect![[r#"
            hold ada 0/kling free_job 0+1 as H1 ttl 5    | ok
            2026-01-01 00:05 hold ada 0/kling free_job 0+1 as H2 ttl 5 | ok
            capture H1                                   | 0 charged
            2026-01-01 00:10 capture H2 failed           | 0 charged
            hold ada 0/kling free_job 0+1 as H3          | reprice
            hold ada 0/kling free_job 1+1 as H3          | ok
        "#]],
    );
}
