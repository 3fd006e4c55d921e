//! Cancelling a subscription, and payments for it that are due or have come.

use axum::extract::State;
use axum::http::StatusCode;
use scrip_api::studio::Scope;
use scrip_api::subscription::{CancelAt, CancelNew, Nothing, Subscription};
use scrip_ledger::id::SubscriptionId;
use scrip_ledger::{Act, Name};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::access::KeyCaller;
use crate::answer::Answered;
use crate::body::{InPath, Received};
use crate::commit::Request;
use crate::openapi::{IdempotencyKey, IdempotencyKeyUnlessDry, Refusals};
use crate::problem::Problem;
use crate::subscriptions::{self, Meant};
use crate::{Server, Shared, wire};

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    let each = OpenApiRouter::new().routes(routes!(cancel)).routes(routes!(past_due)).routes(routes!(recover));
    each.routes(routes!(cancel_only)).routes(routes!(past_due_only)).routes(routes!(recover_only))
}

/// Ends a subscription and its add-ons with the period, or at once: then what is left of its credits is taken back.
#[utoipa::path(post, path = "/v1/customers/{customer}/subscriptions/{id}/cancel", tag = "plans",
    operation_id = "cancel_subscription",
    params(("customer" = String, Path, description = "The product's own name for the customer"),
        ("id" = String, Path, description = "`sub_…`"), IdempotencyKeyUnlessDry),
    request_body = Option<CancelNew>,
    responses((status = 200, description = "The subscription", body = Subscription), Refusals))]
async fn cancel(
    State(server): State<Shared>,
    InPath((customer, id)): InPath<(String, String)>,
    received: Received,
) -> Answered {
    const ROUTE: &str = "POST /v1/customers/{customer}/subscriptions/{id}/cancel";
    canceled(&server, &received, Asked::of(&received, customer, Meant::Id(&id), ROUTE)?).await
}

/// Ends the customer's only subscription.
#[utoipa::path(post, path = "/v1/customers/{customer}/subscription/cancel", tag = "plans",
    operation_id = "cancel_only_subscription",
    params(("customer" = String, Path, description = "The product's own name for the customer"),
        IdempotencyKeyUnlessDry),
    request_body = Option<CancelNew>,
    responses((status = 200, description = "The subscription", body = Subscription), Refusals))]
async fn cancel_only(State(server): State<Shared>, InPath(customer): InPath<String>, received: Received) -> Answered {
    const ROUTE: &str = "POST /v1/customers/{customer}/subscription/cancel";
    canceled(&server, &received, Asked::of(&received, customer, Meant::Only, ROUTE)?).await
}

async fn canceled(server: &Server, received: &Received, asked: Asked<'_>) -> Answered {
    let new: CancelNew<'_> = received.json()?;
    let reason = wire::note("reason", new.reason.as_ref())?;
    let at = wire::subscription::cancel_at(new.at);
    // What ends with its period moves nothing yet.
    let moves = new.at == Some(CancelAt::Now);
    let act = |subscription| Act::CancelSubscription { subscription, at, reason };
    asked.act(server, received, moves, act).await
}

/// A payment has not come: credits stay for the time of grace, and nothing new is granted.
#[utoipa::path(post, path = "/v1/customers/{customer}/subscriptions/{id}/past-due", tag = "plans",
    operation_id = "mark_subscription_past_due",
    params(("customer" = String, Path, description = "The product's own name for the customer"),
        ("id" = String, Path, description = "`sub_…`"), IdempotencyKeyUnlessDry),
    request_body = Option<Nothing>,
    responses((status = 200, description = "The subscription", body = Subscription), Refusals))]
async fn past_due(
    State(server): State<Shared>,
    InPath((customer, id)): InPath<(String, String)>,
    received: Received,
) -> Answered {
    const ROUTE: &str = "POST /v1/customers/{customer}/subscriptions/{id}/past-due";
    let asked = Asked::of(&received, customer, Meant::Id(&id), ROUTE)?;
    let Nothing {} = received.json()?;
    asked.act(&server, &received, false, |subscription| Act::PastDue { subscription }).await
}

