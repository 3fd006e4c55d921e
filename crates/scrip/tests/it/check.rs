//! `scrip check` on good and bad files.

use expect_test::{Expect, expect};
use serde_json::Value;

use crate::program::{run, run_with_input};

fn check_text(catalog: &str, code: i32, out: Expect) {
    let ran = run_with_input(&["check", "-"], catalog.as_bytes());
    out.assert_eq(&ran.out);
    assert_eq!((ran.code, ran.err.as_str()), (code, ""));
}

#[test]
fn the_five_catalogs_are_fine() {
    let ran = run(&[
        "check",
        "catalogs/studiotwin.toml",
        "catalogs/neural-frames.toml",
        "catalogs/flow-studio.toml",
        "catalogs/ai-studios.toml",
        "catalogs/wzrd-studio.toml",
    ]);
    expect![[r#"
        catalogs/studiotwin.toml: fine, 0 warnings. StudioTwin: 12 tools, 15 models, 2 buckets, 1 plan, 2 packs.
        catalogs/neural-frames.toml: fine, 0 warnings. neural frames: 6 tools, 7 models, 2 buckets, 1 plan, 3 packs.
        catalogs/flow-studio.toml: fine, 0 warnings. Autodesk Flow Studio: 6 tools, 1 bucket, 2 plans.
        catalogs/ai-studios.toml: fine, 0 warnings. AI Studios: 6 tools, 2 buckets, 4 plans, 2 add-ons.
        catalogs/wzrd-studio.toml: fine, 0 warnings. WZRD Studio: 8 tools, 89 models, 3 buckets, 4 plans, 4 packs.
    "#]]
    .assert_eq(&ran.out);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
}

#[test]
fn every_problem_is_shown_at_its_place() {
    check_text(
        r#"[studio]
name = "Acme"
credit = { name = "coin", decimls = 1 }

[[bucket]]
id = "paid"
expires = "sometimes"

[[tool]]
id = "clip"
inputs.seconds = { type = "duration", max = 60 }
price = "round(secnds * 4)"
examples = [{ seconds = 10, credits = 41 }]

[[tool]]
id = "still"
models.fast = { credits = 2 }
price = 1 / 3
"#,
        1,
        expect![[r#"
            error: this is not TOML: string values must be quoted, expected literal string
              --> <stdin>:18:9
               |
            18 | price = 1 / 3
               |         ^^^^^

            <stdin>: 1 error, 0 warnings
        "#]],
    );
}

#[test]
fn a_wrong_example_is_a_mistake_of_the_catalog() {
    check_text(
        r#"[studio]
name = "Acme"

[[bucket]]
id = "paid"

[[tool]]
id = "clip"
inputs.seconds = { type = "duration", max = 60 }
price = { per = "second", credits = 4 }
examples = [{ seconds = 10, credits = 40 }, { seconds = 10.5, credits = 43 }]
"#,
        1,
        expect![[r#"
            error: 10.5 would be read as a binary fraction, which is not exact
              --> <stdin>:11:57
               |
            11 | examples = [{ seconds = 10, credits = 40 }, { seconds = 10.5, credits = 43 }]
               |                                                         ^^^^ tool.clip.examples[1].seconds
               |
               = help: write it as a text: "10.5"

            <stdin>: 1 error, 0 warnings
        "#]],
    );
}

#[test]
fn odd_files_are_answered_and_never_a_panic() {
    for (name, bytes, out) in [
        (
            "empty",
            &b""[..],
            expect![[r#"
            error: the catalog needs `studio`
             --> <stdin>:1:1
              |
            1 |
              | ^
              |
              = help: `studio`: the product and its credit

            <stdin>: 1 error, 0 warnings
        "#]],
        ),
        (
            "not UTF-8",
            &b"[studio]\nname = \"\xff\xfe\"\n"[..],
            expect![[r#"
            error: not UTF-8 text
             --> <stdin>:2:9
              |
            2 | name = "��"
              |         ^
              |
              = help: save the file with the encoding UTF-8

            <stdin>: 1 error, 0 warnings
        "#]],
        ),
        (
            "only a byte order mark",
            "\u{feff}".as_bytes(),
            expect![[r#"
            error: the catalog needs `studio`
             --> <stdin>:1:1
              |
            1 | ﻿
              | ^
              |
              = help: `studio`: the product and its credit

            <stdin>: 1 error, 0 warnings
        "#]],
        ),
        (
            "wide characters before the mistake",
            "[studio]\nname = \"日本語\" x\n".as_bytes(),
            expect![[r#"
            error: this is not TOML: unexpected key or value, expected newline, `#`
             --> <stdin>:2:14
              |
            2 | name = "日本語" x
              |                 ^

            <stdin>: 1 error, 0 warnings
        "#]],
        ),
        (
            "JSON that ends early",
            &b"{\"studio\": {\"name\": \"A\""[..],
            expect![[r#"
            error: this is not JSON: unterminated object
             --> <stdin>:1:12
              |
            1 | {"studio": {"name": "A"
              |            ^^^^^^^^^^^^

            <stdin>: 1 error, 0 warnings
        "#]],
        ),
    ] {
        let ran = run_with_input(&["check", "-"], bytes);
        out.assert_eq(&ran.out);
        assert_eq!((ran.code, ran.err.as_str()), (1, ""), "{name}");
    }
}

#[test]
fn a_deeply_nested_file_is_refused() {
    let nested = format!("x = {}1{}", "[".repeat(50_000), "]".repeat(50_000));
    let ran = run_with_input(&["check", "-"], nested.as_bytes());
    assert_eq!(ran.code, 1, "{}", ran.err);
}

#[test]
fn a_file_that_cannot_be_read_does_not_hide_the_others() {
    let ran = run(&["check", "no-such-file.toml", "catalogs/flow-studio.toml", "no-such-folder/either.toml"]);
    expect![[r#"
        catalogs/flow-studio.toml: fine, 0 warnings. Autodesk Flow Studio: 6 tools, 1 bucket, 2 plans.
    "#]]
    .assert_eq(&ran.out);
    expect![[r#"
        scrip: cannot read no-such-file.toml: No such file or directory (os error 2)
        scrip: cannot read no-such-folder/either.toml: No such file or directory (os error 2)
    "#]]
    .assert_eq(&ran.err);
    assert_eq!(ran.code, 3);
}

#[test]
fn problems_as_json_carry_line_column_and_text() {
    let ran = run_with_input(
        &["check", "-", "--json"],
        b"[studio]\nname = \"Acme\"\n[[tool]]\nid = \"clip\"\nprice = \"2 * secnds\"\n",
    );
    let report: Value = serde_json::from_str(&ran.out).expect("JSON");
    expect![[r#"
        {
          "errors": 1,
          "files": [
            {
              "diagnostics": [
                {
                  "column": 14,
                  "help": "known here: `plan`",
                  "line": 5,
                  "message": "there is no `secnds` here",
                  "path": "tool.clip.price",
                  "severity": "error",
                  "text": "secnds"
                }
              ],
              "file": "<stdin>",
              "ok": false
            }
          ],
          "ok": false,
          "warnings": 0
        }"#]]
    .assert_eq(&serde_json::to_string_pretty(&report).expect("JSON"));
    assert_eq!((ran.code, ran.err.as_str()), (1, ""));
}

#[test]
fn explain_prints_the_policies_in_force() {
    let ran = run(&["check", "catalogs/studiotwin.toml", "--explain"]);
    expect![[r#"
        catalogs/studiotwin.toml: fine, 0 warnings. StudioTwin: 12 tools, 15 models, 2 buckets, 1 plan, 2 packs.

          policies in force (* differs from the default):
          A01   tool.text-to-motion.price = 1 of actions, up                     amounts per entry: each entry counts; fewer than one is refused
          A02   tool.price = formula                                             sizes outside a table: a formula prices every size that its inputs allow; a table prices only its rows
          A03   studio.credit.rounding = half_up                                 rounding of a price: once, on the total, to the credit's decimals; half up goes away from zero
          A04   policies.short_balance = refuse                                  too few credits for an open quantity: refused, and the longest explicit quantity that fits is offered; or held for what there is
          A05   policies.outcomes.moderated = nothing                            what is charged when a job does not succeed: nothing, everything, the delivered share, or a fixed share; by where the job was if it says so
          A05   policies.outcomes.canceled = nothing                             what is charged when a job does not succeed: nothing, everything, the delivered share, or a fixed share; by where the job was if it says so
          A05   policies.outcomes.timed_out = nothing                            what is charged when a job does not succeed: nothing, everything, the delivered share, or a fixed share; by where the job was if it says so
          A05   policies.outcomes.partial = delivered                            what is charged when a job does not succeed: nothing, everything, the delivered share, or a fixed share; by where the job was if it says so
          A06   bucket.subscription.without_plan = spendable                     credits without a plan: stay spendable, are frozen until the next plan, or are taken back
          A06   bucket.top_up.without_plan = spendable                           credits without a plan: stay spendable, are frozen until the next plan, or are taken back
          A07 * plan.creator.sample = true                                       sample numbers: placeholders of the catalog's author, to be replaced
          A07 * pack.pack_100.sample = true                                      sample numbers: placeholders of the catalog's author, to be replaced
          A07 * pack.pack_500.sample = true                                      sample numbers: placeholders of the catalog's author, to be replaced
          A08   policies.over_capture = cap                                      a job that costs more than was held: what was held is charged and the rest reported, or the capture is refused, or taken from what is available, or owed
          A08   tool.text-to-sound-effect.inputs.seconds = measured, held at 30  an open quantity: the most is held; what is measured is priced without regard to max, and over_capture protects the customer
          A09   policies.release_order = last_spent_first                        what a job did not use: goes back to the bucket that was spent last
          A09   policies.released_after_expiry = expire                          credits that come back to a grant that has ended: lapse, as an entry of their own, or live on
          A10   tool.price = an item of its own                                  an item without a published price: it is a tool of its own, priced 0 and shown as included until a price is set
          A11   tool.price = the tool alone                                      what a total includes: what another tool makes on the way (starting images, say) is a line of its own
          A12   tool.price = real quantity                                       re-rendering a part: the quantity that is made again counts, each piece priced alone
          A15   tool.price = each line                                           what is rounded alone: each line of a request, and each of its quantity, is priced and rounded by itself
          A16   tool = not priced                                                edits that are not rendered: only what a tool makes is charged
          A17   policies.spending_order = buckets                                the order of spending: buckets are spent in the order of the file, and in a bucket what expires first
          A18   tool.price = as the generators                                   premium quality: a quality is an input; what it costs, and that each repeat costs again, is the tool's price
          A20   tool.inputs = of footage                                         a second: seconds are those of the input, not of machine time
          A21   policies.overage = none                                          a job above the balance: is refused as a whole, or may go beyond the balance and is invoiced
          A22   tool.inputs.step = rounded down                                  what a balance buys: whole steps, holds deducted, of the tools that are enabled
          A23   policies.outcomes.failed = nothing                               what is charged when a job does not succeed: nothing, everything, the delivered share, or a fixed share; by where the job was if it says so
          A25   policies.cancel = period_end                                     cancelled and terminated: a cancelled plan ends with its period; a terminated one voids plan and add-ons at once
          A26   plan.seats.removed = next_renewal                                seats that are removed: a removed seat keeps its credits to the renewal; a new member takes over the rest
          A29   plan.seats.added = as in any cycle                               seats added to an annual plan: full or by the months left; the annual date stays
          A30   model.default = as marked                                        the default model: the default is marked, never told by position
          A31   tool.text-to-motion.unknown_model = refuse                       a model that is not listed: refused, or the default model at its price, or accepted at the tool's price
          A31   tool.motion-edit.unknown_model = refuse                          a model that is not listed: refused, or the default model at its price, or accepted at the tool's price
          A31   tool.motion-stitch.unknown_model = refuse                        a model that is not listed: refused, or the default model at its price, or accepted at the tool's price
          A31   tool.trajectory-control.unknown_model = refuse                   a model that is not listed: refused, or the default model at its price, or accepted at the tool's price
          A31   tool.text-to-environment-map.unknown_model = refuse              a model that is not listed: refused, or the default model at its price, or accepted at the tool's price
          A31   tool.image-to-environment-map.unknown_model = refuse             a model that is not listed: refused, or the default model at its price, or accepted at the tool's price
          A31   tool.environment-map-to-world.unknown_model = refuse             a model that is not listed: refused, or the default model at its price, or accepted at the tool's price
          A31   tool.image-to-3d-mesh.unknown_model = refuse                     a model that is not listed: refused, or the default model at its price, or accepted at the tool's price
          A31   tool.text-to-material.unknown_model = refuse                     a model that is not listed: refused, or the default model at its price, or accepted at the tool's price
          A31   tool.texture-to-material.unknown_model = refuse                  a model that is not listed: refused, or the default model at its price, or accepted at the tool's price
          A31   tool.image-to-material.unknown_model = refuse                    a model that is not listed: refused, or the default model at its price, or accepted at the tool's price
          A31   tool.text-to-sound-effect.unknown_model = refuse                 a model that is not listed: refused, or the default model at its price, or accepted at the tool's price
          A33   - = the ledger's                                                 the balance that counts: a page shows it, a job changes it
          A34   - = 402 only for too few credits                                 status of refusals: 403 plan or member, 409 state, 422 bad request, 429 rate
          A35   policies.cycle_anchor = purchase                                 the start of a cycle: day and time of the purchase; the 29th to 31st fall to the last day of short months and return
          A35   studio.zone = UTC                                                the zone of calendar rules: cycles and days are reckoned in it
          A36   policies.missed_renewals = one_by_one                            missed renewals: each missed cycle is granted and expired in order
          A37   policies.hold_over_reset = cycle_of_hold                         a hold that spans a reset: is charged to the cycle in which it was made
          A38   policies.late_capture = refuse                                   a capture after its hold expired: is refused, or charged again from what is available
          A38   policies.unknown_ttl = P1D                                       an outcome that nobody knows: charges nothing and keeps the hold so long
          A38   studio.hold_ttl = PT15M                                          how long a hold lasts: then what it held is released
          A39   policies.running_jobs = quoted_price                             a price change during a job: the hold keeps the version of its quote
          A39   policies.rollout = next_renewal                                  new terms for running plans: a running plan takes its terms from the catalog in force at its renewal
          A40   policies.upgrade = grant_difference                              an upgrade in mid-cycle: the difference of the quotas is granted now, in the same cycle
          A41   policies.downgrade = next_renewal                                a downgrade: takes effect at the next renewal
          A42   policies.past_due_grace = P7D                                    a payment that is due: credits are kept so long; nothing new is granted until it is paid
          A43   policies.chargeback = claw_back_and_owe                          a payment that is taken back: the unspent part is taken back, and what was spent becomes a debt

    "#]].assert_eq(&ran.out);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
}

#[test]
fn explain_as_json_names_the_readings_of_the_mission() {
    let ran = run(&["check", "catalogs/wzrd-studio.toml", "--explain", "--json"]);
    let report: Value = serde_json::from_str(&ran.out).expect("JSON");
    let policies = report["files"][0]["policies"].as_array().expect("a list");
    let over_capture = policies.iter().find(|policy| policy["id"] == "A08").expect("A08 is a setting");
    assert_eq!(over_capture["value"], "cap");
    assert_eq!(ran.code, 0);
}

#[test]
fn nothing_is_coloured_where_there_is_no_terminal() {
    let ran = run_with_input(&["check", "-"], b"[studio]\n");
    assert!(!ran.out.contains('\u{1b}'), "{:?}", ran.out);
}
