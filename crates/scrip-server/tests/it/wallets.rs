//! What a customer sees of its credits: by bucket and grant, now and at any time past, alone and in a group.

use serde_json::{Value, json};

use crate::world::{Studio, World};

const STUDIO: &str = r#"
[studio]
name = "Studio"
credit = { name = "credit", decimals = 1 }
units = [{ id = "minutes", name = "minute", plural = "minutes", decimals = 0 }]

[[bucket]]
id = "trial"
expires = "P7D"

[[bucket]]
id = "pool"
transferable = true
expires = "never"

[[bucket]]
id = "video_only"
only_tools = ["video"]
expires = "never"

[[bucket]]
id = "talk"
unit = "minutes"
expires = "never"

[[tool]]
id = "image"
price = 4

[[tool]]
id = "video"
inputs.seconds = "duration"
price = { per = "second", credits = 2, increment = 1 }
"#;

async fn studio<'w>(world: &'w World) -> Studio<'w> {
    let studio = Studio { world, key: world.studio("studio", "test").await };
    studio.at("2026-01-01T00:00:00Z").await;
    studio.post("/v1/catalog/versions").toml(STUDIO).send().await.ok();
    studio
}

/// `posted held available` of each bucket, in the order in which they are shown.
fn buckets(wallet: &Value) -> Vec<String> {
    let bucket = |bucket: &Value| {
        let part = |name: &str| bucket[name].as_str().unwrap().to_owned();
        format!("{} {} {} {}", part("bucket"), part("posted"), part("held"), part("available"))
    };
    wallet["buckets"].as_array().unwrap().iter().map(bucket).collect()
}

fn sums(wallet: &Value) -> [&str; 4] {
    ["posted", "held", "available", "debt"].map(|name| wallet[name].as_str().unwrap())
}

/// Tenths of a credit.
fn tenths(text: &Value) -> i64 {
    let (whole, tenth) = text.as_str().unwrap().split_once('.').unwrap_or((text.as_str().unwrap(), "0"));
    whole.parse::<i64>().unwrap() * 10 + tenth.parse::<i64>().unwrap()
}

/// Posted is held and available: in each grant, each bucket, and the wallet, and the parts sum to the whole.
fn adds_up(wallet: &Value) {
    let total =
        |list: &Value, name: &str| -> i64 { list.as_array().unwrap().iter().map(|item| tenths(&item[name])).sum() };
    for name in ["held", "available"] {
        assert_eq!(total(&wallet["buckets"], name), tenths(&wallet[name]), "{wallet}");
        assert_eq!(total(&wallet["grants"], name), tenths(&wallet[name]), "{wallet}");
    }
    for part in wallet["buckets"].as_array().unwrap().iter().chain([wallet]) {
        assert_eq!(tenths(&part["posted"]), tenths(&part["held"]) + tenths(&part["available"]), "{part}");
    }
}

#[tokio::test]
async fn a_wallet_shows_its_buckets_in_the_order_of_the_catalog() {
    let world = World::start().await;
    let studio = studio(&world).await;
    studio.customer("anna", &[]).await;
    let empty = studio.read("/v1/customers/anna/wallet").await;
    assert_eq!(buckets(&empty), ["trial 0 0 0", "pool 0 0 0", "video_only 0 0 0"]);
    assert_eq!((empty["sequence"].as_u64(), &empty["expiring_next"]), (Some(0), &Value::Null));

    studio.grant("anna", "pool", "8", json!({})).await;
    studio.grant("anna", "trial", "10.5", json!({"expires_at": "2026-01-08T00:00:00Z"})).await;
    studio.grant("anna", "trial", "2", json!({"expires_at": "2026-01-09T00:00:00Z"})).await;
    studio.grant("anna", "talk", "30", json!({})).await;
    let hold = studio.post("/v1/holds").once("h").json(json!({"customer": "anna", "tool": "image"})).send().await.ok();

    let wallet = studio.read("/v1/customers/anna/wallet").await;
    assert_eq!(sums(&wallet), ["20.5", "4", "16.5", "0"]);
    assert_eq!(buckets(&wallet), ["trial 12.5 4 8.5", "pool 8 0 8", "video_only 0 0 0"]);
    adds_up(&wallet);
    assert_eq!(wallet["currency"], "credits");
    assert_eq!(wallet["buckets"][0]["next_expiry"], "2026-01-08T00:00:00Z");
    assert_eq!(wallet["expiring_next"], json!({"at": "2026-01-08T00:00:00Z", "credits": "6.5", "bucket": "trial"}));
    let amounts: Vec<&Value> = wallet["grants"].as_array().unwrap().iter().map(|grant| &grant["amount"]).collect();
    assert_eq!(amounts, ["10.5", "2", "8"]);
    assert_eq!(
        (&wallet["others"][0]["currency"], sums(&wallet["others"][0])),
        (&json!("minutes"), ["30", "0", "30", "0"])
    );

    let captured = format!("/v1/holds/{}/capture", hold["id"].as_str().unwrap());
    studio.post(&captured).once("c").json(json!({})).send().await.ok();
    let wallet = studio.read("/v1/customers/anna/wallet").await;
    assert_eq!(buckets(&wallet), ["trial 8.5 0 8.5", "pool 8 0 8", "video_only 0 0 0"]);
    adds_up(&wallet);
}

