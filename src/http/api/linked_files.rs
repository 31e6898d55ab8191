//! Files that are attached to something else, as that shows them.

use crate::domain::ids::AttachmentId;
use crate::http::kernel::Problem;
use crate::storage::{Db, attachments, inspections};
use serde::Serialize;
use std::collections::HashMap;
use utoipa::ToSchema;
use uuid::Uuid;

/// Files of one thing at the most.
pub(super) const MOST_FILES: usize = 20;

/// 所附的文件；内容用 /attachments/{id}/content 下载
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct LinkedFile {
    /// 附件编号
    id: AttachmentId,
    /// 文件名
    name: String,
    /// 类型
    kind: String,
    /// 大小（字节）
    size_bytes: u64,
}

/// The files of these inspections or findings, by the id of what they are attached to.
///
/// # Errors
/// The database's.
pub(super) async fn of_inspections(
    db: &Db,
    owners: impl IntoIterator<Item = Uuid>,
) -> Result<HashMap<Uuid, Vec<LinkedFile>>, Problem> {
    let linked = inspections::files(db, owners).await?;
    let ids: Vec<AttachmentId> = linked.iter().map(|(_, file)| *file).collect();
    let files = attachments::with_ids(db, &ids).await?;
    let files: HashMap<AttachmentId, LinkedFile> = files
        .into_iter()
        .map(|file| {
            let shown = LinkedFile {
                id: file.id,
                name: file.name,
                kind: file.kind,
                size_bytes: file.size_bytes,
            };
            (shown.id, shown)
        })
        .collect();
    let mut by_owner: HashMap<Uuid, Vec<LinkedFile>> = HashMap::new();
    for (owner, id) in linked {
        by_owner
            .entry(owner)
            .or_default()
            .extend(files.get(&id).cloned());
    }
    Ok(by_owner)
}
