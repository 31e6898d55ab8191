//! One SMTP connection driven step by step, so that the caller can commit its row between RCPT and DATA (design §5
//! rule 3). Bounded waits and the knowledge of the final dot come from `smtp_stream`, opening and logging in from
//! `smtp_session`, the meaning of replies from `outcome`.

use std::sync::Arc;

use lettre::Address;
use lettre::transport::smtp::commands::{Data, Mail, Rcpt, Rset};
use tokio::time::Instant;

use super::outcome::{Accepted, Failure, Mishap, Refusal, asks_for_fresh_connection, judge};
use super::reason::{Reason, ReasonCode, Stage};
use super::smtp_session::{Session, mishap_of};
use super::smtp_settings::SmtpSettings;
use super::transport::Envelope;

/// The longest line of a message without CRLF (RFC 5322 §2.1.1).
const LINE_LIMIT: usize = 998;

/// A server asked to start a mail, and what it said.
type Started = Result<(), (Stage, Mishap)>;

/// Speaks to one server for one delivery worker; opens, reuses and replaces its connection by itself.
pub(super) struct SmtpClient {
    settings: Arc<SmtpSettings>,
    idle: Option<Idle>,
    offered: Option<Session>,
}

/// A connection kept for the next message.
struct Idle {
    session: Session,
    since: Instant,
}

impl SmtpClient {
    /// Connects at the first offer.
    pub(super) fn new(settings: Arc<SmtpSettings>) -> Self {
        Self {
            settings,
            idle: None,
            offered: None,
        }
    }

    /// See `Connection::offer`.
    pub(super) async fn offer(&mut self, envelope: &Envelope) -> Result<(), Refusal> {
        let from = smtp_address(envelope.from.as_str())?;
        let to = smtp_address(envelope.to.as_str())?;
        if let Some(mut session) = self.take_reusable().await {
            match self.start(&mut session, &from, &to).await {
                Ok(()) => {
                    self.offered = Some(session);
                    return Ok(());
                }
                // A kept connection may have been closed, or have reached its limit: that says nothing about the mail.
                Err((_, mishap)) if asks_for_fresh_connection(&mishap) => {
                    session.drop_politely().await
                }
                Err((stage, mishap)) => return Err(self.refuse(session, stage, &mishap)),
            }
        }
        let mut session = Session::open(&self.settings).await?;
        match self.start(&mut session, &from, &to).await {
            Ok(()) => {
                self.offered = Some(session);
                Ok(())
            }
            Err((stage, mishap)) => Err(self.refuse(session, stage, &mishap)),
        }
    }

    /// See `Connection::transmit`.
    pub(super) async fn transmit(&mut self, message: &[u8]) -> Result<Accepted, Failure> {
        let Some(mut session) = self.offered.take() else {
            let mishap = Mishap::Garbled {
                detail: "no recipient was offered".to_owned(),
            };
            return Err(judge(Stage::Data, &mishap));
        };
        if let Err(refusal) = check_message(message) {
            session.needs_reset = true;
            self.keep(session);
            return Err(refusal.into());
        }
        let timeouts = self.settings.timeouts;
        session.stream.expect_reply_within(timeouts.data);
        let agreed = session.connection.command(Data).await;
        match agreed {
            Ok(reply) if reply.has_code(354) => {}
            Ok(reply) => {
                let detail = format!("DATA answered by {}", reply.code());
                return Err(judge(Stage::Data, &Mishap::Garbled { detail }));
            }
            Err(error) => {
                let mishap = mishap_of(&session.stream, &error);
                return Err(self.refuse(session, Stage::Data, &mishap).into());
            }
        }
        session.stream.begin_message();
        session.stream.expect_reply_within(timeouts.final_reply);
        match session.connection.message(message).await {
            Ok(reply) if u16::from(reply.code()) < 300 => {
                session.messages += 1;
                session.needs_reset = false;
                let text: Vec<&str> = reply.message().collect();
                let accepted = Accepted::new(&text.join(" "));
                self.keep(session);
                Ok(accepted)
            }
            Ok(reply) => {
                let detail = format!("message answered by {}", reply.code());
                Err(judge(Stage::FinalReply, &Mishap::Garbled { detail }))
            }
            Err(error) => {
                let stage = if session.stream.final_dot_sent() {
                    Stage::FinalReply
                } else {
                    Stage::Body
                };
                let mishap = mishap_of(&session.stream, &error);
                let failure = judge(stage, &mishap);
                self.keep_after(session, &mishap);
                Err(failure)
            }
        }
    }

    /// See `Connection::quit`.
    pub(super) async fn quit(self) {
        for session in self
            .idle
            .map(|idle| idle.session)
            .into_iter()
            .chain(self.offered)
        {
            session.drop_politely().await;
        }
    }

    /// The kept connection, unless it is too old, too much used, or broken.
    async fn take_reusable(&mut self) -> Option<Session> {
        if let Some(mut offered) = self.offered.take() {
            offered.needs_reset = true;
            return Some(offered);
        }
        let Idle { session, since } = self.idle.take()?;
        let is_used_up = session.messages >= self.settings.messages_per_connection.max(1);
        if is_used_up || since.elapsed() > self.settings.idle_limit {
            session.drop_politely().await;
            return None;
        }
        Some(session)
    }

