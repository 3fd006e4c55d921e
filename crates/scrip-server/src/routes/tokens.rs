//! `/v1/customers/{customer}/tokens`: what a browser reads its own wallet with.

use axum::extract::State;
use scrip_api::studio::{Scope, TokenCreated, TokenNew};
use scrip_ledger::{Name, Span};
use scrip_store::Target;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::answer::{self, Answered};
use crate::body::{InPath, Received};
use crate::openapi::Refusals;
use crate::problem::Problem;
use crate::{Shared, wire};

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(create))
}

/// A browser's token lasts a day at most.
const TTL_MAX: Span = Span::from_days(1);

/// Makes a token that reads this customer's wallet and quotes, until it expires, and can do nothing else.
#[utoipa::path(post, path = "/v1/customers/{customer}/tokens", tag = "customers", operation_id = "create_token",
    params(("customer" = String, Path, description = "The product's own name for the customer")),
    request_body = TokenNew,
    responses((status = 201, description = "The token", body = TokenCreated), Refusals))]
async fn create(State(server): State<Shared>, InPath(customer): InPath<String>, received: Received) -> Answered {
    let studio = received.caller.with(Scope::Customers)?.studio;
    let new: TokenNew = received.json()?;
    let ttl = wire::span(new.expires_in);
    if ttl.is_zero() || TTL_MAX < ttl {
        return Err(Problem::invalid_input("expires_in", "must be more than PT0S and at most PT24H"));
    }
    let customer = Name::from(customer);
    let target = Target::Customer(customer.clone());
    let read = server.store.read(studio, target, scrip_store::Load::nothing(), |_, at| at).await;
    let at = read.map_err(|error| Problem::read("customer", error))?;
    let expires_at = at.after(ttl);
    let token = server.access.token(studio, customer, expires_at);
    answer::created(&TokenCreated { token, expires_at: wire::instant(expires_at) })
}