#[tokio::test]
async fn a_grant_ends_at_its_minute_and_the_past_can_be_seen() {
    let world = World::start().await;
    let studio = studio(&world).await;
    studio.customer("anna", &[]).await;
    studio.grant("anna", "trial", "10", json!({"expires_at": "2026-01-08T00:00:00Z"})).await;
    studio.grant("anna", "pool", "5", json!({"effective_at": "2026-01-05T12:00:00Z"})).await;
    studio.at("2026-01-05T11:59:59Z").await;
    assert_eq!(sums(&studio.read("/v1/customers/anna/wallet").await), ["10", "0", "10", "0"]);
    studio.at("2026-01-05T12:00:00Z").await;
    assert_eq!(sums(&studio.read("/v1/customers/anna/wallet").await), ["15", "0", "15", "0"]);
    studio.at("2026-01-06T00:00:00Z").await;
    studio
        .post("/v1/holds")
        .once("h")
        .json(json!({"customer": "anna", "tool": "image", "expires_in": "P7D"}))
        .send()
        .await
        .ok();
    studio.at("2026-01-07T23:59:59.999999Z").await;
    assert_eq!(sums(&studio.read("/v1/customers/anna/wallet").await), ["15", "4", "11", "0"]);
    studio.at("2026-01-08T00:00:00Z").await;
    let wallet = studio.read("/v1/customers/anna/wallet").await;
    assert_eq!(buckets(&wallet), ["trial 4 4 0", "pool 5 0 5", "video_only 0 0 0"]);
    adds_up(&wallet);

    studio.at("2027-01-01T00:00:00Z").await;
    for (at, expected, sequence) in [
        ("2025-12-31T00:00:00Z", ["0", "0", "0", "0"], 0),
        ("2026-01-01T00:00:00Z", ["10", "0", "10", "0"], 2),
        ("2026-01-05T11:59:59.999999Z", ["10", "0", "10", "0"], 2),
        ("2026-01-05T12:00:00Z", ["15", "0", "15", "0"], 3),
        ("2026-01-07T00:00:00Z", ["15", "4", "11", "0"], 4),
        ("2026-01-08T00:00:00Z", ["9", "4", "5", "0"], 5),
    ] {
        let then = studio.read(&format!("/v1/customers/anna/wallet?at={at}")).await;
        assert_eq!(
            (sums(&then), then["sequence"].as_u64(), &then["at"]),
            (expected, Some(sequence), &json!(at)),
            "{at}"
        );
        adds_up(&then);
    }
    assert_eq!(sums(&studio.read("/v1/customers/anna/wallet").await), ["5", "0", "5", "0"]);
    let future = studio.get("/v1/customers/anna/wallet?at=2027-01-01T00:00:01Z").send().await;
    assert_eq!((future.refused(), &future.body["input"]), ((422, "invalid_input"), &json!("at")));
}

