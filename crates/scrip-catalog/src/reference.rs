//! The reference page of catalog files, made from the description that the check uses too.

use crate::format::CATALOG;
use crate::shape::{Shape, TableShape};

/// Every table and key of a catalog file, as Markdown.
pub fn reference() -> String {
    let mut page = String::from(
        "# The catalog file, key by key\n\n\
         Made from the description that the check itself uses (`scrip-catalog`, `format.rs`); do not edit by hand.\n\
         A key in **bold** must be there.\n",
    );
    let mut told: Vec<&str> = Vec::new();
    let mut waiting: Vec<&'static TableShape> = vec![&CATALOG];
    while let Some(table) = waiting.pop() {
        if told.contains(&table.name) {
            continue;
        }
        told.push(table.name);
        page.push_str(&format!(
            "\n## {}\n\n{}\n\n| key | value | meaning |\n|---|---|---|\n",
            capital(table.name),
            capital(table.doc)
        ));
        let mut below = Vec::new();
        for field in table.fields {
            let key = if field.required { format!("**`{}`**", field.key) } else { format!("`{}`", field.key) };
            page.push_str(&format!("| {key} | {} | {} |\n", cell(&words(field.shape)), cell(field.doc)));
            tables(field.shape, &mut below);
        }
        if let Some(shape) = table.others {
            page.push_str(&format!("| *its own names* | {} | |\n", cell(&words(shape))));
            tables(shape, &mut below);
        }
        waiting.extend(below.into_iter().rev());
    }
    page
}

/// What a value may be, with tables by their names.
fn words(shape: &Shape) -> String {
    match shape {
        Shape::Table(table) => format!("[{}](#{})", table.name, anchor(table.name)),
        Shape::List(item) => format!("list: {}", words(item)),
        Shape::Map(value) => format!("by name: {}", words(value)),
        Shape::Any(shapes) => shapes.iter().map(words).collect::<Vec<_>>().join(" or "),
        Shape::Named(_, shape) => words(shape),
        shape => shape.describe(),
    }
}

fn tables(shape: &'static Shape, found: &mut Vec<&'static TableShape>) {
    match shape {
        Shape::Table(table) => found.push(table),
        Shape::List(shape) | Shape::Map(shape) | Shape::Named(_, shape) => tables(shape, found),
        Shape::Any(shapes) => shapes.iter().for_each(|shape| tables(shape, found)),
        _ => {}
    }
}

fn anchor(name: &str) -> String {
    name.chars()
        .filter(|c| c.is_alphanumeric() || *c == ' ' || *c == '_' || *c == '-')
        .collect::<String>()
        .replace(' ', "-")
}

fn capital(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or(String::new(), |first| first.to_uppercase().chain(characters).collect())
}

/// A cell of a Markdown table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}
