//! What a round asks of whom, by the kind of its cycle (design §6, table of cycles): the obligations, the draw, and what
//! a person should know. Nothing is written here.

use crate::domain::collecting::{AnswersTo, words_of_summary};
use crate::domain::cycle_kind::CycleKind;
use crate::domain::draw::{Candidate, Quota, ROUNDS_LEFT_OUT, commitment, draw};
use crate::domain::ids::{ObligationId, RoundId};
use crate::domain::obligation::{ObligationKind, ObligationState, Source};
use crate::domain::period::Period;
use crate::domain::role::Role;
use crate::domain::school_calendar::SchoolCalendar;
use crate::domain::stratum::stratum_of;
use crate::domain::unit::UnitDirectory;
use crate::flow::ask_budget::{AskBudget, Exceeded};
use crate::flow::reporting_units::Reporting;
use crate::flow::round_parties::{Circle, Participant, led_first, schools_below};
use crate::flow::{Ctx, FlowError, Now, RefusalCode};
use crate::storage::cycles::StoredCycle;
use crate::storage::obligations::{Item, StoredObligation};
use crate::storage::plans::StoredPlan;
use crate::storage::rounds::StoredDraw;
use crate::storage::{WriteTx, dispatch_rows, indicators, new_id, rounds, tasks, units};
use std::collections::{BTreeSet, HashMap};

/// One request of the round.
#[derive(Debug)]
pub(super) struct Ask {
    pub(super) source: Source,
    pub(super) obligation: StoredObligation,
    pub(super) items: Vec<Item>,
}

/// Everything the round asks.
#[derive(Debug, Default)]
pub(super) struct Asks {
    pub(super) obligations: Vec<Ask>,
    pub(super) draw: Option<StoredDraw>,
    /// For people: schools left out, strata relaxed, units over budget.
    pub(super) listed: Vec<String>,
    /// Names of units that this round takes over their monthly budget.
    pub(super) over_budget: Vec<String>,
}

/// The round whose asks are wanted.
pub(super) struct RoundScope<'a> {
    pub(super) ctx: &'a Ctx,
    pub(super) tx: &'a WriteTx,
    pub(super) calendar: &'a SchoolCalendar,
    pub(super) cycle: &'a StoredCycle,
    pub(super) plan: &'a StoredPlan,
    pub(super) period: Period,
    pub(super) round_id: RoundId,
    pub(super) now: Now,
}

