//! What an import would read, without writing anything and without a database (design §7, Import: the dry run).

use crate::documents::{UnitRow, check_parents};
use crate::domain::ids::UnitId;
use crate::domain::plan::ParsedPlan;
use crate::domain::plan_names::unknown_units;
use crate::domain::unit::{Unit, UnitDirectory};
use crate::flow::{FlowError, RefusalCode};
use uuid::Uuid;

/// The plan as read, its problems now including names that match no unit of the units file given with it.
///
/// # Errors
/// [`FlowError::Refused`] where the units file names parents that it does not have.
pub fn preview_import(
    mut plan: ParsedPlan,
    units: Option<&[UnitRow]>,
) -> Result<ParsedPlan, FlowError> {
    let Some(rows) = units else {
        return Ok(plan);
    };
    let missing: Vec<String> = check_parents(rows, |_| false)
        .iter()
        .map(ToString::to_string)
        .collect();
    if !missing.is_empty() {
        return Err(FlowError::refused_field(
            RefusalCode::UnknownUnit,
            "units",
            format!("单位名单有误：{}", missing.join(";")),
        ));
    }
    let problems = unknown_units(&plan, &directory_of(rows));
    plan.problems.extend(problems);
    Ok(plan)
}

/// A directory of the rows alone, for a dry run without a database.
fn directory_of(rows: &[UnitRow]) -> UnitDirectory {
    let id = |index: usize| UnitId(Uuid::from_u128(index as u128 + 1));
    let parent = |code: &str| rows.iter().position(|row| row.code == code).map(id);
    let units = rows.iter().enumerate().map(|(index, row)| Unit {
        id: id(index),
        code: row.code.clone(),
        name: row.name.clone(),
        kind: row.kind,
        parent_id: row.parent.as_deref().and_then(parent),
        aliases: row.aliases.clone(),
        levels: row.levels.clone(),
        groups: row.groups.clone(),
        liaison: row.liaison.clone(),
    });
    UnitDirectory::new(units.collect())
}
