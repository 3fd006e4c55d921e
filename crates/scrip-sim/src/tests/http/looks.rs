//! What the server shows.

use std::collections::BTreeMap;

use scrip_ledger::Credits;
use serde_json::Value;

use super::answers::{self, instant, list, word};
use super::{HttpWorld, requests};
use crate::scenario::Item;
use crate::scenario::look::{self, Look, Part, What};
use crate::scenario::when;

pub fn look(world: &HttpWorld, look: &Look) -> Result<Vec<Item>, String> {
    let customer = &look.who.customer;
    let member = look.who.member.as_ref().map(|member| format!("?member={member}")).unwrap_or_default();
    let at = |rest: &str| format!("/v1/customers/{customer}{rest}");
    let wallet = || world.get(&at(&format!("/wallet{member}")));
    Ok(match &look.what {
        What::Balance { part, at: then } => balance(&wallet_at(world, customer, *then)?, *part),
        What::Wallet { at: then } => sums(&wallet_at(world, customer, *then)?),
        What::Entries => entries(world, customer)?.iter().map(|entry| Item::whole(entry_text(entry))).collect(),
        What::History => {
            let dated = |entry: &Value| {
                let at = instant(&entry["at"]).unwrap_or_default();
                Item::whole(format!("{at} {}", entry_text(entry)))
            };
            entries(world, customer)?.iter().map(dated).collect()
        }
        What::Grants => grants(&wallet()?),
        What::NextReset => instant(&wallet()?["next_reset_at"]).map(Item::whole).into_iter().collect(),
        What::ExpiringNext => {
            let next = &wallet()?["expiring_next"];
            let end = instant(&next["at"]);
            let text = |end| format!("{} {} {end}", word(&next["credits"]), word(&next["bucket"]));
            end.map(|end| Item::whole(text(end))).into_iter().collect()
        }
        What::Subscription(name) => {
            let id = requests::subscription(world, customer, name.as_deref())?;
            match world.get(&at(&format!("/subscriptions/{id}"))) {
                Ok(body) => {
                    let mut items = answers::subscription(&body);
                    let next = &body["next_charge"];
                    items.extend(instant(&next["at"]).map(|at| {
                        let paid = format!("{} {}", word(&next["amount"]), word(&next["currency"]));
                        Item::new("next charge", format!("{paid} at {at}"))
                    }));
                    items
                }
                Err(_) => vec![Item::new("status", "none")],
            }
        }
        What::AddOns => {
            let all = world.list(&at("/subscriptions"))?;
            let open = all.iter().flat_map(|one| list(&one["add_ons"])).filter(|one| one["status"] != "ended");
            open.map(|one| Item::whole(answers::add_on(one))).collect()
        }
        What::Buys => {
            let bought = world.get(&at(&format!("/affordability{member}")))?;
            list(&bought["data"]).iter().map(buys).collect()
        }
        What::Hold(name) => {
            let id = world.named.holds.get(name).ok_or_else(|| format!("there is no hold {name}"))?;
            answers::hold(&world.get(&format!("/v1/holds/{id}"))?)
        }
        What::Charge(name) => {
            let id = world.named.charges.get(name).ok_or_else(|| format!("there is no charge {name}"))?;
            answers::charge(&world.get(&format!("/v1/charges/{id}"))?)
        }
        What::Usage(by) => {
            let usage = world.get(&at(&format!("/usage?group_by={by}")))?;
            let row = |row: &Value| Item::new(row["key"].as_str().unwrap_or("nobody"), word(&row["credits"]));
            list(&usage["data"]).iter().map(row).collect()
        }
        What::RateCard => look::rate_card(&world.get("/v1/rate-card")?),
        What::Events => {
            let all = world.events()?;
            let own = all.iter().filter(|event| event["customer"] == customer.as_str());
            own.map(|event| Item::whole(word(&event["type"]))).collect()
        }
        What::Explain => {
            let explained = world.get(&at("/explain"))?;
            let units = std::iter::once(&explained).chain(list(&explained["others"]));
            let line = |line: &Value| {
                Item::whole(format!("{} {} {}", word(&line["kind"]), word(&line["credits"]), word(&line["bucket"])))
            };
            units.flat_map(|unit| list(&unit["lines"])).map(line).collect()
        }
    })
}

