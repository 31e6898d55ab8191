//! The public holidays that law fixes (《全国年节及纪念日放假办法》, as amended from 1 January 2025: 13 days), used for
//! years whose yearly notice is not out yet. What a notice announces is data, in `calendar`.

use chrono::{Datelike, NaiveDate};

/// The lunar and solar-term holidays of one year: Spring Festival (month, day), the day of April of Qingming, Dragon
/// Boat Festival (month, day), Mid-Autumn Festival (month, day).
type MovingDays = (i32, (u32, u32), u32, (u32, u32), (u32, u32));

/// The years whose moving holidays are known here, in order. Each day was checked against new moons and solar
/// longitudes computed for UTC+8 (GB/T 33661-2017); `known_notices_give_these_days_off` compares them with the notices.
#[rustfmt::skip]
const MOVING_DAYS: [MovingDays; 57] = [
    (2004, (1, 22), 4, (6, 22), (9, 28)),
    (2005, (2, 9), 5, (6, 11), (9, 18)),
    (2006, (1, 29), 5, (5, 31), (10, 6)),
    (2007, (2, 18), 5, (6, 19), (9, 25)),
    (2008, (2, 7), 4, (6, 8), (9, 14)),
    (2009, (1, 26), 4, (5, 28), (10, 3)),
    (2010, (2, 14), 5, (6, 16), (9, 22)),
    (2011, (2, 3), 5, (6, 6), (9, 12)),
    (2012, (1, 23), 4, (6, 23), (9, 30)),
    (2013, (2, 10), 4, (6, 12), (9, 19)),
    (2014, (1, 31), 5, (6, 2), (9, 8)),
    (2015, (2, 19), 5, (6, 20), (9, 27)),
    (2016, (2, 8), 4, (6, 9), (9, 15)),
    (2017, (1, 28), 4, (5, 30), (10, 4)),
    (2018, (2, 16), 5, (6, 18), (9, 24)),
    (2019, (2, 5), 5, (6, 7), (9, 13)),
    (2020, (1, 25), 4, (6, 25), (10, 1)),
    (2021, (2, 12), 4, (6, 14), (9, 21)),
    (2022, (2, 1), 5, (6, 3), (9, 10)),
    (2023, (1, 22), 5, (6, 22), (9, 29)),
    (2024, (2, 10), 4, (6, 10), (9, 17)),
    (2025, (1, 29), 4, (5, 31), (10, 6)),
    (2026, (2, 17), 5, (6, 19), (9, 25)),
    (2027, (2, 6), 5, (6, 9), (9, 15)),
    (2028, (1, 26), 4, (5, 28), (10, 3)),
    (2029, (2, 13), 4, (6, 16), (9, 22)),
    (2030, (2, 3), 5, (6, 5), (9, 12)),
    (2031, (1, 23), 5, (6, 24), (10, 1)),
    (2032, (2, 11), 4, (6, 12), (9, 19)),
    (2033, (1, 31), 4, (6, 1), (9, 8)),
    (2034, (2, 19), 5, (6, 20), (9, 27)),
    (2035, (2, 8), 5, (6, 10), (9, 16)),
    (2036, (1, 28), 4, (5, 30), (10, 4)),
    (2037, (2, 15), 4, (6, 18), (9, 24)),
    (2038, (2, 4), 5, (6, 7), (9, 13)),
    (2039, (1, 24), 5, (5, 27), (10, 2)),
    (2040, (2, 12), 4, (6, 14), (9, 20)),
    (2041, (2, 1), 4, (6, 3), (9, 10)),
    (2042, (1, 22), 4, (6, 22), (9, 28)),
    (2043, (2, 10), 5, (6, 11), (9, 17)),
    (2044, (1, 30), 4, (5, 31), (10, 5)),
    (2045, (2, 17), 4, (6, 19), (9, 25)),
    (2046, (2, 6), 4, (6, 8), (9, 15)),
    (2047, (1, 26), 5, (5, 29), (10, 4)),
    (2048, (2, 14), 4, (6, 15), (9, 22)),
    (2049, (2, 2), 4, (6, 4), (9, 11)),
    (2050, (1, 23), 4, (6, 23), (9, 30)),
    (2051, (2, 11), 5, (6, 13), (9, 19)),
    (2052, (2, 1), 4, (6, 1), (9, 7)),
    (2053, (2, 19), 4, (6, 20), (9, 26)),
    (2054, (2, 8), 4, (6, 10), (9, 16)),
    (2055, (1, 28), 5, (5, 30), (10, 5)),
    (2056, (2, 15), 4, (6, 17), (9, 24)),
    (2057, (2, 4), 4, (6, 6), (9, 13)),
    (2058, (1, 24), 4, (6, 25), (10, 2)),
    (2059, (2, 12), 5, (6, 14), (9, 21)),
    (2060, (2, 2), 4, (6, 3), (9, 9)),
];

