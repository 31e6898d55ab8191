//! Units one by one. Whole lists of them come by `import_units`.

use crate::domain::ids::UnitId;
use crate::domain::level::Level;
use crate::domain::resource::Resource;
use crate::domain::unit::Unit;
use crate::domain::unit_kind::UnitKind;
use crate::domain::unit_tree::circle;
use crate::flow::manage_users::refuse_stale;
use crate::flow::{Ctx, FlowError, RefusalCode};
use crate::storage::audit_events::AuditEntry;
use crate::storage::{new_id, units};
use serde_json::{Value, json};
use std::collections::HashMap;

/// A unit to be made.
#[derive(Debug, Clone)]
pub struct NewUnit {
    /// Code.
    pub code: String,
    /// Full name.
    pub name: String,
    /// Kind.
    pub kind: UnitKind,
    /// Code of the unit above it.
    pub parent_code: Option<String>,
    /// Other names.
    pub aliases: Vec<String>,
    /// School levels; only for schools.
    pub levels: Vec<Level>,
    /// Named groups it belongs to.
    pub groups: Vec<String>,
    /// 联系领导.
    pub liaison: Option<String>,
}

/// What is to be changed of a unit; what is `None` stays.
#[derive(Debug, Clone, Default)]
pub struct UnitChange {
    /// Full name.
    pub name: Option<String>,
    /// Code of the unit above it; `Some(None)` for none.
    pub parent_code: Option<Option<String>>,
    /// All its other names.
    pub aliases: Option<Vec<String>>,
    /// All its school levels; only for schools.
    pub levels: Option<Vec<Level>>,
    /// All named groups it belongs to.
    pub groups: Option<Vec<String>>,
    /// 联系领导; `Some(None)` for nobody.
    pub liaison: Option<Option<String>>,
}

/// Makes a unit, behind all others.
///
/// # Errors
/// [`FlowError::Refused`] where the code is taken, the parent does not exist, or levels are given that only schools have.
pub async fn create_unit(ctx: &Ctx, new: NewUnit) -> Result<UnitId, FlowError> {
    refuse_levels(new.kind, &new.levels)?;
    let tx = ctx.write().await?;
    let parent = match &new.parent_code {
        Some(code) => {
            let parent = units::hold_of_code(&tx, code).await?;
            Some(parent.ok_or_else(|| unknown_parent(code))?)
        }
        None => None,
    };
    let unit = Unit {
        id: UnitId(new_id()),
        parent_id: parent.as_ref().map(|parent| parent.id),
        code: new.code,
        name: new.name,
        kind: new.kind,
        aliases: once_each(new.aliases),
        levels: in_order(&new.levels),
        groups: once_each(new.groups),
        liaison: new.liaison,
    };
    let position = units::next_position(&tx).await?;
    if !units::insert_new(&tx, &unit, position).await? {
        return Err(FlowError::refused_field(
            RefusalCode::Taken,
            "code",
            format!("编码“{}”已被另一个单位使用，请换一个", unit.code),
        ));
    }
    let entry = AuditEntry::done("create_unit", Resource::Units, unit.id.0, target(&unit));
    tx.audit(entry.after(told(&unit, parent.as_ref())));
    tx.commit().await?;
    Ok(unit.id)
}

