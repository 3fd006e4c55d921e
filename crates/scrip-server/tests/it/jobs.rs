//! Reserve and settle: the sound effect of a product from quote to refund (MISSION S0-30 to S0-38).

use serde_json::{Value, json};

use crate::world::{Studio, World};

const TOOL: &str = "text-to-sound-effect";

async fn studio(world: &World) -> Studio<'_> {
    Studio::product(world, "studiotwin").await
}

/// Holds an effect of unknown length.
async fn hold(studio: &Studio<'_>, customer: &str, key: &str) -> Value {
    let body =
        json!({"customer": customer, "tool": TOOL, "reference": format!("job-{key}"), "metadata": {"shot": "7"}});
    let held = studio.post("/v1/holds").once(key).json(body).send().await;
    assert_eq!(held.status, 201, "{}", held.body);
    held.body
}

fn amounts(hold: &Value) -> [&str; 4] {
    ["amount", "captured", "released", "remaining"].map(|name| hold[name].as_str().unwrap())
}

#[tokio::test]
async fn an_effect_of_unknown_length_holds_the_most_and_charges_what_was_measured() {
    let world = World::start().await;
    let studio = studio(&world).await;
    for (index, (seconds, charged, released)) in
        [("12.3", "7", "11"), ("4", "3", "15"), ("29.2", "18", "0"), ("31", "18", "0")].into_iter().enumerate()
    {
        let customer = format!("anna-{index}");
        studio.customer(&customer, &[("subscription", "100")]).await;
        let held = hold(&studio, &customer, "effect").await;
        assert_eq!((held["status"].as_str(), amounts(&held)), (Some("open"), ["18", "0", "0", "18"]));
        assert_eq!(held["lines"][0]["kind"], "ceiling");
        assert_eq!(held["draws"][0]["bucket"], "subscription");
        assert_eq!(held["draws"][0]["amount"], "18");
        assert_eq!(held["reference"], "job-effect");
        assert_eq!(held["metadata"], json!({"shot": "7"}));
        assert_eq!(studio.available(&customer, json!({"tool": TOOL})).await, "82");

        let path = format!("/v1/holds/{}/capture", held["id"].as_str().unwrap());
        let done = studio.post(&path).once("effect").json(json!({"inputs": {"seconds": seconds}})).send().await;
        assert_eq!(done.status, 200, "{}", done.body);
        assert_eq!(done.header("credits-charged"), Some(charged));
        assert_eq!(done.body["charge"]["credits"], charged, "{seconds} s");
        assert_eq!(done.body["charge"]["metadata"], json!({"shot": "7"}));
        assert_eq!(done.body["released"], released, "{seconds} s");
        assert_eq!(done.body["hold"]["status"], "captured");
        assert_eq!(amounts(&done.body["hold"]), ["18", charged, released, "0"]);
        assert_eq!(done.body["charge"]["lines"][0]["measured"], json!({"seconds": seconds}));
        let capped = if seconds == "31" { "1" } else { "0" };
        assert_eq!(done.body["shortfall"], capped, "beyond the hold nothing is charged, and it is said");
        let left = 100 - charged.parse::<i32>().unwrap();
        assert_eq!(studio.available(&customer, json!({"tool": TOOL})).await, left.to_string());

        let read = studio.get(&format!("/v1/holds/{}", held["id"].as_str().unwrap())).send().await.ok();
        assert_eq!(read, done.body["hold"]);
    }
}

#[tokio::test]
async fn an_explicit_length_is_charged_as_quoted() {
    let world = World::start().await;
    let studio = studio(&world).await;
    studio.customer("anna", &[("subscription", "100")]).await;
    let asked = json!({"customer": "anna", "tool": TOOL, "inputs": {"seconds": 12.5}});
    let quote = studio.post("/v1/quotes").json(asked).send().await.ok();
    assert_eq!((&quote["credits"], &quote["affordable"]), (&json!("8"), &json!(true)));
    let held = studio.post("/v1/holds").once("1").json(json!({"customer": "anna", "quote": quote["id"]})).send().await;
    let held = held.ok();
    assert_eq!(held["quote"], quote["id"]);
    assert_eq!(amounts(&held), ["8", "0", "0", "8"]);
    let capture = format!("/v1/holds/{}/capture", held["id"].as_str().unwrap());
    // A quoted price does not move: what was explicit can't be measured again.
    let moved = studio.post(&capture).once("moved").json(json!({"inputs": {"seconds": "20"}})).send().await;
    assert_eq!(moved.refused(), (422, "invalid_input"));
    let done = studio.post(&capture).once("2").send().await.ok();
    assert_eq!(done["charge"]["credits"], "8");
    let again = studio.post(&capture).once("3").send().await;
    assert_eq!(again.refused(), (409, "hold_captured"));
    let used = studio.post("/v1/holds").once("4").json(json!({"customer": "anna", "quote": quote["id"]})).send().await;
    assert_eq!(used.refused(), (409, "quote_used"));
}

