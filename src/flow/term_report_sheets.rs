//! The term report 监测报告 as sheets, for whoever goes on counting: everything together, the indicators, every unit's value.
//! The numbers are in `term_report`.

use crate::documents::sheet_out::{ColumnKind, SheetCell, SheetColumn, SheetOut, SheetValue};
use crate::domain::attainment::period_before;
use crate::domain::decimal::Decimal;
use crate::domain::percent_parts::Tenths;
use crate::flow::term_report::{IndicatorTold, TermReport, UnitTold};
use crate::flow::weigh_values::Tally;

/// The report as sheets.
pub fn report_sheets(report: &TermReport) -> Vec<SheetOut> {
    vec![overall(report), indicators(report), units(report)]
}

fn overall(report: &TermReport) -> SheetOut {
    let before = period_before(report.period.frequency());
    let (now, last) = (report.tally(), report.before);
    let row = |name: &str, count: fn(&Tally) -> usize, share: fn(&Tally) -> Option<Tenths>| {
        vec![
            SheetCell::text(name),
            SheetCell::count(Some(count(&now))),
            percent(share(&now)),
            SheetCell::count(last.as_ref().map(count)),
            percent(last.as_ref().and_then(share)),
        ]
    };
    SheetOut {
        name: "总体情况".to_owned(),
        columns: vec![
            SheetColumn::new("项目", 14, ColumnKind::Text),
            SheetColumn::new("本期", 10, ColumnKind::Number),
            SheetColumn::new("占应报", 10, ColumnKind::Percent),
            SheetColumn::new(before, 10, ColumnKind::Number),
            SheetColumn::new(&format!("{before}占应报"), 14, ColumnKind::Percent),
        ],
        rows: vec![
            row("应报", |one| one.asked, |_| None),
            row("已报", |one| one.answered, |_| None),
            row("达标", |one| one.attained, |one| Some(one.parts().attained)),
            row(
                "未达标",
                |one| one.not_attained,
                |one| Some(one.parts().not_attained),
            ),
            row("未填报", |one| one.missing, |one| Some(one.parts().missing)),
            row("变差", |one| one.falling, |_| None),
        ],
    }
}

fn indicators(report: &TermReport) -> SheetOut {
    let before = period_before(report.period.frequency());
    let number = |header: &str| SheetColumn::new(header, 10, ColumnKind::Number);
    SheetOut {
        name: "各项指标".to_owned(),
        columns: vec![
            SheetColumn::new("指标", 30, ColumnKind::LongText),
            SheetColumn::new("目标", 16, ColumnKind::Text),
            SheetColumn::new("计量单位", 10, ColumnKind::Text),
            number("应报单位"),
            number("已报"),
            number("达标"),
            number("未达标"),
            number("未填报"),
            number("变差"),
            SheetColumn::new("达标率", 10, ColumnKind::Percent),
            SheetColumn::new(&format!("{before}达标率"), 14, ColumnKind::Percent),
            number("最低"),
            number("平均"),
            number("中位数"),
            number("最高"),
            SheetColumn::new(&format!("{before}平均"), 14, ColumnKind::Number),
            SheetColumn::new("是否经人工确认", 16, ColumnKind::Text),
        ],
        rows: report.indicators.iter().map(indicator_row).collect(),
    }
}

fn indicator_row(one: &IndicatorTold) -> Vec<SheetCell> {
    let tally = &one.tally;
    let values = one.values.as_ref();
    let middle = values.and_then(|values| values.middle);
    let last = one.before.as_ref();
    let last_middle = last.and_then(|(_, values)| values.as_ref()?.middle);
    vec![
        SheetCell::text(&one.name),
        SheetCell::text(&one.target),
        SheetCell::text(one.measured_in.as_deref().unwrap_or_default()),
        SheetCell::count(Some(tally.asked)),
        SheetCell::count(Some(tally.answered)),
        SheetCell::count(Some(tally.attained)),
        SheetCell::count(Some(tally.not_attained)),
        SheetCell::count(Some(tally.missing)),
        SheetCell::count(Some(tally.falling)),
        percent(Some(tally.parts().attained)),
        percent(last.map(|(tally, _)| tally.parts().attained)),
        number(values.map(|values| values.least)),
        number(middle.map(|middle| middle.mean)),
        number(middle.map(|middle| middle.median)),
        number(values.map(|values| values.greatest)),
        number(last_middle.map(|middle| middle.mean)),
        SheetCell::text(match one.confirmed {
            true => "是",
            false => "否",
        }),
    ]
}

fn units(report: &TermReport) -> SheetOut {
    let before = period_before(report.period.frequency());
    let rows = report.indicators.iter().flat_map(|one| {
        let units = one.units.iter();
        units.map(move |unit| unit_row(one, unit))
    });
    SheetOut {
        name: "各单位数值".to_owned(),
        columns: vec![
            SheetColumn::new("指标", 30, ColumnKind::LongText),
            SheetColumn::new("单位代码", 12, ColumnKind::Text),
            SheetColumn::new("单位", 28, ColumnKind::LongText),
            SheetColumn::new("目标", 16, ColumnKind::Text),
            SheetColumn::new("数值", 10, ColumnKind::Number),
            SheetColumn::new(&format!("{before}数值"), 14, ColumnKind::Number),
            SheetColumn::new("是否达标", 10, ColumnKind::Text),
            SheetColumn::new(&format!("与{before}相比"), 14, ColumnKind::Text),
            SheetColumn::new("说明", 60, ColumnKind::LongText),
            SheetColumn::new("单位的说明", 40, ColumnKind::LongText),
        ],
        rows: rows.collect(),
    }
}

fn unit_row(one: &IndicatorTold, unit: &UnitTold) -> Vec<SheetCell> {
    let weighed = &unit.weighed;
    vec![
        SheetCell::text(&one.name),
        SheetCell::text(&unit.code),
        SheetCell::text(&unit.name),
        SheetCell::text(&one.target),
        number(weighed.value),
        number(weighed.last),
        SheetCell::coloured(weighed.attainment_told(), weighed.attainment_light()),
        SheetCell::coloured(weighed.trend_told(), weighed.trend_light()),
        SheetCell::text(&weighed.sentence),
        SheetCell::text(unit.note.as_deref().unwrap_or_default()),
    ]
}

fn number(number: Option<Decimal>) -> SheetCell {
    let value = number.map_or(SheetValue::Blank, |one| SheetValue::Number(one.to_float()));
    value.into()
}

fn percent(part: Option<Tenths>) -> SheetCell {
    let value = part.map_or(SheetValue::Blank, |part| {
        SheetValue::Number(part.fraction())
    });
    value.into()
}
