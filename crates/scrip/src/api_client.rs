//! The client of the public HTTP API as commands use it: it waits for a busy server, and ends the command where
//! nobody answers or the key is not accepted.

use std::thread;
use std::time::Duration;

use scrip_api::client::{Answer as Answered, Call, Client, ClientError};
use serde_json::Value;

use crate::exit_code::{ExitCode, Failure};

pub use scrip_api::client::path_part;

/// How often a busy or absent server is asked again.
const TRIES_MAX: u32 = 6;
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// One key's view of one server. Clones share their connections.
#[derive(Clone)]
pub struct ApiClient(Client);

/// What the server said, yes or no.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    /// Was it the remembered answer to an earlier request with the same idempotency key?
    pub replayed: bool,
    pub body: Value,
}

impl Answer {
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// `code: detail` of a refusal.
    pub fn refusal(&self) -> String {
        match (self.text("code"), self.text("detail")) {
            ("", _) => format!("status {}", self.status),
            (code, "") => code.to_owned(),
            (code, detail) => format!("{code}: {detail}"),
        }
    }

    /// A text of the body, empty where there is none.
    pub fn text(&self, name: &str) -> &str {
        self.body[name].as_str().unwrap_or_default()
    }
}

impl ApiClient {
    pub fn new(base: &str, key: &str) -> ApiClient {
        ApiClient(Client::new(base, key))
    }

    /// The same server with another key.
    pub fn with_key(&self, key: &str) -> ApiClient {
        ApiClient(self.0.with_key(key))
    }

    pub fn get(&self, path: &str) -> Result<Answer, Failure> {
        self.ask(|| Ok(self.0.get(path)))
    }

    pub fn put(&self, path: &str, body: &Value) -> Result<Answer, Failure> {
        self.ask(|| self.0.put(path).json(body))
    }

    pub fn post(&self, path: &str, body: &Value, idempotency_key: &str) -> Result<Answer, Failure> {
        self.ask(|| self.0.post(path).idempotency_key(idempotency_key).json(body))
    }

    /// A POST that may be repeated by its nature: a quote, a test clock.
    pub fn post_freely(&self, path: &str, body: &Value) -> Result<Answer, Failure> {
        self.ask(|| self.0.post(path).json(body))
    }

    pub fn post_toml(&self, path: &str, text: &str, idempotency_key: &str) -> Result<Answer, Failure> {
        self.ask(|| Ok(self.0.post(path).idempotency_key(idempotency_key).toml(text)))
    }

    /// Asks, and asks again while the server is busy or away: every request is safe to repeat, by its method or by
    /// its idempotency key. A key that is not accepted is a failure; any other refusal is an answer.
    fn ask<'a>(&self, call: impl Fn() -> Result<Call<'a>, ClientError>) -> Result<Answer, Failure> {
        let mut pause = FIRST_PAUSE;
        let mut tries = 1;
        loop {
            let answered = call().and_then(Call::send);
            let again = match &answered {
                Err(ClientError::Refused { status, .. }) => matches!(status, 429 | 503),
                Err(ClientError::Unreachable(_)) => true,
                Ok(_) | Err(ClientError::Unreadable(_)) => false,
            };
            if !again || tries == TRIES_MAX {
                return answer(answered);
            }
            thread::sleep(pause);
            pause *= 2;
            tries += 1;
        }
    }
}

fn answer(answered: Result<Answered, ClientError>) -> Result<Answer, Failure> {
    let read = |text: &str| serde_json::from_str(text).unwrap_or(Value::Null);
    match answered {
        Ok(Answered { status, replayed, body }) => Ok(Answer { status, replayed, body: read(&body) }),
        Err(ClientError::Refused { status: 401, detail, .. }) => {
            Err(Failure::new(ExitCode::NotAllowed, format!("the key is not accepted: {detail}")))
        }
        Err(ClientError::Refused { status, body, .. }) => Ok(Answer { status, replayed: false, body: read(&body) }),
        Err(error) => Err(Failure::input_output(error)),
    }
}
