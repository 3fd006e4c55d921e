//! Acts that move credits, one by one or in a batch: each is made ready, committed, and worded the same way.

use std::sync::Arc;

use scrip_api::charge::RefundNew;
use scrip_api::hold::{CaptureNew, ExtensionNew, HoldNew, ReleaseNew};
use scrip_api::studio::Scope;
use scrip_api::wallet::GrantNew;
use scrip_catalog::Held;
use scrip_ledger::command::{self, Asked};
use scrip_ledger::hold::{Hold, HoldTerms};
use scrip_ledger::id::{ChargeId, HoldId, StudioId};
use scrip_ledger::{Act, Answer, Credits, Name, Refusal, Reply};
use scrip_store::{Load, Target};

use crate::Server;
use crate::access::KeyCaller;
use crate::catalogs::Version;
use crate::commit::{Request, refused};
use crate::facts::Beside;
use crate::jobs::{self, JobKind, Wording};
use crate::pricing::inputs_of;
use crate::problem::Problem;
use crate::promise;
use crate::shortage::{self, Short};
use crate::wire::{self, charge::About};

/// An act on its way to the ledger.
pub(crate) struct Ready {
    pub(crate) target: Target,
    pub(crate) act: Act,
    pub(crate) words: Words,
}

/// What the answer of an act is worded with.
pub(crate) enum Words {
    Job(Box<Wording>),
    /// A job of this customer that can't be priced any more, and was answered before.
    Unpriceable(Name),
    Hold(HoldId, Option<Arc<Version>>),
    Plain,
    Grant(Name),
}

/// What an answer says beside its body.
pub(crate) struct Worded {
    pub(crate) status: u16,
    pub(crate) charged: Option<scrip_api::Credits>,
}

/// Where the act's wallet is found; known even if the act itself can't be made ready.
pub(crate) fn customer_target(input: &str, customer: &str) -> Result<Target, Problem> {
    wire::name(input, customer).map(Target::Customer)
}

pub(crate) fn hold_target(id: &str) -> Result<(HoldId, Target), Problem> {
    let id: HoldId = id.parse().map_err(|_| Problem::not_found("hold"))?;
    Ok((id, Target::Wallet(id.wallet())))
}

pub(crate) fn charge_target(id: &str) -> Result<(ChargeId, Target), Problem> {
    let id: ChargeId = id.parse().map_err(|_| Problem::not_found("charge"))?;
    Ok((id, Target::Wallet(id.wallet())))
}

pub(crate) async fn job(
    server: &Server,
    caller: &KeyCaller,
    new: &HoldNew<'_>,
    kind: JobKind,
) -> Result<Ready, Problem> {
    let (act, wording) = jobs::prepare(server, caller, new, kind).await?.into_act();
    let target = customer_target("customer", &new.customer)?;
    Ok(Ready { target, act, words: Words::Job(Box::new(wording)) })
}

