//! The shape of a catalog file, described once: the check, the JSON Schema and the reference page read it here.

mod plans;

use crate::shape::{FieldShape, Shape, TableShape};

use self::plans::{ADD_ON, AUTO_TOP_UP, GIFT, PACK, PLAN, PROMOTION, WITHOUT_PLAN};
pub(crate) use self::plans::{CONTRACTS, LIMITS};

const fn may(key: &'static str, shape: &'static Shape, doc: &'static str) -> FieldShape {
    FieldShape { key, required: false, shape, doc }
}

const fn must(key: &'static str, shape: &'static Shape, doc: &'static str) -> FieldShape {
    FieldShape { key, required: true, shape, doc }
}

const fn table(name: &'static str, doc: &'static str, fields: &'static [FieldShape]) -> TableShape {
    TableShape { name, doc, fields, others: None }
}

const TEXTS: Shape = Shape::List(&Shape::Text);
const IDS: Shape = Shape::List(&Shape::Id);
const COUNT: Shape = Shape::Integer { min: 1, max: 1_000_000_000 };
const ANCHOR: Shape = Shape::Word(&["purchase", "calendar", "first_use"]);
const INTERVAL: Shape = Shape::Word(&["hour", "day", "week", "30_days", "month", "year"]);

pub(crate) static CATALOG: TableShape = table(
    "the catalog",
    "prices, plans and policies of one product",
    &[
        may("$schema", &Shape::Text, "the schema of this file, for editors that read JSON"),
        must("studio", &Shape::Table(&STUDIO), "the product and its credit"),
        may("rate_card", &Shape::Table(&RATE_CARD), "what the published price list shows beside the tools"),
        may("facts", &Shape::Table(&FACTS), "what prices may depend on beside the inputs"),
        may("policies", &Shape::Table(&POLICIES), "what happens in the cases that need a rule"),
        may("bucket", &Shape::List(&Shape::Table(&BUCKET)), "classes of credits, in the order in which they are spent"),
        may("toolkit", &Shape::List(&Shape::Table(&TOOLKIT)), "groups of tools, in the order of the rate card"),
        may("model_list", &Shape::List(&Shape::Table(&MODEL_LIST)), "models that several tools offer"),
        may("tool", &Shape::List(&Shape::Table(&TOOL)), "what customers run and pay for"),
        may("plan", &Shape::List(&Shape::Table(&PLAN)), "what customers subscribe to"),
        may(
            "without_plan",
            &Shape::Table(&WITHOUT_PLAN),
            "what customers without a plan may do; everything by default",
        ),
        may("add_on", &Shape::List(&Shape::Table(&ADD_ON)), "units bought on top of a plan, renewing with it"),
        may("pack", &Shape::List(&Shape::Table(&PACK)), "one-off purchases of credits"),
        may("promotion", &Shape::List(&Shape::Table(&PROMOTION)), "credits that are given and not sold"),
        may("auto_top_up", &Shape::Table(&AUTO_TOP_UP), "buying a pack when the balance runs low"),
    ],
);

static STUDIO: TableShape = table(
    "the studio",
    "the product that sells credits",
    &[
        must("name", &Shape::Text, "the product's name"),
        may("credit", &Shape::Table(&CREDIT), "the unit that prices are in"),
        may("units", &Shape::List(&Shape::Table(&UNIT)), "further units, each with tools and buckets of its own"),
        may("top_up_url", &Shape::Text, "where credits are bought"),
        may("upgrade_url", &Shape::Text, "where plans are changed"),
        may("quote_ttl", &Shape::Span, "how long a quoted price is promised; PT15M by default, a day at most"),
        may("hold_ttl", &Shape::Span, "how long a hold lasts; PT15M by default, 7 days at most"),
        may("zone", &Shape::Text, "the zone of calendar rules; UTC by default"),
    ],
);

const fn credit_name() -> FieldShape {
    may("name", &Shape::Text, "one of it; \"credit\" by default")
}

const fn credit_plural() -> FieldShape {
    may("plural", &Shape::Text, "several of it; the name with an s by default")
}

