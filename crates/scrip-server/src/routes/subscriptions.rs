//! `/v1/customers/{customer}/subscriptions`: running plans. `…/subscription` is short for the only one.

use axum::extract::State;
use axum::http::StatusCode;
use scrip_api::Page;
use scrip_api::studio::Scope;
use scrip_api::subscription::{Subscription, SubscriptionChange, SubscriptionNew};
use scrip_ledger::id::StudioId;
use scrip_ledger::{Act, Name};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::answer::{self, Answered};
use crate::body::{InPath, InQuery, Received};
use crate::openapi::{IdempotencyKey, Refusals};
use crate::paging::PageQuery;
use crate::subscriptions::{self, Meant};
use crate::wire::next_charge::Prices;
use crate::{Caller, Server, Shared, paging, wire};

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    let each = OpenApiRouter::new().routes(routes!(create, list)).routes(routes!(read, change));
    each.routes(routes!(read_only, change_only))
}

/// Starts a plan, now or later, and grants what its first cycle promises.
#[utoipa::path(post, path = "/v1/customers/{customer}/subscriptions", tag = "plans",
    operation_id = "create_subscription",
    params(("customer" = String, Path, description = "The product's own name for the customer"), IdempotencyKey),
    request_body = SubscriptionNew,
    responses((status = 201, description = "The subscription", body = Subscription), Refusals))]
async fn create(State(server): State<Shared>, InPath(customer): InPath<String>, received: Received) -> Answered {
    let caller = received.caller.with(Scope::Subscriptions)?;
    let key = received.required_key()?;
    let new: SubscriptionNew<'_> = received.json()?;
    let customer = wire::name("customer", &customer)?;
    let request = received.request(&key, caller.studio, &customer, "POST /v1/customers/{customer}/subscriptions");
    let new = wire::subscription::subscription_new(customer.clone(), &new);
    let act = new.map(|new| Act::Subscribe(Box::new(new)));
    subscriptions::act(&server, caller, &customer, request, act, StatusCode::CREATED).await
}

/// A customer's subscriptions, oldest first, those that have ended included.
#[utoipa::path(get, path = "/v1/customers/{customer}/subscriptions", tag = "plans",
    operation_id = "list_subscriptions",
    params(("customer" = String, Path, description = "The product's own name for the customer"), PageQuery),
    responses((status = 200, description = "A part of the list", body = Page<Subscription>), Refusals))]
async fn list(
    State(server): State<Shared>,
    InPath(customer): InPath<String>,
    InQuery(query): InQuery<PageQuery>,
    caller: Caller,
) -> Answered {
    let studio = caller.reads_customer(&customer)?;
    let customer = Name::from(customer);
    let kept = subscriptions::kept(&server, studio, &customer).await?;
    let prices = Prices { book: &*server.store.book(studio)?, contracts: &kept.contracts };
    let shown = kept.subscriptions.iter().map(|one| wire::subscription::subscription(one, &customer, &prices));
    let id = |subscription: &Subscription<'_>| subscription.id.to_string();
    answer::ok(&paging::cut(shown.collect(), id, query.limit, query.cursor.as_deref())?)
}

/// One subscription.
#[utoipa::path(get, path = "/v1/customers/{customer}/subscriptions/{id}", tag = "plans",
    operation_id = "read_subscription",
    params(("customer" = String, Path, description = "The product's own name for the customer"),
        ("id" = String, Path, description = "`sub_…`")),
    responses((status = 200, description = "The subscription", body = Subscription), Refusals))]
async fn read(
    State(server): State<Shared>,
    InPath((customer, id)): InPath<(String, String)>,
    caller: Caller,
) -> Answered {
    let studio = caller.reads_customer(&customer)?;
    shown(&server, studio, Name::from(customer), Meant::Id(&id)).await
}

/// The customer's only subscription.
#[utoipa::path(get, path = "/v1/customers/{customer}/subscription", tag = "plans",
    operation_id = "read_only_subscription",
    params(("customer" = String, Path, description = "The product's own name for the customer")),
    responses((status = 200, description = "The subscription", body = Subscription), Refusals))]
async fn read_only(State(server): State<Shared>, InPath(customer): InPath<String>, caller: Caller) -> Answered {
    let studio = caller.reads_customer(&customer)?;
    shown(&server, studio, Name::from(customer), Meant::Only).await
}

async fn shown(server: &Server, studio: StudioId, customer: Name, meant: Meant<'_>) -> Answered {
    let kept = subscriptions::kept(server, studio, &customer).await?;
    let prices = Prices { book: &*server.store.book(studio)?, contracts: &kept.contracts };
    answer::ok(&wire::subscription::subscription(kept.meant(meant)?, &customer, &prices))
}

/// Changes plan, interval or seats, or takes a cancellation back. When each takes effect is the catalog's policy;
/// `…/preview` says it before.
#[utoipa::path(patch, path = "/v1/customers/{customer}/subscriptions/{id}", tag = "plans",
    operation_id = "change_subscription",
    params(("customer" = String, Path, description = "The product's own name for the customer"),
        ("id" = String, Path, description = "`sub_…`")),
    request_body = SubscriptionChange,
    responses((status = 200, description = "The subscription, changed", body = Subscription), Refusals))]
async fn change(
    State(server): State<Shared>,
    InPath((customer, id)): InPath<(String, String)>,
    received: Received,
) -> Answered {
    const ROUTE: &str = "PATCH /v1/customers/{customer}/subscriptions/{id}";
    changed(&server, &received, &customer, Meant::Id(&id), ROUTE).await
}

/// Changes the customer's only subscription.
#[utoipa::path(patch, path = "/v1/customers/{customer}/subscription", tag = "plans",
    operation_id = "change_only_subscription",
    params(("customer" = String, Path, description = "The product's own name for the customer")),
    request_body = SubscriptionChange,
    responses((status = 200, description = "The subscription, changed", body = Subscription), Refusals))]
async fn change_only(State(server): State<Shared>, InPath(customer): InPath<String>, received: Received) -> Answered {
    const ROUTE: &str = "PATCH /v1/customers/{customer}/subscription";
    changed(&server, &received, &customer, Meant::Only, ROUTE).await
}

async fn changed(server: &Server, received: &Received, customer: &str, meant: Meant<'_>, route: &str) -> Answered {
    let caller = received.caller.with(Scope::Subscriptions)?;
    let change: SubscriptionChange<'_> = received.json()?;
    let change = wire::subscription::change_in(&change)?;
    let customer = Name::from(customer);
    let request = received.key()?.and_then(|key| received.request(&key, caller.studio, &customer, route));
    let kept = subscriptions::kept(server, caller.studio, &customer).await?;
    let found = kept.meant(meant).map(|found| found.id);
    let act = found.map(|subscription| Act::ChangeSubscription { subscription, change });
    subscriptions::act(server, caller, &customer, request, act, StatusCode::OK).await
}
