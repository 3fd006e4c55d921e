//! `scrip rebuild`: makes the views of a data folder anew from its journal.

use std::io::{self, Write};

use crate::cli::RebuildArgs;
use crate::exit_code::{Ended, ExitCode};
use crate::progress::while_waiting;
use crate::running::{must_be_there, store_failure};

pub fn run(args: &RebuildArgs) -> Ended {
    must_be_there(&args.data)?;
    let rebuilt = while_waiting("rebuilding", || scrip_store::rebuild(&args.data))
        .map_err(|error| store_failure(&args.data, &error))?;
    writeln!(io::stdout(), "the views are made anew from {} batches of the journal", rebuilt.batch_count)?;
    Ok(ExitCode::Fine)
}
