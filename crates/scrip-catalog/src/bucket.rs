//! Classes of grants, in the order in which they are spent.

use scrip_ledger::Span;
use scrip_ledger::id::Name;

/// A bucket of the catalog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bucket {
    pub id: Name,
    /// What customers read: "Top-Up Credits".
    pub name: String,
    pub description: Option<String>,
    /// What it counts in; see [`crate::Studio::unit`].
    pub currency: Name,
    /// When a grant in it ends, unless the plan, pack or add-on that grants it says otherwise.
    pub expires: Expiry,
    /// Tools that it may pay for; `None` is all.
    pub only_tools: Option<Vec<Name>>,
    /// What becomes of it while the customer has no active plan (MISSION A06).
    pub without_plan: WithoutPlan,
    /// Whose credits these are: what a member may spend follows from it (MISSION A27).
    pub owner: Owner,
    /// The bucket never holds more than this; what would go above is not granted.
    pub at_most: Option<scrip_ledger::Credits>,
    /// May its credits be moved to another customer or member?
    pub transferable: bool,
    /// Kept for those who still hold credits in it, no longer granted.
    pub retired: bool,
}

/// When granted credits end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expiry {
    Never,
    /// With the billing cycle in which they were granted.
    Cycle,
    /// So long after they were granted.
    After(Span),
    /// So long after they were granted or with the cycle, whichever is later.
    LaterOf(Span),
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WithoutPlan {
    #[default]
    Spendable,
    /// Kept, spendable again with the next plan.
    Frozen,
    /// Taken back.
    Void,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Owner {
    /// The customer as a whole: a person, or a workspace's shared pool.
    #[default]
    Customer,
    /// One seat of a team.
    Seat,
    /// The organisation above workspaces.
    Organisation,
}
