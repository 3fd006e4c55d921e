//! What things cost: formulas, rates, tiers, tables and amounts.

use expect_test::expect;

use super::toml;

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
            r#"[studio]
name = "X"
[[tool]]
id = "t"
unknown_model = "accept"
models.a = { numbers = { rate = 2 } }
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
            7:1 `price`
                  error: tool.t.price: the price reads a number that a model which is not listed does not have
                  help: say a price for the listed models, and one without `model.…` for the tool
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
inputs.size = { one_of = ["s", "m", "l"] }
inputs.hd = "boolean"
price = { table = [
  { size = ["s", "m"], hd = true, credits = 3 },
  { size = ["m", "l"], credits = 2 },
], otherwise = 1 }
"#,
            r#"[studio]
name = "X"
[[tool]]
id = "t"
inputs.size = { one_of = ["s", "m", "l"] }
price = { table = [
  { size = ["s", "m"], credits = 1 },
  { size = ["m", "l"], credits = 2 },
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
                  error: tool.t.price.table[1]: this row is never reached: row 1 (line 7) covers it
                  help: put special rows first, or remove one
            --
            8:3 `{ size = "s", credits = 1 }`
                  warning: tool.t.price.table[0]: some requests fit this row and row 2 (line 9): this one counts
                  help: the first row that fits is taken; to be sure, make them exclude each other
            --
            8:3 `{ size = ["s", "m"], hd = true, credits = 3 }`
                  warning: tool.t.price.table[0]: some requests fit this row and row 2 (line 9): this one counts
                  help: the first row that fits is taken; to be sure, make them exclude each other
            --
            8:3 `{ size = ["m", "l"], credits = 2 }`
                  error: tool.t.price.table[1]: this row and row 1 (line 7) both fit some requests
                  help: make them exclude each other: name each value in one of them only
            --
            8:3 `{ seconds = { from = 10, up_to = 30 }, credits = 2 }`
                  error: tool.t.price.table[1]: this row and row 1 (line 7) both fit some requests
                  help: make them exclude each other: `above` and `below` leave the end of a range out
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
