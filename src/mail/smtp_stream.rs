//! The connection under lettre's SMTP client: one TCP or TLS stream that keeps every wait bounded, hands on only tidy
//! reply lines, and knows whether the final dot of a message has left. The SMTP dialogue itself is in `smtp`.
//!
//! lettre reads with `read_line` and has no waiting times of its own (lettre#1027): without this layer a silent server
//! would hold a worker for ever, a reply in GBK would look like a lost connection, and a reply without line end would
//! fill the memory. TLS is done here too, because lettre gives no access to what it has wrapped.

use std::fmt;
use std::future::Future as _;
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use lettre::transport::smtp::client::AsyncTokioStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Sleep;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::ServerName;

use super::reply_line::ReplyLines;

/// What ends a message (RFC 5321 §4.1.1.4). Dot-stuffing keeps it from occurring earlier.
const FINAL_DOT: [u8; 5] = *b"\r\n.\r\n";

/// Bytes taken from the socket at once.
const CHUNK: usize = 2048;

/// Why the connection is of no further use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Break {
    /// Closed or reset.
    Lost,
    /// Silent for longer than allowed.
    TimedOut,
    /// Flooding us with lines.
    Flooded,
}

/// A handle on the connection; clones share it, so that `smtp` can steer what lettre owns.
#[derive(Clone)]
pub(super) struct SmtpStream {
    wire: Arc<Mutex<Wire>>,
    peer: SocketAddr,
}

enum Socket {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
    /// Taken out for the handshake, or given up.
    Gone,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    Reading,
    Writing,
}

struct Wire {
    socket: Socket,
    chunk: Box<[u8; CHUNK]>,
    unread: std::ops::Range<usize>,
    lines: ReplyLines,
    line: Vec<u8>,
    line_taken: usize,
    reply_within: Duration,
    block_within: Duration,
    direction: Direction,
    timer: Option<Pin<Box<Sleep>>>,
    last_written: [u8; FINAL_DOT.len()],
    offers_pipelining: bool,
    broken: Option<Break>,
}

impl SmtpStream {
    /// Wraps an open connection. One piece of output may take `block_within` to find room.
    pub(super) fn new(socket: TcpStream, peer: SocketAddr, block_within: Duration) -> Self {
        let wire = Wire {
            socket: Socket::Plain(socket),
            chunk: Box::new([0; CHUNK]),
            unread: 0..0,
            lines: ReplyLines::default(),
            line: Vec::new(),
            line_taken: 0,
            reply_within: block_within,
            block_within,
            direction: Direction::Reading,
            timer: None,
            last_written: [0; FINAL_DOT.len()],
            offers_pipelining: false,
            broken: None,
        };
        Self {
            wire: Arc::new(Mutex::new(wire)),
            peer,
        }
    }

    /// A panic while the lock is held leaves no half-made state worth refusing.
    fn wire(&self) -> MutexGuard<'_, Wire> {
        self.wire.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How long the next replies may take, each counted from the end of what was written before.
    pub(super) fn expect_reply_within(&self, wait: Duration) {
        self.wire().reply_within = wait;
    }

    /// Forgets what was written: from now on [`Self::final_dot_sent`] speaks about the next message.
    pub(super) fn begin_message(&self) {
        self.wire().last_written = [0; FINAL_DOT.len()];
    }

    /// Whether the last bytes that the socket accepted are the final dot.
    pub(super) fn final_dot_sent(&self) -> bool {
        self.wire().last_written == FINAL_DOT
    }

    /// Whether the server takes commands before it has answered those before (RFC 2920). lettre keeps no note of it.
    pub(super) fn offers_pipelining(&self) -> bool {
        self.wire().offers_pipelining
    }

    /// Why the connection broke; `None` while it is sound.
    pub(super) fn broken(&self) -> Option<Break> {
        self.wire().broken
    }

