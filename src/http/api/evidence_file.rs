//! Evidence 佐证材料 as reports and assignments show it: the files' names; their bytes are under `/attachments`.

use crate::domain::ids::{AssignmentId, AttachmentId, ReportId};
use crate::http::kernel::Problem;
use crate::storage::{Db, evidence};
use serde::Serialize;
use std::collections::HashMap;
use utoipa::ToSchema;

/// 佐证材料
#[derive(Debug, Serialize, ToSchema)]
pub struct EvidenceFile {
    /// 附件编号；内容见 /attachments/{id}/content
    pub id: AttachmentId,
    /// 文件名
    pub name: String,
    /// 类型，按内容识别
    pub kind: String,
    /// 大小（字节）
    pub size_bytes: u64,
}

/// The files of these reports, by report and by what they are about.
pub(super) async fn evidence_files(
    db: &Db,
    ids: &[ReportId],
) -> Result<HashMap<(ReportId, Option<AssignmentId>), Vec<EvidenceFile>>, Problem> {
    let mut files: HashMap<_, Vec<EvidenceFile>> = HashMap::new();
    for (told, file) in evidence::of_reports(db, ids).await? {
        files
            .entry((told.report_id, told.assignment_id))
            .or_default()
            .push(EvidenceFile {
                id: file.id,
                name: file.name,
                kind: file.kind,
                size_bytes: file.size_bytes,
            });
    }
    Ok(files)
}
