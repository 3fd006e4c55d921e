//! From the wire to the core and back: one file for each kind of object.

pub(crate) mod charge;
pub(crate) mod customer;
pub(crate) mod event;
pub(crate) mod grant;
pub(crate) mod hold;
pub(crate) mod next_charge;
pub(crate) mod plan;
pub(crate) mod preview;
pub(crate) mod purchase;
pub(crate) mod quote;
pub(crate) mod statement;
pub(crate) mod subscription;
pub(crate) mod wallet;
pub(crate) mod written;

use scrip_api::{Credits, Money, Span, Text};
use scrip_ledger::amount::AmountError;
use scrip_ledger::{self as core, Name, Timestamp};

use crate::problem::Problem;

pub(crate) fn credits(amount: core::Credits) -> Credits {
    Credits::from_micro(amount.micro())
}

/// Instants outside of what RFC 3339 can say are shown as the nearest that it can.
pub(crate) fn instant(at: Timestamp) -> jiff::Timestamp {
    jiff::Timestamp::from_microsecond(at.micros()).unwrap_or(if at.micros() < 0 {
        jiff::Timestamp::MIN
    } else {
        jiff::Timestamp::MAX
    })
}

pub(crate) fn timestamp(at: jiff::Timestamp) -> Timestamp {
    Timestamp::from_micros(at.as_microsecond())
}

pub(crate) fn span(span: Span) -> core::Span {
    core::Span::from_micros(span.micros())
}

pub(crate) fn money(money: &core::Money) -> Money<'static> {
    Money { amount: scrip_api::Amount(money.amount().into()), currency: money.currency.code().to_owned().into() }
}

/// Money of a request, not negative and not finer than its currency.
pub(crate) fn paid(input: &str, money: &Money<'_>) -> Result<core::Money, Problem> {
    let currency = core::Currency::parse(&money.currency).ok_or_else(|| {
        Problem::invalid_input(
            &format!("{input}.currency"),
            "must be a currency of ISO 4217 in lower case, such as usd",
        )
    })?;
    core::Money::parse(money.amount.as_str(), currency).map_err(|error| {
        let reason = match error {
            AmountError::TooFine => "has more decimals than its currency has".to_owned(),
            other => other.to_string(),
        };
        Problem::invalid_amount(&format!("{input}.amount"), reason)
    })
}

/// An amount that moves: greater than zero, and not finer than the credit.
pub(crate) fn moved(input: &str, amount: &scrip_api::Amount<'_>, decimals: u8) -> Result<core::Credits, Problem> {
    let credits =
        core::Credits::parse(amount.as_str(), decimals).map_err(|error| Problem::invalid_amount(input, error))?;
    if credits.is_positive() { Ok(credits) } else { Err(Problem::invalid_amount(input, "must be greater than zero")) }
}

/// Bytes that a name of the product's own may have.
const NAME_BYTES_MAX: usize = 128;

/// A name of the product's own: 1 to 128 bytes without control characters.
pub(crate) fn name(input: &str, text: &str) -> Result<Name, Problem> {
    if text.is_empty() || NAME_BYTES_MAX < text.len() || text.chars().any(char::is_control) {
        return Err(Problem::invalid_input(input, "must have 1 to 128 bytes and no control characters"));
    }
    Ok(Name::from(text))
}

pub(crate) fn name_opt(input: &str, text: Option<&Text<'_>>) -> Result<Option<Name>, Problem> {
    text.map(|text| name(input, text)).transpose()
}

/// Bytes that a text for people may have: a label, a reason.
const NOTE_BYTES_MAX: usize = 1_024;

pub(crate) fn note(input: &str, text: Option<&Text<'_>>) -> Result<Option<Name>, Problem> {
    match text {
        Some(text) if NOTE_BYTES_MAX < text.len() => Err(Problem::invalid_input(input, "must have at most 1024 bytes")),
        Some(text) => Ok(Some(Name::from(text.as_str()))),
        None => Ok(None),
    }
}

/// Entries that metadata may have.
const METADATA_MAX: usize = 50;

pub(crate) fn metadata_in(metadata: &scrip_api::input::Metadata<'_>) -> Result<Vec<(Name, Name)>, Problem> {
    if METADATA_MAX < metadata.0.len() {
        return Err(Problem::invalid_input("metadata", "must have at most 50 entries"));
    }
    let entry = |(key, value): &(Text<'_>, Text<'_>)| {
        if NOTE_BYTES_MAX < value.len() {
            return Err(Problem::invalid_input("metadata", "must have values of at most 1024 bytes"));
        }
        Ok((name("metadata", key)?, Name::from(value.as_str())))
    };
    metadata.0.iter().map(entry).collect()
}

pub(crate) fn metadata_out(metadata: &[(Name, Name)]) -> scrip_api::input::Metadata<'_> {
    scrip_api::input::Metadata(metadata.iter().map(|(key, value)| (text(key), text(value))).collect())
}

pub(crate) fn text(name: &Name) -> Text<'_> {
    Text::new(name.as_str())
}

pub(crate) fn text_opt(name: &Option<Name>) -> Option<Text<'_>> {
    name.as_ref().map(text)
}
