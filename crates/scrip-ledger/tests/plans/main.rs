//! Plans on the ledger.

mod cycles;
mod random;
mod story;
