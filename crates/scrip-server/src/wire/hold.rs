//! Holds and captures.

use scrip_api::hold::{CaptureNew, Captured, Draw, ExtensionNew, Hold, HoldLine, HoldStatus, Outcome};
use scrip_api::input::Json;
use scrip_api::quote::PriceKind;
use scrip_api::{Credits, Text};
use scrip_ledger::policy::Stage;
use scrip_ledger::{command, hold, policy, reply};

use crate::problem::Problem;
use crate::wire::charge::{self, About};
use crate::wire::{self, credits, instant, metadata_out, text, text_opt};

pub(crate) fn hold(hold: &hold::Hold) -> Hold<'_> {
    let (terms, state) = (&hold.terms, &hold.state);
    let lines = terms.lines.iter().zip(&state.lines).enumerate();
    Hold {
        id: Text::of(hold.id),
        status: status(state.status),
        customer: text(&terms.customer),
        member: text_opt(&terms.member),
        currency: text(&terms.currency),
        amount: credits(state.amount()),
        captured: credits(state.captured()),
        released: credits(state.released()),
        remaining: credits(state.remaining()),
        lines: lines.map(|(index, (terms, state))| line(index, terms, state)).collect(),
        draws: draws(state),
        envelope: terms.envelope,
        stuck: state.stuck,
        quote: text_opt(&terms.quote),
        catalog_version: terms.catalog_version,
        reference: text_opt(&terms.reference),
        metadata: metadata_out(&terms.metadata),
        created_at: instant(terms.created_at),
        expires_at: instant(state.expires_at),
    }
}

fn status(status: hold::HoldStatus) -> HoldStatus {
    match status {
        hold::HoldStatus::Open => HoldStatus::Open,
        hold::HoldStatus::Captured => HoldStatus::Captured,
        hold::HoldStatus::Released => HoldStatus::Released,
        hold::HoldStatus::Expired => HoldStatus::Expired,
    }
}

/// The status that a list is filtered by.
pub(crate) fn status_in(status: HoldStatus) -> hold::HoldStatus {
    match status {
        HoldStatus::Open => hold::HoldStatus::Open,
        HoldStatus::Captured => hold::HoldStatus::Captured,
        HoldStatus::Released => hold::HoldStatus::Released,
        HoldStatus::Expired => hold::HoldStatus::Expired,
    }
}

fn line<'a>(index: usize, terms: &'a hold::LineTerms, state: &hold::LineState) -> HoldLine<'a> {
    HoldLine {
        id: line_id(index),
        label: text_opt(&terms.label),
        tool: text_opt(&terms.tool),
        model: text_opt(&terms.model),
        quantity: terms.quantity,
        inputs: inputs(&terms.inputs),
        kind: if terms.open_inputs.is_empty() { PriceKind::Exact } else { PriceKind::Ceiling },
        credits: credits(terms.amount),
        captured: credits(state.captured()),
        released: credits(state.released()),
        remaining: credits(state.remaining()),
        ended: state.ended,
    }
}

/// Lines are counted from 1.
pub(crate) fn line_id(index: usize) -> Text<'static> {
    const FEW: [&str; 4] = ["1", "2", "3", "4"];
    FEW.get(index).map_or_else(|| Text::of(index + 1), |id| Text::new(id))
}

/// The place of the line that a request names. Refusal: `not_found` (`line`).
pub(crate) fn line_in(id: Option<&Text<'_>>) -> Result<Option<u16>, Problem> {
    let place = |id: &Text<'_>| {
        let plain = !id.is_empty() && id.len() <= 5 && id.bytes().all(|byte| byte.is_ascii_digit());
        let number: u16 = id.parse().ok().filter(|_| plain)?;
        number.checked_sub(1)
    };
    id.map(|id| place(id).ok_or_else(|| Problem::not_found("line"))).transpose()
}

/// Canonical inputs of a line; a plain amount has none.
pub(crate) fn inputs(json: &str) -> Json<'_> {
    const NONE: &str = "{}";
    Json::from_text(json).or_else(|| Json::from_text(NONE)).unwrap_or_else(|| Json(Default::default()))
}

/// What the whole hold takes from each grant, whichever line it was for.
pub(crate) fn draws(state: &hold::HoldState) -> Vec<Draw<'_>> {
    let mut draws: Vec<Draw<'_>> = Vec::with_capacity(2);
    let mut grants = Vec::with_capacity(2);
    for draw in state.lines.iter().flat_map(|line| &line.draws) {
        match grants.iter().position(|grant| *grant == draw.grant) {
            Some(at) => draws[at].amount = Credits::from_micro(draws[at].amount.micro() + draw.held.micro()),
            None => {
                grants.push(draw.grant);
                let (grant, bucket) = (Text::of(draw.grant), text(&draw.bucket));
                draws.push(Draw { grant, bucket, amount: credits(draw.held) });
            }
        }
    }
    draws
}

