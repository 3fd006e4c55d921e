//! What is counted for operators: requests by route and status, how long they take, and how the store is doing.
//!
//! A request costs a look-up and four additions. No label names a customer.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::extract::{MatchedPath, Request};
use axum::http::Method;
use scrip_store::Gauges;
use utoipa::openapi::{HttpMethod, OpenApi};

/// Statuses with a counter of their own; what else there is shares the last.
const STATUSES: [u16; 19] =
    [200, 201, 204, 304, 400, 401, 402, 403, 404, 405, 409, 410, 413, 415, 422, 429, 500, 503, 0];
/// Upper ends of the latency classes, in microseconds, and as Prometheus writes them.
const CLASSES: [(u64, &str); 12] = [
    (500, "0.0005"),
    (1_000, "0.001"),
    (2_500, "0.0025"),
    (5_000, "0.005"),
    (10_000, "0.01"),
    (25_000, "0.025"),
    (50_000, "0.05"),
    (100_000, "0.1"),
    (250_000, "0.25"),
    (500_000, "0.5"),
    (1_000_000, "1"),
    (5_000_000, "5"),
];

/// Counters of all routes, made once.
pub(crate) struct Metrics {
    /// The first is for what has no route.
    routes: Vec<Route>,
    by_path: HashMap<String, Vec<(Method, RouteIndex)>>,
}

#[derive(Clone, Copy)]
pub(crate) struct RouteIndex(usize);

const NO_ROUTE: RouteIndex = RouteIndex(0);

struct Route {
    method: String,
    template: String,
    statuses: [AtomicU64; STATUSES.len()],
    /// The last has no upper end.
    classes: [AtomicU64; CLASSES.len() + 1],
    total_us: AtomicU64,
}

impl Route {
    fn new(method: &str, template: &str) -> Route {
        Route {
            method: method.to_owned(),
            template: template.to_owned(),
            statuses: Default::default(),
            classes: Default::default(),
            total_us: AtomicU64::new(0),
        }
    }
}

impl Metrics {
    /// Counters for the routes of the document, and for these pages.
    pub(crate) fn new(document: &OpenApi, pages: &[&str]) -> Metrics {
        let mut metrics = Metrics { routes: vec![Route::new("", "")], by_path: HashMap::new() };
        for (template, item) in &document.paths.paths {
            for (method, operation) in [
                (HttpMethod::Get, &item.get),
                (HttpMethod::Put, &item.put),
                (HttpMethod::Post, &item.post),
                (HttpMethod::Patch, &item.patch),
                (HttpMethod::Delete, &item.delete),
            ] {
                if operation.is_some() {
                    metrics.add(http_method(&method), template);
                }
            }
        }
        pages.iter().for_each(|page| metrics.add(Method::GET, page));
        metrics
    }

    fn add(&mut self, method: Method, template: &str) {
        let index = RouteIndex(self.routes.len());
        self.routes.push(Route::new(method.as_str(), template));
        self.by_path.entry(template.to_owned()).or_default().push((method, index));
    }

    /// The counters of a POST to the routes of this template.
    pub(crate) fn post(&self, template: &str) -> RouteIndex {
        let methods = self.by_path.get(template).into_iter().flatten();
        methods.filter(|(method, _)| method == Method::POST).map(|(_, index)| *index).next().unwrap_or(NO_ROUTE)
    }

    pub(crate) fn route_of(&self, request: &Request) -> RouteIndex {
        let path = request.extensions().get::<MatchedPath>().and_then(|path| self.by_path.get(path.as_str()));
        let method = match request.method() {
            &Method::HEAD => &Method::GET,
            method => method,
        };
        let found = path.and_then(|methods| methods.iter().find(|(known, _)| known == method));
        found.map_or(NO_ROUTE, |(_, index)| *index)
    }

    pub(crate) fn count(&self, route: RouteIndex, status: u16, took: Duration) {
        let Some(route) = self.routes.get(route.0) else { return };
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let status = STATUSES.iter().position(|known| *known == status).unwrap_or(STATUSES.len() - 1);
        let class = CLASSES.iter().position(|(end, _)| micros <= *end).unwrap_or(CLASSES.len());
        route.statuses[status].fetch_add(1, Ordering::Relaxed);
        route.classes[class].fetch_add(1, Ordering::Relaxed);
        route.total_us.fetch_add(micros, Ordering::Relaxed);
    }

    /// All of it in the text format of Prometheus.
    pub(crate) fn text(&self, gauges: &Gauges) -> String {
        let mut text = String::with_capacity(16_384);
        self.write_requests(&mut text);
        self.write_durations(&mut text);
        write_gauges(&mut text, gauges);
        text
    }

