//! `/walls`: links to the big screen 大屏, which shows the dashboard to whoever has one. A link's address is told once.

use super::examples;
use crate::domain::access::Action;
use crate::domain::ids::WallId;
use crate::flow::keep_walls::{LONGEST_WALL_DAYS, make_wall, revoke_wall};
use crate::flow::refusal::RefusalCode;
use crate::http::kernel::{
    Call, Check, Endpoint, FieldCode, FieldErrors, Line, List, NoQuery, Nothing, Page, Problem,
    Reply, Tag,
};
use crate::storage::lists::walls as lists;
use crate::storage::wall_links::{self, StoredWall};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

const TAG: Tag = Tag {
    name: "walls",
    says: "大屏",
};

/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    use RefusalCode::{InvalidValue, NotFound, Stale};
    let all = [
        Endpoint::get("/walls", "list_walls", Action::ReadWalls, list_walls)
            .says("大屏链接列表", "List wall links", "包括已收回和已过期的。链接地址不保存，无从查看；没有收到或忘记的，请收回后另行生成。")
            .example_query("revoked=false"),
        Endpoint::get("/walls/{id}", "read_wall", Action::ReadWalls, read_wall)
            .says("读取一个大屏链接", "Read a wall link", "不含链接地址。")
            .example_param("id", examples::WALL),
        Endpoint::post("/walls", "make_wall", Action::WriteWalls, post_wall)
            .says("生成大屏链接", "Make a wall link", "链接地址只在答复的 url 中出现这一次。知道地址的人不需账号即可看到全局的看板：任务和分工的红黄绿灯、进度、督办轮次、逾期；不含邮箱地址和邮件。用同一 Idempotency-Key 重复提交时不会另行生成，但 url 为 null。")
            .refuses(&[InvalidValue])
            .example_body(json!({ "name": "三楼会议室", "expires_in_days": 365 })),
        Endpoint::delete("/walls/{id}", "revoke_wall", Action::WriteWalls, delete_wall)
            .says("收回大屏链接", "Revoke a wall link", "从下一个请求起，原地址答 404。再收回一次没有变化。")
            .refuses(&[NotFound, Stale])
            .example_param("id", examples::WALL),
    ];
    all.into_iter().map(|endpoint| endpoint.tag(TAG)).collect()
}

/// 筛选条件
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct WallQuery {
    /// true 只列已收回的，false 只列没有收回的
    revoked: Option<bool>,
}

/// 大屏链接
#[derive(Debug, Serialize, ToSchema)]
struct WallShown {
    /// 编号
    id: WallId,
    /// 用途
    name: String,
    /// 谁生成的
    made_by: String,
    /// 何时生成
    made_at: DateTime<Utc>,
    /// 何时到期；没有期限的为 null
    #[schema(required)]
    expires_at: Option<DateTime<Utc>>,
    /// 何时收回；没有收回的为 null
    #[schema(required)]
    revoked_at: Option<DateTime<Utc>>,
}

/// 新的大屏链接
#[derive(Debug, Serialize, ToSchema)]
struct WallMadeShown {
    /// 链接的资料
    #[serde(flatten)]
    wall: WallShown,
    /// 链接地址，只出现这一次；重复提交的答复中为 null
    #[schema(required)]
    url: Option<String>,
}

fn shown(wall: StoredWall) -> WallShown {
    WallShown {
        id: wall.id,
        name: wall.name,
        made_by: wall.made_by,
        made_at: wall.made_at,
        expires_at: wall.expires_at,
        revoked_at: wall.revoked_at,
    }
}

async fn list_walls(call: Call<List<WallQuery>>) -> Result<Reply<Page<WallShown>>, Problem> {
    let revoked = call.query.filter.revoked;
    let paged = lists::list(&call.ctx.db, revoked, &call.query.wanted()).await?;
    let items = paged.rows.into_iter().map(shown).collect();
    Ok(Reply::ok(call.query.shown(items, paged.next)))
}

async fn read_wall(call: Call) -> Result<Reply<WallShown>, Problem> {
    let wall = wall_links::get(&call.ctx.db, call.id("id")?).await?;
    let wall = wall.ok_or_else(Problem::not_found)?;
    Ok(Reply::ok(shown(wall)))
}

/// 生成什么链接
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct WallBody {
    /// 用途，例如“三楼会议室”
    name: Line<100>,
    /// 有效天数，1 至 3660；不填为没有期限，直到收回
    #[schema(minimum = 1, maximum = 3660)]
    #[serde(default)]
    expires_in_days: Option<u32>,
}

impl Check for WallBody {
    fn check(&self, errors: &mut FieldErrors) {
        let is_good = |days: u32| (1..=LONGEST_WALL_DAYS).contains(&days);
        if !self.expires_in_days.is_none_or(is_good) {
            let message = format!("应在 1 至 {LONGEST_WALL_DAYS} 之间");
            errors.add("expires_in_days", FieldCode::OutOfRange, message);
        }
    }
}

async fn post_wall(call: Call<NoQuery, WallBody>) -> Result<Reply<WallMadeShown>, Problem> {
    let made = make_wall(&call.ctx, &call.body.name, call.body.expires_in_days).await?;
    let told = |url| WallMadeShown {
        wall: shown(made.wall.clone()),
        url,
    };
    let path = format!("/walls/{}", made.wall.id);
    Ok(Reply::created(told(Some(made.url.clone())), &path).told_again_as(told(None)))
}

async fn delete_wall(call: Call) -> Result<Reply<Nothing>, Problem> {
    let id: WallId = call.id("id")?;
    revoke_wall(&call.ctx, id, call.seen.change_no()).await?;
    Ok(Reply::no_content())
}
