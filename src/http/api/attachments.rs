//! `/attachments`: files that people attach, taken in after a look at what they are, and handed out as downloads only.

use super::examples;
use crate::domain::access::{Action, Reach};
use crate::domain::ids::{AttachmentId, UnitId};
use crate::files::kind::FileKind;
use crate::flow::attach_file::{LARGEST_FILE, NewFile, attach_file, read_file, remove_file};
use crate::flow::{FlowError, RefusalCode};
use crate::http::kernel::{
    Call, Check, Download, Endpoint, FileCount, Line, NoQuery, Nothing, Problem, Reply, Tag, Upload,
};
use crate::storage::attachments::{self, StoredAttachment};
use crate::storage::{Db, units};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

const ATTACHMENTS: Tag = Tag {
    name: "attachments",
    says: "附件：模板和佐证材料",
};

/// Room for the rest of the form beside the file.
const FORM_ROOM: usize = 64 << 10;

/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    let says = "可上传 pdf、docx、xlsx、pptx、png、jpg、csv、txt，至多 20 MB，按内容识别类型。每个单位和全部附件的空间以配置为限，放不下的返回 413，并写明还剩多少。单位用户上传的属于本单位；局内用户可用 unit_code 指定单位，不指定的属于局机关。";
    let readable = "本单位和下级单位的附件、看得到的任务的模板、看得到的填报和分工的佐证材料可以读取；局内用户可以读取全部。";
    let removing = "只能删除没有用作佐证材料或任务模板的附件。删除后空间归还。";
    vec![
        Endpoint::post(
            "/attachments",
            "attach_file",
            Action::WriteAttachments,
            attach,
        )
        .tag(ATTACHMENTS)
        .says("上传附件", "Attach a file", says)
        .body_limit(LARGEST_FILE + FORM_ROOM)
        .file("file", FileCount::One, "文件")
        .refuses(&[
            RefusalCode::NotFound,
            RefusalCode::UnreadableFile,
            RefusalCode::QuotaExceeded,
            RefusalCode::UnknownUnit,
            RefusalCode::InvalidValue,
        ])
        .example_body(json!({ "unit_code": "S1" })),
        Endpoint::get(
            "/attachments/{id}",
            "get_attachment",
            Action::ReadAttachments,
            get_attachment,
        )
        .tag(ATTACHMENTS)
        .says("查看附件的信息", "Get the record of a file", readable)
        .example_param("id", examples::ATTACHMENT),
        Endpoint::get(
            "/attachments/{id}/content",
            "download_attachment",
            Action::ReadAttachments,
            download,
        )
        .tag(ATTACHMENTS)
        .says("下载附件", "Download a file", readable)
        .refuses(&[RefusalCode::FileLost])
        .never_kept()
        .example_param("id", examples::ATTACHMENT),
        Endpoint::delete(
            "/attachments/{id}",
            "delete_attachment",
            Action::WriteAttachments,
            remove,
        )
        .tag(ATTACHMENTS)
        .says("删除附件", "Remove a file", removing)
        .refuses(&[
            RefusalCode::NotFound,
            RefusalCode::InUse,
            RefusalCode::Stale,
        ])
        .example_param("id", examples::ATTACHMENT),
    ]
}

/// 与文件一并提交的字段。
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AttachFields {
    /// 附件属于该编码的单位。
    unit_code: Option<Line<100>>,
}

impl Check for AttachFields {}

/// 附件的信息。
#[derive(Debug, Serialize, ToSchema)]
struct AttachmentJson {
    /// 附件编号。
    id: AttachmentId,
    /// 文件名。
    name: String,
    /// 类型，按内容识别：pdf、docx、xlsx、pptx、png、jpeg、csv 或 txt。
    kind: String,
    /// 媒体类型。
    media_type: String,
    /// 大小（字节）。
    size_bytes: u64,
    /// 内容的 SHA-256（十六进制）。
    sha256: String,
    /// 所属单位的编号（UUID）；局机关的为 null。
    unit_id: Option<UnitId>,
    /// 所属单位的编码。
    unit_code: Option<String>,
    /// 所属单位的名称。
    unit_name: Option<String>,
    /// 上传人。
    uploaded_by: String,
    /// 上传的时刻。
    uploaded_at: DateTime<Utc>,
}

