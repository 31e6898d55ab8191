//! Publishing a bulletin 通报: it takes its number, its documents are stored, and all units concerned are told by mail, in one
//! transaction. Repeating it, or doing it twice at once, publishes and mails once.

use crate::documents::official_docx::official_docx;
use crate::documents::official_html::official_page;
use crate::documents::official_text::official_text;
use crate::documents::sheet_out::sheets_xlsx;
use crate::domain::bulletin::{BulletinStep, IssueNumber};
use crate::domain::ids::{BulletinId, UnitId};
use crate::domain::resource::Resource;
use crate::files::kind::FileKind;
use crate::flow::attach_file::{NewFile, forget_file, record_file, store_file};
use crate::flow::bulletin_document::bulletin_document;
use crate::flow::bulletin_sheets::bulletin_sheets;
use crate::flow::bulletin_told::{BulletinTold, bulletin_told, no_such_bulletin};
use crate::flow::decide_bulletins::step;
use crate::flow::tell_units::{Telling, TellingWords, Told, tell_units};
use crate::flow::tell_webhooks::tell_published;
use crate::flow::{Ctx, FlowError, Now, RefusalCode};
use crate::storage::attachments::StoredAttachment;
use crate::storage::audit_events::AuditEntry;
use crate::storage::bulletins::{self, Signed, StoredBulletin};
use crate::storage::mail_files::MailFile;
use crate::storage::{WriteTx, plans};
use chrono::Datelike;
use serde_json::json;
use std::collections::BTreeSet;

/// How often the documents are written anew because somebody else has taken the number meanwhile.
const TRIES: usize = 4;

/// A bulletin's documents in their files.
struct Written {
    docx: Vec<u8>,
    xlsx: Vec<u8>,
    text: String,
    html: String,
}

/// Publishes an approved bulletin; the mails queued.
///
/// # Errors
/// [`FlowError::Refused`] where there is no such bulletin, it is not approved, or it cannot be written.
pub async fn publish_bulletin(ctx: &Ctx, id: BulletinId) -> Result<usize, FlowError> {
    for _ in 0..TRIES {
        let now = ctx.now();
        let mut told = bulletin_told(ctx, id).await?;
        step(ctx, &told.bulletin, BulletinStep::Publish)?;
        let issue = match told.bulletin.issue {
            Some(issue) => issue,
            None => next_issue(&ctx.db, &told.bulletin, now).await?,
        };
        told.bulletin.issue = Some(issue);
        told.bulletin.published_on = Some(now.today);
        told.dated_on = now.today;
        let written = written(told.clone()).await?;
        let files = stored(ctx, &told, &written).await?;
        let published = record(ctx, now, &told, written, &files).await;
        match published {
            Ok(Some(mails)) => return Ok(mails),
            // Somebody else has taken the number: the documents are written with the next one.
            Ok(None) => forget(ctx, &files).await,
            Err(error) => {
                forget(ctx, &files).await;
                return Err(error);
            }
        }
    }
    let text = "同一方案有多份通报正在同时印发，期号被占用，请稍后再试";
    Err(FlowError::refused(RefusalCode::Taken, text))
}

/// The number that the bulletin would have now.
async fn next_issue(
    db: &impl crate::storage::Session,
    bulletin: &StoredBulletin,
    now: Now,
) -> Result<IssueNumber, FlowError> {
    let year = now.today.year();
    let last = bulletins::last_number(db, bulletin.plan_id, year).await?;
    Ok(IssueNumber::following(last, year))
}

/// Writing a large bulletin takes a while; the workers do other things meanwhile.
async fn written(told: BulletinTold) -> Result<Written, FlowError> {
    let unprintable = |text: String| FlowError::refused(RefusalCode::Unprintable, text);
    let writing = tokio::task::spawn_blocking(move || {
        let document = bulletin_document(&told);
        let docx = official_docx(&document).map_err(|error| error.to_string())?;
        let sheets = bulletin_sheets(&told);
        let xlsx = sheets_xlsx(&sheets, told.dated_on).map_err(|error| error.to_string())?;
        let text = official_text(&document).map_err(|error| error.to_string())?;
        let html = official_page(&document).map_err(|error| error.to_string())?;
        Ok(Written {
            docx,
            xlsx,
            text,
            html,
        })
    });
    match writing.await {
        Ok(written) => written.map_err(unprintable),
        Err(error) => Err(FlowError::Interrupted(error.to_string())),
    }
}

/// The name of a bulletin's file.
pub fn file_name(bulletin: &StoredBulletin, what: &str, kind: FileKind) -> String {
    let issue = bulletin.issue.map(|issue| format!("（{}）", issue.label()));
    format!(
        "{}{}{what}.{}",
        bulletin.title,
        issue.unwrap_or_default(),
        kind.extension()
    )
}

