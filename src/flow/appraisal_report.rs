//! What the results of an appraisal 考评结果 tell: the table that was counted by, what cost points how often, every unit's
//! score. How it looks is in `appraisal_report_document` and `appraisal_report_sheets`.

use crate::domain::access::Reach;
use crate::domain::appraisal::AppraisalState;
use crate::domain::decimal::Decimal;
use crate::domain::frequency::Frequency;
use crate::domain::ids::{AppraisalId, UnitId};
use crate::domain::period_key::PeriodKey;
use crate::domain::score::{LineOf, Score, ScoreLine};
use crate::domain::score_rules::{Counting, ScoreSubject, ScoreTable};
use crate::domain::unit::{Unit, UnitDirectory};
use crate::domain::unit_kind::UnitKind;
use crate::flow::rank_scores::{Ranked, rank};
use crate::flow::term_report::About;
use crate::flow::{Ctx, FlowError, RefusalCode};
use crate::storage::appraisals::{self, StoredScore};
use crate::storage::{plans, score_rules};
use chrono::NaiveDate;
use std::collections::HashMap;

/// An appraisal as it is told.
#[derive(Debug, Clone, PartialEq)]
pub struct AppraisalReport {
    /// The school year in words.
    pub year: String,
    /// Title of the plan; none where all plans count.
    pub plan_title: Option<String>,
    /// Where it stands.
    pub state: AppraisalState,
    /// The day it was confirmed, or computed: the report is the same on every day.
    pub made_on: NaiveDate,
    /// Whose units it is about.
    pub about: About,
    /// What the rule table is called.
    pub rules_name: String,
    /// Its version.
    pub rules_version: i32,
    /// The rule table.
    pub table: ScoreTable,
    /// SHA-256 of what was counted.
    pub input_hash: String,
    /// Whether schools are ranked.
    pub ranked: bool,
    /// The units, in the order of the directory.
    pub units: Vec<ScoreTold>,
}

/// A unit's score as it is told.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoreTold {
    /// Code.
    pub code: String,
    /// Name.
    pub name: String,
    /// Kind and, for schools, levels in words.
    pub kind: String,
    /// The score.
    pub score: Score,
    /// Its place, where schools are ranked and it has one.
    pub place: Option<Ranked>,
}

/// What one rule came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RuleTold {
    /// What it is about.
    pub subject: ScoreSubject,
    /// Points.
    pub points: Decimal,
    /// Most that is taken off.
    pub most: Option<Decimal>,
    /// Units that did not get all of its points, or lost some by it.
    pub units: usize,
    /// Rows that cost points.
    pub times: usize,
}

impl AppraisalReport {
    /// What the report is called.
    pub fn title(&self) -> String {
        let state = match self.state {
            AppraisalState::Proposed => "（公示稿）",
            AppraisalState::Confirmed => "",
        };
        match &self.plan_title {
            None => format!("{}督办工作考评结果{state}", self.year),
            Some(title) if title.contains('《') => {
                format!("{title}{}考评结果{state}", self.year)
            }
            Some(title) => format!("《{title}》{}考评结果{state}", self.year),
        }
    }

    /// The rules, with what each came to.
    pub fn rules(&self) -> Vec<RuleTold> {
        let told = self.table.rules.iter().map(|rule| {
            let is_of = |line: &&ScoreLine| line.of == LineOf::Rule(rule.subject);
            let lines = self
                .units
                .iter()
                .flat_map(|unit| unit.score.lines.iter().filter(is_of));
            let costly = lines.filter(|line| match rule.subject.counting() {
                Counting::Share => line.points < rule.points,
                Counting::Each => line.points < Decimal::ZERO,
            });
            let (units, times) = costly.fold((0, 0), |(units, times), line| {
                (units + 1, times + line.bad.len())
            });
            RuleTold {
                subject: rule.subject,
                points: rule.points,
                most: rule.most,
                units,
                times,
            }
        });
        told.collect()
    }

    /// The mean of all totals, to the nearest hundredth; none without units.
    pub fn mean(&self) -> Option<Decimal> {
        let count = i64::try_from(self.units.len())
            .ok()
            .filter(|count| *count > 0)?;
        let sum = self.units.iter().fold(0_i64, |sum, unit| {
            sum.saturating_add(unit.score.total.micros())
        });
        let steps = (2 * sum + 10_000 * count) / (20_000 * count);
        Some(Decimal::of_micros(steps * 10_000))
    }

