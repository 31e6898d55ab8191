//! units file → units and contacts. An upsert by code that never deletes; it tells changed contacts and units that the
//! file no longer names (design §7, Units file).

use crate::documents::{UnitRow, check_parents};
use crate::domain::ids::{ContactId, UnitId};
use crate::domain::resource::Resource;
use crate::domain::unit::Unit;
use crate::flow::refresh_mails::take_out;
use crate::flow::{Ctx, FlowError, RefusalCode, load_calendar};
use crate::storage::audit_events::AuditEntry;
use crate::storage::contacts::Contact;
use crate::storage::{WriteTx, contacts, new_id, reminders, units};
use chrono::{DateTime, Utc};
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
    let known = units::all(tx).await?;
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
        match write_contact(tx, row, unit.id, of_unit, now.at).await? {
            ContactChange::None => {}
            ContactChange::Renamed => imported.contacts_changed.push(row.code.clone()),
            ContactChange::Replaced(old) => {
                imported.contacts_changed.push(row.code.clone());
                replaced.push(old);
            }
        }
        if row.email.is_none() {
            imported.without_address.push(row.code.clone());
        }
    }
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

/// Mails to contacts that are no longer there and have not left are not sent; who came in their place is told the
/// current stage by the next digest.
async fn stop_mails_to(ctx: &Ctx, tx: &WriteTx, gone: &[ContactId]) -> Result<(), FlowError> {
    if gone.is_empty() {
        return Ok(());
    }
    let calendar = load_calendar(tx).await?;
    for contact in gone {
        let theirs = reminders::of_contact(tx, *contact).await?;
        take_out(ctx, tx, &calendar, ctx.now(), &theirs, "contact_changed").await?;
    }
    Ok(())
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

/// What became of a unit's contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ContactChange {
    None,
    Renamed,
    /// The old one is ended; mails to it that have not left are not sent.
    Replaced(ContactId),
}

/// Brings a unit's contact in line with its row. Under the same address it stays the same contact, so that nobody is
/// reminded twice because a name was corrected.
async fn write_contact(
    tx: &WriteTx,
    row: &UnitRow,
    unit_id: UnitId,
    before: Option<&Contact>,
    now: DateTime<Utc>,
) -> Result<ContactChange, FlowError> {
    let address = row.email.as_ref().map(|email| email.normalized());
    let email = row
        .email
        .as_ref()
        .map(|email| (email.as_str().to_owned(), email.normalized()));
    let nobody = row.contact.is_none() && row.email.is_none();
    let Some(before) = before else {
        if !nobody {
            contacts::begin(tx, unit_id, row.contact.clone(), email, now).await?;
        }
        return Ok(ContactChange::None);
    };
    if before.address == address && !nobody {
        if before.name == row.contact {
            return Ok(ContactChange::None);
        }
        contacts::rename(tx, before.id, row.contact.as_deref()).await?;
        return Ok(ContactChange::Renamed);
    }
    contacts::end(tx, before.id, now).await?;
    if !nobody {
        contacts::begin(tx, unit_id, row.contact.clone(), email, now).await?;
    }
    Ok(ContactChange::Replaced(before.id))
}
