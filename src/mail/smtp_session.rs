//! Opening one SMTP connection: TCP without Nagle's delay, TLS as configured, EHLO, login. Sending mails over it is in
//! `smtp`.

use std::io;
use std::net::SocketAddr;

use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Auth, Ehlo, Starttls};
use lettre::transport::smtp::extension::{ClientId, Extension, ServerInfo};
use secrecy::ExposeSecret as _;
use std::error::Error as _;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::outcome::{Mishap, Refusal, judge};
use super::reason::{Reason, ReasonCode, Stage};
use super::smtp::certain;
use super::smtp_settings::{Security, SmtpLogin, SmtpSettings};
use super::smtp_stream::{Break, SmtpStream};
use super::smtp_tls;

/// A connection that is greeted, encrypted and logged in as configured.
pub(super) struct Session {
    /// The dialogue.
    pub(super) connection: AsyncSmtpConnection,
    /// The same connection, for what the dialogue does not tell.
    pub(super) stream: SmtpStream,
    /// Messages taken by the server on this connection.
    pub(super) messages: u32,
    /// A mail was begun and not finished.
    pub(super) needs_reset: bool,
    quit_within: std::time::Duration,
}

impl Session {
    /// Connects, greets, encrypts and logs in.
    pub(super) async fn open(settings: &SmtpSettings) -> Result<Self, Refusal> {
        let (socket, peer) = connect(settings).await?;
        let stream = SmtpStream::new(socket, peer, settings.timeouts.block);
        stream.expect_reply_within(settings.timeouts.greeting);
        if settings.security == Security::Implicit {
            smtp_tls::encrypt(&stream, settings).await?;
        }
        let hello = settings
            .hello_name
            .clone()
            .map_or_else(ClientId::default, ClientId::Domain);
        let connection =
            AsyncSmtpConnection::connect_with_transport(Box::new(stream.clone()), &hello)
                .await
                .map_err(|error| refusal_of(Stage::Greeting, &stream, &error))?;
        let server = connection.server_info().clone();
        let mut session = Self {
            connection,
            stream,
            messages: 0,
            needs_reset: false,
            quit_within: settings.timeouts.quit,
        };
        let (server, is_encrypted) = session.encrypt(settings, server, hello).await?;
        if let Some(login) = &settings.login {
            if !is_encrypted && !settings.is_loopback() {
                return Err(stopped(ReasonCode::LoginNeedsTls, Stage::Login, ""));
            }
            session.log_in(&server, login).await?;
        }
        Ok(session)
    }

    /// STARTTLS where wanted. Returns what the server offers from then on, and whether the connection is encrypted.
    async fn encrypt(
        &mut self,
        settings: &SmtpSettings,
        server: ServerInfo,
        hello: ClientId,
    ) -> Result<(ServerInfo, bool), Refusal> {
        let is_offered = server.supports_feature(Extension::StartTls);
        match settings.security {
            Security::Implicit => return Ok((server, true)),
            Security::None => return Ok((server, false)),
            Security::Opportunistic if !is_offered => return Ok((server, false)),
            Security::Required if !is_offered => {
                return Err(stopped(ReasonCode::TlsUnavailable, Stage::Tls, ""));
            }
            Security::Required | Security::Opportunistic => {}
        }
        let agreed = self.connection.command(Starttls).await;
        agreed.map_err(|error| refusal_of(Stage::Tls, &self.stream, &error))?;
        smtp_tls::encrypt(&self.stream, settings).await?;
        // RFC 3207 §4.2: what was said before the encryption does not count.
        let reply = self.connection.command(Ehlo::new(hello)).await;
        let reply = reply.map_err(|error| refusal_of(Stage::Greeting, &self.stream, &error))?;
        let server = ServerInfo::from_response(&reply)
            .map_err(|error| refusal_of(Stage::Greeting, &self.stream, &error))?;
        Ok((server, true))
    }

