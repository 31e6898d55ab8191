//! Notices 督办单: their rungs, where each stands, and what every step makes of that. When the ladder raises one is in
//! `notice_ladder`, what one states in `notice_facts`.

use crate::domain::coded::coded;
use serde::{Deserialize, Serialize};

coded! {
    /// How grave a notice is; blue is a reminder and no notice.
    Rung "rung" {
        /// The first notice of a matter.
        Yellow "yellow" "黄色督办单",
        /// The second one, or the first of a grave matter.
        Red "red" "红色督办单",
    }
}

coded! {
    /// Where a notice comes from.
    NoticeOrigin "notice origin" {
        /// The rules raised it.
        Ladder "ladder" "按规则提出",
        /// A person raised it.
        Hand "hand" "人工提出",
    }
}

coded! {
    /// Where a notice stands.
    NoticeState "notice state" {
        /// Waits for approval.
        Drafted "drafted" "待批准",
        /// May be issued.
        Approved "approved" "待发出",
        /// The unit has to answer.
        Issued "issued" "待答复",
        /// The unit has answered; a person looks at it.
        Answered "answered" "已答复",
        /// Settled.
        Closed "closed" "已办结",
        /// Taken back, before or after it was issued.
        Withdrawn "withdrawn" "已撤回",
    }
}

coded! {
    /// Who approves notices of a rung.
    Approval "approval" {
        /// The supervision office, or a leader.
        Office "office" "督导办或局领导批准",
        /// A leader.
        Leader "leader" "局领导批准",
        /// Nobody: the rules issue them.
        Auto "auto" "按规则自动发出",
    }
}

coded! {
    /// Where a unit's objection stands.
    NoticeObjection "objection state" {
        /// Waits for the supervision office.
        Pending "pending" "待处理",
        /// The notice stands.
        Rejected "rejected" "未采纳",
        /// The notice was taken back.
        Upheld "upheld" "已采纳",
    }
}

coded! {
    /// A step in the life of a notice.
    NoticeEvent "notice event" {
        /// Written, waiting for approval.
        Raise "raise" "提出",
        /// Decided and not written out, because a graver one follows at once.
        PassOver "pass_over" "越过",
        /// Approved.
        Approve "approve" "批准",
        /// Numbered, and asked of the unit.
        Issue "issue" "发出",
        /// The unit has answered.
        Answer "answer" "答复",
        /// The answer is sent back, with a new day.
        Return "return" "退回",
        /// The unit objects.
        Object "object" "提出异议",
        /// The objection is rejected.
        Reject "reject" "异议未采纳",
        /// The objection is upheld.
        Uphold "uphold" "异议采纳",
        /// A graver notice takes its place.
        Supersede "supersede" "升级",
        /// What it is about is settled.
        Clear "clear" "所督办事项已了结",
        /// Closed by a person.
        Close "close" "办结",
        /// Taken back by a person.
        Withdraw "withdraw" "撤回",
    }
}

/// A step that does not exist from where a notice stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("督办单{}，不能“{}”", .state.label(), .event.label())]
pub struct NoStep {
    /// Where it stands.
    pub state: NoticeState,
    /// What was wanted.
    pub event: NoticeEvent,
}

/// What a step makes of a notice of that rung.
///
/// The answer to the matter itself closes a yellow notice; a red one is closed by a person. What is not issued yet lapses.
///
/// # Errors
/// [`NoStep`].
pub fn transition(
    rung: Rung,
    state: NoticeState,
    event: NoticeEvent,
) -> Result<NoticeState, NoStep> {
    use NoticeEvent as E;
    use NoticeState as S;
    let after = match (state, event) {
        (S::Drafted, E::Raise) => S::Drafted,
        (S::Drafted, E::Approve) => S::Approved,
        (S::Approved, E::Issue) => S::Issued,
        (S::Drafted, E::PassOver)
        | (S::Drafted | S::Approved, E::Supersede | E::Clear | E::Withdraw)
        | (S::Issued | S::Answered, E::Withdraw | E::Uphold) => S::Withdrawn,
        (S::Issued | S::Answered, E::Answer) => S::Answered,
        (S::Answered, E::Return) | (S::Issued, E::Object | E::Reject) => S::Issued,
        (S::Answered, E::Reject) => S::Answered,
        (S::Issued | S::Answered, E::Close) | (S::Issued, E::Supersede) => S::Closed,
        (S::Issued | S::Answered, E::Clear) => match rung {
            Rung::Yellow => S::Closed,
            Rung::Red => state,
        },
        // What has ended takes no notice of what comes after.
        (S::Closed | S::Withdrawn, E::Answer | E::Clear) => state,
        (
            S::Drafted,
            E::Issue | E::Answer | E::Return | E::Object | E::Reject | E::Uphold | E::Close,
        )
        | (
            S::Approved,
            E::Raise
            | E::PassOver
            | E::Approve
            | E::Answer
            | E::Return
            | E::Object
            | E::Reject
            | E::Uphold
            | E::Close,
        )
        | (S::Issued, E::Raise | E::PassOver | E::Approve | E::Issue | E::Return)
        | (
            S::Answered,
            E::Raise | E::PassOver | E::Approve | E::Issue | E::Object | E::Supersede,
        )
        | (
            S::Closed | S::Withdrawn,
            E::Raise
            | E::PassOver
            | E::Approve
            | E::Issue
            | E::Return
            | E::Object
            | E::Reject
            | E::Uphold
            | E::Supersede
            | E::Close
            | E::Withdraw,
        ) => return Err(NoStep { state, event }),
    };
    Ok(after)
}

