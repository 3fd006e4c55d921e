//! The interface as a page: every operation with its parameters, bodies and answers, and every error code.

use maud::{DOCTYPE, Markup, html};
use scrip_api::Code;
use serde_json::{Map, Value};

const STYLE: &str = include_str!("rate_card.css");
const METHODS: [&str; 5] = ["get", "put", "post", "patch", "delete"];

/// The whole page, made of the OpenAPI document.
pub fn page(document: &Value) -> String {
    let tags = list(document, "/tags");
    let schemas = document.pointer("/components/schemas").and_then(Value::as_object);
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (text(document, "/info/title")) " – HTTP interface" }
                style { (maud::PreEscaped(STYLE)) }
            }
            body {
                header {
                    h1 { (text(document, "/info/title")) }
                    p.sub { (text(document, "/info/description")) }
                    p { "As a document: " a href="/openapi.json" { "openapi.json" } " (OpenAPI 3.1)." }
                }
                nav aria-label="Sections" {
                    @for tag in tags { a href={ "#" (text(tag, "/name")) } { (text(tag, "/name")) } }
                    a href="#objects" { "objects" }
                    a href="#errors" { "errors" }
                }
                main {
                    @for tag in tags { (tag_section(document, tag)) }
                    section id="objects" {
                        h2 { "Objects" }
                        @for (name, schema) in schemas.into_iter().flatten() { (object(name, schema)) }
                    }
                    (errors())
                }
            }
        }
    };
    markup.into_string()
}

fn tag_section(document: &Value, tag: &Value) -> Markup {
    let name = text(tag, "/name");
    let paths = document.pointer("/paths").and_then(Value::as_object);
    let operations = paths.into_iter().flatten().flat_map(|(path, item)| {
        METHODS.iter().filter_map(move |method| Some((*method, path.as_str(), item.get(*method)?)))
    });
    let own = operations.filter(|(_, _, operation)| text(operation, "/tags/0") == name);
    html! {
        section id=(name) {
            h2 { (name) }
            p { (text(tag, "/description")) }
            @for (method, path, operation) in own { (self::operation(method, path, operation)) }
        }
    }
}

fn operation(method: &str, path: &str, operation: &Value) -> Markup {
    let parameters = list(operation, "/parameters");
    let body = operation.pointer("/requestBody/content").and_then(Value::as_object);
    let responses = operation.get("responses").and_then(Value::as_object);
    html! {
        figure id=(text(operation, "/operationId")) {
            h3 { code { (method.to_uppercase()) " " (path) } }
            p { (prose(text(operation, "/summary"))) }
            @let more = text(operation, "/description");
            @if !more.is_empty() && more != text(operation, "/summary") { p.note { (prose(more)) } }
            table {
                tbody {
                    @for parameter in parameters {
                        tr {
                            th scope="row" { code { (text(parameter, "/name")) } }
                            td { (text(parameter, "/in")) ", " (kind(parameter.get("schema"))) }
                            td { (prose(text(parameter, "/description"))) }
                        }
                    }
                    @for (media, content) in body.into_iter().flatten() {
                        tr { th scope="row" { "body" } td { (media) } td { (kind(content.get("schema"))) } }
                    }
                    @for (status, response) in responses.into_iter().flatten().filter(|(status, _)| *status < &"400".to_owned()) {
                        tr {
                            th scope="row" { (status) }
                            td { (prose(text(response, "/description"))) }
                            td {
                                @for (media, content) in map(response, "/content") {
                                    div { (media) ": " (kind(content.get("schema"))) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// A description: what stands between back quotes is code.
fn prose(text: &str) -> Markup {
    html! {
        @for (index, part) in text.split('`').enumerate() {
            @if index % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}

fn object(name: &str, schema: &Value) -> Markup {
    let required: Vec<&str> = list(schema, "/required").iter().filter_map(Value::as_str).collect();
    html! {
        figure id={ "schema-" (name) } {
            h3 { code { (name) } }
            p { (prose(text(schema, "/description"))) }
            @if !map(schema, "/properties").is_empty() {
                table {
                    tbody {
                        @for (field, property) in map(schema, "/properties") {
                            tr {
                                th scope="row" { code { (field) } @if !required.contains(&field.as_str()) { " (optional)" } }
                                td { (kind(Some(property))) }
                                td { (prose(text(property, "/description"))) }
                            }
                        }
                    }
                }
            } @else {
                p { (kind(Some(schema))) }
            }
        }
    }
}

/// What kind of value a schema describes, with links to objects.
fn kind(schema: Option<&Value>) -> Markup {
    let Some(schema) = schema else { return html! {} };
    if let Some(name) = schema.get("$ref").and_then(Value::as_str).and_then(|path| path.rsplit('/').next()) {
        return html! { a href={ "#schema-" (name) } { code { (name) } } };
    }
    let one_of = [list(schema, "/oneOf"), list(schema, "/anyOf"), list(schema, "/allOf")].concat();
    if !one_of.is_empty() {
        return html! {
            @for (index, choice) in one_of.iter().enumerate() { @if index > 0 { " or " } (kind(Some(choice))) }
        };
    }
    if schema.get("items").is_some() {
        return html! { "list of " (kind(schema.get("items"))) };
    }
    let words: Vec<&str> = list(schema, "/enum").iter().filter_map(Value::as_str).collect();
    if !words.is_empty() {
        return html! { @for (index, word) in words.iter().enumerate() { @if index > 0 { ", " } code { (word) } } };
    }
    let types = match schema.get("type") {
        Some(Value::String(name)) => name.clone(),
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" or "),
        _ => "any value".to_owned(),
    };
    html! { (types) @if let Some(format) = schema.get("format").and_then(Value::as_str) { " (" (format) ")" } }
}

fn errors() -> Markup {
    html! {
        section id="errors" {
            h2 { "Errors" }
            p { "Refusals are " code { "application/problem+json" } " (RFC 9457) with a stable " code { "code" } "." }
            table {
                thead { tr { th scope="col" { "Code" } th scope="col" { "Status" } th scope="col" { "What to do" } } }
                tbody {
                    @for code in Code::ALL {
                        tr id=(code) {
                            th scope="row" { code { (code) } }
                            td { (code.status()) }
                            td { (code.help()) }
                        }
                    }
                }
            }
        }
    }
}

fn text<'v>(value: &'v Value, at: &str) -> &'v str {
    value.pointer(at).and_then(Value::as_str).unwrap_or("")
}

fn list<'v>(value: &'v Value, at: &str) -> &'v [Value] {
    value.pointer(at).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn map<'v>(value: &'v Value, at: &str) -> Vec<(&'v String, &'v Value)> {
    value.pointer(at).and_then(Value::as_object).into_iter().flat_map(Map::iter).collect()
}
