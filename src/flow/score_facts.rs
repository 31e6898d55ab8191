//! The facts that scores are made from, unit by unit, as they stood in the evening of a school year's last day: what fell
//! due and was answered, the lights, the values. What comes later changes nothing of them.

use crate::domain::assignment_life::AssignmentEvent;
use crate::domain::attainment::Attainment;
use crate::domain::board::{PageFilter, Reach};
use crate::domain::ids::{
    AssignmentId, IndicatorId, ObligationId, PlanId, ReportId, RoundId, UnitId,
};
use crate::domain::local_time::LocalZone;
use crate::domain::obligation::{AskedFor, ObligationState};
use crate::domain::period::Period;
use crate::domain::period_key::PeriodKey;
use crate::domain::score::{AskFact, CourseFact, ScoreFacts, Told, ValueFact};
use crate::domain::standing::Standing;
use crate::flow::refresh_board::ask;
use crate::flow::weigh_values::weigh;
use crate::flow::{Ctx, FlowError};
use crate::storage::score_facts::{
    self, AskedRow, GrantedRow, OpenedAgainRow, ReportedRow, ValueRow,
};
use crate::storage::{findings, indicator_values, indicators};
use chrono::{DateTime, NaiveDate, Utc};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// Facts by unit.
pub type FactsByUnit = BTreeMap<UnitId, ScoreFacts>;

/// Whose facts, and of which days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FactScope {
    /// Of one plan; of all where none.
    pub plan_id: Option<PlanId>,
    /// First day.
    pub starts_on: NaiveDate,
    /// Last day.
    pub ends_on: NaiveDate,
}

/// The facts of every unit that has any.
///
/// # Errors
/// [`FlowError::Storage`].
pub async fn facts_of(ctx: &Ctx, scope: FactScope) -> Result<FactsByUnit, FlowError> {
    let mut facts = FactsByUnit::new();
    for (unit, fact) in asks(ctx, scope).await? {
        facts.entry(unit).or_default().asks.push(fact);
    }
    for (unit, fact) in courses(ctx, scope).await? {
        facts.entry(unit).or_default().courses.push(fact);
    }
    for (unit, fact) in values(ctx, scope).await? {
        facts.entry(unit).or_default().values.push(fact);
    }
    let (plan, from, until) = (scope.plan_id, scope.starts_on, scope.ends_on);
    for one in findings::of_days(&ctx.db, plan, from, until).await? {
        let found = &mut facts.entry(one.unit_id).or_default().findings;
        match one.closed {
            true => found.closed.push(one.id.0),
            false => found.open.push(one.id.0),
        }
    }
    let in_order = |(unit, facts): (UnitId, ScoreFacts)| (unit, facts.in_order());
    Ok(facts.into_iter().map(in_order).collect())
}

/// What happened to one request.
#[derive(Default)]
struct History {
    reports: Vec<ReportedRow>,
    granted: Vec<GrantedRow>,
    opened_again: Vec<OpenedAgainRow>,
}

