//! Why a balance is what it is: entries that can be proven whole, lines that sum to the balance, statements.

use scrip_ledger::entry::{ChainHash, EntryKind, Movement, Place};
use scrip_ledger::{Credits, Name, Timestamp};
use serde_json::{Value, json};

use crate::world::{Studio, World};

const STUDIO: &str = r#"
[studio]
name = "Studio"
credit = { name = "credit", decimals = 1 }

[[bucket]]
id = "monthly"
expires = "P30D"

[[bucket]]
id = "top_up"
expires = "never"

[[tool]]
id = "image"
price = { per = "image", block = 4, credits = "0.1" }
models.small = "Small"
models.large = { name = "Large", price = 3 }
inputs.images = { type = "integer", default = 4 }

[[tool]]
id = "video"
inputs.seconds = { type = "duration", max = 30, optional = true, measured = true }
price = { per = "second", credits = 1, increment = 1 }
"#;

/// A month in a customer's life: grants, jobs of all endings, a refund, an expiry, a grant taken back.
async fn month<'w>(world: &'w World) -> Studio<'w> {
    let studio = Studio { world, key: world.studio("studio", "test").await };
    studio.at("2026-01-01T00:00:00Z").await;
    studio.post("/v1/catalog/versions").toml(STUDIO).send().await.ok();
    studio.put("/v1/customers/anna").json(json!({})).send().await.ok();
    studio.put("/v1/customers/anna/members/mia").json(json!({"role": "maker"})).send().await.ok();
    studio.grant("anna", "monthly", "40", json!({"expires_at": "2026-01-20T00:00:00Z"})).await;
    studio.grant("anna", "top_up", "12.5", json!({})).await;
    studio.at("2026-01-02T10:00:00Z").await;
    for (key, model) in [("i1", "small"), ("i2", "small"), ("i3", "large")] {
        let job = json!({"customer": "anna", "member": "mia", "tool": "image", "model": model});
        studio.post("/v1/charges").once(key).json(job).send().await.ok();
    }
    studio.at("2026-01-03T10:00:00Z").await;
    let hold = studio.post("/v1/holds").once("v1").json(json!({"customer": "anna", "tool": "video"})).send().await.ok();
    let capture = format!("/v1/holds/{}/capture", hold["id"].as_str().unwrap());
    let done = studio.post(&capture).once("v1c").json(json!({"inputs": {"seconds": "12.3"}})).send().await.ok();
    let refund = format!("/v1/charges/{}/refunds", done["charge"]["id"].as_str().unwrap());
    studio.post(&refund).once("r").json(json!({"amount": "5", "reason": "flicker"})).send().await.ok();
    let failed = json!({"customer": "anna", "tool": "video", "inputs": {"seconds": 7}});
    let failed = studio.post("/v1/holds").once("v2").json(failed).send().await.ok();
    let release = format!("/v1/holds/{}/release", failed["id"].as_str().unwrap());
    studio.post(&release).once("v2r").json(json!({"reason": "failed"})).send().await.ok();
    let gift = studio.grant("anna", "top_up", "3", json!({})).await;
    let void = format!("/v1/grants/{}/void", gift["id"].as_str().unwrap());
    studio.post(&void).once("void").json(json!({"reason": "by mistake"})).send().await.ok();
    studio.at("2026-01-19T23:00:00Z").await;
    let late = json!({"customer": "anna", "tool": "video", "inputs": {"seconds": 2}, "expires_in": "P7D"});
    studio.post("/v1/holds").once("v3").json(late).send().await.ok();
    studio.at("2026-02-01T00:00:00Z").await;
    studio
}

fn micro(text: &Value) -> i64 {
    let text = text.as_str().unwrap();
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |digits| (-1, digits));
    digits.parse::<Credits>().unwrap().micro() * sign
}

async fn all_entries(studio: &Studio<'_>, limit: u32) -> Vec<Value> {
    let mut entries = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = studio.read(&format!("/v1/customers/anna/entries?limit={limit}{cursor}")).await;
        entries.extend(page["data"].as_array().unwrap().iter().cloned());
        match page["next_cursor"].as_str() {
            None => return entries,
            Some(next) => cursor = format!("&cursor={next}"),
        }
    }
}

