//! How a formula follows an input: what proves that the longest job is the dearest.

use std::sync::Arc;

use crate::formula::interval::{Facts, Interval, number_interval};
use crate::formula::scope::{Variable, VariableKind};
use crate::formula::tree::{
    Choice, Comparison, Equality, Number, NumberKind, Scale, Sign, Tiers, Truth, TruthKind, Typed, Word, WordKind,
};
use crate::rational::Rational;

/// How a price follows one input, all else equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// The input makes no difference.
    Constant,
    /// More of the input never costs less.
    NonDecreasing,
    /// More of the input never costs more.
    NonIncreasing,
}

impl Direction {
    fn reversed(self) -> Direction {
        match self {
            Direction::Constant => Direction::Constant,
            Direction::NonDecreasing => Direction::NonIncreasing,
            Direction::NonIncreasing => Direction::NonDecreasing,
        }
    }
}

/// A direction that may not be provable.
type Trend = Option<Direction>;

/// What is proven for each input that is read, by slot.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Trends(Vec<(usize, Trend)>);

impl Trends {
    /// For each input that the number reads.
    pub fn of_number(number: &Number, reads: &[Arc<Variable>]) -> Trends {
        Trends::of(reads, |tracing| tracing.number(number, &mut Facts::default()))
    }

    /// For each input that the condition reads: false before true is non-decreasing.
    pub fn of_truth(truth: &Truth, reads: &[Arc<Variable>]) -> Trends {
        Trends::of(reads, |tracing| tracing.truth(truth, &mut Facts::default()))
    }

    /// Words and truths have no order, so there is nothing to prove for them.
    fn of(reads: &[Arc<Variable>], trace: impl Fn(Tracing) -> Trend) -> Trends {
        let trend = |variable: &Variable| match &variable.kind {
            VariableKind::Number(_) => trace(Tracing { slot: variable.slot }),
            VariableKind::Word(_) | VariableKind::Truth => None,
        };
        Trends(reads.iter().map(|variable| (variable.slot, trend(variable))).collect())
    }

    /// `None` if it is not proven; an input that is not read makes no difference.
    pub fn direction(&self, slot: usize) -> Option<Direction> {
        match self.0.iter().find(|(of, _)| *of == slot) {
            Some((_, trend)) => *trend,
            None => Some(Direction::Constant),
        }
    }
}

/// Follows one input through a formula. A condition's direction is false before true.
struct Tracing {
    slot: usize,
}

impl Tracing {
    fn number(&self, number: &Number, facts: &mut Facts) -> Trend {
        match &number.kind {
            NumberKind::Constant(_) => Some(Direction::Constant),
            NumberKind::Input(variable) if variable.slot == self.slot => Some(Direction::NonDecreasing),
            NumberKind::Input(_) => Some(Direction::Constant),
            NumberKind::Let(defined) => defined.trends.direction(self.slot),
            NumberKind::Negative(inner) => self.number(inner, facts).map(Direction::reversed),
            NumberKind::Sum(terms) => alike(terms.iter().map(|(sign, term)| match sign {
                Sign::Plus => self.number(term, facts),
                Sign::Minus => self.number(term, facts).map(Direction::reversed),
            })),
            NumberKind::Product(factors) => self.product(factors, facts),
            NumberKind::Remainder(sides) => self.unmoved([&sides.0, &sides.1], facts),
            NumberKind::Rounded(_, _, inner) => self.number(inner, facts),
            NumberKind::Absolute(inner) => scaled(self.number(inner, facts), number_interval(inner, facts)),
            NumberKind::Least(parts) | NumberKind::Greatest(parts) => {
                alike(parts.iter().map(|part| self.number(part, facts)))
            }
            NumberKind::Clamped(parts) => alike(parts.iter().map(|part| self.number(part, facts))),
            NumberKind::Blocks(parts) => {
                let inverse = number_interval(&parts.1, facts).reciprocal();
                let by_value = scaled(self.number(&parts.0, facts), inverse);
                let by_size = self.number(&parts.1, facts).map(Direction::reversed);
                alike([by_value, scaled(by_size, number_interval(&parts.0, facts))].into_iter())
            }
            NumberKind::Step(parts) => match self.number(&parts.1, facts)? {
                Direction::Constant => self.number(&parts.0, facts),
                Direction::NonDecreasing | Direction::NonIncreasing => None,
            },
            NumberKind::Tiers(tiers) => self.tiers(tiers, facts),
            NumberKind::Lookup(_, keys) => {
                let read = keys.iter().any(|key| self.typed_reads(key));
                (!read).then_some(Direction::Constant)
            }
            NumberKind::Choice(choice) => self.choice(choice, facts),
        }
    }

