//! What would become of a subscription, line by line; nothing is done.

use axum::extract::State;
use scrip_api::studio::Scope;
use scrip_api::subscription::{AddOnNew, Preview, PreviewAct, PreviewNew, SubscriptionChange, SubscriptionNew};
use scrip_ledger::id::{StudioId, SubscriptionId};
use scrip_ledger::{Act, Command, Name, Timestamp, Wallet};
use scrip_store::{Load, Target};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::answer::{self, Answered};
use crate::balance::Seen;
use crate::body::{InPath, Received};
use crate::commit::refused;
use crate::openapi::Refusals;
use crate::problem::Problem;
use crate::subscriptions::{self, Meant};
use crate::wire::next_charge::Prices;
use crate::{Server, Shared, wire};

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(start)).routes(routes!(each)).routes(routes!(only))
}

/// What starting a plan would do.
#[utoipa::path(post, path = "/v1/customers/{customer}/subscriptions/preview", tag = "plans",
    operation_id = "preview_subscription",
    params(("customer" = String, Path, description = "The product's own name for the customer")),
    request_body = SubscriptionNew,
    responses((status = 200, description = "What would happen", body = Preview), Refusals))]
async fn start(State(server): State<Shared>, InPath(customer): InPath<String>, received: Received) -> Answered {
    let studio = received.caller.with_any(&SCOPES)?.studio;
    let new: SubscriptionNew<'_> = received.json()?;
    let customer = wire::name("customer", &customer)?;
    let new = wire::subscription::subscription_new(customer.clone(), &new)?;
    preview(&server, studio, &customer, None, Load::nothing(), Act::Subscribe(Box::new(new))).await
}

/// What a change, a cancellation or the next renewal would do.
#[utoipa::path(post, path = "/v1/customers/{customer}/subscriptions/{id}/preview", tag = "plans",
    operation_id = "preview_change",
    params(("customer" = String, Path, description = "The product's own name for the customer"),
        ("id" = String, Path, description = "`sub_…`")),
    request_body = Option<PreviewNew>,
    responses((status = 200, description = "What would happen", body = Preview), Refusals))]
async fn each(
    State(server): State<Shared>,
    InPath((customer, id)): InPath<(String, String)>,
    received: Received,
) -> Answered {
    changed(&server, &received, Name::from(customer), Meant::Id(&id)).await
}

/// What a change, a cancellation or the next renewal of the customer's only subscription would do.
#[utoipa::path(post, path = "/v1/customers/{customer}/subscription/preview", tag = "plans",
    operation_id = "preview_only_change",
    params(("customer" = String, Path, description = "The product's own name for the customer")),
    request_body = Option<PreviewNew>,
    responses((status = 200, description = "What would happen", body = Preview), Refusals))]
async fn only(State(server): State<Shared>, InPath(customer): InPath<String>, received: Received) -> Answered {
    changed(&server, &received, Name::from(customer), Meant::Only).await
}

const SCOPES: [Scope; 2] = [Scope::Subscriptions, Scope::Read];

async fn changed(server: &Server, received: &Received, customer: Name, meant: Meant<'_>) -> Answered {
    let studio = received.caller.with_any(&SCOPES)?.studio;
    let new: PreviewNew<'_> = received.json()?;
    fits(&new)?;
    let kept = subscriptions::kept(server, studio, &customer).await?;
    let subscription = kept.meant(meant)?.id;
    let act = act(&new, &customer, subscription)?;
    preview(server, studio, &customer, Some(subscription), Load::nothing(), act).await
}

/// Refusal: `invalid_input` (something that the act does not know).
fn fits(new: &PreviewNew<'_>) -> Result<(), Problem> {
    let act = new.act.unwrap_or_default();
    let change = [
        ("plan", new.plan.is_some()),
        ("interval", new.interval.is_some()),
        ("seats", new.seats.is_some()),
        ("cancel_at_period_end", new.cancel_at_period_end.is_some()),
    ];
    let own = |allowed: PreviewAct, (name, given): (&'static str, bool)| (given && act != allowed).then_some(name);
    let odd = change.into_iter().find_map(|field| own(PreviewAct::Change, field));
    let odd = odd.or_else(|| own(PreviewAct::Cancel, ("at", new.at.is_some())));
    let odd = odd.or_else(|| own(PreviewAct::AddOn, ("add_on", new.add_on.is_some())));
    match odd.or_else(|| own(PreviewAct::AddOn, ("units", new.units.is_some()))) {
        Some(odd) => Err(Problem::invalid_input(odd, "does not go with this `act`")),
        None => Ok(()),
    }
}

fn act(new: &PreviewNew<'_>, customer: &Name, subscription: SubscriptionId) -> Result<Act, Problem> {
    Ok(match new.act.unwrap_or_default() {
        PreviewAct::Change => {
            let change = SubscriptionChange {
                plan: new.plan.clone(),
                interval: new.interval,
                seats: new.seats,
                cancel_at_period_end: new.cancel_at_period_end,
            };
            Act::ChangeSubscription { subscription, change: wire::subscription::change_in(&change)? }
        }
        PreviewAct::Renew => Act::Touch,
        PreviewAct::Cancel => {
            Act::CancelSubscription { subscription, at: wire::subscription::cancel_at(new.at), reason: None }
        }
        PreviewAct::PastDue => Act::PastDue { subscription },
        PreviewAct::Recover => Act::Recover { subscription },
        PreviewAct::AddOn => {
            let must = |name| move || Problem::invalid_input(name, "must be given");
            let add_on = new.add_on.clone().ok_or_else(must("add_on"))?;
            let units = new.units.ok_or_else(must("units"))?;
            let unit = AddOnNew { add_on, units, subscription: Some(scrip_api::Text::of(subscription)) };
            Act::BuyAddOn(Box::new(wire::subscription::add_on_new(customer.clone(), &unit)?))
        }
    })
}

/// Tries an act on a copy of the wallet, and what its next renewal then does; what the act names is loaded.
pub(crate) async fn preview(
    server: &Server,
    studio: StudioId,
    customer: &Name,
    subscription: Option<SubscriptionId>,
    named: Load,
    act: Act,
) -> Answered {
    let see = |wallet: &Wallet, at: Timestamp| (wallet.clone(), at);
    let read = server.store.read(studio, Target::Customer(customer.clone()), named, see).await;
    let (wallet, at) = read.map_err(|error| Problem::read("customer", error))?;
    let book = server.store.book(studio)?;
    let command = Command { request: None, actor: Name::from("preview"), act };
    let tried = scrip_ledger::preview(&wallet, &book, at, &command);
    if let Err(refusal) = &tried.answer.outcome {
        return Err(refused(refusal, false).at(at));
    }
    let version = server.catalogs.in_force(studio, at);
    let catalog = version.as_ref().map(|version| version.catalog()).transpose()?.map(|catalog| &**catalog);
    let seen = |wallet: &Wallet, at| Seen::of(wallet, at, customer, None).map_err(Problem::not_found);
    let (before, after) = (seen(&wallet, at)?, seen(&tried.after, at)?);
    let renewed = tried.renewal.as_ref().map(|renewal| seen(&renewal.after, renewal.at)).transpose()?;
    let contracts = wallet.customer(customer).and_then(|customer| customer.profile.as_ref());
    let prices = Prices { book: &book, contracts: contracts.map_or(&[], |profile| &profile.contracts) };
    let parts = wire::preview::Parts { before: &before, after: &after, renewed: renewed.as_ref(), catalog };
    answer::ok(&wire::preview::preview(&tried, subscription, customer, &prices, &parts))
}
