//! `/v1/customers/{customer}/affordability`: what the balance buys (MISSION S2-16 to S2-19).

use axum::extract::State;
use scrip_api::wallet::{Affordability, Affordable};
use scrip_api::{Code, Text};
use scrip_catalog::{Catalog, Facts, Tool};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::answer::{self, Answered};
use crate::body::{InPath, InQuery};
use crate::openapi::Refusals;
use crate::problem::Problem;
use crate::wire::text;
use crate::{Caller, Shared, balance, paging};

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(read))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct AffordabilityQuery {
    /// Only these tools, between commas.
    tools: Option<String>,
    /// With what this member can spend.
    member: Option<String>,
}

/// What the balance buys of each tool that is enabled for the customer, rounded down to what can be spent.
#[utoipa::path(get, path = "/v1/customers/{customer}/affordability", tag = "customers",
    operation_id = "read_affordability",
    params(("customer" = String, Path, description = "The product's own name for the customer"), AffordabilityQuery),
    responses((status = 200, description = "A quantity for each tool and model", body = Affordability), Refusals))]
async fn read(
    State(server): State<Shared>,
    InPath(customer): InPath<String>,
    InQuery(query): InQuery<AffordabilityQuery>,
    caller: Caller,
) -> Answered {
    let studio = caller.reads_customer(&customer)?;
    let seen = balance::look(&server, studio, &customer, query.member.as_deref()).await?;
    let version = server.catalogs.required(studio, seen.at)?;
    let catalog = version.catalog()?;
    let asked = query.tools.as_deref().map(|tools| paging::names("tools", tools)).transpose()?;
    if let Some(unknown) = asked.iter().flatten().find(|id| catalog.tool(id).is_none()) {
        return Err(unknown_tool(catalog, unknown));
    }
    let enabled = |tool: &&Tool| {
        let is_asked = asked.as_ref().is_none_or(|asked| asked.contains(&tool.id.as_str()));
        is_asked && seen.enables(&tool.id, catalog.without_plan())
    };
    let tools: Vec<&str> = catalog.tools().iter().filter(enabled).map(|tool| tool.id.as_str()).collect();
    let book = server.store.book(studio)?;
    let available = |tool: &Tool| match book.at(seen.at) {
        Some(terms) => seen.may_spend_on(&tool.id, &tool.currency, terms),
        None => seen.available_for(&tool.id, &tool.currency, catalog.spending()),
    };
    let facts = Facts { plan: seen.plan(), ..Facts::clone(&*version.facts(seen.at)?) };
    let bought = catalog.affordability_with(available, Some(&tools), Some(&facts));
    answer::ok(&Affordability { data: bought.iter().map(shown).collect(), catalog_version: version.number() })
}

fn unknown_tool(catalog: &Catalog, id: &str) -> Problem {
    let known = catalog.tools().iter().map(|tool| tool.id.as_str());
    Problem::new(Code::UnknownTool, format!("the catalog has no tool `{id}`")).with_input("tools").with_names(known)
}

fn shown(bought: &scrip_catalog::Affordable) -> Affordable<'_> {
    Affordable {
        tool: text(&bought.tool),
        model: bought.model.as_ref().map(text),
        unit: Text::new(&bought.unit),
        quantity: bought.quantity.as_deref().map(Text::new),
    }
}
