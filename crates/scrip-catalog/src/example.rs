//! Worked examples of a catalog: recomputed when it is loaded, and refused with their line when wrong.

use std::sync::Arc;

use scrip_ledger::Credits;
use scrip_ledger::id::Name;

use crate::catalog::Catalog;
use crate::measure::Held;
use crate::price::compile::weekday;
use crate::quote::{Ask, Facts, InputValue, PriceError, Priced};
use crate::read::At;
use crate::report::Report;

const KNOWN: [&str; 7] = ["credits", "hold", "model", "quantity", "measured", "facts", "refused"];

/// What every price stands on; `""` is a file that can't be read.
const FOUNDATIONS: [&str; 4] = ["", "studio", "facts", "model_list"];

/// Recomputes all examples of the tools with which nothing else is wrong, whatever is wrong elsewhere.
pub(crate) fn check_all(root: &At<'_>, catalog: &Catalog, report: &Report<'_>) {
    if FOUNDATIONS.iter().any(|part| report.has_error_in(part)) {
        return;
    }
    for tool in root.items("tool") {
        let Some(id) = tool.word("id") else { continue };
        if report.has_error_in(&tool.path) {
            continue;
        }
        for example in tool.items("examples") {
            check(&example, id, catalog, report);
        }
    }
}

fn check(at: &At<'_>, tool: &str, catalog: &Catalog, report: &Report<'_>) {
    let inputs = texts(at, &KNOWN);
    let given: Vec<(&str, InputValue<'_>)> =
        inputs.iter().map(|(name, text)| (name.as_str(), InputValue::Text(text))).collect();
    let quantity = at.integer("quantity").and_then(|quantity| u64::try_from(quantity).ok()).unwrap_or(1);
    let ask = Ask { tool, model: at.word("model"), inputs: &given, quantity };
    let facts = at.get("facts").map(|facts| Arc::new(read_facts(&facts)));
    let priced = catalog.price_with(&ask, facts.as_ref());
    if !["credits", "hold", "refused"].iter().any(|key| at.has(key)) {
        let help = match &priced {
            Ok(priced) => format!("add credits = {}", written(priced.credits)),
            Err(_) => "add credits = …".to_owned(),
        };
        return report.error_help(at.span(), &at.path, "an example says what it costs".to_owned(), help);
    }
    match (priced, at.word("refused")) {
        (Ok(_), Some(code)) => wrong(at, "refused", format!("the request is not refused with {code}"), report),
        (Err(error), Some(code)) if error.code() == code => {}
        (Err(error), Some(_)) => wrong(at, "refused", format!("it is refused with {}: {error}", error.code()), report),
        (Err(error), None) => report.error(at.span(), &at.path, format!("the example is refused: {error}")),
        (Ok(priced), None) => check_amounts(at, catalog, &priced, facts.as_ref(), report),
    }
}

fn check_amounts(at: &At<'_>, catalog: &Catalog, priced: &Priced, facts: Option<&Arc<Facts>>, report: &Report<'_>) {
    if let Some(hold) = at.credits("hold")
        && hold != priced.hold
    {
        wrong(at, "hold", format!("the catalog's prices hold {}, not {hold}", priced.hold), report);
    }
    let Some(credits) = at.credits("credits") else { return };
    let charged = match at.get("measured") {
        None => Ok(priced.credits),
        Some(measured) => charged(priced, &measured, catalog, facts),
    };
    match charged {
        Ok(charged) if charged == credits => {}
        Ok(charged) => wrong(at, "credits", format!("the catalog's prices make it {charged}, not {credits}"), report),
        Err(error) => wrong(at, "measured", format!("the example is refused: {error}"), report),
    }
}

fn charged(
    priced: &Priced,
    measured: &At<'_>,
    catalog: &Catalog,
    facts: Option<&Arc<Facts>>,
) -> Result<Credits, PriceError> {
    let inputs = texts(measured, &[]);
    let given: Vec<(&str, InputValue<'_>)> =
        inputs.iter().map(|(name, text)| (name.as_str(), InputValue::Text(text))).collect();
    let json = priced.inputs_json();
    let held =
        Held { tool: &priced.tool, model: priced.model.as_deref(), inputs_json: &json, quantity: priced.quantity };
    catalog.measure(&held, &given, facts).map(|measured| measured.credits)
}

fn wrong(at: &At<'_>, key: &str, message: String, report: &Report<'_>) {
    let place = at.get(key);
    let span = place.as_ref().map_or(at.span(), |place| place.span());
    report.error_help(span, &at.path, message, "correct the example or the price".to_owned());
}

/// An amount as the file would write it.
fn written(credits: Credits) -> String {
    if credits.fits_decimals(0) { credits.to_string() } else { format!("\"{credits}\"") }
}

fn texts(at: &At<'_>, known: &[&str]) -> Vec<(String, String)> {
    let inputs = at.node.fields().iter().filter(|field| !known.contains(&field.key.as_str()));
    inputs.filter_map(|field| Some((field.key.clone(), crate::read::input_text(&field.value)?))).collect()
}

fn read_facts(at: &At<'_>) -> Facts {
    let previous = at.get("previous").map(|at| at.entries()).unwrap_or_default();
    Facts {
        plan: at.name("plan"),
        channel: at.name("channel"),
        mode: at.name("mode"),
        revision: at.bool("revision").unwrap_or(false),
        unchanged: at.bool("unchanged").unwrap_or(false),
        used_count: at.integer("used").and_then(|used| u64::try_from(used).ok()),
        free_units_left: at.credits("free_units_left"),
        previous: previous
            .iter()
            .filter_map(|(field, at)| Some((Name::from(field.key.as_str()), crate::read::credits(at.node)?)))
            .collect(),
        minute_of_day: at.word("time").and_then(crate::read::time_of_day),
        weekday: at.word("day").and_then(weekday),
    }
}
