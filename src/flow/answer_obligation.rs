//! Units' answers → reports. An answer stops the reminders of its obligation in the same transaction. Answers that arrive
//! together are written together: what costs is the commit, not the rows.

use crate::domain::actor::Actor;
use crate::domain::ids::{AssignmentId, ObligationId, ReportId};
use crate::domain::obligation::{ObligationKind, ObligationState};
use crate::domain::report::{MOST_ITEMS, ReportItem, may_be_bare};
use crate::domain::resource::Resource;
use crate::domain::school_calendar::SchoolCalendar;
use crate::flow::refresh_mails::take_out_of_unsent;
use crate::flow::{Ctx, FlowError, Now, RefusalCode};
use crate::storage::audit_events::AuditEntry;
use crate::storage::obligations::StoredObligation;
use crate::storage::reports::NewReport;
use crate::storage::{Author, WriteTx, new_id, obligations, reports};
use std::collections::{HashMap, HashSet};

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
/// [`FlowError::Refused`] where there is no such obligation, it is withdrawn, an item is none of it, or nothing is told.
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
    let mut desk = Desk::open(&tx, answers.iter().map(|(_, one)| one.obligation_id)).await?;
    let mut new = Vec::new();
    let mut told = Vec::with_capacity(answers.len());
    for (author, answer) in answers {
        told.push(desk.take(&author, answer).map(|report| {
            let answered = Answered::from(&report);
            tx.audit_for(author, audited(&report));
            new.push(report);
            answered
        }));
    }
    if new.is_empty() {
        return Ok(told);
    }
    write_down(ctx, &tx, &calendar, now, &new, &desk.held).await?;
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
    let mut desk = Desk::open(&tx, answers.iter().map(|one| one.obligation_id)).await?;
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
        let report = desk
            .take(&author, answer)
            .map_err(|refused| below(&place, refused))?;
        tx.audit(audited(&report));
        new.push(report);
    }
    write_down(ctx, &tx, &calendar, now, &new, &desk.held).await?;
    tx.commit().await?;
    Ok(new.iter().map(Answered::from).collect())
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

/// What answers are checked against. The obligations are held until the transaction ends.
struct Desk {
    held: HashMap<ObligationId, StoredObligation>,
    asked: HashSet<(ObligationId, AssignmentId)>,
    versions: HashMap<ObligationId, i32>,
}

impl Desk {
    async fn open(
        tx: &WriteTx,
        ids: impl Iterator<Item = ObligationId>,
    ) -> Result<Self, FlowError> {
        let mut ids: Vec<ObligationId> = ids.collect();
        ids.sort_unstable();
        ids.dedup();
        let held = obligations::hold(tx, &ids).await?.into_iter();
        Ok(Self {
            held: held.map(|one| (one.id, one)).collect(),
            asked: obligations::assignments_asked(tx, &ids)
                .await?
                .into_iter()
                .collect(),
            versions: reports::last_versions(tx, &ids).await?,
        })
    }

    /// The report that an answer makes, with the next version.
    fn take(&mut self, author: &Author, answer: Answer) -> Result<NewReport, FlowError> {
        let known = self.held.get(&answer.obligation_id);
        check(author, &answer, known, &self.asked)?;
        let version = self.versions.entry(answer.obligation_id).or_insert(0);
        *version += 1;
        Ok(NewReport {
            id: ReportId(new_id()),
            obligation_id: answer.obligation_id,
            version: *version,
            reported_by: answer.reported_by,
            note: answer.note,
            items: answer.items,
        })
    }
}

