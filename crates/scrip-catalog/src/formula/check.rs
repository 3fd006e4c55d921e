use super::tree::Let;
use super::{Condition, Formula, FormulaError, FormulaErrorKind, Scope, SourceSpan};

fn not_ready() -> Vec<FormulaError> {
    let message = "formulas are not compiled yet".to_owned();
    vec![FormulaError { kind: FormulaErrorKind::Syntax, span: SourceSpan::new(0, 0), message, help: None }]
}
pub(super) fn compile_number(_: &str, _: &Scope) -> Result<Formula, Vec<FormulaError>> {
    Err(not_ready())
}
pub(super) fn compile_condition(_: &str, _: &Scope) -> Result<Condition, Vec<FormulaError>> {
    Err(not_ready())
}
pub(super) fn compile_let(_: &str, _: usize, _: &str, _: &Scope) -> Result<Let, Vec<FormulaError>> {
    Err(not_ready())
}