#[tokio::test]
async fn a_ceiling_is_charged_only_once_it_is_measured() {
    let world = World::start().await;
    let studio = studio(&world).await;
    studio.customer("anna", &[("subscription", "100")]).await;
    let held = hold(&studio, "anna", "1").await;
    let capture = format!("/v1/holds/{}/capture", held["id"].as_str().unwrap());
    let unmeasured = studio.post(&capture).once("2").json(json!({})).send().await;
    assert_eq!(unmeasured.refused(), (422, "invalid_input"));
    assert_eq!(unmeasured.body["input"], "seconds");
    let charged = studio.post("/v1/charges").once("3").json(json!({"customer": "anna", "tool": TOOL})).send().await;
    assert_eq!(charged.refused(), (422, "invalid_input"));
    assert_eq!(charged.body["input"], "seconds");
}

#[tokio::test]
async fn each_outcome_charges_what_the_catalog_says() {
    let world = World::start().await;
    let studio = studio(&world).await;
    studio.customer("anna", &[("subscription", "1000")]).await;
    let mesh = json!({"customer": "anna", "tool": "image-to-3d-mesh", "model": "tripo3d-v3"});
    for (index, (capture, status, charged, released)) in [
        (json!({"outcome": "succeeded"}), "captured", Some("45"), "0"),
        (json!({"outcome": "failed"}), "released", Some("0"), "45"),
        (json!({"outcome": "moderated"}), "released", Some("0"), "45"),
        (json!({"outcome": "canceled"}), "released", Some("0"), "45"),
        (json!({"outcome": "timed_out"}), "released", Some("0"), "45"),
        (json!({"outcome": "partial", "delivered": 1, "of": 2}), "captured", Some("23"), "22"),
        (json!({"outcome": "unknown"}), "open", None, "0"),
        (json!({"amount": 40}), "captured", Some("40"), "5"),
        (json!({"amount": "40.0", "final": false}), "open", Some("40"), "0"),
    ]
    .into_iter()
    .enumerate()
    {
        let held = studio.post("/v1/holds").once(&format!("h{index}")).json(mesh.clone()).send().await.ok();
        let path = format!("/v1/holds/{}/capture", held["id"].as_str().unwrap());
        let done = studio.post(&path).once(&format!("c{index}")).json(capture.clone()).send().await.ok();
        assert_eq!(done["hold"]["status"], status, "{capture}");
        assert_eq!(done["charge"]["credits"].as_str(), charged, "{capture}");
        assert_eq!(done["released"], released, "{capture}");
        assert_eq!(done["hold"]["stuck"], json!(capture["outcome"] == "unknown"));
    }
}

/// What was delivered is charged, whatever kept the rest from being.
const DELIVERED: &str = r#"
[studio]
name = "Delivered"
credit = { decimals = 2 }
[policies.outcomes]
failed = "delivered"
timed_out = "delivered"
[[bucket]]
id = "credits"
expires = "never"
[[tool]]
id = "frames"
price = 10
"#;

