//! The term report 监测报告 as an official document: what it says, part by part. The numbers are in `term_report`.

use crate::domain::attainment::{Attainment, Trend, amount, period_before};
use crate::domain::decimal::Decimal;
use crate::domain::light::Light;
use crate::domain::local_time::chinese_day;
use crate::domain::official_document::{
    Align, Annex, AnnexContent, Block, Cell, Column, HeadingLevel, OfficialDocument, Orientation,
    Paragraph, PointMark, Signature, Table,
};
use crate::domain::value_summary::ValueSummary;
use crate::flow::term_report::{About, IndicatorTold, TermReport, UnitTold};
use crate::flow::weigh_values::{Tally, Weighed};

/// Units named for one indicator, of those that need a look and of those that told nothing; the annex has all.
const MOST_NAMED: usize = 30;
/// Rows of an annex on pages; more are read in Excel only.
const MOST_ANNEX_ROWS: usize = 1_000;
/// What stands where there is no number.
const NONE: &str = "—";

/// The report as a document.
pub fn report_document(report: &TermReport) -> OfficialDocument {
    let mut body = overall(report);
    body.extend(tables(report));
    body.extend(looked_at(report));
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

/// The part at the top: everything together.
fn overall(report: &TermReport) -> Vec<Block> {
    let (tally, parts) = (report.tally(), report.tally().parts());
    let before = period_before(report.period.frequency());
    let mut blocks = vec![Block::heading(HeadingLevel::One, "总体情况")];
    if report.about == About::CallersUnits {
        blocks.push(Block::paragraph(
            "本报告只包括本单位及所属单位的数据，供对照改进，不作为全部单位的监测结论。".to_owned(),
        ));
    }
    let state = match report.open {
        true => "填报尚未截止，",
        false => "",
    };
    blocks.push(Block::paragraph(format!(
        "{}共监测 {} 项指标，涉及 {} 个单位，应报数据 {} 项。截至{}，{state}已报 {} 项。其中达标 {} 项，占应报的 {}；未达标 {} 项，占 {}；未填报 {} 项，占 {}。",
        report.period.label(),
        report.indicators.len(),
        report.units,
        tally.asked,
        chinese_day(report.made_on),
        tally.answered,
        tally.attained,
        parts.attained,
        tally.not_attained,
        parts.not_attained,
        tally.missing,
        parts.missing,
    )));
    blocks.push(Block::paragraph(match report.before {
        None => format!("{before}没有监测数据，不作比较。"),
        Some(last) => format!(
            "{before}应报数据 {} 项，达标 {} 项，占 {}；未达标 {} 项，占 {}；未填报 {} 项，占 {}。{}。",
            last.asked,
            last.attained,
            last.parts().attained,
            last.not_attained,
            last.parts().not_attained,
            last.missing,
            last.parts().missing,
            match tally.falling {
                0 => format!("与{before}相比，没有数据变差"),
                falling => format!("与{before}相比，本期有 {falling} 项数据变差"),
            },
        ),
    }));
    let proposed = report.indicators.iter().filter(|one| !one.confirmed);
    let proposed: Vec<&str> = proposed.map(|one| one.name.as_str()).collect();
    if !proposed.is_empty() {
        blocks.push(Block::paragraph(format!(
            "{}由系统从方案原文读出，尚未经人工确认。",
            proposed.join("、")
        )));
    }
    blocks
}

/// Two tables: how many units attain each indicator, and where their values lie.
fn tables(report: &TermReport) -> Vec<Block> {
    let before = period_before(report.period.frequency());
    let counts = Table {
        caption: "各项指标达标情况".to_owned(),
        columns: vec![
            Column::new("指标", 5, Align::Left),
            Column::new("目标", 4, Align::Left),
            Column::new("应报单位", 2, Align::Right),
            Column::new("达标", 2, Align::Right),
            Column::new("未达标", 2, Align::Right),
            Column::new("未填报", 2, Align::Right),
            Column::new("达标率", 3, Align::Right),
            Column::new(&format!("{before}达标率"), 3, Align::Right),
        ],
        rows: report.indicators.iter().map(count_row).collect(),
    };
    let values = Table {
        caption: "各项指标数值".to_owned(),
        columns: vec![
            Column::new("指标", 5, Align::Left),
            Column::new("已报单位", 2, Align::Right),
            Column::new("最低", 3, Align::Right),
            Column::new("平均", 3, Align::Right),
            Column::new("中位数", 3, Align::Right),
            Column::new("最高", 3, Align::Right),
            Column::new(&format!("{before}平均"), 3, Align::Right),
        ],
        rows: report.indicators.iter().map(value_row).collect(),
    };
    vec![
        Block::heading(HeadingLevel::One, "各项指标情况"),
        Block::Table(counts),
        Block::paragraph("达标率为达标单位数占应报单位数的百分比。".to_owned()),
        Block::Table(values),
        Block::paragraph(
            "平均为各单位数值的简单平均；不足两个单位填报的，不计平均和中位数。".to_owned(),
        ),
    ]
}

fn count_row(one: &IndicatorTold) -> Vec<Cell> {
    let share = |tally: &Tally| tally.parts().attained.to_string();
    let last = one.before.as_ref().map(|(tally, _)| share(tally));
    vec![
        Cell::new(one.name.clone()),
        Cell::new(one.target.clone()),
        Cell::new(one.tally.asked.to_string()),
        Cell::new(one.tally.attained.to_string()),
        Cell::new(one.tally.not_attained.to_string()),
        Cell::new(one.tally.missing.to_string()),
        Cell::new(share(&one.tally)),
        Cell::new(last.unwrap_or_else(|| NONE.to_owned())),
    ]
}

fn value_row(one: &IndicatorTold) -> Vec<Cell> {
    let told = |number: Option<Decimal>| Cell::new(shown(number, one.measured_in.as_deref()));
    let values = one.values.as_ref();
    let middle = values.and_then(|values| values.middle);
    let last = one.before.as_ref().and_then(|(_, values)| values.as_ref());
    let last = last.and_then(|values: &ValueSummary| values.middle);
    vec![
        Cell::new(one.name.clone()),
        Cell::new(one.tally.answered.to_string()),
        told(values.map(|values| values.least)),
        told(middle.map(|middle| middle.mean)),
        told(middle.map(|middle| middle.median)),
        told(values.map(|values| values.greatest)),
        told(last.map(|middle| middle.mean)),
    ]
}

/// The units that need a look, by indicator, with their sentences.
fn looked_at(report: &TermReport) -> Vec<Block> {
    let mut blocks = vec![Block::heading(HeadingLevel::One, "需要关注的情况")];
    for one in &report.indicators {
        let is_named = |unit: &&UnitTold| unit.weighed.is_worrying();
        let named: Vec<&UnitTold> = one.units.iter().filter(is_named).collect();
        let silent = one.units.iter().filter(|unit| unit.weighed.value.is_none());
        let silent: Vec<&str> = silent.map(|unit| unit.name.as_str()).collect();
        if named.is_empty() && silent.is_empty() {
            continue;
        }
        blocks.push(Block::heading(HeadingLevel::Two, &one.name));
        if !named.is_empty() {
            let points = named.iter().take(MOST_NAMED);
            let points = points.map(|unit| Paragraph {
                lead: format!("{}：", unit.name),
                text: format!("{}。", unit.weighed.sentence),
            });
            blocks.push(Block::Points {
                mark: PointMark::Bracketed,
                points: points.collect(),
            });
        }
        if named.len() > MOST_NAMED {
            let more = named.len() - MOST_NAMED;
            blocks.push(Block::paragraph(format!(
                "此外还有 {more} 个单位未达标或变差，见附件。"
            )));
        }
        if !silent.is_empty() {
            let named = silent.iter().take(MOST_NAMED).copied();
            let named: Vec<&str> = named.collect();
            let etc = match silent.len() > MOST_NAMED {
                true => "等",
                false => "",
            };
            let count = silent.len();
            blocks.push(Block::paragraph(format!(
                "{count} 个单位尚未填报：{}{etc}。",
                named.join("、")
            )));
        }
    }
    if blocks.len() == 1 {
        let before = period_before(report.period.frequency());
        blocks.push(Block::paragraph(format!(
            "各单位均已填报并达到目标，没有比{before}变差的。"
        )));
    }
    blocks
}

impl Weighed {
    /// Whether the value misses its target, or is worse than the one before.
    pub fn is_worrying(&self) -> bool {
        self.attainment == Attainment::NotAttained || self.trend == Some(Trend::Falling)
    }

    /// How it stands against the target, in words.
    pub fn attainment_told(&self) -> &'static str {
        match self.attainment {
            Attainment::Attained => "达标",
            Attainment::NotAttained => "未达标",
            Attainment::NoValue => "未填报",
        }
    }

    /// How it stands against the value before, in words.
    pub fn trend_told(&self) -> &'static str {
        match self.trend {
            Some(Trend::Rising) => "变好",
            Some(Trend::Falling) => "变差",
            Some(Trend::Same) => "持平",
            Some(Trend::NoEarlierValue) | None => NONE,
        }
    }

    /// The colour that repeats [`Self::attainment_told`].
    pub fn attainment_light(&self) -> Option<Light> {
        match self.attainment {
            Attainment::NotAttained => Some(Light::Red),
            Attainment::Attained | Attainment::NoValue => None,
        }
    }

    /// The colour that repeats [`Self::trend_told`].
    pub fn trend_light(&self) -> Option<Light> {
        match self.trend {
            Some(Trend::Falling) => Some(Light::Yellow),
            Some(Trend::Rising | Trend::Same | Trend::NoEarlierValue) | None => None,
        }
    }
}

