//! What is done to a data folder: audit, rebuild, backup, export.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::program::{Ran, run};
use crate::server::{Server, customer, studio};

/// A folder with a customer, a hold, a capture and a refund in it; the server is stopped.
fn used_folder() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start(folder.path());
    use_it(&server);
    assert_eq!(server.terminate().code(), Some(0));
    folder
}

fn use_it(server: &Server) {
    let key = studio(server, "studiotwin");
    let api = server.client(&key);
    customer(&api, "ada", "top_up", "100");
    customer(&api, "kestrel, \"games\"", "subscription", "50");
    let path = "/v1/customers/ada";
    api.put(path, &json!({ "name": "Ada Brandt", "email": "ada@example.com", "metadata": { "crm": "A-1" } }));
    api.put(&format!("{path}/members/ines"), &json!({ "role": "editor" }));
    let expiring =
        json!({ "bucket": "top_up", "amount": "7", "reason": "promotion", "expires_at": "2099-01-01T00:00:00Z" });
    api.post(&format!("{path}/grants"), &expiring, "expiring");
    let hold = json!({ "customer": "ada", "tool": "text-to-sound-effect", "reference": "job-1" });
    let hold = api.post("/v1/holds", &hold, "hold");
    let capture = format!("/v1/holds/{}/capture", hold["id"].as_str().expect("an id"));
    let captured = api.post(&capture, &json!({ "inputs": { "seconds": "12.3" } }), "capture");
    let refund = format!("/v1/charges/{}/refunds", captured["charge"]["id"].as_str().expect("an id"));
    api.post(&refund, &json!({ "amount": "2", "reason": "noise" }), "refund");
    api.post("/v1/holds", &json!({ "customer": "ada", "tool": "motion-edit" }), "open");
}

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

fn on(command: &str, folder: &Path, more: &[&str]) -> Ran {
    let mut args = vec![command, text(folder)];
    args.extend(more);
    run(&args)
}

fn fine(command: &str, folder: &Path, more: &[&str]) -> String {
    let ran = on(command, folder, more);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{command} {more:?}: {}", ran.out);
    ran.out
}

/// Writes other text of the same length over every place of a file where the text is.
fn overwrite(file: &Path, text: &str, other: &str) {
    assert_eq!(text.len(), other.len());
    let mut bytes = std::fs::read(file).expect("readable");
    let places: Vec<usize> =
        (0..bytes.len() - text.len()).filter(|at| bytes[*at..].starts_with(text.as_bytes())).collect();
    assert!(!places.is_empty(), "{text:?} is not in {}", file.display());
    for at in places {
        bytes[at..at + other.len()].copy_from_slice(other.as_bytes());
    }
    std::fs::write(file, bytes).expect("writable");
}

#[test]
fn an_audit_says_what_it_checked() {
    let folder = used_folder();
    let report: Value = serde_json::from_str(&fine("audit", folder.path(), &["--json"])).expect("JSON");
    assert_eq!(report["ok"], true);
    for (what, count) in [("wallets", 2), ("grants", 3), ("holds", 2), ("charges", 1), ("refunds", 1)] {
        assert_eq!(report["checked"][what], count, "{what}: {report}");
    }
    let said = fine("audit", folder.path(), &[]);
    assert!(said.ends_with("everything adds up\n"), "{said}");
}

