//! Tools and their models: what is priced, and what a request for it may name.

pub(crate) mod read;
mod scope;

use std::collections::BTreeMap;
use std::sync::Arc;

use scrip_ledger::Span;
use scrip_ledger::id::Name;
use scrip_ledger::policy::JobPolicy;

use crate::formula::Condition;
use crate::input::Input;
use crate::plan::Interval;
use crate::price::Price;
use crate::rational::Rational;

/// Something that a customer runs and pays for.
#[derive(Clone, Debug)]
pub struct Tool {
    pub id: Name,
    pub name: String,
    pub description: Option<String>,
    pub toolkit: Option<String>,
    pub models: Vec<Model>,
    /// The model when a request names none, by its place in `models`.
    pub default_model: Option<usize>,
    pub unknown_model: UnknownModel,
    pub inputs: Vec<Input>,
    pub currency: Name,
    pub policy: Arc<JobPolicy>,
    pub hold_ttl: Span,
    pub first_free: Option<FirstFree>,
    pub free_units: Option<FreeUnits>,
    pub retired: bool,
    /// What must hold for a request, beside each input's own limits.
    pub(crate) requires: Vec<Requirement>,
    pub(crate) price: Option<Price>,
    pub(crate) revision: Option<Price>,
    pub(crate) unchanged_free: bool,
    /// How long the same inputs are free once they were paid for.
    pub unchanged_for: Span,
    pub(crate) slots: Slots,
    pub(crate) depends_on: CustomerFacts,
    /// Names for formulas, as the file says them.
    pub(crate) lets: Vec<(String, String)>,
    pub(crate) model_index: BTreeMap<Name, usize>,
    pub(crate) card: crate::rate_card::declared::ToolCard,
}

/// The first jobs of a period are free; the server counts them and says so in its facts.
#[derive(Clone, Debug)]
pub struct FirstFree {
    /// `None`: ever.
    pub per: Option<Interval>,
    /// How many; the first whose condition holds counts, and where none does nothing is free.
    pub(crate) counts: Vec<FreeCount>,
}

/// So many jobs, if that holds.
#[derive(Clone, Debug)]
pub(crate) struct FreeCount {
    pub when: Option<Condition>,
    pub count: u64,
}

impl FirstFree {
    /// Does how many are free depend on that input (or fact)?
    pub(crate) fn reads(&self, name: &str) -> bool {
        self.counts.iter().filter_map(|free| free.when.as_ref()).any(|when| when.reads().any(|read| read == name))
    }
}

/// The first units of a period are free.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FreeUnits {
    pub of: Name,
    pub quantity: scrip_ledger::Credits,
    /// `None`: ever.
    pub per: Option<Interval>,
}

/// What a tool's price depends on beside the request: only then is there something to find out before pricing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CustomerFacts {
    /// The customer's plan.
    pub plan: bool,
    /// How many of its first jobs were free ([`Tool::first_free`]).
    pub used_count: bool,
    /// Free units that are left ([`Tool::free_units`]).
    pub free_units: bool,
    /// Whether the same was paid for before.
    pub unchanged: bool,
    /// Whether it changes something that was made and paid before.
    pub revision: bool,
    /// How much of it was paid before.
    pub previous: bool,
}

impl CustomerFacts {
    /// Is there anything that only the wallet knows?
    pub fn any(&self) -> bool {
        *self != CustomerFacts::default()
    }
}

/// Words that a request may say beside its inputs: how it comes in, how it is run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FactWords {
    pub one_of: Vec<Name>,
    pub default: Name,
}

/// A condition over the inputs that a request must meet.
#[derive(Clone, Debug)]
pub(crate) struct Requirement {
    pub rule: Condition,
    pub input: Name,
    pub message: String,
}

/// Where values stand that formulas read: the inputs first, then what is known beside them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Slots {
    pub count: usize,
    pub model: Option<usize>,
    pub plan: Option<usize>,
    pub channel: Option<(usize, Name)>,
    pub mode: Option<(usize, Name)>,
    pub free_left: Option<usize>,
    /// Slots of what was paid before, by input.
    pub previous: Vec<(Name, usize)>,
    /// Slots of the models' numbers; each model has them in this order.
    pub numbers: Vec<(String, usize)>,
}

/// A model that a tool offers.
#[derive(Clone, Debug)]
pub struct Model {
    pub id: Name,
    pub name: String,
    /// Other ids by which a request may name it.
    pub aliases: Vec<Name>,
    /// What else the catalog says about it, in order: `speed`, `category`.
    pub columns: Vec<(String, String)>,
    pub description: Option<String>,
    pub retired: bool,
    /// The row that it shares with others in a price table.
    pub(crate) row: Option<String>,
    /// Its own price; the tool's if it has none.
    pub(crate) price: Option<Price>,
    /// In the order of the tool's slots.
    pub(crate) numbers: Vec<Rational>,
}

impl Tool {
    /// The model that a request names, by its id or an alias; never a retired one.
    pub fn model(&self, id: &str) -> Option<&Model> {
        self.model_index.get(id).and_then(|index| self.models.get(*index))
    }

    /// What its price depends on beside the request.
    pub fn depends_on(&self) -> CustomerFacts {
        self.depends_on
    }

    /// Models that can be asked for.
    pub fn offered(&self) -> impl Iterator<Item = &Model> {
        self.models.iter().filter(|model| !model.retired)
    }

    pub fn input(&self, name: &str) -> Option<&Input> {
        self.inputs.iter().find(|input| input.name.as_str() == name)
    }
}

/// A request names a model that the tool does not list (MISSION A31).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UnknownModel {
    #[default]
    Refuse,
    /// The default model runs, at its price.
    UseDefault,
    /// Any model may be named; it costs the tool's own price.
    Accept,
}
