//! A bulletin 通报 on its way: drafted from a frozen snapshot, approved, published. What is published is corrected by a new
//! version alone; all versions stay. A draft that is not wanted is discarded, and stays as well.

use crate::domain::local_time::chinese_day;
use crate::domain::role::UnknownCode;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// Where a bulletin stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BulletinState {
    /// Its texts may be edited.
    Draft,
    /// Somebody stands for its texts: they are fixed.
    Approved,
    /// It has its number and was mailed.
    Published,
    /// It was a draft, and will never be published.
    Discarded,
}

impl BulletinState {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::Draft,
        Self::Approved,
        Self::Published,
        Self::Discarded,
    ];

    /// The stable code.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Approved => "approved",
            Self::Published => "published",
            Self::Discarded => "discarded",
        }
    }

    /// The Chinese name.
    pub fn label(self) -> &'static str {
        match self {
            Self::Draft => "草稿",
            Self::Approved => "已审定",
            Self::Published => "已印发",
            Self::Discarded => "已作废",
        }
    }
}

impl FromStr for BulletinState {
    type Err = UnknownCode;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|one| one.as_str() == text)
            .ok_or_else(|| UnknownCode::new("bulletin state", text))
    }
}

/// What a person does with a bulletin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BulletinStep {
    /// 修改: its texts.
    Edit,
    /// 审定: from here on its texts are fixed.
    Approve,
    /// 退回修改: it is a draft again.
    Return,
    /// 印发: numbered, mailed.
    Publish,
    /// 更正: a new version of it is drafted.
    Correct,
    /// 作废: a draft is given up.
    Discard,
}

impl BulletinStep {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Edit,
        Self::Approve,
        Self::Return,
        Self::Publish,
        Self::Correct,
        Self::Discard,
    ];

    /// The Chinese name.
    pub fn label(self) -> &'static str {
        match self {
            Self::Edit => "修改",
            Self::Approve => "审定",
            Self::Return => "退回修改",
            Self::Publish => "印发",
            Self::Correct => "更正",
            Self::Discard => "作废",
        }
    }

    /// What has to come first, or what can be done in its place.
    fn needs(self, state: BulletinState) -> &'static str {
        if state == BulletinState::Discarded {
            return "作废的通报不再办理，需要的请重新起草";
        }
        match self {
            Self::Edit => "审定后的文字不能修改，请先退回修改；已印发的请作更正",
            Self::Approve => "只有草稿可以审定",
            Self::Return => "只有已审定、尚未印发的可以退回修改",
            Self::Publish => "请先审定，再印发",
            Self::Correct => "只有已印发的需要更正，尚未印发的请直接修改",
            Self::Discard => "只有草稿可以作废；已审定的请先退回修改，已印发的请作更正",
        }
    }
}

/// A step that does not exist from where the bulletin stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("这份通报的状态是“{}”，不能{}：{}", .state.label(), .step.label(), .step.needs(*.state))]
pub struct WrongStep {
    /// Where it stands.
    pub state: BulletinState,
    /// What was to be done.
    pub step: BulletinStep,
}

/// Where a bulletin stands after a step; a correction leaves the corrected one as it is.
///
/// # Errors
/// [`WrongStep`].
pub fn after_step(state: BulletinState, step: BulletinStep) -> Result<BulletinState, WrongStep> {
    use BulletinState::{Approved, Discarded, Draft, Published};
    match (state, step) {
        (Draft, BulletinStep::Edit) => Ok(Draft),
        (Draft, BulletinStep::Approve) => Ok(Approved),
        (Approved, BulletinStep::Return) => Ok(Draft),
        (Approved, BulletinStep::Publish) => Ok(Published),
        (Published, BulletinStep::Correct) => Ok(Published),
        (Draft, BulletinStep::Discard) => Ok(Discarded),
        (Draft, BulletinStep::Return | BulletinStep::Publish | BulletinStep::Correct)
        | (
            Approved,
            BulletinStep::Edit
            | BulletinStep::Approve
            | BulletinStep::Correct
            | BulletinStep::Discard,
        )
        | (
            Published,
            BulletinStep::Edit
            | BulletinStep::Approve
            | BulletinStep::Return
            | BulletinStep::Publish
            | BulletinStep::Discard,
        )
        | (
            Discarded,
            BulletinStep::Edit
            | BulletinStep::Approve
            | BulletinStep::Return
            | BulletinStep::Publish
            | BulletinStep::Correct
            | BulletinStep::Discard,
        ) => Err(WrongStep { state, step }),
    }
}