/// The movement that an entry of the interface describes.
fn movement(entry: &Value) -> Movement {
    let text = |name: &str| entry[name].as_str().unwrap();
    let place = |name: &str| {
        use Place::*;
        let all = [Issued, Available, Held, Spent, Expired, Voided, Frozen, Moved];
        all.into_iter().find(|place| place.as_str() == text(name)).unwrap()
    };
    let kinds = {
        use EntryKind::*;
        [Grant, Activate, Hold, Capture, Release, HoldExpire, Lapse, Refund, Expire, Void, Transfer, Restore]
    };
    let at: jiff::Timestamp = text("at").parse().unwrap();
    Movement {
        sequence: entry["sequence"].as_u64().unwrap(),
        at: Timestamp::from_micros(at.as_microsecond()),
        kind: kinds.into_iter().find(|kind| kind.as_str() == text("kind")).unwrap(),
        grant: text("grant").parse().unwrap(),
        from: place("from"),
        to: place("to"),
        amount: text("amount").parse().unwrap(),
        other_grant: entry["other_grant"].as_str().map(|id| id.parse().unwrap()),
        hold: entry["hold"].as_str().map(|id| id.parse().unwrap()),
        charge: entry["charge"].as_str().map(|id| id.parse().unwrap()),
        refund: entry["refund"].as_str().map(|id| id.parse().unwrap()),
        actor: Name::from(text("actor")),
        reason: entry["reason"].as_str().map(Name::from),
    }
}

#[tokio::test]
async fn an_export_of_entries_is_proven_whole_by_its_hashes() {
    let world = World::start().await;
    let studio = month(&world).await;
    let entries = all_entries(&studio, 1000).await;
    assert_eq!(all_entries(&studio, 3).await, entries);
    let mut before = ChainHash::START;
    for (index, entry) in entries.iter().enumerate() {
        assert_eq!(entry["sequence"], index as u64 + 1);
        let hash = movement(entry).hash_after(before);
        assert_eq!(entry["hash"], hash.to_string(), "{entry}");
        before = hash;
    }
    let kinds: std::collections::BTreeSet<&str> = entries.iter().map(|entry| entry["kind"].as_str().unwrap()).collect();
    for kind in ["grant", "hold", "capture", "release", "refund", "void", "expire", "lapse"] {
        assert!(kinds.contains(kind), "{kind} is not among {kinds:?}");
    }
    let mut changed = movement(&entries[4]);
    changed.amount = Credits::from_micro(changed.amount.micro() + 1);
    assert_ne!(changed.hash_after(ChainHash::START).to_string(), entries[4]["hash"]);
}

#[tokio::test]
async fn the_balance_is_a_sum_of_named_lines() {
    let world = World::start().await;
    let studio = month(&world).await;
    let explained = studio.read("/v1/customers/anna/explain").await;
    let lines: Vec<String> = explained["lines"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| {
            let part = |name: &str| line[name].as_str().unwrap();
            format!("{} {} {} {}", part("bucket"), part("kind"), line["entries"], part("credits"))
        })
        .collect();
    // 40 - 0.1 - 0.1 - 3 - 13 + 5 = 28.8; two of them were held when the rest expired, and lapsed with the hold.
    assert_eq!(
        lines,
        [
            "monthly grant 1 40",
            "monthly capture 4 -16.2",
            "monthly refund 1 5",
            "monthly expire 1 -26.8",
            "monthly lapse 1 -2",
            "top_up grant 2 15.5",
            "top_up void 1 -3",
        ]
    );
    for at in ["", "?at=2026-01-03T09:00:00Z", "?at=2026-01-19T23:30:00Z", "?at=2026-01-20T00:00:00Z"] {
        let explained = studio.read(&format!("/v1/customers/anna/explain{at}")).await;
        let wallet = studio.read(&format!("/v1/customers/anna/wallet{at}")).await;
        let sum: i64 = explained["lines"].as_array().unwrap().iter().map(|line| micro(&line["credits"])).sum();
        assert_eq!(sum, micro(&explained["posted"]), "{at} {explained}");
        for part in ["posted", "held", "available"] {
            assert_eq!(explained[part], wallet[part], "{at} {part}");
        }
    }
}

