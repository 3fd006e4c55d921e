//! `/healthz`, `/readyz`: is the process alive, and does its store answer?

use std::time::Duration;

use axum::extract::State;
use scrip_api::Code;
use scrip_ledger::Wallet;
use scrip_ledger::id::{StudioId, WalletId};
use scrip_store::{Load, ReadError, Target};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Shared;
use crate::answer::{self, Answered};
use crate::problem::Problem;

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(alive)).routes(routes!(ready))
}

#[derive(Serialize, ToSchema)]
struct Health {
    /// Always `ok`.
    status: &'static str,
}

/// The writer answers within this, or is stuck.
const READY_WITHIN: Duration = Duration::from_secs(2);

/// The process lives.
#[utoipa::path(get, path = "/healthz", tag = "operations", operation_id = "is_alive", security(()),
    responses((status = 200, description = "It does", body = Health)))]
async fn alive() -> Answered {
    answer::ok(&Health { status: "ok" })
}

/// The store reads and writes.
#[utoipa::path(get, path = "/readyz", tag = "operations", operation_id = "is_ready", security(()),
    responses((status = 200, description = "It does", body = Health),
        (status = 503, description = "It doesn't, or takes too long", body = scrip_api::Problem,
            content_type = "application/problem+json")))]
async fn ready(State(server): State<Shared>) -> Answered {
    // A wallet that is nobody's: the writer has to take the question to find that out.
    let nobody = Target::Wallet(WalletId::new(0).ok_or_else(|| Problem::internal("zero is a number"))?);
    let asked = server.store.read(StudioId(u32::MAX), nobody, Load::nothing(), |_: &Wallet, _| ());
    match tokio::time::timeout(READY_WITHIN, asked).await {
        Ok(Ok(()) | Err(ReadError::NotFound)) => answer::ok(&Health { status: "ok" }),
        Ok(Err(error)) => Err(Problem::read("store", error)),
        Err(_) => Err(Problem::new(Code::Busy, "the writer has not answered for two seconds")),
    }
}
