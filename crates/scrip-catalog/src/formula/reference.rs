//! A second, naive evaluator for tests: walks the unchecked expression with unbounded fractions and shares
//! nothing with the real one but the grammar.

use std::cell::Cell;
use std::collections::BTreeMap;

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Signed, Zero};

use crate::formula::parse::{Call, Expression, ExpressionKind, parse};
use crate::formula::tree::{Comparison, Equality, Scale, Sign};
use crate::rational::Rational;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Naive {
    Number(BigRational),
    Word(String),
    Truth(bool),
}

pub(super) struct Reference {
    pub names: BTreeMap<String, Naive>,
    /// Most bits that the operands of one step had: overflow is to be expected only far above.
    pub bits: Cell<u64>,
}

impl Reference {
    pub fn number(&self, source: &str) -> BigRational {
        match self.value(&parse(source).expect(source)) {
            Naive::Number(number) => number,
            other => panic!("{source} is {other:?}"),
        }
    }

    pub fn define(&mut self, name: &str, source: &str) {
        let value = self.value(&parse(source).expect(source));
        self.names.insert(name.to_owned(), value);
    }

    fn value(&self, expression: &Expression<'_>) -> Naive {
        match &expression.kind {
            ExpressionKind::Number(number) => self.seen(big(*number)),
            ExpressionKind::Word(word) => Naive::Word((*word).to_owned()),
            ExpressionKind::Truth(truth) => Naive::Truth(*truth),
            ExpressionKind::Name(name) => self.names[*name].clone(),
            ExpressionKind::Negative(inner) => self.seen(-self.num(inner)),
            ExpressionKind::Sum(terms) => {
                let values = terms.iter().map(|(sign, term)| (*sign, self.num(term))).collect::<Vec<_>>();
                self.operands(values.iter().map(|(_, value)| value));
                self.seen(values.into_iter().fold(BigRational::zero(), |sum, (sign, term)| match sign {
                    Sign::Plus => sum + term,
                    Sign::Minus => sum - term,
                }))
            }
            ExpressionKind::Product(factors) => {
                let values = factors.iter().map(|(scale, factor)| (*scale, self.num(factor))).collect::<Vec<_>>();
                self.operands(values.iter().map(|(_, value)| value));
                self.seen(values.into_iter().fold(BigRational::one(), |product, (scale, factor)| match scale {
                    Scale::Times => product * factor,
                    Scale::Over => product / factor,
                }))
            }
            ExpressionKind::Remainder(sides) => {
                let (left, right) = (self.num(&sides.0), self.num(&sides.1));
                self.operands([&left, &right].into_iter());
                self.seen(&left - (&left / &right).floor() * &right)
            }
            ExpressionKind::Not(inner) => Naive::Truth(!self.truth(inner)),
            ExpressionKind::All(parts) => Naive::Truth(parts.iter().all(|part| self.truth(part))),
            ExpressionKind::Any(parts) => Naive::Truth(parts.iter().any(|part| self.truth(part))),
            ExpressionKind::Compare(comparison, sides) => self.compare(*comparison, &sides.0, &sides.1),
            ExpressionKind::In(subject, list) => {
                let subject = self.value(subject);
                Naive::Truth(list.iter().any(|item| self.value(item) == subject))
            }
            ExpressionKind::Choice(arms, otherwise) => {
                let arm = arms.iter().find(|(condition, _)| self.truth(condition));
                self.value(arm.map_or(otherwise, |(_, value)| value))
            }
            ExpressionKind::Call(call) => self.call(call),
            ExpressionKind::List(_) => panic!("a list is no value"),
        }
    }

    fn compare(&self, comparison: Comparison, left: &Expression<'_>, right: &Expression<'_>) -> Naive {
        let (left, right) = (self.value(left), self.value(right));
        Naive::Truth(match (comparison, left, right) {
            (Comparison::Same(Equality::Equal), left, right) => left == right,
            (Comparison::Same(Equality::Unequal), left, right) => left != right,
            (Comparison::Less, Naive::Number(left), Naive::Number(right)) => left < right,
            (Comparison::LessOrSame, Naive::Number(left), Naive::Number(right)) => left <= right,
            (Comparison::More, Naive::Number(left), Naive::Number(right)) => left > right,
            (Comparison::MoreOrSame, Naive::Number(left), Naive::Number(right)) => left >= right,
            (_, left, right) => panic!("{left:?} and {right:?} have no order"),
        })
    }

    fn call(&self, call: &Call<'_>) -> Naive {
        let number = |place: usize| self.num(&call.arguments[place]);
        let count = call.arguments.len();
        self.seen(match call.name {
            "round" if count == 1 => half_up(&number(0)),
            "round" => {
                let scale = BigRational::from_integer(BigInt::from(10).pow(number(1).to_integer().try_into().unwrap()));
                half_up(&(number(0) * &scale)) / scale
            }
            "floor" => number(0).floor(),
            "ceil" => number(0).ceil(),
            "abs" => number(0).abs(),
            "min" => (0..count).map(number).min().unwrap(),
            "max" => (0..count).map(number).max().unwrap(),
            "clamp" => number(0).max(number(1)).min(number(2)),
            "blocks" => (number(0) / number(1)).ceil(),
            "step" => (number(0) / number(1)).ceil() * number(1),
            "tiers" => self.tiers(number(0), &call.arguments[1..]),
            other => panic!("{other} is not known here"),
        })
    }

    /// Tier by tier, from the top down: what lies above an end is charged first.
    fn tiers(&self, quantity: BigRational, tiers: &[Expression<'_>]) -> BigRational {
        let tiers = tiers.iter().map(|tier| match &tier.kind {
            ExpressionKind::List(items) => items,
            _ => panic!("a tier is a list"),
        });
        let tiers = tiers.collect::<Vec<_>>();
        let mut left = quantity.max(BigRational::zero());
        let mut sum = BigRational::zero();
        for (place, tier) in tiers.iter().enumerate().rev() {
            let start = if place == 0 { BigRational::zero() } else { self.num(&tiers[place - 1][0]) };
            if left > start {
                sum += (&left - &start) * self.num(&tier[tier.len() - 1]);
                left = start;
            }
        }
        sum
    }

    fn num(&self, expression: &Expression<'_>) -> BigRational {
        match self.value(expression) {
            Naive::Number(number) => number,
            other => panic!("{other:?} is no number"),
        }
    }

    fn truth(&self, expression: &Expression<'_>) -> bool {
        match self.value(expression) {
            Naive::Truth(truth) => truth,
            other => panic!("{other:?} is no condition"),
        }
    }

    fn operands<'n>(&self, operands: impl Iterator<Item = &'n BigRational>) {
        let bits = operands.map(bits).sum::<u64>();
        self.bits.set(self.bits.get().max(bits));
    }

    fn seen(&self, number: BigRational) -> Naive {
        self.operands([&number].into_iter());
        Naive::Number(number)
    }
}

fn bits(number: &BigRational) -> u64 {
    number.numer().bits() + number.denom().bits()
}

fn half_up(number: &BigRational) -> BigRational {
    let half = BigRational::new(1.into(), 2.into());
    if number.is_negative() { (number - half).ceil() } else { (number + half).floor() }
}

pub(super) fn big(number: Rational) -> BigRational {
    BigRational::new(number.numerator().into(), number.denominator().into())
}