    /// A product follows each factor as far as the sign of the others is known.
    fn product(&self, factors: &[(Scale, Number)], facts: &mut Facts) -> Trend {
        let mut sum = (Some(Direction::Constant), Interval::point(Rational::ONE));
        for (scale, factor) in factors {
            let (mut trend, mut place) = (self.number(factor, facts), number_interval(factor, facts));
            if *scale == Scale::Over {
                // One over something that never changes its sign goes the other way.
                let one_sided = place.never_negative() || place.never_positive();
                let steady = trend == Some(Direction::Constant);
                trend = if one_sided || steady { trend.map(Direction::reversed) } else { None };
                place = place.reciprocal();
            }
            let trend = alike([scaled(sum.0, place), scaled(trend, sum.1)].into_iter());
            sum = (trend, sum.1.times(place));
        }
        sum.0
    }

    /// The parts of a quantity are never negative and grow with it.
    fn tiers(&self, tiers: &Tiers, facts: &mut Facts) -> Trend {
        let quantity = self.number(&tiers.quantity, facts);
        let rates = tiers.tiers.iter().map(|(_, rate)| rate).chain([&tiers.rest]);
        alike(rates.flat_map(|rate| {
            let by_rate = self.number(rate, facts);
            [by_rate, scaled(quantity, number_interval(rate, facts))]
        }))
    }

    /// Within each arm, and, if the input decides between arms, where one arm follows the other.
    fn choice(&self, choice: &Choice<Number>, facts: &mut Facts) -> Trend {
        let mark = facts.mark();
        let mut arms = Vec::new();
        for (condition, value) in &choice.arms {
            let decides = self.truth(condition, facts);
            let before = facts.mark();
            facts.assume(condition, true);
            arms.push((decides, self.number(value, facts), number_interval(value, facts)));
            facts.reset(before);
            facts.assume(condition, false);
        }
        let mut rest = (self.number(&choice.otherwise, facts), number_interval(&choice.otherwise, facts));
        facts.reset(mark);
        for (decides, trend, place) in arms.into_iter().rev() {
            let within = alike([trend, rest.0].into_iter());
            let joined = match decides {
                None => None,
                Some(Direction::Constant) => within,
                Some(Direction::NonDecreasing) => across(within, rest.1, place),
                Some(Direction::NonIncreasing) => across(within, place, rest.1),
            };
            rest = (joined, place.or(rest.1));
        }
        rest.0
    }

    fn truth(&self, truth: &Truth, facts: &mut Facts) -> Trend {
        match &truth.kind {
            TruthKind::Constant(_) | TruthKind::Input(_) => Some(Direction::Constant),
            TruthKind::Let(defined) => defined.trends.direction(self.slot),
            TruthKind::Not(inner) => self.truth(inner, facts).map(Direction::reversed),
            TruthKind::All(parts) | TruthKind::Any(parts) => alike(parts.iter().map(|part| self.truth(part, facts))),
            TruthKind::Compare(comparison, sides) => self.comparison(*comparison, &sides.0, &sides.1, facts),
            TruthKind::SameWord(..)
            | TruthKind::SameTruth(..)
            | TruthKind::NumberIn(..)
            | TruthKind::WordIn(..)
            | TruthKind::Choice(_) => (!self.truth_reads(truth)).then_some(Direction::Constant),
        }
    }

    fn comparison(&self, comparison: Comparison, left: &Number, right: &Number, facts: &mut Facts) -> Trend {
        let difference =
            alike([self.number(left, facts), self.number(right, facts).map(Direction::reversed)].into_iter());
        match comparison {
            Comparison::More | Comparison::MoreOrSame => difference,
            Comparison::Less | Comparison::LessOrSame => difference.map(Direction::reversed),
            Comparison::Same(equality) => {
                let (left, right) = (number_interval(left, facts), number_interval(right, facts));
                // Equal to its own bound: `n == 1` for n of at least 1 is `n <= 1`.
                let when_equal = match difference {
                    Some(Direction::Constant) => difference,
                    _ if left.high.zip(right.low).is_some_and(|(high, low)| high <= low) => difference,
                    _ if left.low.zip(right.high).is_some_and(|(low, high)| low >= high) => {
                        difference.map(Direction::reversed)
                    }
                    _ => None,
                };
                match equality {
                    Equality::Equal => when_equal,
                    Equality::Unequal => when_equal.map(Direction::reversed),
                }
            }
        }
    }

