//! `/v1/quotes`: a price promised until it expires. Nothing is stored: the quote's id is the promise.

use axum::extract::State;
use scrip_api::quote::{Quote, QuoteNew};
use scrip_api::studio::Scope;
use scrip_api::{Code, Text};
use scrip_ledger::command::HoldNew;
use scrip_ledger::id::StudioId;
use scrip_ledger::{Name, Refusal, Span, Timestamp};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::answer::{self, Answered};
use crate::body::{InPath, Received};
use crate::facts::Beside;
use crate::openapi::Refusals;
use crate::pricing::{Form, PricedJob, When, price};
use crate::problem::Problem;
use crate::promise::{self, Asker};
use crate::shortage::{self, Short, Standing};
use crate::{Caller, Server, Shared, wire};

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(create)).routes(routes!(read))
}

/// Promises a price, and says whether the customer can pay it.
#[utoipa::path(post, path = "/v1/quotes", tag = "jobs", operation_id = "create_quote",
    request_body = QuoteNew,
    responses((status = 201, description = "The quote", body = Quote), Refusals))]
async fn create(State(server): State<Shared>, received: Received) -> Answered {
    let (studio, own) = asker(&received.caller)?;
    let new: QuoteNew<'_> = received.json()?;
    let given = wire::name_opt("customer", new.customer.as_ref())?;
    let customer = match (own, given) {
        (Some(own), Some(given)) if own != given => return Err(Problem::not_found("customer")),
        (own, given) => own.or(given),
    };
    let member = wire::name_opt("member", new.member.as_ref())?;
    if member.is_some() && customer.is_none() {
        return Err(Problem::invalid_input("customer", "must be given with `member`"));
    }
    let form = Form {
        tool: new.tool.as_ref(),
        model: new.model.as_ref(),
        inputs: new.inputs.as_ref(),
        lines: new.lines.as_deref(),
        envelope: new.envelope,
        channel: new.channel.as_ref(),
        mode: new.mode.as_ref(),
        revision: new.revision,
        previous: new.previous.as_ref(),
    };
    let wanted = form.wanted()?;
    let at = server.store.now(studio);
    let version = server.catalogs.required(studio, at)?;
    let beside = match &customer {
        Some(customer) => Beside::look(&server, studio, &version, &wanted, customer, at).await?,
        None => Beside::said(&wanted),
    };
    let job = price(&version, &wanted, at, beside, When::Now)?;
    let until = at.after(version.catalog()?.studio().quote_ttl);
    let standing = standing(&server, studio, customer.as_ref(), member.as_ref(), &job).await?;
    let asker = Asker { studio, customer: customer.clone(), member: member.clone() };
    let id = promise::promise(&server, asker, &job, until)?;
    let shown = Shown { id: &id, customer: customer.as_ref(), member: member.as_ref(), until };
    answer::created(&quote(&server, studio, &shown, &job, standing)?)
}

/// Whose studio, and the customer that a token is for.
fn asker(caller: &Caller) -> Result<(StudioId, Option<Name>), Problem> {
    match caller {
        Caller::Customer(own) => Ok((own.studio, Some(own.customer.clone()))),
        _ => caller.with(Scope::Quotes).map(|key| (key.studio, None)),
    }
}

/// What the hold would meet. Refusals: those of the hold but the lack of credits, which the quote tells.
async fn standing(
    server: &Server,
    studio: StudioId,
    customer: Option<&Name>,
    member: Option<&Name>,
    job: &PricedJob,
) -> Result<Option<Standing>, Problem> {
    let Some(customer) = customer else { return Ok(None) };
    let hold = HoldNew {
        customer: customer.clone(),
        member: member.cloned(),
        currency: job.currency.clone(),
        lines: job.command_lines(),
        envelope: job.envelope,
        promise: None,
        facts: job.facts_used()?,
        catalog_version: job.version.number(),
        ttl: Span::ZERO,
        reference: None,
        metadata: Vec::new(),
        spending: job.version.catalog()?.spending().clone(),
    };
    let standing = shortage::standing(server, studio, hold).await?;
    match &standing.refusal {
        None | Some(Refusal::InsufficientCredits { .. }) => Ok(Some(standing)),
        Some(refusal) => Err(refusal.into()),
    }
}

/// How a quote is shown.
struct Shown<'a> {
    id: &'a str,
    customer: Option<&'a Name>,
    member: Option<&'a Name>,
    until: Timestamp,
}

fn quote<'a>(
    server: &Server,
    studio: StudioId,
    shown: &Shown<'a>,
    job: &'a PricedJob,
    standing: Option<Standing>,
) -> Result<Quote<'a>, Problem> {
    let catalog = job.version.catalog()?;
    let in_force = server.catalogs.in_force(studio, server.store.now(studio));
    let shortfall = |standing: &Standing| match &standing.refusal {
        Some(_) => job.credits.saturating_sub(standing.available),
        None => scrip_ledger::Credits::ZERO,
    };
    let short = |standing: &Standing| {
        let short = Short {
            customer: shown.customer.map_or("", |customer| customer.as_str()),
            currency: &job.currency,
            quote: None,
            priced: Some(job),
            version: in_force.as_ref(),
            outlook: &standing.outlook,
        };
        shortage::options(&short, standing.available, shortfall(standing))
    };
    let options = standing.as_ref().filter(|standing| standing.refusal.is_some()).map(short);
    Ok(Quote {
        id: Text::new(shown.id),
        customer: shown.customer.map(wire::text),
        member: shown.member.map(wire::text),
        lines: job.lines.iter().enumerate().map(|(index, line)| wire::quote::line(index, line, catalog)).collect(),
        envelope: job.envelope,
        credits: wire::credits(job.credits),
        hold: wire::credits(job.credits),
        currency: wire::text(&job.currency),
        catalog_version: job.version.number(),
        created_at: wire::instant(job.priced_at),
        expires_at: wire::instant(shown.until),
        affordable: standing.as_ref().map(|standing| standing.refusal.is_none()),
        available: standing.as_ref().map(|standing| wire::credits(standing.available)),
        shortfall: standing.as_ref().map(|standing| wire::credits(shortfall(standing))),
        options: options.unwrap_or_default(),
    })
}

/// What a quote promises, for as long as it does.
#[utoipa::path(get, path = "/v1/quotes/{quote}", tag = "jobs", operation_id = "read_quote",
    params(("quote" = String, Path, description = "`qt_…`")),
    responses((status = 200, description = "The quote", body = Quote), Refusals))]
async fn read(State(server): State<Shared>, InPath(id): InPath<String>, caller: Caller) -> Answered {
    let (studio, own) = match &caller {
        Caller::Customer(_) => asker(&caller)?,
        _ => (caller.with_any(&[Scope::Read, Scope::Quotes])?.studio, None),
    };
    let redeemed = promise::redeem(&server, studio, &id)?;
    let promised = &redeemed.promised;
    if own.is_some() && own != promised.customer {
        return Err(Problem::not_found("quote"));
    }
    if redeemed.promise.expires_at <= server.store.now(studio) {
        return Err(Problem::new(Code::QuoteExpired, "this quote's price is no longer promised"));
    }
    let job = promised.price(&server)?;
    let (customer, member) = (promised.customer.as_ref(), promised.member.as_ref());
    let standing = standing(&server, studio, customer, member, &job).await?;
    let shown = Shown { id: &id, customer, member, until: redeemed.promise.expires_at };
    answer::ok(&quote(&server, studio, &shown, &job, standing)?)
}
