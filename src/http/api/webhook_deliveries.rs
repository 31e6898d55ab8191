//! What webhooks were told, try by try, and sending it again.

use super::examples;
use super::webhooks::TAG;
use crate::domain::access::Action;
use crate::domain::ids::{WebhookDeliveryId, WebhookId};
use crate::domain::webhook::{DeliveryState, DeliveryTrouble, EventType};
use crate::flow::refusal::RefusalCode;
use crate::flow::send_delivery_again::send_delivery_again;
use crate::http::kernel::{Call, Direction, Endpoint, List, Page, Problem, Reply, SortKey};
use crate::storage::lists::webhooks::{self as lists, DeliveryFilter, DeliverySort};
use crate::storage::webhook_deliveries::{self, Attempt, StoredDelivery};
use actix_web::http::StatusCode;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    use RefusalCode::{NotFound, OutOfOrder};
    let (read, write) = (Action::ReadWebhooks, Action::WriteWebhooks);
    let all = [
        Endpoint::get("/webhook-deliveries", "list_webhook_deliveries", read, list)
            .says(
                "推送记录",
                "List the deliveries of webhooks",
                "默认新的在前，不含推送的内容。已送达的、未送达的保留 30 天。",
            )
            .example_query("state=failed&event=obligation.overdue"),
        Endpoint::get(
            "/webhook-deliveries/{id}",
            "read_webhook_delivery",
            read,
            get,
        )
        .says(
            "读取一条推送",
            "Read a delivery of a webhook",
            "含推送的内容和每次尝试的时间、状态、用时和出错原因。",
        )
        .example_param("id", examples::WEBHOOK_DELIVERY),
        Endpoint::post(
            "/webhook-deliveries/{id}/send-again",
            "send_webhook_delivery_again",
            write,
            again,
        )
        .says(
            "再次推送",
            "Send a delivery of a webhook again",
            "用于未送达的，或对方丢失了的：重新排队，webhook-id 不变，重试从头计起。",
        )
        .answers(&[StatusCode::ACCEPTED])
        .refuses(&[NotFound, OutOfOrder])
        .example_param("id", examples::WEBHOOK_DELIVERY),
    ];
    all.into_iter().map(|endpoint| endpoint.tag(TAG)).collect()
}

/// 筛选条件
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct DeliveryQuery {
    /// 哪个事件推送
    webhook_id: Option<WebhookId>,
    /// 状态
    state: Option<DeliveryState>,
    /// 事件的类型
    event: Option<EventType>,
}

impl SortKey for DeliverySort {
    const ALL: &'static [Self] = &[Self::MadeAt];
    const USUAL: Direction = Direction::Descending;

    fn as_str(self) -> &'static str {
        match self {
            Self::MadeAt => "made_at",
        }
    }
}

/// 一次尝试
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AttemptShown {
    /// 何时
    at: DateTime<Utc>,
    /// 对方答复的 HTTP 状态；没有答复的为 null
    #[schema(required)]
    status: Option<u16>,
    /// 用时（毫秒）
    duration_ms: u64,
    /// 出错的原因代码；送达的为 null
    #[schema(required)]
    trouble: Option<DeliveryTrouble>,
    /// 出错的细节
    #[schema(required)]
    detail: Option<String>,
}

impl From<Attempt> for AttemptShown {
    fn from(attempt: Attempt) -> Self {
        Self {
            at: attempt.at,
            status: attempt.status,
            duration_ms: attempt.duration_ms,
            trouble: attempt.trouble,
            detail: attempt.detail,
        }
    }
}

/// 一条推送
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Delivery {
    /// 编号；标准格式的 webhook-id 是 msg_ 加上去掉连字符的它
    id: WebhookDeliveryId,
    /// 哪个事件推送
    webhook_id: WebhookId,
    /// 事件的类型
    event: EventType,
    /// 状态：waiting 待发送，delivered 已送达，failed 未送达
    state: DeliveryState,
    /// 最近一次未送达的原因代码；没有的为 null
    #[schema(required)]
    trouble: Option<DeliveryTrouble>,
    /// 自排队以来尝试的次数
    tries: u32,
    /// 事件发生的时间
    made_at: DateTime<Utc>,
    /// 不早于此时重试
    #[schema(required)]
    retry_at: Option<DateTime<Utc>>,
    /// 送达或放弃的时间
    #[schema(required)]
    settled_at: Option<DateTime<Utc>>,
    /// 最近 30 次尝试，新的在后
    attempts: Vec<AttemptShown>,
}

pub(super) fn delivery_shown(delivery: StoredDelivery) -> Delivery {
    let attempts = delivery.attempts.into_iter();
    Delivery {
        id: delivery.id,
        webhook_id: delivery.webhook_id,
        event: delivery.event_type,
        state: delivery.state,
        trouble: delivery.trouble,
        tries: delivery.tries,
        made_at: delivery.made_at,
        retry_at: delivery.retry_at,
        settled_at: delivery.settled_at,
        attempts: attempts.map(AttemptShown::from).collect(),
    }
}

/// 一条推送和它的内容
#[derive(Debug, Serialize, ToSchema)]
struct DeliveryDetail {
    /// 推送
    #[serde(flatten)]
    delivery: Delivery,
    /// 内容：type 类型，timestamp 时间，data 有关的编号、代码、名称和日期；群机器人收到的是据此写成的文字
    body: Value,
}

async fn list(
    call: Call<List<DeliveryQuery, DeliverySort>>,
) -> Result<Reply<Page<Delivery>>, Problem> {
    let query = &call.query;
    let filter = DeliveryFilter {
        webhook_id: query.filter.webhook_id,
        state: query.filter.state,
        event: query.filter.event,
    };
    let (sort, wanted) = (query.sort.key, query.wanted());
    let page = lists::deliveries(&call.ctx.db, &filter, sort, &wanted).await?;
    let items = page.rows.into_iter().map(delivery_shown).collect();
    Ok(Reply::ok(query.shown(items, page.next)))
}

async fn get(call: Call) -> Result<Reply<DeliveryDetail>, Problem> {
    let id = call.id("id")?;
    Ok(Reply::ok(detail(&call, id).await?))
}

async fn again(call: Call) -> Result<Reply<DeliveryDetail>, Problem> {
    let id = call.id("id")?;
    send_delivery_again(&call.ctx, id).await?;
    Ok(Reply::accepted(detail(&call, id).await?))
}

async fn detail(call: &Call, id: WebhookDeliveryId) -> Result<DeliveryDetail, Problem> {
    let found = webhook_deliveries::get(&call.ctx.db, id).await?;
    let found = found.ok_or_else(Problem::not_found)?;
    let body = serde_json::from_str(&found.body).unwrap_or(Value::Null);
    Ok(DeliveryDetail {
        delivery: delivery_shown(found),
        body,
    })
}