const fn credit_symbol() -> FieldShape {
    may("symbol", &Shape::Text, "a sign shown with amounts")
}

const fn credit_decimals() -> FieldShape {
    may("decimals", &Shape::Integer { min: 0, max: 6 }, "decimals that are charged and shown; 0 by default")
}

const fn credit_rounding() -> FieldShape {
    may("rounding", &ROUNDING, "how a price is rounded, once, on the total; \"half_up\" by default")
}

const ROUNDING: Shape = Shape::Word(&["half_up", "up", "down", "exact"]);

static CREDIT: TableShape = table(
    "the credit",
    "name, decimals and rounding",
    &[credit_name(), credit_plural(), credit_symbol(), credit_decimals(), credit_rounding()],
);

static UNIT: TableShape = table(
    "a unit",
    "a further unit beside the credit",
    &[
        must("id", &Shape::Id, "the name that buckets and tools use"),
        credit_name(),
        credit_plural(),
        credit_symbol(),
        credit_decimals(),
        credit_rounding(),
    ],
);

static TOOLKIT: TableShape = table(
    "a toolkit",
    "a group of tools",
    &[
        must("name", &Shape::Text, "the name that tools say in `toolkit`"),
        may("description", &Shape::Text, "shown under the name"),
    ],
);

static FACTS: TableShape = table(
    "the facts",
    "what prices may depend on beside the inputs; the plan is always one of them",
    &[
        may("channel", &Shape::Table(&FACT), "how a request comes in: app, api, …"),
        may("mode", &Shape::Table(&FACT), "how it is run: fast, relaxed, …"),
    ],
);

static FACT: TableShape = table(
    "a fact",
    "a word that the server knows",
    &[
        must("one_of", &Shape::List(&Shape::Id), "the words it may be"),
        must("default", &Shape::Id, "the word when nobody says"),
    ],
);

static BUCKET: TableShape = table(
    "a bucket",
    "a class of credits",
    &[
        must("id", &Shape::Id, "the bucket's name in requests"),
        may("name", &Shape::Text, "what customers read"),
        may("description", &Shape::Text, "shown with the name"),
        may("unit", &Shape::Id, "what it counts in; the studio's credit by default"),
        may("expires", &EXPIRES, "when its credits end; \"cycle\" by default"),
        may("only_tools", &IDS, "tools that it may pay for; all by default"),
        may(
            "without_plan",
            &Shape::Word(&["spendable", "frozen", "void"]),
            "without an active plan; \"spendable\" by default",
        ),
        may("at_most", &Shape::Credits, "the most it may hold"),
        may("transferable", &Shape::Boolean, "may credits be moved to others? No by default"),
        may("retired", &Shape::Boolean, "kept for those who still hold credits in it"),
    ],
);

const EXPIRES: Shape = Shape::Any(&[Shape::Text, Shape::Table(&LATER_OF)]);

static LATER_OF: TableShape = table(
    "an expiry",
    "\"never\", \"cycle\", a span such as \"P30D\", \"P12M\" or \"P1Y\", or the later of a span and the cycle",
    &[must("later_of_cycle_and", &Shape::Lifetime, "so long after the grant, or with the cycle if that is later")],
);

