//! The board written the plain way: every question a walk over all rows. Shares no code with it but the row types.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};
use duban::domain::board::{
    BoardAssignment, BoardObligation, BoardRows, BoardTask, BoardUnit, PageFilter, Reach, Tally,
};
use duban::domain::calendar::Holidays;
use duban::domain::expected_progress::Duty;
use duban::domain::ids::{TaskId, UnitId};
use duban::domain::light::{Ending, Light};
use duban::domain::obligation::{ObligationKind, ObligationState};
use duban::domain::role::Role;
use duban::domain::standing::Standing;

pub struct Reference<'r> {
    pub rows: &'r BoardRows,
    pub on: NaiveDate,
    pub reach: &'r Reach,
}

pub type Judged = (Light, Standing);

/// The same rows with everything that was another in the evening of `on` as it was then.
pub fn as_they_were(rows: &BoardRows, on: NaiveDate) -> BoardRows {
    let mut then = rows.clone();
    for task in &mut then.tasks {
        if let Some(was) = task.past.iter().find(|was| was.until >= on) {
            task.due_on = was.due_on;
            task.phases_end_on = was.phases_end_on;
            task.duty = was.duty;
        }
    }
    for row in &mut then.assignments {
        if let Some(was) = row.past.iter().find(|was| was.until >= on) {
            row.ended = was.ended;
            row.due_on = was.due_on;
        }
    }
    for ask in &mut then.obligations {
        if let Some(was) = ask.past.iter().find(|was| was.until >= on) {
            ask.due_on = was.due_on;
            ask.settled_on = was.settled_on;
            ask.state = was.state;
        }
    }
    then
}

