//! The results of an appraisal as sheets, for whoever goes on counting: every unit's score with its rules side by side, and
//! line by line. The numbers are in `appraisal_report`.

use crate::documents::sheet_out::{ColumnKind, SheetCell, SheetColumn, SheetOut, SheetValue};
use crate::domain::decimal::Decimal;
use crate::domain::score::{LineOf, ScoreLine};
use crate::flow::appraisal_report::{AppraisalReport, ScoreTold, line_label};

/// The results as sheets.
pub fn appraisal_sheets(report: &AppraisalReport) -> Vec<SheetOut> {
    vec![scores(report), lines(report)]
}

fn scores(report: &AppraisalReport) -> SheetOut {
    let mut columns = vec![
        SheetColumn::new("单位代码", 12, ColumnKind::Text),
        SheetColumn::new("单位", 28, ColumnKind::LongText),
        SheetColumn::new("类别", 14, ColumnKind::Text),
        SheetColumn::new("得分", 10, ColumnKind::Number),
    ];
    if report.ranked {
        columns.push(SheetColumn::new("同学段名次", 12, ColumnKind::Number));
        columns.push(SheetColumn::new("同学段学校数", 14, ColumnKind::Number));
    }
    let subjects: Vec<LineOf> = report
        .table
        .rules
        .iter()
        .map(|rule| LineOf::Rule(rule.subject))
        .chain([LineOf::Objection])
        .collect();
    columns.extend(
        subjects
            .iter()
            .map(|of| SheetColumn::new(line_label(*of), 14, ColumnKind::Number)),
    );
    let row = |unit: &ScoreTold| {
        let mut row = vec![
            SheetCell::text(&unit.code),
            SheetCell::text(&unit.name),
            SheetCell::text(&unit.kind),
            number(unit.score.total),
        ];
        if report.ranked {
            row.push(SheetCell::count(unit.place.map(|one| one.place)));
            row.push(SheetCell::count(unit.place.map(|one| one.among)));
        }
        row.extend(subjects.iter().map(|of| {
            let lines = unit.score.lines.iter().filter(|line| line.of == *of);
            let sum = lines.fold(0_i64, |sum, line| sum.saturating_add(line.points.micros()));
            number(Decimal::of_micros(sum))
        }));
        row
    };
    SheetOut {
        name: "各单位得分".to_owned(),
        columns,
        rows: report.units.iter().map(row).collect(),
    }
}

fn lines(report: &AppraisalReport) -> SheetOut {
    let row = |unit: &ScoreTold, line: &ScoreLine| {
        vec![
            SheetCell::text(&unit.code),
            SheetCell::text(&unit.name),
            SheetCell::text(line_label(line.of)),
            number(line.points),
            SheetCell::count(Some(line.good.len())),
            SheetCell::count(Some(line.bad.len())),
            SheetCell::text(match line.is_bounded {
                true => "是",
                false => "",
            }),
        ]
    };
    let rows = report
        .units
        .iter()
        .flat_map(|unit| unit.score.lines.iter().map(move |line| row(unit, line)));
    SheetOut {
        name: "计分明细".to_owned(),
        columns: vec![
            SheetColumn::new("单位代码", 12, ColumnKind::Text),
            SheetColumn::new("单位", 28, ColumnKind::LongText),
            SheetColumn::new("项目", 24, ColumnKind::Text),
            SheetColumn::new("得分或扣分", 12, ColumnKind::Number),
            SheetColumn::new("符合的事项数", 14, ColumnKind::Number),
            SheetColumn::new("不符合的事项数", 16, ColumnKind::Number),
            SheetColumn::new("已到扣分上限", 14, ColumnKind::Text),
        ],
        rows: rows.collect(),
    }
}

fn number(number: Decimal) -> SheetCell {
    SheetValue::Number(number.to_float()).into()
}
