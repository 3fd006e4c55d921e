//! Plans on the ledger.

mod cycles;
mod next_charge;
mod random;
mod seats_and_units;
mod shorter_period_changes;
mod shorter_periods;
mod story;
