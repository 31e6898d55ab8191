//! The summary of a dispatch 调度小结 as an official document: what it says, part by part. The numbers are in
//! `domain::dispatch_summary`.

use crate::domain::dispatch_summary::{
    DecisionTold, DispatchSummary, ItemChange, ItemSummary, UnitSummary,
};
use crate::domain::light::Light;
use crate::domain::local_time::chinese_day;
use crate::domain::obligation::ObligationState;
use crate::domain::official_document::{
    Align, Annex, AnnexContent, Block, Cell, Column, HeadingLevel, OfficialDocument, Orientation,
    Paragraph, PointMark, Signature, Table,
};
use crate::flow::dispatch_summary::SummaryRead;

/// Points of one list; the annex has all.
const MOST_POINTS: usize = 60;
/// What stands where there is nothing.
const NONE: &str = "—";
/// Letters of what a unit wrote that a point repeats.
const WORDS_SHOWN: usize = 300;

/// The summary as a document.
pub fn summary_document(read: &SummaryRead) -> OfficialDocument {
    let summary = &read.summary;
    let mut body = overall(read);
    body.push(Block::heading(HeadingLevel::One, "各牵头单位进展"));
    body.push(Block::Table(unit_table(summary)));
    body.extend(behind(summary));
    body.extend(blocked(summary));
    body.extend(unanswered(read));
    body.extend(collected(summary));
    body.extend(decisions(summary));
    let is_final = read.whole && read.frozen.is_some();
    OfficialDocument {
        mark: None,
        reference: None,
        urgency: None,
        title: title(read),
        recipients: Vec::new(),
        body,
        annexes: vec![annex(summary)],
        signature: is_final.then(|| Signature {
            offices: vec![summary.office.clone()],
            signed_on: summary.made_on,
        }),
        imprint: None,
    }
}

/// What the files are called.
pub fn title(read: &SummaryRead) -> String {
    let title = read.summary.title();
    match read.frozen {
        Some(_) => title,
        None => format!("{title}（预览）"),
    }
}

fn overall(read: &SummaryRead) -> Vec<Block> {
    let summary = &read.summary;
    let totals = summary.totals;
    let mut blocks = vec![Block::heading(HeadingLevel::One, "总体情况")];
    if read.frozen.is_none() {
        blocks.push(Block::paragraph(format!(
            "本次调度尚未结束，以下为截至{}的预览，不作为正式小结。",
            chinese_day(summary.made_on)
        )));
    }
    if !read.whole {
        let text = "本小结只包括本单位及所属单位的内容，不作为全部单位的调度结论。";
        blocks.push(Block::paragraph(text.to_owned()));
    }
    blocks.push(Block::paragraph(format!(
        "{}调度于{}开展{}，涉及 {} 个牵头单位、{} 项任务、{} 份分工。截至{}，已填报 {} 个单位，未填报 {} 个单位。各份分工中绿灯 {} 份，黄灯 {} 份，红灯 {} 份；欠进度 {} 份，填报存在困难 {} 份，本周期段没有填报 {} 份。",
        summary.period.label(),
        chinese_day(summary.opened_on),
        summary
            .due_on
            .map_or_else(String::new, |due| format!("，要求{}前填报", chinese_day(due))),
        totals.units,
        totals.tasks,
        totals.items,
        chinese_day(summary.made_on),
        totals.answered,
        totals.unanswered,
        totals.green,
        totals.yellow,
        totals.red,
        totals.behind,
        totals.blocked,
        totals.silent,
    )));
    if let Some(before) = &summary.before {
        blocks.push(Block::paragraph(format!(
            "与{}的小结（{}）相比，{} 份分工的进度有变化，新转红灯 {} 份，由红灯转好 {} 份；上次红灯 {} 份，欠进度 {} 份。",
            before.period.label(),
            chinese_day(before.made_on),
            totals.moved,
            totals.newly_red,
            totals.recovered,
            before.totals.red,
            before.totals.behind,
        )));
    } else if read.whole {
        blocks.push(Block::paragraph("此前没有调度小结，不作比较。".to_owned()));
    }
    blocks
}

fn unit_table(summary: &DispatchSummary) -> Table {
    let count = |header: &str| Column::new(header, 2, Align::Right);
    Table {
        caption: String::new(),
        columns: vec![
            Column::new("牵头单位", 5, Align::Left),
            Column::new("填报", 3, Align::Centre),
            count("分工"),
            count("绿灯"),
            count("黄灯"),
            count("红灯"),
            count("欠进度"),
            count("有困难"),
        ],
        rows: summary.units.iter().map(unit_row).collect(),
    }
}

