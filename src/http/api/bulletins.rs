//! `/bulletins`: bulletins 通报, drafted from a frozen snapshot, edited, approved, published, corrected. Their files are in
//! `bulletin_files`.

use super::bulletin_json::{Bulletin, BulletinDetail, BulletinTexts, detail, listed};
use super::examples;
use super::score_objections::not_empty;
use crate::domain::access::Action;
use crate::domain::bulletin::BulletinState;
use crate::domain::ids::{BulletinId, PlanId, RoundId};
use crate::flow::RefusalCode;
use crate::flow::bulletin_told::{bulletin_told, told};
use crate::flow::decide_bulletins::{
    BulletinChange, approve_bulletin, discard_bulletin, edit_bulletin, return_bulletin,
};
use crate::flow::draft_bulletin::{CorrectionWanted, correct_bulletin, draft_bulletin};
use crate::flow::publish_bulletin::publish_bulletin;
use crate::http::kernel::{
    Call, Check, Day, Endpoint, FieldCode, FieldErrors, Line, List, NoQuery, Page, Problem, Prose,
    Reply, Tag,
};
use crate::storage::bulletins::StoredBulletin;
use crate::storage::lists::bulletins::{self as lists, BulletinFilter};
use actix_web::http::StatusCode;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

pub(super) const TAG: Tag = Tag {
    name: "bulletins",
    says: "通报：由冻结的数据快照起草，修改、审定、印发，只能用新的一版更正",
};

/// Paragraphs of a text that has several.
const MOST_POINTS: usize = 20;
/// Names of those who get it.
const MOST_NAMES: usize = 50;

/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    let mut all = reading();
    all.extend(drafting());
    all.extend(deciding());
    all.into_iter().map(|endpoint| endpoint.tag(TAG)).collect()
}

fn reading() -> Vec<Endpoint> {
    let read = Action::ReadBulletins;
    vec![
        Endpoint::get("/bulletins", "list_bulletins", read, list)
            .says(
                "通报列表",
                "List bulletins",
                "默认先起草的在前。单位的角色只看到已印发的。",
            )
            .example_query("state=published"),
        Endpoint::get("/bulletins/{id}", "get_bulletin", read, get)
            .refuses(&[RefusalCode::SnapshotDamaged])
            .says(
                "查看通报",
                "Get a bulletin",
                "含文字和主要数字；数字全部来自起草时冻结的数据快照，以后填报、修改都不影响。",
            )
            .example_param("id", examples::BULLETIN),
        Endpoint::get(
            "/bulletins/{id}/text",
            "get_bulletin_text",
            Action::ReadBulletinDrafts,
            text,
        )
        .says(
            "通报的文字",
            "Texts of a bulletin",
            "由人修改的部分；修改时把读到的 ETag 放在 If-Match 中。",
        )
        .example_param("id", examples::BULLETIN_DRAFT),
    ]
}

fn drafting() -> Vec<Endpoint> {
    use RefusalCode::{
        BulletinPending, NotFound, OutOfOrder, PlanNotIssued, SnapshotDamaged, Stale, WrongDay,
    };
    let write = Action::WriteBulletins;
    vec![
        Endpoint::post("/bulletins", "draft_bulletin", write, draft)
            .says(
                "起草通报",
                "Draft a bulletin",
                "冻结方案在某一天结束时的情况，不写日期的为今天。每季一通报等周期到期时自动起草，不用这个接口；其草稿作废之后，用这个接口按同一天重新起草。",
            )
            .refuses(&[NotFound, PlanNotIssued, WrongDay, BulletinPending])
            .example_body(json!({ "plan_id": examples::PLAN, "as_of": null })),
        Endpoint::patch("/bulletins/{id}/text", "edit_bulletin", write, edit)
            .says(
                "修改通报的文字",
                "Edit a bulletin's texts",
                "只有草稿可以修改；数字不能修改。不写的不变。",
            )
            .refuses(&[Stale, OutOfOrder])
            .example_param("id", examples::BULLETIN_DRAFT)
            .example_body(json!({
                "good_practices": ["东区第一小学建立隐患台账，逐项明确责任人。"],
                "demands": ["抓紧整改。对照问题清单逐项落实。", "按时报送。"],
            })),
        Endpoint::post("/bulletins/{id}/discard", "discard_bulletin", write, discard)
            .says(
                "作废草稿",
                "Discard a draft",
                "只有草稿可以作废，写明理由；作废的仍保留。之后可以按同一天重新起草：由周期起草的，仍算该次督办的通报。",
            )
            .refuses(&[OutOfOrder, SnapshotDamaged])
            .answers(&[StatusCode::OK])
            .example_param("id", examples::BULLETIN_TO_DISCARD)
            .example_body(json!({ "reason": "数据填报不全，下周重新起草" })),
        Endpoint::post(
            "/bulletins/{id}/corrections",
            "correct_bulletin",
            write,
            correct,
        )
        .says(
            "更正通报",
            "Correct a published bulletin",
            "起草下一版：期号不变，注明更正，原来的一版保留。fresh_numbers 为 true 的，按同一天重新冻结数据。",
        )
        .refuses(&[OutOfOrder, SnapshotDamaged])
        .example_param("id", examples::BULLETIN)
        .example_body(json!({ "note": "东区第一小学的数据有误", "fresh_numbers": true })),
    ]
}

