//! Exact numbers of prices: fractions of two checked `i128`, never floats and never rounded decimals.
//!
//! `1 / 3 * 4.5` is exactly 1.5 here, so it rounds to 2; with 28 decimal digits it would round to 1.

use core::cmp::Ordering;
use core::fmt;
use core::str::FromStr;

use scrip_ledger::Credits;
use scrip_ledger::amount::CREDIT_DECIMALS_MAX;

/// An exact number: a reduced fraction whose denominator is positive.
///
/// Equal numbers have equal parts, so `==` and `Ord` mean what they say. Arithmetic that leaves the
/// range (about ±1.7 · 10³⁸ for numerator and denominator) is an error, never a wrong number.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rational {
    /// Never `i128::MIN`, so that every number has its negative.
    numerator: i128,
    denominator: i128,
}

/// Why there is no number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberError {
    /// Not plain decimal digits with an optional point.
    Malformed,
    /// Larger, or finer, than this arithmetic can hold; also more credits than the ledger can count.
    Overflow,
    DivisionByZero,
    /// Has more decimals than the credit, and rounding is `Exact`.
    TooFine,
}

impl NumberError {
    /// Stable name of the refusal.
    pub fn code(self) -> &'static str {
        match self {
            NumberError::Malformed => "malformed_number",
            NumberError::Overflow => "overflow",
            NumberError::DivisionByZero => "division_by_zero",
            NumberError::TooFine => "too_fine",
        }
    }
}

impl fmt::Display for NumberError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            NumberError::Malformed => "must be plain decimal digits with an optional point, such as 12.5",
            NumberError::Overflow => "is larger or finer than can be counted",
            NumberError::DivisionByZero => "divides by zero",
            NumberError::TooFine => "has more decimals than this credit has",
        })
    }
}

impl std::error::Error for NumberError {}

/// How a number becomes one with fewer decimals (MISSION A03: half up is the default of the field).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rounding {
    /// To the nearest; a tie goes away from zero: 4.5 is 5, 18.5 is 19, -4.5 is -5.
    #[default]
    HalfUp,
    /// To the next one that is not smaller: 4.1 is 5, -4.9 is -4.
    Up,
    /// To the next one that is not larger: 4.9 is 4, -4.1 is -5.
    Down,
    /// Not at all: what does not fit is refused as [`NumberError::TooFine`].
    Exact,
}

type Outcome = Result<Rational, NumberError>;

impl Rational {
    pub const ZERO: Rational = Rational::from_integer(0);
    pub const ONE: Rational = Rational::from_integer(1);

    pub const fn from_integer(whole: i64) -> Rational {
        Rational { numerator: whole as i128, denominator: 1 }
    }

    /// `numerator / denominator`, reduced. Refused: `DivisionByZero`, `Overflow` (only for `i128::MIN`).
    pub fn new(numerator: i128, denominator: i128) -> Outcome {
        if denominator == 0 {
            return Err(NumberError::DivisionByZero);
        }
        if numerator == i128::MIN || denominator == i128::MIN {
            return Err(NumberError::Overflow);
        }
        let (numerator, denominator) =
            if denominator < 0 { (-numerator, -denominator) } else { (numerator, denominator) };
        Ok(reduced(numerator, denominator))
    }

    /// A whole number, which may be larger than 64 bits.
    pub fn from_i128(whole: i128) -> Outcome {
        Rational::new(whole, 1)
    }

    pub fn from_credits(credits: Credits) -> Rational {
        reduced(i128::from(credits.micro()), MICRO)
    }

    /// Plain decimal text with an optional leading minus: `-12.5`. Prices themselves are parsed without one.
    pub fn parse_signed(text: &str) -> Outcome {
        match text.strip_prefix('-') {
            Some(magnitude) => magnitude.parse::<Rational>().map(Rational::negated),
            None => text.parse(),
        }
    }

    pub const fn numerator(self) -> i128 {
        self.numerator
    }

    pub const fn denominator(self) -> i128 {
        self.denominator
    }

    pub const fn is_integer(self) -> bool {
        self.denominator == 1
    }

    pub const fn is_zero(self) -> bool {
        self.numerator == 0
    }

    pub const fn is_positive(self) -> bool {
        self.numerator > 0
    }

    pub const fn is_negative(self) -> bool {
        self.numerator < 0
    }

