//! Assignments and tasks by their lights, as of any day up to today: page by page, one alone with its reasons. The rows
//! themselves are for the caller to fetch, by the ids given here.

use crate::domain::access;
use crate::domain::board::{Explained, PageFilter, PageRow, Reach, TaskPageFilter, TaskPageRow};
use crate::domain::ids::{AssignmentId, TaskId, UnitId};
use crate::domain::light::{Basis, Light};
use crate::domain::standing::Standing;
use crate::flow::refresh_board::ask;
use crate::flow::{Ctx, FlowError, Now, RefusalCode};
use crate::storage::lists::assignments::tasks_led_by;
use crate::storage::paging::{Direction, PageWanted, Paged, Place};
use chrono::NaiveDate;
use std::collections::{BTreeSet, HashMap};
use uuid::Uuid;

/// A light with its reasons.
#[derive(Debug, Clone, PartialEq)]
pub struct LightTold {
    /// The light.
    pub light: Light,
    /// How a bulletin counts it.
    pub standing: Standing,
    /// What was reported last by that day, 0–100.
    pub percent: Option<u8>,
    /// What is expected by that day, 0–100; none where nothing is.
    pub expected_percent: Option<f64>,
    /// The assignment whose progress it is.
    pub assignment_id: Option<AssignmentId>,
    /// One sentence that says why.
    pub text: String,
}

/// The day that is asked about: today where none is given.
///
/// # Errors
/// [`FlowError::Refused`], field `as_of`, for a day that is still to come.
pub fn day_asked(now: Now, as_of: Option<NaiveDate>) -> Result<NaiveDate, FlowError> {
    match as_of {
        None => Ok(now.today),
        Some(day) if day <= now.today => Ok(day),
        Some(day) => {
            let today = now.today;
            let text = format!("{day} 还没有到，请写今天（{today}）或以前的日期");
            Err(FlowError::refused_field(
                RefusalCode::InvalidValue,
                "as_of",
                text,
            ))
        }
    }
}

/// The unit of a code given in a field.
///
/// # Errors
/// [`FlowError::Refused`] where there is none.
pub async fn unit_of_code(
    ctx: &Ctx,
    field: &'static str,
    code: Option<&str>,
) -> Result<Option<UnitId>, FlowError> {
    let Some(code) = code else {
        return Ok(None);
    };
    let directory = ctx.units().await?;
    let unit = directory.by_code(code).ok_or_else(|| {
        let text = format!("没有编码为“{code}”的单位，请核对编码");
        FlowError::refused_field(RefusalCode::UnknownUnit, field, text)
    })?;
    Ok(Some(unit.id))
}

/// The refusal of a filter or order that cannot be joined with those by light.
pub fn unfit(field: &'static str) -> FlowError {
    let text =
        format!("按红黄绿灯、牵头单位、一级标题或日期筛选时，不能同时使用 {field}，请去掉其一");
    FlowError::refused_field(RefusalCode::InvalidValue, field, text)
}

/// The caller's reach as the board knows it: the caller's units, and the tasks that their own units lead.
///
/// # Errors
/// [`FlowError::Storage`].
pub async fn reach_on_board(ctx: &Ctx, reach: &access::Reach) -> Result<Reach, FlowError> {
    match reach {
        access::Reach::All => Ok(Reach::All),
        access::Reach::Units { units, own } => Ok(Reach::Some {
            units: units.clone(),
            led_tasks: tasks_led_by(&ctx.db, own).await?,
        }),
    }
}

/// The same for obligations: they are met by their unit alone.
pub(super) fn reach_of_units(reach: &access::Reach) -> Reach {
    match reach {
        access::Reach::All => Reach::All,
        access::Reach::Units { units, .. } => Reach::Some {
            units: units.clone(),
            led_tasks: BTreeSet::new(),
        },
    }
}

/// A page of assignments as they stood in the evening of `on`, in the order of ids.
///
/// # Errors
/// [`FlowError::Refused`], field `sort`, where another order is wanted; [`FlowError::Storage`].
pub async fn assignments_by_light(
    ctx: &Ctx,
    reach: &access::Reach,
    on: NaiveDate,
    filter: PageFilter,
    wanted: &PageWanted,
) -> Result<Paged<PageRow>, FlowError> {
    let (after, limit) = place_of(wanted)?;
    let reach = reach_on_board(ctx, reach).await?;
    let rows = ask(ctx, move |view| {
        let day = view.board.as_of(on, view.line);
        day.page(&reach, &filter, after.map(AssignmentId), limit + 1)
    });
    Ok(paged(rows.await?, limit, |row| row.id.0))
}