#[tokio::test]
async fn a_group_sees_its_own_credits_and_those_it_belongs_to() {
    let world = World::start().await;
    let studio = studio(&world).await;
    studio.put("/v1/customers/org").json(json!({})).send().await.ok();
    for (group, parent) in [("design", "org"), ("film", "org"), ("film-b", "film")] {
        let made = studio.put(&format!("/v1/customers/{group}")).json(json!({"parent": parent})).send().await;
        assert_eq!((made.status, &made.body["parent"]), (201, &json!(parent)));
    }
    for (customer, amount) in [("org", "100"), ("design", "10"), ("film", "20"), ("film-b", "3")] {
        studio.grant(customer, "pool", amount, json!({})).await;
    }
    studio.put("/v1/customers/org/members/olga").json(json!({"role": "admin"})).send().await.ok();
    for (path, available) in [
        ("org/wallet", "133"),
        ("org/wallet?member=olga", "100"),
        ("design/wallet", "110"),
        ("film/wallet", "120"),
        ("film-b/wallet", "123"),
    ] {
        let wallet = studio.read(&format!("/v1/customers/{path}")).await;
        assert_eq!(wallet["available"], available, "{path}");
        adds_up(&wallet);
    }
    let owners = studio.read("/v1/customers/film-b/wallet").await;
    let owners: Vec<&Value> = owners["grants"].as_array().unwrap().iter().map(|grant| &grant["customer"]).collect();
    assert_eq!(owners, ["org", "film", "film-b"]);

    // The nearest pool pays first: the group's own three, then one of its parent's twenty.
    studio.post("/v1/charges").once("c").json(json!({"customer": "film-b", "tool": "image"})).send().await.ok();
    for (group, available) in [("org", "129"), ("film", "119"), ("film-b", "119"), ("design", "110")] {
        let wallet = studio.read(&format!("/v1/customers/{group}/wallet")).await;
        assert_eq!(wallet["available"], available, "{group}");
        let explained = studio.read(&format!("/v1/customers/{group}/explain")).await;
        assert_eq!(explained["posted"], wallet["posted"], "{group}");
    }
    let missing = studio.get("/v1/customers/org/wallet?member=nobody").send().await;
    assert_eq!((missing.refused(), &missing.body["what"]), ((404, "not_found"), &json!("member")));
}

