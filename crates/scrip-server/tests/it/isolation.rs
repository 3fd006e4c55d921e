//! Keys, scopes and tokens: who may do what, and that one studio never sees another's.

use axum::http::Method;
use serde_json::json;

use crate::world::{ROOT, Studio, World};

#[tokio::test]
async fn nothing_is_answered_without_a_valid_key() {
    let world = World::start().await;
    world.studio("acme", "live").await;
    for key in [None, Some(""), Some("sk_live_wrong"), Some("ct_wrong"), Some("root-key-of-the-tests")] {
        for (method, path) in [
            (Method::GET, "/v1/studio"),
            (Method::POST, "/v1/quotes"),
            (Method::POST, "/v1/holds"),
            (Method::POST, "/v1/batch"),
            (Method::POST, "/v1/studios"),
            (Method::PUT, "/v1/customers/anna"),
        ] {
            let call = world.call(method.clone(), path).json(json!({"no": "matter"}));
            let call = if let Some(key) = key { call.key(key) } else { call };
            let refused = call.send().await;
            assert_eq!(refused.refused(), (401, "unauthorized"), "{method} {path} {key:?}");
            assert_eq!(refused.header("www-authenticate"), Some("Bearer"));
        }
    }
}

#[tokio::test]
async fn one_studio_sees_404_for_what_is_anothers() {
    let world = World::start().await;
    let theirs = Studio::product(&world, "studiotwin").await;
    let ours = Studio::product(&world, "neural-frames").await;
    theirs.customer("anna", &[("subscription", "100")]).await;
    ours.customer("anna", &[("subscription", "5")]).await;
    let ask = json!({"customer": "anna", "tool": "text-to-sound-effect"});
    let quote = theirs.post("/v1/quotes").json(ask.clone()).send().await.ok();
    let hold = theirs.post("/v1/holds").once("1").json(ask).send().await.ok();
    let charge = json!({"customer": "anna", "tool": "motion-edit"});
    let charge = theirs.post("/v1/charges").once("2").json(charge).send().await.ok();
    let text = |value: &serde_json::Value| value["id"].as_str().unwrap().to_owned();
    let (hold, charge, quote) = (text(&hold), text(&charge), text(&quote));
    for (method, path, body, what) in [
        (Method::GET, format!("/v1/holds/{hold}"), json!({}), "hold"),
        (Method::POST, format!("/v1/holds/{hold}/capture"), json!({}), "hold"),
        (Method::POST, format!("/v1/holds/{hold}/capture"), json!({"inputs": {"seconds": "5"}}), "hold"),
        (Method::POST, format!("/v1/holds/{hold}/release"), json!({}), "hold"),
        (Method::POST, format!("/v1/holds/{hold}/extend"), json!({"expires_in": "PT1M"}), "hold"),
        (Method::GET, format!("/v1/charges/{charge}"), json!({}), "charge"),
        (Method::GET, format!("/v1/charges/{charge}/refunds"), json!({}), "charge"),
        (Method::POST, format!("/v1/charges/{charge}/refunds"), json!({"reason": "x"}), "charge"),
        (Method::POST, "/v1/holds".to_owned(), json!({"customer": "anna", "quote": quote}), "quote"),
        (Method::GET, format!("/v1/quotes/{quote}"), json!({}), "quote"),
    ] {
        let refused = world.call(method.clone(), &path).key(&ours.key).once("k").json(body).send().await;
        assert_eq!(refused.refused(), (404, "not_found"), "{method} {path}: {}", refused.body);
        assert_eq!(refused.body["what"], what, "{method} {path}");
    }
    assert_eq!(theirs.get(&format!("/v1/holds/{hold}")).send().await.ok()["status"], "open");
    assert_eq!(ours.get("/v1/holds").send().await.ok()["data"], json!([]));
    assert_eq!(ours.available("anna", json!({"tool": "autopilot-storyboard"})).await, "5");
}

