//! What a balance buys: the largest whole quantity of each tool that can be paid, so that a number that is
//! shown can always be spent (MISSION S2-16 to S2-19).

use scrip_ledger::id::Name;

/// What is left, in one tool's own unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Affordable {
    pub tool: Name,
    pub model: Option<Name>,
    /// `seconds`, `images`, …; `runs` where a job has one price.
    pub unit: String,
    /// A decimal in steps of the input; `None` if the tool is free.
    pub quantity: Option<String>,
}
