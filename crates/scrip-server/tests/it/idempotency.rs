//! The same key and body are answered the same and done once; another body is refused (API section 1).

use serde_json::{Value, json};

use crate::world::{Studio, World};

const CATALOG: &str = r#"
[studio]
name = "Test"
[[bucket]]
id = "main"
expires = "never"
[[tool]]
id = "image"
price = 4
[[tool]]
id = "video"
price = 20
"#;

/// The same catalog without its tool `image`, and `video` at another price.
const LATER: &str = r#"
[studio]
name = "Test"
[[bucket]]
id = "main"
expires = "never"
[[tool]]
id = "video"
price = 25
"#;

async fn anna(world: &World) -> Studio<'_> {
    let studio = Studio::with_catalog(world, "test", CATALOG).await;
    studio.customer("anna", &[("main", "100")]).await;
    studio
}

#[tokio::test]
async fn each_act_is_answered_the_same_again_and_done_once() {
    let world = World::start().await;
    let studio = anna(&world).await;
    let hold = json!({"customer": "anna", "tool": "video"});
    let first = studio.post("/v1/holds").once("h").json(hold.clone()).send().await.ok();
    let of_hold = |act: &str| format!("/v1/holds/{}/{act}", first["id"].as_str().unwrap());
    let charge = studio.post("/v1/charges").once("c").json(json!({"customer": "anna", "tool": "image"})).send().await;
    let refunds = format!("/v1/charges/{}/refunds", charge.ok()["id"].as_str().unwrap());
    let second = studio.post("/v1/holds").once("h2").json(hold.clone()).send().await.ok();
    let release = format!("/v1/holds/{}/release", second["id"].as_str().unwrap());
    for (path, body, status) in [
        ("/v1/holds".to_owned(), hold, 201),
        (of_hold("extend"), json!({"amount": 1, "expires_in": "PT1H"}), 200),
        (of_hold("capture"), json!({"amount": "5", "final": false}), 200),
        (of_hold("capture"), json!({}), 200),
        (release, json!({"reason": "x"}), 200),
        ("/v1/charges".to_owned(), json!({"customer": "anna", "tool": "image", "metadata": {"a": "1", "b": "2"}}), 201),
        (refunds, json!({"amount": "1", "reason": "x"}), 201),
    ] {
        let key = format!("k-{path}-{body}").replace([' ', '"'], "");
        let key: String = key.chars().filter(char::is_ascii_graphic).take(255).collect();
        let first = studio.post(&path).once(&key).json(body.clone()).send().await;
        assert_eq!((first.status, first.replayed()), (status, false), "{path} {}", first.body);
        let available = studio.available("anna", json!({"tool": "image"})).await;
        let again = studio.post(&path).once(&key).json(body.clone()).send().await;
        assert_eq!((again.status, again.replayed()), (status, true), "{path} {}", again.body);
        assert_eq!(again.body, first.body, "{path}");
        assert_eq!(again.header("credits-charged"), first.header("credits-charged"));
        assert_eq!(studio.available("anna", json!({"tool": "image"})).await, available, "{path}");
        let spaced = format!("  {}  ", serde_json::to_string_pretty(&body).unwrap());
        let spaced = studio.post(&path).once(&key).bytes(spaced).send().await;
        assert_eq!((spaced.status, spaced.replayed()), (status, true), "spaces make no other body: {path}");
        let mut other = body;
        other["metadata"] = json!({"other": "body"});
        if !path.ends_with("holds") && !path.ends_with("charges") {
            other = json!({"amount": "3"});
            if path.ends_with("release") {
                other = json!({"reason": "y"});
            }
        }
        let reused = studio.post(&path).once(&key).json(other).send().await;
        assert_eq!(reused.refused(), (422, "idempotency_key_reused"), "{path}");
        assert!(!reused.replayed());
    }
}

#[tokio::test]
async fn a_key_belongs_to_a_customer_and_a_route() {
    let world = World::start().await;
    let studio = anna(&world).await;
    studio.customer("berta", &[("main", "100")]).await;
    let mut ids = std::collections::BTreeSet::new();
    for (path, customer) in
        [("/v1/holds", "anna"), ("/v1/holds", "berta"), ("/v1/charges", "anna"), ("/v1/charges", "berta")]
    {
        let done = studio.post(path).once("same").json(json!({"customer": customer, "tool": "image"})).send().await;
        assert_eq!((done.status, done.replayed()), (201, false), "{path} {customer}");
        ids.insert(done.body["id"].to_string());
    }
    assert_eq!(ids.len(), 4);
}

