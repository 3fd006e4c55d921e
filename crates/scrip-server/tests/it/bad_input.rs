//! What is malformed is refused with a code and nothing happens (a row: what is sent, what comes back).

use axum::http::Method;
use serde_json::json;

use crate::world::{Studio, World};

async fn anna(world: &World) -> Studio<'_> {
    let studio = Studio::product(world, "studiotwin").await;
    studio.customer("anna", &[("subscription", "100")]).await;
    studio
}

#[tokio::test]
async fn what_is_not_an_amount_is_refused() {
    let world = World::start().await;
    let studio = anna(&world).await;
    for (amount, status, code) in [
        ("NaN", 400, "invalid_json"),
        ("Infinity", 400, "invalid_json"),
        ("+1", 400, "invalid_json"),
        ("01", 400, "invalid_json"),
        ("1e9", 422, "invalid_amount"),
        ("1e400", 422, "invalid_amount"),
        ("1.0", 422, "invalid_amount"),
        ("0.1", 422, "invalid_amount"),
        ("-1", 422, "invalid_amount"),
        ("0", 422, "invalid_amount"),
        ("1234567890123456789012345678901234567890", 422, "invalid_amount"),
        ("9223372036855", 422, "invalid_amount"),
        ("null", 422, "invalid_input"),
        ("true", 422, "invalid_amount"),
        ("[1]", 422, "invalid_amount"),
        ("{\"a\":1}", 422, "invalid_amount"),
        ("\"\"", 422, "invalid_amount"),
        ("\"0\"", 422, "invalid_amount"),
        ("\"0.000\"", 422, "invalid_amount"),
        ("\"-1\"", 422, "invalid_amount"),
        ("\"+1\"", 422, "invalid_amount"),
        ("\" 1\"", 422, "invalid_amount"),
        ("\"1 \"", 422, "invalid_amount"),
        ("\"1e3\"", 422, "invalid_amount"),
        ("\"1,5\"", 422, "invalid_amount"),
        ("\"1_000\"", 422, "invalid_amount"),
        ("\"NaN\"", 422, "invalid_amount"),
        ("\"0.5\"", 422, "invalid_amount"),
        ("\"0.0000001\"", 422, "invalid_amount"),
        ("\"9999999999999999999999999999999999999999\"", 422, "invalid_amount"),
        ("\"\\u0661\"", 422, "invalid_amount"),
    ] {
        let body = format!("{{\"customer\":\"anna\",\"amount\":{amount}}}");
        let refused = studio.post("/v1/holds").once("k").bytes(body).send().await;
        assert_eq!(refused.refused(), (status, code), "{amount}: {}", refused.body);
        if code == "invalid_amount" {
            assert_eq!(refused.body["input"], "amount", "{amount}");
        }
    }
    for (amount, held) in [("\"1\"", "1"), ("1", "1"), ("\"01\"", "1"), ("\"2.0\"", "2"), ("\"\\u0033\"", "3")] {
        let body = format!("{{\"customer\":\"anna\",\"amount\":{amount}}}");
        let done = studio.post("/v1/holds").once(&format!("k{held}{}", amount.len())).bytes(body).send().await.ok();
        assert_eq!(done["amount"], held);
    }
}

