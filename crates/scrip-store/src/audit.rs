//! Proving a data folder: the journal is whole, the laws hold in every wallet, and the views are its fold.

use std::collections::{BTreeMap, VecDeque};
use std::path::Path;

use rusqlite::types::Value;
use rusqlite::{Connection, params};
use scrip_ledger::audit::Auditor;
use scrip_ledger::change::Change;
use scrip_ledger::entry::{Entry, EntryKind};
use scrip_ledger::id::{ChargeId, HoldId, StudioId, WalletId};

use crate::error::StoreError;
use crate::hashing::IdMap;
use crate::journal::{self, Follower, Tip};
use crate::views::columns::id_bytes;
use crate::views::load::blob;
use crate::views::{self, history, rebuild};

/// What an audit looked at, and what it found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditReport {
    pub batch_count: u64,
    pub record_count: u64,
    pub wallet_count: u64,
    pub grant_count: u64,
    pub hold_count: u64,
    pub charge_count: u64,
    pub refund_count: u64,
    pub entry_count: u64,
    /// Idempotency keys that were answered.
    pub key_count: u64,
    /// Rows of the views that were compared with what the journal says.
    pub row_count: u64,
    /// The last batch, and the last that the views have.
    pub journal_position: u64,
    pub views_position: u64,
    /// What is wrong, the first hundred; empty is well.
    pub problems: Vec<String>,
    pub problem_count: u64,
}

const PROBLEMS_MAX: usize = 100;
/// Wallets that are followed at once; more are followed in turns, the journal being read again.
const WALLETS_AT_ONCE: u64 = 200_000;
const BATCHES_AT_ONCE: usize = 1_024;

impl AuditReport {
    pub fn is_clean(&self) -> bool {
        self.problem_count == 0
    }

    fn problem(&mut self, what: String) {
        self.problem_count += 1;
        if self.problems.len() < PROBLEMS_MAX {
            self.problems.push(what);
        }
    }
}

/// Audits a data folder, in use or not. Damage is what the report says; an error is that it could not be made.
///
/// Checked: the chain of the journal, batch by batch; the laws of the ledger, wallet by wallet, by
/// [`Auditor`]; the views' balances, heads and counts against that; and every row of every table of the views
/// against views made anew.
pub fn audit(dir: &Path) -> Result<AuditReport, StoreError> {
    let mut views_db = views::open_read(dir)?;
    let mut journal_db = journal::open_read(dir)?;
    // One instant of each; the views are taken first, so that the journal has all that they have.
    let views_at = views_db.transaction()?;
    let views_tip = views::tip(&views_at)?.unwrap_or(Tip::START);
    let journal_at = journal_db.transaction()?;
    let mut report = AuditReport { views_position: views_tip.position, ..AuditReport::default() };
    let wallet_max: i64 = views_at.query_row("SELECT coalesce(max(wallet), 0) FROM wallets", [], |row| row.get(0))?;
    let turns = wallet_max.unsigned_abs() / WALLETS_AT_ONCE + 1;
    for turn in 0..turns {
        let mut turn = Turn { turn, turns, auditors: IdMap::default(), report: &mut report };
        if !turn.follow(&journal_at, &views_at, &views_tip)? {
            return Ok(report);
        }
    }
    compare_counts(&views_at, &mut report)?;
    compare_tables(dir, &journal_at, &views_at, &views_tip, &mut report)?;
    Ok(report)
}

/// One reading of the journal, for a part of the wallets.
struct Turn<'a> {
    turn: u64,
    turns: u64,
    auditors: IdMap<WalletId, Auditor>,
    report: &'a mut AuditReport,
}

