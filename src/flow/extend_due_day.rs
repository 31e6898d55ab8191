//! More time 延期: a unit asks before the due day, lead units say what they think, the supervision office decides. A
//! decision plans the reminders anew; the first due day stays beside the new one.

use crate::domain::access::{Action, Reach, Viewer};
use crate::domain::extension::{ExtensionError, ExtensionState, may_be_asked, may_move_to};
use crate::domain::ids::{ExtensionId, ObligationId, UnitId};
use crate::domain::obligation::{Moved, MovedBy, ObligationKind, ObligationState};
use crate::domain::resource::Resource;
use crate::domain::school_calendar::SchoolCalendar;
use crate::domain::unit::UnitDirectory;
use crate::flow::mail_at_once::mail_at_once;
use crate::flow::refresh_mails::take_out_of_unsent;
use crate::flow::{Ctx, FlowError, Now, RefusalCode};
use crate::storage::audit_events::AuditEntry;
use crate::storage::extensions::{StoredExtension, StoredView};
use crate::storage::lists::extensions::leads_asked;
use crate::storage::obligations::StoredObligation;
use crate::storage::{WriteTx, assignment_life, extensions, new_id, obligations, units};
use chrono::NaiveDate;
use serde_json::json;

/// A request for more time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtensionWanted {
    /// The obligation.
    pub obligation_id: ObligationId,
    /// Why.
    pub reason: String,
    /// Progress so far, in words.
    pub progress: String,
    /// Day by which the unit expects to be done.
    pub expected_on: NaiveDate,
}

/// Writes down a request for more time.
///
/// # Errors
/// [`FlowError::Refused`] where there is no such obligation, it is no longer open, its due day has passed, a request for
/// it waits already, or the day is no later workday.
pub async fn request_extension(
    ctx: &Ctx,
    requested_by: &str,
    wanted: ExtensionWanted,
) -> Result<ExtensionId, FlowError> {
    let now = ctx.now();
    let calendar = ctx.calendar().await?;
    let tx = ctx.write().await?;
    let new = write_request(&tx, &calendar, now, requested_by, wanted).await?;
    tx.commit().await?;
    Ok(new.id)
}

async fn write_request(
    tx: &WriteTx,
    calendar: &SchoolCalendar,
    now: Now,
    requested_by: &str,
    wanted: ExtensionWanted,
) -> Result<StoredExtension, FlowError> {
    let one = held(tx, wanted.obligation_id).await?;
    may_be_asked(one.kind, one.state, one.due_on, now.today)
        .map_err(|wrong| refused(wrong, "obligation_id"))?;
    may_move_to(
        wanted.expected_on,
        one.due_on,
        now.today,
        &calendar.holidays,
    )
    .map_err(|wrong| refused(wrong, "expected_on"))?;
    let before = extensions::of_obligations(tx, &[one.id]).await?;
    if let Some(waiting) = before
        .iter()
        .find(|known| known.state == ExtensionState::Requested)
    {
        return Err(FlowError::refused(
            RefusalCode::ExtensionPending,
            format!(
                "{} 已申请延期至 {}，正在等待督导办决定",
                waiting.requested_by, waiting.expected_on
            ),
        ));
    }
    let new = StoredExtension {
        id: ExtensionId(new_id()),
        obligation_id: one.id,
        number: i32::try_from(before.len() + 1).unwrap_or(i32::MAX),
        state: ExtensionState::Requested,
        reason: wanted.reason,
        progress: wanted.progress,
        expected_on: wanted.expected_on,
        due_on_before: one.due_on,
        requested_by: requested_by.to_owned(),
        requested_at: now.at,
        granted_on: None,
        decided_by: None,
        decided_at: None,
        decision_note: None,
    };
    extensions::insert(tx, &new).await?;
    tx.audit(
        AuditEntry::done(
            "request_extensions",
            Resource::Extensions,
            new.id.0,
            format!("第 {} 次申请延期", new.number),
        )
        .after(json!({ "obligation_id": one.id, "expected_on": new.expected_on })),
    );
    Ok(new)
}

/// What a lead unit says of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeadView {
    /// For which unit the viewer speaks; their own where none is named.
    pub unit_code: Option<String>,
    /// Whether it is for it.
    pub agrees: bool,
    /// In words.
    pub note: Option<String>,
}

