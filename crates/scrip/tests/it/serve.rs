//! `scrip serve`: starting, stopping, and dying at the worst moment.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use scrip_api::client::ClientError;
use serde_json::{Value, json};

use crate::program::{command, run};
use crate::server::{Api, Server, customer, studio};

const CLIENTS: usize = 6;
const CREDITS: i64 = 100_000;

/// Motion edits at 5 credits, charged by several clients at once until the server is gone: every answered charge, by
/// its idempotency key.
struct Spending {
    answered: Arc<Mutex<BTreeMap<String, String>>>,
    asked: Arc<AtomicUsize>,
    stop: Arc<AtomicBool>,
    clients: Vec<thread::JoinHandle<()>>,
}

fn charge(api: &Api, key: &str) -> Result<Value, ClientError> {
    api.try_post("/v1/charges", &json!({ "customer": "ada", "tool": "motion-edit" }), key)
}

impl Spending {
    fn start(api: &Api, round: usize) -> Spending {
        let spending =
            Spending { answered: Arc::default(), asked: Arc::default(), stop: Arc::default(), clients: vec![] };
        let clients = (0..CLIENTS).map(|client| {
            let (api, answered, asked, stop) =
                (api.clone(), spending.answered.clone(), spending.asked.clone(), spending.stop.clone());
            thread::spawn(move || {
                for number in 0.. {
                    let key = format!("{round}-{client}-{number}");
                    asked.fetch_add(1, Ordering::SeqCst);
                    match charge(&api, &key) {
                        Ok(made) => {
                            let id = made["id"].as_str().expect("an id").to_owned();
                            answered.lock().expect("not poisoned").insert(key, id);
                        }
                        Err(ClientError::Refused { status: 503, .. }) => {}
                        Err(ClientError::Refused { status, detail, .. }) => panic!("{status}: {detail}"),
                        Err(_) => return,
                    }
                    if stop.load(Ordering::SeqCst) {
                        return;
                    }
                }
            })
        });
        Spending { clients: clients.collect(), ..spending }
    }

    fn wait_for(&self, count: usize) {
        while self.answered.lock().expect("not poisoned").len() < count {
            thread::sleep(Duration::from_millis(2));
        }
    }

    /// Waits for the clients, and answers what they were told.
    fn ended(self) -> BTreeMap<String, String> {
        for client in self.clients {
            client.join().expect("no refusal");
        }
        Arc::try_unwrap(self.answered).expect("nobody else").into_inner().expect("not poisoned")
    }
}

fn available(api: &Api) -> i64 {
    let wallet = api.get("/v1/customers/ada/wallet");
    assert_eq!(wallet["held"], "0");
    wallet["available"].as_str().expect("an amount").parse().expect("whole credits")
}

fn audit_is_sound(folder: &Path) {
    let ran = run(&["audit", folder.to_str().expect("UTF-8"), "--json"]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
}

#[test]
fn killed_while_clients_spend_it_keeps_every_answer_and_doubles_none() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut server = Server::start(folder.path());
    let key = studio(&server, "studiotwin");
    customer(&server.client(&key), "ada", "top_up", &CREDITS.to_string());
    let mut answered = BTreeMap::new();
    for round in 0..4 {
        let spending = Spending::start(&server.client(&key), round);
        spending.wait_for(30 + 20 * round);
        server.kill();
        answered.extend(spending.ended());

        server = Server::start(folder.path());
        let api = server.client(&key);
        // What nobody heard of may have been done; what was answered must have been.
        let charges = (CREDITS - available(&api)) / 5;
        assert!(charges >= answered.len() as i64, "{charges} charges, {} were answered", answered.len());
        assert!(charges <= (answered.len() + (round + 1) * CLIENTS) as i64, "{charges} charges");
        for (key, id) in &answered {
            let again = charge(&api, key).expect("the remembered answer");
            assert_eq!(again["id"], **id, "{key}");
            assert_eq!(api.get(&format!("/v1/charges/{id}"))["credits"], "5");
        }
        assert_eq!((CREDITS - available(&api)) / 5, charges, "asking again charged again");
    }
    assert_eq!(server.terminate().code(), Some(0));
    audit_is_sound(folder.path());
}

#[test]
fn sigterm_answers_what_is_under_way_and_stops() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut server = Server::start(folder.path());
    let key = studio(&server, "studiotwin");
    customer(&server.client(&key), "ada", "top_up", &CREDITS.to_string());
    let spending = Spending::start(&server.client(&key), 0);
    spending.wait_for(40);
    server.signal("TERM");
    assert_eq!(server.ended().code(), Some(0));
    let answered = spending.ended();
    audit_is_sound(folder.path());

    let server = Server::start(folder.path());
    let spent = CREDITS - available(&server.client(&key));
    assert_eq!(spent, 5 * answered.len() as i64, "an act was done and not answered, or answered and not done");
}

