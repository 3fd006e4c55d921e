//! From the file to a compiled price: amounts, rates, tables, formulas, parts; each mistake at its place.

use scrip_ledger::id::Name;

use super::adjust::{Adjust, Window};
use super::rate::{Counting, FREE_LEFT, Rate, RateTerms, Tier, Tiering};
use super::{Amount, Part, Price};
use crate::file::Tree;
use crate::format::PRICE_TERMS;
use crate::formula::{Condition, Formula, FormulaError, Scope};
use crate::input::{Input, InputKind, Value};
use crate::rational::Rational;
use crate::read::At;
use crate::report::{Report, closest};
use crate::studio::CreditUnit;

/// What a price of one tool may refer to.
pub(crate) struct PriceReader<'a> {
    pub scope: &'a Scope,
    pub inputs: &'a [Input],
    /// Models that the tool offers; prices may be keyed by them.
    pub models: &'a [Name],
    /// Facts and the words they may be.
    pub facts: &'a [(&'static str, Vec<Name>)],
    /// Names of the tool's `let`.
    pub lets: &'a [String],
    /// Names of the numbers that each model brings along.
    pub numbers: &'a [String],
    pub free_units_of: Option<Name>,
    pub unit: &'a CreditUnit,
    pub report: &'a Report<'a>,
}

/// A quantity that a rate counts.
struct Rated {
    name: Name,
    kind: InputKind,
    /// It is never more.
    most: Option<Rational>,
    /// How many of it one of `per` is.
    scale: Rational,
}

impl Rated {
    fn of(input: &Input, scale: Rational) -> Rated {
        Rated { name: input.name.clone(), kind: input.kind, most: input.max, scale }
    }
}