    fn write_requests(&self, text: &mut String) {
        head(text, "scrip_http_requests_total", "counter", "Requests answered, by route and status.");
        for route in &self.routes {
            for (status, count) in STATUSES.iter().zip(&route.statuses) {
                let count = count.load(Ordering::Relaxed);
                let status = if *status == 0 { "other".to_owned() } else { status.to_string() };
                if count > 0 {
                    let (method, template) = (&route.method, &route.template);
                    let labels = format_args!("method=\"{method}\",route=\"{template}\",status=\"{status}\"");
                    line(text, "scrip_http_requests_total", labels, count);
                }
            }
        }
    }

    fn write_durations(&self, text: &mut String) {
        const NAME: &str = "scrip_http_request_duration_seconds";
        head(text, NAME, "histogram", "Time from request to answer, by route.");
        for route in &self.routes {
            let (method, template) = (&route.method, &route.template);
            let counts: Vec<u64> = route.classes.iter().map(|class| class.load(Ordering::Relaxed)).collect();
            let total: u64 = counts.iter().sum();
            if total == 0 {
                continue;
            }
            let mut so_far = 0;
            for (count, end) in counts.iter().zip(CLASSES.iter().map(|(_, text)| *text).chain(["+Inf"])) {
                so_far += count;
                let labels = format_args!("method=\"{method}\",route=\"{template}\",le=\"{end}\"");
                line(text, &format!("{NAME}_bucket"), labels, so_far);
            }
            let micros = route.total_us.load(Ordering::Relaxed);
            let seconds = format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000);
            let labels = format!("method=\"{method}\",route=\"{template}\"");
            line(text, &format!("{NAME}_sum"), &labels, seconds);
            line(text, &format!("{NAME}_count"), &labels, total);
        }
    }
}

fn write_gauges(text: &mut String, gauges: &Gauges) {
    let rows = [
        ("scrip_store_queue_jobs", "Jobs that wait to be decided.", gauges.queue_len as u64),
        ("scrip_store_journal_position", "The last batch that is durable.", gauges.journal_position),
        ("scrip_store_projected_position", "The last batch that is in the views.", gauges.projected_position),
        ("scrip_store_lag_records", "Records that are not in the views yet.", gauges.lag_records as u64),
        ("scrip_store_hot_wallets", "Wallets in memory.", gauges.hot_wallets as u64),
        ("scrip_store_journal_wal_bytes", "Write-ahead file of the journal.", gauges.journal_wal_bytes),
        ("scrip_store_views_wal_bytes", "Write-ahead file of the views.", gauges.views_wal_bytes),
    ];
    for (name, help, value) in rows {
        head(text, name, "gauge", help);
        let _ = writeln!(text, "{name} {value}");
    }
    head(text, "scrip_build_info", "gauge", "The release that runs.");
    line(text, "scrip_build_info", concat!("version=\"", env!("CARGO_PKG_VERSION"), "\""), 1);
}

fn head(text: &mut String, name: &str, kind: &str, help: &str) {
    let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
}

fn line(text: &mut String, name: &str, labels: impl std::fmt::Display, value: impl std::fmt::Display) {
    let _ = writeln!(text, "{name}{{{labels}}} {value}");
}

fn http_method(method: &HttpMethod) -> Method {
    match method {
        HttpMethod::Put => Method::PUT,
        HttpMethod::Post => Method::POST,
        HttpMethod::Patch => Method::PATCH,
        HttpMethod::Delete => Method::DELETE,
        _ => Method::GET,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_counted_by_status_and_by_how_long_they_took() {
        let metrics = Metrics::new(&OpenApi::default(), &["/docs"]);
        for (status, micros) in [(200, 400), (200, 500), (503, 70_000), (418, 9_000_000)] {
            metrics.count(RouteIndex(1), status, Duration::from_micros(micros));
        }
        let text = metrics.text(&Gauges { queue_len: 7, ..Gauges::default() });
        for expected in [
            "scrip_http_requests_total{method=\"GET\",route=\"/docs\",status=\"200\"} 2\n",
            "scrip_http_requests_total{method=\"GET\",route=\"/docs\",status=\"503\"} 1\n",
            "scrip_http_requests_total{method=\"GET\",route=\"/docs\",status=\"other\"} 1\n",
            "_bucket{method=\"GET\",route=\"/docs\",le=\"0.0005\"} 2\n",
            "_bucket{method=\"GET\",route=\"/docs\",le=\"0.1\"} 3\n",
            "_bucket{method=\"GET\",route=\"/docs\",le=\"+Inf\"} 4\n",
            "_sum{method=\"GET\",route=\"/docs\"} 9.070900\n",
            "_count{method=\"GET\",route=\"/docs\"} 4\n",
            "scrip_store_queue_jobs 7\n",
        ] {
            assert!(text.contains(expected), "{expected}\n{text}");
        }
    }
}
