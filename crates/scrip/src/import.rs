//! `scrip import`: brings customers, grants and opening balances into a running server, once.

mod read;
mod row;
mod send;

use std::io::{self, Write};
use std::path::Path;

use scrip_ledger::amount::CREDIT_DECIMALS_MAX;
use serde::Serialize;
use serde_json::Value;

use crate::api_client::ApiClient;
use crate::catalog_file::read_bytes;
use crate::cli::ImportArgs;
use crate::exit_code::{Ended, ExitCode, Failure};
use row::{Allowed, AllowedBucket, Wanted};
use send::{Refused, Sent};

/// Reads the whole file and checks every row before the first is sent: a file with a mistake changes nothing.
pub fn run(args: &ImportArgs) -> Ended {
    let text = String::from_utf8(read_bytes(&args.file)?)
        .map_err(|_| Failure::new(ExitCode::Problems, format!("{} is not UTF-8 text", args.file.display())))?;
    let client = ApiClient::new(&args.url, &args.key);
    let allowed = allowed(&client)?;
    let rows = match check(&args.file, &text, &allowed) {
        Ok(rows) => rows,
        Err(problems) => return report(args, 0, Sent { refused: problems, ..Sent::default() }, false),
    };
    if args.dry_run {
        return report(args, rows.len(), Sent::default(), false);
    }
    let import = args.name.clone().unwrap_or_else(|| file_name(&args.file));
    let sent = send::send(&client, &import, &rows)?;
    report(args, rows.len(), sent, true)
}

fn file_name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// The buckets of the catalog in force.
fn allowed(client: &ApiClient) -> Result<Allowed, Failure> {
    let answer = client.get("/v1/catalog")?;
    if !answer.is_success() {
        let code = if answer.status == 403 { ExitCode::NotAllowed } else { ExitCode::Problems };
        return Err(Failure::new(code, format!("the studio's catalog: {}", answer.refusal())));
    }
    let catalog = &answer.body;
    let units = || {
        std::iter::once(&catalog["studio"]["credit"]).chain(catalog["studio"]["units"].as_array().into_iter().flatten())
    };
    let decimals = |currency: &Value| {
        let unit = units().find(|unit| unit["id"] == *currency);
        unit.and_then(|unit| u8::try_from(unit["decimals"].as_u64()?).ok()).unwrap_or(CREDIT_DECIMALS_MAX)
    };
    let buckets = catalog["buckets"].as_array().into_iter().flatten().filter_map(|bucket| {
        Some(AllowedBucket { id: bucket["id"].as_str()?.to_owned(), decimals: decimals(&bucket["currency"]) })
    });
    Ok(Allowed { buckets: buckets.collect() })
}

fn check(path: &Path, text: &str, allowed: &Allowed) -> Result<Vec<Wanted>, Vec<Refused>> {
    let rows = read::rows(path, text).map_err(|unread| {
        let refused = unread.into_iter().map(|found| Refused { line: found.line, problem: found.problem });
        refused.collect::<Vec<_>>()
    })?;
    let mut wanted = Vec::new();
    let mut refused = Vec::new();
    for row in &rows {
        match row.check(allowed) {
            Ok(checked) => wanted.push(checked),
            Err(problems) => {
                refused.extend(problems.into_iter().map(|problem| Refused { line: row.line, problem }));
            }
        }
    }
    if refused.is_empty() { Ok(wanted) } else { Err(refused) }
}

#[derive(Serialize)]
struct Report<'a> {
    ok: bool,
    /// Were rows sent to the server?
    sent: bool,
    rows: usize,
    #[serde(flatten)]
    outcome: &'a Sent,
}

fn report(args: &ImportArgs, rows: usize, outcome: Sent, sent: bool) -> Ended {
    let ok = outcome.refused.is_empty();
    let mut out = io::stdout().lock();
    if args.json {
        let report = Report { ok, sent, rows, outcome: &outcome };
        serde_json::to_writer_pretty(&mut out, &report).map_err(io::Error::from)?;
        writeln!(out)?;
    } else {
        for Refused { line, problem } in &outcome.refused {
            writeln!(out, "{}:{line}: {problem}", args.file.display())?;
        }
        writeln!(out, "{}", summary(rows, &outcome, sent))?;
    }
    out.flush()?;
    Ok(if ok { ExitCode::Fine } else { ExitCode::Problems })
}

fn summary(rows: usize, outcome: &Sent, sent: bool) -> String {
    match (sent, outcome.refused.is_empty()) {
        (false, false) => "nothing was sent: mend the file and run it again".to_owned(),
        (false, true) => format!("{rows} rows are fine; nothing was sent"),
        (true, _) => format!(
            "{rows} rows: {} customers made, {} known before; {} grants made, {} made before, {} refused",
            outcome.customers_made,
            outcome.customers_known,
            outcome.grants_made,
            outcome.grants_known,
            outcome.refused.len()
        ),
    }
}
