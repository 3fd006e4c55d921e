//! Following a customer's credits live.

use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use axum::http::Request;
use futures_util::StreamExt as _;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::world::{Studio, World};

/// Events as they come in.
struct Listener {
    body: BodyDataStream,
    text: String,
}

impl Listener {
    async fn start(studio: &Studio<'_>, customer: &str) -> Listener {
        let request = Request::get(format!("/v1/customers/{customer}/events"));
        let request = request.header("authorization", format!("Bearer {}", studio.key)).body(Body::empty()).unwrap();
        let response = studio.world.router.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Listener { body: response.into_body().into_data_stream(), text: String::new() }
    }

    /// The next event: its name and its data.
    async fn next(&mut self) -> (String, Value) {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let field =
                    |name: &str| event.lines().find_map(|line| line.strip_prefix(name)).unwrap_or("").to_owned();
                let (name, data) = (field("event: "), field("data: "));
                self.text = rest.to_owned();
                if !name.is_empty() {
                    return (name, serde_json::from_str(&data).unwrap());
                }
                continue;
            }
            let chunk = tokio::time::timeout(Duration::from_secs(10), self.body.next()).await;
            let chunk = chunk.expect("an event comes").expect("the stream goes on").unwrap();
            self.text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    async fn balance(&mut self) -> [String; 3] {
        let (name, balance) = self.next().await;
        assert_eq!(name, "balance", "{balance}");
        ["posted", "held", "available"].map(|part| balance[part].as_str().unwrap().to_owned())
    }

    async fn hold(&mut self) -> Value {
        let (name, hold) = self.next().await;
        assert_eq!(name, "hold", "{hold}");
        hold
    }
}

#[tokio::test]
async fn a_listener_hears_the_balance_a_hold_and_its_capture() {
    let world = World::start().await;
    let studio = Studio::product(&world, "studiotwin").await;
    studio.customer("anna", &[("subscription", "100")]).await;
    studio.customer("ben", &[("subscription", "100")]).await;
    let mut listener = Listener::start(&studio, "anna").await;
    assert_eq!(listener.balance().await, ["100", "0", "100"]);

    let job = |customer: &str| json!({"customer": customer, "tool": "text-to-sound-effect", "reference": "job-1"});
    studio.post("/v1/holds").once("b").json(job("ben")).send().await.ok();
    let hold = studio.post("/v1/holds").once("a").json(job("anna")).send().await.ok();
    let heard = listener.hold().await;
    assert_eq!((&heard["id"], &heard["status"]), (&hold["id"], &json!("open")));
    assert_eq!(
        (&heard["amount"], &heard["remaining"], &heard["reference"]),
        (&json!("18"), &json!("18"), &json!("job-1"))
    );
    assert_eq!(listener.balance().await, ["100", "18", "82"]);

    let capture = format!("/v1/holds/{}/capture", hold["id"].as_str().unwrap());
    studio.post(&capture).once("c").json(json!({"inputs": {"seconds": "12.3"}})).send().await.ok();
    let heard = listener.hold().await;
    assert_eq!(
        (&heard["status"], &heard["captured"], &heard["released"]),
        (&json!("captured"), &json!("7"), &json!("11"))
    );
    assert_eq!(listener.balance().await, ["93", "0", "93"]);

    studio.grant("anna", "top_up", "7", json!({})).await;
    assert_eq!(listener.balance().await, ["100", "0", "100"]);
}

#[tokio::test]
async fn a_customer_may_listen_to_itself_only() {
    let world = World::start().await;
    let studio = Studio::product(&world, "studiotwin").await;
    for id in ["anna", "ben"] {
        studio.customer(id, &[("subscription", "5")]).await;
    }
    let made = studio.post("/v1/customers/anna/tokens").json(json!({"expires_in": "PT10M"})).send().await.ok();
    let token = Studio { world: &world, key: made["token"].as_str().unwrap().to_owned() };
    let mut listener = Listener::start(&token, "anna").await;
    assert_eq!(listener.balance().await, ["5", "0", "5"]);
    for path in ["wallet", "affordability", "entries", "usage", "explain", "statement", "grants"] {
        assert_eq!(token.get(&format!("/v1/customers/anna/{path}")).send().await.status, 200, "{path}");
        let other = token.get(&format!("/v1/customers/ben/{path}")).send().await;
        assert_eq!(other.refused(), (404, "not_found"), "{path}");
    }
    assert_eq!(token.get("/v1/customers/ben/events").send().await.refused(), (404, "not_found"));
    let grant = json!({"amount": "1", "bucket": "top_up", "reason": "greed"});
    let grant = token.post("/v1/customers/anna/grants").once("g").json(grant).send().await;
    assert_eq!(grant.refused(), (403, "forbidden_scope"));
}

#[tokio::test]
async fn listeners_are_let_go_when_the_server_stops() {
    let world = World::start().await;
    let studio = Studio::product(&world, "studiotwin").await;
    studio.customer("anna", &[]).await;
    let mut listener = Listener::start(&studio, "anna").await;
    listener.balance().await;
    world.server.stop_following();
    let end = tokio::time::timeout(Duration::from_secs(10), listener.body.next()).await.expect("it ends");
    assert!(end.is_none());
}

#[tokio::test]
async fn events_have_the_trace_of_the_request_that_made_them() {
    let world = World::start().await;
    let studio = Studio::product(&world, "studiotwin").await;
    studio.customer("anna", &[("subscription", "100")]).await;
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let effect = || json!({"customer": "anna", "tool": "text-to-sound-effect"});
    let traced = studio.post("/v1/holds").once("1").header("traceparent", trace).json(effect()).send().await.ok();
    studio.post("/v1/holds").once("2").json(effect()).send().await.ok();
    studio.post("/v1/holds").once("3").header("traceparent", "no trace").json(effect()).send().await.ok();
    let again = studio.post("/v1/holds").once("1").header("traceparent", "again").json(effect()).send().await.ok();
    assert_eq!(again["id"], traced["id"]);
    let capture = format!("/v1/holds/{}/capture", traced["id"].as_str().unwrap());
    let measured = json!({"inputs": {"seconds": "12.3"}});
    studio.post(&capture).once("4").header("traceparent", trace).json(measured).send().await.ok();
    let events = studio.read("/v1/events?customer=anna").await;
    let told = events["data"].as_array().unwrap().iter();
    let told: Vec<_> = told.map(|event| (event["type"].as_str().unwrap(), event["traceparent"].as_str())).collect();
    assert_eq!(
        told,
        [
            ("grant.created", None),
            ("hold.created", Some(trace)),
            ("hold.created", None),
            ("hold.created", None),
            ("charge.created", Some(trace)),
            ("hold.captured", Some(trace)),
        ]
    );
}
