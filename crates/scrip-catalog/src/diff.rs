//! What a new catalog changes, and what it must not take away from those who hold it.

use scrip_ledger::id::Name;

/// One change between two catalogs.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Change {
    /// `tools.image.models.fal-ai/flux/dev.price`
    pub path: String,
    pub kind: ChangeKind,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old: Option<serde_json::Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new: Option<serde_json::Value>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    Added,
    Removed,
    Changed,
}

/// Ids of the old catalog that the new one no longer has; the server refuses those that are still held.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RemovedIds {
    pub currencies: Vec<Name>,
    pub buckets: Vec<Name>,
    pub plans: Vec<Name>,
    pub packs: Vec<Name>,
    pub add_ons: Vec<Name>,
}
