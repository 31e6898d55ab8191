//! `/plans/{id}/ledger.xlsx`, `/ledger.xlsx`, `/plans/{id}/ledger`: the task ledger 台账 as a sheet, edited and imported again.

use super::examples;
use super::plans::PLANS;
use crate::domain::access::Action;
use crate::domain::assignment_life::AssignmentState;
use crate::domain::ids::{AssignmentId, PlanId};
use crate::domain::light::Light;
use crate::files::kind::FileKind;
use crate::files::name::shown_name;
use crate::flow::RefusalCode;
use crate::flow::export_ledger::{LedgerWanted, export_ledger};
use crate::flow::import_ledger::{
    LedgerChange, LedgerConflict, LedgerImported, LedgerPlace, LedgerToImport, import_ledger,
};
use crate::flow::ledger_edits::LedgerEditor;
use crate::flow::ledger_rows::LedgerView;
use crate::http::kernel::{
    Call, Check, Download, Endpoint, FieldCode, FieldErrors, FileCount, Line, Problem, Prose,
    Reply, Upload,
};
use crate::storage::plans;
use actix_web::http::StatusCode;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeSet;
use utoipa::ToSchema;
use uuid::Uuid;

/// The largest form, as for plans.
const LARGEST_FORM: usize = 20 << 20;
/// The most changes that are listed one by one.
const MOST_LISTED: usize = 20_000;

/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    let sheet_says = "每份分工一行，另有“任务”一张表和填写说明；列、筛选、冻结表头、红黄绿灯底色俱全。浅黄色的列可以修改后再导入。编号和核对码在隐藏列。只含看得到的分工；联络员只列看得到的单位的。";
    let import_says = "上传修改过的台账（xlsx）。按列名识别各列，逐格核对，有一格不对就整份拒绝，errors 的 path 是工作表和单元格（如 分工台账!O5）。实际进度、进展情况、存在问题、下一步措施作为该单位的一次填报登记（问到进展的应报事项全部答齐才算答复）；备注随分工保存；完成时限限督导办，按延期办理。dry_run=true 时只列出每处修改和每个冲突，不改动任何数据。导出后系统里又有变动的行是冲突：不在 force 中指明的，整份拒绝（409）。";
    let of_plan = Endpoint::get(
        "/plans/{id}/ledger.xlsx",
        "get_plan_ledger",
        Action::ReadPlans,
        plan_ledger,
    )
    .tag(PLANS)
    .says(
        "下载方案的台账",
        "Download a plan's task ledger",
        sheet_says,
    )
    .refuses(&[RefusalCode::Unprintable])
    .never_kept()
    .example_param("id", examples::PLAN);
    let of_all = Endpoint::get(
        "/ledger.xlsx",
        "get_ledger",
        Action::ReadAssignments,
        whole_ledger,
    )
    .tag(PLANS)
    .says(
        "下载台账",
        "Download the task ledger of all plans",
        sheet_says,
    )
    .refuses(&[
        RefusalCode::NotFound,
        RefusalCode::UnknownUnit,
        RefusalCode::Unprintable,
    ])
    .never_kept()
    .example_query("unit_code=S1&state=issued,under_way");
    let import = Endpoint::post(
        "/plans/{id}/ledger",
        "import_ledger",
        Action::ImportLedgers,
        import,
    )
    .tag(PLANS)
    .says(
        "导入修改过的台账",
        "Import an edited task ledger",
        import_says,
    )
    .answers(&[StatusCode::OK])
    .body_limit(LARGEST_FORM)
    .file("file", FileCount::One, "修改过的台账")
    .refuses(&[
        RefusalCode::UnreadableFile,
        RefusalCode::InvalidCell,
        RefusalCode::LedgerConflict,
        RefusalCode::ReturnedItemMissing,
        RefusalCode::WrongDay,
        RefusalCode::DueDayPassed,
        RefusalCode::ExtensionPending,
        RefusalCode::ObligationSettled,
    ])
    .example_param("id", examples::PLAN)
    .example_query("dry_run=true")
    .example_body(json!({ "force": examples::ASSIGNMENT }));
    vec![of_plan, of_all, import]
}

