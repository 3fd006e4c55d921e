//! From what is asked to what it costs: lines of a request become priced lines of one catalog version.

use std::sync::Arc;

use scrip_api::input::{Input, Inputs};
use scrip_api::{Code, Text};
use scrip_catalog::quote::InputValue;
use scrip_catalog::{Ask, PriceError, Priced};
use scrip_ledger::facts::FactsUsed;
use scrip_ledger::{Credits, Name, Span, Timestamp, command};

use crate::catalogs::Version;
use crate::facts::{self, Beside};
use crate::problem::Problem;
use crate::wire;

/// Lines that one job may have.
pub(crate) const LINES_MAX: usize = 100;
/// How many times one line may want the same job.
const QUANTITY_MAX: u32 = 1_000_000;

/// A job to be priced.
#[derive(Clone, Debug)]
pub(crate) struct Wanted<'a> {
    pub(crate) lines: Vec<WantedLine<'a>>,
    /// Lines lend to each other what they do not need.
    pub(crate) envelope: bool,
    /// How the request comes in, and how it is run: words of the catalog.
    pub(crate) channel: Option<Name>,
    pub(crate) mode: Option<Name>,
    /// Was it asked for by `lines`? Then a refusal says which line.
    several: bool,
}

impl<'a> Wanted<'a> {
    /// What was priced before and is priced again.
    pub(crate) fn again(lines: Vec<WantedLine<'a>>, envelope: bool) -> Wanted<'a> {
        Wanted { lines, envelope, channel: None, mode: None, several: false }
    }

    /// Says which line a refusal is about, where there are several.
    pub(crate) fn at_line(&self, index: usize, problem: Problem) -> Problem {
        if self.several { problem.with_line(index + 1) } else { problem }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct WantedLine<'a> {
    pub(crate) label: Option<Name>,
    pub(crate) tool: &'a str,
    pub(crate) model: Option<&'a str>,
    pub(crate) inputs: Vec<(&'a str, InputValue<'a>)>,
    pub(crate) quantity: u32,
    /// It changes something that was made and paid before.
    pub(crate) revision: bool,
    /// How much of it was paid for before, by input.
    pub(crate) previous: Vec<(Name, Credits)>,
}

impl WantedLine<'_> {
    pub(crate) fn ask(&self) -> Ask<'_> {
        Ask { tool: self.tool, model: self.model, inputs: &self.inputs, quantity: u64::from(self.quantity) }
    }
}

/// The parts of a request that say what is wanted: one job by `tool`, or several by `lines`.
pub(crate) struct Form<'f, 'a> {
    pub(crate) tool: Option<&'f Text<'a>>,
    pub(crate) model: Option<&'f Text<'a>>,
    pub(crate) inputs: Option<&'f Inputs<'a>>,
    pub(crate) lines: Option<&'f [scrip_api::quote::LineNew<'a>]>,
    pub(crate) envelope: Option<bool>,
    pub(crate) channel: Option<&'f Text<'a>>,
    pub(crate) mode: Option<&'f Text<'a>>,
    pub(crate) revision: Option<bool>,
    pub(crate) previous: Option<&'f Inputs<'a>>,
}

