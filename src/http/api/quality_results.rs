//! `/quality-results`: yearly quality results of schools, imported from a file with their source and who approved them.

use super::appraisals::{year_shown, year_wanted};
use super::{examples, whose};
use crate::domain::access::Action;
use crate::domain::decimal::Decimal;
use crate::domain::ids::{QualityResultId, UnitId};
use crate::domain::level::Level;
use crate::domain::period_key::PeriodKey;
use crate::files::name::shown_name;
use crate::flow::RefusalCode;
use crate::flow::import_quality::{QualityImported, QualityToImport, import_quality};
use crate::http::kernel::schemas::SchoolYearKey;
use crate::http::kernel::{
    Call, Check, Endpoint, FileCount, Line, List, NoQuery, Page, Problem, Reply, Tag, Upload,
};
use crate::storage::Db;
use crate::storage::lists::labels;
use crate::storage::lists::quality_results::{self as list, ResultFilter};
use crate::storage::quality_results::{StoredResult, measure};
use actix_web::http::StatusCode;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

const TAG: Tag = Tag {
    name: "quality-results",
    says: "质量结果：各校每学年的质量评价结果，约谈和黄红牌只依据它",
};

/// A file is no larger than this.
const LARGEST_FILE: usize = 4 << 20;

/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    let read = Action::ReadQualityResults;
    let all = [
        Endpoint::get("/quality-results", "list_quality_results", read, list_results)
            .says("质量结果列表", "List quality results", "单位看到自己和下级学校的结果。改正过的旧结果也保留，superseded 为 true。")
            .example_query("school_year=2024Y&level=primary&superseded=false"),
        Endpoint::get("/quality-results/{id}", "get_quality_result", read, get)
            .says("查看质量结果", "Get a quality result", "")
            .example_param("id", examples::QUALITY_RESULT),
        Endpoint::post("/quality-results/import", "import_quality_results", Action::ImportQualityResults, import)
            .says("导入质量结果", "Import the quality results of a school year", "一行一所学校（学校代码或名称，得分或名次，一校多个学段的另有学段）。整个导入或完全不导入，errors 的 path 是单元格（如 C4）；同一内容再次导入不作改动，不同的作为改正，旧结果保留。学年结束后才能导入。导入后随即提出约谈、黄牌、红牌的建议，由人决定。")
            .answers(&[StatusCode::OK])
            .body_limit(LARGEST_FILE)
            .file("file", FileCount::One, "结果（csv 或 xlsx）")
            .refuses(&[
                RefusalCode::UnreadableFile,
                RefusalCode::InvalidCell,
                RefusalCode::WrongPeriod,
                RefusalCode::YearOpen,
                RefusalCode::Stale,
            ])
            .example_body(json!({
                "school_year": "2024Y",
                "source": "市教育质量监测中心",
                "approved_by": "局长办公会",
            })),
    ];
    all.into_iter().map(|endpoint| endpoint.tag(TAG)).collect()
}

/// 筛选
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct QualityQuery {
    /// 学年，例如 2024Y
    #[schema(value_type = Option<SchoolYearKey>)]
    school_year: Option<PeriodKey>,
    /// 学校代码
    unit_code: Option<Line<64>>,
    /// 学段
    level: Option<Level>,
    /// 是否已被改正
    superseded: Option<bool>,
}

/// 一所学校一个学年的质量结果
#[derive(Debug, Serialize, ToSchema)]
struct QualityResult {
    /// 编号
    id: QualityResultId,
    /// 学校编号
    unit_id: UnitId,
    /// 学校代码
    unit_code: String,
    /// 学校名称
    unit_name: String,
    /// 学段
    level: Level,
    /// 学年，例如 2024Y
    school_year: String,
    /// 第几版，从 1 起
    version: i32,
    /// score 为得分，越高越好；rank 为名次，越小越好
    measure: &'static str,
    /// 得分或名次
    value: Decimal,
    /// 是否已被改正
    superseded: bool,
    /// 来源
    source: String,
    /// 谁审定的
    approved_by: String,
    /// 导入的文件
    file_name: String,
    /// 谁导入的
    imported_by: String,
    /// 导入的时刻
    imported_at: DateTime<Utc>,
}

