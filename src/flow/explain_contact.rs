//! Why a contact was or was not mailed on a day (design §5.9): what stands in the ledger and the outbox, and what the
//! rules say of everything that the contact's units still owe. Changes nothing.

use crate::domain::access::Reach;
use crate::domain::chase::stage_today;
use crate::domain::ids::ObligationId;
use crate::domain::local_time::chinese_day;
use crate::domain::mail_state::{MailKind, MailState};
use crate::domain::obligation::ObligationState;
use crate::domain::stage_days::stage_days;
use crate::flow::compose_letters::LetterDesk;
use crate::flow::notice_steps::called;
use crate::flow::{Ctx, FlowError, RefusalCode};
use crate::storage::notices::{self, StoredNotice};
use crate::storage::obligations::StoredObligation;
use crate::storage::reminders::{ReminderState, StoredReminder};
use crate::storage::{contacts, obligations, outbox, reminders};
use chrono::{Days, NaiveDate};
use serde::Serialize;

/// The account of one address on one day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ContactExplained {
    /// Normalised address.
    pub address: String,
    /// The local day asked about.
    pub on: NaiveDate,
    /// Whether a mail left for it that day.
    pub mailed: bool,
    /// The whole answer in sentences.
    pub reasons: Vec<String>,
    /// Units it is a contact of.
    pub units: Vec<String>,
    /// Mails for that day.
    pub mails: Vec<MailExplained>,
    /// What the units owe, and the stage each request is in on that day.
    pub obligations: Vec<ObligationExplained>,
}

/// A mail for that day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MailExplained {
    /// Its id.
    pub id: String,
    /// Kind.
    pub kind: MailKind,
    /// Where it stands.
    pub state: MailState,
    /// Reason code of that state.
    pub reason: Option<String>,
    /// The server's last answer.
    pub reply: Option<String>,
    /// Subject.
    pub subject: String,
}

/// A request of one of the units, as of that day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ObligationExplained {
    /// Its id.
    pub id: String,
    /// Code of the unit.
    pub unit: String,
    /// Kind.
    pub kind: &'static str,
    /// Where it stands now.
    pub state: &'static str,
    /// Due day.
    pub due_on: NaiveDate,
    /// Stage it is in on that day, if one may be told.
    pub stage: Option<String>,
    /// Stages told to this contact so far, with the day of each.
    pub told: Vec<String>,
    /// Day of the next stage, if it stays open.
    pub next_on: Option<NaiveDate>,
    /// Why it is or is not in a mail of that day.
    pub why: String,
}

/// Explains the mails of `address` on a local day (default: today).
///
/// # Errors
/// [`FlowError::Refused`] where nobody has that address.
pub async fn explain_contact(
    ctx: &Ctx,
    address: &str,
    on: Option<NaiveDate>,
) -> Result<ContactExplained, FlowError> {
    explain_contact_within(ctx, address, on, &Reach::All).await
}

