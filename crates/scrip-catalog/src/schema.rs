//! The JSON Schema of catalog files, made from the description that the check uses too.

use serde_json::{Map, Value, json};

use crate::format::CATALOG;
use crate::shape::{FieldShape, Shape, TableShape};

/// The JSON Schema (draft 2020-12) of a catalog file, for completion and checks in editors.
pub fn schema() -> Value {
    let mut definitions = Map::new();
    let root = reference(&CATALOG, &mut definitions);
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Scrip catalog",
        "description": CATALOG.doc,
        "$ref": root["$ref"],
        "$defs": definitions,
    })
}

/// A table is described once, under its own name.
fn reference(table: &'static TableShape, definitions: &mut Map<String, Value>) -> Value {
    let name = definition_name(table);
    if !definitions.contains_key(&name) {
        // Known before it is described: a price can be part of a price.
        definitions.insert(name.clone(), Value::Null);
        let described = described(table, definitions);
        definitions.insert(name.clone(), described);
    }
    json!({ "$ref": format!("#/$defs/{name}") })
}

fn definition_name(table: &TableShape) -> String {
    let name = table.name.trim_start_matches("a ").trim_start_matches("an ").trim_start_matches("the ");
    name.replace("'s", "").replace([' ', '-'], "_")
}

fn described(table: &'static TableShape, definitions: &mut Map<String, Value>) -> Value {
    let mut properties = Map::new();
    for field in table.fields {
        let mut value = of_shape(field.shape, definitions);
        if let Some(object) = value.as_object_mut() {
            object.insert("description".to_owned(), json!(field.doc));
        }
        properties.insert(field.key.to_owned(), value);
    }
    let required: Vec<&str> =
        table.fields.iter().filter(|field| field.required).map(|field: &FieldShape| field.key).collect();
    let others = match table.others {
        Some(shape) => of_shape(shape, definitions),
        None => json!(false),
    };
    let mut object = json!({
        "type": "object",
        "description": table.doc,
        "properties": properties,
        "additionalProperties": others,
    });
    if let (false, Some(object)) = (required.is_empty(), object.as_object_mut()) {
        object.insert("required".to_owned(), json!(required));
    }
    object
}

fn of_shape(shape: &'static Shape, definitions: &mut Map<String, Value>) -> Value {
    const DECIMAL: &str = r"^\d+(\.\d{1,6})?$";
    match shape {
        Shape::Id => json!({ "type": "string", "pattern": "^[A-Za-z0-9_./:-]{1,128}$" }),
        Shape::Text | Shape::Formula => json!({ "type": "string", "minLength": 1 }),
        Shape::Integer { min, max } if *max == i64::MAX => json!({ "type": "integer", "minimum": min }),
        Shape::Integer { min, max } => json!({ "type": "integer", "minimum": min, "maximum": max }),
        Shape::Credits | Shape::Decimal => {
            json!({ "anyOf": [{ "type": "integer", "minimum": 0 }, { "type": "string", "pattern": DECIMAL }] })
        }
        Shape::Money => json!({ "type": "string", "pattern": r"^\d+(\.\d+)? [A-Za-z]{3}$" }),
        Shape::Boolean => json!({ "type": "boolean" }),
        Shape::Word(words) => json!({ "enum": words }),
        Shape::Span => json!({ "type": "string", "pattern": r"^P(\d+W)?(\d+D)?(T(\d+H)?(\d+M)?(\d+S)?)?$" }),
        Shape::Lifetime => {
            let months = r"P(\d+Y(\d+M)?|\d+M)";
            let others = r"P(\d+W)?(\d+D)?(T(\d+H)?(\d+M)?(\d+S)?)?";
            json!({ "type": "string", "pattern": format!("^({others}|{months})$") })
        }
        Shape::Date => json!({ "type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$" }),
        Shape::TimeOfDay => json!({ "type": "string", "pattern": r"^\d{2}:\d{2}$" }),
        Shape::InputValue => json!({ "type": ["integer", "string", "boolean"] }),
        Shape::List(item) => json!({ "type": "array", "items": of_shape(item, definitions) }),
        Shape::Map(value) => json!({ "type": "object", "additionalProperties": of_shape(value, definitions) }),
        Shape::Table(table) => reference(table, definitions),
        Shape::Named(_, shape) => of_shape(shape, definitions),
        Shape::Any(shapes) => {
            let shapes: Vec<Value> = shapes.iter().map(|shape| of_shape(shape, definitions)).collect();
            json!({ "anyOf": shapes })
        }
    }
}
