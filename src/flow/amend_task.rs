//! Amending a task that is issued: its words and due day, units that join or leave. Each amendment keeps its reason.

use crate::domain::amendment::{Shift, shifts};
use crate::domain::extension::may_be_set;
use crate::domain::fan_out::{Party, fan_out};
use crate::domain::ids::{AmendmentId, TaskId, UnitId};
use crate::domain::role::Role;
use crate::domain::unit::Unmatched;
use crate::flow::amend_desk::{AmendDesk, Target, no_task};
use crate::flow::decide_assignments::Acting;
use crate::flow::held_task::HeldTask;
use crate::flow::issue_asks::unmatched_text;
use crate::flow::task_fields::{WrongFields, named_parties};
use crate::flow::{Ctx, FlowError, RefusalCode};
use crate::storage::tasks;
use crate::storage::tasks::StoredTask;
use chrono::NaiveDate;
use std::collections::{BTreeMap, HashSet};

/// What is to be amended; what is `None` or empty stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AmendmentWanted {
    /// Title.
    pub title: Option<String>,
    /// Text.
    pub text: Option<String>,
    /// Due day; `Some(None)` takes it away.
    pub due_on: Option<Option<NaiveDate>>,
    /// Units that join, by role: names, codes or group words.
    pub add: BTreeMap<Role, Vec<String>>,
    /// Units that leave: names or codes.
    pub remove: Vec<String>,
    /// Why.
    pub reason: String,
}

/// Amends an issued task.
///
/// # Errors
/// [`FlowError::Refused`] where there is no such task or it is not going on, where a unit that is to join has that part
/// already or one that is to leave has none, where nobody would lead, where the day is past or no workday, or where
/// nothing would change.
pub async fn amend_task(
    ctx: &Ctx,
    amended_by: &str,
    id: TaskId,
    wanted: AmendmentWanted,
) -> Result<AmendmentId, FlowError> {
    let calendar = ctx.calendar().await?;
    let tx = ctx.write().await?;
    let acting = Acting {
        ctx,
        tx: &tx,
        calendar: &calendar,
        now: ctx.now(),
        by: amended_by,
    };
    let plan_id = tasks::get(&tx, id)
        .await?
        .ok_or_else(|| no_task(id))?
        .plan_id;
    let mut desk = AmendDesk::open(acting, plan_id).await?;
    let held = desk.hold(id).await?;
    desk.refuse_ended(&held.task).await?;
    if held.is_paused() && (wanted.due_on.is_some() || !wanted.add.is_empty()) {
        let text = "已经暂停，请先恢复再调整单位或时限";
        return Err(desk.out_of_order(&held.task, text).await?);
    }
    let target = target(&desk, &held, &wanted)?;
    let amendment = desk.amend(&held, target, &wanted.reason).await?;
    desk.finish(&HashSet::new()).await?;
    tx.commit().await?;
    Ok(amendment)
}

/// What the task is to become; every field that is wrong is told.
fn target(
    desk: &AmendDesk<'_>,
    held: &HeldTask,
    wanted: &AmendmentWanted,
) -> Result<Target, FlowError> {
    let mut wrong = WrongFields::default();
    let before = &held.task;
    if let Some(Some(day)) = wanted.due_on.filter(|day| *day != before.due_on)
        && let Err(why) = may_be_set(day, desk.acting.now.today, &desk.acting.calendar.holidays)
    {
        wrong.add(RefusalCode::WrongDay, "due_on".to_owned(), why.to_string());
    }
    let leaves = leaving(desk, held, &wanted.remove, &mut wrong);
    let joins = joining(desk, held, &wanted.add, &leaves, &mut wrong);
    let mut roles = held.roles();
    for unit in &leaves {
        roles.remove(unit);
    }
    for shift in &joins {
        match shift {
            Shift::Joins { unit_id, role } | Shift::Changes { unit_id, role } => {
                roles.insert(*unit_id, *role);
            }
            Shift::Leaves { unit_id } => {
                roles.remove(unit_id);
            }
        }
    }
    if !roles.values().any(|role| *role == Role::Lead) {
        let text = "任务至少要有一个牵头单位，请同时增加新的牵头单位".to_owned();
        wrong.add(RefusalCode::InvalidValue, "remove_units".to_owned(), text);
    }
    let task = StoredTask {
        title: wanted.title.clone().unwrap_or_else(|| before.title.clone()),
        text: wanted.text.clone().unwrap_or_else(|| before.text.clone()),
        due_on: wanted.due_on.unwrap_or(before.due_on),
        ..before.clone()
    };
    let mut shifts: Vec<Shift> = leaves
        .iter()
        .map(|unit_id| Shift::Leaves { unit_id: *unit_id })
        .collect();
    shifts.extend(joins);
    wrong.refuse()?;
    if task == *before && shifts.is_empty() {
        let text = "没有需要调整的内容：所给的与现状相同";
        return Err(FlowError::refused(RefusalCode::NothingToAmend, text));
    }
    Ok(Target {
        task,
        parties: parties(desk, held, wanted, &leaves),
        shifts,
        read_units: None,
    })
}

