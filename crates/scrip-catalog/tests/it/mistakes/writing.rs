//! How the file is written: syntax, keys, kinds of values, ids and references.

use expect_test::expect;
use scrip_catalog::Catalog;

use super::{told, toml};

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
            6:39 `maxi`
                  error: tool.t.inputs.seconds.maxi: an input has no key `maxi`
                  help: did you mean `max`?
            --
            5:27 `credit`
                  error: tool.t.price.credit: a price has no key `credit`
                  help: did you mean `credits`?
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
                  help: write it as a table, such as { name = … }; it can say: name, plural, symbol, decimals, rounding
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
                  help: write "two-words"; what customers read is its name
            --
            4:16 `"cup"`
                  error: policies.over_capture: must be one of "cap", "reject", "charge_available", "allow_debt", not "cup"
                  help: did you mean "cap"?
            5:15 `"1 day"`
                  error: policies.unknown_ttl: must be a span of time such as "PT15M" or "P30D"
                  help: write "P1D"
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
                  help: for example expires = "P90D" or "P12M"
            --
            9:9 `"$5"`
                  error: pack.p.price: must be an amount of money such as "5.00 usd"
                  help: say the currency, in a text: "5.00 usd"
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
fn what_a_help_page_or_another_file_would_write_is_told_as_it_is_written_here() {
    toml(
        &[
            r#"[studio]
name = "X"
[[bucket]]
id = "c"
expires = "30 days"
credits = 5
[[tool]]
id = "t"
inputs.seconds = { type = "duration", max = "10s", values = [5, 10] }
inputs.count = "int"
inputs.hd = "bool"
price = { per = "second", credits = "1,000", round = "up", adjust = [{ when = "hd", times = "20%" }] }
[[plan]]
id = "p"
trial = "2 weeks"
yearly = {}
tools = "t"
limits = [{ kind = "jobs", max = 3, at_most = 3, per = "daily" }]
monthly = { price = "$10", grants = [{ bucket = "c", credits = 500, rollover = { bucket = "c", max = 50 } }] }
[[pack]]
id = "k"
bucket = "c"
credits = 5
price = 9.9
[policies]
alert_percents = ["50%"]
"#,
            r#"[studio]
name = "X"
[bucket]
id = "c"
"#,
            r#"[studio]
name = "X"
[[tool]]
id = "t"
models.kling-2.1 = "Kling 2.1"
models."Kling Pro" = "Kling Pro"
price = 3
[[plan]]
id = "p"
credits = 500
"#,
            r#"[studio]
name = "X"
[[tool]]
id = "t"
inputs.side = { type = "integer", max = 1000 }
let.pixels = "side * side"
let.is_large = "side > 500"
price = [
  { per = "pixel", credits = 1, growth_only = true },
  { per = "pixle", credits = 1 },
  { per = "is_large", credits = 1 },
  { per = "pixel", tiers = [{ up_to = 100, credits = 1 }] },
]
"#,
        ],
        &expect![[r#"
            5:11 `"30 days"`
                  error: bucket.c.expires: must be "never", "cycle" or a span of time
                  help: write "P30D"
            6:1 `credits`
                  error: bucket.c.credits: a bucket has no key `credits`
                  help: plans, packs and promotions grant credits; a bucket is a kind of them
            9:45 `"10s"`
                  error: tool.t.inputs.seconds.max: must be a number (an integer, or a decimal as a text such as "0.5")
                  help: write 10 alone: what it counts (s) is known from its place
            9:52 `values`
                  error: tool.t.inputs.seconds.values: an input has no key `values`
                  help: did you mean `one_of`?
            10:16 `"int"`
                  error: tool.t.inputs.count: must be one of "integer", "decimal", "duration", "boolean", "word", not "int"
                  help: did you mean "integer"?
            11:13 `"bool"`
                  error: tool.t.inputs.hd: must be one of "integer", "decimal", "duration", "boolean", "word", not "bool"
                  help: did you mean "boolean"?
            12:37 `"1,000"`
                  error: tool.t.price.credits: must be credits (an integer, or a decimal as a text such as "0.1")
                  help: write it without commas: 1000
            12:46 `round`
                  error: tool.t.price.round: a price has no key `round`
                  help: did you mean `rounding`?
            12:80 `hd`
                  error: tool.t.price.adjust[0].when: there is no `hd` here
                  help: known here: `plan`, `previous.seconds`, `seconds`
            12:93 `"20%"`
                  error: tool.t.price.adjust[0].times: must be a number (an integer, or a decimal as a text such as "0.5")
                  help: as a share: "0.2"
            15:9 `"2 weeks"`
                  error: plan.p.trial: must be a span of time such as "PT15M" or "P30D"
                  help: write "P14D"
            16:1 `yearly`
                  error: plan.p.yearly: a plan has no key `yearly`
                  help: did you mean `annual`?
            17:9 `"t"`
                  error: plan.p.tools: must be a list, each of it an id (letters, digits, `_ - . / :`, at most 128), not a text
                  help: write it as a list: ["t"]
            18:28 `max`
                  error: plan.p.limits[0].max: a limit has no key `max`
                  help: did you mean `at_most`?
            18:56 `"daily"`
                  error: plan.p.limits[0].per: must be one of "hour", "day", "week", "30_days", "month", "year", not "daily"
                  help: did you mean "day"?
            19:21 `"$10"`
                  error: plan.p.monthly.price: must be an amount of money such as "5.00 usd"
                  help: say the currency, in a text: "10.00 usd"
            19:96 `max`
                  error: plan.p.monthly.grants[0].rollover.max: a rollover has no key `max`
                  help: carry_at_most bounds what one renewal carries, total_at_most what was carried in all
            24:9 `9.9`
                  error: pack.k.price: must be an amount of money such as "5.00 usd", not a fraction
                  help: say the currency, in a text: "9.90 usd"
            26:19 `"50%"`
                  error: policies.alert_percents[0]: must be an integer from 0 to 100, not a text
                  help: write 50
            --
            3:1 `[bucket]`
                  error: bucket: must be a list, each of it a table (a class of credits), not a table
                  help: write it as a list: [[…]] as a heading, [{ … }] as a value
            --
            5:16 `1`
                  error: tool.t.models.kling-2.1: a model has no key `1`
                  help: an id with a dot stands in quotes, such as models."vendor/model-2.1"
            6:8 `"Kling Pro"`
                  error: tool.t.models.Kling Pro: "Kling Pro" is not a model id
                  help: an id has letters, digits and `_ - . / :`; what customers read is its `name`
            10:1 `credits`
                  error: plan.p.credits: a plan has no key `credits`
                  help: a plan says its price and credits by interval: monthly = { price = "10.00 usd", grants = [{ bucket = "…", credits = 500 }] }
            --
            9:33 `growth_only`
                  error: tool.t.price[0]: growth is counted of an input, and `pixels` is worked out
            10:11 `"pixle"`
                  error: tool.t.price[1].per: the tool has no input `pixle`
                  help: did you mean "pixels"?
            11:11 `"is_large"`
                  error: tool.t.price[2].per: `is_large` is not a number
            12:20 `tiers`
                  error: tool.t.price[3].tiers: pixels above 100 have no price
                  help: leave `up_to` out of the last tier, or bound the inputs that `pixels` is worked out from
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
              help: there is one of it and no list: in TOML its heading stands in single brackets, […]
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
