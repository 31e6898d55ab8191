//! A unit's score: what the rule table makes of the facts, line by line, each line with the rows that earned or cost it.
//! Cards (约谈、黄牌、红牌) do not come from here; see `card`.

use crate::domain::decimal::Decimal;
use crate::domain::ids::{
    AssignmentEventId, AssignmentId, IndicatorId, ObjectionId, ObligationId, ReportId,
};
use crate::domain::light::Light;
use crate::domain::obligation::AskedFor;
use crate::domain::resource::Resource;
use crate::domain::score_rules::{Counting, ScoreRule, ScoreSubject, ScoreTable};
use crate::domain::standing::Standing;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Points are shared out in hundredths.
const STEP: i128 = 10_000;

/// What a unit's last answer tells of progress.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Told {
    /// A percentage, or next steps, of something.
    Progress,
    /// Neither.
    Nothing,
}

/// A request that fell due in the period.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct AskFact {
    /// The obligation.
    pub id: ObligationId,
    /// What for.
    pub asked_for: AskedFor,
    /// The due day that the first answer was to meet.
    pub due_on: NaiveDate,
    /// Local day of the first answer.
    pub answered_on: Option<NaiveDate>,
    /// What the last answer tells.
    pub told: Told,
    /// One event for each time that the answer was sent back.
    pub sent_back: Vec<AssignmentEventId>,
}

/// An assignment on the last day of the period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct CourseFact {
    /// The assignment.
    pub id: AssignmentId,
    /// Its light.
    pub light: Light,
    /// Its standing; what has none has no expected progress, and is not counted.
    pub standing: Standing,
}

/// A value of an indicator that was reported for the period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct ValueFact {
    /// The report that tells it.
    pub report_id: ReportId,
    /// The indicator.
    pub indicator_id: IndicatorId,
    /// Whether it meets its target.
    pub attained: bool,
}

/// Findings of inspections that the unit had to put right in the period.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct FindingFacts {
    /// Closed by the last day.
    pub closed: Vec<Uuid>,
    /// Still open then.
    pub open: Vec<Uuid>,
}

/// Everything that a unit's score is made from. The order of nothing in it matters.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct ScoreFacts {
    /// Requests that fell due.
    pub asks: Vec<AskFact>,
    /// Assignments.
    pub courses: Vec<CourseFact>,
    /// Findings.
    pub findings: FindingFacts,
    /// Values.
    pub values: Vec<ValueFact>,
}

impl ScoreFacts {
    /// Whether there is nothing to be scored.
    pub fn is_empty(&self) -> bool {
        let Self {
            asks,
            courses,
            findings,
            values,
        } = self;
        asks.is_empty()
            && courses.is_empty()
            && findings.closed.is_empty()
            && findings.open.is_empty()
            && values.is_empty()
    }

    /// The same in one order, whatever order they came in.
    #[must_use]
    pub fn in_order(mut self) -> Self {
        for ask in &mut self.asks {
            ask.sent_back.sort_unstable();
        }
        self.asks.sort_unstable();
        self.courses.sort_unstable();
        self.findings.closed.sort_unstable();
        self.findings.open.sort_unstable();
        self.values.sort_unstable();
        self
    }
}

/// A row that a line rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RowRef {
    /// What kind of row; `None` where the line itself says what it is: an objection.
    pub resource: Option<Resource>,
    /// Its id.
    pub id: Uuid,
    /// What in it, such as the indicator of a report.
    pub part: Option<Uuid>,
}

impl RowRef {
    fn of(resource: Resource, id: Uuid) -> Self {
        Self {
            resource: Some(resource),
            id,
            part: None,
        }
    }
}

/// What a line comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineOf {
    /// A rule of the table.
    Rule(ScoreSubject),
    /// An objection that was upheld.
    Objection,
}

