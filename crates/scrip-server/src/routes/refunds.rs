//! Refunds: giving back what was captured, one charge at a time or an incident at once.

use axum::extract::State;
use axum::http::StatusCode;
use scrip_api::Page;
use scrip_api::charge::{BulkRefund, BulkRefundFailure, BulkRefundNew, Refund, RefundNew};
use scrip_api::studio::Scope;
use scrip_ledger::charge::Charge;
use scrip_ledger::command::{self, RefundShare};
use scrip_ledger::id::RefundId;
use scrip_ledger::{Act, Command, Credits, Name, Refusal, Reply};
use scrip_store::{ChargeFilter, Job, Load, RefundFilter, Target};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::access::KeyCaller;
use crate::acts::{self, Words, charge_target};
use crate::answer::{self, Answered};
use crate::body::{InPath, InQuery, Received};
use crate::idempotency::IdempotencyKey;
use crate::openapi::Refusals;
use crate::problem::Problem;
use crate::routes::studios::{answered_before, remember};
use crate::{Caller, Server, Shared, commit, paging, shortage, trace, wire};

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(create, list)).routes(routes!(read)).routes(routes!(bulk))
}

/// Gives back a charge, or a part of it, to the grants that it came from: what was spent last first.
#[utoipa::path(post, path = "/v1/charges/{charge}/refunds", tag = "jobs", operation_id = "create_refund",
    params(("charge" = String, Path, description = "`ch_…`"), crate::openapi::IdempotencyKey),
    request_body = RefundNew,
    responses((status = 201, description = "The refund", body = Refund), Refusals))]
async fn create(State(server): State<Shared>, InPath(id): InPath<String>, received: Received) -> Answered {
    let caller = received.caller.with(Scope::Refunds)?;
    let key = received.required_key()?;
    let new: RefundNew<'_> = received.json()?;
    let (_, target) = charge_target(&id)?;
    let request = received.request(&key, caller.studio, "", "POST /v1/charges/{charge}/refunds");
    let ready = acts::refund(&server, caller, &id, &new);
    commit::act(&server, caller, target, request, ready, Words::Plain).await
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

/// The refunds of a charge.
#[utoipa::path(get, path = "/v1/charges/{charge}/refunds", tag = "jobs", operation_id = "list_refunds",
    params(("charge" = String, Path, description = "`ch_…`"), ListQuery),
    responses((status = 200, description = "A page of refunds", body = Page<Refund<'static>>), Refusals))]
async fn list(
    State(server): State<Shared>,
    InPath(id): InPath<String>,
    InQuery(query): InQuery<ListQuery>,
    caller: Caller,
) -> Answered {
    let studio = caller.with_any(&[Scope::Read, Scope::Refunds])?.studio;
    let (charge, target) = charge_target(&id)?;
    let see = move |wallet: &scrip_ledger::Wallet, _| wallet.charge(charge).is_some();
    let read = server.store.read(studio, target, Load::charge(charge), see).await;
    if !read.map_err(|error| Problem::read("charge", error))? {
        return Err(Problem::not_found("charge"));
    }
    let part = paging::part(query.limit, query.cursor.as_deref())?;
    let filter = RefundFilter { customer: None, charge: Some(charge) };
    let listed = server.store.refunds(studio, filter, part).await.map_err(|error| Problem::read("charge", error))?;
    answer::ok(&paging::page(&listed, wire::charge::refund))
}

/// One refund.
#[utoipa::path(get, path = "/v1/refunds/{refund}", tag = "jobs", operation_id = "read_refund",
    params(("refund" = String, Path, description = "`re_…`")),
    responses((status = 200, description = "The refund", body = Refund), Refusals))]
async fn read(State(server): State<Shared>, InPath(id): InPath<String>, caller: Caller) -> Answered {
    let studio = caller.with_any(&[Scope::Read, Scope::Refunds])?.studio;
    let id: RefundId = id.parse().map_err(|_| Problem::not_found("refund"))?;
    let see = move |wallet: &scrip_ledger::Wallet, _| wallet.refund(id).cloned();
    let read = server.store.read(studio, Target::Wallet(id.wallet()), Load::refund(id), see).await;
    let refund = read.map_err(|error| Problem::read("refund", error))?;
    answer::ok(&wire::charge::refund(&refund.ok_or_else(|| Problem::not_found("refund"))?))
}

/// Refunds an incident: all charges of a tool or model in a span of time, each once.
///
/// Every charge has an idempotency key of its own, made of the request's: after an interruption the same
/// request goes on where it stopped.
#[utoipa::path(post, path = "/v1/refunds/bulk", tag = "jobs", operation_id = "refund_in_bulk",
    params(crate::openapi::IdempotencyKeyUnlessDry),
    request_body = BulkRefundNew,
    responses((status = 200, description = "What was refunded, or would be", body = BulkRefund), Refusals))]
