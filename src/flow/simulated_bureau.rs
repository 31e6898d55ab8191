//! What else the office of a simulated town does on a workday: it records inspections and rechecks what was put right,
//! follows up what was decided in dispatches, approves and publishes bulletins, and appraises the year; all of it through
//! the same use cases as real people.

use crate::domain::access::{Reach, Viewer};
use crate::domain::appraisal::{AppraisalScope, AppraisalState};
use crate::domain::bulletin::BulletinState;
use crate::domain::cycle_kind::CycleKind;
use crate::domain::decision::DecisionState;
use crate::domain::finding_life::{FindingEvent, FindingState};
use crate::domain::ids::{CycleId, ObligationId, RoundId};
use crate::domain::inspection::{InspectionResult, InspectionState};
use crate::domain::school_calendar::SchoolCalendar;
use crate::domain::temperament::People;
use crate::domain::unit::UnitDirectory;
use crate::flow::appraise::{AppraisalWanted, confirm_appraisal, make_appraisal};
use crate::flow::decide_bulletins::{BulletinChange, approve_bulletin, edit_bulletin};
use crate::flow::keep_decisions::{DecisionWanted, close_decision, make_decision};
use crate::flow::publish_bulletin::publish_bulletin;
use crate::flow::raise_findings::FindingToRaise;
use crate::flow::recheck_finding::{Recheck, recheck_finding};
use crate::flow::record_inspection::{ResultToRecord, record_inspection};
use crate::flow::{Ctx, FlowError};
use crate::storage::inspections::StoredInspection;
use crate::storage::lists::appraisals::{self, AppraisalFilter};
use crate::storage::lists::bulletins::{self, BulletinFilter};
use crate::storage::lists::decisions::{self, DecisionFilter};
use crate::storage::lists::findings::{self, FindingFilter};
use crate::storage::lists::inspections::{self, InspectionFilter};
use crate::storage::paging::PageWanted;
use crate::storage::rounds::StoredRound;
use crate::storage::{cycles, obligations, rounds};
use chrono::NaiveDate;
use std::collections::{HashMap, HashSet};

/// Things of a kind that are dealt with on one day.
const MOST_A_DAY: PageWanted = PageWanted::first(500);
/// Workdays from the opening of a round to the publishing of its bulletin.
const BULLETIN_WORKDAYS: i32 = 3;
/// Workdays that scores are open to objections.
const OBJECTION_WORKDAYS: i32 = 5;

/// A workday of the simulated office.
#[derive(Clone, Copy)]
pub(super) struct Workday<'a> {
    pub(super) ctx: &'a Ctx,
    /// As whom it acts.
    pub(super) viewer: &'a Viewer,
    pub(super) directory: &'a UnitDirectory,
    pub(super) calendar: &'a SchoolCalendar,
    pub(super) day: NaiveDate,
}

/// The office of a simulated town, as far as rounds go.
pub(super) struct SimulatedBureau {
    people: People,
    /// Dispatches about which something was decided.
    decided: HashSet<RoundId>,
    /// Rounds that were appraised.
    appraised: HashSet<RoundId>,
}

impl SimulatedBureau {
    pub(super) fn of(people: People) -> Self {
        Self {
            people,
            decided: HashSet::new(),
            appraised: HashSet::new(),
        }
    }

    /// What is done on a workday before the units do theirs.
    pub(super) async fn work(&mut self, today: &Workday<'_>) -> Result<(), FlowError> {
        self.inspect(today).await?;
        self.recheck(today).await?;
        let rounds = rounds_by_kind(today.ctx).await?;
        self.decide(today, &rounds).await?;
        self.publish(today).await?;
        self.appraise(today, &rounds).await
    }