#[test]
fn sigterm_does_not_wait_for_those_who_follow_a_wallet() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut server = Server::start(folder.path());
    let key = studio(&server, "studiotwin");
    customer(&server.client(&key), "ada", "top_up", "10");
    let address = format!("{}/v1/customers/ada/events", server.base);
    let mut following = std::process::Command::new("curl")
        .args(["-sSN", &address, "-H", &format!("Authorization: Bearer {key}")])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("curl runs");
    let mut stream = std::io::BufReader::new(following.stdout.take().expect("piped"));
    let mut line = String::new();
    std::io::BufRead::read_line(&mut stream, &mut line).expect("the first event");
    assert!(!line.is_empty(), "it was not followed");
    let begin = Instant::now();
    server.signal("TERM");
    assert_eq!(server.ended().code(), Some(0));
    assert!(begin.elapsed() < Duration::from_secs(10), "it waited for {:?}", begin.elapsed());
    assert!(following.wait().expect("curl ends").success(), "the stream was torn and not ended");
}

#[test]
fn sigint_stops_it_too_and_a_restart_is_ready_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    for _ in 0..2 {
        let mut server = Server::start(folder.path());
        server.root().0.get("/readyz").send().expect("ready");
        server.root().0.get("/healthz").send().expect("healthy");
        server.signal("INT");
        assert_eq!(server.ended().code(), Some(0));
    }
}

#[test]
fn a_root_key_is_made_once_shown_once_and_kept_as_a_hash() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("made/when/absent");
    let start = || {
        let data = data.to_str().expect("UTF-8");
        Server::spawn(command(&["serve", "--listen", "127.0.0.1:0", "--data", data]), "listening on ")
    };
    let mut server = start();
    let line = server.read_until("root key");
    let key = line.trim().rsplit(' ').next().expect("a key").to_owned();
    assert!(key.len() >= 32, "{line}");
    let studio = json!({ "id": "a", "name": "A", "mode": "live" });
    server.client(&key).post("/v1/studios", &studio, "a");
    assert_eq!(server.terminate().code(), Some(0));

    for file in std::fs::read_dir(&data).expect("the folder") {
        let bytes = std::fs::read(file.expect("a file").path()).expect("readable");
        assert!(!bytes.windows(key.len()).any(|window| window == key.as_bytes()), "the key itself is on disk");
    }
    let mut server = start();
    assert!(server.client(&key).0.get("/metrics").send().is_ok(), "the key still opens");
    server.signal("TERM");
    assert_eq!(server.ended().code(), Some(0));
    let rest = server.read_rest();
    assert!(!format!("{}{rest}", server.said).contains("root key"), "shown a second time");
}

#[test]
fn a_root_key_that_is_too_short_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = command(&["serve", "--listen", "127.0.0.1:0", "--data"]);
    let output = command.arg(folder.path()).env("SCRIP_ROOT_KEY", "short").output().expect("it runs");
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).expect("UTF-8");
    assert!(said.contains("SCRIP_ROOT_KEY must have 32 characters or more"), "{said}");
}

#[test]
fn an_address_or_folder_in_use_is_said_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let other = tempfile::tempdir().expect("a folder");
    let server = Server::start(folder.path());
    let address = server.base.strip_prefix("http://").expect("an address");
    let ran = run(&["serve", "--listen", address, "--data", other.path().to_str().expect("UTF-8")]);
    assert_eq!(ran.code, 4, "{}", ran.err);
    assert!(ran.err.contains("is in use; choose another address with --listen"), "{}", ran.err);
    let data = folder.path().to_str().expect("UTF-8");
    for args in [&["serve", "--listen", "127.0.0.1:0", "--data", data][..], &["rebuild", data]] {
        let ran = run(args);
        assert_eq!(ran.code, 4, "{args:?}: {}", ran.err);
        assert!(ran.err.contains(data), "{}", ran.err);
    }
}

#[test]
fn a_folder_that_cannot_be_made_is_said_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("file");
    std::fs::write(&file, "").expect("written");
    let below = file.join("data");
    let ran = run(&["serve", "--listen", "127.0.0.1:0", "--data", below.to_str().expect("UTF-8")]);
    assert_eq!(ran.code, 3, "{}", ran.err);
    assert!(ran.err.starts_with("scrip: "), "{}", ran.err);
}

#[test]
fn logs_as_json_are_an_object_a_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = command(&["serve", "--listen", "127.0.0.1:0", "--log", "json", "--data"]);
    command.arg(folder.path()).stderr(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
    let mut child = command.spawn().expect("it starts");
    let mut out = std::io::BufReader::new(child.stdout.take().expect("piped"));
    std::io::BufRead::read_line(&mut out, &mut String::new()).expect("it listens");
    std::process::Command::new("kill").arg(child.id().to_string()).status().expect("kill runs");
    let output = child.wait_with_output().expect("it ends");
    let log = String::from_utf8(output.stderr).expect("UTF-8");
    let messages: Vec<String> = log
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON")["message"].as_str().expect("a text").to_owned())
        .collect();
    assert_eq!(messages.first().map(String::as_str), Some("ready"));
    assert_eq!(messages.last().map(String::as_str), Some("stopped"));
}

#[test]
fn metrics_have_an_address_of_their_own_where_asked_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut server = Server::start_with(folder.path(), &["--metrics", "127.0.0.1:0"]);
    let line = server.read_until("metrics on ");
    let address = line.trim().rsplit(' ').next().expect("an address").to_owned();
    let base = address.strip_suffix("/metrics").expect("the path");
    let metrics = scrip_api::client::Client::new(base, "no key").get("/metrics").send().expect("metrics").body;
    assert!(metrics.contains("# TYPE scrip_"), "{metrics}");
}
