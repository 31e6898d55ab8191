//! The leaders' page of the month that has ended, mailed to the leaders on the first workday of the next: once, however often
//! it is tried and by however many instances. A machine that slept makes up for it within the first five workdays.

use crate::documents::official_docx::official_docx;
use crate::documents::official_html::official_page;
use crate::documents::official_text::official_text;
use crate::domain::email_address::EmailAddress;
use crate::domain::period_key::PeriodKey;
use crate::domain::resource::Resource;
use crate::domain::school_calendar::SchoolCalendar;
use crate::domain::user_role::UserRole;
use crate::files::kind::FileKind;
use crate::flow::attach_file::{NewFile, forget_file, record_file, store_file};
use crate::flow::leader_page::{LeaderPage, last_month, leader_page};
use crate::flow::leader_page_document::leader_page_document;
use crate::flow::tell_units::{Person, Telling, TellingWords, tell_people};
use crate::flow::{Ctx, FlowError, Now, Progress, RefusalCode};
use crate::storage::attachments::StoredAttachment;
use crate::storage::audit_events::AuditEntry;
use crate::storage::mail_files::MailFile;
use crate::storage::{marks, users};
use chrono::{Datelike, NaiveDate};
use serde_json::json;
use std::collections::BTreeMap;

/// Workdays of a month in which the page of the last is sent.
const WORKDAYS: i32 = 5;

/// A page with its readers, written and stored.
struct Ready {
    file: StoredAttachment,
    text: String,
    html: String,
    people: Vec<Person>,
}

/// Sends the page of the last month where it is time; how many mails were queued.
///
/// # Errors
/// [`FlowError`].
pub async fn send_leader_page(ctx: &Ctx) -> Result<Progress, FlowError> {
    let now = ctx.now();
    let calendar = ctx.calendar().await?;
    let Some(month) = last_month(now).filter(|_| is_time(now.today, &calendar)) else {
        return Ok(Progress::default());
    };
    let key = month.to_string();
    if marks::leader_page_sent(&ctx.db, &key).await? {
        return Ok(Progress::default());
    }
    let readers = readers(ctx).await?;
    if readers.is_empty() {
        return Ok(Progress::default());
    }
    let mut ready: Vec<Ready> = Vec::new();
    for (name, people) in readers {
        match written(ctx, month, name.as_deref(), people).await {
            Ok(Some(one)) => ready.push(one),
            // Nothing was issued by then.
            Ok(None) => return Ok(Progress::default()),
            Err(error) => {
                forget(ctx, &ready).await;
                return Err(error);
            }
        }
    }
    let sent = send(ctx, now, month, &ready).await;
    if !matches!(sent, Ok(Some(_))) {
        forget(ctx, &ready).await;
    }
    let done = sent?.unwrap_or(0);
    Ok(Progress { done })
}

/// Whether the day is among the first workdays of its month.
fn is_time(today: NaiveDate, calendar: &SchoolCalendar) -> bool {
    let before = today.with_day(1).and_then(|first| first.pred_opt());
    before.is_some_and(|before| {
        let passed = calendar.holidays.workdays_between(before, today);
        calendar.holidays.is_workday(today) && (1..=WORKDAYS).contains(&passed)
    })
}

/// Leaders by the name under which units are looked after; those who look after none share a page.
async fn readers(ctx: &Ctx) -> Result<BTreeMap<Option<String>, Vec<Person>>, FlowError> {
    let directory = ctx.units().await?;
    let looks_after = |name: &str| {
        let mut units = directory.units().iter();
        units.any(|unit| unit.liaison.as_deref() == Some(name))
    };
    let mut readers: BTreeMap<Option<String>, Vec<Person>> = BTreeMap::new();
    let mut ids = users::enabled_with_role(&ctx.db, UserRole::Leader.as_str()).await?;
    ids.sort_unstable();
    for id in ids {
        let Some(user) = users::get(&ctx.db, id).await? else {
            continue;
        };
        let Ok(address) = EmailAddress::parse(&user.email) else {
            continue;
        };
        let own = user.name.clone().filter(|name| looks_after(name));
        readers.entry(own).or_default().push(Person {
            address,
            name: user.name,
        });
    }
    Ok(readers)
}

/// A page in its forms, its file stored without record; `None` where there is nothing to tell.
async fn written(
    ctx: &Ctx,
    month: PeriodKey,
    reader: Option<&str>,
    people: Vec<Person>,
) -> Result<Option<Ready>, FlowError> {
    let page: LeaderPage = leader_page(ctx, Some(month), reader).await?;
    if page.assignments.total() == 0 {
        return Ok(None);
    }
    let unprintable = |text: String| FlowError::refused(RefusalCode::Unprintable, text);
    let document = leader_page_document(&page);
    let docx = official_docx(&document).map_err(|error| unprintable(error.to_string()))?;
    let text = official_text(&document).map_err(|error| unprintable(error.to_string()))?;
    let html = official_page(&document).map_err(|error| unprintable(error.to_string()))?;
    let file = NewFile {
        name: format!("{}.{}", page.title(), FileKind::Docx.extension()),
        bytes: docx,
        unit_id: None,
    };
    Ok(Some(Ready {
        file: store_file(ctx, file).await?,
        text,
        html,
        people,
    }))
}

async fn forget(ctx: &Ctx, ready: &[Ready]) {
    for one in ready {
        forget_file(ctx, &one.file).await;
    }
}

/// The transaction: that it is sent, the files, the mails; `None` where somebody else has sent it.
async fn send(
    ctx: &Ctx,
    now: Now,
    month: PeriodKey,
    ready: &[Ready],
) -> Result<Option<usize>, FlowError> {
    let tx = ctx.write().await?;
    if !marks::record_leader_page(&tx, &month.to_string(), now.at).await? {
        return Ok(None);
    }
    let mut mails = 0;
    for one in ready {
        record_file(&tx, &one.file).await?;
        let telling = Telling {
            key: format!("leader_page|{month}"),
            subject: format!("【督办】{}领导一页纸", month.label()),
            words: TellingWords::Page {
                text: one.text.clone(),
                html: one.html.clone(),
            },
            files: vec![MailFile {
                attachment_id: one.file.id,
                name: one.file.name.clone(),
                media_type: FileKind::Docx.media_type().to_owned(),
            }],
        };
        mails += tell_people(ctx, &tx, now, &one.people, &telling).await?;
    }
    if let Some(first) = ready.first() {
        let target = format!("{}领导一页纸", month.label());
        let row = first.file.id.0;
        let entry = AuditEntry::done("send_leader_page", Resource::Attachments, row, target);
        tx.audit(entry.after(json!({ "month": month.to_string(), "mails": mails })));
    }
    tx.commit().await?;
    Ok(Some(mails))
}
