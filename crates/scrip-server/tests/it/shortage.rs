//! Too few credits: what is missing, and the ways out that really help (MISSION S0-32, S2-13, S4 402).

use serde_json::{Value, json};

use crate::world::{Studio, World};

fn kinds(options: &Value) -> Vec<&str> {
    options.as_array().unwrap().iter().map(|option| option["kind"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn seventeen_credits_do_not_pay_for_an_effect_of_unknown_length_but_for_a_short_one() {
    let world = World::start().await;
    let studio = Studio::product(&world, "studiotwin").await;
    studio.customer("anna", &[("subscription", "17")]).await;
    let unknown = json!({"customer": "anna", "tool": "text-to-sound-effect"});
    let quote = studio.post("/v1/quotes").json(unknown.clone()).send().await.ok();
    assert_eq!(quote["affordable"], false);
    assert_eq!((&quote["available"], &quote["shortfall"]), (&json!("17"), &json!("1")));
    let refused = studio.post("/v1/holds").once("1").json(unknown).send().await;
    assert_eq!(refused.refused(), (402, "insufficient_credits"));
    let body = &refused.body;
    for (field, value) in [
        ("required", json!("18")),
        ("available", json!("17")),
        ("held", json!("0")),
        ("shortfall", json!("1")),
        ("currency", json!("credits")),
        ("customer", json!("anna")),
        ("error", json!("Insufficient credits")),
        ("next_reset_at", Value::Null),
        ("top_up_url", json!("/dashboard/buy-credits")),
        ("upgrade_url", json!("/dashboard/plans")),
        ("detail", json!("This job needs 18 credits, 17 are available.")),
    ] {
        assert_eq!(body[field], value, "{field}");
    }
    assert_eq!(body["options"], quote["options"], "the quote says the same ways out");
    let shorter = &body["options"][0];
    assert_eq!((&shorter["kind"], &shorter["credits"]), (&json!("shorter"), &json!("17")));
    assert_eq!(shorter["inputs"], json!({"seconds": "29"}));
    assert_eq!(kinds(&body["options"]), ["shorter", "top_up", "top_up"]);

    let short = json!({"customer": "anna", "tool": "text-to-sound-effect", "inputs": {"seconds": 5}});
    let held = studio.post("/v1/holds").once("2").json(short).send().await.ok();
    assert_eq!(held["amount"], "3");
    // What is held is not available, and is said.
    let more = json!({"customer": "anna", "tool": "text-to-sound-effect"});
    let refused = studio.post("/v1/holds").once("3").json(more).send().await;
    assert_eq!((&refused.body["available"], &refused.body["held"]), (&json!("14"), &json!("3")));
}

#[tokio::test]
async fn a_product_that_sells_nothing_offers_no_top_up() {
    let world = World::start().await;
    let studio = Studio::product(&world, "flow-studio").await;
    let bucket = studio.get("/v1/catalog").send().await.ok()["buckets"][0]["id"].as_str().unwrap().to_owned();
    studio.customer("anna", &[(&bucket, "3000")]).await;
    let job =
        |seconds: u32| json!({"customer": "anna", "tool": "live-action-advanced", "inputs": {"seconds": seconds}});
    let refused = studio.post("/v1/holds").once("1").json(job(151)).send().await;
    assert_eq!(refused.refused(), (402, "insufficient_credits"));
    assert_eq!(kinds(&refused.body["options"]), ["shorter"]);
    assert_eq!(refused.body["options"][0]["inputs"], json!({"seconds": "150"}));
    assert_eq!(studio.post("/v1/holds").once("2").json(job(150)).send().await.ok()["amount"], "3000");
}

#[tokio::test]
async fn ways_out_are_other_models_then_packs_that_cover_what_is_missing() {
    let world = World::start().await;
    let studio = Studio::product(&world, "wzrd-studio").await;
    studio.customer("anna", &[("top_up", "5")]).await;
    let quote = json!({"customer": "anna", "tool": "generate-image", "model": "fal-ai/flux/dev"});
    let tools = studio.get("/v1/catalog").send().await.ok();
    let tools = tools["tools"].as_array().unwrap();
    let image = tools.iter().find(|tool| {
        let models = tool["models"].as_array();
        models.is_some_and(|models| models.iter().any(|model| model["id"] == "fal-ai/gpt-image-1.5"))
    });
    let image = image.expect("a tool with image models")["id"].clone();
    let mut job = quote;
    job["tool"] = image;
    job["model"] = json!("fal-ai/gpt-image-1.5");
    let refused = studio.post("/v1/charges").once("1").json(job).send().await;
    assert_eq!(refused.refused(), (402, "insufficient_credits"));
    assert_eq!((&refused.body["required"], &refused.body["shortfall"]), (&json!("8"), &json!("3")));
    let options = refused.body["options"].as_array().unwrap();
    let of = |kind: &str| -> Vec<&Value> { options.iter().filter(|option| option["kind"] == kind).collect() };
    assert!(!of("other_model").is_empty());
    let fits = |option: &&Value| option["credits"].as_str().unwrap().parse::<u32>().unwrap() <= 5;
    assert!(of("other_model").iter().all(fits), "{options:?}");
    assert!(!of("top_up").is_empty());
    let first_top_up = options.iter().position(|option| option["kind"] == "top_up").unwrap();
    assert!(options[first_top_up..].iter().all(|option| option["kind"] == "top_up"), "purchases come last");
}

#[tokio::test]
async fn after_a_top_up_the_same_job_goes_through_with_a_new_key_only() {
    let world = World::start().await;
    let studio = Studio::product(&world, "studiotwin").await;
    studio.customer("anna", &[("subscription", "17")]).await;
    let job = json!({"customer": "anna", "tool": "text-to-sound-effect"});
    let refused = studio.post("/v1/holds").once("try").json(job.clone()).send().await;
    assert_eq!(refused.refused().0, 402);
    let grant = json!({"op": "grant", "idempotency_key": "top-up", "customer": "anna", "bucket": "top_up",
        "amount": "10", "reason": "pack"});
    studio.post("/v1/batch").json(json!({"operations": [grant]})).send().await.ok();
    let replayed = studio.post("/v1/holds").once("try").json(job.clone()).send().await;
    assert_eq!((replayed.refused(), replayed.replayed()), ((402, "insufficient_credits"), true));
    assert_eq!((&replayed.body["available"], &replayed.body["required"]), (&json!("17"), &json!("18")));
    let held = studio.post("/v1/holds").once("try-again").json(job).send().await;
    assert_eq!(held.status, 201, "{}", held.body);
}

#[tokio::test]
async fn only_packs_that_the_customer_may_buy_are_offered() {
    let world = World::start().await;
    let catalog = include_str!("../../../../vectors/breadth/limits/purchases.toml");
    let studio = Studio::with_catalog(&world, "ration", catalog).await;
    let offered = async |customer: &str, quantity: u32| -> Vec<String> {
        let lines = json!([{"tool": "image", "quantity": quantity}]);
        let asked = json!({"customer": customer, "lines": lines});
        let refused = studio.post("/v1/holds").once(&format!("{customer}-{quantity}")).json(asked.clone()).send().await;
        assert_eq!(refused.refused(), (402, "insufficient_credits"));
        let quoted = studio.post("/v1/quotes").json(asked).send().await.ok();
        assert_eq!(quoted["options"], refused.body["options"], "a quote says what the hold will say");
        let packs = refused.body["options"].as_array().unwrap().iter();
        packs.map(|option| option["pack"].as_str().unwrap().to_owned()).collect()
    };
    for (customer, plan) in [("ada", "free"), ("bea", "basic"), ("cem", "pro")] {
        studio.customer(customer, &[]).await;
        let path = format!("/v1/customers/{customer}/subscriptions");
        studio.post(&path).once(customer).json(json!({"plan": plan, "interval": "month"})).send().await.ok();
    }
    assert_eq!(offered("ada", 12).await, Vec::<String>::new(), "the free plan sells none");
    assert_eq!(offered("bea", 110).await, ["starter", "fifty"]);
    assert_eq!(offered("cem", 410).await, ["fifty"], "the starter pack is for basic");
    for key in ["1", "2"] {
        studio.post("/v1/customers/bea/purchases").once(key).json(json!({"pack": "fifty"})).send().await.ok();
    }
    assert_eq!(offered("bea", 210).await, Vec::<String>::new(), "two packs a month");
}

const OWING: &str = r#"
[studio]
name = "Owing"
[policies]
over_capture = "allow_debt"
[[bucket]]
id = "images"
expires = "never"
only_tools = ["image"]
[[bucket]]
id = "top_up"
expires = "never"
[[tool]]
id = "image"
price = 2
[[pack]]
id = "small"
bucket = "top_up"
credits = 6
price = "1.00 usd"
[[pack]]
id = "large"
bucket = "top_up"
credits = 7
price = "2.00 usd"
[[pack]]
id = "images"
bucket = "images"
credits = 50
price = "3.00 usd"
"#;

#[tokio::test]
async fn packs_cover_what_is_owed_too() {
    let world = World::start().await;
    let studio = Studio::with_catalog(&world, "owing", OWING).await;
    studio.customer("anna", &[("top_up", "1")]).await;
    let job = json!({"customer": "anna", "tool": "image"});
    let offered = async |key: &str| -> Vec<String> {
        let refused = studio.post("/v1/charges").once(key).json(job.clone()).send().await;
        assert_eq!(refused.refused(), (402, "insufficient_credits"));
        let quoted = studio.post("/v1/quotes").json(job.clone()).send().await.ok();
        assert_eq!(quoted["options"], refused.body["options"], "a quote says what the hold will say");
        let packs = refused.body["options"].as_array().unwrap().iter();
        packs.map(|option| option["pack"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(offered("before").await, ["small", "large", "images"]);
    let held = json!({"customer": "anna", "amount": "1"});
    let held = studio.post("/v1/holds").once("h").json(held).send().await.ok();
    let capture = format!("/v1/holds/{}/capture", held["id"].as_str().unwrap());
    studio.post(&capture).once("c").json(json!({"amount": "6"})).send().await.ok();
    assert_eq!(studio.read("/v1/customers/anna/wallet").await["debt"], "5");
    // Of the 6 of the small pack 5 would pay what is owed, and 1 is not enough; images pay no debts.
    assert_eq!(offered("after").await, ["large"]);
    studio.grant("anna", "top_up", "7", json!({})).await;
    studio.post("/v1/charges").once("at-last").json(job.clone()).send().await.ok();
}

#[tokio::test]
async fn what_is_missing_is_told_in_the_products_own_unit() {
    let world = World::start().await;
    let acorns = Studio::product(&world, "neural-frames").await;
    acorns.customer("anna", &[]).await;
    for (seconds, told) in [(1, "1 acorn"), (2, "2 acorns")] {
        let job = json!({"customer": "anna", "tool": "frame-by-frame", "inputs": {"seconds": seconds}});
        let refused = acorns.post("/v1/charges").once(told.split_at(1).0).json(job).send().await;
        assert_eq!(refused.refused(), (402, "insufficient_credits"));
        assert_eq!(refused.body["detail"], format!("This job needs {told}, 0 are available."));
        assert_eq!(refused.body["currency"], "credits", "what programs read stays");
    }
    let currencies = include_str!("../../../../vectors/breadth/prices/currencies.toml");
    let studio = Studio::with_catalog(&world, "currencies", currencies).await;
    studio.customer("anna", &[]).await;
    let job = json!({"customer": "anna", "tool": "avatar-video", "inputs": {"seconds": 120}});
    let refused = studio.post("/v1/charges").once("m").json(job).send().await;
    assert_eq!(refused.body["detail"], "This job needs 2 minutes, 0 are available.");
}
