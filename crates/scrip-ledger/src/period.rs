//! Periods: the hour of the clock, the calendar day, week, month or year that limits, allowances and promotions count in.

use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::cycle;
use crate::plan::Interval;
use crate::time::Timestamp;

/// The period of the calendar in which an instant lies; half-open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Period {
    pub(crate) start: Timestamp,
    /// `None`: it never ends.
    pub(crate) end: Option<Timestamp>,
}

const EVER: Period = Period { start: Timestamp::MIN, end: None };

impl Period {
    /// Hours are those of the clock in UTC. Days begin at midnight in the zone, weeks on Monday, months and years
    /// on their first day; 30 days are counted in blocks from 1970-01-01. `None` is ever. An unknown zone reads as
    /// UTC.
    pub(crate) fn of(per: Option<Interval>, zone: &str, at: Timestamp) -> Period {
        per.and_then(|per| calendar_period(per, &cycle::zone(zone), at)).unwrap_or(EVER)
    }
}

/// When the period began in which an instant lies.
pub(crate) fn period_start(per: Option<Interval>, zone: &str, at: Timestamp) -> Timestamp {
    Period::of(per, zone, at).start
}

fn calendar_period(interval: Interval, zone: &TimeZone, at: Timestamp) -> Option<Period> {
    if interval == Interval::Hour {
        return hour_of_the_clock(at);
    }
    let date = jiff::Timestamp::from_microsecond(at.micros()).ok()?.to_zoned(zone.clone()).date();
    let first = match interval {
        Interval::ThirtyDays => {
            let days = date.since(Date::constant(1970, 1, 1)).ok()?.get_days();
            date.checked_sub(i64::from(days.rem_euclid(30)).days()).ok()?
        }
        Interval::Hour | Interval::Day | Interval::Week | Interval::Month | Interval::Year => {
            cycle::first_day(date, interval)?
        }
    };
    let next = cycle::length(interval, 1).and_then(|length| first.checked_add(length).ok());
    let midnight =
        |date: Date| Some(Timestamp::from_micros(date.to_zoned(zone.clone()).ok()?.timestamp().as_microsecond()));
    Some(Period { start: midnight(first)?, end: next.and_then(midnight) })
}

/// The hour in UTC; `None` beyond the calendar.
fn hour_of_the_clock(at: Timestamp) -> Option<Period> {
    let start = at.micros().checked_sub(at.micros().rem_euclid(HOUR_MICROS))?;
    let end = start.checked_add(HOUR_MICROS)?;
    Some(Period { start: Timestamp::from_micros(start), end: Some(Timestamp::from_micros(end)) })
}

const HOUR_MICROS: i64 = 3_600_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn period(per: Interval, zone: &str, at: &str) -> String {
        let at: jiff::Timestamp = at.parse().unwrap();
        let period = Period::of(Some(per), zone, Timestamp::from_micros(at.as_microsecond()));
        let text = |at: Timestamp| jiff::Timestamp::from_microsecond(at.micros()).unwrap().to_string();
        format!("{} {}", text(period.start), text(period.end.unwrap()))
    }

    #[test]
    fn periods_begin_at_the_midnights_of_the_zone() {
        let at = "2026-05-14T22:30:00Z"; // Thursday; Friday 00:30 in Vienna
        assert_eq!(period(Interval::Day, "UTC", at), "2026-05-14T00:00:00Z 2026-05-15T00:00:00Z");
        assert_eq!(period(Interval::Day, "Europe/Vienna", at), "2026-05-14T22:00:00Z 2026-05-15T22:00:00Z");
        assert_eq!(period(Interval::Week, "UTC", at), "2026-05-11T00:00:00Z 2026-05-18T00:00:00Z");
        assert_eq!(period(Interval::Month, "Europe/Vienna", at), "2026-04-30T22:00:00Z 2026-05-31T22:00:00Z");
        assert_eq!(period(Interval::Year, "UTC", at), "2026-01-01T00:00:00Z 2027-01-01T00:00:00Z");
    }

    #[test]
    fn hours_are_those_of_the_clock_in_utc() {
        let hour = "2026-05-14T22:00:00Z 2026-05-14T23:00:00Z";
        assert_eq!(period(Interval::Hour, "UTC", "2026-05-14T22:59:59.999999Z"), hour);
        assert_eq!(period(Interval::Hour, "Asia/Kolkata", "2026-05-14T22:00:00Z"), hour);
        assert_eq!(period(Interval::Hour, "UTC", "1969-12-31T23:30:00Z"), "1969-12-31T23:00:00Z 1970-01-01T00:00:00Z");
        assert_eq!(Period::of(Some(Interval::Hour), "UTC", Timestamp::MAX), EVER);
        assert_eq!(Period::of(Some(Interval::Hour), "UTC", Timestamp::MIN), EVER);
    }

    #[test]
    fn thirty_days_are_counted_from_1970() {
        assert_eq!(
            period(Interval::ThirtyDays, "UTC", "1970-01-30T23:00:00Z"),
            "1970-01-01T00:00:00Z 1970-01-31T00:00:00Z"
        );
        assert_eq!(
            period(Interval::ThirtyDays, "UTC", "1970-01-31T00:00:00Z"),
            "1970-01-31T00:00:00Z 1970-03-02T00:00:00Z"
        );
        assert_eq!(
            period(Interval::ThirtyDays, "UTC", "1969-12-31T00:00:00Z"),
            "1969-12-02T00:00:00Z 1970-01-01T00:00:00Z"
        );
    }

    #[test]
    fn an_unknown_zone_reads_as_utc_and_what_is_no_date_is_ever() {
        assert_eq!(
            period(Interval::Day, "Mars/Olympus", "2026-05-14T22:30:00Z"),
            "2026-05-14T00:00:00Z 2026-05-15T00:00:00Z"
        );
        assert_eq!(Period::of(Some(Interval::Day), "UTC", Timestamp::MAX), EVER);
        assert_eq!(Period::of(None, "UTC", Timestamp::from_micros(0)), EVER);
    }
}
