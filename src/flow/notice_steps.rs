//! One step of a notice: checked against the table, written down, audited. The use cases around notices are made of these.

use crate::domain::ids::NoticeId;
use crate::domain::local_time::chinese_day;
use crate::domain::notice::{NoticeEvent, transition};
use crate::domain::resource::Resource;
use crate::flow::{FlowError, Now, RefusalCode};
use crate::storage::audit_events::AuditEntry;
use crate::storage::notices::{StoredNotice, StoredStep};
use crate::storage::{Session, WriteTx, notices};
use chrono::NaiveDate;
use serde_json::json;

/// Who the rules are, where nobody in particular has acted.
pub(super) const BY_THE_RULES: &str = "督办规则";

/// What is said with a step.
#[derive(Debug, Clone, Default)]
pub(super) struct Words {
    pub(super) note: Option<String>,
    pub(super) due_on: Option<NaiveDate>,
}

impl Words {
    pub(super) fn note(text: impl Into<String>) -> Self {
        Self {
            note: Some(text.into()),
            due_on: None,
        }
    }
}

/// Carries a notice, which is held, one step on.
///
/// # Errors
/// [`RefusalCode::OutOfOrder`] where the step does not exist, saying who did what last.
pub(super) async fn step(
    tx: &WriteTx,
    notice: StoredNotice,
    event: NoticeEvent,
    (by, now): (&str, Now),
    words: Words,
) -> Result<StoredNotice, FlowError> {
    let before = notice.state;
    let after = match transition(notice.rung, before, event) {
        Ok(after) => after,
        Err(wrong) => return Err(out_of_order(tx, notice.id, wrong.to_string()).await?),
    };
    let next = StoredNotice {
        state: after,
        ..notice
    };
    let written = StoredStep {
        notice_id: next.id,
        event,
        after,
        note: words.note,
        due_on: words.due_on,
        done_by: by.to_owned(),
        done_on: now.today,
        done_at: now.at,
    };
    notices::record(tx, &next, &written).await?;
    tx.audit(
        AuditEntry::done(
            event_action(event),
            Resource::Notices,
            next.id.0,
            format!("{}{}", event.label(), called(&next)),
        )
        .before(json!({ "state": before }))
        .after(json!({
            "state": after,
            "number": next.number.map(|number| number.to_string()),
            "note": written.note,
            "due_on": written.due_on,
        })),
    );
    Ok(next)
}

/// The refusal of a step; whoever was quicker is named.
pub(super) async fn out_of_order(
    db: &impl Session,
    id: NoticeId,
    wrong: String,
) -> Result<FlowError, FlowError> {
    let last = notices::steps(db, id).await?.pop();
    let who = last.map_or_else(String::new, |step| {
        format!(
            "；最近一次由 {} 于{}“{}”",
            step.done_by,
            chinese_day(step.done_on),
            step.event.label()
        )
    });
    Ok(FlowError::refused(
        RefusalCode::OutOfOrder,
        format!("{wrong}{who}"),
    ))
}

/// How a notice is called: its number, or what it will be.
pub(super) fn called(notice: &StoredNotice) -> String {
    let label = notice.rung.label();
    match notice.number {
        Some(number) => format!("{number}{label}"),
        None => format!("{label}（未编号）"),
    }
}

pub(super) fn missing(id: NoticeId) -> FlowError {
    FlowError::refused(RefusalCode::NotFound, format!("没有编号为 {id} 的督办单"))
}

/// The stable code of a step in the audit.
fn event_action(event: NoticeEvent) -> &'static str {
    match event {
        NoticeEvent::Raise | NoticeEvent::PassOver => "raise_notices",
        NoticeEvent::Approve => "approve_notices",
        NoticeEvent::Answer => "answer_notices",
        NoticeEvent::Object => "object_to_notices",
        NoticeEvent::Issue
        | NoticeEvent::Return
        | NoticeEvent::Reject
        | NoticeEvent::Uphold
        | NoticeEvent::Supersede
        | NoticeEvent::Clear
        | NoticeEvent::Close
        | NoticeEvent::Withdraw => "decide_notices",
    }
}
