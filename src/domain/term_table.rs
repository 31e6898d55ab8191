//! The table of school terms by school year and level, filled for years it does not hold. What a single row must be
//! like is in `term_row`; workdays are not considered here.

use std::collections::BTreeMap;

use chrono::{Datelike, Days, NaiveDate};

use super::level::Level;
use super::term::{Term, TermNumber, Vacation};
use super::term_row::{TermRow, TermTableError, check_season};

type Key = (Level, TermNumber, i32);

/// The terms known, by level; a term that is not is derived from another year's (see [`TermTable::term`]).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TermTable {
    terms: BTreeMap<Key, Term>,
}

impl TermTable {
    /// A table of `rows`, in any order; an empty one is allowed.
    ///
    /// # Errors
    /// A row that is out of season, stands twice, or overlaps the other term of its level.
    pub fn new(rows: &[TermRow]) -> Result<Self, TermTableError> {
        Self::default().updated_by(rows)
    }

    /// This table with `rows` put over its own terms: the bureau's table over the built-in default.
    ///
    /// A provisional term that now overlaps a settled one is shortened when read (see [`Self::term`]).
    ///
    /// # Errors
    /// A row that is out of season, stands twice among `rows`, or overlaps a term that is as settled as it is.
    pub fn updated_by(&self, rows: &[TermRow]) -> Result<Self, TermTableError> {
        let mut lines: BTreeMap<Key, u64> = BTreeMap::new();
        let mut terms = self.terms.clone();
        for row in rows {
            check_season(row)?;
            let key = key_of(&row.term);
            if let Some(earlier_line) = lines.insert(key, row.line) {
                return Err(TermTableError::Twice {
                    line: row.line,
                    earlier_line,
                    school_year: row.term.school_year,
                    number: row.term.number.as_number(),
                    level: row.term.level.label(),
                });
            }
            terms.insert(key, row.term);
        }
        let updated = Self { terms };
        // From the end, so that of two overlapping rows the later one is named.
        for row in rows.iter().rev() {
            updated.check_overlap(row)?;
        }
        Ok(updated)
    }

    /// The terms held, by level, term and school year.
    pub fn terms(&self) -> impl Iterator<Item = &Term> {
        self.terms.values()
    }

    /// One term of a level.
    ///
    /// A year without a row reuses month and day of the latest earlier year's (else the earliest later year's), a level
    /// without any row those of the first level that has some; both provisional. A provisional term gives way to the
    /// other term of its school year, so that the two never overlap. `None` for an empty table, or a year
    /// chrono cannot hold.
    pub fn term(&self, school_year: i32, number: TermNumber, level: Level) -> Option<Term> {
        let drafted = self.drafted(school_year, number, level)?;
        if !drafted.provisional {
            return Some(drafted);
        }
        match number {
            TermNumber::Autumn => {
                let spring = self.terms.get(&(level, TermNumber::Spring, school_year));
                let before_spring =
                    spring.and_then(|spring| spring.starts_on.checked_sub_days(Days::new(1)));
                Some(Term {
                    ends_on: before_spring.map_or(drafted.ends_on, |day| day.min(drafted.ends_on)),
                    ..drafted
                })
            }
            TermNumber::Spring => {
                let after_autumn = self
                    .term(school_year, TermNumber::Autumn, level)
                    .and_then(|autumn| autumn.ends_on.checked_add_days(Days::new(1)));
                Some(Term {
                    starts_on: after_autumn
                        .map_or(drafted.starts_on, |day| day.max(drafted.starts_on)),
                    ..drafted
                })
            }
        }
    }

    /// The vacation in which `date` lies for a unit of these levels; `None` in term time.
    ///
    /// A unit of several levels is in vacation only while all its levels are, and back when the first is; a unit of
    /// none, or with an empty table, never is.
    pub fn vacation_at(&self, levels: &[Level], date: NaiveDate) -> Option<Vacation> {
        let mut common: Option<Vacation> = None;
        for level in levels {
            let own = self.level_vacation_at(*level, date)?;
            common = Some(common.map_or(own, |so_far| Vacation {
                starts_on: so_far.starts_on.max(own.starts_on),
                ends_on: so_far.ends_on.min(own.ends_on),
                next_term_starts_on: so_far.next_term_starts_on.min(own.next_term_starts_on),
                provisional: so_far.provisional || own.provisional,
            }));
        }
        common
    }

