//! The leaders' page 领导一页纸 as a document of one page. Its numbers are in `leader_page`.

use crate::domain::five_counts::FiveCounts;
use crate::domain::light::Light;
use crate::domain::local_time::chinese_day;
use crate::domain::official_document::{
    Align, Block, Cell, Column, HeadingLevel, OfficialDocument, Paragraph, PointMark, Table,
};
use crate::flow::leader_page::{LeaderPage, LiaisonUnits, RedUnit};

/// Characters of a title that are told.
const TITLE_CHARS: usize = 24;

/// The page as a document.
pub fn leader_page_document(page: &LeaderPage) -> OfficialDocument {
    let mut body = overall(page);
    body.extend(red(page));
    body.extend(liaisons(page));
    OfficialDocument {
        mark: None,
        reference: None,
        urgency: None,
        title: page.title(),
        recipients: Vec::new(),
        body,
        annexes: Vec::new(),
        signature: None,
        imprint: None,
    }
}

fn counts_told(counts: &FiveCounts) -> String {
    let parts = counts
        .parts()
        .map(|(standing, count, part)| format!("{} {count} 项（{part}）", standing.label()));
    parts.join("、")
}

fn overall(page: &LeaderPage) -> Vec<Block> {
    let until = chinese_day(page.as_of);
    let total = page.assignments.total();
    let text = match total {
        0 => format!("截至{until}，尚无已下发的任务。"),
        _ => format!(
            "截至{until}，任务 {} 项、分工 {total} 项：{}。绿灯 {}、黄灯 {}、红灯 {}。本月开展督办 {} 次；到期未答复 {} 项，涉及 {} 个单位。",
            page.tasks.total(),
            counts_told(&page.assignments),
            page.lights.green,
            page.lights.yellow,
            page.lights.red,
            page.rounds,
            page.overdue,
            page.overdue_units,
        ),
    };
    vec![
        Block::heading(HeadingLevel::One, "总体进展"),
        Block::paragraph(text),
    ]
}

fn red(page: &LeaderPage) -> Vec<Block> {
    let mut blocks = vec![Block::heading(HeadingLevel::One, "亮红灯的任务")];
    if page.red_tasks.is_empty() {
        blocks.push(Block::paragraph("没有亮红灯的任务。"));
        return blocks;
    }
    let points = page.red_tasks.iter().map(|task| Paragraph {
        lead: format!("{} {}。", task.number, shortened(&task.title)),
        text: format!("{}。", task.why),
    });
    blocks.push(Block::Points {
        mark: PointMark::Bracketed,
        points: points.collect(),
    });
    if page.more_red_tasks > 0 {
        let more = page.more_red_tasks;
        blocks.push(Block::paragraph(format!("另有 {more} 项任务亮红灯。")));
    }
    blocks
}

fn shortened(title: &str) -> String {
    match title.char_indices().nth(TITLE_CHARS) {
        None => title.trim_end_matches('。').to_owned(),
        Some((end, _)) => format!("{}……", title.get(..end).unwrap_or_default()),
    }
}

fn liaisons(page: &LeaderPage) -> Vec<Block> {
    let mut blocks = vec![
        Block::heading(HeadingLevel::One, "各联系领导的单位"),
        Block::Table(Table {
            caption: String::new(),
            columns: vec![
                Column::new("联系领导", 5, Align::Left),
                Column::new("单位", 2, Align::Right),
                Column::new("分工", 3, Align::Right),
                Column::new("欠进度", 3, Align::Right),
                Column::new("已完成", 3, Align::Right),
                Column::new("黄灯", 2, Align::Right),
                Column::new("红灯", 2, Align::Right),
                Column::new("逾期未答复", 4, Align::Right),
            ],
            rows: page
                .liaisons
                .iter()
                .map(|one| liaison_row(page, one))
                .collect(),
        }),
    ];
    if page.more_liaisons > 0 {
        let more = page.more_liaisons;
        blocks.push(Block::paragraph(format!(
            "另有 {more} 位领导的单位没有列出。"
        )));
    }
    if !page.red_units.is_empty() {
        let told: Vec<String> = page.red_units.iter().map(red_unit).collect();
        blocks.push(Block::Paragraph(Paragraph::led(
            "红灯较多的单位：",
            format!("{}。", told.join("、")),
        )));
    }
    blocks
}

fn liaison_row(page: &LeaderPage, one: &LiaisonUnits) -> Vec<Cell> {
    let name = match (one.leader.as_str(), page.reader.as_deref()) {
        ("", _) => "未确定".to_owned(),
        (leader, Some(reader)) if leader == reader => format!("{leader}（您联系的单位）"),
        (leader, _) => leader.to_owned(),
    };
    let light = |count: u32, light: Light| Cell::coloured(count, (count > 0).then_some(light));
    vec![
        Cell::new(name),
        Cell::new(one.units),
        Cell::new(one.standings.total()),
        Cell::new(one.standings.behind),
        Cell::new(one.standings.done),
        light(one.lights.yellow, Light::Yellow),
        light(one.lights.red, Light::Red),
        Cell::new(one.overdue),
    ]
}

/// 东区第一小学 3 项.
fn red_unit(unit: &RedUnit) -> String {
    format!("{} {} 项", unit.name, unit.red)
}
