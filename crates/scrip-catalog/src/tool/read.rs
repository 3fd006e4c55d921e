//! Reads the tools of a file: models, inputs, names for formulas, prices, requirements.

use std::collections::BTreeMap;
use std::sync::Arc;

use scrip_ledger::Span;
use scrip_ledger::id::Name;

use super::scope::{self, Named};
use super::{CustomerFacts, FactWords, FirstFree, FreeCount, FreeUnits, Model, Requirement, Tool, UnknownModel};
use crate::grants::GrantReader;
use crate::input::{self, Input, InputKind};
use crate::models::{ModelList, ModelSource, of_tool};
use crate::names::Names;
use crate::policy::{Policies, job_policy};
use crate::price::Price;
use crate::price::compile::PriceReader;
use crate::price::rate::{FREE_LEFT, previous};
use crate::rational::Rational;
use crate::read::At;
use crate::report::Report;
use crate::shape::is_id;
use crate::studio::{CREDITS, CreditUnit, HOLD_TTL_MAX, Studio, span_at_most};

/// What tools refer to.
pub(crate) struct ToolReader<'a> {
    pub studio: &'a Studio,
    pub names: &'a Names,
    pub lists: &'a [ModelList<'a>],
    pub policies: &'a Policies,
    pub facts: &'a Facts,
    pub grants: &'a GrantReader<'a>,
    pub toolkits: &'a [String],
    pub report: &'a Report<'a>,
}

/// The words that the file declares beside inputs.
#[derive(Clone, Debug, Default)]
pub(crate) struct Facts {
    pub plans: Vec<Name>,
    pub channel: Option<FactWords>,
    pub mode: Option<FactWords>,
}

/// A customer without a plan, as formulas and tables say it.
pub(crate) const NO_PLAN: &str = "none";

impl Facts {
    pub fn read(root: &At<'_>, names: &Names, report: &Report<'_>) -> Facts {
        let facts = root.get("facts");
        let fact = |key: &str| {
            let at = facts.as_ref()?.get(key)?;
            let words: Vec<Name> = at.texts("one_of").into_iter().map(|(word, _)| Name::from(word)).collect();
            let default = at.name("default")?;
            if !words.contains(&default) {
                crate::names::unknown(&at.get("default"), &default, &words, key, report);
            }
            Some(FactWords { one_of: words, default })
        };
        let plans = names.plans.iter().cloned().chain([Name::from(NO_PLAN)]).collect();
        Facts { plans, channel: fact("channel"), mode: fact("mode") }
    }

    fn words(&self) -> Vec<(&'static str, Vec<Name>)> {
        let declared = [("channel", &self.channel), ("mode", &self.mode)];
        let declared = declared.into_iter().filter_map(|(name, fact)| Some((name, fact.as_ref()?.one_of.clone())));
        std::iter::once(("plan", self.plans.clone())).chain(declared).collect()
    }
}

pub(crate) fn read_all(root: &At<'_>, reader: &ToolReader<'_>) -> Vec<Tool> {
    root.items("tool").iter().filter_map(|at| reader.read(at)).collect()
}

