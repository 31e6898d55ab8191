//! The rows of the board: whole tables page by page, so that a million assignments pass through little memory, and the
//! rows of given ids after a change. What the board makes of them is in `domain::board`.

use crate::domain::assignment_life::AssignmentState;
use crate::domain::board::{
    BoardAssignment, BoardPlan, BoardRound, BoardSizes, BoardTask, BoardUnit,
};
use crate::domain::expected_progress::Duty;
use crate::domain::ids::{AssignmentId, PlanId, RoundId, TaskId, UnitId};
use crate::domain::local_time::LocalZone;
use crate::storage::board_past;
use crate::storage::error::StorageError;
use crate::storage::{CHUNK, code, from_json};
use chrono::{DateTime, NaiveDate, Utc};
use entity::{
    amendment, assignment, assignment_event, cycle, extension, obligation, obligation_item, plan,
    report_item, round, task, unit,
};
use sea_orm::sea_query::SimpleExpr;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, JoinType, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, Select,
};
use uuid::Uuid;

/// Which rows of a table.
#[derive(Debug, Clone, Copy)]
pub enum Wanted<'a> {
    /// The next `limit` in the order of ids, behind this one; from the first where there is none.
    Page {
        /// The last id of the page before.
        after: Option<Uuid>,
        /// Rows at the most.
        limit: u64,
    },
    /// Those of these ids, as far as they exist.
    Ids(&'a [Uuid]),
}

impl Wanted<'_> {
    /// Narrows `select` down, in the order of `id`.
    pub(super) fn of<E: EntityTrait>(
        self,
        select: Select<E>,
        id: impl ColumnTrait,
        ids_in: impl ColumnTrait,
    ) -> Select<E> {
        let select = match self {
            Self::Page { after: None, limit } => select.limit(limit),
            Self::Page {
                after: Some(after),
                limit,
            } => select.filter(id.gt(after)).limit(limit),
            Self::Ids(ids) => select.filter(ids_in.is_in(ids.iter().copied())),
        };
        select.order_by_asc(id)
    }

    /// What refers by `column` to rows that were found, of which these are the first and the last id. The rows of a page lie
    /// side by side, and so does what refers to them.
    pub(super) fn referring(
        self,
        column: impl ColumnTrait,
        (first, last): (Uuid, Uuid),
    ) -> SimpleExpr {
        match self {
            Self::Ids(ids) => column.is_in(ids.iter().copied()),
            Self::Page { .. } => column.between(first, last),
        }
    }
}

/// Splits ids into statements of a bearable length.
pub fn in_statements(ids: &[Uuid]) -> impl Iterator<Item = Wanted<'_>> {
    ids.chunks(CHUNK).map(Wanted::Ids)
}

/// How many rows the large tables have.
///
/// # Errors
/// [`StorageError`].
pub async fn sizes(db: &impl ConnectionTrait) -> Result<BoardSizes, StorageError> {
    let number = |rows: u64| usize::try_from(rows).unwrap_or(usize::MAX);
    let set_back = assignment_event::Column::Percent.is_not_null();
    let set_back = assignment_event::Entity::find().filter(set_back);
    let progress = report_item::Entity::find().count(db).await? + set_back.count(db).await?;
    Ok(BoardSizes {
        assignments: number(assignment::Entity::find().count(db).await?),
        progress: number(progress),
        obligations: number(obligation::Entity::find().count(db).await?),
        items: number(obligation_item::Entity::find().count(db).await?),
    })
}

/// Plans.
///
/// # Errors
/// [`StorageError`].
pub async fn plans(
    db: &impl ConnectionTrait,
    wanted: Wanted<'_>,
) -> Result<Vec<BoardPlan>, StorageError> {
    let select = plan::Entity::find()
        .select_only()
        .columns([plan::Column::Id, plan::Column::Title]);
    let rows: Vec<(Uuid, String)> = wanted
        .of(select, plan::Column::Id, plan::Column::Id)
        .into_tuple()
        .all(db)
        .await?;
    let plans = rows.into_iter().map(|(id, title)| BoardPlan {
        id: PlanId(id),
        title,
    });
    Ok(plans.collect())
}

