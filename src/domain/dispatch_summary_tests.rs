//! How summaries are counted and compared.

use super::*;
use uuid::Uuid;

fn item(number: u128, light: Light, percent: Option<u8>) -> ItemSummary {
    ItemSummary {
        assignment_id: AssignmentId(Uuid::from_u128(number)),
        task_id: TaskId(Uuid::from_u128(number)),
        task_number: number.to_string(),
        task_title: "任务".to_owned(),
        decides: true,
        light,
        standing: Standing::OnTrack,
        expected_percent: Some(50.0),
        percent,
        why: String::new(),
        reported_on: None,
        reported: percent.is_some(),
        done: None,
        problems: None,
        next_steps: None,
        behind: light != Light::Green,
        blocked: false,
        change: None,
    }
}

fn summary(items: Vec<ItemSummary>) -> DispatchSummary {
    DispatchSummary {
        round_id: RoundId(Uuid::nil()),
        plan_id: PlanId(Uuid::nil()),
        plan_title: "方案".to_owned(),
        period: "2026-B2".parse().unwrap(),
        office: "督导室".to_owned(),
        opened_on: NaiveDate::MIN,
        due_on: None,
        made_on: NaiveDate::MIN,
        totals: SummaryTotals::default(),
        before: None,
        units: vec![UnitSummary {
            unit_id: UnitId(Uuid::from_u128(1)),
            unit_code: "B2".to_owned(),
            unit_name: "教学科".to_owned(),
            state: ObligationState::Answered,
            answered_on: None,
            note: None,
            items,
        }],
        collected: Vec::new(),
        decisions: Vec::new(),
    }
}

#[test]
fn what_says_nothing_of_problems_blocks_nothing() {
    for told in [
        "",
        "无",
        " 无。",
        "暂无",
        "没有问题！",
        "None",
        "—",
        "……",
        "N/A",
    ] {
        assert!(!is_blocked(Some(told)), "{told}");
    }
    assert!(!is_blocked(None));
    for told in ["设备未到", "无法按期采购", "没有经费", "3"] {
        assert!(is_blocked(Some(told)), "{told}");
    }
}

#[test]
fn a_summary_is_compared_part_by_part_with_the_last() {
    let last = summary(vec![
        item(1, Light::Green, Some(20)),
        item(2, Light::Red, None),
        item(3, Light::Red, Some(10)),
    ])
    .completed(None);
    let now = summary(vec![
        item(1, Light::Red, Some(20)),
        item(2, Light::Yellow, Some(40)),
        item(3, Light::Red, Some(10)),
        item(4, Light::Red, None),
    ])
    .completed(Some(&last));
    let totals = now.totals;
    assert_eq!(
        (totals.moved, totals.newly_red, totals.recovered),
        (1, 1, 1)
    );
    assert_eq!((totals.green, totals.yellow, totals.red), (0, 1, 3));
    assert_eq!((totals.items, totals.silent), (4, 1));
    let moved = now.units[0].items[1].change.map(|change| change.moved);
    assert_eq!(moved, Some(40));
    assert_eq!(
        now.units[0].items[3].change, None,
        "nothing to compare with"
    );
    assert_eq!(now.before.map(|before| before.totals), Some(last.totals));
}

#[test]
fn a_reader_of_one_unit_gets_that_unit_alone() {
    let all = summary(vec![item(1, Light::Green, None)]).completed(None);
    let none = all.about(|_| false);
    assert_eq!((none.units.len(), none.totals.items), (0, 0));
    assert_eq!(all.about(|_| true).units, all.units);
}
