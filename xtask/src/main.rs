//! `cargo xtask <task>`: the only scripts of this project beside `./test` and `.ci/run`.

mod tidy;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

const HELP: &str = "\
cargo xtask <task>

  tidy          check the rules of the house: who imports whom, names, lengths, purity, links
  codegen       write openapi.json, docs/errors.md and catalogs/catalog.schema.json
  bench [...]   measure side by side in one run and write docs/benchmarks.md (see bench --help)
  sim [...]     random commands against the naive ledger (see sim --help)
";

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let task = args.next().unwrap_or_default();
    let rest: Vec<String> = args.collect();
    match task.as_str() {
        "tidy" => tidy(),
        "codegen" => codegen(),
        "bench" => {
            let built = cargo(&["build", "--release", "--quiet", "--package", "scrip"], &[]);
            if built == ExitCode::SUCCESS { run_release("scrip-bench", &rest) } else { built }
        }
        "sim" => run_release("scrip-sim", &rest),
        _ => {
            eprint!("{HELP}");
            ExitCode::from(2)
        }
    }
}

/// The tests compare these files with what the code says; told to, they write them instead.
fn codegen() -> ExitCode {
    for (package, test) in [("scrip-catalog", "publishing"), ("scrip-server", "specification")] {
        let mut command = cargo_command();
        command.current_dir(root()).env("SCRIP_UPDATE", "1");
        command.args(["test", "--quiet", "--package", package, "--test", "it", test]);
        if !command.status().is_ok_and(|status| status.success()) {
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

fn run_release(binary: &str, rest: &[String]) -> ExitCode {
    cargo(&["run", "--release", "--quiet", "--package", "scrip-sim", "--bin", binary, "--"], rest)
}

fn tidy() -> ExitCode {
    let complaints = tidy::complaints(&root());
    complaints.iter().for_each(|complaint| eprintln!("{complaint}"));
    if complaints.is_empty() {
        println!("tidy: nothing to say");
        ExitCode::SUCCESS
    } else {
        eprintln!("tidy: {} complaints", complaints.len());
        ExitCode::FAILURE
    }
}

/// The cargo that runs this, and not the one that built it: it may be gone.
fn cargo_command() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

fn cargo(arguments: &[&str], rest: &[String]) -> ExitCode {
    let status = cargo_command().current_dir(root()).args(arguments).args(rest).status();
    match status {
        Ok(status) if status.success() => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("cargo could not be started: {error}");
            ExitCode::FAILURE
        }
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask is a folder of the workspace").to_path_buf()
}
