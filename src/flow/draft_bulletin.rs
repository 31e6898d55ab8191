//! A frozen snapshot → the draft of a bulletin 通报: by a round that opens, by hand for a plan and a day, or as a new
//! version that corrects a published one.

use crate::domain::bulletin::{BulletinState, BulletinStep, bulletin_title};
use crate::domain::ids::{BulletinId, PlanId, RoundId};
use crate::domain::local_time::chinese_day;
use crate::domain::period::Period;
use crate::domain::period_key::PeriodKey;
use crate::domain::resource::Resource;
use crate::flow::bulletin_told::no_such_bulletin;
use crate::flow::decide_bulletins::step;
use crate::flow::freeze_snapshot::{Frozen, freeze_snapshot};
use crate::flow::{Ctx, FlowError, RefusalCode};
use crate::storage::audit_events::AuditEntry;
use crate::storage::bulletins::{self, Signed, StoredBulletin};
use crate::storage::plans::StoredPlan;
use crate::storage::rounds::StoredRound;
use crate::storage::{WriteTx, new_id, plans};
use chrono::NaiveDate;
use serde_json::json;

/// Drafts the bulletin of a round, in the transaction that opens it.
///
/// # Errors
/// [`FlowError`].
pub(super) async fn draft_of_round(
    ctx: &Ctx,
    tx: &WriteTx,
    plan: &StoredPlan,
    round: &StoredRound,
    frozen: &Frozen,
) -> Result<BulletinId, FlowError> {
    draft(ctx, tx, plan.id, Some(round.id), frozen).await
}

/// Drafts a bulletin of a plan as of a day, today where none is given; in the place of a round's draft where that was
/// discarded.
///
/// # Errors
/// [`FlowError::Refused`] where there is no such plan, it is not issued, the day is to come or before its issue, or a
/// bulletin of that day is on its way already.
pub async fn draft_bulletin(
    ctx: &Ctx,
    plan_id: PlanId,
    as_of: Option<NaiveDate>,
) -> Result<BulletinId, FlowError> {
    let today = ctx.now().today;
    let as_of = as_of.unwrap_or(today);
    let missing = || {
        let text = format!("没有编号为 {plan_id} 的方案");
        FlowError::refused_field(RefusalCode::NotFound, "plan_id", text)
    };
    let plan = plans::get(&ctx.db, plan_id).await?.ok_or_else(missing)?;
    let Some(issued_on) = plan.issued_on else {
        let text = format!("方案《{}》尚未下发，没有可以通报的情况", plan.title);
        return Err(FlowError::refused(RefusalCode::PlanNotIssued, text));
    };
    if as_of > today || as_of < issued_on {
        let text = format!(
            "请写方案下发之日（{}）至今天（{}）之间的日期",
            chinese_day(issued_on),
            chinese_day(today)
        );
        return Err(FlowError::refused_field(
            RefusalCode::WrongDay,
            "as_of",
            text,
        ));
    }
    // What a round has drafted and somebody has discarded is drafted anew as the round's.
    let given_up = bulletins::discarded_of_round(&ctx.db, plan_id, as_of).await?;
    let frozen = match &given_up {
        Some(one) => frozen_anew(ctx, one).await?,
        None => freeze_snapshot(ctx, &plan, None, as_of).await?,
    };
    let tx = ctx.write().await?;
    // Held, so that of two who draft at once one sees the other's.
    plans::hold(&tx, plan_id).await?.ok_or_else(missing)?;
    if let Some(known) = bulletins::unpublished_of(&tx, plan_id, as_of).await? {
        let text = format!(
            "该方案截至{}的通报已由 {} 起草（编号 {}），请在其上修改",
            chinese_day(as_of),
            known.made.by,
            known.id
        );
        return Err(FlowError::refused(RefusalCode::BulletinPending, text));
    }
    let round_id = given_up.and_then(|one| one.round_id);
    let id = draft(ctx, &tx, plan_id, round_id, &frozen).await?;
    tx.commit().await?;
    Ok(id)
}