    async fn log_in(&mut self, server: &ServerInfo, login: &SmtpLogin) -> Result<(), Refusal> {
        /// User name and password are asked for one by one at most.
        const CHALLENGES: usize = 3;
        let Some(mechanism) = server.get_auth_mechanism(DEFAULT_MECHANISMS) else {
            let detail = "AUTH PLAIN, LOGIN: not offered";
            return Err(stopped(ReasonCode::LoginFailed, Stage::Login, detail));
        };
        let credentials = Credentials::new(
            login.user.clone(),
            login.password.expose_secret().to_owned(),
        );
        let stream = self.stream.clone();
        let refused = |error: SmtpError| refusal_of(Stage::Login, &stream, &error);
        let first = Auth::new(mechanism, credentials.clone(), None).map_err(refused)?;
        let mut reply = self.connection.command(first).await.map_err(refused)?;
        for _ in 0..CHALLENGES {
            if !reply.has_code(334) {
                break;
            }
            let answer = Auth::new_from_response(mechanism, credentials.clone(), &reply);
            let answer = answer.map_err(refused)?;
            reply = self.connection.command(answer).await.map_err(refused)?;
        }
        if reply.has_code(235) {
            return Ok(());
        }
        let detail = format!("AUTH answered by {}", reply.code());
        Err(certain(judge(Stage::Login, &Mishap::Garbled { detail })))
    }

    /// QUIT, waiting briefly for the answer; a connection that is broken is just dropped.
    pub(super) async fn drop_politely(mut self) {
        if self.stream.broken().is_none() {
            self.stream.expect_reply_within(self.quit_within);
            // RFC 5321 §4.1.1.10: whatever the answer, the connection ends here.
            let _ = timeout(self.quit_within, self.connection.quit()).await;
        }
    }
}

async fn connect(settings: &SmtpSettings) -> Result<(TcpStream, SocketAddr), Refusal> {
    let lost = |error: &io::Error| Mishap::Lost {
        detail: error.to_string(),
    };
    let wait = settings.timeouts.connect;
    let host = settings.host.trim_start_matches('[').trim_end_matches(']');
    let lookup = timeout(wait, tokio::net::lookup_host((host, settings.port))).await;
    let mut mishap = Mishap::TimedOut;
    match lookup {
        Err(_elapsed) => {}
        Ok(Err(error)) => mishap = lost(&error),
        Ok(Ok(addresses)) => {
            for address in addresses {
                match timeout(wait, TcpStream::connect(address)).await {
                    Err(_elapsed) => mishap = Mishap::TimedOut,
                    Ok(Err(error)) => mishap = lost(&error),
                    // Without TCP_NODELAY each command waits for the acknowledgement of the last: 40 ms a mail.
                    Ok(Ok(socket)) => match socket.set_nodelay(true) {
                        Ok(()) => return Ok((socket, address)),
                        Err(error) => mishap = lost(&error),
                    },
                }
            }
        }
    }
    Err(certain(judge(Stage::Connect, &mishap)))
}

/// What an error of the dialogue was: the state of the connection tells more than lettre's error.
pub(super) fn mishap_of(stream: &SmtpStream, error: &SmtpError) -> Mishap {
    if let Some(code) = error.status() {
        let text = error.source().map(ToString::to_string).unwrap_or_default();
        return Mishap::Reply {
            code: code.into(),
            text,
        };
    }
    match stream.broken() {
        Some(Break::TimedOut) => Mishap::TimedOut,
        Some(Break::Lost) => Mishap::Lost {
            detail: String::new(),
        },
        Some(Break::Flooded) | None => Mishap::Garbled {
            detail: error.to_string(),
        },
    }
}

fn refusal_of(stage: Stage, stream: &SmtpStream, error: &SmtpError) -> Refusal {
    certain(judge(stage, &mishap_of(stream, error)))
}

pub(super) fn stopped(code: ReasonCode, stage: Stage, detail: &str) -> Refusal {
    Refusal::QueueStopped {
        reason: Reason::new(code, stage, None, detail),
    }
}
