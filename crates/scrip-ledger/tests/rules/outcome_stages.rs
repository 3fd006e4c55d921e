//! What a job costs that ends while it is still queued (MISSION A05).

use expect_test::expect;
use scrip_ledger::policy::{JobPolicy, OutcomeCharge, OutcomePolicy};

use crate::offers::*;
use crate::story::play_with;

#[test]
fn a_queued_job_may_cost_otherwise_than_a_running_one() {
    let outcomes = OutcomePolicy {
        canceled: OutcomeCharge::Full,
        canceled_queued: Some(OutcomeCharge::Nothing),
        moderated: OutcomeCharge::Share(500_000),
        moderated_queued: Some(OutcomeCharge::Nothing),
        failed: OutcomeCharge::Nothing,
        failed_queued: Some(OutcomeCharge::Share(100_000)),
        timed_out: OutcomeCharge::Share(250_000),
        ..OutcomePolicy::default()
    };
    play_with(
        terms(vec![]),
        JobPolicy { outcomes, ..JobPolicy::default() },
        expect![[r#"
            grant ada 1000 given                         | ok
            hold ada 20 as H1                            | ok
            capture H1 canceled                          | 20 charged
            hold ada 20 as H2                            | ok
            capture H2 canceled queued                   | 0 charged
            hold ada 20 as H3                            | ok
            capture H3 moderated                         | 10 charged
            hold ada 20 as H4                            | ok
            capture H4 moderated queued                  | 0 charged
            hold ada 20 as H5                            | ok
            capture H5 failed                            | 0 charged
            hold ada 20 as H6                            | ok
            capture H6 failed queued                     | 2 charged
            hold ada 20 as H7                            | ok
            capture H7 timed_out                         | 5 charged
            hold ada 20 as H8                            | ok
            capture H8 timed_out queued                  | 5 charged
            hold ada 20 as H9                            | ok
            capture H9 queued                            | 20 charged
            see ada                                      | given 938
        "#]],
    );
}
