//! Requests as they come in: who asks, which key, and a body that is read once into typed values.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{self, FromRequest, FromRequestParts, Path, Query};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Uri, header};
use scrip_api::Code;
use scrip_api::amount::INVALID_AMOUNT;
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};

use crate::Shared;
use crate::access::Caller;
use crate::commit::Request;
use crate::idempotency::{self, IdempotencyKey};
use crate::problem::Problem;
use scrip_ledger::id::{Fingerprint, StudioId};

/// A request without a body, once its key has been checked.
impl FromRequestParts<Shared> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, server: &Shared) -> Result<Caller, Problem> {
        server.access.caller(&server.store, &parts.headers)
    }
}

/// A request with a body of at most `MAX` bytes.
pub struct Received<const MAX: usize = BODY_MAX> {
    pub caller: Caller,
    idempotency_key: Option<HeaderValue>,
    pub bytes: Bytes,
    pub content_type: Option<HeaderValue>,
    path: Uri,
}

/// 1 MiB, unless an address says otherwise.
pub const BODY_MAX: usize = 1 << 20;
/// 8 MiB, for batches and catalogs.
pub const LARGE_BODY_MAX: usize = 8 << 20;

impl<const MAX: usize> FromRequest<Shared> for Received<MAX> {
    type Rejection = Problem;

    /// Refusals: `unauthorized`; `body_too_large`.
    async fn from_request(request: extract::Request, server: &Shared) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let caller = server.access.caller(&server.store, &parts.headers)?;
        let idempotency_key = parts.headers.get(idempotency::HEADER).cloned();
        let bytes = read(body, MAX).await?;
        let content_type = parts.headers.get(header::CONTENT_TYPE).cloned();
        Ok(Received { caller, idempotency_key, bytes, content_type, path: parts.uri })
    }
}

/// What is read and dropped of a body that is too large: a client that is still sending sees the connection break
/// before it sees the answer.
const DROPPED_MAX: usize = 64 << 20;
const DROPPED_WITHIN: Duration = Duration::from_secs(10);

async fn read(mut body: Body, max: usize) -> Result<Bytes, Problem> {
    use http_body_util::{BodyExt as _, LengthLimitError, Limited};
    match Limited::new(&mut body, max).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.downcast_ref::<LengthLimitError>().is_some() => {
            let _ = tokio::time::timeout(DROPPED_WITHIN, drop_rest(body)).await;
            Err(Problem::new(Code::BodyTooLarge, format!("the body has more than {max} bytes")))
        }
        Err(_) => Err(Problem::new(Code::InvalidJson, "the body ended before it was complete")),
    }
}

/// Reads what is left of a body, up to a limit, and forgets it.
async fn drop_rest(mut body: Body) -> Result<(), axum::Error> {
    use http_body_util::BodyExt as _;
    let mut dropped = 0;
    while let Some(frame) = body.frame().await {
        dropped += frame?.data_ref().map_or(0, Bytes::len);
        if DROPPED_MAX < dropped {
            break;
        }
    }
    Ok(())
}

impl<const MAX: usize> Received<MAX> {
    /// The body as a typed value. An empty body reads as an empty object.
    ///
    /// Refusals: `invalid_json`, `unknown_field`, `invalid_amount`, `invalid_input`.
    pub fn json<'a, T: Deserialize<'a>>(&'a self) -> Result<T, Problem> {
        let bytes: &[u8] = if self.bytes.is_empty() { b"{}" } else { &self.bytes };
        read_json(bytes)
    }

    /// The key of an act that may have one. Refusal: `idempotency_key_required` (a malformed one).
    pub fn key(&self) -> Result<Option<IdempotencyKey>, Problem> {
        self.idempotency_key.as_ref().map(|value| IdempotencyKey::parse(value.as_bytes())).transpose()
    }

    /// The key that an act on credits must have. Refusal: `idempotency_key_required`.
    pub fn required_key(&self) -> Result<IdempotencyKey, Problem> {
        self.key()?.ok_or_else(|| {
            let detail = "this request moves credits: send the header Idempotency-Key with a key of your own";
            Problem::new(Code::IdempotencyKeyRequired, detail)
        })
    }

