//! Publishing catalogs: checked before they are in force, and never changed after.

use serde_json::{Value, json};

use crate::world::{Studio, World};

const FIRST: &str = r#"
[studio]
name = "Test"
[[bucket]]
id = "main"
expires = "never"
[[bucket]]
id = "old"
expires = "never"
[[tool]]
id = "video"
price = 20
"#;

/// Without the bucket `old`, at another price.
const SECOND: &str = r#"
[studio]
name = "Test"
[[bucket]]
id = "main"
expires = "never"
[[tool]]
id = "video"
price = 25
"#;

async fn price(studio: &Studio<'_>) -> Value {
    studio.post("/v1/quotes").json(json!({"tool": "video"})).send().await.ok()["credits"].clone()
}

#[tokio::test]
async fn a_studio_without_a_catalog_has_no_prices() {
    let world = World::start().await;
    let studio = Studio { world: &world, key: world.studio("acme", "live").await };
    assert_eq!(studio.post("/v1/quotes").json(json!({"tool": "video"})).send().await.refused(), (422, "unpriced"));
    assert_eq!(studio.get("/v1/catalog").send().await.refused(), (404, "not_found"));
    assert_eq!(studio.get("/v1/studio").send().await.ok()["catalog_version"], Value::Null);
}

#[tokio::test]
async fn all_mistakes_of_a_catalog_are_told_at_their_places_and_nothing_is_published() {
    let world = World::start().await;
    let studio = Studio { world: &world, key: world.studio("acme", "live").await };
    let broken =
        FIRST.replace("price = 20", "price = \"seconds * 2\"").replace("expires = \"never\"", "expires = \"soon\"");
    for dry_run in ["", "?dry_run=true"] {
        let refused = studio.post(&format!("/v1/catalog/versions{dry_run}")).toml(&broken).send().await;
        assert_eq!(refused.refused(), (422, "invalid_catalog"));
        let diagnostics = refused.body["diagnostics"].as_array().unwrap();
        assert!(diagnostics.len() >= 3, "{diagnostics:?}");
        assert!(diagnostics.iter().all(|found| found["line"].as_u64() > Some(1) && found["message"].is_string()));
    }
    let zone = FIRST.replace("name = \"Test\"", "name = \"Test\"\nzone = \"Mars/Olympus\"");
    let refused = studio.post("/v1/catalog/versions").toml(&zone).send().await;
    assert_eq!(refused.refused(), (422, "invalid_catalog"));
    assert_eq!(studio.get("/v1/catalog/versions").send().await.ok()["data"], json!([]));
}

#[tokio::test]
async fn a_version_is_in_force_from_its_date_and_a_dry_run_never() {
    let world = World::start().await;
    let studio = Studio::with_catalog(&world, "acme", FIRST).await;
    let dry = studio.post("/v1/catalog/versions?dry_run=true").toml(SECOND).send().await;
    assert_eq!((dry.status, &dry.body["version"], &dry.body["dry_run"]), (200, &json!(2), &json!(true)));
    let paths: Vec<&str> =
        dry.body["diff"].as_array().unwrap().iter().map(|change| change["path"].as_str().unwrap()).collect();
    assert!(paths.iter().any(|path| path.contains("video")), "{paths:?}");
    assert_eq!(price(&studio).await, "20");

    let later = "/v1/catalog/versions?effective_at=2999-01-01T00:00:00Z";
    let published = studio.post(later).toml(SECOND).send().await;
    assert_eq!((published.status, &published.body["version"]), (201, &json!(2)));
    assert_eq!(price(&studio).await, "20");
    let then = studio.get("/v1/catalog?at=2999-01-01T00:00:00Z").send().await.ok();
    assert_eq!((&then["version"], then["buckets"].as_array().unwrap().len()), (&json!(2), 1));
    let before_all = studio.get("/v1/catalog?at=2001-01-01T00:00:00Z").send().await.ok();
    assert_eq!(before_all["version"], 1);
    let past = studio.post("/v1/catalog/versions?effective_at=2001-01-01T00:00:00Z").toml(SECOND).send().await;
    assert_eq!((past.refused(), &past.body["input"]), ((422, "invalid_input"), &json!("effective_at")));

    let now = studio.post("/v1/catalog/versions").toml(&SECOND.replace("25", "30")).send().await.ok();
    assert_eq!((&now["version"], price(&studio).await), (&json!(3), json!("30")));
    let versions = studio.get("/v1/catalog/versions").send().await.ok();
    let in_force: Vec<&Value> =
        versions["data"].as_array().unwrap().iter().map(|version| &version["in_force"]).collect();
    assert_eq!(in_force, [false, false, true]);
    let first = studio.get("/v1/catalog/versions/1").send().await.ok();
    assert_eq!((&first["source"], &first["format"]), (&json!(FIRST), &json!("toml")));
    assert_eq!(first["tools"][0]["id"], "video");
}

#[tokio::test]
async fn a_bucket_that_somebody_still_holds_can_only_be_retired() {
    let world = World::start().await;
    let studio = Studio::with_catalog(&world, "acme", FIRST).await;
    studio.customer("anna", &[("main", "5"), ("old", "5")]).await;
    let refused = studio.post("/v1/catalog/versions").toml(SECOND).send().await;
    assert_eq!(refused.refused(), (422, "invalid_catalog"));
    assert_eq!(refused.body["diagnostics"][0]["path"], "bucket.old");
    let retired = FIRST.replace("id = \"old\"", "id = \"old\"\nretired = true");
    assert_eq!(studio.post("/v1/catalog/versions").toml(&retired).send().await.status, 201);
    let grant = json!({"op": "grant", "idempotency_key": "g", "customer": "anna", "bucket": "old", "amount": 1,
        "reason": "x"});
    let done = studio.post("/v1/batch").json(json!({"operations": [grant]})).send().await.ok();
    assert_eq!(done["results"][0]["body"]["code"], "unknown_bucket");
    // Once it is spent, it may go.
    let all = json!({"customer": "anna", "amount": "10"});
    studio.post("/v1/charges").once("c").json(all).send().await.ok();
    assert_eq!(studio.post("/v1/catalog/versions").toml(SECOND).send().await.status, 201);
}

#[tokio::test]
async fn the_same_catalog_can_be_said_in_json() {
    let world = World::start().await;
    let studio = Studio { world: &world, key: world.studio("acme", "live").await };
    let catalog = json!({"studio": {"name": "Test"}, "bucket": [{"id": "main", "expires": "never"}],
        "tool": [{"id": "video", "price": 20}]});
    let published = studio.post("/v1/catalog/versions").json(catalog).send().await;
    assert_eq!(published.status, 201, "{}", published.body);
    assert_eq!(price(&studio).await, "20");
}
