//! Prices by table, as a price list shows them where the catalog's author drew no table.

use crate::catalog::Catalog;
use crate::input::Value;
use crate::price::table::{Cell, Column, PriceTable, Row};
use crate::price::{Amount, Price};
use crate::rate_card::{RateTable, words};
use crate::tool::Tool;

impl Catalog {
    /// The tables that a tool's price has, then those of models with prices of their own.
    pub(super) fn price_tables(&self, tool: &Tool) -> Vec<RateTable> {
        let mut tables = Vec::new();
        if let Some(price) = &tool.price {
            self.tables_of(price, tool, &tool.name, &mut tables);
        }
        for model in tool.models.iter().filter(|model| !model.retired) {
            if let Some(price) = &model.price {
                self.tables_of(price, tool, &format!("{}: {}", tool.name, model.name), &mut tables);
            }
        }
        tables
    }

    fn tables_of(&self, price: &Price, tool: &Tool, title: &str, tables: &mut Vec<RateTable>) {
        for part in &price.parts {
            let title = part.label.as_ref().map_or(title.to_owned(), |label| format!("{title}: {label}"));
            match &part.amount {
                Amount::Table(table) => tables.push(self.table_of(table, tool, title)),
                Amount::Sum(price) => self.tables_of(price, tool, &title, tables),
                Amount::Flat(_) | Amount::Rate(_) | Amount::Formula(_) => {}
            }
        }
    }

    /// The rows in the order in which they are tried: the first that fits is the price.
    fn table_of(&self, table: &PriceTable, tool: &Tool, title: String) -> RateTable {
        let unit = self.studio.unit(&tool.currency).unwrap_or(&self.studio.credit);
        let header = table.columns.iter().map(|column| title_of(column, tool)).chain([unit.plural.clone()]);
        let row = |row: &Row| {
            let cells = row.cells.iter().zip(&table.columns).map(|(cell, column)| self.asked(cell, column, tool));
            cells.chain([words::price(&row.price, tool, unit).text]).collect()
        };
        let otherwise = table.otherwise.map(|amount| {
            let others = table.columns.iter().map(|_| "other".to_owned());
            others.chain([words::price(&Price::of(Amount::Flat(amount)), tool, unit).text]).collect()
        });
        let rows = table.rows.iter().map(row).chain(otherwise).collect();
        RateTable { title, notes: Vec::new(), formula: None, header: header.collect(), rows }
    }

    /// What a row asks of a column.
    fn asked(&self, cell: &Cell, column: &Column, tool: &Tool) -> String {
        match cell {
            Cell::Any => "any".to_owned(),
            Cell::Range(range) => range.to_string(),
            Cell::OneOf(values) => {
                let values = values.iter().map(|value| self.named(value, column, tool));
                values.collect::<Vec<_>>().join(", ")
            }
        }
    }

    /// Models and plans by their names.
    fn named(&self, value: &Value, column: &Column, tool: &Tool) -> String {
        let text = match value {
            Value::Bool(true) => return "yes".to_owned(),
            Value::Bool(false) => return "no".to_owned(),
            value => value.to_string(),
        };
        let name = match column.name.as_str() {
            "model" => tool.model(&text).map(|model| model.name.clone()),
            "plan" => self.plan(&text).map(|plan| plan.name.clone()),
            _ => None,
        };
        name.unwrap_or(text)
    }
}

fn title_of(column: &Column, tool: &Tool) -> String {
    match (column.name.as_str(), tool.input(&column.name)) {
        (_, Some(input)) => input.label.clone().unwrap_or_else(|| column.name.to_string()),
        ("model", None) => "Model".to_owned(),
        ("plan", None) => "Plan".to_owned(),
        _ => column.name.to_string(),
    }
}