fn wallet_at(world: &HttpWorld, customer: &str, at: Option<scrip_ledger::Timestamp>) -> Result<Value, String> {
    let then = at.map(|at| format!("?at={}", when::rfc3339(at))).unwrap_or_default();
    world.get(&format!("/v1/customers/{customer}/wallet{then}"))
}

/// All units of a wallet, the studio's own credit first.
fn units(wallet: &Value) -> impl Iterator<Item = &Value> {
    std::iter::once(wallet).chain(list(&wallet["others"]))
}

fn balance(wallet: &Value, part: Part) -> Vec<Item> {
    let mut items = Vec::new();
    for unit in units(wallet) {
        let mut frozen: BTreeMap<String, Credits> = BTreeMap::new();
        for grant in list(&unit["grants"]) {
            let sum = frozen.entry(word(&grant["bucket"])).or_default();
            *sum = sum.checked_add(answers::credits(&grant["frozen"])).unwrap_or(Credits::MAX);
        }
        for bucket in list(&unit["buckets"]) {
            let name = word(&bucket["bucket"]);
            let amount = match part {
                Part::Posted => word(&bucket["posted"]),
                Part::Available => word(&bucket["available"]),
                Part::Held => word(&bucket["held"]),
                Part::Frozen => frozen.get(&name).copied().unwrap_or_default().to_string(),
            };
            items.push(Item::new(name, amount));
        }
    }
    items
}

fn sums(wallet: &Value) -> Vec<Item> {
    let frozen: Credits = list(&wallet["grants"]).iter().map(|grant| answers::credits(&grant["frozen"])).sum();
    let sum = |name: &'static str| Item::new(name, word(&wallet[name]));
    vec![sum("posted"), sum("available"), sum("held"), Item::new("frozen", frozen), sum("debt")]
}

/// Entries since the step began.
fn entries(world: &HttpWorld, customer: &str) -> Result<Vec<Value>, String> {
    let before = world.customers.get(customer).copied().unwrap_or(0);
    let mut all = world.list(&format!("/v1/customers/{customer}/entries"))?;
    all.retain(|entry| entry["sequence"].as_u64().is_some_and(|sequence| before < sequence));
    all.sort_by_key(|entry| entry["sequence"].as_u64());
    Ok(all)
}

fn entry_text(entry: &Value) -> String {
    format!("{} {} {}", word(&entry["kind"]), word(&entry["amount"]), word(&entry["bucket"]))
}

fn grants(wallet: &Value) -> Vec<Item> {
    let text = |grant: &Value| {
        if grant["kind"] == "debt" {
            return "owed".to_owned();
        }
        let left = answers::credits(&grant["available"]).checked_add(answers::credits(&grant["held"]));
        let end = instant(&grant["expires_at"]).unwrap_or_else(|| "never".to_owned());
        let frozen = answers::credits(&grant["frozen"]);
        let frozen = if frozen.is_positive() { format!(" and {frozen} frozen") } else { String::new() };
        format!("{} {}{frozen} until {end}", left.unwrap_or_default(), word(&grant["bucket"]))
    };
    units(wallet).flat_map(|unit| list(&unit["grants"])).map(|grant| Item::whole(text(grant))).collect()
}

fn buys(bought: &Value) -> Item {
    let model = bought["model"].as_str().map(|model| format!("/{model}")).unwrap_or_default();
    let quantity = bought["quantity"].as_str().unwrap_or("any number of");
    Item::new(format!("{}{model}", word(&bought["tool"])), format!("{quantity} {}", word(&bought["unit"])))
}
