//! `scrip export`: the records of a data folder as JSON lines or CSV.

mod records;
mod rows;

use std::io::{self, BufWriter, StdoutLock, Write};

use scrip_store::{Options, ReadError, Store};
use serde_json::Value;

use crate::cli::{ExportArgs, ExportFormat};
use crate::exit_code::{Ended, ExitCode, Failure};
use crate::progress::Progress;
use crate::running::{must_be_there, store_failure};
use crate::serve::runtime;
use rows::Row;

/// Opens the folder, which no server may be using, and writes one kind of record, studio by studio, oldest first.
pub fn run(args: &ExportArgs) -> Ended {
    must_be_there(&args.data)?;
    let store = Store::open(Options::at(&args.data)).map_err(|error| store_failure(&args.data, &error))?;
    let ended = runtime()?.block_on(export(args, &store));
    store.close();
    ended
}

async fn export(args: &ExportArgs, store: &Store) -> Ended {
    let mut studios = store.studios();
    if let Some(wanted) = &args.studio {
        studios.retain(|studio| studio.id.as_str() == wanted);
        if studios.is_empty() {
            return Err(Failure::new(ExitCode::Problems, format!("there is no studio {wanted:?} in this folder")));
        }
    }
    let mut table = Table::new(args.format, args.what.columns());
    for studio in studios {
        records::write(store, &studio, args.what, &mut table).await?;
    }
    table.finish()?;
    Ok(ExitCode::Fine)
}

/// Writes rows as they come, all with the same columns.
struct Table {
    out: Out,
    columns: &'static [&'static str],
    progress: Progress,
}

enum Out {
    Json(BufWriter<StdoutLock<'static>>),
    Csv(Box<csv::Writer<StdoutLock<'static>>>),
}

impl Table {
    fn new(format: ExportFormat, columns: &'static [&'static str]) -> Table {
        let out = match format {
            ExportFormat::Json => Out::Json(BufWriter::new(io::stdout().lock())),
            ExportFormat::Csv => Out::Csv(Box::new(csv::Writer::from_writer(io::stdout().lock()))),
        };
        let mut table = Table { out, columns, progress: Progress::counting("rows") };
        if let Out::Csv(csv) = &mut table.out {
            // What can't be written now can't be written at the first row either, and is said there.
            let _ = csv.write_record(columns);
        }
        table
    }

    fn write(&mut self, row: Row) -> Result<(), Failure> {
        debug_assert_eq!(row.0.len(), self.columns.len());
        match &mut self.out {
            Out::Json(out) => {
                let object = self.columns.iter().map(|column| (*column).to_owned()).zip(row.0).collect();
                serde_json::to_writer(&mut *out, &Value::Object(object)).map_err(io::Error::from)?;
                writeln!(out)?;
            }
            Out::Csv(csv) => csv.write_record(row.0.iter().map(cell)).map_err(csv_failure)?,
        }
        self.progress.advance();
        Ok(())
    }

    fn finish(self) -> Result<(), Failure> {
        self.progress.finish();
        match self.out {
            Out::Json(mut out) => out.flush()?,
            Out::Csv(mut csv) => csv.flush()?,
        }
        Ok(())
    }
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn csv_failure(error: csv::Error) -> Failure {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error.into(),
        kind => Failure::input_output(format!("cannot write a row: {kind:?}")),
    }
}

impl From<ReadError> for Failure {
    fn from(error: ReadError) -> Failure {
        Failure::input_output(error)
    }
}