fn deciding() -> Vec<Endpoint> {
    use RefusalCode::{OutOfOrder, SnapshotDamaged, Stale, Taken, Unprintable};
    let approve = Action::ApproveBulletins;
    vec![
        Endpoint::post("/bulletins/{id}/approval", "approve_bulletin", approve, approval)
            .says(
                "审定通报",
                "Approve a bulletin",
                "审定后文字不能再改。text_sha256 写明看过的是哪一稿：之后又有修改的，不予审定。",
            )
            .refuses(&[OutOfOrder, Stale, SnapshotDamaged])
            .answers(&[StatusCode::OK])
            .example_param("id", examples::BULLETIN_TO_APPROVE)
            .example_body(json!({ "text_sha256": null })),
        Endpoint::post("/bulletins/{id}/return", "return_bulletin", approve, send_back)
            .says(
                "退回修改",
                "Send an approved bulletin back",
                "已审定、尚未印发的退回为草稿，写明理由。",
            )
            .refuses(&[OutOfOrder, SnapshotDamaged])
            .answers(&[StatusCode::OK])
            .example_param("id", examples::BULLETIN_TO_RETURN)
            .example_body(json!({ "reason": "请补充主要做法" })),
        Endpoint::post(
            "/bulletins/{id}/publication",
            "publish_bulletin",
            Action::WriteBulletins,
            publish,
        )
        .says(
            "印发通报",
            "Publish a bulletin",
            "须先审定。取得期号，生成 Word 和 Excel，给所有有关单位各发一封邮件（同一邮箱只发一封），在一个事务中完成。",
        )
        .refuses(&[OutOfOrder, Taken, Unprintable, SnapshotDamaged])
        .answers(&[StatusCode::OK])
        .example_param("id", examples::BULLETIN_APPROVED),
    ]
}

/// 筛选
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct BulletinQuery {
    /// 方案
    plan_id: Option<PlanId>,
    /// 由哪一次督办起草
    round_id: Option<RoundId>,
    /// 状态
    state: Option<BulletinState>,
    /// 期号所在年份
    #[schema(maximum = 65535)]
    issue_year: Option<u16>,
}

async fn list(call: Call<List<BulletinQuery>>) -> Result<Reply<Page<Bulletin>>, Problem> {
    let query = &call.query.filter;
    let filter = BulletinFilter {
        plan_id: query.plan_id,
        round_id: query.round_id,
        state: query.state,
        issue_year: query.issue_year.map(i32::from),
    };
    let drafts = call.viewer.reach(Action::ReadBulletinDrafts);
    let page = lists::list(&call.ctx.db, &filter, &drafts, &call.query.wanted()).await?;
    let items = listed(&call.ctx.db, page.rows).await?;
    Ok(Reply::ok(call.query.shown(items, page.next)))
}

/// The bulletin in the path, where the caller meets it.
pub(super) async fn met<Q, B>(call: &Call<Q, B>) -> Result<StoredBulletin, Problem> {
    let id: BulletinId = call.id("id")?;
    let db = &call.ctx.db;
    let drafts = call.viewer.reach(Action::ReadBulletinDrafts);
    if let Some(met) = lists::one(db, id, &drafts).await? {
        return Ok(met);
    }
    match lists::exists(db, id).await? {
        true => Err(Problem::hidden(format!("bulletin {id}"))),
        false => Err(Problem::not_found()),
    }
}

async fn get(call: Call) -> Result<Reply<BulletinDetail>, Problem> {
    let met = told(&call.ctx, met(&call).await?).await?;
    Ok(Reply::ok(detail(&call.ctx.db, met).await?))
}

async fn text(call: Call) -> Result<Reply<BulletinTexts>, Problem> {
    Ok(Reply::ok(met(&call).await?.text.into()))
}

async fn shown<Q, B>(call: &Call<Q, B>, id: BulletinId) -> Result<BulletinDetail, Problem> {
    let told = bulletin_told(&call.ctx, id).await?;
    detail(&call.ctx.db, told).await
}

/// 要起草的通报
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct BulletinToDraft {
    /// 方案
    plan_id: PlanId,
    /// 数据截至哪一天，不写的为今天
    as_of: Option<Day>,
}

impl Check for BulletinToDraft {}

async fn draft(call: Call<NoQuery, BulletinToDraft>) -> Result<Reply<BulletinDetail>, Problem> {
    let as_of = call.body.as_of.map(|day| day.0);
    let id = draft_bulletin(&call.ctx, call.body.plan_id, as_of).await?;
    let made = shown(&call, id).await?;
    Ok(Reply::created(made, &format!("/bulletins/{id}")))
}

