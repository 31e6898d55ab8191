//! The results of an appraisal as an official document: what it says, part by part. The numbers are in
//! `appraisal_report`.

use crate::domain::appraisal::AppraisalState;
use crate::domain::decimal::Decimal;
use crate::domain::local_time::chinese_day;
use crate::domain::official_document::{
    Align, Annex, AnnexContent, Block, Cell, Column, HeadingLevel, OfficialDocument, Orientation,
    Signature, Table,
};
use crate::domain::score::{LineOf, ScoreLine};
use crate::domain::score_rules::{Counting, ScoreTable};
use crate::flow::appraisal_report::{AppraisalReport, RuleTold, ScoreTold, kind_label, line_label};
use crate::flow::term_report::About;

/// Rows of an annex on pages; more are read in Excel only.
const MOST_ANNEX_ROWS: usize = 1_000;

/// The results as a document.
pub fn appraisal_document(report: &AppraisalReport) -> OfficialDocument {
    let mut body = overall(report);
    body.extend(rules(report));
    OfficialDocument {
        mark: None,
        reference: None,
        urgency: None,
        title: report.title(),
        recipients: Vec::new(),
        body,
        annexes: vec![annex(report)],
        signature: match &report.about {
            About::Everyone { office } => Some(Signature {
                offices: vec![office.clone()],
                signed_on: report.made_on,
            }),
            About::CallersUnits => None,
        },
        imprint: None,
    }
}

/// The part at the top.
fn overall(report: &AppraisalReport) -> Vec<Block> {
    let mut blocks = vec![Block::heading(HeadingLevel::One, "总体情况")];
    if report.about == About::CallersUnits {
        blocks.push(Block::paragraph(
            "本材料只包括本单位及所属单位的得分，供对照改进。".to_owned(),
        ));
    }
    let table = &report.table;
    let mean = report
        .mean()
        .map_or_else(String::new, |mean| format!("，平均 {mean} 分"));
    blocks.push(Block::paragraph(format!(
        "{}考评按《{}》（第 {} 版）计分，满分 {} 分，共 {} 个单位{mean}。其中得满分九成及以上的 {} 个，八成及以上不足九成的 {} 个，六成及以上不足八成的 {} 个，不足六成的 {} 个。",
        report.year,
        report.rules_name,
        report.rules_version,
        table.full,
        report.units.len(),
        report.between(90, None),
        report.between(80, Some(90)),
        report.between(60, Some(80)),
        report.between(0, Some(60)),
    )));
    let day = chinese_day(report.made_on);
    blocks.push(Block::paragraph(match report.state {
        AppraisalState::Proposed => format!(
            "得分依据截至学年最后一天的记录，于{day}计算，正在公示。对本单位得分有异议的，请在确认之前写明理由提出，由督导办逐件答复。"
        ),
        AppraisalState::Confirmed => format!("得分依据截至学年最后一天的记录，已于{day}确认。"),
    }));
    blocks.push(Block::paragraph(
        "得分只反映报送和办理的纪律，不作为约谈、黄牌、红牌的依据。".to_owned(),
    ));
    blocks
}

/// The table that was counted by, and what it came to.
fn rules(report: &AppraisalReport) -> Vec<Block> {
    let table = &report.table;
    let kinds: Vec<&str> = table.kinds.iter().map(|kind| kind_label(*kind)).collect();
    vec![
        Block::heading(HeadingLevel::One, "计分办法和扣分情况"),
        Block::paragraph(format!(
            "适用于{}。基础分 {} 分，最低 {} 分；按比例得分的，没有相应事项的单位得满该项分值。",
            kinds.join("、"),
            table.base,
            table.least,
        )),
        Block::Table(Table {
            caption: "各项计分规则和扣分情况".to_owned(),
            columns: vec![
                Column::new("项目", 6, Align::Left),
                Column::new("计分", 7, Align::Left),
                Column::new("失分单位", 3, Align::Right),
                Column::new("失分次数", 3, Align::Right),
            ],
            rows: report.rules().iter().map(rule_row).collect(),
        }),
        Block::FinePrint(format!("计分依据校验码（SHA-256）：{}", report.input_hash)),
    ]
}

