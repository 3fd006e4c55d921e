//! Checking: an expression becomes a formula, or all that is wrong with it.
//!
//! A part that is wrong is `None` after its problem is noted, so that nothing is reported twice.

mod call;
mod word;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::formula::fold::Folding;
use crate::formula::interval::{Facts, Interval, number_interval};
use crate::formula::parse::{Expression, ExpressionKind, parse};
use crate::formula::scope::{Meaning, Variable, VariableKind};
use crate::formula::tree::{
    Choice, Comparison, Let, Number, NumberKind, Scale, Sign, Truth, TruthKind, Typed, Word, WordKind,
};
use crate::formula::trend::Trends;
use crate::formula::units;
use crate::formula::{Condition, Formula, FormulaError, FormulaErrorKind, Scope, SourceSpan};
use crate::rational::Rational;

pub(super) fn compile_number(source: &str, scope: &Scope) -> Result<Formula, Vec<FormulaError>> {
    let check = |checker: &mut Checker<'_>, whole: &Expression<'_>| checker.number(whole, "a price must be a number");
    let Checked { written, folded, lets, reads } = Checked::of(source, scope, check, Folding::number)?;
    Ok(Formula {
        source: source.into(),
        interval: number_interval(&written, &mut Facts::default()),
        unit: unit(&written).map(str::to_owned),
        trends: Trends::of_number(&written, &reads),
        written,
        folded,
        lets,
        reads,
    })
}

pub(super) fn compile_condition(source: &str, scope: &Scope) -> Result<Condition, Vec<FormulaError>> {
    let check =
        |checker: &mut Checker<'_>, whole: &Expression<'_>| checker.truth(whole, "a condition must be true or false");
    let Checked { written, folded, lets, reads } = Checked::of(source, scope, check, Folding::truth)?;
    Ok(Condition { source: source.into(), written, folded, lets, reads })
}

pub(super) fn compile_let(name: &str, slot: usize, source: &str, scope: &Scope) -> Result<Let, Vec<FormulaError>> {
    let check = |checker: &mut Checker<'_>, whole: &Expression<'_>| checker.part(whole);
    let Checked { written, folded, lets, reads } = Checked::of(source, scope, check, Folding::typed)?;
    let (mut interval, mut counts, mut words, mut trends) = (Interval::default(), None, None, Trends::default());
    match &written {
        Typed::Number(number) => {
            interval = number_interval(number, &mut Facts::default());
            counts = unit(number).map(str::to_owned);
            trends = Trends::of_number(number, &reads);
        }
        Typed::Word(word) => words = word::possible(word),
        Typed::Truth(truth) => trends = Trends::of_truth(truth, &reads),
    }
    Ok(Let { name: name.into(), slot, written, folded, interval, unit: counts, words, trends, needs: lets, reads })
}

/// A formula of any type that has no problems.
struct Checked<T> {
    written: T,
    folded: T,
    lets: Vec<Arc<Let>>,
    reads: Vec<Arc<Variable>>,
}

impl<T> Checked<T> {
    fn of(
        source: &str,
        scope: &Scope,
        check: impl FnOnce(&mut Checker<'_>, &Expression<'_>) -> Option<T>,
        fold: impl FnOnce(&mut Folding, &T) -> T,
    ) -> Result<Checked<T>, Vec<FormulaError>> {
        let expression = parse(source)?;
        let mut checker = Checker {
            source,
            scope,
            errors: Vec::new(),
            facts: Facts::default(),
            unsure: 0,
            lets: BTreeMap::new(),
            reads: BTreeMap::new(),
        };
        let written = check(&mut checker, &expression);
        let mut folding = Folding::default();
        let folded = written.as_ref().map(|written| fold(&mut folding, written));
        let mut errors = checker.errors;
        errors.append(&mut folding.errors);
        errors.sort_by_key(|error| error.span);
        match (written, folded) {
            (Some(written), Some(folded)) if errors.is_empty() => {
                let (lets, reads) = (checker.lets, checker.reads);
                let (lets, reads) = (lets.into_values().collect(), reads.into_values().collect());
                Ok(Checked { written, folded, lets, reads })
            }
            _ => {
                if errors.is_empty() {
                    errors.push(rests_on_wrong_let(source));
                }
                Err(errors)
            }
        }
    }
}

