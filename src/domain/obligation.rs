//! Obligations 应报事项: what asks, what is asked, and where the request stands.

use crate::domain::ids::{DeadlineId, DecisionId, FindingId, NoticeId, PlanId, RoundId};
use crate::domain::role::UnknownCode;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// What asks a unit; together with the unit it is unique (design §5.1), so nobody is asked twice for the same thing.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Source {
    /// A round of a cycle.
    Round(RoundId),
    /// The n-th issue of a plan's tasks (1-based): the units acknowledge.
    Issue(PlanId, i32),
    /// A due day of a plan's tasks: the units report completion.
    DueDay(PlanId, NaiveDate),
    /// The same due day, asked again by the n-th issue of tasks of a unit that had answered for it before.
    DueDayAgain(PlanId, NaiveDate, i32),
    /// A deadline for sending something up.
    Deadline(DeadlineId),
    /// A finding: the unit puts it right.
    Finding(FindingId),
    /// A notice 督办单, which has to be answered.
    Notice(NoticeId),
    /// Something decided in a dispatch.
    Decision(DecisionId),
}

impl Source {
    /// The decision that a source, as text, is.
    pub fn decision_of(source: &str) -> Option<DecisionId> {
        let id = source.strip_prefix("decision:")?;
        id.parse().ok().map(DecisionId)
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Round(id) => write!(f, "round:{id}"),
            Self::Issue(plan, number) => write!(f, "issue:{plan}:{number}"),
            Self::DueDay(plan, due_on) => write!(f, "due:{plan}:{due_on}"),
            Self::DueDayAgain(plan, due_on, number) => write!(f, "due:{plan}:{due_on}:{number}"),
            Self::Deadline(id) => write!(f, "deadline:{id}"),
            Self::Finding(id) => write!(f, "finding:{id}"),
            Self::Notice(id) => write!(f, "notice:{id}"),
            Self::Decision(id) => write!(f, "decision:{id}"),
        }
    }
}

/// What a request asks a unit to tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AskedFor {
    /// 签收.
    Acknowledgement,
    /// 填报 of progress.
    Progress,
    /// 填报 of something else: values, what is sent up, a self-check.
    Other,
}

/// What holds for all requests of a kind.
struct KindRow {
    code: &'static str,
    label: &'static str,
    asked_for: AskedFor,
    counts_as_ask: bool,
    is_laddered: bool,
    may_be_bare: bool,
    takes_time: bool,
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident $row:expr),+ $(,)?) => {
        /// What is asked.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum ObligationKind {
            $($(#[$doc])* $name,)+
        }

        impl ObligationKind {
            /// All kinds.
            pub const ALL: [Self; [$(stringify!($name)),+].len()] = [$(Self::$name),+];

            const fn row(self) -> &'static KindRow {
                match self { $(Self::$name => &$row),+ }
            }
        }
    };
}

kinds! {
    /// 签收: that the tasks have been received.
    Acknowledge KindRow {
        code: "acknowledge",
        label: "签收",
        asked_for: AskedFor::Acknowledgement,
        counts_as_ask: false,
        is_laddered: false,
        may_be_bare: true,
        takes_time: false,
    },
    /// That tasks due on a day are done.
    Complete KindRow {
        code: "complete",
        label: "完成情况报告",
        asked_for: AskedFor::Progress,
        counts_as_ask: true,
        is_laddered: true,
        may_be_bare: false,
        takes_time: true,
    },
    /// 报送: sending something up by a day the plan names.
    SendUp KindRow {
        code: "send_up",
        label: "材料报送",
        asked_for: AskedFor::Other,
        counts_as_ask: true,
        is_laddered: true,
        may_be_bare: false,
        takes_time: true,
    },
    /// 自查: a self-check with evidence.
    SpotCheck KindRow {
        code: "spot_check",
        label: "抽查自查",
        asked_for: AskedFor::Other,
        counts_as_ask: true,
        is_laddered: true,
        may_be_bare: false,
        takes_time: false,
    },
    /// 调度: progress, problems and next steps of each led task.
    Dispatch KindRow {
        code: "dispatch",
        label: "调度情况",
        asked_for: AskedFor::Progress,
        counts_as_ask: true,
        is_laddered: true,
        may_be_bare: false,
        takes_time: true,
    },
    /// 监测: values of indicators.
    Monitoring KindRow {
        code: "monitoring",
        label: "监测数据",
        asked_for: AskedFor::Other,
        counts_as_ask: true,
        is_laddered: true,
        may_be_bare: false,
        takes_time: false,
    },
    /// 整改: that a finding has been put right.
    Rectify KindRow {
        code: "rectify",
        label: "问题整改报告",
        asked_for: AskedFor::Other,
        counts_as_ask: true,
        is_laddered: true,
        may_be_bare: false,
        takes_time: true,
    },
    /// 督办单: an answer to a notice.
    Notice KindRow {
        code: "notice",
        label: "督办单答复",
        asked_for: AskedFor::Other,
        counts_as_ask: false,
        is_laddered: false,
        may_be_bare: false,
        takes_time: false,
    },
    /// 汇集: what the units below the leads tell of collecting tasks, along with a dispatch.
    Collect KindRow {
        code: "collect",
        label: "进展情况汇集",
        asked_for: AskedFor::Progress,
        counts_as_ask: true,
        is_laddered: true,
        may_be_bare: false,
        takes_time: false,
    },
    /// 议定事项: what was decided in a dispatch.
    FollowUp KindRow {
        code: "follow_up",
        label: "议定事项落实情况",
        asked_for: AskedFor::Other,
        counts_as_ask: true,
        is_laddered: true,
        may_be_bare: false,
        takes_time: true,
    },
}

