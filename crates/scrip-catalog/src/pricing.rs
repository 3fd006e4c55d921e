//! The one way from a request to a price: tool, model, inputs, requirements, price, rounding.

use std::sync::Arc;

use scrip_ledger::Credits;
use scrip_ledger::id::Name;
use scrip_ledger::policy::{JobPolicy, ShortBalance};

use crate::catalog::Catalog;
use crate::formula::Value as Slot;
use crate::input::{Input, ResolvedInput, Value};
use crate::price::{NoPrice, Price, Values};
use crate::quote::{Ask, Facts, InputValue, PriceError, PriceKind, Priced};
use crate::rational::{NumberError, Rational};
use crate::report::closest;
use crate::tool::{Model, Slots, Tool, UnknownModel};

/// The most of one job that one line may ask for.
pub const QUANTITY_MAX: u64 = 1_000_000;

/// A model as a request came to it: one of the tool's, or a name that the tool accepts unseen.
#[derive(Clone, Debug)]
pub(crate) struct Chosen<'c> {
    pub name: Name,
    pub model: Option<&'c Model>,
}

/// A request with everything it names found and every value checked.
#[derive(Clone, Debug)]
pub(crate) struct Job<'c> {
    pub tool: &'c Tool,
    pub chosen: Option<Chosen<'c>>,
    pub inputs: Vec<ResolvedInput>,
    /// Inputs that are open until they are measured.
    pub open: Vec<Name>,
    pub quantity: u64,
}

impl Catalog {
    /// Prices a request with the catalog's own defaults for facts. See [`PriceError`] for the refusals.
    pub fn price(&self, ask: &Ask<'_>) -> Result<Priced, PriceError> {
        self.price_with(ask, None)
    }

    /// Prices a request with facts about the wallet and the work; the answer keeps them.
    pub fn price_with(&self, ask: &Ask<'_>, facts: Option<&Arc<Facts>>) -> Result<Priced, PriceError> {
        let tool = self.find_tool(ask.tool)?;
        let chosen = choose_model(tool, ask.model)?;
        let (inputs, open) = resolve_inputs(tool, ask.inputs)?;
        self.check_facts(facts.map(Arc::as_ref))?;
        let job = Job { tool, chosen, inputs, open, quantity: checked_quantity(ask.quantity)? };
        job.check_requirements(facts.map(Arc::as_ref))?;
        self.price_job(job, facts)
    }

    /// Channel and mode are words that the catalog declares.
    fn check_facts(&self, facts: Option<&Facts>) -> Result<(), PriceError> {
        let Some(facts) = facts else { return Ok(()) };
        let said = [("channel", &facts.channel, &self.channels), ("mode", &facts.mode, &self.modes)];
        for (name, word, declared) in said {
            let Some(word) = word else { continue };
            let known = declared.as_ref().map_or(&[][..], |words| words.one_of.as_slice());
            if !known.contains(word) {
                let words = known.iter().map(Name::as_str).collect::<Vec<_>>().join(", ");
                return Err(PriceError::InvalidInput {
                    input: name.to_owned(),
                    reason: format!("can't be {:?}", word.as_str()),
                    allowed: Some(if known.is_empty() { "nothing: leave it out".to_owned() } else { words }),
                });
            }
        }
        Ok(())
    }

    pub(crate) fn find_tool(&self, id: &str) -> Result<&Tool, PriceError> {
        let found = self.tool_index.get(id).and_then(|index| self.tools.get(*index));
        found.filter(|tool| !tool.retired).ok_or_else(|| {
            let offered = self.tools.iter().filter(|tool| !tool.retired).map(|tool| tool.id.as_str());
            PriceError::UnknownTool { tool: id.to_owned(), suggestion: closest(id, offered).map(str::to_owned) }
        })
    }

    pub(crate) fn price_job(&self, job: Job<'_>, facts: Option<&Arc<Facts>>) -> Result<Priced, PriceError> {
        let line = self.priced_line(&job, facts.map(Arc::as_ref))?;
        let kind = if job.open.is_empty() { PriceKind::Exact } else { PriceKind::Ceiling };
        let policy = self.policy_of(&job, facts.map(Arc::as_ref));
        Ok(Priced {
            tool: job.tool.id.clone(),
            model: job.chosen.map(|chosen| chosen.name),
            quantity: job.quantity,
            inputs: job.inputs,
            unmeasured: job.open,
            kind,
            credits: line.credits,
            hold: line.credits,
            each: line.each,
            free_jobs: line.free_jobs,
            free_units: line.free_units,
            currency: job.tool.currency.clone(),
            policy,
            hold_ttl: job.tool.hold_ttl,
            facts: facts.cloned(),
        })
    }

