//! Reads models: a tool's own, and lists that several tools share.

use std::collections::BTreeMap;
use std::ops::Range;

use scrip_ledger::id::Name;

use crate::file::{Field, Tree};
use crate::names::unknown;
use crate::read::At;
use crate::report::{Report, closest};
use crate::shape::is_id;

/// A model as the file says it; its price is compiled for each tool that offers it.
#[derive(Clone)]
pub(crate) struct ModelSource<'a> {
    pub id: Name,
    pub at: At<'a>,
    pub key_span: Range<usize>,
    pub default: bool,
    pub columns: Vec<(String, String)>,
}

/// A list of models that tools refer to.
#[derive(Clone)]
pub(crate) struct ModelList<'a> {
    pub id: Name,
    pub title: Option<String>,
    pub default_mark: Option<String>,
    /// Keys and titles of what else its models say.
    pub columns: Vec<(String, String)>,
    pub models: Vec<ModelSource<'a>>,
}

pub(crate) fn read_lists<'a>(root: &At<'a>, report: &Report<'_>) -> Vec<ModelList<'a>> {
    root.items("model_list").iter().filter_map(|at| read_list(at, report)).collect()
}

fn read_list<'a>(at: &At<'a>, report: &Report<'_>) -> Option<ModelList<'a>> {
    let columns: Vec<(String, String)> = match at.get("columns") {
        Some(columns) => columns
            .entries()
            .into_iter()
            .filter_map(|(field, at)| Some((field.key.clone(), at.node.text()?.to_owned())))
            .collect(),
        None => Vec::new(),
    };
    let models = read_models(&at.get("models")?, &columns, report);
    if models.is_empty() {
        report.error(at.key_span("models"), &at.path, "a model list needs models".to_owned());
    }
    Some(ModelList {
        id: at.name("id")?,
        title: at.text("title"),
        default_mark: at.text("default_mark"),
        columns,
        models,
    })
}

const KNOWN: [&str; 8] = ["name", "price", "default", "aliases", "row", "numbers", "description", "retired"];

fn read_models<'a>(models: &At<'a>, columns: &[(String, String)], report: &Report<'_>) -> Vec<ModelSource<'a>> {
    let mut sources = Vec::new();
    for (field, at) in models.entries() {
        if !is_id(&field.key) {
            let message = format!("{:?} is not a model id", field.key);
            let help = "an id has letters, digits and `_ - . / :`; what customers read is its `name`".to_owned();
            report.error_help(field.key_span.clone(), &at.path, message, help);
            continue;
        }
        let mut said = Vec::new();
        for extra in at.node.fields().iter().filter(|field| !KNOWN.contains(&field.key.as_str())) {
            match columns.iter().find(|(key, _)| *key == extra.key) {
                Some((key, _)) => said.push((key.clone(), extra.value.text().unwrap_or_default().to_owned())),
                None => unknown_key(extra, columns, &at, report),
            }
        }
        sources.push(ModelSource {
            id: Name::from(field.key.as_str()),
            default: at.bool("default").unwrap_or(false),
            key_span: field.key_span.clone(),
            columns: said,
            at,
        });
    }
    sources
}

fn unknown_key(field: &Field, columns: &[(String, String)], at: &At<'_>, report: &Report<'_>) {
    let known = || KNOWN.into_iter().chain(columns.iter().map(|(key, _)| key.as_str()));
    let help = match closest(&field.key, known()) {
        _ if field.key.starts_with(|first: char| first.is_ascii_digit()) => {
            "an id with a dot stands in quotes, such as models.\"vendor/model-2.1\"".to_owned()
        }
        Some(name) => format!("did you mean `{name}`?"),
        None => {
            format!("a model can say: {}; a list declares further `columns`", known().collect::<Vec<_>>().join(", "))
        }
    };
    let path = crate::shape::join(&at.path, &field.key);
    report.error_help(field.key_span.clone(), &path, format!("a model has no key `{}`", field.key), help);
}

/// The models that a tool offers, in order: its own, or those of the lists it names.
pub(crate) fn of_tool<'a>(
    tool: &At<'a>,
    lists: &[ModelList<'a>],
    known_lists: &[Name],
    report: &Report<'_>,
) -> Vec<ModelSource<'a>> {
    let Some(at) = tool.get("models") else { return Vec::new() };
    if matches!(at.node.value, Tree::Table(_)) {
        return read_models(&at, &[], report);
    }
    let named = if at.node.text().is_some() { vec![at] } else { at.list() };
    let mut models: Vec<ModelSource<'a>> = Vec::new();
    let mut owners: BTreeMap<Name, Name> = BTreeMap::new();
    for place in named {
        let Some(id) = place.node.text() else { continue };
        let Some(list) = lists.iter().find(|list| list.id.as_str() == id) else {
            if !known_lists.iter().any(|known| known.as_str() == id) {
                unknown(&Some(place.clone()), id, known_lists, "model list", report);
            }
            continue;
        };
        for model in &list.models {
            match owners.insert(model.id.clone(), list.id.clone()) {
                None => models.push(model.clone()),
                Some(owner) => {
                    let message = format!("model \"{}\" is in \"{owner}\" and in \"{}\"", model.id, list.id);
                    report.error(place.span(), &place.path, message);
                }
            }
        }
    }
    models
}
