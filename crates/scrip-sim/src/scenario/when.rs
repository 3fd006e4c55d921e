//! Instants and spans as a scenario writes them: `2026-01-31 10:00` in UTC, `15m`, `2d`.

use scrip_ledger::{Span, Timestamp};

use crate::figures;

/// Reads `2026-01-31`, `10:00` or `10:00:30`.
pub fn read(date: &str, time: &str) -> Option<Timestamp> {
    let date: jiff::civil::Date = date.parse().ok()?;
    let time: jiff::civil::Time = time.parse().ok()?;
    let instant = date.to_datetime(time).to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp();
    Some(Timestamp::from_micros(instant.as_microsecond()))
}

/// Reads an instant of an answer in JSON.
pub fn read_rfc3339(text: &str) -> Option<Timestamp> {
    let instant: jiff::Timestamp = text.parse().ok()?;
    Some(Timestamp::from_micros(instant.as_microsecond()))
}

/// `2026-01-31 10:00`, with seconds only where there are any.
pub fn write(at: Timestamp) -> String {
    let Ok(instant) = jiff::Timestamp::from_microsecond(at.micros()) else { return format!("{at:?}") };
    let pattern = match at.micros().rem_euclid(60_000_000) {
        0 => "%Y-%m-%d %H:%M",
        odd if odd % 1_000_000 == 0 => "%Y-%m-%d %H:%M:%S",
        _ => "%Y-%m-%d %H:%M:%S%.f",
    };
    instant.strftime(pattern).to_string()
}

/// The same as RFC 3339.
pub fn rfc3339(at: Timestamp) -> String {
    jiff::Timestamp::from_microsecond(at.micros()).map(|instant| instant.to_string()).unwrap_or_default()
}

/// `15m`, `2d12h`.
pub fn span(text: &str) -> Option<Span> {
    figures::read_span(text).map(Span::from_micros)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_written_as_they_are_read() {
        for (date, time) in [("2026-01-31", "10:00"), ("2024-02-29", "23:59:59"), ("1999-12-31", "00:00")] {
            assert_eq!(write(read(date, time).unwrap()), format!("{date} {time}"));
        }
        assert_eq!(read("2026-02-30", "10:00"), None);
        assert_eq!(read("2026-02-03", "25:00"), None);
        assert_eq!(rfc3339(read("2026-02-03", "09:30").unwrap()), "2026-02-03T09:30:00Z");
        assert_eq!(read_rfc3339("2026-02-03T09:30:00Z"), read("2026-02-03", "09:30"));
    }
}
