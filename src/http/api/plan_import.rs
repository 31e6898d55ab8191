//! `POST /plans`: a plan document, and a units file with it, become a plan; or are only read.

use super::plan_json::PlanRead;
use super::plans::PLANS;
use crate::documents::UnitRow;
use crate::documents::reading::Unreadable;
use crate::domain::access::Action;
use crate::domain::ids::PlanId;
use crate::domain::plan::document::Document;
use crate::domain::plan::{ParsedPlan, parse_plan};
use crate::files::name::shown_name;
use crate::flow::import_plan::{PlanToImport, import_plan};
use crate::flow::import_units::UnitsImported;
use crate::flow::preview_import::preview_import;
use crate::flow::{Ctx, FlowError, RefusalCode};
use crate::http::kernel::{
    Call, Check, Endpoint, FieldCode, FieldErrors, FileCount, Problem, Reply, Upload, UploadedFile,
};
use actix_web::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

/// The largest form: both files together.
pub(super) const LARGEST_FORM: usize = 20 << 20;

/// Years that a plan may begin in, as days are bounded.
pub(super) const YEARS: std::ops::RangeInclusive<i32> = 1900..=2200;

/// The endpoint.
pub fn endpoints() -> Vec<Endpoint> {
    let says = "方案支持 txt、md、docx、xlsx；可同时给出单位名单（csv、xlsx）。dry_run=true 时只读取，不改动任何数据，答复与命令 import --dry-run 相同。内容相同的方案再次导入不作改动，答 200；内容不同答 409。";
    let endpoint = Endpoint::post("/plans", "import_plan", Action::ImportPlans, import)
        .tag(PLANS)
        .says("导入方案", "Import a plan document", says)
        .answers(&[StatusCode::CREATED, StatusCode::OK])
        .body_limit(LARGEST_FORM)
        .file("file", FileCount::One, "方案文件")
        .file("units", FileCount::AtMostOne, "单位名单")
        .refuses(&[
            RefusalCode::UnreadableFile,
            RefusalCode::NotAPlan,
            RefusalCode::UnknownUnit,
            RefusalCode::PlanDiffers,
        ])
        .example_query("dry_run=true")
        .example_body(json!({ "year": 2026 }));
    vec![endpoint]
}

/// 导入的方式。
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ImportQuery {
    /// 只读取，不导入。
    dry_run: Option<bool>,
}

/// 与文件一并提交的字段。
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ImportFields {
    /// 第一个实施步骤所在的年份（方案中写作 20xx 时需要）。
    #[schema(minimum = 1900, maximum = 2200)]
    year: Option<i32>,
}

impl Check for ImportFields {
    fn check(&self, errors: &mut FieldErrors) {
        if self.year.is_some_and(|year| !YEARS.contains(&year)) {
            let text = "年份应在 1900 至 2200 之间";
            errors.add("year", FieldCode::OutOfRange, text);
        }
    }
}

/// 导入的结果，或只读取时读到的方案。
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
enum PlanImportAnswer {
    /// 只读取时：读到的方案。
    Read(Box<PlanRead>),
    /// 导入时：结果。
    Imported(Box<PlanImportJson>),
}

/// 导入方案的结果。
#[derive(Debug, Serialize, ToSchema)]
struct PlanImportJson {
    /// 方案编号。
    plan_id: PlanId,
    /// 是否为新方案；false 表示此前已导入且内容相同，未作改动。
    new: bool,
    /// 读到的方案，problems 中包含与单位名单对不上的名称。
    plan: PlanRead,
    /// 单位名单的导入结果；没有给出名单时为 null。
    units: Option<PlanUnitsImported>,
}

/// 与方案一并导入的单位名单的结果。
#[derive(Debug, Serialize, ToSchema)]
struct PlanUnitsImported {
    /// 名单中的单位数。
    total: usize,
    /// 新增单位的编码。
    added: Vec<String>,
    /// 有变更的单位的编码。
    changed: Vec<String>,
    /// 联络员或邮箱有变更的单位的编码。
    contacts_changed: Vec<String>,
    /// 系统中有而名单中没有的单位的编码，予以保留。
    absent: Vec<String>,
    /// 没有邮箱的单位的编码。
    without_address: Vec<String>,
}

impl From<UnitsImported> for PlanUnitsImported {
    fn from(units: UnitsImported) -> Self {
        Self {
            total: units.total,
            added: units.added,
            changed: units.changed,
            contacts_changed: units.contacts_changed,
            absent: units.absent,
            without_address: units.without_address,
        }
    }
}

/// What was read of the files.
pub(super) struct ReadFiles {
    pub(super) source_name: String,
    pub(super) plan: ParsedPlan,
    units: Option<Vec<UnitRow>>,
}

async fn import(
    call: Call<ImportQuery, Upload<ImportFields>>,
) -> Result<Reply<PlanImportAnswer>, Problem> {
    let Some(file) = call.body.file("file").cloned() else {
        return Err(Problem::internal("a form without its file was let pass"));
    };
    let units = call.body.file("units").cloned();
    let year = call.body.fields.year;
    let read = read_files(&call.ctx, &file, units.as_ref(), year).await?;
    let units = read.units.as_deref();
    if call.query.dry_run == Some(true) {
        let plan = preview_import(read.plan, units)?;
        return Ok(Reply::ok(PlanImportAnswer::Read(Box::new(plan.into()))));
    }
    let import = PlanToImport {
        plan: read.plan,
        source_name: &read.source_name,
        units,
    };
    let imported = import_plan(&call.ctx, import).await?;
    let id = imported.plan_id;
    let new = imported.new;
    let answer = PlanImportAnswer::Imported(Box::new(PlanImportJson {
        plan_id: id,
        new,
        plan: imported.plan.into(),
        units: imported.units.map(Into::into),
    }));
    match new {
        true => Ok(Reply::created(answer, &format!("/plans/{id}"))),
        false => Ok(Reply::ok(answer)),
    }
}

/// Reads a plan document, and a units file with it.
///
/// # Errors
/// [`FlowError::Refused`] where one cannot be read; [`FlowError::Busy`].
pub(super) async fn read_files(
    ctx: &Ctx,
    file: &UploadedFile,
    units: Option<&UploadedFile>,
    year: Option<i32>,
) -> Result<ReadFiles, FlowError> {
    let refused = |field: &str, name: &str, why: Unreadable| {
        let text = format!("“{name}”无法导入：{why}");
        FlowError::refused_field(RefusalCode::UnreadableFile, field, text)
    };
    let source_name = shown_name(&file.file_name);
    let document: Document = ctx
        .read(&source_name, file.bytes.clone(), |why| {
            refused("file", &source_name, why)
        })
        .await?;
    let units: Option<Vec<UnitRow>> = match units {
        None => None,
        Some(file) => {
            let name = shown_name(&file.file_name);
            let rows = ctx.read(&name, file.bytes.clone(), |why| {
                refused("units", &name, why)
            });
            Some(rows.await?)
        }
    };
    // A long plan takes its time, too; the workers answer others meanwhile.
    let parsing = tokio::task::spawn_blocking(move || parse_plan(&document, year));
    let plan = parsing
        .await
        .map_err(|error| FlowError::Interrupted(format!("reading a plan was cut off: {error}")))?;
    Ok(ReadFiles {
        plan,
        source_name,
        units,
    })
}
