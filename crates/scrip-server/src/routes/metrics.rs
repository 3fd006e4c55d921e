//! `/metrics`: counters for Prometheus; for the root key, or on a listener of its own.

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::answer::Answered;
use crate::openapi::Refusals;
use crate::{Caller, Server, Shared};

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(read))
}

/// Requests by route and status, how long they took, and how the store is doing, in the text format of
/// Prometheus. Needs the root key.
#[utoipa::path(get, path = "/metrics", tag = "operations", operation_id = "read_metrics",
    responses((status = 200, description = "Counters", body = String, content_type = "text/plain"), Refusals))]
async fn read(State(server): State<Shared>, caller: Caller) -> Answered {
    caller.root()?;
    Ok(text(&server))
}

/// The same without a key: for a listener that only operators reach.
pub(crate) async fn open(State(server): State<Shared>) -> Response {
    text(&server)
}

fn text(server: &Server) -> Response {
    let mut response = server.metrics.text(&server.store.gauges()).into_response();
    let kind = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}
