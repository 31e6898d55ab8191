//! `/appraisals/{id}/scores` and the files of an appraisal's results: units meet their own and those of the units below.

use super::appraisals::TAG;
use super::{examples, whose};
use crate::documents::official_docx::official_docx;
use crate::documents::sheet_out::sheets_xlsx;
use crate::domain::access::{Action, Reach};
use crate::domain::decimal::Decimal;
use crate::domain::ids::{AppraisalId, UnitId};
use crate::domain::level::Level;
use crate::domain::resource::Resource;
use crate::domain::score::{LineOf, RowRef, ScoreLine};
use crate::domain::score_rules::ScoreSubject;
use crate::domain::unit_kind::UnitKind;
use crate::files::kind::FileKind;
use crate::flow::appraisal_report::{AppraisalReport, appraisal_report, line_label};
use crate::flow::appraisal_report_document::appraisal_document;
use crate::flow::appraisal_report_sheets::appraisal_sheets;
use crate::flow::rank_scores::{Ranked, rank};
use crate::flow::{FlowError, RefusalCode};
use crate::http::kernel::{Call, Download, Endpoint, Line, List, Page, Problem, Reply, SortKey};
use crate::storage::appraisals::{self, StoredScore};
use crate::storage::lists::labels;
use crate::storage::lists::scores::{self as list, ScoreFilter, ScoreSort};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use utoipa::ToSchema;
use uuid::Uuid;

/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    let read = Action::ReadScores;
    let docx_says = "公文格式：总体情况、计分办法和扣分情况，附各单位得分和失分说明。单位的角色得到的只含本单位和下级单位。同一结果，文件逐字节相同。";
    let xlsx_says = "两张表：各单位得分、计分明细。同一结果，文件逐字节相同。";
    let of_appraisal = [
        Endpoint::get("/appraisals/{id}/scores", "list_scores", read, list_scores)
            .says("考评得分", "List the scores of an appraisal", "单位看到自己和下级单位的得分。排名只在考评要求时给出，只在单一学段的学校之间。")
            .example_query("kind=school&sort=-total"),
        Endpoint::get("/appraisals/{id}/scores/{unit_id}", "get_score", read, get)
            .says("一个单位的得分", "Get a unit's score", "逐项列出得分和扣分，以及依据的记录：good 为符合的，bad 为不符合的，path 是该记录的地址。")
            .example_param("unit_id", examples::UNIT),
        Endpoint::get("/appraisals/{id}/report.docx", "get_appraisal_docx", read, docx)
            .says("考评结果（Word）", "Results of an appraisal as docx", docx_says)
            .refuses(&[RefusalCode::Unprintable])
            .never_kept(),
        Endpoint::get("/appraisals/{id}/report.xlsx", "get_appraisal_xlsx", read, xlsx)
            .says("考评结果（Excel）", "Results of an appraisal as xlsx", xlsx_says)
            .refuses(&[RefusalCode::Unprintable])
            .never_kept(),
    ];
    let complete = |endpoint: Endpoint| endpoint.tag(TAG).example_param("id", examples::APPRAISAL);
    of_appraisal.into_iter().map(complete).collect()
}

/// 筛选
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ScoreQuery {
    /// 单位代码
    unit_code: Option<Line<64>>,
    /// 单位类型
    kind: Option<UnitKind>,
    /// 学段
    level: Option<Level>,
}

impl SortKey for ScoreSort {
    const ALL: &'static [Self] = &[Self::Id, Self::Total];

    fn as_str(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Total => "total",
        }
    }
}

/// 同学段学校中的名次
#[derive(Debug, Serialize, ToSchema)]
struct PlaceShown {
    /// 学段
    level: Level,
    /// 名次，同分同名次
    place: usize,
    /// 该学段有得分的学校数
    among: usize,
}

/// 一个单位的得分
#[derive(Debug, Serialize, ToSchema)]
struct ScoreShown {
    /// 单位编号
    unit_id: UnitId,
    /// 单位代码
    unit_code: String,
    /// 单位名称
    unit_name: String,
    /// 得分
    total: Decimal,
    /// 名次；不排名的为空
    #[schema(required)]
    place: Option<PlaceShown>,
}

/// 依据的一条记录
#[derive(Debug, Serialize, ToSchema)]
struct ScoreRow {
    /// 记录的种类；检查发现的问题和异议为空
    #[schema(required)]
    resource: Option<Resource>,
    /// 记录的编号
    id: Uuid,
    /// 其中的哪一部分，例如填报中的指标
    #[schema(required)]
    part: Option<Uuid>,
    /// 记录的地址
    #[schema(required)]
    path: Option<String>,
}

/// 得分中的一项
#[derive(Debug, Serialize, ToSchema)]
struct ScoreLineShown {
    /// 计分项目；异议成立的调整为空
    #[schema(required)]
    subject: Option<ScoreSubject>,
    /// 名称
    label: &'static str,
    /// 得分；扣分的为负数
    points: Decimal,
    /// 是否已到扣分上限
    is_bounded: bool,
    /// 符合的记录；扣分的项目不列
    good: Vec<ScoreRow>,
    /// 不符合的记录
    bad: Vec<ScoreRow>,
}

/// 一个单位的得分，逐项
#[derive(Debug, Serialize, ToSchema)]
struct ScoreDetail {
    /// 考评
    appraisal_id: AppraisalId,
    /// 得分
    score: ScoreShown,
    /// 基础分
    base: Decimal,
    /// 逐项；与基础分相加，不超过满分、不低于最低分，即为得分
    lines: Vec<ScoreLineShown>,
}

