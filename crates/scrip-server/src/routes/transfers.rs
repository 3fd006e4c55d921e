//! `/v1/transfers`: credits that move from one customer to another, where the catalog lets them.

use axum::extract::State;
use axum::http::StatusCode;
use scrip_api::studio::Scope;
use scrip_api::wallet::{Transfer, TransferNew};
use scrip_api::{Code, Page};
use scrip_catalog::Catalog;
use scrip_ledger::grant::GrantKind;
use scrip_ledger::id::StudioId;
use scrip_ledger::reply::Granted;
use scrip_ledger::{Act, Name, Refusal, Reply, Wallet, command};
use scrip_store::{Load, Target};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::acts;
use crate::answer::{self, Answered};
use crate::body::{InQuery, Received};
use crate::catalogs::Version;
use crate::commit::{commit, job};
use crate::openapi::Refusals;
use crate::problem::Problem;
use crate::shortage::{self, Short};
use crate::{Caller, Server, Shared, bought, paging, wire};
use std::sync::Arc;

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(create, list))
}

/// Moves credits of one bucket to another customer; they keep their expiry and limits.
#[utoipa::path(post, path = "/v1/transfers", tag = "customers", operation_id = "create_transfer",
    params(("Idempotency-Key" = String, Header, description = "Required")),
    request_body = TransferNew,
    responses((status = 200, description = "What was moved", body = Transfer), Refusals))]
async fn create(State(server): State<Shared>, received: Received) -> Answered {
    let caller = received.caller.with(Scope::Grants)?;
    let key = received.required_key()?;
    let new: TransferNew<'_> = received.json()?;
    let from = wire::name("from", &new.from)?;
    let target = Target::Customer(from.clone());
    let request = received.request(&key, caller.studio, &from, "POST /v1/transfers");
    let version = server.catalogs.in_force(caller.studio, server.store.now(caller.studio));
    let answer = match transfer_new(&server, caller.studio, &new) {
        Ok(transfer) => {
            let act = Act::Transfer(Box::new(transfer));
            commit(&server, job(caller.studio, target, request, &caller.id, act)).await?
        }
        Err(problem) => acts::remembered_or(&server, caller.studio, target, request, problem).await?,
    };
    let moved = match answer.outcome {
        Ok(Reply::Granted(moved)) => moved,
        Ok(_) => return Err(Problem::internal("credits were transferred and something else came back")),
        Err(refusal) => {
            let at = (&*server, caller.studio);
            return Err(refused(at, &new, version.as_ref(), &refusal, answer.replayed).await);
        }
    };
    let to = Name::from(&*new.to);
    let catalog = version.as_ref().map(|version| version.catalog()).transpose()?;
    let decimals = catalog.and_then(|catalog| wire::wallet::unit_of(catalog, &new.bucket).ok());
    let amount = wire::moved("amount", &new.amount, decimals.map_or(6, |unit| unit.decimals))?;
    let transfer = Transfer {
        from: new.from.clone(),
        to: new.to.clone(),
        amount: wire::credits(amount),
        bucket: new.bucket.clone(),
        reason: new.reason.clone(),
        grants: moved.grants.iter().map(|grant| wire::grant::grant(grant, &to)).collect(),
    };
    answer::decided(StatusCode::OK, &transfer, answer.replayed)
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// Only what this customer received.
    customer: Option<String>,
    /// 1 to 1000; 50 unless given.
    limit: Option<u32>,
    /// `next_cursor` of the part before.
    cursor: Option<String>,
}

/// Transfers, oldest first, by what was received.
#[utoipa::path(get, path = "/v1/transfers", tag = "customers", operation_id = "list_transfers",
    params(ListQuery),
    responses((status = 200, description = "A part of the list", body = Page<Transfer>), Refusals))]