/// Writes reports, the progress they tell, and that their obligations are answered; takes the reminders of those out of
/// every mail that has not left.
async fn write_down(
    ctx: &Ctx,
    tx: &WriteTx,
    calendar: &SchoolCalendar,
    now: Now,
    new: &[NewReport],
    held: &HashMap<ObligationId, StoredObligation>,
) -> Result<(), FlowError> {
    reports::insert(tx, new, now.today, now.at).await?;
    let mut progress: HashMap<AssignmentId, u8> = HashMap::new();
    for item in new.iter().flat_map(|report| &report.items) {
        if let Some(percent) = item.percent {
            progress.insert(item.assignment_id, percent);
        }
    }
    let progress: Vec<(AssignmentId, u8)> = progress.into_iter().collect();
    reports::record_progress(tx, &progress, now.today).await?;
    let mut answered: Vec<ObligationId> = new.iter().map(|report| report.obligation_id).collect();
    answered.sort_unstable();
    answered.dedup();
    let of = |wanted: fn(&StoredObligation) -> bool| -> Vec<ObligationId> {
        let theirs = answered.iter().filter_map(|id| held.get(id));
        theirs.filter(|one| wanted(one)).map(|one| one.id).collect()
    };
    let acknowledging = of(|one| one.kind == ObligationKind::Acknowledge);
    reports::record_acknowledged(tx, &acknowledging, now.today).await?;
    let open = of(|one| one.state == ObligationState::Open);
    // An answer that comes after the close still counts as one.
    let waiting = of(|one| one.state != ObligationState::Answered);
    obligations::answer(tx, &waiting, now.at).await?;
    if !open.is_empty() {
        take_out_of_unsent(ctx, tx, calendar, now, &open, "answered").await?;
    }
    Ok(())
}

fn check(
    author: &Author,
    answer: &Answer,
    known: Option<&StoredObligation>,
    asked: &HashSet<(ObligationId, AssignmentId)>,
) -> Result<(), FlowError> {
    let id = answer.obligation_id;
    let known = known.ok_or_else(|| {
        FlowError::refused(RefusalCode::NotFound, format!("没有编号为 {id} 的应报事项"))
    })?;
    if known.state == ObligationState::Withdrawn {
        return Err(FlowError::refused(
            RefusalCode::ObligationWithdrawn,
            "该应报事项已撤回，不需要填报",
        ));
    }
    if answer.items.len() > MOST_ITEMS {
        return Err(FlowError::refused_field(
            RefusalCode::InvalidValue,
            "items",
            format!("一次最多填报 {MOST_ITEMS} 项，请分次填报"),
        ));
    }
    let mut seen = HashSet::new();
    for (position, item) in answer.items.iter().enumerate() {
        let refuse = |code, text: String| {
            FlowError::refused_field(code, format!("items[{position}].assignment_id"), text)
        };
        let assignment = item.assignment_id;
        if !asked.contains(&(id, assignment)) {
            return Err(refuse(
                RefusalCode::ForeignItem,
                format!("任务分工 {assignment} 不在该应报事项之内，请核对编号"),
            ));
        }
        if !seen.insert(assignment) {
            return Err(refuse(
                RefusalCode::InvalidValue,
                format!("任务分工 {assignment} 填了两次，请只填一次"),
            ));
        }
    }
    // What an office records of a call or a mail needs no words; who answers by themselves says something.
    let recorded = !matches!(author.actor, Actor::User { .. });
    let told =
        recorded || answer.note.is_some() || answer.items.iter().any(|item| !item.is_empty());
    if !told && !may_be_bare(known.kind) {
        return Err(FlowError::refused_field(
            RefusalCode::InvalidValue,
            "items",
            "填报内容为空，请填写进度、完成情况或说明",
        ));
    }
    Ok(())
}

fn audited(report: &NewReport) -> AuditEntry {
    let percents: Vec<_> = report
        .items
        .iter()
        .map(|item| serde_json::json!([item.assignment_id, item.percent]))
        .collect();
    AuditEntry::done(
        "answer_obligations",
        Resource::Obligations,
        report.obligation_id.0,
        format!("填报第 {} 版", report.version),
    )
    .after(serde_json::json!({ "report_id": report.id, "percents": percents }))
}