    /// Continues the connection encrypted.
    ///
    /// # Errors
    /// The handshake's, and `InvalidData` where the server has sent more than its reply: text slipped in before the
    /// encryption would be taken for the server's (CVE-2011-0411).
    pub(super) async fn start_tls(
        &self,
        connector: &TlsConnector,
        server: ServerName<'static>,
        within: Duration,
    ) -> io::Result<()> {
        let taken = {
            let mut wire = self.wire();
            if wire.has_unread() {
                wire.broken = Some(Break::Flooded);
                return Err(io::Error::from(io::ErrorKind::InvalidData));
            }
            // RFC 3207 §4.2: what was offered before the encryption does not count.
            wire.offers_pipelining = false;
            std::mem::replace(&mut wire.socket, Socket::Gone)
        };
        let Socket::Plain(plain) = taken else {
            return Err(io::Error::from(io::ErrorKind::NotConnected));
        };
        let handshake = tokio::time::timeout(within, connector.connect(server, plain)).await;
        let mut wire = self.wire();
        match handshake {
            Ok(Ok(tls)) => {
                wire.socket = Socket::Tls(Box::new(tls));
                Ok(())
            }
            Ok(Err(error)) => {
                wire.broken = Some(Break::Lost);
                Err(error)
            }
            Err(_elapsed) => {
                wire.broken = Some(Break::TimedOut);
                Err(io::Error::from(io::ErrorKind::TimedOut))
            }
        }
    }
}

impl Wire {
    fn has_unread(&self) -> bool {
        !self.unread.is_empty() || self.line_taken < self.line.len() || self.lines.is_mid_line()
    }

    fn fail<T>(&mut self, cause: Break) -> Poll<io::Result<T>> {
        self.broken = Some(cause);
        self.timer = None;
        Poll::Ready(Err(cause.into()))
    }

    fn turn(&mut self, direction: Direction) {
        if self.direction != direction {
            self.direction = direction;
            self.timer = None;
        }
    }

    /// Waits on: `Pending`, or a failure once the time allowed in this direction is over.
    fn wait<T>(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
        let within = match self.direction {
            Direction::Reading => self.reply_within,
            Direction::Writing => self.block_within,
        };
        let timer = self
            .timer
            .get_or_insert_with(|| Box::pin(tokio::time::sleep(within)));
        match timer.as_mut().poll(cx) {
            Poll::Ready(()) => self.fail(Break::TimedOut),
            Poll::Pending => Poll::Pending,
        }
    }

    fn hand_on_line(&mut self, buf: &mut ReadBuf<'_>) -> bool {
        let rest = self.line.get(self.line_taken..).unwrap_or_default();
        if rest.is_empty() {
            return false;
        }
        let length = rest.len().min(buf.remaining());
        buf.put_slice(rest.get(..length).unwrap_or_default());
        self.line_taken += length;
        true
    }

    /// One line at most is handed on per call, so that nothing after a reply hides in lettre's buffer.
    fn poll_read_line(
        &mut self,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.turn(Direction::Reading);
        loop {
            if self.hand_on_line(buf) {
                return Poll::Ready(Ok(()));
            }
            if let Some(cause) = self.broken {
                return self.fail(cause);
            }
            if self.unread.is_empty() {
                match self.poll_fill(cx) {
                    Poll::Ready(Ok(0) | Err(_)) => return self.fail(Break::Lost),
                    Poll::Ready(Ok(count)) => self.unread = 0..count,
                    Poll::Pending => return self.wait(cx),
                }
            }
            let bytes = self.chunk.get(self.unread.clone()).unwrap_or_default();
            match self.lines.feed(bytes) {
                Ok((used, line)) => {
                    self.unread.start += used;
                    if let Some(line) = line {
                        self.offers_pipelining |= offers_pipelining(&line);
                        self.line = line;
                        self.line_taken = 0;
                    }
                }
                Err(_endless) => return self.fail(Break::Flooded),
            }
        }
    }

    fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let mut buf = ReadBuf::new(self.chunk.as_mut_slice());
        let read = match &mut self.socket {
            Socket::Plain(plain) => pin!(plain).poll_read(cx, &mut buf),
            Socket::Tls(tls) => pin!(tls).poll_read(cx, &mut buf),
            Socket::Gone => Poll::Ready(Ok(())),
        };
        ready!(read)?;
        Poll::Ready(Ok(buf.filled().len()))
    }

    fn poll_write_some(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.turn(Direction::Writing);
        if let Some(cause) = self.broken {
            return self.fail(cause);
        }
        let written = match &mut self.socket {
            Socket::Plain(plain) => pin!(plain).poll_write(cx, bytes),
            Socket::Tls(tls) => pin!(tls).poll_write(cx, bytes),
            Socket::Gone => Poll::Ready(Ok(0)),
        };
        match written {
            Poll::Ready(Ok(0)) if !bytes.is_empty() => self.fail(Break::Lost),
            Poll::Ready(Ok(count)) => {
                self.timer = None;
                self.lines.begin_reply();
                self.remember(bytes.get(..count).unwrap_or_default());
                Poll::Ready(Ok(count))
            }
            Poll::Ready(Err(_)) => self.fail(Break::Lost),
            Poll::Pending => self.wait(cx),
        }
    }

    fn remember(&mut self, written: &[u8]) {
        let tail = written
            .get(written.len().saturating_sub(FINAL_DOT.len())..)
            .unwrap_or_default();
        self.last_written.rotate_left(tail.len());
        for (slot, byte) in self.last_written.iter_mut().rev().zip(tail.iter().rev()) {
            *slot = *byte;
        }
    }

    fn poll_settle(
        &mut self,
        cx: &mut Context<'_>,
        poll: impl FnOnce(&mut Socket, &mut Context<'_>) -> Poll<io::Result<()>>,
    ) -> Poll<io::Result<()>> {
        self.turn(Direction::Writing);
        if let Some(cause) = self.broken {
            return self.fail(cause);
        }
        match poll(&mut self.socket, cx) {
            Poll::Ready(Ok(())) => Poll::Ready(Ok(())),
            Poll::Ready(Err(_)) => self.fail(Break::Lost),
            Poll::Pending => self.wait(cx),
        }
    }
}

/// Whether a line of a reply to EHLO says so.
fn offers_pipelining(line: &[u8]) -> bool {
    let word = line.strip_prefix(b"250-").or(line.strip_prefix(b"250 "));
    word.is_some_and(|word| word.trim_ascii().eq_ignore_ascii_case(b"PIPELINING"))
}

impl From<Break> for io::Error {
    fn from(cause: Break) -> Self {
        Self::from(match cause {
            Break::Lost => io::ErrorKind::ConnectionReset,
            Break::TimedOut => io::ErrorKind::TimedOut,
            Break::Flooded => io::ErrorKind::InvalidData,
        })
    }
}

impl AsyncRead for SmtpStream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.wire().poll_read_line(cx, buf)
    }
}

impl AsyncWrite for SmtpStream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.wire().poll_write_some(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.wire().poll_settle(cx, |socket, cx| match socket {
            Socket::Plain(plain) => pin!(plain).poll_flush(cx),
            Socket::Tls(tls) => pin!(tls).poll_flush(cx),
            Socket::Gone => Poll::Ready(Ok(())),
        })
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.wire().poll_settle(cx, |socket, cx| match socket {
            Socket::Plain(plain) => pin!(plain).poll_shutdown(cx),
            Socket::Tls(tls) => pin!(tls).poll_shutdown(cx),
            Socket::Gone => Poll::Ready(Ok(())),
        })
    }
}

impl AsyncTokioStream for SmtpStream {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.peer)
    }
}

impl fmt::Debug for SmtpStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmtpStream")
            .field("peer", &self.peer)
            .finish_non_exhaustive()
    }
}