/// The texts that a person writes; everything else in a bulletin follows from its snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct BulletinText {
    /// 开头: the paragraph before the first heading.
    pub opening: String,
    /// 主要做法, a paragraph each.
    pub good_practices: Vec<String>,
    /// 下一步要求: 一是…, 二是…, without their numbers.
    pub demands: Vec<String>,
    /// 主送.
    pub recipients: Vec<String>,
    /// 抄送.
    pub copies: Vec<String>,
}

/// The number under which a bulletin was published: the how-manieth of its plan in a calendar year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IssueNumber {
    /// Calendar year of the day of publishing.
    pub year: i32,
    /// From 1, without gaps.
    pub number: i32,
}

impl IssueNumber {
    /// The number of a bulletin that is published on a day, after those numbered so far in that year.
    pub fn following(last_of_year: Option<i32>, year: i32) -> Self {
        Self {
            year,
            number: last_of_year.unwrap_or(0) + 1,
        }
    }

    /// 2026年第3期.
    pub fn label(self) -> String {
        format!("{}年第{}期", self.year, self.number)
    }
}

/// What a bulletin is called.
pub fn bulletin_title(
    plan_title: &str,
    period: Option<&str>,
    as_of: NaiveDate,
    is_correction: bool,
) -> String {
    let plan = match plan_title.contains('《') {
        true => plan_title.to_owned(),
        false => format!("《{plan_title}》"),
    };
    let until = chinese_day(as_of);
    let period = period.map_or_else(|| format!("截至{until}"), str::to_owned);
    let corrected = match is_correction {
        true => "（更正）",
        false => "",
    };
    format!("关于{plan}{period}落实情况的通报{corrected}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bulletin_is_approved_before_it_is_published_and_corrected_only_after() {
        use BulletinState::{Approved, Discarded, Draft, Published};
        let allowed = [
            (Draft, BulletinStep::Edit, Draft),
            (Draft, BulletinStep::Approve, Approved),
            (Approved, BulletinStep::Return, Draft),
            (Approved, BulletinStep::Publish, Published),
            (Published, BulletinStep::Correct, Published),
            (Draft, BulletinStep::Discard, Discarded),
        ];
        for state in BulletinState::ALL {
            for step in BulletinStep::ALL {
                let known = allowed.iter().find(|one| (one.0, one.1) == (state, step));
                match known {
                    Some((_, _, after)) => assert_eq!(after_step(state, step), Ok(*after)),
                    None => assert_eq!(after_step(state, step), Err(WrongStep { state, step })),
                }
            }
        }
        assert_eq!(
            after_step(Draft, BulletinStep::Publish)
                .unwrap_err()
                .to_string(),
            "这份通报的状态是“草稿”，不能印发：请先审定，再印发"
        );
    }

    #[test]
    fn numbers_begin_anew_each_year() {
        assert_eq!(IssueNumber::following(None, 2027).label(), "2027年第1期");
        assert_eq!(IssueNumber::following(Some(3), 2026).label(), "2026年第4期");
    }

    #[test]
    fn a_title_names_plan_and_period() {
        let day = NaiveDate::from_ymd_opt(2026, 3, 31).unwrap();
        let title = bulletin_title("教育方案", Some("2026年第一季度"), day, false);
        assert_eq!(title, "关于《教育方案》2026年第一季度落实情况的通报");
        let title = bulletin_title("教育方案", None, day, true);
        assert_eq!(
            title,
            "关于《教育方案》截至2026年3月31日落实情况的通报（更正）"
        );
    }

    #[test]
    fn codes_are_those_of_json() {
        for state in BulletinState::ALL {
            assert_eq!(state.as_str().parse(), Ok(state));
            let json = serde_json::to_string(&state).unwrap();
            assert_eq!(json, format!("\"{}\"", state.as_str()));
        }
    }
}
