//! Scenarios: dated events in, balances and entries out, in a language that a finance person can read.
//!
//! [`read`] makes steps of a text ([`act`], [`look`]), [`play`] takes them to a [`World`] and compares what it
//! answers with what the text says. [`core`] is the catalog and the ledger themselves; the tests have a second
//! world that asks a server over HTTP. `vectors/scenarios/README.md` explains the language.

pub mod act;
pub mod chance;
pub mod core;
pub mod draft;
pub mod look;
pub mod play;
pub mod read;
pub mod when;
pub mod words;

pub use play::{Difference, Told, play, told, updated};
pub use read::{Scenario, read};

use act::Asked;
use look::Look;
use scrip_ledger::Timestamp;

/// What a scenario is played in: something that has a catalog, customers and a clock.
pub trait World {
    /// The clock shows this, and what is due by then has happened; a step of the scenario begins.
    fn step(&mut self, at: Timestamp) -> Result<(), String>;

    /// A catalog comes into force: as JSON, from then on.
    fn publish(&mut self, catalog: &str, from: Option<Timestamp>) -> Result<Answer, String>;

    /// Somebody does something. `Err` is for what can't even be asked.
    fn act(&mut self, asked: &Asked) -> Result<Answer, String>;

    /// Somebody looks at something.
    fn look(&mut self, look: &Look) -> Result<Vec<Item>, String>;
}

/// What was answered: `charged 7, released 11`, or `refused 402 insufficient_credits, required 18`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    pub refused: bool,
    pub items: Vec<Item>,
}

/// One thing that is said: what it is about, and what is said of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    pub key: String,
    pub text: String,
}

impl Item {
    /// `charged 7`
    pub fn new(key: impl Into<String>, value: impl std::fmt::Display) -> Item {
        let key = key.into();
        let text = format!("{key} {value}");
        Item { key, text }
    }

    /// What is compared as a whole: `expire 70 subscription`.
    pub fn whole(text: impl Into<String>) -> Item {
        Item { key: String::new(), text: text.into() }
    }
}

impl Answer {
    pub fn of(items: Vec<Item>) -> Answer {
        Answer { refused: false, items }
    }

    pub fn refused(status: u16, code: &str, more: Vec<Item>) -> Answer {
        let mut items = vec![Item::new("refused", format_args!("{status} {code}"))];
        items.extend(more);
        Answer { refused: true, items }
    }
}
