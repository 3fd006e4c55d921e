//! `cargo xtask bench`: what Scrip costs, side by side with what it is compared to, in one run on one
//! machine. Figures are ratios: to a server that answers a constant, over the same HTTP stack.

mod core_paths;
mod floor;
mod http;
mod load;
mod machine;
mod report;
mod server;

use std::time::Duration;

use report::Report;

const HELP: &str = "\
cargo xtask bench [--seconds N] [--sustained N] [--wallets N] [--only PHASES] [--write]

  --seconds N     how long each HTTP figure is measured (default 10)
  --sustained N   how long the sustained figure is measured (default 120; 0 leaves it out)
  --wallets N     wallets that work is spread over (default 100000)
  --only PHASES   of core,floor,jobs,quotes,batch,sustained; jobs:N is N connections (default: all)
  --write         write docs/benchmarks.md and docs/benchmarks.json
";

/// How long and how wide to measure.
struct Plan {
    seconds: u64,
    sustained: u64,
    wallets: usize,
    /// Phases that are measured; none named is all.
    only: Vec<String>,
    write: bool,
}

impl Plan {
    fn has(&self, phase: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == phase)
    }

    /// Connections that jobs are measured with.
    fn job_connections(&self) -> Vec<usize> {
        let is_asked = |count: &usize| self.has("jobs") || self.has(&format!("jobs:{count}"));
        [1, 8, 64].into_iter().filter(is_asked).collect()
    }
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if args.first().is_some_and(|first| first == "floor") {
        return floor::serve();
    }
    let Some(plan) = plan(&args) else {
        eprint!("{HELP}");
        std::process::exit(2);
    };
    let report = measure(&plan);
    println!("{}", report.markdown());
    if plan.write {
        report.write();
    }
}

fn plan(args: &[String]) -> Option<Plan> {
    let mut plan = Plan { seconds: 10, sustained: 120, wallets: 100_000, only: Vec::new(), write: false };
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--seconds" => plan.seconds = args.next()?.parse().ok()?,
            "--sustained" => plan.sustained = args.next()?.parse().ok()?,
            "--wallets" => plan.wallets = args.next()?.parse().ok()?,
            "--only" => plan.only = args.next()?.split(',').map(str::to_owned).collect(),
            "--write" => plan.write = true,
            _ => return None,
        }
    }
    Some(plan)
}

fn measure(plan: &Plan) -> Report {
    let mut report = Report::new(machine::describe());
    if plan.has("core") {
        core_paths::measure(&mut report);
    }
    let seconds = Duration::from_secs(plan.seconds);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    for connections in [1, 8, 64].into_iter().filter(|_| plan.has("floor")) {
        let floor = server::Floor::start();
        let result = runtime.block_on(load::constant(floor.address(), connections, seconds));
        report.floor(connections, result);
    }
    let scrip = server::Scrip::start();
    let empty_kib = scrip.resident_kib();
    let studio = runtime.block_on(load::Studio::prepare(scrip.address(), plan.wallets));
    runtime.block_on(studio.views_caught_up());
    report.memory(empty_kib, scrip.resident_kib(), plan.wallets);
    let disk_before = scrip.disk_bytes();
    for connections in plan.job_connections() {
        let before = scrip.cpu_us();
        let spread = runtime.block_on(studio.hold_and_capture(connections, plan.wallets, seconds));
        report.cpu(&before, &scrip.cpu_us(), &spread);
        report.hold_and_capture("spread", connections, spread);
        runtime.block_on(studio.views_caught_up());
        let hot = runtime.block_on(studio.hold_and_capture(connections, 1, seconds));
        report.hold_and_capture("one hot wallet", connections, hot);
        runtime.block_on(studio.views_caught_up());
    }
    if plan.has("quotes") {
        report.quotes(runtime.block_on(studio.quotes(64, seconds)));
    }
    if plan.has("batch") {
        let before = scrip.cpu_us();
        let batches = runtime.block_on(studio.batches(4, 1_000, plan.wallets, seconds));
        report.cpu(&before, &scrip.cpu_us(), &batches);
        report.batch(batches);
        runtime.block_on(studio.views_caught_up());
    }
    if plan.sustained > 0 && plan.has("sustained") {
        let sustained = Duration::from_secs(plan.sustained);
        let before = scrip.cpu_us();
        let counted = runtime.block_on(studio.hold_and_capture(64, plan.wallets, sustained));
        report.cpu(&before, &scrip.cpu_us(), &counted);
        report.sustained(counted);
    }
    let operations = report.operations();
    let scrip = scrip.settle();
    report.disk(disk_before, scrip.disk_bytes(), operations);
    report.restart(scrip.kill_and_restart(), operations);
    report
}
