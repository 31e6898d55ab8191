//! Who acts: in audit events, and as the recorder of answers.

use crate::domain::ids::{ContactId, TokenId, UserId};

/// Whoever makes a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// A user, through a token.
    User {
        /// The user.
        user_id: UserId,
        /// The token.
        token_id: TokenId,
        /// Normalised address.
        address: String,
        /// Normalised addresses of those absent whose roles, held for them, also allow what is done.
        stands_in_for: Vec<String>,
    },
    /// A contact, through a link in a mail.
    Link {
        /// The contact.
        contact_id: ContactId,
        /// Normalised address.
        address: String,
    },
    /// Somebody at the terminal of the machine, under this system account.
    CommandLine(String),
    /// The service itself: the name of the job.
    System(&'static str),
}

impl Actor {
    /// The stable code of its kind.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::User { .. } => "user",
            Self::Link { .. } => "mail_link",
            Self::CommandLine(_) => "command_line",
            Self::System(_) => "system",
        }
    }

    /// Who, for people: an address, a system account, or the name of a job.
    pub fn name(&self) -> &str {
        match self {
            Self::User { address, .. } | Self::Link { address, .. } => address,
            Self::CommandLine(account) => account,
            Self::System(job) => job,
        }
    }
}
