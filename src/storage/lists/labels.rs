//! Names and codes of what rows refer to, for a whole page in one query each.

use crate::domain::cycle_kind::CycleKind;
use crate::domain::ids::{
    AssignmentId, ContactId, CycleId, MailId, PlanId, RoundId, TaskId, UnitId,
};
use crate::domain::mail_state::MailState;
use crate::domain::role::Role;
use crate::storage::error::StorageError;
use crate::storage::{CHUNK, code};
use chrono::NaiveDate;
use entity::{assignment, contact, cycle, mail, plan, round, task, unit};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, JoinType, QueryFilter, QuerySelect,
};
use std::collections::{BTreeSet, HashMap};
use uuid::Uuid;

/// A unit as a row shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitLabel {
    /// Code.
    pub code: String,
    /// Name.
    pub name: String,
}

/// A contact as a row shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactLabel {
    /// Its unit.
    pub unit_id: UnitId,
    /// Name.
    pub name: Option<String>,
    /// Address as given.
    pub email: Option<String>,
}

/// A cycle as a row shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CycleLabel {
    /// Its plan.
    pub plan_id: PlanId,
    /// Title of the plan.
    pub plan_title: String,
    /// Kind.
    pub kind: CycleKind,
}

/// An assignment as a row shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssignmentLabel {
    /// Its task.
    pub task_id: TaskId,
    /// Number of the task.
    pub number: String,
    /// Title of the task.
    pub title: String,
    /// The unit's part.
    pub role: Role,
    /// Progress as last reported.
    pub percent: Option<i32>,
    /// Local day of that report.
    pub reported_on: Option<NaiveDate>,
}

fn each_once<I: Into<Uuid>>(ids: impl IntoIterator<Item = I>) -> BTreeSet<Uuid> {
    ids.into_iter().map(Into::into).collect()
}

/// The units of a page.
///
/// # Errors
/// [`StorageError`].
pub async fn units(
    db: &impl ConnectionTrait,
    ids: impl IntoIterator<Item = UnitId>,
) -> Result<HashMap<UnitId, UnitLabel>, StorageError> {
    let ids = each_once(ids.into_iter().map(|id| id.0));
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<(Uuid, String, String)> = unit::Entity::find()
        .select_only()
        .columns([unit::Column::Id, unit::Column::Code, unit::Column::Name])
        .filter(unit::Column::Id.is_in(ids))
        .into_tuple()
        .all(db)
        .await?;
    let labels = rows
        .into_iter()
        .map(|(id, code, name)| (UnitId(id), UnitLabel { code, name }));
    Ok(labels.collect())
}

/// Titles of the plans of a page.
///
/// # Errors
/// [`StorageError`].
pub async fn plans(
    db: &impl ConnectionTrait,
    ids: impl IntoIterator<Item = PlanId>,
) -> Result<HashMap<PlanId, String>, StorageError> {
    let ids = each_once(ids.into_iter().map(|id| id.0));
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<(Uuid, String)> = plan::Entity::find()
        .select_only()
        .columns([plan::Column::Id, plan::Column::Title])
        .filter(plan::Column::Id.is_in(ids))
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows
        .into_iter()
        .map(|(id, title)| (PlanId(id), title))
        .collect())
}

/// The contacts of a page.
///
/// # Errors
/// [`StorageError`].
pub async fn contacts(
    db: &impl ConnectionTrait,
    ids: impl IntoIterator<Item = ContactId>,
) -> Result<HashMap<ContactId, ContactLabel>, StorageError> {
    let ids = each_once(ids.into_iter().map(|id| id.0));
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = contact::Entity::find()
        .filter(contact::Column::Id.is_in(ids))
        .all(db)
        .await?;
    let labels = rows.into_iter().map(|row| {
        let label = ContactLabel {
            unit_id: UnitId(row.unit_id),
            name: row.name,
            email: row.email,
        };
        (ContactId(row.id), label)
    });
    Ok(labels.collect())
}

