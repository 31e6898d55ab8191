//! The board against the plain reference, on small random boards, days, reaches and filters.

use std::collections::BTreeMap;

use duban::domain::board::{
    AgeBucket, Board, BoardCounts, BoardObligation, BoardTask, FollowedSums, Group, Reach, Step,
    Tally, TaskGroup,
};
use duban::domain::ids::AssignmentId;
use proptest::prelude::*;

use crate::board_reference::{Reference, as_they_were};
use crate::board_samples::{DAYS, Numbers, Sizes, by_detour, day, filter, id, line, reach, rows};

fn sizes() -> impl Strategy<Value = Sizes> {
    (
        0_usize..6,
        0_usize..5,
        0_usize..30,
        0_usize..50,
        0_usize..20,
    )
        .prop_map(|(units, tasks, assignments, progress, obligations)| Sizes {
            units,
            tasks,
            assignments,
            progress,
            obligations,
        })
}

fn groups<K: Ord + Clone>(groups: &[Group<K>]) -> BTreeMap<K, Tally> {
    groups
        .iter()
        .map(|group| (group.key.clone(), group.assignments))
        .collect()
}

fn task_groups<K: Ord + Clone>(groups: &[TaskGroup<K>]) -> BTreeMap<K, (Tally, Tally)> {
    let groups = groups.iter();
    groups
        .map(|group| (group.key.clone(), (group.tasks, group.assignments)))
        .collect()
}

