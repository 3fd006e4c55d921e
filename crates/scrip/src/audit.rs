//! `scrip audit`: recomputes everything from the journal and says what was checked.

use std::io::{self, Write};

use scrip_store::AuditReport;
use serde_json::json;

use crate::cli::AuditArgs;
use crate::exit_code::{Ended, ExitCode};
use crate::progress::while_waiting;
use crate::running::{must_be_there, store_failure};

pub fn run(args: &AuditArgs) -> Ended {
    must_be_there(&args.data)?;
    let report = while_waiting("auditing", || scrip_store::audit(&args.data))
        .map_err(|error| store_failure(&args.data, &error))?;
    let mut out = io::stdout().lock();
    if args.json {
        serde_json::to_writer_pretty(&mut out, &as_json(&report)).map_err(io::Error::from)?;
        writeln!(out)?;
    } else {
        write_text(&mut out, &report)?;
    }
    out.flush()?;
    Ok(if report.is_clean() { ExitCode::Fine } else { ExitCode::Problems })
}

fn write_text(out: &mut impl Write, report: &AuditReport) -> io::Result<()> {
    writeln!(
        out,
        "journal: {} batches with {} records; their order and checksums",
        report.batch_count, report.record_count
    )?;
    writeln!(
        out,
        "ledger: {} wallets, {} grants, {} holds, {} charges, {} refunds, {} entries; their numbers, hashes and sums",
        report.wallet_count,
        report.grant_count,
        report.hold_count,
        report.charge_count,
        report.refund_count,
        report.entry_count
    )?;
    writeln!(out, "views: {} rows; against the journal", report.row_count)?;
    for problem in &report.problems {
        writeln!(out, "wrong: {problem}")?;
    }
    let unsaid = report.problem_count.saturating_sub(report.problems.len() as u64);
    if unsaid > 0 {
        writeln!(out, "wrong: and {unsaid} more")?;
    }
    match report.problem_count {
        0 => writeln!(out, "everything adds up"),
        1 => writeln!(out, "1 thing is wrong"),
        count => writeln!(out, "{count} things are wrong"),
    }
}

fn as_json(report: &AuditReport) -> serde_json::Value {
    json!({
        "ok": report.is_clean(),
        "problems": report.problems,
        "problem_count": report.problem_count,
        "checked": {
            "batches": report.batch_count,
            "records": report.record_count,
            "wallets": report.wallet_count,
            "grants": report.grant_count,
            "holds": report.hold_count,
            "charges": report.charge_count,
            "refunds": report.refund_count,
            "entries": report.entry_count,
            "idempotency_keys": report.key_count,
            "rows": report.row_count,
        },
        "journal_position": report.journal_position,
        "views_position": report.views_position,
    })
}
