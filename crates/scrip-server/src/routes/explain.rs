//! `/v1/customers/{customer}/explain`: the balance as a sum of named lines.

use axum::extract::State;
use scrip_api::wallet::Explanation;
use scrip_catalog::Catalog;
use scrip_store::EntryFilter;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::answer::{self, Answered};
use crate::balance::{self, just_after};
use crate::body::{InPath, InQuery};
use crate::openapi::Refusals;
use crate::problem::Problem;
use crate::wire::{instant, statement, text, timestamp, wallet};
use crate::{Caller, Shared};

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(read))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ExplainQuery {
    /// The balance at this past instant.
    at: Option<jiff::Timestamp>,
}

/// Why the balance is what it is: all entries that changed it, by bucket and kind. The lines sum to `posted`,
/// and `available` is `posted` less `held`.
#[utoipa::path(get, path = "/v1/customers/{customer}/explain", tag = "customers", operation_id = "explain_balance",
    params(("customer" = String, Path, description = "The product's own name for the customer"), ExplainQuery),
    responses((status = 200, description = "The balance, line by line", body = Explanation), Refusals))]
async fn read(
    State(server): State<Shared>,
    InPath(customer): InPath<String>,
    InQuery(query): InQuery<ExplainQuery>,
    caller: Caller,
) -> Answered {
    let studio = caller.reads_customer(&customer)?;
    let seen = balance::look(&server, studio, &customer, None).await?;
    let at = query.at.map_or(seen.at, timestamp);
    if seen.at < at {
        return Err(Problem::invalid_input("at", "must not be later than the studio's now"));
    }
    let filter =
        EntryFilter { to: query.at.map(|_| just_after(at)), pools: seen.shown.pools(), ..EntryFilter::default() };
    let sums = server.store.entry_sums(studio, seen.root().clone(), filter).await;
    let sums = sums.map_err(|error| Problem::read("customer", error))?;
    let version = server.catalogs.in_force(studio, at);
    let catalog = version.as_ref().map(|version| version.catalog()).transpose()?.map(|catalog| &**catalog);
    let buckets: Vec<&str> =
        catalog.map(Catalog::buckets).unwrap_or_default().iter().map(|bucket| bucket.id.as_str()).collect();
    let main = wallet::main_currency(catalog);
    let mut others: Vec<&str> =
        sums.iter().map(|sum| sum.currency.as_str()).filter(|currency| *currency != main).collect();
    others.sort_unstable();
    others.dedup();
    let explained = statement::explanation(&sums, main, &buckets);
    answer::ok(&Explanation {
        customer: text(&seen.customer.id),
        currency: explained.currency,
        at: instant(at),
        lines: explained.lines,
        posted: explained.posted,
        held: explained.held,
        available: explained.available,
        others: others.into_iter().map(|currency| statement::explanation(&sums, currency, &buckets)).collect(),
    })
}
