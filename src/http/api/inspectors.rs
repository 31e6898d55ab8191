//! `/inspectors`: the pool (检查人员名录库) from which each spot-check draws who inspects.

use super::email_text::EmailText;
use super::examples;
use crate::domain::access::Action;
use crate::domain::ids::{InspectorId, UnitId};
use crate::flow::RefusalCode;
use crate::flow::keep_inspectors::{
    InspectorChange, InspectorWanted, change_inspector, keep_inspectors,
};
use crate::http::kernel::{
    ById, Call, Check, Endpoint, FieldCode, FieldErrors, Line, List, NoQuery, Page, Problem, Reply,
    Tag,
};
use crate::storage::lists::inspectors::{self as lists, InspectorFilter, InspectorRow};
use actix_web::http::StatusCode;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

const TAG: Tag = Tag {
    name: "inspectors",
    says: "检查人员：抽查时随机抽取谁去检查",
};

/// Inspectors in one call at the most.
const MOST_KEPT: usize = 500;

/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    let (read, write) = (Action::ReadInspectors, Action::WriteInspectors);
    let all = [
        Endpoint::get("/inspectors", "list_inspectors", read, list)
            .says("检查人员名录", "List inspectors", "")
            .example_query("active=true"),
        Endpoint::get("/inspectors/{id}", "get_inspector", read, get)
            .says("查看检查人员", "Get an inspector", "")
            .example_param("id", examples::INSPECTOR),
        Endpoint::post("/inspectors", "keep_inspectors", write, keep)
            .says("登记检查人员", "Add or correct inspectors", "一批 1 至 500 名，全部登记或一名也不登记。邮箱已在名录中的，更正其姓名、单位；不在的加入。下一次抽查起从在用的人员中抽取，不抽被检查单位及其上级单位的人员。")
            .answers(&[StatusCode::OK])
            .refuses(&[RefusalCode::InvalidValue, RefusalCode::UnknownUnit, RefusalCode::Taken])
            .example_body(json!({ "inspectors": [
                { "name": "黎老师", "unit_code": "B2", "email": "li@town.example.org" },
                { "name": "穆老师", "unit_code": "B3", "email": "mu@town.example.org", "active": true },
            ] })),
        Endpoint::patch("/inspectors/{id}", "change_inspector", write, change)
            .says("修改检查人员", "Change an inspector", "没有给出的字段不变。不再检查的设 active 为 false，以后不再抽取；不删除。")
            .refuses(&[RefusalCode::NotFound, RefusalCode::UnknownUnit, RefusalCode::Stale])
            .example_param("id", examples::INSPECTOR)
            .example_body(json!({ "active": false })),
    ];
    all.into_iter().map(|endpoint| endpoint.tag(TAG)).collect()
}

/// 筛选条件
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct InspectorQuery {
    /// 单位编码
    unit_code: Option<Line<64>>,
    /// 是否在用
    active: Option<bool>,
}

/// 检查人员
#[derive(Debug, Serialize, ToSchema)]
struct InspectorShown {
    /// 编号
    id: InspectorId,
    /// 姓名
    name: String,
    /// 单位编号
    unit_id: UnitId,
    /// 单位编码
    unit_code: String,
    /// 单位名称
    unit_name: String,
    /// 邮箱
    email: String,
    /// 是否在用；停用的不再抽取
    active: bool,
    /// 何时加入名录
    since_at: DateTime<Utc>,
}

impl From<InspectorRow> for InspectorShown {
    fn from(row: InspectorRow) -> Self {
        let one = row.inspector;
        Self {
            id: one.id,
            name: one.name,
            unit_id: one.unit_id,
            unit_code: row.unit.code,
            unit_name: row.unit.name,
            email: one.email,
            active: one.active,
            since_at: one.since_at,
        }
    }
}

/// 要登记的检查人员
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct InspectorToKeep {
    /// 姓名
    name: Line<60>,
    /// 单位编码
    unit_code: Line<64>,
    /// 邮箱，不分大小写；同一邮箱为同一人
    email: EmailText,
    /// 是否在用；不填的，新加入的在用，已有的不变
    active: Option<bool>,
}

/// 要登记的一批检查人员
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct InspectorsToKeep {
    /// 1 至 500 名
    #[schema(min_items = 1, max_items = 500)]
    inspectors: Vec<InspectorToKeep>,
}

impl Check for InspectorsToKeep {
    fn check(&self, errors: &mut FieldErrors) {
        if !(1..=MOST_KEPT).contains(&self.inspectors.len()) {
            let message = format!("一批应有 1 至 {MOST_KEPT} 名检查人员");
            errors.add("inspectors", FieldCode::OutOfRange, message);
        }
    }
}

/// 登记的结果
#[derive(Debug, Serialize, ToSchema)]
struct InspectorsKept {
    /// 新加入的人数
    added: usize,
    /// 有更正的人数
    changed: usize,
    /// 这一批检查人员，按邮箱排列
    items: Vec<InspectorShown>,
}

/// 对检查人员的修改；没有给出的保持不变
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
struct InspectorPatch {
    /// 姓名
    name: Option<Line<60>>,
    /// 单位编码
    unit_code: Option<Line<64>>,
    /// 是否在用
    active: Option<bool>,
}

impl Check for InspectorPatch {}

async fn list(
    call: Call<List<InspectorQuery, ById>>,
) -> Result<Reply<Page<InspectorShown>>, Problem> {
    let query = &call.query;
    let filter = InspectorFilter {
        unit_code: query.filter.unit_code.as_deref().map(str::to_owned),
        active: query.filter.active,
    };
    let reach = call.viewer.reach(Action::ReadInspectors);
    let page = lists::list(&call.ctx.db, &filter, &reach, &query.wanted()).await?;
    let items = page.rows.into_iter().map(InspectorShown::from).collect();
    Ok(Reply::ok(query.shown(items, page.next)))
}

async fn get(call: Call) -> Result<Reply<InspectorShown>, Problem> {
    shown(&call, call.id("id")?).await
}

async fn keep(call: Call<NoQuery, InspectorsToKeep>) -> Result<Reply<InspectorsKept>, Problem> {
    let given = call.body.inspectors.iter();
    let wanted = given.map(|one| InspectorWanted {
        name: one.name.to_string(),
        unit_code: one.unit_code.to_string(),
        email: one.email.0.clone(),
        active: one.active,
    });
    let kept = keep_inspectors(&call.ctx, wanted.collect()).await?;
    let rows = lists::with_ids(&call.ctx.db, &kept.ids).await?;
    Ok(Reply::ok(InspectorsKept {
        added: kept.added,
        changed: kept.changed,
        items: rows.into_iter().map(InspectorShown::from).collect(),
    }))
}

async fn change(call: Call<NoQuery, InspectorPatch>) -> Result<Reply<InspectorShown>, Problem> {
    let id = call.id("id")?;
    let patch = &call.body;
    let change = InspectorChange {
        name: patch.name.as_deref().map(str::to_owned),
        unit_code: patch.unit_code.as_deref().map(str::to_owned),
        active: patch.active,
    };
    change_inspector(&call.ctx, id, change, call.seen.change_no()).await?;
    shown(&call, id).await
}

async fn shown<Q, B>(call: &Call<Q, B>, id: InspectorId) -> Result<Reply<InspectorShown>, Problem> {
    let row = lists::with_ids(&call.ctx.db, &[id]).await?.pop();
    Ok(Reply::ok(row.ok_or_else(Problem::not_found)?.into()))
}
