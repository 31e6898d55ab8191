//! The summary of a dispatch 调度小结 as sheets, for whoever goes on counting: the numbers, every part of every task, what was
//! collected from below, what was decided.

use crate::documents::sheet_out::{
    ColumnKind, ColumnShown, SheetCell, SheetColumn, SheetOut, SheetValue,
};
use crate::domain::dispatch_summary::{
    CollectedTask, DecisionTold, DispatchSummary, ItemSummary, SummaryTotals, UnitSummary,
};
use crate::flow::summary_document::state_told;
use chrono::NaiveDate;

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
            text(name),
            counted(Some(count(&now))),
            counted(last.as_ref().map(count)),
        ]
    };
    SheetOut {
        name: "总体情况".to_owned(),
        columns: vec![
            column("项目", 24, ColumnKind::Text),
            column("本次", 10, ColumnKind::Number),
            column("上次", 10, ColumnKind::Number),
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
            column("单位代码", 12, ColumnKind::Text),
            column("牵头单位", 24, ColumnKind::LongText),
            column("填报", 10, ColumnKind::Text),
            column("任务序号", 12, ColumnKind::Text),
            column("任务", 40, ColumnKind::LongText),
            column("进度由其确定", 14, ColumnKind::Text),
            column("灯", 8, ColumnKind::Text),
            column("归类", 10, ColumnKind::Text),
            column("序时进度（%）", 12, ColumnKind::Number),
            column("实际进度（%）", 12, ColumnKind::Number),
            column("上次进度（%）", 12, ColumnKind::Number),
            column("变化（百分点）", 12, ColumnKind::Number),
            column("最近填报日期", 14, ColumnKind::Date),
            column("完成情况", 40, ColumnKind::LongText),
            column("存在问题", 40, ColumnKind::LongText),
            column("下一步措施", 40, ColumnKind::LongText),
            column("说明", 50, ColumnKind::LongText),
        ],
        rows: rows.collect(),
    }
}

fn item_row(unit: &UnitSummary, item: &ItemSummary) -> Vec<SheetCell> {
    let words = |told: &Option<String>| text(told.as_deref().unwrap_or_default());
    let change = item.change;
    let before = change.and_then(|change| change.percent_before);
    vec![
        text(&unit.unit_code),
        text(&unit.unit_name),
        text(state_told(unit.state)),
        text(&item.task_number),
        text(&item.task_title),
        text(if item.decides { "是" } else { "否" }),
        SheetCell {
            value: SheetValue::Text(item.light.label().to_owned()),
            light: Some(item.light),
        },
        text(item.standing.label()),
        number(item.expected_percent),
        number(item.percent.map(f64::from)),
        number(before.map(f64::from)),
        number(change.map(|change| f64::from(change.moved))),
        date(item.reported_on),
        words(&item.done),
        words(&item.problems),
        words(&item.next_steps),
        text(&item.why),
    ]
}

fn collected(summary: &DispatchSummary) -> SheetOut {
    let row = |one: &CollectedTask| {
        vec![
            text(&one.task_number),
            text(&one.task_title),
            counted(Some(one.asked)),
            counted(Some(one.answered)),
            number(one.mean_percent),
        ]
    };
    SheetOut {
        name: "向下汇集".to_owned(),
        columns: vec![
            column("任务序号", 12, ColumnKind::Text),
            column("任务", 40, ColumnKind::LongText),
            column("应报单位", 10, ColumnKind::Number),
            column("已报", 10, ColumnKind::Number),
            column("平均进度（%）", 14, ColumnKind::Number),
        ],
        rows: summary.collected.iter().map(row).collect(),
    }
}

fn decisions(summary: &DispatchSummary) -> SheetOut {
    let row = |one: &DecisionTold| {
        vec![
            text(&one.period.label()),
            counted(usize::try_from(one.number).ok()),
            text(&one.text),
            text(&one.unit_name),
            text(one.task_number.as_deref().unwrap_or_default()),
            date(Some(one.due_on)),
            text(one.state.label()),
            text(one.answer.as_deref().unwrap_or_default()),
            text(one.note.as_deref().unwrap_or_default()),
        ]
    };
    SheetOut {
        name: "议定事项".to_owned(),
        columns: vec![
            column("调度", 16, ColumnKind::Text),
            column("序号", 8, ColumnKind::Number),
            column("议定事项", 50, ColumnKind::LongText),
            column("办理单位", 24, ColumnKind::LongText),
            column("任务序号", 12, ColumnKind::Text),
            column("期限", 14, ColumnKind::Date),
            column("状态", 10, ColumnKind::Text),
            column("反馈", 50, ColumnKind::LongText),
            column("督导办意见", 40, ColumnKind::LongText),
        ],
        rows: summary.decisions.iter().map(row).collect(),
    }
}

fn column(header: &str, width: u16, kind: ColumnKind) -> SheetColumn {
    SheetColumn {
        header: header.to_owned(),
        width,
        kind,
        shown: ColumnShown::Shown,
    }
}

fn text(text: &str) -> SheetCell {
    match text.is_empty() {
        true => SheetCell::default(),
        false => SheetValue::Text(text.to_owned()).into(),
    }
}

fn number(number: Option<f64>) -> SheetCell {
    number.map_or(SheetValue::Blank, SheetValue::Number).into()
}

fn date(day: Option<NaiveDate>) -> SheetCell {
    day.map_or(SheetValue::Blank, SheetValue::Date).into()
}

fn counted(count: Option<usize>) -> SheetCell {
    // No round asks for more than that.
    let count = count.and_then(|count| u32::try_from(count).ok());
    number(count.map(f64::from))
}
