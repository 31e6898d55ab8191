//! The sheet in which a unit fills in what a monitoring asks of it: what stands in the template, and whether what comes
//! back can be taken, cell by cell and all or nothing. What the cells hold is read in `documents::value_template`; the
//! values are written down by `answer_obligation`, which checks them once more.

use crate::documents::reading::Unreadable;
use crate::documents::value_template::{
    CellFault, FilledRow, FilledTemplate, TemplateRow, value_template,
};
use crate::domain::decimal::Decimal;
use crate::domain::ids::{IndicatorId, ObligationId, UnitId};
use crate::domain::indicator::is_share;
use crate::flow::read_upload::unreadable_file;
use crate::flow::refusal::WrongField;
use crate::flow::told_values::{Place, ToldValue, impossible};
use crate::flow::weigh_values::KnownValues;
use crate::flow::{Ctx, FlowError, RefusalCode};
use crate::storage::indicators::{self, Indicator};
use crate::storage::{indicator_values, obligations};
use std::collections::{BTreeSet, HashMap};

/// Characters of a note, as in a body.
const LONGEST_NOTE: usize = 1_000;

/// The template of an obligation, with what the unit has told already and the values of the period before.
///
/// # Errors
/// [`FlowError::Refused`] where nothing of the kind is asked.
pub async fn template_of(ctx: &Ctx, id: ObligationId, unit: UnitId) -> Result<Vec<u8>, FlowError> {
    let db = &ctx.db;
    let asked = indicator_values::asked(db, &[id]).await?;
    let ids: BTreeSet<IndicatorId> = asked.iter().map(|one| one.indicator_id).collect();
    if ids.is_empty() {
        return Err(nothing_asked());
    }
    let known = indicators::with_ids(db, ids.iter().copied()).await?;
    let units = BTreeSet::from([unit]);
    let periods = asked.iter().map(|one| one.period);
    let values = KnownValues::of(db, &ids, Some(&units), periods).await?;
    let rows = asked.iter().filter_map(|one| {
        // The schema keeps what an item asks for.
        let indicator = known.get(&one.indicator_id)?;
        let measured_in = indicator.measured_in.clone();
        let told = values.at(indicator.id, unit, one.period);
        Some(TemplateRow {
            obligation_id: id,
            indicator_id: indicator.id,
            name: shown_name(indicator).to_owned(),
            target: indicator.target_in(one.period).told(measured_in.as_deref()),
            measured_in,
            last: values.before(indicator.id, unit, one.period),
            value: told.map(|one| one.value),
            note: told.and_then(|one| one.note.clone()),
        })
    });
    let rows: Vec<TemplateRow> = rows.collect();
    value_template(&rows, ctx.now().today)
        .map_err(|error| FlowError::refused(RefusalCode::Unprintable, error.to_string()))
}

/// The values of a filled template of this obligation.
///
/// # Errors
/// [`FlowError::Refused`] with every cell that cannot be taken (its field is the cell: `G4`), or `file` where it cannot be
/// read at all.
pub async fn values_in(
    ctx: &Ctx,
    id: ObligationId,
    name: String,
    bytes: bytes::Bytes,
) -> Result<Vec<ToldValue>, FlowError> {
    let filled = ctx.read(&name, bytes, |error| unreadable(&name, error));
    let filled: FilledTemplate = filled.await?;
    let asked = obligations::items(&ctx.db, &[id]).await?;
    let asked = asked.into_iter().filter_map(|item| item.indicator_id);
    let asked = indicators::with_ids(&ctx.db, asked.map(IndicatorId)).await?;
    if asked.is_empty() {
        return Err(nothing_asked());
    }
    judge(id, &asked, filled)
}

/// A file that cannot be read; where one cell is why, the refusal is about it.
fn unreadable(name: &str, error: Unreadable) -> FlowError {
    let text = format!("“{name}”无法读取：{error}");
    match error.cells.into_iter().next() {
        Some(one) => FlowError::refused_field(RefusalCode::InvalidCell, one.cell, text),
        None => unreadable_file(text),
    }
}