async fn asks(ctx: &Ctx, scope: FactScope) -> Result<Vec<(UnitId, AskFact)>, FlowError> {
    let db = &ctx.db;
    let before = ctx.end_of_day(scope.ends_on);
    let rows = score_facts::asked(db, scope.plan_id, scope.starts_on, scope.ends_on).await?;
    let is_withdrawn = |row: &AskedRow| {
        row.state == ObligationState::Withdrawn && row.settled_at.is_none_or(|at| at < before)
    };
    let rows: Vec<AskedRow> = rows.into_iter().filter(|row| !is_withdrawn(row)).collect();
    // What was found by mistake costs nobody anything, an answer to it that came late neither.
    let mistaken: HashSet<ObligationId> = findings::withdrawn_by(db, scope.ends_on)
        .await?
        .into_iter()
        .map(|(_, ask)| ask)
        .collect();
    let rows: Vec<AskedRow> = rows
        .into_iter()
        .filter(|row| !mistaken.contains(&row.id))
        .collect();
    let ids: Vec<ObligationId> = rows.iter().map(|row| row.id).collect();
    let mut histories: HashMap<ObligationId, History> = HashMap::new();
    for row in score_facts::reports(db, &ids, before).await? {
        let history = histories.entry(row.obligation_id).or_default();
        history.reports.push(row);
    }
    for row in score_facts::granted(db, &ids, before).await? {
        let history = histories.entry(row.obligation_id).or_default();
        history.granted.push(row);
    }
    for row in score_facts::opened_again(db, &ids, before).await? {
        let history = histories.entry(row.obligation_id).or_default();
        history.opened_again.push(row);
    }
    let last = |id| {
        let history: Option<&History> = histories.get(&id);
        history.and_then(|history| history.reports.last().map(|report| report.id))
    };
    let asked_for_progress = rows
        .iter()
        .filter(|row| row.kind.asked_for() == AskedFor::Progress);
    let last_reports: Vec<ReportId> = asked_for_progress.filter_map(|row| last(row.id)).collect();
    let telling = score_facts::telling_progress(db, &last_reports).await?;
    let nothing = History::default();
    let facts = rows.iter().filter_map(|row| {
        let history = histories.get(&row.id).unwrap_or(&nothing);
        let told = match last(row.id).is_some_and(|id| telling.contains(&id)) {
            true => Told::Progress,
            false => Told::Nothing,
        };
        let fact = ask_fact(row, history, told, ctx.settings.zone, scope.ends_on);
        let is_due = (scope.starts_on..=scope.ends_on).contains(&fact.due_on);
        is_due.then_some((row.unit_id, fact))
    });
    Ok(facts.collect())
}

fn ask_fact(
    row: &AskedRow,
    history: &History,
    told: Told,
    zone: LocalZone,
    ends_on: NaiveDate,
) -> AskFact {
    let first = history.reports.first().map(|report| report.reported_at);
    let mut fact = AskFact {
        id: row.id,
        asked_for: row.kind.asked_for(),
        due_on: due_of_first_answer(row, history, first),
        answered_on: first.map(|at| zone.day(at)),
        told,
        sent_back: Vec::new(),
    };
    // Those sent back together are one return.
    let mut returned_at: Option<DateTime<Utc>> = None;
    for event in &history.opened_again {
        if event.event == AssignmentEvent::Return && returned_at != Some(event.at) {
            returned_at = Some(event.at);
            fact.sent_back.push(event.id);
        }
    }
    // Sent back, and not answered by the new day: it stands as if nothing had come.
    let last = history.reports.last().map(|report| report.reported_at);
    let waits = |event: &&OpenedAgainRow| {
        is_sent_back(event.event) && last.is_some_and(|last| last < event.at)
    };
    let again = history.opened_again.iter().rfind(waits);
    if let Some(due_on) = again.and_then(|event| event.due_on)
        && due_on <= ends_on
    {
        fact.due_on = due_on;
        fact.answered_on = None;
    }
    fact
}

fn is_sent_back(event: AssignmentEvent) -> bool {
    matches!(event, AssignmentEvent::Return | AssignmentEvent::Reopen)
}

/// The day that the first answer was to meet: the first due day, or the latest to which it was moved before that answer.
fn due_of_first_answer(
    row: &AskedRow,
    history: &History,
    answered_at: Option<DateTime<Utc>>,
) -> NaiveDate {
    let in_time = |at: DateTime<Utc>| answered_at.is_none_or(|answered| at <= answered);
    let granted = history.granted.iter().filter(|one| in_time(one.at));
    let granted = granted.map(|one| one.due_on);
    let resumed = history
        .opened_again
        .iter()
        .filter(|one| one.event == AssignmentEvent::Resume && in_time(one.at));
    let resumed = resumed.filter_map(|one| one.due_on);
    let first = match row.moved_by {
        // What moves a day without a word is a calendar that came later.
        None => row.due_on,
        Some(_) => row.first_due_on,
    };
    granted.chain(resumed).fold(first, NaiveDate::max)
}