pub(crate) static POLICIES: TableShape = table(
    "the policies",
    "what happens in the cases that need a rule",
    &[
        may("over_capture", &OVER_CAPTURE, "a job costs more than was held; \"cap\" by default"),
        may("debt_limit", &Shape::Credits, "with over_capture = \"allow_debt\": the most that may be owed"),
        may("late_capture", &LATE_CAPTURE, "a job is captured after its hold expired; \"refuse\" by default"),
        may("released_after_expiry", &RELEASED, "credits come back to a grant that has ended; \"expire\" by default"),
        may("grace", &Shape::Span, "with released_after_expiry = \"grace\": for how long; P7D by default"),
        may("outcomes", &Shape::Table(&OUTCOMES), "what is charged when a job does not succeed"),
        may("unknown_ttl", &Shape::Span, "how long an unknown outcome keeps its hold; PT24H by default"),
        may(
            "spending_order",
            &Shape::Word(&["buckets", "expiring_first", "paid_first", "free_first"]),
            "what is spent first; of what is alike, the bucket declared first; \"buckets\" by default",
        ),
        may("release_order", &Shape::Word(&["last_spent_first"]), "what a job did not use goes back so"),
        may(
            "short_balance",
            &SHORT_BALANCE,
            "a job may need more than there is: refused as a whole by default; \"hold_available\" holds what there is \
             for a quantity that is left open",
        ),
        may("running_jobs", &Shape::Word(&["quoted_price"]), "a price change while a job runs: it keeps its quote"),
        may(
            "hold_over_reset",
            &Shape::Word(&["cycle_of_hold"]),
            "a hold that spans a reset is charged to its own cycle",
        ),
        may("missed_renewals", &Shape::Word(&["one_by_one"]), "each missed cycle is granted and expired in order"),
        may("cancel", &Shape::Word(&["period_end"]), "a cancelled plan and its add-ons end with the period"),
        may("termination", &Shape::Word(&["void_all"]), "an immediate end voids plan and add-on credits at once"),
        may("cycle_anchor", &ANCHOR, "what a cycle starts from; \"purchase\" by default"),
        may("month_end", &Shape::Word(&["clamp"]), "the 31st in a short month is its last day"),
        may(
            "upgrade",
            &Shape::Word(&["grant_difference", "new_cycle", "reset", "next_renewal"]),
            "\"grant_difference\" by default",
        ),
        may("downgrade", &Shape::Word(&["next_renewal", "now_capped"]), "\"next_renewal\" by default"),
        may("past_due_grace", &Shape::Span, "credits are kept so long while a payment is due; P7D by default"),
        may(
            "chargeback",
            &Shape::Word(&["claw_back_and_owe", "claw_back", "nothing"]),
            "\"claw_back_and_owe\" by default",
        ),
        may("rollout", &Shape::Word(&["next_renewal", "immediate", "new_only"]), "when new terms reach running plans"),
        may("several_subscriptions", &Shape::Boolean, "may a customer have several plans at once? No by default"),
        may("overage", &Shape::Table(&OVERAGE), "jobs beyond the balance are invoiced"),
        may(
            "alert_percents",
            &Shape::List(&Shape::Integer { min: 0, max: 100 }),
            "shares of the quota at which a low balance is announced once each; 50, 20, 10, 0 by default",
        ),
        may(
            "alert_credits",
            &Shape::List(&Shape::Credits),
            "the same in credits, for balances without a quota and where alert_percents = []; none by default",
        ),
    ],
);

const SHORT_BALANCE: Shape = Shape::Word(&["refuse", "hold_available"]);
const OVER_CAPTURE: Shape = Shape::Word(&["cap", "reject", "charge_available", "allow_debt"]);
const LATE_CAPTURE: Shape = Shape::Word(&["refuse", "charge_available"]);
const RELEASED: Shape = Shape::Word(&["expire", "grace", "restore"]);

static OVERAGE: TableShape = table(
    "overage",
    "jobs of customers with a paid plan may go beyond the balance, and are invoiced",
    &[
        must("price_each", &Shape::Money, "what one credit beyond the balance costs, or so many of them (`per`)"),
        may("per", &Shape::Credits, "how many credits the price is for; 1 by default"),
        may("invoice_at", &Shape::Money, "an invoice is made when so much is due"),
        may("at_most", &Shape::Credits, "the most that one cycle may go beyond"),
    ],
);

static OUTCOMES: TableShape = table(
    "the outcomes",
    "each \"nothing\", \"full\", \"delivered\" (the delivered share) or a share such as \"0.5\"",
    &[
        may("failed", &STAGED, "failed at the provider; \"nothing\" by default"),
        may("moderated", &STAGED, "refused for its content; \"nothing\" by default"),
        may("canceled", &STAGED, "stopped by the customer; \"nothing\" by default"),
        may("timed_out", &STAGED, "took too long; \"nothing\" by default"),
        may("partial", &Shape::Text, "delivered in part; \"delivered\" by default"),
    ],
);

