//! The life of an assignment 立项→下发→签收→办理→反馈→复核→办结/销号, as one table: what each event makes of each state, and
//! the diagram of the documentation. Who may decide what is in `decider`. (Field practice: `field.md` §6.1; design §3.)

use crate::domain::coded::coded;
use crate::domain::light::Ending;
use std::fmt::Write;

coded! {
    /// Where an assignment stands.
    AssignmentState "assignment state" {
        /// Issued; the unit has not said that it knows.
        Issued "issued" "已下发",
        /// The unit has said that it knows.
        Acknowledged "acknowledged" "已签收",
        /// The unit has reported, and is not done; or it was taken up again.
        UnderWay "under_way" "办理中",
        /// The unit has reported that it is done.
        Reported "reported" "已反馈",
        /// The district has looked at it and sent it on to the lead unit.
        Forwarded "forwarded" "已转报",
        /// Sent back; a new report is due.
        Returned "returned" "已退回",
        /// The lead unit has found it done.
        Accepted "accepted" "已复核",
        /// The supervision office has found it done.
        Closed "closed" "已销号",
        /// Nothing is asked until it is resumed.
        Paused "paused" "已暂停",
        /// Nothing is asked any more.
        Withdrawn "withdrawn" "已撤销",
    }
}

coded! {
    /// What happens to an assignment.
    AssignmentEvent "assignment event" {
        /// The unit says that it knows.
        Acknowledge "acknowledge" "签收",
        /// The unit reports, and is not done.
        Report "report" "填报进展",
        /// The unit reports 100 percent.
        Finish "finish" "反馈完成",
        /// The district sends a school's report on.
        Forward "forward" "转报",
        /// The report is found good.
        Accept "accept" "复核通过",
        /// The report is sent back.
        Return "return" "退回",
        /// It is struck off the list of what is to be done.
        Close "close" "销号",
        /// What was closed is taken up again.
        Reopen "reopen" "重新办理",
        /// Asking rests.
        Pause "pause" "暂停",
        /// Asking goes on.
        Resume "resume" "恢复",
        /// It is not asked for any more.
        Withdraw "withdraw" "撤销",
        /// A unit that was taken out of the task is in it again.
        Rejoin "rejoin" "重新纳入",
    }
}

/// The table: every step that exists.
const STEPS: &[(AssignmentState, &[(AssignmentEvent, AssignmentState)])] = {
    use AssignmentEvent as E;
    use AssignmentState as S;
    &[
        (
            S::Issued,
            &[
                (E::Acknowledge, S::Acknowledged),
                (E::Report, S::UnderWay),
                (E::Finish, S::Reported),
                (E::Pause, S::Paused),
                (E::Withdraw, S::Withdrawn),
            ],
        ),
        (
            S::Acknowledged,
            &[
                (E::Acknowledge, S::Acknowledged),
                (E::Report, S::UnderWay),
                (E::Finish, S::Reported),
                (E::Pause, S::Paused),
                (E::Withdraw, S::Withdrawn),
            ],
        ),
        (
            S::UnderWay,
            &[
                (E::Acknowledge, S::UnderWay),
                (E::Report, S::UnderWay),
                (E::Finish, S::Reported),
                (E::Return, S::Returned),
                (E::Pause, S::Paused),
                (E::Withdraw, S::Withdrawn),
            ],
        ),
        (
            S::Reported,
            &[
                (E::Acknowledge, S::Reported),
                (E::Report, S::Reported),
                (E::Finish, S::Reported),
                (E::Forward, S::Forwarded),
                (E::Accept, S::Accepted),
                (E::Return, S::Returned),
                (E::Pause, S::Paused),
                (E::Withdraw, S::Withdrawn),
            ],
        ),
        (
            S::Forwarded,
            &[
                (E::Acknowledge, S::Forwarded),
                // What the district has not seen, it has not sent on.
                (E::Report, S::Reported),
                (E::Finish, S::Reported),
                (E::Accept, S::Accepted),
                (E::Return, S::Returned),
                (E::Pause, S::Paused),
                (E::Withdraw, S::Withdrawn),
            ],
        ),
        (
            S::Returned,
            &[
                (E::Acknowledge, S::Returned),
                (E::Report, S::UnderWay),
                (E::Finish, S::Reported),
                (E::Pause, S::Paused),
                (E::Withdraw, S::Withdrawn),
            ],
        ),
        (
            S::Accepted,
            &[
                (E::Acknowledge, S::Accepted),
                (E::Report, S::Accepted),
                (E::Finish, S::Accepted),
                (E::Return, S::Returned),
                (E::Close, S::Closed),
                (E::Pause, S::Paused),
                (E::Withdraw, S::Withdrawn),
            ],
        ),
        (
            S::Closed,
            // Taken up again it is reported anew, like what was sent back.
            &[(E::Acknowledge, S::Closed), (E::Reopen, S::Returned)],
        ),
        (
            S::Paused,
            &[
                (E::Acknowledge, S::Paused),
                (E::Resume, S::UnderWay),
                (E::Withdraw, S::Withdrawn),
            ],
        ),
        (
            S::Withdrawn,
            // Only an amendment of the task takes a unit in again; it starts anew.
            &[(E::Acknowledge, S::Withdrawn), (E::Rejoin, S::Issued)],
        ),
    ]
};