    /// How many units have at least so many hundredths of full marks, and fewer than `below`.
    pub fn between(&self, least: i64, below: Option<i64>) -> usize {
        let full = self.table.full.micros();
        let at_least = |total: i64, percent: i64| total.saturating_mul(100) >= full * percent;
        let within = |unit: &&ScoreTold| {
            let total = unit.score.total.micros();
            at_least(total, least) && below.is_none_or(|below| !at_least(total, below))
        };
        self.units.iter().filter(within).count()
    }
}

/// What is told of an appraisal to a caller of this reach.
///
/// # Errors
/// [`FlowError::Refused`] where there is no such appraisal.
pub async fn appraisal_report(
    ctx: &Ctx,
    id: AppraisalId,
    reach: &Reach,
) -> Result<AppraisalReport, FlowError> {
    let db = &ctx.db;
    let missing = || FlowError::refused(RefusalCode::NotFound, format!("没有编号为 {id} 的考评"));
    let one = appraisals::get(db, id).await?.ok_or_else(missing)?;
    let rules = score_rules::get(db, one.rules_id).await?;
    let rules = rules.ok_or_else(missing)?;
    let plan_title = match one.plan_id {
        None => None,
        Some(plan) => plans::get(db, plan).await?.map(|plan| plan.title),
    };
    let directory = ctx.units().await?;
    let places = match one.ranked {
        true => rank(&appraisals::totals(db, id).await?, &directory),
        false => HashMap::new(),
    };
    let scores = appraisals::scores(db, id).await?;
    let office = || {
        let unit = ctx.supervision_unit(&directory);
        unit.map_or_else(|| ctx.settings.from_name.clone(), |unit| unit.name.clone())
    };
    let year = PeriodKey::new(Frequency::SchoolYear, one.school_year, 1);
    let made_at = one.confirmed_at.unwrap_or(one.computed_at);
    Ok(AppraisalReport {
        year: year.map(PeriodKey::label).unwrap_or_default(),
        plan_title,
        state: one.state,
        made_on: ctx.settings.zone.day(made_at),
        about: match reach {
            Reach::All => About::Everyone { office: office() },
            Reach::Units { .. } => About::CallersUnits,
        },
        rules_name: rules.name,
        rules_version: rules.version,
        table: rules.table,
        input_hash: one.input_hash,
        ranked: one.ranked,
        units: told(scores, reach, &directory, &places),
    })
}

/// The scores that are met, in the order of the directory.
fn told(
    scores: Vec<StoredScore>,
    reach: &Reach,
    directory: &UnitDirectory,
    places: &HashMap<UnitId, Ranked>,
) -> Vec<ScoreTold> {
    let mut by_unit: HashMap<UnitId, Score> = scores
        .into_iter()
        .filter(|one| reach.covers(one.unit_id))
        .map(|one| (one.unit_id, one.score))
        .collect();
    let told = directory.units().iter().filter_map(|unit| {
        Some(ScoreTold {
            code: unit.code.clone(),
            name: unit.name.clone(),
            kind: kind_told(unit),
            score: by_unit.remove(&unit.id)?,
            place: places.get(&unit.id).copied(),
        })
    });
    told.collect()
}

fn kind_told(unit: &Unit) -> String {
    let levels: Vec<&str> = unit.levels.iter().map(|level| level.label()).collect();
    match (unit.kind, levels.is_empty()) {
        (UnitKind::School, false) => levels.join("、"),
        (kind, _) => kind_label(kind).to_owned(),
    }
}

/// What a kind of units is called.
pub fn kind_label(kind: UnitKind) -> &'static str {
    match kind {
        UnitKind::Section => "科室",
        UnitKind::Institution => "直属单位",
        UnitKind::TaskForce => "专班",
        UnitKind::District => "区",
        UnitKind::School => "学校",
        UnitKind::External => "外单位",
    }
}

/// What a line comes from, in words.
pub fn line_label(of: LineOf) -> &'static str {
    match of {
        LineOf::Rule(subject) => subject.label(),
        LineOf::Objection => "异议成立调整",
    }
}