const STAGED: Shape = Shape::Any(&[Shape::Text, Shape::Table(&STAGES)]);

static STAGES: TableShape = table(
    "an outcome",
    "what is charged by where the job was when it ended",
    &[
        may("queued", &Shape::Text, "not yet sent to whoever does the work"),
        may("running", &Shape::Text, "at work, or sent already"),
    ],
);

static MODEL_LIST: TableShape = table(
    "a model list",
    "models that several tools offer",
    &[
        must("id", &Shape::Id, "the name that tools say in `models`"),
        may("title", &Shape::Text, "shown above its table"),
        may("default_mark", &Shape::Text, "how the default is marked in its table; \"default\" by default"),
        may("columns", &Shape::Map(&Shape::Text), "what else each model says, with the title of the column"),
        must("models", &Shape::Map(&Shape::Table(&MODEL)), "the models by id, in order"),
    ],
);

static MODEL: TableShape = TableShape {
    name: "a model",
    doc: "name, price and what its list's columns ask for",
    fields: &[
        may("name", &Shape::Text, "what customers read; the id by default"),
        may("price", &PRICE, "its price; the tool's by default"),
        may("default", &Shape::Boolean, "chosen when a request names no model"),
        may("aliases", &IDS, "other ids by which requests may name it"),
        may("row", &Shape::Text, "the name of the row that it shares with others in its table"),
        may("numbers", &Shape::Map(&Shape::Decimal), "numbers that formulas read as `model.<name>`"),
        may("description", &Shape::Text, "shown with the name"),
        may("retired", &Shape::Boolean, "no longer offered"),
    ],
    others: Some(&Shape::Text),
};

pub(crate) static TOOL: TableShape = table(
    "a tool",
    "what customers run and pay for",
    &[
        must("id", &Shape::Id, "the tool's name in requests"),
        may("name", &Shape::Text, "what customers read; the id by default"),
        may("description", &Shape::Text, "shown with the name"),
        may("toolkit", &Shape::Text, "the group it is shown in"),
        may("models", &MODELS, "models by id, or the name of a model list, or several"),
        may(
            "unknown_model",
            &Shape::Word(&["refuse", "default", "accept"]),
            "a model that is not listed; \"refuse\" by default",
        ),
        may("inputs", &Shape::Map(&Shape::Any(&[INPUT_KIND, Shape::Table(&INPUT)])), "what a request says, by name"),
        may("let", &Shape::Map(&Shape::Formula), "names for formulas to use, worked out first"),
        may(
            "requires",
            &Shape::List(&Shape::Table(&REQUIRES)),
            "what must hold for a request, beside each input's own limits",
        ),
        may("price", &PRICE, "what it costs"),
        may("revision", &PRICE, "what it costs to change something that was made and paid before"),
        may(
            "unchanged",
            &Shape::Word(&["charged", "free"]),
            "the same inputs again, those that say priced = false included; \"charged\" by default",
        ),
        may("unchanged_for", &Shape::Span, "how long they are free once they were paid for; \"P365D\" by default"),
        may(
            "first_free",
            &Shape::Any(&[Shape::Table(&FIRST_FREE), Shape::List(&Shape::Table(&FIRST_FREE))]),
            "the first jobs of a period are free; of several, the first whose `when` holds counts",
        ),
        may("free_units", &Shape::Table(&FREE_UNITS), "the first units of a period are free"),
        may("earns", &Shape::List(&Shape::Table(&GIFT)), "credits that each job brings which succeeds"),
        may("examples", &Shape::List(&Shape::Table(&EXAMPLE)), "worked prices; a wrong one is refused"),
        may("unit", &Shape::Id, "the unit it is priced in; the studio's credit by default"),
        may("charged_per", &Shape::Text, "says nothing any more: each line of a request is priced and rounded alone"),
        may("hold_ttl", &Shape::Span, "how long its holds last"),
        may("short_balance", &SHORT_BALANCE, "instead of the studio's policy"),
        may("over_capture", &OVER_CAPTURE, "instead of the studio's policy"),
        may("debt_limit", &Shape::Credits, "with over_capture = \"allow_debt\": the most that may be owed"),
        may("late_capture", &LATE_CAPTURE, "instead of the studio's policy"),
        may("outcomes", &Shape::Table(&OUTCOMES), "instead of the studio's policy"),
        may("unknown_ttl", &Shape::Span, "instead of the studio's policy"),
        may("rate_card", &Shape::Table(&TOOL_CARD), "how the price list shows it"),
        may("retired", &Shape::Boolean, "no longer offered"),
    ],
);

