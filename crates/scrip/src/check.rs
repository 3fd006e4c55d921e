//! `scrip check`: every problem of catalog files at once, each at its place.

use std::io::{self, IsTerminal, Write};

use scrip_catalog::{Catalog, Checked, Diagnostic, PolicyInForce, Severity};
use serde::Serialize;

use crate::catalog_file::CatalogFile;
use crate::cli::CheckArgs;
use crate::exit_code::{Ended, ExitCode, Failure};
use crate::snippet;

/// Checks all files, even after one that cannot be read. A file that cannot be read outweighs one that is wrong.
pub fn run(args: &CheckArgs) -> Ended {
    let mut files = Vec::new();
    let mut unreadable = Vec::new();
    for path in &args.files {
        match CatalogFile::read(path) {
            Ok(file) => files.push(file),
            Err(failure) => unreadable.push(failure.message),
        }
    }
    let mut out = io::stdout().lock();
    if args.json {
        write_json(&mut out, &files, args.explain)?;
    } else {
        for file in &files {
            write_text(&mut out, file, args.explain)?;
        }
    }
    out.flush()?;
    if !unreadable.is_empty() {
        return Err(Failure::input_output(unreadable.join("\nscrip: ")));
    }
    let wrong = files.iter().any(|file| file.outcome.is_err());
    Ok(if wrong { ExitCode::Problems } else { ExitCode::Fine })
}

fn write_text(out: &mut impl Write, file: &CatalogFile, explain: bool) -> io::Result<()> {
    let renderer = snippet::renderer(io::stdout().is_terminal());
    for diagnostic in file.diagnostics() {
        writeln!(out, "{}\n", snippet::draw(&renderer, &file.name(), &file.text, diagnostic))?;
    }
    let errors = file.count(Severity::Error);
    let warnings = counted(file.count(Severity::Warning), "warning", "warnings");
    match &file.outcome {
        Err(_) => writeln!(out, "{}: {}, {warnings}", file.name(), counted(errors, "error", "errors"))?,
        Ok(Checked { catalog, .. }) => {
            writeln!(out, "{}: fine, {warnings}. {}", file.name(), summary(catalog))?;
            if explain {
                write_policies(out, &catalog.policies_in_force())?;
            }
        }
    }
    Ok(())
}

/// What is in a catalog, in one line.
fn summary(catalog: &Catalog) -> String {
    let models: usize = catalog.tools().iter().map(|tool| tool.models.len()).sum();
    let parts = [
        (catalog.tools().len(), "tool", "tools"),
        (models, "model", "models"),
        (catalog.buckets().len(), "bucket", "buckets"),
        (catalog.plans().len(), "plan", "plans"),
        (catalog.add_ons().len(), "add-on", "add-ons"),
        (catalog.packs().len(), "pack", "packs"),
        (catalog.promotions().len(), "promotion", "promotions"),
    ];
    let parts: Vec<String> =
        parts.iter().filter(|(count, ..)| *count > 0).map(|(count, one, many)| counted(*count, one, many)).collect();
    format!("{}: {}.", catalog.studio().name, parts.join(", "))
}

fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

fn write_policies(out: &mut impl Write, policies: &[PolicyInForce]) -> io::Result<()> {
    writeln!(out, "\n  policies in force (* differs from the default):")?;
    let settings: Vec<String> = policies.iter().map(|policy| format!("{} = {}", policy.path, policy.value)).collect();
    let width = settings.iter().map(|setting| setting.chars().count()).max().unwrap_or(0);
    for (policy, setting) in policies.iter().zip(&settings) {
        let mark = if policy.default { ' ' } else { '*' };
        writeln!(out, "  {:<4}{mark} {setting:<width$}  {}: {}", policy.id, policy.name, policy.meaning)?;
    }
    writeln!(out)
}

/// The answer of `scrip check --json`.
#[derive(Serialize)]
struct Report<'a> {
    ok: bool,
    errors: usize,
    warnings: usize,
    files: Vec<FileReport<'a>>,
}

#[derive(Serialize)]
struct FileReport<'a> {
    file: String,
    ok: bool,
    diagnostics: Vec<Problem<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    policies: Option<Vec<PolicyInForce>>,
}

#[derive(Serialize)]
struct Problem<'a> {
    severity: &'static str,
    line: u32,
    column: u32,
    path: &'a str,
    message: &'a str,
    help: Option<&'a str>,
    /// The offending text.
    text: &'a str,
}

fn write_json(out: &mut impl Write, files: &[CatalogFile], explain: bool) -> io::Result<()> {
    let report = Report {
        ok: files.iter().all(|file| file.outcome.is_ok()),
        errors: files.iter().map(|file| file.count(Severity::Error)).sum(),
        warnings: files.iter().map(|file| file.count(Severity::Warning)).sum(),
        files: files.iter().map(|file| file_report(file, explain)).collect(),
    };
    serde_json::to_writer_pretty(&mut *out, &report)?;
    writeln!(out)
}

fn file_report(file: &CatalogFile, explain: bool) -> FileReport<'_> {
    let policies = match &file.outcome {
        Ok(checked) if explain => Some(checked.catalog.policies_in_force()),
        _ => None,
    };
    FileReport {
        file: file.name(),
        ok: file.outcome.is_ok(),
        diagnostics: file.diagnostics().iter().map(|diagnostic| problem(&file.text, diagnostic)).collect(),
        policies,
    }
}

fn problem<'a>(text: &'a str, diagnostic: &'a Diagnostic) -> Problem<'a> {
    Problem {
        severity: diagnostic.severity.as_str(),
        line: diagnostic.line,
        column: diagnostic.column,
        path: &diagnostic.path,
        message: &diagnostic.message,
        help: diagnostic.help.as_deref(),
        text: text.get(diagnostic.span.clone()).unwrap_or_default(),
    }
}
