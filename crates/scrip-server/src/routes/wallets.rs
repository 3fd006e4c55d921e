//! `/v1/customers/{customer}/wallet`: what a customer has.

use axum::extract::State;
use scrip_api::wallet::Wallet;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::answer::{self, Answered};
use crate::balance;
use crate::body::{InPath, InQuery};
use crate::openapi::Refusals;
use crate::{Caller, Shared, wire};

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(read))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct WalletQuery {
    /// As it stood at this past instant.
    at: Option<jiff::Timestamp>,
    /// Only what this member can spend.
    member: Option<String>,
}

/// A customer's credits by bucket and grant. A group sees what it can spend, the wallet's root all pools.
#[utoipa::path(get, path = "/v1/customers/{customer}/wallet", tag = "customers", operation_id = "read_wallet",
    params(("customer" = String, Path, description = "The product's own name for the customer"), WalletQuery),
    responses((status = 200, description = "The wallet", body = Wallet), Refusals))]
async fn read(
    State(server): State<Shared>,
    InPath(customer): InPath<String>,
    InQuery(query): InQuery<WalletQuery>,
    caller: Caller,
) -> Answered {
    let studio = caller.reads_customer(&customer)?;
    let member = query.member.as_deref();
    let seen = match query.at {
        None => balance::look(&server, studio, &customer, member).await?,
        Some(at) => balance::look_at(&server, studio, &customer, member, wire::timestamp(at)).await?,
    };
    let version = server.catalogs.in_force(studio, seen.at);
    let catalog = version.as_ref().map(|version| version.catalog()).transpose()?;
    answer::ok(&wire::wallet::wallet(&seen, catalog.map(|catalog| &**catalog)))
}
