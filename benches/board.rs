//! How long the board takes at the size of a large bureau: `cargo bench --bench board`. A test run only checks that it works,
//! at a small size; the city's plan is of its own size always.

use std::collections::BTreeSet;
use std::hint::black_box;
use std::time::{Duration, Instant};

use chrono::{Days, NaiveDate};
use duban::domain::board::{
    Board, BoardAssignment, BoardObligation, BoardPlan, BoardProgress, BoardRound, BoardRows,
    BoardTask, BoardUnit, FollowedSums, FormerCourse, PageFilter, Reach, Step,
};
use duban::domain::calendar::Holidays;
use duban::domain::cycle_kind::CycleKind;
use duban::domain::expected_progress::Duty;
use duban::domain::ids::{AssignmentId, ObligationId, PlanId, RoundId, TaskId, UnitId};
use duban::domain::level::Level;
use duban::domain::light::{Ending, Light};
use duban::domain::obligation::{ObligationKind, ObligationState};
use duban::domain::role::Role;
use duban::domain::unit_kind::UnitKind;
use duban::domain::workday_line::WorkdayLine;
use uuid::Uuid;

/// What is measured at which size.
struct Size {
    assignments: usize,
    units: usize,
    tasks: usize,
    items: usize,
    progress: usize,
    /// How often each question is put; the median is printed.
    turns: usize,
}

impl Size {
    /// Assignments of each task; the last may have fewer.
    fn per_task(&self) -> usize {
        self.assignments.div_ceil(self.tasks)
    }
}

/// Items of one obligation.
const ITEMS: usize = 20;

/// One assignment of so many has been paused and resumed.
const PAUSED: usize = 50;

/// Numbers that look random and are the same each time (SplitMix64).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % bound.max(1) as u64) as usize
    }
}

fn day(after: usize) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 1, 1).expect("a day") + Days::new(after as u64)
}

/// An id like a UUIDv7: ascending by number, random below.
fn id(kind: u128, number: usize) -> Uuid {
    let low = (number as u128).wrapping_mul(0x9e37_79b9_7f4a_7c15) & u128::from(u64::MAX);
    Uuid::from_u128((0x019b_0000_0000 + number as u128) << 80 | kind << 64 | low)
}

fn main() {
    let is_bench = std::env::args().any(|argument| argument == "--bench");
    let size = if is_bench {
        Size {
            assignments: 1_000_000,
            units: 300,
            tasks: 4_000,
            items: 1_000_000,
            progress: 200_000,
            turns: 31,
        }
    } else {
        Size {
            assignments: 2_000,
            units: 30,
            tasks: 40,
            items: 2_000,
            progress: 400,
            turns: 1,
        }
    };
    let before = resident_kib();
    let rows = rows(&size);
    let with_rows = resident_kib();
    let started = Instant::now();
    let mut board = Board::load(rows).expect("loaded");
    println!("load                      {:>10.1?}", started.elapsed());
    println!(
        "heap                      {:>7.1} MiB; resident {} MiB before, {} with rows, {} loaded",
        board.heap_bytes() as f64 / 1_048_576.0,
        before / 1024,
        with_rows / 1024,
        resident_kib() / 1024,
    );
    let started = Instant::now();
    let line = WorkdayLine::new(&Holidays::default(), day(0), day(3_000));
    println!("workday line              {:>10.1?}", started.elapsed());
    read(&board, &line, size.turns);
    write(&mut board, &line, &size);
    city_plan(&line, size.turns);
}

/// Assignments of a city's plan, units that share them, and its tasks.
const CITY: Size = Size {
    assignments: 4_454,
    units: 257,
    tasks: 18,
    items: 60_000,
    progress: 20_000,
    turns: 0,
};

/// A city's plan a year on: the lights of all its assignments as of a past day, each with its sentence, and what loading
/// the board costs whoever asks first. The aim is 300 ms.
fn city_plan(line: &WorkdayLine, turns: usize) {
    let past = day(200);
    let load = || Board::load(rows(&CITY)).expect("loaded");
    time("city plan: load", turns.min(5), load);
    let board = load();
    let lights = || {
        let as_of = board.as_of(past, line);
        let all = PageFilter::default();
        as_of.page(&Reach::All, &all, None, CITY.assignments)
    };
    let number = lights().len();
    let issued = rows(&CITY).assignments.into_iter();
    let issued = issued.filter(|row| row.issued_on <= past).count();
    assert_eq!(number, issued, "every assignment has its light");
    time(&format!("city plan: {number} lights"), turns, lights);
    time("city plan: explained", turns, || {
        let as_of = board.as_of(past, line);
        let explained = lights().into_iter().filter_map(|row| {
            let found = as_of.assignment_light(&Reach::All, row.id)?;
            Some(found.why.explain())
        });
        let explained: Vec<String> = explained.collect();
        assert_eq!(explained.len(), number, "every light has its sentence");
        explained
    });
}

