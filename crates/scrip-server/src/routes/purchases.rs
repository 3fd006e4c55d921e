//! `/v1/customers/{customer}/purchases`: packs that were bought.

use axum::extract::State;
use axum::http::StatusCode;
use scrip_api::Page;
use scrip_api::purchase::{Purchase, PurchaseNew};
use scrip_api::studio::Scope;
use scrip_ledger::grant::GrantKind;
use scrip_ledger::{Act, Name, Reply, command};
use scrip_store::Target;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::answer::{self, Answered};
use crate::body::{InPath, InQuery, Received};
use crate::commit::{commit_plain, job};
use crate::openapi::{IdempotencyKey, Refusals};
use crate::paging::PageQuery;
use crate::problem::Problem;
use crate::{Caller, Shared, bought, paging, wire};

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(create, list))
}

/// A pack was bought: its credits are there at once. Who took the money is not Scrip's matter here.
#[utoipa::path(post, path = "/v1/customers/{customer}/purchases", tag = "plans", operation_id = "create_purchase",
    params(("customer" = String, Path, description = "The product's own name for the customer"), IdempotencyKey),
    request_body = PurchaseNew,
    responses((status = 201, description = "What was bought", body = Purchase), Refusals))]
async fn create(State(server): State<Shared>, InPath(customer): InPath<String>, received: Received) -> Answered {
    let caller = received.caller.with_any(&[Scope::Payments, Scope::Grants])?;
    let key = received.required_key()?;
    let new: PurchaseNew<'_> = received.json()?;
    let customer = wire::name("customer", &customer)?;
    let request = received.request(&key, caller.studio, &customer, "POST /v1/customers/{customer}/purchases");
    let new = command::PurchaseNew {
        customer: customer.clone(),
        pack: wire::name("pack", &new.pack)?,
        paid: new.paid.as_ref().map(|paid| wire::paid("paid", paid)).transpose()?,
        reason: wire::note("reason", new.reason.as_ref())?,
    };
    let act = Act::Purchase(Box::new(new));
    let job = job(caller.studio, Target::Customer(customer.clone()), request, &caller.id, act);
    let done = commit_plain(&server, job).await?;
    let Reply::Granted(granted) = done.reply else {
        return Err(Problem::internal("a pack was bought and something else came back"));
    };
    let purchase = wire::purchase::purchase(&granted, &customer);
    let purchase = purchase.ok_or_else(|| Problem::internal("a pack was bought and brought nothing"))?;
    answer::decided(StatusCode::CREATED, &purchase, done.replayed)
}

/// The packs that a customer bought, oldest first.
#[utoipa::path(get, path = "/v1/customers/{customer}/purchases", tag = "plans", operation_id = "list_purchases",
    params(("customer" = String, Path, description = "The product's own name for the customer"), PageQuery),
    responses((status = 200, description = "A part of the list", body = Page<Purchase>), Refusals))]
async fn list(
    State(server): State<Shared>,
    InPath(customer): InPath<String>,
    InQuery(query): InQuery<PageQuery>,
    caller: Caller,
) -> Answered {
    let studio = caller.reads_customer(&customer)?;
    let customer = Name::from(customer);
    let part = paging::part(query.limit, query.cursor.as_deref())?;
    let listed = bought::bought(&server, studio, Some(&customer), &[GrantKind::Pack, GrantKind::Bonus], part).await?;
    let data = listed.items.iter().filter_map(|item| wire::purchase::purchase(item, &customer)).collect();
    answer::ok(&Page { data, next_cursor: listed.next.as_ref().map(ToString::to_string) })
}
