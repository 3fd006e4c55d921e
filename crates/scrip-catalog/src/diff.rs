//! What a new catalog changes, and what it must not take away from those who hold it.

use std::collections::{BTreeMap, BTreeSet};

use scrip_ledger::id::Name;
use serde_json::Value;

use crate::catalog::Catalog;
use crate::shape::join;

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

impl Catalog {
    /// What this catalog changes of an older one, part by part; parts of lists are told apart by their ids.
    pub fn diff(&self, old: &Catalog) -> Vec<Change> {
        let mut changes = Vec::new();
        compare("", &old.to_json(), &self.to_json(), &mut changes);
        changes
    }

    /// Ids of an older catalog that are gone here; what somebody still holds can only be marked `retired`.
    pub fn removed_ids(&self, old: &Catalog) -> RemovedIds {
        let gone = |kept: bool, id: &Name| (!kept).then(|| id.clone());
        let units = std::iter::once(&old.studio.credit).chain(&old.studio.other_units);
        RemovedIds {
            currencies: units.filter_map(|unit| gone(self.studio.unit(&unit.id).is_some(), &unit.id)).collect(),
            buckets: old.buckets.iter().filter_map(|old| gone(self.bucket(&old.id).is_some(), &old.id)).collect(),
            plans: old.plans.iter().filter_map(|old| gone(self.plan(&old.id).is_some(), &old.id)).collect(),
            packs: old.packs.iter().filter_map(|old| gone(self.pack(&old.id).is_some(), &old.id)).collect(),
            add_ons: old.add_ons.iter().filter_map(|old| gone(self.add_on(&old.id).is_some(), &old.id)).collect(),
        }
    }
}

impl RemovedIds {
    pub fn is_empty(&self) -> bool {
        [&self.currencies, &self.buckets, &self.plans, &self.packs, &self.add_ons].iter().all(|ids| ids.is_empty())
    }
}

fn compare(path: &str, old: &Value, new: &Value, changes: &mut Vec<Change>) {
    match (old, new) {
        (Value::Object(before), Value::Object(after)) => {
            let keys: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
            for key in keys {
                compare_part(&join(path, key), before.get(key), after.get(key), changes);
            }
        }
        (Value::Array(before), Value::Array(after)) if named(before) && named(after) => {
            let (before, after) = (by_name(before), by_name(after));
            let names: BTreeSet<&str> = before.keys().chain(after.keys()).copied().collect();
            for name in names {
                let parts = (before.get(name).copied(), after.get(name).copied());
                compare_part(&join(path, name), parts.0, parts.1, changes);
            }
            // Buckets are spent in their order, so a new order is a change.
            if path == "buckets" && order(old, &after) != order(new, &before) {
                changes.push(changed("buckets (order)", all_names(old), all_names(new)));
            }
        }
        _ if old != new => changes.push(changed(path, old.clone(), new.clone())),
        _ => {}
    }
}

fn compare_part(path: &str, old: Option<&Value>, new: Option<&Value>, changes: &mut Vec<Change>) {
    let (kind, old, new) = match (old, new) {
        (Some(old), Some(new)) => return compare(path, old, new, changes),
        (None, Some(new)) => (ChangeKind::Added, None, Some(new.clone())),
        (Some(old), None) => (ChangeKind::Removed, Some(old.clone()), None),
        (None, None) => return,
    };
    changes.push(Change { path: path.to_owned(), kind, old, new });
}

fn changed(path: &str, old: Value, new: Value) -> Change {
    Change { path: path.to_owned(), kind: ChangeKind::Changed, old: Some(old), new: Some(new) }
}

/// Has every part an id (or a name) to tell it by?
fn named(parts: &[Value]) -> bool {
    parts.iter().all(|part| name_of(part).is_some())
}

fn name_of(part: &Value) -> Option<&str> {
    ["id", "name", "interval", "bucket"].iter().find_map(|key| part.get(key)).and_then(Value::as_str)
}

fn by_name(parts: &[Value]) -> BTreeMap<&str, &Value> {
    parts.iter().filter_map(|part| Some((name_of(part)?, part))).collect()
}

/// The names of a list in its order, those that the other side has too.
fn order<'v>(list: &'v Value, both: &BTreeMap<&str, &Value>) -> Vec<&'v str> {
    let names = list.as_array().into_iter().flatten().filter_map(name_of);
    names.filter(|name| both.contains_key(name)).collect()
}

fn all_names(list: &Value) -> Value {
    Value::from(list.as_array().into_iter().flatten().filter_map(name_of).collect::<Vec<_>>())
}