/// Docx and xlsx, stored without record.
async fn stored(
    ctx: &Ctx,
    told: &BulletinTold,
    written: &Written,
) -> Result<[StoredAttachment; 2], FlowError> {
    let file = |what: &str, kind: FileKind, bytes: &[u8]| NewFile {
        name: file_name(&told.bulletin, what, kind),
        bytes: bytes.to_vec(),
        unit_id: None,
    };
    let docx = store_file(ctx, file("", FileKind::Docx, &written.docx)).await?;
    let xlsx = store_file(ctx, file("附件", FileKind::Xlsx, &written.xlsx)).await;
    match xlsx {
        Ok(xlsx) => Ok([docx, xlsx]),
        Err(error) => {
            forget_file(ctx, &docx).await;
            Err(error)
        }
    }
}

async fn forget(ctx: &Ctx, files: &[StoredAttachment]) {
    for file in files {
        forget_file(ctx, file).await;
    }
}

/// The transaction: number, files, mails; `None` where the number is taken meanwhile.
async fn record(
    ctx: &Ctx,
    now: Now,
    told: &BulletinTold,
    written: Written,
    files: &[StoredAttachment; 2],
) -> Result<Option<usize>, FlowError> {
    let id = told.bulletin.id;
    let tx = ctx.write().await?;
    // Whoever numbers holds the plan: two bulletins of it are numbered one after the other.
    plans::hold(&tx, told.bulletin.plan_id).await?;
    let before = bulletins::hold(&tx, id).await?;
    let before = before.ok_or_else(|| no_such_bulletin(id))?;
    let state = step(ctx, &before, BulletinStep::Publish)?;
    if before.issue.is_none() && Some(next_issue(&tx, &before, now).await?) != told.bulletin.issue
        || before.text != told.bulletin.text
    {
        return Ok(None);
    }
    for file in files {
        record_file(&tx, file).await?;
    }
    let Told {
        mails,
        without_address,
    } = tell(ctx, &tx, now, told, written, files).await?;
    let [docx, xlsx] = files;
    let unit_name = |id: &UnitId| {
        let mut units = told.snapshot.units.iter();
        units
            .find(|unit| unit.id == *id)
            .map(|unit| unit.name.clone())
    };
    let after = StoredBulletin {
        state,
        published: Some(Signed {
            by: ctx.actor.name().to_owned(),
            at: now.at,
        }),
        docx_id: Some(docx.id),
        xlsx_id: Some(xlsx.id),
        mails: i32::try_from(mails).unwrap_or(i32::MAX),
        without_address: without_address.iter().filter_map(unit_name).collect(),
        approved: before.approved.clone(),
        ..told.bulletin.clone()
    };
    bulletins::update(&tx, &after).await?;
    tell_published(&tx, now, &after).await?;
    tx.audit(published_audit(&after, told, files));
    tx.commit().await?;
    metrics::counter!("duban_bulletins_published_total").increment(1);
    Ok(Some(mails))
}

fn published_audit(
    after: &StoredBulletin,
    told: &BulletinTold,
    files: &[StoredAttachment; 2],
) -> AuditEntry {
    let [docx, xlsx] = files;
    let entry = AuditEntry::done(
        "publish_bulletin",
        Resource::Bulletins,
        after.id.0,
        &after.title,
    );
    entry.after(json!({
        "issue": after.issue.map(IssueNumber::label),
        "version": after.version,
        "snapshot_sha256": told.sha256,
        "docx_sha256": docx.sha256,
        "xlsx_sha256": xlsx.sha256,
        "mails": after.mails,
        "without_address": after.without_address,
    }))
}

/// Mails the bulletin to all units that it tells of, with both files.
async fn tell(
    ctx: &Ctx,
    tx: &WriteTx,
    now: Now,
    told: &BulletinTold,
    written: Written,
    files: &[StoredAttachment; 2],
) -> Result<Told, FlowError> {
    let units: BTreeSet<UnitId> = told.snapshot.units.iter().map(|unit| unit.id).collect();
    let [docx, xlsx] = files;
    let carried = |file: &StoredAttachment, kind: FileKind| MailFile {
        attachment_id: file.id,
        name: file.name.clone(),
        media_type: kind.media_type().to_owned(),
    };
    let issue = told
        .bulletin
        .issue
        .map_or_else(String::new, IssueNumber::label);
    let telling = Telling {
        key: format!("bulletin|{}", told.bulletin.id),
        subject: format!("【通报】{issue}：{}", told.bulletin.title),
        words: TellingWords::Page {
            text: written.text,
            html: written.html,
        },
        files: vec![carried(docx, FileKind::Docx), carried(xlsx, FileKind::Xlsx)],
    };
    tell_units(ctx, tx, now, &units, &telling).await
}
