//! The lights of some tasks' leads as a transaction sees them: a board of these rows alone, made and thrown away. The shared
//! board knows only what is committed.

use crate::domain::board::{Board, BoardError, BoardObligation, Explained, Reach};
use crate::domain::ids::{AssignmentId, PlanId, TaskId};
use crate::domain::role::Role;
use crate::domain::school_calendar::SchoolCalendar;
use crate::flow::refresh_board::line_of;
use crate::flow::{Ctx, FlowError};
use crate::storage::board_asks::obligations;
use crate::storage::board_progress::progress_of;
use crate::storage::board_rows::{assignments, in_statements, plans, tasks, units};
use crate::storage::{Session, dispatch_rows};
use chrono::NaiveDate;
use std::collections::{BTreeSet, HashMap};
use uuid::Uuid;

/// A lead's light.
#[derive(Debug, Clone, Copy)]
pub(super) struct LeadLight {
    /// The light and why.
    pub(super) explained: Explained,
    /// Whether this lead's progress is the task's.
    pub(super) decides: bool,
}

/// The lights of all leads of these tasks of a plan, in the evening of `on`.
///
/// # Errors
/// [`FlowError::Storage`], [`FlowError::Board`].
pub(super) async fn lead_lights(
    ctx: &Ctx,
    db: &impl Session,
    calendar: &SchoolCalendar,
    plan: PlanId,
    wanted: &BTreeSet<TaskId>,
    on: NaiveDate,
) -> Result<HashMap<AssignmentId, LeadLight>, FlowError> {
    let zone = ctx.settings.zone;
    let leads = dispatch_rows::parts_of_tasks(db, wanted, &[Role::Lead]).await?;
    let task_ids: Vec<Uuid> = wanted.iter().map(|id| id.0).collect();
    let ids: Vec<AssignmentId> = leads.iter().map(|lead| lead.id).collect();
    let known: BTreeSet<AssignmentId> = ids.iter().copied().collect();
    let unit_ids: BTreeSet<Uuid> = leads.iter().map(|lead| lead.unit_id.0).collect();
    let unit_ids: Vec<Uuid> = unit_ids.into_iter().collect();
    let lead_ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let mut board = Board::default();
    for some in in_statements(&[plan.0]) {
        put_all(plans(db, some).await?, |row| board.put_plan(row))?;
    }
    for some in in_statements(&unit_ids) {
        put_all(units(db, some).await?, |row| board.put_unit(row))?;
    }
    for some in in_statements(&task_ids) {
        put_all(tasks(db, some, zone).await?, |row| board.put_task(row))?;
    }
    for some in in_statements(&lead_ids) {
        let rows = assignments(db, some, zone).await?;
        put_all(rows, |row| board.put_assignment(row))?;
    }
    put_all(progress_of(db, &ids).await?, |row| board.put_progress(row))?;
    let asked = dispatch_rows::obligations_about(db, &ids).await?;
    for some in in_statements(&asked) {
        for row in obligations(db, some, zone).await? {
            let mut items = row.assignment_ids;
            items.retain(|item| known.contains(item));
            // Of the obligation only what it asks of these leads, and what became of it, is looked at.
            let row = BoardObligation {
                assignment_ids: items,
                plan_id: plan,
                round_id: None,
                ..row
            };
            board.put_obligation(row)?;
        }
    }
    let line = line_of(&calendar.holidays);
    let day = board.as_of(on, &line);
    let mut lights = HashMap::new();
    for lead in leads {
        let deciding = day.task_light(&Reach::All, lead.task_id);
        let decides = deciding.and_then(|light| light.assignment_id) == Some(lead.id);
        if let Some(explained) = day.assignment_light(&Reach::All, lead.id) {
            lights.insert(lead.id, LeadLight { explained, decides });
        }
    }
    Ok(lights)
}

fn put_all<Row>(
    rows: Vec<Row>,
    put: impl FnMut(Row) -> Result<(), BoardError>,
) -> Result<(), FlowError> {
    rows.into_iter().try_for_each(put)?;
    Ok(())
}
