//! What is agreed with one customer or set for one member, read like the catalog's own file.

use std::collections::BTreeMap;
use std::sync::Arc;

use scrip_catalog::{Catalog, Diagnostic};
use scrip_ledger::plan::{Interval, Limit, Plan};
use serde_json::value::RawValue;

use crate::catalogs::Version;
use crate::problem::Problem;
use crate::routes::catalog::diagnostic;

const BYTES_MAX: usize = 16_384;

/// Plans by contract: `{ "plans": { "enterprise": { … } } }`, each in the shape of the catalog's plan table
/// (MISSION S3-13).
///
/// Refusals: `invalid_input` with all mistakes; `unpriced` (there is no catalog to agree on).
pub(crate) fn contracts(version: Option<&Arc<Version>>, json: &str) -> Result<Vec<Plan>, Problem> {
    if !json.starts_with('{') || BYTES_MAX < json.len() {
        return Err(Problem::invalid_input("overrides", "must be an object of at most 16 KiB"));
    }
    catalog(version)?.contracts(json).map_err(|found| mistakes("overrides", &found))
}

/// Caps of a member: one limit `{ kind, at_most, per, tools }` or a list of them, or `{ "monthly": "50" }` for what
/// may be spent in a period.
///
/// Refusals: `invalid_input` with all mistakes; `unpriced` (there is no catalog).
pub(crate) fn caps(version: Option<&Arc<Version>>, json: &str) -> Result<Vec<Limit>, Problem> {
    if !json.starts_with(['{', '[']) || BYTES_MAX < json.len() {
        return Err(Problem::invalid_input("limits", "must be a limit or a list of limits, of at most 16 KiB"));
    }
    let listed = if json.starts_with('{') { listed(json) } else { json.to_owned() };
    catalog(version)?.member_limits(&listed).map_err(|found| mistakes("limits", &found))
}

/// The list that an object stands for.
fn listed(json: &str) -> String {
    let by_period = serde_json::from_str::<BTreeMap<String, &RawValue>>(json).ok().and_then(|caps| {
        let cap = |(key, at_most): (String, &RawValue)| {
            let per = Interval::ALL.into_iter().find(|per| per.key() == key)?;
            Some(format!(r#"{{"kind":"spend","at_most":{at_most},"per":"{}"}}"#, per.as_str()))
        };
        caps.into_iter().map(cap).collect::<Option<Vec<String>>>()
    });
    match by_period {
        Some(caps) => format!("[{}]", caps.join(",")),
        None => format!("[{json}]"),
    }
}

fn catalog(version: Option<&Arc<Version>>) -> Result<&Arc<Catalog>, Problem> {
    let none =
        || Problem::new(scrip_api::Code::Unpriced, "this studio has no catalog yet: there is nothing to agree on");
    version.ok_or_else(none)?.catalog()
}

fn mistakes(input: &str, found: &[Diagnostic]) -> Problem {
    let first = found.first().map(|first| format!("{}: {}", first.path, first.message)).unwrap_or_default();
    Problem::invalid_input(input, format_args!("can't be carried out: {first}"))
        .with_diagnostics(found.iter().map(diagnostic).collect())
}
