//! Sums over the views: usage, balances as of a time, and the lines that explain a balance.

use std::collections::BTreeMap;

use rusqlite::Connection;
use scrip_ledger::Credits;
use scrip_ledger::charge::Charge;
use scrip_ledger::entry::{EntryKind, Place};
use scrip_ledger::grant::Grant;
use scrip_ledger::id::{GrantId, Name, StudioId};
use scrip_ledger::time::Timestamp;

use crate::embedded::lists::{ENTRIES_OF_POOL, bounds, charge_query, has_line, of_pools, place_of};
use crate::error::{ReadError, StoreError};
use crate::lists::{ChargeFilter, EntryFilter, EntrySum, UsageGroup, UsageRow};
use crate::views::columns::{decode, id_from, kind, place};
use crate::views::load::{blob, charge_from};

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
    let query = charge_query(db, "SELECT body, refunds FROM charges", studio, filter)?;
    query.rows(db, |row| {
        let charge = charge_from(row, 0)?;
        if has_line(&charge, filter) {
            add(&mut sums, &charge, filter, group_by);
        }
        Ok(())
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

pub(crate) fn balances_at(
    db: &Connection,
    studio: StudioId,
    customer: &Name,
    at: Timestamp,
) -> Result<Vec<Grant>, ReadError> {
    let (wallet, _) = place_of(db, studio, customer)?;
    let number = wallet.number() as i64;
    let mut grants: BTreeMap<GrantId, Grant> = BTreeMap::new();
    let mut statement = db.prepare_cached(
        "SELECT id, terms, voided_at IS NOT NULL AND voided_at <= ?2 FROM grants WHERE wallet = ?1 AND created_at <= ?2",
    )?;
    let mut rows = statement.query((number, at.micros()))?;
    while let Some(row) = rows.next()? {
        let id = GrantId(id_from(row.get(0)?));
        let terms: scrip_ledger::grant::GrantTerms = decode(blob(row, 1)?)?;
        grants.insert(id, Grant { voided: row.get(2)?, ..Grant::new(id, terms.into()) });
    }
    let mut statement = db.prepare_cached(
        "SELECT kind, from_place, to_place, amount, grant, other_grant FROM entries
         WHERE wallet = ?1 AND at <= ?2 ORDER BY sequence",
    )?;
    let mut rows = statement.query((number, at.micros()))?;
    while let Some(row) = rows.next()? {
        let text = |index: usize| row.get_ref(index)?.as_str().map_err(rusqlite::Error::from);
        let (kind, from, to) = (kind(text(0)?)?, place(text(1)?)?, place(text(2)?)?);
        let amount = Credits::from_micro(row.get(3)?);
        let id = GrantId(id_from(row.get(4)?));
        let shifted = grants.get_mut(&id).is_some_and(|grant| grant.balance.shift(from, to, amount));
        let repaid = match row.get::<_, Option<[u8; 16]>>(5)?.filter(|_| kind == EntryKind::Repay) {
            Some(debt) => grants.get_mut(&GrantId(id_from(debt))).is_some_and(|debt| {
                let repaid = debt.balance.repaid;
                let after = if to == Place::Moved { repaid.checked_add(amount) } else { repaid.checked_sub(amount) };
                after.map(|after| debt.balance.repaid = after).is_some()
            }),
            None => true,
        };
        if !shifted || !repaid {
            let reason = format!("the entries of wallet {number} don't fold: run `scrip audit`");
            return Err(StoreError::Corrupt { reason }.into());
        }
    }
    Ok(grants.into_values().collect())
}

pub(crate) fn entry_sums(
    db: &Connection,
    studio: StudioId,
    customer: &Name,
    filter: &EntryFilter,
) -> Result<Vec<EntrySum>, ReadError> {
    let (wallet, pool) = place_of(db, studio, customer)?;
    let (from, to) = bounds(filter);
    let mut statement = db.prepare_cached(&format!(
        "SELECT g.currency, g.bucket, e.kind, e.from_place, e.to_place, count(*), sum(e.amount) {ENTRIES_OF_POOL} {}
         GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, min(e.sequence)",
        of_pools(filter)
    ))?;
    let mut rows = statement.query((wallet.number() as i64, pool.0, from, to))?;
    let mut sums = Vec::new();
    while let Some(row) = rows.next()? {
        let text = |index: usize| row.get_ref(index)?.as_str().map_err(rusqlite::Error::from);
        sums.push(EntrySum {
            currency: Name::from(text(0)?),
            bucket: Name::from(text(1)?),
            kind: kind(text(2)?)?,
            from: place(text(3)?)?,
            to: place(text(4)?)?,
            entry_count: row.get::<_, i64>(5)?.unsigned_abs(),
            amount: Credits::from_micro(row.get(6)?),
        });
    }
    Ok(sums)
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
