//! Letting somebody stand in during an absence, and ending it.

use crate::domain::delegation::{Delegation, DelegationFault, LONGEST_DAYS, check_days};
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::{DelegationId, UserId};
use crate::domain::resource::Resource;
use crate::flow::account_mails::tell_stand_in;
use crate::flow::manage_users::refuse_stale;
use crate::flow::{Ctx, FlowError, RefusalCode};
use crate::storage::audit_events::AuditEntry;
use crate::storage::{accounts, delegations, new_id, users};
use chrono::NaiveDate;
use serde_json::json;

/// A delegation to be made.
#[derive(Debug, Clone)]
pub struct NewDelegation {
    /// The absent user.
    pub user_id: UserId,
    /// Address of who stands in.
    pub delegate: EmailAddress,
    /// First local day.
    pub from_on: NaiveDate,
    /// Last local day.
    pub until_on: NaiveDate,
    /// Why.
    pub reason: String,
}

/// Makes a delegation.
///
/// # Errors
/// [`FlowError::Refused`] where the days cannot be, there is no such delegate, or somebody stands in on one of these days
/// already.
pub async fn delegate(ctx: &Ctx, new: NewDelegation) -> Result<Delegation, FlowError> {
    let now = ctx.now();
    check_days(new.from_on, new.until_on, now.today).map_err(told)?;
    let tx = ctx.write().await?;
    // Two at once would not see each other.
    if !accounts::hold_user(&tx, new.user_id).await? {
        let text = format!("没有编号为 {} 的用户", new.user_id);
        return Err(FlowError::refused(RefusalCode::NotFound, text));
    }
    let user = users::get(&tx, new.user_id).await?;
    let found = users::by_address(&tx, &new.delegate.normalized()).await?;
    let (Some(user), Some(delegate)) = (user, found.filter(|one| one.enabled)) else {
        return Err(FlowError::refused_field(
            RefusalCode::InvalidValue,
            "delegate_email",
            "没有这个邮箱地址的用户，或者已停用。请核对代办人的邮箱地址",
        ));
    };
    if delegate.id == user.id {
        return Err(FlowError::refused_field(
            RefusalCode::InvalidValue,
            "delegate_email",
            "不能请自己代办，请填写他人的邮箱地址",
        ));
    }
    let others = delegations::to_come_of(&tx, user.id, now.today).await?;
    let taken = others
        .iter()
        .any(|one| one.user_id == user.id && one.meets(new.from_on, new.until_on));
    if taken {
        return Err(FlowError::refused_field(
            RefusalCode::Taken,
            "from_on",
            "这段日子里已经请了人代办。请先结束原来的代办，或改选其他日子",
        ));
    }
    let made = Delegation {
        id: DelegationId(new_id()),
        user_id: user.id,
        delegate_id: delegate.id,
        from_on: new.from_on,
        until_on: new.until_on,
        reason: new.reason,
        made_at: now.at,
        ended_at: None,
    };
    delegations::insert(&tx, &made).await?;
    let entry = AuditEntry::done("delegate", Resource::Delegations, made.id.0, &user.address);
    tx.audit(entry.after(json!({
        "delegate": delegate.address, "from_on": made.from_on, "until_on": made.until_on,
        "reason": made.reason,
    })));
    tell_stand_in(ctx, &tx, &user, &delegate, &made).await?;
    tx.commit().await?;
    Ok(made)
}

fn told(fault: DelegationFault) -> FlowError {
    let (field, text) = match fault {
        DelegationFault::EndsFirst => ("until_on", "结束日期不能早于起始日期".to_owned()),
        DelegationFault::Past => (
            "until_on",
            "结束日期已经过去，请填写今天或以后的日期".to_owned(),
        ),
        DelegationFault::Long => (
            "until_on",
            format!("代办最长 {LONGEST_DAYS} 天，请分次登记"),
        ),
    };
    FlowError::refused_field(RefusalCode::InvalidValue, field, text)
}

/// Ends a delegation; from the next request on it is good for nothing. Ending it twice changes nothing.
///
/// # Errors
/// [`FlowError::Refused`] where there is no such delegation, or it has changed since.
pub async fn end_delegation(
    ctx: &Ctx,
    id: DelegationId,
    seen: Option<i64>,
) -> Result<(), FlowError> {
    let tx = ctx.write().await?;
    let known = delegations::get(&tx, id).await?.ok_or_else(|| {
        FlowError::refused(RefusalCode::NotFound, format!("没有编号为 {id} 的代办"))
    })?;
    refuse_stale(&tx, id.0, seen).await?;
    if delegations::end(&tx, id, ctx.now().at).await? {
        let user = users::get(&tx, known.user_id).await?;
        let address = user.map(|user| user.address).unwrap_or_default();
        let entry = AuditEntry::done("end_delegation", Resource::Delegations, id.0, address);
        tx.audit(entry.before(json!({ "from_on": known.from_on, "until_on": known.until_on })));
    }
    tx.commit().await?;
    Ok(())
}
