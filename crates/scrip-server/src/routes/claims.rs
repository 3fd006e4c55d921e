//! `/v1/customers/{customer}/claims`: promotions that were claimed.

use axum::extract::State;
use axum::http::StatusCode;
use scrip_api::Page;
use scrip_api::purchase::{Claim, ClaimNew};
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

/// A customer claims a promotion: a code, a referral, the credits of a day.
#[utoipa::path(post, path = "/v1/customers/{customer}/claims", tag = "plans", operation_id = "create_claim",
    params(("customer" = String, Path, description = "The product's own name for the customer"), IdempotencyKey),
    request_body = ClaimNew,
    responses((status = 201, description = "What was claimed", body = Claim), Refusals))]
async fn create(State(server): State<Shared>, InPath(customer): InPath<String>, received: Received) -> Answered {
    let caller = received.caller.with(Scope::Grants)?;
    let key = received.required_key()?;
    let new: ClaimNew<'_> = received.json()?;
    let customer = wire::name("customer", &customer)?;
    let request = received.request(&key, caller.studio, &customer, "POST /v1/customers/{customer}/claims");
    let new = command::ClaimNew {
        customer: customer.clone(),
        promotion: wire::name("promotion", &new.promotion)?,
        code: wire::note("code", new.code.as_ref())?,
    };
    let act = Act::Claim(Box::new(new));
    let job = job(caller.studio, Target::Customer(customer.clone()), request, &caller.id, act);
    let done = commit_plain(&server, job).await?;
    let Reply::Granted(granted) = done.reply else {
        return Err(Problem::internal("a promotion was claimed and something else came back"));
    };
    let claim = wire::purchase::claim(&granted, &customer);
    let claim = claim.ok_or_else(|| Problem::internal("a promotion was claimed and brought nothing"))?;
    answer::decided(StatusCode::CREATED, &claim, done.replayed)
}

/// What a customer claimed, oldest first.
#[utoipa::path(get, path = "/v1/customers/{customer}/claims", tag = "plans", operation_id = "list_claims",
    params(("customer" = String, Path, description = "The product's own name for the customer"), PageQuery),
    responses((status = 200, description = "A part of the list", body = Page<Claim>), Refusals))]
async fn list(
    State(server): State<Shared>,
    InPath(customer): InPath<String>,
    InQuery(query): InQuery<PageQuery>,
    caller: Caller,
) -> Answered {
    let studio = caller.reads_customer(&customer)?;
    let customer = Name::from(customer);
    let part = paging::part(query.limit, query.cursor.as_deref())?;
    let listed = bought::bought(&server, studio, Some(&customer), &[GrantKind::Promotion], part).await?;
    let data = listed.items.iter().filter_map(|item| wire::purchase::claim(item, &customer)).collect();
    answer::ok(&Page { data, next_cursor: listed.next.as_ref().map(ToString::to_string) })
}