    /// RSET where the last mail was broken off, then MAIL FROM and RCPT TO; both at once where the server takes that.
    async fn start(&self, session: &mut Session, from: &Address, to: &Address) -> Started {
        let stream = session.stream.clone();
        stream.expect_reply_within(self.settings.timeouts.command);
        let connection = &mut session.connection;
        if session.needs_reset {
            let reset = connection.command(Rset).await;
            reset.map_err(|error| (Stage::Sender, mishap_of(&stream, &error)))?;
        }
        session.needs_reset = true;
        let mail = Mail::new(Some(from.clone()), Vec::new());
        let rcpt = Rcpt::new(to.clone(), Vec::new());
        let is_ahead = stream.offers_pipelining();
        let reply = match is_ahead {
            true => connection.command(format!("{mail}{rcpt}")).await,
            false => connection.command(mail).await,
        };
        let taken = reply
            .map_err(|error| (Stage::Sender, mishap_of(&stream, &error)))
            .and_then(|reply| expect_completion(Stage::Sender, reply.code().into()));
        if let Err(refused) = taken {
            if is_ahead && matches!(refused.1, Mishap::Reply { .. }) {
                // What is said of the recipient means nothing then, but must not be taken for the next answer.
                let _ = connection.read_response().await;
            }
            return Err(refused);
        }
        let reply = match is_ahead {
            true => connection.read_response().await,
            false => connection.command(rcpt).await,
        };
        let reply = reply.map_err(|error| (Stage::Recipient, mishap_of(&stream, &error)))?;
        expect_completion(Stage::Recipient, reply.code().into())
    }

    /// The refusal for a mishap before the message, keeping the connection where it is still good.
    fn refuse(&mut self, session: Session, stage: Stage, mishap: &Mishap) -> Refusal {
        self.keep_after(session, mishap);
        certain(judge(stage, mishap))
    }

    fn keep_after(&mut self, mut session: Session, mishap: &Mishap) {
        match mishap {
            // RFC 5321 §3.8: after 421 the server closes.
            Mishap::Reply { code: 421, .. } => {}
            Mishap::Reply { .. } => {
                session.needs_reset = true;
                self.keep(session);
            }
            Mishap::Lost { .. } | Mishap::TimedOut | Mishap::Garbled { .. } => {}
        }
    }

    fn keep(&mut self, session: Session) {
        self.idle = Some(Idle {
            session,
            since: Instant::now(),
        });
    }
}

/// Before the final dot nothing is unknown; should the rules ever say so, trying later is the safe reading.
pub(super) fn certain(failure: Failure) -> Refusal {
    match failure {
        Failure::Refused(refusal) => refusal,
        Failure::Unknown { reason } => Refusal::Deferred { reason, hint: None },
    }
}

fn expect_completion(stage: Stage, code: u16) -> Started {
    if (200..300).contains(&code) {
        return Ok(());
    }
    let detail = format!("{} answered by {code}", stage.as_str());
    Err((stage, Mishap::Garbled { detail }))
}

/// The address in the library's type. Ours is ASCII by construction, so SMTPUTF8 (RFC 6531) is never needed.
fn smtp_address(address: &str) -> Result<Address, Refusal> {
    address.parse().map_err(|_| Refusal::Failed {
        reason: Reason::new(
            ReasonCode::RecipientRefused,
            Stage::Recipient,
            None,
            address,
        ),
    })
}

/// Only ASCII lines of at most 998 characters ending in CRLF may leave: a bare CR or LF lets a text smuggle a second
/// mail past the dot-stuffing.
fn check_message(message: &[u8]) -> Result<(), Refusal> {
    let malformed = |detail: String| Refusal::Failed {
        reason: Reason::new(ReasonCode::MessageMalformed, Stage::Data, None, &detail),
    };
    if message.is_empty() {
        return Err(malformed("空邮件".to_owned()));
    }
    for (index, line) in message.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let Some(content) = line.strip_suffix(b"\r\n") else {
            return Err(malformed(format!("第{}行没有以回车换行结束", index + 1)));
        };
        let is_clean = content.is_ascii() && !content.iter().any(|byte| matches!(byte, 0 | b'\r'));
        if !is_clean || content.len() > LINE_LIMIT {
            return Err(malformed(format!(
                "第{}行含有不允许的字符或过长",
                index + 1
            )));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_clean_crlf_messages_may_leave() {
        let long = [b"a".repeat(998), b"\r\n".to_vec()].concat();
        let too_long = [b"a".repeat(999), b"\r\n".to_vec()].concat();
        let cases: [(&[u8], bool); 10] = [
            (b"Subject: a\r\n\r\nb\r\n", true),
            (b".\r\n", true),
            (&long, true),
            (&too_long, false),
            (b"", false),
            (b"a\n", false),
            (b"a\r\nb", false),
            (b"a\r\n\n.\r\n", false),
            (b"a\rb\r\n", false),
            ("中\r\n".as_bytes(), false),
        ];
        for (message, fits) in cases {
            assert_eq!(check_message(message).is_ok(), fits, "{message:?}");
        }
    }
}