/// The name of the statutory holiday on `date`, or `None` where law makes it no holiday: 1 January, Spring Festival's
/// eve and first three days, Qingming, 1–2 May, Dragon Boat, Mid-Autumn, 1–3 October.
///
/// Outside 2004–2060 the moving holidays are unknown and only the fixed dates are returned. Mid-Autumn wins the name
/// where it falls on a day of National Day. What is moved to or from a weekend is not law but notice, and not here.
pub fn statutory_day(date: NaiveDate) -> Option<&'static str> {
    moving_day(date).or(match (date.month(), date.day()) {
        (1, 1) => Some("元旦"),
        (5, 1..=2) => Some("劳动节"),
        (10, 1..=3) => Some("国庆节"),
        _ => None,
    })
}

fn moving_day(date: NaiveDate) -> Option<&'static str> {
    let row = MOVING_DAYS
        .binary_search_by_key(&date.year(), |row| row.0)
        .ok()
        .and_then(|found| MOVING_DAYS.get(found))?;
    let (year, spring_festival, qingming, dragon_boat, mid_autumn) = *row;
    let first = NaiveDate::from_ymd_opt(year, spring_festival.0, spring_festival.1)?;
    let day = (date.month(), date.day());
    if (-1..=2).contains(&date.signed_duration_since(first).num_days()) {
        Some("春节")
    } else if day == (4, qingming) {
        Some("清明节")
    } else if day == dragon_boat {
        Some("端午节")
    } else if day == mid_autumn {
        Some("中秋节")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(year: i32, month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, month, day).expect("a real day")
    }

    #[test]
    fn a_year_has_thirteen_statutory_days_less_the_ones_that_coincide() {
        for (year, ..) in MOVING_DAYS {
            let count = day(year, 1, 1)
                .iter_days()
                .take_while(|date| date.year() == year)
                .filter(|date| statutory_day(*date).is_some())
                .count();
            let mid_autumn_in_national_day =
                (1..=3).any(|october| statutory_day(day(year, 10, october)) == Some("中秋节"));
            assert_eq!(
                count,
                13 - usize::from(mid_autumn_in_national_day),
                "{year}"
            );
        }
    }

    #[test]
    fn spring_festival_2027_is_its_eve_and_three_days() {
        let named: Vec<_> = (4..=9)
            .map(|february| statutory_day(day(2027, 2, february)))
            .collect();
        assert_eq!(
            named,
            [
                None,
                Some("春节"),
                Some("春节"),
                Some("春节"),
                Some("春节"),
                None
            ]
        );
    }

    #[test]
    fn years_are_in_order_and_far_years_keep_the_fixed_days() {
        assert!(MOVING_DAYS.is_sorted_by(|left, right| left.0 + 1 == right.0));
        assert_eq!(statutory_day(day(2150, 10, 1)), Some("国庆节"));
        assert_eq!(statutory_day(day(2150, 2, 1)), None);
        assert_eq!(statutory_day(NaiveDate::MAX), None);
        assert_eq!(statutory_day(NaiveDate::MIN), Some("元旦"));
    }
}
