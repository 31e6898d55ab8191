//! The summary of a dispatch 调度小结 as sheets, for whoever goes on counting: the numbers, every part of every task, what was
//! collected from below, what was decided.

use crate::documents::sheet_out::{ColumnKind, SheetCell, SheetColumn, SheetOut, SheetValue};
use crate::domain::dispatch_summary::{
    CollectedTask, DecisionTold, DispatchSummary, ItemSummary, SummaryTotals, UnitSummary,
};
use crate::flow::summary_document::state_told;

/// The summary as sheets.
pub fn summary_sheets(summary: &DispatchSummary) -> Vec<SheetOut> {
    vec![
        overall(summary),
        items(summary),
        collected(summary),
        decisions(summary),
    ]
}

fn overall(summary: &DispatchSummary) -> SheetOut {
    let now = summary.totals;
    let last = summary.before.as_ref().map(|before| before.totals);
    let row = |name: &str, count: fn(&SummaryTotals) -> usize| {
        vec![
            SheetCell::text(name),
            SheetCell::count(Some(count(&now))),
            SheetCell::count(last.as_ref().map(count)),
        ]
    };
    SheetOut {
        name: "总体情况".to_owned(),
        columns: vec![
            SheetColumn::new("项目", 24, ColumnKind::Text),
            SheetColumn::new("本次", 10, ColumnKind::Number),
            SheetColumn::new("上次", 10, ColumnKind::Number),
        ],
        rows: vec![
            row("牵头单位", |one| one.units),
            row("已填报单位", |one| one.answered),
            row("未填报单位", |one| one.unanswered),
            row("任务", |one| one.tasks),
            row("分工", |one| one.items),
            row("绿灯", |one| one.green),
            row("黄灯", |one| one.yellow),
            row("红灯", |one| one.red),
            row("欠进度", |one| one.behind),
            row("存在困难", |one| one.blocked),
            row("本周期段没有填报", |one| one.silent),
            row("进度有变化", |one| one.moved),
            row("新转红灯", |one| one.newly_red),
            row("由红灯转好", |one| one.recovered),
        ],
    }
}

fn items(summary: &DispatchSummary) -> SheetOut {
    let rows = summary.units.iter().flat_map(|unit| {
        let items = unit.items.iter();
        items.map(move |item| item_row(unit, item))
    });
    SheetOut {
        name: "各项任务".to_owned(),
        columns: vec![
            SheetColumn::new("单位代码", 12, ColumnKind::Text),
            SheetColumn::new("牵头单位", 24, ColumnKind::LongText),
            SheetColumn::new("填报", 10, ColumnKind::Text),
            SheetColumn::new("任务序号", 12, ColumnKind::Text),
            SheetColumn::new("任务", 40, ColumnKind::LongText),
            SheetColumn::new("进度由其确定", 14, ColumnKind::Text),
            SheetColumn::new("灯", 8, ColumnKind::Text),
            SheetColumn::new("归类", 10, ColumnKind::Text),
            SheetColumn::new("序时进度（%）", 12, ColumnKind::Number),
            SheetColumn::new("实际进度（%）", 12, ColumnKind::Number),
            SheetColumn::new("上次进度（%）", 12, ColumnKind::Number),
            SheetColumn::new("变化（百分点）", 12, ColumnKind::Number),
            SheetColumn::new("最近填报日期", 14, ColumnKind::Date),
            SheetColumn::new("完成情况", 40, ColumnKind::LongText),
            SheetColumn::new("存在问题", 40, ColumnKind::LongText),
            SheetColumn::new("下一步措施", 40, ColumnKind::LongText),
            SheetColumn::new("说明", 50, ColumnKind::LongText),
        ],
        rows: rows.collect(),
    }
}

fn item_row(unit: &UnitSummary, item: &ItemSummary) -> Vec<SheetCell> {
    let words = |told: &Option<String>| SheetCell::text(told.as_deref().unwrap_or_default());
    let change = item.change;
    let before = change.and_then(|change| change.percent_before);
    vec![
        SheetCell::text(&unit.unit_code),
        SheetCell::text(&unit.unit_name),
        SheetCell::text(state_told(unit.state)),
        SheetCell::text(&item.task_number),
        SheetCell::text(&item.task_title),
        SheetCell::text(if item.decides { "是" } else { "否" }),
        SheetCell::coloured(item.light.label(), Some(item.light)),
        SheetCell::text(item.standing.label()),
        number(item.expected_percent),
        number(item.percent.map(f64::from)),
        number(before.map(f64::from)),
        number(change.map(|change| f64::from(change.moved))),
        SheetCell::day(item.reported_on),
        words(&item.done),
        words(&item.problems),
        words(&item.next_steps),
        SheetCell::text(&item.why),
    ]
}

fn collected(summary: &DispatchSummary) -> SheetOut {
    let row = |one: &CollectedTask| {
        vec![
            SheetCell::text(&one.task_number),
            SheetCell::text(&one.task_title),
            SheetCell::count(Some(one.asked)),
            SheetCell::count(Some(one.answered)),
            number(one.mean_percent),
        ]
    };
    SheetOut {
        name: "向下汇集".to_owned(),
        columns: vec![
            SheetColumn::new("任务序号", 12, ColumnKind::Text),
            SheetColumn::new("任务", 40, ColumnKind::LongText),
            SheetColumn::new("应报单位", 10, ColumnKind::Number),
            SheetColumn::new("已报", 10, ColumnKind::Number),
            SheetColumn::new("平均进度（%）", 14, ColumnKind::Number),
        ],
        rows: summary.collected.iter().map(row).collect(),
    }
}

fn decisions(summary: &DispatchSummary) -> SheetOut {
    let row = |one: &DecisionTold| {
        vec![
            SheetCell::text(&one.period.label()),
            SheetCell::count(usize::try_from(one.number).ok()),
            SheetCell::text(&one.text),
            SheetCell::text(&one.unit_name),
            SheetCell::text(one.task_number.as_deref().unwrap_or_default()),
            SheetCell::day(Some(one.due_on)),
            SheetCell::text(one.state.label()),
            SheetCell::text(one.answer.as_deref().unwrap_or_default()),
            SheetCell::text(one.note.as_deref().unwrap_or_default()),
        ]
    };
    SheetOut {
        name: "议定事项".to_owned(),
        columns: vec![
            SheetColumn::new("调度", 16, ColumnKind::Text),
            SheetColumn::new("序号", 8, ColumnKind::Number),
            SheetColumn::new("议定事项", 50, ColumnKind::LongText),
            SheetColumn::new("办理单位", 24, ColumnKind::LongText),
            SheetColumn::new("任务序号", 12, ColumnKind::Text),
            SheetColumn::new("期限", 14, ColumnKind::Date),
            SheetColumn::new("状态", 10, ColumnKind::Text),
            SheetColumn::new("反馈", 50, ColumnKind::LongText),
            SheetColumn::new("督导办意见", 40, ColumnKind::LongText),
        ],
        rows: summary.decisions.iter().map(row).collect(),
    }
}

fn number(number: Option<f64>) -> SheetCell {
    number.map_or(SheetValue::Blank, SheetValue::Number).into()
}