async fn list(State(server): State<Shared>, InQuery(query): InQuery<ListQuery>, caller: Caller) -> Answered {
    let studio = caller.with_any(&[Scope::Read, Scope::Grants])?.studio;
    let part = paging::part(query.limit, query.cursor.as_deref())?;
    let customer = query.customer.map(Name::from);
    let listed = bought::bought(&server, studio, customer.as_ref(), &[GrantKind::Transfer], part).await?;
    let mut receivers = Vec::with_capacity(listed.items.len());
    for item in &listed.items {
        receivers.push(match &customer {
            Some(customer) => customer.clone(),
            None => receiver(&server, studio, item).await?,
        });
    }
    let data = listed.items.iter().zip(&receivers).filter_map(|(item, to)| transfer(item, to)).collect();
    answer::ok(&Page { data, next_cursor: listed.next.as_ref().map(ToString::to_string) })
}

/// Who received it.
async fn receiver(server: &Server, studio: StudioId, moved: &Granted) -> Result<Name, Problem> {
    let missing = || Problem::internal("a transfer brought nothing, or to nobody");
    let grant = moved.grants.first().ok_or_else(missing)?;
    let pool = usize::from(grant.terms.pool.0);
    let see = move |wallet: &Wallet, _| wallet.customers.get(pool).map(|customer| customer.id.clone());
    let found = server.store.read(studio, Target::Wallet(grant.id.wallet()), Load::nothing(), see).await;
    found.map_err(|error| Problem::read("customer", error))?.ok_or_else(missing)
}

fn transfer<'a>(moved: &'a Granted, to: &'a Name) -> Option<Transfer<'a>> {
    let first = moved.grants.first()?;
    Some(Transfer {
        from: wire::text(&moved.what),
        to: wire::text(to),
        amount: wire::credits(moved.grants.iter().map(|grant| grant.terms.amount).sum()),
        bucket: wire::text(&first.terms.bucket),
        reason: wire::text_opt(&first.terms.reason),
        grants: moved.grants.iter().map(|grant| wire::grant::grant(grant, to)).collect(),
    })
}

/// Refusals: `invalid_input`; `unknown_bucket`; `not_entitled` (the bucket's credits can't be moved);
/// `invalid_amount`.
fn transfer_new(server: &Server, studio: StudioId, new: &TransferNew<'_>) -> Result<command::TransferNew, Problem> {
    let (from, to) = (wire::name("from", &new.from)?, wire::name("to", &new.to)?);
    if from == to {
        return Err(Problem::invalid_input("to", "must be another customer than `from`"));
    }
    let version = server.catalogs.required(studio, server.store.now(studio))?;
    let catalog: &Catalog = version.catalog()?;
    let unit = wire::wallet::unit_of(catalog, &new.bucket)?;
    if !catalog.bucket(&new.bucket).is_some_and(|bucket| bucket.transferable) {
        let detail = format!("the catalog does not let credits of `{}` be moved", new.bucket);
        return Err(Problem::new(Code::NotEntitled, detail).with_input("bucket"));
    }
    Ok(command::TransferNew {
        from,
        to,
        amount: wire::moved("amount", &new.amount, unit.decimals)?,
        bucket: wire::name("bucket", &new.bucket)?,
        reason: wire::note("reason", new.reason.as_ref())?,
        spending: catalog.spending().clone(),
    })
}

async fn refused(
    (server, studio): (&Server, StudioId),
    new: &TransferNew<'_>,
    version: Option<&Arc<Version>>,
    refusal: &Refusal,
    replayed: bool,
) -> Problem {
    let currency = currency(version, &new.bucket);
    let outlook = shortage::outlook(server, studio, &Name::from(&*new.from), currency).await;
    let short = Short { customer: &new.from, currency, quote: None, priced: None, version, outlook: &outlook };
    shortage::refuse(&short, refusal, replayed)
}

fn currency<'v>(version: Option<&'v Arc<Version>>, bucket: &str) -> &'v str {
    let bucket = version.and_then(|version| version.catalog().ok()).and_then(|catalog| catalog.bucket(bucket));
    bucket.map_or(scrip_ledger::policy::CREDITS, |bucket| bucket.currency.as_str())
}
