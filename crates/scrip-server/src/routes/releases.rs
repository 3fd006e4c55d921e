//! `/v1/holds/{hold}/release`: giving back what a hold did not use.

use axum::extract::State;
use scrip_api::hold::{Hold, ReleaseNew};
use scrip_api::studio::Scope;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::acts::{self, Words, hold_target};
use crate::answer::Answered;
use crate::body::{InPath, Received};
use crate::openapi::Refusals;
use crate::{Shared, commit};

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(create))
}

/// Gives back all that a hold has left and ends it.
#[utoipa::path(post, path = "/v1/holds/{hold}/release", tag = "jobs", operation_id = "release_hold",
    params(("hold" = String, Path, description = "`hold_…`"), crate::openapi::IdempotencyKey),
    request_body = Option<ReleaseNew>,
    responses((status = 200, description = "The hold, ended", body = Hold), Refusals))]
async fn create(State(server): State<Shared>, InPath(id): InPath<String>, received: Received) -> Answered {
    let caller = received.caller.with(Scope::Holds)?;
    let key = received.required_key()?;
    let new: ReleaseNew<'_> = received.json()?;
    let (_, target) = hold_target(&id)?;
    let request = received.request(&key, caller.studio, "", "POST /v1/holds/{hold}/release");
    let ready = acts::release(caller, &id, &new);
    commit::act(&server, caller, target, request, ready, Words::Plain).await
}