/// Writes down what a lead unit says of a request that waits. The supervision office records it for a unit that it names.
///
/// # Errors
/// [`FlowError::Refused`] where there is no such request that the viewer meets as a lead, it is decided, or the unit has
/// said so before.
pub async fn say_of_extension(
    ctx: &Ctx,
    viewer: &Viewer,
    id: ExtensionId,
    said: LeadView,
) -> Result<(), FlowError> {
    let now = ctx.now();
    let tx = ctx.write().await?;
    let one = waiting(&tx, id).await?;
    let unit_id = speaks_for(&tx, viewer, one.obligation_id, said.unit_code.as_deref()).await?;
    let LeadView { agrees, note, .. } = said;
    let view = StoredView {
        extension_id: id,
        unit_id,
        agrees,
        note,
        said_by: viewer.address.clone(),
        said_at: now.at,
    };
    if !extensions::insert_view(&tx, &view).await? {
        return Err(FlowError::refused(
            RefusalCode::Taken,
            "贵单位已经对这次延期申请提出过意见",
        ));
    }
    tx.audit(
        AuditEntry::done(
            "view_extensions",
            Resource::Extensions,
            id.0,
            if agrees { "同意" } else { "不同意" },
        )
        .after(json!({ "unit_id": unit_id, "agrees": agrees, "note": view.note })),
    );
    tx.commit().await?;
    Ok(())
}

/// The lead unit for which the viewer speaks.
async fn speaks_for(
    tx: &WriteTx,
    viewer: &Viewer,
    obligation_id: ObligationId,
    code: Option<&str>,
) -> Result<UnitId, FlowError> {
    let leads = leads_asked(tx, obligation_id).await?;
    let reach = viewer.reach(Action::ViewExtensions);
    let own = |unit: &UnitId| match &reach {
        Reach::All => true,
        Reach::Units { own, .. } => own.contains(unit),
    };
    let directory = UnitDirectory::new(units::all(tx).await?);
    let speaks = match (code, &reach) {
        (Some(code), _) => {
            let unit = directory.by_code(code).ok_or_else(|| {
                let text = format!("没有代码为“{code}”的单位");
                FlowError::refused_field(RefusalCode::UnknownUnit, "unit_code", text)
            })?;
            (own(&unit.id) && leads.contains(&unit.id)).then_some(unit.id)
        }
        (None, Reach::All) => {
            let text = "代为登记意见须写明牵头单位的代码";
            return Err(FlowError::refused_field(
                RefusalCode::InvalidValue,
                "unit_code",
                text,
            ));
        }
        (None, Reach::Units { .. }) => leads.into_iter().find(own),
    };
    speaks.ok_or_else(|| {
        FlowError::refused(
            RefusalCode::NotYours,
            "只有相关任务的牵头单位可以对延期申请提出意见",
        )
    })
}

/// Decides a request: grants a day, or refuses with `note` as the reason.
///
/// # Errors
/// [`FlowError::Refused`] where there is no such request, it is decided (who and when), what it is about is no longer
/// open, or the day is no later workday.
pub async fn decide_extension(
    ctx: &Ctx,
    decided_by: &str,
    id: ExtensionId,
    granted_on: Option<NaiveDate>,
    note: Option<String>,
) -> Result<(), FlowError> {
    let now = ctx.now();
    let calendar = ctx.calendar().await?;
    let tx = ctx.write().await?;
    let one = waiting(&tx, id).await?;
    let planned = carry_out(
        ctx,
        &tx,
        (&calendar, now),
        decided_by,
        one,
        (granted_on, note),
    )
    .await?;
    mail_at_once(ctx, &tx, &calendar, now, &[planned]).await?;
    tx.commit().await?;
    Ok(())
}

/// More time that the supervision office gives by itself: it asks and grants in one; the obligation as it is planned now.
/// Whoever calls sees to it that the unit is told.
///
/// # Errors
/// As [`request_extension`] and [`decide_extension`].
pub(super) async fn grant_at_once(
    ctx: &Ctx,
    tx: &WriteTx,
    (calendar, now): (&SchoolCalendar, Now),
    by: &str,
    wanted: ExtensionWanted,
) -> Result<StoredObligation, FlowError> {
    let decided = (Some(wanted.expected_on), Some(wanted.reason.clone()));
    let one = write_request(tx, calendar, now, by, wanted).await?;
    carry_out(ctx, tx, (calendar, now), by, one, decided).await
}

