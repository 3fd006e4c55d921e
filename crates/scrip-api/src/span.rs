//! Spans of time as they travel: ISO 8601, `PT15M`.

use std::borrow::Cow;
use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::ToSchema;

/// A length of time, in microseconds; written as ISO 8601 (`PT15M`, `P7D`).
///
/// A day is 24 hours here. Months and years have no fixed length and are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ToSchema)]
#[schema(value_type = String, example = "PT15M", format = "duration")]
pub struct Span(u64);

impl Span {
    pub const fn from_micros(micros: u64) -> Span {
        Span(micros)
    }

    pub const fn micros(self) -> u64 {
        self.0
    }

    /// `None` if the text is not a span of ISO 8601, is negative, or counts months or years.
    pub fn parse(text: &str) -> Option<Span> {
        if !text.starts_with('P') {
            return None;
        }
        let span: jiff::Span = text.parse().ok()?;
        if span.get_years() != 0 || span.get_months() != 0 {
            return None;
        }
        let length = span.to_duration(jiff::SpanRelativeTo::days_are_24_hours()).ok()?;
        u64::try_from(length.as_micros()).ok().map(Span)
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let length = jiff::SignedDuration::from_micros(i64::try_from(self.0).unwrap_or(i64::MAX));
        write!(f, "{length}")
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Span, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        Span::parse(&text).ok_or_else(|| D::Error::custom("must be a span of ISO 8601 such as PT15M or P7D"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_iso_8601_of_fixed_length() {
        for (text, seconds) in [("PT15M", 900), ("P1D", 86_400), ("P1W", 604_800), ("PT1H30M", 5_400), ("PT0S", 0)] {
            assert_eq!(Span::parse(text), Some(Span::from_micros(seconds * 1_000_000)), "{text}");
        }
        for text in ["", "15m", "P1M", "P1Y", "-PT5M", "PT-5M", "15", "PT", "P"] {
            assert_eq!(Span::parse(text), None, "{text}");
        }
        assert_eq!(Span::from_micros(900_000_000).to_string(), "PT15M");
    }
}
