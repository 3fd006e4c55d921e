//! Tools and their models: what is priced, and what a request for it may name.

use std::sync::Arc;

use scrip_ledger::Span;
use scrip_ledger::id::Name;
use scrip_ledger::policy::JobPolicy;

use crate::input::Input;

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
    /// What is charged together (MISSION A15): `job`, `clip`, `shot`; shown, and told to the reader.
    pub charged_per: String,
    pub retired: bool,
}

/// A model that a tool offers.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    pub id: Name,
    pub name: String,
    /// Other ids by which a request may name it.
    pub aliases: Vec<Name>,
    /// What else the catalog says about it, in order: `speed`, `category`.
    pub columns: Vec<(String, String)>,
    pub description: Option<String>,
    pub retired: bool,
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