/// Every unit's value; in a file of its own where there are very many.
fn annex(report: &TermReport) -> Annex {
    let rows: usize = report.indicators.iter().map(|one| one.units.len()).sum();
    let before = period_before(report.period.frequency());
    let content = match rows > MOST_ANNEX_ROWS {
        true => AnnexContent::File,
        false => AnnexContent::Pages {
            orientation: Orientation::Landscape,
            blocks: vec![Block::Table(Table {
                caption: String::new(),
                columns: vec![
                    Column::new("指标", 5, Align::Left),
                    Column::new("单位", 6, Align::Left),
                    Column::new("目标", 4, Align::Left),
                    Column::new("数值", 3, Align::Right),
                    Column::new(&format!("{before}数值"), 3, Align::Right),
                    Column::new("是否达标", 3, Align::Centre),
                    Column::new(&format!("与{before}相比"), 3, Align::Centre),
                ],
                rows: report.indicators.iter().flat_map(unit_rows).collect(),
            })],
        },
    };
    Annex {
        title: "各单位监测数值".to_owned(),
        content,
    }
}

fn unit_rows(one: &IndicatorTold) -> impl Iterator<Item = Vec<Cell>> {
    one.units.iter().map(|unit| {
        let told = |number| Cell::new(shown(number, one.measured_in.as_deref()));
        let weighed = &unit.weighed;
        vec![
            Cell::new(one.name.clone()),
            Cell::new(unit.name.clone()),
            Cell::new(one.target.clone()),
            told(weighed.value),
            told(weighed.last),
            Cell::coloured(weighed.attainment_told(), weighed.attainment_light()),
            Cell::coloured(weighed.trend_told(), weighed.trend_light()),
        ]
    })
}

fn shown(number: Option<Decimal>, measured_in: Option<&str>) -> String {
    number.map_or_else(|| NONE.to_owned(), |number| amount(number, measured_in))
}

#[cfg(test)]
#[path = "term_report_tests.rs"]
mod tests;
