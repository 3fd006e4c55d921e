//! What a capture asks of each line: its part of the price, and what the outcome leaves of it.

use super::Job;
use crate::amount::Credits;
use crate::command::{Asked, CaptureNew};
use crate::hold::LineTerms;
use crate::policy::{Outcome, OutcomeCharge};
use crate::refusal::Refusal;

/// What is to be charged to one line.
pub(super) struct Due {
    pub(super) line: usize,
    pub(super) amount: Credits,
}

impl Job {
    /// What each line is asked to pay.
    ///
    /// Refusals: `invalid_input` (`delivered` that is no part; `line`, where a measure is not of one line; an
    /// input that must be measured; `delivered` missing), `invalid_amount`.
    pub(super) fn amounts(&self, lines: &[usize], new: &CaptureNew) -> Result<Vec<Due>, Refusal> {
        self.check_inputs(lines, new)?;
        let mut shares = Shares::default();
        let mut dues = Vec::with_capacity(lines.len());
        let mut total = Credits::ZERO;
        for (line, base) in lines.iter().zip(self.bases(lines, &new.asked)?) {
            let amount = shares.of(base, &self.terms.lines[*line], new).ok_or_else(too_much)?;
            total = total.checked_add(amount).ok_or_else(too_much)?;
            dues.push(Due { line: *line, amount });
        }
        Ok(dues)
    }

    fn check_inputs(&self, lines: &[usize], new: &CaptureNew) -> Result<(), Refusal> {
        let terms = || lines.iter().map(|line| &self.terms.lines[*line]);
        if new.delivered.is_some_and(|(delivered, of)| of == 0 || delivered > of) {
            return Err(Refusal::invalid("delivered", "must be at most `of`, and `of` greater than zero"));
        }
        if matches!(new.asked, Asked::Measured { .. }) && lines.len() > 1 {
            return Err(Refusal::invalid("line", "this hold has several lines: name the one that was measured"));
        }
        if matches!(new.asked, Asked::Held) {
            let charged = terms().filter(|terms| rule(new, terms) != OutcomeCharge::Nothing);
            if let Some(input) = charged.flat_map(|terms| &terms.open_inputs).next() {
                let reason = "must be given: this hold is a ceiling, and its price is known once it is measured";
                return Err(Refusal::invalid(input, reason));
            }
        }
        let shared = || terms().any(|terms| rule(new, terms) == OutcomeCharge::Delivered);
        if new.outcome == Outcome::Partial && new.delivered.is_none() && shared() {
            return Err(Refusal::invalid("delivered", "must be given with `of` when the outcome is partial"));
        }
        Ok(())
    }

    /// The price of each line: what it holds, or its part of the amount given. An amount for several lines is
    /// taken from them in order; what no line has room for is asked of the last.
    fn bases(&self, lines: &[usize], asked: &Asked) -> Result<Vec<Credits>, Refusal> {
        let mut rest = match asked {
            Asked::Held => return Ok(lines.iter().map(|line| self.room(*line)).collect()),
            Asked::Amount(amount) | Asked::Measured { amount, .. } => *amount,
        };
        if rest < Credits::ZERO {
            return Err(Refusal::invalid_amount("is below zero"));
        }
        let last = lines.last();
        let base = |line: &usize| {
            let base = if Some(line) == last { rest } else { rest.min(self.room(*line)) };
            rest = rest.saturating_sub(base);
            base
        };
        Ok(lines.iter().map(base).collect())
    }
}

/// How much of its price a line is charged when the job ends like this.
pub(super) fn rule(new: &CaptureNew, terms: &LineTerms) -> OutcomeCharge {
    terms.policy.outcomes.charge(new.outcome, new.stage.unwrap_or_default())
}

fn too_much() -> Refusal {
    Refusal::invalid_amount("is more than can be counted")
}

/// Rounds once on the total of the lines that are charged the same share, and not line by line: each line
/// gets what the total so far has not given yet (MISSION finding 1).
#[derive(Default)]
struct Shares {
    totals: Vec<SharedTotal>,
}

struct SharedTotal {
    /// Numerator, denominator, decimals of the credit.
    share: (u64, u64, u8),
    base: Credits,
    given: Credits,
}

impl Shares {
    /// What the outcome leaves of a line's price; `None` if that can't be counted.
    fn of(&mut self, base: Credits, terms: &LineTerms, new: &CaptureNew) -> Option<Credits> {
        let decimals = terms.policy.decimals;
        match (rule(new, terms), new.delivered) {
            (OutcomeCharge::Nothing, _) | (OutcomeCharge::Delivered, None) => Some(Credits::ZERO),
            (OutcomeCharge::Full, _) => Some(base),
            (OutcomeCharge::Share(millionths), _) => self.part(base, (u64::from(millionths), 1_000_000, decimals)),
            (OutcomeCharge::Delivered, Some((delivered, of))) => {
                self.part(base, (u64::from(delivered), u64::from(of), decimals))
            }
        }
    }

    fn part(&mut self, base: Credits, share: (u64, u64, u8)) -> Option<Credits> {
        let index = self.totals.iter().position(|total| total.share == share).unwrap_or_else(|| {
            self.totals.push(SharedTotal { share, base: Credits::ZERO, given: Credits::ZERO });
            self.totals.len() - 1
        });
        let total = &mut self.totals[index];
        total.base = total.base.checked_add(base)?;
        let due = total.base.share(share.0, share.1, share.2)?;
        let part = due.checked_sub(total.given)?;
        total.given = due;
        Some(part)
    }
}