fn read(board: &Board, line: &WorkdayLine, turns: usize) {
    let (today, past) = (day(400), day(200));
    let some = Reach::Some {
        units: BTreeSet::from([UnitId(id(2, 3)), UnitId(id(2, 4))]),
        led_tasks: (0..20).map(|n| TaskId(id(3, n))).collect(),
    };
    let red = PageFilter {
        light: Some(Light::Red),
        unit_id: Some(UnitId(id(2, 3))),
        ..PageFilter::default()
    };
    time("counts today", turns, || {
        let day = board.as_of(today, line);
        day.counts(&day.sums(&Reach::All))
    });
    time("counts today, some", turns, || {
        let day = board.as_of(today, line);
        day.counts(&day.sums(&some))
    });
    time("counts a past day", turns, || {
        let day = board.as_of(past, line);
        day.counts(&day.sums(&Reach::All))
    });
    time("page of a unit's red", turns, || {
        board.as_of(today, line).page(&Reach::All, &red, None, 200)
    });
    time("number of a unit's red", turns, || {
        board.as_of(today, line).matching(&Reach::All, &red)
    });
    time("page, all, past day", turns, || {
        board
            .as_of(past, line)
            .page(&Reach::All, &PageFilter::default(), None, 50)
    });
    time("one light", turns, || {
        board
            .as_of(today, line)
            .assignment_light(&Reach::All, AssignmentId(id(4, 77)))
    });
    time("series of 60 weeks", turns, || {
        board.series(day(0), today, Step::Week, &Reach::All, line)
    });
    time("open rounds", turns, || {
        board.as_of(today, line).open_rounds(&Reach::All)
    });
    time("overdue", turns, || board.as_of(today, line).overdue(&some));
    time("burden", turns, || board.burden(today, &Reach::All, 4));
    let day = board.as_of(today, line);
    let counts = day.counts(&day.sums(&Reach::All));
    println!("counted {:?}", counts.assignments);
}

fn write(board: &mut Board, line: &WorkdayLine, size: &Size) {
    let mut numbers = Numbers(7);
    let mut slowest = Duration::ZERO;
    let started = Instant::now();
    let reports = 1_000;
    for report in 0..reports {
        let at = Instant::now();
        for _ in 0..ITEMS {
            board
                .put_progress(BoardProgress {
                    assignment_id: AssignmentId(id(4, numbers.below(size.assignments))),
                    reported_on: day(400),
                    percent: 60,
                })
                .expect("put");
        }
        let number = report % (size.items / ITEMS);
        board
            .put_obligation(obligation(number, size, ObligationState::Answered))
            .expect("put");
        slowest = slowest.max(at.elapsed());
    }
    let each = started.elapsed() / reports as u32;
    println!("one report of {ITEMS} items     {each:>10.1?}, slowest {slowest:.1?}");
    let mut followed = FollowedSums::of(&board.as_of(day(400), line));
    let mut number = 0;
    time("report, counts followed", size.turns, || {
        number += 1;
        let put = board.put_obligation(obligation(number, size, ObligationState::Unanswered));
        put.expect("put");
        let today = board.as_of(day(400), line);
        let sums = followed.follow(&today);
        (today.counts(sums), today.point(sums))
    });
    println!(
        "heap afterwards           {:>7.1} MiB",
        board.heap_bytes() as f64 / 1_048_576.0
    );
}

/// Prints the median time of a question.
fn time<T>(name: &str, turns: usize, mut ask: impl FnMut() -> T) {
    let mut times: Vec<Duration> = (0..turns)
        .map(|_| {
            let started = Instant::now();
            black_box(ask());
            started.elapsed()
        })
        .collect();
    times.sort_unstable();
    let at = |share: usize| times.get((times.len() - 1) * share / 100).copied();
    let [fastest, median, slowest] = [at(0), at(50), at(100)].map(Option::unwrap_or_default);
    println!("{name:25} {median:>10.1?}, fastest {fastest:.1?}, slowest {slowest:.1?}");
}