/// Decides a request that waits; the obligation as it is planned now.
async fn carry_out(
    ctx: &Ctx,
    tx: &WriteTx,
    (calendar, now): (&SchoolCalendar, Now),
    decided_by: &str,
    one: StoredExtension,
    (granted_on, note): (Option<NaiveDate>, Option<String>),
) -> Result<StoredObligation, FlowError> {
    let id = one.id;
    let asked = held(tx, one.obligation_id).await?;
    if asked.state != ObligationState::Open {
        return Err(refused(ExtensionError::Settled, "obligation_id"));
    }
    if granted_on.is_none() && note.is_none() {
        return Err(FlowError::refused_field(
            RefusalCode::InvalidValue,
            "note",
            "不同意延期的，须写明理由",
        ));
    }
    if let Some(day) = granted_on {
        may_move_to(day, asked.due_on, now.today, &calendar.holidays)
            .map_err(|wrong| refused(wrong, "granted_on"))?;
    }
    let moved = Moved {
        by: match granted_on {
            Some(_) => MovedBy::ExtensionGranted,
            None => MovedBy::ExtensionRefused,
        },
        reason: note.clone().unwrap_or_default(),
    };
    // What was to be said of the old day is not said any more.
    take_out_of_unsent(ctx, tx, calendar, now, &[asked.id], "replanned").await?;
    let due_on = granted_on.unwrap_or(asked.due_on);
    let planned = obligations::open_again(tx, &asked, due_on, &moved).await?;
    if let (Some(day), ObligationKind::Complete) = (granted_on, asked.kind) {
        let about = obligations::assignments_asked(tx, &[asked.id]).await?;
        let about: Vec<_> = about
            .into_iter()
            .map(|(_, assignment)| assignment)
            .collect();
        assignment_life::move_due(tx, &about, day).await?;
    }
    let decided = StoredExtension {
        state: match granted_on {
            Some(_) => ExtensionState::Granted,
            None => ExtensionState::Refused,
        },
        granted_on,
        decided_by: Some(decided_by.to_owned()),
        decided_at: Some(now.at),
        decision_note: note,
        ..one
    };
    extensions::decide(tx, &decided).await?;
    tx.audit(
        AuditEntry::done(
            "decide_extensions",
            Resource::Extensions,
            id.0,
            decided.state.label(),
        )
        .before(json!({ "due_on": asked.due_on }))
        .after(json!({ "due_on": due_on, "note": decided.decision_note })),
    );
    Ok(planned)
}

/// The request, while it waits.
async fn waiting(tx: &WriteTx, id: ExtensionId) -> Result<StoredExtension, FlowError> {
    let one = extensions::hold(tx, id).await?.ok_or_else(|| {
        FlowError::refused(RefusalCode::NotFound, format!("没有编号为 {id} 的延期申请"))
    })?;
    if one.state == ExtensionState::Requested {
        return Ok(one);
    }
    let by = one.decided_by.as_deref().unwrap_or("系统");
    Err(FlowError::refused(
        RefusalCode::OutOfOrder,
        format!(
            "这次延期申请{}，由 {by} 处理，不能再作决定",
            one.state.label()
        ),
    ))
}

async fn held(tx: &WriteTx, id: ObligationId) -> Result<StoredObligation, FlowError> {
    obligations::hold(tx, &[id]).await?.pop().ok_or_else(|| {
        FlowError::refused(RefusalCode::NotFound, format!("没有编号为 {id} 的应报事项"))
    })
}

fn refused(wrong: ExtensionError, field: &str) -> FlowError {
    let code = match wrong {
        ExtensionError::NotForAcknowledging => RefusalCode::InvalidValue,
        ExtensionError::Settled => RefusalCode::ObligationSettled,
        ExtensionError::DueDayPassed { .. } => RefusalCode::DueDayPassed,
        ExtensionError::NotLater { .. }
        | ExtensionError::NoWorkday { .. }
        | ExtensionError::Past { .. } => RefusalCode::WrongDay,
    };
    FlowError::refused_field(code, field, wrong.to_string())
}
