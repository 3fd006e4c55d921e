//! A server that is killed at any moment loses nothing that it answered, does nothing twice, and is never in
//! doubt about a balance.
//!
//! The test starts itself as a child that works on a store and says what it was answered, kills it with
//! SIGKILL, opens what is left, asks for every answer again, and audits. In some rounds the child may only
//! write files up to a size, so that flushes fail in the middle. Meanwhile the studio's clock moves on, and plans renew.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use scrip_ledger::grant::GrantKind;
use scrip_ledger::plan::Interval;
use scrip_ledger::{Answer, Credits, Reply, Span};
use scrip_store::{Job, Load, Options, Store, StoreError, Target};

#[allow(dead_code, reason = "the other tests use the rest")]
#[path = "it/commands.rs"]
mod commands;

#[allow(dead_code, reason = "the other tests use the rest")]
#[path = "it/offers.rs"]
mod offers;
#[allow(dead_code, reason = "the other tests use the rest")]
#[path = "it/place.rs"]
mod place;

use commands::{STUDIO, at, capture, customer, grant, hold, job, keyed};
use offers::{plans, studio_with, subscribe};

const ROUNDS: u64 = 12;
const CUSTOMERS: u64 = 20;
const CALLERS: u64 = 8;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.iter().position(|argument| argument == "child") {
        Some(place) => child(Path::new(&arguments[place + 1]), arguments[place + 2].parse().expect("a round")),
        None => parent(),
    }
}

fn name(number: u64) -> String {
    format!("customer {}", number % CUSTOMERS)
}

/// What a number asks for: a hold, and of each second number the capture of the hold before it.
fn asked(number: u64, held: Option<&Answer>) -> Option<Job> {
    let id = name(number / 2);
    match (number % 2, held.map(|answer| &answer.outcome)) {
        (0, _) => Some(keyed(&id, number, hold(&id, "1.25"))),
        (_, Some(Ok(Reply::Hold(open)))) => Some(keyed(&id, number, capture(open.id))),
        _ => None,
    }
}

fn digest(answer: &Answer) -> u64 {
    let mut hasher = DefaultHasher::new();
    format!("{:?}", answer.outcome).hash(&mut hasher);
    hasher.finish()
}

/// Opens the store, works until it is killed, and says each answer as soon as it has it.
fn child(dir: &Path, round: u64) {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build().expect("a runtime");
    let small = Options { hot_wallets_max: 7, checkpoint_bytes: 1 << 20, ..Options::at(dir) };
    let store = Store::open(small).expect("the store opens after a kill");
    let said = Arc::new(Mutex::new(std::io::stdout()));
    runtime.block_on(async {
        let callers: Vec<_> = (0..CALLERS)
            .map(|caller| tokio::spawn(work(store.clone(), said.clone(), (round * CALLERS + caller) << 24)))
            .collect();
        tokio::spawn(move_clock(store.clone()));
        for caller in callers {
            caller.await.expect("a caller goes on until it is killed");
        }
    });
}

/// A day passes in a few rounds.
async fn move_clock(store: Store) {
    loop {
        tokio::time::sleep(Duration::from_millis(20)).await;
        // What a full disk or a full queue hinders now is due at the next move.
        let _ = store.set_test_clock(STUDIO, store.now(STUDIO).after(Span::from_hours(3))).await;
    }
}

async fn work(store: Store, said: Arc<Mutex<std::io::Stdout>>, first: u64) {
    let mut before: Option<Answer> = None;
    for number in first.. {
        let Some(job) = asked(number, before.as_ref()) else { continue };
        match store.commit(vec![job]).await {
            Ok(mut answers) => {
                let answer = answers.remove(0);
                let mut said = said.lock().expect("nobody panics");
                if writeln!(said, "{number} {}", digest(&answer)).and_then(|()| said.flush()).is_err() {
                    return;
                }
                before = Some(answer);
            }
            Err(StoreError::Unavailable { .. } | StoreError::Busy) => {
                std::thread::sleep(Duration::from_millis(1));
                before = None;
            }
            Err(error) => panic!("{error}"),
        }
    }
}

