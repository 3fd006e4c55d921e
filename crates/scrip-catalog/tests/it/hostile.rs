//! Files that nobody would write: refused or read, within bounds, without a panic.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use scrip_catalog::{Catalog, fuzz_catalog};

use crate::prices::root;

fn files(folder: &str) -> Vec<Vec<u8>> {
    let mut paths: Vec<_> =
        std::fs::read_dir(root().join(folder)).expect(folder).map(|entry| entry.expect("entry").path()).collect();
    paths.sort();
    paths.retain(|path| path.is_file());
    paths.iter().map(|path| std::fs::read(path).expect("bytes")).collect()
}

#[test]
fn the_seeds_of_the_fuzzer_are_read_or_refused() {
    let seeds = files("fuzz/corpus/catalog");
    assert!(15 <= seeds.len());
    seeds.iter().for_each(|seed| fuzz_catalog(seed));
}

/// Every file that we have, with one line left out, cut short, and with one character changed.
#[test]
fn damaged_catalogs_are_read_or_refused() {
    let good: Vec<Vec<u8>> = ["vectors/breadth/prices", "catalogs"].iter().flat_map(|folder| files(folder)).collect();
    let mut turn = 0usize;
    for file in good {
        let text = String::from_utf8(file).expect("UTF-8");
        let lines: Vec<&str> = text.lines().collect();
        for left_out in (0..lines.len()).step_by(1 + lines.len() / 12) {
            let kept: Vec<&str> =
                lines.iter().enumerate().filter(|(line, _)| *line != left_out).map(|(_, line)| *line).collect();
            fuzz_catalog(kept.join("\n").as_bytes());
        }
        for cut in (0..text.len()).step_by(1 + text.len() / 8) {
            fuzz_catalog(&text.as_bytes()[..cut]);
        }
        for at in (0..text.len()).step_by(1 + text.len() / 16) {
            let mut bytes = text.clone().into_bytes();
            turn += 1;
            bytes[at] = b"0\"{}[]=.,x'-\n#"[turn % 14];
            fuzz_catalog(&bytes);
        }
    }
    assert!(200 < turn, "{turn} places were changed");
}

fn refused_in_time(text: &str) -> String {
    let started = Instant::now();
    let problems = Catalog::from_toml(text).expect_err("a refusal");
    assert!(started.elapsed() < Duration::from_secs(20), "took {:?}", started.elapsed());
    problems[0].message.clone()
}

#[test]
fn a_file_that_is_too_long_is_refused_unread() {
    let mut text = String::from("[studio]\nname = \"X\"\n[[tool]]\nid = \"t\"\nprice = { table = [\n");
    for row in 0..1_000_000 {
        writeln!(text, "  {{ n = {row}, credits = 1 }},").expect("a string");
    }
    text.push_str("] }\n");
    assert_eq!(refused_in_time(&text), "the file is longer than 1024 KiB");
}

#[test]
fn a_table_with_too_many_rows_is_refused() {
    let mut text =
        String::from("[studio]\nname = \"X\"\n[[tool]]\nid = \"t\"\ninputs.n = \"integer\"\nprice = { table = [\n");
    for row in 1..=20_000 {
        writeln!(text, "  {{ n = {row}, credits = 1 }},").expect("a string");
    }
    text.push_str("] }\n");
    assert_eq!(refused_in_time(&text), "a table has 1 to 1000 rows, not 20000");
}

#[test]
fn deep_nesting_and_endless_text_are_refused() {
    for open in ["[", "{ a = ", "{ parts = ["] {
        let text = format!("[studio]\nname = \"X\"\nx = {}", open.repeat(100_000));
        refused_in_time(&text);
    }
    let json = format!("{{\"studio\":{}", "{\"name\":".repeat(100_000));
    assert!(Catalog::from_json(&json).is_err());
    refused_in_time(&format!("[studio]\nname = \"X\"\n[[tool]]\nid = \"t\"\nprice = \"{}\"\n", "(".repeat(100_000)));
    refused_in_time(&format!(
        "[studio]\nname = \"X\"\n[[tool]]\nid = \"t\"\nprice = \"1{}\"\n",
        " + 1".repeat(100_000)
    ));
}

#[test]
fn many_mistakes_are_told_up_to_a_number() {
    let mut text = String::from("[studio]\nname = \"X\"\n");
    for tool in 0..10_000 {
        writeln!(text, "[[tool]]\nid = \"t{tool}\"\nprise = 1").expect("a string");
    }
    let problems = Catalog::from_toml(&text).expect_err("a refusal");
    assert!((100..=200).contains(&problems.len()), "{}", problems.len());
}

#[test]
fn a_large_catalog_is_read_in_time() {
    let mut text = String::from("[studio]\nname = \"X\"\n");
    for tool in 0..1_000 {
        writeln!(
            text,
            "[[tool]]\nid = \"t{tool}\"\ninputs.width = \"integer\"\ninputs.seconds = \"duration\"\n\
             price = [{{ per = \"second\", credits = 2 }}, {{ formula = \"round(width / 100, 2)\" }}]\n\
             examples = [{{ width = 100, seconds = 2, credits = 5 }}]"
        )
        .expect("a string");
    }
    let started = Instant::now();
    let catalog = Catalog::from_toml(&text).expect("a catalog").catalog;
    assert_eq!(catalog.tools().len(), 1_000);
    assert!(started.elapsed() < Duration::from_secs(20), "took {:?}", started.elapsed());
}
