//! Files that pages hand out, at the same paths as the API's.

use super::row::text_at;
use super::visit::{Shown, Visit};
use crate::http::kernel::download::disposition;
use crate::http::kernel::upload::{FileCount, FilePart};
use actix_web::HttpResponse;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue,
    X_CONTENT_TYPE_OPTIONS,
};
use bytes::Bytes;

/// The file parts of the acts' forms.
pub(super) const PARTS: [FilePart; 1] = [FilePart {
    name: "file",
    says: "文件",
    count: FileCount::AtMostOne,
}];

/// The file parts of the form that imports a plan.
pub(super) const IMPORT_PARTS: [FilePart; 2] = [
    PARTS[0],
    FilePart {
        name: "units",
        says: "单位名单",
        count: FileCount::AtMostOne,
    },
];

/// A file: its path, and the API's operation.
pub(super) struct FilePage(pub(super) &'static str, pub(super) &'static str);

/// All files.
pub(super) static FILES: &[FilePage] = &[
    FilePage("/ledger.xlsx", "get_ledger"),
    FilePage("/plans/{id}/ledger.xlsx", "get_plan_ledger"),
    FilePage("/burden.xlsx", "get_burden_xlsx"),
    FilePage("/attachments/{id}/content", "download_attachment"),
    FilePage("/obligations/{id}/template.xlsx", "get_value_template"),
    FilePage("/bulletins/{id}/bulletin.docx", "get_bulletin_docx"),
    FilePage("/bulletins/{id}/bulletin.xlsx", "get_bulletin_xlsx"),
    FilePage("/notices/{id}/notice.docx", "get_notice_docx"),
    FilePage("/appraisals/{id}/report.docx", "get_appraisal_docx"),
    FilePage("/appraisals/{id}/report.xlsx", "get_appraisal_xlsx"),
    FilePage("/rounds/{id}/report.docx", "get_report_docx"),
    FilePage("/rounds/{id}/report.xlsx", "get_report_xlsx"),
    FilePage("/rounds/{id}/summary.docx", "get_summary_docx"),
    FilePage("/rounds/{id}/summary.xlsx", "get_summary_xlsx"),
    FilePage("/leader-page.docx", "get_leader_page_docx"),
];

/// Hands a file out, to be saved.
pub(super) async fn file_page(file: &'static FilePage, visit: Visit) -> Shown {
    let query: Vec<(&str, &str)> = visit
        .query
        .iter()
        .filter(|(name, value)| !value.is_empty() && visit.asking.knows(file.1, name))
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let download = visit
        .asking
        .download(file.1, &visit.parts(), &query)
        .await?;
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, download.media_type))
        .insert_header((CONTENT_DISPOSITION, disposition(&download.file_name)))
        .insert_header((X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")))
        .insert_header((CACHE_CONTROL, HeaderValue::from_static("private, no-store")))
        .insert_header((
            CONTENT_SECURITY_POLICY,
            HeaderValue::from_static("default-src 'none'; sandbox"),
        ))
        .body(download.bytes))
}

/// Shows a bulletin as it will be printed: a page of its own, that may do nothing but look.
pub(super) async fn bulletin_preview(visit: Visit) -> Shown {
    let html = visit
        .asking
        .download("get_bulletin_html", &visit.parts(), &[])
        .await?;
    Ok(as_printed(html.bytes))
}

/// Shows a mail as its reader sees it.
pub(super) async fn mail_as_read(visit: Visit) -> Shown {
    let mail = visit.read("get_mail", &visit.parts(), &[]).await?;
    Ok(as_printed(text_at(&mail, "html_body").into()))
}

/// Shows the mail of a cycle's next round as its reader will see it.
pub(super) async fn letter_as_read(visit: Visit) -> Shown {
    let query: Vec<(&str, &str)> = visit
        .asked("unit_code")
        .map(|code| ("unit_code", code))
        .into_iter()
        .collect();
    let letter = visit.read("preview_letter", &visit.parts(), &query).await?;
    Ok(as_printed(text_at(&letter, "html_body").into()))
}

/// A page that was not made for browsers: it may do nothing but look, and nothing of it leads anywhere.
fn as_printed(html: Bytes) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((
            CONTENT_TYPE,
            HeaderValue::from_static("text/html; charset=utf-8"),
        ))
        .insert_header((X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")))
        .insert_header((CACHE_CONTROL, HeaderValue::from_static("private, no-store")))
        .insert_header((
            CONTENT_SECURITY_POLICY,
            HeaderValue::from_static(
                "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'",
            ),
        ))
        .body(html)
}
