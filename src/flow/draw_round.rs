//! A spot-check's draw of units and of those who inspect them, from one committed seed, and what is asked and planned once
//! the draw is in force (design §6, spot-check). Nothing is written here.

use crate::domain::draw::{Candidate, Quota, ROUNDS_LEFT_OUT, commitment, draw};
use crate::domain::ids::{AssignmentId, InspectorId, TaskId, UnitId};
use crate::domain::inspection::{DrawConfirm, DrawState, InspectionMode};
use crate::domain::inspector_draw::{InspectedUnit, InspectorCandidate, InspectorDraw};
use crate::domain::obligation::ObligationKind;
use crate::domain::stratum::stratum_of;
use crate::domain::unit::UnitDirectory;
use crate::flow::round_asks::{Asks, RoundScope};
use crate::flow::round_parties::Participant;
use crate::flow::{FlowError, RefusalCode};
use crate::storage::inspectors::StoredInspector;
use crate::storage::obligations::Item;
use crate::storage::rounds::{RoundCheck, StoredDraw};
use crate::storage::{inspectors, rounds, tasks};
use std::collections::{BTreeSet, HashMap, HashSet};

/// An inspection that is to be planned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct InspectionToPlan {
    pub(super) unit_id: UnitId,
    pub(super) items: Vec<AssignmentId>,
    pub(super) inspectors: Vec<InspectorId>,
}