fn parent() {
    let dir = tempfile::tempdir().expect("a folder");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().expect("a runtime");
    runtime.block_on(async {
        let store = Store::open(Options::at(dir.path())).expect("the store opens");
        studio_with(&store, plans()).await;
        store.set_test_clock(STUDIO, at(0)).await.expect("a test studio");
        for number in 0..CUSTOMERS {
            let id = name(number);
            let plan = job(&id, subscribe(&id, "basic", Interval::Day));
            let jobs = vec![job(&id, customer(&id)), job(&id, grant(&id, "1000000")), plan];
            let answers = store.commit(jobs).await.expect("customers are made");
            assert!(answers.iter().all(|answer| answer.outcome.is_ok()));
        }
        store.close();
    });
    let mut answered = 0;
    for round in 0..ROUNDS {
        let patience = Duration::from_millis(40 + 37 * (round % 6));
        let answers = kill_after(dir.path(), round, patience);
        answered += answers.len();
        runtime.block_on(check(dir.path(), &answers, round));
        let report = scrip_store::audit(dir.path()).expect("the folder can be audited");
        assert!(report.is_clean(), "round {round}: {:#?}", report.problems);
    }
    let renewed = runtime.block_on(cycles(dir.path()));
    assert!(renewed >= CUSTOMERS, "plans were renewed meanwhile: {renewed} times");
    assert!(answered > 500, "the children were at work: {answered} answers");
    println!("kill: {ROUNDS} rounds, {answered} answers, {renewed} renewals, none lost, none twice");
}

/// Cycles that plans have come through, all together.
async fn cycles(dir: &Path) -> u64 {
    let store = Store::open(Options::at(dir)).expect("the store opens");
    let page = scrip_store::Page::first(100);
    let listed = store.subscriptions(STUDIO, scrip_store::SubscriptionFilter::default(), page).await.expect("a list");
    store.close();
    listed.items.iter().map(|one| u64::from(one.cycle)).sum()
}

/// Runs a child for a while, kills it, and answers what it said.
fn kill_after(dir: &Path, round: u64, patience: Duration) -> Vec<(u64, u64)> {
    let exe = std::env::current_exe().expect("this test");
    let journal = std::fs::metadata(dir.join("journal.sqlite")).map_or(0, |file| file.len());
    // Blocks of 1 KiB in bash, of 512 bytes in a plain sh: either way the file soon cannot grow.
    let blocks = journal / 1_024 + 600;
    let mut command = Command::new("sh");
    let limited = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" child \"$1\" {round}");
    let free = format!("exec \"$0\" child \"$1\" {round}");
    command.arg("-c").arg(if round % 3 == 2 { limited } else { free }).arg(exe).arg(dir);
    let mut child = command.stdout(Stdio::piped()).spawn().expect("the child starts");
    let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
    let mut answers = Vec::new();
    // The time counts from the first answer, however long the start took.
    answers.extend(lines.next().and_then(Result::ok).and_then(|line| parse(&line)));
    let reader =
        std::thread::spawn(move || lines.map_while(Result::ok).filter_map(|line| parse(&line)).collect::<Vec<_>>());
    std::thread::sleep(patience);
    child.kill().expect("the child is killed");
    child.wait().expect("the child is gone");
    answers.extend(reader.join().expect("its output was read"));
    answers
}

/// A line that the kill cut short says nothing.
fn parse(line: &str) -> Option<(u64, u64)> {
    let (number, digest) = line.split_once(' ')?;
    Some((number.parse().ok()?, digest.parse().ok()?))
}

/// Everything that was answered is answered the same again, and every balance is what the answers leave.
async fn check(dir: &Path, answers: &[(u64, u64)], round: u64) {
    let store = Store::open(Options::at(dir)).expect("the store opens after a kill");
    let mut holds: Vec<(u64, Answer)> = Vec::new();
    let mut sorted = answers.to_vec();
    sorted.sort_unstable();
    for (number, said) in sorted {
        let held = holds.iter().rev().find(|(hold, _)| hold + 1 == number).map(|(_, answer)| answer);
        let Some(job) = asked(number, held) else { panic!("round {round}: {number} was answered without its hold") };
        let answer = store.commit(vec![job]).await.expect("the store commits").remove(0);
        assert!(answer.replayed, "round {round}: {number} was answered and is not remembered: {answer:?}");
        assert_eq!(digest(&answer), said, "round {round}: {number} is answered otherwise: {answer:?}");
        holds.push((number, answer));
    }
    for number in 0..CUSTOMERS {
        let sums = |wallet: &scrip_ledger::Wallet, _| -> Credits {
            let given = wallet.grants.iter().filter(|grant| grant.terms.kind == GrantKind::Manual);
            given.map(|grant| grant.balance.issued()).sum()
        };
        let target = Target::Customer(name(number).into());
        let issued = store.read(STUDIO, target, Load::nothing(), sums).await.expect("the customer is there");
        assert_eq!(issued, Credits::from_whole(1_000_000).expect("a million"));
    }
    store.close();
}
