//! What was probably meant: values as help pages write them, and keys as other files call them.

use crate::file::{Node, Tree};
use crate::rational::Rational;
use crate::shape::{Shape, TableShape};

/// How a value that does not fit is written here: "20%", "10s", "$10", "7 days", "1,000".
pub(crate) fn for_value(node: &Node, shape: &Shape) -> Option<String> {
    match (shape, &node.value) {
        (Shape::Any(shapes), _) => shapes.iter().find_map(|shape| for_value(node, shape)),
        (Shape::Named(_, shape), _) => for_value(node, shape),
        (Shape::List(item), Tree::Text(text)) if takes_texts(item) => Some(format!("write it as a list: [{text:?}]")),
        (Shape::Map(_), Tree::List(_)) => Some("write each by its name: NAME = …".to_owned()),
        (Shape::List(_), Tree::Table(_)) => {
            Some("write it as a list: [[…]] as a heading, [{ … }] as a value".to_owned())
        }
        (Shape::List(Shape::TimeOfDay), Tree::Text(text)) => {
            let (from, to) = text.split_once(['-', '–'])?;
            Some(format!("write it as a list: [{:?}, {:?}]", from.trim(), to.trim()))
        }
        // How long credits last, or when.
        (Shape::Table(table), Tree::Integer(days)) if table.name == "an expiry" => Some(format!("write \"P{days}D\"")),
        (Shape::Table(table), Tree::Integer(_) | Tree::Bool(_)) if table.name == "an outcome" => {
            Some("write \"nothing\", \"full\", or a share such as \"0.5\"".to_owned())
        }
        (Shape::Table(table), Tree::Text(_) | Tree::Integer(_) | Tree::Bool(_)) => Some(for_table(node, table)),
        (Shape::Id, Tree::Text(text)) => id(text),
        (Shape::Money, Tree::Fraction(number) | Tree::Integer(number)) => money(number),
        (Shape::Money, Tree::Text(text)) => money(text),
        (Shape::Span, Tree::Text(text)) => span(text).map(|span| format!("write {span:?}")),
        (Shape::Lifetime, Tree::Text(text)) => lifetime(text),
        (Shape::Decimal | Shape::Credits | Shape::Integer { .. }, Tree::Text(text)) => number(text, shape),
        (Shape::Word(["customer", "seat"]), Tree::Text(text)) if is_period(text) => Some(format!(
            "`per` says for whom; how often a grant comes is said by every = {:?}",
            synonym(text).unwrap_or(text)
        )),
        (Shape::Word(words), Tree::Text(text)) => synonym(text).filter(|word| words.contains(word)).map(did_you_mean),
        _ => None,
    }
}

fn is_period(text: &str) -> bool {
    matches!(synonym(text).unwrap_or(text), "hour" | "day" | "week" | "30_days" | "month" | "year")
}

fn takes_texts(shape: &Shape) -> bool {
    match shape {
        Shape::Id | Shape::Text | Shape::Word(_) => true,
        Shape::Named(_, shape) => takes_texts(shape),
        _ => false,
    }
}

/// How a table is written that is something else here.
pub(crate) fn for_table(node: &Node, table: &TableShape) -> String {
    if matches!(node.value, Tree::List(_)) {
        return "there is one of it and no list: in TOML its heading stands in single brackets, […]".to_owned();
    }
    let required = table.fields.iter().filter(|field| field.required);
    let shown: Vec<_> = required.chain(table.fields).take(1).map(|field| field.key).collect();
    let known: Vec<_> = table.fields.iter().map(|field| field.key).collect();
    format!("write it as a table, such as {{ {} = … }}; it can say: {}", shown.join(""), known.join(", "))
}

/// `my-tool` for "My Tool".
fn id(text: &str) -> Option<String> {
    let dashed: String = text.trim().to_lowercase().split_whitespace().collect::<Vec<_>>().join("-");
    crate::shape::is_id(&dashed).then(|| format!("write {dashed:?}; what customers read is its name"))
}

pub(crate) fn did_you_mean_key(key: &str) -> String {
    format!("did you mean `{key}`?")
}

pub(crate) fn did_you_mean(word: &str) -> String {
    format!("did you mean {word:?}?")
}

fn number(text: &str, shape: &Shape) -> Option<String> {
    let whole = matches!(shape, Shape::Integer { .. });
    if let Some(percent) = text.strip_suffix('%') {
        let percent = plain(percent.trim())?;
        let share = percent.checked_div(Rational::from_integer(100)).ok()?;
        return Some(if whole { format!("write {percent}") } else { format!("as a share: \"{share}\"") });
    }
    if text.contains(',') {
        let digits = plain(&text.replace(',', ""))?;
        return Some(format!("write it without commas: {}", quoted(digits)));
    }
    let end = text.find(|letter: char| letter.is_ascii_alphabetic() || letter == ' ')?;
    let (digits, unit) = text.split_at(end);
    let digits = plain(digits)?;
    Some(format!("write {} alone: what it counts ({}) is known from its place", quoted(digits), unit.trim()))
}

