//! What became of one mail: pure rules from the step and the server's reply to an outcome (design §5 rule 3; RFC 5321
//! §4.2, §4.5.4.1). When a deferred mail is tried again is decided by `domain::retry`; the talking is in `smtp`.

use std::time::Duration;

use super::reason::{Reason, ReasonCode, Stage};
use super::reply_text::{presentable, waiting_time};

/// The server took the message: its words, addresses masked, at most 200 characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// For example `2.0.0 Ok: queued as 4Xyz`.
    pub reply: String,
}

impl Accepted {
    /// Keeps the presentable part of the server's words.
    #[must_use]
    pub fn new(reply: &str) -> Self {
        Self {
            reply: presentable(reply),
        }
    }
}

/// Nothing was handed over.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Try again later, with the same Message-ID; `hint` is the waiting time the server named.
    #[error("{reason}")]
    Deferred {
        /// Why.
        reason: Reason,
        /// At most a day; `None` where the server named no time.
        hint: Option<Duration>,
    },
    /// This recipient cannot be reached; a person has to look.
    #[error("{reason}")]
    Failed {
        /// Why.
        reason: Reason,
    },
    /// Every other mail would fail alike: stop the queue, do not count this try.
    #[error("{reason}")]
    QueueStopped {
        /// Why.
        reason: Reason,
    },
}

impl Refusal {
    /// Why, whichever kind it is.
    #[must_use]
    pub fn reason(&self) -> &Reason {
        match self {
            Self::Deferred { reason, .. }
            | Self::Failed { reason }
            | Self::QueueStopped { reason } => reason,
        }
    }
}

/// Why a message was not confirmed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The server certainly has not taken it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The final dot left and no reply came (RFC 1047): the server may have taken it.
    #[error("{reason}")]
    Unknown {
        /// Why.
        reason: Reason,
    },
}

/// The outcome of one try, as the outbox records it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// Taken by the server.
    Sent {
        /// The server's words.
        reply: String,
    },
    /// See [`Refusal::Deferred`].
    Deferred {
        /// Why.
        reason: Reason,
        /// The waiting time the server named.
        hint: Option<Duration>,
    },
    /// See [`Refusal::Failed`].
    Failed {
        /// Why.
        reason: Reason,
    },
    /// See [`Failure::Unknown`].
    Unknown {
        /// Why.
        reason: Reason,
    },
    /// See [`Refusal::QueueStopped`].
    QueueStopped {
        /// Why.
        reason: Reason,
    },
}

impl From<Accepted> for Delivery {
    fn from(accepted: Accepted) -> Self {
        Self::Sent {
            reply: accepted.reply,
        }
    }
}

impl From<Refusal> for Delivery {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Deferred { reason, hint } => Self::Deferred { reason, hint },
            Refusal::Failed { reason } => Self::Failed { reason },
            Refusal::QueueStopped { reason } => Self::QueueStopped { reason },
        }
    }
}

impl From<Failure> for Delivery {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(refusal) => refusal.into(),
            Failure::Unknown { reason } => Self::Unknown { reason },
        }
    }
}

/// What came back from the server, when it was not what the step hoped for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Mishap {
    /// A negative reply (4xx, 5xx).
    Reply { code: u16, text: String },
    /// The connection could not be made, or broke.
    Lost { detail: String },
    /// Silence.
    TimedOut,
    /// Something that is no fitting reply.
    Garbled { detail: String },
}

/// The outcome of a mishap at `stage`.
///
/// A reply always settles the matter. Without one, everything before the final dot is a deferral, and everything after
/// it is unknown: repeating such a mail at will would deliver copies (RFC 5321 §4.5.3.2.6).
#[must_use]
pub(super) fn judge(stage: Stage, mishap: &Mishap) -> Failure {
    let (code, detail) = match mishap {
        Mishap::Reply { code, text } => return judge_reply(stage, *code, text).into(),
        Mishap::Lost { detail } if stage == Stage::Connect => {
            (ReasonCode::ConnectionFailed, detail.as_str())
        }
        Mishap::Lost { detail } => (ReasonCode::ConnectionLost, detail.as_str()),
        Mishap::TimedOut => (ReasonCode::TimedOut, ""),
        Mishap::Garbled { detail } => (ReasonCode::ProtocolError, detail.as_str()),
    };
    if stage == Stage::FinalReply {
        let reason = Reason::new(ReasonCode::ReplyLost, stage, None, detail);
        return Failure::Unknown { reason };
    }
    let reason = Reason::new(code, stage, None, detail);
    Refusal::Deferred { reason, hint: None }.into()
}

fn judge_reply(stage: Stage, code: u16, text: &str) -> Refusal {
    let lower = text.to_lowercase();
    let kind = ReplyKind::of(stage, code, &lower);
    let because = |reason_code| Reason::new(reason_code, stage, Some(code), text);
    match kind {
        ReplyKind::Later(reason_code) => Refusal::Deferred {
            reason: because(reason_code),
            hint: waiting_time(text),
        },
        ReplyKind::Never(reason_code) => Refusal::Failed {
            reason: because(reason_code),
        },
        ReplyKind::Nobody(reason_code) => Refusal::QueueStopped {
            reason: because(reason_code),
        },
    }
}

