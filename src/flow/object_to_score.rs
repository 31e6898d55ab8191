//! Objections 异议: a unit objects to its score with a reason before the appraisal is confirmed; the supervision office
//! decides with a reason, and may give or take points, which stand in the score as a line of their own.

use crate::domain::appraisal::ObjectionState;
use crate::domain::decimal::Decimal;
use crate::domain::ids::{AppraisalId, ObjectionId, UnitId};
use crate::domain::local_time::chinese_day;
use crate::domain::resource::Resource;
use crate::domain::score::{Adjustment, LineOf, ScoreFacts, score, total};
use crate::domain::score_rules::ScoreTable;
use crate::flow::appraise::held_proposed;
use crate::flow::{Ctx, FlowError, RefusalCode};
use crate::storage::audit_events::AuditEntry;
use crate::storage::score_objections::{self, StoredObjection};
use crate::storage::{WriteTx, appraisals, new_id, score_rules};
use serde_json::json;

/// Points are told in hundredths.
const STEP: i64 = 10_000;

/// Writes down that a unit objects to its score.
///
/// # Errors
/// [`FlowError::Refused`] where there is no such score, the appraisal is confirmed, or an objection of the unit waits.
pub async fn object_to_score(
    ctx: &Ctx,
    raised_by: &str,
    id: AppraisalId,
    unit_id: UnitId,
    reason: String,
) -> Result<ObjectionId, FlowError> {
    let now = ctx.now();
    let tx = ctx.write().await?;
    held_proposed(&tx, ctx, id).await?;
    let scored = appraisals::score_of_unit(&tx, id, unit_id).await?;
    if scored.is_none() {
        let text = "该单位在这次考评中没有得分，不能提出异议";
        return Err(FlowError::refused(RefusalCode::NotFound, text));
    }
    let before = score_objections::of_appraisal(&tx, id).await?;
    let before: Vec<StoredObjection> = before
        .into_iter()
        .filter(|one| one.unit_id == unit_id)
        .collect();
    let waiting = |one: &&StoredObjection| one.state == ObjectionState::Raised;
    if let Some(waiting) = before.iter().find(waiting) {
        let on = ctx.settings.zone.day(waiting.raised_at);
        let text = format!(
            "{} 已于 {} 提出异议，正在等待督导办处理",
            waiting.raised_by,
            chinese_day(on)
        );
        return Err(FlowError::refused(RefusalCode::OutOfOrder, text));
    }
    let new = StoredObjection {
        id: ObjectionId(new_id()),
        appraisal_id: id,
        unit_id,
        number: i32::try_from(before.len() + 1).unwrap_or(i32::MAX),
        state: ObjectionState::Raised,
        reason,
        raised_by: raised_by.to_owned(),
        raised_at: now.at,
        points: None,
        decided_by: None,
        decided_at: None,
        decision_note: None,
    };
    score_objections::insert(&tx, &new).await?;
    let target = format!("第 {} 次提出异议", new.number);
    tx.audit(
        AuditEntry::done("object_to_score", Resource::Appraisals, id.0, target)
            .after(json!({ "unit_id": unit_id, "reason": new.reason })),
    );
    tx.commit().await?;
    Ok(new.id)
}

/// What is decided about an objection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectionDecision {
    /// Whether the unit is found right.
    pub upheld: bool,
    /// Points given, or taken (less than 0), where it is; none where the facts are put right and computed again.
    pub points: Option<Decimal>,
    /// Why.
    pub note: String,
}

