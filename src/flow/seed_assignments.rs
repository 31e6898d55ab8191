//! Example data in bulk: a bureau of 300 units with as many assignments as wanted, answers over the past months, rounds.
//! Only for a database that holds no real plans. Nothing is mailed: units have no contacts, cycles are off.
//!
//! What a unit answers is in `domain::seeded_town`; the asks of one plan are in `seed_asks`.

use crate::domain::cycle::CycleRule;
use crate::domain::cycle_kind::CycleKind;
use crate::domain::dice::Dice;
use crate::domain::fan_out::Party;
use crate::domain::ids::{AssignmentId, CycleId, PlanId, RoundId, TaskId, UnitId};
use crate::domain::period_key::PeriodKey;
use crate::domain::plan_origin::PlanOrigin;
use crate::domain::resource::Resource;
use crate::domain::role::Role;
use crate::domain::seeded_town::{self, Due, SeededTask, SeededUnit};
use crate::domain::stage::ReminderPolicy;
use crate::domain::unit::Unit;
use crate::flow::seed_asks::{LateReport, seed_asks, write_reports};
use crate::flow::{Ctx, FlowError, Now, RefusalCode};
use crate::storage::audit_events::AuditEntry;
use crate::storage::cycles::StoredCycle;
use crate::storage::plans::{StoredPhase, StoredPlan};
use crate::storage::rounds::StoredRound;
use crate::storage::tasks::{StoredTask, TaskState};
use crate::storage::{WriteTx, changes, cycles, marks, new_id, plans, rounds, tasks, units};
use chrono::{DateTime, Datelike, Duration, NaiveDate, NaiveTime, Utc};
use uuid::Uuid;

/// Plans among which the assignments are divided.
const PLANS: u64 = 6;

/// Days after today on which the plans end.
pub(super) const PLAN_ENDS_IN: i32 = 200;

/// The most assignments at once.
pub const MOST_SEEDED: u64 = 5_000_000;

/// What is wanted.
#[derive(Debug, Clone, Copy)]
pub struct SeedWanted {
    /// Assignments, exactly.
    pub assignments: u64,
    /// The same seed gives the same town.
    pub seed: u64,
}

/// What was made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Seeded {
    /// Units that were not there yet.
    pub units: u64,
    /// Plans.
    pub plans: u64,
    /// Tasks.
    pub tasks: u64,
    /// Assignments.
    pub assignments: u64,
    /// Rounds.
    pub rounds: u64,
    /// Obligations.
    pub obligations: u64,
    /// Reports.
    pub reports: u64,
}

/// The town while it is being made.
pub(super) struct Seeding<'a> {
    pub(super) ctx: &'a Ctx,
    pub(super) now: Now,
    pub(super) seed: u64,
    /// How many times this database was seeded before.
    pub(super) times: u64,
    pub(super) units: Vec<SeededUnit>,
    pub(super) unit_ids: Vec<UnitId>,
    pub(super) made: Seeded,
    /// Reports still to be written, once all plans are there: in the order of time.
    pub(super) late: Vec<LateReport>,
}

/// A plan of the town.
pub(super) struct SeededPlan {
    pub(super) number: u64,
    pub(super) id: PlanId,
    /// Days since its issue.
    pub(super) issued_back: i32,
    pub(super) tasks: Vec<(TaskId, SeededTask)>,
    pub(super) assignments: Vec<Part>,
}

/// An assignment: places in the lists of its plan and of the units.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part {
    pub(super) id: AssignmentId,
    pub(super) task: usize,
    pub(super) unit: usize,
    pub(super) role: Role,
    pub(super) position: i32,
}

/// Fills the database with example data.
///
/// # Errors
/// [`FlowError::Refused`] where it holds real plans, or so many assignments are not made at once; [`FlowError::Storage`].
pub async fn seed_assignments(ctx: &Ctx, wanted: SeedWanted) -> Result<Seeded, FlowError> {
    let times = marks::times_seeded(&ctx.db).await?;
    check(ctx, wanted, times).await?;
    let mut seeding = Seeding {
        ctx,
        now: ctx.now(),
        seed: wanted.seed,
        times,
        units: seeded_town::units(),
        unit_ids: Vec::new(),
        made: Seeded::default(),
        late: Vec::new(),
    };
    seeding.begin().await?;
    for number in 0..PLANS {
        // Together exactly as many as wanted.
        let until = wanted.assignments * (number + 1) / PLANS;
        let assignments = until - wanted.assignments * number / PLANS;
        if assignments > 0 {
            let plan = seeding.make_plan(number, assignments).await?;
            seed_asks(&mut seeding, &plan).await?;
        }
    }
    write_reports(&mut seeding).await?;
    seeding.end(wanted).await
}