/// The formula is right by itself, but one that it names is wrong, and was reported where it stands.
fn rests_on_wrong_let(source: &str) -> FormulaError {
    FormulaError {
        kind: FormulaErrorKind::UnknownName,
        span: SourceSpan::new(0, source.len()),
        message: "this formula names a `let` that is wrong".to_owned(),
        help: Some("put that one right first".to_owned()),
    }
}

struct Checker<'c> {
    source: &'c str,
    scope: &'c Scope,
    errors: Vec<FormulaError>,
    facts: Facts,
    /// Conditions around the present part that are wrong: what they would have guarded is not known.
    unsure: usize,
    lets: BTreeMap<usize, Arc<Let>>,
    reads: BTreeMap<usize, Arc<Variable>>,
}

impl Checker<'_> {
    fn refuse<T>(
        &mut self,
        kind: FormulaErrorKind,
        span: SourceSpan,
        message: String,
        help: Option<String>,
    ) -> Option<T> {
        self.errors.push(FormulaError { kind, span, message, help });
        None
    }

    /// The text of a part, short enough for a message.
    fn text(&self, at: SourceSpan) -> String {
        const SHOWN: usize = 40;
        let text = self.source.get(at.range()).unwrap_or_default();
        match text.char_indices().nth(SHOWN) {
            Some((end, _)) => format!("{}…", &text[..end]),
            None => text.to_owned(),
        }
    }

    fn part(&mut self, expression: &Expression<'_>) -> Option<Typed> {
        let at = expression.at;
        let number = |kind| Some(Typed::Number(Number { at, kind }));
        let truth = |kind| Some(Typed::Truth(Truth { at, kind }));
        match &expression.kind {
            ExpressionKind::Number(constant) => number(NumberKind::Constant(*constant)),
            ExpressionKind::Word(word) => Some(Typed::Word(Word { at, kind: WordKind::Constant((*word).into()) })),
            ExpressionKind::Truth(value) => truth(TruthKind::Constant(*value)),
            ExpressionKind::Name(name) => self.name(name, at),
            ExpressionKind::Negative(inner) => {
                number(NumberKind::Negative(Box::new(self.number(inner, "only numbers can be negative")?)))
            }
            ExpressionKind::Sum(terms) => number(NumberKind::Sum(self.sum(terms)?)),
            ExpressionKind::Product(factors) => number(NumberKind::Product(self.product(factors)?)),
            ExpressionKind::Remainder(sides) => {
                let left = self.number(&sides.0, "`%` takes numbers");
                let right = self.divisor(&sides.1);
                number(NumberKind::Remainder(Box::new((left?, right?))))
            }
            ExpressionKind::Not(inner) => {
                truth(TruthKind::Not(Box::new(self.truth(inner, "`not` takes what is true or false")?)))
            }
            ExpressionKind::All(parts) => truth(TruthKind::All(self.joined(parts, true)?)),
            ExpressionKind::Any(parts) => truth(TruthKind::Any(self.joined(parts, false)?)),
            ExpressionKind::Compare(comparison, sides) => truth(self.compare(*comparison, &sides.0, &sides.1)?),
            ExpressionKind::In(subject, list) => truth(self.member(subject, list)?),
            ExpressionKind::Choice(arms, otherwise) => self.choice(arms, otherwise, at),
            ExpressionKind::Call(call) => number(self.call(call, at)?),
            ExpressionKind::List(_) => {
                let help = "lists stand after `in`, and in `tiers(x, [100, 0.1], [0.05])`".to_owned();
                self.refuse(FormulaErrorKind::WrongType, at, "a list is no value".to_owned(), Some(help))
            }
        }
    }

    fn number(&mut self, expression: &Expression<'_>, why: &str) -> Option<Number> {
        match self.part(expression)? {
            Typed::Number(number) => Some(number),
            other => self.wrong_type(&other, why),
        }
    }

    fn truth(&mut self, expression: &Expression<'_>, why: &str) -> Option<Truth> {
        match self.part(expression)? {
            Typed::Truth(truth) => Some(truth),
            other => self.wrong_type(&other, why),
        }
    }

    fn wrong_type<T>(&mut self, found: &Typed, why: &str) -> Option<T> {
        let message = format!("`{}` is {}", self.text(found.at()), found.describe());
        self.refuse(FormulaErrorKind::WrongType, found.at(), message, Some(why.to_owned()))
    }

    fn name(&mut self, name: &str, at: SourceSpan) -> Option<Typed> {
        let Some(meaning) = self.scope.meaning(name) else { return self.unknown_name(name, at) };
        match meaning {
            Meaning::Unknown => None,
            Meaning::Input(variable) => {
                self.reads.insert(variable.slot, variable.clone());
                let variable = variable.clone();
                Some(match variable.kind {
                    VariableKind::Number(_) => Typed::Number(Number { at, kind: NumberKind::Input(variable) }),
                    VariableKind::Word(_) => Typed::Word(Word { at, kind: WordKind::Input(variable) }),
                    VariableKind::Truth => Typed::Truth(Truth { at, kind: TruthKind::Input(variable) }),
                })
            }
            Meaning::Let(defined) => {
                for needed in defined.needs.iter().chain([defined]) {
                    self.lets.insert(needed.slot, needed.clone());
                }
                for variable in &defined.reads {
                    self.reads.insert(variable.slot, variable.clone());
                }
                let named = defined.clone();
                Some(match &defined.written {
                    Typed::Number(_) => Typed::Number(Number { at, kind: NumberKind::Let(named) }),
                    Typed::Word(_) => Typed::Word(Word { at, kind: WordKind::Let(named) }),
                    Typed::Truth(_) => Typed::Truth(Truth { at, kind: TruthKind::Let(named) }),
                })
            }
        }
    }

    fn unknown_name(&mut self, name: &str, at: SourceSpan) -> Option<Typed> {
        let help = if self.scope.find_table(name).is_some() {
            Some(format!("it is a table: write `lookup({name}, key)`"))
        } else if word::is_allowed_somewhere(self.scope, name) {
            Some(format!("words are written in quotes: '{name}'"))
        } else if ["free", "included", "none"].contains(&name) {
            Some("what costs nothing has the price 0, without quotes".to_owned())
        } else if let Some(help) = crate::hint::for_fact(name) {
            Some(help)
        } else if call::FUNCTIONS.contains(&name) {
            Some(format!("it is a function: write `{name}(…)`"))
        } else {
            closest(name, self.scope.names()).map(|known| format!("did you mean `{known}`?")).or_else(|| {
                let known = self.scope.names().map(|known| format!("`{known}`")).collect::<Vec<_>>();
                (!known.is_empty()).then(|| format!("known here: {}", known.join(", ")))
            })
        };
        self.refuse(FormulaErrorKind::UnknownName, at, format!("there is no `{name}` here"), help)
    }

    fn sum(&mut self, terms: &[(Sign, Expression<'_>)]) -> Option<Vec<(Sign, Number)>> {
        let terms = all(terms
            .iter()
            .map(|(sign, term)| Some((*sign, self.number(term, "only numbers can be added and subtracted")?))))?;
        self.same_unit(terms.iter().map(|(_, term)| term), "added to")?;
        Some(terms)
    }

    fn product(&mut self, factors: &[(Scale, Expression<'_>)]) -> Option<Vec<(Scale, Number)>> {
        all(factors.iter().map(|(scale, factor)| {
            let factor = match scale {
                Scale::Times => self.number(factor, "only numbers can be multiplied"),
                Scale::Over => self.divisor(factor),
            };
            Some((*scale, factor?))
        }))
    }

    /// A number that is certainly not zero (here, by the conditions around it).
    fn divisor(&mut self, expression: &Expression<'_>) -> Option<Number> {
        let divisor = self.number(expression, "only numbers can divide")?;
        if self.unsure > 0 || !number_interval(&divisor, self.facts.rested()).can_be_zero() {
            return Some(divisor);
        }
        let text = self.text(divisor.at);
        let (message, help) = match divisor.kind {
            NumberKind::Constant(_) => ("this divides by zero".to_owned(), None),
            NumberKind::Input(_) => (
                format!("`{text}` can be zero, and nothing can be divided by zero"),
                Some(format!("give `{text}` a minimum above zero, or write `{text} > 0 ? … : 0`")),
            ),
            _ => (
                format!("`{text}` can be zero, and nothing can be divided by zero"),
                Some("give its inputs bounds that rule it out, or put a condition around it".to_owned()),
            ),
        };
        self.refuse(FormulaErrorKind::DivisionByZero, divisor.at, message, help)
    }

    /// A size or increment that is certainly positive.
    fn positive(&mut self, expression: &Expression<'_>, what: &str) -> Option<Number> {
        let number = self.number(expression, "a number is needed here")?;
        if self.unsure > 0 || number_interval(&number, self.facts.rested()).certainly_positive() {
            return Some(number);
        }
        let message = format!("{what} `{}` may not be positive", self.text(number.at));
        let help = "it must be above zero by the bounds of its inputs, or by a condition around it".to_owned();
        self.refuse(FormulaErrorKind::DivisionByZero, number.at, message, Some(help))
    }

    /// `and`: each part may rely on those before it; `or`: on those before it being false.
    fn joined(&mut self, parts: &[Expression<'_>], and: bool) -> Option<Vec<Truth>> {
        let why = if and { "`and` joins what is true or false" } else { "`or` joins what is true or false" };
        let (mark, unsure) = (self.facts.mark(), self.unsure);
        let joined = all(parts.iter().map(|part| {
            let truth = self.truth(part, why);
            match &truth {
                Some(truth) => self.facts.rested().assume(truth, and),
                None => self.unsure += 1,
            }
            truth
        }));
        self.facts.reset(mark);
        self.unsure = unsure;
        joined
    }

    fn compare(&mut self, comparison: Comparison, left: &Expression<'_>, right: &Expression<'_>) -> Option<TruthKind> {
        let (left, right) = (self.part(left), self.part(right));
        match (left?, right?, comparison) {
            (Typed::Number(left), Typed::Number(right), _) => {
                self.same_unit([&left, &right].into_iter(), "compared with")?;
                if let Comparison::Same(_) = comparison {
                    self.can_be_number(&left, &right)?;
                    self.can_be_number(&right, &left)?;
                }
                Some(TruthKind::Compare(comparison, Box::new((left, right))))
            }
            (Typed::Word(left), Typed::Word(right), Comparison::Same(equality)) => {
                self.can_be_word(&left, &right)?;
                Some(TruthKind::SameWord(equality, Box::new((left, right))))
            }
            (Typed::Truth(left), Typed::Truth(right), Comparison::Same(equality)) => {
                Some(TruthKind::SameTruth(equality, Box::new((left, right))))
            }
            (Typed::Word(_), right @ Typed::Word(_), _) | (Typed::Truth(_), right @ Typed::Truth(_), _) => {
                self.wrong_type(&right, "only numbers have an order; compare with `==` or `!=`")
            }
            (left, right, _) => {
                let why = format!("it is compared with {}", left.describe());
                self.wrong_type(&right, &why)
            }
        }
    }

    fn member(&mut self, subject: &Expression<'_>, list: &[Expression<'_>]) -> Option<TruthKind> {
        let subject = self.part(subject);
        let items = all(list.iter().map(|item| self.part(item)));
        let (subject, items) = (subject?, items?);
        match subject {
            Typed::Number(subject) => {
                let items = all(items.into_iter().map(|item| match item {
                    Typed::Number(item) => self.can_be_number(&subject, &item).map(|()| item),
                    other => self.wrong_type(&other, "it is looked for among numbers"),
                }))?;
                Some(TruthKind::NumberIn(Box::new(subject), items))
            }
            Typed::Word(subject) => {
                let items = all(items.into_iter().map(|item| match item {
                    Typed::Word(item) => self.can_be_word(&subject, &item).map(|()| item),
                    other => self.wrong_type(&other, "it is looked for among words"),
                }))?;
                Some(TruthKind::WordIn(Box::new(subject), items))
            }
            other => self.wrong_type(&other, "only numbers and words can be looked for in a list"),
        }
    }

    fn choice(
        &mut self,
        arms: &[(Expression<'_>, Expression<'_>)],
        otherwise: &Expression<'_>,
        at: SourceSpan,
    ) -> Option<Typed> {
        let (mark, unsure) = (self.facts.mark(), self.unsure);
        let checked = all(arms.iter().map(|(condition, value)| {
            let condition = self.truth(condition, "what stands before `?` must be true or false");
            let (before, sure) = (self.facts.mark(), self.unsure);
            match &condition {
                Some(condition) => self.facts.rested().assume(condition, true),
                None => self.unsure += 1,
            }
            let value = self.part(value);
            self.facts.reset(before);
            self.unsure = sure + usize::from(condition.is_none());
            if let Some(condition) = &condition {
                self.facts.rested().assume(condition, false);
            }
            Some((condition?, value?))
        }));
        let otherwise = self.part(otherwise);
        self.facts.reset(mark);
        self.unsure = unsure;
        self.alike(checked?, otherwise?, at)
    }

    /// The arms of a choice as one type: the first arm's.
    fn alike(&mut self, arms: Vec<(Truth, Typed)>, otherwise: Typed, at: SourceSpan) -> Option<Typed> {
        let why = format!("the first branch is {}, so all must be", arms[0].1.describe());
        match arms[0].1 {
            Typed::Number(_) => {
                let choice = self.chosen(arms, otherwise, &why, |typed| match typed {
                    Typed::Number(number) => Ok(number),
                    other => Err(other),
                })?;
                let values = choice.arms.iter().map(|(_, value)| value).chain([&choice.otherwise]);
                self.same_unit(values, "an alternative to")?;
                Some(Typed::Number(Number { at, kind: NumberKind::Choice(Box::new(choice)) }))
            }
            Typed::Word(_) => {
                let choice = self.chosen(arms, otherwise, &why, |typed| match typed {
                    Typed::Word(word) => Ok(word),
                    other => Err(other),
                })?;
                Some(Typed::Word(Word { at, kind: WordKind::Choice(Box::new(choice)) }))
            }
            Typed::Truth(_) => {
                let choice = self.chosen(arms, otherwise, &why, |typed| match typed {
                    Typed::Truth(truth) => Ok(truth),
                    other => Err(other),
                })?;
                Some(Typed::Truth(Truth { at, kind: TruthKind::Choice(Box::new(choice)) }))
            }
        }
    }

    fn chosen<T>(
        &mut self,
        arms: Vec<(Truth, Typed)>,
        otherwise: Typed,
        why: &str,
        take: fn(Typed) -> Result<T, Typed>,
    ) -> Option<Choice<T>> {
        let arms = all(arms.into_iter().map(|(condition, value)| match take(value) {
            Ok(value) => Some((condition, value)),
            Err(other) => self.wrong_type(&other, why),
        }));
        let otherwise = match take(otherwise) {
            Ok(value) => Some(value),
            Err(other) => self.wrong_type(&other, why),
        };
        Some(Choice { arms: arms?, otherwise: otherwise? })
    }

    /// Seconds are not added to bytes. Units that nobody knows go with all.
    fn same_unit<'n>(&mut self, parts: impl Iterator<Item = &'n Number>, how: &str) -> Option<()> {
        let mut first: Option<(&Number, &str)> = None;
        for part in parts {
            let Some(unit) = unit(part) else { continue };
            let Some((other, other_unit)) = first else {
                first = Some((part, unit));
                continue;
            };
            if units::clash(unit, other_unit) {
                let (text, other) = (self.text(part.at), self.text(other.at));
                let message =
                    format!("`{text}` counts {unit}, `{other}` counts {other_unit}: one can't be {how} the other");
                let help = "convert one of them first, such as `60 * minutes`".to_owned();
                return self.refuse(FormulaErrorKind::UnitMismatch, part.at, message, Some(help));
            }
        }
        Some(())
    }

    /// A number input that takes certain numbers only is compared with one of them.
    fn can_be_number(&mut self, subject: &Number, item: &Number) -> Option<()> {
        let (NumberKind::Input(variable), NumberKind::Constant(constant)) = (&subject.kind, &item.kind) else {
            return Some(());
        };
        let VariableKind::Number(input) = &variable.kind else { return Some(()) };
        if input.one_of.is_empty() || input.one_of.contains(constant) {
            return Some(());
        }
        let message = format!("`{}` is never {constant}", variable.name);
        let help = format!("it is one of {}", listed(input.one_of.iter().map(Rational::to_string)));
        self.refuse(FormulaErrorKind::NeverMatches, item.at, message, Some(help))
    }
}

/// What a number counts. Products and quotients count something else than their parts, so they have no unit.
fn unit(number: &Number) -> Option<&str> {
    match &number.kind {
        NumberKind::Input(variable) => match &variable.kind {
            VariableKind::Number(input) => input.unit.as_deref(),
            VariableKind::Word(_) | VariableKind::Truth => None,
        },
        NumberKind::Let(defined) => defined.unit.as_deref(),
        NumberKind::Negative(inner) | NumberKind::Rounded(_, _, inner) | NumberKind::Absolute(inner) => unit(inner),
        NumberKind::Sum(terms) => terms.iter().find_map(|(_, term)| unit(term)),
        NumberKind::Least(parts) | NumberKind::Greatest(parts) => parts.iter().find_map(unit),
        NumberKind::Clamped(parts) => parts.iter().find_map(unit),
        NumberKind::Remainder(sides) | NumberKind::Step(sides) => unit(&sides.0),
        NumberKind::Choice(choice) => {
            choice.arms.iter().find_map(|(_, value)| unit(value)).or_else(|| unit(&choice.otherwise))
        }
        NumberKind::Constant(_)
        | NumberKind::Product(_)
        | NumberKind::Blocks(_)
        | NumberKind::Tiers(_)
        | NumberKind::Lookup(..) => None,
    }
}

/// All of them, looking at each even after one is missing, so that every problem is found.
fn all<T>(parts: impl Iterator<Item = Option<T>>) -> Option<Vec<T>> {
    let parts = parts.collect::<Vec<_>>();
    parts.into_iter().collect()
}

fn listed(items: impl Iterator<Item = String>) -> String {
    items.collect::<Vec<_>>().join(", ")
}

/// The known name that was probably meant.
fn closest<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let wanted = name.to_lowercase();
    let distance = |known: &str| strsim::damerau_levenshtein(&wanted, &known.to_lowercase());
    let near = |known: &&str| {
        let typo = distance(known) <= 1 + name.len().max(known.len()) / 4;
        let shared = known.len().min(name.len()) >= 3 && (known.starts_with(name) || name.starts_with(*known));
        typo || shared
    };
    known.filter(near).min_by_key(|known| distance(known))
}
