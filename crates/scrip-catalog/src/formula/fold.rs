//! Constants worked out when a formula is checked, so that pricing does only what depends on inputs.

use crate::formula::eval;
use crate::formula::tree::{
    Choice, Let, Number, NumberKind, Scale, Sign, Tiers, Truth, TruthKind, Typed, Word, WordKind,
};
use crate::formula::{EvalErrorKind, FormulaError, FormulaErrorKind, SourceSpan};
use crate::rational::{NumberError, Rational};

/// Folds and collects what can't be worked out: constants that together overflow.
#[derive(Default)]
pub(super) struct Folding {
    pub errors: Vec<FormulaError>,
}

impl Folding {
    pub fn typed(&mut self, of: &Typed) -> Typed {
        match of {
            Typed::Number(number) => Typed::Number(self.number(number)),
            Typed::Word(word) => Typed::Word(self.word(word)),
            Typed::Truth(truth) => Typed::Truth(self.truth(truth)),
        }
    }

    pub fn number(&mut self, of: &Number) -> Number {
        let kind = match &of.kind {
            NumberKind::Constant(_) | NumberKind::Input(_) => return of.clone(),
            NumberKind::Let(defined) => return folded_let(defined, of),
            NumberKind::Sum(terms) => self.sum(terms),
            NumberKind::Product(factors) => self.product(factors),
            NumberKind::Negative(inner) => NumberKind::Negative(Box::new(self.number(inner))),
            NumberKind::Remainder(sides) => NumberKind::Remainder(self.pair(sides)),
            NumberKind::Rounded(how, decimals, inner) => {
                NumberKind::Rounded(*how, *decimals, Box::new(self.number(inner)))
            }
            NumberKind::Absolute(inner) => NumberKind::Absolute(Box::new(self.number(inner))),
            NumberKind::Least(parts) => NumberKind::Least(self.numbers(parts)),
            NumberKind::Greatest(parts) => NumberKind::Greatest(self.numbers(parts)),
            NumberKind::Clamped(parts) => {
                let [value, low, high] = &**parts;
                NumberKind::Clamped(Box::new([self.number(value), self.number(low), self.number(high)]))
            }
            NumberKind::Blocks(parts) => NumberKind::Blocks(self.pair(parts)),
            NumberKind::Step(parts) => NumberKind::Step(self.pair(parts)),
            NumberKind::Tiers(tiers) => NumberKind::Tiers(Box::new(Tiers {
                quantity: self.number(&tiers.quantity),
                tiers: tiers.tiers.iter().map(|(end, rate)| (*end, self.number(rate))).collect(),
                rest: self.number(&tiers.rest),
            })),
            NumberKind::Lookup(table, keys) => {
                NumberKind::Lookup(table.clone(), keys.iter().map(|key| self.typed(key)).collect())
            }
            NumberKind::Choice(choice) => match self.choice(choice, Folding::number) {
                Ok(choice) => NumberKind::Choice(Box::new(choice)),
                Err(only) => return only,
            },
        };
        self.settled(Number { at: of.at, kind })
    }

    /// A part made of constants becomes one.
    fn settled(&mut self, number: Number) -> Number {
        if !reads_nothing(&number.kind) {
            return number;
        }
        match eval::constant(&number) {
            Ok(constant) => Number { at: number.at, kind: NumberKind::Constant(constant) },
            Err(EvalErrorKind::NoRow | EvalErrorKind::WrongInput) => number,
            Err(EvalErrorKind::DivisionByZero) => {
                self.errors.push(error(FormulaErrorKind::DivisionByZero, number.at, "this divides by zero", None));
                number
            }
            Err(EvalErrorKind::Overflow) => {
                let help = "use smaller numbers, or numbers with fewer decimals";
                let message = "these constants together are larger or finer than can be counted";
                self.errors.push(error(FormulaErrorKind::Overflow, number.at, message, Some(help)));
                number
            }
        }
    }

