//! A job to be priced, as it was given on the command line or in a line of JSON.

use std::sync::Arc;

use scrip_catalog::{Ask, Catalog, Facts, InputValue, PriceError, Priced};

use crate::exit_code::Failure;

pub struct Job {
    pub tool: String,
    pub model: Option<String>,
    pub inputs: Vec<(String, Given)>,
    pub quantity: u64,
}

/// The value of an input by what was written: numbers keep their digits.
pub enum Given {
    Text(String),
    Bool(bool),
    Other(&'static str),
}

impl Job {
    pub fn price(&self, catalog: &Catalog, facts: Option<&Arc<Facts>>) -> Result<Priced, PriceError> {
        let inputs: Vec<(&str, InputValue<'_>)> =
            self.inputs.iter().map(|(name, given)| (name.as_str(), given.as_input())).collect();
        let ask = Ask { tool: &self.tool, model: self.model.as_deref(), inputs: &inputs, quantity: self.quantity };
        catalog.price_with(&ask, facts)
    }
}

impl Given {
    fn as_input(&self) -> InputValue<'_> {
        match self {
            Given::Text(text) => InputValue::Text(text),
            Given::Bool(flag) => InputValue::Bool(*flag),
            Given::Other(what) => InputValue::Other(what),
        }
    }

    /// A value by its JSON source text.
    pub fn from_json(source: &str) -> Given {
        match source.as_bytes().first() {
            Some(b'"') => serde_json::from_str(source).map_or(Given::Other("broken text"), Given::Text),
            Some(b't') => Given::Bool(true),
            Some(b'f') => Given::Bool(false),
            Some(b'n') => Given::Other("null"),
            Some(b'[') => Given::Other("a list"),
            Some(b'{') => Given::Other("an object"),
            _ => Given::Text(source.to_owned()),
        }
    }
}

/// The inputs of a command line, each given once.
pub fn from_arguments(texts: &[String]) -> Result<Vec<(String, Given)>, Failure> {
    let mut inputs: Vec<(String, Given)> = Vec::new();
    for text in texts {
        let input = from_argument(text)?;
        if inputs.iter().any(|(name, _)| *name == input.0) {
            return Err(Failure::usage(format!("--input {:?} is given twice", input.0)));
        }
        inputs.push(input);
    }
    Ok(inputs)
}

/// `seconds=12.5`
fn from_argument(text: &str) -> Result<(String, Given), Failure> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => {
            let given = match value {
                "true" => Given::Bool(true),
                "false" => Given::Bool(false),
                _ => Given::Text(value.to_owned()),
            };
            Ok((name.to_owned(), given))
        }
        _ => Err(Failure::usage(format!("--input {text:?} is not of the form NAME=VALUE"))),
    }
}