    /// What the hold promises beside its price: where it may be held for less, that is no less than the job costs with
    /// the least of what is left open.
    fn policy_of(&self, job: &Job<'_>, facts: Option<&Facts>) -> Arc<JobPolicy> {
        let usual = &job.tool.policy;
        if job.open.is_empty() || usual.short_balance == ShortBalance::Refuse {
            return usual.clone();
        }
        let least = Job { inputs: job.least_inputs(), open: Vec::new(), ..job.clone() };
        let at_least = self.priced_line(&least, facts).map_or(Credits::MAX, |line| line.credits);
        Arc::new(JobPolicy { short_balance: ShortBalance::HoldAvailable { at_least }, ..JobPolicy::clone(usual) })
    }

    /// What all jobs of a line cost, each rounded alone.
    fn priced_line(&self, job: &Job<'_>, facts: Option<&Facts>) -> Result<Line, PriceError> {
        let Some(price) = job.price(facts)? else { return Ok(Line::default()) };
        if job.tool.first_free.is_none() && job.tool.free_units.is_none() {
            let each = self.each(job, price, facts, None)?;
            let credits = times(each, job.quantity).ok_or_else(|| job.too_large())?;
            return Ok(Line { credits, each, ..Line::default() });
        }
        let shares = job.shares(facts)?;
        let mut line = Line { free_jobs: shares.free_jobs, free_units: shares.free_units, ..Line::default() };
        for share in shares.priced {
            line.each = self.each(job, price, facts, share.free_left)?;
            let credits = times(line.each, share.jobs).and_then(|credits| line.credits.checked_add(credits));
            line.credits = credits.ok_or_else(|| job.too_large())?;
        }
        Ok(line)
    }

    /// What one of the job costs, rounded once.
    fn each(
        &self,
        job: &Job<'_>,
        price: &Price,
        facts: Option<&Facts>,
        free_left: Option<Credits>,
    ) -> Result<Credits, PriceError> {
        if let (Some(ceiling), false) = (price.ceiling, job.open.is_empty()) {
            return Ok(ceiling);
        }
        let exact = match price.flat() {
            Some(amount) => amount,
            None => job.with_values(facts, free_left, |values| price.eval(values)).map_err(|none| job.refuse(none))?,
        };
        let unit = self.studio.unit(&job.tool.currency).ok_or_else(|| job.too_large())?;
        match exact.to_credits(unit.decimals, unit.rounding) {
            Ok(credits) if Credits::ZERO <= credits => Ok(credits),
            Err(NumberError::TooFine) => Err(PriceError::TooFine { tool: job.tool.id.to_string() }),
            _ => Err(job.too_large()),
        }
    }
}

/// What a line costs, and what of it is free.
#[derive(Default)]
struct Line {
    credits: Credits,
    each: Credits,
    free_jobs: u64,
    free_units: Credits,
}

fn checked_quantity(quantity: u64) -> Result<u64, PriceError> {
    if (1..=QUANTITY_MAX).contains(&quantity) {
        return Ok(quantity);
    }
    Err(PriceError::InvalidInput {
        input: "quantity".to_owned(),
        reason: format!("can't be {quantity}"),
        allowed: Some(format!("an integer from 1 to {QUANTITY_MAX}")),
    })
}

fn times(each: Credits, quantity: u64) -> Option<Credits> {
    let quantity = i64::try_from(quantity).ok()?;
    each.micro().checked_mul(quantity).map(Credits::from_micro)
}