    /// The whole number as 64 bits; `None` for a fraction or a larger number.
    pub fn to_integer(self) -> Option<i64> {
        if self.is_integer() { i64::try_from(self.numerator).ok() } else { None }
    }

    pub const fn negated(self) -> Rational {
        Rational { numerator: -self.numerator, denominator: self.denominator }
    }

    pub const fn abs(self) -> Rational {
        Rational { numerator: self.numerator.abs(), denominator: self.denominator }
    }

    pub fn checked_add(self, other: Rational) -> Outcome {
        let (a, b, c, d) = (self.numerator, self.denominator, other.numerator, other.denominator);
        if b == 1 || d == 1 {
            // One side is whole: what is reduced stays reduced.
            return whole_or_overflow(sum(product(a, d)?, product(c, b)?)?, if b == 1 { d } else { b });
        }
        if b == d {
            return Ok(reduced(bounded(sum(a, c)?)?, b));
        }
        // Knuth: only factors that both denominators share can cancel.
        let shared = gcd(b, d);
        let (b_part, d_part) = (quotient(b, shared), quotient(d, shared));
        let numerator = bounded(sum(product(a, d_part)?, product(c, b_part)?)?)?;
        let common = gcd(numerator, shared);
        let denominator = product(b_part, quotient(d, common))?;
        Ok(Rational { numerator: quotient(numerator, common), denominator })
    }

    pub fn checked_sub(self, other: Rational) -> Outcome {
        self.checked_add(other.negated())
    }

    pub fn checked_mul(self, other: Rational) -> Outcome {
        let (a, b, c, d) = (self.numerator, self.denominator, other.numerator, other.denominator);
        if b == 1 && d == 1 {
            return whole_or_overflow(product(a, c)?, 1);
        }
        let (left, right) = (gcd(a, d), gcd(c, b));
        let numerator = product(quotient(a, left), quotient(c, right))?;
        whole_or_overflow(numerator, product(quotient(b, right), quotient(d, left))?)
    }

    /// Refused: `DivisionByZero`, `Overflow`.
    pub fn checked_div(self, other: Rational) -> Outcome {
        match other.numerator.signum() {
            0 => Err(NumberError::DivisionByZero),
            1 => self.checked_mul(Rational { numerator: other.denominator, denominator: other.numerator }),
            _ => self.checked_mul(Rational { numerator: -other.denominator, denominator: -other.numerator }),
        }
    }

    /// What is left of whole multiples of `other`: between zero and `other`, so `7 % 3` is 1 and `-7 % 3` is 2.
    pub fn checked_rem(self, other: Rational) -> Outcome {
        let times = self.checked_div(other)?.floor();
        self.checked_sub(times.checked_mul(other)?)
    }

    pub fn floor(self) -> Rational {
        if self.denominator == 1 {
            return self;
        }
        whole(quotient_floor(self.numerator, self.denominator))
    }

    pub fn ceil(self) -> Rational {
        if self.denominator == 1 {
            return self;
        }
        // A fraction in lowest terms is never whole, and at most half the range: adding one is safe.
        whole(quotient_floor(self.numerator, self.denominator) + 1)
    }

    /// To the nearest whole number; a tie goes away from zero (MISSION A03).
    pub fn round(self) -> Rational {
        if self.denominator == 1 {
            return self;
        }
        let magnitude = self.numerator.abs();
        let below = quotient(magnitude, self.denominator);
        let rest = magnitude - below * self.denominator;
        let nearest = if rest >= self.denominator - rest { below + 1 } else { below };
        whole(nearest * self.numerator.signum())
    }

    /// To a whole number. Refused: `TooFine` for a fraction under `Rounding::Exact`.
    pub fn round_by(self, rounding: Rounding) -> Outcome {
        match rounding {
            Rounding::HalfUp => Ok(self.round()),
            Rounding::Up => Ok(self.ceil()),
            Rounding::Down => Ok(self.floor()),
            Rounding::Exact if self.is_integer() => Ok(self),
            Rounding::Exact => Err(NumberError::TooFine),
        }
    }

    /// To a multiple of `step`: 61 to 15 up is 75. Refused: `DivisionByZero`, `TooFine`, `Overflow`.
    pub fn round_to_multiple(self, step: Rational, rounding: Rounding) -> Outcome {
        self.checked_div(step)?.round_by(rounding)?.checked_mul(step)
    }

