//! `/obligations/{id}/template.xlsx` and `/obligations/{id}/reports/from-file`: values of indicators filled in a sheet.

use super::examples;
use super::obligations::{TAG, answered, found};
use super::reports::ReportDetail;
use crate::domain::access::Action;
use crate::files::kind::FileKind;
use crate::files::name::shown_name;
use crate::flow::RefusalCode;
use crate::flow::answer_obligation::Answer;
use crate::flow::told_evidence::ToldEvidence;
use crate::flow::value_files::{template_of, values_in};
use crate::http::kernel::{
    Call, Check, Download, Endpoint, FileCount, NoQuery, Problem, Prose, Reply, Upload,
};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

/// The largest form, as for plans.
const LARGEST_FORM: usize = 20 << 20;

/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    let template_says = "一行一个指标：名称、目标、计量单位、上期数值，以及待填的本期数值和说明；已填报的数值会带出。编号在隐藏列，请勿移动或改名各列。";
    let file_says = "上传填好的模板（xlsx）。逐格核对，全部正确才记下：改动表头、公式、错误值、合并单元格、非数字、百分比超出 0 至 100、重复或别处的指标都会拒绝，errors 的 path 是单元格（如 G4）。未填的行不作改动。";
    let template = Endpoint::get(
        "/obligations/{id}/template.xlsx",
        "get_value_template",
        Action::ReadObligations,
        template,
    )
    .says(
        "下载监测填报模板",
        "Download the sheet to fill in",
        template_says,
    )
    .refuses(&[RefusalCode::NoIndicators, RefusalCode::Unprintable])
    .never_kept()
    .example_param("id", examples::MONITORING_OBLIGATION);
    let from_file = Endpoint::post(
        "/obligations/{id}/reports/from-file",
        "make_report_from_file",
        Action::AnswerObligations,
        from_file,
    )
    .says("用填好的模板填报", "Answer with a filled sheet", file_says)
    .body_limit(LARGEST_FORM)
    .file("file", FileCount::One, "填好的模板")
    .refuses(&[
        RefusalCode::UnreadableFile,
        RefusalCode::InvalidCell,
        RefusalCode::InvalidValue,
        RefusalCode::ForeignItem,
        RefusalCode::NoIndicators,
        RefusalCode::ObligationWithdrawn,
    ])
    .example_param("id", examples::MONITORING_OBLIGATION)
    .example_body(json!({ "note": "数据已经校长审核" }));
    vec![template.tag(TAG), from_file.tag(TAG)]
}

/// 与文件一并提交的字段。
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ReportFields {
    /// 对整份填报的说明。
    note: Option<Prose<4000>>,
}

impl Check for ReportFields {}

async fn template(call: Call) -> Result<Reply<Download>, Problem> {
    let row = found(&call, Action::ReadObligations).await?;
    let asked = &row.obligation;
    let bytes = template_of(&call.ctx, asked.id, asked.unit_id).await?;
    let period = row.period.as_deref().unwrap_or_default();
    Ok(Reply::ok(Download {
        file_name: format!("监测填报{period}-{}.xlsx", row.unit.name),
        media_type: FileKind::Xlsx.media_type().to_owned(),
        bytes: bytes.into(),
    }))
}

async fn from_file(
    call: Call<NoQuery, Upload<ReportFields>>,
) -> Result<Reply<ReportDetail>, Problem> {
    let row = found(&call, Action::AnswerObligations).await?;
    let Some(file) = call.body.file("file") else {
        return Err(Problem::internal("a form without its file was let pass"));
    };
    let id = row.obligation.id;
    let name = shown_name(&file.file_name);
    let values = values_in(&call.ctx, id, name, file.bytes.clone()).await?;
    let note = call.body.fields.note.as_deref();
    let answer = Answer {
        obligation_id: id,
        reported_by: call.viewer.address.clone(),
        note: note.filter(|note| !note.is_empty()).map(str::to_owned),
        items: Vec::new(),
        values,
        evidence: ToldEvidence::default(),
    };
    answered(&call.ctx, answer).await
}