impl ToolReader<'_> {
    fn read(&self, at: &At<'_>) -> Option<Tool> {
        let report = self.report;
        let id = at.name("id")?;
        let before = report.error_count();
        let sources = of_tool(at, self.lists, &self.names.model_lists, report);
        let inputs = input::read_all(at, report);
        let free_units = self.free_units(at, &inputs);
        let currency = at.name("unit").unwrap_or(Name::from(CREDITS));
        self.names.check_unit(at, "unit", self.studio, report);
        let unknown_model = match at.word("unknown_model") {
            Some("default") => UnknownModel::UseDefault,
            Some("accept") => UnknownModel::Accept,
            _ => UnknownModel::Refuse,
        };
        let numbers = self.number_names(&sources);
        let named = Named { inputs: &inputs, sources: &sources, unknown_model, free_units: free_units.is_some() };
        let (scope, slots, lets) = scope::declare(at, &named, &numbers, self.facts, report);
        let ids: Vec<Name> = sources.iter().map(|model| model.id.clone()).collect();
        let facts = self.facts.words();
        let prices = PriceReader {
            scope: &scope,
            inputs: &inputs,
            models: &ids,
            facts: &facts,
            lets: &lets,
            numbers: &numbers,
            free_units_of: free_units.as_ref().map(|free| free.of.clone()),
            unit: self.studio.unit(&currency).unwrap_or(&self.studio.credit),
            report,
        };
        let price = at.get("price").and_then(|price| prices.read(&price));
        let revision = at.get("revision").and_then(|price| prices.read(&price));
        let models: Vec<Model> = sources.iter().map(|source| self.model(source, &prices, &numbers)).collect();
        self.check_priced(at, &id, &sources, &models, price.as_ref(), unknown_model, &prices);
        let default_model = self.default_model(at, &sources, unknown_model);
        let model_index = self.model_index(at, &sources, &models);
        let requires = self.requires(at, &prices);
        let first_free = at.get("first_free").and_then(|free| self.first_free(&free, &prices));
        let policy = self.policy(at, prices.unit);
        if at.has("charged_per") {
            let message = "`charged_per` says nothing: each line of a request is priced and rounded alone".to_owned();
            let help = "leave it out; a price for several at once is a formula over their sum".to_owned();
            report.warning(at.key_span("charged_per"), &format!("{}.charged_per", at.path), message, help);
        }
        let mut tool = Tool {
            name: at.text("name").unwrap_or_else(|| id.to_string()),
            description: at.text("description"),
            toolkit: self.toolkit(at),
            models,
            default_model,
            unknown_model,
            inputs,
            currency: currency.clone(),
            policy,
            hold_ttl: span_at_most(at, "hold_ttl", HOLD_TTL_MAX, report).unwrap_or(self.studio.hold_ttl),
            first_free,
            free_units,
            retired: at.bool("retired").unwrap_or(false),
            requires,
            price,
            revision,
            unchanged_free: at.word("unchanged") == Some("free"),
            unchanged_for: unchanged_for(at, report),
            slots,
            depends_on: CustomerFacts::default(),
            lets: lets.iter().filter_map(|name| Some((name.clone(), at.get("let")?.text(name)?))).collect(),
            model_index,
            card: crate::rate_card::declared::ToolCard::read(at),
            id,
        };
        tool.depends_on = tool.find_depends_on();
        if report.error_count() == before && !report.has_error_in(&at.path) {
            self.check_free_units(at, &tool);
            self.check_unchanged(at, &tool);
            self.check_inputs_used(at, &tool);
            self.check_ceiling(at, &tool);
        }
        Some(tool)
    }

    fn policy(&self, at: &At<'_>, unit: &CreditUnit) -> Arc<scrip_ledger::policy::JobPolicy> {
        let mut policy = job_policy(at, &self.policies.job, self.report);
        policy.decimals = unit.decimals;
        policy.earns = self.grants.once(at, "earns");
        if policy == *self.policies.job { self.policies.job.clone() } else { Arc::new(policy) }
    }

    fn toolkit(&self, at: &At<'_>) -> Option<String> {
        let name = at.text("toolkit")?;
        if !self.toolkits.is_empty() && !self.toolkits.contains(&name) {
            let known: Vec<Name> = self.toolkits.iter().map(|known| Name::from(known.as_str())).collect();
            crate::names::unknown(&at.get("toolkit"), &name, &known, "toolkit", self.report);
        }
        Some(name)
    }

    fn free_units(&self, at: &At<'_>, inputs: &[Input]) -> Option<FreeUnits> {
        let free = at.get("free_units")?;
        let of = free.name("of")?;
        if !inputs.iter().any(|input| input.name == of && input.is_number()) {
            let known: Vec<Name> = inputs.iter().filter(|i| i.is_number()).map(|i| i.name.clone()).collect();
            crate::names::unknown(&free.get("of"), &of, &known, "number input", self.report);
            return None;
        }
        Some(FreeUnits { of, quantity: free.credits("quantity")?, per: crate::plan::read_interval(free.word("per")) })
    }

    /// The names of the models' numbers, which every model must then have.
    fn number_names(&self, sources: &[ModelSource<'_>]) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for (field, _) in sources.iter().filter_map(|source| source.at.get("numbers")).flat_map(|at| at.entries()) {
            if !names.contains(&field.key) {
                names.push(field.key.clone());
            }
        }
        for source in sources {
            for name in &names {
                if source.at.get("numbers").is_none_or(|numbers| !numbers.has(name)) {
                    let message =
                        format!("model \"{}\" has no number `{name}`, unlike other models of its tool", source.id);
                    self.report.error(source.key_span.clone(), &source.at.path, message);
                }
            }
        }
        names
    }

    fn model(&self, source: &ModelSource<'_>, prices: &PriceReader<'_>, numbers: &[String]) -> Model {
        let at = &source.at;
        let short = at.node.text().map(str::to_owned);
        let values = at.get("numbers");
        Model {
            id: source.id.clone(),
            name: at.text("name").or(short).unwrap_or_else(|| source.id.to_string()),
            aliases: at.texts("aliases").into_iter().map(|(alias, _)| Name::from(alias)).collect(),
            columns: source.columns.clone(),
            description: at.text("description"),
            retired: at.bool("retired").unwrap_or(false),
            row: at.text("row"),
            price: at.get("price").and_then(|price| prices.read(&price)),
            numbers: numbers
                .iter()
                .map(|name| values.as_ref().and_then(|at| at.decimal(name)).unwrap_or(Rational::ZERO))
                .collect(),
        }
    }

    /// Every way to ask for the tool must have a price.
    #[allow(clippy::too_many_arguments)]
    fn check_priced(
        &self,
        at: &At<'_>,
        id: &Name,
        sources: &[ModelSource<'_>],
        models: &[Model],
        price: Option<&Price>,
        unknown_model: UnknownModel,
        prices: &PriceReader<'_>,
    ) {
        let tool_priced = at.has("price");
        let wants_own = sources.is_empty() && !at.has("models") || unknown_model == UnknownModel::Accept;
        if wants_own && !tool_priced && !self.report.was_meant(&at.path, "price") {
            self.report.error_help(
                at.id_span(),
                &at.path,
                format!("tool \"{id}\" has no price"),
                "add price = …; a free tool says price = 0".to_owned(),
            );
        }
        let reads_numbers = |price: &Price| prices.numbers.iter().any(|name| price.reads(&format!("model.{name}")));
        if unknown_model == UnknownModel::Accept && price.is_some_and(reads_numbers) {
            self.report.error_help(
                at.key_span("price"),
                &format!("{}.price", at.path),
                "the price reads a number that a model which is not listed does not have".to_owned(),
                "say a price for the listed models, and one without `model.…` for the tool".to_owned(),
            );
        }
        for (source, model) in sources.iter().zip(models).filter(|(_, model)| !model.retired) {
            let own = source.at.has("price");
            let priced = own || price.is_some_and(|price| prices.prices_model(price, &model.id));
            if !priced && (!tool_priced || price.is_some()) && !self.report.has_error_in(&source.at.path) {
                self.report.error_help(
                    source.key_span.clone(),
                    &source.at.path,
                    format!("model \"{}\" of tool \"{id}\" has no price", model.id),
                    "add price = … to the model or to the tool".to_owned(),
                );
            }
        }
    }

    fn default_model(&self, at: &At<'_>, sources: &[ModelSource<'_>], unknown_model: UnknownModel) -> Option<usize> {
        let mut defaults = sources.iter().enumerate().filter(|(_, model)| model.default);
        let first = defaults.next();
        if let (Some((_, first)), Some((_, second))) = (first, defaults.next()) {
            let place = second.at.get("default").unwrap_or(second.at.clone());
            self.report.error(place.span(), &place.path, format!("\"{}\" is already the default", first.id));
        }
        if let Some((_, model)) = first
            && model.at.bool("retired") == Some(true)
        {
            self.report.error(
                model.key_span.clone(),
                &model.at.path,
                "a retired model can't be the default".to_owned(),
            );
        }
        let only = (sources.len() == 1).then_some(0);
        let default = first.map(|(index, _)| index).or(only);
        if unknown_model == UnknownModel::UseDefault && default.is_none() {
            self.report.error_help(
                at.key_span("unknown_model"),
                &format!("{}.unknown_model", at.path),
                "there is no default model to fall back to".to_owned(),
                "mark one model with default = true".to_owned(),
            );
        }
        default
    }

    fn model_index(&self, at: &At<'_>, sources: &[ModelSource<'_>], models: &[Model]) -> BTreeMap<Name, usize> {
        let mut index = BTreeMap::new();
        for (place, model) in models.iter().enumerate().filter(|(_, model)| !model.retired) {
            for id in std::iter::once(&model.id).chain(&model.aliases) {
                if index.insert(id.clone(), place).is_some() {
                    let at = sources.get(place).map_or(at, |source| &source.at);
                    self.report.error(
                        at.key_span("aliases"),
                        &at.path,
                        format!("\"{id}\" already names a model of this tool"),
                    );
                }
                if !is_id(id) {
                    self.report.error(at.key_span("models"), &at.path, format!("{:?} is not a model id", id.as_str()));
                }
            }
        }
        index
    }

    fn requires(&self, at: &At<'_>, prices: &PriceReader<'_>) -> Vec<Requirement> {
        let read = |at: &At<'_>| {
            let input = at.name("input")?;
            if prices.input(&input).is_none() {
                let known: Vec<Name> = prices.inputs.iter().map(|input| input.name.clone()).collect();
                crate::names::unknown(&at.get("input"), &input, &known, "input", self.report);
            }
            Some(Requirement { rule: prices.condition(&at.get("rule")?)?, input, message: at.text("message")? })
        };
        at.items("requires").iter().filter_map(read).collect()
    }

    /// One count for all, or several by what holds.
    fn first_free(&self, at: &At<'_>, prices: &PriceReader<'_>) -> Option<FirstFree> {
        let choices = if at.node.items().is_empty() { vec![at.clone()] } else { at.list() };
        let per = choices.first()?.word("per");
        let mut counts: Vec<FreeCount> = Vec::with_capacity(choices.len());
        for choice in &choices {
            if choice.word("per") != per {
                let message = "free jobs are counted in one period: `per` must be the same in all of them".to_owned();
                self.report.error(choice.key_span("per"), &choice.path, message);
            }
            if counts.iter().any(|free| free.when.is_none()) {
                let message = "this is never reached: the one before holds for every job".to_owned();
                self.report.error_help(choice.span(), &choice.path, message, "say when, or put it last".to_owned());
            }
            let when = match choice.get("when") {
                Some(when) => Some(prices.condition(&when)?),
                None => None,
            };
            counts.push(FreeCount { when, count: u64::try_from(choice.integer("count")?).ok()? });
        }
        Some(FirstFree { per: crate::plan::read_interval(per), counts })
    }

    /// Free units that no price takes off would be promised and never given.
    fn check_free_units(&self, at: &At<'_>, tool: &Tool) {
        let Some(free) = &tool.free_units else { return };
        if !tool.prices().any(|price| price.reads(FREE_LEFT)) {
            self.report.error_help(
                at.key_span("free_units"),
                &format!("{}.free_units", at.path),
                format!("no price of the tool counts `{}` by an amount per unit", free.of),
                "say the price as { per = …, credits = … }".to_owned(),
            );
        }
    }

    /// Jobs are the same again where all that was said of them is: without a word of what is made, two jobs of the
    /// same size are.
    fn check_unchanged(&self, at: &At<'_>, tool: &Tool) {
        if tool.unchanged_free
            && !tool.inputs.iter().any(|input| input.kind == InputKind::Word && input.one_of.is_empty())
        {
            self.report.warning(
                at.key_span("unchanged"),
                &format!("{}.unchanged", at.path),
                "no input tells what is made: other work of the same size is free too".to_owned(),
                "add an input for it, such as inputs.text = { type = \"word\", priced = false } with the text or its hash"
                    .to_owned(),
            );
        }
    }

    /// An input that changes nothing is probably a mistake; one that says `priced = false` must change nothing.
    fn check_inputs_used(&self, at: &At<'_>, tool: &Tool) {
        let Some(inputs) = at.get("inputs") else { return };
        for input in &tool.inputs {
            let used = tool.prices().any(|price| price.reads(&input.name))
                || tool.first_free.as_ref().is_some_and(|free| free.reads(&input.name));
            let required = tool.requires.iter().any(|rule| rule.rule.reads().any(|name| name == input.name.as_str()));
            let path = format!("{}.{}", inputs.path, input.name);
            if used && !input.priced {
                let message = format!("the price depends on `{}`, which says priced = false", input.name);
                self.report.error(inputs.key_span(&input.name), &path, message);
            } else if !used && !required && input.priced {
                self.report.warning(
                    inputs.key_span(&input.name),
                    &path,
                    format!("input `{}` does not change the price", input.name),
                    "say priced = false if it is only kept with the job".to_owned(),
                );
            }
        }
    }

    /// While a measured input is open the most that it can cost is held, so that must be known.
    fn check_ceiling(&self, at: &At<'_>, tool: &Tool) {
        let Some(inputs) = at.get("inputs") else { return };
        for input in tool.inputs.iter().filter(|input| input.can_stay_open()) {
            let unbounded = |price: &Price| price.ceiling.is_none() && !price.rises_with(&input.name);
            if tool.prices().any(unbounded) {
                self.report.error_help(
                    inputs.key_span(&input.name),
                    &format!("{}.{}", inputs.path, input.name),
                    format!("the most that `{}` can cost can't be found: more of it may cost less", input.name),
                    "say it in the price: ceiling = …".to_owned(),
                );
            }
        }
    }
}