/// A payment for the customer's only subscription has not come.
#[utoipa::path(post, path = "/v1/customers/{customer}/subscription/past-due", tag = "plans",
    operation_id = "mark_only_subscription_past_due",
    params(("customer" = String, Path, description = "The product's own name for the customer"),
        IdempotencyKeyUnlessDry),
    request_body = Option<Nothing>,
    responses((status = 200, description = "The subscription", body = Subscription), Refusals))]
async fn past_due_only(State(server): State<Shared>, InPath(customer): InPath<String>, received: Received) -> Answered {
    const ROUTE: &str = "POST /v1/customers/{customer}/subscription/past-due";
    let asked = Asked::of(&received, customer, Meant::Only, ROUTE)?;
    let Nothing {} = received.json()?;
    asked.act(&server, &received, false, |subscription| Act::PastDue { subscription }).await
}

/// The payment has come: what the cycle at work promises and did not grant is granted, once.
#[utoipa::path(post, path = "/v1/customers/{customer}/subscriptions/{id}/recover", tag = "plans",
    operation_id = "recover_subscription",
    params(("customer" = String, Path, description = "The product's own name for the customer"),
        ("id" = String, Path, description = "`sub_…`"), IdempotencyKey),
    request_body = Option<Nothing>,
    responses((status = 200, description = "The subscription", body = Subscription), Refusals))]
async fn recover(
    State(server): State<Shared>,
    InPath((customer, id)): InPath<(String, String)>,
    received: Received,
) -> Answered {
    const ROUTE: &str = "POST /v1/customers/{customer}/subscriptions/{id}/recover";
    let asked = Asked::of(&received, customer, Meant::Id(&id), ROUTE)?;
    let Nothing {} = received.json()?;
    asked.act(&server, &received, true, |subscription| Act::Recover { subscription }).await
}

/// The payment for the customer's only subscription has come.
#[utoipa::path(post, path = "/v1/customers/{customer}/subscription/recover", tag = "plans",
    operation_id = "recover_only_subscription",
    params(("customer" = String, Path, description = "The product's own name for the customer"), IdempotencyKey),
    request_body = Option<Nothing>,
    responses((status = 200, description = "The subscription", body = Subscription), Refusals))]
async fn recover_only(State(server): State<Shared>, InPath(customer): InPath<String>, received: Received) -> Answered {
    const ROUTE: &str = "POST /v1/customers/{customer}/subscription/recover";
    let asked = Asked::of(&received, customer, Meant::Only, ROUTE)?;
    let Nothing {} = received.json()?;
    asked.act(&server, &received, true, |subscription| Act::Recover { subscription }).await
}

/// Who asks for an act, and on which subscription.
struct Asked<'p> {
    caller: &'p KeyCaller,
    customer: Name,
    meant: Meant<'p>,
    route: &'static str,
}

impl<'p> Asked<'p> {
    /// Refusal: `forbidden_scope`.
    fn of(
        received: &'p Received,
        customer: String,
        meant: Meant<'p>,
        route: &'static str,
    ) -> Result<Asked<'p>, Problem> {
        let caller = received.caller.with(Scope::Subscriptions)?;
        Ok(Asked { caller, customer: Name::from(customer), meant, route })
    }

    /// `moves`: credits may move, so that a key is required.
    async fn act(
        self,
        server: &Server,
        received: &Received,
        moves: bool,
        act: impl FnOnce(SubscriptionId) -> Act,
    ) -> Answered {
        let caller = self.caller;
        let key = if moves { Some(received.required_key()?) } else { received.key()? };
        let request: Request = key.and_then(|key| received.request(&key, caller.studio, &self.customer, self.route));
        let kept = subscriptions::kept(server, caller.studio, &self.customer).await?;
        let found: Result<_, Problem> = kept.meant(self.meant).map(|found| found.id);
        subscriptions::act(server, caller, &self.customer, request, found.map(act), StatusCode::OK).await
    }
}
