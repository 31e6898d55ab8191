//! `/webhooks`: endpoints that are told of what happens here, programs and group robots.

use super::examples;
use super::given::given;
use super::webhook_deliveries::{Delivery, delivery_shown};
use crate::domain::access::Action;
use crate::domain::ids::WebhookId;
use crate::domain::webhook::{EventType, OffReason, WebhookKind};
use crate::domain::webhook_signature::SigningSecret;
use crate::flow::keep_webhooks::{
    WebhookChange, WebhookWanted, change_webhook, make_webhook, remove_webhook, renew_secret,
    shown_url,
};
use crate::flow::refusal::RefusalCode;
use crate::flow::test_webhook::test_webhook;
use crate::flow::{Ctx, FlowError};
use crate::http::kernel::{
    ById, Call, Check, Endpoint, FieldCode, FieldErrors, Line, List, NoQuery, Nothing, Page,
    Problem, Reply, Tag,
};
use crate::storage::lists::webhooks as lists;
use crate::storage::webhook_deliveries;
use crate::storage::webhooks::{self, HiddenUrl, StoredWebhook};
use actix_web::http::StatusCode;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

pub(super) const TAG: Tag = Tag {
    name: "webhooks",
    says: "事件推送：任务下发、单位填报、退回、逾期和通报印发时，告知其他系统或群机器人",
};

/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    let all = [reading(), writing(), trying()].into_iter().flatten();
    all.map(|endpoint| endpoint.tag(TAG)).collect()
}

fn reading() -> Vec<Endpoint> {
    let read = Action::ReadWebhooks;
    vec![
        Endpoint::get("/webhooks", "list_webhooks", read, list)
            .says(
                "事件推送列表",
                "List webhooks",
                "按建立的先后排列。地址中可能是密钥的部分以 *** 代替。",
            )
            .example_query("enabled=true"),
        Endpoint::get("/webhooks/{id}", "read_webhook", read, get)
            .says(
                "读取一个事件推送",
                "Read a webhook",
                "不含密钥。停用的，off_reason 说明原因。",
            )
            .example_param("id", examples::WEBHOOK),
    ]
}

fn writing() -> Vec<Endpoint> {
    use RefusalCode::{InvalidValue, NotFound, QuotaExceeded, Stale};
    let write = Action::WriteWebhooks;
    vec![
        Endpoint::post("/webhooks", "make_webhook", write, post)
            .says("建立事件推送", "Make a webhook", "从建立之时起，所选的事件与业务数据一并记下，随后送达；未送达的按 5 秒、5 分钟、30 分钟、2、5、10、14、20、24 小时的间隔重试。标准格式（standard）的请求按 Standard Webhooks 规范签名：webhook-id 每次重试都相同，可据以去重；签名密钥由系统生成，只在答复的 secret 中出现这一次。群机器人（wecom、dingtalk、feishu）在邮件发送时段内以文字消息告知，每分钟至多 20 条，同时待发的合为一条；钉钉、飞书开启“加签”的，请填写对方平台给出的密钥。网址须以 https:// 开头且不在内网，本局内部的主机须由系统管理员列入配置项 webhooks.intranet。")
            .refuses(&[InvalidValue, QuotaExceeded])
            .example_body(json!({
                "name": "局办公平台",
                "url": "https://oa.edu.example.org/duban/events",
                "kind": "standard",
                "events": ["task.issued", "report.made", "obligation.overdue"],
            })),
        Endpoint::patch("/webhooks/{id}", "change_webhook", write, patch)
            .says("修改事件推送", "Change a webhook", "没有给出的字段不变。停用（enabled 为 false）后不再记录和发送，尚未送达的不再发送；再启用的，从启用之时起告知。")
            .refuses(&[InvalidValue, NotFound, Stale])
            .example_param("id", examples::WEBHOOK)
            .example_body(json!({ "events": ["obligation.overdue"], "enabled": true })),
        Endpoint::delete("/webhooks/{id}", "delete_webhook", write, delete)
            .says("删除事件推送", "Delete a webhook", "连同它的推送记录一并删除，不可恢复。")
            .refuses(&[NotFound, Stale])
            .example_param("id", examples::WEBHOOK),
    ]
}

