//! What a bulletin 通报 is made of, frozen once: how every assignment of a plan stood in the evening of a day, and who had
//! not answered. Everything that a bulletin tells later follows from this alone; its SHA-256 is printed in it.
//!
//! Names, not only ids, are kept: a unit that is renamed later is told as it was called then.

use crate::domain::cycle_kind::CycleKind;
use crate::domain::five_counts::{FiveCounts, LightCounts};
use crate::domain::ids::{AssignmentId, UnitId};
use crate::domain::light::Light;
use crate::domain::obligation::ObligationKind;
use crate::domain::percent_parts::Tenths;
use crate::domain::period_key::PeriodKey;
use crate::domain::role::Role;
use crate::domain::standing::Standing;
use crate::domain::unit_kind::UnitKind;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// The form of snapshots made now; an older form stays readable.
pub const SNAPSHOT_FORMAT: u32 = 1;

/// A plan as of a day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BulletinSnapshot {
    /// [`SNAPSHOT_FORMAT`] when it was made.
    pub format: u32,
    /// Title of the plan.
    pub plan_title: String,
    /// 发文字号 of the plan.
    pub plan_number: Option<String>,
    /// The period that is told of; `None` where a person asked for a day.
    pub period: Option<PeriodKey>,
    /// First day that is told of: of the period, or of the plan's issue.
    pub from: NaiveDate,
    /// In the evening of this day.
    pub as_of: NaiveDate,
    /// The supervision office.
    pub office: String,
    /// Units that have an assignment or were asked, in the order of their codes.
    pub units: Vec<SnapshotUnit>,
    /// The outermost headings of the plan, in its order; empty text for tasks under none.
    pub sections: Vec<String>,
    /// Tasks, in the order of the plan.
    pub tasks: Vec<SnapshotTask>,
    /// All assignments.
    pub assignments: FiveCounts,
    /// Their lights.
    pub lights: LightCounts,
    /// The assignments of each unit, in the order of `units`.
    pub by_unit: Vec<UnitCounts>,
    /// The assignments of each section, in the order of `sections`.
    pub by_section: Vec<FiveCounts>,
    /// Assignments, task by task.
    pub ledger: Vec<SnapshotAssignment>,
    /// Assignments that are counted above, but are too many for the ledger; green ones are left out first.
    pub ledger_left_out: u32,
    /// Rounds that were opened in the period.
    pub rounds: Vec<SnapshotRound>,
    /// Requests that had fallen due and were not answered.
    pub unanswered: Vec<SnapshotAsk>,
}

/// A unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotUnit {
    /// Its id.
    pub id: UnitId,
    /// Code.
    pub code: String,
    /// Name.
    pub name: String,
    /// Kind.
    pub kind: UnitKind,
    /// The name of the district above it.
    pub district: Option<String>,
    /// 联系领导.
    pub liaison: Option<String>,
}

/// A task, judged by the progress of the lead who decides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotTask {
    /// Outline path such as 四(一)1.
    pub number: String,
    /// Title.
    pub title: String,
    /// Place of its section in `sections`.
    pub section: u32,
    /// How it is counted.
    pub standing: Standing,
    /// Its light.
    pub light: Light,
    /// Why, without full stop.
    pub why: String,
}

/// What of a unit is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct UnitCounts {
    /// By standing.
    pub standings: FiveCounts,
    /// By light.
    pub lights: LightCounts,
}

/// An assignment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotAssignment {
    /// Its id.
    pub id: AssignmentId,
    /// Place of its task in `tasks`.
    pub task: u32,
    /// Place of its unit in `units`.
    pub unit: u32,
    /// The unit's part.
    pub role: Role,
    /// How it is counted.
    pub standing: Standing,
    /// Its light.
    pub light: Light,
    /// What it had reported last, 0–100.
    pub percent: Option<u8>,
    /// What was expected, in tenths of a percent.
    pub expected: Option<Tenths>,
    /// The day by which it is to be done.
    pub due_on: Option<NaiveDate>,
    /// Why its light is yellow or red, without full stop.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub why: Option<String>,
    /// 进展情况, as reported last.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub done: Option<String>,
    /// 存在问题.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub problems: Option<String>,
    /// 下一步措施.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub next_steps: Option<String>,
}

/// A round that was opened in the period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotRound {
    /// Kind of its cycle.
    pub cycle: CycleKind,
    /// Its period.
    pub period: String,
    /// Local day it was opened.
    pub opened_on: NaiveDate,
    /// Latest due day.
    pub due_on: Option<NaiveDate>,
    /// Requests it made.
    pub asked: u32,
    /// Of these, answered by the day of the snapshot.
    pub answered: u32,
}

/// A request that had fallen due and was not answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotAsk {
    /// Place of the unit in `units`.
    pub unit: u32,
    /// What was asked.
    pub kind: ObligationKind,
    /// What was to be sent, where the kind does not say it.
    pub what: Option<String>,
    /// Its due day.
    pub due_on: NaiveDate,
}

impl SnapshotAsk {
    /// What was asked, as a bulletin says it.
    pub fn told(&self) -> String {
        match (self.kind, &self.what) {
            (ObligationKind::SendUp, Some(what)) => format!("报送{what}"),
            (kind, _) => kind.label().to_owned(),
        }
    }
}

/// The name of a cycle in the text of a bulletin.
pub fn cycle_label(kind: CycleKind) -> &'static str {
    match kind {
        CycleKind::SpotCheck => "抽查",
        CycleKind::Dispatch => "调度",
        CycleKind::Bulletin => "通报",
        CycleKind::Monitoring => "监测",
        CycleKind::Appraisal => "考评",
    }
}

/// The part of a unit in a task.
pub fn role_label(role: Role) -> &'static str {
    match role {
        Role::Lead => "牵头",
        Role::Responsible => "责任",
        Role::Cooperating => "配合",
    }
}