impl PriceReader<'_> {
    /// Reads the whole price of a tool or model. `None` if it is wrong, which was reported.
    pub fn read(&self, at: &At<'_>) -> Option<Price> {
        let before = self.report.error_count();
        let price = self.read_price(at)?;
        self.check_whole(&price, at);
        (self.report.error_count() == before).then_some(price)
    }

    /// A price inside another, which need not be countable by itself.
    pub fn read_price(&self, at: &At<'_>) -> Option<Price> {
        match &at.node.value {
            Tree::Integer(_) => Some(Price::of(Amount::Flat(crate::read::decimal(at.node)?))),
            Tree::Text(_) => Some(Price::of(self.formula_amount(at)?)),
            Tree::List(items) => {
                if items.is_empty() {
                    self.report.error(at.span(), &at.path, "a price needs at least one part".to_owned());
                    return None;
                }
                self.sum(at.list())
            }
            Tree::Table(_) => self.terms_price(at),
            _ => None,
        }
    }

    fn sum(&self, parts: Vec<At<'_>>) -> Option<Price> {
        let parts: Vec<Option<Part>> = parts.iter().map(|part| self.part(part)).collect();
        let parts: Vec<Part> = parts.into_iter().collect::<Option<_>>()?;
        Some(Price { parts, adjust: Vec::new(), min_credits: None, max_credits: None, ceiling: None })
    }

    fn part(&self, at: &At<'_>) -> Option<Part> {
        let mut price = self.terms_price(at)?;
        let plain = price.adjust.is_empty()
            && price.min_credits.is_none()
            && price.max_credits.is_none()
            && price.parts.len() == 1
            && price.ceiling.is_none();
        match price.parts.pop() {
            Some(part) if plain => Some(part),
            Some(mut last) => {
                let (label, when) = (at.text("label"), last.when.take());
                price.parts.push(last);
                Some(Part { label, when, amount: Amount::Sum(Box::new(price)) })
            }
            None => None,
        }
    }

    /// `{ … }`: one kind of amount with its label, condition, adjustments and bounds.
    fn terms_price(&self, at: &At<'_>) -> Option<Price> {
        let when = at.get("when").map(|at| self.condition(&at));
        let adjust: Vec<Option<Adjust>> = at.items("adjust").iter().map(|at| self.adjust(at)).collect();
        let mut price = match at.get("parts") {
            Some(parts) => self.sum(parts.list())?,
            None => Price::of(self.amount(at)?),
        };
        if price.parts.is_empty() {
            self.report.error(at.key_span("parts"), &at.path, "a price needs at least one part".to_owned());
        }
        let label = at.text("label");
        if label.is_some() || when.is_some() {
            match price.parts.as_mut_slice() {
                [part] if part.label.is_none() && part.when.is_none() => {
                    (part.label, part.when) = (label, when.flatten())
                }
                _ => {
                    let part = Part { label, when: when.flatten(), amount: Amount::Sum(Box::new(price)) };
                    price = Price { parts: vec![part], ..Price::of(Amount::Flat(Rational::ZERO)) };
                }
            }
        }
        price.adjust = adjust.into_iter().collect::<Option<_>>()?;
        (price.min_credits, price.max_credits) = (at.decimal("min_credits"), at.decimal("max_credits"));
        price.ceiling = at.credits("ceiling");
        if let (Some(least), Some(most)) = (price.min_credits, price.max_credits)
            && most < least
        {
            self.report.error(at.key_span("max_credits"), &at.path, "max_credits is less than min_credits".to_owned());
        }
        Some(price)
    }

    /// Exactly one of the ways to say an amount.
    fn amount(&self, at: &At<'_>) -> Option<Amount> {
        const WAYS: [&str; 4] = ["credits", "tiers", "table", "formula"];
        let ways: Vec<&str> = WAYS.into_iter().filter(|way| at.has(way)).collect();
        let [way] = ways.as_slice() else {
            let misspelt = |key: &str| PRICE_TERMS.fields.iter().all(|known| known.key != key);
            if ways.is_empty() && at.node.fields().iter().any(|field| misspelt(&field.key)) {
                // The misspelt key was reported, and is probably the amount.
                return None;
            }
            let message = match ways.as_slice() {
                [] => "a price needs an amount".to_owned(),
                several => {
                    format!("a price says its amount in one way, not in {}: {}", several.len(), several.join(", "))
                }
            };
            let span = ways.last().map_or(at.span(), |way| at.key_span(way));
            let help = "one of credits, tiers, table, formula, parts".to_owned();
            self.report.error_help(span, &at.path, message, help);
            return None;
        };
        if *way != "table" && !at.has("per") {
            self.refuse_rate_keys(at);
        }
        match *way {
            "formula" => self.formula_amount(&at.get("formula")?),
            "table" => self.table(at),
            "credits" if !at.has("per") => at.decimal("credits").map(Amount::Flat),
            "credits" => self.rate(at, Some(at.decimal("credits")?)),
            _ => self.rate(at, None),
        }
    }

    fn refuse_rate_keys(&self, at: &At<'_>) {
        const OF_RATES: [&str; 9] = [
            "block",
            "increment",
            "rounding",
            "min_quantity",
            "max_quantity",
            "free_quantity",
            "growth_only",
            "tiers",
            "tiering",
        ];
        for key in OF_RATES.into_iter().filter(|key| at.has(key)) {
            self.report.error_help(
                at.key_span(key),
                &format!("{}.{key}", at.path),
                format!("`{key}` needs an input to count"),
                "add per = \"second\" or the name of another input".to_owned(),
            );
        }
    }

    pub fn formula_amount(&self, at: &At<'_>) -> Option<Amount> {
        let formula = self.compile(at)?;
        Some(match formula.constant() {
            Some(amount) => Amount::Flat(amount),
            None => Amount::Formula(Box::new(formula)),
        })
    }

    pub fn compile(&self, at: &At<'_>) -> Option<Formula> {
        match Formula::compile(at.node.text()?, self.scope) {
            Ok(formula) if formula.reads().any(|name| name == FREE_LEFT) => {
                self.report.error_help(
                    at.span(),
                    &at.path,
                    "a formula can't count what it takes off the free units".to_owned(),
                    "say the price as { per = …, credits = … }: free units are taken off by themselves".to_owned(),
                );
                None
            }
            Ok(formula) => Some(formula),
            Err(errors) => {
                report_formula(at, errors, self.report);
                None
            }
        }
    }

    pub fn condition(&self, at: &At<'_>) -> Option<Condition> {
        match Condition::compile(at.node.text()?, self.scope) {
            Ok(condition) => Some(condition),
            Err(errors) => {
                report_formula(at, errors, self.report);
                None
            }
        }
    }

    fn adjust(&self, at: &At<'_>) -> Option<Adjust> {
        let when = match at.get("when") {
            Some(when) => Some(self.condition(&when)?),
            None => None,
        };
        if !["times", "add", "subtract"].iter().any(|key| at.has(key)) {
            self.report.error_help(
                at.span(),
                &at.path,
                "an adjustment changes nothing".to_owned(),
                "add times, add or subtract".to_owned(),
            );
            return None;
        }
        Some(Adjust {
            label: at.text("label"),
            when,
            times: at.decimal("times"),
            add: at.decimal("add").unwrap_or(Rational::ZERO),
            subtract: at.decimal("subtract").unwrap_or(Rational::ZERO),
            window: self.window(at),
        })
    }

    fn window(&self, at: &At<'_>) -> Option<Window> {
        let days: Vec<u8> = at.texts("days").iter().filter_map(|(day, _)| weekday(day)).collect();
        let between = match at.texts("between").as_slice() {
            [] => None,
            [(from, _), (to, _)] => crate::read::time_of_day(from).zip(crate::read::time_of_day(to)),
            _ => {
                self.report.error_help(
                    at.key_span("between"),
                    &at.path,
                    "`between` is two times of the day".to_owned(),
                    "for example between = [\"22:00\", \"06:00\"]".to_owned(),
                );
                None
            }
        };
        (between.is_some() || !days.is_empty()).then_some(Window { between, days })
    }

    /// A rate; `credits` is the amount of one block, or `None` where tiers say it.
    pub fn rate(&self, at: &At<'_>, credits: Option<Rational>) -> Option<Amount> {
        let Rated { name, kind, most, scale } = self.rated(at)?;
        let scaled = |quantity: Rational| quantity.checked_mul(scale).ok();
        let tiering = match at.word("tiering") {
            Some("volume") => Tiering::Volume,
            Some("package") => Tiering::Package,
            _ => Tiering::Graduated,
        };
        let block = self.positive(at, "block")?.map_or(Some(scale), scaled)?;
        let terms = RateTerms {
            credits,
            tiers: if credits.is_some() { Vec::new() } else { self.tiers(at, &name, most, block)? },
            tiering,
            block,
            increment: self.positive(at, "increment")?.map_or(Some(block), scaled)?,
            counting: match at.word("rounding") {
                Some("down") => Counting::Down,
                Some("half_up") => Counting::HalfUp,
                Some("none") => Counting::Exact,
                _ => Counting::Up,
            },
            min_quantity: at.decimal("min_quantity").and_then(scaled),
            max_quantity: at.decimal("max_quantity").and_then(scaled),
            free_quantity: at.decimal("free_quantity").and_then(scaled),
            growth_only: at.bool("growth_only").unwrap_or(false),
            free_units: self.free_units_of.as_ref() == Some(&name),
        };
        if terms.free_units && terms.growth_only {
            let message = "free units can't be taken off what has grown: say one of the two".to_owned();
            self.report.error(at.key_span("growth_only"), &at.path, message);
        }
        if terms.growth_only && self.input(&name).is_none() {
            let message = format!("growth is counted of an input, and `{name}` is worked out");
            self.report.error(at.key_span("growth_only"), &at.path, message);
            return None;
        }
        let formula = self.written(&terms.source(&name, kind), at)?;
        let free_of = match terms.free_units {
            true => Some(self.written(&terms.bounded(&name), at)?),
            false => None,
        };
        Some(Amount::Rate(Box::new(Rate { input: name, terms, formula, free_of })))
    }

    /// A formula that was written from other terms.
    fn written(&self, source: &str, at: &At<'_>) -> Option<Formula> {
        match Formula::compile(source, self.scope) {
            Ok(formula) => Some(formula),
            Err(errors) => {
                for error in errors {
                    self.report.error(at.span(), &at.path, format!("{} (in `{source}`)", error.message));
                }
                None
            }
        }
    }

    fn positive(&self, at: &At<'_>, key: &str) -> Option<Option<Rational>> {
        match at.decimal(key) {
            Some(number) if number.is_zero() => {
                self.report.error(at.key_span(key), &format!("{}.{key}", at.path), format!("`{key}` can't be zero"));
                None
            }
            number => Some(number),
        }
    }

    /// What `per` counts: an input or a `let` name, by its name or by one of it (`second` for `seconds`); and how
    /// many of it one is. Durations are also priced by the minute and by the hour.
    fn rated(&self, at: &At<'_>) -> Option<Rated> {
        let place = at.get("per")?;
        let per = place.node.text()?;
        let named = self.inputs.iter().find(|input| input.name.as_str() == per);
        let one_of = |text: &str| text.strip_suffix('s') == Some(per);
        let found = named.or_else(|| self.inputs.iter().find(|input| one_of(&input.name) || one_of(&input.unit)));
        match found {
            Some(input) if input.is_number() => Some(Rated::of(input, Rational::ONE)),
            Some(input) => {
                let message = format!("`{}` is not a number: it is a {}", input.name, input.kind.as_str());
                self.report.error(place.span(), &place.path, message);
                None
            }
            None => self.longer_unit(per).or_else(|| self.worked_out(per)).or_else(|| {
                self.no_such_input(&place, per);
                None
            }),
        }
    }

    /// Minutes and hours of the tool's only duration.
    fn longer_unit(&self, per: &str) -> Option<Rated> {
        let seconds = match per {
            "minute" => 60,
            "hour" => 3_600,
            _ => return None,
        };
        let mut durations = self.inputs.iter().filter(|input| input.kind == InputKind::Duration);
        match (durations.next(), durations.next()) {
            (Some(input), None) => Some(Rated::of(input, Rational::from_integer(seconds))),
            _ => None,
        }
    }

    /// A `let` name that is a number: megapixels of a width and a height.
    fn worked_out(&self, per: &str) -> Option<Rated> {
        let named = |name: &&String| name.as_str() == per || name.strip_suffix('s') == Some(per);
        let name = self.lets.iter().find(named)?;
        let quantity = Formula::compile(name, self.scope).ok()?;
        let kind = if quantity.is_integer() { InputKind::Integer } else { InputKind::Decimal };
        Some(Rated { name: Name::from(name.as_str()), kind, most: quantity.highest(), scale: Rational::ONE })
    }

    fn no_such_input(&self, place: &At<'_>, per: &str) {
        let tool = place.path.split(".price").next().unwrap_or_default();
        if self.report.has_error_in(&format!("{tool}.inputs")) {
            return;
        }
        if self.lets.iter().any(|name| name == per) {
            let message = format!("`{per}` is not a number");
            return self.report.error(place.span(), &place.path, message);
        }
        let known = self.inputs.iter().map(|input| input.name.as_str()).chain(self.lets.iter().map(String::as_str));
        let help = match closest(per, known) {
            Some(name) => format!("did you mean \"{name}\"?"),
            None if ["second", "minute", "hour"].iter().any(|unit| per.starts_with(unit)) => {
                "add inputs.seconds = \"duration\"".to_owned()
            }
            None if per.ends_with('s') => format!("add inputs.{per} = \"integer\""),
            None => format!("add inputs.{per}s = \"integer\""),
        };
        self.report.error_help(place.span(), &place.path, format!("the tool has no input `{per}`"), help);
    }

    fn tiers(&self, at: &At<'_>, name: &Name, most: Option<Rational>, block: Rational) -> Option<Vec<Tier>> {
        let places = at.items("tiers");
        let mut tiers: Vec<Tier> = Vec::new();
        for place in &places {
            let tier = Tier { up_to: place.decimal("up_to"), credits: place.decimal("credits")? };
            if let Some(Tier { up_to, .. }) = tiers.last() {
                let ascends = match (up_to, tier.up_to) {
                    (None, _) => false,
                    (Some(_), None) => true,
                    (Some(before), Some(end)) => *before < end,
                };
                if !ascends {
                    self.report.error_help(
                        place.span(),
                        &place.path,
                        "this tier is never reached".to_owned(),
                        "tiers ascend by `up_to`; only the last may leave it out".to_owned(),
                    );
                    return None;
                }
            }
            tiers.push(tier);
        }
        let Some(last) = tiers.last() else {
            self.report.error(at.key_span("tiers"), &at.path, "tiers can't be empty".to_owned());
            return None;
        };
        let end = last.up_to.and_then(|blocks| blocks.checked_mul(block).ok());
        if let Some(end) = end.filter(|end| most.is_none_or(|most| *end < most)) {
            let bound = match self.input(name) {
                Some(_) => format!("or set max = {end} on inputs.{name}"),
                None => format!("or bound the inputs that `{name}` is worked out from"),
            };
            self.report.error_help(
                at.key_span("tiers"),
                &format!("{}.tiers", at.path),
                format!("{name} above {end} have no price"),
                format!("leave `up_to` out of the last tier, {bound}"),
            );
            return None;
        }
        Some(tiers)
    }

    /// What only the whole price must keep to.
    fn check_whole(&self, price: &Price, at: &At<'_>) {
        if let Some(amount) = price.flat() {
            self.check_countable(amount, at);
        }
        if let ([Part { amount: Amount::Table(table), .. }], true) = (price.parts.as_slice(), price.adjust.is_empty()) {
            for (row, place) in table.rows.iter().zip(at.items("table")) {
                if let (Some(amount), Some(credits)) = (row.price.flat(), place.get("credits")) {
                    self.check_countable(amount, &credits);
                }
            }
            if let (Some(amount), Some(otherwise)) = (table.otherwise, at.get("otherwise")) {
                self.check_countable(amount, &otherwise);
            }
        }
        match price.lowest() {
            Some(low) if !low.is_negative() => {}
            _ => self.report.error_help(
                at.span(),
                &at.path,
                "the price can't be shown never to be negative".to_owned(),
                "wrap it: max(…, 0), or add min_credits = 0".to_owned(),
            ),
        }
    }

    /// One amount that is charged as it is must not be finer than the credit.
    fn check_countable(&self, amount: Rational, at: &At<'_>) {
        let decimals = u32::from(self.unit.decimals);
        if amount.decimals().is_none_or(|places| decimals < places) {
            self.report.error_help(
                at.span(),
                &at.path,
                format!("{amount} is finer than the smallest {} that is counted", self.unit.name),
                crate::amounts::decimals_of(self.unit),
            );
        }
    }

    /// The kind of a column or word: an input, the model or a fact.
    pub fn words_of(&self, name: &str) -> Option<&[Name]> {
        if name == "model" {
            return Some(self.models);
        }
        self.facts.iter().find(|(fact, _)| *fact == name).map(|(_, words)| words.as_slice())
    }

    pub fn input(&self, name: &str) -> Option<&Input> {
        self.inputs.iter().find(|input| input.name.as_str() == name)
    }

    /// A value of a table cell, of the kind of its column.
    pub fn cell_value(&self, column: &str, at: &At<'_>) -> Option<Value> {
        if let Some(words) = self.words_of(column) {
            let word = at.node.text()?;
            if !words.iter().any(|known| known.as_str() == word) {
                crate::names::unknown(&Some(at.clone()), word, words, column, self.report);
                return None;
            }
            return Some(Value::Word(Name::from(word)));
        }
        let Some(input) = self.input(column) else {
            return crate::input::read_value(InputKind::Decimal, at, self.report);
        };
        let value = crate::input::read_value(input.kind, at, self.report)?;
        let beyond = value.number().is_some_and(|number| {
            input.max.is_some_and(|max| max < number) || input.min.is_some_and(|min| number < min)
        });
        if beyond || !input.one_of.is_empty() && !input.one_of.contains(&value) {
            self.report.error_help(
                at.span(),
                &at.path,
                format!("`{column}` is never {value}"),
                format!("allowed: {}", input.allowed()),
            );
            return None;
        }
        Some(value)
    }
}

/// Monday is 1.
pub(crate) fn weekday(day: &str) -> Option<u8> {
    let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    days.iter().position(|name| *name == day).and_then(|index| u8::try_from(index + 1).ok())
}

/// Each mistake of a formula, under its own characters.
pub(crate) fn report_formula(at: &At<'_>, errors: Vec<FormulaError>, report: &Report<'_>) {
    for error in errors {
        let span = at.node.part(report.source, error.span.range());
        match error.help {
            Some(help) => report.error_help(span, &at.path, error.message, help),
            None => report.error(span, &at.path, error.message),
        }
    }
}
