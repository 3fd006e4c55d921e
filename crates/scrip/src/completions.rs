//! `scrip completions`: what a shell needs to complete our commands.

use std::io::{self, Write};

use clap::CommandFactory;

use crate::cli::{Cli, CompletionsArgs};
use crate::exit_code::{Ended, ExitCode};

pub fn run(args: &CompletionsArgs) -> Ended {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "scrip", &mut script);
    io::stdout().write_all(&script)?;
    Ok(ExitCode::Fine)
}
