//! Units' answers → reports. An answer stops the reminders of its obligation in the same transaction. Answers that arrive
//! together are written together: what costs is the commit, not the rows.

use crate::domain::finding_life::FindingEvent;
use crate::domain::ids::{ObligationId, ReportId};
use crate::domain::obligation::{ObligationKind, ObligationState};
use crate::domain::report::ReportItem;
use crate::domain::resource::Resource;
use crate::domain::school_calendar::SchoolCalendar;
use crate::flow::answer_checks::{AnswerChecks, FindingReported, Taken};
use crate::flow::refresh_mails::take_out_of_unsent;
use crate::flow::settle_notices::{AnsweredAsk, settle_answered};
use crate::flow::tell_webhooks::tell_reported;
use crate::flow::told_evidence::ToldEvidence;
use crate::flow::told_values::ToldValue;
use crate::flow::{Ctx, FlowError, Now, RefusalCode};
use crate::storage::assignment_life::{self, Progressed};
use crate::storage::audit_events::AuditEntry;
use crate::storage::findings::FindingStep;
use crate::storage::obligations::StoredObligation;
use crate::storage::reports::NewReport;
use crate::storage::{
    Author, WriteTx, decisions, evidence, extensions, findings, indicator_values, obligations,
    reports,
};
use std::collections::HashSet;

/// An answer as it was received.
#[derive(Debug, Clone)]
pub struct Answer {
    /// What it answers.
    pub obligation_id: ObligationId,
    /// Who answered, or who recorded the answer for the unit.
    pub reported_by: String,
    /// Its text.
    pub note: Option<String>,
    /// What it tells of each assignment.
    pub items: Vec<ReportItem>,
    /// Its values of indicators.
    pub values: Vec<ToldValue>,
    /// Files that prove what it tells.
    pub evidence: ToldEvidence,
}

/// An answer that was written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answered {
    /// The report.
    pub report_id: ReportId,
    /// Its version, from 1.
    pub version: i32,
}

/// Records an answer. Answering again adds a version.
///
/// # Errors
/// [`FlowError::Refused`] where there is no such obligation, it is withdrawn, an item is none of it, a file of its evidence is
/// none of the unit's, or nothing is told.
pub async fn answer_obligation(ctx: &Ctx, answer: Answer) -> Result<Answered, FlowError> {
    let mut told = answer_obligations(ctx, vec![(ctx.author(), answer)]).await?;
    told.pop().unwrap_or_else(|| {
        Err(FlowError::Interrupted(
            "填报没有结果，请稍后再试".to_owned(),
        ))
    })
}

/// Records answers of several people in one transaction; for each in turn what became of it. One that is refused changes
/// nothing, the others are written all the same.
///
/// # Errors
/// What concerns all of them: the database.
pub async fn answer_obligations(
    ctx: &Ctx,
    answers: Vec<(Author, Answer)>,
) -> Result<Vec<Result<Answered, FlowError>>, FlowError> {
    let now = ctx.now();
    let calendar = ctx.calendar().await?;
    let tx = ctx.write().await?;
    let mut desk = AnswerChecks::open(&tx, answers.iter().map(|(_, one)| one)).await?;
    let mut new = Vec::new();
    let mut told = Vec::with_capacity(answers.len());
    for (author, answer) in answers {
        told.push(desk.take(&author, answer).map(|taken| {
            let answered = Answered::from(&taken.report);
            tx.audit_for(author, audited(&taken));
            new.push(taken);
            answered
        }));
    }
    if new.is_empty() {
        return Ok(told);
    }
    write_down(ctx, &tx, &calendar, now, &new, &desk).await?;
    tx.commit().await?;
    Ok(told)
}

/// Records all of these answers of whoever acts, or none.
///
/// # Errors
/// What [`answer_obligation`] says of the first that is refused, its field below `reports[position]`; two answers to one
/// obligation are refused.
pub async fn answer_all(ctx: &Ctx, answers: Vec<Answer>) -> Result<Vec<Answered>, FlowError> {
    let now = ctx.now();
    let calendar = ctx.calendar().await?;
    let author = ctx.author();
    let tx = ctx.write().await?;
    let mut desk = AnswerChecks::open(&tx, answers.iter()).await?;
    let mut new = Vec::with_capacity(answers.len());
    let mut seen = HashSet::new();
    for (position, answer) in answers.into_iter().enumerate() {
        let place = format!("reports[{position}]");
        if !seen.insert(answer.obligation_id) {
            return Err(FlowError::refused_field(
                RefusalCode::InvalidValue,
                format!("{place}.obligation_id"),
                "同一应报事项在一批中只能填报一次",
            ));
        }
        let taken = desk
            .take(&author, answer)
            .map_err(|refused| below(&place, refused))?;
        tx.audit(audited(&taken));
        new.push(taken);
    }
    write_down(ctx, &tx, &calendar, now, &new, &desk).await?;
    tx.commit().await?;
    Ok(new.iter().map(|one| Answered::from(&one.report)).collect())
}

