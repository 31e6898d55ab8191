//! Where the tasks of a plan come from. Tasks made by hand stand in one plan a year and origin, so that they are issued,
//! asked for and counted like all others.

use crate::domain::role::UnknownCode;
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// Origin of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlanOrigin {
    /// 工作方案: an imported document.
    Document,
    /// 领导批示.
    Instruction,
    /// 会议议定.
    Meeting,
    /// 一次性报送: something collected once, often with a template.
    Collection,
}

impl PlanOrigin {
    /// All origins.
    pub const ALL: [Self; 4] = [
        Self::Document,
        Self::Instruction,
        Self::Meeting,
        Self::Collection,
    ];

    /// The stable code.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Document => "document",
            Self::Instruction => "instruction",
            Self::Meeting => "meeting",
            Self::Collection => "collection",
        }
    }

    /// Title of the plan in which a year's tasks of this origin stand; none for documents, which have their own.
    pub fn title_of_year(self, year: i32) -> Option<String> {
        let what = match self {
            Self::Document => return None,
            Self::Instruction => "领导批示事项",
            Self::Meeting => "会议议定事项",
            Self::Collection => "一次性报送事项",
        };
        Some(format!("{year}年{what}"))
    }
}

impl FromStr for PlanOrigin {
    type Err = UnknownCode;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|origin| origin.as_str() == text)
            .ok_or_else(|| UnknownCode::new("plan origin", text))
    }
}
