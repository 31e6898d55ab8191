//! In which years the phases fall. The rule is design §7 Import: the given year is that of the first phase; each
//! later phase starts in a month not before the month in which the one before ends; an end that is not after
//! its start falls in the next year.

use chrono::{Datelike, NaiveDate};
use serde::Serialize;

use super::date::{DateMention, Span, Year};
use super::date_range::DateRange;
use super::phase::{Bound, PhaseMention};
use super::problem::{Problem, ProblemKind};

/// A phase of the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Phase {
    /// Its name without number and dates, as written.
    pub name: String,
    /// Its first day, bureau-local; `None` where the text does not tell it.
    pub starts_on: Option<NaiveDate>,
    /// Its last day, bureau-local; `None` where the text does not tell it.
    pub ends_on: Option<NaiveDate>,
    /// Whether its year is not written in the plan.
    pub inferred: bool,
}

/// Settles the years of the phases in order; what had to be inferred or stays open is listed.
pub(crate) fn settle_years(
    mentions: &[PhaseMention],
    year: Option<i32>,
) -> (Vec<Phase>, Vec<Problem>) {
    let mut phases = Vec::with_capacity(mentions.len());
    let mut problems = Vec::new();
    let mut clock = Clock {
        year,
        last_end: None,
        is_written: false,
    };
    for mention in mentions {
        let settled = mention
            .range
            .as_ref()
            .map(|range| clock.settle(range, mention.bound));
        let (phase, problem) = match settled {
            None => (
                phase(mention, None, None, false),
                Some(ProblemKind::Undated),
            ),
            Some(Settled { span: None, .. }) => (
                phase(mention, None, None, false),
                Some(ProblemKind::YearUnknown),
            ),
            Some(Settled {
                span: Some((start, end)),
                is_inferred,
            }) => {
                let problem = is_inferred.then_some(ProblemKind::InferredYear);
                (phase(mention, start, end, is_inferred), problem)
            }
        };
        phases.push(phase);
        problems.extend(problem.map(|kind| Problem::new(mention.line, kind, &mention.heading)));
    }
    (phases, problems)
}

fn phase(
    mention: &PhaseMention,
    starts_on: Option<NaiveDate>,
    ends_on: Option<NaiveDate>,
    inferred: bool,
) -> Phase {
    Phase {
        name: mention.name.clone(),
        starts_on,
        ends_on,
        inferred,
    }
}

/// A phase's days; `span` is `None` where no year is known.
struct Settled {
    span: Option<(Option<NaiveDate>, Option<NaiveDate>)>,
    is_inferred: bool,
}

/// Runs through the phases in order.
struct Clock {
    year: Option<i32>,
    last_end: Option<NaiveDate>,
    /// Whether the year that the run stands in was written in a phase.
    is_written: bool,
}

impl Clock {
    fn settle(&mut self, range: &DateRange, bound: Bound) -> Settled {
        let last = range.to.as_ref().unwrap_or(&range.from);
        let Some(start_year) = self.start_year(&range.from) else {
            return Settled {
                span: None,
                is_inferred: false,
            };
        };
        let has_placeholder =
            range.from.year == Year::Placeholder || last.year == Year::Placeholder;
        self.is_written = match range.from.year {
            Year::Written(_) => true,
            Year::Placeholder => false,
            Year::Absent => self.is_written,
        };
        let end_year = end_year(start_year, range);
        let start = range.from.span.first_day(start_year);
        let end = last.span.last_day(end_year);
        self.last_end = end.or(start).or(self.last_end);
        let span = match bound {
            Bound::Whole => (start, end),
            Bound::Before => (range.to.as_ref().and(start), end),
            Bound::From => (start, range.to.as_ref().and(end)),
        };
        Settled {
            span: Some(span),
            is_inferred: has_placeholder || !self.is_written,
        }
    }

    fn start_year(&self, from: &DateMention) -> Option<i32> {
        match (from.year, self.last_end) {
            (Year::Written(year), _) => Some(year),
            (Year::Placeholder | Year::Absent, None) => self.year,
            (Year::Placeholder | Year::Absent, Some(end)) => {
                let rolls = from.span.first_month() < end.month();
                Some(end.year() + i32::from(rolls))
            }
        }
    }
}

