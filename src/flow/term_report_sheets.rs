//! The term report 监测报告 as sheets, for whoever goes on counting: everything together, the indicators, every unit's value.
//! The numbers are in `term_report`.

use crate::documents::sheet_out::{
    ColumnKind, ColumnShown, SheetCell, SheetColumn, SheetOut, SheetValue,
};
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
            text(name),
            counted(Some(count(&now))),
            percent(share(&now)),
            counted(last.as_ref().map(count)),
            percent(last.as_ref().and_then(share)),
        ]
    };
    SheetOut {
        name: "总体情况".to_owned(),
        columns: vec![
            column("项目", 14, ColumnKind::Text),
            column("本期", 10, ColumnKind::Number),
            column("占应报", 10, ColumnKind::Percent),
            column(before, 10, ColumnKind::Number),
            column(&format!("{before}占应报"), 14, ColumnKind::Percent),
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
    let number = |header: &str| column(header, 10, ColumnKind::Number);
    SheetOut {
        name: "各项指标".to_owned(),
        columns: vec![
            column("指标", 30, ColumnKind::LongText),
            column("目标", 16, ColumnKind::Text),
            column("计量单位", 10, ColumnKind::Text),
            number("应报单位"),
            number("已报"),
            number("达标"),
            number("未达标"),
            number("未填报"),
            number("变差"),
            column("达标率", 10, ColumnKind::Percent),
            column(&format!("{before}达标率"), 14, ColumnKind::Percent),
            number("最低"),
            number("平均"),
            number("中位数"),
            number("最高"),
            column(&format!("{before}平均"), 14, ColumnKind::Number),
            column("是否经人工确认", 16, ColumnKind::Text),
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
        text(&one.name),
        text(&one.target),
        text(one.measured_in.as_deref().unwrap_or_default()),
        counted(Some(tally.asked)),
        counted(Some(tally.answered)),
        counted(Some(tally.attained)),
        counted(Some(tally.not_attained)),
        counted(Some(tally.missing)),
        counted(Some(tally.falling)),
        percent(Some(tally.parts().attained)),
        percent(last.map(|(tally, _)| tally.parts().attained)),
        number(values.map(|values| values.least)),
        number(middle.map(|middle| middle.mean)),
        number(middle.map(|middle| middle.median)),
        number(values.map(|values| values.greatest)),
        number(last_middle.map(|middle| middle.mean)),
        text(match one.confirmed {
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
            column("指标", 30, ColumnKind::LongText),
            column("单位代码", 12, ColumnKind::Text),
            column("单位", 28, ColumnKind::LongText),
            column("目标", 16, ColumnKind::Text),
            column("数值", 10, ColumnKind::Number),
            column(&format!("{before}数值"), 14, ColumnKind::Number),
            column("是否达标", 10, ColumnKind::Text),
            column(&format!("与{before}相比"), 14, ColumnKind::Text),
            column("说明", 60, ColumnKind::LongText),
            column("单位的说明", 40, ColumnKind::LongText),
        ],
        rows: rows.collect(),
    }
}

fn unit_row(one: &IndicatorTold, unit: &UnitTold) -> Vec<SheetCell> {
    let weighed = &unit.weighed;
    vec![
        text(&one.name),
        text(&unit.code),
        text(&unit.name),
        text(&one.target),
        number(weighed.value),
        number(weighed.last),
        SheetCell {
            value: SheetValue::Text(weighed.attainment_told().to_owned()),
            light: weighed.attainment_light(),
        },
        SheetCell {
            value: SheetValue::Text(weighed.trend_told().to_owned()),
            light: weighed.trend_light(),
        },
        text(&weighed.sentence),
        text(unit.note.as_deref().unwrap_or_default()),
    ]
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

fn counted(count: Option<usize>) -> SheetCell {
    // No round asks for more than that.
    let count = count.and_then(|count| u32::try_from(count).ok());
    let value = count.map_or(SheetValue::Blank, |count| {
        SheetValue::Number(f64::from(count))
    });
    value.into()
}