fn unit_row(unit: &UnitSummary) -> Vec<Cell> {
    let count = |is: fn(&ItemSummary) -> bool| {
        let number = unit.items.iter().filter(|item| is(item)).count();
        Cell::new(number.to_string())
    };
    vec![
        Cell::new(unit.unit_name.clone()),
        Cell::new(state_told(unit.state).to_owned()),
        count(|_| true),
        count(|item| item.light == Light::Green),
        count(|item| item.light == Light::Yellow),
        count(|item| item.light == Light::Red),
        count(|item| item.behind),
        count(|item| item.blocked),
    ]
}

/// Whether a unit has answered, in words.
pub(super) fn state_told(state: ObligationState) -> &'static str {
    match state {
        ObligationState::Open => "待填报",
        ObligationState::Answered => "已填报",
        ObligationState::Unanswered => "未填报",
        ObligationState::Withdrawn => "已撤回",
    }
}

/// What is red or behind, the worst first.
fn behind(summary: &DispatchSummary) -> Vec<Block> {
    let mut found: Vec<(&UnitSummary, &ItemSummary)> = summary
        .units
        .iter()
        .flat_map(|unit| unit.items.iter().map(move |item| (unit, item)))
        .filter(|(_, item)| item.behind || item.light == Light::Red)
        .collect();
    found.sort_by_key(|(_, item)| std::cmp::Reverse(item.light));
    let points = found.iter().map(|(unit, item)| Paragraph {
        lead: format!("{}：", unit.unit_name),
        text: format!(
            "{}{}。{}{}",
            item.task_number,
            item.task_title,
            item.why,
            changed(item)
        ),
    });
    section("进度滞后的任务", points.collect(), "没有进度滞后的任务。")
}

fn changed(item: &ItemSummary) -> String {
    match item.change {
        Some(ItemChange {
            moved,
            light_before,
            newly_red,
            ..
        }) => {
            let before = light_before.label();
            let points = match moved {
                0 => "进度与上次相同".to_owned(),
                1.. => format!("进度比上次提高 {moved} 个百分点"),
                ..=-1 => format!("进度比上次降低 {} 个百分点", moved.unsigned_abs()),
            };
            match newly_red {
                true => format!("{points}，上次为{before}。"),
                false => format!("{points}。"),
            }
        }
        None => String::new(),
    }
}

/// The problems that units told of.
fn blocked(summary: &DispatchSummary) -> Vec<Block> {
    let found = summary
        .units
        .iter()
        .flat_map(|unit| unit.items.iter().map(move |item| (unit, item)))
        .filter(|(_, item)| item.blocked);
    let points = found.map(|(unit, item)| {
        let problems = shortened(item.problems.as_deref().unwrap_or_default());
        let next = match item.next_steps.as_deref().map(shortened) {
            Some(next) if !next.is_empty() => format!("下一步：{next}"),
            Some(_) | None => String::new(),
        };
        Paragraph {
            lead: format!("{}（{}）：", unit.unit_name, item.task_number),
            text: format!("{problems}{next}"),
        }
    });
    section(
        "存在的困难和问题",
        points.collect(),
        "各单位没有反映困难和问题。",
    )
}

/// Lead units that have not answered.
fn unanswered(read: &SummaryRead) -> Vec<Block> {
    let silent = read.summary.units.iter();
    let silent = silent.filter(|unit| unit.state != ObligationState::Answered);
    let names: Vec<&str> = silent.map(|unit| unit.unit_name.as_str()).collect();
    let text = match (names.is_empty(), read.frozen.is_some()) {
        (true, _) => "各牵头单位均已填报。".to_owned(),
        (false, true) => format!(
            "以下 {} 个单位未按要求填报：{}。",
            names.len(),
            names.join("、")
        ),
        (false, false) => format!(
            "以下 {} 个单位尚未填报：{}。",
            names.len(),
            names.join("、")
        ),
    };
    vec![
        Block::heading(HeadingLevel::One, "填报情况"),
        Block::paragraph(text),
    ]
}

