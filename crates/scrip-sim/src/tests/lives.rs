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

/// `SEED` plays one seed only.
fn seeds(usual: std::ops::Range<u64>) -> Vec<u64> {
    let one = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok());
    one.map_or_else(|| usual.collect(), |seed: u64| vec![seed])
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
        let http = told(&text, file, &mut HttpWorld::start());
        if let Some(difference) = difference(&core, &http) {
            panic!("seed {seed}: the core, then the server: {difference}\n\n{}", upto(&text, &difference));
        }
    }
}

/// The scenario without its looks, up to where it went wrong.
fn upto(text: &str, difference: &str) -> String {
    let line = difference.trim_start_matches("line ").split(',').next().and_then(|line| line.parse().ok());
    let acts = text.lines().take(line.unwrap_or(usize::MAX)).filter(|line| !line.ends_with('?'));
    acts.collect::<Vec<_>>().join("\n")
}
