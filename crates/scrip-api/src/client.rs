//! A small blocking client: what the command line and tests speak to a server with.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use ureq::http::{Method, Request};

use crate::code::Code;

/// A server and the key to use with it.
#[derive(Clone)]
pub struct Client {
    agent: ureq::Agent,
    base: String,
    key: String,
}

/// An answer that is no refusal.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    /// It was given before: nothing was done now.
    pub replayed: bool,
    pub body: String,
}

impl Answer {
    /// The answer as a typed value that borrows from it.
    pub fn read<'a, T: Deserialize<'a>>(&'a self) -> Result<T, ClientError> {
        serde_json::from_str(&self.body).map_err(|error| ClientError::Unreadable(error.to_string()))
    }
}

/// Why there is no answer.
#[derive(Clone, Debug)]
pub enum ClientError {
    /// The server said no.
    Refused {
        status: u16,
        /// `None` if a newer server has a code that this client doesn't know.
        code: Option<Code>,
        detail: String,
        /// The whole problem document.
        body: String,
    },
    /// Nobody answered. What was asked may have been done: ask again with the same idempotency key.
    Unreachable(String),
    /// What came back is not what was expected.
    Unreadable(String),
}

impl fmt::Display for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ClientError::Refused { status, code, detail, .. } => {
                write!(f, "{status} {}: {detail}", code.map_or("refused", Code::as_str))
            }
            ClientError::Unreachable(reason) => write!(f, "the server can't be reached: {reason}"),
            ClientError::Unreadable(reason) => write!(f, "the server's answer can't be read: {reason}"),
        }
    }
}

impl std::error::Error for ClientError {}

#[derive(Deserialize)]
struct Refusal {
    code: String,
    detail: String,
}

/// A request on its way.
pub struct Call<'a> {
    client: &'a Client,
    method: Method,
    path: String,
    idempotency_key: Option<&'a str>,
    content_type: &'static str,
    body: Option<Vec<u8>>,
}

impl Client {
    /// `base` is where the server is: `http://127.0.0.1:8080`.
    pub fn new(base: &str, key: &str) -> Client {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(60)))
            .build();
        Client { agent: config.into(), base: base.trim_end_matches('/').to_owned(), key: key.to_owned() }
    }

    /// The same server with another key.
    pub fn with_key(&self, key: &str) -> Client {
        Client { key: key.to_owned(), ..self.clone() }
    }

    pub fn get(&self, path: &str) -> Call<'_> {
        self.call(Method::GET, path)
    }

    pub fn post(&self, path: &str) -> Call<'_> {
        self.call(Method::POST, path)
    }

    pub fn put(&self, path: &str) -> Call<'_> {
        self.call(Method::PUT, path)
    }

    pub fn delete(&self, path: &str) -> Call<'_> {
        self.call(Method::DELETE, path)
    }

    fn call(&self, method: Method, path: &str) -> Call<'_> {
        let path = format!("{}{path}", self.base);
        Call { client: self, method, path, idempotency_key: None, content_type: "application/json", body: None }
    }
}

impl<'a> Call<'a> {
    pub fn idempotency_key(self, key: &'a str) -> Call<'a> {
        Call { idempotency_key: Some(key), ..self }
    }

    pub fn json(self, body: &impl Serialize) -> Result<Call<'a>, ClientError> {
        let body = serde_json::to_vec(body).map_err(|error| ClientError::Unreadable(error.to_string()))?;
        Ok(Call { body: Some(body), ..self })
    }

    /// A catalog as it is in its file.
    pub fn toml(self, text: &str) -> Call<'a> {
        Call { body: Some(text.as_bytes().to_vec()), content_type: "application/toml", ..self }
    }

    /// Sends it and waits for the answer.
    pub fn send(self) -> Result<Answer, ClientError> {
        let mut request = Request::builder()
            .method(self.method)
            .uri(self.path)
            .header("authorization", format!("Bearer {}", self.client.key));
        if let Some(key) = self.idempotency_key {
            request = request.header("idempotency-key", key);
        }
        if self.body.is_some() {
            request = request.header("content-type", self.content_type);
        }
        let request =
            request.body(self.body.unwrap_or_default()).map_err(|error| ClientError::Unreadable(error.to_string()))?;
        let mut response =
            self.client.agent.run(request).map_err(|error| ClientError::Unreachable(error.to_string()))?;
        let status = response.status().as_u16();
        let replayed = response.headers().contains_key("idempotency-replayed");
        let body = response.body_mut().read_to_string().map_err(|error| ClientError::Unreadable(error.to_string()))?;
        if status < 400 {
            return Ok(Answer { status, replayed, body });
        }
        let refusal: Option<Refusal> = serde_json::from_str(&body).ok();
        let code = refusal.as_ref().and_then(|refusal| Code::parse(&refusal.code));
        Err(ClientError::Refused {
            status,
            code,
            detail: refusal.map(|refusal| refusal.detail).unwrap_or_default(),
            body,
        })
    }
}

/// A part of a path, percent-encoded: a customer's own name may contain anything.
pub fn path_part(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_encoded_in_paths() {
        assert_eq!(path_part("user_42"), "user_42");
        assert_eq!(path_part("a/b ü?"), "a%2Fb%20%C3%BC%3F");
    }
}