/// A step that does not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("“{}”的分工不能{}", .state.label(), .event.label())]
pub struct OutOfOrder {
    /// Where the assignment stands.
    pub state: AssignmentState,
    /// What was to happen.
    pub event: AssignmentEvent,
}

/// What an event makes of a state.
///
/// # Errors
/// [`OutOfOrder`] where the table has no such step; nothing happens then.
pub fn transition(
    state: AssignmentState,
    event: AssignmentEvent,
) -> Result<AssignmentState, OutOfOrder> {
    steps_from(state)
        .iter()
        .find(|(known, _)| *known == event)
        .map(|(_, next)| *next)
        .ok_or(OutOfOrder { state, event })
}

/// The decisions that are possible in a state, in the order of the table.
pub fn decisions_from(state: AssignmentState) -> impl Iterator<Item = AssignmentEvent> {
    let steps = steps_from(state).iter().map(|(event, _)| *event);
    steps.filter(|event| event.is_decision())
}

fn steps_from(state: AssignmentState) -> &'static [(AssignmentEvent, AssignmentState)] {
    STEPS
        .iter()
        .find(|(from, _)| *from == state)
        .map_or(&[], |(_, steps)| *steps)
}

/// The event that a report of an assignment is.
pub fn event_of_report(percent: Option<u8>) -> AssignmentEvent {
    match percent {
        Some(100..) => AssignmentEvent::Finish,
        Some(_) | None => AssignmentEvent::Report,
    }
}

impl AssignmentState {
    /// How the board counts it; `None` where it is on the course of its task.
    pub fn ending(self) -> Option<Ending> {
        match self {
            Self::Closed => Some(Ending::Closed),
            Self::Paused => Some(Ending::Paused),
            Self::Withdrawn => Some(Ending::Withdrawn),
            Self::Issued
            | Self::Acknowledged
            | Self::UnderWay
            | Self::Reported
            | Self::Forwarded
            | Self::Returned
            | Self::Accepted => None,
        }
    }

    /// Whether a new report may say less than the one before: only what was sent back is reported anew.
    pub fn percent_may_fall(self) -> bool {
        self == Self::Returned
    }
}

impl AssignmentEvent {
    /// Whether a person decides it about an assignment, and does not report it or amend the task.
    pub fn is_decision(self) -> bool {
        !matches!(
            self,
            Self::Acknowledge | Self::Report | Self::Finish | Self::Rejoin
        )
    }

    /// Whether it has to be justified.
    pub fn needs_reason(self) -> bool {
        match self {
            Self::Return | Self::Reopen | Self::Pause | Self::Withdraw => true,
            Self::Acknowledge
            | Self::Report
            | Self::Finish
            | Self::Forward
            | Self::Accept
            | Self::Close
            | Self::Resume
            | Self::Rejoin => false,
        }
    }