/// What a capture did, as a value: the tests compare what is written straight into bytes with it.
#[cfg_attr(not(test), expect(dead_code, reason = "the written form is compared with it"))]
pub(crate) fn captured<'a>(captured: &'a reply::Captured, about: &'a About) -> Captured<'a> {
    Captured {
        hold: hold(&captured.hold),
        charge: captured.charge.as_ref().map(|made| charge::charge(made, about)),
        released: credits(captured.released),
        shortfall: credits(captured.shortfall),
    }
}

/// What a capture charged.
pub(crate) fn charged(captured: &reply::Captured) -> Credits {
    captured.charge.as_ref().map_or(Credits::from_micro(0), |charge| credits(charge.credits))
}

pub(crate) fn stage_in(stage: scrip_api::hold::Stage) -> Stage {
    match stage {
        scrip_api::hold::Stage::Queued => Stage::Queued,
        scrip_api::hold::Stage::Running => Stage::Running,
    }
}

pub(crate) fn outcome_in(outcome: Outcome) -> policy::Outcome {
    match outcome {
        Outcome::Succeeded => policy::Outcome::Succeeded,
        Outcome::Failed => policy::Outcome::Failed,
        Outcome::Moderated => policy::Outcome::Moderated,
        Outcome::Canceled => policy::Outcome::Canceled,
        Outcome::Partial => policy::Outcome::Partial,
        Outcome::TimedOut => policy::Outcome::TimedOut,
        Outcome::Unknown => policy::Outcome::Unknown,
    }
}

pub(crate) fn outcome(outcome: policy::Outcome) -> Outcome {
    match outcome {
        policy::Outcome::Succeeded => Outcome::Succeeded,
        policy::Outcome::Failed => Outcome::Failed,
        policy::Outcome::Moderated => Outcome::Moderated,
        policy::Outcome::Canceled => Outcome::Canceled,
        policy::Outcome::Partial => Outcome::Partial,
        policy::Outcome::TimedOut => Outcome::TimedOut,
        policy::Outcome::Unknown => Outcome::Unknown,
    }
}

/// How much of a job was delivered that did not come to its end: the catalog may charge that share whatever the
/// outcome was. Refusal: `invalid_input` (one without the other, or of a job that succeeded or is not known to have
/// ended).
pub(crate) fn delivered(new: &CaptureNew<'_>) -> Result<Option<(u32, u32)>, Problem> {
    match (new.delivered, new.of) {
        (None, None) => Ok(None),
        (Some(delivered), Some(of)) => match new.outcome {
            None | Some(Outcome::Succeeded | Outcome::Unknown) => Err(Problem::invalid_input(
                "delivered",
                "goes with the outcome `partial`, or another that is no success",
            )),
            Some(_) => Ok(Some((delivered, of))),
        },
        (Some(_), None) => Err(Problem::invalid_input("of", "must be given with `delivered`")),
        (None, Some(_)) => Err(Problem::invalid_input("delivered", "must be given with `of`")),
    }
}

/// How long a hold may be asked to last.
const TTL_MAX: scrip_ledger::Span = scrip_ledger::Span::from_days(7);

/// A time to live of a request: more than nothing, a week at most.
pub(crate) fn ttl(span: scrip_api::Span) -> Result<scrip_ledger::Span, Problem> {
    let span = wire::span(span);
    if span.is_zero() || TTL_MAX < span {
        return Err(Problem::invalid_input("expires_in", "must be more than PT0S and at most P7D"));
    }
    Ok(span)
}

/// Refusals: `invalid_input` (nothing to do), `invalid_amount`, `not_found` (`line`).
pub(crate) fn extension(
    new: &ExtensionNew<'_>,
    decimals: u8,
    spending: std::sync::Arc<policy::Spending>,
) -> Result<command::Extension, Problem> {
    if new.expires_in.is_none() && new.amount.is_none() {
        return Err(Problem::invalid_input("expires_in", "must be given, or `amount`"));
    }
    Ok(command::Extension {
        ttl: new.expires_in.map(ttl).transpose()?,
        amount: new.amount.as_ref().map(|amount| wire::moved("amount", amount, decimals)).transpose()?,
        line: line_in(new.line.as_ref())?,
        spending,
    })
}
