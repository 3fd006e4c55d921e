//! What is looked at in a scenario: `balance of ada`, `entries`, `next reset`.

use scrip_ledger::Timestamp;
use serde_json::Value;

use super::Item;
use super::act::Who;
use super::words::Words;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    pub who: Who,
    pub what: What,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// By bucket.
    Balance {
        part: Part,
        at: Option<Timestamp>,
    },
    /// Sums over all buckets of the product's own credit.
    Wallet {
        at: Option<Timestamp>,
    },
    /// What this step wrote into the ledger.
    Entries,
    /// The same, each with its instant.
    History,
    /// Grants with something in them: what is left, where, until when.
    Grants,
    NextReset,
    ExpiringNext,
    /// The one named, or the only one.
    Subscription(Option<String>),
    AddOns,
    /// What the balance buys.
    Buys,
    /// What the product is told about this step.
    Events,
    Hold(String),
    Charge(String),
    /// The balance as a sum of named lines.
    Explain,
    /// Who spent how much.
    Usage(String),
    /// The price list in force.
    RateCard,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Held and available.
    Posted,
    Available,
    Held,
    Frozen,
}

impl What {
    /// Is all that is found compared, in its order, and not only what the text names?
    pub fn is_whole(&self) -> bool {
        matches!(
            self,
            What::Entries
                | What::History
                | What::Grants
                | What::NextReset
                | What::ExpiringNext
                | What::AddOns
                | What::Events
                | What::Explain
        )
    }
}

/// What a rate card says: what is counted in, when it was reviewed last, its toolkits and notes, and the price of each
/// tool and model: `text-to-video/kling-2-1-standard 7 acorns per second`.
pub fn rate_card(card: &Value) -> Vec<Item> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut items = vec![Item::new("counted in", text(&card["credits"]))];
    items.extend(card["last_updated"].as_str().map(|day| Item::new("last updated", day)));
    for toolkit in list(&card["toolkits"]) {
        items.push(Item::new("toolkit", text(&toolkit["name"])));
        for tool in list(&toolkit["tools"]) {
            let id = text(&tool["id"]);
            let formula =
                |price: &Value| price["formula"].as_str().map(|said| Item::new(format!("{id} formula"), said));
            items.extend(tool["price"]["text"].as_str().map(|price| Item::new(id.clone(), price)));
            items.extend(formula(&tool["price"]));
            for model in list(&tool["models"]) {
                let (model, price) = (text(&model["id"]), text(&model["price"]["text"]));
                items.push(Item::new(format!("{id}/{model}"), price));
            }
        }
    }
    items
}

/// Reads `balance of ada at 2026-02-01 10:00`, or answers `None` if it is no look.
pub fn read(text: &str, usual: &Who) -> Result<Option<Look>, String> {
    let mut words = Words::of(text);
    let part = if words.eat("balance") {
        Some(Part::Posted)
    } else if words.eat("available") {
        Some(Part::Available)
    } else if words.eat("held") {
        Some(Part::Held)
    } else if words.eat("frozen") {
        Some(Part::Frozen)
    } else {
        None
    };
    let mut what = match part {
        Some(part) => What::Balance { part, at: None },
        None if words.eat("wallet") => What::Wallet { at: None },
        None if words.eat("entries") => What::Entries,
        None if words.eat("history") => What::History,
        None if words.eat("grants") => What::Grants,
        None if words.eat("next reset") => What::NextReset,
        None if words.eat("expiring next") => What::ExpiringNext,
        None if words.eat("subscription") => {
            let named = words.peek().is_some_and(|word| word != "of");
            What::Subscription(if named { words.take() } else { None })
        }
        None if words.eat("add-ons") => What::AddOns,
        None if words.eat("buys") => What::Buys,
        None if words.eat("events") => What::Events,
        None if words.eat("hold") => What::Hold(words.need("a hold")?),
        None if words.eat("charge") => What::Charge(words.need("a charge")?),
        None if words.eat("explain") => What::Explain,
        None if words.eat("rate card") => What::RateCard,
        None if words.eat("usage by") => What::Usage(words.need("a key")?),
        None => return Ok(None),
    };
    let mut who = usual.clone();
    who.member = None;
    loop {
        if words.eat("of") {
            let first = words.need("a customer")?;
            who = if words.eat("of") {
                Who { customer: words.need("a customer")?, member: Some(first) }
            } else {
                Who { customer: first, member: None }
            };
        } else if words.eat("at") {
            let then = Some(words.instant()?);
            match &mut what {
                What::Balance { at, .. } | What::Wallet { at } => *at = then,
                _ => return Err("only a balance can be seen as it was".to_owned()),
            }
        } else {
            words.end()?;
            return Ok(Some(Look { who, what }));
        }
    }
}
