//! Told cases of the board: what a reach hides, which lead decides, what comes late or too early.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use duban::domain::board::{
    Board, BoardAssignment, BoardError, BoardObligation, BoardPlan, BoardProgress, BoardRows,
    BoardTask, BoardUnit, PageFilter, Reach, Tally,
};
use duban::domain::expected_progress::Duty;
use duban::domain::ids::{AssignmentId, ObligationId, PlanId, TaskId, UnitId};
use duban::domain::light::{Ending, Light};
use duban::domain::obligation::{ObligationKind, ObligationState};
use duban::domain::role::Role;
use duban::domain::unit_kind::UnitKind;

use crate::board_samples::{id, line};

pub fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn unit(n: usize) -> BoardUnit {
    BoardUnit {
        id: UnitId(id(n)),
        code: format!("U{n}"),
        name: format!("单位{n}"),
        kind: UnitKind::Section,
        levels: vec![],
        parent_id: None,
        liaison: None,
    }
}

/// A task issued on 1 January 2027 and due on 30 June.
pub fn task(n: usize, duty: Duty) -> BoardTask {
    BoardTask {
        id: TaskId(id(n)),
        plan_id: PlanId(id(0)),
        number: n.to_string(),
        title: format!("任务{n}"),
        section: vec![],
        issued_on: Some(date("2027-01-01")),
        due_on: Some(date("2027-06-30")),
        phases_end_on: None,
        duty,
        past: vec![],
    }
}

pub fn assignment(n: usize, task: usize, unit: usize, role: Role) -> BoardAssignment {
    BoardAssignment {
        id: AssignmentId(id(n)),
        task_id: TaskId(id(task)),
        unit_id: UnitId(id(unit)),
        role,
        position: u16::try_from(n).unwrap(),
        issued_on: date("2027-01-01"),
        ended: None,
        due_on: None,
        past: vec![],
    }
}

fn report(n: usize, on: &str, percent: u8) -> BoardProgress {
    BoardProgress {
        assignment_id: AssignmentId(id(n)),
        reported_on: date(on),
        percent,
    }
}

pub fn ask(
    n: usize,
    opened: &str,
    due: &str,
    settled: Option<&str>,
    state: ObligationState,
) -> BoardObligation {
    BoardObligation {
        id: ObligationId(id(n)),
        unit_id: UnitId(id(0)),
        kind: ObligationKind::SpotCheck,
        plan_id: PlanId(id(0)),
        round_id: None,
        opened_on: date(opened),
        due_on: date(due),
        settled_on: settled.map(date),
        state,
        assignment_ids: vec![AssignmentId(id(0))],
        past: vec![],
    }
}

/// Two units, a task with an end (0) and a standing duty (1).
pub fn board(assignments: Vec<BoardAssignment>) -> Board {
    Board::load(BoardRows {
        plans: vec![BoardPlan {
            id: PlanId(id(0)),
            title: "方案".to_owned(),
        }],
        units: vec![unit(0), unit(1)],
        tasks: vec![task(0, Duty::Ending), task(1, Duty::Standing)],
        assignments,
        ..BoardRows::default()
    })
    .unwrap()
}

pub fn light(board: &Board, assignment: usize, on: &str) -> Light {
    let line = line();
    let as_of = board.as_of(date(on), &line);
    let alone = as_of.assignment_light(&Reach::All, AssignmentId(id(assignment)));
    let alone = alone.unwrap().why.light;
    let filter = PageFilter::default();
    let page = as_of.page(&Reach::All, &filter, None, 100);
    let listed = page
        .iter()
        .find(|row| row.id == AssignmentId(id(assignment)));
    assert_eq!(listed.unwrap().light, alone);
    alone
}

