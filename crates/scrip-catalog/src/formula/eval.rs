//! Working a checked formula out: exact, bounded, and without allocating in the common case.

use core::cmp::Ordering;
use std::sync::Arc;

use crate::formula::tree::{
    Equality, Let, Number, NumberKind, Scale, Sign, Tiers, Truth, TruthKind, Typed, Word, WordKind,
};
use crate::formula::{EvalError, EvalErrorKind, SourceSpan, TABLE_KEYS_MAX, Value};
use crate::rational::{NumberError, Rational, Rounding};

/// A failure before it is known whose source its place is in; small, since every step may return it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Failure {
    pub kind: EvalErrorKind,
    at: SourceSpan,
}

impl Failure {
    fn within(self, name: Option<&Arc<str>>) -> EvalError {
        EvalError { kind: self.kind, span: self.at, in_let: name.cloned() }
    }
}

/// What parts read: the inputs and the `let` names worked out so far.
#[derive(Clone, Copy)]
pub(super) struct Frame<'f, 'v> {
    pub values: &'f [Value<'v>],
    pub lets: &'f [Value<'v>],
}

/// `let` values that fit on the stack.
const LETS_ON_STACK: usize = 8;

pub(super) fn number(of: &Number, lets: &[Arc<Let>], values: &[Value<'_>]) -> Result<Rational, EvalError> {
    with_lets(lets, values, |frame| frame.number(of))
}

pub(super) fn truth(of: &Truth, lets: &[Arc<Let>], values: &[Value<'_>]) -> Result<bool, EvalError> {
    with_lets(lets, values, |frame| frame.truth(of))
}

/// The value of one `let` name, after those it rests on.
pub(super) fn let_value<'a>(of: &'a Let, values: &[Value<'a>]) -> Result<Value<'a>, EvalError> {
    with_lets(&of.needs, values, |frame| frame.typed(&of.folded)).map_err(|mut error| {
        error.in_let.get_or_insert_with(|| of.name.clone());
        error
    })
}

/// Works the `let` names out, each once and in order, then the formula.
pub(super) fn with_lets<'v, T>(
    lets: &'v [Arc<Let>],
    values: &[Value<'v>],
    formula: impl FnOnce(Frame<'_, 'v>) -> Result<T, Failure>,
) -> Result<T, EvalError> {
    let room = lets.last().map_or(0, |last| last.slot + 1);
    let mut few = [Value::Truth(false); LETS_ON_STACK];
    let mut many = Vec::new();
    let known = if room <= LETS_ON_STACK {
        &mut few[..room]
    } else {
        many.resize(room, Value::Truth(false));
        &mut many[..]
    };
    for defined in lets {
        let frame = Frame { values, lets: known };
        known[defined.slot] = frame.typed(&defined.folded).map_err(|failure| failure.within(Some(&defined.name)))?;
    }
    formula(Frame { values, lets: known }).map_err(|failure| failure.within(None))
}

/// The value of a part that reads nothing.
pub(super) fn constant(of: &Number) -> Result<Rational, EvalErrorKind> {
    Frame { values: &[], lets: &[] }.number(of).map_err(|failure| failure.kind)
}

impl<'v> Frame<'_, 'v> {
    pub fn number(self, of: &Number) -> Result<Rational, Failure> {
        let fail = |error: NumberError| failure(error, of.at);
        match &of.kind {
            NumberKind::Constant(constant) => Ok(*constant),
            NumberKind::Input(variable) => as_number(self.values.get(variable.slot), of.at),
            NumberKind::Let(defined) => as_number(self.lets.get(defined.slot), of.at),
            NumberKind::Sum(terms) => self.sum(terms, of.at),
            NumberKind::Product(factors) => self.product(factors, of.at),
            NumberKind::Negative(inner) => Ok(self.number(inner)?.negated()),
            NumberKind::Remainder(sides) => self.number(&sides.0)?.checked_rem(self.number(&sides.1)?).map_err(fail),
            NumberKind::Rounded(how, decimals, inner) => {
                self.number(inner)?.round_to_decimals(decimals.unwrap_or(0), *how).map_err(fail)
            }
            NumberKind::Absolute(inner) => Ok(self.number(inner)?.abs()),
            NumberKind::Least(parts) => self.extreme(parts, of.at, Ordering::Less),
            NumberKind::Greatest(parts) => self.extreme(parts, of.at, Ordering::Greater),
            NumberKind::Clamped(parts) => {
                let [value, low, high] = &**parts;
                Ok(self.number(value)?.max(self.number(low)?).min(self.number(high)?))
            }
            NumberKind::Blocks(parts) => {
                let (value, size) = self.sized(parts)?;
                value.checked_div(size).map(Rational::ceil).map_err(fail)
            }
            NumberKind::Step(parts) => {
                let (value, increment) = self.sized(parts)?;
                value.round_to_multiple(increment, Rounding::Up).map_err(fail)
            }
            NumberKind::Tiers(tiers) => self.tiers(tiers, of.at),
            NumberKind::Lookup(table, keys) => {
                let mut values = [Value::Truth(false); TABLE_KEYS_MAX];
                for (value, key) in values.iter_mut().zip(keys) {
                    *value = self.typed(key)?;
                }
                table.amount(&values[..keys.len()]).ok_or(Failure { kind: EvalErrorKind::NoRow, at: of.at })
            }
            NumberKind::Choice(choice) => {
                for (condition, value) in &choice.arms {
                    if self.truth(condition)? {
                        return self.number(value);
                    }
                }
                self.number(&choice.otherwise)
            }
        }
    }

    fn sum(self, terms: &[(Sign, Number)], at: SourceSpan) -> Result<Rational, Failure> {
        let (start, rest) = match terms {
            [(Sign::Plus, first), rest @ ..] => (self.number(first)?, rest),
            _ => (Rational::ZERO, terms),
        };
        rest.iter().try_fold(start, |sum, (sign, term)| {
            let term = self.number(term)?;
            let next = match sign {
                Sign::Plus => sum.checked_add(term),
                Sign::Minus => sum.checked_sub(term),
            };
            next.map_err(|error| failure(error, at))
        })
    }

    fn product(self, factors: &[(Scale, Number)], at: SourceSpan) -> Result<Rational, Failure> {
        let (start, rest) = match factors {
            [(Scale::Times, first), rest @ ..] => (self.number(first)?, rest),
            _ => (Rational::ONE, factors),
        };
        rest.iter().try_fold(start, |product, (scale, factor)| {
            let factor = self.number(factor)?;
            let next = match scale {
                Scale::Times => product.checked_mul(factor),
                Scale::Over => product.checked_div(factor),
            };
            next.map_err(|error| failure(error, at))
        })
    }

    fn extreme(self, parts: &[Number], at: SourceSpan, wanted: Ordering) -> Result<Rational, Failure> {
        let mut best: Option<Rational> = None;
        for part in parts {
            let value = self.number(part)?;
            if best.is_none_or(|best| value.cmp(&best) == wanted) {
                best = Some(value);
            }
        }
        best.ok_or(Failure { kind: EvalErrorKind::WrongInput, at })
    }

    /// A number and its block size, which is proven to be positive for inputs within their bounds.
    fn sized(self, parts: &(Number, Number)) -> Result<(Rational, Rational), Failure> {
        let size = self.number(&parts.1)?;
        if !size.is_positive() {
            return Err(Failure { kind: EvalErrorKind::DivisionByZero, at: parts.1.at });
        }
        Ok((self.number(&parts.0)?, size))
    }

    fn tiers(self, tiers: &Tiers, at: SourceSpan) -> Result<Rational, Failure> {
        let quantity = self.number(&tiers.quantity)?;
        let mut sum = Rational::ZERO;
        let mut below = Rational::ZERO;
        let ends = tiers.tiers.iter().map(|(end, rate)| (quantity.min(*end), *end, rate));
        for (reached, end, rate) in ends.chain([(quantity, quantity, &tiers.rest)]) {
            if quantity <= below {
                break;
            }
            let rate = self.number(rate)?;
            let part = reached.checked_sub(below).and_then(|part| part.checked_mul(rate));
            sum = part.and_then(|part| sum.checked_add(part)).map_err(|error| failure(error, at))?;
            below = end;
        }
        Ok(sum)
    }

    pub fn truth(self, of: &Truth) -> Result<bool, Failure> {
        match &of.kind {
            TruthKind::Constant(truth) => Ok(*truth),
            TruthKind::Input(variable) => as_truth(self.values.get(variable.slot), of.at),
            TruthKind::Let(defined) => as_truth(self.lets.get(defined.slot), of.at),
            TruthKind::Not(inner) => Ok(!self.truth(inner)?),
            TruthKind::All(parts) => parts.iter().try_fold(true, |all, part| Ok(all && self.truth(part)?)),
            TruthKind::Any(parts) => parts.iter().try_fold(false, |any, part| Ok(any || self.truth(part)?)),
            TruthKind::Compare(comparison, sides) => {
                Ok(comparison.holds(self.number(&sides.0)?.cmp(&self.number(&sides.1)?)))
            }
            TruthKind::SameWord(equality, sides) => {
                Ok(self.word(&sides.0)? == self.word(&sides.1)?).map(|same| meant(*equality, same))
            }
            TruthKind::SameTruth(equality, sides) => {
                Ok(self.truth(&sides.0)? == self.truth(&sides.1)?).map(|same| meant(*equality, same))
            }
            TruthKind::NumberIn(number, list) => {
                let number = self.number(number)?;
                list.iter().try_fold(false, |any, item| Ok(any || self.number(item)? == number))
            }
            TruthKind::WordIn(word, list) => {
                let word = self.word(word)?;
                list.iter().try_fold(false, |any, item| Ok(any || self.word(item)? == word))
            }
            TruthKind::Choice(choice) => {
                for (condition, value) in &choice.arms {
                    if self.truth(condition)? {
                        return self.truth(value);
                    }
                }
                self.truth(&choice.otherwise)
            }
        }
    }

    /// A word for as long as both the formula and the inputs are there.
    fn word<'a>(self, of: &'a Word) -> Result<&'a str, Failure>
    where
        'v: 'a,
    {
        match &of.kind {
            WordKind::Constant(word) => Ok(word),
            WordKind::Input(variable) => as_word(self.values.get(variable.slot), of.at),
            WordKind::Let(defined) => as_word(self.lets.get(defined.slot), of.at),
            WordKind::Choice(choice) => {
                for (condition, value) in &choice.arms {
                    if self.truth(condition)? {
                        return self.word(value);
                    }
                }
                self.word(&choice.otherwise)
            }
        }
    }

    pub fn typed<'a>(self, of: &'a Typed) -> Result<Value<'a>, Failure>
    where
        'v: 'a,
    {
        Ok(match of {
            Typed::Number(number) => Value::Number(self.number(number)?),
            Typed::Word(word) => Value::Word(self.word(word)?),
            Typed::Truth(truth) => Value::Truth(self.truth(truth)?),
        })
    }
}

