//! `scrip quote`: what a job costs by a catalog file, and why.

mod batch;
mod job;

use std::io::{self, Write};
use std::sync::Arc;

use scrip_catalog::{Catalog, ExplainTerm, Facts, PriceError, PriceKind, Priced};
use scrip_ledger::id::Name;
use serde::Serialize;
use serde_json::Value;

use crate::catalog_file::CatalogFile;
use crate::cli::QuoteArgs;
use crate::exit_code::{Ended, ExitCode, Failure};
use crate::snippet;
use job::{Given, Job};

pub fn run(args: &QuoteArgs) -> Ended {
    let catalog = read_catalog(args)?;
    let facts = facts(args);
    match &args.batch {
        Some(jobs) => batch::run(&catalog, jobs, facts.as_ref()),
        None => run_one(args, &catalog, facts.as_ref()),
    }
}

fn read_catalog(args: &QuoteArgs) -> Result<Catalog, Failure> {
    if args.batch.as_deref().is_some_and(|jobs| jobs == args.file) && args.file.as_os_str() == "-" {
        return Err(Failure::usage("the catalog and the jobs cannot both come from standard input"));
    }
    let file = CatalogFile::read(&args.file)?;
    let name = file.name();
    match file.outcome {
        Ok(checked) => Ok(checked.catalog),
        Err(diagnostics) => {
            let renderer = snippet::renderer(false);
            let drawn: Vec<String> =
                diagnostics.iter().map(|found| snippet::draw(&renderer, &name, &file.text, found)).collect();
            Err(Failure::new(ExitCode::Problems, format!("{name} is not a catalog\n{}", drawn.join("\n\n"))))
        }
    }
}

/// What the price may depend on beside the inputs, where it was given.
fn facts(args: &QuoteArgs) -> Option<Arc<Facts>> {
    let name = |given: &Option<String>| given.as_deref().map(Name::from);
    let facts =
        Facts { plan: name(&args.plan), channel: name(&args.channel), mode: name(&args.mode), ..Facts::default() };
    (facts != Facts::default()).then(|| Arc::new(facts))
}

fn run_one(args: &QuoteArgs, catalog: &Catalog, facts: Option<&Arc<Facts>>) -> Ended {
    let job = Job {
        tool: args.tool.clone().unwrap_or_default(),
        model: args.model.clone(),
        inputs: job::from_arguments(&args.inputs)?,
        quantity: args.quantity,
    };
    let answer = job.price(catalog, facts);
    let mut out = io::stdout().lock();
    if args.json {
        serde_json::to_writer_pretty(&mut out, &as_json(catalog, &answer)).map_err(io::Error::from)?;
        writeln!(out)?;
    } else if let Ok(priced) = &answer {
        write_text(&mut out, catalog, priced)?;
    }
    out.flush()?;
    match answer {
        Ok(_) => Ok(ExitCode::Fine),
        Err(_) if args.json => Ok(ExitCode::Problems),
        Err(refusal) => Err(Failure::new(ExitCode::Problems, format!("{}: {refusal}", refusal.code()))),
    }
}

fn write_text(out: &mut impl Write, catalog: &Catalog, priced: &Priced) -> io::Result<()> {
    let most = if priced.kind == PriceKind::Ceiling { "at most " } else { "" };
    let times = if priced.quantity == 1 { String::new() } else { format!("{} × ", priced.quantity) };
    let model = priced.model.as_ref().map(|model| format!(" with {model}")).unwrap_or_default();
    writeln!(out, "{times}{}{model}: {most}{} {}", priced.tool, priced.credits, unit(catalog, priced))?;
    for input in &priced.inputs {
        writeln!(out, "  {} = {}", input.name, input.value)?;
    }
    for input in &priced.unmeasured {
        writeln!(out, "  {input} is left open: held at the most, charged as measured")?;
    }
    write_terms(out, &catalog.explain(priced), priced)
}

fn write_terms(out: &mut impl Write, terms: &[ExplainTerm], priced: &Priced) -> io::Result<()> {
    let mut rows: Vec<(String, String)> =
        terms.iter().map(|term| (term.label.clone(), term.credits.to_string())).collect();
    rows.push(("total".to_owned(), priced.credits.to_string()));
    let labels = rows.iter().map(|(label, _)| label.chars().count()).max().unwrap_or(0);
    let amounts = rows.iter().map(|(_, amount)| amount.len()).max().unwrap_or(0);
    writeln!(out)?;
    for (label, amount) in rows {
        writeln!(out, "  {label:<labels$}  {amount:>amounts$}")?;
    }
    Ok(())
}

/// The credit's own word for the amount.
fn unit(catalog: &Catalog, priced: &Priced) -> String {
    match catalog.studio().unit(&priced.currency) {
        Some(unit) if priced.credits.to_string() == "1" => unit.name.clone(),
        Some(unit) => unit.plural.clone(),
        None => priced.currency.to_string(),
    }
}

/// A price or a refusal as the API writes them.
#[derive(Serialize)]
#[serde(untagged)]
enum Answer<'a> {
    Price(PriceAnswer<'a>),
    Refusal { code: &'static str, detail: String, input: Option<&'a str> },
}

#[derive(Serialize)]
struct PriceAnswer<'a> {
    tool: &'a str,
    model: Option<&'a str>,
    quantity: u64,
    inputs: Value,
    kind: &'static str,
    credits: String,
    hold: String,
    each: String,
    currency: &'a str,
    unmeasured: Vec<&'a str>,
    explain: Vec<TermAnswer>,
}

#[derive(Serialize)]
struct TermAnswer {
    label: String,
    credits: String,
}

fn as_json<'a>(catalog: &Catalog, answer: &'a Result<Priced, PriceError>) -> Answer<'a> {
    let priced = match answer {
        Ok(priced) => priced,
        Err(refusal) => {
            return Answer::Refusal { code: refusal.code(), detail: refusal.to_string(), input: refusal.input() };
        }
    };
    let inputs = priced.inputs.iter().map(|input| (input.name.to_string(), Value::from(input.value.to_string())));
    let terms = catalog.explain(priced);
    Answer::Price(PriceAnswer {
        tool: &priced.tool,
        model: priced.model.as_deref(),
        quantity: priced.quantity,
        inputs: Value::Object(inputs.collect()),
        kind: priced.kind.as_str(),
        credits: priced.credits.to_string(),
        hold: priced.hold.to_string(),
        each: priced.each.to_string(),
        currency: &priced.currency,
        unmeasured: priced.unmeasured.iter().map(|name| &**name).collect(),
        explain: terms
            .into_iter()
            .map(|term| TermAnswer { label: term.label, credits: term.credits.to_string() })
            .collect(),
    })
}