    /// Constant terms become one, which does not change an exact sum.
    fn sum(&mut self, terms: &[(Sign, Number)]) -> NumberKind {
        let terms = terms.iter().map(|(sign, term)| (*sign, self.number(term))).collect::<Vec<_>>();
        let merged = merge(&terms, Rational::ZERO, |sum, sign, term| match sign {
            Sign::Plus => sum.checked_add(term),
            Sign::Minus => sum.checked_sub(term),
        });
        NumberKind::Sum(merged.map_or(terms, |(constant, mut rest)| {
            rest.insert(0, (Sign::Plus, constant));
            rest
        }))
    }

    /// Constant factors and divisors become one, which does not change an exact product: `s / 3 * 4.5` is `1.5 * s`.
    fn product(&mut self, factors: &[(Scale, Number)]) -> NumberKind {
        let factors = factors.iter().map(|(scale, factor)| (*scale, self.number(factor))).collect::<Vec<_>>();
        let merged = merge(&factors, Rational::ONE, |product, scale, factor| match scale {
            Scale::Times => product.checked_mul(factor),
            Scale::Over => product.checked_div(factor),
        });
        NumberKind::Product(merged.map_or(factors, |(constant, mut rest)| {
            rest.insert(0, (Scale::Times, constant));
            rest
        }))
    }

    pub fn truth(&mut self, of: &Truth) -> Truth {
        let kind = match &of.kind {
            TruthKind::Constant(_) | TruthKind::Input(_) => return of.clone(),
            TruthKind::Let(defined) => match &defined.folded {
                Typed::Truth(Truth { kind: TruthKind::Constant(truth), .. }) => TruthKind::Constant(*truth),
                _ => return of.clone(),
            },
            TruthKind::Not(inner) => match self.truth(inner) {
                Truth { kind: TruthKind::Constant(truth), .. } => TruthKind::Constant(!truth),
                inner => TruthKind::Not(Box::new(inner)),
            },
            TruthKind::All(parts) => TruthKind::All(parts.iter().map(|part| self.truth(part)).collect()),
            TruthKind::Any(parts) => TruthKind::Any(parts.iter().map(|part| self.truth(part)).collect()),
            TruthKind::Compare(comparison, sides) => {
                let sides = self.pair(sides);
                match (&sides.0.kind, &sides.1.kind) {
                    (NumberKind::Constant(left), NumberKind::Constant(right)) => {
                        TruthKind::Constant(comparison.holds(left.cmp(right)))
                    }
                    _ => TruthKind::Compare(*comparison, sides),
                }
            }
            TruthKind::SameWord(equality, sides) => {
                TruthKind::SameWord(*equality, Box::new((self.word(&sides.0), self.word(&sides.1))))
            }
            TruthKind::SameTruth(equality, sides) => {
                TruthKind::SameTruth(*equality, Box::new((self.truth(&sides.0), self.truth(&sides.1))))
            }
            TruthKind::NumberIn(number, list) => TruthKind::NumberIn(Box::new(self.number(number)), self.numbers(list)),
            TruthKind::WordIn(word, list) => {
                TruthKind::WordIn(Box::new(self.word(word)), list.iter().map(|item| self.word(item)).collect())
            }
            TruthKind::Choice(choice) => match self.choice(choice, Folding::truth) {
                Ok(choice) => TruthKind::Choice(Box::new(choice)),
                Err(only) => return only,
            },
        };
        Truth { at: of.at, kind }
    }

    fn word(&mut self, of: &Word) -> Word {
        match &of.kind {
            WordKind::Constant(_) | WordKind::Input(_) | WordKind::Let(_) => of.clone(),
            WordKind::Choice(choice) => match self.choice(choice, Folding::word) {
                Ok(choice) => Word { at: of.at, kind: WordKind::Choice(Box::new(choice)) },
                Err(only) => only,
            },
        }
    }

    fn pair(&mut self, sides: &(Number, Number)) -> Box<(Number, Number)> {
        Box::new((self.number(&sides.0), self.number(&sides.1)))
    }

