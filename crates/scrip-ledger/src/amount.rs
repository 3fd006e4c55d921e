//! Amounts: credits as fixed-point integers, money as minor units, and the one way to round.
//!
//! A credit is counted in millionths, so that every published price (0.1 per four images, 0.0375 a
//! second) is exact. All arithmetic is checked; nothing here can overflow silently or see a float.

use core::fmt;
use core::str::FromStr;
use minicbor::{Decode, Encode};

/// Credits in millionths: `Credits::from_micro(1_500_000)` is 1.5 credits.
///
/// Holds up to ±9.2 · 10¹² credits. Printed and parsed in canonical decimal form (`12.5`, no
/// trailing zeros, no exponent).
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct Credits(#[n(0)] i64);

/// Why a text is not an amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AmountError {
    /// Not plain decimal digits with an optional point (signs, exponents and spaces included).
    Malformed,
    /// More than six decimals, or finer than the credit's own decimals.
    TooFine,
    /// More than the ledger can count.
    TooLarge,
}

impl fmt::Display for AmountError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            AmountError::Malformed => "must be plain decimal digits with an optional point, such as 12.5",
            AmountError::TooFine => "has more decimals than this credit has",
            AmountError::TooLarge => "is larger than the ledger can count",
        })
    }
}

impl std::error::Error for AmountError {}

/// Decimals that a millionth has.
pub const CREDIT_DECIMALS_MAX: u8 = 6;
const MICRO: i64 = 1_000_000;

impl Credits {
    pub const ZERO: Credits = Credits(0);
    pub const MAX: Credits = Credits(i64::MAX);

    pub const fn from_micro(micro: i64) -> Credits {
        Credits(micro)
    }

    /// Whole credits; `None` above 9.2 · 10¹².
    pub const fn from_whole(whole: i64) -> Option<Credits> {
        match whole.checked_mul(MICRO) {
            Some(micro) => Some(Credits(micro)),
            None => None,
        }
    }

    pub const fn micro(self) -> i64 {
        self.0
    }

    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    pub const fn is_positive(self) -> bool {
        self.0 > 0
    }

    pub const fn checked_add(self, other: Credits) -> Option<Credits> {
        match self.0.checked_add(other.0) {
            Some(micro) => Some(Credits(micro)),
            None => None,
        }
    }

    pub const fn checked_sub(self, other: Credits) -> Option<Credits> {
        match self.0.checked_sub(other.0) {
            Some(micro) => Some(Credits(micro)),
            None => None,
        }
    }

    /// What is left after taking `other`, never below zero.
    pub fn saturating_sub(self, other: Credits) -> Credits {
        Credits(self.0.saturating_sub(other.0).max(0))
    }

    /// Can it be counted in a credit of that many decimals?
    pub const fn fits_decimals(self, decimals: u8) -> bool {
        self.0 % quantum_micro(decimals) == 0
    }

    /// `self · numerator / denominator`, rounded half up once, to a credit of `decimals`.
    ///
    /// `None` if the denominator is zero or the result is too large. Amounts are not negative here.
    pub fn share(self, numerator: u64, denominator: u64, decimals: u8) -> Option<Credits> {
        let quantum = i128::from(quantum_micro(decimals));
        let divisor = i128::from(denominator).checked_mul(quantum)?;
        if divisor == 0 {
            return None;
        }
        let product = i128::from(self.0).checked_mul(i128::from(numerator))?;
        let rounded = product.checked_add(divisor / 2)?.div_euclid(divisor);
        i64::try_from(rounded.checked_mul(quantum)?).ok().map(Credits)
    }

    /// Parses at most `decimals` decimals; the credit's own precision.
    pub fn parse(text: &str, decimals: u8) -> Result<Credits, AmountError> {
        let credits: Credits = text.parse()?;
        if credits.fits_decimals(decimals) { Ok(credits) } else { Err(AmountError::TooFine) }
    }
}

/// Millionths in the smallest unit of a credit with that many decimals.
const fn quantum_micro(decimals: u8) -> i64 {
    match decimals {
        0 => 1_000_000,
        1 => 100_000,
        2 => 10_000,
        3 => 1_000,
        4 => 100,
        5 => 10,
        _ => 1,
    }
}

impl FromStr for Credits {
    type Err = AmountError;

    /// Plain digits with an optional point and at most six decimals; no sign, exponent or space.
    fn from_str(text: &str) -> Result<Credits, AmountError> {
        decimal_to_scaled(text, CREDIT_DECIMALS_MAX as usize).map(Credits)
    }
}

/// `"12.5"` at scale 6 is 12,500,000. Shared by credits and money, whose scales differ.
fn decimal_to_scaled(text: &str, scale: usize) -> Result<i64, AmountError> {
    let (whole, fraction) = match text.split_once('.') {
        Some((whole, fraction)) if !fraction.is_empty() => (whole, fraction),
        Some(_) => return Err(AmountError::Malformed),
        None => (text, ""),
    };
    if whole.is_empty() || !whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit()) {
        return Err(AmountError::Malformed);
    }
    if fraction.len() > scale {
        return Err(AmountError::TooFine);
    }
    let padding = std::iter::repeat_n(b'0', scale - fraction.len());
    whole.bytes().chain(fraction.bytes()).chain(padding).try_fold(0i64, |sum, digit| {
        sum.checked_mul(10).and_then(|tens| tens.checked_add(i64::from(digit - b'0'))).ok_or(AmountError::TooLarge)
    })
}

impl fmt::Display for Credits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let magnitude = self.0.unsigned_abs();
        let (whole, micro) = (magnitude / MICRO as u64, magnitude % MICRO as u64);
        if self.0 < 0 {
            f.write_str("-")?;
        }
        if micro == 0 {
            return write!(f, "{whole}");
        }
        let digits = format!("{micro:06}");
        write!(f, "{whole}.{}", digits.trim_end_matches('0'))
    }
}