#[tokio::test]
async fn what_the_ledger_refused_is_remembered_and_what_it_never_saw_is_not() {
    let world = World::start().await;
    let studio = anna(&world).await;
    // Not remembered: the body is mended and the same key used again.
    for bad in [json!({"customer": "anna", "tool": "picture"}), json!({"customer": "anna", "amount": "0"})] {
        let refused = studio.post("/v1/holds").once("k").json(bad).send().await;
        assert_eq!(refused.refused().0, 422);
    }
    let held = studio.post("/v1/holds").once("k").json(json!({"customer": "anna", "amount": 1})).send().await;
    assert_eq!((held.status, held.replayed()), (201, false));
    // Remembered: the hold was captured when it was asked.
    let path = format!("/v1/holds/{}", held.body["id"].as_str().unwrap());
    studio.post(&format!("{path}/capture")).once("c").send().await.ok();
    for replayed in [false, true] {
        let refused = studio.post(&format!("{path}/release")).once("r").send().await;
        assert_eq!((refused.refused(), refused.replayed()), ((409, "hold_captured"), replayed));
    }
}

#[tokio::test]
async fn an_answer_comes_back_even_if_its_tool_is_gone_from_the_catalog() {
    let world = World::start().await;
    let studio = anna(&world).await;
    let image = json!({"customer": "anna", "tool": "image"});
    let video = json!({"customer": "anna", "tool": "video"});
    let quote = studio.post("/v1/quotes").json(image.clone()).send().await.ok();
    let by_quote = json!({"customer": "anna", "quote": quote["id"]});
    let mut first = Vec::new();
    for (key, body) in [("image", &image), ("video", &video), ("quote", &by_quote)] {
        first.push(studio.post("/v1/charges").once(key).json(body.clone()).send().await.ok());
    }
    studio.post("/v1/catalog/versions").toml(LATER).send().await.ok();
    for ((key, body), first) in [("image", &image), ("video", &video), ("quote", &by_quote)].into_iter().zip(&first) {
        let again = studio.post("/v1/charges").once(key).json(body.clone()).send().await;
        assert_eq!((again.status, again.replayed()), (201, true), "{key}: {}", again.body);
        assert_eq!(&again.body, first, "{key}");
    }
    let new = studio.post("/v1/charges").once("new").json(image).send().await;
    assert_eq!(new.refused(), (422, "unknown_tool"));
    let new = studio.post("/v1/charges").once("new").json(video).send().await.ok();
    assert_eq!(new["credits"], "25");
    // The same through a batch.
    let act = |op: &str, key: &str| json!({"op": op, "idempotency_key": key, "customer": "anna", "tool": "video"});
    let batch = json!({"operations": [act("hold", "b1")]});
    studio.post("/v1/batch").json(batch.clone()).send().await.ok();
    studio.post("/v1/catalog/versions").toml(&CATALOG.replace("\"video\"", "\"film\"")).send().await.ok();
    let again = studio.post("/v1/batch").json(batch).send().await.ok();
    assert_eq!((&again["results"][0]["status"], &again["results"][0]["replayed"]), (&json!(201), &json!(true)));
}

#[tokio::test]
async fn a_promised_price_holds_although_the_catalog_has_changed() {
    let world = World::start().await;
    let studio = anna(&world).await;
    let ask = json!({"customer": "anna", "tool": "video"});
    let quote = studio.post("/v1/quotes").json(ask.clone()).send().await.ok();
    let held = studio.post("/v1/holds").once("before").json(ask.clone()).send().await.ok();
    studio.post("/v1/catalog/versions").toml(LATER).send().await.ok();
    assert_eq!(studio.post("/v1/quotes").json(ask).send().await.ok()["credits"], "25");
    let promised =
        studio.post("/v1/holds").once("q").json(json!({"customer": "anna", "quote": quote["id"]})).send().await;
    let promised = promised.ok();
    assert_eq!((&promised["amount"], &promised["catalog_version"]), (&json!("20"), &json!(1)));
    let capture = format!("/v1/holds/{}/capture", held["id"].as_str().unwrap());
    assert_eq!(studio.post(&capture).once("c").send().await.ok()["charge"]["credits"], "20");
}