/// Refusals, first applicable wins: `forbidden_scope`; `invalid_input`, `invalid_amount`; `not_found` (`hold`,
/// `line`); the state of a hold that has ended; what was measured.
pub(crate) async fn capture(
    server: &Server,
    caller: &KeyCaller,
    id: &str,
    new: &CaptureNew<'_>,
) -> Result<Ready, Problem> {
    let scope = if new.amount.is_some() { Scope::Amounts } else { Scope::Holds };
    if !caller.scopes.has(scope) {
        return Err(Problem::forbidden(scope.as_str()));
    }
    let (hold, target) = hold_target(id)?;
    let version = server.catalogs.in_force(caller.studio, server.store.now(caller.studio));
    let line = wire::hold::line_in(new.line.as_ref())?;
    let measured = new.inputs.as_ref().filter(|inputs| !inputs.0.is_empty());
    let mut free_units = None;
    let asked = match (&new.amount, measured) {
        (Some(_), Some(_)) => return Err(Problem::invalid_input("amount", "can't be given with `inputs`")),
        (Some(amount), None) => Asked::Amount(wire::moved("amount", amount, shortage::decimals(version.as_ref())?)?),
        (None, None) => Asked::Held,
        (None, Some(inputs)) => {
            let held = read_hold(server, caller.studio, hold).await?;
            let measured = measure(server, caller.studio, &held, line, inputs);
            // That nothing can be captured counts before what is wrong with the request.
            let refused =
                |problem| held.lines_to_capture(line).err().map_or(problem, |refusal| Problem::from(&refusal));
            let (asked, used) = measured.map_err(refused)?;
            free_units = Some(used);
            asked
        }
    };
    let capture = command::CaptureNew {
        outcome: wire::hold::outcome_in(new.outcome.unwrap_or_default()),
        line,
        asked,
        delivered: wire::hold::delivered(new)?,
        is_final: new.is_final.unwrap_or(true),
        cost: new.cost.as_ref().map(|cost| wire::paid("cost", cost)).transpose()?,
        stage: new.stage.map(wire::hold::stage_in),
        free_units,
        spending: shortage::spending(version.as_ref())?,
    };
    let act = Act::Capture { hold, capture: Box::new(capture) };
    Ok(Ready { target, act, words: Words::Hold(hold, version) })
}

/// Prices what was measured, with the catalog version that the hold was priced with; and the free units that it
/// really used.
fn measure(
    server: &Server,
    studio: StudioId,
    hold: &Hold,
    line: Option<u16>,
    inputs: &scrip_api::input::Inputs<'_>,
) -> Result<(Asked, Credits), Problem> {
    let terms = &hold.terms;
    let index = match (line, terms.lines.len()) {
        (Some(line), _) => usize::from(line),
        (None, 1) => 0,
        (None, _) => {
            return Err(Problem::invalid_input("line", "must be given: this hold has several lines"));
        }
    };
    let given = inputs_of(Some(inputs));
    let priced = reprice(server, studio, terms, index, &given)?;
    let priced = priced.ok_or_else(|| {
        Problem::invalid_input("inputs", "can't be priced: this hold is by plain amount; give `amount`")
    })?;
    let named = |name: &Name| given.iter().any(|(given, _)| *given == name.as_str());
    let kept = priced.inputs.iter().filter(|input| named(&input.name));
    let kept = kept.map(|input| (scrip_api::Text::of(&input.name), scrip_api::Text::of(&input.value))).collect();
    let json = serde_json::to_string(&scrip_api::input::Metadata(kept)).map_err(Problem::internal)?;
    Ok((Asked::Measured { amount: priced.credits, inputs: Name::from(json) }, priced.free_units))
}

