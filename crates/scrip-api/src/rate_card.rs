//! The published price list. Everything in it is text that is ready to be shown.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A rate card, grouped as the catalog groups its tools.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RateCard {
    /// Where every price on it comes from.
    pub catalog_version: u32,
    pub studio: String,
    /// One credit's name: `acorn`.
    pub credit: String,
    /// Several of it.
    pub credits: String,
    /// Decimals that are charged and shown.
    pub decimals: u8,
    /// The day the prices were last reviewed, `2025-06-27`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_updated: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    pub toolkits: Vec<RateToolkit>,
    /// Tables over several tools or models.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tables: Vec<RateTable>,
    /// Sentences with prices in them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<String>,
    pub plans: Vec<RatePlan>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub add_ons: Vec<RatePack>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub packs: Vec<RatePack>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RateToolkit {
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    pub tools: Vec<RateTool>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RateTool {
    pub id: String,
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    pub models: Vec<RateModel>,
    /// The tool's own price; absent where only its models have one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<RatePrice>,
    /// What is free of it, what changing costs, what a job brings: "the first 3 a day are free".
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allowances: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tables: Vec<RateTable>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RateModel {
    pub id: String,
    pub name: String,
    pub default: bool,
    pub price: RatePrice,
    /// What else is said about it, as pairs: `speed`, `category`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<(String, String)>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RatePrice {
    /// "5 credits per action"
    pub text: String,
    /// The amount, where the price is one amount.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credits: Option<String>,
    /// What the amount is for: `run`, `second`, `4 images`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub formula: Option<String>,
}

/// A table; the first header is the corner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RateTable {
    pub title: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub formula: Option<String>,
    pub header: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RatePlan {
    pub id: String,
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// "60 credits per month", one for each interval; then what comes once: "20 credits to begin with".
    pub grants: Vec<String>,
    pub prices: Vec<String>,
    /// What one cycle's credits buy.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub equivalents: Vec<String>,
    /// Not published by the product: a sample value.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub sample: bool,
}

/// A pack or an add-on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RatePack {
    pub id: String,
    pub name: String,
    pub credits: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<String>,
    pub text: String,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub sample: bool,
}