    fn unmoved<'n>(&self, parts: impl IntoIterator<Item = &'n Number>, facts: &mut Facts) -> Trend {
        let still = parts.into_iter().all(|part| self.number(part, facts) == Some(Direction::Constant));
        still.then_some(Direction::Constant)
    }

    fn typed_reads(&self, part: &Typed) -> bool {
        match part {
            Typed::Number(number) => self.number(number, &mut Facts::default()) != Some(Direction::Constant),
            Typed::Word(word) => self.word_reads(word),
            Typed::Truth(truth) => self.truth_reads(truth),
        }
    }

    fn word_reads(&self, word: &Word) -> bool {
        match &word.kind {
            WordKind::Constant(_) => false,
            WordKind::Input(variable) => variable.slot == self.slot,
            WordKind::Let(defined) => defined.reads.iter().any(|variable| variable.slot == self.slot),
            WordKind::Choice(choice) => {
                let arms = choice.arms.iter();
                let mut read = arms.map(|(condition, value)| self.truth_reads(condition) || self.word_reads(value));
                read.any(|read| read) || self.word_reads(&choice.otherwise)
            }
        }
    }

    fn truth_reads(&self, truth: &Truth) -> bool {
        let moves = |number: &Number| self.number(number, &mut Facts::default()) != Some(Direction::Constant);
        match &truth.kind {
            TruthKind::Constant(_) => false,
            TruthKind::Input(variable) => variable.slot == self.slot,
            TruthKind::Let(defined) => defined.reads.iter().any(|variable| variable.slot == self.slot),
            TruthKind::Not(inner) => self.truth_reads(inner),
            TruthKind::All(parts) | TruthKind::Any(parts) => parts.iter().any(|part| self.truth_reads(part)),
            TruthKind::Compare(_, sides) => moves(&sides.0) || moves(&sides.1),
            TruthKind::SameWord(_, sides) => self.word_reads(&sides.0) || self.word_reads(&sides.1),
            TruthKind::SameTruth(_, sides) => self.truth_reads(&sides.0) || self.truth_reads(&sides.1),
            TruthKind::NumberIn(number, list) => moves(number) || list.iter().any(moves),
            TruthKind::WordIn(word, list) => self.word_reads(word) || list.iter().any(|item| self.word_reads(item)),
            TruthKind::Choice(choice) => {
                let arms = choice.arms.iter();
                let mut read = arms.map(|(condition, value)| self.truth_reads(condition) || self.truth_reads(value));
                read.any(|read| read) || self.truth_reads(&choice.otherwise)
            }
        }
    }
}

/// All in the same direction, or not at all.
fn alike(trends: impl Iterator<Item = Trend>) -> Trend {
    let mut all = Direction::Constant;
    for trend in trends {
        match (all, trend?) {
            (_, Direction::Constant) => {}
            (Direction::Constant, trend) => all = trend,
            (one, other) if one == other => {}
            _ => return None,
        }
    }
    Some(all)
}

/// The direction of something multiplied by what lies there.
fn scaled(trend: Trend, by: Interval) -> Trend {
    match trend? {
        Direction::Constant => Some(Direction::Constant),
        direction if by.never_negative() => Some(direction),
        direction if by.never_positive() => Some(direction.reversed()),
        _ => None,
    }
}

/// Crossing from one place to another where a condition turns, with the direction within both.
fn across(within: Trend, before: Interval, after: Interval) -> Trend {
    let rises = before.high.zip(after.low).is_some_and(|(high, low)| high <= low);
    let falls = before.low.zip(after.high).is_some_and(|(low, high)| low >= high);
    match within? {
        Direction::Constant if rises && falls => Some(Direction::Constant),
        Direction::Constant | Direction::NonDecreasing if rises => Some(Direction::NonDecreasing),
        Direction::Constant | Direction::NonIncreasing if falls => Some(Direction::NonIncreasing),
        _ => None,
    }
}
