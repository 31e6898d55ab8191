//! `/units/{id}/calendar-feed`: the address at which a calendar program reads a unit's due days without an account. It is
//! told once, when it is made.

use super::examples;
use super::units::existing;
use crate::domain::access::Action;
use crate::domain::ids::UnitId;
use crate::flow::keep_calendar_feeds::{make_feed, revoke_feed};
use crate::flow::refusal::RefusalCode;
use crate::http::kernel::{Call, Endpoint, Nothing, Problem, Reply, Tag};
use crate::storage::calendar_feeds::{self, StoredFeed};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

const TAG: Tag = Tag {
    name: "calendar_feeds",
    says: "日历订阅",
};

const PATH: &str = "/units/{id}/calendar-feed";

/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    use RefusalCode::{NotFound, Stale};
    let all = [
        Endpoint::get(PATH, "read_calendar_feed", Action::ReadCalendarFeeds, read_feed)
            .says("读取单位的日历订阅", "Read the calendar feed of a unit", "只说明有没有、何时生成。订阅地址不保存，无从查看；没有收到或忘记的，请重新生成。")
            .example_param("id", examples::UNIT),
        Endpoint::post(PATH, "make_calendar_feed", Action::WriteCalendarFeeds, post_feed)
            .says("生成单位的日历订阅", "Make the calendar feed of a unit", "订阅地址只在答复的 url 中出现这一次，知道地址的人不需账号即可读取本单位的应报事项，请勿转发。日历中有待报的、近 60 天内办结的事项，以及一年内将要求本单位填报的调度和监测，暂定的注明“暂定”；抽查事先不公布，不在其中。再次生成的，原地址即刻失效。用同一 Idempotency-Key 重复提交时不会另行生成，但 url 为 null。")
            .refuses(&[NotFound])
            .example_param("id", examples::UNIT),
        Endpoint::delete(PATH, "revoke_calendar_feed", Action::WriteCalendarFeeds, delete_feed)
            .says("收回单位的日历订阅", "Revoke the calendar feed of a unit", "从下一个请求起，原地址答 404。没有订阅的，没有变化。")
            .refuses(&[NotFound, Stale])
            .example_param("id", examples::UNIT),
    ];
    all.into_iter().map(|endpoint| endpoint.tag(TAG)).collect()
}

/// 单位的日历订阅
#[derive(Debug, Serialize, ToSchema)]
struct FeedShown {
    /// 单位
    unit_id: UnitId,
    /// 何时生成；没有订阅的为 null
    #[schema(required)]
    made_at: Option<DateTime<Utc>>,
    /// 谁生成的；没有订阅的为 null
    #[schema(required)]
    made_by: Option<String>,
}

/// 新的日历订阅
#[derive(Debug, Serialize, ToSchema)]
struct FeedMadeShown {
    /// 订阅的资料
    #[serde(flatten)]
    feed: FeedShown,
    /// 订阅地址，只出现这一次；重复提交的答复中为 null
    #[schema(required)]
    url: Option<String>,
}

fn shown(unit_id: UnitId, feed: Option<StoredFeed>) -> FeedShown {
    let (made_at, made_by) = feed.map(|feed| (feed.made_at, feed.made_by)).unzip();
    FeedShown {
        unit_id,
        made_at,
        made_by,
    }
}

/// The unit in the path, if the caller meets it under an action.
async fn met(call: &Call, action: Action) -> Result<UnitId, Problem> {
    let id = existing(&call.ctx, call.id("id")?).await?;
    match call.viewer.reach(action).covers(id) {
        true => Ok(id),
        false => Err(Problem::hidden(format!("calendar feed of unit {id}"))),
    }
}

async fn read_feed(call: Call) -> Result<Reply<FeedShown>, Problem> {
    let unit = met(&call, Action::ReadCalendarFeeds).await?;
    let feed = calendar_feeds::of_unit(&call.ctx.db, unit).await?;
    Ok(Reply::ok(shown(unit, feed)))
}

async fn post_feed(call: Call) -> Result<Reply<FeedMadeShown>, Problem> {
    let unit = met(&call, Action::WriteCalendarFeeds).await?;
    let made = make_feed(&call.ctx, unit).await?;
    let told = |url| FeedMadeShown {
        feed: shown(unit, Some(made.feed.clone())),
        url,
    };
    let path = format!("/units/{unit}/calendar-feed");
    Ok(Reply::created(told(Some(made.url.clone())), &path).told_again_as(told(None)))
}

async fn delete_feed(call: Call) -> Result<Reply<Nothing>, Problem> {
    let unit = met(&call, Action::WriteCalendarFeeds).await?;
    revoke_feed(&call.ctx, unit, call.seen.change_no()).await?;
    Ok(Reply::no_content())
}
