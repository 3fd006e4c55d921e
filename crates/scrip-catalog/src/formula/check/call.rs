//! The functions of formulas and what each takes.

use std::sync::Arc;

use crate::formula::check::{Checker, all, closest, listed, word};
use crate::formula::eval;
use crate::formula::fold::Folding;
use crate::formula::interval::{may_match, number_interval};
use crate::formula::parse::{Call, Expression, ExpressionKind};
use crate::formula::scope::{Key, TableRows, VariableKind};
use crate::formula::tree::{Number, NumberKind, Tiers, TruthKind, Typed, WordKind};
use crate::formula::{FormulaErrorKind, ROUND_DECIMALS_MAX, SourceSpan};
use crate::rational::{Rational, Rounding};

pub(super) const FUNCTIONS: [&str; 11] =
    ["round", "floor", "ceil", "abs", "min", "max", "clamp", "blocks", "step", "tiers", "lookup"];

/// How each is written, for messages.
const FORMS: [(&str, &str); 11] = [
    ("round", "round(x) or round(x, decimals)"),
    ("floor", "floor(x)"),
    ("ceil", "ceil(x)"),
    ("abs", "abs(x)"),
    ("min", "min(a, b, …)"),
    ("max", "max(a, b, …)"),
    ("clamp", "clamp(x, low, high)"),
    ("blocks", "blocks(x, size)"),
    ("step", "step(x, increment)"),
    ("tiers", "tiers(x, [100, 0.1], [500, 0.08], [0.05])"),
    ("lookup", "lookup(table, key, …)"),
];

/// What other languages call them.
const FOREIGN: [(&str, &str); 12] = [
    ("ceiling", "ceil"),
    ("roundup", "ceil"),
    ("round_up", "ceil"),
    ("rounddown", "floor"),
    ("round_down", "floor"),
    ("trunc", "floor"),
    ("minimum", "min"),
    ("maximum", "max"),
    ("bound", "clamp"),
    ("limit", "clamp"),
    ("table", "lookup"),
    ("graduated", "tiers"),
];

const NUMBERS: &str = "this function takes numbers";
/// Combinations of keys that are tried one by one.
const COMBINATIONS_MAX: usize = 4_096;
const MISSING_SHOWN: usize = 5;

