//! The work that is measured: connections that send one request after another until the time is up.

use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::task::LocalSet;

use crate::http::Connection;

/// What was counted in one run.
#[derive(Clone, Debug)]
pub struct Counted {
    pub requests: u64,
    /// Operations of the ledger; of plain requests, the same.
    pub operations: u64,
    pub elapsed: Duration,
    pub p50: Duration,
    pub p99: Duration,
    /// Answers that said: too busy, ask again. They are no requests that count.
    pub busy: u64,
}

impl Counted {
    pub fn requests_per_second(&self) -> f64 {
        self.requests as f64 / self.elapsed.as_secs_f64()
    }

    pub fn operations_per_second(&self) -> f64 {
        self.operations as f64 / self.elapsed.as_secs_f64()
    }
}

/// Gathers what the connections of one run count.
struct Tally {
    until: Instant,
    operations: Cell<u64>,
    latencies: RefCell<Vec<u32>>,
    busy: Cell<u64>,
}

impl Tally {
    fn is_over(&self) -> bool {
        Instant::now() >= self.until
    }

    /// A connection has done its part.
    fn finish(&self, connection: &Connection) {
        self.busy.set(self.busy.get() + connection.busy());
    }

    fn note(&self, started: Instant, operations: u64) {
        self.operations.set(self.operations.get() + operations);
        self.latencies.borrow_mut().push(started.elapsed().as_micros() as u32);
    }
}

async fn run<F, Fut>(connections: usize, length: Duration, work: F) -> Counted
where
    F: Fn(usize, Rc<Tally>) -> Fut,
    Fut: Future<Output = ()> + 'static,
{
    let started = Instant::now();
    let tally = Rc::new(Tally {
        until: started + length,
        operations: Cell::new(0),
        latencies: RefCell::new(Vec::new()),
        busy: Cell::new(0),
    });
    let local = LocalSet::new();
    for index in 0..connections {
        local.spawn_local(work(index, tally.clone()));
    }
    local.await;
    let elapsed = started.elapsed();
    let mut latencies = tally.latencies.take();
    latencies.sort_unstable();
    let quantile = |part: usize| {
        let index = (latencies.len() * part / 100).min(latencies.len().saturating_sub(1));
        Duration::from_micros(latencies.get(index).copied().unwrap_or_default().into())
    };
    Counted {
        requests: latencies.len() as u64,
        operations: tally.operations.get(),
        elapsed,
        p50: quantile(50),
        p99: quantile(99),
        busy: tally.busy.get(),
    }
}

/// The floor: one constant answer after another.
pub async fn constant(address: SocketAddr, connections: usize, length: Duration) -> Counted {
    run(connections, length, move |_, tally| async move {
        let mut connection = Connection::open(address).await;
        let body = hold_body("user_42");
        while !tally.is_over() {
            let started = Instant::now();
            let headers = [("authorization", "Bearer none"), ("idempotency-key", "key")];
            connection.send("POST", "/v1/holds", &headers, body.as_bytes()).await.expect_success();
            tally.note(started, 1);
        }
    })
    .await
}

