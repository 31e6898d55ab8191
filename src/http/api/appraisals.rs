//! `/appraisals`: appraisals 考评 of school years, computed and confirmed. Their scores are in `scores`, objections in
//! `score_objections`, files in `appraisal_reports`.

use super::examples;
use crate::domain::access::Action;
use crate::domain::appraisal::{AppraisalScope, AppraisalState};
use crate::domain::frequency::Frequency;
use crate::domain::ids::{AppraisalId, PlanId, RoundId, ScoreRulesId};
use crate::domain::period_key::PeriodKey;
use crate::flow::RefusalCode;
use crate::flow::appraise::{
    AppraisalWanted, check_appraisal, compute_again, confirm_appraisal, make_appraisal,
};
use crate::http::kernel::schemas::SchoolYearKey;
use crate::http::kernel::{
    Call, Check, Endpoint, FieldCode, FieldErrors, List, NoQuery, Page, Problem, Prose, Reply, Tag,
};
use crate::storage::Db;
use crate::storage::appraisals::{self, StoredAppraisal};
use crate::storage::lists::appraisals::{self as list, AppraisalFilter};
use crate::storage::lists::labels;
use actix_web::http::StatusCode;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

/// The group of appraisals.
pub(super) const TAG: Tag = Tag {
    name: "appraisals",
    says: "考评：每学年按计分办法计分，公示、异议、确认",
};

/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    let mut all = reading();
    all.extend(writing());
    all.into_iter().map(|endpoint| endpoint.tag(TAG)).collect()
}

fn reading() -> Vec<Endpoint> {
    let read = Action::ReadAppraisals;
    vec![
        Endpoint::get("/appraisals", "list_appraisals", read, list_appraisals)
            .says("考评列表", "List appraisals", "默认先建立的在前。")
            .example_query("state=proposed&school_year=2024Y"),
        Endpoint::get("/appraisals/{id}", "get_appraisal", read, get)
            .says("查看考评", "Get an appraisal", "得分见 /appraisals/{id}/scores。")
            .example_param("id", examples::APPRAISAL),
        Endpoint::get("/appraisals/{id}/check", "check_appraisal", Action::CheckAppraisals, check)
            .says("核对考评", "Compute an appraisal again and compare", "用现在的记录重算一遍，不作改动。same 为 true 时，依据和得分都与保存的一致；否则列出得分会不同的单位。")
            .never_kept()
            .example_param("id", examples::APPRAISAL),
    ]
}

fn writing() -> Vec<Endpoint> {
    let write = Action::WriteAppraisals;
    vec![
        Endpoint::post("/appraisals", "make_appraisal", write, make)
            .says("建立考评", "Appraise a school year", "为一次考评（round_id），或直接为一个学年（school_year，可限于一个方案）计算得分。学年结束后才能建立；只计到该学年最后一天为止的记录。没有指定计分办法的，用最新一版。")
            .refuses(&[
                RefusalCode::NotFound,
                RefusalCode::InvalidValue,
                RefusalCode::WrongPeriod,
                RefusalCode::YearOpen,
                RefusalCode::Taken,
            ])
            .example_body(json!({ "school_year": "2023Y", "ranked": false })),
        Endpoint::post("/appraisals/{id}/compute", "compute_appraisal", write, compute)
            .says("重新计算", "Compute the scores again", "确认之前可以重算，例如补登了漏记的填报；异议成立时的调整分保留。")
            .refuses(&[RefusalCode::NotFound, RefusalCode::OutOfOrder])
            .answers(&[StatusCode::OK])
            .example_param("id", examples::APPRAISAL)
            .example_body(json!({ "ranked": true })),
        Endpoint::post("/appraisals/{id}/confirm", "confirm_appraisal", write, confirm)
            .says("确认考评", "Confirm an appraisal", "异议都已处理后，由人确认；此后得分不再改动。")
            .refuses(&[RefusalCode::OutOfOrder, RefusalCode::ObjectionsWaiting])
            .answers(&[StatusCode::OK])
            .example_param("id", examples::READY_APPRAISAL)
            .example_body(json!({ "note": "经局长办公会审定" })),
    ]
}

/// 筛选
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AppraisalQuery {
    /// 状态
    state: Option<AppraisalState>,
    /// 学年，例如 2025Y
    #[schema(value_type = Option<SchoolYearKey>)]
    school_year: Option<PeriodKey>,
    /// 方案
    plan_id: Option<PlanId>,
}

