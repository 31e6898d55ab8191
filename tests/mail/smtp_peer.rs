//! A mail server on this machine that does what a script says and writes down what it saw.

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// What the peer does at one step instead of its usual answer.
#[derive(Clone)]
pub enum Act {
    /// Sends this text; CRLF is added.
    Say(&'static str),
    /// Sends these bytes as they are.
    Raw(Vec<u8>),
    /// Sends this text at once, then closes.
    SayAndClose(&'static str),
    /// Closes.
    Close,
    /// Says nothing and keeps the connection open.
    Hang,
}

/// What the peer saw, over all connections.
#[derive(Default)]
pub struct Journal {
    /// Commands in order, as `1:EHLO` (connection, verb).
    pub commands: Vec<String>,
    /// Messages whose final dot arrived, as received (dot-stuffed).
    pub messages: Vec<String>,
    /// The lines of a login.
    pub login: Vec<String>,
}

/// The script and the journal of one peer. Steps: `GREETING`, the command verbs, `BODY` (instead of reading the
/// message) and `DOT` (after the final dot).
#[derive(Clone)]
pub struct Peer {
    pub address: SocketAddr,
    script: Arc<Mutex<HashMap<&'static str, VecDeque<Act>>>>,
    journal: Arc<Mutex<Journal>>,
    tls: Option<TlsAcceptor>,
    ehlo: &'static str,
}

/// How the peer encrypts.
pub enum PeerTls {
    Never,
    OnStartTls(TlsAcceptor),
    FromStart(TlsAcceptor),
}

impl Peer {
    /// Listens on a free port of this machine.
    pub async fn start(ehlo: &'static str, tls: PeerTls) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("free port");
        let (acceptor, is_implicit) = match tls {
            PeerTls::Never => (None, false),
            PeerTls::OnStartTls(acceptor) => (Some(acceptor), false),
            PeerTls::FromStart(acceptor) => (Some(acceptor), true),
        };
        let peer = Self {
            address: listener.local_addr().expect("address"),
            script: Arc::default(),
            journal: Arc::default(),
            tls: acceptor,
            ehlo,
        };
        let serving = peer.clone();
        tokio::spawn(async move {
            let mut number = 0;
            while let Ok((socket, _)) = listener.accept().await {
                number += 1;
                let peer = serving.clone();
                tokio::spawn(async move {
                    match peer.tls.clone().filter(|_| is_implicit) {
                        Some(acceptor) => {
                            if let Ok(tls) = acceptor.accept(socket).await {
                                peer.serve(tls, number, "GREETING").await;
                            }
                        }
                        None => peer.serve_plain(socket, number).await,
                    }
                });
            }
        });
        peer
    }

    /// The next time `step` comes, `act` happens; further calls queue up.
    pub fn at(&self, step: &'static str, act: Act) -> &Self {
        let mut script = self.script.lock().expect("script");
        script.entry(step).or_default().push_back(act);
        self
    }

    /// Reads the journal.
    pub fn saw<T>(&self, read: impl FnOnce(&Journal) -> T) -> T {
        read(&self.journal.lock().expect("journal"))
    }

    async fn serve_plain(&self, socket: TcpStream, number: u32) {
        let Some(plain) = self.serve(socket, number, "GREETING").await else {
            return;
        };
        let Some(acceptor) = &self.tls else { return };
        if let Ok(tls) = acceptor.accept(plain).await {
            self.serve(tls, number, "").await;
        }
    }

    fn next_act(&self, step: &str) -> Option<Act> {
        let mut script = self.script.lock().expect("script");
        script.get_mut(step).and_then(VecDeque::pop_front)
    }

    /// Performs the scripted act or says `usual`. `false`: the connection ends.
    async fn act(&self, out: &mut (impl AsyncWrite + Unpin), step: &str, usual: &str) -> bool {
        let bytes = match self.next_act(step) {
            None => format!("{usual}\r\n").into_bytes(),
            Some(Act::Say(text)) => format!("{text}\r\n").into_bytes(),
            Some(Act::Raw(bytes)) => bytes,
            Some(Act::SayAndClose(text)) => {
                let _ = out.write_all(format!("{text}\r\n").as_bytes()).await;
                return false;
            }
            Some(Act::Close) => return false,
            Some(Act::Hang) => {
                tokio::time::sleep(Duration::from_secs(3600)).await;
                return false;
            }
        };
        out.write_all(&bytes).await.is_ok() && out.flush().await.is_ok()
    }

    /// One dialogue. Returns the socket where STARTTLS was agreed.
    async fn serve<S>(&self, socket: S, number: u32, greeting: &str) -> Option<S>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let mut socket = BufReader::new(socket);
        if !greeting.is_empty() && !self.act(socket.get_mut(), greeting, "220 peer ready").await {
            return None;
        }
        let mut line = String::new();
        loop {
            line.clear();
            if socket.read_line(&mut line).await.ok()? == 0 {
                return None;
            }
            let verb = line.split_whitespace().next().unwrap_or("").to_uppercase();
            {
                let mut journal = self.journal.lock().expect("journal");
                journal.commands.push(format!("{number}:{verb}"));
                if verb == "AUTH" {
                    journal.login.push(line.trim_end().to_owned());
                }
            }
            let usual = match verb.as_str() {
                "EHLO" => self.ehlo,
                "AUTH" => "235 welcome",
                "STARTTLS" => "220 go ahead",
                "DATA" => "354 go on",
                "QUIT" => "221 bye",
                _ => "250 ok",
            };
            if !self.act(socket.get_mut(), &verb, usual).await || verb == "QUIT" {
                return None;
            }
            if verb == "STARTTLS" {
                return Some(socket.into_inner());
            }
            if verb == "DATA" && !self.take_message(&mut socket).await {
                return None;
            }
        }
    }

    async fn take_message<S>(&self, socket: &mut BufReader<S>) -> bool
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        if self.script.lock().expect("script").contains_key("BODY") {
            return self.act(socket.get_mut(), "BODY", "").await;
        }
        let mut message = Vec::new();
        while !message.ends_with(b"\r\n.\r\n") {
            let mut chunk = [0; 4096];
            match socket.read(&mut chunk).await {
                Ok(0) | Err(_) => return false,
                Ok(count) => message.extend_from_slice(&chunk[..count]),
            }
        }
        let text = String::from_utf8_lossy(&message).into_owned();
        self.journal.lock().expect("journal").messages.push(text);
        self.act(socket.get_mut(), "DOT", "250 2.0.0 queued as 77")
            .await
    }
}