impl RoundScope<'_> {
    /// What the round asks.
    pub(super) async fn asks(&self) -> Result<Asks, FlowError> {
        let directory = UnitDirectory::new(units::all(self.tx).await?);
        let assignments = tasks::assignments(self.tx, self.plan.id).await?;
        let mut asks = Asks::default();
        let indicators = match self.cycle.kind {
            CycleKind::Monitoring => indicators::of_plan(self.tx, self.plan.id).await?,
            CycleKind::SpotCheck
            | CycleKind::Dispatch
            | CycleKind::Bulletin
            | CycleKind::Appraisal => Vec::new(),
        };
        let mut reporting = Reporting::of(&directory, &indicators, self.period.key);
        asks.listed.append(&mut reporting.problems);
        let others = reporting.named_units();
        let collecting = match self.cycle.kind {
            CycleKind::Dispatch => dispatch_rows::collecting(self.tx, self.plan.id).await?,
            CycleKind::SpotCheck
            | CycleKind::Bulletin
            | CycleKind::Monitoring
            | CycleKind::Appraisal => BTreeSet::new(),
        };
        let circle = Circle {
            rule: &self.cycle.rule,
            period: self.period,
            opened_on: self.now.today,
            calendar: self.calendar,
            collecting: &collecting,
        };
        let (participants, left_out) = circle.participants(&directory, &assignments, &others);
        if left_out > 0 && self.cycle.rule.due_after_workdays.is_some() {
            asks.listed
                .push(format!("{left_out} 所学校因假期不参加本次"));
        }
        match self.cycle.kind {
            CycleKind::SpotCheck => self.ask_drawn(&directory, participants, &mut asks).await?,
            CycleKind::Dispatch => self.ask_dispatched(&directory, &participants, &mut asks),
            CycleKind::Monitoring => self.ask_indicators(&reporting, &participants, &mut asks),
            // Nothing new: both work on what is known already.
            CycleKind::Bulletin | CycleKind::Appraisal => {}
        }
        self.list_over_budget(&directory, &mut asks).await?;
        Ok(asks)
    }

    async fn ask_drawn(
        &self,
        directory: &UnitDirectory,
        participants: Vec<Participant<'_>>,
        asks: &mut Asks,
    ) -> Result<(), FlowError> {
        let Some(seed) = self.cycle.next_seed.clone() else {
            return Err(FlowError::refused(
                RefusalCode::InvalidValue,
                "该抽查周期还没有抽签种子，请先开启该周期（duban cycle on）",
            ));
        };
        let numbers: HashMap<_, _> = tasks::of_plan(self.tx, self.plan.id)
            .await?
            .into_iter()
            .map(|task| (task.id, task.number))
            .collect();
        let drawn_before = self.drawn_before().await?;
        let candidates: Vec<Candidate> = participants
            .iter()
            .map(|participant| Candidate {
                unit_code: participant.unit.code.clone(),
                stratum: stratum_of(participant.unit, directory),
                drawn_rounds_ago: drawn_before.get(&participant.unit.code).copied(),
                task_numbers: participant
                    .assignments
                    .iter()
                    .filter_map(|assignment| numbers.get(&assignment.task_id).cloned())
                    .collect(),
            })
            .collect();
        let quota = Quota::default();
        let result = draw(&seed, quota, &candidates);
        for stratum in result.strata.iter().filter(|stratum| stratum.relaxed > 0) {
            asks.listed.push(format!(
                "“{}”共 {} 个单位，近 {ROUNDS_LEFT_OUT} 次已抽过 {} 个，为抽足 {} 个，重新纳入 {} 个",
                stratum.name, stratum.population, stratum.left_out, stratum.quota, stratum.relaxed
            ));
        }
        let by_code: HashMap<&str, &Participant<'_>> = participants
            .iter()
            .map(|one| (one.unit.code.as_str(), one))
            .collect();
        for pick in &result.picks {
            let Some(participant) = by_code.get(pick.unit_code.as_str()) else {
                continue;
            };
            let items = participant
                .assignments
                .iter()
                .filter(|one| {
                    numbers
                        .get(&one.task_id)
                        .is_some_and(|number| pick.task_numbers.contains(number))
                })
                .map(|one| Item::Assignment(one.id))
                .collect();
            asks.obligations
                .extend(self.ask(participant, ObligationKind::SpotCheck, items));
        }
        asks.draw = Some(StoredDraw {
            commitment: commitment(&seed),
            seed,
            quota,
            candidates,
            result,
        });
        Ok(())
    }

    /// Units drawn in the last rounds of this cycle, with how many rounds ago.
    async fn drawn_before(&self) -> Result<HashMap<String, u32>, FlowError> {
        let mut drawn = HashMap::new();
        let earlier = rounds::of_cycle(self.tx, self.cycle.id).await?;
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

    /// Lead units answer for the tasks they lead; below them, whoever a task collects from, earlier. A unit that does both
    /// has one form, by the day of the leads.
    fn ask_dispatched(
        &self,
        directory: &UnitDirectory,
        participants: &[Participant<'_>],
        asks: &mut Asks,
    ) {
        for participant in participants {
            let unit = participant.unit.id;
            let schools = schools_below(directory, unit, participants);
            if participant.assignments.is_empty() && schools == 0 {
                continue;
            }
            let leads = participant.assignments.iter();
            let kind = match leads.clone().any(|one| one.role == Role::Lead) {
                true => ObligationKind::Dispatch,
                false => ObligationKind::Collect,
            };
            let Some(mut ask) = self.ask(participant, kind, led_first(participant)) else {
                continue;
            };
            let obligation = &mut ask.obligation;
            if schools > 0 {
                obligation.what = Some(words_of_summary(schools));
            }
            if kind == ObligationKind::Collect {
                let to = AnswersTo::of(directory, unit);
                let (due_on, asks_on) = (obligation.due_on, obligation.opened_on);
                obligation.due_on = to.due_on(due_on, asks_on, &self.calendar.holidays);
                obligation.first_due_on = obligation.due_on;
            }
            asks.obligations.push(ask);
        }
    }

    fn ask_indicators(
        &self,
        reporting: &Reporting<'_>,
        participants: &[Participant<'_>],
        asks: &mut Asks,
    ) {
        for (participant, items) in reporting.items(participants) {
            asks.obligations
                .extend(self.ask(participant, ObligationKind::Monitoring, items));
        }
    }

    fn ask(
        &self,
        participant: &Participant<'_>,
        kind: ObligationKind,
        items: Vec<Item>,
    ) -> Option<Ask> {
        let due = participant.due?;
        let source = Source::Round(self.round_id);
        Some(Ask {
            obligation: StoredObligation {
                id: ObligationId(new_id()),
                source: source.to_string(),
                unit_id: participant.unit.id,
                kind,
                plan_id: self.plan.id,
                round_id: Some(self.round_id),
                deadline_id: None,
                what: None,
                opened_on: participant.asks_on,
                due_on: due.due_on,
                first_due_on: due.due_on,
                due_revision: 0,
                moved: None,
                provisional: due.provisional,
                state: ObligationState::Open,
                opened_at: self.now.at,
            },
            source,
            items,
        })
    }

    /// Units whose asks of this month exceed the budget with this round.
    async fn list_over_budget(
        &self,
        directory: &UnitDirectory,
        asks: &mut Asks,
    ) -> Result<(), FlowError> {
        let asked = asks.obligations.iter().map(|ask| &ask.obligation);
        let budget = AskBudget::of_month(self.ctx, self.tx, self.now.today).await?;
        for Exceeded { name, count } in budget.exceeded(directory, asked) {
            asks.listed.push(format!(
                "“{name}”本月第 {count} 次被要求填报，超过上限 {} 次",
                budget.limit
            ));
            asks.over_budget.push(name);
        }
        Ok(())
    }
}
