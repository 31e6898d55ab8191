//! Simulated units: on each workday they answer what they answer that day, ask for more time, and tell of their progress,
//! through the same use cases as real ones. How a unit is, is decided in `domain::temperament`.

use crate::domain::assignment_life::{AssignmentState, event_of_report, transition};
use crate::domain::decimal::Decimal;
use crate::domain::ids::{AssignmentId, IndicatorId, ObligationId, PlanId};
use crate::domain::indicator::is_share;
use crate::domain::obligation::{ObligationKind, ObligationState};
use crate::domain::plan::Comparator;
use crate::domain::report::ReportItem;
use crate::domain::school_calendar::SchoolCalendar;
use crate::domain::temperament::{AskSeen, People, Temperament};
use crate::domain::unit::UnitDirectory;
use crate::flow::answer_obligation::{Answer, answer_obligations};
use crate::flow::extend_due_day::{ExtensionWanted, request_extension};
use crate::flow::told_evidence::ToldEvidence;
use crate::flow::told_values::{Place, ToldValue};
use crate::flow::{Ctx, FlowError};
use crate::storage::indicators::Indicator;
use crate::storage::obligations::{ItemRow, StoredObligation};
use crate::storage::{indicators, obligations, plans, tasks};
use chrono::{Datelike, NaiveDate};
use std::collections::{BTreeMap, HashMap, HashSet};
use uuid::Uuid;

/// The days of a task, from its issue to its end.
#[derive(Debug, Clone, Copy)]
struct Course {
    from: NaiveDate,
    to: NaiveDate,
}

impl Course {
    /// The part of it that has passed, 0 to 100.
    fn percent(self, day: NaiveDate) -> u8 {
        let whole = (self.to - self.from).num_days().max(1);
        let passed = (day - self.from).num_days().clamp(0, whole);
        u8::try_from(passed * 100 / whole).unwrap_or(100)
    }
}

/// The units of a simulated town.
pub(super) struct SimulatedUnits {
    people: People,
    courses: HashMap<Uuid, Course>,
    known_plans: HashSet<PlanId>,
    indicators: HashMap<IndicatorId, Indicator>,
    /// Progress as told last.
    percents: HashMap<Uuid, u8>,
    /// What units have acknowledged: there they tell of their progress later on.
    acknowledged: Vec<(ObligationId, String)>,
    asked_for_time: HashSet<(ObligationId, i32)>,
}

/// A report that somebody may want to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ToReview {
    pub(super) unit_code: String,
    /// Where the assignment stands in the answer.
    pub(super) position: usize,
    pub(super) assignment_id: AssignmentId,
    /// What the unit says.
    pub(super) percent: u8,
    /// What was asked.
    pub(super) kind: ObligationKind,
}

impl SimulatedUnits {
    pub(super) fn of(people: People) -> Self {
        Self {
            people,
            courses: HashMap::new(),
            known_plans: HashSet::new(),
            indicators: HashMap::new(),
            percents: HashMap::new(),
            acknowledged: Vec::new(),
            asked_for_time: HashSet::new(),
        }
    }

    /// What they do on a workday; the reports that somebody may want to look at.
    pub(super) async fn work(
        &mut self,
        ctx: &Ctx,
        calendar: &SchoolCalendar,
        directory: &UnitDirectory,
        day: NaiveDate,
    ) -> Result<Vec<ToReview>, FlowError> {
        let open = obligations::open(&ctx.db).await?;
        self.ask_for_time(ctx, calendar, directory, &open, day)
            .await?;
        let mut answering: Vec<(StoredObligation, String)> = Vec::new();
        for one in open {
            let Some(unit) = directory.get(one.unit_id) else {
                continue;
            };
            let on = self
                .people
                .answers_on(&seen(&one, &unit.code), &calendar.holidays);
            if on.is_some_and(|on| on <= day) {
                answering.push((one, unit.code.clone()));
            }
        }
        let telling = self.telling_progress(day);
        let ids: Vec<ObligationId> = telling.keys().copied().collect();
        for one in obligations::with_ids(&ctx.db, &ids).await? {
            let code = telling.get(&one.id).cloned().unwrap_or_default();
            answering.push((one, code));
        }
        self.answer(ctx, directory, day, answering).await
    }

