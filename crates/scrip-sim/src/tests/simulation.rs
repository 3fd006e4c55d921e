//! Random scripts: both ledgers agree after every step, and the scripts go everywhere.

use std::collections::BTreeMap;

use crate::script::{Act, Step};
use crate::shrink;
use crate::table::CODES;

const STEPS: usize = 2_000;

/// What a run went through: outcomes by act, and entries by kind.
#[derive(Default)]
struct Seen {
    outcomes: BTreeMap<(&'static str, String), usize>,
    entries: BTreeMap<&'static str, usize>,
}

fn play(seeds: std::ops::Range<u64>) -> Seen {
    let mut seen = Seen::default();
    for seed in seeds {
        let played = shrink::play(seed, STEPS, |step, acted| {
            let Step::Act { act, .. } = step else { return };
            let replayed = if acted.answered.replayed { "replayed " } else { "" };
            let outcome = format!("{replayed}{}", acted.answered.outcome);
            *seen.outcomes.entry((name(act), outcome)).or_default() += 1;
        });
        let auditor = played.unwrap_or_else(|(steps, disagreement)| {
            let short = shrink::shortest(&steps);
            panic!("seed {seed}, step {}: {disagreement}\n\n{}", steps.len(), shrink::written(&short));
        });
        for entry in auditor.wallets.iter().flat_map(|pair| &pair.entries) {
            *seen.entries.entry(entry.kind).or_default() += 1;
        }
    }
    seen
}

fn name(act: &Act) -> &'static str {
    match act {
        Act::Customer { .. } => "customer",
        Act::Member { .. } => "member",
        Act::RemoveMember { .. } => "remove-member",
        Act::Grant(_) => "grant",
        Act::Void { .. } => "void",
        Act::Transfer { .. } => "transfer",
        Act::Hold(_) => "hold",
        Act::Extend { .. } => "extend",
        Act::Capture(_) => "capture",
        Act::Release { .. } => "release",
        Act::Charge(_) => "charge",
        Act::Refund { .. } => "refund",
        Act::Touch { .. } => "touch",
    }
}

#[test]
fn the_ledgers_agree_on_the_first_dozen_seeds() {
    play(1..13);
}

#[test]
fn the_ledgers_agree_on_the_second_dozen_seeds_which_go_everywhere() {
    let seen = play(13..25);
    let reached = |outcome: &str| seen.outcomes.keys().any(|known| known.1 == outcome);
    if std::env::var_os("SHOW").is_some() {
        println!("{:#?}\n{:#?}", seen.outcomes, seen.entries);
    }
    for code in CODES.iter().filter(|code| **code != "too_many_customers") {
        assert!(reached(code), "no step answers {code}");
    }
    for act in ["grant", "void", "transfer", "hold", "extend", "capture", "release", "charge", "refund"] {
        for outcome in ["ok", "replayed ok"] {
            let count = seen.outcomes.get(&(act, outcome.to_owned())).copied().unwrap_or(0);
            assert!(count > 0, "{act} is never {outcome}");
        }
    }
    for kind in [
        "grant",
        "activate",
        "hold",
        "capture",
        "release",
        "hold_expire",
        "lapse",
        "refund",
        "expire",
        "void",
        "transfer",
        "restore",
        "debt",
        "repay",
        "forgive",
    ] {
        assert!(seen.entries.contains_key(kind), "no entry is of kind {kind}");
    }
}
