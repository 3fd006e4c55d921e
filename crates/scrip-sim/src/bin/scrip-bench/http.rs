//! A keep-alive HTTP/1.1 connection that costs as little as it can: the load generator shares the cores
//! with what it measures.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub struct Connection {
    stream: TcpStream,
    request: Vec<u8>,
    answer: Vec<u8>,
    /// Answers that said: too much at once, ask again later.
    busy: u64,
}

/// A whole answer among the bytes that were read.
#[derive(Clone, Copy)]
struct Frame {
    status: u16,
    head_len: usize,
    body_len: usize,
    retry_after: Duration,
}

/// A status and the body, borrowed from the connection.
pub struct Answer<'a> {
    pub status: u16,
    pub body: &'a [u8],
}

impl Answer<'_> {
    /// Stops the run where an answer is not a success: a figure over errors means nothing.
    pub fn expect_success(&self) {
        assert!((200..300).contains(&self.status), "{}: {}", self.status, String::from_utf8_lossy(self.body));
    }

    /// The text of the first `"key":"…"` in the body.
    pub fn text(&self, key: &str) -> Option<&str> {
        let body = std::str::from_utf8(self.body).ok()?;
        let start = body.find(&format!("\"{key}\":\""))? + key.len() + 4;
        body[start..].split('"').next()
    }
}

impl Connection {
    pub async fn open(address: SocketAddr) -> Connection {
        let stream = TcpStream::connect(address).await.expect("the server listens");
        stream.set_nodelay(true).expect("a TCP stream");
        Connection { stream, request: Vec::new(), answer: Vec::new(), busy: 0 }
    }

    /// How often the server was too busy.
    pub fn busy(&self) -> u64 {
        self.busy
    }

    /// Sends one request and reads its answer. Where the server says that it is too busy, the same request is sent
    /// again after the time that it asks for, as a well-behaved client does.
    pub async fn send(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer<'_> {
        self.send_as("application/json", method, path, headers, body).await
    }

    /// The same with a body of another kind.
    pub async fn send_as(
        &mut self,
        content_type: &str,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Answer<'_> {
        self.request.clear();
        let head = &mut self.request;
        head.extend_from_slice(method.as_bytes());
        head.extend_from_slice(b" ");
        head.extend_from_slice(path.as_bytes());
        head.extend_from_slice(b" HTTP/1.1\r\nhost: bench\r\ncontent-type: ");
        head.extend_from_slice(content_type.as_bytes());
        head.extend_from_slice(b"\r\n");
        for (name, value) in headers {
            head.extend_from_slice(name.as_bytes());
            head.extend_from_slice(b": ");
            head.extend_from_slice(value.as_bytes());
            head.extend_from_slice(b"\r\n");
        }
        head.extend_from_slice(b"content-length: ");
        head.extend_from_slice(body.len().to_string().as_bytes());
        head.extend_from_slice(b"\r\n\r\n");
        head.extend_from_slice(body);
        let mut frame = self.exchange().await;
        while frame.status == 503 {
            self.busy += 1;
            tokio::time::sleep(frame.retry_after).await;
            frame = self.exchange().await;
        }
        let body = &self.answer[frame.head_len..frame.head_len + frame.body_len];
        Answer { status: frame.status, body }
    }

    async fn exchange(&mut self) -> Frame {
        self.stream.write_all(&self.request).await.expect("the server reads");
        self.answer.clear();
        loop {
            let count = self.stream.read_buf(&mut self.answer).await.expect("the server answers");
            assert!(count > 0, "the server closed the connection: {}", String::from_utf8_lossy(&self.answer));
            if let Some(frame) = frame(&self.answer)
                && self.answer.len() >= frame.head_len + frame.body_len
            {
                return frame;
            }
        }
    }
}

/// What the head of an answer says, once it is whole.
fn frame(bytes: &[u8]) -> Option<Frame> {
    let head_len = bytes.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let head = std::str::from_utf8(&bytes[..head_len]).ok()?;
    let value = |name: &str| head.split_once(name)?.1.split("\r\n").next()?.parse::<u64>().ok();
    Some(Frame {
        status: head.get(9..12)?.parse().ok()?,
        head_len,
        body_len: value("content-length: ")? as usize,
        retry_after: Duration::from_secs(value("retry-after: ").unwrap_or(1)),
    })
}