#[test]
fn the_first_named_lead_decides_and_another_only_where_it_is_silent() {
    let line = line();
    let mut board = board(vec![
        assignment(0, 0, 0, Role::Lead),
        assignment(1, 0, 1, Role::Lead),
    ]);
    let decides = |board: &Board| {
        let as_of = board.as_of(date("2027-04-01"), &line);
        let light = as_of.task_light(&Reach::All, TaskId(id(0))).unwrap();
        (light.assignment_id, light.percent)
    };
    assert_eq!(decides(&board), (Some(AssignmentId(id(0))), None));
    board.put_progress(report(1, "2027-03-01", 80)).unwrap();
    assert_eq!(decides(&board), (Some(AssignmentId(id(1))), Some(80)));
    board.put_progress(report(0, "2027-03-02", 10)).unwrap();
    assert_eq!(decides(&board), (Some(AssignmentId(id(0))), Some(10)));
    let withdrawn = BoardAssignment {
        ended: Some((Ending::Withdrawn, date("2027-03-03"))),
        ..assignment(0, 0, 0, Role::Lead)
    };
    board.put_assignment(withdrawn).unwrap();
    assert_eq!(decides(&board), (Some(AssignmentId(id(1))), Some(80)));
    let moved = assignment(1, 0, 1, Role::Responsible);
    board.put_assignment(moved).unwrap();
    assert_eq!(decides(&board), (Some(AssignmentId(id(0))), Some(10)));
}

#[test]
fn a_leads_close_out_does_not_hide_a_responsible_units_gap() {
    let line = line();
    let closed = BoardAssignment {
        ended: Some((Ending::Closed, date("2027-05-01"))),
        ..assignment(0, 0, 0, Role::Lead)
    };
    let board = board(vec![closed, assignment(1, 0, 1, Role::Responsible)]);
    let as_of = board.as_of(date("2027-06-01"), &line);
    let counts = as_of.counts(&as_of.sums(&Reach::All));
    let one = Tally {
        green: 1,
        done: 1,
        ..Tally::default()
    };
    assert_eq!(counts.tasks, one);
    assert_eq!(
        counts.assignments,
        Tally {
            red: 1,
            behind: 1,
            ..one
        }
    );
    let as_of = board.as_of(date("2027-04-30"), &line);
    let before = as_of.counts(&as_of.sums(&Reach::All));
    assert_eq!(before.tasks.red, 1);
}

#[test]
fn the_last_report_of_a_day_holds_and_a_late_row_finds_its_place() {
    let mut board = board(vec![assignment(0, 0, 0, Role::Lead)]);
    let line = line();
    for row in [
        report(0, "2027-03-01", 10),
        report(0, "2027-03-01", 20),
        report(0, "2027-03-05", 50),
        report(0, "2027-03-03", 30),
    ] {
        board.put_progress(row).unwrap();
    }
    let percent = |on| {
        let as_of = board.as_of(date(on), &line);
        let light = as_of.assignment_light(&Reach::All, AssignmentId(id(0)));
        light.unwrap().percent
    };
    assert_eq!(percent("2027-02-28"), None);
    assert_eq!(percent("2027-03-02"), Some(20));
    assert_eq!(percent("2027-03-04"), Some(30));
    assert_eq!(percent("2030-01-01"), Some(50));
}