/// The model that a request names, or the default; `None` for a tool without models.
pub(crate) fn choose_model<'c>(tool: &'c Tool, named: Option<&str>) -> Result<Option<Chosen<'c>>, PriceError> {
    let default = || tool.default_model.and_then(|index| tool.models.get(index));
    let of = |model: &'c Model| Some(Chosen { name: model.id.clone(), model: Some(model) });
    let Some(id) = named else {
        return match default() {
            Some(model) => Ok(of(model)),
            None if tool.models.is_empty() || tool.unknown_model == UnknownModel::Accept => Ok(None),
            None => Err(PriceError::InvalidInput {
                input: "model".to_owned(),
                reason: format!("is missing: tool \"{}\" has several models and no default", tool.id),
                allowed: Some(tool.offered().map(|model| model.id.as_str()).collect::<Vec<_>>().join(", ")),
            }),
        };
    };
    match (tool.model(id), tool.unknown_model) {
        (Some(model), _) => Ok(of(model)),
        (None, UnknownModel::UseDefault) => Ok(default().and_then(of)),
        (None, UnknownModel::Accept) if is_model_name(id) => Ok(Some(Chosen { name: Name::from(id), model: None })),
        (None, UnknownModel::Accept) => Err(PriceError::InvalidInput {
            input: "model".to_owned(),
            reason: "is not a name".to_owned(),
            allowed: Some("1 to 128 characters, none of them a control character".to_owned()),
        }),
        (None, UnknownModel::Refuse) => {
            let offered: Vec<String> = tool.offered().map(|model| model.id.to_string()).collect();
            let by_name =
                tool.offered().find(|model| model.name.eq_ignore_ascii_case(id)).map(|model| model.id.to_string());
            let suggestion = by_name.or_else(|| closest(id, offered.iter().map(String::as_str)).map(str::to_owned));
            Err(PriceError::UnknownModel { tool: tool.id.to_string(), model: id.to_owned(), offered, suggestion })
        }
    }
}

fn is_model_name(id: &str) -> bool {
    (1..=128).contains(&id.len()) && !id.chars().any(char::is_control)
}

type Resolved = (Vec<ResolvedInput>, Vec<Name>);

