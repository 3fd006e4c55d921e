//! Charges and refunds.

use scrip_api::Text;
use scrip_api::charge::{Charge, ChargeDraw, ChargeLine, Refund, RefundNew};
use scrip_api::hold::Draw;
use scrip_ledger::command::RefundShare;
use scrip_ledger::hold::{HoldTerms, LineTerms};
use scrip_ledger::{Name, charge, command, policy, refund};

use crate::problem::Problem;
use crate::wire::hold::{inputs, line_id, outcome};
use crate::wire::{self, credits, instant, metadata_out, money, name_opt, note, text, text_opt};

/// What a charge was for, as its hold has it.
#[derive(Clone, Debug, Default)]
pub(crate) struct About {
    pub(crate) quote: Option<Name>,
    metadata: Vec<(Name, Name)>,
    lines: Vec<AboutLine>,
}

#[derive(Clone, Debug)]
pub(crate) struct AboutLine {
    pub(crate) label: Option<Name>,
    pub(crate) quantity: u32,
    pub(crate) inputs: Name,
}

impl About {
    pub(crate) fn quote(&self) -> Option<&str> {
        self.quote.as_deref()
    }

    pub(crate) fn metadata(&self) -> &[(Name, Name)] {
        &self.metadata
    }

    pub(crate) fn line(&self, index: usize) -> Option<&AboutLine> {
        self.lines.get(index)
    }
}

impl From<&HoldTerms> for About {
    fn from(terms: &HoldTerms) -> About {
        let line = |line: &LineTerms| AboutLine {
            label: line.label.clone(),
            quantity: line.quantity,
            inputs: line.inputs.clone(),
        };
        let lines = terms.lines.iter().map(line).collect();
        About { quote: terms.quote.clone(), metadata: terms.metadata.clone(), lines }
    }
}

impl From<&command::HoldNew> for About {
    fn from(new: &command::HoldNew) -> About {
        let line = |line: &command::LineNew| AboutLine {
            label: line.label.clone(),
            quantity: line.quantity,
            inputs: line.inputs.clone(),
        };
        let quote = new.promise.as_ref().map(|promise| promise.quote.clone());
        About { quote, metadata: new.metadata.clone(), lines: new.lines.iter().map(line).collect() }
    }
}

pub(crate) fn charge<'a>(charge: &'a charge::Charge, about: &'a About) -> Charge<'a> {
    Charge {
        id: Text::of(charge.id),
        hold: Text::of(charge.hold),
        customer: text(&charge.customer),
        member: text_opt(&charge.member),
        outcome: outcome(charge.outcome),
        currency: text(&charge.currency),
        credits: credits(charge.credits),
        refunded: credits(charge.refunded()),
        shortfall: credits(charge.shortfall),
        lines: charge.lines.iter().map(|made| line(made, about)).collect(),
        draws: charge.draws.iter().map(draw).collect(),
        quote: text_opt(&about.quote),
        catalog_version: charge.catalog_version,
        reference: text_opt(&charge.reference),
        metadata: metadata_out(&about.metadata),
        cost: charge.cost.as_ref().map(money),
        created_at: instant(charge.created_at),
    }
}

fn line<'a>(line: &'a charge::ChargeLine, about: &'a About) -> ChargeLine<'a> {
    let held = about.lines.get(usize::from(line.line));
    ChargeLine {
        id: line_id(usize::from(line.line)),
        label: held.and_then(|held| text_opt(&held.label)),
        tool: text_opt(&line.tool),
        model: text_opt(&line.model),
        quantity: held.map_or(1, |held| held.quantity),
        inputs: inputs(held.map_or("{}", |held| &held.inputs)),
        measured: line.measured.as_deref().map(inputs),
        credits: credits(line.credits),
        explain: None,
        formula: None,
    }
}

fn draw(draw: &charge::ChargeDraw) -> ChargeDraw<'_> {
    ChargeDraw {
        grant: Text::of(draw.grant),
        bucket: text(&draw.bucket),
        amount: credits(draw.amount),
        refunded: credits(draw.refunded),
    }
}

pub(crate) fn refund(refund: &refund::Refund) -> Refund<'_> {
    let draw = |draw: &'_ refund::RefundDraw| Draw {
        grant: Text::of(draw.grant),
        bucket: Text::from(draw.bucket.to_string()),
        amount: credits(draw.amount),
    };
    Refund {
        id: Text::of(refund.id),
        charge: Text::of(refund.charge),
        credits: credits(refund.credits),
        draws: refund.draws.iter().map(draw).collect(),
        reason: text_opt(&refund.reason),
        created_at: instant(refund.created_at),
    }
}

/// Refusals: `invalid_amount`; `invalid_input` (`amount` and `fraction` at once, a fraction that is none).
pub(crate) fn refund_new(
    new: &RefundNew<'_>,
    decimals: u8,
    spending: std::sync::Arc<policy::Spending>,
) -> Result<command::RefundNew, Problem> {
    let share = match (&new.amount, &new.fraction) {
        (Some(_), Some(_)) => {
            return Err(Problem::invalid_input("fraction", "can't be given with `amount`: say one or the other"));
        }
        (Some(amount), None) => RefundShare::Amount(wire::moved("amount", amount, decimals)?),
        (None, Some(fraction)) => share(fraction.as_str())?,
        (None, None) => RefundShare::Rest,
    };
    Ok(command::RefundNew {
        share,
        reason: note("reason", new.reason.as_ref())?,
        to_bucket: name_opt("to_bucket", new.to_bucket.as_ref())?,
        spending,
    })
}

/// As many decimals as a third has where programs print it, and still exact in 64 bits.
const SHARE_DECIMALS_MAX: usize = 18;

/// A plain decimal greater than 0 and at most 1.
fn share(text: &str) -> Result<RefundShare, Problem> {
    let refused = || {
        let reason = "must be a decimal greater than 0 and at most 1, such as \"0.5\", with at most 18 decimals";
        Problem::invalid_input("fraction", reason)
    };
    let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
    let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !is_digits(whole) || !is_digits(decimals) || decimals.len() > SHARE_DECIMALS_MAX {
        return Err(refused());
    }
    let denominator = 10_u64.pow(decimals.len() as u32);
    let part: u64 = decimals.parse().map_err(|_| refused())?;
    let wholes: u64 = whole.parse().map_err(|_| refused())?;
    match wholes.checked_mul(denominator).and_then(|wholes| wholes.checked_add(part)) {
        Some(numerator) if (1..=denominator).contains(&numerator) => {
            Ok(RefundShare::Fraction { numerator, denominator })
        }
        _ => Err(refused()),
    }
}
