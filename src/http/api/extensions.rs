//! `/extensions`: more time 延期, asked for by units, seen by lead units, decided by the supervision office.

use super::{examples, whose};
use crate::domain::access::Action;
use crate::domain::extension::ExtensionState;
use crate::domain::ids::{ExtensionId, ObligationId, PlanId, UnitId};
use crate::domain::obligation::ObligationKind;
use crate::flow::RefusalCode;
use crate::flow::extend_due_day::{
    ExtensionWanted, LeadView, decide_extension, request_extension, say_of_extension,
};
use crate::http::kernel::text::Written;
use crate::http::kernel::{
    Call, Day, Direction, Endpoint, Line, List, NoQuery, Page, Problem, Prose, Reply, SortKey, Tag,
};
use crate::storage::Db;
use crate::storage::extensions::{self, StoredExtension, StoredView};
use crate::storage::lists::extensions::{self as list, ExtensionFilter};
use crate::storage::lists::{labels, obligations};
use actix_web::http::StatusCode;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::HashMap;
use utoipa::ToSchema;

const TAG: Tag = Tag {
    name: "extensions",
    says: "延期：到期之前申请，牵头单位提出意见，督导办决定",
};

/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    let mut all = reading();
    all.extend(asking());
    all.extend(deciding());
    all
}

fn reading() -> Vec<Endpoint> {
    let read = Action::ReadExtensions;
    vec![
        Endpoint::get("/extensions", "list_extensions", read, list_extensions)
            .tag(TAG)
            .says(
                "延期申请列表",
                "List requests for more time",
                "默认先申请的在前。牵头单位看到自己牵头的任务的申请。",
            )
            .example_query("state=requested"),
        Endpoint::get("/extensions/{id}", "get_extension", read, get)
            .tag(TAG)
            .says(
                "查看延期申请",
                "Get a request for more time",
                "含牵头单位的意见。",
            )
            .example_param("id", examples::EXTENSION),
    ]
}

fn asking() -> Vec<Endpoint> {
    vec![
        Endpoint::post(
            "/extensions",
            "request_extension",
            Action::RequestExtensions,
            request,
        )
        .tag(TAG)
        .says(
            "申请延期",
            "Ask for more time",
            "须在到期日或之前提出，写明原因、目前进展和预计完成的工作日。督导办决定之前，原到期日不变，照常提醒。签收不能延期。",
        )
        .refuses(&[
            RefusalCode::NotFound,
            RefusalCode::InvalidValue,
            RefusalCode::WrongDay,
            RefusalCode::DueDayPassed,
            RefusalCode::ObligationSettled,
            RefusalCode::ExtensionPending,
        ])
        .example_body(json!({
            "obligation_id": examples::ASK,
            "reason": "设备到货推迟",
            "progress": "场地已改造完毕，设备已招标",
            "expected_on": "2026-12-14",
        })),
    ]
}

fn deciding() -> Vec<Endpoint> {
    vec![
        Endpoint::post(
            "/extensions/{id}/views",
            "view_extension",
            Action::ViewExtensions,
            view,
        )
        .tag(TAG)
        .says(
            "对延期申请提出意见",
            "Say what a lead unit thinks of it",
            "由相关任务的牵头单位提出，每个单位一次；督导办可以代为登记，须写明单位。",
        )
        .refuses(&[
            RefusalCode::InvalidValue,
            RefusalCode::UnknownUnit,
            RefusalCode::NotYours,
            RefusalCode::Taken,
            RefusalCode::OutOfOrder,
        ])
        .answers(&[StatusCode::OK])
        .example_param("id", examples::EXTENSION)
        .example_body(json!({ "unit_code": "B2", "agrees": true, "note": "情况属实" })),
        Endpoint::post(
            "/extensions/{id}/decision",
            "decide_extension",
            Action::DecideExtensions,
            decide,
        )
        .tag(TAG)
        .says(
            "决定延期申请",
            "Grant or refuse more time",
            "同意的给出新的到期日，须为晚于原到期日的工作日；不同意的写明理由。最初的到期日始终保留。决定立即通知申请单位，提醒按新的\
             到期日重新安排。",
        )
        .refuses(&[
            RefusalCode::InvalidValue,
            RefusalCode::WrongDay,
            RefusalCode::OutOfOrder,
            RefusalCode::ObligationSettled,
        ])
        .answers(&[StatusCode::OK])
        .example_param("id", examples::EXTENSION)
        .example_body(json!({ "granted_on": "2026-12-14", "note": "同意，请抓紧" })),
    ]
}

/// 筛选
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ExtensionQuery {
    /// 状态
    state: Option<ExtensionState>,
    /// 应报事项
    obligation_id: Option<ObligationId>,
    /// 单位代码
    unit_code: Option<Line<64>>,
    /// 方案
    plan_id: Option<PlanId>,
}

/// Requests come in the order in which they were made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct InOrder;