/// The appraisal in the path, where the caller meets any of its scores; the reach.
pub(super) async fn met<Q, B>(
    call: &Call<Q, B>,
    action: Action,
) -> Result<(AppraisalId, Reach), Problem> {
    let id: AppraisalId = call.id("id")?;
    let db = &call.ctx.db;
    if appraisals::get(db, id).await?.is_none() {
        return Err(Problem::not_found());
    }
    let reach = call.viewer.reach(action);
    match reach == Reach::All || list::is_any_met(db, id, &reach).await? {
        true => Ok((id, reach)),
        false => Err(Problem::hidden(format!("scores of appraisal {id}"))),
    }
}

async fn list_scores(
    call: Call<List<ScoreQuery, ScoreSort>>,
) -> Result<Reply<Page<ScoreShown>>, Problem> {
    let (id, reach) = met(&call, Action::ReadScores).await?;
    let query = &call.query.filter;
    let filter = ScoreFilter {
        unit_code: query.unit_code.as_deref().map(str::to_owned),
        kind: query.kind,
        level: query.level,
    };
    let sort = call.query.sort.key;
    let wanted = call.query.wanted();
    let page = list::list(&call.ctx.db, id, &filter, &reach, sort, &wanted).await?;
    let items = shown(&call, id, &page.rows).await?;
    Ok(Reply::ok(call.query.shown(items, page.next)))
}

async fn get(call: Call) -> Result<Reply<ScoreDetail>, Problem> {
    let id: AppraisalId = call.id("id")?;
    let unit: UnitId = call.id("unit_id")?;
    let db = &call.ctx.db;
    let row = appraisals::score_of_unit(db, id, unit).await?;
    let row = row.ok_or_else(Problem::not_found)?;
    whose::require(&call.viewer, Action::ReadScores, unit, || {
        format!("score of {unit} in appraisal {id}")
    })?;
    let appraisal = appraisals::get(db, id).await?;
    let appraisal = appraisal.ok_or_else(Problem::not_found)?;
    let rules = crate::storage::score_rules::get(db, appraisal.rules_id).await?;
    let rules = rules.ok_or_else(Problem::not_found)?;
    let score = shown(&call, id, std::slice::from_ref(&row)).await?.pop();
    Ok(Reply::ok(ScoreDetail {
        appraisal_id: id,
        score: score.ok_or_else(Problem::not_found)?,
        base: rules.table.base,
        lines: row.score.lines.iter().map(line_shown).collect(),
    }))
}

fn line_shown(line: &ScoreLine) -> ScoreLineShown {
    let rows = |rows: &[RowRef]| rows.iter().map(row_shown).collect();
    ScoreLineShown {
        subject: match line.of {
            LineOf::Rule(subject) => Some(subject),
            LineOf::Objection => None,
        },
        label: line_label(line.of),
        points: line.points,
        is_bounded: line.is_bounded,
        good: rows(&line.good),
        bad: rows(&line.bad),
    }
}

fn row_shown(row: &RowRef) -> ScoreRow {
    let path = |resource: Resource| format!("/{}/{}", resource.as_str(), row.id);
    ScoreRow {
        resource: row.resource,
        id: row.id,
        part: row.part,
        path: row.resource.map(path),
    }
}

/// Scores as they are shown, in their order.
async fn shown<Q, B>(
    call: &Call<Q, B>,
    id: AppraisalId,
    rows: &[StoredScore],
) -> Result<Vec<ScoreShown>, Problem> {
    let db = &call.ctx.db;
    let names = labels::units(db, rows.iter().map(|row| row.unit_id)).await?;
    let appraisal = appraisals::get(db, id).await?;
    let places: HashMap<UnitId, Ranked> = match appraisal.is_some_and(|one| one.ranked) {
        true => rank(&appraisals::totals(db, id).await?, &call.ctx.units().await?),
        false => HashMap::new(),
    };
    let shown = rows.iter().filter_map(|row| {
        // The schema keeps units that have a score.
        let unit = names.get(&row.unit_id)?;
        Some(ScoreShown {
            unit_id: row.unit_id,
            unit_code: unit.code.clone(),
            unit_name: unit.name.clone(),
            total: row.score.total,
            place: places.get(&row.unit_id).map(|one| PlaceShown {
                level: one.level,
                place: one.place,
                among: one.among,
            }),
        })
    });
    Ok(shown.collect())
}

async fn docx(call: Call) -> Result<Reply<Download>, Problem> {
    file(&call, FileKind::Docx, |report| {
        official_docx(&appraisal_document(report)).map_err(|error| error.to_string())
    })
    .await
}

async fn xlsx(call: Call) -> Result<Reply<Download>, Problem> {
    file(&call, FileKind::Xlsx, |report| {
        sheets_xlsx(&appraisal_sheets(report), report.made_on).map_err(|error| error.to_string())
    })
    .await
}

/// The results of the appraisal in the path as a file.
async fn file(
    call: &Call,
    kind: FileKind,
    write: fn(&AppraisalReport) -> Result<Vec<u8>, String>,
) -> Result<Reply<Download>, Problem> {
    let (id, reach) = met(call, Action::ReadScores).await?;
    let report = appraisal_report(&call.ctx, id, &reach).await?;
    let file_name = format!("{}.{}", report.title(), kind.extension());
    // A large report takes a while to write; the workers answer others meanwhile.
    let writing = tokio::task::spawn_blocking(move || write(&report));
    let written = writing
        .await
        .map_err(|error| Problem::internal(format!("writing a report was cut off: {error}")))?;
    let bytes = written.map_err(|text| FlowError::refused(RefusalCode::Unprintable, text))?;
    Ok(Reply::ok(Download {
        file_name,
        media_type: kind.media_type().to_owned(),
        bytes: bytes.into(),
    }))
}
