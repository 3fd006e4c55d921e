//! `/v1/plans`: what is for sale.

use axum::extract::State;
use scrip_api::plan::Offers;
use scrip_api::studio::Scope;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::answer::{self, Answered};
use crate::openapi::Refusals;
use crate::{Caller, Shared, wire};

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(list))
}

/// The plans, add-ons, packs and promotions of the catalog in force, in its order.
#[utoipa::path(get, path = "/v1/plans", tag = "plans", operation_id = "list_plans",
    responses((status = 200, description = "All that is for sale", body = Offers), Refusals))]
async fn list(State(server): State<Shared>, caller: Caller) -> Answered {
    let studio = match &caller {
        Caller::Customer(customer) => customer.studio,
        _ => caller.with_any(&[Scope::Read, Scope::Catalog, Scope::Subscriptions])?.studio,
    };
    let version = server.catalogs.required(studio, server.store.now(studio))?;
    answer::ok(&wire::plan::offers(version.catalog()?, version.number()))
}
