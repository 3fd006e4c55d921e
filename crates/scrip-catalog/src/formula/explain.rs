//! A price in parts that sum to it.
use std::sync::Arc;

use super::tree::{Let, Number};
use super::{EvalError, EvalErrorKind, SourceSpan, Value};
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
    _lets: &[Arc<Let>],
    _values: &[Value<'_>],
    _names: &dyn Fn(&str) -> Option<String>,
) -> Result<Explanation, EvalError> {
    Err(EvalError { kind: EvalErrorKind::Overflow, span: SourceSpan::default().to(written.at), in_let: None })
}
