//! Numbers that lead to what they count.

use crate::domain::board::Tally;
use crate::domain::light::Light;
use crate::domain::standing::Standing;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use std::fmt::{Display, Write};
use utoipa::ToSchema;

/// What must be encoded in a value of a query string: all but the unreserved characters (RFC 3986 §2.3).
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// A number with the address of the rows it counts.
#[derive(Debug, Serialize, ToSchema)]
pub struct Linked {
    /// 个数
    pub count: u64,
    /// 所数各行的地址
    pub href: String,
}

/// The address of a list, with filters.
#[derive(Debug, Clone)]
pub struct Link(String);

impl Link {
    /// A list of `/api/v1`, without filters.
    pub fn to(list: &'static str) -> Self {
        Self(format!("/api/v1/{list}"))
    }

    /// One filter more.
    #[must_use]
    pub fn with(&self, name: &'static str, value: impl Display) -> Self {
        let mut link = self.0.clone();
        let joint = if link.contains('?') { '&' } else { '?' };
        let value = value.to_string();
        // Writing to a String cannot fail.
        let _ = write!(
            link,
            "{joint}{name}={}",
            utf8_percent_encode(&value, ENCODED)
        );
        Self(link)
    }

    /// One filter more, where there is a value.
    #[must_use]
    pub fn with_some(&self, name: &'static str, value: Option<impl Display>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self.clone(),
        }
    }

    /// The number of rows it leads to.
    pub fn counting(&self, count: impl Into<u64>) -> Linked {
        Linked {
            count: count.into(),
            href: self.0.clone(),
        }
    }
}

/// Rows by light and by standing; both add up to the total.
#[derive(Debug, Serialize, ToSchema)]
pub struct Counts {
    /// 总数
    pub total: Linked,
    /// 绿灯
    pub green: Linked,
    /// 黄灯
    pub yellow: Linked,
    /// 红灯
    pub red: Linked,
    /// 超进度
    pub ahead: Linked,
    /// 达进度
    pub on_track: Linked,
    /// 欠进度
    pub behind: Linked,
    /// 已完成
    pub done: Linked,
    /// 其他
    pub none: Linked,
}

impl Counts {
    /// A tally of the rows that `link` leads to.
    pub fn of(tally: &Tally, link: &Link) -> Self {
        let light = |light: Light| {
            let link = link.with("light", light.as_str());
            link.counting(tally.of_light(light))
        };
        let standing = |standing: Standing| {
            let link = link.with("standing", standing.as_str());
            link.counting(tally.of_standing(standing))
        };
        Self {
            total: link.counting(tally.total()),
            green: light(Light::Green),
            yellow: light(Light::Yellow),
            red: light(Light::Red),
            ahead: standing(Standing::Ahead),
            on_track: standing(Standing::OnTrack),
            behind: standing(Standing::Behind),
            done: standing(Standing::Done),
            none: standing(Standing::None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_encoded_and_filters_add_up() {
        let link = Link::to("tasks")
            .with("section", "一、课堂 & 安全")
            .with_some("due_from", None::<u8>)
            .with("light", "red");
        assert_eq!(
            link.counting(3_u32).href,
            "/api/v1/tasks?section=%E4%B8%80%E3%80%81%E8%AF%BE%E5%A0%82%20%26%20%E5%AE%89%E5%85%A8&light=red"
        );
    }
}
