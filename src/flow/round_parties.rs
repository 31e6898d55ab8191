//! Which units a round could ask, and about what: by the plan's assignments, the cycle's rule and the vacations. Nothing
//! is read or written here; the draw and the obligations are in `round_asks`.

use crate::domain::collecting::{AnswersTo, district_above};
use crate::domain::cycle::CycleRule;
use crate::domain::cycle_kind::CycleKind;
use crate::domain::due_day::{DueDay, UnitAsk, unit_ask};
use crate::domain::ids::{TaskId, UnitId};
use crate::domain::level::Level;
use crate::domain::obligation::ObligationKind;
use crate::domain::period::Period;
use crate::domain::role::Role;
use crate::domain::school_calendar::SchoolCalendar;
use crate::domain::unit::{Unit, UnitDirectory};
use crate::flow::reporting_units::Reporting;
use crate::storage::indicators::Indicator;
use crate::storage::obligations::Item;
use crate::storage::tasks::StoredAssignment;
use chrono::NaiveDate;
use std::collections::{BTreeSet, HashMap};

/// A unit that the round could ask, with what it would be asked about.
pub(super) struct Participant<'a> {
    pub(super) unit: &'a Unit,
    pub(super) assignments: Vec<&'a StoredAssignment>,
    pub(super) asks_on: NaiveDate,
    pub(super) due: Option<DueDay>,
}

/// A round opened on a local day.
pub(super) struct Circle<'a> {
    pub(super) rule: &'a CycleRule,
    pub(super) period: Period,
    pub(super) opened_on: NaiveDate,
    pub(super) calendar: &'a SchoolCalendar,
    /// Tasks of which a dispatch also asks those below the leads.
    pub(super) collecting: &'a BTreeSet<TaskId>,
    /// School levels that the cycle asks; none: those of its participants.
    pub(super) levels: Option<&'a [Level]>,
}

/// A unit that the round would ask.
pub(super) struct AskedUnit {
    pub(super) unit_id: UnitId,
    pub(super) kind: ObligationKind,
    pub(super) due: DueDay,
    /// How many schools it sums up.
    pub(super) schools: usize,
}

