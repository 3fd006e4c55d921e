//! Answers of the server in the words of a scenario.

use std::collections::BTreeMap;

use scrip_ledger::Credits;
use serde_json::Value;

use super::Told;
use crate::scenario::act::{Act, Asked};
use crate::scenario::{Answer, Item, when};

pub fn answer(asked: &Asked, told: &Told) -> Answer {
    let mut answer = if told.status < 300 { Answer::of(said(asked, told)) } else { refused(told) };
    if told.replayed {
        answer.items.push(Item::new("replayed", "yes"));
    }
    answer
}

fn said(asked: &Asked, told: &Told) -> Vec<Item> {
    let body = &told.body;
    if asked.preview {
        return preview(body);
    }
    match &asked.act {
        Act::Join(_) | Act::Enable(_) | Act::Contract { .. } | Act::PutMember(_) | Act::RemoveMember { .. } => {
            vec![Item::new("created", if told.status == 201 { "yes" } else { "no" })]
        }
        Act::Grant(_) => vec![granted(body)],
        Act::Void { .. } | Act::Pass => Vec::new(),
        Act::Transfer { .. } => list(&body["grants"]).iter().map(granted).collect(),
        Act::Quote(_) => quote(body),
        Act::Hold { .. } | Act::Release { .. } | Act::Extend { .. } => hold(body),
        Act::Charge(_) => charge(body),
        Act::Capture(_) => captured(body),
        Act::Refund { .. } => {
            let mut items = vec![Item::new("refunded", word(&body["credits"]))];
            items.extend(by_bucket("to", &body["draws"]));
            items
        }
        Act::Subscribe { .. } | Act::Change(_) | Act::Cancel { .. } | Act::PastDue { .. } | Act::Recover { .. } => {
            subscription(body)
        }
        Act::BuyAddOn { .. } | Act::EndAddOn { .. } => vec![Item::new("add-on", add_on(body))],
        Act::Reverse { .. } => {
            let mut items =
                vec![Item::new("taken back", word(&body["taken_back"])), Item::new("owed", word(&body["owed"]))];
            if body["amount"].is_object() {
                items.push(Item::new("money", money(&body["amount"])));
            }
            items
        }
        Act::Purchase { .. } | Act::Claim { .. } => {
            let mut items: Vec<Item> = list(&body["grants"]).iter().map(granted).collect();
            if body["paid"].is_object() {
                items.push(Item::new("paid", money(&body["paid"])));
            }
            items
        }
    }
}

fn granted(grant: &Value) -> Item {
    let until = instant(&grant["expires_at"]).map(|end| format!(" until {end}")).unwrap_or_default();
    Item::new("granted", format!("{} {}{until}", word(&grant["amount"]), word(&grant["bucket"])))
}

fn quote(body: &Value) -> Vec<Item> {
    let lines = list(&body["lines"]);
    let open = lines.iter().any(|line| line["kind"] == "ceiling");
    let mut items = vec![
        Item::new("credits", word(&body["credits"])),
        Item::new("kind", if open { "ceiling" } else { "exact" }),
        Item::new("available", word(&body["available"])),
        Item::new("affordable", if body["affordable"] == true { "yes" } else { "no" }),
        Item::new("shortfall", word(&body["shortfall"])),
    ];
    items.extend(list(&body["options"]).iter().map(option));
    for line in lines {
        let label = line["label"].as_str().unwrap_or_else(|| line["tool"].as_str().unwrap_or_default());
        items.push(Item::new(format!("line {label}"), word(&line["credits"])));
        for term in list(&line["explain"]) {
            items.push(Item::new(format!("term {}", word(&term["label"])), word(&term["credits"])));
        }
    }
    items.extend(instant(&body["expires_at"]).map(|until| Item::new("until", until)));
    items
}

pub fn hold(body: &Value) -> Vec<Item> {
    let mut items = vec![
        Item::new("held", word(&body["amount"])),
        Item::new("captured", word(&body["captured"])),
        Item::new("released", word(&body["released"])),
        Item::new("still held", word(&body["remaining"])),
        Item::new("status", word(&body["status"])),
    ];
    items.extend(instant(&body["expires_at"]).map(|until| Item::new("until", until)));
    if body["stuck"] == true {
        items.push(Item::new("stuck", "yes"));
    }
    items.extend(by_bucket("from", &body["draws"]));
    items
}

fn captured(body: &Value) -> Vec<Item> {
    let charged = body["charge"]["credits"].as_str().unwrap_or("0");
    let mut items = vec![
        Item::new("charged", charged),
        Item::new("released", word(&body["released"])),
        Item::new("shortfall", word(&body["shortfall"])),
        Item::new("still held", word(&body["hold"]["remaining"])),
        Item::new("status", word(&body["hold"]["status"])),
    ];
    items.extend(by_bucket("from", &body["charge"]["draws"]));
    items
}

pub fn charge(body: &Value) -> Vec<Item> {
    let mut items = vec![
        Item::new("charged", word(&body["credits"])),
        Item::new("refunded", word(&body["refunded"])),
        Item::new("version", word(&body["catalog_version"])),
    ];
    items.extend(by_bucket("from", &body["draws"]));
    for line in list(&body["lines"]) {
        items.push(Item::new(format!("line {}", word(&line["id"])), word(&line["credits"])));
    }
    items
}

