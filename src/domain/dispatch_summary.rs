//! What a dispatch came to 调度小结, as data: by lead unit and task, what is behind, blocked and unanswered, what has changed
//! since the last one, and what was decided. Frozen when the round closes; nothing of it is worked out again later.

use crate::domain::decision::DecisionState;
use crate::domain::ids::{AssignmentId, DecisionId, PlanId, RoundId, TaskId, UnitId};
use crate::domain::light::Light;
use crate::domain::obligation::ObligationState;
use crate::domain::period_key::PeriodKey;
use crate::domain::standing::Standing;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, HashMap};

/// What is written where there are no problems.
const NO_PROBLEMS: [&str; 12] = [
    "无",
    "没有",
    "暂无",
    "无问题",
    "暂无问题",
    "没有问题",
    "不存在问题",
    "暂未发现问题",
    "无存在问题",
    "none",
    "no",
    "n/a",
];

/// Whether what a unit told of problems says that something stands in the way.
pub fn is_blocked(problems: Option<&str>) -> bool {
    let told = problems.unwrap_or_default().trim();
    let told = told.trim_end_matches(['。', '.', '！', '；', ';']).trim();
    let told = told.to_lowercase();
    let says_nothing = |told: &str| told.chars().all(|letter| !letter.is_alphanumeric());
    !says_nothing(&told) && !NO_PROBLEMS.contains(&told.as_str())
}

/// A summary.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DispatchSummary {
    /// The round.
    pub round_id: RoundId,
    /// The plan.
    pub plan_id: PlanId,
    /// Its title.
    pub plan_title: String,
    /// The period.
    pub period: PeriodKey,
    /// The office that issues it.
    pub office: String,
    /// Local day on which the round was opened.
    pub opened_on: NaiveDate,
    /// Latest due day.
    pub due_on: Option<NaiveDate>,
    /// Local day of the summary.
    pub made_on: NaiveDate,
    /// Everything together.
    pub totals: SummaryTotals,
    /// The last summary of the same cycle.
    pub before: Option<SummaryBefore>,
    /// The lead units that were asked, in the order of the directory.
    pub units: Vec<UnitSummary>,
    /// What was collected from below, by task.
    pub collected: Vec<CollectedTask>,
    /// What was decided and was open, or has ended since the last summary.
    pub decisions: Vec<DecisionTold>,
}

/// Numbers of a summary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SummaryTotals {
    /// Lead units that were asked.
    pub units: usize,
    /// Of these, those that have answered.
    pub answered: usize,
    /// And those that have not.
    pub unanswered: usize,
    /// Tasks.
    pub tasks: usize,
    /// Parts: a task has one for each of its lead units.
    pub items: usize,
    /// Parts with a green light.
    pub green: usize,
    /// With a yellow one.
    pub yellow: usize,
    /// With a red one.
    pub red: usize,
    /// 欠进度.
    pub behind: usize,
    /// Of which problems were told.
    pub blocked: usize,
    /// Of which nothing was told in the period.
    pub silent: usize,
    /// Whose progress has moved since the last summary.
    pub moved: usize,
    /// Red now, and not so then.
    pub newly_red: usize,
    /// Red then, and not any more.
    pub recovered: usize,
}

/// The summary that this one is compared with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SummaryBefore {
    /// Its period.
    pub period: PeriodKey,
    /// Its day.
    pub made_on: NaiveDate,
    /// Its numbers.
    pub totals: SummaryTotals,
}

/// A lead unit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UnitSummary {
    /// The unit.
    pub unit_id: UnitId,
    /// Its code.
    pub unit_code: String,
    /// Its name.
    pub unit_name: String,
    /// Where its obligation stands.
    pub state: ObligationState,
    /// Local day of its last answer.
    pub answered_on: Option<NaiveDate>,
    /// What it says of everything.
    pub note: Option<String>,
    /// Its tasks, in the order of the plan.
    pub items: Vec<ItemSummary>,
}

/// A lead unit's part of a task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ItemSummary {
    /// The part.
    pub assignment_id: AssignmentId,
    /// The task.
    pub task_id: TaskId,
    /// Its number.
    pub task_number: String,
    /// Its title.
    pub task_title: String,
    /// Whether this unit's progress is the task's.
    pub decides: bool,
    /// The light.
    pub light: Light,
    /// How a bulletin counts it.
    pub standing: Standing,
    /// What was expected by the day, with one decimal; `None` without expected progress.
    pub expected_percent: Option<f64>,
    /// What was reported last.
    pub percent: Option<u8>,
    /// Why the light is what it is.
    pub why: String,
    /// Local day of the last report.
    pub reported_on: Option<NaiveDate>,
    /// Whether that lies in the period.
    pub reported: bool,
    /// What was done, as told in the period.
    pub done: Option<String>,
    /// Problems, as told in the period.
    pub problems: Option<String>,
    /// Next steps, as told in the period.
    pub next_steps: Option<String>,
    /// 欠进度.
    pub behind: bool,
    /// Whether the problems stand in the way.
    pub blocked: bool,
    /// Against the last summary; `None` where that does not have it.
    pub change: Option<ItemChange>,
}

