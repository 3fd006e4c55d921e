//! A keep-alive HTTP/1.1 connection that costs as little as it can: the load generator shares the cores
//! with what it measures.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub struct Connection {
    stream: TcpStream,
    request: Vec<u8>,
    answer: Vec<u8>,
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
        Connection { stream, request: Vec::new(), answer: Vec::new() }
    }

    /// Sends one request and reads its answer.
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
        self.stream.write_all(&self.request).await.expect("the server reads");
        self.read().await
    }

    async fn read(&mut self) -> Answer<'_> {
        self.answer.clear();
        loop {
            let count = self.stream.read_buf(&mut self.answer).await.expect("the server answers");
            assert!(count > 0, "the server closed the connection: {}", String::from_utf8_lossy(&self.answer));
            if let Some((head_len, body_len)) = frame(&self.answer)
                && self.answer.len() >= head_len + body_len
            {
                let status = std::str::from_utf8(&self.answer[9..12]).ok().and_then(|text| text.parse().ok());
                let body = &self.answer[head_len..head_len + body_len];
                return Answer { status: status.expect("a status line"), body };
            }
        }
    }
}

/// The length of the head and of the body, once the head is whole.
fn frame(bytes: &[u8]) -> Option<(usize, usize)> {
    let head_len = bytes.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let head = std::str::from_utf8(&bytes[..head_len]).ok()?;
    let (_, rest) = head.split_once("content-length: ")?;
    Some((head_len, rest.split("\r\n").next()?.parse().ok()?))
}
