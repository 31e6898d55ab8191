//! A mail server on this machine: it writes down every message before it says that it has taken it, and refuses what it
//! is told to refuse.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How the server behaves.
#[derive(Debug, Clone, Default)]
pub struct Manners {
    /// Pause between having a message and saying so.
    pub delay: Duration,
    /// Answer to RCPT instead of 250, for addresses containing the text.
    pub recipients: Vec<(&'static str, &'static str)>,
    /// Takes letters, and is gone before it says so.
    pub cuts_off: bool,
    /// Conversations held at the same time; whoever comes beyond is turned away with 421.
    pub room: Option<usize>,
    /// Answer to AUTH; without one, logging in is not offered.
    pub login: Option<&'static str>,
}

/// A message that was taken.
#[derive(Debug, Clone)]
pub struct Taken {
    pub to: String,
    pub message: String,
}

impl Taken {
    /// Its Message-ID.
    pub fn message_id(&self) -> String {
        let head = self.message.split("\r\n\r\n").next().unwrap_or_default();
        let line = head.lines().find(|line| line.starts_with("Message-ID:"));
        line.expect("Message-ID").to_owned()
    }
}

/// The server.
#[derive(Clone)]
pub struct Sink {
    pub port: u16,
    manners: Arc<Mutex<Manners>>,
    journal: Arc<Mutex<Vec<Taken>>>,
    asked: Arc<Mutex<Vec<String>>>,
    talking: Arc<AtomicUsize>,
}

impl Sink {
    /// Listens on a free port until the test program ends.
    pub fn start(manners: Manners) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("free port");
        let sink = Self {
            port: listener.local_addr().expect("address").port(),
            manners: Arc::new(Mutex::new(manners)),
            journal: Arc::default(),
            asked: Arc::default(),
            talking: Arc::default(),
        };
        let serving = sink.clone();
        std::thread::spawn(move || {
            for socket in listener.incoming().map_while(Result::ok) {
                let sink = serving.clone();
                // A client that is killed ends its conversation with an error: nothing to do.
                std::thread::spawn(move || {
                    sink.talking.fetch_add(1, Ordering::SeqCst);
                    sink.converse(&socket).ok();
                    sink.talking.fetch_sub(1, Ordering::SeqCst);
                });
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
        self.journal.lock().expect("journal").len()
    }

    /// The verbs it was sent so far.
    pub fn verbs(&self) -> Vec<String> {
        self.asked.lock().expect("verbs").clone()
    }

    fn manners(&self) -> Manners {
        self.manners.lock().expect("manners").clone()
    }

    fn converse(&self, socket: &TcpStream) -> std::io::Result<()> {
        let mut lines = BufReader::new(socket);
        let mut out = socket;
        let mut say = |text: &str| out.write_all(format!("{text}\r\n").as_bytes());
        let talking = self.talking.load(Ordering::SeqCst);
        if self.manners().room.is_some_and(|room| talking > room) {
            self.asked.lock().expect("verbs").push("421".to_owned());
            return say("421 HL:ICC too many connections");
        }
        say("220 sink.example.org ready")?;
        let mut to = String::new();
        let mut line = String::new();
        loop {
            line.clear();
            if lines.read_line(&mut line)? == 0 {
                return Ok(());
            }
            let verb = line.get(..4).unwrap_or_default().to_ascii_uppercase();
            self.asked.lock().expect("verbs").push(verb.clone());
            match verb.as_str() {
                "EHLO" if self.manners().login.is_some() => {
                    say("250-sink.example.org\r\n250-AUTH PLAIN LOGIN\r\n250 8BITMIME")?;
                }
                "AUTH" => say(self.manners().login.unwrap_or("503 no"))?,
                "RCPT" => {
                    to = line.trim_end().to_owned();
                    let refusals = self.manners().recipients;
                    let refusal = refusals.iter().find(|(text, _)| to.contains(text));
                    say(refusal.map_or("250 ok", |(_, answer)| answer))?;
                }
                "DATA" => {
                    say("354 go on")?;
                    let message = message_from(&mut lines)?;
                    std::thread::sleep(self.manners().delay);
                    let taken = Taken {
                        to: to.clone(),
                        message,
                    };
                    self.journal.lock().expect("journal").push(taken);
                    if self.manners().cuts_off {
                        return Ok(());
                    }
                    say("250 2.0.0 queued")?;
                }
                "QUIT" => return say("221 bye"),
                _ => say("250 ok")?,
            }
        }
    }
}

/// The lines up to the final dot; an error where the client is gone before it.
fn message_from(lines: &mut impl BufRead) -> std::io::Result<String> {
    let mut message = String::new();
    loop {
        let before = message.len();
        if lines.read_line(&mut message)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        if message.get(before..) == Some(".\r\n") {
            message.truncate(before);
            return Ok(message);
        }
    }
}