    /// Requests for more time of this day.
    async fn ask_for_time(
        &mut self,
        ctx: &Ctx,
        calendar: &SchoolCalendar,
        directory: &UnitDirectory,
        open: &[StoredObligation],
        day: NaiveDate,
    ) -> Result<(), FlowError> {
        let holidays = &calendar.holidays;
        for one in open {
            let Some(unit) = directory.get(one.unit_id) else {
                continue;
            };
            let ask = seen(one, &unit.code);
            let Some((on, more)) = self.people.asks_for_more_time(&ask, holidays) else {
                continue;
            };
            let key = (one.id, one.due_revision);
            if on != day || day > one.due_on || !self.asked_for_time.insert(key) {
                continue;
            }
            let wanted = ExtensionWanted {
                obligation_id: one.id,
                reason: "涉及多个部门协调，数据尚未汇总齐全".to_owned(),
                progress: "已完成部署，正在逐项落实".to_owned(),
                expected_on: holidays.add_workdays(one.due_on, more),
            };
            request_extension(ctx, &unit.name, wanted).await?;
        }
        Ok(())
    }

    /// The units that tell of their progress on this day, once in two months each, by what they have acknowledged.
    fn telling_progress(&self, day: NaiveDate) -> BTreeMap<ObligationId, String> {
        let tells = |code: &str| {
            let mut dice = self
                .people
                .dice(&format!("progress|{code}|{}", day.month() / 2));
            let months_day = dice.between(1, 25) + if dice.happens(50) { 31 } else { 0 };
            let day_of_two_months = day.day() + if day.month() % 2 == 1 { 31 } else { 0 };
            i64::from(months_day) == i64::from(day_of_two_months)
        };
        self.acknowledged
            .iter()
            .filter(|(_, code)| self.people.temperament(code) != Temperament::Silent && tells(code))
            .cloned()
            .collect()
    }

    async fn answer(
        &mut self,
        ctx: &Ctx,
        directory: &UnitDirectory,
        day: NaiveDate,
        answering: Vec<(StoredObligation, String)>,
    ) -> Result<Vec<ToReview>, FlowError> {
        self.learn(ctx, &answering).await?;
        let ids: Vec<ObligationId> = answering.iter().map(|(one, _)| one.id).collect();
        let mut items: HashMap<Uuid, Vec<ItemRow>> = HashMap::new();
        for item in obligations::items(&ctx.db, &ids).await? {
            items.entry(item.obligation_id).or_default().push(item);
        }
        let mut answers = Vec::with_capacity(answering.len());
        let mut to_review = Vec::new();
        for (one, code) in answering {
            let unit = directory.by_code(&code);
            let name = unit.map_or_else(|| code.clone(), |unit| unit.name.clone());
            let asked = items.remove(&one.id.0).unwrap_or_default();
            let told = self.items(&one, &code, &asked, day);
            for (position, item) in told.iter().enumerate() {
                let percent = item.percent.unwrap_or(0);
                self.percents.insert(item.assignment_id.0, percent);
                to_review.push(ToReview {
                    unit_code: code.clone(),
                    position,
                    assignment_id: item.assignment_id,
                    percent,
                    kind: one.kind,
                });
            }
            if one.kind == ObligationKind::Acknowledge && one.state == ObligationState::Open {
                self.acknowledged.push((one.id, code.clone()));
            }
            let answer = Answer {
                obligation_id: one.id,
                reported_by: name,
                note: Some(note(one.kind).to_owned()),
                values: self.values(&code, &one.opened_on.to_string(), &asked),
                items: told,
                evidence: ToldEvidence::default(),
            };
            answers.push((ctx.author(), answer));
        }
        for told in answer_obligations(ctx, answers).await? {
            told?;
        }
        Ok(to_review)
    }

    /// What is told of the assignments asked about.
    fn items(
        &self,
        one: &StoredObligation,
        code: &str,
        asked: &[ItemRow],
        day: NaiveDate,
    ) -> Vec<ReportItem> {
        // Acknowledging, they say nothing more yet.
        if one.kind == ObligationKind::Acknowledge && one.state == ObligationState::Open {
            return Vec::new();
        }
        let mood = self.people.mood(&seen(one, code));
        let told = asked.iter().filter_map(|item| {
            let (id, task) = (item.assignment_id?, item.task_id?);
            let state: AssignmentState = item.state.as_deref()?.parse().ok()?;
            let course = self.courses.get(&task)?.percent(day);
            let number = item.number.as_deref().unwrap_or_default();
            let percent = match (one.kind, mood, one.due_revision) {
                // What they were asked to finish, they say is finished; the careless only when asked again.
                (ObligationKind::Complete, Temperament::Careless, 0) => 80,
                (ObligationKind::Complete, _, _) => 100,
                _ => self.people.progress(code, number, course),
            };
            let known = self.percents.get(&id).copied().unwrap_or(0);
            // What was sent back is told as it is; else progress does not fall.
            let percent = match state.percent_may_fall() {
                true => percent,
                false => percent.max(known),
            };
            transition(state, event_of_report(Some(percent))).ok()?;
            Some(report_item(AssignmentId(id), percent, course))
        });
        told.collect()
    }

