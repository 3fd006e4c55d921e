//! Reads the rows of an import file: CSV with a header line, JSON lines, or one JSON list.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::value::RawValue;

use super::row::Row;

/// A line that is not a row.
#[derive(Debug)]
pub struct Unread {
    pub line: u64,
    pub problem: String,
}

pub type Rows = Result<Vec<Row>, Vec<Unread>>;

pub fn rows(path: &Path, text: &str) -> Rows {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let csv = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv"));
    match text.trim_start().chars().next() {
        _ if csv => from_csv(text),
        Some('[') => from_list(text),
        Some('{') => from_lines(text),
        _ => from_csv(text),
    }
}

fn from_csv(text: &str) -> Rows {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
    let header = match reader.headers() {
        Ok(header) => header.clone(),
        Err(error) => return Err(vec![Unread { line: 1, problem: error.to_string() }]),
    };
    collect(reader.records().map(|record| {
        let record = record.map_err(|error| Unread {
            line: error.position().map_or(0, csv::Position::line),
            problem: csv_problem(&error),
        })?;
        let fields = header.iter().zip(&record).filter(|(_, text)| !text.is_empty());
        Ok(Row {
            line: record.position().map_or(0, csv::Position::line),
            fields: fields.map(|(column, text)| (column.to_owned(), text.to_owned())).collect(),
        })
    }))
}

fn csv_problem(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("{len} fields, the header has {expected_len}")
        }
        _ => error.to_string(),
    }
}

fn from_lines(text: &str) -> Rows {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    collect(lines.map(|(index, line)| from_object(index as u64 + 1, line)))
}

fn from_list(text: &str) -> Rows {
    let items: Vec<&RawValue> = match serde_json::from_str(text) {
        Ok(items) => items,
        Err(error) => return Err(vec![Unread { line: error.line() as u64, problem: error.to_string() }]),
    };
    collect(items.into_iter().map(|item| {
        let start = item.get().as_ptr() as usize - text.as_ptr() as usize;
        from_object(text[..start].matches('\n').count() as u64 + 1, item.get())
    }))
}

fn from_object(line: u64, text: &str) -> Result<Row, Unread> {
    let object: BTreeMap<String, &RawValue> =
        serde_json::from_str(text).map_err(|error| Unread { line, problem: format!("not a JSON object: {error}") })?;
    let mut fields = BTreeMap::new();
    for (column, value) in object {
        put(&mut fields, column, value).map_err(|problem| Unread { line, problem })?;
    }
    Ok(Row { line, fields })
}

/// `{ "balance": { "top_up": 5 } }` is the column `balance.top_up`; numbers keep their digits.
fn put(fields: &mut BTreeMap<String, String>, column: String, value: &RawValue) -> Result<(), String> {
    let text = value.get();
    match text.as_bytes()[0] {
        b'n' => {}
        b'"' => {
            let text: String = serde_json::from_str(text).map_err(|error| error.to_string())?;
            if !text.is_empty() {
                fields.insert(column, text);
            }
        }
        b'{' if !column.contains('.') => {
            let inner: BTreeMap<String, &RawValue> = serde_json::from_str(text).map_err(|error| error.to_string())?;
            for (name, value) in inner {
                put(fields, format!("{column}.{name}"), value)?;
            }
        }
        b'[' => {
            let items: Vec<String> =
                serde_json::from_str(text).map_err(|_| format!("{column:?} is not a list of texts"))?;
            fields.insert(column, items.join(" "));
        }
        b'{' => return Err(format!("{column:?} is an object")),
        _ => drop(fields.insert(column, text.to_owned())),
    }
    Ok(())
}

/// All rows, or everything that is not one.
fn collect(read: impl Iterator<Item = Result<Row, Unread>>) -> Rows {
    let mut rows = Vec::new();
    let mut unread = Vec::new();
    for row in read {
        match row {
            Ok(row) => rows.push(row),
            Err(error) => unread.push(error),
        }
    }
    if unread.is_empty() { Ok(rows) } else { Err(unread) }
}
