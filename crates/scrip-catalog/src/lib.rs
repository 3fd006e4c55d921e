//! The price book of Scrip. A catalog file (TOML, or the same as JSON) becomes a checked, immutable [`Catalog`],
//! which prices inputs, measures captures, and says what a balance buys. It never sees a balance itself, and
//! neither reads a clock nor does I/O.

pub mod affordability;
mod allowance;
mod amounts;
pub mod bucket;
mod catalog;
pub mod diagnostic;
pub mod diff;
mod example;
mod explain;
mod file;
mod format;
pub mod formula;
mod fuzz;
mod grants;
pub mod input;
mod json;
mod limits;
mod measure;
mod models;
mod names;
pub mod options;
pub mod pack;
pub mod plan;
pub mod policy;
mod price;
mod pricing;
pub mod promotion;
pub mod quote;
pub mod rate_card;
pub mod rational;
mod read;
mod reference;
mod report;
mod schema;
mod shape;
pub mod studio;
mod terms;
pub mod tool;

pub use affordability::Affordable;
pub use catalog::{Catalog, Checked, Toolkit};
pub use diagnostic::{Diagnostic, Severity};
pub use diff::{Change, ChangeKind, RemovedIds};
pub use file::toml_as_json;
pub use fuzz::fuzz_catalog;
pub use measure::Held;
pub use options::PayOption;
pub use policy::PolicyInForce;
pub use pricing::QUANTITY_MAX;
pub use quote::{Ask, ExplainTerm, Facts, InputValue, PriceError, PriceKind, Priced};
pub use rate_card::RateCard;
pub use reference::reference;
pub use schema::schema;
pub use studio::Studio;
pub use tool::{CustomerFacts, FactWords, Tool};