    /// Records the results of inspections some days before they are due; one in four finds something.
    async fn inspect(&self, today: &Workday<'_>) -> Result<(), FlowError> {
        let Workday {
            ctx,
            viewer,
            directory,
            calendar,
            day,
        } = *today;
        let filter = InspectionFilter {
            state: Some(InspectionState::Planned),
            ..InspectionFilter::default()
        };
        let everyones = (&Reach::All, viewer.address.as_str());
        let planned = inspections::list(&ctx.db, &filter, everyones, &MOST_A_DAY).await?;
        for one in planned.rows {
            let code = directory.get(one.unit_id).map(|unit| unit.code.as_str());
            let key = format!("inspection|{}|{}", code.unwrap_or_default(), one.opened_on);
            let mut dice = self.people.dice(&key);
            let on = calendar
                .holidays
                .add_workdays(one.results_due_on, -dice.between(1, 4));
            if on <= day {
                let result = found(&one, dice.happens(25), calendar, day);
                record_inspection(ctx, viewer, one.id, result).await?;
            }
        }
        Ok(())
    }

    /// Rechecks what was reported as put right; one in six is sent back the first time.
    async fn recheck(&self, today: &Workday<'_>) -> Result<(), FlowError> {
        let Workday {
            ctx,
            viewer,
            directory,
            calendar,
            day,
        } = *today;
        let filter = FindingFilter {
            state: Some(FindingState::Reported),
            ..FindingFilter::default()
        };
        let everyones = (&Reach::All, viewer.address.as_str());
        let reported = findings::list(&ctx.db, &filter, everyones, &MOST_A_DAY).await?;
        let asked: Vec<ObligationId> = reported.rows.iter().map(|one| one.obligation_id).collect();
        let asked = obligations::with_ids(&ctx.db, &asked).await?;
        let sent_back = asked.iter().filter(|asked| asked.due_revision > 0);
        let sent_back: HashSet<ObligationId> = sent_back.map(|asked| asked.id).collect();
        for one in reported.rows {
            let is_first = !sent_back.contains(&one.obligation_id);
            let code = directory.get(one.unit_id).map(|unit| unit.code.as_str());
            let key = format!("recheck|{}|{}", code.unwrap_or_default(), one.raised_on);
            let sends_back = is_first && self.people.dice(&key).happens(17);
            let recheck = match sends_back {
                true => Recheck {
                    event: FindingEvent::SendBack,
                    reason: Some("整改措施不具体，未见佐证，请补充".to_owned()),
                    rectify_by: Some(calendar.holidays.add_workdays(day, 5)),
                },
                false => Recheck {
                    event: FindingEvent::Close,
                    reason: None,
                    rectify_by: None,
                },
            };
            recheck_finding(ctx, viewer, one.id, recheck).await?;
        }
        Ok(())
    }

    /// Decides something in each dispatch once it has closed, and closes what was followed up.
    async fn decide(
        &mut self,
        today: &Workday<'_>,
        rounds: &[(CycleKind, StoredRound)],
    ) -> Result<(), FlowError> {
        let Workday {
            ctx,
            viewer,
            directory,
            calendar,
            day,
        } = *today;
        let filter = DecisionFilter {
            state: Some(DecisionState::Answered),
            ..DecisionFilter::default()
        };
        let answered = decisions::list(&ctx.db, &filter, &Reach::All, &MOST_A_DAY).await?;
        for one in answered.rows {
            close_decision(ctx, &viewer.address, one.id, None).await?;
        }
        let closed = of_kind(rounds, CycleKind::Dispatch).filter(|round| !round.open);
        for round in closed.map(|round| round.id) {
            if !self.decided.insert(round) {
                continue;
            }
            let asked = obligations::of_round(&ctx.db, round).await?;
            // Whoever answered last, or not at all, has most to catch up with.
            let slowest = asked.iter().max_by_key(|one| (one.state, one.unit_id));
            let unit = slowest.and_then(|one| directory.get(one.unit_id));
            let Some(unit) = unit else {
                continue;
            };
            let wanted = DecisionWanted {
                round_id: round,
                text: "对进度落后的任务制定补进度计划，明确责任人和完成时间".to_owned(),
                unit_code: unit.code.clone(),
                due_on: calendar.holidays.add_workdays(day, 10),
                task_id: None,
                reason: Some("调度会议定".to_owned()),
            };
            make_decision(ctx, &viewer.address, wanted).await?;
        }
        Ok(())
    }

