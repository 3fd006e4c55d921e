//! `scrip import`: what a file says is there afterwards, once.

use std::path::{Path, PathBuf};

use expect_test::{Expect, expect};
use serde_json::Value;

use crate::program::{Ran, run};
use crate::server::{Api, Server, studio};

struct Setting {
    server: Server,
    api: Api,
    key: String,
    folder: tempfile::TempDir,
}

fn setting() -> Setting {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start(&folder.path().join("data"));
    let key = studio(&server, "studiotwin");
    Setting { api: server.client(&key), server, key, folder }
}

impl Setting {
    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).expect("written");
        path
    }

    fn import(&self, file: &Path, more: &[&str]) -> Ran {
        let file = file.to_str().expect("UTF-8");
        let mut args = vec!["import", file, "--url", &self.server.base, "--key", &self.key];
        args.extend(more);
        let mut ran = run(&args);
        ran.out = ran.out.replace(self.folder.path().to_str().expect("UTF-8"), "");
        ran
    }

    fn check(&self, file: &Path, more: &[&str], code: i32, out: Expect) {
        let ran = self.import(file, more);
        out.assert_eq(&ran.out);
        assert_eq!((ran.code, ran.err.as_str()), (code, ""));
    }

    /// `subscription + top_up`, posted.
    fn balance(&self, customer: &str) -> String {
        let wallet = self.api.get(&format!("/v1/customers/{customer}/wallet"));
        let posted: Vec<&str> = wallet["buckets"]
            .as_array()
            .expect("buckets")
            .iter()
            .map(|bucket| bucket["posted"].as_str().expect("an amount"))
            .collect();
        posted.join(" + ")
    }
}

const BALANCES: &str = "\
customer,name,email,balance.subscription,balance.top_up,metadata.crm
ada,Ada Brandt,ada@example.com,70,250,A-1
\"kestrel, games\",\"Kestrel \"\"Games\"\"\",,0,12,
tomás,Tomás Vidal,,,,T-9
";

