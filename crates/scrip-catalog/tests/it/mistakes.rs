//! Mistakes in catalog files: each is told at its line and column, under its own text, with what to do about it.
//!
//! A line of the expected text is `line:column \`offending text\` path: message (help)`.

use expect_test::{Expect, expect};
use scrip_catalog::{Catalog, Checked, Diagnostic};

/// All problems of some files, one after the other.
fn told(files: &[&str], read: fn(&str) -> Result<Checked, Vec<Diagnostic>>) -> String {
    let mut text = String::new();
    for file in files {
        let problems = match read(file) {
            Ok(checked) => checked.warnings,
            Err(problems) => problems,
        };
        assert!(!problems.is_empty(), "nothing is wrong with:\n{file}");
        for problem in problems {
            let under = file.get(problem.span.clone()).expect("a span of the file");
            let under = under.replace('\n', "\\n");
            let help = problem.help.map_or(String::new(), |help| format!("\n      help: {help}"));
            let (line, column, severity) = (problem.line, problem.column, problem.severity.as_str());
            text.push_str(&format!(
                "{line}:{column} `{under}`\n      {severity}: {}: {}{help}\n",
                problem.path, problem.message
            ));
        }
        text.push_str("--\n");
    }
    text
}

fn toml(files: &[&str], expected: &Expect) {
    expected.assert_eq(&told(files, Catalog::from_toml));
}

