//! A server over a store of its own, with a studio, its catalog and a customer.

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request};
use http_body_util::BodyExt as _;
use scrip_server::{Server, ServerOptions, Shared};
use scrip_store::{Options, Store};
use serde_json::{Value, json};
use tower::ServiceExt as _;

pub const ROOT: &str = "root-key-of-the-tests-0123456789abcdef";

/// A running server.
pub struct World {
    pub router: Router,
    pub server: Shared,
    store: Store,
    _dir: tempfile::TempDir,
}

impl Drop for World {
    fn drop(&mut self) {
        self.store.close();
    }
}

/// What was answered.
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Value,
}

impl Reply {
    /// The answer of a request that must have succeeded.
    #[track_caller]
    pub fn ok(self) -> Value {
        assert!(self.status < 300, "{} {}", self.status, self.body);
        self.body
    }

    /// Status and code of a request that must have been refused.
    #[track_caller]
    pub fn refused(&self) -> (u16, &str) {
        assert!(self.status >= 400, "{} {}", self.status, self.body);
        assert_eq!(self.headers["content-type"], "application/problem+json");
        assert_eq!(self.body["status"], self.status);
        assert_eq!(self.body["request_id"], self.headers["x-request-id"].to_str().unwrap());
        let code = self.body["code"].as_str().unwrap();
        assert!(self.body["type"].as_str().unwrap().ends_with(code));
        (self.status, code)
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    pub fn replayed(&self) -> bool {
        self.header("idempotency-replayed") == Some("true")
    }
}

/// A request being put together.
pub struct Call<'w> {
    world: &'w World,
    method: Method,
    path: String,
    key: Option<String>,
    idempotency_key: Option<String>,
    content_type: &'static str,
    headers: Vec<(&'static str, String)>,
    body: Body,
}

impl Call<'_> {
    pub fn key(mut self, key: &str) -> Self {
        self.key = Some(key.to_owned());
        self
    }

    pub fn nobody(mut self) -> Self {
        self.key = None;
        self
    }

    pub fn once(mut self, key: &str) -> Self {
        self.idempotency_key = Some(key.to_owned());
        self
    }

    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    pub fn json(mut self, body: Value) -> Self {
        self.body = Body::from(body.to_string());
        self
    }

    pub fn bytes(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = Body::from(body.into());
        self
    }

    pub fn stream(mut self, body: Body) -> Self {
        self.body = body;
        self
    }

    pub fn toml(mut self, body: &str) -> Self {
        self.content_type = "application/toml";
        self.bytes(body)
    }

    pub async fn send(self) -> Reply {
        let mut request = Request::builder().method(self.method).uri(self.path);
        if let Some(key) = &self.key {
            request = request.header("authorization", format!("Bearer {key}"));
        }
        if let Some(key) = &self.idempotency_key {
            request = request.header("idempotency-key", key);
        }
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        let request = request.header("content-type", self.content_type).body(self.body).unwrap();
        let response = self.world.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let body = serde_json::from_slice(&bytes).unwrap_or_else(|_| json!(String::from_utf8_lossy(&bytes)));
        Reply { status: parts.status.as_u16(), headers: parts.headers, body }
    }
}

impl World {
    pub async fn start() -> World {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(Options::at(dir.path())).unwrap();
        let server = Server::start(store.clone(), ServerOptions::new(ROOT)).await.unwrap();
        let router = Router::new().fallback_service(Server::front(server.clone()));
        World { router, server, store, _dir: dir }
    }

    pub fn call(&self, method: Method, path: &str) -> Call<'_> {
        Call {
            world: self,
            method,
            path: path.to_owned(),
            key: None,
            idempotency_key: None,
            content_type: "application/json",
            headers: Vec::new(),
            body: Body::empty(),
        }
    }

    /// Makes a studio and answers its first key.
    pub async fn studio(&self, id: &str, mode: &str) -> String {
        let made = self.call(Method::POST, "/v1/studios").key(ROOT);
        let made = made.json(json!({"id": id, "name": id, "mode": mode})).send().await;
        assert_eq!(made.status, 201, "{}", made.body);
        made.body["secret_key"].as_str().unwrap().to_owned()
    }
}

/// A studio with a catalog in force.
pub struct Studio<'w> {
    pub world: &'w World,
    pub key: String,
}

impl<'w> Studio<'w> {
    /// One of the five products, as its file stands.
    pub async fn product(world: &'w World, product: &str) -> Studio<'w> {
        let file = format!("{}/../../catalogs/{product}.toml", env!("CARGO_MANIFEST_DIR"));
        Studio::with_catalog(world, product, &std::fs::read_to_string(file).unwrap()).await
    }

    pub async fn with_catalog(world: &'w World, id: &str, catalog: &str) -> Studio<'w> {
        let studio = Studio { world, key: world.studio(id, "test").await };
        studio.post("/v1/catalog/versions").toml(catalog).send().await.ok();
        studio
    }

    pub fn get(&self, path: &str) -> Call<'w> {
        self.world.call(Method::GET, path).key(&self.key)
    }

    pub fn post(&self, path: &str) -> Call<'w> {
        self.world.call(Method::POST, path).key(&self.key)
    }

    pub fn put(&self, path: &str) -> Call<'w> {
        self.world.call(Method::PUT, path).key(&self.key)
    }

    pub fn delete(&self, path: &str) -> Call<'w> {
        self.world.call(Method::DELETE, path).key(&self.key)
    }

    /// Moves the studio's clock.
    pub async fn at(&self, now: &str) {
        self.post("/v1/test-clock").json(json!({"now": now})).send().await.ok();
    }

    /// Gives a customer credits by hand; `more` has the fields beside amount, bucket and reason.
    pub async fn grant(&self, customer: &str, bucket: &str, amount: &str, more: Value) -> Value {
        let mut grant = json!({"bucket": bucket, "amount": amount, "reason": "by hand"});
        for (name, value) in more.as_object().into_iter().flatten() {
            grant[name] = value.clone();
        }
        let key = format!("{customer}-{grant}").replace(|c: char| !c.is_ascii_graphic(), "_");
        let made = self.post(&format!("/v1/customers/{customer}/grants")).once(&key[..key.len().min(255)]).json(grant);
        made.send().await.ok()
    }

    /// The body of a GET that must succeed.
    pub async fn read(&self, path: &str) -> Value {
        self.get(path).send().await.ok()
    }

    /// A customer with so many credits in each of these buckets.
    pub async fn customer(&self, id: &str, credits: &[(&str, &str)]) {
        self.put(&format!("/v1/customers/{id}")).json(json!({})).send().await.ok();
        let grant = |(index, (bucket, amount)): (usize, &(&str, &str))| {
            json!({"op": "grant", "idempotency_key": format!("{id}-{index}"), "customer": id, "bucket": bucket,
                "amount": amount, "reason": "test"})
        };
        let operations: Vec<Value> = credits.iter().enumerate().map(grant).collect();
        let done = self.post("/v1/batch").json(json!({"operations": operations})).send().await.ok();
        for result in done["results"].as_array().unwrap() {
            assert_eq!(result["status"], 201, "{result}");
        }
    }

    /// What a new hold would find: the `available` of a quote for this customer.
    pub async fn available(&self, customer: &str, tool: Value) -> String {
        let mut asked = tool;
        asked["customer"] = json!(customer);
        let quote = self.post("/v1/quotes").json(asked).send().await.ok();
        quote["available"].as_str().unwrap().to_owned()
    }
}
