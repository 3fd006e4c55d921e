//! What a formula may name: inputs with their types, `let` names, and tables.

use core::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::formula::check;
use crate::formula::interval::Interval;
use crate::formula::tree::Let;
use crate::formula::{FormulaError, Value};
use crate::rational::Rational;

/// The names that formulas of one price may use, each with what is known about it.
///
/// Inputs get slots in the order in which they are declared: `values[slot]` is what [`super::Formula::eval`]
/// reads. Names may be dotted (`model.rate`).
#[derive(Clone, Debug, Default)]
pub struct Scope {
    names: BTreeMap<String, Meaning>,
    tables: BTreeMap<String, Arc<TableRows>>,
    slots: usize,
    lets: usize,
}

/// What a name stands for.
#[derive(Clone, Debug)]
pub(crate) enum Meaning {
    Input(Arc<Variable>),
    Let(Arc<Let>),
    /// A `let` whose own formula is wrong: that is reported once, not at each use.
    Unknown,
}

/// An input of the price: where its value stands and what it may be.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Variable {
    pub name: String,
    pub slot: usize,
    pub kind: VariableKind,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum VariableKind {
    Number(NumberInput),
    Word(Option<Vec<String>>),
    Truth,
}

/// What is known about a number: the checks and ranges of formulas rest on it.
///
/// Evaluation takes any number, since what was measured may exceed what may be asked for (MISSION A08).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NumberInput {
    pub min: Option<Rational>,
    pub max: Option<Rational>,
    /// Only these; empty is any.
    pub one_of: Vec<Rational>,
    pub integer: bool,
    /// What it counts: `second`, `px`, `image`. Adding seconds to bytes is refused.
    pub unit: Option<String>,
}

impl NumberInput {
    pub(crate) fn interval(&self) -> Interval {
        let least = self.one_of.iter().min().copied();
        let most = self.one_of.iter().max().copied();
        let nonzero = !self.one_of.is_empty() && !self.one_of.contains(&Rational::ZERO);
        let whole = self.integer || (!self.one_of.is_empty() && self.one_of.iter().all(|number| number.is_integer()));
        Interval { low: self.min.max(least), high: minimum(self.max, most), whole, nonzero }.tidied()
    }
}

/// The lower of two upper bounds, of which either may be missing.
fn minimum(a: Option<Rational>, b: Option<Rational>) -> Option<Rational> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (bound, None) | (None, bound) => bound,
    }
}

/// A price table that formulas read by `lookup(name, key, …)`.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    pub name: String,
    /// How many keys a row has, 1 to [`super::TABLE_KEYS_MAX`].
    pub keys: usize,
    pub rows: BTreeMap<Vec<Key>, Rational>,
    /// The amount for keys without a row.
    pub otherwise: Option<Rational>,
    /// Some combinations have no row on purpose: asking for one is refused when it is priced. Without this,
    /// a formula that can ask for a missing row does not compile.
    pub gaps: bool,
}

/// A table as it is read: rows in the order of their keys, so that a row is found without allocating.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TableRows {
    pub name: String,
    pub keys: usize,
    pub rows: Vec<(Vec<Key>, Rational)>,
    pub otherwise: Option<Rational>,
    pub gaps: bool,
}

impl From<Table> for TableRows {
    fn from(table: Table) -> TableRows {
        let Table { name, keys, rows, otherwise, gaps } = table;
        TableRows { name, keys, rows: rows.into_iter().collect(), otherwise, gaps }
    }
}

impl TableRows {
    /// The amount for these keys; one for each key of the table.
    pub fn amount(&self, keys: &[Value<'_>]) -> Option<Rational> {
        let row = self.rows.binary_search_by(|(row, _)| {
            let orders = row.iter().zip(keys).map(|(key, value)| key.order(value));
            orders.fold(Ordering::Equal, Ordering::then)
        });
        row.ok().map(|row| self.rows[row].1).or(self.otherwise)
    }
}

/// One key of a row.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    Word(String),
    Number(Rational),
    Truth(bool),
}

impl Key {
    pub fn word(word: &str) -> Key {
        Key::Word(word.to_owned())
    }

    /// The order of keys (words, then numbers, then truths) between a key and a value.
    pub(crate) fn order(&self, value: &Value<'_>) -> Ordering {
        match (self, value) {
            (Key::Word(key), Value::Word(value)) => key.as_str().cmp(value),
            (Key::Number(key), Value::Number(value)) => key.cmp(value),
            (Key::Truth(key), Value::Truth(value)) => key.cmp(value),
            (Key::Word(_), _) | (Key::Number(_), Value::Truth(_)) => Ordering::Less,
            (Key::Truth(_), _) | (Key::Number(_), Value::Word(_)) => Ordering::Greater,
        }
    }

    pub(crate) fn value(&self) -> Value<'_> {
        match self {
            Key::Word(word) => Value::Word(word),
            Key::Number(number) => Value::Number(*number),
            Key::Truth(truth) => Value::Truth(*truth),
        }
    }
}