#[tokio::test]
async fn what_is_not_a_hold_is_refused() {
    let world = World::start().await;
    let studio = anna(&world).await;
    let long = "x".repeat(129);
    for (body, status, code, names) in [
        ("", 422, "invalid_input", json!({"input": "customer"})),
        ("{", 400, "invalid_json", json!({})),
        ("{}}", 400, "invalid_json", json!({})),
        ("not json", 400, "invalid_json", json!({})),
        ("[]", 400, "invalid_json", json!({})),
        ("[\"anna\"]", 400, "invalid_json", json!({})),
        ("\"anna\"", 400, "invalid_json", json!({})),
        ("null", 400, "invalid_json", json!({})),
        ("{\"customer\":\"anna\"", 400, "invalid_json", json!({})),
        ("{\"customer\":\"an\u{0}na\"}", 400, "invalid_json", json!({})),
        ("{}", 422, "invalid_input", json!({"input": "customer"})),
        (r#"{"customer":"anna"}"#, 422, "invalid_input", json!({"input": "quote"})),
        (r#"{"customer":5,"tool":"motion-edit"}"#, 422, "invalid_input", json!({"input": "customer"})),
        (r#"{"customer":null,"tool":"motion-edit"}"#, 422, "invalid_input", json!({"input": "customer"})),
        (r#"{"customer":"","tool":"motion-edit"}"#, 422, "invalid_input", json!({"input": "customer"})),
        (r#"{"customer":"a\u0000b","tool":"motion-edit"}"#, 422, "invalid_input", json!({"input": "customer"})),
        (r#"{"customer":"anna","custmer":"x"}"#, 422, "unknown_field", json!({"field": "custmer"})),
        (
            r#"{"customer":"anna","tool":"motion-edit","cost":{"amount":"1","currency":"usd"}}"#,
            422,
            "unknown_field",
            json!({"field": "cost"}),
        ),
        (r#"{"customer":"anna","customer":"anna"}"#, 422, "invalid_input", json!({})),
        (r#"{"customer":"anna","tool":"motion-edit","inputs":{"a":1,"a":2}}"#, 422, "invalid_input", json!({})),
        (r#"{"customer":"anna","tool":"motion-edit","inputs":[1]}"#, 422, "invalid_input", json!({"input": "inputs"})),
        (
            r#"{"customer":"anna","tool":"motion-edit","inputs":{"size":1}}"#,
            422,
            "invalid_input",
            json!({"input": "size"}),
        ),
        (
            r#"{"customer":"anna","tool":"text-to-sound-effect","inputs":{"seconds":null}}"#,
            422,
            "invalid_input",
            json!({"input": "seconds"}),
        ),
        (
            r#"{"customer":"anna","tool":"text-to-sound-effect","inputs":{"seconds":1e1}}"#,
            422,
            "invalid_input",
            json!({"input": "seconds"}),
        ),
        (
            r#"{"customer":"anna","tool":"text-to-sound-effect","inputs":{"seconds":-1}}"#,
            422,
            "invalid_input",
            json!({"input": "seconds"}),
        ),
        (
            r#"{"customer":"anna","tool":"text-to-sound-effect","inputs":{"seconds":[5]}}"#,
            422,
            "invalid_input",
            json!({"input": "seconds"}),
        ),
        (
            r#"{"customer":"anna","tool":"text-to-sound-effect","inputs":{"seconds":31}}"#,
            422,
            "invalid_input",
            json!({"input": "seconds"}),
        ),
        (r#"{"customer":"anna","tool":"motion-edit","amount":"1"}"#, 422, "invalid_input", json!({"input": "tool"})),
        (r#"{"customer":"anna","tool":"motion-edit","quote":"qt_x"}"#, 422, "invalid_input", json!({"input": "tool"})),
        (r#"{"customer":"anna","amount":"1","quote":"qt_x"}"#, 422, "invalid_input", json!({"input": "amount"})),
        (r#"{"customer":"anna","tool":"motion-edit","lines":[]}"#, 422, "invalid_input", json!({"input": "lines"})),
        (
            r#"{"customer":"anna","tool":"motion-edit","envelope":true}"#,
            422,
            "invalid_input",
            json!({"input": "envelope"}),
        ),
        (r#"{"customer":"anna","lines":[]}"#, 422, "invalid_input", json!({"input": "lines"})),
        (r#"{"customer":"anna","lines":["motion-edit"]}"#, 422, "invalid_input", json!({"input": "lines[0]"})),
        (r#"{"customer":"anna","lines":[["motion-edit"]]}"#, 422, "invalid_input", json!({"input": "lines[0]"})),
        (
            r#"{"customer":"anna","lines":[{"tool":"motion-edit","qantity":1}]}"#,
            422,
            "unknown_field",
            json!({"field": "qantity"}),
        ),
        (
            r#"{"customer":"anna","lines":[{"model":"kimodo"}]}"#,
            422,
            "invalid_input",
            json!({"input": "lines[0].tool"}),
        ),
        (
            r#"{"customer":"anna","lines":[{"tool":"motion-edit","quantity":4294967296}]}"#,
            422,
            "invalid_input",
            json!({"input": "lines[0].quantity"}),
        ),
        (
            r#"{"customer":"anna","tool":"motion-edit","expires_in":"15m"}"#,
            422,
            "invalid_input",
            json!({"input": "expires_in"}),
        ),
        (
            r#"{"customer":"anna","tool":"motion-edit","expires_in":"PT0S"}"#,
            422,
            "invalid_input",
            json!({"input": "expires_in"}),
        ),
        (
            r#"{"customer":"anna","tool":"motion-edit","expires_in":"P8D"}"#,
            422,
            "invalid_input",
            json!({"input": "expires_in"}),
        ),
        (
            r#"{"customer":"anna","tool":"motion-edit","expires_in":900}"#,
            422,
            "invalid_input",
            json!({"input": "expires_in"}),
        ),
        (
            r#"{"customer":"anna","tool":"motion-edit","metadata":{"a":1}}"#,
            422,
            "invalid_input",
            json!({"input": "metadata.a"}),
        ),
        (r#"{"customer":"anna","tool":"motion-edit","model":"x"}"#, 422, "unknown_model", json!({"input": "model"})),
        (r#"{"customer":"anna","tool":"no-such-tool"}"#, 422, "unknown_tool", json!({"input": "tool"})),
        (r#"{"customer":"nobody","tool":"motion-edit"}"#, 404, "not_found", json!({"what": "customer"})),
        (r#"{"customer":"anna","member":"nobody","tool":"motion-edit"}"#, 404, "not_found", json!({"what": "member"})),
        (
            &format!(r#"{{"customer":"{long}","tool":"motion-edit"}}"#),
            422,
            "invalid_input",
            json!({"input": "customer"}),
        ),
    ] {
        let key: String = format!("k{body}").chars().filter(char::is_ascii_alphanumeric).take(255).collect();
        let refused = studio.post("/v1/holds").once(&key).bytes(body).send().await;
        assert_eq!(refused.refused(), (status, code), "{body}: {}", refused.body);
        for (name, value) in names.as_object().unwrap() {
            assert_eq!(&refused.body[name], value, "{body}: {}", refused.body);
        }
    }
    assert_eq!(studio.get("/v1/holds").send().await.ok()["data"], json!([]), "nothing was held");
}

#[tokio::test]
async fn what_is_wrong_with_a_capture_or_a_refund_is_refused() {
    let world = World::start().await;
    let studio = anna(&world).await;
    let held = json!({"customer": "anna", "tool": "motion-edit"});
    let held = studio.post("/v1/holds").once("h").json(held).send().await.ok();
    let hold = held["id"].as_str().unwrap().to_owned();
    let by_amount = json!({"customer": "anna", "amount": "5"});
    let by_amount = studio.post("/v1/holds").once("a").json(by_amount).send().await.ok();
    let by_amount = by_amount["id"].as_str().unwrap().to_owned();
    let charge = json!({"customer": "anna", "tool": "motion-edit"});
    let charge = studio.post("/v1/charges").once("c").json(charge).send().await.ok();
    let charge = charge["id"].as_str().unwrap().to_owned();
    let other_wallet = "hold_00000000000000000000000001";
    for (path, body, status, code, names) in [
        (
            format!("holds/{hold}/capture"),
            json!({"outcome": "great"}),
            422,
            "invalid_input",
            json!({"input": "outcome"}),
        ),
        (format!("holds/{hold}/capture"), json!({"amount": "0"}), 422, "invalid_amount", json!({"input": "amount"})),
        (
            format!("holds/{hold}/capture"),
            json!({"amount": "1", "inputs": {"a": 1}}),
            422,
            "invalid_input",
            json!({"input": "amount"}),
        ),
        (format!("holds/{hold}/capture"), json!({"delivered": 1}), 422, "invalid_input", json!({"input": "of"})),
        (
            format!("holds/{hold}/capture"),
            json!({"outcome": "partial"}),
            422,
            "invalid_input",
            json!({"input": "delivered"}),
        ),
        (
            format!("holds/{hold}/capture"),
            json!({"outcome": "partial", "delivered": 3, "of": 2}),
            422,
            "invalid_input",
            json!({"input": "delivered"}),
        ),
        (
            format!("holds/{hold}/capture"),
            json!({"outcome": "partial", "delivered": -1, "of": 2}),
            422,
            "invalid_input",
            json!({"input": "delivered"}),
        ),
        (format!("holds/{hold}/capture"), json!({"line": "0"}), 404, "not_found", json!({"what": "line"})),
        (format!("holds/{hold}/capture"), json!({"line": "+1"}), 404, "not_found", json!({"what": "line"})),
        (format!("holds/{hold}/capture"), json!({"line": "2"}), 404, "not_found", json!({"what": "line"})),
        (format!("holds/{hold}/capture"), json!({"final": "no"}), 422, "invalid_input", json!({"input": "final"})),
        (
            format!("holds/{hold}/capture"),
            json!({"inputs": {"size": 1}}),
            422,
            "invalid_input",
            json!({"input": "size"}),
        ),
        (
            format!("holds/{hold}/capture"),
            json!({"cost": {"amount": "1.001", "currency": "usd"}}),
            422,
            "invalid_amount",
            json!({"input": "cost.amount"}),
        ),
        (
            format!("holds/{hold}/capture"),
            json!({"cost": {"amount": "1", "currency": "USD"}}),
            422,
            "invalid_input",
            json!({"input": "cost.currency"}),
        ),
        (
            format!("holds/{hold}/capture"),
            json!({"cost": ["1", "usd"]}),
            422,
            "invalid_input",
            json!({"input": "cost"}),
        ),
        (
            format!("holds/{by_amount}/capture"),
            json!({"inputs": {"seconds": 1}}),
            422,
            "invalid_input",
            json!({"input": "inputs"}),
        ),
        (format!("holds/{hold}/extend"), json!({}), 422, "invalid_input", json!({"input": "expires_in"})),
        (format!("holds/{hold}/release"), json!({"why": "x"}), 422, "unknown_field", json!({"field": "why"})),
        (format!("holds/{other_wallet}/capture"), json!({}), 404, "not_found", json!({"what": "hold"})),
        (format!("holds/{other_wallet}/release"), json!({}), 404, "not_found", json!({"what": "hold"})),
        ("holds/hold_1/capture".to_owned(), json!({}), 404, "not_found", json!({"what": "hold"})),
        (format!("holds/{charge}/release"), json!({}), 404, "not_found", json!({"what": "hold"})),
        (
            format!("charges/{charge}/refunds"),
            json!({"amount": "6", "reason": "x"}),
            422,
            "refund_exceeds_charge",
            json!({}),
        ),
        (
            format!("charges/{charge}/refunds"),
            json!({"amount": "1", "fraction": "1", "reason": "x"}),
            422,
            "invalid_input",
            json!({"input": "fraction"}),
        ),
        (
            format!("charges/{charge}/refunds"),
            json!({"fraction": "1.1", "reason": "x"}),
            422,
            "invalid_input",
            json!({"input": "fraction"}),
        ),
        (
            format!("charges/{charge}/refunds"),
            json!({"fraction": "0", "reason": "x"}),
            422,
            "invalid_input",
            json!({"input": "fraction"}),
        ),
        (
            format!("charges/{charge}/refunds"),
            json!({"to_bucket": "no", "reason": "x"}),
            422,
            "unknown_bucket",
            json!({"input": "bucket"}),
        ),
        (format!("charges/{hold}/refunds"), json!({"reason": "x"}), 404, "not_found", json!({"what": "charge"})),
    ] {
        let key: String = format!("{path}{body}").chars().filter(char::is_ascii_alphanumeric).take(255).collect();
        let refused = studio.post(&format!("/v1/{path}")).once(&key).json(body.clone()).send().await;
        assert_eq!(refused.refused(), (status, code), "{path} {body}: {}", refused.body);
        for (name, value) in names.as_object().unwrap() {
            assert_eq!(&refused.body[name], value, "{path} {body}: {}", refused.body);
        }
    }
    assert_eq!(studio.get(&format!("/v1/holds/{hold}")).send().await.ok(), held, "nothing happened to the hold");
}

#[tokio::test]
async fn acts_on_credits_need_a_key_of_their_own() {
    let world = World::start().await;
    let studio = anna(&world).await;
    let hold = json!({"customer": "anna", "tool": "motion-edit"});
    for key in [None, Some("".to_owned()), Some("a b".to_owned()), Some("x".repeat(256))] {
        for path in [
            "/v1/holds",
            "/v1/charges",
            "/v1/holds/hold_1/capture",
            "/v1/holds/hold_1/release",
            "/v1/holds/hold_1/extend",
            "/v1/charges/ch_1/refunds",
        ] {
            let call = studio.post(path).json(hold.clone());
            let call = if let Some(key) = &key { call.once(key) } else { call };
            assert_eq!(call.send().await.refused(), (400, "idempotency_key_required"), "{path} {key:?}");
        }
        // A quote ignores it.
        let call = studio.post("/v1/quotes").json(json!({"tool": "motion-edit"}));
        let call = if let Some(key) = &key { call.once(key) } else { call };
        assert_eq!(call.send().await.status, 201);
    }
}

#[tokio::test]
async fn every_way_to_fail_is_a_problem_document() {
    let world = World::start().await;
    let studio = anna(&world).await;
    let huge = format!("{{\"customer\":\"{}\"}}", "x".repeat(1 << 20));
    for (method, path, body, status, code) in [
        (Method::GET, "/", "", 404, "not_found"),
        (Method::GET, "/v1/nothing", "", 404, "not_found"),
        (Method::GET, "/v1/holds/%ff", "", 404, "not_found"),
        (Method::GET, "/v1/customers/nobody", "", 404, "not_found"),
        (Method::GET, "/v1/catalog/versions/2", "", 404, "not_found"),
        (Method::GET, "/v1/catalog/versions/x", "", 404, "not_found"),
        (Method::DELETE, "/v1/holds", "", 405, "method_not_allowed"),
        (Method::GET, "/v1/quotes", "", 405, "method_not_allowed"),
        (Method::GET, "/v1/holds?limit=0", "", 422, "invalid_input"),
        (Method::GET, "/v1/holds?limit=x", "", 422, "invalid_input"),
        (Method::GET, "/v1/holds?limit=2147483648", "", 422, "invalid_input"),
        (Method::GET, "/v1/holds?cursor=no!", "", 422, "invalid_input"),
        (Method::GET, "/v1/holds?status=gone", "", 422, "invalid_input"),
        (Method::GET, "/v1/holds?colour=red", "", 422, "unknown_field"),
        (Method::GET, "/v1/catalog?at=yesterday", "", 422, "invalid_input"),
        (Method::POST, "/v1/holds", &huge, 413, "body_too_large"),
        (Method::POST, "/v1/quotes", "{", 400, "invalid_json"),
        (Method::POST, "/v1/catalog/versions", "{\"studio\":", 422, "invalid_catalog"),
        (Method::POST, "/v1/catalog/versions?dry_run=maybe", "", 422, "invalid_input"),
    ] {
        let call = world.call(method.clone(), path).key(&studio.key).once("k").bytes(body);
        let refused = call.send().await;
        assert_eq!(refused.refused(), (status, code), "{method} {path}: {}", refused.body);
        if status == 405 {
            assert!(refused.header("allow").is_some(), "{method} {path}");
        }
    }
    for binary in [&[0xff, 0xfe, 0x00][..], b"{\"tool\":\"motion-edit\xff\"}"] {
        let binary = studio.post("/v1/quotes").bytes(binary).send().await;
        assert_eq!(binary.refused(), (400, "invalid_json"));
    }
    let deep = format!("{{\"tool\":{}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(studio.post("/v1/quotes").bytes(deep).send().await.refused().0 / 100, 4);
}

#[tokio::test]
async fn a_body_that_is_too_large_is_read_to_its_end_so_that_the_refusal_arrives() {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    let world = World::start().await;
    let studio = anna(&world).await;
    let sent = Arc::new(AtomicUsize::new(0));
    let counted = sent.clone();
    let parts = (0..12).map(move |_| {
        counted.fetch_add(1, Ordering::SeqCst);
        Ok::<_, std::convert::Infallible>(vec![b'x'; 1 << 20])
    });
    let body = axum::body::Body::from_stream(futures_util::stream::iter(parts));
    let refused = world.call(Method::POST, "/v1/quotes").key(&studio.key).stream(body).send().await;
    assert_eq!(refused.refused(), (413, "body_too_large"));
    assert_eq!(sent.load(Ordering::SeqCst), 12);
}

#[tokio::test]
async fn names_may_have_any_characters_of_their_own() {
    let world = World::start().await;
    let studio = anna(&world).await;
    for (path, id) in
        [("a%2Fb", "a/b"), ("%C3%BC%20x", "ü x"), ("user@example.com", "user@example.com"), ("..%2F", "../")]
    {
        let made = studio.put(&format!("/v1/customers/{path}")).json(json!({"name": "x"})).send().await;
        assert_eq!((made.status, &made.body["id"]), (201, &json!(id)), "{path}");
        let again = studio.put(&format!("/v1/customers/{path}")).json(json!({})).send().await;
        assert_eq!((again.status, &again.body["name"]), (200, &json!("x")), "what is absent stays");
        assert_eq!(studio.get(&format!("/v1/customers/{path}")).send().await.ok()["id"], id);
        let charged = studio.post("/v1/charges").once("k").json(json!({"customer": id, "tool": "motion-edit"}));
        assert_eq!(charged.send().await.refused(), (402, "insufficient_credits"));
    }
    let long = studio.put(&format!("/v1/customers/{}", "x".repeat(129))).json(json!({})).send().await;
    assert_eq!(long.refused(), (422, "invalid_input"));
}