/// Declared inputs in their order, then inputs that the tool does not have.
fn resolve_inputs(tool: &Tool, given: &[(&str, InputValue<'_>)]) -> Result<Resolved, PriceError> {
    let mut inputs = Vec::with_capacity(tool.inputs.len());
    let mut open = Vec::new();
    for input in &tool.inputs {
        let mut found = given.iter().filter(|(name, _)| *name == input.name.as_str());
        let value = match found.next() {
            Some((_, value)) => input.accept(*value)?,
            None => match &input.default {
                Some(default) => default.clone(),
                None if input.can_stay_open() => {
                    open.push(input.name.clone());
                    continue;
                }
                None if input.optional => continue,
                None => {
                    // A misspelt input explains the one that is missing.
                    refuse_undeclared(tool, given)?;
                    return Err(input.refused("is missing".to_owned()));
                }
            },
        };
        if found.next().is_some() {
            return Err(input.refused("is given twice".to_owned()));
        }
        inputs.push(ResolvedInput { name: input.name.clone(), value });
    }
    refuse_undeclared(tool, given)?;
    Ok((inputs, open))
}

pub(crate) fn refuse_undeclared(tool: &Tool, given: &[(&str, InputValue<'_>)]) -> Result<(), PriceError> {
    let Some((name, _)) = given.iter().find(|(name, _)| tool.input(name).is_none()) else { return Ok(()) };
    let known = || tool.inputs.iter().map(|input| input.name.as_str());
    let meant = closest(name, known()).map(|meant| format!("; did you mean \"{meant}\"?")).unwrap_or_default();
    let allowed = match tool.inputs.is_empty() {
        true => "no inputs".to_owned(),
        false => known().collect::<Vec<_>>().join(", "),
    };
    Err(PriceError::InvalidInput {
        input: name.chars().take(128).collect(),
        reason: format!("is not an input of tool \"{}\"{meant}", tool.id),
        allowed: Some(allowed),
    })
}

impl<'c> Job<'c> {
    /// The price that applies; `None` where the job repeats what was paid.
    pub fn price(&self, facts: Option<&Facts>) -> Result<Option<&'c Price>, PriceError> {
        if let Some(facts) = facts {
            if self.tool.unchanged_free && facts.unchanged {
                return Ok(None);
            }
            if let (true, Some(revision)) = (facts.revision, &self.tool.revision) {
                return Ok(Some(revision));
            }
        }
        let of_model = self.chosen.as_ref().and_then(|chosen| chosen.model?.price.as_ref());
        match of_model.or(self.tool.price.as_ref()) {
            Some(price) => Ok(Some(price)),
            None => Err(self.refuse(NoPrice::NoRow)),
        }
    }

    /// The inputs with the least that each open one can be.
    fn least_inputs(&self) -> Vec<ResolvedInput> {
        let given = |input: &Input| self.inputs.iter().find(|given| given.name == input.name).cloned();
        let least = |input: &Input| {
            let value = Value::Number(input.min.unwrap_or(input.step));
            self.open.contains(&input.name).then(|| ResolvedInput { name: input.name.clone(), value })
        };
        self.tool.inputs.iter().filter_map(|input| given(input).or_else(|| least(input))).collect()
    }

    fn check_requirements(&self, facts: Option<&Facts>) -> Result<(), PriceError> {
        if self.tool.requires.is_empty() {
            return Ok(());
        }
        for requirement in &self.tool.requires {
            let holds = self.with_values(facts, None, |values| Ok(requirement.rule.eval(values.slots)?));
            if !holds.map_err(|none| self.refuse(none))? {
                return Err(PriceError::InvalidInput {
                    input: requirement.input.to_string(),
                    reason: "does not go with the other inputs".to_owned(),
                    allowed: Some(requirement.message.clone()),
                });
            }
        }
        Ok(())
    }

    /// Lays the values out as formulas read them; open inputs count as the most they can be. `free_left` are the
    /// free units, where they are not those of the facts.
    pub fn with_values<T>(
        &self,
        facts: Option<&Facts>,
        free_left: Option<Credits>,
        work: impl FnOnce(Values<'_>) -> Result<T, NoPrice>,
    ) -> Result<T, NoPrice> {
        let slots = &self.tool.slots;
        let mut laid: Vec<Slot<'_>> = Vec::with_capacity(slots.count);
        let mut resolved = self.inputs.iter().peekable();
        for input in &self.tool.inputs {
            match resolved.next_if(|given| given.name == input.name) {
                Some(given) => laid.push(given.value.for_formula()),
                None => laid.push(self.unsaid(input)),
            }
        }
        laid.resize(slots.count, Slot::Number(Rational::ZERO));
        self.lay_facts(slots, facts, &mut laid);
        if let (Some(left), Some(place)) = (free_left, slots.free_left.and_then(|slot| laid.get_mut(slot))) {
            *place = Slot::Number(Rational::from_credits(left));
        }
        let (minute_of_day, weekday) = facts.map_or((None, None), |facts| (facts.minute_of_day, facts.weekday));
        work(Values { slots: &laid, minute_of_day, weekday })
    }

    fn unsaid(&self, input: &Input) -> Slot<'static> {
        match input.max {
            Some(max) if self.open.contains(&input.name) => Slot::Number(max),
            _ => input.absent(),
        }
    }

    fn lay_facts<'v>(&'v self, slots: &'v Slots, facts: Option<&'v Facts>, laid: &mut [Slot<'v>]) {
        let mut put = |slot: Option<usize>, value: Slot<'v>| {
            if let Some(place) = slot.and_then(|slot| laid.get_mut(slot)) {
                *place = value;
            }
        };
        put(slots.model, Slot::Word(self.chosen.as_ref().map_or("", |chosen| &chosen.name)));
        let plan = facts.and_then(|facts| facts.plan.as_deref());
        put(slots.plan, Slot::Word(plan.unwrap_or(crate::tool::read::NO_PLAN)));
        for (slot, said) in [
            (&slots.channel, facts.and_then(|facts| facts.channel.as_deref())),
            (&slots.mode, facts.and_then(|facts| facts.mode.as_deref())),
        ] {
            if let Some((slot, default)) = slot {
                put(Some(*slot), Slot::Word(said.unwrap_or(default)));
            }
        }
        if let Some(left) = facts.and_then(|facts| facts.free_units_left) {
            put(slots.free_left, Slot::Number(Rational::from_credits(left)));
        }
        for (input, quantity) in facts.map_or(&[][..], |facts| &facts.previous) {
            let slot = slots.previous.iter().find(|(name, _)| name == input);
            put(slot.map(|(_, slot)| *slot), Slot::Number(Rational::from_credits(*quantity)));
        }
        let numbers = self.chosen.as_ref().and_then(|chosen| chosen.model).map_or(&[][..], |model| &model.numbers);
        for ((_, slot), number) in slots.numbers.iter().zip(numbers) {
            put(Some(*slot), Slot::Number(*number));
        }
    }

    pub fn refuse(&self, none: NoPrice) -> PriceError {
        match none {
            NoPrice::TooLarge => self.too_large(),
            NoPrice::NoRow => PriceError::Unpriced {
                tool: self.tool.id.to_string(),
                model: self.chosen.as_ref().map(|chosen| chosen.name.to_string()),
                reason: "the catalog has no price for this combination of inputs".to_owned(),
            },
        }
    }

    pub fn too_large(&self) -> PriceError {
        PriceError::TooLarge { tool: self.tool.id.to_string() }
    }
}