/// 6月—10月 ends in the same year, 9月—1月 in the next, and so does 20xx年6月—20xx年6月; 3月1日—31日 does not.
fn end_year(start_year: i32, range: &DateRange) -> i32 {
    let Some(to) = &range.to else {
        return start_year;
    };
    if let Year::Written(year) = to.year {
        return year;
    }
    let (from_month, to_month) = (range.from.span.first_month(), to.span.first_month());
    let is_later = match from_month.cmp(&to_month) {
        std::cmp::Ordering::Less => true,
        std::cmp::Ordering::Greater => false,
        std::cmp::Ordering::Equal => {
            let is_within_month = !matches!(
                (range.from.span, to.span),
                (Span::Month { .. }, Span::Month { .. })
            );
            is_within_month && to.span.last_day(start_year) >= range.from.span.first_day(start_year)
        }
    };
    start_year + i32::from(!is_later)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::plan::phase::phase_of;
    use crate::domain::plan::punctuation::Text;

    fn settle(headings: &[&str], year: Option<i32>) -> Vec<(String, String)> {
        let mentions: Vec<_> = headings
            .iter()
            .filter_map(|heading| phase_of(&Text::new(heading), 1))
            .collect();
        let day =
            |day: Option<NaiveDate>| day.map_or_else(|| "-".to_owned(), |day| day.to_string());
        settle_years(&mentions, year)
            .0
            .iter()
            .map(|phase| {
                (
                    phase.name.clone(),
                    format!("{}/{}", day(phase.starts_on), day(phase.ends_on)),
                )
            })
            .collect()
    }

    #[test]
    fn years_roll_by_the_rule_of_the_design() {
        let phases = settle(
            &[
                "发动（20xx年4月—5月）",
                "实施（20xx年6月—20xx年6月）",
                "深化（20xx年7月—10月）",
                "总结（20xx年11月-12月）",
            ],
            Some(2026),
        );
        let spans: Vec<&str> = phases.iter().map(|(_, span)| span.as_str()).collect();
        assert_eq!(
            spans,
            [
                "2026-04-01/2026-05-31",
                "2026-06-01/2027-06-30",
                "2027-07-01/2027-10-31",
                "2027-11-01/2027-12-31"
            ]
        );
    }

    #[test]
    fn every_writing_of_a_phase_is_read() {
        for (heading, name, span) in [
            ("启动阶段（2026年3月）", "启动阶段", "2026-03-01/2026-03-31"),
            (
                "第一阶段:宣传发动阶段(3月1日—3月31日)。开会。",
                "宣传发动阶段",
                "2026-03-01/2026-03-31",
            ),
            (
                "第一阶段（3月上旬至4月中旬）：宣传发动。",
                "宣传发动",
                "2026-03-01/2026-04-20",
            ),
            (
                "2026年3月-4月为动员阶段，开会",
                "动员阶段",
                "2026-03-01/2026-04-30",
            ),
            (
                "2026年3—4月：动员阶段。",
                "动员阶段",
                "2026-03-01/2026-04-30",
            ),
            (
                "全面实施（2026年9月—次年1月）",
                "全面实施",
                "2026-09-01/2027-01-31",
            ),
            ("部署（3月1日-15日）", "部署", "2026-03-01/2026-03-15"),
            ("总结（2026年12月底前）", "总结", "-/2026-12-31"),
            ("巩固（2026年9月起）", "巩固", "2026-09-01/-"),
            ("试点（2026.3-2026.5）", "试点", "2026-03-01/2026-05-31"),
            ("收官（2026年下半年）", "收官", "2026-07-01/2026-12-31"),
        ] {
            assert_eq!(
                settle(&[heading], Some(2026)),
                vec![(name.to_owned(), span.to_owned())],
                "{heading}"
            );
        }
    }

    #[test]
    fn without_any_year_the_dates_stay_open() {
        assert_eq!(
            settle(&["发动（20xx年4月）"], None),
            vec![("发动".to_owned(), "-/-".to_owned())]
        );
    }
}