/// Assignments with their lights. What was done before the first day is no work of this year.
async fn courses(ctx: &Ctx, scope: FactScope) -> Result<Vec<(UnitId, CourseFact)>, FlowError> {
    let FactScope {
        plan_id,
        starts_on,
        ends_on,
    } = scope;
    ask(ctx, move |view| {
        let filter = PageFilter {
            plan_id,
            ..PageFilter::default()
        };
        let on = |day: NaiveDate| {
            let day = view.board.as_of(day, view.line);
            day.page(&Reach::All, &filter, None, usize::MAX)
        };
        let done_before: HashSet<AssignmentId> = starts_on
            .pred_opt()
            .map(on)
            .unwrap_or_default()
            .into_iter()
            .filter(|row| row.standing == Standing::Done)
            .map(|row| row.id)
            .collect();
        let rows = on(ends_on).into_iter();
        rows.filter(|row| !done_before.contains(&row.id))
            .map(|row| {
                let fact = CourseFact {
                    id: row.id,
                    light: row.light,
                    standing: row.standing,
                };
                (row.unit_id, fact)
            })
            .collect()
    })
    .await
}

/// Values told for the periods that ended in the year, against the targets of these periods. What was not told is no value:
/// the request that was not answered counts.
async fn values(ctx: &Ctx, scope: FactScope) -> Result<Vec<(UnitId, ValueFact)>, FlowError> {
    let calendar = ctx.calendar().await?;
    let days = scope.starts_on..=scope.ends_on;
    let is_within = |key: PeriodKey| {
        let period = Period::of(key, &calendar.terms);
        period.is_some_and(|period| days.contains(&period.ends_on))
    };
    let mut facts = Vec::new();
    for (round, period) in score_facts::monitoring_rounds(&ctx.db, scope.plan_id).await? {
        if is_within(period) {
            facts.extend(values_of_round(ctx, scope, round, period).await?);
        }
    }
    // A unit asked for one indicator by two rounds of a year is counted once a round; the same report counts once.
    facts.sort_unstable();
    facts.dedup();
    Ok(facts)
}

