//! What the plan reader lists for a person to look at: the kinds are a stable contract, the texts are for
//! a clerk. Nothing here decides what happens to such a plan.

use serde::Serialize;

use super::punctuation::Text;

/// Something in the plan that a person should look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// 1-based line of the document; 0 where the problem is about the whole document.
    pub line: usize,
    /// What is the matter.
    pub kind: ProblemKind,
    /// The words of the plan it is about, at most 60 characters.
    pub text: String,
}

/// The kinds of problem; their `snake_case` names are a contract that only grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ProblemKind {
    /// No measure was found in the whole document.
    NoMeasures,
    /// A measure without units in a plan whose other measures name theirs.
    MissingUnits,
    /// The plan names responsible units but no lead: the first was taken.
    InferredLead,
    /// A unit name that matches no unit or several; found when names are settled, not by the reader.
    UnknownUnit,
    /// The bracket around the units is not closed or was never opened.
    UnbalancedBracket,
    /// Two measures have the same number.
    DuplicateNumber,
    /// A phase's year is not written and follows from the given year.
    InferredYear,
    /// A phase's year is not written and nothing tells it.
    YearUnknown,
    /// A time limit or phase whose days cannot be told ("本学期末").
    Undated,
    /// An annex (附件) that the text refers to and the document does not contain.
    MissingAnnex,
    /// Something is to be sent up again and again, so it is no one-off deadline.
    RecurringDeadline,
    /// Something is to be sent up, and the sentence does not say by whom.
    UnknownSender,
    /// A cycle in a rhythm that does not exist here (每半年, 每日).
    UnsupportedFrequency,
    /// A table that looks like a work list and whose header was not understood.
    UnknownTableHeader,
}

/// Longest excerpt of a problem, in characters.
const MAX_EXCERPT: usize = 60;

impl Problem {
    /// A problem at `line` with the beginning of `excerpt`.
    pub(crate) fn new(line: usize, kind: ProblemKind, excerpt: &str) -> Self {
        Self {
            line,
            kind,
            text: excerpt.trim().chars().take(MAX_EXCERPT).collect(),
        }
    }

    /// A problem with the beginning of a paragraph.
    pub(crate) fn at(line: usize, kind: ProblemKind, text: &Text) -> Self {
        Self::new(line, kind, &text.written(0..MAX_EXCERPT))
    }
}