/// One line of a score.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScoreLine {
    /// What it comes from.
    pub of: LineOf,
    /// Points given, or taken off (less than 0).
    pub points: Decimal,
    /// Whether more would have been taken off without the rule's bound.
    pub is_bounded: bool,
    /// Rows that went well: they earned points. Only where a rule counts by share.
    pub good: Vec<RowRef>,
    /// Rows that went badly: they cost points.
    pub bad: Vec<RowRef>,
}

/// A score.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Score {
    /// The sum, between the table's least and full marks.
    pub total: Decimal,
    /// The lines, in the order of [`ScoreSubject::ALL`]; a rule that met nothing has a line as well.
    pub lines: Vec<ScoreLine>,
}

/// Points that an upheld objection gave or took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Adjustment {
    /// The objection.
    pub objection_id: ObjectionId,
    /// The points.
    pub points: Decimal,
}

/// What the table makes of the facts.
pub fn score(table: &ScoreTable, facts: &ScoreFacts, adjustments: &[Adjustment]) -> Score {
    let mut rules: Vec<&ScoreRule> = table.rules.iter().collect();
    rules.sort_unstable_by_key(|rule| rule.subject);
    let mut lines: Vec<ScoreLine> = rules.into_iter().map(|rule| line(rule, facts)).collect();
    let mut adjustments = adjustments.to_vec();
    adjustments.sort_unstable_by_key(|one| one.objection_id);
    lines.extend(adjustments.iter().map(|one| ScoreLine {
        of: LineOf::Objection,
        points: one.points,
        is_bounded: false,
        good: vec![RowRef {
            resource: None,
            id: one.objection_id.0,
            part: None,
        }],
        bad: Vec::new(),
    }));
    Score {
        total: total(table, &lines),
        lines,
    }
}

/// The sum of lines, between the table's least and full marks.
pub fn total(table: &ScoreTable, lines: &[ScoreLine]) -> Decimal {
    let sum = lines.iter().fold(table.base.micros(), |sum, line| {
        sum.saturating_add(line.points.micros())
    });
    // The least is below full marks in every table that was accepted.
    let sum = sum.min(table.full.micros()).max(table.least.micros());
    Decimal::of_micros(sum)
}

fn line(rule: &ScoreRule, facts: &ScoreFacts) -> ScoreLine {
    let Evidence { good, bad } = evidence(rule.subject, facts);
    let (points, is_bounded) = match rule.subject.counting() {
        Counting::Share => (share(rule.points, good.len(), bad.len()), false),
        Counting::Each => {
            let count = i64::try_from(bad.len()).unwrap_or(i64::MAX);
            let cost = rule.points.micros().saturating_mul(count);
            let most = rule.most.map_or(i64::MAX, Decimal::micros);
            // Beyond a billion nobody has points to lose.
            let taken = cost.min(most).min(Decimal::LARGEST.micros());
            (Decimal::of_micros(-taken), cost > most)
        }
    };
    ScoreLine {
        of: LineOf::Rule(rule.subject),
        points,
        is_bounded,
        good,
        bad,
    }
}

/// The part of `points` that so many of all earn, to the nearest hundredth; all of them where there is nothing.
fn share(points: Decimal, good: usize, bad: usize) -> Decimal {
    let wide = |count: usize| i128::try_from(count).unwrap_or(i128::from(u32::MAX));
    let (good, all) = (wide(good), wide(good) + wide(bad));
    if all == 0 {
        return points;
    }
    let exact = i128::from(points.micros()) * good;
    let steps = (2 * exact + STEP * all) / (2 * STEP * all);
    Decimal::of_micros(i64::try_from(steps * STEP).unwrap_or(0))
}

struct Evidence {
    good: Vec<RowRef>,
    bad: Vec<RowRef>,
}

impl Evidence {
    fn split<'f, T: 'f>(
        rows: impl Iterator<Item = &'f T>,
        row: impl Fn(&T) -> RowRef,
        is_good: impl Fn(&T) -> bool,
    ) -> Self {
        let (mut good, mut bad) = (Vec::new(), Vec::new());
        for one in rows {
            match is_good(one) {
                true => good.push(row(one)),
                false => bad.push(row(one)),
            }
        }
        good.sort_unstable();
        bad.sort_unstable();
        Self { good, bad }
    }

