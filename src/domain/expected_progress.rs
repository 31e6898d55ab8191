//! Expected progress (序时进度): how much of a task should be done by a day, by workdays. What the difference to the
//! reported progress means is in `light`.

use std::fmt;

use chrono::NaiveDate;

use super::percent_parts::Tenths;
use super::workday_line::WorkdayLine;

/// The days a task runs, and so what is expected of it (design §6, Lights).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TaskSpan {
    /// Day of issue, bureau-local; work starts on the day after.
    pub issued_on: NaiveDate,
    /// Day on which all is to be done.
    pub ends_on: NaiveDate,
    /// Whether the end is that of the plan's last phase, the task naming no due day.
    pub inferred: bool,
}

/// Whether a task is a standing duty (长期坚持), which never ends and so has no expected progress.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Duty {
    /// It ends some day.
    Ending,
    /// It goes on.
    Standing,
}

impl TaskSpan {
    /// The span of a task: from issue to its due day, else to the end of the plan's last phase. `None` for a standing
    /// duty, for a task not issued, and where neither end is known.
    pub fn of(
        duty: Duty,
        issued_on: Option<NaiveDate>,
        due_on: Option<NaiveDate>,
        phases_end_on: Option<NaiveDate>,
    ) -> Option<Self> {
        if duty == Duty::Standing {
            return None;
        }
        Some(Self {
            issued_on: issued_on?,
            ends_on: due_on.or(phases_end_on)?,
            inferred: due_on.is_none(),
        })
    }

    /// Whether `day` lies after the end.
    pub fn is_over(&self, day: NaiveDate) -> bool {
        self.ends_on < day
    }

    /// What is expected by the evening of `day`: the workdays after the day of issue up to `day`, of those up to the end.
    /// Nothing on the day of issue and before, all from the end on; where no workday lies between the two, nothing
    /// before the end. A task issued after its end is expected whole from the day after that end.
    pub fn expected(&self, day: NaiveDate, line: &WorkdayLine) -> Expected {
        if self.is_over(day) {
            return Expected::ALL;
        }
        if day <= self.issued_on {
            return Expected::NOTHING;
        }
        if day == self.ends_on {
            return Expected::ALL;
        }
        let passed = line.workdays_between(self.issued_on, day);
        let whole = line.workdays_between(self.issued_on, self.ends_on);
        Expected::new(
            u32::try_from(passed).unwrap_or(0),
            u32::try_from(whole).unwrap_or(0),
        )
    }
}

/// Expected progress as an exact ratio of workdays, from nothing to all.
///
/// It shows as a percentage without loss of the thresholds: see [`Points`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expected {
    passed: u32,
    /// At least 1.
    whole: u32,
}

impl Expected {
    /// Nothing is expected yet: 0 %.
    pub const NOTHING: Self = Self {
        passed: 0,
        whole: 1,
    };
    /// Everything is expected: 100 %.
    pub const ALL: Self = Self {
        passed: 1,
        whole: 1,
    };

    /// `passed` of `whole` workdays; more than the whole is the whole, and of nothing, nothing.
    pub fn new(passed: u32, whole: u32) -> Self {
        if whole == 0 {
            return Self::NOTHING;
        }
        Self {
            passed: passed.min(whole),
            whole,
        }
    }

    /// As a percentage, 0–100.
    pub fn percent(self) -> f64 {
        f64::from(self.passed) * 100.0 / f64::from(self.whole)
    }

    /// Rounded to one decimal.
    pub fn tenths(self) -> Tenths {
        let (passed, whole) = (u64::from(self.passed), u64::from(self.whole));
        let tenths = (2_000 * passed + whole) / (2 * whole);
        Tenths(u16::try_from(tenths).unwrap_or(1_000))
    }

    /// As exact points.
    pub fn points(self) -> Points {
        self.lag(0)
    }

    /// How far `percent` lies behind what is expected; negative where it is ahead.
    pub fn lag(self, percent: u8) -> Points {
        let whole = i64::from(self.whole);
        Points {
            parts: 100 * i64::from(self.passed) - i64::from(percent) * whole,
            whole,
        }
    }
}

/// Percentage points, exact: a number of parts of a whole.
#[derive(Debug, Clone, Copy)]
pub struct Points {
    parts: i64,
    whole: i64,
}

impl Points {
    /// Whether it is `points` or more.
    pub fn at_least(self, points: i64) -> bool {
        self.parts >= points * self.whole
    }

    /// Whether it is more than `points`.
    pub fn over(self, points: i64) -> bool {
        self.parts > points * self.whole
    }

    /// The same distance the other way.
    #[must_use]
    pub fn reversed(self) -> Self {
        Self {
            parts: -self.parts,
            whole: self.whole,
        }
    }

    /// The smallest whole number of points not below this one.
    pub fn ceiling(self) -> i64 {
        -(-self.parts).div_euclid(self.whole)
    }

