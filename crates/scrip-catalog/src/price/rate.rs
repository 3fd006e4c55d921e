//! Amounts per unit: per second with an increment, per started block of four images, graduated tiers, packages.

use scrip_ledger::id::Name;

use super::{NoPrice, Values};
use crate::formula::Formula;
use crate::input::InputKind;
use crate::rational::Rational;

/// An amount for each block of an input, or of a `let` name that is a number. It is priced by a formula written from these terms; they themselves are
/// what price lists show.
#[derive(Clone, Debug)]
pub(crate) struct Rate {
    pub input: Name,
    pub terms: RateTerms,
    pub formula: Formula,
    /// What the period's free units are taken off, where they are.
    pub free_of: Option<Formula>,
}

impl Rate {
    /// Units that would be free if enough were left.
    pub fn free_units_wanted(&self, values: Values<'_>) -> Result<Rational, NoPrice> {
        match &self.free_of {
            Some(counted) => Ok(counted.eval(values.slots)?),
            None => Ok(Rational::ZERO),
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RateTerms {
    /// The amount of one block, where all cost the same.
    pub credits: Option<Rational>,
    pub tiers: Vec<Tier>,
    pub tiering: Tiering,
    pub block: Rational,
    pub increment: Rational,
    pub counting: Counting,
    pub min_quantity: Option<Rational>,
    pub max_quantity: Option<Rational>,
    pub free_quantity: Option<Rational>,
    pub growth_only: bool,
    /// The input's free units of the period are taken off first.
    pub free_units: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tier {
    /// The last quantity of the tier; `None` is open.
    pub up_to: Option<Rational>,
    pub credits: Rational,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tiering {
    /// Each unit costs what its tier says.
    Graduated,
    /// All units cost what the tier says that the quantity reaches.
    Volume,
    /// One amount for up to so many.
    Package,
}

/// How the rest of an increment counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Counting {
    Up,
    Down,
    HalfUp,
    /// Pro rata.
    Exact,
}

/// The name under which a formula reads what was paid before.
pub(crate) fn previous(input: &str) -> String {
    format!("previous.{input}")
}

/// The name under which a formula reads the free units that are left.
pub(crate) const FREE_LEFT: &str = "free.left";

impl RateTerms {
    /// The formula of these terms over a quantity.
    pub fn source(&self, quantity: &str, kind: InputKind) -> String {
        let now = self.amount(quantity, kind);
        if !self.growth_only {
            return now;
        }
        let before = previous(quantity);
        format!("max({now} - ({before} > 0 ? {} : 0), 0)", self.amount(&before, kind))
    }

    fn amount(&self, quantity: &str, kind: InputKind) -> String {
        let counted = self.counted(quantity, kind);
        let blocks = if self.block == Rational::ONE { counted } else { format!("{counted} / {}", self.block) };
        match (self.credits, self.tiering) {
            (Some(credits), _) => format!("{blocks} * {credits}"),
            (None, Tiering::Graduated) => format!("tiers({blocks}, {})", self.graduated()),
            (None, Tiering::Volume) => self.steps(&blocks, |tier| format!("({blocks}) * {}", tier.credits)),
            (None, Tiering::Package) => self.steps(&blocks, |tier| tier.credits.to_string()),
        }
    }

    /// The quantity as it counts before whole increments are made of it.
    pub fn bounded(&self, quantity: &str) -> String {
        let mut text = quantity.to_owned();
        if let Some(least) = self.min_quantity {
            text = format!("max({text}, {least})");
        }
        if let Some(most) = self.max_quantity {
            text = format!("min({text}, {most})");
        }
        if let Some(free) = self.free_quantity {
            text = format!("max({text} - {free}, 0)");
        }
        text
    }

    fn counted(&self, quantity: &str, kind: InputKind) -> String {
        let mut text = self.bounded(quantity);
        if self.free_units {
            text = format!("max({text} - {FREE_LEFT}, 0)");
        }
        let whole = kind == InputKind::Integer && self.increment == Rational::ONE;
        match self.counting {
            _ if whole && !self.free_units => text,
            Counting::Exact => text,
            Counting::Up => format!("step({text}, {})", self.increment),
            Counting::Down => format!("floor({text} / {0}) * {0}", self.increment),
            Counting::HalfUp => format!("round({text} / {0}) * {0}", self.increment),
        }
    }

    fn graduated(&self) -> String {
        let last = self.tiers.len().saturating_sub(1);
        let tiers = self.tiers.iter().enumerate().map(|(index, tier)| match tier.up_to {
            Some(up_to) if index != last => format!("[{up_to}, {}]", tier.credits),
            _ => format!("[{}]", tier.credits),
        });
        tiers.collect::<Vec<_>>().join(", ")
    }

    /// `q <= 10 ? … : q <= 20 ? … : …`; the last tier is open, since the input ends with it.
    fn steps(&self, quantity: &str, amount: impl Fn(&Tier) -> String) -> String {
        let Some((last, tiers)) = self.tiers.split_last() else { return "0".to_owned() };
        let mut text = String::new();
        for tier in tiers {
            let up_to = tier.up_to.unwrap_or(Rational::ZERO);
            text.push_str(&format!("{quantity} <= {up_to} ? {} : ", amount(tier)));
        }
        format!("({text}{})", amount(last))
    }
}
