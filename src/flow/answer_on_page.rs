//! An answer given on a page, behind a mail's link or after signing in, with its files: all of it or nothing, and once
//! however often the form is sent.

use crate::domain::ids::ObligationId;
use crate::domain::obligation::ObligationKind;
use crate::domain::report::ReportItem;
use crate::flow::answer_checks::AnswerChecks;
use crate::flow::answer_obligation::{Answer, audited, write_down};
use crate::flow::attach_file::{NewFile, find_room, forget_file, record_file, store_file};
use crate::flow::told_evidence::{MOST_FILES, ToldEvidence, ToldFile};
use crate::flow::told_values::ToldValue;
use crate::flow::{Ctx, FlowError, RefusalCode};
use crate::storage::attachments::StoredAttachment;
use crate::storage::{WriteTx, reports};

/// What was told on the page.
#[derive(Debug)]
pub struct PageAnswer {
    /// What it answers.
    pub obligation_id: ObligationId,
    /// Version of the last answer that the page showed; 0 for none.
    pub seen: i32,
    /// Its text.
    pub note: Option<String>,
    /// What it tells of each assignment.
    pub items: Vec<ReportItem>,
    /// Its values of indicators.
    pub values: Vec<ToldValue>,
    /// Files that prove it, of the unit that is asked.
    pub files: Vec<NewFile>,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnPage {
    /// It was written down.
    Done,
    /// The same had been written down before; nothing was done.
    Already,
}

/// Writes down an answer of whoever acts.
///
/// # Errors
/// As [`answer_obligation`](super::answer_obligation::answer_obligation) and [`attach_file`](super::attach_file::attach_file),
/// and [`RefusalCode::OutOfOrder`] where somebody else has answered since the page was made. Nothing is kept then.
pub async fn answer_on_page(ctx: &Ctx, told: PageAnswer) -> Result<OnPage, FlowError> {
    if told.files.len() > MOST_FILES {
        let text = format!("佐证材料一次最多 {MOST_FILES} 个文件，请分次提交或合并后再提交");
        return Err(FlowError::refused_field(
            RefusalCode::InvalidValue,
            "evidence",
            text,
        ));
    }
    let mut stored = Vec::with_capacity(told.files.len());
    let done = answer_with(ctx, told, &mut stored).await;
    if !matches!(done, Ok(OnPage::Done)) {
        for file in &stored {
            forget_file(ctx, file).await;
        }
    }
    done
}

async fn answer_with(
    ctx: &Ctx,
    told: PageAnswer,
    stored: &mut Vec<StoredAttachment>,
) -> Result<OnPage, FlowError> {
    let PageAnswer {
        obligation_id,
        seen,
        note,
        items,
        values,
        files,
    } = told;
    for file in files {
        let file = store_file(ctx, file).await.map_err(about_files)?;
        stored.push(file);
    }
    let (now, calendar) = (ctx.now(), ctx.calendar().await?);
    let tx = ctx.write().await?;
    for file in &*stored {
        find_room(ctx, &tx, file).await.map_err(about_files)?;
        record_file(&tx, file).await?;
    }
    let evidence = stored.iter().enumerate().map(|(at, file)| ToldFile {
        place: format!("evidence[{at}]"),
        assignment_id: None,
        attachment_id: file.id,
    });
    let answer = Answer {
        obligation_id,
        reported_by: ctx.actor.name().to_owned(),
        note,
        items,
        values,
        evidence: ToldEvidence {
            files: evidence.collect(),
            by_office: false,
        },
    };
    let mut desk = AnswerChecks::open(&tx, std::iter::once(&answer)).await?;
    // The obligation is held now: whoever sends the same form at once comes after, and sees this.
    match meanwhile(&tx, &desk, &answer, seen).await? {
        Meanwhile::Nothing => {}
        Meanwhile::TheSame => return Ok(OnPage::Already),
        Meanwhile::Another(by) => return Err(overtaken(&by)),
    }
    let taken = desk.take(&ctx.author(), answer)?;
    tx.audit(audited(&taken));
    write_down(ctx, &tx, &calendar, now, &[taken], &desk).await?;
    tx.commit().await?;
    Ok(OnPage::Done)
}

/// What was told of the obligation since the page was made.
enum Meanwhile {
    Nothing,
    /// This very answer.
    TheSame,
    /// Another, by whom.
    Another(String),
}

async fn meanwhile(
    tx: &WriteTx,
    desk: &AnswerChecks,
    answer: &Answer,
    seen: i32,
) -> Result<Meanwhile, FlowError> {
    let id = answer.obligation_id;
    let last = desk.last_version(id);
    if last == seen {
        return Ok(Meanwhile::Nothing);
    }
    let Some(report) = reports::of_version(tx, id, last).await? else {
        return Ok(Meanwhile::Nothing);
    };
    let is_signed = desk
        .held
        .get(&id)
        .is_some_and(|one| one.kind == ObligationKind::Acknowledge);
    let items = reports::items(tx, &[report.id]).await?;
    let is_same = report.reported_by == answer.reported_by
        && report.note == answer.note
        && answer.values.is_empty()
        && items.iter().map(|(_, item)| item).eq(&answer.items);
    // Signing twice, by whomever, is signing once.
    Ok(match is_signed || is_same {
        true => Meanwhile::TheSame,
        false => Meanwhile::Another(report.reported_by),
    })
}

fn overtaken(by: &str) -> FlowError {
    let text = format!(
        "在您打开本页之后，{by} 已提交过一次填报。您填写的内容仍保留在下面，请核对；确需更正的，请再次提交"
    );
    FlowError::refused(RefusalCode::OutOfOrder, text)
}

/// A refusal of a file, told of the files.
fn about_files(error: FlowError) -> FlowError {
    match error {
        FlowError::Refused(refusal) => {
            FlowError::refused_field(refusal.code, "evidence", refusal.text)
        }
        other => other,
    }
}
