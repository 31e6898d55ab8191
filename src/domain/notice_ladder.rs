//! The ladder 提醒（蓝）→ 黄色督办单 → 红色督办单, as one table: which step is due for a matter, given what speaks for it and
//! which notices it has had. One matter, one notice 一事一单.
//!
//! | what speaks | no notice yet | yellow, not issued | yellow, its day not over | yellow, unanswered after its day | yellow, answered or settled |
//! |---|---|---|---|---|---|
//! | due−2 (blue) | the reminder, no notice | – | – | – | – |
//! | over+3 | yellow | rest | rest | rest | rest |
//! | over+7 | red; yellow is passed over | red; yellow is passed over | rest | red | rest |
//! | yellow light | yellow | rest | rest | red | rest |
//! | red light | red; yellow is passed over | red; yellow is passed over | rest | red | rest |
//!
//! A matter that has had a red notice rests. The days are those of the reminder policy.

use crate::domain::calendar::Holidays;
use crate::domain::expected_progress::Expected;
use crate::domain::ids::{ObligationId, TaskId, UnitId};
use crate::domain::light::{Basis, Light, RED_OVER, Why};
use crate::domain::local_time::chinese_day;
use crate::domain::notice::{NoticeState, Rung};
use crate::domain::obligation::ObligationKind;
use crate::domain::stage::{ReminderPolicy, Stage};
use chrono::NaiveDate;

/// Days after a due day that are looked at; the ladder has ended long before.
const MOST_DAYS_LATE: usize = 400;

/// What speaks for a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Evidence {
    /// A request stands at this stage, counted in workdays on which the unit is at work.
    Asked {
        /// Where it stands.
        at: Stage,
        /// Its due day.
        due_on: NaiveDate,
    },
    /// The light of a task is at least as grave as this.
    Light(Rung),
}

/// A notice that a matter has had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Earlier {
    /// Where it stands.
    pub state: NoticeState,
    /// The day by which the unit has to answer it, once issued.
    pub answer_by: Option<NaiveDate>,
    /// Whether an objection to it waits for a decision.
    pub contested: bool,
}

/// What is to be done about a matter today.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Nothing, for this reason.
    Rest(Resting),
    /// The reminder of that day is the blue warning.
    Blue,
    /// A notice.
    Raise {
        /// Its rung.
        rung: Rung,
        /// What becomes of the yellow one.
        yellow: YellowThen,
        /// Why, in a sentence without its full stop.
        reason: String,
    },
}

/// What becomes of the yellow notice of a matter when one is raised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum YellowThen {
    /// It is the one that is raised.
    IsRaised,
    /// It was never issued, and is passed over.
    PassedOver,
    /// It was issued, and not answered by its day: the red one refers to it.
    Unanswered,
}

/// Why nothing is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resting {
    /// The matter has not come so far.
    NotYet,
    /// It has had the notice that it has come to.
    Raised,
    /// The unit still has time to answer the yellow one.
    TimeToAnswer,
    /// An objection waits.
    Contested,
    /// The unit has answered, or a person has settled it.
    InHand,
}

/// The step that is due for a matter today.
pub fn next_step(
    policy: &ReminderPolicy,
    evidence: Evidence,
    yellow: Option<Earlier>,
    red: Option<Earlier>,
    today: NaiveDate,
) -> Step {
    let reached = match evidence {
        Evidence::Asked { at, .. } if at >= policy.red_notice_at => Some(Rung::Red),
        Evidence::Asked { at, .. } if at >= policy.yellow_notice_at => Some(Rung::Yellow),
        Evidence::Asked { at, .. } if at == policy.blue_notice_at => return Step::Blue,
        Evidence::Asked { .. } => None,
        Evidence::Light(rung) => Some(rung),
    };
    let Some(reached) = reached else {
        return Step::Rest(Resting::NotYet);
    };
    if red.is_some() {
        return Step::Rest(Resting::Raised);
    }
    let raise = |rung, yellow| Step::Raise {
        rung,
        yellow,
        reason: reason(policy, evidence, rung, yellow),
    };
    let Some(yellow) = yellow else {
        return match reached {
            Rung::Yellow => raise(Rung::Yellow, YellowThen::IsRaised),
            Rung::Red => raise(Rung::Red, YellowThen::PassedOver),
        };
    };
    let over = yellow.answer_by.is_some_and(|day| day < today);
    match (yellow.state, reached) {
        (NoticeState::Drafted | NoticeState::Approved, Rung::Yellow) => Step::Rest(Resting::Raised),
        (NoticeState::Drafted | NoticeState::Approved, Rung::Red) => {
            raise(Rung::Red, YellowThen::PassedOver)
        }
        (NoticeState::Issued, _) if yellow.contested => Step::Rest(Resting::Contested),
        (NoticeState::Issued, _) if !over => Step::Rest(Resting::TimeToAnswer),
        (NoticeState::Issued, Rung::Red) => raise(Rung::Red, YellowThen::Unanswered),
        (NoticeState::Issued, Rung::Yellow) => match evidence {
            Evidence::Asked { .. } => Step::Rest(Resting::Raised),
            // A light does not wait for a day: the silence about the yellow notice is what counts.
            Evidence::Light(_) => raise(Rung::Red, YellowThen::Unanswered),
        },
        (NoticeState::Answered | NoticeState::Closed | NoticeState::Withdrawn, _) => {
            Step::Rest(Resting::InHand)
        }
    }
}