#[test]
fn what_is_not_toml_is_said_where_it_breaks() {
    toml(
        &[
            r#"[studio
name = "X"
"#,
            r#"[studio]
name = "X"
name = "Y"
"#,
            r#"[studio]
name = "X"
[[tool]]
id = "t"
price = 5 5
"#,
        ],
        &expect![[r#"
            1:8 ``
                  error: : this is not TOML: unclosed table, expected `]`
            --
            3:1 `name`
                  error: : this is not TOML: duplicate key
            --
            5:9 `5 5`
                  error: : this is not TOML: string values must be quoted, expected literal string
            --
        "#]],
    );
}

#[test]
fn unknown_keys_are_named_with_what_was_probably_meant() {
    toml(
        &[
            r#"[studio]
name = "X"
qoute_ttl = "PT15M"
"#,
            r#"[studio]
name = "X"
[[tol]]
id = "t"
"#,
            r#"[studio]
name = "X"
[[tool]]
id = "t"
price = 1
inputs.seconds = { type = "duration", maxi = 30 }
"#,
            r#"[studio]
name = "X"
[[tool]]
id = "t"
price = { per = "second", credit = 1 }
inputs.seconds = "duration"
"#,
            r#"[studio]
name = "X"
[[tool]]
id = "t"
models.a = { name = "A", price = 1, spead = "~3s" }
"#,
        ],
        &expect![[r#"
            3:1 `qoute_ttl`
                  error: studio.qoute_ttl: the studio has no key `qoute_ttl`
                  help: did you mean `quote_ttl`?
            --
            3:3 `tol`
                  error: tol: the catalog has no key `tol`
                  help: did you mean `tool`?
            --
            6:8 `seconds`
                  warning: tool.t.inputs.seconds: input `seconds` does not change the price
                  help: say priced = false if it is only kept with the job
            6:39 `maxi`
                  error: tool.t.inputs.seconds.maxi: an input has no key `maxi`
                  help: did you mean `max`?
            --
            5:27 `credit`
                  error: tool.t.price.credit: a price has no key `credit`
                  help: did you mean `credits`?
            6:8 `seconds`
                  warning: tool.t.inputs.seconds: input `seconds` does not change the price
                  help: say priced = false if it is only kept with the job
            --
            5:37 `spead`
                  error: tool.t.models.a.spead: a model has no key `spead`
                  help: a model can say: name, price, default, aliases, row, numbers, description, retired; a list declares further `columns`
            --
        "#]],
    );
}

#[test]
fn values_of_the_wrong_kind_are_refused_with_what_is_meant() {
    toml(
        &[
            r#"[studio]
name = 5
"#,
            r#"[studio]
name = "X"
credit = { decimals = 7 }
"#,
            r#"[studio]
name = "X"
credit = "acorn"
"#,
            r#"[studio]
name = "X"
[[tool]]
id = "t"
price = 0.1
"#,
            r#"[studio]
name = "X"
[[tool]]
id = "t"
price = { credits = 0.1 }
"#,
            r#"[studio]
name = "X"
[[tool]]
id = "t"
price = -1
"#,
            r#"[studio]
name = "X"
[[tool]]
id = "two words"
price = 1
"#,
            r#"[studio]
name = "X"
[policies]
over_capture = "cup"
unknown_ttl = "1 day"
outcomes = { failed = "half" }
"#,
            r#"[studio]
name = "X"
[rate_card]
last_updated = "2025-02-30"
"#,
            r#"[studio]
name = "X"
hold_ttl = "P8D"
"#,
            r#"[studio]
name = "X"
[[bucket]]
id = "b"
expires = "soon"
"#,
            r#"[studio]
name = "X"
[[bucket]]
id = "b"
[[pack]]
id = "p"
bucket = "b"
credits = 5
price = "$5"
"#,
        ],
        &expect![[r#"
            2:8 `5`
                  error: studio.name: must be a text, not an integer
            --
            3:23 `7`
                  error: studio.credit.decimals: must be an integer from 0 to 6
            --
            3:10 `"acorn"`
                  error: studio.credit: must be a table (name, decimals and rounding), not a text
            --
            5:9 `0.1`
                  error: tool.t.price: 0.1 would be read as a binary fraction, which is not exact
                  help: write it as a text: "0.1"
            --
            5:21 `0.1`
                  error: tool.t.price.credits: 0.1 would be read as a binary fraction, which is not exact
                  help: write it as a text: "0.1"
            --
            5:9 `-1`
                  error: tool.t.price: must be an integer from 0 to 9000000000000
            --
            4:6 `"two words"`
                  error: tool.two words.id: must be an id (letters, digits, `_ - . / :`, at most 128)
            --
            4:16 `"cup"`
                  error: policies.over_capture: must be one of "cap", "reject", "charge_available", "allow_debt", not "cup"
                  help: did you mean "cap"?
            5:15 `"1 day"`
                  error: policies.unknown_ttl: must be a span of time such as "PT15M" or "P30D"
            6:23 `"half"`
                  error: policies.outcomes.failed: must be "nothing", "full", "delivered" or a share from "0" to "1"
            --
            4:16 `"2025-02-30"`
                  error: rate_card.last_updated: must be a date such as "2025-06-27"
            --
            3:12 `"P8D"`
                  error: studio.hold_ttl: must not be longer than 168 hours
            --
            5:11 `"soon"`
                  error: bucket.b.expires: must be "never", "cycle" or a span of time
                  help: for example expires = "P90D"
            --
            9:9 `"$5"`
                  error: pack.p.price: must be an amount of money such as "5.00 usd"
            --
        "#]],
    );
}

#[test]
fn what_is_needed_and_missing_is_named() {
    toml(
        &[
            r#""#,
            r#"[studio]
credit = { decimals = 0 }
"#,
            r#"[studio]
name = "X"
[[bucket]]
name = "B"
"#,
            r#"[studio]
name = "X"
[[tool]]
id = "t"
price = 1
examples = [{}]
"#,
            r#"[studio]
name = "X"
[[tool]]
id = "t"
price = 1
inputs.quality = {}
"#,
        ],
        &expect![[r#"
            1:1 ``
                  error: : the catalog needs `studio`
                  help: `studio`: the product and its credit
            --
            2:1 `credit`
                  error: studio: the studio needs `name`
                  help: `name`: the product's name
            --
            4:1 `name`
                  error: bucket[0]: a bucket needs `id`
                  help: `id`: the bucket's name in requests
            --
            6:13 `{}`
                  error: tool.t.examples[0]: an example says what it costs
                  help: add credits = 1
            --
            6:18 `{}`
                  error: tool.t.inputs.quality: an input needs a `type`
                  help: one of integer, decimal, duration, boolean, word
            --
        "#]],
    );
}

#[test]
fn ids_are_declared_once() {
    toml(
        &[
            r#"[studio]
name = "X"
[[tool]]
id = "t"
price = 1
[[tool]]
id = "t"
price = 2
"#,
            r#"[studio]
name = "X"
[[bucket]]
id = "b"
[[bucket]]
id = "b"
"#,
            r#"[studio]
name = "X"
units = [{ id = "credits" }]
"#,
            r#"[studio]
name = "X"
[[toolkit]]
name = "K"
[[toolkit]]
name = "K"
"#,
            r#"[studio]
name = "X"
[[tool]]
id = "t"
price = 1
models.a = { aliases = ["b"] }
models.b = "B"
"#,
        ],
        &expect![[r#"
            7:6 `"t"`
                  error: tool.t: there is already a tool "t"
            --
            6:6 `"b"`
                  error: bucket.b: there is already a bucket "b"
            --
            3:17 `"credits"`
                  error: studio.units.credits: there is already a unit "credits"
            --
            6:1 `name`
                  error: toolkit[1]: there is already a toolkit "K"
            --
            7:12 `"B"`
                  error: tool.t.models.b: "b" already names a model of this tool
            --
        "#]],
    );
}

#[test]
fn references_lead_somewhere() {
    toml(
        &[
            r#"[studio]
name = "X"
[[bucket]]
id = "monthly"
[[plan]]
id = "p"
monthly = { grants = [{ bucket = "montly", credits = 1 }] }
"#,
            r#"[studio]
name = "X"
[[bucket]]
id = "b"
only_tools = ["image"]
"#,
            r#"[studio]
name = "X"
[[bucket]]
id = "b"
unit = "minutes"
"#,
            r#"[studio]
name = "X"
[[bucket]]
id = "b"
[[plan]]
id = "team"
by_contract = true
[[add_on]]
id = "a"
bucket = "b"
credits = 1
plans = ["taem"]
"#,
            r#"[studio]
name = "X"
[[tool]]
id = "t"
models = "images"
[[model_list]]
id = "image"
models.a = { price = 1 }
"#,
            r#"[studio]
name = "X"
[[toolkit]]
name = "Audio"
[[tool]]
id = "t"
price = 1
toolkit = "Audoi"
"#,
            r#"[studio]
name = "X"
[auto_top_up]
pack = "p"
"#,
            r#"[studio]
name = "X"
[[tool]]
id = "t"
price = 1
[rate_card]
tables = [{ title = "T", models = "video" }]
"#,
            r#"[studio]
name = "X"
[facts]
mode = { one_of = ["fast", "relaxed"], default = "slow" }
"#,
        ],
        &expect![[r#"
            7:34 `"montly"`
                  error: plan.p.monthly.grants[0].bucket: there is no bucket "montly"
                  help: did you mean "monthly"?
            --
            5:15 `"image"`
                  error: bucket.b.only_tools[0]: there is no tool "image"
                  help: the catalog declares no tool
            --
            5:8 `"minutes"`
                  error: bucket.b.unit: there is no unit "minutes"
                  help: declared: credits
            --
            12:10 `"taem"`
                  error: add_on.a.plans[0]: there is no plan "taem"
                  help: did you mean "team"?
            --
            5:10 `"images"`
                  error: tool.t.models: there is no model list "images"
                  help: did you mean "image"?
            --
            8:11 `"Audoi"`
                  error: tool.t.toolkit: there is no toolkit "Audoi"
                  help: did you mean "Audio"?
            --
            4:8 `"p"`
                  error: auto_top_up.pack: there is no pack "p"
                  help: the catalog declares no pack
            --
            7:35 `"video"`
                  error: rate_card.tables[0].models: there is no model list "video"
                  help: the catalog declares no model list
            --
            4:50 `"slow"`
                  error: facts.mode.default: there is no mode "slow"
                  help: declared: fast, relaxed
            --
        "#]],
    );
}

#[test]
fn mistakes_in_formulas_stand_under_their_own_characters() {
    toml(
        &[
            r#"[studio]
name = "X"
[[tool]]
id = "t"
inputs.seconds = "duration"
price = "round(secnds * 2)"
"#,
            r#"[studio]
name = "X"
[[tool]]
id = "t"
inputs.seconds = "duration"
price = "seconds * (2"
"#,
            r#"[studio]
name = "X"
[[tool]]
id = "t"
inputs.a = { type = "integer", unit = "px" }
inputs.seconds = "duration"
price = "a + seconds"
"#,
            r#"[studio]
name = "X"
[[tool]]
id = "t"
inputs.n = { type = "integer", min = 0 }
price = "10 / n"
"#,
            r#"[studio]
name = "X"
[[tool]]
id = "t"
inputs.quality = { one_of = ["basic", "premium"] }
price = "quality == 'premum' ? 2 : 1"
"#,
            r#"[studio]
name = "X"
[[tool]]
id = "t"
inputs.hd = "boolean"
let.twice = "hd * 2"
price = "twice + 1"
"#,
            r#"[studio]
name = "X"
[[tool]]
id = "t"
inputs.hd = "boolean"
price = [{ credits = 1, when = "hdd" }]
"#,
            r#"[studio]
name = "X"
[[tool]]
id = "t"
inputs.hd = "boolean"
price = 1
requires = [{ rule = "hd + 1", input = "hd", message = "no" }]
"#,
            r#"[studio]
name = "X"
[[tool]]
id = "t"
inputs.plan = "integer"
price = 1
"#,
            r#"[studio]
name = "X"
[[tool]]
id = "t"
inputs.two-words = "integer"
price = 1
"#,
        ],
        &expect![[r#"
            6:16 `secnds`
                  error: tool.t.price: there is no `secnds` here
                  help: did you mean `seconds`?
            --
            6:20 `(`
                  error: tool.t.price: this is never closed by `)`
                  help: add `)`
            --
            7:14 `seconds`
                  error: tool.t.price: `seconds` counts seconds, `a` counts px: one can't be added to the other
                  help: convert one of them first, such as `60 * minutes`
            --
            6:15 `n`
                  error: tool.t.price: `n` can be zero, and nothing can be divided by zero
                  help: give `n` a minimum above zero, or write `n > 0 ? … : 0`
            --
            6:21 `'premum'`
                  error: tool.t.price: `quality` is never 'premum'
                  help: did you mean 'premium'?
            --
            6:14 `hd`
                  error: tool.t.let.twice: `hd` is true or false
                  help: only numbers can be multiplied
            7:10 `twice + 1`
                  error: tool.t.price: this formula names a `let` that is wrong
                  help: put that one right first
            --
            6:33 `hdd`
                  error: tool.t.price[0].when: there is no `hdd` here
                  help: did you mean `hd`?
            --
            7:23 `hd`
                  error: tool.t.requires[0].rule: `hd` is true or false
                  help: only numbers can be added and subtracted
            --
            5:8 `plan`
                  error: tool.t.inputs.plan: an input can't be called `plan`
                  help: `plan` is known beside the inputs; name the input otherwise
            --
            5:8 `two-words`
                  error: tool.t.inputs.two-words: `two-words` can't be used in a formula: use letters, digits and underscores
            --
        "#]],
    );
}

#[test]
fn everything_that_can_be_asked_for_has_a_price() {
    toml(
        &[
            r#"[studio]
name = "X"
[[tool]]
id = "t"
"#,
            r#"[studio]
name = "X"
[[tool]]
id = "t"
models.a = { price = 1 }
models.b = "B"
"#,
            r#"[studio]
name = "X"
[[tool]]
id = "t"
models.a = "A"
models.b = "B"
price = { table = [{ model = "a", credits = 1 }] }
"#,
            r#"[studio]
name = "X"
[[tool]]
id = "t"
models.a = "A"
price = { table = [{ model = "a", credits = 1 }, { model = "c", credits = 1 }] }
"#,
            r#"[studio]
name = "X"
[[tool]]
id = "t"
unknown_model = "accept"
models.a = { price = 1 }
"#,
            r#"[studio]
name = "X"
[[tool]]
id = "t"
models.a = { numbers = { rate = 2 } }
models.b = "B"
price = "model.rate"
"#,
        ],
        &expect![[r#"
            4:6 `"t"`
                  error: tool.t: tool "t" has no price
                  help: add price = …; a free tool says price = 0
            --
            6:8 `b`
                  error: tool.t.models.b: model "b" of tool "t" has no price
                  help: add price = … to the model or to the tool
            --
            6:8 `b`
                  error: tool.t.models.b: model "b" of tool "t" has no price
                  help: add price = … to the model or to the tool
            --
            6:60 `"c"`
                  error: tool.t.price.table[1].model: there is no model "c"
                  help: did you mean "a"?
            --
            4:6 `"t"`
                  error: tool.t: tool "t" has no price
                  help: add price = …; a free tool says price = 0
            --
            6:8 `b`
                  error: tool.t.models.b: model "b" has no number `rate`, unlike other models of its tool
            --
        "#]],
    );
}

#[test]
fn a_price_says_its_amount_in_one_way() {
    toml(
        &[
            r#"[studio]
name = "X"
[[tool]]
id = "t"
price = {}
"#,
            r#"[studio]
name = "X"
[[tool]]
id = "t"
price = []
"#,
            r#"[studio]
name = "X"
[[tool]]
id = "t"
price = { credits = 1, formula = "2" }
"#,
            r#"[studio]
name = "X"
[[tool]]
id = "t"
price = { credits = 1, block = 4 }
"#,
            r#"[studio]
name = "X"
[[tool]]
id = "t"
price = { per = "second", credits = 1 }
"#,
            r#"[studio]
name = "X"
[[tool]]
id = "t"
inputs.hd = "boolean"
price = { per = "hd", credits = 1 }
"#,
            r#"[studio]
name = "X"
[[tool]]
id = "t"
inputs.images = "integer"
price = { per = "image", credits = 1, block = 0 }
"#,
            r#"[studio]
name = "X"
[[tool]]
id = "t"
price = { credits = 1, adjust = [{ label = "nothing" }] }
"#,
            r#"[studio]
name = "X"
[[tool]]
id = "t"
price = { credits = 1, min_credits = 5, max_credits = 4 }
"#,
            r#"[studio]
name = "X"
[[tool]]
id = "t"
price = { credits = 1, adjust = [{ times = 2, between = ["22:00"] }] }
"#,
        ],
        &expect![[r#"
            5:9 `{}`
                  error: tool.t.price: a price needs an amount
                  help: one of credits, tiers, table, formula, parts
            --
            5:9 `[]`
                  error: tool.t.price: a price needs at least one part
            --
            5:24 `formula`
                  error: tool.t.price: a price says its amount in one way, not in 2: credits, formula
                  help: one of credits, tiers, table, formula, parts
            --
            5:24 `block`
                  error: tool.t.price.block: `block` needs an input to count
                  help: add per = "second" or the name of another input
            --
            5:17 `"second"`
                  error: tool.t.price.per: the tool has no input `second`
                  help: add inputs.seconds = "duration"
            --
            6:17 `"hd"`
                  error: tool.t.price.per: `hd` is not a number: it is a boolean
            --
            6:39 `block`
                  error: tool.t.price.block: `block` can't be zero
            --
            5:34 `{ label = "nothing" }`
                  error: tool.t.price.adjust[0]: an adjustment changes nothing
                  help: add times, add or subtract
            --
            5:41 `max_credits`
                  error: tool.t.price: max_credits is less than min_credits
            --
            5:47 `between`
                  error: tool.t.price.adjust[0]: `between` is two times of the day
                  help: for example between = ["22:00", "06:00"]
            --
        "#]],
    );
}

#[test]
fn tiers_ascend_and_reach_everything() {
    toml(
        &[
            r#"[studio]
name = "X"
[[tool]]
id = "t"
inputs.images = "integer"
price = { per = "image", tiers = [{ up_to = 10, credits = 2 }, { up_to = 5, credits = 1 }, { credits = 1 }] }
"#,
            r#"[studio]
name = "X"
[[tool]]
id = "t"
inputs.images = "integer"
price = { per = "image", tiers = [{ up_to = 10, credits = 2 }] }
"#,
            r#"[studio]
name = "X"
[[tool]]
id = "t"
inputs.images = "integer"
price = { per = "image", tiers = [] }
"#,
        ],
        &expect![[r#"
            6:64 `{ up_to = 5, credits = 1 }`
                  error: tool.t.price.tiers[1]: this tier is never reached
                  help: tiers ascend by `up_to`; only the last may leave it out
            --
            6:26 `tiers`
                  error: tool.t.price.tiers: images above 10 have no price
                  help: leave `up_to` out of the last tier, or set max = 10 on inputs.images
            --
            6:26 `tiers`
                  error: tool.t.price: tiers can't be empty
            --
        "#]],
    );
}

#[test]
fn rows_of_a_table_are_reached_and_exclude_each_other() {
    toml(
        &[
            r#"[studio]
name = "X"
[[tool]]
id = "t"
inputs.size = { one_of = ["s", "m", "l"] }
price = { table = [
  { credits = 9 },
  { size = "s", credits = 1 },
] }
"#,
            r#"[studio]
name = "X"
[[tool]]
id = "t"
inputs.size = { one_of = ["s", "m"] }
inputs.hd = "boolean"
price = { table = [
  { size = "s", credits = 1 },
  { hd = true, credits = 2 },
] }
"#,
            r#"[studio]
name = "X"
[[tool]]
id = "t"
inputs.seconds = { type = "duration", max = 30 }
price = { table = [
  { seconds = { up_to = 10 }, credits = 1 },
  { seconds = { from = 10, up_to = 30 }, credits = 2 },
] }
"#,
            r#"[studio]
name = "X"
[[tool]]
id = "t"
inputs.size = { one_of = ["s", "m"] }
price = { table = [{ size = "xl", credits = 1 }] }
"#,
            r#"[studio]
name = "X"
[[tool]]
id = "t"
inputs.size = { one_of = ["s", "m"] }
price = { table = [{ siez = "s", credits = 1 }] }
"#,
            r#"[studio]
name = "X"
[[tool]]
id = "t"
inputs.size = { one_of = ["s", "m"] }
price = { table = [{ size = "s" }, { size = "m", credits = 1, price = 2 }] }
"#,
            r#"[studio]
name = "X"
[[tool]]
id = "t"
inputs.n = "integer"
price = { table = [{ n = { from = 5, up_to = 4 }, credits = 1 }, { n = {}, credits = 1 }] }
"#,
            r#"[studio]
name = "X"
[[tool]]
id = "t"
price = { table = [] }
"#,
        ],
        &expect![[r#"
            8:3 `{ size = "s", credits = 1 }`
                  error: tool.t.price.table[1]: this row is never reached: the row in line 7 covers it
                  help: put special rows first, or remove one
            --
            9:3 `{ hd = true, credits = 2 }`
                  error: tool.t.price.table[1]: this row and the one in line 8 both fit some requests
                  help: make them exclude each other
            --
            8:3 `{ seconds = { from = 10, up_to = 30 }, credits = 2 }`
                  error: tool.t.price.table[1]: this row and the one in line 7 both fit some requests
                  help: make them exclude each other
            --
            6:29 `"xl"`
                  error: tool.t.price.table[0].size: `size` is never xl
                  help: allowed: s, m
            --
            6:22 `siez`
                  error: tool.t.price.table[0]: the tool has no input `siez`
                  help: did you mean `size`?
            --
            6:20 `{ size = "s" }`
                  error: tool.t.price.table[0]: a row needs credits
            6:63 `price`
                  error: tool.t.price.table[1]: a row has credits or a price, not both
            --
            6:26 `{ from = 5, up_to = 4 }`
                  error: tool.t.price.table[0].n: no number is in this range
            6:72 `{}`
                  error: tool.t.price.table[1].n: a range needs an end: from, above, up_to or below
            --
            5:11 `table`
                  error: tool.t.price.table: a table has 1 to 1000 rows, not 0
            --
        "#]],
    );
}

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
                  help: add one_of = ["…", "…"]
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
fn a_price_is_never_negative_and_never_finer_than_the_credit() {
    toml(
        &[
            r#"[studio]
name = "X"
[[tool]]
id = "t"
inputs.n = "integer"
price = "10 - n"
"#,
            r#"[studio]
name = "X"
[[tool]]
id = "t"
price = "0.5"
"#,
            r#"[studio]
name = "X"
credit = { name = "acorn", decimals = 1 }
[[tool]]
id = "t"
inputs.hd = "boolean"
price = { table = [{ hd = true, credits = "0.25" }], otherwise = "0.1" }
"#,
            r#"[studio]
name = "X"
[[bucket]]
id = "b"
[[plan]]
id = "p"
monthly = { grants = [{ bucket = "b", credits = "0.5" }] }
"#,
        ],
        &expect![[r#"
            6:9 `"10 - n"`
                  error: tool.t.price: the price can't be shown never to be negative
                  help: wrap it: max(…, 0), or add min_credits = 0
            --
            5:9 `"0.5"`
                  error: tool.t.price: 0.5 is finer than the smallest credit that is counted
                  help: credits have 0 decimals; see studio.credit.decimals
            --
            7:43 `"0.25"`
                  error: tool.t.price.table[0].credits: 0.25 is finer than the smallest acorn that is counted
                  help: acorns have 1 decimal; see studio.credit.decimals
            --
            7:49 `"0.5"`
                  error: plan.p.monthly.grants[0].credits: 0.5 is finer than the smallest credit that is counted
                  help: credits have 0 decimals; see studio.credit.decimals
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
                  error: plan.p.limits[0]: must be a whole number
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

#[test]
fn mistakes_in_json_are_told_in_the_same_way() {
    let files = [
        r#"{"studio": {"name": "X",}}"#,
        r#"{"studio": {"name": "X", "name": "Y"}}"#,
        r#"{"studio": {"name": null}}"#,
        r#"[1]"#,
        r#""#,
        r#"{"studio": {"name": "X"}, "tool": [{"id": "t", "price": 1.5}]}"#,
    ];
    expect![[r#"
        1:24 `,`
              error: : this is not JSON: trailing commas are not allowed
        --
        1:26 `"name"`
              error: : duplicate key "name"
        --
        1:21 `null`
              error: studio.name: must be a text, not null (leave the key out instead)
        --
        1:1 `[1]`
              error: : must be a table (prices, plans and policies of one product), not a list
        --
        1:1 ``
              error: : the file is empty
        --
        1:57 `1.5`
              error: tool.t.price: 1.5 would be read as a binary fraction, which is not exact
              help: write it as a text: "1.5"
        --
    "#]]
    .assert_eq(&told(&files, Catalog::from_json));
}