/// How long the same is free unless the file says otherwise.
const UNCHANGED_FOR: Span = Span::from_days(365);
/// What is free longer is a matter for a price of zero: each of the inputs must be remembered so long.
const UNCHANGED_FOR_MAX: Span = Span::from_days(3_650);

fn unchanged_for(at: &At<'_>, report: &Report<'_>) -> Span {
    if at.has("unchanged_for") && at.word("unchanged") != Some("free") {
        report.error_help(
            at.key_span("unchanged_for"),
            &at.path,
            "the same inputs again are not free".to_owned(),
            "add unchanged = \"free\", or leave `unchanged_for` out".to_owned(),
        );
    }
    span_at_most(at, "unchanged_for", UNCHANGED_FOR_MAX, report).unwrap_or(UNCHANGED_FOR)
}

impl Tool {
    fn find_depends_on(&self) -> CustomerFacts {
        let reads = |name: &str| {
            self.prices().any(|price| price.reads(name))
                || self.requires.iter().any(|requirement| requirement.rule.reads().any(|read| read == name))
                || self.first_free.as_ref().is_some_and(|free| free.reads(name))
        };
        CustomerFacts {
            plan: reads("plan"),
            used_count: self.first_free.is_some(),
            free_units: self.free_units.is_some(),
            unchanged: self.unchanged_free,
            revision: self.revision.is_some(),
            previous: self.inputs.iter().any(|input| reads(&previous(&input.name))),
        }
    }

    /// All prices that the tool can ask.
    pub(crate) fn prices(&self) -> impl Iterator<Item = &Price> {
        self.price.iter().chain(&self.revision).chain(self.models.iter().filter_map(|model| model.price.as_ref()))
    }
}