fn collected(summary: &DispatchSummary) -> Vec<Block> {
    if summary.collected.is_empty() {
        return Vec::new();
    }
    let table = Table {
        caption: String::new(),
        columns: vec![
            Column::new("任务", 8, Align::Left),
            Column::new("应报单位", 3, Align::Right),
            Column::new("已报", 2, Align::Right),
            Column::new("平均进度", 3, Align::Right),
        ],
        rows: summary
            .collected
            .iter()
            .map(|one| {
                vec![
                    Cell::new(format!("{}{}", one.task_number, one.task_title)),
                    Cell::new(one.asked.to_string()),
                    Cell::new(one.answered.to_string()),
                    Cell::new(percent(one.mean_percent)),
                ]
            })
            .collect(),
    };
    let note = "平均进度为各责任单位进度的简单平均，没有填报的按 0 计。";
    vec![
        Block::heading(HeadingLevel::One, "向下汇集情况"),
        Block::Table(table),
        Block::paragraph(note.to_owned()),
    ]
}

fn decisions(summary: &DispatchSummary) -> Vec<Block> {
    let points = summary.decisions.iter().map(|one| Paragraph {
        lead: format!("{}（{}）：", one.unit_name, one.state.label()),
        text: decision_told(one),
    });
    section(
        "议定事项办理情况",
        points.collect(),
        "没有在办或新办结的议定事项。",
    )
}

fn decision_told(one: &DecisionTold) -> String {
    let mut text = sentence(&shortened(&one.text));
    text.push_str(&format!("{}前办理。", chinese_day(one.due_on)));
    if let Some(answer) = one.answer.as_deref().map(shortened) {
        text.push_str(&format!("反馈：{}", sentence(&answer)));
    }
    if let Some(note) = one.note.as_deref().map(shortened) {
        text.push_str(&format!("督导办意见：{}", sentence(&note)));
    }
    text
}

/// A list of points below a heading; one sentence where there are none.
fn section(name: &str, mut points: Vec<Paragraph>, nothing: &str) -> Vec<Block> {
    let mut blocks = vec![Block::heading(HeadingLevel::One, name)];
    let more = points.len().saturating_sub(MOST_POINTS);
    points.truncate(MOST_POINTS);
    if points.is_empty() {
        blocks.push(Block::paragraph(nothing.to_owned()));
        return blocks;
    }
    blocks.push(Block::Points {
        mark: PointMark::Bracketed,
        points,
    });
    if more > 0 {
        blocks.push(Block::paragraph(format!(
            "此外还有 {more} 项，见附件或 Excel 表。"
        )));
    }
    blocks
}

fn annex(summary: &DispatchSummary) -> Annex {
    let rows = summary
        .units
        .iter()
        .flat_map(|unit| unit.items.iter().map(move |item| item_row(unit, item)));
    Annex {
        title: "各项任务进展".to_owned(),
        content: AnnexContent::Pages {
            orientation: Orientation::Landscape,
            blocks: vec![Block::Table(Table {
                caption: String::new(),
                columns: vec![
                    Column::new("牵头单位", 4, Align::Left),
                    Column::new("任务", 7, Align::Left),
                    Column::new("灯", 2, Align::Centre),
                    Column::new("序时进度", 2, Align::Right),
                    Column::new("实际进度", 2, Align::Right),
                    Column::new("比上次", 2, Align::Right),
                    Column::new("完成情况", 6, Align::Left),
                    Column::new("存在问题", 5, Align::Left),
                ],
                rows: rows.collect(),
            })],
        },
    }
}

fn item_row(unit: &UnitSummary, item: &ItemSummary) -> Vec<Cell> {
    let words = |text: &Option<String>| {
        let text = text.as_deref().map(shortened).unwrap_or_default();
        Cell::new(if text.is_empty() {
            NONE.to_owned()
        } else {
            text
        })
    };
    let part = match item.decides {
        true => "",
        false => "（参与牵头）",
    };
    vec![
        Cell::new(unit.unit_name.clone()),
        Cell::new(format!("{}{}{part}", item.task_number, item.task_title)),
        Cell::coloured(item.light.label(), Some(item.light)),
        Cell::new(percent(item.expected_percent)),
        Cell::new(percent(item.percent.map(f64::from))),
        Cell::new(match item.change {
            Some(change) => format!("{:+}", change.moved),
            None => NONE.to_owned(),
        }),
        words(&item.done),
        words(&item.problems),
    ]
}

fn percent(number: Option<f64>) -> String {
    number.map_or_else(|| NONE.to_owned(), |number| format!("{number}%"))
}

/// What somebody wrote, on one line and not too long.
fn shortened(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.chars().count() > WORDS_SHOWN {
        true => line.chars().take(WORDS_SHOWN).chain(['…']).collect(),
        false => line,
    }
}

/// The same with its full stop.
fn sentence(text: &str) -> String {
    match text.ends_with(['。', '！', '？', '…', '；']) {
        true => text.to_owned(),
        false => format!("{text}。"),
    }
}
