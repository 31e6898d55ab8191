//! Phases in a table of stages and times (阶段 | 时间 | 工作内容). Phases in text are read in `phase`.

use super::date_range::range_at;
use super::document::Table;
use super::phase::{PhaseMention, phase_of};
use super::punctuation::{Text, contains_any};

/// The phases of a table that has a column for stages and one for times; none for any other table.
pub(crate) fn table_phases(table: &Table) -> Vec<PhaseMention> {
    let Some(header) = table.rows.first() else {
        return Vec::new();
    };
    let column = |words: &[&str]| {
        header
            .cells
            .iter()
            .position(|cell| contains_any(Text::new(cell).folded(), words))
    };
    let (Some(name), Some(time)) = (
        column(&["阶段", "步骤"]),
        column(&["时间", "时段", "起止", "日期"]),
    ) else {
        return Vec::new();
    };
    let mut phases: Vec<PhaseMention> = Vec::new();
    for row in table.rows.iter().skip(1) {
        let (Some(name), Some(time)) = (row.cells.get(name), row.cells.get(time)) else {
            continue;
        };
        let time = Text::new(time);
        let Some(mut phase) = phase_of(&Text::new(name), row.line) else {
            continue;
        };
        phase.range = (0..time.len().min(20))
            .find_map(|at| range_at(time.folded(), at))
            .or(phase.range);
        // A merged stage is carried down over its rows.
        if phases.last().is_none_or(|last| last.name != phase.name) {
            phases.push(phase);
        }
    }
    phases
}
