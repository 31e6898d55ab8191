//! A mail server on loopback that does as it is told. It writes down the Message-ID and the recipient of every message
//! before it says that it has taken it.

use std::io::{BufRead, BufReader, BufWriter, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// How the server behaves.
#[derive(Debug, Clone, Default)]
pub struct Manners {
    /// Pause between having a message and saying so.
    pub delay: Duration,
    /// Accepts connections and never says a word.
    pub silent: bool,
    /// Has a message (written down), and never says so.
    pub swallow: bool,
}

impl Manners {
    /// With a pause before each 250.
    pub fn slow(milliseconds: u64) -> Self {
        Self {
            delay: Duration::from_millis(milliseconds),
            ..Self::default()
        }
    }
}

/// A message that was taken.
#[derive(Debug, Clone)]
pub struct Taken {
    /// Its Message-ID, without brackets.
    pub id: String,
    pub to: String,
    pub at: Instant,
}

/// The server; listens until the run ends.
#[derive(Clone)]
pub struct Sink {
    pub port: u16,
    manners: Arc<Mutex<Manners>>,
    journal: Arc<Mutex<Vec<Taken>>>,
    count: Arc<AtomicUsize>,
}

impl Sink {
    /// Listens on a free port.
    pub fn start(manners: Manners) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("free port");
        let sink = Self {
            port: listener.local_addr().expect("address").port(),
            manners: Arc::new(Mutex::new(manners)),
            journal: Arc::default(),
            count: Arc::default(),
        };
        let serving = sink.clone();
        std::thread::spawn(move || {
            for socket in listener.incoming().map_while(Result::ok) {
                let sink = serving.clone();
                // A client that is killed ends its conversation with an error: nothing to do.
                std::thread::spawn(move || sink.converse(&socket).ok());
            }
        });
        sink
    }

    /// `DUBAN__MAIL__URL` for it.
    pub fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}?tls=none", self.port)
    }

    /// Changes how it behaves.
    pub fn behave(&self, manners: Manners) {
        *self.manners.lock().expect("manners") = manners;
    }

    /// What it has taken so far.
    pub fn taken(&self) -> Vec<Taken> {
        self.journal.lock().expect("journal").clone()
    }

    /// How much it has taken so far.
    pub fn count(&self) -> usize {
        self.count.load(Ordering::SeqCst)
    }

    fn manners(&self) -> Manners {
        self.manners.lock().expect("manners").clone()
    }

    fn converse(&self, socket: &TcpStream) -> std::io::Result<()> {
        socket.set_nodelay(true)?;
        let mut lines = BufReader::with_capacity(64 << 10, socket);
        let mut out = BufWriter::new(socket);
        while self.manners().silent {
            std::thread::sleep(Duration::from_millis(50));
        }
        out.write_all(b"220 sink.example.org ready\r\n")?;
        let mut to = String::new();
        let mut line = String::new();
        loop {
            // Commands that came together are answered together (RFC 2920).
            if lines.buffer().is_empty() {
                out.flush()?;
            }
            line.clear();
            if lines.read_line(&mut line)? == 0 {
                return Ok(());
            }
            match line.get(..4).unwrap_or_default() {
                "EHLO" => {
                    out.write_all(b"250-sink.example.org\r\n250-PIPELINING\r\n250 8BITMIME\r\n")?;
                }
                "RCPT" => {
                    to = line.trim_end().to_owned();
                    out.write_all(b"250 ok\r\n")?;
                }
                "DATA" => {
                    out.write_all(b"354 go on\r\n")?;
                    out.flush()?;
                    let id = message_id(&mut lines)?;
                    let Manners { delay, swallow, .. } = self.manners();
                    std::thread::sleep(delay);
                    let (to, at) = (to.clone(), Instant::now());
                    let mut journal = self.journal.lock().expect("journal");
                    journal.push(Taken { id, to, at });
                    self.count.store(journal.len(), Ordering::SeqCst);
                    drop(journal);
                    if swallow {
                        std::thread::sleep(Duration::from_secs(3600));
                    }
                    out.write_all(b"250 2.0.0 queued\r\n")?;
                }
                "QUIT" => {
                    out.write_all(b"221 bye\r\n")?;
                    return out.flush();
                }
                _ => out.write_all(b"250 ok\r\n")?,
            }
        }
    }
}

/// The Message-ID of a message, which is read up to its final dot; an error where the client is gone before it.
fn message_id(lines: &mut impl BufRead) -> std::io::Result<String> {
    let (mut id, mut line) = (None, Vec::new());
    loop {
        line.clear();
        if lines.read_until(b'\n', &mut line)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        if line == b".\r\n" {
            return id.ok_or_else(|| std::io::ErrorKind::InvalidData.into());
        }
        if id.is_none() && line.starts_with(b"Message-ID:") {
            let text = String::from_utf8_lossy(&line["Message-ID:".len()..]);
            id = Some(bare(&text).to_owned());
        }
    }
}

/// A Message-ID without brackets.
pub fn bare(id: &str) -> &str {
    id.trim().trim_matches(['<', '>'])
}