/// Decides an objection that waits.
///
/// # Errors
/// [`FlowError::Refused`] where there is no such objection, it is decided (by whom and when), the appraisal is confirmed,
/// or the points cannot be given.
pub async fn decide_objection(
    ctx: &Ctx,
    decided_by: &str,
    id: AppraisalId,
    objection: ObjectionId,
    decision: ObjectionDecision,
) -> Result<(), FlowError> {
    let now = ctx.now();
    let tx = ctx.write().await?;
    let appraisal = held_proposed(&tx, ctx, id).await?;
    let one = waiting(&tx, ctx, id, objection).await?;
    let rules = score_rules::get(&tx, appraisal.rules_id).await?;
    let rules =
        rules.ok_or_else(|| FlowError::refused(RefusalCode::NotFound, "没有这份计分办法"))?;
    check_points(&decision, &rules.table)?;
    if let Some(points) = decision.points {
        let given = Adjustment {
            objection_id: objection,
            points,
        };
        adjust(&tx, &rules.table, &one, given).await?;
    }
    let decided = StoredObjection {
        state: match decision.upheld {
            true => ObjectionState::Upheld,
            false => ObjectionState::Dismissed,
        },
        points: decision.points,
        decided_by: Some(decided_by.to_owned()),
        decided_at: Some(now.at),
        decision_note: Some(decision.note),
        ..one
    };
    score_objections::decide(&tx, &decided).await?;
    tx.audit(
        AuditEntry::done(
            "decide_objection",
            Resource::Appraisals,
            id.0,
            decided.state.label(),
        )
        .after(json!({
            "objection_id": objection,
            "unit_id": decided.unit_id,
            "points": decided.points,
            "note": decided.decision_note,
        })),
    );
    tx.commit().await?;
    Ok(())
}

/// The objection while it waits; whoever was quicker is named.
async fn waiting(
    tx: &WriteTx,
    ctx: &Ctx,
    id: AppraisalId,
    objection: ObjectionId,
) -> Result<StoredObjection, FlowError> {
    // The appraisal is held: nobody else decides meanwhile.
    let all = score_objections::of_appraisal(tx, id).await?;
    let one = all.into_iter().find(|one| one.id == objection);
    let one = one.ok_or_else(|| {
        let text = format!("这次考评没有编号为 {objection} 的异议");
        FlowError::refused(RefusalCode::NotFound, text)
    })?;
    if one.state == ObjectionState::Raised {
        return Ok(one);
    }
    let by = one.decided_by.as_deref().unwrap_or_default();
    let on = one.decided_at.map(|at| ctx.settings.zone.day(at));
    let on = on.map_or_else(String::new, chinese_day);
    let text = format!(
        "这件异议已由 {by} 于 {on}处理，结论为“{}”",
        one.state.label()
    );
    Err(FlowError::refused(RefusalCode::OutOfOrder, text))
}

fn check_points(decision: &ObjectionDecision, table: &ScoreTable) -> Result<(), FlowError> {
    let Some(points) = decision.points else {
        return Ok(());
    };
    let size = points.distance(Decimal::ZERO);
    let text = match () {
        () if !decision.upheld => "异议不成立的，不调整得分，请去掉".to_owned(),
        () if size == Decimal::ZERO => "调整分不能为 0；不调整的请不填".to_owned(),
        () if size > table.full => format!("调整分应在正负 {} 之间", table.full),
        () if points.micros() % STEP != 0 => "调整分最多两位小数".to_owned(),
        () => return Ok(()),
    };
    Err(FlowError::refused_field(
        RefusalCode::InvalidValue,
        "points",
        text,
    ))
}

/// Writes the points into the unit's score.
async fn adjust(
    tx: &WriteTx,
    table: &ScoreTable,
    objection: &StoredObjection,
    given: Adjustment,
) -> Result<(), FlowError> {
    let (id, unit) = (objection.appraisal_id, objection.unit_id);
    // A score that was computed away meanwhile has nothing to be adjusted.
    let Some(mut scored) = appraisals::score_of_unit(tx, id, unit).await? else {
        return Ok(());
    };
    let line = score(table, &ScoreFacts::default(), &[given]).lines;
    let line = line.into_iter().filter(|line| line.of == LineOf::Objection);
    scored.score.lines.extend(line);
    scored.score.total = total(table, &scored.score.lines);
    appraisals::change_score(tx, &scored).await?;
    Ok(())
}