impl RoundScope<'_> {
    /// Draws, and lets the draw take effect unless a person has to confirm it.
    pub(super) async fn ask_drawn(
        &self,
        directory: &UnitDirectory,
        participants: &[Participant<'_>],
        asks: &mut Asks,
    ) -> Result<(), FlowError> {
        let Some(seed) = self.cycle.next_seed.clone() else {
            return Err(FlowError::refused(
                RefusalCode::InvalidValue,
                "该抽查周期还没有抽签种子，请先开启该周期（duban cycle on）",
            ));
        };
        let numbers = self.task_numbers().await?;
        let candidates = self.candidates(directory, participants, &numbers).await?;
        let quota = Quota::default();
        let result = draw(&seed, quota, &candidates);
        for stratum in result.strata.iter().filter(|stratum| stratum.relaxed > 0) {
            asks.listed.push(format!(
                "“{}”共 {} 个单位，近 {ROUNDS_LEFT_OUT} 次已抽过 {} 个，为抽足 {} 个，重新纳入 {} 个",
                stratum.name, stratum.population, stratum.left_out, stratum.quota, stratum.relaxed
            ));
        }
        let rule = self.cycle.rule.spot_check;
        let pool = inspectors::all(self.tx).await?;
        let picked = result.picks.iter().map(|pick| pick.unit_code.as_str());
        let teams = InspectorDraw::of(
            &seed,
            rule.inspectors_per_unit,
            candidates_of(directory, &pool),
            picked.map(|code| inspected_unit(directory, code)).collect(),
        );
        let short = teams.teams.iter().filter(|team| team.missing > 0).count();
        // Whoever inspects at the desk without a pool misses nobody.
        if short > 0 && (!teams.pool.is_empty() || rule.mode == InspectionMode::Visit) {
            // Which units these are would tell them that they were drawn.
            asks.listed.push(format!(
                "有 {short} 个被检查单位因回避或检查人员不足，抽到的检查人员少于 {} 名",
                rule.inspectors_per_unit
            ));
        }
        let drawn = StoredDraw {
            commitment: commitment(&seed),
            seed,
            quota,
            candidates,
            result,
            inspectors: Some(teams),
        };
        let check = RoundCheck {
            mode: rule.mode,
            state: DrawState::Proposed,
            results_due_on: None,
            confirmed_by: None,
            confirmed_on: None,
        };
        match rule.confirm {
            DrawConfirm::Manual => asks.check = Some(check),
            DrawConfirm::Auto => {
                self.take_effect(directory, participants, (&drawn, check), asks)
                    .await?;
            }
        }
        asks.draw = Some(drawn);
        Ok(())
    }

    /// What a draw that was confirmed asks and plans, its days counted from today.
    pub(super) async fn asks_of_draw(
        &self,
        drawn: &StoredDraw,
        check: RoundCheck,
    ) -> Result<Asks, FlowError> {
        let directory = self.directory().await?;
        let assignments = tasks::assignments(self.tx, self.plan.id).await?;
        let others = Default::default();
        let (participants, _) =
            self.circle(&BTreeSet::new())
                .participants(&directory, &assignments, &others);
        let mut asks = Asks::default();
        self.take_effect(&directory, &participants, (drawn, check), &mut asks)
            .await?;
        self.list_over_budget(&directory, &mut asks).await?;
        Ok(asks)
    }

    async fn take_effect(
        &self,
        directory: &UnitDirectory,
        participants: &[Participant<'_>],
        (drawn, check): (&StoredDraw, RoundCheck),
        asks: &mut Asks,
    ) -> Result<(), FlowError> {
        let numbers = self.task_numbers().await?;
        let after = self.cycle.rule.results_after_workdays;
        let results_due_on = after.map(|workdays| {
            let holidays = &self.calendar.holidays;
            holidays.add_workdays(self.now.today, i32::from(workdays))
        });
        let mut teams = Teams::of(directory, drawn, inspectors::all(self.tx).await?);
        let by_code: HashMap<&str, &Participant<'_>> = participants
            .iter()
            .map(|one| (one.unit.code.as_str(), one))
            .collect();
        let mut gone = 0;
        for pick in &drawn.result.picks {
            let Some(participant) = by_code.get(pick.unit_code.as_str()) else {
                gone += 1;
                continue;
            };
            let is_drawn = |task: TaskId| {
                let number = numbers.get(&task);
                number.is_some_and(|number| pick.task_numbers.contains(number))
            };
            let items = participant.assignments.iter();
            let items: Vec<AssignmentId> = items
                .filter(|one| is_drawn(one.task_id))
                .map(|one| one.id)
                .collect();
            if check.mode == InspectionMode::Desk {
                let items = items.iter().copied().map(Item::Assignment).collect();
                asks.obligations
                    .extend(self.ask(participant, ObligationKind::SpotCheck, items));
            }
            if results_due_on.is_some() {
                asks.inspections.push(InspectionToPlan {
                    unit_id: participant.unit.id,
                    items,
                    inspectors: teams.take(&pick.unit_code),
                });
            }
        }
        if gone > 0 {
            asks.listed.push(format!(
                "有 {gone} 个抽中的单位因假期或任务已经结束，本次不再检查"
            ));
        }
        if teams.left_out > 0 {
            asks.listed.push(format!(
                "有 {} 人次的检查人员在抽签之后停用或须回避，不再参加检查",
                teams.left_out
            ));
        }
        asks.check = Some(RoundCheck {
            state: DrawState::Confirmed,
            results_due_on,
            confirmed_on: Some(self.now.today),
            ..check
        });
        Ok(())
    }

    async fn task_numbers(&self) -> Result<HashMap<TaskId, String>, FlowError> {
        let tasks = tasks::of_plan(self.tx, self.plan.id).await?;
        Ok(tasks
            .into_iter()
            .map(|task| (task.id, task.number))
            .collect())
    }

    async fn candidates(
        &self,
        directory: &UnitDirectory,
        participants: &[Participant<'_>],
        numbers: &HashMap<TaskId, String>,
    ) -> Result<Vec<Candidate>, FlowError> {
        let drawn_before = self.drawn_before().await?;
        let candidates = participants.iter().map(|participant| Candidate {
            unit_code: participant.unit.code.clone(),
            stratum: stratum_of(participant.unit, directory),
            drawn_rounds_ago: drawn_before.get(&participant.unit.code).copied(),
            task_numbers: participant
                .assignments
                .iter()
                .filter_map(|assignment| numbers.get(&assignment.task_id).cloned())
                .collect(),
        });
        Ok(candidates.collect())
    }

    /// Units drawn in the last rounds of this cycle, with how many rounds ago. What nobody confirmed was no draw.
    async fn drawn_before(&self) -> Result<HashMap<String, u32>, FlowError> {
        let mut drawn = HashMap::new();
        let mut earlier = rounds::of_cycle(self.tx, self.cycle.id).await?;
        earlier.retain(|round| {
            let check = round.check.as_ref();
            check.is_none_or(|check| check.state == DrawState::Confirmed)
        });
        for (ago, round) in (1..=ROUNDS_LEFT_OUT).zip(earlier.iter().rev()) {
            for pick in rounds::draw(self.tx, round.id)
                .await?
                .iter()
                .flat_map(|draw| &draw.result.picks)
            {
                drawn.entry(pick.unit_code.clone()).or_insert(ago);
            }
        }
        Ok(drawn)
    }
}

/// The pool as the draw sees it: whoever is active.
fn candidates_of(directory: &UnitDirectory, pool: &[StoredInspector]) -> Vec<InspectorCandidate> {
    let active = pool.iter().filter(|one| one.active);
    active
        .filter_map(|one| {
            Some(InspectorCandidate {
                address: one.address.clone(),
                name: one.name.clone(),
                unit_code: directory.get(one.unit_id)?.code.clone(),
            })
        })
        .collect()
}

/// A drawn unit with the one above it.
fn inspected_unit(directory: &UnitDirectory, code: &str) -> InspectedUnit {
    let parent = directory.by_code(code).and_then(|unit| unit.parent_id);
    let parent = parent.and_then(|id| directory.get(id));
    InspectedUnit {
        unit_code: code.to_owned(),
        parent_code: parent.map(|parent| parent.code.clone()),
    }
}

/// The teams of a draw, without those who may not inspect any more.
struct Teams<'a> {
    directory: &'a UnitDirectory,
    drawn: &'a StoredDraw,
    pool: Vec<StoredInspector>,
    /// Places that are empty now.
    left_out: usize,
}

impl<'a> Teams<'a> {
    fn of(directory: &'a UnitDirectory, drawn: &'a StoredDraw, pool: Vec<StoredInspector>) -> Self {
        Self {
            directory,
            drawn,
            pool,
            left_out: 0,
        }
    }

    /// Who inspects a unit.
    fn take(&mut self, unit_code: &str) -> Vec<InspectorId> {
        let teams = self.drawn.inspectors.as_ref();
        let Some(team) = teams.and_then(|teams| teams.team(unit_code)) else {
            return Vec::new();
        };
        let unit = inspected_unit(self.directory, unit_code);
        let drawn: HashSet<&str> = team.inspectors.iter().map(String::as_str).collect();
        let may = |one: &&StoredInspector| {
            let of = self.directory.get(one.unit_id);
            one.active && of.is_some_and(|of| !unit.recuses(&of.code))
        };
        let known = self.pool.iter();
        let mut staying: Vec<&StoredInspector> = known
            .filter(|one| drawn.contains(one.address.as_str()))
            .filter(may)
            .collect();
        let place = |one: &&StoredInspector| {
            let mut drawn = team.inspectors.iter();
            drawn.position(|address| *address == one.address)
        };
        staying.sort_by_key(place);
        self.left_out += team.inspectors.len() - staying.len();
        staying.into_iter().map(|one| one.id).collect()
    }
}
