//! Price formulas: `round(max(seconds, 5) * 0.6)`.
//!
//! A formula is checked once against the names it may use ([`Scope`]) and then worked out exactly, without
//! loops, floats or allocation. The language (DESIGN section 4, MISSION section 8):
//!
//! - numbers `12.5`, words `'premium'` (or `"premium"`), `true`, `false`, names (`seconds`, `model.rate`);
//! - from loosest to tightest: `a ? b : c`, `or`, `and`, `not`, `== != < <= > >=` and `in [1, 2]` (not chained),
//!   `+ -`, `* / %`, unary `-`, parentheses;
//! - `a % b` is what is left of whole multiples of `b`, between zero and `b`;
//! - `round(x)` and `round(x, decimals)` half up (a tie goes away from zero, MISSION A03), `floor(x)`, `ceil(x)`,
//!   `abs(x)`, `min(a, b, …)`, `max(a, b, …)`, `clamp(x, low, high)`;
//! - `blocks(x, size)` started blocks: `ceil(x / size)`; `step(x, increment)` the next multiple:
//!   `ceil(x / increment) * increment`; both want a size that is certainly positive;
//! - `tiers(x, [100, 0.10], [500, 0.08], [0.05])` graduated: the first 100 at 0.10, up to 500 at 0.08, the rest at 0.05;
//! - `lookup(table, key, …)` the amount in a table row of the scope.
//!
//! A divisor must be certainly not zero, by the bounds of the inputs or by a condition around it:
//! `n > 0 ? credits / n : 0`. All problems of a formula are reported at once, each with its place.
//!
//! ```
//! use scrip_catalog::formula::{Formula, NumberInput, Scope, Value};
//!
//! let mut scope = Scope::new();
//! scope.number("seconds", NumberInput { max: Some(30.into()), ..NumberInput::default() }).unwrap();
//! let price = Formula::compile("round(max(seconds, 5) * 0.6)", &scope).unwrap();
//! assert_eq!(price.eval(&[Value::Number("7.5".parse().unwrap())]), Ok(5.into()));
//! assert_eq!(price.highest(), Some(18.into()));
//! ```

mod check;
mod eval;
mod explain;
mod fold;
mod fuzz;
mod interval;
mod lex;
mod parse;
mod scope;
mod tree;
mod trend;
mod units;
mod write;

#[cfg(test)]
mod reference;
#[cfg(test)]
mod tests;

use core::fmt;
use std::sync::Arc;

pub use self::explain::{Explanation, Term, TermKind};
pub use self::fuzz::fuzz_compile_and_eval;
pub use self::scope::{Key, NumberInput, Scope, ScopeError, Table};
pub use self::trend::Direction;

use self::interval::Interval;
use self::scope::Variable;
use self::tree::{Let, Number, NumberKind, Truth};
use self::trend::Trends;
use crate::rational::Rational;

/// Longest source, in bytes.
pub const SOURCE_BYTES_MAX: usize = 2_000;
/// Deepest nesting of parentheses, calls, branches and signs.
pub const DEPTH_MAX: usize = 64;
/// Most keys of a table row.
pub const TABLE_KEYS_MAX: usize = 6;
/// Most decimals that `round(x, decimals)` takes.
pub const ROUND_DECIMALS_MAX: u32 = 18;

/// A place in the source of a formula: bytes `start..end`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct SourceSpan {
    pub start: u32,
    pub end: u32,
}

impl SourceSpan {
    pub(crate) fn new(start: usize, end: usize) -> SourceSpan {
        let position = |bytes: usize| u32::try_from(bytes).unwrap_or(u32::MAX);
        SourceSpan { start: position(start), end: position(end) }
    }

    pub(crate) fn to(self, last: SourceSpan) -> SourceSpan {
        SourceSpan { start: self.start, end: last.end }
    }

    /// As a range that cuts the offending text out of the source.
    pub fn range(self) -> core::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// A mistake in a formula, with its place and, where there is one, a way to put it right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormulaError {
    pub kind: FormulaErrorKind,
    pub span: SourceSpan,
    pub message: String,
    pub help: Option<String>,
}

