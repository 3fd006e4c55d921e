//! A running `scrip serve` or `scrip demo`, and an ordinary client of it.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::time::Duration;

use scrip_api::client::{Client, ClientError, path_part};
use serde_json::{Value, json};

use crate::program::{command, root};

pub const ROOT_KEY: &str = "root-key-of-the-tests-0123456789abcdef";

/// A process that listens; it is killed when it is dropped.
pub struct Server {
    child: Child,
    out: BufReader<ChildStdout>,
    /// `http://127.0.0.1:…`
    pub base: String,
    /// What it said until it listened.
    pub said: String,
}

impl Server {
    pub fn start(folder: &Path) -> Server {
        Server::start_with(folder, &[])
    }

    pub fn start_with(folder: &Path, more: &[&str]) -> Server {
        let folder = folder.to_str().expect("UTF-8");
        let mut args = vec!["serve", "--listen", "127.0.0.1:0", "--data", folder];
        args.extend(more);
        let mut command = command(&args);
        command.env("SCRIP_ROOT_KEY", ROOT_KEY);
        Server::spawn(command, "listening on ")
    }

    /// Starts a command that prints its address after `before`.
    pub fn spawn(mut command: Command, before: &str) -> Server {
        let mut child =
            command.stdout(Stdio::piped()).stderr(Stdio::inherit()).stdin(Stdio::null()).spawn().expect("scrip starts");
        let mut server = Server {
            out: BufReader::new(child.stdout.take().expect("piped")),
            child,
            base: String::new(),
            said: String::new(),
        };
        let line = server.read_until(before);
        let rest = line.split_once(before).expect("the address").1;
        server.base = rest.split_whitespace().next().expect("an address").to_owned();
        server
    }

    /// Reads lines until one contains the text.
    pub fn read_until(&mut self, text: &str) -> String {
        loop {
            let mut line = String::new();
            let read = self.out.read_line(&mut line).expect("UTF-8");
            assert!(read > 0, "it ended before it said {text:?}: {}", self.said);
            self.said.push_str(&line);
            if line.contains(text) {
                return line;
            }
        }
    }

    /// What it says until its end.
    pub fn read_rest(&mut self) -> String {
        let mut rest = String::new();
        self.out.read_to_string(&mut rest).expect("UTF-8");
        rest
    }

    pub fn client(&self, key: &str) -> Api {
        Api(Client::new(&self.base, key))
    }

    pub fn root(&self) -> Api {
        self.client(ROOT_KEY)
    }

    pub fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let status = Command::new("kill").args([&format!("-{name}"), &pid]).status().expect("kill runs");
        assert!(status.success());
    }

    /// SIGKILL, and gone.
    pub fn kill(mut self) {
        self.child.kill().expect("killed");
        self.child.wait().expect("gone");
    }

    pub fn terminate(mut self) -> ExitStatus {
        self.signal("TERM");
        self.ended()
    }

    /// Waits for its end, for half a minute.
    pub fn ended(&mut self) -> ExitStatus {
        for _ in 0..300 {
            if let Some(status) = self.child.try_wait().expect("a child") {
                return status;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("it did not end");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A client whose answers are JSON and must not be refusals.
#[derive(Clone)]
pub struct Api(pub Client);

impl Api {
    pub fn get(&self, path: &str) -> Value {
        read(self.0.get(path).send().unwrap_or_else(|error| panic!("GET {path}: {error}")).body)
    }

    pub fn put(&self, path: &str, body: &Value) -> Value {
        let answer = self.0.put(path).json(body).and_then(|call| call.send());
        read(answer.unwrap_or_else(|error| panic!("PUT {path}: {error}")).body)
    }

    pub fn post(&self, path: &str, body: &Value, key: &str) -> Value {
        self.try_post(path, body, key).unwrap_or_else(|error| panic!("POST {path}: {error}"))
    }

    pub fn try_post(&self, path: &str, body: &Value, key: &str) -> Result<Value, ClientError> {
        Ok(read(self.0.post(path).idempotency_key(key).json(body)?.send()?.body))
    }
}

fn read(body: String) -> Value {
    serde_json::from_str(&body).unwrap_or_else(|error| panic!("{error}: {body}"))
}

/// A test studio with one of the five catalogs, and its key.
pub fn studio(server: &Server, catalog: &str) -> String {
    let made = server.root().post("/v1/studios", &json!({ "id": catalog, "name": catalog, "mode": "test" }), "studio");
    let key = made["secret_key"].as_str().expect("a key").to_owned();
    let text = std::fs::read_to_string(root().join(format!("catalogs/{catalog}.toml"))).expect("the catalog");
    server.client(&key).0.post("/v1/catalog/versions").toml(&text).send().expect("published");
    key
}

/// A customer with so many credits in one bucket.
pub fn customer(api: &Api, id: &str, bucket: &str, amount: &str) {
    let path = format!("/v1/customers/{}", path_part(id));
    api.put(&path, &json!({ "name": id }));
    let body = json!({ "bucket": bucket, "amount": amount, "reason": "test" });
    api.post(&format!("{path}/grants"), &body, "first-grant");
}
