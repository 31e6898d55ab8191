//! An endpoint on this machine that hears what webhooks tell, and answers as it is told to.

use std::collections::{BTreeMap, VecDeque};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// A request that was heard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    /// Path and query.
    pub path: String,
    /// Names in lower case.
    pub headers: BTreeMap<String, String>,
    pub body: String,
}

impl Heard {
    /// A header, empty where it is absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    /// The body as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }
}

/// How a request is answered.
#[derive(Debug, Clone)]
pub struct Answered {
    pub status: u16,
    /// Lines of the head.
    pub headers: Vec<String>,
    pub body: String,
    /// After so long.
    pub delay: Duration,
}

impl Answered {
    pub fn with(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: r#"{"errcode":0,"errmsg":"ok"}"#.to_owned(),
            delay: Duration::ZERO,
        }
    }

    pub fn header(mut self, line: &str) -> Self {
        self.headers.push(line.to_owned());
        self
    }

    pub fn body(mut self, body: &str) -> Self {
        self.body = body.to_owned();
        self
    }

    pub fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }
}

#[derive(Debug, Default)]
struct Shared {
    heard: Vec<Heard>,
    answers: VecDeque<Answered>,
}

/// A listening endpoint.
#[derive(Debug, Clone)]
pub struct Receiver {
    pub address: SocketAddr,
    shared: Arc<Mutex<Shared>>,
}

impl Receiver {
    /// Listens until the tests end.
    pub fn start() -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let receiver = Self {
            address: listener.local_addr()?,
            shared: Arc::default(),
        };
        let serving = receiver.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let serving = serving.clone();
                std::thread::spawn(move || serving.serve(stream));
            }
        });
        Ok(receiver)
    }

    /// Its address below `/`.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}/{path}", self.address)
    }

    /// The next requests are answered so, those after them with 200.
    pub fn answer(&self, answers: impl IntoIterator<Item = Answered>) {
        self.lock().answers.extend(answers);
    }

    /// What was heard so far.
    pub fn heard(&self) -> Vec<Heard> {
        self.lock().heard.clone()
    }

    /// What was heard since the last call.
    pub fn take(&self) -> Vec<Heard> {
        std::mem::take(&mut self.lock().heard)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn serve(&self, mut stream: TcpStream) {
        let Some(heard) = read(&mut stream) else {
            return;
        };
        let answered = {
            let mut shared = self.lock();
            shared.heard.push(heard);
            shared.answers.pop_front().unwrap_or(Answered::with(200))
        };
        std::thread::sleep(answered.delay);
        let mut head = format!("HTTP/1.1 {} x\r\nConnection: close\r\n", answered.status);
        for line in &answered.headers {
            head.push_str(&format!("{line}\r\n"));
        }
        head.push_str(&format!("Content-Length: {}\r\n\r\n", answered.body.len()));
        let _ = stream.write_all(head.as_bytes());
        let _ = stream.write_all(answered.body.as_bytes());
    }
}

/// Reads one request.
fn read(stream: &mut TcpStream) -> Option<Heard> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end;
        }
        let mut chunk = [0; 4096];
        match stream.read(&mut chunk) {
            Ok(0) | Err(_) => return None,
            Ok(count) => bytes.extend_from_slice(&chunk[..count]),
        }
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut lines = head.split("\r\n");
    let path = lines.next()?.split(' ').nth(1)?.to_owned();
    let headers: BTreeMap<String, String> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let mut body = bytes.split_off(end + 4);
    let length: usize = headers.get("content-length")?.parse().ok()?;
    while body.len() < length {
        let mut chunk = [0; 4096];
        match stream.read(&mut chunk) {
            Ok(0) | Err(_) => return None,
            Ok(count) => body.extend_from_slice(&chunk[..count]),
        }
    }
    Some(Heard {
        path,
        headers,
        body: String::from_utf8(body).ok()?,
    })
}