    /// The earliest first day among all levels' terms; the bound of the term's period. `None` for an empty table.
    pub fn earliest_start(&self, school_year: i32, number: TermNumber) -> Option<Term> {
        Level::ALL
            .into_iter()
            .filter_map(|level| self.term(school_year, number, level))
            .min_by_key(|term| term.starts_on)
    }

    /// The last days of a term among `levels` (all levels if empty), earliest first. Empty for an empty table.
    pub fn ends(&self, school_year: i32, number: TermNumber, levels: &[Level]) -> Vec<Term> {
        let levels = if levels.is_empty() {
            &Level::ALL[..]
        } else {
            levels
        };
        let mut terms: Vec<_> = levels
            .iter()
            .filter_map(|level| self.term(school_year, number, *level))
            .collect();
        terms.sort_by_key(|term| term.ends_on);
        terms
    }

    fn check_overlap(&self, row: &TermRow) -> Result<(), TermTableError> {
        let settled = |number| {
            self.terms
                .get(&(row.term.level, number, row.term.school_year))
                .filter(|term| term.provisional == row.term.provisional)
        };
        match (settled(TermNumber::Autumn), settled(TermNumber::Spring)) {
            (Some(autumn), Some(spring)) if spring.starts_on <= autumn.ends_on => {
                Err(TermTableError::Overlap {
                    line: row.line,
                    school_year: row.term.school_year,
                    level: row.term.level.label(),
                    starts_on: spring.starts_on,
                    ends_on: autumn.ends_on,
                })
            }
            _ => Ok(()),
        }
    }

    fn level_vacation_at(&self, level: Level, date: NaiveDate) -> Option<Vacation> {
        let year = date.year();
        let around = [
            (year.checked_sub(2)?, TermNumber::Spring),
            (year.checked_sub(1)?, TermNumber::Autumn),
            (year.checked_sub(1)?, TermNumber::Spring),
            (year, TermNumber::Autumn),
            (year, TermNumber::Spring),
        ]
        .map(|(school_year, number)| self.term(school_year, number, level));
        around.windows(2).find_map(|pair| {
            let &[Some(before), Some(after)] = pair else {
                return None;
            };
            (before.ends_on < date && date < after.starts_on).then_some(Vacation {
                starts_on: before.ends_on.checked_add_days(Days::new(1))?,
                ends_on: after.starts_on.checked_sub_days(Days::new(1))?,
                next_term_starts_on: after.starts_on,
                provisional: before.provisional || after.provisional,
            })
        })
    }

    /// The term as held or as reused, before it gives way to its sibling.
    fn drafted(&self, school_year: i32, number: TermNumber, level: Level) -> Option<Term> {
        if let Some(term) = self.terms.get(&(level, number, school_year)) {
            return Some(*term);
        }
        let model = self.model(school_year, number, level).or_else(|| {
            Level::ALL
                .into_iter()
                .find_map(|other| self.model(school_year, number, other))
        })?;
        let years = school_year.checked_sub(model.school_year)?;
        Some(Term {
            school_year,
            number,
            level,
            starts_on: in_other_year(model.starts_on, years)?,
            ends_on: in_other_year(model.ends_on, years)?,
            provisional: true,
        })
    }

    fn model(&self, school_year: i32, number: TermNumber, level: Level) -> Option<&Term> {
        let year = |year| (level, number, year);
        let earlier = self
            .terms
            .range(year(i32::MIN)..=year(school_year))
            .next_back();
        let later = || self.terms.range(year(school_year)..=year(i32::MAX)).next();
        earlier.or_else(later).map(|(_, term)| term)
    }
}

fn key_of(term: &Term) -> Key {
    (term.level, term.number, term.school_year)
}

/// The same month and day `years` later; 29 February becomes the 28th.
fn in_other_year(date: NaiveDate, years: i32) -> Option<NaiveDate> {
    let year = date.year().checked_add(years)?;
    date.with_year(year)
        .or_else(|| NaiveDate::from_ymd_opt(year, 2, 28))
}
