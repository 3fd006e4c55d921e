//! Interim.
use crate::rational::Rational;

/// Where a number lies.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Interval {
    pub low: Option<Rational>,
    pub high: Option<Rational>,
    pub whole: bool,
    pub nonzero: bool,
}

impl Interval {
    pub fn tidied(self) -> Interval {
        self
    }
}
