//! The list of tasks. Whoever is bounded to units meets the tasks that these have a part in; before a task is issued only
//! the bureau meets it.

use crate::domain::access::Reach;
use crate::domain::ids::{PlanId, TaskId};
use crate::domain::level::Level;
use crate::domain::plan_origin::PlanOrigin;
use crate::domain::role::Role;
use crate::domain::unit_kind::UnitKind;
use crate::storage::code;
use crate::storage::error::StorageError;
use crate::storage::lists::parts::{among, units_wanted};
use crate::storage::lists::text_search::{as_json, contains, json_text};
use crate::storage::paging::{Direction, PageWanted, Paged, Place, SortKey, page};
use crate::storage::tasks::{StoredTask, TaskState, task_of};
use chrono::NaiveDate;
use entity::{assignment, plan, task};
use sea_orm::sea_query::{Condition, Expr, Func, SelectStatement};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, Order, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait, Select,
};
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

/// Which tasks are wanted; what is `None` does not matter.
#[derive(Debug, Clone, Default)]
pub struct TaskFilter {
    /// Of this plan.
    pub plan_id: Option<PlanId>,
    /// In one of these states.
    pub state: Option<Vec<TaskState>>,
    /// Of plans of one of these origins.
    pub origin: Option<Vec<PlanOrigin>>,
    /// Below this heading, as written.
    pub section: Option<String>,
    /// In which this unit has a part.
    pub unit_code: Option<String>,
    /// In which a unit of one of these kinds has a part.
    pub unit_kind: Option<Vec<UnitKind>>,
    /// In which a school of this level has a part.
    pub level: Option<Level>,
    /// The part it has.
    pub role: Option<Role>,
    /// Due on this day or later.
    pub due_from: Option<NaiveDate>,
    /// Due on this day or earlier.
    pub due_to: Option<NaiveDate>,
    /// This text in the number, the title or the text.
    pub q: Option<String>,
}

/// How tasks are sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaskSort {
    /// By plan, oldest first, and inside it in the order of the plan.
    Number,
    /// By due day; those without one last.
    DueOn,
}

/// A page of tasks.
///
/// # Errors
/// [`StorageError`].
pub async fn list(
    db: &impl ConnectionTrait,
    filter: &TaskFilter,
    reach: &Reach,
    sort: TaskSort,
    wanted: &PageWanted,
) -> Result<Paged<StoredTask>, StorageError> {
    let select = filtered(db, filter).filter(met(reach));
    let paged = match sort {
        TaskSort::Number => in_plan_order(db, select, wanted).await?,
        TaskSort::DueOn => {
            let due_on = Expr::col((task::Entity, task::Column::DueOn));
            let sort = SortKey {
                expr: Func::coalesce([due_on, Expr::value(last_day())]).into(),
                read: |text| Some(text.parse::<NaiveDate>().ok()?.into()),
                tell: |row: &task::Model| row.due_on.unwrap_or_else(last_day).to_string(),
            };
            page(
                db,
                select,
                task::Column::Id,
                |row| row.id,
                Some(sort),
                wanted,
            )
            .await?
        }
    };
    paged.try_map(task_of)
}

/// Sorts behind every due day, for tasks without one. Years of more than four digits would be written with a sign, and
/// stand before all others as text.
fn last_day() -> NaiveDate {
    NaiveDate::from_ymd_opt(9999, 12, 31).unwrap_or(NaiveDate::MAX)
}

/// Whether the viewer meets a task.
///
/// # Errors
/// [`StorageError`].
pub async fn is_met(
    db: &impl ConnectionTrait,
    id: TaskId,
    reach: &Reach,
) -> Result<bool, StorageError> {
    let found = task::Entity::find_by_id(id.0).filter(met(reach)).one(db);
    Ok(found.await?.is_some())
}

/// How many assignments these tasks have, by role; a task without any is left out.
///
/// # Errors
/// [`StorageError`].
pub async fn assignment_counts(
    db: &impl ConnectionTrait,
    ids: &[TaskId],
) -> Result<HashMap<TaskId, BTreeMap<Role, u64>>, StorageError> {
    let rows: Vec<(Uuid, String, i64)> = assignment::Entity::find()
        .select_only()
        .columns([assignment::Column::TaskId, assignment::Column::Role])
        .column_as(assignment::Column::Id.count(), "assignments")
        .filter(assignment::Column::TaskId.is_in(ids.iter().map(|id| id.0)))
        .group_by(assignment::Column::TaskId)
        .group_by(assignment::Column::Role)
        .into_tuple()
        .all(db)
        .await?;
    let mut counts: HashMap<TaskId, BTreeMap<Role, u64>> = HashMap::new();
    for (task, role, count) in rows {
        let role = code("role", &role)?;
        let count = u64::try_from(count).unwrap_or(0);
        counts.entry(TaskId(task)).or_default().insert(role, count);
    }
    Ok(counts)
}