fn reason(policy: &ReminderPolicy, evidence: Evidence, rung: Rung, yellow: YellowThen) -> String {
    let what = match evidence {
        Evidence::Asked { at, due_on } => {
            let due = chinese_day(due_on);
            let at_least = match rung {
                Rung::Yellow => policy.yellow_notice_at,
                Rung::Red => policy.red_notice_at,
            };
            format!(
                "应于{due}前填报，{}仍未填报，达到发{}的条件（{}）",
                place(at),
                rung.label(),
                condition(at_least)
            )
        }
        Evidence::Light(Rung::Yellow) => format!("牵头任务亮黄灯，达到发{}的条件", rung.label()),
        Evidence::Light(Rung::Red) => format!(
            "牵头任务亮红灯（滞后超过 {RED_OVER} 个百分点），达到发{}的条件",
            rung.label()
        ),
    };
    match yellow {
        YellowThen::IsRaised => what,
        YellowThen::PassedOver => format!("{what}；黄色督办单没有发出，直接升为红色"),
        YellowThen::Unanswered => format!("{what}；黄色督办单逾期没有答复"),
    }
}

fn place(at: Stage) -> String {
    match at {
        Stage::Notice => "至今".to_owned(),
        Stage::Before(workdays) => format!("距到期还有 {workdays} 个工作日"),
        Stage::Due => "今日到期".to_owned(),
        Stage::Over(workdays) => format!("已逾期 {workdays} 个工作日"),
    }
}

fn condition(at: Stage) -> String {
    match at {
        Stage::Notice => "提出要求之后".to_owned(),
        Stage::Before(workdays) => format!("到期前 {workdays} 个工作日"),
        Stage::Due => "到期当日".to_owned(),
        Stage::Over(workdays) => format!("逾期 {workdays} 个工作日"),
    }
}

/// The key of what a request is a matter of: completion reports of one unit and due day are one matter, whatever plans ask
/// for them. A new due day makes a new matter.
pub fn matter_of_ask(
    kind: ObligationKind,
    (id, due_revision): (ObligationId, i32),
    unit: UnitId,
    due_on: NaiveDate,
) -> String {
    match kind == ObligationKind::Complete {
        true => format!("due:{unit}:{due_on}"),
        false => format!("ask:{id}:{due_revision}"),
    }
}

/// The key of a unit's part in a task as a matter: that of its light.
pub fn matter_of_task(task: TaskId, unit: UnitId) -> String {
    format!("task:{task}:{unit}")
}

/// Where a request stands on `today`, counted in workdays on which the unit does not rest: a vacation makes nothing worse.
pub fn stage_at(
    due_on: NaiveDate,
    today: NaiveDate,
    holidays: &Holidays,
    rests: impl Fn(NaiveDate) -> bool,
) -> Stage {
    if today < due_on {
        let left = holidays.workdays_between(today, due_on);
        return Stage::Before(u16::try_from(left).unwrap_or(u16::MAX).max(1));
    }
    let late = due_on
        .iter_days()
        .skip(1)
        .take_while(|day| *day <= today)
        .take(MOST_DAYS_LATE)
        .filter(|day| holidays.is_workday(*day) && !rests(*day))
        .count();
    match u16::try_from(late).unwrap_or(u16::MAX) {
        0 => Stage::Due,
        late => Stage::Over(late),
    }
}

/// How grave the light of a lead's part is for the ladder: red where it lags by more than 30 points, else yellow where it
/// is not green. Nothing where nothing was ever reported, or where asks make the light: those are matters by themselves.
pub fn rung_of_light(why: &Why, reported: Option<u8>) -> Option<Rung> {
    let percent = reported?;
    match (why.light, why.basis) {
        (Light::Green, _) | (_, Basis::Ended(_) | Basis::Asked { .. }) => None,
        (Light::Yellow | Light::Red, Basis::Timed { expected, .. }) => {
            Some(match lags_gravely(expected, percent) {
                true => Rung::Red,
                false => Rung::Yellow,
            })
        }
    }
}

fn lags_gravely(expected: Expected, percent: u8) -> bool {
    expected.lag(percent).over(RED_OVER)
}

#[cfg(test)]
#[path = "notice_ladder_tests.rs"]
mod tests;
