//! `/v1/catalog`: prices, plans and policies, in versions that never change.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode};
use scrip_api::catalog::{CatalogChange, CatalogChangeKind, CatalogPublished, CatalogVersion, Severity};
use scrip_api::studio::Scope;
use scrip_api::{Code, Page, catalog as api};
use scrip_catalog::{Catalog, ChangeKind, Diagnostic};
use scrip_ledger::book::Terms;
use scrip_ledger::{Name, Timestamp};
use scrip_store::{CatalogFormat, CatalogNew, GrantFilter, Setting, SettingError, SettingRequest, SubscriptionFilter};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::access::KeyCaller;
use crate::answer::{self, Answered};
use crate::body::{InPath, InQuery, LARGE_BODY_MAX, Received};
use crate::catalogs::{self, Version};
use crate::openapi::Refusals;
use crate::paging::PageQuery;
use crate::problem::Problem;
use crate::routes::studios::{answered_before, replayed};
use crate::{Caller, Server, Shared, paging, wire};

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(publish, list)).routes(routes!(in_force)).routes(routes!(read))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct PublishQuery {
    /// Checks the catalog and says what it would change, and publishes nothing.
    dry_run: Option<bool>,
    /// Now by default, and not before the studio's now.
    effective_at: Option<jiff::Timestamp>,
}

/// Checks a catalog and publishes it as the studio's next version.
#[utoipa::path(post, path = "/v1/catalog/versions", tag = "catalog", operation_id = "publish_catalog",
    params(PublishQuery),
    request_body(description = "The catalog file", content(
        (String = "application/toml"), (serde_json::Value = "application/json"))),
    responses((status = 201, description = "The new version", body = CatalogPublished),
        (status = 200, description = "Of a dry run: what would be published", body = CatalogPublished), Refusals))]
async fn publish(
    State(server): State<Shared>,
    InQuery(query): InQuery<PublishQuery>,
    received: Received<LARGE_BODY_MAX>,
) -> Answered {
    let caller = received.caller.with(Scope::Catalog)?;
    let source = std::str::from_utf8(&received.bytes)
        .map_err(|_| Problem::new(Code::InvalidJson, "the catalog is not UTF-8"))?;
    let format = format_of(received.content_type.as_ref(), source);
    if query.dry_run.unwrap_or(false) {
        let draft = Draft::check(&server, caller, format, source, query.effective_at).await?;
        return answer::ok(&draft.dry_run(&server, caller));
    }
    let once = received.key()?.and_then(|key| received.request(&key, caller.studio, "", "POST /v1/catalog/versions"));
    if let Some(before) = answered_before(&server, once, StatusCode::CREATED).await? {
        return Ok(before);
    }
    let draft = Draft::check(&server, caller, format, source, query.effective_at).await?;
    let Draft { effective_at, terms, warnings, diff } = draft;
    let told = (warnings.clone(), diff.clone());
    let request = once.map(|(key, fingerprint)| SettingRequest {
        key,
        fingerprint,
        reply: Box::new(move |version: &scrip_store::CatalogVersion| {
            serde_json::to_string(&published(version, told.0, told.1)).unwrap_or_default()
        }),
    });
    let asked_at = query.effective_at.map(|_| effective_at);
    let new = CatalogNew { effective_at: asked_at, format, source: source.into(), terms };
    let made = server.store.publish_catalog(caller.studio, new, request).await;
    match made.map_err(|error| Problem::setting("studio", error))? {
        Setting::Done(version) => {
            server.catalogs.refresh(&server.store, caller.studio);
            answer::created(&published(&version, warnings, diff))
        }
        Setting::Replayed(body) => Ok(replayed(StatusCode::CREATED, body)),
    }
}

/// TOML, unless it says that it is JSON or looks like it.
fn format_of(content_type: Option<&HeaderValue>, source: &str) -> CatalogFormat {
    let says = content_type.and_then(|value| value.to_str().ok()).unwrap_or("");
    let says = says.split(';').next().unwrap_or("").trim();
    match says {
        "application/toml" | "text/toml" => CatalogFormat::Toml,
        "application/json" => CatalogFormat::Json,
        _ if source.trim_start().starts_with('{') => CatalogFormat::Json,
        _ => CatalogFormat::Toml,
    }
}

/// A catalog that may be published.
struct Draft {
    effective_at: Timestamp,
    /// What it sells and grants; the store gives them their number.
    terms: Terms,
    warnings: Vec<api::Diagnostic>,
    diff: Vec<CatalogChange>,
}

