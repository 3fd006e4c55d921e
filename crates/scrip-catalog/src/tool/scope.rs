//! What formulas of a tool may name: its inputs first, then what is known beside them, then its `let` names.

use scrip_ledger::id::Name;

use super::read::Facts;
use super::{Slots, UnknownModel};
use crate::formula::{NumberInput, Scope, ScopeError};
use crate::input::{self, Input, InputKind};
use crate::models::ModelSource;
use crate::price::compile::report_formula;
use crate::price::rate::{FREE_LEFT, previous};
use crate::rational::Rational;
use crate::read::At;
use crate::report::Report;

/// The parts of a tool that formulas name.
pub(super) struct Named<'a> {
    pub inputs: &'a [Input],
    pub sources: &'a [ModelSource<'a>],
    pub unknown_model: UnknownModel,
    pub free_units: bool,
}

/// Declares all names, in the order in which values are laid out; answers the scope, the places of values and
/// the `let` names that are right.
pub(super) fn declare(
    tool: &At<'_>,
    named: &Named<'_>,
    numbers: &[String],
    facts: &Facts,
    report: &Report<'_>,
) -> (Scope, Slots, Vec<String>) {
    let mut declaring = Declaring { tool, scope: Scope::new(), slots: Slots::default(), report };
    declaring.inputs(named.inputs);
    declaring.facts(named, facts);
    declaring.quantities(named);
    for name in numbers {
        match declaring.scope.number(&format!("model.{name}"), at_least_zero(None)) {
            Ok(slot) => declaring.slots.numbers.push((name.clone(), slot)),
            Err(error) => report.error(tool.key_span("models"), &tool.path, error.to_string()),
        }
    }
    declaring.slots.count = declaring.scope.slots();
    let lets = declaring.lets();
    (declaring.scope, declaring.slots, lets)
}

struct Declaring<'a> {
    tool: &'a At<'a>,
    scope: Scope,
    slots: Slots,
    report: &'a Report<'a>,
}

impl Declaring<'_> {
    fn inputs(&mut self, inputs: &[Input]) {
        for input in inputs {
            let words = || input.one_of.iter().map(|word| word.to_string()).collect();
            let declared = match input.kind {
                InputKind::Boolean => self.scope.truth(&input.name),
                InputKind::Word => self.scope.word(&input.name, (!input.one_of.is_empty()).then(words)),
                _ => self.scope.number(&input.name, input::number_input(input)),
            };
            if let Err(error) = declared {
                let inputs = self.tool.get("inputs").unwrap_or(self.tool.clone());
                let path = format!("{}.{}", inputs.path, input.name);
                self.report.error(inputs.key_span(&input.name), &path, error.to_string());
            }
        }
    }

    fn facts(&mut self, named: &Named<'_>, facts: &Facts) {
        let any = named.unknown_model == UnknownModel::Accept;
        if any || !named.sources.is_empty() {
            let ids: Vec<Name> = named.sources.iter().map(|model| model.id.clone()).collect();
            self.slots.model = self.word("model", (!any).then_some(&ids));
        }
        self.slots.plan = self.word("plan", Some(&facts.plans));
        if let Some(words) = &facts.channel {
            self.slots.channel = self.word("channel", Some(&words.one_of)).map(|slot| (slot, words.default.clone()));
        }
        if let Some(words) = &facts.mode {
            self.slots.mode = self.word("mode", Some(&words.one_of)).map(|slot| (slot, words.default.clone()));
        }
    }

    fn word(&mut self, name: &str, words: Option<&Vec<Name>>) -> Option<usize> {
        let words = words.map(|words| words.iter().map(|word| word.to_string()).collect());
        let error = match self.scope.word(name, words) {
            Ok(slot) => return Some(slot),
            Err(ScopeError::Duplicate(_)) => format!("an input can't be called `{name}`"),
            Err(other) => other.to_string(),
        };
        let inputs = self.tool.get("inputs").unwrap_or(self.tool.clone());
        let help = format!("`{name}` is known beside the inputs; name the input otherwise");
        self.report.error_help(inputs.key_span(name), &format!("{}.{name}", inputs.path), error, help);
        None
    }

    /// Free units that are left, and what was paid before.
    fn quantities(&mut self, named: &Named<'_>) {
        if named.free_units {
            self.slots.free_left = self.scope.number(FREE_LEFT, at_least_zero(None)).ok();
        }
        for input in named.inputs.iter().filter(|input| input.is_number()) {
            let unit = input::number_input(input).unit;
            if let Ok(slot) = self.scope.number(&previous(&input.name), at_least_zero(unit)) {
                self.slots.previous.push((input.name.clone(), slot));
            }
        }
    }

    fn lets(&mut self) -> Vec<String> {
        let Some(lets) = self.tool.get("let") else { return Vec::new() };
        let mut names = Vec::new();
        for (field, at) in lets.entries() {
            let Some(source) = at.node.text() else { continue };
            match self.scope.define(&field.key, source) {
                Err(error) => self.report.error(field.key_span.clone(), &at.path, error.to_string()),
                Ok(Err(errors)) => report_formula(&at, errors, self.report),
                Ok(Ok(())) => names.push(field.key.clone()),
            }
        }
        names
    }
}

fn at_least_zero(unit: Option<String>) -> NumberInput {
    NumberInput { min: Some(Rational::ZERO), unit, ..NumberInput::default() }
}