#[tokio::test]
async fn the_delivered_share_counts_for_every_outcome_that_charges_it() {
    let world = World::start().await;
    let studio = Studio::with_catalog(&world, "delivered", DELIVERED).await;
    studio.customer("anna", &[("credits", "1000")]).await;
    for (index, (capture, charged)) in [
        (json!({"outcome": "timed_out", "delivered": 1, "of": 4}), "2.5"),
        (json!({"outcome": "failed", "delivered": 1, "of": 3}), "3.33"),
        (json!({"outcome": "failed", "delivered": 0, "of": 3}), "0"),
        (json!({"outcome": "timed_out"}), "0"),
        // Nothing is charged for what was canceled, however much there was of it.
        (json!({"outcome": "canceled", "delivered": 1, "of": 4}), "0"),
    ]
    .into_iter()
    .enumerate()
    {
        let held = json!({"customer": "anna", "tool": "frames"});
        let held = studio.post("/v1/holds").once(&format!("h{index}")).json(held).send().await.ok();
        let path = format!("/v1/holds/{}/capture", held["id"].as_str().unwrap());
        for ended in [json!({}), json!({"outcome": "succeeded"}), json!({"outcome": "unknown"})] {
            let mut refused = ended.clone();
            (refused["delivered"], refused["of"]) = (json!(1), json!(2));
            let refused =
                studio.post(&path).once(&format!("r{ended}{index}").replace(' ', "")).json(refused).send().await;
            assert_eq!((refused.refused(), &refused.body["input"]), ((422, "invalid_input"), &json!("delivered")));
        }
        let done = studio.post(&path).once(&format!("c{index}")).json(capture.clone()).send().await.ok();
        assert_eq!(done["charge"]["credits"], charged, "{capture}");
        assert_eq!(done["charge"]["outcome"], capture["outcome"]);
    }
}

#[tokio::test]
async fn one_job_may_spend_two_buckets_and_what_it_did_not_use_goes_back_to_the_last() {
    let world = World::start().await;
    let studio = studio(&world).await;
    studio.customer("anna", &[("subscription", "10"), ("top_up", "8")]).await;
    let held = hold(&studio, "anna", "1").await;
    let draws: Vec<(&str, &str)> = (held["draws"].as_array().unwrap().iter())
        .map(|draw| (draw["bucket"].as_str().unwrap(), draw["amount"].as_str().unwrap()))
        .collect();
    assert_eq!(draws, [("subscription", "10"), ("top_up", "8")]);
    let path = format!("/v1/holds/{}/capture", held["id"].as_str().unwrap());
    let done = studio.post(&path).once("2").json(json!({"inputs": {"seconds": "16.7"}})).send().await.ok();
    assert_eq!(done["charge"]["credits"], "10");
    assert_eq!(done["charge"]["draws"].as_array().unwrap().len(), 1);
    assert_eq!(done["charge"]["draws"][0]["bucket"], "subscription");
    assert_eq!(studio.available("anna", json!({"tool": TOOL})).await, "8");
}

#[tokio::test]
async fn a_hold_is_released_extended_and_listed() {
    let world = World::start().await;
    let studio = studio(&world).await;
    studio.customer("anna", &[("subscription", "100")]).await;
    studio.customer("berta", &[("subscription", "100")]).await;
    let first = hold(&studio, "anna", "1").await;
    let second = hold(&studio, "anna", "2").await;
    hold(&studio, "berta", "3").await;

    let extend = format!("/v1/holds/{}/extend", second["id"].as_str().unwrap());
    let longer = studio.post(&extend).once("4").json(json!({"expires_in": "P1D", "amount": "2"})).send().await.ok();
    assert_eq!(amounts(&longer), ["20", "0", "0", "20"]);
    assert!(longer["expires_at"].as_str() > second["expires_at"].as_str());

    let release = format!("/v1/holds/{}/release", first["id"].as_str().unwrap());
    let released = studio.post(&release).once("5").json(json!({"reason": "queue is full"})).send().await.ok();
    assert_eq!((&released["status"], amounts(&released)), (&json!("released"), ["18", "0", "18", "0"]));
    let again = studio.post(&release).once("6").send().await;
    assert_eq!(again.refused(), (409, "hold_released"));

    for (query, ids) in [
        ("customer=anna", vec![&first["id"], &second["id"]]),
        ("customer=anna&status=open", vec![&second["id"]]),
        ("customer=anna&status=released", vec![&first["id"]]),
        ("reference=job-2", vec![&second["id"]]),
        ("customer=anna&status=expired", vec![]),
    ] {
        let listed = studio.get(&format!("/v1/holds?{query}")).send().await.ok();
        let found: Vec<&Value> = listed["data"].as_array().unwrap().iter().map(|hold| &hold["id"]).collect();
        assert_eq!(found, ids, "{query}");
        assert!(listed["data"].as_array().unwrap().iter().all(|hold| hold["draws"][0]["bucket"] == "subscription"));
    }
    let nobody = studio.get("/v1/holds?customer=nobody").send().await;
    assert_eq!(nobody.refused(), (404, "not_found"));
    let page = studio.get("/v1/holds?limit=2").send().await.ok();
    let rest = format!("/v1/holds?limit=2&cursor={}", page["next_cursor"].as_str().unwrap());
    let rest = studio.get(&rest).send().await.ok();
    assert_eq!((page["data"].as_array().unwrap().len(), rest["data"].as_array().unwrap().len()), (2, 1));
    assert_eq!(rest["next_cursor"], Value::Null);
}

