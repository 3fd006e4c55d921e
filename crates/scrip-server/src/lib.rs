//! The HTTP interface of Scrip. A route translates: who asks, what they say on the wire, the price and the
//! command that follow from it, the reply, and the answer on the wire. It decides nothing about credits.
//!
//! # How a route is added
//!
//! 1. Its request and answer are types of `scrip-api`, with `ToSchema`; a refusal has a code there.
//! 2. `src/wire/<kind>.rs` turns the request into a ledger command and the ledger's object into the answer.
//! 3. `src/routes/<resource>.rs` has the handler, under `#[utoipa::path(…)]`: `State<Shared>`, [`InPath`] and
//!    [`InQuery`] for path and query, then [`Caller`] (no body) or [`Received`] (a body) as the last argument. It
//!    answers [`answer::Answered`]; `?` turns every refusal into a [`Problem`]. List `crate::openapi::Refusals`
//!    among its responses, give every response a description, and a query struct
//!    `#[into_params(parameter_in = Query)]`.
//! 4. The file's `routes()` names it in `routes!(…)`; a new file is merged in `openapi::routes`.
//! 5. A move of credits takes `received.required_key()?` and commits through [`commit::commit`].
//! 6. The tests in `tests/it/` call it; `SCRIP_UPDATE=1` rewrites `openapi.json`.

pub mod access;
mod acts;
mod agreed;
pub mod answer;
mod balance;
pub mod body;
mod bought;
mod canonical;
pub mod catalogs;
pub mod commit;
mod connections;
mod facts;
mod front;
pub mod idempotency;
mod jobs;
mod metrics;
pub mod openapi;
mod outer;
pub mod pages;
mod paging;
mod pricing;
pub mod problem;
mod promise;
mod routes;
mod shortage;
mod subscriptions;
mod trace;
mod wire;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use scrip_store::{Store, StoreError};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tower::ServiceExt as _;

pub use access::Caller;
pub use body::{InPath, InQuery, Received};
pub use front::Front;
pub use problem::Problem;

use access::{Access, Seal};
use catalogs::Catalogs;
use metrics::Metrics;
use outer::OuterLayer;

/// How a server is set up. Nothing here is read from the environment: whoever starts it says it.
#[derive(Clone, Debug)]
pub struct ServerOptions {
    /// SHA-256 of the key that makes studios; the key itself need not be known.
    pub root_key_hash: [u8; 32],
    /// A request that takes longer is answered 503; what it asked for may still be done.
    pub timeout: Duration,
}

impl ServerOptions {
    /// With this root key, of 32 characters or more.
    pub fn new(root_key: impl AsRef<str>) -> ServerOptions {
        ServerOptions::with_root_key_hash(access::sha256(root_key.as_ref().as_bytes()))
    }

    pub fn with_root_key_hash(root_key_hash: [u8; 32]) -> ServerOptions {
        ServerOptions { root_key_hash, timeout: Duration::from_secs(30) }
    }
}

/// What all routes share.
pub struct Server {
    pub store: Store,
    pub catalogs: Catalogs,
    pub options: ServerOptions,
    access: Access,
    /// Authenticates quotes.
    quotes: Seal,
    metrics: Arc<Metrics>,
    /// Those who follow a customer stop when it says so.
    stopping: watch::Sender<bool>,
    request_seed: u64,
}

pub type Shared = Arc<Server>;

impl Server {
    /// Reads the store's settings. Errors: those of the store.
    pub async fn start(store: Store, options: ServerOptions) -> Result<Shared, StoreError> {
        let token_secret = store.secret("customer-tokens").await?;
        let quote_secret = store.secret("quotes").await?;
        let catalogs = Catalogs::load(&store);
        catalogs.fill_terms(&store).await?;
        let seed = access::random::<8>().map_err(|_| StoreError::Unavailable { reason: "no randomness".to_owned() })?;
        Ok(Arc::new(Server {
            access: Access::new(options.root_key_hash, &token_secret),
            catalogs,
            quotes: Seal::new(&quote_secret),
            metrics: Arc::new(Metrics::new(&openapi::described(), &routes::PAGES)),
            stopping: watch::Sender::new(false),
            request_seed: u64::from_be_bytes(seed),
            store,
            options,
        }))
    }

    /// All routes, ready to be served.
    pub fn front(server: Shared) -> Front {
        let outer = server.outer();
        let (router, _) = openapi::routes().split_for_parts();
        let router = router.fallback(routes::no_route).method_not_allowed_fallback(routes::no_method);
        let router = router.with_state(server.clone()).layer(outer.clone());
        Front::new(server, outer, router)
    }

    /// Answers all routes to whoever connects, until `stopped` and what is under way then is answered.
    pub async fn serve(server: Shared, listener: TcpListener, stopped: impl Future<Output = ()>) {
        let front = Server::front(server);
        connections::serve(listener, move |request| front.answer(request), stopped).await;
    }

    /// `/metrics`, `/healthz` and `/readyz` without a key, for a listener that only operators reach.
    pub fn metrics_router(server: Shared) -> Router {
        let (health, _) = routes::health::routes().split_for_parts();
        let outer = server.outer();
        health.route("/metrics", get(routes::metrics::open)).with_state(server).layer(outer)
    }

    /// Answers these to whoever connects, until `stopped`.
    pub async fn serve_metrics(server: Shared, listener: TcpListener, stopped: impl Future<Output = ()>) {
        let router = Server::metrics_router(server);
        connections::serve(listener, move |request| router.clone().oneshot(request), stopped).await;
    }

    fn outer(&self) -> OuterLayer {
        OuterLayer::new(self.request_seed, self.options.timeout, self.metrics.clone())
    }

    /// Ends the answers that would go on for ever, so that a server which stops need not wait for them.
    pub fn stop_following(&self) {
        self.stopping.send_replace(true);
    }
}
