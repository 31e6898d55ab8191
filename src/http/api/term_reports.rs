//! `/rounds/{id}/report.docx` and `/rounds/{id}/report.xlsx`: the term report 监测报告 of a monitoring round.

use super::attainment::{TAG, weighed};
use super::examples;
use crate::documents::official_docx::official_docx;
use crate::documents::sheet_out::sheets_xlsx;
use crate::domain::access::Action;
use crate::files::kind::FileKind;
use crate::flow::term_report::{TermReport, term_report};
use crate::flow::term_report_document::report_document;
use crate::flow::term_report_sheets::report_sheets;
use crate::flow::{FlowError, RefusalCode};
use crate::http::kernel::{Call, Download, Endpoint, Problem, Reply};

/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    let read = Action::ReadIndicatorValues;
    let docx_says = "公文格式：达标的总数和占比（合计 100%）、逐项指标的达标率和数值分布、与上一周期段对照、未达标和变差的单位各一句话说明；附各单位数值。单位的角色得到的只含本单位和下级单位。内容和日期不变，文件逐字节相同。";
    let xlsx_says =
        "同一内容的三张表：总体情况、各项指标、各单位数值。内容和日期不变，文件逐字节相同。";
    let all = [
        Endpoint::get("/rounds/{id}/report.docx", "get_report_docx", read, docx).says(
            "监测报告（Word）",
            "Term report of a monitoring round as docx",
            docx_says,
        ),
        Endpoint::get("/rounds/{id}/report.xlsx", "get_report_xlsx", read, xlsx).says(
            "监测报告（Excel）",
            "Term report of a monitoring round as xlsx",
            xlsx_says,
        ),
    ];
    let complete = |endpoint: Endpoint| {
        endpoint
            .tag(TAG)
            .refuses(&[RefusalCode::NoIndicators, RefusalCode::Unprintable])
            .never_kept()
            .example_param("id", examples::MONITORING_ROUND)
    };
    all.into_iter().map(complete).collect()
}

async fn docx(call: Call) -> Result<Reply<Download>, Problem> {
    file(&call, FileKind::Docx, |report| {
        official_docx(&report_document(report)).map_err(|error| error.to_string())
    })
    .await
}

async fn xlsx(call: Call) -> Result<Reply<Download>, Problem> {
    file(&call, FileKind::Xlsx, |report| {
        sheets_xlsx(&report_sheets(report), report.made_on).map_err(|error| error.to_string())
    })
    .await
}

/// The report of the round in the path as a file.
async fn file(
    call: &Call,
    kind: FileKind,
    write: fn(&TermReport) -> Result<Vec<u8>, String>,
) -> Result<Reply<Download>, Problem> {
    let round = weighed(call).await?;
    let reach = call.viewer.reach(Action::ReadIndicatorValues);
    let report = term_report(&call.ctx, call.id("id")?, &reach, &round).await?;
    let file_name = format!("{}.{}", report.title(), kind.extension());
    // A large report takes a while to write; the workers answer others meanwhile.
    let writing = tokio::task::spawn_blocking(move || write(&report));
    let written = writing
        .await
        .map_err(|error| Problem::internal(format!("writing a report was cut off: {error}")))?;
    let bytes = written.map_err(|text| FlowError::refused(RefusalCode::Unprintable, text))?;
    Ok(Reply::ok(Download {
        file_name,
        media_type: kind.media_type().to_owned(),
        bytes: bytes.into(),
    }))
}
