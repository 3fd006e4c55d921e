//! The scripts on the pages about semantics are the tables of `vectors/ledger` and the scenarios of
//! `vectors/scenarios`, which run.

use std::fs;

use super::project;

const PAGES: [&str; 9] = ["amounts", "cycles", "grants", "holds", "limits", "packs", "plans", "teams", "time"];
const FENCE: &str = "```text ";
/// Of a fence that shows a scenario: its folder and name follow.
const SCENARIO: &str = "scenario ";

/// A table or scenario as a page shows it: without the comment at its head, which the page says in its own words.
fn shown(name: &str) -> String {
    let path = match name.strip_prefix(SCENARIO) {
        Some(scenario) => project("vectors/scenarios").join(scenario).with_extension("txt"),
        None => project("vectors/ledger").join(name).with_extension("txt"),
    };
    let text = fs::read_to_string(&path).unwrap_or_else(|_| panic!("a page shows {name}, which does not run"));
    let head = |line: &&str| line.starts_with('#') || line.is_empty() || line.starts_with("shows ");
    let body: Vec<&str> = text.lines().skip_while(head).collect();
    format!("{}\n", body.join("\n").trim_end())
}

/// The page with each script as its table is now.
fn filled(page: &str) -> String {
    let mut filled = String::new();
    let mut inside = false;
    for line in page.lines() {
        if let Some(name) = line.strip_prefix(FENCE) {
            filled += &format!("{line}\n{}", shown(name));
            inside = true;
        } else if line == "```" && inside {
            filled += "```\n";
            inside = false;
        } else if !inside {
            filled += &format!("{line}\n");
        }
    }
    filled
}

/// `SCRIP_UPDATE=1` writes the tables into the pages instead.
#[test]
fn every_script_of_a_page_is_a_table_that_runs() {
    for page in PAGES {
        let path = project("docs/semantics").join(page).with_extension("md");
        let kept = fs::read_to_string(&path).expect("the page is there");
        assert!(kept.contains(FENCE), "{page} shows no script");
        let filled = filled(&kept);
        if std::env::var_os("SCRIP_UPDATE").is_some() {
            fs::write(&path, &filled).expect("the page can be written");
        } else {
            assert_eq!(kept, filled, "{page} is out of date: run the tests of scrip-sim with SCRIP_UPDATE=1");
        }
    }
}

/// Pages that other tests fill and check: `scrip-ledger`, `rules::pages`; `scrip-catalog`, `docs`.
const ELSEWHERE: [&str; 4] = ["counting", "packs-and-promotions", "seats", "prices"];

#[test]
fn every_example_on_a_page_about_semantics_is_compared_with_its_file() {
    for entry in fs::read_dir(project("docs/semantics")).expect("the pages are there") {
        let path = entry.expect("a file").path();
        let page = path.file_stem().expect("a name").to_string_lossy().into_owned();
        assert!(PAGES.contains(&&*page) || ELSEWHERE.contains(&&*page), "no test looks at the page {page}");
        let text = fs::read_to_string(&path).expect("a text");
        // Each second fence opens a block.
        for opening in text.lines().filter(|line| line.starts_with("```")).step_by(2) {
            let checked = opening.starts_with(FENCE) || page == "prices" && opening == "```toml";
            assert!(checked, "{page}: {opening} names no file that it is taken from");
        }
    }
}

#[test]
fn what_the_page_about_tables_explains_can_be_read() {
    let readme = fs::read_to_string(project("vectors/ledger/README.md")).expect("it says how to read them");
    let script = readme.split("```text\n").nth(1).and_then(|rest| rest.split("```").next()).expect("it shows one");
    assert_eq!(crate::run::run(script), Vec::<String>::new());
    // Each kind of line that it explains can be read, with an outcome where it needs one.
    let lines = readme.lines().filter(|line| line.starts_with("| `")).filter_map(|line| line.split('`').nth(1));
    for line in lines.filter(|line| !line.starts_with('…')) {
        let table = format!("buckets a, b\n{line}\n");
        let with_outcome = format!("buckets a, b\n{line} ok\n");
        let read = crate::table::read(&table).or_else(|_| crate::table::read(&with_outcome));
        assert!(read.is_ok(), "{line}: {read:?}");
    }
}
