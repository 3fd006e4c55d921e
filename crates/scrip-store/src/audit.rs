//! `audit`: recomputes everything from the journal, without the code that decided it, and compares.
//!
//! Three things are checked. The journal: every batch is there, in order, unchanged. The ledger's laws, wallet by
//! wallet: numbered and chained entries, conservation in every grant, holds and charges that sum to their
//! entries, no key answered twice. The views: folded anew into an empty file, every table must say the same.

use std::collections::BTreeMap;
use std::path::Path;

use rusqlite::Connection;
use scrip_ledger::audit::Auditor;
use scrip_ledger::change::{Change, Record};
use scrip_ledger::id::WalletId;

use crate::error::StoreError;
use crate::journal::{self, Follower, Tip};
use crate::views::{self, fold::Fold};

/// What was checked, and what was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditReport {
    pub batch_count: u64,
    pub record_count: u64,
    pub wallet_count: u64,
    pub customer_count: u64,
    pub grant_count: u64,
    pub hold_count: u64,
    pub charge_count: u64,
    pub refund_count: u64,
    pub entry_count: u64,
    pub key_count: u64,
    /// The journal's last batch, and the batch up to which the views were compared.
    pub journal_position: u64,
    pub views_position: u64,
    /// Rows compared in each table of the views.
    pub tables: Vec<(String, u64)>,
    /// Everything that is not as it must be; empty is sound.
    pub findings: Vec<String>,
}

impl AuditReport {
    pub fn is_sound(&self) -> bool {
        self.findings.is_empty()
    }

    fn count(&mut self, record: &Record) {
        self.record_count += 1;
        for change in &record.changes {
            match change {
                Change::CustomerPut(_) => {}
                Change::GrantIssued { .. } => self.grant_count += 1,
                Change::HoldPlaced { .. } => self.hold_count += 1,
                Change::Charged(_) => self.charge_count += 1,
                Change::Refunded(_) => self.refund_count += 1,
                Change::Entry(_) => self.entry_count += 1,
                Change::Remembered { .. } => self.key_count += 1,
                Change::MemberPut(_)
                | Change::MemberRemoved { .. }
                | Change::GrantVoided { .. }
                | Change::HoldChanged { .. }
                | Change::HoldStuck { .. }
                | Change::ChargeRefunded { .. }
                | Change::QuoteUsed { .. } => {}
            }
        }
    }
}

/// The columns that two folds must agree on. What is left out is a hint (`due_at`) or is forgotten with time
/// (`requests`, `quotes_used`).
const TABLES: &[(&str, &str)] = &[
    ("wallets", "wallet, studio, sequence, hash, last_at, counter"),
    ("customers", "studio, id, wallet, pool, parent, created_at, name, email, body"),
    ("members", "wallet, pool, id, role, created_at, body"),
    (
        "grants",
        "wallet, id, studio, pool, kind, bucket, currency, amount, created_at, effective_at, expires_at, voided_at, \
         available, held, spent, expired, voided, frozen, moved, repaid, terms",
    ),
    (
        "holds",
        "id, wallet, studio, pool, member, status, amount, captured, released, currency, created_at, expires_at, \
         reference, terms, state",
    ),
    (
        "charges",
        "id, wallet, studio, hold, customer, member, tool, model, outcome, currency, credits, refunded, created_at, \
         reference, body, refunds",
    ),
    ("refunds", "id, wallet, studio, charge, credits, reason, created_at, body"),
    (
        "entries",
        "wallet, sequence, at, kind, from_place, to_place, amount, \"grant\", other_grant, hold, charge, refund, actor, \
         reason, hash",
    ),
];

/// Checks a data folder; the store may be running. `progress` hears the position as it goes.
///
/// What is wrong is a finding, not an error. Errors: `Unavailable` (no journal there, or no room for the second
/// fold of the views beside it).
pub fn audit(dir: &Path, mut progress: impl FnMut(u64)) -> Result<AuditReport, StoreError> {
    let journal = journal::open_read(dir)?;
    let mut report = AuditReport { journal_position: journal::tip(&journal)?.position, ..AuditReport::default() };
    let again = Again::beside(dir)?;
    let views = match views::open_read(dir) {
        Ok(views) => Some(views),
        Err(error) => {
            report.findings.push(format!("{error}; `scrip rebuild` makes the views anew"));
            None
        }
    };
    let views_tip = match &views {
        Some(views) => {
            views.execute("ATTACH DATABASE ?1 AS again", [again.path.to_string_lossy()])?;
            // One snapshot of the views, whatever the projector does meanwhile.
            views.execute_batch("BEGIN")?;
            views::tip(views)?.unwrap_or(Tip::START)
        }
        None => Tip::START,
    };
    report.views_position = views_tip.position;
    follow(&journal, &again.views, &views_tip, &mut report, &mut progress)?;
    if let Some(views) = &views {
        compare(views, &mut report)?;
    }
    Ok(report)
}