#[test]
fn customers_and_balances_come_from_a_table_and_a_second_run_doubles_nothing() {
    let setting = setting();
    let file = setting.file("balances.csv", BALANCES);
    setting.check(
        &file,
        &["--dry-run"],
        0,
        expect![[r#"
        3 rows are fine; nothing was sent
    "#]],
    );
    setting.check(
        &file,
        &[],
        0,
        expect![[r#"
        3 rows: 3 customers made, 0 known before; 3 grants made, 0 made before, 0 refused
    "#]],
    );
    setting.check(
        &file,
        &[],
        0,
        expect![[r#"
        3 rows: 0 customers made, 3 known before; 0 grants made, 3 made before, 0 refused
    "#]],
    );
    assert_eq!(setting.balance("ada"), "70 + 250");
    assert_eq!(setting.balance("kestrel%2C%20games"), "0 + 12");
    assert_eq!(setting.balance("tom%C3%A1s"), "0 + 0");
    let ada = setting.api.get("/v1/customers/ada");
    assert_eq!((&ada["email"], &ada["metadata"]["crm"]), (&"ada@example.com".into(), &"A-1".into()));
}

#[test]
fn a_row_that_was_changed_after_its_import_is_refused_and_not_granted_again() {
    let setting = setting();
    let file = setting.file("balances.csv", BALANCES);
    assert_eq!(setting.import(&file, &[]).code, 0);
    let file = setting.file("balances.csv", &format!("{}eve,,,5,,\n", BALANCES.replace("70,250", "70,300")));
    setting.check(
        &file,
        &[],
        1,
        expect![[r#"
        /balances.csv:2: this row was imported before with other values; nothing was granted again
        4 rows: 1 customers made, 3 known before; 1 grants made, 2 made before, 1 refused
    "#]],
    );
    assert_eq!(setting.balance("ada"), "70 + 250");
    assert_eq!(setting.balance("eve"), "5 + 0");
}

#[test]
fn grants_come_with_expiry_price_and_tools_from_json_too() {
    let setting = setting();
    let lines = concat!(
        "{\"customer\":\"ada\",\"bucket\":\"top_up\",\"amount\":12,\"expires_at\":\"2030-01-01T00:00:00Z\",",
        "\"paid_amount\":\"1.20\",\"paid_currency\":\"usd\",\"only_tools\":[\"motion-edit\"],\"reason\":\"moved\"}\n",
        "\n",
        "{\"customer\":\"ada\",\"balance\":{\"top_up\":\"3\",\"subscription\":4}}\n",
    );
    let file = setting.file("grants.jsonl", lines);
    setting.check(
        &file,
        &[],
        0,
        expect![[r#"
        2 rows: 1 customers made, 0 known before; 3 grants made, 0 made before, 0 refused
    "#]],
    );
    let list = format!("[\n{},\n{}\n]", lines.lines().next().expect("a line"), lines.lines().last().expect("a line"));
    let file = setting.file("grants.json", &list);
    setting.check(
        &file,
        &["--name", "grants.jsonl"],
        0,
        expect![[r#"
        2 rows: 0 customers made, 1 known before; 0 grants made, 3 made before, 0 refused
    "#]],
    );
    assert_eq!(setting.balance("ada"), "4 + 15");
    let grants = setting.api.get("/v1/customers/ada/grants");
    let grant = grants["data"].as_array().expect("a list").iter().find(|grant| grant["reason"] == "moved");
    let grant = grant.expect("the grant");
    assert_eq!(grant["expires_at"], "2030-01-01T00:00:00Z");
    assert_eq!(grant["only_tools"], serde_json::json!(["motion-edit"]));
    assert_eq!(grant["paid"], serde_json::json!({ "amount": "1.20", "currency": "usd" }));
}

#[test]
fn a_file_with_mistakes_changes_nothing_and_every_mistake_is_said() {
    let setting = setting();
    let file = setting.file(
        "mistakes.csv",
        "customer,bucket,amount,expires_at,colour\n\
         ada,top_up,12,,\n\
         ,top_up,12,,\n\
         bob,gold,12,,\n\
         cyd,top_up,1e9,,\n\
         dan,top_up,-3,,\n\
         eve,top_up,0.0000001,,\n\
         fay,top_up,NaN,tomorrow,\n\
         gus,,7,,\n\
         hal,top_up,,,\n\
         ivy,top_up,1,,red\n\
         joy,top_up,0.5,,\n\
         jan,top_up,99999999999999999999999999999999999999999,,\n",
    );
    setting.check(
        &file,
        &[],
        1,
        expect![[r#"
            /mistakes.csv:3: no customer
            /mistakes.csv:4: unknown bucket "gold"; the catalog has subscription, top_up
            /mistakes.csv:5: amount "1e9" must be plain decimal digits with an optional point, such as 12.5
            /mistakes.csv:6: amount "-3" must be plain decimal digits with an optional point, such as 12.5
            /mistakes.csv:7: amount "0.0000001" has more decimals than this credit has
            /mistakes.csv:8: amount "NaN" must be plain decimal digits with an optional point, such as 12.5
            /mistakes.csv:8: expires_at "tomorrow" is not an instant such as 2026-01-31T00:00:00Z
            /mistakes.csv:9: an amount without a bucket
            /mistakes.csv:10: "bucket" without an amount
            /mistakes.csv:11: unknown column "colour"
            /mistakes.csv:12: amount "0.5" has more decimals than this credit has
            /mistakes.csv:13: amount "99999999999999999999999999999999999999999" is larger than the ledger can count
            nothing was sent: mend the file and run it again
        "#]],
    );
    assert_eq!(setting.api.get("/v1/customers")["data"].as_array().map(Vec::len), Some(0));
}

#[test]
fn files_that_are_no_table_are_refused_with_their_line() {
    let setting = setting();
    for (name, text, out) in [
        (
            "short.csv",
            "customer,name\nada\nbob,Bob,more\n",
            expect![[r#"
            /short.csv:2: 1 fields, the header has 2
            /short.csv:3: 3 fields, the header has 2
            nothing was sent: mend the file and run it again
        "#]],
        ),
        (
            "broken.jsonl",
            "{\"customer\":\"ada\"}\n{\"customer\":\n[1]\n",
            expect![[r#"
            /broken.jsonl:2: not a JSON object: EOF while parsing a value at line 1 column 12
            /broken.jsonl:3: not a JSON object: invalid type: sequence, expected a map at line 1 column 0
            nothing was sent: mend the file and run it again
        "#]],
        ),
        (
            "broken.json",
            "[\n{\"customer\":\"ada\"},\n]",
            expect![[r#"
            /broken.json:3: trailing comma at line 3 column 1
            nothing was sent: mend the file and run it again
        "#]],
        ),
        (
            "nested.json",
            "[{\"customer\":\"ada\",\"balance\":{\"top_up\":{\"deep\":1}}},\n {\"customer\":[1]}]",
            expect![[r#"
            /nested.json:1: "balance.top_up" is an object
            /nested.json:2: "customer" is not a list of texts
            nothing was sent: mend the file and run it again
        "#]],
        ),
        (
            "empty.csv",
            "",
            expect![[r#"
            0 rows: 0 customers made, 0 known before; 0 grants made, 0 made before, 0 refused
        "#]],
        ),
    ] {
        setting.check(&setting.file(name, text), &[], i32::from(name != "empty.csv"), out);
    }
    assert_eq!(setting.api.get("/v1/customers")["data"].as_array().map(Vec::len), Some(0));
}

#[test]
fn what_only_the_server_knows_is_reported_by_line() {
    let setting = setting();
    let file = setting.file(
        "paid.csv",
        "customer,bucket,amount,paid_amount,paid_currency\nada,top_up,5,0.50,usd\nbob,top_up,5,0.505,usd\n",
    );
    setting.check(
        &file,
        &[],
        1,
        expect![[r#"
        /paid.csv:3: invalid_amount: `paid.amount` has more decimals than its currency has
        2 rows: 2 customers made, 0 known before; 1 grants made, 0 made before, 1 refused
    "#]],
    );
    assert_eq!((setting.balance("ada"), setting.balance("bob")), ("0 + 5".to_owned(), "0 + 0".to_owned()));
}

#[test]
fn the_report_as_json_counts_what_was_done() {
    let setting = setting();
    let file = setting.file("balances.csv", BALANCES);
    let ran = setting.import(&file, &["--json"]);
    let report: Value = serde_json::from_str(&ran.out).expect("JSON");
    expect![[r#"
        {
          "customers_known": 0,
          "customers_made": 3,
          "grants_known": 0,
          "grants_made": 3,
          "ok": true,
          "refused": [],
          "rows": 3,
          "sent": true
        }"#]]
    .assert_eq(&serde_json::to_string_pretty(&report).expect("JSON"));
}

#[test]
fn a_thousand_rows_arrive() {
    let setting = setting();
    let rows: String = (0..1_000).map(|row| format!("user-{:03},{}\n", row % 300, row + 1)).collect();
    let file = setting.file("many.csv", &format!("customer,balance.top_up\n{rows}"));
    setting.check(
        &file,
        &[],
        0,
        expect![[r#"
        1000 rows: 300 customers made, 0 known before; 1000 grants made, 0 made before, 0 refused
    "#]],
    );
    // Rows 0, 300, 600 and 900.
    assert_eq!(setting.balance("user-000"), format!("0 + {}", 1 + 301 + 601 + 901));
}

#[test]
fn a_wrong_key_or_address_ends_the_run() {
    let setting = setting();
    let file = setting.file("balances.csv", BALANCES);
    let file = file.to_str().expect("UTF-8");
    let ran = run(&["import", file, "--url", &setting.server.base, "--key", "sk_test_wrong"]);
    assert_eq!(ran.code, 5, "{}", ran.err);
    assert!(ran.err.contains("the key is not accepted"), "{}", ran.err);
    let ran = run(&["import", file, "--url", "http://127.0.0.1:1", "--key", "any"]);
    assert_eq!(ran.code, 3, "{}", ran.err);
    let ran = run(&["import", "no-such-file.csv", "--url", &setting.server.base, "--key", &setting.key]);
    assert_eq!(ran.code, 3, "{}", ran.err);
}