#[test]
fn views_that_were_changed_are_found_and_made_anew() {
    let folder = used_folder();
    overwrite(&folder.path().join("views.sqlite"), "Ada Brandt", "Eve Brandt");
    let ran = on("audit", folder.path(), &[]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(ran.out.contains("wrong: table customers of the views differs from the journal"), "{}", ran.out);
    let said = fine("rebuild", folder.path(), &[]);
    assert!(said.starts_with("the views are made anew from "), "{said}");
    fine("audit", folder.path(), &[]);
}

#[test]
fn views_that_are_gone_are_made_anew() {
    let folder = used_folder();
    let before = fine("export", folder.path(), &["entries"]);
    std::fs::remove_file(folder.path().join("views.sqlite")).expect("removed");
    let ran = on("audit", folder.path(), &[]);
    assert_eq!(ran.code, 3, "{}{}", ran.out, ran.err);
    fine("rebuild", folder.path(), &[]);
    fine("audit", folder.path(), &[]);
    assert_eq!(fine("export", folder.path(), &["entries"]), before);
}

#[test]
fn a_journal_that_was_changed_is_found() {
    let folder = used_folder();
    overwrite(&folder.path().join("journal.sqlite"), "Ada Brandt", "Eve Brandt");
    let ran = on("audit", folder.path(), &["--json"]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    let report: Value = serde_json::from_str(&ran.out).expect("JSON");
    assert_eq!(report["ok"], false);
    assert!(report["problems"].as_array().is_some_and(|problems| !problems.is_empty()), "{report}");
}

#[test]
fn a_journal_that_was_cut_off_is_refused_and_nothing_is_thrown_away() {
    let folder = used_folder();
    let bytes = std::fs::read(folder.path().join("journal.sqlite")).expect("readable");
    let views = std::fs::read(folder.path().join("views.sqlite")).expect("readable");
    for length in [0, 10, 4096, bytes.len() / 2] {
        let cut = tempfile::tempdir().expect("a folder");
        std::fs::write(cut.path().join("journal.sqlite"), &bytes[..length]).expect("writable");
        std::fs::write(cut.path().join("views.sqlite"), &views).expect("writable");
        let ran = on("audit", cut.path(), &[]);
        assert!(matches!(ran.code, 1 | 3), "audit of {length}: {} {} {}", ran.code, ran.out, ran.err);
        for args in [
            &["export", text(cut.path()), "grants"][..],
            &["serve", "--listen", "127.0.0.1:0", "--data", text(cut.path())],
        ] {
            let ran = run(args);
            assert_eq!(ran.code, 3, "{args:?} of {length}: {} {}", ran.out, ran.err);
            assert!(ran.err.starts_with("scrip: "), "{}", ran.err);
        }
        let kept = std::fs::read(cut.path().join("views.sqlite")).expect("readable");
        assert!(kept == views, "the views of {length} were changed");
    }
}

#[test]
fn a_folder_that_is_not_there_is_said_so_and_not_made() {
    let folder = tempfile::tempdir().expect("a folder");
    let missing = folder.path().join("missing");
    for (command, more) in [("audit", &[][..]), ("rebuild", &[]), ("export", &["grants"]), ("backup", &["copy"])] {
        let ran = on(command, &missing, more);
        assert_eq!(ran.code, 3, "{command}: {}{}", ran.out, ran.err);
        assert!(ran.err.contains("missing"), "{command}: {}", ran.err);
        assert!(!missing.exists(), "{command} made it");
    }
    let ran = on("export", folder.path(), &["nonsense"]);
    assert_eq!(ran.code, 2, "{}", ran.err);
    assert!(ran.err.contains("possible values: customers, members, balances"), "{}", ran.err);
}

#[test]
fn a_backup_of_a_running_server_is_a_folder_that_audits_and_serves() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let copy: PathBuf = folder.path().join("copy");
    let server = Server::start(&data);
    use_it(&server);
    fine("backup", &data, &[text(&copy)]);
    fine("audit", &data, &[]);
    fine("audit", &copy, &[]);
    let ran = on("backup", &data, &[text(&copy)]);
    assert_eq!(ran.code, 3, "{}", ran.err);
    assert!(ran.err.contains("name an empty folder"), "{}", ran.err);
    let restored = Server::start(&copy);
    assert_eq!(restored.root().0.get("/readyz").send().expect("ready").status, 200);
    drop(restored);
    assert_eq!(server.terminate().code(), Some(0));
    for what in ["balances", "entries", "holds"] {
        assert_eq!(fine("export", &copy, &[what]), fine("export", &data, &[what]), "{what}");
    }
}

#[test]
fn the_root_key_that_was_made_is_kept_with_a_backup() {
    let folder = tempfile::tempdir().expect("a folder");
    let (data, copy) = (folder.path().join("data"), folder.path().join("copy"));
    let start = |folder: &Path| {
        let command = crate::program::command(&["serve", "--listen", "127.0.0.1:0", "--data", text(folder)]);
        Server::spawn(command, "listening on ")
    };
    let mut server = start(&data);
    let key = server.read_until("root key").trim().rsplit(' ').next().expect("a key").to_owned();
    fine("backup", &data, &[text(&copy)]);
    drop(server);
    let server = start(&copy);
    server.client(&key).post("/v1/studios", &json!({ "id": "a", "name": "A", "mode": "live" }), "a");
}

#[test]
fn every_kind_of_record_is_exported_as_json_and_csv_alike() {
    let folder = used_folder();
    for (what, count) in [
        ("customers", 2),
        ("members", 1),
        ("balances", 3),
        ("grants", 3),
        ("holds", 2),
        ("charges", 1),
        ("refunds", 1),
        ("entries", 10),
    ] {
        let json = fine("export", folder.path(), &[what]);
        let rows: Vec<Value> = json.lines().map(|line| serde_json::from_str(line).expect("an object")).collect();
        assert_eq!(rows.len(), count, "{what}: {json}");
        let table = fine("export", folder.path(), &[what, "--format", "csv"]);
        let mut reader = csv::Reader::from_reader(table.as_bytes());
        let header: Vec<String> = reader.headers().expect("a header").iter().map(str::to_owned).collect();
        let keys: BTreeSet<&String> = rows[0].as_object().expect("an object").keys().collect();
        assert_eq!(keys, header.iter().collect(), "{what}");
        for (record, row) in reader.records().zip(&rows) {
            for (column, cell) in header.iter().zip(&record.expect("a row")) {
                let expected = match &row[column] {
                    Value::Null => String::new(),
                    Value::String(text) => text.clone(),
                    other => other.to_string(),
                };
                assert_eq!(cell, expected, "{what}, {column}");
            }
        }
        assert_eq!(fine("export", folder.path(), &[what, "--studio", "studiotwin"]), json);
    }
    let ran = on("export", folder.path(), &["grants", "--studio", "another"]);
    assert_eq!((ran.code, ran.out.as_str()), (1, ""), "{}", ran.err);
}

#[test]
fn entries_are_exported_whole_and_in_the_order_of_their_chain() {
    let folder = used_folder();
    let said = fine("export", folder.path(), &["entries"]);
    let rows: Vec<Value> = said.lines().map(|line| serde_json::from_str(line).expect("an object")).collect();
    let of_ada: Vec<String> = rows
        .iter()
        .filter(|row| row["wallet"] == rows[0]["wallet"])
        .map(|row| {
            format!(
                "{} {} {}→{} {}",
                row["sequence"],
                text_of(row, "kind"),
                text_of(row, "from"),
                text_of(row, "to"),
                text_of(row, "amount")
            )
        })
        .collect();
    expect_test::expect![[r#"
        1 grant issued→available 100
        2 grant issued→available 7
        3 hold available→held 7
        4 hold available→held 11
        5 capture held→spent 7
        6 release held→available 11
        7 refund spent→available 2
        8 hold available→held 2
        9 hold available→held 3"#]]
    .assert_eq(&of_ada.join("\n"));
}

fn text_of<'a>(row: &'a Value, field: &str) -> &'a str {
    row[field].as_str().expect("a text")
}

#[test]
fn balances_that_were_exported_can_be_imported_elsewhere() {
    let folder = used_folder();
    for format in ["csv", "json"] {
        let balances = fine("export", folder.path(), &["balances", "--format", format]);
        let other = tempfile::tempdir().expect("a folder");
        let file = other.path().join(format!("balances.{format}"));
        std::fs::write(&file, &balances).expect("written");
        let data = other.path().join("data");
        let server = Server::start(&data);
        let key = studio(&server, "studiotwin");
        let import = ["--url", &server.base, "--key", &key];
        let said = fine("import", &file, &import);
        assert_eq!(said, "3 rows: 2 customers made, 0 known before; 3 grants made, 0 made before, 0 refused\n");
        assert_eq!(server.terminate().code(), Some(0));
        // Customers arrive several at a time, so their order is not that of the file.
        let again = fine("export", &data, &["balances", "--format", format]);
        assert_eq!(again.lines().collect::<BTreeSet<_>>(), balances.lines().collect());
    }
}
