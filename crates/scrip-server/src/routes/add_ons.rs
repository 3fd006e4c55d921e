//! `/v1/customers/{customer}/add-ons`: units bought on top of a plan.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use scrip_api::Page;
use scrip_api::studio::Scope;
use scrip_api::subscription::{AddOn, AddOnNew, Preview};
use scrip_ledger::id::AddOnId;
use scrip_ledger::subscription::Subscription;
use scrip_ledger::{Act, Name};
use scrip_store::Load;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::answer::{self, Answered};
use crate::body::{InPath, InQuery, Received};
use crate::openapi::{IdempotencyKey, Refusals};
use crate::paging::PageQuery;
use crate::problem::Problem;
use crate::routes::subscription_previews;
use crate::subscriptions::{self, Kept};
use crate::{Caller, Shared, paging, wire};

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(create, list)).routes(routes!(preview)).routes(routes!(read, end))
}

/// Buys units on top of a plan: their credits are there at once and expire with the period, at `expires_at`; then
/// they come anew, until the add-on is ended.
#[utoipa::path(post, path = "/v1/customers/{customer}/add-ons", tag = "plans", operation_id = "create_add_on",
    params(("customer" = String, Path, description = "The product's own name for the customer"), IdempotencyKey),
    request_body = AddOnNew,
    responses((status = 201, description = "The add-on", body = AddOn), Refusals))]
async fn create(State(server): State<Shared>, InPath(customer): InPath<String>, received: Received) -> Answered {
    let caller = received.caller.with(Scope::Subscriptions)?;
    let key = received.required_key()?;
    let new: AddOnNew<'_> = received.json()?;
    let customer = wire::name("customer", &customer)?;
    let request = received.request(&key, caller.studio, &customer, "POST /v1/customers/{customer}/add-ons");
    let new = wire::subscription::add_on_new(customer.clone(), &new);
    let act = new.map(|new| Act::BuyAddOn(Box::new(new)));
    subscriptions::act(&server, caller, &customer, request, act, StatusCode::CREATED).await
}

/// What buying units would do, now and at the next renewal; nothing is done.
#[utoipa::path(post, path = "/v1/customers/{customer}/add-ons/preview", tag = "plans", operation_id = "preview_add_on",
    params(("customer" = String, Path, description = "The product's own name for the customer")),
    request_body = AddOnNew,
    responses((status = 200, description = "What would happen", body = Preview), Refusals))]
async fn preview(State(server): State<Shared>, InPath(customer): InPath<String>, received: Received) -> Answered {
    let studio = received.caller.with_any(&[Scope::Subscriptions, Scope::Read])?.studio;
    let new: AddOnNew<'_> = received.json()?;
    let customer = wire::name("customer", &customer)?;
    let act = Act::BuyAddOn(Box::new(wire::subscription::add_on_new(customer.clone(), &new)?));
    subscription_previews::preview(&server, studio, &customer, None, Load::nothing(), act).await
}

/// A customer's add-ons, by subscription, those that have ended included.
#[utoipa::path(get, path = "/v1/customers/{customer}/add-ons", tag = "plans", operation_id = "list_add_ons",
    params(("customer" = String, Path, description = "The product's own name for the customer"), PageQuery),
    responses((status = 200, description = "A part of the list", body = Page<AddOn>), Refusals))]
async fn list(
    State(server): State<Shared>,
    InPath(customer): InPath<String>,
    InQuery(query): InQuery<PageQuery>,
    caller: Caller,
) -> Answered {
    let studio = caller.reads_customer(&customer)?;
    let kept = subscriptions::kept(&server, studio, &Name::from(customer)).await?;
    let id = |add_on: &AddOn<'_>| add_on.id.to_string();
    answer::ok(&paging::cut(all(&kept).collect(), id, query.limit, query.cursor.as_deref())?)
}

fn all(kept: &Kept) -> impl Iterator<Item = AddOn<'_>> {
    fn of(one: &Arc<Subscription>) -> impl Iterator<Item = AddOn<'_>> {
        one.add_ons.iter().map(|unit| wire::subscription::add_on(one, unit))
    }
    kept.subscriptions.iter().flat_map(of)
}

/// One add-on.
#[utoipa::path(get, path = "/v1/customers/{customer}/add-ons/{id}", tag = "plans", operation_id = "read_add_on",
    params(("customer" = String, Path, description = "The product's own name for the customer"),
        ("id" = String, Path, description = "`add_…`")),
    responses((status = 200, description = "The add-on", body = AddOn), Refusals))]
async fn read(
    State(server): State<Shared>,
    InPath((customer, id)): InPath<(String, String)>,
    caller: Caller,
) -> Answered {
    let studio = caller.reads_customer(&customer)?;
    let kept = subscriptions::kept(&server, studio, &Name::from(customer)).await?;
    let found = all(&kept).find(|add_on| add_on.id.as_str() == id);
    answer::ok(&found.ok_or_else(|| Problem::not_found("add_on"))?)
}

/// Ends an add-on with its period: its credits stay until then.
#[utoipa::path(delete, path = "/v1/customers/{customer}/add-ons/{id}", tag = "plans", operation_id = "end_add_on",
    params(("customer" = String, Path, description = "The product's own name for the customer"),
        ("id" = String, Path, description = "`add_…`")),
    responses((status = 200, description = "The add-on", body = AddOn), Refusals))]
async fn end(
    State(server): State<Shared>,
    InPath((customer, id)): InPath<(String, String)>,
    received: Received,
) -> Answered {
    let caller = received.caller.with(Scope::Subscriptions)?;
    let customer = Name::from(customer);
    const ROUTE: &str = "DELETE /v1/customers/{customer}/add-ons/{id}";
    let request = received.key()?.and_then(|key| received.request(&key, caller.studio, &customer, ROUTE));
    let kept = subscriptions::kept(&server, caller.studio, &customer).await?;
    let missing = || Problem::not_found("add_on");
    let has = |id: &AddOnId| kept.subscriptions.iter().any(|one| one.add_ons.iter().any(|unit| unit.id == *id));
    let found = id.parse::<AddOnId>().ok().filter(has).ok_or_else(missing);
    let act = found.map(|add_on| Act::EndAddOn { add_on });
    subscriptions::act(&server, caller, &customer, request, act, StatusCode::OK).await
}
