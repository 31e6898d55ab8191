//! What tasks look like from outside, and how they are put together from rows: everything of a page in one query each.

use super::plan_json::PlanIndicator;
use super::shown_light::ShownLight;
use crate::domain::fan_out::Party;
use crate::domain::ids::{AttachmentId, PlanId, TaskId, UnitId};
use crate::domain::light::Light;
use crate::domain::plan_origin::PlanOrigin;
use crate::domain::role::Role;
use crate::domain::standing::Standing;
use crate::domain::unit::{UnitDirectory, Unmatched};
use crate::http::kernel::Problem;
use crate::storage::plans::StoredPlan;
use crate::storage::tasks::{StoredTask, TaskState};
use crate::storage::{Db, attachments, lists, plans, task_life, tasks, units};
use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap, HashSet};
use utoipa::ToSchema;

/// 任务。
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TaskJson {
    /// 任务编号（UUID）。
    pub id: TaskId,
    /// 所属方案的编号。
    pub plan_id: PlanId,
    /// 所属方案的标题。
    pub plan_title: String,
    /// 来源。
    pub origin: PlanOrigin,
    /// 序号，例如 四(一)1；手工登记的为 1、2、3……。
    pub number: String,
    /// 上级标题，由外到内。
    pub section: Vec<String>,
    /// 标题。
    pub title: String,
    /// 牵头单位，照原文。
    pub lead_units: Vec<String>,
    /// 完成时限；没有为 null；按 as_of 查询时为那一天的时限。
    pub due_on: Option<NaiveDate>,
    /// 最初的完成时限。
    pub first_due_on: Option<NaiveDate>,
    /// 由哪项任务分解而来（UUID）；不是分解形成的为 null。
    pub split_from: Option<TaskId>,
    /// 是否长期坚持。
    pub continuous: bool,
    /// 状态：imported 未下发，held 暂不能下发，issued 已下发，closed 已整体销号，withdrawn 已撤销。
    pub state: TaskState,
    /// 暂不能下发的原因。
    pub held_reason: Option<String>,
    /// 下发的时刻。
    pub issued_at: Option<DateTime<Utc>>,
    /// 由谁、在何处提出；来自文件的为 null。
    pub origin_note: Option<String>,
    /// 须填写的模板（附件编号）。
    pub template_id: Option<AttachmentId>,
    /// 是否向下汇集：调度时也请责任单位填报，学校报区、区审核汇总后转报。
    pub collects: bool,
    /// 红黄绿灯；按灯、归类、牵头单位或日期筛选时给出。
    pub light: Option<Light>,
    /// 通报中的归类；同上。
    pub standing: Option<Standing>,
}

impl TaskJson {
    fn new(task: StoredTask, plan: &StoredPlan, parties: &[Party]) -> Self {
        let leads = parties.iter().filter(|party| party.role == Role::Lead);
        Self {
            id: task.id,
            plan_id: task.plan_id,
            plan_title: plan.title.clone(),
            origin: plan.origin,
            number: task.number,
            section: task.section,
            title: task.title,
            lead_units: leads.map(|party| party.name.clone()).collect(),
            due_on: task.due_on,
            first_due_on: task.first_due_on.or(task.due_on),
            split_from: task.split_from,
            continuous: task.continuous,
            state: task.state,
            held_reason: task.held_reason,
            issued_at: task.issued_at,
            origin_note: task.origin_note,
            template_id: task.template_id,
            collects: task.collects,
            light: None,
            standing: None,
        }
    }
}

/// 任务的全部内容。
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TaskDetail {
    #[serde(flatten)]
    pub task: TaskJson,
    /// 全文。
    pub text: String,
    /// 各方单位，照原文，以及各自所指。
    pub parties: Vec<TaskParty>,
    /// 下发时形成的分工条数，按角色。
    pub assignments: BTreeMap<String, u64>,
    /// 分解成的各项任务，依次。
    pub split_into: Vec<SplitPart>,
    /// 指标。
    pub indicators: Vec<PlanIndicator>,
    /// 须填写的模板。
    pub template: Option<TaskTemplate>,
    /// 今天的红黄绿灯及原因；未下发的没有。
    pub light_today: Option<ShownLight>,
}

/// 分解成的一项任务。
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SplitPart {
    /// 任务编号（UUID）。
    pub id: TaskId,
    /// 序号，例如 四(一)1-1。
    pub number: String,
    /// 标题。
    pub title: String,
}

/// 任务写明的一方。
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TaskParty {
    /// 角色：lead 牵头，responsible 责任，cooperating 配合。
    pub role: Role,
    /// 名称，照原文，可以是“各校”一类的统称。
    pub name: String,
    /// 按现在的单位名单所指的单位；对不上时为空。
    pub units: Vec<PartyUnit>,
    /// 对不上的原因：unknown 名单中没有，ambiguous 对应多个单位，empty_group 这一类没有单位；对得上为 null。
    pub problem: Option<PartyProblem>,
}

