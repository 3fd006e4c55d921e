//! What travels over HTTP: requests, answers and refusals of Scrip, and a small client.
//!
//! The only part of Scrip that promises stability: additions only. It knows no ledger and no catalog, so a
//! product can depend on it alone. Amounts are decimal strings, instants RFC 3339 in UTC, spans ISO 8601.

pub mod amount;
pub mod batch;
pub mod catalog;
pub mod charge;
#[cfg(feature = "client")]
pub mod client;
pub mod code;
pub mod customer;
pub mod event;
pub mod hold;
pub mod import;
pub mod input;
mod object;
pub mod page;
pub mod plan;
pub mod problem;
pub mod purchase;
pub mod quote;
pub mod rate_card;
pub mod span;
pub mod studio;
pub mod subscription;
pub mod text;
pub mod wallet;

pub use amount::{Amount, Credits, Money};
pub use code::{Code, errors_markdown};
pub use page::Page;
pub use problem::Problem;
pub use span::Span;
pub use text::Text;