fn trying() -> Vec<Endpoint> {
    use RefusalCode::{NotFound, OutOfOrder};
    let write = Action::WriteWebhooks;
    vec![
        Endpoint::post("/webhooks/{id}/secret", "renew_webhook_secret", write, renew)
            .says("更换签名密钥", "Renew the secret of a webhook", "只用于标准格式。新密钥只在答复中出现这一次；24 小时内同时附有新旧两个密钥的签名，请在此期间换用。用同一 Idempotency-Key 重复提交时不再更换，但 secret 为 null。")
            .answers(&[StatusCode::OK])
            .refuses(&[NotFound, OutOfOrder])
            .example_param("id", examples::WEBHOOK),
        Endpoint::post("/webhooks/{id}/test", "test_webhook", write, test)
            .says("发送测试", "Send a test to a webhook", "排队一条类型为 webhook.test 的推送，数秒内发出（群机器人在邮件发送时段内）；请用答复中的编号查看结果。")
            .answers(&[StatusCode::ACCEPTED])
            .refuses(&[NotFound, OutOfOrder])
            .example_param("id", examples::WEBHOOK),
    ]
}

/// 筛选条件
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct WebhookQuery {
    /// true 只列启用的，false 只列停用的
    enabled: Option<bool>,
}

/// 事件推送
#[derive(Debug, Serialize, ToSchema)]
struct WebhookShown {
    /// 编号
    id: WebhookId,
    /// 名称
    name: String,
    /// 送达的网址；其中可能是密钥的部分以 *** 代替
    url: String,
    /// 格式：standard 标准格式，wecom 企业微信群机器人，dingtalk 钉钉群机器人，feishu 飞书群机器人
    kind: WebhookKind,
    /// 告知哪些事件：task.issued 任务下发，report.made 单位填报，assignment.returned 分工退回，obligation.overdue 事项逾期，
    /// bulletin.published 通报印发
    events: Vec<EventType>,
    /// 是否启用
    enabled: bool,
    /// 停用的原因：by_hand 人工停用，gone 接收方答复 410，failing 连续五日未能送达；启用的为 null
    #[schema(required)]
    off_reason: Option<OffReason>,
    /// 何时启用或停用
    since_at: DateTime<Utc>,
    /// 自何时起没有一条送达；最近一次送达的为 null
    #[schema(required)]
    failing_since_at: Option<DateTime<Utc>>,
    /// 是否有签名密钥
    has_secret: bool,
    /// 更换密钥后，旧密钥用到何时；没有更换过的为 null
    #[schema(required)]
    former_secret_until_at: Option<DateTime<Utc>>,
    /// 谁建立的
    made_by: String,
    /// 何时建立
    made_at: DateTime<Utc>,
}

fn shown(ctx: &Ctx, webhook: StoredWebhook) -> WebhookShown {
    WebhookShown {
        id: webhook.id,
        url: shown_url(ctx, &webhook),
        name: webhook.name,
        kind: webhook.kind,
        events: webhook.events,
        enabled: webhook.off.is_none(),
        off_reason: webhook.off,
        since_at: webhook.since_at,
        failing_since_at: webhook.failing_since_at,
        has_secret: webhook.secret.is_some(),
        former_secret_until_at: webhook.former.map(|(_, until)| until),
        made_by: webhook.made_by,
        made_at: webhook.made_at,
    }
}

/// 事件推送和它的新密钥
#[derive(Debug, Serialize, ToSchema)]
struct WebhookWithSecret {
    /// 事件推送
    #[serde(flatten)]
    webhook: WebhookShown,
    /// 签名密钥，只出现这一次，请妥善保存；群机器人的、重复提交的答复中为 null
    #[schema(required)]
    secret: Option<String>,
}

/// With the secret, where it is one of ours.
fn with_secret(ctx: &Ctx, webhook: &StoredWebhook) -> WebhookWithSecret {
    let secret = webhook.secret.as_ref();
    let secret = secret.filter(|_| webhook.kind == WebhookKind::Standard);
    WebhookWithSecret {
        secret: secret.map(|secret| secret.expose().to_owned()),
        webhook: shown(ctx, webhook.clone()),
    }
}

async fn list(call: Call<List<WebhookQuery, ById>>) -> Result<Reply<Page<WebhookShown>>, Problem> {
    let query = &call.query;
    let page = lists::list(&call.ctx.db, query.filter.enabled, &query.wanted()).await?;
    let items = page.rows.into_iter().map(|one| shown(&call.ctx, one));
    Ok(Reply::ok(query.shown(items.collect(), page.next)))
}

async fn get(call: Call) -> Result<Reply<WebhookShown>, Problem> {
    read(&call, call.id("id")?).await
}

async fn read<Q, B>(call: &Call<Q, B>, id: WebhookId) -> Result<Reply<WebhookShown>, Problem> {
    let found = webhooks::get(&call.ctx.db, id).await?;
    let found = found.ok_or_else(Problem::not_found)?;
    Ok(Reply::ok(shown(&call.ctx, found)))
}