/// Units.
///
/// # Errors
/// [`StorageError`].
pub async fn units(
    db: &impl ConnectionTrait,
    wanted: Wanted<'_>,
) -> Result<Vec<BoardUnit>, StorageError> {
    let select = wanted.of(unit::Entity::find(), unit::Column::Id, unit::Column::Id);
    let units = select.all(db).await?.into_iter().map(|row| {
        Ok(BoardUnit {
            id: UnitId(row.id),
            code: row.code,
            name: row.name,
            kind: code("unit kind", &row.kind)?,
            levels: from_json("unit.levels", row.levels)?,
            parent_id: row.parent_id.map(UnitId),
            liaison: row.liaison,
        })
    });
    units.collect()
}

type TaskRow = (
    Uuid,
    Uuid,
    String,
    String,
    serde_json::Value,
    Option<DateTime<Utc>>,
    Option<NaiveDate>,
    Option<NaiveDate>,
    bool,
);

/// Tasks, issued or not, with what their days were.
///
/// # Errors
/// [`StorageError`].
pub async fn tasks(
    db: &impl ConnectionTrait,
    wanted: Wanted<'_>,
    zone: LocalZone,
) -> Result<Vec<BoardTask>, StorageError> {
    let to_plan = task::Entity::belongs_to(plan::Entity)
        .from(task::Column::PlanId)
        .to(plan::Column::Id)
        .into();
    let select = task::Entity::find()
        .select_only()
        .columns([
            task::Column::Id,
            task::Column::PlanId,
            task::Column::Number,
            task::Column::Title,
            task::Column::Section,
            task::Column::IssuedAt,
            task::Column::DueOn,
        ])
        .column(plan::Column::LastPhaseEndsOn)
        .column(task::Column::Continuous)
        .join(JoinType::InnerJoin, to_plan);
    let rows: Vec<TaskRow> = wanted
        .of(select, task::Column::Id, task::Column::Id)
        .into_tuple()
        .all(db)
        .await?;
    let tasks = rows.into_iter().map(|row| {
        let (id, plan_id, number, title, section, issued_at, due_on, phases_end_on, continuous) =
            row;
        Ok(BoardTask {
            id: TaskId(id),
            plan_id: PlanId(plan_id),
            number,
            title,
            section: from_json("task.section", section)?,
            issued_on: issued_at.map(|at| zone.day(at)),
            due_on,
            phases_end_on,
            duty: match continuous {
                true => Duty::Standing,
                false => Duty::Ending,
            },
            past: Vec::new(),
        })
    });
    let mut tasks = tasks.collect::<Result<Vec<BoardTask>, StorageError>>()?;
    board_past::add_days(db, wanted, &mut tasks).await?;
    Ok(tasks)
}

/// The ids of the tasks of these plans: the end of a plan's last phase is part of each.
///
/// # Errors
/// [`StorageError`].
pub async fn tasks_of_plans(
    db: &impl ConnectionTrait,
    plans: &[Uuid],
) -> Result<Vec<Uuid>, StorageError> {
    let ids = task::Entity::find()
        .select_only()
        .column(task::Column::Id)
        .filter(task::Column::PlanId.is_in(plans.iter().copied()))
        .into_tuple()
        .all(db)
        .await?;
    Ok(ids)
}

type AssignmentRow = (
    Uuid,
    Uuid,
    Uuid,
    String,
    i32,
    DateTime<Utc>,
    String,
    Option<NaiveDate>,
    Option<NaiveDate>,
);

/// Assignments, with what they were.
///
/// # Errors
/// [`StorageError`].
pub async fn assignments(
    db: &impl ConnectionTrait,
    wanted: Wanted<'_>,
    zone: LocalZone,
) -> Result<Vec<BoardAssignment>, StorageError> {
    use assignment::Column;
    let select = assignment::Entity::find().select_only().columns([
        Column::Id,
        Column::TaskId,
        Column::UnitId,
        Column::Role,
        Column::Position,
        Column::IssuedAt,
        Column::State,
        Column::EndedOn,
        Column::DueOn,
    ]);
    let rows: Vec<AssignmentRow> = wanted
        .of(select, Column::Id, Column::Id)
        .into_tuple()
        .all(db)
        .await?;
    let assignments = rows.into_iter().map(|row| {
        let (id, task_id, unit_id, role, position, issued_at, state, ended_on, due_on) = row;
        let state: AssignmentState = code("assignment state", &state)?;
        Ok(BoardAssignment {
            id: AssignmentId(id),
            task_id: TaskId(task_id),
            unit_id: UnitId(unit_id),
            role: code("role", &role)?,
            position: u16::try_from(position).unwrap_or(u16::MAX),
            issued_on: zone.day(issued_at),
            ended: state.ending().zip(ended_on),
            due_on,
            past: Vec::new(),
        })
    });
    let mut assignments = assignments.collect::<Result<Vec<BoardAssignment>, StorageError>>()?;
    board_past::add_courses(db, wanted, zone, &mut assignments).await?;
    Ok(assignments)
}

