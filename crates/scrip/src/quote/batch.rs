//! Many jobs at once: a JSON object a line in, a JSON object a line out, in order.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::Path;
use std::sync::Arc;

use scrip_catalog::{Catalog, Facts};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Answer, Given, Job, as_json};
use crate::catalog_file::is_standard_input;
use crate::exit_code::{Ended, ExitCode, Failure};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    tool: String,
    #[serde(default)]
    model: Option<String>,
    #[serde(default)]
    inputs: BTreeMap<String, Box<RawValue>>,
    #[serde(default = "once")]
    quantity: u64,
}

fn once() -> u64 {
    1
}

/// Prices every line; ends with "problems" if one was refused.
pub fn run(catalog: &Catalog, jobs: &Path, facts: Option<&Arc<Facts>>) -> Ended {
    let unreadable = |error: io::Error| Failure::input_output(format!("cannot read {}: {error}", jobs.display()));
    let reader: Box<dyn BufRead> = if is_standard_input(jobs) {
        Box::new(io::stdin().lock())
    } else {
        Box::new(BufReader::new(std::fs::File::open(jobs).map_err(unreadable)?))
    };
    let mut out = BufWriter::new(io::stdout().lock());
    let mut refused = false;
    for line in reader.lines() {
        let line = line.map_err(unreadable)?;
        if line.trim().is_empty() {
            continue;
        }
        refused |= !write_answer(&mut out, catalog, &line, facts)?;
    }
    out.flush()?;
    Ok(if refused { ExitCode::Problems } else { ExitCode::Fine })
}

/// Answers one line; `false` if it was refused.
fn write_answer(out: &mut impl Write, catalog: &Catalog, line: &str, facts: Option<&Arc<Facts>>) -> io::Result<bool> {
    let job = match read_line(line) {
        Ok(job) => job,
        Err(error) => {
            let answer = Answer::Refusal { code: "invalid_json", detail: error.to_string(), input: None };
            serde_json::to_writer(&mut *out, &answer)?;
            writeln!(out)?;
            return Ok(false);
        }
    };
    let priced = job.price(catalog, facts);
    serde_json::to_writer(&mut *out, &as_json(catalog, &priced))?;
    writeln!(out)?;
    Ok(priced.is_ok())
}

fn read_line(line: &str) -> serde_json::Result<Job> {
    let Line { tool, model, inputs, quantity } = serde_json::from_str(line)?;
    let inputs = inputs.into_iter().map(|(name, value)| (name, Given::from_json(value.get()))).collect();
    Ok(Job { tool, model, inputs, quantity })
}