fn plain(text: &str) -> Option<Rational> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let places = u32::try_from(fraction.len()).ok().filter(|places| *places <= 6)?;
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || 12 < whole.len() || !digits(whole) || !digits(fraction) {
        return None;
    }
    Rational::new(format!("{whole}{fraction}").parse().ok()?, 10i128.pow(places)).ok()
}

fn quoted(number: Rational) -> String {
    if number.is_integer() { number.to_string() } else { format!("\"{number}\"") }
}

fn money(text: &str) -> Option<String> {
    let (text, currency) = match text.trim().chars().next()? {
        '$' => (text.trim().trim_start_matches('$'), "usd"),
        '€' => (text.trim().trim_start_matches('€'), "eur"),
        '£' => (text.trim().trim_start_matches('£'), "gbp"),
        _ => (text.trim(), "usd"),
    };
    let (text, currency) = match text.trim().split_once(' ') {
        Some((amount, name)) => (amount, currency_of(name.trim())?),
        None => (text.trim(), currency),
    };
    let number = plain(text.replace(',', "").as_str())?.to_string();
    let (whole, cents) = number.split_once('.').unwrap_or((&number, ""));
    if 2 < cents.len() {
        return Some(
            "an amount of money is not finer than its cents; where a price is, say it of more of them".to_owned(),
        );
    }
    Some(format!("say the currency, in a text: \"{whole}.{cents:0<2} {currency}\""))
}

fn currency_of(name: &str) -> Option<&'static str> {
    Some(match name.to_lowercase().as_str() {
        "$" | "usd" | "dollar" | "dollars" => "usd",
        "€" | "eur" | "euro" | "euros" => "eur",
        "£" | "gbp" | "pound" | "pounds" => "gbp",
        _ => return None,
    })
}

/// What a fact needs that is named before it is declared.
pub(crate) fn for_fact(name: &str) -> Option<String> {
    ["mode", "channel"].contains(&name).then(|| format!("declare it: [facts] {name} = {{ one_of = […], default = … }}"))
}

/// `P7D` for "7 days", `PT10S` for "10s".
pub(crate) fn span(text: &str) -> Option<String> {
    let end = text.find(|letter: char| !letter.is_ascii_digit())?;
    let (number, unit) = text.split_at(end);
    let number: u32 = number.parse().ok()?;
    let unit = unit.trim().trim_start_matches('-').to_lowercase();
    let days = |days: u32| Some(format!("P{}D", number.checked_mul(days)?));
    match unit.as_str() {
        "s" | "sec" | "second" | "seconds" => Some(format!("PT{number}S")),
        "m" | "min" | "minute" | "minutes" => Some(format!("PT{number}M")),
        "h" | "hour" | "hours" => Some(format!("PT{number}H")),
        "d" | "day" | "days" => days(1),
        "w" | "week" | "weeks" => days(7),
        "month" | "months" => days(30),
        "y" | "year" | "years" => days(365),
        _ => None,
    }
}

/// What to write for how long credits last: `P12M` for "12 months"; months and days don't mix.
pub(crate) fn lifetime(text: &str) -> Option<String> {
    let (date, _) = text.strip_prefix('P').map_or(("", ""), |rest| rest.split_once('T').unwrap_or((rest, "")));
    if date.contains(['Y', 'M']) {
        return Some(
            "a century at most, in months and years (\"P1Y6M\") or in weeks, days and hours, not in both".to_owned(),
        );
    }
    let end = text.find(|letter: char| !letter.is_ascii_digit())?;
    let (number, unit) = text.split_at(end);
    let calendar = match unit.trim().trim_start_matches('-').to_lowercase().as_str() {
        "month" | "months" => Some('M'),
        "y" | "year" | "years" => Some('Y'),
        _ => None,
    };
    let written = match calendar {
        Some(letter) if number.parse::<u16>().is_ok() => format!("P{number}{letter}"),
        _ => span(text)?,
    };
    Some(format!("write {written:?}"))
}

/// A word of this language for one of another.
fn synonym(word: &str) -> Option<&'static str> {
    Some(match word {
        "int" | "number" => "integer",
        "float" | "double" => "decimal",
        "bool" | "flag" => "boolean",
        "string" | "text" | "enum" | "choice" | "select" => "word",
        "seconds" | "time" => "duration",
        "hourly" => "hour",
        "daily" => "day",
        "weekly" => "week",
        "monthly" => "month",
        "yearly" | "annual" | "annually" => "year",
        "ceil" => "up",
        "floor" => "down",
        "nearest" => "half_up",
        "monday" | "Monday" => "mon",
        "tuesday" | "Tuesday" => "tue",
        "wednesday" | "Wednesday" => "wed",
        "thursday" | "Thursday" => "thu",
        "friday" | "Friday" => "fri",
        "saturday" | "Saturday" => "sat",
        "sunday" | "Sunday" => "sun",
        "concurrency" | "concurrent" | "concurrent_jobs" | "parallel" => "jobs_in_flight",
        "count" | "generations" | "requests" | "runs" => "jobs",
        "credits" | "spending" => "spend",
        "packs" => "purchases",
        "promo" | "promo_code" | "coupon" | "voucher" => "code",
        "signup" | "sign_up" => "welcome",
        "daily_bonus" | "check_in" | "checkin" => "daily_login",
        _ => return None,
    })
}

