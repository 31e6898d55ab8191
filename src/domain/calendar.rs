//! Workdays (工作日): weekends, public holidays and make-up workdays as the State Council's yearly notice sets them, and
//! arithmetic on them. What law fixes without a notice is in `statutory_days`; school terms are in `term_table`.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, Days, NaiveDate, Weekday};
use serde::{Deserialize, Serialize};

use super::statutory_days::statutory_day;

/// The most workdays one call moves or counts: about 80 years, so that no input makes a call long.
pub const MOST_WORKDAYS: i32 = 20_000;
/// The calendar days walked at most in one call; enough for [`MOST_WORKDAYS`] in any calendar that has workdays.
const MOST_DAYS_WALKED: u32 = 40_000;
/// The calendar days searched for the next or previous workday; a longer run of days off is no real calendar.
const MOST_DAYS_OFF: u32 = 400;

/// What a notice says of one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DayKind {
    /// 休: a day off.
    Off,
    /// 班: a make-up workday (调休上班), usually on a weekend.
    Work,
}

impl DayKind {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Off, Self::Work];

    /// The stable code.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Work => "work",
        }
    }
}

/// One day that differs from the plain week.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HolidayEntry {
    /// The day, bureau-local.
    pub date: NaiveDate,
    /// Off or make-up workday.
    pub kind: DayKind,
    /// The holiday it belongs to, in Chinese, e.g. 国庆节.
    pub name: String,
}

/// Which way a day that is not a workday is moved.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Roll {
    /// To the next workday.
    #[default]
    Next,
    /// To the workday before.
    Previous,
}

impl Roll {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Next, Self::Previous];

    /// The stable code.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Next => "next",
            Self::Previous => "previous",
        }
    }
}

/// The holiday calendar: announced days, and for years not announced weekends and the statutory days.
///
/// Days near the ends of the representable range are safe: moving past them stops there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Holidays {
    days: BTreeMap<NaiveDate, (DayKind, String)>,
    announced_years: BTreeSet<i32>,
}

impl Holidays {
    /// A calendar from entries (a later entry for the same day wins) and the years whose notice is out.
    pub fn new(
        entries: impl IntoIterator<Item = HolidayEntry>,
        announced_years: BTreeSet<i32>,
    ) -> Self {
        let days = entries
            .into_iter()
            .map(|entry| (entry.date, (entry.kind, entry.name)))
            .collect();
        Self {
            days,
            announced_years,
        }
    }

    /// A calendar from entries alone; the announced years are those of [`announced_years`].
    pub fn from_entries(entries: Vec<HolidayEntry>) -> Self {
        let years = announced_years(&entries);
        Self::new(entries, years)
    }

    /// This calendar after a newer file: years that `newer` announces are replaced whole, its other days one by one.
    #[must_use]
    pub fn updated_by(&self, newer: &Self) -> Self {
        let mut days = self.days.clone();
        days.retain(|date, _| !newer.announced_years.contains(&date.year()));
        days.extend(newer.days.iter().map(|(date, day)| (*date, day.clone())));
        let announced_years = &self.announced_years | &newer.announced_years;
        Self {
            days,
            announced_years,
        }
    }

    /// The entries, by date.
    pub fn entries(&self) -> impl Iterator<Item = HolidayEntry> {
        self.days.iter().map(|(date, (kind, name))| HolidayEntry {
            date: *date,
            kind: *kind,
            name: name.clone(),
        })
    }

    /// The years whose notice is out.
    pub fn announced_years(&self) -> &BTreeSet<i32> {
        &self.announced_years
    }

    /// Whether people work on `date`: by its entry, else not on a statutory day of law and not on a weekend.
    ///
    /// The law of 2025 is applied to every year that is not announced, and from 2025 on to announced years too, so
    /// that an incomplete file never turns 1 October into a workday.
    pub fn is_workday(&self, date: NaiveDate) -> bool {
        if let Some((kind, _)) = self.days.get(&date) {
            return *kind == DayKind::Work;
        }
        let law_applies = date.year() >= 2025 || !self.announced_years.contains(&date.year());
        let is_weekend = matches!(date.weekday(), Weekday::Sat | Weekday::Sun);
        let is_statutory = law_applies && statutory_day(date).is_some();
        !is_weekend && !is_statutory
    }

