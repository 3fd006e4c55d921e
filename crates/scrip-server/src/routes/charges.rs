//! `/v1/charges`: what was taken for a job, at once or by capturing a hold.

use axum::extract::State;
use scrip_api::charge::Charge;
use scrip_api::hold::HoldNew;
use scrip_api::studio::Scope;
use scrip_api::{Page, Text};
use scrip_catalog::InputValue;
use scrip_ledger::Name;
use scrip_ledger::hold::Hold;
use scrip_ledger::id::StudioId;
use scrip_store::{ChargeFilter, Load, Target};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::acts::{self, charge_target};
use crate::answer::{self, Answered};
use crate::body::{InPath, InQuery, Received};
use crate::jobs::JobKind;
use crate::openapi::Refusals;
use crate::problem::Problem;
use crate::wire::charge::About;
use crate::{Caller, Server, Shared, commit, paging, promise, wire};

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(create, list)).routes(routes!(read))
}

/// Holds and captures in one step: for jobs whose price is known and that are done at once.
#[utoipa::path(post, path = "/v1/charges", tag = "jobs", operation_id = "create_charge",
    params(crate::openapi::IdempotencyKey),
    request_body = HoldNew,
    responses((status = 201, description = "The charge", body = Charge), Refusals))]
async fn create(State(server): State<Shared>, received: Received) -> Answered {
    let caller = received.caller.with_any(&[Scope::Holds, Scope::Amounts])?;
    let key = received.required_key()?;
    let new: HoldNew<'_> = received.json()?;
    let request = received.request(&key, caller.studio, &new.customer, "POST /v1/charges");
    commit::priced(&server, caller, request, &new, JobKind::Charge).await
}

/// One charge, with why it cost what it did.
#[utoipa::path(get, path = "/v1/charges/{charge}", tag = "jobs", operation_id = "read_charge",
    params(("charge" = String, Path, description = "`ch_…`")),
    responses((status = 200, description = "The charge, its inputs and the terms of its price", body = Charge),
        Refusals))]
async fn read(State(server): State<Shared>, InPath(id): InPath<String>, caller: Caller) -> Answered {
    let studio = caller.with_any(&[Scope::Read, Scope::Holds, Scope::Refunds])?.studio;
    let (id, target) = charge_target(&id)?;
    let see = move |wallet: &scrip_ledger::Wallet, _| {
        let charge = wallet.charge(id)?.clone();
        let hold = wallet.hold(charge.hold)?.clone();
        Some((charge, hold))
    };
    let read = server.store.read(studio, target, Load::charge(id), see).await;
    let found = read.map_err(|error| Problem::read("charge", error))?;
    let (charge, hold) = found.ok_or_else(|| Problem::not_found("charge"))?;
    let about = About::from(&*hold.terms);
    let mut body = wire::charge::charge(&charge, &about);
    for (line, made) in body.lines.iter_mut().zip(&charge.lines) {
        line.explain = explain(&server, studio, &hold, usize::from(made.line), made.measured.as_deref());
        line.formula = formula(&server, studio, &hold, usize::from(made.line)).map(Text::from);
    }
    answer::ok(&body)
}

/// The terms of a line's price, with the catalog version that it was priced with.
fn explain(
    server: &Server,
    studio: StudioId,
    hold: &Hold,
    line: usize,
    measured: Option<&str>,
) -> Option<Vec<scrip_api::quote::ExplainTerm<'static>>> {
    let kept = promise::inputs_of(measured.unwrap_or("{}"));
    let given: Vec<_> = kept.iter().map(|(name, text)| (name.as_str(), InputValue::Text(text))).collect();
    let priced = acts::reprice(server, studio, &hold.terms, line, &given).ok()??;
    let version = server.catalogs.version(studio, hold.terms.catalog_version)?;
    Some(wire::quote::explain(version.catalog().ok()?, &priced))
}

/// How the catalog version that a line was priced with says the price.
fn formula(server: &Server, studio: StudioId, hold: &Hold, line: usize) -> Option<String> {
    let terms = hold.terms.lines.get(line)?;
    let version = server.catalogs.version(studio, hold.terms.catalog_version)?;
    let tool = version.catalog().ok()?.rate_card_tool(terms.tool.as_deref()?)?;
    let model = tool.models.into_iter().find(|model| Some(&*model.id) == terms.model.as_deref());
    let price = model.map(|model| model.price).or(tool.price)?;
    Some(price.formula.unwrap_or(price.text))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    customer: Option<String>,
    member: Option<String>,
    tool: Option<String>,
    model: Option<String>,
    /// The product's own job id.
    reference: Option<String>,
    /// Charges made at or after this instant.
    from: Option<jiff::Timestamp>,
    /// Charges made before this instant.
    to: Option<jiff::Timestamp>,
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Charges, in the order in which they were made.
#[utoipa::path(get, path = "/v1/charges", tag = "jobs", operation_id = "list_charges", params(ListQuery),
    responses((status = 200, description = "A page of charges", body = Page<Charge<'static>>), Refusals))]
async fn list(State(server): State<Shared>, InQuery(query): InQuery<ListQuery>, caller: Caller) -> Answered {
    let studio = caller.with_any(&[Scope::Read, Scope::Holds, Scope::Refunds])?.studio;
    let filter = ChargeFilter {
        customer: query.customer.map(Name::from),
        member: query.member.map(Name::from),
        tool: query.tool.map(Name::from),
        model: query.model.map(Name::from),
        reference: query.reference.map(Name::from),
        from: query.from.map(wire::timestamp),
        to: query.to.map(wire::timestamp),
    };
    let part = paging::part(query.limit, query.cursor.as_deref())?;
    let listed = server.store.charges(studio, filter, part).await.map_err(|error| Problem::read("customer", error))?;
    let abouts = abouts(&server, studio, &listed.items).await?;
    let mut abouts = abouts.iter();
    let nothing = About::default();
    answer::ok(&paging::page(&listed, |charge| wire::charge::charge(charge, abouts.next().unwrap_or(&nothing))))
}

/// What each charge was for; one look at each wallet.
async fn abouts(
    server: &Server,
    studio: StudioId,
    charges: &[scrip_ledger::charge::Charge],
) -> Result<Vec<About>, Problem> {
    let mut abouts: Vec<Option<About>> = vec![None; charges.len()];
    for first in 0..charges.len() {
        if abouts[first].is_some() {
            continue;
        }
        let wallet = charges[first].hold.wallet();
        let here: Vec<usize> = (first..charges.len()).filter(|at| charges[*at].hold.wallet() == wallet).collect();
        let holds: Vec<_> = here.iter().map(|at| charges[*at].hold).collect();
        let load = Load { holds: holds.clone(), ..Load::default() };
        let see = move |wallet: &scrip_ledger::Wallet, _| -> Vec<Option<About>> {
            holds.iter().map(|id| wallet.hold(*id).map(|hold| About::from(&*hold.terms))).collect()
        };
        let read = server.store.read(studio, Target::Wallet(wallet), load, see).await;
        let seen = read.map_err(|error| Problem::read("charge", error))?;
        for (at, about) in here.into_iter().zip(seen) {
            abouts[at] = Some(about.unwrap_or_default());
        }
    }
    Ok(abouts.into_iter().map(Option::unwrap_or_default).collect())
}
