//! Where the numbers of a formula lie, given the bounds of its inputs and the conditions around them.
//!
//! Every answer is an outer bound: true for all inputs within their bounds, not always reached.

use crate::formula::scope::{Key, TableRows, VariableKind};
use crate::formula::tree::{
    Choice, Comparison, Equality, Number, NumberKind, Scale, Sign, Tiers, Truth, TruthKind, Typed, WordKind,
};
use crate::rational::{Rational, Rounding};

/// Where a number lies; a missing end is unbounded.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Interval {
    pub low: Option<Rational>,
    pub high: Option<Rational>,
    pub whole: bool,
    /// Certainly not zero, even if zero is between (or at) its ends.
    pub nonzero: bool,
}

impl Interval {
    pub fn point(number: Rational) -> Interval {
        Interval { low: Some(number), high: Some(number), whole: number.is_integer(), nonzero: !number.is_zero() }
    }

    pub fn can_be_zero(&self) -> bool {
        let below = self.low.is_none_or(|low| !low.is_positive());
        let above = self.high.is_none_or(|high| !high.is_negative());
        below && above && !self.nonzero
    }

    pub fn certainly_positive(&self) -> bool {
        self.never_negative() && !self.can_be_zero()
    }

    pub fn never_negative(&self) -> bool {
        self.low.is_some_and(|low| !low.is_negative())
    }

    pub fn never_positive(&self) -> bool {
        self.high.is_some_and(|high| !high.is_positive())
    }

    /// Its only number, if it has no other.
    pub fn point_of(self) -> Option<Rational> {
        if self.low == self.high { self.low } else { None }
    }

    /// Ends moved to where a whole number, or one that is not zero, can be.
    pub fn tidied(mut self) -> Interval {
        if self.whole {
            self.low = self.low.map(Rational::ceil);
            self.high = self.high.map(Rational::floor);
            if self.nonzero {
                self.low = self.low.map(|low| if low.is_zero() { Rational::ONE } else { low });
                self.high = self.high.map(|high| if high.is_zero() { Rational::ONE.negated() } else { high });
            }
        }
        let low_decides = self.low.is_some_and(Rational::is_positive);
        let high_decides = self.high.is_some_and(Rational::is_negative);
        self.nonzero |= low_decides || high_decides;
        self
    }

    /// In both: what a condition adds to what is known.
    fn and(self, other: Interval) -> Interval {
        Interval {
            low: self.low.max(other.low),
            high: lesser(self.high, other.high),
            whole: self.whole || other.whole,
            nonzero: self.nonzero || other.nonzero,
        }
        .tidied()
    }

    /// In one of them.
    pub fn or(self, other: Interval) -> Interval {
        Interval {
            low: both(self.low, other.low, Rational::min),
            high: both(self.high, other.high, Rational::max),
            whole: self.whole && other.whole,
            nonzero: self.nonzero && other.nonzero,
        }
    }

    pub fn negated(self) -> Interval {
        Interval { low: self.high.map(Rational::negated), high: self.low.map(Rational::negated), ..self }
    }

    fn plus(self, other: Interval) -> Interval {
        let add = |a: Option<Rational>, b: Option<Rational>| a?.checked_add(b?).ok();
        let (low, high) = (add(self.low, other.low), add(self.high, other.high));
        Interval { low, high, whole: self.whole && other.whole, nonzero: false }.tidied()
    }

    pub fn times(self, other: Interval) -> Interval {
        let (a, b) = (self.ends(), other.ends());
        let corners = [a[0].times(b[0]), a[0].times(b[1]), a[1].times(b[0]), a[1].times(b[1])];
        let low = corners.into_iter().min().and_then(End::finite);
        let high = corners.into_iter().max().and_then(End::finite);
        let (whole, nonzero) = (self.whole && other.whole, self.nonzero && other.nonzero);
        Interval { low, high, whole, nonzero }.tidied()
    }

    /// One divided by it; anything if it can be on both sides of zero.
    pub fn reciprocal(self) -> Interval {
        let one_over = |end: Rational| Rational::ONE.checked_div(end).ok();
        let mut inverse = Interval { low: None, high: None, whole: false, nonzero: true };
        if self.never_negative() {
            inverse.high = self.low.and_then(one_over);
            inverse.low = Some(self.high.and_then(one_over).unwrap_or(Rational::ZERO));
        } else if self.never_positive() {
            inverse.low = self.high.and_then(one_over);
            inverse.high = Some(self.low.and_then(one_over).unwrap_or(Rational::ZERO));
        }
        inverse
    }

