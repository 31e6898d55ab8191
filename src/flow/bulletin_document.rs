//! A bulletin 通报 as an official document: what it says, part by part. Its numbers are those of its snapshot alone.

use crate::domain::bulletin_figures::{UnitGroupCounts, UnitProblems};
use crate::domain::bulletin_snapshot::{BulletinSnapshot, SnapshotAssignment, cycle_label};
use crate::domain::five_counts::FiveCounts;
use crate::domain::light::Light;
use crate::domain::local_time::chinese_day;
use crate::domain::official_document::{
    Align, Annex, AnnexContent, Block, Cell, Column, HeadingLevel, Imprint, OfficialDocument,
    Orientation, Paragraph, PointMark, Reference, Signature, Table,
};
use crate::domain::period_key::PeriodKey;
use crate::domain::standing::Standing;
use crate::flow::bulletin_told::BulletinTold;

/// The name of the serial, in red.
const MARK: &str = "教育督办通报";
/// What stands in the place of the number before there is one.
const NO_NUMBER: &str = "（送审稿）";
/// Units named with their problems; the annex has all.
const MOST_UNITS: usize = 20;
/// Red lights told of one unit, with the whole sentence; the annex has all.
const MOST_RED: usize = 1;
/// Requests told of one unit.
const MOST_ASKS: usize = 3;

/// The bulletin as a document.
pub fn bulletin_document(told: &BulletinTold) -> OfficialDocument {
    let snapshot = &told.snapshot;
    let bulletin = &told.bulletin;
    let number = bulletin
        .issue
        .and_then(|issue| u32::try_from(issue.number).ok());
    OfficialDocument {
        mark: Some(MARK.to_owned()),
        reference: Some(match number {
            Some(number) => Reference::Issue {
                number,
                office: snapshot.office.clone(),
                dated_on: told.dated_on,
            },
            None => Reference::Number(NO_NUMBER.to_owned()),
        }),
        urgency: None,
        title: bulletin.title.clone(),
        recipients: bulletin.text.recipients.clone(),
        body: body(told),
        annexes: vec![
            Annex {
                title: "各单位落实情况统计表".to_owned(),
                content: AnnexContent::Pages {
                    orientation: Orientation::Portrait,
                    blocks: annex(told),
                },
            },
            Annex {
                title: "任务落实情况台账（Excel 文件）".to_owned(),
                content: AnnexContent::File,
            },
        ],
        signature: Some(Signature {
            offices: vec![snapshot.office.clone()],
            signed_on: told.dated_on,
        }),
        imprint: Some(Imprint {
            copies: bulletin.text.copies.clone(),
            printed_by: snapshot.office.clone(),
            printed_on: told.dated_on,
        }),
    }
}

fn body(told: &BulletinTold) -> Vec<Block> {
    let text = &told.bulletin.text;
    let mut blocks: Vec<Block> = correction(told).into_iter().collect();
    blocks.extend(lines_of(&text.opening));
    blocks.push(Block::heading(HeadingLevel::One, "总体情况"));
    blocks.extend(overall(&told.snapshot));
    if !text.good_practices.is_empty() {
        blocks.push(Block::heading(HeadingLevel::One, "主要做法"));
        blocks.push(points(PointMark::Bracketed, &text.good_practices));
    }
    blocks.push(Block::heading(HeadingLevel::One, "存在问题"));
    blocks.extend(problems(&told.snapshot));
    if !text.demands.is_empty() {
        blocks.push(Block::heading(HeadingLevel::One, "下一步要求"));
        blocks.push(points(PointMark::Spoken, &text.demands));
    }
    blocks
}

/// What a corrected version says first.
fn correction(told: &BulletinTold) -> Option<Block> {
    let note = told.bulletin.correction_note.as_deref()?;
    let issue = told.bulletin.issue.map(|issue| issue.label());
    let before = told.corrects.map_or_else(String::new, chinese_day);
    let text = format!(
        "{before}印发的{}有关内容更正如下，以本件为准。更正说明：{note}",
        issue.unwrap_or_default()
    );
    Some(Block::Paragraph(Paragraph::led("【更正】", text)))
}

fn lines_of(text: &str) -> Vec<Block> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.map(Block::paragraph).collect()
}