/// 考评
#[derive(Debug, Serialize, ToSchema)]
struct Appraisal {
    /// 编号
    id: AppraisalId,
    /// 学年，例如 2025Y
    school_year: String,
    /// 学年的名称
    school_year_label: String,
    /// 为哪一次督办建立；直接按学年建立的为空
    #[schema(required)]
    round_id: Option<RoundId>,
    /// 只计一个方案的，该方案的编号
    #[schema(required)]
    plan_id: Option<PlanId>,
    /// 方案标题
    #[schema(required)]
    plan_title: Option<String>,
    /// 计分办法
    rules_id: ScoreRulesId,
    /// 是否给同学段学校排名
    ranked: bool,
    /// 状态
    state: AppraisalState,
    /// 计分办法和依据的校验值（SHA-256）
    input_hash: String,
    /// 有得分的单位数
    scores: usize,
    /// 异议数
    objections: usize,
    /// 其中待处理的
    objections_waiting: usize,
    /// 谁计算的
    computed_by: String,
    /// 计算的时刻
    computed_at: DateTime<Utc>,
    /// 谁确认的
    #[schema(required)]
    confirmed_by: Option<String>,
    /// 确认的时刻
    #[schema(required)]
    confirmed_at: Option<DateTime<Utc>>,
    /// 确认时的说明
    #[schema(required)]
    note: Option<String>,
}

/// 要建立的考评：round_id 和 school_year 选一个
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AppraisalToMake {
    /// 考评的一次督办
    round_id: Option<RoundId>,
    /// 学年，例如 2025Y
    #[schema(value_type = Option<SchoolYearKey>)]
    school_year: Option<PeriodKey>,
    /// 按学年建立时，只计这个方案
    plan_id: Option<PlanId>,
    /// 计分办法；不填为最新一版
    rules_id: Option<ScoreRulesId>,
    /// 是否给同学段学校排名；默认不排
    ranked: Option<bool>,
}

impl Check for AppraisalToMake {
    fn check(&self, errors: &mut FieldErrors) {
        match (self.round_id, self.school_year) {
            (Some(_), Some(_)) => {
                let text = "与 round_id 只能填一个，请去掉其一";
                errors.add("school_year", FieldCode::Invalid, text);
            }
            (None, None) => {
                let text = "请填写学年（school_year），或一次考评的编号（round_id）";
                errors.add("school_year", FieldCode::Missing, text);
            }
            (Some(_), None) if self.plan_id.is_some() => {
                let text = "一次考评属于它的方案，请去掉";
                errors.add("plan_id", FieldCode::Invalid, text);
            }
            (Some(_), None) | (None, Some(_)) => {}
        }
    }
}

/// 重新计算时改用的设置
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AppraisalToCompute {
    /// 计分办法；不填为原来的
    rules_id: Option<ScoreRulesId>,
    /// 是否给同学段学校排名；不填为原来的
    ranked: Option<bool>,
}

impl Check for AppraisalToCompute {}

/// 确认
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AppraisalToConfirm {
    /// 说明
    note: Option<Prose<2000>>,
}

impl Check for AppraisalToConfirm {}

/// 核对的结果
#[derive(Debug, Serialize, ToSchema)]
struct AppraisalCheck {
    /// 是否一致
    same: bool,
    /// 保存的校验值
    input_hash: String,
    /// 现在重算的校验值
    input_hash_now: String,
    /// 得分会不同的单位
    differing: Vec<DifferingUnit>,
}

/// 得分会不同的单位
#[derive(Debug, Serialize, ToSchema)]
struct DifferingUnit {
    /// 单位编号
    unit_id: crate::domain::ids::UnitId,
    /// 单位名称
    unit_name: String,
}

/// The year that a school year begins in.
///
/// # Errors
/// 422 for another kind of period.
pub(super) fn year_wanted(key: Option<PeriodKey>) -> Result<Option<i32>, Problem> {
    match key {
        Some(key) if key.frequency() != Frequency::SchoolYear => {
            let mut errors = FieldErrors::default();
            let text = "请按 2025Y 的格式填写学年";
            errors.add("school_year", FieldCode::Invalid, text);
            Err(Problem::of_parameters(errors).unwrap_or_else(Problem::not_found))
        }
        key => Ok(key.map(PeriodKey::year)),
    }
}

async fn list_appraisals(
    call: Call<List<AppraisalQuery>>,
) -> Result<Reply<Page<Appraisal>>, Problem> {
    let query = &call.query.filter;
    let filter = AppraisalFilter {
        state: query.state,
        school_year: year_wanted(query.school_year)?,
        plan_id: query.plan_id,
    };
    let page = list::list(&call.ctx.db, &filter, &call.query.wanted()).await?;
    let items = shown(&call.ctx.db, page.rows).await?;
    Ok(Reply::ok(call.query.shown(items, page.next)))
}

