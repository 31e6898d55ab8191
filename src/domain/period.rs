//! The days a period covers. Its name is `period_key`; when a cycle opens its round in it is `opening`.

use chrono::{Datelike, Days, NaiveDate, Weekday};

use super::frequency::Frequency;
use super::period_key::PeriodKey;
use super::term::TermNumber;
use super::term_table::TermTable;

/// One period; the periods of a frequency follow each other without gap or overlap.
///
/// A term's period is wider than the term, so that every day lies in one: the first (`2026-T1`) runs from the first
/// day of the earliest level's autumn term to the day before the second, the second (`2026-T2`) from the first day of
/// the earliest level's spring term to the day before the next first. With an empty table of terms these days are 1
/// September and 1 March. The bounds are the same for every cycle, whatever levels it asks. A school year is always
/// 1 September to 31 August.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// Its name.
    pub key: PeriodKey,
    /// First day, bureau-local.
    pub starts_on: NaiveDate,
    /// Last day, inclusive.
    pub ends_on: NaiveDate,
    /// Whether a bound rests on a term that is not settled; `false` except for terms.
    pub provisional: bool,
}

impl Period {
    /// The period of a key.
    pub fn of(key: PeriodKey, terms: &TermTable) -> Option<Self> {
        let (year, index) = (key.year(), key.index());
        let (start, following) = match key.frequency() {
            Frequency::Week => {
                let monday = NaiveDate::from_isoywd_opt(year, u32::from(index), Weekday::Mon)?;
                (
                    settled(monday),
                    settled(monday.checked_add_days(Days::new(7))?),
                )
            }
            Frequency::Month => months(year, index, 1)?,
            Frequency::TwoMonths => months(year, index, 2)?,
            Frequency::Quarter => months(year, index, 3)?,
            Frequency::Year => months(year, index, 12)?,
            Frequency::SchoolYear => (
                settled(NaiveDate::from_ymd_opt(year, 9, 1)?),
                settled(NaiveDate::from_ymd_opt(year + 1, 9, 1)?),
            ),
            Frequency::Term => {
                let spring = term_start(terms, year, TermNumber::Spring)?;
                match TermNumber::from_number(index)? {
                    TermNumber::Autumn => (term_start(terms, year, TermNumber::Autumn)?, spring),
                    TermNumber::Spring => {
                        (spring, term_start(terms, year + 1, TermNumber::Autumn)?)
                    }
                }
            }
        };
        Some(Self {
            key,
            starts_on: start.on,
            ends_on: following.on.checked_sub_days(Days::new(1))?,
            provisional: start.provisional || following.provisional,
        })
    }

    /// The period in which `date` lies; `None` outside the years of [`super::period_key::YEARS`].
    pub fn containing(frequency: Frequency, date: NaiveDate, terms: &TermTable) -> Option<Self> {
        let month = u8::try_from(date.month0()).ok()?;
        let (year, index) = match frequency {
            Frequency::Week => (
                date.iso_week().year(),
                u8::try_from(date.iso_week().week()).ok()?,
            ),
            Frequency::Month => (date.year(), month + 1),
            Frequency::TwoMonths => (date.year(), month / 2 + 1),
            Frequency::Quarter => (date.year(), month / 3 + 1),
            Frequency::Year => (date.year(), 1),
            Frequency::SchoolYear if month < 8 => (date.year().checked_sub(1)?, 1),
            Frequency::SchoolYear => (date.year(), 1),
            Frequency::Term => return term_containing(date, terms),
        };
        Self::of(PeriodKey::new(frequency, year, index)?, terms)
    }

    /// The period after this; `None` after 2200.
    pub fn next(&self, terms: &TermTable) -> Option<Self> {
        Self::of(self.key.next()?, terms)
    }

    /// The period before this; `None` before 1900.
    pub fn previous(&self, terms: &TermTable) -> Option<Self> {
        Self::of(self.key.previous()?, terms)
    }
}

/// The first day of a period.
#[derive(Clone, Copy)]
struct Bound {
    on: NaiveDate,
    provisional: bool,
}

fn settled(on: NaiveDate) -> Bound {
    Bound {
        on,
        provisional: false,
    }
}

/// The first days of the `index`-th stretch of `length` months of a year and of the one after it.
fn months(year: i32, index: u8, length: u8) -> Option<(Bound, Bound)> {
    let last = index.checked_mul(length)?;
    let first = last.checked_sub(length)? + 1;
    let following = if last >= 12 {
        NaiveDate::from_ymd_opt(year + 1, 1, 1)?
    } else {
        NaiveDate::from_ymd_opt(year, u32::from(last) + 1, 1)?
    };
    Some((
        settled(NaiveDate::from_ymd_opt(year, u32::from(first), 1)?),
        settled(following),
    ))
}

fn term_start(terms: &TermTable, school_year: i32, number: TermNumber) -> Option<Bound> {
    if let Some(term) = terms.earliest_start(school_year, number) {
        return Some(Bound {
            on: term.starts_on,
            provisional: term.provisional,
        });
    }
    let on = match number {
        TermNumber::Autumn => NaiveDate::from_ymd_opt(school_year, 9, 1),
        TermNumber::Spring => NaiveDate::from_ymd_opt(school_year + 1, 3, 1),
    }?;
    Some(Bound {
        on,
        provisional: true,
    })
}

fn term_containing(date: NaiveDate, terms: &TermTable) -> Option<Period> {
    let year = date.year();
    [
        (year, 1),
        (year.checked_sub(1)?, 2),
        (year.checked_sub(1)?, 1),
    ]
    .into_iter()
    .filter_map(|(school_year, index)| PeriodKey::new(Frequency::Term, school_year, index))
    .filter_map(|key| Period::of(key, terms))
    .find(|period| (period.starts_on..=period.ends_on).contains(&date))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(year: i32, month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, month, day).expect("a real day")
    }

    #[test]
    fn bounds_of_each_frequency() {
        let cases = [
            ("2026-02", day(2026, 2, 1), day(2026, 2, 28)),
            ("2026-B6", day(2026, 11, 1), day(2026, 12, 31)),
            ("2026-Q1", day(2026, 1, 1), day(2026, 3, 31)),
            ("2026Y", day(2026, 9, 1), day(2027, 8, 31)),
            ("2026", day(2026, 1, 1), day(2026, 12, 31)),
            ("2026-W01", day(2025, 12, 29), day(2026, 1, 4)),
            ("2026-W53", day(2026, 12, 28), day(2027, 1, 3)),
            ("2026-T1", day(2026, 9, 1), day(2027, 2, 28)),
            ("2026-T2", day(2027, 3, 1), day(2027, 8, 31)),
        ];
        for (key, starts_on, ends_on) in cases {
            let terms = TermTable::default();
            let period = Period::of(key.parse().expect(key), &terms).expect(key);
            assert_eq!(
                (period.starts_on, period.ends_on),
                (starts_on, ends_on),
                "{key}"
            );
            for date in [starts_on, ends_on] {
                let found = Period::containing(period.key.frequency(), date, &terms);
                assert_eq!(found, Some(period), "{key}");
            }
            assert_eq!(period.provisional, key.contains('T'));
        }
    }

    #[test]
    fn days_out_of_range_have_no_period() {
        let terms = TermTable::default();
        for frequency in Frequency::ALL {
            for date in [
                NaiveDate::MIN,
                day(0, 1, 1),
                day(9999, 12, 31),
                NaiveDate::MAX,
            ] {
                assert_eq!(Period::containing(frequency, date, &terms), None);
            }
        }
    }
}
