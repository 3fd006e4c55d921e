//! `/v1/customers/{customer}/entries`: the permanent record of a customer's credits.

use axum::extract::State;
use scrip_api::Page;
use scrip_api::wallet::Entry;
use scrip_ledger::Name;
use scrip_store::EntryFilter;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::answer::{self, Answered};
use crate::body::{InPath, InQuery};
use crate::openapi::Refusals;
use crate::problem::Problem;
use crate::{Caller, Shared, paging, wire};

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(list))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct EntriesQuery {
    /// Included.
    from: Option<jiff::Timestamp>,
    /// Not included.
    to: Option<jiff::Timestamp>,
    /// 1 to 1000; 50 unless given.
    limit: Option<u32>,
    /// `next_cursor` of the part before.
    cursor: Option<String>,
}

/// Every movement of a customer's credits, in order; of the whole wallet for its root. Each entry's `hash`
/// covers the one before, so that a wallet's entries can be proven whole.
#[utoipa::path(get, path = "/v1/customers/{customer}/entries", tag = "customers", operation_id = "list_entries",
    params(("customer" = String, Path, description = "The product's own name for the customer"), EntriesQuery),
    responses((status = 200, description = "A part of the list", body = Page<Entry>), Refusals))]
async fn list(
    State(server): State<Shared>,
    InPath(customer): InPath<String>,
    InQuery(query): InQuery<EntriesQuery>,
    caller: Caller,
) -> Answered {
    let studio = caller.reads_customer(&customer)?;
    let part = paging::part(query.limit, query.cursor.as_deref())?;
    let filter = EntryFilter {
        from: query.from.map(wire::timestamp),
        to: query.to.map(wire::timestamp),
        ..EntryFilter::default()
    };
    let listed = server.store.entries(studio, Name::from(customer), filter, part).await;
    let listed = listed.map_err(|error| Problem::read("customer", error))?;
    answer::ok(&paging::page(&listed, wire::wallet::entry))
}
