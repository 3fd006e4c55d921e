//! A price in parts that sum to it: what the customer sees under "why does this cost 18?".

use std::sync::Arc;

use crate::formula::eval::{Failure, Frame, failure, with_lets};
use crate::formula::tree::{Let, Number, NumberKind, Sign, Typed};
use crate::formula::write::{self, Names};
use crate::formula::{EvalError, Value};
use crate::rational::Rational;

/// A price in parts; the amounts sum exactly to `total`.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    pub terms: Vec<Term>,
    pub total: Rational,
}

/// One part of a price.
#[derive(Clone, Debug, PartialEq)]
pub struct Term {
    pub kind: TermKind,
    /// The canonical text of the part (`10 * megapixels`), or `minimum`, `maximum`, `rounding`.
    pub label: String,
    pub amount: Rational,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TermKind {
    /// A term of the sum.
    Part,
    /// What a lower limit adds.
    Minimum,
    /// What an upper limit takes away.
    Maximum,
    /// What rounding adds or takes away.
    Rounding,
}

pub(super) fn explain(
    written: &Number,
    lets: &[Arc<Let>],
    values: &[Value<'_>],
    names: Names<'_>,
) -> Result<Explanation, EvalError> {
    with_lets(lets, values, |frame| {
        let total = frame.number(written)?;
        let mut splitting = Splitting { frame, names, terms: Vec::new(), lets_opened: 0 };
        splitting.split(written, Sign::Plus, false)?;
        let mut terms = splitting.terms;
        if terms.is_empty() {
            terms.push(Term { kind: TermKind::Part, label: write::number(written, names), amount: total });
        }
        Ok(Explanation { terms, total })
    })
}

/// `let` names that are looked through when one is the whole price.
const LETS_OPENED_MAX: usize = 8;

struct Splitting<'f, 'v, 'n> {
    frame: Frame<'f, 'v>,
    names: Names<'n>,
    terms: Vec<Term>,
    lets_opened: usize,
}

impl Splitting<'_, '_, '_> {
    /// Adds the terms of a part; together they are its value with that sign.
    fn split(&mut self, part: &Number, sign: Sign, in_sum: bool) -> Result<(), Failure> {
        match &part.kind {
            NumberKind::Sum(terms) => {
                for (term_sign, term) in terms {
                    self.split(term, if *term_sign == Sign::Plus { sign } else { opposite(sign) }, true)?;
                }
                Ok(())
            }
            NumberKind::Negative(inner) => self.split(inner, opposite(sign), in_sum),
            NumberKind::Rounded(_, _, inner) => self.adjusted(part, inner, sign, in_sum),
            NumberKind::Step(sides) => self.adjusted(part, &sides.0, sign, in_sum),
            NumberKind::Clamped(parts) => self.adjusted(part, &parts[0], sign, in_sum),
            NumberKind::Least(parts) | NumberKind::Greatest(parts) => match limited(parts) {
                Some(main) => self.adjusted(part, main, sign, in_sum),
                None => self.winner(part, parts, sign, in_sum),
            },
            NumberKind::Choice(choice) => {
                for (condition, value) in &choice.arms {
                    if self.frame.truth(condition)? {
                        return self.split(value, sign, in_sum);
                    }
                }
                self.split(&choice.otherwise, sign, in_sum)
            }
            NumberKind::Let(defined) if !in_sum && self.lets_opened < LETS_OPENED_MAX => match &defined.written {
                Typed::Number(written) => {
                    self.lets_opened += 1;
                    self.split(written, sign, in_sum)
                }
                Typed::Word(_) | Typed::Truth(_) => self.push(part, sign),
            },
            _ => self.push(part, sign),
        }
    }

    /// The terms of what is rounded or limited, then what rounding or the limit makes of it.
    fn adjusted(&mut self, part: &Number, inner: &Number, sign: Sign, in_sum: bool) -> Result<(), Failure> {
        self.split(inner, sign, in_sum)?;
        let (after, before) = (self.frame.number(part)?, self.frame.number(inner)?);
        let change = after.checked_sub(before).map_err(|error| failure(error, part.at))?;
        if change.is_zero() {
            return Ok(());
        }
        let (kind, label) = match &part.kind {
            NumberKind::Least(_) | NumberKind::Greatest(_) | NumberKind::Clamped(_) if change.is_positive() => {
                (TermKind::Minimum, "minimum")
            }
            NumberKind::Least(_) | NumberKind::Greatest(_) | NumberKind::Clamped(_) => (TermKind::Maximum, "maximum"),
            _ => (TermKind::Rounding, "rounding"),
        };
        self.terms.push(Term { kind, label: label.to_owned(), amount: signed(sign, change) });
        Ok(())
    }

    /// Of several worked-out amounts the one that counts.
    fn winner(&mut self, part: &Number, parts: &[Number], sign: Sign, in_sum: bool) -> Result<(), Failure> {
        let value = self.frame.number(part)?;
        for candidate in parts {
            if self.frame.number(candidate)? == value {
                return self.split(candidate, sign, in_sum);
            }
        }
        self.push(part, sign)
    }

    fn push(&mut self, part: &Number, sign: Sign) -> Result<(), Failure> {
        let amount = signed(sign, self.frame.number(part)?);
        let is_written_zero = matches!(part.kind, NumberKind::Constant(_)) && amount.is_zero();
        if !is_written_zero {
            self.terms.push(Term { kind: TermKind::Part, label: write::number(part, self.names), amount });
        }
        Ok(())
    }
}

/// The only part that is not a constant: the constants are its limits.
fn limited(parts: &[Number]) -> Option<&Number> {
    let mut worked_out = parts.iter().filter(|part| !matches!(part.kind, NumberKind::Constant(_)));
    let main = worked_out.next()?;
    worked_out.next().is_none().then_some(main)
}

fn opposite(sign: Sign) -> Sign {
    match sign {
        Sign::Plus => Sign::Minus,
        Sign::Minus => Sign::Plus,
    }
}

fn signed(sign: Sign, amount: Rational) -> Rational {
    match sign {
        Sign::Plus => amount,
        Sign::Minus => amount.negated(),
    }
}