impl Circle<'_> {
    /// Units of the plan and `others` that may be asked then, and how many schools are left out for their vacation.
    pub(super) fn participants<'d>(
        &self,
        directory: &'d UnitDirectory,
        assignments: &'d [StoredAssignment],
        others: &BTreeSet<UnitId>,
    ) -> (Vec<Participant<'d>>, usize) {
        let mut held: HashMap<UnitId, Vec<&StoredAssignment>> = HashMap::new();
        for assignment in assignments.iter().filter(|one| self.may_ask_about(one)) {
            held.entry(assignment.unit_id).or_default().push(assignment);
            if self.is_collected(assignment)
                && let Some(district) = district_above(directory, assignment.unit_id)
            {
                held.entry(district.id).or_default();
            }
        }
        for other in others {
            held.entry(*other).or_default();
        }
        let levels: BTreeSet<Level> = held
            .keys()
            .filter_map(|id| directory.get(*id))
            .flat_map(|unit| unit.levels.iter().copied())
            .collect();
        let levels: Vec<Level> = match self.levels {
            Some(levels) => levels.to_vec(),
            None => levels.into_iter().collect(),
        };
        let mut left_out = 0;
        let mut participants = Vec::new();
        for unit in directory.units() {
            let Some(assignments) = held.remove(&unit.id) else {
                continue;
            };
            let ask = unit_ask(
                self.rule,
                &self.period,
                self.opened_on,
                self.calendar,
                &levels,
                &unit.levels,
            );
            let (asks_on, due) = match ask {
                UnitAsk::AtOpening { due } => (self.opened_on, due),
                UnitAsk::AtTermStart { asks_on, due, .. } => (asks_on, due),
                UnitAsk::LeftOut { .. } => {
                    left_out += 1;
                    continue;
                }
            };
            participants.push(Participant {
                unit,
                assignments,
                asks_on,
                due,
            });
        }
        (participants, left_out)
    }

    /// Whether a unit may be asked about an assignment: in a dispatch only leads, and whoever a task collects from.
    fn may_ask_about(&self, one: &StoredAssignment) -> bool {
        match self.rule.kind {
            CycleKind::Dispatch => one.role == Role::Lead || self.is_collected(one),
            CycleKind::SpotCheck
            | CycleKind::Bulletin
            | CycleKind::Monitoring
            | CycleKind::Appraisal => true,
        }
    }

    /// Whether an assignment is collected along with a dispatch.
    fn is_collected(&self, one: &StoredAssignment) -> bool {
        self.rule.kind == CycleKind::Dispatch
            && one.role == Role::Responsible
            && self.collecting.contains(&one.task_id)
    }

    /// How many units would be asked; `None` where that is known only after a draw.
    pub(super) fn units_asked(
        &self,
        directory: &UnitDirectory,
        assignments: &[StoredAssignment],
        indicators: &[Indicator],
    ) -> Option<usize> {
        let asked = self.asked(directory, assignments, indicators);
        asked.map(|asked| asked.len())
    }

    /// Whom the round would ask, and by when; `None` where that is known only after a draw.
    pub(super) fn asked(
        &self,
        directory: &UnitDirectory,
        assignments: &[StoredAssignment],
        indicators: &[Indicator],
    ) -> Option<Vec<AskedUnit>> {
        let reporting = Reporting::of(directory, indicators, self.period.key);
        let others = match self.rule.kind {
            CycleKind::Monitoring => reporting.named_units(),
            CycleKind::SpotCheck
            | CycleKind::Dispatch
            | CycleKind::Bulletin
            | CycleKind::Appraisal => BTreeSet::new(),
        };
        let (participants, _) = self.participants(directory, assignments, &others);
        match self.rule.kind {
            CycleKind::SpotCheck => None,
            CycleKind::Dispatch => Some(self.asked_in_dispatch(directory, &participants)),
            CycleKind::Monitoring => {
                let items = reporting.items(&participants);
                let asked = items.iter().filter_map(|(participant, _)| {
                    Some(AskedUnit {
                        unit_id: participant.unit.id,
                        kind: ObligationKind::Monitoring,
                        due: participant.due?,
                        schools: 0,
                    })
                });
                Some(asked.collect())
            }
            CycleKind::Bulletin | CycleKind::Appraisal => Some(Vec::new()),
        }
    }

    fn asked_in_dispatch(
        &self,
        directory: &UnitDirectory,
        participants: &[Participant<'_>],
    ) -> Vec<AskedUnit> {
        let asked = participants.iter().filter_map(|participant| {
            let unit_id = participant.unit.id;
            let schools = schools_below(directory, unit_id, participants);
            let mut due = participant.due?;
            if participant.assignments.is_empty() && schools == 0 {
                return None;
            }
            let kind = kind_in_dispatch(participant);
            if kind == ObligationKind::Collect {
                let to = AnswersTo::of(directory, unit_id);
                let holidays = &self.calendar.holidays;
                due.due_on = to.due_on(due.due_on, participant.asks_on, holidays);
            }
            Some(AskedUnit {
                unit_id,
                kind,
                due,
                schools,
            })
        });
        asked.collect()
    }
}

/// What a unit is asked for in a dispatch: whoever leads something has the form of the leads.
pub(super) fn kind_in_dispatch(participant: &Participant<'_>) -> ObligationKind {
    let mut assignments = participant.assignments.iter();
    match assignments.any(|one| one.role == Role::Lead) {
        true => ObligationKind::Dispatch,
        false => ObligationKind::Collect,
    }
}

/// Everything that a unit would be asked about, what it leads first.
pub(super) fn led_first(participant: &Participant<'_>) -> Vec<Item> {
    let all = participant.assignments.iter();
    let led = all.clone().filter(|one| one.role == Role::Lead);
    let others = all.filter(|one| one.role != Role::Lead);
    led.chain(others)
        .map(|assignment| Item::Assignment(assignment.id))
        .collect()
}

/// How many of those who are asked something answer to this district.
pub(super) fn schools_below(
    directory: &UnitDirectory,
    district: UnitId,
    participants: &[Participant<'_>],
) -> usize {
    participants
        .iter()
        .filter(|one| !one.assignments.is_empty() && one.due.is_some())
        .filter_map(|one| district_above(directory, one.unit.id))
        .filter(|above| above.id == district)
        .count()
}