/// A page of tasks as they stood in the evening of `on`, in the order of ids.
///
/// # Errors
/// [`FlowError::Refused`], field `sort`, where another order is wanted; [`FlowError::Storage`].
pub async fn tasks_by_light(
    ctx: &Ctx,
    reach: &access::Reach,
    on: NaiveDate,
    filter: TaskPageFilter,
    wanted: &PageWanted,
) -> Result<Paged<TaskPageRow>, FlowError> {
    let (after, limit) = place_of(wanted)?;
    let reach = reach_on_board(ctx, reach).await?;
    let rows = ask(ctx, move |view| {
        let day = view.board.as_of(on, view.line);
        day.task_page(&reach, &filter, after.map(TaskId), limit + 1)
    });
    Ok(paged(rows.await?, limit, |row| row.id.0))
}

/// The light of an assignment in the evening of `on`, and why; `None` where it is foreign or was not issued by then.
///
/// # Errors
/// [`FlowError::Storage`].
pub async fn light_of_assignment(
    ctx: &Ctx,
    reach: &access::Reach,
    on: NaiveDate,
    id: AssignmentId,
) -> Result<Option<LightTold>, FlowError> {
    let reach = reach_on_board(ctx, reach).await?;
    ask(ctx, move |view| {
        let day = view.board.as_of(on, view.line);
        day.assignment_light(&reach, id).map(told)
    })
    .await
}

/// The light of a task in the evening of `on`, and why; `None` where none of its assignments is met and issued by then.
///
/// # Errors
/// [`FlowError::Storage`].
pub async fn light_of_task(
    ctx: &Ctx,
    reach: &access::Reach,
    on: NaiveDate,
    id: TaskId,
) -> Result<Option<LightTold>, FlowError> {
    let reach = reach_on_board(ctx, reach).await?;
    ask(ctx, move |view| {
        let day = view.board.as_of(on, view.line);
        day.task_light(&reach, id).map(told)
    })
    .await
}

/// The lights of several assignments, as [`light_of_assignment`]; those of which there is none are left out.
///
/// # Errors
/// [`FlowError::Storage`].
pub async fn lights_of_assignments(
    ctx: &Ctx,
    reach: &access::Reach,
    on: NaiveDate,
    ids: Vec<AssignmentId>,
) -> Result<HashMap<AssignmentId, LightTold>, FlowError> {
    let reach = reach_on_board(ctx, reach).await?;
    ask(ctx, move |view| {
        let day = view.board.as_of(on, view.line);
        let lights = day.assignment_lights(&reach, &ids);
        let known = ids.iter().zip(lights);
        known
            .filter_map(|(id, light)| Some((*id, told(light?))))
            .collect()
    })
    .await
}

/// The lights of several tasks, as [`light_of_task`]; those of which there is none are left out.
///
/// # Errors
/// [`FlowError::Storage`].
pub async fn lights_of_tasks(
    ctx: &Ctx,
    reach: &access::Reach,
    on: NaiveDate,
    ids: Vec<TaskId>,
) -> Result<HashMap<TaskId, LightTold>, FlowError> {
    let reach = reach_on_board(ctx, reach).await?;
    ask(ctx, move |view| {
        let day = view.board.as_of(on, view.line);
        let light = |id: &TaskId| Some((*id, told(day.task_light(&reach, *id)?)));
        ids.iter().filter_map(light).collect()
    })
    .await
}

fn told(explained: Explained) -> LightTold {
    let why = explained.why;
    LightTold {
        light: why.light,
        standing: why.standing,
        percent: explained.percent,
        expected_percent: match why.basis {
            Basis::Timed { expected, .. } => Some(expected.percent()),
            Basis::Ended(_) | Basis::Asked { .. } => None,
        },
        assignment_id: explained.assignment_id,
        text: format!("{}。", why.explain()),
    }
}

fn place_of(wanted: &PageWanted) -> Result<(Option<Uuid>, usize), FlowError> {
    let has_key = |place: &Place| place.key.is_some();
    if wanted.direction == Direction::Descending || wanted.after.as_ref().is_some_and(has_key) {
        return Err(unfit("sort"));
    }
    let limit = usize::try_from(wanted.limit).unwrap_or(usize::MAX - 1);
    Ok((wanted.after.as_ref().map(|place| place.id), limit))
}

/// A page of `limit` of the rows, of which one more was asked for.
fn paged<Row>(mut rows: Vec<Row>, limit: usize, id_of: fn(&Row) -> Uuid) -> Paged<Row> {
    let has_more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| has_more).map(|row| Place {
        key: None,
        id: id_of(row),
    });
    Paged { rows, next }
}