    /// The holiday that `date` belongs to, as day off or as make-up workday; `None` for a plain day or weekend.
    pub fn name_of(&self, date: NaiveDate) -> Option<&str> {
        match self.days.get(&date) {
            Some((_, name)) => Some(name),
            None if self.is_workday(date) => None,
            None => statutory_day(date),
        }
    }

    /// Whether `date` may still change: its year is not announced and no entry names the day.
    pub fn is_provisional(&self, date: NaiveDate) -> bool {
        !self.announced_years.contains(&date.year()) && !self.days.contains_key(&date)
    }

    /// The first workday on or after `date`.
    ///
    /// Where there is none within 400 days (the end of the range, or a calendar of days off only), `date` itself.
    pub fn on_or_after(&self, date: NaiveDate) -> NaiveDate {
        self.nearest(date, 1)
    }

    /// The last workday on or before `date`; where there is none within 400 days, `date` itself.
    pub fn on_or_before(&self, date: NaiveDate) -> NaiveDate {
        self.nearest(date, -1)
    }

    /// `date` if it is a workday, else the next or the previous one.
    pub fn roll(&self, date: NaiveDate, roll: Roll) -> NaiveDate {
        match roll {
            Roll::Next => self.on_or_after(date),
            Roll::Previous => self.on_or_before(date),
        }
    }

    /// The `count`-th workday after `date` (before it, if negative); `date` itself is never counted, whether a workday
    /// or not, so from a Saturday 1 gives Monday and −1 Friday. 0 gives [`Self::on_or_after`] of `date`.
    ///
    /// `count` beyond ±[`MOST_WORKDAYS`] is taken as that; at the end of the range the last day reached is returned.
    pub fn add_workdays(&self, date: NaiveDate, count: i32) -> NaiveDate {
        if count == 0 {
            return self.on_or_after(date);
        }
        let step = count.signum();
        let mut left = count.unsigned_abs().min(MOST_WORKDAYS.unsigned_abs());
        let mut reached = date;
        for _ in 0..MOST_DAYS_WALKED {
            let Some(day) = step_days(reached, step) else {
                break;
            };
            reached = day;
            if self.is_workday(day) {
                left -= 1;
                if left == 0 {
                    break;
                }
            }
        }
        reached
    }

    /// The workdays after `from` up to and including `to`: the `n` for which `add_workdays(from, n)` is the workday
    /// `to`. With `to` before `from`, minus the workdays from `to` up to and without `from`; 0 for one day.
    ///
    /// A span over 40,000 days counts as 40,000.
    pub fn workdays_between(&self, from: NaiveDate, to: NaiveDate) -> i32 {
        let (step, days) = if to < from {
            (-1, from - to)
        } else {
            (1, to - from)
        };
        let walked = days.num_days().min(i64::from(MOST_DAYS_WALKED));
        let mut day = from;
        let mut count = 0;
        for _ in 0..walked {
            let Some(next) = step_days(day, step) else {
                break;
            };
            day = next;
            if self.is_workday(day) {
                count += step;
            }
        }
        count
    }

    fn nearest(&self, date: NaiveDate, step: i32) -> NaiveDate {
        let mut day = date;
        for _ in 0..MOST_DAYS_OFF {
            if self.is_workday(day) {
                return day;
            }
            match step_days(day, step) {
                Some(next) => day = next,
                None => break,
            }
        }
        date
    }
}

/// The years that a set of entries announces: those with a day off between 10 January and 30 November.
///
/// The year-end holiday is left out because notices and calendars list its days with either year.
pub fn announced_years(entries: &[HolidayEntry]) -> BTreeSet<i32> {
    entries
        .iter()
        .filter(|entry| entry.kind == DayKind::Off)
        .filter(|entry| ((1, 10)..=(11, 30)).contains(&(entry.date.month(), entry.date.day())))
        .map(|entry| entry.date.year())
        .collect()
}