#[tokio::test]
async fn a_key_can_do_what_its_scopes_say_until_it_is_revoked_or_expires() {
    let world = World::start().await;
    let studio = Studio::product(&world, "studiotwin").await;
    studio.customer("anna", &[("subscription", "100")]).await;
    let key = async |scopes: &[&str]| {
        let made = studio.post("/v1/keys").json(json!({"name": "k", "scopes": scopes})).send().await.ok();
        (made["id"].as_str().unwrap().to_owned(), made["secret_key"].as_str().unwrap().to_owned())
    };
    let quote = json!({"tool": "motion-edit"});
    let hold = json!({"customer": "anna", "tool": "motion-edit"});
    let amount = json!({"customer": "anna", "amount": "1"});
    for (scopes, path, body, status, missing) in [
        (vec!["quotes"], "/v1/quotes", &quote, 201, ""),
        (vec!["quotes"], "/v1/holds", &hold, 403, "holds"),
        (vec!["holds"], "/v1/holds", &hold, 201, ""),
        (vec!["holds"], "/v1/charges", &hold, 201, ""),
        (vec!["holds"], "/v1/holds", &amount, 403, "amounts"),
        (vec!["amounts"], "/v1/holds", &amount, 201, ""),
        (vec!["amounts"], "/v1/holds", &hold, 403, "holds"),
        (vec!["read"], "/v1/quotes", &quote, 403, "quotes"),
        (vec!["admin"], "/v1/holds", &amount, 201, ""),
        (vec!["holds", "quotes"], "/v1/keys", &quote, 403, "admin"),
        (vec!["holds"], "/v1/refunds/bulk", &quote, 403, "refunds"),
        (vec!["holds"], "/v1/catalog/versions", &quote, 403, "catalog"),
    ] {
        let (id, secret) = key(&scopes).await;
        let done = studio.post(path).key(&secret).once(&id).json(body.clone()).send().await;
        assert_eq!(done.status, status, "{scopes:?} {path}: {}", done.body);
        if status == 403 {
            assert_eq!((done.refused(), &done.body["scope"]), ((403, "forbidden_scope"), &json!(missing)));
        }
    }
    let (id, secret) = key(&["quotes"]).await;
    let path = format!("/v1/keys/{id}");
    let revoked = world.call(Method::DELETE, &path).key(&studio.key).send().await.ok();
    assert!(revoked["revoked_at"].is_string());
    assert_eq!(studio.post("/v1/quotes").key(&secret).json(quote).send().await.refused(), (401, "unauthorized"));
    assert_eq!(studio.get(&path).send().await.ok(), revoked);
    let keys = studio.get("/v1/keys").send().await.ok();
    assert!(!keys.to_string().contains("sk_"), "a secret is shown once");
    let past = json!({"name": "k", "scopes": ["read"], "expires_at": "2020-01-01T00:00:00Z"});
    assert_eq!(studio.post("/v1/keys").json(past).send().await.refused(), (422, "invalid_input"));
}

