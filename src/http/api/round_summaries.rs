//! `/rounds/{id}/summary`: what a dispatch came to 调度小结; as data, as a document, as sheets.

use super::attainment::TAG;
use super::examples;
use super::summary_json::DispatchSummaryJson;
use crate::documents::official_docx::official_docx;
use crate::documents::sheet_out::sheets_xlsx;
use crate::domain::access::Action;
use crate::domain::ids::RoundId;
use crate::files::kind::FileKind;
use crate::flow::dispatch_summary::{SummaryRead, read_summary};
use crate::flow::summary_document::{summary_document, title};
use crate::flow::summary_sheets::summary_sheets;
use crate::flow::{FlowError, RefusalCode};
use crate::http::kernel::{Call, Download, Endpoint, Problem, Reply};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    let read = Action::ReadSummaries;
    let says = "按牵头单位和任务给出灯、序时进度和实际进度、欠进度、困难和问题、未填报，合计，与上一次小结相比的变化，以及议定事项的办理情况。调度结束时固定下来，sha256 是 summary 的 JSON 文本（UTF-8，原样）的 SHA-256；尚未结束的为预览，不保存。单位的角色只看到本单位和下级单位的内容，此时 sha256 仍是全文的。";
    let docx_says = "公文格式；附各项任务进展表。同一小结，文件逐字节相同。";
    let xlsx_says = "四张表：总体情况、各项任务、向下汇集、议定事项。同一小结，文件逐字节相同。";
    let as_data = Endpoint::get("/rounds/{id}/summary", "get_summary", read, get)
        .says("调度小结", "Summary of a dispatch", says)
        .refuses(&[RefusalCode::NoSummary]);
    let files = [
        Endpoint::get("/rounds/{id}/summary.docx", "get_summary_docx", read, docx).says(
            "调度小结（Word）",
            "Summary of a dispatch as docx",
            docx_says,
        ),
        Endpoint::get("/rounds/{id}/summary.xlsx", "get_summary_xlsx", read, xlsx).says(
            "调度小结（Excel）",
            "Summary of a dispatch as xlsx",
            xlsx_says,
        ),
    ];
    let file = |endpoint: Endpoint| {
        endpoint
            .refuses(&[RefusalCode::NoSummary, RefusalCode::Unprintable])
            .never_kept()
    };
    let all = std::iter::once(as_data).chain(files.into_iter().map(file));
    let complete = |endpoint: Endpoint| {
        endpoint
            .tag(TAG)
            .example_param("id", examples::DISPATCH_ROUND)
    };
    all.map(complete).collect()
}

/// 一次调度的小结
#[derive(Debug, Serialize, ToSchema)]
struct RoundSummary {
    /// 是否为尚未结束的预览
    preliminary: bool,
    /// 是否为全部单位的内容；单位的角色为 false
    whole: bool,
    /// 固定下来的全文的 SHA-256；预览的为空
    #[schema(required)]
    sha256: Option<String>,
    /// 固定的时刻；预览的为空
    #[schema(required)]
    made_at: Option<DateTime<Utc>>,
    /// 内容
    summary: DispatchSummaryJson,
}

/// The summary of the round in the path, as far as the caller meets it.
async fn met(call: &Call) -> Result<SummaryRead, Problem> {
    let id: RoundId = call.id("id")?;
    let reach = call.viewer.reach(Action::ReadSummaries);
    let read = read_summary(&call.ctx, id, &reach).await?;
    let is_empty = read.summary.units.is_empty() && read.summary.decisions.is_empty();
    match !read.whole && is_empty {
        true => Err(Problem::hidden(format!("summary of round {id}"))),
        false => Ok(read),
    }
}

async fn get(call: Call) -> Result<Reply<RoundSummary>, Problem> {
    let read = met(&call).await?;
    let (sha256, made_at) = read.frozen.unzip();
    Ok(Reply::ok(RoundSummary {
        preliminary: sha256.is_none(),
        whole: read.whole,
        sha256,
        made_at,
        summary: read.summary.into(),
    }))
}

async fn docx(call: Call) -> Result<Reply<Download>, Problem> {
    file(&call, FileKind::Docx, |read| {
        official_docx(&summary_document(read)).map_err(|error| error.to_string())
    })
    .await
}

async fn xlsx(call: Call) -> Result<Reply<Download>, Problem> {
    file(&call, FileKind::Xlsx, |read| {
        let sheets = summary_sheets(&read.summary);
        sheets_xlsx(&sheets, read.summary.made_on).map_err(|error| error.to_string())
    })
    .await
}

async fn file(
    call: &Call,
    kind: FileKind,
    write: fn(&SummaryRead) -> Result<Vec<u8>, String>,
) -> Result<Reply<Download>, Problem> {
    let read = met(call).await?;
    let file_name = format!("{}.{}", title(&read), kind.extension());
    // A large file takes a while to write; the workers answer others meanwhile.
    let writing = tokio::task::spawn_blocking(move || write(&read));
    let written = writing
        .await
        .map_err(|error| Problem::internal(format!("writing a summary was cut off: {error}")))?;
    let bytes = written.map_err(|text| FlowError::refused(RefusalCode::Unprintable, text))?;
    Ok(Reply::ok(Download {
        file_name,
        media_type: kind.media_type().to_owned(),
        bytes: bytes.into(),
    }))
}
