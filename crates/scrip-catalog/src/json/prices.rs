//! A price as the API shows it: in words, and in all its terms.

use serde_json::{Map, Value, json};

use super::{object, some};
use crate::price::adjust::Adjust;
use crate::price::rate::{Counting, Rate, Tiering};
use crate::price::table::{PriceTable, Row};
use crate::price::{Amount, Part, Price};
use crate::rate_card::words;
use crate::rational::Rational;
use crate::studio::CreditUnit;
use crate::tool::Tool;

pub(super) fn price_json(price: &Price, tool: &Tool, unit: &CreditUnit) -> Value {
    let shown = words::price(price, tool, unit);
    let mut json = object([
        ("text", json!(shown.text)),
        ("credits", json!(shown.credits)),
        ("per", json!(shown.per)),
        ("formula", json!(shown.formula)),
        ("adjust", json!(some(price.adjust.iter().map(adjust).collect()))),
        ("min_credits", number(price.min_credits)),
        ("max_credits", number(price.max_credits)),
        ("ceiling", json!(price.ceiling.map(|ceiling| ceiling.to_string()))),
    ]);
    let Some(fields) = json.as_object_mut() else { return json };
    match price.parts.as_slice() {
        [Part { label: None, when: None, amount }] => fields.extend(terms(amount, tool, unit)),
        parts => {
            let parts: Vec<Value> = parts.iter().map(|part| part_json(part, tool, unit)).collect();
            fields.insert("parts".to_owned(), Value::Array(parts));
        }
    }
    json
}

fn part_json(part: &Part, tool: &Tool, unit: &CreditUnit) -> Value {
    let mut fields = Map::new();
    if let Some(label) = &part.label {
        fields.insert("label".to_owned(), json!(label));
    }
    if let Some(when) = &part.when {
        fields.insert("when".to_owned(), json!(when.to_string()));
    }
    match &part.amount {
        Amount::Flat(amount) => {
            fields.insert("credits".to_owned(), json!(amount.to_string()));
        }
        Amount::Formula(formula) => {
            fields.insert("formula".to_owned(), json!(formula.to_string()));
        }
        amount => fields.extend(terms(amount, tool, unit)),
    }
    Value::Object(fields)
}

/// What the words do not say.
fn terms(amount: &Amount, tool: &Tool, unit: &CreditUnit) -> Map<String, Value> {
    let (key, value) = match amount {
        Amount::Flat(_) | Amount::Formula(_) => return Map::new(),
        Amount::Rate(terms) => ("rate", rate(terms)),
        Amount::Table(rows) => ("table", table(rows, tool, unit)),
        Amount::Sum(price) => ("price", price_json(price, tool, unit)),
    };
    Map::from_iter([(key.to_owned(), value)])
}

fn number(number: Option<Rational>) -> Value {
    json!(number.map(|number| number.to_string()))
}

fn rate(rate: &Rate) -> Value {
    let terms = &rate.terms;
    let rounding = match terms.counting {
        Counting::Up => "up",
        Counting::Down => "down",
        Counting::HalfUp => "half_up",
        Counting::Exact => "none",
    };
    let tiering = match terms.tiering {
        Tiering::Graduated => "graduated",
        Tiering::Volume => "volume",
        Tiering::Package => "package",
    };
    let tiers = terms
        .tiers
        .iter()
        .map(|tier| object([("up_to", number(tier.up_to)), ("credits", json!(tier.credits.to_string()))]));
    object([
        ("input", json!(rate.input.as_str())),
        ("credits", number(terms.credits)),
        ("block", json!(terms.block.to_string())),
        ("increment", json!(terms.increment.to_string())),
        ("rounding", json!(rounding)),
        ("min_quantity", number(terms.min_quantity)),
        ("max_quantity", number(terms.max_quantity)),
        ("free_quantity", number(terms.free_quantity)),
        ("growth_only", json!(terms.growth_only.then_some(true))),
        ("tiering", json!((!terms.tiers.is_empty()).then_some(tiering))),
        ("tiers", json!(some(tiers.collect()))),
    ])
}

fn table(table: &PriceTable, tool: &Tool, unit: &CreditUnit) -> Value {
    let row = |row: &Row| json!({ "for": row.label(&table.columns), "price": price_json(&row.price, tool, unit) });
    object([
        ("columns", json!(table.columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>())),
        ("rows", Value::Array(table.rows.iter().map(row).collect())),
        ("otherwise", number(table.otherwise)),
    ])
}

fn adjust(adjust: &Adjust) -> Value {
    let clock = |minutes: u16| format!("{:02}:{:02}", minutes / 60, minutes % 60);
    let window = adjust.window.as_ref();
    object([
        ("label", json!(adjust.label)),
        ("when", json!(adjust.when.as_ref().map(|when| when.to_string()))),
        ("times", number(adjust.times)),
        ("add", number(adjust.add.is_positive().then_some(adjust.add))),
        ("subtract", number(adjust.subtract.is_positive().then_some(adjust.subtract))),
        ("between", json!(window.and_then(|window| window.between).map(|(from, to)| [clock(from), clock(to)]))),
        ("days", json!(window.and_then(|window| some(window.days.clone())))),
    ])
}
