//! A talk or a card is confirmed, or rejected, by a person with a reason. Two who decide at once: one wins, the other is told
//! who it was. The school is told what was confirmed; what was rejected it has never met.

use crate::domain::appraisal::WarningState;
use crate::domain::ids::WarningId;
use crate::domain::local_time::chinese_day;
use crate::domain::resource::Resource;
use crate::flow::tell_decisions::tell_card;
use crate::flow::tell_units::Told;
use crate::flow::{Ctx, FlowError, RefusalCode};
use crate::storage::audit_events::AuditEntry;
use crate::storage::warnings::{self, StoredWarning};
use serde_json::json;

/// Decides what was proposed; the school is told by mail where it is confirmed.
///
/// # Errors
/// [`FlowError::Refused`] where there is no such proposal, or it is decided (by whom and when) or lapsed.
pub async fn decide_warning(
    ctx: &Ctx,
    decided_by: &str,
    id: WarningId,
    confirmed: bool,
    reason: String,
) -> Result<(), FlowError> {
    let now = ctx.now();
    let tx = ctx.write().await?;
    let one = warnings::hold(&tx, id).await?.ok_or_else(|| {
        let text = format!("没有编号为 {id} 的约谈或黄红牌建议");
        FlowError::refused(RefusalCode::NotFound, text)
    })?;
    if one.state != WarningState::Proposed {
        let by = match (&one.decided_by, one.decided_at) {
            (Some(by), Some(at)) => {
                let on = chinese_day(ctx.settings.zone.day(at));
                format!("由 {by} 于 {on} 决定：")
            }
            _ => String::new(),
        };
        let text = format!(
            "这条{}建议{by}{}，不能再作决定",
            one.card.label(),
            one.state.label()
        );
        return Err(FlowError::refused(RefusalCode::OutOfOrder, text));
    }
    let decided = StoredWarning {
        state: match confirmed {
            true => WarningState::Confirmed,
            false => WarningState::Rejected,
        },
        decided_by: Some(decided_by.to_owned()),
        decided_at: Some(now.at),
        reason: Some(reason),
        ..one
    };
    warnings::update(&tx, &decided).await?;
    let told = match confirmed {
        true => tell_card(ctx, &tx, now, &decided).await?,
        false => Told::default(),
    };
    let target = format!("{}：{}", decided.card.label(), decided.state.label());
    tx.audit(
        AuditEntry::done("decide_warning", Resource::Warnings, id.0, target).after(json!({
            "unit_id": decided.unit_id,
            "card": decided.card,
            "reason": decided.reason,
            "mails": told.mails,
        })),
    );
    tx.commit().await?;
    Ok(())
}