/// Whom a negative reply concerns: this mail for now, this mail for good, or every mail.
enum ReplyKind {
    Later(ReasonCode),
    Never(ReasonCode),
    Nobody(ReasonCode),
}

impl ReplyKind {
    fn of(stage: Stage, code: u16, lower: &str) -> Self {
        // Chinese providers name their limits under 550 as well as under 4xx: the words count before the digits.
        if names_rate_limit(lower) && stage != Stage::Login {
            return Self::Later(ReasonCode::RateLimited);
        }
        match code {
            // RFC 4954 §6: authentication wanted, too weak, refused, or refused without encryption.
            530 | 534 | 535 | 538 => Self::Nobody(ReasonCode::LoginFailed),
            452 | 552 => Self::Later(ReasonCode::StorageExceeded),
            400..=499 if names_full_mailbox(lower) => Self::Later(ReasonCode::StorageExceeded),
            400..=499 if names_greylisting(lower) => Self::Later(ReasonCode::Greylisted),
            400..=499 => Self::Later(ReasonCode::TemporaryRefusal),
            _ => Self::of_permanent(stage, code, lower),
        }
    }

    fn of_permanent(stage: Stage, code: u16, lower: &str) -> Self {
        match stage {
            // A host that turns us away at the door (RFC 5321 §3.1) says nothing about the recipient.
            Stage::Connect | Stage::Greeting => Self::Later(ReasonCode::TemporaryRefusal),
            Stage::Tls => Self::Nobody(ReasonCode::TlsUnavailable),
            Stage::Login => Self::Nobody(ReasonCode::LoginFailed),
            // All letters have one sender: what is refused here is refused for every one.
            Stage::Sender => Self::Nobody(ReasonCode::SenderRefused),
            Stage::Recipient if names_sender(lower) => Self::Nobody(ReasonCode::SenderRefused),
            Stage::Recipient if names_full_mailbox(lower) => {
                Self::Later(ReasonCode::StorageExceeded)
            }
            Stage::Recipient if names_unknown_recipient(code, lower) => {
                Self::Never(ReasonCode::UnknownRecipient)
            }
            Stage::Recipient => Self::Never(ReasonCode::RecipientRefused),
            Stage::Data | Stage::Body | Stage::FinalReply => {
                Self::Never(ReasonCode::ContentRefused)
            }
        }
    }
}

fn contains_any(text: &str, words: &[&str]) -> bool {
    words.iter().any(|word| text.contains(word))
}

/// The limits of QQ and exmail (550 "… frequency limited", which end by themselves) and of 163/126 (`HL:`, `MI:`).
fn names_rate_limit(lower: &str) -> bool {
    contains_any(
        lower,
        &[
            "frequency limit",
            "rate limit",
            "sending limit",
            "mailbox unavailable or access denied",
            "too many mail",
            "too many message",
            "too many connection",
            "too many concurrent",
            "too frequent",
            "daily limit",
            "hourly limit",
            "hl:icc",
            "hl:ifc",
            "mi:dmc",
            "mi:sfq",
            "频率",
            "频繁",
            "发信数量",
        ],
    )
}

fn names_greylisting(lower: &str) -> bool {
    contains_any(
        lower,
        &["greylist", "graylist", "grey list", "gray list", "灰名单"],
    )
}

fn names_full_mailbox(lower: &str) -> bool {
    contains_any(
        lower,
        &[
            "4.2.2",
            "5.2.2",
            "mailbox full",
            "mailbox is full",
            "over quota",
            "overquota",
            "quota exceeded",
            "邮箱已满",
            "空间不足",
        ],
    )
}

fn names_unknown_recipient(code: u16, lower: &str) -> bool {
    code == 551
        || contains_any(
            lower,
            &[
                "5.1.1",
                "5.1.10",
                "user unknown",
                "unknown user",
                "unknown recipient",
                "recipient unknown",
                "unknown mailbox",
                "mailbox unknown",
                "unknown in",
                "user not found",
                "recipient not found",
                "mailbox not found",
                "no such",
                "not exist",
                "doesn't exist",
                "invalid recipient",
                "invalid user",
                "user invalid",
                "不存在",
                "查无",
            ],
        )
}

/// Many servers judge the sender only once they know the recipient (Postfix: `smtpd_delay_reject`).
fn names_sender(lower: &str) -> bool {
    contains_any(
        lower,
        &[
            "sender address rejected",
            "sender rejected",
            "sender verify failed",
            "client host rejected",
            "mail from must",
            "authorized user",
            "authorization user",
        ],
    )
}

/// Whether the connection, not the mail, has reached a limit (163: `MI:DMC`, too many mails on one connection): a fresh
/// connection may take the mail at once.
#[must_use]
pub(super) fn asks_for_fresh_connection(mishap: &Mishap) -> bool {
    match mishap {
        Mishap::Reply { code, text } => *code == 421 || text.to_lowercase().contains("mi:dmc"),
        Mishap::Lost { .. } | Mishap::Garbled { .. } => true,
        Mishap::TimedOut => false,
    }
}

#[cfg(test)]
#[path = "outcome_tests.rs"]
mod tests;
