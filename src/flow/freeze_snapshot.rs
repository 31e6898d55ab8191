//! A plan as of a day → a frozen snapshot 快照, with the checksum of its bytes. What a bulletin tells is taken from it alone.

use crate::domain::board::{AsOf, LedgerLine};
use crate::domain::bulletin_snapshot::{
    BulletinSnapshot, SNAPSHOT_FORMAT, SnapshotAsk, SnapshotAssignment, SnapshotRound,
    SnapshotTask, SnapshotUnit, UnitCounts,
};
use crate::domain::draw::hex;
use crate::domain::five_counts::FiveCounts;
use crate::domain::ids::{TaskId, UnitId};
use crate::domain::period::Period;
use crate::domain::unit::UnitDirectory;
use crate::domain::unit_kind::UnitKind;
use crate::flow::refresh_board::{BoardView, ask};
use crate::flow::{Ctx, FlowError};
use crate::storage::bulletin_rows::{UnansweredAsk, unanswered_on, words_reported};
use crate::storage::plans::StoredPlan;
use chrono::NaiveDate;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Rows of a ledger; Excel and readers bear no more. All are counted.
const MOST_ROWS: usize = 50_000;
/// The longest report that a ledger repeats, in characters.
const MOST_WORDS: usize = 300;

/// A snapshot as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Frozen {
    /// What it says.
    pub snapshot: BulletinSnapshot,
    /// The same as JSON: fields in the order of their definition, without blanks. These bytes are kept.
    pub content: String,
    /// SHA-256 (hex) of them.
    pub sha256: String,
}

impl Frozen {
    /// A snapshot with its bytes and their checksum.
    fn of(snapshot: BulletinSnapshot) -> Result<Self, FlowError> {
        let content = serde_json::to_string(&snapshot)
            .map_err(|error| FlowError::Interrupted(format!("数据快照无法写成：{error}")))?;
        let sha256 = checksum(&content);
        Ok(Self {
            snapshot,
            content,
            sha256,
        })
    }
}

/// SHA-256 (hex) of a snapshot's bytes.
pub fn checksum(content: &str) -> String {
    hex(&Sha256::digest(content.as_bytes()))
}

/// Freezes a plan as it stood in the evening of `as_of`, told from the period's first day on, or from the plan's issue.
///
/// # Errors
/// [`FlowError`].
pub async fn freeze_snapshot(
    ctx: &Ctx,
    plan: &StoredPlan,
    period: Option<Period>,
    as_of: NaiveDate,
) -> Result<Frozen, FlowError> {
    let from = period.map(|period| period.starts_on);
    let from = from.or(plan.issued_on).unwrap_or(as_of).min(as_of);
    let end = ctx.end_of_day(as_of);
    let silent = unanswered_on(&ctx.db, plan.id, as_of, end).await?;
    let asked: BTreeSet<UnitId> = silent.iter().map(|one| one.unit_id).collect();
    let plan_id = plan.id;
    let mut seen = ask(ctx, move |view| {
        Gathered::from_board(view, plan_id, from, as_of, asked)
    })
    .await?;
    let ids: Vec<_> = seen.ledger.iter().map(|row| row.id).collect();
    let words = words_reported(&ctx.db, &ids, as_of).await?;
    for row in &mut seen.ledger {
        if let Some(words) = words.get(&row.id) {
            row.done = words.done.as_deref().map(shortened);
            row.problems = words.problems.as_deref().map(shortened);
            row.next_steps = words.next_steps.as_deref().map(shortened);
        }
    }
    let directory = ctx.units().await?;
    Frozen::of(BulletinSnapshot {
        format: SNAPSHOT_FORMAT,
        plan_title: plan.title.clone(),
        plan_number: plan.document_number.clone(),
        period: period.map(|period| period.key),
        from,
        as_of,
        office: office_name(ctx, &directory),
        unanswered: seen.asks(&silent),
        units: seen.units,
        sections: seen.sections,
        tasks: seen.tasks,
        assignments: seen.all.standings,
        lights: seen.all.lights,
        by_unit: seen.by_unit,
        by_section: seen.by_section,
        ledger: seen.ledger,
        ledger_left_out: seen.left_out,
        rounds: seen.rounds,
    })
}

/// The supervision office, as it signs.
pub(super) fn office_name(ctx: &Ctx, directory: &UnitDirectory) -> String {
    let unit = ctx.supervision_unit(directory);
    unit.map_or_else(|| ctx.settings.from_name.clone(), |unit| unit.name.clone())
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(MOST_WORDS) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}……", text.get(..end).unwrap_or_default()),
    }
}

/// What the board gives.
struct Gathered {
    units: Vec<SnapshotUnit>,
    places: HashMap<UnitId, u32>,
    sections: Vec<String>,
    tasks: Vec<SnapshotTask>,
    all: UnitCounts,
    by_unit: Vec<UnitCounts>,
    by_section: Vec<FiveCounts>,
    ledger: Vec<SnapshotAssignment>,
    left_out: u32,
    rounds: Vec<SnapshotRound>,
}

