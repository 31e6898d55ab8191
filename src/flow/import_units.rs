//! units file → units and contacts. An upsert by code that never deletes; it tells changed contacts and units that the
//! file no longer names (design §7, Units file).

use crate::documents::reading::Unreadable;
use crate::documents::{UnitRow, check_parents};
use crate::domain::ids::UnitId;
use crate::domain::resource::Resource;
use crate::domain::unit::Unit;
use crate::domain::unit_tree::circle;
use crate::flow::manage_units::round_told;
use crate::flow::place_contact::{ContactChange, Wanted, place_contact, stop_mails_to};
use crate::flow::read_upload::unreadable_file;
use crate::flow::{Ctx, FlowError, RefusalCode};
use crate::storage::audit_events::AuditEntry;
use crate::storage::{WriteTx, contacts, new_id, units};
use bytes::Bytes;
use serde::Serialize;
use std::collections::{HashMap, HashSet};

/// What an import of units did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct UnitsImported {
    /// Units in the file.
    pub total: usize,
    /// Codes of new units.
    pub added: Vec<String>,
    /// Codes of units whose data changed.
    pub changed: Vec<String>,
    /// Codes of units whose contact or address changed.
    pub contacts_changed: Vec<String>,
    /// Codes of known units that the file does not name; they stay.
    pub absent: Vec<String>,
    /// Codes of units without an address: they cannot be mailed.
    pub without_address: Vec<String>,
}

/// Whether an import is carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportRun {
    /// It is.
    Real,
    /// It is only told what it would do; nothing is written.
    Dry,
}

/// Reads a units file (csv or xlsx, by the extension of `name`) and imports it, whole or not at all.
///
/// # Errors
/// [`FlowError::Refused`] where the file cannot be read, with everything that is wrong with it, or as [`import_units`].
pub async fn import_units_file(
    ctx: &Ctx,
    name: &str,
    bytes: Bytes,
    run: ImportRun,
) -> Result<UnitsImported, FlowError> {
    let refusal = |error: Unreadable| unreadable_file(error.text);
    let rows: Vec<UnitRow> = ctx.read(name, bytes, refusal).await?;
    match run {
        ImportRun::Real => import_units(ctx, &rows).await,
        // A transaction that is dropped leaves no trace.
        ImportRun::Dry => write_units(ctx, &ctx.write().await?, &rows).await,
    }
}

/// Imports the rows of a units file, whole or not at all.
///
/// # Errors
/// [`FlowError::Refused`] where a parent is named that neither the file nor the database has.
pub async fn import_units(ctx: &Ctx, rows: &[UnitRow]) -> Result<UnitsImported, FlowError> {
    let tx = ctx.write().await?;
    let imported = write_units(ctx, &tx, rows).await?;
    audit_units(&tx, &imported)?;
    tx.commit().await?;
    Ok(imported)
}

/// Tells the audit of an import of units, where it changed anything.
pub(super) fn audit_units(tx: &WriteTx, imported: &UnitsImported) -> Result<(), FlowError> {
    let changed = [
        &imported.added,
        &imported.changed,
        &imported.contacts_changed,
    ];
    if changed.iter().all(|codes| codes.is_empty()) {
        return Ok(());
    }
    let after = serde_json::to_value(imported)
        .map_err(|error| FlowError::Interrupted(error.to_string()))?;
    let target = format!("单位名单（{} 个单位）", imported.total);
    let entry = AuditEntry::done("import_units", Resource::Units, uuid::Uuid::nil(), target);
    tx.audit(entry.after(after));
    Ok(())
}

