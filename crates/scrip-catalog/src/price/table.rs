//! Price tables: rows of model and input values, special rows before general ones, cells left out on purpose.

use scrip_ledger::id::Name;

use super::{Amount, NoPrice, Price, PriceTerm, Values};
use crate::formula::{Formula, Value};
use crate::rational::Rational;

/// Rows that are tried in order. A combination without a row has no price, unless `otherwise` says one.
#[derive(Clone, Debug)]
pub(crate) struct PriceTable {
    pub columns: Vec<Column>,
    pub rows: Vec<Row>,
    pub otherwise: Option<Rational>,
}

#[derive(Clone, Debug)]
pub(crate) struct Column {
    pub name: Name,
    pub source: ColumnSource,
}

#[derive(Clone, Debug)]
pub(crate) enum ColumnSource {
    /// An input, the model or a fact: a slot of the scope.
    Slot(usize),
    /// A `let` name that is a number.
    Let(Box<Formula>),
}

#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// One for each column.
    pub cells: Vec<Cell>,
    pub price: Price,
}

/// What a row asks of a column.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Cell {
    Any,
    OneOf(Vec<crate::input::Value>),
    Range(Range),
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Range {
    pub low: Option<Rational>,
    /// Is the low end itself outside?
    pub above: bool,
    pub high: Option<Rational>,
    pub below: bool,
}

impl PriceTable {
    pub fn row(&self, values: Values<'_>) -> Result<Option<&Row>, NoPrice> {
        'rows: for row in &self.rows {
            for (cell, column) in row.cells.iter().zip(&self.columns) {
                if *cell != Cell::Any && !cell.fits(column.read(values)?) {
                    continue 'rows;
                }
            }
            return Ok(Some(row));
        }
        Ok(None)
    }

    pub fn eval(&self, values: Values<'_>) -> Result<Rational, NoPrice> {
        match self.row(values)? {
            Some(row) => row.price.eval(values),
            None => self.otherwise.ok_or(NoPrice::NoRow),
        }
    }

    pub fn explain(&self, values: Values<'_>) -> Result<Vec<PriceTerm>, NoPrice> {
        let Some(row) = self.row(values)? else {
            let amount = self.otherwise.ok_or(NoPrice::NoRow)?;
            return Ok(vec![PriceTerm { label: "otherwise".to_owned(), amount }]);
        };
        let mut terms = row.price.explain(values)?;
        if let [term] = terms.as_mut_slice()
            && matches!(row.price.parts.as_slice(), [part] if matches!(part.amount, Amount::Flat(_)))
        {
            term.label = row.label(&self.columns);
        }
        Ok(terms)
    }

    pub fn reads(&self, name: &str) -> bool {
        self.columns.iter().any(|column| column.reads(name)) || self.rows.iter().any(|row| row.price.reads(name))
    }

    pub fn rises_with(&self, input: &str) -> bool {
        !self.columns.iter().any(|column| column.reads(input))
            && self.rows.iter().all(|row| row.price.rises_with(input))
    }

    pub fn lowest(&self) -> Option<Rational> {
        let mut lowest = self.otherwise;
        for row in &self.rows {
            let low = row.price.lowest()?;
            lowest = Some(lowest.map_or(low, |lowest| lowest.min(low)));
        }
        lowest.or(Some(Rational::ZERO))
    }

    pub fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name.as_str() == name)
    }
}

impl Column {
    fn read<'a>(&self, values: Values<'a>) -> Result<Value<'a>, NoPrice> {
        match &self.source {
            ColumnSource::Slot(slot) => values.slots.get(*slot).copied().ok_or(NoPrice::NoRow),
            ColumnSource::Let(formula) => Ok(Value::Number(formula.eval(values.slots)?)),
        }
    }

    fn reads(&self, name: &str) -> bool {
        match &self.source {
            ColumnSource::Slot(_) => self.name.as_str() == name,
            ColumnSource::Let(formula) => formula.reads().any(|read| read == name),
        }
    }
}

impl Row {
    /// "720p, 5"
    pub fn label(&self, columns: &[Column]) -> String {
        let cells = self.cells.iter().zip(columns).filter_map(|(cell, column)| match cell {
            Cell::Any => None,
            Cell::OneOf(values) => {
                let values: Vec<String> = values.iter().map(|value| value.to_string()).collect();
                Some(format!("{} {}", column.name, values.join("/")))
            }
            Cell::Range(range) => Some(format!("{} {range}", column.name)),
        });
        let label = cells.collect::<Vec<_>>().join(", ");
        if label.is_empty() { "price".to_owned() } else { label }
    }
}

impl std::fmt::Display for Range {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.low, self.high) {
            (Some(low), Some(high)) => write!(f, "{low} to {high}"),
            (Some(low), None) if self.above => write!(f, "above {low}"),
            (Some(low), None) => write!(f, "from {low}"),
            (None, Some(high)) if self.below => write!(f, "below {high}"),
            (None, Some(high)) => write!(f, "up to {high}"),
            (None, None) => f.write_str("any"),
        }
    }
}

impl Cell {
    fn fits(&self, value: Value<'_>) -> bool {
        match self {
            Cell::Any => true,
            Cell::OneOf(values) => values.iter().any(|allowed| allowed.for_formula() == value),
            Cell::Range(range) => matches!(value, Value::Number(number) if range.contains(number)),
        }
    }

    pub fn is_range(&self) -> bool {
        matches!(self, Cell::Range(_))
    }

    /// Is every value of `other` also a value of this?
    pub fn covers(&self, other: &Cell) -> bool {
        match (self, other) {
            (Cell::Any, _) => true,
            (_, Cell::Any) => false,
            (cell, Cell::OneOf(values)) => values.iter().all(|value| cell.fits(value.for_formula())),
            (Cell::OneOf(_), Cell::Range(_)) => false,
            (Cell::Range(outer), Cell::Range(inner)) => outer.covers(inner),
        }
    }

    /// Has it a value in common with `other`?
    pub fn meets(&self, other: &Cell) -> bool {
        match (self, other) {
            (Cell::Any, _) | (_, Cell::Any) => true,
            (cell, Cell::OneOf(values)) | (Cell::OneOf(values), cell) => {
                values.iter().any(|value| cell.fits(value.for_formula()))
            }
            (Cell::Range(one), Cell::Range(other)) => one.meets(other),
        }
    }
}

impl Range {
    fn contains(&self, number: Rational) -> bool {
        self.low.is_none_or(|low| low < number || low == number && !self.above)
            && self.high.is_none_or(|high| number < high || number == high && !self.below)
    }

    fn covers(&self, inner: &Range) -> bool {
        let low = match (self.low, inner.low) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(outer), Some(low)) => outer < low || outer == low && (!self.above || inner.above),
        };
        let high = match (self.high, inner.high) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(outer), Some(high)) => high < outer || outer == high && (!self.below || inner.below),
        };
        low && high
    }

    fn meets(&self, other: &Range) -> bool {
        let before = |one: &Range, other: &Range| match (one.high, other.low) {
            (Some(high), Some(low)) => high < low || high == low && (one.below || other.above),
            _ => false,
        };
        !before(self, other) && !before(other, self)
    }
}
