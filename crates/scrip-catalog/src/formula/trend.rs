//! How a formula follows an input.

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

#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Trends(Vec<(usize, Direction)>);

impl Trends {
    pub fn direction(&self, slot: usize) -> Option<Direction> {
        self.0.iter().find(|(of, _)| *of == slot).map(|(_, direction)| *direction)
    }
}