/// 台账包含哪些分工
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LedgerQuery {
    /// 方案编号
    plan_id: Option<PlanId>,
    /// 责任单位的编码
    unit_code: Option<Line<100>>,
    /// 牵头单位的编码
    lead_unit_code: Option<Line<100>>,
    /// 今天的红黄绿灯
    light: Option<Light>,
    /// 办理状态，可给多个
    state: Option<Vec<AssignmentState>>,
}

/// 导入的方式
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LedgerImportQuery {
    /// 只试导入，不改动任何数据
    dry_run: Option<bool>,
}

/// 与台账一并提交的字段
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LedgerImportFields {
    /// 以本表为准的冲突行：分工编号，用逗号、空格或换行隔开
    #[schema(
        value_type = Option<String>,
        max_length = 250000,
        pattern = r"^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}([,，、 \n\t]+|$))*$"
    )]
    force: Option<Prose<250000>>,
}

impl LedgerImportFields {
    /// The rows that are forced; where one is no id, its text.
    fn forced(&self) -> Result<BTreeSet<AssignmentId>, String> {
        let text = self.force.as_deref().unwrap_or_default();
        let parts = text.split([',', '，', '、', ' ', '\n', '\t']);
        parts
            .filter(|part| !part.is_empty())
            .map(|part| {
                let id = Uuid::try_parse(part).map_err(|_| part.chars().take(40).collect());
                id.map(AssignmentId)
            })
            .collect()
    }
}

impl Check for LedgerImportFields {
    fn check(&self, errors: &mut FieldErrors) {
        if let Err(part) = self.forced() {
            let text = format!("“{part}”不是分工编号，请照试导入结果中的 assignment_id 填写");
            errors.add("force", FieldCode::Invalid, text);
        }
    }
}

/// 导入台账的结果，或试导入会有的结果
#[derive(Debug, Serialize, ToSchema)]
struct LedgerImportJson {
    /// 是否已生效；试导入为 false
    applied: bool,
    /// 表中的行数
    rows: usize,
    /// 修改的格数
    changes_total: usize,
    /// 每处修改，由上到下；最多列出 20000 处
    changes: Vec<LedgerChangeJson>,
    /// 导出后系统里又有变动的行，由上到下
    conflicts: Vec<LedgerConflictJson>,
    /// 登记的填报数
    reports: usize,
    /// 由此得到答复的应报事项数
    answered: usize,
    /// 改期的应报事项数
    days_moved: usize,
    /// 写入或清除的备注数
    notes: usize,
}

/// 台账中的一处修改
#[derive(Debug, Serialize, ToSchema)]
struct LedgerChangeJson {
    /// 行号
    row: usize,
    /// 工作表和单元格，例如 分工台账!O5
    cell: String,
    /// 列名
    column: &'static str,
    /// 分工编号
    assignment_id: AssignmentId,
    /// 任务序号
    task_number: String,
    /// 单位编码
    unit_code: String,
    /// 单位名称
    unit_name: String,
    /// 系统中现在的内容
    before: String,
    /// 表中的内容
    after: String,
    /// 这一行是否有冲突
    conflict: bool,
}

/// 导出后系统里又有变动的一行
#[derive(Debug, Serialize, ToSchema)]
struct LedgerConflictJson {
    /// 行号
    row: usize,
    /// 分工编号
    assignment_id: AssignmentId,
    /// 任务序号
    task_number: String,
    /// 单位编码
    unit_code: String,
    /// 单位名称
    unit_name: String,
    /// 导出时最新的变更号
    exported_change_no: i64,
    /// 变动的各列，及系统中现在的内容
    changed: Vec<ChangedColumnJson>,
    /// 最后变更的人；不能确定为 null
    #[schema(required)]
    changed_by: Option<String>,
    /// 最后变更的时间
    #[schema(required)]
    changed_at: Option<DateTime<Utc>>,
    /// 是否已指明以本表为准
    forced: bool,
}