fn same_counts(counts: &BoardCounts, plain: &Reference<'_>) -> Result<(), TestCaseError> {
    prop_assert_eq!(counts.assignments, plain.tally(plain.assignments()));
    let all = plain.task_groups(|_| vec![()]);
    prop_assert_eq!(counts.tasks, all.get(&()).copied().unwrap_or_default().0);
    let unit = |row: &duban::domain::board::BoardAssignment| plain.unit(row.unit_id).clone();
    prop_assert_eq!(groups(&counts.by_role), plain.groups(|row| vec![row.role]));
    prop_assert_eq!(
        groups(&counts.by_unit),
        plain.groups(|row| vec![row.unit_id])
    );
    prop_assert_eq!(
        groups(&counts.by_kind),
        plain.groups(|row| vec![unit(row).kind])
    );
    prop_assert_eq!(
        groups(&counts.by_level),
        plain.groups(|row| unit(row).levels)
    );
    prop_assert_eq!(
        task_groups(&counts.by_plan),
        plain.task_groups(|task| vec![task.plan_id])
    );
    prop_assert_eq!(
        task_groups(&counts.by_lead_unit),
        plain.task_groups(|task| plain.lead_units(task.id))
    );
    prop_assert_eq!(
        task_groups(&counts.by_section),
        plain.task_groups(|task| vec![(
            task.plan_id,
            task.section.first().cloned().unwrap_or_default()
        )])
    );
    let codes: Vec<_> = counts
        .by_unit
        .iter()
        .map(|group| (plain.unit(group.key).code.clone(), group.key))
        .collect();
    prop_assert!(codes.is_sorted());
    prop_assert!(counts.by_plan.is_sorted_by_key(|group| group.key));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn counts_are_those_of_the_reference(seed in any::<u64>(), sizes in sizes(), at in 0..DAYS + 40) {
        let (rows, line) = (rows(seed, sizes), line());
        let board = Board::load(rows.clone()).unwrap();
        let reach = reach(&mut Numbers(seed), sizes);
        let then = as_they_were(&rows, day(at));
        let plain = Reference { rows: &then, on: day(at), reach: &reach };
        let as_of = board.as_of(day(at), &line);
        same_counts(&as_of.counts(&as_of.sums(&reach)), &plain)?;
    }

    #[test]
    fn rows_put_again_and_changed_count_as_they_are_now(seed in any::<u64>(), sizes in sizes(), at in 0..DAYS) {
        let (rows, line) = (rows(seed, sizes), line());
        let board = by_detour(seed, sizes, &rows).unwrap();
        let reach = reach(&mut Numbers(seed), sizes);
        let then = as_they_were(&rows, day(at));
        let plain = Reference { rows: &then, on: day(at), reach: &reach };
        let as_of = board.as_of(day(at), &line);
        same_counts(&as_of.counts(&as_of.sums(&reach)), &plain)?;
        let rounds: Vec<_> = as_of.open_rounds(&reach).into_iter()
            .map(|round| (round.period_key, round.asked, round.answered, round.overdue)).collect();
        prop_assert_eq!(rounds, plain.open_rounds());
    }

    #[test]
    fn sums_that_follow_are_those_of_a_pass(seed in any::<u64>(), sizes in sizes(), at in 0..DAYS, known in 0_usize..50, own in any::<bool>()) {
        let sizes = Sizes { obligations: sizes.obligations * 3, ..sizes };
        let (mut rows, line) = (rows(seed, sizes), line());
        if own {
            // As units are asked: about their own assignments.
            let units: BTreeMap<_, _> = rows.assignments.iter().map(|row| (row.id, row.unit_id)).collect();
            for row in &mut rows.obligations {
                row.unit_id = row.assignment_ids.first().and_then(|id| units.get(id)).copied().unwrap_or(row.unit_id);
                row.assignment_ids.retain(|id| units.get(id) == Some(&row.unit_id));
            }
        }
        let mut first = rows.clone();
        first.progress.truncate(known);
        first.obligations.truncate(known / 3);
        let mut board = Board::load(first).unwrap();
        let mut followed = FollowedSums::of(&board.as_of(day(at), &line));
        let mut numbers = Numbers(seed);
        let mut same = |board: &Board, on| {
            // What follows hands its marks to the day it is asked about, so the pass looks at a day of its own.
            let passed = board.as_of(on, &line).sums(&Reach::All);
            prop_assert_eq!(followed.follow(&board.as_of(on, &line)), &passed);
            Ok(())
        };
        for row in rows.progress.iter().skip(known) {
            board.put_progress(*row).unwrap();
            if numbers.below(3) == 0 {
                same(&board, day(at))?;
            }
        }
        for row in rows.obligations.iter().chain(rows.obligations.iter().take(3)) {
            let other = BoardObligation { id: row.id, ..rows.obligations[numbers.below(rows.obligations.len())].clone() };
            for row in [row.clone(), other] {
                board.put_obligation(row).unwrap();
                same(&board, day(at))?;
            }
        }
        same(&board, day(at + 1))?;
        for row in &rows.tasks {
            let other = BoardTask { id: row.id, ..rows.tasks[numbers.below(rows.tasks.len())].clone() };
            board.put_task(other).unwrap();
            same(&board, day(at + 1))?;
        }
    }

    #[test]
    fn pages_put_together_are_what_passes_the_filter(seed in any::<u64>(), sizes in sizes(), at in 0..DAYS, limit in 1_usize..8) {
        let (rows, line) = (rows(seed, sizes), line());
        let board = Board::load(rows.clone()).unwrap();
        let mut numbers = Numbers(seed);
        let (reach, filter) = (reach(&mut numbers, sizes), filter(&mut numbers, sizes));
        let then = as_they_were(&rows, day(at));
        let plain = Reference { rows: &then, on: day(at), reach: &reach };
        let as_of = board.as_of(day(at), &line);
        let mut found = Vec::new();
        let mut after = None;
        loop {
            let page = as_of.page(&reach, &filter, after, limit);
            after = page.last().map(|row| row.id).or(after);
            prop_assert!(page.len() <= limit);
            prop_assert!(found.len() <= rows.assignments.len(), "the pages do not end");
            found.extend(page.iter().map(|row| (row.id, row.task_id, row.unit_id, row.role, row.light, row.standing, row.percent, row.due_on)));
            if page.len() < limit {
                break;
            }
        }
        let expected: Vec<_> = plain.assignments().into_iter().filter(|row| plain.passes(row, &filter)).map(|row| {
            let (light, standing) = plain.judged(row);
            (row.id, row.task_id, row.unit_id, row.role, light, standing, plain.percent(row), row.due_on.or(plain.task(row.task_id).due_on))
        }).collect();
        prop_assert_eq!(as_of.matching(&reach, &filter), expected.len());
        prop_assert_eq!(found, expected);
        prop_assert!(as_of.page(&reach, &filter, None, 0).is_empty());
    }

    #[test]
    fn a_light_alone_is_the_light_that_is_counted(seed in any::<u64>(), sizes in sizes(), at in 0..DAYS) {
        let (rows, line) = (rows(seed, sizes), line());
        let board = Board::load(rows.clone()).unwrap();
        let reach = reach(&mut Numbers(seed), sizes);
        let then = as_they_were(&rows, day(at));
        let plain = Reference { rows: &then, on: day(at), reach: &reach };
        let as_of = board.as_of(day(at), &line);
        for row in &then.assignments {
            let found = as_of.assignment_light(&reach, row.id);
            let seen = plain.assignments().contains(&row);
            let expected = seen.then(|| (plain.judged(row), plain.percent(row)));
            prop_assert_eq!(found.map(|found| ((found.why.light, found.why.standing), found.percent)), expected);
            if let Some(found) = found {
                prop_assert!(found.why.explain().ends_with(found.why.light.label()));
            }
        }
        for task in &rows.tasks {
            let found = as_of.task_light(&reach, task.id);
            prop_assert_eq!(found.map(|found| (found.why.light, found.why.standing)), plain.task_judged(task.id));
        }
        prop_assert_eq!(as_of.assignment_light(&reach, AssignmentId(id(sizes.assignments))), None);
    }

    #[test]
    fn a_series_has_the_means_of_each_of_its_days(seed in any::<u64>(), sizes in sizes(), from in 0..DAYS, length in 0..DAYS, weekly in any::<bool>()) {
        let (rows, line) = (rows(seed, sizes), line());
        let board = Board::load(rows.clone()).unwrap();
        let reach = reach(&mut Numbers(seed), sizes);
        let step = if weekly { Step::Week } else { Step::Month };
        let points = board.series(day(from), day(from + length), step, &reach, &line);
        prop_assert_eq!(points.last().map(|point| point.on), Some(day(from + length)));
        for point in points {
            prop_assert!(point.on >= day(from));
            let then = as_they_were(&rows, point.on);
            let plain = Reference { rows: &then, on: point.on, reach: &reach };
            let (number, expected, actual) = plain.means();
            prop_assert_eq!(point.assignments, number);
            for (found, mean) in [(point.expected_percent, expected), (point.actual_percent, actual)] {
                prop_assert_eq!(found.is_some(), mean.is_some());
                prop_assert!((found.unwrap_or(0.0) - mean.unwrap_or(0.0)).abs() < 1e-9, "{:?} {:?}", found, mean);
            }
        }
    }

    #[test]
    fn asks_are_those_of_the_reference(seed in any::<u64>(), sizes in sizes(), at in 0..DAYS, budget in 0_u32..4) {
        let (rows, line) = (rows(seed, sizes), line());
        let board = Board::load(rows.clone()).unwrap();
        let reach = reach(&mut Numbers(seed), sizes);
        let then = as_they_were(&rows, day(at));
        let plain = Reference { rows: &then, on: day(at), reach: &reach };
        let as_of = board.as_of(day(at), &line);
        let rounds: Vec<_> = as_of.open_rounds(&reach).into_iter()
            .map(|round| (round.period_key, round.asked, round.answered, round.overdue)).collect();
        prop_assert_eq!(rounds, plain.open_rounds());
        let overdue = as_of.overdue(&reach);
        prop_assert!(overdue.is_sorted_by_key(|unit| std::cmp::Reverse(unit.total())));
        let found: BTreeMap<_, _> = overdue.iter().map(|unit| (unit.unit_id, AgeBucket::ALL.map(|age| unit.of_age(age)))).collect();
        let expected: BTreeMap<_, _> = plain.overdue().into_iter().map(|(unit, ages)| {
            let within = |from: i32, to: i32| ages.iter().filter(|age| (from..=to).contains(*age)).count() as u32;
            (unit, [within(1, 2), within(3, 6), within(7, 14), within(15, 999)])
        }).collect();
        prop_assert_eq!(found, expected);
        let burden = board.burden(day(at), &reach, budget);
        prop_assert!(burden.is_sorted_by_key(|unit| (!unit.at_budget, std::cmp::Reverse(unit.asks))));
        prop_assert!(burden.iter().all(|unit| unit.at_budget == (unit.asks >= budget)));
        let found: BTreeMap<_, _> = burden.iter().map(|unit| (unit.unit_id, unit.asks)).collect();
        // What was withdrawn since then is no burden any more.
        let now = Reference { rows: &rows, ..plain };
        prop_assert_eq!(found, now.burden());
    }
}