/// The cycles of a page, with their plans.
///
/// # Errors
/// [`StorageError`].
pub async fn cycles(
    db: &impl ConnectionTrait,
    ids: impl IntoIterator<Item = CycleId>,
) -> Result<HashMap<CycleId, CycleLabel>, StorageError> {
    let ids = each_once(ids.into_iter().map(|id| id.0));
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<(Uuid, Uuid, String)> = cycle::Entity::find()
        .select_only()
        .columns([
            cycle::Column::Id,
            cycle::Column::PlanId,
            cycle::Column::Kind,
        ])
        .filter(cycle::Column::Id.is_in(ids))
        .into_tuple()
        .all(db)
        .await?;
    let titles = plans(db, rows.iter().map(|(_, plan, _)| PlanId(*plan))).await?;
    let labels = rows.into_iter().map(|(id, plan, kind)| {
        let plan_id = PlanId(plan);
        let kind = kind
            .parse()
            .map_err(|_| crate::domain::role::UnknownCode::new("cycle kind", &kind))?;
        let plan_title = titles.get(&plan_id).cloned().unwrap_or_default();
        let label = CycleLabel {
            plan_id,
            plan_title,
            kind,
        };
        Ok((CycleId(id), label))
    });
    labels.collect()
}

/// Names of the periods of the rounds of a page.
///
/// # Errors
/// [`StorageError`].
pub async fn periods(
    db: &impl ConnectionTrait,
    ids: impl IntoIterator<Item = RoundId>,
) -> Result<HashMap<RoundId, String>, StorageError> {
    let ids = each_once(ids.into_iter().map(|id| id.0));
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<(Uuid, String)> = round::Entity::find()
        .select_only()
        .columns([round::Column::Id, round::Column::PeriodKey])
        .filter(round::Column::Id.is_in(ids))
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows
        .into_iter()
        .map(|(id, period)| (RoundId(id), period))
        .collect())
}

/// States of the mails of a page.
///
/// # Errors
/// [`StorageError`].
pub async fn mail_states(
    db: &impl ConnectionTrait,
    ids: impl IntoIterator<Item = MailId>,
) -> Result<HashMap<MailId, MailState>, StorageError> {
    let ids = each_once(ids.into_iter().map(|id| id.0));
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<(Uuid, String)> = mail::Entity::find()
        .select_only()
        .columns([mail::Column::Id, mail::Column::State])
        .filter(mail::Column::Id.is_in(ids))
        .into_tuple()
        .all(db)
        .await?;
    rows.into_iter()
        .map(|(id, state)| Ok((MailId(id), code("mail state", &state)?)))
        .collect()
}

#[derive(Debug, FromQueryResult)]
struct AssignmentRow {
    id: Uuid,
    task_id: Uuid,
    role: String,
    percent: Option<i32>,
    reported_on: Option<NaiveDate>,
    number: String,
    title: String,
}

/// The assignments of a page, with their tasks.
///
/// # Errors
/// [`StorageError`].
pub async fn assignments(
    db: &impl ConnectionTrait,
    ids: impl IntoIterator<Item = AssignmentId>,
) -> Result<HashMap<AssignmentId, AssignmentLabel>, StorageError> {
    let ids: Vec<Uuid> = each_once(ids.into_iter().map(|id| id.0))
        .into_iter()
        .collect();
    let mut labels = HashMap::with_capacity(ids.len());
    for chunk in ids.chunks(CHUNK) {
        use assignment::Column as C;
        let to_task = assignment::Entity::belongs_to(task::Entity)
            .from(C::TaskId)
            .to(task::Column::Id);
        let rows = assignment::Entity::find()
            .select_only()
            .columns([C::Id, C::TaskId, C::Role, C::Percent, C::ReportedOn])
            .column(task::Column::Number)
            .column(task::Column::Title)
            .join(JoinType::InnerJoin, to_task.into())
            .filter(C::Id.is_in(chunk.iter().copied()))
            .into_model::<AssignmentRow>()
            .all(db)
            .await?;
        for row in rows {
            let label = AssignmentLabel {
                task_id: TaskId(row.task_id),
                number: row.number,
                title: row.title,
                role: code("role", &row.role)?,
                percent: row.percent,
                reported_on: row.reported_on,
            };
            labels.insert(AssignmentId(row.id), label);
        }
    }
    Ok(labels)
}