    fn remainder(self, divisor: Interval) -> Interval {
        let high = if divisor.never_positive() { Some(Rational::ZERO) } else { divisor.high };
        let low = if divisor.never_negative() { Some(Rational::ZERO) } else { divisor.low };
        // A remainder of what is not negative is at most that itself.
        let shrinks = self.never_negative() && divisor.never_negative();
        let high = if shrinks { lesser(high, self.high) } else { high };
        Interval { low, high, whole: self.whole && divisor.whole, nonzero: false }.tidied()
    }

    fn rounded(self, how: Rounding, decimals: u32) -> Interval {
        let round = |end: Option<Rational>| end?.round_to_decimals(decimals, how).ok();
        let (low, high) = (round(self.low), round(self.high));
        let unchanged = self.whole;
        Interval { low, high, whole: unchanged || decimals == 0, nonzero: unchanged && self.nonzero }.tidied()
    }

    fn absolute(self) -> Interval {
        if self.never_negative() {
            return self;
        }
        if self.never_positive() {
            return self.negated();
        }
        let high = both(self.low.map(Rational::abs), self.high.map(Rational::abs), Rational::max);
        Interval { low: Some(Rational::ZERO), high, ..self }.tidied()
    }

    /// The smaller of two numbers.
    fn least(self, other: Interval) -> Interval {
        Interval {
            low: both(self.low, other.low, Rational::min),
            high: lesser(self.high, other.high),
            whole: self.whole && other.whole,
            nonzero: self.nonzero && other.nonzero,
        }
        .tidied()
    }

    fn greatest(self, other: Interval) -> Interval {
        self.negated().least(other.negated()).negated()
    }

    /// The next multiple of an increment: at least the number, at most one increment more.
    fn stepped(self, increment: Interval) -> Interval {
        let step = |end: Option<Rational>| {
            end?.round_to_multiple(increment.point_of().filter(|step| step.is_positive())?, Rounding::Up).ok()
        };
        let beyond = self.high.zip(increment.high).and_then(|(end, step)| end.checked_add(step).ok());
        let low = step(self.low).or(self.low);
        let high = step(self.high).or(beyond);
        Interval { low, high, whole: increment.whole, nonzero: false }.tidied()
    }

    fn ends(self) -> [End; 2] {
        [self.low.map_or(End::Below, End::At), self.high.map_or(End::Above, End::At)]
    }

    /// Without one point: whole numbers move past it, others only remember that they are not zero.
    fn without(mut self, point: Option<Rational>) -> Interval {
        let Some(point) = point else { return self };
        self.nonzero |= point.is_zero();
        if self.whole && self.low == Some(point) {
            self.low = point.checked_add(Rational::ONE).ok();
        }
        if self.whole && self.high == Some(point) {
            self.high = point.checked_sub(Rational::ONE).ok();
        }
        self.tidied()
    }
}

/// The lower of two upper ends; a missing one bounds nothing.
fn lesser(a: Option<Rational>, b: Option<Rational>) -> Option<Rational> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (end, None) | (None, end) => end,
    }
}

fn both(a: Option<Rational>, b: Option<Rational>, join: fn(Rational, Rational) -> Rational) -> Option<Rational> {
    Some(join(a?, b?))
}

/// An end of an interval in products, where it matters on which side infinity lies.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum End {
    Below,
    At(Rational),
    Above,
}

impl End {
    fn signum(self) -> i32 {
        match self {
            End::Below => -1,
            End::At(number) => number.numerator().signum() as i32,
            End::Above => 1,
        }
    }

    fn times(self, other: End) -> End {
        if let (End::At(a), End::At(b)) = (self, other)
            && let Ok(product) = a.checked_mul(b)
        {
            return End::At(product);
        }
        match self.signum() * other.signum() {
            0 => End::At(Rational::ZERO),
            1 => End::Above,
            _ => End::Below,
        }
    }

    fn finite(self) -> Option<Rational> {
        match self {
            End::At(number) => Some(number),
            End::Below | End::Above => None,
        }
    }
}

