//! What a notice states: rule, matter, days, lights, reminders. Gathered when it is drafted, and anew when it is issued;
//! from then on it stays as the unit has received it.

use crate::domain::ids::ObligationId;
use crate::domain::light::Light;
use crate::domain::notice::{NoticeNumber, Rung};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// Tasks that a notice names of one request; the rest is counted.
pub const MOST_TASKS_NAMED: usize = 12;

/// Reminders that a notice names; the newest.
pub const MOST_REMINDERS_NAMED: usize = 10;

/// What a notice states.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeFacts {
    /// The day on which they were gathered.
    pub as_of: NaiveDate,
    /// Name of the unit.
    pub unit_name: String,
    /// Name of the office that signs.
    pub office: String,
    /// What the unit owes; empty where the notice is about a task.
    pub asks: Vec<AskFact>,
    /// The task, where it is about one.
    pub task: Option<TaskFact>,
    /// The gravest light among the tasks.
    pub light: Option<LightFact>,
    /// Reminders that have reached the unit, the earliest first; at most [`MOST_REMINDERS_NAMED`].
    pub reminders: Vec<ReminderFact>,
    /// How many there were.
    pub reminder_count: usize,
    /// The notice before it about the same matter.
    pub earlier: Option<EarlierFact>,
    /// The day by which it is to be answered, once issued.
    pub answer_by: Option<NaiveDate>,
}

/// A request that was not answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskFact {
    /// The request.
    pub obligation_id: ObligationId,
    /// What was to be done, as a verb phrase: 报送《…》任务完成情况.
    pub what: String,
    /// The due day at first.
    pub first_due_on: NaiveDate,
    /// The due day.
    pub due_on: NaiveDate,
    /// Workdays overdue; 0 where it is not.
    pub overdue_workdays: u32,
    /// The tasks asked about, each with number and title; at most [`MOST_TASKS_NAMED`].
    pub tasks: Vec<String>,
    /// How many there are.
    pub task_count: usize,
}

/// A task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskFact {
    /// 四(一)1.
    pub number: String,
    /// Title.
    pub title: String,
    /// Title of its plan, without 《》.
    pub plan_title: String,
}

/// A light, with the sentence that explains it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LightFact {
    /// The light.
    pub light: Light,
    /// Number of the task.
    pub task_number: String,
    /// Why, with its full stop.
    pub text: String,
}

/// A reminder that was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReminderFact {
    /// The local day.
    pub on: NaiveDate,
    /// At which stage: 逾期 1 个工作日.
    pub stage: String,
}

/// The notice before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EarlierFact {
    /// Its number.
    pub number: NoticeNumber,
    /// Its rung.
    pub rung: Rung,
    /// When it was issued.
    pub issued_on: NaiveDate,
}

impl NoticeFacts {
    /// What it is about, in a few words: the request, or the task.
    pub fn about(&self) -> String {
        match (self.asks.as_slice(), &self.task) {
            ([first], _) => first.what.clone(),
            ([first, ..], _) => format!("{}等{}项应报事项", first.what, self.asks.len()),
            ([], Some(task)) => format!("推进任务{}（{}）", task.number, task.title),
            ([], None) => "办理有关事项".to_owned(),
        }
    }

    /// The longest delay, in workdays.
    pub fn overdue_workdays(&self) -> u32 {
        let days = self.asks.iter().map(|ask| ask.overdue_workdays);
        days.max().unwrap_or(0)
    }
}