fn hold_body(customer: &str) -> String {
    format!(r#"{{"customer":"{customer}","tool":"text-to-motion","model":"kimodo","inputs":{{"actions":1}}}}"#)
}

/// A studio with customers that have credits.
pub struct Studio {
    address: SocketAddr,
    authorization: Rc<str>,
    /// Makes keys that no earlier run used.
    run: Cell<u64>,
}

impl Studio {
    /// Makes a studio, publishes a catalog, and gives every customer a hundred million credits.
    pub async fn prepare(address: SocketAddr, wallets: usize) -> Studio {
        let mut connection = Connection::open(address).await;
        let root = format!("Bearer {}", crate::server::ROOT_KEY);
        let new = r#"{"id":"bench","name":"Bench","mode":"live"}"#;
        let answer = connection.send("POST", "/v1/studios", &[("authorization", &root)], new.as_bytes()).await;
        answer.expect_success();
        let key = answer.text("secret_key").expect("a new studio has a key");
        let authorization: Rc<str> = Rc::from(format!("Bearer {key}"));
        let catalog = include_bytes!("../../../../../catalogs/studiotwin.toml");
        let headers = [("authorization", &*authorization)];
        connection
            .send_as("application/toml", "POST", "/v1/catalog/versions", &headers, catalog)
            .await
            .expect_success();
        let studio = Studio { address, authorization, run: Cell::new(0) };
        studio.make_customers(wallets).await;
        studio
    }

    async fn make_customers(&self, wallets: usize) {
        let (connections, length) = (64, Duration::from_secs(3_600));
        let next = Rc::new(Cell::new(0));
        run(connections, length, |_, tally| {
            let (next, authorization, address) = (next.clone(), self.authorization.clone(), self.address);
            async move {
                let mut connection = Connection::open(address).await;
                loop {
                    let number: usize = next.get();
                    if number >= wallets || tally.is_over() {
                        return;
                    }
                    next.set(number + 1);
                    let path = format!("/v1/customers/user_{number}");
                    let headers = [("authorization", &*authorization)];
                    connection.send("PUT", &path, &headers, b"{}").await.expect_success();
                    let key = format!("grant-{number}");
                    let headers = [("authorization", &*authorization), ("idempotency-key", &key)];
                    let grant = br#"{"amount":"100000000","bucket":"top_up","reason":"bench"}"#;
                    connection.send("POST", &format!("{path}/grants"), &headers, grant).await.expect_success();
                    tally.note(Instant::now(), 1);
                }
            }
        })
        .await;
    }

    /// Waits until the views have all that is durable, so that no figure pays for the one before it.
    pub async fn views_caught_up(&self) {
        let mut connection = Connection::open(self.address).await;
        let headers = [("authorization", &*self.authorization)];
        connection.send("GET", "/v1/holds?limit=1", &headers, b"").await.expect_success();
    }

    fn next_run(&self) -> u64 {
        self.run.set(self.run.get() + 1);
        self.run.get()
    }

    /// Holds and captures a job, one after the other, over the first `wallets` customers.
    pub async fn hold_and_capture(&self, connections: usize, wallets: usize, length: Duration) -> Counted {
        let round = self.next_run();
        run(connections, length, |index, tally| {
            let (authorization, address) = (self.authorization.clone(), self.address);
            async move {
                let mut connection = Connection::open(address).await;
                let mut number = 0u64;
                while !tally.is_over() {
                    let customer = spread(index as u64, number) % wallets as u64;
                    let key = format!("h-{round}-{index}-{number}");
                    let headers = [("authorization", &*authorization), ("idempotency-key", &key)];
                    let body = hold_body(&format!("user_{customer}"));
                    let started = Instant::now();
                    let answer = connection.send("POST", "/v1/holds", &headers, body.as_bytes()).await;
                    answer.expect_success();
                    tally.note(started, 1);
                    let path = format!("/v1/holds/{}/capture", answer.text("id").expect("a hold has an id"));
                    let key = format!("c-{round}-{index}-{number}");
                    let headers = [("authorization", &*authorization), ("idempotency-key", &key)];
                    let started = Instant::now();
                    connection.send("POST", &path, &headers, b"{}").await.expect_success();
                    tally.note(started, 1);
                    number += 1;
                }
                tally.finish(&connection);
            }
        })
        .await
    }

    /// Quotes of a formula, for nobody in particular.
    pub async fn quotes(&self, connections: usize, length: Duration) -> Counted {
        run(connections, length, |_, tally| {
            let (authorization, address) = (self.authorization.clone(), self.address);
            async move {
                let mut connection = Connection::open(address).await;
                let body =
                    br#"{"tool":"text-to-material","model":"patina","inputs":{"width":1024,"height":768,"upscale":2}}"#;
                while !tally.is_over() {
                    let started = Instant::now();
                    let headers = [("authorization", &*authorization)];
                    connection.send("POST", "/v1/quotes", &headers, body).await.expect_success();
                    tally.note(started, 1);
                }
            }
        })
        .await
    }

    /// Batches of holds, then of the captures of those holds.
    pub async fn batches(&self, connections: usize, size: usize, wallets: usize, length: Duration) -> Counted {
        let round = self.next_run();
        run(connections, length, |index, tally| {
            let (authorization, address) = (self.authorization.clone(), self.address);
            async move {
                let mut connection = Connection::open(address).await;
                let mut number = 0u64;
                while !tally.is_over() {
                    let holds = holds_batch(round, index, number, size, wallets);
                    let headers = [("authorization", &*authorization)];
                    let started = Instant::now();
                    let answer = connection.send("POST", "/v1/batch", &headers, holds.as_bytes()).await;
                    answer.expect_success();
                    let captures = captures_batch(round, index, number, answer.body);
                    tally.note(started, size as u64);
                    let started = Instant::now();
                    let answer = connection.send("POST", "/v1/batch", &headers, captures.as_bytes()).await;
                    answer.expect_success();
                    let captured = count(answer.body, b"\"status\":200");
                    assert_eq!(captured, size, "every capture of a batch succeeds");
                    tally.note(started, size as u64);
                    number += size as u64;
                }
                tally.finish(&connection);
            }
        })
        .await
    }
}

/// A walk over the customers that visits them in no order.
fn spread(connection: u64, number: u64) -> u64 {
    let mixed = (connection << 32 | number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed ^ mixed >> 29
}

fn holds_batch(round: u64, index: usize, number: u64, size: usize, wallets: usize) -> String {
    let mut body = String::with_capacity(size * 160);
    body.push_str("{\"operations\":[");
    for offset in 0..size as u64 {
        if offset > 0 {
            body.push(',');
        }
        let customer = spread(index as u64, number + offset) % wallets as u64;
        body.push_str(&format!(
            r#"{{"op":"hold","idempotency_key":"bh-{round}-{index}-{}","customer":"user_{customer}","tool":"text-to-motion","model":"kimodo","inputs":{{"actions":1}}}}"#,
            number + offset
        ));
    }
    body.push_str("]}");
    body
}

fn captures_batch(round: u64, index: usize, number: u64, holds: &[u8]) -> String {
    let holds = std::str::from_utf8(holds).expect("JSON is UTF-8");
    let mut body = String::with_capacity(holds.len() / 4);
    body.push_str("{\"operations\":[");
    for (offset, (start, _)) in holds.match_indices("\"id\":\"hold_").enumerate() {
        if offset > 0 {
            body.push(',');
        }
        let id = holds[start + 6..].split('"').next().unwrap_or_default();
        let key = number + offset as u64;
        body.push_str(&format!(r#"{{"op":"capture","idempotency_key":"bc-{round}-{index}-{key}","id":"{id}"}}"#));
    }
    body.push_str("]}");
    body
}

fn count(bytes: &[u8], part: &[u8]) -> usize {
    bytes.windows(part.len()).filter(|window| *window == part).count()
}