impl<'f> Form<'f, '_> {
    /// Does it say anything?
    pub(crate) fn first_given(&self) -> Option<&'static str> {
        let given = [
            ("tool", self.tool.is_some()),
            ("model", self.model.is_some()),
            ("inputs", self.inputs.is_some()),
            ("lines", self.lines.is_some()),
            ("envelope", self.envelope.is_some()),
            ("channel", self.channel.is_some()),
            ("mode", self.mode.is_some()),
            ("revision", self.revision.is_some()),
            ("previous", self.previous.is_some()),
        ];
        given.into_iter().find(|(_, given)| *given).map(|(name, _)| name)
    }

    /// What is wanted. Refusals: `invalid_input` (both ways at once, neither, too many lines).
    pub(crate) fn wanted(&self) -> Result<Wanted<'f>, Problem> {
        match (self.tool, self.lines) {
            (Some(_), Some(_)) => {
                Err(Problem::invalid_input("lines", "can't be given with `tool`: say one or the other"))
            }
            (None, None) => Err(Problem::invalid_input("tool", "must be given, or `lines`")),
            (Some(tool), None) if self.envelope.is_none() => Ok(Wanted {
                lines: vec![WantedLine {
                    label: None,
                    tool,
                    model: self.model.map(|model| model.as_str()),
                    inputs: inputs_of(self.inputs),
                    quantity: 1,
                    revision: self.revision.unwrap_or(false),
                    previous: facts::previous(self.previous)?,
                }],
                envelope: false,
                channel: wire::name_opt("channel", self.channel)?,
                mode: wire::name_opt("mode", self.mode)?,
                several: false,
            }),
            (Some(_), None) => Err(Problem::invalid_input("envelope", "is for jobs of several `lines`")),
            (None, Some(lines)) => self.wanted_lines(lines),
        }
    }

    fn wanted_lines(&self, lines: &'f [scrip_api::quote::LineNew<'_>]) -> Result<Wanted<'f>, Problem> {
        let of_lines = [
            ("model", self.model.is_some()),
            ("inputs", self.inputs.is_some()),
            ("revision", self.revision.is_some()),
            ("previous", self.previous.is_some()),
        ];
        if let Some((extra, _)) = of_lines.into_iter().find(|(_, given)| *given) {
            return Err(Problem::invalid_input(extra, "belongs into each of the `lines`"));
        }
        if lines.is_empty() || LINES_MAX < lines.len() {
            return Err(Problem::invalid_input("lines", format_args!("must have 1 to {LINES_MAX} lines")));
        }
        let line = |(index, line): (usize, &'f scrip_api::quote::LineNew<'_>)| {
            let quantity = line.quantity.unwrap_or(1);
            if quantity == 0 || QUANTITY_MAX < quantity {
                let problem = Problem::invalid_input("quantity", format_args!("must be 1 to {QUANTITY_MAX}"));
                return Err(problem.with_line(index + 1));
            }
            Ok(WantedLine {
                label: wire::note("label", line.label.as_ref()).map_err(|problem| problem.with_line(index + 1))?,
                tool: &line.tool,
                model: line.model.as_deref(),
                inputs: inputs_of(line.inputs.as_ref()),
                quantity,
                revision: line.revision.unwrap_or(false),
                previous: facts::previous(line.previous.as_ref()).map_err(|problem| problem.with_line(index + 1))?,
            })
        };
        let lines = lines.iter().enumerate().map(line).collect::<Result<_, _>>()?;
        Ok(Wanted {
            lines,
            envelope: self.envelope.unwrap_or(false),
            channel: wire::name_opt("channel", self.channel)?,
            mode: wire::name_opt("mode", self.mode)?,
            several: true,
        })
    }
}

pub(crate) fn inputs_of<'f>(inputs: Option<&'f Inputs<'_>>) -> Vec<(&'f str, InputValue<'f>)> {
    let given = inputs.map(|inputs| inputs.0.as_slice()).unwrap_or_default();
    given.iter().map(|(name, input)| (name.as_str(), input_of(input))).collect()
}

fn input_of<'f>(input: &'f Input<'_>) -> InputValue<'f> {
    match input {
        Input::Text(text) => InputValue::Text(text),
        Input::Bool(flag) => InputValue::Bool(*flag),
        Input::Other(what) => InputValue::Other(what),
    }
}

/// A job with its price.
#[derive(Clone, Debug)]
pub(crate) struct PricedJob {
    pub(crate) version: Arc<Version>,
    /// When it was priced: prices may depend on the time of day.
    pub(crate) priced_at: Timestamp,
    pub(crate) currency: Name,
    pub(crate) lines: Vec<PricedLine>,
    pub(crate) envelope: bool,
    pub(crate) credits: Credits,
    pub(crate) hold_ttl: Span,
    /// What it was priced with beside its inputs, where the price depends on more.
    pub(crate) beside: Option<Beside>,
}

#[derive(Clone, Debug)]
pub(crate) struct PricedLine {
    pub(crate) label: Option<Name>,
    pub(crate) priced: Priced,
}

