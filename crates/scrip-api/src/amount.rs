//! Amounts as they travel: credits and money are decimal strings, never floats.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Error as _, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::ToSchema;

/// Credits of an answer, in millionths; written as a canonical decimal string (`"12.5"`).
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, ToSchema)]
#[schema(value_type = String, pattern = r"^-?[0-9]+(\.[0-9]{1,6})?$", example = "12.5")]
pub struct Credits(i64);

impl Credits {
    pub const fn from_micro(micro: i64) -> Credits {
        Credits(micro)
    }

    pub const fn micro(self) -> i64 {
        self.0
    }

    /// Writes the canonical form into `buffer` and answers it.
    pub fn write(self, buffer: &mut [u8; 24]) -> &str {
        let mut at = buffer.len();
        let mut magnitude = self.0.unsigned_abs();
        let mut significant = false;
        for place in 0..26 {
            if place == 6 && significant {
                at -= 1;
                buffer[at] = b'.';
            }
            let digit = (magnitude % 10) as u8;
            magnitude /= 10;
            if place >= 6 || significant || digit != 0 {
                at -= 1;
                buffer[at] = b'0' + digit;
                significant = true;
            }
            if place >= 6 && magnitude == 0 {
                break;
            }
        }
        if self.0 < 0 {
            at -= 1;
            buffer[at] = b'-';
        }
        std::str::from_utf8(&buffer[at..]).unwrap_or("0")
    }
}

impl fmt::Display for Credits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.write(&mut [0; 24]))
    }
}

impl fmt::Debug for Credits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl Serialize for Credits {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.write(&mut [0; 24]))
    }
}

impl<'de> Deserialize<'de> for Credits {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Credits, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        parse_micro(&text).map(Credits).ok_or_else(|| D::Error::custom("not an amount of credits"))
    }
}

/// The canonical form, with an optional sign: what answers contain.
fn parse_micro(text: &str) -> Option<i64> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let plain = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || fraction.len() > 6 || !plain(whole) || !plain(fraction) {
        return None;
    }
    let padding = std::iter::repeat_n(b'0', 6 - fraction.len());
    let magnitude = whole.bytes().chain(fraction.bytes()).chain(padding).try_fold(0i64, |sum, digit| {
        sum.checked_mul(10)?.checked_sub(i64::from(digit - b'0')) // towards the minimum, which has no positive
    })?;
    if negative { Some(magnitude) } else { magnitude.checked_neg() }
}

/// An amount of credits in a request: a plain decimal string or an integer, by its own digits.
///
/// Only its form is checked here; how many decimals the credit has is the catalog's matter.
#[derive(Clone, Debug, PartialEq, Eq, ToSchema)]
#[schema(value_type = String, pattern = r"^[0-9]+(\.[0-9]{1,6})?$", example = "12.5")]
pub struct Amount<'a>(pub Cow<'a, str>);

/// How a message about an amount of the wrong form begins; whoever maps errors to codes looks for it.
pub const INVALID_AMOUNT: &str = "invalid amount: ";

const AMOUNT_FORM: &str = "must be a decimal string such as \"12.5\" or an integer, not negative";

impl Amount<'_> {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn into_owned(self) -> Amount<'static> {
        Amount(Cow::Owned(self.0.into_owned()))
    }
}

impl<'a> From<&'a str> for Amount<'a> {
    fn from(text: &'a str) -> Amount<'a> {
        Amount(Cow::Borrowed(text))
    }
}

impl Serialize for Amount<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Amount<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Amount<'a>, D::Error> {
        deserializer.deserialize_any(AmountVisitor).map(Amount)
    }
}

struct AmountVisitor;

impl<'de> Visitor<'de> for AmountVisitor {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a decimal string or an integer")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E>(self, text: &str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Owned(text.to_owned()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Owned(number.to_string()))
    }

    fn visit_i64<E: serde::de::Error>(self, _: i64) -> Result<Cow<'de, str>, E> {
        refuse()
    }

    fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<Cow<'de, str>, E> {
        refuse()
    }

    fn visit_bool<E: serde::de::Error>(self, _: bool) -> Result<Cow<'de, str>, E> {
        refuse()
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<Cow<'de, str>, E> {
        refuse()
    }

    fn visit_seq<A: serde::de::SeqAccess<'de>>(self, _: A) -> Result<Cow<'de, str>, A::Error> {
        refuse()
    }

    fn visit_map<A: serde::de::MapAccess<'de>>(self, _: A) -> Result<Cow<'de, str>, A::Error> {
        refuse()
    }
}

fn refuse<T, E: serde::de::Error>() -> Result<T, E> {
    Err(E::custom(format_args!("{INVALID_AMOUNT}{AMOUNT_FORM}")))
}

/// Money: an amount in a currency (ISO 4217, lower case).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, remote = "Self")]
pub struct Money<'a> {
    /// With the decimals of its currency in answers.
    #[serde(borrow)]
    #[schema(example = "49.00")]
    pub amount: Amount<'a>,
    #[schema(value_type = String, example = "usd")]
    pub currency: Cow<'a, str>,
}

crate::object::objects_only!(Money);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credits_are_written_in_canonical_form_and_read_back() {
        for (micro, text) in [
            (0, "0"),
            (1, "0.000001"),
            (100_000, "0.1"),
            (12_500_000, "12.5"),
            (10_000_000, "10"),
            (-1_250_000, "-1.25"),
            (i64::MAX, "9223372036854.775807"),
            (i64::MIN, "-9223372036854.775808"),
        ] {
            assert_eq!(Credits(micro).to_string(), text);
            let json = serde_json::to_string(&Credits(micro)).unwrap();
            assert_eq!(json, format!("\"{text}\""));
            assert_eq!(serde_json::from_str::<Credits>(&json).unwrap(), Credits(micro));
        }
    }

    #[test]
    fn money_is_an_object() {
        let read = |json: &str| serde_json::from_str::<Money<'_>>(json).map(|money| money.currency.into_owned());
        assert_eq!(read(r#"{"amount": 5, "currency": "usd"}"#).unwrap(), "usd");
        assert!(read(r#"["5", "usd"]"#).is_err());
    }

    #[test]
    fn an_amount_is_a_string_or_an_integer_and_never_a_float() {
        let read = |json: &str| serde_json::from_str::<Amount<'_>>(json).map(|amount| amount.0.into_owned());
        assert_eq!(read("\"12.5\"").unwrap(), "12.5");
        assert_eq!(read("12").unwrap(), "12");
        for json in
            ["12.5", "1.0", "1e9", "-1", "1234567890123456789012345678901234567890", "true", "null", "[1]", "{}"]
        {
            let error = read(json).unwrap_err().to_string();
            assert!(error.starts_with(INVALID_AMOUNT), "{json}: {error}");
        }
    }
}