fn meant(equality: Equality, same: bool) -> bool {
    match equality {
        Equality::Equal => same,
        Equality::Unequal => !same,
    }
}

pub(super) fn failure(error: NumberError, at: SourceSpan) -> Failure {
    let kind = match error {
        NumberError::DivisionByZero => EvalErrorKind::DivisionByZero,
        NumberError::Overflow | NumberError::Malformed | NumberError::TooFine => EvalErrorKind::Overflow,
    };
    Failure { kind, at }
}

fn as_number(value: Option<&Value<'_>>, at: SourceSpan) -> Result<Rational, Failure> {
    match value {
        Some(Value::Number(number)) => Ok(*number),
        _ => Err(Failure { kind: EvalErrorKind::WrongInput, at }),
    }
}

fn as_word<'v>(value: Option<&Value<'v>>, at: SourceSpan) -> Result<&'v str, Failure> {
    match value {
        Some(Value::Word(word)) => Ok(word),
        _ => Err(Failure { kind: EvalErrorKind::WrongInput, at }),
    }
}

fn as_truth(value: Option<&Value<'_>>, at: SourceSpan) -> Result<bool, Failure> {
    match value {
        Some(Value::Truth(truth)) => Ok(*truth),
        _ => Err(Failure { kind: EvalErrorKind::WrongInput, at }),
    }
}
