//! Asking the service, one request a connection.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: String,
    /// From the first byte of the question to the last of the answer.
    pub took: Duration,
}

/// `GET`, with a token where there is one.
pub fn get(port: u16, path: &str, token: Option<&str>) -> Result<Answer, String> {
    ask(port, "GET", path, token, "")
}

/// A request with a JSON body.
pub fn ask(
    port: u16,
    method: &str,
    path: &str,
    token: Option<&str>,
    body: &str,
) -> Result<Answer, String> {
    let asked = Instant::now();
    let mut answer = Vec::new();
    let mut converse = || {
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let request = request(method, path, token, body, "close");
        stream.write_all(request.as_bytes())?;
        stream.read_to_end(&mut answer)
    };
    converse().map_err(|error| error.to_string())?;
    let text = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = text.split_once("\r\n\r\n").ok_or("no answer")?;
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok());
    Ok(Answer {
        status: status.ok_or("no status")?,
        body: body.to_owned(),
        took: asked.elapsed(),
    })
}

/// The text of a request.
pub fn request(
    method: &str,
    path: &str,
    token: Option<&str>,
    body: &str,
    connection: &str,
) -> String {
    let login = token.map_or(String::new(), |token| {
        format!("Authorization: Bearer {token}\r\n")
    });
    let length = body.len();
    format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: {connection}\r\n{login}\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    )
}

/// A body for `POST /api/v1/units`.
pub fn unit(code: &str) -> String {
    format!(r#"{{"code":"{code}","name":"新单位{code}","kind":"school"}}"#)
}

/// A value among metrics: that of the first line beginning so.
pub fn metric(port: u16, line: &str) -> Option<f64> {
    let told = get(port, "/metrics", None).ok()?.body;
    let line = told.lines().find(|text| text.starts_with(line))?;
    line.rsplit(' ').next()?.parse().ok()
}