/// What the conditions around a part say about numbers in it. A stack: branches push, look, and reset.
pub(crate) struct Facts {
    known: Vec<(Number, Interval)>,
    /// Parts that may still be looked at. Conditions within conditions multiply the work; where it ends,
    /// nothing is known, which is safe.
    patience: u32,
}

/// Enough for any price that a person can read; what is beyond is not used, which is safe.
const FACTS_MAX: usize = 64;
const PATIENCE: u32 = 20_000;

impl Default for Facts {
    fn default() -> Facts {
        Facts { known: Vec::new(), patience: PATIENCE }
    }
}

impl Facts {
    /// Starts a new question with what is known.
    pub fn rested(&mut self) -> &mut Facts {
        self.patience = PATIENCE;
        self
    }

    pub fn mark(&self) -> usize {
        self.known.len()
    }

    pub fn reset(&mut self, mark: usize) {
        self.known.truncate(mark);
    }

    /// Remembers that the condition holds, or that it does not.
    pub fn assume(&mut self, condition: &Truth, holds: bool) {
        match &condition.kind {
            TruthKind::Not(inner) => self.assume(inner, !holds),
            TruthKind::All(parts) if holds => parts.iter().for_each(|part| self.assume(part, true)),
            TruthKind::Any(parts) if !holds => parts.iter().for_each(|part| self.assume(part, false)),
            TruthKind::Compare(comparison, sides) => {
                let comparison = if holds { *comparison } else { comparison.opposite() };
                let (left, right) = (number_interval(&sides.0, self), number_interval(&sides.1, self));
                self.compare(&sides.0, left, comparison, right);
                self.compare(&sides.1, right, comparison.mirrored(), left);
            }
            TruthKind::NumberIn(number, list) if holds => {
                if let Some(hull) = list.iter().map(|item| number_interval(item, self)).reduce(Interval::or) {
                    self.push(number, hull);
                }
            }
            TruthKind::NumberIn(number, list) => {
                for item in list {
                    let (known, item) = (number_interval(number, self), number_interval(item, self));
                    self.compare(number, known, Comparison::Same(Equality::Unequal), item);
                }
            }
            _ => {}
        }
    }

    /// A number that lies there compares so with one that lies in `other`.
    fn compare(&mut self, number: &Number, known: Interval, comparison: Comparison, other: Interval) {
        let above = Interval { low: other.low, ..Interval::default() };
        let below = Interval { high: other.high, ..Interval::default() };
        let fact = match comparison {
            Comparison::Same(Equality::Equal) => other,
            Comparison::Same(Equality::Unequal) => known.without(other.point_of()),
            Comparison::More => known.and(above).without(other.low),
            Comparison::MoreOrSame => above,
            Comparison::Less => known.and(below).without(other.high),
            Comparison::LessOrSame => below,
        };
        self.push(number, fact);
    }

    /// Nothing is learnt about a constant: a condition that is false of it guards what never happens, and would make
    /// that constant something else in the conditions within.
    fn push(&mut self, number: &Number, fact: Interval) {
        if self.known.len() < FACTS_MAX && !matches!(number.kind, NumberKind::Constant(_)) {
            self.known.push((number.clone(), fact));
        }
    }

    fn narrow(&self, number: &Number, known: Interval) -> Interval {
        self.known.iter().filter(|(of, _)| of == number).fold(known, |known, (_, fact)| known.and(*fact))
    }
}

/// Where a part lies, by the bounds of its inputs and what its surroundings say.
pub(crate) fn number_interval(number: &Number, facts: &mut Facts) -> Interval {
    let Some(patience) = facts.patience.checked_sub(1) else { return Interval::default() };
    facts.patience = patience;
    let place = structural(number, facts);
    facts.narrow(number, place)
}