    /// The largest whole number of points not above this one.
    pub fn floor(self) -> i64 {
        self.parts.div_euclid(self.whole)
    }
}

/// Two decimals at most, without trailing zeros; more only where rounding would make a whole number of what is none, so
/// that 30.004 is not written 30 beside the words “more than 30”.
impl fmt::Display for Points {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.parts % self.whole == 0 {
            return write!(out, "{}", self.parts / self.whole);
        }
        let sign = if self.parts < 0 { "-" } else { "" };
        let (parts, whole) = (self.parts.unsigned_abs(), self.whole.unsigned_abs());
        for (decimals, scale) in [(2, 100), (4, 10_000), (9, 1_000_000_000_u64)] {
            let scaled =
                (u128::from(parts) * u128::from(scale) + u128::from(whole) / 2) / u128::from(whole);
            let (units, rest) = (scaled / u128::from(scale), scaled % u128::from(scale));
            if rest != 0 || decimals == 9 {
                let fraction = format!("{rest:0decimals$}");
                return write!(out, "{sign}{units}.{}", fraction.trim_end_matches('0'));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::calendar::Holidays;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn line() -> WorkdayLine {
        WorkdayLine::new(&Holidays::default(), day("2027-01-01"), day("2028-12-31"))
    }

    #[test]
    fn workdays_after_issue_count_and_weekends_do_not() {
        // Issued on a Friday; ten workdays, Monday 8 to Friday 19 March 2027.
        let span = TaskSpan {
            issued_on: day("2027-03-05"),
            ends_on: day("2027-03-19"),
            inferred: false,
        };
        for (on, percent) in [
            ("2027-03-01", 0.0),
            ("2027-03-05", 0.0),
            ("2027-03-07", 0.0),
            ("2027-03-08", 10.0),
            ("2027-03-12", 50.0),
            ("2027-03-14", 50.0),
            ("2027-03-18", 90.0),
            ("2027-03-19", 100.0),
            ("2030-01-01", 100.0),
        ] {
            assert_eq!(span.expected(day(on), &line()).percent(), percent, "{on}");
        }
    }

    #[test]
    fn a_span_without_workdays_is_due_at_its_end_only() {
        let weekend = TaskSpan {
            issued_on: day("2027-03-05"),
            ends_on: day("2027-03-07"),
            inferred: false,
        };
        assert_eq!(
            weekend.expected(day("2027-03-06"), &line()),
            Expected::NOTHING
        );
        assert_eq!(weekend.expected(day("2027-03-07"), &line()), Expected::ALL);
        let same_day = TaskSpan {
            issued_on: day("2027-03-05"),
            ends_on: day("2027-03-05"),
            inferred: false,
        };
        let expected = |on| same_day.expected(day(on), &line());
        assert_eq!(expected("2027-03-05"), Expected::NOTHING);
        assert_eq!(expected("2027-03-06"), Expected::ALL);
        let late = TaskSpan {
            issued_on: day("2027-03-05"),
            ends_on: day("2027-03-01"),
            inferred: true,
        };
        assert_eq!(late.expected(day("2027-03-01"), &line()), Expected::NOTHING);
        assert_eq!(late.expected(day("2027-03-05"), &line()), Expected::ALL);
    }

    #[test]
    fn only_an_issued_task_with_an_end_has_a_span() {
        let (issued, due, ends) = (
            Some(day("2027-03-05")),
            Some(day("2027-06-30")),
            Some(day("2027-12-31")),
        );
        let span = |duty, issued, due, ends| {
            TaskSpan::of(duty, issued, due, ends).map(|span| (span.ends_on, span.inferred))
        };
        assert_eq!(
            span(Duty::Ending, issued, due, ends),
            Some((day("2027-06-30"), false))
        );
        assert_eq!(
            span(Duty::Ending, issued, None, ends),
            Some((day("2027-12-31"), true))
        );
        assert_eq!(span(Duty::Ending, issued, None, None), None);
        assert_eq!(span(Duty::Ending, None, due, ends), None);
        assert_eq!(span(Duty::Standing, issued, due, ends), None);
    }

    #[test]
    fn points_are_written_without_hiding_on_which_side_they_lie() {
        let written =
            |passed, whole, percent| Expected::new(passed, whole).lag(percent).to_string();
        assert_eq!(written(5, 8, 0), "62.5");
        assert_eq!(written(5, 8, 30), "32.5");
        assert_eq!(written(1, 3, 0), "33.33");
        assert_eq!(written(1, 2, 20), "30");
        assert_eq!(written(30_004, 100_000, 0), "30.004");
        assert_eq!(written(29_999, 100_000, 0), "29.999");
        assert_eq!(written(1, 3, 50), "-16.67");
        assert_eq!(written(0, 7, 0), "0");
        assert_eq!(written(4_000_000_001, 4_294_967_295, 0), "93.13");
    }
}
