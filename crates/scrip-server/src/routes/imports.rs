//! `/v1/imports`: customers, members and balances that move in from elsewhere.

use axum::extract::State;
use scrip_api::import::{ImportCustomer, ImportNew, ImportRefused, Imported};
use scrip_api::studio::Scope;
use scrip_ledger::grant::GrantKind;
use scrip_ledger::{Act, Reply};
use scrip_store::{Job, Target};
use serde::Deserialize;
use std::sync::Arc;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::access::KeyCaller;
use crate::answer::{self, Answered};
use crate::body::{InQuery, LARGE_BODY_MAX, Received};
use crate::catalogs::Version;
use crate::commit::{job, refused};
use crate::idempotency::IdempotencyKey;
use crate::openapi::Refusals;
use crate::problem::Problem;
use crate::{Shared, wire};

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(create))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ImportQuery {
    /// Checks everything that can be checked without doing it, and does nothing.
    dry_run: Option<bool>,
}

/// Jobs of one commit.
const JOBS_MAX: usize = 500;

/// Makes customers with their members and credits. What is malformed anywhere keeps all of it from being done;
/// what the ledger refuses is listed, and the rest is done. The same request under the same key goes on where it
/// was interrupted.
#[utoipa::path(post, path = "/v1/imports", tag = "operations", operation_id = "create_import",
    params(ImportQuery, ("Idempotency-Key" = Option<String>, Header, description = "Required unless it is a dry run")),
    request_body = ImportNew,
    responses((status = 200, description = "What was done, or would be", body = Imported), Refusals))]
async fn create(
    State(server): State<Shared>,
    InQuery(query): InQuery<ImportQuery>,
    received: Received<LARGE_BODY_MAX>,
) -> Answered {
    let caller = received.caller.with(Scope::Customers)?;
    caller.scopes.has(Scope::Grants).then_some(()).ok_or_else(|| Problem::forbidden("grants"))?;
    let dry_run = query.dry_run.unwrap_or(false);
    let key = if dry_run { None } else { Some(received.required_key()?) };
    let new: ImportNew<'_> = received.json()?;
    let version = server.catalogs.in_force(caller.studio, server.store.now(caller.studio));
    let mut import = Import { caller, received: &received, key, version, jobs: Vec::new(), done: Imported::default() };
    import.done.dry_run = dry_run;
    for (index, customer) in new.customers.iter().enumerate() {
        import.add(index, customer);
    }
    if !dry_run && import.done.refused.is_empty() {
        import.apply(&server).await?;
    }
    answer::ok(&import.done)
}

struct Import<'a> {
    caller: &'a KeyCaller,
    received: &'a Received<LARGE_BODY_MAX>,
    key: Option<IdempotencyKey>,
    version: Option<Arc<Version>>,
    /// Where each stands in the request, and what it asks for.
    jobs: Vec<(String, Job)>,
    done: Imported,
}

impl Import<'_> {
    fn add(&mut self, index: usize, new: &ImportCustomer<'_>) {
        let path = format!("customers[{index}]");
        let version = self.version.clone();
        let version = version.as_ref();
        self.done.customers += 1;
        let put = wire::name("id", &new.id).and_then(|id| wire::customer::customer_put(id, &new.profile, version));
        self.push(path.clone(), &new.id, put.map(|put| Act::PutCustomer(Box::new(put))));
        for (place, member) in new.members.iter().enumerate() {
            self.done.members += 1;
            let put =
                wire::name("id", &member.id).and_then(|id| wire::customer::member_put(id, &member.profile, version));
            let act = put.map(|put| Act::PutMember { customer: new.id.as_str().into(), put: Box::new(put) });
            self.push(format!("{path}.members[{place}]"), &new.id, act);
        }
        for (place, grant) in new.grants.iter().enumerate() {
            self.done.grants += 1;
            let known = match &self.version {
                Some(version) => {
                    version.catalog().and_then(|catalog| wire::wallet::unit_of(catalog, &grant.bucket)).map(|_| ())
                }
                None => Ok(()),
            };
            let grant =
                known.and_then(|()| wire::grant::grant_new(new.id.as_str().into(), grant, self.version.as_ref()));
            let act = grant.map(|grant| {
                Act::Grant(Box::new(scrip_ledger::command::GrantNew { kind: GrantKind::Import, ..grant }))
            });
            self.push(format!("{path}.grants[{place}]"), &new.id, act);
        }
    }

    /// Every part has the request's key with its place in the request.
    fn push(&mut self, path: String, customer: &str, act: Result<Act, Problem>) {
        match act {
            Err(problem) => self.done.refused.push(ImportRefused { path, problem: problem.body().clone() }),
            Ok(act) => {
                let route = format!("POST /v1/imports {path}");
                let request =
                    self.key.as_ref().and_then(|key| self.received.request(key, self.caller.studio, customer, &route));
                let target = Target::Customer(customer.into());
                self.jobs.push((path, job(self.caller.studio, target, request, &self.caller.id, act)));
            }
        }
    }

    async fn apply(&mut self, server: &Shared) -> Result<(), Problem> {
        let mut jobs = std::mem::take(&mut self.jobs).into_iter();
        loop {
            let (paths, batch): (Vec<String>, Vec<Job>) = jobs.by_ref().take(JOBS_MAX).unzip();
            if batch.is_empty() {
                self.done.applied = true;
                return Ok(());
            }
            for (path, answer) in paths.into_iter().zip(server.store.commit(batch).await?) {
                match &answer.outcome {
                    Ok(Reply::Customer { created: true, .. }) if !answer.replayed => self.done.customers_created += 1,
                    Ok(Reply::Grant(_)) if answer.replayed => self.done.grants_replayed += 1,
                    Ok(_) => {}
                    Err(refusal) => {
                        let problem = refused(refusal, answer.replayed).body().clone();
                        self.done.refused.push(ImportRefused { path, problem });
                    }
                }
            }
        }
    }
}
