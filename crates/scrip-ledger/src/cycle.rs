//! Cycles: where each begins, on the calendar of a zone.
//!
//! Cycles are half-open and counted from their anchor, never from one another, so that a subscription of the
//! 31st falls to the last day of short months and returns (MISSION A35). The time of day is kept in the zone.

use std::sync::OnceLock;

use jiff::civil::{Date, DateTime};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{Span, ToSpan, Zoned};

use crate::plan::{CycleAnchor, Interval};
use crate::time::Timestamp;

/// The calendar that the cycles of one subscription are counted on.
#[derive(Clone, Debug)]
pub(crate) struct Calendar {
    pub(crate) anchor: Timestamp,
    pub(crate) interval: Interval,
    pub(crate) anchored_to: CycleAnchor,
    pub(crate) zone: TimeZone,
}

/// A zone by its name. The catalog's check lets only known ones through; an unknown one reads as UTC.
pub(crate) fn zone(name: &str) -> TimeZone {
    static BUNDLED: OnceLock<TimeZoneDatabase> = OnceLock::new();
    BUNDLED.get_or_init(TimeZoneDatabase::bundled).get(name).unwrap_or(TimeZone::UTC)
}

/// So many months of the calendar later, at the same time of day in the zone; the last day of a short month for one
/// that it does not have, the end of time if the calendar has no such day.
pub(crate) fn months_later(at: Timestamp, months: u32, zone: TimeZone) -> Timestamp {
    let months_from = Calendar { anchor: at, interval: Interval::Month, anchored_to: CycleAnchor::Purchase, zone };
    months_from.start(months)
}

impl Calendar {
    /// Where the cycle that many after the anchor's begins; the end of time if the calendar has no such day.
    pub(crate) fn start(&self, count: u32) -> Timestamp {
        if count == 0 {
            return self.anchor;
        }
        self.try_start(count).unwrap_or(Timestamp::MAX)
    }

    /// The cycle in which an instant lies that is not before the anchor.
    pub(crate) fn count_at(&self, at: Timestamp) -> u32 {
        // An hour more than it can be short of where the clocks change: never too many.
        let longest = crate::time::Span::from_hours(24 * self.interval.days_at_most() + 1).micros();
        let least = at.since(self.anchor).micros() / longest;
        let mut count = u32::try_from(least).unwrap_or(u32::MAX);
        while self.start(count.saturating_add(1)) <= at {
            count += 1;
        }
        count
    }

    fn try_start(&self, count: u32) -> Option<Timestamp> {
        let anchor = self.local(self.anchor)?;
        let start = match self.anchored_to {
            CycleAnchor::Purchase | CycleAnchor::FirstUse => later(&anchor, self.interval, count)?,
            CycleAnchor::Calendar => {
                let first = beginning(&anchor, self.interval)?;
                later(&first, self.interval, count)?
            }
        };
        Some(Timestamp::from_micros(start.timestamp().as_microsecond()))
    }

    fn local(&self, at: Timestamp) -> Option<Zoned> {
        Some(jiff::Timestamp::from_microsecond(at.micros()).ok()?.to_zoned(self.zone.clone()))
    }
}

/// So many intervals later; months and years clamp to the last day of a short month.
fn later(from: &Zoned, interval: Interval, count: u32) -> Option<Zoned> {
    from.checked_add(length(interval, count)?).ok()
}

/// Midnight of the first day, or the beginning of the hour, in which `at` lies.
fn beginning(at: &Zoned, interval: Interval) -> Option<Zoned> {
    if interval == Interval::Hour {
        return at.with().minute(0).second(0).subsec_nanosecond(0).build().ok();
    }
    let first = first_day(at.date(), interval)?;
    DateTime::from_parts(first, jiff::civil::Time::midnight()).to_zoned(at.time_zone().clone()).ok()
}

