//! What routes on subscriptions share: which one is meant, an act on it, and its answer.

use std::sync::Arc;

use axum::http::StatusCode;
use scrip_api::Code;
use scrip_ledger::id::{StudioId, SubscriptionId};
use scrip_ledger::plan::Plan;
use scrip_ledger::subscription::Subscription;
use scrip_ledger::{Act, Name, Reply, Wallet};
use scrip_store::{Load, Target};

use crate::access::KeyCaller;
use crate::answer::{self, Answered};
use crate::commit::{self, Request, refused};
use crate::problem::Problem;
use crate::wire::next_charge::Prices;
use crate::{Server, acts, wire};

/// The subscription that a path means.
#[derive(Clone, Copy)]
pub(crate) enum Meant<'p> {
    Id(&'p str),
    /// The only one that has not ended; if all have, the last.
    Only,
}

/// A customer's subscriptions, by age, and the plans that were agreed with it alone.
pub(crate) struct Kept {
    pub(crate) subscriptions: Vec<Arc<Subscription>>,
    pub(crate) contracts: Vec<Plan>,
}

impl Kept {
    fn of(wallet: &Wallet, customer: &str) -> Option<Kept> {
        let customer = wallet.customer(customer)?;
        let own = |subscription: &&Arc<Subscription>| subscription.pool == customer.pool;
        Some(Kept {
            subscriptions: wallet.subscriptions.values().filter(own).cloned().collect(),
            contracts: customer.profile.as_ref().map(|profile| profile.contracts.clone()).unwrap_or_default(),
        })
    }

    /// Refusals: `not_found` (subscription); `several_subscriptions`.
    pub(crate) fn meant(&self, meant: Meant<'_>) -> Result<&Arc<Subscription>, Problem> {
        let missing = || Problem::not_found("subscription");
        match meant {
            Meant::Id(id) => {
                let id: SubscriptionId = id.parse().map_err(|_| missing())?;
                self.subscriptions.iter().find(|subscription| subscription.id == id).ok_or_else(missing)
            }
            Meant::Only => {
                let mut running = self.subscriptions.iter().filter(|subscription| !subscription.has_ended());
                match (running.next(), running.next()) {
                    (Some(only), None) => Ok(only),
                    (None, _) => self.subscriptions.last().ok_or_else(missing),
                    (Some(_), Some(_)) => {
                        let detail = "the customer has several subscriptions: name the one that is meant by its id";
                        Err(Problem::new(Code::SeveralSubscriptions, detail))
                    }
                }
            }
        }
    }
}

/// Refusal: `not_found` (customer).
pub(crate) async fn kept(server: &Server, studio: StudioId, customer: &Name) -> Result<Kept, Problem> {
    let target = Target::Customer(customer.clone());
    let customer = customer.clone();
    let see = move |wallet: &Wallet, _| Kept::of(wallet, &customer);
    let kept = server.store.read(studio, target, Load::nothing(), see).await;
    kept.map_err(|error| Problem::read("customer", error))?.ok_or_else(|| Problem::not_found("customer"))
}

/// The customer of a pool, and its contracts.
pub(crate) async fn owner(server: &Server, studio: StudioId, of: &Subscription) -> Result<(Name, Vec<Plan>), Problem> {
    let pool = usize::from(of.pool.0);
    let see = move |wallet: &Wallet, _| {
        let customer = wallet.customers.get(pool)?;
        let contracts = customer.profile.as_ref().map(|profile| profile.contracts.clone());
        Some((customer.id.clone(), contracts.unwrap_or_default()))
    };
    let read = server.store.read(studio, Target::Wallet(of.id.wallet()), Load::nothing(), see).await;
    read.map_err(|error| Problem::read("customer", error))?.ok_or_else(|| Problem::not_found("customer"))
}

/// Commits an act on a subscription, and answers it as it is then. An act that can't be made ready any more is
/// answered as it was when its key was new.
pub(crate) async fn act(
    server: &Server,
    caller: &KeyCaller,
    customer: &Name,
    request: Request,
    act: Result<Act, Problem>,
    status: StatusCode,
) -> Answered {
    let target = Target::Customer(customer.clone());
    let answer = match act {
        Ok(act) => commit::commit(server, commit::job(caller.studio, target, request, &caller.id, act)).await?,
        Err(problem) => acts::remembered_or(server, caller.studio, target, request, problem).await?,
    };
    let now = server.store.now(caller.studio);
    let reply = answer.outcome.map_err(|refusal| refused(&refusal, answer.replayed).at(now))?;
    match &reply {
        Reply::Subscription(subscription) => {
            let (owner, contracts) = owner(server, caller.studio, subscription).await?;
            let prices = Prices { book: &*server.store.book(caller.studio)?, contracts: &contracts };
            answer::decided(status, &wire::subscription::subscription(subscription, &owner, &prices), answer.replayed)
        }
        Reply::AddOn { subscription, id } => {
            let unit = subscription.add_ons.iter().find(|unit| unit.id == *id);
            let unit = unit.ok_or_else(|| Problem::internal("an add-on was answered that is not there"))?;
            answer::decided(status, &wire::subscription::add_on(subscription, unit), answer.replayed)
        }
        _ => Err(Problem::internal("a subscription was asked for and something else came back")),
    }
}
