//! Whether files may be attached to what is about a unit: nobody shows one unit the files of another.

use crate::domain::access::Action;
use crate::domain::access::{Reach, Viewer};
use crate::domain::ids::{AttachmentId, UnitId};
use crate::flow::{FlowError, RefusalCode};
use crate::storage::{Session, attachments};
use std::collections::{BTreeSet, HashMap};

/// Whose files may be attached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FileKeepers {
    units: BTreeSet<UnitId>,
    /// Whether the bureau's own may.
    bureau: bool,
}

impl FileKeepers {
    /// The bureau's files, and those of these units.
    pub(super) fn office(units: impl IntoIterator<Item = UnitId>) -> Self {
        Self {
            units: units.into_iter().collect(),
            bureau: true,
        }
    }

    /// What the viewer may attach to something about `units`: the office the bureau's files and theirs, others their own.
    pub(super) fn of(viewer: &Viewer, units: impl IntoIterator<Item = UnitId>) -> Self {
        match viewer.reach(Action::WriteAttachments) {
            Reach::All => Self::office(units),
            Reach::Units { own, .. } => Self {
                units: own,
                bureau: false,
            },
        }
    }

    fn may(&self, owner: Option<UnitId>) -> bool {
        match owner {
            None => self.bureau,
            Some(unit) => self.units.contains(&unit),
        }
    }
}

/// Refuses files that are not there, are another unit's, or are named twice.
///
/// # Errors
/// [`FlowError::Refused`] naming the file's place in `field`.
pub(super) async fn check_files(
    db: &impl Session,
    files: &[AttachmentId],
    keepers: &FileKeepers,
    field: &str,
) -> Result<(), FlowError> {
    if files.is_empty() {
        return Ok(());
    }
    let known = attachments::with_ids(db, files).await?;
    let known: HashMap<AttachmentId, Option<UnitId>> = known
        .into_iter()
        .map(|file| (file.id, file.unit_id))
        .collect();
    let mut seen = BTreeSet::new();
    for (position, id) in files.iter().enumerate() {
        let refuse = |code, text: String| {
            Err(FlowError::refused_field(
                code,
                format!("{field}[{position}]"),
                text,
            ))
        };
        if !seen.insert(*id) {
            return refuse(
                RefusalCode::InvalidValue,
                format!("附件 {id} 写了两次，请只写一次"),
            );
        }
        // A foreign file answers like one that is not there.
        if !known.get(id).is_some_and(|owner| keepers.may(*owner)) {
            return refuse(
                RefusalCode::ForeignItem,
                format!("附件 {id} 不存在，或属于其他单位，请先上传再引用"),
            );
        }
    }
    Ok(())
}