/// 一个名称对不上单位的原因。
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum PartyProblem {
    /// 名单中没有。
    Unknown,
    /// 对应多个单位。
    Ambiguous,
    /// 这一类没有单位。
    EmptyGroup,
}

/// 所指的单位。
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PartyUnit {
    /// 单位编号（UUID）。
    pub unit_id: UnitId,
    /// 单位编码。
    pub unit_code: String,
    /// 单位名称。
    pub unit_name: String,
}

/// 须填写的模板。
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TaskTemplate {
    /// 附件编号。
    pub id: AttachmentId,
    /// 文件名。
    pub name: String,
}

fn party(party: Party, directory: &UnitDirectory) -> TaskParty {
    let (units, problem) = match directory.resolve(&party.name) {
        Ok(units) => (units, None),
        Err(Unmatched::Unknown) => (Vec::new(), Some(PartyProblem::Unknown)),
        Err(Unmatched::Ambiguous(_)) => (Vec::new(), Some(PartyProblem::Ambiguous)),
        Err(Unmatched::EmptyGroup) => (Vec::new(), Some(PartyProblem::EmptyGroup)),
    };
    let units = units.into_iter().map(|unit| PartyUnit {
        unit_id: unit.id,
        unit_code: unit.code.clone(),
        unit_name: unit.name.clone(),
    });
    TaskParty {
        role: party.role,
        units: units.collect(),
        name: party.name,
        problem,
    }
}

/// Rows of tasks as they are shown, in their order.
pub(super) async fn shown(db: &Db, rows: Vec<StoredTask>) -> Result<Vec<TaskJson>, Problem> {
    let ids: Vec<TaskId> = rows.iter().map(|task| task.id).collect();
    let parties = tasks::parties_of(db, &ids).await?;
    let plans = plans_of(db, &rows).await?;
    let shown = rows.into_iter().filter_map(|task| {
        let plan = plans.get(&task.plan_id)?;
        let parties = parties.get(&task.id).map(Vec::as_slice);
        Some(TaskJson::new(task, plan, parties.unwrap_or_default()))
    });
    Ok(shown.collect())
}

/// The plans of these tasks.
pub(super) async fn plans_of(
    db: &Db,
    rows: &[StoredTask],
) -> Result<HashMap<PlanId, StoredPlan>, Problem> {
    let ids: HashSet<PlanId> = rows.iter().map(|task| task.plan_id).collect();
    let ids: Vec<PlanId> = ids.into_iter().collect();
    let plans = plans::with_ids(db, &ids).await?;
    Ok(plans.into_iter().map(|plan| (plan.id, plan)).collect())
}

/// Everything about these tasks, in their order; those that are gone are left out.
pub(super) async fn details(db: &Db, ids: &[TaskId]) -> Result<Vec<TaskDetail>, Problem> {
    let rows = tasks::with_ids(db, ids).await?;
    let plans = plans_of(db, &rows).await?;
    let mut parties = tasks::parties_of(db, ids).await?;
    let mut counts = lists::tasks::assignment_counts(db, ids).await?;
    let mut indicators: HashMap<TaskId, Vec<PlanIndicator>> = HashMap::new();
    for indicator in plans::indicators_of_tasks(db, ids).await? {
        if let Some(task) = indicator.task_id {
            indicators.entry(task).or_default().push(indicator.into());
        }
    }
    let mut parts: HashMap<TaskId, Vec<SplitPart>> = HashMap::new();
    for part in task_life::parts(db, ids).await? {
        if let Some(whole) = part.split_from {
            parts.entry(whole).or_default().push(SplitPart {
                id: part.id,
                number: part.number,
                title: part.title,
            });
        }
    }
    let templates: Vec<AttachmentId> = rows.iter().filter_map(|task| task.template_id).collect();
    let templates: HashMap<AttachmentId, String> = attachments::with_ids(db, &templates)
        .await?
        .into_iter()
        .map(|file| (file.id, file.name))
        .collect();
    let directory = UnitDirectory::new(units::all(db).await?);
    let mut rows: HashMap<TaskId, StoredTask> =
        rows.into_iter().map(|task| (task.id, task)).collect();
    let details = ids.iter().filter_map(|id| {
        let row = rows.remove(id)?;
        let plan = plans.get(&row.plan_id)?;
        let named = parties.remove(id).unwrap_or_default();
        let template = row.template_id.and_then(|id| {
            let name = templates.get(&id)?.clone();
            Some(TaskTemplate { id, name })
        });
        Some(TaskDetail {
            text: row.text.clone(),
            task: TaskJson::new(row, plan, &named),
            parties: named
                .into_iter()
                .map(|one| party(one, &directory))
                .collect(),
            assignments: by_code(counts.remove(id).unwrap_or_default()),
            split_into: parts.remove(id).unwrap_or_default(),
            indicators: indicators.remove(id).unwrap_or_default(),
            template,
            light_today: None,
        })
    });
    Ok(details.collect())
}

fn by_code(counts: BTreeMap<Role, u64>) -> BTreeMap<String, u64> {
    let told = |(role, count): (Role, u64)| (role.as_str().to_owned(), count);
    counts.into_iter().map(told).collect()
}
