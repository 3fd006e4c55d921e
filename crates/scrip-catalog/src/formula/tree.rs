//! A checked formula: every name resolved, every part known to be a number, a word or a condition.

use std::sync::Arc;

use crate::formula::SourceSpan;
use crate::formula::interval::Interval;
use crate::formula::scope::{TableRows, Variable};
use crate::formula::trend::Trends;
use crate::rational::{Rational, Rounding};

/// A part of a formula and where it stands in its source. Two parts are equal when they say the same,
/// wherever they stand: a guard on `x` holds for each `x` in its branch.
#[derive(Clone, Debug)]
pub(crate) struct Node<K> {
    pub at: SourceSpan,
    pub kind: K,
}

impl<K: PartialEq> PartialEq for Node<K> {
    fn eq(&self, other: &Node<K>) -> bool {
        self.kind == other.kind
    }
}

pub(crate) type Number = Node<NumberKind>;
pub(crate) type Word = Node<WordKind>;
pub(crate) type Truth = Node<TruthKind>;

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum NumberKind {
    Constant(Rational),
    Input(Arc<Variable>),
    Let(Arc<Let>),
    Negative(Box<Number>),
    Sum(Vec<(Sign, Number)>),
    Product(Vec<(Scale, Number)>),
    Remainder(Box<(Number, Number)>),
    /// `round`, `floor`, `ceil`; decimals are given to `round` alone.
    Rounded(Rounding, Option<u32>, Box<Number>),
    Absolute(Box<Number>),
    Least(Vec<Number>),
    Greatest(Vec<Number>),
    /// The number, its lower and its upper bound.
    Clamped(Box<[Number; 3]>),
    /// Started blocks of a size.
    Blocks(Box<(Number, Number)>),
    /// The next multiple of an increment.
    Step(Box<(Number, Number)>),
    Tiers(Box<Tiers>),
    Lookup(Arc<TableRows>, Vec<Typed>),
    Choice(Box<Choice<Number>>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sign {
    Plus,
    Minus,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scale {
    Times,
    Over,
}

/// Graduated tiers: each part of the quantity at the rate of the tier it lies in.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tiers {
    pub quantity: Number,
    /// Upper ends, ascending and positive, with their rates.
    pub tiers: Vec<(Rational, Number)>,
    /// The rate above the last end.
    pub rest: Number,
}

/// The first arm whose condition holds, else the last value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Choice<T> {
    pub arms: Vec<(Truth, T)>,
    pub otherwise: T,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum WordKind {
    Constant(Arc<str>),
    Input(Arc<Variable>),
    Let(Arc<Let>),
    Choice(Box<Choice<Word>>),
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum TruthKind {
    Constant(bool),
    Input(Arc<Variable>),
    Let(Arc<Let>),
    Not(Box<Truth>),
    All(Vec<Truth>),
    Any(Vec<Truth>),
    Compare(Comparison, Box<(Number, Number)>),
    SameWord(Equality, Box<(Word, Word)>),
    SameTruth(Equality, Box<(Truth, Truth)>),
    NumberIn(Box<Number>, Vec<Number>),
    WordIn(Box<Word>, Vec<Word>),
    Choice(Box<Choice<Truth>>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    Same(Equality),
    Less,
    LessOrSame,
    More,
    MoreOrSame,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Equality {
    Equal,
    Unequal,
}

impl Comparison {
    /// What holds when this does not.
    pub fn opposite(self) -> Comparison {
        match self {
            Comparison::Same(Equality::Equal) => Comparison::Same(Equality::Unequal),
            Comparison::Same(Equality::Unequal) => Comparison::Same(Equality::Equal),
            Comparison::Less => Comparison::MoreOrSame,
            Comparison::LessOrSame => Comparison::More,
            Comparison::More => Comparison::LessOrSame,
            Comparison::MoreOrSame => Comparison::Less,
        }
    }

    /// The same comparison with its sides exchanged.
    pub fn mirrored(self) -> Comparison {
        match self {
            Comparison::Same(equality) => Comparison::Same(equality),
            Comparison::Less => Comparison::More,
            Comparison::LessOrSame => Comparison::MoreOrSame,
            Comparison::More => Comparison::Less,
            Comparison::MoreOrSame => Comparison::LessOrSame,
        }
    }

    pub fn holds(self, order: core::cmp::Ordering) -> bool {
        match self {
            Comparison::Same(Equality::Equal) => order.is_eq(),
            Comparison::Same(Equality::Unequal) => order.is_ne(),
            Comparison::Less => order.is_lt(),
            Comparison::LessOrSame => order.is_le(),
            Comparison::More => order.is_gt(),
            Comparison::MoreOrSame => order.is_ge(),
        }
    }
}

/// A part of any type.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Typed {
    Number(Number),
    Word(Word),
    Truth(Truth),
}

impl Typed {
    /// What the value is, for messages.
    pub fn describe(&self) -> &'static str {
        match self {
            Typed::Number(_) => "a number",
            Typed::Word(_) => "a word",
            Typed::Truth(_) => "true or false",
        }
    }

    pub fn at(&self) -> SourceSpan {
        match self {
            Typed::Number(number) => number.at,
            Typed::Word(word) => word.at,
            Typed::Truth(truth) => truth.at,
        }
    }
}

/// A `let` name: worked out once, before the formulas that name it.
#[derive(Clone, Debug)]
pub(crate) struct Let {
    pub name: Arc<str>,
    /// Its place among the `let` names of its scope; it names only earlier ones.
    pub slot: usize,
    pub written: Typed,
    pub folded: Typed,
    /// Of a number: where it lies and what it counts.
    pub interval: Interval,
    pub unit: Option<String>,
    /// Of a word: the words it may be, if they are known.
    pub words: Option<Vec<String>>,
    /// Of a number: how it follows the inputs.
    pub trends: Trends,
    /// The `let` names it rests on, directly or not, in the order of their slots.
    pub needs: Vec<Arc<Let>>,
    /// Inputs that it reads, directly or not.
    pub reads: Vec<Arc<Variable>>,
}

impl PartialEq for Let {
    fn eq(&self, other: &Let) -> bool {
        self.slot == other.slot && self.written == other.written
    }
}