    /// The key in its scope with the fingerprint of what was asked, as the ledger remembers them.
    pub fn request(&self, key: &IdempotencyKey, studio: StudioId, whose: &str, route: &str) -> Request {
        Some((key.scoped(Some(studio), whose, route), self.fingerprint()))
    }

    /// The fingerprint of what was asked.
    pub fn fingerprint(&self) -> Fingerprint {
        let path = self.path.path_and_query().map_or("/", |path| path.as_str());
        idempotency::fingerprint(path, &self.bytes)
    }
}

/// Reads JSON into a typed value; what is wrong is looked for only once something is.
pub(crate) fn read_json<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, Problem> {
    match serde_json::from_slice::<T>(bytes) {
        Ok(value) if bytes.trim_ascii_start().first() == Some(&b'{') => Ok(value),
        Ok(_) => Err(Problem::new(Code::InvalidJson, "the body must be a JSON object")),
        Err(error) => Err(explain::<T>(bytes, &error)),
    }
}

fn explain<'a, T: Deserialize<'a>>(bytes: &'a [u8], error: &serde_json::Error) -> Problem {
    if std::str::from_utf8(bytes).is_err() {
        return Problem::new(Code::InvalidJson, "the body is not JSON: it is not UTF-8");
    }
    // A value that is not right may come before a place where the body is no JSON, which counts more.
    if let Err(error) = serde_json::from_slice::<IgnoredAny>(bytes) {
        return Problem::new(Code::InvalidJson, format!("the body is not JSON: {error}"));
    }
    if bytes.trim_ascii_start().first() != Some(&b'{') {
        return Problem::new(Code::InvalidJson, "the body must be a JSON object");
    }
    let mut json = serde_json::Deserializer::from_slice(bytes);
    match serde_path_to_error::deserialize::<_, T>(&mut json) {
        Ok(_) => Problem::new(Code::InvalidJson, error.to_string()),
        Err(at) => {
            let path = at.path().to_string();
            explain_data(if path == "." { "" } else { &path }, &at.into_inner().to_string())
        }
    }
}

/// What serde says about a value, as one of our codes.
fn explain_data(path: &str, message: &str) -> Problem {
    let message = message.rfind(" at line ").map_or(message, |end| &message[..end]);
    let quoted = |prefix: &str| message.strip_prefix(prefix).and_then(|rest| rest.split('`').next());
    if let Some(field) = quoted("unknown field `") {
        let known = message.split_once(", expected ").map_or("", |(_, known)| known);
        return Problem::unknown_field(field).with_words(known.trim_start_matches("one of "));
    }
    // JSON numbers that no number holds are refused before an amount sees them.
    if message == "number out of range" && path.rsplit('.').next() == Some("amount") {
        return Problem::invalid_amount(path, "is larger than the ledger can count");
    }
    if let Some(reason) = message.strip_prefix(INVALID_AMOUNT) {
        return Problem::invalid_amount(path, reason);
    }
    if let Some(field) = quoted("missing field `") {
        let input = if path.is_empty() { field.to_owned() } else { format!("{path}.{field}") };
        return Problem::invalid_input(&input, "must be given");
    }
    Problem::invalid_input(if path.is_empty() { "body" } else { path }, format_args!("is not right: {message}"))
}

/// The parts of the path. Refusal: `not_found` (a part that is no text).
pub struct InPath<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<Shared> for InPath<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, server: &Shared) -> Result<InPath<T>, Problem> {
        let path: Result<Path<T>, PathRejection> = Path::from_request_parts(parts, server).await;
        path.map(|Path(path)| InPath(path)).map_err(|_| Problem::not_found("route"))
    }
}

/// The query. Refusals: `unknown_field`, `invalid_input`.
pub struct InQuery<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<Shared> for InQuery<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, server: &Shared) -> Result<InQuery<T>, Problem> {
        let query: Result<Query<T>, QueryRejection> = Query::from_request_parts(parts, server).await;
        query.map(|Query(query)| InQuery(query)).map_err(|rejection| {
            let text = rejection.body_text();
            let text = text.strip_prefix("Failed to deserialize query string: ").unwrap_or(&text);
            match text.split_once(": ") {
                Some((field, reason)) if !field.contains(' ') => explain_data(field, reason),
                _ => explain_data("", text),
            }
        })
    }
}