impl Checker<'_> {
    pub(super) fn call(&mut self, call: &Call<'_>, at: SourceSpan) -> Option<NumberKind> {
        let arguments = &call.arguments[..];
        match (call.name, arguments) {
            ("round", [value]) => self.rounded(Rounding::HalfUp, value),
            ("round", [value, decimals]) => {
                let (value, decimals) = (self.number(value, NUMBERS), self.decimals(decimals));
                Some(NumberKind::Rounded(Rounding::HalfUp, Some(decimals?), Box::new(value?)))
            }
            ("floor", [value]) => self.rounded(Rounding::Down, value),
            ("ceil", [value]) => self.rounded(Rounding::Up, value),
            ("abs", [value]) => Some(NumberKind::Absolute(Box::new(self.number(value, NUMBERS)?))),
            ("min", [_, _, ..]) => Some(NumberKind::Least(self.comparable(arguments)?)),
            ("max", [_, _, ..]) => Some(NumberKind::Greatest(self.comparable(arguments)?)),
            ("clamp", [_, _, _]) => self.clamp(arguments),
            ("blocks", [value, size]) => {
                let (value, size) = (self.number(value, NUMBERS), self.positive(size, "the block size"));
                let parts = (value?, size?);
                self.same_unit([&parts.0, &parts.1].into_iter(), "divided into blocks of")?;
                Some(NumberKind::Blocks(Box::new(parts)))
            }
            ("step", [value, increment]) => {
                let (value, increment) = (self.number(value, NUMBERS), self.positive(increment, "the increment"));
                let parts = (value?, increment?);
                self.same_unit([&parts.0, &parts.1].into_iter(), "stepped by")?;
                Some(NumberKind::Step(Box::new(parts)))
            }
            ("tiers", [quantity, tiers @ .., rest]) if !tiers.is_empty() || is_list(rest) => {
                self.tiers(quantity, tiers, rest)
            }
            ("lookup", [table, keys @ ..]) if !keys.is_empty() => self.lookup(table, keys, at),
            (name, _) if FUNCTIONS.contains(&name) => {
                arguments.iter().for_each(|argument| self.only_check(argument));
                self.wrong_arity(call, at)
            }
            _ => {
                arguments.iter().for_each(|argument| self.only_check(argument));
                self.unknown_function(call)
            }
        }
    }

    /// For its problems; lists belong to a call that is already wrong.
    fn only_check(&mut self, argument: &Expression<'_>) {
        match &argument.kind {
            ExpressionKind::List(items) => items.iter().for_each(|item| self.only_check(item)),
            _ => {
                let _ = self.part(argument);
            }
        }
    }

    fn wrong_arity<T>(&mut self, call: &Call<'_>, at: SourceSpan) -> Option<T> {
        let form = FORMS.iter().find(|(name, _)| *name == call.name).map_or(call.name, |(_, form)| form);
        let message = format!("`{}` does not take {} values", call.name, call.arguments.len());
        self.refuse(FormulaErrorKind::WrongArity, at, message, Some(format!("write `{form}`")))
    }

    fn unknown_function<T>(&mut self, call: &Call<'_>) -> Option<T> {
        let name = call.name;
        let foreign = FOREIGN.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, ours)| *ours);
        let help = if name == "if" {
            "write a choice as `condition ? value : other value`".to_owned()
        } else if self.scope.meaning(name).is_some() {
            format!("`{name}` is a name; to multiply, write `{name} * (…)`")
        } else if let Some(known) = foreign.or_else(|| closest(name, FUNCTIONS.into_iter())) {
            format!("did you mean `{known}`?")
        } else {
            format!("known functions: {}", FUNCTIONS.join(", "))
        };
        self.refuse(
            FormulaErrorKind::UnknownFunction,
            call.name_at,
            format!("there is no function `{name}`"),
            Some(help),
        )
    }

    fn rounded(&mut self, how: Rounding, value: &Expression<'_>) -> Option<NumberKind> {
        Some(NumberKind::Rounded(how, None, Box::new(self.number(value, NUMBERS)?)))
    }

    fn decimals(&mut self, expression: &Expression<'_>) -> Option<u32> {
        let (number, at) = (self.constant(expression, "the number of decimals")?, expression.at);
        let decimals = number.to_integer().and_then(|decimals| u32::try_from(decimals).ok());
        match decimals.filter(|decimals| *decimals <= ROUND_DECIMALS_MAX) {
            Some(decimals) => Some(decimals),
            None => {
                let message = format!("{number} is not a number of decimals");
                let help = format!("write a whole number from 0 to {ROUND_DECIMALS_MAX}");
                self.refuse(FormulaErrorKind::BadBounds, at, message, Some(help))
            }
        }
    }

    /// A number that does not depend on any input.
    fn constant(&mut self, expression: &Expression<'_>, what: &str) -> Option<Rational> {
        let number = self.number(expression, "a number is needed here")?;
        let mut folding = Folding::default();
        match folding.number(&number).kind {
            NumberKind::Constant(constant) => Some(constant),
            _ if !folding.errors.is_empty() => {
                self.errors.append(&mut folding.errors);
                None
            }
            _ => {
                let message = format!("{what} depends on an input: `{}`", self.text(number.at));
                let help = "write a number here, or use a choice: `a ? b : c`".to_owned();
                self.refuse(FormulaErrorKind::NotConstant, number.at, message, Some(help))
            }
        }
    }

    fn comparable(&mut self, arguments: &[Expression<'_>]) -> Option<Vec<Number>> {
        let numbers = all(arguments.iter().map(|argument| self.number(argument, NUMBERS)))?;
        self.same_unit(numbers.iter(), "compared with")?;
        Some(numbers)
    }

    fn clamp(&mut self, arguments: &[Expression<'_>]) -> Option<NumberKind> {
        let parts: [Number; 3] = self.comparable(arguments)?.try_into().ok()?;
        let low = number_interval(&parts[1], self.facts.rested()).point_of();
        let high = number_interval(&parts[2], self.facts.rested()).point_of();
        if low.zip(high).is_some_and(|(low, high)| low > high) {
            let message = "the lower bound is above the upper bound".to_owned();
            let help = Some("write `clamp(x, low, high)`".to_owned());
            return self.refuse(FormulaErrorKind::BadBounds, parts[1].at.to(parts[2].at), message, help);
        }
        Some(NumberKind::Clamped(Box::new(parts)))
    }

    fn tiers(
        &mut self,
        quantity: &Expression<'_>,
        tiers: &[Expression<'_>],
        rest: &Expression<'_>,
    ) -> Option<NumberKind> {
        let quantity = self.number(quantity, "tiers apply to a number");
        let checked = all(tiers.iter().map(|tier| self.tier(tier)));
        let rest = match &rest.kind {
            ExpressionKind::List(items) if items.len() == 1 => self.number(&items[0], "a rate is a number"),
            _ => {
                self.only_check(rest);
                let message = "the last tier must be the rate of the rest".to_owned();
                let help = Some("end with `[0.05]`: what is above the last end costs 0.05".to_owned());
                self.refuse(FormulaErrorKind::WrongArity, rest.at, message, help)
            }
        };
        let (quantity, checked, rest) = (quantity?, checked?, rest?);
        self.ascending(&checked)?;
        let tiers = checked.into_iter().map(|(end, _, rate)| (end, rate)).collect();
        Some(NumberKind::Tiers(Box::new(Tiers { quantity, tiers, rest })))
    }

    fn tier(&mut self, tier: &Expression<'_>) -> Option<(Rational, SourceSpan, Number)> {
        match &tier.kind {
            ExpressionKind::List(items) if items.len() == 2 => {
                let end = self.constant(&items[0], "the end of a tier");
                let rate = self.number(&items[1], "a rate is a number");
                Some((end?, items[0].at, rate?))
            }
            _ => {
                self.only_check(tier);
                let help = Some("write `[up to, rate]`, such as `[100, 0.1]`".to_owned());
                self.refuse(FormulaErrorKind::WrongArity, tier.at, "this is no tier".to_owned(), help)
            }
        }
    }

    fn ascending(&mut self, tiers: &[(Rational, SourceSpan, Number)]) -> Option<()> {
        let mut below = Rational::ZERO;
        for (end, at, _) in tiers {
            if *end <= below {
                let message = format!("this tier ends at {end}, which is not above {below}");
                let help = Some("put tiers in ascending order, the first end above zero".to_owned());
                return self.refuse(FormulaErrorKind::BadBounds, *at, message, help);
            }
            below = *end;
        }
        Some(())
    }

    fn lookup(&mut self, table: &Expression<'_>, keys: &[Expression<'_>], at: SourceSpan) -> Option<NumberKind> {
        let found = self.table(table);
        let parts = all(keys.iter().map(|key| self.part(key)));
        let (table, parts) = (found?, parts?);
        if parts.len() != table.keys {
            let message = format!("table `{}` has {} keys, not {}", table.name, table.keys, parts.len());
            return self.refuse(FormulaErrorKind::WrongArity, at, message, None);
        }
        all(parts.iter().enumerate().map(|(column, part)| self.key(&table, column, part)))?;
        self.covered(&table, &parts, at)?;
        Some(NumberKind::Lookup(table, parts))
    }

    fn table(&mut self, expression: &Expression<'_>) -> Option<Arc<TableRows>> {
        let ExpressionKind::Name(name) = expression.kind else {
            let help = Some("write `lookup(table, key, …)`".to_owned());
            let message = "the first value must be the name of a table".to_owned();
            return self.refuse(FormulaErrorKind::UnknownTable, expression.at, message, help);
        };
        if let Some(table) = self.scope.find_table(name) {
            return Some(table.clone());
        }
        let help = closest(name, self.scope.tables()).map(|known| format!("did you mean `{known}`?"));
        self.refuse(FormulaErrorKind::UnknownTable, expression.at, format!("there is no table `{name}`"), help)
    }

    /// The key is of the type of its column, and if it is constant, some row has it.
    fn key(&mut self, table: &TableRows, column: usize, part: &Typed) -> Option<()> {
        let keys = || table.rows.iter().map(|(row, _)| &row[column]);
        let same_type = |key: &Key| {
            matches!(
                (key, part),
                (Key::Word(_), Typed::Word(_)) | (Key::Number(_), Typed::Number(_)) | (Key::Truth(_), Typed::Truth(_))
            )
        };
        if !keys().any(same_type) && table.otherwise.is_none() {
            let why = format!("key {} of table `{}` is of another type", column + 1, table.name);
            return self.wrong_type(part, &why);
        }
        if keys().any(|key| may_match(key, part)) || table.otherwise.is_some() {
            return Some(());
        }
        let words = keys().filter_map(|key| match key {
            Key::Word(word) => Some(word.as_str()),
            _ => None,
        });
        let meant = match part {
            Typed::Word(word) => match &word.kind {
                WordKind::Constant(word) => closest(word, words),
                _ => None,
            },
            _ => None,
        };
        let message = format!("table `{}` has no row for `{}`", table.name, self.text(part.at()));
        self.refuse(
            FormulaErrorKind::NeverMatches,
            part.at(),
            message,
            meant.map(|meant| format!("did you mean '{meant}'?")),
        )
    }

    /// Every combination that can be asked for has a row, unless the table says what to do without one.
    fn covered(&mut self, table: &TableRows, parts: &[Typed], at: SourceSpan) -> Option<()> {
        if table.otherwise.is_some() || table.gaps {
            return Some(());
        }
        let columns = parts.iter().map(possible_keys).collect::<Option<Vec<_>>>();
        let size = |columns: &Vec<Vec<Key>>| columns.iter().try_fold(1usize, |size, keys| size.checked_mul(keys.len()));
        let Some(columns) = columns.filter(|columns| size(columns).is_some_and(|size| size <= COMBINATIONS_MAX)) else {
            let message = format!("table `{}` may have no row for what is asked", table.name);
            let help =
                "say which words or numbers the inputs may be, or give the table an amount for the rest".to_owned();
            return self.refuse(FormulaErrorKind::NeverMatches, at, message, Some(help));
        };
        let missing = combinations(&columns).into_iter().filter(|keys| {
            let values = keys.iter().map(|key| key.value()).collect::<Vec<_>>();
            table.amount(&values).is_none()
        });
        let missing = missing.map(|keys| listed(keys.into_iter().map(written_key))).collect::<Vec<_>>();
        if missing.is_empty() {
            return Some(());
        }
        let shown = listed(missing.iter().take(MISSING_SHOWN).map(|keys| format!("({keys})")));
        let more = if missing.len() > MISSING_SHOWN { " and more" } else { "" };
        let message = format!("table `{}` has no row for {shown}{more}", table.name);
        let help = "add the rows, or say that the table has gaps".to_owned();
        self.refuse(FormulaErrorKind::NeverMatches, at, message, Some(help))
    }
}

fn is_list(expression: &Expression<'_>) -> bool {
    matches!(expression.kind, ExpressionKind::List(_))
}

/// All values that a key can have; `None` if they can't be listed.
fn possible_keys(part: &Typed) -> Option<Vec<Key>> {
    match part {
        Typed::Word(part) => word::possible(part).map(|words| words.into_iter().map(Key::Word).collect()),
        Typed::Truth(part) => match part.kind {
            TruthKind::Constant(truth) => Some(vec![Key::Truth(truth)]),
            _ => Some(vec![Key::Truth(false), Key::Truth(true)]),
        },
        Typed::Number(part) => possible_numbers(part).map(|numbers| numbers.into_iter().map(Key::Number).collect()),
    }
}

fn possible_numbers(part: &Number) -> Option<Vec<Rational>> {
    if let Ok(constant) = eval::constant(part) {
        return Some(vec![constant]);
    }
    if let NumberKind::Input(variable) = &part.kind
        && let VariableKind::Number(input) = &variable.kind
        && !input.one_of.is_empty()
    {
        return Some(input.one_of.clone());
    }
    let place = number_interval(part, &mut Default::default());
    let (low, high) = (place.low?.to_integer()?, place.high?.to_integer()?);
    let few = high.checked_sub(low).is_some_and(|width| width < COMBINATIONS_MAX as i64);
    (place.whole && few).then(|| (low..=high).map(Rational::from_integer).collect())
}

fn combinations(columns: &[Vec<Key>]) -> Vec<Vec<&Key>> {
    columns.iter().fold(vec![Vec::new()], |shorter, keys| {
        let mut longer = Vec::with_capacity(shorter.len() * keys.len());
        for combination in &shorter {
            longer.extend(keys.iter().map(|key| combination.iter().copied().chain([key]).collect::<Vec<_>>()));
        }
        longer
    })
}

fn written_key(key: &Key) -> String {
    match key {
        Key::Word(word) => format!("'{word}'"),
        Key::Number(number) => number.to_string(),
        Key::Truth(truth) => truth.to_string(),
    }
}
