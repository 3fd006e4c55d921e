//! `/v1/exports/{what}`: everything of a studio, one JSON object a line.

use std::io;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use futures_util::stream;
use scrip_api::Text;
use scrip_api::studio::Scope;
use scrip_api::wallet::Entry;
use scrip_ledger::id::StudioId;
use scrip_store::{CustomerListed, EntryFilter, GrantFilter, Listed, Page};
use serde::Serialize;
use tokio::sync::mpsc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::answer::Answered;
use crate::body::InPath;
use crate::openapi::Refusals;
use crate::problem::Problem;
use crate::wire::text;
use crate::{Caller, Shared, wire};

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(read))
}

#[derive(Clone, Copy)]
enum What {
    Customers,
    Grants,
    Entries,
}

const PART: usize = 500;
/// Parts that wait for a slow reader.
const PARTS_WAITING: usize = 4;

/// All customers, grants or entries of the studio as JSON lines, customer by customer, each customer's oldest
/// first. Lines of `entries` name the customer whose wallet's chain of hashes they belong to.
#[utoipa::path(get, path = "/v1/exports/{what}", tag = "operations", operation_id = "read_export",
    params(("what" = String, Path, description = "`customers`, `grants` or `entries`")),
    responses((status = 200, description = "One object a line", body = String, content_type = "application/x-ndjson"),
        Refusals))]
async fn read(State(server): State<Shared>, InPath(what): InPath<String>, caller: Caller) -> Answered {
    let studio = caller.with(Scope::Reports)?.studio;
    let what = match what.as_str() {
        "customers" => What::Customers,
        "grants" => What::Grants,
        "entries" => What::Entries,
        _ => return Err(Problem::not_found("export")),
    };
    let (sender, receiver) = mpsc::channel(PARTS_WAITING);
    let export = Export { server, studio, sender };
    tokio::spawn(async move { export.run(what).await });
    let parts = stream::unfold(receiver, |mut receiver| async move { Some((receiver.recv().await?, receiver)) });
    let mut response = Response::new(Body::from_stream(parts));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"));
    Ok(response)
}

struct Export {
    server: Shared,
    studio: StudioId,
    sender: mpsc::Sender<Result<Bytes, io::Error>>,
}

/// The reader has gone, or has been told why there is no more.
struct Ended;

#[derive(Serialize)]
struct EntryLine<'a> {
    customer: Text<'a>,
    #[serde(flatten)]
    entry: Entry<'a>,
}

impl Export {
    async fn run(self, what: What) {
        let mut page = Page::first(PART);
        loop {
            let customers = self.server.store.customers(self.studio, None, page).await;
            let Ok(customers) = self.read(customers).await else { return };
            let written = match what {
                What::Customers => {
                    self.write(&customers, |item| wire::customer::customer(&item.customer, item.parent.as_ref())).await
                }
                What::Grants | What::Entries => self.each(what, &customers.items).await,
            };
            match (written, customers.next) {
                (Ok(()), Some(next)) => page = Page::after(PART, next),
                _ => return,
            }
        }
    }

    async fn each(&self, what: What, customers: &[CustomerListed]) -> Result<(), Ended> {
        for customer in customers {
            match what {
                What::Grants => self.grants(customer).await?,
                // The entries of a wallet are those of its root.
                What::Entries if customer.parent.is_none() => self.entries(customer).await?,
                _ => {}
            }
        }
        Ok(())
    }

    async fn grants(&self, of: &CustomerListed) -> Result<(), Ended> {
        let mut page = Page::first(PART);
        let filter = GrantFilter { customer: Some(of.customer.id.clone()), ..GrantFilter::default() };
        loop {
            let listed = self.read(self.server.store.grants(self.studio, filter.clone(), page).await).await?;
            self.write(&listed, |grant| wire::grant::grant(grant, &of.customer.id)).await?;
            match listed.next {
                Some(next) => page = Page::after(PART, next),
                None => return Ok(()),
            }
        }
    }

    async fn entries(&self, of: &CustomerListed) -> Result<(), Ended> {
        let id = &of.customer.id;
        let mut page = Page::first(PART);
        loop {
            let listed = self.server.store.entries(self.studio, id.clone(), EntryFilter::default(), page).await;
            let listed = self.read(listed).await?;
            self.write(&listed, |entry| EntryLine { customer: text(id), entry: wire::wallet::entry(entry) }).await?;
            match listed.next {
                Some(next) => page = Page::after(PART, next),
                None => return Ok(()),
            }
        }
    }

    /// What could not be read breaks the answer off, so that nobody takes a part for the whole.
    async fn read<T>(&self, read: Result<T, scrip_store::ReadError>) -> Result<T, Ended> {
        match read {
            Ok(value) => Ok(value),
            Err(error) => {
                tracing::error!(%error, "an export was broken off");
                let _ = self.sender.send(Err(io::Error::other(error.to_string()))).await;
                Err(Ended)
            }
        }
    }

    async fn write<'l, T, U: Serialize>(&self, listed: &'l Listed<T>, show: impl Fn(&'l T) -> U) -> Result<(), Ended> {
        let mut lines = Vec::with_capacity(listed.items.len() * 256);
        for item in &listed.items {
            if serde_json::to_writer(&mut lines, &show(item)).is_err() {
                return Err(Ended);
            }
            lines.push(b'\n');
        }
        if lines.is_empty() {
            return Ok(());
        }
        self.sender.send(Ok(Bytes::from(lines))).await.map_err(|_| Ended)
    }
}
