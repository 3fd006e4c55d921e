//! The ids of a file: declared once, and known before anything refers to them.

use std::collections::BTreeMap;

use scrip_ledger::id::Name;

use crate::read::At;
use crate::report::{Report, closest};
use crate::studio::Studio;

/// Every id that other parts of the file may refer to.
#[derive(Debug, Default)]
pub(crate) struct Names {
    pub tools: Vec<Name>,
    pub buckets: Vec<Name>,
    pub plans: Vec<Name>,
    pub packs: Vec<Name>,
    pub model_lists: Vec<Name>,
}

impl Names {
    /// Collects the ids, and reports those that are declared twice.
    pub fn collect(root: &At<'_>, report: &Report<'_>) -> Names {
        let ids = |key: &str| unique_ids(root, key, report);
        let names = Names {
            tools: ids("tool"),
            buckets: ids("bucket"),
            plans: ids("plan"),
            packs: ids("pack"),
            model_lists: ids("model_list"),
        };
        ids("add_on");
        ids("promotion");
        names
    }

    /// A list of tool ids, each checked. `None` if the key is absent.
    pub fn tools(&self, at: &At<'_>, key: &str, report: &Report<'_>) -> Option<Vec<Name>> {
        list(at, key, &self.tools, "tool", report)
    }

    pub fn plans(&self, at: &At<'_>, key: &str, report: &Report<'_>) -> Option<Vec<Name>> {
        list(at, key, &self.plans, "plan", report)
    }

    pub fn bucket(&self, at: &At<'_>, key: &str, report: &Report<'_>) -> Option<Name> {
        one(at, key, &self.buckets, "bucket", report)
    }

    pub fn pack(&self, at: &At<'_>, key: &str, report: &Report<'_>) -> Option<Name> {
        one(at, key, &self.packs, "pack", report)
    }

    pub fn check_unit(&self, at: &At<'_>, key: &str, studio: &Studio, report: &Report<'_>) {
        let Some(id) = at.word(key) else { return };
        if studio.unit(id).is_none() {
            let known: Vec<Name> =
                std::iter::once(&studio.credit).chain(&studio.other_units).map(|u| u.id.clone()).collect();
            unknown(&at.get(key), id, &known, "unit", report);
        }
    }
}

fn unique_ids(root: &At<'_>, key: &str, report: &Report<'_>) -> Vec<Name> {
    let mut first_line: BTreeMap<Name, ()> = BTreeMap::new();
    let mut ids = Vec::new();
    for at in root.items(key) {
        let Some(id) = at.name("id") else { continue };
        if first_line.insert(id.clone(), ()).is_some() {
            let what = key.replace('_', " ");
            report.error(at.id_span(), &at.path, format!("there is already a {what} \"{id}\""));
        }
        ids.push(id);
    }
    ids
}

fn one(at: &At<'_>, key: &str, known: &[Name], what: &str, report: &Report<'_>) -> Option<Name> {
    let name = at.name(key)?;
    if !known.contains(&name) {
        unknown(&at.get(key), &name, known, what, report);
        return None;
    }
    Some(name)
}

fn list(at: &At<'_>, key: &str, known: &[Name], what: &str, report: &Report<'_>) -> Option<Vec<Name>> {
    at.get(key)?;
    let mut names = Vec::new();
    for (text, place) in at.texts(key) {
        let name = Name::from(text);
        if !known.contains(&name) {
            unknown(&Some(place), &name, known, what, report);
        } else if names.contains(&name) {
            report.error(place.span(), &place.path, format!("{what} \"{name}\" is named twice"));
        } else {
            names.push(name);
        }
    }
    Some(names)
}

/// Reports a reference to something that the file does not declare.
pub(crate) fn unknown(place: &Option<At<'_>>, name: &str, known: &[Name], what: &str, report: &Report<'_>) {
    let Some(place) = place else { return };
    let help = match closest(name, known.iter().map(Name::as_str)) {
        Some(meant) => format!("did you mean \"{meant}\"?"),
        None if known.is_empty() => format!("the catalog declares no {what}"),
        None => format!("declared: {}", known.iter().map(Name::as_str).take(20).collect::<Vec<_>>().join(", ")),
    };
    report.error_help(place.span(), &place.path, format!("there is no {what} \"{name}\""), help);
}