    /// To that many decimals. Refused: `Overflow` above 38 decimals, `TooFine`.
    pub fn round_to_decimals(self, decimals: u32, rounding: Rounding) -> Outcome {
        if decimals == 0 {
            return self.round_by(rounding);
        }
        let scale = 10i128.checked_pow(decimals).ok_or(NumberError::Overflow)?;
        if scale % self.denominator == 0 {
            return Ok(self);
        }
        self.checked_mul(whole(scale))?.round_by(rounding)?.checked_div(whole(scale))
    }

    /// The amount to charge in a credit of that many decimals (at most six).
    ///
    /// Refused: `TooFine` under `Rounding::Exact`, `Overflow` if it is more than the ledger can count.
    pub fn to_credits(self, decimals: u8, rounding: Rounding) -> Result<Credits, NumberError> {
        let decimals = u32::from(decimals.min(CREDIT_DECIMALS_MAX));
        let rounded = self.round_to_decimals(decimals, rounding)?;
        let micro = rounded.checked_mul(whole(MICRO))?;
        micro.to_integer().map(Credits::from_micro).ok_or(NumberError::Overflow)
    }

    /// How many decimals it is written with; `None` if they never end (1/3).
    pub fn decimals(self) -> Option<u32> {
        let mut rest = self.denominator;
        let twos = rest.trailing_zeros();
        rest >>= twos;
        let mut fives = 0;
        while rest % 5 == 0 {
            rest /= 5;
            fives += 1;
        }
        (rest == 1).then_some(twos.max(fives))
    }
}

const MICRO: i128 = 1_000_000;

fn whole(numerator: i128) -> Rational {
    Rational { numerator, denominator: 1 }
}

fn whole_or_overflow(numerator: i128, denominator: i128) -> Outcome {
    Ok(Rational { numerator: bounded(numerator)?, denominator })
}

fn bounded(numerator: i128) -> Result<i128, NumberError> {
    if numerator == i128::MIN { Err(NumberError::Overflow) } else { Ok(numerator) }
}

fn reduced(numerator: i128, denominator: i128) -> Rational {
    let common = gcd(numerator, denominator);
    Rational { numerator: quotient(numerator, common), denominator: quotient(denominator, common) }
}

fn sum(a: i128, b: i128) -> Result<i128, NumberError> {
    a.checked_add(b).ok_or(NumberError::Overflow)
}

/// Two factors of 64 bits can't overflow, and skip the slow checked multiplication.
fn product(a: i128, b: i128) -> Result<i128, NumberError> {
    match (i64::try_from(a), i64::try_from(b)) {
        (Ok(a), Ok(b)) => Ok(i128::from(a) * i128::from(b)),
        _ => a.checked_mul(b).ok_or(NumberError::Overflow),
    }
}

/// `a / b` towards zero, in 64 bits when both fit. `b` is positive, so nothing can overflow.
fn quotient(a: i128, b: i128) -> i128 {
    if b == 1 {
        return a;
    }
    match (i64::try_from(a), i64::try_from(b)) {
        (Ok(a), Ok(b)) => i128::from(a / b),
        _ => a / b,
    }
}

fn quotient_floor(a: i128, b: i128) -> i128 {
    match (i64::try_from(a), i64::try_from(b)) {
        (Ok(a), Ok(b)) => i128::from(a.div_euclid(b)),
        _ => a.div_euclid(b),
    }
}

/// The greatest common divisor, at least 1; `b` is positive.
fn gcd(a: i128, b: i128) -> i128 {
    if b == 1 {
        return 1;
    }
    let (mut a, mut b) = (a.unsigned_abs(), b.unsigned_abs());
    while b > u128::from(u64::MAX) || a > u128::from(u64::MAX) {
        if b == 0 {
            return a as i128;
        }
        (a, b) = (b, a % b);
    }
    i128::from(gcd_small(a as u64, b as u64))
}

/// Binary algorithm: shifts and subtractions only, and at once done for a power of two.
fn gcd_small(mut a: u64, mut b: u64) -> u64 {
    if a == 0 || b == 0 {
        return a | b;
    }
    let twos = (a | b).trailing_zeros();
    a >>= a.trailing_zeros();
    b >>= b.trailing_zeros();
    while a != b {
        if a > b {
            core::mem::swap(&mut a, &mut b);
        }
        if a == 1 {
            break;
        }
        b -= a;
        b >>= b.trailing_zeros();
    }
    a << twos
}