impl Draft {
    /// Refusals: `invalid_catalog` with all mistakes; `invalid_input` (`effective_at`).
    async fn check(
        server: &Server,
        caller: &KeyCaller,
        format: CatalogFormat,
        source: &str,
        effective_at: Option<jiff::Timestamp>,
    ) -> Result<Draft, Problem> {
        let checked =
            catalogs::parse(format, source).map_err(|found| invalid(found.iter().map(diagnostic).collect()))?;
        let now = server.store.now(caller.studio);
        let effective_at = effective_at.map_or(now, wire::timestamp);
        if effective_at < now {
            return Err(Problem::setting("catalog", SettingError::EffectiveInPast { now }));
        }
        let mut mistakes = missing_zone(&checked.catalog);
        mistakes.extend(still_held(server, caller, &checked.catalog).await?);
        mistakes.extend(still_subscribed(server, caller, &checked.catalog).await?);
        if !mistakes.is_empty() {
            return Err(invalid(mistakes));
        }
        let before = server.catalogs.in_force(caller.studio, effective_at);
        let diff = match &before {
            Some(before) => checked.catalog.diff(before.catalog()?).into_iter().map(change).collect(),
            None => Vec::new(),
        };
        let terms = checked.catalog.terms(0, effective_at);
        Ok(Draft { effective_at, terms, warnings: checked.warnings.iter().map(diagnostic).collect(), diff })
    }

    fn dry_run(self, server: &Server, caller: &KeyCaller) -> CatalogPublished {
        let versions = server.catalogs.versions(caller.studio);
        CatalogPublished {
            version: versions.last().map_or(0, |last| last.number()) + 1,
            effective_at: wire::instant(self.effective_at),
            dry_run: true,
            warnings: self.warnings,
            diff: self.diff,
        }
    }
}

fn invalid(diagnostics: Vec<api::Diagnostic>) -> Problem {
    let errors = diagnostics.iter().filter(|found| found.severity == Severity::Error).count();
    let detail = match errors {
        1 => "the catalog has a mistake; nothing was published".to_owned(),
        _ => format!("the catalog has {errors} mistakes; nothing was published"),
    };
    Problem::new(Code::InvalidCatalog, detail).with_diagnostics(diagnostics)
}

pub(crate) fn diagnostic(found: &Diagnostic) -> api::Diagnostic {
    api::Diagnostic {
        severity: match found.severity {
            scrip_catalog::Severity::Error => Severity::Error,
            scrip_catalog::Severity::Warning => Severity::Warning,
        },
        line: found.line,
        column: found.column,
        path: found.path.clone(),
        message: found.message.clone(),
        help: found.help.clone(),
    }
}

/// A mistake that only the server can see: it is not at one place of the file.
fn mistake(path: String, message: String, help: &str) -> api::Diagnostic {
    api::Diagnostic { severity: Severity::Error, line: 1, column: 1, path, message, help: Some(help.to_owned()) }
}

fn missing_zone(catalog: &Catalog) -> Vec<api::Diagnostic> {
    let zone = &catalog.studio().zone;
    if catalogs::is_zone(zone) {
        return Vec::new();
    }
    let message = format!("there is no time zone \"{zone}\"");
    vec![mistake("studio.zone".to_owned(), message, "use a name of the IANA database, such as Europe/Vienna")]
}

/// Buckets of earlier versions that are gone from this one although customers still hold credits in them.
async fn still_held(server: &Server, caller: &KeyCaller, new: &Catalog) -> Result<Vec<api::Diagnostic>, Problem> {
    let mut gone: Vec<Name> = Vec::new();
    for version in server.catalogs.versions(caller.studio).iter() {
        for bucket in new.removed_ids(version.catalog()?).buckets {
            if !gone.contains(&bucket) {
                gone.push(bucket);
            }
        }
    }
    let mut mistakes = Vec::new();
    for bucket in gone {
        let filter = GrantFilter { bucket: Some(bucket.clone()), live: true, ..GrantFilter::default() };
        let held = server.store.grants(caller.studio, filter, scrip_store::Page::first(1)).await;
        if !held.map_err(|error| Problem::read("bucket", error))?.items.is_empty() {
            let message = format!("bucket \"{bucket}\" is gone, but customers still hold credits in it");
            mistakes.push(mistake(format!("bucket.{bucket}"), message, "keep it, with retired = true"));
        }
    }
    Ok(mistakes)
}

/// Plans and add-ons of earlier versions that are gone from this one although customers still have them. What was
/// granted from a pack stays whatever becomes of the pack: only its bucket must stay.
async fn still_subscribed(server: &Server, caller: &KeyCaller, new: &Catalog) -> Result<Vec<api::Diagnostic>, Problem> {
    let (mut plans, mut add_ons): (Vec<Name>, Vec<Name>) = (Vec::new(), Vec::new());
    for version in server.catalogs.versions(caller.studio).iter() {
        let removed = new.removed_ids(version.catalog()?);
        plans.extend(removed.plans);
        add_ons.extend(removed.add_ons);
    }
    for ids in [&mut plans, &mut add_ons] {
        ids.sort();
        ids.dedup();
    }
    let mut mistakes = Vec::new();
    if plans.is_empty() && add_ons.is_empty() {
        return Ok(mistakes);
    }
    let mut page = scrip_store::Page::first(1_000);
    loop {
        let filter = SubscriptionFilter { live: true, ..SubscriptionFilter::default() };
        let listed = server.store.subscriptions(caller.studio, filter, page).await;
        let listed = listed.map_err(|error| Problem::read("plan", error))?;
        for subscription in &listed.items {
            let has = |id: &Name| {
                let mut units = subscription.add_ons.iter().filter(|unit| unit.ended_at.is_none());
                units.any(|unit| unit.terms.id == *id)
            };
            if let Some(index) = plans.iter().position(|id| *id == subscription.plan.id) {
                mistakes.push(still_had("plan", &plans.swap_remove(index)));
            }
            if let Some(index) = add_ons.iter().position(has) {
                mistakes.push(still_had("add_on", &add_ons.swap_remove(index)));
            }
        }
        match listed.next {
            Some(next) => page = scrip_store::Page::after(1_000, next),
            None => return Ok(mistakes),
        }
    }
}

