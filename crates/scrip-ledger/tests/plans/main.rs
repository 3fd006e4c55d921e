//! Plans on the ledger.

mod cycles;
mod random;
mod seats_and_units;
mod story;
