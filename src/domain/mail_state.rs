//! Where a mail stands in the outbox (design §5.3), and its kinds.
//!
//! ```text
//! queued → claimed → transmitting → sent
//!    ↑        │            ├→ deferred → claimed …
//!    └────────┘            ├→ failed
//!  lease expired           └→ unknown → claimed once more, then a person decides
//! queued, deferred, claimed → suppressed (superseded, answered, …)
//! ```

use crate::domain::role::UnknownCode;
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// State of a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailState {
    /// Waits for its time.
    Queued,
    /// Held by a worker under a lease; nothing of it has left.
    Claimed,
    /// Being handed over: from here on it may have been taken.
    Transmitting,
    /// Taken by the server.
    Sent,
    /// To be tried again.
    Deferred,
    /// Refused for good.
    Failed,
    /// Handed over without a reply.
    Unknown,
    /// Not to be sent; the reason says why.
    Suppressed,
}

impl MailState {
    /// All states.
    pub const ALL: [Self; 8] = [
        Self::Queued,
        Self::Claimed,
        Self::Transmitting,
        Self::Sent,
        Self::Deferred,
        Self::Failed,
        Self::Unknown,
        Self::Suppressed,
    ];

    /// The stable code.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Claimed => "claimed",
            Self::Transmitting => "transmitting",
            Self::Sent => "sent",
            Self::Deferred => "deferred",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
            Self::Suppressed => "suppressed",
        }
    }
}

impl FromStr for MailState {
    type Err = UnknownCode;

    fn from_str(text: &str) -> Result<Self, UnknownCode> {
        Self::ALL
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or_else(|| UnknownCode::new("mail state", text))
    }
}

/// Kind of a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailKind {
    /// The one mail of a day.
    Digest,
    /// Goes at the next moment inside the window.
    Immediate,
    /// A test letter of the operator.
    Test,
    /// About its reader's own account; goes at any hour.
    Account,
}

impl MailKind {
    /// All kinds.
    pub const ALL: [Self; 4] = [Self::Digest, Self::Immediate, Self::Test, Self::Account];

    /// The stable code.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Digest => "digest",
            Self::Immediate => "immediate",
            Self::Test => "test",
            Self::Account => "account",
        }
    }

    /// Whether somebody waits for it, whatever the hour.
    pub fn goes_at_any_hour(self) -> bool {
        match self {
            Self::Test | Self::Account => true,
            Self::Digest | Self::Immediate => false,
        }
    }
}

impl FromStr for MailKind {
    type Err = UnknownCode;

    fn from_str(text: &str) -> Result<Self, UnknownCode> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| UnknownCode::new("mail kind", text))
    }
}