/// The condition on `task` that the viewer meets it.
pub(in crate::storage) fn met(reach: &Reach) -> Condition {
    match reach {
        Reach::All => Condition::all(),
        Reach::Units { units, .. } => {
            let theirs = assignment::Entity::find()
                .select_only()
                .column(assignment::Column::TaskId)
                .filter(among(assignment::Column::UnitId, units));
            Condition::all().add(task::Column::Id.in_subquery(theirs.into_query()))
        }
    }
}

fn filtered(db: &impl ConnectionTrait, filter: &TaskFilter) -> Select<task::Entity> {
    let mut select = task::Entity::find();
    if let Some(plan) = filter.plan_id {
        select = select.filter(task::Column::PlanId.eq(plan.0));
    }
    if let Some(states) = &filter.state {
        let states = states.iter().map(|state| state.as_str());
        select = select.filter(task::Column::State.is_in(states));
    }
    if let Some(origins) = &filter.origin {
        let plans = plan::Entity::find()
            .select_only()
            .column(plan::Column::Id)
            .filter(plan::Column::Origin.is_in(origins.iter().map(|origin| origin.as_str())));
        select = select.filter(task::Column::PlanId.in_subquery(plans.into_query()));
    }
    let column = |column: task::Column| Expr::col((task::Entity, column));
    if let Some(section) = &filter.section {
        let sections = json_text(column(task::Column::Section));
        select = select.filter(contains(db, sections, &as_json(section)));
    }
    if let Some(theirs) = tasks_of_units(db, filter) {
        select = select.filter(task::Column::Id.in_subquery(theirs));
    }
    if let Some(from) = filter.due_from {
        select = select.filter(task::Column::DueOn.gte(from));
    }
    if let Some(to) = filter.due_to {
        select = select.filter(task::Column::DueOn.lte(to));
    }
    if let Some(q) = &filter.q {
        let found = Condition::any()
            .add(contains(db, column(task::Column::Number), q))
            .add(contains(db, column(task::Column::Title), q))
            .add(contains(db, column(task::Column::Text), q));
        select = select.filter(found);
    }
    select
}

/// The tasks in which a unit that the filter asks for has the part that it asks for; `None` where it asks for neither.
fn tasks_of_units(db: &impl ConnectionTrait, filter: &TaskFilter) -> Option<SelectStatement> {
    let (code, kinds) = (filter.unit_code.as_deref(), filter.unit_kind.as_deref());
    let units = units_wanted(db, code, kinds, filter.level);
    if units.is_none() && filter.role.is_none() {
        return None;
    }
    let mut theirs = assignment::Entity::find()
        .select_only()
        .column(assignment::Column::TaskId);
    if let Some(units) = units {
        theirs = theirs.filter(assignment::Column::UnitId.in_subquery(units));
    }
    if let Some(role) = filter.role {
        theirs = theirs.filter(assignment::Column::Role.eq(role.as_str()));
    }
    Some(theirs.into_query())
}

/// A page in the order of plans: along the key (plan, position) itself, which an expression made of both could not use.
async fn in_plan_order(
    db: &impl ConnectionTrait,
    select: Select<task::Entity>,
    wanted: &PageWanted,
) -> Result<Paged<task::Model>, StorageError> {
    use task::Column::{PlanId, Position};
    let mut select = select;
    if let Some(after) = &wanted.after {
        let (plan, position) = place_in_plan(after).ok_or(StorageError::BadPlace)?;
        let (later_plan, later_in_it) = match wanted.direction {
            Direction::Ascending => (PlanId.gt(plan), Position.gt(position)),
            Direction::Descending => (PlanId.lt(plan), Position.lt(position)),
        };
        let in_it = Condition::all().add(PlanId.eq(plan)).add(later_in_it);
        select = select.filter(Condition::any().add(later_plan).add(in_it));
    }
    let order = match wanted.direction {
        Direction::Ascending => Order::Asc,
        Direction::Descending => Order::Desc,
    };
    let mut rows = select
        .order_by(PlanId, order.clone())
        .order_by(Position, order)
        .limit(wanted.limit + 1)
        .all(db)
        .await?;
    let limit = usize::try_from(wanted.limit).unwrap_or(usize::MAX);
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| more).map(|last| Place {
        key: Some(format!("{}:{}", last.plan_id, last.position)),
        id: last.id,
    });
    Ok(Paged { rows, next })
}

fn place_in_plan(place: &Place) -> Option<(Uuid, i32)> {
    let (plan, position) = place.key.as_deref()?.split_once(':')?;
    Some((plan.parse().ok()?, position.parse().ok()?))
}