fn points(mark: PointMark, texts: &[String]) -> Block {
    let points = texts.iter().map(|text| Paragraph {
        lead: String::new(),
        text: text.clone(),
    });
    Block::Points {
        mark,
        points: points.collect(),
    }
}

/// The five counts in a sentence: 超进度 10 项，占 4.5%；….
fn counts_told(counts: &FiveCounts) -> String {
    let parts = counts
        .parts()
        .map(|(standing, count, part)| format!("{} {count} 项，占 {part}", standing.label()));
    parts.join("；")
}

fn overall(snapshot: &BulletinSnapshot) -> Vec<Block> {
    let total = snapshot.assignments.total();
    let until = chinese_day(snapshot.as_of);
    if total == 0 {
        return vec![Block::paragraph(format!("截至{until}，尚无已下发的任务。"))];
    }
    let mut tasks = FiveCounts::default();
    for task in &snapshot.tasks {
        tasks.add(task.standing);
    }
    let units = snapshot
        .by_unit
        .iter()
        .filter(|one| one.standings.total() > 0);
    let mut blocks = vec![
        Block::paragraph(format!(
            "截至{until}，共 {} 项任务，分解到 {} 个单位，计 {total} 项分工。其中{}。",
            snapshot.tasks.len(),
            units.count(),
            counts_told(&snapshot.assignments)
        )),
        Block::paragraph(format!(
            "按任务计（以牵头单位进展为准），{}。",
            counts_told(&tasks)
        )),
        Block::paragraph(format!(
            "红黄绿灯情况：绿灯 {} 项，黄灯 {} 项，红灯 {} 项。",
            snapshot.lights.green, snapshot.lights.yellow, snapshot.lights.red
        )),
    ];
    blocks.push(Block::Table(sections(snapshot)));
    if !snapshot.rounds.is_empty() {
        blocks.push(Block::Table(rounds(snapshot)));
    }
    blocks
}

fn sections(snapshot: &BulletinSnapshot) -> Table {
    let rows = snapshot.sections.iter().zip(&snapshot.by_section);
    let rows = rows.map(|(name, counts)| {
        let name = match name.is_empty() {
            true => "其他任务",
            false => name.as_str(),
        };
        let mut row = vec![Cell::new(name), Cell::new(counts.total())];
        row.extend(count_cells(counts));
        row
    });
    let mut columns = vec![
        Column::new("工作板块", 8, Align::Left),
        Column::new("分工", 3, Align::Right),
    ];
    columns.extend(Standing::ALL.map(|one| Column::new(one.label(), 3, Align::Right)));
    Table {
        caption: "各板块落实情况（项）".to_owned(),
        columns,
        rows: rows.collect(),
    }
}

fn count_cells(counts: &FiveCounts) -> [Cell; 5] {
    Standing::ALL.map(|one| Cell::new(counts.of(one)))
}

fn rounds(snapshot: &BulletinSnapshot) -> Table {
    let rows = snapshot.rounds.iter().map(|round| {
        let period = round.period.parse::<PeriodKey>();
        let period = period.map_or_else(|_| round.period.clone(), PeriodKey::label);
        let rate = match round.asked {
            0 => "—".to_owned(),
            asked => {
                let wide = |count: u32| usize::try_from(count).unwrap_or(usize::MAX);
                let silent = asked.saturating_sub(round.answered);
                let (part, _) = crate::domain::percent_parts::percent_parts(
                    wide(round.answered),
                    [wide(silent)],
                );
                part.to_string()
            }
        };
        vec![
            Cell::new(format!("{period}{}", cycle_label(round.cycle))),
            Cell::new(chinese_day(round.opened_on)),
            Cell::new(round.due_on.map_or_else(|| "—".to_owned(), chinese_day)),
            Cell::new(round.asked),
            Cell::new(round.answered),
            Cell::new(rate),
        ]
    });
    Table {
        caption: "本期督办开展情况".to_owned(),
        columns: vec![
            Column::new("督办", 8, Align::Left),
            Column::new("开展日期", 6, Align::Centre),
            Column::new("应报日期", 6, Align::Centre),
            Column::new("应报单位", 3, Align::Right),
            Column::new("已报", 3, Align::Right),
            Column::new("答复率", 4, Align::Right),
        ],
        rows: rows.collect(),
    }
}