/// The price of a held line by what was measured; as it was held, if nothing was. `None` for a plain amount.
///
/// Refusals: `not_found` (`line`); `invalid_input`.
pub(crate) fn reprice(
    server: &Server,
    studio: StudioId,
    terms: &HoldTerms,
    line: usize,
    measured: &[(&str, scrip_catalog::InputValue<'_>)],
) -> Result<Option<scrip_catalog::Priced>, Problem> {
    let index = line;
    let line = terms.lines.get(index).ok_or_else(|| Problem::not_found("line"))?;
    let Some(tool) = &line.tool else { return Ok(None) };
    let version = server.catalogs.version(studio, terms.catalog_version);
    let version = version.ok_or_else(|| Problem::internal("a hold names a catalog version that is not there"))?;
    let catalog = version.catalog()?;
    let quoted = terms.quote.as_ref().and_then(|quote| promise::redeem(server, studio, quote).ok());
    let priced_at = quoted.map_or(terms.created_at, |quote| quote.promised.priced_at());
    let mut facts = version.facts(priced_at)?;
    if let Some(beside) = terms.priced_with.as_deref().and_then(Beside::from_json) {
        facts = Arc::new(beside.facts(index, catalog.tool(tool), &facts));
    }
    let quantity = u64::from(line.quantity);
    let priced = if measured.is_empty() {
        let kept = promise::inputs_of(&line.inputs);
        let inputs: Vec<_> =
            kept.iter().map(|(name, text)| (name.as_str(), scrip_catalog::InputValue::Text(text))).collect();
        let ask = scrip_catalog::Ask { tool, model: line.model.as_deref(), inputs: &inputs, quantity };
        catalog.price_with(&ask, Some(&facts))
    } else {
        let held = Held { tool, model: line.model.as_deref(), inputs_json: &line.inputs, quantity };
        catalog.measure(&held, measured, Some(&facts))
    };
    priced.map(Some).map_err(|error| (&error).into())
}

/// A hold of the studio, ended or not. Refusal: `not_found` (`hold`).
pub(crate) async fn read_hold(server: &Server, studio: StudioId, id: HoldId) -> Result<Hold, Problem> {
    let see = move |wallet: &scrip_ledger::Wallet, _| wallet.hold(id).cloned();
    let read = server.store.read(studio, Target::Wallet(id.wallet()), Load::hold(id), see).await;
    read.map_err(|error| Problem::read("hold", error))?.ok_or_else(|| Problem::not_found("hold"))
}

pub(crate) fn release(caller: &KeyCaller, id: &str, new: &ReleaseNew<'_>) -> Result<Ready, Problem> {
    holds(caller)?;
    let (hold, target) = hold_target(id)?;
    let act = Act::Release { hold, reason: wire::note("reason", new.reason.as_ref())? };
    Ok(Ready { target, act, words: Words::Hold(hold, None) })
}

pub(crate) fn extend(server: &Server, caller: &KeyCaller, id: &str, new: &ExtensionNew<'_>) -> Result<Ready, Problem> {
    match new.amount {
        Some(_) if !caller.scopes.has(Scope::Amounts) => return Err(Problem::forbidden("amounts")),
        Some(_) => {}
        None => holds(caller)?,
    }
    let (hold, target) = hold_target(id)?;
    let version = server.catalogs.in_force(caller.studio, server.store.now(caller.studio));
    let decimals = shortage::decimals(version.as_ref())?;
    let by = wire::hold::extension(new, decimals, shortage::spending(version.as_ref())?)?;
    Ok(Ready { target, act: Act::Extend { hold, by }, words: Words::Hold(hold, version) })
}

fn holds(caller: &KeyCaller) -> Result<(), Problem> {
    if caller.scopes.has(Scope::Holds) { Ok(()) } else { Err(Problem::forbidden("holds")) }
}

pub(crate) fn refund(server: &Server, caller: &KeyCaller, id: &str, new: &RefundNew<'_>) -> Result<Ready, Problem> {
    if !caller.scopes.has(Scope::Refunds) {
        return Err(Problem::forbidden("refunds"));
    }
    let (charge, target) = charge_target(id)?;
    let version = server.catalogs.in_force(caller.studio, server.store.now(caller.studio));
    let decimals = shortage::decimals(version.as_ref())?;
    let refund = wire::charge::refund_new(new, decimals, shortage::spending(version.as_ref())?)?;
    Ok(Ready { target, act: Act::Refund { charge, refund: Box::new(refund) }, words: Words::Plain })
}

pub(crate) fn grant(server: &Server, caller: &KeyCaller, customer: &str, new: &GrantNew<'_>) -> Result<Ready, Problem> {
    if !caller.scopes.has(Scope::Grants) {
        return Err(Problem::forbidden("grants"));
    }
    let customer = wire::name("customer", customer)?;
    let version = server.catalogs.in_force(caller.studio, server.store.now(caller.studio));
    let act = Act::Grant(Box::new(wire::grant::grant_new(customer.clone(), new, version.as_ref())?));
    Ok(Ready { target: Target::Customer(customer.clone()), act, words: Words::Grant(customer) })
}

/// What was answered under the request's key, where the request itself can't be made ready any more: its tool is
/// gone from the catalog, its scope from the prices. If nothing was, `problem` is the answer.
pub(crate) async fn remembered_or(
    server: &Server,
    studio: StudioId,
    target: Target,
    request: Request,
    problem: Problem,
) -> Result<Answer, Problem> {
    let Some((key, fingerprint)) = request else { return Err(problem) };
    if problem.status() == 403 {
        return Err(problem);
    }
    let remembered = server.store.remembered(studio, target, key, fingerprint).await?;
    remembered.ok_or(problem)
}

/// Words an answer of the ledger: its body goes to the end of `out`, which a refusal leaves as it is.
pub(crate) async fn word(
    server: &Server,
    studio: StudioId,
    words: &Words,
    answer: &Answer,
    out: &mut Vec<u8>,
) -> Result<Worded, Problem> {
    let replayed = answer.replayed;
    match &answer.outcome {
        Err(refusal) => {
            let refused = match refusal {
                Refusal::InsufficientCredits { .. } => short(server, studio, words, refusal, replayed).await,
                _ => refused(refusal, replayed),
            };
            Err(refused.at(server.store.now(studio)))
        }
        Ok(Reply::Hold(hold)) => {
            wire::written::hold(hold, out);
            let made = matches!(words, Words::Job(_) | Words::Unpriceable(_));
            Ok(Worded { status: if made { 201 } else { 200 }, charged: None })
        }
        Ok(Reply::Captured(captured)) => {
            wire::written::captured(captured, out);
            Ok(Worded { status: 200, charged: Some(wire::hold::charged(captured)) })
        }
        Ok(Reply::Charge(charge)) => {
            match words {
                Words::Job(wording) if !replayed => wire::written::charge(charge, &wording.about, out),
                _ => {
                    let hold = read_hold(server, studio, charge.hold).await?;
                    wire::written::charge(charge, &About::from(&*hold.terms), out);
                }
            }
            Ok(Worded { status: 201, charged: Some(wire::credits(charge.credits)) })
        }
        Ok(Reply::Refund(refund)) => made(&wire::charge::refund(refund), out),
        Ok(Reply::Grant(grant)) => match words {
            Words::Grant(customer) => made(&wire::grant::grant(grant, customer), out),
            _ => Err(Problem::internal("a grant came back and none was asked for")),
        },
        Ok(
            Reply::Customer { .. }
            | Reply::Member { .. }
            | Reply::Subscription(_)
            | Reply::AddOn { .. }
            | Reply::Granted(_)
            | Reply::Reversed(_)
            | Reply::Touched,
        ) => Err(Problem::internal("an act on credits was asked for and something else came back")),
    }
}

fn made(body: &impl serde::Serialize, out: &mut Vec<u8>) -> Result<Worded, Problem> {
    serde_json::to_writer(out, body).map_err(Problem::internal)?;
    Ok(Worded { status: 201, charged: None })
}

/// Credits are missing: how many, and what would help.
async fn short(server: &Server, studio: StudioId, words: &Words, refusal: &Refusal, replayed: bool) -> Problem {
    let in_force = server.catalogs.in_force(studio, server.store.now(studio));
    let held = match words {
        Words::Hold(id, _) => read_hold(server, studio, *id).await.ok(),
        _ => None,
    };
    let (customer, currency) = match (words, &held) {
        (Words::Job(wording), _) => wording.payer(),
        (Words::Unpriceable(customer), _) => (customer.clone(), Name::from(scrip_ledger::policy::CREDITS)),
        (_, Some(hold)) => (hold.terms.customer.clone(), hold.terms.currency.clone()),
        (Words::Hold(..) | Words::Plain | Words::Grant(_), None) => return refused(refusal, replayed),
    };
    let outlook = shortage::outlook(server, studio, &customer, &currency).await;
    let short =
        Short { customer: &customer, currency: &currency, quote: None, priced: None, version: None, outlook: &outlook };
    let short = match words {
        Words::Job(wording) => wording.short(short),
        Words::Hold(_, version) => {
            let quote = held.as_ref().and_then(|hold| hold.terms.quote.as_deref());
            Short { quote, version: version.as_ref(), ..short }
        }
        _ => Short { version: in_force.as_ref(), ..short },
    };
    shortage::refuse(&short, refusal, replayed)
}