impl fmt::Display for FormulaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match &self.help {
            Some(help) => write!(f, " ({help})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for FormulaError {}

/// What is wrong with a formula.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FormulaErrorKind {
    TooLong,
    TooDeep,
    Syntax,
    /// A number written with more digits than can be held, or constants that together overflow.
    Overflow,
    UnknownName,
    UnknownFunction,
    UnknownTable,
    WrongArity,
    WrongType,
    /// Seconds plus bytes.
    UnitMismatch,
    /// A word or number that the input can never be, or a table row that does not exist.
    NeverMatches,
    DivisionByZero,
    /// A value that must be written in the formula itself is worked out by it.
    NotConstant,
    /// Tier ends that do not ascend, a clamp whose bounds are exchanged.
    BadBounds,
}

impl FormulaErrorKind {
    /// Stable name of the problem.
    pub fn code(self) -> &'static str {
        match self {
            FormulaErrorKind::TooLong => "formula_too_long",
            FormulaErrorKind::TooDeep => "formula_too_deep",
            FormulaErrorKind::Syntax => "formula_syntax",
            FormulaErrorKind::Overflow => "formula_overflow",
            FormulaErrorKind::UnknownName => "unknown_name",
            FormulaErrorKind::UnknownFunction => "unknown_function",
            FormulaErrorKind::UnknownTable => "unknown_table",
            FormulaErrorKind::WrongArity => "wrong_arity",
            FormulaErrorKind::WrongType => "wrong_type",
            FormulaErrorKind::UnitMismatch => "unit_mismatch",
            FormulaErrorKind::NeverMatches => "never_matches",
            FormulaErrorKind::DivisionByZero => "division_by_zero",
            FormulaErrorKind::NotConstant => "not_constant",
            FormulaErrorKind::BadBounds => "bad_bounds",
        }
    }
}

/// The value of an input.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    Number(Rational),
    Word(&'a str),
    Truth(bool),
}

/// Why a checked formula has no value for these inputs. The place is in the source of the formula, or of the
/// `let` that is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvalError {
    pub kind: EvalErrorKind,
    pub span: SourceSpan,
    pub in_let: Option<Arc<str>>,
}

/// Why there is no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EvalErrorKind {
    /// The numbers grew beyond what can be held.
    Overflow,
    /// An input lay outside its declared bounds and a divisor became zero, or a block size not positive.
    DivisionByZero,
    /// The table has no row for these keys.
    NoRow,
    /// No value, or one of another type, was given in the slot of an input.
    WrongInput,
}

impl EvalErrorKind {
    /// Stable name of the refusal.
    pub fn code(self) -> &'static str {
        match self {
            EvalErrorKind::Overflow => "price_overflow",
            EvalErrorKind::DivisionByZero => "price_division_by_zero",
            EvalErrorKind::NoRow => "no_price_row",
            EvalErrorKind::WrongInput => "wrong_input",
        }
    }
}