#[tokio::test]
async fn settings_are_made_once_and_their_secrets_shown_once() {
    let world = World::start().await;
    let make = |name: &str| {
        let call = world.call(axum::http::Method::POST, "/v1/studios").key(crate::world::ROOT).once("s1");
        call.json(json!({"id": "acme", "name": name, "mode": "live"}))
    };
    let first = make("Acme").send().await;
    assert_eq!((first.status, first.replayed()), (201, false));
    let secret = first.body["secret_key"].as_str().unwrap();
    assert!(secret.starts_with("sk_live_"));
    let again = make("Acme").send().await;
    assert_eq!((again.status, again.replayed()), (201, true));
    assert_eq!(again.body, json!({"id": "acme", "name": "Acme", "mode": "live"}));
    assert_eq!(make("Other").send().await.refused(), (422, "idempotency_key_reused"));
    let taken = world.call(axum::http::Method::POST, "/v1/studios").key(crate::world::ROOT);
    let taken = taken.json(json!({"id": "acme", "name": "Acme", "mode": "live"})).send().await;
    assert_eq!(taken.refused(), (409, "already_exists"));

    let studio = Studio { world: &world, key: secret.to_owned() };
    let publish = || studio.post("/v1/catalog/versions").once("v1").toml(CATALOG);
    let version: Value = publish().send().await.ok();
    let again = publish().send().await;
    assert_eq!((again.replayed(), &again.body), (true, &version));
    let versions = studio.get("/v1/catalog/versions").send().await.ok();
    assert_eq!(versions["data"].as_array().unwrap().len(), 1);
    let key = || studio.post("/v1/keys").once("k1").json(json!({"name": "ci", "scopes": ["quotes"]}));
    let made = key().send().await.ok();
    let again = key().send().await;
    assert_eq!((again.replayed(), &again.body["id"], again.body.get("secret_key")), (true, &made["id"], None));
}

#[tokio::test]
async fn a_setting_is_answered_the_same_again_whatever_has_become_of_the_studio() {
    let world = World::start().await;
    let studio = Studio { world: &world, key: world.studio("acme", "test").await };
    studio.at("2026-01-10T10:00:00Z").await;
    let publish = |key: &'static str, catalog: &str| {
        studio.post("/v1/catalog/versions?effective_at=2026-01-11T00:00:00Z").once(key).toml(catalog)
    };
    let more = format!("{CATALOG}\n[[bucket]]\nid = \"more\"\n");
    let first = publish("v1", &more).send().await.ok();
    let second = publish("v2", CATALOG).send().await.ok();
    publish("v3", &more).send().await.ok();
    let key = || {
        let new = json!({"name": "ci", "scopes": ["quotes"], "expires_at": "2026-01-11T00:00:00Z"});
        studio.post("/v1/keys").once("k").json(new)
    };
    let made = key().send().await.ok();
    let move_to = |to: &str, key: &'static str| studio.post("/v1/test-clock").once(key).json(json!({"now": to}));
    let moved = move_to("2026-01-12T00:00:00Z", "t1").send().await.ok();
    // What version 2 left out is in use by now, its date is past, and so is the key's.
    studio.customer("anna", &[("more", "5")]).await;
    move_to("2026-01-13T00:00:00Z", "t2").send().await.ok();

    for (key, catalog, answered) in [("v1", more.as_str(), first), ("v2", CATALOG, second)] {
        let again = publish(key, catalog).send().await;
        assert_eq!((again.status, again.replayed(), again.body), (201, true, answered));
    }
    assert_eq!(publish("v2", &more).send().await.refused(), (422, "idempotency_key_reused"));
    let again = key().send().await;
    assert_eq!((again.status, again.replayed(), &again.body["id"]), (201, true, &made["id"]));
    let again = move_to("2026-01-12T00:00:00Z", "t1").send().await;
    assert_eq!((again.status, again.replayed(), again.body), (200, true, moved));
    assert_eq!(move_to("2026-01-14T00:00:00Z", "t1").send().await.refused(), (422, "idempotency_key_reused"));
    assert_eq!(studio.read("/v1/test-clock").await["now"], "2026-01-13T00:00:00Z", "and the time stays");
}