#[test]
fn a_standing_duty_shows_answers_as_they_stood_each_day() {
    let mut board = board(vec![assignment(0, 1, 0, Role::Responsible)]);
    assert_eq!(light(&board, 0, "2027-03-01"), Light::Green);
    // Due on Monday 8 March, left unanswered on Monday 22 March.
    let left = ask(
        0,
        "2027-03-01",
        "2027-03-08",
        Some("2027-03-22"),
        ObligationState::Unanswered,
    );
    board.put_obligation(left).unwrap();
    for (on, expected) in [
        ("2027-02-28", Light::Green),
        ("2027-03-08", Light::Green),
        ("2027-03-09", Light::Yellow),
        ("2027-03-17", Light::Yellow),
        ("2027-03-18", Light::Red),
        ("2027-03-22", Light::Red),
        ("2028-01-01", Light::Red),
    ] {
        assert_eq!(light(&board, 0, on), expected, "{on}");
    }
    // The next ask is answered: from that day on the duty is in order again.
    let next = ask(
        1,
        "2027-04-01",
        "2027-04-08",
        Some("2027-04-06"),
        ObligationState::Answered,
    );
    board.put_obligation(next).unwrap();
    assert_eq!(light(&board, 0, "2027-04-05"), Light::Red);
    assert_eq!(light(&board, 0, "2027-04-06"), Light::Green);
    // One asked on the same day as the one left unanswered says nothing of it.
    let mut other = board.clone();
    let earlier = ask(
        3,
        "2027-02-01",
        "2027-02-08",
        Some("2027-02-22"),
        ObligationState::Unanswered,
    );
    other.put_obligation(earlier).unwrap();
    other
        .put_obligation(ask(
            1,
            "2027-03-01",
            "2027-04-08",
            Some("2027-04-06"),
            ObligationState::Answered,
        ))
        .unwrap();
    assert_eq!(light(&other, 0, "2027-04-06"), Light::Red);
    let friday = ask(2, "2027-04-20", "2027-04-23", None, ObligationState::Open);
    board.put_obligation(friday).unwrap();
    assert_eq!(light(&board, 0, "2027-04-23"), Light::Green);
    assert_eq!(
        light(&board, 0, "2027-04-24"),
        Light::Yellow,
        "the weekend after the due day"
    );
}

#[test]
fn acknowledgements_and_withdrawn_asks_leave_a_standing_duty_green() {
    let mut board = board(vec![assignment(0, 1, 0, Role::Responsible)]);
    let acknowledge = BoardObligation {
        kind: ObligationKind::Acknowledge,
        ..ask(0, "2027-03-01", "2027-03-04", None, ObligationState::Open)
    };
    board.put_obligation(acknowledge).unwrap();
    let withdrawn = ask(
        1,
        "2027-03-01",
        "2027-03-04",
        Some("2027-03-10"),
        ObligationState::Withdrawn,
    );
    board.put_obligation(withdrawn).unwrap();
    assert_eq!(light(&board, 0, "2027-03-09"), Light::Yellow);
    assert_eq!(light(&board, 0, "2027-06-01"), Light::Green);
    let line = line();
    let overdue = board.as_of(date("2027-06-01"), &line).overdue(&Reach::All);
    assert_eq!(overdue.iter().map(|unit| unit.total()).sum::<u32>(), 1);
    assert!(board.burden(date("2027-03-31"), &Reach::All, 4).is_empty());
}

#[test]
fn what_is_out_of_reach_is_neither_counted_nor_explained() {
    let line = line();
    let mut board = board(vec![
        assignment(0, 0, 0, Role::Lead),
        assignment(1, 0, 1, Role::Responsible),
        assignment(2, 1, 1, Role::Lead),
    ]);
    let open = ask(0, "2027-03-01", "2027-03-04", None, ObligationState::Open);
    board.put_obligation(open).unwrap();
    let as_of = board.as_of(date("2027-04-01"), &line);
    let reach = |units: &[usize], tasks: &[usize]| Reach::Some {
        units: units.iter().map(|n| UnitId(id(*n))).collect(),
        led_tasks: tasks.iter().map(|n| TaskId(id(*n))).collect(),
    };
    for (reach, expected) in [
        (reach(&[], &[]), vec![]),
        (reach(&[0], &[]), vec![0]),
        (reach(&[0], &[0]), vec![0, 1]),
        (reach(&[1], &[]), vec![1, 2]),
        (reach(&[9], &[9]), vec![]),
    ] {
        let expected: BTreeSet<AssignmentId> =
            expected.into_iter().map(|n| AssignmentId(id(n))).collect();
        let page = as_of.page(&reach, &PageFilter::default(), None, 10);
        assert_eq!(
            page.iter().map(|row| row.id).collect::<BTreeSet<_>>(),
            expected
        );
        assert_eq!(
            as_of.counts(&as_of.sums(&reach)).assignments.total() as usize,
            expected.len()
        );
        for n in 0..3 {
            let found = as_of.assignment_light(&reach, AssignmentId(id(n)));
            assert_eq!(found.is_some(), expected.contains(&AssignmentId(id(n))));
        }
    }
    assert!(as_of.task_light(&reach(&[0], &[]), TaskId(id(1))).is_none());
    assert_eq!(as_of.overdue(&reach(&[1], &[])), []);
    assert_eq!(
        as_of.overdue(&reach(&[1], &[0])).len(),
        1,
        "asked about a task it leads"
    );
}