const MODELS: Shape = Shape::Any(&[Shape::Id, IDS, Shape::Map(&Shape::Any(&[Shape::Text, Shape::Table(&MODEL)]))]);

const INPUT_KIND: Shape = Shape::Word(&["integer", "decimal", "duration", "boolean", "word"]);

pub(crate) static INPUT: TableShape = table(
    "an input",
    "what a request says",
    &[
        may("type", &INPUT_KIND, "what it is; told by `one_of` or `default` if absent"),
        may("unit", &Shape::Text, "what one of it is: \"px\", \"seconds\"; the input's name by default"),
        may("label", &Shape::Text, "what customers read"),
        may("description", &Shape::Text, "shown with the label"),
        may("min", &Shape::Decimal, "the least; more than zero by default"),
        may("max", &Shape::Decimal, "the most"),
        may(
            "one_of",
            &Shape::List(&Shape::InputValue),
            "the only values allowed; a word needs them, unless it says priced = false",
        ),
        may("default", &Shape::InputValue, "the value when a request gives none"),
        may("typical", &Shape::InputValue, "the value where a price is shown without a request: what a balance buys"),
        may("optional", &Shape::Boolean, "may be left out: counts as zero, or stays open if it is measured"),
        may(
            "measured",
            &Shape::Boolean,
            "known after the job: left open, it is held at `max` and captured as measured",
        ),
        may("step", &Shape::Decimal, "the steps in which it is chosen; 1 by default"),
        may(
            "priced",
            &Shape::Boolean,
            "does it change the price? Yes by default; otherwise it is only kept with the job",
        ),
    ],
);

static REQUIRES: TableShape = table(
    "a requirement",
    "what must hold for a request",
    &[
        must("rule", &Shape::Formula, "a condition over the inputs"),
        must("input", &Shape::Id, "the input that a refusal names"),
        must("message", &Shape::Text, "what is allowed, for the refusal"),
    ],
);

static FIRST_FREE: TableShape = table(
    "first_free",
    "the first jobs of a period are free",
    &[
        must("count", &COUNT, "how many"),
        may("per", &INTERVAL, "per what time; ever by default"),
        may("when", &Shape::Formula, "they are free only if this holds"),
    ],
);

static FREE_UNITS: TableShape = table(
    "free_units",
    "the first units of a period are free",
    &[
        must("of", &Shape::Id, "the input that is counted"),
        must("quantity", &Shape::Decimal, "how many"),
        may("per", &INTERVAL, "per what time; ever by default"),
    ],
);

pub(crate) static PRICE: Shape = Shape::Named(
    "a price: an integer, a formula as a text, a table such as { per = \"second\", credits = 7 }, or a list of parts",
    &Shape::Any(&[
        Shape::Integer { min: 0, max: 9_000_000_000_000 },
        Shape::Formula,
        Shape::List(&Shape::Table(&PRICE_TERMS)),
        Shape::Table(&PRICE_TERMS),
    ]),
);

