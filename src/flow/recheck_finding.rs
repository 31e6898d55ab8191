//! The recheck 复查 of what was reported as put right: closed 销号, or sent back with a reason and a new day. Every round
//! stays written down.

use crate::domain::access::{Action, Viewer};
use crate::domain::extension::may_be_set;
use crate::domain::finding_life::{FindingEvent, FindingOutOfOrder, transition};
use crate::domain::ids::FindingId;
use crate::domain::local_time::chinese_day;
use crate::domain::obligation::{Moved, MovedBy};
use crate::domain::resource::Resource;
use crate::flow::mail_at_once::mail_at_once;
use crate::flow::record_inspection::refuse_strangers;
use crate::flow::refresh_mails::take_out_of_unsent;
use crate::flow::{Ctx, FlowError, RefusalCode};
use crate::storage::audit_events::AuditEntry;
use crate::storage::findings::{FindingStep, StoredFinding};
use crate::storage::obligations::StoredObligation;
use crate::storage::{WriteTx, findings, inspections, obligations};
use chrono::NaiveDate;
use serde_json::json;

/// What a recheck showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recheck {
    /// [`FindingEvent::Close`] or [`FindingEvent::SendBack`].
    pub event: FindingEvent,
    /// What is said to it; needed where it is sent back.
    pub reason: Option<String>,
    /// The new day, where it is sent back.
    pub rectify_by: Option<NaiveDate>,
}

/// Writes down what a recheck showed. What is sent back is asked for again, by the new day, and told at once.
///
/// # Errors
/// [`FlowError::Refused`] where there is no such finding, the viewer neither inspected nor is of the office, the unit has
/// not reported or somebody was quicker (who and when), or reason or day are missing or wrong.
pub async fn recheck_finding(
    ctx: &Ctx,
    viewer: &Viewer,
    id: FindingId,
    wanted: Recheck,
) -> Result<(), FlowError> {
    let now = ctx.now();
    let calendar = ctx.calendar().await?;
    let tx = ctx.write().await?;
    let (one, asked) = held(&tx, id).await?;
    let team = match one.inspection_id {
        Some(inspection) => inspections::team(&tx, inspection).await?,
        None => Vec::new(),
    };
    refuse_strangers(viewer, Action::RecheckFindings, one.unit_id, &team)?;
    let after = match transition(one.state, wanted.event) {
        Ok(after) => after,
        Err(wrong) => return Err(out_of_order(&tx, id, wrong).await?),
    };
    let day = checked_day(&wanted, now.today, &calendar.holidays)?;
    let step = FindingStep {
        finding_id: id,
        event: wanted.event,
        before: one.state,
        after,
        reason: wanted.reason,
        due_on: day,
        report_id: None,
        by: viewer.address.clone(),
        on: now.today,
        at: now.at,
    };
    findings::step(&tx, &step).await?;
    if let Some(day) = day {
        let moved = Moved {
            by: MovedBy::Return,
            reason: step.reason.clone().unwrap_or_default(),
        };
        take_out_of_unsent(ctx, &tx, &calendar, now, &[asked.id], "replanned").await?;
        let again = obligations::open_again(&tx, &asked, day, &moved).await?;
        mail_at_once(ctx, &tx, &calendar, now, &[again]).await?;
    }
    tx.audit(
        AuditEntry::done(
            "recheck_findings",
            Resource::Findings,
            id.0,
            step.event.label(),
        )
        .before(json!({ "state": step.before, "due_on": asked.due_on }))
        .after(json!({ "state": step.after, "reason": step.reason, "due_on": step.due_on })),
    );
    tx.commit().await?;
    Ok(())
}

/// The finding and what asks for its report, both held: first what asks, as whoever answers does.
pub(super) async fn held(
    tx: &WriteTx,
    id: FindingId,
) -> Result<(StoredFinding, StoredObligation), FlowError> {
    let missing = || FlowError::refused(RefusalCode::NotFound, format!("没有编号为 {id} 的问题"));
    let seen = findings::get(tx, id).await?.ok_or_else(missing)?;
    let asked = obligations::hold(tx, &[seen.obligation_id]).await?.pop();
    let one = findings::hold_of_obligations(tx, &[seen.obligation_id]).await?;
    match (one.into_iter().next(), asked) {
        (Some(one), Some(asked)) => Ok((one, asked)),
        _ => Err(missing()),
    }
}

/// The new day, where the finding is sent back.
fn checked_day(
    wanted: &Recheck,
    today: NaiveDate,
    holidays: &crate::domain::calendar::Holidays,
) -> Result<Option<NaiveDate>, FlowError> {
    let refuse = |code, field: &str, text: String| Err(FlowError::refused_field(code, field, text));
    let invalid = RefusalCode::InvalidValue;
    match wanted.event {
        FindingEvent::Report => refuse(
            invalid,
            "outcome",
            "整改报告由单位填报，不能在这里登记".to_owned(),
        ),
        FindingEvent::Withdraw => refuse(
            invalid,
            "outcome",
            "撤销不是复查的结果，请另行办理撤销".to_owned(),
        ),
        FindingEvent::Close if wanted.rectify_by.is_some() => refuse(
            invalid,
            "rectify_by",
            "销号的问题没有新的整改期限，请去掉".to_owned(),
        ),
        FindingEvent::Close => Ok(None),
        FindingEvent::SendBack if wanted.reason.is_none() => {
            refuse(invalid, "reason", "复查退回须写明理由".to_owned())
        }
        FindingEvent::SendBack => match wanted.rectify_by {
            None => refuse(
                invalid,
                "rectify_by",
                "复查退回须给出新的整改期限".to_owned(),
            ),
            Some(day) => match may_be_set(day, today, holidays) {
                Ok(()) => Ok(Some(day)),
                Err(wrong) => refuse(RefusalCode::WrongDay, "rectify_by", wrong.to_string()),
            },
        },
    }
}

/// The refusal of a step that does not exist; whoever was quicker is named.
pub(super) async fn out_of_order(
    tx: &WriteTx,
    id: FindingId,
    wrong: FindingOutOfOrder,
) -> Result<FlowError, FlowError> {
    let last = findings::steps(tx, &[id]).await?.pop();
    let who = last.map_or_else(String::new, |step| {
        format!(
            "；最近一次由 {} 于 {} 办理：{}",
            step.by,
            chinese_day(step.on),
            step.event.label()
        )
    });
    Ok(FlowError::refused(
        RefusalCode::OutOfOrder,
        format!("{wrong}{who}"),
    ))
}
