//! Every scenario of `vectors/scenarios` and `vectors/breadth` holds in the price book and the ledger.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use crate::scenario::core::CoreWorld;
use crate::scenario::{Scenario, World, play, read, updated};

use super::http::HttpWorld;
use super::project;

/// All scenarios, by name.
pub fn scenarios() -> BTreeMap<String, PathBuf> {
    let mut found = BTreeMap::new();
    let mut folders = vec![project("vectors/scenarios"), project("vectors/breadth")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("the scenarios are there") {
            let path = entry.expect("a file").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "txt") {
                let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
                assert!(found.insert(name.clone(), path).is_none(), "two scenarios are called {name}");
            }
        }
    }
    found
}

/// Those that `SCENARIO` picks.
fn picked() -> BTreeMap<String, PathBuf> {
    let only = std::env::var("SCENARIO").unwrap_or_default();
    let mut picked = scenarios();
    picked.retain(|name, _| name.contains(&only));
    picked
}

fn file(path: &str) -> String {
    fs::read_to_string(project(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// What a world says otherwise than the text. `SCRIP_UPDATE=1` writes it into the text instead: review what has
/// changed.
fn differences(name: &str, path: &Path, world: &mut dyn World) -> Vec<String> {
    let text = fs::read_to_string(path).expect("a text");
    let found = if std::env::var_os("SCRIP_UPDATE").is_some() {
        match updated(&text, file, world) {
            Ok(written) => {
                if written != text {
                    fs::write(path, written).expect("the text can be written");
                }
                Vec::new()
            }
            Err(differences) => differences,
        }
    } else {
        play(&text, file, world)
    };
    found.iter().map(|difference| format!("{name}, {difference}")).collect()
}

fn scenario(name: &str, path: &Path) -> Scenario {
    let text = fs::read_to_string(path).expect("a text");
    read(&text).unwrap_or_else(|wrong| panic!("{name}: {}", wrong[0]))
}

#[test]
fn every_scenario_holds_in_the_core() {
    let mut wrong = Vec::new();
    for (name, path) in picked() {
        let says = scenario(&name, &path);
        if says.http_only.is_some() {
            continue;
        }
        let found = differences(&name, &path, &mut CoreWorld::new());
        match says.not_yet {
            Some(reason) => assert!(!found.is_empty(), "{name} holds now: take out `not yet: {reason}`"),
            None => wrong.extend(found),
        }
    }
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
}

/// Servers that run at the same time: each waits for its disk more than it works.
const SERVERS: usize = 4;

#[test]
fn every_scenario_holds_over_http() {
    let waiting = Mutex::new(picked().into_iter());
    let wrong = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..SERVERS {
            scope.spawn(|| {
                loop {
                    let next = waiting.lock().expect("no thread panics while it holds this").next();
                    let Some((name, path)) = next else { break };
                    let says = scenario(&name, &path);
                    if says.not_yet.is_some() || says.core_only.is_some() {
                        continue;
                    }
                    let found = differences(&name, &path, &mut HttpWorld::start());
                    wrong.lock().expect("no thread panics while it holds this").extend(found);
                }
            });
        }
    });
    let wrong = wrong.into_inner().expect("all threads ended well");
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_scenario_has_a_title_and_says_what_it_shows() {
    for (name, path) in scenarios() {
        let text = fs::read_to_string(&path).expect("a text");
        assert!(text.starts_with("# "), "{name} has no title");
        let scenario = read(&text).unwrap_or_else(|wrong| panic!("{name}: {}", wrong[0]));
        assert!(!scenario.steps.is_empty(), "{name} has no steps");
    }
}

#[test]
fn what_the_page_about_scenarios_shows_holds() {
    let readme = fs::read_to_string(project("vectors/scenarios/README.md")).expect("it says how to read them");
    let shown = readme.split("```text\n").nth(1).and_then(|rest| rest.split("```").next()).expect("it shows one");
    assert_eq!(play(shown, file, &mut CoreWorld::new()), []);
    // Each act that it explains can be read, with nothing or with all of what it may say.
    for row in readme.lines().filter(|line| line.starts_with("| `") && !line.contains(":`")) {
        let cell = row.trim_start_matches("| ").split(" | ").next().unwrap_or_default();
        for act in cell.split('`').skip(1).step_by(2).filter(|act| act.contains(' ') && !act.starts_with('[')) {
            let plain = without_brackets(act).replace('…', "").replace("DATE", "2026-01-10 10:00");
            let text = format!("catalog x\n2026-01-10 10:00  {plain}\n");
            assert!(read(&text).is_ok(), "{act}: {:?}", read(&text).err());
        }
    }
}

#[test]
fn what_is_said_to_be_absent_must_be_absent() {
    let text = "catalog studiotwin\n\n2026-01-10 10:00  ada runs motion-edit -> refused 402 insufficient_credits, no ";
    assert_eq!(play(&format!("{text}option other_model\n"), file, &mut CoreWorld::new()), []);
    let found = play(&format!("{text}option top_up\n"), file, &mut CoreWorld::new());
    assert_eq!(found.len(), 1, "a pack is offered");
}

/// An act as it is without what may be left out.
fn without_brackets(act: &str) -> String {
    let mut depth = 0;
    let kept = act.chars().filter(|letter| {
        depth += i32::from(*letter == '[');
        let keep = depth == 0;
        depth -= i32::from(*letter == ']');
        keep
    });
    kept.collect()
}