    fn numbers(&mut self, parts: &[Number]) -> Vec<Number> {
        parts.iter().map(|part| self.number(part)).collect()
    }

    /// Without the arms that never apply; `Err` with the only value left.
    fn choice<T>(&mut self, choice: &Choice<T>, fold: fn(&mut Folding, &T) -> T) -> Result<Choice<T>, T> {
        let mut arms = Vec::new();
        let mut otherwise = None;
        for (condition, value) in &choice.arms {
            let (condition, value) = (self.truth(condition), fold(self, value));
            match condition.kind {
                _ if otherwise.is_some() => {}
                TruthKind::Constant(false) => {}
                TruthKind::Constant(true) => otherwise = Some(value),
                _ => arms.push((condition, value)),
            }
        }
        let last = fold(self, &choice.otherwise);
        let otherwise = otherwise.unwrap_or(last);
        if arms.is_empty() { Err(otherwise) } else { Ok(Choice { arms, otherwise }) }
    }
}

fn folded_let(defined: &Let, of: &Number) -> Number {
    match &defined.folded {
        Typed::Number(Number { kind: NumberKind::Constant(constant), .. }) => {
            Number { at: of.at, kind: NumberKind::Constant(*constant) }
        }
        _ => of.clone(),
    }
}

/// Two or more constants of a chain as one, and the rest of it; `None` if there is nothing to gain or it overflows.
fn merge<O: Copy>(
    links: &[(O, Number)],
    start: Rational,
    join: impl Fn(Rational, O, Rational) -> Result<Rational, NumberError>,
) -> Option<(Number, Vec<(O, Number)>)> {
    let mut constant = start;
    let mut at = None;
    let mut merged = 0;
    let mut rest = Vec::new();
    for (link, number) in links {
        if let NumberKind::Constant(value) = number.kind {
            constant = join(constant, *link, value).ok()?;
            at = at.or(Some(number.at));
            merged += 1;
        } else {
            rest.push((*link, number.clone()));
        }
    }
    let worthwhile = merged > 1 && !rest.is_empty();
    worthwhile.then(|| (Number { at: at.unwrap_or_default(), kind: NumberKind::Constant(constant) }, rest))
}

fn reads_nothing(kind: &NumberKind) -> bool {
    let constant = |number: &Number| matches!(number.kind, NumberKind::Constant(_));
    match kind {
        NumberKind::Constant(_) => true,
        NumberKind::Input(_) | NumberKind::Let(_) | NumberKind::Choice(_) => false,
        NumberKind::Negative(inner) | NumberKind::Rounded(_, _, inner) | NumberKind::Absolute(inner) => constant(inner),
        NumberKind::Sum(terms) => terms.iter().all(|(_, term)| constant(term)),
        NumberKind::Product(factors) => factors.iter().all(|(_, factor)| constant(factor)),
        NumberKind::Remainder(sides) | NumberKind::Blocks(sides) | NumberKind::Step(sides) => {
            constant(&sides.0) && constant(&sides.1)
        }
        NumberKind::Least(parts) | NumberKind::Greatest(parts) => parts.iter().all(constant),
        NumberKind::Clamped(parts) => parts.iter().all(constant),
        NumberKind::Tiers(tiers) => {
            constant(&tiers.quantity) && constant(&tiers.rest) && tiers.tiers.iter().all(|(_, rate)| constant(rate))
        }
        NumberKind::Lookup(_, keys) => keys.iter().all(|key| match key {
            Typed::Number(number) => constant(number),
            Typed::Word(word) => matches!(word.kind, WordKind::Constant(_)),
            Typed::Truth(truth) => matches!(truth.kind, TruthKind::Constant(_)),
        }),
    }
}

fn error(kind: FormulaErrorKind, span: SourceSpan, message: &str, help: Option<&str>) -> FormulaError {
    FormulaError { kind, span, message: message.to_owned(), help: help.map(str::to_owned) }
}
