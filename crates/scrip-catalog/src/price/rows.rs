//! Reads price tables, and finds rows that no request can reach or that two requests would argue about.

use scrip_ledger::id::Name;

use super::compile::PriceReader;
use super::table::{Cell, Column, ColumnSource, PriceTable, Range, Row};
use super::{Amount, Price};
use crate::file::{Field, Node};
use crate::formula::Formula;
use crate::read::At;
use crate::report::closest;

/// More rows than this are better said by a formula.
const ROWS_MAX: usize = 1_000;
const COLUMNS_MAX: usize = 12;

impl PriceReader<'_> {
    /// A table, whose rows are amounts, rates of `per`, or prices of their own.
    pub(super) fn table(&self, at: &At<'_>) -> Option<Amount> {
        let places = at.items("table");
        if places.is_empty() || ROWS_MAX < places.len() {
            let message = format!("a table has 1 to {ROWS_MAX} rows, not {}", places.len());
            self.report.error(at.key_span("table"), &format!("{}.table", at.path), message);
            return None;
        }
        let columns = self.columns(&places)?;
        let rows: Vec<Option<Row>> = places.iter().map(|row| self.row(at, row, &columns)).collect();
        let rows: Vec<Row> = rows.into_iter().collect::<Option<_>>()?;
        self.check_rows(&rows, &places);
        let otherwise = at.decimal("otherwise");
        Some(Amount::Table(Box::new(PriceTable { columns, rows, otherwise })))
    }

    fn columns(&self, rows: &[At<'_>]) -> Option<Vec<Column>> {
        let mut columns: Vec<Column> = Vec::new();
        let mut wrong = false;
        for row in rows {
            for field in row.node.fields().iter().filter(|field| is_cell(field)) {
                if columns.iter().any(|column| column.name.as_str() == field.key) {
                    continue;
                }
                match self.column(row, field) {
                    Some(column) => columns.push(column),
                    None => wrong = true,
                }
            }
        }
        if COLUMNS_MAX < columns.len() {
            let message = format!("a table has at most {COLUMNS_MAX} columns");
            self.report.error(rows.first()?.span(), &rows.first()?.path, message);
            return None;
        }
        (!wrong).then_some(columns)
    }

    fn column(&self, row: &At<'_>, field: &Field) -> Option<Column> {
        let name = Name::from(field.key.as_str());
        if let Some(slot) = self.scope.slot(&name) {
            return Some(Column { name, source: ColumnSource::Slot(slot) });
        }
        if self.lets.contains(&field.key)
            && let Ok(formula) = Formula::compile(&name, self.scope)
        {
            return Some(Column { name, source: ColumnSource::Let(Box::new(formula)) });
        }
        let facts = self.facts.iter().map(|(fact, _)| *fact).chain(["model", "credits", "price"]);
        let known = self.inputs.iter().map(|input| input.name.as_str()).chain(facts);
        let close = || closest(&name, known.clone()).map(crate::hint::did_you_mean_key);
        let help = crate::hint::for_fact(&name).or_else(close);
        let help = help.unwrap_or_else(|| format!("known: {}", known.collect::<Vec<_>>().join(", ")));
        self.report.error_help(field.key_span.clone(), &row.path, format!("the tool has no input `{name}`"), help);
        None
    }

    fn row(&self, table: &At<'_>, row: &At<'_>, columns: &[Column]) -> Option<Row> {
        let cells: Vec<Option<Cell>> = columns
            .iter()
            .map(|column| match row.get(&column.name) {
                Some(cell) => self.cell(&column.name, &cell),
                None => Some(Cell::Any),
            })
            .collect();
        let price = match (row.decimal("credits"), row.get("price")) {
            (Some(credits), None) if table.has("per") => Price::of(self.rate(table, Some(credits))?),
            (Some(credits), None) => Price::of(Amount::Flat(credits)),
            (None, Some(price)) => self.read_price(&price)?,
            (Some(_), Some(_)) => {
                self.report.error(
                    row.key_span("price"),
                    &row.path,
                    "a row has credits or a price, not both".to_owned(),
                );
                return None;
            }
            (None, None) if row.has("credits") => return None,
            (None, None) => {
                self.report.error(row.span(), &row.path, "a row needs credits".to_owned());
                return None;
            }
        };
        Some(Row { cells: cells.into_iter().collect::<Option<_>>()?, price })
    }

    fn cell(&self, column: &str, at: &At<'_>) -> Option<Cell> {
        if !at.node.items().is_empty() {
            let values: Vec<_> = at.list().iter().map(|item| self.cell_value(column, item)).collect();
            return Some(Cell::OneOf(values.into_iter().collect::<Option<_>>()?));
        }
        if is_table(at.node) {
            return self.range(column, at).map(Cell::Range);
        }
        Some(Cell::OneOf(vec![self.cell_value(column, at)?]))
    }

    fn range(&self, column: &str, at: &At<'_>) -> Option<Range> {
        let number = self.words_of(column).is_none() && self.input(column).is_none_or(|input| input.is_number());
        let (from, above) = (at.decimal("from"), at.decimal("above"));
        let (up_to, below) = (at.decimal("up_to"), at.decimal("below"));
        let range = Range { low: from.or(above), above: from.is_none(), high: up_to.or(below), below: up_to.is_none() };
        let empty = match (range.low, range.high) {
            (Some(low), Some(high)) => high < low || high == low && (range.above || range.below),
            _ => false,
        };
        let wrong = match () {
            () if !number => "a range is for numbers",
            () if from.is_some() && above.is_some() || up_to.is_some() && below.is_some() => {
                "a range has two ends at most"
            }
            () if range.low.is_none() && range.high.is_none() => "a range needs an end: from, above, up_to or below",
            () if empty => "no number is in this range",
            () => return Some(range),
        };
        self.report.error(at.span(), &at.path, wrong.to_owned());
        None
    }

    /// A row that an earlier one covers is never used. Two that overlap are ambiguous where they ask for the same;
    /// where one asks for something that the other does not, the first counts, which is told.
    fn check_rows(&self, rows: &[Row], places: &[At<'_>]) {
        let place_of = |index: usize| match places.get(index) {
            Some(place) => format!("row {} (line {})", index + 1, self.report.line(place.span().start)),
            None => format!("row {}", index + 1),
        };
        let mut told = vec![false; rows.len()];
        for (index, (row, place)) in rows.iter().zip(places).enumerate() {
            for (other, earlier) in rows.iter().take(index).enumerate() {
                let pairs = || earlier.cells.iter().zip(&row.cells);
                let apart = pairs().any(|(first, second)| !first.meets(second));
                let hidden = pairs().all(|(first, second)| first.covers(second));
                let special_first = pairs().all(|(first, second)| second.covers(first));
                if apart || special_first && !hidden {
                    continue;
                }
                if hidden {
                    let message = format!("this row is never reached: {} covers it", place_of(other));
                    let help = "put special rows first, or remove one".to_owned();
                    self.report.error_help(place.span(), &place.path, message, help);
                    break;
                }
                let asks_for_more = |one: &Row, than: &Row| {
                    one.cells.iter().zip(&than.cells).any(|(cell, other)| *cell != Cell::Any && *other == Cell::Any)
                };
                if asks_for_more(earlier, row) || asks_for_more(row, earlier) {
                    if !std::mem::replace(&mut told[other], true) {
                        let Some(first) = places.get(other) else { continue };
                        let message = format!("some requests fit this row and {}: this one counts", place_of(index));
                        let help = "the first row that fits is taken; to be sure, make them exclude each other";
                        self.report.warning(first.span(), &first.path, message, help.to_owned());
                    }
                    continue;
                }
                let message = format!("this row and {} both fit some requests", place_of(other));
                let meets_in_a_range = pairs().any(|(first, second)| first != second && second.is_range());
                let help = match meets_in_a_range {
                    true => "make them exclude each other: `above` and `below` leave the end of a range out",
                    false => "make them exclude each other: name each value in one of them only",
                };
                self.report.error_help(place.span(), &place.path, message, help.to_owned());
                break;
            }
        }
    }

    /// Does some row give that model a price?
    pub fn prices_model(&self, price: &Price, model: &Name) -> bool {
        price.parts.iter().all(|part| match &part.amount {
            Amount::Table(table) if table.otherwise.is_none() => match table.column("model") {
                Some(column) => table.rows.iter().any(|row| match &row.cells[column] {
                    Cell::OneOf(values) => {
                        values.iter().any(|value| matches!(value, crate::input::Value::Word(word) if word == model))
                    }
                    _ => true,
                }),
                None => true,
            },
            Amount::Sum(price) => self.prices_model(price, model),
            _ => true,
        })
    }
}

fn is_cell(field: &Field) -> bool {
    field.key != "credits" && field.key != "price"
}

fn is_table(node: &Node) -> bool {
    matches!(node.value, crate::file::Tree::Table(_))
}
