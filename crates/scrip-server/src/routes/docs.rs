//! `/openapi.json` and `/docs`: the interface as a document and as a page, without anything from elsewhere.

use std::sync::OnceLock;

use axum::body::Bytes;
use axum::http::{HeaderValue, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use scrip_api::Code;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::answer::Answered;
use crate::problem::Problem;
use crate::{InPath, Shared, openapi, pages};

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(document)).route("/docs", get(page)).route("/docs/errors/{code}", get(code))
}

/// This document.
#[utoipa::path(get, path = "/openapi.json", tag = "operations", operation_id = "read_openapi", security(()),
    responses((status = 200, description = "OpenAPI 3.1", content_type = "application/json", body = Object)))]
async fn document() -> Answered {
    static JSON: OnceLock<Option<Bytes>> = OnceLock::new();
    let json = JSON.get_or_init(|| serde_json::to_vec(&openapi::document()).ok().map(Bytes::from));
    let json = json.clone().ok_or_else(|| Problem::internal("the OpenAPI document can't be written"))?;
    let kind = HeaderValue::from_static("application/json");
    Ok(([(header::CONTENT_TYPE, kind)], json).into_response())
}

async fn page() -> Response {
    static PAGE: OnceLock<String> = OnceLock::new();
    Html(PAGE.get_or_init(|| pages::docs::page(&openapi::document())).as_str()).into_response()
}

/// Where the `type` of a problem leads: the code's place on the page.
async fn code(InPath(code): InPath<String>) -> Result<Redirect, Problem> {
    let code = Code::parse(&code).ok_or_else(|| Problem::not_found("page"))?;
    Ok(Redirect::permanent(&format!("/docs#{code}")))
}
