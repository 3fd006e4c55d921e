//! Catalogs: publishing one, and what has been published.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A catalog that was published, or would be.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct CatalogPublished {
    /// Its number; of a dry run, the number that it would get.
    pub version: u32,
    pub effective_at: jiff::Timestamp,
    pub dry_run: bool,
    pub warnings: Vec<Diagnostic>,
    /// What it changes of the version before.
    pub diff: Vec<CatalogChange>,
}

/// One problem of a catalog file.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Diagnostic {
    pub severity: Severity,
    /// Counted from 1.
    pub line: u32,
    /// Counted from 1, in characters.
    pub column: u32,
    /// Where in the catalog: `tool.text-to-material.price`.
    pub path: String,
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    Error,
    Warning,
}

/// One change between two catalogs.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct CatalogChange {
    pub path: String,
    pub kind: CatalogChangeKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<serde_json::Value>)]
    pub old: Option<serde_json::Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<serde_json::Value>)]
    pub new: Option<serde_json::Value>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CatalogChangeKind {
    Added,
    Removed,
    Changed,
}

/// One published version of a studio's catalog.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct CatalogVersion {
    pub version: u32,
    pub effective_at: jiff::Timestamp,
    pub published_at: jiff::Timestamp,
    /// Is it in force now?
    pub in_force: bool,
}
