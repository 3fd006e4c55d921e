//! The published price list: everything that a pricing page shows, computed by the same pricing as a quote.

use serde::Serialize;

use scrip_ledger::id::Name;

use crate::catalog::Catalog;
use crate::models::ModelList;
use crate::names::{Names, unknown};
use crate::read::At;
use crate::report::Report;

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
    /// "60 credits per month", one for each interval.
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

/// What a tool's `rate_card` says; its cells are priced when the card is made.
#[derive(Clone, Debug, Default)]
pub(crate) struct ToolCard {
    pub text: Option<String>,
    pub title: Option<String>,
    pub formula: Option<String>,
    pub notes: Vec<String>,
    pub note: Option<String>,
    pub name: Option<String>,
    pub corner: String,
    pub rows: Vec<CardCell>,
    pub columns: Vec<CardCell>,
    pub hidden: bool,
}

/// A row or column of a table: a label and what it stands for.
#[derive(Clone, Debug, Default)]
pub(crate) struct CardCell {
    pub label: String,
    pub model: Option<String>,
    pub inputs: Vec<(String, String)>,
}

impl ToolCard {
    pub fn read(tool: &At<'_>) -> ToolCard {
        let Some(at) = tool.get("rate_card") else { return ToolCard::default() };
        ToolCard {
            text: at.text("text"),
            title: at.text("title"),
            formula: at.text("formula"),
            notes: at.texts("notes").into_iter().map(|(note, _)| note).collect(),
            note: at.text("note"),
            name: at.text("name"),
            corner: at.text("corner").unwrap_or_default(),
            rows: at.items("rows").iter().map(CardCell::read).collect(),
            columns: at.items("columns").iter().map(CardCell::read).collect(),
            hidden: at.bool("hidden").unwrap_or(false),
        }
    }
}

impl CardCell {
    pub fn read(at: &At<'_>) -> CardCell {
        let extra = at.node.fields().iter().filter(|field| !["label", "model", "text", "tools"].contains(&field.key.as_str()));
        CardCell {
            label: at.text("label").unwrap_or_default(),
            model: at.text("model"),
            inputs: extra.filter_map(|field| Some((field.key.clone(), crate::read::input_text(&field.value)?))).collect(),
        }
    }
}

/// What `[rate_card]` declares beside the tools.
#[derive(Clone, Debug, Default)]
pub(crate) struct Card {
    pub notes: Vec<String>,
    pub tables: Vec<CardTable>,
    pub lines: Vec<CardLine>,
    pub equivalents: Vec<CardLine>,
    pub lists: Vec<CardList>,
}

/// A table over a model list, or over tools.
#[derive(Clone, Debug)]
pub(crate) struct CardTable {
    pub title: String,
    pub list: Option<Name>,
    pub tools: Vec<Name>,
    pub header: Vec<String>,
}

/// A sentence about tools that all come to the same.
#[derive(Clone, Debug)]
pub(crate) struct CardLine {
    pub text: String,
    pub tools: Vec<Name>,
    pub inputs: CardCell,
}

/// What tables need to know of a model list.
#[derive(Clone, Debug)]
pub(crate) struct CardList {
    pub id: Name,
    pub title: Option<String>,
    pub default_mark: String,
    pub columns: Vec<(String, String)>,
    pub models: Vec<Name>,
}

impl Card {
    pub fn read(root: &At<'_>, lists: &[ModelList<'_>], names: &Names, report: &Report<'_>) -> Card {
        let lists = lists.iter().map(|list| CardList {
            id: list.id.clone(),
            title: list.title.clone(),
            default_mark: list.default_mark.clone().unwrap_or_else(|| "default".to_owned()),
            columns: list.columns.clone(),
            models: list.models.iter().map(|model| model.id.clone()).collect(),
        });
        let lists: Vec<CardList> = lists.collect();
        let Some(at) = root.get("rate_card") else { return Card { lists, ..Card::default() } };
        let line = |at: &At<'_>| CardLine {
            text: at.text("text").unwrap_or_default(),
            tools: names.tools(at, "tools", report).unwrap_or_default(),
            inputs: CardCell::read(at),
        };
        Card {
            notes: at.texts("notes").into_iter().map(|(note, _)| note).collect(),
            tables: at.items("tables").iter().map(|at| CardTable::read(at, &lists, names, report)).collect(),
            lines: at.items("lines").iter().map(line).collect(),
            equivalents: at.items("equivalents").iter().map(line).collect(),
            lists,
        }
    }
}

impl CardTable {
    fn read(at: &At<'_>, lists: &[CardList], names: &Names, report: &Report<'_>) -> CardTable {
        let list = at.name("models");
        if let Some(id) = &list
            && !lists.iter().any(|list| list.id == *id)
        {
            unknown(&at.get("models"), id, &names.model_lists, "model list", report);
        }
        if at.has("models") == at.has("tools") {
            let help = "say models = \"…\" or tools = [\"…\"]".to_owned();
            report.error_help(at.span(), &at.path, "a table is over a model list or over tools".to_owned(), help);
        }
        CardTable {
            title: at.text("title").unwrap_or_default(),
            list,
            tools: names.tools(at, "tools", report).unwrap_or_default(),
            header: at.texts("header").into_iter().map(|(title, _)| title).collect(),
        }
    }
}

/// Cells and sentences that can't be computed are reported where they stand.
pub(crate) fn check(root: &At<'_>, catalog: &Catalog, report: &Report<'_>) {
    let _ = (root, catalog, report);
}
