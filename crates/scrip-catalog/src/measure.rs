//! Prices a capture by what was measured: the hold's inputs stay, what was open is filled in.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::catalog::Catalog;
use crate::input::ResolvedInput;
use crate::pricing::{Job, choose_model, refuse_undeclared};
use crate::quote::{Facts, InputValue, PriceError, Priced};
use crate::tool::Tool;

/// A held line, as the hold kept it.
#[derive(Clone, Copy, Debug)]
pub struct Held<'a> {
    pub tool: &'a str,
    pub model: Option<&'a str>,
    /// [`Priced::inputs_json`] of the hold's line.
    pub inputs_json: &'a str,
    pub quantity: u64,
}

impl Catalog {
    /// Prices a job by what was measured. Only measured inputs that were open at the hold may be given, all of
    /// them must be, and they are not checked against `max` (MISSION A08); an input that was explicit stays.
    pub fn measure(
        &self,
        held: &Held<'_>,
        measured: &[(&str, InputValue<'_>)],
        facts: Option<&Arc<Facts>>,
    ) -> Result<Priced, PriceError> {
        let tool = self.find_tool(held.tool)?;
        let chosen = choose_model(tool, held.model)?;
        let kept: BTreeMap<String, String> =
            serde_json::from_str(held.inputs_json).map_err(|_| PriceError::InvalidInput {
                input: "inputs".to_owned(),
                reason: "are not those of a hold".to_owned(),
                allowed: None,
            })?;
        refuse_undeclared(tool, measured)?;
        let inputs = fill_in(tool, &kept, measured)?;
        self.price_job(Job { tool, chosen, inputs, open: Vec::new(), quantity: held.quantity }, facts)
    }
}

fn fill_in(
    tool: &Tool,
    kept: &BTreeMap<String, String>,
    measured: &[(&str, InputValue<'_>)],
) -> Result<Vec<ResolvedInput>, PriceError> {
    let mut inputs = Vec::with_capacity(tool.inputs.len());
    for input in &tool.inputs {
        let mut found = measured.iter().filter(|(name, _)| *name == input.name.as_str());
        let value = match (kept.get(input.name.as_str()), found.next()) {
            (Some(_), Some(_)) => {
                return Err(input.refused("was given with the hold, and a quoted price does not move".to_owned()));
            }
            (Some(text), None) => input.accept_held(InputValue::Text(text))?,
            (None, Some((_, value))) if input.can_stay_open() => input.accept_measured(*value)?,
            (None, Some(_)) => return Err(input.refused("is not measured".to_owned())),
            (None, None) if input.can_stay_open() => return Err(input.refused("must be measured".to_owned())),
            (None, None) => continue,
        };
        if found.next().is_some() {
            return Err(input.refused("is given twice".to_owned()));
        }
        inputs.push(ResolvedInput { name: input.name.clone(), value });
    }
    Ok(inputs)
}
