//! How the mail server is reached: host, encryption, login, waiting times. Read from a URL in `mail_url`; used by `smtp`.

use std::net::IpAddr;
use std::time::Duration;

use secrecy::SecretString;
use tokio_rustls::rustls::pki_types::CertificateDer;

/// How a connection is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// TLS from the first byte (`smtps://`, usually port 465).
    Implicit,
    /// STARTTLS; without it nothing is sent (`tls=required`).
    Required,
    /// STARTTLS where the server offers it, its certificate checked all the same (`tls=opportunistic`).
    Opportunistic,
    /// Never encrypted (`tls=none`).
    None,
}

/// Whose certificates are believed.
#[derive(Debug, Clone, Default)]
pub enum Trust {
    /// The operating system's list; a bureau's own authority is added there.
    #[default]
    System,
    /// These authorities alone.
    Only(Vec<CertificateDer<'static>>),
}

/// User name and password; the password is never printed.
#[derive(Debug, Clone)]
pub struct SmtpLogin {
    /// Mostly the full sender address.
    pub user: String,
    /// Password or the provider's app password (授权码).
    pub password: SecretString,
}

/// The longest wait at each step. The defaults are the minima of RFC 5321 §4.5.3.2; shorter ones risk giving up on a
/// server that has taken the message, which doubles it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SmtpTimeouts {
    /// Looking up the name and opening the connection, for each address of the host.
    pub connect: Duration,
    /// The first line, EHLO, TLS and login, each.
    pub greeting: Duration,
    /// MAIL FROM and RCPT TO, each.
    pub command: Duration,
    /// The reply to DATA.
    pub data: Duration,
    /// One piece of the message finding room on its way out.
    pub block: Duration,
    /// The reply to the final dot.
    pub final_reply: Duration,
    /// The reply to QUIT, which changes nothing any more.
    pub quit: Duration,
}

impl Default for SmtpTimeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(30),
            greeting: Duration::from_secs(300),
            command: Duration::from_secs(300),
            data: Duration::from_secs(120),
            block: Duration::from_secs(180),
            final_reply: Duration::from_secs(600),
            quit: Duration::from_secs(5),
        }
    }
}

/// Everything needed to talk to one mail server.
#[derive(Debug, Clone)]
pub struct SmtpSettings {
    /// Host name or IP address.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// Encryption.
    pub security: Security,
    /// `None`: the server takes our mail without login.
    pub login: Option<SmtpLogin>,
    /// Whose certificates are believed.
    pub trust: Trust,
    /// The longest waits.
    pub timeouts: SmtpTimeouts,
    /// What EHLO says; `None` is the machine's host name.
    pub hello_name: Option<String>,
    /// A connection is left after this many messages (163 refuses more in one connection); 0 counts as 1.
    pub messages_per_connection: u32,
    /// A connection unused for longer is replaced without asking; servers close theirs after minutes.
    pub idle_limit: Duration,
}

impl SmtpSettings {
    /// Settings without login and with default waits.
    #[must_use]
    pub fn new(host: impl Into<String>, port: u16, security: Security) -> Self {
        Self {
            host: host.into(),
            port,
            security,
            login: None,
            trust: Trust::System,
            timeouts: SmtpTimeouts::default(),
            hello_name: None,
            messages_per_connection: 20,
            idle_limit: Duration::from_secs(30),
        }
    }

    /// Whether the server is this machine, where nothing crosses a network.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        let host = self.host.trim_start_matches('[').trim_end_matches(']');
        host.eq_ignore_ascii_case("localhost")
            || host
                .parse::<IpAddr>()
                .is_ok_and(|address| address.is_loopback())
    }
}
