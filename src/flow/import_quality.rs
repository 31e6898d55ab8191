//! A file of yearly quality results → results of schools, whole or not at all, with who approved them; and in the same
//! transaction what they propose. The same file twice changes nothing.

use crate::documents::quality_table::QualityRow;
use crate::documents::reading::Unreadable;
use crate::domain::appraisal::ended_year;
use crate::domain::card::Quality;
use crate::domain::ids::{QualityResultId, UnitId};
use crate::domain::level::Level;
use crate::domain::period_key::PeriodKey;
use crate::domain::resource::Resource;
use crate::domain::unit::{Unit, UnitDirectory};
use crate::domain::unit_kind::UnitKind;
use crate::flow::appraise::year_refused;
use crate::flow::propose_cards::{Proposed, propose_cards};
use crate::flow::read_upload::unreadable_file;
use crate::flow::refusal::WrongField;
use crate::flow::{Ctx, FlowError, RefusalCode};
use crate::storage::audit_events::AuditEntry;
use crate::storage::quality_results::{self, StoredResult};
use crate::storage::{marks, new_id, units};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde_json::json;
use std::collections::HashMap;

/// Cells that are told in full.
const MOST_WRONG: usize = 50;

/// Results that are to be imported.
#[derive(Debug, Clone)]
pub struct QualityToImport {
    /// The school year.
    pub year: PeriodKey,
    /// Where they come from.
    pub source: String,
    /// Who approved them.
    pub approved_by: String,
    /// Name of the file.
    pub file_name: String,
    /// Its content.
    pub bytes: Bytes,
}

/// What an import did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub struct QualityImported {
    /// Results that were not known.
    pub added: usize,
    /// Results that replaced others.
    pub corrected: usize,
    /// Results that were known as they are.
    pub unchanged: usize,
    /// Talks and cards proposed, or proposed otherwise.
    pub proposed: usize,
    /// Proposals that lapsed.
    pub lapsed: usize,
    /// Talks and cards that were decided and would be proposed otherwise now: for a person to look at.
    pub decided_differing: usize,
}

/// Imports the results of a school year that has ended.
///
/// # Errors
/// [`FlowError::Refused`] with every cell that cannot be taken (its field is the cell: `C4`), or the field that is wrong.
pub async fn import_quality(
    ctx: &Ctx,
    imported_by: &str,
    import: QualityToImport,
) -> Result<QualityImported, FlowError> {
    let now = ctx.now();
    ended_year(import.year, now.today).map_err(|wrong| year_refused(&wrong, "school_year"))?;
    let year = import.year.year();
    let (name, bytes) = (import.file_name.clone(), import.bytes.clone());
    let rows: Vec<QualityRow> = ctx.read(&name, bytes, unreadable).await?;
    let tx = ctx.write().await?;
    marks::hold_quality_results(&tx, now.at).await?;
    let directory = UnitDirectory::new(units::all(&tx).await?);
    let results = judge(&directory, year, &rows)?;
    let known = quality_results::counting(&tx).await?;
    let Change {
        new,
        replaced,
        imported,
    } = change(&import, imported_by, now.at, known, results);
    if new.is_empty() {
        return Ok(imported);
    }
    quality_results::supersede(&tx, &replaced).await?;
    if quality_results::insert(&tx, &new).await? < new.len() {
        let text = "同一学年的结果刚刚由他人导入，请查看后再导入";
        return Err(FlowError::refused(RefusalCode::Stale, text));
    }
    let Proposed {
        proposed,
        lapsed,
        decided_differing,
    } = propose_cards(&tx, year, now.at).await?;
    let imported = QualityImported {
        proposed,
        lapsed,
        decided_differing,
        ..imported
    };
    let (action, resource) = ("import_quality_results", Resource::QualityResults);
    let first = new.first().map(|one| one.id.0).unwrap_or_default();
    let target = format!("{year} 学年质量结果：{}", import.file_name);
    tx.audit(
        AuditEntry::done(action, resource, first, target).after(json!({
            "imported": imported,
            "source": import.source,
            "approved_by": import.approved_by,
        })),
    );
    tx.commit().await?;
    Ok(imported)
}

/// What an import writes.
struct Change {
    new: Vec<StoredResult>,
    replaced: Vec<QualityResultId>,
    imported: QualityImported,
}