impl fmt::Display for EvalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            EvalErrorKind::Overflow => "the price is too large to be counted; use smaller inputs",
            EvalErrorKind::DivisionByZero => "the price formula divides by zero for these inputs",
            EvalErrorKind::NoRow => "there is no price for this combination of inputs",
            EvalErrorKind::WrongInput => "an input of the price is missing or of the wrong type",
        })?;
        match &self.in_let {
            Some(name) => write!(f, " (in `{name}`)"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for EvalError {}

/// A checked price formula. Cheap to work out, and can say its range and explain its result.
///
/// Printed in canonical form, as rate cards show it; that text compiles to the same formula (if its added spaces
/// and parentheses stay within the limits).
#[derive(Clone, Debug)]
pub struct Formula {
    source: Arc<str>,
    written: Number,
    folded: Number,
    lets: Vec<Arc<Let>>,
    reads: Vec<Arc<Variable>>,
    interval: Interval,
    unit: Option<String>,
    trends: Trends,
}

impl Formula {
    /// Checks a formula against the names it may use; all problems at once, in the order of their places.
    ///
    /// What is wrong with the text (`TooLong`, `Syntax`, `TooDeep`) hides what could be wrong with its meaning.
    pub fn compile(source: &str, scope: &Scope) -> Result<Formula, Vec<FormulaError>> {
        check::compile_number(source, scope)
    }

    /// The text it was compiled from.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Works it out for the values in the slots of its scope. Allocates nothing with up to eight `let` names.
    pub fn eval(&self, values: &[Value<'_>]) -> Result<Rational, EvalError> {
        eval::number(&self.folded, &self.lets, values)
    }

    /// The same in parts: signed terms of the top-level sum, then what minimum, maximum and rounding add.
    /// The amounts sum exactly to what [`Formula::eval`] answers.
    pub fn explain(&self, values: &[Value<'_>]) -> Result<Explanation, EvalError> {
        self.explain_with(values, &|_| None)
    }

    /// As [`Formula::explain`], with names replaced in labels (`seconds` by `Length in seconds`).
    pub fn explain_with(
        &self,
        values: &[Value<'_>],
        names: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Explanation, EvalError> {
        explain::explain(&self.written, &self.lets, values, names)
    }

    /// Canonical text with names replaced, for rate cards.
    pub fn display_with(&self, names: &dyn Fn(&str) -> Option<String>) -> String {
        write::number(&self.written, names)
    }

    /// The lowest and highest it can be while every input is within its bounds; not always reached.
    /// `None` if an end is not known: see [`Formula::lowest`] and [`Formula::highest`].
    pub fn range(&self) -> Option<(Rational, Rational)> {
        Some((self.interval.low?, self.interval.high?))
    }

    /// It is never lower while inputs are within their bounds.
    pub fn lowest(&self) -> Option<Rational> {
        self.interval.low
    }

    /// It is never higher while inputs are within their bounds.
    pub fn highest(&self) -> Option<Rational> {
        self.interval.high
    }

    /// It is a whole number for all inputs that keep to their types.
    pub fn is_integer(&self) -> bool {
        self.interval.whole
    }

    /// What it counts, if that can be told from its inputs.
    pub fn unit(&self) -> Option<&str> {
        self.unit.as_deref()
    }

    /// Its value if it reads no input.
    pub fn constant(&self) -> Option<Rational> {
        match self.folded.kind {
            NumberKind::Constant(number) => Some(number),
            _ => None,
        }
    }

    /// The inputs that it reads, directly or through `let` names, in the order of their slots.
    pub fn reads(&self) -> impl Iterator<Item = &str> {
        self.reads.iter().map(|variable| variable.name.as_str())
    }

    /// How it follows one numeric input within its bounds, all else equal. `None` if that is not proven.
    pub fn monotone_in(&self, name: &str) -> Option<Direction> {
        match self.reads.iter().find(|variable| variable.name == name) {
            Some(variable) => self.trends.direction(variable.slot),
            None => Some(Direction::Constant),
        }
    }
}

impl PartialEq for Formula {
    /// Equal when they say the same, whatever the spelling.
    fn eq(&self, other: &Formula) -> bool {
        self.written == other.written
    }
}

impl fmt::Display for Formula {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.display_with(&|_| None))
    }
}

/// A checked condition in the same language: `plan != 'free' and seconds <= 10`.
#[derive(Clone, Debug)]
pub struct Condition {
    source: Arc<str>,
    written: Truth,
    folded: Truth,
    lets: Vec<Arc<Let>>,
    reads: Vec<Arc<Variable>>,
}

impl Condition {
    /// As [`Formula::compile`], for a formula that is true or false.
    pub fn compile(source: &str, scope: &Scope) -> Result<Condition, Vec<FormulaError>> {
        check::compile_condition(source, scope)
    }

    /// The text it was compiled from.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Whether it holds for the values in the slots of its scope.
    pub fn eval(&self, values: &[Value<'_>]) -> Result<bool, EvalError> {
        eval::truth(&self.folded, &self.lets, values)
    }

    /// The inputs that it reads, directly or through `let` names, in the order of their slots.
    pub fn reads(&self) -> impl Iterator<Item = &str> {
        self.reads.iter().map(|variable| variable.name.as_str())
    }
}

impl PartialEq for Condition {
    fn eq(&self, other: &Condition) -> bool {
        self.written == other.written
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&write::truth(&self.written, &|_| None))
    }
}
