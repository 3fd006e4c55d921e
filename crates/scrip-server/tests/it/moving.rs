//! Moving in with customers and balances, and taking everything out again.

use serde_json::{Value, json};

use crate::world::{Studio, World};

fn import() -> Value {
    json!({"customers": [
        {"id": "org", "profile": {"name": "Org"}, "members": [{"id": "mia", "profile": {"role": "admin", "seat": 1}}],
            "grants": [{"amount": "700", "bucket": "top_up", "reason": "moved in",
                "paid": {"amount": "70.00", "currency": "usd"}}]},
        {"id": "film", "profile": {"parent": "org"}},
        {"id": "anna", "grants": [{"amount": "5", "bucket": "subscription", "reason": "moved in"},
            {"amount": "6", "bucket": "subscription", "reason": "moved in"}]},
    ]})
}

async fn lines(studio: &Studio<'_>, what: &str) -> Vec<Value> {
    let reply = studio.get(&format!("/v1/exports/{what}")).send().await;
    assert_eq!((reply.status, reply.header("content-type")), (200, Some("application/x-ndjson")));
    let text = match &reply.body {
        Value::String(text) => text.clone(),
        one => one.to_string(),
    };
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test]
async fn an_import_is_tried_then_done_once() {
    let world = World::start().await;
    let studio = Studio::product(&world, "studiotwin").await;
    let tried = studio.post("/v1/imports?dry_run=true").json(import()).send().await.ok();
    let counts = |done: &Value| {
        ["customers", "customers_created", "members", "grants", "grants_replayed"]
            .map(|name| done[name].as_u64().unwrap())
    };
    assert_eq!((counts(&tried), &tried["applied"], &tried["refused"]), ([3, 0, 1, 3, 0], &json!(false), &json!([])));
    assert_eq!(studio.get("/v1/customers/org").send().await.status, 404);

    assert_eq!(studio.post("/v1/imports").json(import()).send().await.refused(), (400, "idempotency_key_required"));
    let done = studio.post("/v1/imports").once("move").json(import()).send().await.ok();
    assert_eq!((counts(&done), &done["applied"], &done["refused"]), ([3, 3, 1, 3, 0], &json!(true), &json!([])));
    let again = studio.post("/v1/imports").once("move").json(import()).send().await.ok();
    assert_eq!(counts(&again), [3, 0, 1, 3, 3]);
    for (customer, available) in [("org", "700"), ("film", "700"), ("anna", "11")] {
        assert_eq!(studio.read(&format!("/v1/customers/{customer}/wallet")).await["available"], available);
    }
    assert_eq!(studio.read("/v1/customers/org/grants").await["data"][0]["kind"], "import");
    assert_eq!(studio.read("/v1/customers/org/members/mia").await["seat"], 1);
}

#[tokio::test]
async fn a_malformed_import_does_nothing_and_says_all_that_is_wrong() {
    let world = World::start().await;
    let studio = Studio::product(&world, "studiotwin").await;
    let mut wrong = import();
    wrong["customers"][0]["profile"]["zone"] = json!("Mars");
    wrong["customers"][2]["grants"][1]["amount"] = json!("0.5");
    wrong["customers"][2]["grants"][0]["bucket"] = json!("monthly");
    for path in ["/v1/imports?dry_run=true", "/v1/imports"] {
        let done = studio.post(path).once("wrong").json(wrong.clone()).send().await.ok();
        let refused: Vec<String> = done["refused"]
            .as_array()
            .unwrap()
            .iter()
            .map(|part| format!("{} {}", part["path"].as_str().unwrap(), part["problem"]["code"].as_str().unwrap()))
            .collect();
        assert_eq!(
            refused,
            [
                "customers[0] invalid_input",
                "customers[2].grants[0] unknown_bucket",
                "customers[2].grants[1] invalid_amount",
            ]
        );
        assert_eq!(done["applied"], false);
    }
    assert_eq!(studio.read("/v1/customers").await["data"], json!([]));
}

#[tokio::test]
async fn everything_of_a_studio_can_be_taken_out() {
    let world = World::start().await;
    let studio = Studio::product(&world, "studiotwin").await;
    let other = Studio::product(&world, "flow-studio").await;
    other.customer("stranger", &[("subscription", "9")]).await;
    studio.post("/v1/imports").once("move").json(import()).send().await.ok();
    studio.post("/v1/charges").once("c").json(json!({"customer": "film", "tool": "motion-edit"})).send().await.ok();
    let ids: Vec<Value> = lines(&studio, "customers").await.iter().map(|line| line["id"].clone()).collect();
    assert_eq!(
        ids,
        studio.read("/v1/customers").await["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|line| line["id"].clone())
            .collect::<Vec<_>>()
    );
    let grants = lines(&studio, "grants").await;
    assert_eq!(grants.len(), 3);
    let entries = lines(&studio, "entries").await;
    let of = |customer: &str| entries.iter().filter(|line| line["customer"] == customer).cloned().collect::<Vec<_>>();
    for customer in ["org", "anna"] {
        let mut shown =
            studio.read(&format!("/v1/customers/{customer}/entries")).await["data"].as_array().unwrap().clone();
        shown.iter_mut().for_each(|entry| entry["customer"] = json!(customer));
        assert_eq!(of(customer), shown, "{customer}");
    }
    assert_eq!(of("film").len() + of("stranger").len(), 0);
    assert_eq!(studio.get("/v1/exports/everything").send().await.refused(), (404, "not_found"));
}
