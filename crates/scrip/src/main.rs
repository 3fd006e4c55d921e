//! `scrip`, the command line of the credits engine. Only here are arguments and environment read.

mod api_client;
mod audit;
mod backup;
mod catalog_file;
mod check;
mod cli;
mod completions;
mod demo;
mod exit_code;
mod export;
mod import;
mod progress;
mod quote;
mod rebuild;
mod root_key;
mod running;
mod serve;
mod snippet;

use clap::Parser;

use cli::{Cli, Command, DemoArgs};
use exit_code::Ended;

/// Requests and records are made of small pieces that one thread makes and another drops.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    let cli = Cli::parse();
    let ended = run(&cli.command.unwrap_or(Command::Demo(DemoArgs::default())));
    let code = ended.unwrap_or_else(|failure| {
        if !failure.message.is_empty() {
            eprintln!("scrip: {failure}");
        }
        failure.code
    });
    code.into()
}

fn run(command: &Command) -> Ended {
    match command {
        Command::Check(args) => check::run(args),
        Command::Quote(args) => quote::run(args),
        Command::Import(args) => import::run(args),
        Command::Completions(args) => completions::run(args),
        Command::Serve(args) => serve::run(args),
        Command::Demo(args) => demo::run(args),
        Command::Audit(args) => audit::run(args),
        Command::Rebuild(args) => rebuild::run(args),
        Command::Export(args) => export::run(args),
        Command::Backup(args) => backup::run(args),
    }
}
