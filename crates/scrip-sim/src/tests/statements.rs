//! Every statement of the mission about behaviour, screens and worked examples is shown by a scenario, or says here
//! why not; the page `vectors/scenarios/statements.md` lists which.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;

use crate::scenario::read;

use super::project;
use super::scenarios::scenarios;

/// Statements that are no price, by document, and the readings.
const STATEMENTS: &str = "
    S0-12 S0-14 S0-16 S0-17 S0-18 S0-19 S0-24 S0-25 S0-26 S0-28 S0-29 S0-30 S0-31 S0-32 S0-33 S0-34 S0-35 S0-36 S0-37
    S0-38 S0-39 S0-40 S0-41 S0-42 S0-43 S0-44 S0-45
    S1-01 S1-02 S1-06 S1-07 S1-13 S1-14 S1-15 S1-17 S1-19 S1-20 S1-21 S1-22 S1-23 S1-24 S1-25 S1-26 S1-27 S1-28
    S2-07 S2-08 S2-09 S2-10 S2-11 S2-12 S2-13 S2-14 S2-15 S2-16 S2-17 S2-18 S2-19 S2-20
    S3-03 S3-04 S3-05 S3-06 S3-07 S3-08 S3-09 S3-13 S3-16 S3-17 S3-18 S3-21 S3-22 S3-23 S3-24 S3-25 S3-26 S3-27 S3-28
    S3-29 S3-30 S3-31
    S4-01 S4-02 S4-03 S4-04 S4-05 S4-06 S4-07 S4-14 S4-15 S4-16 S4-17 S4-18 S4-19 S4-20 S4-21 S4-22 S4-23 S4-24 S4-25
    S4-26 S4-27 S4-28
    A01 A02 A03 A04 A05 A06 A07 A08 A09 A10 A11 A12 A13 A14 A15 A16 A17 A18 A19 A20 A21 A22 A23 A24 A25 A26 A27 A28 A29
    A30 A31 A32 A33 A34 A35 A36 A37 A38 A39 A40 A41 A42 A43 A44
";

/// What no story of credits can show.
const ELSEWHERE: [(&str, &str); 5] = [
    ("S4-19", "a page"),
    ("S4-25", "payments"),
    ("S4-26", "payments"),
    ("S4-28", "words for people: tests of the SDKs"),
    ("A07", "sample values say so in `catalogs/`"),
];

/// What the scenarios of a statement leave to something else.
const IN_PART: [(&str, &str); 3] = [
    ("S4-20", "the balance and its buckets; the document's own address comes with payments"),
    ("S4-24", "plans and packs by their names, without a checkout: that comes with payments"),
    ("S4-27", "an unknown name is refused, here with 422; the checkout's 400 comes with payments"),
];

/// Readings that have no other setting, each with its reason: all others have a scenario at another one too.
const ONE_SETTING: [(&str, &str); 3] = [
    ("A25", "no other setting: both ends are there, each as an act of its own"),
    ("A33", "no other setting: a balance that is not the sum of the ledger would be wrong"),
    ("A34", "no other setting: clients tell refusals apart by these statuses, whatever the product"),
];

/// The scenarios of each statement by their place, and whether they set something otherwise than the catalog's file.
type Shown = BTreeMap<String, BTreeMap<String, bool>>;

fn sets_something(text: &str) -> bool {
    text.lines().any(|line| line.trim_start().starts_with("with ") && line.contains(" = "))
}

fn shown() -> Shown {
    let mut shown = Shown::new();
    let folder = project("vectors/scenarios");
    for (name, path) in scenarios() {
        let text = fs::read_to_string(&path).expect("a text");
        let scenario = read(&text).unwrap_or_else(|wrong| panic!("{name}: {}", wrong[0]));
        // Stories of `vectors/breadth` are about what no document has.
        let Ok(place) = path.strip_prefix(&folder) else { continue };
        let place = place.to_string_lossy().into_owned();
        for statement in scenario.shows {
            shown.entry(statement).or_default().insert(place.clone(), sets_something(&text));
        }
    }
    shown
}

#[test]
fn every_statement_is_shown_by_a_scenario_or_says_where_it_is() {
    let shown = shown();
    let statements: BTreeSet<&str> = STATEMENTS.split_whitespace().collect();
    let unknown: Vec<&String> = shown.keys().filter(|number| !statements.contains(number.as_str())).collect();
    assert!(unknown.is_empty(), "no such statements: {unknown:?}");
    let elsewhere = |number: &str| ELSEWHERE.iter().find(|(known, _)| *known == number).map(|(_, why)| *why);
    let mut page = String::from(
        "# Statements\n\nWhich scenario shows which statement of the mission. Made by a test: run the tests of scrip-sim with \
         SCRIP_UPDATE=1.\n\n| statement | shown by |\n|---|---|\n",
    );
    let mut missing = Vec::new();
    for number in &statements {
        let said = match (shown.get(*number), elsewhere(number)) {
            (Some(_), Some(_)) => panic!("{number} is shown, and said to be elsewhere"),
            (Some(places), None) => {
                let link = |place: &String| format!("[{}]({place})", place.trim_end_matches(".txt"));
                let beside = IN_PART.iter().chain(&ONE_SETTING).filter(|(known, _)| known == number);
                let beside = beside.map(|(_, why)| (*why).to_owned());
                places.keys().map(link).chain(beside).collect::<Vec<_>>().join("<br>")
            }
            (None, Some(why)) => why.to_owned(),
            (None, None) => {
                missing.push(*number);
                continue;
            }
        };
        let _ = writeln!(page, "| {number} | {said} |");
    }
    assert!(missing.is_empty(), "no scenario shows {missing:?}");
    let path = project("vectors/scenarios/statements.md");
    if std::env::var_os("SCRIP_UPDATE").is_some() {
        fs::write(&path, &page).expect("the page can be written");
    } else {
        let kept = fs::read_to_string(&path).unwrap_or_default();
        assert!(kept == page, "statements.md is out of date: run the tests of scrip-sim with SCRIP_UPDATE=1");
    }
}

#[test]
fn every_reading_is_shown_at_another_setting_too_or_says_why_there_is_none() {
    let shown = shown();
    let readings = STATEMENTS.split_whitespace().filter(|number| number.starts_with('A'));
    let is_said = |number: &&str| ELSEWHERE.iter().chain(&ONE_SETTING).any(|(known, _)| known == number);
    let is_set = |number: &&str| shown.get(*number).is_some_and(|places| places.values().any(|sets| *sets));
    let wrong: Vec<&str> = readings.filter(|number| !is_said(number) && !is_set(number)).collect();
    assert!(wrong.is_empty(), "nothing shows another setting of {wrong:?}");
}
