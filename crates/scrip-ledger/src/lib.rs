//! The core of Scrip: credits move between grants, holds, spent and expired, and nowhere else.
//!
//! Pure and synchronous. [`apply`](apply::apply) takes a wallet, an instant and a command, and answers a
//! reply and a record of what changed; the same three always give the same answer. Nothing here reads a
//! clock, a file or a random number, and nothing here knows a price: a command carries what the price book
//! promised.
//!
//! In the order in which to read: what is counted ([`amount`], [`time`], [`id`]), what a wallet is made of
//! ([`customer`], [`grant`], [`hold`], [`charge`], [`refund`], [`entry`]), what can be asked of it
//! ([`command`]) and how it answers ([`reply`], [`refusal`]), how it decides ([`apply`]), and how it is
//! checked ([`audit`]).

pub mod add_on;
mod alert;
mod allocation;
pub mod amount;
pub mod apply;
pub mod audit;
pub mod book;
mod bucket_room;
mod cancel;
mod capture;
pub mod change;
pub mod charge;
mod claim;
pub mod command;
pub mod counting;
pub mod customer;
mod cycle;
mod debt;
mod due;
mod earn;
pub mod entry;
pub mod facts;
mod freeze;
pub mod grant;
pub mod hold;
pub mod id;
pub mod limits;
pub mod next_charge;
pub mod note;
pub mod overage;
pub mod pack;
mod past_due;
mod period;
pub mod plan;
mod plan_change;
pub mod policy;
pub mod preview;
pub mod promotion;
mod proration;
mod purchase;
pub mod refund;
pub mod refusal;
mod release;
mod renewal;
pub mod reply;
mod reset;
pub mod reversal;
mod rollover;
pub mod seat;
mod shared;
pub mod shorter_period;
mod subscribe;
pub mod subscription;
pub mod tally;
pub mod time;
pub mod transfer;
pub mod wallet;

pub use amount::{AmountError, Credits, Currency, Money};
pub use apply::{apply, touch};
pub use change::{Change, Record};
pub use command::{Act, Command};
pub use id::Name;
pub use preview::{Preview, preview};
pub use refusal::Refusal;
pub use reply::{Answer, Reply};
pub use time::{Span, Timestamp};
pub use wallet::Wallet;
