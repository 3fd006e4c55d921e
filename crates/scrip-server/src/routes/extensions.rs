//! `/v1/holds/{hold}/extend`: a job that takes longer, or costs more, than was thought.

use axum::extract::State;
use scrip_api::hold::{ExtensionNew, Hold};
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

/// Makes a hold live longer, or larger, or both.
#[utoipa::path(post, path = "/v1/holds/{hold}/extend", tag = "jobs", operation_id = "extend_hold",
    params(("hold" = String, Path, description = "`hold_…`"), crate::openapi::IdempotencyKey),
    request_body = ExtensionNew,
    responses((status = 200, description = "The hold", body = Hold), Refusals))]
async fn create(State(server): State<Shared>, InPath(id): InPath<String>, received: Received) -> Answered {
    let caller = received.caller.with_any(&[Scope::Holds, Scope::Amounts])?;
    let key = received.required_key()?;
    let new: ExtensionNew<'_> = received.json()?;
    let (_, target) = hold_target(&id)?;
    let request = received.request(&key, caller.studio, "", "POST /v1/holds/{hold}/extend");
    let ready = acts::extend(&server, caller, &id, &new);
    commit::act(&server, caller, target, request, ready, Words::Plain).await
}
