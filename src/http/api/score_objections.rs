//! `/appraisals/{id}/objections`: objections 异议 of units to their scores, and what is decided about them.

use super::appraisals::TAG;
use super::scores::met;
use super::{examples, whose};
use crate::domain::access::{Action, Reach};
use crate::domain::appraisal::ObjectionState;
use crate::domain::decimal::Decimal;
use crate::domain::ids::{AppraisalId, ObjectionId, UnitId};
use crate::flow::object_to_score::{ObjectionDecision, decide_objection, object_to_score};
use crate::flow::{FlowError, RefusalCode};
use crate::http::kernel::text::Written;
use crate::http::kernel::{
    Call, Check, Endpoint, FieldCode, FieldErrors, Line, List, NoQuery, Page, Problem, Prose, Reply,
};
use crate::storage::lists::labels;
use crate::storage::lists::score_objections::{self as list, ObjectionFilter};
use crate::storage::score_objections::{self, StoredObjection};
use crate::storage::{Db, appraisals};
use actix_web::http::StatusCode;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    let all = [
        Endpoint::get("/appraisals/{id}/objections", "list_objections", Action::ReadScores, list_objections)
            .says("异议列表", "List objections", "单位看到自己和下级单位的异议。默认先提出的在前。")
            .example_query("state=raised"),
        Endpoint::post("/appraisals/{id}/objections", "object_to_score", Action::ObjectToScores, object)
            .says("对得分提出异议", "Object to a score", "考评确认之前，由单位写明理由提出；督导办可以代为登记，须写明单位。同一单位上一件处理完之前不能再提。")
            .refuses(&[
                RefusalCode::NotFound,
                RefusalCode::UnknownUnit,
                RefusalCode::InvalidValue,
                RefusalCode::OutOfOrder,
            ])
            .example_body(json!({ "unit_code": "S2", "reason": "4 月 28 日已经填报，附回执" })),
        Endpoint::post("/appraisals/{id}/objections/{objection_id}/decision", "decide_objection", Action::DecideObjections, decide)
            .says("处理异议", "Decide an objection", "写明理由。成立的，可以给出调整分，作为单独一项记入得分；也可以先补正记录，再重新计算。")
            .refuses(&[RefusalCode::NotFound, RefusalCode::InvalidValue, RefusalCode::OutOfOrder])
            .answers(&[StatusCode::OK])
            .example_param("objection_id", examples::OBJECTION)
            .example_body(json!({ "upheld": true, "points": 2.5, "note": "经核实，回执无误" })),
    ];
    let complete = |endpoint: Endpoint| endpoint.tag(TAG).example_param("id", examples::APPRAISAL);
    all.into_iter().map(complete).collect()
}

/// 筛选
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ObjectionQuery {
    /// 状态
    state: Option<ObjectionState>,
    /// 单位代码
    unit_code: Option<Line<64>>,
}

/// 异议
#[derive(Debug, Serialize, ToSchema)]
struct Objection {
    /// 编号
    id: ObjectionId,
    /// 考评
    appraisal_id: AppraisalId,
    /// 单位编号
    unit_id: UnitId,
    /// 单位代码
    unit_code: String,
    /// 单位名称
    unit_name: String,
    /// 该单位的第几次异议
    number: i32,
    /// 状态
    state: ObjectionState,
    /// 理由
    reason: String,
    /// 谁提出的
    raised_by: String,
    /// 提出的时刻
    raised_at: DateTime<Utc>,
    /// 调整分
    #[schema(required)]
    points: Option<Decimal>,
    /// 谁处理的
    #[schema(required)]
    decided_by: Option<String>,
    /// 处理的时刻
    #[schema(required)]
    decided_at: Option<DateTime<Utc>>,
    /// 处理的理由
    #[schema(required)]
    decision_note: Option<String>,
}

/// 要提出的异议
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ObjectionToRaise {
    /// 哪个单位；单位用户可以不填
    unit_code: Option<Line<64>>,
    /// 理由
    #[schema(value_type = Written<2000>)]
    reason: Prose<2000>,
}

impl Check for ObjectionToRaise {
    fn check(&self, errors: &mut FieldErrors) {
        not_empty("reason", &self.reason, errors);
    }
}

/// 对异议的处理
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ObjectionToDecide {
    /// 是否成立
    upheld: bool,
    /// 调整分，可以为负；不成立的不填
    points: Option<Decimal>,
    /// 理由
    #[schema(value_type = Written<2000>)]
    note: Prose<2000>,
}

