//! Workdays counted once: a running total over a span of days, so that counting between two days is two look-ups. Which
//! days are workdays is in `calendar`.

use chrono::NaiveDate;

use super::calendar::Holidays;

/// The longest span of one line, in calendar days: about 179 years, 256 KiB.
pub const MOST_DAYS: usize = 65_536;

/// The workdays of a span, added up from its first day. Made anew when the calendar changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkdayLine {
    first: NaiveDate,
    /// At `n`: the workdays from the first day up to and including the `n`-th day after it.
    totals: Vec<u32>,
}

impl WorkdayLine {
    /// The line from `first` to `last`, both included; at most [`MOST_DAYS`] days from `first`. With `last` before
    /// `first` it is empty, and counts nothing.
    pub fn new(holidays: &Holidays, first: NaiveDate, last: NaiveDate) -> Self {
        let mut total = 0;
        let totals = first
            .iter_days()
            .take_while(|day| *day <= last)
            .take(MOST_DAYS)
            .map(|day| {
                total += u32::from(holidays.is_workday(day));
                total
            })
            .collect();
        Self { first, totals }
    }

    /// The same number as [`Holidays::workdays_between`], in constant time: the workdays after `from` up to and including
    /// `to`, negative with `to` before `from`. Days outside the span count as days off.
    pub fn workdays_between(&self, from: NaiveDate, to: NaiveDate) -> i32 {
        // The totals of at most 65,536 days fit.
        let total = |day| i32::try_from(self.total(day)).unwrap_or(i32::MAX);
        if to >= from {
            total(to) - total(from)
        } else {
            // Backwards, `to` itself is counted and `from` is not.
            let before = |day: NaiveDate| day.pred_opt().map_or(0, total);
            before(to) - before(from)
        }
    }

    /// The workdays of the span up to and including `day`.
    fn total(&self, day: NaiveDate) -> u32 {
        let Ok(at) = usize::try_from((day - self.first).num_days()) else {
            return 0;
        };
        let known = self.totals.get(at).or_else(|| self.totals.last());
        known.copied().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    proptest! {
        #[test]
        fn counts_like_the_calendar_inside_its_span(from in 0_i64..1500, to in 0_i64..1500) {
            let holidays = Holidays::default();
            let first = day("2025-01-01");
            let line = WorkdayLine::new(&holidays, first, first + chrono::Duration::days(1500));
            let (from, to) = (first + chrono::Duration::days(from), first + chrono::Duration::days(to));
            prop_assert_eq!(line.workdays_between(from, to), holidays.workdays_between(from, to));
        }
    }

    #[test]
    fn days_outside_the_span_count_as_days_off() {
        // Monday to Friday.
        let line = WorkdayLine::new(&Holidays::default(), day("2027-03-01"), day("2027-03-05"));
        assert_eq!(
            line.workdays_between(day("2020-01-01"), day("2040-01-01")),
            5
        );
        assert_eq!(
            line.workdays_between(day("2027-03-05"), day("2040-01-01")),
            0
        );
        assert_eq!(line.workdays_between(NaiveDate::MAX, NaiveDate::MIN), -5);
        let empty = WorkdayLine::new(&Holidays::default(), day("2027-03-05"), day("2027-03-01"));
        assert_eq!(
            empty.workdays_between(day("2020-01-01"), day("2040-01-01")),
            0
        );
    }

    #[test]
    fn a_span_without_end_stops() {
        let line = WorkdayLine::new(&Holidays::default(), day("2000-01-01"), NaiveDate::MAX);
        assert_eq!(line.totals.len(), MOST_DAYS);
    }
}
