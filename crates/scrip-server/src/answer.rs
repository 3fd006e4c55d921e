//! Successful answers, written straight into bytes.

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::problem::Problem;

/// What a handler answers.
pub type Answered = Result<Response, Problem>;

pub(crate) const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
pub(crate) const CREDITS_CHARGED: HeaderName = HeaderName::from_static("credits-charged");

/// 200 with JSON.
pub fn ok(body: &impl Serialize) -> Answered {
    json(StatusCode::OK, body)
}

/// 201 with JSON.
pub fn created(body: &impl Serialize) -> Answered {
    json(StatusCode::CREATED, body)
}

pub fn json(status: StatusCode, body: &impl Serialize) -> Answered {
    let mut bytes = Vec::with_capacity(768);
    serde_json::to_writer(&mut bytes, body).map_err(Problem::internal)?;
    Ok(json_bytes(status, bytes))
}

/// JSON that is written already.
pub fn json_bytes(status: StatusCode, bytes: Vec<u8>) -> Response {
    let mut response = Response::new(bytes.into());
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// What a command was answered with, now or when it was new.
pub fn decided(status: StatusCode, body: &impl Serialize, replayed: bool) -> Answered {
    let mut response = json(status, body)?;
    mark_replayed(&mut response, replayed);
    Ok(response)
}

/// Says that this was answered before and nothing was done now.
pub fn mark_replayed(response: &mut Response, replayed: bool) {
    if replayed {
        response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    }
}

/// An answer that is a problem or not.
pub fn response_of(answered: Answered) -> Response {
    answered.unwrap_or_else(IntoResponse::into_response)
}