fn still_had(kind: &str, id: &str) -> api::Diagnostic {
    let message = format!("{} \"{id}\" is gone, but customers still have it", kind.replace('_', "-"));
    mistake(format!("{kind}.{id}"), message, "keep it, with retired = true")
}

fn change(change: scrip_catalog::Change) -> CatalogChange {
    CatalogChange {
        path: change.path,
        kind: match change.kind {
            ChangeKind::Added => CatalogChangeKind::Added,
            ChangeKind::Removed => CatalogChangeKind::Removed,
            ChangeKind::Changed => CatalogChangeKind::Changed,
        },
        old: change.old,
        new: change.new,
    }
}

fn published(
    version: &scrip_store::CatalogVersion,
    warnings: Vec<api::Diagnostic>,
    diff: Vec<CatalogChange>,
) -> CatalogPublished {
    CatalogPublished {
        version: version.number,
        effective_at: wire::instant(version.effective_at),
        dry_run: false,
        warnings,
        diff,
    }
}

/// A catalog as it is shown: its number, since when it is in force, and all that it says.
#[derive(Serialize, ToSchema)]
struct CatalogShown {
    version: u32,
    effective_at: jiff::Timestamp,
    /// `studio`, `buckets`, `tools` with their `models` and `inputs`, `plans`, `add_ons`, `packs`, …
    #[serde(flatten)]
    #[schema(value_type = Object)]
    catalog: serde_json::Value,
}

fn shown(version: &Version) -> Result<CatalogShown, Problem> {
    Ok(CatalogShown {
        version: version.number(),
        effective_at: wire::instant(version.published.effective_at),
        catalog: version.catalog()?.to_json(),
    })
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct InForceQuery {
    /// In force then, and not now.
    at: Option<jiff::Timestamp>,
}

/// The catalog in force.
#[utoipa::path(get, path = "/v1/catalog", tag = "catalog", operation_id = "read_catalog_in_force",
    params(InForceQuery),
    responses((status = 200, description = "The catalog", body = CatalogShown), Refusals))]
async fn in_force(State(server): State<Shared>, InQuery(query): InQuery<InForceQuery>, caller: Caller) -> Answered {
    let studio = caller.key()?.studio;
    let at = query.at.map_or_else(|| server.store.now(studio), wire::timestamp);
    let version = server.catalogs.in_force(studio, at).ok_or_else(|| Problem::not_found("catalog"))?;
    answer::ok(&shown(&version)?)
}

/// The versions that were published, oldest first.
#[utoipa::path(get, path = "/v1/catalog/versions", tag = "catalog", operation_id = "list_catalog_versions",
    params(PageQuery),
    responses((status = 200, description = "A page of versions", body = Page<CatalogVersion>), Refusals))]
async fn list(State(server): State<Shared>, InQuery(query): InQuery<PageQuery>, caller: Caller) -> Answered {
    let studio = caller.key()?.studio;
    let in_force = server.catalogs.in_force(studio, server.store.now(studio)).map(|version| version.number());
    let shown = |version: &Arc<Version>| CatalogVersion {
        version: version.number(),
        effective_at: wire::instant(version.published.effective_at),
        published_at: wire::instant(version.published.created_at),
        in_force: in_force == Some(version.number()),
    };
    let versions: Vec<CatalogVersion> = server.catalogs.versions(studio).iter().map(shown).collect();
    let page = paging::cut(versions, |version| version.version.to_string(), query.limit, query.cursor.as_deref())?;
    answer::ok(&page)
}

/// A version, with the file as it was published.
#[derive(Serialize, ToSchema)]
struct VersionShown {
    #[serde(flatten)]
    catalog: CatalogShown,
    published_at: jiff::Timestamp,
    /// `toml` or `json`.
    format: &'static str,
    /// The file, byte for byte.
    source: String,
}

/// One version.
#[utoipa::path(get, path = "/v1/catalog/versions/{version}", tag = "catalog", operation_id = "read_catalog_version",
    params(("version" = u32, Path, description = "Its number")),
    responses((status = 200, description = "The version", body = VersionShown), Refusals))]
async fn read(State(server): State<Shared>, InPath(number): InPath<String>, caller: Caller) -> Answered {
    let studio = caller.key()?.studio;
    let missing = || Problem::not_found("catalog_version");
    let number: u32 = number.parse().map_err(|_| missing())?;
    let version = server.catalogs.version(studio, number).ok_or_else(missing)?;
    answer::ok(&VersionShown {
        catalog: shown(&version)?,
        published_at: wire::instant(version.published.created_at),
        format: version.published.format.as_str(),
        source: version.published.source.to_string(),
    })
}