/// The same for a caller who meets only some units: of an address that serves other units too, only the caller's part is
/// told, and where it serves none of the caller's, it looks as if nobody had it.
///
/// # Errors
/// As [`explain_contact`].
pub async fn explain_contact_within(
    ctx: &Ctx,
    address: &str,
    on: Option<NaiveDate>,
    reach: &Reach,
) -> Result<ContactExplained, FlowError> {
    let now = ctx.now();
    let on = on.unwrap_or(now.today);
    let calendar = ctx.calendar().await?;
    let mut people = contacts::of_address(&ctx.db, address).await?;
    people.retain(|person| reach.covers(person.unit_id));
    if people.is_empty() {
        return Err(FlowError::refused(
            RefusalCode::NotFound,
            format!(
                "没有联络员使用地址“{address}”。请核对地址，或用 duban units import 更新单位名单"
            ),
        ));
    }
    let desk = LetterDesk::open(ctx, &calendar, now, &ctx.db).await?;
    let mails = outbox::of_address_on(&ctx.db, address, on).await?;
    let mut explained = ContactExplained {
        address: address.to_owned(),
        on,
        mailed: mails.iter().any(|mail| mail.state == MailState::Sent),
        reasons: Vec::new(),
        units: Vec::new(),
        mails: mails
            .iter()
            .map(|mail| MailExplained {
                id: mail.id.to_string(),
                kind: mail.kind,
                state: mail.state,
                reason: mail.reason.clone(),
                reply: mail.reply.clone(),
                subject: mail.subject.clone(),
            })
            .collect(),
        obligations: Vec::new(),
    };
    for person in &people {
        let Some(unit) = desk.directory.get(person.unit_id) else {
            continue;
        };
        if !explained.units.contains(&unit.code) {
            explained.units.push(unit.code.clone());
        }
        if person.ended_at.is_some() {
            explained
                .reasons
                .push(format!("该地址曾是“{}”的联络员，现已更换", unit.name));
            continue;
        }
        let asked = obligations::list(&ctx.db, Some(unit.id), false, 200).await?;
        let ids: Vec<_> = asked.iter().map(|one| one.id).collect();
        let ledger = reminders::of_obligations(&ctx.db, &ids).await?;
        let noticed = issued_about(ctx, &ids).await?;
        for obligation in asked.iter().filter(|one| one.opened_on <= on) {
            let theirs: Vec<&StoredReminder> = ledger
                .iter()
                .filter(|one| {
                    one.key.obligation_id == obligation.id && one.key.contact_id == person.id
                })
                .collect();
            let stage = stage_on(&desk, &calendar, obligation, on);
            let mut told = explain_one(&desk, &calendar, obligation, &theirs, stage, on);
            let about = noticed.iter().filter(|(ask, _)| *ask == obligation.id);
            about.for_each(|(_, notice)| told.why.push_str(&notice_text(notice)));
            explained.obligations.push(told);
        }
    }
    let in_sentences = sentences(&explained, &calendar, ctx);
    explained.reasons.extend(in_sentences);
    Ok(explained)
}

/// The notices that were issued about these requests, each with the request.
async fn issued_about(
    ctx: &Ctx,
    asks: &[ObligationId],
) -> Result<Vec<(ObligationId, StoredNotice)>, FlowError> {
    let mut known = notices::touched_by(&ctx.db, asks).await?;
    known.retain(|one| one.number.is_some());
    let ids: Vec<_> = known.iter().map(|one| one.id).collect();
    let pairs = notices::asks_of(&ctx.db, &ids).await?.into_iter();
    let told = pairs.filter_map(|(id, ask)| {
        let notice = known.iter().find(|one| one.id == id)?;
        Some((ask, notice.clone()))
    });
    Ok(told.collect())
}

fn notice_text(notice: &StoredNotice) -> String {
    let issued_on = notice
        .issued_on
        .map_or_else(String::new, |day| format!("于{}", chinese_day(day)));
    format!(
        "；已就此{issued_on}发出{}（{}）",
        called(notice),
        notice.state.label()
    )
}

fn stage_on(
    desk: &LetterDesk<'_>,
    calendar: &crate::domain::school_calendar::SchoolCalendar,
    obligation: &StoredObligation,
    on: NaiveDate,
) -> Option<crate::domain::stage::Stage> {
    let policy = desk.policy(obligation);
    stage_today(&policy, desk.chased(obligation), on, calendar)
}