impl NoticeState {
    /// Whether somebody still has to do something about it.
    pub fn is_live(self) -> bool {
        match self {
            Self::Drafted | Self::Approved | Self::Issued | Self::Answered => true,
            Self::Closed | Self::Withdrawn => false,
        }
    }

    /// Whether the unit is asked for an answer.
    pub fn is_asking(self) -> bool {
        self == Self::Issued
    }
}

impl Rung {
    /// Its colour, as in 黄色.
    pub fn colour(self) -> &'static str {
        match self {
            Self::Yellow => "黄色",
            Self::Red => "红色",
        }
    }

    /// What it demands where nobody has written anything else.
    pub fn usual_demand(self) -> &'static str {
        match self {
            Self::Yellow => "请立即办理并补报，书面说明逾期或滞后的原因和补报时间。",
            Self::Red => {
                "请主要负责人亲自研究，立即办理并补报，书面说明逾期或滞后的原因、整改措施和完成时间。"
            }
        }
    }
}

/// The number of a notice as it is written: 〔2026〕督字第3号.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct NoticeNumber {
    /// The year of issue.
    pub year: i32,
    /// Its place among those of the year, from 1, without gaps.
    pub serial: i32,
}

impl std::fmt::Display for NoticeNumber {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "〔{}〕督字第{}号", self.year, self.serial)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(rung: Rung, state: NoticeState, event: NoticeEvent) -> Option<NoticeState> {
        transition(rung, state, event).ok()
    }

    #[test]
    fn a_notice_goes_from_draft_to_close() {
        use NoticeEvent as E;
        use NoticeState as S;
        for rung in Rung::ALL.iter().copied() {
            let mut state = S::Drafted;
            for (event, after) in [
                (E::Approve, S::Approved),
                (E::Issue, S::Issued),
                (E::Object, S::Issued),
                (E::Reject, S::Issued),
                (E::Answer, S::Answered),
                (E::Return, S::Issued),
                (E::Answer, S::Answered),
                (E::Close, S::Closed),
            ] {
                state = step(rung, state, event).expect("a step");
                assert_eq!(state, after, "{event:?}");
            }
        }
    }

    #[test]
    fn nothing_is_issued_without_approval_and_nothing_leaves_its_end() {
        use NoticeEvent as E;
        use NoticeState as S;
        for rung in Rung::ALL.iter().copied() {
            assert_eq!(step(rung, S::Drafted, E::Issue), None);
            assert_eq!(step(rung, S::Drafted, E::Close), None);
            for state in [S::Closed, S::Withdrawn] {
                for event in E::ALL.iter().copied() {
                    let after = step(rung, state, event);
                    assert!(after.is_none_or(|after| after == state), "{event:?}");
                }
            }
        }
    }

    #[test]
    fn the_answer_to_the_matter_closes_a_yellow_one_only() {
        use NoticeState as S;
        let cleared = |rung, state| step(rung, state, NoticeEvent::Clear);
        for rung in Rung::ALL.iter().copied() {
            for draft in [S::Drafted, S::Approved] {
                assert_eq!(cleared(rung, draft), Some(S::Withdrawn));
            }
        }
        for state in [S::Issued, S::Answered] {
            assert_eq!(cleared(Rung::Yellow, state), Some(S::Closed));
            assert_eq!(cleared(Rung::Red, state), Some(state));
        }
    }

    #[test]
    fn an_unanswered_one_gives_way_to_a_graver_one_an_answered_one_does_not() {
        use NoticeState as S;
        let superseded = |state| step(Rung::Yellow, state, NoticeEvent::Supersede);
        assert_eq!(superseded(S::Drafted), Some(S::Withdrawn));
        assert_eq!(superseded(S::Issued), Some(S::Closed));
        assert_eq!(superseded(S::Answered), None);
    }

    #[test]
    fn the_number_is_written_as_offices_do() {
        let number = NoticeNumber {
            year: 2026,
            serial: 3,
        };
        assert_eq!(number.to_string(), "〔2026〕督字第3号");
    }
}
