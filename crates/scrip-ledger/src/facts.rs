//! Facts: what a price relied on that only the wallet knows, and whether it still holds.
//!
//! A tool whose price depends on the customer is priced with facts, the command carries those that were used,
//! and the ledger compares: where they no longer hold, the price is made again (DESIGN section 1).

use minicbor::{Decode, Encode};

use crate::amount::Credits;
use crate::id::Name;
use crate::plan::Interval;

/// What the price of a job relied on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct FactsUsed {
    /// The first plan that is live, by age; `None` is a customer without one.
    #[n(0)]
    pub plan: Option<Name>,
    /// Of those lines whose price depends on what was used before.
    #[n(1)]
    pub lines: Vec<LineFacts>,
}

/// What the price of one line relied on. Lines of one tool see what the lines before them take.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct LineFacts {
    /// Its place in the job, from 0.
    #[n(0)]
    pub line: u16,
    #[n(1)]
    pub tool: Name,
    /// Where the tool's first jobs are free.
    #[n(2)]
    pub free_job: Option<FreeJob>,
    /// Where the tool's first units are free.
    #[n(3)]
    pub free_units: Option<FreeUnits>,
    /// Where unchanged repeats are free.
    #[n(4)]
    pub repeat: Option<Repeat>,
}

/// Of a tool whose first jobs of a period are free.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct FreeJob {
    /// `None`: ever.
    #[n(0)]
    pub per: Option<Interval>,
    /// Free jobs that were used before.
    #[n(1)]
    pub used: u64,
    /// This one is free.
    #[n(2)]
    pub taken: bool,
}

/// Of a tool whose first units of a period are free.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct FreeUnits {
    /// `None`: ever.
    #[n(0)]
    pub per: Option<Interval>,
    /// Free units that were used before.
    #[n(1)]
    pub used: Credits,
    /// Units of this line that are free.
    #[n(2)]
    pub taken: Credits,
}

/// Of a tool whose unchanged repeats are free.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Repeat {
    /// A hash of tool, model and inputs.
    #[n(0)]
    pub mark: Name,
    /// The same was paid for before.
    #[n(1)]
    pub paid: bool,
}
