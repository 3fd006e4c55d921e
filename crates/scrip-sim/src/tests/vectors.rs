//! Every table of `vectors/ledger` holds, in the ledger and in the naive one.

use std::collections::BTreeSet;
use std::fs;

use crate::run::run;
use crate::table::{self, CODES, Says};

use super::project;

fn tables() -> Vec<(String, String)> {
    let mut tables: Vec<(String, String)> = (fs::read_dir(project("vectors/ledger")).expect("the tables are there"))
        .map(|entry| entry.expect("a file").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "txt"))
        .map(|path| {
            let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
            (name, fs::read_to_string(&path).expect("a text"))
        })
        .collect();
    tables.sort();
    tables
}

#[test]
fn every_table_holds() {
    let only = std::env::var("TABLE").unwrap_or_default();
    let mut wrong = Vec::new();
    for (name, text) in tables().iter().filter(|(name, _)| name.contains(&only)) {
        wrong.extend(run(text).into_iter().map(|what| format!("{name}, {what}")));
    }
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
}

/// 65,536 customers in one wallet make a long table: that refusal has a test of its own.
const NOT_IN_A_TABLE: [&str; 1] = ["too_many_customers"];

#[test]
fn every_refusal_has_a_table() {
    let mut shown = BTreeSet::from(NOT_IN_A_TABLE.map(str::to_owned));
    for (name, text) in tables() {
        for row in table::read(&text).unwrap_or_else(|unreadable| panic!("{name}, {unreadable}")) {
            match row.says {
                Says::Does(_, Some(told)) | Says::Retry(_, told) => drop(shown.insert(told.outcome)),
                _ => {}
            }
        }
    }
    for code in CODES {
        assert!(shown.contains(code), "no table answers {code}");
    }
}