async fn draft(
    ctx: &Ctx,
    tx: &WriteTx,
    plan_id: PlanId,
    round_id: Option<RoundId>,
    frozen: &Frozen,
) -> Result<BulletinId, FlowError> {
    let now = ctx.now();
    let (snapshot, sha256) = (&frozen.snapshot, &frozen.sha256);
    let snapshot_id = bulletins::insert_snapshot(tx, sha256, &frozen.content, now.at).await?;
    let label = snapshot.period.map(PeriodKey::label);
    let new = StoredBulletin {
        id: BulletinId(new_id()),
        plan_id,
        round_id,
        period: snapshot.period,
        as_of: snapshot.as_of,
        version: 1,
        corrects_id: None,
        correction_note: None,
        state: BulletinState::Draft,
        issue: None,
        snapshot_id,
        title: bulletin_title(
            &snapshot.plan_title,
            label.as_deref(),
            snapshot.as_of,
            false,
        ),
        text: snapshot.first_text(),
        made: Signed {
            by: ctx.actor.name().to_owned(),
            at: now.at,
        },
        changed: None,
        approved: None,
        return_reason: None,
        discarded: None,
        discard_reason: None,
        published: None,
        published_on: None,
        docx_id: None,
        xlsx_id: None,
        mails: 0,
        without_address: Vec::new(),
    };
    bulletins::insert(tx, &new).await?;
    tx.audit(drafted_audit(&new, sha256));
    Ok(new.id)
}

fn drafted_audit(new: &StoredBulletin, sha256: &str) -> AuditEntry {
    AuditEntry::done("draft_bulletin", Resource::Bulletins, new.id.0, &new.title).after(json!({
        "plan_id": new.plan_id,
        "as_of": new.as_of,
        "version": new.version,
        "snapshot_sha256": sha256,
    }))
}

/// What a correction is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CorrectionWanted {
    /// What is corrected, and why: printed in it.
    pub note: String,
    /// Whether the numbers are taken anew, as of the same day: something was recorded late.
    pub fresh_numbers: bool,
}

/// Drafts the next version of a published bulletin. It keeps the number; the version before stays as it is.
///
/// # Errors
/// [`FlowError::Refused`] where there is no such bulletin, it is not published, or it is corrected already.
pub async fn correct_bulletin(
    ctx: &Ctx,
    id: BulletinId,
    wanted: CorrectionWanted,
) -> Result<BulletinId, FlowError> {
    let now = ctx.now();
    let known = bulletins::get(&ctx.db, id).await?;
    let known = known.ok_or_else(|| no_such_bulletin(id))?;
    let frozen = match wanted.fresh_numbers {
        true => Some(frozen_anew(ctx, &known).await?),
        false => None,
    };
    let tx = ctx.write().await?;
    let before = bulletins::hold(&tx, id).await?;
    let before = before.ok_or_else(|| no_such_bulletin(id))?;
    step(ctx, &before, BulletinStep::Correct)?;
    if let Some(newer) = bulletins::correction_of(&tx, id).await? {
        let text = format!(
            "这份通报已由 {} 作更正（第 {} 版，编号 {}），请在最新的一版上修改或更正",
            newer.made.by, newer.version, newer.id
        );
        return Err(FlowError::refused(RefusalCode::OutOfOrder, text));
    }
    let snapshot_id = match &frozen {
        Some(one) => bulletins::insert_snapshot(&tx, &one.sha256, &one.content, now.at).await?,
        None => before.snapshot_id,
    };
    let title = match before.corrects_id {
        Some(_) => before.title.clone(),
        None => format!("{}（更正）", before.title),
    };
    let new = StoredBulletin {
        id: BulletinId(new_id()),
        version: before.version + 1,
        corrects_id: Some(before.id),
        correction_note: Some(wanted.note),
        state: BulletinState::Draft,
        snapshot_id,
        title,
        made: Signed {
            by: ctx.actor.name().to_owned(),
            at: now.at,
        },
        changed: None,
        approved: None,
        return_reason: None,
        discarded: None,
        discard_reason: None,
        published: None,
        published_on: None,
        docx_id: None,
        xlsx_id: None,
        mails: 0,
        without_address: Vec::new(),
        ..before
    };
    bulletins::insert(&tx, &new).await?;
    let entry = AuditEntry::done(
        "correct_bulletin",
        Resource::Bulletins,
        new.id.0,
        &new.title,
    );
    tx.audit(entry.after(json!({
        "corrects_id": id,
        "version": new.version,
        "note": new.correction_note,
        "fresh_numbers": frozen.is_some(),
    })));
    tx.commit().await?;
    Ok(new.id)
}

async fn frozen_anew(ctx: &Ctx, known: &StoredBulletin) -> Result<Frozen, FlowError> {
    let plan = plans::get(&ctx.db, known.plan_id).await?;
    let plan = plan.ok_or_else(|| no_such_bulletin(known.id))?;
    let calendar = ctx.calendar().await?;
    let period = known
        .period
        .and_then(|key| Period::of(key, &calendar.terms));
    freeze_snapshot(ctx, &plan, period, known.as_of).await
}