#[tokio::test]
async fn a_charge_says_why_it_cost_what_it_did_and_is_refunded_once() {
    let world = World::start().await;
    let studio = studio(&world).await;
    studio.customer("anna", &[("subscription", "100")]).await;
    let job = json!({"customer": "anna", "tool": "text-to-material", "reference": "mat-1", "metadata": {"scene": "3"},
        "inputs": {"width": 512, "height": 512, "upscale": 2}, "cost": {"amount": "0.02", "currency": "usd"}});
    let charged = studio.post("/v1/charges").once("1").json(job).send().await;
    assert_eq!((charged.status, charged.header("credits-charged")), (201, Some("6")));
    let charge = charged.body;
    assert_eq!(charge["credits"], "6");
    assert_eq!(charge["cost"], json!({"amount": "0.02", "currency": "usd"}));
    assert_eq!((&charge["reference"], &charge["metadata"]), (&json!("mat-1"), &json!({"scene": "3"})));
    assert_eq!(charge["lines"][0]["inputs"], json!({"width": "512", "height": "512", "upscale": "2"}));

    let path = format!("/v1/charges/{}", charge["id"].as_str().unwrap());
    let read = studio.get(&path).send().await.ok();
    assert_eq!(read["metadata"], charge["metadata"]);
    let terms = read["lines"][0]["explain"].as_array().unwrap();
    assert!(read["lines"][0]["formula"].is_string(), "{read}");
    assert!(terms.len() > 1, "{terms:?}");
    assert_eq!(read["catalog_version"], 1);
    let listed = studio.get("/v1/charges?customer=anna&tool=text-to-material&reference=mat-1").send().await.ok();
    assert_eq!(listed["data"], json!([charge]));

    let refunds = format!("{path}/refunds");
    let half = studio.post(&refunds).once("2").json(json!({"fraction": "0.25", "reason": "late"})).send().await;
    assert_eq!((half.status, &half.body["credits"]), (201, &json!("2")), "half up");
    assert_eq!(half.body["draws"][0]["bucket"], "subscription");
    let too_much = studio.post(&refunds).once("3").json(json!({"amount": "5", "reason": "late"})).send().await;
    assert_eq!(too_much.refused(), (422, "refund_exceeds_charge"));
    let rest = studio.post(&refunds).once("4").json(json!({"reason": "all of it"})).send().await.ok();
    assert_eq!(rest["credits"], "4");
    let third = json!({"customer": "anna", "tool": "text-to-environment-map"});
    let third = studio.post("/v1/charges").once("third").json(third).send().await.ok();
    let third = format!("/v1/charges/{}/refunds", third["id"].as_str().unwrap());
    let third = studio.post(&third).once("third").json(json!({"fraction": "0.3333333333333333", "reason": "a third"}));
    assert_eq!(third.send().await.ok()["credits"], "7", "as programs write a third of 20");
    let none = studio.post(&refunds).once("5").json(json!({"reason": "again"})).send().await;
    assert_eq!(none.refused().0, 422);
    assert_eq!(studio.get(&path).send().await.ok()["refunded"], "6");
    let listed = studio.get(&refunds).send().await.ok();
    assert_eq!(listed["data"], json!([half.body, rest]));
    let one = studio.get(&format!("/v1/refunds/{}", rest["id"].as_str().unwrap())).send().await.ok();
    assert_eq!(one, rest);
}