    /// Whether it asks for a new report, and so by a day.
    pub fn needs_day(self) -> bool {
        matches!(self, Self::Return | Self::Reopen)
    }
}

/// The table as a state diagram in the language of Mermaid, Chinese names first.
pub fn diagram() -> String {
    let mut text = String::from("stateDiagram-v2\n");
    for state in AssignmentState::ALL {
        let _ = writeln!(text, "    {}: {}", state.as_str(), state.label());
    }
    let _ = writeln!(text, "    [*] --> {}", AssignmentState::Issued.as_str());
    for (from, steps) in STEPS {
        for (event, to) in *steps {
            if from != to {
                let (from, to, label) = (from.as_str(), to.as_str(), event.label());
                let _ = writeln!(text, "    {from} --> {to}: {label}");
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use AssignmentEvent as E;
    use AssignmentState as S;

    /// Every step that changes the state, by hand; every other pair either stays or is refused.
    #[test]
    fn the_way_from_issue_to_close_out() {
        let mut state = S::Issued;
        for (event, next) in [
            (E::Acknowledge, S::Acknowledged),
            (E::Report, S::UnderWay),
            (E::Finish, S::Reported),
            (E::Forward, S::Forwarded),
            (E::Return, S::Returned),
            (E::Finish, S::Reported),
            (E::Accept, S::Accepted),
            (E::Close, S::Closed),
            (E::Reopen, S::Returned),
            (E::Report, S::UnderWay),
            (E::Pause, S::Paused),
            (E::Resume, S::UnderWay),
            (E::Withdraw, S::Withdrawn),
            (E::Rejoin, S::Issued),
        ] {
            state = transition(state, event).unwrap();
            assert_eq!(state, next, "{event:?}");
        }
    }

    #[test]
    fn every_pair_is_a_step_or_refused_and_names_both() {
        for state in S::ALL {
            for event in E::ALL {
                match transition(*state, *event) {
                    Ok(next) if event.is_decision() => assert_ne!(next, *state),
                    Ok(_) => {}
                    Err(refused) => {
                        assert_eq!((refused.state, refused.event), (*state, *event));
                        let text = refused.to_string();
                        assert!(text.contains(state.label()) && text.contains(event.label()));
                    }
                }
            }
        }
    }

    #[test]
    fn what_has_ended_takes_no_report_and_no_review() {
        for state in [S::Closed, S::Paused, S::Withdrawn] {
            assert!(state.ending().is_some());
            for event in [
                E::Report,
                E::Finish,
                E::Forward,
                E::Accept,
                E::Return,
                E::Close,
            ] {
                assert!(transition(state, event).is_err(), "{state:?} {event:?}");
            }
        }
        assert_eq!(decisions_from(S::Withdrawn).count(), 0);
    }

    #[test]
    fn only_what_was_accepted_is_closed() {
        for state in S::ALL {
            assert_eq!(
                transition(*state, E::Close).is_ok(),
                *state == S::Accepted,
                "{state:?}"
            );
        }
    }

    #[test]
    fn a_report_of_a_hundred_percent_is_the_end_of_the_work() {
        assert_eq!(event_of_report(Some(100)), E::Finish);
        assert_eq!(event_of_report(Some(99)), E::Report);
        assert_eq!(event_of_report(None), E::Report);
    }

    #[test]
    fn codes_come_back() {
        for state in S::ALL {
            assert_eq!(state.as_str().parse(), Ok(*state));
        }
        for event in E::ALL {
            assert_eq!(event.as_str().parse(), Ok(*event));
        }
    }

    #[test]
    fn the_map_shows_the_diagram_as_it_is() {
        let map = include_str!("../README.md");
        assert!(map.contains(&diagram()), "{}", diagram());
    }

    #[test]
    fn the_diagram_shows_every_state_and_step() {
        let text = diagram();
        for state in S::ALL {
            assert!(text.contains(&format!("    {}: {}", state.as_str(), state.label())));
        }
        assert!(text.contains("    accepted --> closed: 销号\n"));
        assert!(text.contains("    withdrawn --> issued: 重新纳入\n"));
    }
}
