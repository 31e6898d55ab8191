//! Contacts one by one and many at once: who is written to from now on.

use crate::domain::ids::{ContactId, UnitId};
use crate::domain::resource::Resource;
use crate::flow::manage_users::refuse_stale;
pub use crate::flow::place_contact::Wanted;
use crate::flow::place_contact::{ContactChange, end_role, place_contact, stop_mails_to};
use crate::flow::{Ctx, FlowError, RefusalCode};
use crate::storage::audit_events::AuditEntry;
use crate::storage::contacts::Contact;
use crate::storage::{WriteTx, contacts, units};
use serde_json::{Value, json};
use std::collections::HashSet;

/// Makes `wanted` the contact of a unit; `seen` is the change number at which the caller last looked.
///
/// # Errors
/// [`FlowError::Refused`] where there is no such unit, its contact has changed since, or `wanted` is nobody.
pub async fn set_contact(
    ctx: &Ctx,
    unit_id: UnitId,
    wanted: &Wanted,
    seen: Option<i64>,
) -> Result<(), FlowError> {
    refuse_nobody(wanted)?;
    let tx = ctx.write().await?;
    units::hold(&tx, &[unit_id]).await?;
    if let Some(last) = contacts::last_of(&tx, unit_id).await? {
        refuse_stale(&tx, last.id.0, seen).await?;
    }
    place_all(ctx, &tx, &[unit_id], wanted, "set_contact").await?;
    Ok(tx.commit().await?)
}

/// Makes `wanted` the contact of all these units, or of none; how many contacts changed.
///
/// # Errors
/// [`FlowError::Refused`] where there is no such unit, one is named twice, or `wanted` is nobody.
pub async fn move_contacts(
    ctx: &Ctx,
    unit_ids: &[UnitId],
    wanted: &Wanted,
) -> Result<usize, FlowError> {
    refuse_nobody(wanted)?;
    let mut named = HashSet::new();
    if let Some(twice) = unit_ids.iter().position(|id| !named.insert(*id)) {
        return Err(FlowError::refused_field(
            RefusalCode::InvalidValue,
            format!("unit_codes[{twice}]"),
            "这个单位前面已经写过，请删去重复的",
        ));
    }
    let tx = ctx.write().await?;
    units::hold(&tx, unit_ids).await?;
    let changed = place_all(ctx, &tx, unit_ids, wanted, "move_contact").await?;
    tx.commit().await?;
    Ok(changed)
}

/// Ends a contact; the unit then has none. Ending it twice changes nothing.
///
/// # Errors
/// [`FlowError::Refused`] where there is no such contact, or it has changed since.
pub async fn end_contact(ctx: &Ctx, id: ContactId, seen: Option<i64>) -> Result<(), FlowError> {
    let tx = ctx.write().await?;
    let missing = || FlowError::refused(RefusalCode::NotFound, format!("没有编号为 {id} 的联络员"));
    let contact = contacts::get(&tx, id).await?.ok_or_else(missing)?;
    units::hold(&tx, &[contact.unit_id]).await?;
    // Looked up again: it may have been ended while we waited.
    let contact = contacts::get(&tx, id).await?.ok_or_else(missing)?;
    refuse_stale(&tx, id.0, seen).await?;
    if contact.ended_at.is_some() {
        return Ok(());
    }
    contacts::end(&tx, id, ctx.now().at).await?;
    end_role(&tx, &contact).await?;
    stop_mails_to(ctx, &tx, &[id]).await?;
    let target = unit_told(&tx, contact.unit_id).await?;
    let entry = AuditEntry::done("end_contact", Resource::Contacts, id.0, target);
    tx.audit(entry.before(told(contact.name.as_deref(), contact.email.as_deref())));
    Ok(tx.commit().await?)
}

/// Makes `wanted` the contact of units that are held already; how many contacts changed.
async fn place_all(
    ctx: &Ctx,
    tx: &WriteTx,
    unit_ids: &[UnitId],
    wanted: &Wanted,
    action: &'static str,
) -> Result<usize, FlowError> {
    let present = contacts::present_of(tx, unit_ids).await?;
    let now = ctx.now().at;
    let (mut changed, mut gone) = (0, Vec::new());
    for unit_id in unit_ids {
        let target = unit_told(tx, *unit_id).await?;
        let before = present.iter().find(|contact| contact.unit_id == *unit_id);
        let change = place_contact(tx, *unit_id, before, wanted, now).await?;
        gone.extend(change.gone());
        let row = match change {
            ContactChange::None => continue,
            ContactChange::Begun(id) | ContactChange::Renamed(id) => id,
            ContactChange::Replaced { gone, new } => new.unwrap_or(gone),
        };
        changed += 1;
        let email = wanted.email.as_ref().map(|email| email.as_str());
        let mut entry = AuditEntry::done(action, Resource::Contacts, row.0, target)
            .after(told(wanted.name.as_deref(), email));
        entry.before = before.map(was);
        tx.audit(entry);
    }
    stop_mails_to(ctx, tx, &gone).await?;
    Ok(changed)
}

fn refuse_nobody(wanted: &Wanted) -> Result<(), FlowError> {
    match wanted.name.is_none() && wanted.email.is_none() {
        true => Err(FlowError::refused_field(
            RefusalCode::InvalidValue,
            "name",
            "姓名和邮箱至少填一项；不再设联络员的，请用 DELETE 结束",
        )),
        false => Ok(()),
    }
}

/// A unit as audit events tell it.
async fn unit_told(tx: &WriteTx, id: UnitId) -> Result<String, FlowError> {
    let unit = units::get(tx, id).await?.ok_or_else(|| {
        FlowError::refused(RefusalCode::NotFound, format!("没有编号为 {id} 的单位"))
    })?;
    Ok(format!("{} {}", unit.code, unit.name))
}

fn was(contact: &Contact) -> Value {
    told(contact.name.as_deref(), contact.email.as_deref())
}

fn told(name: Option<&str>, email: Option<&str>) -> Value {
    json!({ "name": name, "email": email })
}
