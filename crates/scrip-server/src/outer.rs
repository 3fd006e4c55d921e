//! The one layer around all routes: an id for each request, a limit in time, no panic goes through, and
//! refusals are written here.

use std::convert::Infallible;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue};
use axum::response::Response;
use futures_util::FutureExt as _;
use scrip_api::Code;
use scrip_ledger::Name;
use scrip_store::clock::Stopwatch;
use tower::{Layer, Service};

use crate::metrics::{Metrics, RouteIndex};
use crate::problem::Problem;
use crate::trace::{self, TRACEPARENT};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

#[derive(Clone)]
pub(crate) struct OuterLayer {
    ids: Arc<RequestIds>,
    timeout: Duration,
    metrics: Arc<Metrics>,
}

impl OuterLayer {
    pub(crate) fn new(seed: u64, timeout: Duration, metrics: Arc<Metrics>) -> OuterLayer {
        OuterLayer { ids: Arc::new(RequestIds { seed, counter: AtomicU64::new(0) }), timeout, metrics }
    }
}

/// Ids of requests: those of one run share their beginning.
struct RequestIds {
    seed: u64,
    counter: AtomicU64,
}

const ID_LEN: usize = "req_".len() + 16 + 8;

impl RequestIds {
    fn next(&self) -> [u8; ID_LEN] {
        let bits = u128::from(self.seed) << 32 | u128::from(self.counter.fetch_add(1, Ordering::Relaxed) & 0xffff_ffff);
        let mut id = *b"req_000000000000000000000000";
        for (place, digit) in id[4..].iter_mut().rev().enumerate() {
            *digit = b"0123456789abcdef"[(bits >> (4 * place)) as usize & 15];
        }
        id
    }
}

impl<S> Layer<S> for OuterLayer {
    type Service = Outer<S>;

    fn layer(&self, inner: S) -> Outer<S> {
        Outer { inner, layer: self.clone() }
    }
}

/// An answer that is on its way.
pub(crate) type Answering = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

impl OuterLayer {
    pub(crate) fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// Answers a request of that route, whatever becomes of its handler.
    pub(crate) fn around<F>(&self, route: RouteIndex, about: About, handled: F) -> Answering
    where
        F: Future<Output = Result<Response, Infallible>> + Send + 'static,
    {
        let id = self.ids.next();
        let text = move || std::str::from_utf8(&id).unwrap_or("").to_owned();
        let (timeout, metrics, watch) = (self.timeout, self.metrics.clone(), Stopwatch::start());
        Box::pin(async move {
            let handled = AssertUnwindSafe(trace::within(about.trace.clone(), handled)).catch_unwind();
            let mut response = match tokio::time::timeout(timeout, handled).await {
                Ok(Ok(Ok(response))) => response,
                Ok(Ok(Err(never))) => match never {},
                Ok(Err(_)) => Problem::internal("a handler panicked").write(&text()),
                Err(_) => Problem::new(Code::Busy, "the request took too long; it may have been done").write(&text()),
            };
            if let Some(problem) = response.extensions_mut().remove::<Problem>() {
                response = problem.write(&text());
            }
            metrics.count(route, response.status().as_u16(), watch.elapsed());
            about.log(text, &response);
            if let Ok(id) = HeaderValue::from_bytes(&id) {
                response.headers_mut().insert(REQUEST_ID, id);
            }
            Ok(response)
        })
    }
}

#[derive(Clone)]
pub(crate) struct Outer<S> {
    inner: S,
    layer: OuterLayer,
}

impl<S> Service<Request> for Outer<S>
where
    S: Service<Request, Response = Response, Error = Infallible>,
    S::Future: Send + 'static,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Answering;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let (route, about) = (self.layer.metrics.route_of(&request), About::of(&request));
        self.layer.around(route, about, self.inner.call(request))
    }
}

/// What is told of a request: its trace with what it does; the rest with its log line, if somebody listens.
pub(crate) struct About {
    trace: Option<Name>,
    logged: Option<(axum::http::Method, axum::http::Uri, Option<HeaderValue>)>,
}

impl About {
    pub(crate) fn of(request: &Request) -> About {
        let listens = tracing::enabled!(tracing::Level::DEBUG);
        let headers = request.headers();
        let logged = || (request.method().clone(), request.uri().clone(), headers.get(TRACEPARENT).cloned());
        About { trace: trace::said(headers), logged: listens.then(logged) }
    }

    fn log(&self, id: impl Fn() -> String, response: &Response) {
        let status = response.status().as_u16();
        if let Some((method, uri, trace)) = &self.logged {
            let trace = trace.as_ref().and_then(|trace| trace.to_str().ok()).unwrap_or("");
            tracing::debug!(request_id = id(), traceparent = trace, %method, path = uri.path(), status, "answered");
        } else if status >= 500 {
            tracing::warn!(request_id = id(), status, "answered");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::ready;

    use axum::body::Body;
    use http_body_util::BodyExt as _;
    use tower::service_fn;

    use super::*;

    async fn answer<F>(handle: impl Fn() -> F + Clone) -> (u16, String)
    where
        F: Future<Output = Response> + Send + 'static,
    {
        let inner = service_fn(move |_: Request| handle().map(Ok::<_, Infallible>));
        let metrics = Arc::new(Metrics::new(&crate::openapi::described(), &[]));
        let mut service = OuterLayer::new(7, Duration::from_millis(20), metrics).layer(inner);
        let response = service.call(Request::new(Body::empty())).await.unwrap_or_else(|never| match never {});
        assert_eq!(response.headers()["x-request-id"], "req_000000000000000700000000");
        let status = response.status().as_u16();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8(bytes.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn a_panic_is_answered_as_an_internal_error() {
        let (status, body) = answer(|| async { panic!("a mistake in a handler") }).await;
        assert_eq!(status, 500);
        assert!(body.contains(r#""code":"internal""#) && body.contains(r#""request_id":"req_"#), "{body}");
        assert!(!body.contains("mistake"), "what went wrong inside is for the log");
    }

    #[tokio::test]
    async fn what_takes_too_long_is_answered_as_busy() {
        let (status, body) = answer(std::future::pending).await;
        assert_eq!(status, 503);
        assert!(body.contains(r#""code":"busy""#), "{body}");
    }

    #[tokio::test]
    async fn what_is_answered_goes_through() {
        assert_eq!(answer(|| ready(Response::new(Body::from("yes")))).await, (200, "yes".to_owned()));
    }
}
