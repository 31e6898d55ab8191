//! Tables of terms: what is refused, what is reused, and when schools rest.

use chrono::NaiveDate;
use duban::domain::level::Level;
use duban::domain::term::{Term, TermNumber};
use duban::domain::term_row::{TermRow, TermTableError};
use duban::domain::term_table::TermTable;

fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).expect("a real day")
}

fn row(line: u64, year: i32, number: TermNumber, level: Level, days: [NaiveDate; 2]) -> TermRow {
    TermRow {
        line,
        term: Term {
            school_year: year,
            number,
            level,
            starts_on: days[0],
            ends_on: days[1],
            provisional: false,
        },
    }
}

fn autumn(line: u64, level: Level, ends_on: NaiveDate) -> TermRow {
    row(
        line,
        2026,
        TermNumber::Autumn,
        level,
        [day(2026, 9, 1), ends_on],
    )
}

fn spring(line: u64, level: Level, starts_on: NaiveDate) -> TermRow {
    row(
        line,
        2026,
        TermNumber::Spring,
        level,
        [starts_on, day(2027, 7, 2)],
    )
}

fn two_levels() -> TermTable {
    TermTable::new(&[
        autumn(1, Level::Primary, day(2027, 1, 22)),
        spring(2, Level::Primary, day(2027, 2, 22)),
        autumn(3, Level::Senior, day(2027, 1, 29)),
        spring(4, Level::Senior, day(2027, 2, 18)),
    ])
    .expect("a sound table")
}

#[test]
fn a_bad_row_is_refused_by_its_line() {
    let sound = autumn(2, Level::Primary, day(2027, 1, 22));
    let cases = [
        (
            row(
                7,
                26,
                TermNumber::Autumn,
                Level::Primary,
                [day(26, 9, 1), day(27, 1, 2)],
            ),
            "学年 26",
        ),
        (autumn(7, Level::Primary, day(2026, 9, 1)), "应早于"),
        (autumn(7, Level::Primary, day(2026, 11, 1)), "结束日期"),
        (spring(7, Level::Primary, day(2026, 12, 1)), "开始日期"),
        (sound, "第 2 行重复"),
        (spring(7, Level::Primary, day(2027, 1, 22)), "不能重叠"),
    ];
    for (bad, expected) in cases {
        let bad = TermRow { line: 7, ..bad };
        let message = TermTable::new(&[sound, bad])
            .expect_err("refused")
            .to_string();
        assert!(
            message.starts_with("第 7 行") && message.contains(expected),
            "{message}"
        );
    }
}

#[test]
fn a_later_table_may_not_overlap_a_settled_term_of_an_earlier_one() {
    let late_spring = [spring(3, Level::Primary, day(2027, 1, 20))];
    assert!(matches!(
        two_levels().updated_by(&late_spring),
        Err(TermTableError::Overlap { line: 3, .. })
    ));
}

#[test]
fn a_year_without_table_reuses_the_latest_earlier_one_else_the_earliest_later() {
    let table = two_levels();
    let later = table
        .term(2029, TermNumber::Spring, Level::Senior)
        .expect("reused");
    assert_eq!(
        (later.starts_on, later.ends_on),
        (day(2030, 2, 18), day(2030, 7, 2))
    );
    assert!(later.provisional);
    let earlier = table
        .term(2020, TermNumber::Autumn, Level::Senior)
        .expect("reused");
    assert_eq!(earlier.ends_on, day(2021, 1, 29));
    let unknown_level = table
        .term(2026, TermNumber::Autumn, Level::Special)
        .expect("reused");
    assert_eq!(
        (unknown_level.ends_on, unknown_level.provisional),
        (day(2027, 1, 22), true)
    );
    assert_eq!(
        TermTable::default().term(2026, TermNumber::Autumn, Level::Primary),
        None
    );
}

#[test]
fn a_leap_day_is_reused_as_the_28th() {
    let leap = row(
        1,
        2027,
        TermNumber::Spring,
        Level::Primary,
        [day(2028, 2, 29), day(2028, 7, 2)],
    );
    let table = TermTable::new(&[leap]).expect("a sound table");
    let reused = table
        .term(2028, TermNumber::Spring, Level::Primary)
        .expect("reused");
    assert_eq!(reused.starts_on, day(2029, 2, 28));
}

#[test]
fn a_reused_term_gives_way_to_a_settled_one() {
    let table = two_levels();
    let long = row(
        1,
        2027,
        TermNumber::Autumn,
        Level::Primary,
        [day(2027, 9, 1), day(2028, 2, 25)],
    );
    let table = table.updated_by(&[long]).expect("sound");
    let spring = table
        .term(2027, TermNumber::Spring, Level::Primary)
        .expect("reused");
    assert_eq!(spring.starts_on, day(2028, 2, 26));
    let early = row(
        1,
        2028,
        TermNumber::Spring,
        Level::Primary,
        [day(2029, 1, 15), day(2029, 7, 1)],
    );
    let table = table.updated_by(&[early]).expect("sound");
    let autumn = table
        .term(2028, TermNumber::Autumn, Level::Primary)
        .expect("reused");
    assert_eq!(autumn.ends_on, day(2029, 1, 14));
}

#[test]
fn a_provisional_term_gives_way_to_an_imported_one() {
    let mut defaults = [
        autumn(1, Level::Primary, day(2027, 1, 22)),
        spring(2, Level::Primary, day(2027, 2, 22)),
    ];
    for row in &mut defaults {
        row.term.provisional = true;
    }
    let table = TermTable::new(&defaults)
        .and_then(|table| table.updated_by(&[autumn(2, Level::Primary, day(2027, 2, 25))]))
        .expect("only settled terms may not overlap");
    let spring = table
        .term(2026, TermNumber::Spring, Level::Primary)
        .expect("held");
    assert_eq!(
        (spring.starts_on, spring.provisional),
        (day(2027, 2, 26), true)
    );
}

#[test]
fn a_school_of_two_levels_rests_only_while_both_do() {
    let table = two_levels();
    let both = [Level::Primary, Level::Senior];
    assert!(
        table
            .vacation_at(&[Level::Primary], day(2027, 1, 25))
            .is_some()
    );
    assert_eq!(table.vacation_at(&both, day(2027, 1, 25)), None);
    let vacation = table.vacation_at(&both, day(2027, 2, 1)).expect("vacation");
    assert_eq!(
        (
            vacation.starts_on,
            vacation.ends_on,
            vacation.next_term_starts_on
        ),
        (day(2027, 1, 30), day(2027, 2, 17), day(2027, 2, 18))
    );
    assert_eq!(table.vacation_at(&[], day(2027, 2, 1)), None);
}

#[test]
fn vacation_bounds_are_exact_and_the_summer_crosses_school_years() {
    let table = two_levels();
    let primary = [Level::Primary];
    assert_eq!(table.vacation_at(&primary, day(2027, 7, 2)), None);
    let summer = table
        .vacation_at(&primary, day(2027, 7, 3))
        .expect("vacation");
    assert_eq!(
        (summer.ends_on, summer.provisional),
        (day(2027, 8, 31), true)
    );
    assert_eq!(table.vacation_at(&primary, day(2027, 9, 1)), None);
    for far in [NaiveDate::MIN, NaiveDate::MAX, day(0, 2, 29)] {
        table.vacation_at(&primary, far);
    }
}