/// The day itself, Monday, the first of the month or of the year; 30 days have no beginning on the calendar and
/// start with their day.
pub(crate) fn first_day(date: Date, interval: Interval) -> Option<Date> {
    match interval {
        Interval::Hour | Interval::Day | Interval::ThirtyDays => Some(date),
        Interval::Week => date.checked_sub(i64::from(date.weekday().to_monday_zero_offset()).days()).ok(),
        Interval::Month => Some(date.first_of_month()),
        Interval::Year => Some(date.first_of_year()),
    }
}

/// So many intervals as a length on the calendar.
pub(crate) fn length(interval: Interval, count: u32) -> Option<Span> {
    let count = i64::from(count);
    let length = match interval {
        Interval::Hour => Span::new().try_hours(count),
        Interval::Day => Span::new().try_days(count),
        Interval::Week => Span::new().try_weeks(count),
        Interval::ThirtyDays => Span::new().try_days(count.checked_mul(30)?),
        Interval::Month => Span::new().try_months(count),
        Interval::Year => Span::new().try_years(count),
    };
    length.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instants(anchor: &str, interval: Interval, anchored_to: CycleAnchor, name: &str, counts: &[u32]) -> String {
        let anchor: jiff::Timestamp = anchor.parse().unwrap();
        let anchor = Timestamp::from_micros(anchor.as_microsecond());
        let calendar = Calendar { anchor, interval, anchored_to, zone: zone(name) };
        let text =
            |count: &u32| jiff::Timestamp::from_microsecond(calendar.start(*count).micros()).unwrap().to_string();
        counts.iter().map(text).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn the_31st_falls_to_the_last_day_of_short_months_and_returns() {
        assert_eq!(
            instants("2026-01-31T10:00:00Z", Interval::Month, CycleAnchor::Purchase, "UTC", &[0, 1, 2, 3, 12, 13]),
            "2026-01-31T10:00:00Z 2026-02-28T10:00:00Z 2026-03-31T10:00:00Z 2026-04-30T10:00:00Z \
             2027-01-31T10:00:00Z 2027-02-28T10:00:00Z"
        );
    }

    #[test]
    fn a_leap_day_is_celebrated_on_the_28th_and_returns() {
        assert_eq!(
            instants("2028-02-29T00:00:00Z", Interval::Year, CycleAnchor::Purchase, "UTC", &[1, 4]),
            "2029-02-28T00:00:00Z 2032-02-29T00:00:00Z"
        );
    }

    #[test]
    fn the_time_of_day_is_kept_when_the_clocks_change() {
        assert_eq!(
            instants("2026-03-15T08:00:00Z", Interval::Month, CycleAnchor::Purchase, "Europe/Vienna", &[1]),
            "2026-04-15T07:00:00Z"
        );
    }

    #[test]
    fn cycles_of_the_calendar_begin_at_its_midnights() {
        let vienna = "Europe/Vienna";
        let at = "2026-05-13T22:30:00Z"; // Thursday 14 May, 00:30 in Vienna
        let calendar = CycleAnchor::Calendar;
        assert_eq!(instants(at, Interval::Day, calendar, vienna, &[1]), "2026-05-14T22:00:00Z");
        assert_eq!(instants(at, Interval::Week, calendar, vienna, &[1]), "2026-05-17T22:00:00Z");
        assert_eq!(
            instants(at, Interval::Month, calendar, vienna, &[1, 2]),
            "2026-05-31T22:00:00Z 2026-06-30T22:00:00Z"
        );
        assert_eq!(instants(at, Interval::Year, calendar, vienna, &[1]), "2026-12-31T23:00:00Z");
    }

    #[test]
    fn what_the_calendar_does_not_have_is_never() {
        let far = Calendar {
            anchor: Timestamp::from_micros(0),
            interval: Interval::Year,
            anchored_to: CycleAnchor::Purchase,
            zone: zone("UTC"),
        };
        assert_eq!(far.start(u32::MAX), Timestamp::MAX);
    }
}
