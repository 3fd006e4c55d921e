//! The processes that are measured: a server of ours in a folder of its own, and the floor.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

pub const ROOT_KEY: &str = "root_key_of_the_bench_that_is_long_enough";

/// A child process that is killed when it goes out of use.
struct Process {
    child: Child,
    address: SocketAddr,
}

impl Process {
    /// Starts a server and waits for the address that it prints.
    fn start(command: &mut Command) -> Process {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the server starts");
        let lines = BufReader::new(child.stdout.take().expect("piped above")).lines();
        let address = lines
            .map_while(Result::ok)
            .find_map(|line| {
                let (_, rest) = line.split_once("http://")?;
                rest.split(|c: char| !(c.is_ascii_digit() || c == '.' || c == ':')).next()?.parse().ok()
            })
            .expect("the server prints its address");
        Process { child, address }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub struct Floor(Process);

impl Floor {
    pub fn start() -> Floor {
        let bench = std::env::current_exe().expect("a path");
        Floor(Process::start(Command::new(bench).arg("floor")))
    }

    pub fn address(&self) -> SocketAddr {
        self.0.address
    }
}

pub struct Scrip {
    process: Process,
    folder: PathBuf,
}

impl Scrip {
    pub fn start() -> Scrip {
        let folder = std::env::temp_dir().join(format!("scrip-bench-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder for the bench");
        Scrip { process: Process::start(&mut Scrip::command(&folder)), folder }
    }

    fn command(folder: &Path) -> Command {
        let bench = std::env::current_exe().expect("a path");
        let binary = bench.parent().expect("a folder").join("scrip");
        assert!(binary.exists(), "build it first: cargo build --release --package scrip");
        let mut command = Command::new(binary);
        command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(folder).env("SCRIP_ROOT_KEY", ROOT_KEY);
        command
    }

    pub fn address(&self) -> SocketAddr {
        self.process.address
    }

    pub fn resident_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
        line.trim().trim_end_matches(" kB").parse().unwrap_or_default()
    }

    /// The processor time that each kind of thread has used, in microseconds.
    pub fn cpu_us(&self) -> BTreeMap<String, u64> {
        let mut used = BTreeMap::new();
        let tasks = std::fs::read_dir(format!("/proc/{}/task", self.process.child.id()));
        for task in tasks.into_iter().flatten().flatten() {
            let stat = std::fs::read_to_string(task.path().join("stat")).unwrap_or_default();
            let Some((name, rest)) = stat.split_once(" (").and_then(|(_, rest)| rest.rsplit_once(") ")) else {
                continue;
            };
            // The twelfth and thirteenth value after the name: ticks of 10 ms, its own and the system's for it.
            let ticks: u64 = rest.split(' ').skip(11).take(2).filter_map(|value| value.parse::<u64>().ok()).sum();
            *used.entry(name.to_owned()).or_default() += ticks * 10_000;
        }
        used
    }

    pub fn disk_bytes(&self) -> u64 {
        let entries = std::fs::read_dir(&self.folder).into_iter().flatten().flatten();
        entries.filter_map(|entry| entry.metadata().ok()).map(|metadata| metadata.len()).sum()
    }

    /// Stops in order, so that what is on disk is what stays there, and starts again.
    pub fn settle(mut self) -> Scrip {
        let _ = Command::new("kill").args(["-TERM", &self.process.child.id().to_string()]).status();
        let _ = self.process.child.wait();
        self.process = Process::start(&mut Scrip::command(&self.folder));
        self
    }

    /// Kills the server and answers how long a new one takes until it is ready.
    pub fn kill_and_restart(mut self) -> Duration {
        let _ = self.process.child.kill();
        let _ = self.process.child.wait();
        let started = Instant::now();
        self.process = Process::start(&mut Scrip::command(&self.folder));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let mut connection = crate::http::Connection::open(self.process.address).await;
            connection.send("GET", "/readyz", &[], b"").await.expect_success();
        });
        let elapsed = started.elapsed();
        let folder = self.folder.clone();
        drop(self);
        let _ = std::fs::remove_dir_all(folder);
        elapsed
    }
}
