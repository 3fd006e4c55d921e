//! Sums over the views: usage, and the lines that explain a balance.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use rusqlite::Connection;
use scrip_ledger::Credits;
use scrip_ledger::charge::Charge;
use scrip_ledger::entry::{EntryKind, Place};
use scrip_ledger::id::{Name, StudioId};
use scrip_ledger::time::Timestamp;

use crate::embedded::lists::{each_charge, each_entry, place_of};
use crate::error::{ReadError, StoreError};
use crate::lists::{ChargeFilter, EntryFilter, EntrySum, UsageGroup, UsageRow};

/// What one row of usage sums up; counted wider than credits, so that no sum of them overflows.
#[derive(Default)]
struct Used {
    charge_count: u64,
    credits: i128,
    refunded: i128,
}

pub(crate) fn usage(
    db: &Connection,
    studio: StudioId,
    filter: &ChargeFilter,
    group_by: UsageGroup,
) -> Result<Vec<UsageRow>, ReadError> {
    let mut sums: BTreeMap<(Name, Name), Used> = BTreeMap::new();
    each_charge(db, studio, filter, None, |charge| {
        add(&mut sums, &charge, filter, group_by);
        ControlFlow::Continue(())
    })?;
    sums.into_iter()
        .map(|((key, currency), used)| {
            let Used { charge_count, credits, refunded } = used;
            Ok(UsageRow { key, currency, charge_count, credits: counted(credits)?, refunded: counted(refunded)? })
        })
        .collect()
}

fn counted(micro: i128) -> Result<Credits, StoreError> {
    let reason = "the sum is more than can be counted".to_owned();
    i64::try_from(micro).map(Credits::from_micro).map_err(|_| StoreError::Unavailable { reason })
}

/// Adds a charge, line by line. What was refunded is the last lines' first, as the credits went back.
fn add(sums: &mut BTreeMap<(Name, Name), Used>, charge: &Charge, filter: &ChargeFilter, group_by: UsageGroup) {
    let mut refunded = charge.refunded().micro();
    let mut keys: Vec<Name> = Vec::with_capacity(charge.lines.len());
    for line in charge.lines.iter().rev() {
        let given_back = refunded.min(line.credits.micro());
        refunded -= given_back;
        let is = |wanted: &Option<Name>, is: &Option<Name>| wanted.is_none() || wanted == is;
        if !is(&filter.tool, &line.tool) || !is(&filter.model, &line.model) {
            continue;
        }
        let key = match group_by {
            UsageGroup::Tool => line.tool.clone(),
            UsageGroup::Model => line.model.clone(),
            UsageGroup::Member => charge.member.clone(),
            UsageGroup::Day => Some(day(charge.created_at)),
        };
        let key = key.unwrap_or_else(|| Name::from(""));
        let used = sums.entry((key.clone(), charge.currency.clone())).or_default();
        used.credits += i128::from(line.credits.micro());
        used.refunded += i128::from(given_back);
        if !keys.contains(&key) {
            used.charge_count += 1;
            keys.push(key);
        }
    }
}

/// The UTC day of an instant, `2026-02-01`: the proleptic Gregorian calendar, counted in eras of 400 years.
fn day(at: Timestamp) -> Name {
    const DAY_US: i64 = 86_400_000_000;
    let days = at.micros().div_euclid(DAY_US) + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    Name::from(format!("{year:04}-{month:02}-{day:02}"))
}

/// What the entries of one kind and way come to.
struct Summed {
    first_sequence: u64,
    entry_count: u64,
    micro: i128,
}

pub(crate) fn entry_sums(
    db: &Connection,
    studio: StudioId,
    customer: &Name,
    filter: &EntryFilter,
) -> Result<Vec<EntrySum>, ReadError> {
    let place = place_of(db, studio, customer)?;
    let mut sums: BTreeMap<(Name, Name, EntryKind, Place, Place), Summed> = BTreeMap::new();
    each_entry(db, place, filter, Timestamp::MIN, |entry, names| {
        let movement = &entry.movement;
        let key = (names.currency.clone(), names.bucket.clone(), movement.kind, movement.from, movement.to);
        let none = Summed { first_sequence: movement.sequence, entry_count: 0, micro: 0 };
        let sum = sums.entry(key).or_insert(none);
        sum.entry_count += 1;
        sum.micro += i128::from(movement.amount.micro());
        ControlFlow::Continue(())
    })?;
    let mut sums: Vec<_> = sums.into_iter().collect();
    sums.sort_by(|(left, left_sum), (right, right_sum)| {
        let order = (&left.0, &left.1).cmp(&(&right.0, &right.1));
        order.then(left_sum.first_sequence.cmp(&right_sum.first_sequence))
    });
    sums.into_iter()
        .map(|((currency, bucket, kind, from, to), sum)| {
            let (entry_count, amount) = (sum.entry_count, counted(sum.micro)?);
            Ok(EntrySum { currency, bucket, kind, from, to, entry_count, amount })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_named_by_the_gregorian_calendar_in_utc() {
        for (secs, name) in [
            (0, "1970-01-01"),
            (86_399, "1970-01-01"),
            (86_400, "1970-01-02"),
            (951_782_400, "2000-02-29"),
            (1_709_164_800, "2024-02-29"),
            (1_769_904_000, "2026-02-01"),
            (4_107_542_400, "2100-03-01"),
            (-1, "1969-12-31"),
        ] {
            assert_eq!(day(Timestamp::from_micros(secs * 1_000_000)).as_str(), name, "{secs}");
        }
    }
}