impl Turn<'_> {
    /// `false` if the journal is damaged: then nothing more can be said.
    fn follow(&mut self, journal: &Connection, views: &Connection, views_tip: &Tip) -> Result<bool, StoreError> {
        let mut follower = Follower::from(Tip::START);
        let mut is_compared = false;
        loop {
            let rest = views_tip.position.saturating_sub(follower.tip.position);
            if !is_compared && rest == 0 {
                if follower.tip != *views_tip {
                    self.report.problem("the views are not of this journal: run `scrip rebuild`".to_owned());
                }
                self.compare_wallets(views)?;
                is_compared = true;
            }
            let count = if is_compared { BATCHES_AT_ONCE } else { (rest as usize).min(BATCHES_AT_ONCE) };
            let batches = match follower.next(journal, count) {
                Ok(batches) => batches,
                Err(StoreError::Corrupt { reason }) => {
                    self.report.problem(reason);
                    return Ok(false);
                }
                Err(error) => return Err(error),
            };
            if batches.is_empty() {
                break;
            }
            for batch in &batches {
                self.follow_batch(batch);
            }
        }
        if !is_compared {
            self.report.problem(rebuild::lost_batches(views_tip.position));
        }
        for auditor in self.auditors.values() {
            for violation in &auditor.violations {
                self.report.problem(violation.to_string());
            }
        }
        self.report.wallet_count += self.auditors.len() as u64;
        Ok(true)
    }

    fn follow_batch(&mut self, batch: &journal::Batch) {
        if self.turn == 0 {
            self.report.batch_count += 1;
            self.report.record_count += batch.records.len() as u64;
            self.report.journal_position = batch.position;
            self.check_transfers(batch);
        }
        for record in &batch.records {
            if record.wallet.number() % self.turns != self.turn {
                continue;
            }
            self.auditors.entry(record.wallet).or_insert_with(|| Auditor::new(record.wallet)).follow(record);
            for change in &record.changes {
                let count = match change {
                    Change::GrantIssued { .. } => &mut self.report.grant_count,
                    Change::HoldPlaced { .. } => &mut self.report.hold_count,
                    Change::Charged(_) => &mut self.report.charge_count,
                    Change::Refunded(_) => &mut self.report.refund_count,
                    Change::Entry(_) => &mut self.report.entry_count,
                    Change::Remembered { .. } => &mut self.report.key_count,
                    _ => continue,
                };
                *count += 1;
            }
        }
    }

    /// What leaves a wallet for another one of its studio arrives in the same batch.
    fn check_transfers(&mut self, batch: &journal::Batch) {
        let mut on_the_way: BTreeMap<StudioId, i128> = BTreeMap::new();
        for record in &batch.records {
            for change in &record.changes {
                let Change::Entry(entry) = change else { continue };
                let amount = i128::from(entry.movement.amount.micro());
                match entry.movement.kind {
                    EntryKind::Send => *on_the_way.entry(record.studio).or_default() += amount,
                    EntryKind::Receive => *on_the_way.entry(record.studio).or_default() -= amount,
                    _ => {}
                }
            }
        }
        for (_, amount) in on_the_way.iter().filter(|(_, amount)| **amount != 0) {
            let position = batch.position;
            self.report.problem(format!("batch {position}: {amount} millionths left a wallet and did not arrive"));
        }
    }

    /// Balances and heads of the views against those that the entries come to.
    fn compare_wallets(&mut self, views: &Connection) -> Result<(), StoreError> {
        let mut heads = views.prepare("SELECT sequence, hash FROM wallets WHERE wallet = ?1")?;
        let mut grants = views.prepare(
            "SELECT available, held, spent, expired, voided, frozen, moved FROM grant_balances WHERE wallet = ?1 AND id = ?2",
        )?;
        for (id, auditor) in &self.auditors {
            let number = id.number() as i64;
            let mut rows = heads.query([number])?;
            let head = rows.next()?.map(|row| Ok::<_, StoreError>((row.get::<_, i64>(0)?, row.get(1)?))).transpose()?;
            let (sequence, hash) = auditor.head();
            if head != Some((sequence as i64, hash.0)) {
                self.report.problem(format!("the views have another head of wallet {number} than entry {sequence}"));
            }
            for (grant, balance) in auditor.balances() {
                let is = [
                    balance.available,
                    balance.held,
                    balance.spent,
                    balance.expired,
                    balance.voided,
                    balance.frozen,
                    balance.moved,
                ];
                let mut rows = grants.query(params![number, id_bytes(grant.0)])?;
                let found = rows.next()?.map(|row| -> Result<[i64; 7], rusqlite::Error> {
                    let mut columns = [0; 7];
                    for (index, column) in columns.iter_mut().enumerate() {
                        *column = row.get(index)?;
                    }
                    Ok(columns)
                });
                if found.transpose()? != Some(is.map(|credits| credits.micro())) {
                    self.report.problem(format!("the views have another balance of grant {grant} than its entries"));
                }
            }
        }
        Ok(())
    }
}