impl SortKey for InOrder {
    const ALL: &'static [Self] = &[Self];
    const USUAL: Direction = Direction::Ascending;

    fn as_str(self) -> &'static str {
        "id"
    }
}

/// 牵头单位的意见
#[derive(Debug, Serialize, ToSchema)]
struct ExtensionView {
    /// 单位编号
    unit_id: UnitId,
    /// 单位名称
    unit_name: String,
    /// 是否同意
    agrees: bool,
    /// 说明
    #[schema(required)]
    note: Option<String>,
    /// 谁提出的
    said_by: String,
    /// 提出的时刻
    said_at: DateTime<Utc>,
}

/// 延期申请
#[derive(Debug, Serialize, ToSchema)]
struct Extension {
    /// 编号
    id: ExtensionId,
    /// 应报事项编号
    obligation_id: ObligationId,
    /// 应报事项的种类
    kind: ObligationKind,
    /// 申请单位编号
    unit_id: UnitId,
    /// 申请单位代码
    unit_code: String,
    /// 申请单位名称
    unit_name: String,
    /// 方案编号
    plan_id: PlanId,
    /// 方案标题
    plan_title: String,
    /// 对该事项的第几次申请
    number: i32,
    /// 状态
    state: ExtensionState,
    /// 原因
    reason: String,
    /// 目前进展
    progress: String,
    /// 预计完成的日期
    expected_on: NaiveDate,
    /// 最初的到期日
    first_due_on: NaiveDate,
    /// 申请时的到期日
    due_on_before: NaiveDate,
    /// 现在的到期日
    due_on: NaiveDate,
    /// 谁申请的
    requested_by: String,
    /// 申请的时刻
    requested_at: DateTime<Utc>,
    /// 牵头单位的意见
    views: Vec<ExtensionView>,
    /// 同意延至哪一天
    #[schema(required)]
    granted_on: Option<NaiveDate>,
    /// 谁决定的
    #[schema(required)]
    decided_by: Option<String>,
    /// 决定的时刻；失效的为失效的时刻
    #[schema(required)]
    decided_at: Option<DateTime<Utc>>,
    /// 决定的说明
    #[schema(required)]
    decision_note: Option<String>,
}

/// 要申请的延期
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ExtensionToRequest {
    /// 应报事项编号
    obligation_id: ObligationId,
    /// 原因
    #[schema(value_type = Written<2000>)]
    reason: Prose<2000>,
    /// 目前进展
    #[schema(value_type = Written<2000>)]
    progress: Prose<2000>,
    /// 预计完成的日期，须为晚于到期日的工作日
    expected_on: Day,
}

/// 牵头单位的意见
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ViewToGive {
    /// 哪个牵头单位的意见；单位用户可以不填
    unit_code: Option<Line<64>>,
    /// 是否同意
    agrees: bool,
    /// 说明
    note: Option<Prose<2000>>,
}

/// 对延期申请的决定
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ExtensionDecision {
    /// 同意延至哪一天；不同意的不填
    granted_on: Option<Day>,
    /// 说明；不同意的必填
    note: Option<Prose<2000>>,
}

impl crate::http::kernel::Check for ExtensionToRequest {
    fn check(&self, errors: &mut crate::http::kernel::FieldErrors) {
        for (field, text) in [("reason", &self.reason), ("progress", &self.progress)] {
            if text.trim().is_empty() {
                let code = crate::http::kernel::FieldCode::OutOfRange;
                errors.add(field, code, "不能为空");
            }
        }
    }
}

impl crate::http::kernel::Check for ViewToGive {}

impl crate::http::kernel::Check for ExtensionDecision {}

async fn list_extensions(
    call: Call<List<ExtensionQuery, InOrder>>,
) -> Result<Reply<Page<Extension>>, Problem> {
    let query = &call.query.filter;
    let filter = ExtensionFilter {
        state: query.state,
        obligation_id: query.obligation_id,
        unit_code: query.unit_code.as_deref().map(str::to_owned),
        plan_id: query.plan_id,
    };
    let reach = call.viewer.reach(Action::ReadExtensions);
    let page = list::list(&call.ctx.db, &filter, &reach, &call.query.wanted()).await?;
    let items = shown(&call.ctx.db, page.rows).await?;
    Ok(Reply::ok(call.query.shown(items, page.next)))
}

async fn get(call: Call) -> Result<Reply<Extension>, Problem> {
    let id = met(&call, Action::ReadExtensions).await?;
    Ok(Reply::ok(one(&call.ctx.db, id).await?))
}

/// The request in the path, where the caller meets it under an action.
async fn met<Q, B>(call: &Call<Q, B>, action: Action) -> Result<ExtensionId, Problem> {
    let id: ExtensionId = call.id("id")?;
    let db = &call.ctx.db;
    if list::one(db, id, &call.viewer.reach(action))
        .await?
        .is_some()
    {
        return Ok(id);
    }
    match list::exists(db, id).await? {
        true => Err(Problem::hidden(format!("extension {id}"))),
        false => Err(Problem::not_found()),
    }
}