/// The units that are to leave.
fn leaving(
    desk: &AmendDesk<'_>,
    held: &HeldTask,
    names: &[String],
    wrong: &mut WrongFields,
) -> Vec<UnitId> {
    let roles = held.roles();
    let mut leaves = Vec::new();
    for (at, name) in names.iter().enumerate() {
        let path = format!("remove_units[{at}]");
        let found = match desk.directory.resolve(name) {
            Ok(found) => found,
            Err(why) => {
                let text = format!("“{name}”{}，请核对名称或改用单位编码", unmatched_text(&why));
                wrong.add(code_of(&why), path, text);
                continue;
            }
        };
        let there: Vec<UnitId> = found
            .iter()
            .map(|unit| unit.id)
            .filter(|unit| roles.contains_key(unit) && !leaves.contains(unit))
            .collect();
        if there.is_empty() {
            let text = format!("“{name}”没有承担这项任务，不需要移出");
            wrong.add(RefusalCode::InvalidValue, path, text);
        }
        leaves.extend(there);
    }
    leaves
}

/// The units that are to join, or to have another part. A group lets those of its members join that have no part.
fn joining(
    desk: &AmendDesk<'_>,
    held: &HeldTask,
    add: &BTreeMap<Role, Vec<String>>,
    leaves: &[UnitId],
    wrong: &mut WrongFields,
) -> Vec<Shift> {
    let mut has = held.roles();
    let mut all = Vec::new();
    for (role, names) in add {
        for (at, name) in names.iter().enumerate() {
            let path = format!("{}[{at}]", field_of(*role));
            let found = match desk.directory.resolve(name) {
                Ok(found) => found,
                Err(why) => {
                    let text =
                        format!("“{name}”{}，请核对名称或改用单位编码", unmatched_text(&why));
                    wrong.add(code_of(&why), path, text);
                    continue;
                }
            };
            let single = found.len() == 1;
            let mut new = Vec::new();
            for unit in found {
                if leaves.contains(&unit.id) {
                    let text = format!("“{name}”不能同时增加和移出");
                    wrong.add(RefusalCode::InvalidValue, path.clone(), text);
                    continue;
                }
                let (unit_id, role) = (unit.id, *role);
                match has.get(&unit.id) {
                    None => new.push(Shift::Joins { unit_id, role }),
                    Some(known) if *known != role && single => {
                        new.push(Shift::Changes { unit_id, role });
                    }
                    Some(_) => {}
                }
                if single || !has.contains_key(&unit_id) {
                    has.insert(unit_id, role);
                }
            }
            if new.is_empty() {
                let text = format!("“{name}”已经承担这项任务，不需要增加");
                wrong.add(RefusalCode::Taken, path, text);
            }
            all.extend(new);
        }
    }
    all
}

/// The parties as the task names them from now on. A group stays named where one of its members leaves.
fn parties(
    desk: &AmendDesk<'_>,
    held: &HeldTask,
    wanted: &AmendmentWanted,
    leaves: &[UnitId],
) -> Vec<Party> {
    let new = named_parties(&desk.directory, &wanted.add);
    let added: HashSet<UnitId> = new
        .iter()
        .filter_map(|party| desk.directory.resolve(&party.name).ok())
        .flatten()
        .map(|unit| unit.id)
        .collect();
    let stays = |party: &&Party| match desk.directory.resolve(&party.name).as_deref() {
        // Named alone it goes, also where it comes back in another part.
        Ok([one]) => !leaves.contains(&one.id) && !added.contains(&one.id),
        Ok(_) | Err(_) => true,
    };
    let mut parties: Vec<Party> = held.parties.iter().filter(stays).cloned().collect();
    for party in new {
        if !parties.contains(&party) {
            parties.push(party);
        }
    }
    parties.sort_by_key(|party| party.role);
    parties
}

/// The shifts that other parties of a task are: only units behind names that come or go move.
///
/// # Errors
/// Names that stand for nobody or several, or that nobody leads.
pub(super) fn shifts_to(
    desk: &AmendDesk<'_>,
    held: &HeldTask,
    parties: &[Party],
) -> Result<Vec<Shift>, crate::domain::fan_out::Held> {
    let (added, removed) = crate::domain::amendment::differing(&held.parties, parties);
    let shares = fan_out(parties, &desk.directory)?;
    let touched = added
        .into_iter()
        .chain(removed)
        .filter_map(|party| desk.directory.resolve(&party.name).ok())
        .flatten()
        .map(|unit| unit.id);
    Ok(shifts(touched, &shares, &held.roles()))
}

fn code_of(why: &Unmatched) -> RefusalCode {
    match why {
        Unmatched::Unknown | Unmatched::EmptyGroup => RefusalCode::UnknownUnit,
        Unmatched::Ambiguous(_) => RefusalCode::Ambiguous,
    }
}

/// The field of the request that holds the units of a role which join.
fn field_of(role: Role) -> &'static str {
    match role {
        Role::Lead => "add_lead_units",
        Role::Responsible => "add_responsible_units",
        Role::Cooperating => "add_cooperating_units",
    }
}