fn rows(size: &Size) -> BoardRows {
    let mut numbers = Numbers(1);
    let plans = (0..4).map(|n| BoardPlan {
        id: PlanId(id(1, n)),
        title: format!("方案{n}"),
    });
    let kinds = [
        UnitKind::Section,
        UnitKind::District,
        UnitKind::School,
        UnitKind::School,
    ];
    let units = (0..size.units).map(|n| BoardUnit {
        id: UnitId(id(2, n)),
        code: format!("U{n:04}"),
        name: format!("单位{n}"),
        kind: kinds[n % kinds.len()],
        levels: if n % 4 == 2 {
            vec![Level::Primary, Level::Junior]
        } else {
            vec![]
        },
        parent_id: None,
        liaison: None,
    });
    let tasks = (0..size.tasks).map(|n| BoardTask {
        id: TaskId(id(3, n)),
        plan_id: PlanId(id(1, n % 4)),
        number: n.to_string(),
        title: format!("任务{n}"),
        section: vec![format!("第{}部分", n % 12)],
        issued_on: Some(day(n % 60)),
        due_on: n.is_multiple_of(3).then(|| day(300 + n % 365)),
        phases_end_on: Some(day(700)),
        duty: if n.is_multiple_of(5) {
            Duty::Standing
        } else {
            Duty::Ending
        },
        past: Vec::new(),
    });
    let per_task = size.per_task();
    let assignments = (0..size.assignments).map(|n| BoardAssignment {
        id: AssignmentId(id(4, n)),
        task_id: TaskId(id(3, n / per_task)),
        unit_id: UnitId(id(2, (n + n / per_task) % size.units)),
        role: if n.is_multiple_of(per_task) {
            Role::Lead
        } else {
            Role::Responsible
        },
        position: 0,
        issued_on: day((n / per_task) % 60),
        due_on: None,
        ended: None,
        past: Vec::from_iter(n.is_multiple_of(PAUSED).then(|| paused(250 + n % 60))),
    });
    let progress = (0..size.progress).map(|n| BoardProgress {
        assignment_id: AssignmentId(id(4, numbers.below(size.assignments))),
        reported_on: day(60 + n * 330 / size.progress),
        percent: (n % 101) as u8,
    });
    let rounds = (0..24).map(|n| BoardRound {
        id: RoundId(id(5, n)),
        cycle: CycleKind::Dispatch,
        period_key: format!("2026-B{}", n % 6 + 1),
        plan_id: PlanId(id(1, n % 4)),
        opened_on: day(20 + n * 16),
        closed_on: (n < 20).then(|| day(60 + n * 16)),
        due_on: Some(day(40 + n * 16)),
    });
    let states = [
        ObligationState::Answered,
        ObligationState::Open,
        ObligationState::Answered,
        ObligationState::Unanswered,
    ];
    let obligations = (0..size.items / ITEMS).map(|n| obligation(n, size, states[n % 4]));
    BoardRows {
        plans: plans.collect(),
        units: units.collect(),
        tasks: tasks.collect(),
        assignments: assignments.collect(),
        progress: progress.collect(),
        rounds: rounds.collect(),
        obligations: obligations.collect(),
    }
}

/// What an assignment was that was paused a month before the day on which it went on.
fn paused(resumed: usize) -> FormerCourse {
    FormerCourse {
        until: day(resumed - 1),
        ended: Some((Ending::Paused, day(resumed - 30))),
        due_on: None,
    }
}

fn obligation(n: usize, size: &Size, state: ObligationState) -> BoardObligation {
    let mut numbers = Numbers(n as u64);
    let opened = numbers.below(380);
    let (unit, per_task) = (n % size.units, size.per_task());
    // The unit's own: one of every task that it has a part in.
    let own = std::iter::repeat_with(|| numbers.below(size.tasks)).filter_map(|task| {
        let first = task * per_task + task;
        let place = (unit + size.units - first % size.units) % size.units;
        let at = task * per_task + place;
        (place < per_task && at < size.assignments).then_some(at)
    });
    let mut own: Vec<usize> = own.take(ITEMS).collect();
    own.sort_unstable();
    own.dedup();
    BoardObligation {
        id: ObligationId(id(6, n)),
        unit_id: UnitId(id(2, unit)),
        kind: ObligationKind::Dispatch,
        plan_id: PlanId(id(1, n % 4)),
        round_id: Some(RoundId(id(5, n % 24))),
        opened_on: day(opened),
        due_on: day(opened + 10),
        settled_on: Some(day(opened + 8)),
        state,
        assignment_ids: own.into_iter().map(|n| AssignmentId(id(4, n))).collect(),
        past: Vec::new(),
    }
}

/// Memory of this process, where the system tells it.
fn resident_kib() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok())
        .unwrap_or(0)
}