fn problems(snapshot: &BulletinSnapshot) -> Vec<Block> {
    let problems = snapshot.problems();
    if problems.is_empty() {
        return vec![Block::paragraph(
            "各单位没有亮红灯的分工，到期的应报事项均已答复。",
        )];
    }
    let red = problems.iter().filter(|one| !one.red.is_empty()).count();
    let silent = problems.iter().filter(|one| !one.unanswered.is_empty());
    let asks = snapshot.unanswered.len();
    let mut blocks = vec![Block::paragraph(format!(
        "共有 {} 个单位存在问题：{red} 个单位有亮红灯的分工，计 {} 项；{} 个单位有到期未答复的应报事项，计 {asks} 项。主要情况如下：",
        problems.len(),
        snapshot.lights.red,
        silent.count(),
    ))];
    let named = problems.iter().take(MOST_UNITS).map(|one| Paragraph {
        lead: format!("{}。", one.unit.name),
        text: problem_text(snapshot, one),
    });
    blocks.push(Block::Points {
        mark: PointMark::Bracketed,
        points: named.collect(),
    });
    if problems.len() > MOST_UNITS {
        blocks.push(Block::paragraph(format!(
            "其余 {} 个单位的问题见附件台账的问题清单。",
            problems.len() - MOST_UNITS
        )));
    }
    blocks
}

/// What one unit has to put right.
fn problem_text(snapshot: &BulletinSnapshot, one: &UnitProblems<'_>) -> String {
    let mut parts = Vec::new();
    if !one.red.is_empty() {
        let told = one.red.iter().take(MOST_RED);
        let told: Vec<String> = told.map(|row| red_told(snapshot, row)).collect();
        let etc = match one.red.len() > MOST_RED {
            true => "等",
            false => "",
        };
        parts.push(format!(
            "红灯 {} 项：{}{etc}",
            one.red.len(),
            told.join("；")
        ));
    }
    if !one.unanswered.is_empty() {
        let told = one.unanswered.iter().take(MOST_ASKS).map(|ask| {
            let due = chinese_day(ask.due_on);
            format!("{}（{due}到期）", ask.told())
        });
        let told: Vec<String> = told.collect();
        let etc = match one.unanswered.len() > MOST_ASKS {
            true => "等",
            false => "",
        };
        let count = one.unanswered.len();
        parts.push(format!("到期未答复 {count} 项：{}{etc}", told.join("、")));
    }
    format!("{}。", parts.join("。"))
}

/// 四(一)1 落实课堂常规（…，亮红灯）.
pub(super) fn red_told(snapshot: &BulletinSnapshot, row: &SnapshotAssignment) -> String {
    let task = usize::try_from(row.task).ok();
    let task = task.and_then(|at| snapshot.tasks.get(at));
    let name = task.map_or_else(String::new, |task| {
        format!("{} {}", task.number, task.title)
    });
    let why = row.why.as_deref().unwrap_or_default();
    format!("{}（{}）", name.trim_end_matches('。'), why)
}

/// The units in few lines, and where the numbers come from.
fn annex(told: &BulletinTold) -> Vec<Block> {
    let rows = told.snapshot.unit_groups();
    let mut columns = vec![
        Column::new("单位", 9, Align::Left),
        Column::new("分工", 3, Align::Right),
    ];
    columns.extend(Standing::ALL.map(|one| Column::new(one.label(), 3, Align::Right)));
    columns.push(Column::new("黄灯", 3, Align::Right));
    columns.push(Column::new("红灯", 3, Align::Right));
    let table = Table {
        caption: String::new(),
        columns,
        rows: rows.iter().map(group_row).collect(),
    };
    let source = format!(
        "数据截至{}。数据快照校验码（SHA-256）：{}",
        chinese_day(told.snapshot.as_of),
        told.sha256
    );
    vec![Block::Table(table), Block::FinePrint(source)]
}

fn group_row(group: &UnitGroupCounts) -> Vec<Cell> {
    let counts = &group.counts;
    let light = |count: u32, light: Light| Cell::coloured(count, (count > 0).then_some(light));
    let mut row = vec![Cell::new(&group.name), Cell::new(counts.standings.total())];
    row.extend(count_cells(&counts.standings));
    row.push(light(counts.lights.yellow, Light::Yellow));
    row.push(light(counts.lights.red, Light::Red));
    row
}
