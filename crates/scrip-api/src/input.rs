//! Inputs of a job and metadata of a hold: small maps that a product fills in.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Error as _, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::text::Text;

/// Inputs by name, in the order in which they came: what a tool is asked to do.
#[derive(Clone, Debug, Default, PartialEq, Eq, ToSchema)]
#[schema(value_type = std::collections::BTreeMap<String, InputSchema>, example = json!({"width": 512, "height": "512"}))]
pub struct Inputs<'a>(pub Vec<(Text<'a>, Input<'a>)>);

/// The value of an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input<'a> {
    /// A word, or a number by its own digits.
    Text(Cow<'a, str>),
    Bool(bool),
    /// Anything else, by what it is; always refused.
    Other(&'static str),
}

/// An integer, a decimal (as a string or a number), a boolean or a word.
#[derive(ToSchema)]
#[schema(as = Input)]
#[allow(dead_code)] // for the OpenAPI document only: values are read as `Input`
#[serde(untagged)]
#[derive(Serialize)]
pub enum InputSchema {
    Text(String),
    Number(f64),
    Bool(bool),
}

impl<'de: 'a, 'a> Deserialize<'de> for Inputs<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Inputs<'a>, D::Error> {
        deserializer.deserialize_map(InputsVisitor).map(Inputs)
    }
}

/// How a message about a map with a key twice begins.
pub const DUPLICATE_KEY: &str = "duplicate key ";

struct InputsVisitor;

impl<'de> Visitor<'de> for InputsVisitor {
    type Value = Vec<(Text<'de>, Input<'de>)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of inputs")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut inputs: Self::Value = Vec::with_capacity(4);
        while let Some(name) = map.next_key::<Text<'de>>()? {
            if inputs.iter().any(|(known, _)| *known == name) {
                return Err(A::Error::custom(format_args!("{DUPLICATE_KEY}{:?}", name.as_str())));
            }
            inputs.push((name, read_input(map.next_value()?).map_err(A::Error::custom)?));
        }
        Ok(inputs)
    }
}

fn read_input(raw: &RawValue) -> serde_json::Result<Input<'_>> {
    let text = raw.get();
    Ok(match text.as_bytes().first() {
        Some(b'"') => Input::Text(serde_json::from_str::<Text<'_>>(text)?.0),
        Some(b't') => Input::Bool(true),
        Some(b'f') => Input::Bool(false),
        Some(b'n') => Input::Other("null"),
        Some(b'[') => Input::Other("a list"),
        Some(b'{') => Input::Other("an object"),
        _ => Input::Text(Cow::Borrowed(text)),
    })
}

impl Serialize for Inputs<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, input) in &self.0 {
            match input {
                Input::Text(text) => map.serialize_entry(name, text)?,
                Input::Bool(flag) => map.serialize_entry(name, flag)?,
                Input::Other(_) => map.serialize_entry(name, &())?,
            }
        }
        map.end()
    }
}

/// Strings by name, kept with an object and given back; at most 50 of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, ToSchema)]
#[schema(value_type = std::collections::BTreeMap<String, String>)]
pub struct Metadata<'a>(pub Vec<(Text<'a>, Text<'a>)>);

impl<'de: 'a, 'a> Deserialize<'de> for Metadata<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Metadata<'a>, D::Error> {
        deserializer.deserialize_map(MetadataVisitor).map(Metadata)
    }
}

struct MetadataVisitor;

impl<'de> Visitor<'de> for MetadataVisitor {
    type Value = Vec<(Text<'de>, Text<'de>)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of strings")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries: Self::Value = Vec::new();
        while let Some(name) = map.next_key::<Text<'de>>()? {
            if entries.iter().any(|(known, _)| *known == name) {
                return Err(A::Error::custom(format_args!("{DUPLICATE_KEY}{:?}", name.as_str())));
            }
            entries.push((name, map.next_value()?));
        }
        Ok(entries)
    }
}

impl Serialize for Metadata<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

/// JSON that is passed on as it is: inputs of an answer, terms of a contract.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = Object)]
pub struct Json<'a>(#[serde(borrow)] pub Cow<'a, RawValue>);

impl Serialize for Json<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'a> Json<'a> {
    /// `None` if the text is not JSON.
    pub fn from_text(text: &'a str) -> Option<Json<'a>> {
        serde_json::from_str::<&RawValue>(text).ok().map(|raw| Json(Cow::Borrowed(raw)))
    }

    /// The JSON of a value; `None` if it can't be written.
    pub fn of(value: &impl Serialize) -> Option<Json<'static>> {
        serde_json::value::to_raw_value(value).ok().map(|raw| Json(Cow::Owned(raw)))
    }

    pub fn get(&self) -> &str {
        self.0.get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_by_their_own_digits() {
        let inputs: Inputs<'_> =
            serde_json::from_str(r#"{"a": 10.0000001, "b": "7", "c": true, "d": null, "e": [1], "f": {}, "g": 1e3}"#)
                .unwrap();
        let values: Vec<&Input<'_>> = inputs.0.iter().map(|(_, input)| input).collect();
        let text = |text| Input::Text(Cow::Borrowed(text));
        let other = Input::Other;
        let expected = [
            text("10.0000001"),
            text("7"),
            Input::Bool(true),
            other("null"),
            other("a list"),
            other("an object"),
            text("1e3"),
        ];
        assert_eq!(values, expected.iter().collect::<Vec<_>>());
    }

    #[test]
    fn a_key_that_comes_twice_is_refused() {
        for json in [r#"{"a": 1, "a": 2}"#, r#"{"a": "1", "\u0061": "2"}"#] {
            let error = serde_json::from_str::<Inputs<'_>>(json).unwrap_err().to_string();
            assert!(error.starts_with(DUPLICATE_KEY), "{error}");
        }
        assert!(serde_json::from_str::<Metadata<'_>>(r#"{"a": "1", "a": "2"}"#).is_err());
    }
}
