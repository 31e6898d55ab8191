//! Who asks: a cycle by itself, a person who opens a round, the plan that is issued, or a task made by hand.

use crate::domain::plan_origin::PlanOrigin;
use serde::{Deserialize, Serialize};

/// Where a request comes from, for the count of asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AskOrigin {
    /// A round that its cycle opened.
    Schedule,
    /// A round that a person opened.
    RoundByHand,
    /// What the plan says: its due days and deadlines.
    Plan,
    /// A task made by hand 领导批示, 会议议定, 一次性报送.
    TaskByHand,
}

impl AskOrigin {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::Schedule,
        Self::RoundByHand,
        Self::Plan,
        Self::TaskByHand,
    ];

    /// Of a request outside rounds, by where its plan comes from.
    pub fn of_plan(origin: PlanOrigin) -> Self {
        match origin {
            PlanOrigin::Document => Self::Plan,
            PlanOrigin::Instruction | PlanOrigin::Meeting | PlanOrigin::Collection => {
                Self::TaskByHand
            }
        }
    }

    /// The stable code.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Schedule => "schedule",
            Self::RoundByHand => "round_by_hand",
            Self::Plan => "plan",
            Self::TaskByHand => "task_by_hand",
        }
    }

    /// The Chinese name.
    pub fn label(self) -> &'static str {
        match self {
            Self::Schedule => "周期自动开展",
            Self::RoundByHand => "人工开展",
            Self::Plan => "方案规定",
            Self::TaskByHand => "人工立项",
        }
    }
}