/// What is new among results, and what they replace.
fn change(
    import: &QualityToImport,
    imported_by: &str,
    imported_at: DateTime<Utc>,
    known: Vec<StoredResult>,
    results: Vec<(UnitId, Level, Quality)>,
) -> Change {
    let year = import.year.year();
    let known: HashMap<(Level, UnitId), StoredResult> = known
        .into_iter()
        .filter(|one| one.school_year == year)
        .map(|one| ((one.level, one.unit_id), one))
        .collect();
    let is_same = |one: &StoredResult, quality: Quality| {
        one.quality == quality
            && one.source == import.source
            && one.approved_by == import.approved_by
    };
    let mut imported = QualityImported::default();
    let (mut new, mut replaced) = (Vec::new(), Vec::new());
    for (unit_id, level, quality) in results {
        let before = known.get(&(level, unit_id));
        match before {
            Some(one) if is_same(one, quality) => {
                imported.unchanged += 1;
                continue;
            }
            Some(one) => {
                imported.corrected += 1;
                replaced.push(one.id);
            }
            None => imported.added += 1,
        }
        new.push(StoredResult {
            id: QualityResultId(new_id()),
            unit_id,
            level,
            school_year: year,
            version: before.map_or(1, |one| one.version + 1),
            quality,
            superseded: false,
            source: import.source.clone(),
            approved_by: import.approved_by.clone(),
            file_name: import.file_name.clone(),
            imported_by: imported_by.to_owned(),
            imported_at,
        });
    }
    Change {
        new,
        replaced,
        imported,
    }
}

fn unreadable(error: Unreadable) -> FlowError {
    let wrong = error.cells.into_iter();
    let wrong: Vec<WrongField> = wrong
        .map(|one| WrongField::new(one.cell, one.text))
        .collect();
    match wrong.is_empty() {
        true => unreadable_file(error.text),
        false => FlowError::refused_fields(RefusalCode::InvalidCell, wrong),
    }
}

/// The results by school and level, or every cell that is wrong.
fn judge(
    directory: &UnitDirectory,
    year: i32,
    rows: &[QualityRow],
) -> Result<Vec<(UnitId, Level, Quality)>, FlowError> {
    let mut results = Vec::with_capacity(rows.len());
    let mut wrong = Vec::new();
    let mut first_cells: HashMap<(UnitId, Level), String> = HashMap::new();
    for row in rows {
        if let Some(other) = row.year.filter(|other| *other != year) {
            let text = format!("这一行是 {other} 学年的结果，导入的是 {year} 学年");
            wrong.push(in_cell(row.year_cell(), text));
            continue;
        }
        let found = school(directory, row).and_then(|unit| Ok((unit, level(unit, row)?)));
        match found {
            Err(fault) => wrong.push(fault),
            Ok((unit, level)) => {
                let cell = row.school_cell();
                if let Some(first) = first_cells.insert((unit.id, level), cell.clone()) {
                    let text = format!(
                        "“{}”（{}）在 {first} 已有一行，请只保留一行",
                        unit.name,
                        level.label()
                    );
                    wrong.push(in_cell(cell, text));
                }
                results.push((unit.id, level, row.quality));
            }
        }
    }
    wrong.truncate(MOST_WRONG);
    match wrong.is_empty() {
        true => Ok(results),
        false => Err(FlowError::refused_fields(RefusalCode::InvalidCell, wrong)),
    }
}

/// The school of a row: by its code, its name, or both where they agree.
fn school<'d>(directory: &'d UnitDirectory, row: &QualityRow) -> Result<&'d Unit, WrongField> {
    let refuse = |text: String| Err(in_cell(row.school_cell(), text));
    let named = match row.name.as_str() {
        "" => None,
        name => Some(directory.resolve(name)),
    };
    let named = named.as_ref().map(|found| found.as_deref());
    let unit = match (row.code.as_str(), named) {
        ("", Some(Ok([unit]))) => *unit,
        ("", _) => {
            return refuse(format!("“{}”对不上唯一的一所学校，请写学校代码", row.name));
        }
        (code, named) => match (directory.by_code(code), named) {
            (None, _) => return refuse(format!("没有代码为“{code}”的学校")),
            (Some(unit), None) => unit,
            (Some(unit), Some(Ok([other]))) if other.id == unit.id => unit,
            (Some(unit), Some(_)) => {
                return refuse(format!(
                    "代码“{code}”是“{}”，名称却写“{}”，请核对",
                    unit.name, row.name
                ));
            }
        },
    };
    match unit.kind == UnitKind::School {
        true => Ok(unit),
        false => refuse(format!("“{}”不是学校", unit.name)),
    }
}

/// The level that a result is of: as written, or the only one that the school has.
fn level(unit: &Unit, row: &QualityRow) -> Result<Level, WrongField> {
    let labels = || {
        let labels: Vec<&str> = unit.levels.iter().map(|level| level.label()).collect();
        labels.join("、")
    };
    match (row.level, unit.levels.as_slice()) {
        (Some(level), known) if known.is_empty() || known.contains(&level) => Ok(level),
        (Some(level), _) => {
            let text = format!(
                "“{}”没有{}，它的学段是{}",
                unit.name,
                level.label(),
                labels()
            );
            Err(in_cell(row.level_cell(), text))
        }
        (None, [only]) => Ok(*only),
        (None, _) => {
            let text = match unit.levels.is_empty() {
                true => format!("“{}”没有登记学段，请加一列“学段”写明", unit.name),
                false => format!("“{}”有{}，请加一列“学段”写明", unit.name, labels()),
            };
            Err(in_cell(row.level_cell(), text))
        }
    }
}

fn in_cell(cell: String, text: String) -> WrongField {
    let text = format!("{cell}：{text}");
    WrongField { path: cell, text }
}