impl Reference<'_> {
    pub fn task(&self, id: TaskId) -> &BoardTask {
        self.rows.tasks.iter().find(|task| task.id == id).unwrap()
    }

    pub fn unit(&self, id: UnitId) -> &BoardUnit {
        self.rows.units.iter().find(|unit| unit.id == id).unwrap()
    }

    fn sees(&self, row: &BoardAssignment) -> bool {
        match self.reach {
            Reach::All => true,
            Reach::Some { units, led_tasks } => {
                units.contains(&row.unit_id) || led_tasks.contains(&row.task_id)
            }
        }
    }

    fn sees_ask(&self, ask: &BoardObligation) -> bool {
        match self.reach {
            Reach::All => true,
            Reach::Some { units, led_tasks } => {
                let mut items = ask.assignment_ids.iter();
                units.contains(&ask.unit_id)
                    || items.any(|id| {
                        let mut rows = self.rows.assignments.iter();
                        led_tasks.contains(&rows.find(|row| row.id == *id).unwrap().task_id)
                    })
            }
        }
    }

    /// What counts that day, by id.
    pub fn assignments(&self) -> Vec<&BoardAssignment> {
        let mut found: Vec<_> = self
            .rows
            .assignments
            .iter()
            .filter(|row| row.issued_on <= self.on && self.sees(row))
            .collect();
        found.sort_by_key(|row| row.id);
        found
    }

    pub fn percent(&self, row: &BoardAssignment) -> Option<u8> {
        let mut reports: Vec<_> = self
            .rows
            .progress
            .iter()
            .filter(|report| report.assignment_id == row.id && report.reported_on <= self.on)
            .collect();
        reports.sort_by_key(|report| report.reported_on);
        reports.last().map(|report| report.percent)
    }

    fn ending(&self, row: &BoardAssignment) -> Option<Ending> {
        row.ended
            .filter(|(_, on)| *on <= self.on)
            .map(|(ending, _)| ending)
    }

    /// Expected workdays done and in all, if anything is expected.
    pub fn expected(&self, task: &BoardTask) -> Option<(i64, i64)> {
        self.expected_by(task, task.due_on.or(task.phases_end_on)?)
    }

    /// The same, the end being another.
    fn expected_by(&self, task: &BoardTask, end: NaiveDate) -> Option<(i64, i64)> {
        let issued = task.issued_on?;
        let holidays = Holidays::default();
        if task.duty == Duty::Standing {
            None
        } else if self.on > end {
            Some((1, 1))
        } else if self.on <= issued {
            Some((0, 1))
        } else if self.on == end {
            Some((1, 1))
        } else {
            let whole = holidays.workdays_between(issued, end);
            let passed = holidays.workdays_between(issued, self.on);
            Some(if whole <= 0 {
                (0, 1)
            } else {
                (passed.into(), whole.into())
            })
        }
    }

    pub fn judged(&self, row: &BoardAssignment) -> Judged {
        match self.ending(row) {
            Some(Ending::Closed) => return (Light::Green, Standing::Done),
            Some(Ending::Paused | Ending::Withdrawn) => return (Light::Green, Standing::None),
            None => {}
        }
        let task = self.task(row.task_id);
        let percent = i64::from(self.percent(row).unwrap_or(0));
        if percent == 100 && task.duty == Duty::Ending {
            return (Light::Green, Standing::Done);
        }
        // More time moves the end of what has one.
        let task_end = task.due_on.or(task.phases_end_on);
        let end = task_end.map(|end| row.due_on.unwrap_or(end));
        let Some((passed, whole)) = end.and_then(|end| self.expected_by(task, end)) else {
            return (self.ask_light(row), Standing::None);
        };
        let lag = 100 * passed - percent * whole;
        let over = end.is_some_and(|end| end < self.on);
        let light = if over || lag > 30 * whole {
            Light::Red
        } else if lag >= 10 * whole {
            Light::Yellow
        } else {
            Light::Green
        };
        let standing = match lag {
            lag if lag >= 10 * whole => Standing::Behind,
            lag if lag <= -10 * whole => Standing::Ahead,
            _ => Standing::OnTrack,
        };
        (light, standing)
    }

    fn state(&self, ask: &BoardObligation) -> Option<ObligationState> {
        if ask.opened_on > self.on {
            return None;
        }
        let settled = ask.settled_on.is_none_or(|on| on <= self.on);
        Some(if settled {
            ask.state
        } else {
            ObligationState::Open
        })
    }

    pub fn age(&self, ask: &BoardObligation) -> i32 {
        Holidays::default()
            .workdays_between(ask.due_on, self.on)
            .max(1)
    }

    fn is_overdue(&self, ask: &BoardObligation) -> bool {
        self.state(ask) == Some(ObligationState::Open) && ask.due_on < self.on
    }

    fn ask_light(&self, row: &BoardAssignment) -> Light {
        let asks: Vec<_> = self
            .rows
            .obligations
            .iter()
            .filter(|ask| {
                ![ObligationKind::Acknowledge, ObligationKind::Notice].contains(&ask.kind)
            })
            .filter(|ask| ask.assignment_ids.contains(&row.id))
            .collect();
        let answered_after = |opened| {
            asks.iter().any(|ask| {
                self.state(ask) == Some(ObligationState::Answered) && ask.opened_on > opened
            })
        };
        let mut light = Light::Green;
        for ask in &asks {
            let own = match self.state(ask) {
                Some(ObligationState::Unanswered) if !answered_after(ask.opened_on) => Light::Red,
                Some(ObligationState::Open) if self.is_overdue(ask) && self.age(ask) > 7 => {
                    Light::Red
                }
                Some(ObligationState::Open) if self.is_overdue(ask) => Light::Yellow,
                _ => Light::Green,
            };
            light = light.max(own);
        }
        light
    }

    fn leads(&self, task: TaskId) -> Vec<&BoardAssignment> {
        let mut leads: Vec<_> = self
            .rows
            .assignments
            .iter()
            .filter(|row| row.task_id == task && row.role == Role::Lead && row.issued_on <= self.on)
            .collect();
        leads.sort_by_key(|row| row.position);
        leads
    }

    /// The task's light; `None` where no assignment of it is seen.
    pub fn task_judged(&self, task: TaskId) -> Option<Judged> {
        self.assignments().iter().find(|row| row.task_id == task)?;
        let leads = self.leads(task);
        let active: Vec<_> = leads
            .iter()
            .filter(|row| self.ending(row) != Some(Ending::Withdrawn))
            .collect();
        let speaking = active
            .iter()
            .find(|row| self.ending(row).is_some() || self.percent(row).is_some());
        let deciding = speaking.or(active.first()).copied().or(leads.first());
        Some(match deciding {
            Some(row) => self.judged(row),
            None => {
                let nothing = BoardAssignment {
                    id: duban::domain::ids::AssignmentId(uuid::Uuid::max()),
                    task_id: task,
                    unit_id: UnitId(uuid::Uuid::max()),
                    role: Role::Lead,
                    position: 0,
                    issued_on: self.on,
                    ended: None,
                    due_on: None,
                    past: Vec::new(),
                };
                self.judged(&nothing)
            }
        })
    }

    pub fn tally<'a>(&self, rows: impl IntoIterator<Item = &'a BoardAssignment>) -> Tally {
        add_up(rows.into_iter().map(|row| self.judged(row)))
    }

    /// For each key: tally of tasks and of their assignments.
    pub fn task_groups<K: Ord>(
        &self,
        keys: impl Fn(&BoardTask) -> Vec<K>,
    ) -> BTreeMap<K, (Tally, Tally)> {
        let mut lists: BTreeMap<K, (Vec<Judged>, Vec<Judged>)> = BTreeMap::new();
        for task in &self.rows.tasks {
            let Some(own) = self.task_judged(task.id) else {
                continue;
            };
            for key in keys(task) {
                let (tasks, assignments) = lists.entry(key).or_default();
                tasks.push(own);
                let rows = self
                    .assignments()
                    .into_iter()
                    .filter(|row| row.task_id == task.id);
                assignments.extend(rows.map(|row| self.judged(row)));
            }
        }
        let lists = lists.into_iter();
        lists
            .map(|(key, (tasks, rows))| (key, (add_up(tasks), add_up(rows))))
            .collect()
    }

    pub fn lead_units(&self, task: TaskId) -> Vec<UnitId> {
        let mut units: Vec<UnitId> = self.leads(task).iter().map(|row| row.unit_id).collect();
        units.sort();
        units.dedup();
        units
    }

    /// For each key: tally of the assignments whose unit has it.
    pub fn groups<K: Ord>(&self, keys: impl Fn(&BoardAssignment) -> Vec<K>) -> BTreeMap<K, Tally> {
        let mut lists: BTreeMap<K, Vec<Judged>> = BTreeMap::new();
        for row in self.assignments() {
            for key in keys(row) {
                lists.entry(key).or_default().push(self.judged(row));
            }
        }
        lists
            .into_iter()
            .map(|(key, rows)| (key, add_up(rows)))
            .collect()
    }

    pub fn passes(&self, row: &BoardAssignment, filter: &PageFilter) -> bool {
        let (light, standing) = self.judged(row);
        let (task, unit) = (self.task(row.task_id), self.unit(row.unit_id));
        let heading = task.section.first().map_or("", String::as_str);
        filter.light.is_none_or(|wanted| wanted == light)
            && filter.standing.is_none_or(|wanted| wanted == standing)
            && filter.role.is_none_or(|wanted| wanted == row.role)
            && filter.unit_id.is_none_or(|wanted| wanted == unit.id)
            && filter
                .lead_unit_id
                .is_none_or(|wanted| self.lead_units(task.id).contains(&wanted))
            && filter.kind.is_none_or(|wanted| wanted == unit.kind)
            && filter
                .level
                .is_none_or(|wanted| unit.levels.contains(&wanted))
            && filter.plan_id.is_none_or(|wanted| wanted == task.plan_id)
            && filter.task_id.is_none_or(|wanted| wanted == task.id)
            && filter
                .section
                .as_deref()
                .is_none_or(|wanted| wanted == heading)
    }

    /// Assignments with an expectation that day, their mean expected and actual percentage.
    pub fn means(&self) -> (u32, Option<f64>, Option<f64>) {
        let (mut number, mut expected, mut actual) = (0_u32, 0.0, 0.0);
        for row in self.assignments() {
            let Some((passed, whole)) = self.expected(self.task(row.task_id)) else {
                continue;
            };
            let percent = match self.ending(row) {
                Some(Ending::Paused | Ending::Withdrawn) => continue,
                Some(Ending::Closed) => 100,
                None => self.percent(row).unwrap_or(0),
            };
            number += 1;
            expected += passed as f64 * 100.0 / whole as f64;
            actual += f64::from(percent);
        }
        let mean = |sum: f64| (number > 0).then(|| sum / f64::from(number));
        (number, mean(expected), mean(actual))
    }

    /// Asked, answered, overdue of each round that is open and shown.
    pub fn open_rounds(&self) -> Vec<(String, u32, u32, u32)> {
        let mut rounds: Vec<_> = self
            .rows
            .rounds
            .iter()
            .filter(|round| round.opened_on <= self.on)
            .filter(|round| round.closed_on.is_none_or(|closed| closed > self.on))
            .collect();
        rounds.sort_by_key(|round| (round.opened_on, round.id));
        let mut found = Vec::new();
        for round in rounds {
            let asks: Vec<_> = self
                .rows
                .obligations
                .iter()
                .filter(|ask| ask.round_id == Some(round.id) && self.sees_ask(ask))
                .filter(|ask| {
                    self.state(ask)
                        .is_some_and(|state| state != ObligationState::Withdrawn)
                })
                .collect();
            let answered = asks
                .iter()
                .filter(|ask| self.state(ask) == Some(ObligationState::Answered));
            let overdue = asks.iter().filter(|ask| self.is_overdue(ask));
            if !asks.is_empty() || *self.reach == Reach::All {
                found.push((
                    round.period_key.clone(),
                    asks.len() as u32,
                    answered.count() as u32,
                    overdue.count() as u32,
                ));
            }
        }
        found
    }

    /// Ages of the overdue asks of each unit.
    pub fn overdue(&self) -> BTreeMap<UnitId, Vec<i32>> {
        let mut found: BTreeMap<UnitId, Vec<i32>> = BTreeMap::new();
        for ask in &self.rows.obligations {
            if self.is_overdue(ask) && self.sees_ask(ask) {
                found.entry(ask.unit_id).or_default().push(self.age(ask));
            }
        }
        found
    }

    /// Asks of each unit in the month of the day.
    pub fn burden(&self) -> BTreeMap<UnitId, u32> {
        let month = |date: NaiveDate| (date.year(), date.month());
        let mut found = BTreeMap::new();
        for ask in &self.rows.obligations {
            if month(ask.opened_on) == month(self.on)
                && ![ObligationKind::Acknowledge, ObligationKind::Notice].contains(&ask.kind)
                && ask.state != ObligationState::Withdrawn
                && self.sees_ask(ask)
            {
                *found.entry(ask.unit_id).or_default() += 1;
            }
        }
        found
    }
}

fn add_up(rows: impl IntoIterator<Item = Judged>) -> Tally {
    let mut tally = Tally::default();
    for (light, standing) in rows {
        match light {
            Light::Green => tally.green += 1,
            Light::Yellow => tally.yellow += 1,
            Light::Red => tally.red += 1,
        }
        match standing {
            Standing::Ahead => tally.ahead += 1,
            Standing::OnTrack => tally.on_track += 1,
            Standing::Behind => tally.behind += 1,
            Standing::Done => tally.done += 1,
            Standing::None => tally.none += 1,
        }
    }
    tally
}