    /// Writes the demands of a bulletin, has it approved, and publishes it some workdays after its round opened.
    async fn publish(&self, today: &Workday<'_>) -> Result<(), FlowError> {
        let Workday {
            ctx, calendar, day, ..
        } = *today;
        let filter = BulletinFilter {
            state: Some(BulletinState::Draft),
            ..BulletinFilter::default()
        };
        let drafts = bulletins::list(&ctx.db, &filter, &Reach::All, &MOST_A_DAY).await?;
        for one in drafts.rows {
            let made_on = ctx.settings.zone.day(one.made.at);
            if day < calendar.holidays.add_workdays(made_on, BULLETIN_WORKDAYS) {
                continue;
            }
            let change = BulletinChange {
                demands: Some(DEMANDS.map(str::to_owned).to_vec()),
                ..BulletinChange::default()
            };
            edit_bulletin(ctx, one.id, change, None).await?;
            approve_bulletin(ctx, one.id, None).await?;
            publish_bulletin(ctx, one.id).await?;
        }
        Ok(())
    }

    /// Appraises the school year when its round opens, and confirms the scores when nobody may object any more.
    async fn appraise(
        &mut self,
        today: &Workday<'_>,
        rounds: &[(CycleKind, StoredRound)],
    ) -> Result<(), FlowError> {
        let Workday {
            ctx,
            viewer,
            calendar,
            day,
            ..
        } = *today;
        let filter = AppraisalFilter {
            state: Some(AppraisalState::Proposed),
            ..AppraisalFilter::default()
        };
        for one in appraisals::list(&ctx.db, &filter, &MOST_A_DAY).await?.rows {
            let computed_on = ctx.settings.zone.day(one.computed_at);
            if day
                >= calendar
                    .holidays
                    .add_workdays(computed_on, OBJECTION_WORKDAYS)
            {
                confirm_appraisal(ctx, &viewer.address, one.id, None).await?;
            }
        }
        for round in of_kind(rounds, CycleKind::Appraisal).map(|round| round.id) {
            if !self.appraised.insert(round) {
                continue;
            }
            let wanted = AppraisalWanted {
                scope: AppraisalScope::Round(round),
                rules_id: None,
                ranked: false,
            };
            make_appraisal(ctx, &viewer.address, wanted).await?;
        }
        Ok(())
    }
}

/// What a bulletin demands next.
const DEMANDS: [&str; 3] = [
    "压实责任。进度落后的牵头单位要逐项查找原因，倒排工期，按月报告。",
    "抓紧整改。存在问题的单位要对照清单整改到位，并留存佐证。",
    "按时填报。未填报的单位要在五个工作日内补报。",
];

/// What an inspection comes to.
fn found(
    one: &StoredInspection,
    something: bool,
    calendar: &SchoolCalendar,
    day: NaiveDate,
) -> ResultToRecord {
    let finding = FindingToRaise {
        text: match one.mode.as_str() {
            "visit" => "现场查看台账不完整，责任人不明确",
            _ => "自查材料缺少过程记录，责任人不明确",
        }
        .to_owned(),
        assignment_id: None,
        rectify_by: calendar.holidays.add_workdays(day, 10),
        files: Vec::new(),
    };
    ResultToRecord {
        result: match something {
            true => InspectionResult::Findings,
            false => InspectionResult::Pass,
        },
        note: None,
        files: Vec::new(),
        findings: something.then_some(finding).into_iter().collect(),
        reason: Some("抽查发现问题须限期整改".to_owned()),
    }
}

/// All rounds with the kinds of their cycles, oldest first.
async fn rounds_by_kind(ctx: &Ctx) -> Result<Vec<(CycleKind, StoredRound)>, FlowError> {
    let cycles = cycles::all(&ctx.db).await?;
    let kinds: HashMap<CycleId, CycleKind> =
        cycles.iter().map(|cycle| (cycle.id, cycle.kind)).collect();
    let rounds = rounds::all(&ctx.db).await?.into_iter();
    Ok(rounds
        .filter_map(|round| Some((*kinds.get(&round.cycle_id)?, round)))
        .collect())
}

fn of_kind(
    rounds: &[(CycleKind, StoredRound)],
    kind: CycleKind,
) -> impl Iterator<Item = &StoredRound> {
    let of_kind = rounds.iter().filter(move |(of, _)| *of == kind);
    of_kind.map(|(_, round)| round)
}
