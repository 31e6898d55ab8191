//! What is wrong with single fields of a body or query: collected, so that a client learns of all of them at once.

use serde::Serialize;
use std::borrow::Cow;
use utoipa::ToSchema;

/// No more than this many fields are listed.
pub(super) const MOST: usize = 50;

/// What is wrong with a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FieldCode {
    /// It is needed and not there.
    Missing,
    /// Nothing of this name is known here.
    Unknown,
    /// It comes twice.
    Repeated,
    /// It is of another JSON type.
    WrongType,
    /// It is a number, date or length outside its range.
    OutOfRange,
    /// It is none of the values that may be chosen.
    NotAChoice,
    /// Anything else; the message says it.
    Invalid,
}

impl FieldCode {
    /// What it says, in English.
    pub fn english(self) -> &'static str {
        match self {
            Self::Missing => "It is needed.",
            Self::Unknown => "Nothing of this name is known here.",
            Self::Repeated => "It comes twice.",
            Self::WrongType => "It is of another type.",
            Self::OutOfRange => "It is outside its range.",
            Self::NotAChoice => "It is none of the values to choose from.",
            Self::Invalid => "It is not valid.",
        }
    }
}

/// One field that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldError {
    /// Where: `items[0].percent`, or the name of a query parameter; empty for the whole body.
    pub path: String,
    /// What kind of fault.
    pub code: FieldCode,
    /// What to do, in Chinese.
    pub message: String,
}

/// A list of wrong fields, at most 50.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FieldErrors(Vec<FieldError>);

impl FieldErrors {
    /// Adds one; beyond 50 it is dropped.
    pub fn add(
        &mut self,
        path: impl Into<String>,
        code: FieldCode,
        message: impl Into<Cow<'static, str>>,
    ) {
        if self.0.len() < MOST {
            self.0.push(FieldError {
                path: path.into(),
                code,
                message: message.into().into_owned(),
            });
        }
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The list.
    pub fn into_vec(self) -> Vec<FieldError> {
        self.0
    }
}

/// What a body's types cannot say: ranges that depend on each other, lists that are too long. Checked after reading and
/// before the handler runs; all errors are told at once.
pub trait Check {
    /// Adds what is wrong.
    fn check(&self, errors: &mut FieldErrors) {
        let _ = errors;
    }
}
