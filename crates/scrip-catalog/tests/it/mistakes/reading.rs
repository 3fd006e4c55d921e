//! Mistakes of somebody who has read a help page and writes TOML for the first time: each is told once, with what to
//! write instead, and nothing that follows from it is told beside it.

use expect_test::expect;

use super::toml;

#[test]
fn what_is_not_toml_is_told_with_what_toml_wants() {
    toml(
        &[
            r#"[studio]
name = "X"
[[bucket]]
id = "credits"
expires = never
[[tool]]
id = "t"
price = 1
"#,
            r#"[studio]
name: "X"
zone: "UTC"
"#,
            r#"[studio]
name = "X
"#,
            r#"[[studio]]
name = "X"
"#,
        ],
        &expect![[r#"
            5:11 `never`
                  error: : this is not TOML: invalid float, expected `nan`
                  help: texts stand in quotes: "never"
            --
            2:7 ``
                  error: : this is not TOML: key with no value, expected `=`
                  help: between a key and its value stands `=`; headings are written [studio] and [[tool]]
            --
            2:10 ``
                  error: : this is not TOML: invalid basic string, expected `"`
                  help: a text ends with a quote, in the line in which it began
            --
            1:1 `[[studio]]`
                  error: studio: must be a table (the product that sells credits), not a list
                  help: there is one of it and no list: in TOML its heading stands in single brackets, […]
            --
        "#]],
    );
}

#[test]
fn another_format_is_told_once() {
    toml(
        &["studio:\n  name: X\ntools:\n  - id: a\n"],
        &expect![[r#"
        1:8 ``
              error: : this is not TOML: key with no value, expected `=`
              help: between a key and its value stands `=`; headings are written [studio] and [[tool]]
        4:5 ``
              error: : this is not TOML: key with no value, expected `=`
        --
    "#]],
    );
}

#[test]
fn values_and_keys_are_told_once_with_what_to_write() {
    toml(
        &[
            r#"[studio]
name = "X"
[[bucket]]
id = "credits"
[[tool]]
id = "t"
price = 1
first_free = 3
[[plan]]
id = "p"
seats = 5
monthly = { grants = [{ bucket = "credits", credits = 10, rollover = true }] }
"#,
            r#"[studio]
name = "X"
[[bucket]]
id = "credits"
expires = 90
[[tool]]
id = "t"
price = 1
"#,
            r#"[studio]
name = "X"
[[bucket]]
id = "credits"
[[tool]]
id = "t"
cost = 1
"#,
            r#"[studio]
name = "X"
[[bucket]]
id = "credits"
[[tool]]
id = "t"
price = 1
[[plan]]
id = "p"
yearly = { price = "10 dollars" }
[[plan]]
id = "q"
price = "9.00 usd"
"#,
            r#"[studio]
name = "X"
[[bucket]]
id = "credits"
[[tool]]
id = "t"
price = "5 credits"
"#,
            r#"[studio]
name = "X"
[[bucket]]
id = "credits"
[[tool]]
id = "t"
price = "free"
"#,
            r#"[studio]
name = "X"
[[bucket]]
id = "credits"
[[tool]]
id = "t"
price = 1
[[plan]]
id = "p"
monthly = {}
limits = [{ kind = "concurrency", max = 3 }]
upgrade = "reset"
"#,
            r#"[studio]
name = "X"
[[bucket]]
id = "credits"
[[tool]]
id = "t"
[tool.price]
credits = 1
name = "T"
examples = [{ credits = 1 }]
"#,
            r#"[studio]
name = "X"
[[bucket]]
id = "credits"
[[tool]]
id = "t"
price = { table = [{ mode = "relaxed", credits = 0 }, { credits = 4 }] }
"#,
        ],
        &expect![[r#"
            8:14 `3`
                  error: tool.t.first_free: must be a table (the first jobs of a period are free), or a list, each of it a table (the first jobs of a period are free), not an integer
                  help: write it as a table, such as { count = … }; it can say: count, per, when
            11:9 `5`
                  error: plan.p.seats: must be a table (how the plan is sold by seat), not an integer
                  help: write it as a table, such as { at_least = … }; it can say: at_least, at_most, added, removed, reassigned, pool
            12:70 `true`
                  error: plan.p.monthly.grants[0].rollover: must be one of "none", or a table (where the rest of a cycle goes), not true or false
                  help: write it as a table, such as { bucket = … }; it can say: bucket, carry_at_most, total_at_most, cycles
            --
            5:11 `90`
                  error: bucket.credits.expires: must be a text, or a table ("never", "cycle", a span such as "P30D", "P12M" or "P1Y", or the later of a span and the cycle), not an integer
                  help: write "P90D"
            --
            7:1 `cost`
                  error: tool.t.cost: a tool has no key `cost`
                  help: did you mean `price`?
            --
            10:1 `yearly`
                  error: plan.p.yearly: a plan has no key `yearly`
                  help: did you mean `annual`?
            13:1 `price`
                  error: plan.q.price: a plan has no key `price`
                  help: a plan says its price and credits by interval: monthly = { price = "10.00 usd", grants = [{ bucket = "…", credits = 500 }] }
            --
            7:12 `credits`
                  error: tool.t.price: `credits` is not expected here
                  help: write the number alone: price = 5
            --
            7:10 `free`
                  error: tool.t.price: there is no `free` here
                  help: what costs nothing has the price 0, without quotes
            --
            11:20 `"concurrency"`
                  error: plan.p.limits[0].kind: must be one of "jobs_in_flight", "jobs", "spend", "purchases", not "concurrency"
                  help: did you mean "jobs_in_flight"?
            11:35 `max`
                  error: plan.p.limits[0].max: a limit has no key `max`
                  help: did you mean `at_most`?
            12:1 `upgrade`
                  error: plan.p.upgrade: a plan has no key `upgrade`
                  help: it is a policy: write it under [policies], upgrade = …
            --
            9:1 `name`
                  error: tool.t.price.name: a price has no key `name`
                  help: it is a key of a tool: write it above the heading of a price
            10:1 `examples`
                  error: tool.t.price.examples: a price has no key `examples`
                  help: it is a key of a tool: write it above the heading of a price
            --
            7:22 `mode`
                  error: tool.t.price.table[0]: the tool has no input `mode`
                  help: declare it: [facts] mode = { one_of = […], default = … }
            --
        "#]],
    );
}

#[test]
fn prices_are_told_once_with_what_to_write() {
    toml(
        &[
            r#"[studio]
name = "X"
[[bucket]]
id = "credits"
[[tool]]
id = "t"
price = "mode == 'fast' ? 4 : 0"
"#,
            r#"[studio]
name = "X"
zone = "PST"
[[bucket]]
id = "credits"
[[tool]]
id = "t"
price = 1
"#,
            r#"[studio]
name = "X"
[[bucket]]
id = "credits"
[[tool]]
id = "t"
price = { credits = 4, adjust = [{ between = "22:00-06:00", times = "0.5" }, { days = ["monday"], times = "0.5" }] }
"#,
            r#"[studio]
name = "X"
[[bucket]]
id = "credits"
[[tool]]
id = "t"
inputs.hd = "boolean"
price = { credits = 4, adjust = [{ if = "hd", times = 2 }] }
"#,
            r#"[studio]
name = "X"
[[bucket]]
id = "credits"
[[tool]]
id = "t"
models.kling-2.1 = { name = "Kling", price = 5 }
"#,
            r#"[studio]
name = "X"
[[bucket]]
id = "credits"
[[tool]]
id = "t"
inputs.n = "integer"
price = { per = "n", tiers = [{ up_to = 10, price = 5 }, { price = 4 }] }
"#,
            r#"[studio]
name = "X"
[[bucket]]
id = "credits"
[[tool]]
id = "t"
inputs = ["seconds"]
price = { per = "second", credits = 1 }
"#,
            r#"[studio]
name = "X"
[[bucket]]
id = "credits"
[[tool]]
id = "My Tool"
price = 1
"#,
            r#"[studio]
name = "X"
[[bucket]]
id = "credits"
[[tool]]
id = "t"
price = 1
outcomes = { failed = "refund" }
"#,
            r#"[studio]
name = "X"
[[bucket]]
id = "credits"
[[tool]]
id = "t"
price = 1
[policies.overage]
price_each = "0.001 usd"
"#,
            r#"[studio]
name = "X"
[[bucket]]
id = "credits"
[[tool]]
id = "t"
inputs.seconds = "duration"
price = { per = "second", credits = 7 }
examples = [{ duration = 10, credits = 70 }]
"#,
            r#"[studio]
name = "X"
[[bucket]]
id = "credits"
[[tool]]
id = "t"
default_model = "a"
models.a = { price = 5 }
"#,
        ],
        &expect![[r#"
            7:10 `mode`
                  error: tool.t.price: there is no `mode` here
                  help: declare it: [facts] mode = { one_of = […], default = … }
            --
            3:8 `"PST"`
                  error: studio.zone: there is no time zone "PST"
                  help: an IANA time zone such as "Europe/Vienna"; "UTC" is the default
            --
            7:46 `"22:00-06:00"`
                  error: tool.t.price.adjust[0].between: must be a list, each of it a time of day such as "22:00", not a text
                  help: write it as a list: ["22:00", "06:00"]
            7:88 `"monday"`
                  error: tool.t.price.adjust[1].days[0]: must be one of "mon", "tue", "wed", "thu", "fri", "sat", "sun", not "monday"
                  help: did you mean "mon"?
            --
            8:36 `if`
                  error: tool.t.price.adjust[0].if: an adjustment has no key `if`
                  help: did you mean `when`?
            --
            7:16 `1`
                  error: tool.t.models.kling-2.1: a model has no key `1`
                  help: an id with a dot stands in quotes, such as models."vendor/model-2.1"
            --
            8:45 `price`
                  error: tool.t.price.tiers[0].price: a tier has no key `price`
                  help: did you mean `credits`?
            8:60 `price`
                  error: tool.t.price.tiers[1].price: a tier has no key `price`
                  help: did you mean `credits`?
            --
            7:10 `["seconds"]`
                  error: tool.t.inputs: must be a table of names, each one of "integer", "decimal", "duration", "boolean", "word", or a table (what a request says), not a list
                  help: write each by its name: NAME = …
            --
            6:6 `"My Tool"`
                  error: tool.My Tool.id: must be an id (letters, digits, `_ - . / :`, at most 128)
                  help: write "my-tool"; what customers read is its name
            --
            8:23 `"refund"`
                  error: tool.t.outcomes.failed: must be "nothing", "full", "delivered" or a share from "0" to "1"
                  help: it says what is charged: write "nothing"
            --
            9:14 `"0.001 usd"`
                  error: policies.overage.price_each: must be an amount of money such as "5.00 usd"
                  help: an amount of money is not finer than its cents; where a price is, say it of more of them
            --
            9:13 `{ duration = 10, credits = 70 }`
                  error: tool.t.examples[0]: the example is refused: input "duration" is not an input of tool "t"; allowed: seconds
            --
            7:1 `default_model`
                  error: tool.t.default_model: a tool has no key `default_model`
                  help: the model says it: models.NAME = { default = true, … }
            --
        "#]],
    );
}

#[test]
fn credits_that_a_renewal_ends_before_they_expire_are_noticed() {
    toml(
        &[
            r#"[studio]
name = "X"
[[bucket]]
id = "credits"
expires = "P60D"
[[tool]]
id = "t"
price = 1
[[plan]]
id = "p"
monthly = { grants = [{ bucket = "credits", credits = 10 }] }
weekly = { grants = [{ bucket = "credits", credits = 10, renewal = "add" }] }
daily = { grants = [{ bucket = "credits", credits = 10, renewal = "reset" }] }
"#,
            r#"[studio]
name = "X"
[[bucket]]
id = "credits"
expires = "P60D"
[[tool]]
id = "t"
price = 1
[[plan]]
id = "p"
annual = { grants = [{ bucket = "credits", credits = 10, upfront = false, expires = "P2M" }] }
"#,
        ],
        &expect![[r#"
            11:25 `bucket`
                  warning: plan.p.monthly.grants[0]: what is left of these ends with each renewal, before "credits" says that they expire
                  help: renewal = "add" keeps them until then; renewal = "reset" says that this is meant
            --
            11:24 `bucket`
                  warning: plan.p.annual.grants[0]: what is left of these ends with each renewal, before "credits" says that they expire
                  help: renewal = "add" keeps them until then; renewal = "reset" says that this is meant
            --
        "#]],
    );
}

#[test]
fn the_time_of_a_limit_needs_the_limit() {
    toml(
        &[r#"[studio]
name = "X"
[[bucket]]
id = "credits"
[[tool]]
id = "t"
price = 1
[[promotion]]
id = "daily"
kind = "daily_login"
earns_per = "month"
grants = [{ bucket = "credits", credits = 5 }]
"#],
        &expect![[r#"
            11:1 `earns_per`
                  error: promotion.daily: there is no limit that it is the time of
                  help: add earns_at_most = …
            --
        "#]],
    );
}

#[test]
fn free_jobs_by_plan_are_counted_in_one_period() {
    toml(
        &[
            r#"[studio]
name = "X"
[[bucket]]
id = "credits"
[[tool]]
id = "t"
price = 1
first_free = [{ count = 3, per = "day", when = "plan == 'p'" }, { count = 5, per = "week" }, { count = 2, per = "day" }]
[[plan]]
id = "p"
monthly = {}
"#,
            r#"[studio]
name = "X"
[[bucket]]
id = "credits"
[[tool]]
id = "t"
price = 1
first_free = { count = 3, when = "quality" }
"#,
        ],
        &expect![[r#"
            8:78 `per`
                  error: tool.t.first_free[1]: free jobs are counted in one period: `per` must be the same in all of them
            8:94 `{ count = 2, per = "day" }`
                  error: tool.t.first_free[2]: this is never reached: the one before holds for every job
                  help: say when, or put it last
            --
            8:35 `quality`
                  error: tool.t.first_free.when: there is no `quality` here
                  help: known here: `plan`
            --
        "#]],
    );
}
