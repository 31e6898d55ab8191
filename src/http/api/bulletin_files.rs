//! The files of a bulletin: docx, xlsx, html, and the snapshot it is made of. What was published is handed out as it was
//! stored then; what is on its way is written when it is asked for.

use super::bulletins::{TAG, met};
use super::examples;
use crate::documents::official_docx::official_docx;
use crate::documents::official_html::official_page;
use crate::documents::sheet_out::sheets_xlsx;
use crate::domain::access::Action;
use crate::domain::ids::AttachmentId;
use crate::files::kind::FileKind;
use crate::flow::attach_file::read_file;
use crate::flow::bulletin_document::bulletin_document;
use crate::flow::bulletin_sheets::bulletin_sheets;
use crate::flow::bulletin_told::{BulletinTold, told};
use crate::flow::publish_bulletin::file_name;
use crate::flow::{FlowError, RefusalCode};
use crate::http::kernel::{Call, Download, Endpoint, Problem, Reply};
use crate::storage::{attachments, bulletins};

/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    let read = Action::ReadBulletins;
    let all = [
        Endpoint::get(
            "/bulletins/{id}/bulletin.docx",
            "get_bulletin_docx",
            read,
            docx,
        )
        .says(
            "通报（Word）",
            "Bulletin as docx",
            "公文格式（GB/T 9704-2012），末尾印有数据快照的 SHA-256。印发后的逐字节不变。",
        ),
        Endpoint::get(
            "/bulletins/{id}/bulletin.xlsx",
            "get_bulletin_xlsx",
            read,
            xlsx,
        )
        .says(
            "通报附件（Excel）",
            "Annex of a bulletin as xlsx",
            "总体情况、分单位、分板块、问题清单、督办开展、台账六张表，可筛选，灯用颜色标出。",
        ),
        Endpoint::get(
            "/bulletins/{id}/bulletin.html",
            "get_bulletin_html",
            read,
            html,
        )
        .says(
            "通报（网页）",
            "Bulletin as html",
            "与 Word 内容相同的网页，不含脚本，不加载任何外部内容。",
        ),
        Endpoint::get(
            "/bulletins/{id}/snapshot",
            "get_bulletin_snapshot",
            read,
            snapshot,
        )
        .says(
            "通报的数据快照",
            "Snapshot of a bulletin",
            "逐字节即冻结时的内容，其 SHA-256 就是通报里印的校验码。",
        ),
    ];
    let complete = |endpoint: Endpoint| {
        endpoint
            .tag(TAG)
            .refuses(&[
                RefusalCode::Unprintable,
                RefusalCode::SnapshotDamaged,
                RefusalCode::FileLost,
            ])
            .never_kept()
            .example_param("id", examples::BULLETIN)
    };
    all.into_iter().map(complete).collect()
}

async fn docx(call: Call) -> Result<Reply<Download>, Problem> {
    let met = told(&call.ctx, met(&call).await?).await?;
    let stored = met.bulletin.docx_id;
    file(&call, met, FileKind::Docx, ("", stored), |told| {
        official_docx(&bulletin_document(told)).map_err(|error| error.to_string())
    })
    .await
}

async fn xlsx(call: Call) -> Result<Reply<Download>, Problem> {
    let met = told(&call.ctx, met(&call).await?).await?;
    let stored = met.bulletin.xlsx_id;
    file(&call, met, FileKind::Xlsx, ("附件", stored), |told| {
        sheets_xlsx(&bulletin_sheets(told), told.dated_on).map_err(|error| error.to_string())
    })
    .await
}

/// The file as it was stored when the bulletin was published, or as it would be now.
async fn file(
    call: &Call,
    told: BulletinTold,
    kind: FileKind,
    (what, stored): (&str, Option<AttachmentId>),
    write: fn(&BulletinTold) -> Result<Vec<u8>, String>,
) -> Result<Reply<Download>, Problem> {
    let file_name = file_name(&told.bulletin, what, kind);
    let record = match stored {
        Some(id) => attachments::get(&call.ctx.db, id).await?,
        None => None,
    };
    let bytes = match record {
        Some(record) => read_file(&call.ctx, &record).await?,
        None => written(told, write).await?,
    };
    Ok(Reply::ok(Download {
        file_name,
        media_type: kind.media_type().to_owned(),
        bytes: bytes.into(),
    }))
}

/// A large bulletin takes a while to write; the workers answer others meanwhile.
async fn written(
    told: BulletinTold,
    write: fn(&BulletinTold) -> Result<Vec<u8>, String>,
) -> Result<Vec<u8>, Problem> {
    let writing = tokio::task::spawn_blocking(move || write(&told)).await;
    let written = writing
        .map_err(|error| Problem::internal(format!("writing a bulletin was cut off: {error}")))?;
    Ok(written.map_err(|text| FlowError::refused(RefusalCode::Unprintable, text))?)
}

async fn html(call: Call) -> Result<Reply<Download>, Problem> {
    let told = told(&call.ctx, met(&call).await?).await?;
    let file_name = format!("{}.html", told.bulletin.title);
    let bytes = written(told, |told| {
        let page = official_page(&bulletin_document(told));
        page.map(String::into_bytes)
            .map_err(|error| error.to_string())
    })
    .await?;
    Ok(Reply::ok(Download {
        file_name,
        media_type: "text/html; charset=utf-8".to_owned(),
        bytes: bytes.into(),
    }))
}

async fn snapshot(call: Call) -> Result<Reply<Download>, Problem> {
    let met = met(&call).await?;
    let stored = bulletins::snapshot(&call.ctx.db, met.snapshot_id).await?;
    let stored = stored.ok_or_else(Problem::not_found)?;
    Ok(Reply::ok(Download {
        file_name: format!("{}数据快照.json", met.title),
        media_type: "application/vnd.duban.snapshot+json".to_owned(),
        bytes: stored.content.into_bytes().into(),
    }))
}
