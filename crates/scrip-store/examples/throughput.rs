//! What the store can carry: jobs a second through `commit`, as a burst and sustained.
//!
//! `cargo run --release -p scrip-store --example throughput -- [wallets] [seconds] [callers] [jobs a call] [dir]`

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use scrip_ledger::id::{HoldId, Name};
use scrip_ledger::{Act, Reply};
use scrip_store::{Job, Options, Store, StoreError};

#[allow(dead_code, reason = "the tests use the rest")]
#[path = "../tests/it/commands.rs"]
mod commands;

use commands::{capture, credits, customer, grant, hold_new, job, job_of, request};

fn argument(index: usize, default: u64) -> u64 {
    std::env::args().nth(index).and_then(|text| text.parse().ok()).unwrap_or(default)
}

#[tokio::main(flavor = "multi_thread", worker_threads = 1)]
async fn main() {
    let (wallets, seconds) = (argument(1, 100_000), argument(2, 20));
    let (callers, jobs_per_call) = (argument(3, 8), argument(4, 256) as usize);
    let dir = std::env::args().nth(5).unwrap_or_else(|| "/tmp/scrip-throughput".to_owned());
    let _ = std::fs::remove_dir_all(&dir);
    let store = Store::open(Options::at(&dir)).expect("the store opens");
    let names: Arc<Vec<Name>> = Arc::new((0..wallets).map(|n| Name::from(format!("customer_{n}"))).collect());
    for chunk in names.chunks(1_000) {
        let jobs = chunk.iter().flat_map(|id| [job(id, customer(id)), job(id, grant(id, "1000000"))]).collect();
        send(&store, jobs, &AtomicU64::new(0)).await;
    }
    store.customers(commands::STUDIO, None, scrip_store::Page::first(1)).await.expect("the views are caught up");
    println!("memory with idle wallets: {} MB", memory_mb("VmRSS"));
    println!("{wallets} wallets, {callers} callers, {jobs_per_call} jobs a call (half holds, half captures)");
    let done = Arc::new(AtomicU64::new(0));
    let busy = Arc::new(AtomicU64::new(0));
    let until = Instant::now() + Duration::from_secs(seconds);
    let mut tasks = Vec::new();
    for caller in 0..callers {
        let (store, names, done, busy) = (store.clone(), names.clone(), done.clone(), busy.clone());
        tasks.push(tokio::spawn(async move {
            let mut random = caller.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
            let mut number = caller << 40;
            while Instant::now() < until {
                let holds: Vec<Job> = (0..jobs_per_call)
                    .map(|_| {
                        random ^= random << 13;
                        random ^= random >> 7;
                        random ^= random << 17;
                        number += 1;
                        let name = &names[(random % names.len() as u64) as usize];
                        let act = Act::Hold(Box::new(hold_new(name, credits("1.5"))));
                        job_of(
                            commands::STUDIO,
                            scrip_store::Target::Customer(name.clone()),
                            Some(request(number)),
                            act,
                        )
                    })
                    .collect();
                let held = send(&store, holds, &busy).await;
                let captures = held
                    .into_iter()
                    .map(|id| {
                        number += 1;
                        let target = scrip_store::Target::Wallet(id.wallet());
                        job_of(commands::STUDIO, target, Some(request(number)), capture(id))
                    })
                    .collect();
                send(&store, captures, &busy).await;
                done.fetch_add(2 * jobs_per_call as u64, Ordering::Relaxed);
            }
        }));
    }
    let start = Instant::now();
    let mut before = 0;
    while Instant::now() < until {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let now = done.load(Ordering::Relaxed);
        let gauges = store.gauges();
        println!(
            "{:3} s  {:7} jobs/s  lag {:6}  hot {:6}  busy {}  wal {} + {} MB  cpu {:?}",
            start.elapsed().as_secs(),
            now - before,
            gauges.lag_records,
            gauges.hot_wallets,
            busy.load(Ordering::Relaxed),
            gauges.journal_wal_bytes >> 20,
            gauges.views_wal_bytes >> 20,
            threads_cpu(),
        );
        before = now;
    }
    for task in tasks {
        task.await.expect("a caller finishes");
    }
    let total = done.load(Ordering::Relaxed);
    println!("burst: {:.0} jobs/s", total as f64 / start.elapsed().as_secs_f64());
    let lag = store.gauges().lag_records;
    store.close();
    println!("sustained (views included, {lag} behind): {:.0} jobs/s", total as f64 / start.elapsed().as_secs_f64());
    println!("memory at most: {} MB", memory_mb("VmHWM"));
}

async fn send(store: &Store, jobs: Vec<Job>, busy: &AtomicU64) -> Vec<HoldId> {
    loop {
        match store.commit(jobs.clone()).await {
            Ok(answers) => {
                return answers
                    .into_iter()
                    .filter_map(|answer| match answer.outcome.expect("there are credits enough") {
                        Reply::Hold(hold) => Some(hold.id),
                        _ => None,
                    })
                    .collect();
            }
            Err(StoreError::Busy) => {
                busy.fetch_add(1, Ordering::Relaxed);
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            Err(error) => panic!("{error}"),
        }
    }
}

fn memory_mb(which: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with(which)).unwrap_or("0");
    line.split_whitespace().nth(1).and_then(|kb| kb.parse::<u64>().ok()).unwrap_or(0) / 1024
}

/// Seconds of processor time by thread, where the system tells.
fn threads_cpu() -> Vec<String> {
    let mut cpu = Vec::new();
    for thread in std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten() {
        let stat = std::fs::read_to_string(thread.path().join("stat")).unwrap_or_default();
        let Some((name, rest)) = stat.split_once('(').and_then(|(_, rest)| rest.split_once(')')) else { continue };
        let ticks: u64 = rest.split_whitespace().skip(11).take(2).filter_map(|ticks| ticks.parse::<u64>().ok()).sum();
        if ticks >= 10 {
            cpu.push(format!("{name} {:.1}", ticks as f64 / 100.0));
        }
    }
    cpu
}
