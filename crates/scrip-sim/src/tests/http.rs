//! A second world: the server itself over a store in a temporary folder, asked through its routes, with a test studio
//! and its clock.

mod answers;
mod looks;
mod requests;

use std::collections::BTreeMap;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt as _;
use scrip_ledger::Timestamp;
use scrip_server::{Server, ServerOptions};
use scrip_store::{Options, Store};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::scenario::act::{Act, Asked, Join};
use crate::scenario::look::Look;
use crate::scenario::when;
use crate::scenario::{Answer, Item, World};

const ROOT: &str = "root-key-of-the-scenarios-0123456789";

/// A server with one test studio.
pub struct HttpWorld {
    runtime: tokio::runtime::Runtime,
    router: Router,
    store: Store,
    _folder: tempfile::TempDir,
    key: String,
    now: Timestamp,
    /// Customers that were made, and the number of their last entry when the step began.
    customers: BTreeMap<String, u64>,
    /// The last event before the step began.
    last_event: Option<String>,
    named: Named,
    /// Keys that no text gave.
    keys: u32,
}

/// Names that the text gave, by what they name; `it` is what was made last.
#[derive(Default)]
struct Named {
    grants: BTreeMap<String, String>,
    holds: BTreeMap<String, String>,
    charges: BTreeMap<String, String>,
    quotes: BTreeMap<String, String>,
    subscriptions: BTreeMap<String, String>,
    add_ons: BTreeMap<String, String>,
}

impl Drop for HttpWorld {
    fn drop(&mut self) {
        self.store.close();
    }
}

/// What was answered.
struct Told {
    status: u16,
    replayed: bool,
    body: Value,
}

impl Told {
    fn ok(self, what: &str) -> Result<Value, String> {
        if self.status < 300 { Ok(self.body) } else { Err(format!("{what}: {} {}", self.status, self.body)) }
    }
}

impl HttpWorld {
    pub fn start() -> HttpWorld {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("a runtime");
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(Options::at(folder.path())).expect("a store");
        let server = runtime.block_on(Server::start(store.clone(), ServerOptions::new(ROOT))).expect("a server");
        let mut world = HttpWorld {
            router: Router::new().fallback_service(Server::front(server)),
            runtime,
            store,
            _folder: folder,
            key: ROOT.to_owned(),
            now: Timestamp::MIN,
            customers: BTreeMap::new(),
            last_event: None,
            named: Named::default(),
            keys: 0,
        };
        let studio = json!({"id": "scenario", "name": "Scenario", "mode": "test"});
        let made = world.send("POST", "/v1/studios", Some(&studio), None).ok("a studio").expect("a studio");
        world.key = made["secret_key"].as_str().expect("a key").to_owned();
        world
    }

    fn send(&self, method: &str, path: &str, body: Option<&Value>, key: Option<&str>) -> Told {
        let mut request = Request::builder().method(method).uri(path);
        request = request.header("authorization", format!("Bearer {}", self.key));
        request = request.header("content-type", "application/json");
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let request = request.body(body).expect("a request");
        self.runtime.block_on(async {
            let response = self.router.clone().oneshot(request).await.expect("an answer");
            let (parts, body) = response.into_parts();
            let bytes = body.collect().await.expect("a body").to_bytes();
            let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
            let replayed = parts.headers.get("idempotency-replayed").is_some_and(|value| value == "true");
            Told { status: parts.status.as_u16(), replayed, body }
        })
    }

    fn get(&self, path: &str) -> Result<Value, String> {
        self.send("GET", path, None, None).ok(path)
    }

    fn post(&self, path: &str, body: &Value) -> Told {
        self.send("POST", path, Some(body), None)
    }

