//! On which days reminder stages fall, and which stage an obligation is in. Who is mailed is not decided here.

use chrono::NaiveDate;

use super::calendar::Holidays;
use super::stage::{ReminderPolicy, Stage};

/// The longest a single obligation is chased after its due day, in workdays, whatever the policy and `until` say.
const LONGEST_CHASE: i32 = 260;

/// A stage and the workday it falls on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StageDay {
    /// The stage.
    pub stage: Stage,
    /// A bureau-local workday.
    pub falls_on: NaiveDate,
}

/// The stages of one obligation on one workday.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StagesOnDay {
    /// The latest stage whose day has come: the only one to be sent if the obligation has not got it yet.
    pub current: Stage,
    /// The stages that fall on this very day, in order; empty on the days between.
    pub falling_today: Vec<Stage>,
}

/// The day on which chasing ends outside rounds: 20 workdays (by the policy) after the due day. In a round it ends when
/// the round closes.
pub fn chased_until(policy: &ReminderPolicy, due_on: NaiveDate, holidays: &Holidays) -> NaiveDate {
    match i32::from(policy.chase_for_workdays) {
        0 => due_on,
        workdays => holidays.add_workdays(due_on, workdays),
    }
}

/// The stages of an obligation and their days up to `until`, in order of time.
///
/// The notice falls on `opened_on` (the next workday, if it is none); after an extension or a return `opened_on` is the
/// day of that, whose mail is the notice. A stage that would fall on that day or before is covered by it and left out.
/// `due-k` counts back from the last workday on or before `due_on`, where `due-0` falls; `over+k` is the k-th workday
/// after `due_on`. Nothing falls later than 260 workdays after the due day.
pub fn stage_days(
    policy: &ReminderPolicy,
    opened_on: NaiveDate,
    due_on: NaiveDate,
    holidays: &Holidays,
    until: NaiveDate,
) -> Vec<StageDay> {
    let notice_on = holidays.on_or_after(opened_on);
    let last_workday = holidays.on_or_before(due_on);
    let fall_before = |workdays: u16| match i32::from(workdays) {
        0 => last_workday,
        workdays => holidays.add_workdays(last_workday, -workdays),
    };
    let mut days = vec![StageDay {
        stage: Stage::Due,
        falls_on: last_workday,
    }];
    days.extend(policy.before.iter().map(|&workdays| StageDay {
        stage: Stage::Before(workdays),
        falls_on: fall_before(workdays),
    }));
    days.extend(overdue_stages(policy, due_on, holidays, until));
    days.retain(|day| day.falls_on > notice_on && day.falls_on <= until);
    if notice_on <= until {
        days.push(StageDay {
            stage: Stage::Notice,
            falls_on: notice_on,
        });
    }
    days.sort_by_key(|day| (day.falls_on, day.stage));
    days.dedup();
    days
}

/// The stage an obligation is in on `today` and what falls on it; `None` on a day that is no workday, before the
/// notice, and after `until`, when nothing is sent.
///
/// After days without sending, `current` is the one stage to send: those missed in between are not made up for.
pub fn current_stages(
    policy: &ReminderPolicy,
    opened_on: NaiveDate,
    due_on: NaiveDate,
    today: NaiveDate,
    holidays: &Holidays,
    until: NaiveDate,
) -> Option<StagesOnDay> {
    if today > until || !holidays.is_workday(today) {
        return None;
    }
    let reached = stage_days(policy, opened_on, due_on, holidays, today);
    let current = reached.last()?.stage;
    let falling_today = reached
        .iter()
        .filter(|day| day.falls_on == today)
        .map(|day| day.stage)
        .collect();
    Some(StagesOnDay {
        current,
        falling_today,
    })
}

/// The stages after the due day, up to `until`: those listed, then one every `then_every` workdays.
fn overdue_stages(
    policy: &ReminderPolicy,
    due_on: NaiveDate,
    holidays: &Holidays,
    until: NaiveDate,
) -> Vec<StageDay> {
    let mut stages = Vec::new();
    let listed_last = policy.over.iter().copied().max().unwrap_or(0);
    let mut workday = due_on;
    for count in 1..=LONGEST_CHASE {
        workday = holidays.add_workdays(workday, 1);
        if workday > until {
            break;
        }
        let Ok(over) = u16::try_from(count) else {
            break;
        };
        let repeats = policy.then_every > 0
            && over > listed_last
            && (over - listed_last).is_multiple_of(policy.then_every);
        if repeats || policy.over.contains(&over) {
            stages.push(StageDay {
                stage: Stage::Over(over),
                falls_on: workday,
            });
        }
    }
    stages
}