impl fmt::Debug for Credits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// The sum of amounts that together were issued and so can be counted.
///
/// Panics on overflow: the parts of one wallet never sum to more than the ledger issued.
impl std::iter::Sum for Credits {
    fn sum<I: Iterator<Item = Credits>>(amounts: I) -> Credits {
        amounts.fold(Credits::ZERO, |sum, amount| {
            sum.checked_add(amount).expect("credits of one wallet are counted within i64")
        })
    }
}

/// A currency of money: three lower-case letters (ISO 4217), `usd`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct Currency(#[cbor(n(0), with = "minicbor::bytes")] [u8; 3]);

/// Currencies whose minor unit is the unit itself, and those with three decimals (ISO 4217).
const NO_MINOR_UNIT: [&str; 16] =
    ["bif", "clp", "djf", "gnf", "isk", "jpy", "kmf", "krw", "pyg", "rwf", "ugx", "vnd", "vuv", "xaf", "xof", "xpf"];
const THREE_DECIMALS: [&str; 7] = ["bhd", "iqd", "jod", "kwd", "lyd", "omr", "tnd"];

impl Currency {
    pub fn parse(code: &str) -> Option<Currency> {
        let bytes: [u8; 3] = code.as_bytes().try_into().ok()?;
        bytes.iter().all(u8::is_ascii_lowercase).then_some(Currency(bytes))
    }

    pub fn code(&self) -> &str {
        core::str::from_utf8(&self.0).unwrap_or("???")
    }

    pub fn decimals(&self) -> usize {
        if NO_MINOR_UNIT.contains(&self.code()) {
            0
        } else if THREE_DECIMALS.contains(&self.code()) {
            3
        } else {
            2
        }
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// Money: an amount in the minor unit of its currency (4900 and `usd` is 49.00 dollars).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Encode, Decode)]
pub struct Money {
    #[n(0)]
    pub minor: i64,
    #[n(1)]
    pub currency: Currency,
}

impl Money {
    /// `"49.00"` or `"49"`, not finer than the currency's minor unit.
    pub fn parse(amount: &str, currency: Currency) -> Result<Money, AmountError> {
        decimal_to_scaled(amount, currency.decimals()).map(|minor| Money { minor, currency })
    }

    /// So many times the amount; `None` above what an amount can count.
    pub fn times(self, count: u32) -> Option<Money> {
        self.minor.checked_mul(i64::from(count)).map(|minor| Money { minor, ..self })
    }

    /// The amount as a decimal with all of the currency's decimals: `49.00`.
    pub fn amount(&self) -> String {
        let decimals = self.currency.decimals();
        let digits = format!("{:0width$}", self.minor.unsigned_abs(), width = decimals + 1);
        let (whole, fraction) = digits.split_at(digits.len() - decimals);
        let sign = if self.minor < 0 { "-" } else { "" };
        if decimals == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credits(text: &str) -> Credits {
        text.parse().expect(text)
    }

    #[test]
    fn amounts_are_printed_in_canonical_form() {
        for (text, shown) in [("12.50", "12.5"), ("0.1", "0.1"), ("007", "7"), ("0.000001", "0.000001"), ("0", "0")] {
            assert_eq!(credits(text).to_string(), shown);
        }
        assert_eq!(Credits::from_micro(-1_250_000).to_string(), "-1.25");
    }

    #[test]
    fn what_is_not_a_plain_decimal_is_refused() {
        for text in ["", ".", "1.", ".5", "-1", "+1", "1e3", " 1", "1 ", "NaN", "inf", "1_000", "1,5", "٣"] {
            assert_eq!(text.parse::<Credits>(), Err(AmountError::Malformed), "{text:?}");
        }
        assert_eq!("0.0000001".parse::<Credits>(), Err(AmountError::TooFine));
        assert_eq!("9999999999999999999999999999999999999999".parse::<Credits>(), Err(AmountError::TooLarge));
        assert_eq!(Credits::parse("0.25", 1), Err(AmountError::TooFine));
    }

    #[test]
    fn ten_times_a_tenth_is_exactly_one() {
        let sum: Credits = std::iter::repeat_n(credits("0.1"), 10).sum();
        assert_eq!(sum, credits("1"));
    }

    #[test]
    fn a_share_is_rounded_half_up_to_the_credits_own_decimals() {
        for (amount, numerator, denominator, decimals, share) in [
            ("4", 1, 4, 0, "1"),
            ("10", 1, 4, 0, "3"),
            ("10", 1, 4, 1, "2.5"),
            ("5", 1, 3, 0, "2"),
            ("5", 1, 3, 6, "1.666667"),
            ("7", 3, 3, 0, "7"),
            ("7", 0, 3, 0, "0"),
        ] {
            assert_eq!(credits(amount).share(numerator, denominator, decimals), Some(credits(share)));
        }
        assert_eq!(credits("1").share(1, 0, 0), None);
        assert_eq!(Credits::MAX.share(u64::MAX, 1, 6), None);
    }

    #[test]
    fn money_keeps_the_decimals_of_its_currency() {
        let usd = Currency::parse("usd").unwrap();
        let jpy = Currency::parse("jpy").unwrap();
        assert_eq!(Money::parse("49", usd).unwrap().amount(), "49.00");
        assert_eq!(Money::parse("0.05", usd).unwrap().amount(), "0.05");
        assert_eq!(Money::parse("500", jpy).unwrap().amount(), "500");
        assert_eq!(Money::parse("49.001", usd), Err(AmountError::TooFine));
        assert_eq!(Currency::parse("USD"), None);
    }
}
