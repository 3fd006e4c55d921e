//! `/v1/customers/{customer}/purchases`: packs that were bought.

use axum::extract::State;
use axum::http::StatusCode;
use scrip_api::Page;
use scrip_api::purchase::{Purchase, PurchaseNew, Reversal, ReversalNew};
use scrip_api::studio::Scope;
use scrip_api::subscription::Preview;
use scrip_ledger::grant::GrantKind;
use scrip_ledger::id::{GrantId, StudioId};
use scrip_ledger::reversal::bonus_of;
use scrip_ledger::{Act, Name, Reply, command};
use scrip_store::{Load, Target};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::answer::{self, Answered};
use crate::body::{InPath, InQuery, Received};
use crate::commit::{commit_plain, job};
use crate::openapi::{IdempotencyKey, Refusals};
use crate::paging::PageQuery;
use crate::problem::Problem;
use crate::routes::{grants, subscription_previews};
use crate::{Caller, Server, Shared, bought, paging, wire};

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(create, list)).routes(routes!(reverse)).routes(routes!(preview))
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

/// The money that was paid for a pack went back, as a refund or a chargeback: what the catalog says of it happens
/// (`policies.chargeback`). What is left of its credits is taken back; what is not there any more is owed.
#[utoipa::path(post, path = "/v1/customers/{customer}/purchases/{id}/reverse", tag = "plans",
    operation_id = "reverse_purchase",
    params(("customer" = String, Path, description = "The product's own name for the customer"),
        ("id" = String, Path, description = "`gr_…`"), IdempotencyKey),
    request_body = ReversalNew,
    responses((status = 200, description = "What happened", body = Reversal), Refusals))]
async fn reverse(
    State(server): State<Shared>,
    InPath((customer, id)): InPath<(String, String)>,
    received: Received,
) -> Answered {
    let caller = received.caller.with_any(&[Scope::Payments, Scope::Grants])?;
    let key = received.required_key()?;
    let new: ReversalNew<'_> = received.json()?;
    let customer = Name::from(customer);
    const ROUTE: &str = "POST /v1/customers/{customer}/purchases/{id}/reverse";
    let request = received.request(&key, caller.studio, &customer, ROUTE);
    let reversal = Box::new(wire::purchase::reversal_new(&new)?);
    let purchase = found(&server, caller.studio, &customer, &id).await?;
    let act = Act::ReversePurchase { purchase, reversal };
    let job = job(caller.studio, Target::Wallet(purchase.wallet()), request, &caller.id, act);
    let done = commit_plain(&server, job).await?;
    let Reply::Reversed(reversed) = done.reply else {
        return Err(Problem::internal("a payment was reversed and something else came back"));
    };
    let reversal = wire::purchase::reversal(&reversed, &customer);
    let reversal = reversal.ok_or_else(|| Problem::internal("a payment was reversed and nothing came back"))?;
    answer::decided(StatusCode::OK, &reversal, done.replayed)
}

/// What a reversal would do; nothing is done.
#[utoipa::path(post, path = "/v1/customers/{customer}/purchases/{id}/preview", tag = "plans",
    operation_id = "preview_reversal",
    params(("customer" = String, Path, description = "The product's own name for the customer"),
        ("id" = String, Path, description = "`gr_…`")),
    request_body = Option<ReversalNew>,
    responses((status = 200, description = "What would happen", body = Preview), Refusals))]
async fn preview(
    State(server): State<Shared>,
    InPath((customer, id)): InPath<(String, String)>,
    received: Received,
) -> Answered {
    let studio = received.caller.with_any(&[Scope::Payments, Scope::Grants, Scope::Read])?.studio;
    let new: ReversalNew<'_> = received.json()?;
    let customer = Name::from(customer);
    let reversal = Box::new(wire::purchase::reversal_new(&new)?);
    let purchase = found(&server, studio, &customer, &id).await?;
    let named = Load { grants: vec![purchase, bonus_of(purchase)], ..Load::nothing() };
    let act = Act::ReversePurchase { purchase, reversal };
    subscription_previews::preview(&server, studio, &customer, None, named, act).await
}

/// A purchase of this customer. Refusal: `not_found`.
async fn found(server: &Server, studio: StudioId, customer: &Name, id: &str) -> Result<GrantId, Problem> {
    let missing = || Problem::not_found("purchase");
    let id: GrantId = id.parse().map_err(|_| missing())?;
    let not_there = |problem: Problem| if problem.status() == 404 { missing() } else { problem };
    let (grant, owner) = grants::found(server, studio, id).await.map_err(not_there)?;
    if grant.terms.kind == GrantKind::Pack && owner == *customer { Ok(id) } else { Err(missing()) }
}