#[test]
fn a_row_that_comes_too_early_or_is_wrong_changes_nothing() {
    let mut board = board(vec![assignment(0, 0, 0, Role::Lead)]);
    board.put_progress(report(0, "2027-03-01", 40)).unwrap();
    let refused = board.put_progress(report(0, "2027-03-02", 101));
    assert!(matches!(
        refused,
        Err(BoardError::PercentTooHigh { percent: 101, .. })
    ));
    assert!(board.put_progress(report(9, "2027-03-02", 50)).is_err());
    assert!(
        board
            .put_assignment(assignment(0, 9, 0, Role::Lead))
            .is_err()
    );
    assert!(
        board
            .put_assignment(assignment(1, 0, 9, Role::Lead))
            .is_err()
    );
    let mut wrong = ask(0, "2027-03-01", "2027-03-04", None, ObligationState::Open);
    wrong.assignment_ids.push(AssignmentId(id(9)));
    let error = board.put_obligation(wrong).unwrap_err();
    assert!(error.to_string().contains("应报事项"), "{error}");
    assert!(error.to_string().contains(&id(9).to_string()), "{error}");
    let line = line();
    let as_of = board.as_of(date("2027-04-01"), &line);
    assert_eq!(
        as_of.counts(&as_of.sums(&Reach::All)).assignments.total(),
        1
    );
    assert!(as_of.overdue(&Reach::All).is_empty());
    let found = as_of
        .assignment_light(&Reach::All, AssignmentId(id(0)))
        .unwrap();
    assert_eq!(found.percent, Some(40));
}

#[test]
fn an_empty_board_answers_everything() {
    let (board, line) = (Board::default(), line());
    for on in [NaiveDate::MIN, date("2027-01-01"), NaiveDate::MAX] {
        let as_of = board.as_of(on, &line);
        assert_eq!(
            as_of.counts(&as_of.sums(&Reach::All)).assignments,
            Tally::default()
        );
        assert!(
            as_of
                .page(&Reach::All, &PageFilter::default(), None, 10)
                .is_empty()
        );
        assert!(as_of.open_rounds(&Reach::All).is_empty());
        assert!(as_of.overdue(&Reach::All).is_empty());
        assert!(board.burden(on, &Reach::All, 4).is_empty());
    }
}

#[test]
fn a_million_assignments_would_stay_within_sixty_bytes_each() {
    let number = 20_000;
    let mut board = board(
        (0..number)
            .map(|n| BoardAssignment {
                position: 0,
                ..assignment(n, 0, 0, Role::Responsible)
            })
            .collect(),
    );
    for n in 0..number {
        let mut asked = ask(n, "2027-03-01", "2027-03-04", None, ObligationState::Open);
        asked.assignment_ids = (0..20)
            .map(|item| AssignmentId(id((n + item) % number)))
            .collect();
        if n % 20 == 0 {
            board.put_obligation(asked).unwrap();
        }
    }
    assert!(
        board.heap_bytes() < 60 * number,
        "{}",
        board.heap_bytes() / number
    );
}
