//! `/v1/test-clock`: a test studio's own time.

use axum::extract::State;
use axum::http::StatusCode;
use scrip_api::studio::{Scope, TestClock, TestClockNew};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::answer::{self, Answered};
use crate::body::Received;
use crate::openapi::Refusals;
use crate::problem::Problem;
use crate::routes::studios::{answered_before, remember};
use crate::{Caller, Shared, wire};

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(set, read))
}

/// Moves a test studio's time forward. From the first call on it stands still between calls; the first may set
/// any instant while the studio has no customers. What the move makes due has happened when the answer comes.
#[utoipa::path(post, path = "/v1/test-clock", tag = "studios", operation_id = "set_test_clock",
    request_body = TestClockNew,
    responses((status = 200, description = "The studio's time", body = TestClock), Refusals))]
async fn set(State(server): State<Shared>, received: Received) -> Answered {
    let studio = received.caller.with(Scope::Admin)?.studio;
    let new: TestClockNew = received.json()?;
    let once = received.key()?.and_then(|key| received.request(&key, studio, "", "POST /v1/test-clock"));
    if let Some(before) = answered_before(&server, once, StatusCode::OK).await? {
        return Ok(before);
    }
    let now = server.store.set_test_clock(studio, wire::timestamp(new.now)).await.map_err(Problem::clock)?;
    let clock = TestClock { now: wire::instant(now) };
    remember(&server, once, &clock).await?;
    answer::ok(&clock)
}

/// The studio's time.
#[utoipa::path(get, path = "/v1/test-clock", tag = "studios", operation_id = "read_test_clock",
    responses((status = 200, description = "The studio's time", body = TestClock), Refusals))]
async fn read(State(server): State<Shared>, caller: Caller) -> Answered {
    let studio = caller.with_any(&[Scope::Read, Scope::Admin])?.studio;
    answer::ok(&TestClock { now: wire::instant(server.store.now(studio)) })
}