async fn request(call: Call<NoQuery, ExtensionToRequest>) -> Result<Reply<Extension>, Problem> {
    let given = &call.body;
    let id = given.obligation_id;
    let asked = obligations::one(&call.ctx.db, id).await?;
    let asked = asked.ok_or_else(Problem::not_found)?;
    let (viewer, unit) = (&call.viewer, asked.obligation.unit_id);
    whose::require(viewer, Action::RequestExtensions, unit, || {
        format!("obligation {id}")
    })?;
    let wanted = ExtensionWanted {
        obligation_id: id,
        reason: given.reason.to_string(),
        progress: given.progress.to_string(),
        expected_on: given.expected_on.0,
    };
    let id = request_extension(&call.ctx, &viewer.address, wanted).await?;
    let made = one(&call.ctx.db, id).await?;
    Ok(Reply::created(made, &format!("/extensions/{id}")))
}

async fn view(call: Call<NoQuery, ViewToGive>) -> Result<Reply<Extension>, Problem> {
    let id = met(&call, Action::ViewExtensions).await?;
    let given = &call.body;
    let view = LeadView {
        unit_code: given.unit_code.as_deref().map(str::to_owned),
        agrees: given.agrees,
        note: told(given.note.as_ref()),
    };
    say_of_extension(&call.ctx, &call.viewer, id, view).await?;
    Ok(Reply::ok(one(&call.ctx.db, id).await?))
}

async fn decide(call: Call<NoQuery, ExtensionDecision>) -> Result<Reply<Extension>, Problem> {
    let id: ExtensionId = call.id("id")?;
    let given = &call.body;
    let (day, note) = (given.granted_on.map(|day| day.0), told(given.note.as_ref()));
    decide_extension(&call.ctx, &call.viewer.address, id, day, note).await?;
    Ok(Reply::ok(one(&call.ctx.db, id).await?))
}

/// A text that says something.
fn told(text: Option<&Prose<2000>>) -> Option<String> {
    let text = text.map(|text| text.trim().to_owned());
    text.filter(|text| !text.is_empty())
}

async fn one(db: &Db, id: ExtensionId) -> Result<Extension, Problem> {
    let everyones = crate::domain::access::Reach::All;
    let row = list::one(db, id, &everyones).await?;
    let row = row.ok_or_else(Problem::not_found)?;
    let shown = shown(db, vec![row]).await?.pop();
    shown.ok_or_else(|| Problem::internal(format!("extension {id} has no obligation")))
}

/// Requests as they are shown, in their order.
async fn shown(db: &Db, rows: Vec<StoredExtension>) -> Result<Vec<Extension>, Problem> {
    let ids: Vec<ExtensionId> = rows.iter().map(|row| row.id).collect();
    let views = extensions::views(db, &ids).await?;
    let units = labels::units(db, views.iter().map(|view| view.unit_id)).await?;
    let mut by_request: HashMap<ExtensionId, Vec<ExtensionView>> = HashMap::new();
    for view in views {
        let StoredView {
            extension_id,
            unit_id,
            agrees,
            note,
            said_by,
            said_at,
        } = view;
        let unit_name = units.get(&unit_id).map(|unit| unit.name.clone());
        by_request
            .entry(extension_id)
            .or_default()
            .push(ExtensionView {
                unit_id,
                unit_name: unit_name.unwrap_or_default(),
                agrees,
                note,
                said_by,
                said_at,
            });
    }
    let asked = obligations::with_ids(db, rows.iter().map(|row| row.obligation_id)).await?;
    let asked: HashMap<ObligationId, _> = asked
        .into_iter()
        .map(|row| (row.obligation.id, row))
        .collect();
    let shown = rows.into_iter().filter_map(|row| {
        let about = asked.get(&row.obligation_id)?;
        Some(Extension {
            id: row.id,
            obligation_id: row.obligation_id,
            kind: about.obligation.kind,
            unit_id: about.obligation.unit_id,
            unit_code: about.unit.code.clone(),
            unit_name: about.unit.name.clone(),
            plan_id: about.obligation.plan_id,
            plan_title: about.plan_title.clone(),
            number: row.number,
            state: row.state,
            reason: row.reason,
            progress: row.progress,
            expected_on: row.expected_on,
            first_due_on: about.obligation.first_due_on,
            due_on_before: row.due_on_before,
            due_on: about.obligation.due_on,
            requested_by: row.requested_by,
            requested_at: row.requested_at,
            views: by_request.remove(&row.id).unwrap_or_default(),
            granted_on: row.granted_on,
            decided_by: row.decided_by,
            decided_at: row.decided_at,
            decision_note: row.decision_note,
        })
    });
    Ok(shown.collect())
}