/// The key of this table that another name stands for.
pub(crate) fn for_key(table: &str, key: &str) -> Option<&'static str> {
    Some(match (table, key) {
        ("a plan", "price" | "credits" | "grants") => {
            "a plan says its price and credits by interval: monthly = { price = \"10.00 usd\", grants = [{ bucket = \"…\", credits = 500 }] }"
        }
        ("a plan", "seat" | "per_seat") => "did you mean `seats`?",
        ("a plan", "yearly" | "year") => "did you mean `annual`?",
        ("a plan", "month") => "did you mean `monthly`?",
        ("a plan", "rollover") => {
            "rollover is said by a grant: grants = [{ bucket = \"…\", credits = 500, rollover = { … } }]"
        }
        ("terms", "every" | "interval" | "daily" | "weekly" | "monthly") => {
            "what comes more often than the cycle is a grant of it: grants = [{ bucket = \"…\", credits = 10, every = \"day\" }]"
        }
        ("a grant", "interval" | "period" | "each" | "frequency" | "cycle" | "daily" | "weekly") => {
            "how often it comes within the cycle is said by every = \"day\" (or \"week\", \"30_days\", \"month\")"
        }
        ("a one-time grant", "every" | "interval" | "period") => "it comes once; what comes again is granted by a plan",
        ("terms", "bucket" | "credits") => {
            "what is granted stands in a list: grants = [{ bucket = \"…\", credits = 500 }]"
        }
        ("a rollover", "max" | "cap" | "at_most" | "limit") => {
            "carry_at_most bounds what one renewal carries, total_at_most what was carried in all"
        }
        ("a rollover", "expires") => "cycles says for how many cycles carried credits live",
        ("a tool", "cost" | "credits") => "did you mean `price`?",
        ("a tool", "free") => "a free tool says price = 0",
        ("a tool", "default_model") => "the model says it: models.NAME = { default = true, … }",
        ("a tool", "model") => "did you mean `models`?",
        ("an input", "values" | "options" | "choices" | "enum" | "allowed") => "did you mean `one_of`?",
        ("an input", "minimum" | "at_least") => "did you mean `min`?",
        ("an input", "maximum" | "at_most") => "did you mean `max`?",
        ("an input", "required") => "inputs are required unless they have a default or say optional = true",
        ("a price", "minimum" | "min") => "min_credits is the least it costs, min_quantity the least that is counted",
        ("a price", "maximum" | "max") => "max_credits is the most it costs, max_quantity the most that is counted",
        ("a price", "round") => "did you mean `rounding`?",
        ("a price", "rate" | "amount" | "price" | "cost") => "did you mean `credits`?",
        ("a tier", "price" | "cost" | "amount" | "rate") => "did you mean `credits`?",
        ("a grant" | "a one-time grant" | "an add-on", "amount" | "quantity") => "did you mean `credits`?",
        ("a limit", "max" | "limit" | "count") => "did you mean `at_most`?",
        ("a bucket", "order" | "priority") => {
            "buckets are spent in the order of the file; see policies.spending_order for others"
        }
        ("a bucket", "credits") => "plans, packs and promotions grant credits; a bucket is a kind of them",
        ("an adjustment", "if" | "condition" | "only_if") => "did you mean `when`?",
        ("an adjustment", "percent" | "discount" | "surcharge") => "times multiplies: 20% off is times = \"0.8\"",
        ("an adjustment", "multiply" | "multiplier" | "factor") => "did you mean `times`?",
        ("a bucket" | "a pack" | "a grant", "valid_for" | "lifetime" | "expiry") => "did you mean `expires`?",
        ("the outcomes", "error" | "failure") => "did you mean `failed`?",
        ("a pack", "amount") => "did you mean `credits`?",
        ("the policies", "refund" | "refunds" | "refund_on") => "what a job costs that failed is said by `outcomes`",
        ("the catalog", "limit" | "limits") => "limits are said by a plan, or by [without_plan]",
        ("the catalog", "credit") => "the credit is said by [studio]: credit = { name = \"…\" }",
        _ => return None,
    })
}

/// Where a key belongs that this table does not have: to the table around it, or among the policies. In TOML a key
/// belongs to the last heading above it, which is easily forgotten.
pub(crate) fn for_key_elsewhere(outer: Option<&TableShape>, table: &TableShape, key: &str) -> Option<String> {
    let has = |table: &TableShape| table.fields.iter().any(|field| field.key == key);
    if let Some(outer) = outer.filter(|outer| has(outer)) {
        return Some(format!("it is a key of {}: write it above the heading of {}", outer.name, table.name));
    }
    let policies = &crate::format::POLICIES;
    (policies.name != table.name && has(policies))
        .then(|| format!("it is a policy: write it under [policies], {key} = …"))
}
