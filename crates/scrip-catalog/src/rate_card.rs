//! The published price list: everything that a pricing page shows, computed by the same pricing as a quote.

pub(crate) mod allowances;
pub(crate) mod declared;
pub(crate) mod made;
mod price_table;
pub(crate) mod words;

use serde::Serialize;

/// A rate card, grouped as the catalog groups its tools.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RateCard {
    pub studio: String,
    pub credit: String,
    pub credits: String,
    pub decimals: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_updated: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    pub toolkits: Vec<RateToolkit>,
    /// Tables over several tools or models, as the catalog declares them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tables: Vec<RateTable>,
    /// Sentences with prices in them: "1 second of AI MoCap only: 4 credits".
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<String>,
    pub plans: Vec<RatePlan>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub add_ons: Vec<RatePack>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub packs: Vec<RatePack>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RateToolkit {
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    pub tools: Vec<RateTool>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RateTool {
    pub id: String,
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    pub models: Vec<RateModel>,
    /// The tool's own price; `None` where only its models have one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price: Option<RatePrice>,
    /// What is free of it, what changing costs, what a job brings: "the first 3 a day are free".
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allowances: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tables: Vec<RateTable>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RateModel {
    pub id: String,
    pub name: String,
    pub default: bool,
    pub price: RatePrice,
    /// What else the catalog says about it: `speed`, `category`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<(String, String)>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RatePrice {
    /// "5 credits per action"
    pub text: String,
    /// The amount, where the price is one amount.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credits: Option<String>,
    /// What the amount is for: `run`, `second`, `4 images`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per: Option<String>,
    /// The formula as the catalog shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub formula: Option<String>,
}

/// A table as text, ready to show: the first header is the corner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RateTable {
    pub title: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub formula: Option<String>,
    pub header: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RatePlan {
    pub id: String,
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// "60 credits per month", one for each interval; then what comes once: "20 credits to begin with".
    pub grants: Vec<String>,
    pub prices: Vec<String>,
    /// What one cycle's credits buy: "150 seconds of Live Action".
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub equivalents: Vec<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub sample: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RatePack {
    pub id: String,
    pub name: String,
    pub credits: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price: Option<String>,
    /// "1 unit = 60 credits = $10 (per user)"
    pub text: String,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub sample: bool,
}