/// 与文件一并提交的字段
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct QualityFields {
    /// 学年，例如 2024Y
    school_year: PeriodKey,
    /// 来源
    source: Line<200>,
    /// 谁审定的
    approved_by: Line<200>,
}

impl Check for QualityFields {}

/// 导入的结果
#[derive(Debug, Serialize, ToSchema)]
struct QualityImportedShown {
    /// 新增的结果
    added: usize,
    /// 改正的结果
    corrected: usize,
    /// 与已有的相同的
    unchanged: usize,
    /// 新提出或有变化的约谈、黄牌、红牌建议
    proposed: usize,
    /// 因改正而失效的建议
    lapsed: usize,
    /// 已经决定、但按现在的结果会不同的，请人工核对
    decided_differing: usize,
}

async fn list_results(
    call: Call<List<QualityQuery>>,
) -> Result<Reply<Page<QualityResult>>, Problem> {
    let query = &call.query.filter;
    let filter = ResultFilter {
        school_year: year_wanted(query.school_year)?,
        unit_code: query.unit_code.as_deref().map(str::to_owned),
        level: query.level,
        superseded: query.superseded,
    };
    let reach = call.viewer.reach(Action::ReadQualityResults);
    let page = list::list(&call.ctx.db, &filter, &reach, &call.query.wanted()).await?;
    let items = shown(&call.ctx.db, page.rows).await?;
    Ok(Reply::ok(call.query.shown(items, page.next)))
}

async fn get(call: Call) -> Result<Reply<QualityResult>, Problem> {
    let id: QualityResultId = call.id("id")?;
    let row = list::one(&call.ctx.db, id).await?;
    let row = row.ok_or_else(Problem::not_found)?;
    whose::require(
        &call.viewer,
        Action::ReadQualityResults,
        row.unit_id,
        || format!("quality result {id}"),
    )?;
    let shown = shown(&call.ctx.db, vec![row]).await?.pop();
    Ok(Reply::ok(shown.ok_or_else(Problem::not_found)?))
}

async fn import(
    call: Call<NoQuery, Upload<QualityFields>>,
) -> Result<Reply<QualityImportedShown>, Problem> {
    let file = call.body.file("file").ok_or_else(Problem::not_found)?;
    let fields = &call.body.fields;
    let wanted = QualityToImport {
        year: fields.school_year,
        source: fields.source.to_string(),
        approved_by: fields.approved_by.to_string(),
        file_name: shown_name(&file.file_name),
        bytes: file.bytes.clone(),
    };
    let imported = import_quality(&call.ctx, &call.viewer.address, wanted).await?;
    let QualityImported {
        added,
        corrected,
        unchanged,
        proposed,
        lapsed,
        decided_differing,
    } = imported;
    Ok(Reply::ok(QualityImportedShown {
        added,
        corrected,
        unchanged,
        proposed,
        lapsed,
        decided_differing,
    }))
}

async fn shown(db: &Db, rows: Vec<StoredResult>) -> Result<Vec<QualityResult>, Problem> {
    let names = labels::units(db, rows.iter().map(|row| row.unit_id)).await?;
    let shown = rows.into_iter().filter_map(|row| {
        let unit = names.get(&row.unit_id)?;
        Some(QualityResult {
            id: row.id,
            unit_id: row.unit_id,
            unit_code: unit.code.clone(),
            unit_name: unit.name.clone(),
            level: row.level,
            school_year: year_shown(row.school_year).0,
            version: row.version,
            measure: measure(row.quality),
            value: row.quality.value(),
            superseded: row.superseded,
            source: row.source,
            approved_by: row.approved_by,
            file_name: row.file_name,
            imported_by: row.imported_by,
            imported_at: row.imported_at,
        })
    });
    Ok(shown.collect())
}
