//! Why a use case was refused or failed.

use crate::domain::board::BoardError;
use crate::entropy::NoEntropy;
use crate::files::store::FileStoreError;
use crate::flow::refusal::{Refusal, RefusalCode, WrongField};
use crate::storage::StorageError;

/// Why a use case was refused or failed. A refusal changes nothing.
#[derive(Debug, thiserror::Error)]
pub enum FlowError {
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// No randomness.
    #[error(transparent)]
    NoEntropy(#[from] NoEntropy),
    /// A stored or built-in calendar that cannot be put together.
    #[error("校历有误：{0}")]
    Calendar(String),
    /// A row that the board cannot take.
    #[error(transparent)]
    Board(#[from] BoardError),
    /// A letter that cannot be written.
    #[error("邮件无法写成：{0}")]
    Letter(String),
    /// The store of attached files.
    #[error(transparent)]
    Files(#[from] FileStoreError),
    /// A part of the service stopped in the middle of its work.
    #[error("{0}")]
    Interrupted(String),
    /// More is asked for at once than there is room for; says to try again.
    #[error("{0}")]
    Busy(&'static str),
    /// The request cannot be granted; says why and what to do.
    #[error("{}", .0.text)]
    Refused(Refusal),
}

impl FlowError {
    /// A refusal about nothing in particular of what was given.
    pub fn refused(code: RefusalCode, text: impl Into<String>) -> Self {
        Self::Refused(Refusal {
            code,
            text: text.into(),
            fields: Vec::new(),
        })
    }

    /// A refusal about one field of what was given, named by its path such as `items[0].percent`.
    pub fn refused_field(
        code: RefusalCode,
        field: impl Into<String>,
        text: impl Into<String>,
    ) -> Self {
        let text = text.into();
        Self::Refused(Refusal {
            code,
            fields: vec![WrongField::new(field, text.clone())],
            text,
        })
    }

    /// A refusal about several fields; the first one's words are told for all of them.
    pub fn refused_fields(code: RefusalCode, fields: Vec<WrongField>) -> Self {
        let first = fields.first().map(|field| field.text.clone());
        let first = first.unwrap_or_default();
        let text = match fields.len() {
            0 | 1 => first,
            count => format!("{first}（共 {count} 处）"),
        };
        Self::Refused(Refusal { code, text, fields })
    }
}