async fn bulk(State(server): State<Shared>, received: Received) -> Answered {
    let caller = received.caller.with(Scope::Refunds)?;
    let new: BulkRefundNew = received.json()?;
    let key = if new.dry_run { None } else { Some(received.required_key()?) };
    if new.to <= new.from {
        return Err(Problem::invalid_input("to", "must be after `from`"));
    }
    let reason = wire::note("reason", new.reason.as_deref().map(scrip_api::Text::new).as_ref())?;
    let once = key.as_ref().and_then(|key| received.request(key, caller.studio, "", "POST /v1/refunds/bulk"));
    if let Some(before) = answered_before(&server, once, StatusCode::OK).await? {
        return Ok(before);
    }
    let incident = Incident { server: &server, caller, key, new: &new, reason };
    let done = incident.refund().await?;
    remember(&server, once, &done).await?;
    answer::ok(&done)
}

/// Charges that one commit refunds.
const CHARGES_AT_ONCE: usize = 500;

struct Incident<'a> {
    server: &'a Server,
    caller: &'a KeyCaller,
    /// `None` is a dry run.
    key: Option<IdempotencyKey>,
    new: &'a BulkRefundNew,
    reason: Option<Name>,
}

impl Incident<'_> {
    async fn refund(&self) -> Result<BulkRefund, Problem> {
        let filter = ChargeFilter {
            tool: Some(Name::from(self.new.tool.as_str())),
            model: self.new.model.as_deref().map(Name::from),
            from: Some(wire::timestamp(self.new.from)),
            to: Some(wire::timestamp(self.new.to)),
            ..ChargeFilter::default()
        };
        let outcome = self.new.outcome.map(wire::hold::outcome_in);
        let mut found = Found::default();
        let mut page = scrip_store::Page::first(CHARGES_AT_ONCE);
        loop {
            let listed = self.server.store.charges(self.caller.studio, filter.clone(), page).await;
            let listed = listed.map_err(|error| Problem::read("charge", error))?;
            let matching =
                listed.items.into_iter().filter(|charge| outcome.is_none_or(|outcome| charge.outcome == outcome));
            self.refund_some(matching.collect(), &mut found).await?;
            match listed.next {
                Some(cursor) => page = scrip_store::Page::after(CHARGES_AT_ONCE, cursor),
                None => break,
            }
        }
        Ok(found.told(self.key.is_none()))
    }

    async fn refund_some(&self, charges: Vec<Charge>, found: &mut Found) -> Result<(), Problem> {
        found.charges += charges.len() as u64;
        let Some(key) = &self.key else {
            for charge in charges.iter().filter(|charge| charge.refundable().is_positive()) {
                found.refunded(charge, charge.refundable());
            }
            return Ok(());
        };
        let now = self.server.store.now(self.caller.studio);
        let version = self.server.catalogs.in_force(self.caller.studio, now);
        let spending = shortage::spending(version.as_ref())?;
        let job = |charge: &Charge| {
            let refund = command::RefundNew {
                share: RefundShare::Rest,
                reason: self.reason.clone(),
                to_bucket: None,
                spending: spending.clone(),
            };
            let scoped = key.scoped(Some(self.caller.studio), &charge.id.to_string(), "POST /v1/refunds/bulk");
            let fingerprint = crate::idempotency::fingerprint("/v1/refunds/bulk", b"");
            Job {
                studio: self.caller.studio,
                target: Target::Wallet(charge.id.wallet()),
                command: Command {
                    request: Some((scoped, fingerprint)),
                    actor: self.caller.id.clone(),
                    act: Act::Refund { charge: charge.id, refund: Box::new(refund) },
                },
                trace: trace::current(),
            }
        };
        let jobs: Vec<Job> = charges.iter().map(job).collect();
        if jobs.is_empty() {
            return Ok(());
        }
        let answers = self.server.store.commit(jobs).await?;
        for (charge, answer) in charges.iter().zip(answers) {
            match answer.outcome {
                Ok(Reply::Refund(refund)) => found.refunded(charge, refund.credits),
                // Refunded before in full: there is nothing left, which is what was wanted.
                Err(Refusal::RefundExceedsCharge { .. } | Refusal::InvalidAmount { .. }) => {}
                Err(refusal) => {
                    let code = Problem::from(&refusal).code();
                    found.failed.push(BulkRefundFailure { charge: charge.id.to_string(), code });
                }
                Ok(_) => return Err(Problem::internal("a refund was asked for and something else came back")),
            }
        }
        Ok(())
    }
}

/// What a bulk refund has come to so far.
#[derive(Default)]
struct Found {
    charges: u64,
    refunded: u64,
    customers: std::collections::BTreeSet<Name>,
    credits: Credits,
    failed: Vec<BulkRefundFailure>,
}

impl Found {
    fn refunded(&mut self, charge: &Charge, credits: Credits) {
        self.refunded += 1;
        self.customers.insert(charge.customer.clone());
        self.credits = self.credits.checked_add(credits).unwrap_or(Credits::MAX);
    }

    fn told(self, dry_run: bool) -> BulkRefund {
        BulkRefund {
            dry_run,
            charges: self.charges,
            refunded: self.refunded,
            customers: self.customers.len() as u64,
            credits: wire::credits(self.credits),
            failed: self.failed,
        }
    }
}
