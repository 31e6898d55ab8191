//! What follows from a small snapshot.

use super::*;
use crate::domain::bulletin_snapshot::{SNAPSHOT_FORMAT, SnapshotTask};
use crate::domain::five_counts::{FiveCounts, LightCounts};
use crate::domain::ids::{AssignmentId, UnitId};
use crate::domain::obligation::ObligationKind;
use crate::domain::role::Role;
use chrono::NaiveDate;
use uuid::Uuid;

fn day(month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, month, day).unwrap()
}

fn unit(at: u128, name: &str, kind: UnitKind, district: Option<&str>) -> SnapshotUnit {
    SnapshotUnit {
        id: UnitId(Uuid::from_u128(at)),
        code: format!("U{at}"),
        name: name.to_owned(),
        kind,
        district: district.map(str::to_owned),
        liaison: None,
    }
}

/// One task; a section ahead, a district on its way, its school behind with a red light and unanswered.
fn sample() -> BulletinSnapshot {
    let units = vec![
        unit(1, "教学科", UnitKind::Section, None),
        unit(2, "东区", UnitKind::District, None),
        unit(3, "东区一小", UnitKind::School, Some("东区")),
    ];
    let standings = [Standing::Ahead, Standing::OnTrack, Standing::Behind];
    let lights = [Light::Green, Light::Green, Light::Red];
    let rows = (0_u32..).zip(standings).zip(lights);
    let ledger: Vec<SnapshotAssignment> = rows
        .map(|((at, standing), light)| SnapshotAssignment {
            id: AssignmentId(Uuid::from_u128(u128::from(at) + 10)),
            task: 0,
            unit: at,
            role: Role::Responsible,
            standing,
            light,
            percent: Some(50),
            expected: None,
            due_on: Some(day(4, 30)),
            why: (light == Light::Red).then(|| "滞后 40 个百分点，亮红灯".to_owned()),
            done: None,
            problems: None,
            next_steps: None,
        })
        .collect();
    let by_unit: Vec<UnitCounts> = ledger
        .iter()
        .map(|row| {
            let mut counts = UnitCounts::default();
            counts.standings.add(row.standing);
            counts.lights.add(row.light);
            counts
        })
        .collect();
    let mut all = (FiveCounts::default(), LightCounts::default());
    for one in &by_unit {
        all.0.merge(&one.standings);
        all.1.merge(&one.lights);
    }
    BulletinSnapshot {
        format: SNAPSHOT_FORMAT,
        plan_title: "教育方案".to_owned(),
        plan_number: Some("某教〔2026〕3号".to_owned()),
        period: "2026-Q1".parse().ok(),
        from: day(1, 1),
        as_of: day(3, 31),
        office: "督导办".to_owned(),
        units,
        sections: vec!["一、课堂".to_owned()],
        tasks: vec![SnapshotTask {
            number: "一1".to_owned(),
            title: "落实课堂常规".to_owned(),
            section: 0,
            standing: Standing::Ahead,
            light: Light::Green,
            why: "超前 20 个百分点，亮绿灯".to_owned(),
        }],
        assignments: all.0,
        lights: all.1,
        by_section: vec![all.0],
        by_unit,
        ledger,
        ledger_left_out: 0,
        rounds: Vec::new(),
        unanswered: vec![SnapshotAsk {
            unit: 2,
            kind: ObligationKind::Complete,
            what: None,
            due_on: day(3, 20),
        }],
    }
}

#[test]
fn a_district_is_told_with_its_schools() {
    let groups = sample().unit_groups();
    let told: Vec<(&str, usize, u32)> = groups
        .iter()
        .map(|one| (one.name.as_str(), one.units, one.counts.standings.total()))
        .collect();
    assert_eq!(told, [("教学科", 1, 1), ("东区（含所属 1 个单位）", 2, 2)]);
}

#[test]
fn groups_leave_out_nobody() {
    let mut snapshot = sample();
    for at in 0..40 {
        let name = format!("市直{at}中");
        snapshot
            .units
            .push(unit(100 + at, &name, UnitKind::School, None));
        let mut counts = UnitCounts::default();
        counts.standings.add(Standing::None);
        counts.lights.add(Light::Green);
        snapshot.by_unit.push(counts);
    }
    let groups = snapshot.unit_groups();
    let units: usize = groups.iter().map(|one| one.units).sum();
    let counted: u32 = groups.iter().map(|one| one.counts.standings.total()).sum();
    assert_eq!((units, counted), (43, 43));
    assert_eq!(
        groups.last().map(|one| one.name.as_str()),
        Some("市直学校（40 个）")
    );
}

#[test]
fn problems_and_examples_come_from_the_ledger() {
    let snapshot = sample();
    let problems = snapshot.problems();
    assert_eq!(problems.len(), 1);
    assert_eq!(
        (problems[0].red.len(), problems[0].unanswered.len()),
        (1, 1)
    );
    let examples: Vec<&str> = snapshot
        .examples()
        .iter()
        .map(|one| one.unit.name.as_str())
        .collect();
    assert_eq!(examples, ["教学科"]);
    let text = snapshot.first_text();
    assert_eq!(
        text.good_practices,
        ["教学科推进较快，1 项分工中超进度 1 项。"]
    );
    assert_eq!(text.demands.len(), 3);
    assert_eq!(
        text.recipients,
        ["各区教育行政部门", "各学校", "机关各科室"]
    );
    assert!(text.opening.contains("《教育方案》（某教〔2026〕3号）"));
}
