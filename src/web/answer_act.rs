//! What the page that answers a request does when its form is sent.

use super::answer_form::{name_of, typed_items, typed_values};
use super::field::{Typed, Wrong, bounded, day_of};
use super::words::Words;
use crate::domain::ids::AssignmentId;
use crate::domain::mail_link::LinkPurpose;
use crate::flow::answer_on_page::{OnPage, PageAnswer, answer_on_page};
use crate::flow::answer_target::AnswerTarget;
use crate::flow::attach_file::NewFile;
use crate::flow::extend_due_day::{ExtensionWanted, request_extension};
use crate::flow::{Ctx, FlowError, RefusalCode};
use crate::http::kernel::code::refusal_status;
use crate::http::kernel::upload::{FileCount, FilePart, FormBounds, RawForm};
use actix_web::http::StatusCode;
use std::time::Duration;

/// What bounds a form: files over slow lines, and four fields of each item.
pub(super) const BOUNDS: FormBounds<'static> = FormBounds {
    bytes: 60 << 20,
    parts: 900,
    files: &[FilePart {
        name: "files",
        says: "佐证材料",
        count: FileCount::Any,
    }],
    time: Duration::from_secs(120),
};

/// Why nothing was done.
pub(super) enum Failed {
    /// What was typed is shown again, with what is wrong by field.
    Wrong(StatusCode, Vec<Wrong>),
    /// It is no fault of the form.
    Other(FlowError),
}

impl Failed {
    fn of(words: Words, error: FlowError) -> Self {
        let FlowError::Refused(refusal) = error else {
            return Self::Other(error);
        };
        let (status, _) = refusal_status(refusal.code.kind());
        let field = refusal.fields.first().map(|field| field.path.clone());
        Self::Wrong(
            status,
            vec![(field.unwrap_or_default(), words.refusal(&refusal))],
        )
    }
}

fn wrong(wrong: Vec<Wrong>) -> Failed {
    Failed::Wrong(StatusCode::UNPROCESSABLE_ENTITY, wrong)
}

/// Does what the page is for; the key of what is said then.
///
/// # Errors
/// [`Failed`]; nothing was done.
pub(super) async fn carry_out(
    ctx: &Ctx,
    words: Words,
    purpose: LinkPurpose,
    target: &AnswerTarget,
    typed: &Typed,
    form: RawForm,
) -> Result<&'static str, Failed> {
    if purpose == LinkPurpose::Extend {
        return ask_for_time(ctx, words, target, typed).await;
    }
    let mut faults = Vec::new();
    let note = bounded(words, typed, "note", &mut faults);
    let (items, values) = match purpose {
        LinkPurpose::Report => (
            typed_items(words, target, typed, &mut faults),
            typed_values(words, target, typed, &mut faults),
        ),
        LinkPurpose::Acknowledge | LinkPurpose::Evidence | LinkPurpose::Extend => {
            (Vec::new(), Vec::new())
        }
    };
    let files: Vec<NewFile> = form
        .files
        .into_iter()
        // An empty file field is sent as a nameless, empty file.
        .filter(|file| !(file.file_name.is_empty() && file.bytes.is_empty()))
        .map(|file| NewFile {
            name: file.file_name,
            bytes: file.bytes.to_vec(),
            unit_id: Some(target.unit.id),
        })
        .collect();
    if purpose == LinkPurpose::Evidence && files.is_empty() {
        faults.push(("files".to_owned(), words.say("link.wrong.no_file")));
    }
    if !faults.is_empty() {
        return Err(wrong(faults));
    }
    let seen = typed.text("seen").and_then(|seen| seen.parse().ok());
    let answer = PageAnswer {
        obligation_id: target.obligation.id,
        seen: seen.unwrap_or(target.last_version),
        note,
        items,
        values,
        files,
    };
    let sent: Vec<AssignmentId> = answer.items.iter().map(|item| item.assignment_id).collect();
    let done = answer_on_page(ctx, answer)
        .await
        .map_err(|error| beside(words, &sent, error))?;
    Ok(match (purpose, done) {
        (LinkPurpose::Acknowledge, OnPage::Done) => "signed",
        (LinkPurpose::Acknowledge, OnPage::Already) => "signed_already",
        (_, OnPage::Done) => "told",
        (_, OnPage::Already) => "told_already",
    })
}

/// A refusal that names an item names the item's field on the page.
fn beside(words: Words, sent: &[AssignmentId], error: FlowError) -> Failed {
    let failed = Failed::of(words, error);
    let Failed::Wrong(status, wrong) = failed else {
        return failed;
    };
    let named = wrong
        .into_iter()
        .map(|(path, text)| (name_of(sent, &path).unwrap_or_default(), text));
    Failed::Wrong(status, named.collect())
}

async fn ask_for_time(
    ctx: &Ctx,
    words: Words,
    target: &AnswerTarget,
    typed: &Typed,
) -> Result<&'static str, Failed> {
    let mut faults = Vec::new();
    let mut needed = |name: &str| {
        let text = bounded(words, typed, name, &mut faults);
        if text.is_none() {
            faults.push((name.to_owned(), words.say("link.wrong.empty")));
        }
        text.unwrap_or_default()
    };
    let (reason, progress) = (needed("reason"), needed("progress"));
    let expected_on = typed.text("expected_on").and_then(|text| day_of(&text));
    if expected_on.is_none() {
        faults.push(("expected_on".to_owned(), words.say("link.wrong.day")));
    }
    let Some(expected_on) = expected_on.filter(|_| faults.is_empty()) else {
        return Err(wrong(faults));
    };
    let wanted = ExtensionWanted {
        obligation_id: target.obligation.id,
        reason,
        progress,
        expected_on,
    };
    match request_extension(ctx, ctx.actor.name(), wanted).await {
        Ok(_) => Ok("asked"),
        Err(FlowError::Refused(refusal)) if refusal.code == RefusalCode::ExtensionPending => {
            Ok("asked_already")
        }
        Err(error) => Err(Failed::of(words, error)),
    }
}
