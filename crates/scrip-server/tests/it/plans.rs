//! Plans over HTTP: started, renewed, changed, cancelled, and what is bought on top of them.

use axum::http::Method;
use serde_json::{Value, json};

use crate::world::{Call, Studio, World};

const CATALOG: &str = r#"
[studio]
name = "Reel"
credit = { name = "credit", decimals = 0 }
top_up_url = "/billing"

[policies]
past_due_grace = "P7D"

[[bucket]]
id = "monthly"
expires = "cycle"

[[bucket]]
id = "units"
expires = "cycle"

[[bucket]]
id = "extra"
expires = "never"

[[tool]]
id = "image"
price = 4

[[tool]]
id = "film"
price = 40

[[plan]]
id = "lite"
tools = ["image"]
monthly = { price = "10.00 usd", grants = [{ bucket = "monthly", credits = 100 }] }

[[plan]]
id = "pro"
limits = [{ kind = "jobs_in_flight", at_most = 2 }]
monthly = { price = "30.00 usd", grants = [{ bucket = "monthly", credits = 400 }] }
annual = { price = "300.00 usd", grants = [{ bucket = "monthly", credits = 4800 }] }

[[plan]]
id = "team"
seats = { at_least = 2, at_most = 50 }
monthly = { price = "20.00 usd", grants = [{ bucket = "monthly", credits = 150, per = "seat" }] }
annual = { price = "200.00 usd", grants = [{ bucket = "monthly", credits = 1800, per = "seat" }] }

[[plan]]
id = "enterprise"
by_contract = true

[[plan]]
id = "old"
retired = true
monthly = { price = "5.00 usd", grants = [{ bucket = "monthly", credits = 50 }] }

[[add_on]]
id = "team-unit"
bucket = "units"
credits = 200
price = "30.00 usd"
plans = ["team"]

[[pack]]
id = "pack_50"
bucket = "extra"
credits = 50
bonus = 5
price = "5.00 usd"
"#;

async fn studio<'w>(world: &'w World) -> Studio<'w> {
    let studio = Studio { world, key: world.studio("reel", "test").await };
    studio.at("2026-01-10T12:00:00Z").await;
    studio.post("/v1/catalog/versions").toml(CATALOG).send().await.ok();
    studio.customer("anna", &[]).await;
    studio
}

fn patch<'w>(studio: &Studio<'w>, path: &str) -> Call<'w> {
    studio.world.call(Method::PATCH, path).key(&studio.key)
}

async fn subscribe(studio: &Studio<'_>, customer: &str, body: Value) -> Value {
    let path = format!("/v1/customers/{customer}/subscriptions");
    let key = format!("{customer}-{body}").replace(|c: char| !c.is_ascii_graphic(), "_");
    let made = studio.post(&path).once(&key).json(body).send().await;
    assert_eq!(made.status, 201, "{}", made.body);
    made.body
}