/// The assignments that these decisions are about, by id.
///
/// # Errors
/// [`StorageError`].
pub async fn assignments_decided(
    db: &impl ConnectionTrait,
    wanted: Wanted<'_>,
) -> Result<Vec<Uuid>, StorageError> {
    use assignment_event::Column;
    let select = assignment_event::Entity::find()
        .select_only()
        .column(Column::AssignmentId);
    let wanted = wanted.of(select, Column::Id, Column::Id);
    Ok(wanted.into_tuple().all(db).await?)
}

/// The assignments of which these requests for more time ask to move the due day, by id.
///
/// # Errors
/// [`StorageError`].
pub async fn assignments_extended(
    db: &impl ConnectionTrait,
    wanted: Wanted<'_>,
) -> Result<Vec<Uuid>, StorageError> {
    let to_items = extension::Entity::belongs_to(obligation_item::Entity)
        .from(extension::Column::ObligationId)
        .to(obligation_item::Column::ObligationId);
    let select = extension::Entity::find()
        .select_only()
        .column(obligation_item::Column::AssignmentId)
        .join(JoinType::InnerJoin, to_items.into())
        .filter(obligation_item::Column::AssignmentId.is_not_null());
    let wanted = wanted.of(select, extension::Column::Id, extension::Column::Id);
    Ok(wanted.into_tuple().all(db).await?)
}

/// The assignments of tasks that these amendments are about, by id.
///
/// # Errors
/// [`StorageError`].
pub async fn assignments_amended(
    db: &impl ConnectionTrait,
    wanted: Wanted<'_>,
) -> Result<Vec<Uuid>, StorageError> {
    let to_assignments = amendment::Entity::belongs_to(assignment::Entity)
        .from(amendment::Column::TaskId)
        .to(assignment::Column::TaskId);
    let select = amendment::Entity::find()
        .select_only()
        .column(assignment::Column::Id)
        .join(JoinType::InnerJoin, to_assignments.into());
    let wanted = wanted.of(select, amendment::Column::Id, amendment::Column::Id);
    Ok(wanted.into_tuple().all(db).await?)
}

type RoundRow = (
    Uuid,
    String,
    String,
    Uuid,
    NaiveDate,
    Option<DateTime<Utc>>,
    Option<NaiveDate>,
);

/// Rounds.
///
/// # Errors
/// [`StorageError`].
pub async fn rounds(
    db: &impl ConnectionTrait,
    wanted: Wanted<'_>,
    zone: LocalZone,
) -> Result<Vec<BoardRound>, StorageError> {
    let to_cycle = round::Entity::belongs_to(cycle::Entity)
        .from(round::Column::CycleId)
        .to(cycle::Column::Id)
        .into();
    let select = round::Entity::find()
        .select_only()
        .column(round::Column::Id)
        .column(cycle::Column::Kind)
        .column(round::Column::PeriodKey)
        .column(cycle::Column::PlanId)
        .columns([
            round::Column::OpenedOn,
            round::Column::ClosedAt,
            round::Column::DueOn,
        ])
        .join(JoinType::InnerJoin, to_cycle);
    let rows: Vec<RoundRow> = wanted
        .of(select, round::Column::Id, round::Column::Id)
        .into_tuple()
        .all(db)
        .await?;
    let rounds = rows.into_iter().map(|row| {
        let (id, kind, period_key, plan_id, opened_on, closed_at, due_on) = row;
        Ok(BoardRound {
            id: RoundId(id),
            cycle: code("cycle kind", &kind)?,
            period_key,
            plan_id: PlanId(plan_id),
            opened_on,
            closed_on: closed_at.map(|at| zone.day(at)),
            due_on,
        })
    });
    rounds.collect()
}
