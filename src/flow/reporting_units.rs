//! Which indicators a monitoring round asks for, and of whom: of the units that a person has named, or else of those that
//! carry out the indicator's task. Nothing is read or written here.

use crate::domain::ids::{IndicatorId, TaskId, UnitId};
use crate::domain::indicator::has_begun;
use crate::domain::period_key::PeriodKey;
use crate::domain::role::Role;
use crate::domain::unit::UnitDirectory;
use crate::flow::round_parties::Participant;
use crate::storage::indicators::Indicator;
use crate::storage::obligations::Item;
use std::collections::{BTreeSet, HashMap};

/// What a round of one period asks for.
pub(super) struct Reporting<'a> {
    asked: Vec<&'a Indicator>,
    named: HashMap<IndicatorId, BTreeSet<UnitId>>,
    /// Names that stand for nobody any more.
    pub(super) problems: Vec<String>,
}

impl<'a> Reporting<'a> {
    /// What a round asks for in `period`: indicators that nobody has rejected or retired, from their first term on.
    pub(super) fn of(
        directory: &UnitDirectory,
        indicators: &'a [Indicator],
        period: PeriodKey,
    ) -> Self {
        let begun = |from: Option<PeriodKey>| from.is_none_or(|from| has_begun(from, period));
        let asked: Vec<&Indicator> = indicators
            .iter()
            .filter(|one| one.state.is_asked() && begun(one.starts_in))
            .collect();
        let (mut named, mut problems) = (HashMap::new(), Vec::new());
        for one in asked.iter().filter(|one| !one.reporters.is_empty()) {
            let mut units = BTreeSet::new();
            for name in &one.reporters {
                match directory.resolve(name) {
                    Ok(found) => units.extend(found.iter().map(|unit| unit.id)),
                    Err(_) => problems.push(format!(
                        "指标“{}”的填报单位“{name}”现在不对应任何单位，没有要求填报",
                        one.called().unwrap_or(&one.text)
                    )),
                }
            }
            named.insert(one.id, units);
        }
        Self {
            asked,
            named,
            problems,
        }
    }

    /// Every unit that a person has named.
    pub(super) fn named_units(&self) -> BTreeSet<UnitId> {
        self.named.values().flatten().copied().collect()
    }

    /// Who reports what. Where nobody is named, the units that carry out a task report its indicators: the responsible
    /// ones, or the leads of a task that has none.
    pub(super) fn items<'p, 'd>(
        &self,
        participants: &'p [Participant<'d>],
    ) -> Vec<(&'p Participant<'d>, Vec<Item>)> {
        let carried_out: BTreeSet<TaskId> = participants
            .iter()
            .flat_map(|participant| &participant.assignments)
            .filter(|assignment| assignment.role == Role::Responsible)
            .map(|assignment| assignment.task_id)
            .collect();
        let mut asks = Vec::new();
        for participant in participants {
            let own: BTreeSet<TaskId> = participant
                .assignments
                .iter()
                .filter(|one| match one.role {
                    Role::Responsible => true,
                    Role::Lead => !carried_out.contains(&one.task_id),
                    Role::Cooperating => false,
                })
                .map(|one| one.task_id)
                .collect();
            let reports = |one: &&&Indicator| match self.named.get(&one.id) {
                Some(named) => named.contains(&participant.unit.id),
                None => one.task_id.is_some_and(|task| own.contains(&task)),
            };
            let items = self.asked.iter().filter(reports);
            let items: Vec<Item> = items.map(|one| Item::Indicator(one.id)).collect();
            if !items.is_empty() {
                asks.push((participant, items));
            }
        }
        asks
    }
}
