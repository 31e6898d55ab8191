//! The pool of inspectors (检查人员名录库): added and corrected in one go, whole or not at all; nobody is deleted, who no
//! longer inspects is set inactive.

use crate::domain::email_address::EmailAddress;
use crate::domain::ids::{InspectorId, UnitId};
use crate::domain::resource::Resource;
use crate::domain::unit::UnitDirectory;
use crate::flow::manage_users::refuse_stale;
use crate::flow::{Ctx, FlowError, Now, RefusalCode};
use crate::storage::audit_events::AuditEntry;
use crate::storage::inspectors::StoredInspector;
use crate::storage::{WriteTx, inspectors, new_id, units};
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};

/// Somebody as wanted in the pool; known by their address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InspectorWanted {
    /// Name.
    pub name: String,
    /// Code of their unit.
    pub unit_code: String,
    /// Address.
    pub email: EmailAddress,
    /// Whether they may be drawn; as before where `None`, yes for somebody new.
    pub active: Option<bool>,
}

/// What became of the pool.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PoolKept {
    /// How many are new.
    pub added: usize,
    /// How many have changed.
    pub changed: usize,
    /// All that were named, in their order.
    pub ids: Vec<InspectorId>,
}

/// Adds these to the pool, or corrects those whose address is in it; all or none.
///
/// # Errors
/// [`FlowError::Refused`] naming the place: an unknown unit, or an address twice.
pub async fn keep_inspectors(
    ctx: &Ctx,
    wanted: Vec<InspectorWanted>,
) -> Result<PoolKept, FlowError> {
    let now = ctx.now();
    let tx = ctx.write().await?;
    let directory = UnitDirectory::new(units::all(&tx).await?);
    let held = inspectors::hold_all(&tx).await?;
    let mut known: HashMap<String, StoredInspector> = held
        .into_iter()
        .map(|one| (one.address.clone(), one))
        .collect();
    let mut seen = HashSet::new();
    let mut kept = PoolKept::default();
    for (position, one) in wanted.into_iter().enumerate() {
        let refuse = |code, field: &str, text: String| {
            FlowError::refused_field(code, format!("inspectors[{position}].{field}"), text)
        };
        let address = one.email.normalized();
        if !seen.insert(address.clone()) {
            let text = format!("{} 前面已经写过，请删去重复的", one.email.as_str());
            return Err(refuse(RefusalCode::InvalidValue, "email", text));
        }
        let unit = directory.by_code(&one.unit_code).ok_or_else(|| {
            let text = format!("没有编码为“{}”的单位，请核对", one.unit_code);
            refuse(RefusalCode::UnknownUnit, "unit_code", text)
        })?;
        let before = known.remove(&address);
        let after = placed(before.as_ref(), one, address, unit.id, now);
        kept.ids.push(after.id);
        match before {
            Some(before) if before == after => {}
            Some(before) => {
                inspectors::update(&tx, &after).await?;
                tx.audit(audited(Some(&before), &after));
                kept.changed += 1;
            }
            None => {
                if !inspectors::insert(&tx, &after).await? {
                    let text = format!("{} 刚刚由他人加入名录库，请重试", after.email);
                    return Err(refuse(RefusalCode::Taken, "email", text));
                }
                tx.audit(audited(None, &after));
                kept.added += 1;
            }
        }
    }
    tx.commit().await?;
    Ok(kept)
}

fn placed(
    before: Option<&StoredInspector>,
    wanted: InspectorWanted,
    address: String,
    unit_id: UnitId,
    now: Now,
) -> StoredInspector {
    let was_active = before.is_none_or(|one| one.active);
    StoredInspector {
        id: before.map_or_else(|| InspectorId(new_id()), |one| one.id),
        address,
        email: wanted.email.as_str().to_owned(),
        name: wanted.name,
        unit_id,
        active: wanted.active.unwrap_or(was_active),
        since_at: before.map_or(now.at, |one| one.since_at),
    }
}

/// What is to be changed of an inspector; what is `None` stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InspectorChange {
    /// Name.
    pub name: Option<String>,
    /// Code of their unit.
    pub unit_code: Option<String>,
    /// Whether they may be drawn.
    pub active: Option<bool>,
}

/// Changes an inspector; `seen` is the change number at which the caller last looked.
///
/// # Errors
/// [`FlowError::Refused`] where there is no such inspector or unit, or the row has changed since.
pub async fn change_inspector(
    ctx: &Ctx,
    id: InspectorId,
    change: InspectorChange,
    seen: Option<i64>,
) -> Result<(), FlowError> {
    let tx = ctx.write().await?;
    let held = inspectors::hold_all(&tx).await?;
    let before = held.into_iter().find(|one| one.id == id).ok_or_else(|| {
        FlowError::refused(RefusalCode::NotFound, format!("没有编号为 {id} 的检查人员"))
    })?;
    refuse_stale(&tx, id.0, seen).await?;
    let unit_id = match change.unit_code.as_deref() {
        Some(code) => unit_of(&tx, code).await?,
        None => before.unit_id,
    };
    let after = StoredInspector {
        name: change.name.unwrap_or_else(|| before.name.clone()),
        unit_id,
        active: change.active.unwrap_or(before.active),
        ..before.clone()
    };
    if after == before {
        return Ok(());
    }
    inspectors::update(&tx, &after).await?;
    tx.audit(audited(Some(&before), &after));
    Ok(tx.commit().await?)
}

async fn unit_of(tx: &WriteTx, code: &str) -> Result<UnitId, FlowError> {
    let directory = UnitDirectory::new(units::all(tx).await?);
    let unit = directory.by_code(code).ok_or_else(|| {
        let text = format!("没有编码为“{code}”的单位，请核对");
        FlowError::refused_field(RefusalCode::UnknownUnit, "unit_code", text)
    })?;
    Ok(unit.id)
}

fn audited(before: Option<&StoredInspector>, after: &StoredInspector) -> AuditEntry {
    let mut entry = AuditEntry::done(
        "write_inspectors",
        Resource::Inspectors,
        after.id.0,
        format!("{} {}", after.name, after.email),
    )
    .after(told(after));
    entry.before = before.map(told);
    entry
}

fn told(one: &StoredInspector) -> Value {
    json!({ "name": one.name, "unit_id": one.unit_id, "email": one.email, "active": one.active })
}
