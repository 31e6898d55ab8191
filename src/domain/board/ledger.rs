//! The ledger 台账 of a plan: every assignment with what it has reported and what is expected of it.

use chrono::NaiveDate;

use crate::domain::ids::PlanId;
use crate::domain::light::Light;
use crate::domain::percent_parts::Tenths;

use super::as_of::AsOf;
use super::page::PageRow;
use super::reach::Seen;

/// An assignment as a ledger has it.
#[derive(Debug, Clone, PartialEq)]
pub struct LedgerLine {
    /// Whose, how it stands, what it has reported.
    pub row: PageRow,
    /// The day by which it is to be done; `None` for what has none, or has ended.
    pub due_on: Option<NaiveDate>,
    /// What is expected of it; `None` where nothing is.
    pub expected: Option<Tenths>,
    /// Why its light is yellow or red, without full stop; `None` for a green one.
    pub why: Option<String>,
}

impl AsOf<'_> {
    /// Hands every assignment of a plan that is issued by that day to `take`, in no particular order.
    pub fn each_of_plan(&self, plan: PlanId, mut take: impl FnMut(LedgerLine)) {
        let tasks = self.board.tasks.rows.iter();
        let of_plan: Vec<bool> = tasks.map(|task| task.row.plan_id == plan).collect();
        self.lens().each(&Seen::All, |row| {
            if !of_plan.get(row.task as usize).copied().unwrap_or(false) {
                return;
            }
            let at = u32::try_from(row.at).unwrap_or(u32::MAX);
            let Some(shown) = self.page_row(row) else {
                return;
            };
            let task = self.board.tasks.get(row.task);
            let has_ended = self.assignment(at).is_some_and(|one| one.ended <= self.day);
            let span = match has_ended {
                true => None,
                false => task.and_then(|task| self.board.span_on(task, Some(at), self.day)),
            };
            // What was asked is looked through for those alone whose light it explains.
            let why = match shown.light {
                Light::Green => None,
                Light::Yellow | Light::Red => self.explained(at).map(|one| one.why.explain()),
            };
            take(LedgerLine {
                due_on: span.map(|span| span.ends_on),
                expected: span.map(|span| span.expected(self.on, self.line).tenths()),
                why,
                row: shown,
            });
        });
    }
}
