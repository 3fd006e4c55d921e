//! `/v1/keys`: secret keys of a studio.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use scrip_api::Page;
use scrip_api::studio::{Key, KeyCreated, KeyNew, Scope};
use scrip_ledger::Name;
use scrip_ledger::id::StudioId;
use scrip_store::{ApiKey, Setting, SettingRequest};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::access::{self, NewKey};
use crate::answer::{self, Answered};
use crate::body::{InPath, InQuery, Received};
use crate::openapi::Refusals;
use crate::paging::PageQuery;
use crate::problem::Problem;
use crate::routes::studios::{answered_before, mode_of, replayed};
use crate::{Caller, Server, Shared, paging, wire};

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(create, list)).routes(routes!(read, revoke))
}

/// Makes a key; its secret is shown once. The root key can make one for the studio that it names.
#[utoipa::path(post, path = "/v1/keys", tag = "studios", operation_id = "create_key",
    request_body = KeyNew,
    responses((status = 201, description = "The key, with its secret", body = KeyCreated), Refusals))]
async fn create(State(server): State<Shared>, received: Received) -> Answered {
    if !matches!(received.caller, Caller::Root) {
        received.caller.with(Scope::Admin)?;
    }
    let new: KeyNew = received.json()?;
    let studio = studio_for(&server, &received.caller, new.studio.as_deref())?;
    let once = received.key()?.and_then(|key| received.request(&key, studio.number, "", "POST /v1/keys"));
    if let Some(before) = answered_before(&server, once, StatusCode::CREATED).await? {
        return Ok(before);
    }
    wire::name("name", &new.name)?;
    if new.scopes.is_empty() {
        return Err(Problem::invalid_input("scopes", "must have at least one scope"));
    }
    let expires_at = new.expires_at.map(wire::timestamp);
    if expires_at.is_some_and(|end| end <= server.store.now(studio.number)) {
        return Err(Problem::invalid_input("expires_at", "must be later than now"));
    }
    let made = NewKey::make(mode_of(&studio))?;
    let key = scrip_store::KeyNew {
        id: made.id,
        name: new.name,
        hash: made.hash,
        scopes: new.scopes.iter().map(|scope| Name::from(scope.as_str())).collect(),
        expires_at,
    };
    let request = once.map(|(key, fingerprint)| SettingRequest {
        key,
        fingerprint,
        reply: Box::new(|key: &ApiKey| serde_json::to_string(&created(key, None)).unwrap_or_default()),
    });
    let made_at = server.store.create_key(studio.number, key, request).await;
    match made_at.map_err(|error| Problem::setting("key", error))? {
        Setting::Done(key) => answer::created(&created(&key, Some(made.secret))),
        Setting::Replayed(body) => Ok(replayed(StatusCode::CREATED, body)),
    }
}

/// The studio that a new key is for: the caller's own; with the root key, the one named.
fn studio_for(server: &Server, caller: &Caller, named: Option<&str>) -> Result<Arc<scrip_store::Studio>, Problem> {
    let found = match (caller, named) {
        (Caller::Root, None) => return Err(Problem::invalid_input("studio", "must be given with the root key")),
        (Caller::Root, Some(named)) => server.store.studio_named(named),
        (_, named) => {
            let own = server.store.studio(caller.key()?.studio);
            own.filter(|own| named.is_none_or(|named| own.id.as_str() == named))
        }
    };
    found.ok_or_else(|| Problem::not_found("studio"))
}

fn created(key: &ApiKey, secret_key: Option<String>) -> KeyCreated {
    KeyCreated {
        id: key.id.to_string(),
        name: key.name.clone(),
        scopes: access::scopes_of(key),
        created_at: wire::instant(key.created_at),
        expires_at: key.expires_at.map(wire::instant),
        secret_key,
    }
}

fn shown(key: &ApiKey) -> Key {
    Key {
        id: key.id.to_string(),
        name: key.name.clone(),
        scopes: access::scopes_of(key),
        created_at: wire::instant(key.created_at),
        expires_at: key.expires_at.map(wire::instant),
        revoked_at: key.revoked_at.map(wire::instant),
    }
}

/// The studio's keys, oldest first, the revoked ones included.
#[utoipa::path(get, path = "/v1/keys", tag = "studios", operation_id = "list_keys", params(PageQuery),
    responses((status = 200, description = "A page of keys", body = Page<Key>), Refusals))]
async fn list(State(server): State<Shared>, InQuery(query): InQuery<PageQuery>, caller: Caller) -> Answered {
    let studio = caller.with(Scope::Admin)?.studio;
    let keys: Vec<Key> = server.store.keys(studio).iter().map(|key| shown(key)).collect();
    answer::ok(&paging::cut(keys, |key| key.id.clone(), query.limit, query.cursor.as_deref())?)
}

fn find(server: &Server, studio: StudioId, id: &str) -> Result<Arc<ApiKey>, Problem> {
    let found = server.store.keys(studio).into_iter().find(|key| key.id.as_str() == id);
    found.ok_or_else(|| Problem::not_found("key"))
}

/// One key, without its secret.
#[utoipa::path(get, path = "/v1/keys/{key}", tag = "studios", operation_id = "read_key",
    params(("key" = String, Path, description = "`key_…`")),
    responses((status = 200, description = "The key", body = Key), Refusals))]
async fn read(State(server): State<Shared>, InPath(id): InPath<String>, caller: Caller) -> Answered {
    let studio = caller.with(Scope::Admin)?.studio;
    answer::ok(&shown(&*find(&server, studio, &id)?))
}

/// Revokes a key at once.
#[utoipa::path(delete, path = "/v1/keys/{key}", tag = "studios", operation_id = "revoke_key",
    params(("key" = String, Path, description = "`key_…`")),
    responses((status = 200, description = "The key, revoked", body = Key), Refusals))]
async fn revoke(State(server): State<Shared>, InPath(id): InPath<String>, received: Received) -> Answered {
    let studio = received.caller.with(Scope::Admin)?.studio;
    let key = find(&server, studio, &id)?;
    let request = received.key()?.map(|key| SettingRequest {
        key: key.scoped(Some(studio), "", "DELETE /v1/keys/{key}"),
        fingerprint: received.fingerprint(),
        reply: Box::new(|key: &ApiKey| serde_json::to_string(&shown(key)).unwrap_or_default()),
    });
    let revoked = server.store.revoke_key(studio, key.id.clone(), request).await;
    match revoked.map_err(|error| Problem::setting("key", error))? {
        Setting::Done(key) => answer::ok(&shown(&key)),
        Setting::Replayed(body) => Ok(replayed(StatusCode::OK, body)),
    }
}
