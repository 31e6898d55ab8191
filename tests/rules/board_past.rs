//! Told cases of past days: what was paused, given another day, left or sent back since.

use duban::domain::board::{FormerAsk, FormerCourse, FormerDays, PageFilter, Reach};
use duban::domain::expected_progress::Duty;
use duban::domain::ids::AssignmentId;
use duban::domain::light::{Ending, Light};
use duban::domain::obligation::ObligationState;
use duban::domain::role::Role;

use crate::board_cases::{ask, assignment, board, date, light, task};
use crate::board_samples::{id, line};

#[test]
fn what_was_paused_or_had_another_day_is_told_as_it_was() {
    let mut one = assignment(0, 0, 0, Role::Responsible);
    one.due_on = Some(date("2027-09-30"));
    one.past = vec![
        FormerCourse {
            until: date("2027-03-31"),
            ended: None,
            due_on: None,
        },
        FormerCourse {
            until: date("2027-04-30"),
            ended: Some((Ending::Paused, date("2027-04-01"))),
            due_on: None,
        },
        FormerCourse {
            until: date("2027-06-20"),
            ended: None,
            due_on: None,
        },
    ];
    let mut board = board(vec![one]);
    let mut amended = task(0, Duty::Ending);
    amended.past = vec![FormerDays {
        until: date("2027-03-10"),
        due_on: Some(date("2027-03-05")),
        phases_end_on: None,
        duty: Duty::Ending,
    }];
    board.put_task(amended).unwrap();
    let line = line();
    let told = |on: &str| {
        let as_of = board.as_of(date(on), &line);
        let found = as_of.assignment_light(&Reach::All, AssignmentId(id(0)));
        let listed = as_of.page(&Reach::All, &PageFilter::default(), None, 1);
        assert_eq!(listed[0].light, found.unwrap().why.light);
        (found.unwrap().why.explain(), listed[0].due_on)
    };
    for (on, words, due_on) in [
        (
            "2027-03-10",
            "完成时限为2027年3月5日，已逾期 5 天",
            "2027-03-05",
        ),
        ("2027-03-31", "实际 0%，滞后", "2027-06-30"),
        ("2027-04-01", "已暂停，不计序时进度", "2027-06-30"),
        ("2027-04-30", "已暂停，不计序时进度", "2027-06-30"),
        ("2027-05-01", "实际 0%，滞后", "2027-06-30"),
        ("2027-06-20", "实际 0%，滞后", "2027-06-30"),
        ("2027-07-01", "实际 0%，滞后", "2027-09-30"),
        (
            "2027-10-01",
            "完成时限为2027年9月30日，已逾期 1 天",
            "2027-09-30",
        ),
    ] {
        let (sentence, day) = told(on);
        assert!(sentence.contains(words), "{on}: {sentence}");
        assert_eq!(day, Some(date(due_on)), "{on}");
    }
}

#[test]
fn a_request_that_was_left_or_moved_is_told_as_it_was() {
    let mut board = board(vec![assignment(0, 1, 0, Role::Responsible)]);
    // Due on 8 March and left on the 15th; answered after all on the 17th, and sent back on the 19th, until 2 April.
    let mut asked = ask(0, "2027-03-01", "2027-04-02", None, ObligationState::Open);
    let former = |until, settled: Option<&str>, state| FormerAsk {
        until: date(until),
        due_on: date("2027-03-08"),
        settled_on: settled.map(date),
        state,
    };
    asked.past = vec![
        former(
            "2027-03-16",
            Some("2027-03-15"),
            ObligationState::Unanswered,
        ),
        former("2027-03-18", Some("2027-03-17"), ObligationState::Answered),
    ];
    board.put_obligation(asked).unwrap();
    for (on, expected) in [
        ("2027-03-08", Light::Green),
        ("2027-03-09", Light::Yellow),
        ("2027-03-15", Light::Red),
        ("2027-03-16", Light::Red),
        ("2027-03-17", Light::Green),
        ("2027-04-02", Light::Green),
        ("2027-04-05", Light::Yellow),
    ] {
        assert_eq!(light(&board, 0, on), expected, "{on}");
    }
    let line = line();
    let overdue = |on| board.as_of(date(on), &line).overdue(&Reach::All).len();
    assert_eq!(
        ["2027-03-10", "2027-03-16", "2027-03-20", "2027-04-05"].map(overdue),
        [1, 0, 0, 1]
    );
}