/// 要建立的事件推送
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewWebhook {
    /// 名称，例如“局办公平台”
    name: Line<100>,
    /// 送达的网址，以 https:// 开头
    url: Line<2000>,
    /// 格式；不填为 standard
    kind: Option<WebhookKind>,
    /// 告知哪些事件，至少一种
    #[schema(min_items = 1, max_items = 5)]
    events: Vec<EventType>,
    /// 群机器人的加签密钥（钉钉、飞书）；标准格式的由系统生成，请不要填写
    secret: Option<Line<200>>,
}

fn check_events(events: &[EventType], errors: &mut FieldErrors) {
    if events.is_empty() || events.len() > EventType::ALL.len() {
        let message = "请选择 1 至 5 种事件".to_owned();
        errors.add("events", FieldCode::OutOfRange, message);
    }
}

impl Check for NewWebhook {
    fn check(&self, errors: &mut FieldErrors) {
        check_events(&self.events, errors);
    }
}

async fn post(call: Call<NoQuery, NewWebhook>) -> Result<Reply<WebhookWithSecret>, Problem> {
    let body = call.body;
    let wanted = WebhookWanted {
        name: body.name.into_string(),
        url: HiddenUrl(body.url.into_string()),
        kind: body.kind.unwrap_or(WebhookKind::Standard),
        events: body.events,
        secret: body
            .secret
            .map(|secret| SigningSecret::of_text(secret.into_string())),
    };
    let made = make_webhook(&call.ctx, wanted).await?;
    let path = format!("/webhooks/{}", made.id);
    let again = WebhookWithSecret {
        secret: None,
        webhook: shown(&call.ctx, made.clone()),
    };
    Ok(Reply::created(with_secret(&call.ctx, &made), &path).told_again_as(again))
}

/// 对事件推送的修改；没有给出的保持不变
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
struct WebhookPatch {
    /// 名称
    name: Option<Line<100>>,
    /// 送达的网址，以 https:// 开头
    url: Option<Line<2000>>,
    /// 告知哪些事件，至少一种
    #[schema(min_items = 1, max_items = 5)]
    events: Option<Vec<EventType>>,
    /// 是否启用
    enabled: Option<bool>,
    /// 群机器人的加签密钥（钉钉、飞书）；null 为不再加签
    #[serde(deserialize_with = "given")]
    secret: Option<Option<Line<200>>>,
}

impl Check for WebhookPatch {
    fn check(&self, errors: &mut FieldErrors) {
        if let Some(events) = &self.events {
            check_events(events, errors);
        }
    }
}

async fn patch(call: Call<NoQuery, WebhookPatch>) -> Result<Reply<WebhookShown>, Problem> {
    let id = call.id("id")?;
    let patch = &call.body;
    let secret = |text: &Line<200>| SigningSecret::of_text(text.to_string());
    let change = WebhookChange {
        name: patch.name.as_deref().map(str::to_owned),
        url: patch.url.as_deref().map(|url| HiddenUrl(url.to_owned())),
        events: patch.events.clone(),
        enabled: patch.enabled,
        secret: patch.secret.as_ref().map(|text| text.as_ref().map(secret)),
    };
    change_webhook(&call.ctx, id, change, call.seen.change_no()).await?;
    read(&call, id).await
}

async fn delete(call: Call) -> Result<Reply<Nothing>, Problem> {
    remove_webhook(&call.ctx, call.id("id")?, call.seen.change_no()).await?;
    Ok(Reply::no_content())
}

async fn renew(call: Call) -> Result<Reply<WebhookWithSecret>, Problem> {
    let renewed = renew_secret(&call.ctx, call.id("id")?).await?;
    let again = WebhookWithSecret {
        secret: None,
        webhook: shown(&call.ctx, renewed.clone()),
    };
    Ok(Reply::ok(with_secret(&call.ctx, &renewed)).told_again_as(again))
}

async fn test(call: Call) -> Result<Reply<Delivery>, Problem> {
    let queued = test_webhook(&call.ctx, call.id("id")?).await?;
    let queued = webhook_deliveries::get(&call.ctx.db, queued).await?;
    let queued = queued.ok_or_else(|| {
        // Whoever removed the webhook in between took the test along.
        Problem::from(FlowError::refused(
            RefusalCode::NotFound,
            "事件推送已被删除",
        ))
    })?;
    Ok(Reply::accepted(delivery_shown(queued)))
}