async fn values_of_round(
    ctx: &Ctx,
    scope: FactScope,
    round: RoundId,
    period: PeriodKey,
) -> Result<Vec<(UnitId, ValueFact)>, FlowError> {
    let db = &ctx.db;
    let everyones = crate::domain::access::Reach::All;
    let asked = indicator_values::asked_in_round(db, round, &everyones).await?;
    let ids: BTreeSet<IndicatorId> = asked.iter().map(|one| one.indicator_id).collect();
    let known = indicators::with_ids(db, ids.iter().copied()).await?;
    let before = ctx.end_of_day(scope.ends_on);
    let rows = score_facts::values(db, &ids, period, before).await?;
    let newest: HashMap<(IndicatorId, UnitId), ValueRow> = rows
        .into_iter()
        .map(|row| ((row.indicator_id, row.unit_id), row))
        .collect();
    let facts = asked.iter().filter_map(|one| {
        let row = newest.get(&(one.indicator_id, one.unit_id))?;
        let indicator = known.get(&one.indicator_id)?;
        let weighed = weigh(indicator, period, Some(row.value), None);
        let fact = ValueFact {
            report_id: row.report_id,
            indicator_id: row.indicator_id,
            attained: weighed.attainment == Attainment::Attained,
        };
        Some((one.unit_id, fact))
    });
    Ok(facts.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::AssignmentEventId;
    use crate::domain::obligation::MovedBy;
    use crate::domain::obligation::ObligationKind;
    use uuid::Uuid;

    const ASK: ObligationId = ObligationId(Uuid::nil());

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    /// An instant, at noon where the bureau is.
    fn noon(text: &str) -> DateTime<Utc> {
        format!("{text}T04:00:00Z").parse().unwrap()
    }

    fn asked(due_on: &str, moved_by: Option<MovedBy>) -> AskedRow {
        AskedRow {
            id: ASK,
            unit_id: UnitId(Uuid::nil()),
            kind: ObligationKind::Complete,
            due_on: day(due_on),
            first_due_on: day("2026-04-30"),
            moved_by,
            state: ObligationState::Answered,
            settled_at: None,
        }
    }

    fn reports(days: &[&str]) -> Vec<ReportedRow> {
        let row = |on: &&str| ReportedRow {
            id: ReportId(Uuid::nil()),
            obligation_id: ASK,
            reported_at: noon(on),
        };
        days.iter().map(row).collect()
    }

    fn again(number: u128, event: AssignmentEvent, on: &str, due_on: &str) -> OpenedAgainRow {
        OpenedAgainRow {
            id: AssignmentEventId(Uuid::from_u128(number)),
            event,
            obligation_id: ASK,
            due_on: Some(day(due_on)),
            at: noon(on),
        }
    }

    fn granted(due_on: &str, on: &str) -> GrantedRow {
        GrantedRow {
            obligation_id: ASK,
            due_on: day(due_on),
            at: noon(on),
        }
    }

    /// Due day, day of the answer, times sent back.
    fn fact(row: &AskedRow, history: &History) -> (String, Option<String>, usize) {
        let zone = LocalZone::named("Asia/Shanghai").unwrap();
        let fact = ask_fact(row, history, Told::Progress, zone, day("2026-08-31"));
        (
            fact.due_on.to_string(),
            fact.answered_on.map(|on| on.to_string()),
            fact.sent_back.len(),
        )
    }

    fn told(
        due_on: &str,
        answered_on: Option<&str>,
        times: usize,
    ) -> (String, Option<String>, usize) {
        (due_on.to_owned(), answered_on.map(str::to_owned), times)
    }

    #[test]
    fn the_first_answer_counts_against_the_day_that_held_when_it_came() {
        use AssignmentEvent::Resume;
        let extended = asked("2026-05-20", Some(MovedBy::ExtensionGranted));
        let mut history = History {
            reports: reports(&["2026-05-10"]),
            granted: vec![granted("2026-05-20", "2026-04-28")],
            ..History::default()
        };
        assert_eq!(
            fact(&extended, &history),
            told("2026-05-20", Some("2026-05-10"), 0)
        );
        // Granted for another answer, after the first had come late.
        history.granted = vec![granted("2026-06-20", "2026-05-15")];
        assert_eq!(
            fact(&extended, &history),
            told("2026-04-30", Some("2026-05-10"), 0)
        );
        history = History {
            reports: reports(&["2026-06-01"]),
            opened_again: vec![again(1, Resume, "2026-05-06", "2026-06-10")],
            ..History::default()
        };
        let resumed = asked("2026-06-10", Some(MovedBy::Resumed));
        assert_eq!(
            fact(&resumed, &history),
            told("2026-06-10", Some("2026-06-01"), 0)
        );
        // A calendar that came later moved it without a word.
        let nothing = History::default();
        assert_eq!(
            fact(&asked("2026-05-06", None), &nothing),
            told("2026-05-06", None, 0)
        );
    }

    #[test]
    fn what_was_sent_back_counts_once_a_time_and_is_due_again() {
        use AssignmentEvent::Return;
        let row = asked("2026-05-11", Some(MovedBy::Return));
        let mut history = History {
            reports: reports(&["2026-04-20", "2026-05-08"]),
            opened_again: vec![
                again(1, Return, "2026-04-27", "2026-05-11"),
                // Sent back together with the first.
                again(2, Return, "2026-04-27", "2026-05-11"),
            ],
            ..History::default()
        };
        assert_eq!(
            fact(&row, &history),
            told("2026-04-30", Some("2026-04-20"), 1)
        );
        // Nothing came after it was sent back.
        history.reports = reports(&["2026-04-20"]);
        assert_eq!(fact(&row, &history), told("2026-05-11", None, 1));
        // Its new day is next year's.
        history.opened_again = vec![again(1, Return, "2026-08-28", "2026-09-11")];
        assert_eq!(
            fact(&row, &history),
            told("2026-04-30", Some("2026-04-20"), 1)
        );
    }
}