#[tokio::test]
async fn credits_move_within_a_wallet_where_the_catalog_lets_them() {
    let world = World::start().await;
    let studio = studio(&world).await;
    studio.put("/v1/customers/org").json(json!({})).send().await.ok();
    studio.put("/v1/customers/film").json(json!({"parent": "org"})).send().await.ok();
    studio.put("/v1/customers/alone").json(json!({})).send().await.ok();
    studio.grant("org", "pool", "50", json!({"expires_at": "2026-06-01T00:00:00Z"})).await;
    studio.grant("org", "trial", "5", json!({})).await;
    let transfer = |key: &'static str, body: Value| studio.post("/v1/transfers").once(key).json(body);
    let moved = json!({"from": "org", "to": "film", "amount": "12.5", "bucket": "pool", "reason": "for the film"});
    let done = transfer("t", moved.clone()).send().await;
    assert_eq!(done.status, 200, "{}", done.body);
    assert_eq!((&done.body["amount"], &done.body["grants"][0]["customer"]), (&json!("12.5"), &json!("film")));
    assert_eq!(done.body["grants"][0]["expires_at"], "2026-06-01T00:00:00Z");
    let again = transfer("t", moved).send().await;
    assert!(again.replayed() && again.body == done.body, "{}", again.body);
    let grants = studio.read("/v1/customers/film/grants").await;
    assert_eq!((grants["data"].as_array().unwrap().len(), &grants["data"][0]["kind"]), (1, &json!("transfer")));
    assert_eq!(studio.read("/v1/customers/film/wallet").await["available"], "55");
    assert_eq!(studio.read("/v1/customers/org/wallet").await["available"], "55");

    for (body, refused) in [
        (json!({"from": "org", "to": "film", "amount": "1", "bucket": "trial"}), (403, "not_entitled")),
        (json!({"from": "org", "to": "film", "amount": "1", "bucket": "nonsense"}), (422, "unknown_bucket")),
        (json!({"from": "org", "to": "film", "amount": "0.05", "bucket": "pool"}), (422, "invalid_amount")),
        (json!({"from": "org", "to": "film", "amount": "0", "bucket": "pool"}), (422, "invalid_amount")),
        (json!({"from": "org", "to": "org", "amount": "1", "bucket": "pool"}), (422, "invalid_input")),
        (json!({"from": "org", "to": "film", "amount": "37.6", "bucket": "pool"}), (402, "insufficient_credits")),
        (json!({"from": "org", "to": "nobody", "amount": "1", "bucket": "pool"}), (404, "not_found")),
        (json!({"from": "nobody", "to": "film", "amount": "1", "bucket": "pool"}), (404, "not_found")),
        (json!({"from": "org", "to": "film", "amount": "1", "bucket": "pool", "why": "x"}), (422, "unknown_field")),
    ] {
        let reply =
            studio.post("/v1/transfers").once(&body.to_string().replace(' ', "")).json(body.clone()).send().await;
        assert_eq!(reply.refused(), refused, "{body}: {}", reply.body);
    }
    let elsewhere = json!({"from": "org", "to": "alone", "amount": "5", "bucket": "pool"});
    let done = transfer("u", elsewhere.clone()).send().await;
    assert_eq!((done.status, &done.body["grants"][0]["customer"]), (200, &json!("alone")), "{}", done.body);
    let again = transfer("u", elsewhere).send().await;
    assert!(again.replayed() && again.body == done.body, "{}", again.body);
    let listed = studio.read("/v1/transfers").await;
    let moves: Vec<[&Value; 3]> =
        (listed["data"].as_array().unwrap().iter()).map(|one| [&one["from"], &one["to"], &one["amount"]]).collect();
    assert_eq!(moves, [[&json!("org"), &json!("film"), &json!("12.5")], [&json!("org"), &json!("alone"), &json!("5")]]);
    let reasons: Vec<&Value> = listed["data"].as_array().unwrap().iter().map(|one| &one["reason"]).collect();
    assert_eq!(reasons, [&json!("for the film"), &Value::Null]);
    let own = studio.read("/v1/transfers?customer=alone").await;
    assert_eq!((own["data"].as_array().unwrap().len(), &own["data"][0]["from"]), (1, &json!("org")));
    assert_eq!(studio.read("/v1/customers/alone/wallet").await["available"], "5");
    let no_key = studio.post("/v1/transfers").json(json!({})).send().await;
    assert_eq!(no_key.refused(), (400, "idempotency_key_required"));
    assert_eq!(studio.read("/v1/customers/org/wallet").await["available"], "50");
}

