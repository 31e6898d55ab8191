//! `/rounds/{id}/draw`: the draw of a spot-check, with its replay, and confirming it.

use super::examples;
use super::rounds::{RoundDetail, TAG, detail};
use crate::domain::access::Action;
use crate::domain::ids::RoundId;
use crate::domain::inspector_draw::InspectorDraw;
use crate::flow::RefusalCode;
use crate::flow::confirm_draw::confirm_draw;
use crate::flow::verify_draw::verify_draw;
use crate::http::kernel::{Call, Check, Endpoint, Line, NoQuery, Problem, Reply};
use actix_web::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

/// 抽签的一层
#[derive(Debug, Serialize, ToSchema)]
pub struct DrawStratum {
    /// 名称
    pub name: String,
    /// 单位数
    pub population: usize,
    /// 应抽数
    pub quota: usize,
    /// 近三次抽过而排除的单位数
    pub left_out: usize,
    /// 为抽足而重新纳入的单位数
    pub relaxed: usize,
}

/// 抽中的单位
#[derive(Debug, Serialize, ToSchema)]
pub struct DrawPick {
    /// 单位代码
    pub unit_code: String,
    /// 所在的层
    pub stratum: String,
    /// 抽查的任务序号
    pub task_numbers: Vec<String>,
}

/// 一次抽签及其复核
#[derive(Debug, Serialize, ToSchema)]
pub struct RoundDraw {
    /// 督办编号
    pub round_id: RoundId,
    /// 抽签前公布的承诺值（种子的 SHA-256）
    pub commitment: String,
    /// 种子
    pub seed: String,
    /// 种子是否与承诺值相符
    pub commitment_holds: bool,
    /// 用种子重抽的结果是否与记录相符
    pub result_holds: bool,
    /// 每层抽取的百分比
    pub percent: u32,
    /// 每个单位最多抽查的任务数
    pub tasks_per_unit: usize,
    /// 各层
    pub strata: Vec<DrawStratum>,
    /// 重抽抽中的单位
    pub picks: Vec<DrawPick>,
    /// 每个单位抽几名检查人员；较早的抽签没有抽检查人员，为空
    #[schema(required)]
    pub inspectors_per_unit: Option<usize>,
    /// 抽中的检查人员，按单位
    pub teams: Vec<DrawTeam>,
}

/// 检查一个单位的人员
#[derive(Debug, Serialize, ToSchema)]
pub struct DrawTeam {
    /// 被检查单位的代码
    pub unit_code: String,
    /// 抽中的检查人员
    pub inspectors: Vec<DrawInspector>,
    /// 因回避或人员不足少抽的名额
    pub missing: usize,
}

/// 抽中的检查人员
#[derive(Debug, Serialize, ToSchema)]
pub struct DrawInspector {
    /// 姓名
    pub name: String,
    /// 抽签时所在单位的代码
    pub unit_code: String,
    /// 邮箱
    pub address: String,
}

/// 对抽签的确认
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct DrawToConfirm {
    /// 理由；要求当日填报或超出填报次数上限时必填
    reason: Option<Line<200>>,
}

impl Check for DrawToConfirm {}

/// The endpoints of this resource.
pub fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::get("/rounds/{id}/draw", "get_draw", Action::ReadDraws, draw)
            .tag(TAG)
            .says(
                "查看并复核抽签",
                "Get and verify a draw",
                "用记录的种子和名单重抽一遍，并核对事先公布的承诺值。",
            )
            .refuses(&[RefusalCode::NoDraw])
            .example_param("id", examples::ROUND),
        Endpoint::post(
            "/rounds/{id}/draw/confirm",
            "confirm_draw",
            Action::WriteRounds,
            confirm,
        )
        .tag(TAG)
        .says(
            "确认抽签",
            "Confirm a draw",
            "抽查周期设为 confirm=manual 的，抽签之后待人确认；确认之前不要求任何单位填报，也不通知检查人员。填报和登记的期限从确认之日算起。",
        )
        .answers(&[StatusCode::OK])
        .refuses(&[
            RefusalCode::NoDraw,
            RefusalCode::OutOfOrder,
            RefusalCode::RoundClosed,
            RefusalCode::ReasonNeeded,
            RefusalCode::WrongPeriod,
        ])
        .example_param("id", examples::PROPOSED_ROUND)
        .example_body(json!({ "reason": "专项检查" })),
    ]
}

async fn confirm(call: Call<NoQuery, DrawToConfirm>) -> Result<Reply<RoundDetail>, Problem> {
    let id = call.id("id")?;
    let reason = call.body.reason.as_deref();
    confirm_draw(&call.ctx, &call.viewer.address, id, reason).await?;
    Ok(Reply::ok(detail(&call, id).await?))
}

async fn draw(call: Call) -> Result<Reply<RoundDraw>, Problem> {
    let id = call.id("id")?;
    let verified = verify_draw(&call.ctx, id).await?;
    let strata = verified.result.strata.into_iter();
    let picks = verified.result.picks.into_iter();
    Ok(Reply::ok(RoundDraw {
        round_id: id,
        commitment: verified.commitment,
        seed: verified.seed,
        commitment_holds: verified.commitment_holds,
        result_holds: verified.result_holds,
        percent: verified.quota.percent,
        tasks_per_unit: verified.quota.tasks_per_unit,
        strata: strata
            .map(|stratum| DrawStratum {
                name: stratum.name,
                population: stratum.population,
                quota: stratum.quota,
                left_out: stratum.left_out,
                relaxed: stratum.relaxed,
            })
            .collect(),
        inspectors_per_unit: verified.inspectors.as_ref().map(|teams| teams.per_unit),
        teams: teams(verified.inspectors.as_ref()),
        picks: picks
            .map(|pick| DrawPick {
                unit_code: pick.unit_code,
                stratum: pick.stratum,
                task_numbers: pick.task_numbers,
            })
            .collect(),
    }))
}

/// Who inspects which unit, by name.
fn teams(drawn: Option<&InspectorDraw>) -> Vec<DrawTeam> {
    let Some(drawn) = drawn else {
        return Vec::new();
    };
    let named = |address: &String| {
        let known = drawn.pool.iter().find(|one| one.address == *address);
        DrawInspector {
            name: known.map(|one| one.name.clone()).unwrap_or_default(),
            unit_code: known.map(|one| one.unit_code.clone()).unwrap_or_default(),
            address: address.clone(),
        }
    };
    let teams = drawn.teams.iter().map(|team| DrawTeam {
        unit_code: team.unit_code.clone(),
        inspectors: team.inspectors.iter().map(named).collect(),
        missing: team.missing,
    });
    teams.collect()
}
