//! Inputs, defaults, worked examples, plans and the price list.

use expect_test::expect;

use super::toml;

#[test]
fn inputs_say_what_they_are_and_what_is_allowed() {
    toml(
        &[
            r#"[studio]
name = "X"
[[tool]]
id = "t"
inputs.size = "word"
price = 1
"#,
            r#"[studio]
name = "X"
[[tool]]
id = "t"
inputs.n = { one_of = [1, 2], default = 3 }
price = "n"
"#,
            r#"[studio]
name = "X"
[[tool]]
id = "t"
inputs.n = { type = "integer", min = 5, max = 4 }
price = "n"
"#,
            r#"[studio]
name = "X"
[[tool]]
id = "t"
inputs.n = { type = "integer", max = "4.5" }
price = "n"
"#,
            r#"[studio]
name = "X"
[[tool]]
id = "t"
inputs.n = { one_of = [1, 2, 1] }
price = "n"
"#,
            r#"[studio]
name = "X"
[[tool]]
id = "t"
inputs.n = { one_of = [1, "two"] }
price = "n"
"#,
            r#"[studio]
name = "X"
[[tool]]
id = "t"
inputs.hd = { type = "boolean", max = 1 }
price = "hd ? 2 : 1"
"#,
            r#"[studio]
name = "X"
[[tool]]
id = "t"
inputs.n = { type = "integer", optional = true, default = 1 }
price = "n"
"#,
            r#"[studio]
name = "X"
[[tool]]
id = "t"
inputs.size = { one_of = ["s"], optional = true }
price = "size == 's' ? 2 : 1"
"#,
            r#"[studio]
name = "X"
[[tool]]
id = "t"
inputs.n = { type = "integer", step = 0 }
price = "n"
"#,
        ],
        &expect![[r#"
            5:15 `"word"`
                  error: tool.t.inputs.size: a word needs the words it may be
                  help: add one_of = ["…", "…"]; or priced = false, if any will do and it is only kept with the job
            --
            5:41 `3`
                  error: tool.t.inputs.n.default: the default 3 is not allowed
                  help: allowed: 1, 2
            --
            5:41 `max`
                  error: tool.t.inputs.n.max: the most (4) is less than the least (5)
                  help: exchange them
            --
            5:32 `max`
                  error: tool.t.inputs.n.max: `max` of an integer must be an integer
                  help: or make the input a decimal
            --
            5:30 `1`
                  error: tool.t.inputs.n.one_of[2]: 1 is listed twice
            --
            5:27 `"two"`
                  error: tool.t.inputs.n.one_of[1]: must be an integer that is not negative
            --
            5:33 `max`
                  error: tool.t.inputs.hd.max: `max` is for numbers, not for a boolean
                  help: leave it out
            --
            5:32 `optional`
                  error: tool.t.inputs.n.optional: an input with a default is optional already
                  help: leave `optional` out
            --
            5:33 `optional`
                  error: tool.t.inputs.size.optional: a word that may be left out needs a default
                  help: add default = "…"
            --
            5:32 `step`
                  error: tool.t.inputs.n.step: a step can't be zero
                  help: leave it out for steps of 1
            --
        "#]],
    );
}

#[test]
fn an_input_that_changes_nothing_is_noticed() {
    toml(
        &[
            r#"[studio]
name = "X"
[[tool]]
id = "t"
inputs.n = "integer"
price = 1
"#,
            r#"[studio]
name = "X"
[[tool]]
id = "t"
inputs.n = { type = "integer", priced = false }
price = "n"
"#,
        ],
        &expect![[r#"
            5:8 `n`
                  warning: tool.t.inputs.n: input `n` does not change the price
                  help: say priced = false if it is only kept with the job
            --
            5:8 `n`
                  error: tool.t.inputs.n: the price depends on `n`, which says priced = false
            --
        "#]],
    );
}

#[test]
fn what_is_held_for_an_open_quantity_can_be_found() {
    toml(
        &[
            r#"[studio]
name = "X"
[[tool]]
id = "t"
inputs.seconds = { type = "duration", optional = true, measured = true }
price = "seconds"
"#,
            r#"[studio]
name = "X"
[[tool]]
id = "t"
inputs.seconds = { type = "duration", max = 30, measured = true }
price = "seconds"
"#,
            r#"[studio]
name = "X"
[[tool]]
id = "t"
inputs.seconds = { type = "duration", max = 30, optional = true, measured = true }
price = "max(0, 40 - seconds)"
"#,
        ],
        &expect![[r#"
            5:56 `measured`
                  error: tool.t.inputs.seconds.measured: a measured input needs `max`: while it is open, the most it can cost is held
                  help: add max = …
            --
            5:49 `measured`
                  error: tool.t.inputs.seconds.measured: a measured input must be one that can be left open
                  help: add optional = true
            --
            5:8 `seconds`
                  error: tool.t.inputs.seconds: the most that `seconds` can cost can't be found: more of it may cost less
                  help: say it in the price: ceiling = …
            --
        "#]],
    );
}

#[test]
fn defaults_are_marked_once() {
    toml(
        &[
            r#"[studio]
name = "X"
[[tool]]
id = "t"
models.a = { price = 1, default = true }
models.b = { price = 1, default = true }
"#,
            r#"[studio]
name = "X"
[[tool]]
id = "t"
unknown_model = "default"
models.a = { price = 1 }
models.b = { price = 1 }
"#,
            r#"[studio]
name = "X"
[[tool]]
id = "t"
models.a = { price = 1, default = true, retired = true }
models.b = { price = 1 }
"#,
        ],
        &expect![[r#"
            6:35 `true`
                  error: tool.t.models.b.default: "a" is already the default
            --
            5:1 `unknown_model`
                  error: tool.t.unknown_model: there is no default model to fall back to
                  help: mark one model with default = true
            --
            5:8 `a`
                  error: tool.t.models.a: a retired model can't be the default
            --
        "#]],
    );
}

#[test]
fn examples_are_recomputed_whatever_is_wrong_elsewhere() {
    toml(
        &[
            r#"[studio]
name = "X"
[[bucket]]
id = "main"
expiress = "never"
[[tool]]
id = "broken"
price = "secnds * 2"
examples = [{ credits = 6 }]
[[tool]]
id = "right"
price = 5
examples = [{ credits = 6 }]
"#,
            r#"[studio]
name = "X"
credit = { decimals = 9 }
[[tool]]
id = "t"
price = 5
examples = [{ credits = 6 }]
"#,
        ],
        &expect![[r#"
            5:1 `expiress`
                  error: bucket.main.expiress: a bucket has no key `expiress`
                  help: did you mean `expires`?
            8:10 `secnds`
                  error: tool.broken.price: there is no `secnds` here
                  help: known here: `plan`
            13:25 `6`
                  error: tool.right.examples[0]: the catalog's prices make it 5, not 6
                  help: correct the example or the price
            --
            3:23 `9`
                  error: studio.credit.decimals: must be an integer from 0 to 6
            --
        "#]],
    );
}

#[test]
fn worked_examples_are_recomputed() {
    toml(
        &[
            r#"[studio]
name = "X"
[[tool]]
id = "t"
inputs.seconds = "duration"
price = { per = "second", credits = 7 }
examples = [
  { seconds = 10, credits = 70 },
  { seconds = 240, credits = 1681 },
]
"#,
            r#"[studio]
name = "X"
[[tool]]
id = "t"
inputs.seconds = { type = "duration", max = 30 }
price = { per = "second", credits = 7 }
examples = [{ seconds = 31, credits = 217 }]
"#,
            r#"[studio]
name = "X"
[[tool]]
id = "t"
inputs.seconds = { type = "duration", max = 30, optional = true, measured = true }
price = { per = "second", credits = 1 }
examples = [{ hold = 29, measured = { seconds = 12 }, credits = 13 }]
"#,
            r#"[studio]
name = "X"
[[tool]]
id = "t"
price = 1
examples = [{ refused = "unknown_model", model = "m" }, { refused = "invalid_input" }, { model = "m", refused = "unpriced" }]
"#,
        ],
        &expect![[r#"
            9:30 `1681`
                  error: tool.t.examples[1]: the catalog's prices make it 1680, not 1681
                  help: correct the example or the price
            --
            7:13 `{ seconds = 31, credits = 217 }`
                  error: tool.t.examples[0]: the example is refused: input "seconds" must be at most 30, not 31; allowed: seconds as a decimal number, more than 0, at most 30
            --
            7:22 `29`
                  error: tool.t.examples[0]: the catalog's prices hold 30, not 29
                  help: correct the example or the price
            7:65 `13`
                  error: tool.t.examples[0]: the catalog's prices make it 12, not 13
                  help: correct the example or the price
            --
            6:69 `"invalid_input"`
                  error: tool.t.examples[1]: the request is not refused with invalid_input
                  help: correct the example or the price
            6:113 `"unpriced"`
                  error: tool.t.examples[2]: it is refused with unknown_model: tool "t" has no models; leave out model "m"
                  help: correct the example or the price
            --
        "#]],
    );
}

#[test]
fn plans_and_policies_hold_together() {
    toml(
        &[
            r#"[studio]
name = "X"
[[plan]]
id = "p"
"#,
            r#"[studio]
name = "X"
[[bucket]]
id = "b"
[[plan]]
id = "p"
monthly = { grants = [{ bucket = "b", credits = 1, per = "seat" }] }
"#,
            r#"[studio]
name = "X"
[[plan]]
id = "p"
by_contract = true
seats = { at_least = 5, at_most = 3 }
"#,
            r#"[studio]
name = "X"
units = [{ id = "minutes" }]
[[bucket]]
id = "b"
[[bucket]]
id = "m"
unit = "minutes"
[[plan]]
id = "p"
monthly = { grants = [{ bucket = "b", credits = 1, rollover = { bucket = "m" } }] }
"#,
            r#"[studio]
name = "X"
[policies]
debt_limit = 5
"#,
            r#"[studio]
name = "X"
[[bucket]]
id = "b"
[[promotion]]
id = "p"
kind = "code"
grants = [{ bucket = "b", credits = 5 }]
"#,
            r#"[studio]
name = "X"
[[plan]]
id = "p"
by_contract = true
limits = [{ kind = "jobs_in_flight", at_most = "1.5" }]
"#,
        ],
        &expect![[r#"
            4:6 `"p"`
                  error: plan.p: plan "p" has no terms
                  help: add monthly = { … } or annual = { … }, or say by_contract = true
            --
            7:58 `"seat"`
                  error: plan.p.monthly.grants[0].per: the plan has no seats
                  help: add seats = {} to the plan
            --
            6:25 `at_most`
                  error: plan.p.seats: must not be less than at_least (5)
            --
            11:65 `bucket`
                  error: plan.p.monthly.grants[0].rollover: bucket "m" counts in another unit than "b"
            --
            4:1 `debt_limit`
                  error: policies.debt_limit: `debt_limit` is for over_capture = "allow_debt"
                  help: add over_capture = "allow_debt"
            --
            6:6 `"p"`
                  error: promotion.p: a promotion by code needs codes
                  help: add codes = ["WELCOME10"]
            --
            6:38 `at_most`
                  error: plan.p.limits[0].at_most: must be a whole number
            --
        "#]],
    );
}

#[test]
fn numbers_of_the_price_list_can_be_computed() {
    toml(
        &[
            r#"[studio]
name = "X"
[[tool]]
id = "t"
inputs.n = { type = "integer", max = 4 }
price = "n"
rate_card = { title = "T", rows = [{ label = "5", n = 5 }] }
"#,
            r#"[studio]
name = "X"
[[tool]]
id = "a"
price = 1
[[tool]]
id = "b"
price = 2
[rate_card]
lines = [{ text = "both: {credits}", tools = ["a", "b"] }]
"#,
            r#"[studio]
name = "X"
[rate_card]
tables = [{ title = "T" }]
"#,
        ],
        &expect![[r#"
            7:36 `{ label = "5", n = 5 }`
                  error: tool.t.rate_card.rows[0]: the cell can't be priced: input "n" must be at most 4, not 5; allowed: an integer, more than 0, at most 4
            --
            10:10 `{ text = "both: {credits}", tools = ["a", "b"] }`
                  error: rate_card.lines[0]: the line can't be made: its tools do not cost the same
            --
            4:11 `{ title = "T" }`
                  error: rate_card.tables[0]: a table is over a model list or over tools
                  help: say models = "…" or tools = ["…"]
            --
        "#]],
    );
}
