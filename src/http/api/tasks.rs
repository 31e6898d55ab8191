//! `/tasks`: reading them. Making, changing and issuing is in `task_writes`.

use super::examples;
use super::light_query::LightQuery;
use super::task_json::{TaskDetail, TaskJson, details, shown};
use crate::domain::access::Action;
use crate::domain::ids::{PlanId, TaskId};
use crate::domain::level::Level;
use crate::domain::light::Light;
use crate::domain::plan_origin::PlanOrigin;
use crate::domain::role::Role;
use crate::domain::standing::Standing;
use crate::domain::unit_kind::UnitKind;
use crate::flow::RefusalCode;
use crate::flow::list_by_light::{light_of_task, tasks_by_light};
use crate::http::kernel::{
    Call, Day, Endpoint, Line, List, Page, Problem, Prose, Reply, SortKey, Tag,
};
use crate::storage::lists::tasks::{self as list, TaskFilter, TaskSort};
use crate::storage::tasks::{self, TaskState};
use serde::Deserialize;
use std::collections::HashMap;
use utoipa::ToSchema;

/// The group of these endpoints.
pub(super) const TASKS: Tag = Tag {
    name: "tasks",
    says: "任务：方案中的一项举措，或手工登记的一件事",
};

/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    let says = "单位用户看到本单位及下级单位承担的任务；未下发的任务只有局内用户可见。文字在序号、标题和全文中逐字查找。";
    vec![
        Endpoint::get("/tasks", "list_tasks", Action::ReadTasks, list_tasks)
            .tag(TASKS)
            .says("任务列表", "List tasks", says)
            .refuses(&[RefusalCode::InvalidValue, RefusalCode::UnknownUnit])
            .example_query("origin=document&unit_code=B2&role=lead&sort=due_on"),
        Endpoint::get("/tasks/{id}", "get_task", Action::ReadTasks, get_task)
            .tag(TASKS)
            .says("查看任务", "Get a task", "")
            .example_param("id", examples::TASK),
    ]
}

/// 筛选任务。
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TaskQuery {
    /// 方案编号。
    plan_id: Option<PlanId>,
    /// 状态，可给多个。
    state: Option<Vec<TaskState>>,
    /// 来源，可给多个。
    origin: Option<Vec<PlanOrigin>>,
    /// 上级标题之一，照原文。
    section: Option<Line<200>>,
    /// 由该编码的单位承担（已下发的任务）。
    unit_code: Option<Line<100>>,
    /// 由该类型的单位承担（已下发的任务），可给多个。
    unit_kind: Option<Vec<UnitKind>>,
    /// 由有该学段的学校承担（已下发的任务）。
    level: Option<Level>,
    /// 承担的角色；与 unit_code 同用。
    role: Option<Role>,
    /// 完成时限不早于。
    due_from: Option<Day>,
    /// 完成时限不晚于。
    due_to: Option<Day>,
    /// 序号、标题或全文中的文字。
    q: Option<Line<100>>,
    /// 红黄绿灯。
    light: Option<Light>,
    /// 通报中的归类。
    standing: Option<Standing>,
    /// 牵头单位的编码。
    lead_unit_code: Option<Line<100>>,
    /// 一级标题，照原文；空为没有标题的任务。
    top_section: Option<Prose<200>>,
    /// 截至哪一天的情况，默认今天；不能晚于今天。
    as_of: Option<Day>,
}

impl TaskQuery {
    /// What it shares with the list of assignments.
    fn by_light(&self) -> LightQuery<'_> {
        LightQuery {
            light: self.light,
            standing: self.standing,
            lead_unit_code: self.lead_unit_code.as_deref(),
            top_section: self.top_section.as_deref(),
            as_of: self.as_of,
            plan_id: self.plan_id,
            unit_code: self.unit_code.as_deref(),
            unit_kind: self.unit_kind.as_deref(),
            level: self.level,
        }
    }
}

impl SortKey for TaskSort {
    const ALL: &'static [Self] = &[Self::Number, Self::DueOn];

    fn as_str(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::DueOn => "due_on",
        }
    }
}

async fn list_tasks(
    call: Call<List<TaskQuery, TaskSort>>,
) -> Result<Reply<Page<TaskJson>>, Problem> {
    let query = &call.query.filter;
    if query.by_light().asks_the_board() {
        return list_by_light(call).await;
    }
    let text = |text: Option<&str>| text.map(str::to_owned);
    let filter = TaskFilter {
        plan_id: query.plan_id,
        state: query.state.clone(),
        origin: query.origin.clone(),
        section: text(query.section.as_deref()),
        unit_code: text(query.unit_code.as_deref()),
        unit_kind: query.unit_kind.clone(),
        level: query.level,
        role: query.role,
        due_from: query.due_from.map(|day| day.0),
        due_to: query.due_to.map(|day| day.0),
        q: text(query.q.as_deref()),
    };
    let reach = call.viewer.reach(Action::ReadTasks);
    let (sort, wanted) = (call.query.sort.key, call.query.wanted());
    let page = list::list(&call.ctx.db, &filter, &reach, sort, &wanted).await?;
    let items = shown(&call.ctx.db, page.rows).await?;
    Ok(Reply::ok(call.query.shown(items, page.next)))
}

/// The same by what the board knows, as of a day.
async fn list_by_light(
    call: Call<List<TaskQuery, TaskSort>>,
) -> Result<Reply<Page<TaskJson>>, Problem> {
    let (ctx, query) = (&call.ctx, &call.query.filter);
    let unknown = [
        ("state", query.state.is_some()),
        ("section", query.section.is_some()),
        ("origin", query.origin.is_some()),
        ("role", query.role.is_some()),
        ("due_from", query.due_from.is_some()),
        ("due_to", query.due_to.is_some()),
        ("q", query.q.is_some()),
        ("sort", call.query.sort.key != TaskSort::Number),
    ];
    let (on, filter) = query
        .by_light()
        .for_the_board(ctx, call.now, &unknown)
        .await?;
    let reach = call.viewer.reach(Action::ReadTasks);
    let page = tasks_by_light(ctx, &reach, on, filter, &call.query.wanted()).await?;
    let ids: Vec<TaskId> = page.rows.iter().map(|row| row.id).collect();
    let mut rows = tasks::with_ids(&ctx.db, &ids).await?;
    rows.sort_by_key(|row| ids.iter().position(|id| *id == row.id));
    let mut items = shown(&ctx.db, rows).await?;
    let told: HashMap<TaskId, _> = page.rows.iter().map(|row| (row.id, row)).collect();
    for item in &mut items {
        if let Some(row) = told.get(&item.id) {
            item.due_on = row.due_on;
            item.light = Some(row.light);
            item.standing = Some(row.standing);
        }
    }
    Ok(Reply::ok(call.query.shown(items, page.next)))
}

async fn get_task(call: Call) -> Result<Reply<TaskDetail>, Problem> {
    let id: TaskId = call.id("id")?;
    let db = &call.ctx.db;
    if tasks::get(db, id).await?.is_none() {
        return Err(Problem::not_found());
    }
    let reach = call.viewer.reach(Action::ReadTasks);
    if !list::is_met(db, id, &reach).await? {
        return Err(Problem::hidden(format!("task {id}")));
    }
    let light = light_of_task(&call.ctx, &reach, call.now.today, id).await?;
    match details(db, &[id]).await?.pop() {
        Some(detail) => Ok(Reply::ok(TaskDetail {
            light_today: light.map(Into::into),
            ..detail
        })),
        None => Err(Problem::not_found()),
    }
}
