//! `/v1/holds/{hold}/capture`: taking what a job really used.

use axum::extract::State;
use scrip_api::hold::{CaptureNew, Captured};
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

/// Charges a hold by outcome, by what was measured or by amount, and gives the rest back.
#[utoipa::path(post, path = "/v1/holds/{hold}/capture", tag = "jobs", operation_id = "capture_hold",
    params(("hold" = String, Path, description = "`hold_…`"), crate::openapi::IdempotencyKey),
    request_body = Option<CaptureNew>,
    responses((status = 200, description = "What was charged and what went back", body = Captured), Refusals))]
pub(crate) async fn create(State(server): State<Shared>, InPath(id): InPath<String>, received: Received) -> Answered {
    let caller = received.caller.with_any(&[Scope::Holds, Scope::Amounts])?;
    let key = received.required_key()?;
    let new: CaptureNew<'_> = received.json()?;
    let (_, target) = hold_target(&id)?;
    let request = received.request(&key, caller.studio, "", "POST /v1/holds/{hold}/capture");
    let ready = acts::capture(&server, caller, &id, &new).await;
    commit::act(&server, caller, target, request, ready, Words::Plain).await
}
