//! The OpenAPI document: complete, valid where it is easy to be wrong, and the one in the repository.

use axum::http::Method;
use serde_json::Value;

use crate::world::World;

fn document() -> Value {
    scrip_server::openapi::document()
}

/// Compares a file of the repository with what the code says; `SCRIP_UPDATE=1` writes it instead.
fn assert_kept(file: &str, text: &str) {
    let path = format!("{}/../../{file}", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("SCRIP_UPDATE").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == text, "{file} is out of date: run the tests of scrip-server with SCRIP_UPDATE=1");
}

#[test]
fn the_repository_has_the_document_that_is_served() {
    assert_kept("openapi.json", &format!("{:#}\n", document()));
}

#[test]
fn the_repository_has_a_page_of_all_codes() {
    assert_kept("docs/errors.md", &scrip_api::errors_markdown());
}

#[tokio::test]
async fn the_type_of_a_problem_leads_to_its_place_in_the_documentation() {
    let world = World::start().await;
    let refused = world.call(Method::GET, "/v1/holds").send().await;
    let page = world.call(Method::GET, refused.body["type"].as_str().unwrap()).send().await;
    assert_eq!((page.status, page.header("location")), (308, Some("/docs#unauthorized")));
    let none = world.call(Method::GET, "/docs/errors/no_code").send().await;
    assert_eq!(none.refused(), (404, "not_found"));
}

fn operations(document: &Value) -> Vec<(String, &Value)> {
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            operations.push((format!("{method} {path}"), operation));
        }
    }
    operations
}

#[test]
fn every_operation_is_described_and_named_once() {
    let document = document();
    let mut ids = std::collections::BTreeSet::new();
    for (name, operation) in operations(&document) {
        assert!(ids.insert(operation["operationId"].as_str().unwrap().to_owned()), "{name}");
        assert!(operation["summary"].is_string(), "{name} has no summary");
        assert!(operation["tags"].is_array(), "{name} has no tag");
        for (status, response) in operation["responses"].as_object().unwrap() {
            assert!(response["description"].as_str().is_some_and(|text| !text.is_empty()), "{name} {status}");
        }
    }
}

#[test]
fn parameters_are_where_they_are_read() {
    let document = document();
    for (name, operation) in operations(&document) {
        let path = name.split(' ').nth(1).unwrap();
        let none = Vec::new();
        let parameters = operation["parameters"].as_array().unwrap_or(&none);
        let mut in_path = 0;
        for parameter in parameters {
            let text = parameter["name"].as_str().unwrap();
            if path.contains(&format!("{{{text}}}")) {
                assert_eq!((&parameter["in"], &parameter["required"]), (&"path".into(), &true.into()), "{name} {text}");
                in_path += 1;
            } else {
                assert_ne!(parameter["in"], "path", "{name} {text}");
            }
            assert!(parameter["schema"].is_object(), "{name} {text}");
        }
        assert_eq!(in_path, path.matches('{').count(), "{name}");
    }
}

#[test]
fn every_reference_is_there() {
    let document = document();
    let mut references = Vec::new();
    collect(&document, &mut references);
    assert!(references.len() > 20);
    for reference in references {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
    assert_eq!(document["openapi"], "3.1.0");
}

fn collect(value: &Value, references: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (key, value) in members {
                match value {
                    Value::String(reference) if key == "$ref" => references.push(reference.clone()),
                    _ => collect(value, references),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, references)),
        _ => {}
    }
}
