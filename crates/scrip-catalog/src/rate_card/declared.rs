//! What the file says about the price list: tables, sentences and labels, whose numbers are computed.

use scrip_ledger::id::Name;

use crate::models::ModelList;
use crate::names::{Names, unknown};
use crate::read::At;
use crate::report::Report;

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
        let extra =
            at.node.fields().iter().filter(|field| !["label", "model", "text", "tools"].contains(&field.key.as_str()));
        CardCell {
            label: at.text("label").unwrap_or_default(),
            model: at.text("model"),
            inputs: extra
                .filter_map(|field| Some((field.key.clone(), crate::read::input_text(&field.value)?)))
                .collect(),
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
    pub lists: Vec<Name>,
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
        let mut shown = Vec::new();
        if let Some(models) = at.get("models") {
            let named = if models.node.text().is_some() { vec![models] } else { models.list() };
            for place in named {
                let Some(id) = place.node.text() else { continue };
                match lists.iter().find(|list| list.id.as_str() == id) {
                    Some(list) => shown.push(list.id.clone()),
                    None => unknown(&Some(place.clone()), id, &names.model_lists, "model list", report),
                }
            }
        }
        let title = lists.iter().find(|list| shown.contains(&list.id)).and_then(|list| list.title.clone());
        if at.has("models") == at.has("tools") {
            let help = "say models = \"…\" or tools = [\"…\"]".to_owned();
            report.error_help(at.span(), &at.path, "a table is over a model list or over tools".to_owned(), help);
        }
        CardTable {
            title: at.text("title").or(title).unwrap_or_default(),
            lists: shown,
            tools: names.tools(at, "tools", report).unwrap_or_default(),
            header: at.texts("header").into_iter().map(|(title, _)| title).collect(),
        }
    }
}