fn explain_one(
    desk: &LetterDesk<'_>,
    calendar: &crate::domain::school_calendar::SchoolCalendar,
    obligation: &StoredObligation,
    ledger: &[&StoredReminder],
    stage: Option<crate::domain::stage::Stage>,
    on: NaiveDate,
) -> ObligationExplained {
    let horizon = on.checked_add_days(Days::new(120)).unwrap_or(on);
    let policy = desk.policy(obligation);
    let days = stage_days(
        &policy,
        obligation.opened_on,
        obligation.due_on,
        &calendar.holidays,
        horizon,
    );
    let today = ledger.iter().find(|one| one.made_on == on);
    let why = match (obligation.state, today, stage) {
        (_, Some(reminder), _) => match reminder.state {
            ReminderState::Mailed => format!("当天的邮件提醒了它（阶段 {}）", reminder.key.stage),
            ReminderState::Cancelled => {
                format!(
                    "提醒已取消({})",
                    reminder.reason.as_deref().unwrap_or_default()
                )
            }
            ReminderState::Suppressed => {
                format!(
                    "没有发出({})",
                    reminder.reason.as_deref().unwrap_or_default()
                )
            }
        },
        (ObligationState::Answered, None, _) => "已填报，不再提醒".to_owned(),
        (ObligationState::Unanswered, None, _) => "督办已结束，未填报，不再提醒".to_owned(),
        (ObligationState::Withdrawn, None, _) => "已撤回，不再提醒".to_owned(),
        (ObligationState::Open, None, None) => "当天不是提醒日（非工作日或假期中）".to_owned(),
        (ObligationState::Open, None, Some(stage))
            if ledger.iter().any(|one| one.key.stage == stage) =>
        {
            format!("处于阶段 {stage}，该阶段已提醒过，下一阶段未到")
        }
        (ObligationState::Open, None, Some(stage)) => {
            format!("处于阶段 {stage}，当天的汇总邮件尚未生成或已先生成")
        }
    };
    ObligationExplained {
        id: obligation.id.to_string(),
        unit: desk
            .directory
            .get(obligation.unit_id)
            .map(|unit| unit.code.clone())
            .unwrap_or_default(),
        kind: obligation.kind.as_str(),
        state: obligation.state.as_str(),
        due_on: obligation.due_on,
        stage: stage.map(|stage| stage.to_string()),
        told: ledger
            .iter()
            .map(|one| format!("{} {}", one.key.stage, one.made_on))
            .collect(),
        next_on: (obligation.state == ObligationState::Open)
            .then(|| {
                days.iter()
                    .find(|day| day.falls_on > on)
                    .map(|day| day.falls_on)
            })
            .flatten(),
        why,
    }
}

fn sentences(
    explained: &ContactExplained,
    calendar: &crate::domain::school_calendar::SchoolCalendar,
    ctx: &Ctx,
) -> Vec<String> {
    let mut told = Vec::new();
    for mail in &explained.mails {
        let reason = mail
            .reason
            .as_deref()
            .map(|reason| format!("({reason})"))
            .unwrap_or_default();
        told.push(format!(
            "邮件《{}》：{}{reason}",
            mail.subject,
            mail_state_text(mail.state)
        ));
    }
    if !explained.mails.is_empty() {
        return told;
    }
    if !calendar.holidays.is_workday(explained.on)
        && ctx.settings.window != crate::domain::send_window::SendWindow::Always
    {
        told.push(format!("{} 不是工作日，不发送邮件", explained.on));
    }
    match explained
        .obligations
        .iter()
        .filter(|one| one.state == "open")
        .count()
    {
        0 => told.push("没有待填报的事项，不需要发送邮件".to_owned()),
        open => told.push(format!("有 {open} 项待填报，当天没有邮件，逐项原因见下")),
    }
    told
}

/// Where a mail stands, in words.
pub(super) fn mail_state_text(state: MailState) -> &'static str {
    match state {
        MailState::Queued => "排队等待发送",
        MailState::Claimed | MailState::Transmitting => "正在发送",
        MailState::Sent => "已由邮件服务器接收",
        MailState::Deferred => "暂未送出，稍后重试",
        MailState::Failed => "被拒收，未送达",
        MailState::Unknown => "是否送达不明，需人工核实",
        MailState::Suppressed => "未发送",
    }
}
