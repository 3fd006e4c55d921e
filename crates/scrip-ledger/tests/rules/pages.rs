//! The scripts on the pages about teams, limits, packs and promotions are tables of these tests.

use std::fs;
use std::path::{Path, PathBuf};

const PAGES: [&str; 3] = ["seats", "counting", "packs-and-promotions"];
const FENCE: &str = "```text ";

fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

/// The table of the test with that name.
fn table(name: &str) -> String {
    let folder = project("crates/scrip-ledger/tests/rules");
    let files = fs::read_dir(folder).unwrap().map(|file| fs::read_to_string(file.unwrap().path()).unwrap());
    let test = format!("fn {name}() {{");
    let found = files.into_iter().find(|text| text.contains(&test));
    let text = found.unwrap_or_else(|| panic!("a page shows {name}, which is no test"));
    let table = text.split(&test).nth(1).and_then(|rest| rest.split("expect![[r#\"\n").nth(1)).unwrap();
    let lines = table.split("\"#]]").next().unwrap().lines().map(str::trim).filter(|line| !line.is_empty());
    lines.map(|line| format!("{line}\n")).collect()
}

fn filled(page: &str) -> String {
    let mut filled = String::new();
    let mut inside = false;
    for line in page.lines() {
        if let Some(name) = line.strip_prefix(FENCE) {
            filled += &format!("{line}\n{}", table(name));
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
            assert_eq!(kept, filled, "{page} is out of date: run these tests with SCRIP_UPDATE=1");
        }
    }
}