/// 要修改的文字：不写的不变
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct BulletinToEdit {
    /// 开头
    opening: Option<Prose<2000>>,
    /// 主要做法，至多 20 段
    #[schema(max_items = 20)]
    good_practices: Option<Vec<Line<1000>>>,
    /// 下一步要求，至多 20 条，不写“一是”“二是”
    #[schema(max_items = 20)]
    demands: Option<Vec<Line<1000>>>,
    /// 主送，至多 50 个
    #[schema(max_items = 50)]
    recipients: Option<Vec<Line<60>>>,
    /// 抄送，至多 50 个
    #[schema(max_items = 50)]
    copies: Option<Vec<Line<60>>>,
}

impl Check for BulletinToEdit {
    fn check(&self, errors: &mut FieldErrors) {
        let mut most = |field: &str, count: usize, most: usize| {
            if count > most {
                errors.add(
                    field,
                    FieldCode::OutOfRange,
                    format!("最多 {most} 项，请合并"),
                );
            }
        };
        let count = |lines: &Option<Vec<Line<1000>>>| lines.as_ref().map_or(0, Vec::len);
        most("good_practices", count(&self.good_practices), MOST_POINTS);
        most("demands", count(&self.demands), MOST_POINTS);
        let count = |names: &Option<Vec<Line<60>>>| names.as_ref().map_or(0, Vec::len);
        most("recipients", count(&self.recipients), MOST_NAMES);
        most("copies", count(&self.copies), MOST_NAMES);
    }
}

fn texts<const MAX: usize>(lines: &Option<Vec<Line<MAX>>>) -> Option<Vec<String>> {
    let lines = lines.as_ref()?;
    Some(lines.iter().map(|line| line.to_string()).collect())
}

async fn edit(call: Call<NoQuery, BulletinToEdit>) -> Result<Reply<BulletinTexts>, Problem> {
    let id = call.id("id")?;
    let body = &call.body;
    let change = BulletinChange {
        opening: body.opening.as_deref().map(str::to_owned),
        good_practices: texts(&body.good_practices),
        demands: texts(&body.demands),
        recipients: texts(&body.recipients),
        copies: texts(&body.copies),
    };
    edit_bulletin(&call.ctx, id, change, call.seen.change_no()).await?;
    Ok(Reply::ok(met(&call).await?.text.into()))
}

/// 审定
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct BulletinApproval {
    /// 看过的文字的 SHA-256，即查看通报时的 text_sha256；可以不写
    text_sha256: Option<Line<64>>,
}

impl Check for BulletinApproval {}

async fn approval(call: Call<NoQuery, BulletinApproval>) -> Result<Reply<BulletinDetail>, Problem> {
    let id = call.id("id")?;
    approve_bulletin(&call.ctx, id, call.body.text_sha256.as_deref()).await?;
    Ok(Reply::ok(shown(&call, id).await?))
}

/// 退回修改
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct BulletinReturn {
    /// 理由
    reason: Line<500>,
}

impl Check for BulletinReturn {}

async fn send_back(call: Call<NoQuery, BulletinReturn>) -> Result<Reply<BulletinDetail>, Problem> {
    let id = call.id("id")?;
    return_bulletin(&call.ctx, id, call.body.reason.to_string()).await?;
    Ok(Reply::ok(shown(&call, id).await?))
}

/// 作废草稿
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct BulletinDiscard {
    /// 理由
    reason: Line<500>,
}

impl Check for BulletinDiscard {
    fn check(&self, errors: &mut FieldErrors) {
        not_empty("reason", &self.reason, errors);
    }
}

async fn discard(call: Call<NoQuery, BulletinDiscard>) -> Result<Reply<BulletinDetail>, Problem> {
    let id = call.id("id")?;
    discard_bulletin(&call.ctx, id, call.body.reason.to_string()).await?;
    Ok(Reply::ok(shown(&call, id).await?))
}

async fn publish(call: Call) -> Result<Reply<BulletinDetail>, Problem> {
    let id = call.id("id")?;
    publish_bulletin(&call.ctx, id).await?;
    Ok(Reply::ok(shown(&call, id).await?))
}

/// 更正
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct BulletinCorrection {
    /// 更正说明，印在通报里
    note: Line<500>,
    /// 是否按同一天重新冻结数据；不写的沿用原来的数据
    #[serde(default)]
    fresh_numbers: bool,
}

impl Check for BulletinCorrection {}

async fn correct(
    call: Call<NoQuery, BulletinCorrection>,
) -> Result<Reply<BulletinDetail>, Problem> {
    let wanted = CorrectionWanted {
        note: call.body.note.to_string(),
        fresh_numbers: call.body.fresh_numbers,
    };
    let id = correct_bulletin(&call.ctx, call.id("id")?, wanted).await?;
    let made = shown(&call, id).await?;
    Ok(Reply::created(made, &format!("/bulletins/{id}")))
}