    /// Values of the indicators asked for: mostly near the target.
    fn values(&self, code: &str, source: &str, asked: &[ItemRow]) -> Vec<ToldValue> {
        let known = asked.iter().enumerate().filter_map(|(position, item)| {
            let id = IndicatorId(item.indicator_id?);
            let indicator = self.indicators.get(&id)?;
            let target = indicator.first;
            let mut dice = self
                .people
                .dice(&format!("value|{code}|{}|{source}", indicator.text));
            // One in four misses it by a little.
            let misses = dice.happens(25);
            let hundredths = match (target.comparator, misses) {
                (Comparator::AtLeast, false) | (Comparator::AtMost, true) => dice.between(100, 104),
                (Comparator::AtLeast, true) | (Comparator::AtMost, false) => dice.between(88, 99),
                (Comparator::Exactly, false) => 100,
                (Comparator::Exactly, true) => 95,
            };
            let value = target.value.to_float() * f64::from(hundredths) / 100.0;
            let value = match is_share(indicator.measured_in.as_deref()) {
                true => ((value * 10.0).round() / 10.0).min(100.0),
                // Times, hours, persons are counted.
                false if hundredths > 100 => value.ceil(),
                false => value.floor(),
            };
            Some(ToldValue {
                place: Place::item(position),
                indicator_id: id,
                value: Decimal::near_float(value)?,
                note: None,
            })
        });
        known.collect()
    }

    /// Learns the courses of tasks, and the indicators, of plans met for the first time.
    async fn learn(
        &mut self,
        ctx: &Ctx,
        answering: &[(StoredObligation, String)],
    ) -> Result<(), FlowError> {
        for (one, _) in answering {
            if !self.known_plans.insert(one.plan_id) {
                continue;
            }
            let Some(plan) = plans::get(&ctx.db, one.plan_id).await? else {
                continue;
            };
            let Some(from) = plan.issued_on else {
                continue;
            };
            for task in tasks::of_plan(&ctx.db, plan.id).await? {
                let end = task.due_on.or(plan.last_phase_ends_on);
                let to = end.unwrap_or(from).max(from);
                self.courses.insert(task.id.0, Course { from, to });
            }
            let known = indicators::of_plan(&ctx.db, plan.id).await?;
            self.indicators
                .extend(known.into_iter().map(|indicator| (indicator.id, indicator)));
        }
        Ok(())
    }
}

fn seen<'a>(one: &'a StoredObligation, unit_code: &'a str) -> AskSeen<'a> {
    AskSeen {
        unit_code,
        kind: one.kind,
        opened_on: one.opened_on,
        due_on: one.due_on,
        due_revision: one.due_revision,
    }
}

fn report_item(assignment_id: AssignmentId, percent: u8, course: u8) -> ReportItem {
    let behind = i32::from(course) - i32::from(percent) >= 10;
    let done = match percent {
        100 => "各项任务均已完成，资料已归档备查",
        50.. => "已按方案分工逐项推进，主要任务过半",
        _ => "已制定措施并明确责任人，正在组织实施",
    };
    ReportItem {
        assignment_id,
        percent: Some(percent),
        done: Some(done.to_owned()),
        problems: behind.then(|| "人员和经费未到位，进度落后于计划".to_owned()),
        next_steps: (percent < 100).then(|| "按月倒排工期，加快推进".to_owned()),
    }
}

fn note(kind: ObligationKind) -> &'static str {
    match kind {
        ObligationKind::Acknowledge => "已签收",
        ObligationKind::Complete => "已按要求办理，现予反馈",
        ObligationKind::SendUp => "材料已报送",
        ObligationKind::SpotCheck => "自查情况见各项填报",
        ObligationKind::Dispatch => "进展情况见各项填报",
        ObligationKind::Monitoring => "监测数据已核对",
        ObligationKind::Rectify => "问题已整改，措施已落实到人",
        ObligationKind::Notice => "因人手紧张未能按期办理，现已安排专人补办，一周内完成",
        ObligationKind::Collect => "进展情况见各项填报",
        ObligationKind::FollowUp => "已按议定的要求办理",
    }
}
