//! `/v1/holds`: credits set aside for a job before it runs.

use axum::extract::State;
use scrip_api::Page;
use scrip_api::hold::{Hold, HoldNew, HoldStatus};
use scrip_api::studio::Scope;
use scrip_ledger::Name;
use scrip_store::HoldFilter;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::acts;
use crate::answer::{self, Answered};
use crate::body::{InPath, InQuery, Received};
use crate::jobs::JobKind;
use crate::openapi::Refusals;
use crate::problem::Problem;
use crate::{Caller, Shared, commit, paging, wire};

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(create, list)).routes(routes!(read))
}

/// Sets credits aside for a job, all of it or nothing.
#[utoipa::path(post, path = "/v1/holds", tag = "jobs", operation_id = "create_hold",
    params(crate::openapi::IdempotencyKey),
    request_body = HoldNew,
    responses((status = 201, description = "The hold", body = Hold), Refusals))]
pub(crate) async fn create(State(server): State<Shared>, received: Received) -> Answered {
    let caller = received.caller.with_any(&[Scope::Holds, Scope::Amounts])?;
    let key = received.required_key()?;
    let new: HoldNew<'_> = received.json()?;
    let request = received.request(&key, caller.studio, &new.customer, "POST /v1/holds");
    commit::priced(&server, caller, request, &new, JobKind::Hold).await
}

/// One hold, ended or not.
#[utoipa::path(get, path = "/v1/holds/{hold}", tag = "jobs", operation_id = "read_hold",
    params(("hold" = String, Path, description = "`hold_…`")),
    responses((status = 200, description = "The hold", body = Hold), Refusals))]
async fn read(State(server): State<Shared>, InPath(id): InPath<String>, caller: Caller) -> Answered {
    let studio = caller.with_any(&[Scope::Read, Scope::Holds, Scope::Amounts])?.studio;
    let (id, _) = acts::hold_target(&id)?;
    let hold = acts::read_hold(&server, studio, id).await?;
    answer::ok(&wire::hold::hold(&hold))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    customer: Option<String>,
    member: Option<String>,
    status: Option<HoldStatus>,
    /// The product's own job id.
    reference: Option<String>,
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Holds, in the order in which they were made.
#[utoipa::path(get, path = "/v1/holds", tag = "jobs", operation_id = "list_holds", params(ListQuery),
    responses((status = 200, description = "A page of holds", body = Page<Hold<'static>>), Refusals))]
async fn list(State(server): State<Shared>, InQuery(query): InQuery<ListQuery>, caller: Caller) -> Answered {
    let studio = caller.with_any(&[Scope::Read, Scope::Holds, Scope::Amounts])?.studio;
    let filter = HoldFilter {
        customer: query.customer.map(Name::from),
        member: query.member.map(Name::from),
        status: query.status.map(wire::hold::status_in),
        reference: query.reference.map(Name::from),
    };
    let part = paging::part(query.limit, query.cursor.as_deref())?;
    let listed = server.store.holds(studio, filter, part).await.map_err(|error| Problem::read("customer", error))?;
    answer::ok(&paging::page(&listed, wire::hold::hold))
}
