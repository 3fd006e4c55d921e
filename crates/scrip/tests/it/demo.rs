//! `scrip demo`: what it prints is true, and a second start finds what the first left.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::program::{command, run};
use crate::server::{Api, Server};

const STUDIOS: [&str; 5] = ["studiotwin", "neural-frames", "flow-studio", "ai-studios", "wzrd-studio"];

fn start(folder: &Path) -> Server {
    let mut command = command(&["demo", "--listen", "127.0.0.1:0", "--data"]);
    command.arg(folder);
    let mut server = Server::spawn(command, "running at ");
    server.read_until("Ctrl-C");
    server
}

/// The secret keys that it printed, in the order of the studios.
fn clients(server: &Server) -> Vec<Api> {
    let keys = server.said.split_whitespace().filter(|word| word.starts_with("sk_test_"));
    let keys: BTreeMap<usize, &str> = keys.take(STUDIOS.len()).enumerate().collect();
    assert_eq!(keys.len(), STUDIOS.len(), "{}", server.said);
    keys.values().map(|key| server.client(key)).collect()
}

/// All objects of a list, over all its pages.
fn all(api: &Api, list: &str) -> Vec<Value> {
    let mut found = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = api.get(&format!("/v1/{list}?limit=100{cursor}"));
        found.extend(page["data"].as_array().expect("a list").iter().cloned());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return found,
        }
    }
}

/// What a studio holds, as text that two starts must agree on.
fn picture(api: &Api) -> String {
    let mut lines = vec![format!("{} charges", all(api, "charges").len())];
    for customer in all(api, "customers") {
        let id = customer["id"].as_str().expect("an id");
        let wallet = api.get(&format!("/v1/customers/{id}/wallet"));
        lines.push(format!(
            "{id}: {} posted in {} grants, {} plans, {} units",
            wallet["posted"],
            all(api, &format!("customers/{id}/grants")).len(),
            all(api, &format!("customers/{id}/subscriptions")).len(),
            all(api, &format!("customers/{id}/add-ons")).len()
        ));
    }
    lines.join("\n")
}

#[test]
fn the_history_is_real_and_a_second_start_doubles_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut server = start(folder.path());
    let before: Vec<String> = clients(&server).iter().map(picture).collect();
    let mut statuses = BTreeSet::new();
    let mut outcomes = BTreeSet::new();
    let mut refunds = 0;
    for api in clients(&server) {
        for hold in all(&api, "holds") {
            statuses.insert(hold["status"].as_str().expect("a status").to_owned());
        }
        for charge in all(&api, "charges") {
            outcomes.insert(charge["outcome"].as_str().expect("an outcome").to_owned());
            refunds += usize::from(charge["refunded"] != "0");
        }
    }
    assert_eq!(statuses, ["captured", "expired", "open", "released"].map(str::to_owned).into());
    assert!(outcomes.contains("succeeded") && outcomes.contains("partial"), "{outcomes:?}");
    assert!(refunds > 5, "{refunds} refunds");
    let team = before.iter().flat_map(|studio| studio.lines()).find(|line| line.starts_with("northwind-academy"));
    assert!(team.is_some_and(|line| line.ends_with("1 plans, 1 units")), "{team:?}");
    server.signal("INT");
    assert_eq!(server.ended().code(), Some(0));

    let server = start(folder.path());
    let after: Vec<String> = clients(&server).iter().map(picture).collect();
    // A hold that was under way may have expired by now; nothing that is posted has changed.
    assert_eq!(before, after);
    assert!(server.said.contains("as it was left"), "{}", server.said);
    assert_eq!(server.terminate().code(), Some(0));
    let ran = run(&["audit", folder.path().to_str().expect("UTF-8")]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    let ran = run(&["export", folder.path().to_str().expect("UTF-8"), "subscriptions"]);
    assert_eq!((ran.code, ran.out.lines().count()), (0, 8), "{}{}", ran.out, ran.err);
}

#[test]
fn an_interrupted_history_is_played_to_its_end_once() {
    let whole = tempfile::tempdir().expect("a folder");
    let expected: Vec<String> = {
        let server = start(whole.path());
        clients(&server).iter().map(picture).collect()
    };
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = command(&["demo", "--listen", "127.0.0.1:0", "--data"]);
    command.arg(folder.path()).stdout(std::process::Stdio::null());
    let mut child = command.spawn().expect("it starts");
    while !folder.path().join("demo.json").exists() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    std::thread::sleep(std::time::Duration::from_millis(300));
    child.kill().expect("killed");
    child.wait().expect("gone");
    let server = start(folder.path());
    let found: Vec<String> = clients(&server).iter().map(picture).collect();
    assert_eq!(found, expected);
}

#[test]
fn the_lines_to_try_work_as_they_are_printed() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = start(folder.path());
    let lines: Vec<&str> = server.said.lines().map(str::trim).filter(|line| line.starts_with("curl ")).collect();
    let answers: Vec<Value> = lines
        .iter()
        .map(|line| {
            let output = Command::new("bash").args(["-c", line]).output().expect("bash runs");
            serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{line}: {error}"))
        })
        .collect();
    let [quote, hold, wallet] = &answers[..] else { panic!("three lines: {}", server.said) };
    assert_eq!(quote["credits"], "18", "{quote}");
    assert_eq!(hold["status"], "open", "{hold}");
    assert_eq!(hold["amount"], "18", "{hold}");
    assert!(wallet["buckets"].as_array().is_some_and(|buckets| buckets.len() == 2), "{wallet}");
}

#[test]
fn every_address_that_it_prints_answers() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = start(folder.path());
    let addresses: Vec<&str> = server
        .said
        .lines()
        .filter(|line| !line.contains("curl"))
        .flat_map(str::split_whitespace)
        .filter(|word| word.starts_with("http"))
        .collect();
    assert!(addresses.len() >= 7, "{}", server.said);
    for address in addresses.into_iter().filter(|address| *address != server.base) {
        let output = Command::new("curl").args(["-sSf", address]).output().expect("curl runs");
        let page = String::from_utf8(output.stdout).expect("UTF-8").to_lowercase();
        assert!(page.contains("<!doctype html>"), "{address}: {page}{}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn without_a_folder_it_leaves_nothing_behind() {
    let temporary = tempfile::tempdir().expect("a folder");
    let mut command = command(&["demo", "--listen", "127.0.0.1:0"]);
    command.env("TMPDIR", temporary.path());
    let mut server = Server::spawn(command, "running at ");
    assert_eq!(std::fs::read_dir(temporary.path()).expect("a folder").count(), 1);
    server.signal("TERM");
    assert_eq!(server.ended().code(), Some(0));
    assert_eq!(std::fs::read_dir(temporary.path()).expect("a folder").count(), 0);
}
