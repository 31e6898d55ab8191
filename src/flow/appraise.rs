//! Appraisals 考评: scores of a school year by a rule table, computed from its facts, computed again while they are
//! proposed, and frozen when a person confirms them.

use crate::domain::appraisal::{
    AppraisalScope, AppraisalState, ObjectionState, YearError, days_of_year, ended_year,
};
use crate::domain::cycle_kind::CycleKind;
use crate::domain::frequency::Frequency;
use crate::domain::ids::{AppraisalId, PlanId, RoundId, ScoreRulesId, UnitId};
use crate::domain::local_time::chinese_day;
use crate::domain::period_key::PeriodKey;
use crate::domain::resource::Resource;
use crate::domain::score::{Adjustment, Score, score};
use crate::domain::score_rules::ScoreTable;
use crate::domain::unit::UnitDirectory;
use crate::flow::keep_score_rules::rules_for;
use crate::flow::refusal::RefusalCode;
use crate::flow::score_facts::{FactScope, FactsByUnit, facts_of};
use crate::flow::{Ctx, FlowError};
use crate::storage::appraisals::{self, StoredAppraisal};
use crate::storage::audit_events::AuditEntry;
use crate::storage::{
    Session, WriteTx, cycles, new_id, plans, rounds, score_objections, score_rules,
};
use chrono::NaiveDate;
use serde_json::json;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap};

/// An appraisal that is to be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AppraisalWanted {
    /// What it is about.
    pub scope: AppraisalScope,
    /// Rule table; the newest where none is named.
    pub rules_id: Option<ScoreRulesId>,
    /// Whether schools of one level are ranked.
    pub ranked: bool,
}

/// Makes an appraisal of a school year that has ended, with a score for every unit that the table is for and that has
/// facts.
///
/// # Errors
/// [`FlowError::Refused`] where there is no such round, plan or table, the year has not ended, or it is appraised already.
pub async fn make_appraisal(
    ctx: &Ctx,
    made_by: &str,
    wanted: AppraisalWanted,
) -> Result<AppraisalId, FlowError> {
    let now = ctx.now();
    let about = about(ctx, wanted.scope).await?;
    let days = ended_year(about.year, now.today);
    let days = days.map_err(|wrong| year_refused(&wrong, about.field))?;
    let scope = fact_scope(about.plan_id, days);
    let facts = facts_of(ctx, scope).await?;
    let directory = ctx.units().await?;
    let tx = ctx.write().await?;
    let rules = rules_for(ctx, &tx, wanted.rules_id).await?;
    let facts = facts_under(&rules.table, facts, &directory);
    let scores = scores_of(&rules.table, &facts, &HashMap::new());
    let made = StoredAppraisal {
        id: AppraisalId(new_id()),
        school_year: about.year.year(),
        round_id: about.round_id,
        plan_id: about.plan_id,
        rules_id: rules.id,
        ranked: wanted.ranked,
        state: AppraisalState::Proposed,
        input_hash: input_hash(about.year, &rules.table, &facts)?,
        computed_by: made_by.to_owned(),
        computed_at: now.at,
        confirmed_by: None,
        confirmed_at: None,
        note: None,
    };
    if !appraisals::insert(&tx, wanted.scope, &made).await? {
        let text = format!("{}已有考评，请打开原有的考评重新计算", about.year.label());
        return Err(FlowError::refused(RefusalCode::Taken, text));
    }
    appraisals::replace_scores(&tx, made.id, scores).await?;
    tx.audit(audited("make_appraisal", &made, facts.len()));
    tx.commit().await?;
    Ok(made.id)
}

/// Computes a proposed appraisal again, from the facts as they are known now; what upheld objections gave stays.
///
/// # Errors
/// [`FlowError::Refused`] where there is no such appraisal or table, or it is confirmed (by whom and when).
pub async fn compute_again(
    ctx: &Ctx,
    computed_by: &str,
    id: AppraisalId,
    rules_id: Option<ScoreRulesId>,
    ranked: Option<bool>,
) -> Result<(), FlowError> {
    let now = ctx.now();
    let known = found(appraisals::get(&ctx.db, id).await?, id)?;
    let facts = known_facts(ctx, &known).await?;
    let directory = ctx.units().await?;
    let tx = ctx.write().await?;
    let one = held_proposed(&tx, ctx, id).await?;
    let rules = rules_for(ctx, &tx, Some(rules_id.unwrap_or(one.rules_id))).await?;
    let facts = facts_under(&rules.table, facts, &directory);
    let adjustments = adjustments(&tx, id).await?;
    let scores = scores_of(&rules.table, &facts, &adjustments);
    let computed = StoredAppraisal {
        rules_id: rules.id,
        ranked: ranked.unwrap_or(one.ranked),
        input_hash: input_hash(year_of(&one)?, &rules.table, &facts)?,
        computed_by: computed_by.to_owned(),
        computed_at: now.at,
        ..one
    };
    appraisals::update(&tx, &computed).await?;
    appraisals::replace_scores(&tx, id, scores).await?;
    tx.audit(audited("compute_appraisal", &computed, facts.len()));
    tx.commit().await?;
    Ok(())
}