fn rule_row(rule: &RuleTold) -> Vec<Cell> {
    vec![
        Cell::new(rule.subject.label().to_owned()),
        Cell::new(rule_told(rule)),
        Cell::new(rule.units.to_string()),
        Cell::new(rule.times.to_string()),
    ]
}

/// How a rule counts, in words.
fn rule_told(rule: &RuleTold) -> String {
    let points = rule.points;
    match (rule.subject.counting(), rule.most) {
        (Counting::Share, _) => format!("按比例得分，满分 {points} 分"),
        (Counting::Each, None) => format!("每次扣 {points} 分"),
        (Counting::Each, Some(most)) => format!("每次扣 {points} 分，最多 {most} 分"),
    }
}

/// Every unit's score; in a file of its own where there are very many.
fn annex(report: &AppraisalReport) -> Annex {
    let content = match report.units.len() {
        0 => AnnexContent::Pages {
            orientation: Orientation::Portrait,
            blocks: vec![Block::paragraph("没有单位需要计分。".to_owned())],
        },
        more if more > MOST_ANNEX_ROWS => AnnexContent::File,
        _ => {
            let mut columns = vec![
                Column::new("单位", 6, Align::Left),
                Column::new("类别", 3, Align::Left),
                Column::new("得分", 2, Align::Right),
            ];
            if report.ranked {
                columns.push(Column::new("同学段名次", 3, Align::Centre));
            }
            columns.push(Column::new("失分情况", 10, Align::Left));
            AnnexContent::Pages {
                orientation: Orientation::Landscape,
                blocks: vec![Block::Table(Table {
                    caption: String::new(),
                    columns,
                    rows: report
                        .units
                        .iter()
                        .map(|unit| unit_row(report, unit))
                        .collect(),
                })],
            }
        }
    };
    Annex {
        title: "各单位得分".to_owned(),
        content,
    }
}

fn unit_row(report: &AppraisalReport, unit: &ScoreTold) -> Vec<Cell> {
    let mut row = vec![
        Cell::new(unit.name.clone()),
        Cell::new(unit.kind.clone()),
        Cell::new(unit.score.total.to_string()),
    ];
    if report.ranked {
        let place = unit.place.map(|one| format!("{}/{}", one.place, one.among));
        row.push(Cell::new(place.unwrap_or_else(|| "—".to_owned())));
    }
    row.push(Cell::new(losses(&report.table, unit)));
    row
}

/// Where a unit lost points, in words.
fn losses(table: &ScoreTable, unit: &ScoreTold) -> String {
    let told = unit.score.lines.iter().filter_map(|line| loss(table, line));
    let told: Vec<String> = told.collect();
    match told.is_empty() {
        true => "没有失分".to_owned(),
        false => told.join("；"),
    }
}

fn loss(table: &ScoreTable, line: &ScoreLine) -> Option<String> {
    let label = line_label(line.of);
    let LineOf::Rule(subject) = line.of else {
        return Some(format!("{label} {} 分", signed(line.points)));
    };
    let rule = table.rules.iter().find(|rule| rule.subject == subject)?;
    let (good, bad) = (line.good.len(), line.bad.len());
    match subject.counting() {
        Counting::Share if line.points < rule.points => Some(format!(
            "{label} {good}/{}，得 {} 分",
            good + bad,
            line.points
        )),
        Counting::Each if line.points < Decimal::ZERO => {
            let bound = match line.is_bounded {
                true => "（已到上限）",
                false => "",
            };
            Some(format!("{label} {bad} 次，{} 分{bound}", line.points))
        }
        Counting::Share | Counting::Each => None,
    }
}

fn signed(points: Decimal) -> String {
    match points > Decimal::ZERO {
        true => format!("+{points}"),
        false => points.to_string(),
    }
}