async fn available(studio: &Studio<'_>, customer: &str) -> String {
    let wallet = studio.read(&format!("/v1/customers/{customer}/wallet")).await;
    wallet["available"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn what_is_for_sale_is_shown_as_the_catalog_says_it() {
    let world = World::start().await;
    let studio = studio(&world).await;
    let plans = studio.read("/v1/plans").await;
    let ids: Vec<&str> = plans["data"].as_array().unwrap().iter().map(|plan| plan["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["lite", "pro", "team", "enterprise"]);
    assert_eq!(plans["catalog_version"], 1);
    let team = &plans["data"][2];
    assert_eq!(team["seats"]["at_least"], 2);
    assert_eq!(team["terms"][0]["price"], json!({"amount": "20.00", "currency": "usd"}));
    assert_eq!(team["terms"][1]["grants"][0]["credits"], "1800");
    assert_eq!(team["terms"][1]["grants"][0]["per"], "seat");
    assert_eq!((&plans["add_ons"][0]["id"], &plans["add_ons"][0]["plans"]), (&json!("team-unit"), &json!(["team"])));
    assert_eq!((&plans["packs"][0]["credits"], &plans["packs"][0]["bonus"]), (&json!("50"), &json!("5")));
    let token = studio.post("/v1/customers/anna/tokens").json(json!({"expires_in": "PT1H"})).send().await.ok();
    let seen = world.call(Method::GET, "/v1/plans").key(token["token"].as_str().unwrap()).send().await;
    assert_eq!(seen.status, 200);
}

#[tokio::test]
async fn a_plan_is_started_read_and_renewed_and_its_quota_comes_anew() {
    let world = World::start().await;
    let studio = studio(&world).await;
    let made = subscribe(&studio, "anna", json!({"plan": "lite", "interval": "month"})).await;
    assert!(made["id"].as_str().unwrap().starts_with("sub_"), "{made}");
    assert_eq!(
        (&made["customer"], &made["plan"], &made["interval"]),
        (&json!("anna"), &json!("lite"), &json!("month"))
    );
    assert_eq!((&made["seats"], &made["status"], &made["add_ons"]), (&json!(1), &json!("active"), &json!([])));
    assert_eq!(made["period_start"], "2026-01-10T12:00:00Z");
    assert_eq!(made["period_end"], "2026-02-10T12:00:00Z");
    assert_eq!((&made["cancel_at_period_end"], &made["next"]), (&json!(false), &Value::Null));
    assert_eq!((&made["next_charge"]["amount"], &made["next_charge"]["currency"]), (&json!("10.00"), &json!("usd")));
    assert_eq!(made["next_charge"]["at"], "2026-02-10T12:00:00Z");

    assert_eq!(studio.read("/v1/customers/anna/subscription").await, made);
    let path = format!("/v1/customers/anna/subscriptions/{}", made["id"].as_str().unwrap());
    assert_eq!(studio.read(&path).await, made);
    assert_eq!(studio.read("/v1/customers/anna/subscriptions").await, json!({"data": [made], "next_cursor": null}));

    studio.post("/v1/charges").once("c").json(json!({"customer": "anna", "tool": "image"})).send().await.ok();
    let wallet = studio.read("/v1/customers/anna/wallet").await;
    assert_eq!((&wallet["available"], &wallet["next_reset_at"]), (&json!("96"), &json!("2026-02-10T12:00:00Z")));
    assert_eq!(wallet["buckets"][0]["next_reset_at"], "2026-02-10T12:00:00Z");
    assert_eq!(wallet["buckets"][0]["next_expiry"], "2026-02-10T12:00:00Z");
    assert_eq!(wallet["buckets"][2]["next_reset_at"], Value::Null);
    assert_eq!(wallet["expiring_next"]["credits"], "96");

    studio.at("2026-02-10T11:59:59Z").await;
    assert_eq!(available(&studio, "anna").await, "96");
    studio.at("2026-02-10T12:00:00Z").await;
    assert_eq!(available(&studio, "anna").await, "100");
    studio.at("2027-03-01T00:00:00Z").await;
    let now = studio.read("/v1/customers/anna/subscription").await;
    assert_eq!(
        (&now["period_start"], &now["period_end"]),
        (&json!("2027-02-10T12:00:00Z"), &json!("2027-03-10T12:00:00Z"))
    );
    assert_eq!(available(&studio, "anna").await, "100");
}

#[tokio::test]
async fn the_same_request_starts_one_plan_and_another_body_is_refused() {
    let world = World::start().await;
    let studio = studio(&world).await;
    let start = |body| studio.post("/v1/customers/anna/subscriptions").once("s").json(body);
    let first = start(json!({"plan": "lite", "interval": "month"})).send().await;
    assert_eq!((first.status, first.replayed()), (201, false));
    let again = start(json!({"interval": "month", "plan": "lite"})).send().await;
    assert_eq!((again.status, again.replayed(), &again.body), (201, true, &first.body));
    let other = start(json!({"plan": "pro", "interval": "month"})).send().await;
    assert_eq!(other.refused(), (422, "idempotency_key_reused"));
    assert_eq!(available(&studio, "anna").await, "100");
    let second = studio.post("/v1/customers/anna/subscriptions").once("t");
    let second = second.json(json!({"plan": "pro", "interval": "month"})).send().await;
    assert_eq!(second.refused(), (409, "already_exists"));
}

#[tokio::test]
async fn what_cannot_be_started_is_refused_with_what_can() {
    let world = World::start().await;
    let studio = studio(&world).await;
    studio.customer("berta", &[]).await;
    let month = |plan: &str| json!({"plan": plan, "interval": "month"});
    for (body, refused, input) in [
        (month("none"), (422, "unknown_plan"), "plan"),
        (month("old"), (403, "not_entitled"), ""),
        (month("enterprise"), (422, "invalid_input"), "plan"),
        (json!({"plan": "lite", "interval": "year"}), (422, "invalid_input"), "interval"),
        (json!({"plan": "lite", "interval": "decade"}), (422, "invalid_input"), "interval"),
        (json!({"plan": "team", "interval": "month", "seats": 0}), (422, "invalid_input"), "seats"),
        (json!({"plan": "team", "interval": "month", "seats": 1}), (422, "invalid_input"), "seats"),
        (json!({"plan": "team", "interval": "month", "seats": 51}), (422, "invalid_input"), "seats"),
        (json!({"plan": "team", "interval": "month", "seats": -2}), (422, "invalid_input"), "seats"),
        (json!({"plan": "team", "interval": "month", "seats": 2.5}), (422, "invalid_input"), "seats"),
        (json!({"plan": "team", "interval": "month", "seats": 99999999999u64}), (422, "invalid_input"), "seats"),
        (json!({"plan": "lite", "interval": "month", "seats": 3}), (422, "invalid_input"), "seats"),
        (json!({"plan": "lite"}), (422, "invalid_input"), "interval"),
        (json!({"interval": "month"}), (422, "invalid_input"), "plan"),
        (json!({"plan": "lite", "interval": "month", "coupon": "x"}), (422, "unknown_field"), ""),
        (json!({"plan": "lite", "interval": "month", "starts_at": "tomorrow"}), (422, "invalid_input"), "starts_at"),
        (json!({"plan": "", "interval": "month"}), (422, "invalid_input"), "plan"),
    ] {
        let key = body.to_string().replace(' ', "_");
        let reply = studio.post("/v1/customers/berta/subscriptions").once(&key).json(body.clone()).send().await;
        assert_eq!(reply.refused(), refused, "{body}: {}", reply.body);
        assert_eq!(reply.body["input"].as_str().unwrap_or(""), input, "{body}: {}", reply.body);
        let tried = studio.post("/v1/customers/berta/subscriptions/preview").json(body.clone()).send().await;
        assert_eq!(tried.refused(), refused, "a preview of {body}: {}", tried.body);
    }
    let unknown = studio.post("/v1/customers/berta/subscriptions").once("u").json(month("none")).send().await;
    assert_eq!(unknown.body["allowed"], json!(["lite", "pro", "team", "enterprise"]));
    let nobody = studio.post("/v1/customers/carl/subscriptions").once("c").json(month("lite")).send().await;
    assert_eq!((nobody.refused(), &nobody.body["what"]), ((404, "not_found"), &json!("customer")));
    let keyless = studio.post("/v1/customers/berta/subscriptions").json(month("lite")).send().await;
    assert_eq!(keyless.refused(), (400, "idempotency_key_required"));
    assert_eq!(studio.read("/v1/customers/berta/subscriptions").await["data"], json!([]));
}

#[tokio::test]
async fn a_preview_says_line_by_line_what_then_happens() {
    let world = World::start().await;
    let studio = studio(&world).await;
    let start = json!({"plan": "lite", "interval": "month"});
    let tried = studio.post("/v1/customers/anna/subscriptions/preview").json(start.clone()).send().await.ok();
    assert_eq!((&tried["before"]["available"], &tried["after"]["available"]), (&json!("0"), &json!("100")));
    let lines = tried["lines"].as_array().unwrap();
    assert_eq!(lines.len(), 1, "{tried}");
    assert_eq!(
        (&lines[0]["kind"], &lines[0]["credits"], &lines[0]["bucket"]),
        (&json!("grant"), &json!("100"), &json!("monthly"))
    );
    assert_eq!(tried["next_renewal"]["at"], "2026-02-10T12:00:00Z");
    assert_eq!(tried["next_renewal"]["charge"]["amount"], "10.00");
    let kinds: Vec<&str> =
        tried["next_renewal"]["lines"].as_array().unwrap().iter().map(|l| l["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["expire", "grant"]);
    assert_eq!(studio.read("/v1/customers/anna/subscriptions").await["data"], json!([]));

    subscribe(&studio, "anna", start).await;
    studio.at("2026-01-20T00:00:00Z").await;
    let upgrade = json!({"plan": "pro"});
    let tried = studio.post("/v1/customers/anna/subscription/preview").json(upgrade.clone()).send().await.ok();
    assert_eq!(available(&studio, "anna").await, "100");
    let done = patch(&studio, "/v1/customers/anna/subscription").json(upgrade).send().await.ok();
    assert_eq!(tried["subscription"], done);
    assert_eq!(tried["after"]["available"], json!(available(&studio, "anna").await));
    assert_eq!((&done["plan"], &done["next_charge"]["amount"]), (&json!("pro"), &json!("30.00")));

    let tried = studio.post("/v1/customers/anna/subscription/preview").json(json!({"act": "cancel", "at": "now"}));
    let tried = tried.send().await.ok();
    assert_eq!((&tried["after"]["available"], &tried["subscription"]["status"]), (&json!("0"), &json!("canceled")));
    assert_eq!((&tried["next_renewal"], &tried["subscription"]["next_charge"]), (&Value::Null, &Value::Null));
    let renewed =
        studio.post("/v1/customers/anna/subscription/preview").json(json!({"act": "renew"})).send().await.ok();
    assert_eq!((&renewed["lines"], &renewed["next_renewal"]["after"]["available"]), (&json!([]), &json!("400")));
    for (body, input) in [
        (json!({}), "plan"),
        (json!({"act": "renew", "plan": "pro"}), "plan"),
        (json!({"act": "change", "at": "now"}), "at"),
        (json!({"act": "explode"}), "act"),
        (json!({"act": "add_on", "add_on": "team-unit"}), "units"),
    ] {
        let reply = studio.post("/v1/customers/anna/subscription/preview").json(body.clone()).send().await;
        assert_eq!((reply.refused(), &reply.body["input"]), ((422, "invalid_input"), &json!(input)), "{body}");
    }
}

#[tokio::test]
async fn a_cancelled_plan_runs_to_its_end_and_a_terminated_one_ends_at_once() {
    let world = World::start().await;
    let studio = studio(&world).await;
    studio.customer("berta", &[]).await;
    let anna = subscribe(&studio, "anna", json!({"plan": "lite", "interval": "month"})).await;
    subscribe(&studio, "berta", json!({"plan": "lite", "interval": "month"})).await;

    let ending = studio.post("/v1/customers/anna/subscription/cancel").send().await.ok();
    assert_eq!((&ending["status"], &ending["cancel_at_period_end"]), (&json!("active"), &json!(true)));
    assert_eq!(ending["next_charge"], Value::Null);
    assert_eq!(available(&studio, "anna").await, "100");
    assert_eq!(studio.read("/v1/customers/anna/wallet").await["next_reset_at"], Value::Null);
    let kept = json!({"cancel_at_period_end": false});
    let kept = patch(&studio, "/v1/customers/anna/subscription").json(kept).send().await.ok();
    assert_eq!(kept["cancel_at_period_end"], false);
    studio.post("/v1/customers/anna/subscription/cancel").json(json!({"at": "period_end"})).send().await.ok();

    let now = json!({"at": "now", "reason": "chargeback"});
    let keyless = studio.post("/v1/customers/berta/subscription/cancel").json(now.clone()).send().await;
    assert_eq!(keyless.refused(), (400, "idempotency_key_required"));
    let terminate = || studio.post("/v1/customers/berta/subscription/cancel").once("t").json(now.clone());
    let ended = terminate().send().await;
    assert_eq!((&ended.body["status"], &ended.body["ended_at"]), (&json!("canceled"), &json!("2026-01-10T12:00:00Z")));
    assert_eq!(available(&studio, "berta").await, "0");
    let again = terminate().send().await;
    assert_eq!((again.replayed(), &again.body), (true, &ended.body));
    let last = studio.get("/v1/customers/berta/subscription").send().await.ok();
    assert_eq!((&last["id"], &last["status"]), (&ended.body["id"], &json!("canceled")));

    studio.at("2026-02-10T12:00:00Z").await;
    assert_eq!(available(&studio, "anna").await, "0");
    let path = format!("/v1/customers/anna/subscriptions/{}", anna["id"].as_str().unwrap());
    let over = studio.read(&path).await;
    assert_eq!((&over["status"], &over["ended_at"]), (&json!("canceled"), &json!("2026-02-10T12:00:00Z")));
    let late = patch(&studio, &path).json(json!({"plan": "pro"})).send().await;
    assert_eq!(late.refused(), (409, "subscription_ended"));
    let late = studio.post(&format!("{path}/cancel")).send().await;
    assert_eq!(late.refused(), (409, "subscription_ended"));
}

#[tokio::test]
async fn a_payment_that_is_due_keeps_credits_and_one_that_comes_brings_the_quota_once() {
    let world = World::start().await;
    let studio = studio(&world).await;
    subscribe(&studio, "anna", json!({"plan": "lite", "interval": "month"})).await;
    studio.post("/v1/charges").once("c").json(json!({"customer": "anna", "tool": "image"})).send().await.ok();
    studio.at("2026-02-10T00:00:00Z").await;
    let due = studio.post("/v1/customers/anna/subscription/past-due").send().await.ok();
    assert_eq!((&due["status"], &due["past_due_until"]), (&json!("past_due"), &json!("2026-02-17T00:00:00Z")));
    studio.at("2026-02-11T00:00:00Z").await;
    assert_eq!(available(&studio, "anna").await, "96");
    let recover = || studio.post("/v1/customers/anna/subscription/recover").once("r").json(json!({}));
    let paid = recover().send().await;
    assert_eq!(
        (paid.status, &paid.body["status"], &paid.body["past_due_until"]),
        (200, &json!("active"), &Value::Null)
    );
    assert_eq!(available(&studio, "anna").await, "100");
    assert!(recover().send().await.replayed());
    assert_eq!(available(&studio, "anna").await, "100");
}

#[tokio::test]
async fn units_are_there_at_once_say_when_they_expire_and_end_with_the_period() {
    let world = World::start().await;
    let studio = studio(&world).await;
    let none = studio.post("/v1/customers/anna/add-ons").once("a").json(json!({"add_on": "team-unit", "units": 1}));
    assert_eq!(none.send().await.refused(), (403, "not_entitled"));
    subscribe(&studio, "anna", json!({"plan": "team", "interval": "month", "seats": 5})).await;
    assert_eq!(available(&studio, "anna").await, "750");
    let buy = || studio.post("/v1/customers/anna/add-ons").once("b").json(json!({"add_on": "team-unit", "units": 3}));
    let tried = json!({"act": "add_on", "add_on": "team-unit", "units": 3});
    let tried = studio.post("/v1/customers/anna/subscription/preview").json(tried).send().await.ok();
    assert_eq!(
        (&tried["lines"][0]["credits"], &tried["lines"][0]["expires_at"]),
        (&json!("600"), &json!("2026-02-10T12:00:00Z"))
    );
    let bought = buy().send().await;
    assert_eq!(
        (bought.status, &bought.body["credits"], &bought.body["status"]),
        (201, &json!("600"), &json!("active"))
    );
    assert_eq!(bought.body["expires_at"], "2026-02-10T12:00:00Z");
    assert_eq!((buy().send().await.replayed(), available(&studio, "anna").await), (true, "1350".to_owned()));
    let subscription = studio.read("/v1/customers/anna/subscription").await;
    assert_eq!(subscription["add_ons"], json!([bought.body]));
    assert_eq!(subscription["next_charge"]["amount"], "190.00");
    assert_eq!(studio.read("/v1/customers/anna/add-ons").await["data"], json!([bought.body]));

    let path = format!("/v1/customers/anna/add-ons/{}", bought.body["id"].as_str().unwrap());
    assert_eq!(studio.read(&path).await, bought.body);
    let ending = studio.delete(&path).send().await.ok();
    assert_eq!((&ending["status"], &ending["ends_at"]), (&json!("ending"), &json!("2026-02-10T12:00:00Z")));
    assert_eq!(available(&studio, "anna").await, "1350");
    assert_eq!(studio.read("/v1/customers/anna/subscription").await["next_charge"]["amount"], "100.00");
    studio.at("2026-02-10T12:00:00Z").await;
    assert_eq!(available(&studio, "anna").await, "750");
    assert_eq!(studio.read(&path).await["status"], "ended");

    for (body, refused) in [
        (json!({"add_on": "none", "units": 1}), (422, "unknown_add_on")),
        (json!({"add_on": "team-unit", "units": 0}), (422, "invalid_input")),
        (json!({"add_on": "team-unit", "units": -1}), (422, "invalid_input")),
        (json!({"add_on": "team-unit", "units": 1, "subscription": "sub_none"}), (404, "not_found")),
        (json!({"add_on": "team-unit"}), (422, "invalid_input")),
    ] {
        let key = body.to_string().replace(' ', "_");
        let reply = studio.post("/v1/customers/anna/add-ons").once(&key).json(body.clone()).send().await;
        assert_eq!(reply.refused(), refused, "{body}: {}", reply.body);
    }
    let other = studio.delete("/v1/customers/anna/add-ons/add_none").send().await;
    assert_eq!((other.refused(), &other.body["what"]), ((404, "not_found"), &json!("add_on")));
}

#[tokio::test]
async fn another_studio_and_another_customer_see_no_plan_of_this_one() {
    let world = World::start().await;
    let studio = studio(&world).await;
    let made = subscribe(&studio, "anna", json!({"plan": "lite", "interval": "month"})).await;
    let id = made["id"].as_str().unwrap();
    studio.customer("berta", &[]).await;
    let stranger = Studio::with_catalog(&world, "other", CATALOG).await;
    stranger.customer("anna", &[]).await;
    stranger.customer("berta", &[]).await;
    for (who, path) in [
        (&stranger, format!("/v1/customers/anna/subscriptions/{id}")),
        (&studio, format!("/v1/customers/berta/subscriptions/{id}")),
        (&stranger, format!("/v1/customers/berta/subscriptions/{id}")),
    ] {
        assert_eq!(who.get(&path).send().await.refused(), (404, "not_found"), "{path}");
        let change = patch(who, &path).json(json!({"plan": "pro"})).send().await;
        assert_eq!(change.refused(), (404, "not_found"), "{path}");
        let cancel = who.post(&format!("{path}/cancel")).once("c").json(json!({"at": "now"})).send().await;
        assert_eq!(cancel.refused(), (404, "not_found"), "{path}");
    }
    let token = studio.post("/v1/customers/berta/tokens").json(json!({"expires_in": "PT1H"})).send().await.ok();
    let token = token["token"].as_str().unwrap();
    let seen = world.call(Method::GET, &format!("/v1/customers/anna/subscriptions/{id}")).key(token).send().await;
    assert_eq!(seen.refused(), (404, "not_found"));
    let start = world.call(Method::POST, "/v1/customers/berta/subscriptions").key(token).once("s");
    let start = start.json(json!({"plan": "lite", "interval": "month"})).send().await;
    assert_eq!(start.refused(), (403, "forbidden_scope"));
    assert_eq!(available(&studio, "anna").await, "100");
}

#[tokio::test]
async fn a_pack_brings_its_credits_and_its_bonus_and_is_listed_as_one_purchase() {
    let world = World::start().await;
    let studio = studio(&world).await;
    let buy = |key: &'static str, body: Value| studio.post("/v1/customers/anna/purchases").once(key).json(body);
    let bought = buy("a", json!({"pack": "pack_50", "reason": "at the fair"})).send().await;
    assert_eq!((bought.status, &bought.body["credits"], &bought.body["pack"]), (201, &json!("55"), &json!("pack_50")));
    assert_eq!(bought.body["paid"], json!({"amount": "5.00", "currency": "usd"}));
    let kinds: Vec<&Value> = bought.body["grants"].as_array().unwrap().iter().map(|grant| &grant["kind"]).collect();
    assert_eq!(kinds, ["pack", "bonus"]);
    assert!(buy("a", json!({"pack": "pack_50", "reason": "at the fair"})).send().await.replayed());
    let own = json!({"pack": "pack_50", "paid": {"amount": "4.50", "currency": "eur"}});
    let other = buy("b", own).send().await.ok();
    assert_eq!(other["paid"], json!({"amount": "4.50", "currency": "eur"}));
    assert_eq!(available(&studio, "anna").await, "110");
    let all = studio.read("/v1/customers/anna/purchases").await;
    assert_eq!(all, json!({"data": [bought.body, other], "next_cursor": null}));
    let first = studio.read("/v1/customers/anna/purchases?limit=1").await;
    assert_eq!(first["data"], json!([bought.body]));
    let rest = format!("/v1/customers/anna/purchases?limit=1&cursor={}", first["next_cursor"].as_str().unwrap());
    assert_eq!(studio.read(&rest).await, json!({"data": [other], "next_cursor": null}));
    for (body, refused) in [
        (json!({"pack": "none"}), (422, "unknown_pack")),
        (json!({"pack": "pack_50", "paid": {"amount": "-5", "currency": "usd"}}), (422, "invalid_amount")),
        (json!({"pack": "pack_50", "paid": {"amount": "5", "currency": "doubloons"}}), (422, "invalid_input")),
        (json!({}), (422, "invalid_input")),
    ] {
        let key = body.to_string().replace(' ', "_");
        let reply = studio.post("/v1/customers/anna/purchases").once(&key).json(body.clone()).send().await;
        assert_eq!(reply.refused(), refused, "{body}: {}", reply.body);
    }
}

#[tokio::test]
async fn a_payment_that_goes_back_takes_its_pack_back_once_and_what_is_missing_is_owed() {
    let world = World::start().await;
    let studio = studio(&world).await;
    let buy = studio.post("/v1/customers/anna/purchases").once("a").json(json!({"pack": "pack_50"})).send().await.ok();
    let path = format!("/v1/customers/anna/purchases/{}", buy["id"].as_str().unwrap());
    let reverse = |key: &'static str, body: Value| studio.post(&format!("{path}/reverse")).once(key).json(body);
    let asked = studio.post(&format!("{path}/preview")).json(json!({})).send().await.ok();
    let lines: Vec<&Value> = asked["lines"].as_array().unwrap().iter().map(|line| &line["kind"]).collect();
    assert_eq!(lines, ["claw_back", "claw_back"]);
    let half = json!({"amount": {"amount": "2.50", "currency": "usd"}, "reason": "refund re_1"});
    let first = reverse("b", half.clone()).send().await;
    assert_eq!((first.status, &first.body["taken_back"], &first.body["owed"]), (200, &json!("28"), &json!("0")));
    assert_eq!(first.body["amount"], json!({"amount": "2.50", "currency": "usd"}));
    assert_eq!((&first.body["pack"], &first.body["reason"]), (&json!("pack_50"), &json!("refund re_1")));
    assert!(reverse("b", half).send().await.replayed());
    assert_eq!(available(&studio, "anna").await, "27");
    assert_eq!(reverse("c", json!({})).send().await.ok()["taken_back"], json!("27"));
    assert_eq!(reverse("d", json!({})).send().await.refused(), (409, "grant_voided"));
    assert_eq!(studio.post(&format!("{path}/reverse")).json(json!({})).send().await.status, 400);
    let of_other = path.replace("anna", "berta");
    for path in [of_other.as_str(), "/v1/customers/anna/purchases/gr_0", "/v1/customers/nobody/purchases/gr_0"] {
        let reply = studio.post(&format!("{path}/reverse")).once(path).json(json!({})).send().await;
        assert_eq!(reply.refused(), (404, "not_found"), "{path}");
        assert_eq!(reply.body["what"], "purchase");
    }
    let events = studio.read("/v1/events?limit=100").await;
    let events = events["data"].as_array().unwrap().iter().filter(|event| event["type"] == "payment.reversed");
    let amounts: Vec<&Value> = events.map(|event| &event["data"]["amount"]).collect();
    assert_eq!(amounts, ["28", "27"]);
}

#[tokio::test]
async fn what_units_would_do_is_told_before_they_are_bought() {
    let world = World::start().await;
    let studio = studio(&world).await;
    let ask = |body: Value| studio.post("/v1/customers/anna/add-ons/preview").json(body);
    let unit = json!({"add_on": "team-unit", "units": 3});
    assert_eq!(ask(unit.clone()).send().await.refused(), (403, "not_entitled"));
    subscribe(&studio, "anna", json!({"plan": "team", "interval": "month"})).await;
    let asked = ask(unit).send().await.ok();
    assert_eq!(asked["lines"][0]["grant_kind"], "add_on");
    assert_eq!(asked["subscription"]["add_ons"][0]["units"], 3);
    assert!(asked["next_renewal"]["lines"].as_array().unwrap().len() > 1);
    assert_eq!(studio.read("/v1/customers/anna/add-ons").await["data"], json!([]));
    assert_eq!(ask(json!({"add_on": "team-unit"})).send().await.refused(), (422, "invalid_input"));
}

#[tokio::test]
async fn where_nothing_is_sold_a_purchase_and_a_job_say_when_credits_come() {
    let world = World::start().await;
    let studio = Studio { world: &world, key: world.studio("flow", "test").await };
    studio.at("2026-01-10T12:00:00Z").await;
    let file = format!("{}/../../catalogs/flow-studio.toml", env!("CARGO_MANIFEST_DIR"));
    studio.post("/v1/catalog/versions").toml(&std::fs::read_to_string(file).unwrap()).send().await.ok();
    studio.customer("anna", &[]).await;
    subscribe(&studio, "anna", json!({"plan": "lite", "interval": "month"})).await;
    let buy = studio.post("/v1/customers/anna/purchases").once("b").json(json!({"pack": "extra"})).send().await;
    assert_eq!(buy.refused(), (422, "unknown_pack"));
    assert_eq!(buy.body["next_reset_at"], "2026-02-10T12:00:00Z");
    assert!(buy.body["detail"].as_str().unwrap().contains("2026-02-10T12:00:00Z"), "{}", buy.body);
    let tools = studio.read("/v1/customers/anna/affordability").await;
    let tool = &tools["data"][0]["tool"];
    let job = json!({"customer": "anna", "tool": tool, "inputs": {"seconds": 100000}});
    let short = studio.post("/v1/holds").once("h").json(job).send().await;
    assert_eq!(short.refused(), (402, "insufficient_credits"), "{}", short.body);
    assert_eq!(short.body["next_reset_at"], "2026-02-10T12:00:00Z");
    assert!(short.body["options"].as_array().unwrap().iter().all(|option| option["kind"] != "top_up"));
}

#[tokio::test]
async fn limits_say_what_they_allow_and_how_long_to_wait() {
    let world = World::start().await;
    let studio = studio(&world).await;
    subscribe(&studio, "anna", json!({"plan": "pro", "interval": "month"})).await;
    let hold =
        |key: &'static str| studio.post("/v1/holds").once(key).json(json!({"customer": "anna", "tool": "image"}));
    let first = hold("1").send().await.ok();
    hold("2").send().await.ok();
    let third = hold("3").send().await;
    assert_eq!((third.refused(), &third.body["at_most"]), ((429, "too_many_jobs"), &json!("2")));
    assert!(third.header("retry-after").is_some());
    assert_eq!(third.header("ratelimit-policy"), Some("\"jobs_in_flight\";q=2"));
    let release = format!("/v1/holds/{}/release", first["id"].as_str().unwrap());
    studio.post(&release).once("r").send().await.ok();
    let again = hold("3").send().await;
    assert_eq!((again.status, again.replayed()), (201, false));
    studio.customer("berta", &[]).await;
    subscribe(&studio, "berta", json!({"plan": "lite", "interval": "month"})).await;
    let film = studio.post("/v1/holds").once("f").json(json!({"customer": "berta", "tool": "film"})).send().await;
    assert_eq!(film.refused(), (403, "not_entitled"));
    let tools = studio.read("/v1/customers/berta/affordability").await;
    let tools: Vec<&Value> = tools["data"].as_array().unwrap().iter().map(|one| &one["tool"]).collect();
    assert_eq!(tools, ["image"]);
}

#[tokio::test]
async fn a_member_spends_up_to_a_cap_and_sees_what_is_its_own() {
    let world = World::start().await;
    let studio = studio(&world).await;
    subscribe(&studio, "anna", json!({"plan": "team", "interval": "month", "seats": 2})).await;
    let put = |id: &str, body: Value| studio.put(&format!("/v1/customers/anna/members/{id}")).json(body);
    put("mia", json!({"seat": 1, "limits": {"monthly": "10"}})).send().await.ok();
    put("ben", json!({"seat": 2, "limits": [{"kind": "spend", "at_most": 8, "per": "day"}]})).send().await.ok();
    let taken = put("carl", json!({"seat": 1})).send().await;
    assert_eq!((taken.refused(), &taken.body["member"]), ((409, "seat_taken"), &json!("mia")));
    assert_eq!(put("carl", json!({"seat": 9})).send().await.refused(), (422, "invalid_input"));
    let mine = studio.read("/v1/customers/anna/wallet?member=mia").await;
    assert_eq!((&mine["available"], available(&studio, "anna").await.as_str()), (&json!("150"), "300"));
    let job = |member: &str| json!({"customer": "anna", "member": member, "tool": "image"});
    for key in ["1", "2"] {
        studio.post("/v1/charges").once(key).json(job("mia")).send().await.ok();
    }
    let over = studio.post("/v1/charges").once("3").json(job("mia")).send().await;
    assert_eq!(
        (over.refused(), &over.body["at_most"], &over.body["left"]),
        ((403, "member_limit"), &json!("10"), &json!("2"))
    );
    assert_eq!(over.body["resets_at"], "2026-02-01T00:00:00Z");
    let spent = studio.read("/v1/customers/anna/usage?group_by=member").await;
    assert_eq!((&spent["data"][0]["key"], &spent["data"][0]["credits"]), (&json!("mia"), &json!("8")));
}

#[tokio::test]
async fn terms_by_contract_start_a_plan_that_has_none_of_its_own() {
    let world = World::start().await;
    let studio = studio(&world).await;
    let terms = json!({"plans": {"enterprise": {"monthly": {"price": "900.00 usd",
        "grants": [{"bucket": "monthly", "credits": 5000}]}}}});
    studio.put("/v1/customers/anna").json(json!({"overrides": terms})).send().await.ok();
    let made = subscribe(&studio, "anna", json!({"plan": "enterprise", "interval": "month"})).await;
    assert_eq!((&made["next_charge"]["amount"], available(&studio, "anna").await.as_str()), (&json!("900.00"), "5000"));
}

#[tokio::test]
async fn events_tell_what_happened_in_order_and_go_on_where_one_stopped() {
    let world = World::start().await;
    let studio = studio(&world).await;
    subscribe(&studio, "anna", json!({"plan": "lite", "interval": "month"})).await;
    studio.post("/v1/charges").once("c").json(json!({"customer": "anna", "tool": "image"})).send().await.ok();
    studio.at("2026-02-10T12:00:00Z").await;
    let all = studio.read("/v1/events?limit=1000").await;
    let types: Vec<&str> =
        all["data"].as_array().unwrap().iter().map(|event| event["type"].as_str().unwrap()).collect();
    for (kind, times) in [
        ("catalog.published", 1),
        ("subscription.started", 1),
        ("charge.created", 1),
        ("grant.created", 2),
        ("grant.expired", 1),
        ("subscription.renewed", 1),
    ] {
        assert_eq!(types.iter().filter(|one| **one == kind).count(), times, "{kind} in {types:?}");
    }
    assert_eq!(all["next_cursor"], Value::Null);
    let renewed = studio.read("/v1/events?type=subscription.*&customer=anna").await;
    let kinds: Vec<&Value> = renewed["data"].as_array().unwrap().iter().map(|event| &event["type"]).collect();
    assert_eq!(kinds, ["subscription.started", "subscription.renewed"]);
    assert_eq!(renewed["data"][1]["data"]["period_start"], "2026-02-10T12:00:00Z");
    assert_eq!(
        (&renewed["data"][0]["customer"], &renewed["data"][0]["data"]["plan"]),
        (&json!("anna"), &json!("lite"))
    );
    let mut seen = Vec::new();
    let mut path = "/v1/events?limit=2".to_owned();
    loop {
        let part = studio.read(&path).await;
        seen.extend(part["data"].as_array().unwrap().iter().cloned());
        match part["next_cursor"].as_str() {
            Some(next) => path = format!("/v1/events?limit=2&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(json!(seen), all["data"]);
    let last = seen.last().unwrap()["id"].as_str().unwrap();
    assert_eq!(studio.read(&format!("/v1/events?cursor={last}")).await["data"], json!([]));
    for (query, input) in [("type=none", "type"), ("cursor=evt_0", "cursor"), ("limit=0", "limit")] {
        let reply = studio.get(&format!("/v1/events?{query}")).send().await;
        assert_eq!((reply.refused(), &reply.body["input"]), ((422, "invalid_input"), &json!(input)), "{query}");
    }
    let stranger = Studio::with_catalog(&world, "other", CATALOG).await;
    assert_eq!(stranger.read("/v1/events").await["data"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_plan_or_add_on_that_somebody_has_can_be_retired_and_not_removed() {
    let world = World::start().await;
    let studio = studio(&world).await;
    subscribe(&studio, "anna", json!({"plan": "team", "interval": "month", "seats": 2})).await;
    let buy = json!({"add_on": "team-unit", "units": 1});
    studio.post("/v1/customers/anna/add-ons").once("a").json(buy).send().await.ok();
    let without = |plan: &str| {
        let (before, rest) = CATALOG.split_once(&format!("[[plan]]\nid = \"{plan}\"")).unwrap();
        let (_, after) = rest.split_once("[[").unwrap();
        format!("{before}[[{after}")
    };
    studio.post("/v1/catalog/versions").toml(&without("lite")).send().await.ok();
    let no_unit = CATALOG.replace("[[add_on]]\nid = \"team-unit\"", "[[add_on]]\nid = \"other\"");
    for (catalog, path) in [
        (without("team").replace("plans = [\"team\"]", "plans = [\"pro\"]"), "plan.team"),
        (no_unit, "add_on.team-unit"),
    ] {
        let refused = studio.post("/v1/catalog/versions").toml(&catalog).send().await;
        assert_eq!(refused.refused(), (422, "invalid_catalog"), "{path}");
        let paths: Vec<&Value> =
            refused.body["diagnostics"].as_array().unwrap().iter().map(|found| &found["path"]).collect();
        assert_eq!(paths, [path]);
    }
    let retired = CATALOG.replace("id = \"team\"\n", "id = \"team\"\nretired = true\n");
    studio.post("/v1/catalog/versions").toml(&retired).send().await.ok();
    studio.at("2026-02-10T12:00:00Z").await;
    assert_eq!(available(&studio, "anna").await, "500");
}