#[tokio::test]
async fn opening_balance_and_lines_make_the_closing_balance() {
    let world = World::start().await;
    let studio = month(&world).await;
    for (from, to) in [
        ("2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"),
        ("2026-01-03T00:00:00Z", "2026-01-20T00:00:00Z"),
        ("2026-01-03T10:00:00Z", "2026-01-20T00:00:00.000001Z"),
        ("2026-01-19T00:00:00Z", "2026-01-30T00:00:00Z"),
    ] {
        let statement = studio.read(&format!("/v1/customers/anna/statement?from={from}&to={to}")).await;
        let just_before = |at: &str| at.parse::<jiff::Timestamp>().unwrap() - jiff::SignedDuration::from_micros(1);
        for (side, at) in [("opening", just_before(from)), ("closing", just_before(to))] {
            let wallet = studio.read(&format!("/v1/customers/anna/wallet?at={at}")).await;
            assert_eq!(statement[side], wallet["posted"], "{side} {from} {to}");
        }
        let mut balance = micro(&statement["opening"]);
        for line in statement["lines"].as_array().unwrap() {
            balance += micro(&line["credits"]);
            assert_eq!(micro(&line["balance"]), balance, "{line}");
        }
        assert_eq!(balance, micro(&statement["closing"]));
    }
    let whole = studio.read("/v1/customers/anna/statement").await;
    assert_eq!((&whole["opening"], &whole["closing"]), (&json!("0"), &json!("12.5")));
    let labels: Vec<&str> =
        whole["lines"].as_array().unwrap().iter().map(|line| line["label"].as_str().unwrap()).collect();
    assert_eq!(labels.iter().filter(|label| **label == "Charged for jobs").count(), 4);
    let reversed = "/v1/customers/anna/statement?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z";
    assert_eq!(studio.get(reversed).send().await.refused(), (422, "invalid_input"));
}

#[tokio::test]
async fn a_statement_can_be_had_as_a_table() {
    let world = World::start().await;
    let studio = month(&world).await;
    let path = "/v1/customers/anna/statement?to=2026-01-02T12:00:00Z";
    let by_header = studio.get(path).header("accept", "text/csv").send().await;
    let by_query = studio.get(&format!("{path}&format=csv")).send().await;
    assert_eq!(by_header.header("content-type"), Some("text/csv; charset=utf-8"));
    assert_eq!(by_header.body, by_query.body);
    let text = by_query.body.as_str().unwrap();
    let rows: Vec<Vec<&str>> = text.lines().map(|row| row.split(',').collect()).collect();
    assert_eq!(rows[0].join(","), "at,entry,kind,label,bucket,credits,balance,charge,refund,reason");
    let shown: Vec<String> =
        rows.iter().skip(1).map(|row| format!("{} {} {} {}", row[2], row[4], row[5], row[6])).collect();
    assert_eq!(
        shown,
        [
            "opening   0",
            "grant monthly 40 40",
            "grant top_up 12.5 52.5",
            "capture monthly -0.1 52.4",
            "capture monthly -0.1 52.3",
            "capture monthly -3 49.3",
            "closing   49.3",
        ]
    );
}

#[tokio::test]
async fn usage_is_summed_by_tool_model_member_and_day() {
    let world = World::start().await;
    let studio = month(&world).await;
    for (query, rows) in [
        ("", vec![("image", 3, "3.2", "0"), ("video", 1, "13", "5")]),
        ("?group_by=model", vec![("", 1, "13", "5"), ("large", 1, "3", "0"), ("small", 2, "0.2", "0")]),
        ("?group_by=member", vec![("", 1, "13", "5"), ("mia", 3, "3.2", "0")]),
        ("?group_by=day", vec![("2026-01-02", 3, "3.2", "0"), ("2026-01-03", 1, "13", "5")]),
        ("?group_by=day&from=2026-01-03T00:00:00Z", vec![("2026-01-03", 1, "13", "5")]),
        ("?to=2026-01-02T10:00:00Z", vec![]),
        ("?member=mia", vec![("image", 3, "3.2", "0")]),
    ] {
        let usage = studio.read(&format!("/v1/customers/anna/usage{query}")).await;
        let mut found: Vec<(&str, u64, &str, &str)> = usage["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| {
                let text = |name: &str| row[name].as_str().unwrap_or("");
                (text("key"), row["charges"].as_u64().unwrap(), text("credits"), text("refunded"))
            })
            .collect();
        found.sort_unstable();
        assert_eq!(found, rows, "{query}");
    }
    assert_eq!(studio.get("/v1/customers/anna/usage?group_by=tools").send().await.refused(), (422, "invalid_input"));
    assert_eq!(studio.get("/v1/customers/nobody/usage").send().await.refused(), (404, "not_found"));
}
