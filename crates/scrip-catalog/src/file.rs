//! A catalog file as a tree of values that know where they stand, whether it was written as TOML or as JSON.

use std::ops::Range;

use crate::report::Report;

/// A catalog file is at most this long; a product's whole price list is a few dozen kilobytes.
pub(crate) const FILE_BYTES_MAX: usize = 1 << 20;
/// Tables and lists inside one another.
const DEPTH_MAX: usize = 32;

/// A value of the file and the bytes it stands at.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub span: Range<usize>,
    pub value: Tree,
}

#[derive(Clone, Debug)]
pub(crate) enum Tree {
    Text(String),
    /// The digits as written, with a sign if there was one.
    Integer(String),
    /// A number with a point or exponent, as written.
    Fraction(String),
    Bool(bool),
    /// A TOML date or time, as written.
    Date(String),
    List(Vec<Node>),
    /// In the order of the file.
    Table(Vec<Field>),
    /// A JSON `null`.
    Null,
}

#[derive(Clone, Debug)]
pub(crate) struct Field {
    pub key: String,
    pub key_span: Range<usize>,
    pub value: Node,
}

impl Node {
    /// What it is, for messages.
    pub fn kind(&self) -> &'static str {
        match &self.value {
            Tree::Text(_) => "a text",
            Tree::Integer(_) => "an integer",
            Tree::Fraction(_) => "a fraction",
            Tree::Bool(_) => "true or false",
            Tree::Date(_) => "a date",
            Tree::List(_) => "a list",
            Tree::Table(_) => "a table",
            Tree::Null => "null",
        }
    }

    pub fn fields(&self) -> &[Field] {
        match &self.value {
            Tree::Table(fields) => fields,
            _ => &[],
        }
    }

    pub fn field(&self, key: &str) -> Option<&Field> {
        self.fields().iter().find(|field| field.key == key)
    }

    pub fn items(&self) -> &[Node] {
        match &self.value {
            Tree::List(items) => items,
            _ => &[],
        }
    }

    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Tree::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The place of a part of a text, given by bytes of the text itself. Where the file writes the text with
    /// escapes, the whole text is meant.
    pub fn part(&self, source: &str, part: Range<usize>) -> Range<usize> {
        let (Some(text), Some(written)) = (self.text(), source.get(self.span.clone())) else {
            return self.span.clone();
        };
        let quotes = if written.starts_with("\"\"\"") || written.starts_with("'''") { 3 } else { 1 };
        let inner = written.get(quotes..written.len().saturating_sub(quotes));
        let newline = match inner {
            Some(inner) if inner == text => 0,
            Some(inner) if quotes == 3 && inner.strip_prefix('\n') == Some(text) => 1,
            _ => return self.span.clone(),
        };
        let start = self.span.start + quotes + newline;
        start + part.start..start + part.end.max(part.start)
    }
}

/// Parses TOML. What is malformed is reported, and the rest is still read.
pub(crate) fn parse_toml(text: &str, report: &Report<'_>) -> Option<Node> {
    if too_long(text, report) {
        return None;
    }
    let (document, errors) = toml::de::DeTable::parse_recoverable(text);
    let mut told: Vec<(u32, Option<String>)> = Vec::new();
    for error in errors.iter().take(20) {
        let span = error.span().unwrap_or(0..0);
        let help = help_for_toml(text, span.start);
        // What is wrong in the same way, or in the same line, is mostly one mistake.
        let line = report.line(span.start);
        if told.iter().any(|(at, before)| *at == line || help.is_some() && *before == help) {
            continue;
        }
        let message = format!("this is not TOML: {}", error.message());
        match &help {
            Some(help) => report.error_help(span, "", message, help.clone()),
            None => report.error(span, "", message),
        }
        told.push((line, help));
    }
    // What is malformed hides what it means; a key that is there twice does not.
    if errors.iter().any(|error| error.message() != "duplicate key") {
        return None;
    }
    let span = document.span();
    Some(Node { span, value: from_toml_table(document.get_ref(), 0) })
}

/// What to write where TOML can't be read on.
fn help_for_toml(text: &str, at: usize) -> Option<String> {
    let line_start = text.get(..at)?.rfind('\n').map_or(0, |newline| newline + 1);
    let before = text.get(line_start..at)?;
    let rest = text.get(at..)?.lines().next().unwrap_or_default();
    let word: String = rest.chars().take_while(|c| c.is_alphanumeric() || "_-./".contains(*c)).collect();
    if rest.starts_with(':') || before.trim_end().ends_with(':') && !before.contains(['=', '"']) {
        return Some("between a key and its value stands `=`; headings are written [studio] and [[tool]]".to_owned());
    }
    if before.trim_end().ends_with(['=', '[', ',']) && word.starts_with(char::is_alphabetic) {
        return Some(format!("texts stand in quotes: {word:?}"));
    }
    let opened = before.matches('"').count() % 2 == 1;
    opened.then(|| "a text ends with a quote, in the line in which it began".to_owned())
}

fn from_toml_table(table: &toml::de::DeTable<'_>, depth: usize) -> Tree {
    let mut fields: Vec<Field> = table
        .iter()
        .map(|(key, value)| Field {
            key: key.get_ref().to_string(),
            key_span: key.span(),
            value: from_toml(value.get_ref(), value.span(), depth + 1),
        })
        .collect();
    fields.sort_by_key(|field| field.key_span.start);
    Tree::Table(fields)
}