/// What has changed of a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemChange {
    /// Progress then.
    pub percent_before: Option<u8>,
    /// Light then.
    pub light_before: Light,
    /// Points that progress has moved by.
    pub moved: i16,
    /// Red now, and not so then.
    pub newly_red: bool,
    /// Red then, and not any more.
    pub recovered: bool,
}

/// What the units below tell of a collecting task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CollectedTask {
    /// The task.
    pub task_id: TaskId,
    /// Its number.
    pub task_number: String,
    /// Its title.
    pub task_title: String,
    /// Units that were asked.
    pub asked: usize,
    /// Units that have answered.
    pub answered: usize,
    /// Mean of their progress, with one decimal.
    pub mean_percent: Option<f64>,
}

/// A decision as it is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecisionTold {
    /// Its id.
    pub decision_id: DecisionId,
    /// Period of the dispatch in which it was made.
    pub period: PeriodKey,
    /// Its number there.
    pub number: i32,
    /// What was decided.
    pub text: String,
    /// The unit.
    pub unit_id: UnitId,
    /// Its name.
    pub unit_name: String,
    /// By when, as it stands now.
    pub due_on: NaiveDate,
    /// The task that it is about.
    pub task_number: Option<String>,
    /// Where it stands.
    pub state: DecisionState,
    /// What the unit has answered last.
    pub answer: Option<String>,
    /// What was said when it was returned, closed or withdrawn.
    pub note: Option<String>,
}

impl SummaryTotals {
    /// The numbers of these units.
    pub fn of(units: &[UnitSummary]) -> Self {
        let mut totals = Self {
            units: units.len(),
            ..Self::default()
        };
        let mut tasks: BTreeSet<TaskId> = BTreeSet::new();
        for unit in units {
            match unit.state {
                ObligationState::Answered => totals.answered += 1,
                ObligationState::Open
                | ObligationState::Unanswered
                | ObligationState::Withdrawn => totals.unanswered += 1,
            }
            for item in &unit.items {
                tasks.insert(item.task_id);
                totals.add(item);
            }
        }
        totals.tasks = tasks.len();
        totals
    }

    fn add(&mut self, item: &ItemSummary) {
        self.items += 1;
        match item.light {
            Light::Green => self.green += 1,
            Light::Yellow => self.yellow += 1,
            Light::Red => self.red += 1,
        }
        self.behind += usize::from(item.behind);
        self.blocked += usize::from(item.blocked);
        self.silent += usize::from(!item.reported);
        if let Some(change) = &item.change {
            self.moved += usize::from(change.moved != 0);
            self.newly_red += usize::from(change.newly_red);
            self.recovered += usize::from(change.recovered);
        }
    }
}

impl ItemSummary {
    /// What has changed since `before`.
    fn change_since(&self, before: &Self) -> ItemChange {
        let points = |percent: Option<u8>| i16::from(percent.unwrap_or(0));
        ItemChange {
            percent_before: before.percent,
            light_before: before.light,
            moved: points(self.percent) - points(before.percent),
            newly_red: self.light == Light::Red && before.light != Light::Red,
            recovered: self.light != Light::Red && before.light == Light::Red,
        }
    }
}

impl DispatchSummary {
    /// Compares it with the last one, and counts.
    pub fn completed(mut self, last: Option<&Self>) -> Self {
        let known: HashMap<AssignmentId, &ItemSummary> = last
            .into_iter()
            .flat_map(|one| &one.units)
            .flat_map(|unit| &unit.items)
            .map(|item| (item.assignment_id, item))
            .collect();
        for item in self.units.iter_mut().flat_map(|unit| &mut unit.items) {
            let before = known.get(&item.assignment_id);
            item.change = before.map(|before| item.change_since(before));
        }
        self.totals = SummaryTotals::of(&self.units);
        self.before = last.map(|last| SummaryBefore {
            period: last.period,
            made_on: last.made_on,
            totals: last.totals,
        });
        self
    }

    /// What of it is about units that `is_met` lets pass.
    pub fn about(&self, is_met: impl Fn(UnitId) -> bool) -> Self {
        let units: Vec<UnitSummary> = self
            .units
            .iter()
            .filter(|unit| is_met(unit.unit_id))
            .cloned()
            .collect();
        let items = units.iter().flat_map(|unit| &unit.items);
        let tasks: BTreeSet<TaskId> = items.map(|item| item.task_id).collect();
        let collected = self.collected.iter();
        let collected = collected.filter(|one| tasks.contains(&one.task_id));
        let decisions = self.decisions.iter().filter(|one| is_met(one.unit_id));
        Self {
            totals: SummaryTotals::of(&units),
            before: None,
            collected: collected.cloned().collect(),
            decisions: decisions.cloned().collect(),
            units,
            ..self.clone()
        }
    }

    /// What it is called.
    pub fn title(&self) -> String {
        let plan = match self.plan_title.contains('《') {
            true => self.plan_title.clone(),
            false => format!("《{}》", self.plan_title),
        };
        format!("{plan}{}调度小结", self.period.label())
    }
}

#[cfg(test)]
#[path = "dispatch_summary_tests.rs"]
mod tests;