/// An empty file of views that is removed when the audit ends.
struct Again {
    views: Connection,
    path: std::path::PathBuf,
}

impl Drop for Again {
    fn drop(&mut self) {
        for suffix in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{suffix}", self.path.display()));
        }
    }
}

impl Again {
    fn beside(dir: &Path) -> Result<Again, StoreError> {
        let path = dir.join(format!("audit-{}.sqlite", std::process::id()));
        let _ = std::fs::remove_file(&path);
        let views = views::open(&path)?.ok_or(StoreError::Unavailable { reason: "a new file of views".to_owned() })?;
        views.pragma_update(None, "synchronous", "OFF")?;
        Ok(Again { views, path })
    }
}

fn follow(
    journal: &Connection,
    again: &Connection,
    views_tip: &Tip,
    report: &mut AuditReport,
    progress: &mut impl FnMut(u64),
) -> Result<(), StoreError> {
    let mut follower = Follower::from(Tip::START);
    let mut wallets: BTreeMap<WalletId, Auditor> = BTreeMap::new();
    let mut reached = views_tip.position == 0;
    loop {
        let batches = match follower.next(journal, 1_000) {
            Ok(batches) => batches,
            Err(StoreError::Corrupt { reason }) => {
                report.findings.push(reason);
                break;
            }
            Err(error) => return Err(error),
        };
        if batches.is_empty() {
            break;
        }
        let mut fold = Fold::default();
        for batch in &batches {
            for record in &batch.records {
                report.count(record);
                wallets.entry(record.wallet).or_insert_with(|| Auditor::new(record.wallet)).follow(record);
                if batch.position <= views_tip.position {
                    fold.add(record);
                }
            }
            if batch.position == views_tip.position {
                reached = true;
                if batch.checksum != views_tip.checksum {
                    report.findings.push("the views were folded from another journal; `scrip rebuild`".to_owned());
                }
            }
        }
        again.execute_batch("BEGIN")?;
        fold.write(again)?;
        again.execute_batch("COMMIT")?;
        report.batch_count += batches.len() as u64;
        progress(follower.tip.position);
    }
    if !reached {
        report.findings.push(format!(
            "the views are at batch {}, the journal ends at {}: batches that were answered are missing",
            views_tip.position, follower.tip.position
        ));
    }
    report.wallet_count = wallets.len() as u64;
    report.customer_count = again.query_row("SELECT count(*) FROM customers", [], |row| row.get::<_, i64>(0))? as u64;
    let violations = wallets.values().flat_map(|wallet| &wallet.violations).map(|violation| violation.to_string());
    report.findings.extend(violations);
    Ok(())
}

/// Compares every table, row by row, both ways.
fn compare(views: &Connection, report: &mut AuditReport) -> Result<(), StoreError> {
    for (table, columns) in TABLES {
        let rows: i64 = views.query_row(&format!("SELECT count(*) FROM main.{table}"), [], |row| row.get(0))?;
        let differing = |one: &str, other: &str| -> Result<i64, rusqlite::Error> {
            let sql = format!(
                "SELECT count(*) FROM (SELECT {columns} FROM {one}.{table} EXCEPT SELECT {columns} FROM {other}.{table})"
            );
            views.query_row(&sql, [], |row| row.get(0))
        };
        let (unknown, missing) = (differing("main", "again")?, differing("again", "main")?);
        if unknown + missing > 0 {
            report.findings.push(format!(
                "views, table {table}: {unknown} rows are not what the journal says, {missing} that it says are not there; \
                 `scrip rebuild`"
            ));
        }
        report.tables.push(((*table).to_owned(), rows.unsigned_abs()));
    }
    Ok(())
}
