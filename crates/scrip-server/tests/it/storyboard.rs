//! Jobs of several lines: a storyboard and its clips, captured clip by clip (MISSION S1-06, S1-14, S1-15).

use serde_json::{Value, json};

use crate::world::{Studio, World};

/// A video of 48 clips of five seconds each, as two lines.
fn video(customer: &str) -> Value {
    json!({"customer": customer, "lines": [
        {"tool": "autopilot-storyboard", "label": "Storyboard"},
        {"tool": "text-to-video", "model": "kling-2-1-standard", "inputs": {"seconds": 5}, "quantity": 48,
            "label": "Clips"},
    ]})
}

#[tokio::test]
async fn a_quote_of_two_lines_shows_each_and_the_sum_and_the_hold_costs_that() {
    let world = World::start().await;
    let studio = Studio::product(&world, "neural-frames").await;
    studio.customer("anna", &[("subscription", "2100")]).await;
    let quote = studio.post("/v1/quotes").json(video("anna")).send().await.ok();
    let lines = quote["lines"].as_array().unwrap();
    let shown: Vec<[&str; 3]> =
        lines.iter().map(|line| ["id", "label", "credits"].map(|name| line[name].as_str().unwrap())).collect();
    assert_eq!(shown, [["1", "Storyboard", "0"], ["2", "Clips", "1680"]]);
    assert_eq!((&quote["credits"], &quote["affordable"]), (&json!("1680"), &json!(true)));

    let held = studio.post("/v1/holds").once("v").json(json!({"customer": "anna", "quote": quote["id"]})).send().await;
    let held = held.ok();
    assert_eq!(held["amount"], "1680");
    let capture = format!("/v1/holds/{}/capture", held["id"].as_str().unwrap());
    // A quarter of the clips is ready, then the rest; the storyboard ends by itself.
    let some = json!({"line": "2", "amount": "420", "final": false});
    let some = studio.post(&capture).once("c1").json(some).send().await.ok();
    assert_eq!((&some["charge"]["credits"], &some["hold"]["status"]), (&json!("420"), &json!("open")));
    let rest = studio.post(&capture).once("c2").json(json!({"line": "2"})).send().await.ok();
    assert_eq!((&rest["charge"]["credits"], &rest["hold"]["status"]), (&json!("1260"), &json!("open")));
    let ended = studio.post(&capture).once("c3").json(json!({"line": "2"})).send().await;
    assert_eq!(ended.refused(), (409, "line_ended"));
    let missing = studio.post(&capture).once("c4").json(json!({"line": "3"})).send().await;
    assert_eq!((missing.refused(), &missing.body["what"]), ((404, "not_found"), &json!("line")));
    let last = studio.post(&capture).once("c5").json(json!({"line": "1"})).send().await.ok();
    assert_eq!(last["hold"]["status"], "captured");

    // Re-rendering a quarter costs what its seconds cost: 420 more, 2,100 in all.
    let again = json!({"customer": "anna", "tool": "text-to-video", "model": "kling-2-1-standard",
        "inputs": {"seconds": 60}});
    let again = studio.post("/v1/charges").once("r").json(again).send().await.ok();
    assert_eq!(again["credits"], "420");
    assert_eq!(studio.available("anna", json!({"tool": "autopilot-storyboard"})).await, "0");
}

#[tokio::test]
async fn what_is_wrong_with_a_line_is_said_with_its_number() {
    let world = World::start().await;
    let studio = Studio::product(&world, "neural-frames").await;
    let good = json!({"tool": "text-to-video", "model": "kling-2-1-standard", "inputs": {"seconds": 5}});
    for (bad, code, field, value) in [
        (json!({"tool": "text-to-vidoe"}), "unknown_tool", "suggestion", json!("text-to-video")),
        (
            json!({"tool": "autopilot", "model": "runway-gen-3-alpha", "inputs": {"seconds": 5}}),
            "unknown_model",
            "input",
            json!("model"),
        ),
        (json!({"tool": "text-to-video", "inputs": {"seconds": 5}}), "invalid_input", "input", json!("model")),
        (json!({"tool": "text-to-video", "model": "kling-2-1-pro"}), "invalid_input", "input", json!("seconds")),
        (json!({"tool": "autopilot-storyboard", "quantity": 0}), "invalid_input", "input", json!("quantity")),
    ] {
        let refused = studio.post("/v1/quotes").json(json!({"lines": [good, bad]})).send().await;
        assert_eq!(refused.refused(), (422, code), "{bad}");
        assert_eq!((&refused.body["line"], &refused.body[field]), (&json!("2"), &value), "{bad}: {}", refused.body);
    }
}

#[tokio::test]
async fn a_hundred_different_lines_fit_a_hold_and_equal_ones_fit_a_quote() {
    let world = World::start().await;
    let studio = Studio::product(&world, "neural-frames").await;
    studio.customer("anna", &[("subscription", "100000")]).await;
    let clip = |seconds: usize| json!({"tool": "text-to-video", "model": "kling-2-1-standard", "inputs": {"seconds": seconds}});
    let same: Vec<Value> = (0..100).map(|_| clip(5)).collect();
    let different: Vec<Value> = (1..101).map(clip).collect();
    let quote = studio.post("/v1/quotes").json(json!({"lines": same})).send().await;
    assert_eq!((quote.status, &quote.body["credits"]), (201, &json!("3500")));
    assert!(quote.body["id"].as_str().unwrap().len() < 6_000);
    let held = json!({"customer": "anna", "lines": different});
    let held = studio.post("/v1/holds").once("1").json(held).send().await.ok();
    assert_eq!(held["amount"], "35350");
    let long: Vec<Value> = (1..101)
        .map(|seconds| {
            let mut line = clip(seconds);
            line["label"] = json!("x".repeat(200));
            line
        })
        .collect();
    let refused = studio.post("/v1/quotes").json(json!({"lines": long})).send().await;
    assert_eq!((refused.refused(), &refused.body["input"]), ((422, "invalid_input"), &json!("lines")));
    let many: Vec<Value> = (0..101).map(|_| clip(5)).collect();
    let refused = studio.post("/v1/quotes").json(json!({"lines": many})).send().await;
    assert_eq!((refused.refused(), &refused.body["input"]), ((422, "invalid_input"), &json!("lines")));
}

#[tokio::test]
async fn lines_of_an_envelope_lend_to_each_other() {
    let world = World::start().await;
    let studio = Studio::product(&world, "neural-frames").await;
    studio.customer("anna", &[("subscription", "200")]).await;
    for (index, (envelope, charged, shortfall)) in [(false, "35", "35"), (true, "70", "0")].into_iter().enumerate() {
        let clip = json!({"tool": "text-to-video", "model": "kling-2-1-standard", "inputs": {"seconds": 5}});
        let job = json!({"customer": "anna", "lines": [clip, clip], "envelope": envelope});
        let held = studio.post("/v1/holds").once(&format!("h{index}")).json(job).send().await.ok();
        let capture = format!("/v1/holds/{}/capture", held["id"].as_str().unwrap());
        let done = json!({"line": "1", "amount": "70"});
        let done = studio.post(&capture).once(&format!("c{index}")).json(done).send().await.ok();
        assert_eq!(done["charge"]["credits"], charged);
        assert_eq!(done["shortfall"], shortfall);
        studio
            .post(&format!("/v1/holds/{}/release", held["id"].as_str().unwrap()))
            .once(&format!("r{index}"))
            .send()
            .await;
    }
}