pub(crate) static PRICE_TERMS: TableShape = table(
    "a price",
    "an amount, an amount per unit, tiers, a table, a formula, or parts that are added",
    &[
        may("label", &Shape::Text, "what the part is for"),
        may("when", &Shape::Formula, "the part counts only if this holds"),
        may("credits", &Shape::Credits, "the amount, of each block if `per` is given"),
        may(
            "per",
            &Shape::Text,
            "the input or `let` name it is for, \"second\" for `seconds`; of a duration also \"minute\" or \"hour\"",
        ),
        may("block", &Shape::Decimal, "how many of the input the amount is for; 1 by default"),
        may("increment", &Shape::Decimal, "what is counted at a time; a block by default"),
        may(
            "rounding",
            &Shape::Word(&["up", "down", "half_up", "none"]),
            "how the rest of an increment counts; \"up\" by default, \"none\" is pro rata",
        ),
        may("min_quantity", &Shape::Decimal, "less is counted as so many"),
        may("max_quantity", &Shape::Decimal, "more is counted as so many"),
        may("free_quantity", &Shape::Decimal, "so many of each job are free"),
        may("growth_only", &Shape::Boolean, "only what is more than was paid before is counted"),
        may("tiers", &Shape::List(&Shape::Table(&TIER)), "amounts by quantity"),
        may(
            "tiering",
            &Shape::Word(&["graduated", "volume", "package"]),
            "each unit at its tier, all at the tier reached, or one amount for up to so many",
        ),
        may(
            "table",
            &Shape::List(&Shape::Table(&TABLE_ROW)),
            "amounts by model and inputs; the first row that fits counts",
        ),
        may("otherwise", &Shape::Credits, "the amount where no row fits; without it that is refused as unpriced"),
        may("formula", &Shape::Formula, "the amount as a formula"),
        may("parts", &Shape::List(&Shape::Table(&PRICE_TERMS)), "prices that are added"),
        may("adjust", &Shape::List(&Shape::Table(&ADJUST)), "surcharges, discounts and multipliers, applied in order"),
        may("min_credits", &Shape::Credits, "it never costs less"),
        may("max_credits", &Shape::Credits, "it never costs more"),
        may("ceiling", &Shape::Credits, "the most to hold while a measured input is open"),
    ],
);

static TIER: TableShape = table(
    "a tier",
    "an amount up to a quantity",
    &[
        may("up_to", &Shape::Decimal, "the last quantity of the tier; the last tier has none"),
        must("credits", &Shape::Credits, "the amount of one, or of the package"),
    ],
);

static TABLE_ROW: TableShape = TableShape {
    name: "a row",
    doc: "inputs (and model, plan, channel, mode) with the values it is for, and what it costs",
    fields: &[
        may("credits", &Shape::Credits, "the amount"),
        may("price", &PRICE, "the price, where it is not one amount"),
    ],
    others: Some(&CELL),
};

const CELL: Shape = Shape::Any(&[Shape::InputValue, Shape::List(&Shape::InputValue), Shape::Table(&RANGE)]);

pub(crate) static RANGE: TableShape = table(
    "a range",
    "from and up to, both included",
    &[
        may("from", &Shape::Decimal, "the least"),
        may("above", &Shape::Decimal, "more than this"),
        may("up_to", &Shape::Decimal, "the most"),
        may("below", &Shape::Decimal, "less than this"),
    ],
);

static ADJUST: TableShape = table(
    "an adjustment",
    "a surcharge, a discount or a multiplier",
    &[
        may("label", &Shape::Text, "what it is for"),
        may("when", &Shape::Formula, "it counts only if this holds"),
        may("times", &Shape::Decimal, "multiplies the price so far"),
        may("add", &Shape::Credits, "adds to the price so far"),
        may("subtract", &Shape::Credits, "takes from the price so far, never below zero"),
        may("between", &Shape::List(&Shape::TimeOfDay), "only at these times of the day, in the studio's zone"),
        may("days", &Shape::List(&DAY), "only on these days"),
    ],
);

const DAY: Shape = Shape::Word(&["mon", "tue", "wed", "thu", "fri", "sat", "sun"]);

pub(crate) static EXAMPLE: TableShape = TableShape {
    name: "an example",
    doc: "inputs and what they cost",
    fields: &[
        may("credits", &Shape::Credits, "what the job costs"),
        may("hold", &Shape::Credits, "what is held while a measured input is open"),
        may("model", &Shape::Id, "the model it is for"),
        may("quantity", &COUNT, "how many of the job"),
        may(
            "measured",
            &Shape::Map(&Shape::InputValue),
            "what was measured after the job; `credits` is then what is charged",
        ),
        may("facts", &Shape::Table(&EXAMPLE_FACTS), "what is known beside the inputs"),
        may(
            "refused",
            &Shape::Word(&["invalid_input", "unknown_model", "unpriced"]),
            "the request is refused with this code",
        ),
    ],
    others: Some(&Shape::InputValue),
};