/// The views have as many of each as the journal made, if they have it all.
fn compare_counts(views: &Connection, report: &mut AuditReport) -> Result<(), StoreError> {
    if report.views_position != report.journal_position {
        return Ok(());
    }
    for (what, count, expected) in [
        ("wallets", "SELECT count(*) FROM wallets", report.wallet_count),
        ("grants", "SELECT count(*) FROM grants", report.grant_count),
        ("holds", "SELECT count(*) FROM holds", report.hold_count),
        ("charges", "SELECT count(*) FROM charges", report.charge_count),
        ("refunds", "SELECT count(*) FROM refunds", report.refund_count),
        ("entries", "SELECT coalesce(sum(entry_count), 0) FROM history", report.entry_count),
    ] {
        let count: i64 = views.query_row(count, [], |row| row.get(0))?;
        if count.unsigned_abs() != expected {
            report.problem(format!("the views have {count} {what}, the journal made {expected}"));
        }
    }
    Ok(())
}

/// Tables and the order that compares them. `due_at` is left out: it may be early. Of what is forgotten in
/// time, only what must still be there is compared.
const TABLES: [(&str, &str, &str); 12] = [
    ("wallets", "wallet, studio, sequence, hash, last_at, counter", "ORDER BY wallet"),
    ("customers", "*", "ORDER BY studio, id"),
    ("members", "*", "ORDER BY wallet, pool, id"),
    ("grants", "*", "ORDER BY wallet, id"),
    ("grant_balances", "*", "ORDER BY wallet, id"),
    ("holds", "*", "ORDER BY id"),
    ("charges", "*", "ORDER BY id"),
    ("refunds", "*", "ORDER BY id"),
    ("subscriptions", "*", "ORDER BY wallet, id"),
    ("tallies", "*", "ORDER BY wallet, key"),
    ("changes", "*", "ORDER BY id"),
    (
        "quotes_used",
        "*",
        "WHERE until > (SELECT last_at FROM wallets WHERE wallets.wallet = quotes_used.wallet) ORDER BY wallet, mark",
    ),
];

/// Makes views anew, in a file that is removed again, and compares them row by row.
fn compare_tables(
    dir: &Path,
    journal: &Connection,
    views: &Connection,
    tip: &Tip,
    report: &mut AuditReport,
) -> Result<(), StoreError> {
    let path = dir.join("views.sqlite.audit");
    rebuild::remove(&path)?;
    let made = rebuild::build(&path, journal, tip.position);
    let compared = made.and_then(|_| {
        let fresh = Connection::open(&path)?;
        for (table, columns, order) in TABLES {
            let select = format!("SELECT {columns} FROM {table} {order}");
            compare_table(table, &select, views, &fresh, report)?;
        }
        compare_history(views, &fresh, report)?;
        compare_requests(views, &fresh, report)?;
        Ok(())
    });
    rebuild::remove(&path)?;
    compared
}

fn compare_table(
    table: &str,
    select: &str,
    views: &Connection,
    fresh: &Connection,
    report: &mut AuditReport,
) -> Result<(), StoreError> {
    let (mut found, mut expected) = (views.prepare(select)?, fresh.prepare(select)?);
    let (mut found, mut expected) = (found.query([])?, expected.query([])?);
    let mut row_count = 0u64;
    loop {
        let (found, expected) = (values(found.next()?)?, values(expected.next()?)?);
        if found != expected {
            let shown = found.as_ref().or(expected.as_ref()).map(|row| &row[..row.len().min(3)]);
            let what = format!("table {table} of the views differs from the journal at row {row_count}: {shown:?}");
            report.problem(what);
            return Ok(());
        }
        if found.is_none() {
            report.row_count += row_count;
            return Ok(());
        }
        row_count += 1;
    }
}

/// How rows of history come to be differs from one writing of the views to another: what they tell must not.
fn compare_history(views: &Connection, fresh: &Connection, report: &mut AuditReport) -> Result<(), StoreError> {
    let select = "SELECT wallet, body FROM history ORDER BY wallet, until, id";
    let unpack = |row: &rusqlite::Row<'_>| -> Result<Vec<(i64, Told)>, StoreError> {
        let (wallet, told) = (row.get::<_, i64>(0)?, history::unpack(blob(row, 1)?)?);
        let holds = told.holds.into_iter().map(|id| (wallet, Told::Hold(id)));
        let charges = told.charges.into_iter().map(|id| (wallet, Told::Charge(id)));
        let entries = told.entries.into_iter().map(|entry| (wallet, Told::Entry(Box::new(entry))));
        Ok(holds.chain(charges).chain(entries).collect())
    };
    let (mut found, mut expected) = (views.prepare(select)?, fresh.prepare(select)?);
    for kind in [Told::is_hold, Told::is_charge, Told::is_entry] {
        let of_kind = |row: &rusqlite::Row<'_>| Ok(unpack(row)?.into_iter().filter(|(_, told)| kind(told)).collect());
        let found = Unpacked { rows: found.query([])?, unpack: of_kind, waiting: VecDeque::new() };
        let expected = Unpacked { rows: expected.query([])?, unpack: of_kind, waiting: VecDeque::new() };
        compare("history", found, expected, report)?;
    }
    Ok(())
}