/// The values of a filled template, or all that is wrong with it.
fn judge(
    id: ObligationId,
    asked: &HashMap<IndicatorId, Indicator>,
    filled: FilledTemplate,
) -> Result<Vec<ToldValue>, FlowError> {
    let FilledTemplate { rows, faults } = filled;
    let mut wrong: Vec<WrongField> = faults.into_iter().map(WrongField::from).collect();
    let mut values = Vec::with_capacity(rows.len());
    let mut first_rows: HashMap<IndicatorId, String> = HashMap::new();
    if let Some(foreign) = rows.iter().find(|row| row.obligation_id != id) {
        let text = "这是另一应报事项的模板，请下载本事项的模板填写";
        let wrong = vec![in_cell(foreign.obligation_cell(), text)];
        return Err(FlowError::refused_fields(RefusalCode::ForeignItem, wrong));
    }
    for row in rows {
        match judge_row(asked, &row, &mut first_rows) {
            Ok(value) => values.push(value),
            Err(fault) => wrong.push(fault),
        }
    }
    if !wrong.is_empty() {
        return Err(FlowError::refused_fields(RefusalCode::InvalidCell, wrong));
    }
    if values.is_empty() {
        return Err(FlowError::refused_field(
            RefusalCode::InvalidValue,
            "file",
            "没有填写任何数值：请在“本期数值”一列填写后再上传",
        ));
    }
    Ok(values)
}

/// The value of one row, or the cell that is wrong.
fn judge_row(
    asked: &HashMap<IndicatorId, Indicator>,
    row: &FilledRow,
    first_rows: &mut HashMap<IndicatorId, String>,
) -> Result<ToldValue, WrongField> {
    let Some(indicator) = asked.get(&row.indicator_id) else {
        let text = "这一行的指标不在该应报事项之内，请重新下载模板填写";
        return Err(in_cell(row.indicator_cell(), text));
    };
    if !row.is_called(shown_name(indicator)) {
        let text = format!(
            "名称与隐藏的编号对不上，这一行的编号是“{}”：如果只排序了部分列，或指标已改名，请重新下载模板填写",
            shown_name(indicator)
        );
        return Err(in_cell(row.indicator_cell(), text));
    }
    if let Some(first) = first_rows.insert(indicator.id, row.indicator_cell()) {
        let text = format!("这个指标在 {first} 已有一行，请只填一次");
        return Err(in_cell(row.indicator_cell(), text));
    }
    if row.note.chars().count() > LONGEST_NOTE {
        let text = format!("说明最多 {LONGEST_NOTE} 个字，请缩短");
        return Err(in_cell(row.note_cell(), text));
    }
    let measured_in = indicator.measured_in.as_deref();
    let value = value_of(&row.value, measured_in)
        .and_then(|value| match impossible(measured_in, value) {
            None => Ok(value),
            Some(text) => Err(text),
        })
        .map_err(|text| in_cell(row.value_cell(), text))?;
    Ok(ToldValue {
        place: Place {
            indicator: row.indicator_cell(),
            value: row.value_cell(),
        },
        indicator_id: indicator.id,
        value,
        note: Some(row.note.clone()).filter(|note| !note.is_empty()),
    })
}

/// The number in a cell; 76.5% is 76.5 where percentages are asked for, which is how Excel keeps what was typed so.
fn value_of(text: &str, measured_in: Option<&str>) -> Result<Decimal, String> {
    if text.is_empty() {
        return Err("请填写数值".to_owned());
    }
    let number = match is_share(measured_in) {
        true => text.strip_suffix(['%', '％']).unwrap_or(text).trim_end(),
        false => text,
    };
    number.parse().map_err(|error| {
        let shown: String = text.chars().take(30).collect();
        format!("“{shown}”{error}")
    })
}

/// What an indicator is called in the sheet.
fn shown_name(indicator: &Indicator) -> &str {
    indicator.called().unwrap_or(&indicator.text)
}

fn nothing_asked() -> FlowError {
    let text = "该应报事项没有要求填报指标，没有模板";
    FlowError::refused(RefusalCode::NoIndicators, text)
}

fn in_cell(cell: String, text: impl AsRef<str>) -> WrongField {
    let text = format!("{cell}：{}", text.as_ref());
    WrongField { path: cell, text }
}

impl From<CellFault> for WrongField {
    fn from(fault: CellFault) -> Self {
        Self {
            path: fault.cell,
            text: fault.text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_holds_a_number_as_its_unit_of_measure_has_it() {
        let decimal = |text: &str| text.parse::<Decimal>().expect("a number");
        for (text, unit, wanted) in [
            ("76.5", "%", Some("76.5")),
            ("76.5%", "%", Some("76.5")),
            ("76.5％", "%", Some("76.5")),
            ("76.5 %", "％", Some("76.5")),
            ("20", "节", Some("20")),
            ("20%", "节", None),
            ("20节", "节", None),
            ("", "%", None),
            ("%", "%", None),
            ("TRUE", "%", None),
            ("2026-03-01", "节", None),
            ("1,200", "节", None),
        ] {
            let read = value_of(text, Some(unit)).ok();
            assert_eq!(read, wanted.map(decimal), "{text}");
        }
        let told = value_of("合格", Some("%")).unwrap_err();
        assert_eq!(told, "“合格”不是数字，请只填数字，例如 76.5");
    }
}
