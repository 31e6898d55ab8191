//! The plan reader: from the text of a plan to its measures, phases, cycles, goals and deadlines. It never
//! fails whole: what it cannot tell is listed as a problem with its line. Files are read elsewhere; unit names
//! stay as written and are settled elsewhere.
//!
//! The way through: [`document`] → `layout` (head, body, signature) → `heading` and `tree` (outline) → `parties`
//! (who answers) → `measure`, `prescribed`, `party_table` (which items are measures) → `due`, `indicator`, `phase`,
//! `cycle_mention`, `sending`, `annex` (what they say).

mod annex;
mod comparator;
mod cycle_mention;
mod date;
mod date_range;
pub mod diff;
pub mod document;
mod due;
mod heading;
mod indicator;
mod label;
mod layout;
mod measure;
mod numeral;
mod outline;
mod parties;
mod party_lines;
mod party_table;
mod phase;
mod phase_table;
mod phase_year;
mod phrase;
mod prescribed;
mod problem;
mod punctuation;
mod quantity;
mod reader;
pub mod rediscover;
mod request;
mod rhythm;
mod section;
mod sending;
mod sending_verb;
mod tree;
mod unit_list;
mod unit_name;

use chrono::NaiveDate;
use serde::Serialize;

pub use cycle_mention::CycleMention;
pub use document::Document;
pub use indicator::{Comparator, Indicator};
pub use phase_year::Phase;
pub use problem::{Problem, ProblemKind};
pub use sending::Deadline;

/// Everything the reader understood of a plan. Its JSON is the contract of design §7 Import: `null` or `[]`
/// where the text says nothing.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ParsedPlan {
    /// The title without 关于印发《…》的通知 around it.
    pub title: Option<String>,
    /// The issuing office as written in signature, letterhead or title.
    pub issued_by: Option<String>,
    /// The plan's own document number; a cited one is not.
    pub document_number: Option<String>,
    /// Indicators of the sections that state goals.
    pub goals: Vec<Indicator>,
    /// The steps in order.
    pub phases: Vec<Phase>,
    /// The measures in order of the text.
    pub measures: Vec<Measure>,
    /// The supervision cycles that the plan names, each kind once.
    pub cycles: Vec<CycleMention>,
    /// What is to be sent up once.
    pub deadlines: Vec<Deadline>,
    /// What a person should look at, in order of the lines.
    pub problems: Vec<Problem>,
}

/// A paragraph of the plan that somebody has to carry out.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Measure {
    /// The outline path in half-width form, `四(一)1`; in a table its 序号, else the row's position.
    pub number: String,
    /// The headings above, as written.
    pub section: Vec<String>,
    /// The text up to its first 。, without number.
    pub title: String,
    /// The whole paragraph or paragraphs without number and units bracket, joined by line breaks.
    pub text: String,
    /// Lead units as written; empty where nobody is named.
    pub lead_units: Vec<String>,
    /// Responsible units as written; a group word (各地各校) stays one name.
    pub responsible_units: Vec<String>,
    /// Cooperating units as written.
    pub cooperating_units: Vec<String>,
    /// The last day, bureau-local; `None` where the text sets none or it cannot be told.
    pub due_on: Option<NaiveDate>,
    /// Whether it is a standing duty (长期坚持).
    pub continuous: bool,
    /// What it promises in numbers.
    pub indicators: Vec<Indicator>,
    /// 1-based line of its beginning.
    pub line: usize,
    /// Whether the lead is not written and the first responsible unit was taken.
    pub lead_inferred: bool,
}

/// Reads a plan. `year` is that of the first phase where the plan does not tell it (20xx年4月). Never fails
/// and never panics; takes time linear in the length of the document.
#[must_use]
pub fn parse_plan(document: &Document, year: Option<i32>) -> ParsedPlan {
    reader::read(document, year)
}