async fn check(ctx: &Ctx, wanted: SeedWanted, times: u64) -> Result<(), FlowError> {
    if !(1..=MOST_SEEDED).contains(&wanted.assignments) {
        let text = format!("示例任务分工的条数应为 1 至 {MOST_SEEDED}");
        return Err(FlowError::refused_field(
            RefusalCode::InvalidValue,
            "assignments",
            text,
        ));
    }
    let is_example = times > 0 || marks::is_demo(&ctx.db).await?;
    if !is_example && !plans::all(&ctx.db).await?.is_empty() {
        let text =
            "数据库中已有正式的方案，不会写入示例数据。请用 DUBAN__DATABASE__URL 另指定一个数据库";
        return Err(FlowError::refused(RefusalCode::Taken, text));
    }
    Ok(())
}

impl Seeding<'_> {
    /// The local day so many days ago.
    pub(super) fn day(&self, back: i32) -> NaiveDate {
        self.now.today - Duration::days(i64::from(back))
    }

    /// Ten o'clock of that day; now where that is still to come.
    pub(super) fn at(&self, back: i32) -> DateTime<Utc> {
        let ten = NaiveTime::from_hms_opt(10, 0, 0).unwrap_or_default();
        let zone = self.ctx.settings.zone;
        zone.instant(self.day(back).and_time(ten)).min(self.now.at)
    }

    /// Dice for one thing of this town.
    pub(super) fn dice(&self, thing: &[u64]) -> Dice {
        let mut all = vec![self.times];
        all.extend_from_slice(thing);
        Dice::of(self.seed, &all)
    }

    /// Marks the database as holding example data, and makes the units that are missing.
    async fn begin(&mut self) -> Result<(), FlowError> {
        let directory = self.ctx.units().await?;
        let mut position = i32::try_from(directory.units().len()).unwrap_or(i32::MAX);
        let tx = self.ctx.write().await?;
        marks::set_times_seeded(&tx, self.times + 1, self.now.at).await?;
        for unit in &self.units {
            if let Some(known) = directory.by_code(&unit.code) {
                self.unit_ids.push(known.id);
                continue;
            }
            let parent_id = unit.parent.and_then(|at| self.unit_ids.get(at).copied());
            let row = Unit {
                id: UnitId(new_id()),
                code: unit.code.clone(),
                name: unit.name.clone(),
                kind: unit.kind,
                parent_id,
                aliases: Vec::new(),
                levels: unit.levels.clone(),
                groups: Vec::new(),
                liaison: None,
            };
            units::insert(&tx, &row, position).await?;
            position = position.saturating_add(1);
            self.unit_ids.push(row.id);
            self.made.units += 1;
        }
        Ok(tx.commit_unseen().await?)
    }

    async fn end(self, wanted: SeedWanted) -> Result<Seeded, FlowError> {
        let tx = self.ctx.write().await?;
        changes::forget_all(&tx).await?;
        let text = format!("写入示例数据：种子 {}", wanted.seed);
        let entry = AuditEntry {
            // It is about no row in particular.
            row_id: None,
            ..AuditEntry::done("seed", Resource::Plans, Uuid::nil(), text)
        };
        tx.audit(entry.after(serde_json::json!(self.made)));
        tx.commit().await?;
        Ok(self.made)
    }

    /// A plan with so many assignments: its tasks and who carries them, not yet written beyond the tasks.
    async fn make_plan(&mut self, number: u64, assignments: u64) -> Result<SeededPlan, FlowError> {
        let mut dice = self.dice(&[number]);
        let mut plan = SeededPlan {
            number,
            id: PlanId(new_id()),
            issued_back: 180 - 15 * i32::try_from(number).unwrap_or(0),
            tasks: Vec::new(),
            assignments: Vec::new(),
        };
        let mut left = usize::try_from(assignments).unwrap_or(usize::MAX);
        while left > 0 {
            let mut task = seeded_town::task(&mut dice, &self.units, plan.tasks.len());
            task.leads.truncate(left);
            left -= task.leads.len();
            task.responsible.truncate(left);
            left -= task.responsible.len();
            plan.take(task);
        }
        self.made.plans += 1;
        self.made.tasks += plan.tasks.len() as u64;
        self.made.assignments += assignments;
        let tx = self.ctx.write().await?;
        self.write_plan(&tx, &plan).await?;
        tx.commit_unseen().await?;
        Ok(plan)
    }

    async fn write_plan(&self, tx: &WriteTx, plan: &SeededPlan) -> Result<(), FlowError> {
        let issued_on = self.day(plan.issued_back);
        let issued_at = self.at(plan.issued_back);
        let name = format!("示例方案{}（第 {} 批）", plan.number + 1, self.times + 1);
        let row = StoredPlan {
            id: plan.id,
            identity: format!("seed:{}:{}", self.times, plan.number),
            content_hash: String::new(),
            title: name,
            issued_by: Some("示例市教育局".to_owned()),
            document_number: None,
            first_year: Some(issued_on.year()),
            source_name: "duban seed".to_owned(),
            problems: serde_json::json!([]),
            first_phase_starts_on: Some(issued_on),
            last_phase_ends_on: Some(self.day(-PLAN_ENDS_IN)),
            issue_count: 0,
            imported_at: issued_at,
            issued_on: None,
            closed_on: None,
            origin: PlanOrigin::Document,
        };
        plans::insert(tx, &row).await?;
        plans::record_issue(tx, &row, 1, issued_at, issued_on).await?;
        let phase = StoredPhase {
            name: "实施".to_owned(),
            starts_on: row.first_phase_starts_on,
            ends_on: row.last_phase_ends_on,
        };
        plans::insert_phases(tx, plan.id, &[phase]).await?;
        let stored: Vec<(StoredTask, Vec<Party>)> = plan
            .tasks
            .iter()
            .map(|(id, task)| (self.stored_task(plan.id, *id, task), Vec::new()))
            .collect();
        tasks::insert(tx, 0, &stored).await?;
        for (id, _) in &plan.tasks {
            tasks::mark_issued(tx, *id, issued_at).await?;
        }
        Ok(())
    }

    fn stored_task(&self, plan_id: PlanId, id: TaskId, task: &SeededTask) -> StoredTask {
        StoredTask {
            id,
            plan_id,
            number: task.number.clone(),
            section: task.section.clone(),
            title: task.title.clone(),
            text: format!("{}。", task.title),
            due_on: match task.due {
                Due::Day(day) => Some(self.day(-day)),
                Due::EndOfPlan | Due::Standing => None,
            },
            continuous: task.due == Due::Standing,
            state: TaskState::Imported,
            origin_note: None,
            template_id: None,
            split_from: None,
            first_due_on: None,
            collects: false,
            held_reason: None,
            issued_at: None,
        }
    }

    /// A cycle of the plan, off, with the round before the present one, closed, and the present one.
    pub(super) async fn make_rounds(
        &mut self,
        tx: &WriteTx,
        plan: &SeededPlan,
        kind: CycleKind,
        rule: CycleRule,
    ) -> Result<Vec<SeededRound>, FlowError> {
        let cycle = StoredCycle {
            id: CycleId(new_id()),
            plan_id: plan.id,
            kind,
            rule,
            reminders: ReminderPolicy::default(),
            text: None,
            enabled: false,
            switched_on_on: None,
            next_seed: None,
            next_commitment: None,
        };
        cycles::insert(tx, &cycle).await?;
        let months: u32 = if kind == CycleKind::Dispatch { 2 } else { 1 };
        let index = self.now.today.month0() / months + 1;
        let index = u8::try_from(index).unwrap_or(1);
        let present = PeriodKey::new(rule.frequency, self.now.today.year(), index);
        let before = present.and_then(PeriodKey::previous);
        let mut made = Vec::new();
        for (period, opened_back, due_back, closed_back) in
            [(before, 45, 40, Some(26)), (present, 6, -1, None)]
        {
            let Some(period) = period else { continue };
            let round = StoredRound {
                id: RoundId(new_id()),
                cycle_id: cycle.id,
                period,
                open: true,
                planned_on: self.day(opened_back),
                opened_on: self.day(opened_back),
                due_on: Some(self.day(due_back)),
                late: false,
                by_hand: None,
                provisional: false,
                listed: Vec::new(),
                opened_at: self.at(opened_back),
                check: None,
            };
            rounds::insert(tx, &round, None).await?;
            if let Some(closed_back) = closed_back {
                rounds::close(tx, round.id, "seed", self.at(closed_back)).await?;
            }
            made.push(SeededRound {
                id: round.id,
                opened_back,
                due_back,
                closed_back,
            });
        }
        self.made.rounds += made.len() as u64;
        Ok(made)
    }
}

/// A round of the town; days are counted back from today.
#[derive(Debug, Clone, Copy)]
pub(super) struct SeededRound {
    pub(super) id: RoundId,
    pub(super) opened_back: i32,
    pub(super) due_back: i32,
    pub(super) closed_back: Option<i32>,
}

impl SeededPlan {
    fn take(&mut self, task: SeededTask) {
        let at = self.tasks.len();
        let leads = task.leads.iter().map(|unit| (*unit, Role::Lead));
        let responsible = task.responsible.iter();
        let responsible = responsible.map(|unit| (*unit, Role::Responsible));
        for (position, (unit, role)) in (0..).zip(leads.chain(responsible)) {
            self.assignments.push(Part {
                id: AssignmentId(new_id()),
                task: at,
                unit,
                role,
                position,
            });
        }
        self.tasks.push((TaskId(new_id()), task));
    }

    /// When the task of an assignment is due.
    pub(super) fn due(&self, part: &Part) -> Due {
        let task = self.tasks.get(part.task);
        task.map_or(Due::Standing, |(_, task)| task.due)
    }
}