/// The same inside somebody else's transaction.
///
/// # Errors
/// As [`import_units`].
pub(super) async fn write_units(
    ctx: &Ctx,
    tx: &WriteTx,
    rows: &[UnitRow],
) -> Result<UnitsImported, FlowError> {
    let known = units::hold_all(tx).await?;
    let mut ids: HashMap<&str, UnitId> = known
        .iter()
        .map(|unit| (unit.code.as_str(), unit.id))
        .collect();
    refuse_missing_parents(rows, &ids)?;
    for row in rows {
        ids.entry(&row.code).or_insert_with(|| UnitId(new_id()));
    }
    let by_code: HashMap<&str, &Unit> = known
        .iter()
        .map(|unit| (unit.code.as_str(), unit))
        .collect();
    let present = contacts::present(tx).await?;
    let mut imported = UnitsImported {
        total: rows.len(),
        ..UnitsImported::default()
    };
    // New units are written without their parents first: a parent may stand below its child in the file.
    let mut adopted = Vec::new();
    let mut replaced = Vec::new();
    let now = ctx.now();
    for (row, position) in rows.iter().zip(position_after(known.len())..) {
        let Some(unit) = unit_of(row, &ids) else {
            continue;
        };
        match by_code.get(row.code.as_str()) {
            None => {
                let orphan = Unit {
                    parent_id: None,
                    ..unit.clone()
                };
                units::insert(tx, &orphan, position).await?;
                if unit.parent_id.is_some() {
                    adopted.push(unit.clone());
                }
                imported.added.push(row.code.clone());
            }
            Some(before) if **before != unit => {
                adopted.push(unit.clone());
                imported.changed.push(row.code.clone());
            }
            Some(_) => {}
        }
        let of_unit = present.iter().find(|contact| contact.unit_id == unit.id);
        let change = place_contact(tx, unit.id, of_unit, &wanted(row), now.at).await?;
        replaced.extend(change.gone());
        match change {
            ContactChange::None | ContactChange::Begun(_) => {}
            ContactChange::Renamed(_) | ContactChange::Replaced { .. } => {
                imported.contacts_changed.push(row.code.clone());
            }
        }
        if row.email.is_none() {
            imported.without_address.push(row.code.clone());
        }
    }
    refuse_circles(&known, &adopted)?;
    for unit in &adopted {
        units::update(tx, unit).await?;
    }
    stop_mails_to(ctx, tx, &replaced).await?;
    let named: HashSet<&str> = rows.iter().map(|row| row.code.as_str()).collect();
    imported.absent = known
        .iter()
        .filter(|unit| !named.contains(unit.code.as_str()))
        .map(|unit| unit.code.clone())
        .collect();
    Ok(imported)
}

/// A parent must be in the file or known already.
fn refuse_missing_parents(
    rows: &[UnitRow],
    known: &HashMap<&str, UnitId>,
) -> Result<(), FlowError> {
    let missing: Vec<String> = check_parents(rows, |code| known.contains_key(code))
        .iter()
        .map(ToString::to_string)
        .collect();
    match missing.is_empty() {
        true => Ok(()),
        false => Err(FlowError::refused(
            RefusalCode::UnknownUnit,
            format!("单位名单未导入：{}", missing.join(";")),
        )),
    }
}

/// A file that names a part of the units may close a circle with those it does not name.
fn refuse_circles(known: &[Unit], adopted: &[Unit]) -> Result<(), FlowError> {
    let above = |unit: &Unit| Some((unit.id, unit.parent_id?));
    let changed: HashSet<UnitId> = adopted.iter().map(|unit| unit.id).collect();
    let staying = known.iter().filter(|unit| !changed.contains(&unit.id));
    let all: Vec<Unit> = staying.chain(adopted).cloned().collect();
    match circle(&all.iter().filter_map(above).collect()) {
        Some(round) if round.iter().any(|id| changed.contains(id)) => Err(FlowError::refused(
            RefusalCode::InvalidValue,
            format!(
                "单位名单未导入：上级单位绕成了一圈：{}",
                round_told(&round, &all)
            ),
        )),
        Some(_) | None => Ok(()),
    }
}

fn wanted(row: &UnitRow) -> Wanted {
    Wanted {
        name: row.contact.clone(),
        email: row.email.clone(),
    }
}

fn position_after(known: usize) -> i32 {
    i32::try_from(known).unwrap_or(i32::MAX / 2)
}

fn unit_of(row: &UnitRow, ids: &HashMap<&str, UnitId>) -> Option<Unit> {
    Some(Unit {
        id: *ids.get(row.code.as_str())?,
        code: row.code.clone(),
        name: row.name.clone(),
        kind: row.kind,
        parent_id: row
            .parent
            .as_deref()
            .and_then(|code| ids.get(code))
            .copied(),
        aliases: row.aliases.clone(),
        levels: row.levels.clone(),
        groups: row.groups.clone(),
        liaison: row.liaison.clone(),
    })
}