#[tokio::test]
async fn the_root_key_makes_studios_and_their_first_keys_and_nothing_else() {
    let world = World::start().await;
    let studio = Studio::product(&world, "studiotwin").await;
    for (method, path) in [(Method::POST, "/v1/quotes"), (Method::GET, "/v1/holds"), (Method::GET, "/v1/studio")] {
        let refused = world.call(method, path).key(ROOT).json(json!({"tool": "motion-edit"})).send().await;
        assert_eq!(refused.refused(), (403, "forbidden_scope"));
    }
    let unnamed = world.call(Method::POST, "/v1/keys").key(ROOT).json(json!({"name": "k", "scopes": ["admin"]}));
    assert_eq!(unnamed.send().await.refused(), (422, "invalid_input"));
    let new = json!({"name": "k", "scopes": ["admin"], "studio": "studiotwin"});
    let made = world.call(Method::POST, "/v1/keys").key(ROOT).json(new).send().await.ok();
    let secret = made["secret_key"].as_str().unwrap();
    let read = world.call(Method::GET, "/v1/studio").key(secret).send().await.ok();
    assert_eq!((&read["id"], &read["mode"]), (&json!("studiotwin"), &json!("test")));
    assert_eq!(studio.post("/v1/studios").json(json!({})).send().await.refused(), (403, "forbidden_scope"));
    let studios = world.call(Method::GET, "/v1/studios").key(ROOT).send().await.ok();
    assert_eq!(studios["data"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_customers_token_reads_that_customer_and_does_nothing_else() {
    let world = World::start().await;
    let studio = Studio::product(&world, "studiotwin").await;
    studio.customer("anna", &[("subscription", "100")]).await;
    studio.customer("berta", &[("subscription", "7")]).await;
    let made = studio.post("/v1/customers/anna/tokens").json(json!({"expires_in": "PT1H"})).send().await;
    assert_eq!(made.status, 201);
    let token = made.body["token"].as_str().unwrap().to_owned();
    assert!(token.starts_with("ct_"));
    let quote = json!({"tool": "motion-edit"});
    let own = studio.post("/v1/quotes").key(&token).json(quote).send().await.ok();
    assert_eq!((&own["customer"], &own["available"]), (&json!("anna"), &json!("100")));
    let other = json!({"customer": "berta", "tool": "motion-edit"});
    assert_eq!(studio.post("/v1/quotes").key(&token).json(other).send().await.refused(), (404, "not_found"));
    let hold = json!({"customer": "anna", "quote": own["id"]});
    for (path, body) in [
        ("/v1/holds", hold),
        ("/v1/batch", json!({"operations": []})),
        ("/v1/keys", json!({"name": "k", "scopes": ["admin"]})),
        ("/v1/customers/anna/tokens", json!({"expires_in": "PT1H"})),
    ] {
        let refused = studio.post(path).key(&token).once("k").json(body).send().await;
        assert_eq!(refused.refused(), (403, "forbidden_scope"), "{path}");
    }
    for tampered in [format!("{token}A"), token[..token.len() - 2].to_owned(), token.replace("ct_", "ct_A")] {
        let refused = studio.post("/v1/quotes").key(&tampered).json(json!({"tool": "motion-edit"})).send().await;
        assert_eq!(refused.refused(), (401, "unauthorized"));
    }
    for (expires_in, status) in [("PT0S", 422), ("P2D", 422), ("P1D", 201)] {
        let made = studio.post("/v1/customers/anna/tokens").json(json!({"expires_in": expires_in})).send().await;
        assert_eq!(made.status, status, "{expires_in}");
    }
    let nobody = studio.post("/v1/customers/nobody/tokens").json(json!({"expires_in": "PT1H"})).send().await;
    assert_eq!(nobody.refused(), (404, "not_found"));
}

#[tokio::test]
async fn a_quote_is_what_was_promised_to_whom() {
    let world = World::start().await;
    let studio = Studio::product(&world, "studiotwin").await;
    studio.customer("anna", &[("subscription", "100")]).await;
    studio.customer("berta", &[("subscription", "100")]).await;
    let quote = studio.post("/v1/quotes").json(json!({"customer": "anna", "tool": "motion-edit"})).send().await.ok();
    let id = quote["id"].as_str().unwrap();
    let mut flipped = id.as_bytes().to_vec();
    let middle = flipped.len() / 2;
    flipped[middle] = if flipped[middle] == b'A' { b'B' } else { b'A' };
    let flipped = String::from_utf8(flipped).unwrap();
    for (customer, id) in
        [("berta", id), ("anna", &id[..id.len() - 1]), ("anna", "qt_"), ("anna", "x"), ("anna", &flipped)]
    {
        let refused = studio.post("/v1/holds").once("k").json(json!({"customer": customer, "quote": id})).send().await;
        assert_eq!(refused.refused(), (404, "not_found"), "{customer} {id}");
        assert_eq!(refused.body["what"], "quote");
    }
    let anybodys = studio.post("/v1/quotes").json(json!({"tool": "motion-edit"})).send().await.ok();
    assert_eq!((anybodys.get("affordable"), &anybodys["customer"]), (None, &json!(null)));
    let held = json!({"customer": "berta", "quote": anybodys["id"]});
    assert_eq!(studio.post("/v1/holds").once("b").json(held).send().await.status, 201);
    assert_eq!(studio.get(&format!("/v1/quotes/{id}")).send().await.ok()["credits"], "5");
}
