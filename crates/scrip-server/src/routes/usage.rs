//! `/v1/customers/{customer}/usage`: what was charged, by tool, model, member or day.

use axum::extract::State;
use scrip_api::wallet::{Usage, UsageGroup};
use scrip_ledger::Name;
use scrip_store::ChargeFilter;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::answer::{self, Answered};
use crate::body::{InPath, InQuery};
use crate::openapi::Refusals;
use crate::problem::Problem;
use crate::{Caller, Shared, wire};

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(read))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct UsageQuery {
    /// `tool` unless given.
    group_by: Option<UsageGroup>,
    /// Included.
    from: Option<jiff::Timestamp>,
    /// Not included.
    to: Option<jiff::Timestamp>,
    /// Only this member's.
    member: Option<String>,
}

/// What was charged in a span of time, summed by tool, model, member or day (UTC).
#[utoipa::path(get, path = "/v1/customers/{customer}/usage", tag = "customers", operation_id = "read_usage",
    params(("customer" = String, Path, description = "The product's own name for the customer"), UsageQuery),
    responses((status = 200, description = "Sums", body = Usage), Refusals))]
async fn read(
    State(server): State<Shared>,
    InPath(customer): InPath<String>,
    InQuery(query): InQuery<UsageQuery>,
    caller: Caller,
) -> Answered {
    let studio = caller.reads_customer(&customer)?;
    let group_by = query.group_by.unwrap_or_default();
    let filter = ChargeFilter {
        customer: Some(Name::from(customer)),
        member: query.member.map(Name::from),
        from: query.from.map(wire::timestamp),
        to: query.to.map(wire::timestamp),
        ..ChargeFilter::default()
    };
    let group = match group_by {
        UsageGroup::Tool => scrip_store::UsageGroup::Tool,
        UsageGroup::Model => scrip_store::UsageGroup::Model,
        UsageGroup::Member => scrip_store::UsageGroup::Member,
        UsageGroup::Day => scrip_store::UsageGroup::Day,
    };
    let rows = server.store.usage(studio, filter, group).await;
    let rows = rows.map_err(|error| Problem::read("customer", error))?;
    answer::ok(&Usage {
        group_by,
        from: query.from,
        to: query.to,
        data: rows.iter().map(wire::wallet::usage_row).collect(),
    })
}