fn from_toml(value: &toml::de::DeValue<'_>, span: Range<usize>, depth: usize) -> Node {
    use toml::de::DeValue;
    let value = match value {
        _ if DEPTH_MAX < depth => Tree::Null,
        DeValue::String(text) => Tree::Text(text.to_string()),
        DeValue::Integer(integer) if integer.radix() == 10 => Tree::Integer(plain(integer.as_str())),
        DeValue::Integer(integer) => match i128::from_str_radix(&plain(integer.as_str()), integer.radix()) {
            Ok(number) => Tree::Integer(number.to_string()),
            Err(_) => Tree::Fraction(integer.to_string()),
        },
        DeValue::Float(float) => Tree::Fraction(float.as_str().to_owned()),
        DeValue::Boolean(flag) => Tree::Bool(*flag),
        DeValue::Datetime(date) => Tree::Date(date.to_string()),
        DeValue::Array(items) => {
            Tree::List(items.iter().map(|item| from_toml(item.get_ref(), item.span(), depth + 1)).collect())
        }
        DeValue::Table(table) => from_toml_table(table, depth),
    };
    Node { span, value }
}

/// `+1_000` is 1000.
fn plain(digits: &str) -> String {
    digits.chars().filter(|c| *c != '_' && *c != '+').collect()
}

/// Parses JSON, strictly (RFC 8259).
pub(crate) fn parse_json(text: &str, report: &Report<'_>) -> Option<Node> {
    if too_long(text, report) {
        return None;
    }
    let strict = jsonc_parser::ParseOptions {
        allow_comments: false,
        allow_loose_object_property_names: false,
        allow_trailing_commas: false,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        allow_bare_decimal_point_numbers: false,
        allow_non_finite_numbers: false,
        allow_extended_string_escapes: false,
    };
    match jsonc_parser::parse_to_ast(text, &Default::default(), &strict) {
        Err(error) => {
            let range = error.range();
            report.error(
                range.start..range.end,
                "",
                format!("this is not JSON: {}", lower_first(&error.kind().to_string())),
            );
            None
        }
        Ok(parsed) => match parsed.value {
            Some(value) => Some(from_json(&value, 0, report)),
            None => {
                report.error(0..0, "", "the file is empty".to_owned());
                None
            }
        },
    }
}

fn from_json(value: &jsonc_parser::ast::Value<'_>, depth: usize, report: &Report<'_>) -> Node {
    use jsonc_parser::ast::Value;
    use jsonc_parser::common::Ranged;
    let range = value.range();
    let span = range.start..range.end;
    let tree = match value {
        _ if DEPTH_MAX < depth => Tree::Null,
        Value::StringLit(text) => Tree::Text(text.value.to_string()),
        Value::NumberLit(number) if number.value.bytes().all(|b| b.is_ascii_digit() || b == b'-') => {
            Tree::Integer(number.value.to_string())
        }
        Value::NumberLit(number) => Tree::Fraction(number.value.to_string()),
        Value::BooleanLit(flag) => Tree::Bool(flag.value),
        Value::NullKeyword(_) => Tree::Null,
        Value::Array(list) => Tree::List(list.elements.iter().map(|item| from_json(item, depth + 1, report)).collect()),
        Value::Object(object) => Tree::Table(json_fields(object, depth, report)),
    };
    Node { span, value: tree }
}

fn json_fields(object: &jsonc_parser::ast::Object<'_>, depth: usize, report: &Report<'_>) -> Vec<Field> {
    use jsonc_parser::common::Ranged;
    let mut seen = std::collections::BTreeSet::new();
    let mut fields = Vec::new();
    for property in &object.properties {
        let range = property.name.range();
        let key = property.name.as_str().to_owned();
        if seen.insert(key.clone()) {
            let value = from_json(&property.value, depth + 1, report);
            fields.push(Field { key, key_span: range.start..range.end, value });
        } else {
            report.error(range.start..range.end, "", format!("duplicate key {key:?}"));
        }
    }
    fields
}

fn too_long(text: &str, report: &Report<'_>) -> bool {
    if FILE_BYTES_MAX < text.len() {
        report.error(0..0, "", format!("the file is longer than {} KiB", FILE_BYTES_MAX / 1024));
        return true;
    }
    false
}

fn lower_first(text: &str) -> String {
    let mut characters = text.chars();
    match characters.next() {
        Some(first) => first.to_lowercase().chain(characters).collect(),
        None => String::new(),
    }
}

/// A TOML catalog as JSON text, in the same order; for those who publish JSON. Refused: what is not TOML.
pub fn toml_as_json(text: &str) -> Result<String, Vec<crate::diagnostic::Diagnostic>> {
    let report = Report::new(text);
    let root = parse_toml(text, &report);
    let failed = report.has_errors();
    match root {
        Some(root) if !failed => {
            let mut json = String::with_capacity(text.len());
            write_json(&root, &mut json);
            Ok(json)
        }
        _ => Err(report.into_diagnostics()),
    }
}

fn write_json(node: &Node, json: &mut String) {
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    match &node.value {
        Tree::Text(text) | Tree::Date(text) | Tree::Fraction(text) => json.push_str(&quoted(text)),
        Tree::Integer(digits) => json.push_str(digits),
        Tree::Bool(flag) => json.push_str(if *flag { "true" } else { "false" }),
        Tree::Null => json.push_str("null"),
        Tree::List(items) => {
            json.push('[');
            for (index, item) in items.iter().enumerate() {
                json.push_str(if index == 0 { "" } else { "," });
                write_json(item, json);
            }
            json.push(']');
        }
        Tree::Table(fields) => {
            json.push('{');
            for (index, field) in fields.iter().enumerate() {
                json.push_str(if index == 0 { "" } else { "," });
                json.push_str(&quoted(&field.key));
                json.push(':');
                write_json(&field.value, json);
            }
            json.push('}');
        }
    }
}
