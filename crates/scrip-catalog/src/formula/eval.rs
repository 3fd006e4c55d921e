use std::sync::Arc;
use super::tree::{Let, Number, Truth};
use super::{EvalError, EvalErrorKind, Value};
use crate::rational::Rational;

pub(super) fn number(of: &Number, _lets: &[Arc<Let>], _values: &[Value<'_>]) -> Result<Rational, EvalError> {
    Err(EvalError { kind: EvalErrorKind::Overflow, span: of.at, in_let: None })
}
pub(super) fn truth(of: &Truth, _lets: &[Arc<Let>], _values: &[Value<'_>]) -> Result<bool, EvalError> {
    Err(EvalError { kind: EvalErrorKind::Overflow, span: of.at, in_let: None })
}
pub(super) fn let_value<'a>(of: &'a Let, _values: &[Value<'a>]) -> Result<Value<'a>, EvalError> {
    Err(EvalError { kind: EvalErrorKind::Overflow, span: of.written.at(), in_let: None })
}