#[derive(Debug, PartialEq)]
enum Told {
    Hold(HoldId),
    Charge(ChargeId),
    Entry(Box<Entry>),
}

impl Told {
    fn is_hold(&self) -> bool {
        matches!(self, Told::Hold(_))
    }

    fn is_charge(&self) -> bool {
        matches!(self, Told::Charge(_))
    }

    fn is_entry(&self) -> bool {
        matches!(self, Told::Entry(_))
    }
}

/// Every answer that must still be kept, and that its key leads to it.
fn compare_requests(views: &Connection, fresh: &Connection, report: &mut AuditReport) -> Result<(), StoreError> {
    let select = "SELECT h.wallet, w.last_at, h.id, a.body FROM history AS h
                  JOIN wallets AS w ON w.wallet = h.wallet JOIN answers AS a ON a.id = h.id
                  ORDER BY h.wallet, h.until, h.id";
    let kept = scrip_ledger::audit::KEYS_KEPT.micros() as i64;
    let unpack_of = |db| {
        move |row: &rusqlite::Row<'_>| {
            let (wallet, last_at, id): (i64, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
            let mut answers = Vec::new();
            for (key, at, answer) in history::unpack_answers(blob(row, 3)?)? {
                if at.micros() >= last_at - kept {
                    let is_found = is_found(db, wallet, history::print(key), id)?;
                    answers.push((wallet, is_found, key, at, answer));
                }
            }
            Ok(answers)
        }
    };
    let (mut found, mut expected) = (views.prepare(select)?, fresh.prepare(select)?);
    let found = Unpacked { rows: found.query([])?, unpack: unpack_of(views), waiting: VecDeque::new() };
    let expected = Unpacked { rows: expected.query([])?, unpack: unpack_of(fresh), waiting: VecDeque::new() };
    compare("requests", found, expected, report)
}

fn is_found(db: &Connection, wallet: i64, print: u64, answers: i64) -> Result<bool, StoreError> {
    let any = "SELECT EXISTS (SELECT 1 FROM requests WHERE wallet = ?1 AND print = ?2 AND answers = ?3)";
    Ok(db.prepare_cached(any)?.query_row((wallet, print as i64, answers), |row| row.get(0))?)
}

/// What packed rows hold, one after the other.
struct Unpacked<'s, T, F> {
    rows: rusqlite::Rows<'s>,
    unpack: F,
    waiting: VecDeque<T>,
}

impl<T, F: Fn(&rusqlite::Row<'_>) -> Result<Vec<T>, StoreError>> Unpacked<'_, T, F> {
    fn next(&mut self) -> Result<Option<T>, StoreError> {
        while self.waiting.is_empty() {
            let Some(row) = self.rows.next()? else { return Ok(None) };
            self.waiting = (self.unpack)(row)?.into();
        }
        Ok(self.waiting.pop_front())
    }
}

fn compare<T, F>(
    table: &str,
    mut found: Unpacked<'_, T, F>,
    mut expected: Unpacked<'_, T, F>,
    report: &mut AuditReport,
) -> Result<(), StoreError>
where
    T: PartialEq + std::fmt::Debug,
    F: Fn(&rusqlite::Row<'_>) -> Result<Vec<T>, StoreError>,
{
    let mut count = 0u64;
    loop {
        let (found, expected) = (found.next()?, expected.next()?);
        if found != expected {
            let shown = found.as_ref().or(expected.as_ref());
            report.problem(format!("table {table} of the views differs from the journal at item {count}: {shown:?}"));
            return Ok(());
        }
        if found.is_none() {
            report.row_count += count;
            return Ok(());
        }
        count += 1;
    }
}

fn values(row: Option<&rusqlite::Row<'_>>) -> Result<Option<Vec<Value>>, StoreError> {
    let Some(row) = row else { return Ok(None) };
    let count = row.as_ref().column_count();
    Ok(Some((0..count).map(|index| row.get(index)).collect::<Result<_, _>>()?))
}