async fn get(call: Call) -> Result<Reply<Appraisal>, Problem> {
    Ok(Reply::ok(one(&call.ctx.db, call.id("id")?).await?))
}

async fn check(call: Call) -> Result<Reply<AppraisalCheck>, Problem> {
    let checked = check_appraisal(&call.ctx, call.id("id")?).await?;
    let names = labels::units(&call.ctx.db, checked.differing.iter().copied()).await?;
    let differing = checked.differing.iter().map(|unit| DifferingUnit {
        unit_id: *unit,
        unit_name: names
            .get(unit)
            .map(|one| one.name.clone())
            .unwrap_or_default(),
    });
    Ok(Reply::ok(AppraisalCheck {
        same: checked.differing.is_empty() && checked.input_hash == checked.input_hash_now,
        differing: differing.collect(),
        input_hash: checked.input_hash,
        input_hash_now: checked.input_hash_now,
    }))
}

async fn make(call: Call<NoQuery, AppraisalToMake>) -> Result<Reply<Appraisal>, Problem> {
    let given = &call.body;
    let scope = match (given.round_id, given.school_year) {
        (Some(round), _) => AppraisalScope::Round(round),
        (None, Some(year)) => AppraisalScope::Year(year, given.plan_id),
        (None, None) => return Err(Problem::internal("an appraisal of nothing was let pass")),
    };
    let wanted = AppraisalWanted {
        scope,
        rules_id: given.rules_id,
        ranked: given.ranked.unwrap_or(false),
    };
    let id = make_appraisal(&call.ctx, &call.viewer.address, wanted).await?;
    let made = one(&call.ctx.db, id).await?;
    Ok(Reply::created(made, &format!("/appraisals/{id}")))
}

async fn compute(call: Call<NoQuery, AppraisalToCompute>) -> Result<Reply<Appraisal>, Problem> {
    let id = call.id("id")?;
    let (by, given) = (&call.viewer.address, &call.body);
    compute_again(&call.ctx, by, id, given.rules_id, given.ranked).await?;
    Ok(Reply::ok(one(&call.ctx.db, id).await?))
}

async fn confirm(call: Call<NoQuery, AppraisalToConfirm>) -> Result<Reply<Appraisal>, Problem> {
    let id = call.id("id")?;
    let note = call.body.note.as_deref().filter(|note| !note.is_empty());
    let note = note.map(str::to_owned);
    confirm_appraisal(&call.ctx, &call.viewer.address, id, note).await?;
    Ok(Reply::ok(one(&call.ctx.db, id).await?))
}

async fn one(db: &Db, id: AppraisalId) -> Result<Appraisal, Problem> {
    let row = appraisals::get(db, id).await?;
    let row = row.ok_or_else(Problem::not_found)?;
    let shown = shown(db, vec![row]).await?.pop();
    shown.ok_or_else(Problem::not_found)
}

async fn shown(db: &Db, rows: Vec<StoredAppraisal>) -> Result<Vec<Appraisal>, Problem> {
    let ids: Vec<AppraisalId> = rows.iter().map(|row| row.id).collect();
    let counts = list::counts(db, &ids).await?;
    let titles = labels::plans(db, rows.iter().filter_map(|row| row.plan_id)).await?;
    let shown = rows.into_iter().map(|row| {
        let counts = counts.get(&row.id).copied().unwrap_or_default();
        let (school_year, school_year_label) = year_shown(row.school_year);
        Appraisal {
            id: row.id,
            school_year,
            school_year_label,
            round_id: row.round_id,
            plan_id: row.plan_id,
            plan_title: row.plan_id.and_then(|plan| titles.get(&plan).cloned()),
            rules_id: row.rules_id,
            ranked: row.ranked,
            state: row.state,
            input_hash: row.input_hash,
            scores: counts.scores,
            objections: counts.objections,
            objections_waiting: counts.waiting,
            computed_by: row.computed_by,
            computed_at: row.computed_at,
            confirmed_by: row.confirmed_by,
            confirmed_at: row.confirmed_at,
            note: row.note,
        }
    });
    Ok(shown.collect())
}

/// A school year as key and in words.
pub(super) fn year_shown(year: i32) -> (String, String) {
    let key = PeriodKey::new(Frequency::SchoolYear, year, 1);
    key.map_or_else(
        || (year.to_string(), year.to_string()),
        |key| (key.to_string(), key.label()),
    )
}
