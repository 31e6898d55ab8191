//! The results of an appraisal as sheets, for whoever goes on counting: every unit's score with its rules side by side, and
//! line by line. The numbers are in `appraisal_report`.

use crate::documents::sheet_out::{
    ColumnKind, ColumnShown, SheetCell, SheetColumn, SheetOut, SheetValue,
};
use crate::domain::decimal::Decimal;
use crate::domain::score::{LineOf, ScoreLine};
use crate::flow::appraisal_report::{AppraisalReport, ScoreTold, line_label};

/// The results as sheets.
pub fn appraisal_sheets(report: &AppraisalReport) -> Vec<SheetOut> {
    vec![scores(report), lines(report)]
}

fn scores(report: &AppraisalReport) -> SheetOut {
    let mut columns = vec![
        column("单位代码", 12, ColumnKind::Text),
        column("单位", 28, ColumnKind::LongText),
        column("类别", 14, ColumnKind::Text),
        column("得分", 10, ColumnKind::Number),
    ];
    if report.ranked {
        columns.push(column("同学段名次", 12, ColumnKind::Number));
        columns.push(column("同学段学校数", 14, ColumnKind::Number));
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
            .map(|of| column(line_label(*of), 14, ColumnKind::Number)),
    );
    let row = |unit: &ScoreTold| {
        let mut row = vec![
            text(&unit.code),
            text(&unit.name),
            text(&unit.kind),
            number(unit.score.total),
        ];
        if report.ranked {
            row.push(counted(unit.place.map(|one| one.place)));
            row.push(counted(unit.place.map(|one| one.among)));
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
            text(&unit.code),
            text(&unit.name),
            text(line_label(line.of)),
            number(line.points),
            counted(Some(line.good.len())),
            counted(Some(line.bad.len())),
            text(match line.is_bounded {
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
            column("单位代码", 12, ColumnKind::Text),
            column("单位", 28, ColumnKind::LongText),
            column("项目", 24, ColumnKind::Text),
            column("得分或扣分", 12, ColumnKind::Number),
            column("符合的事项数", 14, ColumnKind::Number),
            column("不符合的事项数", 16, ColumnKind::Number),
            column("已到扣分上限", 14, ColumnKind::Text),
        ],
        rows: rows.collect(),
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

fn number(number: Decimal) -> SheetCell {
    SheetValue::Number(number.to_float()).into()
}

fn counted(count: Option<usize>) -> SheetCell {
    // No unit has more rows than that.
    let count = count.and_then(|count| u32::try_from(count).ok());
    let value = count.map_or(SheetValue::Blank, |count| {
        SheetValue::Number(f64::from(count))
    });
    value.into()
}
