//! Many acts in one request: each stands for itself, with its own key and its own answer.

use serde_json::{Value, json};

use crate::world::{Studio, World};

async fn anna(world: &World) -> Studio<'_> {
    let studio = Studio::product(world, "studiotwin").await;
    studio.customer("anna", &[("subscription", "100")]).await;
    studio
}

fn statuses(done: &Value) -> Vec<(u64, bool)> {
    let result = |result: &Value| (result["status"].as_u64().unwrap(), result["replayed"].as_bool().unwrap());
    done["results"].as_array().unwrap().iter().map(result).collect()
}

#[tokio::test]
async fn each_item_is_answered_as_its_own_address_would() {
    let world = World::start().await;
    let studio = anna(&world).await;
    let held = json!({"customer": "anna", "tool": "text-to-sound-effect"});
    let first = studio.post("/v1/holds").once("1").json(held.clone()).send().await.ok();
    let second = studio.post("/v1/holds").once("2").json(held).send().await.ok();
    let charge = json!({"customer": "anna", "tool": "motion-edit"});
    let charge = studio.post("/v1/charges").once("3").json(charge).send().await.ok();
    let operations = json!({"operations": [
        {"op": "hold", "idempotency_key": "a", "customer": "anna", "tool": "motion-edit", "reference": "r"},
        {"op": "charge", "idempotency_key": "b", "customer": "anna", "tool": "motion-edit"},
        {"op": "capture", "idempotency_key": "c", "id": first["id"], "inputs": {"seconds": "5"}},
        {"op": "extend", "idempotency_key": "d", "id": second["id"], "expires_in": "PT1H"},
        {"op": "release", "idempotency_key": "e", "id": second["id"]},
        {"op": "refund", "idempotency_key": "f", "id": charge["id"], "amount": 2, "reason": "late"},
        {"op": "grant", "idempotency_key": "g", "customer": "anna", "bucket": "top_up", "amount": "10", "reason": "gift"},
        {"op": "hold", "idempotency_key": "h", "customer": "anna", "amount": 100000},
        {"op": "hold", "idempotency_key": "i", "customer": "nobody", "tool": "motion-edit"},
        {"op": "hold", "idempotency_key": "j", "customer": "anna", "tool": "no-tool"},
        {"op": "hold", "idempotency_key": "k", "customer": "anna", "tool": "motion-edit", "outcome": "failed"},
        {"op": "capture", "idempotency_key": "l", "id": "hold_1"},
        {"op": "fly", "idempotency_key": "m"},
        {"op": "hold", "idempotency_key": "", "customer": "anna", "tool": "motion-edit"},
        {"op": "hold", "customer": "anna", "tool": "motion-edit"},
        {"op": "hold", "idempotency_key": "n", "customer": "anna", "amount": 1.5},
        7,
        {"op": "release", "idempotency_key": "o", "id": second["id"]},
    ]});
    let done = studio.post("/v1/batch").json(operations.clone()).send().await;
    assert_eq!(done.status, 200, "{}", done.body);
    let fresh: Vec<u64> = statuses(&done.body)
        .into_iter()
        .map(|(status, replayed)| {
            assert!(!replayed);
            status
        })
        .collect();
    assert_eq!(fresh, [201, 201, 200, 200, 200, 201, 201, 402, 404, 422, 422, 404, 422, 400, 422, 422, 400, 409]);
    let results = done.body["results"].as_array().unwrap();
    for (index, field, value) in [
        (0, "amount", json!("5")),
        (0, "reference", json!("r")),
        (1, "credits", json!("5")),
        (2, "released", json!("15")),
        (3, "status", json!("open")),
        (4, "status", json!("released")),
        (5, "credits", json!("2")),
        (6, "amount", json!("10")),
        (7, "code", json!("insufficient_credits")),
        (7, "required", json!("100000")),
        (8, "what", json!("customer")),
        (9, "code", json!("unknown_tool")),
        (10, "field", json!("outcome")),
        (12, "input", json!("op")),
        (13, "code", json!("idempotency_key_required")),
        (14, "input", json!("idempotency_key")),
        (15, "code", json!("invalid_amount")),
        (17, "code", json!("hold_released")),
    ] {
        assert_eq!(results[index]["body"][field], value, "{index} {}", results[index]);
    }
    let again = studio.post("/v1/batch").json(operations).send().await.ok();
    let remembered = [0, 1, 2, 3, 4, 5, 6, 7, 17];
    for (index, (result, again)) in results.iter().zip(again["results"].as_array().unwrap()).enumerate() {
        assert_eq!(again["status"], result["status"], "{index}");
        assert_eq!(again["replayed"], remembered.contains(&index), "{index}: {again}");
        if remembered.contains(&index) && index != 7 {
            assert_eq!(again["body"], result["body"], "{index}");
        }
    }
}

#[tokio::test]
async fn items_are_done_in_order_and_a_key_twice_is_done_once() {
    let world = World::start().await;
    let studio = anna(&world).await;
    let charge = |key: &str, tool: &str, model: &str| json!({"op": "charge", "idempotency_key": key, "customer": "anna", "tool": tool, "model": model});
    let operations = json!({"operations": [
        charge("1", "image-to-3d-mesh", "tripo3d-p1"),
        charge("2", "image-to-3d-mesh", "tripo3d-p1"),
        {"op": "grant", "idempotency_key": "3", "customer": "anna", "bucket": "top_up", "amount": 50, "reason": "gift"},
        charge("4", "image-to-3d-mesh", "tripo3d-p1"),
        charge("1", "image-to-3d-mesh", "tripo3d-p1"),
        charge("1", "image-to-3d-mesh", "tripo3d-v3"),
    ]});
    let done = studio.post("/v1/batch").json(operations).send().await.ok();
    let expected = [(201, false), (402, false), (201, false), (201, false), (201, true), (422, false)];
    assert_eq!(statuses(&done), expected, "{done}");
    assert_eq!(studio.available("anna", json!({"tool": "motion-edit"})).await, "0");
}

#[tokio::test]
async fn a_thousand_items_are_done_and_only_a_malformed_envelope_fails_the_whole() {
    let world = World::start().await;
    let studio = anna(&world).await;
    let item =
        |index: usize| json!({"op": "hold", "idempotency_key": index.to_string(), "customer": "anna", "amount": 1});
    let many: Vec<Value> = (0..1_000).map(item).collect();
    let done = studio.post("/v1/batch").json(json!({"operations": many})).send().await.ok();
    let held = statuses(&done).into_iter().filter(|(status, _)| *status == 201).count();
    assert_eq!((held, done["results"].as_array().unwrap().len()), (100, 1_000));
    let too_many: Vec<Value> = (0..1_001).map(item).collect();
    for (body, refused) in [
        (json!({"operations": too_many}).to_string(), (422, "invalid_input")),
        (json!({"operations": {}}).to_string(), (422, "invalid_input")),
        (json!({"operation": []}).to_string(), (422, "unknown_field")),
        ("{\"operations\":[{]}".to_owned(), (400, "invalid_json")),
        (format!("{{\"operations\":[\"{}\"]}}", "x".repeat(8 << 20)), (413, "body_too_large")),
    ] {
        assert_eq!(studio.post("/v1/batch").bytes(body).send().await.refused(), refused);
    }
    assert_eq!(studio.post("/v1/batch").json(json!({"operations": []})).send().await.ok(), json!({"results": []}));
}
