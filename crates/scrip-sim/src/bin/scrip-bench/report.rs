//! The figures of one run, as a page and as JSON.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

use serde_json::{Value, json};

use crate::load::Counted;

pub struct Report {
    machine: String,
    floors: Vec<(usize, Counted)>,
    jobs: Vec<(&'static str, usize, Counted)>,
    quotes: Option<Counted>,
    batch: Option<Counted>,
    sustained: Option<Counted>,
    price_ns: u64,
    hold_ns: u64,
    capture_ns: u64,
    wallet_bytes: u64,
    operation_bytes: u64,
    restart: Option<(Duration, u64)>,
    /// Of the last run with 64 connections that was spread: processor time by kind of thread.
    cpu_us: Vec<(String, f64)>,
}

impl Report {
    pub fn new(machine: String) -> Report {
        Report {
            machine,
            floors: Vec::new(),
            jobs: Vec::new(),
            quotes: None,
            batch: None,
            sustained: None,
            price_ns: 0,
            hold_ns: 0,
            capture_ns: 0,
            wallet_bytes: 0,
            operation_bytes: 0,
            restart: None,
            cpu_us: Vec::new(),
        }
    }

    pub fn floor(&mut self, connections: usize, counted: Counted) {
        eprintln!("floor, {connections} connections: {:.0}/s", counted.requests_per_second());
        self.floors.push((connections, counted));
    }

    pub fn hold_and_capture(&mut self, spread: &'static str, connections: usize, counted: Counted) {
        eprintln!(
            "hold + capture, {spread}, {connections} connections: {:.0}/s, p99 {:?}, busy {}",
            counted.requests_per_second(),
            counted.p99,
            counted.busy
        );
        self.jobs.push((spread, connections, counted));
    }

    /// What each kind of thread of the server used for one operation.
    pub fn cpu(&mut self, before: &BTreeMap<String, u64>, after: &BTreeMap<String, u64>, counted: &Counted) {
        let each = |(name, used): (&String, &u64)| {
            let used = used.saturating_sub(before.get(name).copied().unwrap_or_default());
            (name.clone(), used as f64 / counted.operations.max(1) as f64)
        };
        let cpu_us: Vec<(String, f64)> = after.iter().map(each).filter(|(_, used)| *used >= 0.05).collect();
        let parts: Vec<String> = cpu_us.iter().map(|(name, used)| format!("{name} {used:.1}")).collect();
        let sum: f64 = cpu_us.iter().map(|(_, used)| used).sum();
        eprintln!("CPU of the server, us an operation: {sum:.1} ({})", parts.join(", "));
        if counted.operations == counted.requests {
            self.cpu_us = cpu_us;
        }
    }

    pub fn quotes(&mut self, counted: Counted) {
        eprintln!("quotes: {:.0}/s", counted.requests_per_second());
        self.quotes = Some(counted);
    }

    pub fn batch(&mut self, counted: Counted) {
        eprintln!(
            "batches: {:.0} operations/s, p99 {:?}, busy {}",
            counted.operations_per_second(),
            counted.p99,
            counted.busy
        );
        self.batch = Some(counted);
    }

    pub fn sustained(&mut self, counted: Counted) {
        eprintln!("sustained: {:.0}/s, p99 {:?}, busy {}", counted.requests_per_second(), counted.p99, counted.busy);
        self.sustained = Some(counted);
    }

    pub fn price_ns(&mut self, ns: u64) {
        eprintln!("a formula: {ns} ns");
        self.price_ns = ns;
    }

    pub fn apply_ns(&mut self, hold: u64, capture: u64) {
        eprintln!("apply: a hold {hold} ns, its capture {capture} ns");
        (self.hold_ns, self.capture_ns) = (hold, capture);
    }

    pub fn memory(&mut self, before_kib: u64, after_kib: u64, wallets: usize) {
        self.wallet_bytes = after_kib.saturating_sub(before_kib) * 1024 / wallets.max(1) as u64;
        eprintln!("a wallet in memory: {} bytes", self.wallet_bytes);
    }

    pub fn disk(&mut self, before: u64, after: u64, operations: u64) {
        self.operation_bytes = after.saturating_sub(before) / operations.max(1);
        eprintln!("an operation on disk: {} bytes", self.operation_bytes);
    }

    pub fn restart(&mut self, took: Duration, operations: u64) {
        eprintln!("restart after a kill: {took:?} with {operations} operations in the journal");
        self.restart = Some((took, operations));
    }

    /// Operations of the ledger that this run has made.
    pub fn operations(&self) -> u64 {
        let jobs = self.jobs.iter().map(|(_, _, counted)| counted.operations);
        let others = self.batch.iter().chain(&self.sustained).map(|counted| counted.operations);
        jobs.chain(others).sum()
    }

    fn floor_at(&self, connections: usize) -> f64 {
        let floor = self.floors.iter().find(|(count, _)| *count == connections);
        floor.map_or(f64::NAN, |(_, counted)| counted.requests_per_second())
    }