impl From<i64> for Rational {
    fn from(whole: i64) -> Rational {
        Rational::from_integer(whole)
    }
}

impl From<i32> for Rational {
    fn from(whole: i32) -> Rational {
        Rational::from_integer(i64::from(whole))
    }
}

impl From<u32> for Rational {
    fn from(whole: u32) -> Rational {
        Rational::from_integer(i64::from(whole))
    }
}

impl From<Credits> for Rational {
    fn from(credits: Credits) -> Rational {
        Rational::from_credits(credits)
    }
}

impl FromStr for Rational {
    type Err = NumberError;

    /// Plain digits with an optional point; no sign, exponent or space. Refused: `Malformed`, `Overflow`.
    fn from_str(text: &str) -> Outcome {
        let (whole, fraction) = match text.split_once('.') {
            Some((_, "")) => return Err(NumberError::Malformed),
            Some((whole, fraction)) => (whole, fraction),
            None => (text, ""),
        };
        if whole.is_empty() || !whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit()) {
            return Err(NumberError::Malformed);
        }
        let fraction = fraction.trim_end_matches('0');
        let digits = whole.bytes().chain(fraction.bytes());
        let numerator =
            digits.clone().try_fold(0i128, |sum, digit| sum.checked_mul(10)?.checked_add(i128::from(digit - b'0')));
        let scale = u32::try_from(fraction.len()).ok().and_then(|decimals| 10i128.checked_pow(decimals));
        match (numerator, scale) {
            (Some(numerator), Some(scale)) => Ok(reduced(numerator, scale)),
            _ => Err(NumberError::Overflow),
        }
    }
}

impl PartialOrd for Rational {
    fn partial_cmp(&self, other: &Rational) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Rational {
    fn cmp(&self, other: &Rational) -> Ordering {
        if self.denominator == other.denominator {
            return self.numerator.cmp(&other.numerator);
        }
        match (product(self.numerator, other.denominator), product(other.numerator, self.denominator)) {
            (Ok(left), Ok(right)) => left.cmp(&right),
            _ => compare_by_parts(*self, *other),
        }
    }
}

/// Whole parts first, then the reciprocals of what is left: a continued fraction, which can't overflow.
fn compare_by_parts(mut left: Rational, mut right: Rational) -> Ordering {
    loop {
        let (left_whole, right_whole) = (left.floor().numerator, right.floor().numerator);
        let left_rest = left.numerator.rem_euclid(left.denominator);
        let right_rest = right.numerator.rem_euclid(right.denominator);
        let order = left_whole.cmp(&right_whole);
        if order.is_ne() || left_rest == 0 || right_rest == 0 {
            return order.then(left_rest.cmp(&0).cmp(&right_rest.cmp(&0)));
        }
        // left_rest / d < right_rest / e exactly if e / right_rest < d / left_rest.
        let next_left = Rational { numerator: right.denominator, denominator: right_rest };
        right = Rational { numerator: left.denominator, denominator: left_rest };
        left = next_left;
    }
}

/// Longest fraction that is written out; beyond it, and for endless ones, `1/3` is written.
const WRITTEN_DECIMALS_MAX: u32 = 40;

impl fmt::Display for Rational {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(decimals) = self.decimals().filter(|decimals| *decimals <= WRITTEN_DECIMALS_MAX) else {
            return write!(f, "{}/{}", self.numerator, self.denominator);
        };
        let (magnitude, denominator) = (self.numerator.unsigned_abs(), self.denominator.unsigned_abs());
        let sign = if self.numerator < 0 { "-" } else { "" };
        write!(f, "{sign}{}", magnitude / denominator)?;
        if decimals > 0 {
            f.write_str(".")?;
        }
        let mut rest = magnitude % denominator;
        for _ in 0..decimals {
            // Ten times the rest by additions: it may not fit, the sum of two rests does.
            let (mut digit, mut tenfold) = (0, 0);
            for _ in 0..10 {
                tenfold += rest;
                if tenfold >= denominator {
                    tenfold -= denominator;
                    digit += 1;
                }
            }
            write!(f, "{digit}")?;
            rest = tenfold;
        }
        Ok(())
    }
}

impl fmt::Debug for Rational {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests;
