//! `scrip backup`: copies a data folder, also while its server runs.

use std::io::{self, Write};

use crate::cli::BackupArgs;
use crate::exit_code::{Ended, ExitCode, Failure};
use crate::progress::while_waiting;
use crate::root_key;
use crate::running::{must_be_there, store_failure};

pub fn run(args: &BackupArgs) -> Ended {
    must_be_there(&args.data)?;
    while_waiting("copying", || scrip_store::backup::copy(&args.data, &args.to))
        .map_err(|error| store_failure(&args.data, &error))?;
    root_key::copy(&args.data, &args.to)
        .map_err(|error| Failure::input_output(format!("cannot copy the root key's hash: {error}")))?;
    writeln!(io::stdout(), "copied {} to {}", args.data.display(), args.to.display())?;
    Ok(ExitCode::Fine)
}