/// Why a name or table can't be declared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScopeError {
    /// Not letters, digits and underscores, joined by dots, starting with a letter or underscore.
    BadName(String),
    /// `and`, `or`, `not`, `in`, `true`, `false`.
    Reserved(String),
    Duplicate(String),
    /// A row whose number of keys is not the table's, or no or too many keys.
    BadTable(String),
}

impl core::fmt::Display for ScopeError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            ScopeError::BadName(name) => {
                write!(f, "`{name}` can't be used in a formula: use letters, digits and underscores")
            }
            ScopeError::Reserved(name) => write!(f, "`{name}` is a word of the formula language"),
            ScopeError::Duplicate(name) => write!(f, "`{name}` is declared twice"),
            ScopeError::BadTable(name) => write!(f, "table `{name}` must have 1 to 6 keys, the same in each row"),
        }
    }
}

impl std::error::Error for ScopeError {}

impl Scope {
    pub fn new() -> Scope {
        Scope::default()
    }

    /// Declares a number; answers its slot. Refused: [`ScopeError`] in the order given there.
    pub fn number(&mut self, name: &str, input: NumberInput) -> Result<usize, ScopeError> {
        self.input(name, VariableKind::Number(input))
    }

    /// Declares a word, with the words it may be if they are known; answers its slot.
    pub fn word(&mut self, name: &str, allowed: Option<Vec<String>>) -> Result<usize, ScopeError> {
        self.input(name, VariableKind::Word(allowed))
    }

    /// Declares something that is true or false; answers its slot.
    pub fn truth(&mut self, name: &str) -> Result<usize, ScopeError> {
        self.input(name, VariableKind::Truth)
    }

    /// Declares a table for `lookup`.
    pub fn table(&mut self, table: Table) -> Result<(), ScopeError> {
        declarable(&table.name)?;
        if self.tables.contains_key(&table.name) {
            return Err(ScopeError::Duplicate(table.name));
        }
        let keys_fit = (1..=super::TABLE_KEYS_MAX).contains(&table.keys);
        if !keys_fit || table.rows.keys().any(|keys| keys.len() != table.keys) {
            return Err(ScopeError::BadTable(table.name));
        }
        self.tables.insert(table.name.clone(), Arc::new(table.into()));
        Ok(())
    }

    /// Declares a `let` name: a formula of its own (a number, a word or a condition) that later formulas may
    /// name. It is worked out once per price, whether or not the branch that names it is taken.
    ///
    /// A wrong formula is reported here and its name is then known, so that each mistake is reported once.
    pub fn define(&mut self, name: &str, source: &str) -> Result<Result<(), Vec<FormulaError>>, ScopeError> {
        self.vacant(name)?;
        let (meaning, report) = match check::compile_let(name, self.lets, source, self) {
            Ok(defined) => {
                self.lets += 1;
                (Meaning::Let(Arc::new(defined)), Ok(()))
            }
            Err(errors) => (Meaning::Unknown, Err(errors)),
        };
        self.names.insert(name.to_owned(), meaning);
        Ok(report)
    }

    /// How many values [`super::Formula::eval`] takes.
    pub fn slots(&self) -> usize {
        self.slots
    }

    pub fn slot(&self, name: &str) -> Option<usize> {
        match self.names.get(name)? {
            Meaning::Input(variable) => Some(variable.slot),
            Meaning::Let(_) | Meaning::Unknown => None,
        }
    }

    /// Works out a `let` name alone, for display. `None` for other names.
    pub fn let_value<'a>(&'a self, name: &str, values: &[Value<'a>]) -> Option<Result<Value<'a>, super::EvalError>> {
        match self.names.get(name)? {
            Meaning::Let(defined) => Some(super::eval::let_value(defined, values)),
            Meaning::Input(_) | Meaning::Unknown => None,
        }
    }

    pub(crate) fn meaning(&self, name: &str) -> Option<&Meaning> {
        self.names.get(name)
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.names.keys().map(String::as_str)
    }

    pub(crate) fn find_table(&self, name: &str) -> Option<&Arc<TableRows>> {
        self.tables.get(name)
    }

    pub(crate) fn tables(&self) -> impl Iterator<Item = &str> {
        self.tables.keys().map(String::as_str)
    }

    fn input(&mut self, name: &str, kind: VariableKind) -> Result<usize, ScopeError> {
        self.vacant(name)?;
        let slot = self.slots;
        self.slots += 1;
        let variable = Variable { name: name.to_owned(), slot, kind };
        self.names.insert(name.to_owned(), Meaning::Input(Arc::new(variable)));
        Ok(slot)
    }

    fn vacant(&self, name: &str) -> Result<(), ScopeError> {
        declarable(name)?;
        if self.names.contains_key(name) {
            return Err(ScopeError::Duplicate(name.to_owned()));
        }
        Ok(())
    }
}

/// Words of the language, which nothing can be called.
pub(crate) const RESERVED: [&str; 6] = ["and", "or", "not", "in", "true", "false"];

fn declarable(name: &str) -> Result<(), ScopeError> {
    let well_formed = name.split('.').all(|part| {
        part.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    });
    if !well_formed {
        return Err(ScopeError::BadName(name.to_owned()));
    }
    if RESERVED.contains(&name) {
        return Err(ScopeError::Reserved(name.to_owned()));
    }
    Ok(())
}