impl ObligationKind {
    /// The stable code.
    pub fn as_str(self) -> &'static str {
        self.row().code
    }

    /// What is asked, in a noun.
    pub fn label(self) -> &'static str {
        self.row().label
    }

    /// What the unit is to tell.
    pub fn asked_for(self) -> AskedFor {
        self.row().asked_for
    }

    /// Whether it counts towards a unit's monthly budget of asks: acknowledgements do not (design §6), nor does a notice,
    /// which asks for nothing that was not asked for before.
    pub fn counts_as_ask(self) -> bool {
        self.row().counts_as_ask
    }

    /// The codes of the kinds that do not count as asks.
    pub fn uncounted() -> impl Iterator<Item = &'static str> {
        let uncounted = Self::ALL.into_iter().filter(|kind| !kind.counts_as_ask());
        uncounted.map(Self::as_str)
    }

    /// Whether it comes under the ladder of notices. Signing for a plan does not: what it is about falls due by itself. Nor
    /// does a notice's own request: an unanswered yellow notice is followed by the red one of the same matter.
    pub fn is_laddered(self) -> bool {
        self.row().is_laddered
    }

    /// Whether an answer without note and items says enough: that something was received, but not how far it is.
    pub fn may_be_bare(self) -> bool {
        self.row().may_be_bare
    }

    /// Whether it asks for work for which simulated people may want more time.
    pub fn takes_time(self) -> bool {
        self.row().takes_time
    }
}

impl FromStr for ObligationKind {
    type Err = UnknownCode;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| UnknownCode::new("obligation kind", text))
    }
}

/// Where a request stands. Only `Open` ones are chased.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ObligationState {
    /// Waiting for the unit.
    Open,
    /// The unit has answered.
    Answered,
    /// Chasing ended without an answer.
    Unanswered,
    /// No longer asked.
    Withdrawn,
}

impl ObligationState {
    /// All states.
    pub const ALL: [Self; 4] = [
        Self::Open,
        Self::Answered,
        Self::Unanswered,
        Self::Withdrawn,
    ];

    /// The stable code.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Answered => "answered",
            Self::Unanswered => "unanswered",
            Self::Withdrawn => "withdrawn",
        }
    }
}

impl FromStr for ObligationState {
    type Err = UnknownCode;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or_else(|| UnknownCode::new("obligation state", text))
    }
}

/// What moved the due day of a request last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MovedBy {
    /// The answer was sent back.
    Return,
    /// More time was granted.
    ExtensionGranted,
    /// More time was refused; the day stays.
    ExtensionRefused,
    /// Asking goes on after a pause.
    Resumed,
    /// The task's due day was amended.
    Amended,
    /// An objection to it was rejected.
    ObjectionRejected,
}

impl MovedBy {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Return,
        Self::ExtensionGranted,
        Self::ExtensionRefused,
        Self::Resumed,
        Self::Amended,
        Self::ObjectionRejected,
    ];

    /// The stable code.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Return => "return",
            Self::ExtensionGranted => "extension_granted",
            Self::ExtensionRefused => "extension_refused",
            Self::Resumed => "resumed",
            Self::Amended => "amended",
            Self::ObjectionRejected => "objection_rejected",
        }
    }

    /// Whether a request still rests on the calendar as it did, after its day was set so; `same_day` where it is the day
    /// that it had. A day that a person sets is settled, also where it is the old one: no calendar moves it. Where no day
    /// is set, because more time or an objection is refused, or asking goes on by the old day, nothing changes.
    pub fn rests_as_before(self, same_day: bool) -> bool {
        match self {
            Self::Return | Self::ExtensionGranted => false,
            Self::ExtensionRefused | Self::Resumed | Self::Amended | Self::ObjectionRejected => {
                same_day
            }
        }
    }
}

impl FromStr for MovedBy {
    type Err = UnknownCode;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|one| one.as_str() == text)
            .ok_or_else(|| UnknownCode::new("move", text))
    }
}

/// What moved the due day of a request last, and what was said to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// What it was.
    pub by: MovedBy,
    /// What was said; empty where nothing.
    pub reason: String,
}

/// Workdays a unit has to acknowledge what was issued to it (design §6).
pub const ACKNOWLEDGE_WORKDAYS: i32 = 3;

/// Workdays after its due day for which an obligation outside rounds is chased (design §5.2).
pub const CHASED_WORKDAYS: i32 = 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_that_a_person_sets_is_settled() {
        for by in MovedBy::ALL {
            assert!(!by.rests_as_before(false), "{by:?}");
        }
        let settled = MovedBy::ALL
            .into_iter()
            .filter(|by| !by.rests_as_before(true));
        let settled: Vec<MovedBy> = settled.collect();
        assert_eq!(settled, [MovedBy::Return, MovedBy::ExtensionGranted]);
    }
}
