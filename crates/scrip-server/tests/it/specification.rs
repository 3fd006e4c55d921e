//! The OpenAPI document: complete, valid where it is easy to be wrong, and the one in the repository.

use serde_json::Value;

fn document() -> Value {
    serde_json::to_value(scrip_server::openapi::document()).unwrap()
}

/// `SCRIP_UPDATE=1` writes the file instead.
#[test]
fn the_repository_has_the_document_that_is_served() {
    let file = format!("{}/../../openapi.json", env!("CARGO_MANIFEST_DIR"));
    let text = format!("{:#}\n", document());
    if std::env::var_os("SCRIP_UPDATE").is_some() {
        std::fs::write(&file, &text).unwrap();
    }
    let kept = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(kept == text, "openapi.json is out of date: run the tests of scrip-server with SCRIP_UPDATE=1");
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