/// A refusal of one of several things, its field named from where all of them are given.
fn below(place: &str, error: FlowError) -> FlowError {
    match error {
        FlowError::Refused(refusal) => {
            let field = refusal
                .fields
                .first()
                .map_or("obligation_id", |field| field.path.as_str());
            FlowError::refused_field(refusal.code, format!("{place}.{field}"), refusal.text)
        }
        other => other,
    }
}

impl From<&NewReport> for Answered {
    fn from(report: &NewReport) -> Self {
        Self {
            report_id: report.id,
            version: report.version,
        }
    }
}

/// Writes reports, the progress they tell, and that their obligations are answered; takes the reminders of those out of
/// every mail that has not left.
pub(super) async fn write_down(
    ctx: &Ctx,
    tx: &WriteTx,
    calendar: &SchoolCalendar,
    now: Now,
    new: &[Taken],
    desk: &AnswerChecks,
) -> Result<(), FlowError> {
    let made: Vec<&NewReport> = new.iter().map(|one| &one.report).collect();
    reports::insert(tx, &made, now.today, now.at).await?;
    let asked = |report: &NewReport| desk.held.get(&report.obligation_id).cloned();
    tell_reported(tx, now, &made, asked).await?;
    for one in new {
        indicator_values::insert(tx, &one.values).await?;
        evidence::insert(tx, &one.evidence).await?;
        if let Some(finding) = one.finding {
            findings::step(tx, &finding_step(&one.report, finding, now)).await?;
        }
    }
    let progressed: Vec<Progressed> = desk.progressed.values().copied().collect();
    assignment_life::record_progress(tx, &progressed, now.today).await?;
    let mut answered: Vec<ObligationId> = made.iter().map(|report| report.obligation_id).collect();
    answered.retain(|id| !desk.left_open.contains(id));
    answered.sort_unstable();
    answered.dedup();
    let of = |wanted: fn(&StoredObligation) -> bool| -> Vec<ObligationId> {
        let theirs = answered.iter().filter_map(|id| desk.held.get(id));
        theirs.filter(|one| wanted(one)).map(|one| one.id).collect()
    };
    let acknowledging = of(|one| one.kind == ObligationKind::Acknowledge);
    reports::record_acknowledged(tx, &acknowledging, now.today).await?;
    let open = of(|one| one.state == ObligationState::Open);
    // An answer that comes after the close still counts as one.
    let waiting = of(|one| one.state != ObligationState::Answered);
    obligations::answer(tx, &waiting, now.at).await?;
    decisions::note_asked(tx, answered.iter().filter_map(|id| desk.held.get(id)));
    extensions::lapse(tx, &answered, now.at).await?;
    if !open.is_empty() {
        take_out_of_unsent(ctx, tx, calendar, now, &open, "answered").await?;
    }
    let told = made.iter().map(|report| AnsweredAsk {
        id: report.obligation_id,
        by: report.reported_by.clone(),
    });
    settle_answered(ctx, tx, calendar, now, &told.collect::<Vec<_>>()).await
}

/// A rectification report, as a step of the finding.
fn finding_step(report: &NewReport, finding: FindingReported, now: Now) -> FindingStep {
    FindingStep {
        finding_id: finding.id,
        event: FindingEvent::Report,
        before: finding.before,
        after: finding.after,
        reason: report.note.clone(),
        due_on: None,
        report_id: Some(report.id),
        by: report.reported_by.clone(),
        on: now.today,
        at: now.at,
    }
}

pub(super) fn audited(taken: &Taken) -> AuditEntry {
    let Taken {
        report,
        values,
        evidence,
        ..
    } = taken;
    let percents: Vec<_> = report
        .items
        .iter()
        .map(|item| serde_json::json!([item.assignment_id, item.percent]))
        .collect();
    let mut after = serde_json::json!({ "report_id": report.id, "percents": percents });
    if !values.is_empty() {
        let values = values.iter();
        after["values"] = values
            .map(|one| serde_json::json!([one.indicator_id, one.value]))
            .collect();
    }
    if !evidence.is_empty() {
        let files = evidence.iter();
        after["evidence"] = files
            .map(|one| serde_json::json!([one.assignment_id, one.attachment_id]))
            .collect();
    }
    AuditEntry::done(
        "answer_obligations",
        Resource::Obligations,
        report.obligation_id.0,
        format!("填报第 {} 版", report.version),
    )
    .after(after)
}