/// Confirms a proposed appraisal; nothing of it changes afterwards.
///
/// # Errors
/// [`FlowError::Refused`] where there is no such appraisal, it is confirmed (by whom and when), or objections wait.
pub async fn confirm_appraisal(
    ctx: &Ctx,
    confirmed_by: &str,
    id: AppraisalId,
    note: Option<String>,
) -> Result<(), FlowError> {
    let now = ctx.now();
    let tx = ctx.write().await?;
    let one = held_proposed(&tx, ctx, id).await?;
    let objections = score_objections::of_appraisal(&tx, id).await?;
    let waiting = objections
        .iter()
        .filter(|one| one.state == ObjectionState::Raised)
        .count();
    if waiting > 0 {
        let text = format!("还有 {waiting} 件异议没有处理，请先逐件作出决定，再确认考评");
        return Err(FlowError::refused(RefusalCode::ObjectionsWaiting, text));
    }
    let confirmed = StoredAppraisal {
        state: AppraisalState::Confirmed,
        confirmed_by: Some(confirmed_by.to_owned()),
        confirmed_at: Some(now.at),
        note,
        ..one
    };
    appraisals::update(&tx, &confirmed).await?;
    let scores = appraisals::totals(&tx, id).await?.len();
    tx.audit(audited("confirm_appraisal", &confirmed, scores));
    tx.commit().await?;
    Ok(())
}

/// What computing an appraisal again would give.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppraisalChecked {
    /// SHA-256 of the rule table and the facts, as kept.
    pub input_hash: String,
    /// The same, of what is known now.
    pub input_hash_now: String,
    /// Units whose score would be another, or who would have none or one.
    pub differing: Vec<UnitId>,
}

/// Computes an appraisal again and compares; writes nothing.
///
/// # Errors
/// [`FlowError::Refused`] where there is no such appraisal.
pub async fn check_appraisal(ctx: &Ctx, id: AppraisalId) -> Result<AppraisalChecked, FlowError> {
    let db = &ctx.db;
    let one = found(appraisals::get(db, id).await?, id)?;
    let rules = score_rules::get(db, one.rules_id).await?;
    let rules = rules.ok_or_else(|| missing(id))?;
    let facts = known_facts(ctx, &one).await?;
    let facts = facts_under(&rules.table, facts, &ctx.units().await?);
    let again = scores_of(&rules.table, &facts, &adjustments(db, id).await?);
    let mut kept: BTreeMap<UnitId, Score> = appraisals::scores(db, id)
        .await?
        .into_iter()
        .map(|one| (one.unit_id, one.score))
        .collect();
    let mut differing = Vec::new();
    for (unit, score) in again {
        if kept.remove(&unit) != Some(score) {
            differing.push(unit);
        }
    }
    differing.extend(kept.into_keys());
    differing.sort_unstable();
    Ok(AppraisalChecked {
        input_hash_now: input_hash(year_of(&one)?, &rules.table, &facts)?,
        input_hash: one.input_hash,
        differing,
    })
}

/// An appraisal while it is proposed, held until the transaction ends.
pub(super) async fn held_proposed(
    tx: &WriteTx,
    ctx: &Ctx,
    id: AppraisalId,
) -> Result<StoredAppraisal, FlowError> {
    let one = found(appraisals::hold(tx, id).await?, id)?;
    match one.state {
        AppraisalState::Proposed => Ok(one),
        AppraisalState::Confirmed => {
            let by = one.confirmed_by.as_deref().unwrap_or_default();
            let on = one.confirmed_at.map(|at| ctx.settings.zone.day(at));
            let on = on.map_or_else(String::new, chinese_day);
            let text = format!("这次考评已由 {by} 于 {on}确认，不能再改动");
            Err(FlowError::refused(RefusalCode::OutOfOrder, text))
        }
    }
}

/// Points that upheld objections gave or took, by unit.
pub(super) async fn adjustments(
    db: &impl Session,
    id: AppraisalId,
) -> Result<HashMap<UnitId, Vec<Adjustment>>, FlowError> {
    let mut found: HashMap<UnitId, Vec<Adjustment>> = HashMap::new();
    for one in score_objections::of_appraisal(db, id).await? {
        if let (ObjectionState::Upheld, Some(points)) = (one.state, one.points) {
            found.entry(one.unit_id).or_default().push(Adjustment {
                objection_id: one.id,
                points,
            });
        }
    }
    Ok(found)
}

/// What an appraisal is about, in rows.
struct About {
    year: PeriodKey,
    plan_id: Option<PlanId>,
    round_id: Option<RoundId>,
    /// The field that names the year.
    field: &'static str,
}