pub(crate) static EXAMPLE_FACTS: TableShape = table(
    "the example's facts",
    "what is known beside the inputs",
    &[
        may("plan", &Shape::Id, "the customer's plan"),
        may("channel", &Shape::Id, "how the request came in"),
        may("mode", &Shape::Id, "how it is run"),
        may("revision", &Shape::Boolean, "it changes what was made before"),
        may("unchanged", &Shape::Boolean, "it repeats the same inputs"),
        may("used", &Shape::Integer { min: 0, max: 1_000_000_000 }, "free jobs used in the period"),
        may("free_units_left", &Shape::Decimal, "free units left in the period"),
        may("previous", &Shape::Map(&Shape::Decimal), "quantities paid before, by input"),
        may("time", &Shape::TimeOfDay, "the time of the day"),
        may("day", &DAY, "the day of the week"),
    ],
);

static TOOL_CARD: TableShape = table(
    "a rate card entry",
    "how the price list shows the tool",
    &[
        may("text", &Shape::Text, "the price in words, instead of the words made from it"),
        may("title", &Shape::Text, "the title of its table"),
        may("formula", &Shape::Text, "the formula as customers read it"),
        may("notes", &TEXTS, "sentences under the title"),
        may("note", &Shape::Text, "the note in a table of tools"),
        may("name", &Shape::Text, "the name in a table of tools"),
        may("corner", &Shape::Text, "what stands in the corner of its table"),
        may("rows", &Shape::List(&Shape::Table(&CARD_CELL)), "rows of its table: a label and input values"),
        may("columns", &Shape::List(&Shape::Table(&CARD_CELL)), "columns of its table: a label and input values"),
        may("hidden", &Shape::Boolean, "left out of the price list"),
    ],
);

static CARD_CELL: TableShape = TableShape {
    name: "a row or column",
    doc: "a label and input values; every cell is computed",
    fields: &[must("label", &Shape::Text, "what is shown"), may("model", &Shape::Id, "the model it is for")],
    others: Some(&Shape::InputValue),
};

static RATE_CARD: TableShape = table(
    "the rate card",
    "the published price list",
    &[
        may("public", &Shape::Boolean, "may it be read without a key? No by default"),
        may("last_updated", &Shape::Date, "the day the prices were last reviewed"),
        may("notes", &TEXTS, "sentences above the prices"),
        may("tables", &Shape::List(&Shape::Table(&CARD_TABLE)), "tables over a model list or over tools"),
        may("lines", &Shape::List(&Shape::Table(&CARD_LINE)), "sentences with `{credits}` in them, computed"),
        may("equivalents", &Shape::List(&Shape::Table(&EQUIVALENT)), "what a plan's credits buy"),
    ],
);

static CARD_TABLE: TableShape = table(
    "a rate table",
    "a table over a model list or over tools",
    &[
        may("title", &Shape::Text, "shown above it; the title of its model list by default"),
        may("models", &Shape::Any(&[Shape::Id, IDS]), "the model list it shows, or several"),
        may("tools", &IDS, "the tools it shows"),
        may("header", &TEXTS, "the titles of its columns"),
    ],
);

static CARD_LINE: TableShape = TableShape {
    name: "a line",
    doc: "a sentence with `{credits}` in it",
    fields: &[
        must("text", &Shape::Text, "the sentence; `{credits}` stands for the computed amount"),
        must("tools", &IDS, "the tools that it is about; all must cost the same"),
        may("model", &Shape::Id, "the model it is about"),
    ],
    others: Some(&Shape::InputValue),
};

static EQUIVALENT: TableShape = table(
    "an equivalent",
    "what a plan's credits buy",
    &[
        must("text", &Shape::Text, "the sentence; `{quantity}` stands for the computed quantity"),
        must("tools", &IDS, "the tools that it is about; all must come to the same"),
        may("model", &Shape::Id, "the model it is about"),
    ],
);