/// 导出后变动的一列
#[derive(Debug, Serialize, ToSchema)]
struct ChangedColumnJson {
    /// 列名
    column: &'static str,
    /// 系统中现在的内容
    now: String,
}

impl From<LedgerChange> for LedgerChangeJson {
    fn from(change: LedgerChange) -> Self {
        let LedgerPlace {
            row,
            assignment_id,
            task_number,
            unit_code,
            unit_name,
        } = change.place;
        Self {
            row,
            cell: change.cell,
            column: change.column.header(),
            assignment_id,
            task_number,
            unit_code,
            unit_name,
            before: change.before,
            after: change.after,
            conflict: change.conflict,
        }
    }
}

impl From<LedgerConflict> for LedgerConflictJson {
    fn from(conflict: LedgerConflict) -> Self {
        let LedgerPlace {
            row,
            assignment_id,
            task_number,
            unit_code,
            unit_name,
        } = conflict.place;
        let changed = conflict.changed.into_iter();
        Self {
            row,
            assignment_id,
            task_number,
            unit_code,
            unit_name,
            exported_change_no: conflict.exported_change_no,
            changed: changed
                .map(|(column, now)| ChangedColumnJson {
                    column: column.header(),
                    now,
                })
                .collect(),
            changed_by: conflict.changed_by,
            changed_at: conflict.changed_at,
            forced: conflict.forced,
        }
    }
}

impl From<LedgerImported> for LedgerImportJson {
    fn from(done: LedgerImported) -> Self {
        Self {
            applied: done.applied,
            rows: done.rows,
            changes_total: done.changes.len(),
            changes: done
                .changes
                .into_iter()
                .take(MOST_LISTED)
                .map(Into::into)
                .collect(),
            conflicts: done.conflicts.into_iter().map(Into::into).collect(),
            reports: done.reports,
            answered: done.answered,
            days_moved: done.days_moved,
            notes: done.notes,
        }
    }
}

async fn plan_ledger(call: Call) -> Result<Reply<Download>, Problem> {
    let id: PlanId = call.id("id")?;
    if plans::get(&call.ctx.db, id).await?.is_none() {
        return Err(Problem::not_found());
    }
    let wanted = LedgerWanted {
        plan_id: Some(id),
        ..LedgerWanted::default()
    };
    sheet(&call, wanted).await
}

async fn whole_ledger(call: Call<LedgerQuery>) -> Result<Reply<Download>, Problem> {
    let query = &call.query;
    let wanted = LedgerWanted {
        plan_id: query.plan_id,
        unit_code: query.unit_code.as_deref().map(str::to_owned),
        lead_unit_code: query.lead_unit_code.as_deref().map(str::to_owned),
        light: query.light,
        state: query.state.clone(),
    };
    sheet(&call, wanted).await
}

async fn sheet<Q>(call: &Call<Q>, wanted: LedgerWanted) -> Result<Reply<Download>, Problem> {
    let view = LedgerView::of(&call.viewer);
    let ledger = export_ledger(&call.ctx, &view, wanted).await?;
    Ok(Reply::ok(Download {
        file_name: ledger.file_name,
        media_type: FileKind::Xlsx.media_type().to_owned(),
        bytes: ledger.bytes.into(),
    }))
}

async fn import(
    call: Call<LedgerImportQuery, Upload<LedgerImportFields>>,
) -> Result<Reply<LedgerImportJson>, Problem> {
    let id: PlanId = call.id("id")?;
    if plans::get(&call.ctx.db, id).await?.is_none() {
        return Err(Problem::not_found());
    }
    let Some(file) = call.body.file("file") else {
        return Err(Problem::internal("a form without its file was let pass"));
    };
    let import = LedgerToImport {
        name: shown_name(&file.file_name),
        bytes: file.bytes.clone(),
        plan_id: Some(id),
        // Checked when the form was read.
        forced: call.body.fields.forced().unwrap_or_default(),
        dry_run: call.query.dry_run == Some(true),
    };
    let editor = LedgerEditor::of(&call.viewer);
    let done = import_ledger(&call.ctx, &editor, import).await?;
    Ok(Reply::ok(done.into()))
}
