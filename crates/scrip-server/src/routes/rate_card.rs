//! `/v1/rate-card`, `/rate-card/{studio}`: the published price list, as data and as a page.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::answer::{self, Answered};
use crate::body::{InPath, InQuery};
use crate::catalogs::Version;
use crate::openapi::Refusals;
use crate::problem::Problem;
use crate::{Caller, Server, Shared, pages};
use scrip_ledger::id::StudioId;

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(read)).route("/rate-card/{studio}", get(page))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct RateCardQuery {
    /// The studio's own name; with a key, that key's studio unless given.
    studio: Option<String>,
}

/// The price list in force: toolkits, tools, models, prices, formulas and tables. Public if the catalog says so
/// (`rate_card.public`), else for keys of the studio.
#[utoipa::path(get, path = "/v1/rate-card", tag = "catalog", operation_id = "read_rate_card", security((), ("key" = [])),
    params(RateCardQuery),
    responses((status = 200, description = "The rate card", body = scrip_api::rate_card::RateCard), Refusals))]
async fn read(State(server): State<Shared>, InQuery(query): InQuery<RateCardQuery>, headers: HeaderMap) -> Answered {
    let (card, answered) = card(&server, query.studio.as_deref(), &headers)?;
    if answered.is_known(&headers) {
        return Ok(answered.not_modified());
    }
    let shown = Shown { catalog_version: card.number(), card: card.catalog()?.rate_card() };
    Ok(answered.with(answer::ok(&shown)?))
}

#[derive(Serialize)]
struct Shown {
    catalog_version: u32,
    #[serde(flatten)]
    card: scrip_catalog::RateCard,
}

async fn page(State(server): State<Shared>, InPath(studio): InPath<String>, headers: HeaderMap) -> Answered {
    let wants_json = |accept: &HeaderValue| accept.as_bytes().starts_with(b"application/json");
    if headers.get(header::ACCEPT).is_some_and(wants_json) {
        return read(State(server), InQuery(RateCardQuery { studio: Some(studio) }), headers).await;
    }
    let (card, answered) = card(&server, Some(&studio), &headers)?;
    if answered.is_known(&headers) {
        return Ok(answered.not_modified());
    }
    let html = pages::rate_card::page(&card.catalog()?.rate_card(), card.number());
    Ok(answered.with(Html(html).into_response()))
}

/// The version in force of a rate card that the asker may see.
///
/// Refusals: `unauthorized` (a key that is none); `not_found` (the studio, its catalog, or one that is not for
/// the asker).
fn card(server: &Server, asked: Option<&str>, headers: &HeaderMap) -> Result<(Arc<Version>, Answer), Problem> {
    let own = match headers.contains_key(header::AUTHORIZATION) {
        false => None,
        true => match server.access.caller(&server.store, headers)? {
            Caller::Root => None,
            Caller::Key(key) => Some(key.studio),
            Caller::Customer(customer) => Some(customer.studio),
        },
    };
    let not_found = || Problem::not_found("rate card");
    let studio = match asked {
        Some(name) => server.store.studio_named(name).map(|studio| studio.number).ok_or_else(not_found)?,
        None => own.ok_or_else(|| Problem::invalid_input("studio", "must be given where no key says which"))?,
    };
    let version = server.catalogs.in_force(studio, server.store.now(studio)).ok_or_else(not_found)?;
    let public = version.catalog()?.studio().public_rate_card;
    if !public && own != Some(studio) {
        return Err(not_found());
    }
    let answer = Answer { studio, version: version.number(), public };
    Ok((version, answer))
}

/// How long an answer may be kept, and by whom.
struct Answer {
    studio: StudioId,
    version: u32,
    public: bool,
}

impl Answer {
    /// The version and the release that wrote the page.
    fn tag(&self) -> String {
        format!("\"{}-{}-{}\"", self.studio.0, self.version, env!("CARGO_PKG_VERSION"))
    }

    fn is_known(&self, headers: &HeaderMap) -> bool {
        let known = headers.get(header::IF_NONE_MATCH).and_then(|tags| tags.to_str().ok());
        let tag = self.tag();
        known.is_some_and(|tags| tags.split(',').any(|known| known.trim().trim_start_matches("W/") == tag))
    }

    fn not_modified(&self) -> Response {
        self.with(StatusCode::NOT_MODIFIED.into_response())
    }

    fn with(&self, mut response: Response) -> Response {
        let headers = response.headers_mut();
        if let Ok(tag) = HeaderValue::from_str(&self.tag()) {
            headers.insert(header::ETAG, tag);
        }
        let cache = if self.public { "public, max-age=60" } else { "private, no-cache" };
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
        headers.insert(header::VARY, HeaderValue::from_static("accept, authorization"));
        response
    }
}