fn step_days(date: NaiveDate, step: i32) -> Option<NaiveDate> {
    if step < 0 {
        date.checked_sub_days(Days::new(1))
    } else {
        date.checked_add_days(Days::new(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(year: i32, month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, month, day).expect("a real day")
    }

    fn entry(date: NaiveDate, kind: DayKind) -> HolidayEntry {
        HolidayEntry {
            date,
            kind,
            name: "国庆节".to_owned(),
        }
    }

    #[test]
    fn counting_starts_after_the_day_itself() {
        let plain = Holidays::default();
        let (friday, saturday, monday) = (day(2027, 3, 5), day(2027, 3, 6), day(2027, 3, 8));
        assert_eq!(plain.add_workdays(friday, 1), monday);
        assert_eq!(plain.add_workdays(saturday, 1), monday);
        assert_eq!(plain.add_workdays(saturday, -1), friday);
        assert_eq!(plain.add_workdays(saturday, 0), monday);
        assert_eq!(plain.add_workdays(monday, -1), friday);
        assert_eq!(plain.workdays_between(friday, monday), 1);
        assert_eq!(plain.workdays_between(monday, friday), -1);
        assert_eq!(plain.workdays_between(monday, monday), 0);
    }

    #[test]
    fn a_year_without_notice_keeps_weekends_and_statutory_days_and_is_provisional() {
        let plain = Holidays::default();
        assert!(!plain.is_workday(day(2027, 10, 1)));
        assert!(plain.is_workday(day(2027, 10, 4)));
        assert!(!plain.is_workday(day(2027, 10, 9)));
        assert!(plain.is_provisional(day(2027, 10, 4)));
        assert_eq!(plain.name_of(day(2027, 10, 1)), Some("国庆节"));
    }

    #[test]
    fn a_notice_overrides_weekday_and_law() {
        let announced = Holidays::from_entries(vec![
            entry(day(2027, 10, 4), DayKind::Off),
            entry(day(2027, 10, 9), DayKind::Work),
        ]);
        assert!(!announced.is_workday(day(2027, 10, 4)));
        assert!(announced.is_workday(day(2027, 10, 9)));
        assert!(
            !announced.is_workday(day(2027, 10, 1)),
            "law holds in an incomplete file"
        );
        assert!(!announced.is_provisional(day(2027, 3, 1)));
        assert!(announced.is_provisional(day(2028, 3, 1)));
    }

    #[test]
    fn year_end_days_do_not_announce_a_year() {
        let entries = [
            entry(day(2026, 12, 31), DayKind::Off),
            entry(day(2027, 1, 3), DayKind::Off),
            entry(day(2027, 2, 20), DayKind::Work),
        ];
        assert!(announced_years(&entries).is_empty());
        assert_eq!(
            announced_years(&[entry(day(2027, 2, 8), DayKind::Off)]),
            BTreeSet::from([2027])
        );
    }

    #[test]
    fn a_newer_notice_replaces_its_years_whole() {
        let old = Holidays::from_entries(vec![
            entry(day(2026, 10, 5), DayKind::Off),
            entry(day(2027, 10, 5), DayKind::Off),
        ]);
        let new = Holidays::from_entries(vec![entry(day(2027, 10, 6), DayKind::Off)]);
        let updated = old.updated_by(&new);
        assert!(!updated.is_workday(day(2026, 10, 5)));
        assert!(updated.is_workday(day(2027, 10, 5)));
        assert!(!updated.is_workday(day(2027, 10, 6)));
    }

    #[test]
    fn far_days_and_long_counts_stop_instead_of_failing() {
        let plain = Holidays::default();
        let year_zero = day(0, 1, 1);
        for date in [NaiveDate::MIN, NaiveDate::MAX, year_zero, day(9999, 12, 31)] {
            for count in [i32::MIN, -1, 0, 1, i32::MAX] {
                plain.add_workdays(date, count);
            }
            plain.on_or_after(date);
            plain.on_or_before(date);
        }
        assert_eq!(plain.add_workdays(NaiveDate::MAX, 5), NaiveDate::MAX);
        assert_eq!(plain.add_workdays(NaiveDate::MIN, -5), NaiveDate::MIN);
        assert!(plain.workdays_between(NaiveDate::MIN, NaiveDate::MAX) > 20_000);
        assert!(plain.workdays_between(NaiveDate::MAX, NaiveDate::MIN) < -20_000);
    }

    #[test]
    fn a_calendar_of_days_off_only_gives_the_day_itself() {
        let off = (0..3000)
            .filter_map(|n| day(2026, 1, 1).checked_add_days(Days::new(n)))
            .map(|date| entry(date, DayKind::Off));
        let closed = Holidays::new(off, BTreeSet::new());
        let date = day(2029, 1, 1);
        assert_eq!(closed.on_or_after(date), date);
        assert_eq!(closed.on_or_before(date), date);
    }
}
