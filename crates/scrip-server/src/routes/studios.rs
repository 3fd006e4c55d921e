//! `/v1/studios`, `/v1/studio`: products that sell credits.

use axum::extract::State;
use axum::http::StatusCode;
use scrip_api::Page;
use scrip_api::studio::{Mode, Scope, Studio, StudioCreated, StudioNew};
use scrip_ledger::Name;
use scrip_store::{KeyNew, Setting, SettingRequest, StudioMode};
use serde::Serialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::access::{Caller, NewKey};
use crate::answer::{self, Answered};
use crate::body::{InPath, InQuery, Received};
use crate::commit::Request;
use crate::openapi::Refusals;
use crate::paging::PageQuery;
use crate::problem::Problem;
use crate::{Server, Shared, paging, wire};

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(create, list)).routes(routes!(read_one)).routes(routes!(read))
}

/// Makes a studio and its first key, which has every scope and is shown once. Needs the root key.
#[utoipa::path(post, path = "/v1/studios", tag = "studios", operation_id = "create_studio",
    request_body = StudioNew,
    responses((status = 201, description = "The studio, with its first key", body = StudioCreated), Refusals))]
async fn create(State(server): State<Shared>, received: Received) -> Answered {
    received.caller.root()?;
    let new: StudioNew = received.json()?;
    let id = wire::name("id", &new.id)?;
    wire::name("name", &new.name)?;
    let key = NewKey::make(new.mode)?;
    let first_key = KeyNew {
        id: key.id,
        name: "first key".to_owned(),
        hash: key.hash,
        scopes: vec![Name::from(Scope::Admin.as_str())],
        expires_at: None,
    };
    let mode = match new.mode {
        Mode::Live => StudioMode::Live,
        Mode::Test => StudioMode::Test,
    };
    let request = received.key()?.map(|key| SettingRequest {
        key: key.scoped(None, "", "POST /v1/studios"),
        fingerprint: received.fingerprint(),
        reply: Box::new(|studio: &scrip_store::Studio| {
            serde_json::to_string(&studio_created(studio, None)).unwrap_or_default()
        }),
    });
    let new = scrip_store::StudioNew { id, name: new.name, mode };
    let made = server.store.create_studio(new, Some(first_key), request).await;
    match made.map_err(|error| Problem::setting("studio", error))? {
        Setting::Done(studio) => {
            server.catalogs.refresh(&server.store, studio.number);
            answer::created(&studio_created(&studio, Some(key.secret)))
        }
        Setting::Replayed(body) => Ok(replayed(StatusCode::CREATED, body)),
    }
}

/// What a setting answered to this request before, whatever has become of the studio since. To be asked before the
/// request is held against what is there now. Refusal: `idempotency_key_reused`.
pub(crate) async fn answered_before(
    server: &Server,
    request: Request,
    status: StatusCode,
) -> Result<Option<axum::response::Response>, Problem> {
    let Some((key, fingerprint)) = request else { return Ok(None) };
    let remembered = server.store.remembered_setting(key, fingerprint).await;
    let remembered = remembered.map_err(|error| Problem::setting("studio", error))?;
    Ok(remembered.map(|body| replayed(status, body)))
}

/// Remembers what a request of many acts was answered. One that came in between under the same key has done the
/// same, since each act has a key of its own.
pub(crate) async fn remember(server: &Server, request: Request, answer: &impl Serialize) -> Result<(), Problem> {
    let Some((key, fingerprint)) = request else { return Ok(()) };
    let body = serde_json::to_string(answer).map_err(Problem::internal)?;
    let request = SettingRequest { key, fingerprint, reply: Box::new(move |()| body) };
    server.store.remember_setting(request).await.map_err(|error| Problem::setting("studio", error))?;
    Ok(())
}

/// A setting's answer, given again.
pub(crate) fn replayed(status: StatusCode, body: String) -> axum::response::Response {
    let mut response = answer::json_bytes(status, body.into_bytes());
    answer::mark_replayed(&mut response, true);
    response
}

fn studio_created(studio: &scrip_store::Studio, secret_key: Option<String>) -> StudioCreated {
    StudioCreated { id: studio.id.to_string(), name: studio.name.clone(), mode: mode_of(studio), secret_key }
}

pub(crate) fn mode_of(studio: &scrip_store::Studio) -> Mode {
    match studio.mode {
        StudioMode::Live => Mode::Live,
        StudioMode::Test => Mode::Test,
    }
}

/// The studio of the key that asks.
#[utoipa::path(get, path = "/v1/studio", tag = "studios", operation_id = "read_studio",
    responses((status = 200, description = "The studio", body = Studio), Refusals))]
async fn read(State(server): State<Shared>, caller: Caller) -> Answered {
    let studio = server.store.studio(caller.key()?.studio).ok_or_else(|| Problem::not_found("studio"))?;
    answer::ok(&shown(&server, &studio))
}

fn shown(server: &Server, studio: &scrip_store::Studio) -> Studio {
    let now = server.store.now(studio.number);
    Studio {
        id: studio.id.to_string(),
        name: studio.name.clone(),
        mode: mode_of(studio),
        created_at: wire::instant(studio.created_at),
        now: wire::instant(now),
        catalog_version: server.catalogs.in_force(studio.number, now).map(|version| version.number()),
    }
}

/// All studios, in the order in which they were made. Needs the root key.
#[utoipa::path(get, path = "/v1/studios", tag = "studios", operation_id = "list_studios", params(PageQuery),
    responses((status = 200, description = "A page of studios", body = Page<Studio>), Refusals))]
async fn list(State(server): State<Shared>, InQuery(query): InQuery<PageQuery>, caller: Caller) -> Answered {
    caller.root()?;
    let studios: Vec<Studio> = server.store.studios().iter().map(|studio| shown(&server, studio)).collect();
    let page = paging::cut(studios, |studio| studio.id.clone(), query.limit, query.cursor.as_deref())?;
    answer::ok(&page)
}

/// One studio. Needs the root key.
#[utoipa::path(get, path = "/v1/studios/{studio}", tag = "studios", operation_id = "read_one_studio",
    params(("studio" = String, Path, description = "The studio's own name for itself")),
    responses((status = 200, description = "The studio", body = Studio), Refusals))]
async fn read_one(State(server): State<Shared>, InPath(id): InPath<String>, caller: Caller) -> Answered {
    caller.root()?;
    let studio = server.store.studio_named(&id).ok_or_else(|| Problem::not_found("studio"))?;
    answer::ok(&shown(&server, &studio))
}