#[tokio::test]
async fn an_incident_is_refunded_in_bulk_and_each_charge_once() {
    let world = World::start().await;
    let studio = studio(&world).await;
    for customer in ["anna", "berta"] {
        studio.customer(customer, &[("subscription", "1000")]).await;
        for job in 0..3 {
            let mesh = json!({"customer": customer, "tool": "image-to-3d-mesh", "model": "tripo3d-v3"});
            studio.post("/v1/charges").once(&format!("{customer}{job}")).json(mesh).send().await.ok();
        }
        let other = json!({"customer": customer, "tool": "image-to-3d-mesh", "model": "tripo3d-p1"});
        studio.post("/v1/charges").once(&format!("{customer}-other")).json(other).send().await.ok();
    }
    let bulk = |dry_run: bool| {
        json!({"tool": "image-to-3d-mesh", "model": "tripo3d-v3", "from": "2020-01-01T00:00:00Z",
            "to": "2100-01-01T00:00:00Z", "outcome": "succeeded", "reason": "outage", "dry_run": dry_run})
    };
    let told = |reply: &Value| ["charges", "refunded", "customers"].map(|name| reply[name].as_u64().unwrap());
    let dry = studio.post("/v1/refunds/bulk").json(bulk(true)).send().await.ok();
    assert_eq!((told(&dry), &dry["credits"]), ([6, 6, 2], &json!("270")));
    assert_eq!(studio.available("anna", json!({"tool": TOOL})).await, "790");
    let done = studio.post("/v1/refunds/bulk").once("outage-7").json(bulk(false)).send().await.ok();
    assert_eq!((told(&done), &done["credits"]), ([6, 6, 2], &json!("270")));
    assert_eq!(studio.available("anna", json!({"tool": TOOL})).await, "925");
    let again = studio.post("/v1/refunds/bulk").once("outage-7").json(bulk(false)).send().await;
    assert_eq!((again.replayed(), again.ok()), (true, done));
    let mut other_body = bulk(false);
    other_body["model"] = json!("tripo3d-p1");
    let other_body = studio.post("/v1/refunds/bulk").once("outage-7").json(other_body).send().await;
    assert_eq!(other_body.refused(), (422, "idempotency_key_reused"));
    assert_eq!(studio.available("anna", json!({"tool": TOOL})).await, "925");
    let other_key = studio.post("/v1/refunds/bulk").once("outage-8").json(bulk(false)).send().await.ok();
    assert_eq!((told(&other_key), &other_key["credits"]), ([6, 0, 0], &json!("0")));
    assert_eq!(studio.available("anna", json!({"tool": TOOL})).await, "925");
}

/// Jobs may be captured after their hold ran out.
const LATE: &str = r#"
[studio]
name = "Late"
[policies]
late_capture = "charge_available"
[[bucket]]
id = "credits"
expires = "never"
[[tool]]
id = "render"
inputs.seconds = { type = "duration", max = 60, optional = true, measured = true }
price = { per = "second", credits = 1 }
"#;

#[tokio::test]
async fn a_late_capture_is_told_what_is_wrong_with_it_and_a_second_that_it_was_captured() {
    let world = World::start().await;
    let studio = Studio::with_catalog(&world, "late", LATE).await;
    studio.at("2026-03-01T09:00:00Z").await;
    studio.customer("anna", &[("credits", "100")]).await;
    let asked = json!({"customer": "anna", "tool": "render", "expires_in": "PT1M"});
    let held = studio.post("/v1/holds").once("1").json(asked).send().await.ok();
    studio.at("2026-03-01T10:00:00Z").await;
    let path = format!("/v1/holds/{}/capture", held["id"].as_str().unwrap());
    let capture = |key: &str, body: Value| studio.post(&path).once(key).json(body).send();
    assert_eq!(capture("2", json!({"inputs": {"minutes": 5}})).await.refused(), (422, "invalid_input"));
    assert_eq!(capture("3", json!({"inputs": {"seconds": 5}, "line": "7"})).await.refused(), (404, "not_found"));
    assert_eq!(capture("4", json!({"inputs": {"seconds": 5}})).await.ok()["charge"]["credits"], "5");
    assert_eq!(capture("5", json!({"inputs": {"minutes": 5}})).await.refused(), (409, "hold_captured"));
}