async fn shown(db: &Db, file: StoredAttachment) -> Result<AttachmentJson, Problem> {
    let unit = match file.unit_id {
        Some(id) => units::get(db, id).await?,
        None => None,
    };
    Ok(AttachmentJson {
        id: file.id,
        media_type: media_type(&file).to_owned(),
        name: file.name,
        kind: file.kind,
        size_bytes: file.size_bytes,
        sha256: file.sha256,
        unit_id: file.unit_id,
        unit_code: unit.as_ref().map(|unit| unit.code.clone()),
        unit_name: unit.map(|unit| unit.name),
        uploaded_by: file.uploaded_by,
        uploaded_at: file.uploaded_at,
    })
}

fn media_type(file: &StoredAttachment) -> &'static str {
    FileKind::of_code(&file.kind).map_or("application/octet-stream", FileKind::media_type)
}

async fn attach(
    call: Call<NoQuery, Upload<AttachFields>>,
) -> Result<Reply<AttachmentJson>, Problem> {
    let unit_id = owner(&call).await?;
    let Some(file) = call.body.files.into_iter().next() else {
        return Err(Problem::internal("a form without its file was let pass"));
    };
    let new = NewFile {
        name: file.file_name,
        bytes: file.bytes.into(),
        unit_id,
    };
    let attached = attach_file(&call.ctx, new).await?;
    let path = format!("/attachments/{}", attached.id);
    Ok(Reply::created(shown(&call.ctx.db, attached).await?, &path))
}

/// The unit that a new file will belong to; none for the bureau's.
async fn owner(call: &Call<NoQuery, Upload<AttachFields>>) -> Result<Option<UnitId>, Problem> {
    let reach = call.viewer.reach(Action::WriteAttachments);
    let Some(code) = call.body.fields.unit_code.as_deref() else {
        let Reach::Units { own, .. } = &reach else {
            return Ok(None);
        };
        let mut own = own.iter();
        return match (own.next(), own.next()) {
            (Some(only), None) => Ok(Some(*only)),
            _ => {
                let text = "您是多个单位的联络员，请用 unit_code 指明附件属于哪个单位";
                Err(FlowError::refused_field(RefusalCode::InvalidValue, "unit_code", text).into())
            }
        };
    };
    let directory = call.ctx.units().await?;
    let Some(unit) = directory.by_code(code) else {
        let text = format!("没有编码为 {code} 的单位");
        return Err(FlowError::refused_field(RefusalCode::UnknownUnit, "unit_code", text).into());
    };
    match reach.covers(unit.id) {
        true => Ok(Some(unit.id)),
        false => Err(Problem::hidden(format!("attachments of unit {code}"))),
    }
}

/// The record of a file that the viewer meets.
async fn met<Q, B>(call: &Call<Q, B>) -> Result<StoredAttachment, Problem> {
    let id: AttachmentId = call.id("id")?;
    let db = &call.ctx.db;
    let file = attachments::get(db, id).await?;
    let file = file.ok_or_else(Problem::not_found)?;
    let reach = call.viewer.reach(Action::ReadAttachments);
    let tasks = call.viewer.reach(Action::ReadTasks);
    match attachments::is_met(db, id, &reach, &tasks).await? {
        true => Ok(file),
        false => Err(Problem::hidden(format!("attachment {id}"))),
    }
}

async fn get_attachment(call: Call) -> Result<Reply<AttachmentJson>, Problem> {
    let file = met(&call).await?;
    Ok(Reply::ok(shown(&call.ctx.db, file).await?))
}

async fn download(call: Call) -> Result<Reply<Download>, Problem> {
    let file = met(&call).await?;
    let bytes = read_file(&call.ctx, &file).await?;
    Ok(Reply::ok(Download {
        media_type: media_type(&file).to_owned(),
        file_name: file.name,
        bytes: bytes.into(),
    }))
}

async fn remove(call: Call) -> Result<Reply<Nothing>, Problem> {
    let id: AttachmentId = call.id("id")?;
    let file = attachments::get(&call.ctx.db, id).await?;
    let file = file.ok_or_else(Problem::not_found)?;
    let reach = call.viewer.reach(Action::WriteAttachments);
    // The bureau's own are the office's to take away.
    let is_theirs = match file.unit_id {
        Some(unit) => reach.covers(unit),
        None => reach == Reach::All,
    };
    if !is_theirs {
        return Err(Problem::hidden(format!("attachment {id}")));
    }
    remove_file(&call.ctx, id, call.seen.change_no()).await?;
    Ok(Reply::no_content())
}