/// Changes a unit; `seen` is the change number at which the caller last looked.
///
/// # Errors
/// [`FlowError::Refused`] where there is no such unit, it has changed since, the parent does not exist or stands below it,
/// or levels are given that only schools have.
pub async fn change_unit(
    ctx: &Ctx,
    id: UnitId,
    change: UnitChange,
    seen: Option<i64>,
) -> Result<(), FlowError> {
    let tx = ctx.write().await?;
    let all = units::hold_all(&tx).await?;
    let before = all.iter().find(|unit| unit.id == id).ok_or_else(|| {
        FlowError::refused(RefusalCode::NotFound, format!("没有编号为 {id} 的单位"))
    })?;
    refuse_stale(&tx, id.0, seen).await?;
    if let Some(levels) = &change.levels {
        refuse_levels(before.kind, levels)?;
    }
    let was = before.clone();
    let after = Unit {
        name: change.name.unwrap_or(was.name),
        parent_id: match change.parent_code {
            Some(code) => parent_id(&all, code.as_deref())?,
            None => was.parent_id,
        },
        aliases: change.aliases.map_or(was.aliases, once_each),
        levels: change.levels.map_or(was.levels, |levels| in_order(&levels)),
        groups: change.groups.map_or(was.groups, once_each),
        liaison: change.liaison.unwrap_or(was.liaison),
        ..before.clone()
    };
    if after == *before {
        return Ok(());
    }
    refuse_circle(&all, &after)?;
    units::update(&tx, &after).await?;
    let entry = AuditEntry::done("change_unit", Resource::Units, id.0, target(&after));
    let above = |unit: &Unit| all.iter().find(|one| Some(one.id) == unit.parent_id);
    let before = told(before, above(before));
    tx.audit(entry.before(before).after(told(&after, above(&after))));
    Ok(tx.commit().await?)
}

fn refuse_levels(kind: UnitKind, levels: &[Level]) -> Result<(), FlowError> {
    match kind != UnitKind::School && !levels.is_empty() {
        true => Err(FlowError::refused_field(
            RefusalCode::InvalidValue,
            "levels",
            "只有学校有学段，其他单位请留空",
        )),
        false => Ok(()),
    }
}

fn parent_id(all: &[Unit], code: Option<&str>) -> Result<Option<UnitId>, FlowError> {
    let Some(code) = code else {
        return Ok(None);
    };
    let parent = all.iter().find(|unit| unit.code == code);
    Ok(Some(parent.ok_or_else(|| unknown_parent(code))?.id))
}

fn unknown_parent(code: &str) -> FlowError {
    FlowError::refused_field(
        RefusalCode::UnknownUnit,
        "parent_code",
        format!("没有编码为“{code}”的单位，请核对上级单位"),
    )
}

/// No unit may stand above itself.
fn refuse_circle(all: &[Unit], changed: &Unit) -> Result<(), FlowError> {
    let mut parents: HashMap<UnitId, UnitId> = all
        .iter()
        .filter(|unit| unit.id != changed.id)
        .filter_map(|unit| Some((unit.id, unit.parent_id?)))
        .collect();
    if let Some(parent) = changed.parent_id {
        parents.insert(changed.id, parent);
    }
    match circle(&parents) {
        Some(round) if round.contains(&changed.id) => Err(FlowError::refused_field(
            RefusalCode::InvalidValue,
            "parent_code",
            format!("上级单位绕成了一圈：{}", round_told(&round, all)),
        )),
        Some(_) | None => Ok(()),
    }
}

/// A circle by codes, ending with the first again; a long one is cut in the middle.
pub(super) fn round_told(round: &[UnitId], all: &[Unit]) -> String {
    let code = |id: &UnitId| {
        all.iter()
            .find(|unit| unit.id == *id)
            .map(|unit| unit.code.clone())
    };
    let mut codes: Vec<String> = round.iter().chain(round.first()).filter_map(code).collect();
    if codes.len() > 8 {
        codes.splice(4..codes.len() - 3, ["…".to_owned()]);
    }
    codes.join(" → ")
}

fn once_each(texts: Vec<String>) -> Vec<String> {
    let mut kept: Vec<String> = Vec::with_capacity(texts.len());
    for text in texts {
        if !kept.contains(&text) {
            kept.push(text);
        }
    }
    kept
}

fn in_order(levels: &[Level]) -> Vec<Level> {
    Level::ALL
        .into_iter()
        .filter(|level| levels.contains(level))
        .collect()
}

fn target(unit: &Unit) -> String {
    format!("{} {}", unit.code, unit.name)
}

fn told(unit: &Unit, parent: Option<&Unit>) -> Value {
    json!({
        "code": unit.code,
        "name": unit.name,
        "kind": unit.kind,
        "parent_code": parent.map(|one| &one.code),
        "aliases": unit.aliases,
        "levels": unit.levels,
        "groups": unit.groups,
        "liaison": unit.liaison,
    })
}