/// Prices all lines with one version, as of that time. `Now`: lines of one tool see what the lines before them take
/// of what is free; a promise has that in it.
///
/// Refusals: `unknown_tool`, `unknown_model`, `invalid_input`, `unpriced`, with the line where there are several.
pub(crate) fn price(
    version: &Arc<Version>,
    wanted: &Wanted<'_>,
    at: Timestamp,
    mut beside: Option<Beside>,
    when: When,
) -> Result<PricedJob, Problem> {
    let catalog = version.catalog()?;
    let facts = version.facts(at)?;
    let mut lines = Vec::with_capacity(wanted.lines.len());
    let mut credits = Credits::ZERO;
    let mut hold_ttl = Span::ZERO;
    for (index, line) in wanted.lines.iter().enumerate() {
        if let (Some(beside), When::Now) = (&mut beside, when) {
            beside.take_before(index, line.tool, &lines);
        }
        let own = beside.as_ref().map(|beside| Arc::new(beside.facts(index, catalog.tool(line.tool), &facts)));
        let priced = catalog.price_with(&line.ask(), Some(own.as_ref().unwrap_or(&facts)));
        let priced = priced.map_err(|error| wanted.at_line(index, (&error).into()))?;
        credits = credits
            .checked_add(priced.credits)
            .ok_or_else(|| Problem::invalid_input("lines", "together cost more than can be counted"))?;
        hold_ttl = hold_ttl.max(priced.hold_ttl);
        lines.push(PricedLine { label: line.label.clone(), priced });
    }
    let currency = lines[0].priced.currency.clone();
    if let Some(index) = lines.iter().position(|line| line.priced.currency != currency) {
        return Err(Problem::invalid_input("lines", "must all be priced in the same unit").with_line(index + 1));
    }
    let envelope = wanted.envelope;
    Ok(PricedJob { version: version.clone(), priced_at: at, currency, lines, envelope, credits, hold_ttl, beside })
}

/// Is the price made now, or was it made before and promised?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    Now,
    Before,
}

impl PricedJob {
    /// What the price relied on, for the ledger.
    pub(crate) fn facts_used(&self) -> Result<Option<Box<FactsUsed>>, Problem> {
        let Some(beside) = &self.beside else { return Ok(None) };
        Ok(Some(Box::new(beside.used(self.version.catalog()?, &self.lines))))
    }

    /// The lines as a command carries them.
    pub(crate) fn command_lines(&self) -> Vec<command::LineNew> {
        let line = |line: &PricedLine| command::LineNew {
            label: line.label.clone(),
            tool: Some(line.priced.tool.clone()),
            model: line.priced.model.clone(),
            quantity: u32::try_from(line.priced.quantity).unwrap_or(u32::MAX),
            inputs: Name::from(line.priced.inputs_json()),
            open_inputs: line.priced.unmeasured.clone(),
            amount: line.priced.credits,
            policy: line.priced.policy.clone(),
        };
        self.lines.iter().map(line).collect()
    }
}

impl From<&PriceError> for Problem {
    fn from(error: &PriceError) -> Problem {
        let detail = error.to_string();
        match error {
            PriceError::UnknownTool { suggestion, .. } => {
                Problem::new(Code::UnknownTool, detail).with_input("tool").with_suggestion(suggestion.clone())
            }
            PriceError::UnknownModel { offered, suggestion, .. } => Problem::new(Code::UnknownModel, detail)
                .with_input("model")
                .with_names(offered)
                .with_suggestion(suggestion.clone()),
            PriceError::InvalidInput { input, allowed, .. } => {
                let problem = Problem::new(Code::InvalidInput, detail).with_input(input);
                match allowed {
                    Some(allowed) => problem.with_words(allowed),
                    None => problem,
                }
            }
            PriceError::Unpriced { .. } => Problem::new(Code::Unpriced, detail),
            PriceError::TooLarge { .. } | PriceError::TooFine { .. } => {
                Problem::new(Code::InvalidInput, detail).with_input("inputs")
            }
        }
    }
}
