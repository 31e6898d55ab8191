//! Where mails go: an SMTP server, a folder, or memory. A transport is a description; each delivery worker has a
//! [`Connection`] of its own. Which mail is sent when, and what is recorded, is decided in `flow`.

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use super::mail_folder;
use super::outcome::{Accepted, Failure, Refusal};
use super::reason::{Reason, ReasonCode, Stage};
use super::smtp::SmtpClient;
use super::smtp_settings::{Security, SmtpSettings};
use crate::domain::email_address::EmailAddress;
use async_trait::async_trait;

/// Who sends one message, and to whom: one recipient a message, so that a refusal concerns one unit alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// Where refusals after acceptance (bounces) go.
    pub from: EmailAddress,
    /// The one recipient.
    pub to: EmailAddress,
}

/// Where mails go.
#[derive(Debug, Clone)]
pub enum Transport {
    /// A mail server.
    Smtp(Arc<SmtpSettings>),
    /// A folder that gets one `.eml` file a message.
    File(PathBuf),
    /// A list in memory, for tests.
    Memory(MemoryOutbox),
    /// A server that is part of this process: for simulations of faults.
    Port(Arc<dyn MailPort>),
    /// Nowhere: a simulation only counts what it would send.
    Discard,
}

/// A mail server in this process; one conversation a connection is not told apart from another.
#[async_trait]
pub trait MailPort: fmt::Debug + Send + Sync {
    /// See [`Connection::offer`].
    ///
    /// # Errors
    /// Any [`Refusal`].
    async fn offer(&self, envelope: &Envelope) -> Result<(), Refusal>;

    /// See [`Connection::transmit`].
    ///
    /// # Errors
    /// Any [`Failure`].
    async fn transmit(&self, envelope: &Envelope, message: &[u8]) -> Result<Accepted, Failure>;
}

impl Transport {
    /// A connection for one worker; nothing is opened before the first offer.
    #[must_use]
    pub fn connection(&self) -> Connection {
        Connection(match self {
            Self::Smtp(settings) => Kind::Smtp(Box::new(SmtpClient::new(Arc::clone(settings)))),
            Self::File(folder) => Kind::File(folder.clone()),
            Self::Discard => Kind::Discard,
            Self::Port(port) => Kind::Port {
                port: port.clone(),
                offered: None,
            },
            Self::Memory(outbox) => Kind::Memory {
                outbox: outbox.clone(),
                offered: None,
            },
        })
    }

    /// Whether mails leave this machine's own files and memory.
    #[must_use]
    pub fn is_smtp(&self) -> bool {
        match self {
            Self::Smtp(_) => true,
            Self::File(_) | Self::Memory(_) | Self::Port(_) | Self::Discard => false,
        }
    }
}

/// Where mails go, for people: `smtps://smtp.example.cn:465`, `file:var/mail`. Never user or password.
impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Smtp(settings) => {
                let scheme = match settings.security {
                    Security::Implicit => "smtps",
                    Security::Required | Security::Opportunistic | Security::None => "smtp",
                };
                let SmtpSettings { host, port, .. } = &**settings;
                if host.contains(':') {
                    write!(f, "{scheme}://[{host}]:{port}")
                } else {
                    write!(f, "{scheme}://{host}:{port}")
                }
            }
            Self::File(folder) => write!(f, "file:{}", folder.display()),
            Self::Memory(_) => f.write_str("memory"),
            Self::Port(_) => f.write_str("port"),
            Self::Discard => f.write_str("nowhere"),
        }
    }
}

/// One worker's way to the transport. If a call's future is dropped midway, the connection under it is dropped too and
/// the next offer opens a new one.
pub struct Connection(Kind);

enum Kind {
    Smtp(Box<SmtpClient>),
    File(PathBuf),
    Discard,
    Port {
        port: Arc<dyn MailPort>,
        offered: Option<Envelope>,
    },
    Memory {
        outbox: MemoryOutbox,
        offered: Option<Envelope>,
    },
}

impl Connection {
    /// Makes ready for one message: connects, encrypts and logs in where needed (a kept connection is reused, and
    /// replaced once if it turns out broken), then names sender and recipient. May be repeated without transmitting.
    ///
    /// # Errors
    /// Any [`Refusal`]; nothing was handed over.
    pub async fn offer(&mut self, envelope: &Envelope) -> Result<(), Refusal> {
        match &mut self.0 {
            Kind::Smtp(client) => client.offer(envelope).await,
            Kind::File(folder) => mail_folder::prepare(folder).await,
            Kind::Discard => Ok(()),
            Kind::Port { port, offered } => {
                port.offer(envelope).await?;
                *offered = Some(envelope.clone());
                Ok(())
            }
            Kind::Memory { offered, .. } => {
                *offered = Some(envelope.clone());
                Ok(())
            }
        }
    }

    /// Hands over the message of the last offer and waits for the server's reply, by default up to ten minutes
    /// (RFC 5321 §4.5.3.2.6). `message` is the full RFC 5322 text: ASCII, CRLF, its Message-ID fixed.
    ///
    /// # Errors
    /// [`Failure::Refused`] where the message was certainly not taken, [`Failure::Unknown`] where it may have been.
    pub async fn transmit(&mut self, message: &[u8]) -> Result<Accepted, Failure> {
        match &mut self.0 {
            Kind::Smtp(client) => client.transmit(message).await,
            Kind::File(folder) => Ok(mail_folder::store(folder, message).await?),
            Kind::Discard => Ok(Accepted::new("simulated")),
            Kind::Port { port, offered } => {
                let envelope = offered.take().ok_or_else(not_offered)?;
                port.transmit(&envelope, message).await
            }
            Kind::Memory { outbox, offered } => {
                let envelope = offered.take().ok_or_else(not_offered)?;
                outbox.push(StoredMail {
                    envelope,
                    message: message.to_vec(),
                });
                Ok(Accepted::new("kept in memory"))
            }
        }
    }

    /// Takes leave of the server; never waits long, and never fails.
    pub async fn quit(self) {
        match self.0 {
            Kind::Smtp(client) => client.quit().await,
            Kind::File(_) | Kind::Discard | Kind::Port { .. } | Kind::Memory { .. } => {}
        }
    }
}

fn not_offered() -> Failure {
    let code = ReasonCode::ProtocolError;
    let reason = Reason::new(code, Stage::Data, None, "no recipient was offered");
    Refusal::Deferred { reason, hint: None }.into()
}

/// A message as a memory transport keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredMail {
    /// Sender and recipient.
    pub envelope: Envelope,
    /// The RFC 5322 text.
    pub message: Vec<u8>,
}

/// The list of a memory transport; clones share it.
#[derive(Debug, Clone, Default)]
pub struct MemoryOutbox(Arc<Mutex<Vec<StoredMail>>>);

impl MemoryOutbox {
    /// An empty list.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// All messages so far, oldest first.
    #[must_use]
    pub fn mails(&self) -> Vec<StoredMail> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn push(&self, mail: StoredMail) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(mail);
    }
}