fn structural(number: &Number, facts: &mut Facts) -> Interval {
    let mut of = |part: &Number| number_interval(part, facts);
    match &number.kind {
        NumberKind::Constant(constant) => Interval::point(*constant),
        NumberKind::Input(variable) => match &variable.kind {
            VariableKind::Number(input) => input.interval(),
            VariableKind::Word(_) | VariableKind::Truth => Interval::default(),
        },
        NumberKind::Let(defined) => defined.interval,
        NumberKind::Negative(inner) => of(inner).negated(),
        NumberKind::Sum(terms) => terms.iter().fold(Interval::point(Rational::ZERO), |sum, (sign, term)| match sign {
            Sign::Plus => sum.plus(of(term)),
            Sign::Minus => sum.plus(of(term).negated()),
        }),
        NumberKind::Product(factors) => {
            factors.iter().fold(Interval::point(Rational::ONE), |product, (scale, factor)| match scale {
                Scale::Times => product.times(of(factor)),
                Scale::Over => product.times(of(factor).reciprocal()),
            })
        }
        NumberKind::Remainder(sides) => of(&sides.0).remainder(of(&sides.1)),
        NumberKind::Rounded(how, decimals, inner) => of(inner).rounded(*how, decimals.unwrap_or(0)),
        NumberKind::Absolute(inner) => of(inner).absolute(),
        NumberKind::Least(parts) => parts.iter().map(of).reduce(Interval::least).unwrap_or_default(),
        NumberKind::Greatest(parts) => parts.iter().map(of).reduce(Interval::greatest).unwrap_or_default(),
        NumberKind::Clamped(parts) => of(&parts[0]).greatest(of(&parts[1])).least(of(&parts[2])),
        NumberKind::Blocks(parts) => of(&parts.0).times(of(&parts.1).reciprocal()).rounded(Rounding::Up, 0),
        NumberKind::Step(parts) => of(&parts.0).stepped(of(&parts.1)),
        NumberKind::Tiers(tiers) => tiers_interval(tiers, facts),
        NumberKind::Lookup(table, keys) => lookup_interval(table, keys),
        NumberKind::Choice(choice) => choice_interval(choice, facts),
    }
}

fn tiers_interval(tiers: &Tiers, facts: &mut Facts) -> Interval {
    let quantity = number_interval(&tiers.quantity, facts);
    let mut below = Rational::ZERO;
    let mut sum = Interval::point(Rational::ZERO);
    let ends = tiers.tiers.iter().map(|(end, rate)| (Some(*end), rate));
    for (end, rate) in ends.chain([(None, &tiers.rest)]) {
        let above = quantity.plus(Interval::point(below.negated())).greatest(Interval::point(Rational::ZERO));
        let width = end.and_then(|end| end.checked_sub(below).ok());
        let part = width.map_or(above, |width| above.least(Interval::point(width)));
        sum = sum.plus(part.times(number_interval(rate, facts)));
        below = end.unwrap_or(below);
    }
    sum
}

/// Over the rows that the constant keys leave.
fn lookup_interval(table: &TableRows, keys: &[Typed]) -> Interval {
    let matches = |row: &[Key]| row.iter().zip(keys).all(|(key, part)| may_match(key, part));
    let rows = table.rows.iter().filter(|(row, _)| matches(row)).map(|(_, amount)| *amount);
    rows.chain(table.otherwise).map(Interval::point).reduce(Interval::or).unwrap_or_default()
}

/// The part is not a constant other than this key.
pub(super) fn may_match(key: &Key, part: &Typed) -> bool {
    match (key, part) {
        (Key::Number(key), Typed::Number(Number { kind: NumberKind::Constant(part), .. })) => key == part,
        (Key::Word(key), Typed::Word(word)) => match &word.kind {
            WordKind::Constant(part) => key.as_str() == &**part,
            _ => true,
        },
        (Key::Truth(key), Typed::Truth(Truth { kind: TruthKind::Constant(part), .. })) => key == part,
        (Key::Number(_), Typed::Number(_)) | (Key::Truth(_), Typed::Truth(_)) => true,
        _ => false,
    }
}

fn choice_interval(choice: &Choice<Number>, facts: &mut Facts) -> Interval {
    let mark = facts.mark();
    let mut hull: Option<Interval> = None;
    for (condition, value) in &choice.arms {
        let before = facts.mark();
        facts.assume(condition, true);
        let arm = number_interval(value, facts);
        facts.reset(before);
        hull = Some(hull.map_or(arm, |hull| hull.or(arm)));
        facts.assume(condition, false);
    }
    let last = number_interval(&choice.otherwise, facts);
    facts.reset(mark);
    hull.map_or(last, |hull| hull.or(last))
}