impl Gathered {
    fn from_board(
        view: &BoardView<'_>,
        plan: crate::domain::ids::PlanId,
        from: NaiveDate,
        as_of: NaiveDate,
        mut unit_ids: BTreeSet<UnitId>,
    ) -> Self {
        let day = view.board.as_of(as_of, view.line);
        let mut lines = Vec::new();
        day.each_of_plan(plan, |line| lines.push(line));
        unit_ids.extend(lines.iter().map(|line| line.row.unit_id));
        let (units, places) = units_of(view, &unit_ids);
        let task_ids: BTreeSet<TaskId> = lines.iter().map(|line| line.row.task_id).collect();
        let mut seen = Self {
            by_unit: vec![UnitCounts::default(); units.len()],
            units,
            places,
            sections: Vec::new(),
            tasks: Vec::new(),
            all: UnitCounts::default(),
            by_section: Vec::new(),
            ledger: Vec::new(),
            left_out: 0,
            rounds: day
                .rounds_since(plan, from)
                .into_iter()
                .map(|round| SnapshotRound {
                    cycle: round.cycle,
                    period: round.period_key,
                    opened_on: round.opened_on,
                    due_on: round.due_on,
                    asked: round.asked,
                    answered: round.answered,
                })
                .collect(),
        };
        let task_places = seen.add_tasks(view, &day, &task_ids);
        for line in lines {
            seen.add(line, &task_places);
        }
        seen.order();
        seen
    }

    /// Tasks in the order of ids, which is that of the plan's text.
    fn add_tasks(
        &mut self,
        view: &BoardView<'_>,
        day: &AsOf<'_>,
        ids: &BTreeSet<TaskId>,
    ) -> HashMap<TaskId, u32> {
        let mut places = HashMap::new();
        for id in ids {
            let light = day.task_light(&crate::domain::board::Reach::All, *id);
            let (Some(task), Some(light)) = (view.board.task(*id), light) else {
                continue;
            };
            let name = task.section.first().map_or("", String::as_str);
            let section = match self.sections.iter().position(|known| known == name) {
                Some(at) => at,
                None => {
                    self.sections.push(name.to_owned());
                    self.by_section.push(FiveCounts::default());
                    self.sections.len() - 1
                }
            };
            places.insert(*id, place(self.tasks.len()));
            self.tasks.push(SnapshotTask {
                number: task.number.clone(),
                title: task.title.clone(),
                section: place(section),
                standing: light.why.standing,
                light: light.why.light,
                why: light.why.explain(),
            });
        }
        places
    }

    fn add(&mut self, line: LedgerLine, task_places: &HashMap<TaskId, u32>) {
        let row = line.row;
        let known = (task_places.get(&row.task_id), self.places.get(&row.unit_id));
        let (Some(task), Some(unit)) = known else {
            return;
        };
        let section = self.tasks.get(at(*task)).map_or(0, |task| at(task.section));
        self.all.standings.add(row.standing);
        self.all.lights.add(row.light);
        if let Some(counts) = self.by_unit.get_mut(at(*unit)) {
            counts.standings.add(row.standing);
            counts.lights.add(row.light);
        }
        if let Some(counts) = self.by_section.get_mut(section) {
            counts.add(row.standing);
        }
        self.ledger.push(SnapshotAssignment {
            id: row.id,
            task: *task,
            unit: *unit,
            role: row.role,
            standing: row.standing,
            light: row.light,
            percent: row.percent,
            expected: line.expected,
            due_on: line.due_on,
            why: line.why,
            done: None,
            problems: None,
            next_steps: None,
        });
    }

    /// Task by task, the strongest role first, then by unit; where there are too many, the calmest go.
    fn order(&mut self) {
        if self.ledger.len() > MOST_ROWS {
            self.ledger.sort_by_key(|row| std::cmp::Reverse(row.light));
            self.left_out = place(self.ledger.len() - MOST_ROWS);
            self.ledger.truncate(MOST_ROWS);
        }
        self.ledger
            .sort_by_key(|row| (row.task, row.role, row.unit, row.id));
    }

    fn asks(&self, silent: &[UnansweredAsk]) -> Vec<SnapshotAsk> {
        let mut asks: Vec<SnapshotAsk> = silent
            .iter()
            .filter_map(|one| {
                Some(SnapshotAsk {
                    unit: *self.places.get(&one.unit_id)?,
                    kind: one.kind,
                    what: one.what.clone(),
                    due_on: one.due_on,
                })
            })
            .collect();
        asks.sort_by_key(|one| (one.unit, one.due_on, one.kind));
        asks
    }
}

/// The units by code, and where each stands.
fn units_of(
    view: &BoardView<'_>,
    ids: &BTreeSet<UnitId>,
) -> (Vec<SnapshotUnit>, HashMap<UnitId, u32>) {
    let mut by_code = BTreeMap::new();
    for unit in ids.iter().filter_map(|id| view.board.unit(*id)) {
        let above = unit.parent_id.and_then(|id| view.board.unit(id));
        let district = above.filter(|above| above.kind == UnitKind::District);
        let told = SnapshotUnit {
            id: unit.id,
            code: unit.code.clone(),
            name: unit.name.clone(),
            kind: unit.kind,
            district: district.map(|above| above.name.clone()),
            liaison: unit.liaison.clone(),
        };
        by_code.insert(unit.code.clone(), told);
    }
    let units: Vec<SnapshotUnit> = by_code.into_values().collect();
    let places = units.iter().zip(0..).map(|(unit, at)| (unit.id, at));
    let places = places.collect();
    (units, places)
}

/// A place in a list as it is kept; lists are far shorter.
fn place(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

fn at(place: u32) -> usize {
    usize::try_from(place).unwrap_or(usize::MAX)
}
