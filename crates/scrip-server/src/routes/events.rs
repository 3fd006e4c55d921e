//! `/v1/customers/{customer}/events`: balance and holds as they change, as server-sent events.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use axum::extract::State;
use axum::response::IntoResponse;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::{Stream, stream};
use scrip_api::wallet::{BalanceEvent, HoldEvent};
use scrip_ledger::hold::Hold;
use scrip_ledger::id::{HoldId, StudioId};
use scrip_ledger::{Change, Name, Record, Wallet};
use scrip_store::{Heard, Load, Subscription, Target};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::answer::Answered;
use crate::balance::{self, Seen};
use crate::body::InPath;
use crate::openapi::Refusals;
use crate::problem::Problem;
use crate::{Caller, Shared, wire};

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(follow))
}

/// A stream ends after this, so that a key that was revoked stops listening; a client connects again.
const FOLLOWED_FOR: Duration = Duration::from_secs(15 * 60);
const HEARTBEAT: Duration = Duration::from_secs(15);

/// A customer's balance now, and again whenever it changes (`event: balance`), and each hold that is placed or
/// changes (`event: hold`). The id of a balance is the number of the wallet's last entry.
#[utoipa::path(get, path = "/v1/customers/{customer}/events", tag = "customers", operation_id = "follow_customer",
    params(("customer" = String, Path, description = "The product's own name for the customer")),
    responses((status = 200, description = "Events `balance` and `hold`, one JSON object each",
        content((BalanceEvent = "text/event-stream"), (HoldEvent = "text/event-stream; event=hold"))), Refusals))]
async fn follow(State(server): State<Shared>, InPath(customer): InPath<String>, caller: Caller) -> Answered {
    let studio = caller.reads_customer(&customer)?;
    // First listening, then looking: nothing is missed between the two.
    let subscription = server.store.subscribe(studio, Target::Customer(Name::from(&*customer))).await;
    let subscription = subscription.map_err(|error| Problem::read("customer", error))?;
    let seen = balance::look(&server, studio, &customer, None).await?;
    let follower = Follower { server, studio, customer, subscription };
    let first = vec![follower.balance(&seen)?];
    let ended = Box::pin(follower.ended());
    let stream = follower.events(first, ended);
    Ok(Sse::new(stream).keep_alive(KeepAlive::new().interval(HEARTBEAT)).into_response())
}

struct Follower {
    server: Shared,
    studio: StudioId,
    customer: String,
    subscription: Subscription,
}

type Ended = Pin<Box<dyn Future<Output = ()> + Send>>;

impl Follower {
    /// Done when the stream has lasted long enough, or the server stops.
    fn ended(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut stopping = self.server.stopping.subscribe();
        async move {
            tokio::select! {
                () = tokio::time::sleep(FOLLOWED_FOR) => {}
                _ = stopping.wait_for(|stop| *stop) => {}
            }
        }
    }

    fn events(self, first: Vec<Event>, ended: Ended) -> impl Stream<Item = Result<Event, Infallible>> + Send {
        let waiting = (self, first.into_iter(), ended);
        stream::unfold(waiting, |(mut follower, mut events, mut ended)| async move {
            loop {
                if let Some(event) = events.next() {
                    return Some((Ok(event), (follower, events, ended)));
                }
                let heard = tokio::select! {
                    heard = follower.subscription.next() => heard,
                    () = &mut ended => return None,
                };
                match follower.tell(heard).await {
                    Some(told) => events = told.into_iter(),
                    None => return None,
                }
            }
        })
    }

    /// The events for what was heard; `None` ends the stream, and the client connects again.
    async fn tell(&self, heard: Heard) -> Option<Vec<Event>> {
        let holds = match &heard {
            Heard::Record(record) => changed_holds(record),
            Heard::Missed => Vec::new(),
            Heard::End => return None,
        };
        let holds = if holds.is_empty() { Vec::new() } else { self.holds(holds).await.ok()? };
        let seen = balance::look(&self.server, self.studio, &self.customer, None).await.ok()?;
        let mut events = Vec::with_capacity(holds.len() + 1);
        for hold in holds.iter().filter(|hold| seen.shown.has(hold.terms.pool)) {
            events.push(event("hold", &wire::wallet::hold_event(hold)).ok()?);
        }
        events.push(self.balance(&seen).ok()?);
        Some(events)
    }

    async fn holds(&self, ids: Vec<HoldId>) -> Result<Vec<Hold>, Problem> {
        let load = Load { holds: ids.clone(), ..Load::default() };
        let see =
            move |wallet: &Wallet, _| -> Vec<Hold> { ids.iter().filter_map(|id| wallet.hold(*id).cloned()).collect() };
        let read = self.server.store.read(self.studio, Target::Wallet(self.subscription.wallet), load, see).await;
        read.map_err(|error| Problem::read("customer", error))
    }

    fn balance(&self, seen: &Seen) -> Result<Event, Problem> {
        let version = self.server.catalogs.in_force(self.studio, seen.at);
        let catalog = version.as_ref().map(|version| version.catalog()).transpose()?;
        let balance = wire::wallet::balance_event(seen, catalog.map(|catalog| &**catalog));
        Ok(event("balance", &balance)?.id(seen.sequence.to_string()))
    }
}

fn event(name: &str, body: &impl serde::Serialize) -> Result<Event, Problem> {
    let json = serde_json::to_string(body).map_err(Problem::internal)?;
    Ok(Event::default().event(name).data(json))
}

fn changed_holds(record: &Record) -> Vec<HoldId> {
    let mut ids: Vec<HoldId> = Vec::new();
    for change in &record.changes {
        let (Change::HoldPlaced { id, .. } | Change::HoldChanged { id, .. }) = change else { continue };
        if !ids.contains(id) {
            ids.push(*id);
        }
    }
    ids
}