async fn about(ctx: &Ctx, scope: AppraisalScope) -> Result<About, FlowError> {
    let db = &ctx.db;
    match scope {
        AppraisalScope::Round(id) => {
            let refused = |code, text: String| FlowError::refused_field(code, "round_id", text);
            let none = || refused(RefusalCode::NotFound, format!("没有编号为 {id} 的一次督办"));
            let round = rounds::get(db, id).await?.ok_or_else(none)?;
            let cycle = cycles::get(db, round.cycle_id).await?.ok_or_else(none)?;
            if cycle.kind != CycleKind::Appraisal {
                let text = "这一次督办不是考评，请填写考评的编号".to_owned();
                return Err(refused(RefusalCode::InvalidValue, text));
            }
            Ok(About {
                year: round.period,
                plan_id: Some(cycle.plan_id),
                round_id: Some(id),
                field: "round_id",
            })
        }
        AppraisalScope::Year(year, plan_id) => {
            if let Some(id) = plan_id
                && plans::get(db, id).await?.is_none()
            {
                let text = format!("没有编号为 {id} 的方案");
                return Err(FlowError::refused_field(
                    RefusalCode::NotFound,
                    "plan_id",
                    text,
                ));
            }
            Ok(About {
                year,
                plan_id,
                round_id: None,
                field: "school_year",
            })
        }
    }
}

fn fact_scope(plan_id: Option<PlanId>, (starts_on, ends_on): (NaiveDate, NaiveDate)) -> FactScope {
    FactScope {
        plan_id,
        starts_on,
        ends_on,
    }
}

/// The refusal of a year that is not looked at.
pub(super) fn year_refused(wrong: &YearError, field: &str) -> FlowError {
    let code = match wrong {
        YearError::NoYear(_) | YearError::OutOfRange(_) => RefusalCode::WrongPeriod,
        YearError::Open { .. } => RefusalCode::YearOpen,
    };
    FlowError::refused_field(code, field, wrong.to_string())
}

async fn known_facts(ctx: &Ctx, one: &StoredAppraisal) -> Result<FactsByUnit, FlowError> {
    // It had ended when the appraisal was made.
    let days = days_of_year(year_of(one)?);
    let days = days.map_err(|wrong| year_refused(&wrong, "school_year"))?;
    facts_of(ctx, fact_scope(one.plan_id, days)).await
}

fn year_of(one: &StoredAppraisal) -> Result<PeriodKey, FlowError> {
    let key = PeriodKey::new(Frequency::SchoolYear, one.school_year, 1);
    key.ok_or_else(|| FlowError::Interrupted(format!("没有 {} 学年", one.school_year)))
}

/// The facts of the units that the table is for.
fn facts_under(table: &ScoreTable, facts: FactsByUnit, directory: &UnitDirectory) -> FactsByUnit {
    let is_meant = |id: &UnitId| {
        let unit = directory.get(*id);
        unit.is_some_and(|unit| table.kinds.contains(&unit.kind))
    };
    let meant = facts
        .into_iter()
        .filter(|(unit, facts)| is_meant(unit) && !facts.is_empty());
    meant.collect()
}

fn scores_of(
    table: &ScoreTable,
    facts: &FactsByUnit,
    adjustments: &HashMap<UnitId, Vec<Adjustment>>,
) -> Vec<(UnitId, Score)> {
    let of_unit = |(unit, facts)| {
        let given = adjustments.get(unit).map(Vec::as_slice).unwrap_or_default();
        (*unit, score(table, facts, given))
    };
    facts.iter().map(of_unit).collect()
}

/// SHA-256 over the year, the table and the facts: the same where the scores come from the same.
fn input_hash(
    year: PeriodKey,
    table: &ScoreTable,
    facts: &FactsByUnit,
) -> Result<String, FlowError> {
    let facts: Vec<_> = facts.iter().collect();
    let input = serde_json::to_vec(&(year, table, facts))
        .map_err(|error| FlowError::Interrupted(error.to_string()))?;
    let digest = Sha256::digest(&input);
    Ok(digest.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn found(one: Option<StoredAppraisal>, id: AppraisalId) -> Result<StoredAppraisal, FlowError> {
    one.ok_or_else(|| missing(id))
}

fn missing(id: AppraisalId) -> FlowError {
    FlowError::refused(RefusalCode::NotFound, format!("没有编号为 {id} 的考评"))
}

fn audited(action: &'static str, one: &StoredAppraisal, units: usize) -> AuditEntry {
    let target = format!("{} 学年考评", one.school_year);
    AuditEntry::done(action, Resource::Appraisals, one.id.0, target).after(json!({
        "units": units,
        "rules_id": one.rules_id,
        "input_hash": one.input_hash,
        "ranked": one.ranked,
        "state": one.state,
        "note": one.note,
    }))
}
