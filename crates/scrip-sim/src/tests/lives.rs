//! Random lives of customers with plans: the core and the server tell the same of them, and time passes alike however
//! often somebody looks.

use std::fs;

use crate::scenario::chance;
use crate::scenario::core::CoreWorld;
use crate::scenario::{Told, told};

use super::http::HttpWorld;
use super::project;

const CATALOG: &str = "vectors/scenarios/reel/reel.toml";

fn file(path: &str) -> String {
    fs::read_to_string(project(path)).expect("the catalog is there")
}

/// `SEEDS=9-60` plays others.
pub fn seeds(usual: std::ops::Range<u64>) -> std::ops::Range<u64> {
    let Ok(asked) = std::env::var("SEEDS") else { return usual };
    let (first, last) = asked.split_once('-').unwrap_or((&asked, &asked));
    let number = |text: &str| text.parse::<u64>().expect("SEEDS is a number, or two with - between them");
    number(first)..number(last) + 1
}

/// Where the server tells otherwise first. Of an act it may say more than the core, never anything else.
fn difference(core: &[Told], http: &[Told]) -> Option<String> {
    let differs = |(core, http): &(&Told, &Told)| match (&core.answer, &http.answer) {
        (Err(_), Err(_)) => false,
        (Ok(core_says), Ok(http_says)) if core.said.ends_with(':') => core_says != http_says,
        (Ok(core_says), Ok(http_says)) => core_says.iter().any(|item| !http_says.contains(item)),
        _ => true,
    };
    let (core, http) = core.iter().zip(http).find(differs)?;
    Some(format!("line {}, {}\n  {:?}\n  {:?}", core.line, core.said, core.answer, http.answer))
}

#[test]
fn the_core_and_the_server_tell_the_same() {
    for seed in seeds(1..9) {
        let text = chance::text(seed, 60, CATALOG);
        let core = told(&text, file, &mut CoreWorld::new());
        assert!(core[0].answer.is_ok(), "seed {seed}: {:?}", core[0].answer);
        let http = told(&text, file, &mut HttpWorld::start());
        if let Some(difference) = difference(&core, &http) {
            panic!("seed {seed}: the core, then the server: {difference}\n\n{}", upto(&text, &difference));
        }
    }
}

/// Somebody looks in between, at other instants: nothing is otherwise for it.
#[test]
fn time_passes_alike_however_often_somebody_looks() {
    for seed in seeds(1..41) {
        let text = chance::text(seed, 60, CATALOG);
        let mut once = CoreWorld::new();
        let told_once = told(&text, file, &mut once);
        let mut often = CoreWorld::new();
        let looked_at = chance::looked_at(&text, seed);
        assert_ne!(looked_at, text, "seed {seed}: nobody looks in between");
        let told_often = told(&looked_at, file, &mut often);
        assert!(told_once[0].answer.is_ok(), "seed {seed}: {:?}", told_once[0].answer);
        let kept = |told: &[Told]| -> Vec<Told> {
            let asked = |one: &&Told| !one.said.contains("entries of") && !one.said.contains("time passes");
            told.iter().filter(asked).map(|one| Told { line: 0, said: words(&one.said), ..one.clone() }).collect()
        };
        let (told_once, told_often) = (kept(&told_once), kept(&told_often));
        for (one, other) in told_once.iter().zip(&told_often) {
            assert_eq!(one, other, "seed {seed}");
        }
        assert_eq!(told_once.len(), told_often.len(), "seed {seed}");
        assert_eq!(once.movements(), often.movements(), "seed {seed}");
    }
}

/// Requests arrive twice: the second time nothing moves.
#[test]
fn a_request_that_arrives_twice_does_nothing_twice() {
    for seed in seeds(1..41) {
        let text = chance::text(seed, 60, CATALOG);
        let retried = chance::retried(&text, seed);
        let told_once = told(&text, file, &mut CoreWorld::new());
        let told_twice = told(&retried, file, &mut CoreWorld::new());
        let replays = told_twice.iter().filter(|one| one.answer.iter().flatten().any(|item| item == "replayed yes"));
        assert_ne!(replays.count(), 0, "seed {seed}: nothing arrives twice");
        let looks = |told: &[Told]| -> Vec<(String, Result<Vec<String>, String>)> {
            let look = |one: &&Told| one.said.ends_with(':') && !one.said.starts_with("entries");
            told.iter().filter(look).map(|one| (one.said.clone(), one.answer.clone())).collect()
        };
        let (once, twice) = (looks(&told_once), looks(&told_twice));
        assert_eq!(once.len(), twice.len(), "seed {seed}");
        for (one, other) in once.iter().zip(&twice) {
            assert_eq!(one, other, "seed {seed}");
        }
    }
}

/// What is said without its instant.
fn words(said: &str) -> String {
    let said = said.trim();
    if said.starts_with("20") { said.get(16..).unwrap_or_default().trim().to_owned() } else { said.to_owned() }
}

/// A catalog is published after each act: no balance moves for it, and plans that run go on.
#[test]
fn an_edit_of_the_catalog_never_touches_a_balance() {
    for seed in seeds(1..41) {
        let text = chance::edited(&chance::text(seed, 40, CATALOG), seed);
        let told = told(&text, file, &mut CoreWorld::new());
        let published = told.iter().enumerate().filter(|(_, one)| one.said.contains("the studio publishes"));
        assert_ne!(published.clone().count(), 0, "seed {seed}: nothing is published");
        for (index, one) in published {
            assert!(one.answer.is_ok(), "seed {seed}: {:?}", one.answer);
            let (before, after) = (&told[index - 1], &told[index + 1]);
            assert_eq!(before.said, after.said, "seed {seed}");
            assert_eq!(before.answer, after.answer, "seed {seed}, line {}", one.line);
        }
    }
}

/// The scenario without its looks, up to where it went wrong.
fn upto(text: &str, difference: &str) -> String {
    let line = difference.trim_start_matches("line ").split(',').next().and_then(|line| line.parse().ok());
    let acts = text.lines().take(line.unwrap_or(usize::MAX)).filter(|line| !line.ends_with('?'));
    acts.collect::<Vec<_>>().join("\n")
}