    fn all_bad(mut bad: Vec<RowRef>) -> Self {
        bad.sort_unstable();
        Self {
            good: Vec::new(),
            bad,
        }
    }
}

/// The rows that a subject is about.
fn evidence(subject: ScoreSubject, facts: &ScoreFacts) -> Evidence {
    use ScoreSubject as S;
    let asks = |acknowledging: bool| {
        let is_wanted =
            move |ask: &&AskFact| (ask.asked_for == AskedFor::Acknowledgement) == acknowledging;
        facts.asks.iter().filter(is_wanted)
    };
    let ask_row = |ask: &AskFact| RowRef::of(Resource::Obligations, ask.id.0);
    let in_time = |ask: &AskFact| ask.answered_on.is_some_and(|on| on <= ask.due_on);
    let bad_asks = |acknowledging, is_bad: fn(&AskFact) -> bool| {
        let bad = asks(acknowledging).filter(|ask| is_bad(ask)).map(ask_row);
        Evidence::all_bad(bad.collect())
    };
    let courses = || {
        let is_counted = |course: &&CourseFact| course.standing != Standing::None;
        facts.courses.iter().filter(is_counted)
    };
    let course_row = |course: &CourseFact| RowRef::of(Resource::Assignments, course.id.0);
    let value_row = |value: &ValueFact| RowRef {
        part: Some(value.indicator_id.0),
        ..RowRef::of(Resource::Reports, value.report_id.0)
    };
    let findings = |ids: &[Uuid]| -> Vec<RowRef> {
        let row = |id: &Uuid| RowRef {
            resource: None,
            id: *id,
            part: None,
        };
        let mut rows: Vec<RowRef> = ids.iter().map(row).collect();
        rows.sort_unstable();
        rows
    };
    match subject {
        S::AcknowledgedOnTime => Evidence::split(asks(true), ask_row, in_time),
        S::ReportedOnTime => Evidence::split(asks(false), ask_row, in_time),
        S::OnCourse => Evidence::split(courses(), course_row, |one| one.light == Light::Green),
        S::FindingClosed => Evidence {
            good: findings(&facts.findings.closed),
            ..Evidence::all_bad(findings(&facts.findings.open))
        },
        S::Attained => Evidence::split(facts.values.iter(), value_row, |one| one.attained),
        S::NotAcknowledged => bad_asks(true, |ask| ask.answered_on.is_none()),
        S::NotReported => bad_asks(false, |ask| ask.answered_on.is_none()),
        S::ReportedLate => bad_asks(false, |ask| {
            ask.answered_on.is_some_and(|on| on > ask.due_on)
        }),
        S::NoProgress => bad_asks(false, |ask| {
            ask.asked_for == AskedFor::Progress
                && ask.answered_on.is_some()
                && ask.told == Told::Nothing
        }),
        S::ThinReport => {
            let events = asks(false).flat_map(|ask| &ask.sent_back);
            let row = |event: &AssignmentEventId| RowRef::of(Resource::AssignmentEvents, event.0);
            Evidence::all_bad(events.map(row).collect())
        }
        S::FarBehind => {
            let red = courses().filter(|one| one.light == Light::Red);
            Evidence::all_bad(red.map(course_row).collect())
        }
        S::FindingOpen => Evidence::all_bad(findings(&facts.findings.open)),
        S::NotAttained => {
            let missed = facts.values.iter().filter(|one| !one.attained);
            Evidence::all_bad(missed.map(value_row).collect())
        }
    }
}

/// Places among scores: alike scores share the better place, and the next one counts them. In the order given.
pub fn places(totals: &[Decimal]) -> Vec<usize> {
    let place = |total: &Decimal| 1 + totals.iter().filter(|other| *other > total).count();
    totals.iter().map(place).collect()
}

#[cfg(test)]
#[path = "score_tests.rs"]
mod tests;
