//! What a round asks of whom, by the kind of its cycle (design §6, table of cycles): the obligations, the draw, and what
//! a person should know. Nothing is written here.

use crate::domain::collecting::{AnswersTo, words_of_summary};
use crate::domain::cycle_kind::CycleKind;
use crate::domain::ids::{ObligationId, RoundId, TaskId};
use crate::domain::obligation::{ObligationKind, ObligationState, Source};
use crate::domain::period::Period;
use crate::domain::school_calendar::SchoolCalendar;
use crate::domain::unit::UnitDirectory;
use crate::flow::ask_budget::{AskBudget, Stretched};
use crate::flow::draw_round::InspectionToPlan;
use crate::flow::reporting_units::Reporting;
use crate::flow::round_parties::{Circle, Participant, kind_in_dispatch, led_first, schools_below};
use crate::flow::{Ctx, FlowError, Now};
use crate::storage::cycles::StoredCycle;
use crate::storage::obligations::{Item, StoredObligation};
use crate::storage::plans::StoredPlan;
use crate::storage::rounds::{RoundCheck, StoredDraw};
use crate::storage::{WriteTx, dispatch_rows, indicators, new_id, tasks, units};
use std::collections::BTreeSet;

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
    /// How the draw stands.
    pub(super) check: Option<RoundCheck>,
    /// Inspections of what was drawn, once the draw is in force.
    pub(super) inspections: Vec<InspectionToPlan>,
    /// For people: schools left out, strata relaxed, units over budget.
    pub(super) listed: Vec<String>,
    /// Units that this round takes over their monthly budget, or that are to answer today.
    pub(super) stretched: Stretched,
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
        let directory = self.directory().await?;
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
        let circle = self.circle(&collecting);
        let (participants, left_out) = circle.participants(&directory, &assignments, &others);
        if left_out > 0 && self.cycle.rule.due_after_workdays.is_some() {
            asks.listed
                .push(format!("{left_out} 所学校因假期不参加本次"));
        }
        match self.cycle.kind {
            CycleKind::SpotCheck => self.ask_drawn(&directory, &participants, &mut asks).await?,
            CycleKind::Dispatch => self.ask_dispatched(&directory, &participants, &mut asks),
            CycleKind::Monitoring => self.ask_indicators(&reporting, &participants, &mut asks),
            // Nothing new: both work on what is known already.
            CycleKind::Bulletin | CycleKind::Appraisal => {}
        }
        self.list_over_budget(&directory, &mut asks).await?;
        Ok(asks)
    }

    /// All units, as this transaction sees them.
    pub(super) async fn directory(&self) -> Result<UnitDirectory, FlowError> {
        Ok(UnitDirectory::new(units::all(self.tx).await?))
    }

    /// Whom the round is about, with the tasks that it collects from below.
    pub(super) fn circle<'c>(&'c self, collecting: &'c BTreeSet<TaskId>) -> Circle<'c> {
        Circle {
            rule: &self.cycle.rule,
            period: self.period,
            opened_on: self.now.today,
            calendar: self.calendar,
            collecting,
            levels: None,
        }
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
            let kind = kind_in_dispatch(participant);
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

    /// The request to one unit; none where nothing is due.
    pub(super) fn ask(
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
    pub(super) async fn list_over_budget(
        &self,
        directory: &UnitDirectory,
        asks: &mut Asks,
    ) -> Result<(), FlowError> {
        let asked = asks.obligations.iter().map(|ask| &ask.obligation);
        let budget = AskBudget::of_month(self.ctx, self.tx, self.now.today).await?;
        let stretched = budget.stretched(directory, asked, self.now.today);
        let over = stretched.over_budget().map(|unit| {
            format!(
                "“{}”本月第 {} 次被要求填报，超过上限 {} 次",
                unit.name, unit.count, stretched.limit
            )
        });
        asks.listed.extend(over);
        asks.stretched = stretched;
        Ok(())
    }
}
