//! `/v1/customers/{customer}/statement`: opening balance, lines, closing balance.

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use scrip_api::wallet::Statement;
use scrip_api::{Credits, Text};
use scrip_ledger::Name;
use scrip_ledger::customer::PoolId;
use scrip_ledger::id::StudioId;
use scrip_store::{EntryFilter, EntryListed, Page};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::answer::{self, Answered};
use crate::body::{InPath, InQuery};
use crate::openapi::Refusals;
use crate::problem::Problem;
use crate::wire::{instant, statement, text, timestamp, wallet};
use crate::{Caller, Server, Shared, balance};

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(read))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct StatementQuery {
    /// Included; since the customer was made unless given.
    from: Option<jiff::Timestamp>,
    /// Not included; until now unless given.
    to: Option<jiff::Timestamp>,
    /// Another unit of the catalog than its credit.
    currency: Option<String>,
    /// Instead of the header `Accept`.
    #[param(inline)]
    format: Option<StatementFormat>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum StatementFormat {
    Json,
    Csv,
}

/// Entries that one statement looks at.
const ENTRIES_MAX: usize = 200_000;
const PART: usize = 1_000;

/// What changed the balance in a span of time: opening balance, lines, closing balance. As JSON, or as CSV
/// (`format=csv` or `Accept: text/csv`).
#[utoipa::path(get, path = "/v1/customers/{customer}/statement", tag = "customers", operation_id = "read_statement",
    params(("customer" = String, Path, description = "The product's own name for the customer"), StatementQuery),
    responses((status = 200, description = "The statement", content((Statement = "application/json"),
        (String = "text/csv"))), Refusals))]
async fn read(
    State(server): State<Shared>,
    InPath(customer): InPath<String>,
    InQuery(query): InQuery<StatementQuery>,
    headers: HeaderMap,
    caller: Caller,
) -> Answered {
    let studio = caller.reads_customer(&customer)?;
    let seen = balance::look(&server, studio, &customer, None).await?;
    let from = query.from.map_or(seen.customer.created_at, timestamp);
    let to = query.to.map_or(balance::just_after(seen.at), timestamp);
    if to < from {
        return Err(Problem::invalid_input("to", "must not be before `from`"));
    }
    let version = server.catalogs.in_force(studio, seen.at);
    let catalog = version.as_ref().map(|version| version.catalog()).transpose()?.map(|catalog| &**catalog);
    let currency = query.currency.as_deref().unwrap_or(wallet::main_currency(catalog));
    let account = Account { server: &server, studio, root: seen.root().clone(), pools: seen.shown.pools() };
    let before = EntryFilter { to: Some(from), ..account.filter() };
    let sums = server.store.entry_sums(studio, account.root.clone(), before).await;
    let opening = statement::balance(&sums.map_err(|error| Problem::read("customer", error))?, currency);
    let entries = account.entries(EntryFilter { from: Some(from), to: Some(to), ..account.filter() }).await?;
    let mut closing = opening;
    let own = entries.iter().filter(|listed| listed.currency.as_str() == currency);
    let lines = own.filter_map(|listed| statement::line(listed, &mut closing)).collect();
    let statement = Statement {
        customer: text(&seen.customer.id),
        currency: Text::new(currency),
        from: instant(from),
        to: instant(to),
        opening: Credits::from_micro(opening),
        lines,
        closing: Credits::from_micro(closing),
    };
    if wants_csv(query.format, &headers) { csv(&statement) } else { answer::ok(&statement) }
}

/// The entries that a customer's balance is made of.
struct Account<'a> {
    server: &'a Server,
    studio: StudioId,
    root: Name,
    pools: Option<Vec<PoolId>>,
}

impl Account<'_> {
    fn filter(&self) -> EntryFilter {
        EntryFilter { pools: self.pools.clone(), ..EntryFilter::default() }
    }

    /// All of them, part by part. Refusal: `invalid_input` (too many).
    async fn entries(&self, filter: EntryFilter) -> Result<Vec<EntryListed>, Problem> {
        let mut all = Vec::new();
        let mut part = Page::first(PART);
        loop {
            let listed = self.server.store.entries(self.studio, self.root.clone(), filter.clone(), part).await;
            let listed = listed.map_err(|error| Problem::read("customer", error))?;
            all.extend(listed.items);
            match listed.next {
                None => return Ok(all),
                Some(_) if ENTRIES_MAX <= all.len() => {
                    return Err(Problem::invalid_input("from", "and `to` span too many entries: choose less time"));
                }
                Some(next) => part = Page::after(PART, next),
            }
        }
    }
}

fn wants_csv(format: Option<StatementFormat>, headers: &HeaderMap) -> bool {
    match format {
        Some(format) => format == StatementFormat::Csv,
        None => headers.get(header::ACCEPT).is_some_and(|accept| accept.as_bytes().starts_with(b"text/csv")),
    }
}

const COLUMNS: [&str; 10] =
    ["at", "entry", "kind", "label", "bucket", "credits", "balance", "charge", "refund", "reason"];

/// One row for the opening balance, one a line, one for the closing balance.
fn csv(statement: &Statement<'_>) -> Answered {
    let mut csv = csv::Writer::from_writer(Vec::new());
    let (opening, closing) = (statement.opening.to_string(), statement.closing.to_string());
    let (from, to) = (statement.from.to_string(), statement.to.to_string());
    let mut row = |fields: [&str; 10]| csv.write_record(fields).map_err(Problem::internal);
    row(COLUMNS)?;
    row([&from, "", "opening", "Opening balance", "", "", &opening, "", "", ""])?;
    for line in &statement.lines {
        let or_empty = |text: &Option<Text<'_>>| text.as_ref().map_or(String::new(), ToString::to_string);
        let (charge, refund, reason) = (or_empty(&line.charge), or_empty(&line.refund), or_empty(&line.reason));
        let (at, credits, balance) = (line.at.to_string(), line.credits.to_string(), line.balance.to_string());
        let [entry, kind, label, bucket] = [&*line.entry, &*line.kind, &*line.label, &*line.bucket];
        row([&at, entry, kind, label, bucket, &credits, &balance, &charge, &refund, &reason])?;
    }
    row([&to, "", "closing", "Closing balance", "", "", &closing, "", "", ""])?;
    let bytes = csv.into_inner().map_err(Problem::internal)?;
    let mut response: Response = bytes.into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    Ok(response)
}
