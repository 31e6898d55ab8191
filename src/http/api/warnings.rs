//! `/warnings`: talks and cards 约谈、黄牌、红牌, proposed from quality results, decided by a person.

use super::appraisals::{year_shown, year_wanted};
use super::examples;
use super::score_objections::not_empty;
use crate::domain::access::{Action, Reach};
use crate::domain::appraisal::WarningState;
use crate::domain::card::Card;
use crate::domain::ids::{UnitId, WarningId};
use crate::domain::level::Level;
use crate::domain::period_key::PeriodKey;
use crate::flow::RefusalCode;
use crate::flow::decide_warning::decide_warning;
use crate::http::kernel::schemas::SchoolYearKey;
use crate::http::kernel::text::Written;
use crate::http::kernel::{
    Call, Check, Endpoint, FieldErrors, Line, List, NoQuery, Page, Problem, Prose, Reply, Tag,
};
use crate::storage::Db;
use crate::storage::lists::labels;
use crate::storage::lists::warnings::{self as list, WarningFilter};
use crate::storage::warnings::StoredWarning;
use actix_web::http::StatusCode;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

const TAG: Tag = Tag {
    name: "warnings",
    says: "约谈、黄牌、红牌：只依据质量结果提出建议，由人决定",
};

/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    let read = Action::ReadWarnings;
    let all = [
        Endpoint::get("/warnings", "list_warnings", read, list_warnings)
            .says(
                "约谈和黄红牌列表",
                "List talks and cards",
                "单位只看到已经确认的。默认先提出的在前。",
            )
            .example_query("state=proposed&card=talk&school_year=2024Y"),
        Endpoint::get("/warnings/{id}", "get_warning", read, get)
            .says(
                "查看约谈或黄红牌",
                "Get a talk or a card",
                "years 是依据的各学年，逐年一句话说明。",
            )
            .example_param("id", examples::WARNING),
        Endpoint::post(
            "/warnings/{id}/decision",
            "decide_warning",
            Action::DecideWarnings,
            decide,
        )
        .says(
            "决定约谈或黄红牌",
            "Confirm or reject a talk or a card",
            "由督导办或局领导决定，确认或不采纳都写明理由。决定之后不再改变；确认的立即发邮件告知学校，只发一次。",
        )
        .refuses(&[RefusalCode::NotFound, RefusalCode::OutOfOrder])
        .answers(&[StatusCode::OK])
        .example_param("id", examples::PROPOSED_WARNING)
        .example_body(json!({ "confirmed": true, "reason": "连续下降情况属实，经局长办公会研究" })),
    ];
    all.into_iter().map(|endpoint| endpoint.tag(TAG)).collect()
}

/// 筛选
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct WarningQuery {
    /// 状态
    state: Option<WarningState>,
    /// 种类
    card: Option<Card>,
    /// 依据哪一学年的结果，例如 2024Y
    #[schema(value_type = Option<SchoolYearKey>)]
    school_year: Option<PeriodKey>,
    /// 学校代码
    unit_code: Option<Line<64>>,
}

/// 依据的一个学年
#[derive(Debug, Serialize, ToSchema)]
struct WarningYear {
    /// 学年，例如 2024Y
    school_year: String,
    /// 比上一学年下降
    declined: bool,
    /// 同学段末位
    last_place: bool,
    /// 一句话说明
    sentence: String,
}

/// 约谈、黄牌或红牌
#[derive(Debug, Serialize, ToSchema)]
struct Warning {
    /// 编号
    id: WarningId,
    /// 学校编号
    unit_id: UnitId,
    /// 学校代码
    unit_code: String,
    /// 学校名称
    unit_name: String,
    /// 学段
    level: Level,
    /// 依据哪一学年的结果，例如 2024Y
    school_year: String,
    /// 种类
    card: Card,
    /// 种类的名称
    card_label: &'static str,
    /// 依据的各学年，从早到晚
    years: Vec<WarningYear>,
    /// 状态
    state: WarningState,
    /// 提出的时刻
    proposed_at: DateTime<Utc>,
    /// 谁决定的
    #[schema(required)]
    decided_by: Option<String>,
    /// 决定的时刻
    #[schema(required)]
    decided_at: Option<DateTime<Utc>>,
    /// 理由
    #[schema(required)]
    reason: Option<String>,
}

/// 决定
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct WarningToDecide {
    /// 是否确认；否则为不采纳
    confirmed: bool,
    /// 理由
    #[schema(value_type = Written<2000>)]
    reason: Prose<2000>,
}

impl Check for WarningToDecide {
    fn check(&self, errors: &mut FieldErrors) {
        not_empty("reason", &self.reason, errors);
    }
}

async fn list_warnings(call: Call<List<WarningQuery>>) -> Result<Reply<Page<Warning>>, Problem> {
    let query = &call.query.filter;
    let filter = WarningFilter {
        state: query.state,
        card: query.card,
        school_year: year_wanted(query.school_year)?,
        unit_code: query.unit_code.as_deref().map(str::to_owned),
    };
    let reach = call.viewer.reach(Action::ReadWarnings);
    let page = list::list(&call.ctx.db, &filter, &reach, &call.query.wanted()).await?;
    let items = shown(&call.ctx.db, page.rows).await?;
    Ok(Reply::ok(call.query.shown(items, page.next)))
}

async fn get(call: Call) -> Result<Reply<Warning>, Problem> {
    let id: WarningId = call.id("id")?;
    let reach = call.viewer.reach(Action::ReadWarnings);
    let db = &call.ctx.db;
    if let Some(row) = list::one(db, id, &reach).await? {
        let shown = shown(db, vec![row]).await?.pop();
        return Ok(Reply::ok(shown.ok_or_else(Problem::not_found)?));
    }
    match list::one(db, id, &Reach::All).await? {
        Some(_) => Err(Problem::hidden(format!("warning {id}"))),
        None => Err(Problem::not_found()),
    }
}

async fn decide(call: Call<NoQuery, WarningToDecide>) -> Result<Reply<Warning>, Problem> {
    let id: WarningId = call.id("id")?;
    let given = &call.body;
    let (by, reason) = (&call.viewer.address, given.reason.to_string());
    decide_warning(&call.ctx, by, id, given.confirmed, reason).await?;
    let row = list::one(&call.ctx.db, id, &Reach::All).await?;
    let row = row.ok_or_else(Problem::not_found)?;
    let shown = shown(&call.ctx.db, vec![row]).await?.pop();
    Ok(Reply::ok(shown.ok_or_else(Problem::not_found)?))
}

async fn shown(db: &Db, rows: Vec<StoredWarning>) -> Result<Vec<Warning>, Problem> {
    let names = labels::units(db, rows.iter().map(|row| row.unit_id)).await?;
    let shown = rows.into_iter().filter_map(|row| {
        let unit = names.get(&row.unit_id)?;
        let years = row.years.into_iter().map(|year| WarningYear {
            school_year: year_shown(year.year).0,
            declined: year.declined,
            last_place: year.last_place,
            sentence: year.sentence,
        });
        Some(Warning {
            id: row.id,
            unit_id: row.unit_id,
            unit_code: unit.code.clone(),
            unit_name: unit.name.clone(),
            level: row.level,
            school_year: year_shown(row.school_year).0,
            card: row.card,
            card_label: row.card.label(),
            years: years.collect(),
            state: row.state,
            proposed_at: row.proposed_at,
            decided_by: row.decided_by,
            decided_at: row.decided_at,
            reason: row.reason,
        })
    });
    Ok(shown.collect())
}