    pub fn markdown(&self) -> String {
        let mut page = String::from(
            "# Benchmarks\n\nWritten by `cargo xtask bench --write`. All figures are from one run on one machine; \
             what counts are the ratios. The floor is the same HTTP stack (axum) answering a constant of the same \
             length; a request is a hold or a capture, each made durable before it is answered.\n\n",
        );
        let _ = writeln!(page, "Machine: {}.\n", self.machine);
        page.push_str("| what | connections | requests/s | of the floor | p50 | p99 |\n|---|---|---|---|---|---|\n");
        for (connections, counted) in &self.floors {
            row(&mut page, "floor: a constant answer", *connections, counted, 1.0);
        }
        for (spread, connections, counted) in &self.jobs {
            let share = counted.requests_per_second() / self.floor_at(*connections);
            row(&mut page, &format!("hold + capture, {spread}"), *connections, counted, share);
        }
        let rest = [("hold + capture, spread, sustained", &self.sustained), ("quote of a formula", &self.quotes)];
        for (what, counted) in rest {
            if let Some(counted) = counted {
                row(&mut page, what, 64, counted, counted.requests_per_second() / self.floor_at(64));
            }
        }
        self.small_figures(&mut page);
        page
    }

    fn small_figures(&self, page: &mut String) {
        page.push_str("\n| what | figure |\n|---|---|\n");
        if let Some(counted) = &self.batch {
            let _ = writeln!(
                page,
                "| `/v1/batch`, 1,000 operations each, 4 connections | {:.0} operations/s |",
                counted.operations_per_second()
            );
        }
        if let Some(counted) = &self.sustained {
            let _ = writeln!(page, "| the sustained figure was measured for | {} s |", counted.elapsed.as_secs());
        }
        for (name, used) in &self.cpu_us {
            let _ = writeln!(page, "| processor time for one request, threads `{name}` | {used:.1} µs |");
        }
        let _ = writeln!(page, "| check inputs and price a formula, in the core | {} ns |", self.price_ns);
        let _ = writeln!(page, "| decide a hold, in the core | {} ns |", self.hold_ns);
        let _ = writeln!(page, "| decide its capture, in the core | {} ns |", self.capture_ns);
        let _ = writeln!(
            page,
            "| a wallet with one grant, in memory | {} bytes, {} MiB a million |",
            self.wallet_bytes,
            (self.wallet_bytes * 1_000_000) >> 20
        );
        let _ = writeln!(page, "| an operation on disk, journal and views | {} bytes |", self.operation_bytes);
        if let Some((took, operations)) = &self.restart {
            let _ = writeln!(
                page,
                "| ready again after a kill, {operations} operations in the journal | {} ms |",
                took.as_millis()
            );
        }
    }

    fn json(&self) -> Value {
        let counted = |counted: &Counted| {
            json!({
                "requests_per_second": counted.requests_per_second() as u64,
                "operations_per_second": counted.operations_per_second() as u64,
                "p50_us": counted.p50.as_micros() as u64,
                "p99_us": counted.p99.as_micros() as u64,
                "busy": counted.busy,
                "seconds": counted.elapsed.as_secs(),
            })
        };
        json!({
            "machine": self.machine,
            "floor": self.floors.iter().map(|(connections, run)| json!({ "connections": connections, "run": counted(run) })).collect::<Vec<_>>(),
            "hold_and_capture": self.jobs.iter().map(|(spread, connections, run)| json!({ "wallets": spread, "connections": connections, "run": counted(run) })).collect::<Vec<_>>(),
            "sustained": self.sustained.as_ref().map(counted),
            "quotes": self.quotes.as_ref().map(counted),
            "batch": self.batch.as_ref().map(counted),
            "cpu_us_per_request": self.cpu_us.iter().map(|(name, used)| (name.clone(), json!(used))).collect::<serde_json::Map<_, _>>(),
            "price_ns": self.price_ns,
            "hold_ns": self.hold_ns,
            "capture_ns": self.capture_ns,
            "wallet_bytes": self.wallet_bytes,
            "operation_bytes": self.operation_bytes,
            "restart_ms": self.restart.as_ref().map(|(took, _)| took.as_millis() as u64),
        })
    }

    pub fn write(&self) {
        let docs = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
        let bounds = std::fs::read_to_string(docs.join("benchmarks-bounds.md")).unwrap_or_default();
        std::fs::write(docs.join("benchmarks.md"), format!("{}\n{bounds}", self.markdown()))
            .expect("docs can be written");
        let json = serde_json::to_string_pretty(&self.json()).expect("plain data");
        std::fs::write(docs.join("benchmarks.json"), json + "\n").expect("docs can be written");
    }
}

fn row(page: &mut String, what: &str, connections: usize, counted: &Counted, share: f64) {
    let _ = writeln!(
        page,
        "| {what} | {connections} | {:.0} | {share:.2} | {:.2} ms | {:.2} ms |",
        counted.requests_per_second(),
        counted.p50.as_secs_f64() * 1e3,
        counted.p99.as_secs_f64() * 1e3,
    );
}
