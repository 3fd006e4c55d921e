//! The core of Scrip. Credits move between grants, holds, spent and expired, and nowhere else.

pub mod amount;
pub mod id;
pub mod policy;
pub mod time;

pub use amount::{AmountError, Credits, Currency, Money};
pub use time::{Span, Timestamp};
