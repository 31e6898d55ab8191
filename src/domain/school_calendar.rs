//! Holidays and terms together: the calendar a cycle runs by. Each half is in `calendar` and `term_table`.

use chrono::NaiveDate;

use super::calendar::Holidays;
use super::level::Level;
use super::term_table::TermTable;

/// The calendar a cycle runs by.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SchoolCalendar {
    /// Workdays.
    pub holidays: Holidays,
    /// Terms and vacations.
    pub terms: TermTable,
}

/// A due day after vacations were considered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SettledDueDay {
    /// The day on which the answer is due.
    pub due_on: NaiveDate,
    /// Whether it was moved because of a vacation.
    pub moved: bool,
    /// Whether it rests on a year or term not settled yet.
    pub provisional: bool,
}

impl SchoolCalendar {
    /// The third workday of a term that starts on `term_starts_on` (the first is that day, rolled to a workday).
    pub fn third_workday_of_term(&self, term_starts_on: NaiveDate) -> NaiveDate {
        let first = self.holidays.on_or_after(term_starts_on);
        self.holidays.add_workdays(first, 2)
    }

    /// The due day of an ask outside cycles: in a vacation of the unit it moves to the 3rd workday of the next term
    /// (design §6). `levels` are the unit's own; empty for every unit that is no school, which has no vacation.
    pub fn settle_due_day(&self, levels: &[Level], due_on: NaiveDate) -> SettledDueDay {
        let vacation = self.terms.vacation_at(levels, due_on);
        let settled_on = vacation.map_or(due_on, |vacation| {
            self.third_workday_of_term(vacation.next_term_starts_on)
        });
        SettledDueDay {
            due_on: settled_on,
            moved: vacation.is_some(),
            provisional: self.holidays.is_provisional(settled_on)
                || vacation.is_some_and(|vacation| vacation.provisional),
        }
    }
}
