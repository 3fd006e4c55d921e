//! What is charged when a job does not succeed, by how it ended and where it was then.

use expect_test::expect;
use scrip_catalog::Catalog;
use scrip_ledger::policy::{Outcome, OutcomeCharge, Stage};

const CATALOG: &str = r#"
studio.name = "X"

[policies.outcomes]
failed = "nothing"
moderated = { queued = "nothing", running = "full" }
canceled = { queued = "nothing", running = "0.5" }
timed_out = "delivered"

[[tool]]
id = "usual"
price = 10

[[tool]]
id = "strict"
price = 10
outcomes = { failed = { running = "full" }, moderated = "full", canceled = { queued = "0.1" } }
"#;

#[test]
fn an_outcome_may_be_charged_by_where_the_job_was() {
    let catalog = Catalog::from_toml(CATALOG).expect("sound").catalog;
    let mut shown = String::new();
    for tool in ["usual", "strict"] {
        let policy = &catalog.tool(tool).expect("a tool").policy.outcomes;
        for outcome in [Outcome::Failed, Outcome::Moderated, Outcome::Canceled, Outcome::TimedOut, Outcome::Partial] {
            let charge = |stage| match policy.charge(outcome, stage) {
                OutcomeCharge::Share(millionths) => format!("{}%", millionths / 10_000),
                charge => format!("{charge:?}"),
            };
            let (queued, running) = (charge(Stage::Queued), charge(Stage::Running));
            shown.push_str(&format!("{tool} {outcome:?}: queued {queued}, running {running}\n"));
        }
    }
    expect![[r#"
        usual Failed: queued Nothing, running Nothing
        usual Moderated: queued Nothing, running Full
        usual Canceled: queued Nothing, running 50%
        usual TimedOut: queued Delivered, running Delivered
        usual Partial: queued Delivered, running Delivered
        strict Failed: queued Nothing, running Full
        strict Moderated: queued Full, running Full
        strict Canceled: queued 10%, running 50%
        strict TimedOut: queued Delivered, running Delivered
        strict Partial: queued Delivered, running Delivered
    "#]]
    .assert_eq(&shown);
    let json = catalog.to_json();
    expect![[r#"{"canceled":{"queued":"0.1","running":"0.5"},"failed":{"queued":"nothing","running":"full"},"moderated":"full","partial":"delivered","timed_out":"delivered"}"#]].assert_eq(&json["tools"][1]["policy"]["outcomes"].to_string());
    let readings = catalog.policies_in_force();
    let of_outcomes = readings.iter().filter(|reading| reading.path.contains("outcomes") && !reading.default);
    let lines: String =
        of_outcomes.map(|reading| format!("{} {}: {}\n", reading.id, reading.path, reading.value)).collect();
    expect![[r#"
        A05 policies.outcomes.moderated: queued nothing, running full
        A05 policies.outcomes.canceled: queued nothing, running 0.5
        A05 policies.outcomes.timed_out: delivered
        A05 tool.strict.outcomes.moderated: full
        A05 tool.strict.outcomes.canceled: queued 0.1, running 0.5
        A05 tool.strict.outcomes.timed_out: delivered
        A23 tool.strict.outcomes.failed: queued nothing, running full
    "#]]
    .assert_eq(&lines);
}

#[test]
fn a_wrong_share_or_place_is_told() {
    let mistakes = |outcomes: &str| {
        let file = format!("studio.name = \"X\"\npolicies.outcomes = {{ {outcomes} }}\n");
        let problems = Catalog::from_toml(&file).expect_err("wrong");
        problems.iter().map(|problem| format!("{problem}\n")).collect::<String>()
    };
    let shown = [
        mistakes("failed = \"half\""),
        mistakes("canceled = { queued = \"1.5\" }"),
        mistakes("canceled = { waiting = \"full\" }"),
        mistakes("partial = { queued = \"full\" }"),
        mistakes("timed_out = 5"),
    ];
    expect![[r#"
        2:32: error: policies.outcomes.failed: must be "nothing", "full", "delivered" or a share from "0" to "1"
        2:45: error: policies.outcomes.canceled.queued: must be "nothing", "full", "delivered" or a share from "0" to "1"
        2:36: error: policies.outcomes.canceled.waiting: an outcome has no key `waiting` (an outcome can say: queued, running)
        2:33: error: policies.outcomes.partial: must be a text, not a table
        2:35: error: policies.outcomes.timed_out: must be a text, or a table (what is charged by where the job was when it ended), not an integer (write "nothing", "full", or a share such as "0.5")
    "#]].assert_eq(&shown.concat());
}
