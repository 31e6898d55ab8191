//! Changes: the feed that a mirror polls to learn which rows have changed.

use crate::domain::access::Action;
use crate::domain::resource::Resource;
use crate::flow::RefusalCode;
use crate::flow::follow_changes::{FeedPlace, follow_changes, newest_place};
use crate::http::kernel::cursor::Cursor;
use crate::http::kernel::list::MOST_ROWS;
use crate::http::kernel::problem::bad_cursor;
use crate::http::kernel::{Call, Endpoint, FieldCode, FieldErrors, Line, Problem, Reply, Tag};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

const TAG: Tag = Tag {
    name: "changes",
    says: "变更：哪些内容在何时改变，供同步使用",
};

/// What a cursor of the feed is good for: every feed, whatever it is filtered by.
const FINGERPRINT: [u8; 8] = *b"changes1";
const ORDER: &str = "change_no";

/// 从哪里开始
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FeedStart {
    /// The newest place.
    Now,
}

/// 从哪里读起、读多少
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeQuery {
    /// 上次得到的 next_cursor；不给则从所保留的最早处开始
    cursor: Option<Line<200>>,
    /// 每页条数，1 至 200，默认 200
    #[schema(minimum = 1, maximum = 200, default = 200)]
    limit: Option<u16>,
    /// 只要这些资源，用逗号分隔
    resource: Option<Vec<Resource>>,
    /// now：只取得最新的游标
    from: Option<FeedStart>,
}

/// 一条变更
#[derive(Debug, Serialize, ToSchema)]
pub struct Change {
    /// 这条变更之后的游标
    pub cursor: String,
    /// 变更号：同一次提交的相同，按提交的先后递增
    pub change_no: i64,
    /// 资源
    pub resource: Resource,
    /// 编号；请用它读取现在的内容，读不到即已删除
    pub id: Uuid,
    /// 变更时间
    pub changed_at: DateTime<Utc>,
}

/// 一页变更
#[derive(Debug, Serialize, ToSchema)]
pub struct ChangePage {
    /// 变更，先提交的在前
    pub items: Vec<Change>,
    /// 下次从这里继续，总会给出
    pub next_cursor: String,
    /// 现在是否还有更多
    pub has_more: bool,
}

/// The endpoints of this resource.
pub fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::get("/changes", "follow_changes", Action::ReadChanges, follow)
            .tag(TAG)
            .says(
                "跟随变更",
                "Follow changes",
                "首次同步：先用 from=now 取得游标，再读取各列表，之后从该游标继续。同一内容可能多次出现；一页可能少于 limit 而仍有更多，以 has_more 为准。变更保留 90 天。",
            )
            .refuses(&[RefusalCode::FeedTooOld])
            .example_query("limit=100&resource=obligations,reports"),
    ]
}

async fn follow(call: Call<ChangeQuery>) -> Result<Reply<ChangePage>, Problem> {
    let query = &call.query;
    let limit = query.limit.map_or(MOST_ROWS, usize::from);
    let mut errors = FieldErrors::default();
    if !(1..=MOST_ROWS).contains(&limit) {
        let message = format!("应为 1 至 {MOST_ROWS} 的整数");
        errors.add("limit", FieldCode::OutOfRange, message);
    }
    if query.from.is_some() && query.cursor.is_some() {
        errors.add("from", FieldCode::Invalid, "不能与 cursor 同时给出");
    }
    if let Some(problem) = Problem::of_parameters(errors) {
        return Err(problem);
    }
    if let Some(FeedStart::Now) = query.from {
        let newest = newest_place(&call.ctx).await?;
        return Ok(Reply::ok(ChangePage {
            items: Vec::new(),
            next_cursor: encode(newest),
            has_more: false,
        }));
    }
    let after = query.cursor.as_deref().map(decode).transpose()?;
    let resources = query.resource.as_deref().unwrap_or_default();
    let followed = follow_changes(&call.ctx, &call.viewer, after, resources, limit).await?;
    let items = followed.changes.into_iter().map(|change| Change {
        cursor: encode(FeedPlace {
            change_no: change.change_no,
            position: change.position,
        }),
        change_no: change.change_no,
        resource: change.resource,
        id: change.row_id,
        changed_at: change.changed_at,
    });
    Ok(Reply::ok(ChangePage {
        items: items.collect(),
        next_cursor: encode(followed.reached),
        has_more: followed.has_more,
    }))
}

fn encode(place: FeedPlace) -> String {
    let cursor = Cursor {
        sort: ORDER.to_owned(),
        key: Some(format!("{}.{}", place.change_no, place.position)),
        id: Uuid::nil(),
    };
    cursor.encode(FINGERPRINT)
}

fn decode(text: &str) -> Result<FeedPlace, Problem> {
    let cursor = Cursor::decode(text, FINGERPRINT, ORDER).and_then(|cursor| cursor.key);
    let place = cursor.as_deref().and_then(|key| {
        let (change_no, position) = key.split_once('.')?;
        Some(FeedPlace {
            change_no: change_no.parse().ok()?,
            position: position.parse().ok()?,
        })
    });
    place.ok_or_else(bad_cursor)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_place_comes_back_as_it_was(change_no: i64, position: i32) {
            let place = FeedPlace { change_no, position };
            prop_assert_eq!(decode(&encode(place)).ok(), Some(place));
        }

        #[test]
        fn no_text_makes_it_panic(text in "[A-Za-z0-9_=-]{0,90}") {
            prop_assert!(decode(&text).is_err());
        }
    }
}
