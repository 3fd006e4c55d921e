//! Plans on the ledger.

mod cycles;
mod next_charge;
mod random;
mod seats_and_units;
mod story;
