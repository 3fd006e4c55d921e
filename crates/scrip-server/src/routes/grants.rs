//! `/v1/customers/{customer}/grants`, `/v1/grants`: lots of credits.

use axum::extract::State;
use axum::http::StatusCode;
use scrip_api::Page;
use scrip_api::studio::Scope;
use scrip_api::wallet::{Grant, GrantNew, VoidNew};
use scrip_ledger::id::{GrantId, StudioId};
use scrip_ledger::{Act, Name, Reply, Wallet, grant};
use scrip_store::{GrantFilter, Load, Target};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::acts::{self, Words};
use crate::answer::{self, Answered};
use crate::body::{InPath, InQuery, Received};
use crate::commit::{Done, act, commit_plain, job};
use crate::openapi::Refusals;
use crate::problem::Problem;
use crate::{Caller, Server, Shared, paging, wire};

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(create, list)).routes(routes!(read)).routes(routes!(void))
}

/// Gives a customer credits: goodwill, a purchase that was paid elsewhere, a balance that moves in.
/// Without `expires_at` they never expire.
#[utoipa::path(post, path = "/v1/customers/{customer}/grants", tag = "customers", operation_id = "create_grant",
    params(("customer" = String, Path, description = "The product's own name for the customer"),
        ("Idempotency-Key" = String, Header, description = "Required")),
    request_body = GrantNew,
    responses((status = 201, description = "The grant", body = Grant), Refusals))]
async fn create(State(server): State<Shared>, InPath(customer): InPath<String>, received: Received) -> Answered {
    let caller = received.caller.with(Scope::Grants)?;
    let key = received.required_key()?;
    let new: GrantNew<'_> = received.json()?;
    let target = acts::customer_target("customer", &customer)?;
    let request = received.request(&key, caller.studio, &customer, "POST /v1/customers/{customer}/grants");
    let ready = acts::grant(&server, caller, &customer, &new);
    act(&server, caller, target, request, ready, Words::Grant(Name::from(customer))).await
}

fn answer_of(customer: &Name, done: Done) -> Answered {
    let Reply::Grant(grant) = done.reply else {
        return Err(Problem::internal("a grant was asked for and something else came back"));
    };
    answer::decided(StatusCode::OK, &wire::grant::grant(&grant, customer), done.replayed)
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// Only of this bucket.
    bucket: Option<String>,
    /// Only those with something in them, or owed.
    live: Option<bool>,
    /// 1 to 1000; 50 unless given.
    limit: Option<u32>,
    /// `next_cursor` of the part before.
    cursor: Option<String>,
}

/// A customer's own grants, oldest first, the empty ones included.
#[utoipa::path(get, path = "/v1/customers/{customer}/grants", tag = "customers", operation_id = "list_grants",
    params(("customer" = String, Path, description = "The product's own name for the customer"), ListQuery),
    responses((status = 200, description = "A part of the list", body = Page<Grant>), Refusals))]
async fn list(
    State(server): State<Shared>,
    InPath(customer): InPath<String>,
    InQuery(query): InQuery<ListQuery>,
    caller: Caller,
) -> Answered {
    let studio = caller.reads_customer(&customer)?;
    let part = paging::part(query.limit, query.cursor.as_deref())?;
    let customer = Name::from(customer);
    let see = |wallet: &Wallet, _| wallet.customers.clone();
    let customers = server.store.read(studio, Target::Customer(customer.clone()), Load::nothing(), see).await;
    let customers = customers.map_err(|error| Problem::read("customer", error))?;
    let filter = GrantFilter {
        customer: Some(customer.clone()),
        bucket: query.bucket.map(Name::from),
        live: query.live.unwrap_or(false),
        kinds: Vec::new(),
    };
    let listed = server.store.grants(studio, filter, part).await;
    let listed = listed.map_err(|error| Problem::read("customer", error))?;
    let owner = |grant| wire::wallet::owner(&customers, grant).unwrap_or(&customer);
    answer::ok(&paging::page(&listed, |grant| wire::grant::grant(grant, owner(grant))))
}

/// One grant.
#[utoipa::path(get, path = "/v1/grants/{id}", tag = "customers", operation_id = "read_grant",
    params(("id" = String, Path, description = "`gr_…`")),
    responses((status = 200, description = "The grant", body = Grant), Refusals))]
async fn read(State(server): State<Shared>, InPath(id): InPath<String>, caller: Caller) -> Answered {
    let studio = caller.with_any(&[Scope::Read, Scope::Grants])?.studio;
    let id: GrantId = id.parse().map_err(|_| Problem::not_found("grant"))?;
    let (grant, customer) = found(&server, studio, id).await?;
    answer::ok(&wire::grant::grant(&grant, &customer))
}

/// A grant and whose it is. Refusal: `not_found`.
pub(crate) async fn found(server: &Server, studio: StudioId, id: GrantId) -> Result<(grant::Grant, Name), Problem> {
    let see = move |wallet: &Wallet, _| {
        let grant = wallet.grant(id)?.clone();
        let customer = wire::wallet::owner(&wallet.customers, &grant)?.clone();
        Some((grant, customer))
    };
    let read = server.store.read(studio, Target::Wallet(id.wallet()), Load::grant(id), see).await;
    read.map_err(|error| Problem::read("grant", error))?.ok_or_else(|| Problem::not_found("grant"))
}

/// Takes back what is left of a grant; what is held for running jobs follows when it comes back.
#[utoipa::path(post, path = "/v1/grants/{id}/void", tag = "customers", operation_id = "void_grant",
    params(("id" = String, Path, description = "`gr_…`"),
        ("Idempotency-Key" = String, Header, description = "Required")),
    request_body = VoidNew,
    responses((status = 200, description = "The grant", body = Grant), Refusals))]
async fn void(State(server): State<Shared>, InPath(id): InPath<String>, received: Received) -> Answered {
    let caller = received.caller.with(Scope::Grants)?;
    let key = received.required_key()?;
    let new: VoidNew<'_> = received.json()?;
    let reason = wire::note("reason", new.reason.as_ref())?;
    let id: GrantId = id.parse().map_err(|_| Problem::not_found("grant"))?;
    let (_, customer) = found(&server, caller.studio, id).await?;
    let request = received.request(&key, caller.studio, &customer, "POST /v1/grants/{id}/void");
    let act = Act::VoidGrant { grant: id, reason };
    let job = job(caller.studio, Target::Wallet(id.wallet()), request, &caller.id, act);
    answer_of(&customer, commit_plain(&server, job).await?)
}