    /// All pages of a list.
    fn list(&self, path: &str) -> Result<Vec<Value>, String> {
        let mut all = Vec::new();
        let mut cursor = String::new();
        loop {
            let sign = if path.contains('?') { '&' } else { '?' };
            let page = self.get(&format!("{path}{sign}limit=100{cursor}"))?;
            all.extend(page["data"].as_array().cloned().unwrap_or_default());
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return Ok(all),
            }
        }
    }

    /// What has happened since the last event before the step.
    fn events(&self) -> Result<Vec<Value>, String> {
        let mut all: Vec<Value> = Vec::new();
        loop {
            let last = all.last().and_then(|event| event["id"].as_str()).or(self.last_event.as_deref());
            let cursor = last.map(|last| format!("&cursor={last}")).unwrap_or_default();
            let page = self.get(&format!("/v1/events?limit=100{cursor}"))?;
            let part = page["data"].as_array().cloned().unwrap_or_default();
            if part.is_empty() {
                return Ok(all);
            }
            all.extend(part);
        }
    }

    fn know(&mut self, asked: &Asked) -> Result<(), String> {
        let customer = &asked.who.customer;
        if self.customers.contains_key(customer) || customer == "nobody" {
            return Ok(());
        }
        self.customers.insert(customer.clone(), 0);
        if !matches!(asked.act, Act::Join(_)) {
            let act = Act::Join(Join::default());
            self.attempt(&Asked { act, name: None, key: None, preview: false, who: asked.who.clone() })?;
        }
        Ok(())
    }

    fn attempt(&mut self, asked: &Asked) -> Result<Answer, String> {
        let asks = match requests::of(self, asked)? {
            Ok(asks) => asks,
            Err(answer) => return Ok(answer),
        };
        self.keys += 1;
        let key = asked.key.clone().unwrap_or_else(|| format!("key-{}", self.keys));
        let told = self.send(asks.method, &asks.path, asks.body.as_ref(), Some(&key));
        if told.status < 300 && !told.replayed && !asked.preview {
            self.name(asked, &told.body);
        }
        Ok(answers::answer(asked, &told))
    }

    fn name(&mut self, asked: &Asked, body: &Value) {
        let named = &mut self.named;
        let (names, id) = match &asked.act {
            Act::Grant(_) => (&mut named.grants, &body["id"]),
            Act::Purchase { .. } | Act::Claim { .. } => (&mut named.grants, &body["grants"][0]["id"]),
            Act::Quote(_) => (&mut named.quotes, &body["id"]),
            Act::Hold { .. } => (&mut named.holds, &body["id"]),
            Act::Charge(_) => (&mut named.charges, &body["id"]),
            Act::Capture(_) => (&mut named.charges, &body["charge"]["id"]),
            Act::Subscribe { .. } => (&mut named.subscriptions, &body["id"]),
            Act::BuyAddOn { .. } => (&mut named.add_ons, &body["id"]),
            _ => return,
        };
        let Some(id) = id.as_str() else { return };
        for name in ["it"].into_iter().chain(asked.name.as_deref()) {
            names.insert(name.to_owned(), id.to_owned());
        }
    }
}

impl World for HttpWorld {
    fn step(&mut self, at: Timestamp) -> Result<(), String> {
        let customers: Vec<String> = self.customers.keys().cloned().collect();
        for customer in customers {
            let wallet = self.get(&format!("/v1/customers/{customer}/wallet"))?;
            self.customers.insert(customer, wallet["sequence"].as_u64().unwrap_or(0));
        }
        if let Some(last) = self.events()?.last() {
            self.last_event = last["id"].as_str().map(str::to_owned);
        }
        if at != self.now {
            self.now = at;
            self.post("/v1/test-clock", &json!({"now": when::rfc3339(at)})).ok("the clock")?;
        }
        Ok(())
    }

    fn publish(&mut self, catalog: &str, from: Option<Timestamp>) -> Result<Answer, String> {
        let catalog: Value = serde_json::from_str(catalog).map_err(|error| error.to_string())?;
        let from = from.map(|from| format!("?effective_at={}", when::rfc3339(from))).unwrap_or_default();
        let told = self.post(&format!("/v1/catalog/versions{from}"), &catalog);
        Ok(answers::published(&told))
    }

    fn act(&mut self, asked: &Asked) -> Result<Answer, String> {
        if asked.act == Act::Pass {
            return Ok(Answer::default());
        }
        self.know(asked)?;
        self.attempt(asked)
    }

    fn look(&mut self, look: &Look) -> Result<Vec<Item>, String> {
        looks::look(self, look)
    }
}
