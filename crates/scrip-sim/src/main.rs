//! `scrip-sim [--seed N] [--seeds N] [--steps N]`: random scripts on the ledger and on the naive one.

use std::process::ExitCode;

use scrip_sim::shrink;

const HELP: &str = "\
Plays random scripts on the ledger and on a naive second ledger, and compares all that can be seen.

scrip-sim [--seed N] [--seeds N] [--steps N]

  --seed N    the first seed (1)
  --seeds N   how many seeds (16)
  --steps N   how many steps of each (20000)

Prints the seed and a short script if they disagree, and ends with 1.
";

struct Asked {
    seed: u64,
    seeds: u64,
    steps: usize,
}

fn main() -> ExitCode {
    if std::env::args().any(|arg| arg == "--help") {
        print!("{HELP}");
        return ExitCode::SUCCESS;
    }
    let asked = match read(std::env::args().skip(1)) {
        Ok(asked) => asked,
        Err(what) => {
            eprint!("{what}\n\n{HELP}");
            return ExitCode::from(2);
        }
    };
    for seed in asked.seed..asked.seed.saturating_add(asked.seeds) {
        if let Err((steps, disagreement)) = shrink::play(seed, asked.steps, |_, _| {}) {
            println!("seed {seed}, step {}: {disagreement}\n\nmaking it short …", steps.len());
            let short = shrink::shortest(&steps);
            let disagreement = shrink::failure(&short).map_or(disagreement, |(_, disagreement)| disagreement);
            println!("\n{}\n# {disagreement}", shrink::written(&short));
            return ExitCode::FAILURE;
        }
        println!("seed {seed}: {} steps, both ledgers agree", asked.steps);
    }
    ExitCode::SUCCESS
}

fn read(mut args: impl Iterator<Item = String>) -> Result<Asked, String> {
    let mut asked = Asked { seed: 1, seeds: 16, steps: 20_000 };
    while let Some(name) = args.next() {
        let value = args.next().ok_or_else(|| format!("{name} needs a number"))?;
        let number: u64 = value.parse().map_err(|_| format!("`{value}` is not a number"))?;
        match name.as_str() {
            "--seed" => (asked.seed, asked.seeds) = (number, 1),
            "--seeds" => asked.seeds = number,
            "--steps" => asked.steps = usize::try_from(number).unwrap_or(usize::MAX),
            _ => return Err(format!("`{name}` is not known")),
        }
    }
    Ok(asked)
}