#[tokio::test]
async fn a_grant_is_given_shown_and_taken_back_once() {
    let world = World::start().await;
    let studio = studio(&world).await;
    studio.customer("anna", &[]).await;
    let body = json!({"amount": 25, "bucket": "video_only", "priority": -1, "only_tools": ["video"],
        "paid": {"amount": "4.90", "currency": "eur"}, "reason": "sorry"});
    let made = studio.post("/v1/customers/anna/grants").once("g").json(body.clone()).send().await;
    assert_eq!(made.status, 201, "{}", made.body);
    let grant = made.body;
    assert!(grant["id"].as_str().unwrap().starts_with("gr_"));
    for (field, value) in [
        ("customer", json!("anna")),
        ("bucket", json!("video_only")),
        ("kind", json!("manual")),
        ("amount", json!("25")),
        ("available", json!("25")),
        ("priority", json!(-1)),
        ("only_tools", json!(["video"])),
        ("paid", json!({"amount": "4.90", "currency": "eur"})),
        ("reason", json!("sorry")),
        ("expires_at", Value::Null),
        ("void", json!(false)),
    ] {
        assert_eq!(grant[field], value, "{field}");
    }
    let again = studio.post("/v1/customers/anna/grants").once("g").json(body).send().await;
    assert_eq!((again.status, again.replayed(), &again.body), (201, true, &grant));
    let path = format!("/v1/grants/{}", grant["id"].as_str().unwrap());
    assert_eq!(studio.read(&path).await, grant);

    studio
        .post("/v1/holds")
        .once("h")
        .json(json!({"customer": "anna", "tool": "video", "inputs": {"seconds": 5}}))
        .send()
        .await
        .ok();
    let void = studio.post(&format!("{path}/void")).once("v").json(json!({"reason": "fraud"})).send().await.ok();
    assert_eq!(
        (&void["voided"], &void["held"], &void["available"], &void["void"]),
        (&json!("15"), &json!("10"), &json!("0"), &json!(true))
    );
    let entries = studio.read("/v1/customers/anna/entries").await;
    let entries = entries["data"].as_array().unwrap().iter();
    let told: Vec<_> = entries.map(|entry| (entry["kind"].as_str().unwrap(), entry["reason"].as_str())).collect();
    assert_eq!(told, [("grant", Some("sorry")), ("hold", None), ("void", Some("fraud"))]);
    let twice = studio.post(&format!("{path}/void")).once("w").send().await;
    assert_eq!(twice.refused(), (409, "grant_voided"));
    // What comes back to it goes the same way.
    studio.at("2026-01-02T00:00:00Z").await;
    let after = studio.read(&path).await;
    assert_eq!((&after["held"], &after["available"]), (&json!("0"), &json!("0")));
    assert_eq!(studio.read("/v1/customers/anna/wallet").await["posted"], "0");
    assert_eq!(studio.read("/v1/customers/anna/grants?live=true").await["data"], json!([]));
    assert_eq!(studio.read("/v1/customers/anna/grants").await["data"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn what_a_grant_may_pay_for_decides_what_the_balance_buys() {
    let world = World::start().await;
    let studio = studio(&world).await;
    studio.customer("anna", &[("pool", "9"), ("video_only", "10"), ("talk", "500")]).await;
    studio.grant("anna", "pool", "4", json!({"only_tools": ["image"]})).await;
    let data = studio.read("/v1/customers/anna/affordability").await;
    assert_eq!(
        data,
        json!({"catalog_version": 1, "data": [
            {"tool": "image", "model": null, "unit": "runs", "quantity": "3"},
            {"tool": "video", "model": null, "unit": "seconds", "quantity": "9"},
        ]})
    );
    studio.put("/v1/customers/anna").json(json!({"tools": ["video"]})).send().await.ok();
    let enabled = studio.read("/v1/customers/anna/affordability").await;
    assert_eq!(enabled["data"].as_array().unwrap().len(), 1);
    assert_eq!(studio.read("/v1/customers/anna/affordability?tools=image").await["data"], json!([]));
    let unknown = studio.get("/v1/customers/anna/affordability?tools=image,immage").send().await;
    assert_eq!((unknown.refused(), &unknown.body["input"]), ((422, "unknown_tool"), &json!("tools")));
}

/// MISSION S2-16, S2-19.
#[tokio::test]
async fn seconds_are_whole_and_rounded_down_so_that_they_can_be_spent() {
    let world = World::start().await;
    let studio = Studio::product(&world, "flow-studio").await;
    for (customer, credits, live_action, mocap) in [("a", "2600", "130", "650"), ("b", "2610", "130", "652")] {
        studio.customer(customer, &[("subscription", credits)]).await;
        let bought = studio.read(&format!("/v1/customers/{customer}/affordability")).await;
        for (tool, quantity) in [
            ("live-action-easy", live_action),
            ("live-action-advanced", live_action),
            ("animation-to-3d-scene", live_action),
            ("ai-mocap", mocap),
            ("clean-plate", mocap),
            ("camera-track", mocap),
        ] {
            let row = bought["data"].as_array().unwrap().iter().find(|row| row["tool"] == tool).unwrap();
            assert_eq!((&row["unit"], &row["quantity"]), (&json!("seconds"), &json!(quantity)), "{credits} {tool}");
            let job = json!({"customer": customer, "tool": tool, "inputs": {"seconds": quantity}});
            let quote = studio.post("/v1/quotes").json(job).send().await.ok();
            assert_eq!(quote["affordable"], true, "{quote}");
        }
    }
}