impl Check for ObjectionToDecide {
    fn check(&self, errors: &mut FieldErrors) {
        not_empty("note", &self.note, errors);
    }
}

/// A reason says something.
pub(super) fn not_empty(field: &str, text: &str, errors: &mut FieldErrors) {
    if text.trim().is_empty() {
        errors.add(field, FieldCode::OutOfRange, "不能为空");
    }
}

async fn list_objections(
    call: Call<List<ObjectionQuery>>,
) -> Result<Reply<Page<Objection>>, Problem> {
    let (id, reach) = met(&call, Action::ReadScores).await?;
    let query = &call.query.filter;
    let filter = ObjectionFilter {
        state: query.state,
        unit_code: query.unit_code.as_deref().map(str::to_owned),
    };
    let page = list::list(&call.ctx.db, id, &filter, &reach, &call.query.wanted()).await?;
    let items = shown(&call.ctx.db, page.rows).await?;
    Ok(Reply::ok(call.query.shown(items, page.next)))
}

async fn object(call: Call<NoQuery, ObjectionToRaise>) -> Result<Reply<Objection>, Problem> {
    let (id, reach) = met(&call, Action::ObjectToScores).await?;
    let unit = unit_objecting(&call, id, &reach).await?;
    let reason = call.body.reason.to_string();
    let made = object_to_score(&call.ctx, &call.viewer.address, id, unit, reason).await?;
    let made = one(&call.ctx.db, id, made).await?;
    let path = format!("/appraisals/{id}/objections");
    Ok(Reply::created(made, &path))
}

/// The unit that objects: the one named, or the caller's own with a score.
async fn unit_objecting(
    call: &Call<NoQuery, ObjectionToRaise>,
    id: AppraisalId,
    reach: &Reach,
) -> Result<UnitId, Problem> {
    let refused = |code, text: String| FlowError::refused_field(code, "unit_code", text);
    match (call.body.unit_code.as_deref(), reach) {
        (Some(code), _) => {
            let directory = call.ctx.units().await?;
            let unit = directory.by_code(code).ok_or_else(|| {
                refused(
                    RefusalCode::UnknownUnit,
                    format!("没有代码为“{code}”的单位"),
                )
            })?;
            whose::require(&call.viewer, Action::ObjectToScores, unit.id, || {
                format!("score of {} in appraisal {id}", unit.id)
            })?;
            Ok(unit.id)
        }
        (None, Reach::All) => {
            let text = "代为登记异议须写明单位的代码".to_owned();
            Err(refused(RefusalCode::InvalidValue, text).into())
        }
        (None, Reach::Units { own, .. }) => {
            let totals = appraisals::totals(&call.ctx.db, id).await?;
            let own = own.iter().find(|unit| totals.contains_key(unit));
            own.copied().ok_or_else(Problem::not_found)
        }
    }
}

async fn decide(call: Call<NoQuery, ObjectionToDecide>) -> Result<Reply<Objection>, Problem> {
    let (id, objection) = (call.id("id")?, call.id("objection_id")?);
    let given = &call.body;
    let decision = ObjectionDecision {
        upheld: given.upheld,
        points: given.points,
        note: given.note.to_string(),
    };
    decide_objection(&call.ctx, &call.viewer.address, id, objection, decision).await?;
    Ok(Reply::ok(one(&call.ctx.db, id, objection).await?))
}

async fn one(db: &Db, id: AppraisalId, objection: ObjectionId) -> Result<Objection, Problem> {
    let all = score_objections::of_appraisal(db, id).await?;
    let row = all.into_iter().find(|row| row.id == objection);
    let row = row.ok_or_else(Problem::not_found)?;
    let shown = shown(db, vec![row]).await?.pop();
    shown.ok_or_else(Problem::not_found)
}

async fn shown(db: &Db, rows: Vec<StoredObjection>) -> Result<Vec<Objection>, Problem> {
    let names = labels::units(db, rows.iter().map(|row| row.unit_id)).await?;
    let shown = rows.into_iter().filter_map(|row| {
        let unit = names.get(&row.unit_id)?;
        Some(Objection {
            id: row.id,
            appraisal_id: row.appraisal_id,
            unit_id: row.unit_id,
            unit_code: unit.code.clone(),
            unit_name: unit.name.clone(),
            number: row.number,
            state: row.state,
            reason: row.reason,
            raised_by: row.raised_by,
            raised_at: row.raised_at,
            points: row.points,
            decided_by: row.decided_by,
            decided_at: row.decided_at,
            decision_note: row.decision_note,
        })
    });
    Ok(shown.collect())
}