pub fn subscription(body: &Value) -> Vec<Item> {
    let mut items = vec![
        Item::new("plan", word(&body["plan"])),
        Item::new("interval", word(&body["interval"])),
        Item::new("status", word(&body["status"])),
        Item::new("seats", word(&body["seats"])),
        Item::new("from", instant(&body["period_start"]).unwrap_or_default()),
        Item::new("until", instant(&body["period_end"]).unwrap_or_else(|| "the first use".to_owned())),
        Item::new("version", word(&body["catalog_version"])),
        Item::new("ends", if body["cancel_at_period_end"] == true { "yes" } else { "no" }),
    ];
    let next = &body["next"];
    if next.is_object() {
        let choice = format!("{} {} {}", word(&next["plan"]), word(&next["interval"]), word(&next["seats"]));
        items.push(Item::new("next", choice));
    }
    items
}

pub fn add_on(body: &Value) -> String {
    let ends = match body["status"].as_str() {
        Some("ended") => " ended",
        Some("ending") => " ends",
        _ => "",
    };
    format!("{} {}{ends}", word(&body["units"]), word(&body["add_on"]))
}

fn preview(body: &Value) -> Vec<Item> {
    let line = |word_: &'static str| {
        move |line: &Value| {
            let text = format!("{} {} {}", word(&line["kind"]), word(&line["amount"]), word(&line["bucket"]));
            Item::new(word_, text)
        }
    };
    let balance = |word_: &'static str, balance: &Value| -> Vec<Item> {
        let buckets = list(&balance["buckets"]);
        buckets.iter().map(|one| Item::new(format!("{word_} {}", word(&one["bucket"])), word(&one["posted"]))).collect()
    };
    let mut items: Vec<Item> = list(&body["lines"]).iter().map(line("entry")).collect();
    items.extend(balance("then", &body["after"]));
    let renewal = &body["next_renewal"];
    if renewal.is_object() {
        items.extend(instant(&renewal["at"]).map(|at| Item::new("renewal", at)));
        items.extend(list(&renewal["lines"]).iter().map(line("renewal entry")));
        items.extend(balance("after renewal", &renewal["after"]));
    }
    items
}

pub fn published(told: &Told) -> Answer {
    if told.status < 300 {
        return Answer::of(vec![Item::new("version", word(&told.body["version"]))]);
    }
    let said = |one: &Value| Item::new("because", word(&one["message"]));
    let code = told.body["code"].as_str().unwrap_or_default();
    Answer::refused(told.status, code, list(&told.body["diagnostics"]).iter().map(said).collect())
}

fn refused(told: &Told) -> Answer {
    let body = &told.body;
    let mut items = Vec::new();
    for name in ["what", "input", "required", "available", "held", "shortfall", "left", "member"] {
        if !body[name].is_null() {
            items.push(Item::new(name, word(&body[name])));
        }
    }
    if !body["at_most"].is_null() {
        items.push(Item::new("at most", word(&body["at_most"])));
    }
    items.extend(instant(&body["resets_at"]).map(|at| Item::new("resets", at)));
    items.extend(instant(&body["next_reset_at"]).map(|at| Item::new("next reset", at)));
    items.extend(list(&body["options"]).iter().map(option));
    for (key, name) in [("top up at", "top_up_url"), ("upgrade at", "upgrade_url")] {
        items.extend(body[name].as_str().map(|url| Item::new(key, url)));
    }
    Answer::refused(told.status, body["code"].as_str().unwrap_or_default(), items)
}

fn option(option: &Value) -> Item {
    let inputs = option["inputs"].as_object().cloned().unwrap_or_default();
    let inputs: Vec<String> = inputs.iter().map(|(name, value)| format!("{name}={}", word(value))).collect();
    let inputs = inputs.join(" ");
    let credits = word(&option["credits"]);
    let text = match option["kind"].as_str().unwrap_or_default() {
        "other_model" => format!("other_model {} for {credits}", word(&option["model"])),
        "top_up" => format!("top_up {} for {}", word(&option["pack"]), money(&option["price"])),
        kind => format!("{kind} {inputs} for {credits}"),
    };
    Item::new("option", text)
}

/// A value without quotes.
pub fn word(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

pub fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

pub fn instant(value: &Value) -> Option<String> {
    value.as_str().and_then(when::read_rfc3339).map(when::write)
}

fn money(value: &Value) -> String {
    format!("{} {}", word(&value["amount"]), word(&value["currency"]))
}

/// An input as a client would send it: a number, a truth value or a word.
pub fn input(text: &str) -> Value {
    match text {
        "true" => Value::from(true),
        "false" => Value::from(false),
        text => Value::from(text),
    }
}

fn by_bucket(word_: &str, draws: &Value) -> Vec<Item> {
    let mut sums: BTreeMap<String, Credits> = BTreeMap::new();
    for draw in list(draws) {
        let sum = sums.entry(word(&draw["bucket"])).or_default();
        *sum = sum.checked_add(credits(&draw["amount"])).unwrap_or(Credits::MAX);
    }
    let positive = sums.into_iter().filter(|(_, amount)| amount.is_positive());
    positive.map(|(bucket, amount)| Item::new(format!("{word_} {bucket}"), amount)).collect()
}

pub fn credits(value: &Value) -> Credits {
    value.as_str().and_then(|text| text.parse().ok()).unwrap_or_default()
}
